//! What moved money: the unit in which the books count.

use crate::history::{Operation, WalletId};

/// A movement that happened, or may have: once a transaction, however often it was asked for.
#[derive(Clone, Debug)]
pub(in crate::history) struct Effect {
    /// The first operation that was told of it, or that asked for it.
    pub operation: usize,
    /// No effect before this.
    pub invoked: u64,
    /// No effect after this; nothing if nobody was told of one.
    pub returned: Option<u64>,
    /// Which wallets it moved, by how much.
    pub moves: [Option<(WalletId, i128)>; 2],
}

impl Effect {
    /// What it does to a wallet.
    pub(crate) fn on(&self, wallet: WalletId) -> i128 {
        self.sum(|moved| moved == wallet)
    }

    /// What it does to some wallets.
    pub(crate) fn sum(&self, among: impl Fn(WalletId) -> bool) -> i128 {
        self.moves.iter().flatten().filter(|(wallet, _)| among(*wallet)).map(|(_, amount)| *amount).sum()
    }

    /// Another operation was told of it too.
    pub(crate) fn tell(&mut self, operation: &Operation) {
        self.invoked = self.invoked.min(operation.invoked);
        self.returned = match (self.returned, operation.returned) {
            (Some(first), Some(again)) => Some(first.min(again)),
            (first, again) => first.or(again),
        };
    }
}
