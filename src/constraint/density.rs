//! `bars 1-4: density 3..6`: notes in a bar.

use std::fmt;
use std::ops::RangeInclusive;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::{Reader, counted};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// So many notes start in each bar; a note held over from the bar before does not count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Density {
    /// Which bars.
    pub place: Place,
    /// How many.
    pub count: RangeInclusive<u32>,
}

impl Density {
    /// The most that can be asked for.
    pub const MOST: u32 = 64;

    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let count = reader.counts("notes in a bar", Self::MOST)?;
        Ok(Constraint::Density(Density { place, count }))
    }
}

impl Kind for Density {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let bars = frame.bars(&self.place)?;
        Ok(bars.into_iter().all(|(from, to)| {
            let onsets = sheet.melody().starting_in(from, to).len();
            u32::try_from(onsets).is_ok_and(|onsets| self.count.contains(&onsets))
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let (min, max) = (*self.count.start(), *self.count.end());
        let bars = frame.bars(&self.place)?;
        limits.melody.extend(bars.into_iter().map(|(from, to)| MelodyLimit::Count { from, to, min, max }));
        Ok(())
    }
}

impl fmt::Display for Density {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}density {}", self.place.prefix(), counted(&self.count))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, page_with_pickup, sheet, sheet_with_pickup};

    #[test]
    fn onsets_are_counted_bar_by_bar() {
        let sheet = sheet("", "C4 0 1, D4 1 1, E4 3 2, F4 5 1, G4 8 8");
        for (text, wanted) in [
            ("bar 1: density 3", true),
            ("bar 2: density 1", true),
            ("bar 4: density 0", true),
            ("density 0..3", true),
            ("density 1..3", false),
            ("bars 1-3: density 1..3", true),
            ("bars 1-3: density 1..2", false),
            ("section B: density 1", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn the_pickup_counts_only_when_named() {
        let sheet = sheet_with_pickup("", "G4 -1 0.5, A4 -0.5 0.5, C5 0 4, C5 4 4, C5 8 4, C5 12 4");
        assert!(holds("density 1", &sheet, &page_with_pickup()));
        assert!(holds("bar 0: density 2", &sheet, &page_with_pickup()));
        assert!(!holds("bars 0-1: density 1", &sheet, &page_with_pickup()));
    }
}
