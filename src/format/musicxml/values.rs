//! Note values, and how a stretch of a bar is written in them.

use crate::music::{Duration, Meter};

/// Ticks of a 256th note, the shortest value that is written.
const SHORTEST: i64 = 315;

/// A written note value with its dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// How often a whole note is halved: 0 whole, 2 quarter, 8 256th; −1 is a breve.
    pub halvings: i8,
    /// Dots: 0 or 1.
    pub dots: u8,
}

impl Value {
    /// The value that lasts so long without a tuplet, if there is one with at most one dot.
    pub fn of(length: Duration) -> Option<Value> {
        let ticks = length.ticks();
        if ticks <= 0 || ticks % SHORTEST != 0 {
            return None;
        }
        let (units, dots) = match ticks / SHORTEST {
            units if units.count_ones() == 1 => (units, 0),
            units if units % 3 == 0 && (units / 3).count_ones() == 1 => (units / 3 * 2, 1),
            _ => return None,
        };
        let halvings = 8 - units.trailing_zeros() as i8;
        (halvings >= -1).then_some(Value { halvings, dots })
    }

    /// How many flags or beams it has: 1 for an eighth.
    pub fn flags(self) -> u8 {
        (self.halvings - 2).max(0) as u8
    }
}

/// How a stretch of time divides for the eye.
#[derive(Clone, Debug)]
pub enum Shape {
    /// In halves, again and again.
    Halves,
    /// In these parts, each with its own shape.
    Parts(Vec<(Duration, Shape)>),
}

impl Shape {
    /// The shape of a bar: pulses in twos and threes, each divided in halves or, in compound meters, in thirds.
    pub fn of_bar(meter: Meter) -> Shape {
        group(&meter.pulses().into_iter().map(|pulse| (pulse, Shape::of_pulse(pulse))).collect::<Vec<_>>())
    }

    /// The shape of `count` equal parts, as in a tuplet.
    pub fn of_equal(part: Duration, count: i64) -> Shape {
        Shape::Parts((0..count).map(|_| (part, Shape::Halves)).collect())
    }

    fn of_pulse(pulse: Duration) -> Shape {
        match Value::of(pulse) {
            Some(Value { dots: 1, .. }) => Shape::of_equal(pulse / 3, 3),
            _ => Shape::Halves,
        }
    }
}

/// Pulses joined as they are felt: 4 as 2+2, 5 as 3+2, 6 as 3+3, 7 as 2+2+3.
fn group(pulses: &[(Duration, Shape)]) -> Shape {
    let sizes: &[usize] = match pulses.len() {
        1 => return pulses[0].1.clone(),
        2 if Value::of(pulses[0].0) == Value::of(pulses[1].0) && matches!(pulses[0].1, Shape::Halves) => {
            return Shape::Halves;
        }
        0..=3 => return Shape::Parts(pulses.to_vec()),
        4 => &[2, 2],
        5 => &[3, 2],
        6 => &[3, 3],
        7 => &[2, 2, 3],
        _ => &[4, usize::MAX],
    };
    let mut parts = Vec::new();
    let mut rest = pulses;
    for &size in sizes {
        let (taken, left) = rest.split_at(size.min(rest.len()));
        parts.push((taken.iter().map(|part| part.0).sum(), group(taken)));
        rest = left;
    }
    match parts.as_slice() {
        [(one, Shape::Halves), (other, Shape::Halves)] if one == other => Shape::Halves,
        _ => Shape::Parts(parts),
    }
}

/// A stretch of a bar, and how it divides.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// Where it starts.
    pub start: Duration,
    /// How long it is.
    pub length: Duration,
    /// How it divides.
    pub shape: &'a Shape,
}

impl Span<'_> {
    fn end(&self) -> Duration {
        self.start + self.length
    }

    /// Writes a note (or, if not `sounding`, a rest) from `from` to `to`, both inside the span and on its grid of
    /// 256th notes, as one or several values in order: places where the beat must be seen are not crossed.
    pub fn write(
        self,
        from: Duration,
        to: Duration,
        sounding: bool,
        out: &mut Vec<(Duration, Duration, Value)>,
    ) {
        if to <= from {
            return;
        }
        if from == self.start && to == self.end() && self.push(from, to, out) {
            return;
        }
        match self.shape {
            Shape::Halves => {
                let middle = self.start + self.length / 2;
                if from < middle
                    && to > middle
                    && sounding
                    && self.may_cross(from, to)
                    && self.push(from, to, out)
                {
                    return;
                }
                let half = |start| Span { start, length: self.length / 2, shape: self.shape };
                if self.length.ticks() < 2 * SHORTEST {
                    return;
                }
                half(self.start).write(from, to.min(middle), sounding, out);
                half(middle).write(from.max(middle), to, sounding, out);
            }
            Shape::Parts(parts) => self.write_parts(parts, from, to, sounding, out),
        }
    }

    fn write_parts(
        self,
        parts: &[(Duration, Shape)],
        from: Duration,
        to: Duration,
        sounding: bool,
        out: &mut Vec<(Duration, Duration, Value)>,
    ) {
        let mut edges = vec![self.start];
        for (length, _) in parts {
            edges.push(edges.last().copied().unwrap_or(self.start) + *length);
        }
        let Some(index) = edges.windows(2).position(|edge| from < edge[1]) else { return };
        let Some((length, shape)) = parts.get(index) else { return };
        if to <= edges[index + 1] {
            return Span { start: edges[index], length: *length, shape }.write(from, to, sounding, out);
        }
        let fine = parts.iter().all(|part| part.0 == parts[0].0 && matches!(part.1, Shape::Halves));
        let whole_parts = edges.contains(&from) && edges.contains(&to);
        // Two of three eighths of a dotted quarter may be one rest; in 3/4 two beats of rest are two rests.
        let rest_fits = fine && *length < Duration::QUARTER && from == self.start;
        let pair = fine.then(|| Span { start: edges[index], length: *length * 2, shape: &Shape::Halves });
        let crosses_pair = pair.is_some_and(|pair| to <= pair.end() && pair.may_cross(from, to));
        if ((whole_parts && (sounding || rest_fits)) || (sounding && crosses_pair))
            && self.push(from, to, out)
        {
            return;
        }
        let cut = match edges[index] == from {
            true => edges.iter().copied().rfind(|edge| *edge < to).unwrap_or(to),
            false => edges[index + 1],
        };
        let cut = if cut <= from { edges[index + 1] } else { cut };
        self.write(from, cut, sounding, out);
        self.write(cut, to, sounding, out);
    }

    /// Whether a note across the middle of the span reads well: in a long span only from its start, in a short one
    /// also to its end or as a syncopation round the middle.
    fn may_cross(self, from: Duration, to: Duration) -> bool {
        let syncopation = from - self.start == self.length / 4 && to - from == self.length / 2;
        from == self.start || (self.length <= Duration::HALF && (to == self.end() || syncopation))
    }

    fn push(self, from: Duration, to: Duration, out: &mut Vec<(Duration, Duration, Value)>) -> bool {
        let value = Value::of(to - from);
        out.extend(value.map(|value| (from, to, value)));
        value.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(meter: &str, from: i64, to: i64, sounding: bool) -> Vec<i64> {
        let meter: Meter = meter.parse().expect("a meter");
        let shape = Shape::of_bar(meter);
        let mut out = Vec::new();
        let span = Span { start: Duration::ZERO, length: meter.bar_length(), shape: &shape };
        span.write(Duration::SIXTEENTH * from, Duration::SIXTEENTH * to, sounding, &mut out);
        out.iter().map(|(from, to, _)| (*to - *from).div_floor(Duration::SIXTEENTH)).collect()
    }

    #[test]
    fn values_and_dots() {
        assert_eq!(Value::of(Duration::QUARTER), Some(Value { halvings: 2, dots: 0 }));
        assert_eq!(Value::of(Duration::QUARTER * 3), Some(Value { halvings: 1, dots: 1 }));
        assert_eq!(Value::of(Duration::from_ticks(SHORTEST)), Some(Value { halvings: 8, dots: 0 }));
        assert_eq!(Value::of(Duration::WHOLE * 2), Some(Value { halvings: -1, dots: 0 }));
        for ticks in [0, -315, 1, 314, 315 * 5, 315 * 7, 315 * 1024] {
            assert_eq!(Value::of(Duration::from_ticks(ticks)), None, "{ticks}");
        }
    }

    #[test]
    fn notes_show_the_middle_of_the_bar() {
        assert_eq!(written("4/4", 0, 16, true), [16]);
        assert_eq!(written("4/4", 0, 12, true), [12]);
        assert_eq!(written("4/4", 4, 16, true), [4, 8]);
        assert_eq!(written("4/4", 4, 12, true), [4, 4]);
        assert_eq!(written("4/4", 2, 6, true), [4]);
        assert_eq!(written("4/4", 2, 8, true), [6]);
        assert_eq!(written("4/4", 3, 5, true), [1, 1]);
        assert_eq!(written("4/4", 6, 14, true), [2, 6]);
        assert_eq!(written("4/4", 0, 10, true), [8, 2]);
        assert_eq!(written("2/2", 4, 12, true), [4, 4]);
    }

    #[test]
    fn other_meters_show_their_pulses() {
        assert_eq!(written("3/4", 0, 12, true), [12]);
        assert_eq!(written("3/4", 4, 12, true), [8]);
        assert_eq!(written("3/4", 2, 12, true), [2, 8]);
        assert_eq!(written("3/4", 0, 10, true), [8, 2]);
        assert_eq!(written("6/8", 0, 12, true), [12]);
        assert_eq!(written("6/8", 0, 8, true), [6, 2]);
        assert_eq!(written("6/8", 2, 6, true), [4]);
        assert_eq!(written("9/8", 0, 18, true), [12, 6]);
        assert_eq!(written("12/8", 6, 18, true), [6, 6]);
        assert_eq!(written("5/4", 0, 20, true), [12, 8]);
        assert_eq!(written("7/8", 0, 14, true), [8, 6]);
    }

    #[test]
    fn rests_keep_to_the_beats() {
        assert_eq!(written("4/4", 4, 16, false), [4, 8]);
        assert_eq!(written("4/4", 2, 6, false), [2, 2]);
        assert_eq!(written("3/4", 0, 8, false), [4, 4]);
        assert_eq!(written("6/8", 0, 4, false), [4]);
        assert_eq!(written("6/8", 2, 6, false), [2, 2]);
    }
}
