//! `bars 9-16: chords same as bars 1-8`: an exact repeat of the chords.

use std::fmt;

use super::error::ConstraintError;
use super::frame::{Frame, Span};
use super::limits::{Layer, Limits};
use super::place::Place;
use super::reader::Reader;
use super::same_as::{pairs, repeat, same_chords, source};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// The bars have the chords of other bars, as [`SameAs`](super::SameAs) has it; the melody is free.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChordsSameAs {
    /// The bars that repeat.
    pub place: Place,
    /// The bars whose chords they repeat: as many.
    pub source: Place,
}

impl ChordsSameAs {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let source = source(reader, "the bars to repeat, as in 'bars 9-16: chords same as bars 1-8'")?;
        Ok(Constraint::ChordsSameAs(ChordsSameAs { place, source }))
    }

    fn pairs(&self, frame: &Frame) -> Result<Vec<(Span, Span)>, ConstraintError> {
        pairs(self, (&self.place, &self.source), frame)
    }
}

impl Kind for ChordsSameAs {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        Ok(self.pairs(frame)?.into_iter().all(|(copy, source)| same_chords(sheet, copy, source)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        repeat(&self.pairs(frame)?, Layer::Chords, limits);
        Ok(())
    }
}

impl fmt::Display for ChordsSameAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}chords same as {}", self.place.prefix(), self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::test_sheet::{compiled, holds, page, sheet, unreadable};

    #[test]
    fn the_chords_repeat_and_the_melody_is_free() {
        for (chords, wanted) in
            [("C 8, Gb 9", true), ("C 8, Gb 10", false), ("C 8, Gb7 9", false), ("C 8, Gb 9, Gb 10", false)]
        {
            let sheet = sheet(&format!("C 0, F# 1, {chords}"), "C4 0 1");
            assert_eq!(holds("bars 3-4: chords same as bars 1-2", &sheet, &page()), wanted, "{chords}");
            assert!(!holds("bars 3-4: same as bars 1-2", &sheet, &page()));
        }
    }

    #[test]
    fn only_the_chords_are_tied() {
        let limits = compiled("bars 3-4: chords same as section A", &page()).expect("limits");
        assert_eq!(limits.same.iter().map(|same| same.layer).collect::<Vec<_>>(), [Layer::Chords]);
        assert!(compiled("bars 1-2: chords same as bar 3", &page()).is_err());
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("bar 2: chords smae as bar 1", 15, "bar 2: chords same as bar 1"),
            ("bar 2: chord same as bar 1", 14, "bar 2: chords same as bar 1"),
            ("bar 2: chords same as 1", 23, "bar 2: chords same as bars 1-8"),
            ("chords same as bar 1", 1, "bars 9-16: chords same as bars 1-8"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
