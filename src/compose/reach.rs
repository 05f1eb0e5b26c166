//! What can be reached in a melody lattice, whatever its weight.
//!
//! Every note may follow every other unless a limit forbids it, so the last note alone says what may come: sets of last
//! notes take the place of messages.

use super::melody_law::MelodyLaw;
use super::unroll::Symbols;
use crate::markov::{Jump, Lattice};

/// The lattice seen as what may follow what.
pub struct Reach<'a> {
    law: &'a MelodyLaw<'a>,
    lattice: &'a Lattice,
    /// For each kernel, for each last note, the notes that may follow.
    steps: Vec<Vec<Symbols>>,
    /// For each potential the notes that it lets pass.
    passes: Vec<Symbols>,
    /// For each layer and node the notes that may have come last.
    reached: Vec<Vec<Symbols>>,
}

impl<'a> Reach<'a> {
    /// The steps that a lattice allows.
    pub fn new(law: &'a MelodyLaw<'a>, lattice: &'a Lattice) -> Reach<'a> {
        let steps = (0..lattice.kernels.len()).map(|kernel| steps(law, lattice, kernel)).collect();
        let passes = lattice.potentials.iter().map(|weights| {
            let symbols = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
            symbols.fold(0, |set: Symbols, (symbol, _)| set | 1 << symbol)
        });
        let passes = passes.collect();
        let reached = lattice.layers.iter().map(|layer| vec![0; layer.nodes.len()]).collect();
        Reach { law, lattice, steps, passes, reached }
    }

    /// The notes that may come last, given the jumps that may be taken to the first note, each with that note.
    pub fn last_notes(&mut self, starts: &[(Jump, u16)]) -> Symbols {
        self.reached.iter_mut().for_each(|layer| layer.fill(0));
        for &(jump, symbol) in starts {
            self.reached[jump.to as usize][jump.node as usize] |= 1 << symbol;
        }
        for (at, layer) in self.lattice.layers.iter().enumerate() {
            for (node, ways) in layer.nodes.iter().enumerate() {
                let last = self.reached[at][node];
                if last == 0 {
                    continue;
                }
                let next: Vec<Symbols> = self.steps.iter().map(|steps| follow(steps, last)).collect();
                for &(index, weight) in ways {
                    let jump = layer.jumps[index as usize];
                    let onward = match jump.emission {
                        None => last,
                        Some(emission) => {
                            next[emission.kernel as usize] & self.passes[emission.potential as usize]
                        }
                    };
                    if weight > 0.0 {
                        self.reached[jump.to as usize][jump.node as usize] |= onward;
                    }
                }
            }
        }
        let mut found = 0;
        for (&last, ends) in self.reached.last().into_iter().flatten().zip(&self.lattice.ends) {
            for (context, _) in ends.iter().enumerate().filter(|(_, end)| **end > 0.0) {
                found |= self.law.last(context as u32).map_or(0, |symbol| last & 1 << symbol);
            }
        }
        found
    }
}

/// For each last note the notes that a kernel lets follow.
fn steps(law: &MelodyLaw<'_>, lattice: &Lattice, kernel: usize) -> Vec<Symbols> {
    let kernel = &lattice.kernels[kernel];
    let mut steps = vec![0; law.pitches];
    for context in 0..kernel.contexts() {
        let Some(last) = law.last(context as u32) else { continue };
        let row = kernel.row(context);
        let next = kernel.symbols[row.clone()].iter().zip(&kernel.weights[row]);
        let next = next.filter(|(_, weight)| **weight > 0.0).map(|(symbol, _)| symbol);
        steps[usize::from(last)] |= next.fold(0, |set: Symbols, symbol| set | 1 << symbol);
    }
    steps
}

/// What may follow any of some notes.
fn follow(steps: &[Symbols], last: Symbols) -> Symbols {
    bits(last).fold(0, |next, last| next | steps[last])
}

/// The symbols of a set.
pub fn bits(mut set: Symbols) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(next)
    })
}
