//! Opens a session: one that is there, one about a sheet, or a new one.

use std::path::{Path, PathBuf};

use super::store::{Store, UNNAMED};
use crate::cli::{Failure, files};
use crate::compose::{Request, prepare};
use crate::session::{Session, Song};
use crate::style;

/// The style that a session begins in where the settings name none.
const FIRST_STYLE: &str = "beatles";

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Where it is kept.
    pub store: Store,
    /// Its file, if it has a name.
    pub file: Option<PathBuf>,
    /// What is to be said about it.
    pub remark: Option<String>,
}

/// Opens the session of a path: a session, a sheet to begin one with, or the session that has no name yet. What is new begins in a
/// style, drawn from a seed.
///
/// # Errors
/// When the file cannot be read or written, or is open elsewhere.
pub fn open(path: Option<&Path>, seed: u64, style: Option<&str>) -> Result<Opened, Failure> {
    match path {
        Some(path) if files::is_session(path) => {
            let file = (unnamed().ok().as_deref() != Some(path)).then(|| path.to_path_buf());
            known_or_new(path, file, seed, style)
        }
        Some(path) => {
            let sheets = files::read_silently(path)?.sheets;
            let Some(sheet) = sheets.into_iter().next() else {
                return Err(Failure::Usage(format!("'{}': there is no tune in it", path.display())));
            };
            let beside = path.with_extension("tune");
            if beside.exists() {
                return Err(Failure::Usage(format!(
                    "'{}' is a session already: open that, or move it",
                    beside.display()
                )));
            }
            let label = format!("from {}", path.display());
            let style = style.unwrap_or(FIRST_STYLE);
            // The sheet is opened whatever the settings say; a style that is not there is told when something is composed.
            let session = Session::new(label, Song::new(style, sheet));
            let store = Store::begin(&beside, &session)?;
            Ok(Opened { session, store, file: Some(beside), remark: None })
        }
        None => {
            let path = unnamed()?;
            if let Some(folder) = path.parent() {
                files::make_folder(folder)?;
            }
            known_or_new(&path, None, seed, style)
        }
    }
}

fn known_or_new(
    path: &Path,
    file: Option<PathBuf>,
    seed: u64,
    style: Option<&str>,
) -> Result<Opened, Failure> {
    if let Some((session, store)) = Store::open(path)? {
        return Ok(Opened { session, store, file, remark: None });
    }
    let wished = style.unwrap_or(FIRST_STYLE);
    let (session, remark) = match first(wished, seed) {
        // Settings that name a style that is gone keep nobody from composing.
        Err(Failure::Usage(error)) if wished != FIRST_STYLE => {
            (first(FIRST_STYLE, seed)?, Some(format!("settings: {error}; begun in {FIRST_STYLE}")))
        }
        begun => (begun?, None),
    };
    let store = Store::begin(path, &session)?;
    Ok(Opened { session, store, file, remark })
}

/// Where the session is kept that has no name yet.
///
/// # Errors
/// When the system names no folder for data.
pub fn unnamed() -> Result<PathBuf, Failure> {
    Ok(data_folder()?.join(UNNAMED))
}

/// A path as it was typed, `~/` being the songwriter's own folder.
pub fn at_home(text: &str) -> PathBuf {
    let home = text.strip_prefix("~/").and_then(|rest| Some(etcetera::home_dir().ok()?.join(rest)));
    home.unwrap_or_else(|| PathBuf::from(text))
}

/// The folder for what the program keeps.
///
/// # Errors
/// When the system names none.
pub fn data_folder() -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy()
        .map_err(|error| Failure::Usage(format!("no place for the session: {error}; name one: song.tune")))?;
    Ok(folders.data_dir().join("tunesmith"))
}

/// A session that begins with a take.
fn first(name: &str, seed: u64) -> Result<Session, Failure> {
    let style = style::load(name).map_err(|error| Failure::Usage(error.to_string()))?;
    let request = Request { seed, ..Request::default() };
    let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0));
    let take = take.map_err(|refusal| Failure::NoSolution(refusal.to_string()))?;
    Ok(Session::new(format!("begun in {name}, seed {seed}"), Song::new(name, take.sheet)))
}
