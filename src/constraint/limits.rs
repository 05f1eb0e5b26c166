//! What constraints compile to: limits on places in time, each of them regular, which the sampler joins exactly.

use super::chord_set::ChordSet;
use super::pitch_set::PitchSet;
use crate::music::{ChordSymbol, Duration};

/// All that a request's constraints ask. Places count from the downbeat of bar 1; spans are half-open.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    /// What binds the chart.
    pub chart: Vec<ChartLimit>,
    /// What binds the melody.
    pub melody: Vec<MelodyLimit>,
    /// Stretches that repeat others.
    pub same: Vec<Same>,
    /// Stretches that vary others.
    pub vary: Vec<Vary>,
    /// How many notes in a row may be those of one song of the style, at least 1; `None` where nothing is asked.
    pub copied_notes: Option<u32>,
    /// How many chords in a row may be those of one song of the style, at least 1.
    pub copied_chords: Option<u32>,
}

/// One thing asked of the chart. A chord sounds from where it is written to the next chord or the end of the sheet;
/// before the first one nothing sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "from, to and at mean the same in all")]
pub enum ChartLimit {
    /// The chart has begun: at `by`, some chord (or N.C.) sounds.
    Begun { by: Duration },
    /// Every chord that sounds anywhere in the span is in the set.
    Sounding { from: Duration, to: Duration, allowed: ChordSet },
    /// Exactly these chords begin in the span, in this order, the first at `from`. So the last holds to `to`.
    Run { from: Duration, to: Duration, chords: Vec<ChordSymbol> },
    /// At least `min` chords begin in the span, and at most `max` sound in it; one held over from before counts
    /// towards `max`. The span is one bar.
    Count { from: Duration, to: Duration, min: u32, max: u32 },
    /// The chord that sounds at the end of the span begins in the span and is in `arrive`; the chord before it is in
    /// `before`, and there is one. The span is one bar.
    Arrival { from: Duration, to: Duration, before: ChordSet, arrive: ChordSet },
}

/// One thing asked of the melody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "from, to and at mean the same in all")]
pub enum MelodyLimit {
    /// Every note that sounds anywhere in the span is in the set; rests are always fine. An empty set is a rest.
    Sounding { from: Duration, to: Duration, allowed: PitchSet },
    /// A note of the set starts exactly at `at`.
    Onset { at: Duration, allowed: PitchSet },
    /// A note of the set starts exactly at `at` and sounds exactly to `to`, so that nothing else starts between.
    Note { at: Duration, to: Duration, allowed: PitchSet },
    /// Every note that starts in the span on a strong beat ([`Meter::strength`](crate::music::Meter::strength) 0 or 1)
    /// is a tone of the chord that sounds where it starts, the bass included
    /// ([`ChordSymbol::pitch_classes`]); nothing is asked under N.C. or before the first chord. How long the note lasts
    /// does not matter, and a note held over into a strong beat is free. Places in the pickup count as the end of a
    /// bar.
    ChordTones { from: Duration, to: Duration },
    /// The notes that start in the span rise and fall as the shape says, from each to the next, rests between them or
    /// not. What sounded before the span does not count.
    Contour { from: Duration, to: Duration, shape: Shape },
    /// The notes that start in the span differ from a theme in at least `least` and at most `most` places: the places
    /// where only one of the two has a note, or both have notes of different pitch. Theme notes are places with MIDI
    /// pitches, in order and in the span.
    Near { from: Duration, to: Duration, theme: Vec<(Duration, i32)>, least: u32, most: u32 },
    /// Between `min` and `max` notes start in the span. The span is one bar.
    Count { from: Duration, to: Duration, min: u32, max: u32 },
    /// Every note that starts in the span is at most `max` semitones away from the sounding note before it, wherever
    /// that is: across rests, bar lines and seams. The first note of the sheet has none before it.
    Leap { from: Duration, to: Duration, max: u32 },
    /// The first sounding note of the whole sheet, the pickup included, is in the set; and there is one.
    First { allowed: PitchSet },
    /// The last sounding note of the whole sheet is in the set; and there is one.
    Last { allowed: PitchSet },
}

/// A span is the same as the one of the same length at `source`, which is over before this one begins: at each
/// distance from the start the same pitch or chord sounds, or none, and a note or chord begins in one where one
/// begins in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "from and to mean the same as in the other limits")]
pub struct Same {
    pub from: Duration,
    pub to: Duration,
    /// Where the span that it repeats begins.
    pub source: Duration,
    /// What is the same.
    pub layer: Layer,
}

/// How a line goes. Each shape wants two notes at least, and [`Arch`](Shape::Arch) and [`Valley`](Shape::Valley) three;
/// a note that is as high as the one before neither rises nor falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// It never falls, and ends higher than it starts.
    Up,
    /// It never rises, and ends lower than it starts.
    Down,
    /// It rises, then falls: never falls up to some note and never rises from there, and does both.
    Arch,
    /// It falls, then rises.
    Valley,
}

/// The notes of a span differ from those of the one of the same length at `source` in `least` to `most` per cent of the
/// notes there, counted as [`MelodyLimit::Near`] counts, places being distances from where the spans begin.
///
/// Exactly: with `n` notes that start in the source and `e` places that differ, `least · n <= 100 · e <= most · n`. So
/// `e` goes from `least · n / 100` rounded up to `most · n / 100` rounded down; there may be no such `e` (10 to 15 per
/// cent of five notes), and where the source has no notes, `e` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "from and to mean the same as in the other limits")]
pub struct Vary {
    pub from: Duration,
    pub to: Duration,
    /// Where the span that it varies begins, before this one or after it; the two do not overlap.
    pub source: Duration,
    /// Per cent, 0 to 100.
    pub least: u32,
    /// Per cent, 0 to 100.
    pub most: u32,
}

/// The parts of a sheet that can repeat on their own; the rhythm is the places where notes start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Layer {
    Both,
    Rhythm,
    Melody,
    Chords,
}

impl Limits {
    /// The chords asked for by name, each sound once: what the sampler must be able to write, however rare.
    pub fn named_chords(&self) -> Vec<ChordSymbol> {
        let named = self.chart.iter().flat_map(|limit| match limit {
            ChartLimit::Sounding { allowed, .. } => allowed.named(),
            ChartLimit::Run { chords, .. } => chords.clone(),
            ChartLimit::Arrival { before, arrive, .. } => [before.named(), arrive.named()].concat(),
            ChartLimit::Begun { .. } | ChartLimit::Count { .. } => Vec::new(),
        });
        let mut chords: Vec<ChordSymbol> = Vec::new();
        for chord in named {
            if !chords.iter().any(|known| known.sounds_like(&chord)) {
                chords.push(chord);
            }
        }
        chords
    }

    /// The pitches asked for by name, with their octave: of notes, ranges, first and last notes. A pitch class or degree
    /// in every octave names none of them ([`PitchSet::named`]).
    pub fn named_pitches(&self) -> PitchSet {
        let named = self.melody.iter().map(|limit| match limit {
            MelodyLimit::Sounding { allowed, .. }
            | MelodyLimit::Onset { allowed, .. }
            | MelodyLimit::Note { allowed, .. }
            | MelodyLimit::First { allowed }
            | MelodyLimit::Last { allowed } => allowed.named(),
            MelodyLimit::ChordTones { .. }
            | MelodyLimit::Contour { .. }
            | MelodyLimit::Near { .. }
            | MelodyLimit::Count { .. }
            | MelodyLimit::Leap { .. } => PitchSet::EMPTY,
        });
        named.collect()
    }
}
