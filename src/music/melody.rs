//! The melody: one line of notes.

use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::pitch::Pitch;

/// One sounding note. Rests are the gaps between notes; ties and tuplets arise when it is notated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Note {
    /// Where it starts, from the downbeat of bar 1 (negative in a pickup).
    pub onset: Duration,
    /// How long it is written, longer than nothing; it may cross bar lines.
    pub duration: Duration,
    /// Its spelled pitch.
    pub pitch: Pitch,
}

impl Note {
    /// Where it stops.
    pub fn end(&self) -> Duration {
        self.onset + self.duration
    }
}

/// The notes of a lead sheet's single line, in order and without overlap once inside a
/// [`LeadSheet`](super::LeadSheet).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Melody {
    /// The notes by onset.
    pub notes: Vec<Note>,
}

impl Melody {
    /// The notes that start at or after `from` and before `to`.
    pub fn starting_in(&self, from: Duration, to: Duration) -> &[Note] {
        let first = self.notes.partition_point(|note| note.onset < from);
        let last = self.notes.partition_point(|note| note.onset < to);
        &self.notes[first..last.max(first)]
    }

    /// The note that sounds at a place, if any.
    pub fn sounding_at(&self, place: Duration) -> Option<&Note> {
        let after = self.notes.partition_point(|note| note.onset <= place);
        self.notes[..after].last().filter(|note| note.end() > place)
    }
}
