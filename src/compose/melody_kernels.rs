//! What a melody law makes for lattices, kept so that the lattices of many charts share it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::chart_law::powered;
use super::melody_law::{MelodyLaw, Pulls, Setting, Turn};
use super::melody_limits::Ways;
use crate::markov::Kernel;
use crate::music::ChordSymbol;
use crate::style::melody_experts::IntervalLaw;

/// What was made so far. It depends on nothing but the law.
#[derive(Debug, Default)]
pub(super) struct Known {
    chords: RefCell<Vec<ChordSymbol>>,
    turned: RefCell<BTreeMap<Turn, Arc<Kernel>>>,
    bent: RefCell<BTreeMap<(Turn, BentKey), Arc<Kernel>>>,
    tilted: RefCell<BTreeMap<Setting, Arc<Tilted>>>,
    /// By the degree before a seam the law of intervals there, and its maximum.
    seams: RefCell<BTreeMap<u16, (IntervalLaw, f64)>>,
}

impl Known {
    pub(super) fn seam(&self, degree: u16, make: impl FnOnce() -> (IntervalLaw, f64)) -> (IntervalLaw, f64) {
        *self.seams.borrow_mut().entry(degree).or_insert_with(make)
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
        let mut chords = self.known.chords.borrow_mut();
        let known = chords.iter().position(|known| known == chord);
        let number = known.unwrap_or_else(|| {
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
        self.tilt(setting, &self.known.chords.borrow())
    }

    /// The turn of a setting in the law's own numbers of chords.
    pub fn turn(&self, setting: &Setting) -> Turn {
        setting.turn(&self.known.chords.borrow())
    }

    /// The transitions of the law's own [`kernel`](Self::kernel) at a turn.
    pub fn turned(&self, kernel: &Kernel, turn: &Turn) -> Arc<Kernel> {
        if let Some(known) = self.known.turned.borrow().get(turn) {
            return Arc::clone(known);
        }
        let mut turned = self.turning(kernel, turn);
        turned.weights.iter_mut().for_each(|weight| *weight = powered(*weight, self.power));
        let turned = Arc::new(turned);
        self.known.turned.borrow_mut().insert(*turn, Arc::clone(&turned));
        turned
    }

    /// The same as they are bent.
    pub fn bent(&self, kernel: &Kernel, turn: &Turn, bent: Bent) -> Arc<Kernel> {
        if bent == Bent::NOT {
            return self.turned(kernel, turn);
        }
        if let Some(known) = self.known.bent.borrow().get(&(*turn, bent.key())) {
            return Arc::clone(known);
        }
        let made = self.turned(kernel, turn).reweighted(|context, symbol, weight| {
            let Some(last) = self.last(context as u32) else { return weight };
            match bent.allows(i32::from(symbol) - i32::from(last)) {
                true => weight * self.pulled(bent.pulls, turn, last, symbol),
                false => 0.0,
            }
        });
        let made = Arc::new(made);
        self.known.bent.borrow_mut().insert((*turn, bent.key()), Arc::clone(&made));
        made
    }

    /// What a setting makes of each pitch, in the law's own numbers of chords; `turn` is its turn.
    pub fn tilted(&self, kernel: &Kernel, setting: &Setting, turn: &Turn) -> Arc<Tilted> {
        if let Some(known) = self.known.tilted.borrow().get(setting) {
            return Arc::clone(known);
        }
        let mut tilt = self.tilt_of(setting);
        // What makes a law sum to one does so before it is raised to a power.
        let turned = match self.power {
            1.0 => self.turned(kernel, turn),
            _ => Arc::new(self.turning(kernel, turn)),
        };
        let scale = (0..turned.contexts()).map(|context| {
            let row = turned.row(context);
            let entries = turned.symbols[row.clone()].iter().zip(&turned.weights[row]);
            let total: f64 = entries.map(|(&symbol, &weight)| weight * tilt[usize::from(symbol)]).sum();
            if total > 0.0 { powered(1.0 / total, self.power) } else { 0.0 }
        });
        let scale: Arc<[f64]> = scale.collect();
        tilt.iter_mut().for_each(|weight| *weight = powered(*weight, self.power));
        let made = Arc::new(Tilted { scale, tilt });
        self.known.tilted.borrow_mut().insert(setting.clone(), Arc::clone(&made));
        made
    }
}
