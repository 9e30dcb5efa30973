//! What was over came first: in every wallet's order, in every read, and on both sides of every transaction.

use super::{Books, Placed, Seen, by_wallet};
use crate::history::{Anomaly, Findings, Operation, WalletId};
use std::collections::{HashMap, HashSet};

/// A moment from which on a wallet was at this version at least.
struct Shown {
    at: u64,
    version: i64,
    operation: usize,
}

pub(super) fn check(books: &Books<'_>, findings: &mut Findings) {
    let mut seen: HashMap<WalletId, Vec<&Seen>> = HashMap::new();
    for read in &books.seen {
        seen.entry(read.wallet).or_default().push(read);
    }
    for (wallet, entries) in by_wallet(&books.placed) {
        check_order(books, wallet, entries, findings);
        let reads = seen.remove(&wallet).unwrap_or_default();
        check_stale(books, entries, &reads, findings);
        check_early(books, entries, &reads, findings);
    }
    for reads in seen.into_values() {
        check_stale(books, &[], &reads, findings);
    }
    check_both_sides(books, findings);
}

/// No entry stands before one whose operation had returned before its own was invoked.
fn check_order(books: &Books<'_>, wallet: WalletId, entries: &[Placed], findings: &mut Findings) {
    let mut earliest: Option<(u64, usize, i64)> = None;
    for entry in entries.iter().rev() {
        let Some(effect) = books.effect(entry) else { continue };
        if let Some((returned, later, version)) = earliest
            && version > entry.version
            && returned < effect.invoked
        {
            findings.add(Anomaly::OutOfOrder, &[later, effect.operation], || {
                format!(
                    "#{later} had returned before #{} was invoked, but in wallet {wallet} it is version {version} and \
                     the other {}",
                    effect.operation, entry.version
                )
            });
        }
        if let Some(returned) = effect.returned
            && earliest.is_none_or(|(earliest, ..)| returned < earliest)
        {
            earliest = Some((returned, effect.operation, entry.version));
        }
    }
}

/// A read sees what had been acknowledged, or shown to another read, before it began.
fn check_stale(books: &Books<'_>, entries: &[Placed], reads: &[&Seen], findings: &mut Findings) {
    let written = entries.iter().filter_map(|entry| {
        let effect = books.effect(entry)?;
        Some(Shown { at: effect.returned?, version: entry.version, operation: effect.operation })
    });
    let read = reads.iter().filter_map(|read| {
        Some(Shown { at: asked(books, read).returned?, version: read.version, operation: read.operation })
    });
    let mut shown: Vec<Shown> = written.chain(read).collect();
    shown.sort_unstable_by_key(|shown| shown.at);
    for next in 1..shown.len() {
        if shown[next - 1].version > shown[next].version {
            (shown[next].version, shown[next].operation) =
                (shown[next - 1].version, shown[next - 1].operation);
        }
    }
    for read in reads {
        let invoked = asked(books, read).invoked;
        let Some(last) = shown.partition_point(|shown| shown.at < invoked).checked_sub(1) else { continue };
        let Shown { version, operation, .. } = shown[last];
        if version > read.version {
            findings.add(Anomaly::StaleRead, &[operation, read.operation], || {
                format!(
                    "#{operation} had shown version {version} of wallet {} before #{} began, which saw only {}",
                    read.wallet, read.operation, read.version
                )
            });
        }
    }
}

/// A read sees nothing that was invoked after it returned.
fn check_early(books: &Books<'_>, entries: &[Placed], reads: &[&Seen], findings: &mut Findings) {
    let mut latest: Vec<(i64, u64, usize)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let (invoked, operation) =
            books.effect(entry).map_or((0, 0), |effect| (effect.invoked, effect.operation));
        match latest.last() {
            Some((_, before, earlier)) if *before > invoked => {
                latest.push((entry.version, *before, *earlier));
            }
            _ => latest.push((entry.version, invoked, operation)),
        }
    }
    for read in reads {
        let returned = asked(books, read).returned.unwrap_or(u64::MAX);
        let Some(last) = latest.partition_point(|(version, ..)| *version <= read.version).checked_sub(1)
        else {
            continue;
        };
        let (_, invoked, operation) = latest[last];
        if invoked > returned {
            findings.add(Anomaly::EarlyRead, &[read.operation, operation], || {
                format!(
                    "#{} saw wallet {} at version {}, of which #{operation} is a part, which was invoked after it",
                    read.operation, read.wallet, read.version
                )
            });
        }
    }
}

/// Once a transaction is known, every later list of its wallets shows it.
fn check_both_sides(books: &Books<'_>, findings: &mut Findings) {
    let mut last_list: HashMap<WalletId, (u64, usize)> = HashMap::new();
    for (index, operation) in books.history.operations.iter().enumerate() {
        if let (crate::history::Question::List(wallet), crate::history::Answer::Lines(_)) =
            (&operation.asked, &operation.answered)
        {
            let last = last_list.entry(*wallet).or_insert((operation.invoked, index));
            *last = (*last).max((operation.invoked, index));
        }
    }
    let listed: HashSet<(WalletId, usize)> =
        books.placed.iter().map(|entry| (entry.wallet, entry.transaction)).collect();
    for (transaction, effect) in books.effect_of.iter().enumerate() {
        let Some(effect) = effect.map(|effect| &books.effects[effect]) else { continue };
        let wallets = || effect.moves.iter().flatten().map(|(wallet, _)| *wallet);
        for wallet in wallets().filter(|wallet| !listed.contains(&(*wallet, transaction))) {
            let Some((_, list)) =
                last_list.get(&wallet).filter(|(invoked, _)| *invoked > books.known_since[transaction])
            else {
                continue;
            };
            let half = wallets().any(|other| listed.contains(&(other, transaction)));
            let anomaly = if half { Anomaly::HalfThere } else { Anomaly::LostWrite };
            findings.add(anomaly, &[effect.operation, *list], || {
                let other = if half { ", though another wallet does" } else { "" };
                format!("#{list} does not show the entry of #{} on wallet {wallet}{other}", effect.operation)
            });
        }
    }
}

fn asked<'h>(books: &Books<'h>, read: &Seen) -> &'h Operation {
    &books.history.operations[read.operation]
}
