//! Steps drawn again and again from the same states, whose ways are weighed once.

use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;

use super::lattice::Lattice;
use super::messages::{Event, Messages, State};

/// Steps through a lattice that remember the weights of the states they set out from: the same draws as those of
/// [`Messages::step`], sooner where many paths begin alike.
#[derive(Debug)]
pub struct Steps<'l> {
    messages: &'l Messages,
    lattice: &'l Lattice,
    /// Where the weights of a state begin and end.
    known: FxHashMap<State, (usize, usize)>,
    weights: Vec<f64>,
}

impl<'l> Steps<'l> {
    /// Steps by the messages of a lattice.
    pub fn new(messages: &'l Messages, lattice: &'l Lattice) -> Steps<'l> {
        Steps { messages, lattice, known: FxHashMap::default(), weights: Vec::new() }
    }

    /// Draws the next event: see [`Messages::step`].
    pub fn step(&mut self, state: State, rng: &mut ChaCha8Rng) -> Option<(Event, State, f64)> {
        let (from, to) = *self.known.entry(state).or_insert_with(|| {
            let from = self.weights.len();
            self.messages.weigh_ways(self.lattice, state, &mut self.weights);
            (from, self.weights.len())
        });
        self.messages.step_along(self.lattice, state, &self.weights[from..to], rng)
    }
}
