//! The silence before the first note of a segment, and the notes that may be the first.

use crate::markov::messages::entries;
use crate::markov::{Jump, Lattice};

/// For each layer and node the weight of all ways there on which nothing has sounded, put together by `join`.
pub(super) fn silent_so_far(lattice: &Lattice, join: fn(f64, f64) -> f64) -> Vec<Vec<f64>> {
    let mut silence: Vec<Vec<f64>> =
        lattice.layers.iter().map(|layer| vec![0.0; layer.nodes.len()]).collect();
    if let Some(first) = silence.first_mut().and_then(|layer| layer.first_mut()) {
        *first = 1.0;
    }
    for (at, layer) in lattice.layers.iter().enumerate() {
        for (node, ways) in layer.nodes.iter().enumerate() {
            let here = silence[at][node];
            for &(index, weight) in ways.iter().filter(|_| here > 0.0) {
                let jump = layer.jumps[index as usize];
                if jump.emission.is_none() {
                    let known = &mut silence[jump.to as usize][jump.node as usize];
                    *known = join(*known, here * weight);
                }
            }
        }
    }
    silence
}

/// The weight of silence throughout.
pub(super) fn silence_to_the_end(lattice: &Lattice, silence: &[Vec<f64>], join: fn(f64, f64) -> f64) -> f64 {
    let ends = lattice.ends.iter().map(|ends| ends.get(lattice.start as usize).copied().unwrap_or(0.0));
    let last = silence.last().into_iter().flatten();
    last.zip(ends).map(|(silence, end)| silence * end).fold(0.0, join)
}

/// Calls `each(layer, jump, symbol, target, weight)` for every note that may be the first, weighed with the silence
/// before it.
pub(super) fn first_notes(
    lattice: &Lattice,
    silence: &[Vec<f64>],
    mut each: impl FnMut(usize, Jump, u16, u32, f64),
) {
    for (at, layer) in lattice.layers.iter().enumerate() {
        for (node, ways) in layer.nodes.iter().enumerate() {
            let here = silence[at][node];
            for &(index, weight) in ways.iter().filter(|_| here > 0.0) {
                let jump = layer.jumps[index as usize];
                if jump.emission.is_some() {
                    entries(lattice, jump.emission, lattice.start as usize, |symbol, target, entry| {
                        if let Some(symbol) = symbol {
                            each(at, jump, symbol, target, here * weight * entry);
                        }
                    });
                }
            }
        }
    }
}
