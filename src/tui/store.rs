//! The session on disk: its file, and beside it the journal of what happened since the file was written.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::terminal::Color;
use crate::cli::{Failure, Terminal, files};
use crate::session::{Change, Session, file};

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
}

impl Store {
    /// The session in a file with what its journal adds, and where it is kept from now on; `None` if there is no such file.
    ///
    /// # Errors
    /// When the file cannot be read, was written by a later program, or is damaged; then it is left as it is.
    pub fn open(path: &Path) -> Result<Option<(Session, Store)>, Failure> {
        if !path.exists() {
            return Ok(None);
        }
        let (session, changes) = files::read_session(path)?;
        let store = Store::begin(path, &session, changes)?;
        Ok(Some((session, store)))
    }

    /// Writes a session whole, and begins its journal.
    ///
    /// # Errors
    /// When the file or the journal cannot be written.
    pub fn begin(path: &Path, session: &Session, changes: u64) -> Result<Store, Failure> {
        save(path, session, changes)?;
        // The file knows all that the journal has; only then does the journal go.
        let journal =
            OpenOptions::new().write(true).create(true).truncate(true).open(files::journal_of(path));
        let journal = journal.map_err(|error| {
            Failure::Usage(format!("cannot write '{}': {error}", files::journal_of(path).display()))
        })?;
        Ok(Store { path: path.to_path_buf(), journal, changes, written: changes })
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
        self.journal.write_all(line.as_bytes()).map_err(|error| {
            Failure::Usage(format!("cannot write '{}': {error}", files::journal_of(&self.path).display()))
        })?;
        if self.changes - self.written >= MOST_JOURNALLED {
            *self = Store::begin(&self.path, session, self.changes)?;
        }
        Ok(())
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

fn save(path: &Path, session: &Session, changes: u64) -> Result<(), Failure> {
    let text = file::write(session, changes).map_err(|error| Failure::Usage(error.to_string()))?;
    files::write(path, text.as_bytes(), true, &Terminal::new(true, false, Color::Never))
}
