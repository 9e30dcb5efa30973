//! The graph of dependencies, in a few bytes an edge: a history of a million operations has several million.

use crate::history::{Operation, WalletId};
use std::collections::HashMap;

/// A transaction, or a moment; a number below 2^32, as there are never more operations.
pub(super) type Node = u32;

/// Why one transaction comes before another. Each kind is a bit, so that sets of kinds are numbers.
pub(super) mod kind {
    /// It wrote, and the other wrote over it.
    pub(crate) const WRITE: u8 = 1;
    /// It wrote, and the other saw that.
    pub(crate) const READ: u8 = 2;
    /// It saw what was there before the other wrote.
    pub(crate) const MISSED: u8 = 4;
    /// It was over before the other began.
    pub(crate) const TIME: u8 = 8;
}

/// One dependency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub from: Node,
    pub to: Node,
    pub kind: u8,
    /// The wallet that it is about, by its place among those named.
    pub wallet: u32,
}

/// The edges, as they are found.
pub(super) struct Edges {
    list: Vec<Edge>,
    wallets: Vec<WalletId>,
    places: HashMap<WalletId, u32>,
    roots: Vec<Node>,
    /// When each transaction was invoked, and had returned as a whole.
    times: Vec<(u64, Option<u64>)>,
}

impl Edges {
    /// Begins with every operation as a transaction of its own, but for those that are parts of another.
    pub(crate) fn new(operations: &[Operation]) -> Edges {
        let roots: Vec<Node> = operations
            .iter()
            .enumerate()
            .map(|(index, operation)| node(operation.part_of.filter(|first| *first < index).unwrap_or(index)))
            .collect();
        let mut times: Vec<(u64, Option<u64>)> =
            operations.iter().map(|operation| (operation.invoked, operation.returned)).collect();
        for (index, root) in roots.iter().enumerate() {
            let (invoked, returned) = times[index];
            let whole = &mut times[*root as usize];
            whole.0 = whole.0.min(invoked);
            whole.1 = whole.1.zip(returned).map(|(first, last)| first.max(last));
        }
        Edges { list: Vec::new(), wallets: Vec::new(), places: HashMap::new(), roots, times }
    }

    /// The transaction that an operation is a part of.
    pub(crate) fn transaction(&self, operation: usize) -> Node {
        self.roots[operation]
    }

    /// Notes that one operation comes before another.
    pub(crate) fn add(&mut self, from: usize, to: usize, kind: u8, wallet: WalletId) {
        let (from, to) = (self.roots[from], self.roots[to]);
        if from == to {
            return;
        }
        let wallets = &mut self.wallets;
        let wallet = *self.places.entry(wallet).or_insert_with(|| {
            wallets.push(wallet);
            node(wallets.len() - 1)
        });
        self.list.push(Edge { from, to, kind, wallet });
    }

    /// Notes when a transaction was really under way: of one that was asked for again, from the first time on.
    pub(crate) fn set_times(&mut self, operation: usize, invoked: u64, returned: Option<u64>) {
        let root = self.roots[operation] as usize;
        if root == operation && self.times[root].1.is_some() {
            self.times[root] = (invoked.min(self.times[root].0), returned);
        }
    }
}

/// The finished graph: transactions first, then moments, and each one's edges side by side.
pub(super) struct Graph {
    begin: Vec<u32>,
    edges: Vec<Edge>,
    wallets: Vec<WalletId>,
    times: Vec<(u64, Option<u64>)>,
}

impl Graph {
    /// Adds real time: each return is a moment, moments follow each other, and what was invoked after one comes after it.
    /// So real time needs three edges a transaction, not one a pair.
    pub(crate) fn new(edges: Edges) -> Graph {
        let Edges { mut list, wallets, times, roots, .. } = edges;
        let whole = |index: &usize| roots[*index] as usize == *index;
        let mut moments: Vec<u64> =
            (0..times.len()).filter(whole).filter_map(|index| times[index].1).collect();
        moments.sort_unstable();
        moments.dedup();
        let moment = |place: usize| node(times.len() + place);
        let mut time = |from, to| list.push(Edge { from, to, kind: kind::TIME, wallet: 0 });
        for place in 1..moments.len() {
            time(moment(place - 1), moment(place));
        }
        for index in (0..times.len()).filter(whole) {
            let (invoked, returned) = times[index];
            if let Some(returned) = returned {
                time(node(index), moment(moments.partition_point(|moment| *moment < returned)));
            }
            if let Some(last) = moments.partition_point(|moment| *moment < invoked).checked_sub(1) {
                time(moment(last), node(index));
            }
        }
        list.sort_unstable_by_key(|edge| edge.from);
        let mut begin = vec![0; times.len() + moments.len() + 1];
        for edge in &list {
            begin[edge.from as usize + 1] += 1;
        }
        for place in 1..begin.len() {
            begin[place] += begin[place - 1];
        }
        Graph { begin, edges: list, wallets, times }
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.begin.len() - 1
    }

    /// All edges, by where they begin.
    pub(crate) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges from a node.
    pub(crate) fn from(&self, from: Node) -> &[Edge] {
        &self.edges[self.begin[from as usize] as usize..self.begin[from as usize + 1] as usize]
    }

    /// Whether a node is a moment, not a transaction.
    pub(crate) fn is_moment(&self, node: Node) -> bool {
        node as usize >= self.times.len()
    }

    /// Whether one transaction had returned before another was invoked.
    pub(crate) fn is_over_before(&self, first: Node, second: Node) -> bool {
        self.times[first as usize].1.is_some_and(|returned| returned < self.times[second as usize].0)
    }

    /// The wallet that an edge is about.
    pub(crate) fn wallet(&self, edge: &Edge) -> Option<WalletId> {
        self.wallets.get(edge.wallet as usize).copied()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a history of 2^32 operations fits no memory")]
pub(super) fn node(index: usize) -> Node {
    index as Node
}
