//! The classic way, on either engine: what Florin is compared with.

use super::classic_postgres::ClassicPostgres;
use super::classic_sqlite::ClassicSqlite;
use super::measure::{Round, Window};
use super::mix::Transfers;
use florin_ledger::Caller;
use florin_store::AuditReport;

pub(super) enum Classic {
    Postgres(ClassicPostgres),
    Sqlite(ClassicSqlite),
}

impl Classic {
    /// Runs it on so many connections; `window` begins when they are open.
    pub(super) async fn run(
        &self,
        transfers: &Transfers,
        caller: Caller,
        connections: usize,
        window: impl FnOnce() -> Window + Send + 'static,
    ) -> anyhow::Result<Round> {
        match self {
            Self::Postgres(classic) => classic.run(transfers, caller, connections, window).await,
            Self::Sqlite(classic) => classic.run(transfers, caller, window).await,
        }
    }

    /// Florin's own audit, of what the classic way wrote.
    pub(super) async fn audit(&self) -> anyhow::Result<AuditReport> {
        match self {
            Self::Postgres(classic) => classic.audit().await,
            Self::Sqlite(classic) => classic.audit().await,
        }
    }
}
