//! A chord as its distance from the tonic.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::music::chord_quality::{Degree, DegreeChange};
use crate::music::{ChordSymbol, Interval, Key, NamedChord, NoteName, Quality};

/// A chord seen from the key: the alphabet of the chart chain. Alterations that no row of the quality table has are
/// left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RelativeChord {
    /// Semitones of the root above the tonic, 0 to 11; `None` for N.C.
    pub root: Option<u8>,
    /// A row of the quality table; the major triad for N.C.
    pub quality: Quality,
    /// Semitones of a slash bass above the tonic, 0 to 11; never the root.
    pub bass: Option<u8>,
}

impl RelativeChord {
    /// No chord.
    pub const NO_CHORD: RelativeChord = RelativeChord { root: None, quality: Quality::MAJOR, bass: None };

    /// A chord symbol seen from a key.
    pub fn new(symbol: &ChordSymbol, key: Key) -> RelativeChord {
        let tonic = key.tonic.pitch_class();
        match symbol {
            ChordSymbol::NoChord => RelativeChord::NO_CHORD,
            ChordSymbol::Chord(chord) => {
                let above = |name: NoteName| (name.pitch_class() + 12 - tonic) % 12;
                let root = above(chord.root);
                let bass = chord.bass.map(above).filter(|&bass| bass != root);
                RelativeChord { root: Some(root), quality: fold(chord.quality, &chord.alterations), bass }
            }
        }
    }

    /// The chord symbol that this means in a key, spelled as the key asks; a bass that is a chord tone is spelled as
    /// that tone.
    pub fn symbol(self, key: Key) -> ChordSymbol {
        let Some(root) = self.root else { return ChordSymbol::NoChord };
        let tonic = key.tonic.pitch_class();
        let root = key.spell_chord_root((root + tonic) % 12, self.quality.family());
        let bass = self.bass.map(|bass| (bass + tonic) % 12).map(|bass| {
            let above = (bass + 12 - root.pitch_class()) % 12;
            let tone = self.quality.row().tones.iter().find(|(_, semitones)| semitones % 12 == above);
            match tone {
                Some(&(degree, semitones)) => {
                    root.transpose(Interval::new(i32::from(degree) - 1, i32::from(semitones)))
                }
                None => key.spell(bass),
            }
        });
        ChordSymbol::Chord(NamedChord { root, quality: self.quality, alterations: Vec::new(), bass })
    }

    /// The chord's tones as pitch classes above the tonic, bit 0 the tonic; the bass included; 0 for N.C.
    pub fn tones(self) -> u16 {
        let Some(root) = self.root else { return 0 };
        let quality = self.quality.row().tones.iter().map(|&(_, semitones)| (root + semitones) % 12);
        quality.chain(self.bass).fold(0, |set, tone| set | 1 << (tone % 12))
    }

    /// The same chord with less detail: without its bass, then without ninths and above, then as a triad (or plain
    /// seventh chord); `None` when nothing is left to leave out.
    pub fn simpler(self) -> Option<RelativeChord> {
        if self.bass.is_some() {
            return Some(RelativeChord { bass: None, ..self });
        }
        let symbol = match self.quality.symbol() {
            "9" | "11" | "13" | "7alt" | "aug7" => "7",
            "m9" | "m11" | "m13" => "m7",
            "maj9" | "maj11" | "maj13" => "maj7",
            "mMaj9" => "mMaj7",
            "9sus4" | "13sus4" => "7sus4",
            "7sus4" => "sus4",
            "6/9" => "6",
            "m6/9" => "m6",
            "augmaj7" => "aug",
            "dim7" => "dim",
            "m7b5" => "dim",
            "maj7" | "6" | "add9" | "7" | "sus2" | "sus4" | "5" | "aug" => "",
            "m7" | "m6" | "madd9" | "mMaj7" => "m",
            _ => return None,
        };
        Quality::from_symbol(symbol).map(|quality| RelativeChord { quality, ..self })
    }
}

/// The quality with the alterations taken in where the table has a row of just those tones; else the quality alone.
fn fold(quality: Quality, alterations: &[Degree]) -> Quality {
    if alterations.is_empty() {
        return quality;
    }
    let mut tones: Vec<(u8, u8)> = quality.row().tones.to_vec();
    for degree in alterations {
        let same = |tone: &(u8, u8)| tone.0 == degree.number;
        if degree.change != DegreeChange::Add {
            tones.retain(|tone| !same(tone));
        }
        if degree.change != DegreeChange::Omit {
            tones.push((degree.number, semitones(degree)));
        }
    }
    tones.sort_unstable();
    Quality::all().find(|row| row.row().tones == tones).unwrap_or(quality)
}

/// Semitones above the root of an added or altered degree.
fn semitones(degree: &Degree) -> u8 {
    let octaves = degree.number.saturating_sub(1) / 7;
    let natural = [0, 2, 4, 5, 7, 9, 10][usize::from(degree.number.saturating_sub(1) % 7)] + 12 * octaves;
    natural.saturating_add_signed(degree.alter)
}

/// The form in which figures are stored: root, quality and bass, `5:m7` or `0::4`; `N.C.`
impl fmt::Display for RelativeChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.root, self.bass) {
            (None, _) => write!(f, "N.C."),
            (Some(root), None) => write!(f, "{root}:{}", self.quality.symbol()),
            (Some(root), Some(bass)) => write!(f, "{root}:{}:{bass}", self.quality.symbol()),
        }
    }
}

/// A stored chord that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a chord relative to the key: root:quality or root:quality:bass, as in 5:m7 or 0::4")]
pub struct RelativeChordError(pub String);

impl FromStr for RelativeChord {
    type Err = RelativeChordError;
    fn from_str(text: &str) -> Result<RelativeChord, RelativeChordError> {
        let fail = || RelativeChordError(text.to_string());
        if text == "N.C." {
            return Ok(RelativeChord::NO_CHORD);
        }
        let number =
            |part: &str| part.parse::<u8>().ok().filter(|&semitones| semitones < 12).ok_or_else(fail);
        let mut parts = text.splitn(3, ':');
        let root = number(parts.next().unwrap_or_default())?;
        let quality = parts.next().and_then(Quality::from_symbol).ok_or_else(fail)?;
        let bass = parts.next().map(number).transpose()?;
        Ok(RelativeChord { root: Some(root), quality, bass: bass.filter(|&bass| bass != root) })
    }
}

impl From<RelativeChord> for String {
    fn from(chord: RelativeChord) -> String {
        chord.to_string()
    }
}

impl TryFrom<String> for RelativeChord {
    type Error = RelativeChordError;
    fn try_from(text: String) -> Result<RelativeChord, RelativeChordError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect(text)
    }

    #[test]
    fn every_chord_is_found_again_in_every_key_and_in_its_text() {
        for tonic in ["C", "Eb", "F# minor", "B", "Ab minor", "D dorian"] {
            for root in 0..12 {
                for quality in Quality::all() {
                    for bass in (0..12).map(Some).chain([None]).filter(|&bass| bass != Some(root)) {
                        let chord = RelativeChord { root: Some(root), quality, bass };
                        assert_eq!(
                            RelativeChord::new(&chord.symbol(key(tonic)), key(tonic)),
                            chord,
                            "{chord}"
                        );
                        assert_eq!(chord.to_string().parse(), Ok(chord));
                    }
                }
            }
        }
        assert_eq!("N.C.".parse(), Ok(RelativeChord::NO_CHORD));
        assert_eq!(RelativeChord::new(&ChordSymbol::NoChord, Key::C_MAJOR), RelativeChord::NO_CHORD);
    }

    #[test]
    fn chords_are_seen_from_the_tonic() {
        let seen = |symbol: &str, tonic: &str| {
            RelativeChord::new(&symbol.parse().expect(symbol), key(tonic)).to_string()
        };
        assert_eq!(seen("Gm7", "D"), "5:m7");
        assert_eq!(seen("D/F#", "G"), "7::11");
        assert_eq!(seen("Bb6/9", "Bb"), "0:6/9");
        assert_eq!(seen("C7(b9)", "F"), "7:7", "an alteration that no row has is left out");
        assert_eq!(seen("C(add9)", "C"), "0:add9");
    }

    #[test]
    fn chords_are_spelled_in_the_key() {
        let spelled = |chord: &str, tonic: &str| {
            chord.parse::<RelativeChord>().expect(chord).symbol(key(tonic)).to_string()
        };
        assert_eq!(spelled("1:dim7", "C"), "C#dim7");
        assert_eq!(spelled("10:", "C"), "Bb");
        assert_eq!(spelled("7::11", "Eb"), "Bb/D");
        assert_eq!(spelled("4:7:8", "F"), "A7/C#");
    }

    #[test]
    fn unreadable_chords_are_refused() {
        for text in ["", "5", "12:m7", "x:m7", "5:m77", "5:m7:12", "5:m7:"] {
            assert!(text.parse::<RelativeChord>().is_err(), "{text}");
        }
    }

    #[test]
    fn simplifying_ends_at_a_triad() {
        let mut chord: RelativeChord = "7:13:5".parse().expect("a chord");
        let mut steps = Vec::new();
        while let Some(simpler) = chord.simpler() {
            steps.push(simpler.to_string());
            chord = simpler;
        }
        assert_eq!(steps, ["7:13", "7:7", "7:"]);
    }
}
