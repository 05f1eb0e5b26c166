//! Which name a sounding note takes: by the key, by the chord under it, and by where the line goes.

use super::chart::Chart;
use super::chord::ChordSymbol;
use super::chord_quality::Family;
use super::duration::Duration;
use super::key::Key;
use super::pitch::{NoteName, Pitch, Step};

impl Key {
    /// The name a pitch class takes in this key when nothing else is known: scale notes as in the signature; in minor
    /// the raised sixth and seventh as such; otherwise from ♭2 to ♯4 above the tonic (C major: D♭ E♭ F♯ A♭ B♭).
    pub fn spell(self, pitch_class: u8) -> NoteName {
        let pitch_class = pitch_class % 12;
        if let Some(name) = self.scale_name(pitch_class) {
            return name;
        }
        let lowest = self.tonic.fifths() - 5;
        let names = (lowest..lowest + 12).map(NoteName::from_fifths);
        let name = { names }.find(|name| name.pitch_class() == pitch_class).unwrap_or(self.tonic);
        // The leading note keeps its letter at any price: F♯♯ in G♯ minor.
        let is_leading = name.fifths() == self.tonic.fifths() + 5;
        if is_leading || is_plain(name) { name } else { self.plain_name(pitch_class) }
    }

    /// A MIDI note number spelled in this key.
    pub fn spell_midi(self, midi: i32) -> Pitch {
        Pitch::from_midi(midi, self.spell(midi.rem_euclid(12) as u8))
    }

    /// The name of a chord's root. Roots outside the scale are flats as a rule (D♭7, E♭, A♭, B♭ in C major), but
    /// sharps where the chord leads up from them (C♯dim7, F♯m7b5, G♯dim7) or belongs to a sharper key (C♯m, F♯7).
    pub fn spell_chord_root(self, pitch_class: u8, family: Family) -> NoteName {
        let pitch_class = pitch_class % 12;
        if let Some(name) = self.scale_name(pitch_class) {
            return name;
        }
        let diminished = matches!(family, Family::Diminished | Family::HalfDiminished);
        let above_tonic = (i32::from(pitch_class) - i32::from(self.tonic.pitch_class())).rem_euclid(12);
        let raised = match above_tonic {
            1 => diminished || family == Family::Minor,
            // F♯m and F♯7 in C major, but G♭7 in C minor.
            6 => diminished || (family != Family::Major && !self.mode.is_minor()),
            8 | 11 => diminished,
            3 | 5 | 10 => false,
            _ => true,
        };
        // Seven fifths up or down are a semitone's worth; the flat name lies twelve below the sharp one.
        let sharp = (above_tonic * 7).rem_euclid(12);
        let name = NoteName::from_fifths(self.tonic.fifths() + if raised { sharp } else { sharp - 12 });
        if is_plain(name) { name } else { self.plain_name(pitch_class) }
    }

    /// MIDI note numbers in order, spelled as a line: notes outside the scale by where they lead, a semitone up from
    /// a raised note (C C♯ D) and down from a lowered one (D D♭ C).
    pub fn spell_line(self, midi: &[i32]) -> Vec<Pitch> {
        spell(self, midi, |_| Vec::new())
    }

    fn scale_name(self, pitch_class: u8) -> Option<NoteName> {
        self.scale().into_iter().find(|name| name.pitch_class() == pitch_class)
    }

    /// The plain name (no double accidental, no C♭, F♭, E♯, B♯) that is nearest to the key on the line of fifths.
    fn plain_name(self, pitch_class: u8) -> NoteName {
        let plain = (-6..=10).map(NoteName::from_fifths).filter(|name| name.pitch_class() == pitch_class);
        plain
            .filter(|name| is_plain(*name))
            .min_by_key(|name| (name.fifths() - self.fifths() - 1).abs())
            .unwrap_or(self.tonic)
    }
}

/// A melody's pitches from its onsets and MIDI note numbers, in order. A note of the chord that sounds takes the
/// chord's spelling (F♯ over D7, B♭ over C7, C♯ over A7); others are spelled as in [`Key::spell_line`].
pub fn spell_melody(key: Key, notes: &[(Duration, i32)], chart: &Chart) -> Vec<Pitch> {
    let midi: Vec<i32> = notes.iter().map(|note| note.1).collect();
    spell(key, &midi, |index| match notes.get(index).and_then(|note| chart.sounding_at(note.0)) {
        Some(ChordSymbol::Chord(chord)) => chord.tone_names().into_iter().chain(chord.bass).collect(),
        Some(ChordSymbol::NoChord) | None => Vec::new(),
    })
}

/// Spells from the last note to the first, since a note takes its name from where it leads.
fn spell(key: Key, midi: &[i32], chord_names: impl Fn(usize) -> Vec<NoteName>) -> Vec<Pitch> {
    let mut line: Vec<Pitch> = Vec::with_capacity(midi.len());
    for (index, &note) in midi.iter().enumerate().rev() {
        let pitch_class = note.rem_euclid(12) as u8;
        let chord_name = chord_names(index).into_iter().find(|name| name.pitch_class() == pitch_class);
        let name = chord_name.filter(|name| suits(key, *name)).unwrap_or_else(|| {
            key.scale_name(pitch_class).unwrap_or_else(|| {
                let next = line.iter().rev().find(|next| next.midi() != note).copied();
                let before = midi[..index].iter().rev().find(|before| **before != note).copied();
                by_direction(key, note, next, before)
            })
        });
        line.push(Pitch::from_midi(note, name));
    }
    line.reverse();
    line
}

/// Whether a chord's name for a note reads well in a key: F♯ and A♭ anywhere, E♯ and C♭ where the signature has sharps
/// or flats of its own, or the very note.
fn suits(key: Key, name: NoteName) -> bool {
    let with_signature = name.alter.abs() == 1 && i32::from(name.alter) * key.fifths() > 0;
    let replaces_scale_note = key.scale_name(name.pitch_class()).is_some_and(|scale_name| scale_name != name);
    is_plain(name) || key.scale().contains(&name) || (with_signature && !replaces_scale_note)
}

/// The name of a note outside the scale between its neighbours.
fn by_direction(key: Key, midi: i32, next: Option<Pitch>, before: Option<i32>) -> NoteName {
    let pitch_class = midi.rem_euclid(12) as u8;
    let by_next = next.filter(|next| (next.midi() - midi).abs() == 1).and_then(|next| {
        let step = Step::from_index(next.name.step.index() - (next.midi() - midi));
        name_on(step, pitch_class)
    });
    // Left by a leap, a note is a raised form of the one it rose from, or a lowered form of the one it fell from.
    let by_before = before.filter(|before| (before - midi).abs() == 1).and_then(|before| {
        let from = key.scale_name(before.rem_euclid(12) as u8)?;
        name_on(from.step, pitch_class)
    });
    let readable = |name: &NoteName| name.alter.abs() <= 1 && suits(key, *name);
    by_next.filter(readable).or(by_before.filter(readable)).unwrap_or_else(|| key.spell(pitch_class))
}

/// The name of a pitch class on a letter, with at most two accidentals.
fn name_on(step: Step, pitch_class: u8) -> Option<NoteName> {
    let alter = (i32::from(pitch_class) - step.semitones() + 6).rem_euclid(12) - 6;
    (alter.abs() <= 2).then(|| NoteName::new(step, alter))
}

/// Whether a name is a natural or one of the ten usual sharps and flats: not C♭, F♭, E♯, B♯, nor doubly altered.
fn is_plain(name: NoteName) -> bool {
    (-6..=10).contains(&name.fifths())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{ChordChange, Mode};

    fn key(text: &str) -> Key {
        text.parse().expect(text)
    }

    fn names(pitches: &[Pitch]) -> String {
        pitches.iter().map(|pitch| pitch.name.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_pitch_class_has_a_sensible_name_in_every_key() {
        for mode in Mode::ALL {
            for fifths in -7..=7 {
                let key = Key::from_fifths(fifths, mode);
                for pitch_class in 0..12 {
                    let name = key.spell(pitch_class);
                    assert_eq!(name.pitch_class(), pitch_class, "{key}");
                    let is_leading = name.fifths() == key.tonic.fifths() + 5;
                    assert!(is_plain(name) || is_leading || key.scale().contains(&name), "{name} in {key}");
                    for family in [Family::Major, Family::Minor, Family::Dominant, Family::Diminished] {
                        let root = key.spell_chord_root(pitch_class, family);
                        assert_eq!(root.pitch_class(), pitch_class, "{key}");
                        assert!(is_plain(root) || key.scale().contains(&root), "{root} in {key}");
                    }
                }
            }
        }
    }

    #[test]
    fn notes_outside_the_scale_are_spelled_from_the_tonic() {
        let names =
            |text: &str| (0..12).map(|pc| key(text).spell(pc).to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(names("C"), "C Db D Eb E F F# G Ab A Bb B");
        assert_eq!(names("A minor"), "C C# D D# E F F# G G# A Bb B");
        assert_eq!(names("G minor"), "C C# D Eb E F F# G Ab A Bb B");
        assert_eq!(names("Eb"), "C Db D Eb E F Gb G Ab A Bb B");
        assert_eq!(names("E"), "C C# D D# E F F# G G# A A# B");
        assert_eq!(names("F# minor"), "C C# D D# E E# F# G G# A A# B");
        assert_eq!(names("D dorian"), "C C# D Eb E F F# G G# A Bb B");
        assert_eq!(key("G# minor").spell(7).to_string(), "F##");
    }

    #[test]
    fn chord_roots_are_spelled_by_what_the_chord_does() {
        let root = |text: &str, pc, family| key(text).spell_chord_root(pc, family).to_string();
        for (in_key, pc, family, expected) in [
            ("C", 1, Family::Dominant, "Db"),
            ("C", 1, Family::Diminished, "C#"),
            ("C", 1, Family::Minor, "C#"),
            ("C", 3, Family::Major, "Eb"),
            ("C", 6, Family::HalfDiminished, "F#"),
            ("C", 6, Family::Dominant, "F#"),
            ("C", 6, Family::Major, "Gb"),
            ("C", 10, Family::Dominant, "Bb"),
            ("Ab", 1, Family::Major, "Db"),
            ("Ab", 9, Family::Diminished, "A"),
            ("Ab", 11, Family::Major, "B"),
            ("A minor", 8, Family::Diminished, "G#"),
            ("A minor", 8, Family::Dominant, "Ab"),
            ("A minor", 6, Family::HalfDiminished, "F#"),
            ("A minor", 3, Family::Dominant, "Eb"),
            ("A minor", 1, Family::Diminished, "C#"),
            ("E", 2, Family::Major, "D"),
            ("Db", 9, Family::Major, "A"),
        ] {
            assert_eq!(root(in_key, pc, family), expected, "{pc} {family:?} in {in_key}");
        }
    }

    #[test]
    fn lines_rise_by_sharps_and_fall_by_flats() {
        let line = |text: &str, midi: &[i32]| names(&key(text).spell_line(midi));
        assert_eq!(line("C", &[60, 61, 62, 63, 64]), "C C# D D# E");
        assert_eq!(line("C", &[64, 63, 62, 61, 60]), "E Eb D Db C");
        assert_eq!(line("C", &[67, 66, 67]), "G F# G");
        assert_eq!(line("C", &[60, 61, 61, 62]), "C C# C# D");
        assert_eq!(line("C", &[60, 63, 60]), "C Eb C");
        assert_eq!(line("C", &[60, 61, 69]), "C C# A");
        assert_eq!(line("A minor", &[69, 68, 69, 66, 68]), "A G# A F# G#");
        assert_eq!(line("Ab", &[68, 69, 70]), "Ab A Bb");
        assert_eq!(line("E", &[64, 60, 59]), "E C B");
        assert_eq!(key("C").spell_line(&[71, 72])[1].to_string(), "C5");
    }

    #[test]
    fn chord_tones_take_the_chords_spelling() {
        let over = |in_key: &str, chord: &str, midi: i32| {
            let change = ChordChange { at: Duration::ZERO, chord: chord.parse().expect(chord) };
            names(&spell_melody(key(in_key), &[(Duration::ZERO, midi)], &Chart { changes: vec![change] }))
        };
        for (in_key, chord, midi, expected) in [
            ("C", "D7", 66, "F#"),
            ("C", "C7", 70, "Bb"),
            ("C", "A7", 61, "C#"),
            ("C", "Ab7", 66, "Gb"),
            ("C", "B7", 63, "D#"),
            ("C", "Fm", 68, "Ab"),
            ("C", "E7", 68, "G#"),
            ("C", "Db7", 71, "B"),
            ("F", "Db7", 71, "Cb"),
            ("D", "C#7", 65, "E#"),
            ("C", "C#7", 65, "F"),
            ("E", "F7", 63, "Eb"),
            ("C", "N.C.", 66, "F#"),
        ] {
            assert_eq!(over(in_key, chord, midi), expected, "{midi} over {chord} in {in_key}");
        }
    }
}
