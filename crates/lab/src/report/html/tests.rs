//! What a page shows, and what no target can make it do.

use crate::attacks;
use crate::call::{Answer, Mark};
use crate::report::timeline::tests::{done_as, record, round, transfer};
use crate::report::{Attacked, Done, Report};
use crate::verdict::Verdict;
use std::time::Duration;

fn page(done: Vec<Done>) -> String {
    let attacked = Attacked { attack: attacks::find("drain").unwrap(), done };
    Report { seed: 7, store: "sqlite", rounds: 10, attacks: vec![attacked] }.to_html("2026-11-30 <now>")
}

fn florin(verdict: Verdict) -> Done {
    let records = vec![record(0..900, transfer(), done_as("1"))];
    Done { target: "florin", verdict, ..round(records, &[]) }
}

#[test]
fn a_page_says_what_was_done_and_what_came_of_it() {
    let refused = Answer::Refused { status: 422, code: "insufficient_funds".to_owned(), line: None };
    let records = vec![record(0..900, transfer(), done_as("t-1")), record(10..1_500, transfer(), refused)];
    let page = page(vec![round(records, &["two winners: #1 and #0"]), florin(Verdict::Held)]);
    for expected in [
        "The specimen broke on 1 of 1 attacks. Florin held on 1 of 1 attacks.",
        "<dd>2026-11-30 &lt;now&gt;</dd>",
        "<dt>seed</dt><dd>7</dd>",
        r##"<a href="#drain">drain</a>"##,
        r##"two winners: <a href="#drain-specimen-1">#1</a> and <a href="#drain-specimen-0">#0</a>"##,
        r#"<tr id="drain-specimen-0" class="named">"#,
        "Because it reads the balance",
        "refused: 422 insufficient_funds",
        "<td class=\"number\">1.500</td>",
        "In every round, everything was as it must be.",
    ] {
        assert!(page.contains(expected), "{expected} is missing: {page}");
    }
    assert!(!page.contains("must not be"), "{page}");
}

#[test]
fn what_is_not_as_it_must_be_is_loud() {
    let why = "nobody answered".to_owned();
    let page = page(vec![round(Vec::new(), &[]), florin(Verdict::CouldNotTell { why })]);
    assert!(page.contains("Not everything is as it must be"), "{page}");
    assert_eq!(page.matches("– must not be").count(), 4, "{page}");
    assert!(page.contains("nobody answered") && page.contains("No requests were recorded."), "{page}");
}

#[test]
fn nothing_that_a_target_says_becomes_markup() {
    let hostile = "<script src=//x>'\"</td></table><img src=x onerror=alert(1)>&lt;\u{0}\u{1b}\u{202e}";
    let answers = [
        done_as(hostile),
        Answer::Refused { status: 400, code: hostile.to_owned(), line: None },
        Answer::Unclear { why: hostile.to_owned() },
    ];
    let asked = answers.map(|answer| record(0..900, transfer(), answer));
    let mut records = asked.to_vec();
    records[0].call.key = hostile.to_owned();
    let mut done = round(records, &[hostile, "#0"]);
    done.marks.push(Mark { at: Duration::from_secs(7), text: hostile.to_owned() });
    let page = page(vec![done, florin(Verdict::CouldNotTell { why: hostile.to_owned() })]);
    for forbidden in ["<script", "<img", "\u{0}", "\u{1b}", "\u{202e}", "http:", "https:", "url(", "@import"]
    {
        assert!(!page.contains(forbidden), "{forbidden:?} is in {page}");
    }
    assert!(page.matches("&lt;script src=//x&gt;").count() >= 6, "{page}");
    // What is quoted ends no attribute.
    assert!(!page.contains("x onerror=alert(1)>"), "{page}");
}
