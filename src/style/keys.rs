//! Which key a sheet of a corpus is in: as written, checked, or found.

use crate::music::key_finding::find_key_of_sheet;
use crate::music::{Key, LeadSheet};

/// Where the key of a sheet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keys {
    /// As written.
    Given,
    /// As written, unless what sounds clearly contradicts it.
    #[default]
    Checked,
    /// As found from what sounds.
    Found,
}

/// How sure a found key must be to be believed against the written one.
///
/// Data sets often say major where only the tonic is known, and seldom err in the tonic; but where a recording runs fast
/// or slow they do, by a semitone, and keys a semitone apart are not easily taken for each other.
fn sure_enough(semitones_apart: u8) -> f64 {
    match semitones_apart {
        0 => 0.9,
        1 | 11 => 0.75,
        _ => 0.97,
    }
}

/// The key of a sheet at its start.
pub fn of(sheet: &LeadSheet, keys: Keys) -> Key {
    let written = sheet.key();
    if keys == Keys::Given {
        return written;
    }
    let found = find_key_of_sheet(sheet);
    let apart = (found.key.tonic.pitch_class() + 12 - written.tonic.pitch_class()) % 12;
    if apart == 0 && found.key.mode.is_minor() == written.mode.is_minor() {
        return written;
    }
    let believed = keys == Keys::Found || found.confidence >= sure_enough(apart);
    if believed { found.key } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, ChordChange, Duration, Form, Melody, Meter};

    /// I vi ii V four times, ending on I, in a key; under another one's name.
    fn sheet(sounding: &str, written: &str) -> LeadSheet {
        let key: Key = sounding.parse().expect("a key");
        let steps = ["0:", "9:m", "2:m", "7:7"].iter().cycle().take(16).chain(["0:"].iter());
        let chords =
            steps.map(|chord| chord.parse::<crate::viewpoint::RelativeChord>().expect("a chord").symbol(key));
        let at = (0..).map(|bar| Duration::WHOLE * bar);
        let changes = at.zip(chords).map(|(at, chord)| ChordChange { at, chord }).collect();
        let header = Header::new("Turnaround", written.parse().expect("a key"));
        let form = Form::plain(Meter::COMMON, 17);
        LeadSheet::new(header, form, Chart { changes }, Melody::default()).expect("a sheet")
    }

    #[test]
    fn a_label_a_semitone_off_is_corrected_unless_the_label_rules() {
        let wrong = sheet("Eb", "E major");
        assert_eq!(of(&wrong, Keys::Checked).to_string(), "Eb major");
        assert_eq!(of(&wrong, Keys::Found).to_string(), "Eb major");
        assert_eq!(of(&wrong, Keys::Given).to_string(), "E major");
    }

    #[test]
    fn a_label_that_fits_stays_with_its_mode() {
        let right = sheet("Eb", "Eb mixolydian");
        assert_eq!(of(&right, Keys::Checked).to_string(), "Eb mixolydian");
    }
}
