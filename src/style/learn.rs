//! Learning figures from a corpus.

use std::collections::BTreeMap;

use crate::music::LeadSheet;
use crate::music::unfold::unfolded;

use super::figures::Figures;
use super::keys::{self, Keys};
use super::piece::Piece;
use super::tables;

/// A sheet to learn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorpusSheet {
    /// The sheet.
    pub sheet: LeadSheet,
    /// What to call it if it has no title: the file's name.
    pub file: String,
    /// What is learned from it.
    pub share: Share,
}

/// What is learned from a sheet, and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// Chords, their rhythm, forms, meters and keys.
    pub chords: bool,
    /// Melody, and what it does over the chords.
    pub melody: bool,
    /// Weight in hundredths, 1 to 100.
    pub weight: u32,
}

impl Share {
    /// Everything, at full weight.
    pub const WHOLE: Share = Share { chords: true, melody: true, weight: 100 };
}

/// How to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The longest context of the melody chain, 1 to 5: the degree of the note before and the intervals behind it. The
    /// chord chain looks one shorter, at least 1.
    pub order: usize,
    /// Transitions seen in fewer pieces are left out, 1 or more.
    pub min_pieces: u16,
    /// Where the key comes from.
    pub keys: Keys,
}

impl Default for Options {
    fn default() -> Options {
        Options { order: 3, min_pieces: 1, keys: Keys::Checked }
    }
}

/// What became of the corpus.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// Sheets that were learned from.
    pub learned: usize,
    /// Sheets that were not, by title, and why; in order of title.
    pub skipped: Vec<(String, String)>,
    /// Sheets whose key was not taken as written: title, written key, key found.
    pub rekeyed: Vec<(String, String, String)>,
}

/// A piece with its place in the corpus.
pub(super) struct Weighed {
    /// The title without case and punctuation: pieces of one name are one piece.
    pub name: String,
    pub piece: Piece,
    pub share: Share,
}

/// Learns figures from sheets. Their order does not matter: the same sheets give the same figures.
///
/// `progress` is told how many sheets were read, and of how many if the iterator knows. A sheet that another one of the
/// same title outweighs, in a share that both have, is skipped.
pub fn learn(
    sheets: impl Iterator<Item = CorpusSheet>,
    options: &Options,
    progress: &mut dyn FnMut(usize, Option<usize>),
) -> (Figures, Report) {
    let mut sheets = sheets;
    let mut done = 0;
    let mut report = Report::default();
    let mut pieces: Vec<Weighed> = Vec::new();
    while let Some(CorpusSheet { sheet, file, share }) = sheets.next() {
        done += 1;
        progress(done, sheets.size_hint().1.map(|left| left + done));
        let title = if sheet.title().trim().is_empty() { file.clone() } else { sheet.title().to_string() };
        let unfolded = unfolded(&sheet);
        let key = keys::of(&unfolded, options.keys);
        if key != unfolded.key() {
            report.rekeyed.push((title.clone(), unfolded.key().to_string(), key.to_string()));
        }
        match Piece::new(&unfolded, key) {
            Err(why) => report.skipped.push((title, why.to_string())),
            Ok(piece) => {
                let used =
                    (share.chords && !piece.chart.is_empty()) || (share.melody && !piece.events.is_empty());
                if used {
                    pieces.push(Weighed { name: name(&title, &file), piece, share });
                } else {
                    let missing = if share.chords { "no chords" } else { "no melody" };
                    report.skipped.push((title, missing.to_string()));
                }
            }
        }
    }
    leave_out_outweighed(&mut pieces, &mut report);
    // Pieces of one name must stand together to be counted as one.
    pieces.sort_by(|a, b| a.name.cmp(&b.name));
    report.learned = pieces.len();
    report.skipped.sort();
    report.rekeyed.sort();
    (tables::count(&pieces, options), report)
}

/// What makes two titles one: letters and figures in lower case; the file's name where that leaves nothing.
fn name(title: &str, file: &str) -> String {
    let plain = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let name = plain(title);
    if name.is_empty() || name == "untitled" { format!("/{file}") } else { name }
}

/// Drops pieces of less weight than another of the same name that has a share in common.
fn leave_out_outweighed(pieces: &mut Vec<Weighed>, report: &mut Report) {
    let mut heaviest: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for piece in pieces.iter() {
        for (has, melody) in [(piece.share.chords, false), (piece.share.melody, true)] {
            if has {
                let weight = heaviest.entry((piece.name.clone(), melody)).or_default();
                *weight = (*weight).max(piece.share.weight);
            }
        }
    }
    pieces.retain_mut(|piece| {
        let outweighed = |melody: bool| {
            heaviest.get(&(piece.name.clone(), melody)).is_some_and(|&weight| weight > piece.share.weight)
        };
        let share = Share {
            chords: piece.share.chords && !outweighed(false),
            melody: piece.share.melody && !outweighed(true),
            ..piece.share
        };
        piece.share = share;
        let stays = share.chords || share.melody;
        if !stays {
            let why = "another of this title counts more".to_string();
            report.skipped.push((piece.piece.title.clone(), why));
        }
        stays
    });
}
