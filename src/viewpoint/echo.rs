//! What a bar takes up of an earlier one, by its place in the section.

use crate::music::{Echo, Taken};

/// The code of a bar that takes up nothing.
pub const NEW: u16 = 0;

/// The code of an echo: 16 × (1 + what is taken) + bars back; [`NEW`] for none.
pub fn code(echo: Option<Echo>) -> u16 {
    let Some(echo) = echo else { return NEW };
    let taken = Taken::ALL.iter().position(|&taken| taken == echo.taken).unwrap_or(0) as u16;
    16 * (1 + taken) + u16::from(echo.back.min(15))
}

/// The echo that a code means.
pub fn echo(code: u16) -> Option<Echo> {
    let taken = *Taken::ALL.get(usize::from((code / 16).checked_sub(1)?))?;
    Some(Echo { taken, back: (code % 16) as u8 })
}

/// The code of chords that are taken up from so many bars back; [`NEW`] for none.
pub fn chords_code(back: Option<u8>) -> u16 {
    back.map_or(NEW, |back| u16::from(back.min(15)))
}

/// How many bars back the chords are that a code means.
pub fn chords_back(code: u16) -> Option<u8> {
    (code != NEW).then_some(code.min(15) as u8)
}

/// The largest code of [`nearness`].
pub const FARTHEST: u16 = 7;

/// The code of how far two intervals in semitones are apart: 0 the same, at most [`FARTHEST`].
pub fn nearness(one: i32, other: i32) -> u16 {
    (one - other).unsigned_abs().min(u32::from(FARTHEST)) as u16
}

/// The code of a bar's place in its section for echoes, from its index there: the first eight bars each, then the
/// same eight again, as what lies eight bars back may be taken up; 0 to 15.
pub fn place(index: usize) -> u16 {
    if index < 8 { index as u16 } else { 8 + (index % 8) as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoes_are_found_again() {
        for taken in Taken::ALL {
            for back in 1..=8 {
                let known = Some(Echo { taken, back });
                assert_eq!(echo(code(known)), known);
            }
        }
        assert_eq!(echo(code(None)), None);
        for back in [None, Some(1), Some(8)] {
            assert_eq!(chords_back(chords_code(back)), back);
        }
        assert_eq!([0, 7, 8, 15, 16, 25].map(place), [0, 7, 8, 15, 8, 9]);
    }
}
