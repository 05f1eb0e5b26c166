//! A session as text: a `.tune` in RON, and the journal of what happened since it was written.
//!
//! The journal has one change a line. A line that was cut off when the program was killed is left out, and with it nothing
//! that was on the screen for longer than it takes to write it.

use serde::{Deserialize, Serialize};

use super::change::{Change, Session};

/// The version that is written.
pub const VERSION: u32 = 1;

/// Why a text is no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It was written by a later program.
    #[error(
        "it was saved by a newer tunesmith (version {0} of the file, this one knows {VERSION}): update tunesmith, or open an older copy"
    )]
    Newer(u32),
    /// It cannot be read.
    #[error("it is damaged or no session: {0}; it was left as it is")]
    Damaged(String),
}

#[derive(Serialize)]
struct Written<'s> {
    version: u32,
    /// How many changes it has seen: those of a journal that it knows are not made again.
    changes: u64,
    session: &'s Session,
}

/// The version alone, whatever else a later program writes.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Read {
    changes: u64,
    session: Session,
}

/// The text of a session that has seen so many changes.
///
/// # Errors
/// When RON cannot hold it, which no session brings about.
pub fn write(session: &Session, changes: u64) -> Result<String, FileError> {
    let pretty = ron::ser::PrettyConfig::new().depth_limit(3);
    let text = ron::ser::to_string_pretty(&Written { version: VERSION, changes, session }, pretty);
    text.map(|text| text + "\n").map_err(|error| FileError::Damaged(error.to_string()))
}

/// The session of a text, and how many changes it has seen.
///
/// # Errors
/// When it was written by a later program, or is damaged; line and column are named.
pub fn read(text: &str) -> Result<(Session, u64), FileError> {
    let damaged = |error: ron::error::SpannedError| FileError::Damaged(error.to_string());
    let Version { version } = ron::from_str(text).map_err(damaged)?;
    if version > VERSION {
        return Err(FileError::Newer(version));
    }
    ron::from_str::<Read>(text).map(|read| (read.session, read.changes)).map_err(damaged)
}

/// The line of a change in the journal, with its number, counted from 1, and its end.
///
/// # Errors
/// When RON cannot hold it, which no change brings about.
pub fn line(number: u64, change: &Change) -> Result<String, FileError> {
    let line = ron::to_string(&(number, change));
    line.map(|line| line + "\n").map_err(|error| FileError::Damaged(error.to_string()))
}

/// Applies a journal to a session that has seen so many changes, those left out; gives how many it has seen then. What cannot
/// be read, as the last line of a program that was killed, ends the journal.
pub fn replay(session: &mut Session, seen: u64, journal: &str) -> u64 {
    let whole = journal.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let changes = whole.map_while(|line| ron::from_str::<(u64, Change)>(line.trim_end()).ok());
    changes.filter(|(number, _)| *number > seen).fold(seen, |_, (number, change)| {
        session.apply(change);
        number
    })
}

#[cfg(test)]
mod tests {
    use super::super::change::tests::song;
    use super::*;
    use crate::session::Song;

    #[test]
    fn a_session_comes_back_as_it_was() {
        let mut session = Session::new("begun", song());
        let mut other = song();
        other.locks.turn(1..=3, crate::constraint::Part::Chords);
        let wanted =
            crate::session::Wanted { constraint: "bar 4: chord Dm7".parse().expect("one"), on: false };
        other.wanted.push(wanted);
        session
            .apply(Change::Step { label: "a \"quoted\" label\nwith a break".into(), song: Box::new(other) });
        let text = write(&session, 1).expect("a text");
        assert_eq!(read(&text), Ok((session, 1)));
    }

    #[test]
    fn a_journal_that_was_cut_off_loses_no_whole_line() {
        let begun = Session::new("begun", song());
        let (mut session, mut journal) = (begun.clone(), String::new());
        let step = |title: &str| Change::Step {
            label: title.to_string(),
            song: Box::new(Song { style: title.into(), ..song() }),
        };
        let mut known = vec![begun.clone()];
        for (number, change) in (1..).zip([step("one"), step("two\nlines"), Change::Undo, step("three")]) {
            journal += &line(number, &change).expect("a line");
            session.apply(change);
            known.push(session.clone());
        }
        for cut in (0..=journal.len()).filter(|&cut| journal.is_char_boundary(cut)) {
            let mut again = begun.clone();
            let count = replay(&mut again, 0, &journal[..cut]) as usize;
            assert_eq!(again, known[count], "cut at {cut}");
            assert_eq!(count, journal[..cut].matches('\n').count());
        }
        for (seen, known) in (0..).zip(&known) {
            let mut again = known.clone();
            assert_eq!(replay(&mut again, seen, &journal), 4);
            assert_eq!(again, session, "what the file had seen is not done twice");
        }
    }

    #[test]
    fn later_and_damaged_files_say_so() {
        assert_eq!(read("(version: 9, session: (anything: 1))"), Err(FileError::Newer(9)));
        assert!(matches!(read("(version: 1, session: (hist"), Err(FileError::Damaged(_))));
        assert!(matches!(read(""), Err(FileError::Damaged(_))));
        let text = write(&Session::new("begun", song()), 0).expect("a text").replace("at: 0", "at: 7");
        assert!(read(&text).is_err_and(|error| error.to_string().contains("do not follow")));
    }
}
