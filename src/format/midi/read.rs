//! A MIDI file as a lead sheet: melody, chords, bars and key found in it.

use super::bars::{self, Bars};
use super::events::{Events, TextKind, events};
use super::{chords, lyrics, parts, quantise};
use crate::format::{FormatError, Reading};
use crate::music::lead_sheet::Header;
use crate::music::{
    Chart, ChordChange, Duration, Form, Key, LeadSheet, Melody, Meter, Note, Section, Tempo, find_key,
};

/// The one sheet of a MIDI file.
pub fn read(bytes: &[u8]) -> Result<Reading, FormatError> {
    let mut events = events(bytes)?;
    let mut remarks = std::mem::take(&mut events.remarks);
    let (melody_part, why) = parts::melody(&events.parts)
        .ok_or_else(|| FormatError::new("there are no notes in this MIDI file"))?;
    let written = chords::written(&events);
    let sounds_end =
        events.parts.iter().flat_map(|part| part.notes.iter().map(|note| note.end)).max().unwrap_or_default();
    let last_chord =
        written.iter().flat_map(|(_, chords)| chords.last()).map(|(at, _)| *at + Duration::EIGHTH).max();
    let last_chord = last_chord.unwrap_or_default();
    let spans = bars::spans(&events.meters, last_chord.max(sounds_end + Duration::QUARTER))?;
    let bar_lines: Vec<Duration> = spans.iter().map(|(start, _)| *start).collect();
    let part = &events.parts[melody_part];
    let (line, deviation) = if written.is_some() && parts::is_accompaniment(part) {
        remarks.push("the file has chord symbols and an accompaniment but no melody".into());
        (Vec::new(), 0.0)
    } else {
        remarks.push(why);
        quantise::line(&part.notes, &bar_lines)
    };
    if deviation > 0.01 {
        remarks.push(format!(
            "the notes were put on sixteenths and triplets, moved by {deviation:.2} quarters on average"
        ));
    }
    if events.tempo_changes {
        remarks.push("only the first tempo was kept".into());
    }
    let first_chord = written.iter().flat_map(|(_, chords)| chords.first()).map(|(at, _)| *at);
    let first_note = line.first().map(|note| note.onset);
    let first_sound = first_note.into_iter().chain(first_chord).min().unwrap_or_default();
    // What rings on past a bar line by less than an eighth does not open another bar.
    let end = line
        .last()
        .map_or(Duration::ZERO, |note| note.end)
        .max(sounds_end - Duration::EIGHTH)
        .max(last_chord);
    let bars =
        bars::sounding(spans, first_sound, end, said(&events, "Pickup: ").and_then(|text| text.parse().ok()));
    if events.meters.is_empty() {
        remarks.push("no time signature: 4/4 was assumed".into());
    }
    let key = key(&events, &mut remarks);
    let changes = match &written {
        Some((_, written)) => placed(written, &bars),
        None => {
            let played = chords::played(&events.parts, melody_part, &bars.bars, bars.downbeat, key);
            remarks.push(if played.is_empty() {
                "no chords were found".into()
            } else {
                "the chords were found in what the other parts play, by half bars".into()
            });
            played
        }
    };
    let sheet = sheet(&events, &line, bars, key, changes, written.map(|(kind, _)| kind), &mut remarks)?;
    Ok(Reading { sheets: vec![sheet], remarks })
}

fn key(events: &Events, remarks: &mut Vec<String>) -> Key {
    if let Some((_, key)) = events.keys.first() {
        return *key;
    }
    let parts = events.parts.iter().filter(|part| part.channel != 10);
    let notes: Vec<(Duration, i32)> =
        parts.flat_map(|part| part.notes.iter().map(|note| (note.end - note.onset, note.midi))).collect();
    let key = find_key(&notes, &[]).key;
    remarks.push(format!("no key signature: {key} was found from the notes"));
    key
}

/// What a text event says after a word of ours.
fn said<'e>(events: &'e Events, word: &str) -> Option<&'e str> {
    let texts = events.texts.iter().filter(|(_, kind, _)| *kind == TextKind::Text);
    { texts }.find_map(|(_, _, text)| text.strip_prefix(word))
}

/// Chord symbols in the sheet's time, one at a place.
fn placed(written: &[(Duration, crate::music::ChordSymbol)], bars: &Bars) -> Vec<ChordChange> {
    let end: Duration = bars.bars.iter().map(|bar| bar.length).sum();
    let mut changes: Vec<ChordChange> = Vec::new();
    for (at, chord) in written {
        let at = *at - bars.downbeat;
        if at < -bars.pickup || at >= end {
            continue;
        }
        match changes.last_mut().filter(|last| last.at == at) {
            Some(last) => last.chord = chord.clone(),
            None => changes.push(ChordChange { at, chord: chord.clone() }),
        }
    }
    changes
}

fn sheet(
    events: &Events,
    line: &[super::events::Played],
    bars: Bars,
    key: Key,
    changes: Vec<ChordChange>,
    chord_kind: Option<TextKind>,
    remarks: &mut Vec<String>,
) -> Result<LeadSheet, FormatError> {
    let Bars { downbeat, pickup, bars } = bars;
    let mut form = Form { pickup, bars, ..Form::default() };
    let starts = form.bar_starts();
    for (at, key) in events.keys.iter().skip(1) {
        let bar = starts.partition_point(|start| *start <= *at - downbeat).saturating_sub(1);
        if let Some(bar) = form.bars.get_mut(bar) {
            bar.key_change = Some(*key);
        }
    }
    if chord_kind != Some(TextKind::Marker) {
        for (at, _, label) in
            events.texts.iter().filter(|(_, kind, text)| *kind == TextKind::Marker && !text.is_empty())
        {
            let first_bar =
                starts.partition_point(|start| *start <= *at - downbeat + Duration::EIGHTH).saturating_sub(1);
            if first_bar < form.bars.len()
                && form.sections.last().is_none_or(|last| last.first_bar < first_bar)
            {
                form.sections.push(Section { label: label.clone(), first_bar });
            }
        }
    }
    let end = form.end();
    let keys = bar_keys(&form, key);
    let notes = line.iter().filter_map(|note| {
        let (onset, stop) = (note.onset - downbeat, (note.end - downbeat).min(end));
        let bar = starts.partition_point(|start| *start <= onset).saturating_sub(1);
        let pitch = keys.get(bar).copied().unwrap_or(key).spell_midi(note.midi);
        (onset >= -pickup && stop > onset).then_some(Note { onset, duration: stop - onset, pitch })
    });
    let melody = Melody { notes: notes.collect() };
    if chord_kind != Some(TextKind::Lyric) {
        let (sung, lost) = lyrics::sung(events, &melody.notes, downbeat);
        form.set_words(&melody.notes, &sung);
        if lost > 0 {
            remarks.push(format!("{lost} syllables that are sung on no note of the melody were left out"));
        }
    }
    if melody.notes.len() < line.len() {
        remarks.push(format!("{} notes outside the bars were left out", line.len() - melody.notes.len()));
    }
    let composer = said(events, "Composer: ").map(String::from);
    let meter = form.bars.first().map_or(Meter::COMMON, |bar| bar.meter);
    let header = Header {
        composer,
        rights: events.rights.clone(),
        tempo: events.tempo.and_then(|per_quarter| tempo(per_quarter, meter)),
        ..Header::new(events.title.clone().unwrap_or_default(), key)
    };
    LeadSheet::new(header, form, Chart { changes }, melody)
        .map_err(|error| FormatError::new(error.to_string()))
}

fn bar_keys(form: &Form, first: Key) -> Vec<Key> {
    let mut key = first;
    let keys = form.bars.iter().map(|bar| {
        key = bar.key_change.unwrap_or(key);
        key
    });
    keys.collect()
}

/// The tempo in the beats of the meter.
fn tempo(per_quarter: u32, meter: Meter) -> Option<Tempo> {
    let beat = if meter.is_compound() {
        meter.unit_length() * 3
    } else {
        meter.unit_length().max(Duration::QUARTER)
    };
    let per_beat = i64::from(per_quarter) * beat.ticks() / Duration::TICKS_PER_QUARTER;
    let per_minute = (60_000_000 + per_beat / 2).checked_div(per_beat)?;
    (1..=999).contains(&per_minute).then_some(Tempo { beat, per_minute: per_minute as u16 })
}
