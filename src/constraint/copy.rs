//! `copy <= 6 notes`, `copy <= 4 chords`: how much of one song may come back.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::Limits;
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// No more notes or chords in a row are those of one song that the style was learned from, in whatever key. Notes are the
/// same where the intervals between them and their rhythm are; chords where their roots move alike and their qualities and
/// slash basses are the same, however long they hold.
///
/// Whether it holds cannot be told from a sheet: it takes the style's songs. So
/// [`holds`](super::Constraint::holds) always says yes, and the composer checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyLimit {
    /// How many in a row are allowed, 1 to 64.
    pub most: u32,
    /// Of what.
    pub of: Copied,
}

/// What is compared with the style's songs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Copied {
    Notes,
    Chords,
}

impl CopyLimit {
    /// The most that can be asked for.
    pub const MOST: u32 = 64;

    pub(super) fn read(_: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        reader.eat_at_most()?;
        let expected = "'<=' and how many in a row, 1 to 64, as in 'copy <= 6 notes'";
        let start = reader.clone();
        let most = reader.count(expected, Self::MOST)?;
        if most == 0 {
            return Err(start.expected(expected));
        }
        let is_either = |one: &str, several: &str, reader: &mut Reader<'_>| {
            reader.eat_word(several) || reader.eat_word(one)
        };
        let of = if is_either("chord", "chords", reader) {
            Copied::Chords
        } else {
            is_either("note", "notes", reader);
            Copied::Notes
        };
        Ok(Constraint::Copy(CopyLimit { most, of }))
    }
}

impl Kind for CopyLimit {
    fn place(&self) -> &Place {
        &Place::Everywhere
    }

    fn holds(&self, _: &LeadSheet, _: &Frame) -> Result<bool, ConstraintError> {
        Ok(true)
    }

    fn compile(&self, _: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let limit = match self.of {
            Copied::Notes => &mut limits.copied_notes,
            Copied::Chords => &mut limits.copied_chords,
        };
        *limit = Some(limit.map_or(self.most, |other| other.min(self.most)));
        Ok(())
    }
}

impl fmt::Display for CopyLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.of {
            Copied::Notes => "note",
            Copied::Chords => "chord",
        };
        let plural = if self.most == 1 { "" } else { "s" };
        write!(f, "copy <= {} {of}{plural}", self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::test_sheet::{page, unreadable};

    #[test]
    fn the_smallest_of_several_counts() {
        let mut limits = Limits::default();
        for text in ["copy <= 8", "copy <= 6 notes", "copy <= 7 notes", "copy <= 4 chords"] {
            text.parse::<Constraint>().expect(text).compile(&page(), &mut limits).expect(text);
        }
        assert_eq!((limits.copied_notes, limits.copied_chords), (Some(6), Some(4)));
    }

    #[test]
    fn looser_spellings_are_read() {
        for (text, canonical) in [
            ("copy <= 8", "copy <= 8 notes"),
            ("copy ≤ 8 Notes", "copy <= 8 notes"),
            ("copy<=4chords", "copy <= 4 chords"),
            ("copy <= 1 notes", "copy <= 1 note"),
            ("copy 1 chord", "copy <= 1 chord"),
        ] {
            assert_eq!(text.parse::<Constraint>().map(|read| read.to_string()).as_deref(), Ok(canonical));
        }
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("copy < 6 notes", 6, "copy <= 6 notes"),
            ("copy <6 chords", 6, "copy <= 6 chords"),
            ("copy <= 0 notes", 9, "copy <= 6 notes"),
            ("copy <= 65 notes", 9, "copy <= 6 notes"),
            ("copy <= 6 bars", 11, "copy <= 6 notes"),
            ("cpoy <= 4 chords", 1, "copy <= 4 chords"),
            ("bar 3: copy <= 6 notes", 1, "copy <= 6 notes"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
