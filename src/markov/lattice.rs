//! The lattice: every sequence of events that fills a stretch of time, with its weight.
//!
//! Layers are places in time and an event is an edge from the layer where it starts to the layer where it stops (a
//! semi-Markov lattice), so meter costs nothing extra. The state at a layer is a pair: a **node**, which carries all
//! that depends on time alone (the last duration, counters), and a **context**, which carries the last symbols. An
//! event is drawn in two steps, a jump to a later layer and node, then a symbol in the context, and the messages
//! use that factoring: joint edges are never written out.
//!
//! Meter as layers follows Roy and Pachet, "Enforcing Meter in Finite-Length Markov Sequences" (AAAI 2013); the
//! product with acceptors follows Papadopoulos, Pachet, Roy and Sakellariou, "Exact Sampling for Regular and Markov
//! Constraints with Belief Propagation" (CP 2015).

use super::kernel::Kernel;

/// What an event emits, by position in the lists of the [`Lattice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Emission {
    /// Which transitions.
    pub kernel: u32,
    /// Which potential weighs the emitted symbol.
    pub potential: u32,
    /// Which scale weighs the context before the event; `None` for one throughout.
    pub scale: Option<u32>,
}

/// A way from a layer to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Jump {
    /// The layer it leads to, later than its own.
    pub to: u32,
    /// The node of that layer.
    pub node: u32,
    /// What it emits; `None` for silence, which leaves the context as it is.
    pub emission: Option<Emission>,
}

/// One place in time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The distinct ways onward.
    pub jumps: Vec<Jump>,
    /// For each node the jumps it may take, by position in `jumps`, with their weights.
    pub nodes: Vec<Vec<(u32, f64)>>,
}

/// A layered lattice over one set of contexts.
///
/// The weight of a path is the product, over its events, of the jump's weight, the scale of the context before, the
/// kernel's entry and the potential of the symbol; times the end weight of the last state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lattice {
    /// Transitions, all over the same contexts. Each context is entered by one symbol only (in all of them).
    pub kernels: Vec<Kernel>,
    /// Weights of emitted symbols: one value a symbol.
    pub potentials: Vec<Vec<f64>>,
    /// Weights of contexts: one value a context.
    pub scales: Vec<Vec<f64>>,
    /// The layers in order of time. Paths start in node 0 of the first; the last has no jumps.
    pub layers: Vec<Layer>,
    /// The context in which paths start.
    pub start: u32,
    /// For each node of the last layer the weight of ending in each context.
    pub ends: Vec<Vec<f64>>,
}

impl Lattice {
    /// The number of contexts.
    pub fn contexts(&self) -> usize {
        self.kernels.first().map_or(1, Kernel::contexts)
    }

    /// The number of states that hold a message: nodes times contexts, over all layers.
    pub fn states(&self) -> usize {
        self.layers.iter().map(|layer| layer.nodes.len()).sum::<usize>() * self.contexts()
    }

    /// What is wrong with the lattice's indices, if anything; for tests and debugging.
    pub fn fault(&self) -> Option<String> {
        let contexts = self.contexts();
        for (index, kernel) in self.kernels.iter().enumerate() {
            if kernel.contexts() != contexts {
                return Some(format!("kernel {index} has {} contexts, not {contexts}", kernel.contexts()));
            }
            if kernel.entered_by().is_none() {
                return Some(format!("kernel {index} enters a context by two symbols"));
            }
        }
        for (at, layer) in self.layers.iter().enumerate() {
            for jump in &layer.jumps {
                let node = self.layers.get(jump.to as usize).and_then(|to| to.nodes.get(jump.node as usize));
                if jump.to as usize <= at || node.is_none() {
                    return Some(format!(
                        "layer {at} jumps to {}:{}, which is not ahead",
                        jump.to, jump.node
                    ));
                }
            }
            if layer.nodes.iter().flatten().any(|&(jump, _)| jump as usize >= layer.jumps.len()) {
                return Some(format!("layer {at} has a node with an unknown jump"));
            }
        }
        let last = self.layers.last().map_or(0, |layer| layer.nodes.len());
        (self.ends.len() != last).then(|| format!("{} end weights for {last} last nodes", self.ends.len()))
    }
}
