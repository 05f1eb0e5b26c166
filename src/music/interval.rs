//! Spelled distances between notes.

use std::ops::Neg;

use serde::{Deserialize, Serialize};

/// A spelled interval: letter steps and semitones apart, so that an augmented fourth is not a diminished fifth.
/// Upward positive. A minor third up is `steps: 2, semitones: 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// Letter names apart (C up to E is 2).
    pub steps: i32,
    /// Semitones apart.
    pub semitones: i32,
}

impl Interval {
    /// No distance.
    pub const UNISON: Interval = Interval { steps: 0, semitones: 0 };

    /// The interval of so many letter steps and semitones.
    pub const fn new(steps: i32, semitones: i32) -> Interval {
        Interval { steps, semitones }
    }
}

impl Neg for Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        Interval { steps: -self.steps, semitones: -self.semitones }
    }
}
