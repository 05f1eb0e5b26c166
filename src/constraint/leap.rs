//! `leap <= 7`: how far the melody jumps.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// No note that starts in the place is further from the note that sounded before it, wherever that is: across rests,
/// bar lines and seams.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leap {
    /// Where.
    pub place: Place,
    /// The widest leap allowed, in semitones.
    pub semitones: u32,
}

impl Leap {
    /// The widest leap that can be asked for: from the lowest MIDI note to the highest.
    pub const WIDEST: u32 = 127;

    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        reader.eat_at_most()?;
        let semitones = reader.count("'<=' and semitones, as in 'leap <= 7'", Self::WIDEST)?;
        Ok(Constraint::Leap(Leap { place, semitones }))
    }
}

impl Kind for Leap {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let notes = &sheet.melody().notes;
        Ok(notes.iter().zip(notes.iter().skip(1)).all(|(before, note)| {
            let bound = spans.iter().any(|&(from, to)| from <= note.onset && note.onset < to);
            !bound || before.pitch.midi().abs_diff(note.pitch.midi()) <= self.semitones
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let spans = frame.spans(&self.place)?;
        limits.melody.extend(spans.into_iter().map(|(from, to)| MelodyLimit::Leap {
            from,
            to,
            max: self.semitones,
        }));
        Ok(())
    }
}

impl fmt::Display for Leap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}leap <= {}", self.place.prefix(), self.semitones)
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn leaps_are_measured_across_rests_and_bar_lines() {
        let sheet = sheet("", "C4 0 1, G4 1 1, C5 6 1, B4 8 1, C4 12 1");
        for (text, wanted) in [
            ("leap <= 11", true),
            ("leap <= 10", false),
            ("bars 1-2: leap <= 7", true),
            ("bars 1-2: leap <= 6", false),
            ("bar 2: leap <= 5", true),
            ("bar 2: leap <= 4", false),
            ("bar 3: leap <= 1", true),
            ("bar 3: leap <= 0", false),
            ("bar 4: leap <= 10", false),
            ("bar 1.1: leap <= 0", true),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }
}
