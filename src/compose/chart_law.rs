//! How likely chords are in a style: which follows which, where in the phrase, and for how long.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::smoothing::{interpolate, normalise};
use crate::markov::Kernel;
use crate::music::{ChordSymbol, Key, Meter};
use crate::style::figures::Figures;
use crate::viewpoint::{self, PhrasePlace, RelativeChord, START};

/// Chords beyond the commonest so many of a style are not offered unless a request names them.
const MOST_CHORDS: usize = 96;
/// As many symbols as a lattice's sets hold.
const MOST_SYMBOLS: usize = 128;
/// A pair of chords seen less often than this is remembered as its second chord alone.
const LEAST_PAIR: f64 = 4.0;
/// Share of the probability kept for chords that a request names and the style never used.
const UNHEARD: f64 = 1e-5;
/// Weight of writing the same chord again instead of holding it.
const RESTRUCK: f64 = 1e-7;

/// The chart chain of a style in a key: its chords, contexts and kernels.
#[derive(Debug)]
pub struct ChartLaw<'a> {
    figures: &'a Figures,
    mode: u16,
    /// The chords that may be written, by symbol of the lattice.
    pub chords: Vec<ChordSymbol>,
    /// For each chord the code under which its figures stand, if any, and how much of them it gets.
    codes: Vec<(Option<u16>, f64)>,
    /// The contexts: the last two chords by code, most recent first; the first context starts a section.
    contexts: Vec<Vec<u16>>,
    index: BTreeMap<Vec<u16>, u32>,
    /// The kernels by code of place, made when first asked for.
    kernels: [OnceCell<Kernel>; PLACES],
}

/// How many codes of chord places there are.
const PLACES: usize = 16;

/// A code for chords of which the style knows nothing; no table holds it.
const UNKNOWN: u16 = START - 1;

impl<'a> ChartLaw<'a> {
    /// The law of a style's figures in a key, with support for every chord in `named`.
    pub fn new(figures: &'a Figures, key: Key, named: &[ChordSymbol]) -> ChartLaw<'a> {
        let mode = viewpoint::mode_code(key.mode);
        let mut seen: Vec<(u32, u16)> =
            figures.chord.row(&[mode]).iter().map(|entry| (entry.count, entry.symbol)).collect();
        if seen.is_empty() {
            // A style that never saw this mode still has its chords.
            seen = (0..figures.chords.len() as u16).map(|code| (1, code)).collect();
        }
        seen.sort_by_key(|&(count, code)| (std::cmp::Reverse(count), code));
        seen.truncate(MOST_CHORDS);
        let mut law = ChartLaw {
            figures,
            mode,
            chords: Vec::new(),
            codes: Vec::new(),
            contexts: vec![vec![START]],
            index: BTreeMap::from([(vec![START], 0)]),
            kernels: Default::default(),
        };
        for (_, code) in seen {
            law.chords.push(figures.chords[usize::from(code)].symbol(key));
            law.codes.push((Some(code), 1.0));
        }
        law.chords.truncate(MOST_SYMBOLS - named.len().min(MOST_SYMBOLS));
        law.codes.truncate(law.chords.len());
        for chord in named.iter().take(MOST_SYMBOLS) {
            if !law.chords.iter().any(|known| known.sounds_like(chord)) {
                law.codes.push((nearest_code(figures, RelativeChord::new(chord, key)), UNHEARD));
                law.chords.push(chord.clone());
            }
        }
        law.find_contexts();
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
        let pairs: Vec<Vec<u16>> = (self.figures.chord.rows.iter())
            .filter(|(context, row)| {
                let total: f64 = row.iter().map(|entry| f64::from(entry.count)).sum();
                context.len() == 3
                    && context[0] == self.mode
                    && total >= LEAST_PAIR * f64::from(self.figures.unit)
            })
            .filter_map(|(context, _)| {
                let before =
                    if context[2] == START { Some(START) } else { by_code.get(&context[2]).copied() };
                Some(vec![*by_code.get(&context[1])?, before?])
            })
            .collect();
        pairs.into_iter().for_each(|pair| self.add_context(pair));
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
        let known = self.index.get(&vec![symbol, before]).or_else(|| self.index.get(&vec![symbol]));
        known.copied().unwrap_or(0)
    }

    /// The number of contexts.
    pub fn contexts(&self) -> usize {
        self.contexts.len()
    }

    /// The context in which a section starts.
    pub fn start(&self) -> u32 {
        0
    }

    /// The transitions at a place: from each context the probability of each chord.
    ///
    /// Two experts: the chain of the last two chords, and the place in the phrase with the last chord, which counts
    /// by how far it moves the order-1 law.
    pub fn kernel(&self, place: PhrasePlace, on_downbeat: bool) -> &Kernel {
        let place = place.chord_code(on_downbeat);
        self.kernels[usize::from(place) % PLACES].get_or_init(|| self.kernel_at(place))
    }

    fn kernel_at(&self, place: u16) -> Kernel {
        let uniform = vec![1.0 / self.figures.chords.len().max(1) as f64; self.figures.chords.len()];
        let (chord, unit) = (&self.figures.chord, self.figures.unit);
        let mut after: BTreeMap<u16, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        let mut rows = Vec::with_capacity(self.contexts.len());
        let code = |symbol: u16| match symbol {
            START => START,
            symbol => self.codes[usize::from(symbol)].0.unwrap_or(UNKNOWN),
        };
        for context in &self.contexts {
            let previous = code(context[0]);
            let (first, placed) = after.entry(previous).or_insert_with(|| {
                let first = interpolate(&uniform, chord, unit, &[&[self.mode], &[self.mode, previous]]);
                let place: &[u16] = &[self.mode, place, previous];
                let placed = interpolate(&first, &self.figures.chord_place, unit, &[place]);
                (first, placed)
            });
            let mut law = match context.get(1) {
                None => first.clone(),
                Some(&before) => interpolate(first, chord, unit, &[&[self.mode, previous, code(before)]]),
            };
            law.iter_mut()
                .zip(first.iter().zip(placed.iter()))
                .for_each(|(p, (first, placed))| *p *= placed / first);
            normalise(&mut law);
            rows.push(self.row(context, &law));
        }
        Kernel::from_rows(&rows)
    }

    fn row(&self, context: &[u16], law: &[f64]) -> Vec<(u16, u32, f64)> {
        let unheard = UNHEARD / law.len().max(1) as f64;
        let mut weights: Vec<f64> = (self.codes.iter())
            .map(|&(code, share)| {
                code.map_or(unheard, |code| share * law[usize::from(code)]).max(unheard * 1e-3)
            })
            .collect();
        if let Some(same) = weights.get_mut(usize::from(context[0])) {
            *same = 0.0;
        }
        normalise(&mut weights);
        if usize::from(context[0]) < weights.len() {
            weights.iter_mut().for_each(|weight| *weight *= 1.0 - RESTRUCK);
            weights[usize::from(context[0])] = RESTRUCK;
        }
        normalise(&mut weights);
        let row = weights.into_iter().enumerate().map(|(symbol, weight)| {
            let symbol = symbol as u16;
            (symbol, self.after(self.index[context], symbol), weight)
        });
        row.collect()
    }

    /// How likely a chord that starts on a beat (from 0, in the meter's units) is to hold for so many units: pairs of
    /// length and weight, up to `longest` units, longer ones cut to it. Every length to a bar line or within the bar
    /// has some weight.
    pub fn spans(&self, meter: Meter, beat: u16, place: PhrasePlace, longest: u16) -> Vec<(u16, f64)> {
        let bar = u16::from(meter.beats());
        let code = viewpoint::meter::code(meter);
        let class = place.class();
        let longest = longest.max(1);
        let mut law = vec![0.0; usize::from(longest.max(bar * 4)) + 1];
        let to_bar_line = bar - beat.min(bar - 1);
        // Before any evidence: chords change on bar lines, sometimes at the half bar, rarely elsewhere.
        for (units, weight) in law.iter_mut().enumerate().skip(1) {
            let (units, rest) = (units as u16, (units as u16 + bar - to_bar_line) % bar);
            *weight = match () {
                () if units == to_bar_line => 1.0,
                () if units == to_bar_line + bar => 0.3,
                () if units < to_bar_line && units * 2 == bar => 0.2,
                () if units < to_bar_line => 0.02,
                () if rest == 0 => 0.01,
                () => 1e-4,
            };
        }
        normalise(&mut law);
        let (table, unit) = (&self.figures.chord_span, self.figures.unit);
        let mut law = interpolate(&law, table, unit, &[&[code, beat], &[code, beat, class]]);
        let beyond: f64 = law[usize::from(longest)..].iter().sum();
        law.truncate(usize::from(longest));
        law.push(beyond);
        law.into_iter().enumerate().skip(1).map(|(units, weight)| (units as u16, weight)).collect()
    }
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
