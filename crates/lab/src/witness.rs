//! What was recorded, as the history that the checker judges: every attack is judged by it, beside its own oracle.

use crate::call::{Answer, Ask, Record, Wallet};
use crate::history::{
    self, Balance, Entry, Figure, History, Movement, Opening, Operation, Question, Verb, check,
};
use crate::money::Money;
use std::collections::HashMap;
use std::time::Duration;

/// Decimal places of what the lab moves.
pub(crate) const SCALE: u8 = 2;

/// What no correct wallet can have answered, in sentences; `#3` is the record with index 3.
pub(crate) fn testify(records: &[Record]) -> Vec<String> {
    let findings = check(&history(records));
    let counted = |anomaly| match findings.count(anomaly) {
        1 => String::new(),
        many => format!(" (one of {many})"),
    };
    findings
        .first_of_each()
        .map(|finding| format!("{}{}: {}", finding.anomaly, counted(finding.anomaly), finding.text))
        .collect()
}

/// The history behind these records, which must be in the order in which they were begun.
pub(crate) fn history(records: &[Record]) -> History {
    let numbered =
        records.iter().flat_map(|record| &record.shown.entries).any(|entry| entry.version.is_some());
    // What a payout moves nobody asked for row by row: of its wallets the history does not know all.
    let is_complete = !records.iter().any(|record| matches!(record.call.ask, Ask::ExecutePayout { .. }));
    let opened = |record: &Record| match (&record.call.ask, &record.answer) {
        (Ask::OpenWallet { .. }, Answer::Done { id }) if is_complete => Some(Opening {
            wallet: id.parse().ok()?,
            balance: Figure::Minor(0),
            version: numbered.then_some(0),
            floor: Some(Figure::Minor(0)),
        }),
        _ => None,
    };
    let transfers = records.iter().filter(|record| matches!(record.call.ask, Ask::Transfer { .. }));
    let moved: HashMap<&str, &Ask> =
        transfers.filter_map(|record| Some((record.answer.id()?, &record.call.ask))).collect();
    let operations = records.iter().map(|record| {
        let answered = answered(record);
        Operation {
            client: u32::try_from(record.client).unwrap_or(u32::MAX),
            invoked: nanos(record.invoked_at),
            returned: (answered != history::Answer::Unclear).then(|| nanos(record.returned_at)),
            part_of: None,
            asked: asked(record, &moved),
            answered,
        }
    });
    History {
        scale: SCALE,
        openings: records.iter().filter_map(opened).collect(),
        operations: operations.collect(),
    }
}

fn asked(record: &Record, moved: &HashMap<&str, &Ask>) -> Question {
    let movement = |verb, from: Option<Wallet>, to: Option<Wallet>, amount: &str| {
        Question::Move(Movement {
            verb,
            from: from.map(|wallet| wallet.id),
            to: to.map(|wallet| wallet.id),
            amount: Figure::read(amount, SCALE),
            // Callers may have the same keys.
            key: Some(format!("{} {}", record.call.caller, record.call.key)),
        })
    };
    match &record.call.ask {
        Ask::Deposit { wallet, amount } => movement(Verb::Deposit, None, Some(*wallet), amount),
        Ask::Transfer { from, to, amount }
        | Ask::TransferAsOwner { from, to, amount }
        | Ask::TransferUnderLock { from, to, amount } => {
            movement(Verb::Transfer, Some(*from), Some(*to), amount)
        }
        Ask::Reverse { transaction, part } => match moved.get(transaction.as_str()) {
            Some(Ask::Transfer { from, to, amount }) => {
                movement(Verb::Reversal, Some(*to), Some(*from), part.as_ref().unwrap_or(amount))
            }
            _ => Question::Other,
        },
        Ask::Look { wallet } => Question::Read(vec![wallet.id]),
        Ask::Balances { wallets } => Question::Read(wallets.iter().map(|wallet| wallet.id).collect()),
        Ask::OpenWallet { .. }
        | Ask::Freeze { .. }
        | Ask::OpenPayout { .. }
        | Ask::UploadRows { .. }
        | Ask::ExecutePayout { .. }
        | Ask::WatchPayout { .. }
        | Ask::ReadErrors { .. }
        | Ask::ReadResults { .. } => Question::Other,
    }
}

fn answered(record: &Record) -> history::Answer {
    match (&record.answer, &record.call.ask) {
        (Answer::Done { id }, _) => {
            history::Answer::Done { transaction: Some(id.clone()), entries: record.shown.entries.clone() }
        }
        (Answer::Balances { balances }, Ask::Balances { .. } | Ask::Look { .. }) => {
            let wallets = match &record.call.ask {
                Ask::Look { wallet } => std::slice::from_ref(wallet),
                Ask::Balances { wallets } => wallets,
                _ => &[],
            };
            let versions = record.shown.versions.iter().copied().map(Some).chain(std::iter::repeat(None));
            let balances = wallets.iter().zip(balances).zip(versions).map(|((wallet, balance), version)| {
                Balance { wallet: wallet.id, balance: figure(*balance), version }
            });
            history::Answer::Balances(balances.collect())
        }
        (Answer::Refused { code, .. }, _) => {
            // Of what the ledger decided, this alone is remembered under the key.
            history::Answer::Refused { code: code.clone(), stands: code == "insufficient_funds" }
        }
        (Answer::TurnedAway, _) => history::Answer::Refused { code: "overloaded".to_owned(), stands: false },
        (
            Answer::Unclear { .. } | Answer::Balances { .. } | Answer::Watched { .. } | Answer::File { .. },
            _,
        ) => history::Answer::Unclear,
    }
}

/// What an answer shows beside its outcome.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// A movement's entries.
    pub(crate) entries: Vec<Entry>,
    /// The versions of balances, in their order, where the target has versions.
    pub(crate) versions: Vec<i64>,
}

/// An amount of the lab's, as the history keeps it.
pub(crate) fn figure(money: Money) -> Figure {
    Figure::read(&money.to_string(), SCALE)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
