//! What bodies say about payouts, for the store and for approvals: the same for a request, and for the step-up
//! that asks for its approval.

use crate::auth::{Action, Identity, Intent, PayoutStep};
use crate::http::ApiError;
use florin_api::{CompensationFilter, CompensationOperation, PayoutOperation, ProblemCode};
use florin_ledger::{PayoutId, RowNumber, WalletId};
use florin_store::payouts::Selection;

/// How many rows can be named in one request.
const ROWS_MAX: usize = 10_000;

/// That a payout is to be executed.
pub(in crate::http) fn execution_intent(
    caller: &Identity,
    body: &PayoutOperation,
) -> Result<Intent, ApiError> {
    caller.permit(Action::MoveMoney)?;
    Ok(Intent::Payout(PayoutId(body.payout_id), PayoutStep::Execute(digest(&body.digest)?)))
}

/// That rows of a payout are to be paid once more.
pub(in crate::http) fn retry_intent(caller: &Identity, body: &PayoutOperation) -> Result<Intent, ApiError> {
    caller.permit(Action::MoveMoney)?;
    Ok(Intent::Payout(PayoutId(body.payout_id), PayoutStep::Retry(digest(&body.digest)?)))
}

/// That an operator agrees with a payout.
pub(in crate::http) fn approval_intent(
    caller: &Identity,
    body: &PayoutOperation,
) -> Result<Intent, ApiError> {
    caller.permit(Action::ApprovePayouts)?;
    Ok(Intent::Payout(PayoutId(body.payout_id), PayoutStep::Approve(digest(&body.digest)?)))
}

/// That rows of a payout are to be reversed.
pub(in crate::http) fn compensation_intent(
    caller: &Identity,
    body: &CompensationOperation,
) -> Result<Intent, ApiError> {
    caller.permit(Action::MoveMoney)?;
    let (selection, rows) = selection(body.rows.as_deref(), body.filter)?;
    let step = PayoutStep::Compensate { selection, rows, allows_partial: body.allow_partial };
    Ok(Intent::Payout(PayoutId(body.payout_id), step))
}

/// The digest of a payout's rows.
pub(super) fn digest(text: &str) -> Result<[u8; 32], ApiError> {
    let invalid = || {
        let detail =
            "A digest has 64 hexadecimal digits. Send the one that the payout or its preflight says.";
        ApiError::invalid_field(ProblemCode::BodyInvalid, "digest", detail)
    };
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 64 || !text.bytes().all(is_hex) {
        return Err(invalid());
    }
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| invalid())?;
    }
    Ok(digest)
}

/// Rows to reverse: those that are named, in ascending order, or those that a filter matches.
pub(super) fn selection(
    rows: Option<&[i64]>,
    filter: Option<CompensationFilter>,
) -> Result<(Selection, Vec<RowNumber>), ApiError> {
    match (rows, filter) {
        (Some(rows), None) if !(1..=ROWS_MAX).contains(&rows.len()) => {
            let detail = format!("Name 1 to {ROWS_MAX} rows, or give a filter.");
            Err(ApiError::invalid_field(ProblemCode::CountInvalid, "rows", detail))
        }
        (Some(rows), None) => {
            let mut rows: Vec<_> = rows.iter().copied().map(RowNumber).collect();
            rows.sort_unstable();
            rows.dedup();
            Ok((Selection { named: true, ..Selection::default() }, rows))
        }
        (None, Some(CompensationFilter { first_row, last_row, recipient_wallet_id })) => {
            let selection = Selection {
                named: false,
                first_row: first_row.map(RowNumber),
                last_row: last_row.map(RowNumber),
                recipient: recipient_wallet_id.map(WalletId),
            };
            Ok((selection, vec![]))
        }
        _ => {
            let detail = "Name rows, or give a filter: one of the two. An empty filter is for all rows.";
            Err(ApiError::invalid(ProblemCode::BodyInvalid, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::approval::Hex;

    #[test]
    fn a_digest_is_read_as_it_is_written_and_in_no_other_way() {
        let mut bytes = [0_u8; 32];
        bytes.iter_mut().zip(0..).for_each(|(byte, index)| *byte = index * 8);
        let text = Hex(&bytes).to_string();
        assert_eq!(digest(&text).unwrap(), bytes);
        for broken in ["", &text[1..], &format!("{text}0"), &text.to_uppercase(), &text.replace("08", "+8")] {
            assert!(digest(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn rows_are_named_or_filtered_and_named_ones_have_one_order() {
        let (named, rows) = selection(Some(&[3, 1, 3]), None).unwrap();
        assert!(named.named);
        assert_eq!(rows, [RowNumber(1), RowNumber(3)]);
        let (all, rows) = selection(None, Some(CompensationFilter::default())).unwrap();
        assert_eq!((all, rows), (Selection::default(), vec![]));
        let too_many: Vec<_> = (1..=10_001).collect();
        for (rows, filter) in [
            (None, None),
            (Some(&[1][..]), Some(CompensationFilter::default())),
            (Some(&[][..]), None),
            (Some(&too_many[..]), None),
        ] {
            assert!(selection(rows, filter).is_err());
        }
    }
}
