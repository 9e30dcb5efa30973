//! What wallets held, as it was read: a row a wallet, a step a read. What answers said of balances are rings beside it.

use super::scene::Scene;
use super::span::Percent;
use super::{Bounds, Part, Story};
use crate::call::{Answer, Ask};
use crate::history::Figure;
use crate::witness::SCALE;
use maud::html;
use std::collections::BTreeMap;
use std::time::Duration;

/// Of a row: its words, and its steps under them.
const WORDS: usize = 15;
const STEPS: u32 = 16;

/// What is known of a wallet.
#[derive(Default)]
struct Known {
    /// When, what, and by which record.
    read: Vec<(Duration, String, usize)>,
    told: Vec<(Duration, String, usize)>,
}

/// The wallets of which the most is known.
pub(super) fn draw(story: &Story<'_>, scene: &Scene<'_>, bounds: &Bounds, has_titles: bool) -> Part {
    let mut known: Vec<(i64, Known)> = known(story, scene).into_iter().collect();
    let wallets = known.len();
    known.sort_by_key(|(_, known)| std::cmp::Reverse(known.read.len()));
    known.truncate(bounds.wallets);
    known.sort_by_key(|(wallet, _)| *wallet);
    let mut parts: Vec<Part> =
        known.iter().map(|(wallet, known)| row(*wallet, known, scene, bounds, has_titles)).collect();
    if wallets > known.len() {
        let markup =
            html! { text class="soft" x="0%" y="10" { "and " (wallets - known.len()) " more wallets" } };
        parts.push(Part { height: 16, markup });
    }
    Part::stacked(parts)
}

/// What was read of each wallet, or told, while the picture's time went on.
fn known(story: &Story<'_>, scene: &Scene<'_>) -> BTreeMap<i64, Known> {
    let mut wallets: BTreeMap<i64, Known> = BTreeMap::new();
    for (index, record) in story.records.iter().enumerate() {
        let at = record.returned_at;
        if !scene.span.contains(at) {
            continue;
        }
        if let (Ask::Balances { wallets: asked }, Answer::Balances { balances }) =
            (&record.call.ask, &record.answer)
        {
            for (wallet, balance) in asked.iter().zip(balances) {
                wallets.entry(wallet.id).or_default().read.push((at, balance.to_string(), index));
            }
        }
        for entry in &record.shown.entries {
            if let Some(after) = &entry.balance_after {
                wallets.entry(entry.wallet).or_default().told.push((at, written(after), index));
            }
        }
    }
    wallets.retain(|_, known| !known.read.is_empty());
    for known in wallets.values_mut() {
        known.read.sort_by_key(|(at, ..)| *at);
    }
    wallets
}

fn row(wallet: i64, known: &Known, scene: &Scene<'_>, bounds: &Bounds, has_titles: bool) -> Part {
    let values = known.read.iter().chain(&known.told).filter_map(|(_, text, _)| number(text));
    let (low, high) =
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let height = f64::from(STEPS);
    let y = |text: &str| {
        let share = number(text).filter(|_| high > low).map_or(0.5, |value| (value - low) / (high - low));
        format!("{:.1}", (height - 3.0).mul_add(-share, height - 1.5))
    };
    let x = |at: &Duration| scene.span.x(*at);
    let markup = html! {
        text class="soft" x="0%" y="11" { "wallet " (wallet) }
        text x="100%" y="11" text-anchor="end" { (summary(known)) }
        g transform=(format!("translate(0 {WORDS})")) {
            line class="grid" x1="0%" x2="100%" y1=(STEPS) y2=(STEPS) {}
            svg width="100%" height=(STEPS) viewBox=(format!("0 0 1000 {STEPS}")) preserveAspectRatio="none" {
                path class="step" d=(path(known, scene, y)) {}
            }
            @if known.told.len() <= bounds.dots {
                @for (at, text, index) in &known.told {
                    circle class="told" cx=(x(at)) cy=(y(text)) r="2" {
                        @if has_titles { title { "#" (index) " was told " (text) } }
                    }
                }
            }
            @if known.read.len() <= bounds.dots {
                @for (at, text, index) in &known.read {
                    circle class="dot" cx=(inside(x(at))) cy=(y(text)) r="2.5" {
                        @if has_titles { title { "#" (index) " read " (text) } }
                    }
                }
            }
        }
    };
    Part { height: WORDS + STEPS as usize + 8, markup }
}

/// From read to read, across and then up or down, in thousandths of the width.
fn path(known: &Known, scene: &Scene<'_>, y: impl Fn(&str) -> String) -> String {
    let points = known.read.iter().map(|(at, text, _)| (scene.span.x(*at).0 * 10.0, y(text)));
    let steps = points
        .enumerate()
        .map(|(place, (x, y))| if place == 0 { format!("M{x:.0} {y}") } else { format!("H{x:.0}V{y}") });
    steps.collect::<Vec<_>>().concat()
}

/// Not over the edge.
fn inside(x: Percent) -> Percent {
    Percent(x.0.min(99.6))
}

fn summary(known: &Known) -> String {
    let (first, last) = (&known.read[0].1, &known.read[known.read.len() - 1].1);
    match known.read.len() {
        1 => format!("read: {first}"),
        2 => format!("read: {first}, then {last}"),
        many => format!("read {many} times: {first} to {last}"),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// As it was written.
fn written(figure: &Figure) -> String {
    match figure {
        Figure::Written(text) => text.clone(),
        Figure::Minor(minor) => {
            let unit = 10_u64.pow(u32::from(SCALE));
            let sign = if *minor < 0 { "-" } else { "" };
            let minor = minor.unsigned_abs();
            format!("{sign}{}.{:02}", minor / unit, minor % unit)
        }
    }
}
