//! `pickup 1`: so many beats before the first bar.

use std::fmt;

use crate::music::Duration;

use super::page::Page;
use super::place::Line;
use super::{EditError, Way};
use crate::session::{Song, Take};

/// So many of the meter's beats before bar 1; written as a number of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pickup(Duration);

impl Pickup {
    /// A pickup of whole beats.
    pub fn of(beats: u8) -> Pickup {
        Pickup(Duration::quarters(i64::from(beats)))
    }
}

impl Way for Pickup {
    const FORM: &'static str = "pickup 1 (beats; 0 for none)";

    fn read(line: &Line<'_>) -> Option<Result<Pickup, EditError>> {
        let beats = line.after("pickup")?;
        let read = beats.parse().ok().filter(|beats| *beats >= Duration::ZERO);
        Some(read.map(Pickup).ok_or_else(|| EditError::Wrong(format!("'{beats}' is no number of beats"))))
    }

    fn apply(&self, song: &Song, _: &[Take]) -> Result<Song, EditError> {
        let meter = song.sheet.meter();
        let ticks = i128::from(self.0.ticks()) * i128::from(meter.unit_length().ticks());
        let ticks = i64::try_from(ticks / i128::from(Duration::TICKS_PER_QUARTER)).unwrap_or(i64::MAX / 2);
        let pickup = Duration::from_ticks(ticks);
        if pickup >= meter.bar_length() {
            let bar = meter.beats();
            return Err(EditError::Wrong(format!("a pickup is shorter than a bar, which has {bar} beats")));
        }
        let mut page = Page::of(&song.sheet);
        page.form.pickup = pickup;
        // What would stand before it is cut off; a chord that sounded there still does.
        let first = page.sounding(-pickup);
        page.changes.retain(|change| change.at >= -pickup);
        page.set_chord(-pickup, first);
        page.notes.retain_mut(|note| {
            if note.onset < -pickup && note.end() > -pickup {
                (note.duration, note.onset) = (note.end() + pickup, -pickup);
            }
            note.onset >= -pickup
        });
        page.into_song(song)
    }
}

impl fmt::Display for Pickup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pickup {}", self.0)
    }
}
