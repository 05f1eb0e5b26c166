//! What a MIDI file says, with absolute times as exact lengths.

use std::collections::BTreeMap;

use midly::{Format, MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

use crate::format::FormatError;
use crate::music::{Duration, Key, Meter, Mode};

/// The most notes that are read.
const MOST_NOTES: usize = 400_000;
/// The longest file in quarters; at a moderate tempo some fourteen hours.
const LONGEST: i64 = 100_000;

/// A note as played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Played {
    /// Start, from the file's start.
    pub onset: Duration,
    /// End.
    pub end: Duration,
    /// MIDI note number.
    pub midi: i32,
}

/// What one channel of one track plays.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Track, counted from 1.
    pub track: usize,
    /// Channel, counted from 1.
    pub channel: u8,
    /// The track's name.
    pub name: String,
    /// The first General MIDI program, from 0.
    pub program: Option<u8>,
    /// Notes by onset, lower first.
    pub notes: Vec<Played>,
}

/// Kinds of text events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Plain text.
    Text,
    /// A cue point.
    Cue,
    /// A marker.
    Marker,
    /// A lyric.
    Lyric,
}

/// Everything of use in a file.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// The parts that have notes.
    pub parts: Vec<Part>,
    /// Time signatures by place.
    pub meters: Vec<(Duration, Meter)>,
    /// Key signatures by place.
    pub keys: Vec<(Duration, Key)>,
    /// Microseconds in a quarter, the first that is given.
    pub tempo: Option<u32>,
    /// Whether the tempo changes.
    pub tempo_changes: bool,
    /// Texts by place.
    pub texts: Vec<(Duration, TextKind, String)>,
    /// The name of the first track, or of the sequence.
    pub title: Option<String>,
    /// The copyright line.
    pub rights: Option<String>,
    /// What was odd.
    pub remarks: Vec<String>,
}

/// The events of a file.
///
/// # Errors
/// Not a MIDI file, no notes, times in seconds, independent sequences, or beyond the limits.
pub fn events(bytes: &[u8]) -> Result<Events, FormatError> {
    let smf = Smf::parse(bytes).map_err(|error| {
        FormatError::new(format!("this is not a readable MIDI file: {error}"))
            .help("export it again as a type 0 or 1 file")
    })?;
    if smf.header.format == Format::Sequential {
        return Err(FormatError::new("a type 2 MIDI file holds independent pieces")
            .help("export one of them as type 0 or 1"));
    }
    let Timing::Metrical(ppq) = smf.header.timing else {
        return Err(FormatError::new("its times count film frames, not beats")
            .help("export it with metrical time (ticks per quarter)"));
    };
    let ppq = i64::from(ppq.as_int());
    let mut events = Events::default();
    let mut notes = 0;
    for (index, track) in smf.tracks.iter().enumerate() {
        let mut reading = Track {
            number: index + 1,
            name: String::new(),
            parts: BTreeMap::new(),
            sounding: BTreeMap::new(),
        };
        let mut tick: i64 = 0;
        for event in track {
            tick = tick.saturating_add(i64::from(event.delta.as_int()));
            let at = place(tick, ppq, index + 1)?;
            match event.kind {
                TrackEventKind::Midi { channel, message } => {
                    reading.message(at, channel.as_int(), message);
                    if matches!(message, MidiMessage::NoteOn { .. }) {
                        notes += 1;
                    }
                    if notes > MOST_NOTES {
                        return Err(FormatError::new(format!("there are more than {MOST_NOTES} notes"))
                            .at(format!("track {}", index + 1)));
                    }
                }
                TrackEventKind::Meta(message) => events.meta(at, message, &mut reading),
                _ => {}
            }
        }
        reading.finish(place(tick, ppq, index + 1)?, &mut events);
        if index == 0 && events.title.is_none() && !reading.name.is_empty() {
            events.title = Some(reading.name);
        }
    }
    events.meters.sort_by_key(|(at, _)| *at);
    events.keys.sort_by_key(|(at, _)| *at);
    events.texts.sort_by_key(|(at, _, _)| *at);
    if events.parts.is_empty() {
        return Err(FormatError::new("there are no notes in this MIDI file"));
    }
    Ok(events)
}

fn place(tick: i64, ppq: i64, track: usize) -> Result<Duration, FormatError> {
    let too_long = || {
        FormatError::new(format!("the file is longer than {LONGEST} quarters")).at(format!("track {track}"))
    };
    if ppq == 0 {
        return Err(FormatError::new("the file says that a quarter note has no ticks"));
    }
    if tick / ppq > LONGEST {
        return Err(too_long());
    }
    Duration::from_ratio_rounded(tick, ppq).ok_or_else(too_long)
}

/// A track while it is read.
struct Track {
    number: usize,
    name: String,
    parts: BTreeMap<u8, Part>,
    /// Onsets of sounding notes, by channel and key; the first struck is the first to stop.
    sounding: BTreeMap<(u8, u8), Vec<Duration>>,
}

impl Track {
    fn part(&mut self, channel: u8) -> &mut Part {
        let number = self.number;
        self.parts.entry(channel).or_insert_with(|| Part {
            track: number,
            channel: channel + 1,
            ..Part::default()
        })
    }

    fn message(&mut self, at: Duration, channel: u8, message: MidiMessage) {
        match message {
            MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                let struck = self.sounding.entry((channel, key.as_int())).or_default();
                // A key struck again without release is released first.
                let before = std::mem::replace(struck, vec![at]);
                before.into_iter().for_each(|onset| self.release(onset, at, channel, key.as_int()));
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                let struck = self.sounding.remove(&(channel, key.as_int())).unwrap_or_default();
                struck.into_iter().for_each(|onset| self.release(onset, at, channel, key.as_int()));
            }
            MidiMessage::ProgramChange { program } => {
                self.part(channel).program.get_or_insert(program.as_int());
            }
            _ => {}
        }
    }

    fn release(&mut self, onset: Duration, end: Duration, channel: u8, key: u8) {
        if end > onset {
            self.part(channel).notes.push(Played { onset, end, midi: i32::from(key) });
        }
    }

    fn finish(&mut self, end: Duration, events: &mut Events) {
        for ((channel, key), struck) in std::mem::take(&mut self.sounding) {
            struck.into_iter().for_each(|onset| self.release(onset, end, channel, key));
        }
        for (_, mut part) in std::mem::take(&mut self.parts) {
            part.name.clone_from(&self.name);
            part.notes.sort_by_key(|note| (note.onset, note.midi));
            if !part.notes.is_empty() {
                events.parts.push(part);
            }
        }
    }
}

impl Events {
    fn meta(&mut self, at: Duration, message: MetaMessage<'_>, track: &mut Track) {
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_matches('\0').to_string(),
            // Old files are Latin-1, whose codes are those of Unicode.
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let mut put = |kind, bytes| self.texts.push((at, kind, text(bytes)));
        match message {
            MetaMessage::Text(bytes) => put(TextKind::Text, bytes),
            MetaMessage::CuePoint(bytes) => put(TextKind::Cue, bytes),
            MetaMessage::Marker(bytes) => put(TextKind::Marker, bytes),
            MetaMessage::Lyric(bytes) => put(TextKind::Lyric, bytes),
            MetaMessage::TrackName(bytes) if track.name.is_empty() => track.name = text(bytes),
            MetaMessage::Copyright(bytes) if self.rights.is_none() => self.rights = Some(text(bytes)),
            MetaMessage::Tempo(per_quarter) if per_quarter.as_int() > 0 => {
                self.tempo_changes |= self.tempo.is_some_and(|tempo| tempo != per_quarter.as_int());
                self.tempo.get_or_insert(per_quarter.as_int());
            }
            MetaMessage::TimeSignature(beats, power, _, _) => {
                let unit = 1u32.checked_shl(power.into()).unwrap_or(0);
                match Meter::new(beats.into(), unit) {
                    Some(meter) => self.meters.push((at, meter)),
                    None if self.remarks.len() < 8 => {
                        self.remarks
                            .push(format!("left out a time signature of {beats}/2^{power} at {at} quarters"));
                    }
                    None => {}
                }
            }
            MetaMessage::KeySignature(fifths, minor) if (-7..=7).contains(&fifths) => {
                self.keys.push((
                    at,
                    Key::from_fifths(fifths.into(), if minor { Mode::Minor } else { Mode::Major }),
                ));
            }
            _ => {}
        }
    }
}
