//! Names the cycles. A transaction is told of in one cycle only, the worst that it is in; so counts are of cycles that
//! share nothing.

use super::components::{ALONE, components};
use super::graph::{Edge, Graph, Node, kind};
use super::paths::Paths;
use crate::history::{Anomaly, Findings};
use std::collections::HashSet;

const WRITES: u8 = kind::WRITE;
const SEEN: u8 = kind::WRITE | kind::READ;
const ALL: u8 = kind::WRITE | kind::READ | kind::MISSED;

/// Finds cycles, from the worst kind on.
pub(super) fn check(graph: &Graph, findings: &mut Findings) {
    let mut told = Told { graph, paths: Paths::new(graph), nodes: HashSet::new(), findings };
    let component = components(graph, WRITES);
    told.through(kind::WRITE, WRITES, &component);
    let component = components(graph, SEEN);
    told.through(kind::READ, SEEN, &component);
    let component = components(graph, ALL);
    told.through(kind::MISSED, SEEN, &component);
    told.through(kind::MISSED, ALL, &component);
    let component = components(graph, ALL | kind::TIME);
    told.through_time(&component);
}

struct Told<'g, 'f> {
    graph: &'g Graph,
    paths: Paths<'g>,
    nodes: HashSet<Node>,
    findings: &'f mut Findings,
}

impl Told<'_, '_> {
    /// Cycles of one edge of a kind and a way back over edges of these kinds.
    fn through(&mut self, first: u8, back: u8, component: &[Node]) {
        for edge in self.graph.edges() {
            if edge.kind != first || !self.is_new(edge, component) {
                continue;
            }
            if let Some(path) = self.paths.shortest(edge.to, edge.from, back, component) {
                self.tell(&[&[*edge], path.as_slice()].concat());
            }
        }
    }

    /// Cycles that real time closes. Most are closed by it at once; those are found without a search.
    fn through_time(&mut self, component: &[Node]) {
        for edge in self.graph.edges() {
            if edge.kind & ALL != 0
                && self.is_new(edge, component)
                && self.graph.is_over_before(edge.to, edge.from)
            {
                self.tell(&[*edge, Edge { from: edge.to, to: edge.from, kind: kind::TIME, ..*edge }]);
            }
        }
        for edge in self.graph.edges() {
            if edge.kind & ALL == 0 || !self.is_new(edge, component) {
                continue;
            }
            if let Some(path) = self.paths.shortest(edge.to, edge.from, ALL | kind::TIME, component) {
                self.tell(&[&[*edge], path.as_slice()].concat());
            }
        }
    }

    fn is_new(&self, edge: &Edge, component: &[Node]) -> bool {
        let cycle = component[edge.from as usize];
        cycle != ALONE
            && cycle == component[edge.to as usize]
            && !self.nodes.contains(&edge.from)
            && !self.nodes.contains(&edge.to)
    }

    fn tell(&mut self, cycle: &[Edge]) {
        let graph = self.graph;
        let operations: Vec<usize> =
            cycle.iter().filter(|edge| !graph.is_moment(edge.from)).map(|edge| edge.from as usize).collect();
        self.nodes.extend(cycle.iter().map(|edge| edge.from).filter(|from| !graph.is_moment(*from)));
        self.findings.add(name(graph, cycle), &operations, || describe(graph, cycle));
    }
}

fn name(graph: &Graph, cycle: &[Edge]) -> Anomaly {
    let count = |kinds: u8| cycle.iter().filter(|edge| edge.kind & kinds != 0).count();
    let one_wallet = || cycle.iter().all(|edge| graph.wallet(edge) == graph.wallet(&cycle[0]));
    if count(kind::TIME) > 0 {
        Anomaly::NotInRealTime
    } else if count(kind::MISSED) > 1 {
        Anomaly::WriteSkew
    } else if count(kind::MISSED) == 1 && count(kind::WRITE) > 0 && one_wallet() {
        Anomaly::LostUpdate
    } else if count(kind::MISSED) == 1 {
        Anomaly::ReadSkew
    } else if count(kind::READ) > 0 {
        Anomaly::CircularRead
    } else {
        Anomaly::DirtyWrite
    }
}

/// The cycle, step by step; the moments in between are one step.
fn describe(graph: &Graph, cycle: &[Edge]) -> String {
    let mut steps = Vec::new();
    let mut since = None;
    for edge in cycle {
        let first = since.unwrap_or(edge.from);
        if graph.is_moment(edge.to) {
            since = Some(first);
            continue;
        }
        since = None;
        let second = edge.to;
        let wallet = graph.wallet(edge).unwrap_or_default();
        steps.push(match edge.kind {
            kind::WRITE => format!("#{first} wrote wallet {wallet} before #{second} did"),
            kind::READ => format!("#{second} saw what #{first} wrote in wallet {wallet}"),
            kind::MISSED => format!("#{first} saw wallet {wallet} as it was before #{second} wrote it"),
            _ => format!("#{first} was over before #{second} began"),
        });
    }
    format!("no order explains this: {}", steps.join("; "))
}
