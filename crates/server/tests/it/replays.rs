//! Retries that are answered past the committer.

use crate::bank::Bank;
use crate::beside::Beside;
use crate::engine::Engine;
use crate::redis_server::RedisServer;
use florin_ledger::{IdempotencyKey, KeyHash, LedgerId, TransactionId};
use florin_server::cache::Cache;
use florin_server::limits::LimitSettings;
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_answered_past_the_committer_and_only_as_the_store_says(
    #[values(false, true)] in_redis: bool,
) {
    let (bank, redis) = (Bank::open(Engine::Postgres).await, RedisServer::start().await);
    let link = if in_redis { Some(redis.link().await) } else { None };
    let one = Beside::start(&bank, LimitSettings::default(), link.clone()).await;
    let other = Beside::start(&bank, LimitSettings::default(), link).await;
    let (alice, from) = bank.person_with("alice", "100").await;
    let (bob, to) = bank.person_with("bob", "0").await;
    let (here, there, bob) = (one.person(&alice), other.person(&alice), one.person(&bob));
    let paid = here.sends("lunch", from, to, "1").await;
    let refused = here.sends("yacht", from, to, "1000").await;
    assert_eq!((paid.status, refused.status), (201, 422));
    for person in [&here, &there] {
        let again = person.sends("lunch", from, to, "1").await;
        assert!(again.is_replay() && (again.status, &again.body) == (201, &paid.body), "{again:?}");
        let again = person.sends("yacht", from, to, "1000").await;
        assert!(again.is_replay());
        assert_eq!(again.problem("insufficient_funds")["available"], "99.00");
        person.sends("lunch", from, to, "2").await.problem("idempotency_key_reused");
    }
    // Another's key of the same name is another key.
    let theirs = bob.sends("lunch", to, from, "1").await;
    assert_eq!((theirs.status, theirs.is_replay()), (201, false));
    assert_eq!((bank.posted(from).await, bank.posted(to).await), ("100.00".to_owned(), "0.00".to_owned()));

    // Where nothing takes commands any more, what is settled is still known.
    one.stop_committing().await;
    assert_eq!(here.sends("lunch", from, to, "1").await.body, paid.body);
    here.sends("dinner", from, to, "1").await.problem("unavailable");
    one.stop().await;
    other.stop().await;
    bank.close().await;
}

/// As after a restored database, or a failover that lost commits.
#[tokio::test(flavor = "multi_thread")]
async fn a_hint_that_the_store_does_not_confirm_is_none() {
    let (bank, redis) = (Bank::open(Engine::Postgres).await, RedisServer::start().await);
    let link = redis.link().await;
    let cache = Cache::shared(link.clone());
    let server = Beside::start_with(&bank, LimitSettings::default(), Some(link), cache.clone()).await;
    let (alice, from) = bank.person_with("alice", "100").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let alice = server.person(&alice);
    let paid = alice.sends("lunch", from, to, "1").await.ok();
    let id = uuid::Uuid::parse_str(paid["id"].as_str().unwrap()).unwrap();
    let lunch = bank.store.transaction(LedgerId::MAIN, TransactionId(id.as_u128())).await.unwrap().unwrap();
    let hash = |key: &str| {
        let key = IdempotencyKey::parse(key).unwrap();
        KeyHash::of(lunch.principal, &key)
    };
    let mut wrong = lunch.clone();
    wrong.key_hash = hash("dinner");
    cache.keep_settled(LedgerId::MAIN, &wrong);
    let mut gone = lunch.clone();
    (gone.key_hash, gone.id) = (hash("supper"), TransactionId(7));
    cache.keep_settled(LedgerId::MAIN, &gone);
    for key in ["dinner", "supper"] {
        let answer = alice.sends(key, from, to, "1").await;
        assert_eq!((answer.status, answer.is_replay()), (201, false), "{key}");
    }
    assert_eq!(bank.posted(to).await, "3.00");
    server.stop().await;
    bank.close().await;
}
