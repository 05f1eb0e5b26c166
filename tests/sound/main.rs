//! What is heard is what the performance says: checked by listening to the sound, not to the synthesiser.
#![allow(clippy::disallowed_methods, reason = "what is measured may differ in its last bit")]

mod detection;
mod font;

use detection::{RATE, amplitude, cents, frequency, onsets, pitch, roughest};
use tunesmith::audio::limiter::UNTOUCHED;
use tunesmith::audio::{
    BuiltIn, Hearing, Instrument, Rendering, SoundFont, SoundFontError, Synthesizer, TAIL, Voices,
};
use tunesmith::format::{Format, text::TextChart};
use tunesmith::music::{Duration, LeadSheet, Performance, Sound};

const MELODY_ONLY: Voices = Voices { melody: true, chords: false, bass: false };

fn corpus(name: &str) -> LeadSheet {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let bytes = std::fs::read(&path).expect(name);
    let format = tunesmith::format::by_content(&bytes).expect(name);
    format.read(&bytes).expect(name).sheets.remove(0)
}

/// A melody that is hard to hear right: repeated notes, leaps, sixteenths, triplets, swing, a pickup.
fn study() -> Performance {
    let text = "Title: Study\nKey: C major\nMeter: 4/4\nTempo: 1 = 100\nFeel: swing\nPickup: 1\n\n\
        | C | Am . F . | G7 | C |\n\nMelody\nbar 0: G4:1\n\
        bar 1: C5:1/2 C5:1/2 C5:1 E5:1/4 F5:1/4 G5:1/2 A5:1\n\
        bar 2: A3:1/3 A3:1/3 A3:1/3 C6:2 C6:1\n\
        bar 3: r:1/2 B4:1/2 D5:1/4 D5:1/4 B4:1/2 F4:2\n\
        bar 4: C4:4\n";
    let sheet = TextChart.read(text.as_bytes()).expect("the study").sheets.remove(0);
    let performance = Performance::of(&sheet);
    assert_eq!(performance.melody.len(), 19);
    performance
}

fn built_in(instrument: Instrument) -> Box<dyn Synthesizer> {
    Box::new(BuiltIn::new(instrument))
}

/// All of a rendering, in blocks of a size.
fn in_blocks(mut rendering: Rendering, size: usize) -> Vec<[f32; 2]> {
    let mut all = Vec::new();
    let mut block = vec![[0.0; 2]; size];
    loop {
        let filled = rendering.fill(&mut block);
        if filled == 0 {
            return all;
        }
        all.extend_from_slice(&block[..filled]);
    }
}

fn heard(performance: &Performance, hearing: &Hearing, synthesizer: Box<dyn Synthesizer>) -> Vec<[f32; 2]> {
    let rendering = Rendering::new(performance, hearing, synthesizer);
    let frames = rendering.frames().expect("it ends");
    let all = in_blocks(rendering, 1000);
    assert_eq!(all.len() as u64, frames);
    all
}

fn mono(sound: &[[f32; 2]]) -> Vec<f32> {
    sound.iter().map(|[left, right]| (left + right) / 2.0).collect()
}

fn melody_of(performance: &Performance, instrument: Instrument) -> Vec<f32> {
    let hearing = Hearing { voices: MELODY_ONLY, ..Hearing::default() };
    mono(&heard(performance, &hearing, built_in(instrument)))
}

fn seconds(performance: &Performance, place: Duration) -> f64 {
    performance.tempo.microseconds(place) as f64 / 1e6
}

/// Notes that no onset is within 10 ms of, and onsets that no note is within 10 ms of, both in seconds.
fn astray(performance: &Performance, found: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let written: Vec<f64> =
        performance.melody.iter().map(|sound| seconds(performance, sound.onset)).collect();
    let far = |from: &[f64], to: &[f64]| -> Vec<f64> {
        from.iter().copied().filter(|one| to.iter().all(|other| (one - other).abs() > 0.010)).collect()
    };
    // A note at the very start has no silence before it from which to rise.
    let heard: Vec<f64> = [&[0.0], found].concat();
    (far(&written, &heard), far(found, &written))
}

fn stretch<'a>(sound: &'a [f32], performance: &Performance, note: &Sound, from: f64, to: f64) -> &'a [f32] {
    let (onset, length) = (seconds(performance, note.onset), seconds(performance, note.length));
    let at = |part: f64| (((onset + part * length) * RATE) as usize).min(sound.len());
    &sound[at(from)..at(to)]
}

fn hold_to_account(performance: &Performance, sound: &[f32], name: &str) {
    let found = onsets(sound);
    let (missing, extra) = astray(performance, &found);
    assert!(missing.is_empty() && extra.is_empty(), "{name}: no onset at {missing:?}, no note at {extra:?}");
    for note in &performance.melody {
        let off = cents(pitch(stretch(sound, performance, note, 0.25, 0.8)), note.pitch);
        assert!(off.abs() < 20.0, "{name}: {note:?} is off by {off} cents");
    }
}

#[test]
fn every_note_of_the_melody_begins_when_and_sounds_as_it_should() {
    let study = study();
    for instrument in Instrument::ALL {
        hold_to_account(&study, &melody_of(&study, instrument), instrument.name());
    }
    for name in ["songs/aura-lee.abc", "songs/amazing-grace.abc", "songs/a-bicycle-built-for-two.abc"] {
        let performance = Performance::of(&corpus(name));
        hold_to_account(&performance, &melody_of(&performance, Instrument::default()), name);
    }
}

#[test]
fn the_detection_can_tell() {
    let study = study();
    let sound = melody_of(&study, Instrument::Piano);
    let late: Vec<f32> = [vec![0.0; 882], sound.clone()].concat();
    assert_eq!(astray(&study, &onsets(&late)).0.len(), study.melody.len() - 1, "20 ms late");
    let mut less = study.clone();
    let missing = less.melody.remove(7);
    let (_, extra) = astray(&less, &onsets(&sound));
    assert!(extra.len() == 1 && (extra[0] - seconds(&study, missing.onset)).abs() < 0.01, "{extra:?}");
    // Every other sample is a speed at which all is an octave higher; 1.5 per cent are 26 cents.
    let off = |factor: f64| {
        let read = |at: usize| sound.get((at as f64 * factor) as usize).copied().unwrap_or(0.0);
        let faster: Vec<f32> = (0..(sound.len() as f64 / factor) as usize).map(read).collect();
        let note = study.melody[0];
        let end = (seconds(&study, note.length) / factor * RATE) as usize;
        cents(pitch(&faster[end / 4..end * 3 / 4]), note.pitch)
    };
    assert!(
        (off(2.0) - 1200.0).abs() < 10.0 && (off(1.015) - 25.8).abs() < 5.0,
        "{} {}",
        off(2.0),
        off(1.015)
    );
}

#[test]
fn chords_and_bass_are_there_and_nothing_else() {
    let text = "Title: Chords\nKey: C major\nMeter: 4/4\nTempo: 1 = 40\n\n| Cmaj7 | F#m7b5 | Bb13 |\n";
    let sheet = TextChart.read(text.as_bytes()).expect("chords").sheets.remove(0);
    let performance = Performance::of(&sheet);
    let sound = mono(&heard(&performance, &Hearing::default(), built_in(Instrument::Piano)));
    assert!(performance.bass.len() == 3 && performance.chords.len() >= 12);
    for bass in &performance.bass {
        let together = performance.chords.iter().filter(|sound| sound.onset == bass.onset).chain([bass]);
        let pitches: Vec<u8> = together.map(|sound| sound.pitch).collect();
        let window = stretch(&sound, &performance, bass, 0.1, 0.9);
        let quietest = pitches.iter().map(|&midi| amplitude(window, frequency(midi))).fold(1.0, f64::min);
        // Semitones that are no partial of anything that sounds.
        let partial = |midi: u8| {
            let ratio = |low: &u8| frequency(midi) / frequency(*low);
            pitches.iter().any(|low| (ratio(low) - ratio(low).round()).abs() < 0.06 * ratio(low))
        };
        let others: Vec<u8> = (28..76).filter(|midi| !partial(*midi)).collect();
        assert!(others.len() > 8, "{others:?}");
        let loudest = others.iter().map(|&midi| amplitude(window, frequency(midi))).fold(0.0, f64::max);
        assert!(quietest > 0.001 && quietest > 10.0 * loudest, "{pitches:?}: {quietest} beside {loudest}");
    }
}

#[test]
fn songs_stay_below_what_is_limited_and_the_loudest_below_full_scale() {
    for name in ["songs/aura-lee.abc", "songs/amazing-grace.abc", "songs/america-the-beautiful.abc"] {
        for instrument in [Instrument::Piano, Instrument::Trumpet, Instrument::Organ] {
            let hearing = Hearing { metronome: true, ..Hearing::default() };
            let mut rendering =
                Rendering::new(&Performance::of(&corpus(name)), &hearing, built_in(instrument));
            let mut block = vec![[0.0; 2]; 10_000];
            while rendering.fill(&mut block) > 0 {}
            let loudest = rendering.loudest();
            assert!((0.25..UNTOUCHED).contains(&loudest), "{name}, {instrument}: {loudest}");
        }
    }
    let mut loud = study();
    let voices = [&mut loud.melody, &mut loud.chords, &mut loud.bass];
    voices.into_iter().flatten().for_each(|sound| sound.velocity = 127);
    let more: Vec<Sound> =
        loud.chords.iter().map(|sound| Sound { pitch: sound.pitch + 12, ..*sound }).collect();
    loud.chords.extend(more);
    let mut rendering = Rendering::new(&loud, &Hearing::default(), built_in(Instrument::Trumpet));
    let mut block = vec![[0.0; 2]; 1_000_000];
    let filled = rendering.fill(&mut block);
    let peak = block[..filled].iter().flatten().fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!(rendering.loudest() > UNTOUCHED && peak < 0.99, "{} {peak}", rendering.loudest());
}

#[test]
fn nothing_clicks_and_after_the_end_there_is_silence() {
    let study = study();
    let all = heard(&study, &Hearing::default(), built_in(Instrument::Piano));
    for side in [0, 1] {
        let sound: Vec<f32> = all.iter().map(|frame| frame[side]).collect();
        let jump = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(jump < 0.2, "a jump of {jump}");
        let end = sound.len() - TAIL as usize;
        let tail = &sound[sound.len() - 2000..];
        assert!(tail.iter().all(|value| value.abs() < 1e-4) && tail[1999] == 0.0);
        assert!(sound[end..end + 2000].iter().any(|value| value.abs() > 1e-3), "it rings out");
    }
    // One long note: its end is no rougher than its middle, where one that is cut off is.
    let one =
        Performance { melody: vec![Sound { length: Duration::quarters(3), ..study.melody[0] }], ..study };
    for instrument in Instrument::ALL {
        let sound = melody_of(&one, instrument);
        let end = (seconds(&one, Duration::quarters(3)) * RATE) as usize;
        let middle = roughest(&sound[end / 4..end - 4000]);
        let release = roughest(&sound[end - 2000..]);
        assert!(release < 1.3 * middle + 1e-4, "{instrument}: {release} beside {middle}");
        let at = (end - 8000..end - 4000).max_by(|a, b| sound[*a].abs().total_cmp(&sound[*b].abs()));
        let cut = [&sound[end - 8000..at.expect("a loudest")], &[0.0; 8]].concat();
        assert!(roughest(&cut) > 3.0 * middle, "{instrument}: a cut is heard");
    }
}

#[test]
fn the_same_bytes_come_in_whatever_blocks() {
    let hearing = Hearing { metronome: true, count_in: true, ..Hearing::default() };
    let rendering = || Rendering::new(&study(), &hearing, built_in(Instrument::Guitar));
    let whole = in_blocks(rendering(), 1 << 20);
    for size in [1, 63, 512, 4096] {
        assert!(in_blocks(rendering(), size) == whole, "blocks of {size}");
    }
    // FNV-1a over the bits: what this machine gives, every machine gives.
    let bits = whole.iter().flatten().flat_map(|value| value.to_bits().to_le_bytes());
    let hash = bits
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    assert_eq!(format!("{hash:016x}"), "09a5830fba23fff8");
}

#[test]
fn a_loop_comes_round_on_the_beat() {
    let (from, to) = (Some(Duration::quarters(1)), Some(Duration::quarters(5)));
    let hearing = Hearing { from, to, repeat: true, voices: MELODY_ONLY, ..Hearing::default() };
    let study = study();
    let mut rendering = Rendering::new(&study, &hearing, built_in(Instrument::Piano));
    assert_eq!(rendering.frames(), None);
    let pass = rendering.timeline().pass() as usize;
    let mut block = vec![[0.0; 2]; 3 * pass];
    assert_eq!(rendering.fill(&mut block), 3 * pass);
    let found = onsets(&mono(&block));
    let second: Vec<f64> = found.iter().map(|at| at - pass as f64 / RATE).collect();
    let inside = |found: &[f64]| -> Vec<f64> {
        found.iter().copied().filter(|at| (0.05..pass as f64 / RATE - 0.05).contains(at)).collect()
    };
    let (first, second) = (inside(&found), inside(&second));
    assert!(first.len() == 6 && first.len() == second.len(), "{first:?} {second:?}");
    assert!(first.iter().zip(&second).all(|(a, b)| (a - b).abs() < 0.003), "{first:?} {second:?}");
    assert!(found.iter().any(|at| (at - pass as f64 / RATE).abs() < 0.01), "the first note comes again");
}

#[test]
fn a_soundfont_plays_the_same_notes() {
    let font = SoundFont::read(font::sine().as_slice()).expect("a SoundFont");
    let study = study();
    let hearing = Hearing { voices: MELODY_ONLY, ..Hearing::default() };
    let synthesizer = || Box::new(font.synthesizer(Instrument::Flute).expect("a synthesiser"));
    let sound = mono(&heard(&study, &hearing, synthesizer()));
    for note in &study.melody {
        let off = cents(pitch(stretch(&sound, &study, note, 0.3, 0.8)), note.pitch);
        assert!(off.abs() < 20.0, "{note:?} is off by {off} cents");
    }
    let (missing, _) = astray(&study, &onsets(&sound));
    assert!(missing.is_empty(), "{missing:?}");
    let rendering = || Rendering::new(&study, &Hearing { metronome: true, ..hearing }, synthesizer());
    assert!(in_blocks(rendering(), 100) == in_blocks(rendering(), 4096), "in whatever blocks");
}

#[test]
fn damaged_soundfonts_end_nothing() {
    let whole = font::sine();
    let study = study();
    let mut played = 0;
    for round in 0..600_usize {
        let mut bytes = whole.clone();
        if round < 100 {
            bytes.truncate(whole.len() * round / 100);
        } else {
            // The sound itself is most of the file; what is behind and before it is what can be broken.
            let behind = whole.len() - 700 + (round * 37) % 700;
            let at = if round % 3 == 0 { (round * 7) % 120 } else { behind };
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff][round % 5];
        }
        let Ok(font) = SoundFont::read(bytes.as_slice()) else { continue };
        let Ok(synthesizer) = font.synthesizer(Instrument::Piano) else { continue };
        let mut rendering = Rendering::new(&study, &Hearing::default(), Box::new(synthesizer));
        let mut block = vec![[0.0; 2]; 20_000];
        rendering.fill(&mut block);
        assert!(block.iter().flatten().all(|value| value.abs() < 1.0), "round {round}");
        played += 1;
    }
    assert!(played > 50, "{played}");
    let error = SoundFont::read(&b"RIFF no"[..]).expect_err("nonsense");
    assert!(matches!(error, SoundFontError::Damaged(_)) && error.to_string().contains(".sf2"), "{error}");
}

#[test]
fn a_compressed_soundfont_is_named_as_such() {
    let mut bytes = font::sine();
    let smpl = bytes.windows(4).position(|four| four == b"smpl").expect("the samples") + 8;
    bytes[smpl..smpl + 4].copy_from_slice(b"OggS");
    assert_eq!(SoundFont::read(bytes.as_slice()).err(), Some(SoundFontError::Compressed));
}
