//! Contours: how a line goes on from note to note, and how the parts of one that reaches over seams come together.
//!
//! Of a contour that reaches over seams each segment holds a part. What a part does for the whole is told by one of five
//! states, whatever comes before it: no note, level, gone the first way, turned, gone the other way alone. A lattice keeps
//! the states of its parts to its end, so its melodies are told apart by them as they are by their first and last notes;
//! and with the interval at each seam the states say whether the line is the one that is asked for.

use super::structure::{Segment, Structure};
use crate::constraint::{MelodyLimit, Shape};
use crate::markov::Factor;
use crate::music::Duration;

/// Which way a note lies from the one before it: lower, the same, higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ways {
    pub(super) lower: bool,
    pub(super) same: bool,
    pub(super) higher: bool,
}

impl Ways {
    pub(super) const ALL: Ways = Ways { lower: true, same: true, higher: true };
    const LOWER: Ways = Ways { lower: true, same: false, higher: false };
    const SAME: Ways = Ways { lower: false, same: true, higher: false };
    const HIGHER: Ways = Ways { lower: false, same: false, higher: true };

    pub(super) fn both(self, other: Ways) -> Option<Ways> {
        let both = Ways {
            lower: self.lower && other.lower,
            same: self.same && other.same,
            higher: self.higher && other.higher,
        };
        (both.lower || both.same || both.higher).then_some(both)
    }

    fn or(self, other: Ways) -> Ways {
        Ways {
            lower: self.lower || other.lower,
            same: self.same || other.same,
            higher: self.higher || other.higher,
        }
    }
}

/// No note yet.
const SILENT: u16 = 0;
const LEVEL: u16 = 1;
/// Gone the first way of its shape.
const GONE: u16 = 2;
/// Gone the other way after it.
const TURNED: u16 = 3;
/// Gone the other way alone, which only goes with something before it.
const BACK: u16 = 4;
/// It was not looked at how a part goes.
pub(super) const UNKNOWN: u16 = 5;
/// How many states there are.
const STATES: usize = 6;

/// Whether a shape goes both ways.
fn turns(shape: Shape) -> bool {
    matches!(shape, Shape::Arch | Shape::Valley)
}

/// The first way of a shape, and the other.
fn ways(shape: Shape) -> (Ways, Ways) {
    match shape {
        Shape::Up | Shape::Arch => (Ways::HIGHER, Ways::LOWER),
        Shape::Down | Shape::Valley => (Ways::LOWER, Ways::HIGHER),
    }
}

/// The states of a line after one more note, each with the ways that lead to it.
pub(super) fn line(shape: Shape, state: u16) -> Vec<(u16, Ways)> {
    let (first, other) = ways(shape);
    match state {
        SILENT => vec![(LEVEL, Ways::ALL)],
        LEVEL => vec![(LEVEL, Ways::SAME), (GONE, first)],
        GONE if turns(shape) => vec![(GONE, Ways::SAME.or(first)), (TURNED, other)],
        GONE => vec![(GONE, Ways::SAME.or(first))],
        state => vec![(state, Ways::SAME.or(other))],
    }
}

/// The state in which a line is complete.
pub(super) fn complete(shape: Shape) -> u16 {
    if turns(shape) { TURNED } else { GONE }
}

/// The part of a contour in a segment, in the time of its first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: Duration,
    pub(super) to: Duration,
    shape: Shape,
    /// Whether the contour starts before the segment.
    comes_in: bool,
    /// Whether it ends behind it.
    goes_on: bool,
}

impl Part {
    /// The part of a limit in a use of a segment that lies so far behind the first, if it is one of a contour that
    /// reaches over the edge of the use.
    fn of(limit: &MelodyLimit, segment: &Segment, shift: Duration) -> Option<Part> {
        let MelodyLimit::Contour { from, to, shape } = *limit else { return None };
        let (from, to) = (from - shift, to - shift);
        let (comes_in, goes_on) = (from < segment.from, to > segment.to);
        let reaches = (comes_in || goes_on) && from < segment.to && to > segment.from;
        let (from, to) = (from.max(segment.from), to.min(segment.to));
        reaches.then_some(Part { from, to, shape, comes_in, goes_on })
    }

    /// The states after an event, each with the ways that lead to it. Behind its end a part keeps its state.
    pub(super) fn nexts(&self, state: u16, at: Duration, end: Duration, sounds: bool) -> Vec<(u16, Ways)> {
        if end <= self.from || at >= self.to {
            return vec![(state, Ways::ALL)];
        }
        let mut nexts = match sounds && at >= self.from {
            true => line(self.shape, state),
            false => vec![(state, Ways::ALL)],
        };
        if turns(self.shape) && sounds && at >= self.from && state == LEVEL && self.comes_in {
            nexts.push((BACK, ways(self.shape).1));
        }
        // What ends here ends on its other way.
        let stops = end >= self.to && !self.goes_on && turns(self.shape);
        nexts.retain(|next| !(stops && next.0 == GONE));
        nexts
    }
}

/// Whether a limit is a contour that reaches over a seam.
pub(super) fn is_over_seam(limit: &MelodyLimit, structure: &Structure) -> bool {
    structure.uses.iter().any(|&(segment, shift)| {
        let segment = &structure.segments[segment];
        Part::of(limit, segment, segment.shifts[shift]).is_some()
    })
}

/// The parts that contours over seams have in a segment, those of all its uses, each once.
pub(super) fn parts(segment: &Segment, limits: &[MelodyLimit]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for &shift in &segment.shifts {
        for part in limits.iter().filter_map(|limit| Part::of(limit, segment, shift)) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    parts
}

/// The state of a line that goes on with a part; `None` if no such line has the shape. `step` is the interval between the
/// two, which says nothing where either has no note.
fn joined(shape: Shape, before: u16, step: i32, after: u16) -> Option<u16> {
    match (before, after) {
        (UNKNOWN, _) | (_, UNKNOWN) => return Some(UNKNOWN),
        (SILENT, state) | (state, SILENT) => return Some(state),
        _ => {}
    }
    let goes = |state: u16| matches!(state, GONE | TURNED);
    let returns = |state: u16| matches!(state, TURNED | BACK);
    let first = if ways(shape).0.higher { 1 } else { -1 };
    let (on, back) = (step.signum() == first, step.signum() == -first);
    if (returns(before) && (on || goes(after))) || (back && (goes(after) || !turns(shape))) {
        return None;
    }
    Some(match (goes(before) || on || goes(after), returns(before) || back || returns(after)) {
        (false, false) => LEVEL,
        (true, false) => GONE,
        (true, true) => TURNED,
        (false, true) => BACK,
    })
}

/// A use of a segment in which something sounds, with the variables that its first note is a value of, and its last note
/// with the states of its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sounding {
    pub(super) segment: usize,
    /// Which of its shifts.
    pub(super) shift: usize,
    pub(super) first: usize,
    pub(super) last: usize,
}

/// What the values of variables mean.
pub(super) trait Meaning {
    /// The pitch of a segment's first note.
    fn first_note(&self, segment: usize, value: usize) -> i32;
    /// The pitch of its last note, and the states of its parts at its end.
    fn last_note(&self, segment: usize, value: usize) -> (i32, &[u16]);
}

/// Adds what contours over seams that end by a place (`None`: all) ask of sounding uses that follow each other: factors of 0
/// and 1, and variables of their own, of which each has one value for all the others'. False if silence leaves a contour no
/// note.
pub(super) fn join_contours(
    structure: &Structure,
    (limits, by): (&[MelodyLimit], Option<Duration>),
    uses: &[Sounding],
    meaning: &(impl Meaning + ?Sized),
    (domains, factors): (&mut Vec<usize>, &mut Vec<Factor>),
) -> bool {
    let parts: Vec<Vec<Part>> = structure.segments.iter().map(|segment| parts(segment, limits)).collect();
    // The steps over seams, each with what is on both sides of it.
    let mut steps: Vec<((usize, usize), usize)> = Vec::new();
    for limit in limits {
        let MelodyLimit::Contour { shape, to, .. } = *limit else { continue };
        let of_use = |used: &Sounding| {
            let segment = &structure.segments[used.segment];
            let part = Part::of(limit, segment, segment.shifts[used.shift])?;
            Some((*used, parts[used.segment].iter().position(|known| *known == part)?))
        };
        if by.is_some_and(|by| to > by) || !is_over_seam(limit, structure) {
            continue;
        }
        let line: Vec<(Sounding, usize)> = uses.iter().filter_map(of_use).collect();
        let Some((&(start, part), rest)) = line.split_first() else { return false };
        let state =
            |used: Sounding, part: usize, value: usize| meaning.last_note(used.segment, value).1[part];
        let is_complete =
            |state: Option<u16>| state.is_some_and(|state| state == UNKNOWN || state == complete(shape));
        if rest.is_empty() {
            let fits = |values: &[usize]| is_complete(Some(state(start, part, values[0])));
            factors.push(factor(domains, &[start.last], fits));
            continue;
        }
        // What holds the state so far: the last variable of the first use, then variables of their own.
        let (mut before, mut so_far) = (start, start.last);
        for (number, &(used, own)) in rest.iter().enumerate() {
            let seam = (before.last, used.first);
            let known = steps.iter().find(|step| step.0 == seam).map(|step| step.1);
            let step = known.unwrap_or_else(|| {
                domains.push(3);
                let step = domains.len() - 1;
                let goes = |values: &[usize]| {
                    let last = meaning.last_note(before.segment, values[0]).0;
                    let way = (meaning.first_note(used.segment, values[1]) - last).signum();
                    way == values[2] as i32 - 1
                };
                factors.push(factor(domains, &[seam.0, seam.1, step], goes));
                steps.push((seam, step));
                step
            });
            let state_before =
                |value: usize| if number == 0 { state(start, part, value) } else { value as u16 };
            let state_behind = |values: &[usize]| {
                let step = values[1] as i32 - 1;
                joined(shape, state_before(values[0]), step, state(used, own, values[2]))
            };
            if number + 1 == rest.len() {
                let fits = |values: &[usize]| is_complete(state_behind(values));
                factors.push(factor(domains, &[so_far, step, used.last], fits));
            } else {
                domains.push(STATES);
                let behind = domains.len() - 1;
                let fits = |values: &[usize]| state_behind(values) == Some(values[3] as u16);
                factors.push(factor(domains, &[so_far, step, used.last, behind], fits));
                so_far = behind;
            }
            before = used;
        }
    }
    true
}

/// One where values fit and zero elsewhere; variables may be named twice.
fn factor(domains: &[usize], variables: &[usize], fits: impl Fn(&[usize]) -> bool) -> Factor {
    let mut own: Vec<usize> = Vec::new();
    for &variable in variables {
        if !own.contains(&variable) {
            own.push(variable);
        }
    }
    let places: Vec<usize> =
        variables.iter().filter_map(|variable| own.iter().position(|other| other == variable)).collect();
    let size: usize = own.iter().map(|&variable| domains[variable]).product();
    let mut weights = Vec::with_capacity(size);
    let (mut values, mut named) = (vec![0; own.len()], vec![0; variables.len()]);
    for _ in 0..size {
        named.iter_mut().zip(&places).for_each(|(value, &place)| *value = values[place]);
        weights.push(f64::from(u8::from(fits(&named))));
        for place in (0..own.len()).rev() {
            values[place] += 1;
            if values[place] < domains[own[place]] {
                break;
            }
            values[place] = 0;
        }
    }
    Factor { variables: own, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [Shape; 4] = [Shape::Up, Shape::Down, Shape::Arch, Shape::Valley];

    /// The state of notes that are a part of a line.
    fn state(shape: Shape, comes_in: bool, heights: &[i32]) -> Option<u16> {
        let (from, to) = (Duration::ZERO, Duration::quarters(9));
        let part = Part { from, to, shape, comes_in, goes_on: true };
        let mut state = SILENT;
        for (index, height) in heights.iter().enumerate() {
            let at = Duration::quarters(index as i64);
            let step = index.checked_sub(1).map_or(0, |before| height - heights[before]);
            let goes = |ways: Ways| match step.signum() {
                _ if index == 0 => true,
                -1 => ways.lower,
                0 => ways.same,
                _ => ways.higher,
            };
            let nexts = part.nexts(state, at, at + Duration::QUARTER, true);
            let nexts: Vec<u16> = nexts.into_iter().filter(|next| goes(next.1)).map(|next| next.0).collect();
            assert!(nexts.len() <= 1, "one way on at most: {nexts:?}");
            state = *nexts.first()?;
        }
        Some(state)
    }

    #[test]
    fn parts_say_of_a_line_what_the_whole_does() {
        let lines = (0..=5).flat_map(|notes| (0..3i32.pow(notes)).map(move |code| (notes, code)));
        for (notes, code) in lines {
            let heights: Vec<i32> = (0..notes).map(|note| code / 3i32.pow(note) % 3).collect();
            for shape in SHAPES {
                let whole = state(shape, false, &heights);
                for (one, other) in
                    (0..=heights.len()).flat_map(|one| (one..=heights.len()).map(move |o| (one, o)))
                {
                    let parts = [&heights[..one], &heights[one..other], &heights[other..]];
                    let mut so_far = state(shape, false, parts[0]);
                    let mut last = parts[0].last();
                    for part in &parts[1..] {
                        let step = last.zip(part.first()).map_or(0, |(last, first)| first - last);
                        let own = state(shape, true, part);
                        so_far = so_far.zip(own).and_then(|(before, own)| joined(shape, before, step, own));
                        last = part.last().or(last);
                    }
                    let is_complete = |state: Option<u16>| state == Some(complete(shape));
                    let what = format!("{shape:?} {parts:?}: {whole:?} {so_far:?}");
                    assert_eq!(is_complete(so_far), is_complete(whole), "{what}");
                    // What began well goes on as the whole does; what began with its other way has no first one.
                    assert!(whole.is_none() || whole == so_far, "{what}");
                }
            }
        }
    }

    #[test]
    fn factors_may_name_a_variable_twice() {
        let same = factor(&[2, 3], &[1, 0, 1], |values| values[0] == values[2] && values[1] == 1);
        assert_eq!((same.variables, same.weights), (vec![1, 0], vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0]));
    }
}
