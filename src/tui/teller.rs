//! Questions about the sheet, answered beside the composing: what could stand at a place, and where it comes from.

use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::compose::sheet_law::SheetLaw;
use crate::evaluate::{ChordIndex, Shared, SongIndex, explain};
use crate::music::unfold::unfolded;
use crate::music::{ChordSymbol, Duration, LeadSheet};
use crate::session::edit::note_word;
use crate::style::{self, CorpusSheet, Style, songs::Songs};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The style, as `--style` takes it.
    pub style: String,
    /// The sheet.
    pub sheet: LeadSheet,
    /// What is asked.
    pub about: About,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// What could stand at a place, given all else.
    Place(Duration),
    /// Where it comes from.
    Sources,
    /// What the style is like; the sheet is of no account.
    Style,
}

/// What is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The question.
    pub question: Question,
    /// The answer, or why there is none.
    pub answer: Result<Answer, String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What could stand there.
    Possible(Possible),
    /// Where it comes from.
    Sources(Sources),
    /// What the style is like, in lines.
    Style(String),
}

/// What could stand at a place, the likeliest first, as it is typed: `Dm7`, `e'`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Possible {
    /// The chord that sounds there.
    pub chords: Vec<(String, f64)>,
    /// The note that starts there; none if none does.
    pub notes: Vec<(String, f64)>,
}

/// Where a sheet comes from.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Sources {
    /// The songs that are at hand, how many there are, and whether these are all.
    pub songs: usize,
    /// Whether these are all that the style knows.
    pub are_all: bool,
    /// The longest passages that it shares with one of them: how many notes, in which bars, of which songs.
    pub passages: Vec<(usize, RangeInclusive<usize>, Vec<String>)>,
    /// Bars with stretches that some song of the style has, by its fingerprints.
    pub suspected: Vec<usize>,
    /// The most notes in a row that may be those of one song, and whether they are not exceeded, if that is known.
    pub limit: (u32, Option<bool>),
    /// For each note where it starts, and how many notes before it the style's songs go on with it after, if any do; nothing where
    /// repeats are written.
    pub notes: Vec<(Duration, Option<usize>)>,
    /// For each note the letter of the song that it has from the longest passage, `a` for the first of `letters`.
    pub letters: Vec<Option<usize>>,
    /// The songs that letters stand for, and how many notes they stand for.
    pub titles: Vec<(String, usize)>,
}

/// The teller: a thread that answers.
#[derive(Debug)]
pub struct Teller {
    questions: Sender<Question>,
}

impl Teller {
    /// Starts one that calls `tell` with each answer.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(tell: impl Fn(Told) + Send + 'static) -> std::io::Result<Teller> {
        let (questions, asked) = channel();
        thread::Builder::new().name("teller".into()).spawn(move || answer_all(&asked, &tell))?;
        Ok(Teller { questions })
    }

    /// Asks.
    pub fn ask(&self, question: Question) {
        // It ends only when this does.
        let _ = self.questions.send(question);
    }
}

/// A style with the songs of it that are at hand.
struct Known {
    name: String,
    style: Style,
    songs: Option<(SongIndex, ChordIndex, bool)>,
}

fn answer_all(asked: &Receiver<Question>, tell: &impl Fn(Told)) {
    let mut known: Option<Known> = None;
    while let Ok(first) = asked.recv() {
        // Of several that wait only the last is of use.
        let question = asked.try_iter().last().unwrap_or(first);
        if question.about == About::Style {
            // The style at hand stays at hand.
            let style = style::load(&question.style);
            let answer = style.map(|style| Answer::Style(crate::cli::styles::description(&style)));
            tell(Told { question, answer: answer.map_err(|error| error.to_string()) });
            continue;
        }
        if known.as_ref().is_none_or(|known| known.name != question.style) {
            match style::load(&question.style) {
                Ok(style) => known = Some(Known { name: question.style.clone(), style, songs: None }),
                Err(error) => {
                    tell(Told { question, answer: Err(error.to_string()) });
                    continue;
                }
            }
        }
        let Some(known) = known.as_mut() else { continue };
        let answer = match question.about {
            About::Place(at) => possible(&known.style, &question.sheet, at).map(Answer::Possible),
            About::Sources | About::Style => known.sources(&question.sheet).map(Answer::Sources),
        };
        tell(Told { question, answer });
    }
}

/// What could stand at a place of a sheet in a style, given all else on it.
///
/// # Errors
/// When the sheet is none that the style has a law of, in words.
pub fn possible(style: &Style, sheet: &LeadSheet, at: Duration) -> Result<Possible, String> {
    let law = SheetLaw::new(style, sheet).map_err(|error| error.to_string())?;
    let chord = law.chord_at(at).and_then(|number| law.chord_cell(number));
    let note = law.note_at(at).and_then(|number| law.note_cell(number));
    let chords = chord.map(|cell| cell.chords).unwrap_or_default();
    let notes = note.map(|cell| cell.pitches).unwrap_or_default();
    let named = |(chord, share): &(ChordSymbol, f64)| (chord.to_string(), *share);
    Ok(Possible {
        chords: chords.iter().map(named).collect(),
        notes: notes.iter().map(|(midi, share)| (note_word(sheet, at, *midi), *share)).collect(),
    })
}

impl Known {
    fn sources(&mut self, sheet: &LeadSheet) -> Result<Sources, String> {
        if self.songs.is_none() {
            let songs = Songs::of(&self.style);
            let called = |song: &CorpusSheet| match song.sheet.title().trim() {
                "" => song.file.clone(),
                title => title.to_string(),
            };
            let names: Vec<String> = songs.sheets.iter().map(called).collect();
            let named = || songs.sheets.iter().zip(&names).map(|(song, name)| (&song.sheet, name.as_str()));
            let melodies = SongIndex::new(named()).map_err(|error| error.to_string())?;
            let charts = ChordIndex::new(named()).map_err(|error| error.to_string())?;
            self.songs = Some((melodies, charts, songs.are_all));
        }
        let Some((melodies, charts, are_all)) = &self.songs else { return Ok(Sources::default()) };
        let full = unfolded(sheet);
        // Where repeats are written, notes stand elsewhere than they are written.
        let stand = full.form() == sheet.form();
        let sheet = full;
        let told = explain(&self.style, &sheet, (melodies, charts), *are_all);
        let starts = sheet.form().bar_starts();
        let notes = &sheet.melody().notes;
        let bar = |note: usize| {
            notes.get(note).map_or(0, |note| starts.partition_point(|&start| start <= note.onset))
        };
        let mut passages: Vec<_> = told.passages.iter().collect();
        passages.sort_by_key(|shared| (std::cmp::Reverse(shared.notes.len()), shared.notes.start));
        let passage = |shared: &&Shared| {
            let titles = shared.places.iter().map(|place| place.title.to_string()).collect();
            let bars = bar(shared.notes.start)..=bar(shared.notes.end.saturating_sub(1));
            (shared.notes.len(), bars, titles)
        };
        let (letters, titles) = lettered(&passages, notes.len());
        Ok(Sources {
            songs: melodies.songs(),
            are_all: *are_all,
            passages: passages.iter().map(passage).collect(),
            suspected: told.bars.iter().filter(|bar| bar.is_suspected).map(|bar| bar.bar).collect(),
            limit: (told.most, told.holds),
            notes: match stand {
                true => {
                    notes.iter().zip(&told.notes).map(|(note, origin)| (note.onset, origin.seen)).collect()
                }
                false => Vec::new(),
            },
            letters,
            titles,
        })
    }
}

/// For each note the song of the longest passage that it is in, as an index into the titles, those with most notes first.
fn lettered(passages: &[&Shared], notes: usize) -> (Vec<Option<usize>>, Vec<(String, usize)>) {
    let mut of: Vec<Option<&str>> = vec![None; notes];
    for shared in passages {
        let Some(place) = shared.places.first() else { continue };
        for note in of.iter_mut().take(shared.notes.end).skip(shared.notes.start) {
            note.get_or_insert(&place.title);
        }
    }
    let mut titles: Vec<(String, usize)> = Vec::new();
    for title in of.iter().flatten() {
        match titles.iter_mut().find(|(known, _)| known == title) {
            Some((_, count)) => *count += 1,
            None => titles.push((title.to_string(), 1)),
        }
    }
    titles.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let index = |title: &str| titles.iter().position(|(known, _)| known == title);
    (of.iter().map(|title| title.and_then(index)).collect(), titles)
}
