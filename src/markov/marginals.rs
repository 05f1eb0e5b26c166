//! How likely every event of a lattice is, given everything else.

use super::lattice::{Jump, Lattice};
use super::messages::{Messages, pow2};
use super::pass::entered_by;

impl Messages {
    /// The probability of every possible event, `visit(from, jump, symbol, probability)` in order of time, each
    /// (jump, symbol) of a layer once; events of probability zero are left out.
    pub fn marginals(&self, lattice: &Lattice, mut visit: impl FnMut(usize, Jump, Option<u16>, f64)) {
        if self.partition(lattice).0 <= 0.0 {
            return;
        }
        let contexts = lattice.contexts();
        // The probability of every state given all that is asked, carried forward by the conditional law of each
        // way: only what truly does not matter gets too small for f64.
        let mut states: Vec<Vec<f64>> = vec![Vec::new(); lattice.layers.len()];
        states[0] = vec![0.0; lattice.layers[0].nodes.len() * contexts];
        states[0][lattice.start as usize] = 1.0;
        let entered = entered_by(lattice, &self.patterns);
        let mut taken_by: Vec<Vec<(usize, f64)>> = Vec::new();
        let mut arriving = vec![0.0; contexts];
        let mut gained = vec![0.0; contexts];
        let mut masses: Vec<f64> = vec![0.0; lattice.potentials.iter().map(Vec::len).max().unwrap_or(0)];
        for (at, layer) in lattice.layers.iter().enumerate() {
            // Each state's probability against its message: every way onward takes its weight times the message ahead.
            let mut shares = std::mem::take(&mut states[at]);
            if !shares.iter().any(|&share| share > 0.0) {
                continue;
            }
            for (node, shares) in shares.chunks_mut(contexts).enumerate() {
                let messages = self.node(at, node);
                shares.iter_mut().zip(messages).filter(|(_, m)| **m > 0.0).for_each(|(share, m)| *share /= m);
            }
            taken_by.iter_mut().for_each(Vec::clear);
            taken_by.resize(taken_by.len().max(layer.jumps.len()), Vec::new());
            for (node, ways) in layer.nodes.iter().enumerate() {
                ways.iter().for_each(|&(jump, weight)| taken_by[jump as usize].push((node, weight)));
            }
            for (jump, taken_by) in layer.jumps.iter().zip(&taken_by) {
                let to = jump.to as usize;
                let ahead = self.node(to, jump.node as usize);
                let shift = pow2(self.exponent(to).saturating_sub(self.exponent(at)));
                arriving.fill(0.0);
                for &(node, weight) in taken_by {
                    let shares = &shares[node * contexts..];
                    arriving.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share * weight);
                }
                let into = &mut states[to];
                if into.is_empty() {
                    into.resize(lattice.layers[to].nodes.len() * contexts, 0.0);
                }
                let into = &mut into[jump.node as usize * contexts..][..contexts];
                let Some(emission) = jump.emission else {
                    let mut mass = 0.0;
                    for ((into, arriving), ahead) in into.iter_mut().zip(&arriving).zip(ahead) {
                        let own = arriving * (ahead * shift);
                        *into += own;
                        mass += own;
                    }
                    if mass > 0.0 {
                        visit(at, *jump, None, mass);
                    }
                    continue;
                };
                if let Some(scale) = emission.scale {
                    let scale = &lattice.scales[scale as usize];
                    arriving.iter_mut().zip(scale.iter()).for_each(|(arriving, scale)| *arriving *= scale);
                }
                let kernel = &lattice.kernels[emission.kernel as usize];
                let potential = &lattice.potentials[emission.potential as usize];
                // What comes to each context, before what is to follow weighs in: that depends on the context alone.
                gained.fill(0.0);
                for (context, &arriving) in arriving.iter().enumerate() {
                    if arriving > 0.0 {
                        let (row, bend) = (kernel.row(context), lattice.bend(emission, context));
                        for (&target, &weight) in kernel.targets[row.clone()].iter().zip(&kernel.weights[row])
                        {
                            let target = target as usize;
                            let bend = bend.map_or(1.0, |bend| bend[usize::from(entered[target])]);
                            gained[target] += arriving * weight * bend;
                        }
                    }
                }
                masses.fill(0.0);
                for (context, &gained) in gained.iter().enumerate().filter(|(_, gained)| **gained > 0.0) {
                    let symbol = usize::from(entered[context]);
                    let mass = gained * potential[symbol] * (ahead[context] * shift);
                    into[context] += mass;
                    masses[symbol] += mass;
                }
                for (symbol, &mass) in masses.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                    visit(at, *jump, Some(symbol as u16), mass);
                }
            }
        }
    }
}
