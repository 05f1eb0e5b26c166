//! New bars of a planned melody, and bars that are another one again.

use rand_chacha::ChaCha8Rng;

use super::melody_lattice::MelodyLattice;
use super::planned_melody::{Drawing, Run, Start, notes};
use super::rhythm_law::Step;
use super::structure::phrase_place;
use crate::constraint::MelodyLimit;
use crate::markov::draw::choose;
use crate::markov::{State, Steps};
use crate::music::{ChordSymbol, Duration, Taken};
use crate::viewpoint::length::Before;
use crate::viewpoint::{length, place};

/// How many ways a bar is drawn to choose from.
pub(super) const WAYS: usize = 20;
/// How many where something is asked of it: there the whole melody is one of several besides.
const ASKED_WAYS: usize = 10;
/// What a bar weighs that should be new and has a rhythm of its section, or ends otherwise than its phrase should:
/// taken only where there is hardly another.
const UNWANTED: f64 = 1e-5;
/// How well a note that is no chord tone may leap into a bar known already, against another.
const UNRESOLVED: f64 = 0.3;

/// A way to write a bar.
pub(super) struct Way {
    pub(super) starts: Vec<Start>,
    /// Where the lattice stands after it; of a lattice of the bar alone only the context counts.
    pub(super) state: State,
    /// The logarithm of its probability in the lattice.
    pub(super) log: f64,
    /// What it weighs besides.
    pub(super) weight: f64,
}

impl Drawing<'_, '_> {
    /// A stretch of new bars, each with a rhythm that its section does not have yet.
    pub(super) fn new_bars(&mut self, run: &Run, rng: &mut ChaCha8Rng) -> Option<()> {
        let varied = run.varies.map(|vary| self.of.varied(run, &vary, (&self.drawn.starts, true)));
        let (melody, messages) = run.made.as_ref().or(varied.as_ref())?;
        let (lattice, places) = (&melody.lattice, &melody.places);
        let log_mass = messages.log_mass_from(self.context);
        if log_mass == f64::NEG_INFINITY {
            return None;
        }
        match run.varies {
            None if run.is_asked => self.drawn.log_weight += log_mass,
            // The theme is no likelier for being easily varied, but for what else is asked of its variation.
            Some(vary) if self.of.is_asked_more(run) => {
                let (_, all) = self.of.varied(run, &vary, (&self.drawn.starts, false));
                self.drawn.log_weight += log_mass - all.log_mass_from(self.context);
            }
            _ => {}
        }
        let frame = self.of.frame;
        // Where nothing is asked, what is drawn is filled with notes anew.
        let free = !run.is_asked;
        let count = if self.of.is_asked_more(run) { ASKED_WAYS } else { WAYS };
        let mut state = if free { self.entry(run, melody, rng) } else { self.at_start() };
        for bar in run.from..run.to {
            let end = frame.bar_line((bar + 1) as usize);
            let first = self.drawn.starts.len();
            let mut ways = Vec::with_capacity(count);
            let mut steps = Steps::new(messages, lattice);
            for _ in 0..count {
                let (mut state, mut log) = (state, 0.0);
                while places[state.layer as usize] < end {
                    let (event, onward, weight) = steps.step(state, rng)?;
                    self.drawn.starts.push((places[event.from as usize], event.symbol));
                    log += libm::log(weight);
                    state = onward;
                }
                let stop = places[state.layer as usize];
                let mut weight = 1.0;
                if !free && bar + 1 == run.to {
                    weight *= self.leads_on(bar, state.context, rng);
                }
                if self.is_heard(bar) || self.ends_otherwise(bar, stop) {
                    weight *= UNWANTED;
                }
                ways.push(Way { starts: self.drawn.starts.split_off(first), state, log, weight });
            }
            let way = self.choose(ways, !free, rng)?;
            state = way.state;
            // Where nothing is asked, the notes are drawn anew over the rhythm, to say again what the section has said.
            let stop = places[state.layer as usize];
            let known_next = bar + 1 == run.to;
            let again = free.then(|| self.fill(bar, &way.starts, stop, known_next, rng)).flatten();
            let way = again.unwrap_or(way);
            self.drawn.log_probability += way.log;
            self.follow(&way.starts)?;
            state.context = self.context;
        }
        Some(())
    }

    /// One of the ways to write a bar, by weight; if copies are looked for, one that copies a passage of a song only
    /// where all do.
    pub(super) fn choose(
        &mut self,
        mut ways: Vec<Way>,
        look_for_copies: bool,
        rng: &mut ChaCha8Rng,
    ) -> Option<Way> {
        let first = self.drawn.starts.len();
        let mut weights: Vec<f64> = ways.iter().map(|way| way.weight).collect();
        let mut copy = None;
        while let Some(chosen) = choose(rng, &weights) {
            self.drawn.starts.extend(&ways[chosen].starts);
            let copied = look_for_copies && self.is_copied(first);
            self.drawn.starts.truncate(first);
            if !copied {
                return Some(ways.swap_remove(chosen));
            }
            weights[chosen] = 0.0;
            copy = copy.or(Some(chosen));
        }
        copy.map(|copy| ways.swap_remove(copy))
    }

    /// Where a stretch of new bars starts.
    fn at_start(&self) -> State {
        State { layer: 0, node: 0, context: self.context }
    }

    /// Whether nothing is held into a bar: it opens the piece or a section, or comes after a bar that is another one
    /// again, of which the page has the end once.
    pub(super) fn is_cut_off(&self, bar: usize) -> bool {
        let roots = self.of.roots;
        bar == 0 || self.of.frame.opens_section(bar) || (roots[bar] == bar && roots[bar - 1] != bar - 1)
    }

    /// Where a stretch of new bars is entered: at its start, or where the note before it stops that is held over the bar
    /// line as the style holds notes.
    fn entry(&self, run: &Run, melody: &MelodyLattice, rng: &mut ChaCha8Rng) -> State {
        let start = self.at_start();
        let frame = self.of.frame;
        let from = melody.places[0];
        let opens = usize::try_from(run.from).map_or(true, |bar| self.is_cut_off(bar));
        let Some(&(at, Some(_))) = self.drawn.starts.last().filter(|_| !opens) else {
            return start;
        };
        let length = frame.meter.bar_length();
        let phrase = phrase_place(frame, at.div_floor(length));
        let steps = self.of.laws.rhythm.steps(at.rem_floor(length), phrase, Before::NOTHING, from - at);
        let lasting: Vec<Step> =
            steps.into_iter().filter(|step| !step.rest && at + step.length >= from).collect();
        let weights: Vec<f64> = lasting.iter().map(|step| step.weight).collect();
        let Some(chosen) = choose(rng, &weights) else { return start };
        let stop = at + lasting[chosen].length;
        let silent = melody.lattice.layers[0]
            .jumps
            .iter()
            .find(|jump| jump.emission.is_none() && melody.places[jump.to as usize] == stop);
        silent.map_or(start, |jump| State { layer: jump.to, node: jump.node, context: self.context })
    }

    /// Whether a passage that ends with one of the starts from a number on stands in one of the style's songs.
    pub(super) fn is_copied(&self, first: usize) -> bool {
        let starts = &self.drawn.starts;
        let before = starts[..first].iter().enumerate().rev().filter(|(_, start)| start.1.is_some());
        let most = self.of.laws.copies.most() as usize;
        let from = before.map(|(index, _)| index).nth(most.saturating_sub(1)).unwrap_or(0);
        let end = starts.last().map_or(Duration::ZERO, |start| start.0);
        self.of.laws.copies.are_in(&notes(self.of.laws.law, self.of.frame, &starts[from..], end))
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

    /// How well a context at the end of a bar leads into the next one, if that is known already, 0 to 1.
    pub(super) fn leads_on(&mut self, bar: i64, context: u32, rng: &mut ChaCha8Rng) -> f64 {
        let of = self.of;
        let next = (bar + 1) as usize;
        if next >= of.frame.bars {
            return 1.0;
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
                if near { of.laws.law.seam(last, first) * self.resolves(last, first) } else { 0.0 }
            }
            _ => 1.0,
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
        let mut starts = self.moved_to(bar, source);
        // What a pickup holds into the first bar is no part of the section: where it comes again, nothing reaches into it.
        let line = self.of.frame.bar_line(bar);
        if bar > 0 && self.is_cut_off(bar) && starts.first().is_none_or(|start| start.0 > line) {
            starts.insert(0, (line, None));
        }
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
