//! The single line of a part: its top voice, ties merged, chords reduced to their top notes.

use super::lyrics::RawLyric;
use super::remarks::Remarks;
use super::walk::{RawMeasure, RawNote, RawPart};
use crate::music::{Duration, Note};

/// A part's line.
#[derive(Debug, Default)]
pub struct Line<'p> {
    /// Its notes.
    pub notes: Vec<Note>,
    /// What stands under each.
    pub lyrics: Vec<Option<&'p RawLyric>>,
}

/// The melody of a part, given where its measures start; notes end where the sheet does.
pub fn line<'p>(part: &'p RawPart, starts: &[Duration], end: Duration, remarks: &mut Remarks) -> Line<'p> {
    let Some(staff) = top_staff(part) else { return Line::default() };
    let Some(main) = main_voice(part, staff) else { return Line::default() };
    // Each note, whether it is tied on, and what stands under it.
    let mut line: Vec<(Note, bool, Option<&RawLyric>)> = Vec::new();
    for (measure, start) in part.measures.iter().zip(starts) {
        let mut notes: Vec<RawNote> = voice_of(measure, staff, main);
        let left_out = measure.notes.iter().filter(|note| note.pitch.is_some()).count()
            - notes.iter().filter(|note| note.pitch.is_some()).count();
        for _ in 0..left_out {
            remarks.count("Notes of other voices or staves left out", &measure.number);
        }
        notes.retain(|note| note.pitch.is_some());
        notes.sort_by_key(|note| (note.onset, std::cmp::Reverse(note.pitch.map(|pitch| pitch.midi()))));
        let mut last_onset = None;
        for raw in notes {
            let lyric = raw.lyric.and_then(|lyric| part.lyrics.get(lyric));
            if last_onset.replace(raw.onset) == Some(raw.onset) {
                // The words of a chord stand under whichever of its notes the file names first.
                let top = line.last_mut().filter(|last| last.0.onset == *start + raw.onset);
                if let Some(top) = top.filter(|top| top.2.is_none()) {
                    top.2 = lyric;
                }
                remarks.count("Lower notes of chords left out", &measure.number);
                continue;
            }
            let Some(pitch) = raw.pitch else { continue };
            let onset = *start + raw.onset;
            let duration = raw.length.min(end - onset);
            let continues = |(last, open, _): &(Note, bool, Option<&RawLyric>)| {
                *open && raw.tie_stop && last.pitch.midi() == pitch.midi() && last.end() == onset
            };
            match line.last_mut() {
                Some(last) if continues(last) => {
                    last.0.duration += duration;
                    last.1 = raw.tie_start;
                }
                last => {
                    if let Some((last, ..)) = last.filter(|(last, ..)| last.end() > onset) {
                        last.duration = onset - last.onset;
                        remarks.count("Notes cut short where the next begins", &measure.number);
                    }
                    line.push((Note { onset, duration, pitch }, raw.tie_start, lyric));
                }
            }
        }
    }
    let sounding = { line }.into_iter().filter(|(note, ..)| note.duration.is_positive());
    let (notes, lyrics) = sounding.map(|(note, _, lyric)| (note, lyric)).unzip();
    Line { notes, lyrics }
}

/// The first staff that has notes.
fn top_staff(part: &RawPart) -> Option<u32> {
    let notes = part.measures.iter().flat_map(|measure| &measure.notes);
    notes.filter(|note| note.pitch.is_some()).map(|note| note.staff).min()
}

/// Voice 1 if it has notes on the staff, else the first that has.
fn main_voice(part: &RawPart, staff: u32) -> Option<usize> {
    let notes = || part.measures.iter().flat_map(|measure| &measure.notes);
    let sings =
        |voice: usize| notes().any(|note| note.voice == voice && note.staff == staff && note.pitch.is_some());
    let first = part.voices.iter().position(|name| name == "1").filter(|voice| sings(*voice));
    first.or_else(|| (0..part.voices.len()).find(|voice| sings(*voice)))
}

/// The notes of the main voice in a measure; where it is silent without even a rest, those of the highest voice.
fn voice_of(measure: &RawMeasure, staff: u32, main: usize) -> Vec<RawNote> {
    let here = || measure.notes.iter().filter(|note| note.staff == staff);
    let voice = if here().any(|note| note.voice == main) {
        main
    } else {
        let highest = here().filter(|note| note.pitch.is_some());
        let highest = highest.max_by_key(|note| note.pitch.map(|pitch| pitch.midi()));
        highest.map_or(main, |note| note.voice)
    };
    here().filter(|note| note.voice == voice).copied().collect()
}
