//! From a request that a page cannot meet to the answer: the conflict, where it shows, and what would help.

use super::infeasible::{Infeasible, Wish, smallest_conflict};
use super::mends::Mending;
use super::page::Page;
use super::possible::Possible;
use super::request::Request;
use super::rhythm_law::RhythmSupport;
use super::structure::roots;
use crate::constraint::{Constraint, ConstraintError, Frame, Place, Span};
use crate::music::Duration;
use crate::style::Style;

/// Why a request cannot be met on a page.
///
/// # Errors
/// When a constraint names a place that the page does not have.
pub fn explain(
    style: &Style,
    rhythm: &RhythmSupport<'_>,
    request: &Request,
    page: &Page,
) -> Result<Infeasible, ConstraintError> {
    let mut possible = Possible::new(style, rhythm, page);
    let numbers = request.constraints.iter().map(|constraint| possible.add(constraint));
    let mut all: Vec<usize> = numbers.collect::<Result<_, _>>()?;
    all.dedup();
    let conflict = smallest_conflict(&all, |some| possible.leave_any(some, &[]));
    let repeats = repeats(&page.frame);
    let apart = needed(&mut possible, &conflict, &repeats);
    let parting = possible.parting(&conflict, &[]);
    let constraints: Vec<Constraint> =
        conflict.iter().map(|&number| possible.constraint(number).clone()).collect();
    let at = parting.map(|(_, at)| place(&page.frame, &constraints, at));
    let mut wishes: Vec<Wish> = constraints.iter().cloned().map(Wish::Asked).collect();
    wishes.extend(same(&page.frame, &constraints, &apart));
    let mut mending =
        Mending { style, rhythm, possible: &mut possible, all, conflict, apart, at: at.clone() };
    let mends = mending.mends();
    let part = parting.map(|(part, _)| part);
    Ok(Infeasible { conflict: wishes, page: page.form(), part, at, mends })
}

/// The sections that are an earlier one again.
fn repeats(frame: &Frame) -> Vec<usize> {
    let is_again = |&number: &usize| {
        let (label, bars) = &frame.sections[number];
        let mut earlier = frame.sections[..number].iter();
        earlier.any(|(other, range)| other == label && range.len() == bars.len())
    };
    (0..frame.sections.len()).filter(is_again).collect()
}

/// The repeats without which a conflict would be none: few enough that each is needed; none if they are not to blame.
fn needed(possible: &mut Possible<'_>, conflict: &[usize], repeats: &[usize]) -> Vec<usize> {
    if repeats.is_empty() || !possible.leave_any(conflict, repeats) {
        return Vec::new();
    }
    smallest_conflict(repeats, |kept| {
        let apart: Vec<usize> = repeats.iter().copied().filter(|number| !kept.contains(number)).collect();
        possible.leave_any(conflict, &apart)
    })
}

/// What a musician calls the place where a conflict shows: a beat if something is asked of just that, else the bar; of
/// bars that are the same the first of which something is asked.
fn place(frame: &Frame, conflict: &[Constraint], at: Duration) -> Place {
    let length = frame.meter.bar_length();
    let spans = conflict.iter().filter_map(|constraint| frame.spans(constraint.place()).ok()).flatten();
    let spans: Vec<Span> = spans.collect();
    let roots = roots(frame, &[]);
    let bar = at.div_floor(length);
    let root = |bar: i64| usize::try_from(bar).ok().and_then(|bar| roots.get(bar));
    let alike = (0..frame.bars as i64).filter(|&other| root(other) == root(bar)).map(|other| other - bar);
    for at in std::iter::once(at).chain(alike.map(|bars| at + length * bars)) {
        let is_asked = |constraint: &&Constraint| {
            let spans = frame.spans(constraint.place());
            matches!(constraint.place(), Place::Beat(..))
                && spans.is_ok_and(|spans| spans.iter().any(|span| span.0 == at))
        };
        if conflict.iter().any(|constraint| is_asked(&constraint)) {
            return frame.place_at(at);
        }
        let (from, to) = bar_of(frame, at);
        if spans.iter().any(|span| span.0 < to && span.1 > from) {
            return frame.place_at(to - length);
        }
    }
    let distance = |span: &&Span| (span.0 - at).max(at - span.1).max(Duration::ZERO);
    let nearest = spans.iter().min_by_key(distance).map_or(at, |span| span.0);
    frame.place_at(bar_of(frame, nearest).1 - length)
}

/// The bar of a place, or the pickup.
fn bar_of(frame: &Frame, at: Duration) -> Span {
    let length = frame.meter.bar_length();
    let start = at - at.rem_floor(length);
    (start.max(frame.start()), start + length)
}

/// What repeats have to do with a conflict, section by section.
fn same(frame: &Frame, conflict: &[Constraint], apart: &[usize]) -> Vec<Wish> {
    let mut labels: Vec<&String> = Vec::new();
    for &number in apart {
        let label = &frame.sections[number].0;
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let wish = |label: &String| {
        let uses: Vec<std::ops::Range<usize>> =
            frame.sections.iter().filter(|(other, _)| other == label).map(|(_, bars)| bars.clone()).collect();
        let mut used: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        for constraint in conflict {
            used.extend(within(frame, constraint, &uses));
        }
        let shared =
            used.iter().map(|(_, bars)| bars.clone()).reduce(|a, b| a.start.max(b.start)..a.end.min(b.end));
        let mut numbers: Vec<usize> = used.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let shared = shared.filter(|shared| !shared.is_empty() && numbers.len() > 1);
        let places = shared.iter().flat_map(|shared| {
            numbers.iter().map(|&number| {
                let first = uses[number].start + shared.start + 1;
                let last = uses[number].start + shared.end;
                if first == last { Place::Bar(first) } else { Place::Bars(first, last) }
            })
        });
        Wish::Same { section: label.clone(), times: uses.len(), places: places.collect() }
    };
    labels.into_iter().map(wish).collect()
}

/// Which use of a section a constraint binds and which bars of it, counted from its first; `None` unless it is one.
fn within(
    frame: &Frame,
    constraint: &Constraint,
    uses: &[std::ops::Range<usize>],
) -> Option<(usize, std::ops::Range<usize>)> {
    let spans = frame.spans(constraint.place()).ok()?;
    let [(from, to)] = spans.as_slice() else { return None };
    let length = frame.meter.bar_length();
    let first = usize::try_from(from.div_floor(length)).ok()?;
    let last = usize::try_from((*to - Duration::from_ticks(1)).div_floor(length)).ok()?;
    let number = uses.iter().position(|bars| bars.contains(&first) && bars.contains(&last))?;
    Some((number, first - uses[number].start..last + 1 - uses[number].start))
}
