//! A melody drawn bar by bar along a repetition plan: new bars from the style's chains, the others taken up.
//!
//! Stretches of new bars are drawn from their lattice, in the context of what stands before, each with a rhythm that its
//! section does not have yet, and then filled with notes; a bar that takes up a rhythm or a contour from the lattice of that
//! rhythm; a bar that takes up notes, moved or not, follows by itself. What leads into a bar known already is chosen of
//! several draws by how well it leads there. Where something is asked, each lattice holds what is asked of its bars and of
//! all bars that are the same, and the melody weighs what the lattices' masses are: of several melodies drawn so, one is
//! chosen by weight (importance resampling, Rubin 1987).

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::copies::Copies;
use super::melody_lattice::{MelodyLattice, Settled};
use super::melody_law::{MelodyLaw, Pulls};
use super::plan::Freedom;
use super::planned_limits::{as_wholes, by_bar, whole};
use super::rhythm_lattice::{Edge, Rhythms};
use super::rhythm_law::RhythmLaw;
use super::structure::{Segment, phrase_place};
use super::variation::near;
use crate::constraint::{Frame, MelodyLimit, Vary};
use crate::markov::draw::unit;
use crate::markov::{Kernel, Messages};
use crate::music::{Chart, Duration, Echo, Note, Plan};
use crate::style::Dial;
use crate::style::figures::Figures;
use crate::style::smoothing::interpolate;
use crate::viewpoint::echo;

/// How far nearness to a contour counts; the chords must be able to outweigh it.
const NEARNESS: f64 = 0.6;

/// All that melodies of a chart are drawn from.
pub struct PlannedMelody<'a> {
    pub(super) laws: Laws<'a>,
    pub(super) frame: &'a Frame,
    pub(super) roots: &'a [usize],
    pub(super) chart: &'a Chart,
    /// Which bar each bar takes up; of what is asked, what it takes.
    pub(super) echoes: Vec<Option<Echo>>,
    pub(super) freedom: &'a [Freedom],
    /// What is asked of each bar that is composed, and of all that are the same; the first entry is the pickup.
    pub(super) limits: Vec<Vec<MelodyLimit>>,
    /// What is asked of more than a bar as a whole.
    wholes: Vec<MelodyLimit>,
    variations: Vec<Vary>,
    /// The weight of an interval by its nearness to that of a contour.
    pub(super) nearness: Vec<f64>,
    /// The stretches of new bars.
    pub(super) runs: Vec<Run>,
}

/// The style's laws of melody.
#[derive(Clone, Copy)]
pub struct Laws<'a> {
    /// Of pitches.
    pub law: &'a MelodyLaw<'a>,
    /// Of lengths.
    pub rhythm: &'a RhythmLaw<'a>,
    /// The transitions from note to note.
    pub kernel: &'a Kernel,
    /// Of echoes.
    pub figures: &'a Figures,
    /// What may not be copied.
    pub copies: &'a Copies,
    /// The rhythms of takes before.
    pub rhythms: &'a Rhythms,
}

impl<'a> Laws<'a> {
    /// What lattices of notes are made from.
    pub(super) fn of_notes(&self) -> (&'a MelodyLaw<'a>, &'a RhythmLaw<'a>, &'a Kernel) {
        (self.law, self.rhythm, self.kernel)
    }
}

/// Where a note or a rest starts, and the note's symbol.
pub type Start = (Duration, Option<u16>);

/// A stretch of new bars; −1 is the pickup.
pub(super) struct Run {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Its melodies, unless they vary others.
    pub(super) made: Option<(MelodyLattice, Messages)>,
    /// Whether something is asked of them.
    pub(super) is_asked: bool,
    /// What it varies.
    pub(super) varies: Option<Vary>,
}

/// A melody and what it was drawn with.
#[derive(Clone, Debug)]
pub struct DrawnMelody {
    /// Where notes and rests start, with the symbols of the notes.
    pub starts: Vec<Start>,
    /// What each bar takes up.
    pub echoes: Vec<Option<Echo>>,
    /// The natural logarithm of the probability of what is new.
    pub log_probability: f64,
    /// The natural logarithm of its weight: up to a constant the chance that the chains keep what is asked, from where its
    /// stretches begin.
    pub log_weight: f64,
}

impl<'a> PlannedMelody<'a> {
    /// The lattices of the new bars of a plan over a chart; `None` where what is asked reaches over bars that are not
    /// drawn together.
    pub fn new(
        laws: Laws<'a>,
        (frame, roots): (&'a Frame, &'a [usize]),
        (plan, freedom): (&Plan, &'a [Freedom]),
        chart: &'a Chart,
        (limits, vary): (&[MelodyLimit], &[Vary]),
    ) -> Option<PlannedMelody<'a>> {
        let (wholes, variations) = as_wholes(frame, roots, limits, vary)?;
        let mut planned = PlannedMelody {
            laws,
            frame,
            roots,
            chart,
            echoes: plan.melody.clone(),
            freedom,
            limits: by_bar(frame, roots, plan, limits),
            wholes,
            variations,
            nearness: nearness(laws.figures),
            runs: Vec::new(),
        };
        planned.find_runs();
        let runs = || planned.runs.iter().map(|run| (run, planned.stretch(run.from, run.to)));
        let lies_within = |from: Duration, to: Duration| {
            runs().any(|(_, segment)| from >= segment.from && to <= segment.to)
        };
        let all = planned.wholes.iter().filter_map(whole).all(|(from, to)| lies_within(from, to))
            && runs().filter(|(run, _)| run.varies.is_some()).count() == planned.variations.len();
        all.then_some(planned)
    }

    fn find_runs(&mut self) {
        let bars = self.frame.bars as i64;
        let is_new = |bar: i64| match usize::try_from(bar) {
            Err(_) => true,
            Ok(index) => self.roots[index] == index && self.echoes[index].is_none(),
        };
        let opens = |bar: i64| bar > 0 && self.frame.opens_section(bar as usize);
        let mut bar = if self.frame.pickup.is_positive() { -1 } else { 0 };
        let mut runs = Vec::new();
        let last_root = self.roots.last().map_or(0, |&root| root as i64);
        while bar < bars {
            if !is_new(bar) {
                bar += 1;
                continue;
            }
            let mut to = bar + 1;
            // What must end the sheet ends its stretch, and so does a section; a pickup leads into the first.
            while to < bars && is_new(to) && !opens(to) && to != last_root + 1 {
                to += 1;
            }
            runs.push((bar, to));
            bar = to;
        }
        let run = |(index, &(from, to)): (usize, &(i64, i64))| {
            let segment = self.stretch(from, to);
            let is_first = index == 0;
            let varies =
                self.variations.iter().find(|vary| vary.from == segment.from && vary.to == segment.to);
            let varies = varies.copied();
            let limits = self.limits_of(from, to);
            let made = varies.is_none().then(|| self.lattice_of(from, to, is_first, &limits));
            let is_asked = !limits.is_empty() || varies.is_some();
            Run { from, to, made, is_asked, varies }
        };
        self.runs = runs.par_iter().enumerate().map(run).collect();
    }

    fn stretch(&self, from: i64, to: i64) -> Segment {
        Segment {
            from: if from < 0 { self.frame.start() } else { self.frame.bar_line(from as usize) },
            to: self.frame.bar_line(to as usize),
            shifts: vec![Duration::ZERO],
        }
    }

    /// The melodies of new bars under limits.
    fn lattice_of(
        &self,
        from: i64,
        to: i64,
        is_first: bool,
        limits: &[MelodyLimit],
    ) -> (MelodyLattice, Messages) {
        let segment = self.stretch(from, to);
        let settled = Settled {
            section_end: self.section_end(to - 1),
            close: self.close(),
            ends_there: self.section_end(to - 1) > segment.to,
            pulls: Pulls::of(&self.laws.figures.tuning),
            ..Settled::nothing(self.laws.law, &segment)
        };
        let last_root = self.roots.last().map_or(0, |&root| root as i64);
        let is_last = to == last_root + 1;
        let edge = Edge { is_first, is_last, rhythm: None, ends_there: settled.ends_there };
        let Laws { law, rhythm, kernel, rhythms, .. } = self.laws;
        let rhythms = rhythms.get((law, rhythm), self.frame, &segment, edge, limits);
        let lattice = rhythms.over((law, kernel), self.frame, &segment, self.chart, limits, &settled);
        let messages = Messages::new(&lattice.lattice);
        (lattice, messages)
    }

    /// Whether more is asked of new bars than what they vary and how the sheet ends.
    pub(super) fn is_asked_more(&self, run: &Run) -> bool {
        let ends = |limit: &MelodyLimit| matches!(limit, MelodyLimit::Last { .. });
        !self.limits_of(run.from, run.to).iter().all(ends)
    }

    /// The melodies of new bars that vary what was drawn before them, with or without all else that is asked of them.
    pub(super) fn varied(
        &self,
        run: &Run,
        vary: &Vary,
        (drawn, asked): (&[Start], bool),
    ) -> (MelodyLattice, Messages) {
        let (from, to) = (vary.source, vary.source + (vary.to - vary.from));
        let theme = notes(self.laws.law, self.frame, drawn, to);
        let theme: Vec<Note> =
            theme.into_iter().filter(|note| note.onset >= from && note.onset < to).collect();
        let mut limits = if asked { self.limits_of(run.from, run.to) } else { Vec::new() };
        limits.push(near(vary, &theme));
        self.lattice_of(run.from, run.to, false, &limits)
    }

    fn limits_of(&self, from: i64, to: i64) -> Vec<MelodyLimit> {
        let segment = self.stretch(from, to);
        let mut limits = self.limits[(from + 1) as usize..(to + 1) as usize].concat();
        let within = |limit: &&MelodyLimit| {
            whole(limit).is_some_and(|(from, to)| from >= segment.from && to <= segment.to)
        };
        limits.extend(self.wholes.iter().filter(within).cloned());
        limits
    }

    pub(super) fn section_end(&self, bar: i64) -> Duration {
        self.frame.bar_line(self.frame.section_of(bar.max(0) as usize).end)
    }

    /// Draws how phrases end, as the style's do: for each new bar that ends one, or is taken up by one that does, whether
    /// with a long note or a rest; and the bar that closes the piece.
    fn long_ends(&self, rng: &mut ChaCha8Rng) -> Vec<Option<bool>> {
        let mut ends = vec![None; self.frame.bars];
        // How the piece closes comes before how a phrase ends that has the same rhythm.
        let close = self.roots.last().copied();
        let bars = close.into_iter().chain((0..self.roots.len()).filter(|&bar| Some(bar) != close));
        for bar in bars {
            let phrase = phrase_place(self.frame, bar as i64);
            let closes = Some(bar) == close;
            if self.roots[bar] != bar || (phrase.bar != 3 && !closes) {
                continue;
            }
            let class = if closes { echo::CLOSE } else { phrase.class() };
            let contexts: [&[u16]; 2] = [&[], &[class]];
            let law =
                interpolate(&[0.5, 0.5], &self.laws.figures.phrase_end, self.laws.figures.unit, &contexts);
            let mut source = bar;
            while let Some(echo) = self.echoes[source] {
                source = self.roots[source.saturating_sub(usize::from(echo.back))];
            }
            let odds = law[1] * self.laws.figures.tuning.factor(Dial::PhraseEnds);
            let long = unit(rng) * (odds + law[0]) < odds;
            ends[source] = ends[source].or(Some(long));
        }
        ends
    }

    /// Where the bar ends that is the piece's last one.
    pub(super) fn close(&self) -> Option<Duration> {
        self.roots.last().map(|&root| self.frame.bar_line(root + 1))
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
            long_ends: self.long_ends(rng),
            context: self.laws.law.start(),
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

/// A melody that is being drawn.
pub(super) struct Drawing<'d, 'a> {
    pub(super) of: &'d PlannedMelody<'a>,
    pub(super) drawn: DrawnMelody,
    /// The bars of which it is settled what they take up.
    pub(super) settled: Vec<bool>,
    /// For each new bar whether it must end long, as a phrase ends with it, or with a bar that takes it up.
    pub(super) long_ends: Vec<Option<bool>>,
    /// The context after what is drawn.
    pub(super) context: u32,
}

/// The notes that starts make: each lasts until the next one, the last one to `end`.
pub fn notes(law: &MelodyLaw<'_>, frame: &Frame, starts: &[Start], end: Duration) -> Vec<Note> {
    let ends = starts.iter().skip(1).map(|start| start.0).chain([end]);
    let notes = starts.iter().zip(ends).filter_map(|(&(onset, symbol), end)| {
        Some(Note { onset, duration: end - onset, pitch: frame.key.spell_midi(law.midi(symbol?)) })
    });
    notes.collect()
}

/// How much likelier an interval is by how near it is to that of the contour it takes up.
fn nearness(figures: &Figures) -> Vec<f64> {
    let base = [1.0 / f64::from(echo::FARTHEST + 1); echo::FARTHEST as usize + 1];
    let law = |which: u16| interpolate(&base, &figures.echo_shape, figures.unit, &[&[which]]);
    law(1).into_iter().zip(law(0)).map(|(own, any)| libm::pow(own / any, NEARNESS)).collect()
}
