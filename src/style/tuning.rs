//! Tuning: weights by which what is composed comes nearer to what the songs of a style do.
//!
//! Laws are fitted to what comes next in songs; drawn from again and again they drift, and what a plan or a short memory
//! asks of them changes them further. So a style has weights beside its laws, exponentials of small numbers, each on
//! something that can be measured; they are set so that composed sheets measure what songs do (the moments of an
//! exponential family, matched by stochastic approximation: Younes, "Estimation and annealing for Gibbsian fields",
//! Annales de l'I.H.P. 24, 1988). `evaluate::tune` sets them, composing uses them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::music::Meter;
use crate::portrait::Figure;
use crate::viewpoint::interval;

/// Stored weights are thousandths of natural logarithms.
const PARTS: f64 = 1000.0;
/// The largest logarithm of a weight, either way: a factor of about 20.
pub const MOST: f64 = 3.0;

/// What a style is tuned by besides its intervals and lengths: one weight, for one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dial {
    /// How likely notes on tones of their chords are.
    ChordTones,
    /// How likely notes a semitone above one are that are none themselves.
    SemitoneAbove,
    /// How likely a step is where a note is left that is no tone of its chord.
    Resolve,
    /// How much the expert on height weighs, and how little bars that go beyond the range of those before.
    Register,
    /// How likely a bar is that brings back a figure of three notes.
    Memory,
    /// How likely phrases end long.
    PhraseEnds,
    /// How likely a bar is new.
    New,
    /// How likely it takes up the bar before.
    Back1,
    /// The one two bars before.
    Back2,
    /// The one four bars before.
    Back4,
    /// How likely the bar before comes again note for note, if it is taken up.
    Again1,
    /// The one two bars before.
    Again2,
    /// The one four or eight bars before.
    Again4,
}

/// Each dial with the figure that it moves, and how far it is turned for a difference of one in that figure.
const DIALS: [(Dial, Figure, f64); 13] = [
    (Dial::ChordTones, Figure::ChordTones, 5.0),
    (Dial::SemitoneAbove, Figure::SemitoneAbove, 8.0),
    (Dial::Resolve, Figure::LeftByStep, 4.0),
    (Dial::Register, Figure::Range, -0.12),
    (Dial::Memory, Figure::HeardAgain, 12.0),
    (Dial::PhraseEnds, Figure::PhraseEnds, 4.0),
    (Dial::New, Figure::Rhythms, 0.4),
    (Dial::Back1, Figure::Rhythm1, 6.0),
    (Dial::Back2, Figure::Rhythm2, 5.0),
    (Dial::Back4, Figure::Rhythm4, 4.0),
    (Dial::Again1, Figure::Exact1, 12.0),
    (Dial::Again2, Figure::Exact2, 10.0),
    (Dial::Again4, Figure::Exact4, 6.0),
];

impl Dial {
    /// Every dial.
    pub fn all() -> impl Iterator<Item = Dial> {
        DIALS.iter().map(|row| row.0)
    }

    /// The figure that it moves.
    pub fn figure(self) -> Figure {
        DIALS[self as usize].1
    }

    /// How far the dial is turned, in natural logarithms, for each whole by which the figure is too small.
    pub fn gain(self) -> f64 {
        DIALS[self as usize].2
    }
}

/// The weights of a style; none at first.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tuning {
    /// The dials, in their order; empty if they are as they were made.
    dials: Vec<i16>,
    /// By interval code; empty likewise.
    intervals: Vec<i16>,
    /// Of notes by meter and length in ticks of the grid; in order.
    lengths: Vec<(Meter, u16, i16)>,
}

/// The weights of a style as numbers that can be turned: natural logarithms.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Turned {
    /// By dial.
    pub dials: Vec<f64>,
    /// By interval code.
    pub intervals: Vec<f64>,
    /// Of notes by meter and length in ticks of the grid.
    pub lengths: BTreeMap<(Meter, u16), f64>,
}

impl Tuning {
    /// Whether nothing is tuned.
    pub fn is_empty(&self) -> bool {
        *self == Tuning::default()
    }

    /// The factor of a dial.
    pub fn factor(&self, dial: Dial) -> f64 {
        factor(self.dials.get(dial as usize))
    }

    /// The factor of an interval, by code.
    pub fn interval(&self, code: u16) -> f64 {
        factor(self.intervals.get(usize::from(code)))
    }

    /// The factors of notes by length in a meter; 1 for those that are not named.
    pub fn lengths(&self, meter: Meter) -> BTreeMap<u16, f64> {
        let here = self.lengths.iter().filter(|(of, ..)| *of == meter);
        here.map(|(_, ticks, stored)| (*ticks, factor(Some(stored)))).collect()
    }

    /// The weights as numbers to turn, every dial and interval among them.
    pub fn turned(&self) -> Turned {
        let log = |stored: Option<&i16>| stored.map_or(0.0, |&stored| f64::from(stored) / PARTS);
        Turned {
            dials: (0..DIALS.len()).map(|dial| log(self.dials.get(dial))).collect(),
            intervals: (0..usize::from(interval::COUNT)).map(|code| log(self.intervals.get(code))).collect(),
            lengths: self
                .lengths
                .iter()
                .map(|(meter, ticks, of)| ((*meter, *ticks), log(Some(of))))
                .collect(),
        }
    }

    /// Of tunings by their shares the mean of each weight; what one does not name is 1 in it.
    pub fn mixed<'t>(parts: impl Iterator<Item = (&'t Tuning, u32)>) -> Tuning {
        let parts: Vec<(Turned, f64)> =
            parts.map(|(tuning, share)| (tuning.turned(), f64::from(share))).collect();
        let whole: f64 = parts.iter().map(|(_, share)| share).sum();
        let mut mean = Tuning::default().turned();
        for (turned, share) in &parts {
            mean.add(turned, share / whole);
        }
        mean.stored()
    }

    /// Whether the numbers are of known things and no larger than they may be.
    pub fn is_sound(&self) -> bool {
        let small = |stored: &i16| f64::from(*stored).abs() <= MOST * PARTS;
        (self.dials.is_empty() || self.dials.len() == DIALS.len())
            && (self.intervals.is_empty() || self.intervals.len() == usize::from(interval::COUNT))
            && self.dials.iter().chain(&self.intervals).all(small)
            && self.lengths.iter().all(|(_, _, stored)| small(stored))
            && self.lengths.windows(2).all(|two| (two[0].0, two[0].1) < (two[1].0, two[1].1))
    }
}

impl Turned {
    /// Adds another's weights, each times a share.
    pub fn add(&mut self, other: &Turned, share: f64) {
        let pairs = self.dials.iter_mut().zip(&other.dials);
        pairs.chain(self.intervals.iter_mut().zip(&other.intervals)).for_each(|(sum, of)| *sum += of * share);
        for (&length, of) in &other.lengths {
            *self.lengths.entry(length).or_default() += of * share;
        }
    }

    /// The weights as they are stored: rounded, none larger than it may be, what is not tuned left out.
    pub fn stored(&self) -> Tuning {
        // Adding a half and cutting rounds alike everywhere.
        let part = |log: f64| libm::floor(log.clamp(-MOST, MOST) * PARTS + 0.5) as i16;
        let list = |logs: &[f64]| -> Vec<i16> {
            let parts: Vec<i16> = logs.iter().map(|&log| part(log)).collect();
            if parts.iter().all(|&part| part == 0) { Vec::new() } else { parts }
        };
        let lengths = self.lengths.iter().map(|(&(meter, ticks), &log)| (meter, ticks, part(log)));
        Tuning {
            dials: list(&self.dials),
            intervals: list(&self.intervals),
            lengths: lengths.filter(|(.., part)| *part != 0).collect(),
        }
    }
}

fn factor(stored: Option<&i16>) -> f64 {
    stored.map_or(1.0, |&stored| libm::exp(f64::from(stored) / PARTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuning(memory: f64, unison: f64, quarter: f64) -> Tuning {
        let mut turned = Tuning::default().turned();
        turned.dials[Dial::Memory as usize] = memory;
        turned.intervals[usize::from(interval::code(0))] = unison;
        turned.lengths.insert((Meter::COMMON, 12), quarter);
        turned.stored()
    }

    #[test]
    fn dials_stand_at_their_own_places() {
        for (place, dial) in Dial::all().enumerate() {
            assert_eq!(dial as usize, place);
        }
    }

    #[test]
    fn weights_are_found_again() {
        let tuning = tuning(0.5, -0.25, 9.0);
        assert!(tuning.is_sound() && !tuning.is_empty());
        assert_eq!(tuning.turned().stored(), tuning);
        assert!((tuning.factor(Dial::Memory) - libm::exp(0.5)).abs() < 1e-9);
        assert!((tuning.interval(interval::code(0)) - libm::exp(-0.25)).abs() < 1e-9);
        assert_eq!((tuning.factor(Dial::New), tuning.interval(0)), (1.0, 1.0));
        assert_eq!(tuning.lengths(Meter::COMMON), BTreeMap::from([(12, libm::exp(MOST))]));
        let bytes = postcard::to_allocvec(&tuning).expect("bytes");
        assert_eq!(postcard::from_bytes::<Tuning>(&bytes), Ok(tuning));
    }

    #[test]
    fn what_is_not_tuned_takes_no_room() {
        assert_eq!(Tuning::default().turned().stored(), Tuning::default());
        assert_eq!(tuning(0.0, 0.0, 0.0001), Tuning::default());
    }

    #[test]
    fn a_mix_of_one_is_itself_and_of_two_the_mean() {
        let (one, other) = (tuning(1.0, 0.0, -1.0), tuning(0.0, 0.5, 0.0));
        assert_eq!(Tuning::mixed([(&one, 400), (&one, 600)].into_iter()), one);
        assert_eq!(Tuning::mixed([(&one, 500), (&other, 500)].into_iter()), tuning(0.5, 0.25, -0.5));
    }

    #[test]
    fn unsound_weights_are_known() {
        let one = tuning(1.0, 0.0, -1.0);
        let wrong = [
            Tuning { dials: vec![1], ..one.clone() },
            Tuning { intervals: vec![1], ..one.clone() },
            Tuning { dials: vec![30_000; DIALS.len()], ..one.clone() },
            Tuning { lengths: vec![(Meter::COMMON, 12, 1), (Meter::COMMON, 12, 1)], ..one },
        ];
        assert!(wrong.iter().all(|tuning| !tuning.is_sound()));
    }
}
