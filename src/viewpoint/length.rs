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

/// From how many ticks on a note at the end of a phrase is long, in a bar of so many: a dotted quarter, and half the bar
/// in bars shorter than three quarters.
pub fn long_end(bar: i32) -> i32 {
    if bar < 36 { bar / 2 } else { 18 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_quarter_is_long_and_an_eighth_is_short() {
        let of = |ticks| Length { ticks, rest: false };
        assert_eq!(of(18).duration(), Duration::QUARTER + Duration::EIGHTH);
        assert_eq!([24, 36, 48].map(long_end), [12, 18, 18]);
        assert_eq!([of(6), of(12), of(18), of(48)].map(Length::class), [0, 1, 2, 2]);
    }
}
