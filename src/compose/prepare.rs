//! A request made ready: a page that leaves it a solution, and the laws that takes are drawn from.

use std::sync::{Arc, Mutex, OnceLock};

use super::chart_lattice::Leaning;
use super::chart_law::ChartLaw;
use super::charts::Charts;
use super::chord_copies::{ChordCopies, Groundless};
use super::composer::{Composer, PitchLaw};
use super::copies::Copies;
use super::explain::explain;
use super::form_graph::FormGraph;
use super::infeasible::Infeasible;
use super::leanings::leanings;
use super::memo::Memo;
use super::page::{Page, compass, draw_page};
use super::planned_chart::BoundBars;
use super::planned_limits::whole;
use super::possible::Possible;
use super::request::Request;
use super::rhythm_lattice::Rhythms;
use super::rhythm_law::{RhythmLaw, RhythmSupport};
use super::structure::{Structure, roots};
use super::take::Take;
use super::title::title;
use super::unplanned::{Block, OnChart};
use crate::constraint::{Constraint, ConstraintError, Frame, Limits, MelodyLimit};
use crate::markov::draw::seeded;
use crate::music::Duration;
use crate::style::Style;
use crate::style::songs::Songs;

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
    /// The likeliest sheets are not to be told.
    #[error(transparent)]
    Unranked(#[from] super::likeliest::Unranked),
    /// No sheet meets the constraints.
    #[error("{0}")]
    Infeasible(Box<Infeasible>),
}

/// A request made ready: the page, and the chart lattices with their messages, from which any number of takes come.
pub struct Prepared<'a> {
    /// The style.
    pub style: &'a Style,
    /// What was asked.
    pub request: Request,
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
    pub(super) chart_law: Arc<ChartLaw<'a>>,
    /// The bars of which chords are asked.
    pub(super) bound: BoundBars,
    /// All charts, as notes lean on them, made when first asked for.
    pub(super) charts: OnceLock<Charts>,
    pub(super) pitch: Arc<PitchLaw<'a>>,
    pub(super) rhythm: Arc<RhythmLaw<'a>>,
    /// The rhythms of the last takes.
    pub(super) rhythms: Rhythms,
    /// What the melody may not copy.
    pub(super) copies: Copies,
    /// What the chart may not copy, if that is asked.
    pub(super) chord_copies: Option<ChordCopies>,
    /// The charts of the last takes.
    pub(super) blocks: Memo<u64, Result<Arc<Block>, Groundless>>,
    /// The last chart with the melodies over it.
    pub(super) at_hand: Mutex<Option<OnChart>>,
    /// All charts, whatever leans on them, made when first asked for.
    plain_charts: OnceLock<Charts>,
    composer: Composer<'a>,
    /// Whether sections vary others by their primes alone.
    varies_primed: bool,
}

/// Makes a request ready: draws the page among those that leave a solution.
///
/// # Errors
/// When the form or a place is wrong, or no page leaves a solution; then the conflict is that of the first page.
pub fn prepare<'a>(style: &'a Style, rhythm: &'a Style, request: &Request) -> Result<Prepared<'a>, Refusal> {
    prepare_with(&Composer::new(style, rhythm), request)
}

pub(super) fn prepare_with<'a>(composer: &Composer<'a>, request: &Request) -> Result<Prepared<'a>, Refusal> {
    let (style, rhythm) = (composer.style, composer.rhythm);
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
        match on_page(composer, request, page.clone(), name.clone()) {
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
                && let Some(prepared) = on_page(composer, request, page.clone(), name)?
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
    composer: &Composer<'a>,
    request: &Request,
    page: Page,
    title: String,
) -> Result<Option<Prepared<'a>>, Refusal> {
    let (style, rhythm) = (composer.style, composer.rhythm);
    let mut limits = Limits::default();
    for constraint in &request.constraints {
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
    for constraint in &request.constraints {
        fits(constraint, frame, &structure)?;
    }
    if !leaves_any(style, rhythm, request, &page)? {
        return Ok(None);
    }
    // A variation that comes again is drawn once, where it stands first.
    for vary in &mut limits.vary {
        if let Some(back) = structure.behind(vary.from, vary.to) {
            (vary.from, vary.to) = (vary.from - back, vary.to - back);
        }
    }
    limits.vary.dedup();
    let (key, power) = (page.frame.key, request.power());
    let chart_law = composer.chart_law(key, limits.named_chords(), power);
    let (lowest, highest) = compass(&page, &limits);
    let centre = (page.range.0 + page.range.1) / 2;
    let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
    let pitch = composer.pitch_law(key, [lowest, highest, centre], power);
    let leanings = leanings((&pitch.law, &pitch.kernel), &chart_law, frame, &limits.melody, &limits.chart);
    let bound = BoundBars::new(frame, &chart_roots, &limits.chart, &leanings);
    let rhythm = composer.rhythm_law(page.frame.meter);
    let (mut copies, mut chord_copies) = copies(style, &limits)?;
    for segment in &structure.segments {
        segment.shifts.iter().skip(1).for_each(|&by| copies.written_again(segment.from, segment.to, by));
    }
    if let Some(copies) = &mut chord_copies {
        for segment in &chart_structure.segments {
            segment.shifts.iter().skip(1).for_each(|&by| copies.written_again(segment.from, segment.to, by));
        }
    }
    Ok(Some(Prepared {
        style,
        request: request.clone(),
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
        charts: OnceLock::new(),
        pitch,
        rhythm,
        rhythms: Rhythms::default(),
        copies,
        chord_copies,
        blocks: Memo::default(),
        at_hand: Mutex::default(),
        plain_charts: OnceLock::new(),
        composer: composer.clone(),
        varies_primed,
    }))
}

/// Whether the notes that a constraint asks for, and the bars that it varies, lie in bars that follow each other wherever
/// they come. (A contour need not: its parts are put together at the seams.)
///
/// # Errors
/// If not, with the bars.
fn fits(constraint: &Constraint, frame: &Frame, structure: &Structure) -> Result<(), ConstraintError> {
    let mut own = Limits::default();
    constraint.compile(frame, &mut own)?;
    let unfit = |from: Duration, to: Duration, reason: &str| {
        let last = to - Duration::from_ticks(1);
        let last = last - last.rem_floor(frame.meter.unit_length());
        let places = format!("{} to {}", frame.place_at(from), frame.place_at(last));
        Err(ConstraintError::Unfit { text: constraint.to_string(), reason: format!("{places} {reason}") })
    };
    let notes = own.melody.iter().filter(|limit| matches!(limit, MelodyLimit::Note { .. }));
    for (from, to) in notes.filter_map(whole) {
        if !structure.covers(from, to) {
            return unfit(
                from,
                to,
                "are one note over bars that are written again elsewhere with others beside them; \
                 end it where they do, or give the sections names of their own",
            );
        }
    }
    for vary in &own.vary {
        let back = structure.behind(vary.from, vary.to);
        if back.and_then(|back| structure.only_new(vary.from - back, vary.to - back)).is_none() {
            return unfit(
                vary.from,
                vary.to,
                "are not varied as a whole, for bars of them that do not follow each other elsewhere are written \
                 there too; give their section a name of its own",
            );
        }
    }
    Ok(())
}

/// What may not be copied of a style, of its melodies and, if that is asked, of its charts: by its figures, or by its songs
/// where all are at hand, of melodies only where a limit is too low for figures.
fn copies(style: &Style, limits: &Limits) -> Result<(Copies, Option<ChordCopies>), ConstraintError> {
    let by_figures = Copies::asked(&style.figures, limits);
    if by_figures.is_ok() && limits.copied_chords.is_none() {
        return Ok((by_figures?, None));
    }
    let songs = Some(Songs::of(style)).filter(|songs| songs.are_all);
    let sheets = songs.as_ref().map(|songs| songs.sheets.iter().map(|song| &song.sheet));
    let of_notes = match (&sheets, limits.copied_notes) {
        (Some(sheets), Some(most)) if by_figures.is_err() => {
            Copies::of_songs(sheets.clone(), &limits.melody, most)
        }
        _ => by_figures?,
    };
    let of_chords = limits.copied_chords.map(|most| match sheets {
        Some(sheets) => Ok(ChordCopies::of_songs(sheets, limits, most)),
        None => ChordCopies::of_figures(&style.figures, limits, most),
    });
    Ok((of_notes, of_chords.transpose()?))
}

/// The bars at which variations begin and end.
pub(super) fn parts(frame: &Frame, limits: &Limits) -> Vec<usize> {
    let bar = |at: Duration| usize::try_from(at.div_floor(frame.meter.bar_length())).ok();
    limits.vary.iter().flat_map(|vary| [vary.from, vary.to]).filter_map(bar).collect()
}

impl<'a> Prepared<'a> {
    /// The same request on the same page, without the variations that primes stand for.
    fn unvaried(&self) -> Result<Option<Prepared<'a>>, Refusal> {
        let page = Page { primed: false, ..self.page.clone() };
        on_page(&self.composer, &self.request, page, self.title.clone())
    }

    /// A take without the variations that primes stand for; `None` if there are none, or no other way.
    pub(super) fn take_unvaried(&self, number: u64) -> Option<Take> {
        let other = if self.varies_primed { self.unvaried().ok()? } else { None };
        Some(Take { unvaried: true, ..other?.take(number).ok()? })
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
}
