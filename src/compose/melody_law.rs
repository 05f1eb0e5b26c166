//! How likely pitches are in a style: the step from the last two notes, weighed by the chord, the place and the range.

use super::smoothing::{interpolate, normalise};
use crate::markov::Kernel;
use crate::music::{ChordSymbol, Key};
use crate::style::Weights;
use crate::style::figures::Figures;
use crate::viewpoint::{self, PhrasePlace, chord_tone, degree, interval};

/// Probability of an interval wider than an octave, all such pitches together; and the least that a repeated note is
/// weighed by.
const WIDE: f64 = 1e-4;

/// All that a pitch's law depends on besides the notes before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Setting {
    /// The chords that sound under the note, as numbers the caller gives them, with the share of each in sixteenths.
    pub under: Vec<(u32, u8)>,
    /// The next chord, if the note ends just where it comes.
    pub into: Option<u32>,
    /// Class of the bar in its phrase and the strength of the place, as one code.
    pub place: u16,
    /// Strength of the place, 0 to 2.
    pub strength: u16,
    /// Length class, 0 to 2.
    pub long: u16,
    /// Whether the note ends its segment.
    pub ends: bool,
}

impl Setting {
    /// The code of a place for [`Setting::place`].
    pub fn place_code(phrase: PhrasePlace, strength: u16) -> u16 {
        phrase.note_code(strength)
    }
}

/// The melody chain of a style in a key and range.
#[derive(Debug)]
pub struct MelodyLaw<'a> {
    figures: &'a Figures,
    weights: Weights,
    mode: u16,
    tonic: u8,
    /// The lowest pitch of the range, MIDI.
    pub lowest: i32,
    /// How many pitches the range has.
    pub pitches: usize,
    degrees: Vec<f64>,
    register: Vec<f64>,
    /// The pairs of notes that are contexts, (before, last), in order.
    pairs: Vec<(u16, u16)>,
}

impl<'a> MelodyLaw<'a> {
    /// The law of a style's figures in a key, over the pitches `lowest..=highest` (MIDI), lying about `centre`.
    pub fn new(
        figures: &'a Figures,
        weights: Weights,
        key: Key,
        lowest: i32,
        highest: i32,
        centre: i32,
    ) -> MelodyLaw<'a> {
        let mode = viewpoint::mode_code(key.mode);
        let degrees = interpolate(&[1.0 / 12.0; 12], &figures.degree, figures.unit, &[&[mode]]);
        let pitches = (highest - lowest).max(0) as usize + 1;
        let about = &figures.register.about_median;
        let total: f64 = about.iter().map(|&count| f64::from(count)).sum();
        let register = (0..pitches as i32).map(|pitch| {
            // Smoothed over an octave: the key decides which note it is, the register only how high.
            let offset = pitch + lowest - centre + 24;
            let near = (offset - 6..=offset + 6)
                .filter_map(|at| usize::try_from(at).ok().and_then(|at| about.get(at)));
            let share =
                (near.map(|&count| f64::from(count)).sum::<f64>() + 0.002 * total + 1.0) / (total + 1.0);
            libm::pow(share, weights.register)
        });
        let register = register.collect();
        let all = (0..pitches as u16).flat_map(|before| (0..pitches as u16).map(move |last| (before, last)));
        let pairs =
            all.filter(|(before, last)| i32::from(before.abs_diff(*last)) <= interval::WIDEST).collect();
        let tonic = key.tonic.pitch_class();
        MelodyLaw { figures, weights, mode, tonic, lowest, pitches, degrees, register, pairs }
    }

    /// The MIDI note number of a symbol.
    pub fn midi(&self, symbol: u16) -> i32 {
        self.lowest + i32::from(symbol)
    }

    /// The number of contexts: none, one note, two notes no more than an octave apart.
    pub fn contexts(&self) -> usize {
        1 + self.pitches + self.pairs.len()
    }

    /// The context in which a segment starts: no note yet.
    pub fn start(&self) -> u32 {
        0
    }

    /// The last note of a context, as a symbol; `None` before the first.
    pub fn last(&self, context: u32) -> Option<u16> {
        let context = context as usize;
        match context.checked_sub(1) {
            None => None,
            Some(one) if one < self.pitches => Some(one as u16),
            Some(two) => self.pairs.get(two - self.pitches).map(|pair| pair.1),
        }
    }

    /// The transitions from note to note before chord, place and range weigh in: order 2, by interval over degree.
    pub fn kernel(&self) -> Kernel {
        let pitches = self.pitches;
        let one = |last: usize| 1 + last as u32;
        // Wider than an octave, intervals are not told apart: the last note alone is remembered.
        let two = |before: usize, last: usize| {
            let pair = self.pairs.binary_search(&(before as u16, last as u16));
            pair.map_or(one(last), |pair| (1 + pitches + pair) as u32)
        };
        let row = |law: &[f64], last: usize| -> Vec<(u16, u32, f64)> {
            (0..pitches).map(|next| (next as u16, two(last, next), self.step(law, last, next))).collect()
        };
        let mut rows: Vec<Vec<(u16, u32, f64)>> = Vec::with_capacity(self.contexts());
        let opening =
            interpolate(&self.degrees, &self.figures.opening, self.figures.unit, &[&[self.mode, 0]]);
        rows.push(
            (0..pitches).map(|symbol| (symbol as u16, one(symbol), opening[self.degree(symbol)])).collect(),
        );
        rows.extend((0..pitches).map(|last| row(&self.intervals(last, None), last)));
        let pairs = self.pairs.iter().map(|&(before, last)| (usize::from(before), usize::from(last)));
        rows.extend(pairs.map(|(before, last)| row(&self.intervals(last, Some(before)), last)));
        Kernel::from_rows(&rows)
    }

    fn degree(&self, symbol: usize) -> usize {
        usize::from(degree::code(self.lowest + symbol as i32, self.tonic))
    }

    fn intervals(&self, last: usize, before: Option<usize>) -> Vec<f64> {
        let base = [1.0 / f64::from(interval::COUNT); interval::COUNT as usize];
        let degree = self.degree(last) as u16;
        let (mode, table, unit) = (self.mode, &self.figures.interval, self.figures.unit);
        match before {
            None => interpolate(&base, table, unit, &[&[mode], &[mode, degree]]),
            Some(before) => {
                let came = interval::code(last as i32 - before as i32);
                interpolate(&base, table, unit, &[&[mode], &[mode, degree], &[mode, degree, came]])
            }
        }
    }

    fn step(&self, law: &[f64], last: usize, next: usize) -> f64 {
        let wide = next as i32 - last as i32;
        let weight = law[usize::from(interval::code(wide))];
        match wide.abs() {
            0 => weight * self.weights.repeat.max(WIDE),
            ..=interval::WIDEST => weight,
            _ => weight * WIDE,
        }
    }

    /// How well one note follows another across a seam, 0.05 to 1: the order-1 law of its interval, over its maximum.
    pub fn seam(&self, last: u16, next: u16) -> f64 {
        let law = self.intervals(usize::from(last), None);
        let steps = (-interval::WIDEST..=interval::WIDEST).map(|wide| {
            let far = interval::WIDEST as usize;
            self.step(&law, far, far.saturating_add_signed(wide as isize))
        });
        let largest = steps.fold(0.0, f64::max);
        0.05 + 0.95 * self.step(&law, usize::from(last), usize::from(next)) / largest
    }

    /// What the chord, the place and the range make of each pitch: a factor for each symbol.
    ///
    /// A product of experts (Hinton, "Training products of experts", Neural Computation 14, 2002): each counts by how
    /// far it moves the plain law of degrees.
    pub fn tilt(&self, setting: &Setting, chords: &[ChordSymbol]) -> Vec<f64> {
        let mut logs = [0.0; 12];
        for &(chord, share) in &setting.under {
            let strength = setting.strength;
            if let Some(ratios) = self.over_chord(chords.get(chord as usize), |family| {
                let contexts: [&[u16]; 3] =
                    [&[family], &[family, strength], &[family, strength, setting.long]];
                (&self.figures.chord_tone, contexts.map(<[u16]>::to_vec).to_vec())
            }) {
                let weight = self.weights.chord_tone * f64::from(share) / 16.0;
                logs.iter_mut().zip(ratios).for_each(|(log, ratio)| *log += weight * ratio);
            }
        }
        let ahead = setting.into.and_then(|into| chords.get(into as usize));
        let ratios = self.over_chord(ahead, |family| {
            (&self.figures.approach, vec![vec![family], vec![family, setting.long]])
        });
        if let Some(ratios) = ratios {
            logs.iter_mut().zip(ratios).for_each(|(log, ratio)| *log += self.weights.approach * ratio);
        }
        let placed = [self.mode, setting.place];
        let placed = interpolate(&self.degrees, &self.figures.degree, self.figures.unit, &[&placed]);
        self.add_ratio(&mut logs, &placed, self.weights.degree);
        if setting.ends {
            let ending =
                interpolate(&self.degrees, &self.figures.ending, self.figures.unit, &[&[self.mode, 0]]);
            self.add_ratio(&mut logs, &ending, self.weights.ends);
        }
        let factors = logs.map(libm::exp);
        (0..self.pitches).map(|symbol| factors[self.degree(symbol)] * self.register[symbol]).collect()
    }

    fn add_ratio(&self, logs: &mut [f64; 12], law: &[f64], weight: f64) {
        for ((log, &is), &was) in logs.iter_mut().zip(law).zip(&self.degrees) {
            *log += weight * libm::log(is / was);
        }
    }

    /// For each degree the logarithm of how much likelier a chord makes it; `None` for N.C.
    fn over_chord(
        &self,
        chord: Option<&ChordSymbol>,
        table: impl Fn(u16) -> (&'a crate::style::figures::Table, Vec<Vec<u16>>),
    ) -> Option<[f64; 12]> {
        let ChordSymbol::Chord(named) = chord? else { return None };
        let root = named.root.pitch_class();
        let above =
            |degree: usize| usize::from(chord_tone::code(degree as i32 + i32::from(self.tonic), root));
        let (table, contexts) = table(chord_tone::family_code(named.quality.family()));
        // The plain law of degrees seen from the root, sharpened by what the style does over such chords.
        let mut base = [0.0; 12];
        (0..12).for_each(|degree| base[above(degree)] = self.degrees[degree]);
        let contexts: Vec<&[u16]> = contexts.iter().map(Vec::as_slice).collect();
        let mut law = interpolate(&base, table, self.figures.unit, &contexts);
        // A seventh or ninth of this very chord that its family as a whole does not have.
        let tones = named.pitch_classes();
        for (above, weight) in law.iter_mut().enumerate() {
            let is_tone = tones >> ((above + usize::from(root)) % 12) & 1 == 1;
            *weight = weight.max(if is_tone { 0.02 } else { 1e-4 });
        }
        normalise(&mut law);
        Some(std::array::from_fn(|degree| libm::log(law[above(degree)] / self.degrees[degree])))
    }
}
