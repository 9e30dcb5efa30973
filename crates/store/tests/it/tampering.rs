//! Past Florin, with SQL and its guards switched off: whatever is changed, the audit says so.

use crate::asks::{Asks, by, by_the_house};
use crate::conformance::scene::Scene;
use crate::engines::{Engine, OnPostgres, OnSqlite};
use florin_ledger::LedgerId;
use florin_store::{AuditFault, Store};
use std::collections::BTreeSet;

#[tokio::test]
async fn on_sqlite() {
    let no_guards = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
        DROP TRIGGER IF EXISTS transactions_never_updated; DROP TRIGGER IF EXISTS transactions_never_deleted;
        DROP TRIGGER IF EXISTS entries_never_updated; DROP TRIGGER IF EXISTS entries_never_deleted;
        DROP TRIGGER IF EXISTS reversals_never_updated; DROP TRIGGER IF EXISTS reversals_never_deleted;
        DROP TRIGGER IF EXISTS wallets_never_deleted;";
    everything_shows(OnSqlite::start().await, no_guards).await;
}

#[tokio::test]
async fn on_postgres() {
    // Neither triggers nor foreign keys in this session.
    let no_guards = "SET session_replication_role = replica;
        ALTER TABLE wallets DROP CONSTRAINT IF EXISTS wallets_not_below_floor;
        ALTER TABLE transactions DROP CONSTRAINT IF EXISTS transactions_settled;
        ALTER TABLE reversals DROP CONSTRAINT IF EXISTS reversals_within_original;";
    everything_shows(OnPostgres::start_alone().await, no_guards).await;
}

/// What is done to a ledger, written `$`, and what the audit must find, among others. Wallet 5 is alice's, with
/// entries 1 (top-up), 2 and 3 (spends) and 4 (a part of the second spend, reversed).
const TAMPERINGS: &[(&str, &[&str])] = &[
    (
        "UPDATE entries SET amount = 600, balance_after = 400 WHERE ledger_id = $ AND wallet_id = 5 AND version = 2",
        &["ChainBroken", "WalletDiffers", "TransactionDiffers", "AssetUnbalanced"],
    ),
    (
        "UPDATE entries SET balance_after = 501 WHERE ledger_id = $ AND wallet_id = 5 AND version = 2",
        &["ChainBroken"],
    ),
    (
        "UPDATE entries SET direction = 'CREDIT' WHERE ledger_id = $ AND wallet_id = 5 AND version = 2",
        &["TransactionDiffers"],
    ),
    (
        "DELETE FROM entries WHERE ledger_id = $ AND wallet_id = 5 AND version = 2",
        &["Gap", "VersionDiffers", "WalletDiffers", "TransactionDiffers", "AssetUnbalanced"],
    ),
    ("DELETE FROM entries WHERE ledger_id = $ AND wallet_id = 5 AND version = 4", &["VersionDiffers"]),
    // Two entries reordered. What differs is an engine's own: one has pointers from entry to entry, the other has not.
    (
        "UPDATE entries SET version = 9 WHERE ledger_id = $ AND wallet_id = 5 AND version = 2;
         UPDATE entries SET version = 2 WHERE ledger_id = $ AND wallet_id = 5 AND version = 3;
         UPDATE entries SET version = 3 WHERE ledger_id = $ AND wallet_id = 5 AND version = 9",
        &[],
    ),
    // The newest transaction cut off, with all that is known of it but for the wallets.
    (
        "DELETE FROM reversals WHERE ledger_id = $;
         DELETE FROM entries WHERE ledger_id = $ AND (wallet_id = 5 AND version = 4 OR wallet_id = 3 AND version = 3);
         DELETE FROM transactions WHERE ledger_id = $ AND type = 'reversal'",
        &["VersionDiffers", "WalletDiffers"],
    ),
    ("UPDATE entries SET version = 9 WHERE ledger_id = $ AND wallet_id = 5 AND version = 4", &["Gap"]),
    (
        "UPDATE entries SET wallet_id = 77 WHERE ledger_id = $ AND wallet_id = 5 AND version = 2",
        &["OrphanEntry"],
    ),
    ("UPDATE wallets SET posted = posted + 1 WHERE ledger_id = $ AND wallet_id = 5", &["WalletDiffers"]),
    (
        "UPDATE wallets SET posted = -1 WHERE ledger_id = $ AND wallet_id = 5",
        &["BelowFloor", "WalletDiffers"],
    ),
    ("UPDATE wallets SET version = version + 1 WHERE ledger_id = $ AND wallet_id = 5", &["VersionDiffers"]),
    ("UPDATE wallets SET user_id = 77 WHERE ledger_id = $ AND wallet_id = 5", &["OrphanWallet"]),
    ("UPDATE wallets SET asset = 'GOLD' WHERE ledger_id = $ AND wallet_id = 4", &["OrphanWallet"]),
    ("DELETE FROM wallets WHERE ledger_id = $ AND wallet_id = 3", &["OrphanEntry"]),
    ("DELETE FROM transactions WHERE ledger_id = $ AND idempotency_key = 'first'", &["OrphanEntry"]),
    (
        "UPDATE transactions SET amount = 1 WHERE ledger_id = $ AND idempotency_key = 'first'",
        &["TransactionDiffers"],
    ),
    (
        "UPDATE transactions SET to_wallet_id = 4 WHERE ledger_id = $ AND idempotency_key = 'first'",
        &["TransactionDiffers"],
    ),
    (
        "UPDATE transactions SET asset = 'GOLD' WHERE ledger_id = $ AND idempotency_key = 'first'",
        &["TransactionDiffers"],
    ),
    (
        "UPDATE transactions SET status = 'FAILED' WHERE ledger_id = $ AND idempotency_key = 'first'",
        &["TransactionDiffers"],
    ),
    (
        "UPDATE transactions SET status = 'COMPLETED' WHERE ledger_id = $ AND idempotency_key = 'failed'",
        &["TransactionDiffers"],
    ),
    ("DELETE FROM reversals WHERE ledger_id = $", &["ReversalsDiffer"]),
    ("UPDATE reversals SET sequence = 2 WHERE ledger_id = $", &["ReversalsDiffer"]),
    ("UPDATE reversals SET reversed_total = 99 WHERE ledger_id = $", &["ReversalsDiffer"]),
    ("UPDATE reversals SET original_amount = 1000 WHERE ledger_id = $", &["ReversalsDiffer"]),
    ("UPDATE reversals SET reversal_id = original_id WHERE ledger_id = $", &["ReversalsDiffer"]),
];

async fn everything_shows(engine: Box<dyn Engine>, no_guards: &str) {
    let mut scene = Scene::new(engine);
    let untouched = scene.ledger;
    books(&mut scene, untouched).await;
    let mut seen = BTreeSet::new();
    for (number, (sql, expected)) in (1_000..).zip(TAMPERINGS) {
        let ledger = LedgerId(number);
        scene.twins.engine.add_ledger(ledger).await;
        scene.twins.model.add_ledger(ledger);
        books(&mut scene, ledger).await;
        let sql = sql.replace('$', &ledger.to_string());
        scene.twins.engine.by_hand(&format!("{no_guards} {sql}")).await.unwrap();
        let report = scene.twins.engine.store().audit(ledger).await.unwrap();
        assert!(!report.is_ok(), "{sql}");
        let found: BTreeSet<_> = report.faults.iter().map(kind).collect();
        let missing: Vec<_> = expected.iter().filter(|kind| !found.contains(*kind)).collect();
        assert!(missing.is_empty(), "{sql}: no {missing:?} in {:?}", report.faults);
        seen.extend(expected.iter().copied());
        let untouched = scene.twins.audit(untouched).await.unwrap();
        assert!(untouched.is_ok(), "another ledger's audit is none of ours: {untouched:?}");
    }
    assert_eq!(seen.len(), KINDS, "every kind of fault is shown");
    scene.twins.engine.close().await;
}

/// 10.00 topped up and spent in two parts, of which the second is reversed in part, and a spend that failed.
async fn books(scene: &mut Scene, ledger: LedgerId) {
    scene.ledger = ledger;
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    scene.wallet(alice, "USD").await;
    scene.completes(by_the_house().tops_up(alice, "USD", "10.00")).await;
    scene.completes(by(alice).spends(alice, "USD", "5.00").under("first")).await;
    let second = scene.completes(by(alice).spends(alice, "USD", "5.00")).await;
    scene.refuses(by(alice).spends(alice, "USD", "0.01").under("failed")).await;
    scene.completes(by_the_house().reverses_part(second.id, "1.00")).await;
    assert!(scene.twins.audit(ledger).await.unwrap().is_ok());
}

/// How many kinds there are, without those of payouts.
const KINDS: usize = 10;

/// A new kind does not compile until it is named here, and then has to be shown.
pub(crate) fn kind(fault: &AuditFault) -> &'static str {
    match fault {
        AuditFault::AssetUnbalanced { .. } => "AssetUnbalanced",
        AuditFault::WalletDiffers { .. } => "WalletDiffers",
        AuditFault::VersionDiffers { .. } => "VersionDiffers",
        AuditFault::Gap { .. } => "Gap",
        AuditFault::ChainBroken { .. } => "ChainBroken",
        AuditFault::OrphanEntry { .. } => "OrphanEntry",
        AuditFault::TransactionDiffers { .. } => "TransactionDiffers",
        AuditFault::BelowFloor { .. } => "BelowFloor",
        AuditFault::ReversalsDiffer { .. } => "ReversalsDiffer",
        AuditFault::OrphanWallet { .. } => "OrphanWallet",
        // Shown where payouts are: `payouts::tampering`.
        AuditFault::PayoutDiffers { .. } => "PayoutDiffers",
        AuditFault::PayoutRowDiffers { .. } => "PayoutRowDiffers",
        AuditFault::PayoutStray { .. } => "PayoutStray",
    }
}
