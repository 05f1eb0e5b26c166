//! Chords of a MIDI file: as text events say them, or as an accompaniment plays them.

use super::events::{Events, Part, Played, TextKind};
use crate::music::{Bar, ChordChange, ChordSymbol, Duration, Key, NamedChord, Quality};

/// The chord symbols written in text events, and the kind of event that holds them.
pub fn written(events: &Events) -> Option<(TextKind, Vec<(Duration, ChordSymbol)>)> {
    [TextKind::Text, TextKind::Cue, TextKind::Marker, TextKind::Lyric].into_iter().find_map(|kind| {
        let texts = || events.texts.iter().filter(move |(_, of, text)| *of == kind && !is_remark(text));
        let chords: Vec<_> =
            texts().filter_map(|(at, _, text)| Some((*at, text.trim().parse().ok()?))).collect();
        let telling = texts().any(|(_, _, text)| text.trim().len() > 1) || kind == TextKind::Text;
        (telling && !chords.is_empty() && chords.len() * 5 >= texts().count() * 4).then_some((kind, chords))
    })
}

/// Texts that sequencers add.
fn is_remark(text: &str) -> bool {
    text.trim().is_empty() || text.contains(": ") || text.starts_with(['@', '/', '\\'])
}

/// Chord changes by half bars, from what the parts other than the melody play. Empty if they play no chords.
pub fn played(parts: &[Part], melody: usize, bars: &[Bar], downbeat: Duration, key: Key) -> Vec<ChordChange> {
    let others = parts.iter().enumerate().filter(|(index, part)| *index != melody && part.channel != 10);
    let mut notes: Vec<Played> = others.flat_map(|(_, part)| part.notes.iter().copied()).collect();
    notes.sort_by_key(|note| (note.onset, note.midi));
    let mut changes: Vec<ChordChange> = Vec::new();
    let mut start = Duration::ZERO;
    let mut from = 0;
    for bar in bars {
        for (place, length) in halves(bar) {
            let (begin, end) = (downbeat + start + place, downbeat + start + place + length);
            // Notes that ended long ago are behind; one held for more than sixteen bars is none of the harmony's.
            while notes.get(from).is_some_and(|note| note.onset + Duration::WHOLE * 16 < begin) {
                from += 1;
            }
            let to = notes.partition_point(|note| note.onset < end);
            let Some(chord) = heard(notes.get(from..to).unwrap_or_default(), begin, end, key) else {
                continue;
            };
            if changes.last().is_none_or(|last| last.chord != chord) {
                changes.push(ChordChange { at: start + place, chord });
            }
        }
        start += bar.length;
    }
    changes
}

/// The parts of a bar in which chords are looked for: halves where the meter has them, else the bar.
fn halves(bar: &Bar) -> Vec<(Duration, Duration)> {
    let pulses = bar.meter.pulses();
    if bar.length == bar.meter.bar_length() && pulses.len() >= 2 && pulses.len().is_multiple_of(2) {
        let half = bar.length / 2;
        return vec![(Duration::ZERO, half), (half, half)];
    }
    vec![(Duration::ZERO, bar.length)]
}

/// Qualities that are recognised, each with what it needs to win over the simpler ones before it.
const HEARD: [(&str, f64); 9] = [
    ("", 0.0),
    ("m", 0.0),
    ("7", 0.04),
    ("m7", 0.05),
    ("maj7", 0.05),
    ("sus4", 0.06),
    ("dim", 0.04),
    ("m7b5", 0.08),
    ("aug", 0.08),
];

/// The chord that fits best what sounds between two places: time inside the chord less time outside it, the lowest note
/// counting for the root.
fn heard(notes: &[Played], begin: Duration, end: Duration, key: Key) -> Option<ChordSymbol> {
    let mut weights = [0f64; 12];
    let mut lowest: Option<i32> = None;
    for note in notes {
        let time = (note.end.min(end) - note.onset.max(begin)).as_quarters_f64();
        if time > 0.0 {
            weights[note.midi.rem_euclid(12) as usize] += time;
            if time * 4.0 >= (end - begin).as_quarters_f64() {
                lowest = Some(lowest.map_or(note.midi, |lowest| lowest.min(note.midi)));
            }
        }
    }
    let total: f64 = weights.iter().sum();
    if total <= 0.0 || weights.iter().filter(|weight| **weight > total * 0.08).count() < 3 {
        return None;
    }
    let mut best: Option<(f64, u8, Quality)> = None;
    for (symbol, handicap) in HEARD {
        let quality = Quality::from_symbol(symbol)?;
        for root in 0..12u8 {
            let tones = quality.row().tones.iter().map(|(_, semitones)| (root + semitones) % 12);
            let (mut inside, mut missing) = (0.0, 0.0);
            for tone in tones {
                inside += weights[usize::from(tone)];
                missing += if weights[usize::from(tone)] < total * 0.04 { 0.12 } else { 0.0 };
            }
            let bass =
                if lowest.is_some_and(|lowest| lowest.rem_euclid(12) as u8 == root) { 0.15 } else { 0.0 };
            let score = inside / total - missing - handicap + bass;
            if best.is_none_or(|(top, _, _)| score > top + 1e-9) {
                best = Some((score, root, quality));
            }
        }
    }
    let (score, root, quality) = best?;
    let chord = NamedChord { root: key.spell(root), quality, alterations: Vec::new(), bass: None };
    (score > 0.55).then_some(ChordSymbol::Chord(chord))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(pitches: &[i32]) -> Option<String> {
        let notes: Vec<Played> = pitches
            .iter()
            .map(|midi| Played { onset: Duration::ZERO, end: Duration::HALF, midi: *midi })
            .collect();
        heard(&notes, Duration::ZERO, Duration::HALF, Key::C_MAJOR).map(|chord| chord.to_string())
    }

    #[test]
    fn plain_chords_are_heard() {
        assert_eq!(chord(&[48, 64, 67, 72]).as_deref(), Some("C"));
        assert_eq!(chord(&[45, 60, 64, 67]).as_deref(), Some("Am7"));
        assert_eq!(chord(&[43, 59, 62, 65]).as_deref(), Some("G7"));
        assert_eq!(chord(&[60, 62]), None);
    }
}
