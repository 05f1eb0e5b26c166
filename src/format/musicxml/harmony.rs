//! Chord symbols as MusicXML's kinds and degrees, both ways.

use crate::music::{NamedChord, NoteName, Quality};

/// A chord tone: degree from 1 to 13 and semitones above the root.
type Tone = (u8, u8);

/// What MusicXML says a kind sounds like.
struct Kind {
    name: &'static str,
    tones: &'static [Tone],
}

const fn kind(name: &'static str, tones: &'static [Tone]) -> Kind {
    Kind { name, tones }
}

/// The kinds of MusicXML that name a chord.
#[rustfmt::skip]
static KINDS: [Kind; 31] = [
    kind("major",              &[(1, 0), (3, 4), (5, 7)]),
    kind("minor",              &[(1, 0), (3, 3), (5, 7)]),
    kind("augmented",          &[(1, 0), (3, 4), (5, 8)]),
    kind("diminished",         &[(1, 0), (3, 3), (5, 6)]),
    kind("dominant",           &[(1, 0), (3, 4), (5, 7), (7, 10)]),
    kind("major-seventh",      &[(1, 0), (3, 4), (5, 7), (7, 11)]),
    kind("minor-seventh",      &[(1, 0), (3, 3), (5, 7), (7, 10)]),
    kind("diminished-seventh", &[(1, 0), (3, 3), (5, 6), (7, 9)]),
    kind("augmented-seventh",  &[(1, 0), (3, 4), (5, 8), (7, 10)]),
    kind("half-diminished",    &[(1, 0), (3, 3), (5, 6), (7, 10)]),
    kind("major-minor",        &[(1, 0), (3, 3), (5, 7), (7, 11)]),
    kind("major-sixth",        &[(1, 0), (3, 4), (5, 7), (6, 9)]),
    kind("minor-sixth",        &[(1, 0), (3, 3), (5, 7), (6, 9)]),
    kind("dominant-ninth",     &[(1, 0), (3, 4), (5, 7), (7, 10), (9, 14)]),
    kind("major-ninth",        &[(1, 0), (3, 4), (5, 7), (7, 11), (9, 14)]),
    kind("minor-ninth",        &[(1, 0), (3, 3), (5, 7), (7, 10), (9, 14)]),
    kind("dominant-11th",      &[(1, 0), (3, 4), (5, 7), (7, 10), (9, 14), (11, 17)]),
    kind("major-11th",         &[(1, 0), (3, 4), (5, 7), (7, 11), (9, 14), (11, 17)]),
    kind("minor-11th",         &[(1, 0), (3, 3), (5, 7), (7, 10), (9, 14), (11, 17)]),
    kind("dominant-13th",      &[(1, 0), (3, 4), (5, 7), (7, 10), (9, 14), (13, 21)]),
    kind("major-13th",         &[(1, 0), (3, 4), (5, 7), (7, 11), (9, 14), (13, 21)]),
    kind("minor-13th",         &[(1, 0), (3, 3), (5, 7), (7, 10), (9, 14), (13, 21)]),
    kind("suspended-second",   &[(1, 0), (2, 2), (5, 7)]),
    kind("suspended-fourth",   &[(1, 0), (4, 5), (5, 7)]),
    kind("power",              &[(1, 0), (5, 7)]),
    kind("pedal",              &[(1, 0), (5, 7)]),
    kind("Neapolitan",         &[(1, 0), (3, 4), (5, 7)]),
    kind("Italian",            &[(1, 0), (3, 4), (7, 10)]),
    kind("French",             &[(1, 0), (3, 4), (5, 6), (7, 10)]),
    kind("German",             &[(1, 0), (3, 4), (5, 7), (7, 10)]),
    kind("Tristan",            &[(1, 0), (3, 3), (5, 6), (7, 10)]),
];

/// The kind and the text that a quality is written with; what the kind lacks is written as degrees.
fn written_kind(symbol: &str) -> (&'static str, &'static str) {
    match symbol {
        "m" => ("minor", "m"),
        "dim" => ("diminished", "dim"),
        "aug" => ("augmented", "aug"),
        "sus4" => ("suspended-fourth", "sus4"),
        "sus2" => ("suspended-second", "sus2"),
        "5" => ("power", "5"),
        "6" | "6/9" => ("major-sixth", "6"),
        "m6" | "m6/9" => ("minor-sixth", "m6"),
        "7" | "7alt" => ("dominant", "7"),
        "maj7" | "augmaj7" => ("major-seventh", "maj7"),
        "m7" => ("minor-seventh", "m7"),
        "m7b5" => ("half-diminished", "m7b5"),
        "dim7" => ("diminished-seventh", "dim7"),
        "mMaj7" | "mMaj9" => ("major-minor", "mMaj7"),
        "aug7" => ("augmented-seventh", "aug7"),
        "9" => ("dominant-ninth", "9"),
        "maj9" => ("major-ninth", "maj9"),
        "m9" => ("minor-ninth", "m9"),
        "11" => ("dominant-11th", "11"),
        "maj11" => ("major-11th", "maj11"),
        "m11" => ("minor-11th", "m11"),
        "13" => ("dominant-13th", "13"),
        "maj13" => ("major-13th", "maj13"),
        "m13" => ("minor-13th", "m13"),
        "7sus4" => ("suspended-fourth", "7sus4"),
        "9sus4" => ("suspended-fourth", "9sus4"),
        "13sus4" => ("suspended-fourth", "13sus4"),
        "madd9" => ("minor", "m"),
        _ => ("major", ""),
    }
}

/// What a `<degree>` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are MusicXML's")]
pub enum Change {
    Add,
    Alter,
    Subtract,
}

/// One `<degree>` of a `<harmony>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Degree {
    /// Its value.
    pub number: u8,
    /// Its alteration in semitones: from the major scale (the seventh: from the minor one), for
    /// [`Change::Alter`] from the tone that the chord has.
    pub alter: i16,
    /// What happens to it.
    pub change: Change,
    /// The kind's text says it already.
    pub hidden: bool,
}

/// A chord as MusicXML writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// One of MusicXML's kinds.
    pub kind: &'static str,
    /// The text after the root.
    pub text: &'static str,
    /// What is added, altered and left out.
    pub degrees: Vec<Degree>,
}

/// The kind, text and degrees of a chord. The degrees tell exactly how its tones differ from the kind's.
pub fn encode(chord: &NamedChord) -> Encoded {
    let (kind, text) = written_kind(chord.quality.symbol());
    let given = tones_of(kind).unwrap_or(&[]);
    let wanted = chord.tones();
    let named = chord.quality.row().tones;
    let suspended = kind.starts_with("suspended");
    let mut degrees = Vec::new();
    for number in 2..=13 {
        let semitones = |tones: &[Tone]| -> Vec<u8> {
            tones.iter().filter(|tone| tone.0 == number).map(|tone| tone.1).collect()
        };
        let (before, mut after) = (semitones(given), semitones(&wanted));
        match before.as_slice() {
            [] => {}
            [only] if after.is_empty() => {
                let alter = i16::from(*only) - natural(number);
                // That an altered chord has no plain fifth goes without saying.
                let hidden = named.iter().all(|tone| tone.0 != number);
                degrees.push(Degree { number, alter, change: Change::Subtract, hidden });
            }
            [only] => match after.iter().position(|tone| tone == only) {
                Some(kept) => {
                    after.remove(kept);
                }
                None => {
                    let alter = i16::from(after.remove(0)) - i16::from(*only);
                    degrees.push(Degree { number, alter, change: Change::Alter, hidden: false });
                }
            },
            _ => {}
        }
        for tone in after {
            let hidden = suspended && named.contains(&(number, tone));
            let alter = i16::from(tone) - natural(number);
            degrees.push(Degree { number, alter, change: Change::Add, hidden });
        }
    }
    Encoded { kind, text, degrees }
}

/// The chord of a kind with degrees, and whether it has just these tones; `None` for a kind that is not MusicXML's.
pub fn decode(
    root: NoteName,
    kind: &str,
    degrees: &[Degree],
    bass: Option<NoteName>,
) -> Option<(NamedChord, bool)> {
    let mut tones = tones_of(kind)?.to_vec();
    for degree in degrees {
        let number = if degree.number > 13 { degree.number - 7 } else { degree.number };
        let number = if (1..=13).contains(&number) { number } else { continue };
        // A seventh on a suspended chord is the minor one, however its alteration is counted.
        let suspended = kind.starts_with("suspended") && number == 7 && degree.alter == -1;
        let alter = if suspended { 0 } else { degree.alter };
        let here = tones.iter().position(|tone| tone.0 == number);
        // Some programs add a raised fifth where they mean to raise it.
        let raises = number == 5 && alter != 0 && here.is_some_and(|at| tones[at].1 == 7);
        match (degree.change, here) {
            (Change::Subtract, _) => tones.retain(|tone| tone.0 != number),
            (Change::Alter, Some(at)) => tones[at].1 = semitones(i16::from(tones[at].1) + alter),
            (Change::Add, Some(at)) if raises => tones[at].1 = semitones(7 + alter),
            (Change::Add | Change::Alter, _) => tones.push((number, semitones(natural(number) + alter))),
        }
    }
    tones.sort_unstable();
    tones.dedup();
    let chord = NamedChord::from_tones(root, &tones, bass);
    let wanted = tones.iter().fold(1u16, |set, tone| set | 1 << (tone.1 % 12));
    let got = chord.tones().iter().fold(1u16, |set, tone| set | 1 << (tone.1 % 12));
    Some((chord, wanted == got))
}

/// The triad or seventh chord that an unknown kind's name comes nearest to.
pub fn nearest(kind: &str) -> Quality {
    let has = |part: &str| kind.to_ascii_lowercase().contains(part);
    let symbol = match () {
        () if has("half") => "m7b5",
        () if has("dim") => "dim",
        () if has("sus") => "sus4",
        () if has("dom") => "7",
        () if has("aug") => "aug",
        () if has("min") && has("maj") => "mMaj7",
        () if has("min") && has("7") | has("seventh") => "m7",
        () if has("min") => "m",
        () if has("maj") && (has("7") || has("seventh")) => "maj7",
        () if has("7") => "7",
        () => "",
    };
    Quality::from_symbol(symbol).unwrap_or(Quality::MAJOR)
}

fn tones_of(kind: &str) -> Option<&'static [Tone]> {
    KINDS.iter().find(|row| row.name == kind).map(|row| row.tones)
}

fn semitones(count: i16) -> u8 {
    count.clamp(0, 23) as u8
}

/// Semitones of a degree without an accidental; the seventh is the minor one.
fn natural(number: u8) -> i16 {
    let octave = i16::from(number.saturating_sub(1)) / 7;
    [0, 2, 4, 5, 7, 9, 10][usize::from(number.saturating_sub(1)) % 7] + 12 * octave
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::ChordSymbol;

    fn chord(text: &str) -> NamedChord {
        let chord = match text.parse().expect(text) {
            ChordSymbol::Chord(chord) => Some(chord),
            ChordSymbol::NoChord => None,
        };
        chord.expect(text)
    }

    fn degrees(text: &str) -> String {
        let encoded = encode(&chord(text));
        let degree = |degree: &Degree| {
            let change = match degree.change {
                Change::Add => "add",
                Change::Alter => "alter",
                Change::Subtract => "subtract",
            };
            format!(
                " {change} {} {}{}",
                degree.number,
                degree.alter,
                if degree.hidden { " hidden" } else { "" }
            )
        };
        format!(
            "{} '{}'{}",
            encoded.kind,
            encoded.text,
            encoded.degrees.iter().map(degree).collect::<String>()
        )
    }

    #[test]
    fn chords_are_written_as_programs_understand_them() {
        for (text, written) in [
            ("C", "major ''"),
            ("Cm7b5", "half-diminished 'm7b5'"),
            ("C6/9", "major-sixth '6' add 9 0"),
            ("Cadd9", "major '' add 9 0"),
            ("C7sus4", "suspended-fourth '7sus4' add 7 0 hidden"),
            ("C9sus4", "suspended-fourth '9sus4' add 7 0 hidden add 9 0 hidden"),
            ("C7sus4(b9)", "suspended-fourth '7sus4' add 7 0 hidden add 9 -1"),
            ("C7(#9,b13)", "dominant '7' add 9 1 add 13 -1"),
            ("C7(b5)", "dominant '7' alter 5 -1"),
            ("C13(b9)", "dominant-13th '13' alter 9 -1"),
            ("C7(no3)", "dominant '7' subtract 3 0"),
            ("CmMaj9", "major-minor 'mMaj7' add 9 0"),
            ("C7alt", "dominant '7' subtract 5 0 hidden add 9 -1 add 9 1 add 11 1 add 13 -1"),
            ("Cmaj7#5", "major-seventh 'maj7' alter 5 1"),
        ] {
            assert_eq!(degrees(text), written, "{text}");
        }
    }

    #[test]
    fn every_chord_comes_back() {
        let alterations =
            ["", "(b9)", "(#9)", "(#11)", "(b13)", "(b5)", "(#5)", "(b9,#9)", "(no3)", "(no5)", "(add11)"];
        for quality in Quality::all() {
            for alteration in alterations {
                let Ok(ChordSymbol::Chord(chord)) = format!("Eb{}{alteration}/F", quality.symbol()).parse()
                else {
                    continue;
                };
                let encoded = encode(&chord);
                let decoded = decode(chord.root, encoded.kind, &encoded.degrees, chord.bass);
                assert_eq!(decoded, Some((chord, true)), "{}{alteration}", quality.symbol());
            }
        }
    }

    #[test]
    fn other_programs_degrees_are_understood() {
        let c: NoteName = "C".parse().expect("C");
        let degree = |number, alter, change| Degree { number, alter, change, hidden: false };
        let read = |kind: &str, degrees: &[Degree]| decode(c, kind, degrees, None).expect(kind).0;
        let fourth = [degree(4, 0, Change::Add), degree(3, 0, Change::Subtract)];
        assert_eq!(read("dominant", &fourth), chord("C7sus4"));
        assert_eq!(read("suspended-fourth", &[degree(7, -1, Change::Add)]), chord("C7sus4"));
        assert_eq!(read("dominant", &[degree(5, 1, Change::Add)]), chord("Caug7"));
        assert_eq!(read("dominant", &[degree(9, -1, Change::Alter)]), chord("C7b9"));
        assert_eq!(read("minor-seventh", &[degree(5, -1, Change::Alter)]), chord("Cm7b5"));
        assert_eq!(decode(c, "dominant-fifteenth", &[], None), None);
    }
}
