//! What must hold on PostgreSQL when connections break, callers go away, and servers race each other.

mod bank;
mod cutting_proxy;

use bank::Bank;
use cutting_proxy::CuttingProxy;
use florin_ledger::{GroupOutcome, Outcome};
use florin_store::{Store, StoreError};
use std::time::Duration;

/// How often the small version of a drill repeats; the full figure is set by the environment.
fn repetitions(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
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
    let proxy = CuttingProxy::start(bank.port()).await;
    let behind_proxy = bank.another_server(|url| proxy.in_front_of(url)).await;
    for round in 0..repetitions("FLORIN_CUT_COMMITS", 20) {
        let transfer = bank::transfer(&format!("cut-{round}"), 1, 2, "1.00");
        proxy.cut_the_next_commit();
        let lost = behind_proxy.commit(bank.ledger, transfer.clone(), bank::NOW, 1).await;
        assert!(matches!(lost, Err(StoreError::OutcomeUnknown(_))), "round {round}: {lost:?}");

        let retried = one(behind_proxy.commit(bank.ledger, transfer, bank::NOW, 2).await.expect("a retry"));
        let first = bank.store.transaction(bank.ledger, bank::settled(&retried).id).await.expect("a read");
        assert!(matches!(retried, Outcome::Replayed(_)), "the server had committed: {retried:?}");
        assert_eq!(first.as_ref(), Some(bank::settled(&retried)));
    }
    bank.close_balanced().await;
}

#[tokio::test]
async fn servers_that_share_wallets_and_keys_neither_deadlock_nor_double() {
    let bank = Bank::open().await;
    let rounds = repetitions("FLORIN_SHARED_BATCHES", 30);
    let mut servers = tokio::task::JoinSet::new();
    for server in 0..3_i64 {
        let store = bank.another_server(str::to_owned).await;
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
    assert!(matches!(blocked, Err(StoreError::Unavailable(_))), "{blocked:?}");

    holder.batch_execute("ROLLBACK").await.expect("the lock is given back");
    let after = one(bank.store.commit(bank.ledger, transfer, bank::NOW, 2).await.expect("the lock is free"));
    assert!(matches!(after, Outcome::Settled(_)), "a refused attempt binds no key: {after:?}");
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
