//! Bits per chord that a corpus costs when each part of it is foretold by the others:
//! `cargo run --release --example chord_bits -- CORPUS.json [--triads] [--leave-one-out | --folds N]`.

use std::collections::BTreeMap;

use tunesmith::evaluate::chord_bits::{ChordBits, ChordLaw, chord_bits, in_triads, learned_key};
use tunesmith::music::unfold::unfolded;
use tunesmith::style::chart_tables::chart_figures;
use tunesmith::style::corpus::{Corpus, Place, Source};
use tunesmith::style::{Options, Piece};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let value = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    let path = arguments.first().ok_or("name a corpus to read")?;
    let place: Place = path.parse()?;
    let corpus = Corpus::open(&[Source { place, chords: true, melody: false }])?;
    let mut titles: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    for sheet in corpus {
        let sheet = unfolded(&sheet.sheet);
        let key = learned_key(&sheet);
        let sheet = if has("--triads") { in_triads(sheet) } else { sheet };
        let Ok(piece) = Piece::new(&sheet, key) else { continue };
        let name: String = piece.title.chars().filter(|c| c.is_alphanumeric()).collect();
        titles.entry(name.to_lowercase()).or_default().push(piece);
    }
    let folds = if has("--leave-one-out") { titles.len() } else { value("--folds").unwrap_or(5) };
    let laws =
        [ChordLaw::Chain(0), ChordLaw::Chain(1), ChordLaw::Chain(2), ChordLaw::Chain(3), ChordLaw::Mix];
    let mut sums = [ChordBits::default(); 5];
    for fold in 0..folds {
        let in_fold = |(index, _): &(usize, (&String, &Vec<Piece>))| index % folds == fold;
        let all = || titles.iter().enumerate();
        let rest: Vec<(String, Piece)> = all()
            .filter(|title| !in_fold(title))
            .flat_map(|(_, (name, pieces))| pieces.iter().map(|piece| (name.clone(), piece.clone())))
            .collect();
        let min_pieces = value("--min-pieces").unwrap_or(1) as u16;
        let figures = chart_figures(&rest, &Options { order: 4, min_pieces, ..Options::default() });
        for (_, (_, pieces)) in all().filter(in_fold) {
            for piece in pieces {
                for (law, sum) in laws.iter().zip(&mut sums) {
                    sum.add(chord_bits(&figures, piece, *law));
                }
            }
        }
        if fold == 0 {
            println!("weights of the first fold, in hundredths by bucket:");
            figures.chord_weights.chunks(6).for_each(|row| println!("  chord {row:?}"));
            figures.span_weights.chunks(6).for_each(|row| println!("  span  {row:?}"));
        }
    }
    println!("{} titles, {} chord changes, {} unknown", titles.len(), sums[0].changes, sums[0].unknown);
    for (law, sum) in laws.iter().zip(&sums) {
        println!(
            "{:<10} {:.3} bits per chord, {:.3} per length",
            format!("{law:?}"),
            sum.per_change(),
            sum.per_span()
        );
    }
    Ok(())
}
