//! How long notes and rests are in a style, by their place in the bar and phrase and the length before.

use std::collections::BTreeMap;

use crate::music::{Duration, Meter};
use crate::style::figures::Figures;
use crate::style::smoothing::{normalise, witten_bell};
use crate::viewpoint::{self, PhrasePlace, place};

/// What is remembered of the length before: enough to keep a run of eighths going or to finish a triplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Before {
    /// Nothing: a segment starts here.
    Nothing,
    /// A rest.
    Rest,
    /// Shorter than an eighth, not of a triplet.
    Short,
    /// A triplet eighth (or any length that leaves the sixteenths).
    Triplet,
    /// An eighth.
    Eighth,
    /// Up to a quarter.
    Quarter,
    /// Longer, up to a dotted quarter.
    Dotted,
    /// Longer still.
    Long,
}

impl Before {
    /// The class of a length in ticks of the grid.
    pub fn of(ticks: i32, rest: bool) -> Before {
        match ticks {
            _ if rest => Before::Rest,
            _ if ticks % 3 != 0 => Before::Triplet,
            ..6 => Before::Short,
            6 => Before::Eighth,
            7..=12 => Before::Quarter,
            13..=18 => Before::Dotted,
            _ => Before::Long,
        }
    }
}

/// One way to go on in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// How long the note or rest is.
    pub length: Duration,
    /// Whether it is silent.
    pub rest: bool,
    /// Its probability.
    pub weight: f64,
}

/// Counts of length codes by tick, class and length before; class and length `None` for any.
type Counts = BTreeMap<(u16, Option<u16>, Option<Before>), BTreeMap<u16, f64>>;

/// The rhythm chain of a style in a meter.
#[derive(Debug)]
pub struct RhythmLaw<'a> {
    figures: &'a Figures,
    meter: Meter,
    /// The meter whose figures are used: the same, or the nearest that the style knows.
    source: Option<Meter>,
    counts: Counts,
}

impl<'a> RhythmLaw<'a> {
    /// The law of a style's figures in a meter; a meter that they do not hold borrows, pulse by pulse, from the
    /// commonest one with the same pulse.
    pub fn new(figures: &'a Figures, meter: Meter) -> RhythmLaw<'a> {
        let source = source_meter(figures, meter);
        let mut counts = Counts::new();
        if let Some(source) = source {
            let code = viewpoint::meter::code(source);
            for (context, row) in figures.length.rows.range(vec![code]..vec![code + 1]) {
                let key = match context.as_slice() {
                    [_, tick] => (*tick, None, None),
                    [_, tick, class] => (*tick, Some(*class), None),
                    [_, tick, class, before, ..] => {
                        let before = figures.lengths.get(usize::from(*before));
                        let before =
                            before.map_or(Before::Nothing, |l| Before::of(i32::from(l.ticks), l.rest));
                        if context.len() > 4 {
                            continue;
                        }
                        (*tick, Some(*class), Some(before))
                    }
                    _ => continue,
                };
                let into = counts.entry(key).or_default();
                for entry in row {
                    *into.entry(entry.symbol).or_default() +=
                        f64::from(entry.count) / f64::from(figures.unit);
                }
            }
        }
        RhythmLaw { figures, meter, source, counts }
    }

    /// The places in the bar where notes may start: those the style uses (at least once in 400 bars or so), and
    /// every half pulse.
    pub fn onsets(&self) -> Vec<Duration> {
        let mut onsets = Vec::new();
        let mut pulse_start = Duration::ZERO;
        let downbeats: f64 = self.total(0);
        for pulse in self.meter.pulses() {
            let unit = if self.meter.is_compound() || self.meter.unit() >= 8 {
                self.meter.unit_length()
            } else {
                pulse / 2
            };
            (0..pulse.div_floor(unit)).for_each(|n| onsets.push(pulse_start + unit * n));
            for tick in 1..place::ticks(pulse) {
                let at = pulse_start + place::duration(tick);
                if self.total(self.source_tick(at)) > downbeats / 400.0 {
                    onsets.push(at);
                }
            }
            pulse_start += pulse;
        }
        onsets.sort_unstable();
        onsets.dedup();
        onsets
    }

    fn total(&self, tick: u16) -> f64 {
        self.counts.get(&(tick, None, None)).map_or(0.0, |row| row.values().sum())
    }

    /// The tick of the source meter that stands for a place in the bar.
    fn source_tick(&self, in_bar: Duration) -> u16 {
        let source = self.source.unwrap_or(self.meter);
        if source == self.meter {
            return place::code(in_bar);
        }
        let (pulses, others) = (self.meter.pulses(), source.pulses());
        let (mut start, mut index) = (Duration::ZERO, 0);
        while index + 1 < pulses.len() && start + pulses[index] <= in_bar {
            start += pulses[index];
            index += 1;
        }
        let other = match index {
            0 => 0,
            _ if index + 1 == pulses.len() => others.len() - 1,
            _ if others.len() > 2 => 1 + (index - 1) % (others.len() - 2),
            _ => index % others.len(),
        };
        let within = (in_bar - start).ticks().min(others[other].ticks() - 1);
        place::code(others[..other].iter().copied().sum::<Duration>() + Duration::from_ticks(within))
    }

    /// How likely each length is at a place in the bar, after a length; the weights sum to one. `next` is the
    /// distance to the next place where anything may start: it has some weight always, and so have the next pulse
    /// and the bar line, so every place can be reached.
    pub fn steps(&self, in_bar: Duration, phrase: PhrasePlace, before: Before, next: Duration) -> Vec<Step> {
        let tick = self.source_tick(in_bar);
        let class = Some(phrase.class());
        let mut law: Vec<f64> = vec![0.0; self.figures.lengths.len()];
        let mut held_back = 1.0;
        for key in [(tick, None, None), (tick, class, None), (tick, class, Some(before))] {
            if let Some(row) = self.counts.get(&key) {
                let (total, kinds) = (row.values().sum::<f64>(), row.len() as f64);
                witten_bell(&mut law, row.iter().map(|(&code, &count)| (code, count)));
                held_back *= kinds / (total + kinds);
            }
        }
        let mut base = self.plain_steps(in_bar, next);
        base.iter_mut().for_each(|step| step.weight *= held_back);
        let learned = law.iter().zip(&self.figures.lengths).filter(|(weight, _)| **weight > 1e-6);
        let mut steps: Vec<Step> = learned
            .map(|(&weight, length)| Step { length: length.duration(), rest: length.rest, weight })
            .collect();
        steps.extend(base);
        let mut weights: Vec<f64> = steps.iter().map(|step| step.weight).collect();
        normalise(&mut weights);
        steps.iter_mut().zip(weights).for_each(|(step, weight)| step.weight = weight);
        steps
    }

    /// What anyone would write before hearing the style.
    fn plain_steps(&self, in_bar: Duration, next: Duration) -> Vec<Step> {
        let mut ahead = Vec::new();
        let mut at = Duration::ZERO;
        for pulse in self.meter.pulses() {
            at += pulse;
            if at > in_bar {
                ahead.push(at - in_bar);
            }
        }
        let pulse = ahead.first().copied().unwrap_or(next);
        let to_bar_line = ahead.last().copied().unwrap_or(next);
        let note = |length, weight| Step { length, rest: false, weight };
        let rest = |length, weight| Step { length, rest: true, weight };
        let mut steps = vec![
            note(pulse, 0.4),
            note(to_bar_line, 0.1),
            note(next, 0.2),
            rest(pulse, 0.05),
            rest(to_bar_line, 0.05),
            rest(next, 0.01),
        ];
        if let Some(&two) = ahead.get(1) {
            steps.push(note(two, 0.15));
        }
        steps
    }
}

/// The meter itself if the figures hold enough of it, else the commonest with the same first pulse.
fn source_meter(figures: &Figures, meter: Meter) -> Option<Meter> {
    let events = |meter: Meter| {
        figures.length.total(&[viewpoint::meter::code(meter)]) / u64::from(figures.unit.max(1))
    };
    if knows_meter(figures, meter) {
        return Some(meter);
    }
    let pulse = meter.pulses().first().copied();
    let alike = figures
        .meters
        .iter()
        .map(|&(other, _)| other)
        .filter(|&other| other.pulses().first().copied() == pulse && knows_meter(figures, other));
    alike.max_by_key(|&other| (events(other), std::cmp::Reverse(other)))
}

/// Whether the figures hold enough notes of a meter (a hundred) to learn its rhythm from.
pub fn knows_meter(figures: &Figures, meter: Meter) -> bool {
    figures.length.total(&[viewpoint::meter::code(meter)]) >= 100 * u64::from(figures.unit.max(1))
}
