//! Requests that arrive together.

use crate::bank::Bank;
use crate::call::Answer;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::json;
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// Sends all of them at once; the answers, in the order of the requests.
async fn at_once<F: Future<Output = Answer> + Send + 'static>(
    requests: impl IntoIterator<Item = F>,
) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for (index, request) in requests.into_iter().enumerate() {
        running.spawn(async move { (index, request.await) });
    }
    let answers: BTreeMap<_, _> = running.join_all().await.into_iter().collect();
    answers.into_values().collect()
}

fn codes(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for answer in answers {
        let code = answer.json()["code"].as_str().map_or_else(|| answer.status.to_string(), str::to_owned);
        *codes.entry(code).or_default() += 1;
    }
    codes
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_64_who_spend_the_whole_balance_one_wins(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, wallet) = bank.person_with("alice", "100.00").await;
    let body = json!({"asset": "USD", "amount": "100"});
    let answers = at_once((0..64).map(|index| {
        let call = alice.client.post("/v1/spends").key(&format!("spend-{index}")).json(&body);
        call.send()
    }))
    .await;
    let expected = BTreeMap::from([("201".to_owned(), 1), ("insufficient_funds".to_owned(), 63)]);
    assert_eq!(codes(&answers), expected);
    assert_eq!(bank.posted(wallet).await, "0.00");
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn twins_have_one_effect_and_one_answer(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "100.00").await;
    let (_, to) = bank.person_with("bob", "0").await;
    for round in 0..10 {
        let answers = at_once((0..8).map(|_| {
            let alice = alice.clone();
            async move { alice.sends(&format!("round-{round}"), from, to, "1").await }
        }))
        .await;
        assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
        assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    }
    assert_eq!((bank.posted(from).await, bank.posted(to).await), ("90.00".into(), "10.00".into()));
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn twins_that_create_create_one(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, _) = bank.person_with("alice", "0").await;
    let body = json!({"asset": "GOLD"});
    let answers = at_once((0..8).map(|_| alice.client.post("/v1/wallets").key("w").json(&body).send())).await;
    assert!(
        answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body),
        "{answers:#?}"
    );
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    let wallets = alice.client.read("/v1/wallets?asset=GOLD").await;
    assert_eq!(wallets["data"].as_array().unwrap().len(), 1);
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_race_on_one_version_one_wins(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "100.00").await;
    let (_, to) = bank.person_with("bob", "0").await;
    for version in 1..=5_i64 {
        let answers = at_once((0..16).map(|index| {
            let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
            let key = format!("{version}-{index}");
            alice.client.post("/v1/transfers").key(&key).if_match(version).json(&body).send()
        }))
        .await;
        let expected = BTreeMap::from([("201".to_owned(), 1), ("version_conflict".to_owned(), 15)]);
        assert_eq!(codes(&answers), expected);
        for lost in answers.into_iter().filter(|answer| answer.status == 412) {
            assert_eq!(lost.header("etag"), Some(format!("\"{}\"", version + 1).as_str()));
            assert_eq!(lost.json()["current_version"], version + 1);
        }
    }
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn opposed_pairs_do_not_wait_for_each_other(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "1000").await;
    let (bob, his) = bank.person_with("bob", "1000").await;
    let answers = at_once((0..200).map(|index| {
        let (sender, from, to) = if index % 2 == 0 { (&alice, hers, his) } else { (&bob, his, hers) };
        let sender = sender.clone();
        async move { sender.sends(&format!("k{index}"), from, to, "1.01").await }
    }))
    .await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!((bank.posted(hers).await, bank.posted(his).await), ("1000.00".into(), "1000.00".into()));
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_snapshot_misses_money_on_its_way(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, first) = bank.person_with("alice", "100").await;
    let second = bank.wallet_with(&alice, "USD", "second", "0").await;
    let sender = alice.clone();
    let sending = tokio::spawn(async move {
        for round in 0..60 {
            let (from, to) = if round % 2 == 0 { (first, second) } else { (second, first) };
            sender.sends(&format!("k{round}"), from, to, "100").await.ok();
        }
    });
    let mut snapshots = 0;
    while !sending.is_finished() || snapshots == 0 {
        let body = json!({"wallet_ids": [second, first]});
        let read = alice.client.post("/v1/wallets/balances").json(&body).send().await.ok();
        let posted: Vec<_> = (0..2).map(|index| read["balances"][index]["posted"].clone()).collect();
        assert!([["0.00", "100.00"], ["100.00", "0.00"]].iter().any(|whole| posted == whole), "{posted:?}");
        snapshots += 1;
    }
    sending.await.unwrap();
    bank.close().await;
}

/// A client that goes away cancels its waiting, never its command; the retry gets what became of it.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_did_not_wait_for_happens_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "100.00").await;
    let (_, to) = bank.person_with("bob", "0").await;
    for round in 0..30_u64 {
        let key = format!("k{round}");
        let wait = std::time::Duration::from_micros(100 * round);
        // Cut at different moments: before it is sent, while it waits, after it is done.
        drop(tokio::time::timeout(wait, alice.sends(&key, from, to, "1")).await);
        let retried = alice.sends(&key, from, to, "1").await;
        let again = alice.sends(&key, from, to, "1").await;
        assert_eq!((retried.status, again.is_replay()), (201, true));
        assert_eq!(retried.body, again.body);
    }
    assert_eq!((bank.posted(from).await, bank.posted(to).await), ("70.00".into(), "30.00".into()));
    bank.close().await;
}
