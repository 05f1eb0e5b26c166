//! Constraints at random, several at once.

use rand_chacha::ChaCha8Rng;
use tunesmith::constraint::{Constraint, Frame};

use super::tiny::{below, one_of};

/// A bar of the page, the pickup among them now and then.
fn bar(rng: &mut ChaCha8Rng, page: &Frame) -> usize {
    if page.pickup.is_positive() && below(rng, 4) == 0 { 0 } else { 1 + below(rng, page.bars) }
}

/// `bars 2-3`, `bar 2`, `section A`, `last bar`, or nothing, with its colon.
fn bars(rng: &mut ChaCha8Rng, page: &Frame) -> String {
    match below(rng, 5) {
        0 => String::new(),
        1 => format!("bar {}: ", bar(rng, page)),
        2 => format!("section {}: ", one_of(rng, &page.sections).0),
        3 => "last bar: ".to_string(),
        _ => {
            let (one, other) = (bar(rng, page), bar(rng, page));
            format!("bars {}-{}: ", one.min(other), one.max(other))
        }
    }
}

/// `bar 2`, `bar 2.1`, `bar 2.1+1/2`, with its colon; off the beat only where that is wanted.
fn moment(rng: &mut ChaCha8Rng, page: &Frame, off_beat: bool) -> String {
    let bar = bar(rng, page);
    let beats = usize::from(page.meter.beats());
    let beat = if bar == 0 { beats } else { 1 + below(rng, beats) };
    match below(rng, 4) {
        0 => format!("bar {bar}: "),
        1 if off_beat => format!("bar {bar}.{beat}+{}: ", one_of(rng, &["1/2", "1/3", "3/4"])),
        _ => format!("bar {bar}.{beat}: "),
    }
}

fn count(rng: &mut ChaCha8Rng, most: usize) -> String {
    let (one, other) = (below(rng, most + 1), below(rng, most + 1));
    format!("{}..{}", one.min(other), one.max(other).max(1))
}

fn run(rng: &mut ChaCha8Rng, chords: &[String], most: usize) -> String {
    let count = 1 + below(rng, most);
    (0..count).map(|_| one_of(rng, chords)).collect::<Vec<_>>().join(" ")
}

/// Something to ask of a chart, in chords of the list and others.
pub fn of_chart(rng: &mut ChaCha8Rng, page: &Frame, chords: &[String], off_beat: bool) -> Constraint {
    let mut chords = chords.to_vec();
    if below(rng, 4) == 0 {
        chords.push(one_of(rng, &["I", "V7", "IV", "vi", "bVII", "Gsus4", "N.C."]).to_string());
    }
    let beats = usize::from(page.meter.beats());
    let text = match below(rng, 9) {
        0 => format!("{}chord {}", moment(rng, page, off_beat), one_of(rng, &chords)),
        1 => format!("{}chord in {}", bars(rng, page), run(rng, &chords, 3)),
        2 | 3 => format!("{}chords {}", bars(rng, page), run(rng, &chords, if off_beat { 5 } else { beats })),
        4 => format!("{}no chord {}", moment(rng, page, off_beat), one_of(rng, &chords)),
        5 => format!("{}no chord {}", bars(rng, page), one_of(rng, &chords)),
        6 => format!("{}chords per bar {}", bars(rng, page), count(rng, if off_beat { 5 } else { beats })),
        _ => {
            let close = one_of(rng, &["authentic", "half", "plagal", "deceptive"]);
            format!("{}cadence {close}", bars(rng, page))
        }
    };
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// The name of a MIDI pitch.
fn pitch(midi: i32) -> String {
    format!("{}{}", NAMES[midi.rem_euclid(12) as usize], midi.div_euclid(12) - 1)
}

/// Something to ask of a melody, in pitches of a range.
pub fn of_melody(rng: &mut ChaCha8Rng, page: &Frame, (low, high): (i32, i32), off_beat: bool) -> Constraint {
    let mut midi = || low + below(rng, (high - low + 1) as usize) as i32;
    let (one, other) = (midi(), midi());
    let text = match below(rng, 10) {
        0 | 1 => format!("{}note {}", moment(rng, page, off_beat), pitch(one)),
        2 => format!("{}rest", moment(rng, page, off_beat)),
        3 => {
            let place = bars(rng, page);
            if place.is_empty() { "last bar: rest".to_string() } else { format!("{place}rest") }
        }
        4 => format!("{}range {}..{}", bars(rng, page), pitch(one.min(other)), pitch(one.max(other))),
        5 => format!("leap <= {}", below(rng, 3)),
        6 => format!("{}leap <= {}", bars(rng, page), below(rng, 4)),
        7 => format!("{}density {}", bars(rng, page), count(rng, 4)),
        8 => match below(rng, 3) {
            0 => format!("starts on {}", 1 + below(rng, 7)),
            _ => format!("starts on {}", pitch(one)),
        },
        _ => match below(rng, 3) {
            0 => format!("ends on {}", 1 + below(rng, 7)),
            _ => format!("ends on {}", pitch(one)),
        },
    };
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Bars that repeat others, on the page.
pub fn of_repeats(rng: &mut ChaCha8Rng, page: &Frame) -> Constraint {
    let (one, other) = (1 + below(rng, page.bars), 1 + below(rng, page.bars));
    format!("bar {one}: same as bar {other}").parse().unwrap()
}

/// Notes and rests that may follow each other, with pitches or without: each a quarter or two eighths, as many as fit
/// into so many quarters.
fn line(rng: &mut ChaCha8Rng, quarters: usize, note: impl Fn(&mut ChaCha8Rng) -> String) -> String {
    let mut parts = Vec::new();
    for _ in 0..1 + below(rng, quarters.max(1)) {
        let lengths = if below(rng, 3) == 0 { &["1/2", "1/2"][..] } else { &["1"][..] };
        for length in lengths {
            parts.push(if below(rng, 5) == 0 {
                format!("r:{length}")
            } else {
                note(rng).replace('@', length)
            });
        }
    }
    parts.join(" ")
}

/// Something of a melody that is written out, drawn as a line, tied to the chords, or a set of notes, in pitches of a
/// range.
pub fn of_lines(rng: &mut ChaCha8Rng, page: &Frame, (low, high): (i32, i32)) -> Constraint {
    let midi = |rng: &mut ChaCha8Rng| low + below(rng, (high - low + 1) as usize) as i32;
    let name = |rng: &mut ChaCha8Rng| {
        let pitch = pitch(midi(rng));
        if below(rng, 2) == 0 {
            pitch
        } else {
            pitch.trim_end_matches(|c: char| c.is_ascii_digit()).to_string()
        }
    };
    let names = |rng: &mut ChaCha8Rng, most: usize| {
        (0..1 + below(rng, most)).map(|_| name(rng)).collect::<Vec<_>>().join(" ")
    };
    let some_bars = |rng: &mut ChaCha8Rng| {
        let place = bars(rng, page);
        if place.is_empty() { "last bar: ".to_string() } else { place }
    };
    let quarters = page.meter.bar_length().div_floor(tunesmith::music::Duration::QUARTER) as usize;
    let text = match below(rng, 10) {
        0 => {
            let notes = line(rng, quarters, |rng| format!("{}:@", pitch(midi(rng))));
            format!("bar {}: melody {notes}", 1 + below(rng, page.bars))
        }
        1 => {
            let notes = line(rng, quarters, |_| "@".to_string());
            format!("bar {}: rhythm {notes}", 1 + below(rng, page.bars))
        }
        2 | 3 => {
            let shape = one_of(rng, &["up", "down", "arch", "valley"]);
            format!("{}contour {shape}", some_bars(rng))
        }
        4 => format!("{}chord tones on strong beats", bars(rng, page)),
        5 => format!("{}note in {}", moment(rng, page, false), names(rng, 3)),
        6 => format!("{}notes in {}", bars(rng, page), names(rng, 5)),
        7 => format!("{}no note {}", bars(rng, page), names(rng, 2)),
        8 => format!("starts on {}", names(rng, 3)),
        _ => format!("ends on {}", names(rng, 3)),
    };
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A contour over some bars, more than one if there are.
pub fn of_contours(rng: &mut ChaCha8Rng, page: &Frame) -> Constraint {
    let first = if page.pickup.is_positive() { 0 } else { 1 };
    let one = first + below(rng, (page.bars + 1 - first).saturating_sub(1).max(1));
    let last = one + below(rng, page.bars + 1 - one).max(usize::from(one < page.bars));
    let shape = one_of(rng, &["up", "down", "arch", "valley"]);
    format!("bars {one}-{last}: contour {shape}").parse().unwrap()
}

/// Two bars, one of which repeats a layer of the other or varies it.
pub fn of_pairs(rng: &mut ChaCha8Rng, page: &Frame) -> Constraint {
    let one = 1 + below(rng, page.bars);
    let other = if page.bars > 1 { 1 + (one + below(rng, page.bars - 1)) % page.bars } else { one };
    let text = match below(rng, 4) {
        0 => format!("bar {one}: melody same as bar {other}"),
        1 => format!("bar {one}: chords same as bar {other}"),
        _ if one == other => format!("bar {one}: same as bar {other}"),
        _ => {
            let (least, more) = (10 * below(rng, 8), 10 * below(rng, 8));
            format!("bar {one}: vary bar {other} by {least}..{}%", (least + more).min(100))
        }
    };
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Each kind is drawn, and nearly all that is drawn has its place on the page.
#[test]
fn lines_and_pairs_are_of_every_kind() {
    use rand_chacha::rand_core::SeedableRng;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let page = Frame {
        key: "C".parse().unwrap(),
        meter: "3/4".parse().unwrap(),
        pickup: tunesmith::music::Duration::QUARTER,
        bars: 3,
        sections: vec![("A".to_string(), 0..2), ("B".to_string(), 2..3)],
    };
    let drawn: Vec<Constraint> = (0..400)
        .map(
            |round| {
                if round % 2 == 0 { of_lines(&mut rng, &page, (60, 67)) } else { of_pairs(&mut rng, &page) }
            },
        )
        .collect();
    let texts: Vec<String> = drawn.iter().map(ToString::to_string).collect();
    for words in [
        "melody ",
        "rhythm ",
        "contour ",
        "chord tones",
        "note in ",
        "notes in ",
        "no note ",
        "starts on ",
        "ends on ",
        "melody same as ",
        "chords same as ",
        "vary ",
    ] {
        let count = texts.iter().filter(|text| text.contains(words)).count();
        assert!(count >= 10, "{words}: {count}");
    }
    for wish in &drawn {
        let compiled = wish.compile(&page, &mut tunesmith::constraint::Limits::default());
        assert!(compiled.is_ok(), "{wish}: {compiled:?}");
    }
}
