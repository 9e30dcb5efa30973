//! What the correct bank did is clean, however its clients interleaved; whatever is changed about it is found.

use super::bank::{Step, What, play};
use crate::history::{Answer, Figure, History, Question, check};
use proptest::{prelude::*, sample::Index};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        8 => Just(What::Transfer),
        1 => Just(What::Lost),
        1 => Just(What::Vanished),
        2 => Just(What::Replay),
        3 => Just(What::Read),
        1 => Just(What::ReadAll),
        1 => Just(What::List),
    ];
    let step = (what, any::<u16>(), any::<u16>(), 1_i64..400, 0_u64..9_000, 0_u64..9_000);
    let step = step.prop_map(|(what, from, to, amount, early, late)| Step {
        what,
        from: usize::from(from),
        to: usize::from(to),
        amount,
        early,
        late,
    });
    proptest::collection::vec(step, 5..60)
}

/// What a faulty wallet might have done instead.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// An acknowledged movement is missing in a list at the end.
    DropsWrite,
    /// Two neighbours in a list changed places.
    SwapsVersions,
    /// An entry is there twice.
    DoublesEffect,
    /// A read did not see the last entry of one wallet.
    SkipsWrite,
    /// A balance is off by one.
    MissesACent,
    /// A movement was acknowledged that had been refused.
    AcknowledgesRefused,
    /// A replay is told of another transaction.
    ForgetsKey,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::DropsWrite),
        Just(Fault::SwapsVersions),
        Just(Fault::DoublesEffect),
        Just(Fault::SkipsWrite),
        Just(Fault::MissesACent),
        Just(Fault::AcknowledgesRefused),
        Just(Fault::ForgetsKey),
    ]
}

/// Builds the fault in; false if the history has no place for it.
fn build_in(history: &mut History, fault: Fault, at: Index) -> bool {
    let end = history.operations.iter().position(|operation| operation.invoked > 1_500_000).unwrap();
    match fault {
        Fault::DropsWrite | Fault::SwapsVersions | Fault::DoublesEffect => {
            let lists = &mut history.operations[end..];
            let mut lists: Vec<_> = lists
                .iter_mut()
                .filter_map(|operation| match &mut operation.answered {
                    Answer::Lines(lines) if lines.len() > 1 => Some(lines),
                    _ => None,
                })
                .collect();
            if lists.is_empty() {
                return false;
            }
            let place = at.index(lists.len());
            let lines = lists.swap_remove(place);
            let place = at.index(lines.len() - 1);
            if matches!(fault, Fault::DropsWrite) {
                lines.remove(place);
            } else if matches!(fault, Fault::SwapsVersions) {
                lines.swap(place, place + 1);
                (lines[place].version, lines[place + 1].version) =
                    (lines[place + 1].version, lines[place].version);
            } else {
                let mut again = lines[place].clone();
                again.version = lines.last().unwrap().version.map(|version| version + 1);
                lines.push(again);
            }
            true
        }
        Fault::SkipsWrite | Fault::MissesACent => {
            let Answer::Balances(balances) = &mut history.operations[end].answered else { return false };
            let place = at.index(balances.len());
            let balance = &mut balances[place];
            if matches!(fault, Fault::SkipsWrite) {
                balance.version = balance.version.map(|version| version - 1);
                balance.version != Some(-1)
            } else {
                let Figure::Minor(minor) = balance.balance else { return false };
                balance.balance = Figure::Minor(minor - 1);
                true
            }
        }
        Fault::AcknowledgesRefused | Fault::ForgetsKey => {
            let forgets = matches!(fault, Fault::ForgetsKey);
            let mut keys = std::collections::HashSet::new();
            history.operations.iter_mut().any(|operation| {
                let Question::Move(movement) = &operation.asked else { return false };
                match &mut operation.answered {
                    Answer::Done { transaction, .. } if forgets => {
                        let again = !keys.insert(movement.key.clone());
                        if again {
                            *transaction = Some("another".to_owned());
                        }
                        again
                    }
                    Answer::Refused { .. } if !forgets => {
                        operation.answered =
                            Answer::Done { transaction: Some("another".to_owned()), entries: Vec::new() };
                        true
                    }
                    _ => false,
                }
            })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_correct_bank_is_clean(wallets in 2_usize..6, steps in steps()) {
        let findings = check(&play(wallets, &steps));
        prop_assert!(findings.is_clean(), "{findings:#?}");
    }

    #[test]
    fn a_fault_is_found(wallets in 2_usize..6, steps in steps(), fault in fault(), at in any::<Index>()) {
        let mut history = play(wallets, &steps);
        prop_assume!(build_in(&mut history, fault, at));
        prop_assert!(!check(&history).is_clean(), "{fault:?}");
    }
}
