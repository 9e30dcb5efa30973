//! A wallet's entries are one gap-free series in which each balance follows from the one before, and the entries
//! of a transaction sum to zero.

use super::{Books, Placed, by_wallet};
use crate::history::{Anomaly, Answer, Findings, Question, WalletId, figure::decimal};
use std::collections::HashMap;

pub(super) fn check(books: &Books<'_>, findings: &mut Findings) {
    check_lists(books, findings);
    check_sums(books, findings);
    let mut movements: HashMap<WalletId, i64> = HashMap::new();
    for (wallet, _) in books.effects.iter().flat_map(|effect| effect.moves.iter().flatten()) {
        *movements.entry(*wallet).or_default() += 1;
    }
    for (wallet, entries) in by_wallet(&books.placed) {
        check_twice(books, entries, findings);
        check_follows(books, wallet, entries, findings);
        check_count(books, wallet, entries, movements.get(&wallet).copied().unwrap_or(0), findings);
    }
}

/// Every list by itself begins at one and has no gap.
fn check_lists(books: &Books<'_>, findings: &mut Findings) {
    for (index, operation) in books.history.operations.iter().enumerate() {
        let (Question::List(wallet), Answer::Lines(lines)) = (&operation.asked, &operation.answered) else {
            continue;
        };
        let mut before = 0;
        for version in lines.iter().filter_map(|line| line.version) {
            if version != before + 1 {
                findings.add(Anomaly::VersionGap, &[index], || {
                    format!("#{index} lists wallet {wallet}: version {version} follows {before}")
                });
            }
            before = version;
        }
    }
}

fn check_twice(books: &Books<'_>, entries: &[Placed], findings: &mut Findings) {
    for pair in entries.windows(2).filter(|pair| pair[0].version == pair[1].version) {
        let [first, second] = pair else { continue };
        let told = |entry: &Placed| books.effect(entry).map_or(entry.source, |effect| effect.operation);
        findings.add(
            Anomaly::VersionTwice,
            &[told(first), told(second), first.source, second.source],
            || {
                format!(
                    "#{} and #{} tell of version {} of wallet {} in two ways",
                    first.source, second.source, first.version, first.wallet
                )
            },
        );
    }
}

fn check_follows(books: &Books<'_>, wallet: WalletId, entries: &[Placed], findings: &mut Findings) {
    let start = books.starts.get(&wallet);
    let mut before = start.and_then(|start| start.version.map(|version| (version, start.balance)));
    for entry in entries {
        if let (Some((version, balance)), Some(amount), Some(after)) = (before, entry.amount, entry.after)
            && entry.version == version + 1
            && balance + amount != after
        {
            findings.add(Anomaly::WrongBalance, &[entry.source], || {
                format!(
                    "wallet {wallet}, version {}: {} and {} make {}, but #{} says {}",
                    entry.version,
                    decimal(balance),
                    decimal(amount),
                    decimal(balance + amount),
                    entry.source,
                    decimal(after)
                )
            });
        }
        before = entry.after.map(|after| (entry.version, after));
    }
}

/// As many versions are missing as there are movements whose place is not known, at most; and there are not more
/// entries than movements.
fn check_count(
    books: &Books<'_>,
    wallet: WalletId,
    entries: &[Placed],
    movements: i64,
    findings: &mut Findings,
) {
    let Some(start) = books.starts.get(&wallet) else { return };
    let first = start.version.unwrap_or(0);
    let since: Vec<&Placed> = entries.iter().filter(|entry| entry.version > first).collect();
    let Some(last) = since.last() else { return };
    let count = |of: usize| i64::try_from(of).unwrap_or(i64::MAX);
    let explained = count(since.iter().filter(|entry| books.effect(entry).is_some()).count());
    let distinct = count(since.chunk_by(|left, right| left.version == right.version).count());
    let missing = last.version - first - distinct;
    if missing > (movements - explained).max(0) {
        findings.add(Anomaly::VersionGap, &[last.source], || {
            format!(
                "wallet {wallet} is at version {}, but {missing} of its versions belong to nothing",
                last.version
            )
        });
    }
    let entries = count(since.len());
    if entries > movements {
        let proof: Vec<usize> = since
            .iter()
            .filter(|entry| books.effect(entry).is_none())
            .map(|entry| entry.source)
            .take(3)
            .collect();
        findings.add(Anomaly::EffectTwice, &proof, || {
            format!("wallet {wallet} has {entries} entries, but only {movements} movements were asked for")
        });
    }
}

fn check_sums(books: &Books<'_>, findings: &mut Findings) {
    for (index, operation) in books.history.operations.iter().enumerate() {
        let Answer::Done { entries, .. } = &operation.answered else { continue };
        let amounts: Option<Vec<i128>> =
            entries.iter().map(|entry| entry.amount.value(books.history.scale)).collect();
        if let Some(amounts) = amounts.filter(|amounts| amounts.len() > 1) {
            not_zero(&[index], amounts.iter().sum(), findings);
        }
    }
    let mut entries: Vec<&Placed> = books.placed.iter().collect();
    entries.sort_by_key(|entry| entry.transaction);
    for entries in entries.chunk_by(|left, right| left.transaction == right.transaction) {
        let known: Option<Vec<i128>> = entries.iter().map(|entry| entry.amount).collect();
        if let Some(amounts) = known.filter(|amounts| amounts.len() > 1) {
            let sources: Vec<usize> = entries.iter().map(|entry| entry.source).collect();
            not_zero(&sources, amounts.iter().sum(), findings);
        }
    }
}

fn not_zero(sources: &[usize], sum: i128, findings: &mut Findings) {
    if sum != 0 {
        findings.add(Anomaly::Unbalanced, sources, || {
            format!("the entries of a transaction that #{} shows sum to {}", sources[0], decimal(sum))
        });
    }
}
