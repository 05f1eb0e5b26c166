//! What a run answers: exact draws, marginals, the most probable sequence.

use rand_chacha::ChaCha8Rng;

use super::alphabet::Symbol;
use super::draw::{choose, unit};
use super::mass::Mass;
use super::run::{Allowed, Run};

impl Run<'_> {
    /// Draws a sequence with probability exactly its weight over the run's mass; `None` if there is none.
    pub fn sample(&self, rng: &mut ChaCha8Rng) -> Option<Vec<Symbol>> {
        if self.mass().is_zero() {
            return None;
        }
        let mut sequence = Vec::with_capacity(self.length());
        let mut weights = Vec::new();
        let mut state = self.start;
        for position in 0..self.length() {
            let way = if self.exponents.is_none() {
                self.draw_way(position, state, rng)?
            } else {
                self.ways(position, state, &mut weights);
                self.kernel.row(state as usize).start + choose(rng, &weights)?
            };
            sequence.push(self.kernel.symbols[way]);
            state = self.kernel.targets[way];
        }
        Some(sequence)
    }

    /// Draws a transition by one uniform number: the message is the sum of what it is compared with.
    fn draw_way(&self, position: usize, state: u32, rng: &mut ChaCha8Rng) -> Option<usize> {
        let (kernel, allowed) = (self.kernel, &self.positions[position]);
        let ahead = &self.messages[self.layer(position + 1)..][..kernel.contexts()];
        let mut left =
            unit(rng) * (self.messages[self.layer(position) + state as usize] / self.factors[position]);
        let row = kernel.row(state as usize);
        let mut ways = row.clone().zip(&kernel.weights[row.clone()]).zip(&kernel.targets[row.clone()]);
        // Nothing of weight 0 is drawn, since what is left to cover is never below it.
        let drawn = match allowed {
            Allowed::Any => ways.find(|&((_, &weight), &target)| {
                left -= weight * ahead[target as usize];
                left < 0.0
            }),
            Allowed::Only(_) => ways.find(|&((way, &weight), &target)| {
                left -=
                    if allowed.allows(kernel.symbols[way]) { weight * ahead[target as usize] } else { 0.0 };
                left < 0.0
            }),
        };
        // Rounding can leave a rest that no transition covers: it belongs to the last possible one.
        drawn.map(|((way, _), _)| way).or_else(|| {
            row.rev().find(|&way| {
                let possible = kernel.weights[way] * ahead[kernel.targets[way] as usize] > 0.0;
                possible && allowed.allows(kernel.symbols[way])
            })
        })
    }

    /// Fills in the total weight of the ways to the end by each transition of a state, on a common scale.
    fn ways(&self, position: usize, state: u32, into: &mut Vec<f64>) {
        let (kernel, allowed) = (self.kernel, &self.positions[position]);
        let ahead = self.layer(position + 1);
        let mass = |way: usize| {
            let target = ahead + kernel.targets[way] as usize;
            let exponent = self.exponents.as_ref().map_or(0, |each| each[target]);
            let weight = if allowed.allows(kernel.symbols[way]) { kernel.weights[way] } else { 0.0 };
            Mass::new(self.messages[target], exponent).times(weight)
        };
        let masses = kernel.row(state as usize).map(mass);
        let scale =
            masses.clone().filter(|mass| !mass.is_zero()).map(|mass| mass.exponent).max().unwrap_or(0);
        into.clear();
        into.extend(masses.map(|mass| mass.against(scale)));
    }

    /// For each position the probability of each symbol, given all that is asked: one value a symbol up to the
    /// largest of the kernel. `None` if there is no sequence.
    pub fn marginals(&self) -> Option<Vec<Vec<f64>>> {
        if self.mass().is_zero() {
            return None;
        }
        let alphabet = self.kernel.symbols.iter().max().map_or(0, |&largest| usize::from(largest) + 1);
        let mut marginals = vec![vec![0.0; alphabet]; self.length()];
        // Probabilities of states given all constraints, carried forward by the conditional law of each transition:
        // what gets too small for f64 here truly does not matter.
        let mut here = vec![0.0; self.kernel.contexts()];
        let mut ahead = here.clone();
        here[self.start as usize] = 1.0;
        let mut weights = Vec::new();
        for (position, marginal) in marginals.iter_mut().enumerate() {
            ahead.fill(0.0);
            for &state in self.states_before(position) {
                let probability = here[state as usize];
                if probability <= 0.0 {
                    continue;
                }
                self.ways(position, state, &mut weights);
                let total: f64 = weights.iter().sum();
                for (way, weight) in self.kernel.row(state as usize).zip(&weights) {
                    let share = probability * (weight / total);
                    marginal[usize::from(self.kernel.symbols[way])] += share;
                    ahead[self.kernel.targets[way] as usize] += share;
                }
            }
            std::mem::swap(&mut here, &mut ahead);
        }
        Some(marginals)
    }

    /// The most probable sequence of transitions, as its symbols and the natural logarithm of its weight; among
    /// equals the one whose transitions come first in the kernel. `None` if there is none.
    ///
    /// For a product of a chain and an acceptor, where a symbol decides the transition, it is the most probable
    /// sequence of symbols.
    pub fn best(&self) -> Option<(Vec<Symbol>, f64)> {
        if self.mass().is_zero() {
            return None;
        }
        let kernel = self.kernel;
        let logs: Vec<f64> = kernel.weights.iter().map(|&weight| libm::log(weight)).collect();
        let mut best = vec![f64::NEG_INFINITY; self.messages.len()];
        let end = self.layer(self.length());
        best[end..].fill(0.0);
        let along = |best: &[f64], position: usize, way: usize| {
            if self.positions[position].allows(kernel.symbols[way]) {
                logs[way] + best[self.layer(position + 1) + kernel.targets[way] as usize]
            } else {
                f64::NEG_INFINITY
            }
        };
        for position in (0..self.length()).rev() {
            for &state in self.states_before(position) {
                let ways = kernel.row(state as usize).map(|way| along(&best, position, way));
                best[self.layer(position) + state as usize] = ways.fold(f64::NEG_INFINITY, f64::max);
            }
        }
        let weight = best[self.start as usize];
        let mut state = self.start;
        let mut sequence = Vec::with_capacity(self.length());
        for position in 0..self.length() {
            let value = best[self.layer(position) + state as usize];
            // The maximum was taken over these very values, so one of them equals it.
            let way = kernel.row(state as usize).find(|&way| along(&best, position, way) == value)?;
            sequence.push(kernel.symbols[way]);
            state = kernel.targets[way];
        }
        Some((sequence, weight))
    }
}
