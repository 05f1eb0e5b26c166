//! `bars 1-4: notes in C D E G A`: which notes may sound.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::tone::{Tone, is_one_of, listed, pitches_of};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// Every note that sounds anywhere in the place, even held over into it, is one of these. Rests are free.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NotesIn {
    /// Where.
    pub place: Place,
    /// The notes allowed, one or more; compared by sound.
    pub tones: Vec<Tone>,
}

impl NotesIn {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        if !reader.eat_word("in") {
            let meant = format!("in {}", reader.peek());
            return Err(reader.expected_rather("'in' and the notes allowed", Some(meant)));
        }
        Ok(Constraint::NotesIn(NotesIn { place, tones: reader.list(Tone::read)? }))
    }
}

impl Kind for NotesIn {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let spans = frame.spans(&self.place)?;
        Ok(sheet.melody().notes.iter().all(|note| {
            let within = spans.iter().any(|&(from, to)| note.onset < to && note.end() > from);
            !within || is_one_of(&self.tones, note.pitch, frame.key)
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let allowed = pitches_of(&self.tones, frame.key);
        let spans = frame.spans(&self.place)?;
        limits.melody.extend(spans.into_iter().map(|(from, to)| MelodyLimit::Sounding { from, to, allowed }));
        Ok(())
    }
}

impl fmt::Display for NotesIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}notes in {}", self.place.prefix(), listed(&self.tones))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{compiled, holds, page, sheet};

    #[test]
    fn every_note_that_sounds_is_one_of_them() {
        let sheet = sheet("", "E4 0 2, G4 3 1.5, Bb4 8 4");
        for (text, wanted) in [
            ("notes in E G Bb", true),
            ("notes in 3, 5, b7", true),
            ("notes in E G", false),
            ("bars 1-2: notes in E4 G4", true),
            ("bars 1-2: notes in E4 G5", false),
            ("bar 2: notes in G", true),
            ("bar 2: notes in E", false),
            ("bar 2.2: notes in C", true),
            ("last bar: notes in C", true),
            ("section B: notes in A#", true),
            ("bar 9: notes in C", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn only_notes_with_an_octave_are_named() {
        let named =
            |text: &str| compiled(text, &page()).expect(text).named_pitches().iter().collect::<Vec<_>>();
        assert_eq!(named("notes in C 5 E4"), [64]);
        assert!(named("no note F#").is_empty());
    }
}
