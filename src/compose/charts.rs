//! The charts of a page: every way to fill its segments, under limits that may reach across seams.
//!
//! A run of chords or a cadence that reaches over a seam binds two segments at once. It is taken apart into cases that
//! exclude each other: so many chords of the run on this side and so many on that; the last chord of a cadence begins
//! at the seam, or behind it. In each case every segment is bound on its own, so its lattice is exact, and a case is
//! drawn in proportion to its mass.

use rand_chacha::ChaCha8Rng;

use super::chart_lattice::{
    Before, ChartLattice, Leaning, MOMENT, chart_lattice, chords_wanted, stretch, touches,
};
use super::chart_law::ChartLaw;
use super::structure::{Segment, Structure};
use crate::constraint::{ChartLimit, Frame};
use crate::markov::draw::choose;
use crate::markov::{Event, Messages};
use crate::music::{Chart, ChordChange, ChordSymbol, Duration};

/// Ways to split one run of chords over seams beyond so many are not looked at.
const MOST_SPLITS: usize = 4096;

/// The charts of a page, with their lattices and messages.
#[derive(Debug)]
pub struct Charts {
    /// For each segment its lattices, one for each way in which the cases bind it.
    pub(super) variants: Vec<Vec<Variant>>,
    pub(super) cases: Vec<Case>,
    /// The natural logarithm of the probability that a chart meets the limits; −∞ if none does.
    pub log_mass: f64,
}

/// The lattice of a segment in one of the ways in which the cases bind it.
#[derive(Debug)]
pub(super) struct Variant {
    /// The options that bind the segment: (decision, option).
    options: Vec<(usize, usize)>,
    pub(super) chart: ChartLattice,
    pub(super) messages: Messages,
    log_mass: f64,
}

/// One way to take the limits apart.
#[derive(Debug)]
pub(super) struct Case {
    /// For each segment which of its variants.
    pub(super) variants: Vec<usize>,
    pub(super) log_mass: f64,
}

/// A limit that reaches over a seam: the ways to take it apart, each a list of limits on single segments.
#[derive(PartialEq)]
pub(super) struct Decision {
    pub(super) options: Vec<Vec<(usize, ChartLimit)>>,
}

/// A stretch of a segment, in the time of its first use.
type Part = (usize, Duration, Duration);

impl Charts {
    /// The charts of a page under limits. The chart starts with bar 1, or with the pickup if a limit wants a chord
    /// there or there is no other way.
    pub fn new(law: &ChartLaw<'_>, frame: &Frame, structure: &Structure, limits: &[ChartLimit]) -> Charts {
        Charts::leaning(law, frame, structure, limits, &[])
    }

    /// The same, each chart weighed by what leans on its chords.
    pub fn leaning(
        law: &ChartLaw<'_>,
        frame: &Frame,
        structure: &Structure,
        limits: &[ChartLimit],
        leanings: &[Leaning],
    ) -> Charts {
        let mut ways = starts(frame, limits).into_iter().flat_map(|start| [(start, false), (start, true)]);
        let charts = ways.find_map(|(start, off_beat)| {
            let charts = Charts::starting((start, off_beat), law, frame, structure, (limits, leanings));
            (charts.log_mass > f64::NEG_INFINITY).then_some(charts)
        });
        let none = Charts { variants: Vec::new(), cases: Vec::new(), log_mass: f64::NEG_INFINITY };
        charts.unwrap_or(none)
    }

    /// The charts that start at a place; unless they may change off the beat, cases that put more chords on one side
    /// of a seam than there are beats are left out.
    fn starting(
        (earliest, off_beat): (Duration, bool),
        law: &ChartLaw<'_>,
        frame: &Frame,
        structure: &Structure,
        (limits, leanings): (&[ChartLimit], &[Leaning]),
    ) -> Charts {
        let segments: Vec<(Duration, Duration)> =
            structure.segments.iter().map(|segment| (segment.from.max(earliest), segment.to)).collect();
        let (own, mut decisions) = take_apart(structure, &segments, limits);
        let leanings: Vec<Vec<Leaning>> =
            structure.segments.iter().map(|of| of_segment(of, leanings)).collect();
        if !off_beat {
            let unit = frame.meter.unit_length();
            let on_beats =
                |option: &Vec<(usize, ChartLimit)>| option.iter().all(|(_, limit)| fits(limit, unit));
            decisions.iter_mut().for_each(|decision| decision.options.retain(on_beats));
        }
        let variants = segments.iter().map(|_| Vec::new()).collect();
        let mut charts = Charts { variants, cases: Vec::new(), log_mass: f64::NEG_INFINITY };
        let lattice = |segment: usize, chosen: &[usize], options: Vec<(usize, usize)>| -> Variant {
            let mut limits = own[segment].clone();
            for (decision, &option) in chosen.iter().enumerate() {
                let of_segment = decisions[decision].options[option].iter().filter(|(to, _)| *to == segment);
                limits.extend(of_segment.map(|(_, limit)| limit.clone()));
            }
            let of_segment = &leanings[segment];
            let before = Before::Context(law.start());
            let chart = chart_lattice(law, frame, segments[segment], (&limits, of_segment), before);
            let messages = Messages::new(&chart.lattice);
            let log_mass = messages.log_partition(&chart.lattice);
            Variant { options, chart, messages, log_mass }
        };
        charts.search(&decisions, &mut Vec::new(), &lattice);
        let largest = charts.cases.iter().map(|case| case.log_mass).fold(f64::NEG_INFINITY, f64::max);
        if largest > f64::NEG_INFINITY {
            let sum: f64 = charts.cases.iter().map(|case| libm::exp(case.log_mass - largest)).sum();
            charts.log_mass = largest + libm::log(sum);
        }
        charts
    }

    /// Adds the cases that begin with the options chosen so far and leave every segment a chart.
    fn search(
        &mut self,
        decisions: &[Decision],
        chosen: &mut Vec<usize>,
        lattice: &impl Fn(usize, &[usize], Vec<(usize, usize)>) -> Variant,
    ) {
        let mut variants = Vec::with_capacity(self.variants.len());
        let mut log_mass = 0.0;
        for segment in 0..self.variants.len() {
            let binds =
                |decision: &Decision| decision.options.iter().flatten().any(|(bound, _)| *bound == segment);
            // A segment is looked at as soon as all that binds it is chosen, and not again.
            let last = decisions.iter().rposition(binds).map_or(0, |last| last + 1);
            if chosen.len() < last {
                continue;
            }
            let binding = (0..last).filter(|&decision| binds(&decisions[decision]));
            let options: Vec<(usize, usize)> = binding.map(|decision| (decision, chosen[decision])).collect();
            let known = self.variants[segment].iter().position(|variant| variant.options == options);
            let index = known.unwrap_or_else(|| {
                self.variants[segment].push(lattice(segment, &chosen[..last], options));
                self.variants[segment].len() - 1
            });
            log_mass += self.variants[segment][index].log_mass;
            variants.push(index);
        }
        if log_mass == f64::NEG_INFINITY {
            return;
        }
        if chosen.len() == decisions.len() {
            self.cases.push(Case { variants, log_mass });
            return;
        }
        for option in 0..decisions[chosen.len()].options.len() {
            chosen.push(option);
            self.search(decisions, chosen, lattice);
            chosen.pop();
        }
    }

    /// Draws a chart for the whole page, with the natural logarithm of its probability before conditioning; `None`
    /// if there is none.
    pub fn draw(
        &self,
        law: &ChartLaw<'_>,
        structure: &Structure,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Chart, f64)> {
        let weights: Vec<f64> =
            self.cases.iter().map(|case| libm::exp(case.log_mass - self.log_mass)).collect();
        let case = &self.cases[if weights.len() == 1 { 0 } else { choose(rng, &weights)? }];
        let mut log_probability = 0.0;
        let mut drawn: Vec<(&Variant, Vec<Event>)> = Vec::with_capacity(self.variants.len());
        for (variants, &variant) in self.variants.iter().zip(&case.variants) {
            let variant = &variants[variant];
            let (events, log_weight) = variant.messages.sample(&variant.chart.lattice, rng)?;
            log_probability += log_weight;
            drawn.push((variant, events));
        }
        Some((put_together(law, structure, &drawn), log_probability))
    }
}

/// The chart of segments that were drawn, at all their uses.
pub(super) fn put_together(
    law: &ChartLaw<'_>,
    structure: &Structure,
    drawn: &[(&Variant, Vec<Event>)],
) -> Chart {
    let uses = structure.uses.iter().map(|&(segment, shift)| {
        let ((variant, events), shift) = (&drawn[segment], structure.segments[segment].shifts[shift]);
        changes(law, variant, events, shift)
    });
    Chart { changes: uses.flatten().collect() }
}

/// The chords of a segment, as they stand so much later.
pub(super) fn changes(
    law: &ChartLaw<'_>,
    variant: &Variant,
    events: &[Event],
    shift: Duration,
) -> Vec<ChordChange> {
    let change = |event: &Event| {
        let chord = event.symbol.and_then(|symbol| law.chords.get(usize::from(symbol)))?;
        Some(ChordChange { at: variant.chart.places[event.from as usize] + shift, chord: chord.clone() })
    };
    events.iter().filter_map(change).collect()
}

/// What leans on a segment in any of its uses, in the time of the first.
fn of_segment(segment: &Segment, leanings: &[Leaning]) -> Vec<Leaning> {
    let seen =
        segment.shifts.iter().flat_map(|&shift| leanings.iter().map(move |note| (note, note.at - shift)));
    let within = seen.filter(|&(_, at)| segment.from <= at && at < segment.to);
    within.map(|(note, at)| Leaning { at, factors: note.factors.clone() }).collect()
}

/// Whether the chords that a limit asks for can all begin on beats.
fn fits(limit: &ChartLimit, unit: Duration) -> bool {
    stretch(limit).is_none_or(|(from, to)| (to - from).div_floor(unit).max(1) >= chords_wanted(limit))
}

/// Where the chart may start, the better place first.
pub(super) fn starts(frame: &Frame, limits: &[ChartLimit]) -> Vec<Duration> {
    let mut starts = vec![frame.start()];
    if !limits.iter().any(needs_pickup) && frame.pickup.is_positive() {
        starts.insert(0, Duration::ZERO);
    }
    starts
}

/// Whether a limit asks for a chord before bar 1.
fn needs_pickup(limit: &ChartLimit) -> bool {
    match limit {
        ChartLimit::Begun { by } => *by < Duration::ZERO,
        ChartLimit::Run { from, .. } | ChartLimit::Arrival { from, .. } => *from < Duration::ZERO,
        ChartLimit::Count { from, min, .. } => *from < Duration::ZERO && *min > 0,
        ChartLimit::Sounding { .. } => false,
    }
}

/// The limits that bind segments each on its own, in the time of their first uses, and those that bind several.
pub(super) fn take_apart(
    structure: &Structure,
    segments: &[(Duration, Duration)],
    limits: &[ChartLimit],
) -> (Vec<Vec<ChartLimit>>, Vec<Decision>) {
    let mut own: Vec<Vec<ChartLimit>> = vec![Vec::new(); segments.len()];
    let mut decisions: Vec<Decision> = Vec::new();
    let mut seams: Vec<(usize, ChartLimit, Vec<Option<usize>>)> = Vec::new();
    for limit in limits {
        let uses = structure.uses.iter().enumerate().map(|(index, &(segment, shift))| {
            (index, segment, shifted(limit, structure.segments[segment].shifts[shift]))
        });
        let touched: Vec<(usize, usize, ChartLimit)> = uses
            .filter(|(_, segment, limit)| touches(limit, segments[*segment].0, segments[*segment].1))
            .collect();
        match limit {
            ChartLimit::Run { chords, .. } if touched.len() > 1 => {
                let parts = touched.iter().filter_map(|(_, segment, limit)| {
                    let ((from, to), (start, end)) = (stretch(limit)?, segments[*segment]);
                    Some((*segment, from.max(start), to.min(end)))
                });
                let decision = Decision { options: splits(chords, &parts.collect::<Vec<_>>()) };
                if !decisions.contains(&decision) {
                    decisions.push(decision);
                }
            }
            ChartLimit::Arrival { .. } => {
                for (index, segment, limit) in touched {
                    if stretch(&limit).is_some_and(|(from, _)| from > segments[segment].0) {
                        own[segment].push(limit);
                        continue;
                    }
                    let mut earlier = structure.uses[..index].iter().rev().map(|&(before, _)| before);
                    let before = earlier.find(|&before| segments[before].0 < segments[before].1);
                    match seams.iter_mut().find(|(other, same, _)| *other == segment && *same == limit) {
                        Some((_, _, befores)) => befores.push(before),
                        None => seams.push((segment, limit, vec![before])),
                    }
                }
            }
            _ => touched.into_iter().for_each(|(_, segment, limit)| {
                if !own[segment].contains(&limit) {
                    own[segment].push(limit);
                }
            }),
        }
    }
    decisions.extend(seams.into_iter().map(|(segment, limit, befores)| {
        let at_seam = arrival_at_seam(segment, &limit, &befores, segments);
        let behind = vec![(segment, limit)];
        Decision { options: [Some(behind), at_seam].into_iter().flatten().collect() }
    }));
    (own, decisions)
}

/// The limits under which a cadence arrives with the first chord of its segment, after each segment that stands
/// before a use; `None` if one use has nothing before it.
fn arrival_at_seam(
    segment: usize,
    limit: &ChartLimit,
    befores: &[Option<usize>],
    segments: &[(Duration, Duration)],
) -> Option<Vec<(usize, ChartLimit)>> {
    let ChartLimit::Arrival { from, to, before, arrive } = limit else { return None };
    let (from, to) = (*from, *to);
    let mut option = vec![
        (segment, ChartLimit::Count { from, to, min: 1, max: 1 }),
        (segment, ChartLimit::Sounding { from: to - MOMENT, to, allowed: arrive.clone() }),
    ];
    for &earlier in befores {
        let to = segments[earlier?].1;
        option.push((earlier?, ChartLimit::Sounding { from: to - MOMENT, to, allowed: before.clone() }));
    }
    Some(option)
}

/// Every way to split a run of chords over parts that follow each other, at least one chord in each; parts that are
/// one stretch of one segment get the same chords.
fn splits(chords: &[ChordSymbol], parts: &[Part]) -> Vec<Vec<(usize, ChartLimit)>> {
    let mut found = Vec::new();
    split(chords, parts, &mut Vec::new(), &mut found);
    found
}

fn split<'c>(
    chords: &'c [ChordSymbol],
    parts: &[Part],
    given: &mut Vec<(Part, &'c [ChordSymbol])>,
    found: &mut Vec<Vec<(usize, ChartLimit)>>,
) {
    let Some((&part, rest)) = parts.split_first() else {
        if chords.is_empty() {
            let run = |&((segment, from, to), chords): &(Part, &[ChordSymbol])| {
                (segment, ChartLimit::Run { from, to, chords: chords.to_vec() })
            };
            found.push(given.iter().map(run).collect());
        }
        return;
    };
    let most = chords.len().saturating_sub(rest.len());
    for count in if rest.is_empty() { most.max(1)..=most } else { 1..=most } {
        let (here, onward) = chords.split_at(count);
        let known = given.iter().find(|(other, _)| *other == part);
        let alike = |other: &[ChordSymbol]| {
            other.len() == here.len() && other.iter().zip(here).all(|(a, b)| a.sounds_like(b))
        };
        if known.is_some_and(|(_, other)| !alike(other)) || found.len() >= MOST_SPLITS {
            continue;
        }
        given.push((part, here));
        split(onward, rest, given, found);
        given.pop();
    }
}

/// A limit as it is seen from a use that lies so much later.
pub fn shifted(limit: &ChartLimit, shift: Duration) -> ChartLimit {
    let mut limit = limit.clone();
    match &mut limit {
        ChartLimit::Begun { by } => *by -= shift,
        ChartLimit::Sounding { from, to, .. }
        | ChartLimit::Run { from, to, .. }
        | ChartLimit::Count { from, to, .. }
        | ChartLimit::Arrival { from, to, .. } => {
            *from -= shift;
            *to -= shift;
        }
    }
    limit
}
