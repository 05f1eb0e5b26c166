//! `bars 1-2: melody E4:1 G4:1/2 A4:1/2 r:2`: exactly these notes.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::Limits;
use super::pitch_set::PitchSet;
use super::place::Place;
use super::reader::Reader;
use super::timed::{self, Timed};
use super::{Constraint, Kind};
use crate::music::{LeadSheet, Pitch};

/// From the start of the place on, exactly these notes and rests, each as long as it says; nothing is held over into
/// them. What follows is free, if the place is longer. In each section, where a label recurs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MelodyRun {
    /// Where it begins, and into what it has to fit; from a beat on it may run to the end of the sheet.
    pub place: Place,
    /// The notes and rests, one or more; pitches are compared by sound.
    pub notes: Vec<Timed<Pitch>>,
}

impl MelodyRun {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        if reader.letters().eq_ignore_ascii_case("as") {
            return Err(reader.expected_rather("notes, or 'same as' and bars", Some("same as".to_string())));
        }
        Ok(Constraint::MelodyRun(MelodyRun { place, notes: reader.list(timed_pitch)? }))
    }
}

/// Reads `E4:1` or `r:1`.
fn timed_pitch(reader: &mut Reader<'_>) -> Result<Timed<Pitch>, ConstraintError> {
    if let Some(rest) = timed::rest(reader)? {
        return Ok(rest);
    }
    let expected = "a pitch with its octave and its length, such as E4:1, or a rest, such as r:1";
    let word = reader.entry();
    let (name, timed) = word.split_once(':').map_or((word, false), |(name, _)| (name, true));
    let pitch = name.parse::<Pitch>().ok().filter(|pitch| (0..=127).contains(&pitch.midi()));
    let pitch = pitch.ok_or_else(|| reader.expected(expected))?;
    if !timed {
        return Err(reader.expected_rather(expected, Some(format!("{pitch}:1"))));
    }
    reader.take(name.len() + 1);
    Ok(Timed { note: Some(pitch), length: timed::length(reader)? })
}

impl Kind for MelodyRun {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let starts = timed::starts(self, &self.place, &self.notes, frame)?;
        let fits = |wanted: &Pitch, midi| wanted.midi() == midi;
        Ok(starts.into_iter().all(|start| timed::is_played(&self.notes, start, sheet, fits)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        for start in timed::starts(self, &self.place, &self.notes, frame)? {
            let pitches = |pitch: &Pitch| PitchSet::one(pitch.midi());
            limits.melody.extend(timed::limits(&self.notes, start, pitches));
        }
        Ok(())
    }
}

impl fmt::Display for MelodyRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}melody", self.place.prefix())?;
        self.notes.iter().try_for_each(|timed| match timed.note {
            Some(pitch) => write!(f, " {pitch}:{}", timed.length),
            None => write!(f, " r:{}", timed.length),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_sheet::{
        compiled, holds, page, page_with_pickup, sheet, sheet_with_pickup, unreadable,
    };
    use super::*;
    use crate::constraint::MelodyLimit;
    use crate::music::Duration;

    #[test]
    fn the_notes_are_exactly_these() {
        let sheet = sheet("", "E4 0 1, G4 1 0.5, A4 1.5 0.5, G4 2 1, C5 4 1.5, B4 7 2");
        for (text, wanted) in [
            ("bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1 r:1", true),
            ("bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1 r:1/2 r:1/2", true),
            ("bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1", true),
            ("bar 1: melody E4:1", true),
            ("bar 1: melody Fb4:1", true),
            ("bar 1: melody E5:1", false),
            ("bar 1: melody E4:1/2", false),
            ("bar 1: melody E4:1 r:1/2", false),
            ("bar 1: melody E4:1 G4:1 G4:1", false),
            ("bar 1.2: melody G4:1/2 A4:0.5", true),
            ("bar 1.1+1/2: melody G4:1/2", false),
            ("bar 1.3: melody G4:1 r:1 C5:1+1/2 r:1+1/2 B4:2 r:7", true),
            ("bar 2: melody C5:1.5, r:1.5", true),
            ("bars 2-3: melody C5:1.5 r:1.5 B4:2", true),
            ("bars 2-3: melody C5:1.5 r:1.5 B4:1", false),
            ("bar 3: melody r:1", false),
            ("bar 3.2: melody r:1", true),
            ("last bar: melody r:4", true),
            ("section A: melody E4:1 G4:1/2", true),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn each_section_of_a_label_has_it() {
        let mut page = page();
        page.sections = vec![("A".to_string(), 0..2), ("A".to_string(), 2..4)];
        assert!(holds("section A: melody E4:1 r:1", &sheet("", "E4 0 1, G4 2 2, E4 8 1"), &page));
        assert!(!holds("section A: melody E4:1 r:1", &sheet("", "E4 0 1, E4 8 1, E4 9 1"), &page));
    }

    #[test]
    fn it_can_begin_in_the_pickup() {
        let sheet = sheet_with_pickup("", "G4 -1 0.5, A4 -0.5 1, C5 0.5 1");
        assert!(holds("bar 0: melody G4:1/2", &sheet, &page_with_pickup()));
        assert!(holds("bars 0-1: melody G4:1/2 A4:1 C5:1 r:1", &sheet, &page_with_pickup()));
        assert!(holds("bar 0.4: melody G4:1/2 A4:1", &sheet, &page_with_pickup()));
        assert!(!holds("bar 0: melody G4:1/2 A4:1/2", &sheet, &page_with_pickup()));
        assert!(
            !holds("bar 0: melody G4:1/2 A4:1", &sheet, &page_with_pickup()),
            "it is too long for the bar"
        );
    }

    #[test]
    fn notes_and_rests_are_limits_of_their_own() {
        let limits = compiled("bar 2: melody E4:1 r:1/2 G4:2", &page()).expect("limits");
        let at = |eighths: i64| Duration::WHOLE + Duration::EIGHTH * eighths;
        let wanted = [
            MelodyLimit::Note { at: at(0), to: at(2), allowed: PitchSet::one(64) },
            MelodyLimit::Sounding { from: at(2), to: at(3), allowed: PitchSet::EMPTY },
            MelodyLimit::Note { at: at(3), to: at(7), allowed: PitchSet::one(67) },
        ];
        assert_eq!(limits.melody, wanted);
        assert_eq!(limits.named_pitches().iter().collect::<Vec<_>>(), [64, 67]);
    }

    #[test]
    fn too_long_is_told_with_a_way_out() {
        for (text, reason) in [
            (
                "bar 1: melody E4:4 r:1/2",
                "it lasts 4+1/2 quarters, 1/2 quarters longer than the place has; shorten it, or name more bars or the \
                 beat where it begins",
            ),
            (
                "bar 4.4: melody E4:2",
                "it lasts 2 quarters, 1 quarter longer than is left of the sheet; shorten it",
            ),
        ] {
            let error = compiled(text, &page()).map_err(|error| error.to_string());
            assert_eq!(error, Err(format!("{text}: {reason}")));
        }
        assert!(compiled("bar 4.4: melody E4:1", &page()).is_ok());
        assert!(compiled("bar 1.4: melody E4:13", &page()).is_ok());
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("bar 1: melody E4 G4:1", 15, "bar 1: melody E4:1 G4:1"),
            ("bar 1: melody E4:1 r", 20, "bar 1: melody E4:1 r:1"),
            ("bar 1: melody E4:x", 18, "bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1"),
            ("bar 1: melody E4:0", 18, "bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1"),
            ("bar 1: melody E:1", 15, "bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1"),
            ("bar 1: meldoy E4:1", 8, "bar 1: melody E4:1"),
            ("melody E4:1", 1, "bars 1-2: melody E4:1 G4:1/2 A4:1/2 G4:1"),
            ("bar 1: melody", 14, "bar 1: melody E4:1 G4:1/2 A4:1/2 G4:1"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
