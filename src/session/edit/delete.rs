//! `delete bars 5-8`: bars taken out.

use std::fmt;

use crate::constraint::Place;

use super::place::{Line, bars, read};
use super::rearrange::{as_they_are, rearranged};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Bars taken out; what stands behind them moves up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delete(Place);

impl Way for Delete {
    const FORM: &'static str = "delete bars 5-8";

    fn read(line: &Line<'_>) -> Option<Result<Delete, EditError>> {
        Some(read(line.after("delete")?).map(Delete))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let out = bars(&song.sheet, &self.0)?;
        let mut new = as_they_are(song);
        // A section that loses its first bars begins at the first that stays.
        let form = song.sheet.form();
        let label =
            form.section_of(out.end.saturating_sub(1)).filter(|section| out.contains(&section.first_bar));
        if let (Some(section), Some(next)) = (label, new.get_mut(out.end)) {
            next.section.get_or_insert_with(|| section.label.clone());
        }
        new.drain(out);
        rearranged(song, &new)
    }
}

impl fmt::Display for Delete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delete {}", self.0)
    }
}
