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

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::kernel::Kernel;

/// What an event emits, by position in the lists of the [`Lattice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Emission {
    /// Which transitions.
    pub kernel: u32,
    /// Which potential weighs the emitted symbol.
    pub potential: u32,
    /// Which bend weighs the step to it; `None` for one throughout.
    pub bend: Option<u32>,
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
    /// For each node the jumps it may take, by position in `jumps`, with their weights; shared by lattices that differ in
    /// what they emit alone.
    pub nodes: Arc<Vec<Vec<(u32, f64)>>>,
}

/// A layered lattice over one set of contexts.
///
/// The weight of a path is the product, over its events, of the jump's weight, the scale of the context before, the
/// kernel's entry, the bend of the step and the potential of the symbol; times the end weight of the last state. What
/// bends is not multiplied into the kernel: one kernel near at hand is passed through faster than many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lattice {
    /// Transitions, all over the same contexts. Each context is entered by one symbol only (in all of them).
    pub kernels: Vec<Arc<Kernel>>,
    /// Weights of emitted symbols: one value a symbol.
    pub potentials: Vec<Vec<f64>>,
    /// Weights of steps: for each kind of context one value a symbol, kind after kind.
    pub bends: Vec<Arc<[f64]>>,
    /// For each context its kind, by which bends tell contexts apart; may be empty where nothing bends.
    pub kinds: Arc<[u16]>,
    /// Weights of contexts: one value a context.
    pub scales: Vec<Arc<[f64]>>,
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
        self.kernels.first().map_or(1, |kernel| kernel.contexts())
    }

    /// What bends the steps of an emission from a context: one value a symbol; `None` if nothing does.
    pub(super) fn bend(&self, emission: Emission, context: usize) -> Option<&[f64]> {
        let bend = &self.bends[emission.bend? as usize];
        let symbols = self.potentials[emission.potential as usize].len();
        Some(&bend[usize::from(self.kinds[context]) * symbols..][..symbols])
    }

    /// The number of states that hold a message: nodes times contexts, over all layers.
    pub fn states(&self) -> usize {
        self.layers.iter().map(|layer| layer.nodes.len()).sum::<usize>() * self.contexts()
    }

    /// The lattice in which every path has its weight raised to a power, so that its law is exactly P(x)^exponent / Z: a
    /// temperature of 1/exponent. Above 1 what is likely gets likelier, below 1 rare things get a chance, 1 changes
    /// nothing; at 0 all that is possible is equally likely. What is impossible stays so.
    ///
    /// A path here is a list of ways and kernel entries, and each is weighed by one product, of which every factor is
    /// raised. Where two paths emit the same events at the same places, the events' probability is their sum, and this is
    /// not the power of it: see [`ambiguity`](Self::ambiguity). Scales that made the laws of contexts sum to one do so no
    /// more. A weight that the power would take out of the range of f64 stops at its bounds.
    pub fn tempered(&self, exponent: f64) -> Lattice {
        let mut tempered = self.clone();
        let raise = |weight: &mut f64| {
            if *weight > 0.0 && exponent != 1.0 {
                *weight = libm::pow(*weight, exponent).clamp(f64::MIN_POSITIVE, f64::MAX);
            }
        };
        tempered
            .kernels
            .iter_mut()
            .flat_map(|kernel| Arc::make_mut(kernel).weights.iter_mut())
            .for_each(raise);
        tempered.potentials.iter_mut().flatten().for_each(raise);
        tempered.bends.iter_mut().flat_map(Arc::make_mut).for_each(raise);
        tempered.scales.iter_mut().flat_map(Arc::make_mut).for_each(raise);
        let ways =
            tempered.layers.iter_mut().flat_map(|layer| Arc::make_mut(&mut layer.nodes).iter_mut().flatten());
        ways.for_each(|(_, weight)| raise(weight));
        tempered.ends.iter_mut().flatten().for_each(raise);
        tempered
    }

    /// Where two paths may emit the same events at the same places, if anywhere: two ways from one node to one layer that
    /// both emit or are both silent, or a context with two entries for a symbol. Elsewhere events tell the path.
    pub fn ambiguity(&self) -> Option<String> {
        let twice = |kernel: &Kernel| {
            (0..kernel.contexts()).find(|&context| {
                let symbols: BTreeSet<u16> = kernel.symbols[kernel.row(context)].iter().copied().collect();
                symbols.len() < kernel.row(context).len()
            })
        };
        let in_kernels = self.kernels.iter().enumerate().find_map(|(index, kernel)| {
            twice(kernel).map(|context| format!("kernel {index} emits a symbol of context {context} twice"))
        });
        let in_layers = || {
            self.layers.iter().enumerate().find_map(|(at, layer)| {
                let node = layer.nodes.iter().position(|ways| {
                    let jumps = ways.iter().map(|way| layer.jumps[way.0 as usize]);
                    let seen: BTreeSet<(u32, bool)> =
                        jumps.map(|jump| (jump.to, jump.emission.is_some())).collect();
                    seen.len() < ways.len()
                });
                node.map(|node| format!("layer {at} leaves node {node} in two ways that look the same"))
            })
        };
        in_kernels.or_else(in_layers)
    }

    /// How many layers at the end are the same in another lattice, so that their messages are: by what they hold, not by
    /// how kernels, potentials and scales are numbered, and by distance from the end.
    pub fn common_end(&self, other: &Lattice) -> usize {
        let bent = !self.bends.is_empty() && !other.bends.is_empty();
        if self.contexts() != other.contexts()
            || self.ends != other.ends
            || (bent && self.kinds != other.kinds)
        {
            return 0;
        }
        let mut same = Same { ours: self, other, known: FxHashMap::default() };
        let pairs = self.layers.iter().rev().zip(other.layers.iter().rev());
        pairs.take_while(|(ours, others)| same.layer(ours, others)).count()
    }

    /// What is wrong with the lattice's indices, if anything; for tests and debugging. Messages over a lattice with
    /// a fault may panic or be wrong.
    pub fn fault(&self) -> Option<String> {
        self.fault_of_lists()
            .or_else(|| self.layers.iter().enumerate().find_map(|(at, _)| self.fault_of_layer(at)))
    }

    fn fault_of_lists(&self) -> Option<String> {
        let contexts = self.contexts();
        let mut entered_by: Vec<Option<u16>> = vec![None; contexts];
        for (index, kernel) in self.kernels.iter().enumerate() {
            if kernel.contexts() != contexts {
                return Some(format!("kernel {index} has {} contexts, not {contexts}", kernel.contexts()));
            }
            for (&symbol, &target) in kernel.symbols.iter().zip(kernel.targets.iter()) {
                let Some(known) = entered_by.get_mut(target as usize) else {
                    return Some(format!("kernel {index} enters context {target} of {contexts}"));
                };
                if known.is_some_and(|known| known != symbol) {
                    return Some(format!("kernel {index} enters context {target} by a second symbol"));
                }
                *known = Some(symbol);
            }
        }
        let symbols = entered_by.iter().flatten().max().map_or(0, |&largest| usize::from(largest) + 1);
        if let Some(short) = self.potentials.iter().position(|potential| potential.len() < symbols) {
            return Some(format!("potential {short} has fewer values than there are symbols"));
        }
        if let Some(fault) = self.fault_of_bends() {
            return Some(fault);
        }
        if let Some(short) = self.scales.iter().position(|scale| scale.len() != contexts) {
            return Some(format!("scale {short} has not one value for each context"));
        }
        if self.start as usize >= contexts {
            return Some(format!("the start is context {} of {contexts}", self.start));
        }
        let last = self.layers.last().map_or(0, |layer| layer.nodes.len());
        if self.ends.len() != last || self.ends.iter().any(|ends| ends.len() != contexts) {
            return Some(format!("the ends are not {last} times {contexts} weights"));
        }
        None
    }

    fn fault_of_bends(&self) -> Option<String> {
        if self.bends.is_empty() {
            return None;
        }
        if self.kinds.len() != self.contexts() {
            return Some(format!("{} contexts have a kind, not {}", self.kinds.len(), self.contexts()));
        }
        let symbols = self.potentials.first().map_or(0, Vec::len);
        if let Some(other) = self.potentials.iter().position(|potential| potential.len() != symbols) {
            return Some(format!("potential {other} is not as long as the first, which bends rely on"));
        }
        let kinds = self.kinds.iter().max().map_or(0, |&largest| usize::from(largest) + 1);
        let other = self.bends.iter().position(|bend| bend.len() < kinds * symbols)?;
        Some(format!("bend {other} has not one value for each symbol after each kind of context"))
    }

    fn fault_of_layer(&self, at: usize) -> Option<String> {
        let layer = self.layers.get(at)?;
        for jump in &layer.jumps {
            let node = self.layers.get(jump.to as usize).and_then(|to| to.nodes.get(jump.node as usize));
            if jump.to as usize <= at || node.is_none() {
                return Some(format!("layer {at} jumps to {}:{}, which is not ahead", jump.to, jump.node));
            }
            let known = jump.emission.is_none_or(|emission| {
                (emission.kernel as usize) < self.kernels.len()
                    && (emission.potential as usize) < self.potentials.len()
                    && emission.bend.is_none_or(|bend| (bend as usize) < self.bends.len())
                    && emission.scale.is_none_or(|scale| (scale as usize) < self.scales.len())
            });
            if !known {
                return Some(format!("layer {at} emits by an unknown kernel, potential, bend or scale"));
            }
        }
        let unknown = layer.nodes.iter().flatten().any(|&(jump, _)| jump as usize >= layer.jumps.len());
        unknown.then(|| format!("layer {at} has a node with an unknown jump"))
    }
}

/// Compares the parts of two lattices, each pair once.
struct Same<'l> {
    ours: &'l Lattice,
    other: &'l Lattice,
    known: FxHashMap<(Part, u32, u32), bool>,
}

/// What jumps name by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Kernel,
    Potential,
    Bend,
    Scale,
}

impl Same<'_> {
    /// Whether two layers are the same that are equally far from the end.
    fn layer(&mut self, ours: &Layer, other: &Layer) -> bool {
        let from_end = |lattice: &Lattice, jump: &Jump| lattice.layers.len() - jump.to as usize;
        let alike = ours.jumps.len() == other.jumps.len() && ours.nodes == other.nodes;
        alike
            && ours.jumps.iter().zip(&other.jumps).all(|(a, b)| {
                let lead_alike = a.node == b.node && from_end(self.ours, a) == from_end(self.other, b);
                lead_alike && self.emission(a.emission, b.emission)
            })
    }

    fn emission(&mut self, ours: Option<Emission>, other: Option<Emission>) -> bool {
        match (ours, other) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                self.if_any(Part::Scale, a.scale, b.scale)
                    && self.if_any(Part::Bend, a.bend, b.bend)
                    && self.part(Part::Kernel, a.kernel, b.kernel)
                    && self.part(Part::Potential, a.potential, b.potential)
            }
            _ => false,
        }
    }

    fn if_any(&mut self, part: Part, ours: Option<u32>, other: Option<u32>) -> bool {
        match (ours, other) {
            (None, None) => true,
            (Some(a), Some(b)) => self.part(part, a, b),
            _ => false,
        }
    }

    fn part(&mut self, part: Part, a: u32, b: u32) -> bool {
        let (ours, other) = (self.ours, self.other);
        *self.known.entry((part, a, b)).or_insert_with(|| {
            let (a, b) = (a as usize, b as usize);
            match part {
                Part::Kernel => {
                    let (a, b) = (&ours.kernels[a], &other.kernels[b]);
                    a.has_entries_of(b) && same_weights(&a.weights, &b.weights)
                }
                Part::Potential => same_weights(&ours.potentials[a], &other.potentials[b]),
                Part::Bend => same_weights(&ours.bends[a], &other.bends[b]),
                Part::Scale => same_weights(&ours.scales[a], &other.scales[b]),
            }
        })
    }
}

/// Whether weights are the same bit for bit; many at a time, as most are.
fn same_weights(ours: &[f64], other: &[f64]) -> bool {
    let differ = |(a, b): (&f64, &f64)| a.to_bits() ^ b.to_bits();
    let mut chunks = ours.chunks(64).zip(other.chunks(64));
    ours.len() == other.len()
        && chunks.all(|(a, b)| a.iter().zip(b).map(differ).fold(0, |all, bits| all | bits) == 0)
}
