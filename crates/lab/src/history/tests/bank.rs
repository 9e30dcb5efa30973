//! A bank that is correct by construction: one thing after another, in memory. Its clients ask at once; each operation
//! takes effect at one moment between its invocation and its return.

use crate::history::{
    Answer, Balance, Entry, Figure, History, Line, Movement, Opening, Operation, Question, Verb, WalletId,
};
use std::collections::HashMap;

/// Nanoseconds from one effect to the next.
const TICK: u64 = 1_000;

/// What happens next. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) amount: i64,
    /// How long before its effect it was invoked, and how long after it returned.
    pub(super) early: u64,
    pub(super) late: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Transfer,
    /// A transfer whose answer is lost.
    Lost,
    /// A transfer that never arrives.
    Vanished,
    /// An earlier movement again.
    Replay,
    Read,
    ReadAll,
    List,
}

pub(super) struct Bank {
    balances: Vec<i64>,
    lists: Vec<Vec<Line>>,
    answers: HashMap<String, Answer>,
    asked: Vec<Movement>,
    history: History,
    now: u64,
}

/// Plays the steps, and at the end, when all is quiet, reads and lists everything.
pub(super) fn play(wallets: usize, steps: &[Step]) -> History {
    let mut bank = Bank {
        balances: vec![1_000; wallets],
        lists: vec![Vec::new(); wallets],
        answers: HashMap::new(),
        asked: Vec::new(),
        history: History { scale: 2, ..History::default() },
        now: 1_000_000,
    };
    bank.history.openings = (0..wallets)
        .map(|wallet| Opening {
            wallet: id(wallet),
            balance: Figure::Minor(1_000),
            version: Some(0),
            floor: Some(Figure::Minor(0)),
        })
        .collect();
    for step in steps {
        bank.play(step);
    }
    bank.now += 1_000_000;
    bank.read(0..wallets, 0, 0);
    (0..wallets).for_each(|wallet| bank.list(wallet, 0, 0));
    bank.history.operations.sort_by_key(|operation| operation.invoked);
    bank.history
}

fn id(wallet: usize) -> WalletId {
    WalletId::try_from(wallet).unwrap() + 1
}

impl Bank {
    fn play(&mut self, step: &Step) {
        self.now += TICK;
        let wallets = self.balances.len();
        let from = step.from % wallets;
        let to = (from + 1 + step.to % (wallets - 1)) % wallets;
        match step.what {
            What::Read => self.read([from, to].into_iter(), step.early, step.late),
            What::ReadAll => self.read(0..wallets, step.early, step.late),
            What::List => self.list(from, step.early, step.late),
            What::Replay if !self.asked.is_empty() => {
                let movement = self.asked[step.from % self.asked.len()].clone();
                self.transfer(movement, step);
            }
            _ => {
                let movement = Movement {
                    verb: Verb::Transfer,
                    from: Some(id(from)),
                    to: Some(id(to)),
                    amount: Figure::Minor(step.amount),
                    key: Some(format!("key-{}", self.asked.len())),
                };
                self.asked.push(movement.clone());
                self.transfer(movement, step);
            }
        }
    }

    fn transfer(&mut self, movement: Movement, step: &Step) {
        let key = movement.key.clone().unwrap();
        let answer = if matches!(step.what, What::Vanished) {
            Answer::Unclear
        } else if let Some(answer) = self.answers.get(&key) {
            answer.clone()
        } else {
            let answer = self.decide(&movement, &key);
            self.answers.insert(key, answer.clone());
            answer
        };
        let answer = if matches!(step.what, What::Lost) { Answer::Unclear } else { answer };
        self.record(step.early, step.late, Question::Move(movement), answer);
    }

    fn decide(&mut self, movement: &Movement, key: &str) -> Answer {
        let Figure::Minor(amount) = movement.amount else { panic!("the bank has whole amounts") };
        let (from, to) = (movement.from.unwrap(), movement.to.unwrap());
        let index = |wallet: WalletId| usize::try_from(wallet - 1).unwrap();
        if self.balances[index(from)] < amount {
            return Answer::Refused { code: "insufficient_funds".to_owned(), stands: true };
        }
        let transaction = format!("transaction-of-{key}");
        let entries = [(from, -amount), (to, amount)].map(|(wallet, amount)| {
            let place = index(wallet);
            self.balances[place] += amount;
            let version = i64::try_from(self.lists[place].len()).unwrap() + 1;
            let balance_after = Some(Figure::Minor(self.balances[place]));
            let amount = Figure::Minor(amount);
            self.lists[place].push(Line {
                transaction: transaction.clone(),
                key: Some(key.to_owned()),
                amount: amount.clone(),
                balance_after: balance_after.clone(),
                version: Some(version),
            });
            Entry { wallet, amount, balance_after, version: Some(version) }
        });
        Answer::Done { transaction: Some(transaction), entries: entries.to_vec() }
    }

    fn read(&mut self, wallets: impl Iterator<Item = usize>, early: u64, late: u64) {
        let balances: Vec<Balance> = wallets
            .map(|wallet| Balance {
                wallet: id(wallet),
                balance: Figure::Minor(self.balances[wallet]),
                version: Some(i64::try_from(self.lists[wallet].len()).unwrap()),
            })
            .collect();
        let asked = Question::Read(balances.iter().map(|balance| balance.wallet).collect());
        self.record(early, late, asked, Answer::Balances(balances));
    }

    fn list(&mut self, wallet: usize, early: u64, late: u64) {
        let lines = Answer::Lines(self.lists[wallet].clone());
        self.record(early, late, Question::List(id(wallet)), lines);
    }

    fn record(&mut self, early: u64, late: u64, asked: Question, answered: Answer) {
        let client = u32::try_from(self.history.operations.len()).unwrap();
        let returned = (answered != Answer::Unclear).then_some(self.now + late);
        let invoked = self.now - early;
        self.history.operations.push(Operation { client, invoked, returned, part_of: None, asked, answered });
    }
}
