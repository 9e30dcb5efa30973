//! Transaction PINs: what is stored of one, how tries are counted, and the approvals that a right one gives.
//!
//! A try is reserved before the PIN is looked at, and settled after. What is reserved and not settled counts as if
//! it were wrong, so that no number of tries at once, on however many servers, is more than [`PinTries::MAX`]. The
//! rules are here, pure; the engines load the count under a row's lock, and save it.

use florin_ledger::{KeyHash, Timestamp, UserId};

/// A PIN, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPin {
    /// A PHC string of argon2id over the peppered PIN.
    pub phc: String,
    /// Under which version of the pepper.
    pub pepper_version: u32,
}

/// How many tries of a person's PIN were wrong, and how many are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinTries {
    /// Wrong ones since the last right one, or the last lock.
    pub wrong: u8,
    /// Reserved ones that are not settled.
    pub under_way: u8,
    /// When the last one was reserved.
    pub reserved_at: Timestamp,
    /// How often it was locked since the last right one.
    pub locks: u8,
    /// Until when it is locked.
    pub locked_until: Option<Timestamp>,
    /// Counts what makes reservations void: a new PIN, a reset, a reservation that nobody settled.
    pub epoch: i64,
}

/// What becomes of somebody who wants to try a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// They may; [`PinTries::settle`] wants the number back.
    Reserved {
        /// What they must match.
        pin: StoredPin,
        /// Of which epoch the try is.
        epoch: i64,
    },
    /// As many tries are under way as there are left: when they are settled there may be some again.
    Busy,
    /// Too many were wrong.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// There is no PIN.
    NotSet,
}

/// What a try that was reserved found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the PIN.
    Right {
        /// The PIN under the newest pepper, where it is stored under an older one.
        renewed: Option<StoredPin>,
    },
    /// It is not.
    Wrong,
    /// It was not looked at.
    Unchecked,
}

/// How a PIN stands after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// So many wrong tries are left.
    Open {
        /// How many.
        tries_left: u8,
    },
    /// It is locked.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// The reservation was void: it was counted as wrong, or the PIN is another one now.
    Void,
}

impl PinTries {
    /// So many wrong tries lock it.
    pub const MAX: u8 = 5;
    /// How long the first lock lasts; each one after it twice as long.
    const LOCK_US: i64 = 15 * 60 * 1_000_000;
    /// How long a lock lasts at most.
    const LOCK_US_MAX: i64 = 24 * 60 * 60 * 1_000_000;
    /// A try that was not settled for so long never will be: its server is gone.
    const ABANDONED_US: i64 = 30 * 1_000_000;

    /// The tries of a PIN that was just set.
    #[must_use]
    pub fn of_new_pin(self) -> Self {
        Self { epoch: self.epoch.saturating_add(1), ..Self::default() }
    }

    /// Until when it is locked, if it is.
    pub fn lock_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }

    /// Why no try can be reserved now, if none can.
    pub fn refusal(&self, now: Timestamp) -> Option<Reservation> {
        if let Some(until) = self.lock_at(now) {
            return Some(Reservation::Locked { until });
        }
        let is_busy = self.wrong.saturating_add(self.under_way) >= Self::MAX && !self.is_abandoned(now);
        is_busy.then_some(Reservation::Busy)
    }

    /// Reserves a try, of `pin`.
    pub fn reserve(&mut self, pin: StoredPin, now: Timestamp) -> Reservation {
        if self.is_abandoned(now) {
            self.wrong = self.wrong.saturating_add(self.under_way).min(Self::MAX);
            self.under_way = 0;
            self.epoch = self.epoch.saturating_add(1);
            self.lock_if_used_up(now);
        }
        if let Some(refusal) = self.refusal(now) {
            return refusal;
        }
        self.under_way = self.under_way.saturating_add(1);
        self.reserved_at = now;
        Reservation::Reserved { pin, epoch: self.epoch }
    }

    /// Settles a try that was reserved.
    pub fn settle(&mut self, epoch: i64, verdict: &Verdict, now: Timestamp) -> Standing {
        if epoch != self.epoch {
            return Standing::Void;
        }
        self.under_way = self.under_way.saturating_sub(1);
        match verdict {
            Verdict::Right { .. } => (self.wrong, self.locks, self.locked_until) = (0, 0, None),
            Verdict::Wrong => self.wrong = self.wrong.saturating_add(1),
            Verdict::Unchecked => {}
        }
        match self.lock_if_used_up(now) {
            Some(until) => Standing::Locked { until },
            None => Standing::Open { tries_left: Self::MAX.saturating_sub(self.wrong) },
        }
    }

    fn is_abandoned(&self, now: Timestamp) -> bool {
        self.under_way > 0 && now.0.saturating_sub(self.reserved_at.0) >= Self::ABANDONED_US
    }

    fn lock_if_used_up(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.wrong < Self::MAX {
            return None;
        }
        let doubled = Self::LOCK_US.saturating_mul(1 << self.locks.min(16));
        let until = Timestamp(now.0.saturating_add(doubled.min(Self::LOCK_US_MAX)));
        self.wrong = 0;
        self.locks = self.locks.saturating_add(1);
        self.locked_until = Some(until);
        Some(until)
    }
}

/// That a person, by their PIN, has approved certain movements and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewApproval {
    /// SHA-256 of what its holder has.
    pub hash: [u8; 32],
    /// Who approved.
    pub user: UserId,
    /// What: a digest of the movements.
    pub digest: [u8; 32],
    /// When.
    pub created_at: Timestamp,
    /// From when on it cannot be used any more.
    pub expires_at: Timestamp,
}

/// Somebody presents an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalUse {
    /// SHA-256 of what they have.
    pub hash: [u8; 32],
    /// Who presents it.
    pub user: UserId,
    /// A digest of the movements that they want.
    pub digest: [u8; 32],
    /// Under which key they want them.
    pub key_hash: KeyHash,
}

/// What an approval is worth to whoever presents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// The movements may be made, under this key alone; again as often as the key is retried.
    Good,
    /// There is none, or it is another person's.
    Unknown,
    /// It is for other movements.
    OtherMovements,
    /// It was used under another key.
    Used,
    /// Its time was over before it was used.
    Expired,
}

/// An approval, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What was approved.
    pub new: NewApproval,
    /// Under which key it was used.
    pub used_by: Option<KeyHash>,
}

impl Approval {
    /// What it is worth to `asked`; the first use binds it to its key.
    pub fn redeem(&self, asked: &ApprovalUse, now: Timestamp) -> Redemption {
        if asked.user != self.new.user {
            return Redemption::Unknown;
        }
        if asked.digest != self.new.digest {
            return Redemption::OtherMovements;
        }
        match self.used_by {
            Some(key_hash) if key_hash == asked.key_hash => Redemption::Good,
            Some(_) => Redemption::Used,
            None if now >= self.new.expires_at => Redemption::Expired,
            None => Redemption::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
    const MINUTE: i64 = 60 * 1_000_000;

    fn pin() -> StoredPin {
        StoredPin { phc: "hash".to_owned(), pepper_version: 1 }
    }

    fn after(us: i64) -> Timestamp {
        Timestamp(NOW.0 + us)
    }

    /// One wrong try at that time; until when it locked, if it did.
    fn wrong(tries: &mut PinTries, at: Timestamp) -> Option<Timestamp> {
        let reserved = tries.reserve(pin(), at);
        let Reservation::Reserved { epoch, .. } = reserved else { panic!("{reserved:?}") };
        match tries.settle(epoch, &Verdict::Wrong, at) {
            Standing::Locked { until } => Some(until),
            Standing::Open { .. } => None,
            Standing::Void => panic!("it was not void"),
        }
    }

    #[test]
    fn five_wrong_ones_lock_it_and_each_lock_is_twice_as_long_up_to_a_day() {
        let (mut tries, mut now) = (PinTries::default(), NOW);
        for minutes in [15, 30, 60, 120, 240, 480, 960, 24 * 60, 24 * 60] {
            let locked: Vec<_> = (0..5).map(|_| wrong(&mut tries, now)).collect();
            let until = Timestamp(now.0 + minutes * MINUTE);
            assert_eq!(locked, [None, None, None, None, Some(until)], "{minutes} minutes");
            let last_moment = Timestamp(until.0 - 1);
            assert_eq!(tries.reserve(pin(), last_moment), Reservation::Locked { until });
            now = until;
        }
    }

    #[test]
    fn a_right_one_sets_everything_back() {
        let mut tries = PinTries::default();
        let until = (0..5).find_map(|_| wrong(&mut tries, NOW)).unwrap();
        for _ in 0..4 {
            assert_eq!(wrong(&mut tries, until), None);
        }
        let Reservation::Reserved { epoch, .. } = tries.reserve(pin(), until) else { panic!("{tries:?}") };
        let standing = tries.settle(epoch, &Verdict::Right { renewed: None }, until);
        assert_eq!(standing, Standing::Open { tries_left: 5 });
        let first = (0..5).find_map(|_| wrong(&mut tries, until));
        assert_eq!(first, Some(Timestamp(until.0 + 15 * MINUTE)), "the first lock again");
    }

    #[test]
    fn those_who_come_while_five_are_under_way_wait() {
        let mut tries = PinTries::default();
        let epochs: Vec<_> = (0..5).map(|_| tries.reserve(pin(), NOW)).collect();
        assert!(epochs.iter().all(|one| matches!(one, Reservation::Reserved { .. })), "{epochs:?}");
        assert_eq!(tries.reserve(pin(), NOW), Reservation::Busy);
        tries.settle(0, &Verdict::Right { renewed: None }, NOW);
        assert!(matches!(tries.reserve(pin(), NOW), Reservation::Reserved { .. }));
        assert_eq!(tries.reserve(pin(), NOW), Reservation::Busy);
        tries.settle(0, &Verdict::Wrong, NOW);
        assert_eq!(tries.reserve(pin(), NOW), Reservation::Busy, "one is wrong, four are under way");
        tries.settle(0, &Verdict::Unchecked, NOW);
        assert!(matches!(tries.reserve(pin(), NOW), Reservation::Reserved { .. }));
    }

    #[test]
    fn what_nobody_settles_counts_as_wrong() {
        let mut tries = PinTries::default();
        for _ in 0..5 {
            tries.reserve(pin(), NOW);
        }
        assert_eq!(tries.reserve(pin(), after(MINUTE / 2 - 1)), Reservation::Busy);
        let later = after(MINUTE / 2);
        let until = Timestamp(later.0 + 15 * MINUTE);
        assert_eq!(tries.reserve(pin(), later), Reservation::Locked { until });
        assert_eq!(tries.settle(0, &Verdict::Right { renewed: None }, later), Standing::Void);
        assert_eq!(tries.lock_at(later), Some(until));
    }

    #[test]
    fn an_approval_is_for_one_person_one_digest_and_one_key() {
        let new = NewApproval {
            hash: [1; 32],
            user: UserId(1),
            digest: [2; 32],
            created_at: NOW,
            expires_at: after(MINUTE),
        };
        let asked =
            ApprovalUse { hash: [1; 32], user: UserId(1), digest: [2; 32], key_hash: KeyHash([3; 16]) };
        let fresh = Approval { new, used_by: None };
        assert_eq!(fresh.redeem(&asked, after(MINUTE - 1)), Redemption::Good);
        assert_eq!(fresh.redeem(&asked, after(MINUTE)), Redemption::Expired);
        assert_eq!(fresh.redeem(&ApprovalUse { user: UserId(2), ..asked }, NOW), Redemption::Unknown);
        assert_eq!(fresh.redeem(&ApprovalUse { digest: [9; 32], ..asked }, NOW), Redemption::OtherMovements);
        let used = Approval { used_by: Some(asked.key_hash), ..fresh };
        assert_eq!(used.redeem(&asked, after(9 * MINUTE)), Redemption::Good, "a retry, however late");
        let other_key = ApprovalUse { key_hash: KeyHash([9; 16]), ..asked };
        assert_eq!(used.redeem(&other_key, NOW), Redemption::Used);
        assert_eq!(used.redeem(&ApprovalUse { digest: [9; 32], ..asked }, NOW), Redemption::OtherMovements);
    }

    proptest! {
        /// Whatever is reserved, settled and abandoned in whatever order: without a right one, at most five are
        /// looked at before a lock.
        #[test]
        fn no_order_of_things_gives_a_sixth_try(steps in proptest::collection::vec((0..3_u8, 0..40_i64), 1..200)) {
            let (mut tries, mut now) = (PinTries::default(), NOW);
            let (mut reserved, mut open) = (0, vec![]);
            for (step, seconds) in steps {
                now = Timestamp(now.0 + seconds * 1_000);
                match (step, open.pop()) {
                    (0, taken) => {
                        open.extend(taken);
                        match tries.reserve(pin(), now) {
                            Reservation::Reserved { epoch, .. } => {
                                reserved += 1;
                                open.push(epoch);
                            }
                            Reservation::Locked { .. } => break,
                            Reservation::Busy => {}
                            Reservation::NotSet => prop_assert!(false),
                        }
                    }
                    (1, Some(epoch)) => {
                        if let Standing::Locked { .. } = tries.settle(epoch, &Verdict::Wrong, now) {
                            break;
                        }
                    }
                    // Its server is gone.
                    _ => now = Timestamp(now.0 + PinTries::ABANDONED_US),
                }
            }
            prop_assert!(reserved <= u32::from(PinTries::MAX), "{reserved}");
        }
    }
}
