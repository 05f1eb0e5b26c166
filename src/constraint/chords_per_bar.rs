//! `chords per bar 1..2`: the pace of the changes.

use std::fmt;
use std::ops::RangeInclusive;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{ChartLimit, Limits};
use super::place::Place;
use super::reader::{Reader, counted};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// In each bar at least the lower number of chords begin, and at most the upper number sound: a chord held over from
/// the bar before sounds in this one without beginning in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChordsPerBar {
    /// Which bars.
    pub place: Place,
    /// How many.
    pub count: RangeInclusive<u32>,
}

impl ChordsPerBar {
    /// The most that can be asked for.
    pub const MOST: u32 = 64;

    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let count = reader.counts("chords in a bar", Self::MOST)?;
        Ok(Constraint::ChordsPerBar(ChordsPerBar { place, count }))
    }
}

impl Kind for ChordsPerBar {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let chart = sheet.chart();
        Ok(frame.bars(&self.place)?.into_iter().all(|(from, to)| {
            let written = chart.written_in(from, to);
            let held =
                written.first().is_none_or(|first| first.at > from) && chart.sounding_at(from).is_some();
            written.len() >= *self.count.start() as usize
                && written.len() + usize::from(held) <= *self.count.end() as usize
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let (min, max) = (*self.count.start(), *self.count.end());
        let bars = frame.bars(&self.place)?;
        limits.chart.extend(bars.into_iter().map(|(from, to)| ChartLimit::Count { from, to, min, max }));
        Ok(())
    }
}

impl fmt::Display for ChordsPerBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}chords per bar {}", self.place.prefix(), counted(&self.count))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, page_with_pickup, sheet, sheet_with_pickup};

    #[test]
    fn chords_held_over_count_among_those_that_sound_but_not_that_begin() {
        let sheet = sheet("C 0, F 4, G 6, Am 10, Dm 12", "");
        for (text, wanted) in [
            ("chords per bar 1..2", true),
            ("bar 2: chords per bar 2", true),
            ("bar 3: chords per bar 2", false),
            ("bar 3: chords per bar 1", false),
            ("bar 3: chords per bar 1..2", true),
            ("bars 1-2: chords per bar 1", false),
            ("section B: chords per bar 1..2", true),
            ("section B: chords per bar 0..1", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn the_pickup_counts_only_when_named() {
        let sheet = sheet_with_pickup("C 0, C 4, C 8, C 12", "");
        assert!(holds("chords per bar 1", &sheet, &page_with_pickup()));
        assert!(!holds("bars 0-4: chords per bar 1", &sheet, &page_with_pickup()));
        assert!(holds("bar 0: chords per bar 0", &sheet, &page_with_pickup()));
    }
}
