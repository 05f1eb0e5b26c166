//! `range C4..G5`: how low and how high.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::pitch_set::PitchSet;
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::{LeadSheet, Pitch};

/// Every note that sounds in the place lies between these pitches, both included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PitchRange {
    /// Where.
    pub place: Place,
    /// The lowest pitch allowed.
    pub lowest: Pitch,
    /// The highest, not below the lowest.
    pub highest: Pitch,
}

impl PitchRange {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let start = reader.clone();
        let lowest = reader.pitch()?;
        if !reader.eat_to() {
            return Err(reader.expected("'..' and the highest pitch, as in 'range C4..G5'"));
        }
        let highest = reader.pitch()?;
        if lowest.midi() > highest.midi() {
            return Err(start.expected(format!("the lower pitch first: {highest}..{lowest}")));
        }
        Ok(Constraint::Range(PitchRange { place, lowest, highest }))
    }
}

impl Kind for PitchRange {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let (low, high) = (self.lowest.midi(), self.highest.midi());
        Ok(sheet.melody().notes.iter().all(|note| {
            let sounds = spans.iter().any(|&(from, to)| note.onset < to && from < note.end());
            !sounds || (low <= note.pitch.midi() && note.pitch.midi() <= high)
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let allowed = PitchSet::range(self.lowest.midi()..=self.highest.midi());
        let spans = frame.spans(&self.place)?;
        limits.melody.extend(spans.into_iter().map(|(from, to)| MelodyLimit::Sounding { from, to, allowed }));
        Ok(())
    }
}

impl fmt::Display for PitchRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}range {}..{}", self.place.prefix(), self.lowest, self.highest)
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, page_with_pickup, sheet, sheet_with_pickup};

    #[test]
    fn every_note_that_sounds_in_the_place_is_within() {
        let sheet = sheet("", "C4 0 3, G5 3 2, E4 8 1");
        for (text, wanted) in [
            ("range C4..G5", true),
            ("range B#3..Abb5", true),
            ("range C#4..G5", false),
            ("bar 2: range C4..C5", false),
            ("bar 3: range C4..C5", true),
            ("bar 1.4: range G5..G5", true),
            ("bar 4: range C9..D9", true),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn the_pickup_is_part_of_everywhere() {
        let sheet = sheet_with_pickup("", "G3 -1 1, C5 0 4");
        assert!(!holds("range C4..G5", &sheet, &page_with_pickup()));
        assert!(holds("bars 1-4: range C4..G5", &sheet, &page_with_pickup()));
    }
}
