//! What must be true of payouts: their counts are those of their rows, and their rows are as the ledger's
//! transactions are.

use crate::AuditFault;
use crate::postgres::audit::{Check, transaction};
use florin_ledger::{PayoutId, RowNumber};

/// What an audit looks for.
pub(in crate::postgres) const CHECKS: &[Check] = &[
    Check {
        faults: "
            SELECT p.payout_id
            FROM payouts p
            LEFT JOIN (
                SELECT r.payout_id, count(*) AS row_count, sum(r.amount) AS total,
                    count(*) FILTER (WHERE r.state = 'PAID') AS paid_rows,
                    coalesce(sum(r.amount) FILTER (WHERE r.state = 'PAID'), 0) AS paid_total,
                    count(*) FILTER (WHERE r.state = 'FAILED' AND r.payment = p.payment) AS failed_rows,
                    count(*) FILTER (WHERE r.compensation = p.compensation AND r.compensation_failure IS NULL)
                        AS compensated_rows,
                    count(*) FILTER (WHERE r.compensation = p.compensation AND r.compensation_failure IS NOT NULL)
                        AS compensation_failed_rows,
                    sum(r.reversed) AS reversed_total
                FROM payouts p
                JOIN payout_rows r ON r.ledger_id = p.ledger_id AND r.payout_id = p.payout_id AND r.revision = p.revision
                WHERE p.ledger_id = $1
                GROUP BY r.payout_id) AS r ON r.payout_id = p.payout_id
            WHERE p.ledger_id = $1 AND p.revision IS NOT NULL AND (
                (p.row_count, p.total, coalesce(p.paid_rows, 0), coalesce(p.paid_total, 0), coalesce(p.failed_rows, 0))
                    IS DISTINCT FROM (r.row_count, r.total, r.paid_rows, r.paid_total, r.failed_rows)
                OR (p.reversed_total, coalesce(p.compensated_rows, 0), coalesce(p.compensation_failed_rows, 0))
                    IS DISTINCT FROM (r.reversed_total, r.compensated_rows, r.compensation_failed_rows))
            LIMIT $2",
        read: |row| Ok(AuditFault::PayoutDiffers { payout: PayoutId(row.get("payout_id")) }),
    },
    // A reversal may be somebody's own; those of compensations have keys in their payouts' scopes.
    Check {
        faults: r"
            SELECT r.payout_id, r.row_number
            FROM payouts p
            JOIN payout_rows r ON r.ledger_id = p.ledger_id AND r.payout_id = p.payout_id AND r.revision = p.revision
            LEFT JOIN transactions t ON t.ledger_id = $1 AND t.transaction_id = r.transaction_id
                AND t.type = 'payout' AND t.amount = r.amount AND t.from_wallet_id = p.source_wallet_id
                AND t.to_wallet_id = r.wallet_id
                AND t.status = CASE r.state WHEN 'PAID' THEN 'COMPLETED' ELSE 'FAILED' END
            LEFT JOIN (
                SELECT reverses, sum(amount) AS amount
                FROM transactions
                WHERE ledger_id = $1 AND type = 'reversal' AND status = 'COMPLETED'
                    AND key_hash = substring(sha256('p'::bytea || int8send(substring(
                        idempotency_key FROM '^payout-([0-9]{1,18})-compensate-[0-9]+-row-[0-9]+$')::bigint)
                        || convert_to(idempotency_key, 'UTF8')) FROM 1 FOR 16)
                GROUP BY reverses) AS c ON c.reverses = r.transaction_id
            WHERE p.ledger_id = $1
                AND (((r.state = 'PAID' OR r.transaction_id IS NOT NULL) AND t.transaction_id IS NULL)
                    OR r.reversed <> coalesce(c.amount, 0))
            LIMIT $2",
        read: |row| {
            Ok(AuditFault::PayoutRowDiffers {
                payout: PayoutId(row.get("payout_id")),
                row: RowNumber(row.get("row_number")),
            })
        },
    },
    Check {
        faults: "
            SELECT t.transaction_id
            FROM transactions t
            LEFT JOIN (
                SELECT r.transaction_id, count(*)
                FROM payouts p
                JOIN payout_rows r ON r.ledger_id = p.ledger_id AND r.payout_id = p.payout_id AND r.revision = p.revision
                WHERE p.ledger_id = $1 AND r.state = 'PAID'
                GROUP BY r.transaction_id) AS r ON r.transaction_id = t.transaction_id
            WHERE t.ledger_id = $1 AND t.type = 'payout' AND t.status = 'COMPLETED' AND coalesce(r.count, 0) <> 1
            LIMIT $2",
        read: |row| Ok(AuditFault::PayoutStray { transaction: transaction(row) }),
    },
];
