//! The experts of the chart chain, and how much each is believed: a log-linear mix of finite contexts.
//!
//! Four experts look back (no chord, one, two, the second last alone), six at the place: three views of it (phrase and
//! beat; what the chord closes and how long it holds; what the section is), each alone and with the chord before. Four
//! more time the chords. Their weights are learned ([`blend`](super::blend)) from what was held out.

use crate::viewpoint::START;

use super::blend::{BUCKETS, BlendWeights, Evidence, bucket};
use super::chart_events::{ChartEvent, ChartPlace, Close, SpanPlace, Timing};
use super::figures::{Figures, Table};
use super::smoothing::interpolate;

/// Experts that look back, and do not know the place.
pub const BACK: usize = 4;
/// Experts that know the place.
pub const PLACED: usize = 6;
/// Experts that time chords.
pub const TIMED: usize = 4;
/// How many symbols the weights are learned on; rarer chords count for nothing there.
const MOST_SYMBOLS: usize = 96;
/// How strongly the weights are drawn to where they start, in events.
const PRIOR: f64 = 10.0;

/// What an expert says: a probability for each symbol, and the [bucket] of its context.
pub type Opinion = (Vec<f64>, usize);

/// Situations in which the experts are believed each in its own way: see [`situation`].
pub const SITUATIONS: usize = 4;

/// The situation of a place, by its [codes](ChartPlace::codes): 1 where a section opens, 3 where the piece closes, 2
/// where another section does, 0 elsewhere.
pub fn situation(codes: [u16; 3]) -> usize {
    match codes {
        [_, _, role] if role % 4 >= 2 => 1,
        [_, close, _] if close / 3 == Close::Section as u16 => 2,
        [_, close, _] if close / 3 == Close::Piece as u16 => 3,
        _ => 0,
    }
}

/// The weights that figures hold for chords, by situation; where they hold none, those of the longest context alone.
pub fn chord_weights(figures: &Figures) -> [BlendWeights; SITUATIONS] {
    let each = (BACK + PLACED) * BUCKETS;
    let stored = |situation: usize| {
        let whole = figures.chord_weights.len() == each * SITUATIONS;
        let own = figures.chord_weights.get(situation * each..(situation + 1) * each).filter(|_| whole);
        own.and_then(|own| BlendWeights::from_hundredths(own, BACK + PLACED)).unwrap_or_else(chord_start)
    };
    [stored(0), stored(1), stored(2), stored(3)]
}

/// The weights that figures hold for the lengths of chords, or where they hold none those of the longest context.
pub fn span_weights(figures: &Figures) -> BlendWeights {
    BlendWeights::from_hundredths(&figures.span_weights, TIMED).unwrap_or_else(span_start)
}

fn chord_start() -> BlendWeights {
    BlendWeights::flat(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
}

fn span_start() -> BlendWeights {
    BlendWeights::flat(&[0.0, 0.0, 0.0, 1.0])
}

/// How often a context was seen, in events.
fn seen(figures: &Figures, table: &Table, context: &[u16]) -> f64 {
    table.total(context) as f64 / f64::from(figures.unit.max(1))
}

/// The law of chords in a mode after some chords (most recent first), by plain interpolation of all orders.
pub fn chain(figures: &Figures, mode: u16, before: &[u16]) -> Vec<f64> {
    let count = figures.chords.len();
    let mut context = vec![mode];
    context.extend(before);
    let contexts: Vec<&[u16]> = (1..=context.len()).map(|length| &context[..length]).collect();
    interpolate(&vec![1.0 / count.max(1) as f64; count], &figures.chord, figures.unit.max(1), &contexts)
}

/// What the experts say that look back on at most two chords.
pub fn looking_back(figures: &Figures, mode: u16, before: &[u16]) -> [Opinion; BACK] {
    let before = before.get(..2).unwrap_or(before);
    let unit = figures.unit.max(1);
    let order = |length: usize| {
        let before = before.get(..length).unwrap_or(before);
        let mut context = vec![mode];
        context.extend(before);
        // What is not known of the context is left out, and the shorter one counts for it.
        let known = bucket(seen(figures, &figures.chord, &context));
        (chain(figures, mode, before), known)
    };
    let zero = order(0);
    let skipping = match before.get(1) {
        None => (zero.0.clone(), 0),
        Some(&before) => {
            let context: &[u16] = &[mode, before];
            let law = interpolate(&zero.0, &figures.chord_before, unit, &[context]);
            (law, bucket(seen(figures, &figures.chord_before, context)))
        }
    };
    [zero, order(1), order(2), skipping]
}

/// What two experts say of a place by one of its codes (see [`ChartPlace::codes`]; `view` says which): without looking
/// back, and with the chord before, if it is known.
pub fn placed(figures: &Figures, mode: u16, view: usize, code: u16, previous: Option<u16>) -> [Opinion; 2] {
    let alone = placed_alone(figures, (mode, view, code), &chain(figures, mode, &[]));
    let Some(previous) = previous else { return [alone.clone(), (alone.0, 0)] };
    let with = placed_after(figures, (mode, view, code), previous, &chain(figures, mode, &[previous]));
    [alone, with]
}

/// The first of the two, given the [`chain`] without a chord before.
pub fn placed_alone(figures: &Figures, (mode, view, code): (u16, usize, u16), chain: &[f64]) -> Opinion {
    let table = place_table(figures, view);
    let context: &[u16] = &[mode, code];
    let law = interpolate(chain, table, figures.unit.max(1), &[context]);
    (law, bucket(seen(figures, table, context)))
}

/// The second of the two, given the [`chain`] with the chord before.
pub fn placed_after(
    figures: &Figures,
    (mode, view, code): (u16, usize, u16),
    previous: u16,
    chain: &[f64],
) -> Opinion {
    let table = place_table(figures, view);
    let context: &[u16] = &[mode, code, previous];
    let law = interpolate(chain, table, figures.unit.max(1), &[context]);
    (law, bucket(seen(figures, table, context)))
}

fn place_table(figures: &Figures, view: usize) -> &Table {
    match view {
        0 => &figures.chord_place,
        1 => &figures.chord_close,
        _ => &figures.chord_role,
    }
}

/// What all experts say of an event, those that look back first.
pub fn opinions(figures: &Figures, mode: u16, before: &[u16], place: ChartPlace) -> Vec<Opinion> {
    let mut all = Vec::from(looking_back(figures, mode, before));
    let views = place.codes().into_iter().enumerate();
    let (alone, with): (Vec<Opinion>, Vec<Opinion>) = views
        .map(|(view, code)| {
            let [alone, with] = placed(figures, mode, view, code, before.first().copied());
            (alone, with)
        })
        .unzip();
    all.extend(alone);
    all.extend(with);
    all
}

/// What the experts say of how long a chord holds, in the meter's units; the law of any length before evidence is
/// given, from length 0.
pub fn timed(
    figures: &Figures,
    meter: u16,
    beat: u16,
    place: SpanPlace,
    before_evidence: &[f64],
) -> [Opinion; TIMED] {
    let unit = figures.unit.max(1);
    let opinion = |base: &[f64], table: &Table, context: &[u16]| {
        (interpolate(base, table, unit, &[context]), bucket(seen(figures, table, context)))
    };
    let plain = opinion(before_evidence, &figures.chord_span, &[meter, beat]);
    let classed = opinion(&plain.0, &figures.chord_span, &[meter, beat, place.class]);
    let after = opinion(&plain.0, &figures.chord_rhythm, &[meter, beat, place.before]);
    let both = opinion(&after.0, &figures.chord_rhythm, &[meter, beat, place.before, place.period]);
    [plain, classed, after, both]
}

/// How long chords hold before any evidence, from a beat of a bar of so many, up to `longest` units, from length 0:
/// chords change on bar lines, sometimes at the half bar, rarely elsewhere.
pub fn usual_spans(bar: u16, beat: u16, longest: u16) -> Vec<f64> {
    let bar = bar.max(1);
    let to_bar_line = bar - beat.min(bar - 1);
    let weight = |units: u16| {
        let rest = (units + bar - to_bar_line) % bar;
        match () {
            () if units == 0 => 0.0,
            () if units == to_bar_line => 1.0,
            () if units == to_bar_line + bar => 0.3,
            () if units < to_bar_line && units * 2 == bar => 0.2,
            () if units < to_bar_line => 0.02,
            () if rest == 0 => 0.01,
            () => 1e-4,
        }
    };
    let mut law: Vec<f64> = (0..=longest).map(weight).collect();
    super::smoothing::normalise(&mut law);
    law
}

/// A mix of opinions: the product of the laws, each to the power of its weight, made to sum to one; `barred` gets
/// nothing.
pub fn mixed(opinions: &[Opinion], weights: &BlendWeights, barred: Option<u16>) -> Vec<f64> {
    let count = opinions.first().map_or(0, |(law, _)| law.len());
    let mut logs = vec![0.0; count];
    for (expert, (law, bucket)) in opinions.iter().enumerate() {
        let weight = weights.weight(expert, *bucket);
        // What was never seen in a context has one probability: its logarithm is taken once.
        let mut log_of = of_runs(|probability: f64| libm::log(probability.max(LEAST)));
        logs.iter_mut().zip(law).for_each(|(log, &probability)| *log += weight * log_of(probability));
    }
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut law: Vec<f64> = logs.into_iter().map(of_runs(|log: f64| libm::exp(log - largest))).collect();
    if let Some(barred) = barred.and_then(|barred| law.get_mut(usize::from(barred))) {
        *barred = 0.0;
    }
    super::smoothing::normalise(&mut law);
    law
}

/// A function that is worked out once for equal values in a row.
fn of_runs(function: impl Fn(f64) -> f64) -> impl FnMut(f64) -> f64 {
    let mut last = (f64::NAN, f64::NAN);
    move |value| {
        if value != last.0 {
            last = (value, function(value));
        }
        last.1
    }
}

/// The least probability that an expert is taken to give.
pub const LEAST: f64 = 1e-9;

/// Learns the weights of the mix, situation by situation: for each fold the figures of the other pieces, and the
/// fold's events with how much each counts. Weights for chords, then for lengths, in hundredths.
pub(super) fn fit(folds: &[(Figures, Vec<(ChartEvent, u32)>)], bars: &[(u16, u16)]) -> (Vec<i16>, Vec<i16>) {
    let symbols = folds.iter().map(|(figures, _)| figures.chords.len()).max().unwrap_or_default();
    let mut chords = [(); SITUATIONS].map(|()| Evidence::new(symbols.min(MOST_SYMBOLS), BACK + PLACED));
    let longest = bars.iter().map(|&(_, bar)| bar * 4).max().unwrap_or_default();
    let mut spans = Evidence::new(usize::from(longest) + 1, TIMED);
    for (figures, events) in folds {
        let mut known = Known::default();
        for (event, weight) in events {
            let weight = f64::from(*weight) / f64::from(figures.unit.max(1));
            if event.is_change() {
                let situation = situation(event.place.codes());
                let barred = event.last.filter(|_| !event.place.opens);
                // A section is also composed on its own, without what went before.
                let alone = event.place.opens.then(|| event.before.get(..1).unwrap_or_default());
                for before in [Some(event.before.as_slice()), alone].into_iter().flatten() {
                    let evidence = &mut chords[situation];
                    let (laws, buckets) = known.chord(evidence, figures, event, before, situation);
                    evidence.see(&laws, &buckets, barred, event.chord, weight);
                }
            }
            let bar = event.timing.and_then(|timing| bars.iter().find(|&&(meter, _)| meter == timing.meter));
            if let (Some(timing), Some(&(_, bar))) = (event.timing, bar) {
                let (laws, buckets) = known.span(&mut spans, figures, timing, bar);
                spans.see(&laws, &buckets, None, timing.units, weight);
            }
        }
    }
    let chord = chords.iter().flat_map(|evidence| evidence.fit(&chord_start(), PRIOR).0.hundredths());
    let (span, _) = spans.fit(&span_start(), PRIOR);
    (chord.collect(), span.hundredths())
}

/// Laws that are already among the evidence, by expert and what it looks at.
#[derive(Default)]
struct Known(std::collections::BTreeMap<(u8, Vec<u16>), Numbered>);

/// Laws by their numbers, each with the bucket of its context.
type Numbered = Vec<(u32, usize)>;

impl Known {
    fn laws(
        &mut self,
        evidence: &mut Evidence,
        kind: u8,
        key: Vec<u16>,
        opinions: impl FnOnce() -> Vec<Opinion>,
    ) -> Numbered {
        let kept = self.0.entry((kind, key)).or_insert_with(|| {
            opinions().into_iter().map(|(law, bucket)| (evidence.law(&law), bucket)).collect()
        });
        kept.clone()
    }

    fn chord(
        &mut self,
        evidence: &mut Evidence,
        figures: &Figures,
        event: &ChartEvent,
        before: &[u16],
        situation: usize,
    ) -> (Vec<u32>, Vec<usize>) {
        // Each situation has its own evidence, and so its own numbers of laws.
        let kind = 4 * situation as u8;
        let (mode, before) = (event.mode, before.get(..2).unwrap_or(before));
        let mut key = vec![mode];
        key.extend(before);
        let mut all = self.laws(evidence, kind, key, || Vec::from(looking_back(figures, mode, before)));
        let previous = before.first().copied();
        let (mut alone, mut with) = (Vec::new(), Vec::new());
        for (view, code) in event.place.codes().into_iter().enumerate() {
            let key = vec![mode, code, previous.unwrap_or(START - 1)];
            let two = self.laws(evidence, kind + 1 + view as u8, key, || {
                Vec::from(placed(figures, mode, view, code, previous))
            });
            alone.extend(two.first().copied());
            with.extend(two.get(1).copied());
        }
        all.extend(alone);
        all.extend(with);
        all.into_iter().unzip()
    }

    fn span(
        &mut self,
        evidence: &mut Evidence,
        figures: &Figures,
        timing: Timing,
        bar: u16,
    ) -> (Vec<u32>, Vec<usize>) {
        let Timing { meter, beat, place, .. } = timing;
        let key = vec![meter, beat, place.class, place.before, place.period];
        let all = self.laws(evidence, 4 * SITUATIONS as u8, key, || {
            Vec::from(timed(figures, meter, beat, place, &usual_spans(bar, beat, bar * 4)))
        });
        all.into_iter().unzip()
    }
}
