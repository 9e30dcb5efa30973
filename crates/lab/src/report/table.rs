//! The report for people.

use super::{Attacked, Done, Report};
use crate::verdict::Verdict;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, Color, Table};
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attacked in &self.attacks {
            write!(f, "{attacked}")?;
        }
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_header(["attack", "target", "verdict", "rounds", "seconds"]);
        for attacked in &self.attacks {
            for done in &attacked.done {
                table.add_row(row(attacked, done));
            }
        }
        writeln!(f, "{table}\nstore {}, seed {}", self.store, self.seed)
    }
}

impl fmt::Display for Attacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attack = self.attack;
        writeln!(f, "{}: {}", attack.id, attack.does)?;
        writeln!(f, "  must be   {}", attack.expected)?;
        for done in &self.done {
            writeln!(f, "  {:<9} {}", done.target, done.verdict)?;
            match &done.verdict {
                Verdict::Broke { evidence } => {
                    for sentence in evidence {
                        writeln!(f, "            {sentence}")?;
                    }
                }
                Verdict::Held => {}
                Verdict::CouldNotTell { why } => writeln!(f, "            {why}")?,
            }
            if !done.latencies.is_empty() {
                writeln!(f, "            {}", done.latencies)?;
            }
            if done.target == "specimen" && done.verdict.is_broken() {
                writeln!(f, "            because it {}", attack.fault)?;
            }
        }
        writeln!(f)
    }
}

fn row(attacked: &Attacked, done: &Done) -> Vec<Cell> {
    let color = if done.is_as_it_must_be() { Color::Green } else { Color::Red };
    vec![
        Cell::new(attacked.attack.id),
        Cell::new(done.target),
        Cell::new(&done.verdict).fg(color),
        Cell::new(done.rounds),
        Cell::new(format!("{:.1}", done.took.as_secs_f64())),
    ]
}
