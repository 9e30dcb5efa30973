//! What the run was, and what came of it, on the first screen.

use crate::report::{Attacked, Done, Report};
use crate::verdict::Verdict;
use maud::{Markup, display, html};
use std::time::Duration;

/// The result in a sentence, and what it is the result of.
pub(super) fn head(report: &Report, written_at: &str) -> Markup {
    let took: Duration =
        report.attacks.iter().flat_map(|attacked| &attacked.done).map(|done| done.took).sum();
    let facts = [
        ("Florin", env!("CARGO_PKG_VERSION").to_owned()),
        ("written", written_at.to_owned()),
        ("store", report.store.to_owned()),
        ("seed", report.seed.to_string()),
        ("rounds, at most", report.rounds.to_string()),
        ("attacks took", seconds(took)),
    ];
    html! {
        h1 { "The failure lab" }
        p.result {
            @for target in targets(report) { (result(report, target)) " " }
        }
        @if !report.is_as_it_must_be() {
            p.wrong { "Not everything is as it must be: the specimen must break, and Florin must hold." }
        }
        dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
    }
}

/// The targets of the run, in their order.
fn targets(report: &Report) -> Vec<&Done> {
    report.attacks.first().into_iter().flat_map(|attacked| &attacked.done).collect()
}

fn result(report: &Report, target: &Done) -> String {
    let all = || {
        report.attacks.iter().flat_map(|attacked| &attacked.done).filter(|done| done.target == target.target)
    };
    let as_it_must_be = all().filter(|done| done.is_as_it_must_be()).count();
    let did = if target.target == "specimen" { "broke" } else { "held" };
    let name = if target.target == "specimen" { "The specimen" } else { "Florin" };
    format!("{name} {did} on {as_it_must_be} of {} attacks.", all().count())
}

/// A row an attack, with a link to its section.
pub(super) fn table(report: &Report) -> Markup {
    let targets = targets(report);
    html! {
        table.summary {
            thead {
                tr {
                    th scope="col" { "attack" }
                    th.does scope="col" { "does" }
                    @for target in &targets {
                        th scope="col" { (target.title()) }
                        th.number scope="col" { "rounds" }
                        th.number scope="col" { "time" }
                    }
                }
            }
            tbody { @for attacked in &report.attacks { (row(attacked)) } }
        }
    }
}

fn row(attacked: &Attacked) -> Markup {
    let id = attacked.attack.id;
    html! {
        tr {
            th scope="row" { a href=(format!("#{id}")) { (id) } }
            td.does { (attacked.attack.does) }
            @for done in &attacked.done {
                td { (verdict(done)) }
                td.number { (done.rounds) }
                td.number { (seconds(done.took)) }
            }
        }
    }
}

/// In a word and a form; loud where it is not as it must be.
pub(super) fn verdict(done: &Done) -> Markup {
    let (class, sign) = match done.verdict {
        Verdict::Broke { .. } => ("broke", "✕"),
        Verdict::Held => ("held", "✓"),
        Verdict::CouldNotTell { .. } => ("unknown", "?"),
    };
    let class = if done.is_as_it_must_be() { class.to_owned() } else { format!("{class} wrong") };
    html! {
        span class=(format!("verdict {class}")) {
            span aria-hidden="true" { (sign) } " " (display(&done.verdict))
            @if !done.is_as_it_must_be() { " – must not be" }
        }
    }
}

/// As short as it is exact enough.
pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds @ ..0.9995 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{seconds:.1} s"),
    }
}
