//! The chords and notes of a sheet while they are being changed.

use crate::music::chart::ChordChange;
use crate::music::{Chart, ChordSymbol, Duration, Form, Header, LeadSheet, Melody, Note};

use super::EditError;
use crate::session::Song;

/// A stretch of time, its end not included.
pub(super) type Span = (Duration, Duration);

/// A sheet in parts.
pub(super) struct Page {
    pub header: Header,
    pub form: Form,
    pub changes: Vec<ChordChange>,
    pub notes: Vec<Note>,
}

impl Page {
    pub fn of(sheet: &LeadSheet) -> Page {
        let (header, form, chart, melody) = sheet.clone().into_parts();
        Page { header, form, changes: chart.changes, notes: melody.notes }
    }

    /// The song with this on its sheet.
    pub fn into_song(self, song: &Song) -> Result<Song, EditError> {
        let (chart, melody) = (Chart { changes: self.changes }, Melody { notes: self.notes });
        let sheet = LeadSheet::new(self.header, self.form, chart, melody)?;
        Ok(Song { sheet, ..song.clone() })
    }

    /// The chord that sounds at a place.
    pub fn sounding(&self, at: Duration) -> Option<ChordSymbol> {
        let after = self.changes.partition_point(|change| change.at <= at);
        Some(self.changes[..after].last()?.chord.clone())
    }

    /// Takes all notes away that sound in a stretch; what began before it ends where it begins.
    pub fn clear_melody(&mut self, span: Span) {
        self.notes.retain_mut(|note| {
            if note.onset < span.0 && note.end() > span.0 {
                note.duration = span.0 - note.onset;
            }
            note.onset < span.0 || span.1 <= note.onset
        });
    }

    /// Takes all chords away that are written in a stretch; those after it sound as before.
    pub fn clear_chords(&mut self, span: Span) {
        let after = self.sounding(span.1);
        self.changes.retain(|change| change.at < span.0 || span.1 <= change.at);
        self.set_chord(span.1, after);
    }

    /// Writes notes into a stretch in place of what is there; what is held beyond its end ends there.
    pub fn write_melody(&mut self, span: Span, notes: impl IntoIterator<Item = Note>) {
        self.clear_melody(span);
        let at = self.notes.partition_point(|note| note.onset < span.0);
        let within = notes.into_iter().filter(|note| span.0 <= note.onset && note.onset < span.1);
        let cut = |note: Note| Note { duration: note.duration.min(span.1 - note.onset), ..note };
        self.notes.splice(at..at, within.map(cut));
    }

    /// Has a chord sound at a place, with a change there only if another sounded.
    pub fn set_chord(&mut self, at: Duration, chord: Option<ChordSymbol>) {
        let Some(chord) = chord.filter(|_| at < self.form.end()) else { return };
        if self.sounding(at).as_ref() != Some(&chord) {
            self.write_chord(at, chord);
        }
    }

    /// Writes a chord.
    pub fn write_chord(&mut self, at: Duration, chord: ChordSymbol) {
        self.changes.retain(|change| change.at != at);
        let place = self.changes.partition_point(|change| change.at < at);
        self.changes.insert(place, ChordChange { at, chord });
    }
}
