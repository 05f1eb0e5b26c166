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

/// The grid that is learned: each quarter is divided into 16ths or into a triplet, whichever its notes are nearer to;
/// into 16ths alone where the meter divides its beat in three already.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// The quarters divided into a triplet, in order.
    triplets: Vec<i32>,
}

impl Grid {
    /// The grid for notes that start at these ticks, in order.
    pub fn new(onsets: impl Iterator<Item = i32>, compound: bool) -> Grid {
        let mut triplets: Vec<i32> = Vec::new();
        let (mut quarter, mut sixteenths_off, mut triplets_off) = (i32::MIN, 0, 0);
        let mut close = |quarter: i32, sixteenths_off: i32, triplets_off: i32| {
            if triplets_off < sixteenths_off {
                triplets.push(quarter);
            }
        };
        for onset in onsets {
            if onset.div_euclid(12) != quarter {
                close(quarter, sixteenths_off, triplets_off);
                (quarter, sixteenths_off, triplets_off) = (onset.div_euclid(12), 0, 0);
            }
            let off = |step: i32| (nearest(onset, step) - onset).abs();
            sixteenths_off += off(3);
            triplets_off += off(4);
        }
        close(quarter, sixteenths_off, triplets_off);
        if compound { Grid::default() } else { Grid { triplets } }
    }

    /// The line of the grid that is nearest to a place.
    pub fn snap(&self, place: i32) -> i32 {
        let triplet = self.triplets.binary_search(&place.div_euclid(12)).is_ok();
        nearest(place, if triplet { 4 } else { 3 })
    }
}

/// The multiple of `step` nearest to a place, the earlier of two.
fn nearest(place: i32, step: i32) -> i32 {
    (place * 2 + step - 1).div_euclid(step * 2) * step
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
    fn each_quarter_takes_the_division_its_notes_are_near_to() {
        let onsets = [0, 3, 9, 12, 16, 20, 24, 29, 33, 40];
        let grid = Grid::new(onsets.into_iter(), false);
        assert_eq!(onsets.map(|onset| grid.snap(onset)), [0, 3, 9, 12, 16, 20, 24, 30, 33, 40]);
        let compound = Grid::new(onsets.into_iter(), true);
        assert_eq!(onsets.map(|onset| compound.snap(onset)), [0, 3, 9, 12, 15, 21, 24, 30, 33, 39]);
        assert_eq!(Grid::new([-4, -8].into_iter(), false).snap(-4), -4);
    }

    #[test]
    fn beats_are_stronger_than_what_lies_between() {
        let strengths: Vec<u16> = (0..8).map(|n| strength(Meter::COMMON, Duration::EIGHTH * n)).collect();
        assert_eq!(strengths, [0, 2, 1, 2, 0, 2, 1, 2]);
    }
}
