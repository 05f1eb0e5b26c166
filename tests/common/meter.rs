//! Exact meter over joint symbols of pitch and duration, in two ways: all melodies that fill a stretch of time with a
//! number of notes within bounds.

use std::sync::Arc;

use tunesmith::markov::{
    Acceptor, Allowed, Anything, Chain, Emission, Jump, Kernel, Lattice, Layer, Product, Symbol, product,
};

/// Reads the time that has passed.
struct Clock<'a> {
    lasts: &'a [u32],
    total: u32,
}

impl Acceptor for Clock<'_> {
    fn start(&self) -> u32 {
        0
    }

    fn next(&self, time: u32, symbol: Symbol) -> Option<u32> {
        let then = time + self.lasts[usize::from(symbol)];
        (then <= self.total).then_some(then)
    }
}

/// A run over slots that hold a note each, or stay empty once the time is full.
pub struct Slots {
    pub kernel: Kernel,
    pub positions: Vec<Allowed>,
}

/// The sequences from no context whose symbols last `total` together and are from `least` to `most`, one to a slot.
pub fn slots(chain: &Chain, lasts: &[u32], total: usize, least: usize, most: usize) -> Slots {
    let clock = Clock { lasts, total: total as u32 };
    let Product { kernel: notes, states } = product(chain, 0, &clock, most).expect("a small product");
    let empty = chain.alphabet() as Symbol;
    let mut rows: Vec<Vec<(Symbol, u32, f64)>> = Vec::with_capacity(states.len());
    for (pair, &(_, time)) in (0..).zip(&states) {
        let mut row: Vec<(Symbol, u32, f64)> = notes
            .row(pair as usize)
            .map(|entry| (notes.symbols[entry], notes.targets[entry], notes.weights[entry]))
            .collect();
        if time == clock.total {
            row.push((empty, pair, 1.0));
        }
        rows.push(row);
    }
    let kernel = Kernel::from_rows(&rows);
    let mut positions = vec![Allowed::only(0..empty); least];
    positions.resize(most.max(least), Allowed::Any);
    positions.push(Allowed::only([empty]));
    Slots { kernel, positions }
}

/// The lattice of the sequences from no context whose symbols last `total` together and are from `least` to `most`.
/// Layers are times, a node is the number of notes so far, and each duration has the kernel of its symbols.
pub fn lattice(chain: &Chain, lasts: &[u32], total: usize, least: usize, most: usize) -> Lattice {
    let all = product(chain, 0, &Anything, usize::MAX).expect("a small corpus").kernel;
    let mut durations: Vec<u32> = lasts.to_vec();
    durations.sort_unstable();
    durations.dedup();
    let kernels = durations.iter().map(|&duration| of_duration(&all, lasts, duration).into()).collect();
    let shortest = durations.first().map_or(1, |&d| d as usize);
    let longest = durations.last().map_or(1, |&d| d as usize);
    // The numbers of notes that can have come before a time and still fill the rest.
    let counts = |time: usize| {
        let rest = total - time;
        let lowest = time.div_ceil(longest).max(least.saturating_sub(rest / shortest));
        let highest = (time / shortest).min(most.saturating_sub(rest.div_ceil(longest)));
        lowest..(highest + 1).max(lowest)
    };
    let layer = |time: usize| {
        let mut layer = Layer::default();
        for count in counts(time) {
            let mut node = Vec::new();
            for (kernel, &duration) in (0..).zip(&durations) {
                let then = time + duration as usize;
                if then <= total && counts(then).contains(&(count + 1)) {
                    node.push((layer.jumps.len() as u32, 1.0));
                    let emission = Some(Emission { kernel, potential: 0, bend: None, scale: None });
                    let node = (count + 1 - counts(then).start) as u32;
                    layer.jumps.push(Jump { to: then as u32, node, emission });
                }
            }
            Arc::make_mut(&mut layer.nodes).push(node);
        }
        layer
    };
    Lattice {
        kernels,
        potentials: vec![vec![1.0; chain.alphabet()]],
        layers: (0..=total).map(layer).collect(),
        start: 0,
        ends: vec![vec![1.0; all.contexts()]; counts(total).len()],
        ..Lattice::default()
    }
}

/// The transitions by symbols that last so long.
fn of_duration(all: &Kernel, lasts: &[u32], duration: u32) -> Kernel {
    let rows: Vec<Vec<(u16, u32, f64)>> = (0..all.contexts())
        .map(|context| {
            let ways = all.row(context).map(|way| (all.symbols[way], all.targets[way], all.weights[way]));
            ways.filter(|way| lasts[usize::from(way.0)] == duration).collect()
        })
        .collect();
    Kernel::from_rows(&rows)
}
