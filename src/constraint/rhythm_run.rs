//! `bars 5-6: rhythm 1 1/2 1/2 r:1 2`: exactly this rhythm.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::Limits;
use super::pitch_set::PitchSet;
use super::place::Place;
use super::reader::Reader;
use super::timed::{self, Timed};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// From the start of the place on, exactly notes and rests of these lengths; nothing is held over into them. Pitches are
/// free, and what follows is, if the place is longer. In each section, where a label recurs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RhythmRun {
    /// Where it begins, and into what it has to fit; from a beat on it may run to the end of the sheet.
    pub place: Place,
    /// The notes, of any pitch, and rests; one or more.
    pub notes: Vec<Timed<()>>,
}

impl RhythmRun {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        Ok(Constraint::RhythmRun(RhythmRun { place, notes: reader.list(timed_note)? }))
    }
}

/// Reads `1/2` or `r:1`.
fn timed_note(reader: &mut Reader<'_>) -> Result<Timed<()>, ConstraintError> {
    match timed::rest(reader)? {
        Some(rest) => Ok(rest),
        None => Ok(Timed { note: Some(()), length: timed::length(reader)? }),
    }
}

impl Kind for RhythmRun {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let starts = timed::starts(self, &self.place, &self.notes, frame)?;
        Ok(starts.into_iter().all(|start| timed::is_played(&self.notes, start, sheet, |(), _| true)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        for start in timed::starts(self, &self.place, &self.notes, frame)? {
            limits.melody.extend(timed::limits(&self.notes, start, |()| PitchSet::ALL));
        }
        Ok(())
    }
}

impl fmt::Display for RhythmRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}rhythm", self.place.prefix())?;
        self.notes.iter().try_for_each(|timed| {
            let rest = if timed.note.is_some() { "" } else { "r:" };
            write!(f, " {rest}{}", timed.length)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::MelodyLimit;
    use crate::constraint::test_sheet::{compiled, holds, page, sheet, unreadable};

    #[test]
    fn lengths_and_rests_are_exact_and_pitches_free() {
        let sheet = sheet("", "E4 0 1, G4 1 0.5, A4 1.5 0.5, G4 2 1, C5 4 1.5, B4 7 2");
        for (text, wanted) in [
            ("bar 1: rhythm 1 1/2 1/2 1 r:1", true),
            ("bar 1: rhythm 1 1/2 1/2 1", true),
            ("bar 1: rhythm 1 1/2 1/2 2", false),
            ("bar 1: rhythm 1 1 1 r:1", false),
            ("bar 1: rhythm 1 r:1", false),
            ("bars 2-3: rhythm 1.5 r:1 r:1/2 2 r:3", true),
            ("bars 2-3: rhythm 1.5 r:1 r:1/2 1", false),
            ("bar 3: rhythm 1", false),
            ("bar 3: rhythm r:1", false),
            ("bar 2.4: rhythm 2", true),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn no_pitch_is_named() {
        let limits = compiled("bar 2: rhythm 1 r:1", &page()).expect("limits");
        assert!(limits.named_pitches().is_empty());
        assert!(matches!(limits.melody.as_slice(), [MelodyLimit::Note { .. }, MelodyLimit::Sounding { .. }]));
        let error = compiled("bar 2: rhythm 5", &page()).map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.contains("1 quarter longer than the place has")));
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("bar 1: rhythm 1 r 1/2", 17, "bar 1: rhythm 1 r:1 1/2"),
            ("bar 1: rhythm 1 1/x", 17, "bar 1: rhythm 1 1/2 1/2 2"),
            ("bar 1: rhythm 1001", 15, "bar 1: rhythm 1 1/2 1/2 2"),
            ("bar 1: rhytm 1 2", 8, "bar 1: rhythm 1 2"),
            ("rhythm 1 2", 1, "bars 5-6: rhythm 1 1/2 1/2 2"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
