//! An ABC file as lead sheets, one a tune.

use super::header;
use super::tune::{MOST_EVENTS, Measure, Tune};
use crate::format::{FormatError, Reading};
use crate::music::lead_sheet::Header;
use crate::music::{Bar, Chart, ChordChange, Duration, Form, LeadSheet, Melody, Meter, Note, Section, Words};

/// Every tune of the file that can be read.
pub fn read(bytes: &[u8]) -> Result<Reading, FormatError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text: String = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        // Older files are Latin-1, whose codes are those of Unicode.
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut reading = Reading::default();
    let mut file_defaults = Fields::default();
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut in_tune = false;
    let mut any_field = false;
    let mut first_error = None;
    let mut finish = |lines: &mut Vec<(usize, &str)>, defaults: &Fields, reading: &mut Reading| {
        if lines.is_empty() {
            return;
        }
        let number = lines.first().map_or(1, |(number, _)| *number);
        match tune(lines, defaults) {
            Ok((sheet, remark)) => {
                reading.remarks.extend(remark);
                reading.sheets.push(sheet);
            }
            Err((title, why)) => {
                reading.remarks.push(format!("the tune {title} at line {number} was left out: {why}"));
                first_error.get_or_insert(
                    FormatError::new(format!("the tune {title}: {why}")).at(format!("line {number}")),
                );
            }
        }
        lines.clear();
    };
    for (index, line) in text.lines().enumerate() {
        let starts_tune = line.starts_with("X:");
        if line.trim().is_empty() || starts_tune {
            // A blank line ends a tune, but some files have one right after the header.
            let complete = lines.iter().any(|(_, line)| line.starts_with("K:")) || starts_tune;
            if in_tune && complete {
                finish(&mut lines, &file_defaults, &mut reading);
                in_tune = false;
            }
            if !starts_tune {
                continue;
            }
            in_tune = true;
        }
        any_field |= field(line).is_some();
        // Without an X: field the whole file is one tune, once it has a key.
        in_tune |= line.starts_with("K:") || line.starts_with("T:");
        if in_tune {
            lines.push((index + 1, line));
        } else {
            file_defaults.take(line);
        }
    }
    finish(&mut lines, &file_defaults, &mut reading);
    if !reading.sheets.is_empty() {
        return Ok(reading);
    }
    Err(first_error.unwrap_or_else(|| {
        let help = "an ABC tune has the fields X:, T:, M:, L:, K: and then notes";
        let what = if any_field { "there is no tune in this ABC file" } else { "this is not ABC" };
        FormatError::new(what).help(help)
    }))
}

/// A field line: its letter and text. A bar line may follow a note at the start of a line, as in `d:|`.
fn field(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let name = chars.next().filter(|c| c.is_ascii_alphabetic() || *c == '+')?;
    let rest = chars.as_str().strip_prefix(':')?;
    (!rest.starts_with(['|', ':'])).then_some((name, rest.trim()))
}

/// What a header says, as text.
#[derive(Clone, Debug, Default)]
struct Fields {
    title: Option<String>,
    composer: Option<String>,
    meter: Option<String>,
    unit: Option<String>,
    tempo: Option<String>,
    reach: Option<String>,
    rhythm: Option<String>,
}

impl Fields {
    /// Takes a header line.
    fn take(&mut self, line: &str) {
        let line = uncommented(line);
        let Some((name, text)) = field(line) else { return };
        let text = || text.replace("\\%", "%");
        match name {
            'T' if self.title.is_none() => self.title = Some(text()),
            'C' if self.composer.is_none() => self.composer = Some(text()).filter(|text| !text.is_empty()),
            'M' => self.meter = Some(text()),
            'L' => self.unit = Some(text()),
            'Q' => self.tempo = Some(text()),
            'R' => self.rhythm = Some(text()),
            'I' if text().starts_with("propagate-accidentals") => self.reach = Some(text()),
            _ => {}
        }
    }
}

/// A line without its comment; `\%` is a per cent sign.
fn uncommented(line: &str) -> &str {
    let mut from = 0;
    while let Some(found) = line.get(from..).and_then(|rest| rest.find('%')) {
        let at = from + found;
        if !line[..at].ends_with('\\') {
            return &line[..at];
        }
        from = at + 1;
    }
    line
}

/// A tune of these lines and a remark about what was left out of it; or its title and why it cannot be read.
fn tune(lines: &[(usize, &str)], defaults: &Fields) -> Result<(LeadSheet, Option<String>), (String, String)> {
    let mut fields = Fields { title: None, ..defaults.clone() };
    let key_line = lines.iter().position(|(_, line)| line.starts_with("K:"));
    let body_from = key_line.map_or(lines.len(), |index| index + 1);
    lines[..body_from].iter().for_each(|(_, line)| fields.take(line));
    let title = fields.title.clone().unwrap_or_default();
    let fail = |why: String| (format!("'{title}'"), why);
    let Some((_, key_text)) = key_line.and_then(|index| lines.get(index)) else {
        return Err(fail("it has no key (a line 'K:')".into()));
    };
    let key = header::key(uncommented(key_text).get(2..).unwrap_or_default(), None);
    let meter = fields.meter.as_deref().map_or(Some(Meter::COMMON), header::meter);
    let mut tune = Tune::new(key, meter, fields.unit.as_deref().and_then(header::unit_length));
    tune.tempo = fields.tempo.as_deref().and_then(|text| header::tempo(text, tune.unit()));
    if let Some(reach) = &fields.reach {
        tune.field('I', reach);
    }
    for (_, line) in &lines[body_from..] {
        let line = uncommented(line);
        match field(line) {
            Some((name, text)) => tune.field(name, text),
            None if !tune.music(line) => return Err(fail("it is longer than a lead sheet can be".into())),
            None => {}
        }
    }
    tune.finish();
    if tune.measures.is_empty() {
        return Err(fail("it has no notes".into()));
    }
    let remark = remark(&title, &tune);
    let sheet = sheet(&fields, tune).map_err(fail)?;
    Ok((sheet, remark))
}

fn remark(title: &str, tune: &Tune) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for (what, (count, sample)) in &tune.left_out.counts {
        let sample = if sample.is_empty() { String::new() } else { format!(" ('{sample}')") };
        parts.push(format!(
            "{what}{sample}{}",
            if *count > 1 { format!(", {count} times") } else { String::new() }
        ));
    }
    if !tune.first_key.given {
        parts.push("the missing key, taken for C".into());
    }
    (!parts.is_empty()).then(|| format!("'{title}': left out {}", parts.join("; ")))
}

fn sheet(fields: &Fields, tune: Tune) -> Result<LeadSheet, String> {
    let Tune { measures, first_key, tempo, .. } = tune;
    let mut measures = joined(measures);
    let key = measures.first().and_then(|measure| measure.key.clone()).unwrap_or(first_key);
    let bar_of = |measure: &Measure| measure.meter.unwrap_or(Meter::COMMON).bar_length();
    let mut pickup = Duration::ZERO;
    let has_pickup = measures.len() > 1 && {
        let (first, second) = (&measures[0], &measures[1]);
        first.meter.is_some()
            && first.length < bar_of(first)
            && first.length < bar_of(second)
            && first.ends.is_none()
    };
    if has_pickup {
        // A repeat that starts before the pickup starts at bar 1: the pickup is played again from the last bar.
        pickup = measures[0].length;
        measures[1].starts |= measures[0].starts;
        let (section, jumps) = (measures[0].section.take(), std::mem::take(&mut measures[0].jumps));
        measures[1].section = measures[1].section.take().or(section);
        measures[1].jumps.splice(0..0, jumps);
    }
    let mut form = Form { pickup, ..Form::default() };
    let (mut changes, mut notes) = (Vec::<ChordChange>::new(), Vec::<Note>::new());
    let mut at = -pickup;
    let mut sung = Vec::new();
    let mut tied = None;
    for (index, measure) in measures.into_iter().enumerate() {
        for (place, chord) in measure.chords {
            if place < measure.length {
                changes.push(ChordChange { at: at + place, chord });
            }
        }
        for event in measure.events {
            let tied_in = tied.as_ref().is_some_and(|before: &super::tune::Event| before.ties_into(&event));
            match (notes.last_mut().filter(|_| tied_in), event.pitch) {
                (Some(last), _) => last.duration += event.length,
                (None, Some(pitch)) => {
                    notes.push(Note { onset: at + event.at, duration: event.length, pitch });
                    sung.push(event.sung.clone());
                }
                (None, None) => {}
            }
            tied = Some(event);
        }
        at += measure.length;
        if has_pickup && index == 0 {
            continue;
        }
        let meter = measure.meter.unwrap_or(Meter::COMMON);
        if let Some(label) = measure.section {
            form.sections.push(Section { label, first_bar: form.bars.len() });
        }
        let bar = Bar {
            meter,
            length: measure.length,
            key_change: measure.key.filter(|_| !form.bars.is_empty()).map(|field| field.key),
            repeat_start: measure.starts,
            repeat_end: measure.ends,
            ending: measure.ending,
            jumps: measure.jumps,
            words: Words::default(),
        };
        form.bars.extend(of_sane_length(bar));
    }
    form.set_words(&notes, &sung);
    let header = Header {
        composer: fields.composer.clone(),
        tempo,
        ..Header::new(fields.title.clone().unwrap_or_default(), key.key)
    };
    LeadSheet::new(header, form, Chart { changes }, Melody { notes }).map_err(|error| error.to_string())
}

/// Music without bar lines in bars of its meter; any other bar as it is.
fn of_sane_length(bar: Bar) -> Vec<Bar> {
    if bar.length <= LeadSheet::MAX_BAR {
        return vec![bar];
    }
    let full = bar.meter.bar_length();
    let (mut bars, mut left) = (Vec::new(), bar.length);
    while left.is_positive() && bars.len() < MOST_EVENTS {
        bars.push(Bar { length: full.min(left), ..Bar::full(bar.meter) });
        left -= full;
    }
    if let Some(first) = bars.first_mut() {
        (first.key_change, first.repeat_start) = (bar.key_change, bar.repeat_start);
        first.jumps = bar.jumps;
    }
    if let Some(last) = bars.last_mut() {
        last.repeat_end = bar.repeat_end;
    }
    bars
}

/// Measures with those put together that a double bar line divides inside a bar, without a repeat.
fn joined(measures: Vec<Measure>) -> Vec<Measure> {
    let mut joined: Vec<Measure> = Vec::with_capacity(measures.len());
    for measure in measures {
        let bar = measure.meter.map(Meter::bar_length);
        let first = joined.len() <= 1;
        let halves = |before: &&mut Measure| {
            !first
                && bar == Some(before.length + measure.length)
                && before.meter == measure.meter
                && before.ends.is_none()
                && !measure.starts
                && before.ending == measure.ending
                && measure.section.is_none()
                && measure.key.is_none()
        };
        match joined.last_mut().filter(halves) {
            Some(before) => {
                let offset = before.length;
                before.chords.extend(measure.chords.into_iter().map(|(at, chord)| (at + offset, chord)));
                before.events.extend(measure.events.into_iter().map(|mut event| {
                    event.at += offset;
                    event
                }));
                before.length += measure.length;
                before.ends = measure.ends;
                before.strong_end = measure.strong_end;
                before.jumps.extend(measure.jumps);
            }
            None => joined.push(measure),
        }
    }
    joined
}
