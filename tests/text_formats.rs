//! JSON, text, ABC and MIDI: what is written reads back, and what is damaged gives an error and no panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod sheets;

use proptest::prelude::*;
use sheets::{Kind, sheet};
use tunesmith::format::{Format, json::NeutralJson, text::TextChart};
use tunesmith::music::LeadSheet;

fn again(format: &dyn Format, sheet: &LeadSheet) -> (LeadSheet, String) {
    let written = format.write(sheet).expect("it is written");
    let text = String::from_utf8_lossy(&written.bytes).into_owned();
    let reading = format.read(&written.bytes).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(reading.sheets.len(), 1, "{text}");
    (reading.sheets.into_iter().next().unwrap(), text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

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
}
