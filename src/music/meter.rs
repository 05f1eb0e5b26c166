//! Meters: how a bar is counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::duration::Duration;

/// A meter such as 4/4 or 6/8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Meter {
    /// Units in a bar, 1 to 64.
    beats: u8,
    /// The unit: 1, 2, 4, 8, 16, 32 or 64 for whole to 64th note.
    unit: u8,
}

impl Meter {
    /// Common time.
    pub const COMMON: Meter = Meter { beats: 4, unit: 4 };

    /// A meter of `beats` notes of 1/`unit`; `None` unless 1 ≤ beats ≤ 64 and the unit is a power of two to 64.
    pub fn new(beats: u32, unit: u32) -> Option<Meter> {
        ((1..=64).contains(&beats) && unit.is_power_of_two() && unit <= 64)
            .then_some(Meter { beats: beats as u8, unit: unit as u8 })
    }

    /// Upper figure.
    pub fn beats(self) -> u8 {
        self.beats
    }

    /// Lower figure.
    pub fn unit(self) -> u8 {
        self.unit
    }

    /// Length of the lower figure's note: the beat that places such as `bar 4.3` count.
    pub fn unit_length(self) -> Duration {
        Duration::WHOLE / i64::from(self.unit)
    }

    /// Length of a full bar.
    pub fn bar_length(self) -> Duration {
        self.unit_length() * i64::from(self.beats)
    }

    /// Whether the unit is grouped in threes: 6/8, 9/8, 12/8 and their like (not 3/8, which is one group).
    pub fn is_compound(self) -> bool {
        self.beats > 3 && self.beats.is_multiple_of(3) && self.unit >= 8
    }

    /// The felt beats of a bar, as lengths that add up to the bar: quarters in 4/4, dotted quarters in 6/8,
    /// 3+2 in 5/8 and 2+2+3 in 7/8. Beams and strong beats follow these groups.
    pub fn pulses(self) -> Vec<Duration> {
        let unit = self.unit_length();
        if self.is_compound() || (self.unit >= 8 && self.beats == 3) {
            return vec![unit * 3; usize::from(self.beats / 3)];
        }
        if self.unit >= 8 && self.beats > 3 {
            // Twos, with a three where the number is odd: 5 = 3+2, 7 = 2+2+3.
            let mut groups = vec![unit * 2; usize::from(self.beats / 2)];
            if self.beats % 2 == 1 {
                let at = if self.beats == 5 { 0 } else { groups.len() - 1 };
                groups[at] = unit * 3;
            }
            return groups;
        }
        vec![unit; usize::from(self.beats)]
    }

    /// How strong a place in the bar is: 0 the downbeat, 1 the half bar (or the second strong beat), 2 another
    /// pulse, 3 between pulses on the unit or its half, 4 finer.
    pub fn strength(self, place: Duration) -> u8 {
        let place = place.rem_floor(self.bar_length());
        if place == Duration::ZERO {
            return 0;
        }
        let pulses = self.pulses();
        let mut start = Duration::ZERO;
        for (index, pulse) in pulses.iter().enumerate() {
            if start == place {
                let half = pulses.len().is_multiple_of(2) && index == pulses.len() / 2;
                let odd_half = (pulses.len() == 5 && index == 3)
                    || (pulses.len() == 3 && self.is_compound() && index == 2);
                return if half || odd_half { 1 } else { 2 };
            }
            start += *pulse;
        }
        let fine =
            if self.is_compound() || self.unit >= 8 { self.unit_length() } else { self.unit_length() / 2 };
        if place.rem_floor(fine) == Duration::ZERO { 3 } else { 4 }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.beats, self.unit)
    }
}

impl From<Meter> for String {
    fn from(meter: Meter) -> String {
        meter.to_string()
    }
}

/// A meter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a meter: write it as 4/4, 3/4, 6/8")]
pub struct MeterError(pub String);

impl FromStr for Meter {
    type Err = MeterError;
    /// Reads `4/4`, also `C` (common time) and `C|` (cut time).
    fn from_str(text: &str) -> Result<Meter, MeterError> {
        let fail = || MeterError(text.to_string());
        match text.trim() {
            "C" => return Ok(Meter::COMMON),
            "C|" => return Ok(Meter { beats: 2, unit: 2 }),
            _ => {}
        }
        let (beats, unit) = text.split_once('/').ok_or_else(fail)?;
        let beats = beats.trim().parse().map_err(|_| fail())?;
        let unit = unit.trim().parse().map_err(|_| fail())?;
        Meter::new(beats, unit).ok_or_else(fail)
    }
}

impl TryFrom<String> for Meter {
    type Error = MeterError;
    fn try_from(text: String) -> Result<Meter, MeterError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(text: &str) -> Meter {
        text.parse().expect(text)
    }

    #[test]
    fn pulses_fill_the_bar() {
        for text in [
            "2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8", "5/4", "7/8", "5/8", "3/8", "11/8", "1/4",
            "3/2",
        ] {
            let meter = meter(text);
            assert_eq!(meter.pulses().into_iter().sum::<Duration>(), meter.bar_length(), "{text}");
            assert_eq!(meter.to_string(), text);
        }
    }

    #[test]
    fn strength_follows_the_beat() {
        let quarter = Duration::QUARTER;
        assert_eq!((0..4).map(|n| meter("4/4").strength(quarter * n)).collect::<Vec<_>>(), [0, 2, 1, 2]);
        assert_eq!(meter("4/4").strength(Duration::EIGHTH), 3);
        assert_eq!(meter("4/4").strength(Duration::SIXTEENTH), 4);
        assert_eq!(meter("6/8").strength(Duration::EIGHTH * 3), 1);
        assert_eq!(meter("6/8").strength(Duration::EIGHTH), 3);
    }

    #[test]
    fn unreadable_meters_are_refused() {
        for text in ["", "4", "0/4", "4/3", "65/4", "4/128", "a/b", "4/4/4"] {
            assert!(text.parse::<Meter>().is_err(), "{text}");
        }
    }
}
