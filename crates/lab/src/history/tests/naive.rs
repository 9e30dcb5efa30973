//! What the naive wallet does to transfers that race: each reads both balances, and writes them later.

use crate::history::{
    Anomaly, Answer, Balance, Entry, Figure, History, Movement, Opening, Operation, Question, Verb, WalletId,
    check,
};

/// Transfers on their way at one time.
const AT_ONCE: usize = 8;

/// A small generator of its own, so that a seed is a history for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

struct Under {
    index: usize,
    wallets: [usize; 2],
    read: [i64; 2],
    amount: i64,
    written: usize,
}

/// Transfers between two wallets, `at_once` at a time: read, compute, write one balance, write the other. In between
/// somebody reads both balances, one after the other.
fn naive(seed: u64, transfers: usize, at_once: usize) -> History {
    let mut random = Dice(seed);
    let mut balances = [1_000_000_i64; 2];
    let openings = [1, 2].map(|wallet| Opening {
        wallet,
        balance: Figure::Minor(1_000_000),
        version: None,
        floor: Some(Figure::Minor(0)),
    });
    let mut history = History { scale: 2, openings: openings.to_vec(), operations: Vec::new() };
    let mut under_way: Vec<Under> = Vec::new();
    let mut now = 0;
    while history.operations.len() < transfers || !under_way.is_empty() {
        now += 10;
        if under_way.len() < at_once && history.operations.len() < transfers {
            let wallets = if random.below(2) == 0 { [0, 1] } else { [1, 0] };
            let amount = i64::try_from(random.below(1_000)).unwrap() + 1;
            let read = wallets.map(|wallet| balances[wallet]);
            under_way.push(Under { index: history.operations.len(), wallets, read, amount, written: 0 });
            history.operations.push(asked(now, wallets.map(id), amount));
        }
        let place = random.below(under_way.len());
        let step = &mut under_way[place];
        let change = [-step.amount, step.amount][step.written];
        balances[step.wallets[step.written]] = step.read[step.written] + change;
        step.written += 1;
        if step.written == 2 {
            let step = under_way.swap_remove(place);
            answer(&mut history.operations[step.index], now + 5, &step);
        }
        let shown = [1, 2].map(|wallet| Balance {
            wallet,
            balance: Figure::Minor(balances[usize::try_from(wallet).unwrap() - 1]),
            version: None,
        });
        if random.below(4) == 0 && history.operations.len() < transfers {
            let read = Question::Read(vec![1, 2]);
            let mut read = Operation { asked: read, ..asked(now + 6, [1, 2], 1) };
            read.returned = Some(now + 7);
            read.answered = Answer::Balances(shown.to_vec());
            history.operations.push(read);
        }
    }
    history
}

fn id(wallet: usize) -> WalletId {
    WalletId::try_from(wallet).unwrap() + 1
}

fn asked(now: u64, [from, to]: [WalletId; 2], amount: i64) -> Operation {
    let amount = Figure::Minor(amount);
    let asked =
        Question::Move(Movement { verb: Verb::Transfer, from: Some(from), to: Some(to), amount, key: None });
    Operation { client: 0, invoked: now, returned: None, part_of: None, asked, answered: Answer::Unclear }
}

fn answer(operation: &mut Operation, now: u64, step: &Under) {
    let changes = [-step.amount, step.amount];
    let entries = [0, 1].map(|side| Entry {
        wallet: id(step.wallets[side]),
        amount: Figure::Minor(changes[side]),
        balance_after: Some(Figure::Minor(step.read[side] + changes[side])),
        version: None,
    });
    operation.returned = Some(now);
    operation.answered = Answer::Done { transaction: None, entries: entries.to_vec() };
}

#[test]
fn races_of_the_naive_wallet_are_found_on_every_seed() {
    for seed in 0..20 {
        let findings = check(&naive(seed, 4_000, AT_ONCE));
        for anomaly in [Anomaly::LostUpdate, Anomaly::WrongTotal, Anomaly::LostWrite, Anomaly::ReadSkew] {
            assert!(findings.count(anomaly) >= 100, "seed {seed}: {anomaly} in {:?}", findings.counts);
        }
    }
}

#[test]
fn one_at_a_time_loses_no_update() {
    for seed in 0..20 {
        let findings = check(&naive(seed, 2_000, 1));
        assert_eq!(findings.count(Anomaly::LostUpdate), 0, "{findings:#?}");
    }
}
