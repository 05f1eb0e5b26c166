//! The figures of a set of tunes in one meter: means, errors and histograms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::excerpt::{Excerpt, excerpts};
use super::figure::Figure;
use super::harmony::{ends_on_one, harmony};
use super::line::line;
use super::tune::Tune;
use crate::music::Meter;

/// A number in millionths: what is stored can be compared and is the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Millionths(pub i64);

impl Millionths {
    /// The nearest to a number.
    pub fn of(value: f64) -> Millionths {
        Millionths((value * 1e6).round() as i64)
    }

    /// The number.
    pub fn value(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What was measured: the mean over tunes, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The mean over tunes of the mean over their excerpts.
    pub mean: Millionths,
    /// The standard error of that mean, from the spread between tunes.
    pub error: Millionths,
}

/// The figures of a set of tunes in one meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portrait {
    /// The meter; tunes of others are not in it.
    pub meter: Meter,
    /// Tunes with an excerpt of melody.
    pub tunes: u32,
    /// Tunes with an excerpt of chords.
    pub charts: u32,
    /// Excerpts of melody.
    pub excerpts: u32,
    /// The figures in the order of [`Figure::ALL`]; `None` where nothing speaks of one.
    pub figures: Vec<Option<Measured>>,
    /// Share of each note length, in ticks of a twelfth of a quarter, by length.
    pub lengths: Vec<(u16, Millionths)>,
    /// Share of each interval between successive notes, in semitones (beyond an octave: 13, −13), by interval.
    pub intervals: Vec<(i8, Millionths)>,
}

/// What a corpus does in one meter, and what a plain chain learned from the same tunes does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portrayed {
    /// The tunes.
    pub corpus: Portrait,
    /// Tunes of a [`plain_chain`](super::plain_chain()) learned from them.
    pub plain_chain: Portrait,
}

/// A tune in a set.
#[derive(Clone, Copy, Debug)]
pub struct Sitter<'t> {
    /// The tune.
    pub tune: &'t Tune,
    /// How much it counts, more than 0.
    pub weight: f64,
    /// Whether its melody is measured.
    pub melody: bool,
    /// Whether its chords are measured.
    pub chords: bool,
}

impl<'t> Sitter<'t> {
    /// A tune that counts in full.
    pub fn whole(tune: &'t Tune) -> Sitter<'t> {
        Sitter { tune, weight: 1.0, melody: true, chords: true }
    }
}

impl Portrait {
    /// The portrait of tunes in a meter, each by its weight; tunes in another meter are left out.
    pub fn of<'t>(tunes: impl Iterator<Item = Sitter<'t>>, meter: Meter) -> Portrait {
        let (mut charts, mut melodies, mut count) = (0, 0, 0);
        let mut means: Vec<Vec<(f64, f64)>> = vec![Vec::new(); Figure::ALL.len()];
        let mut lengths = Histogram::default();
        let mut intervals = Histogram::default();
        for sitter in tunes.filter(|sitter| sitter.tune.meter == meter) {
            let tune = sitter.tune;
            let all = excerpts(tune);
            let sung: Vec<Excerpt> = all.iter().filter(|e| sitter.melody && e.melody).copied().collect();
            let charted: Vec<Excerpt> = all.iter().filter(|e| sitter.chords && e.chords).copied().collect();
            let mut values: Vec<Vec<f64>> = vec![Vec::new(); Figure::ALL.len()];
            let found = sung.iter().flat_map(|excerpt| line(tune, excerpt));
            let found = found.chain(charted.iter().flat_map(|excerpt| harmony(tune, excerpt)));
            let ending = if sung.is_empty() { Vec::new() } else { ending(tune) };
            let on_one = ends_on_one(tune).filter(|_| !charted.is_empty());
            let found = found.chain(ending).chain(on_one.map(|value| (Figure::EndsOnOne, value)));
            for (figure, value) in found {
                values[figure as usize].push(value);
            }
            for (means, values) in means.iter_mut().zip(values).filter(|(_, values)| !values.is_empty()) {
                means.push((values.iter().sum::<f64>() / values.len() as f64, sitter.weight));
            }
            melodies += u32::from(!sung.is_empty());
            charts += u32::from(!charted.is_empty());
            count += sung.len() as u32;
            for excerpt in &sung {
                let notes = tune.notes_from(excerpt.from, excerpt.to);
                notes.iter().for_each(|note| lengths.see(note.length.clamp(0, 0xffff) as u16));
                let steps = notes.windows(2).map(|two| two[1].pitch - two[0].pitch);
                steps.for_each(|step| intervals.see(step.clamp(-13, 13) as i8));
            }
            lengths.close(sitter.weight);
            intervals.close(sitter.weight);
        }
        let figures = means.iter().map(|means| measured(means)).collect();
        let (lengths, intervals) = (lengths.shares(), intervals.shares());
        Portrait { meter, tunes: melodies, charts, excerpts: count, figures, lengths, intervals }
    }

    /// A figure; `None` where nothing speaks of it.
    pub fn figure(&self, figure: Figure) -> Option<Measured> {
        self.figures.get(figure as usize).copied().flatten()
    }
}

/// How much two histograms have in common: the sum over values of the smaller share, 0 to 1; `None` if one is empty.
pub fn overlap<T: Ord + Copy>(one: &[(T, Millionths)], other: &[(T, Millionths)]) -> Option<f64> {
    let other: BTreeMap<T, Millionths> = other.iter().copied().collect();
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let common = one.iter().filter_map(|(value, share)| other.get(value).map(|theirs| *share.min(theirs)));
    Some(common.map(Millionths::value).sum())
}

/// How a tune ends.
fn ending(tune: &Tune) -> Vec<(Figure, f64)> {
    let Some(last) = tune.notes.last() else { return Vec::new() };
    let on_tonic = last.pitch.rem_euclid(12) == i16::from(tune.tonic);
    let mut found = vec![(Figure::EndsOnTonic, f64::from(u8::from(on_tonic)))];
    let standing = tune.standing(last.pitch, last.at, last.end());
    if standing.total() > 0 {
        let on_chord = 2 * standing.on >= standing.total();
        found.push((Figure::EndsOnChordTone, f64::from(u8::from(on_chord))));
    }
    found
}

/// The weighted mean of (value, weight) with its standard error.
fn measured(values: &[(f64, f64)]) -> Option<Measured> {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return None;
    }
    let mean = values.iter().map(|(value, weight)| value * weight).sum::<f64>() / total;
    let spread =
        values.iter().map(|(value, weight)| (value - mean) * (value - mean) * weight).sum::<f64>() / total;
    // As many equal tunes as the weights are worth (Kish 1965).
    let worth = total * total / values.iter().map(|(_, weight)| weight * weight).sum::<f64>();
    let error = if worth > 1.0 { (spread / (worth - 1.0)).sqrt() } else { 0.0 };
    Some(Measured { mean: Millionths::of(mean), error: Millionths::of(error) })
}

/// Shares of values in which every tune counts by its weight, however many values it has.
struct Histogram<T> {
    all: BTreeMap<T, f64>,
    weight: f64,
    tune: BTreeMap<T, u32>,
}

impl<T> Default for Histogram<T> {
    fn default() -> Histogram<T> {
        Histogram { all: BTreeMap::new(), weight: 0.0, tune: BTreeMap::new() }
    }
}

impl<T: Ord + Copy> Histogram<T> {
    fn see(&mut self, value: T) {
        *self.tune.entry(value).or_default() += 1;
    }

    /// The tune is over.
    fn close(&mut self, weight: f64) {
        let total: u32 = self.tune.values().sum();
        if total > 0 {
            self.weight += weight;
            for (value, count) in std::mem::take(&mut self.tune) {
                *self.all.entry(value).or_default() += weight * f64::from(count) / f64::from(total);
            }
        }
    }

    fn shares(self) -> Vec<(T, Millionths)> {
        let total = self.weight;
        self.all.into_iter().map(|(value, weight)| (value, Millionths::of(weight / total))).collect()
    }
}
