//! `bars 9-16: melody same as bars 1-8`: an exact repeat of the melody.

use std::fmt;

use super::error::ConstraintError;
use super::frame::{Frame, Span};
use super::limits::{Layer, Limits};
use super::place::Place;
use super::reader::Reader;
use super::same_as::{pairs, repeat, same_notes, source};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// The bars have the melody of other bars, as [`SameAs`](super::SameAs) has it; the chords are free.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MelodySameAs {
    /// The bars that repeat.
    pub place: Place,
    /// The bars whose melody they repeat: as many.
    pub source: Place,
}

impl MelodySameAs {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let source = source(reader, "the bars to repeat, as in 'bars 9-16: melody same as bars 1-8'")?;
        Ok(Constraint::MelodySameAs(MelodySameAs { place, source }))
    }

    fn pairs(&self, frame: &Frame) -> Result<Vec<(Span, Span)>, ConstraintError> {
        pairs(self, (&self.place, &self.source), frame)
    }
}

impl Kind for MelodySameAs {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        Ok(self.pairs(frame)?.into_iter().all(|(copy, source)| same_notes(sheet, copy, source)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        repeat(&self.pairs(frame)?, Layer::Melody, limits);
        Ok(())
    }
}

impl fmt::Display for MelodySameAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}melody same as {}", self.place.prefix(), self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::test_sheet::{compiled, holds, page, sheet, unreadable};

    #[test]
    fn the_melody_repeats_and_the_chords_are_free() {
        let first = "C4 0 1, D4 1 3, ";
        for (notes, wanted) in
            [("C4 8 1, D4 9 3", true), ("C4 8 1, D4 9 2", false), ("C4 8 1, E4 9 3", false), ("", false)]
        {
            let sheet = sheet("C 0, F 9", &format!("{first}{notes}"));
            assert_eq!(holds("bars 3-4: melody same as bars 1-2", &sheet, &page()), wanted, "{notes}");
            assert!(!wanted || !holds("bars 3-4: same as bars 1-2", &sheet, &page()));
        }
    }

    #[test]
    fn the_earlier_bars_are_the_source() {
        let limits = compiled("bar 1: melody same as bar 3", &page()).expect("limits");
        let same: Vec<_> = limits.same.iter().map(|same| (same.from > same.source, same.layer)).collect();
        assert_eq!(same, [(true, Layer::Melody)]);
        assert!(compiled("bars 1-2: melody same as bar 3", &page()).is_err());
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("bar 2: melody sme as bar 1", 15, "bar 2: melody same as bar 1"),
            ("bar 2: melody as bar 1", 15, "bar 2: melody same as bar 1"),
            ("bar 2: melody same bar 1", 15, "bar 2: melody same as bars 1-8"),
            ("bar 2: melody same as br 1", 23, "bar 2: melody same as bar 1"),
            ("melody same as bar 1", 1, "bars 9-16: melody same as bars 1-8"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
