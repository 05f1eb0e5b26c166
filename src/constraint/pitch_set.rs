//! Sets of pitches, by MIDI note number.

use std::ops::RangeInclusive;

/// Some of the 128 MIDI note numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PitchSet(u128);

impl PitchSet {
    /// No pitch.
    pub const EMPTY: PitchSet = PitchSet(0);
    /// Every pitch.
    pub const ALL: PitchSet = PitchSet(u128::MAX);

    /// This pitch alone; empty outside 0 to 127.
    pub fn one(midi: i32) -> PitchSet {
        PitchSet(u32::try_from(midi).ok().and_then(|bit| 1u128.checked_shl(bit)).unwrap_or(0))
    }

    /// The pitches of a range, both ends included.
    pub fn range(range: RangeInclusive<i32>) -> PitchSet {
        (*range.start().max(&0)..=*range.end().min(&127)).map(PitchSet::one).collect()
    }

    /// A pitch class (0 is C) in every octave.
    pub fn of_class(class: u8) -> PitchSet {
        (0..128).filter(|midi| midi % 12 == i32::from(class % 12)).map(PitchSet::one).collect()
    }

    /// What the set asks for by name: the pitches whose class is not there from the lowest octave to the highest. `C4`
    /// and `range C4..G5` name pitches; `C`, `5` and what is left when some notes are ruled out name none.
    pub fn named(self) -> PitchSet {
        let spans = |class: &PitchSet| {
            let all_in = [class.iter().next(), class.iter().next_back()];
            all_in.into_iter().flatten().all(|midi| self.contains(midi))
        };
        let everywhere: PitchSet = (0..12).map(PitchSet::of_class).filter(spans).collect();
        self.intersection(everywhere.complement())
    }

    /// What is not in the set.
    pub fn complement(self) -> PitchSet {
        PitchSet(!self.0)
    }

    /// Whether a pitch is in the set.
    pub fn contains(self, midi: i32) -> bool {
        self.0 & PitchSet::one(midi).0 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// What is in either set.
    pub fn union(self, other: PitchSet) -> PitchSet {
        PitchSet(self.0 | other.0)
    }

    /// What is not in the set.
    pub fn others(self) -> PitchSet {
        PitchSet(!self.0)
    }

    /// What is in both sets.
    pub fn intersection(self, other: PitchSet) -> PitchSet {
        PitchSet(self.0 & other.0)
    }

    /// These pitches, each so many semitones higher.
    pub fn higher(self, semitones: u32) -> PitchSet {
        PitchSet(self.0.checked_shl(semitones).unwrap_or(0))
    }

    /// These pitches, each so many semitones lower.
    pub fn lower(self, semitones: u32) -> PitchSet {
        PitchSet(self.0.checked_shr(semitones).unwrap_or(0))
    }

    /// The pitches that are no more than so many semitones from one of these: above it, below it, or both.
    pub fn near(self, semitones: u32, (below, above): (bool, bool)) -> PitchSet {
        let (mut set, mut left, mut step) = (self.0, semitones.min(127), 1);
        while left > 0 {
            // What is reached so far has no gaps that this could jump over.
            let by = step.min(left);
            set |= if above { set << by } else { 0 } | if below { set >> by } else { 0 };
            left -= by;
            step = (step * 2).min(64);
        }
        PitchSet(set)
    }

    /// The pitches, rising.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = i32> {
        (0..128).filter(move |&midi| self.contains(midi))
    }
}

impl FromIterator<PitchSet> for PitchSet {
    fn from_iter<I: IntoIterator<Item = PitchSet>>(sets: I) -> PitchSet {
        sets.into_iter().fold(PitchSet::EMPTY, PitchSet::union)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_they_are_made_of() {
        let range = PitchSet::range(60..=64);
        assert_eq!(range.iter().collect::<Vec<_>>(), [60, 61, 62, 63, 64]);
        assert!(!range.contains(59) && !range.contains(65) && !range.contains(-1) && !range.contains(188));
        assert_eq!(PitchSet::of_class(11).iter().next_back(), Some(119));
        assert_eq!(range.intersection(PitchSet::of_class(0)), PitchSet::one(60));
        assert_eq!(PitchSet::range(-5..=500), PitchSet::ALL);
        let two = PitchSet::one(60).union(PitchSet::one(70));
        for by in [0, 1, 2, 3, 4, 7, 8, 19, 127] {
            for ways in [(true, true), (true, false), (false, true), (false, false)] {
                let near = |midi: i32| {
                    let fits = |from: i32| {
                        let way = if midi < from { ways.0 } else { midi == from || ways.1 };
                        way && midi.abs_diff(from) <= by
                    };
                    fits(60) || fits(70)
                };
                let slowly: PitchSet = (0..128).filter(|&midi| near(midi)).map(PitchSet::one).collect();
                assert_eq!(two.near(by, ways), slowly, "{by} {ways:?}");
            }
        }
        assert_eq!((PitchSet::one(128), PitchSet::one(-1)), (PitchSet::EMPTY, PitchSet::EMPTY));
        assert_eq!(range.complement().len(), 123);
        assert_eq!(range.complement().intersection(range), PitchSet::EMPTY);
    }

    #[test]
    fn a_pitch_class_in_every_octave_names_no_pitch() {
        let (range, class) = (PitchSet::range(60..=72), PitchSet::of_class(7));
        assert_eq!(range.named(), range);
        assert_eq!(class.named(), PitchSet::EMPTY);
        assert_eq!(class.complement().named(), PitchSet::EMPTY);
        assert_eq!(PitchSet::one(68).complement().named(), PitchSet::EMPTY);
        assert_eq!(class.union(PitchSet::one(60)).named(), PitchSet::one(60));
        assert_eq!(PitchSet::ALL.named(), PitchSet::EMPTY);
    }
}
