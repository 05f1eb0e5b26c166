//! What ABC fields say: keys, meters, unit lengths, tempi.

use crate::music::pitch::take_note_name;
use crate::music::{Duration, Key, Meter, Mode, NoteName, Step, Tempo};

/// A key field: the key, and the accidental each letter (from C) has in its signature.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyField {
    /// The key.
    pub key: Key,
    /// Accidentals by letter index.
    pub signature: [i8; 7],
    /// Octaves to add to every note (`octave=-1`).
    pub octave: i32,
    /// Whether a tonic was given at all.
    pub given: bool,
}

impl KeyField {
    /// A key with its own signature.
    pub fn of(key: Key) -> KeyField {
        KeyField { key, signature: Step::ALL.map(|step| key.signature_alter(step)), octave: 0, given: true }
    }
}

/// Reads `D`, `Ddor`, `D dorian`, `Bb min`, `HP`, `none`, `D exp _b`, `A =g clef=bass`; what it does not know it passes
/// over, and a field that only sets a clef keeps the key before.
pub fn key(text: &str, before: Option<&KeyField>) -> KeyField {
    let text = text.trim();
    let plain = || KeyField { given: false, ..KeyField::of(Key::C_MAJOR) };
    let mut field = before.cloned().unwrap_or_else(plain);
    let mut words = text.split_whitespace().peekable();
    match words.peek().copied() {
        Some("HP") => {
            words.next();
            field = KeyField { signature: [0; 7], ..KeyField::of(Key::from_fifths(2, Mode::Mixolydian)) };
        }
        Some("Hp") => {
            words.next();
            field = KeyField::of(Key::from_fifths(2, Mode::Mixolydian));
        }
        Some(word) if word.eq_ignore_ascii_case("none") => {
            words.next();
            field = plain();
        }
        Some(word) if !word.contains('=') => {
            if let Some((tonic, rest)) = tonic(word) {
                words.next();
                // The mode follows at once or as the next word.
                let joined = mode(rest);
                let mode = match (joined, words.peek().copied().and_then(mode)) {
                    (Some(joined), _) => joined,
                    (None, Some(next)) if rest.is_empty() => {
                        words.next();
                        next
                    }
                    _ => Mode::Major,
                };
                field = KeyField::of(Key::new(tonic, mode).simplified());
            }
        }
        _ => {}
    }
    let mut explicit = false;
    for word in words {
        if word.eq_ignore_ascii_case("exp") {
            explicit = true;
            field.signature = [0; 7];
        } else if let Some(octave) = word.strip_prefix("octave=") {
            field.octave = octave.parse::<i32>().unwrap_or(0).clamp(-4, 4);
        } else {
            accidentals(word, &mut field.signature);
        }
    }
    if explicit {
        field.key = key_of_signature(field.key, &field.signature);
    }
    field
}

fn tonic(word: &str) -> Option<(NoteName, &str)> {
    let letter = word.chars().next().filter(char::is_ascii_uppercase)?;
    let step = Step::from_letter(letter)?;
    let rest = &word[1..];
    // 'Bb' is B flat; take_note_name would also take the b of no mode name, which all begin otherwise.
    match take_note_name(word) {
        Some((name, rest)) if name.alter.abs() <= 1 => Some((name, rest)),
        _ => Some((NoteName::new(step, 0), rest)),
    }
}

/// A mode by its first three letters; `m` alone is minor.
fn mode(word: &str) -> Option<Mode> {
    let lower = word.to_ascii_lowercase();
    match lower.get(..3).unwrap_or(&lower) {
        "m" | "min" | "aeo" => Some(Mode::Minor),
        "maj" | "ion" => Some(Mode::Major),
        "mix" => Some(Mode::Mixolydian),
        "dor" => Some(Mode::Dorian),
        "phr" => Some(Mode::Phrygian),
        "lyd" => Some(Mode::Lydian),
        "loc" => Some(Mode::Locrian),
        _ => None,
    }
}

/// Explicit accidentals such as `^f_b=c`; anything else is passed over.
fn accidentals(word: &str, signature: &mut [i8; 7]) {
    let mut alter = None;
    for c in word.chars() {
        match c {
            '^' => alter = Some(alter.unwrap_or(0) + 1),
            '_' => alter = Some(alter.unwrap_or(0) - 1),
            '=' => alter = Some(0),
            letter => match (alter.take(), Step::from_letter(letter)) {
                (Some(alter), Some(step)) => signature[step.index() as usize] = i8::clamp(alter, -2, 2),
                _ => return,
            },
        }
    }
}

/// The mode on the tonic whose signature is nearest to the explicit one.
fn key_of_signature(key: Key, signature: &[i8; 7]) -> Key {
    let distance = |key: &Key| -> i32 {
        let pairs = Step::ALL.into_iter().zip(signature);
        pairs.map(|(step, alter)| (i32::from(key.signature_alter(step)) - i32::from(*alter)).abs()).sum()
    };
    let modes = [key.mode].into_iter().chain(Mode::ALL).map(|mode| Key::new(key.tonic, mode));
    modes.min_by_key(distance).unwrap_or(key)
}

/// Reads `4/4`, `C`, `C|`, `2+3/8`, `(2+2+3)/8`; `None` for `none` and what is no meter.
pub fn meter(text: &str) -> Option<Meter> {
    let word = text.split_whitespace().next().unwrap_or_default();
    if let Ok(meter) = word.parse() {
        return Some(meter);
    }
    let (beats, unit) = word.split_once('/')?;
    let beats = beats.trim_matches(['(', ')']).split('+').map(|part| part.parse::<u32>().ok());
    let beats = beats.collect::<Option<Vec<u32>>>()?;
    let sum = beats.iter().try_fold(0u32, |sum, part| sum.checked_add(*part))?;
    Meter::new(sum, unit.parse().ok()?)
}

/// Reads `1/8`.
pub fn unit_length(text: &str) -> Option<Duration> {
    fraction_of_whole(text.split_whitespace().next()?)
}

/// The unit length that a meter implies: a sixteenth below 3/4, else an eighth.
pub fn implied_unit(meter: Option<Meter>) -> Duration {
    if meter.is_some_and(|meter| meter.bar_length() < Duration::quarters(3)) {
        Duration::SIXTEENTH
    } else {
        Duration::EIGHTH
    }
}

/// Reads `1/4=120`, `"Allegro" 3/8=60`, `120` (in unit lengths, or quarters), `C=100`.
pub fn tempo(text: &str, unit: Duration) -> Option<Tempo> {
    let mut text = text.trim();
    if let Some(rest) = text.strip_prefix('"') {
        text = rest.split_once('"').map_or("", |(_, rest)| rest).trim();
    }
    let text = text.split('"').next().unwrap_or_default().trim();
    let (beat, per_minute) = match text.split_once('=') {
        None => (Duration::QUARTER, text),
        Some((beat, per_minute)) if beat.trim_start().starts_with('C') => {
            let count: i64 = beat.trim().trim_start_matches('C').parse().unwrap_or(1);
            (unit * count.clamp(1, 16), per_minute)
        }
        Some((beats, per_minute)) => {
            let beat = beats
                .split_whitespace()
                .map(fraction_of_whole)
                .try_fold(Duration::ZERO, |sum, beat| Some(sum + beat?));
            (beat?, per_minute)
        }
    };
    let per_minute: u16 = per_minute.split(['.', ' ']).next()?.trim().parse().ok()?;
    ((1..=999).contains(&per_minute) && beat.is_positive()).then_some(Tempo { beat, per_minute })
}

fn fraction_of_whole(text: &str) -> Option<Duration> {
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    let numerator: i64 = numerator.trim().parse().ok()?;
    let denominator: i64 = denominator.trim().parse().ok()?;
    let sane = (1..=64).contains(&numerator) && (1..=512).contains(&denominator);
    if sane { Duration::from_ratio(numerator * 4, denominator) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_written() {
        for (text, expected) in [
            ("D", "D major"),
            ("Dmaj", "D major"),
            ("Am", "A minor"),
            ("Ador", "A dorian"),
            ("A Dorian", "A dorian"),
            ("Bb", "Bb major"),
            ("Bbm", "Bb minor"),
            ("F#min", "F# minor"),
            ("GMix", "G mixolydian"),
            ("E phr", "E phrygian"),
            ("C clef=bass", "C major"),
            ("G treble", "G major"),
            ("", "C major"),
            ("none", "C major"),
        ] {
            assert_eq!(key(text, None).key.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn explicit_accidentals_change_the_signature() {
        let field = key("D Phr ^f", None);
        assert_eq!(
            (field.key.to_string().as_str(), field.signature),
            ("D phrygian", [0, 0, -1, 1, 0, 0, -1])
        );
        assert_eq!(key("D exp _b ^f", None).signature, [0, 0, 0, 1, 0, 0, -1]);
        let before = key("G", None);
        assert_eq!(key("clef=bass", Some(&before)), before);
    }

    #[test]
    fn meters_and_tempi() {
        assert_eq!(meter("C|").map(|m| m.to_string()).as_deref(), Some("2/2"));
        assert_eq!(meter("(2+2+3)/8").map(|m| m.to_string()).as_deref(), Some("7/8"));
        assert_eq!(meter("none"), None);
        let of = |text: &str| tempo(text, Duration::EIGHTH).map(|t| (t.beat.to_string(), t.per_minute));
        assert_eq!(of("1/4=120"), Some(("1".into(), 120)));
        assert_eq!(of("\"Slow\" 3/8=60"), Some(("1+1/2".into(), 60)));
        assert_eq!(of("120"), Some(("1".into(), 120)));
        assert_eq!(of("\"Allegro\""), None);
    }
}
