//! How fast a payment goes on, and when it is over at this pace.

use florin_ledger::Timestamp;
use florin_store::payouts::Progress;

/// What can be told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pace {
    /// Rows decided a second since it began, pauses included, to a tenth.
    pub(super) rows_per_second: Option<f64>,
    /// How long the rows that are left take.
    pub(super) seconds_left: Option<u64>,
}

impl Pace {
    /// The pace of a payment, whose rows are being paid or not.
    pub(super) fn of(payment: &Progress, is_running: bool, now: Timestamp) -> Self {
        // How many rows were paid before a retry began is not written anywhere.
        let decided = if payment.number == 1 { payment.done_rows + payment.failed_rows } else { 0 };
        let until = payment.ended_at.unwrap_or(now);
        let took_us = until.0.saturating_sub(payment.started_at.0);
        let (Some(decided), Some(took_us)) = (positive(decided), positive(took_us)) else {
            return Self::default();
        };
        let rows_per_second = decided / (took_us / 1e6);
        let left = positive(payment.rows - payment.done_rows - payment.failed_rows);
        let seconds_left = left.filter(|_| is_running).map(|left| (left / rows_per_second).ceil());
        Self {
            rows_per_second: Some((rows_per_second * 10.0).round() / 10.0),
            seconds_left: seconds_left.map(whole),
        }
    }
}

/// A count above zero. Rows and microseconds are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "a pace is an estimate, and is told to a tenth")]
fn positive(count: i64) -> Option<f64> {
    (count > 0).then_some(count as f64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and above zero")]
fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ledger::{Amount, Caller, Principal, UserId};

    const SECOND: i64 = 1_000_000;

    fn payment(done_rows: i64, failed_rows: i64) -> Progress {
        Progress {
            number: 1,
            caller: Caller { principal: Principal::User(UserId(1)), is_house: false },
            rows: 100,
            done_rows,
            done_total: Amount::ZERO,
            failed_rows,
            started_at: Timestamp(5 * SECOND),
            ended_at: None,
        }
    }

    fn pace(payment: &Progress, is_running: bool, seconds: i64) -> (Option<f64>, Option<u64>) {
        let now = Timestamp(payment.started_at.0 + seconds * SECOND);
        let pace = Pace::of(payment, is_running, now);
        (pace.rows_per_second, pace.seconds_left)
    }

    #[test]
    fn of_100_rows_30_in_4_seconds_leave_10_seconds() {
        assert_eq!(pace(&payment(28, 2), true, 4), (Some(7.5), Some(10)));
        assert_eq!(pace(&payment(28, 2), true, 9), (Some(3.3), Some(21)), "rounded up, from the exact pace");
    }

    #[test]
    fn who_is_not_paid_has_no_end_in_sight() {
        assert_eq!(pace(&payment(28, 2), false, 4), (Some(7.5), None));
    }

    #[test]
    fn what_has_ended_keeps_its_pace() {
        let ended = Progress { ended_at: Some(Timestamp(15 * SECOND)), ..payment(90, 10) };
        assert_eq!(pace(&ended, false, 4_000), (Some(10.0), None));
    }

    #[test]
    fn nothing_is_told_from_nothing() {
        assert_eq!(pace(&payment(0, 0), true, 4), (None, None));
        assert_eq!(pace(&payment(28, 2), true, 0), (None, None));
        assert_eq!(pace(&payment(28, 2), true, -4), (None, None), "the other server's clock is ahead");
        let retry = Progress { number: 2, ..payment(28, 2) };
        assert_eq!(pace(&retry, true, 4), (None, None));
    }
}
