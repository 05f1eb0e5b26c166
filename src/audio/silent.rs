//! A sink that plays nothing: only time passes.

use std::time::Duration;

use super::sink::{Sink, SinkError};
use super::{Frame, RATE};

/// What tells the time and waits.
pub trait Clock: Send {
    /// The time since some moment in the past.
    fn now(&mut self) -> Duration;

    /// Waits.
    fn wait(&mut self, time: Duration);
}

/// The clock on the wall.
#[derive(Debug)]
pub struct WallClock(std::time::Instant);

impl Default for WallClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "what is played takes its time; nothing composed depends on it"
    )]
    fn default() -> WallClock {
        WallClock(std::time::Instant::now())
    }
}

impl Clock for WallClock {
    fn now(&mut self) -> Duration {
        self.0.elapsed()
    }

    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// How far ahead of what is "heard" it takes frames, as a sound card does: 50 ms.
const AHEAD: u64 = RATE as u64 / 20;

/// Takes frames as the clock goes on, and drops them.
#[derive(Debug)]
pub struct Silent<C: Clock> {
    clock: C,
    began: Option<Duration>,
    given: u64,
    /// Frames for which there has been time.
    passed: u64,
}

impl<C: Clock> Silent<C> {
    /// A sink that follows this clock.
    pub fn new(clock: C) -> Silent<C> {
        Silent { clock, began: None, given: 0, passed: 0 }
    }

    fn look_at_the_clock(&mut self) {
        let now = self.clock.now();
        let began = *self.began.get_or_insert(now);
        let passed = now.saturating_sub(began).as_micros() * u128::from(RATE) / 1_000_000;
        self.passed = u64::try_from(passed).unwrap_or(u64::MAX);
    }

    fn room(&self) -> usize {
        usize::try_from((self.passed + AHEAD).saturating_sub(self.given)).unwrap_or(usize::MAX)
    }
}

impl<C: Clock> Sink for Silent<C> {
    fn name(&self) -> &str {
        "silence"
    }

    fn wanted(&mut self) -> Result<usize, SinkError> {
        self.look_at_the_clock();
        if self.room() == 0 {
            self.clock.wait(Duration::from_millis(5));
            self.look_at_the_clock();
        }
        Ok(self.room())
    }

    fn give(&mut self, block: &[Frame]) -> Result<(), SinkError> {
        self.given += block.len() as u64;
        Ok(())
    }

    fn waiting(&self) -> u64 {
        self.given.saturating_sub(self.passed)
    }

    fn halt(&mut self) {
        self.given = self.passed;
    }
}
