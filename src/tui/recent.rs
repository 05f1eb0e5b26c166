//! The sessions that were open last, newest first: a short list in the folder for data.

use std::path::{Path, PathBuf};

use super::opening::data_folder;
use crate::cli::terminal::Color;
use crate::cli::{Failure, Terminal, files};

/// So many are remembered.
const MOST: usize = 20;

/// A session that was open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Its file.
    pub path: PathBuf,
    /// Whether the file is there still.
    pub is_there: bool,
}

fn place() -> Result<PathBuf, Failure> {
    Ok(data_folder()?.join("recent.ron"))
}

/// The list; empty where there is none, or one that cannot be read.
pub fn list() -> Vec<Recent> {
    let paths = place().map(|place| read(&place)).unwrap_or_default();
    paths.into_iter().map(|path| Recent { is_there: path.is_file(), path }).collect()
}

/// Puts a session first.
///
/// # Errors
/// When the list cannot be written.
pub fn note(path: &Path) -> Result<(), Failure> {
    let path = whole(path);
    change(|paths| {
        paths.retain(|known| *known != path);
        paths.insert(0, path.clone());
    })
}

/// Takes a session off the list.
///
/// # Errors
/// When the list cannot be written.
pub fn forget(path: &Path) -> Result<(), Failure> {
    change(|paths| paths.retain(|known| known != path))
}

/// A path from the root, so that it leads there from anywhere.
pub fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn change(what: impl Fn(&mut Vec<PathBuf>)) -> Result<(), Failure> {
    let place = place()?;
    if let Some(folder) = place.parent() {
        files::make_folder(folder)?;
    }
    let mut paths = read(&place);
    what(&mut paths);
    write(&place, &paths)
}

fn read(place: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(place).unwrap_or_default();
    ron::from_str::<Vec<String>>(&text).unwrap_or_default().into_iter().map(PathBuf::from).collect()
}

fn write(place: &Path, paths: &[PathBuf]) -> Result<(), Failure> {
    // A name that is no text cannot be written, and is not remembered.
    let texts: Vec<&str> = paths.iter().filter_map(|path| path.to_str()).take(MOST).collect();
    let text = ron::ser::to_string_pretty(&texts, ron::ser::PrettyConfig::new())
        .map_err(|error| Failure::Usage(error.to_string()))?;
    files::write(place, format!("{text}\n").as_bytes(), true, &Terminal::new(true, false, Color::Never))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_are_remembered_and_damage_forgets_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("recent.ron");
        assert!(read(&place).is_empty());
        let paths: Vec<PathBuf> =
            (0..MOST + 5).map(|number| format!("/songs/{number} \"ä\".tune").into()).collect();
        write(&place, &paths).expect("a list");
        assert_eq!(read(&place), paths[..MOST]);
        std::fs::write(&place, "[\"/a.tune\", ").expect("a file");
        assert!(read(&place).is_empty());
    }
}
