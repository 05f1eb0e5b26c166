//! Chord symbols as musicians write them: their parts and the tones they stand for.

use serde::{Deserialize, Serialize};

use super::chord_quality::{Degree, DegreeChange, Quality};
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
    /// What is added, altered or left out on top of the quality, in ascending order of degree;
    /// [`NamedChord::from_parts`] brings it into this form.
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

    /// Whether both ask for the same sound: same tones over the same bass, spelling aside.
    pub fn sounds_like(&self, other: &ChordSymbol) -> bool {
        match (self, other) {
            // What is written the same need not be spelt out.
            _ if self == other => true,
            (ChordSymbol::Chord(one), ChordSymbol::Chord(two)) => {
                one.root.pitch_class() == two.root.pitch_class()
                    && one.bass.unwrap_or(one.root).pitch_class()
                        == two.bass.unwrap_or(two.root).pitch_class()
                    && one.tones() == two.tones()
            }
            _ => false,
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

impl NamedChord {
    /// A plain chord: root and quality.
    pub fn new(root: NoteName, quality: Quality) -> NamedChord {
        NamedChord { root, quality, alterations: Vec::new(), bass: None }
    }

    /// A chord of these parts in the one form that musicians would write: what the table has a row for is that row
    /// (`m7` with ♭5 is `m7b5`), what says nothing is dropped, a bass equal to the root too.
    pub fn from_parts(
        root: NoteName,
        quality: Quality,
        alterations: &[Degree],
        bass: Option<NoteName>,
    ) -> NamedChord {
        let tones = sounding(quality.row().tones, alterations);
        NamedChord::from_tones(root, &tones, bass)
    }

    /// The chord of these tones, each (degree 2 to 13, semitones above the root); the root itself always sounds.
    /// The shortest spelling is taken: fewest and plainest alterations, then the order of the quality table.
    pub fn from_tones(root: NoteName, tones: &[(u8, u8)], bass: Option<NoteName>) -> NamedChord {
        let tones = settled(tones);
        let bass = bass.filter(|bass| bass.pitch_class() != root.pitch_class());
        if let Some(quality) = Quality::all().find(|quality| quality.row().tones == tones) {
            return NamedChord { root, quality, alterations: Vec::new(), bass };
        }
        let spellings = Quality::all().filter_map(|quality| {
            let alterations = alterations_towards(quality.row().tones, &tones)?;
            Some((alterations.iter().map(weight).sum::<u32>(), quality, alterations))
        });
        match spellings.min_by_key(|(weight, quality, _)| (*weight, *quality)) {
            Some((_, quality, alterations)) => NamedChord { root, quality, alterations, bass },
            None => NamedChord { root, quality: Quality::MAJOR, alterations: Vec::new(), bass },
        }
    }

    /// The chord tones after its alterations: (degree number, semitones above the root), ascending. The bass is not
    /// among them. An altered extension takes the place of the natural one: `C13(b9)` has no D.
    pub fn tones(&self) -> Vec<(u8, u8)> {
        sounding(self.quality.row().tones, &self.alterations)
    }

    /// The sounding pitch classes as a 12-bit set (bit 0 is C), the slash bass included.
    pub fn pitch_classes(&self) -> u16 {
        let root = u32::from(self.root.pitch_class());
        let bass = self.bass.map_or(0, |bass| 1 << bass.pitch_class());
        self.tones().iter().fold(bass, |set, &(_, semitones)| set | 1 << ((root + u32::from(semitones)) % 12))
    }

    /// The tones spelled on the root, in the order of [`tones`](Self::tones): D7 has an F♯, C7 a B♭.
    pub fn tone_names(&self) -> Vec<NoteName> {
        let spelled = |&(degree, semitones): &(u8, u8)| {
            self.root.transpose(Interval::new(i32::from(degree) - 1, i32::from(semitones)))
        };
        self.tones().iter().map(spelled).collect()
    }
}

/// The tones of a quality once its alterations are applied: first what is left out, then what is raised or lowered,
/// then what is added.
pub(super) fn sounding(quality: &[(u8, u8)], alterations: &[Degree]) -> Vec<(u8, u8)> {
    let replaces = |degree: &Degree, tone: &(u8, u8)| {
        let natural = natural_semitones(degree.number);
        degree.number == tone.0
            && tone.0 != 1
            && match degree.change {
                DegreeChange::Omit => true,
                DegreeChange::Add if degree.alter == 0 => false,
                // The fifth of a ø chord gives way to ♯5; of the ninths of an altered chord only a natural one does.
                DegreeChange::Alter | DegreeChange::Add => degree.number < 9 || tone.1 == natural,
            }
    };
    let mut tones: Vec<(u8, u8)> = quality
        .iter()
        .filter(|tone| !alterations.iter().any(|degree| replaces(degree, tone)))
        .copied()
        .collect();
    for degree in alterations.iter().filter(|degree| degree.change != DegreeChange::Omit) {
        let number = degree.number.clamp(1, 13);
        let semitones = i16::from(natural_semitones(number)) + i16::from(degree.alter.clamp(-1, 1));
        tones.push((number, semitones.max(0) as u8));
    }
    settled(&tones)
}

/// Tones in order, each under the degree that musicians call it: a second beside a third is a ninth, a raised fourth
/// a ♯11, a tenth a third.
fn settled(tones: &[(u8, u8)]) -> Vec<(u8, u8)> {
    let has = |degree: u8| tones.iter().any(|tone| tone.0 == degree);
    let third_or_fourth = has(3) || has(4) || has(10);
    let settle = |&(degree, semitones): &(u8, u8)| match (degree, semitones) {
        (2, _) if third_or_fourth => (9, semitones + 12),
        (4, 6) => (11, 18),
        (6, 8) if has(7) => (13, 20),
        (10, 12..) => (3, semitones - 12),
        (12, 12..) => (5, semitones - 12),
        (8, 12) | (1, _) => (1, 0),
        other => other,
    };
    let mut settled: Vec<(u8, u8)> = tones.iter().map(settle).chain([(1, 0)]).collect();
    settled.sort_unstable();
    settled.dedup();
    settled
}

/// The alterations that lead from a quality's tones to these; `None` where none do.
fn alterations_towards(quality: &[(u8, u8)], tones: &[(u8, u8)]) -> Option<Vec<Degree>> {
    let mut alterations = Vec::new();
    for number in 2..=13 {
        let natural = natural_semitones(number);
        let here: Vec<u8> = tones.iter().filter(|tone| tone.0 == number).map(|tone| tone.1).collect();
        let there: Vec<u8> = quality.iter().filter(|tone| tone.0 == number).map(|tone| tone.1).collect();
        if here == there {
            continue;
        }
        if here.is_empty() {
            alterations.push(Degree { number, alter: 0, change: DegreeChange::Omit });
            continue;
        }
        let only_adds = there.iter().all(|tone| here.contains(tone) && *tone != natural);
        for semitones in here.into_iter().filter(|tone| !only_adds || !there.contains(tone)) {
            let alter = i16::from(semitones) - i16::from(natural);
            if alter.abs() > 1 {
                return None;
            }
            let alters = alter != 0 && number < 9 && !there.is_empty();
            let change = if alters { DegreeChange::Alter } else { DegreeChange::Add };
            alterations.push(Degree { number, alter: alter as i8, change });
        }
    }
    (sounding(quality, &alterations) == tones).then_some(alterations)
}

/// How much an alteration lengthens a symbol to the eye: `9(#5)` rather than `aug7(add9)`, `m7(add11)` rather than
/// `m11(no9)`, `7(no3)` rather than `5(add7)`.
fn weight(degree: &Degree) -> u32 {
    match degree.change {
        DegreeChange::Omit if degree.number > 5 => 7,
        DegreeChange::Omit => 5,
        DegreeChange::Add if degree.alter == 0 => 6,
        DegreeChange::Add | DegreeChange::Alter => 4,
    }
}

/// Semitones of a degree of the major scale above its root, the seventh of the dominant.
pub(super) fn natural_semitones(number: u8) -> u8 {
    [0, 2, 4, 5, 7, 9, 10][usize::from((number + 6) % 7)] + if number > 7 { 12 } else { 0 }
}
