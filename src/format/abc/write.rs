//! A lead sheet as an ABC 2.1 tune.

use super::words;
use crate::format::Writing;
use crate::music::{
    Bar, ChordSymbol, Duration, Feel, Jump, Key, LeadSheet, Meter, Mode, NoteName, Pitch, Step,
};
use std::collections::BTreeMap;

/// Bars on one line.
const BARS_A_LINE: usize = 4;
/// The unit length, an eighth.
const UNIT: Duration = Duration::EIGHTH;

/// The file's bytes.
pub fn write(sheet: &LeadSheet) -> Writing {
    let mut remarks: Vec<String> = sheet.unsung_remark().into_iter().collect();
    let mut text = header(sheet, &mut remarks);
    body(sheet, &mut text, &mut remarks);
    Writing { bytes: text.into_bytes(), remarks }
}

/// A text on one line, with comment signs escaped.
fn line(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_control() || c == '\u{2028}' { ' ' } else { c }).collect();
    text.trim().replace('%', "\\%")
}

fn header(sheet: &LeadSheet, remarks: &mut Vec<String>) -> String {
    let header = sheet.header();
    let mut text = format!("X:1\nT:{}\n", line(&header.title));
    if let Some(composer) = &header.composer {
        text.push_str(&format!("C:{}\n", line(composer)));
    }
    if header.lyricist.is_some() || header.rights.is_some() {
        remarks.push("the lyricist and the rights line were left out".into());
    }
    if header.feel == Feel::Swing {
        remarks.push("the swing feel was left out".into());
    }
    text.push_str(&format!("M:{}\nL:1/8\n", sheet.meter()));
    if let Some(tempo) = header.tempo {
        let (numerator, denominator) = tempo.beat.as_ratio();
        let (numerator, denominator) = reduced(numerator, denominator * 4);
        text.push_str(&format!("Q:{numerator}/{denominator}={}\n", tempo.per_minute));
    }
    text.push_str(&format!("K:{}\n", key_name(header.key, remarks)));
    text
}

fn reduced(numerator: i64, denominator: i64) -> (i64, i64) {
    let (mut a, mut b) = (numerator.abs(), denominator.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (numerator / a.max(1), denominator / a.max(1))
}

fn key_name(key: Key, remarks: &mut Vec<String>) -> String {
    let plain = key.simplified();
    if plain != key {
        remarks.push(format!("{key} was written as {plain}"));
    }
    let mode = match plain.mode {
        Mode::Major => "",
        Mode::Minor => "m",
        Mode::Dorian => "dor",
        Mode::Phrygian => "phr",
        Mode::Lydian => "lyd",
        Mode::Mixolydian => "mix",
        Mode::Locrian => "loc",
    };
    format!("{}{mode}", plain.tonic)
}

fn body(sheet: &LeadSheet, text: &mut String, remarks: &mut Vec<String>) {
    let form = sheet.form();
    let starts = form.bar_starts();
    let mut key = sheet.key().simplified();
    let mut meter = sheet.meter();
    let mut words = words::Line::of(sheet);
    if form.pickup.is_positive() {
        if form.bars.first().is_some_and(|bar| bar.repeat_start) {
            text.push_str("|:");
        }
        music(sheet, (-form.pickup, Duration::ZERO), meter, key, (text, &mut words), remarks);
        text.push_str("| ");
    }
    let mut on_line = 0;
    let mut ending: Option<&Vec<u8>> = None;
    for (index, (bar, start)) in form.bars.iter().zip(&starts).enumerate() {
        let section = form.sections.iter().find(|section| section.first_bar == index);
        if let Some(section) = section {
            new_line(text, &mut words, &mut on_line);
            text.push_str(&format!("P:{}\n", line(&section.label)));
        }
        // A repeat at bar 1 that stood before the pickup is not opened again.
        if bar.repeat_start && !(index == 0 && form.pickup.is_positive()) {
            text.push_str("|:");
        }
        if bar.ending.as_ref() != ending
            && let Some(passes) = &bar.ending
        {
            let passes: Vec<String> = passes.iter().map(u8::to_string).collect();
            text.push_str(&format!("[{} ", passes.join(",")));
        }
        ending = bar.ending.as_ref();
        if bar.meter != meter {
            meter = bar.meter;
            text.push_str(&format!("[M:{meter}] "));
        }
        if let Some(change) = bar.key_change {
            key = change.simplified();
            text.push_str(&format!("[K:{}] ", key_name(change, remarks)));
        }
        signs(bar, true, text);
        music(sheet, (*start, *start + bar.length), bar.meter, key, (text, &mut words), remarks);
        signs(bar, false, text);
        let next = form.bars.get(index + 1);
        text.push_str(&bar_line(bar, next, ending));
        on_line += 1;
        if on_line == BARS_A_LINE || next.is_none() {
            new_line(text, &mut words, &mut on_line);
        } else {
            text.push(' ');
        }
    }
}

fn new_line(text: &mut String, words: &mut words::Line<'_>, on_line: &mut usize) {
    while text.ends_with(' ') {
        text.pop();
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.extend(words.take());
    *on_line = 0;
}

fn bar_line(bar: &Bar, next: Option<&Bar>, ending: Option<&Vec<u8>>) -> String {
    if let Some(times) = bar.repeat_end {
        return format!("{}|", ":".repeat(usize::from(times.saturating_sub(1)).max(1)));
    }
    let Some(next) = next else { return "|]".into() };
    // A double bar closes an ending, which would else go on.
    let closes = ending.is_some() && next.ending.as_ref() != ending;
    if closes { "||".into() } else { "|".into() }
}

fn signs(bar: &Bar, targets: bool, text: &mut String) {
    for jump in bar.jumps.iter().filter(|jump| jump.is_target() == targets) {
        let name = match jump {
            Jump::Segno => "segno",
            Jump::Coda => "coda",
            Jump::ToCoda => "dacoda",
            Jump::Fine => "fine",
            Jump::DaCapo => "D.C.",
            Jump::DaCapoAlFine => "D.C.alfine",
            Jump::DaCapoAlCoda => "D.C.alcoda",
            Jump::DalSegno => "D.S.",
            Jump::DalSegnoAlFine => "D.S.alfine",
            Jump::DalSegnoAlCoda => "D.S.alcoda",
        };
        text.push_str(&format!("!{name}!"));
    }
}

/// A stretch of a bar: a note, a part of one, or a rest.
struct Piece {
    at: Duration,
    length: Duration,
    /// The melody's note, by number, its pitch, and whether it began before.
    note: Option<(usize, Pitch, bool)>,
    /// Tied to the next piece.
    tied: bool,
    chord: Option<ChordSymbol>,
}

fn music(
    sheet: &LeadSheet,
    (start, end): (Duration, Duration),
    meter: Meter,
    key: Key,
    (text, words): (&mut String, &mut words::Line<'_>),
    remarks: &mut Vec<String>,
) {
    let pieces = pieces(sheet, start, end);
    let pulses = pulse_starts(meter, start, end);
    let mut letters: BTreeMap<Step, i8> = BTreeMap::new();
    let mut octaves: BTreeMap<(Step, i8), i8> = BTreeMap::new();
    let mut index = 0;
    while let Some(piece) = pieces.get(index) {
        if piece.at > start && pulses.contains(&piece.at) && !text.ends_with(' ') {
            text.push(' ');
        }
        let (count, time, notes) = tuplet(&pieces[index..]);
        if count > 1 {
            text.push_str(&format!("({notes}:{time}:{count}"));
        }
        for piece in &pieces[index..index + count] {
            if let Some(chord) = &piece.chord {
                text.push_str(&format!("\"{chord}\""));
            }
            let written = piece.length * notes / time;
            let parts = if count > 1 { vec![written] } else { notatable(written) };
            let last = parts.len() - 1;
            for (number, part) in parts.into_iter().enumerate() {
                match piece.note {
                    Some((index, pitch, goes_on)) => {
                        words.note(index, goes_on || number > 0);
                        note(pitch, key, &mut letters, &mut octaves, text, remarks);
                        length(part, text);
                        if piece.tied || number < last {
                            text.push('-');
                        }
                    }
                    None => {
                        text.push('z');
                        length(part, text);
                    }
                }
            }
        }
        index += count;
    }
    words.bar();
}

fn pulse_starts(meter: Meter, start: Duration, end: Duration) -> Vec<Duration> {
    let mut starts = Vec::new();
    let pulses = meter.pulses();
    // A pickup is counted back from the downbeat.
    let mut at = if start < Duration::ZERO { end - meter.bar_length() } else { start };
    for pulse in pulses.iter().cycle() {
        if at >= end || !pulse.is_positive() {
            break;
        }
        starts.push(at);
        at += *pulse;
    }
    starts
}

/// What sounds between two places, cut at the edges and where chords change.
fn pieces(sheet: &LeadSheet, start: Duration, end: Duration) -> Vec<Piece> {
    let chords = sheet.chart().written_in(start, end);
    let notes = &sheet.melody().notes;
    let first = notes.partition_point(|note| note.end() <= start);
    let sounding: Vec<_> = (first..).zip(&notes[first..]).take_while(|(_, note)| note.onset < end).collect();
    let mut cuts: Vec<Duration> = vec![start, end];
    cuts.extend(chords.iter().map(|change| change.at));
    cuts.extend(sounding.iter().flat_map(|(_, note)| [note.onset.max(start), note.end().min(end)]));
    cuts.sort_unstable();
    cuts.dedup();
    let mut pieces = Vec::with_capacity(cuts.len());
    for cut in cuts.windows(2) {
        let (at, to) = (cut[0], cut[1]);
        let note = sounding.iter().find(|(_, note)| note.onset <= at && note.end() >= to);
        pieces.push(Piece {
            at,
            length: to - at,
            note: note.map(|(index, note)| (*index, note.pitch, note.onset < at)),
            tied: note.is_some_and(|(_, note)| note.end() > to),
            chord: chords.iter().find(|change| change.at == at).map(|change| change.chord.clone()),
        });
    }
    pieces
}

/// How many pieces from here make one tuplet, and its ratio: as many notes as are written in the time of so many. A
/// piece outside tuplets is (1, 1, 1).
fn tuplet(pieces: &[Piece]) -> (usize, i64, i64) {
    let Some(first) = pieces.first() else { return (1, 1, 1) };
    let part = odd_part(first.length);
    if part == 1 {
        return (1, 1, 1);
    }
    let (notes, time) = match part {
        3 => (3, 2),
        5 => (5, 4),
        7 => (7, 4),
        9 => (9, 8),
        _ => return (1, 1, 1),
    };
    let mut sum = Duration::ZERO;
    for (index, piece) in pieces.iter().enumerate().take(64) {
        if odd_part(piece.length * notes / time) != 1 {
            break;
        }
        sum += piece.length;
        if odd_part(sum) == 1 && index > 0 {
            return (index + 1, time, notes);
        }
    }
    (1, 1, 1)
}

/// The odd part of the denominator of a length in quarters: 1 for plain values, 3 for triplets.
fn odd_part(length: Duration) -> i64 {
    let (_, denominator) = length.as_ratio();
    denominator >> denominator.trailing_zeros()
}

/// A length in note values that can be written: plain, dotted and double dotted, longest first.
fn notatable(mut length: Duration) -> Vec<Duration> {
    if odd_part(length) != 1 {
        return vec![length];
    }
    let mut parts = Vec::new();
    while length.is_positive() && parts.len() < 256 {
        let mut value = Duration::WHOLE * 2;
        while value > length && value.ticks() % 2 == 0 {
            value = value / 2;
        }
        let dotted = [value * 7 / 4, value * 3 / 2, value];
        let part = dotted.into_iter().find(|part| *part <= length).unwrap_or(length);
        parts.push(part);
        length -= part;
    }
    parts
}

fn note(
    pitch: Pitch,
    key: Key,
    letters: &mut BTreeMap<Step, i8>,
    octaves: &mut BTreeMap<(Step, i8), i8>,
    text: &mut String,
    remarks: &mut Vec<String>,
) {
    let mut pitch = pitch;
    if pitch.name.alter.abs() > 2 {
        let plain = Pitch::from_midi(pitch.midi(), NoteName::from_fifths(0));
        remarks.push(format!("{pitch} was written as {plain}"));
        pitch = plain;
    }
    let NoteName { step, alter } = pitch.name;
    // Programs differ on whether an accidental holds in other octaves: where that matters it is written.
    let signature = key.signature_alter(step);
    let in_letter = letters.get(&step).copied().unwrap_or(signature);
    let in_octave = octaves.get(&(step, pitch.octave)).copied().unwrap_or(signature);
    if in_letter != alter || in_octave != alter {
        let signs = if alter < 0 { "_" } else { "^" };
        text.push_str(&if alter == 0 {
            "=".to_string()
        } else {
            signs.repeat(usize::from(alter.unsigned_abs()))
        });
        letters.insert(step, alter);
        octaves.insert((step, pitch.octave), alter);
    }
    if pitch.octave >= 5 {
        text.push(step.letter().to_ascii_lowercase());
        text.push_str(&"'".repeat((pitch.octave - 5) as usize));
    } else {
        text.push(step.letter());
        text.push_str(&",".repeat((4 - pitch.octave).max(0) as usize));
    }
}

/// A length in eighths: nothing, `2`, `/2`, `3/2`.
fn length(length: Duration, text: &mut String) {
    let (numerator, denominator) = length.as_ratio();
    let (quarter_numerator, quarter_denominator) = UNIT.as_ratio();
    match reduced(numerator * quarter_denominator, denominator * quarter_numerator) {
        (1, 1) => {}
        (numerator, 1) => text.push_str(&numerator.to_string()),
        (1, denominator) => text.push_str(&format!("/{denominator}")),
        (numerator, denominator) => text.push_str(&format!("{numerator}/{denominator}")),
    }
}
