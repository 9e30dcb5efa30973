//! Past Florin, with SQL but with its guards on: the database itself refuses what must not be.

use crate::asks::{Asks, by, by_the_house};
use crate::conformance::scene::{Scene, created};
use crate::engines::{Engine, OnPostgres, OnSqlite};
use florin_ledger::Timestamp;
use florin_store::{NewApiKey, NewApproval, Origin, RefreshToken, Store, StoredPin};

#[tokio::test]
async fn on_sqlite() {
    let own = [
        "CREATE TEMP TABLE copy AS SELECT * FROM transactions WHERE ledger_id = $ AND idempotency_key = 'first';
         UPDATE copy SET seq = 999, transaction_id = randomblob(16);
         INSERT INTO transactions SELECT * FROM copy",
        "DELETE FROM wallets WHERE ledger_id = $ AND wallet_id = 5",
        "UPDATE wallets SET posted = 0.5 WHERE ledger_id = $ AND wallet_id = 5",
    ];
    everything_is_refused(OnSqlite::start().await, &own).await;
}

#[tokio::test]
async fn on_postgres() {
    let own = [
        "CREATE TEMP TABLE copy AS SELECT * FROM transactions WHERE ledger_id = $ AND idempotency_key = 'first';
         UPDATE copy SET transaction_id = gen_random_uuid();
         INSERT INTO transactions SELECT * FROM copy",
        // Two writers that started from one version.
        "INSERT INTO entries SELECT ledger_id, wallet_id, version, gen_random_uuid(), direction, amount, balance_after
         FROM entries WHERE ledger_id = $ AND wallet_id = 5 AND version = 1",
        "TRUNCATE entries",
        "TRUNCATE transactions CASCADE",
        "TRUNCATE reversals",
        "TRUNCATE audit_log",
        "UPDATE wallets SET posted = 1e38 WHERE ledger_id = $ AND wallet_id = 5",
    ];
    everything_is_refused(OnPostgres::start_alone().await, &own).await;
}

/// `$` is the ledger. Wallet 5 is alice's, with a balance.
const REFUSED: &[&str] = &[
    // Balances and settings.
    "UPDATE wallets SET posted = -1 WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET posted = -101, credit_limit = 100 WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET status = 'closed' WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET status = 'odd' WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET credit_limit = -1 WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET credit_limit = 1000000000000000000 WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET version = -1 WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET user_id = NULL WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET user_id = 77 WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET system_role = 'bonus' WHERE ledger_id = $ AND wallet_id = 5",
    "UPDATE wallets SET asset = 'GOLD' WHERE ledger_id = $ AND wallet_id = 5",
    // One wallet an owner, asset and name.
    "INSERT INTO wallets (ledger_id, wallet_id, user_id, asset, name, status, posted, credit_limit, version,
         last_entry_at, created_at)
     SELECT ledger_id, 105, user_id, asset, name, status, 0, 0, 0, last_entry_at, created_at FROM wallets
     WHERE ledger_id = $ AND wallet_id = 5",
    "INSERT INTO wallets (ledger_id, wallet_id, system_role, asset, name, status, posted, credit_limit, version,
         last_entry_at, created_at)
     SELECT ledger_id, 105, system_role, asset, name, status, 0, 0, 0, last_entry_at, created_at FROM wallets
     WHERE ledger_id = $ AND wallet_id = 1",
    // Settled records.
    "UPDATE entries SET amount = 1 WHERE ledger_id = $",
    "DELETE FROM entries WHERE ledger_id = $",
    "UPDATE transactions SET reference = 'other' WHERE ledger_id = $",
    "DELETE FROM transactions WHERE ledger_id = $",
    "UPDATE reversals SET sequence = 7 WHERE ledger_id = $",
    "DELETE FROM reversals WHERE ledger_id = $",
    "INSERT INTO transactions SELECT * FROM transactions WHERE ledger_id = $ AND idempotency_key = 'first'",
    // Who did what.
    "UPDATE audit_log SET actor = 'anonymous' WHERE ledger_id = $",
    "DELETE FROM audit_log WHERE ledger_id = $",
    "INSERT INTO audit_log SELECT * FROM audit_log WHERE ledger_id = $",
    "INSERT INTO audit_log SELECT ledger_id, 105, at, actor, action, subject, 'odd', peer, request_id, details
     FROM audit_log WHERE ledger_id = $ AND audit_id = 1",
    // PINs and approvals.
    "UPDATE pins SET wrong = 3, under_way = 3 WHERE ledger_id = $",
    "UPDATE pins SET wrong = -1 WHERE ledger_id = $",
    "UPDATE pins SET phc = NULL WHERE ledger_id = $",
    "UPDATE pins SET user_id = 77 WHERE ledger_id = $",
    "INSERT INTO pins SELECT * FROM pins WHERE ledger_id = $",
    "UPDATE approvals SET user_id = 77 WHERE ledger_id = $",
    "INSERT INTO approvals SELECT * FROM approvals WHERE ledger_id = $",
    // Reversals: no two in one place, never above the original.
    "INSERT INTO reversals (ledger_id, original_id, sequence, reversal_id, reversed_total, original_amount)
     SELECT ledger_id, original_id, sequence, original_id, reversed_total, original_amount FROM reversals
     WHERE ledger_id = $",
    "INSERT INTO reversals (ledger_id, original_id, sequence, reversal_id, reversed_total, original_amount)
     SELECT ledger_id, original_id, 2, reversal_id, original_amount + 1, original_amount FROM reversals
     WHERE ledger_id = $",
    // People.
    "INSERT INTO users SELECT ledger_id, 105, username, 'other@example.com', password_hash, role, created_at
     FROM users WHERE ledger_id = $",
    "INSERT INTO users SELECT ledger_id, 105, 'other', email, password_hash, role, created_at
     FROM users WHERE ledger_id = $",
    "UPDATE users SET role = 'king' WHERE ledger_id = $",
    "INSERT INTO api_keys SELECT ledger_id, 105, name, secret_hash, scopes, created_by, created_at, revoked_at
     FROM api_keys WHERE ledger_id = $",
    "UPDATE api_keys SET created_by = 77 WHERE ledger_id = $",
    "INSERT INTO refresh_tokens SELECT * FROM refresh_tokens WHERE ledger_id = $",
    "UPDATE refresh_tokens SET user_id = 77 WHERE ledger_id = $",
    "INSERT INTO creation_keys SELECT * FROM creation_keys WHERE ledger_id = $ LIMIT 1",
    "UPDATE assets SET scale = 19 WHERE ledger_id = $",
    "INSERT INTO assets SELECT * FROM assets WHERE ledger_id = $",
    "INSERT INTO ledgers (ledger_id, code) VALUES ($, 'again')",
    "INSERT INTO ledgers (ledger_id, code) VALUES (77, 'main')",
];

async fn everything_is_refused(engine: Box<dyn Engine>, own: &[&str]) {
    let mut scene = Scene::new(engine);
    books(&mut scene).await;
    let before = scene.snapshot(scene.ledger).await;
    for sql in REFUSED.iter().chain(own) {
        let sql = sql.replace('$', &scene.ledger.to_string());
        let refused = scene.twins.engine.by_hand(&sql).await.expect_err(&sql);
        // For what it is, and not because the statement is wrong.
        let is_understood = ["constraint", "violates", "append-only", "never", "overflow"];
        assert!(is_understood.iter().any(|word| refused.contains(word)), "{sql}: {refused}");
    }
    assert_eq!(scene.snapshot(scene.ledger).await, before);
    scene.ends().await;
}

async fn books(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    scene.wallet(alice, "USD").await;
    scene.completes(by_the_house().tops_up(alice, "USD", "10.00")).await;
    let spent = scene.completes(by(alice).spends(alice, "USD", "5.00").under("first")).await;
    scene.completes(by_the_house().reverses_part(spent.id, "1.00")).await;
    let (key, now) = (scene.creation_key("", "x"), scene.now());
    let new = NewApiKey { name: "x".to_owned(), secret_hash: [7; 32], scopes: vec![], created_by: alice };
    created(scene.twins.create_api_key(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap());
    let expires_at = Timestamp(i64::MAX / 2);
    let token = RefreshToken { hash: [1; 32], family: 5, user: alice, created_at: now, expires_at };
    scene.twins.start_session(scene.ledger, token, Origin::SYSTEM).await.unwrap();
    let pin = StoredPin { phc: "hash".to_owned(), pepper_version: 1 };
    scene.twins.set_pin(scene.ledger, alice, pin, Origin::SYSTEM, now).await.unwrap();
    let approval = NewApproval { hash: [1; 32], user: alice, digest: [2; 32], created_at: now, expires_at };
    scene.twins.grant_approval(scene.ledger, approval, Origin::SYSTEM).await.unwrap();
}
