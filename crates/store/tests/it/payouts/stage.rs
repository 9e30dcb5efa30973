//! What a case plays with: a payer, receivers, and a payout that is uploaded, executed and run step by step.

use crate::asks::{Asks, by, by_the_house, code, decimal};
use crate::conformance::scene::{Scene, created, creation_key};
use crate::engines::Engine;
use florin_ledger::{
    Amount, Caller, Decimal, Fence, Fingerprint, Group, GroupOutcome, LedgerId, Movement, PayoutId,
    PayoutSlice, Principal, RowNumber, Run, RunKind, Scale, Timestamp, UserId, WalletChange, WalletId,
    WalletStatus,
};
use florin_store::payouts::{
    Checked, Content, DraftCounts, Execution, NewCompensation, NewPayout, Payout, PayoutRefusal, PayoutRow,
    RowFilter, Selection, Upload, UploadedRow,
};
use florin_store::{CreationKey, Origin};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How long a lease is good here.
pub(crate) const LEASE: i64 = 10_000_000;

/// Alice pays from a wallet with 1,000.00. Her receivers have nothing.
pub(crate) struct Stage {
    engine: Box<dyn Engine>,
    pub(crate) store: Arc<dyn florin_store::Engine>,
    pub(crate) ledger: LedgerId,
    pub(crate) second: LedgerId,
    pub(crate) alice: UserId,
    pub(crate) source: WalletId,
    /// Bob's, carol's and dave's wallets.
    pub(crate) to: [WalletId; 3],
    pub(crate) bob: UserId,
    now: AtomicI64,
    keys: AtomicI64,
}

impl Stage {
    pub(crate) async fn set(engine: Box<dyn Engine>) -> Self {
        let mut scene = Scene::new(engine);
        scene.asset("USD", 2).await;
        let alice = scene.user("alice").await;
        let source = scene.wallet(alice, "USD").await;
        scene.completes(by_the_house().tops_up(alice, "USD", "1000.00")).await;
        let bob = scene.user("bob").await;
        let mut to = [scene.wallet(bob, "USD").await; 3];
        for (place, name) in [(1, "carol"), (2, "dave")] {
            let user = scene.user(name).await;
            to[place] = scene.wallet(user, "USD").await;
        }
        let now = AtomicI64::new(scene.now().0);
        let (ledger, second, engine) = (scene.ledger, scene.second, scene.twins.engine);
        let store = engine.whole_store();
        Self { engine, store, ledger, second, alice, source, to, bob, now, keys: AtomicI64::new(0) }
    }

    /// Every case ends here: the books balance, and payouts agree with them.
    pub(crate) async fn ends(self) {
        let report = self.store.audit(self.ledger).await.unwrap();
        assert!(report.is_ok(), "{:?}", report.faults);
        drop(self.store);
        self.engine.close().await;
    }

    /// The next moment: a second later.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.now.fetch_add(1_000_000, Ordering::Relaxed))
    }

    /// As if so many microseconds had passed.
    pub(crate) fn waits(&self, micros: i64) {
        self.now.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) async fn another_server(&self) -> Arc<dyn florin_store::Engine> {
        self.engine.another_server().await
    }

    pub(crate) async fn by_hand(&self, sql: &str) -> Result<(), String> {
        self.engine.by_hand(sql).await
    }

    pub(crate) fn key(&self, body: &str) -> CreationKey {
        creation_key(&format!("payout-key-{}", self.keys.fetch_add(1, Ordering::Relaxed)), body)
    }

    pub(crate) async fn balance(&self, wallet: WalletId) -> String {
        let record = self.store.wallet(self.ledger, wallet).await.unwrap().unwrap();
        record.wallet.posted.display(record.scale).to_string()
    }

    pub(crate) async fn sets(&self, wallet: WalletId, status: WalletStatus) {
        let change = WalletChange { status: Some(status), credit_limit: None };
        let now = self.now();
        self.store
            .change_wallet(self.ledger, wallet, change, None, Origin::SYSTEM, now)
            .await
            .unwrap()
            .unwrap();
    }

    /// Money moves beside the payouts.
    pub(crate) async fn moves(&self, amount: &str, from: WalletId, to: WalletId) {
        let key = format!("beside-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let command = by_the_house().transfers(amount, from, to).command(&key);
        let group = Arc::new(Group::independent(vec![command]));
        self.store.commit(self.ledger, vec![group], self.now(), entropy(self.now())).await.unwrap();
    }
}

/// A payout on its way.
impl Stage {
    pub(crate) fn new_payout(&self) -> NewPayout {
        let creator = Principal::User(self.alice);
        NewPayout { source: self.source, asset: code("USD"), name: Some("June".to_owned()), creator }
    }

    pub(crate) async fn creates(&self) -> Payout {
        let (key, now) = (self.key("create"), self.now());
        let made = self.store.create_payout(self.ledger, self.new_payout(), key, Origin::SYSTEM, now).await;
        created(made.unwrap())
    }

    /// Uploads rows, which come in force where none is bad.
    pub(crate) async fn uploads(&self, id: PayoutId, rows: &[UploadedRow]) -> Payout {
        let revision = self.store.begin_upload(self.ledger, id).await.unwrap().unwrap();
        self.stores(id, revision, rows).await.unwrap();
        self.ends_upload(id, revision, rows).await.unwrap()
    }

    pub(crate) async fn stores(
        &self,
        id: PayoutId,
        revision: i64,
        rows: &[UploadedRow],
    ) -> Result<(), PayoutRefusal> {
        // In chunks, as they come.
        for chunk in rows.chunks(2) {
            self.store.store_rows(self.ledger, id, revision, chunk.to_vec()).await.unwrap()?;
        }
        Ok(())
    }

    pub(crate) async fn ends_upload(
        &self,
        id: PayoutId,
        revision: i64,
        rows: &[UploadedRow],
    ) -> Result<Payout, PayoutRefusal> {
        let now = self.now();
        self.store
            .end_upload(self.ledger, id, revision, upload(revision, rows), Origin::SYSTEM, now)
            .await
            .unwrap()
    }

    /// A payout of these amounts, to bob, carol and dave in turn.
    pub(crate) async fn uploaded(&self, amounts: &[&str]) -> Payout {
        let payout = self.creates().await;
        let to = self.to.iter().cycle();
        let rows: Vec<_> =
            (1..).zip(amounts).zip(to).map(|((number, amount), to)| row(number, *to, amount)).collect();
        self.uploads(payout.id, &rows).await
    }

    pub(crate) fn execution(&self, payout: &Payout) -> Execution {
        Execution {
            caller: by(self.alice),
            digest: payout.content.unwrap().digest,
            allows_duplicate: true,
            needs_approval: false,
        }
    }

    pub(crate) async fn asks_to_execute(
        &self,
        payout: &Payout,
        execution: Execution,
    ) -> Result<Payout, PayoutRefusal> {
        let (key, now) = (self.key("execute"), self.now());
        self.store.execute_payout(self.ledger, payout.id, execution, key, Origin::SYSTEM, now).await.unwrap()
    }

    pub(crate) async fn executes(&self, payout: &Payout) -> Payout {
        self.asks_to_execute(payout, self.execution(payout)).await.unwrap()
    }

    /// Uploaded and executed, with the lease taken.
    pub(crate) async fn running(&self, amounts: &[&str]) -> Payout {
        let payout = self.uploaded(amounts).await;
        self.executes(&payout).await;
        self.claims().await
    }

    pub(crate) async fn retries(&self, id: PayoutId) -> Result<Payout, PayoutRefusal> {
        let (key, now) = (self.key("retry"), self.now());
        self.store.retry_payout(self.ledger, id, by(self.alice), key, Origin::SYSTEM, now).await.unwrap()
    }

    pub(crate) async fn compensates(
        &self,
        id: PayoutId,
        new: NewCompensation,
    ) -> Result<Payout, PayoutRefusal> {
        let (key, now) = (self.key("compensate"), self.now());
        self.store.compensate_payout(self.ledger, id, new, key, Origin::SYSTEM, now).await.unwrap()
    }

    pub(crate) async fn payout(&self, id: PayoutId) -> Payout {
        self.store.payout(self.ledger, id).await.unwrap().unwrap()
    }

    /// The rows in force.
    pub(crate) async fn rows(&self, id: PayoutId) -> Vec<PayoutRow> {
        let revision = self.payout(id).await.content.unwrap().revision;
        self.rows_of(id, revision).await
    }

    pub(crate) async fn rows_of(&self, id: PayoutId, revision: i64) -> Vec<PayoutRow> {
        let all = RowFilter::default();
        self.store.payout_rows(self.ledger, id, revision, all, RowNumber(0), 1_000).await.unwrap()
    }

    /// What became of each row: `PAID`, `FAILED wallet_frozen`, `REVERSED`.
    pub(crate) async fn states(&self, id: PayoutId) -> Vec<String> {
        self.rows(id).await.iter().map(told).collect()
    }
}

/// Runs.
impl Stage {
    /// Takes the lease of the payout that is to be run.
    pub(crate) async fn claims(&self) -> Payout {
        self.claims_if_any().await.expect("a payout is to be run")
    }

    pub(crate) async fn claims_if_any(&self) -> Option<Payout> {
        let now = self.now();
        self.store.claim_payout(self.ledger, None, now, Timestamp(now.0 + LEASE)).await.unwrap()
    }

    pub(crate) async fn claims_again(&self, payout: &Payout) -> Option<Payout> {
        let now = self.now();
        let held = Some((payout.id, payout.fence));
        self.store.claim_payout(self.ledger, held, now, Timestamp(now.0 + LEASE)).await.unwrap()
    }

    pub(crate) async fn undecided(&self, payout: &Payout) -> Vec<PayoutRow> {
        let run = payout.run().expect("it is run");
        self.store.undecided_rows(self.ledger, payout, run, RowNumber(0), 1_000).await.unwrap()
    }

    /// A group of the rows that are not decided, at most so many.
    pub(crate) async fn slice(&self, payout: &Payout, rows_max: usize) -> Arc<Group> {
        let mut rows = self.undecided(payout).await;
        rows.truncate(rows_max);
        group(payout, &rows, Timestamp(self.now().0 + LEASE))
    }

    pub(crate) async fn commits(&self, group: Arc<Group>) -> GroupOutcome {
        let now = self.now();
        self.store.commit(self.ledger, vec![group], now, entropy(now)).await.unwrap().remove(0)
    }

    /// Decides the rows that are left, two at a time, and ends the run.
    pub(crate) async fn runs(&self, payout: &Payout) -> Payout {
        while !self.undecided(payout).await.is_empty() {
            let outcome = self.commits(self.slice(payout, 2).await).await;
            assert!(matches!(outcome, GroupOutcome::Done(_)), "{outcome:?}");
        }
        self.ends_run(payout).await.expect("nobody else has the lease")
    }

    pub(crate) async fn ends_run(&self, payout: &Payout) -> Option<Payout> {
        let run = payout.run().expect("it is run");
        self.store.end_run(self.ledger, run, payout.fence, self.now()).await.unwrap()
    }

    /// Uploaded, executed and run.
    pub(crate) async fn paid(&self, amounts: &[&str]) -> Payout {
        let payout = self.running(amounts).await;
        self.runs(&payout).await
    }

    /// Compensated and run.
    pub(crate) async fn compensated(&self, id: PayoutId, new: NewCompensation) -> Payout {
        self.compensates(id, new).await.unwrap();
        let payout = self.claims().await;
        self.runs(&payout).await
    }
}

/// A row as a good file has it.
pub(crate) fn row(number: i64, to: WalletId, amount: &str) -> UploadedRow {
    UploadedRow {
        number: RowNumber(number),
        line: number + 1,
        recipient: to.to_string(),
        reference: None,
        memo: None,
        checked: Checked::Good { wallet: to, amount: usd(amount) },
    }
}

pub(crate) fn bad_row(number: i64, amount: &str) -> UploadedRow {
    UploadedRow {
        number: RowNumber(number),
        line: number + 1,
        recipient: "user:nobody".to_owned(),
        reference: None,
        memo: None,
        checked: Checked::Bad { amount: amount.to_owned(), fault: "there is no such user".to_owned() },
    }
}

pub(crate) fn usd(amount: &str) -> Amount {
    decimal(amount).to_amount(Scale::new(2).unwrap()).unwrap()
}

/// What the server says of an upload.
pub(crate) fn upload(revision: i64, rows: &[UploadedRow]) -> Upload {
    let count = |rows: usize| i64::try_from(rows).unwrap();
    let good = rows.iter().filter_map(|row| match row.checked {
        Checked::Good { amount, .. } => Some(amount.units()),
        Checked::Bad { .. } => None,
    });
    let good: Vec<_> = good.collect();
    if good.len() < rows.len() {
        return Upload::Bad(DraftCounts {
            rows: count(rows.len()),
            bad_rows: count(rows.len() - good.len()),
        });
    }
    let total = Amount::from_units(good.iter().sum()).unwrap();
    Upload::Good(Content { revision, rows: count(rows.len()), total, digest: digest(rows) })
}

/// Another one for other rows.
pub(crate) fn digest(rows: &[UploadedRow]) -> [u8; 32] {
    let half = Fingerprint::of("rows", format!("{rows:?}").as_bytes()).0;
    [half, half].concat().try_into().unwrap()
}

/// The commands of some rows in the payout's run, as whoever has its lease makes them.
pub(crate) fn group(payout: &Payout, rows: &[PayoutRow], lease_until: Timestamp) -> Arc<Group> {
    group_under(payout, payout.run().expect("it is run"), payout.fence, rows, lease_until)
}

pub(crate) fn group_under(
    payout: &Payout,
    run: Run,
    fence: Fence,
    rows: &[PayoutRow],
    lease_until: Timestamp,
) -> Arc<Group> {
    let commands = rows.iter().map(|row| {
        let (caller, movement) = command(payout, run, row);
        run.command(caller, row.uploaded.number, movement)
    });
    let group = Group::independent(commands.collect());
    let rows = rows.iter().map(|row| row.uploaded.number).collect();
    Arc::new(Group { payout: Some(PayoutSlice { run, fence, lease_until, rows }), ..group })
}

fn command(payout: &Payout, run: Run, row: &PayoutRow) -> (Caller, Movement) {
    match run.kind {
        RunKind::Pay => {
            let Checked::Good { wallet: to, amount } = row.uploaded.checked else { panic!("{row:?}") };
            let amount = Decimal::of(amount, Scale::new(2).unwrap()).unwrap();
            (payout.payment.unwrap().caller, Movement::Payout { from: payout.source, to, amount })
        }
        RunKind::Compensate => {
            let of = row.outcome.as_ref().and_then(|outcome| outcome.transaction).unwrap();
            let movement = if payout.compensation.unwrap().allows_partial {
                Movement::ReversalOfAvailable { of }
            } else {
                Movement::Reversal { of, amount: None }
            };
            (by_the_house(), movement)
        }
    }
}

/// Everything that was paid, in part where only that is left.
pub(crate) fn all_rows() -> NewCompensation {
    NewCompensation {
        caller: by_the_house(),
        selection: Selection::default(),
        rows: vec![],
        allows_partial: true,
    }
}

fn told(row: &PayoutRow) -> String {
    let mut words = vec![row.state.as_str().to_owned()];
    words.extend(row.outcome.as_ref().and_then(|outcome| outcome.failure.clone()));
    if let Some(compensation) = &row.compensation {
        words.push(compensation.state.as_str().to_owned());
        words.extend(compensation.outcome.failure.clone());
    }
    words.join(" ")
}

fn entropy(now: Timestamp) -> u64 {
    now.0.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
