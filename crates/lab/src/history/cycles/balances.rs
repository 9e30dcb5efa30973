//! Dependencies from balances, for a target that does not number its entries.
//!
//! An answer's balance after, less its amount, is the balance that it began from. A balance that was produced
//! once can be begun from once; who else does so has not seen the first. Where a balance may have been produced
//! several times, or by an operation whose answer was lost, nothing is concluded from it.

use super::graph::{Edges, kind};
use crate::history::{Anomaly, Answer, Findings, Question, WalletId, check::Books, figure::decimal};
use std::collections::{HashMap, HashSet};

/// Of a balance that many began from, so many are connected with each reader; one would do.
const CONNECTED: usize = 4;

/// One wallet's balances: who produced each, and who began from it.
#[derive(Default)]
struct Chain {
    produced: HashMap<i128, Vec<usize>>,
    begun: HashMap<i128, Vec<usize>>,
    /// Effects whose balance is not known.
    unknown: usize,
}

pub(super) fn connect(books: &Books<'_>, edges: &mut Edges, findings: &mut Findings) {
    let chains = chains(books);
    for (wallet, chain) in &chains {
        let start = books.starts.get(wallet).map(|start| start.balance);
        for (balance, begun) in &chain.begun {
            let produced = chain.times_produced(*balance, start);
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
            if let Some(producer) = chain.producer(*balance, start) {
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
    for effect in &books.effects {
        let answered = &books.history.operations[effect.operation].answered;
        let entries = if let Answer::Done { entries, .. } = answered { entries.as_slice() } else { &[] };
        for &(wallet, amount) in effect.moves.iter().flatten() {
            let entry = entries.iter().find(|entry| entry.wallet == wallet);
            if entry.is_some_and(|entry| entry.version.is_some()) {
                numbered.insert(wallet);
            }
            let chain = chains.entry(wallet).or_default();
            let after = entry.and_then(|entry| entry.balance_after.as_ref()?.value(books.history.scale));
            match after {
                Some(after) => {
                    chain.produced.entry(after).or_default().push(effect.operation);
                    chain.begun.entry(after - amount).or_default().push(effect.operation);
                }
                None => chain.unknown += 1,
            }
        }
    }
    chains.retain(|wallet, chain| !numbered.contains(wallet) && !chain.produced.is_empty());
    chains
}

impl Chain {
    fn times_produced(&self, balance: i128, start: Option<i128>) -> usize {
        let produced = self.produced.get(&balance).map_or(0, Vec::len);
        produced + usize::from(start == Some(balance)) + self.unknown
    }

    /// Who produced a balance, if it can be nobody else.
    fn producer(&self, balance: i128, start: Option<i128>) -> Option<usize> {
        let produced = self.produced.get(&balance)?;
        (self.times_produced(balance, start) == 1).then(|| produced[0])
    }
}

fn connect_reads(books: &Books<'_>, chains: &HashMap<WalletId, Chain>, edges: &mut Edges) {
    for (index, operation) in books.history.operations.iter().enumerate() {
        let (Question::Read(_), Answer::Balances(balances)) = (&operation.asked, &operation.answered) else {
            continue;
        };
        for balance in balances.iter().filter(|balance| balance.version.is_none()) {
            let start = books.starts.get(&balance.wallet).map(|start| start.balance);
            let (Some(chain), Some(value)) =
                (chains.get(&balance.wallet), balance.balance.value(books.history.scale))
            else {
                continue;
            };
            if chain.times_produced(value, start) != 1 {
                continue;
            }
            if let Some(producer) = chain.producer(value, start) {
                edges.add(producer, index, kind::READ, balance.wallet);
            }
            for successor in chain.begun.get(&value).into_iter().flatten().take(CONNECTED) {
                edges.add(index, *successor, kind::MISSED, balance.wallet);
            }
        }
    }
}
