//! Strongly connected components, by Tarjan's algorithm, with a stack of its own: histories are deeper than threads' stacks.

use super::graph::{Graph, Node, node};

/// What a node belongs to if it is in no cycle.
pub(super) const ALONE: Node = 0;

const UNSEEN: u32 = u32::MAX;

/// The component of each node, numbered from one, over the edges of these kinds; [`ALONE`] if it is in no cycle.
pub(super) fn components(graph: &Graph, kinds: u8) -> Vec<Node> {
    let mut search = Search {
        order: vec![UNSEEN; graph.len()],
        lowest: vec![0; graph.len()],
        on_stack: vec![false; graph.len()],
        stack: Vec::new(),
        component: vec![ALONE; graph.len()],
        components: 0,
        reached: 0,
    };
    for start in 0..graph.len() {
        if search.order[start] == UNSEEN {
            search.run(graph, kinds, node(start));
        }
    }
    search.component
}

struct Search {
    order: Vec<u32>,
    lowest: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<Node>,
    component: Vec<Node>,
    components: u32,
    reached: u32,
}

impl Search {
    fn run(&mut self, graph: &Graph, kinds: u8, start: Node) {
        let mut path: Vec<(Node, usize)> = vec![(start, 0)];
        self.enter(start);
        while let Some((at, next)) = path.last_mut() {
            let from = *at as usize;
            let edges = graph.from(*at);
            if let Some(edge) = edges.get(*next) {
                *next += 1;
                let to = edge.to as usize;
                if edge.kind & kinds == 0 {
                } else if self.order[to] == UNSEEN {
                    self.enter(edge.to);
                    path.push((edge.to, 0));
                } else if self.on_stack[to] {
                    self.lowest[from] = self.lowest[from].min(self.order[to]);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                let above = *above as usize;
                self.lowest[above] = self.lowest[above].min(self.lowest[from]);
            }
            if self.lowest[from] == self.order[from] {
                self.leave(from);
            }
        }
    }

    fn enter(&mut self, at: Node) {
        self.order[at as usize] = self.reached;
        self.lowest[at as usize] = self.reached;
        self.on_stack[at as usize] = true;
        self.stack.push(at);
        self.reached += 1;
    }

    fn leave(&mut self, root: usize) {
        let alone = self.stack.last().is_some_and(|top| *top as usize == root);
        if !alone {
            self.components += 1;
        }
        while let Some(top) = self.stack.pop() {
            self.on_stack[top as usize] = false;
            self.component[top as usize] = if alone { ALONE } else { self.components };
            if top as usize == root {
                return;
            }
        }
    }
}
