//! A request made ready: a page that leaves it a solution, and the laws that takes are drawn from.

use std::cell::OnceCell;

use super::chart_law::ChartLaw;
use super::charts::Charts;
use super::copies::Copies;
use super::explain::explain;
use super::infeasible::Infeasible;
use super::melody_law::MelodyLaw;
use super::page::{Page, compass, draw_page};
use super::planned_chart::BoundBars;
use super::possible::{Possible, equal};
use super::request::Request;
use super::rhythm_law::{RhythmLaw, RhythmSupport};
use super::structure::{Structure, roots};
use super::title::title;
use crate::constraint::{ConstraintError, Frame, Limits};
use crate::markov::Kernel;
use crate::markov::draw::seeded;
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
    Infeasible(Box<Infeasible>),
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
    // Pages that leave nothing, whatever the melody's range within the one given.
    let mut barren: Vec<(Frame, (i32, i32))> = Vec::new();
    let mut first: Option<Result<(Page, String), Refusal>> = None;
    for attempt in 0..MOST_PAGES {
        let mut rng = seeded(request.seed);
        rng.set_stream(attempt << 32);
        let page = draw_page(style, request, &mut rng)?;
        let name = request.title.clone().unwrap_or_else(|| title(&mut rng));
        let drawn = (page.frame.clone(), page.range);
        let is_barren = |(frame, range): &(Frame, (i32, i32))| {
            *frame == page.frame && range.0 <= page.range.0 && page.range.1 <= range.1
        };
        if tried.contains(&drawn) || barren.iter().any(is_barren) {
            continue;
        }
        tried.push(drawn);
        match on_page(style, rhythm, request, page.clone(), name.clone()) {
            Ok(Some(prepared)) => return Ok(prepared),
            Ok(None) => {
                let wide = widened(&page);
                if !leaves_any(style, rhythm, request, &wide)? {
                    barren.push((wide.frame, wide.range));
                }
                first.get_or_insert(Ok((page, name)));
            }
            Err(refusal) => {
                first.get_or_insert(Err(refusal));
            }
        }
    }
    match first {
        Some(Ok((page, name))) => {
            // The range too was drawn, not asked.
            let page = widened(&page);
            if !barren.contains(&(page.frame.clone(), page.range))
                && let Some(prepared) = on_page(style, rhythm, request, page.clone(), name)?
            {
                return Ok(prepared);
            }
            let law = RhythmSupport::new(&rhythm.figures, page.frame.meter);
            Err(Refusal::Infeasible(Box::new(explain(style, &law, request, &page)?)))
        }
        Some(Err(refusal)) => Err(refusal),
        None => Err(Refusal::Infeasible(Box::new(Infeasible::unexplained([].iter(), String::new())))),
    }
}

/// A page with room for the melody on either side.
fn widened(page: &Page) -> Page {
    Page { range: (page.range.0 - GIVES_WAY, page.range.1 + GIVES_WAY), ..page.clone() }
}

/// Whether a page leaves a solution.
fn leaves_any(
    style: &Style,
    rhythm: &Style,
    request: &Request,
    page: &Page,
) -> Result<bool, ConstraintError> {
    let law = RhythmSupport::new(&rhythm.figures, page.frame.meter);
    let mut possible = Possible::new(style, &law, page);
    let numbers = request.constraints.iter().map(|constraint| possible.add(constraint));
    let numbers: Vec<usize> = numbers.collect::<Result<_, _>>()?;
    Ok(possible.leave_any(&numbers, &[]))
}

/// The request made ready on one page; `None` if the page leaves no solution.
fn on_page<'a>(
    style: &'a Style,
    rhythm: &'a Style,
    request: &'a Request,
    page: Page,
    title: String,
) -> Result<Option<Prepared<'a>>, Refusal> {
    if !leaves_any(style, rhythm, request, &page)? {
        return Ok(None);
    }
    let mut limits = Limits::default();
    for constraint in &request.constraints {
        constraint.compile(&page.frame, &mut limits)?;
    }
    let equal = equal(&page.frame, &limits);
    let structure = Structure::new(&page.frame, &equal);
    let roots = roots(&page.frame, &equal);
    let (figures, weights) = (&style.figures, &style.card.weights);
    let chart_law = ChartLaw::weighed(figures, weights, page.frame.key, &limits.named_chords());
    let bound = BoundBars::new(&page.frame, &roots, &limits.chart);
    let (lowest, highest) = compass(&page, &limits);
    let centre = (page.range.0 + page.range.1) / 2;
    let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
    let melody_law =
        MelodyLaw::new(&style.figures, style.card.weights.clone(), page.frame.key, lowest, highest, centre);
    let kernel = melody_law.kernel();
    let rhythm = RhythmLaw::new(&rhythm.figures, page.frame.meter);
    let copies = Copies::new(&style.figures, &limits.melody);
    Ok(Some(Prepared {
        style,
        request,
        page,
        title,
        structure,
        roots,
        limits,
        chart_law,
        bound,
        charts: OnceCell::new(),
        melody_law,
        rhythm,
        kernel,
        copies,
    }))
}
