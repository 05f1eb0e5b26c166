//! What a melody law makes for lattices, kept so that the lattices of many charts share it.

use std::iter::repeat_n;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::chart_law::powered;
use super::melody_law::{MelodyLaw, Pulls, Setting, Turn};
use super::melody_limits::Ways;
use super::memo::Memo;
use crate::markov::{Columns, Kernel};
use crate::music::ChordSymbol;
use crate::style::melody_experts::{IntervalLaw, Seen, View};

/// So many bends are kept; each takes 5 KB.
const MOST_BENT: usize = 2000;
/// So many tilts; each takes 5 KB.
const MOST_TILTED: usize = 6000;

/// What was made so far. It depends on nothing but the law.
#[derive(Debug, Default)]
pub(super) struct Known {
    chords: RwLock<Vec<ChordSymbol>>,
    /// The law's own kernel.
    columns: OnceLock<Columns>,
    /// The same raised to the law's power.
    raised: OnceLock<Arc<Kernel>>,
    kinds: OnceLock<Arc<[u16]>>,
    turnings: Memo<Turn, Arc<Vec<f64>>>,
    bent: Memo<(Turn, BentKey), Arc<[f64]>>,
    tilted: Memo<Setting, Arc<Tilted>>,
    /// What experts make of degrees, by what they look at.
    seen: Memo<View, Seen>,
    /// By the degree before a seam the law of intervals there, and its maximum.
    seams: Memo<u16, (IntervalLaw, f64)>,
}

impl Known {
    pub(super) fn seen(&self, view: View, make: impl FnOnce() -> Seen) -> Seen {
        self.seen.get(&view, make)
    }

    pub(super) fn seam(&self, degree: u16, make: impl FnOnce() -> (IntervalLaw, f64)) -> (IntervalLaw, f64) {
        self.seams.get(&degree, make)
    }
}

/// What binds and pulls every step alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bent {
    /// The widest leap in semitones.
    pub leap: Option<u32>,
    /// Which way steps may go.
    pub ways: Ways,
    /// What pulls them.
    pub pulls: Pulls,
}

/// The same in an order: the widest leap, the ways, the bits of the pulls.
pub(super) type BentKey = (Option<u32>, Ways, [u64; 3]);

impl Bent {
    /// Nothing does.
    pub const NOT: Bent = Bent { leap: None, ways: Ways::ALL, pulls: Pulls::NONE };

    pub(super) fn key(&self) -> BentKey {
        let Pulls { on_chord, above, by_step } = self.pulls;
        (self.leap, self.ways, [on_chord, above, by_step].map(f64::to_bits))
    }

    /// Whether an interval in semitones is allowed.
    pub fn allows(&self, interval: i32) -> bool {
        self.leap.is_none_or(|widest| interval.unsigned_abs() <= widest) && self.ways.allow(interval)
    }
}

/// What a setting makes of each pitch.
#[derive(Clone, Debug, PartialEq)]
pub struct Tilted {
    /// A factor for each symbol.
    pub tilt: Vec<f64>,
    /// For each context what makes the law of the setting's turn, so tilted, sum to one.
    pub scale: Arc<[f64]>,
}

impl MelodyLaw<'_> {
    /// The number by which the law knows a chord in a [`Setting`].
    pub fn number(&self, chord: &ChordSymbol) -> u32 {
        let find = |chords: &Vec<ChordSymbol>| chords.iter().position(|known| known == chord);
        if let Some(known) = find(&self.known.chords.read().unwrap_or_else(PoisonError::into_inner)) {
            return known as u32;
        }
        let mut chords = self.known.chords.write().unwrap_or_else(PoisonError::into_inner);
        let number = find(&chords).unwrap_or_else(|| {
            chords.push(chord.clone());
            chords.len() - 1
        });
        number as u32
    }

    /// The symbol of a MIDI note number, if it is in the law's range.
    pub fn symbol(&self, midi: i32) -> Option<u16> {
        u16::try_from(midi - self.lowest).ok().filter(|&symbol| usize::from(symbol) < self.pitches)
    }

    /// [`tilt`](Self::tilt) in the law's own numbers of chords.
    pub fn tilt_of(&self, setting: &Setting) -> Vec<f64> {
        self.tilt(setting, &self.known.chords.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The turn of a setting in the law's own numbers of chords.
    pub fn turn(&self, setting: &Setting) -> Turn {
        setting.turn(&self.known.chords.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a turn makes of each step: see [`turning`](Self::turning).
    fn turning_of(&self, turn: &Turn) -> Arc<Vec<f64>> {
        self.known.turnings.get(turn, || Arc::new(self.turning(turn)))
    }

    /// The transitions after a note alone at a turn, by the note after.
    pub fn turned_from(&self, kernel: &Kernel, turn: &Turn, last: u16) -> Vec<f64> {
        let factors = self.turning_of(turn);
        let factors = &factors[usize::from(last) * self.pitches..][..self.pitches];
        let weights = &kernel.weights[kernel.row(1 + usize::from(last))];
        weights.iter().zip(factors).map(|(weight, factor)| powered(weight * factor, self.power)).collect()
    }

    /// The law's own [`kernel`](Self::kernel), raised to its power: the transitions of all lattices, which turns bend.
    pub fn raised(&self, kernel: &Kernel) -> Arc<Kernel> {
        let raise = || Arc::new(kernel.reweighted(|_, _, weight| powered(weight, self.power)));
        Arc::clone(self.known.raised.get_or_init(raise))
    }

    /// The [kinds](crate::markov::Lattice::kinds) of the law's contexts: 0 before the first note, else the last one and 1.
    pub fn kinds(&self) -> Arc<[u16]> {
        let kind = |context: usize| self.last(context as u32).map_or(0, |last| last + 1);
        Arc::clone(self.known.kinds.get_or_init(|| (0..self.contexts()).map(kind).collect()))
    }

    /// How a turn bends steps, and what binds and pulls them: see [`Lattice::bends`](crate::markov::Lattice::bends).
    pub fn bend(&self, turn: &Turn, bent: Bent) -> Arc<[f64]> {
        self.known.bent.get_among(MOST_BENT, &(*turn, bent.key()), || self.bend_by(turn, bent, |_, _| 1.0))
    }

    /// The same with a factor for each step besides.
    pub fn bend_by(&self, turn: &Turn, bent: Bent, besides: impl Fn(u16, u16) -> f64) -> Arc<[f64]> {
        let steps = self.factors(|last, next| match bent.allows(i32::from(next) - i32::from(last)) {
            true => self.pulled(bent.pulls, turn, last, next) * besides(last, next),
            false => 0.0,
        });
        let turned = self.turning_of(turn);
        let steps = steps.into_iter().zip(turned.iter());
        let bent = steps.map(|(step, &turned)| powered(turned, self.power) * step);
        // Nothing bends the way to the first note.
        repeat_n(1.0, self.pitches).chain(bent).collect()
    }

    /// What a setting makes of each pitch, in the law's own numbers of chords; `turn` is its turn.
    pub fn tilted(&self, kernel: &Kernel, setting: &Setting, turn: &Turn) -> Arc<Tilted> {
        self.known.tilted.get_among(MOST_TILTED, setting, || {
            let mut tilt = self.tilt_of(setting);
            // What makes a law sum to one does so before it is raised to a power.
            let turning = self.turning_of(turn);
            let columns = self.known.columns.get_or_init(|| Columns::new(kernel));
            let totals = columns.sums(|context, symbol| {
                let symbol = usize::from(symbol);
                let last = self.last(context).map(|last| usize::from(last) * self.pitches);
                [last.map_or(1.0, |last| turning[last + symbol]), tilt[symbol]]
            });
            let scale = totals
                .into_iter()
                .map(|total| if total > 0.0 { powered(1.0 / total, self.power) } else { 0.0 });
            let scale = scale.collect();
            tilt.iter_mut().for_each(|weight| *weight = powered(*weight, self.power));
            Arc::new(Tilted { scale, tilt })
        })
    }
}
