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
