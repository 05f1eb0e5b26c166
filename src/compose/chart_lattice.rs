//! The chart of a segment as a lattice: every way to fill it with chords that the limits allow.

use std::collections::BTreeMap;

use super::chart_law::ChartLaw;
use super::structure::{Segment, phrase_place};
use super::unroll::{Counter, Symbols, Unroller, all_symbols};

use crate::constraint::{ChartLimit, ChordSet, Frame};
use crate::markov::Lattice;
use crate::music::{ChordSymbol, Duration};

/// The lattice of a segment, with the place of each layer.
#[derive(Debug)]
pub struct ChartLattice {
    /// Symbols are numbers of [`ChartLaw::chords`].
    pub lattice: Lattice,
    /// Where each layer is, in the segment's first use.
    pub places: Vec<Duration>,
}

/// A limit seen from a segment's first use.
struct Local {
    /// Sets of chords by the stretch in which they alone may sound.
    sounding: Vec<(Duration, Duration, Symbols)>,
    counters: Vec<Counter>,
    runs: Vec<Run>,
    arrivals: Vec<(Duration, Duration, Arrival)>,
}

/// A run of chords that begins in the segment.
struct Run {
    from: Duration,
    to: Duration,
    chords: Vec<Symbols>,
    /// Whether it ends in the segment too.
    whole: bool,
}

/// What the last chord of a stretch and the one before it may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    before: Symbols,
    arrive: Symbols,
}

/// The lattice of a segment under the limits of all its uses. Limits that cross a seam are met here as far as one
/// side can tell; the rest shows when the sheet is put together.
pub fn chart_lattice(
    law: &ChartLaw<'_>,
    frame: &Frame,
    segment: &Segment,
    limits: &[ChartLimit],
) -> ChartLattice {
    let local = localise(law, segment, limits);
    let unit = frame.meter.unit_length();
    let mut places: Vec<Duration> = vec![segment.from, segment.to];
    let mut at = segment.from.max(Duration::ZERO);
    while at < segment.to {
        places.push(at);
        at += unit;
    }
    let marks = local.runs.iter().flat_map(|run| [run.from, run.to]);
    places.extend(marks.filter(|&at| segment.from < at && at < segment.to));
    places.sort_unstable();
    places.dedup();
    let chords = law.chords.len();
    let idle = vec![0u16; local.counters.len() + local.runs.len()];
    let mut unroller = Unroller::new(places.clone(), chords, law.start(), idle);
    let mut kernels: BTreeMap<(u16, Option<Arrival>), u32> = BTreeMap::new();
    for layer in 0..places.len().saturating_sub(1) {
        let at = places[layer];
        let bar = at.div_floor(frame.meter.bar_length());
        let in_bar = at.rem_floor(frame.meter.bar_length());
        let place = phrase_place(frame, bar);
        let on_downbeat = in_bar == Duration::ZERO;
        let longest = (segment.to - at).ticks().div_euclid(unit.ticks()).clamp(1, i64::from(u16::MAX)) as u16;
        let beat = in_bar.div_floor(unit) as u16;
        let mut spans: BTreeMap<usize, f64> = BTreeMap::new();
        for (units, weight) in law.spans(frame.meter, beat, place, longest) {
            let end = if units == longest { segment.to } else { at + unit * i64::from(units) };
            if let Some(to) = unroller.layer(end).filter(|&to| to > layer) {
                *spans.entry(to).or_default() += weight;
            }
        }
        // The next place can always be reached, so that a run may start off the beat.
        spans.entry(layer + 1).or_insert(1e-6);
        for (state, node) in unroller.reached(layer) {
            for (&to, &weight) in &spans {
                let Some((state, allowed, arrival)) = local.advance(&state, at, places[to], chords) else {
                    continue;
                };
                let kernel = *kernels.entry((place.chord_code(on_downbeat), arrival)).or_insert_with(|| {
                    let kernel = law.kernel(place, on_downbeat);
                    unroller.add_kernel(match arrival {
                        Some(arrival) => kernel.reweighted(|context, symbol, weight| {
                            // At the start of a segment the chord before is not known yet.
                            let before =
                                law.last(context as u32).is_none_or(|last| arrival.before >> last & 1 == 1);
                            if before && arrival.arrive >> symbol & 1 == 1 { weight } else { 0.0 }
                        }),
                        None => kernel.clone(),
                    })
                });
                let emission = unroller.emission(kernel, 0, None, allowed);
                unroller.step(layer, node, to, state, Some(emission), weight);
            }
        }
        unroller.layer_done();
    }
    let (lattice, places) = unroller.finish(law.contexts(), |_, _| 1.0);
    ChartLattice { lattice, places }
}

fn localise(law: &ChartLaw<'_>, segment: &Segment, limits: &[ChartLimit]) -> Local {
    let mut local =
        Local { sounding: Vec::new(), counters: Vec::new(), runs: Vec::new(), arrivals: Vec::new() };
    let symbols = |allowed: &dyn Fn(&ChordSymbol) -> bool| -> Symbols {
        let chords = law.chords.iter().enumerate();
        chords.fold(0, |set, (symbol, chord)| if allowed(chord) { set | 1 << symbol } else { set })
    };
    let set = |set: &ChordSet| symbols(&|chord| set.contains(chord));
    for &shift in &segment.shifts {
        let overlaps = |from: Duration, to: Duration| from - shift < segment.to && to - shift > segment.from;
        for limit in limits {
            match limit {
                ChartLimit::Begun { .. } => {}
                ChartLimit::Sounding { from, to, allowed } if overlaps(*from, *to) => {
                    local.sounding.push((*from - shift, *to - shift, set(allowed)));
                }
                ChartLimit::Count { from, to, min, max } if overlaps(*from, *to) => {
                    local.counters.push(Counter {
                        from: *from - shift,
                        to: *to - shift,
                        min: *min,
                        max: *max,
                        counts_held: true,
                    });
                }
                ChartLimit::Arrival { from, to, before, arrive } if overlaps(*from, *to) => {
                    let (before, arrive) = (set(before), set(arrive));
                    local.arrivals.push((*from - shift, *to - shift, Arrival { before, arrive }));
                }
                ChartLimit::Run { from, to, chords } if overlaps(*from, *to) => {
                    let (from, to) = (*from - shift, *to - shift);
                    let chords: Vec<Symbols> =
                        chords.iter().map(|chord| symbols(&|other| other.sounds_like(chord))).collect();
                    if from < segment.from {
                        // It began before the seam: here only its chords may sound, the last at its end.
                        let any = chords.iter().fold(0, |set, chord| set | chord);
                        local.sounding.push((from, to, any));
                        if to <= segment.to {
                            let last = chords.last().copied().unwrap_or(any);
                            local.sounding.push((to - Duration::from_ticks(1), to, last));
                        }
                    } else {
                        local.runs.push(Run { from, to, chords, whole: to <= segment.to });
                    }
                }
                _ => {}
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
            if ended && run.whole && index + 1 < run.chords.len() {
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
