//! One command against the state. Guards in order of precedence, then the transaction.
//!
//! The order is that of [`Rejection`]'s variants: first what the request shows by itself, then what exists
//! and whose it is, then what state it is in, then amounts and versions, and last the funds.

use crate::{
    Amount, AmountError, Asset, AssetCode, Caller, Clock, Command, Decimal, Direction, Entry, Failure,
    Movement, Owner, Principal, Rejection, Settlement, State, Status, SystemRole, Transaction, TransactionId,
    TransactionType, UserId, Wallet, WalletId, WalletStatus,
};
use std::sync::Arc;

/// What becomes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A new transaction, completed or failed, to be recorded.
    Settle(Arc<Transaction>),
    /// The key was used for the same request: its transaction, as it was settled then.
    Replay(Arc<Transaction>),
    /// No, and nothing is recorded.
    Reject(Rejection),
}

/// Decides one command on the state so far. Changes nothing; [`crate::decide_batch`] applies.
pub fn decide(state: &State, command: &Command, clock: &mut Clock) -> Decision {
    if let Some(first) = state.settled.get(&command.key_hash) {
        return if first.fingerprint == command.fingerprint {
            Decision::Replay(Arc::clone(first))
        } else {
            Decision::Reject(Rejection::KeyReused)
        };
    }
    match Parties::find(state, command).and_then(|parties| parties.check(command)) {
        Ok((parties, amount)) => Decision::Settle(Arc::new(parties.settle(command, amount, clock))),
        Err(rejection) => Decision::Reject(rejection),
    }
}

/// Who gives, who gets, and what for: a movement with its names looked up.
struct Parties<'state> {
    kind: TransactionType,
    debit: &'state Wallet,
    credit: &'state Wallet,
    asset: Asset,
    reversal: Option<Remaining>,
}

/// What is left of the transaction that a reversal refers to.
struct Remaining {
    of: TransactionId,
    original: Amount,
    left: Amount,
}

impl<'state> Parties<'state> {
    fn find(state: &'state State, command: &Command) -> Result<Self, Rejection> {
        let caller = command.caller;
        match command.movement {
            Movement::Transfer { from, to, .. } => {
                Self::between(state, caller, TransactionType::Transfer, from, to)
            }
            Movement::Payout { from, to, .. } => {
                Self::between(state, caller, TransactionType::Payout, from, to)
            }
            Movement::Deposit { wallet, .. } => {
                let credit = own_wallet(state, caller, wallet)?;
                issuing_is_permitted(caller)?;
                let debit = system_wallet(state, credit.asset, SystemRole::World)?;
                Self::new(state, TransactionType::Deposit, debit, credit)
            }
            Movement::Withdrawal { wallet, .. } => {
                let debit = own_wallet(state, caller, wallet)?;
                let credit = system_wallet(state, debit.asset, SystemRole::World)?;
                Self::new(state, TransactionType::Withdrawal, debit, credit)
            }
            Movement::TopUp { user, asset, .. } => {
                let (debit, credit) = house_and_main(state, caller, user, asset, SystemRole::Treasury)?;
                issuing_is_permitted(caller)?;
                Self::new(state, TransactionType::TopUp, debit, credit)
            }
            Movement::Bonus { user, asset, .. } => {
                let (debit, credit) = house_and_main(state, caller, user, asset, SystemRole::Bonus)?;
                issuing_is_permitted(caller)?;
                Self::new(state, TransactionType::Bonus, debit, credit)
            }
            Movement::Spend { user, asset, .. } => {
                let (credit, debit) = house_and_main(state, caller, user, asset, SystemRole::Revenue)?;
                Self::new(state, TransactionType::Spend, debit, credit)
            }
            Movement::Reversal { of, .. } | Movement::ReversalOfAvailable { of } => {
                Self::of_reversal(state, caller, of)
            }
        }
    }

    /// From a wallet of the caller's to anybody's.
    fn between(
        state: &'state State,
        caller: Caller,
        kind: TransactionType,
        from: WalletId,
        to: WalletId,
    ) -> Result<Self, Rejection> {
        if from == to {
            return Err(Rejection::SameWallet);
        }
        let debit = own_wallet(state, caller, from)?;
        let credit = receiving_wallet(state, caller, to)?;
        Self::new(state, kind, debit, credit)
    }

    fn new(
        state: &State,
        kind: TransactionType,
        debit: &'state Wallet,
        credit: &'state Wallet,
    ) -> Result<Self, Rejection> {
        if debit.id == credit.id {
            return Err(Rejection::SameWallet);
        }
        if debit.asset != credit.asset {
            return Err(Rejection::AssetMismatch);
        }
        let asset = *state.assets.get(&debit.asset).ok_or(Rejection::AssetNotFound)?;
        Ok(Self { kind, debit, credit, asset, reversal: None })
    }

    /// A reversal goes the original's way back. Whoever received may give back; the house may take back.
    fn of_reversal(state: &'state State, caller: Caller, of: TransactionId) -> Result<Self, Rejection> {
        let original = state.originals.get(&of).ok_or(Rejection::TransactionNotFound)?;
        let wallet = |id: WalletId| state.wallets.get(&id).ok_or(Rejection::TransactionNotFound);
        let (debit, credit) = (wallet(original.to)?, wallet(original.from)?);
        if !may_use(caller, debit) {
            return Err(if may_use(caller, credit) {
                Rejection::NotPermitted
            } else {
                Rejection::TransactionNotFound
            });
        }
        if original.kind == TransactionType::Reversal || original.settlement.status() != Status::Completed {
            return Err(Rejection::NotReversible);
        }
        let reversed = state.reversed.get(&of).copied().unwrap_or_default();
        let left = original.amount.checked_sub(reversed.total).unwrap_or(Amount::ZERO);
        let parties = Self::new(state, TransactionType::Reversal, debit, credit)?;
        Ok(Self { reversal: Some(Remaining { of, original: original.amount, left }), ..parties })
    }

    /// The guards that need no funds: statuses, the amount's form, the expected version.
    fn check(self, command: &Command) -> Result<(Self, Amount), Rejection> {
        let first = |status| [self.debit, self.credit].into_iter().find(|wallet| wallet.status == status);
        if let Some(wallet) = first(WalletStatus::Frozen) {
            return Err(Rejection::WalletFrozen { wallet: wallet.id });
        }
        if let Some(wallet) = first(WalletStatus::Closed) {
            return Err(Rejection::WalletClosed { wallet: wallet.id });
        }
        let amount = self.amount(&command.movement)?;
        let guarded = self.guarded_wallet();
        if command.expected_version.is_some_and(|expected| expected != guarded.version) {
            return Err(Rejection::VersionConflict { wallet: guarded.id, current: guarded.version });
        }
        Ok((self, amount))
    }

    fn amount(&self, movement: &Movement) -> Result<Amount, Rejection> {
        let asked = match *movement {
            Movement::Transfer { amount, .. }
            | Movement::Payout { amount, .. }
            | Movement::Deposit { amount, .. }
            | Movement::Withdrawal { amount, .. }
            | Movement::TopUp { amount, .. }
            | Movement::Spend { amount, .. }
            | Movement::Bonus { amount, .. } => Some(amount),
            Movement::Reversal { amount, .. } => amount,
            Movement::ReversalOfAvailable { .. } => None,
        };
        match (asked, &self.reversal) {
            (Some(decimal), _) => in_units(decimal, self.asset),
            // All that is left; where nothing is, the whole of it is asked for, in vain.
            (None, Some(remaining)) if remaining.left == Amount::ZERO => Ok(remaining.original),
            (None, Some(remaining)) => match movement {
                Movement::ReversalOfAvailable { .. } => Ok(self.available_of(remaining.left)),
                _ => Ok(remaining.left),
            },
            (None, None) => Err(Rejection::AmountTooLarge),
        }
    }

    /// As much of it as the giving wallet has; all of it, in vain, where that has nothing.
    fn available_of(&self, left: Amount) -> Amount {
        let available = self.debit.available();
        if self.debit.is_system() || available <= Amount::ZERO { left } else { left.min(available) }
    }

    /// The wallet that `If-Match` is about: the one that gives, unless the house gives.
    fn guarded_wallet(&self) -> &'state Wallet {
        if self.debit.is_system() { self.credit } else { self.debit }
    }

    /// The transaction: completed, or failed for lack of funds or room.
    fn settle(self, command: &Command, amount: Amount, clock: &mut Clock) -> Transaction {
        let earliest = self.debit.last_entry_at.max(self.credit.last_entry_at).next();
        let (created_at, id) = clock.tick(earliest);
        let settlement = match self.post(amount) {
            Ok((debit, credit)) => Settlement::Completed { debit, credit },
            Err(failure) => Settlement::Failed(failure),
        };
        Transaction {
            id,
            kind: self.kind,
            asset: self.asset.code,
            scale: self.asset.scale,
            amount,
            from: self.debit.id,
            to: self.credit.id,
            principal: command.caller.principal,
            key: command.key.clone(),
            key_hash: command.key_hash,
            fingerprint: command.fingerprint,
            reference: command.reference.clone(),
            metadata: command.metadata.clone(),
            reverses: self.reversal.map(|remaining| remaining.of),
            created_at,
            settlement,
        }
    }

    fn post(&self, amount: Amount) -> Result<(Entry, Entry), Failure> {
        if let Some(remaining) = &self.reversal
            && amount > remaining.left
        {
            return Err(Failure::ReversalExceedsRemaining { available: remaining.left, needed: amount });
        }
        if !self.debit.is_system() && amount > self.debit.available() {
            return Err(Failure::InsufficientFunds { available: self.debit.available(), needed: amount });
        }
        Ok((entry(self.debit, Direction::Debit, amount)?, entry(self.credit, Direction::Credit, amount)?))
    }
}

fn entry(wallet: &Wallet, direction: Direction, amount: Amount) -> Result<Entry, Failure> {
    let balance_after = wallet.posted.checked_add(direction.signed(amount)).ok_or_else(|| {
        let room = match direction {
            Direction::Debit => wallet.posted.checked_sub(Amount::MIN),
            Direction::Credit => Amount::MAX.checked_sub(wallet.posted),
        };
        Failure::BalanceLimitExceeded { available: room.unwrap_or(Amount::MAX), needed: amount }
    })?;
    Ok(Entry { wallet: wallet.id, direction, amount, balance_after, version: wallet.version.next() })
}

fn in_units(decimal: Decimal, asset: Asset) -> Result<Amount, Rejection> {
    decimal.to_amount(asset.scale).map_err(|error| match error {
        AmountError::TooPrecise(_) => Rejection::AmountTooPrecise { scale: asset.scale },
        AmountError::TooLarge | AmountError::Malformed | AmountError::Zero => Rejection::AmountTooLarge,
    })
}

/// Whether the caller may debit the wallet, and see what is on it.
fn may_use(caller: Caller, wallet: &Wallet) -> bool {
    match (caller.principal, wallet.owner) {
        _ if caller.is_house => true,
        (Principal::User(user), Owner::User(owner)) => user == owner,
        _ => false,
    }
}

/// Only the house brings money into users' wallets.
fn issuing_is_permitted(caller: Caller) -> Result<(), Rejection> {
    if caller.is_house { Ok(()) } else { Err(Rejection::NotPermitted) }
}

/// A wallet that the caller acts on as its own: another's looks as if it were not there.
fn own_wallet(state: &State, caller: Caller, id: WalletId) -> Result<&Wallet, Rejection> {
    let found = state.wallets.get(&id).filter(|wallet| may_use(caller, wallet));
    found.ok_or(Rejection::WalletNotFound { wallet: Some(id) })
}

/// A wallet that the caller sends to: any user's; the house's only for the house.
fn receiving_wallet(state: &State, caller: Caller, id: WalletId) -> Result<&Wallet, Rejection> {
    let found = state.wallets.get(&id).filter(|wallet| caller.is_house || !wallet.is_system());
    found.ok_or(Rejection::WalletNotFound { wallet: Some(id) })
}

fn system_wallet(state: &State, asset: AssetCode, role: SystemRole) -> Result<&Wallet, Rejection> {
    let id = state.system_wallets.get(&(asset, role));
    id.and_then(|id| state.wallets.get(id)).ok_or(Rejection::AssetNotFound)
}

fn house_and_main(
    state: &State,
    caller: Caller,
    user: UserId,
    asset: AssetCode,
    role: SystemRole,
) -> Result<(&Wallet, &Wallet), Rejection> {
    let house = system_wallet(state, asset, role)?;
    let main = state.main_wallets.get(&(user, asset)).and_then(|id| state.wallets.get(id));
    let main =
        main.filter(|wallet| may_use(caller, wallet)).ok_or(Rejection::WalletNotFound { wallet: None })?;
    Ok((house, main))
}
