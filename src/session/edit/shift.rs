//! `bars 5-8: up 2`: notes moved along the scale, or by octaves.

use std::fmt;

use crate::constraint::Place;
use crate::music::pitch::Step;
use crate::music::{Duration, Key, NoteName, Pitch};

use super::page::Page;
use super::place::{Line, span};
use super::{EditError, Way};
use crate::session::{Song, Take};

/// Notes moved by steps of the scale; seven are an octave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    place: Place,
    /// Upwards.
    steps: i32,
}

impl Way for Shift {
    const FORM: &'static str =
        "bars 5-8: up 2, bar 5.3: down an octave (steps of the scale; at a beat the note there)";

    fn read(line: &Line<'_>) -> Option<Result<Shift, EditError>> {
        let place = line.place.clone()?;
        let (sign, by) = match line.words.split_once(' ') {
            Some(("up", by)) => (1, by.trim()),
            Some(("down", by)) => (-1, by.trim()),
            _ => return None,
        };
        let steps = match by {
            "an octave" => Some(7),
            _ => by.parse::<i32>().ok().filter(|steps| (1..=70).contains(steps)),
        };
        let wrong = || EditError::Wrong(format!("'{by}' is no distance: write up 2, down 1 or up an octave"));
        Some(steps.map(|steps| Shift { place, steps: sign * steps }).ok_or_else(wrong))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let within = span(&song.sheet, &self.place)?;
        let mut page = Page::of(&song.sheet);
        let (starts, keys) = (page.form.bar_starts(), song.sheet.bar_keys());
        let key_at = |at: Duration| {
            let bar = starts.partition_point(|&start| start <= at).saturating_sub(1);
            keys.get(bar).copied().unwrap_or(song.sheet.key())
        };
        let single = matches!(self.place, Place::Beat(..));
        let meant = |onset: Duration, end: Duration| match single {
            true => onset <= within.0 && within.0 < end,
            false => within.0 <= onset && onset < within.1,
        };
        for note in page.notes.iter_mut().filter(|note| meant(note.onset, note.end())) {
            note.pitch = moved(note.pitch, self.steps, key_at(note.onset));
        }
        page.into_song(song)
    }
}

/// A pitch moved along a scale; octaves keep what is altered.
fn moved(pitch: Pitch, steps: i32, key: Key) -> Pitch {
    let index = pitch.name.step.index() + steps;
    let octave = i32::from(pitch.octave) + index.div_euclid(7);
    let step = Step::from_index(index);
    let alter =
        if steps % 7 == 0 { i32::from(pitch.name.alter) } else { i32::from(key.signature_alter(step)) };
    Pitch::new(NoteName::new(step, alter), octave)
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.steps < 0 { "down" } else { "up" };
        match self.steps.abs() {
            7 => write!(f, "{}: {way} an octave", self.place),
            steps => write!(f, "{}: {way} {steps}", self.place),
        }
    }
}
