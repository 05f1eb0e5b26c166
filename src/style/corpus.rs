//! A corpus: sheets read from files and folders, one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::learn::{CorpusSheet, Share, plain};
use crate::format;

/// Larger files are not read: no collection of sheets comes near.
const MOST_BYTES: u64 = 512 << 20;
/// Folders are followed this deep.
const DEEPEST: usize = 32;

/// A file or folder to learn from, with its weight and the songs that count, by years or by a list of titles: `PATH`,
/// `PATH*0.3`, `PATH@1958-1969`, `PATH@titles.txt`, `PATH*0.3@1958-1969`. A path that exists as it is written is taken as
/// it is.
///
/// A list of titles is a text file with one title a line, `#` at the start of a line for comments. Case and punctuation
/// do not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file or folder.
    pub path: PathBuf,
    /// Weight in hundredths, 1 to 100.
    pub weight: u32,
    /// Only songs of these years (those without a year too).
    pub years: Option<(u16, u16)>,
    /// Only songs whose titles this file lists.
    pub titles: Option<PathBuf>,
}

/// A place that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}': {why}; write PATH, PATH*0.3 (counts less), PATH@1958-1969 (songs of these years) or PATH@titles.txt (songs of this list)"
)]
pub struct PlaceError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for Place {
    type Err = PlaceError;
    fn from_str(text: &str) -> Result<Place, PlaceError> {
        let fail = |why| PlaceError { text: text.to_string(), why };
        let plain = |path: &str| Place { path: PathBuf::from(path), weight: 100, years: None, titles: None };
        if Path::new(text).exists() {
            return Ok(plain(text));
        }
        let (rest, years, titles) = match text.rsplit_once('@') {
            Some((rest, list)) if Path::new(list).is_file() => (rest, None, Some(PathBuf::from(list))),
            Some((rest, years)) if years.starts_with(|c: char| c.is_ascii_digit()) => {
                (rest, Some(self::years(years).ok_or_else(|| fail("the years cannot be read"))?), None)
            }
            _ => (text, None, None),
        };
        let (path, weight) = match rest.rsplit_once('*') {
            Some((path, weight)) => {
                (path, self::weight(weight).ok_or_else(|| fail("the weight must be from 0.01 to 1"))?)
            }
            None => (rest, 100),
        };
        if path.is_empty() {
            return Err(fail("there is no path"));
        }
        Ok(Place { weight, years, titles, ..plain(path) })
    }
}

fn years(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some((from, to))
}

fn weight(text: &str) -> Option<u32> {
    let weight: f64 = text.parse().ok()?;
    let hundredths = (weight * 100.0).round();
    (1.0..=100.0).contains(&hundredths).then_some(hundredths as u32)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.weight != 100 {
            write!(f, "*{}", f64::from(self.weight) / 100.0)?;
        }
        if let Some(titles) = &self.titles {
            write!(f, "@{}", titles.display())?;
        }
        self.years.map_or(Ok(()), |(from, to)| write!(f, "@{from}-{to}"))
    }
}

/// A place and what is learned from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where.
    pub place: Place,
    /// Whether chords, their rhythm and forms are learned from it.
    pub chords: bool,
    /// Whether melody is learned from it.
    pub melody: bool,
}

/// The files of the sources, ready to be read. An iterator over their sheets that reads one file at a time.
#[derive(Debug)]
pub struct Corpus {
    files: std::vec::IntoIter<(PathBuf, Source)>,
    sheets: std::vec::IntoIter<CorpusSheet>,
    lists: BTreeMap<PathBuf, TitleList>,
    /// What was left out or repaired, by file; complete once the iterator has ended.
    pub remarks: Vec<(PathBuf, String)>,
    /// Files that could not be read at all, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// The titles that a file lists, by what [`plain`] leaves of them.
#[derive(Debug, Default)]
struct TitleList {
    listed: BTreeMap<String, String>,
    heard: BTreeSet<String>,
}

/// A source without anything to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum CorpusError {
    #[error("'{0}': there is no such file or folder")]
    Missing(String),
    #[error("'{0}' holds no file that can be read; readable are {1}")]
    Nothing(String, String),
    #[error("the list of titles '{0}': {1}")]
    Titles(String, String),
}

impl Corpus {
    /// Finds the files of the sources: a file as it is, a folder with all its folders, in order of name.
    ///
    /// # Errors
    /// When a source does not exist, is a folder without any readable file, or has a list of titles that cannot be read
    /// or lists none.
    pub fn open(sources: &[Source]) -> Result<Corpus, CorpusError> {
        let mut files = Vec::new();
        let mut lists = BTreeMap::new();
        for source in sources {
            if let Some(list) = &source.place.titles {
                lists.insert(list.clone(), titles(list)?);
            }
            let path = &source.place.path;
            let before = files.len();
            if path.is_dir() {
                let mut found = Vec::new();
                walk(path, DEEPEST, &mut found);
                found.sort();
                files.extend(found.into_iter().map(|file| (file, source.clone())));
                if files.len() == before {
                    return Err(CorpusError::Nothing(path.display().to_string(), readable()));
                }
            } else if path.exists() {
                files.push((path.clone(), source.clone()));
            } else {
                return Err(CorpusError::Missing(path.display().to_string()));
            }
        }
        let (remarks, unreadable) = (Vec::new(), Vec::new());
        Ok(Corpus { files: files.into_iter(), sheets: Vec::new().into_iter(), lists, remarks, unreadable })
    }

    /// Files that are still to be opened.
    pub fn files_left(&self) -> usize {
        self.files.len()
    }

    /// Listed titles that no sheet had, with their list; complete once the iterator has ended.
    pub fn unheard_titles(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.lists.iter().flat_map(|(path, list)| {
            let unheard = list.listed.iter().filter(|(plain, _)| !list.heard.contains(*plain));
            unheard.map(|(_, title)| (path.as_path(), title.as_str()))
        })
    }

    /// The sheets of a file that its source wants.
    fn read(&mut self, path: &Path, source: &Source) -> Result<Vec<CorpusSheet>, String> {
        let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if size > MOST_BYTES {
            return Err(format!("larger than {} MiB", MOST_BYTES >> 20));
        }
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let format = format::by_extension(extension).or_else(|| format::by_content(&bytes));
        let format =
            format.ok_or_else(|| format!("not a format that can be read; readable are {}", readable()))?;
        let songs: Vec<_> = if format.extensions().contains(&"json") {
            let (songs, remarks) = format::json::read_songs(&bytes).map_err(|error| error.to_string())?;
            self.remarks.extend(remarks.into_iter().map(|remark| (path.to_path_buf(), remark)));
            songs.into_iter().map(|song| (song.sheet, song.year)).collect()
        } else {
            let reading = format.read(&bytes).map_err(|error| error.to_string())?;
            self.remarks.extend(reading.remarks.into_iter().map(|remark| (path.to_path_buf(), remark)));
            reading.sheets.into_iter().map(|sheet| (sheet, None)).collect()
        };
        let file = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_string();
        let share = Share { chords: source.chords, melody: source.melody, weight: source.place.weight };
        let in_years = |year: Option<u16>| match (source.place.years, year) {
            (Some((from, to)), Some(year)) => (from..=to).contains(&year),
            _ => true,
        };
        let mut list = source.place.titles.as_ref().and_then(|titles| self.lists.get_mut(titles));
        let mut listed = |title: &str| {
            let Some(list) = &mut list else { return true };
            let title = plain(title);
            let found = list.listed.contains_key(&title);
            if found {
                list.heard.insert(title);
            }
            found
        };
        let kept = songs.into_iter().filter(|(sheet, year)| in_years(*year) && listed(sheet.title()));
        Ok(kept.map(|(sheet, _)| CorpusSheet { sheet, file: file.clone(), share }).collect())
    }
}

impl Iterator for Corpus {
    type Item = CorpusSheet;

    fn next(&mut self) -> Option<CorpusSheet> {
        loop {
            if let Some(sheet) = self.sheets.next() {
                return Some(sheet);
            }
            let (path, source) = self.files.next()?;
            match self.read(&path, &source) {
                Ok(sheets) => self.sheets = sheets.into_iter(),
                Err(why) => self.unreadable.push((path, why)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let known = self.sheets.len();
        (known, (self.files.len() == 0).then_some(known))
    }
}

/// Reads a list of titles.
fn titles(path: &Path) -> Result<TitleList, CorpusError> {
    let fail = |why: String| CorpusError::Titles(path.display().to_string(), why);
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let titles = lines.map(|line| (plain(line), line.to_string())).filter(|(plain, _)| !plain.is_empty());
    let list = TitleList { listed: titles.collect(), ..TitleList::default() };
    if list.listed.is_empty() { Err(fail("it lists no title, one a line".into())) } else { Ok(list) }
}

/// The files under a folder that some format reads by their name.
fn walk(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'));
        let extension = path.extension().and_then(|extension| extension.to_str());
        if hidden {
            continue;
        }
        if path.is_dir() {
            if deep > 0 {
                walk(&path, deep - 1, found);
            }
        } else if extension.is_some_and(|extension| format::by_extension(extension).is_some()) {
            found.push(path);
        }
    }
}

/// The extensions that are read, for messages.
fn readable() -> String {
    let extensions = format::FORMATS.iter().flat_map(|format| format.extensions().iter().copied());
    extensions.map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_with_weights_and_years_are_read() {
        let place = |text: &str| text.parse::<Place>().expect(text);
        let wanted =
            Place { path: "songs/a.json".into(), weight: 30, years: Some((1958, 1969)), titles: None };
        assert_eq!(place("songs/a.json*0.3@1958-1969"), wanted);
        assert_eq!(place("songs/a.json*0.3@1958-1969").to_string(), "songs/a.json*0.3@1958-1969");
        assert_eq!(place("me@home/x").path, PathBuf::from("me@home/x"));
        assert_eq!(place("x@1964").years, Some((1964, 1964)));
        for wrong in ["a*2", "a*0", "a*x", "a@1969-1958", "*0.5", ""] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_or_empty_source_is_named() {
        let source = |path: &Path| Source {
            place: Place { path: path.to_path_buf(), weight: 100, years: None, titles: None },
            chords: true,
            melody: true,
        };
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("notes.xyz"), "no sheet").expect("a file");
        assert!(matches!(Corpus::open(&[source(folder.path())]), Err(CorpusError::Nothing(..))));
        assert!(matches!(Corpus::open(&[source(&folder.path().join("x"))]), Err(CorpusError::Missing(_))));
    }

    #[test]
    fn folders_are_read_with_their_folders_and_broken_files_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let within = folder.path().join("more");
        std::fs::create_dir(&within).expect("a folder");
        let song = r#"{"songs": [{"title": "T", "year": 1960, "meter": "4/4", "key": {"tonic": 0, "mode": "major"},
            "chords": [[0, 16, "C:maj", 0, "maj", 0, "maj"]], "melody": [[0, 16, 60]]}]}"#;
        std::fs::write(within.join("a.json"), song).expect("a file");
        std::fs::write(folder.path().join("b.json"), "{").expect("a file");
        let years = |from, to| Source {
            place: Place {
                path: folder.path().to_path_buf(),
                weight: 100,
                years: Some((from, to)),
                titles: None,
            },
            chords: true,
            melody: true,
        };
        let mut corpus = Corpus::open(&[years(1960, 1970)]).expect("a corpus");
        assert_eq!(corpus.by_ref().map(|sheet| sheet.sheet.title().to_string()).collect::<Vec<_>>(), ["T"]);
        assert_eq!(corpus.unreadable.len(), 1);
        assert_eq!(Corpus::open(&[years(1970, 1980)]).expect("a corpus").count(), 0);
    }
    #[test]
    fn a_list_of_titles_picks_songs_and_what_it_lists_in_vain_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let song = |title: &str| {
            format!(
                r#"{{"title": "{title}", "meter": "4/4", "key": {{"tonic": 0, "mode": "major"}},
                "chords": [[0, 16, "C:maj", 0, "maj", 0, "maj"]], "melody": [[0, 16, 60]]}}"#
            )
        };
        let songs = format!(r#"{{"songs": [{}, {}]}}"#, song("One O'Clock"), song("Two"));
        let (json, list) = (folder.path().join("a.json"), folder.path().join("list.txt"));
        std::fs::write(&json, songs).expect("a file");
        std::fs::write(&list, "# what counts\n\none o clock\nThree\n").expect("a file");
        let place: Place = format!("{}@{}", json.display(), list.display()).parse().expect("a place");
        assert_eq!(place.to_string(), format!("{}@{}", json.display(), list.display()));
        let source = Source { place, chords: true, melody: true };
        let mut corpus = Corpus::open(std::slice::from_ref(&source)).expect("a corpus");
        let found: Vec<String> = corpus.by_ref().map(|sheet| sheet.sheet.title().to_string()).collect();
        assert_eq!(found, ["One O'Clock"]);
        assert_eq!(corpus.unheard_titles().map(|(_, title)| title).collect::<Vec<_>>(), ["Three"]);
        std::fs::write(&list, "# nothing\n").expect("a file");
        assert!(matches!(Corpus::open(&[source]), Err(CorpusError::Titles(..))));
    }
}
