//! Small random lattices, and every path through them written out from the definition.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use tunesmith::markov::draw::unit;
use tunesmith::markov::{Emission, Event, Jump, Kernel, Lattice, Layer};

/// A whole number below a bound.
pub fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (unit(rng) * bound as f64) as usize
}

/// A weight from 0 to 2, now and then exactly 0.
fn weight(rng: &mut ChaCha8Rng) -> f64 {
    if below(rng, 5) == 0 { 0.0 } else { 2.0 * unit(rng) }
}

const SYMBOLS: usize = 4;

/// A small random lattice: up to six layers of up to three nodes, jumps over one or more layers, silent ones among
/// them, two kernels, masks and tilts as potentials, scales, and weighted ends.
pub fn lattice(rng: &mut ChaCha8Rng) -> Lattice {
    let contexts = 2 + below(rng, 3);
    let entered_by: Vec<u16> = (0..contexts).map(|_| below(rng, SYMBOLS) as u16).collect();
    let kernel = |rng: &mut ChaCha8Rng| {
        let rows: Vec<Vec<(u16, u32, f64)>> = (0..contexts)
            .map(|_| {
                // Two contexts may be entered by one symbol: then the emission does not tell the path.
                let targets: Vec<usize> = (0..contexts).filter(|_| below(rng, 3) > 0).collect();
                targets.into_iter().map(|target| (entered_by[target], target as u32, weight(rng))).collect()
            })
            .collect();
        Kernel::from_rows(&rows)
    };
    let kernels = vec![kernel(rng).into(), kernel(rng).into()];
    let potentials = (0..3).map(|_| (0..SYMBOLS).map(|_| weight(rng)).collect()).collect();
    let scales = (0..2).map(|_| (0..contexts).map(|_| weight(rng)).collect()).collect();
    let kinds = (0..contexts).map(|_| below(rng, 2) as u16).collect();
    let bends = (0..2).map(|_| (0..2 * SYMBOLS).map(|_| weight(rng)).collect()).collect();
    let sizes: Vec<usize> = (0..2 + below(rng, 5)).map(|_| 1 + below(rng, 3)).collect();
    let last = sizes.len() - 1;
    let layers = (0..sizes.len())
        .map(|at| {
            let mut jumps = BTreeSet::new();
            if at < last {
                for _ in 0..1 + below(rng, 4) {
                    let to = at + 1 + below(rng, (last - at).min(3));
                    let emission = (below(rng, 4) > 0).then(|| Emission {
                        kernel: below(rng, 2) as u32,
                        potential: below(rng, 3) as u32,
                        bend: (below(rng, 2) == 0).then(|| below(rng, 2) as u32),
                        scale: (below(rng, 2) == 0).then(|| below(rng, 2) as u32),
                    });
                    jumps.insert(Jump { to: to as u32, node: below(rng, sizes[to]) as u32, emission });
                }
            }
            let jumps: Vec<Jump> = jumps.into_iter().collect();
            let nodes: Vec<Vec<(u32, f64)>> = (0..sizes[at])
                .map(|_| {
                    let taken: Vec<usize> = (0..jumps.len()).filter(|_| below(rng, 4) > 0).collect();
                    taken.into_iter().map(|jump| (jump as u32, weight(rng))).collect()
                })
                .collect();
            Layer { jumps, nodes: nodes.into() }
        })
        .collect();
    let ends = (0..sizes[last]).map(|_| (0..contexts).map(|_| weight(rng)).collect()).collect();
    let start = below(rng, contexts) as u32;
    let lattice = Lattice { kernels, potentials, bends, kinds, scales, layers, start, ends };
    assert_eq!(lattice.fault(), None);
    lattice
}

/// A path written out.
#[derive(Clone, Debug)]
pub struct Path {
    /// What it does.
    pub events: Vec<Event>,
    /// By which jumps.
    pub jumps: Vec<Jump>,
    /// Its weight without that of the end.
    pub weight: f64,
    /// The weight of the end.
    pub end: f64,
}

/// All paths of positive weight, from the definition.
pub fn enumerate(lattice: &Lattice) -> Vec<Path> {
    let mut found = Vec::new();
    let empty = Path { events: Vec::new(), jumps: Vec::new(), weight: 1.0, end: 0.0 };
    extend(lattice, (0, 0, lattice.start as usize), empty, &mut found);
    found
}

fn extend(lattice: &Lattice, (at, node, context): (usize, usize, usize), path: Path, found: &mut Vec<Path>) {
    if at + 1 == lattice.layers.len() {
        let end = lattice.ends[node][context];
        if end > 0.0 {
            found.push(Path { end, ..path });
        }
        return;
    }
    for &(jump, spans) in &lattice.layers[at].nodes[node] {
        let jump = lattice.layers[at].jumps[jump as usize];
        let ways = match jump.emission {
            None => vec![(None, context, 1.0)],
            Some(Emission { kernel, potential, bend, scale }) => {
                let scale = scale.map_or(1.0, |scale| lattice.scales[scale as usize][context]);
                let kernel = &lattice.kernels[kernel as usize];
                let entry = |entry: usize| {
                    let symbol = kernel.symbols[entry];
                    let potential = lattice.potentials[potential as usize][usize::from(symbol)];
                    let at = usize::from(lattice.kinds[context]) * SYMBOLS + usize::from(symbol);
                    let bend = bend.map_or(1.0, |bend| lattice.bends[bend as usize][at]);
                    let weight = scale * kernel.weights[entry] * potential * bend;
                    (Some(symbol), kernel.targets[entry] as usize, weight)
                };
                kernel.row(context).map(entry).collect()
            }
        };
        for (symbol, target, weight) in ways {
            let mut longer = path.clone();
            longer.weight *= spans * weight;
            if longer.weight > 0.0 {
                longer.events.push(Event { from: at as u32, to: jump.to, symbol });
                longer.jumps.push(jump);
                extend(lattice, (jump.to as usize, jump.node as usize, target), longer, found);
            }
        }
    }
}

/// The weight of all paths together.
pub fn mass(paths: &[Path]) -> f64 {
    paths.iter().map(|path| path.weight * path.end).sum()
}
