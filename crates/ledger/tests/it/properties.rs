//! What holds for any commands at all.

use crate::asks::{Ask, Asks, by, by_the_house};
use crate::world::{ALICE, BOB, CAROL, World, gold, usd};
use florin_ledger::{
    Amount, AssetCode, Caller, Changes, Decimal, Group, GroupOutcome, Outcome, Scale, Settlement, Timestamp,
    Transaction, TransactionId, UserId, Version, Wallet, WalletId, WalletStatus,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Eight house wallets, two of each user's, and one that is nobody's.
const WALLETS: i64 = 15;
const USERS: [UserId; 4] = [ALICE, BOB, CAROL, UserId(99)];
const ASSETS: [&str; 3] = ["USD", "GOLD", "SILVER"];
const AMOUNTS: [&str; 8] =
    ["1", "3", "40", "0.01", "99.99", "1000", "0.001", "1000000000000000000000000000000000000"];

#[derive(Clone, Debug)]
struct Draft {
    kind: u8,
    caller: usize,
    from: i64,
    to: i64,
    asset: usize,
    amount: &'static str,
    key: Option<u8>,
    version: Option<i64>,
    original: Index,
}

prop_compose! {
    fn draft()(
        kind in 0..8_u8,
        caller in 0..6_usize,
        from in 8..=WALLETS,
        to in 1..=WALLETS,
        // The common cases come first, and often.
        asset in prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => Just(2)],
        amount in select(&AMOUNTS[..]),
        key in proptest::option::weighted(0.2, 0..6_u8),
        version in proptest::option::weighted(0.1, 0..12_i64),
        original in any::<Index>(),
    ) -> Draft {
        Draft { kind, caller, from, to, asset, amount, key, version, original }
    }
}

impl Draft {
    /// The ask, in a world in which `known` were settled before.
    fn ask(&self, known: &[TransactionId]) -> Ask {
        let caller = self.caller();
        let (user, asset) = (USERS[self.caller % USERS.len()], ASSETS[self.asset]);
        let original = if known.is_empty() { TransactionId(0) } else { *self.original.get(known) };
        let mut ask = match self.kind {
            0 | 1 => caller.transfers(self.amount, WalletId(self.from), WalletId(self.to)),
            2 => caller.deposits(self.amount, WalletId(self.from)),
            3 => caller.withdraws(self.amount, WalletId(self.from)),
            4 => caller.tops_up(user, asset, self.amount),
            5 => caller.spends(user, asset, self.amount),
            6 => caller.gives_a_bonus(user, asset, self.amount),
            _ if self.asset == 0 => caller.reverses(original),
            _ => caller.reverses_part(original, self.amount),
        };
        ask.key = self.key.map(|key| format!("k{key}"));
        ask.expected_version = self.version.map(Version);
        ask
    }

    fn caller(&self) -> Caller {
        match self.caller {
            0..=2 => by(USERS[self.caller]),
            _ => by_the_house(),
        }
    }
}

fn drafts(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec(draft(), count)
}

/// Three users with a wallet in each asset, some money, some credit, and one frozen wallet.
fn world() -> World {
    let mut world = World::new();
    for user in [ALICE, BOB, CAROL] {
        world.opens(usd(user).holding("100.00").with_credit("10.00"));
        world.opens(gold(user).holding("50"));
    }
    world.change(WalletId(14), |wallet| wallet.status = WalletStatus::Frozen);
    world
}

/// Runs drafts in batches of groups of up to five, every third group atomic, and says what was done.
fn run(world: &mut World, drafts: &[Draft]) -> Vec<(Group, GroupOutcome, Changes)> {
    let mut known = Vec::new();
    let mut done = Vec::new();
    for (index, chunk) in drafts.chunks(5).enumerate() {
        let asks: Vec<_> = chunk.iter().map(|draft| draft.ask(&known)).collect();
        let group = world.group(&asks, index % 3 == 2);
        let result = world.decides(std::slice::from_ref(&group));
        known.extend(result.changes.transactions.iter().map(|transaction| transaction.id));
        let outcome = result.outcomes.into_iter().next().unwrap();
        done.push((group, outcome, result.changes));
    }
    done
}

fn totals(world: &World) -> BTreeMap<AssetCode, i128> {
    let mut totals = BTreeMap::new();
    for wallet in world.state.wallets.values() {
        *totals.entry(wallet.asset).or_default() += wallet.posted.units();
    }
    totals
}

proptest! {
    #[test]
    fn money_is_conserved_and_explained_by_entries(drafts in drafts(1..60)) {
        let mut world = world();
        let before = world.state.wallets.clone();
        let totals_before = totals(&world);
        let done = run(&mut world, &drafts);

        prop_assert_eq!(totals(&world), totals_before);
        let transactions: Vec<_> = done.iter().flat_map(|(_, _, changes)| &changes.transactions).collect();
        for (id, wallet) in &world.state.wallets {
            let entries = transactions.iter().flat_map(|transaction| transaction.settlement.entries());
            let (mut balance, mut version) = (before[id].posted, before[id].version);
            for entry in entries.filter(|entry| entry.wallet == *id) {
                balance = balance.checked_add(entry.direction.signed(entry.amount)).unwrap();
                version = version.next();
                prop_assert_eq!((entry.balance_after, entry.version), (balance, version));
            }
            prop_assert_eq!((wallet.posted, wallet.version), (balance, version));
            prop_assert!(wallet.is_within_floor());
            prop_assert!(wallet.status == WalletStatus::Active || wallet.version == before[id].version);
        }
        for (original, reversed) in &world.state.reversed {
            let original = &world.state.originals[original];
            prop_assert!(reversed.total <= original.amount && reversed.total > Amount::ZERO);
        }
    }

    #[test]
    fn ids_and_times_go_forward_on_every_wallet(drafts in drafts(1..60)) {
        let mut world = world();
        let done = run(&mut world, &drafts);
        let mut last: BTreeMap<WalletId, (TransactionId, Timestamp)> = BTreeMap::new();
        for transaction in done.iter().flat_map(|(_, _, changes)| &changes.transactions) {
            for entry in transaction.settlement.entries() {
                let now = (transaction.id, transaction.created_at);
                let before = last.insert(entry.wallet, now);
                prop_assert!(before.is_none_or(|(id, at)| id < now.0 && at < now.1));
            }
        }
    }

    #[test]
    fn a_replay_is_the_identity(drafts in drafts(1..60)) {
        let mut world = world();
        let done = run(&mut world, &drafts);
        let before = world.state.clone();
        for transaction in done.iter().flat_map(|(_, _, changes)| &changes.transactions) {
            let command = done
                .iter()
                .flat_map(|(group, ..)| &group.commands)
                .find(|command| {
                    (command.key_hash, command.fingerprint) == (transaction.key_hash, transaction.fingerprint)
                })
                .unwrap();
            let again = Group::independent(vec![command.clone()]);
            let GroupOutcome::Done(outcomes) = world.decides(&[again]).outcomes.remove(0) else { unreachable!() };
            prop_assert_eq!(outcomes, [Outcome::Replayed(Arc::clone(transaction))]);
        }
        prop_assert_eq!(world.state, before);
    }

    #[test]
    fn a_refused_group_leaves_the_state_untouched(before in drafts(0..30), group in drafts(1..12)) {
        let mut world = world();
        run(&mut world, &before);
        let known: Vec<_> = world.state.originals.keys().copied().collect();
        let asks: Vec<_> = group.iter().map(|draft| draft.ask(&known)).collect();
        let state = world.state.clone();
        let (outcome, changes) = world.runs_atomically(&asks);
        if matches!(outcome, GroupOutcome::Refused { .. }) {
            prop_assert_eq!(world.state, state);
            prop_assert!(changes.wallets.is_empty() && changes.transactions.is_empty());
            prop_assert!(changes.reversals.is_empty());
        }
    }

    #[test]
    fn batches_can_be_cut_anywhere(drafts in drafts(1..40), cut in any::<Index>()) {
        let asks: Vec<_> = drafts.iter().map(|draft| draft.ask(&[])).collect();
        let (mut whole, mut parts) = (world(), world());
        let commands = whole.group(&asks, false).commands;
        let all = Group::independent(commands.clone());
        whole.decides(&[all]);
        let (head, tail) = commands.split_at(cut.index(commands.len()));
        for part in [head, tail] {
            parts.decides(&[Group::independent(part.to_vec())]);
        }
        prop_assert_eq!(whole.state, parts.state);
    }

    #[test]
    fn disjoint_commands_commute(
        amounts in prop::collection::vec(1..15_000_i128, 2..12),
        order in any::<[u32; 12]>(),
    ) {
        let mut world = World::new();
        let asks: Vec<_> = (1..).zip(&amounts).map(|(user, units)| {
            let from = world.opens(usd(UserId(user)).holding("100.00"));
            let to = world.opens(usd(UserId(user + 100)));
            let amount = Amount::from_units(*units).unwrap().display(Scale::new(2).unwrap()).to_string();
            by(UserId(user)).transfers(&amount, from, to).under("k")
        }).collect();
        let mut shuffled: Vec<_> = asks.iter().cloned().zip(order).collect();
        shuffled.sort_by_key(|(_, order)| *order);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(ask, _)| ask).collect();

        let end = |asks: &[Ask]| {
            let mut world = world.clone();
            let group = world.group(asks, false);
            world.decides(&[group]);
            let wallets: BTreeMap<_, _> =
                world.state.wallets.iter().map(|(id, wallet)| (*id, timeless(*wallet))).collect();
            let settled: BTreeMap<_, _> = world
                .state
                .settled
                .iter()
                .map(|(key, transaction)| (*key, timeless_transaction(transaction)))
                .collect();
            (wallets, settled)
        };
        prop_assert_eq!(end(&asks), end(&shuffled));
    }

    #[test]
    fn amounts_survive_text(units in 0..=Amount::MAX.units(), places in 0..=Scale::MAX) {
        let scale = Scale::new(places).unwrap();
        let amount = Amount::from_units(units).unwrap();
        let text = amount.display(scale).to_string();
        prop_assert_eq!(Amount::parse(&text, scale), Ok(amount));
        prop_assert_eq!(amount.negated().negated(), amount);
        if units > 0 {
            let decimal = Decimal::parse(&text).unwrap();
            prop_assert_eq!(&decimal.to_string(), &text);
            prop_assert_eq!(decimal.to_amount(scale), Ok(amount));
            prop_assert_eq!(amount.negated().display(scale).to_string(), format!("-{text}"));
        }
    }

    #[test]
    fn written_decimals_survive_reading(text in "(0|[1-9][0-9]{0,18})(\\.[0-9]{1,18})?") {
        match Decimal::parse(&text) {
            Ok(decimal) => prop_assert_eq!(decimal.to_string(), text),
            Err(_) => prop_assert!(text.bytes().all(|byte| matches!(byte, b'0' | b'.'))),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic_or_guess(text in ".{0,45}") {
        if let Ok(decimal) = Decimal::parse(&text) {
            prop_assert_eq!(decimal.to_string(), text);
        }
    }
}

/// A wallet without the moment of its newest entry, which the order of decisions gives.
fn timeless(wallet: Wallet) -> Wallet {
    Wallet { last_entry_at: Timestamp::default(), ..wallet }
}

fn timeless_transaction(transaction: &Transaction) -> (WalletId, WalletId, Amount, Settlement) {
    (transaction.from, transaction.to, transaction.amount, transaction.settlement)
}
