//! The songs of a style where they are at hand: those that come with the program, and the user's own.

use include_dir::{Dir, include_dir};

use super::corpus::{Corpus, Place, Source};
use super::learn::{CorpusSheet, Share};
use super::shelf::{self, Style};
use crate::format;

/// The lead sheets that may be shipped.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/corpus");

/// Songs of a style.
#[derive(Clone, Debug, Default)]
pub struct Songs {
    /// Those that are at hand.
    pub sheets: Vec<CorpusSheet>,
    /// Where they are, for people: `corpus/chorales`.
    pub from: Vec<String>,
    /// Whether these are all that the style says it was learned from; a style of figures has none.
    pub are_all: bool,
    /// What could not be read.
    pub remarks: Vec<String>,
}

impl Songs {
    /// The songs of a style: of one that comes with the program those in the folders of `corpus/` that its SOURCES.md was
    /// learned from; of the user's own those that its card's sources name, if they still lie there; of a mix those of
    /// all its styles.
    pub fn of(style: &Style) -> Songs {
        let mut songs = Songs::default();
        if !style.parts.is_empty() {
            songs.are_all = true;
            for (part, _) in &style.parts {
                let name =
                    part.folder.as_ref().map_or(part.name.clone(), |folder| folder.display().to_string());
                match shelf::load(&name) {
                    Ok(part) => songs.join(Songs::of(&part)),
                    Err(error) => {
                        songs.are_all = false;
                        songs.remarks.push(error.to_string());
                    }
                }
            }
            return songs;
        }
        match style.folder {
            Some(_) => songs.read(&style.card.sources),
            None => shipped_folders(&style.sources()).iter().for_each(|folder| songs.add_shipped(folder)),
        }
        songs
    }

    fn join(&mut self, other: Songs) {
        self.sheets.extend(other.sheets);
        self.from.extend(other.from.into_iter().filter(|from| !self.from.contains(from)).collect::<Vec<_>>());
        self.are_all &= other.are_all;
        self.remarks.extend(other.remarks);
    }

    /// Adds the songs of a folder of the corpus that comes with the program.
    fn add_shipped(&mut self, folder: &str) {
        let files = folder.strip_prefix("corpus/").and_then(|name| SHIPPED.get_dir(name));
        let mut files: Vec<_> = files.map(|folder| folder.files().collect()).unwrap_or_default();
        files.sort_by_key(|file| file.path());
        let before = self.sheets.len();
        for file in files {
            let path = file.path();
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            let Some(format) = format::by_extension(extension) else { continue };
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_string();
            match format.read(file.contents()) {
                Ok(reading) => self.sheets.extend(reading.sheets.into_iter().map(|sheet| CorpusSheet {
                    sheet,
                    file: stem.clone(),
                    share: Share::WHOLE,
                })),
                Err(error) => self.remarks.push(format!("{folder}/{stem}: {error}")),
            }
        }
        if self.sheets.len() > before {
            self.from.push(folder.to_string());
            self.are_all = true;
        }
    }

    /// Adds the songs of files and folders, as far as they are there.
    fn read(&mut self, places: &[String]) {
        let places: Vec<(Option<Place>, &String)> =
            places.iter().map(|text| (text.parse().ok(), text)).collect();
        // A card is text: what is no file of today is no fault.
        let is_there = |place: &Place| place.path.is_file() || place.path.is_dir();
        self.are_all = !places.is_empty();
        for (place, text) in places {
            let Some(place) = place.filter(is_there) else {
                self.are_all = false;
                continue;
            };
            match Corpus::open(&[Source { place, chords: true, melody: true }]) {
                Ok(mut corpus) => {
                    self.sheets.extend(corpus.by_ref());
                    self.from.push(text.clone());
                    self.are_all &= corpus.unreadable.is_empty();
                    let unread = corpus.unreadable.iter();
                    self.remarks.extend(unread.map(|(path, why)| format!("{}: {why}", path.display())));
                }
                Err(error) => {
                    self.are_all = false;
                    self.remarks.push(error.to_string());
                }
            }
        }
    }
}

/// The folders of `corpus/` that the commands of a SOURCES.md learn from.
fn shipped_folders(sources: &str) -> Vec<String> {
    let commands = sources.lines().filter(|line| line.trim_start().starts_with("tunesmith learn "));
    let words = commands.flat_map(str::split_whitespace).filter(|word| word.starts_with("corpus/"));
    let mut folders: Vec<String> = words.map(|word| word.trim_end_matches('/').to_string()).collect();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{Card, Figures, load, save};

    fn of(name: &str) -> Songs {
        Songs::of(&load(name).expect(name))
    }

    #[test]
    fn songs_that_may_be_shipped_are_at_hand() {
        let chorales = of("chorale");
        assert_eq!(
            (chorales.sheets.len(), chorales.from.as_slice()),
            (388, &["corpus/chorales".to_string()][..])
        );
        assert!(chorales.are_all && chorales.remarks.is_empty());
        assert_eq!((of("irish").sheets.len(), of("irish").are_all), (333, true));
        let figures = of("beatles");
        assert!(figures.sheets.is_empty() && !figures.are_all);
    }

    #[test]
    fn a_mix_has_the_songs_of_its_styles() {
        let both = of("chorale*0.5+irish*0.5");
        assert_eq!((both.sheets.len(), both.are_all), (721, true));
        let some = of("chorale*0.5+beatles*0.5");
        assert_eq!((some.sheets.len(), some.are_all), (388, false));
    }

    #[test]
    fn own_songs_are_found_where_they_were_learned() {
        let home = tempfile::tempdir().expect("a folder");
        let song = home.path().join("one.abc");
        std::fs::write(&song, "X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|cBAG|FEDC|\n").expect("a file");
        let card = |sources: &[&str]| Card {
            sources: sources.iter().map(ToString::to_string).collect(),
            ..Card::new("Mine")
        };
        let figures =
            Figures { version: crate::style::figures::VERSION, unit: 1, min_pieces: 1, ..Figures::default() };
        let song = format!("{}*0.5", song.display());
        for (sources, all) in [(vec![song.as_str()], true), (vec![&song, "songs my mother taught me"], false)]
        {
            let folder = save(home.path(), "mine", Some(&card(&sources)), &figures).expect("saved");
            let songs = of(folder.to_str().expect("a path"));
            assert_eq!((songs.sheets.len(), songs.are_all), (1, all), "{:?}", songs.remarks);
        }
    }
}
