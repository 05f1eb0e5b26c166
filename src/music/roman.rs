//! Roman numerals: chords as degrees of a key, both ways.
//!
//! The convention of lead sheets: a numeral alone stands on the degree of the key's own scale, so in A minor `III` is
//! C, `VI` F and `VII` G; `b` and `#` move it from there (`bII` is B♭, `#viio7` G♯dim7). Capitals are chords with a
//! major third or none, small letters those with a minor third, so `ii7` is Dm7 in C, `II7` D7. What follows is
//! written as after a root: `Imaj7`, `I6` (an added sixth, never an inversion), `V7(b9)`, `viiø7`, `viio7`, `V+7`.
//! After a slash a numeral is the degree that is made a tonic for the moment (`V7/V`, `viio7/ii`), a figure the
//! degree of the key in the bass (`IV/5` is F/G in C).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::chord::{ChordSymbol, NamedChord};
use super::chord_grammar::tones_of;
use super::chord_quality::{Degree, Quality};
use super::interval::Interval;
use super::key::{Key, Mode};
use super::pitch::{NoteName, Step};

/// A degree of a key, raised or lowered from its scale: `#4`, `b7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScaleDegree {
    /// The degree, 1 to 7.
    pub number: u8,
    /// 0 for the note of the key's own scale. Flats count down from the higher of that note and the major scale's,
    /// sharps up from the lower: in A minor 6 and b6 are both F, 7 is G and #7 is G♯, as musicians say them.
    pub alter: i8,
}

impl ScaleDegree {
    /// The degree of a note, by its letter.
    pub fn of(name: NoteName, key: Key) -> ScaleDegree {
        let number = (name.step.index() - key.tonic.step.index()).rem_euclid(7) as u8 + 1;
        let (own, low, high) = bounds(name.step, key);
        let alter = match name.alter.cmp(&own) {
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Less => name.alter.saturating_sub(high),
            std::cmp::Ordering::Greater => name.alter.saturating_sub(low),
        };
        ScaleDegree { number, alter }
    }

    /// The note on this degree, spelled by its letter; where that would take more than a double accidental, another
    /// letter.
    pub fn name_in(self, key: Key) -> NoteName {
        let step = Step::from_index(key.tonic.step.index() + i32::from(self.number) - 1);
        let (own, low, high) = bounds(step, key);
        let from = match self.alter {
            0 => own,
            1.. => low,
            _ => high,
        };
        let alter = i32::from(from) + i32::from(self.alter);
        let natural = NoteName::new(step, 0);
        if alter.abs() <= 3 { NoteName::new(step, alter) } else { natural.transpose(Interval::new(0, alter)) }
    }
}

/// The accidental of a letter in the key's own scale, and the lower and higher of it and that of the major scale.
fn bounds(step: Step, key: Key) -> (i8, i8, i8) {
    let own = key.signature_alter(step);
    let major = Key::new(key.tonic, Mode::Major).signature_alter(step);
    (own, own.min(major), own.max(major))
}

impl fmt::Display for ScaleDegree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", accidentals(self.alter), self.number)
    }
}

/// A chord as a degree of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RomanChord {
    /// The degree of the root.
    pub degree: ScaleDegree,
    /// A row of the quality table.
    pub quality: Quality,
    /// As in a [`NamedChord`].
    pub alterations: Vec<Degree>,
    /// The degree that is made a tonic for the moment: `V7/V`. The root's degree then counts in its major key.
    pub of: Option<ScaleDegree>,
    /// The degree of the key in the bass.
    pub bass: Option<ScaleDegree>,
}

impl RomanChord {
    /// A chord seen in a key; `None` for N.C.
    pub fn from_chord(chord: &ChordSymbol, key: Key) -> Option<RomanChord> {
        let ChordSymbol::Chord(chord) = chord else { return None };
        Some(RomanChord {
            degree: ScaleDegree::of(chord.root, key),
            quality: chord.quality,
            alterations: chord.alterations.clone(),
            of: None,
            bass: chord.bass.map(|bass| ScaleDegree::of(bass, key)),
        })
    }

    /// The chord in a key, spelled by its degree; a root or bass that would take a double accidental (`bVI` in
    /// D♭ major) takes its plain name instead.
    pub fn to_chord(&self, key: Key) -> ChordSymbol {
        let readable = |name: NoteName| {
            if name.alter.abs() >= 2 {
                key.spell_chord_root(name.pitch_class(), self.quality.family())
            } else {
                name
            }
        };
        let home = self.of.map_or(key, |of| Key::new(of.name_in(key), Mode::Major));
        let root = readable(self.degree.name_in(home));
        let bass = self.bass.map(|bass| readable(bass.name_in(key)));
        ChordSymbol::Chord(NamedChord::from_parts(root, self.quality, &self.alterations, bass))
    }
}

const NUMERALS: [&str; 7] = ["I", "II", "III", "IV", "V", "VI", "VII"];

fn numeral(number: u8) -> &'static str {
    NUMERALS[usize::from(number.clamp(1, 7)) - 1]
}

fn accidentals(alter: i8) -> String {
    if alter < 0 { "b" } else { "#" }.repeat(usize::from(alter.unsigned_abs()))
}

/// A quality as written after a small numeral, which says the minor third, or after a capital one.
fn suffix(quality: Quality) -> (bool, String) {
    let tones = quality.row().tones;
    let small = tones.contains(&(3, 3));
    let text = match quality.symbol() {
        "m7b5" => "ø7".to_string(),
        "mMaj7" => "maj7".to_string(),
        "mMaj9" => "maj9".to_string(),
        symbol if symbol.starts_with("dim") => symbol.replacen("dim", "o", 1),
        symbol if symbol.starts_with("aug") => symbol.replacen("aug", "+", 1),
        symbol if small => symbol.trim_start_matches('m').to_string(),
        symbol => symbol.to_string(),
    };
    (small, text)
}

impl fmt::Display for RomanChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (small, suffix) = suffix(self.quality);
        let numeral_of = |degree: ScaleDegree, small: bool| {
            let numeral = numeral(degree.number);
            let numeral = if small { numeral.to_ascii_lowercase() } else { numeral.to_string() };
            format!("{}{numeral}", accidentals(degree.alter))
        };
        write!(f, "{}{suffix}", numeral_of(self.degree, small))?;
        if !self.alterations.is_empty() {
            let alterations: Vec<String> = self.alterations.iter().map(Degree::to_string).collect();
            write!(f, "({})", alterations.join(","))?;
        }
        if let Some(of) = self.of {
            write!(f, "/{}", numeral_of(of, false))?;
        }
        self.bass.map_or(Ok(()), |bass| write!(f, "/{bass}"))
    }
}

/// A Roman numeral that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a Roman numeral: column {column}: expected {expected}")]
pub struct RomanError {
    /// The whole text.
    pub text: String,
    /// The character that cannot be read, counted from 1.
    pub column: usize,
    /// What could stand there.
    pub expected: &'static str,
}

impl FromStr for RomanChord {
    type Err = RomanError;
    /// Reads `ii7`, `bVIImaj7`, `#ivø7`, `V7(b9)`, `V7/V`, `IV/5`; the quality in any spelling of a chord symbol.
    fn from_str(text: &str) -> Result<RomanChord, RomanError> {
        let text = text.trim();
        let fail =
            |(column, expected)| RomanError { text: text.chars().take(64).collect(), column, expected };
        if text.chars().count() > 64 {
            return Err(fail((64, "the end: a Roman numeral has at most 64 characters")));
        }
        read(text).map_err(fail)
    }
}

impl TryFrom<String> for RomanChord {
    type Error = RomanError;
    fn try_from(text: String) -> Result<RomanChord, RomanError> {
        text.parse()
    }
}

impl From<RomanChord> for String {
    fn from(chord: RomanChord) -> String {
        chord.to_string()
    }
}

fn read(text: &str) -> Result<RomanChord, (usize, &'static str)> {
    let (degree, small, rest) =
        take_numeral(text).ok_or((1, "a numeral from I to VII, as in ii7 or bVIImaj7"))?;
    let column = 1 + text.chars().count() - rest.chars().count();
    let (rest, bass) =
        split_end(rest, |end| take_figure(end).filter(|(_, left)| left.is_empty()).map(|(d, _)| d));
    let (rest, of) =
        split_end(rest, |end| take_numeral(end).filter(|(_, _, left)| left.is_empty()).map(|(d, ..)| d));
    // A small numeral says the minor third that a symbol says with m, unless the quality has its own word for it.
    let says_third = |start| rest.starts_with(start) && !rest.starts_with("maj") && !rest.starts_with("ma7");
    let has_word = ["m", "-", "o", "°", "º", "ø", "Ø", "h", "dim", "half"].into_iter().any(says_third);
    let tones =
        if small && !has_word { tones_of(&format!("m{rest}"), column - 1) } else { tones_of(rest, column) };
    let NamedChord { quality, alterations, .. } =
        NamedChord::from_tones(NoteName::new(Step::C, 0), &tones?, None);
    Ok(RomanChord { degree, quality, alterations, of, bass })
}

/// Cuts what stands after the last slash off, if it can be read.
fn split_end<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> (&str, Option<T>) {
    let split = text.rsplit_once('/').and_then(|(before, end)| Some((before, read(end.trim())?)));
    split.map_or((text, None), |(before, end)| (before, Some(end)))
}

fn take_accidentals(text: &str) -> Option<(i8, &str)> {
    let rest = text.trim_start_matches(['#', '♯', 'b', '♭']);
    let signs = &text[..text.len() - rest.len()];
    let count = i8::try_from(signs.chars().count()).ok().filter(|count| *count <= 6)?;
    let flat = |sign| sign == 'b' || sign == '♭';
    match (signs.chars().all(flat), signs.chars().any(flat)) {
        (_, false) => Some((count, rest)),
        (true, true) => Some((-count, rest)),
        (false, true) => None,
    }
}

/// Splits a degree such as `bVII` or `#iv` off a text; whether it is written small, and the rest.
fn take_numeral(text: &str) -> Option<(ScaleDegree, bool, &str)> {
    let (alter, rest) = take_accidentals(text)?;
    let begins = |small: bool| {
        let numerals = (1..=7).rev().map(|number| (number, numeral(number)));
        let found = numerals.filter(|(_, capital)| {
            let start = rest.get(..capital.len()).unwrap_or_default();
            if small { start == capital.to_ascii_lowercase() } else { start == *capital }
        });
        found.max_by_key(|(_, capital)| capital.len()).map(|(number, capital)| (number, small, capital.len()))
    };
    let (number, small, length) = begins(false).or_else(|| begins(true))?;
    Some((ScaleDegree { number, alter }, small, &rest[length..]))
}

/// Splits a degree such as `b7` or `5` off a text.
fn take_figure(text: &str) -> Option<(ScaleDegree, &str)> {
    let (alter, rest) = take_accidentals(text)?;
    let number = rest.chars().next()?.to_digit(10).filter(|number| (1..=7).contains(number))?;
    Some((ScaleDegree { number: number as u8, alter }, &rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect(text)
    }

    fn chord_of(roman: &str, in_key: &str) -> String {
        roman.parse::<RomanChord>().expect(roman).to_chord(key(in_key)).to_string()
    }

    fn roman_of(chord: &str, in_key: &str) -> String {
        let chord = chord.parse().expect(chord);
        RomanChord::from_chord(&chord, key(in_key)).map_or("N.C.".to_string(), |roman| roman.to_string())
    }

    #[test]
    fn numerals_and_chords_agree_both_ways() {
        for (in_key, roman, chord) in [
            ("C", "ii7", "Dm7"),
            ("C", "V7", "G7"),
            ("C", "Imaj7", "Cmaj7"),
            ("C", "bVIImaj7", "Bbmaj7"),
            ("C", "#ivø7", "F#m7b5"),
            ("C", "I6", "C6"),
            ("C", "I6/9", "C6/9"),
            ("C", "viiø7", "Bm7b5"),
            ("C", "#io7", "C#dim7"),
            ("C", "V7(b9)", "G7(b9)"),
            ("C", "V+7", "Gaug7"),
            ("C", "I+", "Caug"),
            ("C", "V7sus4", "G7sus4"),
            ("C", "imaj7", "CmMaj7"),
            ("C", "IV/5", "F/G"),
            ("C", "I/b7", "C/Bb"),
            ("C", "I6/9/3", "C6/9/E"),
            ("C", "iiadd9", "Dmadd9"),
            ("C", "I5", "C5"),
            ("C", "iii", "Em"),
            ("C", "vi(no5)", "Am(no5)"),
            ("A minor", "i", "Am"),
            ("A minor", "III", "C"),
            ("A minor", "VI", "F"),
            ("A minor", "VII", "G"),
            ("A minor", "V7", "E7"),
            ("A minor", "bII", "Bb"),
            ("A minor", "#viio7", "G#dim7"),
            ("A minor", "iiø7", "Bm7b5"),
            ("Eb", "bVI7", "Cb7"),
            ("D dorian", "VII", "C"),
            ("F# minor", "V7", "C#7"),
        ] {
            assert_eq!(chord_of(roman, in_key), chord, "{roman} in {in_key}");
            assert_eq!(roman_of(chord, in_key), roman, "{chord} in {in_key}");
        }
        assert_eq!(roman_of("N.C.", "C"), "N.C.");
    }

    #[test]
    fn a_flat_that_the_mode_has_already_is_not_lowered_again() {
        for (text, key, chord) in [
            ("bVI", "A minor", "F"),
            ("VI", "A minor", "F"),
            ("bVII7", "A minor", "G7"),
            ("#viio7", "A minor", "G#dim7"),
            ("bVI", "A major", "F"),
            ("bIII", "D dorian", "F"),
            ("#IV", "F lydian", "B"),
        ] {
            let roman: RomanChord = text.parse().expect(text);
            assert_eq!(roman.to_chord(key.parse().expect(key)).to_string(), chord, "{text} in {key}");
        }
    }

    #[test]
    fn degrees_made_a_tonic_count_in_major() {
        for (roman, chord) in [
            ("V7/V", "D7"),
            ("V7/ii", "A7"),
            ("viio7/ii", "C#dim7"),
            ("viio7/V", "F#dim7"),
            ("ii7/bVII/4", "Cm7/F"),
        ] {
            assert_eq!(chord_of(roman, "C"), chord);
        }
        assert_eq!(chord_of("V7/IV", "A minor"), "A7");
        assert_eq!("V7/ii".parse::<RomanChord>().expect("V7/ii").to_string(), "V7/II");
    }

    #[test]
    fn other_spellings_are_read() {
        for (written, printed) in [
            ("IIm7", "ii7"),
            ("ii-7", "ii7"),
            ("iim7", "ii7"),
            ("IΔ", "Imaj7"),
            ("♭VII", "bVII"),
            ("V7b9", "V7(b9)"),
            ("iimin7b5", "iiø7"),
            ("viidim7", "viio7"),
            ("VM7", "Vmaj7"),
            ("iM7", "imaj7"),
        ] {
            assert_eq!(written.parse::<RomanChord>().expect(written).to_string(), printed);
        }
    }

    #[test]
    fn double_accidentals_give_way_to_plain_names() {
        assert_eq!(chord_of("bVI", "Db"), "A");
        assert_eq!(chord_of("bII7", "Gb"), "G7");
        assert_eq!(chord_of("bIII", "Db"), "Fb");
    }

    #[test]
    fn unreadable_numerals_are_refused_with_their_column() {
        let error = |text: &str| text.parse::<RomanChord>().expect_err(text);
        for text in
            ["", "7", "VIII", "IVx", "b", "#bII", "IV/8", "II/", "Dm7", "Vi", "V7/VII/VII", "bbbbbbbI", "I77"]
        {
            error(text);
        }
        assert_eq!((error("iix").column, error("bVII7(b9").column), (3, 9));
    }

    #[test]
    fn chords_come_back_unchanged_from_every_key() {
        for fifths in -7..=7 {
            for mode in Mode::ALL {
                let key = Key::from_fifths(fifths, mode);
                for root in (-8..=12).map(NoteName::from_fifths).filter(|root| root.alter.abs() < 2) {
                    for quality in Quality::all() {
                        let chord = ChordSymbol::Chord(NamedChord::new(root, quality));
                        let roman = RomanChord::from_chord(&chord, key).expect("not N.C.");
                        assert_eq!(roman.to_chord(key), chord, "{roman} in {key}");
                        assert_eq!(roman.to_string().parse(), Ok(roman.clone()), "{roman}");
                    }
                }
            }
        }
    }
}
