//! The table of chord qualities, as data.

use serde::{Deserialize, Serialize};

/// One row of the quality table.
#[derive(Debug)]
pub struct QualityRow {
    /// The canonical spelling after the root: `m7b5`. Empty for a major triad.
    pub symbol: &'static str,
    /// Other spellings that are read, besides systematic ones (`min` for `m`, `M`, `Δ`, `ø`, `-`, `+`).
    pub aliases: &'static [&'static str],
    /// Chord tones: (degree number, semitones above the root), ascending by degree.
    pub tones: &'static [(u8, u8)],
    /// What the ear files it under.
    pub family: Family,
}

/// Families of qualities: the coarse view that learning backs off to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the musician's")]
pub enum Family {
    Major,
    Minor,
    Dominant,
    HalfDiminished,
    Diminished,
    Augmented,
    Suspended,
    Power,
}

const fn row(
    symbol: &'static str,
    family: Family,
    tones: &'static [(u8, u8)],
    aliases: &'static [&'static str],
) -> QualityRow {
    QualityRow { symbol, aliases, tones, family }
}

/// Every quality a symbol can have before its alterations.
#[rustfmt::skip]
pub static QUALITIES: &[QualityRow] = &[
    row("",        Family::Major,          &[(1, 0), (3, 4), (5, 7)],                                    &["M", "maj", "Maj", "ma", "major"]),
    row("m",       Family::Minor,          &[(1, 0), (3, 3), (5, 7)],                                    &["-", "min", "mi", "minor"]),
    row("dim",     Family::Diminished,     &[(1, 0), (3, 3), (5, 6)],                                    &["o", "°", "mb5", "m(b5)"]),
    row("aug",     Family::Augmented,      &[(1, 0), (3, 4), (5, 8)],                                    &["+", "#5", "(#5)"]),
    row("sus4",    Family::Suspended,      &[(1, 0), (4, 5), (5, 7)],                                    &["sus", "4"]),
    row("sus2",    Family::Suspended,      &[(1, 0), (2, 2), (5, 7)],                                    &["2"]),
    row("5",       Family::Power,          &[(1, 0), (5, 7)],                                            &["no3", "(no3)"]),
    row("6",       Family::Major,          &[(1, 0), (3, 4), (5, 7), (6, 9)],                            &["maj6", "M6", "add6"]),
    row("m6",      Family::Minor,          &[(1, 0), (3, 3), (5, 7), (6, 9)],                            &["-6", "min6"]),
    row("6/9",     Family::Major,          &[(1, 0), (3, 4), (5, 7), (6, 9), (9, 14)],                   &["69", "6(9)", "6add9", "maj6/9"]),
    row("m6/9",    Family::Minor,          &[(1, 0), (3, 3), (5, 7), (6, 9), (9, 14)],                   &["m69", "-6/9", "-69", "m6add9"]),
    row("7",       Family::Dominant,       &[(1, 0), (3, 4), (5, 7), (7, 10)],                           &["dom7", "dom"]),
    row("maj7",    Family::Major,          &[(1, 0), (3, 4), (5, 7), (7, 11)],                           &["M7", "Maj7", "ma7", "Δ", "Δ7", "j7", "△", "△7", "^", "^7"]),
    row("m7",      Family::Minor,          &[(1, 0), (3, 3), (5, 7), (7, 10)],                           &["-7", "min7", "mi7"]),
    row("m7b5",    Family::HalfDiminished, &[(1, 0), (3, 3), (5, 6), (7, 10)],                           &["ø", "ø7", "Ø", "Ø7", "-7b5", "min7b5", "m7(b5)", "h", "h7", "hdim7"]),
    row("dim7",    Family::Diminished,     &[(1, 0), (3, 3), (5, 6), (7, 9)],                            &["o7", "°7"]),
    row("mMaj7",   Family::Minor,          &[(1, 0), (3, 3), (5, 7), (7, 11)],                           &["mM7", "m(maj7)", "minmaj7", "minMaj7", "-Δ", "-Δ7", "mΔ", "mΔ7", "-maj7", "-M7", "mmaj7", "m#7", "m(M7)"]),
    row("aug7",    Family::Dominant,       &[(1, 0), (3, 4), (5, 8), (7, 10)],                           &["+7", "7+", "7#5", "7(#5)"]),
    row("augmaj7", Family::Augmented,      &[(1, 0), (3, 4), (5, 8), (7, 11)],                           &["+maj7", "+M7", "maj7#5", "maj7(#5)", "M7#5", "Δ#5", "+Δ", "+Δ7"]),
    row("9",       Family::Dominant,       &[(1, 0), (3, 4), (5, 7), (7, 10), (9, 14)],                  &["7(9)", "dom9"]),
    row("maj9",    Family::Major,          &[(1, 0), (3, 4), (5, 7), (7, 11), (9, 14)],                  &["M9", "Maj9", "ma9", "Δ9", "^9"]),
    row("m9",      Family::Minor,          &[(1, 0), (3, 3), (5, 7), (7, 10), (9, 14)],                  &["-9", "min9"]),
    row("mMaj9",   Family::Minor,          &[(1, 0), (3, 3), (5, 7), (7, 11), (9, 14)],                  &["mM9", "m(maj9)", "minmaj9", "-Δ9", "-maj9"]),
    row("11",      Family::Dominant,       &[(1, 0), (3, 4), (5, 7), (7, 10), (9, 14), (11, 17)],        &["dom11"]),
    row("maj11",   Family::Major,          &[(1, 0), (3, 4), (5, 7), (7, 11), (9, 14), (11, 17)],        &["M11", "Δ11"]),
    row("m11",     Family::Minor,          &[(1, 0), (3, 3), (5, 7), (7, 10), (9, 14), (11, 17)],        &["-11", "min11"]),
    row("13",      Family::Dominant,       &[(1, 0), (3, 4), (5, 7), (7, 10), (9, 14), (13, 21)],        &["dom13"]),
    row("maj13",   Family::Major,          &[(1, 0), (3, 4), (5, 7), (7, 11), (9, 14), (13, 21)],        &["M13", "Δ13"]),
    row("m13",     Family::Minor,          &[(1, 0), (3, 3), (5, 7), (7, 10), (9, 14), (13, 21)],        &["-13", "min13"]),
    row("7sus4",   Family::Suspended,      &[(1, 0), (4, 5), (5, 7), (7, 10)],                           &["7sus", "sus7", "sus4(7)", "m7sus4", "m7sus"]),
    row("9sus4",   Family::Suspended,      &[(1, 0), (4, 5), (5, 7), (7, 10), (9, 14)],                  &["9sus", "sus9"]),
    row("13sus4",  Family::Suspended,      &[(1, 0), (4, 5), (5, 7), (7, 10), (9, 14), (13, 21)],        &["13sus", "sus13"]),
    row("7alt",    Family::Dominant,       &[(1, 0), (3, 4), (7, 10), (9, 13), (9, 15), (11, 18), (13, 20)], &["alt", "alt7", "7(alt)"]),
    row("add9",    Family::Major,          &[(1, 0), (3, 4), (5, 7), (9, 14)],                           &["(add9)", "add2", "(9)"]),
    row("madd9",   Family::Minor,          &[(1, 0), (3, 3), (5, 7), (9, 14)],                           &["m(add9)", "-add9", "-(add9)", "minadd9", "madd2"]),
];

/// A row of [`QUALITIES`], by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

impl Quality {
    /// The major triad.
    pub const MAJOR: Quality = Quality(0);

    /// The quality with this canonical symbol, exactly as in the table.
    pub fn from_symbol(symbol: &str) -> Option<Quality> {
        QUALITIES.iter().position(|row| row.symbol == symbol).map(|index| Quality(index as u8))
    }

    /// Every quality, in the order of the table.
    pub fn all() -> impl Iterator<Item = Quality> {
        (0..QUALITIES.len()).map(|index| Quality(index as u8))
    }

    /// The table row.
    pub fn row(self) -> &'static QualityRow {
        // In range by construction: a Quality is only made from a position in the table.
        &QUALITIES[usize::from(self.0) % QUALITIES.len()]
    }

    /// The canonical symbol.
    pub fn symbol(self) -> &'static str {
        self.row().symbol
    }

    /// The family.
    pub fn family(self) -> Family {
        self.row().family
    }
}

/// What happens to a degree on top of a quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DegreeChange {
    /// The degree joins the chord.
    Add,
    /// A degree of the chord is raised or lowered.
    Alter,
    /// The degree is left out.
    Omit,
}

/// An alteration of a chord symbol: `b9`, `#11`, `add4`, `no3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Degree {
    /// The degree, 2 to 13.
    pub number: u8,
    /// Its accidental, −1, 0 or 1, relative to the major scale of the root (the seventh: to the minor seventh).
    pub alter: i8,
    /// What happens to it.
    pub change: DegreeChange,
}
