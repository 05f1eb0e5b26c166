//! A repetition plan: which bar takes up which, and what of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::key::Key;
use super::lead_sheet::LeadSheet;

/// What of an earlier bar's melody a bar takes up; each takes up all that the later ones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Its notes.
    Notes,
    /// Its notes, all moved by as many steps of the scale.
    Moved,
    /// Its rhythm, and where the line rises and falls.
    Contour,
    /// Its rhythm: the places where notes start.
    Rhythm,
}

impl Taken {
    /// Every kind, the closest first.
    pub const ALL: [Taken; 4] = [Taken::Notes, Taken::Moved, Taken::Contour, Taken::Rhythm];

    /// What stands between the two bars when it is written out.
    pub fn words(self) -> &'static str {
        match self {
            Taken::Notes => "melody same as",
            Taken::Moved => "melody moved as",
            Taken::Contour => "contour as",
            Taken::Rhythm => "rhythm as",
        }
    }
}

/// An echo: a bar takes up one that lies some bars back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Echo {
    /// What it takes up.
    pub taken: Taken,
    /// How many bars back, 1 or more.
    pub back: u8,
}

/// What each bar takes up, the pickup not counted.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// For each bar what its melody takes up; `None` where it is new.
    pub melody: Vec<Option<Echo>>,
    /// For each bar how many bars back the chords are that it takes up; `None` where they are new.
    pub chords: Vec<Option<u8>>,
}

/// What a bar holds, as far as it can be taken up: places from the bar line with what starts there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarContent<C> {
    /// Where notes start, with their MIDI numbers.
    pub onsets: Vec<(i64, i32)>,
    /// The chord in force at the bar line, at 0, and those that begin within the bar.
    pub chords: Vec<(i64, C)>,
}

/// How far back echoes are looked for, in order of preference: phrases answer each other first.
const DISTANCES: [u8; 8] = [8, 4, 2, 1, 3, 6, 5, 7];

impl Plan {
    /// The plan that the bars of one section keep: for each bar its closest likeness to an earlier one, the bars of
    /// the same place in the phrase before others. In the first eight bars all bars before are looked at, later only
    /// eight back. Bars without notes are alike in rhythm.
    pub fn found<C: PartialEq>(bars: &[BarContent<C>], key: Key) -> Plan {
        let back = |bar: usize| DISTANCES.into_iter().filter(move |&back| usize::from(back) <= bar);
        let melody = (0..bars.len()).map(|bar| {
            let likeness = |taken: Taken| {
                let mut distances = back(bar);
                distances.find_map(|back| {
                    let found = taken.is_in(&bars[bar - usize::from(back)].onsets, &bars[bar].onsets, key);
                    found.then_some(Echo { taken, back })
                })
            };
            Taken::ALL.into_iter().find_map(likeness)
        });
        let chords = (0..bars.len()).map(|bar| {
            back(bar).find(|&back| {
                let earlier = &bars[bar - usize::from(back)].chords;
                !earlier.is_empty() && *earlier == bars[bar].chords
            })
        });
        Plan { melody: melody.collect(), chords: chords.collect() }
    }

    /// The plan that a sheet keeps, section by section; later sections of a label and length that were heard before
    /// are not looked at, as they are the same by their name.
    pub fn of_sheet(sheet: &LeadSheet) -> Plan {
        let form = sheet.form();
        let contents = contents(sheet);
        let mut plan = Plan { melody: vec![None; contents.len()], chords: vec![None; contents.len()] };
        let mut starts: Vec<usize> = form.sections.iter().map(|section| section.first_bar).collect();
        starts.insert(0, 0);
        starts.dedup();
        for (index, &from) in starts.iter().enumerate() {
            let to = starts.get(index + 1).copied().unwrap_or(contents.len()).min(contents.len());
            if from < to {
                let own = Plan::found(&contents[from..to], sheet.key());
                plan.melody[from..to].copy_from_slice(&own.melody);
                plan.chords[from..to].copy_from_slice(&own.chords);
            }
        }
        plan
    }

    /// The plan in words, a line for each stretch: `bars 5-6: rhythm as bars 1-2`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut tell = |from: usize, to: usize, back: u8, words: &str| {
            let bars = |from: usize, to: usize| match to - from {
                1 => format!("bar {}", from + 1),
                _ => format!("bars {}-{to}", from + 1),
            };
            let back = usize::from(back);
            lines.push((from, format!("{}: {words} {}", bars(from, to), bars(from - back, to - back))));
        };
        for (from, to, echo) in stretches(&self.melody) {
            tell(from, to, echo.back, echo.taken.words());
        }
        for (from, to, back) in stretches(&self.chords) {
            tell(from, to, back, "chords same as");
        }
        lines.sort_by_key(|&(from, _)| from);
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl Taken {
    /// Whether one bar takes so much up of an earlier one.
    fn is_in(self, earlier: &[(i64, i32)], later: &[(i64, i32)], key: Key) -> bool {
        if earlier.len() != later.len() || earlier.iter().zip(later).any(|(a, b)| a.0 != b.0) {
            return false;
        }
        let pairs = || earlier.iter().zip(later).map(|(a, b)| (a.1, b.1));
        match self {
            Taken::Notes => !later.is_empty() && earlier == later,
            Taken::Moved => {
                let mut steps = pairs().map(|(a, b)| scale_place(key, b).0 - scale_place(key, a).0);
                later.len() > 1 && steps.next().is_some_and(|first| first != 0 && steps.all(|s| s == first))
            }
            Taken::Contour => {
                let rises = |line: &[(i64, i32)]| {
                    line.windows(2).map(|two| (two[1].1 - two[0].1).signum()).collect::<Vec<_>>()
                };
                later.len() > 2 && rises(earlier) == rises(later)
            }
            Taken::Rhythm => true,
        }
    }
}

/// A pitch (MIDI) as a step of the key's scale, counted through the octaves from the tonic, and the semitones above it
/// that the scale does not have.
pub fn scale_place(key: Key, midi: i32) -> (i32, i32) {
    let tonic = i32::from(key.tonic.pitch_class());
    let (octave, above) = ((midi - tonic).div_euclid(12), (midi - tonic).rem_euclid(12));
    let scale = key.scale().map(|name| (i32::from(name.pitch_class()) - tonic).rem_euclid(12));
    let step = scale.iter().rposition(|&note| note <= above).unwrap_or(0);
    (octave * 7 + step as i32, above - scale[step])
}

/// The pitch (MIDI) some steps of the scale away, with the same alteration; `None` where the steps of the scale lie so
/// close that it would be another step.
pub fn moved(key: Key, midi: i32, steps: i32) -> Option<i32> {
    let (place, altered) = scale_place(key, midi);
    let tonic = i32::from(key.tonic.pitch_class());
    let step = (place + steps).rem_euclid(7) as usize;
    let above = (i32::from(key.scale()[step].pitch_class()) - tonic).rem_euclid(12);
    let found = tonic + (place + steps).div_euclid(7) * 12 + above + altered;
    (scale_place(key, found) == (place + steps, altered)).then_some(found)
}

/// What the bars of a sheet hold.
fn contents(sheet: &LeadSheet) -> Vec<BarContent<&super::chord::ChordSymbol>> {
    let starts = sheet.form().bar_starts();
    let bar = |ends: &[Duration]| {
        let (from, to) = (ends[0], ends[1]);
        let notes = sheet.melody().starting_in(from, to).iter();
        let onsets = notes.map(|note| ((note.onset - from).ticks(), note.pitch.midi()));
        let held = sheet.chart().sounding_at(from).map(|chord| (0, chord));
        let within = sheet.chart().written_in(from + Duration::from_ticks(1), to).iter();
        let within = within.map(|change| ((change.at - from).ticks(), &change.chord));
        BarContent { onsets: onsets.collect(), chords: held.into_iter().chain(within).collect() }
    };
    starts.windows(2).map(bar).collect()
}

/// Stretches of bars with the same echo, (from, up to and without, echo).
fn stretches<T: Copy + PartialEq>(bars: &[Option<T>]) -> Vec<(usize, usize, T)> {
    let mut found: Vec<(usize, usize, T)> = Vec::new();
    for (bar, echo) in bars.iter().enumerate() {
        let Some(echo) = *echo else { continue };
        match found.last_mut() {
            Some((_, to, known)) if *to == bar && *known == echo => *to = bar + 1,
            _ => found.push((bar, bar + 1, echo)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(onsets: &[(i64, i32)], chord: &'static str) -> BarContent<&'static str> {
        BarContent { onsets: onsets.to_vec(), chords: vec![(0, chord)] }
    }

    #[test]
    fn the_closest_likeness_is_found() {
        let bars = [
            bar(&[(0, 60), (1, 62), (2, 64)], "C"),
            bar(&[(0, 65), (2, 64)], "F"),
            bar(&[(0, 62), (1, 64), (2, 65)], "Dm"),
            bar(&[(0, 65), (2, 64)], "F"),
            bar(&[(0, 60), (1, 62), (2, 67)], "C"),
            bar(&[], "C"),
            bar(&[(0, 67), (1, 62), (2, 64)], "C"),
            bar(&[], "G"),
        ];
        let plan = Plan::found(&bars, Key::C_MAJOR);
        let echo = |taken, back| Some(Echo { taken, back });
        let wanted = [
            None,
            None,
            echo(Taken::Moved, 2),
            echo(Taken::Notes, 2),
            echo(Taken::Contour, 4),
            None,
            echo(Taken::Rhythm, 4),
            echo(Taken::Rhythm, 2),
        ];
        assert_eq!(plan.melody, wanted);
        assert_eq!(plan.chords, [None, None, None, Some(2), Some(4), Some(1), Some(2), None]);
    }

    #[test]
    fn a_plan_reads_as_a_musician_would_say_it() {
        let echo = |taken, back| Some(Echo { taken, back });
        let plan = Plan {
            melody: vec![None, None, echo(Taken::Rhythm, 2), echo(Taken::Rhythm, 2), echo(Taken::Notes, 4)],
            chords: vec![None, Some(1), None, None, Some(4)],
        };
        let wanted = [
            "bar 2: chords same as bar 1",
            "bars 3-4: rhythm as bars 1-2",
            "bar 5: melody same as bar 1",
            "bar 5: chords same as bar 1",
        ];
        assert_eq!(plan.lines(), wanted);
    }

    #[test]
    fn moving_by_steps_keeps_to_the_scale_and_comes_back() {
        let key: Key = "Eb".parse().expect("a key");
        assert_eq!(moved(key, 63, 2), Some(67));
        assert_eq!(moved(key, 62, 1), Some(63));
        for midi in 40..80 {
            for steps in -9..=9 {
                if let Some(there) = moved(key, midi, steps) {
                    assert_eq!(moved(key, there, -steps), Some(midi));
                }
            }
        }
        assert_eq!(moved(Key::C_MAJOR, 66, -1), None, "E sharp is F");
    }
}
