//! The history behind a picture: every request, as it was recorded.

use crate::call::{Mark, Record};
use crate::report::Done;
use crate::report::named::named;
use crate::report::timeline::outcomes;
use maud::{Markup, display, html};
use std::time::Duration;

/// Rows of one table; `report.json` has all.
const ROWS_MAX: usize = 1_000;

/// The records and marks of the round. What the evidence names is shown, however many there are.
pub(super) fn table(place: &str, done: &Done) -> Markup {
    let records = &done.records;
    let named = named(&done.verdict, records.len());
    let outcomes = outcomes(records);
    let zero = records.first().map_or(Duration::ZERO, |record| record.invoked_at);
    let shown: Vec<usize> =
        (0..records.len()).filter(|index| *index < ROWS_MAX || named.contains(index)).collect();
    html! {
        details.history {
            summary { "History: " (counted(records.len())) }
            div.wide {
                table {
                    thead {
                        tr {
                            th.number scope="col" { "#" }
                            th.number scope="col" { "client" }
                            th scope="col" { "caller" }
                            th scope="col" { "asked" }
                            th scope="col" { "key" }
                            th.number scope="col" { "asked, ms" }
                            th.number scope="col" { "answered, ms" }
                            th scope="col" { "answer" }
                        }
                    }
                    tbody {
                        @for index in &shown {
                            tr id=(format!("{place}-{index}")) class=[named.contains(index).then_some("named")] {
                                (row(*index, &records[*index], outcomes[*index].name(), zero))
                            }
                        }
                    }
                }
            }
            @if shown.len() < records.len() {
                p { (shown.len()) " of " (records.len()) " rows; report.json has all of them." }
            }
            (marks(&done.marks, zero))
        }
    }
}

fn row(index: usize, record: &Record, outcome: &str, zero: Duration) -> Markup {
    html! {
        td.number { (index) }
        td.number { (record.client) }
        td { (display(&record.call.caller)) }
        td { (display(&record.call.ask)) }
        td { (record.call.key) }
        td.number { (millis(record.invoked_at, zero)) }
        td.number { (millis(record.returned_at, zero)) }
        td class=(outcome) {
            (display(&record.answer))
            @if outcome == "replayed" { " (replayed)" }
        }
    }
}

fn marks(marks: &[Mark], zero: Duration) -> Markup {
    html! {
        @if !marks.is_empty() {
            p { "Beside that:" }
            ul { @for mark in marks { li { "at " (millis(mark.at, zero)) " ms: " (mark.text) } } }
        }
    }
}

fn counted(requests: usize) -> String {
    if requests == 1 { "1 request".to_owned() } else { format!("{requests} requests") }
}

/// Since the first request.
fn millis(at: Duration, zero: Duration) -> String {
    format!("{:.3}", at.saturating_sub(zero).as_secs_f64() * 1e3)
}
