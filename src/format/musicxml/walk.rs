//! One part of a score, measure by measure, as raw notes, chords and marks.

use roxmltree::Node;

use super::clock::{Clock, decimal, rounded};
use super::lyrics::{self, RawLyric};
use super::marks::{self, Marks};
use super::read_harmony;
use super::remarks::Remarks;
use crate::format::FormatError;
use crate::music::{ChordSymbol, Duration, Interval, Key, LeadSheet, Meter, Mode, NoteName, Pitch, Step};

/// A note or rest as a file has it.
#[derive(Clone, Copy, Debug)]
pub struct RawNote {
    /// From the start of its measure.
    pub onset: Duration,
    /// Its length.
    pub length: Duration,
    /// Its sounding pitch; `None` for a rest.
    pub pitch: Option<Pitch>,
    /// The voice, by order of appearance in the part.
    pub voice: usize,
    /// The staff, from 1.
    pub staff: u32,
    /// It goes on in the next note.
    pub tie_start: bool,
    /// It continues the note before.
    pub tie_stop: bool,
    /// What stands under it, by number in the part.
    pub lyric: Option<usize>,
}

/// A measure as a file has it.
#[derive(Clone, Debug)]
pub struct RawMeasure {
    /// What the file calls it.
    pub number: String,
    /// How far its contents reach.
    pub content: Duration,
    /// The meter in force; `None` for free time.
    pub meter: Option<Meter>,
    /// The key in force; `None` before the first.
    pub key: Option<Key>,
    /// Notes and rests in the order of the file.
    pub notes: Vec<RawNote>,
    /// Chord symbols: place from the start of the measure.
    pub chords: Vec<(Duration, ChordSymbol)>,
    /// Everything that structures the form, and the tempo.
    pub marks: Marks,
}

/// A part with its measures and the names of its voices.
#[derive(Clone, Debug)]
pub struct RawPart {
    /// The measures.
    pub measures: Vec<RawMeasure>,
    /// Names of the voices, by number.
    pub voices: Vec<String>,
    /// What stands under notes.
    pub lyrics: Vec<RawLyric>,
}

/// What holds on from measure to measure.
struct Walker<'r> {
    clock: Clock,
    meter: Option<Meter>,
    key: Option<Key>,
    transposition: Option<Interval>,
    voices: Vec<String>,
    /// Which verse is read, if not the first.
    verse: Option<String>,
    lyrics: Vec<RawLyric>,
    remarks: &'r mut Remarks,
}

/// Reads a part: for each measure its element, which has the number, and the element that has its contents.
///
/// # Errors
/// Lengths or divisions that are no numbers, negative or absurd, with the measure.
pub fn walk(
    measures: &[(Node<'_, '_>, Option<Node<'_, '_>>)],
    remarks: &mut Remarks,
) -> Result<RawPart, FormatError> {
    let mut walker = Walker {
        clock: Clock::new(),
        meter: Some(Meter::COMMON),
        key: None,
        transposition: None,
        voices: Vec::new(),
        verse: lyrics::verse(measures.iter().filter_map(|measure| measure.1)),
        lyrics: Vec::new(),
        remarks,
    };
    let mut read = Vec::with_capacity(measures.len());
    for (index, (measure, content)) in measures.iter().enumerate() {
        let number = match measure.attribute("number").map(str::trim) {
            Some(number) if !number.is_empty() => number.chars().take(20).collect(),
            _ => (index + 1).to_string(),
        };
        let place = format!("measure {number}");
        read.push(walker.measure(number, *content).map_err(|error| error.at(place))?);
    }
    Ok(RawPart { measures: read, voices: walker.voices, lyrics: walker.lyrics })
}

impl Walker<'_> {
    fn measure(&mut self, number: String, content: Option<Node<'_, '_>>) -> Result<RawMeasure, FormatError> {
        self.clock.restart();
        let mut measure = RawMeasure {
            number,
            content: Duration::ZERO,
            meter: None,
            key: None,
            notes: Vec::new(),
            chords: Vec::new(),
            marks: Marks::default(),
        };
        let mut backups = 0;
        let mut last_onset = Duration::ZERO;
        for element in content.into_iter().flat_map(|content| content.children()) {
            match element.tag_name().name() {
                "attributes" => self.attributes(element, &mut measure)?,
                "note" => self.note(element, &mut measure, backups, &mut last_onset)?,
                "backup" => {
                    backups += 1;
                    if self.clock.advance(-length(element)?.unwrap_or(0)) {
                        self.remarks.count("Voices that begin before their measure", &measure.number);
                    }
                }
                "forward" => {
                    self.clock.advance(length(element)?.unwrap_or(0));
                }
                "harmony" => {
                    let place = self.place(element);
                    if let Some(chord) = read_harmony::chord(element, &measure.number, self.remarks) {
                        let chord = self.transposition.map_or(chord.clone(), |by| chord.transpose(by));
                        measure.chords.push((place, chord));
                    }
                }
                "direction" | "sound" => {
                    let begun = measure.notes.iter().any(|note| note.onset < self.clock.now());
                    marks::direction(element, begun, &mut measure.marks);
                }
                "barline" => marks::barline(element, self.clock.now().is_positive(), &mut measure.marks),
                _ => {}
            }
            measure.content = measure.content.max(self.clock.now());
            if measure.content > LeadSheet::MAX_BAR {
                let most = LeadSheet::MAX_BAR;
                let error = FormatError::new(format!("the measure is longer than {most} quarters"));
                return Err(error.help("check its divisions and durations"));
            }
        }
        (measure.meter, measure.key) = (self.meter, self.key);
        Ok(measure)
    }

    /// The place of a chord symbol: now, and its offset.
    fn place(&self, element: Node<'_, '_>) -> Duration {
        let offset = child_text(element, "offset").and_then(decimal).unwrap_or(0);
        self.clock.after(offset)
    }

    fn attributes(&mut self, element: Node<'_, '_>, measure: &mut RawMeasure) -> Result<(), FormatError> {
        if let Some(text) = child_text(element, "divisions") {
            match decimal(text) {
                Some(divisions) if divisions > 0 => self.clock.set_divisions(divisions),
                _ => {
                    let text: String = text.chars().take(20).collect();
                    return Err(FormatError::new(format!("'{text}' divisions of a quarter make no sense"))
                        .help("divisions must be a number above zero"));
                }
            }
        }
        if let Some(transpose) = child(element, "transpose") {
            self.transposition = transposition(transpose);
            if self.transposition.is_some() {
                self.remarks
                    .say("The part is written for a transposing instrument; it is given in concert pitch.");
            }
        }
        if let Some(time) = child(element, "time") {
            if measure.content.is_positive() {
                self.remarks.count("Changes of meter inside a measure, taken as its own", &measure.number);
            }
            self.time(time, &measure.number);
        }
        if let Some(key) = child(element, "key") {
            if measure.content.is_positive() {
                self.remarks.count("Changes of key inside a measure, taken as its own", &measure.number);
            }
            self.key(key, &measure.number);
        }
        Ok(())
    }

    fn time(&mut self, time: Node<'_, '_>, number: &str) {
        if child(time, "senza-misura").is_some() {
            self.meter = None;
            return;
        }
        let texts = |name: &'static str| {
            time.children()
                .filter(move |node| node.tag_name().name() == name)
                .map(|node| node.text().unwrap_or(""))
        };
        let mut total = Duration::ZERO;
        let (mut beats_in_all, mut unit) = (0, 1);
        for (beats, beat_type) in texts("beats").zip(texts("beat-type")) {
            let beats: Option<u32> = beats.split('+').map(|part| part.trim().parse::<u32>().ok()).sum();
            let one = beat_type.trim().parse::<u32>().ok();
            if let Some(meter) = beats.zip(one).and_then(|(beats, one)| Meter::new(beats, one)) {
                total += meter.bar_length();
                unit = unit.max(u32::from(meter.unit()));
                beats_in_all = total.div_floor(Duration::WHOLE / i64::from(unit));
            }
        }
        match u32::try_from(beats_in_all).ok().and_then(|beats| Meter::new(beats, unit)) {
            Some(meter) => self.meter = Some(meter),
            None => self.remarks.count("Meters that could not be read", number),
        }
    }

    fn key(&mut self, key: Node<'_, '_>, number: &str) {
        let Some(fifths) = child_text(key, "fifths").and_then(|text| text.trim().parse::<i32>().ok()) else {
            self.remarks.count("Keys that are not a number of sharps or flats", number);
            return;
        };
        let mode = child_text(key, "mode").map(str::trim).and_then(Mode::from_name);
        if mode.is_none() {
            self.remarks.say("The file names no mode for its key; major is assumed.");
        }
        let key = Key::from_fifths(fifths.clamp(-7, 7), mode.unwrap_or(Mode::Major));
        let sounding = |by: Interval| Key::new(key.tonic.transpose(by), key.mode).simplified();
        self.key = Some(self.transposition.map_or(key, sounding));
    }

    fn note(
        &mut self,
        element: Node<'_, '_>,
        measure: &mut RawMeasure,
        backups: usize,
        last_onset: &mut Duration,
    ) -> Result<(), FormatError> {
        let has = |name: &str| child(element, name).is_some();
        let (lyric, others) = lyrics::under(element, self.verse.as_deref());
        for _ in 0..others {
            self.remarks.count("Syllables of other verses left out", &measure.number);
        }
        if has("grace") {
            self.remarks.count("Grace notes left out", &measure.number);
            return Ok(());
        }
        let in_chord = has("chord");
        let voice = match child_text(element, "voice").map(str::trim).filter(|voice| !voice.is_empty()) {
            Some(voice) => self.voice(voice),
            // Without names every backup begins a new voice.
            None => self.voice(&(backups + 1).to_string()),
        };
        let start = self.clock.now();
        let written = length(element)?;
        let duration = match written {
            Some(millionths) => self.clock.after(millionths) - start,
            None => self.written_length(element, &measure.number),
        };
        // A chord's notes all begin with its first; the clock stands at that one's end by then.
        let onset = if in_chord { *last_onset } else { start };
        if !in_chord {
            *last_onset = start;
            match written {
                Some(millionths) => {
                    self.clock.advance(millionths);
                }
                None => self.clock.advance_by(duration),
            }
        }
        if has("cue") {
            self.remarks.count("Cue notes left out", &measure.number);
            return Ok(());
        }
        if has("unpitched") {
            self.remarks.count("Unpitched notes left out", &measure.number);
        }
        let pitch = child(element, "pitch").and_then(|pitch| self.pitch(pitch, &measure.number));
        if !duration.is_positive() {
            if pitch.is_some() {
                self.remarks.count("Notes without length left out", &measure.number);
            }
            return Ok(());
        }
        let tied = |kind: &str| {
            let notations = element.children().filter(|node| node.tag_name().name() == "notations");
            let tied =
                notations.flat_map(|node| node.children()).filter(|node| node.tag_name().name() == "tied");
            let ties = element.children().filter(|node| node.tag_name().name() == "tie");
            { ties }.chain(tied).any(|node| node.attribute("type") == Some(kind))
        };
        let staff = child_text(element, "staff").and_then(|text| text.trim().parse().ok()).unwrap_or(1);
        let lyric = lyric.map(|lyric| {
            self.lyrics.push(lyric);
            self.lyrics.len() - 1
        });
        measure.notes.push(RawNote {
            onset,
            length: duration,
            pitch,
            voice,
            staff,
            tie_start: tied("start"),
            tie_stop: tied("stop"),
            lyric,
        });
        Ok(())
    }

    /// The number of a voice.
    fn voice(&mut self, name: &str) -> usize {
        match self.voices.iter().position(|voice| voice == name) {
            Some(number) => number,
            // Beyond any real number of voices they share one.
            None if self.voices.len() >= 64 => 63,
            None => {
                self.voices.push(name.chars().take(20).collect());
                self.voices.len() - 1
            }
        }
    }

    /// The length that a note's value says, for notes without a duration.
    fn written_length(&mut self, element: Node<'_, '_>, number: &str) -> Duration {
        const VALUES: [&str; 12] = [
            "maxima", "long", "breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th",
            "256th",
        ];
        self.remarks.count("Notes without a duration, read by their value", number);
        let name = child_text(element, "type").map(str::trim);
        let Some(halvings) = VALUES.iter().position(|value| name == Some(*value)) else {
            return Duration::ZERO;
        };
        let plain = Duration::WHOLE * 8 / (1 << halvings);
        let dots = element.children().filter(|node| node.tag_name().name() == "dot").take(3).count();
        let dotted = plain * 2 - plain / (1 << dots);
        let ratio = child(element, "time-modification").and_then(|ratio| {
            let count =
                |name| child_text(ratio, name)?.trim().parse::<i64>().ok().filter(|n| (1..100).contains(n));
            Some((count("normal-notes")?, count("actual-notes")?))
        });
        ratio.map_or(dotted, |(normal, actual)| dotted * normal / actual)
    }

    fn pitch(&mut self, pitch: Node<'_, '_>, number: &str) -> Option<Pitch> {
        let step =
            child_text(pitch, "step").and_then(|step| step.trim().chars().next()).and_then(Step::from_letter);
        let octave = child_text(pitch, "octave").and_then(|octave| octave.trim().parse::<i32>().ok());
        let (Some(step), Some(octave)) = (step, octave.filter(|octave| (-1..=9).contains(octave))) else {
            self.remarks.count("Pitches that could not be read, left as rests", number);
            return None;
        };
        let (alter, changed) = rounded(child_text(pitch, "alter").and_then(decimal).unwrap_or(0));
        if changed {
            self.remarks.count("Quarter-tones rounded to the next semitone", number);
        }
        if alter.abs() > 3 {
            self.remarks.count("Pitches that could not be read, left as rests", number);
            return None;
        }
        let pitch = Pitch::new(NoteName::new(step, alter as i32), octave);
        Some(self.transposition.map_or(pitch, |by| pitch.transpose(by)))
    }
}

/// How far a transposing instrument sounds from what is written; `None` for not at all.
fn transposition(transpose: Node<'_, '_>) -> Option<Interval> {
    let count = |name| child_text(transpose, name).and_then(decimal).map_or(0, |number| rounded(number).0);
    let octaves = count("octave-change").clamp(-4, 4) as i32;
    let chromatic = count("chromatic").clamp(-48, 48) as i32;
    let usual = [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6][chromatic.unsigned_abs() as usize % 12]
        + 7 * (chromatic.abs() / 12);
    let diatonic = match child_text(transpose, "diatonic").and_then(decimal) {
        Some(number) => rounded(number).0.clamp(-28, 28) as i32,
        None => usual * chromatic.signum(),
    };
    let interval = Interval::new(diatonic + 7 * octaves, chromatic + 12 * octaves);
    (interval != Interval::UNISON).then_some(interval)
}

/// A `<duration>`, in millionths of a division.
fn length(element: Node<'_, '_>) -> Result<Option<i64>, FormatError> {
    let Some(text) = child_text(element, "duration") else { return Ok(None) };
    match decimal(text) {
        Some(duration) if duration >= 0 => Ok(Some(duration)),
        _ => {
            let text: String = text.chars().take(20).collect();
            Err(FormatError::new(format!("'{text}' is no duration"))
                .help("durations are numbers from zero up"))
        }
    }
}

/// The first child with a name.
pub fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The text of the first child with a name; empty if it has none.
pub fn child_text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).map(|child| child.text().unwrap_or(""))
}
