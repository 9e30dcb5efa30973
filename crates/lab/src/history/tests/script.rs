//! Histories written by hand, one line an operation.

use crate::history::{
    Anomaly, Answer, Balance, Entry, Figure, Findings, History, Line, Movement, Opening, Operation, Question,
    Verb, WalletId, check,
};
use std::ops::Range;

/// A history in the making. Every operation has a client of its own.
pub(super) struct Script(pub(super) History);

/// Wallets of people, which may not go below zero.
pub(super) fn people(wallets: &[(WalletId, i64)]) -> Script {
    let openings = wallets
        .iter()
        .map(|(wallet, balance)| Opening {
            wallet: *wallet,
            balance: Figure::Minor(*balance),
            version: Some(0),
            floor: Some(Figure::Minor(0)),
        })
        .collect();
    Script(History { scale: 2, openings, operations: Vec::new() })
}

/// A movement's question.
pub(super) fn transfer(from: WalletId, to: WalletId, amount: i64, key: &str) -> Question {
    Question::Move(Movement {
        verb: Verb::Transfer,
        from: Some(from),
        to: Some(to),
        amount: Figure::Minor(amount),
        key: Some(key.to_owned()),
    })
}

/// An entry: wallet, amount, balance after, version; a version of zero is none.
pub(super) fn entry((wallet, amount, after, version): (WalletId, i64, i64, i64)) -> Entry {
    let balance_after = Some(Figure::Minor(after));
    Entry { wallet, amount: Figure::Minor(amount), balance_after, version: (version > 0).then_some(version) }
}

impl Script {
    pub(super) fn ask(mut self, at: Range<u64>, asked: Question, answered: Answer) -> Script {
        let client = u32::try_from(self.0.operations.len()).unwrap();
        let returned = (answered != Answer::Unclear).then_some(at.end);
        let operation = Operation { client, invoked: at.start, returned, part_of: None, asked, answered };
        self.0.operations.push(operation);
        self
    }

    /// A transfer that was done; its key is its transaction's id.
    pub(super) fn done(
        self,
        at: Range<u64>,
        (from, to, amount): (WalletId, WalletId, i64),
        id: &str,
        entries: &[(WalletId, i64, i64, i64)],
    ) -> Script {
        let entries = entries.iter().copied().map(entry).collect();
        let answered = Answer::Done { transaction: Some(id.to_owned()), entries };
        self.ask(at, transfer(from, to, amount, id), answered)
    }

    /// A read: wallet, balance, version; a version of zero or less is none.
    pub(super) fn read(self, at: Range<u64>, balances: &[(WalletId, i64, Option<i64>)]) -> Script {
        let wallets = balances.iter().map(|(wallet, ..)| *wallet).collect();
        let balances = balances.iter().map(|&(wallet, balance, version)| Balance {
            wallet,
            balance: Figure::Minor(balance),
            version,
        });
        self.ask(at, Question::Read(wallets), Answer::Balances(balances.collect()))
    }

    /// A list: transaction (which is its key too), amount, balance after; versions count from one.
    pub(super) fn list(self, at: Range<u64>, wallet: WalletId, lines: &[(&str, i64, i64)]) -> Script {
        let lines = (1..).zip(lines).map(|(version, (id, amount, after))| Line {
            transaction: (*id).to_owned(),
            key: Some((*id).to_owned()),
            amount: Figure::Minor(*amount),
            balance_after: Some(Figure::Minor(*after)),
            version: Some(version),
        });
        self.ask(at, Question::List(wallet), Answer::Lines(lines.collect()))
    }

    /// Makes the last operation a part of an earlier one.
    pub(super) fn part_of(mut self, first: usize) -> Script {
        self.0.operations.last_mut().unwrap().part_of = Some(first);
        self
    }

    pub(super) fn findings(&self) -> Findings {
        check(&self.0)
    }

    #[track_caller]
    pub(super) fn shows_nothing(self) {
        let findings = self.findings();
        assert!(findings.is_clean(), "{findings:#?}");
    }

    /// The anomaly is found, with proof that names these operations among others.
    #[track_caller]
    pub(super) fn shows(self, anomaly: Anomaly, operations: &[usize]) {
        let findings = self.findings();
        let proven = findings.examples.iter().any(|finding| {
            finding.anomaly == anomaly && operations.iter().all(|index| finding.operations.contains(index))
        });
        assert!(proven, "{anomaly} by {operations:?} not in {findings:#?}");
    }
}
