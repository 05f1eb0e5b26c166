//! Played times as written ones: each beat on the grid of sixteenths or of triplets, whichever fits better.

use std::collections::BTreeMap;

use super::events::Played;
use crate::music::Duration;

/// Grids by parts of a quarter, and what it costs to prefer them to sixteenths, in quarters of deviation.
const GRIDS: [(i64, f64); 4] = [(4, 0.0), (3, 0.01), (6, 0.09), (8, 0.1)];
/// A gap this short before the next note is articulation, not a rest.
const ARTICULATION: Duration = Duration::from_ticks(Duration::TICKS_PER_QUARTER * 13 / 100);

/// One line of notes on the grid, whose beats are quarters counted from each of the bar lines: of notes that start together the highest, each ending by the next. The second value
/// is the mean deviation of the onsets in quarters.
pub fn line(played: &[Played], bar_lines: &[Duration]) -> (Vec<Played>, f64) {
    let beats = Beats { bar_lines };
    let grids = beats.grids(played);
    let mut line: Vec<Played> = Vec::with_capacity(played.len());
    let mut deviation = 0.0;
    for (index, note) in played.iter().enumerate() {
        let onset = beats.snap(note.onset, &grids);
        deviation += (note.onset - onset).as_quarters_f64().abs();
        let next = played[index + 1..].iter().find(|next| next.onset > note.onset).map(|next| next.onset);
        let legato = next.is_some_and(|next| next - note.end < ARTICULATION);
        let end = if legato {
            next.map(|next| beats.snap(next, &grids))
        } else {
            Some(beats.snap(note.end, &grids))
        };
        let shortest = Duration::QUARTER / beats.parts_at(onset, &grids);
        let mut note = Played { onset, end: end.unwrap_or(onset).max(onset + shortest), ..*note };
        if let Some(last) = line.last_mut() {
            if last.onset == onset {
                // Notes come lower first: the later one is the higher, unless only the grid put them together.
                if last.midi > note.midi {
                    note.midi = last.midi;
                }
                note.end = note.end.max(last.end);
                *last = note;
                continue;
            }
            last.end = last.end.min(onset);
        }
        line.push(note);
    }
    (line, deviation / played.len().max(1) as f64)
}

/// The beats of a file: quarters from each bar line on.
struct Beats<'b> {
    bar_lines: &'b [Duration],
}

/// Into how many parts each beat is divided, by the beat's start.
type Grids = BTreeMap<Duration, i64>;

impl Beats<'_> {
    /// The start of the beat that holds a place.
    fn beat(&self, at: Duration) -> Duration {
        let bar = self.bar_lines.partition_point(|line| *line <= at).saturating_sub(1);
        let line = self.bar_lines.get(bar).copied().unwrap_or_default();
        line + Duration::QUARTER * (at - line).div_floor(Duration::QUARTER)
    }

    /// Which grid each beat is on.
    fn grids(&self, played: &[Played]) -> Grids {
        let mut marks: BTreeMap<Duration, Vec<(f64, f64)>> = BTreeMap::new();
        let mut mark = |at: Duration, weight: f64| {
            let beat = self.beat(at);
            marks.entry(beat).or_default().push(((at - beat).as_quarters_f64(), weight));
        };
        for (index, note) in played.iter().enumerate() {
            mark(note.onset, 1.0);
            let next = played.get(index + 1).map(|next| next.onset);
            if next.is_none_or(|next| next - note.end >= ARTICULATION) {
                mark(note.end, 0.3);
            }
        }
        let best = |marks: &[(f64, f64)]| {
            let cost = |(parts, cost): (i64, f64)| {
                let steps = parts as f64;
                let error = |(at, weight): &(f64, f64)| ((at * steps).round() / steps - at).abs() * weight;
                marks.iter().map(error).sum::<f64>() + cost
            };
            GRIDS
                .into_iter()
                .fold(GRIDS[0], |best, grid| if cost(grid) < cost(best) - 1e-9 { grid } else { best })
                .0
        };
        marks.iter().map(|(beat, marks)| (*beat, best(marks))).collect()
    }

    fn parts_at(&self, at: Duration, grids: &Grids) -> i64 {
        grids.get(&self.beat(at)).copied().unwrap_or(4)
    }

    /// The nearest place of the beat's grid.
    fn snap(&self, at: Duration, grids: &Grids) -> Duration {
        let beat = self.beat(at);
        let step = Duration::QUARTER / self.parts_at(at, grids);
        beat + step * (at - beat + step / 2).div_floor(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(list: &[(f64, f64)]) -> Vec<Played> {
        let at = |quarters: f64| Duration::from_ticks((quarters * Duration::TICKS_PER_QUARTER as f64) as i64);
        list.iter().map(|(onset, end)| Played { onset: at(*onset), end: at(*end), midi: 60 }).collect()
    }

    fn onsets(list: &[(f64, f64)]) -> Vec<String> {
        line(&notes(list), &[]).0.iter().map(|note| format!("{}-{}", note.onset, note.end)).collect()
    }

    #[test]
    fn sixteenths_and_triplets_are_told_apart_beat_by_beat() {
        let played =
            [(0.02, 0.2), (0.27, 0.5), (0.51, 0.9), (1.01, 1.3), (1.32, 1.6), (1.68, 1.97), (2.03, 2.9)];
        let expected = ["0-1/4", "1/4-1/2", "1/2-1", "1-1+1/3", "1+1/3-1+2/3", "1+2/3-2", "2-3"];
        assert_eq!(onsets(&played), expected);
    }

    #[test]
    fn exact_triplets_with_rests_stay() {
        assert_eq!(onsets(&[(0.0, 1.0 / 3.0), (1.0, 2.0)]), ["0-1/3", "1-2"]);
    }

    #[test]
    fn of_a_chord_the_highest_note_stays() {
        let mut played = notes(&[(0.0, 1.0), (0.0, 1.0)]);
        played[1].midi = 67;
        assert_eq!(line(&played, &[]).0.iter().map(|note| note.midi).collect::<Vec<_>>(), [67]);
    }
}
