//! Where styles stand: those that come with the program, and the user's own.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::card::Card;
use super::figures::Figures;
use super::mix;
use crate::music::Meter;

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/styles");

/// The name of a style's card within its folder.
pub const CARD: &str = "style.ron";
/// The name of a style's figures within its folder.
pub const FIGURES: &str = "figures.bin";
/// The name of the file that says where a style comes from.
pub const SOURCES: &str = "SOURCES.md";

/// A style: its card and what it learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// The name of its folder.
    pub name: String,
    /// Its card.
    pub card: Card,
    /// Its figures.
    pub figures: Figures,
    /// Where it stands on the disk; `None` if it comes with the program, or is a mix.
    pub folder: Option<PathBuf>,
    /// The styles that a mix is made of, with their shares in thousandths; empty for any other style.
    pub parts: Vec<(Listed, u32)>,
}

/// A style of the list, not loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The name to ask for.
    pub name: String,
    /// Where it stands on the disk; `None` if it comes with the program.
    pub folder: Option<PathBuf>,
}

/// Why a style cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum StyleError {
    #[error("there is no style '{name}'; {}there are: {}", nearest.as_ref().map(|n| format!("did you mean '{n}'? ")).unwrap_or_default(), known.join(", "))]
    Unknown { name: String, nearest: Option<String>, known: Vec<String> },
    #[error("{file}: {message}")]
    File { file: String, message: String },
    #[error("'{text}' is no mix: {why}; write names with weights, as in 'beatles*0.7+songbook*0.3'")]
    Mix { text: String, why: String },
    #[error("'{0}' cannot be the name of a style: use letters, figures, - and _, as in my-songs")]
    Name(String),
}

impl Style {
    /// Meters with weights: the card's, else the corpus's.
    pub fn meters(&self) -> Vec<(Meter, u32)> {
        if self.card.meters.is_empty() { self.figures.meters.clone() } else { self.card.meters.clone() }
    }

    /// The meter that it is asked for most.
    pub fn usual_meter(&self) -> Option<Meter> {
        let meters = self.meters();
        let most =
            meters.iter().enumerate().max_by_key(|&(place, (_, weight))| (*weight, std::cmp::Reverse(place)));
        most.map(|(_, (meter, _))| *meter)
    }

    /// Forms with weights: the card's, else the corpus's.
    pub fn forms(&self) -> Vec<(String, u32)> {
        if self.card.forms.is_empty() { self.figures.forms.clone() } else { self.card.forms.clone() }
    }

    /// The style as it would stand in the list.
    pub fn listed(&self) -> Listed {
        Listed { name: self.name.clone(), folder: self.folder.clone() }
    }

    /// The text that says where the style comes from, or the styles of a mix one after the other; empty if there is none.
    pub fn sources(&self) -> String {
        if self.parts.is_empty() {
            return self.listed().sources();
        }
        let sources = self.parts.iter().map(|(part, _)| part.sources());
        sources.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

impl Listed {
    fn sources(&self) -> String {
        match &self.folder {
            Some(folder) => std::fs::read_to_string(folder.join(SOURCES)).unwrap_or_default(),
            None => {
                let file = SHIPPED.get_file(format!("{}/{SOURCES}", self.name));
                file.and_then(|file| file.contents_utf8()).unwrap_or_default().to_string()
            }
        }
    }
}

/// The style of a name (the user's own first, then those that come with the program) or in a folder; or a mix of such
/// styles by weight, as in `beatles*0.7+songbook*0.3`.
///
/// # Errors
/// No such style, with the nearest name; a mix that cannot be read; or a card or figures that cannot be read, with the
/// file and line.
pub fn load(name_or_folder: &str) -> Result<Style, StyleError> {
    load_from(name_or_folder, user_styles().as_deref())
}

/// The styles that can be loaded, by name; one of the user's own hides a shipped one of the same name.
pub fn list() -> Vec<Listed> {
    list_with(user_styles().as_deref())
}

/// The folder of the user's own styles; `None` where the system names no home.
pub fn user_styles() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    etcetera::choose_base_strategy().ok().map(|strategy| strategy.data_dir().join("tunesmith").join("styles"))
}

/// Writes a style into a folder of its name under `styles`, which is made if missing; returns the folder. The card of a
/// style that stands there is kept unless `card` is given.
///
/// # Errors
/// A name that is none, or a file that cannot be written.
pub fn save(
    styles: &Path,
    name: &str,
    card: Option<&Card>,
    figures: &Figures,
) -> Result<PathBuf, StyleError> {
    if !is_name(name) {
        return Err(StyleError::Name(name.to_string()));
    }
    let folder = styles.join(name);
    let failed = |file: &Path| {
        let file = file.display().to_string();
        move |error: std::io::Error| StyleError::File { file, message: error.to_string() }
    };
    std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let path = folder.join(FIGURES);
    let bytes = figures
        .to_bytes()
        .map_err(|error| StyleError::File { file: path.display().to_string(), message: error.to_string() })?;
    write_whole(&folder, &path, &bytes).map_err(failed(&path))?;
    let path = folder.join(CARD);
    if let Some(card) = card {
        write_whole(&folder, &path, card.to_ron().as_bytes()).map_err(failed(&path))?;
    }
    Ok(folder)
}

/// Writes a file aside in its folder, then gives it its name: whole, or not at all.
fn write_whole(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tunesmith-");
    // Private would be the default of a temporary file; a style is as readable as any new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut aside = builder.tempfile_in(folder)?;
    std::io::Write::write_all(&mut aside, bytes)?;
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether a text can name a style: letters, figures, `-` and `_`, up to 64.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 64 && name.chars().all(fits)
}

fn load_from(name: &str, own: Option<&Path>) -> Result<Style, StyleError> {
    if !mix::is_mix(name) || Path::new(name).is_dir() {
        return load_one(name, own);
    }
    let styles = mix::parts(name)?.into_iter().map(|(name, share)| Ok((load_one(&name, own)?, share)));
    let mut styles: Vec<(Style, u32)> = styles.collect::<Result<_, StyleError>>()?;
    // One alone is no mix, whatever its weight.
    Ok(if styles.len() == 1 { styles.swap_remove(0).0 } else { mix::mixed(&styles) })
}

fn load_one(name: &str, own: Option<&Path>) -> Result<Style, StyleError> {
    if is_name(name) {
        if let Some(folder) = own.map(|own| own.join(name)).filter(|folder| folder.join(CARD).is_file()) {
            return from_folder(&folder);
        }
        if let Some(folder) = SHIPPED.get_dir(name) {
            let file = |file: &str| {
                let path = format!("{name}/{file}");
                let found = folder.get_file(&path).map(|file| file.contents());
                found.ok_or_else(|| StyleError::File {
                    file: format!("styles/{path}"),
                    message: "is missing".into(),
                })
            };
            return read(name, file(CARD)?, file(FIGURES)?, None);
        }
    }
    let folder = Path::new(name);
    if folder.join(CARD).is_file() {
        return from_folder(folder);
    }
    if folder.is_dir() && !is_name(name) {
        let file = folder.join(CARD).display().to_string();
        return Err(StyleError::File { file, message: "is missing: this folder is no style".into() });
    }
    let known: Vec<String> = list_with(own).into_iter().map(|listed| listed.name).collect();
    let nearest = known.iter().map(|known| (distance(name, known), known)).min();
    let nearest = nearest.filter(|&(distance, known)| distance * 2 <= known.chars().count());
    Err(StyleError::Unknown {
        name: name.to_string(),
        nearest: nearest.map(|(_, known)| known.clone()),
        known,
    })
}

fn from_folder(folder: &Path) -> Result<Style, StyleError> {
    let file = |name: &str| {
        let path = folder.join(name);
        let failed = |error: std::io::Error| StyleError::File {
            file: path.display().to_string(),
            message: error.to_string(),
        };
        std::fs::read(&path).map_err(failed)
    };
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("style");
    read(name, &file(CARD)?, &file(FIGURES)?, Some(folder))
}

fn read(name: &str, card: &[u8], figures: &[u8], folder: Option<&Path>) -> Result<Style, StyleError> {
    let within = |file: &str| match folder {
        Some(folder) => folder.join(file).display().to_string(),
        None => format!("styles/{name}/{file}"),
    };
    let card = std::str::from_utf8(card).map_err(|_| "is not text".to_string()).and_then(Card::from_ron);
    let card = card.map_err(|message| StyleError::File { file: within(CARD), message })?;
    let figures = Figures::from_bytes(figures);
    let figures =
        figures.map_err(|error| StyleError::File { file: within(FIGURES), message: error.to_string() })?;
    let folder = folder.map(Path::to_path_buf);
    Ok(Style { name: name.to_string(), card, figures, folder, parts: Vec::new() })
}

fn list_with(own: Option<&Path>) -> Vec<Listed> {
    let entries = own.and_then(|own| std::fs::read_dir(own).ok());
    let folders = entries.into_iter().flat_map(|entries| entries.flatten()).map(|entry| entry.path());
    let own = folders.filter(|folder| folder.join(CARD).is_file()).filter_map(|folder| {
        let name = folder.file_name()?.to_str()?.to_string();
        is_name(&name).then_some(Listed { name, folder: Some(folder) })
    });
    let mut list: Vec<Listed> = own.collect();
    let shipped = SHIPPED.dirs().filter_map(|folder| folder.path().to_str());
    for name in shipped {
        if list.iter().all(|listed| listed.name != name) {
            list.push(Listed { name: name.to_string(), folder: None });
        }
    }
    list.sort();
    list
}

/// Letters to change, add or leave out to make one word the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, &wanted) in row.iter_mut().skip(1).zip(&other) {
            let here = (diagonal + usize::from(letter != wanted)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures { version: super::super::figures::VERSION, unit: 1, min_pieces: 1, ..Figures::default() }
    }

    #[test]
    fn an_own_style_is_found_by_name_and_by_folder() {
        let own = tempfile::tempdir().expect("a folder");
        let folder = save(own.path(), "my-songs", Some(&Card::new("Mine")), &figures()).expect("saved");
        for name in ["my-songs", folder.to_str().expect("a path")] {
            assert_eq!(load_from(name, Some(own.path())).expect(name).card.title, "Mine");
        }
        assert!(
            list_with(Some(own.path()))
                .iter()
                .any(|listed| listed.name == "my-songs" && listed.folder.is_some())
        );
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        let own = tempfile::tempdir().expect("a folder");
        save(own.path(), "nocturnes", Some(&Card::new("Mine")), &figures()).expect("saved");
        let error = load_from("nocturne", Some(own.path())).expect_err("no such style").to_string();
        assert!(error.contains("did you mean 'nocturnes'?"), "{error}");
        assert!(
            !load_from("zzzzzzzz", Some(own.path())).expect_err("no such style").to_string().contains("mean")
        );
        assert_eq!(save(own.path(), "../x", None, &figures()), Err(StyleError::Name("../x".into())));
    }

    #[test]
    fn broken_files_are_named() {
        let own = tempfile::tempdir().expect("a folder");
        let folder = save(own.path(), "bad", Some(&Card::new("Bad")), &figures()).expect("saved");
        std::fs::write(folder.join(FIGURES), b"\x07").expect("written");
        let error = load_from("bad", Some(own.path())).expect_err("broken").to_string();
        assert!(error.contains("figures.bin") && error.contains("learn the style anew"), "{error}");
        std::fs::write(folder.join(CARD), "(title: 3)").expect("written");
        let error = load_from("bad", Some(own.path())).expect_err("broken").to_string();
        assert!(error.contains("style.ron: line 1"), "{error}");
    }

    #[test]
    fn distances_count_changed_letters() {
        assert_eq!(
            (distance("beatles", "beetles"), distance("jazz", "Jazz"), distance("", "abc")),
            (1, 0, 3)
        );
    }
}
