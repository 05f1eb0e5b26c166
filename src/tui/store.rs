//! The session on disk: its file, and beside it the journal of what happened since the file was written.
//!
//! The journal is locked while the session is open, so that no second program writes the same files. The system lets go of the
//! lock when the program ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::cli::terminal::Color;
use crate::cli::{Failure, Terminal, files};
use crate::session::{Change, Session, file};

/// The file of the session that has no name yet.
pub const UNNAMED: &str = "unnamed.tune";
/// So many changes are journalled before the file is written anew.
const MOST_JOURNALLED: u64 = 100;

/// Where a session is kept.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    journal: File,
    /// How many changes the session has seen, and how many the file.
    changes: u64,
    written: u64,
    /// Whether a line could not be written, so that none may follow it.
    torn: bool,
}

impl Store {
    /// The session in a file with what its journal adds, and where it is kept from now on; `None` if there is no such file.
    ///
    /// # Errors
    /// When the file is open elsewhere, cannot be read, was written by a later program, or is damaged; then it is left as it is.
    pub fn open(path: &Path) -> Result<Option<(Session, Store)>, Failure> {
        if !path.exists() {
            return Ok(None);
        }
        // A file that cannot be understood gets no journal beside it.
        files::read_session(path)?;
        let mut journal = locked(path)?;
        let mut text = Vec::new();
        journal.read_to_end(&mut text).map_err(|error| unwritable(path, &error))?;
        let (session, changes) = files::session_with(path, &text)?;
        Ok(Some((session.clone(), Store::renewed(path, journal, &session, changes)?)))
    }

    /// Writes a new session whole, and begins its journal.
    ///
    /// # Errors
    /// When the file is open elsewhere, or it or the journal cannot be written.
    pub fn begin(path: &Path, session: &Session) -> Result<Store, Failure> {
        Store::renewed(path, locked(path)?, session, 0)
    }

    fn renewed(path: &Path, journal: File, session: &Session, changes: u64) -> Result<Store, Failure> {
        let mut store = Store { path: path.to_path_buf(), journal, changes, written: changes, torn: false };
        store.renew(session)?;
        Ok(store)
    }

    /// Writes the session whole; only then does what the journal has go.
    fn renew(&mut self, session: &Session) -> Result<(), Failure> {
        save(&self.path, session, self.changes)?;
        self.journal.set_len(0).map_err(|error| unwritable(&self.path, &error))?;
        (self.written, self.torn) = (self.changes, false);
        Ok(())
    }

    /// Where the session is kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a change down that the session has seen.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, change: &Change, session: &Session) -> Result<(), Failure> {
        self.changes += 1;
        let line = file::line(self.changes, change).map_err(|error| Failure::Usage(error.to_string()))?;
        if self.torn || self.changes - self.written >= MOST_JOURNALLED {
            return self.renew(session);
        }
        self.journal.write_all(line.as_bytes()).map_err(|error| {
            self.torn = true;
            unwritable(&self.path, &error)
        })
    }

    /// Writes the session whole, and takes the journal away.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close(self, session: &Session) -> Result<(), Failure> {
        save(&self.path, session, self.changes)?;
        // The file knows all of it: a journal that stays does no harm.
        let _ = std::fs::remove_file(files::journal_of(&self.path));
        Ok(())
    }
}

/// The journal of a session, made if it is missing, open for writing at its end, and locked.
fn locked(path: &Path) -> Result<File, Failure> {
    let name = files::journal_of(path);
    loop {
        let opened = OpenOptions::new().read(true).append(true).create(true).open(&name);
        let journal = opened.map_err(|error| unwritable(path, &error))?;
        match journal.try_lock() {
            Ok(()) if !is_still(&journal, &name) => {}
            // Some network folders know no locks; whoever works there does without.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(journal),
            Err(TryLockError::WouldBlock) => {
                let way_out = match path.file_name().is_some_and(|name| name == UNNAMED) {
                    true => "begin one with a name: tunesmith song.tune",
                    false => "open a copy of the file",
                };
                return Err(Failure::Usage(format!(
                    "'{}' is open in another tunesmith: leave it there first, or {way_out}",
                    path.display()
                )));
            }
        }
    }
}

/// Whether the name is still that of the file: whoever left the session meanwhile has taken the journal away.
#[cfg(unix)]
fn is_still(file: &File, name: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(name)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("cannot write '{}': {error}", files::journal_of(path).display()))
}

fn save(path: &Path, session: &Session, changes: u64) -> Result<(), Failure> {
    let text = file::write(session, changes).map_err(|error| Failure::Usage(error.to_string()))?;
    files::write(path, text.as_bytes(), true, &Terminal::new(true, false, Color::Never))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Song;
    use crate::session::change::tests::song;

    fn step(title: &str) -> Change {
        Change::Step { label: title.into(), song: Box::new(Song { style: title.into(), ..song() }) }
    }

    #[test]
    fn what_is_open_is_opened_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.tune");
        let mut session = Session::new("begun", song());
        let mut store = Store::begin(&path, &session).expect("a store");
        session.apply(step("one"));
        store.keep(&step("one"), &session).expect("kept");
        let files = || {
            let read = |path: &Path| std::fs::read(path).expect("a file");
            (read(&path), read(&files::journal_of(&path)))
        };
        let before = files();
        for error in [Store::open(&path).err(), Store::begin(&path, &session).err()] {
            let told = error.expect("open elsewhere").to_string();
            assert!(told.contains("a.tune") && told.contains("open in another"), "{told}");
        }
        assert_eq!(files(), before, "nothing was touched");
        // As if the program were killed: nothing is written, the lock goes.
        drop(store);
        let (again, store) = Store::open(&path).expect("free again").expect("a session");
        assert_eq!(again, session);
        store.close(&again).expect("closed");
        assert!(!files::journal_of(&path).exists());
        assert!(Store::open(&path).is_ok_and(|opened| opened.is_some_and(|(known, _)| known == session)));
    }

    #[test]
    fn the_file_is_written_anew_now_and_then() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.tune");
        let mut session = Session::new("begun", song());
        let mut store = Store::begin(&path, &session).expect("a store");
        for number in 0..MOST_JOURNALLED + 3 {
            let change = step(&number.to_string());
            session.apply(change.clone());
            store.keep(&change, &session).expect("kept");
            let (read, changes) = files::read_session(&path).expect("a session");
            assert_eq!((&read, changes), (&session, number + 1));
        }
        let journal = std::fs::read_to_string(files::journal_of(&path)).expect("a journal");
        assert_eq!(journal.lines().count(), 3, "a hundred, and what comes after");
        assert!(Store::open(&path).is_err(), "it is locked still");
    }

    #[test]
    fn a_damaged_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.tune");
        std::fs::write(&path, "(version: 1, sess").expect("a file");
        assert!(Store::open(&path).is_err());
        let names = std::fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(names, 1, "no journal beside it");
    }
}
