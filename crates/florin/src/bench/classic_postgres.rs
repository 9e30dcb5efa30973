//! The classic way on PostgreSQL: one database transaction a transfer, statement by statement, as most
//! services do it, and as well as it can be done that way.
//!
//! Its tables are copies of Florin's, in a schema of their own: the same columns, constraints and indexes,
//! the same wallets with the same balances. What it writes passes the same audit. Statements are prepared,
//! and there is no HTTP in between. Per transfer: `BEGIN`, look the key up, lock two wallets in ascending
//! id, update both, insert the transaction and its two entries, `COMMIT`.

use super::measure::{Round, Tally, Window};
use super::mix::{Transfer, Transfers};
use super::rounds::Length;
use anyhow::{Context, bail};
use florin_ledger::{Caller, Command, LedgerId, Principal, Timestamp, TransactionId};
use florin_server::clock;
use florin_store::postgres::{Postgres, PostgresSettings};
use florin_store::{AuditReport, Store};
use std::time::{Duration, Instant, SystemTime};
use tokio::task::JoinSet;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement, Transaction};
use uuid::Uuid;

/// The schema that its tables are in.
pub(super) const SCHEMA: &str = "classic";

/// Makes the tables, as copies of Florin's. Florin's server has the bare names, this one finds its own first.
pub(super) async fn create_tables(admin: &Client) -> anyhow::Result<()> {
    let mut statements = vec![format!("CREATE SCHEMA {SCHEMA}")];
    // Payouts stay empty here: the audit must not find those of the other.
    for table in ["wallets", "transactions", "entries", "payouts", "payout_rows"] {
        statements.push(format!("CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL)"));
        if table == "wallets" {
            // `LIKE` takes over everything but the room on each page.
            statements.push(format!("ALTER TABLE {SCHEMA}.{table} SET (fillfactor = 50)"));
        }
        statements.push(format!("INSERT INTO {SCHEMA}.{table} SELECT * FROM public.{table}"));
        statements.push(format!("VACUUM ANALYZE {SCHEMA}.{table}"));
    }
    for statement in statements {
        admin.batch_execute(&statement).await.context("making the classic way's tables")?;
    }
    Ok(())
}

/// The classic way's own tables, to be found before Florin's.
pub(crate) struct ClassicPostgres {
    settings: PostgresSettings,
}

impl ClassicPostgres {
    /// `settings` lead to sessions whose search path begins with [`SCHEMA`].
    pub(super) fn new(settings: PostgresSettings) -> Self {
        Self { settings }
    }

    pub(super) async fn run(
        &self,
        transfers: &Transfers,
        caller: Caller,
        connections: usize,
        length: Length,
    ) -> anyhow::Result<Round> {
        let mut sessions = Vec::with_capacity(connections);
        for _ in 0..connections {
            sessions.push(Session::open(&self.settings, caller).await?);
        }
        let window = length.begin();
        let mut workers = JoinSet::new();
        for (worker, session) in (0..).zip(sessions) {
            workers.spawn(work(session, transfers.of_worker(worker), window));
        }
        let mut tallies = Vec::with_capacity(connections);
        while let Some(tally) = workers.join_next().await {
            tallies.push(tally??);
        }
        Ok(Round::of(window, tallies))
    }

    pub(super) async fn audit(&self) -> anyhow::Result<AuditReport> {
        Ok(Postgres::connect(&self.settings).await?.audit(LedgerId::MAIN).await?)
    }
}

async fn work(mut session: Session, transfers: Transfers, window: Window) -> anyhow::Result<Tally> {
    let mut tally = Tally::new(window);
    for transfer in transfers {
        if window.is_over() {
            break;
        }
        let began = Instant::now();
        session.transfer(&transfer).await.context("a classic transfer")?;
        tally.record(began, 1);
    }
    Ok(tally)
}

/// One connection with its statements.
struct Session {
    client: Client,
    caller: Caller,
    statements: Statements,
}

struct Statements {
    find_key: Statement,
    lock_wallet: Statement,
    update_wallet: Statement,
    insert_transaction: Statement,
    insert_entry: Statement,
}

/// A wallet, as it was read under its lock.
struct Locked {
    id: i64,
    posted: i64,
    version: i64,
    asset: String,
}

impl Session {
    async fn open(settings: &PostgresSettings, caller: Caller) -> anyhow::Result<Self> {
        let client = Postgres::connect_alone(settings).await?;
        Ok(Self { caller, statements: Statements::prepare(&client).await?, client })
    }

    async fn transfer(&mut self, transfer: &Transfer) -> anyhow::Result<()> {
        let command = transfer.command(self.caller);
        let statements = &self.statements;
        let db_tx = self.client.transaction().await?;
        let key: [&(dyn ToSql + Sync); 2] = [&LedgerId::MAIN.0, &command.key_hash.0.as_slice()];
        if db_tx.query_opt(&statements.find_key, &key).await?.is_some() {
            bail!("the key {} was used before", command.key.as_str());
        }
        let (from, to) = (transfer.from.0, transfer.to.0);
        let lower = statements.lock_wallet(&db_tx, from.min(to)).await?;
        let upper = statements.lock_wallet(&db_tx, from.max(to)).await?;
        let (mut debited, mut credited) = if from < to { (lower, upper) } else { (upper, lower) };
        let amount = i64::from(transfer.cents);
        if debited.posted < amount {
            bail!("wallet {from} has {} and needs {amount}", debited.posted);
        }
        debited.posted -= amount;
        credited.posted += amount;
        // The time is read under the locks, so that a wallet's history is in the order of its times.
        let now = clock::now();
        for wallet in [&mut debited, &mut credited] {
            wallet.version += 1;
            statements.update_wallet(&db_tx, wallet, now).await?;
        }
        let id = Uuid::from_u128(TransactionId::new(now, clock::entropy()).0);
        statements.insert_transaction(&db_tx, id, &command, &debited, &credited, amount, now).await?;
        statements.insert_entry(&db_tx, id, &debited, "DEBIT", amount).await?;
        statements.insert_entry(&db_tx, id, &credited, "CREDIT", amount).await?;
        Ok(db_tx.commit().await?)
    }
}

/// Amounts here fit 64 bits; the columns are what Florin's are.
impl Statements {
    async fn prepare(client: &Client) -> anyhow::Result<Self> {
        let find_key = "SELECT transaction_id FROM transactions WHERE ledger_id = $1 AND key_hash = $2";
        let lock_wallet = "
            SELECT posted::bigint, version, asset, status FROM wallets
            WHERE ledger_id = $1 AND wallet_id = $2 FOR UPDATE";
        let update_wallet = "
            UPDATE wallets SET posted = $3::bigint, version = $4, last_entry_at = $5
            WHERE ledger_id = $1 AND wallet_id = $2";
        let insert_transaction = "
            INSERT INTO transactions (ledger_id, transaction_id, type, status, asset, amount, from_wallet_id,
                from_version, to_wallet_id, to_version, user_id, api_key_id, idempotency_key, key_hash,
                fingerprint, created_at)
            VALUES ($1, $2, 'transfer', 'COMPLETED', $3, $4::bigint, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let insert_entry = "
            INSERT INTO entries (ledger_id, wallet_id, version, transaction_id, direction, amount, balance_after)
            VALUES ($1, $2, $3, $4, $5, $6::bigint, $7::bigint)";
        Ok(Self {
            find_key: client.prepare(find_key).await?,
            lock_wallet: client.prepare(lock_wallet).await?,
            update_wallet: client.prepare(update_wallet).await?,
            insert_transaction: client.prepare(insert_transaction).await?,
            insert_entry: client.prepare(insert_entry).await?,
        })
    }

    async fn lock_wallet(&self, db_tx: &Transaction<'_>, id: i64) -> anyhow::Result<Locked> {
        let row = db_tx.query_one(&self.lock_wallet, &[&LedgerId::MAIN.0, &id]).await?;
        if row.get::<_, &str>(3) != "active" {
            bail!("wallet {id} is not active");
        }
        Ok(Locked { id, posted: row.get(0), version: row.get(1), asset: row.get(2) })
    }

    async fn update_wallet(
        &self,
        db_tx: &Transaction<'_>,
        wallet: &Locked,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let Locked { id, posted, version, .. } = wallet;
        let values: [&(dyn ToSql + Sync); 5] = [&LedgerId::MAIN.0, id, posted, version, &system_time(now)];
        let updated = db_tx.execute(&self.update_wallet, &values).await?;
        anyhow::ensure!(updated == 1, "wallet {id} was not updated");
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "it is a row of as many columns")]
    async fn insert_transaction(
        &self,
        db_tx: &Transaction<'_>,
        id: Uuid,
        command: &Command,
        debited: &Locked,
        credited: &Locked,
        amount: i64,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (user, api_key) = match command.caller.principal {
            Principal::User(user) => (Some(user.0), None),
            Principal::Service(api_key) => (None, Some(api_key.0)),
        };
        let values: [&(dyn ToSql + Sync); 14] = [
            &LedgerId::MAIN.0,
            &id,
            &debited.asset,
            &amount,
            &debited.id,
            &debited.version,
            &credited.id,
            &credited.version,
            &user,
            &api_key,
            &command.key.as_str(),
            &command.key_hash.0.as_slice(),
            &command.fingerprint.0.as_slice(),
            &system_time(now),
        ];
        db_tx.execute(&self.insert_transaction, &values).await?;
        Ok(())
    }

    async fn insert_entry(
        &self,
        db_tx: &Transaction<'_>,
        transaction: Uuid,
        wallet: &Locked,
        direction: &str,
        amount: i64,
    ) -> anyhow::Result<()> {
        let Locked { id, posted, version, .. } = wallet;
        let values: [&(dyn ToSql + Sync); 7] =
            [&LedgerId::MAIN.0, id, version, &transaction, &direction, &amount, posted];
        db_tx.execute(&self.insert_entry, &values).await?;
        Ok(())
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(at.0).unwrap_or(0))
}
