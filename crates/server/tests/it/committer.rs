//! The committer: what waits together commits together, and what each caller is told. On PostgreSQL, because
//! a row lock held elsewhere stops a commit for as long as a test likes.

use crate::bank::{Bank, Person};
use crate::engine::Engine;
use florin_ledger::{
    Caller, Command, Decimal, Fingerprint, IdempotencyKey, Movement, Outcome, Principal, Reference, UserId,
    WalletId,
};
use florin_server::committer::{CommitterSettings, SubmitError};
use florin_server::http::HttpSettings;
use futures_util::future::{BoxFuture, FutureExt};
use std::time::Duration;
use tokio::time::Instant;

type Submission = BoxFuture<'static, Result<Outcome, SubmitError>>;

/// A bank whose first wallet is locked by somebody else, so that the first commit that touches it waits.
struct Stopped {
    bank: Bank,
    alice: Person,
    from: i64,
    to: i64,
    holder: tokio_postgres::Client,
}

impl Stopped {
    async fn open(settings: CommitterSettings) -> Self {
        let bank = Bank::open_with(Engine::Postgres, HttpSettings::default(), settings).await;
        let (alice, from) = bank.person_with("alice", "100.00").await;
        let (_, to) = bank.person_with("bob", "0").await;
        let holder = bank.database_client().await;
        let lock = format!("BEGIN; SELECT 1 FROM wallets WHERE wallet_id = {from} FOR UPDATE");
        holder.batch_execute(&lock).await.unwrap();
        Self { bank, alice, from, to, holder }
    }

    fn command(&self, key: &str) -> Command {
        let principal = Principal::User(UserId(self.alice.id));
        let amount = Decimal::parse("1.00").unwrap();
        let movement = Movement::Transfer { from: WalletId(self.from), to: WalletId(self.to), amount };
        let caller = Caller { principal, is_house: false };
        let key = IdempotencyKey::parse(key).unwrap();
        Command::new(caller, key, Fingerprint::of("test", b""), movement)
    }

    /// Hands a command to the committer; who submitted it waits when the future is awaited.
    fn submit_within(&self, command: Command, patience: Duration) -> Submission {
        let committer = self.bank.committer.clone();
        let mut submission =
            async move { committer.submit(command, Instant::now() + patience).await }.boxed();
        match (&mut submission).now_or_never() {
            Some(outcome) => std::future::ready(outcome).boxed(),
            None => submission,
        }
    }

    fn submit(&self, key: &str) -> Submission {
        self.submit_within(self.command(key), Duration::from_secs(30))
    }

    /// Until a commit waits for the lock: what is submitted after that belongs to the next batch.
    async fn until_a_commit_waits(&self) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let watcher = self.bank.database_client().await;
        while watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn release(&self) {
        self.holder.batch_execute("ROLLBACK").await.unwrap();
    }

    async fn transfers_and_database_transactions(&self) -> (i64, i64) {
        let count = "SELECT count(*), count(DISTINCT xmin::text) FROM transactions WHERE type = 'transfer'";
        let row = self.holder.query_one(count, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }
}

fn assert_settled(outcome: &Result<Outcome, SubmitError>) {
    assert!(matches!(outcome, Ok(Outcome::Settled(_))), "{outcome:?}");
}

#[tokio::test]
async fn what_waits_while_a_batch_commits_shares_the_next_one() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    let mut submissions = vec![stopped.submit("first")];
    stopped.until_a_commit_waits().await;
    submissions.extend((0..50).map(|number| stopped.submit(&format!("waiting-{number}"))));
    stopped.release().await;
    for submission in submissions {
        assert_settled(&submission.await);
    }
    assert_eq!(stopped.transfers_and_database_transactions().await, (51, 2));
    stopped.bank.close().await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_binds_no_key() {
    let settings = CommitterSettings { queue_commands_max: 3, ..CommitterSettings::default() };
    let stopped = Stopped::open(settings).await;
    let accepted: Vec<_> = (0..3).map(|number| stopped.submit(&format!("accepted-{number}"))).collect();
    let refused = stopped.submit("refused").await;
    assert_eq!(refused, Err(SubmitError::Overloaded { retry_after: settings.retry_after }));

    let over_http = stopped.alice.sends("refused-over-http", stopped.from, stopped.to, "1.00").await;
    assert_eq!(over_http.header("retry-after"), Some("1"));
    over_http.problem("overloaded");

    stopped.release().await;
    for submission in accepted {
        assert_settled(&submission.await);
    }
    assert_settled(&stopped.submit("refused").await);
    stopped.bank.close().await;
}

#[tokio::test]
async fn who_goes_away_cancels_the_waiting_and_not_the_command() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    drop(stopped.submit("abandoned"));
    stopped.release().await;
    let retry = stopped.submit("abandoned").await;
    assert!(matches!(retry, Ok(Outcome::Replayed(_))), "{retry:?}");
    assert_eq!(stopped.transfers_and_database_transactions().await, (1, 1));
    stopped.bank.close().await;
}

#[tokio::test]
async fn a_command_whose_time_is_over_before_its_turn_is_never_done() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    let first = stopped.submit("first");
    stopped.until_a_commit_waits().await;
    let late = stopped.submit_within(stopped.command("late"), Duration::from_millis(50)).await;
    assert_eq!(late, Err(SubmitError::Expired), "its turn had not come");
    stopped.release().await;
    assert_settled(&first.await);
    assert_settled(&stopped.submit("late").await);
    assert_eq!(stopped.transfers_and_database_transactions().await.0, 2);
    stopped.bank.close().await;
}

#[tokio::test]
async fn a_command_whose_time_is_over_while_it_commits_may_happen() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    let taken_up = stopped.submit_within(stopped.command("taken-up"), Duration::from_secs(1));
    stopped.until_a_commit_waits().await;
    assert_eq!(taken_up.await, Err(SubmitError::OutcomeUnknown));
    stopped.release().await;
    let retry = stopped.submit("taken-up").await;
    assert!(matches!(retry, Ok(Outcome::Replayed(_))), "{retry:?}");
    stopped.bank.close().await;
}

#[tokio::test]
async fn a_stop_finishes_what_was_accepted_and_takes_no_more() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    let accepted: Vec<_> = (0..3).map(|number| stopped.submit(&format!("accepted-{number}"))).collect();
    let committer = stopped.bank.committer.clone();
    let mut stop = async move { committer.stop().await }.boxed();
    assert!((&mut stop).now_or_never().is_none(), "it waits for what was accepted");
    assert_eq!(stopped.submit("too-late").await.err(), Some(SubmitError::Stopping));
    stopped.release().await;
    for submission in accepted {
        assert_settled(&submission.await);
    }
    stop.await;
    stopped.bank.close().await;
}

#[tokio::test]
async fn a_command_that_the_database_refuses_does_not_take_its_batch_with_it() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    // A sequence goes on when a transaction is rolled back.
    let refuse = "CREATE SEQUENCE tries;
        ALTER TABLE transactions ADD CHECK (reference IS DISTINCT FROM 'poison' OR nextval('tries') < 0)";
    let database = stopped.bank.database_client().await;
    database.batch_execute(refuse).await.unwrap();
    let poisoned = |key| {
        let mut command = stopped.command(key);
        command.reference = Some(Reference::parse("poison").unwrap());
        stopped.submit_within(command, Duration::from_secs(30))
    };
    let tries =
        async || -> i64 { database.query_one("SELECT last_value FROM tries", &[]).await.unwrap().get(0) };
    let first = stopped.submit("first");
    stopped.until_a_commit_waits().await;
    let before = stopped.submit("before");
    let poison = poisoned("poison");
    let after = stopped.submit("after");
    stopped.release().await;
    for submission in [first, before, after] {
        assert_settled(&submission.await);
    }
    assert_eq!(poison.await, Err(SubmitError::Inconsistent));
    assert_eq!(tries().await, 2, "with the batch, and alone");
    assert_eq!(poisoned("alone").await, Err(SubmitError::Inconsistent));
    assert_eq!(tries().await, 3, "who is alone is tried once");
    stopped.bank.close().await;
}

/// What a fault of the database's did is not known to be a command's: trying again would only make it worse.
#[tokio::test]
async fn a_batch_that_lost_its_connection_is_not_tried_again() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    let batch = [stopped.submit("one"), stopped.submit("two")];
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let cutter = stopped.bank.database_client().await;
    while cutter.query(cut, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stopped.release().await;
    for submission in batch {
        assert_eq!(submission.await, Err(SubmitError::Unavailable), "though it could be done now");
    }
    for key in ["one", "two"] {
        assert_settled(&stopped.submit(key).await);
    }
    stopped.bank.close().await;
}

/// On PostgreSQL two batches may be under way. Whoever's turn has come is not told that nothing happened.
#[tokio::test]
async fn a_batch_worth_a_commit_begins_early_and_a_third_one_waits() {
    let stopped = Stopped::open(CommitterSettings::default()).await;
    let mut submissions = vec![stopped.submit("first")];
    stopped.until_a_commit_waits().await;
    submissions.extend((1..128).map(|number| stopped.submit(&format!("second-{number}"))));
    let taken_up = stopped.submit_within(stopped.command("taken-up"), Duration::from_millis(500));
    assert_eq!(taken_up.await, Err(SubmitError::OutcomeUnknown), "128 are worth a commit of their own");
    submissions.extend((1..128).map(|number| stopped.submit(&format!("third-{number}"))));
    let late = stopped.submit_within(stopped.command("late"), Duration::from_millis(100));
    assert_eq!(late.await, Err(SubmitError::Expired), "two are under way");
    stopped.release().await;
    for submission in submissions {
        assert_settled(&submission.await);
    }
    let (transfers, _) = stopped.transfers_and_database_transactions().await;
    assert_eq!(transfers, 1 + 128 + 127);
    stopped.bank.close().await;
}
