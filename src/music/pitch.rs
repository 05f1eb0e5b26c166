//! Spelled note names and pitches.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::interval::Interval;

/// A letter name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the seven letters say what they are")]
pub enum Step {
    C,
    D,
    E,
    F,
    G,
    A,
    B,
}

impl Step {
    /// The letters from C upwards.
    pub const ALL: [Step; 7] = [Step::C, Step::D, Step::E, Step::F, Step::G, Step::A, Step::B];

    /// The letter so many places above C, wrapping round the octave.
    pub fn from_index(index: i32) -> Step {
        Self::ALL[index.rem_euclid(7) as usize]
    }

    /// Places above C: 0 to 6.
    pub fn index(self) -> i32 {
        self as i32
    }

    /// Semitones of the natural above C: 0, 2, 4, 5, 7, 9, 11.
    pub fn semitones(self) -> i32 {
        [0, 2, 4, 5, 7, 9, 11][self as usize]
    }

    /// The letter as printed.
    pub fn letter(self) -> char {
        ['C', 'D', 'E', 'F', 'G', 'A', 'B'][self as usize]
    }

    /// The letter of either case.
    pub fn from_letter(letter: char) -> Option<Step> {
        Self::ALL.into_iter().find(|step| step.letter() == letter.to_ascii_uppercase())
    }
}

/// A note name without an octave, as spelled: `C`, `F#`, `Bb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NoteName {
    /// The letter.
    pub step: Step,
    /// Sharps (positive) or flats (negative), −3 to 3.
    pub alter: i8,
}

impl NoteName {
    /// A note name; the alteration is kept within ±3.
    pub fn new(step: Step, alter: i32) -> NoteName {
        NoteName { step, alter: alter.clamp(-3, 3) as i8 }
    }

    /// The pitch class: semitones above C, 0 to 11.
    pub fn pitch_class(self) -> u8 {
        (self.step.semitones() + i32::from(self.alter)).rem_euclid(12) as u8
    }

    /// Place on the line of fifths: C is 0, G 1, F −1, B♭ −2.
    pub fn fifths(self) -> i32 {
        [0, 2, 4, -1, 1, 3, 5][self.step as usize] + 7 * i32::from(self.alter)
    }

    /// The name at a place on the line of fifths, between −22 and 26.
    pub fn from_fifths(fifths: i32) -> NoteName {
        let fifths = fifths.clamp(-22, 26);
        let step = Step::from_index((fifths + 1).rem_euclid(7) * 4 + 3);
        NoteName::new(step, (fifths + 1).div_euclid(7))
    }

    /// This name moved by a spelled interval. Beyond triple accidentals the letter gives way to the nearest
    /// enharmonic name, so the pitch class is always right.
    pub fn transpose(self, by: Interval) -> NoteName {
        let step = Step::from_index(self.step.index() + by.steps);
        let target = i32::from(self.pitch_class()) + by.semitones;
        let alter = (target - step.semitones() + 6).rem_euclid(12) - 6;
        if alter.abs() <= 3 {
            NoteName::new(step, alter)
        } else {
            NoteName::from_fifths((target.rem_euclid(12) * 7 + 5).rem_euclid(12) - 5)
        }
    }

    /// The upward interval, less than an octave, from this name to another.
    pub fn interval_to(self, other: NoteName) -> Interval {
        let steps = (other.step.index() - self.step.index()).rem_euclid(7);
        let natural =
            other.step.semitones() - self.step.semitones() + if other.step < self.step { 12 } else { 0 };
        Interval::new(steps, natural + i32::from(other.alter) - i32::from(self.alter))
    }
}

impl fmt::Display for NoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.step.letter())?;
        let sign = if self.alter < 0 { 'b' } else { '#' };
        (0..self.alter.unsigned_abs()).try_for_each(|_| write!(f, "{sign}"))
    }
}

/// A note name or pitch that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a note: write a letter A to G, # or b, and for a pitch an octave, as in F#4")]
pub struct PitchError(pub String);

/// Splits a leading note name (`Bb`, `F♯`, `C##`, `Gx`) off a text; `None` if there is none. At most three
/// accidentals belong to the name. A lower-case letter is read too.
pub fn take_note_name(text: &str) -> Option<(NoteName, &str)> {
    let mut chars = text.chars();
    let step = Step::from_letter(chars.next()?)?;
    let mut alter = 0i32;
    let mut rest = chars.as_str();
    while let Some(sign) = rest.chars().next() {
        let change = match sign {
            '#' | '♯' => 1,
            'b' | '♭' => -1,
            'x' | '𝄪' if alter == 0 => 2,
            '𝄫' if alter == 0 => -2,
            '♮' if alter == 0 => 0,
            _ => break,
        };
        if (alter + change).abs() > 3 || (alter != 0 && change.signum() != alter.signum()) {
            break;
        }
        alter += change;
        rest = &rest[sign.len_utf8()..];
    }
    Some((NoteName::new(step, alter), rest))
}

impl FromStr for NoteName {
    type Err = PitchError;
    fn from_str(text: &str) -> Result<NoteName, PitchError> {
        match take_note_name(text) {
            Some((name, "")) => Ok(name),
            _ => Err(PitchError(text.to_string())),
        }
    }
}

/// A spelled pitch: a note name in an octave. Middle C is C4, MIDI note 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pitch {
    /// Letter and accidental.
    pub name: NoteName,
    /// Octave of the letter: C4 to B4 hold middle C and the A above it. −1 to 9.
    pub octave: i8,
}

impl Pitch {
    /// A pitch; the octave is kept within −1 to 9.
    pub fn new(name: NoteName, octave: i32) -> Pitch {
        Pitch { name, octave: octave.clamp(-1, 9) as i8 }
    }

    /// Semitones above MIDI note 0; 60 is middle C. May leave 0 to 127 only for names such as Cb-1.
    pub fn midi(self) -> i32 {
        (i32::from(self.octave) + 1) * 12 + self.name.step.semitones() + i32::from(self.name.alter)
    }

    /// The pitch of a MIDI note number under the given name. Where the name is of another pitch class, or would need
    /// an octave that there is not (note 0 as B♯), the natural or its nearest neighbour is used.
    pub fn from_midi(midi: i32, name: NoteName) -> Pitch {
        let octave =
            |name: NoteName| (midi - name.step.semitones() - i32::from(name.alter)).div_euclid(12) - 1;
        let fits = i32::from(name.pitch_class()) == midi.rem_euclid(12) && (-1..=9).contains(&octave(name));
        let plain = NoteName::from_fifths((midi.rem_euclid(12) * 7 + 5).rem_euclid(12) - 5);
        let name = if fits { name } else { plain };
        Pitch::new(name, octave(name))
    }

    /// Letter steps above C0; neighbours on the staff differ by one.
    pub fn diatonic(self) -> i32 {
        i32::from(self.octave) * 7 + self.name.step.index()
    }

    /// This pitch moved by a spelled interval.
    pub fn transpose(self, by: Interval) -> Pitch {
        Pitch::from_midi(self.midi() + by.semitones, self.name.transpose(by))
    }
}

impl fmt::Display for Pitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.octave)
    }
}

impl FromStr for Pitch {
    type Err = PitchError;
    fn from_str(text: &str) -> Result<Pitch, PitchError> {
        let fail = || PitchError(text.to_string());
        let (name, octave) = take_note_name(text).ok_or_else(fail)?;
        let octave: i32 = octave.parse().map_err(|_| fail())?;
        if (-1..=9).contains(&octave) { Ok(Pitch::new(name, octave)) } else { Err(fail()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifths_and_names_agree() {
        for fifths in -22..=26 {
            assert_eq!(NoteName::from_fifths(fifths).fifths(), fifths);
        }
        assert_eq!(NoteName::from_fifths(-2).to_string(), "Bb");
        assert_eq!(NoteName::from_fifths(6).to_string(), "F#");
    }

    #[test]
    fn pitches_round_trip_and_sound_right() {
        for (text, midi) in
            [("C4", 60), ("A4", 69), ("Cb4", 59), ("B#3", 60), ("Ebb5", 74), ("F##2", 43), ("C-1", 0)]
        {
            let pitch: Pitch = text.parse().expect(text);
            assert_eq!(pitch.midi(), midi, "{text}");
            assert_eq!(pitch.to_string(), text);
            assert_eq!(Pitch::from_midi(midi, pitch.name), pitch, "{text}");
        }
    }

    #[test]
    fn transposition_keeps_spelling() {
        let third = Interval::new(2, 3);
        assert_eq!("A4".parse::<Pitch>().expect("A4").transpose(third).to_string(), "C5");
        assert_eq!("Db4".parse::<Pitch>().expect("Db4").transpose(third).to_string(), "Fb4");
        assert_eq!("B4".parse::<Pitch>().expect("B4").transpose(-third).to_string(), "G#4");
        let (f, b): (NoteName, NoteName) = ("F".parse().expect("F"), "B".parse().expect("B"));
        assert_eq!(f.interval_to(b), Interval::new(3, 6));
        assert_eq!(b.interval_to(f), Interval::new(4, 6));
    }

    #[test]
    fn unreadable_pitches_are_refused() {
        for text in ["", "H4", "C", "C10", "C4x", "4", "Cbbbb4", "♭4"] {
            assert!(text.parse::<Pitch>().is_err(), "{text}");
        }
    }
}
