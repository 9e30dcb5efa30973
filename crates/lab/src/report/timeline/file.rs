//! A picture as a file of its own, as documents show it: small, and on a ground of its own, for it cannot know the
//! page's.

use super::{Bounds, Part, STYLE, Scene, Story, draw, told};
use crate::report::Done;
use crate::report::clean::clean;
use crate::report::named::named;
use crate::verdict::Verdict;
use maud::{PreEscaped, display, html};

/// For half a page's width, and few kilobytes.
const BOUNDS: Bounds = Bounds { bars: 240, lanes: 64, wallets: 4, dots: 12, height: 280 };
const WIDTH: usize = 480;
const MARGIN: usize = 14;
const HEAD: usize = 28;

/// What an attack did to a target, as an SVG file; nothing if there were no requests.
pub(in crate::report) fn file(attack: &str, done: &Done) -> Option<String> {
    let named = named(&done.verdict, done.records.len());
    let story = Story { records: &done.records, marks: &done.marks, named: &named };
    let scene = Scene::of(&story, &BOUNDS)?;
    let Part { height, markup } = draw(&story, &scene, &BOUNDS, false);
    let (shown, all) = (scene.bars.len(), done.records.len());
    let foot = if shown < all { 18 } else { 0 };
    let (inner, whole) = (WIDTH - 2 * MARGIN, height + HEAD + foot + 2 * MARGIN);
    let verdict = match done.verdict {
        Verdict::Broke { .. } => "broke",
        Verdict::Held => "held",
        Verdict::CouldNotTell { .. } => "unknown",
    };
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="timeline" width=(WIDTH) height=(whole) viewBox=(format!("0 0 {WIDTH} {whole}")) {
            title { (attack) " on " (done.name()) ": " (display(&done.verdict)) }
            desc { (describe(attack, &scene, done)) }
            style { (PreEscaped(STYLE)) }
            rect class="ground" x="0.5" y="0.5" width=(WIDTH - 1) height=(whole - 1) rx="6" {}
            svg x=(MARGIN) y=(MARGIN) width=(inner) height=(whole - 2 * MARGIN) {
                text class="head" x="0" y="13" { (attack) " on " (done.name()) }
                text class=(format!("head {verdict}")) x="100%" y="13" text-anchor="end" { (display(&done.verdict)) }
                g transform=(format!("translate(0 {HEAD})")) { (markup) }
                @if foot > 0 {
                    text class="soft" x="0" y=(HEAD + height + 12) {
                        "Bars: " (shown) " of " (all) " requests, where the most happens."
                    }
                }
            }
        }
    };
    Some(clean(&svg.into_string()) + "\n")
}

/// For those who do not see the picture.
fn describe(attack: &str, scene: &Scene<'_>, done: &Done) -> String {
    let came = match done.verdict {
        Verdict::Broke { .. } => "which broke",
        Verdict::Held => "which held",
        Verdict::CouldNotTell { .. } => "and nobody can tell what came of it",
    };
    format!("{attack} on {}, {came}: {}", done.name(), told(scene, done))
}
