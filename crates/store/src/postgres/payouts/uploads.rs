//! Payouts are made, and their rows stored: a revision beside the one in force, chunk by chunk.

use super::locked::Locked;
use super::save;
use crate::payouts::{Answer, Checked, NewPayout, Payout, PayoutRefusal, Upload, UploadedRow};
use crate::postgres::Postgres;
use crate::postgres::codec::{Instant, Numeric};
use crate::postgres::creation::{self, Resource, Turn, query};
use crate::postgres::db_tx::DbTx;
use crate::postgres::load::unreadable;
use crate::{AuditAction, AuditLine, Created, CreationKey, Origin, StoreError};
use florin_ledger::{LedgerId, PayoutId, RowNumber, Timestamp};
use std::collections::BTreeMap;

/// How many rows are swept at a time.
const SWEPT_MAX: i64 = 5_000;

pub(super) async fn create(
    store: &Postgres,
    ledger: LedgerId,
    new: NewPayout,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<Payout>, StoreError> {
    const INSERT: &str = "
        INSERT INTO payouts (ledger_id, payout_id, source_wallet_id, asset, name, creator_user_id, creator_api_key_id,
            created_at, state, version, next_revision, fence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let creation = match creation::begin(store, ledger, Resource::Payout, 1, key).await? {
        Turn::Go(creation) => creation,
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let id = PayoutId(id.parse().map_err(|_| unreadable("creation key's payout"))?);
            let first = store.read(async |client| save::find(client, ledger, id).await).await?;
            let first = first.ok_or_else(|| unreadable("replayed payout"))?;
            return Ok(Created::Replayed(first.when_created()));
        }
    };
    let created = new.created(PayoutId(creation.first_id), now);
    let (user, api_key) = save::columns_of(created.creator);
    query(
        &creation.db_tx,
        INSERT,
        &[
            &ledger.0,
            &created.id.0,
            &created.source.0,
            &created.asset.as_str(),
            &created.name,
            &user,
            &api_key,
            &Instant(now),
            &created.state.as_str(),
            &created.version,
            &created.next_revision,
            &created.fence.0,
        ],
    )
    .await?;
    creation.commit(&created.id.to_string(), &AuditLine::payout_created(&created), origin, now).await?;
    Ok(Created::New(created))
}

/// Begins an upload, or the mending of one, by its rule.
pub(super) async fn begin(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    rule: fn(Payout) -> Result<Payout, PayoutRefusal>,
) -> Answer<i64> {
    let locked = match Locked::take(store, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let begun = locked.change_untold(rule).await?;
    let revision = |payout: Payout| payout.draft.map(|draft| draft.revision);
    Ok(begun.and_then(|payout| revision(payout).ok_or(PayoutRefusal::NothingToMend)))
}

/// Stores a chunk. The payout is locked for sharing only: what must not happen meanwhile is that its draft ends.
pub(super) async fn store_rows(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    rows: Vec<UploadedRow>,
) -> Answer<()> {
    let db_tx = DbTx::begin(&store.writers).await?;
    let payout = save::share(&db_tx, ledger, id).await?.ok_or(PayoutRefusal::NotFound);
    if let Err(refusal) = payout.and_then(|payout| payout.takes_rows(revision)) {
        db_tx.rollback().await?;
        return Ok(Err(refusal));
    }
    insert_rows(&db_tx, ledger, id, revision, rows).await?;
    db_tx.commit().await?;
    Ok(Ok(()))
}

async fn insert_rows(
    db_tx: &DbTx,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    rows: Vec<UploadedRow>,
) -> Result<(), StoreError> {
    const INSERT: &str = "
        INSERT INTO payout_rows (ledger_id, payout_id, revision, row_number, line, recipient, wallet_id, amount,
            reference, memo, bad_amount, fault, state)
        SELECT $1, $2, $3, row_number, line, recipient, wallet_id, amount, reference, memo, bad_amount, fault,
            CASE WHEN fault IS NULL THEN 'PENDING' ELSE 'INVALID' END
        FROM unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::numeric[], $9::text[], $10::text[],
            $11::text[], $12::text[])
            AS new (row_number, line, recipient, wallet_id, amount, reference, memo, bad_amount, fault)
        ON CONFLICT (ledger_id, payout_id, revision, row_number) DO UPDATE
        SET line = excluded.line, recipient = excluded.recipient, wallet_id = excluded.wallet_id,
            amount = excluded.amount, reference = excluded.reference, memo = excluded.memo,
            bad_amount = excluded.bad_amount, fault = excluded.fault, state = excluded.state";
    // Of two rows of one number the last one counts, as it would if they came one by one.
    let rows: BTreeMap<RowNumber, UploadedRow> = rows.into_iter().map(|row| (row.number, row)).collect();
    let columns = Columns { rows: rows.values().collect() };
    query(
        db_tx,
        INSERT,
        &[
            &ledger.0,
            &id.0,
            &revision,
            &columns.of(|row| row.number.0),
            &columns.of(|row| row.line),
            &columns.of(|row| row.recipient.as_str()),
            &columns.of_good(|wallet, _| wallet.0),
            &columns.of_good(|_, amount| Numeric(amount)),
            &columns.of(|row| row.reference.as_deref()),
            &columns.of(|row| row.memo.as_deref()),
            &columns.of_bad(|amount, _| amount),
            &columns.of_bad(|_, fault| fault),
        ],
    )
    .await?;
    Ok(())
}

/// The rows to store, column by column.
struct Columns<'rows> {
    rows: Vec<&'rows UploadedRow>,
}

impl<'rows> Columns<'rows> {
    fn of<T>(&self, column: impl Fn(&'rows UploadedRow) -> T) -> Vec<T> {
        self.rows.iter().map(|row| column(row)).collect()
    }

    fn of_good<T>(
        &self,
        column: impl Fn(florin_ledger::WalletId, florin_ledger::Amount) -> T,
    ) -> Vec<Option<T>> {
        self.of(|row| match row.checked {
            Checked::Good { wallet, amount } => Some(column(wallet, amount)),
            Checked::Bad { .. } => None,
        })
    }

    fn of_bad(&self, column: impl Fn(&'rows str, &'rows str) -> &'rows str) -> Vec<Option<&'rows str>> {
        self.of(|row| match &row.checked {
            Checked::Good { .. } => None,
            Checked::Bad { amount, fault } => Some(column(amount, fault)),
        })
    }
}

pub(super) async fn end(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    upload: Upload,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let locked = match Locked::take(store, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rule = |payout: Payout| payout.end_upload(revision, upload);
    match upload {
        Upload::Good(_) => locked.change_content(store, AuditAction::PayoutUploaded, rule, origin, now).await,
        Upload::Bad(_) => locked.change_untold(rule).await,
    }
}

/// Deletes rows of a revision that is neither in force nor the draft. Such a revision never becomes either, so
/// nothing is locked.
pub(super) async fn sweep_rows(store: &Postgres, ledger: LedgerId, id: PayoutId) -> Result<bool, StoreError> {
    const STALE: &str = "
        SELECT old.revision
        FROM payouts p
        CROSS JOIN LATERAL generate_series(1, p.next_revision - 1) AS old (revision)
        CROSS JOIN LATERAL (
            SELECT 1 FROM payout_rows
            WHERE ledger_id = $1 AND payout_id = $2 AND revision = old.revision LIMIT 1) AS one_of_its_rows
        WHERE p.ledger_id = $1 AND p.payout_id = $2
            AND old.revision IS DISTINCT FROM p.revision AND old.revision IS DISTINCT FROM p.draft_revision
        LIMIT 1";
    // A range of the primary key: joined with a list of rows, each of them would be looked for in the whole list.
    const SWEEP: &str = "
        DELETE FROM payout_rows
        WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3 AND row_number <= (
            SELECT max(row_number)
            FROM (SELECT row_number FROM payout_rows
                  WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3
                  ORDER BY row_number LIMIT $4) AS first)";
    let db_tx = DbTx::begin(&store.writers).await?;
    let stale = query(&db_tx, STALE, &[&ledger.0, &id.0]).await?;
    let Some(revision) = stale.first().map(|row| row.get::<_, i64>("revision")) else {
        db_tx.rollback().await?;
        return Ok(false);
    };
    query(&db_tx, SWEEP, &[&ledger.0, &id.0, &revision, &SWEPT_MAX]).await?;
    db_tx.commit().await?;
    Ok(true)
}
