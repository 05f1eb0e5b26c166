//! `no note F#`: notes that never sound.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::tone::{Tone, is_one_of, listed, pitches_of};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// None of these notes sounds anywhere in the place: not even held over into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoNote {
    /// Where.
    pub place: Place,
    /// The notes ruled out, one or more; compared by sound.
    pub tones: Vec<Tone>,
}

impl NoNote {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        reader.eat_word("in");
        Ok(Constraint::NoNote(NoNote { place, tones: reader.list(Tone::read)? }))
    }
}

impl Kind for NoNote {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let ruled_out = |note: &&crate::music::Note| is_one_of(&self.tones, note.pitch, frame.key);
        let mut wrong = sheet.melody().notes.iter().filter(ruled_out);
        Ok(!wrong.any(|note| spans.iter().any(|&(from, to)| note.onset < to && note.end() > from)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let allowed = pitches_of(&self.tones, frame.key).complement();
        let spans = frame.spans(&self.place)?;
        limits.melody.extend(spans.into_iter().map(|(from, to)| MelodyLimit::Sounding { from, to, allowed }));
        Ok(())
    }
}

impl fmt::Display for NoNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}no note {}", self.place.prefix(), listed(&self.tones))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn none_of_them_sounds_not_even_held_over() {
        let sheet = sheet("", "E4 0 2, G4 3 1.5, Bb4 8 4");
        for (text, wanted) in [
            ("no note F#", true),
            ("no note A#", false),
            ("no note b7", false),
            ("no note Bb5", true),
            ("no note C, D, E", false),
            ("bar 2: no note G", false),
            ("bar 2.2: no note G", true),
            ("bar 2: no note E", true),
            ("section A: no note A#4", true),
            ("section B: no note A#4", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }
}
