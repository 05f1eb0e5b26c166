//! The text of chord symbols: whatever musicians write is read, one spelling is printed.
//!
//! Printed is the root, the symbol of the quality table, alterations in brackets and the bass: `C7(#9,b13)/E`. Read
//! are the many ways to write it, part by part from left to right: `C7#9b13`, `CΔ`, `C-7`, `C+`, `Cmin(maj7)`, `C7M`.

use std::fmt;
use std::str::FromStr;

use super::chord::{ChordSymbol, NamedChord};
use super::chord_grammar::{Misread, tones_of};
use super::chord_quality::{Degree, DegreeChange, QUALITIES};
use super::pitch::{NoteName, take_note_name};

impl fmt::Display for ChordSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChordSymbol::NoChord => f.write_str("N.C."),
            ChordSymbol::Chord(chord) => chord.fmt(f),
        }
    }
}

impl fmt::Display for NamedChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.root, self.quality.symbol())?;
        if !self.alterations.is_empty() {
            let alterations: Vec<String> = self.alterations.iter().map(Degree::to_string).collect();
            write!(f, "({})", alterations.join(","))?;
        }
        self.bass.map_or(Ok(()), |bass| write!(f, "/{bass}"))
    }
}

impl fmt::Display for Degree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.change, self.number, self.alter) {
            (DegreeChange::Omit, number, _) => write!(f, "no{number}"),
            // Musicians count a seventh from the major one, the quality table from the minor one.
            (_, 7, 1) => f.write_str("maj7"),
            (_, 7, -1) => f.write_str("bb7"),
            (_, number, 0) => write!(f, "add{number}"),
            (_, number, alter) => write!(f, "{}{number}", if alter < 0 { 'b' } else { '#' }),
        }
    }
}

/// A chord symbol that cannot be read: where, what was expected there, and what may have been meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a chord: column {column}: expected {expected}{}", meant.as_ref().map(|m| format!("; did you mean {m}?")).unwrap_or_default())]
pub struct ChordError {
    /// The whole text.
    pub text: String,
    /// The character that cannot be read, counted from 1.
    pub column: usize,
    /// What could stand there.
    pub expected: &'static str,
    /// The nearest chord, if one is near.
    pub meant: Option<String>,
}

impl FromStr for ChordSymbol {
    type Err = ChordError;
    /// Reads a chord symbol, or `N.C.` (also `NC`, `N.C`, `N`, `no chord`).
    fn from_str(text: &str) -> Result<ChordSymbol, ChordError> {
        let trimmed = text.trim();
        if ["N.C.", "N.C", "NC", "N", "no chord"].iter().any(|none| none.eq_ignore_ascii_case(trimmed)) {
            return Ok(ChordSymbol::NoChord);
        }
        read_chord(trimmed).map(ChordSymbol::Chord).map_err(|(column, expected)| ChordError {
            text: text.chars().take(LONGEST).collect(),
            column,
            expected,
            meant: nearest(trimmed),
        })
    }
}

impl TryFrom<String> for ChordSymbol {
    type Error = ChordError;
    fn try_from(text: String) -> Result<ChordSymbol, ChordError> {
        text.parse()
    }
}

impl From<ChordSymbol> for String {
    fn from(chord: ChordSymbol) -> String {
        chord.to_string()
    }
}

/// The longest symbol that is read, in characters.
const LONGEST: usize = 64;

fn read_chord(text: &str) -> Result<NamedChord, Misread> {
    let width = text.chars().count();
    if width > LONGEST {
        return Err((LONGEST, "the end: a chord symbol has at most 64 characters"));
    }
    // A small letter is refused: with some writers it means a minor chord, with others a major one.
    let root = take_note_name(text).filter(|_| text.starts_with(|first: char| first.is_ascii_uppercase()));
    let (root, body) = root.ok_or((1, "a root from A to G as a capital letter, or N.C."))?;
    let root_width = width - body.chars().count();
    let (body, bass) = split_bass(body);
    Ok(NamedChord::from_tones(root, &tones_of(body, root_width + 1)?, bass))
}

/// Cuts a slash bass off the end. In `6/9` no note follows the slash, so it stays.
fn split_bass(body: &str) -> (&str, Option<NoteName>) {
    let split = body.rsplit_once('/').and_then(|(above, below)| Some((above, below.trim().parse().ok()?)));
    split.map_or((body, None), |(above, bass)| (above, Some(bass)))
}

/// The symbol that a text is nearest to, within two changed characters.
fn nearest(text: &str) -> Option<String> {
    let start: String = text.chars().take(LONGEST).collect();
    let capital: String =
        start.chars().take(1).flat_map(char::to_uppercase).chain(start.chars().skip(1)).collect();
    if let Ok(chord) = read_chord(&capital) {
        return Some(chord.to_string());
    }
    let (root, body) = take_note_name(&capital)?;
    let (body, bass) = split_bass(body);
    let spellings = QUALITIES
        .iter()
        .flat_map(|row| row.aliases.iter().chain([&row.symbol]).map(move |s| (*s, row.symbol)));
    let near = spellings
        .map(|(spelling, symbol)| (distance(body, spelling), symbol))
        .min_by_key(|(distance, _)| *distance)?;
    let bass = bass.map(|bass| format!("/{bass}")).unwrap_or_default();
    (near.0 <= 2).then(|| format!("{root}{}{bass}", near.1))
}

/// How many characters must be put in, left out or changed to turn one text into the other (Levenshtein 1966).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (index, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (at, b) in other.chars().enumerate() {
            let cost = (diagonal + usize::from(a != b)).min(row[at] + 1).min(row[at + 1] + 1);
            diagonal = std::mem::replace(&mut row[at + 1], cost);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::chord_quality::Quality;

    fn chord(text: &str) -> ChordSymbol {
        text.parse().expect(text)
    }

    #[test]
    fn every_spelling_of_the_table_is_read_as_its_row() {
        for quality in Quality::all() {
            let spellings = quality.row().aliases.iter().chain([&quality.row().symbol]);
            // C#5 is the power chord of C#.
            for spelling in spellings.filter(|spelling| **spelling != "#5") {
                let expected = ChordSymbol::Chord(NamedChord::new("C".parse().expect("C"), quality));
                assert_eq!(format!("C{spelling}").parse(), Ok(expected), "C{spelling}");
            }
        }
    }

    #[test]
    fn what_musicians_write_is_printed_in_one_spelling() {
        for (written, printed) in [
            ("Dbmaj7", "Dbmaj7"),
            ("F#m7b5", "F#m7b5"),
            ("C7(#9,b13)", "C7(#9,b13)"),
            ("C7#9b13", "C7(#9,b13)"),
            ("C7 (b13 #9)", "C7(#9,b13)"),
            ("Bb6/9", "Bb6/9"),
            ("Gsus", "Gsus4"),
            ("A7alt", "A7alt"),
            ("Aalt", "A7alt"),
            ("D/F#", "D/F#"),
            ("D♭Δ7", "Dbmaj7"),
            ("Bø", "Bm7b5"),
            ("B-7", "Bm7"),
            ("C+", "Caug"),
            ("C°7", "Cdim7"),
            ("CM7", "Cmaj7"),
            ("Cmaj7#11", "Cmaj7(#11)"),
            ("C7#5", "Caug7"),
            ("Caug7", "Caug7"),
            ("Cadd9", "Cadd9"),
            ("Cm(maj7)", "CmMaj7"),
            ("CmM7", "CmMaj7"),
            ("C69", "C6/9"),
            ("C5", "C5"),
            ("C7sus4", "C7sus4"),
            ("C9sus4", "C9sus4"),
            ("C13", "C13"),
            ("C7no3", "C7(no3)"),
            ("C(no5)", "C(no5)"),
            ("Cadd4", "C(add4)"),
            ("N.C.", "N.C."),
            ("nc", "N.C."),
            ("N.C", "N.C."),
            ("C7b9/E", "C7(b9)/E"),
            ("Ebm7b5/Gb", "Ebm7b5/Gb"),
            ("C/Bb", "C/Bb"),
            ("F7/C", "F7/C"),
            ("Dm7/G", "Dm7/G"),
            ("C♯m7♭5", "C#m7b5"),
            ("C7b9sus4", "C7sus4(b9)"),
            ("C7sus4b9", "C7sus4(b9)"),
            ("C7b5", "C7(b5)"),
            ("C(b5)", "C(b5)"),
            ("C6/9/G", "C6/9/G"),
            ("C7/b9", "C7(b9)"),
            ("C7M", "Cmaj7"),
            ("C7+9", "C7(#9)"),
            ("C7-9", "C7(b9)"),
            ("C-7b5", "Cm7b5"),
            ("Cmi11", "Cm11"),
            ("CMaj13#11", "Cmaj13(#11)"),
            ("C13b9", "C13(b9)"),
            ("C9#5", "C9(#5)"),
            ("C+9", "C9(#5)"),
            ("Cdim9", "Cdim7(add9)"),
            ("CoMaj7", "Cdim(maj7)"),
            ("C7(add13)", "C7(add13)"),
            ("Cm7add11", "Cm7(add11)"),
            ("Csus2sus4", "Csus4(add9)"),
            ("C/C", "C"),
            ("C#/Db", "C#"),
            ("Cm(b6)", "Cm(b6)"),
            ("C7(b9,#9)", "C7(b9,#9)"),
            ("CΔ#11", "Cmaj7(#11)"),
            ("Am/g", "Am/G"),
            ("C7+", "Caug7"),
            ("C07", "Cdim7"),
            ("Cmaug", "Cm(#5)"),
            ("Cm9(maj7)", "CmMaj9"),
            ("Cm7(maj7)", "CmMaj7"),
            ("C(maj7)", "Cmaj7"),
            ("C(m7)", "Cm7"),
            ("C9/11", "C11"),
            ("Cmadd9", "Cmadd9"),
            ("Cm(add9)", "Cmadd9"),
            ("CMadd9", "Cadd9"),
        ] {
            assert_eq!(chord(written).to_string(), printed, "{written}");
        }
    }

    #[test]
    fn unreadable_chords_are_refused_with_the_column_and_a_guess() {
        let error = |text: &str| text.parse::<ChordSymbol>().expect_err(text);
        for text in [
            "", "H7", "c7", "Cmm", "C77", "C7(", "C7()", "C7)", "C7,", "C(b9", "C#b", "Cadd", "Cno", "C7b",
            "C/", "C//E", "C7/H", "Cbb13bb9", "Cxyz", "C70", "C1", "C14", "C3", "C7 7", "C((b9))", "Cm7m",
            "♭", "C\u{0}",
        ] {
            error(text);
        }
        assert_eq!(
            error("Cmajj7").to_string(),
            "'Cmajj7' is not a chord: column 5: expected an alteration, a slash bass or the end; did you mean Cmaj7?"
        );
        assert_eq!((error("C7#").column, error("C7(b9").column, error("Am7x").column), (4, 6, 4));
        assert_eq!(error("dm7").meant.as_deref(), Some("Dm7"));
        assert_eq!(error("Gsuss4/D").meant.as_deref(), Some("Gsus4/D"));
        assert_eq!(error("Hello world").meant, None);
        assert!(error(&"C7".repeat(1000)).to_string().len() < 300);
    }

    #[test]
    fn spelling_aside_chords_may_sound_alike() {
        assert!(chord("C#7b9/F").sounds_like(&chord("Db7(b9)/E#")));
        assert!(!chord("C").sounds_like(&chord("C/E")));
        assert!(!chord("C6").sounds_like(&chord("Am7/C")));
        assert!(chord("N.C.").sounds_like(&ChordSymbol::NoChord));
    }

    #[test]
    fn tones_follow_the_alterations() {
        let names = |text: &str| match chord(text) {
            ChordSymbol::Chord(chord) => {
                chord.tone_names().iter().map(NoteName::to_string).collect::<Vec<_>>().join(" ")
            }
            ChordSymbol::NoChord => String::new(),
        };
        assert_eq!(names("D7"), "D F# A C");
        assert_eq!(names("C7(#9,b13)"), "C E G Bb D# Ab");
        assert_eq!(names("C13(b9)"), "C E G Bb Db A");
        assert_eq!(names("Bdim7"), "B D F Ab");
        assert_eq!(names("C7(b5,#5)"), "C E Gb G# Bb");
        assert_eq!(names("Cmaj7(no3)/E"), "C G B");
        assert_eq!(chord("C/E").pitch_classes(), 0b1001_0001);
        assert_eq!(chord("C/Bb").pitch_classes(), 0b100_1001_0001);
    }
}
