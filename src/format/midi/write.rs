//! A lead sheet's performance as a MIDI file: conductor, melody, chords, bass.
//!
//! Chord symbols are text events on the chord track, section names markers on the conductor track, so that reading the
//! file finds them again. A pickup is a bar of its own with a short time signature.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::lyrics;
use crate::format::{FormatError, Writing};
use crate::music::performance::Sound;
use crate::music::unfold::unfolded;
use crate::music::{Duration, Feel, Form, Key, LeadSheet, Meter, Mode, Performance};

/// Ticks in a quarter note: divisible by 64, 3 and 5.
const PPQ: i64 = 960;
const MELODY: u8 = 0;
const CHORDS: u8 = 1;
const BASS: u8 = 2;

/// An event at a tick; at one tick lower ranks go first.
struct Timed<'a> {
    tick: i64,
    rank: u8,
    kind: TrackEventKind<'a>,
}

/// The file's bytes.
pub fn write(sheet: &LeadSheet) -> Result<Writing, FormatError> {
    let mut remarks = Vec::new();
    let written_out = unfolded(sheet);
    let performance = Performance::of(sheet);
    if written_out.form().bars.len() > sheet.form().bars.len() {
        remarks.push("repeats and jumps were written out".into());
    }
    if sheet.header().feel == Feel::Swing {
        remarks.push("swing was written as it sounds".into());
    }
    remarks.extend(sheet.unsung_remark());
    let texts = Texts::of(&written_out);
    let mut header = Header::new(Format::Parallel, Timing::Metrical(u15::new(PPQ as u16)));
    header.format = Format::Parallel;
    let mut smf = Smf::new(header);
    smf.tracks.push(track(conductor(&written_out, &performance, &texts, &mut remarks)));
    let mut melody = voice("Melody", MELODY, 73, &performance.melody);
    for (sound, text) in performance.melody.iter().zip(&texts.words) {
        let lyric = text.as_ref().map(|text| MetaMessage::Lyric(text.as_bytes()));
        melody.extend(lyric.map(|lyric| meta(ticks(sound.onset), 8, lyric)));
    }
    smf.tracks.push(track(melody));
    let mut chords = voice("Chords", CHORDS, 0, &performance.chords);
    for (change, text) in written_out.chart().changes.iter().zip(&texts.chords) {
        let tick = ticks(change.at + performance.downbeat);
        chords.push(meta(tick, 1, MetaMessage::Text(text.as_bytes())));
    }
    smf.tracks.push(track(chords));
    smf.tracks.push(track(voice("Bass", BASS, 32, &performance.bass)));
    let mut bytes = Vec::new();
    smf.write_std(&mut bytes)
        .map_err(|error| FormatError::new(format!("the MIDI file could not be written: {error}")))?;
    Ok(Writing { bytes, remarks })
}

/// Texts that events borrow.
struct Texts {
    chords: Vec<String>,
    /// What is sung on each note of the melody.
    words: Vec<Option<String>>,
    composer: Option<String>,
    /// Said where a short first bar could be taken for a pickup, or is one.
    pickup: Option<String>,
}

impl Texts {
    fn of(sheet: &LeadSheet) -> Texts {
        let form = sheet.form();
        let short = matches!(form.bars.as_slice(), [first, second, ..] if first.length < second.length);
        Texts {
            chords: sheet.chart().changes.iter().map(|change| change.chord.to_string()).collect(),
            words: lyrics::texts(sheet),
            composer: sheet.header().composer.as_ref().map(|name| format!("Composer: {name}")),
            pickup: (form.pickup.is_positive() || short).then(|| format!("Pickup: {}", form.pickup)),
        }
    }
}

fn ticks(place: Duration) -> i64 {
    let scaled = place.ticks() * PPQ + Duration::TICKS_PER_QUARTER / 2;
    scaled.div_euclid(Duration::TICKS_PER_QUARTER).max(0)
}

fn meta(tick: i64, rank: u8, message: MetaMessage<'_>) -> Timed<'_> {
    Timed { tick, rank, kind: TrackEventKind::Meta(message) }
}

fn conductor<'a>(
    sheet: &'a LeadSheet,
    performance: &Performance,
    texts: &'a Texts,
    remarks: &mut Vec<String>,
) -> Vec<Timed<'a>> {
    let (header, form) = (sheet.header(), sheet.form());
    let mut events = vec![meta(0, 0, MetaMessage::TrackName(header.title.as_bytes()))];
    events.extend(header.rights.as_ref().map(|rights| meta(0, 0, MetaMessage::Copyright(rights.as_bytes()))));
    let said = texts.composer.iter().chain(&texts.pickup);
    events.extend(said.map(|text| meta(0, 1, MetaMessage::Text(text.as_bytes()))));
    let per_quarter = performance.tempo.microseconds(Duration::QUARTER).clamp(1, 0xff_ffff) as u32;
    events.push(meta(0, 2, MetaMessage::Tempo(u24::new(per_quarter))));
    signatures(form, performance, &mut events, remarks);
    keys(sheet, performance, &mut events, remarks);
    let starts = form.bar_starts();
    for section in &form.sections {
        let at = starts.get(section.first_bar).copied().unwrap_or_default();
        events.push(meta(ticks(at + performance.downbeat), 5, MetaMessage::Marker(section.label.as_bytes())));
    }
    events
}

/// Time signatures where the bar's length changes; a bar that is not of its meter gets the signature of its length.
fn signatures(
    form: &Form,
    performance: &Performance,
    events: &mut Vec<Timed<'_>>,
    remarks: &mut Vec<String>,
) {
    let first = form.bars.first().map_or(Meter::COMMON, |bar| bar.meter);
    let mut current = None;
    let mut put = |at: Duration, meter: Meter, current: &mut Option<Meter>| {
        if *current != Some(meter) {
            let power = meter.unit().trailing_zeros() as u8;
            let clocks = if meter.is_compound() { 36 } else { 24 };
            events.push(meta(ticks(at), 3, MetaMessage::TimeSignature(meter.beats(), power, clocks, 8)));
            *current = Some(meter);
        }
    };
    if form.pickup.is_positive() {
        match of_length(form.pickup, first) {
            Some(meter) => put(Duration::ZERO, meter, &mut current),
            None => remarks.push("the pickup's length has no time signature".into()),
        }
    }
    for (bar, start) in form.bars.iter().zip(form.bar_starts()) {
        let meter = if bar.length == bar.meter.bar_length() {
            Some(bar.meter)
        } else {
            of_length(bar.length, bar.meter)
        };
        match meter {
            Some(meter) => put(start + performance.downbeat, meter, &mut current),
            None => remarks.push(format!("a bar of {} quarters has no time signature", bar.length)),
        }
    }
}

/// A meter whose bar has this length, in the unit of another meter if possible.
fn of_length(length: Duration, like: Meter) -> Option<Meter> {
    let units = [u32::from(like.unit()), 4, 8, 16, 32, 64];
    let meters = units.into_iter().filter_map(|unit| {
        let one = Duration::WHOLE / i64::from(unit);
        Meter::new(u32::try_from(length.div_floor(one)).ok()?, unit)
    });
    { meters }.find(|meter| meter.bar_length() == length)
}

fn keys(
    sheet: &LeadSheet,
    performance: &Performance,
    events: &mut Vec<Timed<'_>>,
    remarks: &mut Vec<String>,
) {
    let mut put = |at: Duration, key: Key| {
        if !matches!(key.mode, Mode::Major | Mode::Minor) {
            remarks.push(format!("{key} was written as its signature"));
        }
        let fifths = key.simplified().fifths().clamp(-7, 7) as i8;
        events.push(meta(ticks(at), 4, MetaMessage::KeySignature(fifths, key.mode.is_minor())));
    };
    put(Duration::ZERO, sheet.key());
    for (bar, start) in sheet.form().bars.iter().zip(sheet.form().bar_starts()) {
        if let Some(key) = bar.key_change {
            put(start + performance.downbeat, key);
        }
    }
}

fn voice<'a>(name: &'a str, channel: u8, program: u8, sounds: &[Sound]) -> Vec<Timed<'a>> {
    let midi = |tick, rank, message| Timed {
        tick,
        rank,
        kind: TrackEventKind::Midi { channel: u4::new(channel), message },
    };
    let mut events = vec![meta(0, 0, MetaMessage::TrackName(name.as_bytes()))];
    events.push(midi(0, 2, MidiMessage::ProgramChange { program: u7::new(program) }));
    for sound in sounds {
        let key = u7::new(sound.pitch.min(127));
        let on = ticks(sound.onset);
        let off = ticks(sound.onset + sound.length).max(on + 1);
        events.push(midi(on, 9, MidiMessage::NoteOn { key, vel: u7::new(sound.velocity.clamp(1, 127)) }));
        events.push(midi(off, 8, MidiMessage::NoteOff { key, vel: u7::new(64) }));
    }
    events
}

/// The events in order, with the time between them, and the end of the track.
fn track(mut events: Vec<Timed<'_>>) -> Vec<TrackEvent<'_>> {
    events.sort_by_key(|event| (event.tick, event.rank));
    let mut before = 0;
    let mut track: Vec<TrackEvent<'_>> = Vec::with_capacity(events.len() + 1);
    for event in events {
        let mut wait = event.tick - before;
        before = event.tick;
        // A delta holds 28 bits; a longer silence is bridged by empty texts.
        while wait > i64::from(u28::max_value().as_int()) {
            wait -= i64::from(u28::max_value().as_int());
            track.push(TrackEvent {
                delta: u28::max_value(),
                kind: TrackEventKind::Meta(MetaMessage::Text(b"")),
            });
        }
        track.push(TrackEvent { delta: u28::new(wait as u32), kind: event.kind });
    }
    track.push(TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    track
}
