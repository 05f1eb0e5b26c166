//! Where a sheet comes from: what it shares with songs, bar by bar, and how well the style knows each note.

use std::ops::Range;

use super::origin::{NoteOrigin, note_origins};
use super::shared::{Shared, SongIndex, maximal};
use super::shared_chords::{ChordIndex, ChordOrigin, chord_origin};
use crate::compose::copies::USUAL;
use crate::compose::sheet_law::{Lawless, NoteCell, SheetLaw};
use crate::constraint::{Constraint, Frame, Limits};
use crate::music::{Duration, LeadSheet};
use crate::style::Style;
use crate::style::passages::Repertoire;

/// The fewest notes of a passage that is told.
const FEWEST: usize = 3;

/// Where a sheet comes from.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// How many notes in a row the style lets be those of one song.
    pub most: u32,
    /// Whether no more are; `None` if the style's fingerprints say that there may be more, and its songs are not at hand
    /// to tell.
    pub holds: Option<bool>,
    /// For each note the longest passage of the songs at hand that ends with it.
    pub continued: Vec<Shared>,
    /// The passages shared with songs at hand that are not part of a longer one, in order of time: three notes or more.
    pub passages: Vec<Shared>,
    /// The bars, from the pickup (0) or bar 1.
    pub bars: Vec<BarOrigin>,
    /// Stretches of nine notes or more that some song of the style has, by its fingerprints, which take about one in 600
    /// others for one; they name no song.
    pub suspected: Vec<Range<usize>>,
    /// What its chords share.
    pub chords: ChordOrigin,
    /// What the style's figures know of the step to each note.
    pub notes: Vec<NoteOrigin>,
    /// How likely each note is, before and after, and what else could stand there; or why that cannot be told.
    pub cells: Result<Vec<NoteCell>, Lawless>,
}

/// A bar, and the longest passage that touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarOrigin {
    /// Its number, from 1; 0 is the pickup.
    pub bar: usize,
    /// Which of the passages; `None` if it shares none.
    pub longest: Option<usize>,
    /// Whether a suspected stretch touches it.
    pub is_suspected: bool,
}

/// Explains a sheet that is written out in full by a style and songs at hand; `all` says whether these are all the
/// style's songs.
pub fn explain(
    style: &Style,
    sheet: &LeadSheet,
    (songs, charts): (&SongIndex, &ChordIndex),
    all: bool,
) -> Explanation {
    let notes = &sheet.melody().notes;
    let continued = songs.continued(notes);
    let passages = maximal(&continued, FEWEST);
    let repertoire = Repertoire::new(&style.figures.passages);
    let suspected = repertoire.stretches(notes);
    let limits = card_limits(style, sheet);
    let most = limits.copied_notes.unwrap_or(USUAL);
    let longest = passages.iter().map(|passage| passage.notes.len()).max().unwrap_or_default();
    let may_be_copied = || repertoire.copies_of(notes, most as usize + 1).next().is_some();
    let holds = match () {
        () if longest > most as usize => Some(false),
        () if all || !may_be_copied() => Some(true),
        () => None,
    };
    Explanation {
        most,
        holds,
        bars: bars(sheet, &passages, &suspected),
        chords: chord_origin(&style.figures, sheet.chart(), charts, all, limits.copied_chords),
        notes: note_origins(&style.figures, sheet.key(), notes),
        cells: SheetLaw::new(style, sheet).map(|law| law.note_cells()),
        continued,
        passages,
        suspected,
    }
}

/// The limits of the style's card.
fn card_limits(style: &Style, sheet: &LeadSheet) -> Limits {
    let form = sheet.form();
    let (key, meter, pickup, bars) = (sheet.key(), sheet.meter(), form.pickup, form.bars.len());
    let frame = Frame { key, meter, pickup, bars, sections: Vec::new() };
    let mut limits = Limits::default();
    let constraints = style.card.constraints.iter().filter_map(|text| text.parse::<Constraint>().ok());
    // What does not fit the page is none of this one's business.
    constraints.for_each(|constraint| drop(constraint.compile(&frame, &mut limits)));
    limits
}

/// For each bar the longest passage that has a note sounding in it.
fn bars(sheet: &LeadSheet, passages: &[Shared], suspected: &[Range<usize>]) -> Vec<BarOrigin> {
    let form = sheet.form();
    let mut starts = form.bar_starts();
    starts.truncate(form.bars.len());
    let sounding = sheet.melody().notes.iter().map(|note| {
        let bar = |reached: &dyn Fn(Duration) -> bool| starts.partition_point(|&start| reached(start));
        (bar(&|start| start <= note.onset), bar(&|start| start < note.end()))
    });
    let sounding: Vec<(usize, usize)> = sounding.collect();
    let touches = |notes: &Range<usize>, bar: usize| {
        let own = sounding.get(notes.clone()).unwrap_or_default();
        own.iter().any(|&(first, last)| (first..=last).contains(&bar))
    };
    let first = usize::from(!form.pickup.is_positive());
    let of_bar = |bar: usize| {
        let touching = passages.iter().enumerate().filter(|(_, passage)| touches(&passage.notes, bar));
        // Of equals the first.
        let longest = touching.rev().max_by_key(|(_, passage)| passage.notes.len()).map(|(number, _)| number);
        BarOrigin { bar, longest, is_suspected: suspected.iter().any(|notes| touches(notes, bar)) }
    };
    (first..=form.bars.len()).map(of_bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Form, Key, Melody, Meter, Note};
    use crate::style::passages::{Passages, fingerprints};
    use crate::style::{Card, Figures};

    /// Two bars a line, in quarters.
    fn sheet(pitches: &[i32]) -> LeadSheet {
        let note = |(at, &midi): (usize, &i32)| Note {
            onset: Duration::QUARTER * at as i64,
            duration: Duration::QUARTER,
            pitch: Key::C_MAJOR.spell_midi(midi),
        };
        let melody = Melody { notes: pitches.iter().enumerate().map(note).collect() };
        let form = Form::plain(Meter::COMMON, pitches.len().div_ceil(4));
        LeadSheet::new(Header::new("One", Key::C_MAJOR), form, Chart::default(), melody).expect("a sheet")
    }

    const SONG: [i32; 12] = [60, 64, 67, 65, 62, 59, 60, 69, 65, 70, 61, 72];

    fn style() -> Style {
        let passages = vec![Passages::new(fingerprints(&sheet(&SONG)))];
        let figures = Figures { unit: 1, passages, ..Figures::default() };
        Style { name: "tiny".into(), card: Card::new("Tiny"), figures, folder: None, parts: Vec::new() }
    }

    fn explained(pitches: &[i32], songs: &[LeadSheet], all: bool) -> Explanation {
        let index = SongIndex::new(songs.iter().map(|song| (song, "Song"))).expect("small");
        let charts = ChordIndex::new(songs.iter().map(|song| (song, "Song"))).expect("small");
        explain(&style(), &sheet(pitches), (&index, &charts), all)
    }

    #[test]
    fn bars_tell_their_longest_passage_and_the_limit_is_told() {
        let mut pitches = vec![50, 80, 51, 79];
        pitches.extend(&SONG[..9]);
        let broken = explained(&pitches, &[sheet(&SONG)], true);
        assert_eq!((broken.holds, broken.most), (Some(false), 8));
        let longest = |bar: usize| broken.bars.iter().find(|own| own.bar == bar).and_then(|own| own.longest);
        let passage = longest(2).map(|number| &broken.passages[number]);
        assert_eq!(passage.map(|passage| passage.notes.clone()), Some(4..13));
        assert_eq!((longest(3), longest(4)), (longest(2), longest(2)));
        assert_ne!(longest(1), longest(2));
        assert_eq!(broken.suspected, std::slice::from_ref(&(4..13)));
        assert!(broken.bars.iter().all(|bar| bar.is_suspected == (bar.bar > 1)));
        // With one note less it holds, and without songs at hand nobody can be sure of the longer one.
        pitches.pop();
        assert_eq!(explained(&pitches, &[sheet(&SONG)], true).holds, Some(true));
        assert_eq!(explained(&pitches, &[], false).holds, Some(true));
        pitches.push(65);
        let unsure = explained(&pitches, &[], false);
        assert_eq!((unsure.holds, unsure.passages.len()), (None, 0));
    }
}
