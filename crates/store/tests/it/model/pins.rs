//! Transaction PINs and approvals.

use super::book::{Book, missing};
use super::people::People;
use florin_ledger::{Timestamp, UserId};
use florin_store::{
    Approval, ApprovalUse, AuditAction, AuditLine, NewApproval, Origin, PinTries, Redemption, Reservation,
    Standing, StoreError, StoredPin, Subject, Verdict,
};

/// A person's PIN, and how its tries stand.
pub(super) type Pin = (Option<StoredPin>, PinTries);

impl Book {
    pub(super) fn set_pin(
        &mut self,
        user: UserId,
        pin: StoredPin,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.people.users.contains_key(&user) {
            return Err(missing());
        }
        self.people.begin_anew(user, Some(pin));
        self.append(AuditLine::done(AuditAction::PinSet, Subject::User(user)), origin, now);
        Ok(())
    }

    pub(super) fn reset_pin(&mut self, user: UserId, origin: &Origin, now: Timestamp) -> bool {
        if self.people.pin(user).is_none() {
            return false;
        }
        self.people.begin_anew(user, None);
        self.append(AuditLine::done(AuditAction::PinReset, Subject::User(user)), origin, now);
        true
    }

    pub(super) fn reserve_pin_try(&mut self, user: UserId, origin: &Origin, now: Timestamp) -> Reservation {
        let Some((Some(pin), tries)) = self.people.pins.get_mut(&user) else { return Reservation::NotSet };
        let locks = tries.locks;
        let reservation = tries.reserve(pin.clone(), now);
        let is_new_lock = tries.locks > locks;
        if let Reservation::Locked { until } = reservation
            && is_new_lock
        {
            self.append(AuditLine::pin_locked(user, until, now), origin, now);
        }
        reservation
    }

    pub(super) fn settle_pin_try(
        &mut self,
        user: UserId,
        epoch: i64,
        verdict: &Verdict,
        origin: &Origin,
        now: Timestamp,
    ) -> Standing {
        let Some((Some(pin), tries)) = self.people.pins.get_mut(&user) else { return Standing::Void };
        let standing = tries.settle(epoch, verdict, now);
        if let Verdict::Right { renewed: Some(renewed) } = verdict
            && standing != Standing::Void
        {
            pin.clone_from(renewed);
        }
        for line in AuditLine::pin_tried(user, verdict, standing, now) {
            self.append(line, origin, now);
        }
        standing
    }

    pub(super) fn grant_approval(&mut self, new: NewApproval, origin: &Origin) -> Result<(), StoreError> {
        let people = &mut self.people;
        let is_over = |approval: &Approval| {
            approval.new.user == new.user
                && approval.used_by.is_none()
                && approval.new.expires_at <= new.created_at
        };
        people.approvals.retain(|_, approval| !is_over(approval));
        if people.approvals.contains_key(&new.hash) || !people.users.contains_key(&new.user) {
            return Err(missing());
        }
        people.approvals.insert(new.hash, Approval { new, used_by: None });
        let line = AuditLine::done(AuditAction::PinApproved, Subject::User(new.user));
        self.append(line, origin, new.created_at);
        Ok(())
    }
}

impl People {
    pub(super) fn pin(&self, user: UserId) -> Option<StoredPin> {
        self.pins.get(&user).and_then(|(pin, _)| pin.clone())
    }

    fn begin_anew(&mut self, user: UserId, pin: Option<StoredPin>) {
        let (_, tries) = self.pins.get(&user).cloned().unwrap_or_default();
        self.pins.insert(user, (pin, tries.of_new_pin()));
        self.approvals.retain(|_, approval| approval.new.user != user || approval.used_by.is_some());
    }

    pub(super) fn redeem_approval(&mut self, asked: ApprovalUse, now: Timestamp) -> Redemption {
        let Some(approval) = self.approvals.get_mut(&asked.hash) else { return Redemption::Unknown };
        let redemption = approval.redeem(&asked, now);
        if redemption == Redemption::Good {
            approval.used_by = Some(asked.key_hash);
        }
        redemption
    }
}
