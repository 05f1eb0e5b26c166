//! How a comping instrument lays out chords: few notes, close together, moving little from chord to chord.

use super::chord::NamedChord;

/// The range of the chord's notes, MIDI: C3 to E5; of the bass, E1 to E♭2 an octave up.
const CHORD_RANGE: std::ops::RangeInclusive<i32> = 48..=76;
const LOWEST_BASS: i32 = 28;
const BASS_SPAN: i32 = 20;
/// Where the middle of a voicing lies best.
const BEST_MIDDLE: i32 = 59;

/// A chord's notes above the bass, MIDI, ascending: at most four, in close position, with the least movement from the
/// voicing before and, where that can be, below the melody.
///
/// The third and seventh and what colours the chord come first; the root, which the bass has, goes first of all when
/// there are more than four.
pub fn voicing(chord: &NamedChord, before: &[i32], melody_above: Option<i32>) -> Vec<i32> {
    let classes = voiced_classes(chord);
    let ceiling = melody_above.unwrap_or(i32::MAX);
    let close = |bottom: i32| -> Vec<i32> {
        let mut notes: Vec<i32> =
            classes.iter().map(|class| bottom + (class - bottom).rem_euclid(12)).collect();
        notes.sort_unstable();
        notes
    };
    let bottoms = CHORD_RANGE.filter(|note| classes.contains(&note.rem_euclid(12)));
    let voicings =
        bottoms.map(close).filter(|notes| notes.last().is_some_and(|top| CHORD_RANGE.contains(top)));
    let cost = |notes: &Vec<i32>| {
        let top = notes.last().copied().unwrap_or(0);
        let middle = notes.iter().sum::<i32>() / notes.len().max(1) as i32;
        let covers = (top - ceiling.saturating_sub(1)).clamp(0, 12) * 4;
        // Close notes are muddy when low and shrill when high.
        movement(before, notes) + (middle - BEST_MIDDLE).abs() * 2 + covers
    };
    voicings.min_by_key(cost).unwrap_or_default()
}

/// The bass note, MIDI: the slash bass or the root, in the octave nearest to the bass before.
pub fn bass_note(chord: &NamedChord, before: Option<i32>) -> i32 {
    let class = i32::from(chord.bass.unwrap_or(chord.root).pitch_class());
    let target = before.unwrap_or(LOWEST_BASS + BASS_SPAN / 2);
    let notes = (LOWEST_BASS..LOWEST_BASS + BASS_SPAN).filter(|note| note.rem_euclid(12) == class);
    notes.min_by_key(|note| (note - target).abs()).unwrap_or(LOWEST_BASS)
}

/// Pitch classes to voice, at most four.
fn voiced_classes(chord: &NamedChord) -> Vec<i32> {
    let mut tones = chord.tones();
    let altered_fifth = |semitones: u8| semitones != 7;
    let rank = |&(degree, semitones): &(u8, u8)| match degree {
        2..=4 => 0,
        7 | 6 => 1,
        5 if altered_fifth(semitones) => 2,
        13 => 3,
        9 => 4,
        11 => 5,
        1 => 7,
        _ => 6,
    };
    tones.sort_by_key(rank);
    let root = i32::from(chord.root.pitch_class());
    let mut classes: Vec<i32> = Vec::new();
    for (_, semitones) in tones {
        let class = (root + i32::from(semitones)).rem_euclid(12);
        if classes.len() < 4 && !classes.contains(&class) {
            classes.push(class);
        }
    }
    classes
}

/// Semitones that the voices move, each note to the nearest of the other chord.
fn movement(from: &[i32], to: &[i32]) -> i32 {
    let nearest =
        |note: &i32, others: &[i32]| others.iter().map(|other| (other - note).abs()).min().unwrap_or(0);
    let there: i32 = to.iter().map(|note| nearest(note, from)).sum();
    let back: i32 = from.iter().map(|note| nearest(note, to)).sum();
    there + back
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::ChordSymbol;

    fn chord(text: &str) -> NamedChord {
        match text.parse().expect(text) {
            ChordSymbol::Chord(chord) => Some(chord),
            ChordSymbol::NoChord => None,
        }
        .expect("not N.C.")
    }

    #[test]
    fn chords_move_little() {
        let mut before = Vec::new();
        let mut moved = 0;
        for text in ["Dm7", "G7", "Cmaj7", "A7(b9)", "Dm7", "G13", "C6"] {
            let notes = voicing(&chord(text), &before, Some(72));
            assert!(notes.len() >= 3 && notes.windows(2).all(|pair| pair[0] < pair[1]), "{text}: {notes:?}");
            assert!(notes.last().is_some_and(|top| *top < 72), "{text}: {notes:?}");
            moved = moved.max(movement(&before, &notes));
            before = notes;
        }
        assert!(moved <= 12, "{moved}");
    }

    #[test]
    fn a_voicing_keeps_what_colours_the_chord() {
        let classes =
            |text: &str| voicing(&chord(text), &[], None).iter().map(|note| note % 12).collect::<Vec<_>>();
        for class in [4, 10, 3, 8] {
            assert!(classes("C7(#9,b13)").contains(&class), "{class}");
        }
        assert_eq!(classes("C5").len(), 2);
        assert_eq!(
            {
                let mut triad = classes("C");
                triad.sort_unstable();
                triad
            },
            [0, 4, 7]
        );
    }

    #[test]
    fn the_bass_is_low_and_near() {
        assert_eq!(bass_note(&chord("C/E"), None) % 12, 4);
        let from_d = bass_note(&chord("Dm7"), None);
        assert!((bass_note(&chord("G7"), Some(from_d)) - from_d).abs() <= 6);
        for text in ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"] {
            assert!((28..48).contains(&bass_note(&chord(text), Some(47))), "{text}");
        }
    }
}
