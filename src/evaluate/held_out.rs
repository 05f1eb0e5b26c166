//! Held-out bits: how well songs are foretold by what was learned from others.

use super::note_chains::NoteChains;
use crate::music::unfold::unfolded;
use crate::style::keys;
use crate::style::{CorpusSheet, Figures, Fold, Options, Piece, learn};

/// What events cost together, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Spent {
    /// How many events were foretold.
    pub events: usize,
    /// What they cost.
    pub bits: f64,
}

impl Spent {
    /// Bits per event; 0 if there was none.
    pub fn per_event(self) -> f64 {
        if self.events == 0 { 0.0 } else { self.bits / self.events as f64 }
    }

    /// With one more event of a probability; what has none costs 40 bits.
    pub fn and(self, probability: Option<&f64>) -> Spent {
        const LEAST: f64 = 1.0 / (1_u64 << 40) as f64;
        let probability = probability.copied().unwrap_or_default().max(LEAST);
        Spent { events: self.events + 1, bits: self.bits - libm::log2(probability) }
    }

    /// Together with others.
    pub fn plus(self, other: Spent) -> Spent {
        Spent { events: self.events + other.events, bits: self.bits + other.bits }
    }
}

/// What was learned from the songs that are not held out.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The figures of a style.
    pub figures: Figures,
    /// The plain chains.
    pub chains: NoteChains,
}

/// A law that foretells, and what it foretells.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Its name in the table.
    pub title: &'static str,
    /// What a piece costs that nothing was learned from.
    pub cost: fn(&Learned, &Piece) -> Spent,
}

/// Every law, in the order of the table.
pub const LAWS: &[Law] = &[
    Law { title: "pitch, chain of order 1", cost: |learned, piece| learned.chains.pitches(piece, 1) },
    Law { title: "pitch, chain of order 2", cost: |learned, piece| learned.chains.pitches(piece, 2) },
    Law { title: "pitch, chain of order 3", cost: |learned, piece| learned.chains.pitches(piece, 3) },
    Law { title: "length, chain of order 1", cost: |learned, piece| learned.chains.lengths(piece, 1) },
    Law { title: "length, chain of order 2", cost: |learned, piece| learned.chains.lengths(piece, 2) },
    Law { title: "length, chain of order 3", cost: |learned, piece| learned.chains.lengths(piece, 3) },
];

/// What songs cost under each law of [`LAWS`] when each fold is foretold by all other songs; `progress` is told how
/// many folds are done.
pub fn held_out(
    songs: &[CorpusSheet],
    folds: &[Fold],
    options: &Options,
    progress: &mut dyn FnMut(usize),
) -> Vec<Spent> {
    let mut spent = vec![Spent::default(); LAWS.len()];
    for (done, fold) in folds.iter().enumerate() {
        let is_held = |song: &&CorpusSheet| fold.has(song.sheet.title(), &song.file);
        let rest: Vec<CorpusSheet> = songs.iter().filter(|song| !is_held(song)).cloned().collect();
        let pieces: Vec<Piece> = rest.iter().filter_map(|song| piece(song, options)).collect();
        let chains = NoteChains::learned(pieces.iter());
        let (figures, _) = learn(rest.into_iter(), options, &mut |_, _| {});
        let learned = Learned { figures, chains };
        for held in songs.iter().filter(is_held).filter_map(|song| piece(song, options)) {
            for (law, spent) in LAWS.iter().zip(&mut spent) {
                *spent = spent.plus((law.cost)(&learned, &held));
            }
        }
        progress(done + 1);
    }
    spent
}

/// A song as it would be learned.
fn piece(song: &CorpusSheet, options: &Options) -> Option<Piece> {
    let sheet = unfolded(&song.sheet);
    Piece::new(&sheet, keys::of(&sheet, options.keys)).ok()
}
