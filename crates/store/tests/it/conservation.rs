//! Money is conserved in every read: while batches of transfers commit, snapshots of all wallets are taken without a pause, and
//! each of them must have all the money, once.
//!
//! The small version is a part of `make test`; the full figure is
//! `scripts/with-postgres cargo test --release -p florin-store --test it two_million -- --ignored --nocapture --test-threads 1`.

use crate::asks::{Asks, by, by_the_house};
use crate::conformance::scene::Scene;
use crate::engines::{Engine, OnPostgres, OnSqlite};
use florin_ledger::{Group, GroupOutcome, LedgerId, Timestamp, UserId, Version, WalletId};
use florin_store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;

const WALLETS: u64 = 24;
/// What each of them has at first, in smallest units.
const EACH: i128 = 100_000;
/// Transfers in a batch, as many clients make who wait together.
const BATCH: u64 = 200;
/// How many move money at once: more than any engine works on.
const MOVERS: u64 = 4;
const READERS: usize = 2;

const NOW: Timestamp = Timestamp(1_900_000_000_000_000);

/// How much must have been done.
#[derive(Clone, Copy)]
struct Figure {
    transfers: u64,
    snapshots: u64,
}

const SMALL: Figure = Figure { transfers: 20_000, snapshots: 2_000 };
const FULL: Figure = Figure { transfers: 2_000_000, snapshots: 200_000 };

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_sqlite() {
    every_read_has_all_the_money("SQLite", OnSqlite::start().await, SMALL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_postgres() {
    every_read_has_all_the_money("PostgreSQL", OnPostgres::start().await, SMALL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "the full figure: 2,000,000 transfers and 200,000 snapshots"]
async fn two_million_on_sqlite() {
    every_read_has_all_the_money("SQLite", OnSqlite::start().await, FULL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "the full figure: 2,000,000 transfers and 200,000 snapshots"]
async fn two_million_on_postgres() {
    every_read_has_all_the_money("PostgreSQL", OnPostgres::start_alone().await, FULL).await;
}

/// What movers and readers share.
struct Town {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    alice: UserId,
    wallets: Vec<WalletId>,
    figure: Figure,
    moved: AtomicU64,
    snapshots: AtomicU64,
    /// Of the snapshots, those between which and the one before money had moved.
    fresh: AtomicU64,
    batches: AtomicU64,
}

async fn every_read_has_all_the_money(engine_name: &str, engine: Box<dyn Engine>, figure: Figure) {
    let mut scene = Scene::new(engine);
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let mut wallets = Vec::new();
    for number in 0..WALLETS {
        wallets.push(scene.named_wallet(alice, "USD", &format!("wallet {number}")).await);
    }
    for wallet in wallets.clone() {
        scene.completes(by_the_house().deposits("1000.00", wallet)).await;
    }
    let (moved, snapshots, fresh, batches) = Default::default();
    let (store, ledger) = (scene.twins.engine.store(), scene.ledger);
    let town = Town { store, ledger, alice, wallets, figure, moved, snapshots, fresh, batches };
    let town = Arc::new(town);

    let begun = Instant::now();
    let mut work = JoinSet::new();
    for _ in 0..MOVERS {
        work.spawn(move_money(Arc::clone(&town)));
    }
    for _ in 0..READERS {
        work.spawn(read(Arc::clone(&town)));
    }
    // A task that panics fails the test here.
    work.join_all().await;

    let [moved, snapshots, fresh] =
        [&town.moved, &town.snapshots, &town.fresh].map(|count| count.load(Ordering::Relaxed));
    let took = begun.elapsed();
    println!(
        "{engine_name}: {moved} transfers, {snapshots} snapshots, {fresh} of them of another moment than the one before, in {took:.0?}: \
         no wrong total"
    );
    assert!(fresh > snapshots / 100, "{fresh} of {snapshots}: they were not taken while money moved");
    let audit = town.store.audit(ledger).await.unwrap();
    assert!(audit.is_ok() && audit.transactions >= moved, "{audit:?}");
    drop(town);
    scene.twins.engine.close().await;
}

impl Town {
    fn is_enough(&self) -> bool {
        self.moved.load(Ordering::Relaxed) >= self.figure.transfers
            && self.snapshots.load(Ordering::Relaxed) >= self.figure.snapshots
    }
}

async fn move_money(town: Arc<Town>) {
    while !town.is_enough() {
        let batch = town.batches.fetch_add(1, Ordering::Relaxed);
        let transfers = (batch * BATCH..(batch + 1) * BATCH).map(|number| {
            let drawn = drawn(number);
            let from = drawn % WALLETS;
            let to = (from + 1 + drawn / WALLETS % (WALLETS - 1)) % WALLETS;
            let [from, to] = [from, to].map(|place| town.wallets[usize::try_from(place).unwrap()]);
            let cents = (drawn >> 40) % 100;
            let ask = by(town.alice).transfers(&format!("0.{:02}", cents.max(1)), from, to);
            Arc::new(Group::independent(vec![ask.command(&format!("transfer-{number}"))]))
        });
        let outcomes = town.store.commit(town.ledger, transfers.collect(), NOW, drawn(batch)).await.unwrap();
        let is_done = |outcome: &&GroupOutcome| {
            let GroupOutcome::Done(outcomes) = outcome else { panic!("nothing here is atomic: {outcome:?}") };
            outcomes.iter().all(|outcome| crate::conformance::scene::refusal(outcome).is_none())
        };
        let done = outcomes.iter().filter(is_done).count();
        town.moved.fetch_add(done.try_into().unwrap(), Ordering::Relaxed);
    }
}

async fn read(town: Arc<Town>) {
    let mut before: Vec<Version> = Vec::new();
    while !town.is_enough() {
        let records = town.store.balances(town.ledger, town.wallets.clone()).await.unwrap();
        assert_eq!(records.len(), town.wallets.len());
        let total: i128 = records.iter().map(|record| record.wallet.posted.units()).sum();
        assert_eq!(total, EACH * i128::from(WALLETS), "money is missing or there twice");
        let versions: Vec<Version> = records.iter().map(|record| record.wallet.version).collect();
        assert!(before.iter().zip(&versions).all(|(before, now)| before <= now), "a read went back");
        let is_fresh = versions != before;
        before = versions;
        let snapshots = town.snapshots.fetch_add(1, Ordering::Relaxed);
        town.fresh.fetch_add(is_fresh.into(), Ordering::Relaxed);
        if snapshots.is_multiple_of(100) {
            let lines = town.store.trial_balance(town.ledger).await.unwrap();
            assert_eq!(
                lines.iter().map(|line| line.posted.units()).sum::<i128>(),
                0,
                "the books do not balance"
            );
        }
    }
}

/// A number that looks random, the same in each run (`SplitMix64`).
fn drawn(number: u64) -> u64 {
    let mixed = (number.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
