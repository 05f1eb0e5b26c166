//! A piece: one sheet of a corpus, laid on the grid that chains see.

use crate::music::chord_quality::Family;
use crate::music::{ChordSymbol, Key, LeadSheet, Meter};
use crate::viewpoint::place::{Grid, ticks};
use crate::viewpoint::{PhrasePlace, RelativeChord};

use super::sections::{self, PieceSection};

/// One sheet of a corpus. Places and lengths are in ticks of the grid (a twelfth of a quarter), from the downbeat of
/// bar 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The title as printed.
    pub title: String,
    /// The meter of most bars.
    pub meter: Meter,
    /// Quarters a minute, if the sheet says.
    pub tempo: Option<u16>,
    /// Length of the pickup.
    pub pickup: i32,
    /// The bars, unfolded.
    pub bars: Vec<PieceBar>,
    /// The sections, in order, without gaps.
    pub sections: Vec<PieceSection>,
    /// The chart as its chain sees it: on whole units of the meter, cut at section starts and at 4 bars.
    pub chart: Vec<ChordSpan>,
    /// The chords as written, for what the melody stands on.
    pub chords: Vec<SoundingChord>,
    /// Notes and rests, in order.
    pub events: Vec<Event>,
}

/// A bar of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceBar {
    /// Where it starts.
    pub at: i32,
    /// How long it is.
    pub length: i32,
    /// Whether it is a full bar of the piece's meter.
    pub regular: bool,
    /// The key in force.
    pub key: Key,
    /// Its place in phrase and section.
    pub place: PhrasePlace,
}

/// A chord as the chart chain sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChordSpan {
    /// Where it starts, on a unit of the meter.
    pub at: i32,
    /// How long it holds.
    pub length: i32,
    /// The bar it starts in, from 0.
    pub bar: usize,
    /// The chord seen from the bar's key.
    pub chord: RelativeChord,
    /// Whether it is the first of its section, at the section's start.
    pub opens: bool,
    /// Whether it follows the span before it at once, in the same key.
    pub joined: bool,
}

/// A chord that the melody stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundingChord {
    /// Where it starts.
    pub at: i32,
    /// Root as a pitch class, family, and pitch classes as a 12-bit set; `None` for N.C.
    pub chord: Option<(u8, Family, u16)>,
}

/// A note or rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it starts.
    pub at: i32,
    /// How long it lasts: notes are cut at the end of their section and at 2 bars, rests at bar lines.
    pub length: i32,
    /// MIDI note number; `None` for a rest.
    pub pitch: Option<i16>,
    /// The bar it starts in; `None` in the pickup.
    pub bar: Option<usize>,
    /// Whether it starts anew after a long break (more than 2 bars without a note), or at the start.
    pub anew: bool,
}

/// Why a sheet is no piece to learn from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum Unusable {
    #[error("neither chords nor melody")]
    Empty,
    #[error("{0} bars: too short to learn from")]
    Short(usize),
    #[error("{0} bars: too long to be one song")]
    Long(usize),
    #[error("its meter changes all the time: no meter fills 6 of 10 bars")]
    MixedMeters,
}

/// Longest sheet that is learned from, in bars.
const MOST_BARS: usize = 2000;
/// Notes with less than this between them are one after the other (ticks; a 16th).
const GAP: i32 = 3;

impl Piece {
    /// The piece that a sheet makes, in the given key from its start (the sheet's own key changes move with it).
    /// Repeats are unfolded by the caller.
    ///
    /// # Errors
    /// Why the sheet is unusable.
    pub fn new(sheet: &LeadSheet, key: Key) -> Result<Piece, Unusable> {
        let form = sheet.form();
        if sheet.chart().changes.is_empty() && sheet.melody().notes.is_empty() {
            return Err(Unusable::Empty);
        }
        match form.bars.len() {
            few @ 0..4 => return Err(Unusable::Short(few)),
            many if many > MOST_BARS => return Err(Unusable::Long(many)),
            _ => {}
        }
        let first = usize::from(first_bar_is_pickup(sheet));
        let meter = main_meter(sheet)?;
        let starts = form.bar_starts();
        let origin = starts.get(first).copied().unwrap_or_default();
        let tick = |place| ticks(place - origin);
        let starts: Vec<i32> = starts.iter().skip(first).map(|&start| tick(start)).collect();

        let written = sheet.key();
        let keys = sheet.bar_keys();
        let bar = ticks(meter.bar_length());
        let mut bars: Vec<PieceBar> = starts
            .windows(2)
            .zip(form.bars.iter().zip(&keys).skip(first))
            .map(|(ends, (written_bar, &bar_key))| PieceBar {
                at: ends[0],
                length: ends[1] - ends[0],
                regular: written_bar.meter == meter && ends[1] - ends[0] == bar,
                key: if bar_key == written { key } else { bar_key },
                place: PhrasePlace::new(0, 1),
            })
            .collect();

        let chords = sounding(sheet, tick);
        let end = starts.last().copied().unwrap_or_default();
        let compound = meter.is_compound() || meter.unit() >= 8;
        let notes = snapped_notes(sheet, tick, end, compound);
        let given = form
            .sections
            .iter()
            .map(|section| (section.label.as_str(), section.first_bar.saturating_sub(first)));
        let sections = sections::of_piece(given, &bars, &notes, &chords);
        for section in &sections {
            for (index, bar) in bars.iter_mut().skip(section.first_bar).take(section.bars).enumerate() {
                bar.place = PhrasePlace::new(index, section.bars);
            }
        }
        let pickup = notes.first().map_or(0, |note| (-note.at).max(0));
        let tempo = sheet.header().tempo.map(|tempo| {
            let quarters =
                i64::from(tempo.per_minute) * tempo.beat.ticks() / crate::music::Duration::TICKS_PER_QUARTER;
            quarters.clamp(1, 999) as u16
        });
        let changes = sheet.chart().changes.iter().map(|change| (tick(change.at), &change.chord));
        let chart = chart_spans(changes, &bars, &sections, meter);
        let events = events(&notes, &bars, &sections, bar);
        Ok(Piece {
            title: sheet.title().to_string(),
            meter,
            tempo,
            pickup,
            bars,
            sections,
            chart,
            chords,
            events,
        })
    }

    /// Where an event stands: ticks from the start of its bar, the place of the bar, and whether that is a full bar of the
    /// meter. A pickup counts as the end of one.
    pub fn stands(&self, event: &Event) -> (i32, PhrasePlace, bool) {
        match event.bar.and_then(|bar| self.bars.get(bar)) {
            Some(bar) => (event.at - bar.at, bar.place, bar.regular),
            None => (event.at.rem_euclid(self.bar_length()), PhrasePlace::PICKUP, true),
        }
    }

    /// Ticks in a full bar.
    pub fn bar_length(&self) -> i32 {
        ticks(self.meter.bar_length())
    }

    /// The chord that sounds at a tick: its index in [`chords`](Self::chords).
    pub fn chord_at(&self, tick: i32) -> Option<usize> {
        self.chords.partition_point(|chord| chord.at <= tick).checked_sub(1)
    }
}

/// A note on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SnappedNote {
    pub at: i32,
    pub end: i32,
    pub pitch: i16,
}

/// Whether bar 1 is an upbeat written as a bar: no chord before bar 2, and the first note after its downbeat.
pub(super) fn first_bar_is_pickup(sheet: &LeadSheet) -> bool {
    let form = sheet.form();
    let Some(first) = form.bars.first() else { return false };
    let chord = sheet.chart().changes.first().map(|change| change.at);
    let note = sheet.melody().notes.first().map(|note| note.onset);
    let starts_late = note.is_some_and(|onset| onset.is_positive() && onset < first.length);
    let short = first.length < first.meter.bar_length();
    form.pickup == Default::default() && chord == Some(first.length) && (starts_late || short)
}

/// The meter of at least 6 bars of 10.
pub(super) fn main_meter(sheet: &LeadSheet) -> Result<Meter, Unusable> {
    let bars = &sheet.form().bars;
    let mut counts = std::collections::BTreeMap::new();
    for bar in bars {
        *counts.entry(bar.meter).or_insert(0usize) += 1;
    }
    let most = counts.into_iter().max_by_key(|&(meter, count)| (count, std::cmp::Reverse(meter)));
    most.filter(|(_, count)| count * 10 >= bars.len() * 6)
        .map(|(meter, _)| meter)
        .ok_or(Unusable::MixedMeters)
}

/// The chords as written, in pitch classes.
fn sounding(sheet: &LeadSheet, tick: impl Fn(crate::music::Duration) -> i32) -> Vec<SoundingChord> {
    let changes = sheet.chart().changes.iter();
    let mut chords: Vec<SoundingChord> = Vec::new();
    for change in changes {
        let chord = match &change.chord {
            ChordSymbol::NoChord => None,
            ChordSymbol::Chord(named) => {
                Some((named.root.pitch_class(), named.quality.family(), change.chord.pitch_classes()))
            }
        };
        // The same chord written again is no change of harmony.
        if chords.last().is_none_or(|last| last.chord != chord) {
            chords.push(SoundingChord { at: tick(change.at), chord });
        }
    }
    chords
}

/// The notes on the grid, without overlap; of notes that fall on one place the longest stays.
pub(super) fn snapped_notes(
    sheet: &LeadSheet,
    tick: impl Fn(crate::music::Duration) -> i32,
    end: i32,
    compound: bool,
) -> Vec<SnappedNote> {
    let written = &sheet.melody().notes;
    let grid = Grid::new(written.iter().map(|note| tick(note.onset)), compound);
    let mut notes: Vec<SnappedNote> = Vec::with_capacity(written.len());
    for note in written {
        let at = grid.snap(tick(note.onset));
        let stop = grid.snap(tick(note.end())).max(at + GAP).min(end);
        let pitch = note.pitch.midi().clamp(0, 127) as i16;
        if at >= end {
            break;
        }
        match notes.last_mut() {
            Some(last) if at - last.at < GAP => {
                if stop - at > last.end - last.at {
                    *last = SnappedNote { at: last.at, end: stop, pitch };
                }
            }
            Some(last) => {
                last.end = if at - last.end < GAP { at } else { last.end };
                notes.push(SnappedNote { at, end: stop, pitch });
            }
            None => notes.push(SnappedNote { at, end: stop, pitch }),
        }
    }
    notes
}

/// The chart on whole units of the meter, cut at section starts and at 4 bars.
fn chart_spans<'a>(
    changes: impl Iterator<Item = (i32, &'a ChordSymbol)>,
    bars: &[PieceBar],
    sections: &[PieceSection],
    meter: Meter,
) -> Vec<ChordSpan> {
    let unit = ticks(meter.unit_length()).max(1);
    let Some(end) = bars.last().map(|bar| bar.at + bar.length) else { return Vec::new() };
    let bar_of = |at: i32| bars.partition_point(|bar| bar.at <= at).saturating_sub(1);
    // Chords that come half a unit early belong to the unit they lead into.
    let on_unit = |at: i32| {
        let start = bars.get(bar_of(at)).map_or(0, |bar| bar.at);
        start + ((at - start) * 2 + unit).div_euclid(unit * 2) * unit
    };
    let mut changes: Vec<(i32, &ChordSymbol)> =
        changes.map(|(at, chord)| (on_unit(at.max(0)), chord)).collect();
    // Of several on one unit the last counts.
    changes.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 = later.1;
        }
        same
    });
    let section_starts: Vec<i32> =
        sections.iter().filter_map(|section| bars.get(section.first_bar)).map(|bar| bar.at).collect();
    let longest = 4 * ticks(meter.bar_length());

    let mut spans: Vec<ChordSpan> = Vec::new();
    for (index, &(at, chord)) in changes.iter().enumerate() {
        let stop = changes.get(index + 1).map_or(end, |next| next.0).min(end);
        let mut at = at;
        while at < stop {
            let bar = bar_of(at);
            let Some(here) = bars.get(bar) else { break };
            let opens = section_starts.binary_search(&at).is_ok();
            let next_section = section_starts.iter().copied().find(|&start| start > at).unwrap_or(end);
            let until = stop.min(next_section);
            let seen = RelativeChord::new(chord, here.key);
            let same_key = |last: &ChordSpan| bars.get(last.bar).is_some_and(|bar| bar.key == here.key);
            let joined = spans.last().is_some_and(|last| last.at + last.length == at && same_key(last));
            match spans.last_mut() {
                Some(last) if joined && !opens && last.chord == seen => last.length += until - at,
                _ => spans.push(ChordSpan { at, length: until - at, bar, chord: seen, opens, joined }),
            }
            at = until;
        }
    }
    spans.retain(|span| span.chord.root.is_some());
    let mut cut = Vec::with_capacity(spans.len());
    for mut span in spans {
        while span.length > longest {
            cut.push(ChordSpan { length: longest, ..span });
            let at = span.at + longest;
            span = ChordSpan {
                at,
                length: span.length - longest,
                bar: bar_of(at),
                opens: false,
                joined: true,
                ..span
            };
        }
        cut.push(span);
    }
    // What follows a stretch without a chord follows nothing.
    for index in 0..cut.len() {
        let follows =
            index.checked_sub(1).and_then(|before| cut.get(before)).map(|last| last.at + last.length);
        if let Some(span) = cut.get_mut(index) {
            span.joined &= follows == Some(span.at);
        }
    }
    cut
}

/// Notes and the rests between them.
fn events(
    notes: &[SnappedNote],
    bars: &[PieceBar],
    sections: &[PieceSection],
    bar_length: i32,
) -> Vec<Event> {
    let bar_of = |at: i32| bars.partition_point(|bar| bar.at <= at).checked_sub(1);
    let bar_end = |at: i32| bar_of(at).and_then(|bar| bars.get(bar)).map_or(0, |bar| bar.at + bar.length);
    let end = bars.last().map_or(0, |bar| bar.at + bar.length);
    let section_end = |at: i32| {
        let bar = bar_of(at);
        let section =
            sections.iter().find(|section| bar.is_some_and(|bar| bar < section.first_bar + section.bars));
        let last = section.and_then(|section| bars.get(section.first_bar + section.bars - 1));
        if bar.is_none() { end } else { last.map_or(end, |bar| bar.at + bar.length) }
    };
    let mut events = Vec::with_capacity(notes.len() * 5 / 4);
    let rest = |events: &mut Vec<Event>, from: i32, to: i32, anew: bool| {
        let (mut at, mut anew) = (from, anew);
        while at < to {
            let stop = bar_end(at).min(to);
            if stop <= at {
                break;
            }
            events.push(Event { at, length: stop - at, pitch: None, bar: bar_of(at), anew });
            (at, anew) = (stop, false);
        }
    };
    let mut free = None;
    for note in notes {
        let bar_start = bar_of(note.at).and_then(|bar| bars.get(bar)).map_or(note.at, |bar| bar.at);
        let mut anew = false;
        match free {
            None => {
                anew = note.at <= bar_start;
                rest(&mut events, bar_start, note.at, true);
            }
            Some(free) if note.at - free > 2 * bar_length => {
                // The break itself is not learned, but that the note stops is.
                rest(&mut events, free, bar_end(free).min(note.at), false);
                anew = note.at <= bar_start;
                rest(&mut events, bar_start, note.at, true);
            }
            Some(free) => rest(&mut events, free, note.at, false),
        }
        let length = (note.end - note.at).min(section_end(note.at) - note.at).clamp(1, 2 * bar_length);
        events.push(Event { at: note.at, length, pitch: Some(note.pitch), bar: bar_of(note.at), anew });
        free = Some(note.end);
    }
    if let Some(free) = free {
        rest(&mut events, free, bar_end(free).min(end), false);
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, ChordChange, Duration, Form, Melody, Note, Section};

    fn sheet(bars: usize, chords: &[(i64, &str)], notes: &[(i64, i64, i32)]) -> LeadSheet {
        let change = |&(at, chord): &(i64, &str)| ChordChange {
            at: Duration::quarters(at),
            chord: chord.parse().expect(chord),
        };
        let note = |&(onset, length, midi): &(i64, i64, i32)| Note {
            onset: Duration::quarters(onset),
            duration: Duration::quarters(length),
            pitch: Key::C_MAJOR.spell_midi(midi),
        };
        let chart = Chart { changes: chords.iter().map(change).collect() };
        let melody = Melody { notes: notes.iter().map(note).collect() };
        let header = Header::new("Test", Key::C_MAJOR);
        LeadSheet::new(header, Form::plain(Meter::COMMON, bars), chart, melody).expect("a sheet")
    }

    fn piece(sheet: &LeadSheet) -> Piece {
        Piece::new(sheet, Key::C_MAJOR).expect("a piece")
    }

    #[test]
    fn an_upbeat_written_as_a_bar_is_a_pickup() {
        let piece = piece(&sheet(9, &[(4, "C"), (8, "F")], &[(3, 1, 67), (4, 4, 72)]));
        assert_eq!((piece.pickup, piece.bars.len()), (12, 8));
        assert_eq!(
            piece.events.first().map(|event| (event.at, event.bar, event.pitch)),
            Some((-12, None, Some(67)))
        );
        assert_eq!(piece.chart.first().map(|span| (span.at, span.opens)), Some((0, true)));
    }

    #[test]
    fn rests_are_cut_at_bar_lines_and_long_breaks_are_no_rests() {
        let piece = piece(&sheet(8, &[], &[(0, 1, 60), (6, 1, 62), (25, 1, 64)]));
        let seen: Vec<(i32, i32, bool, bool)> = piece
            .events
            .iter()
            .map(|event| (event.at, event.length, event.pitch.is_some(), event.anew))
            .collect();
        let wanted = [
            (0, 12, true, true),
            (12, 36, false, false),
            (48, 24, false, false),
            (72, 12, true, false),
            (84, 12, false, false),
            // From bar 3 on nobody plays; the line begins anew with the bar of its next note.
            (288, 12, false, true),
            (300, 12, true, false),
            (312, 24, false, false),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn chords_are_cut_at_sections_and_at_four_bars() {
        let (header, mut form, chart, melody) =
            sheet(12, &[(0, "C"), (32, "C"), (34, "G")], &[]).into_parts();
        form.sections =
            [("A", 0), ("B", 6)].map(|(label, first_bar)| Section { label: label.into(), first_bar }).into();
        let piece = piece(&LeadSheet::new(header, form, chart, melody).expect("a sheet"));
        let spans: Vec<(usize, i32, bool)> =
            piece.chart.iter().map(|span| (span.bar, span.length / 12, span.opens)).collect();
        assert_eq!(spans, [(0, 16, true), (4, 8, false), (6, 10, true), (8, 14, false)]);
        assert!(piece.chart.iter().skip(1).all(|span| span.joined));
        assert_eq!(piece.bars.iter().filter(|bar| bar.place.last).count(), 2);
    }
}
