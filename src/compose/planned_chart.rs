//! A chart drawn bar by bar along a repetition plan: new bars from the chain, the others taken up.
//!
//! New bars that follow each other are the chart chain's; a new bar is one that is like none of the eight before it in
//! its section, and one that leads into a bar already known is kept in proportion to how well it leads there. Where
//! something is asked of a bar it is drawn from its lattice, and the chart weighs what that lattice's mass is: of
//! several charts drawn so, one is chosen by weight (importance resampling, Rubin 1987).

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::chart_lattice::{
    Before, ChartLattice, Leaning, MOMENT, chart_lattice, chord_ends, stretch, touches,
};
use super::chart_law::{ChartLaw, powered};
use super::chart_place::{PageSection, held};
use super::charts::shifted;
use super::memo::Memo;
use crate::constraint::{ChartLimit, ChordSet, Frame};
use crate::markov::draw::{choose, unit};
use crate::markov::{Messages, State};
use crate::music::{Chart, ChordChange, Duration, Plan};

/// How often a new bar is drawn again that leads badly into the next.
const TRIES: usize = 40;
/// How often the last bar is drawn again until it closes as it should.
const CLOSING_TRIES: usize = 400;
/// How often one that is like an earlier one.
const NEW_TRIES: usize = 4;
/// How well chords that are taken up must bear a note that is asked for, against those that bear it best.
const BEARS: f64 = 0.2;
/// How well a chord leads into itself, held on over the bar line, against the likeliest change.
const HELD: f64 = 0.3;

/// A chart and what it was drawn with.
#[derive(Clone, Debug)]
pub struct PlannedChart {
    /// The chart.
    pub chart: Chart,
    /// The natural logarithm of the probability of its new bars in the chain.
    pub log_probability: f64,
    /// The natural logarithm of its weight: the chance that the chain keeps what is asked.
    pub log_weight: f64,
}

/// The chords of a bar: places from the bar line, the first at it, with symbols of the law.
type Content = Vec<(Duration, u16)>;

/// Draws a chart that closes on a chord if it can; `None` where what is asked reaches over bars that are not new, or was missed.
pub fn planned_chart(
    law: &ChartLaw<'_>,
    frame: &Frame,
    roots: &[usize],
    plan: &Plan,
    close: Option<u16>,
    bound: &BoundBars,
    rng: &mut ChaCha8Rng,
) -> Option<PlannedChart> {
    let asked = bound.asked.as_deref()?;
    let mut drawing =
        Drawing { law, frame, roots, bars: Vec::new(), close, context: law.start(), log: (0.0, 0.0) };
    while drawing.bars.len() < frame.bars {
        let bar = drawing.bars.len();
        if frame.opens_section(bar) {
            drawing.context = law.start();
        }
        let known = source(bar, roots, plan).and_then(|source| drawing.bars.get(source)).cloned();
        match known.filter(|content| roots[bar] != bar || asked[bar].admit(law, frame, bar, content)) {
            Some(content) => drawing.take_up(content),
            None if asked[bar].bars > 0 => drawing.bound(bound, rng)?,
            None => drawing.fresh(plan, rng)?,
        }
    }
    let (log_probability, log_weight) = drawing.log;
    Some(PlannedChart { chart: chart(law, frame, &drawing.bars), log_probability, log_weight })
}

/// What is asked of the chords of a bar, in all its uses.
#[derive(Clone, Debug, Default)]
struct Asked {
    limits: Vec<ChartLimit>,
    /// What notes that are asked for lean on, in the time of the bar.
    leanings: Vec<Leaning>,
    /// How many bars from this one on are drawn together; zero if nothing is asked.
    bars: usize,
    /// Whether something is asked of the bar together with others.
    whole: bool,
}

impl Asked {
    /// Whether chords taken up keep it.
    fn admit(&self, law: &ChartLaw<'_>, frame: &Frame, bar: usize, content: &Content) -> bool {
        let start = frame.bar_line(bar);
        let length = frame.meter.bar_length();
        let sounding = |at: Duration| content.iter().rev().find(|chord| start + chord.0 <= at);
        let bears = |note: &Leaning| {
            sounding(note.at).is_none_or(|chord| {
                let largest = note.factors.iter().copied().fold(0.0, f64::max);
                note.factors[usize::from(chord.1)] >= BEARS * largest
            })
        };
        !self.whole
            && self.leanings.iter().all(bears)
            && self.limits.iter().all(|limit| match limit {
                ChartLimit::Sounding { from, to, allowed } => {
                    content.iter().enumerate().all(|(at, chord)| {
                        let end = content.get(at + 1).map_or(length, |next| next.0);
                        let sounds = start + chord.0 < *to && start + end > *from;
                        !sounds || allowed.contains(&law.chords[usize::from(chord.1)])
                    })
                }
                ChartLimit::Count { min, max, .. } => {
                    content.len() > *min as usize && content.len() <= *max as usize
                }
                _ => false,
            })
    }
}

/// The bars of a page of which something is asked, and the lattices of those that are drawn together, made when first
/// needed.
#[derive(Debug)]
pub struct BoundBars {
    /// By bar; `None` if something reaches where no new bar can keep it.
    asked: Option<Vec<Asked>>,
    /// By the first bar, the chord to close on and what stands before.
    known: Memo<(usize, Option<u16>, Before), Arc<Bound>>,
}

/// Bars that are drawn together.
#[derive(Debug)]
struct Bound {
    /// The first bar after them.
    last: usize,
    chart: ChartLattice,
    messages: Messages,
}

impl BoundBars {
    /// What limits ask of the bars of a page, and notes that lean on them.
    pub fn new(frame: &Frame, roots: &[usize], limits: &[ChartLimit], leanings: &[Leaning]) -> BoundBars {
        BoundBars { asked: asked(frame, roots, limits, leanings), known: Memo::default() }
    }

    /// The bars from one on that are drawn together; `None` if they are not all new bars of a section.
    fn from(
        &self,
        law: &ChartLaw<'_>,
        frame: &Frame,
        roots: &[usize],
        first: usize,
        (context, close): (u32, Option<u16>),
    ) -> Option<Arc<Bound>> {
        let asked = self.asked.as_deref()?;
        let mut last = first;
        let mut limits: Vec<ChartLimit> = Vec::new();
        let mut leanings: Vec<Leaning> = Vec::new();
        let mut bar = first;
        while bar == first || bar < last {
            leanings.extend(asked[bar].leanings.iter().cloned());
            last = last.max(bar + asked[bar].bars).min(frame.bars);
            let new = asked[bar].limits.iter().filter(|limit| !limits.contains(limit)).cloned();
            limits.extend(new.collect::<Vec<_>>());
            bar += 1;
        }
        if (first..last).any(|bar| roots[bar] != bar || (bar > first && frame.opens_section(bar))) {
            return None;
        }
        let close = close.filter(|_| roots.last().is_some_and(|&root| root + 1 == last));
        let (from, to) = (frame.bar_line(first), frame.bar_line(last));
        // Where the first chord is given little hangs on what stands before: that is looked at alone.
        let is_given = |limit: &ChartLimit| matches!(limit, ChartLimit::Run { from: begin, chords, .. } if *begin == from && chords.len() == 1);
        let before = match limits.iter().any(is_given) {
            true => Before::Context(context),
            false => Before::Anything,
        };
        let make = || {
            limits.extend(close.map(|close| {
                let allowed = ChordSet::Only(vec![law.chords[usize::from(close)].clone()]);
                ChartLimit::Sounding { from: to - MOMENT, to, allowed }
            }));
            let chart = chart_lattice(law, frame, (from, to), (&limits, &leanings), before);
            let messages = Messages::new(&chart.lattice);
            Arc::new(Bound { last, chart, messages })
        };
        Some(self.known.get(&(first, close, before), make))
    }
}

impl Bound {
    /// The natural logarithm of the probability that what is asked is kept, after a context.
    fn log_mass(&self, context: u32) -> f64 {
        self.messages.log_mass_from(context)
    }

    /// The chords after a context, each with the place where it begins, and the logarithm of their probability.
    fn draw(&self, context: u32, rng: &mut ChaCha8Rng) -> Option<(Vec<(Duration, u16)>, f64)> {
        let (mut changes, mut log) = (Vec::new(), 0.0);
        let mut state = State { layer: 0, node: 0, context };
        while (state.layer as usize) + 1 < self.chart.places.len() {
            let (event, onward, weight) = self.messages.step(&self.chart.lattice, state, rng)?;
            changes.extend(event.symbol.map(|symbol| (self.chart.places[event.from as usize], symbol)));
            log += libm::log(weight);
            state = onward;
        }
        Some((changes, log))
    }
}

/// What is asked of each bar that is composed; `None` if something reaches where no new bar can keep it.
fn asked(frame: &Frame, roots: &[usize], limits: &[ChartLimit], leanings: &[Leaning]) -> Option<Vec<Asked>> {
    let mut asked = vec![Asked::default(); frame.bars];
    let length = frame.meter.bar_length();
    for (bar, &root) in roots.iter().enumerate() {
        let (from, to) = (frame.bar_line(bar), frame.bar_line(bar + 1));
        for limit in limits.iter().filter(|limit| touches(limit, from, to)) {
            let limit = shifted(limit, length * (bar - root) as i64);
            let (first, last) = stretch(&limit)?;
            let wide = match limit {
                ChartLimit::Arrival { .. } => (root.checked_sub(1)?, root + 1),
                ChartLimit::Run { .. } => {
                    let first = usize::try_from(first.div_floor(length)).ok()?;
                    (first, usize::try_from((last - Duration::from_ticks(1)).div_floor(length)).ok()? + 1)
                }
                _ => (root, root),
            };
            asked[root].bars = asked[root].bars.max(1);
            for part in wide.0..wide.1.min(frame.bars) {
                if roots[part] != part {
                    return None;
                }
                asked[part].whole = true;
                asked[part].bars = asked[part].bars.max(wide.1 - part);
            }
            if !asked[root].limits.contains(&limit) {
                asked[root].limits.push(limit);
            }
        }
    }
    for note in leanings {
        let Ok(bar) = usize::try_from(note.at.div_floor(length)) else { continue };
        let Some(&root) = roots.get(bar) else { continue };
        let at = note.at - length * (bar - root) as i64;
        asked[root].bars = asked[root].bars.max(1);
        asked[root].leanings.push(Leaning { at, factors: note.factors.clone() });
    }
    limits
        .iter()
        .all(|limit| !matches!(limit, ChartLimit::Begun { by } if *by < Duration::ZERO))
        .then_some(asked)
}

/// The bar whose chords a bar takes up, if it does.
fn source(bar: usize, roots: &[usize], plan: &Plan) -> Option<usize> {
    if roots[bar] != bar {
        return Some(roots[bar]);
    }
    let back = usize::from(plan.chords.get(bar).copied().flatten()?);
    bar.checked_sub(back)
}

struct Drawing<'a> {
    law: &'a ChartLaw<'a>,
    frame: &'a Frame,
    roots: &'a [usize],
    bars: Vec<Content>,
    /// The chord that the piece closes on.
    close: Option<u16>,
    /// The chain's context after them.
    context: u32,
    /// Logarithms of probability and weight.
    log: (f64, f64),
}

impl Drawing<'_> {
    fn take_up(&mut self, content: Content) {
        for &(_, symbol) in &content {
            if self.law.last(self.context) != Some(symbol) {
                self.context = self.law.after(self.context, symbol);
            }
        }
        self.bars.push(content);
    }

    /// A new bar of which nothing is asked.
    fn fresh(&mut self, plan: &Plan, rng: &mut ChaCha8Rng) -> Option<()> {
        let (bar, roots) = (self.bars.len(), self.roots);
        let first = self.frame.section_of(bar).start.max(bar.saturating_sub(8));
        // What closes the piece was often heard before.
        let close = self.close.filter(|_| roots.last() == Some(&bar));
        if let Some(close) = close.filter(|&close| self.law.last(self.context) == Some(close)) {
            self.bars.push(vec![(Duration::ZERO, close)]);
            return Some(());
        }
        let tries = if close.is_some() { CLOSING_TRIES } else { TRIES };
        // Where the next bar's chords are from, if it goes on in the section.
        let goes_on = bar + 1 < self.frame.bars && !self.frame.opens_section(bar + 1);
        let onward = goes_on.then(|| source(bar + 1, roots, plan));
        let mut drawn = self.fresh_bar(bar, rng)?;
        for attempt in 0..tries {
            let (content, context, _) = &drawn;
            let is_new = match close {
                Some(close) => content.last().is_some_and(|last| last.1 == close),
                None => attempt >= NEW_TRIES || !self.bars[first..].contains(content),
            };
            let next = onward.and_then(|source| match source {
                Some(source) if source == bar => Some(content[0].1),
                Some(source) => self.bars.get(source).map(|chords| chords[0].1),
                None => self.close.filter(|_| roots.last() == Some(&(bar + 1))),
            });
            let fits = next.map_or(1.0, |next| self.leads(*context, bar + 1, next));
            if is_new && unit(rng) < fits {
                break;
            }
            drawn = self.fresh_bar(bar, rng)?;
        }
        let (content, context, log) = drawn;
        self.bars.push(content);
        self.context = context;
        self.log.0 += log;
        Some(())
    }

    /// How well a context leads into a chord at a bar line, 0 to 1.
    fn leads(&self, context: u32, bar: usize, next: u16) -> f64 {
        if self.law.last(context) == Some(next) {
            return HELD;
        }
        let (from, to) = (self.frame.bar_line(bar), self.frame.bar_line(bar + 1));
        let place = PageSection::at(self.frame, from).chord(self.frame, from, to);
        let row = self.law.row_at(place, context);
        let largest = row.iter().map(|entry| entry.2).fold(0.0, f64::max);
        let weight: f64 = row.iter().filter(|entry| entry.0 == next).map(|entry| entry.2).sum();
        if largest > 0.0 { weight / largest } else { 0.0 }
    }

    /// The chain's next bar: its chords, the context after them, the logarithm of its probability.
    fn fresh_bar(&self, bar: usize, rng: &mut ChaCha8Rng) -> Option<(Content, u32, f64)> {
        let (start, stop) = (self.frame.bar_line(bar), self.frame.bar_line(bar + 1));
        let section = PageSection::at(self.frame, start);
        let to = section.end(self.frame).min(self.frame.bar_line(bar + 8)).max(stop);
        let (mut at, mut before, mut context, mut log) = (start, 0, self.context, 0.0);
        let mut content = Content::new();
        while at < stop {
            let ends = chord_ends(self.law, self.frame, (at, to), before);
            let total: f64 = ends.iter().map(|end| end.1).sum();
            let weights: Vec<f64> = ends.iter().map(|end| powered(end.1 / total, self.law.power)).collect();
            let chosen = choose(rng, &weights)?;
            let end = ends[chosen].0;
            log += libm::log(weights[chosen]);
            // What is new ends with its bar.
            let end = end.min(stop);
            let row = self.law.row_at(section.chord(self.frame, at, end), context);
            let weights: Vec<f64> = row.iter().map(|entry| entry.2).collect();
            let (symbol, target, weight) = row[choose(rng, &weights)?];
            log += libm::log(weight);
            content.push((at - start, symbol));
            context = target;
            before = held(self.frame, at, end);
            at = end;
        }
        Some((content, context, log))
    }

    /// New bars of which something is asked, drawn together.
    fn bound(&mut self, bound: &BoundBars, rng: &mut ChaCha8Rng) -> Option<()> {
        let first = self.bars.len();
        let from = |close| bound.from(self.law, self.frame, self.roots, first, (self.context, close));
        // What is asked comes before how pieces close.
        let closing = from(self.close).filter(|bound| bound.log_mass(self.context) > f64::NEG_INFINITY);
        let bound = closing.map_or_else(|| from(None), Some)?;
        let (changes, log) = bound.draw(self.context, rng)?;
        self.log.0 += log;
        self.log.1 += bound.log_mass(self.context);
        let last = bound.last;
        for bar in first..last {
            let (from, to) = (self.frame.bar_line(bar), self.frame.bar_line(bar + 1));
            let held = changes.iter().rev().find(|(at, _)| *at <= from)?;
            let within = changes.iter().filter(|(at, _)| *at > from && *at < to);
            let within = within.map(|&(at, symbol)| (at - from, symbol));
            let content = std::iter::once((Duration::ZERO, held.1)).chain(within).collect();
            self.take_up(content);
        }
        Some(())
    }
}

/// The chart that the bars make: a chord is written where it changes and where a section starts.
fn chart(law: &ChartLaw<'_>, frame: &Frame, bars: &[Content]) -> Chart {
    let mut chart = Chart::default();
    let mut sounding = None;
    for (bar, content) in bars.iter().enumerate() {
        if frame.opens_section(bar) {
            sounding = None;
        }
        for &(offset, symbol) in content {
            if sounding != Some(symbol) {
                let at = frame.bar_line(bar) + offset;
                chart.changes.push(ChordChange { at, chord: law.chords[usize::from(symbol)].clone() });
                sounding = Some(symbol);
            }
        }
    }
    chart
}
