//! The chart: chord symbols, bar by bar.

use serde::{Deserialize, Serialize};

use super::chord::ChordSymbol;
use super::duration::Duration;

/// A chord symbol and where it stands; it holds until the next one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChordChange {
    /// Where it starts, from the downbeat of bar 1.
    pub at: Duration,
    /// What is written there. A chord written again at a new place is a change of its own.
    pub chord: ChordSymbol,
}

/// The chord symbols ("changes") of a lead sheet, in order of place.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chart {
    /// The changes by place, no two at the same one.
    pub changes: Vec<ChordChange>,
}

impl Chart {
    /// The chord in force at a place; `None` before the first.
    pub fn sounding_at(&self, place: Duration) -> Option<&ChordSymbol> {
        let after = self.changes.partition_point(|change| change.at <= place);
        self.changes[..after].last().map(|change| &change.chord)
    }

    /// The changes written at or after `from` and before `to`.
    pub fn written_in(&self, from: Duration, to: Duration) -> &[ChordChange] {
        let first = self.changes.partition_point(|change| change.at < from);
        let last = self.changes.partition_point(|change| change.at < to);
        &self.changes[first..last.max(first)]
    }
}
