//! A payout whose runner loses its connections, or its lease, in the middle of a batch: every row is paid once.

use super::bank::{self, Bank};
use super::{cut_the_next_commit, repetitions};
use crate::payouts::stage::{group, row, upload};
use florin_lab::proxy::Point;
use florin_ledger::{
    AssetCode, Caller, Fingerprint, GroupOutcome, IdempotencyKey, KeyHash, Principal, RowNumber, Timestamp,
    UserId, WalletId,
};
use florin_store::payouts::{
    Execution, NewPayout, Payout, PayoutRefusal, PayoutRow, PayoutState, PayoutStore, RowState,
};
use florin_store::postgres::Postgres;
use florin_store::{Created, CreationKey, Origin, Store, StoreError};
use std::time::Duration;

const UNTIL: Timestamp = Timestamp(bank::NOW.0 + 10_000_000);
const PAYER: Caller = Caller { principal: Principal::User(UserId(1)), is_house: false };

fn key(name: &str) -> CreationKey {
    let hash = KeyHash::of(PAYER.principal, &IdempotencyKey::parse(name).expect("a key"));
    CreationKey { hash, fingerprint: Fingerprint::of(name, b"") }
}

async fn created(bank: &Bank) -> Payout {
    let asset = AssetCode::parse("USD").expect("a code");
    let new = NewPayout { source: WalletId(5), asset, name: None, creator: PAYER.principal };
    let made = bank.store.create_payout(bank.ledger, new, key("create"), Origin::SYSTEM, bank::NOW).await;
    let Ok(Created::New(payout)) = made else { panic!("{made:?}") };
    payout
}

/// A payout of so many rows of 0.10 from the bank's first wallet to its second and third, executed. The third is
/// frozen: its rows fail without a transaction, so nothing but the rows say that they were decided.
async fn executed(bank: &Bank, rows: i64) {
    let freeze = "UPDATE wallets SET status = 'frozen' WHERE wallet_id = 7";
    bank.client().await.batch_execute(freeze).await.expect("the wallet is free");
    let id = created(bank).await.id;
    let rows: Vec<_> = (1..=rows).map(|number| row(number, WalletId(6 + number % 2), "0.10")).collect();
    let revision = bank.store.begin_upload(bank.ledger, id).await.expect("a write").expect("it is pending");
    let stored = bank.store.store_rows(bank.ledger, id, revision, rows.clone()).await;
    stored.expect("a write").expect("it is under way");
    let upload = upload(revision, &rows);
    let ended = bank.store.end_upload(bank.ledger, id, revision, upload, Origin::SYSTEM, bank::NOW).await;
    let digest = ended.expect("a write").expect("they are good").content.expect("they are in force").digest;
    let execution = Execution { caller: PAYER, digest, allows_duplicate: false, needs_approval: false };
    let begun =
        bank.store.execute_payout(bank.ledger, id, execution, key("execute"), Origin::SYSTEM, bank::NOW);
    begun.await.expect("a write").expect("it can be executed");
}

async fn claims(store: &Postgres, bank: &Bank, held: Option<&Payout>) -> Payout {
    let held = held.map(|payout| (payout.id, payout.fence));
    let claimed = store.claim_payout(bank.ledger, held, bank::NOW, UNTIL).await.expect("a write");
    claimed.expect("nobody else wants it")
}

async fn undecided(store: &Postgres, bank: &Bank, payout: &Payout, limit: usize) -> Vec<PayoutRow> {
    let run = payout.run().expect("it is run");
    store.undecided_rows(bank.ledger, payout, run, RowNumber(0), limit).await.expect("a read")
}

async fn ends_paid(bank: Bank, payout: &Payout, rows: i64) {
    let run = payout.run().expect("it is run");
    let ended = bank.store.end_run(bank.ledger, run, payout.fence, bank::NOW).await.expect("a write");
    let ended = ended.expect("nobody else has the lease");
    assert_eq!(ended.state, PayoutState::PartiallyFailed);
    let revision = ended.content.expect("it has rows").revision;
    let all =
        bank.store.payout_rows(bank.ledger, payout.id, revision, <_>::default(), RowNumber(0), 10_000).await;
    let paid = all.expect("a read").iter().filter(|row| row.state == RowState::Paid).count();
    assert_eq!(i64::try_from(paid), Ok(rows / 2));
    assert_eq!(bank.transaction_count().await, paid + bank::OPENING_DEPOSITS);
    bank.close_balanced().await;
}

#[tokio::test]
async fn a_lost_batch_of_a_payout_pays_no_row_twice_and_loses_none() {
    let bank = Bank::open().await;
    let rounds = i64::try_from(repetitions("FLORIN_LOST_PAYOUT_BATCHES", 12)).expect("a small number");
    executed(&bank, rounds * 8).await;
    let (runner, proxy) = bank.server_behind_a_proxy().await;
    let mut payout = claims(&runner, &bank, None).await;
    let mut entropy = 0;
    let mut left = rounds * 8;
    for round in 0.. {
        let rows = undecided(&runner, &bank, &payout, 8).await;
        if rows.is_empty() {
            break;
        }
        // Two slices at once: the second is decided on the first one, which is lost, or seems to be.
        let slices = [group(&payout, &rows[..4], UNTIL), group(&payout, &rows[4..], UNTIL)];
        let [first, second] = slices.map(|slice| {
            entropy += 1;
            runner.commit(bank.ledger, vec![slice], bank::NOW, entropy)
        });
        let cut = if round % 2 == 0 { Point::After } else { Point::Before };
        cut_the_next_commit(&proxy, cut);
        let (first, second) = tokio::join!(biased; first, second);
        assert!(matches!(first, Err(StoreError::OutcomeUnknown(_))), "round {round}: {first:?}");
        let second = second.expect("it was not cut").remove(0);
        assert!(matches!(second, GroupOutcome::Done(_)), "{second:?}");
        let decided = if cut == Point::After { 8 } else { 4 };
        payout = claims(&runner, &bank, Some(&payout)).await;
        left -= decided;
        assert_eq!(
            undecided(&runner, &bank, &payout, 10_000).await.len(),
            usize::try_from(left).expect("not below 0")
        );
        if left % 8 == 4 {
            // The half that did not happen.
            let rows = undecided(&runner, &bank, &payout, 4).await;
            entropy += 1;
            let done =
                runner.commit(bank.ledger, vec![group(&payout, &rows, UNTIL)], bank::NOW, entropy).await;
            assert!(matches!(done.expect("it was not cut")[0], GroupOutcome::Done(_)));
            left -= 4;
        }
    }
    ends_paid(bank, &payout, rounds * 8).await;
}

/// The lease changes after the batch has read it, and before the batch writes.
#[tokio::test]
async fn a_lease_that_is_taken_away_meanwhile_stops_the_batch() {
    let bank = Bank::open().await;
    executed(&bank, 8).await;
    let mut payout = claims(&bank.store, &bank, None).await;
    for (round, held) in [5, 100, 5, 100].map(Duration::from_millis).into_iter().enumerate() {
        let rows = undecided(&bank.store, &bank, &payout, 8).await;
        assert_eq!(rows.len(), 8, "nothing was paid");
        let other = bank.client().await;
        let take = "BEGIN; UPDATE payouts SET fence = fence + 1, version = version + 1";
        other.batch_execute(take).await.expect("the payout is free");
        let taken = async {
            tokio::time::sleep(held).await;
            other.batch_execute("COMMIT").await.expect("a commit");
        };
        let entropy = 100 + u64::try_from(round).expect("a small number");
        let slice = vec![group(&payout, &rows, UNTIL)];
        let commit = bank.store.commit(bank.ledger, slice, bank::NOW, entropy);
        let (outcomes, ()) = tokio::join!(commit, taken);
        assert_eq!(outcomes.expect("the lock is free in time"), [GroupOutcome::Superseded]);
        payout = bank.store.payout(bank.ledger, payout.id).await.expect("a read").expect("it is there");
        payout = claims(&bank.store, &bank, Some(&payout)).await;
        // Until nobody else counts as met, batches take locks, and would not race.
        tokio::time::sleep(Duration::from_millis(1050)).await;
    }
    let rows = undecided(&bank.store, &bank, &payout, 8).await;
    bank.store.commit(bank.ledger, vec![group(&payout, &rows, UNTIL)], bank::NOW, 7).await.expect("a commit");
    ends_paid(bank, &payout, 8).await;
}

/// Rows that come while somebody ends the upload are not stored behind its back: what was counted is what is paid.
#[tokio::test]
async fn rows_that_come_while_an_upload_ends_are_refused() {
    let bank = Bank::open().await;
    let id = created(&bank).await.id;
    let revision = bank.store.begin_upload(bank.ledger, id).await.expect("a write").expect("it is pending");
    let other = bank.client().await;
    let end = "BEGIN; UPDATE payouts SET draft_revision = NULL, version = version + 1";
    other.batch_execute(end).await.expect("the payout is free");
    let ended = async {
        // Without a lock there is nothing to wait for.
        let _ = tokio::time::timeout(Duration::from_secs(1), bank.until_connections_wait(1)).await;
        other.batch_execute("COMMIT").await.expect("a commit");
    };
    let late = bank.store.store_rows(bank.ledger, id, revision, vec![row(1, WalletId(6), "0.10")]);
    let (late, ()) = tokio::join!(late, ended);
    assert_eq!(late.expect("the lock is free in time"), Err(PayoutRefusal::UploadSuperseded));
    let all = bank.store.payout_rows(bank.ledger, id, revision, <_>::default(), RowNumber(0), 10).await;
    assert!(all.expect("a read").is_empty());
    bank.close_balanced().await;
}
