//! What a melody shares with songs: the longest passages of theirs that it has, and where they stand.
//!
//! Notes in a row are shared if their intervals are the same and their lengths stand in the same proportions, in any key
//! and tempo, taken from onset to onset or as they sound. How long the last note is held does not matter. So a passage is
//! a word of intervals with ratios of lengths between them, and a suffix automaton over the songs written in this way
//! finds, note by note, the longest one that goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::markov::limit::TooLarge;
use crate::markov::{Found, SuffixAutomaton};
use crate::music::unfold::unfolded;
use crate::music::{LeadSheet, Note};
use crate::style::passages::{Sound, line};

/// Places of one passage beyond so many are not looked at.
const MOST_ENDS: usize = 20_000;
/// The fewest notes of a passage of which it is told where it stands.
const TOLD: usize = 3;

/// Songs, ready to be asked.
#[derive(Debug)]
pub struct SongIndex {
    titles: Vec<String>,
    lines: Vec<Line>,
    signs: FxHashMap<Sign, u32>,
    automaton: SuffixAutomaton,
}

/// One way to write a song.
#[derive(Debug)]
struct Line {
    song: u32,
    /// The position of its first sign.
    start: u32,
    /// The bar of each note.
    bars: Vec<u32>,
}

/// What stands in a line: an interval in semitones, and before the next one how its length stands to the length before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sign {
    Interval(i32),
    Ratio(i64, i64),
}

/// A passage that a melody shares with songs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Which of its notes.
    pub notes: Range<usize>,
    /// Where the passage stands, by title and bar: the first place in each song.
    pub places: Vec<SongPlace>,
}

/// Where a passage stands in a song.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SongPlace {
    /// The song's title.
    pub title: String,
    /// The bar of its first note, from 1 in the song written out in full; 0 is the pickup.
    pub first_bar: u32,
    /// The bar of its last note.
    pub last_bar: u32,
}

impl SongIndex {
    /// The songs as they are learned, and as they are written where that is not the same; each with its title or what
    /// else to call it.
    ///
    /// # Errors
    /// When there is more than fits in memory.
    pub fn new<'s>(songs: impl IntoIterator<Item = (&'s LeadSheet, &'s str)>) -> Result<SongIndex, TooLarge> {
        let mut index = SongIndex {
            titles: Vec::new(),
            lines: Vec::new(),
            signs: FxHashMap::default(),
            automaton: SuffixAutomaton::default(),
        };
        let mut words: Vec<Vec<u32>> = Vec::new();
        let mut start = 0;
        for (song, title) in songs {
            let song = unfolded(song);
            let number = index.titles.len() as u32;
            index.titles.push(title.to_string());
            let mut own: BTreeSet<Vec<u32>> = BTreeSet::new();
            for line in [line(&song), as_written(&song)] {
                let (sounds, bars): (Vec<Sound>, Vec<usize>) = line.into_iter().unzip();
                for signs in signs(&sounds) {
                    let known = &mut index.signs;
                    let word = signs.into_iter().map(|sign| {
                        let next = known.len() as u32;
                        *known.entry(sign).or_insert(next)
                    });
                    let word: Vec<u32> = word.collect();
                    if !word.is_empty() && own.insert(word.clone()) {
                        let bars = bars.iter().map(|&bar| bar as u32).collect();
                        index.lines.push(Line { song: number, start, bars });
                        start += word.len() as u32;
                        words.push(word);
                    }
                }
            }
        }
        index.automaton = SuffixAutomaton::new(&words)?;
        Ok(index)
    }

    /// How many songs there are.
    pub fn songs(&self) -> usize {
        self.titles.len()
    }

    /// For each note of a melody the longest passage that ends with it: how many notes, 1 if the step to it is in no
    /// song, and where it stands, from three notes on.
    pub fn continued(&self, notes: &[Note]) -> Vec<Shared> {
        let sounds: Vec<Sound> = notes.iter().map(Sound::from).collect();
        let mut longest: Vec<(usize, Found)> = vec![(1, Found::NOTHING); notes.len()];
        for signs in signs(&sounds) {
            let mut found = Found::NOTHING;
            for (at, sign) in signs.iter().enumerate() {
                found = match self.signs.get(sign) {
                    Some(&sign) => self.automaton.advance(found, sign),
                    None => Found::NOTHING,
                };
                // Intervals stand at even places; the sign at 2k is the step to note k + 1.
                let is_step = at % 2 == 0;
                let steps = found.length.div_ceil(2);
                if let Some(known) =
                    longest.get_mut(at / 2 + 1).filter(|known| is_step && steps + 1 > known.0)
                {
                    // A passage begins with a step, not with a ratio.
                    *known = (steps + 1, self.automaton.shortened(found, (2 * steps).saturating_sub(1)));
                }
            }
        }
        let shared = longest.into_iter().enumerate().map(|(last, (count, found))| Shared {
            notes: last + 1 - count..last + 1,
            places: if count >= TOLD { self.places(found, count) } else { Vec::new() },
        });
        shared.collect()
    }

    /// The passages of a melody that are shared with songs and not part of a longer one, from the start, each of at least
    /// so many notes.
    pub fn passages(&self, notes: &[Note], fewest: usize) -> Vec<Shared> {
        maximal(&self.continued(notes), fewest)
    }

    /// The first place in each song where a passage stands, by title.
    fn places(&self, found: Found, count: usize) -> Vec<SongPlace> {
        let mut first: BTreeMap<u32, SongPlace> = BTreeMap::new();
        for end in self.automaton.ends(found, MOST_ENDS) {
            let line = self.lines.partition_point(|line| line.start <= end).checked_sub(1);
            let Some(line) = line.and_then(|line| self.lines.get(line)) else { continue };
            let last = (end - line.start) as usize / 2 + 1;
            let bar = |note: usize| line.bars.get(note).copied().unwrap_or_default();
            let title = self.titles.get(line.song as usize).cloned().unwrap_or_default();
            let place =
                SongPlace { title, first_bar: bar((last + 1).saturating_sub(count)), last_bar: bar(last) };
            let known = first.entry(line.song).or_insert_with(|| place.clone());
            if (place.first_bar, place.last_bar) < (known.first_bar, known.last_bar) {
                *known = place;
            }
        }
        let mut places: Vec<SongPlace> = first.into_values().collect();
        places.sort();
        places
    }
}

/// Those of the longest passages by their last note that are not part of the next one.
pub fn maximal(continued: &[Shared], fewest: usize) -> Vec<Shared> {
    let ends = continued.iter().enumerate().filter(|(last, shared)| {
        let goes_on = continued.get(last + 1).is_some_and(|next| next.notes.start <= shared.notes.start);
        !goes_on && shared.notes.len() >= fewest
    });
    ends.map(|(_, shared)| shared.clone()).collect()
}

/// The notes of a sheet as they are written, with their bars.
fn as_written(sheet: &LeadSheet) -> Vec<(Sound, usize)> {
    let form = sheet.form();
    let mut starts = form.bar_starts();
    starts.truncate(form.bars.len());
    let notes = sheet.melody().notes.iter();
    notes.map(|note| (Sound::from(note), starts.partition_point(|&start| start <= note.onset))).collect()
}

/// A line as intervals with the ratios of lengths between them, for each way to take the lengths; one if they agree.
fn signs(line: &[Sound]) -> Vec<Vec<Sign>> {
    let intervals: Vec<i32> = line.windows(2).map(|two| two[1].pitch - two[0].pitch).collect();
    let written = |lengths: Vec<i64>| {
        let mut signs = Vec::with_capacity(intervals.len() * 2);
        for (at, &interval) in intervals.iter().enumerate() {
            if at > 0 {
                let (before, own) = (lengths[at - 1], lengths[at]);
                let common = gcd(before, own).max(1);
                signs.push(Sign::Ratio(own / common, before / common));
            }
            signs.push(Sign::Interval(interval));
        }
        signs
    };
    let mut all: Vec<Vec<Sign>> = Sound::lengths(line).into_iter().map(written).collect();
    all.dedup();
    all
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Duration, Form, Key, Melody, Meter};

    /// Notes from (eighths from onset to onset, eighths held, MIDI).
    fn notes(line: &[(i64, i64, i32)]) -> Vec<Note> {
        let mut onset = Duration::ZERO;
        let note = |&(step, held, midi): &(i64, i64, i32)| {
            let own = onset;
            onset += Duration::EIGHTH * step;
            Note { onset: own, duration: Duration::EIGHTH * held, pitch: Key::C_MAJOR.spell_midi(midi) }
        };
        line.iter().map(note).collect()
    }

    fn song(title: &str, line: &[(i64, i64, i32)]) -> LeadSheet {
        let (header, form) = (Header::new(title, Key::C_MAJOR), Form::plain(Meter::COMMON, 12));
        LeadSheet::new(header, form, Chart::default(), Melody { notes: notes(line) }).expect("a sheet")
    }

    fn index(songs: &[LeadSheet]) -> SongIndex {
        SongIndex::new(songs.iter().map(|song| (song, song.title()))).expect("small")
    }

    const ONE: [(i64, i64, i32); 8] =
        [(2, 2, 60), (1, 1, 62), (1, 1, 64), (3, 3, 67), (1, 1, 65), (2, 1, 64), (2, 2, 62), (4, 4, 69)];
    const TWO: [(i64, i64, i32); 5] = [(8, 8, 50), (4, 4, 55), (1, 1, 67), (1, 1, 69), (3, 3, 72)];

    #[test]
    fn a_passage_is_found_in_any_key_and_tempo_and_told_with_its_bars() {
        let songs = index(&[song("One", &ONE), song("Two", &TWO)]);
        for (up, slower, held) in [(0, 1, false), (5, 1, false), (-7, 2, false), (0, 1, true)] {
            let mut line = vec![(5, 5, 40)];
            line.extend(ONE[1..].iter().map(|&(step, long, midi)| {
                (step * slower, if held { step } else { long } * slower, midi + up)
            }));
            line.push((1, 1, 99));
            let found = songs.passages(&notes(&line), 3);
            let places = vec![SongPlace { title: "One".into(), first_bar: 1, last_bar: 2 }];
            assert_eq!(found, [Shared { notes: 1..8, places }]);
        }
    }

    #[test]
    fn all_songs_that_have_a_passage_are_told() {
        let songs = index(&[song("Two", &TWO), song("One", &ONE), song("Again", &ONE)]);
        // A step and a third up in even notes: D E G here, G A C there.
        let found = songs.passages(&notes(&[(2, 2, 70), (2, 2, 72), (6, 6, 75)]), 2);
        assert_eq!((found.len(), found[0].notes.clone()), (1, 0..3));
        let places: Vec<(&str, u32)> =
            found[0].places.iter().map(|place| (place.title.as_str(), place.first_bar)).collect();
        assert_eq!(places, [("Again", 1), ("One", 1), ("Two", 2)]);
    }

    #[test]
    fn each_note_tells_how_much_it_continues() {
        let songs = index(&[song("One", &ONE)]);
        let line = notes(&[ONE[0], ONE[1], ONE[2], (4, 4, 67), ONE[4], ONE[5]]);
        let lengths: Vec<usize> = songs.continued(&line).iter().map(|shared| shared.notes.len()).collect();
        // The note that is held too long still belongs to the passage; what follows it is another.
        assert_eq!(lengths, [1, 2, 3, 4, 2, 2]);
        assert_eq!(songs.continued(&[]), []);
        assert_eq!(index(&[]).continued(&line).iter().map(|shared| shared.notes.len()).max(), Some(1));
    }
}
