//! One key: one request, one transaction, one effect, one answer.

use super::Books;
use crate::history::{Anomaly, Answer, Findings, History, Movement, Operation, Question, WalletId};
use std::collections::HashMap;

pub(super) fn check(history: &History, books: &Books<'_>, findings: &mut Findings) {
    let mut keyed: Vec<(&str, usize)> = Vec::new();
    for (index, operation) in history.operations.iter().enumerate() {
        if let Question::Move(Movement { key: Some(key), .. }) = &operation.asked {
            keyed.push((key, index));
        }
    }
    keyed.sort_unstable();
    for same in keyed.chunk_by(|left, right| left.0 == right.0).filter(|same| same.len() > 1) {
        let indices: Vec<usize> = same.iter().map(|(_, index)| *index).collect();
        check_key(history, same[0].0, &indices, findings);
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
