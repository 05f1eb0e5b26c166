//! `bars 5-8 melody: clear`: notes or chords taken away.

use std::fmt;

use crate::constraint::{Part, Place};

use super::page::Page;
use super::place::{Line, span};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Notes, chords or both taken away from a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clear {
    place: Place,
    part: Part,
}

impl Way for Clear {
    const FORM: &'static str = "bars 5-8: clear, bars 5-8 melody: clear, bars 5-8 chords: clear";

    fn read(line: &Line<'_>) -> Option<Result<Clear, EditError>> {
        let place = line.place.clone()?;
        (line.words == "clear").then_some(Ok(Clear { place, part: line.part }))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let within = span(&song.sheet, &self.place)?;
        let mut page = Page::of(&song.sheet);
        if self.part != Part::Chords {
            page.clear_melody(within);
        }
        if self.part != Part::Melody {
            page.clear_chords(within);
        }
        page.into_song(song)
    }
}

impl fmt::Display for Clear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: clear", self.place, super::take::of(self.part))
    }
}
