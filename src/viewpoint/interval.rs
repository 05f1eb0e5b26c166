//! A pitch as its distance from the note before.

/// The widest interval that is told apart, in semitones; wider ones count as it.
pub const WIDEST: i32 = 12;

/// How many codes there are: −12 to 12 semitones.
pub const COUNT: u16 = 25;

/// The code of an interval in semitones, upward positive: 0 for an octave down or more, 12 for a repeated note, 24
/// for an octave up or more.
pub fn code(semitones: i32) -> u16 {
    (semitones.clamp(-WIDEST, WIDEST) + WIDEST) as u16
}

/// The semitones that a code means, −12 to 12.
pub fn semitones(code: u16) -> i32 {
    i32::from(code.min(COUNT - 1)) - WIDEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_within_an_octave_are_found_again() {
        for wide in -12..=12 {
            assert_eq!(semitones(code(wide)), wide);
        }
        assert_eq!((semitones(code(19)), semitones(code(-30))), (12, -12));
    }
}
