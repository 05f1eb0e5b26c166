//! What a chart shares with songs: the longest runs of chords that follow each other there as they do here.
//!
//! Chords in a row are shared if their roots move alike, in any key, and their qualities and slash basses are the same; how
//! long they hold does not matter. So a run is a word of qualities with the moves of roots between them, and a suffix
//! automaton over the songs written in this way finds, chord by chord, the longest one that goes on.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::shared::SongPlace;
use crate::compose::chord_copies::{LEAST, USUAL};
use crate::markov::limit::TooLarge;
use crate::markov::{Found, SuffixAutomaton};
use crate::music::unfold::unfolded;
use crate::music::{Chart, Duration, LeadSheet, Quality};
use crate::style::chord_runs::{RunChord, Runs, stretches};
use crate::style::figures::Figures;

/// Places of one run beyond so many are not looked at.
const MOST_ENDS: usize = 20_000;
/// The fewest chords of a run that is told.
const FEWEST: usize = 3;

/// The chords of songs, ready to be asked.
#[derive(Debug)]
pub struct ChordIndex {
    titles: Vec<String>,
    lines: Vec<Line>,
    signs: FxHashMap<Sign, u32>,
    automaton: SuffixAutomaton,
}

/// A stretch of a song's chords.
#[derive(Debug)]
struct Line {
    song: u32,
    /// The position of its first sign.
    start: u32,
    /// The bar of each chord.
    bars: Vec<u32>,
}

/// What stands in a line: a chord whatever its root, and before the next one how many semitones the root moves up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sign {
    Chord(Quality, Option<u8>),
    Move(u8),
}

/// A run of chords that a chart shares with songs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedChords {
    /// How many chords; one that is written again where it sounds counts once.
    pub chords: usize,
    /// Which changes of the chart.
    pub changes: Range<usize>,
    /// Where the run stands, by title and bar: the first place in each song.
    pub places: Vec<SongPlace>,
}

/// What a chart shares, and what that means for a limit.
#[derive(Clone, Debug)]
pub struct ChordOrigin {
    /// How many chords in a row the style's card lets be those of one song, or the usual number.
    pub most: u32,
    /// Whether no more are; `None` if that cannot be told: the songs are not at hand, and the style's fingerprints say that
    /// there may be more, or it has none.
    pub holds: Option<bool>,
    /// The runs shared with songs at hand that are not part of a longer one, in order of time: three chords or more.
    pub runs: Vec<SharedChords>,
    /// Stretches of more chords than the limit, every so many of which some song of the style has by its fingerprints: how
    /// many chords, and which changes of the chart.
    pub suspected: Vec<(usize, Range<usize>)>,
    /// Whether the style has fingerprints of chords, so that it can suspect any.
    pub is_known: bool,
}

impl ChordIndex {
    /// The charts of songs, repeats as they are played; each with its title or what else to call it.
    ///
    /// # Errors
    /// When there is more than fits in memory.
    pub fn new<'s>(
        songs: impl IntoIterator<Item = (&'s LeadSheet, &'s str)>,
    ) -> Result<ChordIndex, TooLarge> {
        let (mut titles, mut lines) = (Vec::new(), Vec::new());
        let mut known: FxHashMap<Sign, u32> = FxHashMap::default();
        let mut words: Vec<Vec<u32>> = Vec::new();
        let mut start = 0;
        for (number, (song, title)) in (0..).zip(songs) {
            let song = unfolded(song);
            titles.push(title.to_string());
            let mut bar_lines = song.form().bar_starts();
            bar_lines.truncate(song.form().bars.len());
            let bar = |at: Duration| bar_lines.partition_point(|&line| line <= at) as u32;
            for stretch in stretches(song.chart()) {
                let word = signs(&stretch).into_iter().map(|sign| {
                    let next = known.len() as u32;
                    *known.entry(sign).or_insert(next)
                });
                let word: Vec<u32> = word.collect();
                let bars =
                    stretch.iter().map(|chord| bar(song.chart().changes[chord.changes.start].at)).collect();
                lines.push(Line { song: number, start, bars });
                start += word.len() as u32;
                words.push(word);
            }
        }
        Ok(ChordIndex { titles, lines, signs: known, automaton: SuffixAutomaton::new(&words)? })
    }

    /// The runs of a chart that are shared with songs and not part of a longer one, from the start, each of at least so
    /// many chords.
    pub fn runs(&self, chart: &Chart, fewest: usize) -> Vec<SharedChords> {
        let mut runs = Vec::new();
        for stretch in stretches(chart) {
            let mut found = Found::NOTHING;
            // By last chord: how many, and where.
            let mut longest: Vec<(usize, Found)> = Vec::with_capacity(stretch.len());
            for (at, sign) in signs(&stretch).iter().enumerate() {
                found = match self.signs.get(sign) {
                    Some(&sign) => self.automaton.advance(found, sign),
                    None => Found::NOTHING,
                };
                if at % 2 == 0 {
                    // A run begins with a chord, not with a move.
                    let count = found.length.div_ceil(2);
                    longest.push((count, self.automaton.shortened(found, (2 * count).saturating_sub(1))));
                }
            }
            for (last, &(count, found)) in longest.iter().enumerate() {
                let goes_on = longest.get(last + 1).is_some_and(|next| next.0 > count);
                if count >= fewest.max(1) && !goes_on {
                    let own = &stretch[last + 1 - count..=last];
                    let changes = own[0].changes.start..own[count - 1].changes.end;
                    runs.push(SharedChords { chords: count, changes, places: self.places(found, count) });
                }
            }
        }
        runs
    }

    /// The first place in each song where a run stands, by title.
    fn places(&self, found: Found, count: usize) -> Vec<SongPlace> {
        let mut first: BTreeMap<u32, SongPlace> = BTreeMap::new();
        for end in self.automaton.ends(found, MOST_ENDS) {
            let line = self.lines.partition_point(|line| line.start <= end).checked_sub(1);
            let Some(line) = line.and_then(|line| self.lines.get(line)) else { continue };
            let last = (end - line.start) as usize / 2;
            let bar = |chord: usize| line.bars.get(chord).copied().unwrap_or_default();
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

/// What a chart shares with songs at hand, and what a style's figures suspect, under the limit of its card or the usual one;
/// `all` says whether the songs are all the style's.
pub fn chord_origin(
    figures: &Figures,
    chart: &Chart,
    songs: &ChordIndex,
    all: bool,
    asked: Option<u32>,
) -> ChordOrigin {
    let most = asked.unwrap_or(USUAL);
    let runs = songs.runs(chart, FEWEST.min(most as usize + 1));
    let is_known = !figures.chord_runs.is_empty() && most >= LEAST;
    let suspected =
        if is_known { suspected(&Runs::new(&figures.chord_runs), chart, most) } else { Vec::new() };
    let longest = runs.iter().map(|run| run.chords).max().unwrap_or_default();
    let may_hold = || stretches(chart).iter().all(|stretch| stretch.len() <= most as usize);
    let holds = match () {
        () if longest > most as usize => Some(false),
        () if all || may_hold() || (is_known && suspected.is_empty()) => Some(true),
        () => None,
    };
    ChordOrigin { most, holds, runs, suspected, is_known }
}

/// Stretches of chords every so many of which some song has.
fn suspected(known: &Runs, chart: &Chart, most: u32) -> Vec<(usize, Range<usize>)> {
    let too_long = most as usize + 1;
    let mut found = Vec::new();
    for stretch in stretches(chart) {
        // Chords of the stretch.
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (start, run) in stretch.windows(too_long).enumerate().filter(|(_, run)| known.hold(run)) {
            match runs.last_mut().filter(|last| last.end + 1 == start + run.len()) {
                Some(last) => last.end += 1,
                None => runs.push(start..start + run.len()),
            }
        }
        let changes = |run: &Range<usize>| stretch[run.start].changes.start..stretch[run.end - 1].changes.end;
        found.extend(runs.iter().map(|run| (run.len(), changes(run))));
    }
    found
}

/// Chords with the moves of their roots between them.
fn signs(stretch: &[RunChord]) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(stretch.len() * 2);
    for (at, chord) in stretch.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).and_then(|before| stretch.get(before)) {
            signs.push(Sign::Move((chord.root() + 12 - before.root()) % 12));
        }
        let (quality, bass) = chord.kind();
        signs.push(Sign::Chord(quality, bass));
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{ChordChange, Form, Key, Melody, Meter};
    use crate::style::chord_runs::{fingerprints, stored};

    const SONG: &str = "C Am7 Dm7 G7 C7 F Fm C E7 A7 D9 Gsus4";

    fn chart(chords: &str) -> Chart {
        let change = |(at, chord): (usize, &str)| ChordChange {
            at: Duration::WHOLE * at as i64,
            chord: chord.parse().expect(chord),
        };
        Chart { changes: chords.split(' ').enumerate().map(change).collect() }
    }

    fn song(title: &str, chords: &str) -> LeadSheet {
        let (header, form) = (Header::new(title, Key::C_MAJOR), Form::plain(Meter::COMMON, 16));
        LeadSheet::new(header, form, chart(chords), Melody::default()).expect("a sheet")
    }

    fn index(songs: &[LeadSheet]) -> ChordIndex {
        ChordIndex::new(songs.iter().map(|song| (song, song.title()))).expect("small")
    }

    /// The most chords in a row up to each one that stand in a song, by laying them side by side.
    fn side_by_side(own: &Chart, songs: &[LeadSheet]) -> usize {
        let alike = |one: &[RunChord], other: &[RunChord]| signs(one) == signs(other);
        let lines: Vec<Vec<RunChord>> = songs.iter().flat_map(|song| stretches(song.chart())).collect();
        let mut most = 0;
        for stretch in stretches(own) {
            for from in 0..stretch.len() {
                for to in from + 1..=stretch.len() {
                    let own = &stretch[from..to];
                    let is_there =
                        lines.iter().any(|line| line.windows(own.len()).any(|run| alike(run, own)));
                    most = if is_there { most.max(own.len()) } else { most };
                }
            }
        }
        most
    }

    #[test]
    fn a_run_is_found_in_any_key_and_told_with_its_bars() {
        let songs = [song("One", SONG), song("Two", "F Bb C7 F N.C. D Bm7 Em7 A7 D7 G")];
        let index = index(&songs);
        let found = index.runs(&chart("Ab E E C#m7 F#m7 B7 E7 A Ab"), 3);
        let places =
            |title: &str, first_bar, last_bar| SongPlace { title: title.into(), first_bar, last_bar };
        assert_eq!(
            found,
            [SharedChords {
                chords: 6,
                changes: 1..8,
                places: vec![places("One", 1, 6), places("Two", 6, 11)]
            }]
        );
        for own in [SONG, "G Em7 Am7 D7 G7 C Cm G", "F Bb C7 F D Bm7", "C C C Am7 N.C. Dm7 G7 C7", "N.C."] {
            let own = chart(own);
            let longest = index.runs(&own, 1).iter().map(|run| run.chords).max().unwrap_or_default();
            assert_eq!(longest, side_by_side(&own, &songs), "{own:?}");
        }
    }

    #[test]
    fn the_limit_is_told_by_songs_and_by_fingerprints() {
        let all = [song("One", SONG)];
        let figures = Figures {
            chord_pieces: 1,
            chord_runs: vec![stored(fingerprints(all[0].chart()))],
            ..Figures::default()
        };
        let chords: Vec<&str> = SONG.split(' ').collect();
        let (eight, nine) = (chart(&chords[1..9].join(" ")), chart(&chords[1..10].join(" ")));
        let told = |chart: &Chart, songs: &[LeadSheet], figures: &Figures, asked| {
            chord_origin(figures, chart, &index(songs), !songs.is_empty(), asked)
        };
        let none = Figures::default();
        assert_eq!(told(&eight, &all, &none, None).holds, Some(true));
        let broken = told(&nine, &all, &none, None);
        assert_eq!((broken.holds, broken.most, broken.runs[0].chords), (Some(false), USUAL, 9));
        assert_eq!(told(&eight, &all, &none, Some(7)).holds, Some(false));
        assert_eq!(told(&eight, &[], &figures, None).holds, Some(true));
        let unsure = told(&nine, &[], &figures, None);
        assert_eq!((unsure.holds, unsure.suspected), (None, vec![(9, 0..9)]));
        let longer = told(&chart(&format!("B {SONG} B")), &[], &figures, None);
        assert!(longer.suspected[0].0 >= 12 && longer.suspected[0].1.start <= 1, "{longer:?}");
        // Figures of a time before runs were kept cannot tell.
        let old = told(&nine, &[], &none, None);
        assert_eq!((old.holds, old.is_known), (None, false));
        assert_eq!(told(&eight, &[], &none, None).holds, Some(true), "there are no more chords");
    }
}
