//! What runs keep, read again: the histories of a `report.json`, or one history in a file of its own.

use crate::history::History;
use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::Value;

/// A history that was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Of what: nothing where the file has one history and no name for it.
    pub of: Option<String>,
    /// The history.
    pub history: History,
}

/// Of `report.json`, what the checker needs.
#[derive(Deserialize)]
struct ReportKept {
    attacks: Vec<AttackKept>,
}

#[derive(Deserialize)]
struct AttackKept {
    id: String,
    targets: Vec<TargetKept>,
}

#[derive(Deserialize)]
struct TargetKept {
    target: String,
    history: History,
}

/// Reads a `report.json` or a history. What is neither, or has no order, is an error.
pub fn read(text: &str) -> anyhow::Result<Vec<Kept>> {
    let value: Value = serde_json::from_str(text).context("this is no JSON")?;
    let all = if value.get("attacks").is_some() {
        let report: ReportKept = serde_json::from_value(value).context("this is no report of the lab")?;
        let targets = report.attacks.into_iter().flat_map(|attack| {
            let named = move |target: TargetKept| {
                (Some(format!("{} on {}", attack.id, target.target)), target.history)
            };
            attack.targets.into_iter().map(named)
        });
        targets.map(|(of, history)| Kept { of, history }).collect()
    } else {
        let history =
            serde_json::from_value(value).context("this is neither a history nor a report of the lab")?;
        vec![Kept { of: None, history }]
    };
    all.iter().try_for_each(|kept| in_order(&kept.history))?;
    Ok(all)
}

/// The checker takes what was begun first to stand first.
fn in_order(history: &History) -> anyhow::Result<()> {
    let operations = &history.operations;
    ensure!(
        operations.is_sorted_by_key(|operation| operation.invoked),
        "operations must be in the order in which they were begun"
    );
    let early = operations.iter().position(|one| one.returned.is_some_and(|returned| returned < one.invoked));
    ensure!(early.is_none(), "operation #{} was answered before it was begun", early.unwrap_or_default());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks;
    use crate::history::check;
    use crate::report::timeline::tests::{done_as, record, round, transfer};
    use crate::report::{Attacked, Report};
    use serde_json::json;

    #[test]
    fn what_a_report_keeps_is_what_was_judged() {
        let mut records =
            vec![record(0..900, transfer(), done_as("1")), record(10..950, transfer(), done_as("2"))];
        records[1].call.key = records[0].call.key.clone();
        let done = round(records.clone(), &["two transfers"]);
        let attacks = vec![Attacked { attack: attacks::find("twins").unwrap(), done: vec![done] }];
        let report = Report { seed: 1, store: "sqlite", rounds: 1, attacks };
        let kept = read(&report.to_json().to_string()).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].of.as_deref(), Some("twins on specimen"));
        assert_eq!(kept[0].history, crate::witness::history(&records));
        assert!(!check(&kept[0].history).is_clean());
        let alone = serde_json::to_string(&kept[0].history).unwrap();
        assert_eq!(read(&alone).unwrap()[0].history, kept[0].history);
    }

    #[test]
    fn what_is_no_history_is_not_taken_for_an_empty_one() {
        let read_at = |invoked: u64, returned: u64| json!({"client": 0, "invoked": invoked, "returned": returned, "asked": "other", "answered": "unclear"});
        let history = |operations: Vec<Value>| {
            json!({"scale": 2, "openings": [], "operations": operations}).to_string()
        };
        for (text, expected) in [
            ("nothing".to_owned(), "no JSON"),
            ("{}".to_owned(), "neither a history nor a report"),
            (r#"{"attacks": [{"id": "drain", "targets": [{"target": "florin"}]}]}"#.to_owned(), "no report"),
            (history(vec![read_at(5, 6), read_at(4, 6)]), "in the order"),
            (history(vec![read_at(4, 6), read_at(5, 4)]), "#1 was answered before"),
        ] {
            let error = format!("{:#}", read(&text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(read(&history(vec![read_at(4, 6), read_at(5, 6)])).is_ok());
    }
}
