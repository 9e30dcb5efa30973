//! Approvals: what a right PIN gives for certain movements, so that the PIN itself need not be kept at hand. Each
//! is good for a short time, for one key, and for the very movements that were named.

use super::opaque::{OpaqueSecret, stored_hash};
use florin_ledger::{Decimal, KeyHash, LedgerId, Movement, Timestamp, UserId};
use florin_store::{NewApproval, Origin, Store, StoreError};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
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

/// What movements are approved: what they move, between whom, in their order. Notes are not part of it, nor how
/// an amount is written.
pub fn digest<'movement>(movements: impl IntoIterator<Item = &'movement Movement>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for movement in movements {
        hasher.update(line(movement).as_bytes());
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

/// Numbers, codes and ids alone, so that no two movements have one line.
fn line(movement: &Movement) -> String {
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
        let digests: Vec<_> = movements.iter().map(digest).collect();
        for (index, one) in digests.iter().enumerate() {
            assert!(!digests[index + 1..].contains(one), "{:?}", movements[index]);
        }
    }

    #[test]
    fn how_an_amount_is_written_does_not_matter() {
        for [one, other] in [["12.50", "12.5"], ["100", "100.00"], ["0.10", "0.1"]] {
            assert_eq!(digest(&[transfer(1, 2, one)]), digest(&[transfer(1, 2, other)]), "{one}");
        }
        assert_ne!(digest(&[transfer(1, 2, "100")]), digest(&[transfer(1, 2, "1")]));
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
