//! Proof: everything derived from the entries again, in one snapshot, while work goes on.

use super::assets::scale;
use super::codec::Numeric;
use super::connection::from_driver;
use super::creation::query;
use super::load::{asset_code, unreadable};
use super::payouts;
use crate::{AuditFault, AuditReport, StoreError, TrialBalanceLine};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, SystemRole, TransactionId, WalletId};
use tokio_postgres::Row;
use uuid::Uuid;

pub(super) async fn trial_balance(
    client: &ClientWrapper,
    ledger: LedgerId,
) -> Result<Vec<TrialBalanceLine>, StoreError> {
    const SUMS: &str = "
        SELECT w.asset, a.scale, w.system_role, count(*) AS wallets, sum(w.posted)::numeric(38, 0) AS posted
        FROM wallets w
        JOIN assets a ON a.ledger_id = w.ledger_id AND a.code = w.asset
        WHERE w.ledger_id = $1
        GROUP BY w.asset, a.scale, w.system_role
        ORDER BY w.asset, w.system_role NULLS FIRST";
    let line = |row: &Row| {
        let role = row.get::<_, Option<&str>>("system_role");
        let role = role.map(|name| SystemRole::parse(name).ok_or_else(|| unreadable("wallet's role")));
        Ok(TrialBalanceLine {
            asset: asset_code(row.get("asset"))?,
            scale: scale(row.get("scale"))?,
            role: role.transpose()?,
            wallets: row.get("wallets"),
            posted: row.get::<_, Numeric>("posted").0,
        })
    };
    query(client, SUMS, &[&ledger.0]).await?.iter().map(line).collect()
}

/// One thing to look for: a query that returns what must not be, and what it is called.
pub(super) struct Check {
    /// `$1` is the ledger, `$2` the most rows to return.
    pub(super) faults: &'static str,
    pub(super) read: fn(&Row) -> Result<AuditFault, StoreError>,
}

pub(super) async fn audit(client: &mut ClientWrapper, ledger: LedgerId) -> Result<AuditReport, StoreError> {
    let snapshot = client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(|error| from_driver(&error))?;
    // An audit reads everything, so the timeout for people who wait is not for it, and it joins whole tables:
    // statistics from when they were small must not lead the planner to go row by row.
    let settings =
        "SET LOCAL statement_timeout = 0; SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'";
    snapshot.batch_execute(settings).await.map_err(|error| from_driver(&error))?;

    let row = snapshot.query_one(COUNTS, &[&ledger.0]).await.map_err(|error| from_driver(&error))?;
    let count = |column| u64::try_from(row.get::<_, i64>(column)).unwrap_or_default();
    let mut report = AuditReport {
        assets: count("assets"),
        wallets: count("wallets"),
        transactions: count("transactions"),
        entries: count("entries"),
        faults: Vec::new(),
    };
    for check in CHECKS.iter().chain(payouts::CHECKS) {
        let room = AuditReport::FAULTS_MAX.saturating_sub(report.faults.len());
        let room = i64::try_from(room).unwrap_or(i64::MAX);
        let rows =
            snapshot.query(check.faults, &[&ledger.0, &room]).await.map_err(|error| from_driver(&error))?;
        for row in &rows {
            report.faults.push((check.read)(row)?);
        }
    }
    snapshot.rollback().await.map_err(|error| from_driver(&error))?;
    Ok(report)
}

const COUNTS: &str = "
    SELECT
        (SELECT count(*) FROM assets WHERE ledger_id = $1) AS assets,
        (SELECT count(*) FROM wallets WHERE ledger_id = $1) AS wallets,
        (SELECT count(*) FROM transactions WHERE ledger_id = $1) AS transactions,
        (SELECT count(*) FROM entries WHERE ledger_id = $1) AS entries";

const CHECKS: &[Check] = &[
    // Every wallet's entries: no gaps, and each balance follows from the one before.
    Check {
        faults: "
            SELECT wallet_id, previous + 1 AS expected, version AS found
            FROM (SELECT wallet_id, version, lag(version, 1, 0::bigint) OVER (PARTITION BY wallet_id ORDER BY version) AS previous
                  FROM entries WHERE ledger_id = $1) AS history
            WHERE version <> previous + 1
            LIMIT $2",
        read: |row| {
            Ok(AuditFault::Gap { wallet: wallet(row), expected: row.get("expected"), found: row.get("found") })
        },
    },
    Check {
        faults: "
            SELECT wallet_id, version, expected::text, balance_after::text AS found
            FROM (SELECT wallet_id, version, balance_after,
                      lag(balance_after, 1, 0) OVER (PARTITION BY wallet_id ORDER BY version)
                          + CASE direction WHEN 'CREDIT' THEN amount ELSE -amount END AS expected
                  FROM entries WHERE ledger_id = $1) AS history
            WHERE balance_after <> expected
            LIMIT $2",
        read: |row| {
            Ok(AuditFault::ChainBroken {
                wallet: wallet(row),
                version: row.get("version"),
                expected: row.get("expected"),
                found: row.get("found"),
            })
        },
    },
    // Every wallet against its entries.
    Check {
        faults: "
            SELECT w.wallet_id, w.posted::text, coalesce(e.sum, 0)::text AS sum
            FROM wallets w
            LEFT JOIN (SELECT wallet_id, sum(CASE direction WHEN 'CREDIT' THEN amount ELSE -amount END) AS sum
                       FROM entries WHERE ledger_id = $1 GROUP BY wallet_id) AS e ON e.wallet_id = w.wallet_id
            WHERE w.ledger_id = $1 AND w.posted <> coalesce(e.sum, 0)
            LIMIT $2",
        read: |row| {
            Ok(AuditFault::WalletDiffers { wallet: wallet(row), posted: row.get("posted"), sum: row.get("sum") })
        },
    },
    Check {
        faults: "
            SELECT w.wallet_id, w.version, coalesce(e.count, 0) AS entries
            FROM wallets w
            LEFT JOIN (SELECT wallet_id, count(*) FROM entries WHERE ledger_id = $1 GROUP BY wallet_id) AS e
                ON e.wallet_id = w.wallet_id
            WHERE w.ledger_id = $1 AND w.version <> coalesce(e.count, 0)
            LIMIT $2",
        read: |row| {
            Ok(AuditFault::VersionDiffers {
                wallet: wallet(row),
                version: row.get("version"),
                entries: row.get("entries"),
            })
        },
    },
    Check {
        faults: "
            SELECT wallet_id FROM wallets
            WHERE ledger_id = $1 AND system_role IS NULL AND posted + credit_limit < 0
            LIMIT $2",
        read: |row| Ok(AuditFault::BelowFloor { wallet: wallet(row) }),
    },
    Check {
        faults: "
            SELECT w.wallet_id
            FROM wallets w
            LEFT JOIN assets a ON a.ledger_id = w.ledger_id AND a.code = w.asset
            LEFT JOIN users u ON u.ledger_id = w.ledger_id AND u.user_id = w.user_id
            WHERE w.ledger_id = $1 AND (a.code IS NULL OR (w.system_role IS NULL AND u.user_id IS NULL))
            LIMIT $2",
        read: |row| Ok(AuditFault::OrphanWallet { wallet: wallet(row) }),
    },
    // Every entry belongs to a wallet, and to a transaction that names it.
    Check {
        faults: "
            SELECT e.wallet_id, e.version
            FROM entries e
            LEFT JOIN wallets w ON w.ledger_id = e.ledger_id AND w.wallet_id = e.wallet_id
            LEFT JOIN transactions t ON t.ledger_id = e.ledger_id AND t.transaction_id = e.transaction_id
                AND CASE e.direction
                    WHEN 'DEBIT' THEN t.from_wallet_id = e.wallet_id AND t.from_version = e.version
                    ELSE t.to_wallet_id = e.wallet_id AND t.to_version = e.version END
            WHERE e.ledger_id = $1 AND (w.wallet_id IS NULL OR t.transaction_id IS NULL)
            LIMIT $2",
        read: |row| Ok(AuditFault::OrphanEntry { wallet: wallet(row), version: row.get("version") }),
    },
    // Every completed transaction has its two entries, of its amount, on wallets of its asset; a failed one none.
    Check {
        faults: "
            SELECT t.transaction_id
            FROM transactions t
            LEFT JOIN entries d ON d.ledger_id = t.ledger_id AND d.wallet_id = t.from_wallet_id
                AND d.version = t.from_version AND d.transaction_id = t.transaction_id
                AND d.direction = 'DEBIT' AND d.amount = t.amount
            LEFT JOIN entries c ON c.ledger_id = t.ledger_id AND c.wallet_id = t.to_wallet_id
                AND c.version = t.to_version AND c.transaction_id = t.transaction_id
                AND c.direction = 'CREDIT' AND c.amount = t.amount
            LEFT JOIN wallets f ON f.ledger_id = t.ledger_id AND f.wallet_id = t.from_wallet_id AND f.asset = t.asset
            LEFT JOIN wallets g ON g.ledger_id = t.ledger_id AND g.wallet_id = t.to_wallet_id AND g.asset = t.asset
            WHERE t.ledger_id = $1
                AND (f.wallet_id IS NULL OR g.wallet_id IS NULL
                     OR (t.status = 'COMPLETED' AND (d.wallet_id IS NULL OR c.wallet_id IS NULL))
                     OR (t.status = 'FAILED' AND (t.from_version IS NOT NULL OR t.to_version IS NOT NULL)))
            LIMIT $2",
        read: |row| Ok(AuditFault::TransactionDiffers { transaction: transaction(row) }),
    },
    // Every asset sums to zero.
    Check {
        faults: "
            SELECT w.asset, sum(CASE e.direction WHEN 'CREDIT' THEN e.amount ELSE -e.amount END)::text AS sum
            FROM entries e
            JOIN wallets w ON w.ledger_id = e.ledger_id AND w.wallet_id = e.wallet_id
            WHERE e.ledger_id = $1
            GROUP BY w.asset
            HAVING sum(CASE e.direction WHEN 'CREDIT' THEN e.amount ELSE -e.amount END) <> 0
            LIMIT $2",
        read: |row| Ok(AuditFault::AssetUnbalanced { asset: asset_code(row.get("asset"))?, sum: row.get("sum") }),
    },
    // Every reversal is in its original's list, in order, and the list adds up.
    Check {
        faults: "
            SELECT DISTINCT coalesce(t.reverses, r.original_id) AS transaction_id
            FROM (SELECT * FROM transactions WHERE ledger_id = $1 AND type = 'reversal' AND status = 'COMPLETED') AS t
            FULL JOIN (
                SELECT *, row_number() OVER (PARTITION BY original_id ORDER BY sequence) AS place,
                    reversed_total - lag(reversed_total, 1, 0) OVER (PARTITION BY original_id ORDER BY sequence) AS amount
                FROM reversals WHERE ledger_id = $1) AS r
                ON r.reversal_id = t.transaction_id AND r.original_id = t.reverses
            LEFT JOIN transactions o ON o.ledger_id = $1 AND o.transaction_id = r.original_id
            WHERE t.transaction_id IS NULL OR r.reversal_id IS NULL OR o.transaction_id IS NULL
                OR r.sequence <> r.place OR r.amount <> t.amount OR r.original_amount <> o.amount
                OR r.reversed_total > o.amount
            LIMIT $2",
        read: |row| Ok(AuditFault::ReversalsDiffer { transaction: transaction(row) }),
    },
];

fn wallet(row: &Row) -> WalletId {
    WalletId(row.get("wallet_id"))
}

pub(super) fn transaction(row: &Row) -> TransactionId {
    TransactionId(row.get::<_, Uuid>("transaction_id").as_u128())
}
