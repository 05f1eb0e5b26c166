//! Excerpts: eight bars from where a phrase starts.

use super::tune::Tune;

/// Bars in an excerpt.
pub const BARS: usize = 8;
/// Bars of an excerpt in which something must sound.
const FILLED: usize = 6;

/// Eight bars of a tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Its first bar, from 0.
    pub first_bar: usize,
    /// Where it starts, in ticks.
    pub from: i32,
    /// Where it ends, in ticks.
    pub to: i32,
    /// Whether there is melody in at least six of its bars.
    pub melody: bool,
    /// Whether there are chords in at least six of its bars.
    pub chords: bool,
}

/// The excerpts of a tune: from each section's start and every eight bars after it within the section, whole within
/// the tune, all eight bars full bars of its meter. One that does not fit into its section is left out, unless the
/// section is shorter than eight bars: then it runs on into the next.
pub fn excerpts(tune: &Tune) -> Vec<Excerpt> {
    let mut found = Vec::new();
    for &(first, bars) in &tune.sections {
        let starts = (first..first + bars).step_by(BARS);
        let fitting = starts.filter(|start| start + BARS <= first + bars || bars < BARS);
        found.extend(fitting.filter_map(|start| excerpt(tune, start)));
    }
    found.retain(|excerpt| excerpt.melody || excerpt.chords);
    found
}

fn excerpt(tune: &Tune, first_bar: usize) -> Option<Excerpt> {
    let bars = tune.bars.get(first_bar..first_bar + BARS)?;
    if !bars.iter().all(|bar| bar.regular) {
        return None;
    }
    let length = tune.bar_length();
    let (from, to) = (bars.first()?.at, bars.last()?.at + length);
    let sounds = |at: i32| tune.last_before(at + length).is_some_and(|note| note.end() > at);
    let charted = |at: i32| {
        let units = (at..at + length).step_by(tune.unit() as usize);
        units.into_iter().any(|tick| tune.charted(tick).is_some())
    };
    let melody = bars.iter().filter(|bar| sounds(bar.at)).count() >= FILLED;
    let chords = bars.iter().filter(|bar| charted(bar.at)).count() >= FILLED;
    Some(Excerpt { first_bar, from, to, melody, chords })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Meter;
    use crate::portrait::tune::{TuneBar, TuneNote};

    fn tune(bars: usize, sections: &[(usize, usize)], sounding: usize) -> Tune {
        let bar = |index: usize| TuneBar { at: index as i32 * 48, regular: true };
        let note = |index: usize| TuneNote { at: index as i32 * 48, length: 12, pitch: 60 };
        Tune {
            meter: Meter::COMMON,
            bars: (0..bars).map(bar).collect(),
            sections: sections.to_vec(),
            notes: (0..sounding).map(note).collect(),
            chords: Vec::new(),
            chart: Vec::new(),
            tonic: 0,
        }
    }

    fn starts(tune: &Tune) -> Vec<usize> {
        excerpts(tune).iter().map(|excerpt| excerpt.first_bar).collect()
    }

    #[test]
    fn excerpts_start_with_sections_and_every_eight_bars() {
        assert_eq!(starts(&tune(32, &[(0, 20), (20, 4), (24, 8)], 32)), [0, 8, 20, 24]);
        assert_eq!(starts(&tune(31, &[(0, 24), (24, 7)], 32)), [0, 8, 16], "the last does not fit");
    }

    #[test]
    fn six_bars_must_sound_and_all_be_whole() {
        assert_eq!(starts(&tune(16, &[(0, 8), (8, 8)], 14)), [0, 8]);
        assert_eq!(starts(&tune(16, &[(0, 8), (8, 8)], 13)), [0]);
        let mut broken = tune(16, &[(0, 8), (8, 8)], 16);
        broken.bars[3].regular = false;
        assert_eq!(starts(&broken), [8]);
    }
}
