//! What befell the target: lines through all lanes, with their words above.

use super::span::Span;
use super::{Part, Story};
use maud::html;

/// About as wide as a letter is on a phone, in percent.
const LETTER: f64 = 1.9;
const LETTERS_MAX: usize = 30;
/// Rows of words; what has no room in them keeps its line.
const ROWS_MAX: usize = 4;
const ROW: usize = 14;

/// The words, and lines that go this far below them.
pub(super) fn draw(story: &Story<'_>, span: &Span, below: usize, has_titles: bool) -> Part {
    let marks: Vec<_> = story.marks.iter().filter(|mark| span.contains(mark.at)).collect();
    let mut rows: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for mark in marks {
        let x = span.x(mark.at);
        let words = cut(&mark.text);
        let width = f64::from(u32::try_from(words.chars().count()).unwrap_or(u32::MAX)) * LETTER + 1.5;
        let (begins, anchor) = if x.0 + width < 100.0 { (x.0, "start") } else { (x.0 - width, "end") };
        let row = rows.iter().position(|end| *end <= begins).unwrap_or(rows.len());
        if row == rows.len() && row < ROWS_MAX {
            rows.push(0.0);
        }
        if let Some(end) = rows.get_mut(row) {
            *end = begins + width;
        }
        placed.push((x, row, anchor, words, mark));
    }
    let height = rows.len() * ROW;
    let markup = html! {
        @for (x, row, anchor, words, mark) in placed {
            line class="mark" x1=(x) x2=(x) y1=((row * ROW).min(height)) y2=(height + below) {
                @if has_titles { title { (mark.text) } }
            }
            @if row < rows.len() {
                text class="label" x=(x) y=(row * ROW + 10) dx=(if anchor == "end" { -4 } else { 4 }) text-anchor=(anchor) {
                    (words)
                }
            }
        }
    };
    Part { height, markup }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LETTERS_MAX {
        return text.to_owned();
    }
    text.chars().take(LETTERS_MAX - 1).chain(['…']).collect()
}
