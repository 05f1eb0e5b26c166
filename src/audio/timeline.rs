//! Which place of the performance is heard at which frame.

use crate::music::{Duration, Tempo};

use super::RATE;

/// What is heard at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The bar that is counted before the music.
    CountIn,
    /// The music, at this place of the performance.
    Music(Duration),
    /// Nothing any more, or what still rings.
    Over,
}

/// Frames and places of a rendering: the count-in, then from one place to another, once or over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub(super) tempo: Tempo,
    /// Per cent of the tempo.
    pub(super) speed: u16,
    /// The first place.
    pub(super) from: Duration,
    /// Frames that are counted in.
    pub(super) lead_in: u64,
    /// Frames of the pass that are left out the first time.
    pub(super) entry: u64,
    /// Frames from the first place to the last.
    pub(super) pass: u64,
    pub(super) repeat: bool,
}

impl Timeline {
    /// What is heard at a frame, counted from the start of the rendering.
    pub fn at(&self, frame: u64) -> Moment {
        let Some(within) = frame.checked_sub(self.lead_in) else { return Moment::CountIn };
        let within = within + self.entry;
        let within = match within.checked_rem(self.pass) {
            Some(again) if self.repeat => again,
            _ if within >= self.pass => return Moment::Over,
            _ => within,
        };
        Moment::Music(self.from + length(self.tempo, self.speed, within))
    }

    /// The frame of the pass at which a place is heard; `None` if it is not in it.
    pub(super) fn frame_of(&self, place: Duration) -> Option<u64> {
        let frame = frames(self.tempo, self.speed, place - self.from);
        (place >= self.from && frame < self.pass).then_some(frame)
    }

    /// Frames of the count-in.
    pub fn lead_in(&self) -> u64 {
        self.lead_in
    }

    /// Frames of the music, once through.
    pub fn pass(&self) -> u64 {
        self.pass
    }
}

/// Ticks of 1/20160 quarter in a second, as a fraction.
fn ticks_a_second(tempo: Tempo, speed: u16) -> (i128, i128) {
    let beats_a_minute = i128::from(tempo.per_minute.max(1)) * i128::from(speed.max(1));
    (i128::from(tempo.beat.ticks().max(1)) * beats_a_minute, 60 * 100)
}

/// The frames of a length at a tempo, to the nearest; none for a negative length.
pub fn frames(tempo: Tempo, speed: u16, length: Duration) -> u64 {
    let (ticks, seconds) = ticks_a_second(tempo, speed);
    let scaled = i128::from(length.ticks()) * seconds * i128::from(RATE);
    u64::try_from((2 * scaled + ticks).div_euclid(2 * ticks)).unwrap_or(0)
}

/// The length of so many frames at a tempo, rounded down.
fn length(tempo: Tempo, speed: u16, frames: u64) -> Duration {
    let (ticks, seconds) = ticks_a_second(tempo, speed);
    let whole = i128::from(frames) * ticks / (seconds * i128::from(RATE));
    Duration::from_ticks(i64::try_from(whole).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_exact_and_do_not_drift() {
        let tempo = Tempo::quarters(120);
        assert_eq!(frames(tempo, 100, Duration::QUARTER), 22_050);
        assert_eq!(frames(tempo, 50, Duration::QUARTER), 44_100);
        // A thousand quarters at 113 take 530.97 s; a sum of rounded beats would be off.
        assert_eq!(frames(Tempo::quarters(113), 100, Duration::quarters(1000)), 23_415_929);
        assert_eq!(frames(tempo, 100, -Duration::QUARTER), 0);
        let dotted = Tempo { beat: Duration::EIGHTH * 3, per_minute: 60 };
        assert_eq!(frames(dotted, 100, Duration::EIGHTH * 6), 88_200);
    }

    #[test]
    fn a_loop_comes_back_to_where_it_began() {
        let timeline = Timeline {
            tempo: Tempo::quarters(120),
            speed: 100,
            from: Duration::quarters(4),
            lead_in: 100,
            entry: 0,
            pass: 44_100,
            repeat: true,
        };
        assert_eq!(timeline.at(99), Moment::CountIn);
        for pass in 0..3 {
            assert_eq!(timeline.at(100 + pass * 44_100), Moment::Music(Duration::quarters(4)));
            assert_eq!(timeline.at(100 + pass * 44_100 + 22_050), Moment::Music(Duration::quarters(5)));
        }
        let once = Timeline { repeat: false, ..timeline };
        assert_eq!(once.at(44_200), Moment::Over);
        assert_eq!(Timeline { pass: 0, ..timeline }.at(100), Moment::Over);
    }

    #[test]
    fn what_is_entered_in_the_middle_comes_back_to_where_it_begins() {
        let timeline = Timeline {
            tempo: Tempo::quarters(120),
            speed: 100,
            from: Duration::quarters(4),
            lead_in: 100,
            entry: 22_050,
            pass: 44_100,
            repeat: true,
        };
        assert_eq!(timeline.at(100), Moment::Music(Duration::quarters(5)));
        assert_eq!(timeline.at(100 + 22_050), Moment::Music(Duration::quarters(4)));
        assert_eq!(timeline.frame_of(Duration::quarters(5)), Some(22_050));
        assert_eq!([3, 6].map(|quarter| timeline.frame_of(Duration::quarters(quarter))), [None, None]);
    }
}
