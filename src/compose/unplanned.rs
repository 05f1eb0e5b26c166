//! Takes without a plan: a chart, weighed by the melodies over it, then a melody, segment by segment.
//!
//! The law is that of the chart chain times that of the melody chain over the chart, under all constraints at once. A
//! single chart is an exact draw where nothing is asked of the melody, for its law sums to one over every chart. Else
//! charts are drawn as the notes asked for lean on them and weighed by the mass of all melodies over them that keep what is
//! asked, over what the leanings said (importance resampling, Rubin 1987): the mass is exact, and the law of the takes
//! tends to the joint one as more charts are weighed. Takes come in blocks that share their charts: each chart is taken as
//! often as its weight says, drawn systematically (Carpenter, Clifford, Fearnhead 1999), so every take alone has the law
//! of a single draw, and the takes of a block are as different as the weights allow.

use std::sync::{Arc, PoisonError};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::chord_copies::Groundless;
use super::importance::{effective, weights};
use super::infeasible::Infeasible;
use super::melody_lattice::MelodyLattice;
use super::over_charts::Melodies;
use super::prepare::{Prepared, Refusal};
use super::seams::{self, Edges, SeamLaw, Seams};
use super::take::Take;
use super::uncopied::PassedOver;
use super::variation::Varied;
use crate::constraint::{Constraint, Copied};
use crate::markov::Event;
use crate::markov::draw::{choose, seeded, unit};
use crate::music::{Chart, Duration, Note};

/// How many melodies are drawn for one take, segment by segment, in the hope that their seams fit; then the seams are
/// drawn first. The law of the take is the same, but the second way costs as much as some tens of the first.
const HOPEFUL: usize = 400;
/// How many where most segments hold a copy: drawn one by one they can be drawn again one by one.
const STILL_HOPEFUL: usize = 10 * HOPEFUL;
/// How many are drawn where the seams are too intertwined to be drawn first.
const MOST_MELODIES: usize = 100_000;
/// How many variations are looked for before none is taken to go with what is asked.
const MOST_VARIED: usize = 400;
/// How many charts are weighed where something is asked of the melody, if the request does not say; as many takes share
/// them.
const CHARTS: usize = 8;
/// How many times so many charts are drawn before the melody asked for is taken to leave none.
const MOST_BLOCKS: u64 = 16;
/// The streams of random numbers from here on are those of blocks.
const BLOCK_STREAMS: u64 = 1 << 40;

/// The charts of some takes.
#[derive(Debug)]
pub(super) struct Block {
    /// Different charts, each with the natural logarithm of its probability before conditioning.
    charts: Vec<(Chart, f64)>,
    /// Which chart each take of the block has.
    order: Vec<usize>,
    /// The effective number of charts (Kish 1965) and how many were weighed; `None` for a single draw.
    effective: Option<(f64, usize)>,
    /// What the block tells of the natural logarithm of the mass of what is asked.
    log_mass: f64,
}

/// What a take without a plan draws its melody over.
struct Ground {
    chart: Chart,
    /// The natural logarithm of the chart's probability before conditioning.
    log_chart: f64,
    melodies: Arc<Melodies>,
    effective: Option<(f64, usize)>,
    log_mass: f64,
}

/// A chart and the melodies over it.
pub(super) type OnChart = (Chart, Arc<Melodies>);

impl Prepared<'_> {
    /// A take without a plan.
    pub(super) fn unplanned(&self, number: u64, rng: &mut ChaCha8Rng) -> Result<Take, Refusal> {
        let constraints = &self.request.constraints;
        let mut broken = vec![0usize; constraints.len()];
        let mut copying = None;
        let ground = self.ground(number, rng);
        if matches!(ground, Err(Groundless::Copies)) {
            copying = Some(Copied::Chords);
        }
        if let Ok(ground) = ground {
            let Ground { chart, melodies, .. } = &ground;
            // One chart stands for its share of all: it is kept until a melody fits, so that no chart is favoured for
            // melodies that are easy to find.
            let varied = melodies.iter().any(Option::is_none);
            let mut variations = MOST_VARIED;
            // What is asked of variations weighs their themes: of several melodies one is chosen.
            let (wanted, leading) = match varied && self.leads_themes() {
                true => (self.charts_weighed(), self.leading(chart, melodies)),
                false => (1, None),
            };
            let mut found: Vec<(Take, f64)> = Vec::with_capacity(wanted);
            let mut joined: Option<(Vec<Edges>, Seams)> = None;
            let mut passed_over = PassedOver::default();
            let mut hopeful = HOPEFUL;
            for draws in 1..=MOST_MELODIES {
                if draws == hopeful && !varied {
                    match passed_over.is_rule() && hopeful < STILL_HOPEFUL {
                        true => hopeful = STILL_HOPEFUL,
                        false => joined = self.join(melodies),
                    }
                }
                let led = leading.as_ref().filter(|_| unit(rng) < 0.5);
                let drawn = match &joined {
                    None => {
                        self.draw_melody(led.map_or(melodies, |led| &led.melodies), &mut passed_over, rng)
                    }
                    Some((edges, seams)) => self.draw_joined(melodies, edges, seams, rng),
                };
                let drawn = drawn.and_then(|drawn| self.vary(chart, drawn, &mut variations, rng));
                if drawn.is_none() && varied && variations == 0 {
                    break;
                }
                let Some(Varied { notes: melody, log_probability: log_melody, log_weight }) = drawn else {
                    continue;
                };
                let copied = self.copies.are_in(&melody);
                if copied && passed_over.goes_on() {
                    passed_over.whole();
                    continue;
                }
                if copied && self.limits.copied_notes.is_some() {
                    copying = Some(Copied::Notes);
                    break;
                }
                let sheet = self.sheet(chart.clone(), melody);
                let frame = &self.page.frame;
                match constraints.iter().position(|constraint| !constraint.holds(&sheet, frame)) {
                    None => {
                        let take = Take {
                            sheet,
                            log_probability: (ground.log_chart + log_melody) / self.request.power(),
                            log_mass: (!varied).then_some(ground.log_mass),
                            draws,
                            plan: None,
                            effective: ground.effective,
                            copied,
                            unvaried: false,
                        };
                        let notes = &take.sheet.melody().notes;
                        let log_share = leading.as_ref().map_or(0.0, |leading| leading.log_share(notes));
                        found.push((take, log_weight - log_share));
                        if found.len() == wanted {
                            break;
                        }
                    }
                    Some(constraint) => broken[constraint] += 1,
                }
            }
            if let Some(take) = one_of(found, rng) {
                return Ok(take);
            }
        }
        // The limit that holds for every take gives way where nothing else is found; one that was asked for does not.
        let is_limit = |constraint: &&Constraint| match constraint {
            Constraint::Copy(limit) => copying == Some(limit.of),
            _ => false,
        };
        let limits = constraints.iter().filter(is_limit);
        let hardest = broken.iter().zip(constraints).filter(|(count, _)| **count > 0);
        let conflict = hardest.map(|(_, constraint)| constraint).chain(limits);
        Err(Refusal::Infeasible(Box::new(Infeasible::unexplained(conflict, self.page.form()))))
    }

    /// The chart of a take, the melodies over it and what its block tells, if a chart was found that leaves a melody.
    fn ground(&self, number: u64, rng: &mut ChaCha8Rng) -> Result<Ground, Groundless> {
        if self.limits.melody.is_empty() && self.request.power() == 1.0 {
            let (chart, log_chart) = self.draw_chart(rng)?;
            let melodies = self.melodies_on(&chart);
            let log_mass = self.charts().log_mass;
            return Ok(Ground { chart, log_chart, melodies, effective: None, log_mass });
        }
        let count = self.charts_weighed() as u64;
        let (number, place) = (number / count, (number % count) as usize);
        let block = self.blocks.get_among(1, &number, || self.block(number).map(Arc::new))?;
        let (chart, log_chart) = block.charts[block.order[place]].clone();
        let melodies = self.melodies_on(&chart);
        Ok(Ground { chart, log_chart, melodies, effective: block.effective, log_mass: block.log_mass })
    }

    /// The melodies over a chart; those of the last one are kept, and no others, for they are large.
    fn melodies_on(&self, chart: &Chart) -> Arc<Melodies> {
        let at_hand = || self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of another chart go before the new ones are made.
        let known = at_hand().take();
        if let Some((known, melodies)) = known.filter(|(known, _)| known == chart) {
            *at_hand() = Some((known, Arc::clone(&melodies)));
            return melodies;
        }
        let melodies = Arc::new(self.melodies_under(chart, &self.limits.melody));
        *at_hand() = Some((chart.clone(), Arc::clone(&melodies)));
        melodies
    }

    /// Draws and weighs the charts of a block, if any leaves a melody.
    fn block(&self, number: u64) -> Result<Block, Groundless> {
        let mut rng = seeded(self.request.seed);
        rng.set_stream(BLOCK_STREAMS + number);
        let count = self.charts_weighed();
        // What hangs on no chart is worked out beside the charts.
        let (_, over) = rayon::join(|| self.charts(), || self.over_charts(&self.limits.melody));
        for _ in 0..MOST_BLOCKS {
            let mut charts: Vec<(Chart, f64)> = Vec::new();
            let mut drawn: Vec<usize> = Vec::with_capacity(count);
            for _ in 0..count {
                let chart = self.draw_chart(&mut rng)?;
                let known = charts.iter().position(|known| known.0 == chart.0);
                drawn.push(known.unwrap_or_else(|| {
                    charts.push(chart);
                    charts.len() - 1
                }));
            }
            let mut masses: Vec<f64> = match charts.as_slice() {
                // Its melodies are the takes'.
                [(chart, _)] => {
                    vec![self.melodies_on(chart).iter().flatten().map(|melodies| melodies.1).sum()]
                }
                _ => charts.par_iter().map(|(chart, _)| over.log_mass(chart)).collect(),
            };
            masses.iter_mut().zip(&charts).for_each(|(mass, (chart, _))| *mass -= self.leaning_on(chart));
            let largest = masses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if largest == f64::NEG_INFINITY {
                continue;
            }
            let weights = weights(drawn.iter().map(|&chart| masses[chart]));
            let total: f64 = weights.iter().sum();
            let log_mass = self.charts().log_mass + largest + libm::log(total / weights.len() as f64);
            let mut order: Vec<usize> = systematic(&weights, &mut rng).map(|index| drawn[index]).collect();
            // The first take is no likelier to have one chart than another.
            for last in (1..order.len()).rev() {
                let other = (unit(&mut rng) * (last + 1) as f64) as usize;
                order.swap(last, other.min(last));
            }
            charts.iter_mut().for_each(|(chart, log)| *log -= self.leaning_on(chart));
            let effective = (charts.len() > 1).then(|| (effective(&weights), count));
            return Ok(Block { charts, order, effective, log_mass });
        }
        Err(Groundless::Nothing)
    }

    fn charts_weighed(&self) -> usize {
        self.request.particles.unwrap_or(CHARTS).max(1)
    }

    /// The natural logarithm of what the notes asked for made of a chart when it was drawn.
    pub(super) fn leaning_on(&self, chart: &Chart) -> f64 {
        let factor = |note: &super::chart_lattice::Leaning| {
            let chord = chart.sounding_at(note.at)?;
            let symbol = self.chart_law.chords.iter().position(|known| known == chord)?;
            Some(note.factors[symbol])
        };
        self.leanings.iter().filter_map(factor).map(libm::log).sum()
    }

    pub(super) fn seam_law(&self) -> SeamLaw<'_> {
        SeamLaw { law: &self.pitch.law, structure: &self.structure, limits: &self.limits.melody }
    }

    /// The melodies of a chart by what their seams see; `None` if the seams are too intertwined.
    fn join(&self, melodies: &Melodies) -> Option<(Vec<Edges>, Seams)> {
        let law = self.seam_law();
        let segments = melodies.iter().flatten().enumerate();
        let edges: Vec<Edges> = segments.map(|(index, ((melody, _), _))| law.weigh(index, melody)).collect();
        let seams = law.join(&edges, |last, first| self.pitch.law.seam(last, first))?;
        (seams.log_mass > f64::NEG_INFINITY).then_some((edges, seams))
    }

    /// Whether a segment is the first or the last of the sheet.
    pub(super) fn edge(&self, segment: usize) -> (bool, bool) {
        let uses = &self.structure.uses;
        let is = |entry: Option<&(usize, usize)>| entry.is_some_and(|entry| entry.0 == segment);
        (is(uses.first()), is(uses.last()))
    }

    /// Draws the melody of every segment and puts the uses together; `None` if a seam refuses. A seam accepts with
    /// the probability of its interval over that of the likeliest, so what is accepted follows the product of the
    /// segments' laws and the seams' (rejection sampling, von Neumann 1951). It is asked as soon as both sides are drawn.
    fn draw_melody(
        &self,
        melodies: &Melodies,
        passed_over: &mut PassedOver,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Note>, f64)> {
        let mut drawn: Vec<Option<Vec<Event>>> = vec![None; melodies.len()];
        let (mut log_probability, mut before) = (0.0, None);
        for &(segment, shift) in &self.structure.uses {
            let Some(((melody, messages), _)) = &melodies[segment] else {
                before = None;
                continue;
            };
            if drawn[segment].is_none() {
                let shift = self.structure.segments[segment].shifts[shift];
                let (events, log_weight) = self.draw_uncopied((melody, messages), shift, passed_over, rng)?;
                log_probability += log_weight;
                drawn[segment] = Some(events);
            }
            let mut symbols = drawn[segment].iter().flatten().filter_map(|event| event.symbol);
            let Some(first) = symbols.next() else { continue };
            if let Some(last) = before {
                let fit = self.pitch.law.seam(last, first);
                if unit(rng) >= fit {
                    return None;
                }
                log_probability += libm::log(fit);
            }
            before = symbols.next_back().or(Some(first));
        }
        let drawn: Vec<Vec<Event>> = drawn.into_iter().map(Option::unwrap_or_default).collect();
        Some((self.put_together(melodies, &drawn).0, log_probability))
    }

    /// Draws what stands at the seams, then the melody of every segment given that: the same law without a miss.
    fn draw_joined(
        &self,
        melodies: &Melodies,
        edges: &[Edges],
        seams: &Seams,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Note>, f64)> {
        let ends: Vec<seams::Edge> = seams.draw(rng)?;
        let mut drawn: Vec<Vec<Event>> = Vec::with_capacity(melodies.len());
        let mut log_probability = 0.0;
        for (index, ((melody, _), _)) in melodies.iter().flatten().enumerate() {
            let filled = self.seam_law().fill(index, melody, &edges[index], ends[index], rng);
            let (events, log_weight) = filled?;
            log_probability += log_weight;
            drawn.push(events);
        }
        let (notes, fits) = self.put_together(melodies, &drawn);
        Some((notes, log_probability + fits.into_iter().map(libm::log).sum::<f64>()))
    }

    /// The notes of all uses in order, and how well the first note of each use fits the note before it. What is still to be
    /// varied is left open, and so are the seams there.
    fn put_together(&self, melodies: &Melodies, drawn: &[Vec<Event>]) -> (Vec<Note>, Vec<f64>) {
        let (mut notes, mut fits): (Vec<Note>, Vec<f64>) = (Vec::new(), Vec::new());
        let mut before: Option<u16> = None;
        for &(segment, shift) in &self.structure.uses {
            let shift = self.structure.segments[segment].shifts[shift];
            let Some(((melody, _), _)) = &melodies[segment] else {
                before = None;
                continue;
            };
            let mut at_seam = true;
            for (symbol, note) in self.notes_of(melody, &drawn[segment], shift) {
                fits.extend(before.filter(|_| at_seam).map(|last| self.pitch.law.seam(last, symbol)));
                at_seam = false;
                before = Some(symbol);
                notes.push(note);
            }
        }
        (notes, fits)
    }

    /// The notes of events, so much later, with their symbols.
    pub(super) fn notes_of<'e>(
        &'e self,
        melody: &'e MelodyLattice,
        events: &'e [Event],
        shift: Duration,
    ) -> impl Iterator<Item = (u16, Note)> + 'e {
        events.iter().filter_map(move |event| {
            let symbol = event.symbol?;
            let (from, to) = (melody.places[event.from as usize], melody.places[event.to as usize]);
            let pitch = self.page.frame.key.spell_midi(self.pitch.law.midi(symbol));
            Some((symbol, Note { onset: from + shift, duration: to - from, pitch }))
        })
    }
}

/// One of some takes by the logarithms of their weights, with what that makes of the effective number.
fn one_of(mut takes: Vec<(Take, f64)>, rng: &mut ChaCha8Rng) -> Option<Take> {
    if takes.len() < 2 {
        return takes.pop().map(|take| take.0);
    }
    let weights = weights(takes.iter().map(|take| take.1));
    let own = (effective(&weights), takes.len());
    let mut take = takes.swap_remove(choose(rng, &weights)?).0;
    // Of two choices the one that there was less of is told.
    let share = |(number, of): (f64, usize)| number / of as f64;
    take.effective = Some(take.effective.filter(|charts| share(*charts) < share(own)).unwrap_or(own));
    Some(take)
}

/// As many indices as there are weights, in order, each about as often as its weight says: on a comb with one random place.
fn systematic(weights: &[f64], rng: &mut ChaCha8Rng) -> impl Iterator<Item = usize> + use<> {
    let total: f64 = weights.iter().sum();
    let count = weights.len();
    let first = unit(rng);
    let mut ends = Vec::with_capacity(count);
    weights.iter().fold(0.0, |sum, weight| {
        ends.push(sum + weight);
        sum + weight
    });
    (0..count).map(move |tooth| {
        let place = (first + tooth as f64) / count as f64 * total;
        ends.partition_point(|&end| end <= place).min(count - 1)
    })
}
