//! What a run says in the end: tables for people, JSON for machines.

use super::figures::{Engine, Figure, Latency, Measured, Unit};
use super::machine::{Machine, Memory};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use florin_store::AuditReport;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) florin_version: &'static str,
    pub(super) began_at: String,
    pub(super) engine: Engine,
    pub(super) machine: Machine,
    /// What was read back of the database, durability included.
    pub(super) database: BTreeMap<String, String>,
    pub(super) options: Options,
    pub(super) loads: Vec<LoadLine>,
    pub(super) figures: Vec<FigureLine>,
    /// What the audits counted, all of them without a fault.
    pub(super) audits: Vec<AuditLine>,
    pub(super) memory: Memory,
}

/// How the run was asked for.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Options {
    pub(super) wallets: u32,
    pub(super) seconds: f64,
    pub(super) rounds: usize,
    pub(super) stored: u64,
    pub(super) is_quick: bool,
}

/// One load's results.
#[derive(Debug, Serialize)]
pub(super) struct LoadLine {
    pub(super) load: String,
    /// The median of the rounds.
    pub(super) transfers_per_second: f64,
    /// In the order in which they were measured.
    pub(super) rounds_transfers_per_second: Vec<f64>,
    pub(super) latency_micros: Latency,
    pub(super) acknowledged: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generator_cores: Option<f64>,
}

impl LoadLine {
    pub(super) fn of(measured: &Measured) -> Self {
        Self {
            load: measured.load.to_string(),
            transfers_per_second: measured.transfers_per_second(),
            rounds_transfers_per_second: measured
                .rounds
                .iter()
                .map(super::measure::Round::transfers_per_second)
                .collect(),
            latency_micros: measured.latency_micros(),
            acknowledged: measured.rounds.iter().map(|round| round.acknowledged).sum(),
            generator_cores: measured.generator_cores(),
        }
    }
}

/// A figure, and whether it was reached.
#[derive(Debug, Serialize)]
pub(super) struct FigureLine {
    #[serde(flatten)]
    pub(super) figure: Figure,
    pub(super) meets_at_least: bool,
    pub(super) meets_stretch: bool,
}

impl From<Figure> for FigureLine {
    fn from(figure: Figure) -> Self {
        Self {
            meets_at_least: figure.meets(figure.at_least),
            meets_stretch: figure.meets(figure.stretch),
            figure,
        }
    }
}

/// An audit that found no fault.
#[derive(Debug, Serialize)]
pub(super) struct AuditLine {
    pub(super) books: &'static str,
    pub(super) is_ok: bool,
    pub(super) wallets: u64,
    pub(super) transactions: u64,
    pub(super) entries: u64,
}

impl AuditLine {
    pub(super) fn of(books: &'static str, report: &AuditReport) -> Self {
        Self {
            books,
            is_ok: report.is_ok(),
            wallets: report.wallets,
            transactions: report.transactions,
            entries: report.entries,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, processor, memory_bytes, system } = &self.machine;
        writeln!(f, "Florin {} on {}, {}", self.florin_version, self.engine, self.began_at)?;
        writeln!(f, "{cores} cores ({processor}), {} MiB of memory, {system}", memory_bytes >> 20)?;
        let settings: Vec<_> = self.database.iter().map(|(name, value)| format!("{name}={value}")).collect();
        writeln!(f, "{}", settings.join(" "))?;
        let Options { wallets, seconds, rounds, .. } = self.options;
        writeln!(
            f,
            "{} wallets; {rounds} rounds of {seconds} s each, medians\n",
            grouped(u64::from(wallets))
        )?;
        writeln!(f, "{}\n", self.load_table())?;
        if !self.figures.is_empty() {
            writeln!(f, "{}\n", self.figure_table())?;
        }
        for AuditLine { books, wallets, transactions, entries, .. } in &self.audits {
            let [wallets, transactions, entries] =
                [wallets, transactions, entries].map(|count| grouped(*count));
            writeln!(
                f,
                "audit of {books}: OK ({wallets} wallets, {transactions} transactions, {entries} entries)"
            )?;
        }
        let Memory { resident_bytes, resident_bytes_max } = self.memory;
        write!(
            f,
            "memory of this process: {} MiB, at most {} MiB",
            resident_bytes >> 20,
            resident_bytes_max >> 20
        )
    }
}

impl Report {
    fn load_table(&self) -> Table {
        let header = [
            "load",
            "transfers/s",
            "lowest",
            "highest",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "max ms",
            "generator",
        ];
        let mut table = new_table(&header);
        for line in &self.loads {
            let rates = &line.rounds_transfers_per_second;
            let lowest = rates.iter().copied().min_by(f64::total_cmp).unwrap_or_default();
            let highest = rates.iter().copied().max_by(f64::total_cmp).unwrap_or_default();
            let Latency { p50, p99, p99_9, max } = line.latency_micros;
            let mut cells = vec![Cell::new(&line.load)];
            cells.extend([line.transfers_per_second, lowest, highest].map(|rate| number(grouped_rate(rate))));
            cells.extend([p50, p99, p99_9, max].map(|micros| number(millis(micros))));
            let cores = line.generator_cores.map(|cores| format!("{cores:.2} cores")).unwrap_or_default();
            cells.push(number(cores));
            table.add_row(cells);
        }
        table
    }

    fn figure_table(&self) -> Table {
        let mut table = new_table(&["figure", "at least", "stretch", "reached", ""]);
        for line in &self.figures {
            let Figure { what, unit, reached, at_least, stretch } = &line.figure;
            let verdict = match (line.meets_at_least, line.meets_stretch) {
                (_, true) => "stretch",
                (true, false) => "met",
                (false, false) => "missed",
            };
            let mut cells = vec![Cell::new(what)];
            cells.extend([at_least, stretch, reached].map(|value| number(with_unit(*value, *unit))));
            cells.push(Cell::new(verdict));
            table.add_row(cells);
        }
        table
    }
}

fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn with_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Times => format!("{value:.2} x"),
        Unit::TransfersPerSecond => format!("{}/s", grouped_rate(value)),
        Unit::Milliseconds => format!("{value:.2} ms"),
    }
}

fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is positive, and rounded to print it"
)]
fn grouped_rate(rate: f64) -> String {
    grouped(rate.round() as u64)
}

/// Digits in threes: `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let figure = Figure {
            what: "HTTP, single transfers, 256 connections",
            unit: Unit::TransfersPerSecond,
            reached: 15_000.4,
            at_least: 10_000.0,
            stretch: 20_000.0,
        };
        Report {
            florin_version: "1.2.3",
            began_at: "2026-01-02T03:04:05Z".to_owned(),
            engine: Engine::Sqlite,
            machine: Machine {
                cores: 2,
                memory_bytes: 24 << 30,
                processor: "A processor".to_owned(),
                system: "Linux 6.1".to_owned(),
            },
            database: [("journal_mode".to_owned(), "wal".to_owned())].into(),
            options: Options { wallets: 100_000, seconds: 3.0, rounds: 3, stored: 0, is_quick: false },
            loads: vec![LoadLine {
                load: "http/256/uniform".to_owned(),
                transfers_per_second: 15_000.4,
                rounds_transfers_per_second: vec![14_000.0, 16_000.0, 15_000.4],
                latency_micros: Latency { p50: 1234, p99: 20_000, p99_9: 30_000, max: 45_678 },
                acknowledged: 200_000,
                generator_cores: Some(0.25),
            }],
            figures: vec![figure.into()],
            audits: vec![AuditLine {
                books: "Florin",
                is_ok: true,
                wallets: 4,
                transactions: 1000,
                entries: 2000,
            }],
            memory: Memory { resident_bytes: 100 << 20, resident_bytes_max: 120 << 20 },
        }
    }

    #[test]
    fn people_read_tables() {
        insta::assert_snapshot!(report());
    }

    #[test]
    fn machines_read_json() {
        insta::assert_json_snapshot!(report());
    }

    #[test]
    fn digits_come_in_threes() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
