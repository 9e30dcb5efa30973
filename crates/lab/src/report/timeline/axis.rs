//! The axis of time, in milliseconds.

use super::Part;
use super::span::{Percent, Span};
use maud::{Markup, html};
use std::time::Duration;

/// About so many steps: more would not fit on a phone.
const STEPS: f64 = 5.0;

/// Thin lines behind what stands on them.
pub(super) fn grid(span: &Span, height: usize) -> Markup {
    html! {
        @for (x, _) in ticks(span) { line class="grid" x1=(x) x2=(x) y1="0" y2=(height) {} }
    }
}

/// What the lines stand for.
pub(super) fn draw(span: &Span) -> Part {
    let markup = html! {
        line class="axis" x1="0%" x2="100%" y1="0" y2="0" {}
        @for (x, text) in ticks(span) {
            text class="soft" x=(x) y="13" text-anchor=(anchor(x)) { (text) }
        }
    };
    Part { height: 22, markup }
}

/// So that nothing reaches over an edge.
pub(super) fn anchor(x: Percent) -> &'static str {
    match x.0 {
        ..8.0 => "start",
        8.0..92.0 => "middle",
        _ => "end",
    }
}

/// Where the lines are, and what they are called.
fn ticks(span: &Span) -> Vec<(Percent, String)> {
    let (from, until) = (span.millis(span.from), span.millis(span.from + span.length()));
    let step = step((until - from) / STEPS);
    let places = if step < 1.0 { 2 } else { 0 };
    let mut ticks = Vec::new();
    // Not the negative zero that rounding may leave.
    let mut at = (from / step).ceil() * step + 0.0;
    while at <= until {
        let x = span.x(span.zero + Duration::from_secs_f64((at / 1e3).max(0.0)));
        let unit = if ticks.is_empty() { " ms" } else { "" };
        ticks.push((x, format!("{at:.places$}{unit}")));
        at += step;
    }
    ticks
}

/// The least of 1, 2 and 5, and their tens, that is no less than this.
fn step(least: f64) -> f64 {
    let ten = 10_f64.powf(least.max(0.01).log10().floor());
    [1.0, 2.0, 5.0].map(|one| one * ten).into_iter().find(|step| *step >= least).unwrap_or(10.0 * ten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (least, expected) in [(0.02, 0.02), (0.9, 1.0), (1.0, 1.0), (2.1, 5.0), (60.0, 100.0)] {
            assert!((step(least) / expected - 1.0).abs() < 1e-9, "{least}: {}", step(least));
        }
    }

    #[test]
    fn ticks_are_few_and_within_the_span() {
        for micros in [1, 10, 999, 83_000, 30_000_000] {
            let zero = Duration::from_secs(3);
            let span = Span { zero, from: zero, until: zero + Duration::from_micros(micros) };
            let ticks = ticks(&span);
            assert!((1..=6).contains(&ticks.len()), "{micros}: {ticks:?}");
            assert!(ticks.iter().all(|(x, _)| (0.0..=100.0).contains(&x.0)), "{ticks:?}");
        }
    }
}
