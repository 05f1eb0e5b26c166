//! How long notes and rests are in a style, by their place in the bar and phrase and the length before.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::memo::Memo;
use crate::music::{Duration, Meter};
use crate::style::figures::{Entry, Figures};
use crate::style::rhythm_experts::{RhythmExperts, Started};
use crate::style::smoothing::normalise;
use crate::viewpoint::length::Before;
use crate::viewpoint::{self, PhrasePlace, place};

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

/// What the steps from a place depend on: the tick, the class of the place in the phrase, the length before.
type From = (u16, u16, Before);

/// The experts' law, and the share of probability that it leaves to what anyone would write.
type Learned = (Vec<Step>, f64);

/// Where a style starts notes in a meter, whatever their weight.
#[derive(Clone, Debug)]
pub struct RhythmSupport<'a> {
    figures: &'a Figures,
    meter: Meter,
    /// The meter whose figures are used: the same, or the nearest that the style knows.
    source: Option<Meter>,
    /// The places in the bar where notes may start, made when first asked for.
    onsets: OnceLock<Vec<Duration>>,
}

/// The rhythm chain of a style in a meter.
#[derive(Debug)]
pub struct RhythmLaw<'a> {
    support: RhythmSupport<'a>,
    experts: Option<RhythmExperts<'a>>,
    /// What notes weigh by their length in ticks, beside what the experts say.
    tuned: BTreeMap<u16, f64>,
    /// What was learned, made when first asked for.
    known: Memo<From, Arc<Learned>>,
}

impl<'a> RhythmSupport<'a> {
    /// The places of a style's figures in a meter; a meter that they do not hold borrows, pulse by pulse, from the
    /// commonest one with the same pulse.
    pub fn new(figures: &'a Figures, meter: Meter) -> RhythmSupport<'a> {
        RhythmSupport { figures, meter, source: source_meter(figures, meter), onsets: OnceLock::new() }
    }

    /// The places in the bar where notes may start: those the style uses (at least once in 400 bars or so), and
    /// every half pulse.
    pub fn onsets(&self) -> &[Duration] {
        self.onsets.get_or_init(|| self.find_onsets())
    }

    fn find_onsets(&self) -> Vec<Duration> {
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

    /// How often something started at a tick of the source meter.
    fn total(&self, tick: u16) -> f64 {
        self.source.map_or(0.0, |source| {
            let seen = self.figures.length.total(&[viewpoint::meter::code(source), tick]);
            seen as f64 / f64::from(self.figures.unit.max(1))
        })
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

impl<'a> RhythmLaw<'a> {
    /// The law of a style's figures in a meter.
    pub fn new(figures: &'a Figures, meter: Meter) -> RhythmLaw<'a> {
        let support = RhythmSupport::new(figures, meter);
        let experts = support.source.map(|source| RhythmExperts::new(figures, source));
        let tuned = support.source.map_or_else(BTreeMap::new, |source| figures.tuning.lengths(source));
        RhythmLaw { support, experts, tuned, known: Memo::default() }
    }

    /// Where notes may start.
    pub fn support(&self) -> &RhythmSupport<'a> {
        &self.support
    }

    /// The places in the bar where notes may start: those the style uses (at least once in 400 bars or so), and
    /// every half pulse.
    pub fn onsets(&self) -> Vec<Duration> {
        self.support.onsets().to_vec()
    }

    /// How likely each length is at a place in the bar, after a length; the weights sum to one. `next` is the
    /// distance to the next place where anything may start: it has some weight always, and so have the next pulse
    /// and the bar line, so every place can be reached.
    pub fn steps(&self, in_bar: Duration, phrase: PhrasePlace, before: Before, next: Duration) -> Vec<Step> {
        let from = (self.support.source_tick(in_bar), phrase.class(), before);
        let known = self.known.get(&from, || Arc::new(self.learned(from)));
        let (learned, left) = &*known;
        let mut base = self.support.plain_steps(in_bar, next);
        base.iter_mut().for_each(|step| step.weight *= left);
        let mut steps = learned.clone();
        steps.extend(base);
        let mut weights: Vec<f64> = steps.iter().map(|step| step.weight).collect();
        normalise(&mut weights);
        steps.iter_mut().zip(weights).for_each(|(step, weight)| step.weight = weight);
        steps
    }

    /// What the experts say, of the lengths that were heard at the tick; and how much they leave to others.
    fn learned(&self, (tick, class, before): From) -> Learned {
        let (Some(experts), Some(source)) = (&self.experts, self.support.source) else {
            return (Vec::new(), 1.0);
        };
        let meter = viewpoint::meter::code(source);
        let row = self.support.figures.length.row(&[meter, tick]);
        let kinds = row.len() as f64;
        let left = kinds / (self.support.total(tick) + kinds).max(1.0);
        let law = experts.law(Started { meter, tick, class, before });
        let step = |entry: &Entry| {
            let length = self.support.figures.lengths.get(usize::from(entry.symbol))?;
            let weight = law.get(usize::from(entry.symbol))? * (1.0 - left);
            let tuned = self.tuned.get(&length.ticks).filter(|_| !length.rest);
            let weight = weight * tuned.copied().unwrap_or(1.0);
            Some(Step { length: length.duration(), rest: length.rest, weight })
        };
        match kinds > 0.0 {
            true => (row.iter().filter_map(step).collect(), left * left),
            false => (Vec::new(), 1.0),
        }
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
