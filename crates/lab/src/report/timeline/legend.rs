//! What the forms of bars mean, and how many of each there are.

use super::Part;
use super::outcome::Outcome;
use super::scene::Scene;
use maud::html;

/// In a row: more would not fit on a phone.
const COLUMNS: usize = 3;
const ROW: usize = 16;

pub(super) fn draw(scene: &Scene<'_>) -> Part {
    let rows = scene.counts.len().div_ceil(COLUMNS);
    let markup = html! {
        @for (place, (outcome, count)) in scene.counts.iter().enumerate() {
            @let x = format!("{}%", place % COLUMNS * 33);
            @let y = place / COLUMNS * ROW;
            @let height = match outcome { Outcome::Again => 4, Outcome::Read => 2, _ => 8 };
            rect class=(outcome.name()) x=(x) y=(y + 5 - height / 2) width="16" height=(height) {}
            text x=(x) dx="21" y=(y + 9) { (outcome.name()) " " (count) }
        }
    };
    Part { height: rows * ROW + 6, markup }
}
