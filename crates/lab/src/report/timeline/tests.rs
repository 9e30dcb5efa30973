//! What pictures show of rounds that were made up for them.

use super::outcome::{Outcome, outcomes};
use super::scene::Scene;
use super::{Bounds, PAGE, Story, figure, file};
use crate::call::{Answer, Ask, Call, Caller, Mark, Record, Wallet};
use crate::money::Money;
use crate::report::Done;
use crate::verdict::Verdict;
use crate::witness::Shown;
use std::collections::BTreeSet;
use std::time::Duration;

/// The client's number is its key's, where no other is said.
pub(in crate::report) fn record(micros: std::ops::Range<u64>, ask: Ask, answer: Answer) -> Record {
    let call = Call { caller: Caller::House, key: format!("key-{}", micros.start), within: None, ask };
    let at = |micros| Duration::from_secs(7) + Duration::from_micros(micros);
    let (invoked_at, returned_at) = (at(micros.start), at(micros.end));
    Record { client: micros.start, invoked_at, returned_at, call, answer, shown: Shown::default() }
}

pub(in crate::report) fn transfer() -> Ask {
    let wallet = |id| Wallet { id, owner: 1 };
    Ask::Transfer { from: wallet(4), to: wallet(5), amount: "1.00".to_owned() }
}

pub(in crate::report) fn done_as(id: &str) -> Answer {
    Answer::Done { id: id.to_owned() }
}

pub(in crate::report) fn round(records: Vec<Record>, evidence: &[&str]) -> Done {
    let evidence: Vec<String> = evidence.iter().map(|sentence| (*sentence).to_owned()).collect();
    let verdict = if evidence.is_empty() { Verdict::Held } else { Verdict::Broke { evidence } };
    Done {
        target: "specimen",
        verdict,
        rounds: 1,
        took: Duration::from_millis(5),
        records,
        latencies: crate::latency::Latencies::default(),
        marks: Vec::new(),
    }
}

/// So many transfers that are all under way at once.
fn at_once(many: u64) -> Vec<Record> {
    (0..many).map(|one| record(one..50_000 - 10 * one, transfer(), done_as(&one.to_string()))).collect()
}

fn scene<'a>(records: &'a [Record], named: &'a BTreeSet<usize>, bounds: &Bounds) -> Scene<'a> {
    Scene::of(&Story { records, marks: &[], named }, bounds).expect("there are requests")
}

#[test]
fn the_same_answer_under_the_same_key_is_a_replay() {
    let mut records = vec![
        record(0..90, transfer(), done_as("1")),
        record(1..50, transfer(), done_as("1")),
        record(2..60, transfer(), done_as("2")),
        record(3..61, transfer(), Answer::Refused { status: 409, code: "no".to_owned(), line: None }),
        record(4..62, transfer(), Answer::Unclear { why: "cut".to_owned() }),
    ];
    records[1].call.key = records[0].call.key.clone();
    let expected = [Outcome::Again, Outcome::Done, Outcome::Done, Outcome::Refused, Outcome::Unclear];
    assert_eq!(outcomes(&records), expected);
}

#[test]
fn bars_on_a_lane_follow_each_other_and_lanes_are_few() {
    let records: Vec<Record> = (0..300)
        .map(|one| record(one * 100..one * 100 + 750, transfer(), done_as(&one.to_string())))
        .collect();
    let named = BTreeSet::new();
    let scene = scene(&records, &named, &PAGE);
    assert_eq!(scene.bars.len(), 300);
    assert!((8..=16).contains(&scene.lanes), "{}", scene.lanes);
    for (place, bar) in scene.bars.iter().enumerate() {
        for other in &scene.bars[..place] {
            let overlap = bar.record.invoked_at < other.record.returned_at
                && other.record.invoked_at < bar.record.returned_at;
            assert!(!(overlap && bar.lane == other.lane), "{} and {}", bar.index, other.index);
        }
    }
}

#[test]
fn what_is_too_much_is_left_out_but_not_what_the_evidence_names() {
    let records = at_once(200);
    let named = BTreeSet::from([3, 150, 199]);
    let scene = scene(&records, &named, &PAGE);
    assert_eq!((scene.bars.len(), scene.lanes), (PAGE.lanes, PAGE.lanes));
    assert_eq!(scene.bars.iter().filter(|bar| bar.is_named).count(), 3);
    assert_eq!(scene.counts, [(Outcome::Done, 200)]);
}

#[test]
fn of_a_long_round_the_busiest_time_is_shown_that_has_the_evidence() {
    let slow = (0..5_000).map(|one| one * 1_000);
    let busy = (0..600).map(|one| 5_000_000 + one * 10);
    let records: Vec<Record> =
        slow.chain(busy).map(|at| record(at..at + 5, transfer(), done_as(&at.to_string()))).collect();
    let first =
        |named: &BTreeSet<usize>| scene(&records, named, &PAGE).bars.iter().map(|bar| bar.index).min();
    assert!(first(&BTreeSet::new()) >= Some(5_000));
    assert!(first(&BTreeSet::from([2_000])) <= Some(2_000));
    let (_, caption) = figure(&round(records.clone(), &[])).unwrap();
    assert!(caption.contains("500 of the 5600 requests"), "{caption}");
}

#[test]
fn a_picture_has_what_there_was() {
    let mut records = at_once(3);
    let wallets = vec![Wallet { id: 4, owner: 1 }, Wallet { id: 5, owner: 1 }];
    let balances = vec![Money::whole(-3), Money::whole(40)];
    records.push(record(60_000..61_000, Ask::Balances { wallets }, Answer::Balances { balances }));
    let mut done = round(records, &["#1 is wrong"]);
    done.marks.push(Mark { at: Duration::from_millis(7_020), text: "the server was killed".to_owned() });
    let page = figure(&done).unwrap().0.into_string();
    for expected in [
        "the server was killed",
        "read: -3.00",
        "read: 40.00",
        "done 3",
        "read 1",
        "#1 house: transfer 1.00 from 4 to 5",
    ] {
        assert!(page.contains(expected), "{expected} is missing: {page}");
    }
    assert_eq!(page.matches(" named\"").count(), 1, "{page}");
    assert!(figure(&round(Vec::new(), &[])).is_none());
}

#[test]
fn files_are_well_formed_and_small_whatever_targets_say() {
    let hostile = "\u{0}\u{8}\u{202e}]]>&#0;</svg><script>alert(1)</script>\" onload='x'";
    for many in [1, 3, 64, 2_000] {
        let mut done = round(at_once(many), &["#0 ", hostile]);
        for at in (0..many).map(|read| 60_000 + 10 * read) {
            let wallets: Vec<Wallet> = (0..9).map(|id| Wallet { id, owner: 1 }).collect();
            let balances = wallets.iter().map(|wallet| Money::whole(wallet.id)).collect();
            done.records.push(record(at..at + 5, Ask::Balances { wallets }, Answer::Balances { balances }));
        }
        let refusal = Answer::Refused { status: 400, code: hostile.to_owned(), line: None };
        done.records.push(record(90_001..90_002, transfer(), refusal));
        done.marks.push(Mark { at: Duration::from_millis(7_001), text: hostile.to_owned() });
        let svg = file("drain", &done).unwrap();
        assert!(svg.contains("]]&gt;&amp;#0;&lt;/svg&gt;") && !svg.contains('\u{202e}'), "{svg}");
        let document = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
        assert!(document.descendants().all(|node| !node.has_tag_name("script")), "{svg}");
        assert!(svg.len() < 28_000, "{} bytes", svg.len());
    }
}
