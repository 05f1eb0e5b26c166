//! `bars 7-8: chords ii7 V7 Imaj7`: exactly this run of chords.

use std::fmt;

use super::chord_name::{ChordName, in_key, listed};
use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{ChartLimit, Limits};
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// Exactly these chords begin in the bars, in this order: the first on the first beat, and the last holds to the end.
/// How long each lasts is free. In each section, where a label recurs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChordsRun {
    /// Which bars.
    pub place: Place,
    /// The chords, one or more.
    pub chords: Vec<ChordName>,
}

impl ChordsRun {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let chords = reader.chords_up_to(usize::MAX)?;
        Ok(Constraint::ChordsRun(ChordsRun { place, chords }))
    }
}

impl Kind for ChordsRun {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let run = in_key(&self.chords, frame.key);
        Ok(frame.whole_bars(&self.place)?.into_iter().all(|(from, to)| {
            let written = sheet.chart().written_in(from, to);
            written.first().is_some_and(|first| first.at == from)
                && written.len() == run.len()
                && written.iter().zip(&run).all(|(change, wanted)| change.chord.sounds_like(wanted))
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        for (from, to) in frame.whole_bars(&self.place)? {
            limits.chart.push(ChartLimit::Run { from, to, chords: in_key(&self.chords, frame.key) });
        }
        Ok(())
    }
}

impl fmt::Display for ChordsRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}chords {}", self.place.prefix(), listed(&self.chords))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn a_run_is_exact() {
        let sheet = sheet("C 0, Dm7 4, G7 7, Cmaj7 8, Am 14", "");
        for (text, wanted) in [
            ("bar 2: chords Dm7 G7", true),
            ("bars 2-3: chords Dm7 G7 Cmaj7", true),
            ("bars 2-3: chords ii7 V7 Imaj7", true),
            ("bars 2-3: chords Dm7 Cmaj7", false),
            ("bars 2-3: chords Dm7 G7", false),
            ("bars 2-3: chords G7 Dm7 Cmaj7", false),
            ("bars 2-4: chords Dm7 G7 Cmaj7", false),
            ("bar 4: chords Am", false),
            ("section B: chords Imaj7 vi", true),
            ("chords C Dm7 G7 Cmaj7 Am", true),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }
}
