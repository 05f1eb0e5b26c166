//! What the chords of an excerpt do.

use super::excerpt::{BARS, Excerpt};
use super::figure::Figure;
use super::line::taken_up;
use super::tune::Tune;
use crate::viewpoint::RelativeChord;

/// The chord figures of an excerpt.
pub fn harmony(tune: &Tune, excerpt: &Excerpt) -> Vec<(Figure, f64)> {
    let length = tune.bar_length();
    let bar = |bar: i32| -> Vec<Option<RelativeChord>> {
        let from = excerpt.from + bar * length;
        (from..from + length).step_by(tune.unit() as usize).map(|tick| tune.charted(tick)).collect()
    };
    let bars: Vec<Vec<Option<RelativeChord>>> = (0..BARS as i32).map(bar).collect();
    let mut changes: Vec<RelativeChord> = bars.iter().flatten().copied().flatten().collect();
    changes.dedup();
    let mut found = vec![(Figure::Chords, changes.len() as f64 / BARS as f64)];
    let silent = |bar: &Vec<Option<RelativeChord>>| bar.iter().all(Option::is_none);
    for (lag, figure) in [(1, Figure::Chords1), (2, Figure::Chords2), (4, Figure::Chords4)] {
        found.extend(taken_up(&bars, lag, silent).map(|share| (figure, share)));
    }
    found
}

/// Whether the chart ends on the chord of the tonic; `None` without a chart.
pub fn ends_on_one(tune: &Tune) -> Option<f64> {
    tune.chart.last().map(|span| f64::from(u8::from(span.chord.root == Some(0))))
}
