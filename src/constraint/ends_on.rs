//! `ends on 1`: the last note.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::tone::{Tone, is_one_of, listed, pitches_of};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// The last sounding note of the sheet is one of these; and there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndsOn {
    /// The notes, one or more.
    pub tones: Vec<Tone>,
}

impl EndsOn {
    pub(super) fn read(_: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        Ok(Constraint::EndsOn(EndsOn { tones: reader.list(Tone::read)? }))
    }
}

impl Kind for EndsOn {
    fn place(&self) -> &Place {
        &Place::Everywhere
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        Ok(sheet.melody().notes.last().is_some_and(|note| is_one_of(&self.tones, note.pitch, frame.key)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        limits.melody.push(MelodyLimit::Last { allowed: pitches_of(&self.tones, frame.key) });
        Ok(())
    }
}

impl fmt::Display for EndsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ends on {}", listed(&self.tones))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn the_last_sounding_note_is_meant() {
        let early = sheet("", "G4 2 1, C4 4 1");
        for (text, wanted) in [
            ("ends on 1", true),
            ("ends on 5", false),
            ("ends on C", true),
            ("ends on C4", true),
            ("ends on C5", false),
            ("ends on 5 1", true),
            ("ends on 5 C5", false),
        ] {
            assert_eq!(holds(text, &early, &page()), wanted, "{text}");
        }
        assert!(!holds("ends on 1", &sheet("", ""), &page()));
    }
}
