//! `bar 2: rest`: silence.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::pitch_set::PitchSet;
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// No note sounds anywhere in the place, not even held over into it. A beat lasts one of the meter's lower figure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rest {
    /// Where.
    pub place: Place,
}

impl Rest {
    pub(super) fn read(place: Place, _: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        Ok(Constraint::Rest(Rest { place }))
    }
}

impl Kind for Rest {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let sounds = |from, to| sheet.melody().notes.iter().any(|note| note.onset < to && note.end() > from);
        Ok(!spans.into_iter().any(|(from, to)| sounds(from, to)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let spans = frame.spans(&self.place)?;
        let silent = |(from, to)| MelodyLimit::Sounding { from, to, allowed: PitchSet::EMPTY };
        limits.melody.extend(spans.into_iter().map(silent));
        Ok(())
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}rest", self.place.prefix())
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, sheet};

    #[test]
    fn nothing_sounds_in_a_rest() {
        let sheet = sheet("", "E4 0 2, G4 3 1.5, A4 8 4");
        for (text, wanted) in [
            ("bar 1: rest", false),
            ("bar 2: rest", false),
            ("bar 2.2: rest", true),
            ("bar 2.1: rest", false),
            ("bar 2.1+1/2: rest", true),
            ("bar 1.3: rest", true),
            ("bar 4: rest", true),
            ("bars 3-4: rest", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }
}
