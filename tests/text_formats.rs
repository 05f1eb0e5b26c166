//! JSON, text, ABC and MIDI: what is written reads back, and what is damaged gives an error and no panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod sheets;

use proptest::prelude::*;
use sheets::{Kind, sheet};
use tunesmith::format::{Format, abc::Abc, json::NeutralJson, midi::Midi, text::TextChart};
use tunesmith::music::unfold::unfolded;
use tunesmith::music::{ChordChange, ChordSymbol, Duration, LeadSheet, Syllable};

fn again(format: &dyn Format, sheet: &LeadSheet) -> (LeadSheet, String) {
    let written = format.write(sheet).expect("it is written");
    let text = String::from_utf8_lossy(&written.bytes).into_owned();
    let reading = format.read(&written.bytes).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(reading.sheets.len(), 1, "{text}");
    (reading.sheets.into_iter().next().unwrap(), text)
}

/// The sheet with a chord on the first downbeat, so that it does not begin in silence.
fn with_a_first_chord(sheet: LeadSheet) -> LeadSheet {
    let (header, form, mut chart, melody) = sheet.into_parts();
    if chart.changes.iter().all(|change| change.at != Duration::ZERO) {
        let at = chart.changes.partition_point(|change| change.at < Duration::ZERO);
        chart.changes.insert(at, ChordChange { at: Duration::ZERO, chord: "C".parse().unwrap() });
    }
    LeadSheet::new(header, form, chart, melody).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_keeps_everything(seed: u64) {
        let sheet = sheet(seed, Kind::Anything);
        let (read, text) = again(&NeutralJson, &sheet);
        prop_assert_eq!(&read, &sheet, "{}", text);
    }

    #[test]
    fn text_keeps_everything(seed: u64) {
        let sheet = sheet(seed, Kind::Anything);
        let (read, text) = again(&TextChart, &sheet);
        prop_assert_eq!(&read, &sheet, "{}", text);
    }

    #[test]
    fn abc_keeps_plain_sheets(seed: u64) {
        let sheet = sheet(seed, Kind::Plain);
        let (read, text) = again(&Abc, &sheet);
        prop_assert_eq!(&read, &sheet, "{}", text);
    }

    #[test]
    fn abc_writes_any_sheet_so_that_it_can_be_read(seed: u64) {
        let sheet = sheet(seed, Kind::Anything);
        let (read, text) = again(&Abc, &sheet);
        let sounding = |sheet: &LeadSheet| -> Vec<_> {
            sheet.melody().notes.iter().map(|note| (note.duration, note.pitch.midi())).collect()
        };
        prop_assert_eq!(sounding(&read), sounding(&sheet), "{}", text);
    }

    #[test]
    fn midi_keeps_what_sounds(seed: u64) {
        let sheet = with_a_first_chord(sheet(seed, Kind::Plain));
        let sounds = !sheet.melody().notes.is_empty()
            || sheet.chart().changes.iter().any(|change| change.chord != ChordSymbol::NoChord);
        prop_assume!(sounds);
        let bytes = Midi.write(&sheet).unwrap().bytes;
        let read = Midi.read(&bytes).unwrap_or_else(|error| panic!("{error}")).sheets.remove(0);
        let expected = unfolded(&sheet);
        let sounding = |sheet: &LeadSheet| -> Vec<_> {
            sheet.melody().notes.iter().map(|note| (note.onset, note.duration, note.pitch.midi())).collect()
        };
        prop_assert_eq!(sounding(&read), sounding(&expected), "{:?}\n{:?}", read.form(), expected.form());
        let sung = |sheet: &LeadSheet| -> Vec<_> {
            let text = |sung: Option<&Syllable>| match sung {
                Some(Syllable::Sung { text, .. }) => Some(text.clone()),
                _ => None,
            };
            sheet.sung().into_iter().map(text).collect()
        };
        prop_assert_eq!(sung(&read), sung(&expected));
        prop_assert_eq!(read.chart(), expected.chart());
        prop_assert_eq!(read.key(), expected.key());
        prop_assert_eq!(read.title(), expected.title());
        let bars = |sheet: &LeadSheet, count| -> Vec<_> {
            sheet.form().bars.iter().map(|bar| (bar.meter, bar.length)).take(count).collect()
        };
        let count = read.form().bars.len();
        prop_assert_eq!(bars(&read, count), bars(&expected, count));
        let sections = |sheet: &LeadSheet| sheet.form().sections.iter().filter(|s| s.first_bar < count).cloned().collect::<Vec<_>>();
        prop_assert_eq!(sections(&read), sections(&expected));
    }
}
