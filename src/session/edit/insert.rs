//! `insert 4 bars before bar 5`: empty bars, to be written or composed.

use std::fmt;

use super::place::Line;
use super::rearrange::{NewBar, as_they_are, rearranged};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Where bars go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// Before a bar, from 1.
    Before(usize),
    End,
}

impl Where {
    /// Reads ` … before bar 5` or ` … at the end`; gives what stands before it.
    pub fn split(text: &str) -> Option<(&str, Where)> {
        if let Some(what) = text.strip_suffix("at the end") {
            return Some((what.trim(), Where::End));
        }
        let (what, bar) = text.rsplit_once("before bar ")?;
        Some((what.trim(), Where::Before(bar.trim().parse().ok()?)))
    }

    /// The index of a bar that something goes before.
    pub fn index(self, song: &Song) -> Result<usize, EditError> {
        let count = song.bars();
        match self {
            Where::End => Ok(count),
            Where::Before(bar) if (1..=count).contains(&bar) => Ok(bar - 1),
            Where::Before(bar) => {
                Err(EditError::Wrong(format!("there is no bar {bar}: the song has {count} bars, from 1")))
            }
        }
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Where::Before(bar) => write!(f, "before bar {bar}"),
            Where::End => f.write_str("at the end"),
        }
    }
}

/// Empty bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Insert {
    count: usize,
    at: Where,
}

impl Way for Insert {
    const FORM: &'static str = "insert 4 bars before bar 5, insert 4 bars at the end";

    fn read(line: &Line<'_>) -> Option<Result<Insert, EditError>> {
        let text = line.after("insert")?;
        let read = Where::split(text).and_then(|(what, at)| {
            let count = what.strip_suffix("bars").or_else(|| what.strip_suffix("bar"))?;
            let count = count.trim().parse().ok().filter(|count| *count > 0)?;
            Some(Insert { count, at })
        });
        Some(read.ok_or_else(|| EditError::Wrong(format!("'{text}' is not how bars go in: {}", Self::FORM))))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let at = self.at.index(song)?;
        let mut bars = as_they_are(song);
        let section = bars.get_mut(at).and_then(|bar| bar.section.take());
        let empty = |number: usize| NewBar {
            from: None,
            is_copy: false,
            section: section.clone().filter(|_| number == 0),
            meter: None,
        };
        bars.splice(at..at, (0..self.count.min(1000)).map(empty));
        rearranged(song, &bars)
    }
}

impl fmt::Display for Insert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bars = if self.count == 1 { "bar" } else { "bars" };
        write!(f, "insert {} {bars} {}", self.count, self.at)
    }
}
