//! Commands: what callers ask for. Their form is validated here, once; whether the ledger agrees is
//! [`decide`](crate::decide())'s business.

use crate::{ApiKeyId, AssetCode, Decimal, PayoutId, TransactionId, UserId, Version, WalletId};
use sha2::{Digest, Sha256};
use std::fmt;

/// Who asks: the scope in which idempotency keys are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A person, or an operator, signed in.
    User(UserId),
    /// A service, by its API key.
    Service(ApiKeyId),
}

/// Who asks, and with what power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// Acts for the house: may debit any wallet and issue money. Otherwise only what the principal owns
    /// may be debited, and another's wallet looks as if it were not there.
    pub is_house: bool,
}

/// Why a text is not a key, a reference or metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or more than the maximum.
    #[error("it must have 1 to {max} characters")]
    Length {
        /// The most characters.
        max: usize,
    },
    /// Something else than what it may contain.
    #[error("it may contain {allowed} only")]
    Characters {
        /// What it may contain, in words.
        allowed: &'static str,
    },
}

/// A caller's name for one request: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// The most characters that a key may have.
    pub const LENGTH_MAX: usize = 255;

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.is_empty() || text.chars().count() > Self::LENGTH_MAX {
            return Err(TextError::Length { max: Self::LENGTH_MAX });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TextError::Characters { allowed: "visible ASCII characters" });
        }
        Ok(Self(text.into()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({})", self.0)
    }
}

/// The first 16 bytes of the SHA-256 of a scope and a key: what the database's unique constraint is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 16]);

impl KeyHash {
    /// The hash of a key in its scope.
    pub fn of(scope: Principal, key: &IdempotencyKey) -> Self {
        let (tag, id) = match scope {
            Principal::User(user) => (b'u', user.0),
            Principal::Service(api_key) => (b's', api_key.0),
        };
        Self::tagged(tag, id, key)
    }

    /// The hash of a key that somebody uses who is not signed in: all of them share one scope.
    pub fn anonymous(key: &IdempotencyKey) -> Self {
        Self::tagged(b'a', 0, key)
    }

    /// The hash of a key that belongs to a payout, and to no caller.
    pub fn of_payout(payout: PayoutId, key: &IdempotencyKey) -> Self {
        Self::tagged(b'p', payout.0, key)
    }

    fn tagged(tag: u8, id: i64, key: &IdempotencyKey) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([tag]);
        hasher.update(id.to_be_bytes());
        hasher.update(key.as_str().as_bytes());
        Self(first_half(hasher))
    }
}

/// The first 16 bytes of the SHA-256 of what was asked for (operation and canonical body).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// The fingerprint of an operation with a body in its canonical form.
    pub fn of(operation: &str, canonical_body: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(operation.as_bytes());
        hasher.update([0]);
        hasher.update(canonical_body);
        Self(first_half(hasher))
    }
}

fn first_half(hasher: Sha256) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
    half
}

/// The caller's note on a transaction: 1 to 140 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(Box<str>);

impl Reference {
    /// The most characters that a reference may have (what a SEPA remittance text has).
    pub const LENGTH_MAX: usize = 140;

    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.is_empty() || text.chars().count() > Self::LENGTH_MAX {
            return Err(TextError::Length { max: Self::LENGTH_MAX });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::Characters { allowed: "printable characters" });
        }
        Ok(Self(text.into()))
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The caller's JSON object on a transaction, already serialised: at most 4,096 bytes, no NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata(Box<str>);

impl Metadata {
    /// The most bytes that metadata may have.
    pub const LENGTH_MAX: usize = 4096;

    /// Takes the text of a JSON object; that it is one is the parser's word.
    pub fn parse(json: &str) -> Result<Self, TextError> {
        if json.is_empty() || json.len() > Self::LENGTH_MAX {
            return Err(TextError::Length { max: Self::LENGTH_MAX });
        }
        // PostgreSQL's text has no NUL, and JSON writes it as this escape.
        if json.contains("\\u0000") || json.contains('\0') {
            return Err(TextError::Characters { allowed: "characters other than NUL" });
        }
        Ok(Self(json.into()))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A movement of money, as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// From one wallet to another of the same asset.
    Transfer {
        /// The debited wallet.
        from: WalletId,
        /// The credited wallet.
        to: WalletId,
        /// How much.
        amount: Decimal,
    },
    /// Into a wallet, from the asset's `world`.
    Deposit {
        /// The credited wallet.
        wallet: WalletId,
        /// How much.
        amount: Decimal,
    },
    /// Out of a wallet, to the asset's `world`.
    Withdrawal {
        /// The debited wallet.
        wallet: WalletId,
        /// How much.
        amount: Decimal,
    },
    /// To a user's main wallet, from the asset's `treasury`.
    TopUp {
        /// Whose wallet.
        user: UserId,
        /// Which asset.
        asset: AssetCode,
        /// How much.
        amount: Decimal,
    },
    /// From a user's main wallet, to the asset's `revenue`.
    Spend {
        /// Whose wallet.
        user: UserId,
        /// Which asset.
        asset: AssetCode,
        /// How much.
        amount: Decimal,
    },
    /// To a user's main wallet, from the asset's `bonus` pool.
    Bonus {
        /// Whose wallet.
        user: UserId,
        /// Which asset.
        asset: AssetCode,
        /// How much.
        amount: Decimal,
    },
    /// One row of a payout: from one wallet to another of the same asset.
    Payout {
        /// The debited wallet.
        from: WalletId,
        /// The credited wallet.
        to: WalletId,
        /// How much.
        amount: Decimal,
    },
    /// Back, what an earlier transaction moved.
    Reversal {
        /// The earlier transaction.
        of: TransactionId,
        /// How much of it; `None` is all that is left.
        amount: Option<Decimal>,
    },
    /// Back, as much of what an earlier transaction moved as its receiver still has.
    ReversalOfAvailable {
        /// The earlier transaction.
        of: TransactionId,
    },
}

/// One request to move money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// Under which key.
    pub key: IdempotencyKey,
    /// The key's hash in the caller's scope.
    pub key_hash: KeyHash,
    /// What was asked for, in 16 bytes.
    pub fingerprint: Fingerprint,
    /// The version that the debited wallet must have (the credited one for money that the house issues).
    pub expected_version: Option<Version>,
    /// What to move.
    pub movement: Movement,
    /// The caller's note.
    pub reference: Option<Reference>,
    /// The caller's JSON object.
    pub metadata: Option<Metadata>,
}

impl Command {
    /// A command without conditions and notes.
    pub fn new(caller: Caller, key: IdempotencyKey, fingerprint: Fingerprint, movement: Movement) -> Self {
        let key_hash = KeyHash::of(caller.principal, &key);
        Self {
            caller,
            key,
            key_hash,
            fingerprint,
            expected_version: None,
            movement,
            reference: None,
            metadata: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_another_hash_in_every_scope() -> Result<(), TextError> {
        let key = IdempotencyKey::parse("florin")?;
        let user = |id| KeyHash::of(Principal::User(UserId(id)), &key);
        let service = |id| KeyHash::of(Principal::Service(ApiKeyId(id)), &key);
        let payout = |id| KeyHash::of_payout(PayoutId(id), &key);
        let mut hashes = vec![KeyHash::anonymous(&key), user(0), user(1), service(0), service(1)];
        hashes.extend([payout(0), payout(1)]);
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 7);
        assert_eq!(KeyHash::anonymous(&key), KeyHash::anonymous(&key));
        Ok(())
    }
}
