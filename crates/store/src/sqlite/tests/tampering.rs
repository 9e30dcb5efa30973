//! What somebody with the file and a tool can do to it, and what the audit says. The triggers are dropped first,
//! as they would.

use super::*;
use crate::AuditFault::{
    self, AssetUnbalanced, BelowFloor, ChainBroken, Gap, OrphanEntry, OrphanWallet, ReversalsDiffer,
    TransactionDiffers, VersionDiffers, WalletDiffers,
};

/// 10.00 topped up, 10.00 spent in two parts of which the second is reversed, and a spend that failed.
async fn books(folder: &TempDir) -> Sqlite {
    let store = store(folder).await;
    let (user, asset) = (UserId(1), usd());
    let amount = Decimal::parse("5.00").expect("an amount");
    let mut reversed = None;
    for text in ["first", "second"] {
        let spend = command(text, Movement::Spend { user, asset, amount });
        let outcomes = store.commit(LedgerId::MAIN, vec![spend], NOW, 8).await.expect("a commit");
        if let [GroupOutcome::Done(done)] = &outcomes[..]
            && let [Outcome::Settled(settled)] = &done[..]
        {
            reversed = Some(settled.id);
        }
    }
    let of = reversed.expect("a settled spend");
    let failing = command("failing", Movement::Spend { user, asset, amount });
    let reversal =
        command("reversal", Movement::Reversal { of, amount: Some(Decimal::parse("1.00").expect("one")) });
    store.commit(LedgerId::MAIN, vec![failing, reversal], NOW, 9).await.expect("a commit");
    let report = store.audit(LedgerId::MAIN).await.expect("an audit");
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.assets, report.wallets, report.transactions, report.entries), (1, 5, 5, 8));
    store
}

const NO_GUARDS: &str = "
    PRAGMA foreign_keys = OFF;
    PRAGMA ignore_check_constraints = ON;
    DROP TRIGGER transactions_never_updated; DROP TRIGGER transactions_never_deleted;
    DROP TRIGGER entries_never_updated; DROP TRIGGER entries_never_deleted;
    DROP TRIGGER reversals_never_updated; DROP TRIGGER reversals_never_deleted;
    DROP TRIGGER wallets_never_deleted;";

/// The audit's faults after `sql`.
async fn faults(sql: &str) -> Vec<AuditFault> {
    let folder = migrated();
    drop(books(&folder).await);
    let alone = Sqlite::connect_alone(folder.path()).expect("a connection");
    alone.connection.execute_batch(NO_GUARDS).expect("no guards");
    alone.connection.execute_batch(sql).expect(sql);
    drop(alone);
    let reader = Sqlite::open_read_only(folder.path()).expect("a reader");
    reader.audit(LedgerId::MAIN).await.expect("an audit").faults
}

#[tokio::test]
async fn an_entry_edited_shows() {
    let faults =
        faults("UPDATE entries SET amount = 600, balance_after = 400 WHERE wallet_id = 5 AND version = 2")
            .await;
    let [
        TransactionDiffers { .. },
        ChainBroken { version: 3, .. },
        WalletDiffers { .. },
        AssetUnbalanced { .. },
    ] = &faults[..]
    else {
        panic!("{faults:?}")
    };
}

#[tokio::test]
async fn an_entry_turned_round_shows() {
    let faults = faults("UPDATE entries SET direction = 'CREDIT' WHERE wallet_id = 5 AND version = 2").await;
    assert!(matches!(faults[0], TransactionDiffers { .. }), "{faults:?}");
}

#[tokio::test]
async fn an_entry_deleted_shows() {
    let faults = faults("DELETE FROM entries WHERE wallet_id = 5 AND version = 2").await;
    let wallet = WalletId(5);
    assert!(matches!(faults[0], TransactionDiffers { .. }), "{faults:?}");
    assert!(faults.contains(&Gap { wallet, expected: 2, found: 3 }), "{faults:?}");
    assert!(faults.contains(&VersionDiffers { wallet, version: 4, entries: 3 }), "{faults:?}");
}

#[tokio::test]
async fn entries_reordered_show() {
    let faults = faults(
        "UPDATE entries SET version = 9 WHERE wallet_id = 5 AND version = 2;
         UPDATE entries SET version = 2 WHERE wallet_id = 5 AND version = 3;
         UPDATE entries SET version = 3 WHERE wallet_id = 5 AND version = 9",
    )
    .await;
    assert!(faults.contains(&Gap { wallet: WalletId(5), expected: 2, found: 3 }), "{faults:?}");
}

#[tokio::test]
async fn a_history_cut_off_shows() {
    let newest = "SELECT max(seq) FROM transactions";
    let faults = faults(&format!(
        "DELETE FROM entries WHERE transaction_seq = ({newest}); DELETE FROM transactions WHERE seq = ({newest})"
    ))
    .await;
    let wallet = WalletId(5);
    assert!(faults.contains(&VersionDiffers { wallet, version: 4, entries: 3 }), "{faults:?}");
    assert!(matches!(faults.last(), Some(ReversalsDiffer { .. })), "{faults:?}");
}

#[tokio::test]
async fn a_transaction_deleted_leaves_orphans() {
    let faults = faults("DELETE FROM transactions WHERE seq = 2").await;
    assert!(faults.contains(&OrphanEntry { wallet: WalletId(5), version: 2 }), "{faults:?}");
    assert!(faults.contains(&OrphanEntry { wallet: WalletId(3), version: 1 }), "{faults:?}");
}

#[tokio::test]
async fn a_pointer_led_elsewhere_shows() {
    let previous = faults("UPDATE entries SET previous = 1 WHERE wallet_id = 5 AND version = 3").await;
    assert_eq!(previous, [Gap { wallet: WalletId(5), expected: 2, found: 3 }]);
    let last = faults("UPDATE wallets SET last_entry = 2 WHERE wallet_id = 5").await;
    assert_eq!(last, [Gap { wallet: WalletId(5), expected: 4, found: 4 }]);
    let debit = faults("UPDATE transactions SET debit_entry = 1 WHERE seq = 2").await;
    assert!(matches!(debit[..], [TransactionDiffers { .. }]), "{debit:?}");
}

#[tokio::test]
async fn a_balance_edited_shows() {
    let richer = faults("UPDATE wallets SET posted = posted + 1 WHERE wallet_id = 5").await;
    assert!(matches!(richer[..], [WalletDiffers { wallet: WalletId(5), .. }]), "{richer:?}");
    let below = faults("UPDATE wallets SET posted = -1 WHERE wallet_id = 5").await;
    assert!(below.contains(&BelowFloor { wallet: WalletId(5) }), "{below:?}");
}

#[tokio::test]
async fn a_transaction_edited_shows() {
    for sql in [
        "UPDATE transactions SET amount = 1 WHERE seq = 2",
        "UPDATE transactions SET to_wallet_id = 4 WHERE seq = 2",
        "UPDATE transactions SET asset = 'GOLD' WHERE seq = 2",
        "UPDATE transactions SET status = 'FAILED' WHERE seq = 2",
        "UPDATE transactions SET status = 'COMPLETED' WHERE status = 'FAILED'",
    ] {
        let faults = faults(sql).await;
        assert!(faults.iter().any(|fault| matches!(fault, TransactionDiffers { .. })), "{sql}: {faults:?}");
    }
}

#[tokio::test]
async fn a_list_of_reversals_edited_shows() {
    for sql in [
        "DELETE FROM reversals",
        "UPDATE reversals SET sequence = 2",
        "UPDATE reversals SET reversed_total = 99",
        "UPDATE reversals SET original_amount = 1000",
        "UPDATE reversals SET reversal_id = randomblob(16)",
        "UPDATE reversals SET original_id = randomblob(16)",
    ] {
        let faults = faults(sql).await;
        assert!(faults.iter().all(|fault| matches!(fault, ReversalsDiffer { .. })), "{sql}: {faults:?}");
        assert!(!faults.is_empty(), "{sql}");
    }
}

#[tokio::test]
async fn a_wallet_without_owner_or_asset_shows() {
    let owner = faults("UPDATE wallets SET user_id = 7 WHERE wallet_id = 5").await;
    assert_eq!(owner, [OrphanWallet { wallet: WalletId(5) }]);
    let asset = faults("UPDATE wallets SET asset = 'GOLD' WHERE wallet_id = 4").await;
    assert!(asset.contains(&OrphanWallet { wallet: WalletId(4) }), "{asset:?}");
    let wallet = faults("DELETE FROM wallets WHERE wallet_id = 3").await;
    assert!(wallet.contains(&OrphanEntry { wallet: WalletId(3), version: 1 }), "{wallet:?}");
}
