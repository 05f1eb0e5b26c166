//! Exact lengths of musical time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Rem, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An exact length of time, counted in ticks of 1/20160 of a quarter note.
///
/// 20160 = 2⁶·3²·5·7, so every note value down to a 256th, and every tuplet of 3, 5, 6, 7 or 9 of them, is a whole
/// number of ticks and sums never drift. A place in a lead sheet is a `Duration` too: its distance from the downbeat
/// of bar 1, negative inside a pickup. Arithmetic saturates at about ±4·10¹⁴ quarters instead of wrapping.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(i64);

impl Duration {
    /// Ticks in one quarter note.
    pub const TICKS_PER_QUARTER: i64 = 20160;
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// A 32nd note.
    pub const THIRTY_SECOND: Duration = Duration(Self::TICKS_PER_QUARTER / 8);
    /// A 16th note.
    pub const SIXTEENTH: Duration = Duration(Self::TICKS_PER_QUARTER / 4);
    /// An eighth note.
    pub const EIGHTH: Duration = Duration(Self::TICKS_PER_QUARTER / 2);
    /// A quarter note.
    pub const QUARTER: Duration = Duration(Self::TICKS_PER_QUARTER);
    /// A half note.
    pub const HALF: Duration = Duration(Self::TICKS_PER_QUARTER * 2);
    /// A whole note.
    pub const WHOLE: Duration = Duration(Self::TICKS_PER_QUARTER * 4);

    /// A length of so many ticks.
    pub const fn from_ticks(ticks: i64) -> Duration {
        Duration(ticks)
    }

    /// This length in ticks.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// So many whole quarter notes.
    pub const fn quarters(count: i64) -> Duration {
        Duration(count.saturating_mul(Self::TICKS_PER_QUARTER))
    }

    /// `numerator / denominator` quarter notes, if that is a whole number of ticks.
    pub fn from_ratio(numerator: i64, denominator: i64) -> Option<Duration> {
        if denominator == 0 {
            return None;
        }
        let ticks = i128::from(numerator) * i128::from(Self::TICKS_PER_QUARTER);
        let denominator = i128::from(denominator);
        (ticks % denominator == 0).then(|| i64::try_from(ticks / denominator).ok().map(Duration)).flatten()
    }

    /// `numerator / denominator` quarter notes, rounded to the nearest tick; `None` for a zero denominator or a
    /// length beyond what a `Duration` holds.
    pub fn from_ratio_rounded(numerator: i64, denominator: i64) -> Option<Duration> {
        if denominator == 0 {
            return None;
        }
        let ticks = i128::from(numerator) * i128::from(Self::TICKS_PER_QUARTER);
        let denominator = i128::from(denominator);
        let twice = ticks * 2 + denominator;
        i64::try_from(twice.div_euclid(denominator * 2)).ok().map(Duration)
    }

    /// A decimal count of quarter notes, snapped to the nearest 1/96 or fifth of an eighth when within 1/500 of a
    /// quarter of one (data sets round ⅓ to .3333), else rounded to the nearest tick. `None` unless finite and
    /// below a million quarters.
    pub fn from_quarters_f64(quarters: f64) -> Option<Duration> {
        if !quarters.is_finite() || quarters.abs() > 1e6 {
            return None;
        }
        for grid in [96.0, 10.0, 28.0] {
            let steps = (quarters * grid).round();
            if (steps / grid - quarters).abs() < 0.002 {
                return Duration::from_ratio(steps as i64, grid as i64);
            }
        }
        Some(Duration((quarters * Self::TICKS_PER_QUARTER as f64).round() as i64))
    }

    /// This length as a count of quarter notes; for display and statistics only.
    pub fn as_quarters_f64(self) -> f64 {
        self.0 as f64 / Self::TICKS_PER_QUARTER as f64
    }

    /// This length as a reduced fraction of a quarter note: (numerator, positive denominator).
    pub fn as_ratio(self) -> (i64, i64) {
        let divisor = gcd(self.0.unsigned_abs(), Self::TICKS_PER_QUARTER.unsigned_abs()).max(1) as i64;
        (self.0 / divisor, Self::TICKS_PER_QUARTER / divisor)
    }

    /// Whether this is longer than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The number of whole `unit`s that fit, rounding towards minus infinity; 0 for a zero unit.
    pub fn div_floor(self, unit: Duration) -> i64 {
        if unit.0 == 0 { 0 } else { self.0.div_euclid(unit.0) }
    }

    /// What is left after the whole `unit`s of [`div_floor`](Self::div_floor); never negative for a positive unit.
    pub fn rem_floor(self, unit: Duration) -> Duration {
        if unit.0 == 0 { Duration::ZERO } else { Duration(self.0.rem_euclid(unit.0)) }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, other: Duration) {
        *self = *self + other;
    }
}

impl Sub for Duration {
    type Output = Duration;
    fn sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Duration {
    fn sub_assign(&mut self, other: Duration) {
        *self = *self - other;
    }
}

impl Neg for Duration {
    type Output = Duration;
    fn neg(self) -> Duration {
        Duration(self.0.saturating_neg())
    }
}

impl Mul<i64> for Duration {
    type Output = Duration;
    fn mul(self, times: i64) -> Duration {
        Duration(self.0.saturating_mul(times))
    }
}

impl Div<i64> for Duration {
    type Output = Duration;
    /// The quotient, rounded towards zero to a whole tick; dividing by zero gives zero.
    fn div(self, parts: i64) -> Duration {
        Duration(self.0.checked_div(parts).unwrap_or(0))
    }
}

impl Rem for Duration {
    type Output = Duration;
    fn rem(self, unit: Duration) -> Duration {
        self.rem_floor(unit)
    }
}

impl Sum for Duration {
    fn sum<I: Iterator<Item = Duration>>(durations: I) -> Duration {
        durations.fold(Duration::ZERO, Add::add)
    }
}

/// Printed as a fraction of a quarter note: `1`, `1/2`, `4/3`, `2+1/2` above one.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = self.as_ratio();
        match (numerator / denominator, numerator % denominator) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if whole > 0 => write!(f, "{whole}+{part}/{denominator}"),
            _ => write!(f, "{numerator}/{denominator}"),
        }
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Duration({self})")
    }
}

/// A length that cannot be read or is not a whole number of ticks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a length: write quarters as 1, 1/2, 1.5 or 2+1/2")]
pub struct DurationError(pub String);

impl FromStr for Duration {
    type Err = DurationError;
    /// Reads quarters as `2`, `1/2`, `1.5` or `2+1/2`.
    fn from_str(text: &str) -> Result<Duration, DurationError> {
        let fail = || DurationError(text.to_string());
        text.split('+').try_fold(Duration::ZERO, |sum, part| Ok(sum + term(part.trim()).ok_or_else(fail)?))
    }
}

/// One term of a written length: a whole number, a fraction or a decimal.
fn term(text: &str) -> Option<Duration> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        return Duration::from_ratio(numerator.parse().ok()?, denominator.parse().ok()?);
    }
    match text.split_once('.') {
        None => {
            let whole: i64 = text.parse().ok()?;
            (whole.unsigned_abs() < 1_000_000).then(|| Duration::quarters(whole))
        }
        Some((whole, places)) if places.len() <= 6 && places.bytes().all(|b| b.is_ascii_digit()) => {
            let scale = 10i64.pow(places.len() as u32);
            let negative = whole.starts_with('-');
            let whole: i64 = if whole.is_empty() || whole == "-" { 0 } else { whole.parse().ok()? };
            let part: i64 = if places.is_empty() { 0 } else { places.parse().ok()? };
            let numerator = whole.checked_mul(scale)?.checked_add(if negative { -part } else { part })?;
            Duration::from_ratio(numerator, scale)
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuplets_sum_exactly() {
        for parts in [3, 5, 6, 7, 9] {
            let one = Duration::from_ratio(1, parts).expect("a tuplet note is a whole number of ticks");
            assert_eq!((0..parts).map(|_| one).sum::<Duration>(), Duration::QUARTER, "{parts}");
        }
    }

    #[test]
    fn text_round_trips() {
        for text in ["0", "1", "1/2", "2+1/2", "4/3", "1+1/3", "1/5", "-3/2"] {
            let duration: Duration = text.parse().expect(text);
            assert_eq!(duration.to_string().parse(), Ok(duration), "{text}");
        }
        assert_eq!("1.5".parse(), Ok(Duration::quarters(1) + Duration::EIGHTH));
        assert_eq!("-.5".parse(), Ok(-Duration::EIGHTH));
    }

    #[test]
    fn unreadable_lengths_are_refused() {
        for text in [
            "",
            "x",
            "1/0",
            "1/11",
            "1.2.3",
            "99999999999999999999",
            "1.0000001",
            "+",
            "-9223372036854775808",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn rounded_decimals_snap_to_triplets() {
        assert_eq!(Duration::from_quarters_f64(0.3333), Duration::from_ratio(1, 3));
        assert_eq!(Duration::from_quarters_f64(2.6667), Duration::from_ratio(8, 3));
        assert_eq!(Duration::from_quarters_f64(0.4), Duration::from_ratio(2, 5));
        assert_eq!(Duration::from_quarters_f64(f64::NAN), None);
    }
}
