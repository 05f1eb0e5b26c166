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
    known: FxHashMap<State, Vec<f64>>,
}

impl<'l> Steps<'l> {
    /// Steps by the messages of a lattice.
    pub fn new(messages: &'l Messages, lattice: &'l Lattice) -> Steps<'l> {
        Steps { messages, lattice, known: FxHashMap::default() }
    }

    /// Draws the next event: see [`Messages::step`].
    pub fn step(&mut self, state: State, rng: &mut ChaCha8Rng) -> Option<(Event, State, f64)> {
        let weights = self.known.entry(state).or_insert_with(|| {
            let mut weights = Vec::new();
            self.messages.weigh_ways(self.lattice, state, &mut weights);
            weights
        });
        self.messages.step_along(self.lattice, state, weights, rng)
    }
}
