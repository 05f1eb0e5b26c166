//! MIDI files to the byte: a change here is a change of what every user's files sound like.
//!
//! To accept a change on purpose: `TUNESMITH_ACCEPT=1 cargo test --test golden_midi`, then listen to the file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

use std::path::Path;

use tunesmith::format::{Format, midi::Midi, text::TextChart};
use tunesmith::music::{Duration, LeadSheet};

const SONG: &str = "\
Title: Golden
Composer: Anna Lind
Key: Eb major
Meter: 3/4
Tempo: 1 = 132
Pickup: 1

[A]
|: Cm7 | F7 . Bb | {ending 1} Ebmaj7 :|
| {ending 2} Ab6 |
[B]
| {meter 6/8} {key F minor} Fm/Ab@1 Bb7(#9)@2+1/2 | N.C. |

Melody
bar 0: Eb4:1
bar 1: G4:1+1/2 r:1/2 A4:1~
bar 2: ~A4:1 Bb4:1/3 C5:1/3 D5:1/3 Eb5:1
bar 3: r:1 G4:1 Eb4:1
bar 4: C5:3
bar 5: F4:1/2 G4:1/2 Ab4:1/2 E4:1+1/2
bar 6: F4:1/4 F4:1/4 r:5/2
";

fn song() -> LeadSheet {
    TextChart.read(SONG.as_bytes()).unwrap().sheets.remove(0)
}

#[test]
fn a_song_gives_these_bytes() {
    let bytes = Midi.write(&song()).unwrap().bytes;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/song.mid");
    if std::env::var_os("TUNESMITH_ACCEPT").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    let first = bytes.iter().zip(&golden).position(|(new, old)| new != old);
    assert_eq!((first, bytes.len()), (None, golden.len()), "the first byte that differs, and the length");
}

#[test]
fn the_golden_file_reads_as_the_song_played() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/song.mid");
    let reading = Midi.read(&std::fs::read(path).unwrap()).unwrap();
    assert!(reading.remarks.iter().any(|remark| remark.contains("'Melody'")), "{:?}", reading.remarks);
    let sheet = &reading.sheets[0];
    assert_eq!((sheet.title(), sheet.key().to_string().as_str()), ("Golden", "Eb major"));
    assert_eq!(sheet.form().pickup, Duration::QUARTER);
    // The first ending is played, then the passage again with the second.
    let lengths: Vec<String> = sheet.form().bars.iter().map(|bar| bar.meter.to_string()).collect();
    assert_eq!(lengths, ["3/4", "3/4", "3/4", "3/4", "3/4", "3/4", "6/8", "6/8"]);
    let chords: Vec<String> = sheet.chart().changes.iter().map(|change| change.chord.to_string()).collect();
    let expected = "Cm7 F7 Bb Ebmaj7 Cm7 F7 Bb Ab6 Fm/Ab Bb7(#9) N.C.";
    assert_eq!(chords.join(" "), expected);
    let pitches: Vec<String> =
        sheet.melody().notes.iter().take(7).map(|note| note.pitch.to_string()).collect();
    assert_eq!(pitches.join(" "), "Eb4 G4 A4 Bb4 C5 D5 Eb5");
    assert_eq!(sheet.melody().notes[2].duration, Duration::HALF);
}
