//! Every melody of a stretch over a chart, written out from the laws.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use tunesmith::compose::melody_law::{Setting, Turn};
use tunesmith::compose::rhythm_lattice::UNHEARD;
use tunesmith::compose::structure::{Segment, phrase_place};
use tunesmith::constraint::{Frame, MelodyLimit};
use tunesmith::markov::Kernel;
use tunesmith::music::{Chart, ChordSymbol, Duration};
use tunesmith::viewpoint::length::Before;
use tunesmith::viewpoint::{length, place};

use super::melodies::{Laws, Notes};

/// What is written out: a stretch of a page over a chart, and where notes may start and stop.
struct Stretch<'a> {
    laws: &'a Laws<'a>,
    page: &'a Frame,
    chart: &'a Chart,
    from: Duration,
    to: Duration,
    /// Whether the sheet may end with it.
    closes: bool,
    places: &'a BTreeSet<Duration>,
    /// Notes that are asked for, from a place to another.
    asked: Vec<(Duration, Duration)>,
    /// The transitions between chords, as they are needed.
    kernels: RefCell<BTreeMap<Turn, Kernel>>,
    /// How the weights of two ways to write one melody are put together.
    join: fn(f64, f64) -> f64,
}

impl Stretch<'_> {
    /// Every way to go on from a place, with its probability by the laws.
    fn fillings(&self, at: Duration, before: Before, context: u32) -> BTreeMap<Notes, f64> {
        if at >= self.to {
            return BTreeMap::from([(Notes::new(), 1.0)]);
        }
        let bar = self.page.meter.bar_length();
        let in_bar = at.rem_floor(bar);
        let phrase = phrase_place(self.page, at.div_floor(bar));
        let next = self.places.range(at + Duration::from_ticks(1)..).next().copied().unwrap();
        let mut steps: BTreeMap<(Duration, bool), f64> = BTreeMap::new();
        for step in self.laws.rhythm.steps(in_bar, phrase, before, next - at) {
            // Rests are cut at bar lines, notes at the end of the stretch.
            let limit = if step.rest { (at - in_bar + bar).min(self.to) } else { self.to };
            let end = (at + step.length).min(limit);
            if self.places.contains(&end) {
                *steps.entry((end, step.rest)).or_default() += step.weight;
            }
        }
        for &(_, end) in self.asked.iter().filter(|note| note.0 == at).take(1) {
            if self.places.contains(&end) {
                steps.entry((end, false)).or_insert(UNHEARD);
            }
        }
        let total: f64 = steps.values().sum();
        let mut all: BTreeMap<Notes, f64> = BTreeMap::new();
        for ((end, rest), weight) in steps {
            let after = Before::of(place::ticks(end - at), rest);
            if rest {
                for (notes, probability) in self.fillings(end, after, context) {
                    let known = all.entry(notes).or_default();
                    *known = (self.join)(*known, weight / total * probability);
                }
                continue;
            }
            let (tilt, turn) = self.tilt(at, end);
            let mut kernels = self.kernels.borrow_mut();
            let turned = || self.turned(&turn);
            let kernel = kernels.entry(turn).or_insert_with(turned).clone();
            drop(kernels);
            let row = kernel.row(context as usize);
            let weigh = |entry: usize| kernel.weights[entry] * tilt[usize::from(kernel.symbols[entry])];
            let sum: f64 = row.clone().map(weigh).sum();
            for entry in row {
                let here = weight / total * weigh(entry) / sum;
                for (notes, probability) in self.fillings(end, after, kernel.targets[entry]) {
                    let mut with = vec![(at, end - at, kernel.symbols[entry])];
                    with.extend(notes);
                    let known = all.entry(with).or_default();
                    *known = (self.join)(*known, here * probability);
                }
            }
        }
        all
    }

    /// The transitions at a turn.
    fn turned(&self, turn: &Turn) -> Kernel {
        let (law, turning) = (&self.laws.pitch, self.laws.pitch.turning(turn));
        self.laws.kernel.reweighted(|context, next, weight| {
            let factor = |last| turning[usize::from(last) * law.pitches + usize::from(next)];
            weight * law.last(context as u32).map_or(1.0, factor)
        })
    }

    /// What the chords, the place and the length make of the pitches of a note.
    fn tilt(&self, at: Duration, end: Duration) -> (Vec<f64>, Turn) {
        let changes = &self.chart.changes;
        let chords: Vec<ChordSymbol> = changes.iter().map(|change| change.chord.clone()).collect();
        let mut under = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let stop = changes.get(index + 1).map_or(self.page.end(), |next| next.at);
            let overlap = stop.min(end) - change.at.max(at);
            if overlap.is_positive() {
                let sixteenths = place::ticks(overlap).max(1) * 16 / place::ticks(end - at).max(1);
                under.push((index as u32, sixteenths.clamp(1, 16) as u8));
            }
        }
        let into = changes.iter().position(|change| change.at == end).map(|index| index as u32);
        // The chord that was the last to sound before, if the stretch or the chord before it knows it.
        let behind = (changes.iter().enumerate())
            .filter(|(index, change)| {
                let stop = changes.get(index + 1).map_or(self.page.end(), |next| next.at);
                change.at < at && stop > self.from
            })
            .map(|(index, _)| index as u32)
            .next_back();
        let bar = self.page.meter.bar_length();
        let strength = place::strength(self.page.meter, at.rem_floor(bar));
        let phrase = phrase_place(self.page, at.div_floor(bar));
        let setting = Setting {
            under,
            into,
            place: Setting::place_code(phrase, strength),
            strength,
            behind,
            long: length::class(place::ticks(end - at).max(1)),
            ends: end == self.to,
            closes: end == self.to && self.closes,
            centre: self.laws.pitch.centre,
        };
        (self.laws.pitch.tilt(&setting, &chords), setting.turn(&chords))
    }
}

/// Every melody of a segment with its probability.
pub fn fillings(
    laws: &Laws<'_>,
    page: &Frame,
    segment: &Segment,
    chart: &Chart,
    (places, limits): (&[Duration], &[MelodyLimit]),
) -> BTreeMap<Notes, f64> {
    fillings_after(laws, page, segment, chart, (places, limits), laws.pitch.start())
}

/// The same after what a context remembers.
pub fn fillings_after(
    laws: &Laws<'_>,
    page: &Frame,
    segment: &Segment,
    chart: &Chart,
    (places, limits): (&[Duration], &[MelodyLimit]),
    context: u32,
) -> BTreeMap<Notes, f64> {
    let places: BTreeSet<Duration> = places.iter().copied().collect();
    let stretch = stretch(laws, page, segment, chart, (&places, limits));
    stretch.fillings(segment.from, Before::NOTHING, context)
}

/// Every melody of a segment with the probability of the likeliest way to write its rests.
pub fn likeliest_fillings(
    laws: &Laws<'_>,
    page: &Frame,
    segment: &Segment,
    chart: &Chart,
    (places, limits): (&[Duration], &[MelodyLimit]),
) -> BTreeMap<Notes, f64> {
    let places: BTreeSet<Duration> = places.iter().copied().collect();
    let stretch = Stretch { join: f64::max, ..stretch(laws, page, segment, chart, (&places, limits)) };
    stretch.fillings(segment.from, Before::NOTHING, laws.pitch.start())
}

fn stretch<'s>(
    laws: &'s Laws<'s>,
    page: &'s Frame,
    segment: &Segment,
    chart: &'s Chart,
    (places, limits): (&'s BTreeSet<Duration>, &[MelodyLimit]),
) -> Stretch<'s> {
    let closes = segment.shifts.iter().any(|&shift| segment.to + shift == page.end());
    let (from, to, kernels) = (segment.from, segment.to, RefCell::default());
    let join = |sum, weight| sum + weight;
    let asked = segment.shifts.iter().flat_map(|&shift| {
        limits.iter().filter_map(move |limit| match limit {
            MelodyLimit::Note { at, to, .. } => Some((*at - shift, *to - shift)),
            _ => None,
        })
    });
    let asked = asked.collect();
    Stretch { laws, page, chart, from, to, closes, places, asked, kernels, join }
}
