//! `chord tones on strong beats`: what the melody has where it weighs.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// Every note that starts in the place on a strong beat is a tone of the chord that sounds there, its bass included.
/// Strong are the downbeat and the half bar, or what stands for it ([`Meter::strength`](crate::music::Meter::strength) 0 and 1). Nothing is
/// asked under N.C. or before the first chord, nor of notes held over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChordTones {
    /// Where.
    pub place: Place,
}

impl ChordTones {
    pub(super) fn read(place: Place, _: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        Ok(Constraint::ChordTones(ChordTones { place }))
    }
}

impl Kind for ChordTones {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let mut notes = spans.into_iter().flat_map(|(from, to)| sheet.melody().starting_in(from, to));
        Ok(notes.all(|note| {
            let tones = sheet.chart().sounding_at(note.onset).map_or(0, |chord| chord.pitch_classes());
            let weak = frame.meter.strength(note.onset) > 1;
            weak || tones == 0 || tones & (1 << note.pitch.midi().rem_euclid(12)) != 0
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let spans = frame.spans(&self.place)?;
        limits.melody.extend(spans.into_iter().map(|(from, to)| MelodyLimit::ChordTones { from, to }));
        Ok(())
    }
}

impl fmt::Display for ChordTones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}chord tones on strong beats", self.place.prefix())
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{
        holds, page, page_with_pickup, sheet, sheet_with_pickup, unreadable,
    };

    const TEXT: &str = "chord tones on strong beats";

    #[test]
    fn strong_beats_have_tones_of_the_chord_that_sounds() {
        for (chords, notes, wanted) in [
            ("C 0", "E4 0 1, F4 1 1, G4 2 1, A4 3 1", true),
            ("C 0", "F4 0 1", false),
            ("C 0", "E4 0 1, F4 2 1", false),
            ("C 0", "E4 0 1, F4 2.5 1", true),
            ("C 0, F 2", "E4 0 1, F4 2 1", true),
            ("C 0, F 4", "F4 3 2, E4 5 1", true),
            ("C/D 0", "D4 0 1", true),
            ("C7 0", "Bb4 0 1", true),
            ("C 0, N.C. 4, C 8", "C#4 4 1, C#4 6 1", true),
            ("C 2", "C#4 0 1", true),
            ("C 2", "C#4 2 1", false),
        ] {
            assert_eq!(holds(TEXT, &sheet(chords, notes), &page()), wanted, "{chords} / {notes}");
        }
    }

    #[test]
    fn only_the_place_is_bound() {
        let sheet = sheet("C 0", "F4 0 1, E4 4 1, D4 6 1");
        for (place, wanted) in
            [("", false), ("bar 1: ", false), ("bar 2: ", false), ("bar 2.1: ", true), ("bars 3-4: ", true)]
        {
            assert_eq!(holds(&format!("{place}{TEXT}"), &sheet, &page()), wanted, "{place}");
        }
        let pickup = sheet_with_pickup("C -1", "D4 -1 1, C4 0 1");
        assert!(holds(TEXT, &pickup, &page_with_pickup()), "the fourth beat is weak");
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("chord tone on strong beats", 7, TEXT),
            ("chord tones on strong beat", 7, TEXT),
            ("bar 4: chord tones on strng beats", 14, "bar 4: chord tones on strong beats"),
            ("chrod tones on strong beats", 1, TEXT),
            ("chord tones on strong beats 3", 29, TEXT),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
