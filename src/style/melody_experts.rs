//! The experts of the melody's law: each gives every next pitch a probability, by what it alone looks at.
//!
//! Their product, each raised to a weight, is the law (Hinton, "Training products of experts", Neural Computation 14,
//! 2002). They fall into three parts, so that a lattice can hold the product without writing it out: **lines** look at
//! the notes before alone, **stands** at the chord, the place and the height alone, and **steps** join the interval with
//! the chords on either side of it. Besides laws that were counted there are bare features, such as being a chord tone:
//! what the laws together miss of them, their weights make good.
//!
//! Every expert gives natural logarithms, by symbol.

use crate::viewpoint::{chord_tone, degree, interval};

use super::blend::bucket;
use super::figures::{Figures, Table};
use super::heard::{Heard, HeardChord};
use super::melody_tables::HEIGHTS;
use super::smoothing::{interpolate, witten_bell};

/// Logarithms of a law over intervals, by code.
pub type IntervalLaw = [f64; interval::COUNT as usize];
/// Logarithms of a law over degrees, 0 the tonic.
pub type DegreeLaw = [f64; 12];

/// Experts on the notes before: their number.
pub const LINES: usize = 3;
/// Experts on the degree of a note where it stands: their number. They look at the mode alone; the place; the chord; the
/// chord in its key; the chord ahead; a section's end; its beginning; and are two features of the chord.
pub const STANDS: usize = 9;
/// Experts on the interval between chords: their number. They look at what the note before is to its chord, and at what
/// intervals lead to chord tones; the others are features.
pub const STEPS: usize = 9;
/// All experts: lines, stands, the height, steps.
pub const EXPERTS: usize = LINES + STANDS + 1 + STEPS;
/// The number of the expert on height.
pub const HEIGHT: usize = LINES + STANDS;
/// The number of the first expert on steps.
pub const STEP: usize = HEIGHT + 1;

/// What an expert on stands looks at of a note: all that its law depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    expert: usize,
    mode: u16,
    tonic: u8,
    /// The root and the family of the one chord that it looks at.
    chord: Option<(u8, u16)>,
    /// The place, its strength, or the kind of edge.
    place: u16,
    long: u16,
}

/// The law of a view, and how much of it was heard, in pieces.
pub type Seen = (DegreeLaw, f64);

/// The experts of a style's figures.
#[derive(Clone, Copy, Debug)]
pub struct Experts<'a> {
    figures: &'a Figures,
}

impl<'a> Experts<'a> {
    /// The experts that know these figures.
    pub fn new(figures: &'a Figures) -> Experts<'a> {
        Experts { figures }
    }

    fn unit(&self) -> f64 {
        f64::from(self.figures.unit.max(1))
    }

    fn seen(&self, table: &Table, context: &[u16]) -> f64 {
        table.total(context) as f64 / self.unit()
    }

    /// What a line expert says after a note of a degree, reached by an interval: a law of the next interval, and the
    /// bucket of its weight. Expert 0 looks at the degree, 1 at degree and interval, 2 at the interval alone.
    pub fn line(&self, expert: usize, mode: u16, last: u16, came: Option<u16>) -> (IntervalLaw, usize) {
        let mut law = [1.0 / f64::from(interval::COUNT); interval::COUNT as usize];
        let table = if expert < 2 { &self.figures.interval } else { &self.figures.line };
        let context: Vec<u16> = match expert {
            0 => vec![mode, last],
            1 => [mode, last].into_iter().chain(came).collect(),
            _ => std::iter::once(mode).chain(came).collect(),
        };
        for length in 1..=context.len() {
            let row = table.row(&context[..length]).iter();
            witten_bell(&mut law, row.map(|entry| (entry.symbol, f64::from(entry.count) / self.unit())));
        }
        // Without a note before the last, the longer ones say no more than the first.
        let full = expert == 0 || came.is_some();
        (law.map(log), if full { bucket(self.seen(table, &context)) } else { 0 })
    }

    /// What stand expert number `expert` says about the degree of a note where it stands, and the bucket of its
    /// weight; `None` if it has nothing to say.
    pub fn stand(&self, expert: usize, note: &Heard) -> Option<(DegreeLaw, usize)> {
        self.stand_by(expert, note, |view| self.seen_in(view))
    }

    /// The same where laws of views are found by `seen`: those of [`seen_in`](Self::seen_in), which may be kept.
    pub fn stand_by(
        &self,
        expert: usize,
        note: &Heard,
        seen: impl Fn(View) -> Seen,
    ) -> Option<(DegreeLaw, usize)> {
        let Heard { mode, tonic, long, strength, .. } = *note;
        let alone = View { expert, mode, tonic, chord: None, place: 0, long: 0 };
        let under = |chord: &HeardChord| Some((chord.root, chord.family));
        match expert {
            0 => Some((seen(alone).0, 0)),
            1 => {
                let (law, total) = seen(View { place: note.place, long, ..alone });
                Some((law, bucket(total)))
            }
            2 => mean(note, |chord| seen(View { chord: under(chord), place: strength, long, ..alone })),
            3 => mean(note, |chord| seen(View { chord: under(chord), place: strength, ..alone })),
            4 => {
                let (law, total) = seen(View { chord: under(note.into.as_ref()?), long, ..alone });
                Some((law, bucket(total)))
            }
            5 => {
                let law = || seen(View { place: u16::from(note.closes), ..alone }).0;
                note.ends.then(|| (law(), usize::from(note.closes)))
            }
            6 => {
                let law = || seen(View { place: u16::from(note.starts), ..alone }).0;
                note.opens.then(|| (law(), usize::from(note.starts)))
            }
            // Tones of the chord, and notes that rub against one.
            7 => feature(note, |chord, pitch| chord.has(pitch)),
            _ => feature(note, |chord, pitch| !chord.has(pitch) && chord.has(pitch - 1)),
        }
    }

    /// The law of a view.
    pub fn seen_in(&self, view: View) -> Seen {
        let (figures, unit) = (self.figures, self.figures.unit);
        let even = [1.0 / 12.0; 12];
        let View { expert, mode, tonic, place, long, .. } = view;
        let fixed = |law: Vec<f64>| -> DegreeLaw { std::array::from_fn(|degree| log(law[degree])) };
        let (chord_root, family) = view.chord.unwrap_or_default();
        let root = degree::code(i32::from(chord_root), tonic);
        let rooted = |law: &[f64]| from_root(law, chord_root, tonic);
        match expert {
            0 => (fixed(interpolate(&even, &figures.degree, unit, &[&[mode]])), 0.0),
            1 => {
                let context = [mode, place, long];
                let contexts: [&[u16]; 3] = [&context[..1], &context[..2], &context];
                let law = interpolate(&even, &figures.degree, unit, &contexts);
                (fixed(law), self.seen(&figures.degree, &context))
            }
            2 => {
                let context = [family, place, long];
                let contexts: [&[u16]; 3] = [&context[..1], &context[..2], &context];
                let law = interpolate(&even, &figures.chord_tone, unit, &contexts);
                (rooted(&law), self.seen(&figures.chord_tone, &context))
            }
            3 => {
                let context = [mode, root, family, place];
                let base = interpolate(&even, &figures.chord_tone, unit, &[&[family]]);
                let contexts: [&[u16]; 3] = [&context[..2], &context[..3], &context];
                let law = interpolate(&base, &figures.over_root, unit, &contexts);
                (rooted(&law), self.seen(&figures.over_root, &context))
            }
            4 => {
                let context = [mode, root, family];
                let of_family = [family, long];
                let base = interpolate(&even, &figures.approach, unit, &[&of_family[..1], &of_family]);
                let law = interpolate(&base, &figures.into_root, unit, &[&context[..2], &context]);
                (rooted(&law), self.seen(&figures.into_root, &context))
            }
            _ => {
                let context = [mode, place];
                let table = if expert == 5 { &figures.ending } else { &figures.opening };
                (fixed(interpolate(&even, table, unit, &[&context[..1], &context])), 0.0)
            }
        }
    }

    /// How likely heights above the middle of an excerpt are, by [`height_code`](super::melody_tables::height_code).
    pub fn heights(&self) -> [f64; HEIGHTS] {
        let count = |at: usize| self.figures.height.get(at).map_or(0.0, |&count| f64::from(count));
        // The key decides which note it is, the height only how high: smoothed over a major second either way.
        let smooth = |at: usize| {
            let near = at.saturating_sub(2)..=(at + 2).min(HEIGHTS - 1);
            near.clone().map(count).sum::<f64>() / (near.count() as f64 * self.unit()) + 0.02
        };
        let total: f64 = (0..HEIGHTS).map(smooth).sum();
        std::array::from_fn(|at| log(smooth(at) / total))
    }

    /// What step expert number `expert` says about each interval if it led to no tone of its chord (first) and if it
    /// led to one (second), and the buckets of its weight; `None` if it has nothing to say.
    pub fn step(&self, expert: usize, between: &Between) -> Option<[(IntervalLaw, usize); 2]> {
        let (figures, unit) = (self.figures, self.figures.unit);
        let even = [1.0 / f64::from(interval::COUNT); interval::COUNT as usize];
        let (from, strength, long) = (between.from, between.strength, between.long);
        let case = usize::from(from.min(2)) * 2 + usize::from(long > 0);
        match expert {
            0 => {
                let context = [from, strength, long];
                let law =
                    interpolate(&even, &figures.resolve, unit, &[&context[..1], &context[..2], &context]);
                let law = std::array::from_fn(|code| log(law[code]));
                (from < 2).then_some([(law, case); 2])
            }
            1 => {
                let mut laws = [NOTHING; 2];
                for code in 0..interval::COUNT {
                    let context = [code, from, strength, long];
                    let contexts: [&[u16]; 4] = [&context[..1], &context[..2], &context[..3], &context];
                    let law = interpolate(&[0.5; 2], &figures.lean, unit, &contexts);
                    laws.iter_mut().zip(law).for_each(|(to, share)| to[usize::from(code)] = log(share));
                }
                let bucket = usize::from(strength.min(2)) * 2 + usize::from(long > 0);
                between.has_chord.then(|| laws.map(|law| (law, bucket)))
            }
            _ => {
                let (led_to_tone, nearest, widest) = FEATURES.get(expert - 2).copied()?;
                let has = |code: u16| (nearest..=widest).contains(&interval::semitones(code).abs());
                let law: IntervalLaw = std::array::from_fn(|code| if has(code as u16) { 1.0 } else { 0.0 });
                let laws = [false, true].map(|on_tone| if on_tone == led_to_tone { law } else { NOTHING });
                between.has_chord.then(|| laws.map(|law| (law, case)))
            }
        }
    }
}

/// Bare features of a step: whether it leads to a chord tone, its least and its largest size.
const FEATURES: [(bool, i32, i32); STEPS - 2] =
    [(false, 0, 0), (false, 1, 2), (false, 3, 4), (false, 5, 12), (true, 0, 0), (true, 1, 2), (true, 5, 12)];

/// What lies on either side of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Between {
    /// Whether the note before is a tone of the chord before: 0 no, 1 yes, 2 no chord.
    pub from: u16,
    /// Whether the note stands on a chord.
    pub has_chord: bool,
    /// Strength of the place.
    pub strength: u16,
    /// Length class.
    pub long: u16,
}

impl Between {
    /// Every case there is.
    pub fn all() -> impl Iterator<Item = Between> {
        (0..54).map(|case| Between {
            from: case % 3,
            has_chord: case / 3 % 2 == 1,
            strength: case / 6 % 3,
            long: case / 18,
        })
    }
}

/// A law that says nothing.
const NOTHING: IntervalLaw = [0.0; interval::COUNT as usize];
/// The least probability that an expert gives: none may forbid what the others allow.
const LEAST: f64 = 1e-9;

fn log(probability: f64) -> f64 {
    libm::log(probability.max(LEAST))
}

/// The geometric mean of laws over the chords that sound under a note, and the bucket of the one least heard.
fn mean(note: &Heard, law: impl Fn(&HeardChord) -> Seen) -> Option<(DegreeLaw, usize)> {
    let mut logs = [0.0; 12];
    let mut least = f64::INFINITY;
    for (chord, share) in &note.under {
        let (law, seen) = law(chord);
        least = least.min(seen);
        logs.iter_mut().zip(law).for_each(|(log, law)| *log += f64::from(*share) / 16.0 * law);
    }
    (!note.under.is_empty()).then(|| (logs, bucket(least)))
}

/// How much of a note sounds with chords that have a feature, by degree.
fn feature(note: &Heard, has: impl Fn(&HeardChord, i32) -> bool) -> Option<(DegreeLaw, usize)> {
    let mut logs = [0.0; 12];
    for (chord, share) in &note.under {
        for (degree, log) in logs.iter_mut().enumerate() {
            if has(chord, degree as i32 + i32::from(note.tonic)) {
                *log += f64::from(*share) / 16.0;
            }
        }
    }
    let case = usize::from(note.long.min(2)) * 2 + usize::from(note.strength > 0);
    (!note.under.is_empty()).then_some((logs, case))
}

/// A law by semitones above a root as one by degree.
fn from_root(law: &[f64], root: u8, tonic: u8) -> DegreeLaw {
    std::array::from_fn(|degree| {
        log(law[usize::from(chord_tone::code(degree as i32 + i32::from(tonic), root))])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::melody_tables::MelodyTables;

    const C: HeardChord = HeardChord { root: 0, family: 0, tones: 0b10010001 };

    /// A note over C, after others.
    fn note(pitch: i32, before: &[i32]) -> Heard {
        Heard {
            pitch,
            before: before.to_vec(),
            tonic: 0,
            mode: 0,
            regular: true,
            place: 0,
            strength: 0,
            long: 0,
            under: vec![(C, 16)],
            behind: Some(C),
            into: None,
            opens: false,
            starts: false,
            ends: false,
            closes: false,
            height: pitch - 64,
        }
    }

    fn figures() -> Figures {
        let mut tables = MelodyTables::default();
        for (pitch, before) in [(62, vec![60]), (64, vec![62, 60]), (62, vec![64, 62]), (60, vec![62, 64])] {
            tables.see(&note(pitch, &before), 0, 1);
        }
        let mut figures = Figures { unit: 1, ..Figures::default() };
        tables.fill(&mut figures, 1);
        figures
    }

    fn sum(logs: &[f64]) -> f64 {
        logs.iter().map(|&log| libm::exp(log)).sum()
    }

    #[test]
    fn laws_sum_to_one() {
        let figures = figures();
        let experts = Experts::new(&figures);
        for expert in 0..LINES {
            for came in [None, Some(14), Some(3)] {
                assert!((sum(&experts.line(expert, 0, 2, came).0) - 1.0).abs() < 1e-9);
            }
        }
        let here = Heard { into: Some(C), ends: true, opens: true, ..note(60, &[62]) };
        for expert in 0..STANDS - 2 {
            let (law, _) = experts.stand(expert, &here).expect("a law");
            assert!((sum(&law) - 1.0).abs() < 1e-9, "{expert}");
        }
        assert!((sum(&experts.heights()) - 1.0).abs() < 1e-9);
        let between = Between { from: 1, has_chord: true, strength: 0, long: 0 };
        let resolve = experts.step(0, &between).expect("a law");
        assert!((sum(&resolve[0].0) - 1.0).abs() < 1e-9);
        let lean = experts.step(1, &between).expect("a law");
        for code in 0..usize::from(interval::COUNT) {
            assert!(
                (sum(&[lean[0].0[code], lean[1].0[code]]) - 1.0).abs() < 1e-9,
                "a tone of the chord or not"
            );
        }
    }

    #[test]
    fn what_was_seen_is_likelier() {
        let figures = figures();
        let experts = Experts::new(&figures);
        let (law, bucket) = experts.line(1, 0, 2, Some(14));
        assert!(law[14] > law[10], "from C over D on to E");
        assert_eq!((bucket, experts.line(1, 0, 2, Some(3)).1), (1, 0));
        let (law, _) = experts.stand(2, &note(60, &[])).expect("over a chord");
        assert!(law[0] > law[1] && law[2] > law[1]);
    }

    #[test]
    fn features_are_said_of_what_has_them_alone() {
        let figures = Figures::default();
        let experts = Experts::new(&figures);
        let (tone, _) = experts.stand(7, &note(60, &[])).expect("over a chord");
        assert_eq!(tone.map(|log| log > 0.0), std::array::from_fn(|degree| [0, 4, 7].contains(&degree)));
        let (rub, _) = experts.stand(8, &note(60, &[])).expect("over a chord");
        assert_eq!(rub.map(|log| log > 0.0), std::array::from_fn(|degree| [1, 5, 8].contains(&degree)));
        let bare = Heard { under: Vec::new(), ..note(60, &[]) };
        assert_eq!((experts.stand(7, &bare), experts.stand(2, &bare)), (None, None));
        let steps = experts.step(3, &Between { from: 0, has_chord: true, strength: 0, long: 0 });
        let [off, on] = steps.expect("a feature");
        let has: Vec<i32> = (0..interval::COUNT)
            .filter(|&code| off.0[usize::from(code)] > 0.0)
            .map(interval::semitones)
            .collect();
        assert_eq!((has.as_slice(), sum(&on.0)), ([-2, -1, 1, 2].as_slice(), f64::from(interval::COUNT)));
    }
}
