//! Dependencies from balances, for a target that does not number its entries.
//!
//! An answer's balance after, less its amount, is the balance that it began from. A balance that was produced
//! once can be begun from once; who else does so has not seen the first. Where a balance may have been produced
//! several times, or by an operation whose answer was lost, nothing is concluded from it. Balances are compared in whole
//! minor units: that floats drift by less is for other checks.

use super::graph::{Edges, kind};
use crate::history::{
    Anomaly, Answer, Findings, Question, WalletId,
    check::{Books, Effect},
    figure::decimal,
};
use std::collections::{HashMap, HashSet};

/// Of a balance that many began from, so many are connected with each reader; one would do.
const CONNECTED: usize = 4;

/// One wallet's balances: who produced each, and who began from it.
#[derive(Default)]
struct Chain {
    /// What was there before the first effect whose balance is known.
    start: Option<i128>,
    produced: HashMap<i128, Vec<usize>>,
    begun: HashMap<i128, Vec<usize>>,
    /// Effects since then whose balance is not known.
    unknown: usize,
}

pub(super) fn connect(books: &Books<'_>, edges: &mut Edges, findings: &mut Findings) {
    let chains = chains(books);
    for (wallet, chain) in &chains {
        for (balance, begun) in &chain.begun {
            let produced = chain.times_produced(*balance);
            let lost = begun.len().saturating_sub(produced.max(1));
            if lost > 0 {
                let shown = &begun[..begun.len().min(8)];
                findings.add_many(Anomaly::LostUpdate, lost as u64, shown, || {
                    let names: Vec<String> = shown.iter().map(|operation| format!("#{operation}")).collect();
                    format!(
                        "{} all began from the balance {} of wallet {wallet}",
                        names.join(", "),
                        decimal(*balance)
                    )
                });
            }
            if let Some(producer) = chain.producer(*balance) {
                for operation in begun {
                    edges.add(producer, *operation, kind::WRITE, *wallet);
                }
            }
        }
    }
    connect_reads(books, &chains, edges);
}

fn chains(books: &Books<'_>) -> HashMap<WalletId, Chain> {
    let mut chains: HashMap<WalletId, Chain> = HashMap::new();
    let mut numbered: HashSet<WalletId> = HashSet::new();
    let mut first: HashMap<WalletId, u64> = HashMap::new();
    let mut unknown: Vec<(WalletId, i128, &Effect)> = Vec::new();
    for effect in &books.effects {
        let answered = &books.history.operations[effect.operation].answered;
        let entries = if let Answer::Done { entries, .. } = answered { entries.as_slice() } else { &[] };
        for &(wallet, amount) in effect.moves.iter().flatten() {
            let entry = entries.iter().find(|entry| entry.wallet == wallet);
            if entry.is_some_and(|entry| entry.version.is_some()) {
                numbered.insert(wallet);
            }
            let after = entry.and_then(|entry| entry.balance_after.as_ref()?.value(books.history.scale));
            let Some(after) = after else {
                unknown.push((wallet, amount, effect));
                continue;
            };
            let chain = chains.entry(wallet).or_default();
            chain.produced.entry(books.whole(after)).or_default().push(effect.operation);
            chain.begun.entry(books.whole(after - amount)).or_default().push(effect.operation);
            let first = first.entry(wallet).or_insert(effect.invoked);
            *first = (*first).min(effect.invoked);
        }
    }
    chains.retain(|wallet, _| !numbered.contains(wallet));
    for (wallet, chain) in &mut chains {
        chain.start = books.starts.get(wallet).map(|start| start.balance);
    }
    for (wallet, amount, effect) in unknown {
        let Some(chain) = chains.get_mut(&wallet) else { continue };
        if effect.returned.is_some_and(|returned| returned < first[&wallet]) {
            chain.start = chain.start.map(|start| start + amount);
        } else {
            chain.unknown += 1;
        }
    }
    chains
}

impl Chain {
    fn times_produced(&self, balance: i128) -> usize {
        let produced = self.produced.get(&balance).map_or(0, Vec::len);
        produced + usize::from(self.start == Some(balance)) + self.unknown
    }

    /// Who produced a balance, if it can be nobody else.
    fn producer(&self, balance: i128) -> Option<usize> {
        let produced = self.produced.get(&balance)?;
        (self.times_produced(balance) == 1).then(|| produced[0])
    }
}

fn connect_reads(books: &Books<'_>, chains: &HashMap<WalletId, Chain>, edges: &mut Edges) {
    for (index, operation) in books.history.operations.iter().enumerate() {
        let (Question::Read(_), Answer::Balances(balances)) = (&operation.asked, &operation.answered) else {
            continue;
        };
        for balance in balances.iter().filter(|balance| balance.version.is_none()) {
            let (Some(chain), Some(value)) =
                (chains.get(&balance.wallet), balance.balance.value(books.history.scale))
            else {
                continue;
            };
            let value = books.whole(value);
            if chain.times_produced(value) != 1 {
                continue;
            }
            if let Some(producer) = chain.producer(value) {
                edges.add(producer, index, kind::READ, balance.wallet);
            }
            for successor in chain.begun.get(&value).into_iter().flatten().take(CONNECTED) {
                edges.add(index, *successor, kind::MISSED, balance.wallet);
            }
        }
    }
}
