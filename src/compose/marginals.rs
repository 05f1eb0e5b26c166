//! What could stand where before anything is drawn: the chords of each beat and the notes of each place, with their
//! probabilities over all that keeps the constraints.
//!
//! These are marginals of the plain law, without a plan: what a take without one is drawn from. A plan draws bars to take
//! up others first, so its takes follow another law.

use std::collections::BTreeMap;

use super::charts::Charts;
use super::prepare::Prepared;
use super::seams::Edges;
use super::structure::Structure;
use crate::constraint::{Frame, Layer};
use crate::markov::{Lattice, Messages};
use crate::music::{Chart, ChordSymbol, Duration};

/// What may stand at a place, each with its probability, the likeliest first. They need not sum to one: the rest is that
/// nothing does.
pub type Marginal<T> = (Duration, Vec<(T, f64)>);

impl Charts {
    /// For each beat of the page, in the meter's lower figure, the probability of each chord (by symbol) to sound there.
    pub fn marginals(&self, frame: &Frame, structure: &Structure) -> Vec<Marginal<u16>> {
        let unit = frame.meter.unit_length();
        let first = frame.start().div_floor(unit);
        let beats = (first..frame.end().div_floor(unit)).map(|beat| unit * beat);
        let mut sounding: BTreeMap<Duration, BTreeMap<u16, f64>> =
            beats.map(|beat| (beat, BTreeMap::new())).collect();
        for (segment, variants) in self.variants.iter().enumerate() {
            for (number, variant) in variants.iter().enumerate() {
                let cases = self.cases.iter().filter(|case| case.variants.get(segment) == Some(&number));
                let share: f64 = cases.map(|case| libm::exp(case.log_mass - self.log_mass)).sum();
                if share <= 0.0 {
                    continue;
                }
                let places = &variant.chart.places;
                variant.messages.marginals(&variant.chart.lattice, |from, jump, symbol, probability| {
                    let Some(symbol) = symbol else { return };
                    for &shift in &structure.segments[segment].shifts {
                        let (from, to) = (places[from] + shift, places[jump.to as usize] + shift);
                        for (_, chords) in sounding.range_mut(from..to) {
                            *chords.entry(symbol).or_default() += share * probability;
                        }
                    }
                });
            }
        }
        sounding.into_iter().map(|(beat, chords)| (beat, ranked(chords))).collect()
    }
}

impl Prepared<'_> {
    /// For each beat, in the meter's lower figure, every chord that may sound there with its probability over all charts
    /// that keep what is asked of the chart. Before the first chord nothing sounds.
    pub fn chord_marginals(&self) -> Vec<Marginal<ChordSymbol>> {
        let marginals = self.plain_charts().marginals(&self.page.frame, &self.chart_structure);
        let named = |chords: Vec<(u16, f64)>| -> Vec<(ChordSymbol, f64)> {
            let known = chords.into_iter().filter_map(|(symbol, probability)| {
                Some((self.chart_law.chords.get(usize::from(symbol))?.clone(), probability))
            });
            known.collect()
        };
        marginals.into_iter().map(|(beat, chords)| (beat, named(chords))).collect()
    }

    /// For each place where a note may start over a chart every pitch (MIDI) that may start there, with its probability
    /// over all melodies that keep the constraints, seams counted as takes count them; none if no melody does. `None` if the
    /// seams of the page are too intertwined to tell, or bars are asked to vary others or to have their rhythm: these are
    /// drawn after what they take up, not with it.
    pub fn note_marginals(&self, chart: &Chart) -> Option<Vec<Marginal<i32>>> {
        let by_rhythm = self.limits.same.iter().any(|same| same.layer == Layer::Rhythm);
        if by_rhythm || !self.limits.vary.is_empty() {
            return None;
        }
        let mut starting: BTreeMap<Duration, BTreeMap<i32, f64>> = BTreeMap::new();
        let segments = 0..self.structure.segments.len();
        let lattices: Vec<_> = segments.map(|segment| self.melody_lattice(segment, chart)).collect();
        let mut see = |segment: usize, places: &[Duration], lattice: &Lattice, share: f64| {
            Messages::new(lattice).marginals(lattice, |from, _, symbol, probability| {
                let Some(symbol) = symbol else { return };
                for &shift in &self.structure.segments[segment].shifts {
                    let pitches = starting.entry(places[from] + shift).or_default();
                    *pitches.entry(self.pitch.law.midi(symbol)).or_default() += share * probability;
                }
            });
        };
        if let ([(segment, _)], [melody]) = (self.structure.uses.as_slice(), lattices.as_slice()) {
            see(*segment, &melody.places, &melody.lattice, 1.0);
        } else {
            // What segments have to do with each other they have by their first and last notes.
            let law = self.seam_law();
            let edges: Vec<Edges> =
                lattices.iter().enumerate().map(|(segment, melody)| law.weigh(segment, melody)).collect();
            let seams = law.join(&edges, |last, first| self.pitch.law.seam(last, first))?;
            for (segment, (melody, edges)) in lattices.iter().zip(&edges).enumerate() {
                for (share, lattice) in law.by_first(segment, melody, edges, &seams)? {
                    see(segment, &melody.places, &lattice, share);
                }
            }
        }
        Some(starting.into_iter().map(|(place, pitches)| (place, ranked(pitches))).collect())
    }
}

fn ranked<T>(shares: BTreeMap<T, f64>) -> Vec<(T, f64)> {
    let mut ranked: Vec<(T, f64)> = shares.into_iter().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked
}
