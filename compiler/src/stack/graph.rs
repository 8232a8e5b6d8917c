//! Longest paths in a call graph, where a cycle counts as one node.

/// A call graph.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    cost: u64,
    /// Compares the stack pointer with the limit, its own frame included, before it does anything else.
    is_checked: bool,
    next: Vec<usize>,
}

/// How much stack a node needs with everything below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Depth {
    /// Bytes, where each function of a cycle is active once.
    pub(super) bytes: u64,
    /// The node can call itself, through others or not.
    pub(super) is_in_cycle: bool,
    /// Something below it can call itself.
    has_cycle: bool,
}

impl Depth {
    /// Whether `bytes` is all there can be.
    pub(super) fn is_bounded(&self) -> bool {
        !self.is_in_cycle && !self.has_cycle
    }
}

impl Graph {
    /// A new node.
    pub(super) fn add(&mut self, cost: u64, is_checked: bool) -> usize {
        self.nodes.push(Node { cost, is_checked, next: Vec::new() });
        self.nodes.len() - 1
    }

    /// A new edge.
    pub(super) fn connect(&mut self, from: usize, to: usize) {
        if let Some(node) = self.nodes.get_mut(from)
            && !node.next.contains(&to)
        {
            node.next.push(to);
        }
    }

    pub(super) fn cost(&self, node: usize) -> u64 {
        self.nodes.get(node).map_or(0, |node| node.cost)
    }

    /// The depth below every node. Nodes without edges write `below` bytes under their stack pointer.
    pub(super) fn depths(&self, below: u32) -> Vec<Depth> {
        let mut depths = vec![Depth::default(); self.nodes.len()];
        let mut is_done = vec![false; self.nodes.len()];
        // Callees come first.
        for group in self.groups() {
            let mut deepest = 0;
            let mut has_cycle = false;
            let is_in_cycle = self.is_cycle(&group);
            for next in group.iter().flat_map(|member| &self.nodes[*member].next).filter(|next| is_done[**next]) {
                deepest = deepest.max(depths[*next].bytes);
                has_cycle |= !depths[*next].is_bounded();
            }
            let is_leaf = group.iter().all(|member| self.nodes[*member].next.is_empty());
            let cost: u64 = group.iter().map(|member| self.nodes[*member].cost).sum();
            let bytes = cost + deepest + if is_leaf { u64::from(below) } else { 0 };
            for member in group {
                depths[member] = Depth { bytes, is_in_cycle, has_cycle };
                is_done[member] = true;
            }
        }
        depths
    }

    /// How deep each node can get before something compares the stack pointer with the limit: what comes next that is
    /// checked counts with its own frame, because it has that when it looks, and with the call of the trap. `None` if
    /// nodes that are not checked form a cycle.
    pub(super) fn unchecked_depths(&self, call: u32, below: u32) -> Option<Vec<u64>> {
        let mut depths = vec![0; self.nodes.len()];
        for group in self.groups() {
            if self.is_cycle(&group) && !self.is_interrupted(&group) {
                return None;
            }
            // Within a cycle only what is not checked counts with what it calls, so a few rounds settle it.
            loop {
                let before: Vec<u64> = group.iter().map(|member| depths[*member]).collect();
                for member in &group {
                    depths[*member] = self.unchecked_depth(*member, &depths, call, below);
                }
                if group.iter().map(|member| depths[*member]).eq(before) {
                    break;
                }
            }
        }
        Some(depths)
    }

    fn unchecked_depth(&self, node: usize, depths: &[u64], call: u32, below: u32) -> u64 {
        let node = &self.nodes[node];
        let deepest = node.next.iter().map(|next| match &self.nodes[*next] {
            checked if checked.is_checked => checked.cost + u64::from(call),
            _ => depths[*next],
        });
        let below = if node.next.is_empty() { u64::from(below) } else { 0 };
        node.cost + deepest.max().unwrap_or(0).max(below)
    }

    fn is_cycle(&self, group: &[usize]) -> bool {
        group.len() > 1 || group.iter().any(|member| self.nodes[*member].next.contains(member))
    }

    /// Whether every cycle within a group has a checked node: the others alone form none.
    fn is_interrupted(&self, group: &[usize]) -> bool {
        let free: Vec<usize> = group.iter().copied().filter(|member| !self.nodes[*member].is_checked).collect();
        let mut left = free;
        loop {
            let calls_no_other = |member: &usize| !self.nodes[*member].next.iter().any(|next| left.contains(next));
            let rest: Vec<usize> = left.iter().copied().filter(|member| !calls_no_other(member)).collect();
            if rest.len() == left.len() {
                return rest.is_empty();
            }
            left = rest;
        }
    }

    /// Strongly connected components, each after all that it leads to (Tarjan's algorithm, without recursion).
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut walk = Walk {
            order: vec![usize::MAX; self.nodes.len()],
            low: vec![0; self.nodes.len()],
            is_open: vec![false; self.nodes.len()],
            open: Vec::new(),
            count: 0,
            groups: Vec::new(),
        };
        for start in 0..self.nodes.len() {
            if walk.order[start] == usize::MAX {
                walk.from(self, start);
            }
        }
        walk.groups
    }
}

struct Walk {
    order: Vec<usize>,
    low: Vec<usize>,
    is_open: Vec<bool>,
    open: Vec<usize>,
    count: usize,
    groups: Vec<Vec<usize>>,
}

impl Walk {
    fn from(&mut self, graph: &Graph, start: usize) {
        self.enter(start);
        let mut path = vec![(start, 0)];
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            if let Some(next) = graph.nodes[node].next.get(*edge).copied() {
                *edge += 1;
                if self.order[next] == usize::MAX {
                    self.enter(next);
                    path.push((next, 0));
                } else if self.is_open[next] {
                    self.low[node] = self.low[node].min(self.order[next]);
                }
                continue;
            }
            path.pop();
            if let Some((caller, _)) = path.last() {
                self.low[*caller] = self.low[*caller].min(self.low[node]);
            }
            if self.low[node] == self.order[node] {
                self.close(node);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.order[node] = self.count;
        self.low[node] = self.count;
        self.count += 1;
        self.is_open[node] = true;
        self.open.push(node);
    }

    fn close(&mut self, first: usize) {
        let mut group = Vec::new();
        while let Some(node) = self.open.pop() {
            self.is_open[node] = false;
            group.push(node);
            if node == first {
                break;
            }
        }
        group.sort_unstable();
        self.groups.push(group);
    }
}
