//! The chords of a piece one after the other, each with its place: what the chart chain learns and is measured by.

use crate::viewpoint::{PhrasePlace, RelativeChord, START, meter, mode_code, place};

use super::piece::{ChordSpan, Piece};
use super::sections;

/// How many chords back an event looks.
pub const MOST_BEFORE: usize = 3;
/// Bars in the longest phrase that the chart looks at.
const PERIOD: usize = 8;

/// Bars before the end of a section in which chords lead to its close.
const LEADING: i64 = 2;

/// What a section is among the sections of its piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the sentence above each says it")]
pub enum Role {
    /// The section that the song begins with, and its returns.
    First,
    /// Another one that also ends the song, or is called a chorus.
    Chorus,
    /// Another one, which leads back: a bridge.
    Bridge,
    /// Introductions, codas, solos.
    Frame,
}

impl Role {
    /// The roles of sections of the given kinds (as [`sections::kind`] gives them), in order.
    pub fn of_sections(kinds: &[&str]) -> Vec<Role> {
        let sung: Vec<&str> = kinds.iter().copied().filter(|kind| !sections::frames(kind)).collect();
        let (first, last) = (sung.first().copied(), sung.last().copied());
        let role = |&kind: &&str| match kind {
            _ if sections::frames(kind) => Role::Frame,
            "bridge" => Role::Bridge,
            _ if Some(kind) == first => Role::First,
            "chorus" | "refrain" => Role::Chorus,
            _ if Some(kind) == last => Role::Chorus,
            _ => Role::Bridge,
        };
        kinds.iter().map(role).collect()
    }
}

/// What a chord ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Close {
    /// Nothing.
    Nothing,
    /// The fourth bar of eight: a half cadence, often.
    HalfPhrase,
    /// The eighth bar of eight, where the section goes on.
    Phrase,
    /// Nothing yet, but within the last two bars of the section: what leads to its close.
    ToSection,
    /// Nothing yet, but within the last two bars of the piece.
    ToPiece,
    /// The section: where it turns around, or closes.
    Section,
    /// The piece.
    Piece,
}

/// Where a chord stands, how long it holds, and what it ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChartPlace {
    /// The phrase and section place of the bar where it starts.
    pub phrase: PhrasePlace,
    /// Whether that bar is in the second half of eight.
    pub second_half: bool,
    /// Whether it starts on a downbeat.
    pub on_downbeat: bool,
    /// Whether it is the first chord of its section, at the section's start.
    pub opens: bool,
    /// What the section is.
    pub role: Role,
    /// Whether it holds less than a bar, a bar, or more (0, 1, 2).
    pub span: u8,
    /// What it ends with.
    pub close: Close,
}

/// How many codes there are of each [`ChartPlace::codes`].
pub const CODES: [usize; 3] = [16, 21, 16];

impl ChartPlace {
    /// The place of a chord in bar `bar` (from 0) of a section of so many bars. Starts and ends are given in any unit,
    /// from the section's start; `ends_piece` says whether the section's end is the piece's.
    pub fn new(bars: usize, bar_length: i64, from: i64, to: i64, role: Role, ends_piece: bool) -> ChartPlace {
        let length = bar_length.max(1);
        let bar = from.div_euclid(length).max(0) as usize;
        let end = to.div_euclid(length).max(0) as usize;
        let on_bar_line = to.rem_euclid(length) == 0;
        let close = match () {
            () if end >= bars => {
                if ends_piece {
                    Close::Piece
                } else {
                    Close::Section
                }
            }
            () if on_bar_line && end.is_multiple_of(PERIOD) => Close::Phrase,
            () if on_bar_line && end % PERIOD == PERIOD / 2 => Close::HalfPhrase,
            () if to >= (bars as i64 - LEADING) * length => {
                if ends_piece {
                    Close::ToPiece
                } else {
                    Close::ToSection
                }
            }
            () => Close::Nothing,
        };
        ChartPlace {
            phrase: if from < 0 { PhrasePlace::PICKUP } else { PhrasePlace::new(bar, bars) },
            second_half: from < 0 || bar % PERIOD >= PERIOD / 2,
            on_downbeat: from.rem_euclid(length) == 0,
            opens: from == 0,
            role,
            span: match (to - from).cmp(&length) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Greater => 2,
            },
            close: if from < 0 { Close::Nothing } else { close },
        }
    }

    /// The codes by which tables know the place: [`PhrasePlace::chord_code`]; 3 × close + span; 4 × role + 2 if it
    /// opens + 1 in the second half.
    pub fn codes(self) -> [u16; 3] {
        let close = self.close as u16 * 3 + u16::from(self.span);
        let role = self.role as u16 * 4 + u16::from(self.opens) * 2 + u16::from(self.second_half);
        [self.phrase.chord_code(self.on_downbeat), close, role]
    }
}

/// What the rhythm of chords is learned by, besides meter and beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanPlace {
    /// The [class](PhrasePlace::class) of the bar's place in its phrase.
    pub class: u16,
    /// The bar of eight, 0 to 7; 8 in the last bar of a section, 9 in the one before.
    pub period: u16,
    /// How long the chord before held, by [`span_class`]; 0 if nothing did.
    pub before: u16,
}

impl SpanPlace {
    /// The place in bar `bar` (from 0) of a section of so many bars.
    pub fn new(bars: usize, bar: usize, before: u16) -> SpanPlace {
        let period = match bars.saturating_sub(bar) {
            0 | 1 => 8,
            2 => 9,
            _ => (bar % PERIOD) as u16,
        };
        SpanPlace { class: PhrasePlace::new(bar, bars).class(), period, before }
    }
}

/// Classes of [`span_class`], with 0 for the start.
pub const SPAN_CLASSES: u16 = 6;

/// How long a chord holds against a bar: 1 less than half, 2 half, 3 less than a bar, 4 a bar, 5 more.
pub fn span_class(length: i64, bar_length: i64) -> u16 {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match (length.cmp(&bar_length), (2 * length).cmp(&bar_length)) {
        (Greater, _) => 5,
        (Equal, _) => 4,
        (Less, Less) => 1,
        (Less, Equal) => 2,
        (Less, Greater) => 3,
    }
}

/// One chord of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartEvent {
    /// The code of the mode.
    pub mode: u16,
    /// What went before, most recent first, at most [`MOST_BEFORE`]; [`START`] where the section starts.
    pub before: Vec<u16>,
    /// The chord that sounded last, whatever starts.
    pub last: Option<u16>,
    /// Where it stands.
    pub place: ChartPlace,
    /// The chord.
    pub chord: u16,
    /// How it is timed; nothing for chords of irregular bars.
    pub timing: Option<Timing>,
}

impl ChartEvent {
    /// Whether this is another chord than the one before, or opens its section: a chord held for very long is cut.
    pub fn is_change(&self) -> bool {
        self.place.opens || self.last != Some(self.chord)
    }
}

/// When a chord starts, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The code of the meter.
    pub meter: u16,
    /// The beat it starts on, from 0, in the meter's units.
    pub beat: u16,
    /// Phrase, section and what went before.
    pub place: SpanPlace,
    /// How many of the meter's units it holds.
    pub units: u16,
}

/// The chords of a piece. `counted` gives the chord as which one is counted, `code` its code; one without a code breaks
/// the flow.
pub fn events(
    piece: &Piece,
    counted: impl Fn(RelativeChord) -> RelativeChord,
    code: impl Fn(RelativeChord) -> Option<u16>,
) -> Vec<ChartEvent> {
    let spans = merged(piece, counted);
    let kinds: Vec<&str> = piece.sections.iter().map(|section| section.kind.as_str()).collect();
    let roles = Role::of_sections(&kinds);
    let unit = place::ticks(piece.meter.unit_length()).max(1);
    let bar_length = i64::from(piece.bar_length().max(1));
    let last_end = spans.last().map_or(0, |last| last.at + last.length);
    let to_end = |span: &ChordSpan| i64::from(last_end - span.at - span.length);
    let mut events = Vec::with_capacity(spans.len());
    let mut before: Vec<u16> = Vec::new();
    let mut held = 0;
    for (index, span) in spans.iter().enumerate() {
        let section = piece.sections.partition_point(|section| section.first_bar <= span.bar).checked_sub(1);
        let known = section.and_then(|section| {
            let start = piece.bars.get(piece.sections.get(section)?.first_bar)?.at;
            Some((piece.sections.get(section)?.bars, start, *roles.get(section)?))
        });
        let (Some(chord), Some(bar), Some((bars, start, role))) =
            (code(span.chord), piece.bars.get(span.bar), known)
        else {
            before.clear();
            held = 0;
            continue;
        };
        if !span.joined {
            before.clear();
            held = 0;
        }
        let last = before.first().copied();
        if span.opens {
            before.truncate(1);
            before.insert(0, START);
        }
        let (from, to) = (i64::from(span.at - start), i64::from(span.at + span.length - start));
        let mut place = ChartPlace::new(bars, bar_length, from, to, role, false);
        place.phrase = bar.place;
        place.close = match place.close {
            _ if index + 1 == spans.len() => Close::Piece,
            // The last chord may end before its section does.
            Close::Nothing | Close::ToSection if to_end(span) <= LEADING * bar_length => Close::ToPiece,
            close => close,
        };
        place.on_downbeat = span.at == bar.at;
        place.opens = span.opens;
        let timed = bar.regular && span.length % unit == 0;
        let timing = timed.then(|| Timing {
            meter: meter::code(piece.meter),
            beat: ((span.at - bar.at) / unit) as u16,
            place: SpanPlace::new(bars, (from / bar_length).max(0) as usize, held),
            units: (span.length / unit) as u16,
        });
        let mode = mode_code(bar.key.mode);
        events.push(ChartEvent { mode, before: before.clone(), last, place, chord, timing });
        held = span_class(i64::from(span.length), bar_length);
        before.insert(0, chord);
        before.truncate(MOST_BEFORE);
        // Beyond its start a section does not look back.
        if let Some(start) = before.iter().skip(1).position(|&code| code == START) {
            before.truncate(start + 2);
        }
    }
    events
}

/// The chart of a piece, where chords that became the same as they were counted are one.
fn merged(piece: &Piece, counted: impl Fn(RelativeChord) -> RelativeChord) -> Vec<ChordSpan> {
    let longest = 4 * piece.bar_length();
    let mut spans: Vec<ChordSpan> = Vec::with_capacity(piece.chart.len());
    for span in &piece.chart {
        let span = ChordSpan { chord: counted(span.chord), ..*span };
        match spans.last_mut() {
            Some(last)
                if span.joined
                    && !span.opens
                    && last.chord == span.chord
                    && last.length + span.length <= longest =>
            {
                last.length += span.length;
            }
            _ => spans.push(span),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_play_their_roles() {
        use Role::{Bridge, Chorus, First, Frame};
        assert_eq!(Role::of_sections(&["A", "A", "B", "A"]), [First, First, Bridge, First]);
        assert_eq!(Role::of_sections(&["A", "B", "A", "C"]), [First, Bridge, First, Chorus]);
        assert_eq!(
            Role::of_sections(&["intro", "verse", "chorus", "verse", "bridge", "outro"]),
            [Frame, First, Chorus, First, Bridge, Frame]
        );
        assert_eq!(Role::of_sections(&["chorus", "verse"]), [First, Chorus]);
    }

    #[test]
    fn places_know_what_they_close() {
        let close = |from, to, ends| ChartPlace::new(16, 4, from, to, Role::First, ends).close;
        assert_eq!(close(12, 16, false), Close::HalfPhrase);
        assert_eq!(close(24, 32, false), Close::Phrase);
        assert_eq!(close(60, 64, false), Close::Section);
        assert_eq!(close(56, 64, true), Close::Piece);
        assert_eq!(close(12, 14, false), Close::Nothing);
        assert_eq!((close(52, 56, false), close(58, 60, true)), (Close::ToSection, Close::ToPiece));
        let codes = ChartPlace::new(16, 4, 16, 18, Role::Bridge, false).codes();
        assert_eq!(codes, [0, 0, 9], "bar 5 of eight, half a bar long");
        assert_eq!(ChartPlace::new(16, 4, 0, 8, Role::First, false).codes(), [0, 2, 2]);
    }

    #[test]
    fn every_code_is_within_its_range() {
        for from in -4..64 {
            for to in from + 1..=64 {
                for role in [Role::First, Role::Frame] {
                    let codes = ChartPlace::new(16, 4, from, to, role, to % 2 == 0).codes();
                    assert!(codes.iter().zip(CODES).all(|(&code, count)| usize::from(code) < count));
                }
            }
        }
    }

    #[test]
    fn spans_are_measured_against_the_bar() {
        assert_eq!([1, 2, 3, 4, 8].map(|beats| span_class(beats, 4)), [1, 2, 3, 4, 5]);
    }
}
