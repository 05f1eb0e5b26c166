//! A request made ready: a page that leaves it a solution, and the laws that takes are drawn from.

use std::cell::{OnceCell, RefCell};

use super::chart_lattice::Leaning;
use super::chart_law::ChartLaw;
use super::charts::Charts;
use super::copies::Copies;
use super::form_graph::FormGraph;
use super::infeasible::{Infeasible, smallest_conflict};
use super::leanings::leanings;
use super::melody_lattice::MelodyLattice;
use super::melody_law::MelodyLaw;
use super::page::{Page, compass, draw_page};
use super::planned_chart::BoundBars;
use super::planned_limits::whole;
use super::request::Request;
use super::rhythm_law::RhythmLaw;
use super::seams::Edges;
use super::structure::{Structure, roots};
use super::take::Take;
use super::title::title;
use super::unplanned::Block;
use crate::constraint::{Constraint, ConstraintError, Frame, Limits};
use crate::markov::Kernel;
use crate::markov::draw::seeded;
use crate::music::{Chart, Duration};
use crate::style::Style;

/// How many semitones a drawn range gives way, either way, before a request is taken to have no solution.
const GIVES_WAY: i32 = 12;
/// How many pages are tried before what was drawn, not asked, is taken to leave no solution.
const MOST_PAGES: u64 = 24;

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
    pub(super) title: String,
    /// The segments of the melody.
    pub(super) structure: Structure,
    /// For each bar the first one whose melody it has.
    pub(super) roots: Vec<usize>,
    /// The segments of the chart.
    pub(super) chart_structure: Structure,
    /// For each bar the first one whose chords it has.
    pub(super) chart_roots: Vec<usize>,
    pub(super) limits: Limits,
    /// How the notes that are asked for lean on the chords.
    pub(super) leanings: Vec<Leaning>,
    pub(super) chart_law: ChartLaw<'a>,
    /// The bars of which chords are asked.
    pub(super) bound: BoundBars,
    /// All charts, as notes lean on them, made when first asked for.
    pub(super) charts: OnceCell<Charts>,
    pub(super) melody_law: MelodyLaw<'a>,
    pub(super) rhythm: RhythmLaw<'a>,
    pub(super) kernel: Kernel,
    /// What may not be copied.
    pub(super) copies: Copies,
    /// The charts of the last takes.
    pub(super) block: RefCell<Option<Block>>,
    /// All charts, whatever leans on them, made when first asked for.
    plain_charts: OnceCell<Charts>,
    /// The style whose rhythm it is.
    rhythm_of: &'a Style,
    /// Whether sections vary others by their primes alone.
    varies_primed: bool,
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
    let mut tried: Vec<(Frame, (i32, i32))> = Vec::new();
    let mut first: Option<(Refusal, Option<(Page, String)>)> = None;
    let all: Vec<&Constraint> = request.constraints.iter().collect();
    for attempt in 0..MOST_PAGES {
        let mut rng = seeded(request.seed);
        rng.set_stream(attempt << 32);
        let page = draw_page(style, request, &mut rng)?;
        let name = request.title.clone().unwrap_or_else(|| title(&mut rng));
        let drawn = (page.frame.clone(), page.range);
        if tried.contains(&drawn) {
            continue;
        }
        tried.push(drawn);
        match on_page(style, rhythm, request, page.clone(), name.clone(), &all) {
            Ok(Some(prepared)) => return Ok(prepared),
            Ok(None) if first.is_none() => {
                let empty = Infeasible { conflict: Vec::new(), page: page.form() };
                first = Some((Refusal::Infeasible(empty), Some((page, name))));
            }
            Err(refusal) if first.is_none() => first = Some((refusal, None)),
            _ => {}
        }
    }
    match first {
        Some((Refusal::Infeasible(_), Some((mut page, name)))) => {
            // The range too was drawn, not asked.
            page.range = (page.range.0 - GIVES_WAY, page.range.1 + GIVES_WAY);
            if let Ok(Some(prepared)) = on_page(style, rhythm, request, page.clone(), name, &all) {
                return Ok(prepared);
            }
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
    for &constraint in constraints {
        constraint.compile(&page.frame, &mut limits)?;
    }
    let relations = FormGraph::new(&page, &limits).relations()?;
    let varies_primed = page.primed && !relations.primed.is_empty();
    limits.vary.extend(relations.primed.into_iter().filter(|_| page.primed));
    let frame = &page.frame;
    // The graph alone says which sections are the same.
    let untied = Frame { sections: Vec::new(), ..frame.clone() };
    let chart_structure = Structure::new(&untied, &relations.chords);
    let chart_roots = roots(&untied, &relations.chords);
    let structure = Structure::parted(&untied, &relations.melody, &parts(frame, &limits));
    let roots = roots(&untied, &relations.melody);
    for &constraint in constraints {
        fits(constraint, frame, &structure)?;
    }
    // A variation that comes again is drawn once, where it stands first.
    for vary in &mut limits.vary {
        if let Some(back) = structure.behind(vary.from, vary.to) {
            (vary.from, vary.to) = (vary.from - back, vary.to - back);
        }
    }
    limits.vary.dedup();
    let (figures, weights) = (&style.figures, &style.card.weights);
    let mut chart_law = ChartLaw::weighed(figures, weights, page.frame.key, &limits.named_chords());
    chart_law.power = request.power();
    let charts = OnceCell::new();
    let (lowest, highest) = compass(&page, &limits);
    let centre = (page.range.0 + page.range.1) / 2;
    let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
    let mut melody_law =
        MelodyLaw::new(&style.figures, style.card.weights.clone(), page.frame.key, lowest, highest, centre);
    melody_law.power = request.power();
    let kernel = melody_law.kernel();
    let leanings = leanings((&melody_law, &kernel), &chart_law, frame, &limits.melody);
    let bound = BoundBars::new(frame, &chart_roots, &limits.chart, &leanings);
    // Whether there is a chart at all is mostly told by the bars of which something is asked, each for itself.
    if !bound.can_be_kept(&chart_law, frame, &chart_roots) {
        let all = || Charts::leaning(&chart_law, frame, &chart_structure, &limits.chart, &leanings);
        if charts.get_or_init(all).log_mass == f64::NEG_INFINITY {
            if varies_primed {
                let page = Page { primed: false, ..page };
                return on_page(style, rhythm, request, page, title, constraints);
            }
            return Ok(None);
        }
    }
    let (rhythm_of, rhythm) = (rhythm, RhythmLaw::new(&rhythm.figures, page.frame.meter));
    let mut copies = Copies::asked(&style.figures, &limits)?;
    for segment in &structure.segments {
        segment.shifts.iter().skip(1).for_each(|&by| copies.written_again(segment.from, segment.to, by));
    }
    let prepared = Prepared {
        style,
        request,
        page,
        title,
        structure,
        roots,
        chart_structure,
        chart_roots,
        limits,
        leanings,
        chart_law,
        bound,
        charts,
        melody_law,
        rhythm,
        kernel,
        copies,
        block: RefCell::default(),
        plain_charts: OnceCell::new(),
        rhythm_of,
        varies_primed,
    };
    match prepared.admits_melody() {
        true => Ok(Some(prepared)),
        // What primes say was drawn, not asked: it yields.
        false if varies_primed => prepared.unvaried(constraints),
        false => Ok(None),
    }
}

/// Whether what a constraint asks as a whole lies in bars that follow each other wherever they come.
///
/// # Errors
/// If not, with the bars.
fn fits(constraint: &Constraint, frame: &Frame, structure: &Structure) -> Result<(), ConstraintError> {
    let mut own = Limits::default();
    constraint.compile(frame, &mut own)?;
    let unfit = |from: Duration, to: Duration, reason: &str| {
        let places = format!("{} to {}", frame.place_at(from), frame.place_at(to - Duration::from_ticks(1)));
        Err(ConstraintError::Unfit { text: constraint.to_string(), reason: format!("{places} {reason}") })
    };
    for (from, to) in own.melody.iter().filter_map(whole) {
        if !structure.covers(from, to) {
            return unfit(
                from,
                to,
                "reach over bars that are written again elsewhere with others beside them; \
                 ask it within them, or give the sections names of their own",
            );
        }
    }
    for vary in &own.vary {
        if structure.behind(vary.from, vary.to).is_none() {
            return unfit(
                vary.from,
                vary.to,
                "are not varied as a whole, for some of them are written again elsewhere; \
                 give their section a name of its own",
            );
        }
    }
    Ok(())
}

/// The bars at which variations begin and end.
fn parts(frame: &Frame, limits: &Limits) -> Vec<usize> {
    let bar = |at: Duration| usize::try_from(at.div_floor(frame.meter.bar_length())).ok();
    limits.vary.iter().flat_map(|vary| [vary.from, vary.to]).filter_map(bar).collect()
}

impl<'a> Prepared<'a> {
    /// The same request on the same page, without the variations that primes stand for.
    fn unvaried(&self, constraints: &[&'a Constraint]) -> Result<Option<Prepared<'a>>, Refusal> {
        let page = Page { primed: false, ..self.page.clone() };
        on_page(self.style, self.rhythm_of, self.request, page, self.title.clone(), constraints)
    }

    /// A take without the variations that primes stand for; `None` if there are none, or no other way.
    pub(super) fn take_unvaried(&self, number: u64) -> Option<Take> {
        let all: Vec<&Constraint> = self.request.constraints.iter().filter(|_| self.varies_primed).collect();
        let other = if self.varies_primed { self.unvaried(&all).ok()? } else { None };
        other?.take(number).ok()
    }

    /// All charts of the page that keep what is asked, as notes that are asked for lean on them.
    pub(super) fn charts(&self) -> &Charts {
        let (law, frame, structure) = (&self.chart_law, &self.page.frame, &self.chart_structure);
        self.charts.get_or_init(|| Charts::leaning(law, frame, structure, &self.limits.chart, &self.leanings))
    }

    /// All charts of the page that keep what is asked of the chart, whatever leans on them.
    pub(super) fn plain_charts(&self) -> &Charts {
        if self.leanings.is_empty() {
            return self.charts();
        }
        let (law, frame, structure) = (&self.chart_law, &self.page.frame, &self.chart_structure);
        self.plain_charts.get_or_init(|| Charts::new(law, frame, structure, &self.limits.chart))
    }

    /// The natural logarithm of the probability that a chart meets the constraints.
    pub fn log_chart_mass(&self) -> f64 {
        if self.limits.chart.is_empty() { 0.0 } else { self.plain_charts().log_mass }
    }

    /// Whether any melody meets the limits. It does not depend on the chart: over any, every pitch has some weight.
    fn admits_melody(&self) -> bool {
        if self.limits.melody.is_empty() {
            return true;
        }
        let seams = self.seam_law();
        let segments: Vec<MelodyLattice> = (0..self.structure.segments.len())
            .map(|segment| self.melody_lattice(segment, &Chart::default()))
            .collect();
        if !segments.iter().all(|melody| seams.can_be_filled(melody)) {
            return false;
        }
        if !seams.is_bound() {
            return true;
        }
        let edges: Vec<Edges> =
            segments.iter().enumerate().map(|(index, melody)| seams.reach(index, melody)).collect();
        // Where this is too hard to tell, drawing will.
        seams.join(&edges, |_, _| 1.0).is_none_or(|joined| joined.log_mass > f64::NEG_INFINITY)
    }
}
