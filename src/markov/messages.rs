//! Backward messages over a lattice, and what they answer: the partition, exact draws, marginals, the best path.

use rand_chacha::ChaCha8Rng;

use super::draw::choose;
use super::kernel::Kernel;
use super::lattice::{Emission, Jump, Lattice};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The layer.
    pub layer: u32,
    /// The node of the layer.
    pub node: u32,
    /// The context.
    pub context: u32,
}

/// How many messages are carried through one pass over a kernel: enough lanes to fill the vector units, few enough
/// to stay in registers. The lanes are summed each on its own, so the result does not depend on the processor.
const LANES: usize = 8;

/// Layers whose largest message leaves 2^±64 are brought back to around one.
const RESCALE_BEYOND: i32 = 64;

/// The exponent of a layer from which nothing leads to the end: below all others, so that it never sets the scale on
/// which messages are added.
const NO_MASS: i32 = i32::MIN / 2;

/// The backward messages of a lattice: for every state the total weight of all ways from there to the end, as f64
/// with one power-of-two exponent a layer, so masses far below the range of f64 keep their full precision.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    values: Vec<f64>,
    offsets: Vec<usize>,
    exponents: Vec<i32>,
    contexts: usize,
}

/// Room for the passes over the kernels, kept between layers.
struct Room {
    /// The messages of each jump, by context.
    onward: Vec<Vec<f64>>,
    tile: Vec<f64>,
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
        let contexts = lattice.contexts();
        self.contexts = contexts;
        self.offsets.clear();
        let mut states = 0;
        for layer in &lattice.layers {
            self.offsets.push(states);
            states += layer.nodes.len() * contexts;
        }
        self.values.clear();
        self.values.resize(states, 0.0);
        self.exponents.clear();
        self.exponents.resize(lattice.layers.len(), NO_MASS);
        let Some(last) = lattice.layers.len().checked_sub(1) else { return };
        for (node, ends) in lattice.ends.iter().enumerate() {
            let at = self.offsets[last] + node * contexts;
            self.values[at..at + contexts].copy_from_slice(ends);
        }
        self.exponents[last] = 0;
        self.rescale(last, lattice.layers[last].nodes.len());
        let entered: Vec<u16> = entered_by(lattice);
        let mut room = Room { onward: Vec::new(), tile: vec![0.0; contexts * LANES] };
        for at in (0..last).rev() {
            self.layer(lattice, at, &entered, &mut room);
        }
    }

    /// The messages of one node of a layer, by context.
    pub fn node(&self, layer: usize, node: usize) -> &[f64] {
        let at = self.offsets[layer] + node * self.contexts;
        &self.values[at..at + self.contexts]
    }

    /// The power of two by which the messages of a layer are to be multiplied; of no meaning if all are 0.
    pub fn exponent(&self, layer: usize) -> i32 {
        self.exponents[layer]
    }

    /// The partition: the total weight of all paths, as a mantissa and a power of two; (0, 0) if there is none.
    pub fn partition(&self, lattice: &Lattice) -> (f64, i32) {
        match self.offsets.first() {
            Some(_) if !lattice.layers[0].nodes.is_empty() => {
                let value = self.node(0, 0)[lattice.start as usize];
                if value > 0.0 { (value, self.exponents[0]) } else { (0.0, 0) }
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

    fn layer(&mut self, lattice: &Lattice, at: usize, entered: &[u16], room: &mut Room) {
        let layer = &lattice.layers[at];
        let contexts = self.contexts;
        let Some(exponent) = layer.jumps.iter().map(|jump| self.exponents[jump.to as usize]).max() else {
            return;
        };
        room.onward.resize_with(room.onward.len().max(layer.jumps.len()), Vec::new);
        // Jumps through the same kernel share a pass, up to LANES at a time.
        let mut order: Vec<usize> = (0..layer.jumps.len()).collect();
        order.sort_by_key(|&jump| layer.jumps[jump].emission.map(|emission| emission.kernel));
        let mut live = vec![false; layer.jumps.len()];
        let mut batch: Vec<usize> = Vec::with_capacity(LANES);
        for &index in &order {
            let jump = &layer.jumps[index];
            let shift = pow2(self.exponents[jump.to as usize] - exponent);
            let ahead = self.node(jump.to as usize, jump.node as usize);
            live[index] = ahead.iter().any(|&value| value > 0.0);
            if !live[index] {
                continue;
            }
            match jump.emission {
                None => {
                    let onward = &mut room.onward[index];
                    onward.clear();
                    onward.extend(ahead.iter().map(|&value| value * shift));
                }
                Some(emission) => {
                    let other =
                        batch.first().map(|&first: &usize| layer.jumps[first].emission.map(|e| e.kernel));
                    if batch.len() == LANES || other.is_some_and(|kernel| kernel != Some(emission.kernel)) {
                        pass(lattice, &layer.jumps, &batch, room);
                        batch.clear();
                    }
                    let lane = batch.len();
                    let potential = &lattice.potentials[emission.potential as usize];
                    for (context, &value) in ahead.iter().enumerate() {
                        room.tile[context * LANES + lane] =
                            value * shift * potential[usize::from(entered[context])];
                    }
                    batch.push(index);
                }
            }
        }
        if !batch.is_empty() {
            pass(lattice, &layer.jumps, &batch, room);
        }
        for (node, spans) in layer.nodes.iter().enumerate() {
            let start = self.offsets[at] + node * contexts;
            let into = &mut self.values[start..start + contexts];
            for &(jump, weight) in spans {
                if live[jump as usize] {
                    let onward = &room.onward[jump as usize];
                    into.iter_mut().zip(onward).for_each(|(into, &value)| *into += weight * value);
                }
            }
        }
        self.exponents[at] = exponent;
        self.rescale(at, layer.nodes.len());
    }

    fn rescale(&mut self, at: usize, nodes: usize) {
        let start = self.offsets[at];
        let values = &mut self.values[start..start + nodes * self.contexts];
        let largest = values.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            self.exponents[at] = NO_MASS;
            return;
        }
        let shift = libm::ilogb(largest);
        if shift.abs() > RESCALE_BEYOND {
            // In two steps: 2^-shift itself may be out of range for a subnormal.
            let (first, second) = (pow2(-shift / 2), pow2(-shift - (-shift / 2)));
            values.iter_mut().for_each(|value| *value = *value * first * second);
            self.exponents[at] += shift;
        }
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
        while (state.layer as usize) + 1 < lattice.layers.len() {
            let (event, onward, weight) = self.step(lattice, state, rng)?;
            log_weight += libm::log(weight);
            events.push(event);
            state = onward;
        }
        Some((events, log_weight))
    }

    /// Draws the next event of a path from a state, given all that is still to come, with the state after it and its
    /// weight; `None` at the end, or if nothing leads there.
    pub fn step(&self, lattice: &Lattice, state: State, rng: &mut ChaCha8Rng) -> Option<(Event, State, f64)> {
        let layer = lattice.layers.get(state.layer as usize)?;
        let exponent = layer.jumps.iter().map(|jump| self.exponents[jump.to as usize]).max()?;
        let mut weights: Vec<f64> = Vec::new();
        let mut ways: Vec<(Jump, Option<u16>, u32, f64)> = Vec::new();
        for &(index, weight) in &layer.nodes[state.node as usize] {
            let jump = layer.jumps[index as usize];
            let ahead = self.node(jump.to as usize, jump.node as usize);
            let shift = pow2(self.exponents[jump.to as usize] - exponent);
            entries(lattice, jump.emission, state.context as usize, |symbol, target, entry| {
                weights.push(weight * entry * (ahead[target as usize] * shift));
                ways.push((jump, symbol, target, weight * entry));
            });
        }
        let (jump, symbol, context, weight) = ways[choose(rng, &weights)?];
        let event = Event { from: state.layer, to: jump.to, symbol };
        Some((event, State { layer: jump.to, node: jump.node, context }, weight))
    }

    /// The probability of every possible event, `visit(from, jump, symbol, probability)` in order of time, each
    /// (jump, symbol) of a layer once; events of probability zero are left out.
    pub fn marginals(&self, lattice: &Lattice, mut visit: impl FnMut(usize, Jump, Option<u16>, f64)) {
        if self.partition(lattice).0 <= 0.0 {
            return;
        }
        // The probability of every state given all that is asked, carried forward by the conditional law of each
        // way: only what truly does not matter gets too small for f64.
        let mut states = vec![0.0; self.values.len()];
        states[lattice.start as usize] = 1.0;
        let mut masses: std::collections::BTreeMap<Option<u16>, f64> = std::collections::BTreeMap::new();
        for (at, layer) in lattice.layers.iter().enumerate() {
            // Each state's probability against its message: every way onward takes its weight times the message ahead.
            let mut shares = states[self.offsets[at]..][..layer.nodes.len() * self.contexts].to_vec();
            let messages = &self.values[self.offsets[at]..];
            shares.iter_mut().zip(messages).filter(|(_, message)| **message > 0.0).for_each(|(s, m)| *s /= m);
            for (index, jump) in layer.jumps.iter().enumerate() {
                let to = jump.to as usize;
                let ahead = self.node(to, jump.node as usize);
                let into = self.offsets[to] + jump.node as usize * self.contexts;
                let shift = pow2(self.exponents[to].saturating_sub(self.exponents[at]));
                let taken_by: Vec<(usize, f64)> = layer
                    .nodes
                    .iter()
                    .enumerate()
                    .flat_map(|(node, spans)| {
                        let of_jump = spans.iter().filter(|&&(jump, _)| jump as usize == index);
                        of_jump.map(move |&(_, weight)| (node * self.contexts, weight))
                    })
                    .collect();
                masses.clear();
                for context in 0..self.contexts {
                    let arriving =
                        taken_by.iter().map(|&(node, weight)| shares[node + context] * weight).sum::<f64>();
                    if arriving <= 0.0 {
                        continue;
                    }
                    entries(lattice, jump.emission, context, |symbol, target, entry| {
                        let mass = arriving * entry * (ahead[target as usize] * shift);
                        if mass > 0.0 {
                            states[into + target as usize] += mass;
                            *masses.entry(symbol).or_default() += mass;
                        }
                    });
                }
                masses.iter().for_each(|(&symbol, &mass)| visit(at, *jump, symbol, mass));
            }
        }
    }

    /// The most probable path and the natural logarithm of its weight; the first in order among equals; `None` if
    /// there is no path.
    pub fn best(lattice: &Lattice) -> Option<(Vec<Event>, f64)> {
        let contexts = lattice.contexts();
        let last = lattice.layers.len().checked_sub(1)?;
        // Logarithms here: the best path is asked for once, and maxima need no sums.
        let mut best: Vec<Vec<Vec<f64>>> = vec![Vec::new(); lattice.layers.len()];
        best[last] = lattice.ends.iter().map(|ends| ends.iter().map(|&w| libm::log(w)).collect()).collect();
        for at in (0..last).rev() {
            let layer = &lattice.layers[at];
            let onward: Vec<Vec<f64>> = layer
                .jumps
                .iter()
                .map(|jump| {
                    let ahead = &best[jump.to as usize][jump.node as usize];
                    let best_of = |context| {
                        let mut value = f64::NEG_INFINITY;
                        entries(lattice, jump.emission, context, |_, target, entry| {
                            value = value.max(libm::log(entry) + ahead[target as usize]);
                        });
                        value
                    };
                    (0..contexts).map(best_of).collect()
                })
                .collect();
            let mut nodes = vec![vec![f64::NEG_INFINITY; contexts]; layer.nodes.len()];
            for (node, spans) in layer.nodes.iter().enumerate() {
                for &(index, weight) in spans {
                    let weight = libm::log(weight);
                    for (value, onward) in nodes[node].iter_mut().zip(&onward[index as usize]) {
                        *value = value.max(weight + onward);
                    }
                }
            }
            best[at] = nodes;
        }
        let weight = *best.first()?.first()?.get(lattice.start as usize)?;
        if weight == f64::NEG_INFINITY {
            return None;
        }
        let (mut at, mut node, mut context) = (0usize, 0usize, lattice.start as usize);
        let mut events = Vec::new();
        while at < last {
            let layer = &lattice.layers[at];
            let mut found: Option<(f64, Jump, Option<u16>, u32)> = None;
            for &(index, weight) in &layer.nodes[node] {
                let jump = layer.jumps[index as usize];
                entries(lattice, jump.emission, context, |symbol, target, entry| {
                    let ahead = best[jump.to as usize][jump.node as usize][target as usize];
                    let value = libm::log(weight) + (libm::log(entry) + ahead);
                    if value > found.map_or(f64::NEG_INFINITY, |(best, ..)| best) {
                        found = Some((value, jump, symbol, target));
                    }
                });
            }
            let (_, jump, symbol, target) = found?;
            events.push(Event { from: at as u32, to: jump.to, symbol });
            (at, node, context) = (jump.to as usize, jump.node as usize, target as usize);
        }
        Some((events, weight))
    }
}

/// Calls `each(symbol, target, weight)` for all that an event may emit in a context, the scale, the kernel's entry
/// and the potential multiplied.
pub fn entries(
    lattice: &Lattice,
    emission: Option<Emission>,
    context: usize,
    mut each: impl FnMut(Option<u16>, u32, f64),
) {
    let Some(emission) = emission else { return each(None, context as u32, 1.0) };
    let kernel: &Kernel = &lattice.kernels[emission.kernel as usize];
    let potential = &lattice.potentials[emission.potential as usize];
    let scale = emission.scale.map_or(1.0, |scale| lattice.scales[scale as usize][context]);
    let row = kernel.row(context);
    let (symbols, targets) = (&kernel.symbols[row.clone()], &kernel.targets[row.clone()]);
    for ((&symbol, &target), &weight) in symbols.iter().zip(targets).zip(&kernel.weights[row]) {
        each(Some(symbol), target, scale * weight * potential[usize::from(symbol)]);
    }
}

/// One pass over a kernel for up to [`LANES`] jumps: `onward[c] = scale[c] · Σ weight · tile[target]`.
fn pass(lattice: &Lattice, jumps: &[Jump], batch: &[usize], room: &mut Room) {
    let Some(kernel) = batch.first().and_then(|&jump| jumps[jump].emission).map(|e| e.kernel as usize) else {
        return;
    };
    let kernel = &lattice.kernels[kernel];
    let contexts = kernel.contexts();
    for &jump in batch {
        room.onward[jump].clear();
        room.onward[jump].resize(contexts, 0.0);
    }
    let (tiles, _) = room.tile.as_chunks::<LANES>();
    for context in 0..contexts {
        let row = kernel.row(context);
        let mut sums = [0.0; LANES];
        for (&target, &weight) in kernel.targets[row.clone()].iter().zip(&kernel.weights[row]) {
            let tile = &tiles[target as usize];
            for lane in 0..LANES {
                sums[lane] += weight * tile[lane];
            }
        }
        for (&jump, sum) in batch.iter().zip(sums) {
            room.onward[jump][context] = sum;
        }
    }
    for &jump in batch {
        if let Some(scale) = jumps[jump].emission.and_then(|emission| emission.scale) {
            let scale = &lattice.scales[scale as usize];
            room.onward[jump].iter_mut().zip(scale.iter()).for_each(|(value, scale)| *value *= scale);
        }
    }
}

/// For each context the symbol it was entered by; 0 where nothing leads there, which no message reads.
fn entered_by(lattice: &Lattice) -> Vec<u16> {
    let mut entered = vec![0; lattice.contexts()];
    for kernel in &lattice.kernels {
        for (&symbol, &target) in kernel.symbols.iter().zip(&kernel.targets) {
            entered[target as usize] = symbol;
        }
    }
    entered
}

/// An exact power of two; beyond the range of f64, zero or infinity.
fn pow2(exponent: i32) -> f64 {
    libm::ldexp(1.0, exponent)
}
