//! A small world to decide in: two assets, the house's wallets, and what a test opens.

use crate::asks::{Ask, code};
use florin_ledger::{
    Amount, Asset, BatchResult, Changes, Clock, Group, GroupOutcome, Outcome, Owner, Rejection, Scale,
    Settlement, State, SystemRole, Timestamp, Transaction, UserId, Version, Wallet, WalletId, WalletStatus,
    decide_batch,
};
use std::sync::Arc;

pub(crate) const ALICE: UserId = UserId(1);
pub(crate) const BOB: UserId = UserId(2);
pub(crate) const CAROL: UserId = UserId(3);

/// The time at which every world begins.
pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000_000);

/// A state, with a clock, and fresh keys for asks that name none.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: State,
    clock: Clock,
    keys: u32,
}

/// A wallet to be opened: `usd(ALICE).holding("10.00").with_credit("5.00")`.
#[derive(Clone, Copy)]
pub(crate) struct NewWallet {
    wallet: Wallet,
    scale: Scale,
    is_main: bool,
}

pub(crate) fn usd(user: UserId) -> NewWallet {
    NewWallet::of(user, "USD", 2)
}

pub(crate) fn gold(user: UserId) -> NewWallet {
    NewWallet::of(user, "GOLD", 0)
}

impl NewWallet {
    fn of(user: UserId, asset: &str, scale: u8) -> Self {
        Self { wallet: empty(Owner::User(user), asset), scale: Scale::new(scale).unwrap(), is_main: true }
    }

    pub(crate) fn holding(mut self, amount: &str) -> Self {
        self.wallet.posted = Amount::parse(amount, self.scale).unwrap();
        self.wallet.version = Version(7);
        self
    }

    pub(crate) fn with_credit(mut self, limit: &str) -> Self {
        self.wallet.credit_limit = Amount::parse(limit, self.scale).unwrap();
        self
    }

    /// Another wallet of a user who has a main one.
    pub(crate) fn beside_the_main_one(mut self) -> Self {
        self.is_main = false;
        self
    }
}

fn empty(owner: Owner, asset: &str) -> Wallet {
    Wallet {
        id: WalletId(0),
        owner,
        asset: code(asset),
        status: WalletStatus::Active,
        posted: Amount::ZERO,
        credit_limit: Amount::ZERO,
        version: Version::NONE,
        last_entry_at: Timestamp::default(),
    }
}

impl World {
    /// `USD` with two decimals, `GOLD` with none, and their system wallets.
    pub(crate) fn new() -> Self {
        let mut world = Self { state: State::default(), clock: Clock::new(START, 42), keys: 0 };
        for (text, scale) in [("USD", 2), ("GOLD", 0)] {
            let asset = Asset { code: code(text), scale: Scale::new(scale).unwrap() };
            world.state.assets.insert(asset.code, asset);
            for role in SystemRole::ALL {
                world.insert(empty(Owner::System(role), text), false);
            }
        }
        world
    }

    pub(crate) fn opens(&mut self, new: NewWallet) -> WalletId {
        self.insert(new.wallet, new.is_main)
    }

    fn insert(&mut self, wallet: Wallet, is_main: bool) -> WalletId {
        let id = WalletId(i64::try_from(self.state.wallets.len()).unwrap() + 1);
        self.state.insert_wallet(Wallet { id, ..wallet }, is_main);
        id
    }

    pub(crate) fn house(&self, asset: &str, role: SystemRole) -> WalletId {
        self.state.system_wallets[&(code(asset), role)]
    }

    pub(crate) fn wallet(&self, id: WalletId) -> Wallet {
        self.state.wallets[&id]
    }

    pub(crate) fn change(&mut self, id: WalletId, change: impl FnOnce(&mut Wallet)) {
        change(self.state.wallets.get_mut(&id).unwrap());
    }

    /// `125.50`, as people write the wallet's balance.
    pub(crate) fn balance(&self, id: WalletId) -> String {
        let wallet = self.wallet(id);
        wallet.posted.display(self.state.assets[&wallet.asset].scale).to_string()
    }

    pub(crate) fn group(&mut self, asks: &[Ask], is_atomic: bool) -> Group {
        let commands = asks.iter().map(|ask| {
            self.keys += 1;
            ask.command(&format!("fresh-{}", self.keys))
        });
        Group { commands: commands.collect(), is_atomic, payout: None }
    }

    pub(crate) fn decides(&mut self, groups: &[Group]) -> BatchResult {
        decide_batch(&mut self.state, groups, &mut self.clock).unwrap()
    }

    /// One ask, alone in its batch.
    pub(crate) fn runs(&mut self, ask: &Ask) -> Outcome {
        let group = self.group(std::slice::from_ref(ask), false);
        let GroupOutcome::Done(mut outcomes) = self.decides(&[group]).outcomes.remove(0) else {
            panic!("a group that is not atomic is never refused")
        };
        outcomes.remove(0)
    }

    /// Asks that stand together or fall together, alone in their batch.
    pub(crate) fn runs_atomically(&mut self, asks: &[Ask]) -> (GroupOutcome, Changes) {
        let group = self.group(asks, true);
        let BatchResult { mut outcomes, changes } = self.decides(&[group]);
        (outcomes.remove(0), changes)
    }

    /// One ask that must move money.
    pub(crate) fn completes(&mut self, ask: &Ask) -> Arc<Transaction> {
        match self.runs(ask) {
            Outcome::Settled(transaction)
                if matches!(transaction.settlement, Settlement::Completed { .. }) =>
            {
                transaction
            }
            other => panic!("expected a completed transaction: {other:?}"),
        }
    }

    /// One ask that must be refused; failures that are recorded count.
    pub(crate) fn refuses(&mut self, ask: &Ask) -> Rejection {
        refusal(&self.runs(ask)).unwrap_or_else(|| panic!("{ask:?} was not refused"))
    }
}

/// Why an outcome is a refusal, recorded or not; `None` where money moved.
pub(crate) fn refusal(outcome: &Outcome) -> Option<Rejection> {
    match outcome {
        Outcome::Rejected(rejection) => Some(*rejection),
        Outcome::Settled(transaction) | Outcome::Replayed(transaction) => match transaction.settlement {
            Settlement::Failed(failure) => Some(failure.into()),
            Settlement::Completed { .. } => None,
        },
    }
}
