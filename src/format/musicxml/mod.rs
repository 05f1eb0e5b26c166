//! MusicXML, plain (`.musicxml`) and zipped (`.mxl`): one part is written, any score is read.

use super::{Format, FormatError, Reading, Writing};
use crate::music::LeadSheet;

mod archive;
mod beams;
mod bricks;
mod clock;
mod decode;
mod harmony;
mod line;
mod lyrics;
mod marks;
mod notate;
mod read;
mod read_form;
mod read_harmony;
mod remarks;
mod tuplets;
mod values;
mod walk;
mod write;
mod write_measure;
mod write_note;

/// MusicXML as one XML file: version 3.1 is written, any is read.
pub struct MusicXml;

impl Format for MusicXml {
    fn name(&self) -> &'static str {
        "MusicXML"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["musicxml", "xml"]
    }

    fn recognises(&self, bytes: &[u8]) -> bool {
        let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
        // Of UTF-16 every other byte is zero.
        let head: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
        let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
        has(b"score-partwise") || has(b"score-timewise")
    }

    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError> {
        read_either(bytes)
    }

    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError> {
        write::write(sheet)
    }
}

/// MusicXML in a zip file.
pub struct Mxl;

impl Format for Mxl {
    fn name(&self) -> &'static str {
        "compressed MusicXML"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["mxl"]
    }

    fn recognises(&self, bytes: &[u8]) -> bool {
        archive::is_zip(bytes)
    }

    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError> {
        read_either(bytes)
    }

    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError> {
        let plain = write::write(sheet)?;
        Ok(Writing { bytes: archive::pack(&plain.bytes)?, remarks: plain.remarks })
    }
}

/// Reads plain and zipped files by what they hold, whatever they are called.
fn read_either(bytes: &[u8]) -> Result<Reading, FormatError> {
    if archive::is_zip(bytes) { read::read(&archive::unpack(bytes)?) } else { read::read(bytes) }
}
