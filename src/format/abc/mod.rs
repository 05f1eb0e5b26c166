//! ABC notation: tunes as short text, several to a file.

mod header;
mod read;
mod scan;
mod tune;
mod words;
mod write;

use crate::format::{Format, FormatError, Reading, Writing};
use crate::music::LeadSheet;

/// ABC 2.1; what is kept and what is dropped is described in `docs/formats.md`.
pub struct Abc;

impl Format for Abc {
    fn name(&self) -> &'static str {
        "ABC"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["abc"]
    }

    fn recognises(&self, bytes: &[u8]) -> bool {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(16384)]);
        let starts =
            |field: &str| head.lines().any(|line| line.trim_start_matches('\u{feff}').starts_with(field));
        head.starts_with("%abc") || (starts("X:") && starts("K:"))
    }

    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError> {
        read::read(bytes)
    }

    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError> {
        Ok(write::write(sheet))
    }
}
