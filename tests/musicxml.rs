//! MusicXML: golden files, round trips of random sheets, and files that mean harm.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

#[allow(dead_code, reason = "other tests use the rest")]
mod sheets;
mod written;

use std::io::Write as _;
use std::path::Path;

use proptest::prelude::*;
use sheets::{Dice, Kind, sheet, words};
use tunesmith::format::{Format, musicxml::MusicXml, musicxml::Mxl};
use tunesmith::music::{Bar, Duration, LeadSheet, Melody, Note};

fn again(format: &dyn Format, sheet: &LeadSheet) -> (LeadSheet, String) {
    let writing = format.write(sheet).unwrap_or_else(|error| panic!("{error}\n{sheet:?}"));
    assert!(writing.remarks.is_empty(), "{:?}\n{sheet:?}", writing.remarks);
    let reading = format.read(&writing.bytes).unwrap_or_else(|error| panic!("{error}"));
    (reading.sheets.into_iter().next().unwrap(), String::from_utf8_lossy(&writing.bytes).into_owned())
}

/// Compares with the file; `UPDATE_GOLDEN=1` writes it anew.
fn golden(name: &str, sheet: &LeadSheet) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let bytes = MusicXml.write(sheet).unwrap().bytes;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    let (expected, got) = (String::from_utf8(expected).unwrap(), String::from_utf8(bytes).unwrap());
    let line = expected.lines().zip(got.lines()).position(|(a, b)| a != b);
    assert_eq!(got, expected, "{name}, first at line {:?}", line.map(|line| line + 1));
    let read = MusicXml.read(expected.as_bytes()).unwrap();
    assert_eq!(read.sheets, std::slice::from_ref(sheet), "{name}");
    assert_eq!(read.remarks, Vec::<String>::new(), "{name}");
}

#[test]
fn golden_files_are_written_to_the_byte_and_read_back() {
    golden("awkward_corners.musicxml", &written::awkward_corners());
    golden("all_lengths.musicxml", &written::all_lengths());
    golden("long_road.musicxml", &written::long_road());
}

#[test]
fn zipped_scores_are_recognised_whatever_they_are_called() {
    let sheet = written::awkward_corners();
    let zipped = Mxl.write(&sheet).unwrap().bytes;
    let plain = MusicXml.write(&sheet).unwrap().bytes;
    assert_eq!(zipped, Mxl.write(&sheet).unwrap().bytes);
    assert!(Mxl.recognises(&zipped) && !Mxl.recognises(&plain));
    assert!(MusicXml.recognises(&plain) && !MusicXml.recognises(&zipped));
    for format in [&MusicXml as &dyn Format, &Mxl] {
        assert_eq!(format.read(&zipped).unwrap().sheets, std::slice::from_ref(&sheet));
        assert_eq!(format.read(&plain).unwrap().sheets, std::slice::from_ref(&sheet));
    }
}

/// A random sheet with everything that MusicXML can hold: any form, chords and words, and lengths that can be notated.
fn rich(seed: u64) -> LeadSheet {
    let (mut header, mut form, chart, _) = sheet(seed, Kind::Anything).into_parts();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    header.title = one_line(&header.title);
    for words in [&mut header.composer, &mut header.lyricist] {
        *words = words.take().map(|words| one_line(&words)).filter(|words| !words.is_empty());
    }
    form.sections.retain(|section| !section.label.is_empty());
    // A short first bar cannot be told from a pickup, nor a signature repeated from one that stays.
    let first = &mut form.bars[0];
    if form.pickup == Duration::ZERO {
        first.length = first.length.max(first.meter.bar_length());
    }
    let mut key = header.key;
    for (index, bar) in form.bars.iter_mut().enumerate() {
        bar.key_change =
            bar.key_change.filter(|change| *change != key && (index > 0 || form.pickup.is_positive()));
        key = bar.key_change.unwrap_or(key);
    }
    let dice = &mut Dice::new(seed ^ 0xabcd);
    let end = form.end();
    let chart = tunesmith::music::Chart {
        changes: chart.changes.into_iter().filter(|change| change.at < end).collect(),
    };
    let mut notes: Vec<Note> = Vec::new();
    let mut at = -form.pickup;
    let starts = form.bar_starts();
    let frames = std::iter::once((-form.pickup, form.pickup))
        .chain(starts.into_iter().zip(form.bars.iter().map(|b| b.length)));
    for (start, length) in frames {
        let end = start + length;
        while at < end {
            let room = (end - at).min(Duration::QUARTER);
            let beat = (at - start).rem_floor(Duration::QUARTER) == Duration::ZERO;
            let whole = room == Duration::QUARTER && beat && start >= Duration::ZERO;
            let parts = if whole { *dice.of(&[1, 1, 1, 2, 2, 4, 3, 5, 6, 7, 9, 8]) } else { 1 };
            for _ in 0..parts {
                let midi = 55 + dice.below(25) as i32;
                let note = Note { onset: at, duration: room / parts, pitch: key.spell_midi(midi) };
                at += note.duration;
                match notes.last_mut().filter(|last| last.end() == note.onset && dice.chance(30)) {
                    Some(last) => last.duration += note.duration,
                    None if dice.chance(10) => {}
                    None => notes.push(note),
                }
            }
        }
    }
    let melody = Melody { notes };
    // Other words than the sheet had: no more than there are notes.
    let form = words(dice, form, &melody, Kind::Plain);
    LeadSheet::new(header, form, chart, melody).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(seed: u64) {
        let sheet = rich(seed);
        let (read, text) = again(&MusicXml, &sheet);
        prop_assert_eq!(&read, &sheet, "{}", text);
        // The bytes are a function of the sheet.
        prop_assert_eq!(MusicXml.write(&read).unwrap().bytes, text.as_bytes());
    }

    #[test]
    fn bars_sum_to_their_lengths_and_ties_meet(seed: u64) {
        let sheet = rich(seed);
        let (_, text) = again(&MusicXml, &sheet);
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(&text, options).unwrap();
        let number = |node: roxmltree::Node<'_, '_>| node.text().unwrap().parse::<i64>().unwrap();
        let divisions = number(document.descendants().find(|n| n.has_tag_name("divisions")).unwrap());
        prop_assert_eq!(divisions % 24, 0);
        let form = sheet.form();
        let pickup = Some(form.pickup).filter(|pickup| pickup.is_positive());
        let lengths: Vec<Duration> = pickup.into_iter().chain(form.bars.iter().map(|bar| bar.length)).collect();
        let measures: Vec<_> = document.descendants().filter(|n| n.has_tag_name("measure")).collect();
        prop_assert_eq!(measures.len(), lengths.len());
        let mut open = 0i32;
        for (measure, length) in measures.iter().zip(lengths) {
            let durations = measure.descendants().filter(|n| n.has_tag_name("duration")).map(number);
            prop_assert_eq!(Duration::from_ratio(durations.sum(), divisions), Some(length));
            for tie in measure.descendants().filter(|n| n.has_tag_name("tie") || n.has_tag_name("tuplet")) {
                open += if tie.attribute("type") == Some("start") { 1 } else { -1 };
                prop_assert!((0..=2).contains(&open));
            }
        }
        prop_assert_eq!(open, 0);
    }

    #[test]
    fn any_melody_is_written_and_read_almost_as_it_was(seed: u64) {
        // Lengths that no usual tuplet holds move by less than a 24th of a quarter; nothing panics.
        let sheet = sheet(seed, Kind::Anything);
        let written = MusicXml.write(&sheet);
        prop_assume!(written.is_ok());
        let read = MusicXml.read(&written.unwrap().bytes).unwrap_or_else(|error| panic!("{error}")).sheets.remove(0);
        prop_assert!(read.melody().notes.len() <= sheet.melody().notes.len());
        let total = |sheet: &LeadSheet| sheet.melody().notes.iter().map(|note| note.duration).sum::<Duration>();
        let slack = Duration::QUARTER / 24 * (2 * sheet.melody().notes.len() as i64 + 1);
        prop_assert!(total(&read) - total(&sheet) <= slack && total(&sheet) - total(&read) <= slack);
    }

    #[test]
    fn damaged_files_give_an_error_or_a_sheet(seed: u64, cut in 0usize..20_000, edits in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..8)) {
        let sheet = sheet(seed % 32, Kind::Plain);
        for format in [&MusicXml as &dyn Format, &Mxl] {
            let mut bytes = format.write(&sheet).unwrap().bytes;
            for (at, byte) in &edits {
                let length = bytes.len();
                bytes[usize::from(*at) % length] = *byte;
            }
            bytes.truncate(if cut < 10_000 { bytes.len() * cut / 10_000 } else { bytes.len() });
            if let Ok(reading) = format.read(&bytes) {
                prop_assert_eq!(reading.sheets.len(), 1);
            }
        }
    }
}

/// A score of one part with these measures.
fn score(measures: &str) -> String {
    format!(
        "<score-partwise><part-list><score-part id='P1'><part-name>Oboe</part-name></score-part></part-list><part id='P1'>{measures}</part></score-partwise>"
    )
}

fn read(text: &str) -> (LeadSheet, Vec<String>) {
    let reading = MusicXml.read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (reading.sheets.into_iter().next().unwrap(), reading.remarks)
}

const FOUR_QUARTERS: &str = "<attributes><divisions>1</divisions></attributes><note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>";

#[test]
fn nonsense_is_refused_with_its_place() {
    let note = |duration: &str| {
        score(&format!(
            "<measure number='7'><attributes><divisions>2</divisions></attributes><note><pitch><step>C</step><octave>4</octave></pitch><duration>{duration}</duration></note></measure>"
        ))
    };
    let divisions = |divisions: &str| {
        score(&format!(
            "<measure number='3'><attributes><divisions>{divisions}</divisions></attributes></measure>"
        ))
    };
    for (text, place) in [
        (note("-2"), "measure 7"),
        (note("NaN"), "measure 7"),
        (note("1e9"), "measure 7"),
        (note("999999999999"), "measure 7"),
        (note("99999999999999999999999"), "measure 7"),
        (divisions("0"), "measure 3"),
        (divisions("-4"), "measure 3"),
        (divisions("inf"), "measure 3"),
        (divisions("0.0000001"), "measure 3"),
        ("<score-partwise>\n<part></score-partwise>".to_string(), "line 2, column 7"),
        ("<a>\n".repeat(100_000), "line 257"),
    ] {
        let error = MusicXml.read(text.as_bytes()).expect_err(&text.chars().take(300).collect::<String>());
        assert_eq!(error.place.as_deref(), Some(place), "{error}");
    }
    for text in [
        "",
        " ",
        "<",
        "<html/>",
        "<score-partwise/>",
        "<opus/>",
        "\u{0}",
        "PK\u{3}\u{4}",
        "<score-partwise><part id='P1'/></score-partwise>",
    ] {
        assert!(MusicXml.read(text.as_bytes()).is_err(), "{text}");
        assert!(Mxl.read(text.as_bytes()).is_err(), "{text}");
    }
    let many = score(&"<measure/>".repeat(50_001));
    assert!(MusicXml.read(many.as_bytes()).is_err());
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a hang shows only by the clock")]
fn files_that_mean_harm_are_refused_quickly() {
    let started = std::time::Instant::now();
    let entities: String =
        (1..30).map(|n| format!("<!ENTITY e{n} '&e{0};&e{0};&e{0};&e{0};'>", n - 1)).collect();
    let laughs = format!("<!DOCTYPE a [<!ENTITY e0 'ha'>{entities}]><score-partwise>&e29;</score-partwise>");
    assert!(MusicXml.read(laughs.as_bytes()).is_err());
    let attributes: String = (0..200_000).map(|n| format!(" a{n}=''")).collect();
    assert!(MusicXml.read(format!("<score-partwise{attributes}/>").as_bytes()).is_err());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("score.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..70 {
        zip.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(Mxl.read(&bomb).expect_err("a bomb").message.contains("MiB"));
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn scores_by_time_and_scores_of_several_parts() {
    let part = |notes: &str, id: &str| format!("<part id='{id}'>{notes}</part>");
    let rest = "<note><rest/><duration>4</duration></note>";
    let drums = "<attributes><divisions>1</divisions></attributes><harmony><root><root-step>G</root-step></root><kind>minor</kind></harmony><note><unpitched/><duration>4</duration></note>";
    let text = format!(
        "<score-timewise><part-list><score-part id='D'><part-name>Drums</part-name></score-part><score-part id='F'><part-name>Flute</part-name></score-part></part-list><measure number='1'>{}{}</measure><measure number='2'>{}</measure></score-timewise>",
        part(drums, "D"),
        part(FOUR_QUARTERS, "F"),
        part(rest, "F"),
    );
    let (sheet, remarks) = read(&text);
    assert_eq!(sheet.form().bars, vec![Bar::full(sheet.meter()); 2]);
    assert_eq!(sheet.melody().notes.len(), 1);
    assert_eq!(sheet.chart().changes[0].chord.to_string(), "Gm");
    assert!(remarks.iter().any(|remark| remark.contains("'Flute'")), "{remarks:?}");
    assert!(remarks.iter().any(|remark| remark.contains("'Drums'")), "{remarks:?}");
}

#[test]
fn the_top_line_is_taken_and_the_rest_told() {
    let note = |pitch: &str, duration: u32, more: &str| {
        let (step, octave) = pitch.split_at(1);
        format!(
            "<note>{}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{duration}</duration>{}</note>",
            if more == "chord" { "<chord/>" } else { "" },
            if more == "chord" { "" } else { more }
        )
    };
    let measure = format!(
        "<measure number='1'><attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>{}{}{}<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>{}<backup><duration>6</duration></backup>{}</measure>",
        note("C5", 2, ""),
        note("E5", 2, "chord"),
        note("D5", 2, "<lyric><text>la</text></lyric><lyric number='2'><text>lo</text></lyric>"),
        note("F5", 2, "<tie type='start'/>"),
        note("C3", 6, "<voice>2</voice><lyric><text>bom</text></lyric>"),
    );
    let second =
        format!("<measure number='2'>{}{}</measure>", note("F5", 4, "<tie type='stop'/>"), note("G5", 2, ""));
    let (sheet, remarks) = read(&score(&format!("{measure}{second}")));
    let line: Vec<String> =
        sheet.melody().notes.iter().map(|note| format!("{}:{}", note.pitch, note.duration)).collect();
    assert_eq!(line, ["E5:1", "D5:1", "F5:3", "G5:1"]);
    assert_eq!(sheet.form().bars[0].words.to_string(), "* la");
    for part in
        ["Grace notes", "Syllables of other verses", "under no note", "Lower notes", "other voices", "no key"]
    {
        assert!(remarks.iter().any(|remark| remark.contains(part)), "{part}: {remarks:?}");
    }
}

#[test]
fn transposing_instruments_sound_where_they_sound() {
    let clarinet = "<measure number='1'><attributes><divisions>1</divisions><key><fifths>2</fifths><mode>major</mode></key><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes><harmony><root><root-step>F</root-step><root-alter>1</root-alter></root><kind>minor</kind></harmony><note><pitch><step>D</step><octave>5</octave></pitch><duration>4</duration></note></measure>";
    let (sheet, remarks) = read(&score(clarinet));
    assert_eq!(sheet.key().to_string(), "C major");
    assert_eq!(sheet.melody().notes[0].pitch.to_string(), "C5");
    assert_eq!(sheet.chart().changes[0].chord.to_string(), "Em");
    assert!(remarks.iter().any(|remark| remark.contains("concert pitch")));
}

#[test]
fn other_encodings_and_document_types_are_read() {
    let text = score(&format!("<measure number='1'>{FOUR_QUARTERS}</measure>"));
    let with_title = text.replacen("<part-list>", "<movement-title>Für Élise</movement-title><part-list>", 1);
    let dtd = "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE score-partwise PUBLIC '-//Recordare//DTD MusicXML 1.0 Partwise//EN' 'http://www.musicxml.org/dtds/partwise.dtd'>";
    let utf16: Vec<u8> =
        format!("\u{FEFF}{dtd}{with_title}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{with_title}")
        .chars()
        .map(|c| c as u8)
        .collect();
    for bytes in [utf16, latin, format!("\u{FEFF}{dtd}{with_title}").into_bytes()] {
        assert!(MusicXml.recognises(&bytes));
        assert_eq!(MusicXml.read(&bytes).unwrap().sheets[0].title(), "Für Élise");
    }
}

/// The words of a file of one bar, whose quarters have these lyrics (`-` for none, `r` a rest).
fn words_of(lyrics: &[&str]) -> String {
    let notes = lyrics.iter().map(|lyric| {
        let (what, lyric) = match *lyric {
            "r" => ("<rest/>", ""),
            "-" => ("<pitch><step>C</step><octave>4</octave></pitch>", ""),
            lyric => ("<pitch><step>C</step><octave>4</octave></pitch>", lyric),
        };
        format!("<note>{what}<duration>1</duration>{lyric}</note>")
    });
    let attributes = "<attributes><divisions>1</divisions><time><beats>8</beats><beat-type>4</beat-type></time></attributes>";
    let measure = format!("<measure number='1'>{attributes}{}</measure>", notes.collect::<String>());
    read(&score(&measure)).0.form().bars[0].words.to_string()
}

#[test]
fn words_are_read_as_programs_write_them() {
    let text = |syllabic: &str, text: &str, more: &str| {
        format!("<lyric number='1'><syllabic>{syllabic}</syllabic><text>{text}</text>{more}</lyric>")
    };
    let (some, morn, ing) = (text("single", "Some", ""), text("begin", "morn", ""), text("end", "ing", ""));
    assert_eq!(words_of(&[&some, &morn, &ing, "-", &some]), "Some morn-ing * Some");
    // A word that goes on is held until it does; where it never does nothing is.
    assert_eq!(words_of(&[&morn, "-", "r", "-", &ing, "-"]), "morn- _ _ ing");
    assert_eq!(words_of(&[&some, &morn, "-", "-"]), "Some morn-");
    // A line goes on until it stops, or until a rest where its end is not said.
    let long = text("single", "oh", "<extend/>");
    assert_eq!(words_of(&[&long, "-", "-", "r", "-", &some]), "oh _ _ * Some");
    let begun = text("single", "oh", "<extend type='start'/>");
    let stop = "<lyric number='1'><extend type='stop'/></lyric>";
    assert_eq!(words_of(&[&begun, "-", "r", stop, "-", &some]), "oh _ _ * Some");
    // Two words on a note, styled text in pieces, and a hyphen in place of a word about syllables.
    let two = "<lyric><text>the</text><elision> </elision><syllabic>begin</syllabic><text>o</text></lyric>";
    assert_eq!(words_of(&[two, &text("end", "n", "<text>ly</text>")]), "the~o-nly");
    assert_eq!(
        words_of(&["<lyric><text>morn-</text></lyric>", "<lyric><text>ing</text></lyric>"]),
        "morn-ing"
    );
    // The first verse, whatever it is called.
    let named = |name: &str, text: &str| format!("<lyric number='{name}'><text>{text}</text></lyric>");
    let both = named("part1verse1", "one") + &named("part1verse2", "two");
    assert_eq!(words_of(&[&both, &named("part1verse2", "three")]), "one");
    let late = named("2", "so") + "";
    assert_eq!(words_of(&[&late, &(named("2", "two") + &named("1", "one"))]), "* one");
}
