//! How well a style knows each step of a melody: how far back it was heard, and in how many songs.

use crate::music::{Key, Note};
use crate::style::figures::{Figures, Table};
use crate::viewpoint::{degree, interval, mode_code};

/// What the figures of a style know of the step to a note.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct NoteOrigin {
    /// The longest context that was seen, in notes before this one: 0 for none.
    pub order: usize,
    /// The longest context after which this very step was seen, in notes; `None` if it never was.
    pub seen: Option<usize>,
    /// In how many songs it was, after that context; those of one title count once.
    pub songs: u16,
    /// How often it was, in notes.
    pub times: f64,
}

/// What the figures of a style know of the notes of a melody in a key, as far back as they look. The first note has no
/// step to it.
pub fn note_origins(figures: &Figures, key: Key, notes: &[Note]) -> Vec<NoteOrigin> {
    let pitches: Vec<i32> = notes.iter().map(|note| note.pitch.midi()).collect();
    let (mode, tonic) = (mode_code(key.mode), key.tonic.pitch_class());
    (0..pitches.len()).map(|at| of_step(figures, mode, tonic, &pitches[..=at])).collect()
}

/// Of the step to the last of some pitches.
fn of_step(figures: &Figures, mode: u16, tonic: u8, pitches: &[i32]) -> NoteOrigin {
    let [before @ .., last, own] = pitches else { return NoteOrigin::default() };
    let mut context = vec![mode, degree::code(*last, tonic)];
    let after = before.iter().rev().zip(before.iter().chain([last]).rev());
    context.extend(
        after.map(|(earlier, later)| interval::code(later - earlier)).take(longest(&figures.interval)),
    );
    let step = interval::code(own - last);
    let mut origin = NoteOrigin::default();
    for length in 1..=context.len() {
        let row = figures.interval.row(&context[..length]);
        if row.is_empty() {
            break;
        }
        origin.order = length - 1;
        if let Ok(found) = row.binary_search_by_key(&step, |entry| entry.symbol) {
            origin.seen = Some(length - 1);
            origin.songs = row[found].pieces;
            origin.times = f64::from(row[found].count) / f64::from(figures.unit.max(1));
        }
    }
    origin
}

/// The length of the longest context of a table.
fn longest(table: &Table) -> usize {
    table.rows.keys().map(Vec::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Duration;
    use crate::style::figures::Entry;

    fn notes(pitches: &[i32]) -> Vec<Note> {
        let note = |(at, &midi): (usize, &i32)| Note {
            onset: Duration::QUARTER * at as i64,
            duration: Duration::QUARTER,
            pitch: Key::C_MAJOR.spell_midi(midi),
        };
        pitches.iter().enumerate().map(note).collect()
    }

    #[test]
    fn the_longest_context_is_told_and_the_longest_that_has_the_step() {
        let mut figures = Figures { unit: 2, ..Figures::default() };
        let entry = |wide: i32, count, pieces| Entry { symbol: interval::code(wide), count, pieces };
        let mut see = |context: &[u16], row: Vec<Entry>| {
            figures.interval.rows.insert(context.to_vec(), row);
        };
        see(&[0], vec![entry(-1, 8, 4), entry(2, 20, 9)]);
        // From D; from D, reached by a step up.
        see(&[0, 2], vec![entry(2, 6, 3)]);
        see(&[0, 2, interval::code(2)], vec![entry(5, 2, 1)]);
        let of = |pitches: &[i32]| note_origins(&figures, Key::C_MAJOR, &notes(pitches)).last().copied();
        let origin = |order, seen, songs, times| Some(NoteOrigin { order, seen, songs, times });
        assert_eq!(of(&[60, 62, 67]), origin(2, Some(2), 1, 1.0));
        assert_eq!(of(&[60, 62, 64]), origin(2, Some(1), 3, 3.0));
        assert_eq!(of(&[60, 62, 61]), origin(2, Some(0), 4, 4.0));
        assert_eq!(of(&[62, 64]), origin(1, Some(1), 3, 3.0));
        assert_eq!(of(&[64, 66]), origin(0, Some(0), 9, 10.0), "after E nothing was seen");
        assert_eq!(of(&[60, 62, 70]), origin(2, None, 0, 0.0));
        assert_eq!(of(&[60]), Some(NoteOrigin::default()));
    }
}
