//! New bars of a planned melody, and bars that are another one again.

use rand_chacha::ChaCha8Rng;

use super::planned_melody::{Drawing, Run, Start, notes};
use super::rhythm_law::{Before, Step};
use super::structure::phrase_place;
use crate::constraint::MelodyLimit;
use crate::markov::State;
use crate::markov::draw::{choose, unit};
use crate::music::{ChordSymbol, Duration, Taken};
use crate::style::passages::LENGTH;
use crate::viewpoint::{length, place};

/// How often a bar is drawn again that is like an earlier one or leads badly into the next.
pub(super) const TRIES: usize = 40;
/// How well a note that is no chord tone may leap into a bar known already, against another.
const UNRESOLVED: f64 = 0.3;

/// How often a new bar that recalls no figure of its section is drawn again: what a tune did so far is no state of a
/// chain, but it may weigh what the chain draws.
const FORGOTTEN: f64 = 0.6;
/// How far back figures are remembered, in notes.
const MEMORY: usize = 40;

/// Three notes in a row: two intervals, and the two times between their onsets.
type Figure = (i32, i32, Duration, Duration);

impl Drawing<'_, '_> {
    /// A stretch of new bars, each with a rhythm that its section does not have yet.
    pub(super) fn new_bars(&mut self, run: &Run, rng: &mut ChaCha8Rng) -> Option<()> {
        let lattice = &run.lattice.lattice;
        let log_mass = run.messages.log_mass_from(self.context);
        if log_mass == f64::NEG_INFINITY {
            return None;
        }
        self.drawn.log_weight +=
            run.free.as_ref().map_or(0.0, |free| log_mass - free.log_mass_from(self.context));
        let frame = self.of.frame;
        let mut state = self.entry(run, rng);
        for bar in run.from..run.to {
            let end = frame.bar_line((bar + 1) as usize);
            let before = (self.drawn.starts.len(), state);
            let mut log = 0.0;
            for attempt in 0..=TRIES {
                self.drawn.starts.truncate(before.0);
                state = before.1;
                log = 0.0;
                while run.lattice.places[state.layer as usize] < end {
                    let (event, onward, weight) = run.messages.step(lattice, state, rng)?;
                    self.drawn.starts.push((run.lattice.places[event.from as usize], event.symbol));
                    log += libm::log(weight);
                    state = onward;
                }
                let misleads = bar + 1 == run.to && !self.leads_on(bar, state.context, rng);
                let stop = run.lattice.places[state.layer as usize];
                let again = misleads
                    || self.is_heard(bar)
                    || self.is_copied(before.0)
                    || self.ends_otherwise(bar, stop)
                    || (attempt < TRIES / 2 && !self.recalls(before.0) && unit(rng) < FORGOTTEN);
                if attempt == TRIES || !again {
                    break;
                }
            }
            self.drawn.log_probability += log;
        }
        self.context = state.context;
        Some(())
    }

    /// Where a stretch of new bars is entered: at its start, or where the note before it stops that is held over the bar
    /// line as the style holds notes.
    fn entry(&self, run: &Run, rng: &mut ChaCha8Rng) -> State {
        let start = State { layer: 0, node: 0, context: self.context };
        let frame = self.of.frame;
        let from = run.lattice.places[0];
        let opens = usize::try_from(run.from).map_or(true, |bar| bar == 0 || frame.opens_section(bar));
        let Some(&(at, Some(_))) = self.drawn.starts.last().filter(|_| !opens && run.free.is_none()) else {
            return start;
        };
        let length = frame.meter.bar_length();
        let phrase = phrase_place(frame, at.div_floor(length));
        let steps = self.of.laws.rhythm.steps(at.rem_floor(length), phrase, Before::Nothing, from - at);
        let lasting: Vec<Step> =
            steps.into_iter().filter(|step| !step.rest && at + step.length >= from).collect();
        let weights: Vec<f64> = lasting.iter().map(|step| step.weight).collect();
        let Some(chosen) = choose(rng, &weights) else { return start };
        let stop = at + lasting[chosen].length;
        let silent = run.lattice.lattice.layers[0]
            .jumps
            .iter()
            .find(|jump| jump.emission.is_none() && run.lattice.places[jump.to as usize] == stop);
        silent.map_or(start, |jump| State { layer: jump.to, node: jump.node, context: self.context })
    }

    /// Whether a passage that ends with one of the starts from a number on stands in one of the style's songs.
    pub(super) fn is_copied(&self, first: usize) -> bool {
        let starts = &self.drawn.starts;
        let before = starts[..first].iter().enumerate().rev().filter(|(_, start)| start.1.is_some());
        let from = before.map(|(index, _)| index).nth(LENGTH - 2).unwrap_or(0);
        let end = starts.last().map_or(Duration::ZERO, |start| start.0);
        self.of.laws.copies.are_in(&notes(self.of.laws.law, self.of.frame, &starts[from..], end))
    }

    /// Whether one of the figures that end with a start from a number on was heard before in the section.
    fn recalls(&self, first: usize) -> bool {
        let note = |start: &Start| Some((start.0, i32::from(start.1?)));
        let new: Vec<(Duration, i32)> = self.drawn.starts[first..].iter().filter_map(note).collect();
        let frame = self.of.frame;
        let bar = new.first().map_or(-1, |(at, _)| at.div_floor(frame.meter.bar_length()));
        let section = usize::try_from(bar).ok().map(|bar| frame.section_of(bar).start);
        let from = section.map_or(frame.start(), |start| frame.bar_line(start));
        let before = self.drawn.starts[..first].iter().rev().take_while(|start| start.0 >= from);
        let mut notes: Vec<(Duration, i32)> = before.filter_map(note).take(MEMORY).collect();
        notes.reverse();
        let old = notes.len();
        notes.extend(new);
        let figures: Vec<Figure> = notes
            .windows(3)
            .map(|w| (w[1].1 - w[0].1, w[2].1 - w[1].1, w[1].0 - w[0].0, w[2].0 - w[1].0))
            .collect();
        let ends_new = old.saturating_sub(2);
        figures.len() <= ends_new || (ends_new..figures.len()).any(|at| figures[..at].contains(&figures[at]))
    }

    /// Whether the bar, the last note of which lasts until `stop`, ends in another way than its phrase should.
    fn ends_otherwise(&self, bar: i64, stop: Duration) -> bool {
        let wanted = usize::try_from(bar).ok().and_then(|bar| self.long_ends[bar]);
        wanted.is_some_and(|long| {
            let bar_ticks = place::ticks(self.of.frame.meter.bar_length());
            let ends_long = self.drawn.starts.last().is_none_or(|&(at, symbol)| {
                symbol.is_none() || place::ticks(stop - at) >= length::long_end(bar_ticks)
            });
            ends_long != long
        })
    }

    /// Whether the bar's rhythm was heard in its section, no more than eight bars before.
    fn is_heard(&self, bar: i64) -> bool {
        let Ok(bar) = usize::try_from(bar) else { return false };
        let first = self.of.frame.section_of(bar).start.max(bar.saturating_sub(8));
        let own = self.rhythm(bar);
        (first..bar).any(|earlier| self.rhythm(earlier) == own)
    }

    /// Where the notes of a bar start.
    pub(super) fn rhythm(&self, bar: usize) -> Vec<Duration> {
        let from = self.of.frame.bar_line(bar);
        self.starts_of(bar).iter().filter(|start| start.1.is_some()).map(|start| start.0 - from).collect()
    }

    pub(super) fn starts_of(&self, bar: usize) -> &[Start] {
        let (from, to) = (self.of.frame.bar_line(bar), self.of.frame.bar_line(bar + 1));
        let starts = &self.drawn.starts;
        let first = starts.partition_point(|start| start.0 < from);
        let last = starts.partition_point(|start| start.0 < to);
        &starts[first..last]
    }

    /// Whether a context at the end of a bar may stand before the next one, if that is known already: drawn by how
    /// well it leads there.
    pub(super) fn leads_on(&mut self, bar: i64, context: u32, rng: &mut ChaCha8Rng) -> bool {
        let of = self.of;
        let next = (bar + 1) as usize;
        if next >= of.frame.bars {
            return true;
        }
        let source = match of.echoes[next] {
            _ if of.roots[next] != next => Some(of.roots[next]),
            Some(echo) if i64::from(echo.back) > 1 => {
                let source = next.checked_sub(usize::from(echo.back));
                source.filter(|_| self.taken(next, echo, rng) == Taken::Notes)
            }
            _ => None,
        };
        let first = source.filter(|&source| source < next).and_then(|source| {
            let start = self.starts_of(source).iter().find_map(|start| Some((start.0, start.1?)));
            start.map(|(at, symbol)| (at + of.frame.meter.bar_length() * (next - source) as i64, symbol))
        });
        match (first, of.laws.law.last(context)) {
            (Some((at, first)), Some(last)) => {
                let near = of.limits[next + 1].iter().all(|limit| match limit {
                    MelodyLimit::Leap { from, to, max } => {
                        at < *from || at >= *to || u32::from(last.abs_diff(first)) <= *max
                    }
                    _ => true,
                });
                near && unit(rng) < of.laws.law.seam(last, first) * self.resolves(last, first)
            }
            _ => true,
        }
    }

    /// How well the last note goes on to another: a note that is no tone of its chord wants to step.
    fn resolves(&self, last: u16, next: u16) -> f64 {
        let at = self.drawn.starts.iter().rev().find(|start| start.1.is_some()).map(|start| start.0);
        let off_tone = at.and_then(|at| self.on_tone(at, last)) == Some(false);
        if off_tone && !(1..=2).contains(&last.abs_diff(next)) { UNRESOLVED } else { 1.0 }
    }

    /// Whether a note is a tone of the chord at a place; `None` without a chord.
    pub(super) fn on_tone(&self, at: Duration, symbol: u16) -> Option<bool> {
        let tones = self.of.chart.sounding_at(at).map_or(0, ChordSymbol::pitch_classes);
        (tones != 0).then(|| tones >> self.of.laws.law.midi(symbol).rem_euclid(12) & 1 == 1)
    }

    /// A bar that is another one again.
    pub(super) fn again(&mut self, bar: usize, source: usize) -> Option<()> {
        let starts = self.moved_to(bar, source);
        self.follow(&starts)
    }

    /// What starts in a bar, as it would in another.
    pub(super) fn moved_to(&self, bar: usize, source: usize) -> Vec<Start> {
        let shift = self.of.frame.bar_line(bar) - self.of.frame.bar_line(source);
        self.starts_of(source).iter().map(|&(at, symbol)| (at + shift, symbol)).collect()
    }

    pub(super) fn follow(&mut self, starts: &[Start]) -> Option<()> {
        self.context = self.context_after(starts)?;
        self.drawn.starts.extend(starts);
        Some(())
    }

    /// The context after what starts next.
    pub(super) fn context_after(&self, starts: &[Start]) -> Option<u32> {
        let symbols = starts.iter().filter_map(|start| start.1);
        symbols
            .into_iter()
            .try_fold(self.context, |context, symbol| self.of.laws.kernel.after(context, symbol))
    }
}
