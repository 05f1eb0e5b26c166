//! Where in a bar tuplets stand, and of how many notes.

use super::values::{Shape, Value};
use crate::music::{Duration, Meter};

/// Ticks of a 256th note: places that are a whole number of them need no tuplet.
const GRID: i64 = 315;

/// A stretch of a bar that is divided by an odd number: three eighths in the time of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuplet {
    /// Where it starts, in the bar.
    pub start: Duration,
    /// How long all of it is.
    pub length: Duration,
    /// So many notes …
    pub actual: i64,
    /// … in the time of so many.
    pub normal: i64,
}

impl Tuplet {
    /// Where it ends.
    pub fn end(&self) -> Duration {
        self.start + self.length
    }

    /// The written length of one of its notes.
    pub fn unit(&self) -> Duration {
        self.length / self.normal
    }

    /// The value of one of its notes.
    pub fn unit_value(&self) -> Option<Value> {
        Value::of(self.unit())
    }

    /// How its written length divides.
    pub fn shape(&self) -> Shape {
        Shape::of_equal(self.unit(), self.actual)
    }

    /// A place in the bar as a written distance from the tuplet's start.
    pub fn written(&self, place: Duration) -> Duration {
        (place - self.start) * self.actual / self.normal
    }

    /// The place in the bar of a written distance from the tuplet's start.
    pub fn sounding(&self, written: Duration) -> Duration {
        self.start + written * self.normal / self.actual
    }

    /// Whether a place falls on a written 256th of the tuplet.
    fn holds(&self, place: Duration) -> bool {
        let ticks = (place - self.start).ticks().saturating_mul(self.actual);
        ticks % (self.normal * GRID) == 0
    }
}

/// A bar to be written: the stretch of its meter that it covers and what starts or stops in it.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// The meter.
    pub meter: Meter,
    /// Where it starts in the meter's bar: after the downbeat in a pickup.
    pub from: Duration,
    /// Where it ends; beyond the meter's bar if it is longer than that.
    pub to: Duration,
    /// What fills it, in order and without gaps: (start, end).
    pub events: &'a [(Duration, Duration)],
}

/// The tuplets that a bar needs, in order.
///
/// # Errors
/// The first place that no tuplet of 3, 5, 7 or 9 holds.
pub fn find(stretch: Stretch<'_>) -> Result<Vec<Tuplet>, Duration> {
    let edges = stretch.events.iter().map(|event| event.0).chain([stretch.to]);
    let off_grid: Vec<Duration> = edges.filter(|edge| edge.ticks() % GRID != 0).collect();
    let mut tuplets: Vec<Tuplet> = Vec::new();
    let pulses = pulses_around(stretch);
    for place in off_grid {
        if tuplets.last().is_some_and(|last| place < last.end()) {
            continue;
        }
        let free_from = tuplets.last().map_or(stretch.from.min(Duration::ZERO), Tuplet::end);
        let candidates = candidates(&pulses, place).into_iter().filter(|(tuplet, _)| {
            tuplet.start >= free_from
                && tuplet.start <= place
                && place <= tuplet.end()
                && fits(stretch, tuplet)
        });
        let best = candidates.min_by_key(|(tuplet, cost)| cost + edge_cost(stretch, &pulses, tuplet));
        tuplets.push(best.ok_or(place)?.0);
    }
    Ok(tuplets)
}

/// The pulses of the bar, and on beyond it as far as the stretch goes: (start, length).
fn pulses_around(stretch: Stretch<'_>) -> Vec<(Duration, Duration)> {
    let mut pulses = Vec::new();
    let mut start = Duration::ZERO;
    for length in stretch.meter.pulses().into_iter().cycle() {
        pulses.push((start, length));
        start += length;
        if start >= stretch.to || pulses.len() > 4096 {
            break;
        }
    }
    pulses
}

/// Tuplets round a place, each with what speaks against it: size first, then an unusual number.
fn candidates(pulses: &[(Duration, Duration)], place: Duration) -> Vec<(Tuplet, i64)> {
    let mut stretches = Vec::new();
    let at = pulses.partition_point(|pulse| pulse.0 <= place).saturating_sub(1);
    if let Some(&(start, length)) = pulses.get(at) {
        let dotted = Value::of(length).is_some_and(|value| value.dots > 0);
        let divisors: [i64; 4] = if dotted { [1, 3, 6, 12] } else { [1, 2, 4, 8] };
        for (divisor, cost) in divisors.into_iter().zip([4, 3, 2, 1]) {
            let part = length / divisor;
            stretches.push((start + part * (place - start).div_floor(part), part, cost));
        }
    }
    for first in at.saturating_sub(3)..=at {
        for last in at.max(first + 1)..(first + 4).min(pulses.len()) {
            let Some(several) = pulses.get(first..=last) else { continue };
            let length = several.iter().map(|pulse| pulse.1).sum();
            let askew = several[0].0.rem_floor(length).is_positive();
            stretches.push((several[0].0, length, 4 + 4 * (last - first) as i64 + i64::from(askew) * 3));
        }
    }
    let mut candidates = Vec::new();
    for (start, length, cost) in stretches {
        let Some(value) = Value::of(length) else { continue };
        for (actual, rarity) in [(3, 0), (5, 4), (7, 5), (9, 6)] {
            let normal = match (value.dots, actual) {
                (0, 3) => 2,
                (0, 5 | 7) => 4,
                (0, _) => 8,
                (_, 3) => continue,
                (_, 5) => 3,
                (_, _) => 6,
            };
            let tuplet = Tuplet { start, length, actual, normal };
            if tuplet.unit_value().is_some() {
                candidates.push((tuplet, cost + rarity));
            }
        }
    }
    candidates
}

/// Whether everything that starts or stops inside the tuplet falls on its notes.
fn fits(stretch: Stretch<'_>, tuplet: &Tuplet) -> bool {
    let whole = |edge: Duration| edge.ticks() % GRID == 0;
    // Only a bar that itself starts or stops between the notes may hold a part of a tuplet.
    if (tuplet.start < stretch.from && whole(stretch.from))
        || (tuplet.end() > stretch.to && whole(stretch.to))
    {
        return false;
    }
    let after = stretch.events.partition_point(|event| event.0 <= tuplet.start);
    let starts = stretch.events.get(after..).unwrap_or_default().iter().map(|event| event.0);
    let edges = starts.take_while(|start| *start < tuplet.end());
    { edges }.chain([stretch.to].into_iter().filter(|to| *to < tuplet.end())).all(|edge| tuplet.holds(edge))
}

/// What speaks against the tuplet's ends: notes that would have to be tied across them.
fn edge_cost(stretch: Stretch<'_>, pulses: &[(Duration, Duration)], tuplet: &Tuplet) -> i64 {
    let mut cost = 0;
    for edge in [tuplet.start, tuplet.end()] {
        let after = stretch.events.partition_point(|event| event.0 < edge);
        let Some(&(from, to)) = after.checked_sub(1).and_then(|index| stretch.events.get(index)) else {
            continue;
        };
        if to <= edge {
            continue;
        }
        let off = |place: Duration| place.ticks() % GRID != 0;
        let on_pulse = pulses.binary_search_by_key(&edge, |pulse| pulse.0).is_ok();
        cost += if off(from) && off(to) { 20 } else { 5 + i64::from(!on_pulse) * 5 };
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuplets(meter: &str, lengths: &[(i64, i64)]) -> Vec<(String, String, i64, i64)> {
        let meter: Meter = meter.parse().expect("a meter");
        let mut at = Duration::ZERO;
        let mut events = Vec::new();
        for &(numerator, denominator) in lengths {
            let end = at + Duration::from_ratio(numerator, denominator).expect("a length");
            events.push((at, end));
            at = end;
        }
        let stretch = Stretch { meter, from: Duration::ZERO, to: at, events: &events };
        let found = find(stretch).expect("tuplets");
        found.iter().map(|t| (t.start.to_string(), t.length.to_string(), t.actual, t.normal)).collect()
    }

    fn tuplet(start: &str, length: &str, actual: i64, normal: i64) -> (String, String, i64, i64) {
        (start.to_string(), length.to_string(), actual, normal)
    }

    #[test]
    fn eighth_quarter_and_sixteenth_triplets_take_their_own_room() {
        assert_eq!(tuplets("4/4", &[(1, 1), (1, 3), (1, 3), (1, 3), (2, 1)]), [tuplet("1", "1", 3, 2)]);
        assert_eq!(tuplets("4/4", &[(2, 3), (2, 3), (2, 3), (2, 1)]), [tuplet("0", "2", 3, 2)]);
        assert_eq!(tuplets("3/4", &[(1, 1), (2, 3), (2, 3), (2, 3)]), [tuplet("1", "2", 3, 2)]);
        assert_eq!(tuplets("2/4", &[(1, 6), (1, 6), (1, 6), (1, 2), (1, 1)]), [tuplet("0", "1/2", 3, 2)]);
        assert_eq!(tuplets("4/4", &[(4, 3), (4, 3), (4, 3)]), [tuplet("0", "4", 3, 2)]);
        assert_eq!(tuplets("2/4", &[(1, 3), (2, 3), (1, 1)]), [tuplet("0", "1", 3, 2)]);
    }

    #[test]
    fn a_triplet_tied_into_the_next_beat_stays_in_its_beat() {
        assert_eq!(tuplets("4/4", &[(1, 3), (1, 3), (7, 3), (1, 1)]), [tuplet("0", "1", 3, 2)]);
    }

    #[test]
    fn triplets_of_several_beats_keep_to_the_halves_of_the_bar() {
        assert_eq!(tuplets("4/4", &[(1, 1), (5, 3), (1, 3), (1, 1)]), [tuplet("2", "1", 3, 2)]);
    }

    #[test]
    fn fives_sevens_and_nines() {
        assert_eq!(
            tuplets("2/4", &[(1, 5), (1, 5), (1, 5), (1, 5), (1, 5), (1, 1)]),
            [tuplet("0", "1", 5, 4)]
        );
        assert_eq!(tuplets("2/4", &[(1, 7), (2, 7), (4, 7), (1, 1)]), [tuplet("0", "1", 7, 4)]);
        assert_eq!(tuplets("2/4", &[(1, 9), (8, 9), (1, 1)]), [tuplet("0", "1", 9, 8)]);
        assert_eq!(tuplets("6/8", &[(3, 10), (6, 5), (3, 2)]), [tuplet("0", "1+1/2", 5, 3)]);
    }

    #[test]
    fn plain_bars_have_none_and_impossible_places_are_named() {
        assert!(tuplets("4/4", &[(3, 4), (1, 4), (1, 64), (191, 64)]).is_empty());
        let tick = Duration::from_ticks(1);
        let events = [(Duration::ZERO, tick), (tick, Duration::WHOLE)];
        let stretch =
            Stretch { meter: Meter::COMMON, from: Duration::ZERO, to: Duration::WHOLE, events: &events };
        assert_eq!(find(stretch), Err(tick));
    }
}
