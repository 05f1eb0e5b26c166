//! The chord names of data sets (Harte's, MusicXML's kinds, jazz shorthand) as chord symbols.

use rustc_hash::FxHashMap;

use crate::music::{ChordSymbol, Key, NamedChord, NoteName, Pitch};

/// A chord as a file names it.
#[derive(Clone, Debug, Default)]
pub struct NamedSpan {
    /// `Db:min7/E`, or a chord symbol.
    pub label: String,
    /// The root's pitch class, if given apart.
    pub root: Option<u8>,
    /// The bass's pitch class, if given apart.
    pub bass: Option<u8>,
    /// The quality's name before it was reduced, or the whole symbol as written.
    pub original: String,
}

impl NamedSpan {
    /// What to show for it.
    pub fn text(&self) -> &str {
        if self.original.is_empty() { &self.label } else { &self.original }
    }
}

/// Reads chord names; remembers each quality it has met, because a data set has few.
#[derive(Default)]
pub struct ChordNames {
    known: FxHashMap<String, Option<ChordSymbol>>,
}

/// The only names that data sets give to roots whatever the key; they are spelled anew.
const UNSPELLED: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

impl ChordNames {
    /// The chord, its root spelled in the key unless the file spells it; `None` if the name is unknown.
    pub fn chord(&mut self, span: &NamedSpan, key: Key) -> Option<ChordSymbol> {
        if span.original.starts_with(|c: char| matches!(c, 'A'..='G' | 'N'))
            && let Ok(symbol) = span.original.parse::<ChordSymbol>()
            && (symbol.root_class() == span.root || span.root.is_none())
        {
            return Some(symbol);
        }
        let Some((root_name, rest)) = span.label.split_once(':') else {
            return span.label.parse().ok();
        };
        let (reduced, bass_text) =
            rest.split_once('/').map_or((rest, None), |(quality, bass)| (quality, Some(bass)));
        let written: Option<NoteName> = root_name.parse().ok();
        let root = match (written, span.root) {
            (Some(name), _) if !UNSPELLED.contains(&root_name) => name,
            (_, Some(class)) => key.spell(class),
            (Some(name), None) => key.spell(name.pitch_class()),
            (None, None) => return None,
        };
        let bass =
            span.bass.or_else(|| bass_class(bass_text?, root)).filter(|bass| *bass != root.pitch_class());
        let ChordSymbol::Chord(chord) = self.on_c(&span.original).or_else(|| self.on_c(reduced))? else {
            return Some(ChordSymbol::NoChord);
        };
        let bass = bass.map(|bass| bass_name(&chord, root, bass, key));
        Some(ChordSymbol::Chord(NamedChord { root, bass, ..chord }))
    }

    fn on_c(&mut self, name: &str) -> Option<ChordSymbol> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let read = suffix(name).and_then(|written| match written.as_str() {
            "N.C." => Some(ChordSymbol::NoChord),
            written => format!("C{written}").parse().ok(),
        });
        self.known.insert(name.to_string(), read.clone());
        read
    }
}

/// The pitch class of a bass given as a note (`E`) or, as Harte does, as a degree above the root (`b7`).
fn bass_class(text: &str, root: NoteName) -> Option<u8> {
    if let Ok(name) = text.parse::<NoteName>() {
        return Some(name.pitch_class());
    }
    let number: usize = text.trim_start_matches(['b', '#']).parse().ok()?;
    let natural = [0, 2, 4, 5, 7, 9, 11][number.checked_sub(1)? % 7];
    let alter = text.matches('#').count() as i32 - text.matches('b').count() as i32;
    Some((i32::from(root.pitch_class()) + natural + alter).rem_euclid(12) as u8)
}

/// A bass that is a chord tone is spelled as one (the third of E is G#), any other as the key spells it.
fn bass_name(chord: &NamedChord, root: NoteName, bass: u8, key: Key) -> NoteName {
    let above = (i32::from(bass) - i32::from(root.pitch_class())).rem_euclid(12);
    let tone = chord.quality.row().tones.iter().find(|(_, semitones)| i32::from(*semitones) % 12 == above);
    let spelled = match tone {
        Some((degree, _)) => {
            let interval = crate::music::Interval::new((i32::from(*degree) - 1) % 7, above);
            root.transpose(interval)
        }
        None => key.spell(bass),
    };
    if spelled.pitch_class() == bass {
        spelled
    } else {
        Pitch::from_midi(i32::from(bass), key.spell(bass)).name
    }
}

/// Names that are whole words or shorthands, and what musicians write after the root.
#[rustfmt::skip]
static NAMES: &[(&str, &str)] = &[
    // Harte's syntax for chord labels in data sets.
    ("maj", ""), ("min", "m"), ("aug", "aug"), ("dim", "dim"), ("sus4", "sus4"), ("sus2", "sus2"), ("5", "5"), ("1", "5"),
    ("7", "7"), ("min7", "m7"), ("maj7", "maj7"), ("dim7", "dim7"), ("hdim7", "m7b5"), ("minmaj7", "mMaj7"),
    ("maj6", "6"), ("min6", "m6"), ("9", "9"), ("maj9", "maj9"), ("min9", "m9"), ("11", "11"), ("min11", "m11"), ("maj11", "maj11"),
    ("13", "13"), ("maj13", "maj13"), ("min13", "m13"), ("7sus4", "7sus4"), ("N", "N.C."), ("N.C.", "N.C."),
    // MusicXML's kinds.
    ("major", ""), ("minor", "m"), ("dominant", "7"), ("augmented", "aug"), ("diminished", "dim"), ("minor-seventh", "m7"),
    ("major-seventh", "maj7"), ("diminished-seventh", "dim7"), ("augmented-seventh", "aug7"), ("half-diminished", "m7b5"),
    ("major-minor", "mMaj7"), ("minor-major", "mMaj7"), ("major-sixth", "6"), ("minor-sixth", "m6"), ("dominant-ninth", "9"),
    ("major-ninth", "maj9"), ("minor-ninth", "m9"), ("dominant-11th", "11"), ("major-11th", "maj11"), ("minor-11th", "m11"),
    ("dominant-13th", "13"), ("major-13th", "maj13"), ("minor-13th", "m13"), ("suspended-second", "sus2"),
    ("suspended-fourth", "sus4"), ("power", "5"), ("augmented-ninth", "9#5"), ("maj69", "6/9"), ("none", "N.C."),
    // Jazz and folk shorthand.
    ("m", "m"), ("d", "dim"), ("a", "aug"), ("a7", "aug7"), ("0", "dim"), ("07", "dim7"), ("6", "6"), ("69", "6/9"), ("m69", "m6/9"),
    ("mb6", "m(addb6)"), ("maug", "m#5"), ("add9", "add9"), ("sus", "sus4"), ("7sus", "7sus4"), ("9sus", "9sus4"), ("13sus", "13sus4"),
    ("7b9sus", "7sus4(b9)"), ("7b13sus", "7sus4(b13)"), ("7alt", "7alt"), ("7#5", "aug7"), ("maj7#5", "augmaj7"),
    // Lists of degrees that have a name.
    ("(1)", "5"), ("(1,5)", "5"), ("(5)", "5"), ("(1,4)", "sus4"), ("(1,2,4)", "sus4(add2)"), ("(1,4,b7)", "7sus4"),
    ("(1,b3)", "m"), ("(b3)", "m"), ("(b3,5)", "m"), ("(1,3)", ""), ("(3)", ""), ("(1,b3,4)", "m(add4)"), ("(1,3,b5)", "(b5)"),
    ("(1,b7)", "5"), ("(b7)", "5"), ("(6)", "5"), ("(7)", "5"), ("(13)", "5"), ("(b3,b7)", "m7"), ("(b3,b7,11,9)", "m11"),
    ("(1,3,5,b7,9,11)", "11"), ("(1,b3,5,b7,9,11)", "m11"), ("(b5,b7,3)", "7b5"), ("(b5,11)", "sus4(b5)"), ("(1,4,b5)", "sus4(b5)"),
    ("(1,2,5,b6)", "sus2(addb6)"), ("sus4(b7)", "7sus4"), ("sus4(b7,9)", "9sus4"), ("sus4(b7,9,13)", "13sus4"), ("aug(b7)", "aug7"), ("aug(7)", "augmaj7"),
    ("aug(b7,9)", "9#5"), ("maj6(9)", "6/9"), ("min6(9)", "m6/9"), ("maj(9)", "add9"), ("maj(2)", "add9"), ("min(9)", "madd9"), ("min(2)", "madd9"),
    ("7(9,13)", "13"), ("9(13)", "13"), ("minor-sixth(add0:9)", "m6/9"), ("suspended-fourth(add0:7)", "7sus4"),
    ("suspended-fourth(add0:7)(add0:9)", "9sus4"), ("minor-seventh(alter-1:5)", "m7b5"), ("minor-ninth(alter-1:5)", "m9b5"),
    ("minor(alter1:5)", "m#5"), ("sus2(b7)", "7sus2"),
];

/// What a musician writes after the root for a data set's quality name.
fn suffix(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    if let Some((_, written)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some((*written).to_string());
    }
    let (base, list) = match name.split_once('(') {
        Some((base, list)) => (base, Some(list)),
        None => (name, None),
    };
    let Some(list) = list else {
        // Jazz shorthand is read as written: 7b9, 7b5#9, m7b9, 13#11.
        return Some(name.to_string());
    };
    let (_, written) = NAMES.iter().find(|(known, _)| *known == base)?;
    let mut degrees = String::new();
    for item in list.split(['(', ')', ',']).filter(|item| !item.is_empty()) {
        degrees.push_str(&degree(item)?);
    }
    Some(format!("{written}{degrees}"))
}

/// One listed degree: Harte's `b9` and `*5` (left out), MusicXML's `add-1:9` and `alter1:5`.
fn degree(item: &str) -> Option<String> {
    if let Some(omitted) = item.strip_prefix('*') {
        let number = omitted.trim_start_matches(['b', '#']);
        return Some(format!("(no{number})"));
    }
    for (word, verb) in [("add", "add"), ("alter", ""), ("subtract", "no")] {
        if let Some((alter, number)) = item.strip_prefix(word).and_then(|rest| rest.split_once(':')) {
            let sign = match alter {
                "-1" => "b",
                "1" => "#",
                _ => "",
            };
            let verb = if verb == "add" && !sign.is_empty() { "" } else { verb };
            return Some(format!("({verb}{sign}{number})"));
        }
    }
    if item.starts_with(['b', '#']) { Some(format!("({item})")) } else { Some(format!("(add{item})")) }
}
