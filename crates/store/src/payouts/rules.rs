//! How a payout moves from state to state. An engine reads the payout under its lock, asks here, and writes back
//! what it gets, so both follow the same rules.

use super::{
    Compensation, Content, ContentApproval, Draft, Execution, NewCompensation, NewPayout, Payout,
    PayoutRefusal, PayoutState, Progress, Steer, Upload,
};
use florin_ledger::{
    Amount, Caller, Fence, PayoutChange, PayoutId, Principal, Run, RunKind, Timestamp, UserId,
};

/// What comes of a request.
type Changed = Result<Payout, PayoutRefusal>;

impl NewPayout {
    /// The payout as it begins.
    pub(crate) fn created(self, id: PayoutId, now: Timestamp) -> Payout {
        let Self { source, asset, name, creator } = self;
        Payout {
            id,
            source,
            asset,
            name,
            creator,
            created_at: now,
            state: PayoutState::Pending,
            content: None,
            draft: None,
            next_revision: 1,
            approval: None,
            payment: None,
            compensation: None,
            reversed_total: Amount::ZERO,
            version: 1,
            fence: Fence(0),
            lease_until: None,
        }
    }
}

impl Payout {
    /// As it was when it was created: what the replay of its creation answers.
    pub(crate) fn when_created(self) -> Self {
        let Self { id, source, asset, name, creator, created_at, .. } = self;
        NewPayout { source, asset, name, creator }.created(id, created_at)
    }

    /// Begins an upload. Whatever draft there was gives way to it.
    pub(crate) fn begin_upload(self) -> Changed {
        self.demand(&[PayoutState::Pending])?;
        let draft = Draft { revision: self.next_revision, counts: None };
        let next_revision = self.next_revision.saturating_add(1);
        Ok(Self { draft: Some(draft), next_revision, ..self }.changed())
    }

    /// Begins to mend the draft. It has no counts until that ends, so no two can mend it at once: one would change
    /// rows after the other has counted them. A mending that was given up may have left it without faults, and yet
    /// not in force.
    pub(crate) fn begin_mending(self) -> Changed {
        self.demand(&[PayoutState::Pending])?;
        let draft = self.draft.filter(|draft| draft.counts.is_some());
        let draft = draft.ok_or(PayoutRefusal::NothingToMend)?;
        Ok(Self { draft: Some(Draft { counts: None, ..draft }), ..self }.changed())
    }

    /// Whether this revision still is the upload under way.
    pub(crate) fn takes_rows(&self, revision: i64) -> Result<(), PayoutRefusal> {
        self.demand(&[PayoutState::Pending])?;
        let is_draft = self.draft.is_some_and(|draft| draft.revision == revision);
        if is_draft { Ok(()) } else { Err(PayoutRefusal::UploadSuperseded) }
    }

    /// Ends an upload. Whoever agreed with other rows has not agreed with these.
    pub(crate) fn end_upload(self, revision: i64, upload: Upload) -> Changed {
        self.takes_rows(revision)?;
        let ended = match upload {
            Upload::Good(content) => {
                Self { content: Some(Content { revision, ..content }), draft: None, approval: None, ..self }
            }
            Upload::Bad(counts) => Self { draft: Some(Draft { revision, counts: Some(counts) }), ..self },
        };
        Ok(ended.changed())
    }

    /// Somebody agrees with the content.
    pub(crate) fn approve(self, by: UserId, digest: [u8; 32], now: Timestamp) -> Changed {
        self.demand(&[PayoutState::Pending])?;
        self.content_meant(&digest)?;
        if self.creator == Principal::User(by) {
            return Err(PayoutRefusal::OwnApproval);
        }
        Ok(Self { approval: Some(ContentApproval { by, digest, at: now }), ..self }.changed())
    }

    /// Lets the rows be paid, unless they are what another payout pays or has paid.
    pub(crate) fn execute(
        self,
        execution: Execution,
        likely_duplicate: Option<PayoutId>,
        now: Timestamp,
    ) -> Changed {
        self.demand(&[PayoutState::Pending])?;
        let content = self.content_meant(&execution.digest)?;
        if execution.needs_approval {
            let approval = self.approval.filter(|approval| approval.digest == content.digest);
            let by = approval.ok_or(PayoutRefusal::ApprovalNeeded)?.by;
            if execution.caller.principal == Principal::User(by) {
                return Err(PayoutRefusal::OwnApproval);
            }
        }
        if let Some(other) = likely_duplicate.filter(|_| !execution.allows_duplicate) {
            return Err(PayoutRefusal::LikelyDuplicate(other));
        }
        let payment = Progress::begun(1, execution.caller, content.rows, now);
        Ok(Self { payment: Some(payment), state: PayoutState::Processing, ..self }.leased_anew().changed())
    }

    /// Lets the rows that failed be paid once more.
    pub(crate) fn retry(self, caller: Caller, now: Timestamp) -> Changed {
        self.demand(&[PayoutState::PartiallyFailed, PayoutState::Failed])?;
        self.demand_no_compensation()?;
        let last = self.payment.ok_or(PayoutRefusal::NothingToDo)?;
        let payment = Progress {
            done_rows: last.done_rows,
            done_total: last.done_total,
            ..Progress::begun(last.number.saturating_add(1), caller, last.rows, now)
        };
        Ok(Self { payment: Some(payment), state: PayoutState::Processing, ..self }.leased_anew().changed())
    }

    /// The number of the next compensation, where there can be one.
    pub(crate) fn next_compensation(&self) -> Result<i64, PayoutRefusal> {
        self.demand(&[PayoutState::Completed, PayoutState::PartiallyFailed, PayoutState::Cancelled])?;
        self.demand_no_compensation()?;
        Ok(self.compensation.map_or(1, |last| last.progress.number.saturating_add(1)))
    }

    /// Lets rows that were paid be reversed, so many of them.
    pub(crate) fn compensate(self, new: &NewCompensation, rows: i64, now: Timestamp) -> Changed {
        let number = self.next_compensation()?;
        if rows == 0 {
            return Err(PayoutRefusal::NothingToDo);
        }
        let compensation = Compensation {
            selection: new.selection,
            allows_partial: new.allows_partial,
            progress: Progress::begun(number, new.caller, rows, now),
        };
        Ok(Self { compensation: Some(compensation), ..self }.leased_anew().changed())
    }

    /// Stops it, or lets it go on; the same again where it is so already.
    pub(crate) fn steer(self, steer: Steer, now: Timestamp) -> Changed {
        let (from, to): (&[_], _) = match steer {
            Steer::Pause => (&[PayoutState::Processing], PayoutState::Paused),
            Steer::Resume => (&[PayoutState::Paused], PayoutState::Processing),
            Steer::Cancel => (
                &[PayoutState::Pending, PayoutState::Processing, PayoutState::Paused],
                PayoutState::Cancelled,
            ),
        };
        if self.state == to {
            return Ok(self);
        }
        self.demand(from)?;
        let mut steered = Self { state: to, ..self };
        if let (Steer::Cancel, Some(payment)) = (steer, &mut steered.payment) {
            payment.ended_at = Some(now);
        }
        Ok(steered.leased_anew().changed())
    }

    /// What a batch did with its rows, in the run under way.
    pub(crate) fn settled(self, change: &PayoutChange) -> Self {
        let (done, total, failed) = change.counts();
        let mut settled = self;
        let progress = match change.run.kind {
            RunKind::Pay => settled.payment.as_mut(),
            RunKind::Compensate => {
                settled.reversed_total = settled.reversed_total.checked_add(total).unwrap_or(Amount::MAX);
                settled.compensation.as_mut().map(|compensation| &mut compensation.progress)
            }
        };
        if let Some(progress) = progress {
            progress.done_rows = progress.done_rows.saturating_add(done);
            progress.done_total = progress.done_total.checked_add(total).unwrap_or(Amount::MAX);
            progress.failed_rows = progress.failed_rows.saturating_add(failed);
        }
        Self { lease_until: Some(change.lease_until), ..settled }.changed()
    }

    /// Ends a run that has decided all its rows.
    pub(crate) fn end_run(self, run: Run, now: Timestamp) -> Self {
        let mut ended = self;
        match (run.kind, &mut ended.payment, &mut ended.compensation) {
            (RunKind::Pay, Some(payment), _) => {
                payment.ended_at = Some(now);
                ended.state = PayoutState::of_ended(payment.done_rows, payment.failed_rows);
            }
            (RunKind::Compensate, _, Some(compensation)) => compensation.progress.ended_at = Some(now),
            (RunKind::Pay, None, _) | (RunKind::Compensate, _, None) => {}
        }
        ended.lease_until = None;
        ended.changed()
    }

    /// Gives the lease to somebody.
    pub(crate) fn claimed(self, lease_until: Timestamp) -> Self {
        let claimed = self.leased_anew();
        Self { lease_until: Some(lease_until), ..claimed }
    }

    /// Whoever had the lease has it no more, and anybody can take it.
    fn leased_anew(self) -> Self {
        Self { fence: Fence(self.fence.0.saturating_add(1)), lease_until: None, ..self }
    }

    fn changed(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    fn demand(&self, states: &[PayoutState]) -> Result<(), PayoutRefusal> {
        if states.contains(&self.state) { Ok(()) } else { Err(PayoutRefusal::WrongState(self.state)) }
    }

    fn demand_no_compensation(&self) -> Result<(), PayoutRefusal> {
        match self.compensation {
            Some(compensation) if compensation.progress.ended_at.is_none() => {
                Err(PayoutRefusal::CompensationUnderWay)
            }
            _ => Ok(()),
        }
    }

    fn content_meant(&self, digest: &[u8; 32]) -> Result<Content, PayoutRefusal> {
        let content = self.content.ok_or(PayoutRefusal::NoRows)?;
        if content.digest == *digest { Ok(content) } else { Err(PayoutRefusal::ContentChanged) }
    }
}

impl Progress {
    fn begun(number: i64, caller: Caller, rows: i64, now: Timestamp) -> Self {
        Self {
            number,
            caller,
            rows,
            done_rows: 0,
            done_total: Amount::ZERO,
            failed_rows: 0,
            started_at: now,
            ended_at: None,
        }
    }

    /// Whether every row is decided.
    pub fn is_decided(&self) -> bool {
        self.done_rows.saturating_add(self.failed_rows) >= self.rows
    }
}
