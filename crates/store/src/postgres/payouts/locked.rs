//! A payout that nobody else changes: what every request about one begins with.

use super::save;
use crate::payouts::{Answer, Payout, PayoutRefusal};
use crate::postgres::Postgres;
use crate::postgres::audit_log;
use crate::postgres::codec::Instant;
use crate::postgres::creation::query;
use crate::postgres::db_tx::DbTx;
use crate::{AuditAction, AuditLine, CreationKey, Origin, StoreError};
use florin_ledger::{LedgerId, PayoutId, Timestamp};
use std::ops::ControlFlow;

/// A payout under its lock, in a database transaction that nothing was written in yet.
pub(super) struct Locked {
    pub(super) db_tx: DbTx,
    pub(super) ledger: LedgerId,
    pub(super) payout: Payout,
}

impl Locked {
    /// Begins, and locks the payout.
    pub(super) async fn take(store: &Postgres, ledger: LedgerId, id: PayoutId) -> Answer<Self> {
        Self::take_in(DbTx::begin(&store.writers).await?, ledger, id).await
    }

    /// Locks the payout where something else is locked already.
    pub(super) async fn take_in(db_tx: DbTx, ledger: LedgerId, id: PayoutId) -> Answer<Self> {
        let Some(payout) = save::lock(&db_tx, ledger, id).await? else {
            db_tx.rollback().await?;
            return Ok(Err(PayoutRefusal::NotFound));
        };
        Ok(Ok(Self { db_tx, ledger, payout }))
    }

    /// Writes what `rule` makes of the payout, with a line that tells of it, and commits. Nothing is written where
    /// it refuses, or where it leaves the payout as it is.
    pub(super) async fn change(
        self,
        rule: impl FnOnce(Payout) -> Result<Payout, PayoutRefusal>,
        line: impl FnOnce(&Payout) -> AuditLine,
        origin: &Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        let ledger = self.ledger;
        self.write(rule, async |db_tx, after| {
            audit_log::append(db_tx, ledger, origin, &line(after), now).await
        })
        .await
    }

    /// The same where it is about the content.
    pub(super) async fn change_content(
        self,
        store: &Postgres,
        action: AuditAction,
        rule: impl FnOnce(Payout) -> Result<Payout, PayoutRefusal>,
        origin: &Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        let scale = store.known_assets.scale(&self.db_tx, self.ledger, self.payout.asset).await?;
        self.change(rule, |payout| AuditLine::payout_content(action, payout, scale), origin, now).await
    }

    /// The same where the audit log has nothing to tell.
    pub(super) async fn change_untold(
        self,
        rule: impl FnOnce(Payout) -> Result<Payout, PayoutRefusal>,
    ) -> Answer<Payout> {
        self.write(rule, async |_, _| Ok(())).await
    }

    async fn write(
        self,
        rule: impl FnOnce(Payout) -> Result<Payout, PayoutRefusal>,
        tell: impl AsyncFnOnce(&DbTx, &Payout) -> Result<(), StoreError>,
    ) -> Answer<Payout> {
        let Self { db_tx, ledger, payout: before } = self;
        let after = match rule(before.clone()) {
            Ok(after) if after != before => after,
            unchanged => {
                db_tx.rollback().await?;
                return Ok(unchanged);
            }
        };
        save::save(&db_tx, ledger, &after).await?;
        tell(&db_tx, &after).await?;
        db_tx.commit().await?;
        Ok(Ok(after))
    }

    /// Goes on where nobody asked for a run under the key before; otherwise ends with what became of that request.
    pub(super) async fn unless_asked_before(
        self,
        key: &CreationKey,
    ) -> Result<ControlFlow<Result<Payout, PayoutRefusal>, Self>, StoreError> {
        const USED: &str = "
            SELECT fingerprint, resource = 'payout_run' AND resource_id = $3 AS is_this
            FROM creation_keys WHERE ledger_id = $1 AND key_hash = $2";
        let resource_id = self.payout.id.to_string();
        let used = query(&self.db_tx, USED, &[&self.ledger.0, &key.hash.0.as_slice(), &resource_id]).await?;
        let Some(first) = used.first() else { return Ok(ControlFlow::Continue(self)) };
        let is_same = first.get("is_this") && first.get::<_, &[u8]>("fingerprint") == key.fingerprint.0;
        self.db_tx.rollback().await?;
        Ok(ControlFlow::Break(if is_same { Ok(self.payout) } else { Err(PayoutRefusal::KeyReused) }))
    }

    /// Stores the key of a request for a run; `false` where somebody else has used it meanwhile.
    pub(super) async fn bind(&self, key: &CreationKey, now: Timestamp) -> Result<bool, StoreError> {
        const BIND: &str = "
            INSERT INTO creation_keys (ledger_id, key_hash, fingerprint, resource, resource_id, created_at)
            VALUES ($1, $2, $3, 'payout_run', $4, $5)
            ON CONFLICT DO NOTHING
            RETURNING key_hash";
        let bound = query(
            &self.db_tx,
            BIND,
            &[
                &self.ledger.0,
                &key.hash.0.as_slice(),
                &key.fingerprint.0.as_slice(),
                &self.payout.id.to_string(),
                &Instant(now),
            ],
        )
        .await?;
        Ok(!bound.is_empty())
    }

    /// Refuses, with nothing written.
    pub(super) async fn refuse<T>(self, refusal: PayoutRefusal) -> Answer<T> {
        self.db_tx.rollback().await?;
        Ok(Err(refusal))
    }
}
