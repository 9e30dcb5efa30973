//! No wallet pays what it does not have.

use super::{Books, books::Start};
use crate::history::{Anomaly, Answer, Figure, Findings, WalletId, figure::decimal};
use std::collections::HashMap;

pub(super) fn check(books: &Books<'_>, findings: &mut Findings) {
    check_shown(books, findings);
    check_paid(books, findings);
}

/// No balance that anybody was shown is below its wallet's floor.
fn check_shown(books: &Books<'_>, findings: &mut Findings) {
    for (index, operation) in books.history.operations.iter().enumerate() {
        let mut look = |wallet: WalletId, figure: &Figure| {
            let floor = books.starts.get(&wallet).and_then(|start| start.floor);
            if let (Some(floor), Some(balance)) = (floor, figure.value(books.history.scale))
                && balance < floor
            {
                findings.add(Anomaly::Overdraft, &[index], || {
                    format!("#{index} shows {} in wallet {wallet}", decimal(balance))
                });
            }
        };
        match &operation.answered {
            Answer::Balances(balances) => {
                for balance in balances {
                    look(balance.wallet, &balance.balance);
                }
            }
            Answer::Done { entries, .. } => {
                for entry in entries {
                    if let Some(after) = &entry.balance_after {
                        look(entry.wallet, after);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whatever the balances say: at no moment had more been paid, for sure, than could have come in.
fn check_paid(books: &Books<'_>, findings: &mut Findings) {
    let mut moments: HashMap<WalletId, Vec<(u64, i128, usize)>> = HashMap::new();
    for effect in &books.effects {
        for &(wallet, amount) in effect.moves.iter().flatten() {
            let at = if amount < 0 { effect.returned } else { Some(effect.invoked) };
            if let Some(at) = at.filter(|_| books.starts.contains_key(&wallet)) {
                moments.entry(wallet).or_default().push((at, amount, effect.operation));
            }
        }
    }
    for (wallet, mut moments) in moments {
        let Some(Start { balance, floor: Some(floor), .. }) = books.starts.get(&wallet) else { continue };
        // At one moment, what comes in is counted first.
        moments.sort_unstable_by_key(|(at, amount, _)| (*at, -amount));
        let mut left = *balance;
        for (place, (_, amount, operation)) in moments.iter().enumerate() {
            left += amount;
            if left < *floor && *amount < 0 {
                let paid = moments[..place].iter().rev().filter(|(_, amount, _)| *amount < 0);
                let mut proof: Vec<usize> = paid.take(7).map(|(.., operation)| *operation).collect();
                proof.reverse();
                proof.push(*operation);
                findings.add(Anomaly::Overdraft, &proof, || {
                    format!(
                        "when #{operation} was acknowledged, wallet {wallet} had paid {} more than it may",
                        decimal(floor - left)
                    )
                });
                break;
            }
        }
    }
}
