//! Random steps: batches of movements of all types, good and bad, and changes of wallets between them.

use crate::asks::{Ask, Asks, by, by_the_house};
use crate::conformance::scene::Scene;
use florin_ledger::{
    Amount, ApiKeyId, Caller, Principal, TransactionId, UserId, Version, WalletChange, WalletId, WalletStatus,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const USERS: [UserId; 4] = [UserId(1), UserId(2), UserId(3), UserId(99)];
const ASSETS: [&str; 3] = ["USD", "GOLD", "SILVER"];
/// The house's are 1 to 8, the users' 9 to 17; 18 and 19 may be opened on the way.
const WALLETS: std::ops::RangeInclusive<i64> = 1..=19;
const USERS_WALLETS: std::ops::RangeInclusive<i64> = 9..=18;

/// From dust to all digits; too precise for GOLD, for both, and too large for USD.
const AMOUNTS: [&str; 14] = [
    "1",
    "2",
    "7",
    "25",
    "0.01",
    "3.33",
    "99.99",
    "500",
    "0.001",
    "92233720368547758.07",
    "9223372036854775808",
    "123456789012345678901234567890",
    "999999999999999999999999999999999999.99",
    "99999999999999999999999999999999999999",
];

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Batches that are handed over at once: a store may work on more than one.
    Batches(Vec<Vec<GroupDraft>>),
    Change {
        wallet: i64,
        change: WalletChange,
        expected: Option<Version>,
    },
    Open {
        user: UserId,
        asset: &'static str,
        name: &'static str,
    },
    /// The clock jumps, back too.
    Clock(i64),
}

#[derive(Clone, Debug)]
pub(super) struct GroupDraft {
    pub(super) drafts: Vec<Draft>,
    pub(super) is_atomic: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Draft {
    kind: u8,
    caller: Caller,
    from: i64,
    to: i64,
    user: UserId,
    asset: &'static str,
    amount: &'static str,
    key: Option<u8>,
    version: Option<i64>,
    original: Index,
    has_notes: bool,
    is_sound: bool,
    /// Not this, but an earlier command once more.
    pub(super) repeats: Option<Index>,
}

/// Three users with two wallets in USD and one in GOLD, with some money, and one with credit.
pub(super) async fn set_up(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    scene.asset("GOLD", 0).await;
    for name in ["alice", "bob", "carol"] {
        let user = scene.user(name).await;
        for (asset, wallet) in [("USD", "main"), ("USD", "savings"), ("GOLD", "main")] {
            scene.named_wallet(user, asset, wallet).await;
        }
        scene.completes(by_the_house().tops_up(user, "USD", "100.00")).await;
        scene.completes(by_the_house().tops_up(user, "GOLD", "50")).await;
    }
    let credit = WalletChange { status: None, credit_limit: Amount::from_units(2_500) };
    scene.changes(WalletId(9), credit).await.unwrap();
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let batch = prop::collection::vec(group(), 1..6);
    let batches = prop::collection::vec(batch, 1..4).prop_map(Step::Batches);
    let status = proptest::option::weighted(
        0.8,
        prop_oneof![
            6 => Just(WalletStatus::Active),
            3 => Just(WalletStatus::Frozen),
            1 => Just(WalletStatus::Closed)
        ],
    );
    let limit = proptest::option::weighted(
        0.2,
        select(vec![0, 1_000, 2_500, 999_999_999_999_999_999])
            .prop_map(|units| Amount::from_units(units).unwrap()),
    );
    let expected = proptest::option::weighted(0.1, (0..9_i64).prop_map(Version));
    let change = (WALLETS, status, limit, expected).prop_map(|(wallet, status, credit_limit, expected)| {
        Step::Change { wallet, change: WalletChange { status, credit_limit }, expected }
    });
    let open = (select(&USERS[..]), select(&ASSETS[..]), select(vec!["main", "savings", "other"]))
        .prop_map(|(user, asset, name)| Step::Open { user, asset, name });
    let clock = (-100_000..100_000_i64).prop_map(Step::Clock);
    let step = prop_oneof![12 => batches, 4 => change, 1 => open, 1 => clock];
    prop::collection::vec(step, 1..16)
}

fn group() -> impl Strategy<Value = GroupDraft> {
    (prop::collection::vec(draft(), 0..7), proptest::bool::weighted(0.25))
        .prop_map(|(drafts, is_atomic)| GroupDraft { drafts, is_atomic })
}

prop_compose! {
    fn draft()(
        kind in 0..10_u8,
        caller in caller(),
        from in prop_oneof![9 => USERS_WALLETS, 1 => WALLETS],
        to in prop_oneof![9 => USERS_WALLETS, 1 => WALLETS],
        user in prop_oneof![20 => select(&USERS[..3]), 1 => Just(USERS[3])],
        asset in prop_oneof![12 => Just(ASSETS[0]), 6 => Just(ASSETS[1]), 1 => Just(ASSETS[2])],
        // Mostly what people have.
        amount in prop_oneof![4 => select(&AMOUNTS[..7]), 1 => select(&AMOUNTS[..])],
        key in proptest::option::weighted(0.25, 0..10_u8),
        version in proptest::option::weighted(0.1, 0..8_i64),
        original in any::<Index>(),
        has_notes in any::<bool>(),
        is_sound in proptest::bool::weighted(0.7),
        repeats in proptest::option::weighted(0.1, any::<Index>()),
    ) -> Draft {
        Draft { kind, caller, from, to, user, asset, amount, key, version, original, has_notes, is_sound, repeats }
    }
}

fn caller() -> impl Strategy<Value = Caller> {
    let service = |id| Caller { principal: Principal::Service(ApiKeyId(id)), is_house: true };
    prop_oneof![
        4 => select(&USERS[..3]).prop_map(by),
        4 => Just(service(1)),
        1 => Just(service(2)),
        1 => Just(Caller { principal: Principal::User(USERS[0]), is_house: true }),
    ]
}

impl Draft {
    /// A sound command debits a wallet that is its caller's, of the same kind as the credited one.
    fn from(&self) -> WalletId {
        match self.caller.principal {
            Principal::User(UserId(user)) if self.is_sound => {
                let place = if self.to % 3 == self.from % 3 { 0 } else { (self.to - 9).rem_euclid(3) };
                WalletId(9 + (user - 1) * 3 + place)
            }
            Principal::User(_) | Principal::Service(_) => WalletId(self.from),
        }
    }

    /// The ask, where `known` were settled before.
    pub(super) fn ask(&self, known: &[TransactionId]) -> Ask {
        let (from, to, amount) = (self.from(), WalletId(self.to), self.amount);
        let original = if known.is_empty() { TransactionId(0) } else { *self.original.get(known) };
        let mut ask = match self.kind {
            0..=2 => self.caller.transfers(amount, from, to),
            3 => self.caller.deposits(amount, to),
            4 => self.caller.withdraws(amount, from),
            5 => self.caller.tops_up(self.user, self.asset, amount),
            6 => self.caller.spends(self.user, self.asset, amount),
            7 => self.caller.gives_a_bonus(self.user, self.asset, amount),
            8 => self.caller.reverses(original),
            _ => self.caller.reverses_part(original, amount),
        };
        ask.key = self.key.map(|key| format!("key-{key}"));
        ask.expected_version = self.version.map(Version);
        if self.has_notes { ask.noting("a note", r#"{"n": [1, "ü"]}"#) } else { ask }
    }
}
