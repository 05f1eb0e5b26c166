//! What is to be composed anew, and the request that it makes: all else of the song is kept.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::song::Song;
use crate::compose::{Draft, Request};
use crate::constraint::{Constraint, ConstraintError, Keep, Part, Place};

/// Bars that are to be composed anew, or a part of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The bars, from 1; the pickup is bar 0. Without any it is a new song.
    pub bars: BTreeSet<usize>,
    /// What of them.
    pub part: Part,
}

/// Why a song cannot be composed on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AskError {
    /// The sheet is none that can be started from.
    #[error(transparent)]
    Draft(#[from] crate::compose::kept::DraftError),
    /// Something that is asked has no place on it.
    #[error(transparent)]
    Place(#[from] ConstraintError),
    /// All of it is locked.
    #[error("all of that is locked: free some of it first")]
    Locked,
}

impl Ask {
    /// The request that composes this anew and keeps all else; what is locked stays, and bars that are the same because their
    /// sections are stay the same.
    ///
    /// # Errors
    /// When all of it is locked, the sheet changes its meter or key, or a constraint names a place that it does not have.
    pub fn request(&self, song: &Song, seed: u64) -> Result<Request, AskError> {
        let draft = Draft::new(&song.sheet)?;
        let keeps = self.keeps(song)?;
        let mut constraints: Vec<Constraint> =
            song.wanted.iter().filter(|wanted| wanted.on).map(|wanted| wanted.constraint.clone()).collect();
        for tie in ties(&song.same_bars()) {
            constraints.push(tie.parse()?);
        }
        let request = Request {
            constraints,
            temperature: (song.temperature != 100).then_some(song.temperature),
            seed,
            ..Request::default()
        };
        Ok(request.from_draft(draft, &keeps)?)
    }

    /// The command that does the same to the song as it was at a step (from 1) of the session in a file.
    ///
    /// # Errors
    /// When all of it is locked.
    pub fn command(&self, song: &Song, (file, step): (&str, usize), seed: u64) -> Result<String, AskError> {
        let (style, file) = (quoted(&song.style), quoted(file));
        let mut command = format!("tunesmith compose --style {style} --from {file} --step {step}");
        for keep in self.keeps(song)? {
            command += &format!(" --keep {}", quoted(&keep.to_string()));
        }
        let wanted =
            song.wanted.iter().filter(|wanted| wanted.on).map(|wanted| wanted.constraint.to_string());
        for text in wanted.chain(ties(&song.same_bars())) {
            command += &format!(" -c {}", quoted(&text));
        }
        if song.temperature != 100 {
            command += &format!(" --temperature {}", f64::from(song.temperature) / 100.0);
        }
        Ok(command + &format!(" --seed {seed}"))
    }

    /// What is kept: all that is not asked for, and all that is locked.
    fn keeps(&self, song: &Song) -> Result<Vec<Keep>, AskError> {
        let same = song.same_bars();
        let first = usize::from(!song.sheet.form().pickup.is_positive());
        let bars: Vec<usize> = (first..=song.bars()).collect();
        // Bars that are the same are locked together, and composed together.
        let group = |bar: usize| bar.checked_sub(1).map(|bar| same[bar]);
        let stays = |bar: usize, part: Part| {
            let alike = || bars.iter().copied().filter(|&other| group(other) == group(bar));
            let wanted =
                (self.part == Part::Both || self.part == part) && alike().any(|bar| self.bars.contains(&bar));
            !wanted || alike().any(|bar| song.locks.hold(bar, part))
        };
        let kept: Vec<(usize, bool, bool)> =
            bars.iter().map(|&bar| (bar, stays(bar, Part::Chords), stays(bar, Part::Melody))).collect();
        if kept.iter().all(|&(_, chords, melody)| chords && melody) {
            return Err(AskError::Locked);
        }
        let mut keeps = Vec::new();
        for stretch in kept.chunk_by(|one, other| (one.1, one.2) == (other.1, other.2)) {
            let (from, to) = (stretch[0].0, stretch[stretch.len() - 1].0);
            let part = match (stretch[0].1, stretch[0].2) {
                (true, true) => Part::Both,
                (true, false) => Part::Chords,
                (false, true) => Part::Melody,
                (false, false) => continue,
            };
            // The pickup is no bar of a range.
            if from == 0 {
                keeps.push(Keep { place: Place::Bar(0), part });
            }
            let from = from.max(1);
            match to {
                0 => {}
                _ if from == to => keeps.push(Keep { place: Place::Bar(from), part }),
                _ => keeps.push(Keep { place: Place::Bars(from, to), part }),
            }
        }
        Ok(keeps)
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bars.is_empty() {
            return f.write_str("new song");
        }
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for &bar in &self.bars {
            match runs.last_mut() {
                Some(run) if run.1 + 1 == bar => run.1 = bar,
                _ => runs.push((bar, bar)),
            }
        }
        let run =
            |&(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}-{to}") };
        let runs: Vec<String> = runs.iter().map(run).collect();
        let word = if self.bars.len() == 1 { "bar" } else { "bars" };
        write!(f, "{word} {}", runs.join(", "))?;
        match self.part {
            Part::Both => Ok(()),
            Part::Chords => f.write_str(" chords"),
            Part::Melody => f.write_str(" melody"),
        }
    }
}

/// The constraints that keep bars the same, given the first one that each is the same as (from 0).
fn ties(same: &[usize]) -> impl Iterator<Item = String> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (bar, &first) in same.iter().enumerate().filter(|(bar, first)| *bar != **first) {
        match runs.last_mut() {
            Some(run) if run.0 + run.2 == bar && run.1 + run.2 == first => run.2 += 1,
            _ => runs.push((bar, first, 1)),
        }
    }
    let bars = |from: usize, count: usize| match count {
        1 => format!("bar {}", from + 1),
        _ => format!("bars {}-{}", from + 1, from + count),
    };
    runs.into_iter()
        .map(move |(bar, first, count)| format!("{}: same as {}", bars(bar, count), bars(first, count)))
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::prepare;
    use crate::style;

    /// A song of the form AABA, two bars each, and the style that it is in.
    fn song() -> (style::Style, Song) {
        let style = style::load("folk").expect("a shipped style");
        let request = Request { form: Some("A2 A2 B2 A2".into()), seed: 3, ..Request::default() };
        let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).expect("a take");
        (style, Song::new("folk", take.sheet))
    }

    fn ask(bars: std::ops::RangeInclusive<usize>, part: Part) -> Ask {
        Ask { bars: bars.collect(), part }
    }

    #[test]
    fn all_else_is_kept_and_what_is_the_same_stays_the_same() {
        let (style, mut song) = song();
        assert_eq!(song.same_bars(), [0, 1, 0, 1, 4, 5, 0, 1]);
        for (wanted, locked) in [(1..=1, None), (3..=4, Some(2)), (5..=6, None)] {
            song.locks = Default::default();
            locked.iter().for_each(|&bar| song.locks.set(bar, Part::Both, true));
            let wanted = ask(wanted, Part::Both);
            let request = wanted.request(&song, 7).expect("a request");
            let take =
                prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).expect("a take");
            let new = Song::new("folk", take.sheet);
            assert_eq!(new.same_bars(), song.same_bars());
            let starts = song.sheet.form().bar_starts();
            for bar in 1..=8 {
                let group = song.same_bars()[bar - 1];
                let asked =
                    (1..=8).any(|other| song.same_bars()[other - 1] == group && wanted.bars.contains(&other));
                if !asked || locked.is_some_and(|locked| song.same_bars()[locked - 1] == group) {
                    let notes = |song: &Song| {
                        let notes = song.sheet.melody().notes.iter();
                        notes
                            .filter(|note| starts[bar - 1] <= note.onset && note.onset < starts[bar])
                            .copied()
                            .collect::<Vec<_>>()
                    };
                    assert_eq!(notes(&new), notes(&song), "bar {bar} of {wanted}");
                }
            }
        }
    }

    #[test]
    fn the_command_does_the_same() {
        let (_, mut song) = song();
        song.wanted.push(super::super::Wanted { constraint: "leap <= 9".parse().expect("one"), on: true });
        song.wanted.push(super::super::Wanted { constraint: "leap <= 5".parse().expect("one"), on: false });
        let command = ask(5..=6, Part::Melody).command(&song, ("my song.tune", 3), 11).expect("a command");
        let pickup = if song.sheet.form().pickup.is_positive() { " --keep 'bar 0'" } else { "" };
        assert_eq!(
            command,
            format!(
                "tunesmith compose --style folk --from 'my song.tune' --step 3{pickup} --keep 'bars 1-4' --keep 'bars 5-6 chords' \
                 --keep 'bars 7-8' -c 'leap <= 9' -c 'bars 3-4: same as bars 1-2' -c 'bars 7-8: same as bars 1-2' --seed 11"
            )
        );
        song.locks.turn(1..=8, Part::Melody);
        assert_eq!(ask(5..=6, Part::Melody).request(&song, 1), Err(AskError::Locked));
        assert!(ask(5..=6, Part::Both).request(&song, 1).is_ok(), "its chords are free");
    }

    #[test]
    fn an_ask_is_said_in_words() {
        let said = |bars: &[usize], part| Ask { bars: bars.iter().copied().collect(), part }.to_string();
        assert_eq!(said(&[3], Part::Both), "bar 3");
        assert_eq!(said(&[3, 4, 7], Part::Chords), "bars 3-4, 7 chords");
    }
}
