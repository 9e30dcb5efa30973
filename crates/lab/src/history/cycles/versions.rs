//! Dependencies from versions: exact, because an entry's version is its place in its wallet.

use super::graph::{Edges, kind};
use crate::history::{
    Anomaly, Findings, WalletId,
    check::{Books, Placed, Seen, by_wallet},
};
use std::collections::HashMap;

pub(super) fn connect(books: &Books<'_>, edges: &mut Edges, findings: &mut Findings) {
    for effect in &books.effects {
        edges.set_times(effect.operation, effect.invoked, effect.returned);
    }
    let mut seen: HashMap<WalletId, Vec<&Seen>> = HashMap::new();
    for read in &books.seen {
        seen.entry(read.wallet).or_default().push(read);
    }
    for (wallet, entries) in by_wallet(&books.placed) {
        let written: Vec<(i64, usize)> = entries
            .iter()
            .filter_map(|entry| Some((entry.version, books.effect(entry)?.operation)))
            .collect();
        for pair in written.windows(2).filter(|pair| pair[0].0 != pair[1].0) {
            edges.add(pair[0].1, pair[1].1, kind::WRITE, wallet);
        }
        tell_forks(books, entries, findings);
        for read in seen.remove(&wallet).unwrap_or_default() {
            connect_read(read, &written, edges, findings);
        }
    }
}

/// Two transactions with one version began from the same state of the wallet.
fn tell_forks(books: &Books<'_>, entries: &[Placed], findings: &mut Findings) {
    for pair in entries.windows(2) {
        if pair[0].version == pair[1].version
            && pair[0].transaction != pair[1].transaction
            && let (Some(first), Some(second)) = (books.effect(&pair[0]), books.effect(&pair[1]))
        {
            findings.add(Anomaly::LostUpdate, &[first.operation, second.operation], || {
                format!(
                    "#{} and #{} both wrote version {} of wallet {}",
                    first.operation, second.operation, pair[0].version, pair[0].wallet
                )
            });
        }
    }
}

fn connect_read(read: &Seen, written: &[(i64, usize)], edges: &mut Edges, findings: &mut Findings) {
    let next = written.partition_point(|(version, _)| *version <= read.version);
    let writer = next.checked_sub(1).map(|last| written[last].1);
    let successor = written.get(next).map(|(_, operation)| *operation);
    if let Some(writer) = writer {
        edges.add(writer, read.operation, kind::READ, read.wallet);
    }
    if let Some(successor) = successor {
        edges.add(read.operation, successor, kind::MISSED, read.wallet);
    }
    if let (Some(writer), Some(successor)) = (writer, successor)
        && edges.transaction(writer) == edges.transaction(successor)
        && edges.transaction(writer) != edges.transaction(read.operation)
    {
        findings.add(Anomaly::IntermediateRead, &[writer, successor, read.operation], || {
            format!(
                "#{} saw version {} of wallet {}, from the middle of #{}",
                read.operation,
                read.version,
                read.wallet,
                edges.transaction(writer)
            )
        });
    }
}
