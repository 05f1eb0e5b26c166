//! `copy bars 1-4 before bar 9`: bars once more at another place.

use std::fmt;

use crate::constraint::Place;

use super::insert::Where;
use super::place::{Line, bars, read};
use super::rearrange::{NewBar, as_they_are, rearranged};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Bars once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    what: Place,
    at: Where,
}

impl Way for Copy {
    const FORM: &'static str = "copy bars 1-4 before bar 9, copy section A at the end";

    fn read(line: &Line<'_>) -> Option<Result<Copy, EditError>> {
        let text = line.after("copy")?;
        let wrong = || EditError::Wrong(format!("'{text}' is not how bars are copied: {}", Self::FORM));
        let split = Where::split(text).ok_or_else(wrong);
        Some(split.and_then(|(what, at)| Ok(Copy { what: read(what)?, at })))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let (from, at) = (bars(&song.sheet, &self.what)?, self.at.index(song)?);
        let mut new = as_they_are(song);
        let copies: Vec<NewBar> =
            new[from.clone()].iter().map(|bar| NewBar { is_copy: true, ..bar.clone() }).collect();
        // A copy that brings a section's beginning ends the section that it stands in; what is left of that begins again.
        let brings = copies.iter().any(|bar| bar.section.is_some());
        let own = song.sheet.form().section_of(at).map(|section| section.label.clone());
        if let Some(next) = new.get_mut(at).filter(|_| brings) {
            next.section = next.section.take().or(own);
        }
        new.splice(at..at, copies);
        rearranged(song, &new)
    }
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copy {} {}", self.what, self.at)
    }
}
