//! Melodies of single segments that hold no copy, by passing over those that do.
//!
//! Segments are drawn apart and how they meet at seams is asked afterwards, so a segment that holds a copy can be drawn
//! again alone: what is asked of it alone may be asked before it is put beside the others, and the law of the whole is
//! the same (rejection sampling, von Neumann 1951). Of segments one in a, one in b of which will do, that takes a + b
//! draws where whole melodies take ab. Nor is a segment drawn to its end: the first copy ends it.

use rand_chacha::ChaCha8Rng;

use super::melody_lattice::MelodyLattice;
use super::prepare::Prepared;
use crate::markov::messages::State;
use crate::markov::{Event, Messages};
use crate::music::{Duration, Note};

/// How many segments that hold a copy are passed over for one take before a copy is taken all the same: what is asked may
/// leave nothing else. One second or two.
const MOST_PASSED_OVER: usize = 100_000;
/// A whole melody that is passed over counts for so many: its seams may have been drawn first.
const OF_WHOLE: usize = 100;

/// What was passed over for one take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PassedOver {
    /// Segments that held a copy.
    segments: usize,
    /// Whole melodies that did.
    wholes: usize,
    /// Segments that held none.
    kept: usize,
}

impl PassedOver {
    /// Whether copies are still passed over.
    pub(super) fn goes_on(&self) -> bool {
        self.segments + OF_WHOLE * self.wholes < MOST_PASSED_OVER
    }

    /// Notes that a whole melody was passed over.
    pub(super) fn whole(&mut self) {
        self.wholes += 1;
    }

    /// Whether most segments hold a copy: then they had better be drawn one by one.
    pub(super) fn is_rule(&self) -> bool {
        self.segments > self.kept
    }
}

impl Prepared<'_> {
    /// Draws a segment's melody, as it stands so much later, among those that hold no copy; if there were too many, among
    /// all. With the natural logarithm of its weight; `None` if there is none.
    pub(super) fn draw_uncopied(
        &self,
        (melody, messages): (&MelodyLattice, &Messages),
        shift: Duration,
        passed_over: &mut PassedOver,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Event>, f64)> {
        while passed_over.goes_on() {
            if let Some(drawn) = self.until_copy((melody, messages), shift, rng)? {
                passed_over.kept += 1;
                return Some(drawn);
            }
            passed_over.segments += 1;
        }
        messages.sample(&melody.lattice, rng)
    }

    /// Draws a segment's melody as far as the first copy in it; `Some(None)` if there is one.
    fn until_copy(
        &self,
        (melody, messages): (&MelodyLattice, &Messages),
        shift: Duration,
        rng: &mut ChaCha8Rng,
    ) -> Option<Option<(Vec<Event>, f64)>> {
        let lattice = &melody.lattice;
        let mut state = State { layer: 0, node: 0, context: lattice.start };
        let (mut events, mut log_weight): (Vec<Event>, f64) = (Vec::new(), 0.0);
        let mut notes: Vec<Note> = Vec::new();
        while (state.layer as usize) + 1 < lattice.layers.len() {
            let (event, onward, weight) = messages.step(lattice, state, rng)?;
            log_weight += libm::log(weight);
            events.push(event);
            state = onward;
            let Some((_, note)) = self.notes_of(melody, std::slice::from_ref(&event), shift).next() else {
                continue;
            };
            notes.push(note);
            if self.copies.end(&notes) {
                return Some(None);
            }
        }
        Some(Some((events, log_weight)))
    }
}
