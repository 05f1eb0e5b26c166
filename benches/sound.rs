//! How long ten seconds of sound take to work out.

use divan::Bencher;
use tunesmith::audio::{BuiltIn, Frame, Hearing, Instrument, RATE, Rendering};
use tunesmith::format::{Format, text::TextChart};
use tunesmith::music::{LeadSheet, Performance};

fn main() {
    divan::main();
}

const SECONDS: usize = 10;
/// Four notes, four chords and a bass note a bar, in bars of two seconds.
const SHEET: &str = "Title: Song\nKey: C major\nMeter: 4/4\nTempo: 1 = 120\n\n\
    | Cmaj7 Am7 | Dm7 G13 | Em7 A7(b9) | Dm7 G7 | Cmaj7 |\n\nMelody\n\
    bar 1: C5:1 D5:1 E5:1 F5:1\nbar 2: G5:1 A5:1 G5:1 F5:1\nbar 3: E5:1 D5:1 C5:1 B4:1\n\
    bar 4: A4:1 B4:1 C5:1 D5:1\nbar 5: C5:4\n";

#[allow(clippy::expect_used, reason = "without a sheet there is nothing to measure")]
fn sheet() -> LeadSheet {
    TextChart.read(SHEET.as_bytes()).expect("a sheet").sheets.remove(0)
}

/// Ten seconds; their share of a second is how many times faster than heard.
#[divan::bench(args = ["piano", "flute", "violin"])]
#[allow(clippy::expect_used, reason = "without an instrument there is nothing to measure")]
fn ten_seconds(bencher: Bencher<'_, '_>, instrument: &str) {
    let instrument: Instrument = instrument.parse().expect("an instrument");
    let performance = Performance::of(&sheet());
    let hearing = Hearing { metronome: true, ..Hearing::default() };
    let mut block: Vec<Frame> = vec![[0.0; 2]; SECONDS * RATE as usize];
    bencher.bench_local(|| {
        let mut rendering = Rendering::new(&performance, &hearing, Box::new(BuiltIn::new(instrument)));
        rendering.fill(&mut block)
    });
}

/// From pressing a key to the first 512 frames.
#[divan::bench]
fn first_block(bencher: Bencher<'_, '_>) {
    let performance = Performance::of(&sheet());
    let mut block: Vec<Frame> = vec![[0.0; 2]; 512];
    bencher.bench_local(|| {
        let synthesizer = Box::new(BuiltIn::new(Instrument::Piano));
        Rendering::new(&performance, &Hearing::default(), synthesizer).fill(&mut block)
    });
}
