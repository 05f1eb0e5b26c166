//! Where in the bar an event stands.

use crate::music::{Duration, Meter};

/// Ticks of the grid in a quarter note: 16ths (3 ticks) and triplet eighths (4 ticks) both lie on it.
pub const TICKS: i64 = 12;

/// One tick of the grid: a twelfth of a quarter.
pub const TICK: Duration = Duration::from_ticks(Duration::TICKS_PER_QUARTER / TICKS);

/// A length or place in whole ticks of the grid, rounded to the nearest.
pub fn ticks(length: Duration) -> i32 {
    let nearest = (length + TICK / 2).div_floor(TICK);
    nearest.clamp(i64::from(i32::MIN / 4), i64::from(i32::MAX / 4)) as i32
}

/// The length of so many ticks.
pub fn duration(ticks: i32) -> Duration {
    TICK * i64::from(ticks)
}

/// The code of a place in the bar: ticks from the downbeat.
pub fn code(in_bar: Duration) -> u16 {
    ticks(in_bar).clamp(0, i32::from(u16::MAX) - 1) as u16
}

/// A place snapped to the grid that is learned: 16ths and triplet eighths in simple meters, 16ths where the beat is
/// already divided in three.
pub fn snap(place: i32, compound: bool) -> i32 {
    let lines: &[i32] = if compound { &[0, 3, 6, 9, 12] } else { &[0, 3, 4, 6, 8, 9, 12] };
    let (quarter, within) = (place.div_euclid(12), place.rem_euclid(12));
    let nearest = lines.iter().copied().min_by_key(|line| (line - within).abs());
    quarter * 12 + nearest.unwrap_or(within)
}

/// The code of how strong a place is: 0 a strong beat (the downbeat, the half bar), 1 another beat, 2 off the beat.
pub fn strength(meter: Meter, in_bar: Duration) -> u16 {
    match meter.strength(in_bar) {
        0 | 1 => 0,
        2 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_the_grid_are_found_again() {
        for tick in -40..400 {
            assert_eq!(ticks(duration(tick)), tick);
        }
        assert_eq!(code(Duration::QUARTER), 12);
    }

    #[test]
    fn sixteenths_and_triplets_stay_where_they_are() {
        for place in [0, 3, 4, 6, 8, 9, 12, 27, 28, -3, -4] {
            assert_eq!(snap(place, false), place);
        }
        assert_eq!((snap(5, true), snap(4, true), snap(11, false), snap(2, false)), (6, 3, 12, 3));
    }

    #[test]
    fn beats_are_stronger_than_what_lies_between() {
        let strengths: Vec<u16> = (0..8).map(|n| strength(Meter::COMMON, Duration::EIGHTH * n)).collect();
        assert_eq!(strengths, [0, 2, 1, 2, 0, 2, 1, 2]);
    }
}
