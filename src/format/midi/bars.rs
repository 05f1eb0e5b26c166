//! Bars from time signatures.

use crate::format::FormatError;
use crate::music::{Bar, Duration, Meter};

/// The most bars that are read.
const MOST_BARS: usize = 20_000;

/// The bars of a file and its pickup.
#[derive(Debug, PartialEq)]
pub struct Bars {
    /// Where the first downbeat is, from the start of the file.
    pub downbeat: Duration,
    /// How much of the time before it belongs to the sheet.
    pub pickup: Duration,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// Every bar from the file's start to `end` and where it starts.
///
/// # Errors
/// More bars than anyone writes.
pub fn spans(meters: &[(Duration, Meter)], end: Duration) -> Result<Vec<(Duration, Bar)>, FormatError> {
    let mut spans: Vec<(Duration, Bar)> = Vec::new();
    let mut changes = meters.iter().copied().peekable();
    let mut meter = Meter::COMMON;
    let mut at = Duration::ZERO;
    while at < end || spans.is_empty() {
        while let Some((_, next)) = changes.next_if(|(place, _)| *place <= at) {
            meter = next;
        }
        let mut bar = Bar::full(meter);
        if let Some((place, _)) = changes.peek().filter(|(place, _)| *place < at + bar.length) {
            // A signature inside a bar cuts it short.
            bar.length = *place - at;
        }
        if spans.len() >= MOST_BARS {
            return Err(FormatError::new(format!("there are more than {MOST_BARS} bars")));
        }
        let length = bar.length;
        spans.push((at, bar));
        at += length;
    }
    Ok(spans)
}

/// The bars in which something sounds, after a pickup as long as `said`. If nothing is said, a first signature that lasts
/// one short bar is a pickup, and so is a first bar that is silent for at least its first half. Whole silent bars at the
/// start and the end are left out.
pub fn sounding(
    mut spans: Vec<(Duration, Bar)>,
    first_sound: Duration,
    end: Duration,
    said: Option<Duration>,
) -> Bars {
    let used = spans.partition_point(|(start, _)| *start < end).max(1);
    spans.truncate(used);
    let silent = spans.iter().take_while(|(start, bar)| *start + bar.length <= first_sound).count();
    let silent = if said.is_some() { 0 } else { silent };
    spans.drain(..silent.min(spans.len().saturating_sub(1)));
    let start = spans.first().map_or(Duration::ZERO, |(start, _)| *start);
    let (mut downbeat, mut pickup) = (start, Duration::ZERO);
    if let [(_, first), (next_start, next), ..] = spans.as_slice() {
        let short = start == Duration::ZERO && first.length < next.length;
        let late = first_sound - start >= first.length / 2 && first.length <= next.length;
        let pickup_is_said = said.is_some_and(|said| said.is_positive() && said <= first.length);
        if pickup_is_said || (said.is_none() && (short || late)) {
            downbeat = *next_start;
            pickup = said.unwrap_or(if short { first.length } else { downbeat - first_sound });
        }
    }
    if pickup.is_positive() {
        spans.remove(0);
    }
    let bars = spans.into_iter().map(|(_, bar)| bar).collect();
    Bars { downbeat, pickup, bars }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meters(list: &[(i64, &str)]) -> Vec<(Duration, Meter)> {
        list.iter().map(|(at, meter)| (Duration::quarters(*at), meter.parse().expect("a meter"))).collect()
    }

    fn found(meters: &[(Duration, Meter)], first: i64, end: i64) -> (Duration, Duration, usize) {
        let end = Duration::quarters(end);
        let found = sounding(spans(meters, end).expect("bars"), Duration::quarters(first), end, None);
        (found.downbeat, found.pickup, found.bars.len())
    }

    #[test]
    fn a_short_first_signature_is_a_pickup() {
        let quarter = Duration::QUARTER;
        assert_eq!(found(&meters(&[(0, "1/4"), (1, "4/4")]), 0, 9), (quarter, quarter, 2));
    }

    #[test]
    fn a_bar_that_begins_in_silence_is_a_pickup() {
        assert_eq!(found(&meters(&[(0, "4/4")]), 3, 12), (Duration::WHOLE, Duration::QUARTER, 2));
        assert_eq!(found(&meters(&[(0, "4/4")]), 1, 12), (Duration::ZERO, Duration::ZERO, 3));
    }

    #[test]
    fn silent_bars_at_the_start_are_left_out() {
        assert_eq!(found(&[], 8, 16), (Duration::quarters(8), Duration::ZERO, 2));
    }

    #[test]
    fn absurd_lengths_are_refused() {
        assert!(spans(&meters(&[(0, "1/64")]), Duration::quarters(90_000)).is_err());
    }
}
