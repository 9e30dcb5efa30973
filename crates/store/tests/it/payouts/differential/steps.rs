//! Random steps with payouts: what people ask for, right and wrong, and what runners do, in time and too late.

use florin_ledger::WalletStatus;
use florin_store::payouts::Steer;
use proptest::prelude::*;
use proptest::sample::{Index, select};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Make,
    Upload { payout: Index, rows: Vec<(usize, &'static str)>, has_fault: bool },
    Mend(Index),
    Approve { payout: Index, by: i64, is_right: bool },
    Execute { payout: Index, by: i64, is_right: bool, allows_duplicate: bool, needs_approval: bool },
    Direct(Index, Steer),
    Retry(Index),
    Compensate { payout: Index, rows: Vec<i64>, range: (i64, i64), to: Option<usize>, allows_partial: bool },
    Claim { is_late: bool },
    ClaimAgain(Index),
    Commit { lease: Option<Index>, rows_max: usize },
    CommitAgain(Index),
    End(Option<Index>),
    Pass(Option<Index>),
    Move { from: usize, to: usize, amount: &'static str },
    Set(usize, WalletStatus),
    Sweep(Index),
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let index = any::<Index>;
    let amount = || select(vec!["0.01", "1.00", "1.00", "7.50", "7.50", "250.00", "900.00"]);
    let steers = vec![Steer::Pause, Steer::Pause, Steer::Resume, Steer::Resume, Steer::Resume, Steer::Cancel];
    let statuses =
        vec![WalletStatus::Active, WalletStatus::Active, WalletStatus::Frozen, WalletStatus::Closed];
    let uploaded = prop::collection::vec((0..4_usize, amount()), 1..6);
    // Mostly the newest.
    let lease = || prop_oneof![3 => Just(None), 1 => index().prop_map(Some)];
    let is_mostly = |share| prop::bool::weighted(share);
    let execution = (index(), select(vec![1, 1, 1, 1, 2]), is_mostly(0.9), is_mostly(0.7), is_mostly(0.1))
        .prop_map(|(payout, by, is_right, allows_duplicate, needs_approval)| Execute {
            payout,
            by,
            is_right,
            allows_duplicate,
            needs_approval,
        });
    let named = prop_oneof![2 => Just(vec![]), 1 => prop::collection::vec(1..7_i64, 1..4)];
    let receiver = prop::option::weighted(0.2, 0..3_usize);
    let compensation = (index(), named, (0..4_i64, 2..7_i64), receiver, any::<bool>()).prop_map(
        |(payout, rows, range, to, allows_partial)| Compensate { payout, rows, range, to, allows_partial },
    );
    let step = prop_oneof![
        1 => Just(Make),
        4 => (index(), uploaded, is_mostly(0.2))
            .prop_map(|(payout, rows, has_fault)| Upload { payout, rows, has_fault }),
        1 => index().prop_map(Mend),
        1 => (index(), 1..4_i64, any::<bool>())
            .prop_map(|(payout, by, is_right)| Approve { payout, by, is_right }),
        6 => execution,
        2 => (index(), select(steers)).prop_map(|(payout, steer)| Direct(payout, steer)),
        2 => index().prop_map(Retry),
        4 => compensation,
        6 => any::<bool>().prop_map(|is_late| Claim { is_late }),
        1 => index().prop_map(ClaimAgain),
        4 => (lease(), 1..4_usize).prop_map(|(lease, rows_max)| Commit { lease, rows_max }),
        1 => index().prop_map(CommitAgain),
        2 => lease().prop_map(End),
        6 => lease().prop_map(Pass),
        2 => (0..4_usize, 0..4_usize, amount()).prop_map(|(from, to, amount)| Move { from, to, amount }),
        1 => (0..4_usize, select(statuses)).prop_map(|(wallet, status)| Set(wallet, status)),
        1 => index().prop_map(Sweep),
    ];
    prop::collection::vec(step, 20..80)
}
