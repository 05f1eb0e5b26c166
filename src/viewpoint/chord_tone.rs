//! A pitch as its distance above the root of the chord it stands on.

use crate::music::chord_quality::Family;

/// The families in the order of their codes: 0 to 7.
pub const FAMILIES: [Family; 8] = [
    Family::Major,
    Family::Minor,
    Family::Dominant,
    Family::HalfDiminished,
    Family::Diminished,
    Family::Augmented,
    Family::Suspended,
    Family::Power,
];

/// The code of a family, 0 to 7.
pub fn family_code(family: Family) -> u16 {
    FAMILIES.iter().position(|&other| other == family).unwrap_or(0) as u16
}

/// The family that a code means; `None` beyond 7.
pub fn family(code: u16) -> Option<Family> {
    FAMILIES.get(usize::from(code)).copied()
}

/// The code of a pitch over a root (a pitch class): semitones above the root within the octave, 0 to 11.
pub fn code(midi: i32, root: u8) -> u16 {
    (midi - i32::from(root)).rem_euclid(12) as u16
}

/// The pitch class that a code means over a root.
pub fn pitch_class(code: u16, root: u8) -> u8 {
    ((code % 12 + u16::from(root)) % 12) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_tones_are_found_again() {
        for wanted in FAMILIES {
            assert_eq!(family(family_code(wanted)), Some(wanted));
        }
        assert_eq!(family(8), None);
        for root in 0..12 {
            for midi in 30..90 {
                assert_eq!(i32::from(pitch_class(code(midi, root), root)), midi % 12);
            }
        }
    }
}
