//! A note that a melody starts or ends on: a scale degree, a note name, or a pitch.

use std::fmt;

use super::error::ConstraintError;
use super::pitch_set::PitchSet;
use super::reader::Reader;
use crate::music::roman::ScaleDegree;
use crate::music::{Key, Mode, NoteName, Pitch};

/// A note, named more or less closely; compared by sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// `5`, `b3`, `#4`: a degree of the scale, in any octave.
    ///
    /// A flat counts down from the higher, and a sharp up from the lower, of the key's own degree and that of the
    /// major scale. So `b3` is the minor third and `#4` the tritone in every key, and `#7` in minor the leading note.
    Degree(ScaleDegree),
    /// `E`: in any octave.
    Name(NoteName),
    /// `E4`.
    Pitch(Pitch),
}

impl Tone {
    /// The pitches that it can be in a key.
    pub fn pitches(&self, key: Key) -> PitchSet {
        match self {
            Tone::Degree(degree) => PitchSet::of_class(pitch_class(*degree, key)),
            Tone::Name(name) => PitchSet::of_class(name.pitch_class()),
            Tone::Pitch(pitch) => PitchSet::one(pitch.midi()),
        }
    }

    /// Whether a pitch is this note in a key.
    pub fn is(&self, pitch: Pitch, key: Key) -> bool {
        match self {
            Tone::Degree(degree) => pitch.name.pitch_class() == pitch_class(*degree, key),
            Tone::Name(name) => pitch.name.pitch_class() == name.pitch_class(),
            Tone::Pitch(named) => pitch.midi() == named.midi(),
        }
    }

    /// Reads a degree, a name or a pitch. A small `b` is a flat here: `b3` is a degree, and `B3` a pitch.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Tone, ConstraintError> {
        let word = reader.entry();
        let tone = tone(word).ok_or_else(|| {
            reader.expected("a scale degree 1 to 7, such as 5 or b3, or a note such as E or E4")
        })?;
        reader.take(word.len());
        Ok(tone)
    }
}

/// The pitches that are one of some notes, in a key.
pub(super) fn pitches_of(tones: &[Tone], key: Key) -> PitchSet {
    tones.iter().map(|tone| tone.pitches(key)).collect()
}

/// Whether a pitch is one of some notes, in a key.
pub(super) fn is_one_of(tones: &[Tone], pitch: Pitch, key: Key) -> bool {
    tones.iter().any(|tone| tone.is(pitch, key))
}

/// Notes as they stand in a line, with spaces between.
pub(super) fn listed(tones: &[Tone]) -> String {
    tones.iter().map(Tone::to_string).collect::<Vec<_>>().join(" ")
}

/// The pitch class of a degree, read as [`Tone::Degree`] says.
fn pitch_class(degree: ScaleDegree, key: Key) -> u8 {
    let class = |key| i32::from(ScaleDegree { number: degree.number, alter: 0 }.name_in(key).pitch_class());
    let tonic = i32::from(key.tonic.pitch_class());
    let above_tonic = |key| (class(key) - tonic).rem_euclid(12);
    let (own, major) = (above_tonic(key), above_tonic(Key::new(key.tonic, Mode::Major)));
    let altered_from = match degree.alter {
        0 => own,
        1.. => own.min(major),
        _ => own.max(major),
    };
    (tonic + altered_from + i32::from(degree.alter)).rem_euclid(12) as u8
}

fn tone(word: &str) -> Option<Tone> {
    if word.starts_with(|letter: char| letter.is_ascii_alphabetic() && letter != 'b') {
        let pitch = word.parse::<Pitch>().ok().filter(|pitch| (0..=127).contains(&pitch.midi()));
        return pitch.map(Tone::Pitch).or_else(|| word.parse().ok().map(Tone::Name));
    }
    let (alter, number) = match (word.strip_prefix(['b', '♭']), word.strip_prefix(['#', '♯'])) {
        (Some(number), _) => (-1, number),
        (_, Some(number)) => (1, number),
        _ => (0, word),
    };
    let number = number.parse().ok().filter(|degree| number.len() == 1 && (1..=7).contains(degree))?;
    Some(Tone::Degree(ScaleDegree { number, alter }))
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tone::Degree(degree) => degree.fmt(f),
            Tone::Name(name) => name.fmt(f),
            Tone::Pitch(pitch) => pitch.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_mean_what_musicians_mean_in_every_mode() {
        for (text, key, name) in [
            ("1", "Eb major", "Eb"),
            ("3", "C major", "E"),
            ("3", "C minor", "Eb"),
            ("b3", "C major", "Eb"),
            ("b3", "C minor", "Eb"),
            ("7", "A minor", "G"),
            ("#7", "A minor", "G#"),
            ("b7", "A minor", "G"),
            ("#6", "A minor", "F#"),
            ("b7", "F# major", "E"),
            ("#4", "F lydian", "B"),
            ("b2", "E phrygian", "F"),
            ("b1", "C major", "B"),
        ] {
            let key: Key = key.parse().expect(key);
            let class = name.parse::<NoteName>().expect(name).pitch_class();
            assert_eq!(
                tone(text).map(|tone| tone.pitches(key)),
                Some(PitchSet::of_class(class)),
                "{text} in {key}"
            );
        }
    }

    #[test]
    fn tones_are_read_and_written() {
        for text in ["1", "b3", "#4", "E", "Bb", "F#", "E4", "Bb-1", "B3"] {
            assert_eq!(tone(text).map(|tone| tone.to_string()).as_deref(), Some(text));
        }
        assert_eq!(tone("e4"), tone("E4"));
        for text in ["", "0", "8", "bb3", "#", "b", "H", "+5", "15", "E10"] {
            assert_eq!(tone(text), None, "{text}");
        }
    }
}
