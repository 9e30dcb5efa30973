//! Approvals: what a right PIN gives for certain movements, or for something that is done with a payout, so that the
//! PIN itself need not be kept at hand. Each is good for a short time, for one key, and for the very things that
//! were named.

use super::opaque::{OpaqueSecret, stored_hash};
use florin_ledger::{Decimal, KeyHash, LedgerId, Movement, PayoutId, RowNumber, Timestamp, UserId};
use florin_store::payouts::Selection;
use florin_store::{NewApproval, Origin, Store, StoreError};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::fmt::{self, Display};
use std::time::Duration;

const PREFIX: &str = "fta_";

/// Gives approvals.
#[derive(Clone, Copy, Debug)]
pub struct Approvals {
    /// How long one is good.
    pub lifetime: Duration,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { lifetime: Duration::from_mins(2) }
    }
}

impl Approvals {
    /// A fresh approval of what has this digest.
    pub async fn grant(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        user: UserId,
        digest: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Result<SecretString, StoreError> {
        let secret = OpaqueSecret::generate(PREFIX);
        let lifetime_us = i64::try_from(self.lifetime.as_micros()).unwrap_or(i64::MAX);
        let expires_at = Timestamp(now.0.saturating_add(lifetime_us));
        let new = NewApproval { hash: secret.hash, user, digest, created_at: now, expires_at };
        store.grant_approval(ledger, new, origin).await?;
        Ok(secret.text)
    }

    /// The hash under which a presented approval is stored; `None` where it has not the form of one.
    pub fn stored_hash(presented: &str) -> Option<[u8; 32]> {
        stored_hash(PREFIX, presented)
    }
}

/// What a person wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Money is moved: what, between whom. Notes are not part of it, nor how an amount is written.
    Movement(Movement),
    /// Something is done with a payout.
    Payout(PayoutId, PayoutStep),
}

/// What is done with a payout. Its content is named by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayoutStep {
    /// Its rows are paid.
    Execute([u8; 32]),
    /// Those that failed are paid once more.
    Retry([u8; 32]),
    /// An operator agrees with its rows.
    Approve([u8; 32]),
    /// Rows that were paid are reversed.
    Compensate {
        /// Which.
        selection: Selection,
        /// Those that are named, in ascending order.
        rows: Vec<RowNumber>,
        /// Whether a part will do.
        allows_partial: bool,
    },
}

/// What intents are, in their order, for an approval to be bound to.
pub fn digest(intents: impl IntoIterator<Item = Intent>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for intent in intents {
        hasher.update(line(&intent).as_bytes());
    }
    hasher.finalize().into()
}

/// The keys of movements that are made together, as one.
pub fn combined(keys: &[KeyHash]) -> KeyHash {
    if let [one] = keys {
        return *one;
    }
    let mut hasher = Sha256::new();
    for key in keys {
        hasher.update(key.0);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    KeyHash(half)
}

/// Numbers, codes and ids alone, so that no two intents have one line.
fn line(intent: &Intent) -> String {
    match intent {
        Intent::Movement(movement) => movement_line(movement),
        Intent::Payout(payout, step) => payout_line(*payout, step),
    }
}

fn movement_line(movement: &Movement) -> String {
    match movement {
        Movement::Transfer { from, to, amount } => format!("transfer {from} {to} {}\n", plain(*amount)),
        Movement::Deposit { wallet, amount } => format!("deposit {wallet} {}\n", plain(*amount)),
        Movement::Withdrawal { wallet, amount } => format!("withdrawal {wallet} {}\n", plain(*amount)),
        Movement::TopUp { user, asset, amount } => format!("top_up {user} {asset} {}\n", plain(*amount)),
        Movement::Spend { user, asset, amount } => format!("spend {user} {asset} {}\n", plain(*amount)),
        Movement::Bonus { user, asset, amount } => format!("bonus {user} {asset} {}\n", plain(*amount)),
        Movement::Payout { from, to, amount } => format!("payout {from} {to} {}\n", plain(*amount)),
        Movement::Reversal { of, amount: Some(amount) } => format!("reversal {of} {}\n", plain(*amount)),
        Movement::Reversal { of, amount: None } => format!("reversal {of} all\n"),
        Movement::ReversalOfAvailable { of } => format!("reversal {of} available\n"),
    }
}

fn payout_line(payout: PayoutId, step: &PayoutStep) -> String {
    match step {
        PayoutStep::Execute(content) => format!("execute_payout {payout} {}\n", Hex(content)),
        PayoutStep::Retry(content) => format!("retry_payout {payout} {}\n", Hex(content)),
        PayoutStep::Approve(content) => format!("approve_payout {payout} {}\n", Hex(content)),
        PayoutStep::Compensate { selection, rows, allows_partial } => {
            let Selection { named, first_row, last_row, recipient } = selection;
            let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
            format!(
                "compensate_payout {payout} {named} {} {} {} {allows_partial} {}\n",
                or_any(first_row.as_ref()),
                or_any(last_row.as_ref()),
                or_any(recipient.as_ref()),
                rows.join(","),
            )
        }
    }
}

fn or_any(number: Option<&impl Display>) -> String {
    number.map_or_else(|| "any".to_owned(), ToString::to_string)
}

/// A digest in hexadecimal, as it is written everywhere.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'digest>(pub &'digest [u8; 32]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// `12.50` as `12.5`.
fn plain(amount: Decimal) -> String {
    let text = amount.to_string();
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ledger::{AssetCode, TransactionId, WalletId};

    fn amount(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn transfer(from: i64, to: i64, text: &str) -> Movement {
        Movement::Transfer { from: WalletId(from), to: WalletId(to), amount: amount(text) }
    }

    fn digest_of(movements: &[Movement]) -> [u8; 32] {
        digest(movements.iter().copied().map(Intent::Movement))
    }

    #[test]
    fn what_differs_in_anything_that_matters_has_another_digest() {
        let asset = |code| AssetCode::parse(code).unwrap();
        let reversal = |of, amount| Movement::Reversal { of: TransactionId(of), amount };
        let movements = [
            vec![transfer(1, 2, "12.50")],
            vec![transfer(2, 1, "12.50")],
            vec![transfer(1, 3, "12.50")],
            vec![transfer(1, 2, "125.0")],
            vec![transfer(1, 2, "1250")],
            vec![transfer(1, 21, "2.50")],
            vec![transfer(1, 2, "12.50"), transfer(1, 2, "12.50")],
            vec![transfer(1, 2, "12.50"), transfer(1, 3, "12.50")],
            vec![transfer(1, 3, "12.50"), transfer(1, 2, "12.50")],
            vec![Movement::Withdrawal { wallet: WalletId(1), amount: amount("12.50") }],
            vec![Movement::Deposit { wallet: WalletId(1), amount: amount("12.50") }],
            vec![Movement::Spend { user: UserId(1), asset: asset("USD"), amount: amount("12.50") }],
            vec![Movement::Spend { user: UserId(1), asset: asset("GOLD"), amount: amount("12.50") }],
            vec![Movement::TopUp { user: UserId(1), asset: asset("USD"), amount: amount("12.50") }],
            vec![Movement::Bonus { user: UserId(1), asset: asset("USD"), amount: amount("12.50") }],
            vec![reversal(1, None)],
            vec![reversal(2, None)],
            vec![reversal(1, Some(amount("12.50")))],
            vec![],
        ];
        let digests: Vec<_> = movements.iter().map(|movements| digest_of(movements)).collect();
        for (index, one) in digests.iter().enumerate() {
            assert!(!digests[index + 1..].contains(one), "{:?}", movements[index]);
        }
    }

    #[test]
    fn how_an_amount_is_written_does_not_matter() {
        for [one, other] in [["12.50", "12.5"], ["100", "100.00"], ["0.10", "0.1"]] {
            assert_eq!(digest_of(&[transfer(1, 2, one)]), digest_of(&[transfer(1, 2, other)]), "{one}");
        }
        assert_ne!(digest_of(&[transfer(1, 2, "100")]), digest_of(&[transfer(1, 2, "1")]));
    }

    #[test]
    fn what_is_approved_of_one_payout_is_nothing_of_another() {
        let (one, other) = ([1; 32], [2; 32]);
        let compensate = |selection, rows: &[i64], allows_partial| PayoutStep::Compensate {
            selection,
            rows: rows.iter().copied().map(RowNumber).collect(),
            allows_partial,
        };
        let (all, named) = (Selection::default(), Selection { named: true, ..Selection::default() });
        let steps = [
            PayoutStep::Execute(one),
            PayoutStep::Execute(other),
            PayoutStep::Retry(one),
            PayoutStep::Approve(one),
            compensate(all, &[], false),
            compensate(all, &[], true),
            compensate(Selection { first_row: Some(RowNumber(1)), ..all }, &[], false),
            compensate(Selection { last_row: Some(RowNumber(1)), ..all }, &[], false),
            compensate(Selection { recipient: Some(WalletId(1)), ..all }, &[], false),
            compensate(named, &[1], false),
            compensate(named, &[1, 2], false),
            compensate(named, &[12], false),
        ];
        let mut digests = vec![];
        for payout in [1, 2, 11].map(PayoutId) {
            digests.extend(steps.iter().map(|step| digest([Intent::Payout(payout, step.clone())])));
        }
        digests.push(digest_of(&[transfer(1, 2, "1")]));
        let distinct: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
    }

    #[test]
    fn keys_of_a_bulk_are_one_key_of_all_of_them() {
        let [a, b] = [KeyHash([1; 16]), KeyHash([2; 16])];
        assert_eq!(combined(&[a]), a);
        let all = [combined(&[a]), combined(&[b]), combined(&[a, b]), combined(&[b, a]), combined(&[a, a])];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one), "{index}");
        }
    }
}
