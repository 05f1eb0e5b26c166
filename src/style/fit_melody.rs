//! The weights of the melody's experts, fitted to what they say of pieces that they have not heard.

use std::collections::BTreeMap;

use crate::viewpoint::interval;

use super::blend::{BUCKETS, BlendWeights, Evidence, fold};
use super::figures::Figures;
use super::heard::{Heard, heard};
use super::learn::{Options, Weighed};
use super::melody_experts::{Between, EXPERTS, Experts, HEIGHT, IntervalLaw, LINES, STANDS, STEP, STEPS};
use super::melody_tables::{MelodyTables, height_code};
use super::tables::Of;

/// How strongly weights are drawn towards where they start, in events.
const PRIOR: f64 = 4.0;

/// In how many parts the pieces are heard, each by experts that counted the others.
const FOLDS: usize = 4;
/// About how many notes are listened to; of more, every so many pieces are passed over.
const ENOUGH: usize = 24_000;

/// The weights of the melody's experts for figures learned from pieces, in hundredths. Each piece has its number and
/// weight, and counts are in parts of `unit` as in the figures; pieces of one title have one number.
pub(super) fn weights(pieces: &[Weighed], of: &[Of], unit: u32, options: &Options) -> Vec<i16> {
    let heard: Vec<(Of, Vec<Heard>)> = (pieces.iter().zip(of))
        .filter(|(weighed, _)| weighed.share.melody)
        .map(|(weighed, &of)| (of, heard(&weighed.piece, options.order)))
        .filter(|(_, notes)| !notes.is_empty())
        .collect();
    let every = (heard.iter().map(|(_, notes)| notes.len()).sum::<usize>() / ENOUGH).max(1);
    let mut listener = Listener::default();
    for part in 0..FOLDS {
        let held_out = |of: &Of| fold(of.piece as usize, FOLDS) == part;
        let mut tables = MelodyTables::default();
        for (of, notes) in heard.iter().filter(|(of, _)| !held_out(of)) {
            notes.iter().for_each(|note| tables.see(note, of.piece, of.weight));
        }
        let mut figures = Figures { unit, ..Figures::default() };
        tables.fill(&mut figures, options.min_pieces);
        let others =
            heard.iter().filter(|(of, _)| held_out(of) && (of.piece as usize / FOLDS).is_multiple_of(every));
        let notes = others.flat_map(|(of, notes)| {
            let weight = f64::from(of.weight) / f64::from(unit.max(1));
            notes.iter().map(move |note| (note, weight))
        });
        listener.listen(&figures, notes, options.height);
    }
    listener.fit().0.hundredths()
}

/// What experts of figures say of notes, for the fit.
pub struct Listener {
    evidence: Evidence,
}

impl Default for Listener {
    fn default() -> Listener {
        Listener { evidence: Evidence::new(usize::from(interval::COUNT), EXPERTS) }
    }
}

impl Listener {
    /// Adds what the experts of figures say of pieces that were not counted in them. Notes that follow none in their
    /// key, and those after a leap beyond an octave, are passed over. Without `height` the expert on it says nothing.
    pub fn listen<'n>(
        &mut self,
        figures: &Figures,
        notes: impl Iterator<Item = (&'n Heard, f64)>,
        height: bool,
    ) {
        let experts = Experts::new(figures);
        let heights = experts.heights();
        let mut known: BTreeMap<Vec<i32>, (u32, usize)> = BTreeMap::new();
        let evidence = &mut self.evidence;
        let neutral = evidence.law(&[1.0; interval::COUNT as usize]);
        for (note, weight) in notes {
            let (Some((degree, came)), Some(&last)) = (note.line(), note.before.first()) else { continue };
            let wide = note.pitch - last;
            if wide.abs() > interval::WIDEST {
                continue;
            }
            let (mut laws, mut buckets) = ([neutral; EXPERTS], [0; EXPERTS]);
            let pitch = |code: usize| last + interval::semitones(code as u16);
            let mut keep = |expert: usize, key: Vec<i32>, law: &dyn Fn() -> Option<(IntervalLaw, usize)>| {
                let known = *known.entry(key).or_insert_with(|| {
                    law().map_or((neutral, 0), |(law, bucket)| (evidence.law(&law.map(libm::exp)), bucket))
                });
                (laws[expert], buckets[expert]) = known;
            };
            for expert in 0..LINES {
                let mut key = vec![expert as i32, i32::from(note.mode), i32::from(degree)];
                key.extend(came.map(i32::from));
                keep(expert, key, &|| Some(experts.line(expert, note.mode, degree, came)));
            }
            let stand = stand_key(note, last);
            for expert in 0..STANDS {
                let mut key = vec![(LINES + expert) as i32];
                key.extend(&stand);
                keep(LINES + expert, key, &|| {
                    let (law, bucket) = experts.stand(expert, note)?;
                    let at = |code: usize| law[(pitch(code) - i32::from(note.tonic)).rem_euclid(12) as usize];
                    Some((std::array::from_fn(at), bucket))
                });
            }
            let middle = note.pitch - note.height;
            keep(HEIGHT, vec![HEIGHT as i32, last - middle], &|| {
                height.then(|| (std::array::from_fn(|code| heights[height_code(pitch(code) - middle)]), 0))
            });
            let between = Between {
                from: note.from(),
                has_chord: !note.under.is_empty(),
                strength: note.strength,
                long: note.long,
            };
            let tones = note.main_chord().map_or(0, |chord| chord.tones);
            for expert in 0..STEPS {
                let key = vec![
                    (STEP + expert) as i32,
                    last.rem_euclid(12),
                    i32::from(tones),
                    i32::from(between.from),
                    i32::from(between.strength),
                    i32::from(between.long),
                ];
                keep(STEP + expert, key, &|| {
                    let [off, on] = experts.step(expert, &between)?;
                    let at = |code: usize| {
                        if note.on_tone(pitch(code)) == Some(true) { on.0[code] } else { off.0[code] }
                    };
                    Some((std::array::from_fn(at), off.1))
                });
            }
            evidence.see(&laws, &buckets, None, interval::code(wide), weight);
        }
    }

    /// The evidence.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The weights that fit best.
    pub fn fit(&self) -> (BlendWeights, f64) {
        self.evidence.fit(&initial(), PRIOR)
    }
}

/// The weights before any evidence: about what they come to in most styles.
pub fn initial() -> BlendWeights {
    let mut weights = vec![[0.0; BUCKETS]; EXPERTS];
    weights[0] = [0.4; BUCKETS];
    weights[1] = [0.4; BUCKETS];
    weights[LINES + 2] = [0.4; BUCKETS];
    weights[LINES + 3] = [0.4; BUCKETS];
    weights[HEIGHT] = [0.5; BUCKETS];
    BlendWeights(weights)
}

/// All that the laws of stand experts depend on.
fn stand_key(note: &Heard, last: i32) -> Vec<i32> {
    let mut key = vec![
        last.rem_euclid(12) - i32::from(note.tonic) + 12,
        i32::from(note.tonic),
        i32::from(note.mode),
        i32::from(note.place),
        i32::from(note.long),
        i32::from(note.opens)
            + 2 * i32::from(note.ends)
            + 4 * i32::from(note.closes)
            + 8 * i32::from(note.starts),
    ];
    key.push(note.into.map_or(-1, |chord| i32::from(chord.root) * 8 + i32::from(chord.family)));
    for (chord, share) in &note.under {
        key.extend([
            i32::from(chord.root) * 8 + i32::from(chord.family),
            i32::from(chord.tones),
            i32::from(*share),
        ]);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::heard::HeardChord;

    /// Notes that walk up and down, every other a chord tone: over C, then over D minor, by turns.
    fn walk(length: usize) -> Vec<Heard> {
        let chords = [(0, 0, 0b10010001), (2, 1, 0b1000100100)];
        let pitch = |at: usize| [60, 62, 64, 65, 67, 65, 64, 62][at % 8];
        let notes = (0..length).map(|at| {
            let (root, family, tones) = chords[at / 4 % 2];
            let chord = HeardChord { root, family, tones };
            Heard {
                pitch: pitch(at),
                before: (1..=at.min(2)).map(|back| pitch(at - back)).collect(),
                tonic: 0,
                mode: 0,
                regular: true,
                place: 0,
                strength: (at % 2) as u16,
                long: 0,
                under: vec![(chord, 16)],
                behind: Some(chord),
                into: None,
                opens: false,
                starts: false,
                ends: false,
                closes: false,
                height: pitch(at) - 64,
            }
        });
        notes.collect()
    }

    #[test]
    fn fitted_weights_beat_those_before_and_the_hundredth_keeps_them() {
        let notes = walk(400);
        let mut tables = MelodyTables::default();
        notes.iter().for_each(|note| tables.see(note, 0, 1));
        let mut figures = Figures { unit: 1, ..Figures::default() };
        tables.fill(&mut figures, 1);
        let mut listener = Listener::default();
        listener.listen(&figures, notes.iter().map(|note| (note, 1.0)), true);
        assert_eq!(listener.evidence().total(), 399.0, "all but the first");
        let (weights, bits) = listener.fit();
        assert!(bits < 0.6 * listener.evidence().bits(&initial()), "{bits}");
        let stored = BlendWeights::from_hundredths(&weights.hundredths(), EXPERTS).expect("weights");
        assert!((listener.evidence().bits(&stored) - bits).abs() < 0.02);
    }

    #[test]
    fn leaps_beyond_an_octave_are_passed_over() {
        let mut far = walk(3);
        far[1].pitch = 90;
        let mut listener = Listener::default();
        listener.listen(&Figures::default(), far.iter().map(|note| (note, 1.0)), true);
        assert_eq!(listener.evidence().total(), 1.0);
    }
}
