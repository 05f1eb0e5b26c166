//! The form: bars, sections, repeats and endings.

use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::key::Key;
use super::meter::Meter;
use super::words::Words;

/// A measure as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// The meter in force.
    pub meter: Meter,
    /// Its written length; shorter or longer than the meter's bar only where the music is irregular.
    pub length: Duration,
    /// A new key from this bar on.
    pub key_change: Option<Key>,
    /// A repeat starts here.
    pub repeat_start: bool,
    /// A repeat ends here: how many times the passage is played in all (2 for a plain repeat sign).
    pub repeat_end: Option<u8>,
    /// Under an ending bracket: the passes (counted from 1, ascending) on which this bar is played.
    pub ending: Option<Vec<u8>>,
    /// Signs and instructions to jump.
    pub jumps: Vec<Jump>,
    /// What is sung on the notes that start in it.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub words: Words,
}

impl Bar {
    /// A plain full bar.
    pub fn full(meter: Meter) -> Bar {
        Bar {
            meter,
            length: meter.bar_length(),
            key_change: None,
            repeat_start: false,
            repeat_end: None,
            ending: None,
            jumps: Vec::new(),
            words: Words::default(),
        }
    }
}

/// A sign or instruction of the road map. Signs stand at the start of their bar, instructions at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the words are those on the page")]
pub enum Jump {
    Segno,
    Coda,
    ToCoda,
    Fine,
    DaCapo,
    DaCapoAlFine,
    DaCapoAlCoda,
    DalSegno,
    DalSegnoAlFine,
    DalSegnoAlCoda,
}

impl Jump {
    /// Every sign and instruction.
    pub const ALL: [Jump; 10] = [
        Jump::Segno,
        Jump::Coda,
        Jump::ToCoda,
        Jump::Fine,
        Jump::DaCapo,
        Jump::DaCapoAlFine,
        Jump::DaCapoAlCoda,
        Jump::DalSegno,
        Jump::DalSegnoAlFine,
        Jump::DalSegnoAlCoda,
    ];

    /// The words on the page.
    pub fn words(self) -> &'static str {
        match self {
            Jump::Segno => "Segno",
            Jump::Coda => "Coda",
            Jump::ToCoda => "To Coda",
            Jump::Fine => "Fine",
            Jump::DaCapo => "D.C.",
            Jump::DaCapoAlFine => "D.C. al Fine",
            Jump::DaCapoAlCoda => "D.C. al Coda",
            Jump::DalSegno => "D.S.",
            Jump::DalSegnoAlFine => "D.S. al Fine",
            Jump::DalSegnoAlCoda => "D.S. al Coda",
        }
    }

    /// Whether it stands at the start of its bar (a sign to jump to).
    pub fn is_target(self) -> bool {
        matches!(self, Jump::Segno | Jump::Coda)
    }
}

/// A part of the form, named by a letter or a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// `A`, `B`, `A'`, or a word such as `Verse`.
    pub label: String,
    /// Its first bar, counted from 0.
    pub first_bar: usize,
}

/// The bars of a lead sheet and what structures them.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Form {
    /// Length of the pickup (anacrusis) before bar 1; zero if there is none.
    pub pickup: Duration,
    /// The bars as written, from bar 1.
    pub bars: Vec<Bar>,
    /// The sections by first bar; each lasts until the next.
    pub sections: Vec<Section>,
    /// What is sung on the notes of the pickup.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub pickup_words: Words,
}

impl Form {
    /// `count` plain bars of one meter, without sections or pickup.
    pub fn plain(meter: Meter, count: usize) -> Form {
        Form { bars: vec![Bar::full(meter); count], ..Form::default() }
    }

    /// Where each bar starts, from the downbeat of bar 1, and at last where the sheet ends: one more than bars.
    pub fn bar_starts(&self) -> Vec<Duration> {
        let mut start = Duration::ZERO;
        let mut starts = Vec::with_capacity(self.bars.len() + 1);
        starts.push(start);
        for bar in &self.bars {
            start += bar.length;
            starts.push(start);
        }
        starts
    }

    /// Where the written sheet ends.
    pub fn end(&self) -> Duration {
        self.bars.iter().map(|bar| bar.length).sum()
    }

    /// The section that holds a bar (both counted from 0).
    pub fn section_of(&self, bar: usize) -> Option<&Section> {
        let after = self.sections.partition_point(|section| section.first_bar <= bar);
        self.sections[..after].last()
    }

    /// The bars of the section with the given index, as a range counted from 0.
    pub fn section_bars(&self, index: usize) -> std::ops::Range<usize> {
        let first = self.sections.get(index).map_or(self.bars.len(), |section| section.first_bar);
        let last = self.sections.get(index + 1).map_or(self.bars.len(), |section| section.first_bar);
        first..last
    }
}
