//! Which part of a MIDI file is the melody.

use super::events::Part;
use crate::music::Duration;

/// The part that is most like a melody and a sentence that says why.
pub fn melody(parts: &[Part]) -> Option<(usize, String)> {
    let end = parts.iter().flat_map(|part| part.notes.iter().map(|note| note.end)).max()?;
    let best = parts.iter().enumerate().map(|(index, part)| (index, Portrait::of(part, end))).fold(
        None,
        |best: Option<(usize, Portrait)>, (index, portrait)| match best {
            Some(best) if best.1.score() >= portrait.score() => Some(best),
            _ => Some((index, portrait)),
        },
    );
    let (index, portrait) = best?;
    let part = parts.get(index)?;
    let named = if part.name.is_empty() { String::new() } else { format!(" '{}'", part.name) };
    let because = if parts.len() == 1 { "it is the only part".to_string() } else { portrait.reasons() };
    Some((
        index,
        format!("the melody was taken from track {}{named}, channel {}: {because}", part.track, part.channel),
    ))
}

/// Whether a part is named as an accompaniment.
pub fn is_accompaniment(part: &Part) -> bool {
    let name = part.name.to_lowercase();
    ACCOMPANYING.iter().any(|word| name.contains(word)) && !LEADING.iter().any(|word| name.contains(word))
}

/// What tells a melody from an accompaniment.
struct Portrait {
    drums: bool,
    /// Share of notes that sound alone, 0 to 1.
    alone: f64,
    /// Mean pitch as a MIDI note number.
    height: f64,
    /// Notes in a whole note's time, where it plays.
    density: f64,
    /// Share of the piece in which it plays, 0 to 1.
    coverage: f64,
    /// Share of steps of one to four semitones among moves, 0 to 1.
    stepwise: f64,
    /// 1 if it is named like a melody, −1 if like an accompaniment.
    name: f64,
    notes: usize,
}

/// Words in names of melody parts and of others, in lower case.
const LEADING: [&str; 12] =
    ["melod", "vocal", "voice", "vox", "lead", "sing", "solo", "soprano", "gesang", "canto", "chant", "tune"];
const ACCOMPANYING: [&str; 12] = [
    "bass", "chord", "drum", "perc", "pad", "string", "comp", "rhythm", "accomp", "left", "harmony",
    "backing",
];

impl Portrait {
    fn of(part: &Part, end: Duration) -> Portrait {
        let count = part.notes.len().max(1) as f64;
        let mut alone = 0;
        let mut sounding_until = Duration::ZERO;
        for (index, note) in part.notes.iter().enumerate() {
            // A little overlap is legato playing.
            let slack = (note.end - note.onset).min(Duration::EIGHTH);
            let next = part
                .notes
                .get(index + 1)
                .is_none_or(|next| next.onset >= note.end - slack && next.onset > note.onset);
            alone += usize::from(next && sounding_until <= note.onset + slack);
            sounding_until = sounding_until.max(note.end);
        }
        let moves =
            part.notes.windows(2).map(|pair| (pair[1].midi - pair[0].midi).abs()).filter(|step| *step > 0);
        let (steps, moves) = moves.fold((0, 0), |(steps, all), step| (steps + i32::from(step <= 4), all + 1));
        // Whole notes' worth of time in which something of this part starts.
        let mut windows: Vec<i64> =
            part.notes.iter().map(|note| note.onset.div_floor(Duration::WHOLE)).collect();
        windows.dedup();
        let name = part.name.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let is_bass = part.program.is_some_and(|program| (32..40).contains(&program));
        Portrait {
            drums: part.channel == 10,
            alone: alone as f64 / count,
            height: part.notes.iter().map(|note| f64::from(note.midi)).sum::<f64>() / count,
            density: count / windows.len().max(1) as f64,
            coverage: (windows.len() as f64 / (end.div_floor(Duration::WHOLE) + 1).max(1) as f64).min(1.0),
            stepwise: f64::from(steps) / f64::from(moves.max(1)),
            name: f64::from(u8::from(has(&LEADING))) - f64::from(u8::from(has(&ACCOMPANYING) || is_bass)),
            notes: part.notes.len(),
        }
    }

    fn score(&self) -> f64 {
        if self.drums {
            return -100.0;
        }
        let range = 1.0 - ((self.height - 70.0).abs() - 8.0).max(0.0) / 12.0;
        let density =
            if self.density < 1.0 { self.density } else { 1.0 - (self.density - 9.0).max(0.0) / 8.0 };
        let few = if self.notes < 8 { -1.0 } else { 0.0 };
        3.0 * self.alone
            + 1.5 * range.max(-1.0)
            + density.max(-1.0)
            + self.coverage
            + self.stepwise
            + 2.5 * self.name
            + few
    }

    fn reasons(&self) -> String {
        let mut reasons = vec![format!("{:.0}% of its notes sound alone", self.alone * 100.0)];
        reasons.push(format!("it lies round MIDI note {:.0}", self.height));
        reasons.push(format!("it plays in {:.0}% of the piece", self.coverage * 100.0));
        if self.name > 0.0 {
            reasons.push("it is named like a melody".into());
        }
        reasons.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::Played;
    use super::*;

    fn part(name: &str, channel: u8, pitches: &[&[i32]]) -> Part {
        let notes = pitches.iter().enumerate().flat_map(|(index, chord)| {
            let onset = Duration::QUARTER * index as i64;
            chord.iter().map(move |midi| Played { onset, end: onset + Duration::QUARTER, midi: *midi })
        });
        Part { track: 1, channel, name: name.into(), program: None, notes: notes.collect() }
    }

    #[test]
    fn a_single_line_in_the_middle_wins_over_chords_bass_and_drums() {
        let line: Vec<&[i32]> = vec![&[67], &[69], &[71], &[72], &[71], &[69], &[67], &[65]];
        let chords: Vec<&[i32]> = vec![&[60, 64, 67]; 8];
        let bass: Vec<&[i32]> = vec![&[36]; 8];
        let drums: Vec<&[i32]> = vec![&[70]; 8];
        let parts =
            [part("", 2, &chords), part("", 3, &bass), part("", 1, &line), part("Lead drums", 10, &drums)];
        let (index, why) = melody(&parts).expect("a melody");
        assert_eq!(index, 2);
        assert!(why.contains("channel 1") && why.contains("100%"), "{why}");
    }

    #[test]
    fn a_name_decides_between_equals() {
        let line: Vec<&[i32]> = vec![&[67], &[69], &[71], &[72], &[71], &[69], &[67], &[65]];
        let parts = [part("Flute", 1, &line), part("Lead Vocal", 2, &line)];
        assert_eq!(melody(&parts).map(|(index, _)| index), Some(1));
    }
}
