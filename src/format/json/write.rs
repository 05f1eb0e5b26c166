//! A lead sheet as neutral JSON that reads back as the same sheet.

use serde_json::{Map, Value, json};

use crate::format::Writing;
use crate::music::{Bar, Chart, ChordSymbol, Duration, Feel, Form, LeadSheet};

/// The file's bytes.
pub fn write(sheet: &LeadSheet) -> Writing {
    let song = song(sheet);
    // One field a line, so that a person can read the file and a diff shows what changed.
    let fields: Vec<String> =
        song.iter().map(|(name, value)| format!("    {}: {value}", json!(name))).collect();
    let text = format!("{{\n  \"songs\": [{{\n{}\n  }}]\n}}\n", fields.join(",\n"));
    Writing { bytes: text.into_bytes(), remarks: Vec::new() }
}

fn song(sheet: &LeadSheet) -> Map<String, Value> {
    let (header, form) = (sheet.header(), sheet.form());
    let mut song = Map::new();
    let mut put = |name: &str, value: Value| song.insert(name.to_string(), value);
    put("title", json!(header.title));
    for (name, text) in
        [("composer", &header.composer), ("lyricist", &header.lyricist), ("rights", &header.rights)]
    {
        if let Some(text) = text {
            put(name, json!(text));
        }
    }
    let key = header.key;
    put("key", json!({"tonic": key.tonic.pitch_class(), "mode": key.mode.name(), "name": key.to_string()}));
    put("meter", json!(sheet.meter().to_string()));
    if let Some(tempo) = header.tempo {
        put("tempo", json!([quarters(tempo.beat), tempo.per_minute]));
    }
    if header.feel == Feel::Swing {
        put("feel", json!("swing"));
    }
    put("pickup", quarters(form.pickup));
    put("bars", json!(form.bars.len()));
    let full = Bar::full(sheet.meter());
    if form.bars.iter().any(|bar| *bar != Bar { words: bar.words.clone(), ..full.clone() }) {
        put("measures", measures(form));
    }
    put("sections", sections(form));
    put("chords", chords(sheet.chart(), form));
    let notes = sheet.melody().notes.iter().map(|note| {
        let midi = note.pitch.midi();
        let mut row = vec![quarters(note.onset + form.pickup), quarters(note.duration), json!(midi)];
        if key.spell_midi(midi) != note.pitch {
            row.push(json!(note.pitch.to_string()));
        }
        Value::Array(row)
    });
    put("melody", notes.collect());
    if form.has_words() {
        let bars = (0..=form.bars.len()).filter_map(|bar| Some((bar, form.words(bar)?)));
        let bars = bars.filter(|(_, words)| !words.is_empty());
        put("words", bars.map(|(bar, words)| json!([bar, words.to_string()])).collect());
    }
    song
}

/// A length as a decimal if it reads back as the same length, else as an exact fraction.
fn quarters(length: Duration) -> Value {
    let decimal = (length.as_quarters_f64() * 1e6).round() / 1e6;
    if Duration::from_quarters_f64(decimal) != Some(length) {
        return json!(length.to_string());
    }
    if decimal.fract() == 0.0 { json!(decimal as i64) } else { json!(decimal) }
}

fn measures(form: &Form) -> Value {
    let mut meter = form.bars.first().map(|bar| bar.meter);
    let bars = form.bars.iter().map(|bar| {
        let mut fields = Map::new();
        if meter != Some(bar.meter) {
            fields.insert("meter".into(), json!(bar.meter.to_string()));
            meter = Some(bar.meter);
        }
        if bar.length != bar.meter.bar_length() {
            fields.insert("length".into(), quarters(bar.length));
        }
        if let Some(key) = bar.key_change {
            fields.insert("key".into(), json!(key.to_string()));
        }
        if bar.repeat_start {
            fields.insert("repeat_start".into(), json!(true));
        }
        if let Some(times) = bar.repeat_end {
            fields.insert("repeat_end".into(), json!(times));
        }
        if let Some(passes) = &bar.ending {
            fields.insert("ending".into(), json!(passes));
        }
        if !bar.jumps.is_empty() {
            fields.insert("jumps".into(), bar.jumps.iter().map(|jump| json!(jump.words())).collect());
        }
        Value::Object(fields)
    });
    bars.collect()
}

fn sections(form: &Form) -> Value {
    let starts = form.bar_starts();
    let start = |bar: usize| starts.get(bar).copied().unwrap_or_else(|| form.end());
    let rows = form.sections.iter().enumerate().map(|(index, section)| {
        let (from, to) = (start(section.first_bar), start(form.section_bars(index).end));
        json!([quarters(from + form.pickup), quarters(to - from), section.label])
    });
    rows.collect()
}

fn chords(chart: &Chart, form: &Form) -> Value {
    let ends = chart.changes.iter().skip(1).map(|change| change.at).chain([form.end()]);
    let rows = chart.changes.iter().zip(ends).map(|(change, end)| {
        let (onset, length) = (quarters(change.at + form.pickup), quarters(end - change.at));
        match &change.chord {
            ChordSymbol::NoChord => json!([onset, length, "N", null, "N", null, "N.C."]),
            ChordSymbol::Chord(chord) => {
                let bass = chord.bass.unwrap_or(chord.root);
                let quality = harte(chord.quality.symbol());
                let slash = chord.bass.map(|bass| format!("/{bass}")).unwrap_or_default();
                let label = format!("{}:{quality}{slash}", chord.root);
                let classes = (chord.root.pitch_class(), bass.pitch_class());
                json!([onset, length, label, classes.0, quality, classes.1, change.chord.to_string()])
            }
        }
    });
    rows.collect()
}

/// The quality's name in data sets, reduced to the seventh.
fn harte(symbol: &str) -> &'static str {
    match symbol {
        "" | "add9" => "maj",
        "m" | "madd9" => "min",
        "dim" => "dim",
        "aug" => "aug",
        "sus4" => "sus4",
        "sus2" => "sus2",
        "5" => "5",
        "6" | "6/9" => "6",
        "m6" | "m6/9" => "min6",
        "maj7" | "maj9" | "maj11" | "maj13" | "augmaj7" => "maj7",
        "m7" | "m9" | "m11" | "m13" => "min7",
        "m7b5" => "hdim7",
        "dim7" => "dim7",
        "mMaj7" | "mMaj9" => "minmaj7",
        "7sus4" | "9sus4" | "13sus4" => "7sus4",
        _ => "7",
    }
}
