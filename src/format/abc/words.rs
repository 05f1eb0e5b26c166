//! The lines `w:` of words under lines of music, both ways.

use crate::music::words::ELISION;
use crate::music::{LeadSheet, Syllable};

/// A line of words while the music above it is written.
pub struct Line<'s> {
    /// What is sung on each note of the melody.
    sung: Vec<Option<&'s Syllable>>,
    text: String,
    /// Whether the word of the last syllable goes on, or of the last one but for notes that hold it.
    joined: bool,
}

impl<'s> Line<'s> {
    pub fn of(sheet: &'s LeadSheet) -> Line<'s> {
        Line { sung: sheet.sung(), text: String::new(), joined: false }
    }

    /// A written note: which of the melody, and whether it only goes on with it.
    pub fn note(&mut self, note: usize, goes_on: bool) {
        let syllable = self.sung.get(note).copied().flatten();
        match syllable {
            Some(Syllable::Sung { text, joins }) if !goes_on => {
                if !self.text.ends_with('-') {
                    self.text.push(' ');
                }
                for c in text.chars() {
                    match c {
                        ELISION => self.text.push('~'),
                        '-' | '_' | '*' | '~' | '|' | '\\' | '%' => self.text.extend(['\\', c]),
                        c => self.text.push(c),
                    }
                }
                if *joins {
                    self.text.push('-');
                }
                self.joined = *joins;
            }
            None => {
                self.joined = false;
                self.text.push_str(" *");
            }
            Some(_) if self.joined => self.text.push_str(if self.text.ends_with('-') { "-" } else { " -" }),
            Some(_) => self.text.push_str(" _"),
        }
    }

    /// The bar ends.
    pub fn bar(&mut self) {
        self.text.push_str(" |");
    }

    /// The line, unless it has no words.
    pub fn take(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text);
        let words = text.trim_end_matches([' ', '|', '*']);
        // A star that belongs to a word stays.
        let words = if words.ends_with('\\') { text.get(..=words.len()).unwrap_or(words) } else { words };
        (!words.is_empty()).then(|| format!("w:{words}\n"))
    }
}

/// Where a note stands: its measure, and its number among the events of that.
pub type Place = (usize, usize);

/// The notes that a line of words stands under.
#[derive(Default)]
pub struct Above {
    /// Those since the last line of words.
    notes: Vec<Place>,
    /// How many of them came before the last line of music.
    earlier: usize,
    /// The measures that the lines began in: the first, and the last one.
    bars: (usize, usize),
    /// Whether the line of music goes on in the next.
    goes_on: bool,
    /// Once it has words: where they go on, and whether the line of words says that they do.
    sung: Option<(usize, bool)>,
}

impl Above {
    /// A line of music begins in a measure; it may say that it goes on.
    pub fn begin(&mut self, bar: usize, goes_on: bool) {
        if self.sung.take().is_some() {
            *self = Above::default();
        }
        if !std::mem::replace(&mut self.goes_on, goes_on) {
            self.earlier = self.notes.len();
            self.bars = (if self.notes.is_empty() { bar } else { self.bars.0 }, bar);
        }
    }

    /// A note.
    pub fn note(&mut self, place: Place) {
        self.notes.push(place);
    }

    /// What a line of words gives to notes; `None` if it is another verse or has nothing above it. `more` is whether it is
    /// said to go on with the line before.
    pub fn words(&mut self, text: &str, more: bool) -> Option<Vec<(Place, Syllable)>> {
        let from = match self.sung {
            None => None,
            Some((from, goes_on)) if goes_on || more => Some(from),
            Some(_) => return None,
        };
        if self.notes.is_empty() {
            return None;
        }
        let (text, goes_on) = match text.strip_suffix('\\') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let text = numberless(text);
        let elements = elements(text);
        let count = elements.iter().filter(|element| **element != Element::Bar).count();
        // Words stand under the line of music above them, or under several if they are that many.
        let under_one = count <= self.notes.len() - self.earlier;
        let first = from.unwrap_or(if under_one { self.earlier } else { 0 });
        let mut bar = if under_one { self.bars.1 } else { self.bars.0 };
        let mut at = first;
        let mut given = Vec::new();
        for element in elements {
            match element {
                Element::Bar => {
                    let last =
                        at.checked_sub(1).filter(|&last| last >= first).and_then(|last| self.notes.get(last));
                    bar = last.map_or(bar, |last| bar.max(last.0)) + 1;
                    at = at.max(self.notes.partition_point(|note| note.0 < bar));
                }
                Element::Syllable(syllable) => {
                    let Some(&place) = self.notes.get(at) else { break };
                    given.push((place, syllable));
                    at += 1;
                }
            }
        }
        self.sung = Some((at, goes_on));
        Some(given)
    }
}

/// Words without the number of their verse: `1.~Some`.
fn numberless(text: &str) -> &str {
    let text = text.trim();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.strip_prefix(".~").filter(|_| rest.len() < text.len()).unwrap_or(text)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Syllable(Syllable),
    /// On to the next bar.
    Bar,
}

fn elements(text: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut word = String::new();
    let end = |word: &mut String, joins: bool, elements: &mut Vec<Element>| {
        let syllable = Syllable::sung(&std::mem::take(word), joins);
        let is_one = syllable.is_some();
        elements.extend(syllable.map(Element::Syllable));
        is_one
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.push(chars.next_if(|next| "-_*~|\\%".contains(*next)).unwrap_or('\\')),
            '~' => word.push(ELISION),
            '-' => {
                // A hyphen without a syllable of its own holds the one before.
                if !end(&mut word, true, &mut elements) {
                    elements.push(Element::Syllable(Syllable::Held));
                }
            }
            '_' | '*' | '|' => {
                end(&mut word, false, &mut elements);
                elements.push(match c {
                    '_' => Element::Syllable(Syllable::Held),
                    '*' => Element::Syllable(Syllable::Silent),
                    _ => Element::Bar,
                });
            }
            c if c.is_whitespace() => {
                end(&mut word, false, &mut elements);
            }
            c => word.push(c),
        }
    }
    end(&mut word, false, &mut elements);
    elements
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, abc::Abc};
    use crate::music::words::in_a_row;

    /// The words of the bars of a tune, and what was said about it.
    fn words(body: &str) -> (String, String) {
        let text = format!("X:1\nT:Words\nM:4/4\nL:1/4\nK:C\n{body}\n");
        let reading = Abc.read(text.as_bytes()).expect(body);
        let form = reading.sheets[0].form();
        let bars = (0..=form.bars.len()).filter_map(|bar| form.words(bar));
        (in_a_row(bars), reading.remarks.join("; "))
    }

    #[test]
    fn words_stand_under_their_notes() {
        for (body, expected) in [
            ("C D E F | G2 z A |\nw: Some morn-ing in May you", "| Some morn-ing in | May you"),
            ("C D E F | G4 |\nw: glo---ri-a", "| glo- _ _ ri- | a"),
            ("C D E F | G2 A2 |\nw: time__ is * on", "| time _ _ is | * on"),
            ("C D E F | G4 | A4 |\nw: one | | of~the re\\-al", "| one | | of~the"),
            ("C4- | C2 D2 |\nw: long _ day", "| long | day"),
            ("C D E F |\nw: doh re mi fa\nG4 |\nw: sol", "| doh re mi fa | sol"),
            ("C D E F |\nG A B c |\nw: doh re mi fa sol la ti doh", "| doh re mi fa | sol la ti doh"),
            ("C D E F |\nG A B c |\nw: sol la ti doh", "| | sol la ti doh"),
            ("C D E F | \\\nG A B c |\nw: doh | sol", "| doh | sol"),
            ("C D E F |\nw: 1.~doh re \\\nw: mi", "| doh re mi"),
            ("C D E F |\nw: doh re\n+: mi fa", "| doh re mi fa"),
            ("z C | D4 | E4 |\nw: oh | my", "oh | my"),
        ] {
            assert_eq!(words(body).0, expected, "{body}");
        }
    }

    #[test]
    fn other_verses_are_told() {
        let (sung, told) = words("C D E F |\nw: one\nw: two\nw: three");
        assert_eq!(sung, "| one");
        assert!(told.contains("lines of words after the first verse, 2 times"), "{told}");
    }
}
