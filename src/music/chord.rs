//! Chord symbols as musicians write them.

use serde::{Deserialize, Serialize};

use super::chord_quality::{Degree, Quality};
use super::interval::Interval;
use super::pitch::NoteName;

/// What is written above the staff: a chord, or N.C.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ChordSymbol {
    /// N.C.: no chord is played.
    NoChord,
    /// A chord.
    Chord(NamedChord),
}

/// A chord symbol's parts, as spelled: `C7(#9)/E` is root C, quality 7, alteration ♯9, bass E.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedChord {
    /// The root.
    pub root: NoteName,
    /// A row of the quality table.
    pub quality: Quality,
    /// What is added, altered or left out on top of the quality, in ascending order of degree.
    pub alterations: Vec<Degree>,
    /// The bass of a slash chord; never equal to the root.
    pub bass: Option<NoteName>,
}

impl ChordSymbol {
    /// The root's pitch class, 0 to 11; `None` for N.C.
    pub fn root_class(&self) -> Option<u8> {
        match self {
            ChordSymbol::NoChord => None,
            ChordSymbol::Chord(chord) => Some(chord.root.pitch_class()),
        }
    }

    /// The sounding pitch classes as a 12-bit set (bit 0 is C), the slash bass included; 0 for N.C.
    pub fn pitch_classes(&self) -> u16 {
        match self {
            ChordSymbol::NoChord => 0,
            ChordSymbol::Chord(chord) => chord.pitch_classes(),
        }
    }

    /// This symbol moved by a spelled interval.
    pub fn transpose(&self, by: Interval) -> ChordSymbol {
        match self {
            ChordSymbol::NoChord => ChordSymbol::NoChord,
            ChordSymbol::Chord(chord) => ChordSymbol::Chord(NamedChord {
                root: chord.root.transpose(by),
                quality: chord.quality,
                alterations: chord.alterations.clone(),
                bass: chord.bass.map(|bass| bass.transpose(by)),
            }),
        }
    }
}
