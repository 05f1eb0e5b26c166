//! `no chord Bdim`: chords that never sound.

use std::fmt;

use super::chord_name::{ChordName, in_key, listed};
use super::chord_set::ChordSet;
use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{ChartLimit, Limits};
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// None of these chords sounds anywhere in the place: not even held over into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoChord {
    /// Where.
    pub place: Place,
    /// The chords ruled out, one or more.
    pub chords: Vec<ChordName>,
}

impl NoChord {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        reader.eat_word("in");
        let chords = reader.chords_up_to(usize::MAX)?;
        Ok(Constraint::NoChord(NoChord { place, chords }))
    }
}

impl Kind for NoChord {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let ruled_out = in_key(&self.chords, frame.key);
        let changes = &sheet.chart().changes;
        Ok(changes.iter().enumerate().all(|(index, change)| {
            let stop = changes.get(index + 1).map_or(sheet.form().end(), |next| next.at);
            let within = spans.iter().any(|&(from, to)| change.at < to && stop > from);
            !within || !ruled_out.iter().any(|one| one.sounds_like(&change.chord))
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        for (from, to) in frame.spans(&self.place)? {
            let allowed = ChordSet::Not(in_key(&self.chords, frame.key));
            limits.chart.push(ChartLimit::Sounding { from, to, allowed });
        }
        Ok(())
    }
}

impl fmt::Display for NoChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}no chord {}", self.place.prefix(), listed(&self.chords))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn a_chord_ruled_out_sounds_nowhere_in_the_place() {
        let sheet = sheet("C 0, Bdim 6, G7 10", "");
        for (text, wanted) in [
            ("no chord Bdim", false),
            ("no chord Cbdim", false),
            ("no chord viio", false),
            ("no chord Bdim7", true),
            ("bar 1: no chord Bdim", true),
            ("bar 3: no chord Bdim", false),
            ("bar 3.3: no chord Bdim", true),
            ("section B: no chord F Bdim", false),
            ("bar 4: no chord F Bdim", true),
            ("bar 4: no chord F G7", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }
}
