//! Many commands, in order, each against the state that those before it left.

use crate::{
    Amount, Clock, Command, Decision, InvariantViolation, KeyHash, PayoutChange, PayoutSlice, Rejection,
    RowChange, State, Timestamp, Transaction, TransactionId, Wallet, WalletId, decide, invariants, payout,
    state::Reversed,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Commands that were submitted together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The commands, in order.
    pub commands: Vec<Command>,
    /// All or nothing: if one is rejected or fails, none of the group happens and none is recorded.
    pub is_atomic: bool,
    /// For a payout: whose rows the commands are. Its rows are independent, so the group is not atomic.
    pub payout: Option<PayoutSlice>,
}

impl Group {
    /// Commands that have nothing to do with each other.
    pub fn independent(commands: Vec<Command>) -> Self {
        Self { commands, is_atomic: false, payout: None }
    }

    /// Commands that are done together or not at all.
    pub fn atomic(commands: Vec<Command>) -> Self {
        Self { commands, is_atomic: true, payout: None }
    }
}

/// What became of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new transaction was recorded, completed or failed.
    Settled(Arc<Transaction>),
    /// The transaction that the key had settled before.
    Replayed(Arc<Transaction>),
    /// Refused, without a trace.
    Rejected(Rejection),
}

/// What became of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupOutcome {
    /// One outcome a command, in order.
    Done(Vec<Outcome>),
    /// An atomic group, refused as a whole.
    Refused {
        /// The command that could not be done, from 0.
        index: usize,
        /// Why.
        rejection: Rejection,
        /// The transaction that it would have been, where it got so far: it has the failure's scale.
        failed: Option<Arc<Transaction>>,
    },
    /// Of a payout whose lease was given to somebody else: nothing of it was looked at.
    Superseded,
}

/// A reversal's place among those of its original: the database refuses a second one in the same place,
/// and a total above the original's amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReversalRecord {
    /// The transaction that is undone.
    pub original: TransactionId,
    /// Which of its reversals this is, from 1.
    pub sequence: i64,
    /// The reversal.
    pub reversal: TransactionId,
    /// The sum of its reversals, with this one.
    pub reversed_total: Amount,
    /// The original's amount.
    pub original_amount: Amount,
}

/// What a batch changed: all that a store has to write.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Wallets as they were when the batch began, and as they are now; ascending by id.
    pub wallets: Vec<(Wallet, Wallet)>,
    /// New transactions, in the order of their decisions.
    pub transactions: Vec<Arc<Transaction>>,
    /// New reversals' places.
    pub reversals: Vec<ReversalRecord>,
    /// What became of payouts' rows.
    pub payouts: Vec<PayoutChange>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty() && self.payouts.is_empty()
    }
}

/// A decided batch.
#[derive(Clone, Debug)]
pub struct BatchResult {
    /// One a group, in order.
    pub outcomes: Vec<GroupOutcome>,
    /// What to write.
    pub changes: Changes,
}

/// Decides the groups in order, applying each to `state`, and checks the invariants on the whole.
///
/// On an [`InvariantViolation`] nothing of the batch may be written: it is a fault of ours.
pub fn decide_batch<'groups>(
    state: &mut State,
    groups: impl IntoIterator<Item = &'groups Group>,
    clock: &mut Clock,
) -> Result<BatchResult, InvariantViolation> {
    let mut work = Work { state, before: HashMap::new(), changes: Changes::default() };
    let outcomes = groups.into_iter().map(|group| work.run(group, clock)).collect();
    let changes = work.finish();
    invariants::check(&changes)?;
    Ok(BatchResult { outcomes, changes })
}

struct Work<'state> {
    state: &'state mut State,
    before: HashMap<WalletId, Wallet>,
    changes: Changes,
}

/// What an atomic group changed so far, to be put back if it is refused.
#[derive(Default)]
struct Undo {
    wallets: Vec<Wallet>,
    keys: Vec<KeyHash>,
    reversals: Vec<(TransactionId, Option<Reversed>)>,
}

impl Work<'_> {
    fn run(&mut self, group: &Group, clock: &mut Clock) -> GroupOutcome {
        let Some(slice) = &group.payout else { return self.run_commands(group, clock) };
        if self.state.payout_fences.get(&slice.run.payout) != Some(&slice.fence) {
            return GroupOutcome::Superseded;
        }
        let outcome = self.run_commands(group, clock);
        if let GroupOutcome::Done(outcomes) = &outcome {
            self.record_rows(slice, outcomes, clock.now());
        }
        outcome
    }

    fn run_commands(&mut self, group: &Group, clock: &mut Clock) -> GroupOutcome {
        let mut outcomes = Vec::with_capacity(group.commands.len());
        let (transactions, reversals) = (self.changes.transactions.len(), self.changes.reversals.len());
        let mut undo = Undo::default();
        for (index, command) in group.commands.iter().enumerate() {
            let decision = decide(self.state, command, clock);
            if group.is_atomic
                && let Some((rejection, failed)) = refusal(&decision)
            {
                self.changes.transactions.truncate(transactions);
                self.changes.reversals.truncate(reversals);
                self.put_back(undo);
                return GroupOutcome::Refused { index, rejection, failed };
            }
            outcomes.push(match decision {
                Decision::Settle(transaction) => {
                    self.apply(&transaction, &mut undo);
                    Outcome::Settled(transaction)
                }
                Decision::Replay(transaction) => Outcome::Replayed(transaction),
                Decision::Reject(rejection) => Outcome::Rejected(rejection),
            });
        }
        GroupOutcome::Done(outcomes)
    }

    fn apply(&mut self, transaction: &Arc<Transaction>, undo: &mut Undo) {
        for entry in transaction.settlement.entries() {
            if let Some(wallet) = self.state.wallets.get_mut(&entry.wallet) {
                undo.wallets.push(*wallet);
                self.before.entry(entry.wallet).or_insert(*wallet);
                wallet.posted = entry.balance_after;
                wallet.version = entry.version;
                wallet.last_entry_at = transaction.created_at;
            }
        }
        if let (Some(original), true) =
            (transaction.reverses, transaction.settlement.entries().next().is_some())
        {
            self.record_reversal(original, transaction, undo);
        }
        undo.keys.push(transaction.key_hash);
        self.state.settled.insert(transaction.key_hash, Arc::clone(transaction));
        self.state.originals.insert(transaction.id, Arc::clone(transaction));
        self.changes.transactions.push(Arc::clone(transaction));
    }

    fn record_reversal(&mut self, original: TransactionId, reversal: &Transaction, undo: &mut Undo) {
        undo.reversals.push((original, self.state.reversed.get(&original).copied()));
        let reversed = self.state.reversed.entry(original).or_default();
        reversed.total = reversed.total.checked_add(reversal.amount).unwrap_or(Amount::MAX);
        reversed.count = reversed.count.saturating_add(1);
        let original_amount = self.state.originals.get(&original).map_or(Amount::ZERO, |found| found.amount);
        self.changes.reversals.push(ReversalRecord {
            original,
            sequence: reversed.count,
            reversal: reversal.id,
            reversed_total: reversed.total,
            original_amount,
        });
    }

    fn record_rows(&mut self, slice: &PayoutSlice, outcomes: &[Outcome], now: Timestamp) {
        let rows = slice.rows.iter().zip(outcomes).filter_map(|(row, outcome)| {
            let result = payout::row_result(outcome, self.left_of_original(outcome))?;
            Some(RowChange { row: *row, result, at: now })
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return;
        }
        let earlier = self.changes.payouts.iter_mut().find(|change| change.run == slice.run);
        match earlier {
            Some(change) => change.rows.extend(rows),
            None => self.changes.payouts.push(PayoutChange {
                run: slice.run,
                fence: slice.fence,
                lease_until: slice.lease_until,
                rows,
            }),
        }
    }

    /// What is left of the transaction that a reversal has just undone, or a part of it.
    fn left_of_original(&self, outcome: &Outcome) -> Option<Amount> {
        let Outcome::Settled(reversal) = outcome else { return None };
        let original = reversal.reverses?;
        let reversed = self.state.reversed.get(&original)?;
        self.state.originals.get(&original)?.amount.checked_sub(reversed.total)
    }

    fn put_back(&mut self, undo: Undo) {
        for wallet in undo.wallets.into_iter().rev() {
            self.state.wallets.insert(wallet.id, wallet);
        }
        for key in undo.keys {
            if let Some(transaction) = self.state.settled.remove(&key) {
                self.state.originals.remove(&transaction.id);
            }
        }
        for (original, reversed) in undo.reversals.into_iter().rev() {
            match reversed {
                Some(reversed) => self.state.reversed.insert(original, reversed),
                None => self.state.reversed.remove(&original),
            };
        }
    }

    fn finish(mut self) -> Changes {
        let after = |before: Wallet| self.state.wallets.get(&before.id).map(|now| (before, *now));
        let mut wallets: Vec<_> = self.before.into_values().filter_map(after).collect();
        // A group that was put back may have touched wallets that ended as they began.
        wallets.retain(|(before, now)| before != now);
        wallets.sort_unstable_by_key(|(before, _)| before.id);
        self.changes.wallets = wallets;
        self.changes
    }
}

/// Why an atomic group cannot go on: a rejection, or a transaction that failed now or before.
fn refusal(decision: &Decision) -> Option<(Rejection, Option<Arc<Transaction>>)> {
    match decision {
        Decision::Reject(rejection) => Some((*rejection, None)),
        Decision::Settle(transaction) | Decision::Replay(transaction) => match transaction.settlement {
            crate::Settlement::Failed(failure) => {
                Some((Rejection::Failure(failure), Some(Arc::clone(transaction))))
            }
            crate::Settlement::Completed { .. } => None,
        },
    }
}
