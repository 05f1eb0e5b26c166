//! A lead sheet as text: header, chart four bars a line, then the melody bar by bar.

use super::escape;
use crate::music::{Bar, Chart, ChordChange, Duration, Feel, LeadSheet, Meter};

/// Bars on one line of the chart.
const BARS_A_LINE: usize = 4;

/// The text, and what it could not hold.
pub fn write(sheet: &LeadSheet) -> (String, Vec<String>) {
    let mut remarks = Vec::new();
    let mut lines = header(sheet);
    chart(sheet, &mut lines, &mut remarks);
    if !sheet.melody().notes.is_empty() {
        lines.extend([String::new(), "Melody".to_string()]);
        melody(sheet, &mut lines);
    }
    if sheet.form().has_words() {
        lines.extend([String::new(), "Words".to_string()]);
        words(sheet, &mut lines);
    }
    lines.push(String::new());
    (lines.join("\n"), remarks)
}

fn header(sheet: &LeadSheet) -> Vec<String> {
    let header = sheet.header();
    let mut lines = Vec::new();
    let mut field = |name: &str, value: &str| lines.push(format!("{name}: {value}").trim_end().to_string());
    field("Title", &escape(&header.title, None));
    for (name, value) in
        [("Composer", &header.composer), ("Lyrics", &header.lyricist), ("Rights", &header.rights)]
    {
        if let Some(value) = value {
            field(name, &escape(value, None));
        }
    }
    field("Key", &header.key.to_string());
    field("Meter", &sheet.meter().to_string());
    if let Some(tempo) = header.tempo {
        field("Tempo", &format!("{} = {}", tempo.beat, tempo.per_minute));
    }
    if header.feel == Feel::Swing {
        field("Feel", "swing");
    }
    if sheet.form().pickup.is_positive() {
        field("Pickup", &sheet.form().pickup.to_string());
    }
    lines
}

fn chart(sheet: &LeadSheet, lines: &mut Vec<String>, remarks: &mut Vec<String>) {
    let form = sheet.form();
    let starts = form.bar_starts();
    let mut sections = form.sections.iter().peekable();
    let mut meter = sheet.meter();
    let mut line: Vec<String> = Vec::new();
    let mut first_of_line = 1;
    let pickup = sheet.chart().written_in(-form.pickup, Duration::ZERO);
    if !pickup.is_empty() {
        let places = changes_at(pickup, meter.bar_length(), meter, remarks, 0);
        lines.extend([String::new(), format!("  0 | {{pickup}} {places} |")]);
    }
    for (index, (bar, span)) in form.bars.iter().zip(starts.windows(2)).enumerate() {
        let section = sections.next_if(|section| section.first_bar == index);
        if section.is_some() || line.len() == BARS_A_LINE {
            flush(&mut line, first_of_line, lines);
        }
        if line.is_empty() {
            first_of_line = index + 1;
        }
        match section {
            Some(section) => {
                lines.extend([String::new(), format!("[{}]", escape(&section.label, Some(']')))])
            }
            None if index == 0 => lines.push(String::new()),
            None => {}
        }
        line.push(bar_text(bar, &mut meter, sheet.chart(), span, remarks, index + 1));
    }
    flush(&mut line, first_of_line, lines);
}

fn flush(bars: &mut Vec<String>, first: usize, lines: &mut Vec<String>) {
    if !bars.is_empty() {
        lines.push(format!("{first:>3} |{}|", bars.join("|")));
        bars.clear();
    }
}

/// What stands between two bar lines.
fn bar_text(
    bar: &Bar,
    meter: &mut Meter,
    chart: &Chart,
    span: &[Duration],
    remarks: &mut Vec<String>,
    number: usize,
) -> String {
    let mut words: Vec<String> = Vec::new();
    if bar.repeat_start {
        words.push(":".into());
    }
    if *meter != bar.meter {
        words.push(format!("{{meter {}}}", bar.meter));
        *meter = bar.meter;
    }
    if bar.length != bar.meter.bar_length() {
        words.push(format!("{{length {}}}", bar.length));
    }
    words.extend(bar.key_change.map(|key| format!("{{key {key}}}")));
    if let Some(passes) = &bar.ending {
        let passes: Vec<String> = passes.iter().map(u8::to_string).collect();
        words.push(format!("{{ending {}}}", passes.join(",")));
    }
    words.extend(bar.repeat_end.filter(|times| *times != 2).map(|times| format!("{{{times} times}}")));
    words.extend(bar.jumps.iter().map(|jump| format!("{{{}}}", jump.words())));
    let start = span.first().copied().unwrap_or_default();
    let written = chart.written_in(start, start + bar.length);
    let moved: Vec<ChordChange> = written
        .iter()
        .map(|change| ChordChange { at: change.at - start, chord: change.chord.clone() })
        .collect();
    words.push(changes(&moved, bar, remarks, number));
    if bar.repeat_end.is_some() {
        words.push(":".into());
    }
    format!(" {} ", words.join(" "))
}

/// Chords that divide the bar evenly, `.` where the last one is held; else each with its beat.
fn changes(changes: &[ChordChange], bar: &Bar, remarks: &mut Vec<String>, number: usize) -> String {
    let unit = bar.meter.unit_length();
    let beats = if bar.length.rem_floor(unit) == Duration::ZERO { bar.length.div_floor(unit) } else { 1 };
    let divisions = (1..=beats.min(64)).filter(|parts| beats % parts == 0);
    for parts in divisions {
        let part = bar.length / parts;
        if changes.iter().all(|change| change.at.rem_floor(part) == Duration::ZERO) {
            let slot = |index: i64| changes.iter().find(|change| change.at == part * index);
            let words = (0..parts)
                .map(|index| slot(index).map_or(".".to_string(), |change| change.chord.to_string()));
            return words.collect::<Vec<_>>().join(" ");
        }
    }
    changes_at(changes, Duration::ZERO, bar.meter, remarks, number)
}

/// Chords each with its beat, counted from 1; `zero` is added to each place first.
fn changes_at(
    changes: &[ChordChange],
    zero: Duration,
    meter: Meter,
    remarks: &mut Vec<String>,
    number: usize,
) -> String {
    let unit = meter.unit_length();
    let words = changes.iter().map(|change| {
        let place = change.at + zero;
        let beats = Duration::from_ratio(place.ticks(), unit.ticks()).unwrap_or_else(|| {
            remarks.push(format!("bar {number}: the place of {} was rounded", change.chord));
            Duration::from_ratio_rounded(place.ticks(), unit.ticks()).unwrap_or_default()
        });
        format!("{}@{}", change.chord, beats + Duration::QUARTER)
    });
    words.collect::<Vec<_>>().join(" ")
}

fn melody(sheet: &LeadSheet, lines: &mut Vec<String>) {
    let form = sheet.form();
    let mut bars = vec![(-form.pickup, Duration::ZERO)];
    bars.extend(form.bar_starts().windows(2).map(|span| (span[0], span[1])));
    let mut notes = sheet.melody().notes.iter().peekable();
    for (number, (start, end)) in bars.into_iter().enumerate() {
        let mut words = Vec::new();
        let mut at = start;
        while let Some(note) = notes.peek().filter(|note| note.onset < end) {
            if note.onset > at {
                words.push(format!("r:{}", note.onset - at));
            }
            let tied_in = if note.onset < start { "~" } else { "" };
            let tied_out = if note.end() > end { "~" } else { "" };
            let (from, to) = (note.onset.max(start), note.end().min(end));
            words.push(format!("{tied_in}{}:{}{tied_out}", note.pitch, to - from));
            at = to;
            if note.end() > end {
                break;
            }
            notes.next();
        }
        if at < end {
            words.push(format!("r:{}", end - at));
        }
        if number > 0 || form.pickup.is_positive() {
            lines.push(format!("bar {number}: {}", words.join(" ")));
        }
    }
}

/// The bars that have words.
fn words(sheet: &LeadSheet, lines: &mut Vec<String>) {
    let form = sheet.form();
    let bars = (0..=form.bars.len()).filter_map(|bar| Some((bar, form.words(bar)?)));
    lines.extend(
        bars.filter(|(_, words)| !words.is_empty()).map(|(bar, words)| format!("bar {bar}: {words}")),
    );
}
