//! Whether one order of all transactions explains what everybody saw: the method of Adya and of Elle.
//!
//! Every wallet is a list to which transactions append their entries, and a version is a prefix of it. So who
//! wrote before whom, who saw whose entry and who did not see it yet are known, without any guess. Those are edges
//! between transactions; what returned before another was invoked is an edge too. A cycle is a proof that no order
//! explains the history, and the kinds of its edges name the anomaly:
//!
//! | cycle of | anomaly |
//! | --- | --- |
//! | writes over writes | dirty write (G0) |
//! | these and reads of writes | circular read (G1c) |
//! | these and one read from before a write | read skew (G-single), or a lost update if it is all about one wallet |
//! | these and several such reads | write skew (G2) |
//! | any, and real time | not in real time |
//!
//! A target that does not number entries is taken at its balances: who answers a balance of 80 after paying 20 began from
//! 100, and whoever else began from the same 100 lost an update, or made the other lose it.
//!
//! Sources: A. Adya, *Weak Consistency* (1999), chapter 3; K. Kingsbury and P. Alvaro, *Elle* (VLDB 2020).

mod balances;
mod classify;
mod components;
mod graph;
mod paths;
mod phenomena;
mod versions;

use super::{Findings, check::Books};
use graph::{Edges, Graph};

/// Finds the anomalies that show as cycles, and those that show in one read.
pub(super) fn check(books: &Books<'_>, findings: &mut Findings) {
    phenomena::check(books, findings);
    let mut edges = Edges::new(&books.history.operations);
    versions::connect(books, &mut edges, findings);
    balances::connect(books, &mut edges, findings);
    let graph = Graph::new(edges);
    classify::check(&graph, findings);
}
