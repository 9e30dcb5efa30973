//! Runs of payouts, below HTTP: every row is decided once, whoever runs it, dies, races, or stands in the way.

use crate::engine::{Engine, Place};
use florin_ledger::{
    Amount, ApiKeyId, Asset, AssetCode, Caller, Command, Decimal, Fingerprint, IdempotencyKey, KeyHash,
    LedgerId, Movement, Outcome, PayoutId, Principal, RowNumber, Scale, Settlement, UserId, WalletChange,
    WalletId, WalletStatus,
};
use florin_server::cache::Cache;
use florin_server::clock;
use florin_server::committer::{Committer, CommitterSettings};
use florin_server::payouts::{Runner, RunnerSettings};
use florin_store::payouts::{
    Checked, CompensationState, Content, Execution, NewCompensation, NewPayout, Payout, PayoutRow,
    PayoutState, RowFilter, RowState, Selection, Steer, Upload, UploadedRow,
};
use florin_store::{
    Created, CreationKey, EmailAddress, NewAsset, NewUser, NewWallet, Origin, Role, Username, WalletName,
};
use rstest::rstest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const LEDGER: LedgerId = LedgerId::MAIN;
const HOUSE: Caller = Caller { principal: Principal::Service(ApiKeyId(1)), is_house: true };
/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// A payer, their source, and receivers with empty wallets.
struct Scene {
    store: Arc<dyn florin_store::Engine>,
    place: Place,
    committer: Committer,
    payer: Caller,
    source: WalletId,
    receivers: Vec<WalletId>,
}

impl Scene {
    /// `USD` in the source.
    async fn open(engine: Engine, usd: &str, receivers: usize) -> Self {
        let (store, place) = engine.store().await;
        let upcast: Arc<dyn florin_store::Store> = Arc::clone(&store) as _;
        let committer = Committer::start(upcast, CommitterSettings::default(), Cache::off());
        let asset = NewAsset {
            asset: Asset { code: usd_code(), scale: Scale::new(2).unwrap() },
            name: "US dollar".to_owned(),
        };
        store.create_asset(LEDGER, asset, key(), Origin::SYSTEM, clock::now()).await.unwrap();
        let mut scene = Self {
            store,
            place,
            committer,
            payer: Caller { principal: Principal::User(UserId(1)), is_house: false },
            source: WalletId(0),
            receivers: Vec::new(),
        };
        scene.source = scene.wallet("payer").await;
        for index in 0..receivers {
            let wallet = scene.wallet(&format!("receiver{index}")).await;
            scene.receivers.push(wallet);
        }
        scene.moves(Movement::Deposit { wallet: scene.source, amount: decimal(usd) }).await;
        scene
    }

    async fn wallet(&self, name: &str) -> WalletId {
        let user = NewUser {
            username: Username::parse(name).unwrap(),
            email: EmailAddress::parse(&format!("{name}@florin.example")).unwrap(),
            password_hash: "$argon2id$".to_owned(),
            role: Role::User,
        };
        let user =
            created(self.store.create_user(LEDGER, user, key(), Origin::SYSTEM, clock::now()).await.unwrap());
        let wallet = NewWallet { user: user.id, asset: usd_code(), name: WalletName::parse("main").unwrap() };
        let wallet =
            self.store.create_wallet(LEDGER, wallet, key(), Origin::SYSTEM, clock::now()).await.unwrap();
        created(wallet).wallet.id
    }

    /// Money that the house moves.
    async fn moves(&self, movement: Movement) {
        let key = IdempotencyKey::parse(&format!("house-{}", number())).unwrap();
        let command = Command::new(HOUSE, key, Fingerprint::of("test", b""), movement);
        let outcome = self.committer.submit(command, Instant::now() + PATIENCE).await.unwrap();
        let Outcome::Settled(transaction) = outcome else { panic!("{outcome:?}") };
        assert!(matches!(transaction.settlement, Settlement::Completed { .. }), "{transaction:?}");
    }

    /// A payout of these amounts, to the receivers in turn.
    async fn payout(&self, amounts: &[&str]) -> Payout {
        let new =
            NewPayout { source: self.source, asset: usd_code(), name: None, creator: self.payer.principal };
        let payout = created(
            self.store.create_payout(LEDGER, new, key(), Origin::SYSTEM, clock::now()).await.unwrap(),
        );
        let revision = self.store.begin_upload(LEDGER, payout.id).await.unwrap().unwrap();
        let mut total = Amount::ZERO;
        let rows =
            amounts.iter().zip(self.receivers.iter().cycle()).zip(1..).map(|((amount, wallet), number)| {
                let amount = decimal(amount).to_amount(Scale::new(2).unwrap()).unwrap();
                total = total.checked_add(amount).unwrap();
                UploadedRow {
                    number: RowNumber(number),
                    line: number + 1,
                    recipient: wallet.to_string(),
                    reference: Some(format!("row {number}")),
                    memo: (number == 1).then(|| "a \"first\" row".to_owned()),
                    checked: Checked::Good { wallet: *wallet, amount },
                }
            });
        let rows: Vec<_> = rows.collect();
        let count = i64::try_from(rows.len()).unwrap();
        for chunk in rows.chunks(2_000) {
            self.store.store_rows(LEDGER, payout.id, revision, chunk.to_vec()).await.unwrap().unwrap();
        }
        // Whoever has the same rows has the same digest; here no two payouts are likely twins.
        let digest =
            std::array::from_fn(|index| if index == 0 { u8::try_from(payout.id.0).unwrap() } else { 7 });
        let content = Content { revision, rows: count, total, digest };
        let ended = self.store.end_upload(
            LEDGER,
            payout.id,
            revision,
            Upload::Good(content),
            Origin::SYSTEM,
            clock::now(),
        );
        ended.await.unwrap().unwrap()
    }

    async fn execute(&self, payout: &Payout) {
        let execution = Execution {
            caller: self.payer,
            digest: payout.content.unwrap().digest,
            allows_duplicate: false,
            needs_approval: false,
        };
        self.store
            .execute_payout(LEDGER, payout.id, execution, key(), Origin::SYSTEM, clock::now())
            .await
            .unwrap()
            .unwrap();
    }

    async fn compensate(&self, payout: &Payout, selection: Selection, rows: &[i64], allows_partial: bool) {
        let new = NewCompensation {
            caller: self.payer,
            selection,
            rows: rows.iter().copied().map(RowNumber).collect(),
            allows_partial,
        };
        self.store
            .compensate_payout(LEDGER, payout.id, new, key(), Origin::SYSTEM, clock::now())
            .await
            .unwrap()
            .unwrap();
    }

    fn runner(&self) -> Runner {
        let settings = RunnerSettings {
            lease: Duration::from_millis(400),
            poll: Duration::from_millis(20),
            slice_rows: 25,
            ..RunnerSettings::default()
        };
        Runner::start(Arc::clone(&self.store), self.committer.clone(), settings)
    }

    async fn read(&self, id: PayoutId) -> Payout {
        self.store.payout(LEDGER, id).await.unwrap().unwrap()
    }

    /// Waits until nothing is left to run.
    async fn until_ended(&self, id: PayoutId) -> Payout {
        let begun = Instant::now();
        loop {
            let payout = self.read(id).await;
            if payout.run().is_none() && payout.state != PayoutState::Paused {
                return payout;
            }
            assert!(begun.elapsed() < PATIENCE, "{payout:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn rows(&self, payout: &Payout) -> Vec<PayoutRow> {
        let revision = payout.content.unwrap().revision;
        let filter = RowFilter::default();
        self.store.payout_rows(LEDGER, payout.id, revision, filter, RowNumber(0), 100_000).await.unwrap()
    }

    async fn posted(&self, wallet: WalletId) -> i128 {
        self.store.wallet(LEDGER, wallet).await.unwrap().unwrap().wallet.posted.units()
    }

    /// Every row that is paid has its own transaction, every receiver what their rows say, and the counts agree.
    async fn assert_paid_once(&self, payout: &Payout) {
        let (mut expected, mut transactions) = (BTreeMap::new(), Vec::new());
        let mut counts = (0, 0, 0);
        for row in self.rows(payout).await {
            let Checked::Good { wallet, amount } = row.uploaded.checked else { panic!("{row:?}") };
            let received: &mut i128 = expected.entry(wallet).or_default();
            match row.state {
                RowState::Paid => {
                    *received += amount.units();
                    transactions.push(row.outcome.unwrap().transaction.unwrap());
                    counts = (counts.0 + 1, counts.1 + amount.units(), counts.2);
                }
                RowState::Failed => counts.2 += 1,
                RowState::Pending | RowState::Invalid => {}
            }
        }
        for (wallet, received) in expected {
            assert_eq!(self.posted(wallet).await, received, "wallet {wallet}");
        }
        let payment = payout.payment.unwrap();
        assert_eq!((payment.done_rows, payment.done_total.units(), payment.failed_rows), counts);
        let paid = transactions.len();
        transactions.sort_unstable();
        transactions.dedup();
        assert_eq!(transactions.len(), paid, "a transaction paid two rows");
    }

    async fn close(self) {
        self.committer.stop().await;
        let report = self.store.audit(LEDGER).await.unwrap();
        assert!(report.is_ok(), "{report:#?}");
        drop((self.store, self.committer));
        self.place.remove().await;
    }
}

fn usd_code() -> AssetCode {
    AssetCode::parse("USD").unwrap()
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn number() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// A key that nobody else has.
fn key() -> CreationKey {
    let key = IdempotencyKey::parse(&format!("key-{}", number())).unwrap();
    CreationKey { hash: KeyHash::of(HOUSE.principal, &key), fingerprint: Fingerprint::of("test", b"") }
}

fn created<T: std::fmt::Debug>(created: Created<T>) -> T {
    match created {
        Created::New(new) => new,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[tokio::test]
async fn all_rows_are_paid_with_their_notes(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::open(engine, "100.00", 3).await;
    let payout = scene.payout(&["1.00", "2.00", "3.00", "4.00"]).await;
    scene.execute(&payout).await;
    let runner = scene.runner();
    let ended = scene.until_ended(payout.id).await;
    assert_eq!(ended.state, PayoutState::Completed);
    scene.assert_paid_once(&ended).await;
    assert_eq!(scene.posted(scene.source).await, 9_000);
    let first = scene.rows(&ended).await.remove(0).outcome.unwrap().transaction.unwrap();
    let first = scene.store.transaction(LEDGER, first).await.unwrap().unwrap();
    assert_eq!(first.reference.unwrap().as_str(), "row 1");
    assert_eq!(first.metadata.unwrap().as_str(), r#"{"memo":"a \"first\" row"}"#);
    runner.stop().await;
    scene.close().await;
}

#[rstest]
#[tokio::test]
async fn rows_are_paid_in_order_while_funds_last_and_once_more_when_there_are_some(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::open(engine, "70.00", 2).await;
    let payout = scene.payout(&["1.00"; 100]).await;
    scene.execute(&payout).await;
    let runner = scene.runner();
    let ended = scene.until_ended(payout.id).await;
    assert_eq!(ended.state, PayoutState::PartiallyFailed);
    let states: Vec<_> = scene.rows(&ended).await.iter().map(|row| row.state).collect();
    assert_eq!(states[..70], [RowState::Paid; 70]);
    assert_eq!(states[70..], [RowState::Failed; 30]);
    scene.assert_paid_once(&ended).await;

    scene.moves(Movement::Deposit { wallet: scene.source, amount: decimal("30.00") }).await;
    let retried =
        scene.store.retry_payout(LEDGER, payout.id, scene.payer, key(), Origin::SYSTEM, clock::now());
    retried.await.unwrap().unwrap();
    let ended = scene.until_ended(payout.id).await;
    assert_eq!((ended.state, ended.payment.unwrap().number), (PayoutState::Completed, 2));
    scene.assert_paid_once(&ended).await;
    runner.stop().await;
    scene.close().await;
}

#[rstest]
#[tokio::test]
async fn a_row_that_cannot_be_paid_says_why(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::open(engine, "10.00", 2).await;
    let change = WalletChange { status: Some(WalletStatus::Frozen), ..WalletChange::default() };
    let frozen = scene.receivers[1];
    let changed = scene.store.change_wallet(LEDGER, frozen, change, None, Origin::SYSTEM, clock::now());
    changed.await.unwrap().unwrap();
    let payout = scene.payout(&["1.00", "2.00", "30.00"]).await;
    scene.execute(&payout).await;
    let runner = scene.runner();
    let ended = scene.until_ended(payout.id).await;
    assert_eq!(ended.state, PayoutState::PartiallyFailed);
    let outcomes: Vec<_> = scene.rows(&ended).await.into_iter().map(|row| row.outcome.unwrap()).collect();
    let [paid, frozen, short] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(paid.transaction.is_some() && paid.failure.is_none());
    assert_eq!((frozen.transaction, frozen.failure.as_deref()), (None, Some("wallet_frozen")));
    // A lack of funds is recorded as a transaction that failed.
    assert_eq!(short.failure.as_deref(), Some("insufficient_funds"));
    assert!(short.transaction.is_some());
    runner.stop().await;
    scene.close().await;
}

/// Two runners on one store, leases that end under them, people who pause and go on.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn runners_that_race_pay_every_row_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::open(engine, "3000.00", 7).await;
    let payout = scene.payout(&vec!["1.00"; 3_000]).await;
    scene.execute(&payout).await;
    let runners = [scene.runner(), scene.runner()];
    let mut stolen = 0;
    while scene.read(payout.id).await.run().is_some() {
        // Whoever runs it loses the lease, whatever they have in the queue.
        let held = scene.read(payout.id).await;
        let now = clock::now();
        let taken = scene.store.claim_payout(LEDGER, Some((held.id, held.fence)), now, now).await.unwrap();
        stolen += usize::from(taken.is_some());
        if stolen % 3 == 0 {
            for steer in [Steer::Pause, Steer::Resume] {
                let steered =
                    scene.store.steer_payout(LEDGER, payout.id, steer, Origin::SYSTEM, clock::now());
                // It may have ended.
                let _ = steered.await.unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let ended = scene.until_ended(payout.id).await;
    assert_eq!(ended.state, PayoutState::Completed);
    assert!(stolen > 1, "nobody was disturbed");
    scene.assert_paid_once(&ended).await;
    assert_eq!(scene.posted(scene.source).await, 0);
    for runner in runners {
        runner.stop().await;
    }
    scene.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_payout_pays_nothing_more(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::open(engine, "3000.00", 3).await;
    let payout = scene.payout(&vec!["1.00"; 3_000]).await;
    scene.execute(&payout).await;
    let runner = scene.runner();
    while scene.read(payout.id).await.payment.unwrap().done_rows == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let steered = scene.store.steer_payout(LEDGER, payout.id, Steer::Cancel, Origin::SYSTEM, clock::now());
    let cancelled = steered.await.unwrap().unwrap();
    runner.stop().await;
    let after = scene.read(payout.id).await;
    assert_eq!((after.state, after.payment), (PayoutState::Cancelled, cancelled.payment));
    assert!(after.payment.unwrap().done_rows < 3_000);
    scene.assert_paid_once(&after).await;
    scene.close().await;
}

#[rstest]
#[tokio::test]
async fn what_was_paid_is_reversed_once_as_far_as_it_is_there(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::open(engine, "100.00", 3).await;
    let payout = scene.payout(&["10.00", "20.00", "30.00"]).await;
    scene.execute(&payout).await;
    let runner = scene.runner();
    scene.until_ended(payout.id).await;
    // The second spends some of it, the third all of it.
    scene.moves(Movement::Withdrawal { wallet: scene.receivers[1], amount: decimal("15.00") }).await;
    scene.moves(Movement::Withdrawal { wallet: scene.receivers[2], amount: decimal("30.00") }).await;

    scene.compensate(&payout, Selection { named: true, ..Selection::default() }, &[1, 2], false).await;
    let ended = scene.until_ended(payout.id).await;
    let progress = ended.compensation.unwrap().progress;
    assert_eq!((progress.rows, progress.done_rows, progress.failed_rows), (2, 1, 1));
    assert_eq!(progress.done_total.units(), 1_000);

    scene.compensate(&payout, Selection::default(), &[], true).await;
    let ended = scene.until_ended(payout.id).await;
    let progress = ended.compensation.unwrap().progress;
    // The first is reversed already.
    assert_eq!((progress.number, progress.rows, progress.done_rows, progress.failed_rows), (2, 2, 1, 1));
    assert_eq!(ended.reversed_total.units(), 1_500);
    let states: Vec<_> = scene
        .rows(&ended)
        .await
        .into_iter()
        .map(|row| row.compensation.map(|compensation| (compensation.state, compensation.reversed.units())))
        .collect();
    assert_eq!(
        states,
        [
            Some((CompensationState::Reversed, 1_000)),
            Some((CompensationState::PartiallyReversed, 500)),
            Some((CompensationState::Failed, 0)),
        ]
    );
    assert_eq!(scene.posted(scene.source).await, 4_000 + 1_500);
    runner.stop().await;
    scene.close().await;
}
