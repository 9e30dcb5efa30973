//! The classic way, on either engine: what Florin is compared with.

use super::classic_postgres::ClassicPostgres;
use super::classic_sqlite::ClassicSqlite;
use super::measure::Round;
use super::mix::Transfers;
use super::rounds::Length;
use florin_ledger::Caller;
use florin_store::AuditReport;

pub(super) enum Classic {
    Postgres(ClassicPostgres),
    Sqlite(ClassicSqlite),
}

impl Classic {
    /// Runs it on so many connections; the measurement begins when they are open.
    pub(super) async fn run(
        &self,
        transfers: &Transfers,
        caller: Caller,
        connections: usize,
        length: Length,
    ) -> anyhow::Result<Round> {
        match self {
            Self::Postgres(classic) => classic.run(transfers, caller, connections, length).await,
            Self::Sqlite(classic) => classic.run(transfers, caller, length).await,
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
