//! `bar 1.1: note E4`, `bar 1.1: note in E4 G4`: a note starts here.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit};
use super::place::Place;
use super::reader::Reader;
use super::tone::{Tone, is_one_of, listed, pitches_of};
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// One of these notes, however spelled, starts exactly on the beat, or on the first beat of the bar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoteAt {
    /// Which beat, or which bar's first.
    pub place: Place,
    /// The notes allowed, one or more; compared by sound.
    pub tones: Vec<Tone>,
}

impl NoteAt {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let several = reader.eat_word("in");
        let start = reader.clone();
        let tones = if several { reader.list(Tone::read)? } else { vec![Tone::read(reader)?] };
        if !reader.rest().is_empty() {
            let meant = format!("in {}", start.peek());
            return Err(start.expected_rather("one note, or 'in' and several", Some(meant)));
        }
        Ok(Constraint::Note(NoteAt { place, tones }))
    }
}

impl Kind for NoteAt {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let notes = &sheet.melody().notes;
        Ok(frame.spans(&self.place)?.into_iter().all(|(from, _)| {
            notes.iter().any(|note| note.onset == from && is_one_of(&self.tones, note.pitch, frame.key))
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let allowed = pitches_of(&self.tones, frame.key);
        let spans = frame.spans(&self.place)?;
        limits.melody.extend(spans.into_iter().map(|(at, _)| MelodyLimit::Onset { at, allowed }));
        Ok(())
    }
}

impl fmt::Display for NoteAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let among = if self.tones.len() == 1 { "" } else { "in " };
        write!(f, "{}note {among}{}", self.place.prefix(), listed(&self.tones))
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{holds, page, page_with_pickup, sheet, sheet_with_pickup};

    #[test]
    fn a_note_starts_exactly_there() {
        let sheet = sheet("", "E4 0 2, G#4 2.5 1.5, E4 4 4");
        for (text, wanted) in [
            ("bar 1: note E4", true),
            ("bar 1.1: note E5", false),
            ("bar 1.2: note E4", false),
            ("bar 1.3: note G#4", false),
            ("bar 1.3+1/2: note Ab4", true),
            ("bar 2.2: note E4", false),
            ("last bar: note E4", false),
            ("bar 1: note E", true),
            ("bar 1: note F", false),
            ("bar 1: note 3", true),
            ("bar 1: note in C4 E4", true),
            ("bar 1: note in C E5", false),
            ("bar 1: note in G5, b3, E", true),
            ("last bar: note in C D E F G A B", false),
        ] {
            assert_eq!(holds(text, &sheet, &page()), wanted, "{text}");
        }
    }

    #[test]
    fn beats_of_the_pickup_are_those_before_the_bar_line() {
        let sheet = sheet_with_pickup("", "G4 -1 1, C5 0 4");
        assert!(holds("bar 0.4: note G4", &sheet, &page_with_pickup()));
        assert!(holds("bar 0: note G4", &sheet, &page_with_pickup()));
        assert!(!holds("bar 0.3: note G4", &sheet, &page_with_pickup()));
    }
}
