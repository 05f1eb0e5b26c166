//! A request made ready: a page that leaves it a solution, and the laws that takes are drawn from.

use std::cell::OnceCell;

use super::chart_law::ChartLaw;
use super::charts::Charts;
use super::copies::Copies;
use super::form_graph::FormGraph;
use super::infeasible::{Infeasible, smallest_conflict};
use super::melody_law::MelodyLaw;
use super::page::{Page, compass, draw_page};
use super::planned_chart::BoundBars;
use super::request::Request;
use super::rhythm_law::RhythmLaw;
use super::seams::Edges;
use super::structure::{Structure, roots};
use super::title::title;
use crate::constraint::{Constraint, ConstraintError, Frame, Limits};
use crate::markov::Kernel;
use crate::markov::draw::seeded;
use crate::music::Chart;
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
    pub(super) structure: Structure,
    /// For each bar the first one that it is the same as.
    pub(super) roots: Vec<usize>,
    pub(super) limits: Limits,
    pub(super) chart_law: ChartLaw<'a>,
    /// The bars of which chords are asked.
    pub(super) bound: BoundBars,
    /// All charts, made when first asked for.
    pub(super) charts: OnceCell<Charts>,
    pub(super) melody_law: MelodyLaw<'a>,
    pub(super) rhythm: RhythmLaw<'a>,
    pub(super) kernel: Kernel,
    /// What may not be copied.
    pub(super) copies: Copies,
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
    // The graph alone says which sections are the same.
    let untied = Frame { sections: Vec::new(), ..page.frame.clone() };
    let structure = Structure::new(&untied, &relations.equal);
    let roots = roots(&untied, &relations.equal);
    let (figures, weights) = (&style.figures, &style.card.weights);
    let chart_law = ChartLaw::weighed(figures, weights, page.frame.key, &limits.named_chords());
    let charts = OnceCell::new();
    let bound = BoundBars::new(&page.frame, &roots, &limits.chart);
    // Whether there is a chart at all is mostly told by the bars of which something is asked, each for itself.
    if !bound.can_be_kept(&chart_law, &page.frame, &roots) {
        let all = charts.get_or_init(|| Charts::new(&chart_law, &page.frame, &structure, &limits.chart));
        if all.log_mass == f64::NEG_INFINITY {
            return Ok(None);
        }
    }
    let (lowest, highest) = compass(&page, &limits);
    let centre = (page.range.0 + page.range.1) / 2;
    let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
    let melody_law =
        MelodyLaw::new(&style.figures, style.card.weights.clone(), page.frame.key, lowest, highest, centre);
    let kernel = melody_law.kernel();
    let rhythm = RhythmLaw::new(&rhythm.figures, page.frame.meter);
    let copies = Copies::new(&style.figures, &limits.melody);
    let prepared = Prepared {
        style,
        request,
        page,
        title,
        structure,
        roots,
        limits,
        chart_law,
        bound,
        charts,
        melody_law,
        rhythm,
        kernel,
        copies,
    };
    Ok(prepared.admits_melody().then_some(prepared))
}

impl Prepared<'_> {
    /// Whether any melody meets the limits. It does not depend on the chart: over any, every pitch has some weight.
    fn admits_melody(&self) -> bool {
        if self.limits.melody.is_empty() {
            return true;
        }
        let seams = self.seam_law();
        let segments = self.melody_lattices(&Chart::default());
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
