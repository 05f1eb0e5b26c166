//! The words of a song: syllables that belong to bars, and the notes that they are sung on.
//!
//! `Some morn-ing _ in May` is how they are written: a blank ends a word, a hyphen a syllable, `_` holds the syllable before
//! on one more note, `*` leaves a note without words, `~` puts two words on one note, `|` goes on at the next bar. A backslash
//! before one of these signs takes its meaning away.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::form::Form;
use super::lead_sheet::LeadSheet;
use super::melody::Note;

/// What stands between two words that are sung on one note.
pub const ELISION: char = '‿';

/// What is sung on one note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syllable {
    /// A syllable.
    Sung {
        /// As it is written: no blanks, never empty.
        text: String,
        /// Whether its word goes on in the next syllable: a hyphen.
        joins: bool,
    },
    /// The one before is held.
    Held,
    /// Nothing is sung.
    Silent,
}

impl Syllable {
    /// A syllable of a text, whose blanks join words on one note; `None` if nothing is left of it.
    pub fn sung(text: &str, joins: bool) -> Option<Syllable> {
        let mut plain = String::with_capacity(text.len());
        for c in text.trim().chars() {
            match c {
                // What cannot be seen is not sung.
                '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{AD}' => {}
                c if c.is_whitespace() || c == ELISION => {
                    if !plain.is_empty() && !plain.ends_with(ELISION) {
                        plain.push(ELISION);
                    }
                }
                c if c.is_control() => {}
                c => plain.push(c),
            }
        }
        let text = plain.trim_end_matches(ELISION).to_string();
        (!text.is_empty()).then_some(Syllable::Sung { text, joins })
    }

    /// Whether its word goes on in the next syllable.
    pub fn joins(&self) -> bool {
        matches!(self, Syllable::Sung { joins: true, .. })
    }
}

/// The words of a bar: what is sung on each of the notes that start in it, in order. Those that are more than its notes wait
/// for a melody that has them.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Words(Vec<Syllable>);

impl Words {
    /// Words of these syllables.
    pub fn new(mut syllables: Vec<Syllable>) -> Words {
        while syllables.last() == Some(&Syllable::Silent) {
            syllables.pop();
        }
        Words(syllables)
    }

    /// The syllables.
    pub fn syllables(&self) -> &[Syllable] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These words and, from the note of the given number on, others; what would be sung on later notes here is left out.
    pub fn followed_by(&self, others: &Words, from: usize) -> Words {
        if others.is_empty() {
            return self.clone();
        }
        let mut syllables = self.0.clone();
        syllables.resize(from, Syllable::Silent);
        syllables.extend_from_slice(&others.0);
        Words::new(syllables)
    }

    /// Reads the words of bars in a row; any text is some.
    pub fn of_bars(text: &str) -> Vec<Words> {
        let mut reader = Reader::default();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next_if(|next| SIGNS.contains(*next)) {
                    Some(sign) => reader.plain(sign),
                    None => reader.plain('\\'),
                },
                '-' => reader.hyphen(),
                '_' => {
                    reader.end(false);
                    reader.bar.push(Syllable::Held);
                }
                '|' => {
                    reader.end(false);
                    reader.bars.push(Words::new(std::mem::take(&mut reader.bar)));
                }
                '*' => {
                    reader.is_star = reader.text.is_empty();
                    reader.text.push(c);
                }
                '~' => reader.plain(ELISION),
                c if c.is_whitespace() => {
                    reader.end(false);
                }
                c => reader.plain(c),
            }
        }
        reader.end(false);
        reader.bars.push(Words::new(reader.bar));
        reader.bars
    }
}

/// The signs that mean something, and the one that takes their meaning away.
const SIGNS: &str = "-_|*~\\";

/// Words while they are read.
#[derive(Default)]
struct Reader {
    bars: Vec<Words>,
    bar: Vec<Syllable>,
    text: String,
    /// Whether the text is a star that means a note without words, if nothing follows it.
    is_star: bool,
}

impl Reader {
    fn plain(&mut self, c: char) {
        self.is_star = false;
        self.text.push(c);
    }

    /// Ends the syllable, if there is one.
    fn end(&mut self, joins: bool) -> bool {
        let text = std::mem::take(&mut self.text);
        let star = std::mem::take(&mut self.is_star) && text.len() == 1;
        let syllable = if star { Some(Syllable::Silent) } else { Syllable::sung(&text, joins) };
        self.bar.extend(syllable.clone());
        syllable.is_some()
    }

    /// A hyphen belongs to the syllable before it, even behind a blank.
    fn hyphen(&mut self) {
        if self.end(true) {
            return;
        }
        let before = self.bar.iter_mut().rev().find(|syllable| **syllable != Syllable::Held);
        if let Some(Syllable::Sung { joins, .. }) = before {
            *joins = true;
        }
    }
}

impl From<&str> for Words {
    /// The words of one bar, even if bar lines stand in them.
    fn from(text: &str) -> Words {
        Words::new(Words::of_bars(text).into_iter().flat_map(|bar| bar.0).collect())
    }
}

impl From<String> for Words {
    fn from(text: String) -> Words {
        Words::from(text.as_str())
    }
}

impl From<Words> for String {
    fn from(words: Words) -> String {
        words.to_string()
    }
}

impl FromStr for Words {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Words, Infallible> {
        Ok(Words::from(text))
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before: Option<&Syllable> = None;
        for syllable in &self.0 {
            let is_sung = matches!(syllable, Syllable::Sung { .. });
            if before.is_some_and(|before| !(before.joins() && is_sung)) {
                f.write_str(" ")?;
            }
            syllable.fmt(f)?;
            before = Some(syllable);
        }
        Ok(())
    }
}

impl fmt::Display for Syllable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Syllable::Held => f.write_str("_"),
            Syllable::Silent => f.write_str("*"),
            Syllable::Sung { text, joins } => {
                for c in text.chars() {
                    match c {
                        ELISION => f.write_str("~")?,
                        // A star among others is plain.
                        '*' if text.len() > 1 => f.write_str("*")?,
                        c if SIGNS.contains(c) => write!(f, "\\{c}")?,
                        c => write!(f, "{c}")?,
                    }
                }
                f.write_str(if *joins { "-" } else { "" })
            }
        }
    }
}

/// The words of bars in a row as they are written, bar lines between them.
pub fn in_a_row<'w>(bars: impl IntoIterator<Item = &'w Words>) -> String {
    let mut texts: Vec<String> = bars.into_iter().map(Words::to_string).collect();
    while texts.last().is_some_and(String::is_empty) {
        texts.pop();
    }
    let mut text = texts.join(" | ").replace("  ", " ");
    if texts.len() > 1 && texts[0].is_empty() {
        text = text.trim_start().to_string();
    }
    text
}

impl Form {
    /// Whether any bar has words.
    pub fn has_words(&self) -> bool {
        !self.pickup_words.is_empty() || self.bars.iter().any(|bar| !bar.words.is_empty())
    }

    /// The words of a bar, from 1; those of the pickup are bar 0's. `None` if there is no such bar.
    pub fn words(&self, bar: usize) -> Option<&Words> {
        match bar.checked_sub(1) {
            None => Some(&self.pickup_words),
            Some(bar) => Some(&self.bars.get(bar)?.words),
        }
    }

    /// The place to write the words of a bar.
    pub fn words_mut(&mut self, bar: usize) -> Option<&mut Words> {
        match bar.checked_sub(1) {
            None => Some(&mut self.pickup_words),
            Some(bar) => Some(&mut self.bars.get_mut(bar)?.words),
        }
    }

    /// Gives every bar the words that are sung on the notes that start in it; one for each note, `None` where a file says
    /// nothing.
    pub fn set_words(&mut self, notes: &[Note], sung: &[Option<Syllable>]) {
        let starts = self.bar_starts();
        let mut bars: Vec<Vec<Syllable>> = vec![Vec::new(); self.bars.len() + 1];
        for (note, syllable) in notes.iter().zip(sung) {
            let bar = starts.partition_point(|start| *start <= note.onset);
            if let Some(bar) = bars.get_mut(bar) {
                bar.push(syllable.clone().unwrap_or(Syllable::Silent));
            }
        }
        for (number, syllables) in bars.into_iter().enumerate() {
            if let Some(words) = self.words_mut(number) {
                *words = Words::new(syllables);
            }
        }
    }
}

impl LeadSheet {
    /// The bars with the notes that start in each: the bar's number (the pickup is 0), and the numbers of its notes.
    fn notes_of_bars(&self) -> Vec<(usize, std::ops::Range<usize>)> {
        let form = self.form();
        let notes = &self.melody().notes;
        let after = |place: Duration| notes.partition_point(|note| note.onset < place);
        let starts = form.bar_starts();
        let bars = starts.windows(2).enumerate();
        let bars = bars.map(|(bar, span)| (bar + 1, after(span[0])..after(span[1])));
        std::iter::once((0, 0..after(Duration::ZERO))).chain(bars).collect()
    }

    /// What is sung on each note of the melody.
    pub fn sung(&self) -> Vec<Option<&Syllable>> {
        let mut sung = vec![None; self.melody().notes.len()];
        for (bar, notes) in self.notes_of_bars() {
            let Some(words) = self.form().words(bar) else { continue };
            for (note, syllable) in sung[notes].iter_mut().zip(words.syllables()) {
                *note = Some(syllable).filter(|syllable| **syllable != Syllable::Silent);
            }
        }
        sung
    }

    /// The syllables for which bars have no notes: the bar's number, the pickup being 0, and what is left.
    pub fn unsung(&self) -> Vec<(usize, Words)> {
        let left = |(bar, notes): (usize, std::ops::Range<usize>)| {
            let words = self.form().words(bar)?;
            let left = words.syllables().get(notes.len()..).unwrap_or_default();
            (!left.is_empty()).then(|| (bar, Words(left.to_vec())))
        };
        self.notes_of_bars().into_iter().filter_map(left).collect()
    }

    /// What is said where words have no notes and a file holds only those that have; `None` if none is lost.
    pub fn unsung_remark(&self) -> Option<String> {
        let unsung = self.unsung();
        let (bar, words) = unsung.first()?;
        let place = if *bar == 0 { "the pickup".to_string() } else { format!("bar {bar}") };
        let more = match unsung.len() - 1 {
            0 => String::new(),
            1 => ", and in one more bar".to_string(),
            more => format!(", and in {more} more bars"),
        };
        Some(format!("words without notes were left out: '{words}' in {place}{more}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::music::{Chart, Header, Key, Melody, Meter};

    fn sung(text: &str, joins: bool) -> Syllable {
        Syllable::sung(text, joins).expect(text)
    }

    #[test]
    fn words_are_read() {
        let words = Words::from("Some morn-ing _ in * May");
        let expected = [
            sung("Some", false),
            sung("morn", true),
            sung("ing", false),
            Syllable::Held,
            sung("in", false),
            Syllable::Silent,
            sung("May", false),
        ];
        assert_eq!(words.syllables(), expected);
        assert_eq!(words.to_string(), "Some morn-ing _ in * May");
        for (text, written) in [
            ("glo-__ri-a", "glo- _ _ ri-a"),
            ("morn - ing", "morn-ing"),
            ("morn_-ing", "morn- _ ing"),
            ("-ing a-- b", "ing a-b"),
            ("re\\-al f*** * \\* \\q \\", "re\\-al f*** * \\* \\\\q \\\\"),
            ("the~o-ther", "the~o-ther"),
            ("a * *", "a"),
            ("\u{7}\u{200B}", ""),
        ] {
            assert_eq!(Words::from(text).to_string(), written, "{text}");
        }
    }

    #[test]
    fn bars_stand_in_a_row() {
        let bars = Words::of_bars("Some morn-|ing|| in May |");
        assert_eq!(bars.len(), 5);
        assert!(bars[0].syllables()[1].joins());
        assert_eq!(in_a_row(&bars), "Some morn- | ing | | in May");
        assert_eq!(in_a_row(&Words::of_bars("|a")), "| a");
        assert_eq!(in_a_row(&Words::of_bars("||")), "");
    }

    fn syllable() -> impl Strategy<Value = Syllable> {
        prop_oneof![
            4 => ("[a-zé*~|_\\\\ \u{a0}'-]{1,5}", any::<bool>())
                .prop_filter_map("empty", |(text, joins)| Syllable::sung(&text, joins)),
            1 => Just(Syllable::Held),
            1 => Just(Syllable::Silent),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bars in prop::collection::vec(prop::collection::vec(syllable(), 0..6), 1..5)) {
            let bars: Vec<Words> = bars.into_iter().map(Words::new).collect();
            for bar in &bars {
                prop_assert_eq!(&Words::from(bar.to_string()), bar);
            }
            let mut read = Words::of_bars(&in_a_row(&bars));
            prop_assert!(read.len() <= bars.len());
            read.resize(bars.len(), Words::default());
            prop_assert_eq!(read, bars);
        }

        #[test]
        fn any_text_is_words(text in "\\PC{0,20}|[-_|*~ \\\\a]{0,12}") {
            let words = Words::from(text.as_str());
            prop_assert_eq!(&Words::from(words.to_string()), &words);
        }
    }

    /// Two bars with so many notes, and a pickup of a quarter.
    fn sheet(words: &str, notes: &[(i64, i64)]) -> LeadSheet {
        let mut form = Form { pickup: Duration::QUARTER, ..Form::plain(Meter::COMMON, 2) };
        for (bar, own) in Words::of_bars(words).into_iter().enumerate() {
            *form.words_mut(bar).expect("a bar") = own;
        }
        let note = |&(onset, length): &(i64, i64)| Note {
            onset: Duration::quarters(onset),
            duration: Duration::quarters(length),
            pitch: "C4".parse().expect("C4"),
        };
        let melody = Melody { notes: notes.iter().map(note).collect() };
        LeadSheet::new(Header::new("", Key::C_MAJOR), form, Chart::default(), melody).expect("a sheet")
    }

    fn on_notes(sheet: &LeadSheet) -> String {
        let text = |sung: &Option<&Syllable>| sung.map_or(".".to_string(), Syllable::to_string);
        sheet.sung().iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn syllables_are_sung_on_the_notes_that_start_in_their_bar() {
        let sheet = sheet("Oh | Some morn-ing | * in May", &[(-1, 1), (0, 2), (2, 4), (6, 1), (7, 1)]);
        assert_eq!(on_notes(&sheet), "Oh Some morn- . in");
        let left: Vec<_> = sheet.unsung().iter().map(|(bar, words)| format!("{bar} {words}")).collect();
        assert_eq!(left, ["1 ing", "2 May"]);
        let remark = "words without notes were left out: 'ing' in bar 1, and in one more bar";
        assert_eq!(sheet.unsung_remark().as_deref(), Some(remark));
        // And back from the notes.
        let sung: Vec<Option<Syllable>> = sheet.sung().into_iter().map(|sung| sung.cloned()).collect();
        let mut form = sheet.form().clone();
        form.set_words(&sheet.melody().notes, &sung);
        let words: Vec<&Words> = (0..3).filter_map(|bar| form.words(bar)).collect();
        assert_eq!(in_a_row(words), "Oh | Some morn- | * in");
    }

    #[test]
    fn words_can_follow_words() {
        let (one, other) = (Words::from("a b"), Words::from("c"));
        assert_eq!(one.followed_by(&other, 3).to_string(), "a b * c");
        assert_eq!(one.followed_by(&other, 1).to_string(), "a c");
        assert_eq!(one.followed_by(&Words::default(), 1), one);
    }
}
