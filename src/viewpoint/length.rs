//! How long a note or rest is.

use serde::{Deserialize, Serialize};

use super::place;
use crate::music::Duration;

/// A note's or rest's length: what the rhythm chain chooses. Codes number the lengths that a style knows, in the
/// order of its list ([`Figures::lengths`](crate::style::Figures::lengths)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Length {
    /// In ticks of the grid (a twelfth of a quarter), more than 0.
    pub ticks: u16,
    /// Whether it is silent.
    pub rest: bool,
}

impl Length {
    /// The length in exact musical time.
    pub fn duration(self) -> Duration {
        place::duration(i32::from(self.ticks))
    }

    /// The class that pitches are learned by: 0 shorter than a quarter, 1 a quarter or more, 2 a dotted quarter or
    /// more.
    pub fn class(self) -> u16 {
        class(i32::from(self.ticks))
    }
}

/// The class of a length in ticks: 0 shorter than a quarter, 1 a quarter or more, 2 a dotted quarter or more.
pub fn class(ticks: i32) -> u16 {
    match ticks {
        ..12 => 0,
        12..18 => 1,
        18.. => 2,
    }
}

/// What is remembered of a length when the next one is chosen: how long a note was, up to a whole note; of rests only
/// whether they lasted a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Before(u16);

impl Before {
    /// Nothing: something starts here.
    pub const NOTHING: Before = Before(0);
    const LONGEST: i32 = 49;
    const SHORT_REST: u16 = 50;
    const LONG_REST: u16 = 51;

    /// What is remembered of a length in ticks of the grid.
    pub fn of(ticks: i32, rest: bool) -> Before {
        match ticks {
            ..12 if rest => Before(Before::SHORT_REST),
            _ if rest => Before(Before::LONG_REST),
            _ => Before(ticks.clamp(1, Before::LONGEST) as u16),
        }
    }

    /// The code of it, 0 to 51.
    pub fn code(self) -> u16 {
        self.0
    }

    /// Its class, enough to keep a run of eighths going or to finish a triplet: 0 nothing, 1 a rest, 2 shorter than an
    /// eighth, 3 of a triplet (or what else leaves the sixteenths), 4 an eighth, 5 up to a quarter, 6 up to a dotted
    /// quarter, 7 longer.
    pub fn class(self) -> u16 {
        match self.0 {
            0 => 0,
            Before::SHORT_REST.. => 1,
            ticks if ticks % 3 != 0 && i32::from(ticks) < Before::LONGEST => 3,
            1..6 => 2,
            6 => 4,
            7..=12 => 5,
            13..=18 => 6,
            _ => 7,
        }
    }
}

/// From how many ticks on a note at the end of a phrase is long, in a bar of so many: a dotted quarter, and half the bar
/// in bars shorter than three quarters.
pub fn long_end(bar: i32) -> i32 {
    if bar < 36 { bar / 2 } else { 18 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_remembered_exactly_and_rests_roughly() {
        let classes = |lengths: &[(i32, bool)]| -> Vec<u16> {
            lengths.iter().map(|&(ticks, rest)| Before::of(ticks, rest).class()).collect()
        };
        let notes = [(3, false), (4, false), (6, false), (12, false), (18, false), (24, false), (96, false)];
        assert_eq!(classes(&notes), [2, 3, 4, 5, 6, 7, 7]);
        assert_eq!(classes(&[(6, true), (36, true)]), [1, 1]);
        assert_eq!(Before::NOTHING.class(), 0);
        assert_ne!(Before::of(6, false), Before::of(9, false));
        assert_ne!(Before::of(6, true), Before::of(12, true));
        assert_eq!(Before::of(12, true), Before::of(48, true));
        assert_eq!(Before::of(60, false), Before::of(96, false));
    }

    #[test]
    fn a_dotted_quarter_is_long_and_an_eighth_is_short() {
        let of = |ticks| Length { ticks, rest: false };
        assert_eq!(of(18).duration(), Duration::QUARTER + Duration::EIGHTH);
        assert_eq!([24, 36, 48].map(long_end), [12, 18, 18]);
        assert_eq!([of(6), of(12), of(18), of(48)].map(Length::class), [0, 1, 2, 2]);
    }
}
