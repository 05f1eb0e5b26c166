//! `bars 5-6: rhythm as bars 1-2`: notes start where they start there.

use std::fmt;

use super::error::ConstraintError;
use super::frame::{Frame, Span};
use super::limits::{Layer, Limits};
use super::place::Place;
use super::reader::Reader;
use super::same_as::{pairs, repeat, source};
use super::{Constraint, Kind};
use crate::music::{Duration, LeadSheet};

/// In the bars notes start at the same distances from the bar line as in other bars, which may stand before or after
/// them. Pitches are free, and so is how long the notes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RhythmAs {
    /// The bars that take up a rhythm.
    pub place: Place,
    /// The bars whose rhythm they take up: as many.
    pub source: Place,
}

impl RhythmAs {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let source = source(reader, "the bars whose rhythm it is, as in 'bars 5-6: rhythm as bars 1-2'")?;
        Ok(Constraint::RhythmAs(RhythmAs { place, source }))
    }

    fn pairs(&self, frame: &Frame) -> Result<Vec<(Span, Span)>, ConstraintError> {
        pairs(self, (&self.place, &self.source), frame)
    }
}

impl Kind for RhythmAs {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let onsets = |(from, to): Span| -> Vec<Duration> {
            sheet.melody().starting_in(from, to).iter().map(|note| note.onset - from).collect()
        };
        Ok(self.pairs(frame)?.into_iter().all(|(copy, source)| onsets(copy) == onsets(source)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        repeat(&self.pairs(frame)?, Layer::Rhythm, limits);
        Ok(())
    }
}

impl fmt::Display for RhythmAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}rhythm as {}", self.place.prefix(), self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_sheet::{compiled, holds, page, sheet};
    use super::*;

    fn constraint(text: &str) -> Constraint {
        text.parse().expect(text)
    }

    #[test]
    fn it_reads_as_it_prints() {
        for text in ["bars 5-6: rhythm as bars 1-2", "bar 3: rhythm as bar 1"] {
            assert_eq!(constraint(text).to_string(), text);
        }
        assert!("rhythm as bars 1-2".parse::<Constraint>().is_err(), "it needs a place");
    }
    #[test]
    fn onsets_decide_and_neither_pitches_nor_lengths() {
        let alike = sheet("C 0", "C4 0 1, E4 1 2, G4 4 1, G4 5 3");
        let other = sheet("C 0", "C4 0 1, E4 1 2, G4 4 1, G4 6 2");
        assert!(holds("bar 2: rhythm as bar 1", &alike, &page()));
        assert!(!holds("bar 2: rhythm as bar 1", &other, &page()));
        assert!(holds("bars 3-4: rhythm as bars 3-4", &other, &page()));
        assert!(!holds("bar 9: rhythm as bar 1", &alike, &page()), "there is no bar 9");
    }

    #[test]
    fn the_earlier_bars_are_the_source() {
        let limits = compiled("bars 1-2: rhythm as bars 3-4", &page()).expect("limits");
        let same = limits.same.first().expect("one stretch");
        assert_eq!(
            (same.from, same.source, same.layer),
            (Duration::WHOLE * 2, Duration::ZERO, Layer::Rhythm)
        );
        assert!(compiled("bars 1-2: rhythm as bar 3", &page()).is_err());
    }
}
