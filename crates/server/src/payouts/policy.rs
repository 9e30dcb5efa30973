//! What the operator of the server demands of payouts: from which total on somebody else must agree, and for how
//! long a person can take back what they paid.

use florin_ledger::{Amount, AmountError, AssetCode, Scale, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// The operator's demands.
#[derive(Clone, Debug)]
pub struct PayoutPolicy {
    /// From which totals on somebody else must agree.
    pub approval_from: ApprovalFrom,
    /// How long after a payment's end a person can compensate it. The house always can.
    pub compensation_window: Duration,
}

impl Default for PayoutPolicy {
    fn default() -> Self {
        Self { approval_from: ApprovalFrom::default(), compensation_window: Duration::from_hours(120) }
    }
}

impl PayoutPolicy {
    /// Whether a person can still take back what was paid until then.
    pub fn allows_compensation(&self, ended_at: Timestamp, now: Timestamp) -> bool {
        let window_us = i64::try_from(self.compensation_window.as_micros()).unwrap_or(i64::MAX);
        now.0 <= ended_at.0.saturating_add(window_us)
    }
}

/// Totals by asset, in units of the finest scale there is: they are set before anybody knows an asset's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovalFrom(BTreeMap<AssetCode, Amount>);

impl ApprovalFrom {
    const SCALE: Scale = match Scale::new(Scale::MAX) {
        Some(scale) => scale,
        None => panic!("the finest scale is one"),
    };

    /// From this total on, written as any amount; `"0"` is every payout.
    pub fn insert(&mut self, asset: AssetCode, total: &str) -> Result<(), AmountError> {
        self.0.insert(asset, Amount::parse(total, Self::SCALE)?);
        Ok(())
    }

    /// Whether a payout of this total needs somebody else's agreement.
    pub fn covers(&self, asset: AssetCode, total: Amount, scale: Scale) -> bool {
        let Some(from) = self.0.get(&asset) else { return false };
        let finer = 10_i128.pow(u32::from(Scale::MAX - scale.places()));
        // What does not fit is above everything that does.
        total.units().checked_mul(finer).is_none_or(|units| units >= from.units())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(from: &str, total: &str, places: u8) -> bool {
        let asset = AssetCode::parse("USD").unwrap();
        let mut approval_from = ApprovalFrom::default();
        approval_from.insert(asset, from).unwrap();
        let scale = Scale::new(places).unwrap();
        approval_from.covers(asset, Amount::parse(total, scale).unwrap(), scale)
    }

    #[test]
    fn from_this_total_on_and_not_below() {
        for (from, total, places, expected) in [
            ("100", "99.99", 2, false),
            ("100", "100.00", 2, true),
            ("100.005", "100.00", 2, false),
            ("100.005", "100.01", 2, true),
            ("0", "0.01", 2, true),
            ("100", "99", 0, false),
            ("100", "100", 0, true),
            ("0.000000000000000002", "0.000000000000000001", 18, false),
            ("0.000000000000000002", "0.000000000000000002", 18, true),
            ("99999999999999999999", "99999999999999999999999999999999999999", 0, true),
        ] {
            assert_eq!(covers(from, total, places), expected, "{total} from {from}");
        }
    }

    #[test]
    fn other_assets_need_nobody() {
        let mut approval_from = ApprovalFrom::default();
        approval_from.insert(AssetCode::parse("USD").unwrap(), "1").unwrap();
        let gold = AssetCode::parse("GOLD").unwrap();
        assert!(!approval_from.covers(gold, Amount::MAX, Scale::new(0).unwrap()));
    }

    #[test]
    fn the_window_is_as_long_as_it_is() {
        let policy = PayoutPolicy { compensation_window: Duration::from_secs(1), ..PayoutPolicy::default() };
        let at = |us| policy.allows_compensation(Timestamp(10), Timestamp(us));
        assert_eq!((at(10), at(1_000_010), at(1_000_011)), (true, true, false));
        let for_ever = PayoutPolicy { compensation_window: Duration::MAX, ..policy };
        assert!(for_ever.allows_compensation(Timestamp(0), Timestamp(i64::MAX)));
    }
}
