//! Learning figures from a corpus.

use std::collections::BTreeMap;

use crate::music::LeadSheet;
use crate::music::unfold::unfolded;

use super::chord_runs;
use super::figures::Figures;
use super::keys::{self, Keys};
use super::passages::{self, Passages};
use super::piece::Piece;
use super::portray::portraits;
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
    /// Whether the melody's law looks at the height about the middle of eight bars: whoever composes chooses that middle,
    /// whoever only listens does not know it.
    pub height: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { order: 3, min_pieces: 1, keys: Keys::Checked, height: true }
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
    let (pieces, heard, report) = pieces(sheets, options, progress);
    let mut figures = tables::count(&pieces, options);
    figures.portraits = portraits(&pieces);
    figures.passages = vec![Passages::new(heard.passages)];
    figures.chord_runs = vec![chord_runs::stored(heard.runs)];
    (figures, report)
}

/// Fingerprints of what was heard.
#[derive(Default)]
pub(super) struct Heard {
    /// The passages of all melodies.
    passages: Vec<u64>,
    /// The runs of all charts.
    runs: Vec<u64>,
}

/// The pieces that sheets make, those of one name together, and the passages and runs of all sheets.
pub(super) fn pieces(
    sheets: impl Iterator<Item = CorpusSheet>,
    options: &Options,
    progress: &mut dyn FnMut(usize, Option<usize>),
) -> (Vec<Weighed>, Heard, Report) {
    let mut sheets = sheets;
    let mut done = 0;
    let mut report = Report::default();
    let mut pieces: Vec<Weighed> = Vec::new();
    let mut heard = Heard::default();
    while let Some(CorpusSheet { sheet, file, share }) = sheets.next() {
        done += 1;
        progress(done, sheets.size_hint().1.map(|left| left + done));
        let title = if sheet.title().trim().is_empty() { file.clone() } else { sheet.title().to_string() };
        let unfolded = unfolded(&sheet);
        if share.melody {
            // Also of what turns out to be of no use: nobody asks, when a copy is found, whether it was counted.
            heard.passages.extend(passages::fingerprints(&unfolded));
        }
        if share.chords {
            heard.runs.extend(chord_runs::fingerprints(unfolded.chart()));
        }
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
    (pieces, heard, report)
}

/// Letters and figures of a title in lower case.
pub(super) fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What makes two titles one: what [`plain`] leaves of them; the file's name where that leaves nothing.
pub(super) fn name(title: &str, file: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, ChordChange, Duration, Form, Key, Melody, Meter, Note};
    use crate::style::Entry;
    use crate::viewpoint::{START, interval, meter};

    /// A sheet in 4/4: chords by bar, notes as (onset and length in quarters, MIDI).
    fn sheet(
        title: &str,
        key: &str,
        bars: usize,
        chords: &[(i64, &str)],
        notes: &[(i64, i64, i32)],
    ) -> LeadSheet {
        let key: Key = key.parse().expect(key);
        let change = |&(bar, chord): &(i64, &str)| ChordChange {
            at: Duration::WHOLE * bar,
            chord: chord.parse().expect(chord),
        };
        let note = |&(onset, length, midi): &(i64, i64, i32)| Note {
            onset: Duration::quarters(onset),
            duration: Duration::quarters(length),
            pitch: key.spell_midi(midi),
        };
        let chart = Chart { changes: chords.iter().map(change).collect() };
        let melody = Melody { notes: notes.iter().map(note).collect() };
        LeadSheet::new(Header::new(title, key), Form::plain(Meter::COMMON, bars), chart, melody).expect(title)
    }

    fn whole(sheet: LeadSheet) -> CorpusSheet {
        CorpusSheet { sheet, file: "file".into(), share: Share::WHOLE }
    }

    fn learned(sheets: Vec<CorpusSheet>, min_pieces: u16) -> (Figures, Report) {
        let options = Options { min_pieces, keys: Keys::Given, ..Options::default() };
        learn(sheets.into_iter(), &options, &mut |_, _| {})
    }

    const CHORDS: [(i64, &str); 8] =
        [(0, "C"), (1, "F"), (2, "G7"), (3, "C"), (4, "C"), (5, "F"), (6, "G7"), (7, "C")];

    #[test]
    fn chords_are_counted_by_hand() {
        let (figures, _) = learned(vec![whole(sheet("One", "C", 8, &CHORDS, &[]))], 1);
        let code = |text: &str| figures.chord_code(text.parse().expect(text)).expect(text);
        let (one, four, five) = (code("0:"), code("5:"), code("7:7"));
        let count = |context: &[u16], symbol| figures.chord.count(context, symbol);
        // C of bars 4 and 5 is one chord.
        assert_eq!([count(&[0], one), count(&[0], four), count(&[0], five)], [3, 2, 2]);
        assert_eq!(
            [count(&[0, START], one), count(&[0, one], four), count(&[0, one, START], four)],
            [1, 2, 1]
        );
        assert_eq!(
            [count(&[0, four, one], five), count(&[0, five, four], one), count(&[0, one], one)],
            [2, 2, 0]
        );
        let place = |context: &[u16], symbol| figures.chord_place.count(context, symbol);
        assert_eq!(
            [place(&[0, 0], one), place(&[0, 6], one), place(&[0, 14], one), place(&[0, 14, five], one)],
            [1; 4]
        );
        let common = meter::code(Meter::COMMON);
        let span = |context: &[u16], units| figures.chord_span.count(context, units);
        assert_eq!(
            [span(&[common], 4), span(&[common], 8), span(&[common, 0, 3], 8), span(&[common, 0, 4], 4)],
            [6, 1, 1, 1]
        );
        assert_eq!(figures.forms, [], "eight bars without a return are no form");
    }

    const LINE: [(i64, i64, i32); 5] = [(0, 1, 60), (1, 1, 62), (2, 2, 64), (4, 4, 67), (12, 2, 72)];

    #[test]
    fn a_melody_is_counted_by_hand() {
        let (figures, _) = learned(vec![whole(sheet("One", "C", 4, &[(0, "C"), (3, "F")], &LINE))], 1);
        let up = interval::code;
        let interval = |context: &[u16], wide: i32| figures.interval.count(context, up(wide));
        assert_eq!([interval(&[0], 2), interval(&[0], 3), interval(&[0], 5)], [2, 1, 1]);
        assert_eq!(
            [interval(&[0, 7], 5), interval(&[0, 7, up(3), up(2)], 5), interval(&[0, 0], 2)],
            [1, 1, 1]
        );
        let tone = |context: &[u16], above| figures.chord_tone.count(context, above);
        // G over C and C over F are fifths; D is the only note off the chord.
        assert_eq!([tone(&[0], 0), tone(&[0], 2), tone(&[0], 4), tone(&[0], 7)], [1, 1, 1, 2]);
        assert_eq!([tone(&[0, 1], 2), tone(&[0, 0, 2], 7)], [1, 2]);
        assert_eq!(figures.approach.row(&[0]), [Entry { symbol: 2, count: 1, pieces: 1 }], "G before F");
        assert_eq!(figures.resolve.row(&[0]), [Entry { symbol: up(2), count: 1, pieces: 1 }], "D goes to E");
        assert_eq!([figures.opening.count(&[0, 1], 0), figures.ending.count(&[0, 1], 0)], [1, 1]);
        assert_eq!(figures.degree.total(&[0]), 5);
        let common = meter::code(Meter::COMMON);
        let length = |context: &[u16], ticks, rest| {
            let length = crate::viewpoint::length::Length { ticks, rest };
            figures.length_code(length).map_or(0, |code| figures.length.count(context, code))
        };
        assert_eq!(
            [length(&[common], 12, false), length(&[common], 24, false), length(&[common], 48, false)],
            [2, 2, 1]
        );
        assert_eq!([length(&[common, 0], 48, true), length(&[common, 24, 4], 24, true)], [1, 1]);
        assert_eq!(figures.lengths.len(), 5);
    }

    #[test]
    fn a_key_away_is_the_same_music() {
        let up = |by: i32| LINE.map(|(onset, length, midi)| (onset, length, midi + by));
        let in_c = sheet("One", "C", 4, &[(0, "C"), (3, "F")], &LINE);
        let in_e_flat = sheet("Two", "Eb", 4, &[(0, "Eb"), (3, "Ab")], &up(3));
        let (once, _) = learned(vec![whole(in_c.clone())], 1);
        let (both, _) = learned(vec![whole(in_c), whole(in_e_flat)], 1);
        for ((name, once), (_, both)) in once.tables().iter().zip(both.tables()) {
            for ((context, one), (other_context, two)) in once.transitions().zip(both.transitions()) {
                assert_eq!((context, one.symbol), (other_context, two.symbol), "{name}");
                assert_eq!((one.count * 2, one.pieces * 2), (two.count, two.pieces), "{name}");
            }
            assert_eq!(once.len(), both.len(), "{name}");
        }
    }

    #[test]
    fn the_order_of_sheets_does_not_matter() {
        let sheets = || {
            vec![
                whole(sheet("One", "C", 8, &CHORDS, &LINE)),
                whole(sheet("Two", "C", 4, &[(0, "Am"), (1, "F")], &[(0, 4, 69)])),
                CorpusSheet {
                    share: Share { weight: 30, ..Share::WHOLE },
                    ..whole(sheet("Three", "C", 4, &[(0, "C")], &LINE))
                },
            ]
        };
        let bytes = |sheets: Vec<CorpusSheet>| learned(sheets, 1).0.to_bytes().expect("bytes");
        assert_eq!(bytes(sheets()), bytes(sheets().into_iter().rev().collect()));
    }

    #[test]
    fn pieces_of_one_title_are_one_and_what_few_have_is_left_out() {
        let twice = vec![
            whole(sheet("A Song", "C", 8, &CHORDS, &LINE)),
            whole(sheet("A song!", "C", 8, &CHORDS, &LINE)),
        ];
        let (figures, report) = learned(twice, 2);
        assert_eq!((report.learned, figures.pieces()), (2, 1));
        assert!(figures.tables().iter().all(|(_, table)| table.is_empty()));
        let other = vec![
            whole(sheet("A Song", "C", 8, &CHORDS, &LINE)),
            whole(sheet("B", "C", 8, &CHORDS[..3], &[])),
        ];
        let (figures, _) = learned(other, 2);
        assert!(figures.chord.transitions().all(|(_, entry)| entry.pieces == 2));
        assert_eq!(figures.chords.len(), 3);
        assert!(figures.interval.is_empty() && figures.lengths.is_empty());
    }

    #[test]
    fn light_pieces_count_in_parts_and_yield_to_heavy_ones_of_their_title() {
        let light = |title| CorpusSheet {
            share: Share { chords: false, melody: true, weight: 30 },
            ..whole(sheet(title, "C", 4, &[], &LINE))
        };
        let (figures, report) =
            learned(vec![whole(sheet("One", "C", 4, &[], &LINE)), light("Two"), light("one")], 1);
        assert_eq!((figures.unit, figures.interval.count(&[0], interval::code(5))), (10, 13));
        assert_eq!(report.skipped, [("one".to_string(), "another of this title counts more".to_string())]);
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let (figures, report) = learned(
            vec![whole(sheet("Tiny", "C", 2, &[(0, "C")], &[])), whole(sheet("Empty", "C", 8, &[], &[]))],
            1,
        );
        assert_eq!(figures.pieces(), 0);
        let told: Vec<&str> = report.skipped.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!(told, ["Empty", "Tiny"]);
    }
}
