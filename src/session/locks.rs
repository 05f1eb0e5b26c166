//! Which bars are locked: what stands there stays, whatever is composed anew.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::constraint::Part;

/// Locked bars, counted from 1; the pickup is bar 0.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Locks {
    chords: BTreeSet<usize>,
    melody: BTreeSet<usize>,
}

impl Locks {
    /// Whether a part of a bar is locked; of both, whether both are.
    pub fn hold(&self, bar: usize, part: Part) -> bool {
        let (chords, melody) = (self.chords.contains(&bar), self.melody.contains(&bar));
        match part {
            Part::Both => chords && melody,
            Part::Chords => chords,
            Part::Melody => melody,
        }
    }

    /// Locks a part of bars, or frees it if all of it is locked. Tells whether it is locked now.
    pub fn turn(&mut self, bars: impl Iterator<Item = usize> + Clone, part: Part) -> bool {
        let lock = !bars.clone().all(|bar| self.hold(bar, part));
        for bar in bars {
            self.set(bar, part, lock);
        }
        lock
    }

    /// Locks or frees a part of a bar.
    pub fn set(&mut self, bar: usize, part: Part, lock: bool) {
        let set = |bars: &mut BTreeSet<usize>| if lock { bars.insert(bar) } else { bars.remove(&bar) };
        if part != Part::Melody {
            set(&mut self.chords);
        }
        if part != Part::Chords {
            set(&mut self.melody);
        }
    }

    /// How many bars have something locked.
    pub fn bars(&self) -> usize {
        self.chords.union(&self.melody).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_all_locked_is_freed() {
        let mut locks = Locks::default();
        assert!(locks.turn(3..=4, Part::Melody));
        assert!(locks.hold(3, Part::Melody) && !locks.hold(3, Part::Chords) && !locks.hold(3, Part::Both));
        assert!(locks.turn(4..=5, Part::Both), "one was free");
        assert!(locks.hold(4, Part::Both) && locks.hold(5, Part::Both));
        assert!(!locks.turn(4..=5, Part::Both));
        assert_eq!(locks.bars(), 1);
    }
}
