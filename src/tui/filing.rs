//! Sessions opened, saved under another name, and sheets exported.

use std::path::{Path, PathBuf};

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::app::{App, Effect};
use super::opening::{self, Opened};
use super::prompt::{Prompt, What};
use super::recent;
use super::store::Store;
use crate::cli::terminal::Color;
use crate::cli::{Failure, Terminal, files};
use crate::session::Session;

impl App {
    /// Opens the session that is chosen in the list, or asks for the path of another.
    pub(super) fn open_chosen(&mut self) -> Vec<Effect> {
        match self.recent.get(self.entry) {
            None => self.prompt = Some(Prompt::new(What::Open, String::new())),
            Some(known) if known.path == recent::whole(&self.kept_in) => {
                self.message = "that is the session at hand".to_string();
            }
            Some(known) => return vec![Effect::Open(known.path.clone())],
        }
        Vec::new()
    }

    /// Turns to another session; what is not about the session stays as it is.
    pub fn turn_to(&mut self, session: Session, file: Option<PathBuf>, kept_in: PathBuf) {
        (self.session, self.file, self.kept_in) = (session, file, kept_in);
        (self.anchor, self.marking) = (None, false);
        self.go_to(1);
        (self.sources, self.shows_sources, self.possible) = (None, false, None);
        self.stop();
        (self.list, self.entry, self.prompt, self.replacing) = (None, 0, None, None);
        // What is being composed is for the session that was left.
        (self.conflict, self.command, self.waiting) = (None, None, None);
    }

    /// Whether the file is written over that stands where the sheet is exported to.
    pub(super) fn replace_or_not(&mut self, key: KeyEvent) -> Vec<Effect> {
        match (self.replacing.take(), key.code) {
            (Some(path), KeyCode::Char('y' | 'Y')) => vec![Effect::Replace(path)],
            (Some(path), _) => {
                self.message = format!("{} stays as it was; nothing was exported", path.display());
                Vec::new()
            }
            (None, _) => Vec::new(),
        }
    }
}

/// Closes the session and opens another, or a sheet; the one at hand stays where the other cannot be had.
pub fn open(path: &Path, app: &mut App, store: &mut Store) -> Result<String, Failure> {
    if recent::whole(path) == recent::whole(store.path()) {
        return Ok("that is the session at hand".to_string());
    }
    let Opened { session, store: new, file, remark } =
        opening::open(Some(path), app.seed, app.settings.style.as_deref())?;
    let old = std::mem::replace(store, new);
    let closed = old.close(&app.session);
    app.turn_to(session, file, store.path().to_path_buf());
    remember(store.path());
    // The journal of the one that was left has all of it, should its file not have been written.
    closed?;
    Ok(remark.unwrap_or_else(|| format!("opened {}", store.path().display())))
}

/// Puts a session first among those that were open.
pub fn remember(path: &Path) {
    // That a list of recent files could not be written keeps nobody from composing.
    let _ = recent::note(path);
}

/// Keeps the session in another file from now on.
pub fn save_as(path: &Path, app: &mut App, store: &mut Store) -> Result<String, Failure> {
    let path = if path.extension().is_some() { path.to_path_buf() } else { path.with_extension("tune") };
    if !files::is_session(&path) {
        return Err(Failure::Usage(format!("'{}': a session's file ends in .tune", path.display())));
    }
    if recent::whole(&path) == recent::whole(store.path()) {
        return Ok(format!("{} is saved with every step", path.display()));
    }
    files::refuse_existing(&path, false)
        .map_err(|_| Failure::Usage(format!("'{}' exists already: choose another name", path.display())))?;
    let was_unnamed = app.file.is_none();
    let new = Store::begin(&path, &app.session)?;
    let old = std::mem::replace(store, new);
    if was_unnamed {
        // It has a name now: the next one without begins anew.
        let unnamed = old.path();
        let _ = std::fs::remove_file(files::journal_of(unnamed));
        let _ = std::fs::remove_file(unnamed);
        let _ = recent::forget(&recent::whole(unnamed));
    } else {
        old.close(&app.session)?;
    }
    app.file = Some(path.clone());
    app.kept_in.clone_from(&path);
    remember(&path);
    Ok(format!("saved as {}; from now on by itself", path.display()))
}

/// Writes the sheet to a file; asks first where there is one.
pub fn export(path: &Path, app: &mut App, replaces: bool) -> Result<String, Failure> {
    let format = files::format_for(path)?;
    let writing = format.write(&app.song().sheet);
    let writing = writing.map_err(|error| Failure::Usage(format!("'{}': {error}", path.display())))?;
    if path.is_file() && !replaces {
        app.replacing = Some(path.to_path_buf());
        return Ok(format!("{} exists: replace it? y/n", path.display()));
    }
    files::write(path, &writing.bytes, replaces, &Terminal::new(true, false, Color::Never))?;
    let remarks = writing.remarks.join("; ");
    let but = if remarks.is_empty() { String::new() } else { format!(" ({remarks})") };
    Ok(format!("exported to {}{but}", path.display()))
}

/// How the session is opened again, for whoever leaves it.
pub fn way_back(app: &App) -> String {
    match &app.file {
        Some(file) => format!("saved: `tunesmith {}` opens it again", file.display()),
        None => "the session is kept: `tunesmith` opens it again".to_string(),
    }
}
