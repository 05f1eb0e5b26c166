//! A tune while its symbols are read: time, accidentals, tuplets and bars are followed here.

use std::collections::BTreeMap;

use super::header::{self, KeyField};
use super::scan::{Length, Scanner, Symbol, WrittenNote};
use super::words::Above;
use crate::music::{ChordSymbol, Duration, Jump, Meter, NoteName, Pitch, Step, Syllable, Tempo};

/// The most notes and bars of one tune.
pub const MOST_EVENTS: usize = 50_000;

/// A note in a measure; a rest has no pitch.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// From the start of its measure.
    pub at: Duration,
    /// Its length.
    pub length: Duration,
    /// Its pitch.
    pub pitch: Option<Pitch>,
    /// Whether the letter carries an accidental of its own.
    accidental: bool,
    /// Whether it is tied to the next.
    pub tied: bool,
    /// What is sung on it.
    pub sung: Option<Syllable>,
}

/// What stands between two bar lines.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The meter in force; `None` where there is none.
    pub meter: Option<Meter>,
    /// A new key.
    pub key: Option<KeyField>,
    /// Notes and rests.
    pub events: Vec<Event>,
    /// Chord symbols and where they stand.
    pub chords: Vec<(Duration, ChordSymbol)>,
    /// Its length so far.
    pub length: Duration,
    /// A repeat starts here.
    pub starts: bool,
    /// A repeat ends here: times played.
    pub ends: Option<u8>,
    /// Passes of the ending it stands under.
    pub ending: Option<Vec<u8>>,
    /// Whether the bar line after it is double or thick.
    pub strong_end: bool,
    /// Signs and instructions.
    pub jumps: Vec<Jump>,
    /// A section begins here.
    pub section: Option<String>,
}

impl Measure {
    fn new(meter: Option<Meter>) -> Measure {
        Measure {
            meter,
            key: None,
            events: Vec::new(),
            chords: Vec::new(),
            length: Duration::ZERO,
            starts: false,
            ends: None,
            ending: None,
            strong_end: false,
            jumps: Vec::new(),
            section: None,
        }
    }
}

/// How far an accidental reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Its letter in every octave, as ABC 2.1 says.
    Letter,
    /// Its letter in its octave.
    Octave,
    /// Its note alone.
    Note,
}

/// What was left out, counted.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    /// By what it was; texts that could not be read keep a sample.
    pub counts: BTreeMap<&'static str, (usize, String)>,
}

impl LeftOut {
    /// Counts one thing, keeping the first sample.
    pub fn add(&mut self, what: &'static str, sample: &str) {
        let entry = self.counts.entry(what).or_insert_with(|| (0, sample.chars().take(24).collect()));
        entry.0 += 1;
    }
}

/// A tune under way.
pub struct Tune {
    /// The key at the start.
    pub first_key: KeyField,
    /// The tempo.
    pub tempo: Option<Tempo>,
    /// Complete measures.
    pub measures: Vec<Measure>,
    /// What was left out.
    pub left_out: LeftOut,
    /// How far accidentals reach.
    pub reach: Reach,
    measure: Measure,
    above: Above,
    key: KeyField,
    meter: Option<Meter>,
    unit: Duration,
    unit_is_given: bool,
    /// The ending that is open.
    ending: Option<Vec<u8>>,
    /// Alterations written in this bar, by letter and octave (octave 0 where it reaches every octave).
    altered: BTreeMap<(Step, i32), i8>,
    /// Factor and count of the tuplet's notes still to come.
    tuplet: Option<(i64, i64, u32)>,
    /// Factor for the next note after `>` or `<`, as numerator over 8.
    broken: i64,
    /// Inside a `&` overlay, until the bar line.
    overlaid: bool,
    voice: Option<String>,
    skipping_voice: bool,
    events: usize,
}

impl Tune {
    /// A tune with the header's key, meter and unit length.
    pub fn new(key: KeyField, meter: Option<Meter>, unit: Option<Duration>) -> Tune {
        Tune {
            first_key: key.clone(),
            tempo: None,
            measures: Vec::new(),
            left_out: LeftOut::default(),
            reach: Reach::Letter,
            measure: Measure::new(meter),
            above: Above::default(),
            key,
            meter,
            unit: unit.unwrap_or_else(|| header::implied_unit(meter)),
            unit_is_given: unit.is_some(),
            ending: None,
            altered: BTreeMap::new(),
            tuplet: None,
            broken: 8,
            overlaid: false,
            voice: None,
            skipping_voice: false,
            events: 0,
        }
    }

    /// The unit length in force.
    pub fn unit(&self) -> Duration {
        self.unit
    }

    /// A line of music. Returns whether the tune is still of a sane size.
    pub fn music(&mut self, line: &str) -> bool {
        if !line.trim().is_empty() {
            self.above.begin(self.measures.len(), line.trim_end().ends_with('\\'));
        }
        for symbol in Scanner::new(line) {
            if let Symbol::Field(name, text) = symbol {
                self.field(name, text);
                continue;
            }
            if self.skipping_voice {
                continue;
            }
            self.symbol(symbol);
            if self.events > MOST_EVENTS || self.measures.len() > MOST_EVENTS {
                return false;
            }
        }
        true
    }

    /// A field in the body.
    pub fn field(&mut self, name: char, text: &str) {
        match name {
            'V' => {
                let id = text.split_whitespace().next().unwrap_or_default().to_string();
                let first = self.voice.get_or_insert_with(|| id.clone());
                self.skipping_voice = *first != id;
                if self.skipping_voice {
                    self.left_out.add("voices after the first", &id);
                }
            }
            _ if self.skipping_voice => {}
            'K' => {
                self.key = header::key(text, Some(&self.key));
                self.altered.clear();
                self.measure.key = Some(self.key.clone());
            }
            'M' => {
                self.meter = header::meter(text);
                if self.measure.length == Duration::ZERO {
                    self.measure.meter = self.meter;
                }
                if !self.unit_is_given {
                    self.unit = header::implied_unit(self.meter);
                }
            }
            'L' => {
                if let Some(unit) = header::unit_length(text) {
                    self.unit = unit;
                    self.unit_is_given = true;
                }
            }
            'Q' if self.tempo.is_none() => self.tempo = header::tempo(text, self.unit),
            'P' => self.measure.section = Some(text.trim().to_string()).filter(|label| !label.is_empty()),
            'I' => {
                if let Some(reach) = text.trim().strip_prefix("propagate-accidentals") {
                    self.reach = match reach.trim() {
                        "octave" => Reach::Octave,
                        "not" => Reach::Note,
                        _ => Reach::Letter,
                    };
                }
            }
            'w' | '+' => self.words(text, name == '+'),
            _ => {}
        }
    }

    /// A line of words; one that goes on only counts behind another.
    fn words(&mut self, text: &str, goes_on: bool) {
        let Some(given) = self.above.words(&text.replace("\\%", "%"), goes_on) else {
            if !goes_on {
                self.left_out.add("lines of words after the first verse", "");
            }
            return;
        };
        for ((measure, event), syllable) in given {
            let measure = self.measures.get_mut(measure).unwrap_or(&mut self.measure);
            if let Some(event) = measure.events.get_mut(event) {
                event.sung = Some(syllable);
            }
        }
    }

    fn symbol(&mut self, symbol: Symbol<'_>) {
        if self.overlaid && !matches!(symbol, Symbol::BarLine { .. }) {
            return;
        }
        match symbol {
            Symbol::Note(note) => self.note(note, note.length, false),
            Symbol::Chord(notes, length) => {
                if notes.len() > 1 {
                    self.left_out.add("lower notes of chords", "");
                }
                let tied = notes.iter().any(|note| note.tied);
                // The highest as written; accidentals of the others still hold for the bar.
                let top = notes
                    .iter()
                    .copied()
                    .max_by_key(|note| (note.octave * 7 + note.step.index(), note.accidental));
                for other in notes.iter().filter(|note| Some(**note) != top) {
                    self.pitch(*other);
                }
                if let (Some(top), Some(first)) = (top, notes.first()) {
                    let length =
                        (first.length.0.saturating_mul(length.0), first.length.1.saturating_mul(length.1));
                    self.note(top, length, tied);
                }
            }
            Symbol::Rest(length) => {
                let length = self.timed(length);
                self.push(length, None, false, false);
            }
            Symbol::BarsOfRest(count) => self.bars_of_rest(count),
            Symbol::Quoted(text) => self.quoted(text),
            Symbol::BarLine { ends, starts, strong } => self.bar_line(ends, starts, strong),
            Symbol::Ending(passes) => {
                if self.measure.length == Duration::ZERO {
                    self.ending = Some(passes);
                    self.measure.ending.clone_from(&self.ending);
                } else {
                    self.left_out.add("endings inside bars", "");
                }
            }
            Symbol::Tie => {
                if let Some(last) = self.last_event() {
                    last.tied = true;
                }
            }
            Symbol::Broken(count) => self.broken_rhythm(count),
            Symbol::Tuplet(notes, time, count) => {
                let compound = self.measure.meter.is_some_and(Meter::is_compound);
                let usual = match notes {
                    2 | 4 | 8 => 3,
                    3 | 6 => 2,
                    _ if compound => 3,
                    _ => 2,
                };
                let (notes, time) = (i64::from(notes), i64::from(time.unwrap_or(usual)));
                if notes > 0 && time > 0 && notes <= 64 && time <= 64 {
                    self.tuplet = Some((time, notes, count.unwrap_or(notes as u32)));
                }
            }
            Symbol::Decoration(name) => self.decoration(name),
            Symbol::Overlay => {
                self.overlaid = true;
                self.left_out.add("overlaid voices", "");
            }
            Symbol::Grace => self.left_out.add("grace notes", ""),
            Symbol::Unknown(c) => self.left_out.add("signs that are no ABC", c.encode_utf8(&mut [0; 4])),
            Symbol::Field(..) => {}
        }
    }

    fn last_event(&mut self) -> Option<&mut Event> {
        match self.measure.events.last_mut() {
            Some(event) => Some(event),
            None => self.measures.last_mut().and_then(|measure| measure.events.last_mut()),
        }
    }

    /// A written length in time, tuplets and broken rhythm applied.
    fn timed(&mut self, (numerator, denominator): Length) -> Duration {
        let mut ticks = i128::from(self.unit.ticks()) * i128::from(numerator) * i128::from(self.broken);
        let mut divisor = i128::from(denominator.max(1)) * 8;
        self.broken = 8;
        if let Some((time, notes, left)) = self.tuplet {
            ticks *= i128::from(time);
            divisor *= i128::from(notes);
            self.tuplet = (left > 1).then_some((time, notes, left.saturating_sub(1)));
        }
        // Rounded to the nearest tick.
        Duration::from_ticks(i64::try_from((ticks * 2 + divisor) / (divisor * 2)).unwrap_or(0))
    }

    fn push(&mut self, length: Duration, pitch: Option<Pitch>, accidental: bool, tied: bool) {
        if !length.is_positive() {
            return;
        }
        self.events += 1;
        if pitch.is_some() {
            self.above.note((self.measures.len(), self.measure.events.len()));
        }
        self.measure.events.push(Event {
            at: self.measure.length,
            length,
            pitch,
            accidental,
            tied,
            sung: None,
        });
        self.measure.length += length;
    }

    fn note(&mut self, note: WrittenNote, length: Length, tied: bool) {
        // A tie over the bar line carries the accidental along.
        let before = self.last_event().filter(|last| last.tied).and_then(|last| last.pitch);
        let mut pitch = self.pitch(note);
        if let Some(before) = before.filter(|_| note.accidental.is_none()) {
            let same_place = before.octave == pitch.octave && before.name.step == pitch.name.step;
            if same_place && self.measure.events.is_empty() {
                pitch = before;
            }
        }
        let length = self.timed(length);
        self.push(length, Some(pitch), note.accidental.is_some(), tied);
    }

    /// A written note's pitch, its accidental remembered for the bar.
    fn pitch(&mut self, note: WrittenNote) -> Pitch {
        let octave = note.octave + self.key.octave;
        let place = (note.step, if self.reach == Reach::Letter { 0 } else { octave });
        let alter = match note.accidental {
            Some(alter) => {
                if self.reach != Reach::Note {
                    self.altered.insert(place, alter);
                }
                alter
            }
            None => {
                let signature = self.key.signature[note.step.index() as usize];
                self.altered.get(&place).copied().unwrap_or(signature)
            }
        };
        Pitch::new(NoteName::new(note.step, alter.into()), octave)
    }

    fn bars_of_rest(&mut self, count: u32) {
        let bar = self.measure.meter.unwrap_or(Meter::COMMON).bar_length();
        for index in 0..count.min(1000) {
            if index > 0 {
                self.bar_line(None, false, false);
            }
            self.push(bar, None, false, false);
        }
    }

    /// A chord symbol; annotations begin with a sign for their place.
    fn quoted(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || text.starts_with(['^', '_', '<', '>', '@']) {
            return;
        }
        // "Am;C" and "G(Em)" offer alternatives: the first counts.
        let first = text.split([';', '\n']).next().unwrap_or_default().trim();
        let alternative = first.split('(').next().unwrap_or_default().trim();
        match first.parse::<ChordSymbol>().or_else(|_| alternative.parse()) {
            Ok(chord) => {
                let at = self.measure.length;
                self.measure.chords.retain(|(place, _)| *place != at);
                self.measure.chords.push((at, chord));
            }
            Err(_) => self.left_out.add("quoted texts that are no chord symbols", text),
        }
    }

    fn broken_rhythm(&mut self, count: i32) {
        let shorter = 8 >> count.abs().min(3);
        let longer = 16 - shorter;
        let (before, after) = if count > 0 { (longer, shorter) } else { (shorter, longer) };
        if let Some(last) = self.measure.events.last_mut() {
            let length = last.length * before / 8;
            self.measure.length = self.measure.length - last.length + length;
            last.length = length;
            self.broken = after;
        }
    }

    fn decoration(&mut self, name: &str) {
        let jump = match name {
            "segno" => Jump::Segno,
            "coda" => Jump::Coda,
            "dacoda" | "tocoda" => Jump::ToCoda,
            "fine" => Jump::Fine,
            "D.C." | "dacapo" => Jump::DaCapo,
            "D.C.alfine" => Jump::DaCapoAlFine,
            "D.C.alcoda" => Jump::DaCapoAlCoda,
            "D.S." => Jump::DalSegno,
            "D.S.alfine" => Jump::DalSegnoAlFine,
            "D.S.alcoda" => Jump::DalSegnoAlCoda,
            _ => return,
        };
        self.measure.jumps.push(jump);
    }

    fn bar_line(&mut self, ends: Option<u8>, starts: bool, strong: bool) {
        self.altered.clear();
        self.overlaid = false;
        self.tuplet = None;
        self.broken = 8;
        if self.measure.length == Duration::ZERO {
            // Two bar lines in a row say one thing, as at the end of a line and the start of the next.
            if let Some(last) = self.measures.last_mut() {
                last.ends = last.ends.or(ends);
                last.strong_end |= strong;
            }
        } else {
            let next = Measure::new(self.meter);
            let mut done = std::mem::replace(&mut self.measure, next);
            done.ends = ends;
            done.strong_end = strong;
            self.measures.push(done);
        }
        if strong {
            self.ending = None;
        }
        self.measure.ending.clone_from(&self.ending);
        self.measure.starts |= starts;
    }

    /// Ends the last measure.
    pub fn finish(&mut self) {
        self.bar_line(None, false, true);
    }
}

impl Event {
    /// Whether a tie leads into a note of this pitch.
    pub fn ties_into(&self, next: &Event) -> bool {
        self.tied && self.pitch.is_some() && self.pitch == next.pitch
    }
}
