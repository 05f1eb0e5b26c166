//! Figures: counts of what followed what, the learned part of a style.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blend::BlendWeights;
use super::melody_experts::EXPERTS;
use crate::music::{Duration, Meter, Mode};
use crate::portrait::Portrayed;
use crate::viewpoint::RelativeChord;
use crate::viewpoint::length::Length;

use super::passages::Passages;
use super::rhythm_experts::RHYTHM_EXPERTS;
use super::tuning::Tuning;

/// The layout of the stored bytes; files of another one are refused, but for the one before.
pub const VERSION: u32 = 5;

/// The layout before: without [`Figures::chord_runs`].
const WITHOUT_RUNS: u32 = 4;

/// What was seen after a context, and in how many songs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The code that followed.
    pub symbol: u16,
    /// How often, in parts of [`Figures::unit`].
    pub count: u32,
    /// In how many pieces (those of one title are one piece).
    pub pieces: u16,
}

/// Counts of what followed what: for each context, most recent first, the symbols by code.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Table {
    /// Context to entries, sorted by symbol.
    pub rows: BTreeMap<Vec<u16>, Vec<Entry>>,
}

impl Table {
    /// The entries after a context, by symbol; empty when the context was never seen.
    pub fn row(&self, context: &[u16]) -> &[Entry] {
        self.rows.get(context).map_or(&[], Vec::as_slice)
    }

    /// How often a symbol followed a context.
    pub fn count(&self, context: &[u16], symbol: u16) -> u32 {
        let row = self.row(context);
        let found = row.binary_search_by_key(&symbol, |entry| entry.symbol);
        found.ok().and_then(|at| row.get(at)).map_or(0, |entry| entry.count)
    }

    /// How often anything followed a context.
    pub fn total(&self, context: &[u16]) -> u64 {
        self.row(context).iter().map(|entry| u64::from(entry.count)).sum()
    }

    /// Every context with what followed it.
    pub fn transitions(&self) -> impl Iterator<Item = (&[u16], &Entry)> {
        self.rows.iter().flat_map(|(context, row)| row.iter().map(|entry| (context.as_slice(), entry)))
    }

    /// How many transitions there are.
    pub fn len(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// The same counts under other codes: `context` recodes the code at a place of a context, `symbol` what followed.
    /// What has no new code is left out.
    pub(super) fn recoded(
        &self,
        context: impl Fn(usize, u16) -> Option<u16>,
        symbol: impl Fn(u16) -> Option<u16>,
    ) -> Table {
        let mut table = Table::default();
        for (codes, row) in &self.rows {
            let codes: Option<Vec<u16>> =
                codes.iter().enumerate().map(|(at, &code)| context(at, code)).collect();
            let recode = |entry: &Entry| symbol(entry.symbol).map(|symbol| Entry { symbol, ..*entry });
            let mut row: Vec<Entry> = row.iter().filter_map(recode).collect();
            row.sort_unstable_by_key(|entry| entry.symbol);
            if let Some(codes) = codes.filter(|_| !row.is_empty()) {
                table.rows.insert(codes, row);
            }
        }
        table
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// What a style learned from its corpus. Contexts are those of [`viewpoint`](crate::viewpoint) codes, **most recent
/// first** after the fixed parts; every table also holds each context shortened from its end, down to its first part.
/// `mode` is 0 major, 1 minor; `meter` is [`viewpoint::meter`](crate::viewpoint::meter)'s code; `class` is a phrase
/// class 0 to 4; `strength` 0 strong beat, 1 beat, 2 off beat; `long` a length class 0 to 2.
///
/// Each piece counts by its own weight; all counts are in parts of `unit`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// [`VERSION`].
    pub version: u32,
    /// The count that one event of a piece of full weight adds.
    pub unit: u32,
    /// Transitions (entries) seen in fewer pieces than this were left out; 1 if none were.
    pub min_pieces: u16,
    /// Pieces that chords were learned from (those of one title are one).
    pub chord_pieces: u32,
    /// Pieces that melody was learned from (those of one title are one).
    pub melody_pieces: u32,

    /// The chords that codes of the chart tables mean, commonest first.
    pub chords: Vec<RelativeChord>,
    /// `[mode, previous, before …]` → chord. [`START`](crate::viewpoint::START) as the previous chord means that a
    /// section starts; behind it stands the last chord of the section before, if there was one.
    pub chord: Table,
    /// `[mode, place, previous]` → chord; place as in
    /// [`PhrasePlace::chord_code`](crate::viewpoint::PhrasePlace::chord_code). Not stored for `[mode]` alone.
    pub chord_place: Table,
    /// `[meter, beat, class]` → how many of the meter's units (its lower figure) the chord holds, cut at the end of its
    /// section and at 4 bars; `beat` is counted in units from 0.
    pub chord_span: Table,

    /// `[mode, degree of the previous note, interval before, the one before that …]` → interval code.
    pub interval: Table,
    /// `[mode, place, long]` → degree; place as in
    /// [`PhrasePlace::note_code`](crate::viewpoint::PhrasePlace::note_code).
    pub degree: Table,
    /// `[mode, 0 of a section | 1 of the piece]` → degree of the first note (upbeats before the section are not it).
    pub opening: Table,
    /// `[mode, 0 of a section | 1 of the piece]` → degree of the last note.
    pub ending: Table,
    /// `[family, strength, long]` → pitch class above the chord's root, for notes of which at least half sounds on
    /// the chord they start on.
    pub chord_tone: Table,
    /// `[family of the next chord, long]` → pitch class above the **next** chord's root, for the last note that ends
    /// before or at a change of chord.
    pub approach: Table,
    /// `[family of the next chord, 0 held over | 1 most of it sounds after the change]` → pitch class above the
    /// **next** chord's root, for notes that sound on into a change of chord (suspensions, anticipations).
    pub held: Table,
    /// `[1 if the previous note is a tone of the chord that sounds just before this one, else 0; strength of this note,
    /// long]` → interval code.
    pub resolve: Table,
    /// `[meter, tick in the bar, class, code of the length before]` → code of the length that starts there. Rests are
    /// cut at bar lines, notes at the end of their section.
    pub length: Table,
    /// `[meter, what is remembered of the length before, tick in the bar]` → code of the length that starts there; see
    /// [`Before`](crate::viewpoint::length::Before).
    pub length_after: Table,
    /// The lengths that codes of [`length`](Self::length) mean, commonest first.
    pub lengths: Vec<Length>,
    /// Weights of the experts on lengths in hundredths, by expert and bucket: see
    /// [`rhythm_experts`](super::rhythm_experts); empty if not learned.
    pub length_weights: Vec<i16>,

    /// Meters with counts, commonest first.
    pub meters: Vec<(Meter, u32)>,
    /// Keys as (pitch class of the tonic, mode) with counts, commonest first.
    pub keys: Vec<(u8, Mode, u32)>,
    /// Pickups by meter (zero: none) with counts, commonest first.
    pub pickups: Vec<(Meter, Duration, u32)>,
    /// Tempi in quarters a minute with counts, where the sheets state one, commonest first.
    pub tempi: Vec<(u16, u32)>,
    /// Forms such as `A8 A8 B8 A8` with counts, commonest first.
    pub forms: Vec<(String, u32)>,
    /// Sections by (kind, bars) with counts, commonest first. Kinds are lower-case words: `verse`, `bridge` …, or a
    /// letter.
    pub sections: Vec<(String, u16, u32)>,
    /// Where melodies lie.
    pub register: Register,

    // What bars take up of earlier bars of their section; codes as in `viewpoint::echo`, each table also without its
    // context.
    /// `[place in the section, echo of the bar before]` → how many bars back the bar is that is taken up.
    pub echo: Table,
    /// `[place in the section, what is remembered of the bars before]` → how many bars back the chords are that come
    /// again; see [`chords_so_far`](crate::viewpoint::echo::chords_so_far).
    pub chord_echo: Table,
    /// `[0, bars back]` → 1 if two bars so far apart begin on chords of one root, else 0; `[1, bars back]`: if one takes
    /// up the other.
    pub echo_chords: Table,
    /// `[how far back; 1 if the two bars begin on chords of one root, else 0; how many notes; what the bar before takes
    /// up]` → what is taken up. How far back as [`distance`](crate::viewpoint::echo::distance) says.
    pub echo_taken: Table,
    /// `[1]` → how far the intervals of a bar that takes up a contour are from that contour's; `[0]`: from others that go
    /// the same way. Codes as [`nearness`](crate::viewpoint::echo::nearness) gives them. `[2]` → 1 if a bar that is moved
    /// to another step has the very intervals, else 0.
    pub echo_shape: Table,
    /// `[class; CLOSE for the last bar of the piece]` → 1 if the last bar of a phrase of four ends with a long note
    /// ([`long_end`](crate::viewpoint::length::long_end)) or a rest, else 0.
    pub phrase_end: Table,
    /// The chords that pieces end on, by mode, with counts, commonest first.
    pub closings: Vec<(Mode, RelativeChord, u32)>,
    /// What the corpus does in its commonest meters, to hold composed sheets against.
    pub portraits: Vec<Portrayed>,
    // What must not be copied.
    /// The passages of the melodies: one set, or one for each style of a mix.
    pub passages: Vec<Passages>,

    // The experts of the chart chain beyond its first three tables, and their weights.
    /// `[mode, close, previous]` → chord: what the chord ends with and how long it holds, as the second of
    /// [`ChartPlace::codes`](super::chart_events::ChartPlace::codes). Not stored for `[mode]` alone.
    pub chord_close: Table,
    /// `[mode, role, previous]` → chord: what the section is, as the third of these codes. Not stored for `[mode]`
    /// alone.
    pub chord_role: Table,
    /// `[mode, the chord before the previous]` → chord. Not stored for `[mode]` alone.
    pub chord_before: Table,
    /// `[meter, beat, span class of the chord before, bar of eight]` → units as in [`chord_span`](Self::chord_span); see
    /// [`SpanPlace`](super::chart_events::SpanPlace). Not stored for fewer than three of these.
    pub chord_rhythm: Table,
    /// Weights of the experts on chords in hundredths, by situation
    /// ([`chart_experts::situation`](super::chart_experts::situation)), expert and bucket (see
    /// [`blend`](super::blend)); empty if not learned.
    pub chord_weights: Vec<i16>,
    /// Weights of the experts on the lengths of chords, likewise.
    pub span_weights: Vec<i16>,
    // What the experts of the melody's law know besides, and their weights.
    /// `[mode, interval before]` → interval code, whatever the degree.
    pub line: Table,
    /// `[mode, degree of the chord's root, family, strength]` → pitch class above the chord's root, for the notes of
    /// [`chord_tone`](Self::chord_tone). Not stored for `[mode]` alone.
    pub over_root: Table,
    /// `[mode, degree of the next chord's root, family]` → pitch class above the **next** chord's root, for the notes
    /// of [`approach`](Self::approach). Not stored for `[mode]` alone.
    pub into_root: Table,
    /// `[interval code, whether it comes from a chord tone: 0 no, 1 yes, 2 no chord; strength, long]` → 1 if it leads
    /// to a tone of its chord, else 0.
    pub lean: Table,
    /// Counts of notes by semitones from the middle pitch of their 8 bars of a section: −24 (or lower) first.
    pub height: Vec<u32>,
    /// Counts of such stretches of 8 bars by semitones from the piece's median pitch to theirs: −24 (or lower) first.
    pub middles: Vec<u32>,
    /// Weights of the melody's experts by bucket, in hundredths: see
    /// [`melody_experts`](crate::style::melody_experts). Empty: as before any evidence.
    pub melody_weights: Vec<i16>,
    /// What brings composed sheets nearer to the songs; [`Tuning::default`] until the style is tuned.
    pub tuning: Tuning,
    /// The runs of the charts, which must not be copied either: one set, or one for each style of a mix. Empty if not
    /// known.
    pub chord_runs: Vec<Passages>,
}

/// Where melodies lie, by piece.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Register {
    /// The piece's lowest note (MIDI): quantiles 0, 10, 25, 50, 75, 90, 100 %.
    pub lowest: [u8; 7],
    /// The piece's highest note (MIDI): the same quantiles.
    pub highest: [u8; 7],
    /// Semitones from lowest to highest: the same quantiles.
    pub span: [u8; 7],
    /// Counts of notes by semitones from the piece's median pitch: −24 (or lower) first, the median itself at 24,
    /// +24 (or higher) last.
    pub about_median: Vec<u32>,
}

/// Why stored figures cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FiguresError {
    /// The bytes are not figures.
    #[error("the figures are damaged: learn the style anew")]
    Damaged,
    /// The bytes are figures of another layout.
    #[error("the figures have layout {0}, this program reads layout {VERSION}: learn the style anew")]
    Version(u32),
}

impl Figures {
    /// The code of a chord of the alphabet.
    pub fn chord_code(&self, chord: RelativeChord) -> Option<u16> {
        self.chords.iter().position(|&other| other == chord).map(|code| code as u16)
    }

    /// The code of a length of the alphabet.
    pub fn length_code(&self, length: Length) -> Option<u16> {
        self.lengths.iter().position(|&other| other == length).map(|code| code as u16)
    }

    /// How many pieces there are, of chords or of melody, whichever is more.
    pub fn pieces(&self) -> u32 {
        self.chord_pieces.max(self.melody_pieces)
    }

    /// Every table with its name.
    pub fn tables(&self) -> [(&'static str, &Table); 27] {
        [
            ("chord", &self.chord),
            ("chord place", &self.chord_place),
            ("chord span", &self.chord_span),
            ("interval", &self.interval),
            ("degree", &self.degree),
            ("opening", &self.opening),
            ("ending", &self.ending),
            ("chord tone", &self.chord_tone),
            ("approach", &self.approach),
            ("held", &self.held),
            ("resolve", &self.resolve),
            ("length", &self.length),
            ("length after", &self.length_after),
            ("echo", &self.echo),
            ("chord echo", &self.chord_echo),
            ("echo chords", &self.echo_chords),
            ("echo taken", &self.echo_taken),
            ("echo shape", &self.echo_shape),
            ("phrase end", &self.phrase_end),
            ("chord close", &self.chord_close),
            ("chord role", &self.chord_role),
            ("chord before", &self.chord_before),
            ("chord rhythm", &self.chord_rhythm),
            ("line", &self.line),
            ("over root", &self.over_root),
            ("into root", &self.into_root),
            ("lean", &self.lean),
        ]
    }

    /// The bytes of a figures file: the same figures give the same bytes.
    ///
    /// # Errors
    /// Never in practice: only if the encoder refuses.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FiguresError> {
        postcard::to_allocvec(self).map_err(|_| FiguresError::Damaged)
    }

    /// The figures that a file's bytes hold.
    ///
    /// # Errors
    /// Bytes of another layout, and bytes that are not figures or whose codes lie outside their alphabets.
    pub fn from_bytes(bytes: &[u8]) -> Result<Figures, FiguresError> {
        let (version, _) = postcard::take_from_bytes::<u32>(bytes).map_err(|_| FiguresError::Damaged)?;
        let before;
        let bytes = match version {
            VERSION => bytes,
            // What is new stands last: none is a zero.
            WITHOUT_RUNS => {
                before = [bytes, &[0]].concat();
                &before
            }
            other => return Err(FiguresError::Version(other)),
        };
        let (mut figures, rest) =
            postcard::take_from_bytes::<Figures>(bytes).map_err(|_| FiguresError::Damaged)?;
        figures.version = VERSION;
        if rest.is_empty() && figures.is_sound() { Ok(figures) } else { Err(FiguresError::Damaged) }
    }

    /// Whether every code means something, rows are sorted and not empty, and counts are positive: what samplers
    /// rely on.
    fn is_sound(&self) -> bool {
        let sorted =
            |row: &Vec<Entry>| !row.is_empty() && row.windows(2).all(|two| two[0].symbol < two[1].symbol);
        let within = |table: &Table, end: usize| {
            table.rows.values().all(|row| {
                sorted(row) && row.iter().all(|entry| usize::from(entry.symbol) < end && entry.count > 0)
            })
        };
        let pitch_classes =
            [&self.degree, &self.opening, &self.ending, &self.chord_tone, &self.approach, &self.held];
        let over_next = [&self.over_root, &self.into_root];
        self.unit > 0
            && self.lengths.iter().all(|length| length.ticks > 0)
            && within(&self.chord, self.chords.len())
            && within(&self.chord_place, self.chords.len())
            && within(&self.chord_span, usize::from(u16::MAX))
            && self.chord_span.transitions().all(|(_, entry)| entry.symbol > 0)
            && [&self.chord_close, &self.chord_role, &self.chord_before]
                .into_iter()
                .all(|table| within(table, self.chords.len()))
            && within(&self.chord_rhythm, usize::from(u16::MAX))
            && within(&self.length, self.lengths.len())
            && within(&self.length_after, self.lengths.len())
            && (self.length_weights.is_empty()
                || BlendWeights::from_hundredths(&self.length_weights, RHYTHM_EXPERTS).is_some())
            && within(&self.interval, usize::from(crate::viewpoint::interval::COUNT))
            && within(&self.resolve, usize::from(crate::viewpoint::interval::COUNT))
            && within(&self.echo, 16)
            && within(&self.chord_echo, 16)
            && within(&self.echo_chords, 2)
            && within(&self.echo_taken, 5)
            && within(&self.phrase_end, 2)
            && within(&self.echo_shape, usize::from(crate::viewpoint::echo::FARTHEST) + 1)
            && pitch_classes.into_iter().chain(over_next).all(|table| within(table, 12))
            && within(&self.line, usize::from(crate::viewpoint::interval::COUNT))
            && within(&self.lean, 2)
            && (self.melody_weights.is_empty()
                || BlendWeights::from_hundredths(&self.melody_weights, EXPERTS).is_some())
            && self.tuning.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Figures {
        let mut figures = Figures { version: VERSION, unit: 1, min_pieces: 1, ..Figures::default() };
        figures.chords = vec!["0:".parse().expect("a chord"), "7:7".parse().expect("a chord")];
        let row = vec![Entry { symbol: 0, count: 3, pieces: 2 }, Entry { symbol: 1, count: 300, pieces: 1 }];
        figures.chord.rows.insert(vec![0, 1], row);
        figures
    }

    #[test]
    fn stored_figures_are_found_again() {
        let bytes = small().to_bytes().expect("bytes");
        assert_eq!(Figures::from_bytes(&bytes), Ok(small()));
        assert_eq!(small().chord.count(&[0, 1], 1), 300);
        assert_eq!(small().chord.total(&[0, 1]), 303);
        assert_eq!(small().chord.row(&[1]), []);
    }

    #[test]
    fn other_layouts_and_damaged_bytes_are_refused() {
        let mut other = small();
        other.version = VERSION + 1;
        assert_eq!(
            Figures::from_bytes(&other.to_bytes().expect("bytes")),
            Err(FiguresError::Version(VERSION + 1))
        );
        // A file of the layout before ends where the runs begin.
        let mut bytes = small().to_bytes().expect("bytes");
        bytes[0] = WITHOUT_RUNS as u8;
        assert_eq!(bytes.pop(), Some(0));
        assert_eq!(Figures::from_bytes(&bytes), Ok(small()));
        let bytes = small().to_bytes().expect("bytes");
        for cut in 0..bytes.len() {
            assert!(Figures::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn codes_outside_their_alphabet_are_refused() {
        let mut wrong = small();
        wrong.chords.pop();
        assert_eq!(Figures::from_bytes(&wrong.to_bytes().expect("bytes")), Err(FiguresError::Damaged));
    }
}
