//! What an attack does, what should happen, and what happened on each target.

use super::{records, summary};
use crate::attacks::Attack;
use crate::report::named::{Piece, pieces, sentences};
use crate::report::{Attacked, Done, timeline};
use maud::{Markup, html};

pub(super) fn section(attacked: &Attacked) -> Markup {
    let Attack { id, does, expected, .. } = attacked.attack;
    html! {
        section.attack id=(id) {
            h2 { a href=(format!("#{id}")) { (id) } }
            dl.what {
                dt { "does" } dd { (does) }
                dt { "must be" } dd { (expected) }
            }
            div.targets { @for done in &attacked.done { (target(attacked.attack, done)) } }
        }
    }
}

fn target(attack: &Attack, done: &Done) -> Markup {
    let place = format!("{}-{}", attack.id, done.target);
    html! {
        article.target id=(place) {
            h3 { (done.title()) " " (summary::verdict(done)) }
            p.cost { (done.rounds) (if done.rounds == 1 { " round" } else { " rounds" }) ", " (summary::seconds(done.took)) }
            (evidence(&place, done))
            @if done.target == "specimen" && done.verdict.is_broken() {
                p.why { "Because it " (attack.fault) "." }
            }
            @if let Some((picture, caption)) = timeline::figure(done) {
                figure { (picture) figcaption { (caption) } }
                (records::table(&place, done))
            } @else {
                p.cost { "No requests were recorded." }
            }
        }
    }
}

/// What the verdict is of, with links to the records that it names.
fn evidence(place: &str, done: &Done) -> Markup {
    let sentences = sentences(&done.verdict);
    html! {
        @if sentences.is_empty() {
            p { "In every round, everything was as it must be." }
        } @else {
            ul.evidence {
                @for sentence in sentences {
                    li {
                        @for piece in pieces(sentence, done.records.len()) {
                            @match piece {
                                Piece::Words(words) => (words),
                                Piece::Record(index) => a href=(format!("#{place}-{index}")) { "#" (index) },
                            }
                        }
                    }
                }
            }
        }
    }
}
