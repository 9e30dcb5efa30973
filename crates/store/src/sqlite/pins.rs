//! Transaction PINs and approvals: loaded, decided by [`crate::pins`], saved.

use super::audit_log;
use crate::pins::{Approval, ApprovalUse, NewApproval, PinTries, Redemption, Reservation, Standing, Verdict};
use crate::{AuditAction, AuditLine, Origin, StoreError, StoredPin, Subject};
use florin_ledger::{KeyHash, LedgerId, Timestamp, UserId};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// A person's PIN, if they have one.
pub(super) fn pin(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
) -> Result<Option<StoredPin>, StoreError> {
    Ok(load(db_tx, ledger, user)?.0)
}

/// Sets a person's PIN.
pub(super) fn set(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    pin: &StoredPin,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (_, tries) = load(db_tx, ledger, user)?;
    save(db_tx, ledger, user, Some(pin), &tries.of_new_pin())?;
    drop_unused_approvals(db_tx, ledger, user, None)?;
    let line = AuditLine::done(AuditAction::PinSet, Subject::User(user));
    audit_log::append(db_tx, ledger, origin, &line, now)
}

/// Takes a person's PIN away; whether there was one.
pub(super) fn reset(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (Some(_), tries) = load(db_tx, ledger, user)? else { return Ok(false) };
    save(db_tx, ledger, user, None, &tries.of_new_pin())?;
    drop_unused_approvals(db_tx, ledger, user, None)?;
    let line = AuditLine::done(AuditAction::PinReset, Subject::User(user));
    audit_log::append(db_tx, ledger, origin, &line, now)?;
    Ok(true)
}

/// Why no try can be reserved now, if none can.
pub(super) fn refusal(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Reservation>, StoreError> {
    let (pin, tries) = load(db_tx, ledger, user)?;
    Ok(if pin.is_none() { Some(Reservation::NotSet) } else { tries.refusal(now) })
}

/// Reserves a try.
pub(super) fn reserve(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<Reservation, StoreError> {
    let (Some(pin), before) = load(db_tx, ledger, user)? else { return Ok(Reservation::NotSet) };
    let mut tries = before;
    let reservation = tries.reserve(pin.clone(), now);
    if tries != before {
        save(db_tx, ledger, user, Some(&pin), &tries)?;
    }
    if tries.locks > before.locks
        && let Reservation::Locked { until } = reservation
    {
        audit_log::append(db_tx, ledger, origin, &AuditLine::pin_locked(user, until, now), now)?;
    }
    Ok(reservation)
}

/// Settles a try.
pub(super) fn settle(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    epoch: i64,
    verdict: &Verdict,
    origin: &Origin,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let (Some(pin), mut tries) = load(db_tx, ledger, user)? else { return Ok(Standing::Void) };
    let standing = tries.settle(epoch, verdict, now);
    if standing == Standing::Void {
        return Ok(standing);
    }
    let pin = match verdict {
        Verdict::Right { renewed: Some(renewed) } => renewed,
        _ => &pin,
    };
    save(db_tx, ledger, user, Some(pin), &tries)?;
    for line in AuditLine::pin_tried(user, verdict, standing, now) {
        audit_log::append(db_tx, ledger, origin, &line, now)?;
    }
    Ok(standing)
}

/// Stores an approval; the person's earlier ones that nobody used in time go.
pub(super) fn grant(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    new: &NewApproval,
    origin: &Origin,
) -> Result<(), StoreError> {
    drop_unused_approvals(db_tx, ledger, new.user, Some(new.created_at))?;
    db_tx
        .prepare_cached(
            "INSERT INTO approvals (ledger_id, approval_hash, user_id, digest, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![ledger.0, new.hash, new.user.0, new.digest, new.created_at.0, new.expires_at.0])?;
    let line = AuditLine::done(AuditAction::PinApproved, Subject::User(new.user));
    audit_log::append(db_tx, ledger, origin, &line, new.created_at)
}

/// What an approval is worth; a good one is bound to its key.
pub(super) fn redeem(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    asked: &ApprovalUse,
    now: Timestamp,
) -> Result<Redemption, StoreError> {
    let approval = db_tx
        .prepare_cached(
            "SELECT user_id, digest, created_at, expires_at, used_by FROM approvals
             WHERE ledger_id = ?1 AND approval_hash = ?2",
        )?
        .query_row(params![ledger.0, asked.hash], |row| approval(row, asked.hash))
        .optional()?;
    let Some(approval) = approval else { return Ok(Redemption::Unknown) };
    let redemption = approval.redeem(asked, now);
    if redemption == Redemption::Good && approval.used_by.is_none() {
        db_tx
            .prepare_cached("UPDATE approvals SET used_by = ?3 WHERE ledger_id = ?1 AND approval_hash = ?2")?
            .execute(params![ledger.0, asked.hash, asked.key_hash.0])?;
    }
    Ok(redemption)
}

fn approval(row: &Row<'_>, hash: [u8; 32]) -> rusqlite::Result<Approval> {
    let new = NewApproval {
        hash,
        user: UserId(row.get(0)?),
        digest: row.get(1)?,
        created_at: Timestamp(row.get(2)?),
        expires_at: Timestamp(row.get(3)?),
    };
    Ok(Approval { new, used_by: row.get::<_, Option<_>>(4)?.map(KeyHash) })
}

/// Those of a person that had expired by a time, or all of them.
fn drop_unused_approvals(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    expired_by: Option<Timestamp>,
) -> Result<(), StoreError> {
    db_tx
        .prepare_cached(
            "DELETE FROM approvals
             WHERE ledger_id = ?1 AND user_id = ?2 AND used_by IS NULL AND (?3 IS NULL OR expires_at <= ?3)",
        )?
        .execute(params![ledger.0, user.0, expired_by.map(|time| time.0)])?;
    Ok(())
}

/// The PIN and its tries; of somebody who never had one, none.
fn load(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
) -> Result<(Option<StoredPin>, PinTries), StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT phc, pepper_version, wrong, under_way, reserved_at, locks, locked_until, epoch FROM pins
         WHERE ledger_id = ?1 AND user_id = ?2",
    )?;
    let mut rows = statement.query(params![ledger.0, user.0])?;
    let Some(row) = rows.next()? else { return Ok((None, PinTries::default())) };
    let phc: Option<String> = row.get(0)?;
    let pin = phc.zip(row.get(1)?).map(|(phc, pepper_version)| StoredPin { phc, pepper_version });
    let tries = PinTries {
        wrong: row.get(2)?,
        under_way: row.get(3)?,
        reserved_at: Timestamp(row.get(4)?),
        locks: row.get(5)?,
        locked_until: row.get::<_, Option<_>>(6)?.map(Timestamp),
        epoch: row.get(7)?,
    };
    Ok((pin, tries))
}

fn save(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    pin: Option<&StoredPin>,
    tries: &PinTries,
) -> Result<(), StoreError> {
    db_tx
        .prepare_cached(
            "INSERT INTO pins (ledger_id, user_id, phc, pepper_version, wrong, under_way, reserved_at, locks,
                               locked_until, epoch)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (ledger_id, user_id) DO UPDATE SET
                phc = excluded.phc, pepper_version = excluded.pepper_version, wrong = excluded.wrong,
                under_way = excluded.under_way, reserved_at = excluded.reserved_at, locks = excluded.locks,
                locked_until = excluded.locked_until, epoch = excluded.epoch",
        )?
        .execute(params![
            ledger.0,
            user.0,
            pin.map(|pin| &pin.phc),
            pin.map(|pin| pin.pepper_version),
            tries.wrong,
            tries.under_way,
            tries.reserved_at.0,
            tries.locks,
            tries.locked_until.map(|time| time.0),
            tries.epoch,
        ])?;
    Ok(())
}
