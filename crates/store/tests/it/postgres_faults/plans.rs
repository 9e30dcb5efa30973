//! Statements are planned once on each connection and kept, until statistics are gathered. What was planned on tables that
//! were nearly empty must be good for what they become meanwhile.

use super::bank::{self, Bank};
use super::one;
use florin_ledger::{Group, Outcome};
use florin_store::Store;
use std::sync::Arc;

/// How many transactions there are when each server plans its statements. Which index looks best is a matter of pages, so
/// several sizes are tried.
const PLANNED_AT: [usize; 12] = [0, 1, 4, 16, 32, 64, 96, 128, 192, 256, 384, 512];

/// How many there are later, and how many each server then looks up.
const LATER: usize = 4_000;
const LOOKED_UP: usize = 20;

#[tokio::test]
async fn what_was_planned_on_a_small_table_does_not_read_a_large_one_whole() {
    let bank = Bank::open().await;
    let own_connections = bank.connections().await;
    let mut servers = Vec::new();
    let mut grown = 0;
    for size in PLANNED_AT {
        let transfers = (grown..size).flat_map(|number| transfer("early", number));
        bank.store.commit(bank.ledger, transfers.collect(), bank::NOW, 1).await.expect("it grows");
        grown = size;
        let server = bank.another_server().await;
        // Looks for keys, and for a transaction by its id.
        let planned = transfer("planned", size);
        let outcome = one(server.commit(bank.ledger, planned, bank::NOW, 2).await.expect("a first one"));
        let reversal = bank::reversal(&format!("reversal-{size}"), bank::settled(&outcome).id);
        one(server.commit(bank.ledger, vec![reversal], bank::NOW, 3).await.expect("its reversal"));
        servers.push((size, server, bank::settled(&outcome).id));
    }
    for thousand in 0..LATER / 1_000 {
        let transfers = (0..1_000).flat_map(|number| transfer("later", thousand * 1_000 + number));
        bank.store.commit(bank.ledger, transfers.collect(), bank::NOW, 4).await.expect("it grows");
    }

    let read_before = bank.read_by_indexes().await;
    let lookups = servers.len() * (2 * LOOKED_UP + 1);
    for (size, server, original) in servers {
        for is_replay in [false, true] {
            let transfers = (0..LOOKED_UP).flat_map(|number| transfer(&format!("looked-up-{size}"), number));
            let outcomes =
                server.commit(bank.ledger, transfers.collect(), bank::NOW, 5).await.expect("a batch");
            assert_eq!(matches!(one(outcomes), Outcome::Replayed(_)), is_replay);
        }
        let again = bank::reversal(&format!("again-{size}"), original);
        let refused = one(server.commit(bank.ledger, vec![again], bank::NOW, 6).await.expect("an answer"));
        assert!(!matches!(refused, Outcome::Replayed(_)), "{refused:?}");
    }
    // A server's connections tell what they have read when they end, at the latest.
    bank.until_connections_are(own_connections).await;
    let read = bank.read_by_indexes().await - read_before;
    // One server that goes by the ledger alone reads ten times as many.
    assert!(read < i64::try_from(2 * LATER).unwrap(), "{lookups} lookups read {read} entries of indexes");
    bank.close_balanced().await;
}

fn transfer(name: &str, number: usize) -> Vec<Arc<Group>> {
    bank::transfer(&format!("{name}-{number}"), 1, 2, "0.01")
}
