//! The report for programs.

use super::{Attacked, Done, Report};
use crate::call::{Answer, Ask, Mark, Record};
use crate::history::History;
use crate::verdict::Verdict;
use crate::witness;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
struct ReportJson<'a> {
    florin_version: &'static str,
    seed: u64,
    store: &'static str,
    is_as_it_must_be: bool,
    attacks: Vec<AttackJson<'a>>,
}

#[derive(Serialize)]
struct AttackJson<'a> {
    id: &'static str,
    does: &'static str,
    expected: &'static str,
    fault: &'static str,
    targets: Vec<TargetJson<'a>>,
}

#[derive(Serialize)]
struct TargetJson<'a> {
    target: &'static str,
    #[serde(flatten)]
    verdict: &'a Verdict,
    is_as_it_must_be: bool,
    rounds: u32,
    seconds: f64,
    /// The calls of the last round, in the order in which they were made: with all that was asked and answered.
    records: Vec<RecordJson<'a>>,
    /// The same, as far as the checker of histories looks at it; `florin lab check` reads it.
    history: History,
    /// What befell the target meanwhile.
    marks: Vec<MarkJson<'a>>,
}

#[derive(Serialize)]
struct RecordJson<'a> {
    client: u64,
    caller: String,
    key: &'a str,
    invoked_micros: u64,
    returned_micros: u64,
    asked: &'a Ask,
    answered: &'a Answer,
}

#[derive(Serialize)]
struct MarkJson<'a> {
    at_micros: u64,
    text: &'a str,
}

impl Report {
    /// All of it, with the calls of each attack's last round.
    pub fn to_json(&self) -> serde_json::Value {
        let report = ReportJson {
            florin_version: env!("CARGO_PKG_VERSION"),
            seed: self.seed,
            store: self.store,
            is_as_it_must_be: self.is_as_it_must_be(),
            attacks: self.attacks.iter().map(AttackJson::of).collect(),
        };
        serde_json::to_value(report).expect("its members are JSON")
    }
}

impl<'a> AttackJson<'a> {
    fn of(attacked: &'a Attacked) -> Self {
        let attack = attacked.attack;
        Self {
            id: attack.id,
            does: attack.does,
            expected: attack.expected,
            fault: attack.fault,
            targets: attacked.done.iter().map(TargetJson::of).collect(),
        }
    }
}

impl<'a> TargetJson<'a> {
    fn of(done: &'a Done) -> Self {
        Self {
            target: done.target,
            verdict: &done.verdict,
            is_as_it_must_be: done.is_as_it_must_be(),
            rounds: done.rounds,
            seconds: done.took.as_secs_f64(),
            records: done.records.iter().map(RecordJson::of).collect(),
            history: witness::history(&done.records),
            marks: done.marks.iter().map(MarkJson::of).collect(),
        }
    }
}

impl<'a> RecordJson<'a> {
    fn of(record: &'a Record) -> Self {
        Self {
            client: record.client,
            caller: record.call.caller.to_string(),
            key: &record.call.key,
            invoked_micros: micros(record.invoked_at),
            returned_micros: micros(record.returned_at),
            asked: &record.call.ask,
            answered: &record.answer,
        }
    }
}

impl<'a> MarkJson<'a> {
    fn of(mark: &'a Mark) -> Self {
        Self { at_micros: micros(mark.at), text: &mark.text }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
