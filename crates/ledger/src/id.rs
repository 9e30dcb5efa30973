//! Identifiers and positions, each its own type, so that none is taken for another.

use std::fmt;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

integer_id! {
    /// A tenant. Every key of every table begins with it.
    LedgerId
}
integer_id! {
    /// A person or organisation that owns wallets.
    UserId
}
integer_id! {
    /// A service's API key.
    ApiKeyId
}
integer_id! {
    /// A wallet, of a user or of the house.
    WalletId
}
integer_id! {
    /// A payout: many transfers from one wallet.
    PayoutId
}
integer_id! {
    /// A row of a payout, from 1.
    RowNumber
}
integer_id! {
    /// How often a payout's lease was given: what was written under an older one is refused.
    Fence
}
integer_id! {
    /// How many entries a wallet has: its optimistic lock, and the number of its newest entry.
    Version
}

impl LedgerId {
    /// The first ledger, `main`.
    pub const MAIN: Self = Self(1);
}

impl Version {
    /// A wallet without entries.
    pub const NONE: Self = Self(0);

    /// The version after one more entry.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The next microsecond.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A transaction's id: a `UUIDv7` (RFC 9562, 5.7) whose sub-millisecond bits carry the microsecond, so
/// ids sort as their transactions' times do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub u128);

impl TransactionId {
    /// The id of a transaction made at `at`; only the low 62 bits of `entropy` are used. Times outside of what
    /// an id can say (1970 to 10889) become the first or the last that it can.
    pub fn new(at: Timestamp, entropy: u64) -> Self {
        let micros = u128::try_from(at.0).unwrap_or(0);
        let millis = (micros / 1000).min(0xFFFF_FFFF_FFFF);
        // RFC 9562, 6.2, method 3: the fraction of the millisecond, scaled to 12 bits.
        let fraction = (micros % 1000).saturating_mul(4096) / 1000;
        let random = u128::from(entropy) & 0x3FFF_FFFF_FFFF_FFFF;
        Self(millis << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        write!(f, "{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionId({self})")
    }
}
