//! Bytes in, bytes out: every format is one file and one line in [`FORMATS`]; none of them opens a file.

use crate::music::LeadSheet;

pub mod abc;
pub mod json;
pub mod midi;
pub mod musicxml;
pub mod text;

/// Every format, in the order they are offered.
pub static FORMATS: &[&dyn Format] =
    &[&musicxml::MusicXml, &musicxml::Mxl, &midi::Midi, &abc::Abc, &text::TextChart, &json::NeutralJson];

/// A way to turn lead sheets into bytes, bytes into lead sheets, or both.
pub trait Format: Sync {
    /// What a musician calls it: `MusicXML`.
    fn name(&self) -> &'static str;

    /// File extensions without the dot, the usual one first.
    fn extensions(&self) -> &'static [&'static str];

    /// Whether bytes without a telling file name look like this format.
    fn recognises(&self, bytes: &[u8]) -> bool;

    /// The sheets that the bytes hold, with what could not be kept.
    ///
    /// # Errors
    /// When the bytes are not of this format, broken, or beyond the limits that protect against hostile files; or
    /// when this format is only written.
    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError>;

    /// The bytes of a file that holds the sheet, with what could not be kept.
    ///
    /// # Errors
    /// When this format cannot hold the sheet at all, or is only read.
    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError>;
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reading {
    /// The lead sheets, one or more.
    pub sheets: Vec<LeadSheet>,
    /// What was left out, assumed or repaired, one sentence each, for the person at the terminal.
    pub remarks: Vec<String>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Writing {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// What the format could not hold, one sentence each.
    pub remarks: Vec<String>,
}

/// Why bytes could not be read or a sheet not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}{}", place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default(), help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())]
pub struct FormatError {
    /// Where in the file: `line 12, column 3`, `measure 7`, `track 2`.
    pub place: Option<String>,
    /// What is wrong.
    pub message: String,
    /// A way out.
    pub help: Option<String>,
}

impl FormatError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> FormatError {
        FormatError { place: None, message: message.into(), help: None }
    }

    /// The same error at a place.
    pub fn at(mut self, place: impl Into<String>) -> FormatError {
        self.place = Some(place.into());
        self
    }

    /// The same error with a way out.
    pub fn help(mut self, help: impl Into<String>) -> FormatError {
        self.help = Some(help.into());
        self
    }
}

/// The format with this file extension (without the dot, any case).
pub fn by_extension(extension: &str) -> Option<&'static dyn Format> {
    let extension = extension.to_ascii_lowercase();
    FORMATS.iter().copied().find(|format| format.extensions().contains(&extension.as_str()))
}

/// The first format that recognises the bytes.
pub fn by_content(bytes: &[u8]) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.recognises(bytes))
}
