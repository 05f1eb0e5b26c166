//! How the melodies of a page's segments fit together at their seams, without trial and error.
//!
//! Seams see a segment's first and last note only, and how the parts go that it has in contours over them. So for each
//! segment the mass of its melodies is found by first note and by last note with these parts; such pairs are then drawn for
//! all segments together, by elimination; and each segment is filled given its own. Segments that are silent throughout are told apart first, as seams reach over them.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::contours::{Meaning, Sounding, join_contours};
use super::melody_lattice::MelodyLattice;
use super::melody_law::MelodyLaw;
use super::melody_limits::symbols;
use super::reach_limits::first_and_last;
use super::silence::{first_notes, silence_to_the_end, silent_so_far};
use super::structure::Structure;
use super::unroll::Symbols;
use crate::constraint::MelodyLimit;
use crate::markov::draw::choose;
use crate::markov::{Elimination, Event, Factor, Lattice, Messages};
use crate::music::Duration;

/// With more segments than this that may be silent, the ways to be silent are not told apart.
const MOST_SILENT: u32 = 10;

/// A first note: its pitch, and which limits on leaps bind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct First {
    symbol: u16,
    /// Which of [`Edges::leaps`].
    leaps: usize,
}

/// A last note: its pitch, and how the parts of contours over seams go.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    symbol: u16,
    lines: Vec<u16>,
}

/// The melodies of a segment by first and last note.
#[derive(Clone, Debug)]
pub struct Edges {
    firsts: Vec<First>,
    lasts: Vec<Last>,
    /// For each kind of place where the first note may start, and each use, the widest leap into it.
    leaps: Vec<Vec<Option<u32>>>,
    /// The weight of each first note with each last one.
    weights: Vec<f64>,
    /// The weight of silence, on the same scale.
    silent: f64,
    /// The natural logarithm of that scale.
    log_scale: f64,
}

/// What is drawn of a segment before the segment itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// Nothing sounds in it.
    Silent,
    /// The numbers of the first note and of the last one among the segment's.
    Sounding(usize, usize),
}

/// The melodies of a page by the first and last notes of their segments.
#[derive(Debug)]
pub struct Seams {
    cases: Vec<(Vec<Option<usize>>, Elimination, f64)>,
    /// The natural logarithm of the mass of all melodies that fit, seams counted as the law of seams weighs them.
    pub log_mass: f64,
}

/// How messages are made, and how two weights are put together: as the mass of both, or as the better one.
type Joining = (fn(&mut Messages, &Lattice), fn(f64, f64) -> f64);

/// The limits and the law that seams obey.
#[derive(Clone, Copy)]
pub struct SeamLaw<'a> {
    /// The law of pitches.
    pub law: &'a MelodyLaw<'a>,
    /// The structure.
    pub structure: &'a Structure,
    /// What is asked of the melody.
    pub limits: &'a [MelodyLimit],
}

/// First and last notes by segment.
struct Notes<'a>(&'a [Edges]);

impl Meaning for Notes<'_> {
    fn first_note(&self, segment: usize, value: usize) -> i32 {
        i32::from(self.0[segment].firsts[value].symbol)
    }

    fn last_note(&self, segment: usize, value: usize) -> (i32, &[u16]) {
        let last = &self.0[segment].lasts[value];
        (i32::from(last.symbol), &last.lines)
    }
}

impl SeamLaw<'_> {
    /// The kinds of places in a segment, told apart by how far each use may leap into them: for each layer its kind,
    /// and for each kind the widest leap by use.
    fn kinds(&self, segment: usize, places: &[Duration]) -> (Vec<usize>, Vec<Vec<Option<u32>>>) {
        let widest = |at: Duration| {
            let leaps = self.limits.iter().filter_map(|limit| match limit {
                MelodyLimit::Leap { from, to, max } if *from <= at && at < *to => Some(*max),
                _ => None,
            });
            leaps.min()
        };
        let mut kinds: Vec<Vec<Option<u32>>> = Vec::new();
        let of_layer = places.iter().map(|&at| {
            let kind: Vec<Option<u32>> =
                self.structure.segments[segment].shifts.iter().map(|&shift| widest(at + shift)).collect();
            kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            })
        });
        (of_layer.collect(), kinds)
    }

    /// The masses of a segment's melodies by first and last note: one backward pass for each last note with each way the
    /// parts of contours go.
    pub fn weigh(&self, segment: usize, melody: &MelodyLattice) -> Edges {
        self.weigh_by(segment, melody, (Messages::recompute, |sum, weight| sum + weight))
    }

    /// The weight of the best melody by first and last note in place of the mass of all.
    pub fn weigh_best(&self, segment: usize, melody: &MelodyLattice) -> Edges {
        self.weigh_by(segment, melody, (Messages::recompute_best, f64::max))
    }

    fn weigh_by(&self, segment: usize, melody: &MelodyLattice, (recompute, join): Joining) -> Edges {
        let (lattice, pitches) = (&melody.lattice, self.law.pitches);
        let (of_layer, leaps) = self.kinds(segment, &melody.places);
        let silence = silent_so_far(lattice, join);
        let mut all = Messages::default();
        recompute(&mut all, lattice);
        let (_, scale) = all.partition(lattice);
        let lasts = self.lasts(melody);
        let mut weights = vec![0.0; leaps.len() * pitches * lasts.len()];
        let mut one_end = lattice.clone();
        for (number, last) in lasts.iter().enumerate() {
            self.end_on(&mut one_end, melody, Some(last));
            recompute(&mut all, &one_end);
            first_notes(&one_end, &silence, |layer, jump, symbol, target, weight| {
                let ahead = all.node(jump.to as usize, jump.node as usize)[target as usize];
                if ahead > 0.0 {
                    let first = of_layer[layer] * pitches + usize::from(symbol);
                    let exponent = all.exponent(jump.to as usize) - scale;
                    let known = &mut weights[first * lasts.len() + number];
                    *known = join(*known, weight * libm::ldexp(ahead, exponent));
                }
            });
        }
        let silent: f64 = libm::ldexp(silence_to_the_end(lattice, &silence, join), -scale);
        let log_scale = f64::from(scale) * std::f64::consts::LN_2;
        Edges::new(weights, pitches, (lasts, leaps), silent, log_scale)
    }

    /// Every last note with every way the parts of contours may go.
    fn lasts(&self, melody: &MelodyLattice) -> Vec<Last> {
        let mut ways = melody.lines.clone();
        ways.sort_unstable();
        ways.dedup();
        let last = |lines: Vec<u16>| {
            (0..self.law.pitches as u16).map(move |symbol| Last { symbol, lines: lines.clone() })
        };
        ways.into_iter().flat_map(last).collect()
    }

    /// Keeps of the ends of a lattice those with a last note; `None`: with none.
    fn end_on(&self, lattice: &mut Lattice, melody: &MelodyLattice, last: Option<&Last>) {
        let own = melody.lattice.ends.iter().zip(&melody.lines);
        for (ends, (own, lines)) in lattice.ends.iter_mut().zip(own) {
            let goes = last.is_none_or(|last| last.lines == *lines);
            for (context, (end, own)) in ends.iter_mut().zip(own).enumerate() {
                let is = goes && self.law.last(context as u32) == last.map(|last| last.symbol);
                *end = if is { *own } else { 0.0 };
            }
        }
    }

    /// Joins the segments' edges, each seam weighed by `fit(last note, first note)`. `None` if they are too
    /// intertwined.
    pub fn join(&self, edges: &[Edges], fit: impl Fn(u16, u16) -> f64) -> Option<Seams> {
        self.join_by(edges, fit, Elimination::new)
    }

    /// The same of the best melodies by first and last note, for [`Seams::into_falling`].
    pub fn join_best(&self, edges: &[Edges], fit: impl Fn(u16, u16) -> f64) -> Option<Seams> {
        self.join_by(edges, fit, Elimination::best)
    }

    fn join_by(
        &self,
        edges: &[Edges],
        fit: impl Fn(u16, u16) -> f64,
        eliminate: impl Fn(&[usize], Vec<Factor>) -> Option<Elimination>,
    ) -> Option<Seams> {
        let may_be_silent: Vec<usize> =
            (0..edges.len()).filter(|&segment| edges[segment].silent > 0.0).collect();
        if may_be_silent.len() as u32 > MOST_SILENT {
            return None;
        }
        let mut cases = Vec::new();
        for pattern in 0..1u32 << may_be_silent.len() {
            let is_silent = |segment: usize| {
                may_be_silent
                    .iter()
                    .position(|&other| other == segment)
                    .is_some_and(|at| pattern >> at & 1 == 1)
            };
            if (0..edges.len()).any(|segment| edges[segment].firsts.is_empty() && !is_silent(segment)) {
                continue;
            }
            let sounding: Vec<usize> = (0..edges.len()).filter(|&segment| !is_silent(segment)).collect();
            let mut numbers = vec![None; edges.len()];
            sounding.iter().enumerate().for_each(|(number, &segment)| numbers[segment] = Some(number));
            if let Some((domains, factors)) = self.factors(edges, &sounding, &numbers, &fit) {
                let joined = eliminate(&domains, factors)?;
                let silence: f64 = (0..edges.len())
                    .map(|segment| {
                        let own = if is_silent(segment) { libm::log(edges[segment].silent) } else { 0.0 };
                        own + edges[segment].log_scale
                    })
                    .sum();
                let log_mass = joined.log_mass + silence;
                if log_mass > f64::NEG_INFINITY {
                    cases.push((numbers, joined, log_mass));
                }
            }
        }
        let largest = cases.iter().map(|case| case.2).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = cases.iter().map(|case| libm::exp(case.2 - largest)).sum();
        let log_mass = if cases.is_empty() { f64::NEG_INFINITY } else { largest + libm::log(sum) };
        Some(Seams { cases, log_mass })
    }

    /// The variables (for each sounding segment its first note, then its last) and the factors between them; `None`
    /// if the silence of the others leaves no note where there must be one.
    fn factors(
        &self,
        edges: &[Edges],
        sounding: &[usize],
        numbers: &[Option<usize>],
        fit: &impl Fn(u16, u16) -> f64,
    ) -> Option<(Vec<usize>, Vec<Factor>)> {
        let sizes =
            sounding.iter().flat_map(|&segment| [edges[segment].firsts.len(), edges[segment].lasts.len()]);
        let mut domains: Vec<usize> = sizes.collect();
        let mut factors: Vec<Factor> = (sounding.iter().enumerate())
            .map(|(number, &segment)| Factor {
                variables: vec![2 * number, 2 * number + 1],
                weights: edges[segment].weights.clone(),
            })
            .collect();
        let uses: Vec<Sounding> = (self.structure.uses.iter())
            .filter_map(|&(segment, shift)| {
                let number = numbers[segment]?;
                Some(Sounding { segment, shift, first: 2 * number, last: 2 * number + 1 })
            })
            .collect();
        for pair in uses.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            let (lasts, edges) = (&edges[before.segment].lasts, &edges[after.segment]);
            let weigh = |last: u16, first: &First| {
                let near = edges.leaps[first.leaps][after.shift]
                    .is_none_or(|widest| u32::from(last.abs_diff(first.symbol)) <= widest);
                if near { fit(last, first.symbol) } else { 0.0 }
            };
            let weights = lasts
                .iter()
                .flat_map(|last| edges.firsts.iter().map(move |first| (last.symbol, first)))
                .map(|(last, first)| weigh(last, first));
            factors.push(Factor { variables: vec![before.last, after.first], weights: weights.collect() });
        }
        let (first, last) = first_and_last(self.limits);
        let [first, last] = [first, last].map(|end| end.map(|allowed| symbols(self.law, &allowed)));
        let is = |allowed: Symbols, symbol: u16| f64::from(u8::from(allowed >> symbol & 1 == 1));
        if let Some(allowed) = first {
            let used = uses.first()?;
            let weights = edges[used.segment].firsts.iter().map(|first| is(allowed, first.symbol)).collect();
            factors.push(Factor { variables: vec![used.first], weights });
        }
        if let Some(allowed) = last {
            let used = uses.last()?;
            let weights = edges[used.segment].lasts.iter().map(|last| is(allowed, last.symbol)).collect();
            factors.push(Factor { variables: vec![used.last], weights });
        }
        let limits = (self.limits, None);
        let joined =
            join_contours(self.structure, limits, &uses, &Notes(edges), (&mut domains, &mut factors));
        joined.then_some((domains, factors))
    }

    /// A segment's melodies that begin with one first note; `None`: that are silent.
    fn with_first(&self, segment: usize, melody: &MelodyLattice, first: Option<First>) -> Lattice {
        let mut lattice = melody.lattice.clone();
        let start = lattice.start as usize;
        for kernel in lattice.kernels.iter_mut().map(Arc::make_mut) {
            for entry in kernel.row(start) {
                if Some(kernel.symbols[entry]) != first.map(|first| first.symbol) {
                    kernel.weights[entry] = 0.0;
                }
            }
        }
        // Where leaps are bound in another way, no first note may start.
        let (of_layer, _) = self.kinds(segment, &melody.places);
        let count = lattice.scales.len() as u32;
        let mut barred = lattice.scales.clone();
        barred.iter_mut().for_each(|scale| Arc::make_mut(scale)[start] = 0.0);
        lattice.scales.append(&mut barred);
        for (layer, kind) in lattice.layers.iter_mut().zip(of_layer) {
            if first.is_some_and(|first| first.leaps != kind) {
                let scales = layer.jumps.iter_mut().filter_map(|jump| jump.emission.as_mut()?.scale.as_mut());
                scales.for_each(|scale| *scale += count);
            }
        }
        lattice
    }

    /// A segment's melodies by first note, each with the probability of that note on the page, and weighed so that the last
    /// notes are as likely with it as the seams make them; `None` if nothing fits.
    pub fn by_first(
        &self,
        segment: usize,
        melody: &MelodyLattice,
        edges: &Edges,
        seams: &Seams,
    ) -> Option<Vec<(f64, Lattice)>> {
        let count = edges.lasts.len().max(1);
        let shares = seams.shares(segment, edges.weights.len())?;
        // The number of a last note by node and symbol.
        let symbols = 0..self.law.pitches as u16;
        let numbers = melody.lines.iter().map(|lines| {
            let number =
                |symbol| edges.lasts.iter().position(|last| last.symbol == symbol && last.lines == *lines);
            symbols.clone().map(number).collect()
        });
        let numbers: Vec<Vec<Option<usize>>> = numbers.collect();
        let rows = edges.firsts.iter().zip(shares.chunks(count).zip(edges.weights.chunks(count)));
        let bound = rows.map(|(first, (shares, weights))| {
            let mut lattice = self.with_first(segment, melody, Some(*first));
            for (ends, numbers) in lattice.ends.iter_mut().zip(&numbers) {
                for (context, end) in ends.iter_mut().enumerate() {
                    let last = self.law.last(context as u32).and_then(|last| numbers[usize::from(last)]);
                    let onward = last.and_then(|last| Some((shares.get(last)?, weights.get(last)?)));
                    *end *= onward
                        .filter(|(_, weight)| **weight > 0.0)
                        .map_or(0.0, |(share, weight)| share / weight);
                }
            }
            (shares.iter().sum(), lattice)
        });
        Some(bound.filter(|(share, _)| *share > 0.0).collect())
    }

    /// Draws a segment's melody given its edge, with the natural logarithm of its weight.
    pub fn fill(
        &self,
        segment: usize,
        melody: &MelodyLattice,
        edges: &Edges,
        edge: Edge,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Event>, f64)> {
        let lattice = self.within(segment, melody, edges, edge)?;
        Messages::new(&lattice).sample(&lattice, rng)
    }

    /// A segment's melodies given its edge.
    pub fn within(
        &self,
        segment: usize,
        melody: &MelodyLattice,
        edges: &Edges,
        edge: Edge,
    ) -> Option<Lattice> {
        let (first, last) = match edge {
            Edge::Silent => (None, None),
            Edge::Sounding(first, last) => (Some(*edges.firsts.get(first)?), Some(edges.lasts.get(last)?)),
        };
        let mut lattice = self.with_first(segment, melody, first);
        self.end_on(&mut lattice, melody, last);
        Some(lattice)
    }
}

impl Edges {
    /// Keeps the first notes that go with some last note.
    fn new(
        weights: Vec<f64>,
        pitches: usize,
        (lasts, leaps): (Vec<Last>, Vec<Vec<Option<u32>>>),
        silent: f64,
        log_scale: f64,
    ) -> Edges {
        let count = lasts.len().max(1);
        let mut edges =
            Edges { firsts: Vec::new(), lasts: Vec::new(), leaps, weights: Vec::new(), silent, log_scale };
        // With contours there are many ends that never come about.
        let is_there = |(number, last): &(usize, &Last)| {
            last.lines.is_empty() || weights.iter().skip(*number).step_by(count).any(|&weight| weight > 0.0)
        };
        let there: Vec<usize> = lasts.iter().enumerate().filter(is_there).map(|last| last.0).collect();
        edges.lasts.extend(there.iter().map(|&number| lasts[number].clone()));
        for (index, row) in weights.chunks(count).enumerate() {
            if row.iter().any(|&weight| weight > 0.0) {
                edges.firsts.push(First { symbol: (index % pitches) as u16, leaps: index / pitches });
                edges.weights.extend(there.iter().map(|&number| row[number]));
            }
        }
        edges
    }
}

impl Seams {
    /// The probability of each first note of a segment with each last one, of so many pairs; `None` if nothing fits.
    fn shares(&self, segment: usize, pairs: usize) -> Option<Vec<f64>> {
        let mut shares = vec![0.0; pairs];
        for (numbers, joined, log_mass) in &self.cases {
            let Some(number) = numbers.get(segment)? else { continue };
            let weight = libm::exp(log_mass - self.log_mass);
            let pair = joined.pair(2 * number, 2 * number + 1)?;
            shares.iter_mut().zip(pair).for_each(|(share, pair)| *share += weight * pair);
        }
        Some(shares)
    }

    /// Draws what each segment begins and ends with; `None` if nothing fits.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> Option<Vec<Edge>> {
        let weights: Vec<f64> = self.cases.iter().map(|case| libm::exp(case.2 - self.log_mass)).collect();
        let (numbers, joined, _) = &self.cases[choose(rng, &weights)?];
        Some(edges_of(numbers, &joined.draw(rng)?))
    }

    /// What segments begin and end with in falling order of the best melodies that do, each with the natural logarithm of
    /// their weight, seams counted.
    pub fn into_falling(self) -> impl Iterator<Item = (Vec<Edge>, f64)> {
        let cases = self.cases.into_iter().map(|(numbers, joined, log_mass)| {
            let apart = log_mass - joined.log_mass;
            joined
                .into_falling()
                .map(move |(values, log)| (edges_of(&numbers, &values), log + apart))
                .peekable()
        });
        let mut cases: Vec<_> = cases.collect();
        std::iter::from_fn(move || {
            let logs = cases.iter_mut().map(|case| case.peek().map_or(f64::NEG_INFINITY, |next| next.1));
            let logs: Vec<f64> = logs.collect();
            // The first among equals.
            let best = (0..logs.len()).rev().max_by(|&one, &other| logs[one].total_cmp(&logs[other]))?;
            cases[best].next()
        })
    }
}

/// The edges that values of first and last notes are.
fn edges_of(numbers: &[Option<usize>], values: &[usize]) -> Vec<Edge> {
    let edge = |number: &Option<usize>| match number {
        Some(number) => Edge::Sounding(values[2 * number], values[2 * number + 1]),
        None => Edge::Silent,
    };
    numbers.iter().map(edge).collect()
}
