//! How likely pitches are in a style: the product of the melody's experts, on the page's key and range.

use std::collections::BTreeMap;

use super::chart_law::powered;
use super::melody_kernels::Known;
use crate::markov::Kernel;
use crate::music::{ChordSymbol, Key};
use crate::style::blend::BlendWeights;
use crate::style::figures::Figures;
use crate::style::fit_melody;
use crate::style::heard::{Heard, HeardChord};
use crate::style::melody_experts::{
    Between, EXPERTS, Experts, HEIGHT, IntervalLaw, LINES, STANDS, STEP, STEPS,
};
use crate::style::melody_tables::{HEIGHTS, height_code};
use crate::style::smoothing::interpolate;
use crate::style::{Dial, Tuning, Weights};
use crate::viewpoint::{self, PhrasePlace, chord_tone, degree, interval};

/// Probability of an interval wider than an octave, all such pitches together; and the least that a repeated note is
/// weighed by.
const WIDE: f64 = 1e-4;

/// All that a pitch's law depends on besides the notes before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Setting {
    /// The chords that sound under the note, as numbers the caller gives them, with the share of each in sixteenths.
    pub under: Vec<(u32, u8)>,
    /// The chord that sounds just before the note.
    pub behind: Option<u32>,
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
    /// Whether it ends the sheet.
    pub closes: bool,
    /// The pitch that the melody lies about here, MIDI: [`MelodyLaw::centre`], or a section's own.
    pub centre: i32,
}

/// What a step from note to note lies between: all that [`MelodyLaw::turning`] depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Turn {
    /// The tones of the chord before the note, as a set of pitch classes.
    behind: Option<u16>,
    /// The tones of the chord that most of the note sounds on.
    under: Option<u16>,
    strength: u16,
    long: u16,
}

/// Weights on what a melody does, beside its laws and not made to sum to one: the lattice looks ahead to where they can be
/// had, where a law can only say what comes next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulls {
    /// Of a note on a tone of the chord that most of it sounds on.
    pub on_chord: f64,
    /// Of a note that is none, a semitone above one.
    pub above: f64,
    /// Of a step that leaves a note which is no tone of its chord.
    pub by_step: f64,
}

impl Pulls {
    /// None.
    pub const NONE: Pulls = Pulls { on_chord: 1.0, above: 1.0, by_step: 1.0 };

    /// Those that a style was tuned by.
    pub fn of(tuning: &Tuning) -> Pulls {
        Pulls {
            on_chord: tuning.factor(Dial::ChordTones),
            above: tuning.factor(Dial::SemitoneAbove),
            by_step: tuning.factor(Dial::Resolve),
        }
    }
}

impl Setting {
    /// The code of a place for [`Setting::place`].
    pub fn place_code(phrase: PhrasePlace, strength: u16) -> u16 {
        phrase.note_code(strength)
    }

    /// What the step to the note lies between.
    pub fn turn(&self, chords: &[ChordSymbol]) -> Turn {
        let heard = self.heard(0, 0, chords);
        let tones = |chord: HeardChord| chord.tones;
        Turn {
            behind: heard.behind.map(tones),
            under: heard.main_chord().map(tones),
            strength: self.strength,
            long: self.long,
        }
    }

    /// The setting as the experts hear it.
    fn heard(&self, mode: u16, tonic: u8, chords: &[ChordSymbol]) -> Heard {
        let chord = |number: u32| chords.get(number as usize).and_then(heard_chord);
        let under = self.under.iter().filter_map(|&(number, share)| Some((chord(number)?, share)));
        Heard {
            pitch: 0,
            before: Vec::new(),
            tonic,
            mode,
            regular: true,
            place: self.place,
            strength: self.strength,
            long: self.long,
            under: under.collect(),
            behind: self.behind.and_then(chord),
            into: self.into.and_then(chord),
            opens: false,
            starts: false,
            ends: self.ends,
            closes: self.closes,
            height: 0,
        }
    }
}

fn heard_chord(chord: &ChordSymbol) -> Option<HeardChord> {
    let ChordSymbol::Chord(named) = chord else { return None };
    Some(HeardChord {
        root: named.root.pitch_class(),
        family: chord_tone::family_code(named.quality.family()),
        tones: chord.pitch_classes(),
    })
}

/// The melody chain of a style in a key and range.
#[derive(Debug)]
pub struct MelodyLaw<'a> {
    /// The power to which every probability is raised, those of lengths too: one over the temperature. To be set before
    /// any lattice is made.
    pub power: f64,
    figures: &'a Figures,
    experts: Experts<'a>,
    card: Weights,
    weights: BlendWeights,
    mode: u16,
    tonic: u8,
    /// The lowest pitch of the range, MIDI.
    pub lowest: i32,
    /// How many pitches the range has.
    pub pitches: usize,
    /// The pitch that the melody lies about, MIDI.
    pub centre: i32,
    heights: [f64; HEIGHTS],
    /// What the experts on steps make of each interval, by [`Between`].
    steps: BTreeMap<Between, [IntervalLaw; 2]>,
    /// The pairs of notes that are contexts, (before, last), in order.
    pairs: Vec<(u16, u16)>,
    /// What was made of it so far.
    pub(super) known: Known,
}

impl<'a> MelodyLaw<'a> {
    /// The law of a style's figures in a key, over the pitches `lowest..=highest` (MIDI), lying about `centre`. The
    /// card's weights multiply those that were learned.
    pub fn new(
        figures: &'a Figures,
        card: Weights,
        key: Key,
        lowest: i32,
        highest: i32,
        centre: i32,
    ) -> MelodyLaw<'a> {
        let pitches = (highest - lowest).max(0) as usize + 1;
        let all = (0..pitches as u16).flat_map(|before| (0..pitches as u16).map(move |last| (before, last)));
        let pairs =
            all.filter(|(before, last)| i32::from(before.abs_diff(*last)) <= interval::WIDEST).collect();
        let experts = Experts::new(figures);
        let learned = BlendWeights::from_hundredths(&figures.melody_weights, EXPERTS);
        let mut weights = learned.unwrap_or_else(fit_melody::initial);
        for (expert, row) in weights.0.iter_mut().enumerate() {
            let share = share_of(&card, &figures.tuning, expert);
            row.iter_mut().for_each(|weight| *weight *= share);
        }
        let heights = experts.heights().map(|log| libm::exp(log * weights.weight(HEIGHT, 0)));
        let steps = Between::all().map(|between| (between, steps(&experts, &weights, &between))).collect();
        let (mode, tonic) = (viewpoint::mode_code(key.mode), key.tonic.pitch_class());
        MelodyLaw {
            power: 1.0,
            figures,
            experts,
            card,
            weights,
            mode,
            tonic,
            lowest,
            pitches,
            centre,
            heights,
            steps,
            pairs,
            known: Known::default(),
        }
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

    /// The interval that led to the last note of a context; `None` if it is not remembered.
    pub fn came(&self, context: u32) -> Option<i32> {
        let pair = (context as usize).checked_sub(1 + self.pitches).and_then(|two| self.pairs.get(two))?;
        Some(i32::from(pair.1) - i32::from(pair.0))
    }

    /// The transitions from note to note before chord, place and height weigh in: the experts on lines, order 2.
    pub fn kernel(&self) -> Kernel {
        let pitches = self.pitches;
        let one = |last: usize| 1 + last as u32;
        // Wider than an octave, intervals are not told apart: the last note alone is remembered.
        let two = |before: usize, last: usize| {
            let pair = self.pairs.binary_search(&(before as u16, last as u16));
            pair.map_or(one(last), |pair| (1 + pitches + pair) as u32)
        };
        let row = |law: &IntervalLaw, last: usize| -> Vec<(u16, u32, f64)> {
            (0..pitches).map(|next| (next as u16, two(last, next), self.step(law, last, next))).collect()
        };
        // The same degree and interval come in every octave.
        let mut known = BTreeMap::new();
        let mut lines = |last: usize, before: Option<usize>| -> IntervalLaw {
            let came = before.map(|before| interval::code(last as i32 - before as i32));
            let degree = self.degree(last) as u16;
            *known.entry((degree, came)).or_insert_with(|| self.lines(degree, came))
        };
        let mut rows: Vec<Vec<(u16, u32, f64)>> = Vec::with_capacity(self.contexts());
        let opening = interpolate(
            &[1.0 / 12.0; 12],
            &self.figures.opening,
            self.figures.unit,
            &[&[self.mode], &[self.mode, 0]],
        );
        rows.push(
            (0..pitches).map(|symbol| (symbol as u16, one(symbol), opening[self.degree(symbol)])).collect(),
        );
        rows.extend((0..pitches).map(|last| row(&lines(last, None), last)));
        let pairs = self.pairs.iter().map(|&(before, last)| (usize::from(before), usize::from(last)));
        rows.extend(pairs.map(|(before, last)| row(&lines(last, Some(before)), last)));
        Kernel::from_rows(&rows)
    }

    /// What the chords on either side of a step make of it, for each note before a factor for each note after, `pitches`
    /// rows of as many: notes that are no tones of their chord come and go by step.
    pub fn turning(&self, turn: &Turn) -> Vec<f64> {
        let Turn { under, strength, long, .. } = *turn;
        let between = |from| Between { from, has_chord: under.is_some(), strength, long };
        let even = [[1.0; interval::COUNT as usize]; 2];
        let laws = [0, 1, 2].map(|from| self.steps.get(&between(from)).unwrap_or(&even));
        self.factors(|last, symbol| {
            let from = if turn.behind.is_none() { 2 } else { usize::from(self.is_tone(turn.behind, last)) };
            let code = interval::code(i32::from(symbol) - i32::from(last));
            laws[from][usize::from(self.is_tone(under, symbol))][usize::from(code)]
        })
    }

    /// Factors of steps, from each note (the first argument) to each.
    pub fn factors(&self, factor: impl Fn(u16, u16) -> f64) -> Vec<f64> {
        let pitches = self.pitches as u16;
        let factor = &factor;
        (0..pitches).flat_map(|last| (0..pitches).map(move |next| factor(last, next))).collect()
    }

    /// Whether a symbol is a tone of a set of pitch classes.
    fn is_tone(&self, tones: Option<u16>, symbol: u16) -> bool {
        tones.is_some_and(|tones| tones >> self.midi(symbol).rem_euclid(12) & 1 == 1)
    }

    /// How much likelier a step from note to note is made by pulls, whatever the laws say.
    pub fn pulled(&self, pulls: Pulls, turn: &Turn, last: u16, next: u16) -> f64 {
        let rubs = || turn.under.is_some_and(|tones| tones >> (self.midi(next) - 1).rem_euclid(12) & 1 == 1);
        let on_chord = match self.is_tone(turn.under, next) {
            true => pulls.on_chord,
            false if rubs() => pulls.above,
            false => 1.0,
        };
        let leaves = turn.behind.is_some() && !self.is_tone(turn.behind, last);
        let by_step = if leaves && (1..=2).contains(&last.abs_diff(next)) { pulls.by_step } else { 1.0 };
        on_chord * by_step
    }

    fn degree(&self, symbol: usize) -> usize {
        usize::from(degree::code(self.lowest + symbol as i32, self.tonic))
    }

    /// What the experts on lines make of each interval.
    fn lines(&self, degree: u16, came: Option<u16>) -> IntervalLaw {
        let mut logs = [0.0; interval::COUNT as usize];
        for expert in 0..LINES {
            let (law, bucket) = self.experts.line(expert, self.mode, degree, came);
            let weight = self.weights.weight(expert, bucket);
            logs.iter_mut().zip(law).for_each(|(sum, log)| *sum += weight * log);
        }
        logs.map(libm::exp)
    }

    fn step(&self, law: &IntervalLaw, last: usize, next: usize) -> f64 {
        let wide = next as i32 - last as i32;
        let code = interval::code(wide);
        let weight = law[usize::from(code)] * self.figures.tuning.interval(code);
        match wide.abs() {
            0 => weight * self.card.repeat.max(WIDE),
            ..=interval::WIDEST => weight,
            _ => weight * WIDE,
        }
    }

    /// How well one note follows another across a seam, 0.05 to 1: the order-1 law of its interval, over its maximum.
    pub fn seam(&self, last: u16, next: u16) -> f64 {
        let degree = self.degree(usize::from(last)) as u16;
        let (law, largest) = self.known.seam(degree, || {
            let law = self.experts.line(0, self.mode, degree, None).0.map(libm::exp);
            let steps = (-interval::WIDEST..=interval::WIDEST).map(|wide| {
                let far = interval::WIDEST as usize;
                self.step(&law, far, far.saturating_add_signed(wide as isize))
            });
            (law, steps.fold(0.0, f64::max))
        });
        let fit = 0.05 + 0.95 * self.step(&law, usize::from(last), usize::from(next)) / largest;
        powered(fit, self.power)
    }

    /// What the chord, the place and the height make of each pitch: a factor for each symbol.
    pub fn tilt(&self, setting: &Setting, chords: &[ChordSymbol]) -> Vec<f64> {
        let heard = setting.heard(self.mode, self.tonic, chords);
        let mut logs = [0.0; 12];
        for expert in 0..STANDS {
            let seen = |view| self.known.seen(view, || self.experts.seen_in(view));
            let Some((law, bucket)) = self.experts.stand_by(expert, &heard, seen) else { continue };
            let weight = self.weights.weight(LINES + expert, bucket);
            logs.iter_mut().zip(law).for_each(|(sum, log)| *sum += weight * log);
        }
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let factors = logs.map(|log| libm::exp(log - largest));
        let height = |symbol: usize| self.heights[height_code(self.lowest + symbol as i32 - setting.centre)];
        (0..self.pitches).map(|symbol| factors[self.degree(symbol)] * height(symbol)).collect()
    }
}

/// What the experts on steps make of each interval to a note that is no chord tone, and to one that is.
fn steps(experts: &Experts<'_>, weights: &BlendWeights, between: &Between) -> [IntervalLaw; 2] {
    let mut logs = [[0.0; interval::COUNT as usize]; 2];
    for expert in 0..STEPS {
        let Some(laws) = experts.step(expert, between) else { continue };
        for (logs, (law, bucket)) in logs.iter_mut().zip(laws) {
            let weight = weights.weight(STEP + expert, bucket);
            logs.iter_mut().zip(law).for_each(|(sum, log)| *sum += weight * log);
        }
    }
    logs.map(|logs| logs.map(libm::exp))
}

/// The card's weight for an expert, and the tuning's.
fn share_of(card: &Weights, tuning: &Tuning, expert: usize) -> f64 {
    match expert {
        0..LINES => card.interval,
        HEIGHT => card.register * tuning.factor(Dial::Register),
        STEP.. => card.resolve,
        _ => match expert - LINES {
            0 | 1 => card.degree,
            4 => card.approach,
            5 | 6 => card.ends,
            _ => card.chord_tone,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Setting = Setting {
        under: Vec::new(),
        behind: None,
        into: None,
        place: 0,
        strength: 0,
        long: 0,
        ends: false,
        closes: false,
        centre: 66,
    };

    fn chords() -> Vec<ChordSymbol> {
        ["C", "G7"].map(|chord| chord.parse().expect(chord)).to_vec()
    }

    /// Figures of a style whose experts were told to mind chord tones, heights, and steps from what is no tone.
    fn figures() -> Figures {
        let mut weights = fit_melody::initial();
        weights.0[LINES + 7] = [1.0; crate::style::blend::BUCKETS];
        weights.0[STEP + 7] = [2.0, 2.0, 0.0, 0.0, 0.0, 0.0];
        let height = (0..HEIGHTS as u32).map(|at| 400 - at.abs_diff(24).min(20) * 20).collect();
        Figures { unit: 1, height, melody_weights: weights.hundredths(), ..Figures::default() }
    }

    fn share(law: &[f64], of: impl Fn(usize) -> bool) -> f64 {
        let total: f64 = law.iter().sum();
        law.iter().enumerate().filter(|(symbol, _)| of(*symbol)).map(|(_, weight)| weight).sum::<f64>()
            / total
    }

    #[test]
    fn chord_tones_are_likelier_as_the_card_wants() {
        let figures = figures();
        let over = Setting { under: vec![(0, 16)], ..PLAIN };
        let tones = |chord_tone: f64| {
            let card = Weights { chord_tone, ..Weights::default() };
            let law = MelodyLaw::new(&figures, card, Key::C_MAJOR, 60, 71, 66);
            share(&law.tilt(&over, &chords()), |symbol| [0, 4, 7].contains(&symbol))
        };
        assert!(tones(0.0) < 0.35 && tones(1.0) > 0.4 && tones(2.0) > tones(1.0) + 0.1);
    }

    #[test]
    fn a_section_may_lie_higher() {
        let figures = figures();
        let law = MelodyLaw::new(&figures, Weights::default(), Key::C_MAJOR, 54, 78, 66);
        let high = |centre| share(&law.tilt(&Setting { centre, ..PLAIN }, &[]), |symbol| symbol >= 12);
        assert!(high(72) > high(66) + 0.05 && high(66) > high(60) + 0.05);
    }

    #[test]
    fn what_is_no_chord_tone_goes_on_by_step() {
        let figures = figures();
        let law = MelodyLaw::new(&figures, Weights::default(), Key::C_MAJOR, 60, 72, 66);
        let setting = Setting { under: vec![(0, 16)], behind: Some(0), ..PLAIN };
        let turned = |chords: &[ChordSymbol]| {
            let turning = law.turning(&setting.turn(chords));
            law.kernel().reweighted(|context, next, weight| {
                let factor = |last| turning[usize::from(last) * law.pitches + usize::from(next)];
                weight * law.last(context as u32).map_or(1.0, factor)
            })
        };
        let kernel = turned(&chords());
        let steps = |last: usize| {
            let row = kernel.row(1 + last);
            share(&kernel.weights[row], |next| (1..=2).contains(&next.abs_diff(last)))
        };
        assert!(steps(5) > steps(4) + 0.1, "F over C against E over C: {} {}", steps(5), steps(4));
        let bare = turned(&[]);
        let row = bare.row(6);
        let plain = share(&bare.weights[row], |next| (1..=2).contains(&next.abs_diff(5)));
        assert!(plain < steps(5) - 0.1, "without a chord nothing resolves: {plain}");
    }
}
