//! Backward messages over a lattice, and what they answer: the partition and exact draws.

use rand_chacha::ChaCha8Rng;

use super::draw::{locate, unit};
use super::kernel::Kernel;
use super::lattice::{Emission, Lattice, Layer};
use super::pass::{All, Join, Room, largest, patterns};

/// One event of a drawn path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Event {
    /// The layer where it starts.
    pub from: u32,
    /// The layer where it stops.
    pub to: u32,
    /// What it emits; `None` for silence.
    pub symbol: Option<u16>,
}

/// Where a path has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    /// The layer.
    pub layer: u32,
    /// The node of the layer.
    pub node: u32,
    /// The context.
    pub context: u32,
}

/// Layers whose largest message leaves 2^±64 are brought back to around one.
const RESCALE_BEYOND: i32 = 64;

/// The exponent of a layer from which nothing leads to the end: below all others, so that it never sets the scale on
/// which messages are added.
pub(super) const NO_MASS: i32 = i32::MIN / 2;

/// The backward messages of a lattice: for every state the total weight of all ways from there to the end, as f64
/// with one power-of-two exponent a layer, so masses far below the range of f64 keep their full precision.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    // By distance from the end, so that what lies behind an edit stays where it is: the last layer comes first.
    values: Vec<f64>,
    offsets: Vec<usize>,
    exponents: Vec<i32>,
    contexts: usize,
    /// For each kernel the first one that differs from it in its weights alone: reading what they share from one place
    /// keeps it near.
    pub(super) patterns: Vec<u32>,
}

impl Messages {
    /// The messages of a lattice whose indices are sound (see [`Lattice::fault`]).
    pub fn new(lattice: &Lattice) -> Messages {
        let mut messages = Messages::default();
        messages.recompute(lattice);
        messages
    }

    /// The messages of another lattice in the same memory.
    pub fn recompute(&mut self, lattice: &Lattice) {
        self.fill::<All>(lattice, 0);
    }

    /// The messages of a lattice that was edited, given the one that these are of: layers at the end that are the
    /// same in both keep theirs, and the result is that of [`recompute`](Self::recompute) bit for bit. Gives how many
    /// layers were kept.
    pub fn refresh(&mut self, before: &Lattice, lattice: &Lattice) -> usize {
        let kept = lattice.common_end(before).min(self.offsets.len());
        self.fill::<All>(lattice, kept);
        kept
    }

    /// Computes all messages but those of the last layers, so many.
    pub(super) fn fill<J: Join>(&mut self, lattice: &Lattice, kept: usize) {
        let contexts = lattice.contexts();
        self.contexts = contexts;
        self.patterns = patterns(lattice);
        self.offsets.clear();
        let mut states = 0;
        for layer in lattice.layers.iter().rev() {
            self.offsets.push(states);
            states += layer.nodes.len() * contexts;
        }
        self.values.truncate(states);
        if self.values.capacity() < states && kept == 0 {
            // Fresh memory is zero: it need not be written twice.
            self.values = vec![0.0; states];
        }
        self.values.resize(states, 0.0);
        self.exponents.truncate(kept);
        self.exponents.resize(lattice.layers.len(), NO_MASS);
        if lattice.layers.is_empty() || kept >= lattice.layers.len() {
            return;
        }
        if kept == 0 {
            for (ends, into) in lattice.ends.iter().zip(self.values.chunks_mut(contexts)) {
                into.copy_from_slice(ends);
            }
            self.exponents[0] = 0;
            self.rescale(0, lattice.ends.len());
        }
        let first = kept.max(1);
        let mut room = Room::new(lattice, lattice.layers.len() - first, &self.patterns);
        for behind in first..lattice.layers.len() {
            let at = lattice.layers.len() - 1 - behind;
            let (later, here) = self.values.split_at_mut(self.offsets[behind]);
            let (offsets, exponents) = (&self.offsets, &self.exponents);
            let distance = |layer: usize| lattice.layers.len() - 1 - layer;
            let message =
                |layer: usize, node: usize| &later[offsets[distance(layer)] + node * contexts..][..contexts];
            let nodes = lattice.layers[at].nodes.len();
            let here = &mut here[..nodes * contexts];
            let exponent = room.layer::<J>(lattice, at, |layer| exponents[distance(layer)], message, here);
            self.exponents[behind] = exponent;
            self.rescale(behind, nodes);
        }
    }

    /// Where the messages of a layer are kept.
    fn slot(&self, layer: usize) -> usize {
        self.offsets.len() - 1 - layer
    }

    /// The messages of one node of a layer, by context.
    pub fn node(&self, layer: usize, node: usize) -> &[f64] {
        let at = self.offsets[self.slot(layer)] + node * self.contexts;
        &self.values[at..at + self.contexts]
    }

    /// The power of two by which the messages of a layer are to be multiplied; of no meaning if all are 0.
    pub fn exponent(&self, layer: usize) -> i32 {
        self.exponents[self.slot(layer)]
    }

    /// The partition: the total weight of all paths, as a mantissa and a power of two; (0, 0) if there is none.
    pub fn partition(&self, lattice: &Lattice) -> (f64, i32) {
        match self.offsets.first() {
            Some(_) if !lattice.layers[0].nodes.is_empty() => {
                let value = self.node(0, 0)[lattice.start as usize];
                if value > 0.0 { (value, self.exponent(0)) } else { (0.0, 0) }
            }
            _ => (0.0, 0),
        }
    }

    /// The natural logarithm of the total weight of all paths from the first layer in a context; −∞ if there is none.
    pub fn log_mass_from(&self, context: u32) -> f64 {
        libm::log(self.node(0, 0)[context as usize]) + f64::from(self.exponent(0)) * std::f64::consts::LN_2
    }

    /// The natural logarithm of the partition; −∞ if there is no path.
    pub fn log_partition(&self, lattice: &Lattice) -> f64 {
        let (mantissa, exponent) = self.partition(lattice);
        libm::log(mantissa) + f64::from(exponent) * std::f64::consts::LN_2
    }

    fn rescale(&mut self, slot: usize, nodes: usize) {
        let start = self.offsets[slot];
        let values = &mut self.values[start..start + nodes * self.contexts];
        self.exponents[slot] = rescaled(values, self.exponents[slot]);
    }

    /// Draws a path with probability exactly its weight over the partition, and gives the natural logarithm of its
    /// weight (that of the end left out) with it; `None` if there is no path.
    pub fn sample(&self, lattice: &Lattice, rng: &mut ChaCha8Rng) -> Option<(Vec<Event>, f64)> {
        if self.partition(lattice).0 <= 0.0 {
            return None;
        }
        let mut state = State { layer: 0, node: 0, context: lattice.start };
        let mut events = Vec::new();
        let mut log_weight = 0.0;
        let mut weights = Vec::new();
        while (state.layer as usize) + 1 < lattice.layers.len() {
            weights.clear();
            self.weigh_ways(lattice, state, &mut weights);
            let (event, onward, weight) = self.step_along(lattice, state, &weights, rng)?;
            log_weight += libm::log(weight);
            events.push(event);
            state = onward;
        }
        Some((events, log_weight))
    }

    /// Draws the next event of a path from a state, given all that is still to come, with the state after it and its
    /// weight; `None` at the end, or if nothing leads there.
    pub fn step(&self, lattice: &Lattice, state: State, rng: &mut ChaCha8Rng) -> Option<(Event, State, f64)> {
        let mut weights = Vec::new();
        self.weigh_ways(lattice, state, &mut weights);
        self.step_along(lattice, state, &weights, rng)
    }

    /// Adds the weights of a state's ways, each with all that may be emitted on it and is still to come; of the last layer
    /// none.
    pub(super) fn weigh_ways(&self, lattice: &Lattice, state: State, weights: &mut Vec<f64>) {
        let Some(layer) = lattice.layers.get(state.layer as usize) else { return };
        let Some(exponent) = self.exponent_ahead(layer) else { return };
        let context = state.context as usize;
        weights.extend(layer.nodes[state.node as usize].iter().map(|&(index, weight)| {
            let jump = &layer.jumps[index as usize];
            let ahead = self.node(jump.to as usize, jump.node as usize);
            let weight = weight * pow2(self.exponent(jump.to as usize) - exponent);
            match jump.emission {
                None => weight * ahead[context],
                Some(emission) => {
                    weight
                        * scale_of(lattice, emission, context)
                        * self.sum(lattice, emission, context, ahead)
                }
            }
        }));
    }

    /// A step by the weights of the ways: first the way, then what is emitted on it.
    pub(super) fn step_along(
        &self,
        lattice: &Lattice,
        state: State,
        weights: &[f64],
        rng: &mut ChaCha8Rng,
    ) -> Option<(Event, State, f64)> {
        let layer = lattice.layers.get(state.layer as usize)?;
        let exponent = self.exponent_ahead(layer)?;
        let context = state.context as usize;
        let ways = &layer.nodes[state.node as usize];
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let (taken, left) = locate(weights.iter().copied(), unit(rng) * total)?;
        let (index, way) = ways[taken];
        let jump = layer.jumps[index as usize];
        let (symbol, context, entry) = match jump.emission {
            None => (None, state.context, 1.0),
            Some(emission) => {
                let ahead = self.node(jump.to as usize, jump.node as usize);
                let shift = pow2(self.exponent(jump.to as usize) - exponent);
                let each = way * shift * scale_of(lattice, emission, context);
                let products = self.products(lattice, emission, context, ahead);
                let (taken, _) = locate(products.map(|product| product * each), left)?;
                let pattern = &lattice.kernels[self.patterns[emission.kernel as usize] as usize];
                let entry = pattern.row(context).start + taken;
                let symbol = pattern.symbols[entry];
                let weight = lattice.kernels[emission.kernel as usize].weights[entry]
                    * factor(lattice, emission, context)(symbol);
                (Some(symbol), pattern.targets[entry], scale_of(lattice, emission, context) * weight)
            }
        };
        let event = Event { from: state.layer, to: jump.to, symbol };
        Some((event, State { layer: jump.to, node: jump.node, context }, way * entry))
    }

    /// The sum of the [`products`](Self::products).
    fn sum(&self, lattice: &Lattice, emission: Emission, context: usize, ahead: &[f64]) -> f64 {
        let potential = &lattice.potentials[emission.potential as usize];
        match lattice.bend(emission, context) {
            None => self.sum_of(lattice, emission, context, ahead, |symbol| potential[symbol]),
            Some(bend) => {
                self.sum_of(lattice, emission, context, ahead, |symbol| potential[symbol] * bend[symbol])
            }
        }
    }

    #[inline(always)]
    fn sum_of(
        &self,
        lattice: &Lattice,
        emission: Emission,
        context: usize,
        ahead: &[f64],
        factor: impl Fn(usize) -> f64,
    ) -> f64 {
        let pattern = &lattice.kernels[self.patterns[emission.kernel as usize] as usize];
        let row = pattern.row(context);
        let weights = &lattice.kernels[emission.kernel as usize].weights[row.clone()];
        let (symbols, other_symbols) = pattern.symbols[row.clone()].as_chunks::<4>();
        let (targets, other_targets) = pattern.targets[row].as_chunks::<4>();
        let (weights, other_weights) = weights.as_chunks::<4>();
        let product = |symbol: u16, target: u32, weight: f64| {
            weight * factor(usize::from(symbol)) * ahead[target as usize]
        };
        // Four sums side by side: one alone waits for itself at every step.
        let mut sums = [0.0; 4];
        for ((symbols, targets), weights) in symbols.iter().zip(targets).zip(weights) {
            for lane in 0..4 {
                sums[lane] += product(symbols[lane], targets[lane], weights[lane]);
            }
        }
        let others = other_symbols.iter().zip(other_targets).zip(other_weights);
        let others = others.map(|((&symbol, &target), &weight)| product(symbol, target, weight));
        sums.iter().sum::<f64>() + others.sum::<f64>()
    }

    /// What may be emitted in a context: for each entry of the kernel its weight, its symbol's potential and bend, and the
    /// message ahead, multiplied.
    fn products<'l>(
        &'l self,
        lattice: &'l Lattice,
        emission: Emission,
        context: usize,
        ahead: &'l [f64],
    ) -> impl Iterator<Item = f64> + 'l {
        let kernel = &lattice.kernels[emission.kernel as usize];
        let pattern = &lattice.kernels[self.patterns[emission.kernel as usize] as usize];
        let factor = factor(lattice, emission, context);
        let row = pattern.row(context);
        let shared = pattern.symbols[row.clone()].iter().zip(&pattern.targets[row.clone()]);
        shared
            .zip(&kernel.weights[row])
            .map(move |((&symbol, &target), &entry)| entry * factor(symbol) * ahead[target as usize])
    }

    /// The largest exponent of the layers ahead of one, on which what leads there is added; `None` for the last layer.
    pub(super) fn exponent_ahead(&self, layer: &Layer) -> Option<i32> {
        layer.jumps.iter().map(|jump| self.exponent(jump.to as usize)).max()
    }
}

fn scale_of(lattice: &Lattice, emission: Emission, context: usize) -> f64 {
    emission.scale.map_or(1.0, |scale| lattice.scales[scale as usize][context])
}

/// The potential of a symbol that is emitted in a context, and its bend, multiplied.
fn factor(lattice: &Lattice, emission: Emission, context: usize) -> impl Fn(u16) -> f64 {
    let potential = &lattice.potentials[emission.potential as usize];
    let bend = lattice.bend(emission, context);
    move |symbol| {
        let symbol = usize::from(symbol);
        bend.map_or(potential[symbol], |bend| potential[symbol] * bend[symbol])
    }
}

/// Calls `each(symbol, target, weight)` for all that an event may emit in a context, the scale, the kernel's entry,
/// the bend and the potential multiplied.
pub fn entries(
    lattice: &Lattice,
    emission: Option<Emission>,
    context: usize,
    mut each: impl FnMut(Option<u16>, u32, f64),
) {
    let Some(emission) = emission else { return each(None, context as u32, 1.0) };
    let kernel: &Kernel = &lattice.kernels[emission.kernel as usize];
    let (factor, scale) = (factor(lattice, emission, context), scale_of(lattice, emission, context));
    let row = kernel.row(context);
    let (symbols, targets) = (&kernel.symbols[row.clone()], &kernel.targets[row.clone()]);
    for ((&symbol, &target), &weight) in symbols.iter().zip(targets).zip(&kernel.weights[row]) {
        each(Some(symbol), target, scale * weight * factor(symbol));
    }
}

/// Brings values back to around one if they are far from it, and gives their new exponent.
pub(super) fn rescaled(values: &mut [f64], exponent: i32) -> i32 {
    let largest = largest(values);
    if largest <= 0.0 {
        return NO_MASS;
    }
    let shift = libm::ilogb(largest);
    if shift.abs() <= RESCALE_BEYOND {
        return exponent;
    }
    // In two steps: 2^-shift itself may be out of range for a subnormal.
    let (first, second) = (pow2(-shift / 2), pow2(-shift - (-shift / 2)));
    values.iter_mut().for_each(|value| *value = *value * first * second);
    exponent + shift
}

/// An exact power of two; beyond the range of f64, zero or infinity.
pub(super) fn pow2(exponent: i32) -> f64 {
    if (-1022..=1023).contains(&exponent) {
        return f64::from_bits(((exponent + 1023) as u64) << 52);
    }
    libm::ldexp(1.0, exponent)
}
