//! Portraits of a corpus: what composed sheets are held against.

use super::keys::{self, Keys};
use super::learn::{CorpusSheet, Options, Report, Weighed, pieces};
use super::piece::Piece;
use crate::music::unfold::unfolded;
use crate::music::{LeadSheet, Meter};
use crate::portrait::set::Sitter;
use crate::portrait::{Portrait, Portrayed, Span, Tune, TuneBar, TuneChord, TuneNote, plain_chain};

/// Meters of a corpus that are portrayed, the commonest first.
const METERS: usize = 3;
/// Fewest pieces of a meter that make a portrait, unless it is the commonest.
const FEWEST: usize = 5;
/// Tunes drawn from the plain chain.
const CHAIN_TUNES: usize = 200;
/// Where their draws start.
const CHAIN_SEED: u64 = 1;

/// The portraits of the corpus's commonest meters.
pub(super) fn portraits(weighed: &[Weighed]) -> Vec<Portrayed> {
    let tunes: Vec<(Tune, &Weighed)> = weighed.iter().map(|of| (tune(&of.piece), of)).collect();
    let mut meters: Vec<(usize, Meter)> = Vec::new();
    for (tune, _) in &tunes {
        match meters.iter_mut().find(|(_, meter)| *meter == tune.meter) {
            Some((count, _)) => *count += 1,
            None => meters.push((1, tune.meter)),
        }
    }
    meters.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let portrayed = meters.iter().take(METERS).enumerate();
    let portrayed = portrayed.filter(|(place, (count, _))| *place == 0 || *count >= FEWEST);
    portrayed.map(|(_, &(_, meter))| portrayed_in(&tunes, meter)).collect()
}

/// The portraits of sheets, read as they are to learn from.
pub fn portray(
    sheets: impl Iterator<Item = CorpusSheet>,
    options: &Options,
    progress: &mut dyn FnMut(usize, Option<usize>),
) -> (Vec<Portrayed>, Report) {
    let (pieces, _, report) = pieces(sheets, options, progress);
    (portraits(&pieces), report)
}

/// The portrait of sheets in a meter, and how many could not be measured.
pub fn portrait_of_sheets(sheets: &[LeadSheet], meter: Meter, keys: Keys) -> (Portrait, usize) {
    let tunes: Vec<Tune> = sheets
        .iter()
        .filter_map(|sheet| {
            let sheet = unfolded(sheet);
            Piece::new(&sheet, keys::of(&sheet, keys)).ok().map(|piece| tune(&piece))
        })
        .collect();
    let portrait = Portrait::of(tunes.iter().map(Sitter::whole), meter);
    (portrait, sheets.len() - tunes.len())
}

/// A piece as it is measured.
pub fn tune(piece: &Piece) -> Tune {
    let bars = piece.bars.iter().map(|bar| TuneBar { at: bar.at, regular: bar.regular }).collect();
    let sections = piece.sections.iter().map(|section| (section.first_bar, section.bars)).collect();
    let notes = piece
        .events
        .iter()
        .filter_map(|event| event.pitch.map(|pitch| TuneNote { at: event.at, length: event.length, pitch }));
    let chords = piece
        .chords
        .iter()
        .map(|chord| TuneChord { at: chord.at, tones: chord.chord.map(|(_, _, tones)| tones) });
    let chart = piece.chart.iter().map(|span| Span { at: span.at, length: span.length, chord: span.chord });
    Tune {
        meter: piece.meter,
        bars,
        sections,
        notes: notes.collect(),
        chords: chords.collect(),
        chart: chart.collect(),
        tonic: piece.bars.last().map_or(0, |bar| bar.key.tonic.pitch_class()),
    }
}

fn portrayed_in(tunes: &[(Tune, &Weighed)], meter: Meter) -> Portrayed {
    let sitters = tunes.iter().map(|(tune, of)| Sitter {
        tune,
        weight: f64::from(of.share.weight) / 100.0,
        melody: of.share.melody,
        chords: of.share.chords,
    });
    let corpus = Portrait::of(sitters, meter);
    let sung = tunes.iter().filter(|(tune, of)| of.share.melody && tune.meter == meter);
    let sung: Vec<&Tune> = sung.map(|(tune, _)| tune).collect();
    let drawn = plain_chain(&sung, CHAIN_TUNES, CHAIN_SEED);
    let plain_chain = Portrait::of(drawn.iter().map(Sitter::whole), meter);
    Portrayed { corpus, plain_chain }
}
