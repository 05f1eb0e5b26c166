//! Takes: charts and melodies drawn on a page, exactly under the constraints.

use rand_chacha::ChaCha8Rng;

use super::chart_lattice::{ChartLattice, chart_lattice};
use super::chart_law::ChartLaw;
use super::infeasible::{Infeasible, smallest_conflict};
use super::melody_lattice::{MelodyLattice, melody_lattice};
use super::melody_law::MelodyLaw;
use super::page::{Page, compass, draw_page};
use super::request::Request;
use super::rhythm_law::RhythmLaw;
use super::structure::{Equal, Structure};
use super::title::title;
use crate::constraint::{Constraint, ConstraintError, Frame, Limits};
use crate::markov::draw::{seeded, unit};
use crate::markov::{Kernel, Lattice, Messages};
use crate::music::lead_sheet::Header;
use crate::music::spelling::spell_melody;
use crate::music::{Bar, Chart, ChordChange, Duration, Form, LeadSheet, Melody, Note, Section};
use crate::style::Style;

/// How many pages are tried before what was drawn, not asked, is taken to leave no solution.
const MOST_PAGES: u64 = 24;
/// How many charts are drawn for one take before its constraints across seams are given up.
const MOST_CHARTS: usize = 400;
/// How many melodies are drawn over one chart before another chart is tried.
const MOST_MELODIES: usize = 4000;

/// A lead sheet that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The sheet, written out in full.
    pub sheet: LeadSheet,
    /// The natural logarithm of its probability in the style before conditioning, given the page.
    pub log_probability: f64,
    /// The natural logarithm of the probability that a melody over its chart meets the constraints.
    pub log_melody_mass: f64,
    /// How many melodies were drawn until the seams fitted.
    pub draws: usize,
}

/// Why there is no take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The form cannot be read or does not fit.
    #[error(transparent)]
    Form(#[from] super::form_text::FormError),
    /// A constraint names a place that the page does not have.
    #[error(transparent)]
    Place(#[from] ConstraintError),
    /// No sheet meets the constraints.
    #[error("{0}")]
    Infeasible(Infeasible),
}

/// A request made ready: the page, and the chart lattices with their messages, from which any number of takes come.
pub struct Prepared<'a> {
    /// The style.
    pub style: &'a Style,
    /// What was asked.
    pub request: &'a Request,
    /// The page.
    pub page: Page,
    /// The natural logarithm of the probability that a chart meets the constraints.
    pub log_chart_mass: f64,
    title: String,
    structure: Structure,
    limits: Limits,
    chart_law: ChartLaw<'a>,
    charts: Vec<(ChartLattice, Messages)>,
    melody_law: MelodyLaw<'a>,
    rhythm: RhythmLaw<'a>,
    kernel: Kernel,
    /// The constraints that bind the chart alone.
    of_chart: Vec<&'a Constraint>,
}

/// Makes a request ready: draws the page among those that leave a solution.
///
/// # Errors
/// When the form or a place is wrong, or no page leaves a solution; then the conflict is that of the first page.
pub fn prepare<'a>(
    style: &'a Style,
    rhythm: &'a Style,
    request: &'a Request,
) -> Result<Prepared<'a>, Refusal> {
    let mut tried: Vec<Frame> = Vec::new();
    let mut first: Option<(Refusal, Option<Page>)> = None;
    for attempt in 0..MOST_PAGES {
        let mut rng = seeded(request.seed);
        rng.set_stream(attempt << 32);
        let page = draw_page(style, request, &mut rng)?;
        let name = request.title.clone().unwrap_or_else(|| title(&mut rng));
        if tried.contains(&page.frame) {
            continue;
        }
        tried.push(page.frame.clone());
        match on_page(
            style,
            rhythm,
            request,
            page.clone(),
            name,
            &request.constraints.iter().collect::<Vec<_>>(),
        ) {
            Ok(Some(prepared)) => return Ok(prepared),
            Ok(None) if first.is_none() => {
                let empty = Infeasible { conflict: Vec::new(), page: page.form() };
                first = Some((Refusal::Infeasible(empty), Some(page)));
            }
            Err(refusal) if first.is_none() => first = Some((refusal, None)),
            _ => {}
        }
    }
    match first {
        Some((Refusal::Infeasible(_), Some(page))) => {
            let conflict = smallest_conflict(&request.constraints, |constraints| {
                matches!(
                    on_page(style, rhythm, request, page.clone(), String::new(), constraints),
                    Ok(Some(_))
                )
            });
            Err(Refusal::Infeasible(Infeasible { conflict, page: page.form() }))
        }
        Some((refusal, _)) => Err(refusal),
        None => Err(Refusal::Infeasible(Infeasible { conflict: Vec::new(), page: String::new() })),
    }
}

/// The request made ready on one page; `None` if the page leaves no solution.
fn on_page<'a>(
    style: &'a Style,
    rhythm: &'a Style,
    request: &'a Request,
    page: Page,
    title: String,
    constraints: &[&'a Constraint],
) -> Result<Option<Prepared<'a>>, Refusal> {
    let mut limits = Limits::default();
    let mut of_chart = Vec::new();
    for &constraint in constraints {
        let before = (limits.melody.len(), limits.same.len());
        constraint.compile(&page.frame, &mut limits)?;
        if (limits.melody.len(), limits.same.len()) == before {
            of_chart.push(constraint);
        }
    }
    let structure = Structure::new(&page.frame, &equal(&page.frame, &limits));
    let chart_law = ChartLaw::new(&style.figures, page.frame.key, &limits.named_chords());
    let starts_in_pickup = limits
        .chart
        .iter()
        .any(|limit| matches!(limit, crate::constraint::ChartLimit::Begun { by } if *by < Duration::ZERO));
    let mut charts = Vec::with_capacity(structure.segments.len());
    let mut log_chart_mass = 0.0;
    for segment in &structure.segments {
        let mut segment = segment.clone();
        if !starts_in_pickup {
            segment.from = segment.from.max(Duration::ZERO);
        }
        let chart = chart_lattice(&chart_law, &page.frame, &segment, &limits.chart);
        let messages = Messages::new(&chart.lattice);
        log_chart_mass += messages.log_partition(&chart.lattice);
        charts.push((chart, messages));
    }
    if log_chart_mass == f64::NEG_INFINITY {
        return Ok(None);
    }
    let (lowest, highest) = compass(&page, &limits);
    let centre = (page.range.0 + page.range.1) / 2;
    let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
    let melody_law =
        MelodyLaw::new(&style.figures, style.card.weights.clone(), page.frame.key, lowest, highest, centre);
    let kernel = melody_law.kernel();
    let rhythm = RhythmLaw::new(&rhythm.figures, page.frame.meter);
    let prepared = Prepared {
        style,
        request,
        page,
        log_chart_mass,
        title,
        structure,
        limits,
        chart_law,
        charts,
        melody_law,
        rhythm,
        kernel,
        of_chart,
    };
    // Whether a melody can be found does not depend on the chart: over any, every pitch has some weight.
    let mut rng = seeded(request.seed);
    let Some((chart, _)) = prepared.draw_chart(&mut rng) else { return Ok(None) };
    let feasible = prepared.melodies(&chart).iter().all(|(_, mass)| *mass > f64::NEG_INFINITY);
    Ok(feasible.then_some(prepared))
}

/// The spans of bars that the limits want equal.
fn equal(frame: &Frame, limits: &Limits) -> Vec<Equal> {
    let bar = |at: Duration| usize::try_from(at.div_floor(frame.meter.bar_length())).ok();
    let spans = limits.same.iter().filter_map(|same| {
        let bars = (same.to - same.from).div_floor(frame.meter.bar_length()) as usize;
        Some(Equal { a: bar(same.from)?, b: bar(same.source)?, bars })
    });
    spans.collect()
}

/// The melody lattices of a chart's segments.
type Melodies = Vec<((MelodyLattice, Messages), f64)>;

impl Prepared<'_> {
    /// The take of a number, from 0: each is drawn from its own stream of the seed, whatever others are asked for.
    ///
    /// # Errors
    /// When no draw meets the constraints across seams, after very many.
    pub fn take(&self, number: u64) -> Result<Take, Refusal> {
        let mut rng = seeded(self.request.seed);
        rng.set_stream(number + 1);
        let constraints: Vec<&Constraint> = self.request.constraints.iter().collect();
        let mut draws = 0;
        let mut broken = vec![0usize; constraints.len()];
        for _ in 0..MOST_CHARTS {
            let Some((chart, log_chart)) = self.draw_chart(&mut rng) else { break };
            let melodies = self.melodies(&chart);
            let log_melody_mass: f64 = melodies.iter().map(|(_, mass)| mass).sum();
            // One chart stands for its share of all: another is drawn only if this one admits no melody at all, so
            // a chart is never favoured for melodies that are easy to find.
            for _ in 0..MOST_MELODIES {
                draws += 1;
                let Some((melody, log_melody)) = self.draw_melody(&melodies, &mut rng) else { continue };
                let sheet = self.sheet(chart.clone(), melody);
                let fails =
                    constraints.iter().position(|constraint| !constraint.holds(&sheet, &self.page.frame));
                match fails {
                    None => {
                        let log_probability = log_chart + log_melody;
                        return Ok(Take { sheet, log_probability, log_melody_mass, draws });
                    }
                    Some(constraint) => broken[constraint] += 1,
                }
            }
            if draws >= 20 * MOST_MELODIES {
                break;
            }
        }
        let hardest = broken.iter().zip(&constraints).filter(|(count, _)| **count > 0);
        let conflict = hardest.map(|(_, constraint)| constraint.to_string()).collect();
        Err(Refusal::Infeasible(Infeasible { conflict, page: self.page.form() }))
    }

    /// Draws a chart for the whole sheet that meets what is asked of charts; `None` if none does.
    fn draw_chart(&self, rng: &mut ChaCha8Rng) -> Option<(Chart, f64)> {
        for _ in 0..MOST_MELODIES {
            let mut drawn = Vec::with_capacity(self.charts.len());
            let mut log_probability = 0.0;
            for (chart, messages) in &self.charts {
                let (events, log_weight) = messages.sample(&chart.lattice, rng)?;
                log_probability += log_weight;
                drawn.push(events);
            }
            let mut chart = Chart::default();
            for &(segment, shift) in &self.structure.uses {
                let shift = self.structure.segments[segment].shifts[shift];
                for event in &drawn[segment] {
                    let at = self.charts[segment].0.places[event.from as usize] + shift;
                    let symbol =
                        event.symbol.and_then(|symbol| self.chart_law.chords.get(usize::from(symbol)));
                    chart.changes.extend(symbol.map(|chord| ChordChange { at, chord: chord.clone() }));
                }
            }
            let crosses_no_seam = self.structure.uses.len() == 1 || self.of_chart.is_empty();
            if crosses_no_seam {
                return Some((chart, log_probability));
            }
            let sheet = self.sheet(chart, Melody::default());
            if self.of_chart.iter().all(|constraint| constraint.holds(&sheet, &self.page.frame)) {
                let (_, _, chart, _) = sheet.into_parts();
                return Some((chart, log_probability));
            }
        }
        None
    }

    fn melodies(&self, chart: &Chart) -> Melodies {
        let uses = &self.structure.uses;
        let (first, last) = (uses.first().map(|entry| entry.0), uses.last().map(|entry| entry.0));
        let segments = self.structure.segments.iter().enumerate().map(|(index, segment)| {
            let edge = (Some(index) == first, Some(index) == last);
            let law = (&self.melody_law, &self.rhythm, &self.kernel);
            let melody = melody_lattice(law, &self.page.frame, segment, edge, chart, &self.limits.melody);
            let messages = Messages::new(&melody.lattice);
            let mass = messages.log_partition(&melody.lattice);
            ((melody, messages), mass)
        });
        segments.collect()
    }

    /// Draws the melody of every segment and puts the uses together; `None` if a seam refuses. A seam accepts with
    /// the probability of its interval over that of the likeliest, so what is accepted follows the product of the
    /// segments' laws and the seams' (rejection sampling, von Neumann 1951).
    fn draw_melody(&self, melodies: &Melodies, rng: &mut ChaCha8Rng) -> Option<(Vec<Note>, f64)> {
        let mut drawn = Vec::with_capacity(melodies.len());
        let mut log_probability = 0.0;
        for ((melody, messages), _) in melodies {
            let (events, log_weight) = messages.sample(&melody.lattice, rng)?;
            log_probability += log_weight;
            drawn.push(events);
        }
        let mut notes: Vec<Note> = Vec::new();
        let mut before: Option<u16> = None;
        let key = self.page.frame.key;
        for &(segment, shift) in &self.structure.uses {
            let shift = self.structure.segments[segment].shifts[shift];
            let ((melody, _), _) = &melodies[segment];
            let mut at_seam = true;
            for event in &drawn[segment] {
                let Some(symbol) = event.symbol else { continue };
                if let Some(last) = before.filter(|_| at_seam) {
                    let fit = self.melody_law.seam(last, symbol);
                    if unit(rng) >= fit {
                        return None;
                    }
                    log_probability += libm::log(fit);
                }
                at_seam = false;
                before = Some(symbol);
                let (from, to) = (melody.places[event.from as usize], melody.places[event.to as usize]);
                let pitch = key.spell_midi(self.melody_law.midi(symbol));
                notes.push(Note { onset: from + shift, duration: to - from, pitch });
            }
        }
        Some((notes, log_probability))
    }

    fn sheet(&self, chart: Chart, melody: impl Into<Melody>) -> LeadSheet {
        let frame = &self.page.frame;
        let mut melody: Melody = melody.into();
        let sounds: Vec<(Duration, i32)> =
            melody.notes.iter().map(|note| (note.onset, note.pitch.midi())).collect();
        for (note, pitch) in melody.notes.iter_mut().zip(spell_melody(frame.key, &sounds, &chart)) {
            note.pitch = pitch;
        }
        let mut header = Header::new(self.title.clone(), frame.key);
        header.tempo = Some(self.page.tempo);
        header.feel = self.page.feel;
        let sections = frame
            .sections
            .iter()
            .map(|(label, bars)| Section { label: label.clone(), first_bar: bars.start });
        let form = Form {
            pickup: frame.pickup,
            bars: vec![Bar::full(frame.meter); frame.bars],
            sections: sections.collect(),
        };
        match LeadSheet::new(header.clone(), form.clone(), chart, melody) {
            Ok(sheet) => sheet,
            Err(fault) => unreachable!("events of a lattice lie within its page, in order: {fault}"),
        }
    }

    /// The natural logarithm of the probability that a sheet of the style on this page meets the constraints: exact
    /// for the chart, and for the melody the mean over the charts of the takes.
    pub fn log_partition(&self, takes: &[Take]) -> f64 {
        let largest = takes.iter().map(|take| take.log_melody_mass).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = takes.iter().map(|take| libm::exp(take.log_melody_mass - largest)).sum();
        self.log_chart_mass + largest + libm::log(sum / takes.len().max(1) as f64)
    }

    /// The number of states and layers of the chart lattices, for reports.
    pub fn size(&self) -> usize {
        self.charts.iter().map(|(chart, _)| Lattice::states(&chart.lattice)).sum()
    }
}

impl From<Vec<Note>> for Melody {
    fn from(notes: Vec<Note>) -> Melody {
        Melody { notes }
    }
}
