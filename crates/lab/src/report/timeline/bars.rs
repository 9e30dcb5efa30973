//! A bar a request, from its last byte to its answer.

use super::scene::{Bar, Scene};
use super::span::{Percent, Span};
use super::{Part, axis};
use crate::call::Answer;
use crate::report::timeline::outcome::Outcome;
use maud::{Markup, html};

/// The narrowest that is still seen.
const WIDTH_MIN: f64 = 0.4;
/// Labels of what the evidence names: so many, and not on each other.
const LABELS_MAX: usize = 12;
const LABEL_WIDTH: f64 = 9.0;
const LABEL_HEIGHT: usize = 11;

/// The lanes, one under the other, in a height that is about this.
pub(super) fn draw(scene: &Scene<'_>, height: usize, has_titles: bool) -> Part {
    let pitch = (height / scene.lanes.max(1)).clamp(4, 14);
    let height = pitch * scene.lanes;
    let markup = html! {
        (axis::grid(&scene.span, height))
        @for bar in &scene.bars { (one(bar, &scene.span, pitch, has_titles)) }
        @for label in labels(scene, pitch) { (label) }
    };
    Part { height, markup }
}

fn one(bar: &Bar<'_>, span: &Span, pitch: usize, has_titles: bool) -> Markup {
    let (from, until) = extent(bar, span);
    let gap = if pitch < 7 { 1 } else { 2 };
    // A line and a half bar are forms of their own, for those who see no colors.
    let height = match bar.outcome {
        Outcome::Done | Outcome::Refused | Outcome::Unclear => pitch - gap,
        Outcome::Again => (pitch - gap).div_ceil(2),
        Outcome::Read => (pitch - gap).div_ceil(4),
    };
    let y = bar.lane * pitch + (pitch - height) / 2;
    let class =
        if bar.is_named { format!("{} named", bar.outcome.name()) } else { bar.outcome.name().to_owned() };
    html! {
        rect class=(class) x=(from) y=(y) width=(Percent(until.0 - from.0)) height=(height) {
            @if has_titles { title { (title(bar, span)) } }
        }
    }
}

/// From where to where, at least as wide as can be seen.
fn extent(bar: &Bar<'_>, span: &Span) -> (Percent, Percent) {
    let from = span.x(bar.record.invoked_at).0.min(100.0 - WIDTH_MIN);
    (Percent(from), Percent(span.x(bar.record.returned_at).0.max(from + WIDTH_MIN)))
}

fn title(bar: &Bar<'_>, span: &Span) -> String {
    let record = bar.record;
    let (from, until) = (span.millis(record.invoked_at), span.millis(record.returned_at));
    let (caller, ask, key) = (&record.call.caller, &record.call.ask, &record.call.key);
    let again = if bar.outcome == Outcome::Again { " (replayed)" } else { "" };
    let until = if let Answer::Unclear { .. } = record.answer {
        format!("until {until:.3} ms nobody said")
    } else {
        format!("answered at {until:.3} ms")
    };
    format!(
        "#{} {caller}: {ask}\nkey {key}\nasked at {from:.3} ms, {until}\n{}{again}",
        bar.index, record.answer
    )
}

/// The numbers of what the evidence names, as far as there is room.
fn labels(scene: &Scene<'_>, pitch: usize) -> Vec<Markup> {
    let mut taken: Vec<(f64, usize)> = Vec::new();
    let mut labels = Vec::new();
    for bar in scene.bars.iter().filter(|bar| bar.is_named) {
        let (_, until) = extent(bar, &scene.span);
        let y = bar.lane * pitch;
        let is_free = |(x, other): &(f64, usize)| {
            (x - until.0).abs() > LABEL_WIDTH || other.abs_diff(y) >= LABEL_HEIGHT
        };
        if labels.len() < LABELS_MAX && taken.iter().all(is_free) {
            taken.push((until.0, y));
            let (anchor, dx) = if until.0 < 90.0 { ("start", 4) } else { ("end", -4) };
            labels.push(html! {
                text class="label" x=(until) y=(y + pitch / 2 + 4) dx=(dx) text-anchor=(anchor) { "#" (bar.index) }
            });
        }
    }
    labels
}
