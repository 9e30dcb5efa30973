//! Money is conserved: every total and every balance that was read is one that the movements allow.

use super::{
    Books,
    window::{Change, Window},
};
use crate::history::{Anomaly, Answer, Balance, Findings, WalletId, figure::decimal};
use std::collections::{BTreeSet, HashMap, HashSet};

/// So many different sets of wallets are summed; reads of others are left to the check of each wallet.
const SETS: usize = 16;

pub(super) fn check(books: &Books<'_>, findings: &mut Findings) {
    check_totals(books, findings);
    check_balances(books, findings);
}

fn check_totals(books: &Books<'_>, findings: &mut Findings) {
    let mut windows: HashMap<BTreeSet<WalletId>, Window> = HashMap::new();
    for (index, (invoked, returned, balances)) in reads(books) {
        let set: BTreeSet<WalletId> = balances.iter().map(|balance| balance.wallet).collect();
        let known = windows.contains_key(&set);
        if set.len() < 2 || set.len() < balances.len() || (!known && windows.len() == SETS) {
            continue;
        }
        let Some(sum) = sum(books, balances) else { continue };
        if !known {
            let Some(window) = window_of(books, &set) else { continue };
            windows.insert(set.clone(), window);
        }
        let window = &windows[&set];
        let (least, greatest) = window.range(invoked, returned);
        if sum < least || sum > greatest {
            let proof: Vec<usize> = window.last_before(invoked).into_iter().chain([index]).collect();
            findings.add(Anomaly::WrongTotal, &proof, || {
                let total = if least == greatest {
                    decimal(least)
                } else {
                    format!("between {} and {}", decimal(least), decimal(greatest))
                };
                format!(
                    "#{index} read {} wallets at once: together {}, which must be {total}",
                    set.len(),
                    decimal(sum)
                )
            });
        }
    }
}

fn check_balances(books: &Books<'_>, findings: &mut Findings) {
    let mut changes: HashMap<WalletId, Vec<Change>> = HashMap::new();
    for effect in &books.effects {
        let mut wallets: Vec<WalletId> = effect.moves.iter().flatten().map(|(wallet, _)| *wallet).collect();
        wallets.dedup();
        for wallet in wallets {
            changes.entry(wallet).or_default().push(Change {
                invoked: effect.invoked,
                returned: effect.returned,
                by: effect.on(wallet),
                operation: effect.operation,
            });
        }
    }
    let windows: HashMap<WalletId, Window> = books
        .starts
        .iter()
        .map(|(wallet, start)| {
            (*wallet, Window::new(start.balance, changes.get(wallet).map_or(&[][..], Vec::as_slice)))
        })
        .collect();
    for (index, (invoked, returned, balances)) in reads(books) {
        for balance in balances {
            let Some(window) = windows.get(&balance.wallet) else { continue };
            let Some(value) = balance.balance.value(books.history.scale) else { continue };
            let (least, greatest) = window.range(invoked, returned);
            if value < least || value > greatest {
                let proof: Vec<usize> = window.last_before(invoked).into_iter().chain([index]).collect();
                findings.add(Anomaly::LostWrite, &proof, || {
                    let (wallet, value) = (balance.wallet, decimal(value));
                    let (least, greatest) = (decimal(least), decimal(greatest));
                    format!(
                        "#{index} read {value} in wallet {wallet}, but what was acknowledged and asked for allows \
                         {least} to {greatest}"
                    )
                });
            }
        }
    }
}

fn reads<'b>(books: &'b Books<'_>) -> impl Iterator<Item = (usize, (u64, u64, &'b [Balance]))> {
    books.history.operations.iter().enumerate().filter_map(|(index, operation)| match &operation.answered {
        Answer::Balances(balances) => {
            Some((index, (operation.invoked, operation.returned.unwrap_or(u64::MAX), balances.as_slice())))
        }
        _ => None,
    })
}

fn sum(books: &Books<'_>, balances: &[Balance]) -> Option<i128> {
    balances
        .iter()
        .try_fold(0_i128, |sum, balance| sum.checked_add(balance.balance.value(books.history.scale)?))
}

/// Nothing if a wallet's start is not known.
fn window_of(books: &Books<'_>, set: &BTreeSet<WalletId>) -> Option<Window> {
    let base =
        set.iter().map(|wallet| books.starts.get(wallet).map(|start| start.balance)).sum::<Option<i128>>()?;
    let set: HashSet<WalletId> = set.iter().copied().collect();
    let changes: Vec<Change> = books
        .effects
        .iter()
        .map(|effect| Change {
            invoked: effect.invoked,
            returned: effect.returned,
            by: effect.sum(|wallet| set.contains(&wallet)),
            operation: effect.operation,
        })
        .filter(|change| change.by != 0)
        .collect();
    Some(Window::new(base, &changes))
}
