//! Damaged and malicious files: every reader answers, none panics, and none takes long.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod sheets;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use sheets::{Dice, Kind, sheet};
use tunesmith::format::{Format, abc::Abc, json::NeutralJson, midi::Midi, text::TextChart};

static READERS: [&dyn Format; 4] = [&NeutralJson, &TextChart, &Abc, &Midi];

/// Reads with every reader; what is read can be written.
fn survives(bytes: &[u8]) {
    for reader in READERS {
        if let Ok(reading) = reader.read(bytes) {
            for sheet in reading.sheets.iter().take(2) {
                READERS.iter().for_each(|writer| drop(writer.write(sheet)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        survives(&bytes);
    }

    #[test]
    fn damaged_files_are_answered(seed: u64, format in 0..READERS.len()) {
        let dice = &mut Dice::new(seed);
        let mut bytes = READERS[format].write(&sheet(seed, Kind::Anything)).unwrap().bytes;
        for _ in 0..1 + dice.below(6) {
            let at = dice.below(bytes.len() as u64 + 1) as usize;
            let end = (at + dice.below(20) as usize).min(bytes.len());
            match dice.below(4) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let copied = bytes[at..end].to_vec();
                    bytes.splice(at..at, copied);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = dice.below(256) as u8;
                    }
                }
            }
        }
        survives(&bytes);
    }
}

/// A MIDI file of one track with these events.
fn midi(ppq: u16, events: &[u8]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01".to_vec();
    bytes.extend(ppq.to_be_bytes());
    bytes.extend(b"MTrk");
    bytes.extend((events.len() as u32).to_be_bytes());
    bytes.extend(events);
    bytes
}

/// What is absurd, who must read it, and the file.
type Absurd = (&'static str, &'static dyn Format, Vec<u8>);

#[test]
#[allow(clippy::disallowed_methods, reason = "a hang shows only by the clock")]
fn absurd_files_are_refused_or_read_soon() {
    let deep = format!("{{\"songs\": [{{\"chords\": {}1{}}}]}}", "[".repeat(100_000), "]".repeat(100_000));
    let many_bars = format!("{}\n", "| C ".repeat(200_000)) + "|";
    let long_midi = midi(1, &[0xff, 0xff, 0xff, 0x7f, 0x90, 60, 100, 0xff, 0xff, 0xff, 0x7f, 0x80, 60, 0]);
    let no_ticks = midi(0, &[0, 0x90, 60, 100, 10, 0x80, 60, 0]);
    let tiny_bars = {
        let mut events = vec![0, 0xff, 0x58, 4, 1, 6, 24, 8, 0, 0x90, 60, 100];
        events.extend([0xc0, 0x80, 0x00, 0x80, 60, 0]);
        midi(1, &events)
    };
    let files: Vec<Absurd> = vec![
        ("deep JSON", &NeutralJson, deep.into_bytes()),
        (
            "a time beyond reason",
            &NeutralJson,
            br#"{"songs":[{"meter":"4/4","melody":[[1e300,1,60]]}]}"#.to_vec(),
        ),
        (
            "a far note",
            &NeutralJson,
            br#"{"songs":[{"meter":"1/64","melody":[[0,1,60],[999999,1,60]]}]}"#.to_vec(),
        ),
        (
            "too many bars",
            &NeutralJson,
            br#"{"songs":[{"meter":"4/4","pickup":0,"bars":1e15,"melody":[[0,1,60]]}]}"#.to_vec(),
        ),
        ("bars without end", &TextChart, many_bars.into_bytes()),
        ("a long bar", &TextChart, b"| {length 999999} C |".to_vec()),
        ("rests without end", &Abc, b"X:1\nK:C\nZ9999 Z9999 Z9999 Z9999|\n".repeat(100)),
        ("a long note", &Abc, b"X:1\nL:64/1\nK:C\nC9999 C9999 C9999|\n".to_vec()),
        ("tuplets of tuplets", &Abc, format!("X:1\nK:C\n{}CDE|\n", "(9:64:9999".repeat(20_000)).into_bytes()),
        ("a MIDI file of years", &Midi, long_midi),
        ("no ticks in a quarter", &Midi, no_ticks),
        ("a million bars", &Midi, tiny_bars),
    ];
    for (what, format, bytes) in files {
        let started = Instant::now();
        let result = format.read(&bytes);
        if let Ok(reading) = &result {
            reading.sheets.iter().take(3).for_each(|sheet| drop(format.write(sheet)));
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{what} took {:?}", started.elapsed());
        if !matches!(what, "rests without end" | "a long note" | "tuplets of tuplets" | "a far note") {
            assert!(result.is_err(), "{what} was read");
        }
    }
}

#[test]
fn errors_name_the_place_and_a_way_out() {
    let complaint = |format: &dyn Format, bytes: &[u8]| format.read(bytes).unwrap_err().to_string();
    assert!(complaint(&NeutralJson, b"{\"songs\": [\n{\"title\": }]}").starts_with("line 2, column 11:"));
    assert!(complaint(&NeutralJson, b"{\"tunes\": []}").contains("docs/formats.md"));
    assert!(complaint(&Abc, b"X:1\nT:Nothing\nM:4/4\n").contains("'Nothing': it has no key"));
    assert!(complaint(&Midi, b"RIFFnothing").contains("not a readable MIDI file"));
    assert!(complaint(&TextChart, b"\xff\xfe").contains("UTF-8"));
}
