//! How SQLite finds rows, by its own account.

use crate::migrate;
use florin_ledger::Timestamp;
use rusqlite::Connection;

/// Each statement finds its rows in this way, and sorts nothing.
pub(in crate::sqlite) fn assert_found(statements: &[(&str, &str)]) {
    let mut connection = Connection::open_in_memory().expect("in memory");
    migrate::sqlite::up(&mut connection, migrate::SQLITE, Timestamp(0)).expect("the schema");
    for (sql, way) in statements {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a plan");
        let steps = explain.raw_query().mapped(|row| row.get::<_, String>(3));
        let plan = steps.collect::<Result<Vec<_>, _>>().expect("a plan").join("\n");
        assert!(plan.contains(way) && !plan.contains("B-TREE"), "{plan}");
    }
}
