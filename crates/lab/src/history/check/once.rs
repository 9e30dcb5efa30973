//! One key: one request, one transaction, one effect, one answer.

use super::Books;
use crate::history::{Anomaly, Answer, Findings, History, Movement, Operation, Question, WalletId};
use std::collections::{BTreeMap, HashMap};

pub(super) fn check(history: &History, books: &Books<'_>, findings: &mut Findings) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut again: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, operation) in history.operations.iter().enumerate() {
        if let Question::Move(Movement { key: Some(key), .. }) = &operation.asked {
            let first = *first.entry(key).or_insert(index);
            if first != index {
                again.entry(key).or_insert_with(|| vec![first]).push(index);
            }
        }
    }
    for (key, operations) in again {
        check_key(history, key, &operations, findings);
    }
    check_lists(history, books, findings);
}

fn check_key(history: &History, key: &str, indices: &[usize], findings: &mut Findings) {
    let decided = |index: &&usize| {
        matches!(
            history.operations[**index].answered,
            Answer::Done { .. } | Answer::Refused { stands: true, .. }
        )
    };
    let mut decided = indices.iter().filter(decided);
    let Some(&first) = decided.next() else { return };
    for &again in decided {
        let (one, other) = (&history.operations[first], &history.operations[again]);
        let proof = [first, again];
        if one.asked != other.asked {
            if let (Answer::Done { .. }, Answer::Done { .. }) = (&one.answered, &other.answered) {
                findings.add(Anomaly::KeyReused, &proof, || {
                    format!("the key {key} of #{first} was accepted for another request, #{again}")
                });
            }
            continue;
        }
        match (&one.answered, &other.answered) {
            (Answer::Done { transaction: left, .. }, Answer::Done { transaction: right, .. })
                if left != right || left.is_none() =>
            {
                findings.add(Anomaly::EffectTwice, &proof, || {
                    format!("the key {key} made two transactions: #{first} and #{again}")
                });
            }
            _ if outcome(one) != outcome(other) => {
                findings.add(Anomaly::AnswerChanged, &proof, || {
                    format!("the key {key} was answered in one way to #{first} and in another to #{again}")
                });
            }
            _ => {}
        }
    }
}

/// What a replay must repeat.
fn outcome(operation: &Operation) -> Result<&[crate::history::Entry], &str> {
    match &operation.answered {
        Answer::Done { entries, .. } => Ok(entries),
        Answer::Refused { code, .. } => Err(code),
        _ => Ok(&[]),
    }
}

/// In a wallet's list a key has one transaction, and a transaction asked for once has no more entries than it has
/// sides on the wallet.
fn check_lists(history: &History, books: &Books<'_>, findings: &mut Findings) {
    for (index, operation) in history.operations.iter().enumerate() {
        let (Question::List(wallet), Answer::Lines(lines)) = (&operation.asked, &operation.answered) else {
            continue;
        };
        let mut transaction_of: HashMap<&str, &str> = HashMap::new();
        let mut entries_of: HashMap<&str, usize> = HashMap::new();
        for line in lines {
            let transaction = line.transaction.as_str();
            let key = line.key.as_deref().filter(|key| books.effect_of_key(key).is_some());
            let twice =
                key.is_some_and(|key| *transaction_of.entry(key).or_insert(transaction) != transaction);
            let entries = entries_of.entry(transaction).or_default();
            *entries += 1;
            if twice || *entries > sides(books, transaction, *wallet) {
                findings.add(Anomaly::EffectTwice, &[index], || {
                    format!("#{index} lists a second entry in wallet {wallet} of what was asked for once, {transaction}")
                });
            }
        }
    }
}

fn sides(books: &Books<'_>, transaction: &str, wallet: WalletId) -> usize {
    let effect = books.number(transaction).and_then(|number| books.effect_of[number]);
    effect.map_or(1, |effect| {
        books.effects[effect].moves.iter().flatten().filter(|(moved, _)| *moved == wallet).count().max(1)
    })
}
