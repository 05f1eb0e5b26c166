//! `explain`: where a sheet comes from, and what could stand in it instead.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::compose::sheet_law::{ChordCell, NoteCell, SheetLaw};
use crate::constraint::{Beat, Place as PagePlace};
use crate::evaluate::{ChordIndex, Explanation, Shared, SharedChords, SongIndex, SongPlace, explain};
use crate::music::unfold::unfolded;
use crate::music::{Duration, LeadSheet, Note};
use crate::style::songs::Songs;
use crate::style::{self, Corpus, CorpusSheet, Place, Source, Style};

use super::explain_text;
use super::{Failure, Terminal, files};

/// Songs of a passage beyond so many are not written out, only counted.
const MOST_PLACES: usize = 12;

/// Say where a sheet comes from: for each bar the longest passage that it shares with a song, and which; and the longest run
/// of chords.
///
/// A passage is shared if its intervals are the same and its notes as long in proportion, in any key and tempo. The songs of the
/// styles `chorale` and `irish` come with the program, those of your own styles are read from where they were learned,
/// and --data names more. The other styles carry no songs: their fingerprints tell whether nine notes or more in a row
/// are one of their songs', and nine chords or more, not which. Chords are the same in any key and however long they hold.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith explain take.musicxml --style chorale
  tunesmith explain take.musicxml --style beatles --data my-songs/
  tunesmith explain take.musicxml --style folk --notes
  tunesmith explain take.musicxml --style folk --cell 5.3

Bars count from 1 in the sheet written out in full, with its repeats; the pickup is bar 0. The same holds for songs.")]
pub struct Args {
    /// The sheet, in any format that is read; `-` reads standard input
    sheet: PathBuf,

    /// The style, or a folder that holds one, or a mix
    #[arg(short, long, value_name = "NAME", default_value = "beatles")]
    style: String,

    /// Songs and folders of songs to compare with as well; may be repeated
    #[arg(long, value_name = "PATH")]
    data: Vec<Place>,

    /// Which tune, when the file holds several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tune: Option<u32>,

    /// Tell of each note how far back the style knows the step to it, and how likely it is
    #[arg(long)]
    notes: bool,

    /// What could stand at a place, given all else: bar 5 beat 3 is 5.3; may be repeated
    #[arg(long, value_name = "BAR.BEAT")]
    cell: Vec<Cell>,

    /// Print all of it as JSON
    #[arg(long)]
    json: bool,
}

/// A bar and a beat of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell(PagePlace);

impl std::str::FromStr for Cell {
    type Err = String;
    fn from_str(text: &str) -> Result<Cell, String> {
        let (bar, beat) = text.trim().split_once('.').unwrap_or((text.trim(), "1"));
        let beat = beat.parse::<Duration>().ok().and_then(Beat::new);
        match (bar.parse(), beat) {
            (Ok(bar), Some(beat)) => Ok(Cell(PagePlace::Beat(bar, beat))),
            _ => Err("write bar and beat, as in 5.3 or 5.2+1/2".to_string()),
        }
    }
}

/// What is told: what is on the page, and where it comes from.
pub(super) struct Told<'a> {
    /// The style.
    pub style: &'a Style,
    /// The sheet, written out in full.
    pub sheet: &'a LeadSheet,
    /// How many songs are at hand.
    pub songs: usize,
    /// Whether all the style's songs are among them.
    pub are_all: bool,
    /// Where they are.
    pub from: Vec<String>,
    /// Where it comes from.
    pub explanation: Explanation,
    /// What could stand at the places that were asked for.
    pub cells: Vec<CellTold>,
}

/// What could stand at a place.
pub(super) struct CellTold {
    /// The place.
    pub place: String,
    /// The chord that sounds there.
    pub chord: Option<ChordCell>,
    /// The note that starts there.
    pub note: Option<NoteCell>,
}

/// Explains the sheet and prints.
///
/// # Errors
/// When the style, the sheet or the songs cannot be read, or the sheet does not have the place.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let style = style::load(&args.style).map_err(|error| Failure::Usage(error.to_string()))?;
    let sheet = unfolded(&chosen(args, terminal)?);
    let own = Songs::of(&style);
    own.remarks.iter().for_each(|remark| terminal.remark(remark));
    let (more, from) = read(&args.data, terminal)?;
    let are_all = own.are_all;
    let from = own.from.into_iter().chain(from).collect();
    let songs: Vec<CorpusSheet> = own.sheets.into_iter().chain(more).collect();
    let index = SongIndex::new(songs.iter().map(|song| (&song.sheet, called(song))));
    let index = index.map_err(|error| Failure::Usage(format!("the songs: {error}")))?;
    let charts = ChordIndex::new(songs.iter().map(|song| (&song.sheet, called(song))));
    let charts = charts.map_err(|error| Failure::Usage(format!("the songs: {error}")))?;
    let explanation = explain(&style, &sheet, (&index, &charts), are_all);
    let cells = cells(args, &style, &sheet)?;
    let told = Told { style: &style, sheet: &sheet, songs: index.songs(), are_all, from, explanation, cells };
    terminal.result(match (args.json, args.cell.is_empty()) {
        (true, _) => format!("{:#}\n", report(&told)),
        (false, true) => explain_text::sheet(&told, args.notes),
        (false, false) => explain_text::cells(&told),
    })
}

/// The one sheet that is meant.
fn chosen(args: &Args, terminal: &Terminal) -> Result<LeadSheet, Failure> {
    let sheets = files::read_sheets(&args.sheet, terminal)?;
    let found = super::convert::chosen(&sheets, args.tune)?;
    match found.as_slice() {
        [(_, sheet)] => Ok((*sheet).clone()),
        several => Err(Failure::Usage(format!(
            "{} holds {} tunes: say which with --tune 1",
            files::named(&args.sheet, "standard input"),
            several.len()
        ))),
    }
}

/// What a song is called.
fn called(song: &CorpusSheet) -> &str {
    if song.sheet.title().trim().is_empty() { &song.file } else { song.sheet.title() }
}

/// The songs of files and folders, and where they are.
fn read(places: &[Place], terminal: &Terminal) -> Result<(Vec<CorpusSheet>, Vec<String>), Failure> {
    if places.is_empty() {
        return Ok(Default::default());
    }
    let sources: Vec<Source> =
        places.iter().map(|place| Source { place: place.clone(), chords: true, melody: true }).collect();
    let mut corpus = Corpus::open(&sources).map_err(|error| Failure::Usage(error.to_string()))?;
    let songs: Vec<CorpusSheet> = corpus.by_ref().collect();
    for (path, why) in &corpus.unreadable {
        terminal.remark(&format!("{}: {why}", path.display()));
    }
    for (path, remark) in &corpus.remarks {
        terminal.detail(&format!("{}: {remark}", path.display()));
    }
    let from: Vec<String> = places.iter().map(ToString::to_string).collect();
    if songs.is_empty() {
        return Err(Failure::Usage(format!("'{}': there is no song to compare with", from.join("', '"))));
    }
    Ok((songs, from))
}

/// What could stand at the places that were asked for.
fn cells(args: &Args, style: &Style, sheet: &LeadSheet) -> Result<Vec<CellTold>, Failure> {
    if args.cell.is_empty() {
        return Ok(Vec::new());
    }
    let law = SheetLaw::new(style, sheet)
        .map_err(|error| Failure::Usage(format!("what could stand in this sheet cannot be told: {error}")))?;
    let told = args.cell.iter().map(|Cell(place)| {
        let spans = law.page().spans(place).map_err(|error| Failure::Usage(error.to_string()))?;
        let at = spans.first().map(|span| span.0).unwrap_or_default();
        let chord = law.chord_at(at).and_then(|number| law.chord_cell(number));
        let note = law.note_at(at).and_then(|number| law.note_cell(number));
        Ok(CellTold { place: place.to_string(), chord, note })
    });
    told.collect()
}

/// Where the notes of a sheet stand: bar and beat.
pub(super) struct Stands<'a> {
    sheet: &'a LeadSheet,
    starts: Vec<Duration>,
}

impl<'a> Stands<'a> {
    pub(super) fn new(sheet: &'a LeadSheet) -> Stands<'a> {
        let mut starts = sheet.form().bar_starts();
        starts.truncate(sheet.form().bars.len());
        Stands { sheet, starts }
    }

    /// The bar of a place, from 1; 0 is the pickup.
    pub(super) fn bar(&self, at: Duration) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    /// The beat of a place, counted from 1 in the meter's lower figure; a pickup is the end of a full bar.
    pub(super) fn beat(&self, at: Duration) -> Beat {
        let bar = self.bar(at);
        let bars = &self.sheet.form().bars;
        let meter = bars.get(bar.saturating_sub(1)).map_or(self.sheet.meter(), |bar| bar.meter);
        let start = match bar.checked_sub(1).and_then(|bar| self.starts.get(bar)) {
            Some(&start) => start,
            None => -meter.bar_length(),
        };
        Beat::at_offset(at - start, meter.unit_length())
    }

    /// Where the sheet ends.
    pub(super) fn end(&self) -> Duration {
        self.sheet.form().end()
    }

    /// `5.3`.
    pub(super) fn place(&self, at: Duration) -> String {
        format!("{}.{}", self.bar(at), self.beat(at))
    }

    /// `bar 3` or `bars 3-4`: those that some notes start in.
    pub(super) fn bars(&self, notes: &[Note]) -> String {
        let bar = |note: Option<&Note>| note.map_or(0, |note| self.bar(note.onset));
        bars(bar(notes.first()), bar(notes.last()))
    }
}

impl Stands<'_> {
    /// The bars that the first and the last of some chords start in.
    pub(super) fn bars_of_chords(&self, changes: &std::ops::Range<usize>) -> [usize; 2] {
        let chords = self.sheet.chart().changes.get(changes.clone()).unwrap_or_default();
        [chords.first(), chords.last()].map(|chord| chord.map_or(0, |chord| self.bar(chord.at)))
    }
}

/// `bar 3` or `bars 3-4`.
pub(super) fn bars(first: usize, last: usize) -> String {
    if first == last { format!("bar {first}") } else { format!("bars {first}-{last}") }
}

fn report(told: &Told<'_>) -> Value {
    let (sheet, explanation) = (told.sheet, &told.explanation);
    let (stands, notes) = (Stands::new(sheet), &sheet.melody().notes);
    let passage = |shared: &Shared| {
        let bar = |at: usize| notes.get(at).map(|note| stands.bar(note.onset));
        json!({
            "notes": shared.notes.len(),
            "first_note": shared.notes.start + 1,
            "bars": [bar(shared.notes.start), bar(shared.notes.end.saturating_sub(1))],
            "songs": shared.places.len(),
            "places": places(&shared.places),
        })
    };
    let bar = |bar: &crate::evaluate::BarOrigin| {
        json!({
            "bar": bar.bar,
            "longest": bar.longest.and_then(|number| explanation.passages.get(number)).map(passage),
            "suspected": bar.is_suspected,
        })
    };
    let cells = explanation.cells.as_ref().ok();
    let note = |(at, note): (usize, &Note)| {
        let (origin, continued) = (explanation.notes.get(at), explanation.continued.get(at));
        let cell = cells.and_then(|cells| cells.get(at));
        json!({
            "bar": stands.bar(note.onset),
            "beat": stands.beat(note.onset).to_string(),
            "pitch": note.pitch.to_string(),
            "midi": note.pitch.midi(),
            "quarters": note.duration.as_quarters_f64(),
            "order": origin.map(|origin| origin.order),
            "seen_after": origin.and_then(|origin| origin.seen),
            "seen_in_songs": origin.map(|origin| origin.songs),
            "before": cell.map(|cell| cell.before),
            "after": cell.map(NoteCell::after),
            "continues": continued.map(passage),
        })
    };
    let stretches = explanation.suspected.iter().map(|range| {
        json!({"notes": range.len(), "first_note": range.start + 1, "bars": stands.bars(&notes[range.clone()])})
    });
    let mut longest: Vec<&Shared> = explanation.passages.iter().collect();
    longest.sort_by_key(|shared| (std::cmp::Reverse(shared.notes.len()), shared.notes.start));
    json!({
        "title": sheet.title(),
        "style": told.style.name,
        "songs": {"at_hand": told.songs, "from": told.from, "are_all": told.are_all},
        "limit": {
            "text": format!("copy <= {} notes", explanation.most),
            "holds": explanation.holds,
        },
        "longest": longest.first().map(|shared| shared.notes.len()),
        "passages": longest.into_iter().map(passage).collect::<Vec<_>>(),
        "suspected": stretches.collect::<Vec<_>>(),
        "chords": chords_report(told, &stands),
        "bars": explanation.bars.iter().map(bar).collect::<Vec<_>>(),
        "no_probabilities": explanation.cells.as_ref().err().map(ToString::to_string),
        "notes": notes.iter().enumerate().map(note).collect::<Vec<_>>(),
        "cells": told.cells.iter().map(|cell| cell_report(cell, &stands)).collect::<Vec<_>>(),
    })
}

/// The songs of a passage, not too many.
fn places(places: &[SongPlace]) -> Value {
    let told = places.iter().take(MOST_PLACES);
    told.map(|place| json!({"title": place.title, "bars": [place.first_bar, place.last_bar]})).collect()
}

fn chords_report(told: &Told<'_>, stands: &Stands<'_>) -> Value {
    let origin = &told.explanation.chords;
    let mut runs: Vec<&SharedChords> = origin.runs.iter().collect();
    runs.sort_by_key(|run| (std::cmp::Reverse(run.chords), run.changes.start));
    let runs = runs.into_iter().map(|run| {
        json!({
            "chords": run.chords,
            "bars": stands.bars_of_chords(&run.changes),
            "songs": run.places.len(),
            "places": places(&run.places),
        })
    });
    let suspected = origin
        .suspected
        .iter()
        .map(|(chords, changes)| json!({"chords": chords, "bars": stands.bars_of_chords(changes)}));
    json!({
        "limit": {"text": format!("copy <= {} chords", origin.most), "holds": origin.holds},
        "longest": origin.runs.iter().map(|run| run.chords).max(),
        "runs": runs.collect::<Vec<_>>(),
        "suspected": suspected.collect::<Vec<_>>(),
        "fingerprints": origin.is_known,
    })
}

fn cell_report(cell: &CellTold, stands: &Stands<'_>) -> Value {
    json!({
        "place": cell.place,
        "chord": cell.chord.as_ref().map(|chord| json!({
            "from": stands.place(chord.from),
            "to": stands.place(chord.to),
            "quarters": (chord.to - chord.from).as_quarters_f64(),
            "written": chord.written.to_string(),
            "probabilities": chord.chords.iter()
                .map(|(chord, share)| json!([chord.to_string(), share])).collect::<Vec<_>>(),
        })),
        "note": cell.note.as_ref().map(|note| json!({
            "written": note.written.pitch.to_string(),
            "quarters": note.written.duration.as_quarters_f64(),
            "before": note.before,
            "probabilities": note.pitches.iter().map(|(midi, share)| {
                json!([stands.sheet.key().spell_midi(*midi).to_string(), share])
            }).collect::<Vec<_>>(),
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_bar_and_a_beat() {
        let read = |text: &str| text.parse::<Cell>().map(|cell| cell.0.to_string());
        assert_eq!(read("5.3"), Ok("bar 5.3".to_string()));
        assert_eq!(read("12.2+1/2"), Ok("bar 12.2+1/2".to_string()));
        assert_eq!(read("7"), Ok("bar 7.1".to_string()));
        for wrong in ["", "x", "5.", "5.0", "-1.2", "5.3.x"] {
            assert!(read(wrong).is_err_and(|error| error.contains("5.3")), "{wrong}");
        }
    }
}
