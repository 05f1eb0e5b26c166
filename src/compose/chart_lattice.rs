//! The chart of a segment as a lattice: every way to fill it with chords that the limits allow.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::chart_law::{ChartLaw, powered};
use super::chart_place::{PageSection, held};
use super::unroll::{Counter, Symbols, Unroller, all_symbols};

use crate::constraint::{ChartLimit, ChordSet, Frame};
use crate::markov::{Kernel, Lattice};
use crate::music::{ChordSymbol, Duration};
use crate::style::chart_events::ChartPlace;

/// Weight of a chord that ends at a place which is on no beat.
const OFF_BEAT: f64 = 1e-6;
/// Chords that are asked for are not put closer together than this.
const FINEST: Duration = Duration::from_ticks(Duration::TICKS_PER_QUARTER / 64);
/// Nodes that are reached in more contexts than this are taken to be reached in all.
const MOST_APART: usize = 24;
/// One tick, the shortest stretch there is.
pub const MOMENT: Duration = Duration::from_ticks(1);

/// The lattice of a segment, with the place of each layer.
#[derive(Debug)]
pub struct ChartLattice {
    /// Symbols are numbers of [`ChartLaw::chords`].
    pub lattice: Lattice,
    /// Where each layer is, in the segment's first use.
    pub places: Vec<Duration>,
}

/// How the notes that are asked for lean on the chords: at a place, what each chord that sounds there weighs, by its
/// symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaning {
    /// The place.
    pub at: Duration,
    /// A factor for each chord of the law.
    pub factors: Vec<f64>,
}

/// The limits as the states of a lattice need them.
struct Local {
    /// Sets of chords by the stretch in which they alone may sound.
    sounding: Vec<(Duration, Duration, Symbols)>,
    counters: Vec<Counter>,
    runs: Vec<Run>,
    arrivals: Vec<(Duration, Duration, Arrival)>,
}

/// A run of chords.
struct Run {
    from: Duration,
    to: Duration,
    chords: Vec<Symbols>,
}

/// What the last chord of a stretch and the one before it may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    before: Symbols,
    arrive: Symbols,
}

/// What stands before the first chord of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Before {
    /// What a context remembers.
    Context(u32),
    /// Anything: paths may be drawn from every context.
    Anything,
}

/// The lattice of the stretch from one place to another, with a chord at its start, after what stands before. Limits that do not touch the stretch are ignored; runs, counts and arrivals that touch it lie within it (what
/// reaches over a seam is taken apart first, see [`Charts`](super::charts::Charts)).
pub fn chart_lattice(
    law: &ChartLaw<'_>,
    frame: &Frame,
    (from, to): (Duration, Duration),
    (limits, leanings): (&[ChartLimit], &[Leaning]),
    before: Before,
) -> ChartLattice {
    let limits: Vec<&ChartLimit> = limits.iter().filter(|limit| touches(limit, from, to)).collect();
    let local = localise(law, &limits);
    let unit = frame.meter.unit_length();
    let places = places(unit, (from, to), &limits);
    let chords = law.chords.len();
    let mut idle = vec![0u16; local.counters.len() + local.runs.len()];
    // The last part of a state is the class of the length before.
    idle.push(0);
    let (context, opening) = match before {
        Before::Context(context) => (context, Reach::one(context)),
        Before::Anything => (law.start(), Reach::All),
    };
    let mut unroller = Unroller::new(places.clone(), chords, context, idle);
    let mut reached: Vec<Vec<Reach>> = vec![Vec::new(); places.len()];
    reached[0].push(opening);
    let mut kernels: BTreeMap<([u16; 3], Option<Arrival>), u32> = BTreeMap::new();
    let mut wanted: Vec<(ChartPlace, Option<Arrival>, Reach)> = Vec::new();
    let mut leans: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for layer in 0..places.len().saturating_sub(1) {
        let at = places[layer];
        let section = PageSection::at(frame, at);
        let mut by_held: BTreeMap<u16, Vec<(usize, f64)>> = BTreeMap::new();
        for (mut state, node) in unroller.reached(layer) {
            let before = state.pop().unwrap_or_default();
            let ends = by_held.entry(before).or_insert_with(|| {
                let mut ends: BTreeMap<usize, f64> = BTreeMap::new();
                for (end, weight) in chord_ends(law, frame, (at, to), before) {
                    if let Some(to) = unroller.layer(end).filter(|&to| to > layer) {
                        *ends.entry(to).or_default() += weight;
                    }
                }
                // The next place can always be reached, and every one off the beat: it is there as a chord is asked for.
                ends.entry(layer + 1).or_insert(OFF_BEAT);
                let off_beat = |to: &usize| places[*to].rem_floor(unit) != Duration::ZERO;
                (layer + 1..places.len()).filter(off_beat).for_each(|to| {
                    ends.entry(to).or_insert(OFF_BEAT);
                });
                let total: f64 = ends.values().sum();
                ends.into_iter().map(|(to, weight)| (to, powered(weight / total, law.power))).collect()
            });
            for &(end, weight) in ends.iter() {
                let Some((mut state, allowed, arrival)) = local.advance(&state, at, places[end], chords)
                else {
                    continue;
                };
                state.push(if places[end] == to { 0 } else { held(frame, at, places[end]) });
                let place = section.chord(frame, at, places[end]);
                let kernel = *kernels.entry((place.codes(), arrival)).or_insert_with(|| {
                    wanted.push((place, arrival, Reach::Some(BTreeSet::new())));
                    wanted.len() as u32 - 1
                });
                let from = &reached[layer][node as usize];
                wanted[kernel as usize].2.add(from);
                let onward =
                    from.after(law, place.opens, arrival.map_or(allowed, |goal| allowed & goal.arrive));
                let lean = *leans.entry((layer, end)).or_insert_with(|| {
                    let under = leanings.iter().filter(|note| at <= note.at && note.at < places[end]);
                    let factors = under.fold(None, |factors: Option<Vec<f64>>, note| {
                        let mut factors = factors.unwrap_or_else(|| vec![1.0; chords]);
                        factors.iter_mut().zip(&note.factors).for_each(|(all, own)| *all *= own);
                        Some(factors)
                    });
                    factors.map_or(0, |factors| unroller.add_factor(factors))
                });
                let emission = unroller.emission(kernel, lean, allowed);
                let target = unroller.step(layer, node, end, state, Some(emission), weight) as usize;
                match reached[end].get_mut(target) {
                    Some(known) => known.add(&onward),
                    None => reached[end].push(onward),
                }
            }
        }
        unroller.layer_done();
    }
    let kernels =
        wanted.into_par_iter().map(|(place, arrival, reach)| kernel_of(law, place, arrival, &reach));
    for kernel in kernels.collect::<Vec<_>>() {
        unroller.add_kernel(kernel);
    }
    let (lattice, places) = unroller.finish(law.contexts(), |_, _| 1.0);
    ChartLattice { lattice, places }
}

/// The transitions at a place from the contexts that are reached there, as far as they make an arrival, if they must.
fn kernel_of(law: &ChartLaw<'_>, place: ChartPlace, arrival: Option<Arrival>, reach: &Reach) -> Kernel {
    let kernel = match reach {
        Reach::All => law.kernel(place).clone(),
        Reach::Some(contexts) => law.kernel_from(place, &contexts.iter().copied().collect::<Vec<_>>()),
    };
    let Some(arrival) = arrival else { return kernel };
    kernel.reweighted(|context, symbol, weight| {
        let before = law.last(context as u32).is_some_and(|last| arrival.before >> last & 1 == 1);
        if before && arrival.arrive >> symbol & 1 == 1 { weight } else { 0.0 }
    })
}

/// Contexts in which a node may be reached. Where chords are given there are few, and the law need not be worked out for
/// the others.
#[derive(Clone, Debug)]
enum Reach {
    Some(BTreeSet<u32>),
    All,
}

impl Reach {
    fn one(context: u32) -> Reach {
        Reach::Some(BTreeSet::from([context]))
    }

    fn of(contexts: impl Iterator<Item = u32>) -> Reach {
        let mut some = BTreeSet::new();
        for context in contexts {
            some.insert(context);
            if some.len() > MOST_APART {
                return Reach::All;
            }
        }
        Reach::Some(some)
    }

    fn add(&mut self, other: &Reach) {
        *self = match (&*self, other) {
            (Reach::Some(own), Reach::Some(other)) => Reach::of(own.union(other).copied()),
            _ => Reach::All,
        };
    }

    /// The contexts after one of some chords.
    fn after(&self, law: &ChartLaw<'_>, opens: bool, allowed: Symbols) -> Reach {
        if allowed.count_ones() as usize > MOST_APART {
            return Reach::All;
        }
        let symbols = || (0..law.chords.len() as u16).filter(|&symbol| allowed >> symbol & 1 == 1);
        match self {
            Reach::Some(contexts) => {
                let before = |&context: &u32| if opens { law.start() } else { context };
                Reach::of(
                    contexts
                        .iter()
                        .map(before)
                        .flat_map(|context| symbols().map(move |symbol| law.after(context, symbol))),
                )
            }
            Reach::All => {
                let contexts = 0..law.contexts() as u32;
                Reach::of(
                    contexts
                        .filter(|&context| law.last(context).is_some_and(|last| allowed >> last & 1 == 1)),
                )
            }
        }
    }
}

/// Where a chord from `at` may end in a stretch that ends at `to`, with weights, if the one before held for a length of
/// the class `held`. Off the beat, lengths are counted from the beat before; some ends may then lie behind.
pub fn chord_ends(
    law: &ChartLaw<'_>,
    frame: &Frame,
    (at, to): (Duration, Duration),
    held: u16,
) -> Vec<(Duration, f64)> {
    let unit = frame.meter.unit_length();
    let section = PageSection::at(frame, at);
    let beat_start = at - at.rem_floor(unit);
    let units = |end: Duration| (end - beat_start).div_floor(unit).clamp(1, i64::from(u16::MAX)) as u16;
    let longest = units(to);
    let beat = at.rem_floor(frame.meter.bar_length()).div_floor(unit) as u16;
    let place = section.span(frame, at, held);
    let spans = law.spans(frame.meter, beat, place, units(section.end(frame)), longest);
    let end = |units: u16| if units == longest { to } else { beat_start + unit * i64::from(units) };
    spans.into_iter().map(|(units, weight)| (end(units), weight)).collect()
}

/// The stretch of a limit; `None` for one that binds no stretch.
pub fn stretch(limit: &ChartLimit) -> Option<(Duration, Duration)> {
    match limit {
        ChartLimit::Begun { .. } => None,
        ChartLimit::Sounding { from, to, .. }
        | ChartLimit::Run { from, to, .. }
        | ChartLimit::Count { from, to, .. }
        | ChartLimit::Arrival { from, to, .. } => Some((*from, *to)),
    }
}

/// How many chords must begin in the stretch of a limit at least.
pub fn chords_wanted(limit: &ChartLimit) -> i64 {
    match limit {
        ChartLimit::Run { chords, .. } => chords.len() as i64,
        ChartLimit::Count { min, .. } => i64::from(*min),
        ChartLimit::Arrival { .. } => 2,
        ChartLimit::Begun { .. } | ChartLimit::Sounding { .. } => 0,
    }
}

/// Whether a limit binds anything between two places.
pub fn touches(limit: &ChartLimit, from: Duration, to: Duration) -> bool {
    stretch(limit).is_some_and(|(start, end)| start < to && end > from)
}

/// Where chords may start: on the units of the meter, where a limit begins, and closer together where more chords
/// are asked for than there are units.
pub(super) fn places(
    unit: Duration,
    (from, to): (Duration, Duration),
    limits: &[&ChartLimit],
) -> Vec<Duration> {
    let units = |from: Duration, to: Duration, step: Duration| {
        let first = from - from.rem_floor(step);
        (0..(to - first).div_floor(step) + 1).map(move |n| first + step * n).filter(move |&at| at < to)
    };
    let mut places: Vec<Duration> = vec![from, to];
    places.extend(units(from, to, unit));
    for limit in limits {
        let Some((start, end)) = stretch(limit) else { continue };
        // What binds the last moment of a beat alone needs no chord there.
        let is_last = end - start == MOMENT && end.rem_floor(unit) == Duration::ZERO;
        if !is_last && start + MOMENT < to {
            places.push(start);
        }
        let wanted = chords_wanted(limit);
        let mut step = unit;
        while (end - start).div_floor(step) < wanted && step.ticks() % 2 == 0 && step > FINEST {
            step = step / 2;
        }
        if step < unit {
            places.extend(units(start, end, step).filter(|&at| at >= start));
        }
    }
    places.retain(|&at| from <= at && at <= to);
    places.sort_unstable();
    places.dedup();
    places
}

fn localise(law: &ChartLaw<'_>, limits: &[&ChartLimit]) -> Local {
    let mut local =
        Local { sounding: Vec::new(), counters: Vec::new(), runs: Vec::new(), arrivals: Vec::new() };
    let symbols = |allowed: &dyn Fn(&ChordSymbol) -> bool| -> Symbols {
        let chords = law.chords.iter().enumerate();
        chords.fold(0, |set, (symbol, chord)| if allowed(chord) { set | 1 << symbol } else { set })
    };
    let set = |set: &ChordSet| symbols(&|chord| set.contains(chord));
    for limit in limits {
        match limit {
            ChartLimit::Begun { .. } => {}
            ChartLimit::Sounding { from, to, allowed } => local.sounding.push((*from, *to, set(allowed))),
            ChartLimit::Count { from, to, min, max } => {
                let (from, to, min, max) = (*from, *to, *min, *max);
                local.counters.push(Counter { from, to, min, max, counts_held: true });
            }
            ChartLimit::Arrival { from, to, before, arrive } => {
                let (before, arrive) = (set(before), set(arrive));
                local.arrivals.push((*from, *to, Arrival { before, arrive }));
            }
            ChartLimit::Run { from, to, chords } => {
                let chords = chords.iter().map(|chord| symbols(&|other| other.sounds_like(chord)));
                local.runs.push(Run { from: *from, to: *to, chords: chords.collect() });
            }
        }
    }
    local
}

impl Local {
    /// The state after a chord from `at` to `end`, the chords it may be, and the arrival it makes, if any; `None` if
    /// no chord may stand there.
    fn advance(
        &self,
        state: &[u16],
        at: Duration,
        end: Duration,
        chords: usize,
    ) -> Option<(Vec<u16>, Symbols, Option<Arrival>)> {
        let mut allowed = all_symbols(chords);
        for &(from, to, set) in &self.sounding {
            if at < to && end > from {
                allowed &= set;
            }
        }
        let mut next = Vec::with_capacity(state.len());
        for (counter, &state) in self.counters.iter().zip(state) {
            next.push(counter.next(state, at, end, true)?);
        }
        for (run, &begun) in self.runs.iter().zip(&state[self.counters.len()..]) {
            if end <= run.from || at >= run.to {
                next.push(0);
                continue;
            }
            // A chord must begin exactly where the run does.
            let index = if at < run.from { return None } else { usize::from(begun) };
            allowed &= *run.chords.get(index)?;
            let ended = end >= run.to;
            if ended && index + 1 < run.chords.len() {
                return None;
            }
            next.push(if ended { 0 } else { index as u16 + 1 });
        }
        let mut arrival: Option<Arrival> = None;
        for &(from, to, goal) in &self.arrivals {
            if at < to && end >= to {
                if at < from {
                    return None;
                }
                let known = arrival.unwrap_or(Arrival { before: Symbols::MAX, arrive: Symbols::MAX });
                arrival =
                    Some(Arrival { before: known.before & goal.before, arrive: known.arrive & goal.arrive });
            }
        }
        (allowed != 0).then_some((next, allowed, arrival))
    }
}
