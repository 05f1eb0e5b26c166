//! The partition of a lattice alone: its messages, of which no more are kept at a time than jumps reach over.

use super::lattice::Lattice;
use super::messages::{NO_MASS, rescaled};
use super::pass::{All, Room, patterns};

/// The natural logarithm of the total weight of all paths of a lattice, −∞ if there is none: that of
/// [`Messages::log_partition`](super::Messages::log_partition), bit for bit, in less memory.
pub fn log_partition(lattice: &Lattice) -> f64 {
    let (contexts, last) = (lattice.contexts(), lattice.layers.len().saturating_sub(1));
    let reach = |(at, layer): (usize, &super::Layer)| {
        layer.jumps.iter().map(|jump| jump.to as usize - at).max().unwrap_or(0)
    };
    let size = lattice.layers.iter().enumerate().map(reach).max().unwrap_or(0) + 1;
    let mut ring: Vec<(Vec<f64>, i32)> = vec![(Vec::new(), NO_MASS); size];
    if lattice.layers.is_empty() {
        return f64::NEG_INFINITY;
    }
    let mut ends = lattice.ends.concat();
    let exponent = rescaled(&mut ends, 0);
    ring[last % size] = (ends, exponent);
    let mut room = Room::new(lattice, last, &patterns(lattice));
    for at in (0..last).rev() {
        // The layer whose place it takes is beyond all jumps from here.
        let mut values = std::mem::take(&mut ring[at % size].0);
        values.clear();
        values.resize(lattice.layers[at].nodes.len() * contexts, 0.0);
        let message = |layer: usize, node: usize| &ring[layer % size].0[node * contexts..][..contexts];
        let exponent = room.layer::<All>(lattice, at, |layer| ring[layer % size].1, message, &mut values);
        let exponent = rescaled(&mut values, exponent);
        ring[at % size] = (values, exponent);
    }
    let (values, exponent) = &ring[0];
    match values.get(lattice.start as usize) {
        Some(&value) if value > 0.0 => libm::log(value) + f64::from(*exponent) * std::f64::consts::LN_2,
        _ => f64::NEG_INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Emission, Jump, Kernel, Layer, Messages};
    use super::*;

    /// A lattice of so many layers whose jumps reach over one or three of them, each path far below the range of f64.
    fn lattice(layers: u32) -> Lattice {
        let rows = vec![vec![(0, 0, 1e-9), (1, 1, 3e-9)], vec![(0, 0, 2e-9)]];
        let emission = Some(Emission { kernel: 0, potential: 0, bend: None, scale: None });
        let layer = |at: u32| {
            let ahead = [at + 1, at + 3].into_iter().filter(|&to| to < layers);
            let jumps: Vec<Jump> = ahead.map(|to| Jump { to, node: 0, emission }).collect();
            let ways = (0..jumps.len() as u32).map(|jump| (jump, 0.25)).collect();
            Layer { jumps, nodes: Arc::new(vec![ways]) }
        };
        Lattice {
            kernels: vec![Arc::new(Kernel::from_rows(&rows))],
            potentials: vec![vec![1.0, 0.5]],
            layers: (0..layers).map(layer).collect(),
            start: 0,
            ends: vec![vec![1.0, 0.25]],
            ..Lattice::default()
        }
    }

    #[test]
    fn it_is_the_partition_of_the_messages() {
        for layers in [1, 2, 5, 200] {
            let lattice = lattice(layers);
            let whole = Messages::new(&lattice).log_partition(&lattice);
            assert_eq!(log_partition(&lattice).to_bits(), whole.to_bits());
            assert!(whole.is_finite());
        }
        let mut none = lattice(9);
        none.ends = vec![vec![0.0, 0.0]];
        assert_eq!(log_partition(&none), f64::NEG_INFINITY);
        assert_eq!(log_partition(&Lattice::default()), f64::NEG_INFINITY);
    }
}
