//! What a bar takes up of an earlier one, by its place in the section.

use crate::music::{Echo, Taken};

/// The code of a bar that takes up nothing.
pub const NEW: u16 = 0;

/// The code of an echo, whatever is taken: how many bars back; [`NEW`] for none.
pub fn code(echo: Option<Echo>) -> u16 {
    echo.map_or(NEW, |echo| u16::from(echo.back.min(15)))
}

/// How many bars back the echo is that a code means.
pub fn back(code: u16) -> Option<u8> {
    (code != NEW).then_some(code.min(15) as u8)
}

/// The code of what is taken: 1 notes, 2 moved, 3 contour, 4 rhythm; 0 stands for a new bar.
pub fn taken_code(taken: Taken) -> u16 {
    1 + Taken::ALL.iter().position(|&other| other == taken).unwrap_or(3) as u16
}

/// What is taken, from its code.
pub fn taken(code: u16) -> Option<Taken> {
    Taken::ALL.get(usize::from(code.checked_sub(1)?)).copied()
}

/// Stands for the class of a phrase that ends the piece.
pub const CLOSE: u16 = 15;

/// The code of how far back an echo reaches, as far as what is taken depends on it: 0 one bar, 1 two bars, 2 four or
/// eight, 3 others.
pub fn distance(back: u8) -> u16 {
    match back {
        1 => 0,
        2 => 1,
        4 | 8 => 2,
        _ => 3,
    }
}

/// The code of how many notes a bar has: all from six on are one.
pub fn notes(count: usize) -> u16 {
    count.min(6) as u16
}

/// The code of chords that are taken up from so many bars back; [`NEW`] for none.
pub fn chords_code(back: Option<u8>) -> u16 {
    back.map_or(NEW, |back| u16::from(back.min(15)))
}

/// What is remembered of the chords of the bars before: the code of the last, given what was remembered before it.
/// Chords that stay from bar to bar are counted, up to three bars.
pub fn chords_so_far(before: u16, code: u16) -> u16 {
    match (before, code) {
        (1, 1) => 13,
        (13 | 14, 1) => 14,
        _ => code,
    }
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
            assert_eq!(super::taken(taken_code(taken)), Some(taken));
            for distance in 1..=8 {
                assert_eq!(back(code(Some(Echo { taken, back: distance }))), Some(distance));
            }
        }
        assert_eq!((back(code(None)), super::taken(0)), (None, None));
        assert_eq!([1, 2, 4, 8, 3, 5, 6, 7].map(distance), [0, 1, 2, 2, 3, 3, 3, 3]);
        for back in [None, Some(1), Some(8)] {
            assert_eq!(chords_back(chords_code(back)), back);
        }
        let long = [1, 1, 1, 1, 4, 1].iter().fold(vec![NEW], |mut seen, &code| {
            seen.push(chords_so_far(seen[seen.len() - 1], code));
            seen
        });
        assert_eq!(long, [0, 1, 13, 14, 14, 4, 1]);
        assert_eq!([0, 7, 8, 15, 16, 25].map(place), [0, 7, 8, 15, 8, 9]);
    }
}
