//! Reading the text chart, with the line and column of what cannot be read.

use super::unescape;
use crate::format::{FormatError, Reading};
use crate::music::lead_sheet::Header;
use crate::music::{
    Bar, Chart, ChordChange, ChordSymbol, Duration, Feel, Form, Jump, Key, LeadSheet, Melody, Meter, Note,
    Pitch, Section, Tempo, Words,
};

/// The most bars a chart may have.
const MOST_BARS: usize = 20_000;

/// The one sheet of a text chart.
pub fn read(bytes: &[u8]) -> Result<Reading, FormatError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        FormatError::new("the text is not UTF-8").at(format!("line {line}")).help("save it as UTF-8")
    })?;
    let mut chart = Draft::default();
    for (index, line) in text.lines().enumerate() {
        let line = Line { text: line, number: index + 1 };
        if !line.text.trim().is_empty() && !line.text.trim_start().starts_with('#') {
            chart.line(line)?;
        }
    }
    let sheet = chart.finish()?;
    Ok(Reading { sheets: vec![sheet], remarks: Vec::new() })
}

/// A line and its number, to say where something stands.
#[derive(Clone, Copy)]
struct Line<'t> {
    text: &'t str,
    number: usize,
}

impl<'t> Line<'t> {
    /// An error at a part of this line.
    fn error(self, part: &str, message: impl Into<String>) -> FormatError {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let column = self.text.get(..offset).map_or(1, |before| before.chars().count() + 1);
        FormatError::new(message).at(format!("line {}, column {column}", self.number))
    }

    /// A part of this line read as a value, with its own message if it cannot be.
    fn value<T: std::str::FromStr<Err: std::fmt::Display>>(self, part: &'t str) -> Result<T, FormatError> {
        part.parse().map_err(|error| self.error(part, format!("{error}")))
    }

    fn length(self, part: &'t str) -> Result<Duration, FormatError> {
        let length: Duration = self.value(part)?;
        let sane = length.is_positive() && length <= LeadSheet::MAX_BAR * 64;
        if sane {
            Ok(length)
        } else {
            Err(self.error(part, "a length must be longer than nothing and not beyond reason"))
        }
    }
}

/// The sheet so far.
struct Draft {
    header: Header,
    meter: Meter,
    form: Form,
    changes: Vec<ChordChange>,
    notes: Vec<Note>,
    /// Where the next bar starts.
    end: Duration,
    /// Bar starts and ends, from the pickup on; made when the melody begins.
    spans: Option<Vec<(Duration, Duration)>>,
    last_melody_bar: Option<usize>,
    /// Whether lines are those of the words.
    in_words: bool,
    /// Whether the last note is tied over the coming bar line.
    open_tie: bool,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft {
            header: Header::new("", Key::C_MAJOR),
            meter: Meter::COMMON,
            form: Form::default(),
            changes: Vec::new(),
            notes: Vec::new(),
            end: Duration::ZERO,
            spans: None,
            last_melody_bar: None,
            in_words: false,
            open_tie: false,
        }
    }
}

impl Draft {
    fn line(&mut self, line: Line<'_>) -> Result<(), FormatError> {
        let text = line.text.trim();
        if text == "Words" {
            self.in_words = true;
            return Ok(());
        }
        if self.in_words {
            return self.words(line, text);
        }
        if self.spans.is_some() {
            return self.melody_bar(line, text);
        }
        if let Some(bars) =
            text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().strip_prefix('|')
        {
            return self.bars(line, bars);
        }
        if let Some(label) = text.strip_prefix('[') {
            let Some(label) = label.strip_suffix(']') else {
                return Err(line.error(text, "a section label ends with ']'"));
            };
            self.form.sections.push(Section { label: unescape(label), first_bar: self.form.bars.len() });
            return Ok(());
        }
        if text == "Melody" {
            let mut spans = vec![(-self.form.pickup, Duration::ZERO)];
            spans.extend(self.form.bar_starts().windows(2).map(|span| (span[0], span[1])));
            self.spans = Some(spans);
            return Ok(());
        }
        self.header_field(line, text)
    }

    fn header_field(&mut self, line: Line<'_>, text: &str) -> Result<(), FormatError> {
        let Some((name, value)) = text.split_once(':') else {
            return Err(line
                .error(
                    text,
                    "expected a header field, a section '[A]', a line of bars '| C | F |', 'Melody' or 'Words'",
                )
                .help("comments start with #"));
        };
        if !self.form.bars.is_empty() {
            return Err(line.error(text, "header fields must stand before the first bar"));
        }
        let value = value.trim();
        let words = || Some(unescape(value));
        match name.trim() {
            "Title" => self.header.title = unescape(value),
            "Composer" => self.header.composer = words(),
            "Lyrics" => self.header.lyricist = words(),
            "Rights" => self.header.rights = words(),
            "Key" => self.header.key = line.value(value)?,
            "Meter" => self.meter = line.value(value)?,
            "Tempo" => {
                let (beat, per_minute) = match value.split_once('=') {
                    Some((beat, per_minute)) => (line.length(beat.trim())?, per_minute.trim()),
                    None => (Duration::QUARTER, value),
                };
                self.header.tempo = Some(Tempo { beat, per_minute: line.value(per_minute)? });
            }
            "Feel" if value == "swing" => self.header.feel = Feel::Swing,
            "Feel" if value == "straight" => self.header.feel = Feel::Straight,
            "Feel" => return Err(line.error(value, "the feel is 'swing' or 'straight'")),
            "Pickup" => self.form.pickup = line.length(value)?,
            other => {
                return Err(line.error(text, format!("'{other}' is no header field")).help(
                    "the fields are Title, Composer, Lyrics, Rights, Key, Meter, Tempo, Feel, Pickup",
                ));
            }
        }
        Ok(())
    }

    /// The bars of a line, after its first bar line.
    fn bars(&mut self, line: Line<'_>, bars: &str) -> Result<(), FormatError> {
        let Some(bars) = bars.strip_suffix('|') else {
            return Err(line.error(&bars[bars.len()..], "a line of bars ends with '|'"));
        };
        bars.split('|').try_for_each(|bar| self.bar(line, bar))
    }

    fn bar(&mut self, line: Line<'_>, whole: &str) -> Result<(), FormatError> {
        let mut text = whole.trim();
        let mut bar = Bar::full(self.meter);
        let mut times = 2;
        let mut length = None;
        let mut is_pickup = false;
        if let Some(rest) = text.strip_prefix(':') {
            bar.repeat_start = true;
            text = rest.trim();
        }
        let ends_repeat = text.strip_suffix(':').inspect(|rest| text = rest.trim()).is_some();
        while let Some(rest) = text.strip_prefix('{') {
            let Some((word, after)) = rest.split_once('}') else {
                return Err(line.error(text, "'{' without '}'"));
            };
            text = after.trim();
            match word.split_once(' ') {
                Some(("meter", value)) => self.meter = line.value(value.trim())?,
                Some(("key", value)) => bar.key_change = Some(line.value(value.trim())?),
                Some(("length", value)) => length = Some(line.length(value.trim())?),
                Some(("ending", value)) => {
                    let passes: Result<Vec<u8>, _> =
                        value.split(',').map(|pass| line.value(pass.trim())).collect();
                    bar.ending = Some(passes?);
                }
                Some((count, "times")) => times = line.value(count)?,
                _ if word == "pickup" => is_pickup = true,
                _ => {
                    let jump = Jump::ALL.into_iter().find(|jump| jump.words() == word.trim());
                    let known = "{pickup} {meter 3/4} {key G major} {length 2} {ending 1} {3 times} {Fine} {D.C. al Fine}";
                    bar.jumps.push(jump.ok_or_else(|| {
                        line.error(word, format!("'{word}' is no instruction"))
                            .help(format!("known: {known}, …"))
                    })?);
                }
            }
        }
        if ends_repeat {
            bar.repeat_end = Some(times);
        }
        if is_pickup {
            if !self.form.bars.is_empty() || !self.form.pickup.is_positive() {
                return Err(line.error(
                    whole,
                    "{pickup} marks the chords before bar 1, and needs the field 'Pickup: LENGTH'",
                ));
            }
            return self.chords(
                line,
                text,
                -self.form.pickup,
                self.form.pickup,
                -self.meter.bar_length(),
                self.meter,
            );
        }
        if self.form.bars.len() >= MOST_BARS {
            return Err(line.error(whole, format!("a chart may have {MOST_BARS} bars")));
        }
        bar.meter = self.meter;
        bar.length = length.unwrap_or(self.meter.bar_length());
        if bar.length > LeadSheet::MAX_BAR {
            return Err(line.error(whole, "the bar is longer than 64 whole notes"));
        }
        let start = self.end;
        self.chords(line, text, start, bar.length, start, bar.meter)?;
        self.end += bar.length;
        self.form.bars.push(bar);
        Ok(())
    }

    /// Chords that divide a length from `start` evenly, or each stand at a beat counted from `first_beat`.
    fn chords(
        &mut self,
        line: Line<'_>,
        text: &str,
        start: Duration,
        length: Duration,
        first_beat: Duration,
        meter: Meter,
    ) -> Result<(), FormatError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let parts = words.len() as i64;
        let placed = words.iter().any(|word| word.contains('@'));
        for (index, word) in words.iter().enumerate() {
            let (name, at) = if placed {
                let Some((name, beat)) = word.split_once('@') else {
                    return Err(line.error(word, "in a bar with beats every chord has one, as in 'G7@2+1/2'"));
                };
                let beats: Duration = line.value(beat)?;
                let beats = beats - Duration::QUARTER;
                let scaled = beats.ticks().checked_mul(meter.unit_length().ticks());
                let ticks = scaled.ok_or_else(|| line.error(beat, "the beat is outside the bar"))?;
                (name, first_beat + Duration::from_ticks(ticks / Duration::TICKS_PER_QUARTER))
            } else {
                if (length * index as i64).ticks() % parts != 0 {
                    let message =
                        format!("{parts} chords do not divide the bar: give each its beat, as in 'G7@2+1/2'");
                    return Err(line.error(word, message));
                }
                (*word, start + length * index as i64 / parts)
            };
            if name == "." {
                continue;
            }
            let chord: ChordSymbol = name.parse().map_err(|error| line.error(word, format!("{error}")))?;
            let late = self.changes.last().is_some_and(|last| last.at >= at);
            if late || at < start || at >= start + length {
                return Err(line.error(word, format!("'{word}' is out of order or outside its bar")));
            }
            self.changes.push(ChordChange { at, chord });
        }
        Ok(())
    }

    /// `bar 3: E4:1 r:1 G4:2~`
    fn melody_bar(&mut self, line: Line<'_>, text: &str) -> Result<(), FormatError> {
        let numbered = text.strip_prefix("bar ").and_then(|rest| rest.split_once(':'));
        let Some((number, notes)) = numbered else {
            return Err(line.error(text, "expected a bar of the melody, as in 'bar 3: E4:1 G4:1/2 r:1/2'"));
        };
        let bar: usize = line.value(number.trim())?;
        let spans = self.spans.as_deref().unwrap_or_default();
        let Some(&(start, end)) = spans.get(bar) else {
            return Err(line.error(number, format!("the chart has {} bars", self.form.bars.len())));
        };
        if self.last_melody_bar.is_some_and(|last| last >= bar) {
            return Err(line.error(number, "bars must stand in order, each once"));
        }
        self.last_melody_bar = Some(bar);
        let mut at = start;
        for word in notes.split_whitespace() {
            let tied_in = word.strip_prefix('~');
            let tied_out = word.strip_suffix('~').is_some();
            let bare = tied_in.unwrap_or(word);
            let bare = bare.strip_suffix('~').unwrap_or(bare);
            let Some((pitch, length)) = bare.split_once(':') else {
                return Err(line.error(word, "expected pitch:length, as in 'E4:1' or 'r:1/2'"));
            };
            let length = line.length(length)?;
            if length > end - at {
                let left = end - at;
                return Err(line
                    .error(word, format!("'{word}' does not fit: {left} of the bar's quarters are left"))
                    .help("a note over the bar line is written in two parts, 'E4:1~' and '~E4:2'"));
            }
            if pitch != "r" {
                let pitch: Pitch = line.value(pitch)?;
                match self.notes.last_mut().filter(|_| tied_in.is_some()) {
                    Some(last) if self.open_tie && last.end() == at && last.pitch == pitch => {
                        last.duration += length
                    }
                    Some(_) => {
                        return Err(
                            line.error(word, "this tie has no note of the same pitch right before it")
                        );
                    }
                    None if tied_in.is_some() => {
                        return Err(line.error(word, "this tie has no note before it"));
                    }
                    None => self.notes.push(Note { onset: at, duration: length, pitch }),
                }
            }
            self.open_tie = tied_out;
            at += length;
        }
        Ok(())
    }

    /// `bar 3: Some morn-ing`
    fn words(&mut self, line: Line<'_>, text: &str) -> Result<(), FormatError> {
        let numbered = text.strip_prefix("bar ").and_then(|rest| rest.split_once(':'));
        let Some((number, words)) = numbered else {
            return Err(line.error(text, "expected the words of a bar, as in 'bar 3: Some morn-ing'"));
        };
        let bar: usize = line.value(number.trim())?;
        let bars = self.form.bars.len();
        match self.form.words_mut(bar) {
            Some(own) => *own = Words::from(words),
            None => return Err(line.error(number, format!("the chart has {bars} bars"))),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<LeadSheet, FormatError> {
        if self.form.bars.is_empty() {
            return Err(FormatError::new("there are no bars").help("write them as '| C | F G | C |'"));
        }
        // A label after the last bar names nothing.
        self.form.sections.retain(|section| section.first_bar < self.form.bars.len());
        self.form.sections.dedup_by(|later, earlier| later.first_bar == earlier.first_bar);
        let chart = Chart { changes: self.changes };
        LeadSheet::new(self.header, self.form, chart, Melody { notes: self.notes })
            .map_err(|error| FormatError::new(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> LeadSheet {
        read(text.as_bytes()).expect(text).sheets.remove(0)
    }

    fn complaint(text: &str) -> String {
        read(text.as_bytes()).expect_err(text).to_string()
    }

    #[test]
    fn a_bare_line_of_chords_is_a_chart() {
        let sheet = sheet("| C | Am F | Dm . . G7 |\n");
        let places: Vec<String> =
            sheet.chart().changes.iter().map(|c| format!("{} {}", c.at, c.chord)).collect();
        assert_eq!(places, ["0 C", "4 Am", "6 F", "8 Dm", "11 G7"]);
        assert_eq!(sheet.form().bars.len(), 3);
    }

    #[test]
    fn repeats_endings_and_jumps_are_read() {
        let sheet = sheet("|: C | {ending 1} G :| {ending 2} {D.C. al Fine} C |\n");
        let bars = &sheet.form().bars;
        assert!(bars[0].repeat_start && bars[1].repeat_end == Some(2));
        assert_eq!((bars[1].ending.clone(), bars[2].ending.clone()), (Some(vec![1]), Some(vec![2])));
        assert_eq!(bars[2].jumps, [Jump::DaCapoAlFine]);
    }

    #[test]
    fn a_note_over_the_bar_line_is_one_note() {
        let sheet = sheet("| C | F |\nMelody\nbar 1: r:3 E4:1~\nbar 2: ~E4:2\n");
        assert_eq!(sheet.melody().notes.len(), 1);
        assert_eq!(sheet.melody().notes[0].duration, Duration::quarters(3));
    }

    #[test]
    fn complaints_name_the_place() {
        for (text, place) in [
            ("| C | Hm |\n", "line 1, column 7"),
            ("Title: x\nKey: H major\n| C |\n", "line 2, column 6"),
            ("| C |\nMelody\nbar 1: E4:1 X4:1\n", "line 3, column 13"),
            ("| C |\nMelody\nbar 1: E4:5\n", "line 3, column 8"),
            ("| C |\nMelody\nbar 2: E4:5\n", "line 3, column 5"),
            ("| C |\nMelody\nbar 1: ~E4:1\n", "line 3, column 8"),
            ("| C | {dance} F |\n", "line 1, column 8"),
            ("| C@3 F@2 |\n", "line 1, column 7"),
            ("| C |\nWords\nbar 2: Some\n", "line 3, column 5"),
            ("| C |\nWords\nSome morn-ing\n", "line 3, column 1"),
            ("| C\n", "line 1"),
            ("Colour: red\n", "line 1, column 1"),
        ] {
            let complaint = complaint(text);
            assert!(complaint.starts_with(place), "{text:?} gave {complaint}");
        }
        assert!(complaint("").contains("no bars"));
    }
}
