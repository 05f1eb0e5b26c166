//! Takes along a repetition plan: the plan is drawn first, then a chart and a melody that keep it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::importance::{effective, weights};
use super::plan::{Freedom, draw_chord_echoes, draw_echoes};
use super::planned_chart::planned_chart;
use super::planned_limits::{same_chords, same_harmony};
use super::planned_melody::{DrawnMelody, Laws, PlannedMelody, notes};
use super::prepare::Prepared;
use super::take::Take;
use crate::constraint::{ChartLimit, Frame, Layer, Limits, MelodyLimit, PitchSet};
use crate::markov::draw::{choose, seeded};
use crate::music::{Chart, ChordSymbol, Duration, Echo, Plan, Taken};
use crate::style::smoothing::interpolate;
use crate::viewpoint::{self, degree};

/// How many plans are tried before a take is drawn without one.
const PLANS: usize = 6;
/// How often a melody is drawn again that copies a passage of a song.
const REDRAWS: usize = 12;
/// How often a chart is drawn again that copies a run of a song, where that is asked not to be.
const CHART_REDRAWS: usize = 64;
/// How many charts are drawn for one take, where something is asked of them.
const CHARTS: usize = 16;
/// How many melodies are drawn over the chart, where something is asked of them.
const CANDIDATES: usize = 8;
/// How many melodies, where each has variations to be found.
const VARIED_CANDIDATES: usize = 2;

impl Prepared<'_> {
    /// Draws a take along a plan; `None` where no plan leaves what is asked a place.
    pub(super) fn planned(&self, rng: &mut ChaCha8Rng) -> Option<Take> {
        let frame = &self.page.frame;
        let freedom = freedom(frame, &self.roots, &self.limits);
        let (figures, asked) = (&self.style.figures, self.asked_echoes());
        // Without a plan only what is asked comes back.
        let drawn = !self.request.no_plan;
        (0..PLANS).find_map(|_| {
            let mut plan = Plan { melody: asked.clone(), chords: vec![None; frame.bars] };
            if drawn {
                plan.chords = draw_chord_echoes(figures, frame, &self.chart_roots, rng);
            }
            let close = self.close(rng);
            let (chart, log_chart) = self.chart_along(&plan, close, rng)?;
            if drawn {
                let alike = |bar: usize, source: usize| same_harmony(&chart, frame, bar, source);
                plan.melody = draw_echoes(figures, frame, &self.roots, &asked, &freedom, alike, rng);
            }
            self.along(&plan, &freedom, chart, log_chart, rng)
        })
    }

    /// The echoes that are asked for: each bar takes up the rhythm of the first that it must be like.
    fn asked_echoes(&self) -> Vec<Option<Echo>> {
        let frame = &self.page.frame;
        let length = frame.meter.bar_length();
        let mut first: Vec<usize> = (0..frame.bars).collect();
        for same in self.limits.same.iter().filter(|same| same.layer == Layer::Rhythm) {
            let bars = (same.to - same.from).div_floor(length);
            for bar in 0..bars {
                let index = |at: Duration| usize::try_from(at.div_floor(length) + bar).ok();
                let (Some(one), Some(other)) = (index(same.from), index(same.source)) else { continue };
                let (Some(&one), Some(&other)) = (self.roots.get(one), self.roots.get(other)) else {
                    continue;
                };
                let (early, late) = (first[one].min(first[other]), first[one].max(first[other]));
                first.iter_mut().filter(|first| **first == late).for_each(|first| *first = early);
            }
        }
        let echo = |(bar, first): (usize, usize)| {
            let back = u8::try_from(bar - first).ok()?;
            (bar > first).then_some(Echo { taken: Taken::Rhythm, back })
        };
        first.into_iter().enumerate().map(echo).collect()
    }

    /// The chord that the piece closes on, as a symbol, drawn as the style's pieces close; among those that are asked of
    /// the last bar, if any are.
    fn close(&self, rng: &mut ChaCha8Rng) -> Option<u16> {
        let (frame, key) = (&self.page.frame, self.page.frame.key);
        let last = frame.bar_line(frame.bars.saturating_sub(1));
        let is_asked = |chord: &ChordSymbol| {
            self.limits.chart.iter().all(|limit| match limit {
                ChartLimit::Sounding { to, allowed, .. } if *to > last => allowed.contains(chord),
                _ => true,
            })
        };
        let closings: Vec<(ChordSymbol, f64)> = (self.style.figures.closings.iter())
            .filter(|closing| closing.0.is_minor() == key.mode.is_minor())
            .map(|(_, chord, count)| (chord.symbol(key), f64::from(*count)))
            .filter(|(chord, _)| is_asked(chord))
            .collect();
        let weights: Vec<f64> = closings.iter().map(|closing| closing.1).collect();
        let (chord, _) = &closings[choose(rng, &weights)?];
        self.chart_law.chords.iter().position(|known| known.sounds_like(chord)).map(|symbol| symbol as u16)
    }

    /// What the last note may be: a degree drawn as the style's pieces end, among those that the last chord has; nothing
    /// where the request says something of it.
    fn last_note(&self, chart: &Chart, rng: &mut ChaCha8Rng) -> Option<MelodyLimit> {
        if self.limits.melody.iter().any(|limit| matches!(limit, MelodyLimit::Last { .. })) {
            return None;
        }
        let frame = &self.page.frame;
        let last = frame.bar_line(frame.bars.saturating_sub(1));
        let is_asked = |limit: &MelodyLimit| matches!(limit, MelodyLimit::Note { to, .. } if *to > last);
        if self.limits.melody.iter().any(is_asked) {
            return None;
        }
        let (figures, tonic) = (&self.style.figures, frame.key.tonic.pitch_class());
        let mode = viewpoint::mode_code(frame.key.mode);
        let mut law = interpolate(&[1.0 / 12.0; 12], &figures.ending, figures.unit, &[&[mode, 1]]);
        let tones = chart.changes.last().map_or(0, |change| change.chord.pitch_classes());
        for (code, weight) in law.iter_mut().enumerate() {
            let class = degree::pitch_class(code as u16, tonic);
            *weight *= f64::from(u8::from(tones >> class & 1 == 1));
        }
        let class = degree::pitch_class(choose(rng, &law)? as u16, tonic);
        Some(MelodyLimit::Last { allowed: PitchSet::of_class(class) })
    }

    /// Draws a melody over a chart along a plan.
    fn along(
        &self,
        plan: &Plan,
        freedom: &[Freedom],
        chart: Chart,
        log_chart: f64,
        rng: &mut ChaCha8Rng,
    ) -> Option<Take> {
        let laws = Laws {
            law: &self.pitch.law,
            rhythm: &self.rhythm,
            kernel: &self.pitch.kernel,
            figures: &self.style.figures,
            copies: &self.copies,
            rhythms: &self.rhythms,
        };
        let mut limits = self.limits.melody.clone();
        limits.extend(self.last_note(&chart, rng));
        let page = (&self.page.frame, self.roots.as_slice());
        let asked = (limits.as_slice(), self.limits.vary.as_slice());
        let melody = PlannedMelody::new(laws, page, (plan, freedom), &chart, asked)?;
        let frame = &self.page.frame;
        // How a melody ends is drawn in any case; that alone is no reason to weigh several.
        let ends_alone = |limit: &MelodyLimit| matches!(limit, MelodyLimit::Last { .. });
        let candidates = match self.limits.vary.is_empty() {
            _ if self.limits.melody.iter().all(ends_alone) => 1,
            true => CANDIDATES,
            false => VARIED_CANDIDATES,
        };
        // What is new copies nothing, but what comes again may make a copy with what it comes to stand beside.
        let own = |rng: &mut ChaCha8Rng| {
            (0..REDRAWS).find_map(|_| {
                let drawn = melody.draw(rng)?;
                let notes = notes(laws.law, frame, &drawn.starts, frame.end());
                (!laws.copies.are_in(&notes)).then_some(drawn)
            })
        };
        let drawn: Vec<DrawnMelody> = match candidates {
            1 => own(rng).into_iter().collect(),
            // Each from numbers of its own, so that they may be drawn side by side.
            _ => {
                let mut own_rngs: Vec<ChaCha8Rng> = (0..candidates).map(|_| seeded(rng.next_u64())).collect();
                own_rngs.par_iter_mut().filter_map(own).collect()
            }
        };
        let mut weights = weights(drawn.iter().map(|drawn| drawn.log_weight));
        let effective = effective(&weights);
        while let Some(chosen) = choose(rng, &weights) {
            let sheet =
                self.sheet(chart.clone(), notes(&self.pitch.law, frame, &drawn[chosen].starts, frame.end()));
            if self.request.constraints.iter().all(|constraint| constraint.holds(&sheet, &self.page.frame)) {
                return Some(Take {
                    plan: Some(self.kept(plan, &chart, drawn[chosen].echoes.clone())),
                    effective: (candidates > 1).then_some((effective, candidates)),
                    sheet,
                    log_probability: (log_chart + drawn[chosen].log_probability) / self.request.power(),
                    log_mass: None,
                    draws: candidates,
                    copied: false,
                    unvaried: false,
                });
            }
            weights[chosen] = 0.0;
        }
        None
    }

    /// A plan as a take keeps it: chords may come again no more, where something else was asked of them.
    fn kept(&self, plan: &Plan, chart: &Chart, melody: Vec<Option<Echo>>) -> Plan {
        let chords = plan.chords.iter().enumerate().map(|(bar, back)| {
            let source = bar.checked_sub(usize::from((*back)?))?;
            same_chords(chart, &self.page.frame, bar, source).then_some((*back)?)
        });
        Plan { melody, chords: chords.collect() }
    }

    /// A chart along a plan; where the plan leaves what is asked no place, one of all that keep it.
    fn chart_along(&self, plan: &Plan, close: Option<u16>, rng: &mut ChaCha8Rng) -> Option<(Chart, f64)> {
        let frame = &self.page.frame;
        let asked = !self.limits.chart.is_empty() || !self.leanings.is_empty();
        let candidates = if asked { CHARTS } else { 1 };
        let redraws = if self.chord_copies.is_some() { CHART_REDRAWS } else { 1 };
        let drawn = (0..candidates).filter_map(|_| {
            (0..redraws).find_map(|_| {
                planned_chart(&self.chart_law, frame, &self.chart_roots, plan, close, &self.bound, rng)
                    .filter(|drawn| !self.copies_chords(&drawn.chart))
            })
        });
        let drawn: Vec<_> = drawn.collect();
        match choose(rng, &weights(drawn.iter().map(|drawn| drawn.log_weight))) {
            Some(chosen) => Some((drawn[chosen].chart.clone(), drawn[chosen].log_probability)),
            None => self.draw_chart(rng).ok(),
        }
    }
}

/// What each bar may take up, as far as what is asked of its melody goes.
fn freedom(frame: &Frame, roots: &[usize], limits: &Limits) -> Vec<Freedom> {
    let mut freedom = vec![Freedom::Any; frame.bars];
    let length = frame.meter.bar_length();
    let mut bind = |from: Duration, to: Duration, by: Freedom| {
        for (bar, &root) in roots.iter().enumerate() {
            let start = length * bar as i64;
            if from < start + length && to > start {
                freedom[root] = freedom[root].max(by);
            }
        }
    };
    let whole = |from: Duration, to: Duration| from <= Duration::ZERO && to >= frame.end();
    for limit in &limits.melody {
        match limit {
            MelodyLimit::Sounding { from, to, allowed } if allowed.is_empty() => {
                bind(*from, *to, Freedom::New);
            }
            MelodyLimit::Sounding { from, to, .. } | MelodyLimit::Leap { from, to, .. }
                if whole(*from, *to) => {}
            MelodyLimit::Sounding { from, to, .. } | MelodyLimit::Leap { from, to, .. } => {
                bind(*from, *to, Freedom::RhythmOnly);
            }
            MelodyLimit::Onset { at, .. } => bind(*at, *at + Duration::from_ticks(1), Freedom::New),
            MelodyLimit::Note { at, to, .. } => bind(*at, *to, Freedom::New),
            MelodyLimit::Count { from, to, .. }
            | MelodyLimit::ChordTones { from, to }
            | MelodyLimit::Contour { from, to, .. }
            | MelodyLimit::Near { from, to, .. } => bind(*from, *to, Freedom::New),
            MelodyLimit::First { .. } => {}
            MelodyLimit::Last { .. } => bind(frame.end() - length, frame.end(), Freedom::New),
        }
    }
    for vary in &limits.vary {
        bind(vary.from, vary.to, Freedom::New);
    }
    freedom
}
