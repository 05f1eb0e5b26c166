//! A melody drawn bar by bar along a repetition plan: new bars from the style's chains, the others taken up.
//!
//! Stretches of new bars are drawn from their lattice, in the context of what stands before; a bar that takes up a
//! rhythm or a contour from the lattice of that rhythm; a bar that takes up notes, moved or not, follows by itself. A
//! new bar has the rhythm of none of the eight before it in its section, and one that leads into a bar known already is
//! kept in proportion to how well it leads there. Where something is asked, each lattice holds what is asked of its bars
//! and of all bars that are the same, and the melody weighs what the lattices' masses are: of several melodies drawn
//! so, one is chosen by weight (importance resampling, Rubin 1987).

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use super::copies::Copies;
use super::melody_lattice::{MelodyLattice, Settled, melody_lattice};
use super::melody_law::MelodyLaw;
use super::plan::Freedom;
use super::rhythm_law::RhythmLaw;
use super::smoothing::interpolate;
use super::structure::{Segment, bar_start};
use crate::constraint::{Frame, MelodyLimit, PitchSet};
use crate::markov::draw::{choose, unit};
use crate::markov::messages::entries;
use crate::markov::{Event, Kernel, Lattice, Messages, State};
use crate::music::plan::moved;
use crate::music::{Chart, ChordSymbol, Duration, Echo, Note, Plan, Taken};
use crate::style::figures::Figures;
use crate::style::passages::LENGTH;
use crate::viewpoint::echo;

/// How often a bar is drawn again that is like an earlier one or leads badly into the next.
const TRIES: usize = 40;
/// The widest move of a bar that is taken up on another step of the scale, in steps.
const WIDEST_MOVE: i32 = 5;

/// All that melodies of a chart are drawn from.
pub struct PlannedMelody<'a> {
    law: &'a MelodyLaw<'a>,
    rhythm: &'a RhythmLaw<'a>,
    kernel: &'a Kernel,
    frame: &'a Frame,
    roots: &'a [usize],
    chart: &'a Chart,
    copies: &'a Copies,
    figures: &'a Figures,
    /// Which bar each bar takes up; of what is asked, what it takes.
    echoes: Vec<Option<Echo>>,
    freedom: &'a [Freedom],
    /// What is asked of each bar that is composed, and of all that are the same; the first entry is the pickup.
    limits: Vec<Vec<MelodyLimit>>,
    /// The weight of an interval by its nearness to that of a contour.
    nearness: Vec<f64>,
    /// The stretches of new bars.
    runs: Vec<Run>,
}

/// A stretch of new bars; −1 is the pickup.
struct Run {
    from: i64,
    to: i64,
    lattice: MelodyLattice,
    messages: Messages,
    /// The messages where nothing is asked, if something is.
    free: Option<Messages>,
}

/// A melody and what it was drawn with.
#[derive(Clone, Debug)]
pub struct DrawnMelody {
    /// Where notes and rests start, with the symbols of the notes.
    pub starts: Vec<(Duration, Option<u16>)>,
    /// What each bar takes up.
    pub echoes: Vec<Option<Echo>>,
    /// The natural logarithm of the probability of what is new.
    pub log_probability: f64,
    /// The natural logarithm of its weight: the chance that the chains keep what is asked.
    pub log_weight: f64,
}

impl<'a> PlannedMelody<'a> {
    /// The lattices of the new bars of a plan over a chart.
    pub fn new(
        (law, rhythm, kernel): (&'a MelodyLaw<'a>, &'a RhythmLaw<'a>, &'a Kernel),
        figures: &'a Figures,
        frame: &'a Frame,
        roots: &'a [usize],
        (plan, freedom): (&Plan, &'a [Freedom]),
        chart: &'a Chart,
        limits: &[MelodyLimit],
        copies: &'a Copies,
    ) -> PlannedMelody<'a> {
        let echoes = plan.melody.clone();
        let limits = by_bar(frame, roots, plan, limits);
        let (nearness, runs) = (nearness(figures), Vec::new());
        let mut planned = PlannedMelody {
            law,
            rhythm,
            kernel,
            frame,
            roots,
            chart,
            copies,
            figures,
            echoes,
            freedom,
            limits,
            nearness,
            runs,
        };
        planned.find_runs();
        planned
    }

    fn find_runs(&mut self) {
        let bars = self.frame.bars as i64;
        let is_new = |bar: i64| match usize::try_from(bar) {
            Err(_) => true,
            Ok(index) => self.roots[index] == index && self.echoes[index].is_none(),
        };
        let opens =
            |bar: i64| bar > 0 && self.frame.sections.iter().any(|(_, bars)| bars.start as i64 == bar);
        let mut bar = if self.frame.pickup.is_positive() { -1 } else { 0 };
        let mut runs = Vec::new();
        let last_root = self.roots.last().map_or(0, |&root| root as i64);
        while bar < bars {
            if !is_new(bar) {
                bar += 1;
                continue;
            }
            let mut to = bar + 1;
            // What must end the sheet ends its stretch.
            while to < bars && is_new(to) && !opens(to) && to != last_root + 1 {
                to += 1;
            }
            runs.push((bar, to));
            bar = to;
        }
        for (index, (from, to)) in runs.iter().copied().enumerate() {
            let segment = Segment {
                from: if from < 0 { self.frame.start() } else { bar_start(self.frame, from as usize) },
                to: bar_start(self.frame, to as usize),
                shifts: vec![Duration::ZERO],
                opens_section: true,
            };
            let limits = self.limits_of(from, to);
            let settled = Settled {
                section_end: self.section_end(to - 1),
                close: self.close(),
                ends_there: self.section_end(to - 1) > segment.to,
                ..Settled::nothing(self.law, &segment)
            };
            let weigh = |limits: &[MelodyLimit]| {
                let law = (self.law, self.rhythm, self.kernel);
                let edges = (index == 0, to == last_root + 1);
                let lattice = melody_lattice(law, self.frame, &segment, edges, self.chart, limits, &settled);
                let messages = Messages::new(&lattice.lattice);
                (lattice, messages)
            };
            let (lattice, messages) = weigh(&limits);
            let free = (!limits.is_empty()).then(|| weigh(&[]).1);
            self.runs.push(Run { from, to, lattice, messages, free });
        }
    }

    fn limits_of(&self, from: i64, to: i64) -> Vec<MelodyLimit> {
        self.limits[(from + 1) as usize..(to + 1) as usize].concat()
    }

    fn section_end(&self, bar: i64) -> Duration {
        let bar = bar.max(0) as usize;
        let section = self.frame.sections.iter().find(|(_, bars)| bars.contains(&bar));
        bar_start(self.frame, section.map_or(self.frame.bars, |(_, bars)| bars.end))
    }

    /// Where the bar ends that is the piece's last one.
    fn close(&self) -> Option<Duration> {
        self.roots.last().map(|&root| bar_start(self.frame, root + 1))
    }

    /// Draws a melody; `None` where what is asked cannot be kept along the plan, or was missed.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> Option<DrawnMelody> {
        let mut drawing = Drawing {
            of: self,
            drawn: DrawnMelody {
                starts: Vec::new(),
                echoes: self.echoes.clone(),
                log_probability: 0.0,
                log_weight: 0.0,
            },
            settled: vec![false; self.frame.bars],
            context: self.law.start(),
        };
        let mut bar = if self.frame.pickup.is_positive() { -1 } else { 0 };
        while bar < self.frame.bars as i64 {
            match self.runs.iter().find(|run| run.from == bar) {
                Some(run) => {
                    drawing.new_bars(run, rng)?;
                    bar = run.to;
                }
                None => {
                    let index = bar as usize;
                    match self.echoes[index].filter(|_| self.roots[index] == index) {
                        None => drawing.again(index, self.roots[index])?,
                        Some(echo) => {
                            let taken = drawing.taken(index, echo, rng);
                            drawing.echo(index, index.checked_sub(usize::from(echo.back))?, taken, rng)?;
                        }
                    }
                    bar += 1;
                }
            }
        }
        Some(drawing.drawn)
    }
}

struct Drawing<'d, 'a> {
    of: &'d PlannedMelody<'a>,
    drawn: DrawnMelody,
    /// The bars of which it is settled what they take up.
    settled: Vec<bool>,
    /// The context after what is drawn.
    context: u32,
}

impl Drawing<'_, '_> {
    /// A stretch of new bars, each with a rhythm that its section does not have yet.
    fn new_bars(&mut self, run: &Run, rng: &mut ChaCha8Rng) -> Option<()> {
        let lattice = &run.lattice.lattice;
        let mass = |messages: &Messages| {
            let mass = messages.node(0, 0)[self.context as usize];
            libm::log(mass) + f64::from(messages.exponent(0)) * std::f64::consts::LN_2
        };
        let log_mass = mass(&run.messages);
        if log_mass == f64::NEG_INFINITY {
            return None;
        }
        self.drawn.log_weight += run.free.as_ref().map_or(0.0, |free| log_mass - mass(free));
        let frame = self.of.frame;
        let mut state = State { layer: 0, node: 0, context: self.context };
        for bar in run.from..run.to {
            let end = bar_start(frame, (bar + 1) as usize);
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
                if attempt == TRIES || !(misleads || self.is_heard(bar) || self.is_copied(before.0)) {
                    break;
                }
            }
            self.drawn.log_probability += log;
        }
        self.context = state.context;
        Some(())
    }

    /// Whether a passage that ends with one of the starts from a number on stands in one of the style's songs.
    fn is_copied(&self, first: usize) -> bool {
        let starts = &self.drawn.starts;
        let before = starts[..first].iter().enumerate().rev().filter(|(_, start)| start.1.is_some());
        let from = before.map(|(index, _)| index).nth(LENGTH - 2).unwrap_or(0);
        let end = starts.last().map_or(Duration::ZERO, |start| start.0);
        self.of.copies.are_in(&notes(self.of.law, self.of.frame, &starts[from..], end))
    }

    /// Whether the bar's rhythm was heard in its section, no more than eight bars before.
    fn is_heard(&self, bar: i64) -> bool {
        let Ok(bar) = usize::try_from(bar) else { return false };
        let section = self.of.frame.sections.iter().find(|(_, bars)| bars.contains(&bar));
        let first = section.map_or(0, |(_, bars)| bars.start).max(bar.saturating_sub(8));
        let own = self.rhythm(bar);
        (first..bar).any(|earlier| self.rhythm(earlier) == own)
    }

    /// Where the notes of a bar start.
    fn rhythm(&self, bar: usize) -> Vec<Duration> {
        let from = bar_start(self.of.frame, bar);
        self.starts_of(bar).iter().filter(|start| start.1.is_some()).map(|start| start.0 - from).collect()
    }

    fn starts_of(&self, bar: usize) -> &[(Duration, Option<u16>)] {
        let (from, to) = (bar_start(self.of.frame, bar), bar_start(self.of.frame, bar + 1));
        let starts = &self.drawn.starts;
        let first = starts.partition_point(|start| start.0 < from);
        let last = starts.partition_point(|start| start.0 < to);
        &starts[first..last]
    }

    /// What a bar takes up of the one that it echoes, drawn when that one is known: by its chords, how many notes it
    /// has, and what the bar before takes up.
    fn taken(&mut self, bar: usize, echo: Echo, rng: &mut ChaCha8Rng) -> Taken {
        let of = self.of;
        let Some(source) = bar.checked_sub(usize::from(echo.back)) else { return echo.taken };
        if !self.settled[bar] && of.freedom[bar] != Freedom::New {
            let alike = same_harmony(of.chart, of.frame, bar, source);
            let notes = echo::notes(self.rhythm(source).len());
            let before = bar.checked_sub(1).and_then(|before| self.drawn.echoes[before]);
            let before = before.map_or(0, |echo| echo::taken_code(echo.taken));
            let context = [u16::from(alike), notes, before];
            let base = [0.0, 0.1, 0.1, 0.3, 0.5];
            let contexts: [&[u16]; 4] = [&[], &context[..1], &context[..2], &context];
            let mut law = interpolate(&base, &of.figures.echo_taken, of.figures.unit, &contexts);
            let closes = of.roots.last() == Some(&bar);
            for (code, weight) in law.iter_mut().enumerate() {
                let may = match echo::taken(code as u16) {
                    Some(Taken::Notes | Taken::Moved) if closes => false,
                    Some(Taken::Notes) => alike && notes > 0 && of.freedom[bar] == Freedom::Any,
                    Some(Taken::Moved) => notes > 1 && of.freedom[bar] == Freedom::Any,
                    Some(Taken::Contour) => notes > 2,
                    Some(Taken::Rhythm) => true,
                    None => false,
                };
                *weight = if may { *weight } else { 0.0 };
            }
            let taken = choose(rng, &law).and_then(|code| echo::taken(code as u16)).unwrap_or(Taken::Rhythm);
            self.drawn.echoes[bar] = Some(Echo { taken, ..echo });
        }
        self.settled[bar] = true;
        self.drawn.echoes[bar].map_or(echo.taken, |echo| echo.taken)
    }

    /// Whether a context at the end of a bar may stand before the next one, if that is known already: drawn by how
    /// well it leads there.
    fn leads_on(&mut self, bar: i64, context: u32, rng: &mut ChaCha8Rng) -> bool {
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
        match (first, of.law.last(context)) {
            (Some((at, first)), Some(last)) => {
                let near = of.limits[next + 1].iter().all(|limit| match limit {
                    MelodyLimit::Leap { from, to, max } => {
                        at < *from || at >= *to || u32::from(last.abs_diff(first)) <= *max
                    }
                    _ => true,
                });
                near && unit(rng) < of.law.seam(last, first)
            }
            _ => true,
        }
    }

    /// A bar that is another one again.
    fn again(&mut self, bar: usize, source: usize) -> Option<()> {
        let shift = bar_start(self.of.frame, bar) - bar_start(self.of.frame, source);
        let starts: Vec<(Duration, Option<u16>)> =
            self.starts_of(source).iter().map(|&(at, symbol)| (at + shift, symbol)).collect();
        self.follow(&starts)
    }

    fn follow(&mut self, starts: &[(Duration, Option<u16>)]) -> Option<()> {
        for symbol in starts.iter().filter_map(|start| start.1) {
            let row = self.of.kernel.row(self.context as usize);
            let entry = self.of.kernel.symbols[row.clone()].iter().position(|&other| other == symbol)?;
            self.context = self.of.kernel.targets[row.start + entry];
        }
        self.drawn.starts.extend(starts);
        Some(())
    }

    /// A bar that takes something up of an earlier one.
    fn echo(&mut self, bar: usize, source: usize, taken: Taken, rng: &mut ChaCha8Rng) -> Option<()> {
        if taken == Taken::Notes {
            return self.again(bar, source);
        }
        let shift = bar_start(self.of.frame, bar) - bar_start(self.of.frame, source);
        let earlier: Vec<(Duration, Option<u16>)> =
            self.starts_of(source).iter().map(|&(at, symbol)| (at + shift, symbol)).collect();
        let Some(first) = earlier.first() else { return Some(()) };
        let rhythm: Vec<(Duration, bool)> =
            earlier.iter().map(|start| (start.0, start.1.is_none())).collect();
        let limits = &self.of.limits[bar + 1];
        let segment = Segment {
            from: first.0,
            to: bar_start(self.of.frame, bar + 1),
            shifts: vec![Duration::ZERO],
            opens_section: false,
        };
        let shape = if taken == Taken::Contour { shape(&earlier) } else { BTreeMap::new() };
        let lattice = |shape: BTreeMap<Duration, i32>, limits: &[MelodyLimit]| {
            let settled = Settled {
                context: self.context,
                rhythm: Some(&rhythm),
                shape,
                nearness: self.of.nearness.clone(),
                section_end: self.of.section_end(bar as i64),
                close: self.of.close(),
                ends_there: false,
            };
            let law = (self.of.law, self.of.rhythm, self.of.kernel);
            let edges = (false, self.of.close() == Some(segment.to));
            melody_lattice(law, self.of.frame, &segment, edges, self.of.chart, limits, &settled).lattice
        };
        if taken == Taken::Moved {
            let plain = lattice(BTreeMap::new(), limits);
            if let Some((symbols, weight)) = self.moved(&earlier, &plain, rng) {
                self.drawn.log_probability += libm::log(weight);
                let starts: Vec<(Duration, Option<u16>)> =
                    rhythm.iter().map(|start| start.0).zip(symbols).collect();
                return self.follow(&starts);
            }
        }
        let mut bound = lattice(shape.clone(), limits);
        let mut messages = Messages::new(&bound);
        let mut log = messages.log_partition(&bound);
        let mut free = if shape.is_empty() { 0.0 } else { f64::NAN };
        if log == f64::NEG_INFINITY && !shape.is_empty() {
            // The contour leaves the range: the rhythm alone is taken up.
            bound = lattice(BTreeMap::new(), limits);
            messages = Messages::new(&bound);
            (log, free) = (messages.log_partition(&bound), 0.0);
        }
        if !limits.is_empty() {
            if free.is_nan() {
                let plain = lattice(shape, &[]);
                free = Messages::new(&plain).log_partition(&plain);
            }
            self.drawn.log_weight += log - free;
        }
        let mut drawn: (Vec<Event>, f64) = messages.sample(&bound, rng)?;
        for _ in 0..TRIES {
            let context = self.context_after(&drawn.0)?;
            let before = self.drawn.starts.len();
            self.drawn.starts.extend(starts(&rhythm, &drawn.0));
            let copied = self.is_copied(before);
            self.drawn.starts.truncate(before);
            if !copied && self.leads_on(bar as i64, context, rng) {
                break;
            }
            drawn = messages.sample(&bound, rng)?;
        }
        self.drawn.log_probability += drawn.1;
        self.follow(&starts(&rhythm, &drawn.0))
    }

    fn context_after(&self, events: &[Event]) -> Option<u32> {
        let kernel = self.of.kernel;
        events.iter().filter_map(|event| event.symbol).try_fold(self.context, |context, symbol| {
            let row = kernel.row(context as usize);
            let entry = kernel.symbols[row.clone()].iter().position(|&other| other == symbol)?;
            Some(kernel.targets[row.start + entry])
        })
    }

    /// The notes of a bar on another step of the scale, drawn by how likely the chains make each.
    fn moved(
        &self,
        earlier: &[(Duration, Option<u16>)],
        lattice: &Lattice,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Vec<Option<u16>>, f64)> {
        let (law, key) = (self.of.law, self.of.frame.key);
        let pitches = law.pitches as i32;
        let by = |steps: i32| -> Option<Vec<Option<u16>>> {
            let symbols = earlier.iter().map(|start| match start.1 {
                None => Some(None),
                Some(symbol) => {
                    let there = moved(key, law.midi(symbol), steps)? - law.lowest;
                    (0..pitches).contains(&there).then_some(Some(there as u16))
                }
            });
            symbols.collect()
        };
        let ways: Vec<Vec<Option<u16>>> =
            (-WIDEST_MOVE..=WIDEST_MOVE).filter(|&steps| steps != 0).filter_map(by).collect();
        let weights: Vec<f64> =
            ways.iter().map(|symbols| path_weight(lattice, self.context, symbols)).collect();
        // Whether the very intervals are kept is the style's choice; which step, the chains'.
        let exact: Vec<bool> = ways.iter().map(|symbols| same_intervals(earlier, symbols)).collect();
        let sum = |which: bool| {
            weights.iter().zip(&exact).filter(|(_, exact)| **exact == which).map(|(weight, _)| weight).sum()
        };
        let sums: [f64; 2] = [sum(false), sum(true)];
        let share = interpolate(&[0.5, 0.5], &self.of.figures.echo_shape, self.of.figures.unit, &[&[2]]);
        let balanced: Vec<f64> = (weights.iter().zip(&exact))
            .map(|(weight, &exact)| {
                let sum = sums[usize::from(exact)];
                if sum > 0.0 { share[usize::from(exact)] * weight / sum } else { 0.0 }
            })
            .collect();
        let drawn = choose(rng, &balanced)?;
        Some((ways.into_iter().nth(drawn)?, weights[drawn]))
    }
}

fn starts(rhythm: &[(Duration, bool)], events: &[Event]) -> Vec<(Duration, Option<u16>)> {
    rhythm.iter().zip(events).map(|(start, event)| (start.0, event.symbol)).collect()
}

/// The notes that starts make: each lasts until the next one, the last one to `end`.
pub fn notes(
    law: &MelodyLaw<'_>,
    frame: &Frame,
    starts: &[(Duration, Option<u16>)],
    end: Duration,
) -> Vec<Note> {
    let ends = starts.iter().skip(1).map(|start| start.0).chain([end]);
    let notes = starts.iter().zip(ends).filter_map(|(&(onset, symbol), end)| {
        Some(Note { onset, duration: end - onset, pitch: frame.key.spell_midi(law.midi(symbol?)) })
    });
    notes.collect()
}

/// The weight of one path through a lattice with one way out of each layer.
fn path_weight(lattice: &Lattice, start: u32, symbols: &[Option<u16>]) -> f64 {
    let (mut context, mut weight) = (start, 1.0);
    for (layer, wanted) in lattice.layers.iter().zip(symbols) {
        let Some(jump) = layer.jumps.first() else { return 0.0 };
        let mut found = None;
        entries(lattice, jump.emission, context as usize, |symbol, target, entry| {
            if symbol == *wanted {
                found = Some((target, entry));
            }
        });
        let Some((target, entry)) = found else { return 0.0 };
        context = target;
        weight *= entry;
    }
    weight
}

/// Whether symbols go in the very intervals of other starts.
fn same_intervals(starts: &[(Duration, Option<u16>)], symbols: &[Option<u16>]) -> bool {
    let mut moves = starts
        .iter()
        .zip(symbols)
        .filter_map(|(start, symbol)| Some(i32::from((*symbol)?) - i32::from(start.1?)));
    let first = moves.next();
    moves.all(|by| Some(by) == first)
}

/// The interval into each note but the first.
fn shape(starts: &[(Duration, Option<u16>)]) -> BTreeMap<Duration, i32> {
    let notes: Vec<(Duration, i32)> =
        starts.iter().filter_map(|start| Some((start.0, i32::from(start.1?)))).collect();
    notes.windows(2).map(|two| (two[1].0, two[1].1 - two[0].1)).collect()
}

/// How much likelier an interval is by how near it is to that of the contour it takes up.
fn nearness(figures: &Figures) -> Vec<f64> {
    let base = [1.0 / f64::from(echo::FARTHEST + 1); echo::FARTHEST as usize + 1];
    let law = |which: u16| interpolate(&base, &figures.echo_shape, figures.unit, &[&[which]]);
    law(1).into_iter().zip(law(0)).map(|(own, any)| own / any).collect()
}

/// Whether two bars begin on chords of one root.
pub fn same_harmony(chart: &Chart, frame: &Frame, one: usize, other: usize) -> bool {
    let root = |bar: usize| chart.sounding_at(bar_start(frame, bar)).and_then(ChordSymbol::root_class);
    root(one) == root(other)
}

/// Whether two bars have the same chords at the same places.
pub fn same_chords(chart: &Chart, frame: &Frame, one: usize, other: usize) -> bool {
    let content = |bar: usize| {
        let (from, to) = (bar_start(frame, bar), bar_start(frame, bar + 1));
        let within = chart.written_in(from + Duration::from_ticks(1), to).iter();
        let mut chords = vec![(Duration::ZERO, chart.sounding_at(from))];
        chords.extend(within.map(|change| (change.at - from, Some(&change.chord))));
        chords
    };
    content(one) == content(other)
}

/// The limits on each composed bar in all its uses, cut at its bar lines; the pickup first. A bar that must take up a
/// rhythm asks its source for notes where it wants them itself.
fn by_bar(frame: &Frame, roots: &[usize], plan: &Plan, limits: &[MelodyLimit]) -> Vec<Vec<MelodyLimit>> {
    let length = frame.meter.bar_length();
    let mut of_bars: Vec<Vec<MelodyLimit>> = vec![Vec::new(); frame.bars + 1];
    for limit in limits {
        if matches!(limit, MelodyLimit::First { .. } | MelodyLimit::Last { .. }) {
            let first = matches!(limit, MelodyLimit::First { .. });
            let bars = if first { 0..2 } else { roots.last().map_or(0..0, |&root| root + 1..root + 2) };
            of_bars[bars].iter_mut().for_each(|bar| bar.push(limit.clone()));
            continue;
        }
        of_bars[0].extend(cut(limit, frame.start(), Duration::ZERO, Duration::ZERO));
        for (bar, &root) in roots.iter().enumerate() {
            let (from, to) = (bar_start(frame, bar), bar_start(frame, bar + 1));
            let own = cut(limit, from, to, length * (bar - root) as i64);
            let new = own.filter(|own| !of_bars[root + 1].contains(own));
            of_bars[root + 1].extend(new);
        }
    }
    let echoes = plan.melody.iter().enumerate().rev();
    for (bar, echo) in echoes {
        let source = echo.and_then(|echo| bar.checked_sub(usize::from(echo.back)));
        let Some(source) = source.map(|source| roots[source]) else { continue };
        let rhythm = rhythm_only(&of_bars[bar + 1], length * (bar as i64 - source as i64));
        let new: Vec<MelodyLimit> =
            rhythm.into_iter().filter(|limit| !of_bars[source + 1].contains(limit)).collect();
        of_bars[source + 1].extend(new);
    }
    of_bars
}

/// The part of a limit that lies in a bar, moved back by so much.
fn cut(limit: &MelodyLimit, from: Duration, to: Duration, back: Duration) -> Option<MelodyLimit> {
    let within = |start: Duration, end: Duration| {
        let (start, end) = (start.max(from), end.min(to));
        (start < end).then_some((start - back, end - back))
    };
    match limit {
        MelodyLimit::Sounding { from, to, allowed } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::Sounding { from, to, allowed: *allowed })
        }
        MelodyLimit::Onset { at, allowed } if from <= *at && *at < to => {
            Some(MelodyLimit::Onset { at: *at - back, allowed: *allowed })
        }
        MelodyLimit::Count { from, to, min, max } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::Count { from, to, min: *min, max: *max })
        }
        MelodyLimit::Leap { from, to, max } => {
            within(*from, *to).map(|(from, to)| MelodyLimit::Leap { from, to, max: *max })
        }
        _ => None,
    }
}

/// What limits ask of the rhythm alone, moved back by so much.
fn rhythm_only(limits: &[MelodyLimit], back: Duration) -> Vec<MelodyLimit> {
    let any = PitchSet::ALL;
    let asked = limits.iter().filter_map(|limit| match limit {
        MelodyLimit::Onset { at, .. } => Some(MelodyLimit::Onset { at: *at - back, allowed: any }),
        MelodyLimit::Count { from, to, min, max } => {
            Some(MelodyLimit::Count { from: *from - back, to: *to - back, min: *min, max: *max })
        }
        MelodyLimit::Sounding { from, to, allowed } if allowed.is_empty() => {
            Some(MelodyLimit::Sounding { from: *from - back, to: *to - back, allowed: *allowed })
        }
        _ => None,
    });
    asked.collect()
}
