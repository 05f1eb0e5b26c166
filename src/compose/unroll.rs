//! Unrolls an event law over the places of a segment into a lattice, keeping only states that can be reached.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::markov::{Emission, Jump, Kernel, Lattice, Layer};
use crate::music::Duration;

/// A set of symbols as bits; lattices of music have at most 128 symbols.
pub type Symbols = u128;

/// The bits of the first `count` symbols.
pub fn all_symbols(count: usize) -> Symbols {
    if count >= 128 { Symbols::MAX } else { (1 << count) - 1 }
}

/// Weights of symbols, 0 for those that are not of a set.
pub(super) fn masked(weights: &[f64], allowed: Symbols) -> Vec<f64> {
    let weigh = |(symbol, &weight)| if allowed >> symbol & 1 == 1 { weight } else { 0.0 };
    weights.iter().enumerate().map(weigh).collect()
}

/// A lattice under construction. Nodes are told apart by a key of the caller's, and layers are places in time.
pub struct Unroller<N> {
    /// The places, rising; one layer each.
    pub places: Vec<Duration>,
    nodes: Vec<BTreeMap<N, u32>>,
    lattice: Lattice,
    jumps: FxHashMap<Jump, u32>,
    potentials: FxHashMap<(u32, Symbols), u32>,
    factors: Vec<Vec<f64>>,
}

impl<N: Ord + Clone> Unroller<N> {
    /// A lattice of `symbols` symbols over some places that starts in a context and in the node `first`.
    pub fn new(places: Vec<Duration>, symbols: usize, start: u32, first: N) -> Unroller<N> {
        let mut nodes = vec![BTreeMap::new(); places.len()];
        if let Some(layer) = nodes.first_mut() {
            layer.insert(first, 0);
        }
        let mut lattice = Lattice { start, ..Lattice::default() };
        lattice.layers = vec![Layer::default(); places.len()];
        if let Some(layer) = lattice.layers.first_mut() {
            Arc::make_mut(&mut layer.nodes).push(Vec::new());
        }
        Unroller {
            places,
            nodes,
            lattice,
            jumps: FxHashMap::default(),
            potentials: FxHashMap::default(),
            factors: vec![vec![1.0; symbols]],
        }
    }

    /// Adds transitions; the number is for [`Emission::kernel`].
    pub fn add_kernel(&mut self, kernel: impl Into<Arc<Kernel>>) -> u32 {
        self.lattice.kernels.push(kernel.into());
        self.lattice.kernels.len() as u32 - 1
    }

    /// Adds a factor for each symbol; the number is for [`emission`](Self::emission). Factor 0 changes nothing.
    pub fn add_factor(&mut self, factor: Vec<f64>) -> u32 {
        self.factors.push(factor);
        self.factors.len() as u32 - 1
    }

    /// What an event emits: a symbol of a set, weighed by a factor.
    pub fn emission(&mut self, kernel: u32, factor: u32, allowed: Symbols) -> Emission {
        let next = self.lattice.potentials.len() as u32;
        let potential = *self.potentials.entry((factor, allowed)).or_insert_with(|| {
            self.lattice.potentials.push(masked(&self.factors[factor as usize], allowed));
            next
        });
        Emission { kernel, potential, bend: None, scale: None }
    }

    /// The layer of a place, if it is one.
    pub fn layer(&self, place: Duration) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }

    /// The nodes of a layer that were reached, in the order of their keys.
    pub fn reached(&self, layer: usize) -> Vec<(N, u32)> {
        self.nodes[layer].iter().map(|(key, &node)| (key.clone(), node)).collect()
    }

    /// Adds a way from a node to a later layer, and gives the node there.
    pub fn step(
        &mut self,
        layer: usize,
        node: u32,
        to: usize,
        key: N,
        emission: Option<Emission>,
        weight: f64,
    ) -> u32 {
        let jump = self.jump(layer, to, key, emission);
        self.way(layer, node, jump, weight);
        self.lattice.layers[layer].jumps[jump as usize].node
    }

    /// The jump of a layer to a node of a later one, for [`way`](Self::way).
    pub fn jump(&mut self, layer: usize, to: usize, key: N, emission: Option<Emission>) -> u32 {
        let next = self.nodes[to].len() as u32;
        let target = *self.nodes[to].entry(key).or_insert(next);
        if target == next {
            Arc::make_mut(&mut self.lattice.layers[to].nodes).push(Vec::new());
        }
        let here = &mut self.lattice.layers[layer];
        let jump = Jump { to: to as u32, node: target, emission };
        *self.jumps.entry(jump).or_insert_with(|| {
            here.jumps.push(jump);
            here.jumps.len() as u32 - 1
        })
    }

    /// Lets a node of a layer take one of its jumps.
    pub fn way(&mut self, layer: usize, node: u32, jump: u32, weight: f64) {
        let ways = &mut Arc::make_mut(&mut self.lattice.layers[layer].nodes)[node as usize];
        match ways.iter_mut().find(|way| way.0 == jump) {
            Some((_, known)) => *known += weight,
            None => ways.push((jump, weight)),
        }
    }

    /// To be called when all ways out of a layer are added, before the next layer's are.
    pub fn layer_done(&mut self) {
        self.jumps.clear();
    }

    /// The lattice, given how each node of the last layer may end: a weight for each context.
    pub fn finish(
        mut self,
        contexts: usize,
        mut end: impl FnMut(&N, usize) -> f64,
    ) -> (Lattice, Vec<Duration>) {
        if self.lattice.kernels.is_empty() {
            self.lattice.kernels.push(Arc::new(Kernel::from_rows(&vec![Vec::new(); contexts])));
        }
        if let Some(last) = self.nodes.last() {
            self.lattice.ends = vec![Vec::new(); last.len()];
            for (key, &node) in last {
                self.lattice.ends[node as usize] = (0..contexts).map(|context| end(key, context)).collect();
            }
        }
        (self.lattice, self.places)
    }
}

/// Counts what begins in a stretch, and what sounds in it: the acceptor of density limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Where the stretch starts.
    pub from: Duration,
    /// Where it ends.
    pub to: Duration,
    /// How many must begin in it at least.
    pub min: u32,
    /// How many may be counted at most.
    pub max: u32,
    /// Whether what sounds on from before counts towards the most.
    pub counts_held: bool,
}

impl Counter {
    /// The state after an event from `at` to `end` that counts or not; `None` if the limit is broken. State 0 is
    /// that of a counter at rest, before and after its stretch.
    pub fn next(&self, state: u16, at: Duration, end: Duration, counts: bool) -> Option<u16> {
        if end <= self.from || at >= self.to {
            return Some(0);
        }
        let (mut begun, mut held) = match state.checked_sub(1) {
            Some(state) => (u32::from(state / 2), u32::from(state % 2)),
            None => (0, 0),
        };
        if counts && at >= self.from {
            begun += 1;
        } else if counts && self.counts_held {
            held = 1;
        }
        if begun + held > self.max || (end >= self.to && begun < self.min) {
            return None;
        }
        // Beyond the least number only the most matters; without a most that can be reached, stop counting.
        let kept = if self.max >= 1000 { begun.min(self.min) } else { begun };
        Some(if end >= self.to { 0 } else { 1 + (kept * 2 + held) as u16 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(count: i64) -> Duration {
        Duration::quarters(count)
    }

    #[test]
    fn a_counter_accepts_between_its_bounds() {
        let counter = Counter { from: quarters(4), to: quarters(8), min: 2, max: 3, counts_held: true };
        let run = |events: &[(i64, i64)]| {
            events
                .iter()
                .try_fold(0, |state, &(at, end)| counter.next(state, quarters(at), quarters(end), true))
        };
        assert_eq!(run(&[(0, 4), (4, 6), (6, 8)]), Some(0), "two begin");
        assert_eq!(run(&[(0, 5), (5, 6), (6, 7), (7, 8)]), None, "three begin and one is held over");
        assert_eq!(run(&[(0, 4), (4, 9)]), None, "only one begins");
        assert_eq!(run(&[(0, 12)]), None, "none begins");
        assert_eq!(run(&[(8, 12), (12, 13)]), Some(0), "elsewhere nothing is counted");
    }
}
