//! Lead sheets written out by hand, for golden files.

use tunesmith::music::lead_sheet::Header;
use tunesmith::music::{
    Bar, Chart, ChordChange, Duration, Feel, Form, Jump, LeadSheet, Melody, Meter, Note, Section, Tempo,
};

/// A bar by hand: chords as `0:Dbmaj7 2:Eb7` (quarters from the bar's start), melody as `Ab4:1/2 r:1`; a `~` before a
/// pitch continues the note before.
pub struct Written {
    pub chords: &'static str,
    pub melody: &'static str,
    pub change: fn(&mut Bar),
    pub section: &'static str,
}

/// A plain bar.
pub fn bar(chords: &'static str, melody: &'static str) -> Written {
    Written { chords, melody, change: |_| {}, section: "" }
}

impl Written {
    /// The same bar with something changed about it.
    pub fn with(self, change: fn(&mut Bar)) -> Written {
        Written { change, ..self }
    }

    /// The same bar with a section mark.
    pub fn section(self, section: &'static str) -> Written {
        Written { section, ..self }
    }
}

/// A sheet of a pickup (may be empty) and bars, which keep their meter until one changes it.
pub fn sheet(header: Header, meter: &str, pickup: &Written, bars: &[Written]) -> LeadSheet {
    let mut meter: Meter = meter.parse().unwrap();
    let (mut chart, mut melody) = (Chart::default(), Melody::default());
    let length = length(pickup.melody);
    fill(pickup, -length, &mut chart, &mut melody);
    let mut form = Form { pickup: length, ..Form::default() };
    let mut start = Duration::ZERO;
    for (index, written) in bars.iter().enumerate() {
        let mut bar = Bar::full(meter);
        (written.change)(&mut bar);
        if bar.meter != meter {
            meter = bar.meter;
            bar.length = meter.bar_length();
        }
        if !written.section.is_empty() {
            form.sections.push(Section { label: written.section.to_string(), first_bar: index });
        }
        fill(written, start, &mut chart, &mut melody);
        start += bar.length;
        form.bars.push(bar);
    }
    LeadSheet::new(header, form, chart, melody).unwrap()
}

fn length(melody: &str) -> Duration {
    melody.split_whitespace().map(|note| note.split_once(':').unwrap().1.parse::<Duration>().unwrap()).sum()
}

fn fill(written: &Written, start: Duration, chart: &mut Chart, melody: &mut Melody) {
    for chord in written.chords.split_whitespace() {
        let (at, chord) = chord.split_once(':').unwrap();
        chart.changes.push(ChordChange { at: start + at.parse().unwrap(), chord: chord.parse().unwrap() });
    }
    let mut onset = start;
    for note in written.melody.split_whitespace() {
        let (pitch, duration) = note.split_once(':').unwrap();
        let duration: Duration = duration.parse().unwrap();
        if let Some(pitch) = pitch.strip_prefix('~') {
            let last = melody.notes.last_mut().unwrap();
            assert_eq!((last.pitch, last.end()), (pitch.parse().unwrap(), onset), "{note}");
            last.duration += duration;
        } else if pitch != "r" {
            melody.notes.push(Note { onset, duration, pitch: pitch.parse().unwrap() });
        }
        onset += duration;
    }
}

fn meter(bar: &mut Bar, meter: &str) {
    bar.meter = meter.parse().unwrap();
}

/// Everything that programs have been seen to stumble over, in one sheet.
pub fn awkward_corners() -> LeadSheet {
    let mut header = Header::new("Awkward Corners", "Db major".parse().unwrap());
    header.composer = Some("Hand Made & Sons".to_string());
    header.lyricist = Some("No \"One\"".to_string());
    header.rights = Some("Public <domain>".to_string());
    header.tempo = Some(Tempo::quarters(132));
    header.feel = Feel::Swing;
    let bars = [
        bar("0:Dbmaj7", "Db5:1/3 Eb5:1/3 F5:1/3 Ab5:3/2 Gb5:1/2 F5:1").section("A").with(|bar| {
            bar.repeat_start = true;
            bar.jumps = vec![Jump::Segno];
        }),
        bar("0:Bbm7 2:Eb7(#9)", "Eb5:3/4 Db5:1/4 Bb4:1 Gb5:2"),
        bar("0:Ebm7b5 2:Edim7", "Fb5:1 Bbb4:1 G4:1 Db5:1"),
        bar("0:Ab7sus4 2:Ab7", "~Db5:2 C5:2/3 Bb4:2/3 Ab4:2/3"),
        bar("0:Db6/9 2:Dbadd9/F", "Ab4:2 r:1/2 Ab4:1/2 C5:1").with(|bar| {
            bar.ending = Some(vec![1]);
            bar.repeat_end = Some(2);
        }),
        bar("0:Db6", "Db5:4").with(|bar| bar.ending = Some(vec![2])),
        bar("0:Dmaj7 1:E/G# 2:F#m7 3:Bm/A", "F#5:1 E5:1/2 B4:1/2 C#5:3/2 D5:1/2")
            .section("B")
            .with(|bar| bar.key_change = Some("D major".parse().unwrap())),
        bar("0:C#7(#9) 2:F#aug7", "~D5:1 E#5:1 E5:1 C##5:1").with(|bar| bar.jumps = vec![Jump::ToCoda]),
        bar("0:Bm7 2:E13", "D5:3/2 F#5:1/2 C#5:1").section("C").with(|bar| meter(bar, "3/4")),
        bar("0:Asus4 3/2:A7(b9)", "D5:3"),
        bar("0:Gm6 3/2:GmMaj7/D", "G4:3/2 Bb4:1 F#5:1/2").with(|bar| meter(bar, "6/8")),
        bar("0:G9 3/2:Ab7alt", "A4:1/2 B4:1/2 D5:1/2 C5:3/2")
            .with(|bar| bar.jumps = vec![Jump::DalSegnoAlCoda]),
        bar("0:N.C.", "r:1 F5:1/4 Gb5:1/4 G5:1/4 Ab5:1/4 C6:2").section("Coda").with(|bar| {
            meter(bar, "4/4");
            bar.key_change = Some("Db major".parse().unwrap());
            bar.jumps = vec![Jump::Coda];
        }),
        bar("0:Dbmaj7(#11)", "~C6:4"),
    ];
    sheet(header, "4/4", &bar("0:N.C.", "Ab4:1/2 C5:1/2"), &bars)
}

/// Every way that lengths are written: tuplets, dots, ties, hooks, rests.
pub fn all_lengths() -> LeadSheet {
    let mut header = Header::new("All Lengths", "E minor".parse().unwrap());
    header.tempo = Some(Tempo { beat: Duration::HALF, per_minute: 72 });
    let bars = [
        bar(
            "0:Em",
            "E4:1/5 F#4:1/5 G4:1/5 A4:1/5 B4:1/5 C5:1/6 B4:1/6 A4:1/6 G4:1/2 F#4:2/7 E4:2/7 F#4:2/7 G4:2/7 A4:2/7 B4:2/7 C5:2/7",
        ),
        bar("0:Am7 5/2:D7", "C5:1/2 B4:1 A4:1 G4:3/2"),
        bar("0:G", "r:1/4 D5:1/2 C5:1/4 B4:3/4 A4:1/4 B4:1/4 C5:3/4 D5:1/4 r:3/4"),
        bar("0:Cmaj7 1/3:B7", "E5:1/3 D5:2/3 C5:5/3 B4:1/3 A4:1"),
        bar("", "r:4"),
        bar("0:F#m7b5", "A4:4/3 C5:4/3 E5:4/3"),
        bar(
            "0:B7(b9,b13)",
            "D#5:7/8 E5:1/8 D#5:1/9 C5:1/9 B4:1/9 A4:1/9 G4:1/9 F#4:1/9 E4:1/9 D#4:1/9 C4:1/9 B3:1/16 C4:1/16 D#4:1/8 B3:7/4",
        ),
        bar("0:Em6/9", "E4:3").with(|bar| bar.length = Duration::QUARTER * 3),
    ];
    sheet(header, "4/4", &bar("", "B3:1/3 D4:1/3 E4:1/3"), &bars)
}

/// Compound and odd meters, and a long road map.
pub fn long_road() -> LeadSheet {
    let mut header = Header::new("The Long Road", "G mixolydian".parse().unwrap());
    header.tempo = Some(Tempo { beat: Duration::QUARTER * 3 / 2, per_minute: 63 });
    let bars = [
        bar("0:G 3/2:F", "G4:1/2 A4:1/2 B4:1/2 C5:1 D5:1/2").section("Verse"),
        bar("0:C 3/2:Dm7", "E5:3/2 D5:1 B4:1/2").with(|bar| bar.repeat_end = Some(3)),
        bar("0:G", "G4:3")
            .with(|bar| (bar.repeat_start, bar.jumps) = (true, vec![Jump::Fine]))
            .section("Bridge"),
        bar("0:F 9/4:C/E", "A4:1/2 r:1 A4:1/4 B4:1/4 C5:1").with(|bar| bar.ending = Some(vec![1, 3])),
        bar("0:Am", "C5:9/4 B4:3/4").with(|bar| (bar.ending, bar.repeat_end) = (Some(vec![1, 3]), Some(4))),
        bar("0:Am7", "C5:3").with(|bar| (bar.ending, bar.repeat_end) = (Some(vec![2]), Some(2))),
        bar("0:D7sus4(b9)", "D5:3").with(|bar| bar.ending = Some(vec![4])),
        bar("0:Ebmaj7", "G5:1 F5:1/2 Eb5:1 D5:1/2 Bb4:3/2").with(|bar| meter(bar, "9/8")),
        bar("0:Ab13sus4", "Bb4:3/2 C5:1 Db5:1").with(|bar| meter(bar, "7/8")),
        bar("0:D7", "C5:5/2 A4:5/2").with(|bar| {
            meter(bar, "5/4");
            bar.jumps = vec![Jump::DaCapoAlFine];
        }),
    ];
    sheet(header, "6/8", &bar("0:D7", "D4:1/2"), &bars)
}
