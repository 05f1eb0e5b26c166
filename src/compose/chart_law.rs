//! How likely chords are in a style: which follows which, where in the phrase, and for how long.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::markov::Kernel;
use crate::music::{ChordSymbol, Key, Meter};
use crate::style::Weights;
use crate::style::blend::BlendWeights;
use crate::style::chart_events::{CODES, ChartPlace, SpanPlace};
use crate::style::chart_experts::{self, BACK, Opinion, SITUATIONS, mixed, usual_spans};
use crate::style::figures::Figures;
use crate::style::smoothing::normalise;
use crate::viewpoint::{self, RelativeChord, START};

/// Chords beyond the commonest so many of a style are not offered unless a request names them.
const MOST_CHORDS: usize = 96;
/// As many symbols as a lattice's sets hold.
const MOST_SYMBOLS: usize = 128;
/// A pair of chords seen less often than this is remembered as its second chord alone.
const LEAST_PAIR: f64 = 4.0;
/// Pairs beyond the commonest so many are too.
const MOST_PAIRS: usize = 160;
/// Share of the probability kept for chords that a request names and the style never used.
const UNHEARD: f64 = 1e-5;
/// Weight of writing the same chord again instead of holding it, where no section opens.
const RESTRUCK: f64 = 1e-7;
/// Weight of holding a chord into the next section against writing it again there.
const CROSSING: f64 = 1e-6;

/// The chart chain of a style in a key: its chords, contexts and kernels.
#[derive(Debug)]
pub struct ChartLaw<'a> {
    /// The power to which every probability is raised: one over the temperature.
    pub power: f64,
    figures: &'a Figures,
    mode: u16,
    /// The chords that may be written, by symbol of the lattice.
    pub chords: Vec<ChordSymbol>,
    /// For each chord the code under which its figures stand, if any, and how much of them it gets.
    codes: Vec<(Option<u16>, f64)>,
    /// The contexts: the last two chords by code, most recent first; the first context starts a section.
    contexts: Vec<Vec<u16>>,
    index: BTreeMap<Vec<u16>, u32>,
    /// How many of the chords the style offers by itself; they stand first.
    heard: usize,
    weights: [BlendWeights; SITUATIONS],
    span_weights: BlendWeights,
    /// For each chord before (the last entry: a section's start) the contexts that chords lead to.
    onward: Vec<Vec<u32>>,
    /// What the experts say that look back, for each context in each situation, made when first asked for.
    back: Vec<[OnceLock<Vec<f64>>; SITUATIONS]>,
    /// What each view of the place says, situation by situation, view after view by code, and for each chord before (then
    /// a section's start before; then nothing known before), made when first asked for.
    views: Vec<OnceLock<Vec<f64>>>,
    /// What the views say without a chord before, by code, with its logarithms; and the chains that views start from, by
    /// the chord before. Made when first asked for.
    alone: Vec<OnceLock<(Opinion, Vec<f64>)>>,
    chains: Vec<OnceLock<Vec<f64>>>,
    /// The symbols and contexts of all rows, where a section opens and elsewhere, made when first asked for: the kernels
    /// share them.
    shapes: [OnceLock<Kernel>; 2],
    /// The kernels by codes of place, made when first asked for.
    kernels: Vec<OnceLock<Kernel>>,
}

/// A code for chords of which the style knows nothing; no table holds it.
const UNKNOWN: u16 = START - 1;

impl<'a> ChartLaw<'a> {
    /// The law of a style's figures in a key, with support for every chord in `named`.
    pub fn new(figures: &'a Figures, key: Key, named: &[ChordSymbol]) -> ChartLaw<'a> {
        ChartLaw::weighed(figures, &Weights::default(), key, named)
    }

    /// The same with the card's weights: `chord` scales those of the experts that look back, `chord_place` of those
    /// that know the place.
    pub fn weighed(figures: &'a Figures, card: &Weights, key: Key, named: &[ChordSymbol]) -> ChartLaw<'a> {
        let mode = viewpoint::mode_code(key.mode);
        let seen = commonest(figures, mode);
        let mut law = ChartLaw {
            power: 1.0,
            figures,
            mode,
            chords: Vec::new(),
            codes: Vec::new(),
            contexts: vec![vec![START]],
            index: BTreeMap::from([(vec![START], 0)]),
            heard: 0,
            weights: chart_experts::chord_weights(figures),
            span_weights: chart_experts::span_weights(figures),
            onward: Vec::new(),
            back: Vec::new(),
            views: Vec::new(),
            alone: vec![OnceLock::new(); CODES.iter().sum()],
            chains: Vec::new(),
            shapes: Default::default(),
            kernels: vec![OnceLock::new(); CODES.iter().product()],
        };
        let weights = law.weights.iter_mut().flat_map(|weights| weights.0.iter_mut().enumerate());
        for (expert, weights) in weights {
            let scale = if expert < BACK { card.chord } else { card.chord_place };
            weights.iter_mut().for_each(|weight| *weight *= scale);
        }
        for code in seen {
            law.chords.push(figures.chords[usize::from(code)].symbol(key));
            law.codes.push((Some(code), 1.0));
        }
        law.chords.truncate(offered_beside(named.len()));
        law.codes.truncate(law.chords.len());
        law.heard = law.chords.len();
        for chord in named.iter().take(MOST_SYMBOLS) {
            if !law.chords.iter().any(|known| known.sounds_like(chord)) {
                law.codes.push((nearest_code(figures, RelativeChord::new(chord, key)), UNHEARD));
                law.chords.push(chord.clone());
            }
        }
        law.find_contexts();
        law.views = vec![OnceLock::new(); CODES.iter().sum::<usize>() * SITUATIONS * (law.chords.len() + 2)];
        law.chains = vec![OnceLock::new(); law.chords.len() + 2];
        let symbols = 0..law.chords.len() as u16;
        law.onward = symbols.chain([START]).map(|before| law.after_chord(before)).collect();
        law.back = law.contexts.iter().map(|_| Default::default()).collect();
        law
    }

    fn find_contexts(&mut self) {
        // Every single chord is a context of its own, so a context always knows the last chord.
        for symbol in 0..self.chords.len() {
            self.add_context(vec![symbol as u16]);
        }
        let by_code: BTreeMap<u16, u16> = (self.codes.iter().enumerate())
            .filter(|(_, (_, share))| *share == 1.0)
            .filter_map(|(symbol, (code, _))| code.map(|code| (code, symbol as u16)))
            .collect();
        let mut pairs: Vec<(f64, Vec<u16>)> = (self.figures.chord.rows.iter())
            .filter(|(context, _)| context.len() == 3 && context[0] == self.mode)
            .filter_map(|(context, row)| {
                let total: f64 = row.iter().map(|entry| f64::from(entry.count)).sum();
                let before =
                    if context[2] == START { Some(START) } else { by_code.get(&context[2]).copied() };
                let pair = vec![*by_code.get(&context[1])?, before?];
                (total >= LEAST_PAIR * f64::from(self.figures.unit)).then_some((total, pair))
            })
            .collect();
        // The commonest; of equals the first.
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        pairs.truncate(MOST_PAIRS);
        pairs.into_iter().for_each(|(_, pair)| self.add_context(pair));
    }

    fn add_context(&mut self, context: Vec<u16>) {
        let next = self.contexts.len() as u32;
        self.index.entry(context.clone()).or_insert_with(|| {
            self.contexts.push(context);
            next
        });
    }

    /// The last chord of a context; `None` at the start of a section.
    pub fn last(&self, context: u32) -> Option<u16> {
        self.contexts[context as usize].first().copied().filter(|&symbol| symbol != START)
    }

    /// The context after a chord that follows a context.
    pub fn after(&self, context: u32, symbol: u16) -> u32 {
        let before = self.contexts[context as usize][0];
        self.onward[usize::from(before).min(self.chords.len())][usize::from(symbol)]
    }

    /// The contexts after each chord that follows a chord.
    fn after_chord(&self, before: u16) -> Vec<u32> {
        let symbols = 0..self.chords.len() as u16;
        let known = |symbol| self.index.get(&vec![symbol, before]).or_else(|| self.index.get(&vec![symbol]));
        symbols.map(|symbol| known(symbol).copied().unwrap_or(0)).collect()
    }

    /// The number of contexts.
    pub fn contexts(&self) -> usize {
        self.contexts.len()
    }

    /// The context in which a section starts.
    pub fn start(&self) -> u32 {
        0
    }

    /// The transitions at a place: from each context the probability of each chord, by the mix of the style's experts
    /// (see [`chart_experts`]). A chord that opens its section may be the one before again; the others are another.
    pub fn kernel(&self, place: ChartPlace) -> &Kernel {
        let codes = place.codes();
        let index =
            codes.iter().zip(CODES).fold(0, |index, (&code, count)| index * count + usize::from(code));
        self.kernels[index % self.kernels.len()].get_or_init(|| self.kernel_at(codes, place.opens))
    }

    /// The transitions at a place from some contexts alone, in order; nothing leads from the others.
    pub fn kernel_from(&self, place: ChartPlace, contexts: &[u32]) -> Kernel {
        let mut rows = vec![Vec::new(); self.contexts.len()];
        contexts.iter().for_each(|&context| rows[context as usize] = self.row_at(place, context));
        Kernel::from_rows(&rows)
    }

    /// The transitions of one context at a place: symbols, contexts, probabilities.
    pub fn row_at(&self, place: ChartPlace, context: u32) -> Vec<(u16, u32, f64)> {
        let weights = self.weights(place.codes(), context as usize, place.opens).into_iter().enumerate();
        let before = if place.opens { 0 } else { context };
        weights.map(|(symbol, weight)| (symbol as u16, self.after(before, symbol as u16), weight)).collect()
    }

    fn kernel_at(&self, codes: [u16; 3], opens: bool) -> Kernel {
        let shape = self.shapes[usize::from(opens)].get_or_init(|| {
            let symbols = 0..self.chords.len() as u16;
            let row = |number: usize| {
                let before = if opens { 0 } else { number as u32 };
                symbols.clone().map(|symbol| (symbol, self.after(before, symbol), 0.0)).collect()
            };
            Kernel::from_rows(&(0..self.contexts.len()).map(row).collect::<Vec<_>>())
        });
        let mut weights = Vec::with_capacity(shape.weights.len());
        (0..self.contexts.len()).for_each(|number| weights.extend(self.weights(codes, number, opens)));
        shape.with_weights(weights)
    }

    /// The product of all that the experts say after a context.
    fn mixed(&self, codes: [u16; 3], number: usize, opens: bool) -> Vec<f64> {
        let situation = chart_experts::situation(codes);
        let previous = match self.contexts[number][0] {
            START if opens => self.chords.len(),
            START => self.chords.len() + 1,
            _ if opens => self.chords.len(),
            symbol => usize::from(symbol),
        };
        let mut law = self.looking_back(number, situation).clone();
        for (view, &code) in codes.iter().enumerate() {
            let view = self.view(situation, view, code, previous);
            law.iter_mut().zip(view).for_each(|(all, factor)| *all *= factor);
        }
        law
    }

    /// What the experts of one view of the place say after a symbol; the numbers beyond are those of
    /// [`views`](Self::views).
    fn view(&self, situation: usize, view: usize, code: u16, previous: usize) -> &Vec<f64> {
        let before: usize = CODES[..view].iter().sum();
        let number = CODES.iter().sum::<usize>() * situation + before + usize::from(code);
        self.views[number * (self.chords.len() + 2) + previous].get_or_init(|| {
            let (place, beyond) = ((self.mode, view, code), previous.checked_sub(self.chords.len()));
            let weight = |expert, bucket| self.weights[situation].weight(expert, bucket);
            let mut logs = vec![0.0; self.heard];
            let ((_, bucket), alone) = self.alone[before + usize::from(code)].get_or_init(|| {
                let chain = self.chain(self.chords.len() + 1);
                let alone = chart_experts::placed_alone(self.figures, place, chain);
                let logarithms = self.logarithms(&alone.0);
                (alone, logarithms)
            });
            add(&mut logs, weight(BACK + view, *bucket), alone);
            let with = BACK + CODES.len() + view;
            match beyond {
                Some(1) => add(&mut logs, weight(with, 0), alone),
                _ => {
                    let symbol = if beyond.is_none() { self.code(previous as u16) } else { START };
                    let chain = self.chain(previous);
                    let (law, bucket) = chart_experts::placed_after(self.figures, place, symbol, chain);
                    add(&mut logs, weight(with, bucket), &self.logarithms(&law));
                }
            }
            factors(logs)
        })
    }

    /// The law of chords after a symbol by plain interpolation; the numbers beyond are those of [`views`](Self::views).
    fn chain(&self, previous: usize) -> &[f64] {
        self.chains[previous].get_or_init(|| {
            let before = match previous.checked_sub(self.chords.len()) {
                None => vec![self.code(previous as u16)],
                Some(0) => vec![START],
                Some(_) => Vec::new(),
            };
            chart_experts::chain(self.figures, self.mode, &before)
        })
    }

    /// The logarithms of a law of codes, for each chord that the style knows.
    fn logarithms(&self, law: &[f64]) -> Vec<f64> {
        let heard = self.codes.iter().take(self.heard);
        let probabilities = heard.map(|(code, _)| code.and_then(|code| law.get(usize::from(code))).copied());
        probabilities.map(|law| libm::log(law.unwrap_or_default().max(chart_experts::LEAST))).collect()
    }

    /// The product of what some experts say of the chords that the style knows, up to a factor.
    fn factor(&self, situation: usize, opinions: &[Opinion]) -> Vec<f64> {
        let mut logs = vec![0.0; self.heard];
        for (expert, (law, bucket)) in opinions.iter().enumerate() {
            let weight = self.weights[situation].weight(expert, *bucket);
            if weight != 0.0 {
                add(&mut logs, weight, &self.logarithms(law));
            }
        }
        factors(logs)
    }

    fn code(&self, symbol: u16) -> u16 {
        match symbol {
            START => START,
            symbol => self.codes[usize::from(symbol)].0.unwrap_or(UNKNOWN),
        }
    }

    /// What the experts say that look back from a context.
    fn looking_back(&self, number: usize, situation: usize) -> &Vec<f64> {
        self.back[number][situation].get_or_init(|| {
            let context: Vec<u16> = self.contexts[number].iter().map(|&symbol| self.code(symbol)).collect();
            let after_start = context.first() == Some(&START);
            let before = match situation {
                1 if after_start => vec![START],
                1 => vec![START, context[0]],
                // A stretch that begins within a section knows nothing of what went before.
                _ if after_start => Vec::new(),
                _ => context,
            };
            self.factor(situation, &chart_experts::looking_back(self.figures, self.mode, &before))
        })
    }

    /// The probability of each chord in a context at a place.
    fn weights(&self, codes: [u16; 3], number: usize, opens: bool) -> Vec<f64> {
        let mut law = self.mixed(codes, number, opens);
        normalise(&mut law);
        let unheard = UNHEARD / law.len().max(1) as f64;
        let of_code = |code: u16| {
            let known = self.codes.iter().take(self.heard).position(|&(other, _)| other == Some(code));
            known.and_then(|symbol| law.get(symbol)).copied()
        };
        let named = self.codes.iter().skip(self.heard).map(|&(code, share)| {
            code.and_then(of_code).map_or(unheard, |law| share * law).max(unheard * 1e-3)
        });
        let named: Vec<f64> = named.collect();
        law.iter_mut().for_each(|weight| *weight = weight.max(unheard * 1e-3));
        let mut weights = law;
        weights.extend(named);
        let same = usize::from(self.contexts[number][0]);
        if !opens && same < weights.len() {
            weights[same] = 0.0;
            normalise(&mut weights);
            weights.iter_mut().for_each(|weight| *weight *= 1.0 - RESTRUCK);
            weights[same] = RESTRUCK;
        }
        normalise(&mut weights);
        weights.iter_mut().for_each(|weight| *weight = powered(*weight, self.power));
        weights
    }

    /// How likely a chord that starts on a beat (from 0, in the meter's units) is to hold for so many units: pairs of
    /// length and weight, up to `longest` units, longer ones cut to it. Chords end with their section, so many units
    /// away, unless a request leaves no other way. Every length to a bar line or within the bar has some weight.
    pub fn spans(
        &self,
        meter: Meter,
        beat: u16,
        place: SpanPlace,
        section: u16,
        longest: u16,
    ) -> Vec<(u16, f64)> {
        let bar = u16::from(meter.beats());
        let code = viewpoint::meter::code(meter);
        let longest = longest.max(1);
        let usual = usual_spans(bar, beat, longest.max(bar * 4));
        let timed = chart_experts::timed(self.figures, code, beat, place, &usual);
        // Of a meter that was never heard the experts know nothing.
        let mut law = match &timed[0] {
            (law, 0) => law.clone(),
            _ => mixed(&timed, &self.span_weights, Some(0)),
        };
        let section = section.clamp(1, longest);
        let mut beyond = 0.0;
        for weight in law.iter_mut().skip(usize::from(section) + 1) {
            beyond += *weight * (1.0 - CROSSING);
            *weight *= CROSSING;
        }
        law[usize::from(section)] += beyond;
        let beyond: f64 = law[usize::from(longest)..].iter().sum();
        law.truncate(usize::from(longest));
        law.push(beyond);
        law.into_iter().enumerate().skip(1).map(|(units, weight)| (units as u16, weight)).collect()
    }
}

/// Adds logarithms so many times.
fn add(logs: &mut [f64], weight: f64, logarithms: &[f64]) {
    if weight != 0.0 {
        logs.iter_mut().zip(logarithms).for_each(|(log, logarithm)| *log += weight * logarithm);
    }
}

/// The factors of logarithms, the largest one.
fn factors(logs: Vec<f64>) -> Vec<f64> {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logs.into_iter().map(|log| libm::exp(log - largest).max(f64::MIN_POSITIVE)).collect()
}

/// A weight raised to a power. Power 1 changes no bit, and what is possible stays so.
pub fn powered(weight: f64, power: f64) -> f64 {
    if power == 1.0 || weight <= 0.0 { weight } else { libm::pow(weight, power).max(f64::MIN_POSITIVE) }
}

/// The codes of the chords that a style offers in a mode, the commonest first.
fn commonest(figures: &Figures, mode: u16) -> Vec<u16> {
    let mut seen: Vec<(u32, u16)> =
        figures.chord.row(&[mode]).iter().map(|entry| (entry.count, entry.symbol)).collect();
    if seen.is_empty() {
        // A style that never saw this mode still has its chords.
        seen = (0..figures.chords.len() as u16).map(|code| (1, code)).collect();
    }
    seen.sort_by_key(|&(count, code)| (std::cmp::Reverse(count), code));
    seen.truncate(MOST_CHORDS);
    seen.into_iter().map(|(_, code)| code).collect()
}

/// How many chords a style offers at most beside so many that are asked for by name.
pub fn offered_beside(named: usize) -> usize {
    MOST_SYMBOLS - named.min(MOST_SYMBOLS)
}

/// The chords that a style offers in a key by itself, the commonest first.
pub fn offered(figures: &Figures, key: Key) -> Vec<ChordSymbol> {
    let codes = commonest(figures, viewpoint::mode_code(key.mode)).into_iter();
    codes.map(|code| figures.chords[usize::from(code)].symbol(key)).collect()
}

/// The code of a chord, or of the nearest simpler one that the style knows.
fn nearest_code(figures: &Figures, mut chord: RelativeChord) -> Option<u16> {
    loop {
        if let Some(code) = figures.chord_code(chord) {
            return Some(code);
        }
        chord = chord.simpler()?;
    }
}
