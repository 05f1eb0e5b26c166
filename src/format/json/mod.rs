//! Neutral JSON: songs as plain lists of chords and notes, for scripts and for learning from data sets.

mod barlines;
mod chord_names;
mod file;
mod song;
mod write;

use crate::format::{Format, FormatError, Reading, Writing};
use crate::music::LeadSheet;

/// The neutral JSON format; its fields and units are described in `docs/formats.md`.
pub struct NeutralJson;

impl Format for NeutralJson {
    fn name(&self) -> &'static str {
        "neutral JSON"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn recognises(&self, bytes: &[u8]) -> bool {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
        let head = &bytes[start..bytes.len().min(start + 65536)];
        head.first() == Some(&b'{') && head.windows(7).any(|w| w == b"\"songs\"")
    }

    fn read(&self, bytes: &[u8]) -> Result<Reading, FormatError> {
        let (songs, remarks) = read_songs(bytes)?;
        if songs.is_empty() {
            let why = remarks.first().cloned().unwrap_or_else(|| "the list 'songs' is empty".into());
            return Err(FormatError::new(format!("no song could be read: {why}")));
        }
        Ok(Reading { sheets: songs.into_iter().map(|song| song.sheet).collect(), remarks })
    }

    fn write(&self, sheet: &LeadSheet) -> Result<Writing, FormatError> {
        Ok(write::write(sheet))
    }
}

/// A song of a data set: its lead sheet and what a lead sheet has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Song {
    /// The lead sheet.
    pub sheet: LeadSheet,
    /// The year of the song, if given.
    pub year: Option<u16>,
    /// Who made it known.
    pub artist: Option<String>,
    /// Where the transcription comes from.
    pub source: Option<String>,
    /// Whether the file says the key; if not, the sheet's key was found from its notes and chords.
    pub key_given: bool,
    /// Whether the notes' lengths only reach to the next onset, because the transcription has onsets alone.
    pub melody_is_onsets_only: bool,
}

/// Every song of a neutral JSON file that can be read, with one remark for each song that was left out or repaired.
///
/// # Errors
/// When the bytes are not JSON, with line and column, or have no list `songs`.
pub fn read_songs(bytes: &[u8]) -> Result<(Vec<Song>, Vec<String>), FormatError> {
    let mut songs = Vec::new();
    let mut remarks = Vec::new();
    let mut names = chord_names::ChordNames::default();
    let mut number = 0;
    file::for_each_song(bytes, |raw, unit| {
        number += 1;
        let name = song::name(&raw, number);
        match song::song(&raw, unit, &mut names) {
            Ok((song, left_out)) => {
                remarks.extend((!left_out.is_empty()).then(|| format!("{name}: {}.", left_out.join(", "))));
                songs.push(song);
            }
            Err(why) => remarks.push(format!("{name} was left out: {why}.")),
        }
    })?;
    Ok((songs, remarks))
}
