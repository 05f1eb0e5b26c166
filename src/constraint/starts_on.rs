//! `starts on 5`: the first note.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::tone::{Tone, is_one_of, listed, pitches_of};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// The first sounding note of the sheet, in the pickup if it has notes, is one of these; and there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StartsOn {
    /// The notes, one or more.
    pub tones: Vec<Tone>,
}

impl StartsOn {
    pub(super) fn read(_: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        Ok(Constraint::StartsOn(StartsOn { tones: reader.list(Tone::read)? }))
    }
}

impl Kind for StartsOn {
    fn place(&self) -> &Place {
        &Place::Everywhere
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        Ok(sheet.melody().notes.first().is_some_and(|note| is_one_of(&self.tones, note.pitch, frame.key)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        limits.melody.push(MelodyLimit::First { allowed: pitches_of(&self.tones, frame.key) });
        Ok(())
    }
}

impl fmt::Display for StartsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "starts on {}", listed(&self.tones))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, page_with_pickup, sheet, sheet_with_pickup};

    #[test]
    fn the_first_sounding_note_is_meant() {
        let late = sheet("", "G4 2 1, C4 4 1");
        for (text, wanted) in [
            ("starts on 5", true),
            ("starts on 1", false),
            ("starts on G", true),
            ("starts on Abb4", true),
            ("starts on G5", false),
            ("starts on 1 3 5", true),
            ("starts on 1 E C4", false),
            ("starts on G5, G4", true),
        ] {
            assert_eq!(holds(text, &late, &page()), wanted, "{text}");
        }
        assert!(!holds("starts on 5", &sheet("", ""), &page()));
        assert!(holds("starts on 5", &sheet_with_pickup("", "G4 -1 1, C5 0 1"), &page_with_pickup()));
    }
}
