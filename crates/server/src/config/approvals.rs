//! Totals from which on a payout needs somebody else's agreement: `{ USD = "10000.00" }`.

use crate::payouts::ApprovalFrom;
use florin_ledger::AssetCode;
use serde::de::{Deserialize, Deserializer, Error};
use std::collections::BTreeMap;

/// Reads totals by their assets' codes.
pub(super) fn from<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ApprovalFrom, D::Error> {
    let mut totals = ApprovalFrom::default();
    for (code, total) in BTreeMap::<String, String>::deserialize(deserializer)? {
        let asset = AssetCode::parse(&code)
            .ok_or_else(|| D::Error::custom(format!("`{code}` is not an asset's code such as USD")))?;
        totals.insert(asset, &total).map_err(|error| D::Error::custom(format!("`{total}`: {error}")))?;
    }
    Ok(totals)
}
