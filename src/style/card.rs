//! The card of a style, `style.ron`: what it is, in words and numbers that a person may edit.

use serde::{Deserialize, Serialize};

use crate::music::{Feel, Key, Meter, Pitch};

/// What `style.ron` says. Lists that are empty or left out mean: as the corpus does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What a musician calls the style.
    pub title: String,
    /// A sentence or two about it.
    #[serde(default)]
    pub description: String,
    /// What it was learned from, for people; the details are in SOURCES.md.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Meters with weights.
    #[serde(default)]
    pub meters: Vec<(Meter, u32)>,
    /// Usual tempi by meter; a meter that is not listed takes the first.
    #[serde(default)]
    pub tempi: Vec<TempoRange>,
    /// Keys with weights.
    #[serde(default)]
    pub keys: Vec<(Key, u32)>,
    /// Forms with weights, such as `A8 A8 B8 A8`.
    #[serde(default)]
    pub forms: Vec<(String, u32)>,
    /// How eighths are felt.
    #[serde(default)]
    pub feel: Feel,
    /// Constraints that hold unless a request says otherwise, in the constraint language.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// Lowest and highest note of a melody.
    #[serde(default)]
    pub range: Range,
    /// How much each expert weighs in the melody's law.
    #[serde(default)]
    pub weights: Weights,
    /// Proposal sources that the style has besides its chain.
    #[serde(default)]
    pub proposals: Vec<String>,
}

/// Usual tempi in a meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TempoRange {
    /// The meters it is for; empty: any.
    #[serde(default)]
    pub meters: Vec<Meter>,
    /// Beats a minute of the meter's felt beat (dotted quarters in 6/8): slowest and fastest.
    pub beats_a_minute: (u16, u16),
}

/// How much each group of experts counts beside what was learned: 1 as learned, 0 not at all, 2 twice as much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// The interval after the degree and the interval before.
    pub interval: f64,
    /// A note said again: below 1, fewer; above, more.
    pub repeat: f64,
    /// The degree at its place in phrase and bar.
    pub degree: f64,
    /// The note over its chord.
    pub chord_tone: f64,
    /// The last note before a change, over the chord to come.
    pub approach: f64,
    /// How notes that are no chord tones come and go.
    pub resolve: f64,
    /// The height about the middle of a section.
    pub register: f64,
    /// The last notes of sections.
    pub ends: f64,
    /// The chord after the chords before.
    pub chord: f64,
    /// The chord at its place in phrase and section.
    pub chord_place: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            interval: 1.0,
            repeat: 0.9,
            degree: 1.0,
            // A composed line strays from where real ones have been, and its experts from what they were fitted to: more
            // firmness about the chords brings it back (measured on fifty sheets of two styles).
            chord_tone: 1.25,
            approach: 1.0,
            resolve: 1.25,
            register: 0.8,
            ends: 1.0,
            chord: 1.0,
            chord_place: 1.0,
        }
    }
}

/// Lowest and highest note, written `C4..G5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Range {
    /// Lowest note.
    pub low: Pitch,
    /// Highest note; never below the lowest.
    pub high: Pitch,
}

impl Default for Range {
    fn default() -> Range {
        let (low, high) = (crate::music::NoteName::new(crate::music::Step::B, -1), crate::music::Step::E);
        Range { low: Pitch::new(low, 3), high: Pitch::new(crate::music::NoteName::new(high, 0), 5) }
    }
}

impl From<Range> for String {
    fn from(range: Range) -> String {
        format!("{}..{}", range.low, range.high)
    }
}

impl TryFrom<String> for Range {
    type Error = String;
    fn try_from(text: String) -> Result<Range, String> {
        let fail = || format!("'{text}' is not a range: write lowest and highest note, as in C4..G5");
        let (low, high) = text.split_once("..").ok_or_else(fail)?;
        let (low, high) = (low.trim().parse().map_err(|_| fail())?, high.trim().parse().map_err(|_| fail())?);
        let range = Range { low, high };
        if range.low.midi() <= range.high.midi() { Ok(range) } else { Err(fail()) }
    }
}

impl Card {
    /// A card that says only what the style is called.
    pub fn new(title: impl Into<String>) -> Card {
        Card {
            title: title.into(),
            description: String::new(),
            sources: Vec::new(),
            meters: Vec::new(),
            tempi: Vec::new(),
            keys: Vec::new(),
            forms: Vec::new(),
            feel: Feel::Straight,
            constraints: Vec::new(),
            range: Range::default(),
            weights: Weights::default(),
            proposals: Vec::new(),
        }
    }

    /// The card that a file's text holds.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_ron(text: &str) -> Result<Card, String> {
        let card: Card = options().from_str(text).map_err(|error| {
            let place = error.span.start;
            format!("line {}, column {}: {}", place.line, place.col, error.code)
        })?;
        let weights = &card.weights;
        let all = [
            weights.interval,
            weights.repeat,
            weights.degree,
            weights.chord_tone,
            weights.approach,
            weights.resolve,
            weights.register,
            weights.ends,
            weights.chord,
            weights.chord_place,
        ];
        if all.iter().any(|weight| !(0.0..=8.0).contains(weight)) {
            return Err("a weight must be from 0 to 8".to_string());
        }
        let odd = |tempo: &&TempoRange| {
            !(20..=400).contains(&tempo.beats_a_minute.0)
                || tempo.beats_a_minute.0 > tempo.beats_a_minute.1
                || tempo.beats_a_minute.1 > 400
        };
        if let Some(tempo) = card.tempi.iter().find(odd) {
            let (slow, fast) = tempo.beats_a_minute;
            return Err(format!("the tempi {slow} to {fast} must be from 20 to 400, slowest first"));
        }
        Ok(card)
    }

    /// The card as the text of a file.
    pub fn to_ron(&self) -> String {
        let pretty = ron::ser::PrettyConfig::new().depth_limit(3).struct_names(false);
        options().to_string_pretty(self, pretty).map(|text| text + "\n").unwrap_or_default()
    }
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_found_again() {
        let mut card = Card::new("Mine");
        card.meters = vec![(Meter::COMMON, 3)];
        card.tempi = vec![TempoRange { meters: vec![Meter::COMMON], beats_a_minute: (90, 140) }];
        card.keys = vec![(Key::C_MAJOR, 1)];
        assert_eq!(Card::from_ron(&card.to_ron()), Ok(card));
    }

    #[test]
    fn a_short_card_takes_the_defaults() {
        let card = Card::from_ron("(title: \"Short\", weights: (chord_tone: 2.0))").expect("a card");
        assert_eq!((card.weights.chord_tone, card.weights.interval), (2.0, 1.0));
        assert_eq!(String::from(card.range), "Bb3..E5");
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (text, wanted) in [
            ("(title: \"x\",\n tile: \"y\")", "line 2"),
            ("(title: \"x\",\n range: \"C4-G5\")", "C4..G5"),
            ("(title: \"x\",\n meters: [(\"4/5\", 1)])", "4/5"),
            ("(title: \"x\", weights: (interval: -1.0))", "from 0 to 8"),
            ("(title: \"x\", tempi: [(beats_a_minute: (200, 100))])", "slowest first"),
            ("", "line 1"),
        ] {
            let error = Card::from_ron(text).expect_err(text);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
