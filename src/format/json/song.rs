//! A song of the file as a lead sheet.

use std::collections::BTreeMap;

use super::Song;
use super::barlines::{self, Hints};
use super::chord_names::{ChordNames, NamedSpan};
use super::file::{Cell, RawBar, RawSong, Row, Unit};
use crate::music::lead_sheet::Header;
use crate::music::{
    Bar, Chart, ChordChange, ChordSymbol, Duration, Feel, Form, Jump, Key, LeadSheet, Melody, Meter, Mode,
    Note, Pitch, Section, Tempo, Words, find_key,
};

/// The most chords, notes or bars that one song may have.
const MOST_EVENTS: usize = 100_000;

/// What to call the song in a remark: its title, or its number.
pub fn name(raw: &RawSong, number: usize) -> String {
    raw.title.text().map_or_else(|| format!("song {number}"), |title| format!("'{title}'"))
}

/// The song, with what was left out of it; or why it cannot be used.
pub fn song(raw: &RawSong, unit: Unit, names: &mut ChordNames) -> Result<(Song, Vec<String>), String> {
    if raw.chords.0.len().max(raw.melody.0.len()) > MOST_EVENTS {
        return Err(format!("it has more than {MOST_EVENTS} chords or notes"));
    }
    let meter: Meter =
        raw.meter.text().ok_or("it has no meter")?.parse().map_err(|error| format!("{error}"))?;
    let clock = Clock { beat: if unit == Unit::Beats { meter.unit_length() } else { Duration::QUARTER } };
    let mut left_out = Vec::new();
    let mut notes: Vec<RawNote> = raw.melody.0.iter().filter_map(|row| note(row, clock)).collect();
    count(&mut left_out, raw.melody.0.len() - notes.len(), "notes without place, length or pitch");
    let mut chords: Vec<ChordSpan> = raw.chords.0.iter().filter_map(|row| chord(row, clock)).collect();
    count(&mut left_out, raw.chords.0.len() - chords.len(), "chords without place or length");
    if chords.is_empty() && notes.is_empty() && raw.pickup.time().is_none() {
        return Err("it has no chords and no notes".into());
    }
    chords.sort_by_key(|chord| chord.onset);
    notes.sort_by_key(|note| (note.onset, -note.midi));
    let given_key = key(raw);
    let key = given_key.unwrap_or_else(|| likely_key(&chords, &notes, names));
    let onsets_only = raw.melody_dur.text().is_some_and(|text| text.starts_with("ioi"));

    let (form, origin) = if let Some(measures) = &raw.measures.0 {
        let pickup = raw.pickup.time().unwrap_or(Duration::ZERO);
        (
            Form {
                pickup,
                bars: listed_bars(measures.iter().map(|bar| bar.0.as_ref()), meter)?,
                ..Form::default()
            },
            pickup,
        )
    } else if let Some(pickup) = raw.pickup.time() {
        (counted_form(raw, meter, pickup, &chords, &notes)?, pickup)
    } else {
        found_form(raw, meter, clock, &mut chords, &notes, onsets_only)
    };
    let (start, end) = (-form.pickup, form.end());
    let (changes, unknown) = changes(&chords, names, key, origin, start, end);
    count(&mut left_out, unknown.len(), &format!("chords with unknown names ({})", unknown.join(" ")));
    let melody = Melody { notes: one_line(&notes, key, origin, start, end) };
    let sections = sections(raw, clock, origin, &form);
    let mut form = Form { sections, ..form };
    count(&mut left_out, words(raw, &mut form), "words without a bar");
    let sheet = LeadSheet::new(header(raw, key), form, Chart { changes }, melody)
        .map_err(|error| error.to_string())?;
    let song = Song {
        sheet,
        year: year(&raw.year),
        artist: raw.artist.text().map(String::from),
        source: raw.source.text().map(String::from),
        key_given: given_key.is_some(),
        melody_is_onsets_only: onsets_only,
    };
    Ok((song, left_out))
}

fn count(left_out: &mut Vec<String>, number: usize, what: &str) {
    if number > 0 {
        left_out.push(format!("left out {number} {what}"));
    }
}

/// The words of the bars that have any; gives how many rows name no bar.
fn words(raw: &RawSong, form: &mut Form) -> usize {
    let mut lost = 0;
    for row in &raw.words.0 {
        let number =
            row.first().and_then(Cell::number).filter(|number| *number >= 0.0 && number.fract() == 0.0);
        let own = number.and_then(|number| form.words_mut(number as usize));
        match own.zip(row.get(1).and_then(Cell::text)) {
            Some((own, text)) => *own = Words::from(text),
            None => lost += 1,
        }
    }
    lost
}

/// What the file's times count.
#[derive(Clone, Copy)]
struct Clock {
    beat: Duration,
}

impl Clock {
    fn length(self, cell: &Cell) -> Option<Duration> {
        let time = cell.time()?;
        let (numerator, denominator) = (self.beat.ticks(), Duration::TICKS_PER_QUARTER);
        if numerator == denominator {
            return Some(time);
        }
        Some(Duration::from_ticks(time.ticks().checked_mul(numerator)? / denominator))
    }
}

struct RawNote {
    onset: Duration,
    duration: Duration,
    midi: i32,
    spelled: Option<Pitch>,
}

fn note(row: &Row, clock: Clock) -> Option<RawNote> {
    let onset = clock.length(row.first()?)?;
    let duration = clock.length(row.get(1)?)?;
    let spelled: Option<Pitch> = row.get(3).and_then(Cell::text).and_then(|text| text.parse().ok());
    let midi = row.get(2)?.number().filter(|midi| (0.0..=127.0).contains(midi))?;
    let midi = midi as i32;
    duration.is_positive().then_some(RawNote {
        onset,
        duration,
        midi,
        spelled: spelled.filter(|p| p.midi() == midi),
    })
}

struct ChordSpan {
    onset: Duration,
    duration: Duration,
    named: NamedSpan,
}

fn chord(row: &Row, clock: Clock) -> Option<ChordSpan> {
    let onset = clock.length(row.first()?)?;
    let duration = clock.length(row.get(1)?)?;
    let text = |index: usize| row.get(index).and_then(Cell::text).unwrap_or_default().to_string();
    let class = |index: usize| {
        row.get(index).and_then(Cell::number).filter(|n| (0.0..12.0).contains(n)).map(|n| n as u8)
    };
    let named = NamedSpan { label: text(2), root: class(3), bass: class(5), original: text(6) };
    duration.is_positive().then_some(ChordSpan { onset, duration, named })
}

fn key(raw: &RawSong) -> Option<Key> {
    let key = raw.key.0.as_ref()?;
    let mode = Mode::from_name(key.mode.text()?)?;
    let tonic = key.tonic.number().filter(|tonic| (0.0..12.0).contains(tonic))? as u8;
    let named: Option<Key> = key.name.text().and_then(|name| name.parse().ok());
    let agrees = |key: &Key| key.tonic.pitch_class() == tonic && key.mode == mode;
    Some(named.filter(agrees).unwrap_or_else(|| Key::from_pitch_class(tonic, mode)))
}

/// The key of a song that does not say it.
fn likely_key(chords: &[ChordSpan], notes: &[RawNote], names: &mut ChordNames) -> Key {
    let notes: Vec<(Duration, i32)> = notes.iter().map(|note| (note.duration, note.midi)).collect();
    let symbols: Vec<(Duration, ChordSymbol)> = chords
        .iter()
        .filter_map(|chord| Some((chord.duration, names.chord(&chord.named, Key::C_MAJOR)?)))
        .collect();
    let chords: Vec<(Duration, &ChordSymbol)> =
        symbols.iter().map(|(length, symbol)| (*length, symbol)).collect();
    find_key(&notes, &chords).key
}

/// The bars that a file lists one by one.
fn listed_bars<'b>(bars: impl Iterator<Item = Option<&'b RawBar>>, first: Meter) -> Result<Vec<Bar>, String> {
    let mut meter = first;
    let mut listed = Vec::new();
    for raw in bars {
        if listed.len() >= MOST_EVENTS {
            return Err(format!("it has more than {MOST_EVENTS} bars"));
        }
        let raw = raw.cloned().unwrap_or_default();
        let number = listed.len() + 1;
        if let Some(text) = raw.meter.text() {
            meter = text.parse().map_err(|error| format!("bar {number}: {error}"))?;
        }
        let passes = |cell: &Cell| cell.number().filter(|n| (1.0..=255.0).contains(n)).map(|n| n as u8);
        let list = |cell: &Cell| match cell {
            Cell::List(row) => row.clone(),
            _ => Vec::new(),
        };
        let word = |cell: &Cell| Jump::ALL.into_iter().find(|jump| Some(jump.words()) == cell.text());
        let ending: Vec<u8> = list(&raw.ending).iter().filter_map(passes).collect();
        listed.push(Bar {
            length: raw.length.time().unwrap_or(meter.bar_length()),
            key_change: raw
                .key
                .text()
                .map(str::parse)
                .transpose()
                .map_err(|error| format!("bar {number}: {error}"))?,
            repeat_start: raw.repeat_start.number().is_some_and(|n| n != 0.0),
            repeat_end: passes(&raw.repeat_end),
            ending: (!ending.is_empty()).then_some(ending),
            jumps: list(&raw.jumps).iter().filter_map(word).collect(),
            ..Bar::full(meter)
        });
    }
    Ok(listed)
}

/// Plain bars after a pickup of known length: as many as the file says, or as the music needs.
fn counted_form(
    raw: &RawSong,
    meter: Meter,
    pickup: Duration,
    chords: &[ChordSpan],
    notes: &[RawNote],
) -> Result<Form, String> {
    let (_, end) = span(chords, notes);
    let bar = meter.bar_length();
    let needed = (end - pickup + bar - Duration::from_ticks(1)).div_floor(bar).max(1);
    let bars = raw.bars.number().map_or(needed, |bars| bars as i64);
    if !(1..=MOST_EVENTS as i64).contains(&bars) {
        return Err(format!("it must have 1 to {MOST_EVENTS} bars, not {bars}"));
    }
    Ok(Form { pickup, ..Form::plain(meter, bars as usize) })
}

/// Where something first and last sounds.
fn span(chords: &[ChordSpan], notes: &[RawNote]) -> (Duration, Duration) {
    let spans = || {
        let chords = chords.iter().map(|chord| (chord.onset, chord.onset + chord.duration));
        chords.chain(notes.iter().map(|note| (note.onset, note.onset + note.duration)))
    };
    let start = spans().map(|(start, _)| start).min().unwrap_or(Duration::ZERO);
    (start, spans().map(|(_, end)| end).max().unwrap_or(start))
}

/// The form of a transcription that does not place its bar lines, and its first downbeat. A first chord that starts half
/// a beat before a downbeat was meant for the downbeat, and is moved there.
fn found_form(
    raw: &RawSong,
    meter: Meter,
    clock: Clock,
    chords: &mut [ChordSpan],
    notes: &[RawNote],
    onsets_only: bool,
) -> (Form, Duration) {
    let usual = meter.bar_length();
    let (start, end) = span(chords, notes);
    let grid = Duration::SIXTEENTH;
    let bars = raw.bars.number().filter(|bars| (1.0..1e5).contains(bars)).map_or(0, |bars| bars as i64);
    let regular =
        start == Duration::ZERO && chords.first().is_some_and(|c| c.onset == start) && usual * bars == end;
    let mut hints = Hints {
        usual,
        beat: meter.unit_length(),
        others: None,
        span: (start - start.rem_floor(grid), end),
        evidence: Vec::new(),
    };
    if regular {
        hints.others = Some(Vec::new());
        hints.evidence.push((Duration::ZERO, 1.0));
    } else {
        hints.others = listed_lengths(raw, clock);
        hints.evidence = evidence(raw, usual, clock, chords, notes, onsets_only);
    }
    let placed = barlines::place(&hints);
    let (mut origin, mut lengths) =
        placed.map_or((start, vec![usual]), |placed| (placed.first_downbeat, placed.lengths));
    let mut pickup = (origin - start).max(Duration::ZERO);
    if let Some(first) = chords.first_mut()
        && first.onset == start
        && pickup.is_positive()
        && pickup <= meter.unit_length() / 2
        && first.duration > meter.unit_length()
        && notes.first().is_none_or(|note| note.onset >= origin)
    {
        first.duration -= pickup;
        first.onset = origin;
        pickup = Duration::ZERO;
    }
    if lengths.first().is_some_and(|first| pickup >= *first) {
        lengths.insert(0, pickup);
        origin = start;
        pickup = Duration::ZERO;
    }
    let bars = lengths.into_iter().map(|length| bar(meter, length)).collect();
    (Form { pickup, bars, ..Form::default() }, origin)
}

/// A bar of a length: of the usual meter, of another if beats fill it, else an irregular one.
fn bar(meter: Meter, length: Duration) -> Bar {
    let beats = u32::try_from(length.div_floor(meter.unit_length())).unwrap_or(0);
    let other = Meter::new(beats, meter.unit().into()).filter(|other| other.bar_length() == length);
    Bar { length, ..Bar::full(other.unwrap_or(meter)) }
}

/// The bar lengths a file lists as `[[length, how many], ...]`, with the share of each; `None` if it lists none.
fn listed_lengths(raw: &RawSong, clock: Clock) -> Option<Vec<(Duration, f64)>> {
    let pairs = |cell: &Cell, clock: Clock| match cell {
        Cell::List(rows) => {
            let lengths = rows.iter().filter_map(|row| match row {
                Cell::List(pair) => Some((clock.length(pair.first()?)?, pair.get(1)?.number()?.max(0.0))),
                _ => None,
            });
            let lengths: Vec<_> = lengths.collect();
            let total: f64 = lengths.iter().map(|(_, count)| count).sum();
            let shares: Vec<_> =
                lengths.into_iter().map(|(length, count)| (length, count / total.max(1.0))).collect();
            Some(shares).filter(|shares| !shares.is_empty())
        }
        _ => None,
    };
    pairs(&raw.beats_per_bar, clock).or_else(|| pairs(&raw.barlens, Clock { beat: Duration::QUARTER }))
}

/// Places that speak for a bar line, and how much.
fn evidence(
    raw: &RawSong,
    usual: Duration,
    clock: Clock,
    chords: &[ChordSpan],
    notes: &[RawNote],
    onsets_only: bool,
) -> Vec<(Duration, f32)> {
    let share = |length: Duration| (length.as_quarters_f64() / usual.as_quarters_f64()).min(1.0) as f32;
    let mut evidence: Vec<_> = chords.iter().map(|c| (c.onset, 0.5 + 0.5 * share(c.duration))).collect();
    if !onsets_only {
        let long = notes.iter().filter(|note| note.duration >= Duration::QUARTER);
        evidence.extend(long.map(|note| (note.onset, 0.15 * share(note.duration))));
    }
    evidence.extend(raw.sections.0.iter().filter_map(|row| Some((clock.length(row.first()?)?, 2.0))));
    if clock.beat != Duration::QUARTER || matches!(raw.beats_per_bar, Cell::List(_)) {
        // Beats are counted from a known downbeat.
        evidence.push((Duration::ZERO, 3.0));
    }
    if let Cell::List(row) = &raw.barlens
        && let [first @ Cell::Number(_), Cell::Number(_)] = row.as_slice()
        && let Some(first) = first.time()
    {
        evidence.push(if first < usual { (first, 8.0) } else { (Duration::ZERO, 4.0) });
    }
    evidence
}

/// The chord changes from the first downbeat on, and the names that are unknown.
fn changes(
    chords: &[ChordSpan],
    names: &mut ChordNames,
    key: Key,
    origin: Duration,
    start: Duration,
    end: Duration,
) -> (Vec<ChordChange>, Vec<String>) {
    let mut changes: Vec<ChordChange> = Vec::new();
    let mut unknown = Vec::new();
    let mut silent_from: Option<Duration> = None;
    for span in chords {
        let at = span.onset - origin;
        if at < start || at >= end || changes.last().is_some_and(|last| last.at >= at) {
            continue;
        }
        if let Some(from) = silent_from.filter(|from| at - *from > Duration::EIGHTH)
            && changes.last().is_some_and(|last| last.at < from && last.chord != ChordSymbol::NoChord)
        {
            changes.push(ChordChange { at: from, chord: ChordSymbol::NoChord });
        }
        silent_from = Some(at + span.duration);
        match names.chord(&span.named, key) {
            Some(chord) => changes.push(ChordChange { at, chord }),
            None if unknown.len() < 8 => unknown.push(span.named.text().to_string()),
            None => {}
        }
    }
    (changes, unknown)
}

/// The notes as one line: of several at once the highest, each no longer than to the next.
fn one_line(notes: &[RawNote], key: Key, origin: Duration, start: Duration, end: Duration) -> Vec<Note> {
    let mut line: Vec<Note> = Vec::with_capacity(notes.len());
    for note in notes {
        let onset = note.onset - origin;
        if onset < start || onset >= end || line.last().is_some_and(|last| last.onset >= onset) {
            continue;
        }
        if let Some(last) = line.last_mut() {
            last.duration = last.duration.min(onset - last.onset);
        }
        let pitch = note.spelled.unwrap_or_else(|| key.spell_midi(note.midi));
        line.push(Note { onset, duration: note.duration.min(end - onset), pitch });
    }
    line
}

/// The sections, each from the bar nearest to its start; of several on one bar the last.
fn sections(raw: &RawSong, clock: Clock, origin: Duration, form: &Form) -> Vec<Section> {
    let exact = raw.pickup.time().is_some();
    let starts = form.bar_starts();
    let mut labels: BTreeMap<usize, String> = BTreeMap::new();
    for row in &raw.sections.0 {
        let Some(at) = row.first().and_then(|cell| clock.length(cell)) else { continue };
        let Some(Cell::Text(label)) = row[1..].iter().find(|cell| matches!(cell, Cell::Text(_))) else {
            continue;
        };
        let at = at - origin;
        if at >= form.end() || (!exact && label == "silence") {
            continue;
        }
        let after = starts.partition_point(|start| *start <= at).max(1);
        let (before, next) = (after - 1, after.min(form.bars.len().saturating_sub(1)));
        let nearer = if starts[next] > at && starts[next] - at < at - starts[before] { next } else { before };
        let label = if exact { label.clone() } else { label.replace('_', " ").trim().to_string() };
        labels.insert(nearer, label);
    }
    labels.into_iter().map(|(first_bar, label)| Section { label, first_bar }).collect()
}

fn header(raw: &RawSong, key: Key) -> Header {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    };
    let tempo = match &raw.tempo {
        Cell::List(row) => row.first().and_then(Cell::time).zip(row.get(1).and_then(Cell::number)),
        cell => cell.number().map(|per_minute| (Duration::QUARTER, per_minute)),
    };
    let sane = |(beat, per_minute): (Duration, f64)| {
        let per_minute = per_minute.round();
        let holds = (1.0..=999.0).contains(&per_minute) && beat.is_positive();
        holds.then_some(Tempo { beat, per_minute: per_minute as u16 })
    };
    Header {
        composer: text(&raw.composer),
        lyricist: text(&raw.lyricist),
        rights: text(&raw.rights),
        tempo: tempo.and_then(sane),
        feel: if raw.feel.text() == Some("swing") { Feel::Swing } else { Feel::Straight },
        ..Header::new(text(&raw.title).unwrap_or_default(), key)
    }
}

fn year(cell: &Cell) -> Option<u16> {
    let year = match cell {
        Cell::Number(year) => *year,
        Cell::Text(text) => text.get(..4)?.parse().ok()?,
        _ => return None,
    };
    (1000.0..3000.0).contains(&year).then_some(year as u16)
}
