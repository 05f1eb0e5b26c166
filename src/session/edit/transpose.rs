//! `transpose 2`, `transpose to Eb`: all of it in another key.

use std::fmt;

use crate::music::{Interval, Key, NoteName};

use super::place::Line;
use super::{EditError, Way};
use crate::session::{Song, Take};

/// All of it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transpose {
    /// By so many semitones upwards, at most two octaves.
    By(i32),
    /// So that this is the tonic, the shorter way.
    To(NoteName),
}

impl Way for Transpose {
    const FORM: &'static str = "transpose 2 (semitones, or -3), transpose to Eb";

    fn read(line: &Line<'_>) -> Option<Result<Transpose, EditError>> {
        let to = line.after("transpose")?;
        let wrong = || {
            EditError::Wrong(format!(
                "'{to}' is no interval and no key: write transpose 2, transpose -3 or transpose to Eb"
            ))
        };
        Some(match to.strip_prefix("to ") {
            Some(name) => name.trim().parse().map(Transpose::To).map_err(|_| wrong()),
            None => {
                let by = to.trim_start_matches('+').parse().ok().filter(|by| (-24..=24).contains(by));
                by.map(Transpose::By).ok_or_else(wrong)
            }
        })
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let key = song.sheet.key();
        let by = match *self {
            Transpose::By(semitones) => {
                let pitch_class = (i32::from(key.tonic.pitch_class()) + semitones).rem_euclid(12) as u8;
                let up = key.tonic.interval_to(Key::from_pitch_class(pitch_class, key.mode).tonic);
                let octaves = (semitones - up.semitones).div_euclid(12);
                Interval::new(up.steps + 7 * octaves, up.semitones + 12 * octaves)
            }
            Transpose::To(tonic) => {
                let up = key.tonic.interval_to(tonic);
                let down = Interval::new(up.steps - 7, up.semitones - 12);
                if up.semitones > 6 { down } else { up }
            }
        };
        Ok(Song { sheet: song.sheet.transpose(by), ..song.clone() })
    }
}

impl fmt::Display for Transpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transpose::By(semitones) => write!(f, "transpose {semitones}"),
            Transpose::To(tonic) => write!(f, "transpose to {tonic}"),
        }
    }
}
