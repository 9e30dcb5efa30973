//! The shortest way back, so that a cycle can be shown in few words.

use super::graph::{Edge, Graph, Node};
use std::collections::{HashMap, VecDeque};

/// Steps that all searches of one check may take together, so that no history keeps it for long.
const STEPS: usize = 20_000_000;

/// Steps that one search may take.
const STEPS_ONE: usize = 50_000;

/// Searches within components, until the steps are used up.
pub(super) struct Paths<'g> {
    graph: &'g Graph,
    left: usize,
}

impl<'g> Paths<'g> {
    pub(crate) fn new(graph: &'g Graph) -> Paths<'g> {
        Paths { graph, left: STEPS }
    }

    /// A shortest path over edges of these kinds that stays in the component; nothing if there is none, or none
    /// was found in time.
    pub(crate) fn shortest(
        &mut self,
        from: Node,
        to: Node,
        kinds: u8,
        component: &[Node],
    ) -> Option<Vec<Edge>> {
        let mut came_by: HashMap<Node, Edge> = HashMap::new();
        let mut waiting = VecDeque::from([from]);
        let mut left = STEPS_ONE.min(self.left);
        while let Some(at) = waiting.pop_front() {
            for edge in self.graph.from(at) {
                self.left = self.left.saturating_sub(1);
                left = left.checked_sub(1)?;
                let inside = component[edge.to as usize] == component[from as usize];
                if edge.kind & kinds == 0 || !inside || edge.to == from || came_by.contains_key(&edge.to) {
                    continue;
                }
                came_by.insert(edge.to, *edge);
                if edge.to == to {
                    return Some(back(&came_by, from, to));
                }
                waiting.push_back(edge.to);
            }
        }
        None
    }
}

fn back(came_by: &HashMap<Node, Edge>, from: Node, to: Node) -> Vec<Edge> {
    let mut path = Vec::new();
    let mut at = to;
    while at != from {
        let edge = came_by[&at];
        path.push(edge);
        at = edge.from;
    }
    path.reverse();
    path
}
