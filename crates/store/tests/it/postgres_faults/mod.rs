//! What must hold on PostgreSQL when connections break, callers go away, and servers race each other.

mod attempts;
mod bank;
mod payouts;
mod plans;

use bank::Bank;
use florin_lab::proxy::{Point, Proxy, When};
use florin_ledger::{GroupOutcome, Outcome, Rejection, Status};
use florin_store::{Store, StoreError, WalletFilter};
use std::time::Duration;

/// How often the small version of a drill repeats; the full figure is set by the environment.
fn repetitions(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// How long a commit that will be cut is on its way: time enough for the batch behind it to be decided.
const DELAY: Duration = Duration::from_millis(20);

/// Ends the connection of the next commit: before the server has it, or after and before its answer is heard.
fn cut_the_next_commit(proxy: &Proxy, point: Point) {
    let mut trap = proxy.trap(When::Commit, point);
    tokio::spawn(async move {
        let caught = trap.caught().await;
        tokio::time::sleep(DELAY).await;
        caught.cut();
    });
}

fn one(outcomes: Vec<GroupOutcome>) -> Outcome {
    match outcomes.into_iter().next() {
        Some(GroupOutcome::Done(mut outcomes)) => outcomes.remove(0),
        other => panic!("one outcome was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_unknown_and_its_retry_tells() {
    let bank = Bank::open().await;
    let (behind_proxy, proxy) = bank.server_behind_a_proxy().await;
    for round in 0..repetitions("FLORIN_CUT_COMMITS", 20) {
        let transfer = bank::transfer(&format!("cut-{round}"), 1, 2, "1.00");
        cut_the_next_commit(&proxy, Point::After);
        let lost = behind_proxy.commit(bank.ledger, transfer.clone(), bank::NOW, 1).await;
        assert!(matches!(lost, Err(StoreError::OutcomeUnknown(_))), "round {round}: {lost:?}");

        let retried = one(behind_proxy.commit(bank.ledger, transfer, bank::NOW, 2).await.expect("a retry"));
        let first = bank.store.transaction(bank.ledger, bank::settled(&retried).id).await.expect("a read");
        assert!(matches!(retried, Outcome::Replayed(_)), "the server had committed: {retried:?}");
        assert_eq!(first.as_ref(), Some(bank::settled(&retried)));
    }
    bank.close_balanced().await;
}

/// Two batches are under way, and what the second spends is what the first brings: its fate is the first one's.
#[tokio::test]
async fn a_batch_that_was_decided_on_a_lost_one_is_decided_again() {
    let bank = Bank::open().await;
    let (store, proxy) = bank.server_behind_a_proxy().await;
    for round in 0..repetitions("FLORIN_LOST_BATCHES", 10) {
        for (cut, expected) in [(Point::Before, Status::Failed), (Point::After, Status::Completed)] {
            let name = |what: &str| format!("{what}-{round}-{cut:?}");
            let gathered = bank::transfer(&name("gather"), 1, 2, "1000.00");
            let spent = bank::transfer(&name("spend"), 2, 3, "2000.00");
            cut_the_next_commit(&proxy, cut);
            let (lost, second) = tokio::join!(
                biased;
                store.commit(bank.ledger, gathered.clone(), bank::NOW, 1),
                store.commit(bank.ledger, spent, bank::NOW, 2),
            );
            assert!(matches!(lost, Err(StoreError::OutcomeUnknown(_))), "{lost:?}");
            let second = one(second.expect("it was not cut"));
            assert_eq!(bank::settled(&second).settlement.status(), expected, "{cut:?}");

            // Everything back to where it was, whatever became of it.
            let retried = one(store.commit(bank.ledger, gathered, bank::NOW, 3).await.expect("a retry"));
            assert_eq!(matches!(retried, Outcome::Replayed(_)), cut == Point::After, "{retried:?}");
            let (from, amount) = if cut == Point::After { (3, "2000.00") } else { (2, "1000.00") };
            let returned = bank::transfer(&name("back"), from, 1, amount);
            bank.store.commit(bank.ledger, returned, bank::NOW, 4).await.expect("the way back");
            if cut == Point::After {
                let returned = bank::transfer(&name("back-again"), 1, 2, "1000.00");
                bank.store.commit(bank.ledger, returned, bank::NOW, 5).await.expect("the way back");
            }
        }
    }
    bank.close_balanced().await;
}

/// The twin finds its key in the batch ahead; when that one is lost, nothing is there to be replayed.
#[tokio::test]
async fn a_twin_of_a_lost_batch_is_done_and_not_replayed() {
    let bank = Bank::open().await;
    let (store, proxy) = bank.server_behind_a_proxy().await;
    for round in 0..repetitions("FLORIN_LOST_BATCHES", 10) {
        let transfer = bank::transfer(&format!("twin-{round}"), 1, 2, "1.00");
        cut_the_next_commit(&proxy, Point::Before);
        let (lost, twin) = tokio::join!(
            biased;
            store.commit(bank.ledger, transfer.clone(), bank::NOW, 1),
            store.commit(bank.ledger, transfer, bank::NOW, 2),
        );
        assert!(matches!(lost, Err(StoreError::OutcomeUnknown(_))), "{lost:?}");
        let twin = one(twin.expect("it was not cut"));
        assert!(matches!(twin, Outcome::Settled(_)), "{twin:?}");
        let stored = bank.store.transaction(bank.ledger, bank::settled(&twin).id).await.expect("a read");
        assert_eq!(stored.as_ref(), Some(bank::settled(&twin)));
    }
    bank.close_balanced().await;
}

/// The freeze commits after the batch read the wallet, and before it writes it.
#[tokio::test]
async fn a_freeze_that_is_under_way_stops_the_batch_that_did_not_see_it() {
    let bank = Bank::open().await;
    for (round, held) in [5, 100, 5, 100].map(Duration::from_millis).into_iter().enumerate() {
        let freezer = bank.client().await;
        let freeze = "BEGIN; UPDATE wallets SET status = 'frozen' WHERE wallet_id = 5";
        freezer.batch_execute(freeze).await.expect("the wallet is free");
        let transfer = bank::transfer(&format!("racing-{round}"), 1, 2, "1.00");
        let frozen = async {
            tokio::time::sleep(held).await;
            freezer.batch_execute("COMMIT").await.expect("a commit");
        };
        let commit = bank.store.commit(bank.ledger, transfer, bank::NOW, 1);
        let (outcome, ()) = tokio::join!(commit, frozen);
        let outcome = one(outcome.expect("the freeze ends within the lock's timeout"));
        assert!(matches!(outcome, Outcome::Rejected(Rejection::WalletFrozen { .. })), "{outcome:?}");
        let thaw = "UPDATE wallets SET status = 'active' WHERE wallet_id = 5";
        freezer.batch_execute(thaw).await.expect("the wallet is free");
        // Until nobody else counts as met, batches take locks, and would not race.
        tokio::time::sleep(Duration::from_millis(1050)).await;
    }
    bank.close_balanced().await;
}

#[tokio::test]
async fn servers_that_share_wallets_and_keys_neither_deadlock_nor_double() {
    let bank = Bank::open().await;
    let rounds = repetitions("FLORIN_SHARED_BATCHES", 30);
    let mut servers = tokio::task::JoinSet::new();
    for server in 0..3_i64 {
        let store = bank.another_server().await;
        let mut batches = Vec::new();
        for round in 0..rounds {
            // Opposed pairs over the same few wallets, and one key that all servers use in every round.
            let (from, to) = if server % 2 == 0 { (1, 2) } else { (2, 1) };
            let mut batch = bank::transfer(&format!("own-{server}-{round}"), from, to, "0.01");
            batch.extend(bank::transfer(&format!("hot-{server}-{round}"), 3 + server, 1, "0.01"));
            batch.extend(bank::transfer(&format!("shared-{round}"), 6, 7, "0.05"));
            batches.push(batch);
        }
        let ledger = bank.ledger;
        servers.spawn(async move {
            let mut firsts = 0;
            // Servers draw ids of their own; at one time, it is the entropy that keeps them apart.
            let seeds = (0..).map(|round| round * 3 + server.unsigned_abs());
            for (entropy, batch) in seeds.zip(batches) {
                let outcomes =
                    store.commit(ledger, batch, bank::NOW, entropy).await.expect("a race is not an error");
                let shared = one(outcomes.into_iter().skip(2).collect());
                firsts += usize::from(matches!(shared, Outcome::Settled(_)));
            }
            firsts
        });
    }
    let firsts: usize = servers.join_all().await.into_iter().sum();
    assert_eq!(firsts, rounds, "each shared key has one effect");
    assert_eq!(bank.deadlocks().await, 0);
    assert_eq!(bank.transaction_count().await, rounds * 7 + bank::OPENING_DEPOSITS);
    bank.close_balanced().await;
}

#[tokio::test]
async fn a_lock_that_is_held_elsewhere_ends_in_unavailable_and_leaves_the_pool_whole() {
    let bank = Bank::open().await;
    let holder = bank.client().await;
    holder
        .batch_execute("BEGIN; SELECT 1 FROM wallets WHERE wallet_id = 5 FOR UPDATE")
        .await
        .expect("a lock");

    let transfer = bank::transfer("blocked", 1, 2, "1.00");
    let blocked = bank.store.commit(bank.ledger, transfer.clone(), bank::NOW, 1).await;
    let Err(StoreError::Unavailable(why)) = blocked else { panic!("{blocked:?}") };
    assert!(!why.contains("gave up"), "who has waited for a lock once does not wait again: {why}");

    holder.batch_execute("ROLLBACK").await.expect("the lock is given back");
    let after = one(bank.store.commit(bank.ledger, transfer, bank::NOW, 2).await.expect("the lock is free"));
    assert!(matches!(after, Outcome::Settled(_)), "a refused attempt binds no key: {after:?}");
    bank.close_balanced().await;
}

#[tokio::test]
async fn other_writes_that_wait_do_not_hold_up_a_batch() {
    let bank = Bank::open().await;
    let patient = std::sync::Arc::new(bank.patient_server().await);
    let holder = bank.client().await;
    holder.batch_execute("BEGIN; SELECT 1 FROM ledgers FOR UPDATE").await.expect("the counters' lock");
    let mut creations = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (patient, ledger) = (std::sync::Arc::clone(&patient), bank.ledger);
        creations.spawn(async move { bank::creates_a_wallet(&patient, ledger, number).await });
    }
    bank.until_connections_wait(2).await;

    let transfer = bank::transfer("not-held-up", 1, 2, "1.00");
    let settled =
        one(patient.commit(bank.ledger, transfer, bank::NOW, 1).await.expect("a connection of its own"));
    assert!(matches!(settled, Outcome::Settled(_)), "{settled:?}");
    holder.batch_execute("ROLLBACK").await.expect("the lock is given back");
    creations.join_all().await;
    bank.close_balanced().await;
}

#[tokio::test]
async fn a_commit_that_is_dropped_leaves_no_transaction_open() {
    let bank = Bank::open().await;
    for round in 0..repetitions("FLORIN_DROPPED_COMMITS", 40) {
        let transfer = bank::transfer(&format!("dropped-{round}"), 1, 2, "0.01");
        let commit = bank.store.commit(bank.ledger, transfer.clone(), bank::NOW, 1);
        let patience = Duration::from_micros(u64::try_from(round % 40).unwrap_or(0) * 100);
        let _ = tokio::time::timeout(patience, commit).await;
        let settled =
            one(bank.store.commit(bank.ledger, transfer, bank::NOW, 2).await.expect("the pool is whole"));
        assert_eq!(bank::settled(&settled).key.as_str(), format!("dropped-{round}"));
    }
    assert_eq!(bank.idle_in_transaction().await, 0);
    bank.close_balanced().await;
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_does_not_hold_up_the_next_one() {
    let bank = Bank::open().await;
    let patient = bank.patient_server().await;
    let holder = bank.client().await;
    holder.batch_execute("BEGIN; LOCK TABLE wallets IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let blocked = patient.wallets(bank.ledger, WalletFilter::default(), None, 1);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), blocked).await.is_err(),
        "it waits for the lock"
    );

    let next = tokio::time::timeout(Duration::from_secs(5), patient.users(bank.ledger, None, 1)).await;
    assert_eq!(next.expect("it has nothing to wait for").expect("a read").len(), 1);
    holder.batch_execute("ROLLBACK").await.expect("the lock is given back");
    bank.close_balanced().await;
}
