//! Payouts before anything is paid.

use super::stage::{Stage, bad_row, digest, row, usd};
use crate::asks::code;
use florin_ledger::{Amount, Fence, PayoutId, Principal, RowNumber, WalletStatus};
use florin_store::payouts::{
    Content, Draft, DraftCounts, Finding, NewPayout, PayoutFilter, PayoutRefusal, PayoutRow, PayoutState,
    RowFilter, RowState, Upload, UploadedRow,
};
use florin_store::{Created, Origin, Payout, StoreError, Username};

pub(super) async fn a_payout_begins_empty_and_its_creation_replays(stage: &Stage) {
    let (key, now) = (stage.key("create"), stage.now());
    let create = async |payout, now| {
        stage.store.create_payout(stage.ledger, payout, key, Origin::SYSTEM, now).await.unwrap()
    };
    let first = Payout {
        id: PayoutId(1),
        source: stage.source,
        asset: code("USD"),
        name: Some("June".to_owned()),
        creator: Principal::User(stage.alice),
        created_at: now,
        state: PayoutState::Pending,
        content: None,
        draft: None,
        next_revision: 1,
        approval: None,
        payment: None,
        compensation: None,
        reversed_total: Amount::ZERO,
        version: 1,
        fence: Fence(0),
        lease_until: None,
    };
    assert_eq!(create(stage.new_payout(), now).await, Created::New(first.clone()));
    assert_eq!(stage.payout(first.id).await, first);
    stage.uploads(first.id, &[row(1, stage.to[0], "1.00")]).await;
    // As it was created then.
    assert_eq!(create(stage.new_payout(), stage.now()).await, Created::Replayed(first.clone()));
    assert_eq!(stage.creates().await.id, PayoutId(2), "a replay takes no id");
    assert_eq!(stage.store.payout(stage.second, first.id).await.unwrap(), None);

    let of_nobody = NewPayout { source: florin_ledger::WalletId(77), ..stage.new_payout() };
    let (key, now) = (stage.key("create"), stage.now());
    let made = stage.store.create_payout(stage.ledger, of_nobody, key, Origin::SYSTEM, now).await;
    assert!(matches!(made, Err(StoreError::Inconsistent(_))), "{made:?}");
}

pub(super) async fn good_rows_come_in_force(stage: &Stage) {
    let payout = stage.creates().await;
    let rows: Vec<_> = (1..=5).map(|number| row(number, stage.to[0], "1.50")).collect();
    let uploaded = stage.uploads(payout.id, &rows).await;
    let content = Content { revision: 1, rows: 5, total: usd("7.50"), digest: digest(&rows) };
    assert_eq!(
        (uploaded.content, uploaded.draft, uploaded.state),
        (Some(content), None, PayoutState::Pending)
    );
    assert_eq!(stage.payout(payout.id).await, uploaded);
    let stored = stage.rows(payout.id).await;
    assert!(stored.iter().all(|row| row.state == RowState::Pending && row.run == 0));
    assert_eq!(of(&stored), rows);
}

fn of(rows: &[PayoutRow]) -> Vec<UploadedRow> {
    rows.iter().map(|row| row.uploaded.clone()).collect()
}

pub(super) async fn another_upload_takes_their_place(stage: &Stage) {
    let payout = stage.uploaded(&["1.00", "2.00", "3.00"]).await;
    let rows = [row(1, stage.to[1], "9.00")];
    let uploaded = stage.uploads(payout.id, &rows).await;
    assert_eq!(uploaded.content.unwrap().digest, digest(&rows));
    assert!(uploaded.version > payout.version);
    assert_eq!(of(&stage.rows(payout.id).await), rows);
}

pub(super) async fn a_bad_upload_stays_a_draft_and_changes_nothing(stage: &Stage) {
    let payout = stage.uploaded(&["1.00", "2.00"]).await;
    let rows = [row(1, stage.to[0], "5.00"), bad_row(2, "=1+1"), bad_row(3, "")];
    let uploaded = stage.uploads(payout.id, &rows).await;
    let counts = DraftCounts { rows: 3, bad_rows: 2 };
    assert_eq!(uploaded.draft, Some(Draft { revision: 2, counts: Some(counts) }));
    assert_eq!(uploaded.content, payout.content);
    assert_eq!(stage.rows(payout.id).await.len(), 2, "the rows in force stay");

    let only_bad = RowFilter { state: Some(RowState::Invalid), ..RowFilter::default() };
    let bad = stage.store.payout_rows(stage.ledger, payout.id, 2, only_bad, RowNumber(0), 10).await.unwrap();
    assert_eq!(of(&bad), rows[1..]);
    // It is what is in force that is executed.
    assert_eq!(stage.executes(&uploaded).await.payment.unwrap().rows, 2);
    let claimed = stage.claims().await;
    assert_eq!(stage.runs(&claimed).await.state, PayoutState::Completed);
    assert_eq!(stage.balance(stage.source).await, "997.00");
}

pub(super) async fn a_draft_is_mended(stage: &Stage) {
    let payout = stage.creates().await;
    let nothing = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap();
    assert_eq!(nothing, Err(PayoutRefusal::NothingToMend));
    let rows = [bad_row(1, "1,00"), row(2, stage.to[1], "2.00"), bad_row(3, "x")];
    stage.uploads(payout.id, &rows).await;

    // One is mended; the other is bad in another way.
    let revision = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap().unwrap();
    let mended = [row(1, stage.to[0], "1.00"), rows[1].clone(), bad_row(3, "-3")];
    stage.stores(payout.id, revision, &[mended[0].clone(), mended[2].clone()]).await.unwrap();
    let draft = stage.ends_upload(payout.id, revision, &mended).await.unwrap().draft.unwrap();
    assert_eq!(draft.counts, Some(DraftCounts { rows: 3, bad_rows: 1 }));
    assert_eq!(of(&stage.rows_of(payout.id, revision).await), mended);

    let revision = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap().unwrap();
    let mended = [mended[0].clone(), mended[1].clone(), row(3, stage.to[2], "3.00")];
    stage.stores(payout.id, revision, &mended[2..]).await.unwrap();
    let good = stage.ends_upload(payout.id, revision, &mended).await.unwrap();
    assert_eq!((good.draft, good.content.map(|content| content.total)), (None, Some(usd("6.00"))));
    assert_eq!(of(&stage.rows(payout.id).await), mended);
}

pub(super) async fn of_two_mendings_one_may(stage: &Stage) {
    let payout = stage.creates().await;
    stage.uploads(payout.id, &[bad_row(1, "x")]).await;
    let first = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap().unwrap();
    let second = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap();
    assert_eq!(second, Err(PayoutRefusal::NothingToMend), "it could change what the first has counted");
    let mended = [row(1, stage.to[0], "1.00")];
    stage.stores(payout.id, first, &mended).await.unwrap();
    stage.ends_upload(payout.id, first, &mended).await.unwrap();
    assert_eq!(stage.stores(payout.id, first, &mended).await, Err(PayoutRefusal::UploadSuperseded));
}

pub(super) async fn a_mending_that_was_given_up_can_begin_again(stage: &Stage) {
    let payout = stage.creates().await;
    stage.uploads(payout.id, &[bad_row(1, "x")]).await;
    let revision = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap().unwrap();
    let mended = [row(1, stage.to[0], "1.00")];
    stage.stores(payout.id, revision, &mended).await.unwrap();
    // The file ended in the middle, so nothing comes in force, though no row is bad any more.
    let left = Upload::Bad(DraftCounts { rows: 1, bad_rows: 0 });
    let now = stage.now();
    stage
        .store
        .end_upload(stage.ledger, payout.id, revision, left, Origin::SYSTEM, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stage.payout(payout.id).await.content, None);
    let again = stage.store.begin_mending(stage.ledger, payout.id).await.unwrap().unwrap();
    let good = stage.ends_upload(payout.id, again, &mended).await.unwrap();
    assert_eq!(good.content.map(|content| content.total), Some(usd("1.00")));
}

pub(super) async fn an_upload_that_was_overtaken_can_store_nothing_more(stage: &Stage) {
    let payout = stage.creates().await;
    let slow = stage.store.begin_upload(stage.ledger, payout.id).await.unwrap().unwrap();
    let late = [row(1, stage.to[0], "1.00")];
    stage.stores(payout.id, slow, &late).await.unwrap();
    let rows = [row(1, stage.to[1], "2.00")];
    stage.uploads(payout.id, &rows).await;
    assert_eq!(stage.stores(payout.id, slow, &late).await, Err(PayoutRefusal::UploadSuperseded));
    assert_eq!(stage.ends_upload(payout.id, slow, &late).await, Err(PayoutRefusal::UploadSuperseded));
    assert_eq!(of(&stage.rows(payout.id).await), rows);

    let unknown = PayoutId(77);
    assert_eq!(stage.store.begin_upload(stage.ledger, unknown).await.unwrap(), Err(PayoutRefusal::NotFound));
    assert_eq!(stage.stores(unknown, 1, &late).await, Err(PayoutRefusal::NotFound));
    assert_eq!(stage.ends_upload(unknown, 1, &late).await, Err(PayoutRefusal::NotFound));
}

pub(super) async fn rows_are_stored_once_and_swept_when_they_no_longer_count(stage: &Stage) {
    let payout = stage.creates().await;
    let revision = stage.store.begin_upload(stage.ledger, payout.id).await.unwrap().unwrap();
    let rows = [row(1, stage.to[0], "1.00"), row(2, stage.to[1], "2.00")];
    stage.stores(payout.id, revision, &rows).await.unwrap();
    // A chunk that is sent again, and one that has a row twice: the last one counts.
    let twice = vec![bad_row(2, "x"), rows[1].clone()];
    stage.store.store_rows(stage.ledger, payout.id, revision, twice).await.unwrap().unwrap();
    stage.ends_upload(payout.id, revision, &rows).await.unwrap();
    assert_eq!(of(&stage.rows(payout.id).await), rows);

    assert!(!stage.store.sweep_rows(stage.ledger, payout.id).await.unwrap());
    stage.uploads(payout.id, &[row(1, stage.to[2], "3.00")]).await;
    stage.uploads(payout.id, &[bad_row(1, "x")]).await;
    assert_eq!(stage.rows_of(payout.id, 1).await.len(), 2);
    while stage.store.sweep_rows(stage.ledger, payout.id).await.unwrap() {}
    let left = [1, 2, 3].map(async |revision| stage.rows_of(payout.id, revision).await.len());
    let [first, in_force, draft] = left;
    assert_eq!((first.await, in_force.await, draft.await), (0, 1, 1));
}

pub(super) async fn rows_of_all_kinds_come_back_as_they_were(stage: &Stage) {
    let payout = stage.creates().await;
    let largest = Amount::MAX;
    let rows = [
        UploadedRow {
            line: 9_000,
            recipient: "user:dave".to_owned(),
            reference: Some("Löhne 🍜 \"June\"".to_owned()),
            memo: Some("a, b; c\td".to_owned()),
            checked: florin_store::payouts::Checked::Good { wallet: stage.to[2], amount: largest },
            ..row(1, stage.to[2], "1.00")
        },
        UploadedRow { reference: Some("x".repeat(140)), memo: None, ..row(7, stage.to[0], "0.01") },
        UploadedRow {
            recipient: String::new(),
            memo: Some("m".to_owned()),
            ..bad_row(1_000_000, "=HYPERLINK(1)")
        },
    ];
    stage.uploads(payout.id, &rows).await;
    assert_eq!(of(&stage.rows_of(payout.id, 1).await), rows);
    let page = async |after, limit| {
        let all = RowFilter::default();
        of(&stage.store.payout_rows(stage.ledger, payout.id, 1, all, RowNumber(after), limit).await.unwrap())
    };
    assert_eq!(page(0, 2).await, rows[..2]);
    assert_eq!(page(7, 2).await, rows[2..]);
    assert!(page(1_000_000, 2).await.is_empty());
}

pub(super) async fn what_is_worth_knowing(stage: &Stage) {
    let payout = stage.creates().await;
    let findings = async |id| stage.store.findings(stage.ledger, id).await.unwrap();
    assert_eq!(findings(payout.id).await, Err(PayoutRefusal::NoRows));
    assert_eq!(findings(PayoutId(77)).await, Err(PayoutRefusal::NotFound));

    let [bob, carol, dave] = stage.to;
    let rows = [(bob, "1.00"), (carol, "5.00"), (bob, "1.00"), (dave, "5.00"), (bob, "1.00"), (bob, "2.00")];
    let rows: Vec<_> = (1..).zip(rows).map(|(number, (to, amount))| row(number, to, amount)).collect();
    stage.uploads(payout.id, &rows).await;
    stage.sets(bob, WalletStatus::Frozen).await;
    stage.sets(dave, WalletStatus::Closed).await;
    let found = findings(payout.id).await.unwrap();
    let rows_of =
        |finding: &Finding| (finding.count, finding.rows.iter().map(|row| row.0).collect::<Vec<_>>());
    assert_eq!(rows_of(&found.frozen), (4, vec![1, 3, 5, 6]));
    assert_eq!(rows_of(&found.closed), (1, vec![4]));
    assert_eq!(rows_of(&found.duplicates), (2, vec![3, 5]));
    let largest: Vec<_> = found.largest.iter().map(|row| row.uploaded.number.0).collect();
    assert_eq!(largest, [2, 4, 6, 1, 3, 5]);
    assert_eq!(found.likely_duplicate, None);

    // Only so many are named, and all are counted.
    let many: Vec<_> = (1..=250).map(|number| row(number, carol, "0.01")).collect();
    let second = stage.creates().await;
    stage.uploads(second.id, &many).await;
    let found = findings(second.id).await.unwrap();
    assert_eq!((found.duplicates.count, found.duplicates.rows.len()), (249, Finding::ROWS_MAX));
    assert_eq!(found.largest.len(), 10);
}

pub(super) async fn main_wallets_by_name(stage: &Stage) {
    let names = ["bob", "nobody", "alice"].map(|name| Username::parse(name).unwrap());
    let find = async |asset| {
        let found = stage.store.main_wallets(stage.ledger, code(asset), names.to_vec()).await.unwrap();
        let mut found: Vec<_> =
            found.into_iter().map(|(name, record)| (name.as_str().to_owned(), record.wallet.id)).collect();
        found.sort();
        found
    };
    let both = [("alice".to_owned(), stage.source), ("bob".to_owned(), stage.to[0])];
    assert_eq!(find("USD").await, both);
    assert!(find("GOLD").await.is_empty());
    stage.sets(stage.to[0], WalletStatus::Closed).await;
    assert_eq!(find("USD").await, both[..1]);
}

pub(super) async fn pages_and_filters(stage: &Stage) {
    for _ in 0..5 {
        stage.creates().await;
    }
    stage.uploaded(&["1.00"]).await;
    stage.executes(&stage.payout(PayoutId(6)).await).await;
    let page = async |filter, before: Option<i64>, limit| {
        let before = before.map(PayoutId);
        let page = stage.store.payouts(stage.ledger, filter, before, limit).await.unwrap();
        page.into_iter().map(|payout| payout.id.0).collect::<Vec<_>>()
    };
    let all = PayoutFilter::default();
    assert_eq!(page(all, None, 4).await, [6, 5, 4, 3]);
    assert_eq!(page(all, Some(3), 4).await, [2, 1]);
    let pending = PayoutFilter { state: Some(PayoutState::Pending), ..all };
    assert_eq!(page(pending, None, 2).await, [5, 4]);
    let (of_alice, of_bob) =
        (PayoutFilter { owner: Some(stage.alice), ..all }, PayoutFilter { owner: Some(stage.bob), ..all });
    assert_eq!(page(of_alice, None, 100).await.len(), 6);
    assert!(page(of_bob, None, 100).await.is_empty());
    let from_source = PayoutFilter { source: Some(stage.source), ..pending };
    assert_eq!(page(from_source, Some(5), 100).await, [4, 3, 2, 1]);
    let from_bob = PayoutFilter { source: Some(stage.to[0]), ..all };
    assert!(page(from_bob, None, 100).await.is_empty());
    let elsewhere = stage.store.payouts(stage.second, all, None, 100).await.unwrap();
    assert!(elsewhere.is_empty());
}
