//! Keys and their scales.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use super::pitch::{NoteName, Step, take_note_name};

/// The mode of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the modes say what they are")]
pub enum Mode {
    Major,
    Minor,
    Dorian,
    Phrygian,
    Lydian,
    Mixolydian,
    Locrian,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 7] = [
        Mode::Major,
        Mode::Minor,
        Mode::Dorian,
        Mode::Phrygian,
        Mode::Lydian,
        Mode::Mixolydian,
        Mode::Locrian,
    ];

    /// The mode's name in lower case; minor is the natural minor (aeolian).
    pub fn name(self) -> &'static str {
        match self {
            Mode::Major => "major",
            Mode::Minor => "minor",
            Mode::Dorian => "dorian",
            Mode::Phrygian => "phrygian",
            Mode::Lydian => "lydian",
            Mode::Mixolydian => "mixolydian",
            Mode::Locrian => "locrian",
        }
    }

    /// Reads a mode's name; `maj`, `m`, `min`, `ionian` and `aeolian` are known too.
    pub fn from_name(name: &str) -> Option<Mode> {
        match name.to_ascii_lowercase().as_str() {
            "maj" | "ionian" => Some(Mode::Major),
            "m" | "min" | "aeolian" => Some(Mode::Minor),
            name => Mode::ALL.into_iter().find(|mode| mode.name() == name),
        }
    }

    /// Sharps that the mode takes away from the major key of the same tonic: 0 for major, 3 for minor.
    pub fn fifths_below_major(self) -> i32 {
        match self {
            Mode::Lydian => -1,
            Mode::Major => 0,
            Mode::Mixolydian => 1,
            Mode::Dorian => 2,
            Mode::Minor => 3,
            Mode::Phrygian => 4,
            Mode::Locrian => 5,
        }
    }

    /// Whether the tonic triad has a minor third.
    pub fn is_minor(self) -> bool {
        self.fifths_below_major() >= 2
    }
}

/// A key: tonic and mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Key {
    /// First degree, as spelled.
    pub tonic: NoteName,
    /// Mode.
    pub mode: Mode,
}

impl Key {
    /// C major.
    pub const C_MAJOR: Key = Key { tonic: NoteName { step: Step::C, alter: 0 }, mode: Mode::Major };

    /// A key.
    pub fn new(tonic: NoteName, mode: Mode) -> Key {
        Key { tonic, mode }
    }

    /// Sharps (positive) or flats (negative) in the signature; beyond ±7 for keys no one writes, such as G# major.
    pub fn fifths(self) -> i32 {
        self.tonic.fifths() - self.mode.fifths_below_major()
    }

    /// The key of a signature and mode.
    pub fn from_fifths(fifths: i32, mode: Mode) -> Key {
        Key { tonic: NoteName::from_fifths(fifths + mode.fifths_below_major()), mode }
    }

    /// The usual spelling of the key on a pitch class: the one with the fewest accidentals, flats at a tie in
    /// major (D♭, G♭), and in minor E♭ rather than D♯.
    pub fn from_pitch_class(tonic: u8, mode: Mode) -> Key {
        let best = (-7..=7)
            .map(|fifths| Key::from_fifths(fifths, mode))
            .filter(|key| key.tonic.pitch_class() == tonic % 12)
            .min_by_key(|key| (key.fifths().abs(), key.fifths()));
        best.unwrap_or(Key::C_MAJOR)
    }

    /// The key with at most seven sharps or flats that sounds the same.
    pub fn simplified(self) -> Key {
        if self.fifths().abs() <= 7 {
            self
        } else {
            Key::from_pitch_class(self.tonic.pitch_class(), self.mode)
        }
    }

    /// This key moved by a spelled interval; the key that sounds the same where no signature has so many accidentals.
    pub fn transpose(self, by: Interval) -> Key {
        Key::new(self.tonic.transpose(by), self.mode).simplified()
    }

    /// The seven notes of the scale, from the tonic.
    pub fn scale(self) -> [NoteName; 7] {
        let lowest = self.fifths() - 1;
        let names: Vec<NoteName> = (lowest..lowest + 7).map(NoteName::from_fifths).collect();
        std::array::from_fn(|degree| {
            let step = Step::from_index(self.tonic.step.index() + degree as i32);
            names.iter().copied().find(|name| name.step == step).unwrap_or(self.tonic)
        })
    }

    /// The accidental the signature gives a letter: −1, 0 or 1 (±2 beyond seven sharps or flats).
    pub fn signature_alter(self, step: Step) -> i8 {
        self.scale().into_iter().find(|name| name.step == step).map_or(0, |name| name.alter)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tonic, self.mode.name())
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.to_string()
    }
}

/// A key that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a key: write a tonic and a mode, as in 'Eb major', 'F# minor' or 'Dm'")]
pub struct KeyError(pub String);

impl FromStr for Key {
    type Err = KeyError;
    /// Reads `Eb major`, `F# minor`, `D dorian`; `C` alone is C major, `Dm` is D minor.
    fn from_str(text: &str) -> Result<Key, KeyError> {
        let fail = || KeyError(text.to_string());
        let (tonic, mode) = take_note_name(text.trim()).ok_or_else(fail)?;
        let mode = mode.trim();
        let mode = if mode.is_empty() { Some(Mode::Major) } else { Mode::from_name(mode) };
        let key = Key::new(tonic, mode.ok_or_else(fail)?);
        if key.fifths().abs() <= 14 { Ok(key) } else { Err(fail()) }
    }
}

impl TryFrom<String> for Key {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Key, KeyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect(text)
    }

    #[test]
    fn signatures() {
        for (text, fifths) in [
            ("C", 0),
            ("Eb major", -3),
            ("F# minor", 3),
            ("D dorian", 0),
            ("Dm", -1),
            ("G mixolydian", 0),
            ("Cb", -7),
        ] {
            assert_eq!(key(text).fifths(), fifths, "{text}");
        }
        assert_eq!(key("G# major").simplified().to_string(), "Ab major");
    }

    #[test]
    fn scales_are_spelled() {
        let names = |text: &str| key(text).scale().map(|name| name.to_string()).join(" ");
        assert_eq!(names("Eb"), "Eb F G Ab Bb C D");
        assert_eq!(names("F# minor"), "F# G# A B C# D E");
        assert_eq!(names("D dorian"), "D E F G A B C");
    }
}
