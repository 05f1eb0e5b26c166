//! `meter 3/4`: every bar in another meter, what does not fit into it cut off.

use std::fmt;

use crate::music;
use crate::music::meter::MeterError;

use super::place::Line;
use super::rearrange::{NewBar, as_they_are, rearranged};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Every bar in another meter: what its bar no longer has room for goes, and a bar that is longer ends in a rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meter(music::Meter);

impl Way for Meter {
    const FORM: &'static str = "meter 3/4";

    fn read(line: &Line<'_>) -> Option<Result<Meter, EditError>> {
        let read = line.after("meter")?.parse();
        Some(read.map(Meter).map_err(|error: MeterError| EditError::Wrong(error.to_string())))
    }

    fn apply(&self, song: &Song, takes: &[Take]) -> Result<Song, EditError> {
        let most = self.0.bar_length() - self.0.unit_length();
        let song = match song.sheet.form().pickup > most {
            true => super::pickup::Pickup::of(self.0.beats() - 1).apply(song, takes)?,
            false => song.clone(),
        };
        let bars = as_they_are(&song);
        let bars: Vec<NewBar> = bars.into_iter().map(|bar| NewBar { meter: Some(self.0), ..bar }).collect();
        rearranged(&song, &bars)
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "meter {}", self.0)
    }
}
