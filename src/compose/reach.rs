//! What can be reached in the melody of a segment, whatever its weight.
//!
//! Every note may follow every other unless a limit forbids it, and every length that a style has somewhere may come
//! there after any other. So sets of last notes, as bits, take the place of messages, and no law need be made.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::melody_places::places;
use super::reach_limits::{Bound, Ways};
use super::rhythm_law::RhythmSupport;
use super::structure::Segment;
use crate::constraint::{Frame, PitchSet};
use crate::music::Duration;

/// Where a segment's melodies may go.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) frame: &'a Frame,
    pub(super) rhythm: &'a RhythmSupport<'a>,
    /// The jumps between the places of a segment, made when first needed.
    known: RefCell<BTreeMap<Vec<Duration>, Rc<Jumps>>>,
}

/// For each place where notes and rests lead that start there: the number of a later place, and whether it is a rest.
type Jumps = Vec<Vec<(usize, bool)>>;

/// The first notes of a segment told apart: by how far each of its uses may leap into them, and by pitch.
#[derive(Debug)]
pub(super) struct Firsts {
    /// For each place its kind.
    of_place: Vec<usize>,
    /// For each kind the widest leap by use.
    pub(super) leaps: Vec<Vec<Option<u32>>>,
    /// The range, lowest and highest.
    pub(super) range: (i32, i32),
}

/// What there is to begin and end a segment with.
#[derive(Debug)]
pub(super) struct Reached {
    /// Whether nothing need sound.
    pub(super) silent: bool,
    /// The last notes by first note; all together where first notes are not told apart.
    pub(super) lasts: Vec<PitchSet>,
    /// The last place that something leads to.
    pub(super) furthest: Duration,
}

/// What is remembered at a place.
#[derive(Clone)]
struct Node {
    watched: u128,
    /// Whether nothing may have sounded yet.
    silent: bool,
    /// The last notes by first note.
    lasts: Vec<PitchSet>,
}

impl Node {
    fn holds_anything(&self) -> bool {
        self.silent || self.lasts.iter().any(|lasts| !lasts.is_empty())
    }
}

impl<'a> Ground<'a> {
    /// The ground of a page in a style's rhythm.
    pub(super) fn new(frame: &'a Frame, rhythm: &'a RhythmSupport<'a>) -> Ground<'a> {
        Ground { frame, rhythm, known: RefCell::default() }
    }

    /// The places of a segment.
    pub(super) fn places(&self, segment: &Segment, bound: &Bound) -> Vec<Duration> {
        places(self.rhythm.onsets(), self.frame, segment, bound.marks(), bound.counters())
    }

    fn jumps(&self, places: &[Duration]) -> Rc<Jumps> {
        if let Some(known) = self.known.borrow().get(places) {
            return Rc::clone(known);
        }
        let length = self.frame.meter.bar_length();
        let mut supports: BTreeMap<(Duration, Duration), Vec<(Duration, bool)>> = BTreeMap::new();
        let from_place = places.windows(2).enumerate().map(|(number, pair)| {
            let (at, next, last) = (pair[0], pair[1] - pair[0], places[places.len() - 1]);
            let in_bar = at.rem_floor(length);
            let silent_to = (at - in_bar + length).min(last);
            let steps = supports.entry((in_bar, next)).or_insert_with(|| self.rhythm.lengths(in_bar, next));
            let ends = steps.iter().filter_map(|&(length, rest)| {
                let end = (at + length).min(if rest { silent_to } else { last });
                let to = number + places[number..].binary_search(&end).ok()?;
                (to > number).then_some((to, rest))
            });
            let mut ends: Vec<(usize, bool)> = ends.collect();
            ends.sort_unstable();
            ends.dedup();
            ends
        });
        let jumps = Rc::new(from_place.collect());
        self.known.borrow_mut().insert(places.to_vec(), Rc::clone(&jumps));
        jumps
    }

    /// What a segment may begin and end with, its notes within a set, the first in another.
    pub(super) fn reach(
        &self,
        places: &[Duration],
        bound: &Bound,
        (range, first): (PitchSet, PitchSet),
        firsts: Option<&Firsts>,
    ) -> Reached {
        let rows = firsts.map_or(1, Firsts::count);
        let mut layers: Vec<Vec<Node>> = vec![Vec::new(); places.len()];
        let start = Node { watched: 0, silent: true, lasts: vec![PitchSet::EMPTY; rows] };
        let mut furthest = places[0];
        if let Some(place) = bound.broken {
            return Reached { silent: false, lasts: start.lasts, furthest: place };
        }
        layers[0].push(start);
        let jumps = self.jumps(places);
        let slices = slices(places, bound);
        let mut passed = Vec::new();
        for layer in 0..places.len() - 1 {
            let mut nodes = std::mem::take(&mut layers[layer]);
            nodes.retain(Node::holds_anything);
            if nodes.is_empty() {
                continue;
            }
            let at = places[layer];
            furthest = at;
            let Some(moment) = bound.moment(at) else { continue };
            let leap = bound.leap(at);
            // From most nodes most notes may go any way: that is found out once.
            let near: Vec<Vec<PitchSet>> = nodes.iter().map(|node| stepped(node, leap, Ways::ALL)).collect();
            let asked = moment.end.and_then(|end| places.binary_search(&end).ok()).filter(|&to| to > layer);
            let asked = asked.map(|to| (to, false));
            let own = jumps[layer].iter().copied();
            let mut to_here = (layer, range.intersection(moment.notes));
            for (to, rest) in own.filter(|jump| Some(*jump) != asked).chain(asked) {
                let end = places[to];
                let reaches_over = moment.barrier.is_some_and(|barrier| end > barrier);
                if reaches_over || (rest && !moment.rests) || moment.end.is_some_and(|asked| asked != end) {
                    continue;
                }
                if to < to_here.0 {
                    to_here = (layer, range.intersection(moment.notes));
                }
                while to_here.0 < to {
                    to_here = (to_here.0 + 1, to_here.1.intersection(slices[to_here.0]));
                }
                if !rest && to_here.1.is_empty() {
                    continue;
                }
                bound.passed(at, end, &mut passed);
                for (node, near) in nodes.iter().zip(&near) {
                    for onward in bound.advance((node.watched, to_here.1), &passed, (at, end), !rest) {
                        let into = entry(&mut layers[to], onward.watched, rows);
                        if rest {
                            into.silent |= node.silent;
                            merge(&mut into.lasts, &node.lasts, PitchSet::ALL);
                            continue;
                        }
                        match onward.ways {
                            Ways::ALL => merge(&mut into.lasts, near, onward.allowed),
                            ways => merge(&mut into.lasts, &stepped(node, leap, ways), onward.allowed),
                        }
                        if node.silent {
                            let notes = onward.allowed.intersection(first);
                            begin(&mut into.lasts, notes, firsts.map(|firsts| (firsts, layer)));
                        }
                    }
                }
            }
        }
        let mut reached = Reached { silent: false, lasts: vec![PitchSet::EMPTY; rows], furthest };
        for node in layers.last().into_iter().flatten().filter(|node| node.holds_anything()) {
            reached.silent |= node.silent;
            merge(&mut reached.lasts, &node.lasts, PitchSet::ALL);
            reached.furthest = places[places.len() - 1];
        }
        reached
    }
}

impl Firsts {
    /// The first notes of a segment whose uses lie so far behind the first, under limits on leaps (from, to, widest).
    pub(super) fn new(
        segment: &Segment,
        places: &[Duration],
        leaps: &[(Duration, Duration, u32)],
        range: (i32, i32),
    ) -> Firsts {
        let widest = |at: Duration| {
            let own = leaps.iter().filter(|(from, to, _)| *from <= at && at < *to);
            own.map(|leap| leap.2).min()
        };
        let mut kinds: Vec<Vec<Option<u32>>> = Vec::new();
        let of_place = places.iter().map(|&at| {
            let kind: Vec<Option<u32>> = segment.shifts.iter().map(|&shift| widest(at + shift)).collect();
            kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            })
        });
        let of_place = of_place.collect();
        Firsts { of_place, leaps: kinds, range }
    }

    /// How many pitches there are.
    pub(super) fn pitches(&self) -> usize {
        (self.range.1 - self.range.0).max(0) as usize + 1
    }

    fn count(&self) -> usize {
        self.leaps.len() * self.pitches()
    }
}

/// For each stretch between places what may sound in it.
fn slices(places: &[Duration], bound: &Bound) -> Vec<PitchSet> {
    let mut slices = vec![PitchSet::ALL; places.len()];
    for &(from, to, allowed) in &bound.sounding {
        let first = places.partition_point(|&place| place <= from).saturating_sub(1);
        let last = places.partition_point(|&place| place < to);
        for slice in &mut slices[first..last] {
            *slice = slice.intersection(allowed);
        }
    }
    slices
}

/// The notes that may follow a node's last notes, by first note.
fn stepped(node: &Node, leap: u32, ways: Ways) -> Vec<PitchSet> {
    let step = |&last: &PitchSet| {
        if last.is_empty() {
            return last;
        }
        // One semitone away first, so that the same note is not among them.
        let below = if ways.lower && leap > 0 {
            last.lower(1).near(leap - 1, (true, false))
        } else {
            PitchSet::EMPTY
        };
        let above = if ways.higher && leap > 0 {
            last.higher(1).near(leap - 1, (false, true))
        } else {
            PitchSet::EMPTY
        };
        let same = if ways.same { last } else { PitchSet::EMPTY };
        below.union(same).union(above)
    };
    node.lasts.iter().map(step).collect()
}

fn merge(into: &mut [PitchSet], from: &[PitchSet], allowed: PitchSet) {
    for (into, from) in into.iter_mut().zip(from) {
        *into = into.union(from.intersection(allowed));
    }
}

/// Adds first notes.
fn begin(lasts: &mut [PitchSet], notes: PitchSet, firsts: Option<(&Firsts, usize)>) {
    match firsts {
        None => lasts[0] = lasts[0].union(notes),
        Some((firsts, layer)) => {
            let row = firsts.of_place[layer] * firsts.pitches();
            for (row, midi) in (row..).zip(firsts.range.0..=firsts.range.1) {
                lasts[row] = lasts[row].union(notes.intersection(PitchSet::one(midi)));
            }
        }
    }
}

fn entry(layer: &mut Vec<Node>, watched: u128, rows: usize) -> &mut Node {
    let known = layer.iter().position(|node| node.watched == watched).unwrap_or_else(|| {
        layer.push(Node { watched, silent: false, lasts: vec![PitchSet::EMPTY; rows] });
        layer.len() - 1
    });
    &mut layer[known]
}
