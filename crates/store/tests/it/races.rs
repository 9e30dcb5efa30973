//! What holds when many write at once. Who comes first is open; that exactly one does is not.

use crate::asks::{Ask, Asks, by, by_the_house};
use crate::conformance::scene::{Scene, creation_key, new_user, refusal};
use crate::engines::Engine;
use florin_ledger::{
    Failure, Group, GroupOutcome, KeyHash, LedgerId, Outcome, Rejection, Timestamp, Transaction, UserId,
    WalletId,
};
use florin_store::{
    ApprovalUse, AuditAction, AuditFilter, AuditLine, Created, NewApproval, NewWallet, Origin, PinTries,
    Redemption, RefreshToken, Refusal, Reservation, Rotation, Store, StoredPin, Verdict, WalletName,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How many race.
const RACERS: usize = 32;

macro_rules! on_both {
    ($($race:ident),+ $(,)?) => { $(
        mod $race {
            use crate::engines::{OnPostgres, OnSqlite};

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn sqlite() {
                let track = super::Track::prepare(OnSqlite::start().await).await;
                super::$race(&track).await;
                track.close().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn postgres() {
                let track = super::Track::prepare(OnPostgres::start().await).await;
                super::$race(&track).await;
                track.close().await;
            }
        }
    )+ };
}

on_both!(
    the_whole_balance_is_spent_once,
    one_key_has_one_effect,
    one_version_has_one_winner,
    a_refund_is_paid_once,
    opposed_transfers_all_happen,
    a_name_is_taken_once,
    a_creation_s_key_creates_once,
    new_ids_have_no_gap,
    a_refresh_token_is_exchanged_once,
    a_pin_is_tried_five_times,
    an_approval_is_used_once,
    the_audit_log_has_no_gap,
    every_read_is_one_moment,
);

/// Alice's wallet with 100.00, and bob's, empty.
struct Track {
    engine: Box<dyn Engine>,
    ledger: LedgerId,
    alice: UserId,
    bob: UserId,
    from: WalletId,
    to: WalletId,
    entropy: AtomicU64,
}

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

impl Track {
    async fn prepare(engine: Box<dyn Engine>) -> Self {
        let mut scene = Scene::new(engine);
        scene.asset("USD", 2).await;
        let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
        let (from, to) = (scene.wallet(alice, "USD").await, scene.wallet(bob, "USD").await);
        scene.completes(by_the_house().tops_up(alice, "USD", "100.00")).await;
        let entropy = AtomicU64::new(1);
        Self { ledger: scene.ledger, engine: scene.twins.engine, alice, bob, from, to, entropy }
    }

    async fn close(self) {
        let report = self.engine.store().audit(self.ledger).await.unwrap();
        assert!(report.is_ok(), "{report:?}");
        self.engine.close().await;
    }

    async fn balance(&self, wallet: WalletId) -> i128 {
        let record = self.engine.store().wallet(self.ledger, wallet).await.unwrap();
        record.unwrap().wallet.posted.units()
    }

    /// All at once, each in a batch of its own; the outcomes in the order of `asks`.
    async fn races(&self, asks: Vec<Ask>) -> Vec<Outcome> {
        let commands = (1..).zip(asks).map(|(number, ask)| {
            let entropy = self.entropy.fetch_add(1, Ordering::Relaxed);
            (ask.command(&format!("racer-{number}-{entropy}")), entropy)
        });
        let ledger = self.ledger;
        self.all(commands.collect(), move |store, (command, entropy)| async move {
            let group = Arc::new(Group::independent(vec![command]));
            match store.commit(ledger, vec![group], NOW, entropy).await.unwrap().remove(0) {
                GroupOutcome::Done(mut outcomes) => outcomes.remove(0),
                refused => panic!("nothing here is atomic: {refused:?}"),
            }
        })
        .await
    }

    /// Does something with each input, all started at one moment.
    async fn all<I, T, F>(&self, inputs: Vec<I>, work: impl Fn(Arc<dyn Store>, I) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let barrier = Arc::new(Barrier::new(inputs.len()));
        let mut racers = JoinSet::new();
        for (place, input) in inputs.into_iter().enumerate() {
            let barrier = Arc::clone(&barrier);
            let work = work(self.engine.store(), input);
            racers.spawn(async move {
                barrier.wait().await;
                (place, work.await)
            });
        }
        let mut results = racers.join_all().await;
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

fn completed(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| refusal(outcome).is_none()).count()
}

async fn the_whole_balance_is_spent_once(track: &Track) {
    for _ in 0..3 {
        let asks = vec![by(track.alice).transfers("100.00", track.from, track.to); RACERS];
        let outcomes = track.races(asks).await;
        assert_eq!(completed(&outcomes), 1);
        let is_funds = |outcome: &&Outcome| {
            matches!(refusal(outcome), Some(Rejection::Failure(Failure::InsufficientFunds { .. })))
        };
        assert_eq!(outcomes.iter().filter(is_funds).count(), RACERS - 1);
        track.races(vec![by(track.bob).transfers("100.00", track.to, track.from)]).await;
    }
}

async fn one_key_has_one_effect(track: &Track) {
    for round in 0..5 {
        let ask = by(track.alice).transfers("1.00", track.from, track.to).under(&format!("twin-{round}"));
        let outcomes = track.races(vec![ask; RACERS]).await;
        let mut first: Vec<&Arc<Transaction>> = Vec::new();
        let mut replays = Vec::new();
        for outcome in &outcomes {
            match outcome {
                Outcome::Settled(transaction) => first.push(transaction),
                Outcome::Replayed(transaction) => replays.push(transaction),
                Outcome::Rejected(rejection) => panic!("{rejection}"),
            }
        }
        assert_eq!((first.len(), replays.len()), (1, RACERS - 1));
        assert!(replays.iter().all(|replay| *replay == first[0]), "all hear the same");
    }
    assert_eq!(track.balance(track.to).await, 500);
}

async fn one_version_has_one_winner(track: &Track) {
    for version in 1..6 {
        let ask = by(track.alice).transfers("1.00", track.from, track.to).if_version(version);
        let outcomes = track.races(vec![ask; RACERS]).await;
        assert_eq!(completed(&outcomes), 1);
        let conflicts = outcomes.iter().filter_map(refusal);
        for conflict in conflicts {
            assert_eq!(conflict.code(), "version_conflict");
        }
    }
}

async fn a_refund_is_paid_once(track: &Track) {
    let paid = track.races(vec![by(track.alice).transfers("100.00", track.from, track.to)]).await.remove(0);
    let Outcome::Settled(paid) = paid else { panic!("{paid:?}") };
    let parts = track.races(vec![by_the_house().reverses_part(paid.id, "30.00"); RACERS]).await;
    assert_eq!(completed(&parts), 3, "90.00 of 100.00 in parts of 30.00");
    let rest = track.races(vec![by_the_house().reverses(paid.id); RACERS]).await;
    assert_eq!(completed(&rest), 1);
    assert_eq!(track.balance(track.from).await, 10_000);
}

async fn opposed_transfers_all_happen(track: &Track) {
    track.races(vec![by(track.alice).transfers("50.00", track.from, track.to)]).await;
    let (there, back) = (
        by(track.alice).transfers("0.10", track.from, track.to),
        by(track.bob).transfers("0.10", track.to, track.from),
    );
    let asks = (0..4 * RACERS).map(|racer| if racer % 2 == 0 { there.clone() } else { back.clone() });
    let outcomes = track.races(asks.collect()).await;
    assert_eq!(completed(&outcomes), 4 * RACERS);
    assert_eq!(track.balance(track.from).await, 5_000);
}

async fn a_name_is_taken_once(track: &Track) {
    let ledger = track.ledger;
    let keys: Vec<_> = (0..RACERS).map(|racer| creation_key(&format!("user-{racer}"), "carol")).collect();
    let users = track
        .all(keys, move |store, key| async move {
            store.create_user(ledger, new_user("carol"), key, Origin::SYSTEM, NOW).await.unwrap()
        })
        .await;
    let is_new = |created: &&Created<_>| matches!(created, Created::New(_));
    assert_eq!(users.iter().filter(is_new).count(), 1);
    let is_taken = |created: &&Created<_>| matches!(created, Created::Refused(Refusal::UsernameTaken));
    assert_eq!(users.iter().filter(is_taken).count(), RACERS - 1);

    let bob = track.bob;
    let keys: Vec<_> = (0..RACERS).map(|racer| creation_key(&format!("wallet-{racer}"), "x")).collect();
    let wallets = track
        .all(keys, move |store, key| async move {
            let name = WalletName::parse("savings").unwrap();
            let new = NewWallet { user: bob, asset: crate::asks::code("USD"), name };
            matches!(
                store.create_wallet(ledger, new, key, Origin::SYSTEM, NOW).await.unwrap(),
                Created::New(_)
            )
        })
        .await;
    assert_eq!(wallets.into_iter().filter(|is_new| *is_new).count(), 1);
}

async fn a_creation_s_key_creates_once(track: &Track) {
    let ledger = track.ledger;
    let keys = vec![creation_key("one", "carol"); RACERS];
    let users = track
        .all(keys, move |store, key| async move {
            match store.create_user(ledger, new_user("carol"), key, Origin::SYSTEM, NOW).await.unwrap() {
                Created::New(user) => (true, user),
                Created::Replayed(user) => (false, user),
                other => panic!("{other:?}"),
            }
        })
        .await;
    assert_eq!(users.iter().filter(|(is_new, _)| *is_new).count(), 1);
    assert!(users.iter().all(|(_, user)| *user == users[0].1));
}

async fn new_ids_have_no_gap(track: &Track) {
    let ledger = track.ledger;
    let names: Vec<_> = (0..RACERS).map(|racer| format!("racer{racer}")).collect();
    let users = track
        .all(names, move |store, name| async move {
            let key = creation_key(&name, &name);
            match store.create_user(ledger, new_user(&name), key, Origin::SYSTEM, NOW).await.unwrap() {
                Created::New(user) => user.id.0,
                other => panic!("{other:?}"),
            }
        })
        .await;
    let mut ids = users;
    ids.sort_unstable();
    let after_alice_and_bob = 3..3 + i64::try_from(RACERS).unwrap();
    assert_eq!(ids, after_alice_and_bob.collect::<Vec<_>>());
}

async fn a_refresh_token_is_exchanged_once(track: &Track) {
    let (ledger, expires_at) = (track.ledger, Timestamp(NOW.0 + 1_000_000));
    let token = RefreshToken { hash: [0; 32], family: 1, user: track.alice, created_at: NOW, expires_at };
    track.engine.store().start_session(ledger, token, Origin::SYSTEM).await.unwrap();
    let successors = (1..=u8::try_from(RACERS).unwrap()).collect();
    let rotations = track
        .all(successors, move |store, successor| async move {
            store
                .rotate_refresh_token(ledger, [0; 32], [successor; 32], expires_at, Origin::SYSTEM, NOW)
                .await
                .unwrap()
        })
        .await;
    let is_rotated = |rotation: &&Rotation| matches!(rotation, Rotation::Rotated(_));
    assert_eq!(rotations.iter().filter(is_rotated).count(), 1);
    assert_eq!(rotations.iter().filter(|rotation| **rotation == Rotation::Reused).count(), RACERS - 1);
}

async fn a_pin_is_tried_five_times(track: &Track) {
    let (ledger, alice) = (track.ledger, track.alice);
    let pin = StoredPin { phc: "hash".to_owned(), pepper_version: 1 };
    track.engine.store().set_pin(ledger, alice, pin, Origin::SYSTEM, NOW).await.unwrap();
    let tries = vec![(); 8 * RACERS];
    let looked_at = track
        .all(tries, move |store, ()| async move {
            loop {
                match store.reserve_pin_try(ledger, alice, Origin::SYSTEM, NOW).await.unwrap() {
                    Reservation::Reserved { epoch, .. } => {
                        tokio::task::yield_now().await;
                        let verdict = Verdict::Wrong;
                        store
                            .settle_pin_try(ledger, alice, epoch, verdict, Origin::SYSTEM, NOW)
                            .await
                            .unwrap();
                        return true;
                    }
                    Reservation::Busy => tokio::task::yield_now().await,
                    Reservation::Locked { .. } => return false,
                    Reservation::NotSet => panic!("it is set"),
                }
            }
        })
        .await;
    assert_eq!(looked_at.into_iter().filter(|looked| *looked).count(), usize::from(PinTries::MAX));
}

async fn an_approval_is_used_once(track: &Track) {
    let (ledger, alice) = (track.ledger, track.alice);
    let expires_at = Timestamp(NOW.0 + 1_000_000);
    let new = NewApproval { hash: [1; 32], user: alice, digest: [2; 32], created_at: NOW, expires_at };
    track.engine.store().grant_approval(ledger, new, Origin::SYSTEM).await.unwrap();
    let keys = (0..u8::try_from(RACERS).unwrap()).collect();
    let redemptions = track
        .all(keys, move |store, key| async move {
            let key_hash = KeyHash([key; 16]);
            let asked = ApprovalUse { hash: [1; 32], user: alice, digest: [2; 32], key_hash };
            store.redeem_approval(ledger, asked, NOW).await.unwrap()
        })
        .await;
    assert_eq!(redemptions.iter().filter(|one| **one == Redemption::Good).count(), 1);
    assert_eq!(redemptions.iter().filter(|one| **one == Redemption::Used).count(), RACERS - 1);
}

async fn the_audit_log_has_no_gap(track: &Track) {
    let ledger = track.ledger;
    let store = track.engine.store();
    let before = store.audit_log(ledger, AuditFilter::default(), None, 1000).await.unwrap().len();
    // Half of them change nothing, and half of them are lines alone.
    let racers: Vec<_> = (0..2 * RACERS).collect();
    track
        .all(racers, move |store, racer| async move {
            if racer % 2 == 0 {
                let line = AuditLine::refused(AuditAction::UserSignInFailed, None);
                store.append_audit_line(ledger, line, Origin::SYSTEM, NOW).await.unwrap();
            } else {
                let key = creation_key(&format!("racer-{racer}"), "carol");
                store.create_user(ledger, new_user("carol"), key, Origin::SYSTEM, NOW).await.unwrap();
            }
        })
        .await;
    let lines = store.audit_log(ledger, AuditFilter::default(), None, 1000).await.unwrap();
    assert_eq!(lines.len(), before + RACERS + 1, "carol was created once");
    let ids: Vec<_> = lines.iter().rev().map(|record| record.id.0).collect();
    assert!(ids.into_iter().eq(1..=i64::try_from(lines.len()).unwrap()));
}

async fn every_read_is_one_moment(track: &Track) {
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, ledger, is_over) = (track.engine.store(), track.ledger, Arc::clone(&is_over));
        let wallets = vec![track.from, track.to];
        async move {
            let mut reads = 0;
            while reads == 0 || !is_over.load(Ordering::Relaxed) {
                let balances = store.balances(ledger, wallets.clone()).await.unwrap();
                let total: i128 = balances.iter().map(|record| record.wallet.posted.units()).sum();
                assert_eq!(total, 10_000, "no money is missing or doubled");
                let lines = store.trial_balance(ledger).await.unwrap();
                assert_eq!(lines.iter().map(|line| line.posted.units()).sum::<i128>(), 0);
                let report = store.audit(ledger).await.unwrap();
                assert!(report.is_ok(), "{report:?}");
                reads += 1;
            }
            reads
        }
    });
    for _ in 0..4 {
        let there = vec![by(track.alice).transfers("0.50", track.from, track.to); RACERS];
        assert_eq!(completed(&track.races(there).await), RACERS);
        let back = vec![by(track.bob).transfers("0.50", track.to, track.from); RACERS];
        assert_eq!(completed(&track.races(back).await), RACERS);
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
}
