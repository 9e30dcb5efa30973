//! The picture of a round: each request a bar from its sending to its answer, what befell the target, and what was
//! read of balances under it. As SVG: in a page of any width, or as a file of its own for documents.
//!
//! | module | what it draws |
//! | --- | --- |
//! | `scene` | nothing: it chooses what is shown, and on which lane |
//! | `span`, `axis` | time, from left to right |
//! | `bars`, `outcome`, `legend` | requests, in forms and colors of what came of them |
//! | `marks` | what befell the target |
//! | `balances` | what was read |
//! | `file` | a picture as a file |

mod axis;
mod balances;
mod bars;
mod file;
mod legend;
mod marks;
mod outcome;
mod scene;
mod span;
#[cfg(test)]
pub(super) mod tests;

pub(super) use file::file;
pub(super) use outcome::outcomes;

use super::Done;
use super::named::named;
use crate::call::{Mark, Record};
use maud::{Markup, PreEscaped, html};
use scene::Scene;
use std::collections::BTreeSet;

/// How pictures look, in pages and in files.
pub(super) const STYLE: &str = include_str!("style.css");

/// What a picture tells of.
#[derive(Clone, Copy)]
struct Story<'a> {
    records: &'a [Record],
    marks: &'a [Mark],
    /// What the evidence names.
    named: &'a BTreeSet<usize>,
}

/// How much a picture holds.
struct Bounds {
    bars: usize,
    lanes: usize,
    wallets: usize,
    /// On a wallet's line: more would be a line themselves.
    dots: usize,
    /// About how high all lanes are.
    height: usize,
}

/// A piece of a picture, drawn from its own upper edge.
struct Part {
    height: usize,
    markup: Markup,
}

/// In a page, with words for whoever points at something.
const PAGE: Bounds = Bounds { bars: 500, lanes: 100, wallets: 8, dots: 40, height: 420 };

/// A round's picture for a page, and what is to be said of it; nothing if there were no requests.
pub(super) fn figure(done: &Done) -> Option<(Markup, String)> {
    let named = named(&done.verdict, done.records.len());
    let story = Story { records: &done.records, marks: &done.marks, named: &named };
    let scene = Scene::of(&story, &PAGE)?;
    let Part { height, markup } = draw(&story, &scene, &PAGE, true);
    let picture = html! {
        svg class="timeline" width="100%" height=(height) role="img" aria-label=(told(&scene, done)) { (markup) }
    };
    Some((picture, caption(&scene, done)))
}

/// All parts, in a frame that leaves room for strokes at its sides.
fn draw(story: &Story<'_>, scene: &Scene<'_>, bounds: &Bounds, has_titles: bool) -> Part {
    let lanes = bars::draw(scene, bounds.height, has_titles);
    let marks = marks::draw(story, &scene.span, lanes.height, has_titles);
    let parts = vec![
        legend::draw(scene),
        marks,
        lanes,
        axis::draw(&scene.span),
        balances::draw(story, scene, bounds, has_titles),
    ];
    let Part { height, markup } = Part::stacked(parts);
    Part { height, markup: html! { svg x="0.5%" width="99%" overflow="visible" { (markup) } } }
}

impl Part {
    /// One under the other.
    fn stacked(parts: Vec<Self>) -> Self {
        let mut height = 0;
        let mut markup = String::new();
        for part in parts {
            let place = format!("translate(0 {height})");
            markup += &html! { g transform=(place) { (part.markup) } }.into_string();
            height += part.height;
        }
        Self { height, markup: PreEscaped(markup) }
    }
}

/// What the picture says, for those who do not see it.
fn told(scene: &Scene<'_>, done: &Done) -> String {
    let counts: Vec<String> =
        scene.counts.iter().map(|(outcome, count)| format!("{count} {}", outcome.name())).collect();
    format!("{} requests over time, {}", done.records.len(), counts.join(", "))
}

/// What it leaves out, and what its time is.
fn caption(scene: &Scene<'_>, done: &Done) -> String {
    let (shown, all) = (scene.bars.len(), done.records.len());
    if shown == all {
        return format!("All requests of round {}.", done.rounds);
    }
    format!(
        "{shown} of the {all} requests of round {}, where the most happens; the table has more.",
        done.rounds
    )
}
