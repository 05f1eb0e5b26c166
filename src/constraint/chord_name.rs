//! A chord as a constraint names it: as a symbol, or as a Roman numeral in the key.

use std::fmt;
use std::str::FromStr;

use crate::music::roman::RomanChord;
use crate::music::{ChordError, ChordSymbol, Key};

/// A chord named by its symbol or by its degree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChordName {
    /// `Dbmaj7`, `N.C.`
    Symbol(ChordSymbol),
    /// `bVImaj7`, read in the key of the page.
    Roman(RomanChord),
}

impl ChordName {
    /// The chord it is in a key.
    pub fn in_key(&self, key: Key) -> ChordSymbol {
        match self {
            ChordName::Symbol(chord) => chord.clone(),
            ChordName::Roman(chord) => chord.to_chord(key),
        }
    }
}

/// The chords in a key.
pub(super) fn in_key(names: &[ChordName], key: Key) -> Vec<ChordSymbol> {
    names.iter().map(|name| name.in_key(key)).collect()
}

/// Chords as they stand in a line, with spaces between.
pub(super) fn listed(names: &[ChordName]) -> String {
    names.iter().map(ChordName::to_string).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for ChordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChordName::Symbol(chord) => chord.fmt(f),
            ChordName::Roman(chord) => chord.fmt(f),
        }
    }
}

/// A text that names no chord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a chord: write a symbol such as Dm7 or a Roman numeral such as ii7")]
pub struct ChordNameError {
    /// The text.
    pub text: String,
    /// The nearest chord, if one is near.
    pub meant: Option<String>,
}

impl FromStr for ChordName {
    type Err = ChordNameError;
    /// Roman numerals are told apart by their letters: no chord symbol begins with I or V, in either case.
    fn from_str(text: &str) -> Result<ChordName, ChordNameError> {
        let fail = |meant| ChordNameError { text: text.chars().take(80).collect(), meant };
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(fail(None));
        }
        if text.trim_start_matches(['b', '#', '♭', '♯']).starts_with(['I', 'V', 'i', 'v']) {
            return text.parse().map(ChordName::Roman).map_err(|_| fail(None));
        }
        text.parse().map(ChordName::Symbol).map_err(|error: ChordError| fail(error.meant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_numerals_are_told_apart() {
        let eb: Key = "Eb major".parse().expect("a key");
        for (text, chord) in
            [("ii7", "Fm7"), ("bVII", "Db"), ("V7", "Bb7"), ("V7/V", "F7"), ("B7", "B7"), ("D/F#", "D/F#")]
        {
            let name: ChordName = text.parse().expect(text);
            assert_eq!(name.in_key(eb).to_string(), chord);
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_chord_is_refused() {
        for text in ["", "H7", "IIIII", "iix", "F Dm", "4", "#"] {
            assert!(text.parse::<ChordName>().is_err(), "{text}");
        }
    }
}
