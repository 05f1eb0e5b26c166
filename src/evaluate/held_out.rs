//! Held-out bits: how well songs are foretold by what was learned from others.

use super::chord_bits::ChordLaw;
use super::note_chains::{LONGEST, NoteChains};
use super::own_laws;
use crate::music::unfold::unfolded;
use crate::style::keys;
use crate::style::{CorpusSheet, Figures, Fold, Options, Piece, learn};

/// What events cost together, in bits; songs of less weight count for less.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Spent {
    /// How many events were foretold.
    pub events: f64,
    /// What they cost.
    pub bits: f64,
}

impl Spent {
    /// Bits per event; 0 if there was none.
    pub fn per_event(self) -> f64 {
        if self.events == 0.0 { 0.0 } else { self.bits / self.events }
    }

    /// With one more event of a probability; what has none costs 40 bits.
    pub fn and(self, probability: Option<&f64>) -> Spent {
        const LEAST: f64 = 1.0 / (1_u64 << 40) as f64;
        let probability = probability.copied().unwrap_or_default().max(LEAST);
        Spent { events: self.events + 1.0, bits: self.bits - libm::log2(probability) }
    }

    /// Together with others, of a weight.
    pub fn plus(self, other: Spent, weight: f64) -> Spent {
        Spent { events: self.events + weight * other.events, bits: self.bits + weight * other.bits }
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

/// What is foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The pitch of a note.
    Pitch,
    /// How long it is, with the rests after it.
    Length,
    /// A chord that follows another.
    Chord,
    /// How long it holds.
    Span,
}

impl What {
    /// Everything, in the order of the table.
    pub const ALL: [What; 4] = [What::Pitch, What::Length, What::Chord, What::Span];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            What::Pitch => "pitch of a note",
            What::Length => "length of a note",
            What::Chord => "chord",
            What::Span => "length of a chord",
        }
    }

    /// Whether it is of the melody; else of the chart.
    pub fn is_melody(self) -> bool {
        matches!(self, What::Pitch | What::Length)
    }
}

/// Who foretells: plain chains of an order, or the law that the style composes with.
pub const LAWS: [&str; 4] = ["order 1", "order 2", "order 3", "own law"];

/// What a piece costs that nothing was learned from, under a law of [`LAWS`] by number.
fn cost(learned: &Learned, piece: &Piece, what: What, law: usize) -> Spent {
    let Learned { figures, chains } = learned;
    let own = law + 1 == LAWS.len();
    let of_chords = if own { ChordLaw::Mix } else { ChordLaw::Chain(law + 1) };
    match what {
        What::Pitch if own => own_laws::pitches(figures, piece),
        What::Pitch => chains.pitches(piece, law + 1),
        What::Length if own => own_laws::lengths(figures, piece),
        What::Length => chains.lengths(piece, law + 1),
        What::Chord => own_laws::chords(figures, piece, of_chords),
        What::Span => own_laws::spans(figures, piece, of_chords),
    }
}

/// What songs cost, by [`What::ALL`] and [`LAWS`], when each fold is foretold by all other songs; `progress` is told how
/// many folds are done.
pub fn held_out(
    songs: &[CorpusSheet],
    folds: &[Fold],
    options: &Options,
    progress: &mut dyn FnMut(usize),
) -> Vec<[Spent; LAWS.len()]> {
    // The chain of chords looks one less far back than that of notes; nobody who listens knows the height.
    let options = &Options { order: options.order.max(LONGEST + 1), height: false, ..*options };
    let mut spent = vec![[Spent::default(); LAWS.len()]; What::ALL.len()];
    for (done, fold) in folds.iter().enumerate() {
        let is_held = |song: &&CorpusSheet| fold.has(song.sheet.title(), &song.file);
        let rest: Vec<CorpusSheet> = songs.iter().filter(|song| !is_held(song)).cloned().collect();
        let sung = rest.iter().filter(|song| song.share.melody);
        let pieces: Vec<(Piece, u32)> =
            sung.filter_map(|song| Some((piece(song, options)?, song.share.weight))).collect();
        let chains = NoteChains::learned(pieces.iter().map(|(piece, weight)| (piece, *weight)));
        let (figures, _) = learn(rest.into_iter(), options, &mut |_, _| {});
        let learned = Learned { figures, chains };
        for song in songs.iter().filter(is_held) {
            let Some(held) = piece(song, options) else { continue };
            let wanted = |what: &&What| if what.is_melody() { song.share.melody } else { song.share.chords };
            for what in What::ALL.iter().filter(wanted) {
                for (law, spent) in spent[*what as usize].iter_mut().enumerate() {
                    let weight = f64::from(song.share.weight) / 100.0;
                    *spent = spent.plus(cost(&learned, &held, *what, law), weight);
                }
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
