//! `bars 5-8 melody: from take 3`: the melody of one take with the chords of another.

use std::fmt;

use crate::constraint::{Part, Place};

use super::page::Page;
use super::place::{Line, span};
use super::{EditError, Way};
use crate::session::{self, Song};

/// What stands in a take at a place, in place of what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Take {
    place: Place,
    part: Part,
    /// From 1.
    number: usize,
}

impl Way for Take {
    const FORM: &'static str = "bars 5-8: from take 3, bars 1-16 melody: from take 3";

    fn read(line: &Line<'_>) -> Option<Result<Take, EditError>> {
        let place = line.place.clone()?;
        let number = line.words.strip_prefix("from take ")?.trim();
        let read = number.parse().map(|number| Take { place, part: line.part, number });
        Some(read.map_err(|_| EditError::Wrong(format!("'{number}' is no take's number"))))
    }

    fn apply(&self, song: &Song, takes: &[session::Take]) -> Result<Song, EditError> {
        let take = self.number.checked_sub(1).and_then(|number| takes.get(number));
        let Some(take) = take else {
            let none = format!("there is no take {}: the session has {}", self.number, takes.len());
            return Err(EditError::Wrong(none));
        };
        let (ours, theirs) = (&song.sheet, &take.sheet);
        if ours.form().bar_starts() != theirs.form().bar_starts() {
            return Err(EditError::Wrong(format!("take {} has other bars than the song", self.number)));
        }
        let within = span(ours, &self.place)?;
        let mut page = Page::of(ours);
        if self.part != Part::Chords {
            page.write_melody(within, theirs.melody().notes.iter().copied());
        }
        if self.part != Part::Melody {
            page.clear_chords(within);
            page.set_chord(within.0, theirs.chart().sounding_at(within.0).cloned());
            let after = ours.chart().sounding_at(within.1).cloned();
            for change in theirs.chart().changes.iter().filter(|c| within.0 <= c.at && c.at < within.1) {
                page.write_chord(change.at, change.chord.clone());
            }
            page.set_chord(within.1, after);
        }
        page.into_song(song)
    }
}

/// ` melody`, ` chords` or nothing.
pub(super) fn of(part: Part) -> &'static str {
    match part {
        Part::Both => "",
        Part::Melody => " melody",
        Part::Chords => " chords",
    }
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: from take {}", self.place, of(self.part), self.number)
    }
}
