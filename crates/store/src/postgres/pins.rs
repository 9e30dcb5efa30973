//! Transaction PINs and approvals: loaded under a row's lock, decided by [`crate::pins`], saved.
//!
//! On the connections for reads: a flood of PINs must not take those that batches commit on.

use super::Postgres;
use super::audit_log;
use super::codec::Instant;
use super::creation::query;
use super::db_tx::DbTx;
use super::load::unreadable;
use crate::pins::{Approval, ApprovalUse, NewApproval, PinTries, Redemption, Reservation, Standing, Verdict};
use crate::{AuditAction, AuditLine, Origin, StoreError, StoredPin, Subject};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{KeyHash, LedgerId, Timestamp, UserId};
use tokio_postgres::Row;

/// A person's PIN, if they have one.
pub(super) async fn pin(
    client: &ClientWrapper,
    ledger: LedgerId,
    user: UserId,
) -> Result<Option<StoredPin>, StoreError> {
    Ok(load(client, ledger, user, Lock::No).await?.0)
}

/// Sets a person's PIN.
pub(super) async fn set(
    store: &Postgres,
    ledger: LedgerId,
    user: UserId,
    pin: &StoredPin,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    // So that there is a row to lock, also where two set the first one at once.
    const MAKE: &str = "
        INSERT INTO pins (ledger_id, user_id, wrong, under_way, reserved_at, locks, epoch)
        VALUES ($1, $2, 0, 0, 'epoch', 0, 0) ON CONFLICT DO NOTHING";
    let db_tx = DbTx::begin(&store.readers).await?;
    query(&db_tx, MAKE, &[&ledger.0, &user.0]).await?;
    let (_, tries) = load(&db_tx, ledger, user, Lock::Row).await?;
    save(&db_tx, ledger, user, Some(pin), &tries.of_new_pin()).await?;
    drop_unused_approvals(&db_tx, ledger, user, None).await?;
    let line = AuditLine::done(AuditAction::PinSet, Subject::User(user));
    audit_log::append(&db_tx, ledger, origin, &line, now).await?;
    Ok(db_tx.commit().await?)
}

/// Takes a person's PIN away; whether there was one.
pub(super) async fn reset(
    store: &Postgres,
    ledger: LedgerId,
    user: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let db_tx = DbTx::begin(&store.readers).await?;
    let (Some(_), tries) = load(&db_tx, ledger, user, Lock::Row).await? else {
        db_tx.rollback().await?;
        return Ok(false);
    };
    save(&db_tx, ledger, user, None, &tries.of_new_pin()).await?;
    drop_unused_approvals(&db_tx, ledger, user, None).await?;
    let line = AuditLine::done(AuditAction::PinReset, Subject::User(user));
    audit_log::append(&db_tx, ledger, origin, &line, now).await?;
    db_tx.commit().await?;
    Ok(true)
}

/// Reserves a try. Who is refused costs one read, and waits for no lock.
pub(super) async fn reserve(
    store: &Postgres,
    ledger: LedgerId,
    user: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<Reservation, StoreError> {
    let (pin, tries) = store.read(async |client| load(client, ledger, user, Lock::No).await).await?;
    if pin.is_none() {
        return Ok(Reservation::NotSet);
    }
    if let Some(refusal) = tries.refusal(now) {
        return Ok(refusal);
    }
    let db_tx = DbTx::begin(&store.readers).await?;
    let (Some(pin), before) = load(&db_tx, ledger, user, Lock::Row).await? else {
        db_tx.rollback().await?;
        return Ok(Reservation::NotSet);
    };
    let mut tries = before;
    let reservation = tries.reserve(pin.clone(), now);
    if tries != before {
        save(&db_tx, ledger, user, Some(&pin), &tries).await?;
    }
    if tries.locks > before.locks
        && let Reservation::Locked { until } = reservation
    {
        audit_log::append(&db_tx, ledger, origin, &AuditLine::pin_locked(user, until, now), now).await?;
    }
    db_tx.commit().await?;
    Ok(reservation)
}

/// Settles a try.
pub(super) async fn settle(
    store: &Postgres,
    ledger: LedgerId,
    user: UserId,
    epoch: i64,
    verdict: &Verdict,
    origin: &Origin,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let db_tx = DbTx::begin(&store.readers).await?;
    let (pin, mut tries) = load(&db_tx, ledger, user, Lock::Row).await?;
    let standing = tries.settle(epoch, verdict, now);
    let Some(pin) = pin.filter(|_| standing != Standing::Void) else {
        db_tx.rollback().await?;
        return Ok(Standing::Void);
    };
    let pin = match verdict {
        Verdict::Right { renewed: Some(renewed) } => renewed,
        _ => &pin,
    };
    save(&db_tx, ledger, user, Some(pin), &tries).await?;
    for line in AuditLine::pin_tried(user, verdict, standing, now) {
        audit_log::append(&db_tx, ledger, origin, &line, now).await?;
    }
    db_tx.commit().await?;
    Ok(standing)
}

/// Stores an approval; the person's earlier ones that nobody used in time go.
pub(super) async fn grant(
    store: &Postgres,
    ledger: LedgerId,
    new: &NewApproval,
    origin: &Origin,
) -> Result<(), StoreError> {
    const GRANT: &str = "
        INSERT INTO approvals (ledger_id, approval_hash, user_id, digest, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let db_tx = DbTx::begin(&store.readers).await?;
    drop_unused_approvals(&db_tx, ledger, new.user, Some(new.created_at)).await?;
    let (hash, digest) = (new.hash.as_slice(), new.digest.as_slice());
    let (created_at, expires_at) = (Instant(new.created_at), Instant(new.expires_at));
    query(&db_tx, GRANT, &[&ledger.0, &hash, &new.user.0, &digest, &created_at, &expires_at]).await?;
    let line = AuditLine::done(AuditAction::PinApproved, Subject::User(new.user));
    audit_log::append(&db_tx, ledger, origin, &line, new.created_at).await?;
    Ok(db_tx.commit().await?)
}

/// What an approval is worth; a good one is bound to its key.
pub(super) async fn redeem(
    store: &Postgres,
    ledger: LedgerId,
    asked: &ApprovalUse,
    now: Timestamp,
) -> Result<Redemption, StoreError> {
    const FIND: &str = "
        SELECT user_id, digest, created_at, expires_at, used_by FROM approvals
        WHERE ledger_id = $1 AND approval_hash = $2 FOR UPDATE";
    const USE: &str = "UPDATE approvals SET used_by = $3 WHERE ledger_id = $1 AND approval_hash = $2";
    let db_tx = DbTx::begin(&store.readers).await?;
    let found = query(&db_tx, FIND, &[&ledger.0, &asked.hash.as_slice()]).await?;
    let Some(row) = found.first() else {
        db_tx.rollback().await?;
        return Ok(Redemption::Unknown);
    };
    let approval = approval_from_row(row, asked.hash)?;
    let redemption = approval.redeem(asked, now);
    if redemption == Redemption::Good && approval.used_by.is_none() {
        query(&db_tx, USE, &[&ledger.0, &asked.hash.as_slice(), &asked.key_hash.0.as_slice()]).await?;
    }
    db_tx.commit().await?;
    Ok(redemption)
}

fn approval_from_row(row: &Row, hash: [u8; 32]) -> Result<Approval, StoreError> {
    let digest: &[u8] = row.get("digest");
    let used_by: Option<&[u8]> = row.get("used_by");
    let used_by = used_by.map(|hash| hash.try_into().map(KeyHash)).transpose();
    let new = NewApproval {
        hash,
        user: UserId(row.get("user_id")),
        digest: digest.try_into().map_err(|_| unreadable("approval's digest"))?,
        created_at: row.get::<_, Instant>("created_at").0,
        expires_at: row.get::<_, Instant>("expires_at").0,
    };
    Ok(Approval { new, used_by: used_by.map_err(|_| unreadable("approval's key"))? })
}

/// Those of a person that had expired by a time, or all of them.
async fn drop_unused_approvals(
    client: &ClientWrapper,
    ledger: LedgerId,
    user: UserId,
    expired_by: Option<Timestamp>,
) -> Result<(), StoreError> {
    const DROP: &str = "
        DELETE FROM approvals
        WHERE ledger_id = $1 AND user_id = $2 AND used_by IS NULL
            AND ($3::timestamptz IS NULL OR expires_at <= $3)";
    query(client, DROP, &[&ledger.0, &user.0, &expired_by.map(Instant)]).await?;
    Ok(())
}

/// Whether nobody else may change what is read, to the end of the database transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    No,
    Row,
}

/// The PIN and its tries; of somebody who never had one, none.
async fn load(
    client: &ClientWrapper,
    ledger: LedgerId,
    user: UserId,
    lock: Lock,
) -> Result<(Option<StoredPin>, PinTries), StoreError> {
    const READ: &str = "
        SELECT phc, pepper_version, wrong, under_way, reserved_at, locks, locked_until, epoch FROM pins
        WHERE ledger_id = $1 AND user_id = $2";
    let lock = if lock == Lock::Row { "FOR UPDATE" } else { "" };
    let found = query(client, &format!("{READ} {lock}"), &[&ledger.0, &user.0]).await?;
    found.first().map_or(Ok((None, PinTries::default())), from_row)
}

fn from_row(row: &Row) -> Result<(Option<StoredPin>, PinTries), StoreError> {
    let small = |column: &str| row.get::<_, i16>(column).try_into().map_err(|_| unreadable("PIN's tries"));
    let phc: Option<String> = row.get("phc");
    let pin = match phc.zip(row.get::<_, Option<i64>>("pepper_version")) {
        Some((phc, version)) => {
            let pepper_version = version.try_into().map_err(|_| unreadable("PIN's pepper"))?;
            Some(StoredPin { phc, pepper_version })
        }
        None => None,
    };
    let tries = PinTries {
        wrong: small("wrong")?,
        under_way: small("under_way")?,
        reserved_at: row.get::<_, Instant>("reserved_at").0,
        locks: small("locks")?,
        locked_until: row.get::<_, Option<Instant>>("locked_until").map(|time| time.0),
        epoch: row.get("epoch"),
    };
    Ok((pin, tries))
}

async fn save(
    client: &ClientWrapper,
    ledger: LedgerId,
    user: UserId,
    pin: Option<&StoredPin>,
    tries: &PinTries,
) -> Result<(), StoreError> {
    const SAVE: &str = "
        UPDATE pins SET phc = $3, pepper_version = $4, wrong = $5, under_way = $6, reserved_at = $7, locks = $8,
            locked_until = $9, epoch = $10
        WHERE ledger_id = $1 AND user_id = $2
        RETURNING user_id";
    let saved = query(
        client,
        SAVE,
        &[
            &ledger.0,
            &user.0,
            &pin.map(|pin| &pin.phc),
            &pin.map(|pin| i64::from(pin.pepper_version)),
            &i16::from(tries.wrong),
            &i16::from(tries.under_way),
            &Instant(tries.reserved_at),
            &i16::from(tries.locks),
            &tries.locked_until.map(Instant),
            &tries.epoch,
        ],
    )
    .await?;
    if saved.len() != 1 {
        return Err(StoreError::RowsAffected { statement: "save a PIN", expected: 1, actual: 0 });
    }
    Ok(())
}
