//! Whether a page has any chart under limits, whatever its weight.
//!
//! Any chord may follow any other, and any beat may be the last of a chord. So what may sound, stretch by stretch, is a set
//! of chords as bits, and what a limit remembers a small number: held or changed is all that is decided at a place.

use super::chart_lattice::{MOMENT, places, stretch, touches};
use super::charts::{Decision, starts, take_apart};
use super::structure::Structure;
use super::unroll::{Symbols, all_symbols};
use crate::constraint::{ChartLimit, ChordSet, Frame};
use crate::music::{ChordSymbol, Duration};

/// So many limits are followed at once; what more is asked of one moment is passed over, which can only let too much
/// through.
const SLOTS: usize = 8;

/// Chords as bits.
#[derive(Debug)]
pub(super) struct Palette {
    chords: Vec<ChordSymbol>,
}

/// The chart of a page under limits.
pub(super) struct ChartReach<'a> {
    pub(super) frame: &'a Frame,
    pub(super) structure: &'a Structure,
    pub(super) limits: &'a [ChartLimit],
    /// What the chord that sounds at a place must be besides, places in the time of the sheet.
    pub(super) besides: &'a [(Duration, Symbols)],
    pub(super) palette: &'a Palette,
}

/// The limits on a segment.
struct Bound {
    sounding: Vec<(Duration, Duration, Symbols)>,
    watches: Vec<Watch>,
}

struct Watch {
    from: Duration,
    to: Duration,
    kind: Kind,
    slot: usize,
}

enum Kind {
    Count { min: u32, max: u32 },
    Run(Vec<Symbols>),
    Arrival { before: Symbols, arrive: Symbols },
}

/// The chords that may sound, all with the same past as far as the limits go.
#[derive(Clone, Copy)]
struct Node {
    watched: u128,
    chords: Symbols,
}

impl Palette {
    /// The chords that a style offers, and those that are named.
    pub(super) fn new(offered: &[ChordSymbol], named: &[ChordSymbol], room: usize) -> Palette {
        let mut chords: Vec<ChordSymbol> = offered.iter().take(room).cloned().collect();
        for chord in named.iter().take(Symbols::BITS as usize) {
            if !chords.iter().any(|known| known.sounds_like(chord)) {
                chords.push(chord.clone());
            }
        }
        Palette { chords }
    }

    fn all(&self) -> Symbols {
        all_symbols(self.chords.len())
    }

    /// The chords of which something is so.
    pub(super) fn that(&self, is_so: impl Fn(&ChordSymbol) -> bool) -> Symbols {
        let chords = self.chords.iter().enumerate().filter(|(_, chord)| is_so(chord));
        chords.fold(0, |set, (symbol, _)| set | 1 << symbol)
    }

    fn set(&self, set: &ChordSet) -> Symbols {
        self.that(|chord| set.contains(chord))
    }

    /// The chords that limits let sound at a place, as far as each says something of that place alone.
    pub(super) fn at(&self, limits: &[ChartLimit], at: Duration) -> Vec<&ChordSymbol> {
        let here = limits.iter().filter_map(|limit| match limit {
            ChartLimit::Sounding { from, to, allowed } if *from <= at && at < *to => Some(allowed),
            _ => None,
        });
        let here: Vec<&ChordSet> = here.collect();
        self.chords.iter().filter(|chord| here.iter().all(|set| set.contains(chord))).collect()
    }
}

impl ChartReach<'_> {
    /// Where the chart comes to an end; `None` if one can be written to the end.
    pub(super) fn stops(&self) -> Option<Duration> {
        if self.limits.is_empty() && self.besides.is_empty() {
            return None;
        }
        let mut furthest = self.frame.start();
        for earliest in starts(self.frame, self.limits) {
            let segments = self.structure.segments.iter();
            let segments: Vec<(Duration, Duration)> =
                segments.map(|segment| (segment.from.max(earliest), segment.to)).collect();
            let (own, decisions) = take_apart(self.structure, &segments, self.limits);
            let mut search =
                Search { of: self, segments: &segments, own: &own, known: Vec::new(), furthest: None };
            if search.fits(&decisions, &mut Vec::new()) {
                return None;
            }
            furthest = furthest.max(search.furthest.unwrap_or(furthest));
        }
        Some(furthest)
    }
}

/// The options that bind a segment: (decision, option).
type Options = Vec<(usize, usize)>;

/// A search through the ways to take limits apart that reach over seams.
struct Search<'a> {
    of: &'a ChartReach<'a>,
    segments: &'a [(Duration, Duration)],
    own: &'a [Vec<ChartLimit>],
    /// Segments with the options that bind them, and whether they can be filled.
    known: Vec<(usize, Options, bool)>,
    /// Where the first segment that cannot be filled comes to an end.
    furthest: Option<Duration>,
}

impl Search<'_> {
    fn fits(&mut self, decisions: &[Decision], chosen: &mut Vec<usize>) -> bool {
        for segment in 0..self.segments.len() {
            let binds =
                |decision: &Decision| decision.options.iter().flatten().any(|(bound, _)| *bound == segment);
            // A segment is looked at as soon as all that binds it is chosen.
            let last = decisions.iter().rposition(binds).map_or(0, |last| last + 1);
            if chosen.len() < last {
                continue;
            }
            let binding = (0..last).filter(|&decision| binds(&decisions[decision]));
            let options: Options = binding.map(|decision| (decision, chosen[decision])).collect();
            let known = self.known.iter().find(|known| (known.0, &known.1) == (segment, &options));
            let fits = known.map(|known| known.2).unwrap_or_else(|| {
                let mut limits: Vec<&ChartLimit> = self.own[segment].iter().collect();
                for &(decision, option) in &options {
                    let chosen = decisions[decision].options[option].iter();
                    limits.extend(chosen.filter(|(to, _)| *to == segment).map(|(_, limit)| limit));
                }
                let stops = self.fill(segment, limits);
                let furthest = self.furthest.into_iter().chain(stops).max();
                self.furthest = furthest;
                self.known.push((segment, options, stops.is_none()));
                stops.is_none()
            });
            if !fits {
                return false;
            }
        }
        if chosen.len() == decisions.len() {
            return true;
        }
        let options = &decisions[chosen.len()].options;
        if options.is_empty() {
            // What cannot be taken apart ends where it begins.
            let stretches = self.of.limits.iter().filter_map(stretch);
            let furthest = stretches.map(|stretch| stretch.0).min();
            self.furthest = self.furthest.or(furthest);
        }
        (0..options.len()).any(|option| {
            chosen.push(option);
            let fits = self.fits(decisions, chosen);
            chosen.pop();
            fits
        })
    }

    /// Where a segment comes to an end; `None` if it can be filled.
    fn fill(&self, segment: usize, mut limits: Vec<&ChartLimit>) -> Option<Duration> {
        let (from, to) = self.segments[segment];
        limits.retain(|limit| touches(limit, from, to));
        if from >= to {
            return None;
        }
        let palette = self.of.palette;
        let mut bound = Bound::new(palette, &limits);
        let mut places = places(self.of.frame.meter.unit_length(), (from, to), &limits);
        for &shift in &self.of.structure.segments[segment].shifts {
            let besides = self.of.besides.iter().map(|&(at, set)| (at - shift, set));
            for (at, set) in besides.filter(|&(at, _)| from <= at && at < to) {
                bound.sounding.push((at, at + MOMENT, set));
                if let Err(number) = places.binary_search(&at) {
                    places.insert(number, at);
                }
            }
        }
        if bound.sounding.is_empty() && bound.watches.is_empty() {
            return None;
        }
        bound.walk(&places, palette.all())
    }
}

impl Bound {
    fn new(palette: &Palette, limits: &[&ChartLimit]) -> Bound {
        let mut bound = Bound { sounding: Vec::new(), watches: Vec::new() };
        for limit in limits {
            let Some((from, to)) = stretch(limit) else { continue };
            let kind = match limit {
                ChartLimit::Begun { .. } => continue,
                ChartLimit::Sounding { allowed, .. } => {
                    bound.sounding.push((from, to, palette.set(allowed)));
                    continue;
                }
                ChartLimit::Count { min, max, .. } => Kind::Count { min: *min, max: *max },
                ChartLimit::Run { chords, .. } => {
                    let sets = chords.iter().map(|chord| palette.that(|other| other.sounds_like(chord)));
                    Kind::Run(sets.collect())
                }
                ChartLimit::Arrival { before, arrive, .. } => {
                    Kind::Arrival { before: palette.set(before), arrive: palette.set(arrive) }
                }
            };
            bound.watch(Watch { from, to, kind, slot: 0 });
        }
        bound.watches.sort_by_key(|watch| (watch.from, watch.to));
        let mut free_from: [Option<Duration>; SLOTS] = [None; SLOTS];
        bound.watches.retain_mut(|watch| {
            let slot = free_from.iter().position(|free| free.is_none_or(|free| free <= watch.from));
            if let Some(slot) = slot {
                (watch.slot, free_from[slot]) = (slot, Some(watch.to));
            }
            slot.is_some()
        });
        bound
    }

    /// Takes up a limit; two of a kind on one bar are one.
    fn watch(&mut self, watch: Watch) {
        let same = |known: &&mut Watch| (known.from, known.to) == (watch.from, watch.to);
        for known in self.watches.iter_mut().filter(same) {
            match (&mut known.kind, &watch.kind) {
                (Kind::Count { min, max }, Kind::Count { min: other_min, max: other_max }) => {
                    (*min, *max) = ((*min).max(*other_min), (*max).min(*other_max));
                    return;
                }
                (Kind::Arrival { before, arrive }, Kind::Arrival { before: from, arrive: to }) => {
                    (*before, *arrive) = (*before & from, *arrive & to);
                    return;
                }
                _ => {}
            }
        }
        self.watches.push(watch);
    }

    /// Goes from place to place, a chord held or changed at each; where no chord can sound on, that is the end.
    fn walk(&self, places: &[Duration], all: Symbols) -> Option<Duration> {
        let mut nodes = vec![Node { watched: 0, chords: 0 }];
        for (number, pair) in places.windows(2).enumerate() {
            let (at, end) = (pair[0], pair[1]);
            let sounding = self.sounding.iter().filter(|(from, to, _)| at < *to && end > *from);
            let allowed = sounding.fold(all, |set, sounding| set & sounding.2);
            let mut onward: Vec<Node> = Vec::new();
            for node in &nodes {
                for change in [false, true] {
                    let can = change || number > 0;
                    if let Some(next) = self.step(node, (at, end), change, allowed).filter(|_| can) {
                        let same = |known: &&mut Node| known.watched == next.watched;
                        match onward.iter_mut().find(same) {
                            Some(known) => known.chords |= next.chords,
                            None => onward.push(next),
                        }
                    }
                }
            }
            if onward.is_empty() {
                return Some(at);
            }
            nodes = onward;
        }
        None
    }

    fn step(
        &self,
        node: &Node,
        (at, end): (Duration, Duration),
        change: bool,
        allowed: Symbols,
    ) -> Option<Node> {
        let mut chords = if change { allowed } else { node.chords & allowed };
        let mut watched = node.watched;
        for watch in self.watches.iter().filter(|watch| at < watch.to && end > watch.from) {
            let shift = watch.slot * 16;
            let state = (node.watched >> shift) as u16;
            let closes = end >= watch.to;
            let next = match &watch.kind {
                Kind::Count { min, max } => {
                    // So many begun, and whether one was held over: twice the one and the other, from 1.
                    let (begun, held) = match state.checked_sub(1) {
                        None if change => (1, 0),
                        None => (0, 1),
                        Some(state) => (u32::from(state / 2) + u32::from(change), u32::from(state % 2)),
                    };
                    if begun + held > *max || (closes && begun < *min) {
                        return None;
                    }
                    1 + (begun * 2 + held) as u16
                }
                Kind::Run(sets) => {
                    let begun = usize::from(state);
                    let index = match (change, at <= watch.from || begun == 0) {
                        (false, true) => return None,
                        (false, false) => begun - 1,
                        (true, _) => begun,
                    };
                    chords &= *sets.get(index)?;
                    if closes && index + 1 < sets.len() {
                        return None;
                    }
                    index as u16 + 1
                }
                Kind::Arrival { before, arrive } => {
                    let arrives = if change { node.chords & before != 0 } else { state == 1 };
                    if closes {
                        chords &= if arrives { *arrive } else { 0 };
                    }
                    u16::from(arrives)
                }
            };
            watched = watched & !(0xffff << shift) | u128::from(if closes { 0 } else { next }) << shift;
        }
        (chords != 0).then_some(Node { watched, chords })
    }
}
