//! Time inside a measure, counted in the file's divisions.

use crate::music::Duration;

/// Millionths: what decimals in a file are counted in.
const MILLION: i64 = 1_000_000;

/// Reads a decimal as millionths: `3`, `-1`, `0.5`. `None` for anything else, or beyond ±10¹².
pub fn decimal(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !numeric(whole) || !numeric(part) || whole.len() > 12 {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i64 = format!("{:0<6}", part.chars().take(6).collect::<String>()).parse().ok()?;
    let value = whole * MILLION + part;
    Some(if negative { -value } else { value })
}

/// A decimal rounded to a whole number, and whether that changed it.
pub fn rounded(millionths: i64) -> (i64, bool) {
    let whole = (millionths.abs() + MILLION / 2) / MILLION * millionths.signum();
    (whole, whole * MILLION != millionths)
}

/// The place inside a measure that reading has come to.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    base: Duration,
    millionths: i64,
    divisions: i64,
}

impl Clock {
    /// The start of the first measure, before any divisions are given.
    pub fn new() -> Clock {
        Clock { base: Duration::ZERO, millionths: 0, divisions: MILLION }
    }

    /// Back to the start of a measure.
    pub fn restart(&mut self) {
        (self.base, self.millionths) = (Duration::ZERO, 0);
    }

    /// From here on, a quarter has so many millionths of divisions, more than none.
    pub fn set_divisions(&mut self, divisions: i64) {
        (self.base, self.millionths) = (self.now(), 0);
        self.divisions = divisions.max(1);
    }

    /// The place now, from the start of the measure.
    pub fn now(&self) -> Duration {
        self.after(0)
    }

    /// The place so many millionths of a division later.
    pub fn after(&self, millionths: i64) -> Duration {
        self.base + in_ticks(self.millionths.saturating_add(millionths), self.divisions)
    }

    /// Moves by so many millionths of a division, not before the start of the measure; says whether it would have.
    pub fn advance(&mut self, millionths: i64) -> bool {
        self.millionths = self.millionths.saturating_add(millionths);
        let early = self.now() < Duration::ZERO;
        if early {
            self.restart();
        }
        early
    }

    /// Moves by a length.
    pub fn advance_by(&mut self, length: Duration) {
        (self.base, self.millionths) = (self.now() + length, 0);
    }
}

/// Ticks of a count of divisions. Where files round triplets to whole divisions, the triplet is meant.
fn in_ticks(count: i64, divisions: i64) -> Duration {
    let ticks = i128::from(count) * i128::from(Duration::TICKS_PER_QUARTER);
    let divisions = i128::from(divisions.max(1));
    if ticks % divisions == 0 {
        return saturated(ticks / divisions);
    }
    // A division either way, since errors add up, but less than half of a 96th of a quarter.
    let division = i128::from(MILLION) * i128::from(Duration::TICKS_PER_QUARTER) / divisions;
    let near = division.clamp(40, 100);
    for parts in [24, 20, 28, 36, 96] {
        let step = i128::from(Duration::TICKS_PER_QUARTER / parts);
        let steps = (ticks * 2 + divisions * step).div_euclid(divisions * step * 2);
        if (steps * step * divisions - ticks).abs() <= near * divisions {
            return saturated(steps * step);
        }
    }
    saturated((ticks * 2 + divisions).div_euclid(divisions * 2))
}

fn saturated(ticks: i128) -> Duration {
    Duration::from_ticks(ticks.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        assert_eq!(decimal("3"), Some(3_000_000));
        assert_eq!(decimal(" -1.5 "), Some(-1_500_000));
        assert_eq!(decimal(".25"), Some(250_000));
        for text in ["", ".", "-", "NaN", "inf", "1e3", "0x10", "1.2.3", "1,5", "9999999999999"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(rounded(-1_500_000), (-2, true));
        assert_eq!(rounded(2_000_000), (2, false));
    }

    #[test]
    fn rounded_triplets_are_mended() {
        let mut clock = Clock::new();
        clock.set_divisions(256 * MILLION);
        let mut places = Vec::new();
        for length in [85, 85, 86] {
            clock.advance(length * MILLION);
            places.push(clock.now());
        }
        let third = |n| Duration::from_ratio(n, 3).expect("thirds");
        assert_eq!(places, [third(1), third(2), third(3)]);
        clock.set_divisions(500_000);
        clock.advance(250_000);
        assert_eq!(clock.now(), Duration::QUARTER + Duration::EIGHTH);
    }

    #[test]
    fn time_does_not_go_before_the_measure() {
        let mut clock = Clock::new();
        assert!(!clock.advance(MILLION));
        assert!(clock.advance(-3 * MILLION));
        assert_eq!(clock.now(), Duration::ZERO);
        clock.advance(i64::MAX);
        clock.advance(i64::MAX);
        assert!(clock.now() > Duration::quarters(1_000_000_000));
    }
}
