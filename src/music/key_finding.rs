//! Finding the key of a piece from its notes and chords.
//!
//! Each of the 24 major and minor keys is scored by how its pitch-class profile correlates with the notes and with the
//! chord tones, weighted by length (Krumhansl and Schmuckler, in Krumhansl 1990; the profiles are Temperley's of 2007
//! from the Kostka-Payne corpus), of the whole and again of its opening, since later sections may leave the key; and by
//! what the chords say of a tonic: where the piece starts and ends, how long the
//! tonic chord sounds, how often a dominant resolves to it. The scores are weighed by a conditional logit (McFadden
//! 1974), so the confidence is the probability of the key.

use super::chord::{ChordSymbol, NamedChord};
use super::duration::Duration;
use super::key::{Key, Mode};
use super::lead_sheet::LeadSheet;

/// A key that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundKey {
    /// Major or minor, in its usual spelling.
    pub key: Key,
    /// The probability of this key among the 24, 0 to 1.
    pub confidence: f64,
}

/// The most likely key of notes, given as (length, MIDI note number), and chords, given as (length, symbol), both in
/// order of time. Either may be empty; of nothing at all the key is C major, with little confidence.
pub fn find_key(notes: &[(Duration, i32)], chords: &[(Duration, &ChordSymbol)]) -> FoundKey {
    let evidence = Evidence::of(notes, chords);
    let keys: Vec<(u8, bool)> =
        [false, true].into_iter().flat_map(|minor| (0..12).map(move |t| (t, minor))).collect();
    let scores: Vec<f64> = keys.iter().map(|&(tonic, minor)| evidence.score(tonic, minor)).collect();
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = scores.iter().map(|score| libm::exp(score - highest)).sum();
    let best = scores.iter().position(|score| *score == highest).and_then(|index| keys.get(index));
    let (tonic, minor) = best.copied().unwrap_or((0, false));
    let mode = if minor { Mode::Minor } else { Mode::Major };
    FoundKey { key: Key::from_pitch_class(tonic, mode), confidence: 1.0 / total }
}

/// The most likely key of a sheet, whatever key is written.
pub fn find_key_of_sheet(sheet: &LeadSheet) -> FoundKey {
    let notes: Vec<(Duration, i32)> =
        sheet.melody().notes.iter().map(|note| (note.duration, note.pitch.midi())).collect();
    let changes = &sheet.chart().changes;
    let ends = changes.iter().skip(1).map(|change| change.at).chain([sheet.form().end()]);
    let chords: Vec<(Duration, &ChordSymbol)> =
        changes.iter().zip(ends).map(|(change, end)| (end - change.at, &change.chord)).collect();
    find_key(&notes, &chords)
}

/// How often each degree occurs in a passage of a major and a minor key, from the tonic upwards in semitones
/// (Temperley 2007, from the Kostka-Payne corpus).
const MAJOR_PROFILE: [f64; 12] =
    [0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400];
const MINOR_PROFILE: [f64; 12] =
    [0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330];

/// What each kind of evidence weighs, fitted to songs and dances with known keys.
mod weight {
    pub const NOTES: f64 = 3.1;
    pub const OPENING_NOTES: f64 = 3.9;
    pub const CHORD_TONES: f64 = 2.6;
    pub const OPENING_CHORD_TONES: f64 = 2.7;
    pub const LAST_NOTE: f64 = 1.2;
    pub const LAST_CHORD: f64 = 0.7;
    pub const LAST_ROOT: f64 = 0.5;
    pub const FIRST_CHORD: f64 = 2.1;
    pub const TONIC_SHARE: f64 = 3.2;
    pub const RESOLUTIONS: f64 = 1.7;
    /// Minor keys are rarer.
    pub const MINOR: f64 = -1.0;
}

/// A chord as evidence.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    length: f64,
    root: u8,
    /// Semitones of its third, 3 or 4; `None` without one.
    third: Option<u8>,
}

impl Seen {
    fn of(length: f64, chord: &NamedChord) -> Seen {
        let tones = chord.tones();
        let third = [4, 3].into_iter().find(|third| tones.contains(&(3, *third)));
        Seen { length, root: chord.root.pitch_class(), third }
    }

    fn is_on(&self, root: u8, third: u8) -> bool {
        self.root == root && self.third == Some(third)
    }
}

/// Time on each pitch class.
type Times = [f64; 12];

/// What notes and chords say, before a key is supposed.
struct Evidence {
    notes: Times,
    opening_notes: Times,
    chord_tones: Times,
    opening_chord_tones: Times,
    last_note: Option<u8>,
    chords: Vec<Seen>,
}

impl Evidence {
    fn of(notes: &[(Duration, i32)], chords: &[(Duration, &ChordSymbol)]) -> Evidence {
        let quarters = |length: Duration| length.as_quarters_f64().max(0.0);
        let class = |midi: i32| midi.rem_euclid(12) as u8;
        let notes: Vec<(f64, Vec<u8>)> =
            notes.iter().map(|(length, midi)| (quarters(*length), vec![class(*midi)])).collect();
        let named = chords.iter().filter_map(|(length, chord)| match chord {
            ChordSymbol::Chord(chord) => Some((quarters(*length), chord)),
            ChordSymbol::NoChord => None,
        });
        let named: Vec<(f64, &NamedChord)> = named.collect();
        let classes = |chord: &NamedChord| -> Vec<u8> {
            chord.tones().iter().map(|(_, semitones)| (chord.root.pitch_class() + semitones) % 12).collect()
        };
        let chord_tones: Vec<(f64, Vec<u8>)> =
            named.iter().map(|(length, chord)| (*length, classes(chord))).collect();
        Evidence {
            last_note: notes.last().and_then(|note| note.1.first().copied()),
            opening_notes: times(opening(&notes)),
            notes: times(&notes),
            opening_chord_tones: times(opening(&chord_tones)),
            chord_tones: times(&chord_tones),
            chords: named.iter().map(|(length, chord)| Seen::of(*length, chord)).collect(),
        }
    }

    /// How well a key explains the evidence: the logarithm of its probability, but for a constant.
    fn score(&self, tonic: u8, minor: bool) -> f64 {
        let profile = if minor { &MINOR_PROFILE } else { &MAJOR_PROFILE };
        let third = if minor { 3 } else { 4 };
        let one_if = |holds: bool| f64::from(u8::from(holds));
        let (first, last) = (self.chords.first(), self.chords.last());
        let ends_on_tonic = last.is_some_and(|chord| chord.is_on(tonic, third));
        let ends_on_root = last.is_some_and(|chord| chord.root == tonic);
        weight::NOTES * correlation(&self.notes, profile, tonic)
            + weight::OPENING_NOTES * correlation(&self.opening_notes, profile, tonic)
            + weight::CHORD_TONES * correlation(&self.chord_tones, profile, tonic)
            + weight::OPENING_CHORD_TONES * correlation(&self.opening_chord_tones, profile, tonic)
            + weight::LAST_NOTE * one_if(self.last_note == Some(tonic))
            + weight::LAST_CHORD * one_if(ends_on_tonic)
            + weight::LAST_ROOT * one_if(ends_on_root && !ends_on_tonic)
            + weight::FIRST_CHORD * one_if(first.is_some_and(|chord| chord.is_on(tonic, third)))
            + weight::TONIC_SHARE * self.share(tonic, third)
            + weight::RESOLUTIONS * self.resolutions(tonic, third)
            + weight::MINOR * one_if(minor)
    }

    /// The share of the time in which a chord sounds.
    fn share(&self, root: u8, third: u8) -> f64 {
        let total: f64 = self.chords.iter().map(|chord| chord.length).sum();
        let such = self.chords.iter().filter(|chord| chord.is_on(root, third));
        if total > 0.0 { such.map(|chord| chord.length).sum::<f64>() / total } else { 0.0 }
    }

    /// The share of chord changes that lead from the dominant to the tonic.
    fn resolutions(&self, tonic: u8, third: u8) -> f64 {
        let changes = self
            .chords
            .windows(2)
            .filter(|pair| (pair[0].root, pair[0].third) != (pair[1].root, pair[1].third));
        let (mut all, mut resolving) = (0u32, 0u32);
        for pair in changes {
            all += 1;
            resolving += u32::from(pair[0].is_on((tonic + 7) % 12, 4) && pair[1].is_on(tonic, third));
        }
        f64::from(resolving) / f64::from(all.max(1))
    }
}

/// The first third of the time.
fn opening(events: &[(f64, Vec<u8>)]) -> &[(f64, Vec<u8>)] {
    let end = events.iter().map(|event| event.0).sum::<f64>() / 3.0;
    let mut passed = 0.0;
    let count = events.iter().take_while(|event| {
        let starts = passed;
        passed += event.0;
        starts < end
    });
    &events[..count.count()]
}

fn times(events: &[(f64, Vec<u8>)]) -> Times {
    let mut times = [0.0; 12];
    for (length, classes) in events {
        for class in classes {
            times[usize::from(class % 12)] += length;
        }
    }
    times
}

/// Pearson's correlation of the time on each pitch class with a profile that starts on the tonic; 0 where either says
/// nothing.
fn correlation(times: &Times, profile: &[f64; 12], tonic: u8) -> f64 {
    let mean = |values: &[f64; 12]| values.iter().sum::<f64>() / 12.0;
    let (mean_time, mean_profile) = (mean(times), mean(profile));
    let (mut together, mut of_times, mut of_profile) = (0.0, 0.0, 0.0);
    for (class, time) in times.iter().enumerate() {
        let time = time - mean_time;
        let expected = profile[(class + 12 - usize::from(tonic % 12)) % 12] - mean_profile;
        together += time * expected;
        of_times += time * time;
        of_profile += expected * expected;
    }
    let spread = (of_times * of_profile).sqrt();
    if spread > 0.0 { together / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_chords(text: &str) -> FoundKey {
        let chords: Vec<ChordSymbol> = text.split(' ').map(|chord| chord.parse().expect(chord)).collect();
        find_key(&[], &chords.iter().map(|chord| (Duration::WHOLE, chord)).collect::<Vec<_>>())
    }

    fn of_notes(midi: &[i32]) -> FoundKey {
        find_key(&midi.iter().map(|midi| (Duration::QUARTER, *midi)).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn plain_progressions_have_their_key() {
        for (chords, key) in [
            ("C F G7 C", "C major"),
            ("Am Dm E7 Am", "A minor"),
            ("Dm7 G7 Cmaj7 A7 Dm7 G7 Cmaj7", "C major"),
            ("Ab Fm7 Bbm7 Eb7 Ab N.C.", "Ab major"),
            ("Ebm Abm Bb7 Ebm", "Eb minor"),
            ("F# B C#7 F#", "Gb major"),
        ] {
            assert_eq!(of_chords(chords).key.to_string(), key, "{chords}");
            assert!(of_chords(chords).confidence > 0.5, "{chords}");
        }
    }

    #[test]
    fn a_tune_has_its_key_in_every_transposition() {
        let tune = [67, 67, 69, 67, 72, 71, 67, 67, 69, 67, 74, 72];
        let in_c = of_notes(&tune);
        assert_eq!(in_c.key, Key::C_MAJOR);
        for up in 0..12 {
            let found = of_notes(&tune.map(|midi| midi + up));
            assert_eq!(i32::from(found.key.tonic.pitch_class()), up);
            assert!((found.confidence - in_c.confidence).abs() < 1e-9);
        }
    }

    #[test]
    fn a_harmonic_minor_line_is_minor() {
        assert_eq!(of_notes(&[57, 59, 60, 62, 64, 65, 68, 69, 64, 60, 57]).key.to_string(), "A minor");
    }

    #[test]
    fn nothing_is_c_major_without_confidence() {
        let found = find_key(&[], &[(Duration::WHOLE, &ChordSymbol::NoChord)]);
        assert_eq!(found.key, Key::C_MAJOR);
        assert!(found.confidence < 0.1);
        let degenerate = find_key(&[(Duration::ZERO, 60), (-Duration::WHOLE, -5)], &[]);
        assert!(degenerate.confidence.is_finite());
    }
}
