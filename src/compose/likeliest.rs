//! The likeliest sheets in place of drawn ones: the likeliest chart, and over it the likeliest melodies.
//!
//! As a take without a plan draws a chart and then a melody over it, so here each is the likeliest. Charts come in falling
//! order of what their law says, each note that is asked for counted by how likely it is over the chord under it (see
//! [`leanings`](super::leanings)); over the first that leaves any, the melodies come in falling order of theirs, seams
//! counted; then those over the next. Both orders are exact: segments are bound by limits over seams in cases, and by first
//! and last notes at seams, and given these they stand each for itself, so the best of the whole is made of the best of
//! each, and so are the next. Where the melody is kept throughout there is none to be found, and charts are ranked by what
//! the chart's law and the melody's over it say together.

use std::collections::BTreeMap;
use std::iter::Peekable;

use rayon::prelude::*;

use super::charts::{Variant, changes, put_together};
use super::falling::{Falling, Left};
use super::melody_lattice::MelodyLattice;
use super::prepare::{Prepared, Refusal};
use super::seams::{Edge, Edges};
use super::take::Take;
use crate::constraint::{Constraint, Layer};
use crate::markov::{Event, Lattice};
use crate::music::{Chart, Duration, LeadSheet, Note};

/// How many charts are ranked over a melody that is kept, if the request does not say.
const CHARTS: usize = 64;
/// How many charts are gone through for melodies.
const MOST_CHARTS: usize = 64;
/// How many beginnings of charts or melodies are passed over.
const MOST_PASSED_OVER: usize = 200_000;
/// A whole chart or melody that is passed over counts for so many.
const OF_WHOLE: usize = 2;
/// A segment's melodies with one first and one last note that are looked at count for so many.
const OF_EDGE: usize = 50;

/// The likeliest sheets that there are.
#[derive(Debug)]
pub struct Likeliest {
    /// In falling order; fewer than were asked for if there are no more, or no more were found.
    pub takes: Vec<Take>,
    /// Where the melody is kept: among how many of the likeliest charts these are the likeliest; `None` if among all.
    pub among: Option<usize>,
    /// Whether the search was given up: too many sheets were passed over, or too many charts left no melody.
    pub gave_up: bool,
}

impl Likeliest {
    /// What is to be said of them where so many were asked for.
    pub fn remark(&self, count: usize) -> Option<String> {
        let found = self.takes.len();
        let sheets =
            |count: usize| if count == 1 { "1 sheet".to_string() } else { format!("{count} sheets") };
        match (found < count, self.gave_up) {
            (false, _) => None,
            (true, true) => Some(format!(
                "{} of {count}: then the search was given up, after {MOST_CHARTS} charts without a melody or \
                 {MOST_PASSED_OVER} beginnings of sheets that copy the style's songs or break what is asked",
                sheets(found)
            )),
            (true, false) => Some(format!("{} of {count}: what is asked leaves no more", sheets(found))),
        }
    }
}

/// Why sheets are not ranked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Unranked {
    #[error(
        "what varies is drawn after what it varies, so there is no saying which whole is the likeliest: leave out the primes \
         and what asks for variations, or leave out --likeliest"
    )]
    Varied,
    #[error(
        "rhythms of other bars are taken up after these are drawn, so there is no saying which whole is the likeliest: \
         leave out 'rhythm as', or leave out --likeliest"
    )]
    Rhythm,
    #[error(
        "the sections meet each other in too many ways to say which melody is the likeliest: give a form of fewer sections, \
         or leave out --likeliest"
    )]
    Intertwined,
    #[error(
        "none of the likeliest sheets will do: they copy the style's songs or break what is asked. Draw them instead (leave \
         out --likeliest), or let more be copied, such as 'copy <= 12 notes'"
    )]
    PassedOver,
}

impl Prepared<'_> {
    /// The likeliest sheets of the request, so many, without a plan.
    ///
    /// # Errors
    /// When bars vary others or have their rhythm, seams are too intertwined, or nothing is found.
    pub fn likeliest(&self, count: usize) -> Result<Likeliest, Refusal> {
        if !self.limits.vary.is_empty() {
            return Err(Unranked::Varied.into());
        }
        if self.limits.same.iter().any(|same| same.layer == Layer::Rhythm) {
            return Err(Unranked::Rhythm.into());
        }
        let left = Left::new(MOST_PASSED_OVER);
        let mut charts = LikelyCharts::new(self, &left);
        let mut likeliest = Likeliest { takes: Vec::new(), among: None, gave_up: false };
        if self.keeps_melody() {
            let most = self.request.particles.unwrap_or(CHARTS).max(count);
            let mut ranked: Vec<(Chart, f64)> = Vec::new();
            while ranked.len() <= most
                && let Some(chart) = charts.next()
            {
                ranked.push(chart);
            }
            if ranked.len() > most {
                ranked.truncate(most);
                likeliest.among = Some(most);
            }
            let over = self.over_charts(&self.limits.melody);
            let mut ranked: Vec<(f64, (Chart, f64))> = (ranked.into_par_iter())
                .map(|chart| (chart.1 + over.log_mass(&chart.0), chart))
                .filter(|chart| chart.0 > f64::NEG_INFINITY)
                .collect();
            ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
            for (_, chart) in ranked {
                self.add_over(&chart, likeliest.takes.len() + 1, &mut likeliest, &left)?;
                if likeliest.takes.len() >= count {
                    break;
                }
            }
        } else {
            for number in 0.. {
                let Some(chart) = charts.next() else { break };
                if number == MOST_CHARTS {
                    likeliest.gave_up = true;
                    break;
                }
                self.add_over(&chart, count, &mut likeliest, &left)?;
                if likeliest.takes.len() >= count || left.is_none() {
                    break;
                }
            }
        }
        likeliest.gave_up |= left.is_none();
        match likeliest.takes.is_empty() {
            true => Err(Unranked::PassedOver.into()),
            false => Ok(likeliest),
        }
    }

    /// Whether the melody is kept from the first bar to the last.
    fn keeps_melody(&self) -> bool {
        let kept = self.request.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Kept(kept) => Some(kept.spans_of_notes()),
            _ => None,
        });
        let mut spans: Vec<(Duration, Duration)> = kept.flatten().copied().collect();
        spans.sort_unstable();
        let frame = &self.page.frame;
        let end =
            spans.iter().fold(frame.start(), |end, span| if span.0 <= end { end.max(span.1) } else { end });
        end >= frame.end()
    }

    /// Adds the likeliest melodies over a chart until there are so many takes.
    fn add_over(
        &self,
        (chart, log_chart): &(Chart, f64),
        count: usize,
        likeliest: &mut Likeliest,
        left: &Left,
    ) -> Result<(), Refusal> {
        let melodies: Vec<MelodyLattice> =
            self.over_charts(&self.limits.melody).lattices(chart).into_iter().flatten().collect();
        let mut likely = LikelyMelodies::new(self, &melodies, left)?;
        while likeliest.takes.len() < count
            && !left.is_none()
            && let Some((notes, log_melody)) = likely.next()
        {
            if self.copies.are_in(&notes) {
                left.pass_over(OF_WHOLE);
                continue;
            }
            let sheet = self.sheet(chart.clone(), notes);
            let holds = |constraint: &Constraint| constraint.holds(&sheet, &self.page.frame);
            let is_new = |sheet: &LeadSheet| !likeliest.takes.iter().any(|known| known.sheet == *sheet);
            if !self.request.constraints.iter().all(holds) || !is_new(&sheet) {
                left.pass_over(OF_WHOLE);
                continue;
            }
            likeliest.takes.push(Take {
                sheet,
                log_probability: (log_chart + log_melody) / self.request.power(),
                log_mass: None,
                draws: 0,
                plan: None,
                effective: None,
                copied: false,
                unvaried: false,
            });
        }
        Ok(())
    }
}

/// The charts of a page in falling order.
struct LikelyCharts<'p, 'a> {
    prepared: &'p Prepared<'a>,
    falling: Falling<'p, &'p Lattice, (usize, &'p Variant)>,
}

impl<'p, 'a> LikelyCharts<'p, 'a> {
    fn new(prepared: &'p Prepared<'a>, left: &'p Left) -> LikelyCharts<'p, 'a> {
        let charts = prepared.charts();
        let (law, segments) = (&prepared.chart_law, &prepared.chart_structure.segments);
        let judge = |&(segment, variant): &(usize, &Variant), events: &[Event]| {
            let Some(copies) = &prepared.chord_copies else { return Some(events.len()) };
            let shift = segments[segment].shifts.first().copied().unwrap_or_default();
            (!copies.are_in(&Chart { changes: changes(law, variant, events, shift) })).then_some(0)
        };
        let mut falling = Falling::new(judge, left);
        let lists = charts.variants.iter().enumerate().map(|(segment, variants)| {
            let list = |variant: &'p Variant| falling.list(&variant.chart.lattice, (segment, variant));
            variants.iter().map(list).collect()
        });
        let lists: Vec<Vec<usize>> = lists.collect();
        for case in &charts.cases {
            let of_case = case.variants.iter().zip(&lists).map(|(&variant, lists)| lists[variant]);
            falling.add(of_case.collect(), 0.0);
        }
        LikelyCharts { prepared, falling }
    }

    /// The next chart, with the natural logarithm of its probability before conditioning.
    fn next(&mut self) -> Option<(Chart, f64)> {
        let prepared = self.prepared;
        loop {
            let (found, log) = self.falling.next()?;
            let found: Vec<_> =
                found.into_iter().map(|(&(_, variant), events)| (variant, events.to_vec())).collect();
            let chart = put_together(&prepared.chart_law, &prepared.chart_structure, &found);
            if !prepared.copies_chords(&chart) {
                let log_chart = log - prepared.leaning_on(&chart);
                return Some((chart, log_chart));
            }
            self.falling.left().pass_over(OF_WHOLE);
        }
    }
}

/// The melodies over a chart in falling order.
struct LikelyMelodies<'p, 'a> {
    prepared: &'p Prepared<'a>,
    melodies: &'p [MelodyLattice],
    falling: Falling<'p, Lattice, usize>,
    /// What the segments begin and end with, still to come; none for a segment that meets no other.
    edges: Vec<Edges>,
    seams: Peekable<Box<dyn Iterator<Item = (Vec<Edge>, f64)> + 'p>>,
    /// The list of each segment with each edge.
    lists: BTreeMap<(usize, Edge), usize>,
}

impl<'p, 'a> LikelyMelodies<'p, 'a> {
    fn new(
        prepared: &'p Prepared<'a>,
        melodies: &'p [MelodyLattice],
        left: &'p Left,
    ) -> Result<LikelyMelodies<'p, 'a>, Refusal> {
        let segments = &prepared.structure.segments;
        // So many notes before one that is to come may be a copy with it.
        let most = prepared.copies.most() as usize;
        let judge = move |&segment: &usize, events: &[Event]| {
            let sounding = events.iter().enumerate().rev().filter(|(_, event)| event.symbol.is_some());
            let starts: Vec<usize> = sounding.map(|(start, _)| start).take(most + 1).collect();
            let remembered = starts.get(most.saturating_sub(1)).copied().unwrap_or(0);
            let Some(&first) = starts.get(most).filter(|_| starts.first() == Some(&(events.len() - 1)))
            else {
                return Some(remembered);
            };
            let shift = segments[segment].shifts.first().copied().unwrap_or_default();
            let notes = prepared.notes_of(&melodies[segment], &events[first..], shift);
            (!prepared.copies.end(&notes.map(|(_, note)| note).collect::<Vec<_>>())).then_some(remembered)
        };
        let mut falling = Falling::new(judge, left);
        let mut edges: Vec<Edges> = Vec::new();
        let mut seams: Box<dyn Iterator<Item = (Vec<Edge>, f64)> + 'p> = Box::new(std::iter::empty());
        if let ([_], [melody]) = (prepared.structure.uses.as_slice(), melodies) {
            let list = falling.list(melody.lattice.clone(), 0);
            falling.add(vec![list], 0.0);
        } else {
            let law = prepared.seam_law();
            let weighed = melodies.par_iter().enumerate();
            edges = weighed.map(|(segment, melody)| law.weigh_best(segment, melody)).collect();
            let joined = law.join_best(&edges, |last, first| prepared.pitch.law.seam(last, first));
            seams = Box::new(joined.ok_or(Unranked::Intertwined)?.into_falling());
        }
        let (seams, lists) = (seams.peekable(), BTreeMap::new());
        Ok(LikelyMelodies { prepared, melodies, falling, edges, seams, lists })
    }

    /// The next melody, with the natural logarithm of its probability before conditioning, seams counted.
    fn next(&mut self) -> Option<(Vec<Note>, f64)> {
        // What begins and ends in some way is no likelier than the best that does.
        while let Some((edges, log)) = self.seams.next_if(|next| next.1 >= self.falling.log_next()) {
            let lists: Option<Vec<usize>> =
                edges.iter().enumerate().map(|(segment, &edge)| self.list(segment, edge)).collect();
            if let Some(lists) = lists {
                let apart: f64 = lists.iter().map(|&list| self.falling.log_best(list)).sum();
                self.falling.add(lists, log - apart);
            }
        }
        let (found, log) = self.falling.next()?;
        let mut notes: Vec<Note> = Vec::new();
        for &(segment, shift) in &self.prepared.structure.uses {
            let shift = self.prepared.structure.segments[segment].shifts[shift];
            let paths = found.iter().filter(|(of, _)| **of == segment);
            notes.extend(paths.flat_map(|(_, events)| {
                self.prepared.notes_of(&self.melodies[segment], events, shift).map(|(_, note)| note)
            }));
        }
        Some((notes, log))
    }

    /// The number of a segment's melodies with an edge.
    fn list(&mut self, segment: usize, edge: Edge) -> Option<usize> {
        if let Some(&known) = self.lists.get(&(segment, edge)) {
            return Some(known);
        }
        let law = self.prepared.seam_law();
        let lattice = law.within(segment, &self.melodies[segment], &self.edges[segment], edge)?;
        self.falling.left().pass_over(OF_EDGE);
        let list = self.falling.list(lattice, segment);
        self.lists.insert((segment, edge), list);
        Some(list)
    }
}
