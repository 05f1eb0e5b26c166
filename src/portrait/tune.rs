//! A tune as it is measured: bars, notes and chords on the grid of a twelfth of a quarter.

use crate::music::Meter;
use crate::viewpoint::RelativeChord;
use crate::viewpoint::place::ticks;

/// A tune: places and lengths are in ticks of the grid (a twelfth of a quarter) from the downbeat of bar 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tune {
    /// The meter of most bars.
    pub meter: Meter,
    /// The bars, one after the other.
    pub bars: Vec<TuneBar>,
    /// The sections in order, without gaps: first bar from 0, and how many bars.
    pub sections: Vec<(usize, usize)>,
    /// The notes in order, without overlap; those of the pickup lie before 0.
    pub notes: Vec<TuneNote>,
    /// What the melody stands on, in order.
    pub chords: Vec<TuneChord>,
    /// The chart on whole units of the meter, in order; empty if there is none.
    pub chart: Vec<Span>,
    /// Pitch class of the tonic at the end.
    pub tonic: u8,
}

/// A bar of a tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuneBar {
    /// Where it starts.
    pub at: i32,
    /// Whether it is a full bar of the tune's meter.
    pub regular: bool,
}

/// A note of a tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuneNote {
    /// Where it starts.
    pub at: i32,
    /// How long it lasts, at least 1.
    pub length: i32,
    /// MIDI note number.
    pub pitch: i16,
}

impl TuneNote {
    /// Where it ends.
    pub fn end(self) -> i32 {
        self.at + self.length
    }
}

/// A chord that sounds until the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuneChord {
    /// Where it starts.
    pub at: i32,
    /// Its pitch classes as a 12-bit set; `None` for N.C.
    pub tones: Option<u16>,
}

/// A chord of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it starts, on a unit of the meter.
    pub at: i32,
    /// How long it holds.
    pub length: i32,
    /// The chord seen from the key.
    pub chord: RelativeChord,
}

impl Tune {
    /// Ticks in a full bar, at least 1.
    pub fn bar_length(&self) -> i32 {
        ticks(self.meter.bar_length()).max(1)
    }

    /// Ticks in a unit of the meter, at least 1.
    pub fn unit(&self) -> i32 {
        ticks(self.meter.unit_length()).max(1)
    }

    /// The notes that start from one tick up to another.
    pub fn notes_from(&self, from: i32, to: i32) -> &[TuneNote] {
        let first = self.notes.partition_point(|note| note.at < from);
        let end = self.notes.partition_point(|note| note.at < to).max(first);
        self.notes.get(first..end).unwrap_or_default()
    }

    /// The last note that starts before a tick.
    pub fn last_before(&self, tick: i32) -> Option<TuneNote> {
        let after = self.notes.partition_point(|note| note.at < tick);
        after.checked_sub(1).and_then(|last| self.notes.get(last)).copied()
    }

    /// The chord of the chart that holds at a tick.
    pub fn charted(&self, tick: i32) -> Option<RelativeChord> {
        let after = self.chart.partition_point(|span| span.at <= tick);
        let span = after.checked_sub(1).and_then(|last| self.chart.get(last))?;
        (tick < span.at + span.length).then_some(span.chord)
    }

    /// For how long a stretch of a note's time stands on a tone of its chord, for how long a semitone above one (and
    /// on none), and for how long on neither, in ticks; time without a chord is none of them.
    pub fn standing(&self, pitch: i16, from: i32, to: i32) -> Standing {
        let mut standing = Standing::default();
        let mut index = self.chords.partition_point(|chord| chord.at <= from).saturating_sub(1);
        while let Some(chord) = self.chords.get(index).filter(|chord| chord.at < to) {
            index += 1;
            let stop = self.chords.get(index).map_or(to, |next| next.at.min(to));
            let time = stop - chord.at.max(from);
            let Some(tones) = chord.tones.filter(|_| time > 0) else { continue };
            let has = |pitch: i16| tones & (1 << pitch.rem_euclid(12)) != 0;
            if has(pitch) {
                standing.on += time;
            } else if has(pitch - 1) {
                standing.above += time;
            } else {
                standing.beside += time;
            }
        }
        standing
    }
}

/// How long a note stands on what, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// On a chord tone.
    pub on: i32,
    /// A semitone above a chord tone, and on none.
    pub above: i32,
    /// On neither.
    pub beside: i32,
}

impl Standing {
    /// The time over any chord.
    pub fn total(self) -> i32 {
        self.on + self.above + self.beside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_stands_on_each_chord_for_its_time() {
        let tune = Tune {
            meter: Meter::COMMON,
            bars: Vec::new(),
            sections: Vec::new(),
            notes: Vec::new(),
            // C major, then nothing, then F major.
            chords: vec![
                TuneChord { at: 0, tones: Some(0b1001_0001) },
                TuneChord { at: 24, tones: None },
                TuneChord { at: 36, tones: Some(0b10_0010_0001) },
            ],
            chart: Vec::new(),
            tonic: 0,
        };
        assert_eq!(tune.standing(60, -12, 60), Standing { on: 48, above: 0, beside: 0 });
        assert_eq!(tune.standing(65, 12, 48), Standing { on: 12, above: 12, beside: 0 });
        assert_eq!(tune.standing(62, 12, 48), Standing { on: 0, above: 0, beside: 24 });
        assert_eq!(tune.standing(62, 24, 36).total(), 0);
    }
}
