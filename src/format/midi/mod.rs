//! Standard MIDI files: what sounds goes out, and a melody with chords is found in what comes in.

mod bars;
mod chords;
mod events;
mod lyrics;
mod parts;
mod quantise;
mod read;
mod write;

use crate::format::{Format, FormatError, Reading, Writing};
use crate::music::LeadSheet;

/// Standard MIDI files.
pub struct Midi;

impl Format for Midi {
    fn name(&self) -> &'static str {
        "MIDI"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["mid", "midi", "smf"]
    }

    fn recognises(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(b"MThd") || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"RMID"))
    }

    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError> {
        read::read(bytes)
    }

    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError> {
        write::write(sheet)
    }
}
