//! What can be reached in the melody of a segment, whatever its weight.
//!
//! Every note may follow every other unless a limit forbids it, and from every place a note or a rest may lead to the next
//! place. A longer note starts as a short one does with rests behind it, and nothing asks that a note sound on but a
//! limit that says until where. So all that is decided at a place is whether a note starts there, and sets of last notes,
//! as bits, take the place of messages: no law need be made.

use super::contours::Ways;
use super::melody_places::places;
use super::reach_limits::Bound;
use super::rhythm_law::RhythmSupport;
use super::structure::Segment;
use crate::constraint::{Frame, PitchSet};
use crate::music::Duration;

/// A page, and where in a bar notes may start.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) frame: &'a Frame,
    pub(super) rhythm: &'a RhythmSupport<'a>,
}

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
    /// The same, told apart by what is remembered at the end.
    pub(super) ends: Vec<(u128, Vec<PitchSet>)>,
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
    /// The places of a segment.
    pub(super) fn places(&self, segment: &Segment, bound: &Bound) -> Vec<Duration> {
        places(self.rhythm.onsets(), self.frame, segment, bound.marks(), bound.counters())
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
            return Reached { silent: false, lasts: start.lasts, ends: Vec::new(), furthest: place };
        }
        layers[0].push(start);
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
            let to = moment.end.map_or(Some(layer + 1), |end| places.binary_search(&end).ok());
            let Some(to) =
                to.filter(|&to| to > layer && moment.barrier.is_none_or(|next| places[to] <= next))
            else {
                continue;
            };
            bound.passed(at, places[to], &mut passed);
            let mut notes = range.intersection(moment.notes);
            slices[layer..to].iter().for_each(|slice| notes = notes.intersection(*slice));
            let leap = bound.leap(at);
            for node in &nodes {
                if moment.rests {
                    let all = PitchSet::ALL;
                    bound.advance((node.watched, all), &passed, (at, places[to]), false, |onward| {
                        let into = entry(&mut layers[to], onward.watched, rows);
                        into.silent |= node.silent;
                        merge(&mut into.lasts, &node.lasts, all);
                    });
                }
                if notes.is_empty() {
                    continue;
                }
                bound.advance((node.watched, notes), &passed, (at, places[to]), true, |onward| {
                    let into = entry(&mut layers[to], onward.watched, rows);
                    for (into, last) in into.lasts.iter_mut().zip(&node.lasts) {
                        *into = into.union(stepped(*last, leap, onward.ways).intersection(onward.allowed));
                    }
                    if node.silent {
                        let notes = onward.allowed.intersection(first);
                        begin(&mut into.lasts, notes, firsts.map(|firsts| (firsts, layer)));
                    }
                });
            }
        }
        let (lasts, ends) = (vec![PitchSet::EMPTY; rows], Vec::new());
        let mut reached = Reached { silent: false, lasts, ends, furthest };
        for node in layers.pop().into_iter().flatten().filter(Node::holds_anything) {
            reached.silent |= node.silent;
            merge(&mut reached.lasts, &node.lasts, PitchSet::ALL);
            reached.ends.push((node.watched, node.lasts));
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

/// The notes that may follow some last notes.
fn stepped(last: PitchSet, leap: u32, ways: Ways) -> PitchSet {
    if last.is_empty() {
        return last;
    }
    if ways == Ways::ALL {
        return last.near(leap, (true, true));
    }
    // One semitone away first, so that the same note is not among them.
    let none = PitchSet::EMPTY;
    let below = if ways.lower && leap > 0 { last.lower(1).near(leap - 1, (true, false)) } else { none };
    let above = if ways.higher && leap > 0 { last.higher(1).near(leap - 1, (false, true)) } else { none };
    below.union(above).union(if ways.same { last } else { none })
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
