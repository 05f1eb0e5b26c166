//! Notes of a planned melody over a rhythm that is known: drawn so that figures come back.
//!
//! What a tune has said so far is no state of a chain: it would need a state for each past. But once the rhythm of a bar is
//! known, which two intervals would bring back a figure that was heard is known for each of its notes, and the lattice
//! can weigh them like anything else.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use super::melody_lattice::{Recalled, Settled, melody_lattice};
use super::melody_law::Pulls;
use super::planned_bars::{WAYS, Way};
use super::planned_melody::{Drawing, Start};
use super::structure::Segment;
use crate::constraint::MelodyLimit;
use crate::markov::{Lattice, Messages, State};
use crate::music::Duration;
use crate::style::Dial;
use crate::style::heard::EXCERPT;

/// How much likelier a note is that brings back a figure of three notes as it stood in its section.
const RECALLED: f64 = 8.0;
/// So many semitones beyond the range so far make a bar as much likelier as the expert on height is made to weigh less.
const WIDENING: f64 = 4.0;
/// How far back figures are remembered, in notes.
const MEMORY: usize = 40;

/// A bar that is to be filled with notes over a rhythm.
pub(super) struct Over<'o> {
    pub(super) bar: i64,
    /// Where notes and rests start; their pitches do not count.
    pub(super) rhythm: &'o [Start],
    /// Where the last of them ends.
    pub(super) stop: Duration,
    /// For notes by their place the interval that they should be near to.
    pub(super) shape: BTreeMap<Duration, i32>,
    /// What would bring figures back: see [`Recalled`].
    pub(super) recalled: Recalled,
}

impl Drawing<'_, '_> {
    /// Draws notes over the rhythm of starts in a bar, the last lasting until `stop`; `None` if there are no notes.
    pub(super) fn fill(
        &mut self,
        bar: i64,
        starts: &[Start],
        stop: Duration,
        known_next: bool,
        rng: &mut ChaCha8Rng,
    ) -> Option<Way> {
        starts.iter().any(|start| start.1.is_some()).then_some(())?;
        let over =
            Over { bar, rhythm: starts, stop, shape: BTreeMap::new(), recalled: self.recalled(starts) };
        let lattice = self.lattice(&over, &[]);
        let messages = Messages::new(&lattice);
        self.notes_over(&over, &lattice, &messages, known_next, rng)
    }

    /// Notes drawn from the lattice over a rhythm: one of several ways, by how well it leads on.
    pub(super) fn notes_over(
        &mut self,
        over: &Over<'_>,
        lattice: &Lattice,
        messages: &Messages,
        known_next: bool,
        rng: &mut ChaCha8Rng,
    ) -> Option<Way> {
        let narrow = self.of.laws.figures.tuning.factor(Dial::Register);
        let mut ways = Vec::with_capacity(WAYS);
        for _ in 0..WAYS {
            let (events, log) = messages.sample(lattice, rng)?;
            let starts: Vec<Start> =
                over.rhythm.iter().zip(events).map(|(start, event)| (start.0, event.symbol)).collect();
            let context = self.context_after(&starts)?;
            let first = self.drawn.starts.len();
            self.drawn.starts.extend(&starts);
            let weight = if known_next { self.leads_on(over.bar, context, rng) } else { 1.0 };
            self.drawn.starts.truncate(first);
            let weight = weight * libm::pow(narrow, -f64::from(self.beyond(over.bar, &starts)) / WIDENING);
            ways.push(Way { starts, state: State { layer: 0, node: 0, context }, log, weight });
        }
        self.choose(ways, true, rng)
    }

    /// By how many semitones starts go beyond the range that the eight bars of their section have so far.
    fn beyond(&self, bar: i64, starts: &[Start]) -> u16 {
        let Ok(bar) = usize::try_from(bar) else { return 0 };
        let frame = self.of.frame;
        let section = frame.section_of(bar).start;
        let from = frame.bar_line(bar - (bar - section) % EXCERPT);
        let before = || self.drawn.starts.iter().rev().take_while(|start| start.0 >= from);
        let symbols = || before().filter_map(|start| start.1);
        let (Some(low), Some(high)) = (symbols().min(), symbols().max()) else { return 0 };
        let own = || starts.iter().filter_map(|start| start.1);
        let (Some(own_low), Some(own_high)) = (own().min(), own().max()) else { return 0 };
        low.saturating_sub(own_low) + own_high.saturating_sub(high)
    }

    /// The lattice of all notes over a rhythm.
    pub(super) fn lattice(&self, over: &Over<'_>, limits: &[MelodyLimit]) -> Lattice {
        let of = self.of;
        let rhythm: Vec<(Duration, bool)> =
            over.rhythm.iter().map(|start| (start.0, start.1.is_none())).collect();
        let from = rhythm.first().map_or(over.stop, |start| start.0);
        let segment = Segment { from, to: over.stop, shifts: vec![Duration::ZERO] };
        let settled = Settled {
            context: self.context,
            rhythm: Some(&rhythm),
            shape: over.shape.clone(),
            nearness: of.nearness.clone(),
            section_end: of.section_end(over.bar),
            close: of.close(),
            ends_there: false,
            pulls: Pulls::of(&of.laws.figures.tuning),
            recalled: over.recalled.clone(),
        };
        let edges = (false, of.close() == Some(segment.to));
        melody_lattice(of.laws.of_notes(), of.frame, &segment, edges, of.chart, limits, &settled).lattice
    }

    /// For each note of a rhythm, by its place, the pairs of intervals that would bring back a figure of three notes that
    /// its section has heard, with the weight of doing so: all of it where the figure stands in the bar as it stood.
    pub(super) fn recalled(&self, starts: &[Start]) -> Recalled {
        let frame = self.of.frame;
        let length = frame.meter.bar_length();
        let note = |start: &Start| Some((start.0, i32::from(start.1?)));
        let Some((first, _)) = starts.iter().find_map(note) else { return Recalled::new() };
        let section = usize::try_from(first.div_floor(length)).ok().map(|bar| frame.section_of(bar).start);
        let from = section.map_or(frame.start(), |start| frame.bar_line(start));
        let before = self.drawn.starts.iter().rev().filter_map(note).take_while(|note| note.0 >= from);
        let mut notes: Vec<(Duration, i32)> = before.take(MEMORY).collect();
        notes.reverse();
        let weight = RECALLED * self.of.laws.figures.tuning.factor(Dial::Memory);
        let known = notes.len();
        let mut recalled = Recalled::new();
        let onsets: Vec<Duration> = notes
            .iter()
            .map(|note| note.0)
            .chain(starts.iter().filter_map(note).map(|note| note.0))
            .collect();
        for at in known.max(2)..onsets.len() {
            let times = (onsets[at - 1] - onsets[at - 2], onsets[at] - onsets[at - 1]);
            let figures = notes.windows(3).filter(|w| (w[1].0 - w[0].0, w[2].0 - w[1].0) == times);
            let mut pairs: Vec<(i32, i32, f64)> = Vec::new();
            for w in figures {
                let stands = (w[2].0 - onsets[at]).rem_floor(length) == Duration::ZERO;
                let weight = if stands { weight } else { weight.sqrt() };
                pairs.push((w[1].1 - w[0].1, w[2].1 - w[1].1, weight));
            }
            if !pairs.is_empty() {
                recalled.insert(onsets[at], pairs);
            }
        }
        recalled
    }
}
