//! The symbols of a line of ABC music.

use crate::music::Step;

/// A written length: a multiple of the unit length.
pub type Length = (u32, u32);

/// A note as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenNote {
    /// An accidental, if one is written.
    pub accidental: Option<i8>,
    /// The letter.
    pub step: Step,
    /// Its octave; the capital letters are in octave 4.
    pub octave: i32,
    /// Multiple of the unit length.
    pub length: Length,
    /// A tie follows, inside a chord.
    pub tied: bool,
}

/// One symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symbol<'t> {
    /// A note.
    Note(WrittenNote),
    /// Notes in brackets, and the length after the bracket.
    Chord(Vec<WrittenNote>, Length),
    /// A rest.
    Rest(Length),
    /// So many bars of rest.
    BarsOfRest(u32),
    /// What stands in double quotes.
    Quoted(&'t str),
    /// A bar line: times to play what it ends, whether a repeat starts, whether it is a strong one.
    BarLine {
        /// 2 or more where a repeat ends.
        ends: Option<u8>,
        /// Whether a repeat starts.
        starts: bool,
        /// Double, thick or a repeat: an ending stops here.
        strong: bool,
    },
    /// An ending for these passes.
    Ending(Vec<u8>),
    /// A tie.
    Tie,
    /// `>` (positive: the first is longer) or `<`, by how many.
    Broken(i32),
    /// `(p:q:r`.
    Tuplet(u32, Option<u32>, Option<u32>),
    /// A named decoration.
    Decoration(&'t str),
    /// An inline field: `[K:G]`.
    Field(char, &'t str),
    /// `&`: another line of music in the same bar.
    Overlay,
    /// Grace notes.
    Grace,
    /// Something that is no ABC.
    Unknown(char),
}

/// The symbols of a line in order.
pub struct Scanner<'t> {
    text: &'t str,
}

impl<'t> Scanner<'t> {
    /// The symbols of a line without its comment.
    pub fn new(text: &'t str) -> Scanner<'t> {
        Scanner { text }
    }

    fn peek(&self) -> Option<char> {
        self.text.chars().next()
    }

    fn take(&mut self, c: char) -> bool {
        match self.text.strip_prefix(c) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the characters that a test accepts.
    fn take_while(&mut self, test: impl Fn(char) -> bool) -> &'t str {
        let end = self.text.find(|c| !test(c)).unwrap_or(self.text.len());
        let (taken, rest) = self.text.split_at(end);
        self.text = rest;
        taken
    }

    /// Takes up to a closing character and drops it; `None`, and nothing taken, if there is none.
    fn take_to(&mut self, closing: char) -> Option<&'t str> {
        let (taken, rest) = self.text.split_once(closing)?;
        self.text = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        // Beyond four digits no one means it.
        if digits.is_empty() { None } else { Some(digits.parse::<u32>().unwrap_or(9999).min(9999)) }
    }

    fn length(&mut self) -> Length {
        let numerator = self.number().unwrap_or(1);
        let slashes = self.take_while(|c| c == '/').len() as u32;
        match (slashes, self.number()) {
            (0, _) => (numerator, 1),
            (1, Some(denominator)) => (numerator, denominator.max(1)),
            (slashes, _) => (numerator, 1 << slashes.min(10)),
        }
    }

    fn note(&mut self) -> Option<WrittenNote> {
        let before = self.text;
        let accidental = match self.take_while(|c| matches!(c, '^' | '_' | '=')) {
            "" => None,
            "^" => Some(1),
            "^^" => Some(2),
            "_" => Some(-1),
            "__" => Some(-2),
            "=" => Some(0),
            _ => {
                self.text = before;
                return None;
            }
        };
        if accidental.is_some() {
            // A quarter-tone (^/ or ^3/2) is read as the accidental it modifies.
            self.take_while(|c| c == '/');
        }
        let Some((letter, step)) = self.peek().and_then(|c| Some((c, Step::from_letter(c)?))) else {
            self.text = before;
            return None;
        };
        self.take(letter);
        let marks = self.take_while(|c| matches!(c, '\'' | ','));
        let up = marks.matches('\'').count().min(10) as i32;
        let down = marks.matches(',').count().min(10) as i32;
        let octave = if letter.is_ascii_lowercase() { 5 } else { 4 } + up - down;
        Some(WrittenNote { accidental, step, octave, length: self.length(), tied: false })
    }

    fn bar_line(&mut self) -> Symbol<'t> {
        let run = self.take_while(|c| matches!(c, '|' | ':' | ']'));
        let (before, after) = match (run.find('|'), run.rfind('|')) {
            (Some(first), Some(last)) => (count(&run[..first]), count(&run[last..])),
            _ => (count(run) / 2, count(run) - count(run) / 2),
        };
        let strong = run.contains("||") || run.contains(']') || before > 0 || after > 0;
        Symbol::BarLine { ends: (before > 0).then(|| (before + 1).min(32) as u8), starts: after > 0, strong }
    }

    /// Passes after a bar line or bracket: `1`, `1,3`, `1-3`.
    fn passes(&mut self) -> Option<Vec<u8>> {
        let text = self.take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | '.'));
        let mut passes = Vec::new();
        for part in text.split([',', '.']).filter(|part| !part.is_empty()) {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to): (u8, u8) = (from.parse().ok()?, to.parse().ok()?);
            passes.extend((from.max(1)..=to).take(32));
        }
        passes.sort_unstable();
        passes.dedup();
        (!passes.is_empty()).then_some(passes)
    }

    /// What begins with `[`: an inline field, an ending, a bar line or a chord.
    fn bracket(&mut self) -> Symbol<'t> {
        self.take('[');
        let mut chars = self.text.chars();
        match (chars.next(), chars.next()) {
            (Some(name), Some(':')) if name.is_ascii_alphabetic() => {
                let field = self.take_to(']').unwrap_or_else(|| std::mem::take(&mut self.text));
                Symbol::Field(name, field.get(2..).unwrap_or_default().trim())
            }
            (Some('|'), _) => self.bar_line(),
            (Some(digit), _) if digit.is_ascii_digit() => {
                self.passes().map_or(Symbol::Unknown('['), Symbol::Ending)
            }
            _ => self.chord(),
        }
    }

    fn chord(&mut self) -> Symbol<'t> {
        let mut notes: Vec<WrittenNote> = Vec::new();
        while let Some(c) = self.peek() {
            if c == ']' {
                self.take(']');
                break;
            }
            if let Some(note) = self.note() {
                notes.push(note);
                continue;
            }
            match c {
                '|' => break,
                '-' => {
                    if let Some(note) = notes.last_mut() {
                        note.tied = true;
                    }
                }
                '"' | '!' => {
                    self.take(c);
                    self.take_to(c);
                    continue;
                }
                _ => {}
            }
            self.take(c);
        }
        let length = self.length();
        if notes.is_empty() { Symbol::Unknown('[') } else { Symbol::Chord(notes, length) }
    }

    fn tuplet(&mut self) -> Option<Symbol<'t>> {
        let notes = self.number()?;
        let mut rest = [None, None];
        for part in &mut rest {
            if self.take(':') {
                *part = self.number();
            }
        }
        Some(Symbol::Tuplet(notes, rest[0], rest[1]))
    }
}

fn count(text: &str) -> usize {
    text.matches(':').count()
}

impl<'t> Iterator for Scanner<'t> {
    type Item = Symbol<'t>;

    fn next(&mut self) -> Option<Symbol<'t>> {
        loop {
            let c = self.peek()?;
            if let Some(note) = self.note() {
                return Some(Symbol::Note(note));
            }
            let symbol = match c {
                'z' | 'x' => {
                    self.take(c);
                    Some(Symbol::Rest(self.length()))
                }
                'Z' | 'X' => {
                    self.take(c);
                    Some(Symbol::BarsOfRest(self.number().unwrap_or(1)))
                }
                '|' | ':' => Some(self.bar_line()),
                '0'..='9' => {
                    // Right after a bar line: an ending. Elsewhere a number means nothing.
                    let passes = self.passes();
                    if passes.is_none() {
                        self.take(c);
                    }
                    passes.map(Symbol::Ending)
                }
                '[' => Some(self.bracket()),
                '"' => {
                    self.take(c);
                    self.take_to('"').map(Symbol::Quoted)
                }
                '!' | '+' => {
                    self.take(c);
                    let name = self.text.split_once(c).map(|(name, _)| name);
                    let is_name = name.is_some_and(|name| name.len() <= 24 && !name.contains(['|', ' ']));
                    // A lone ! is an old line break.
                    if is_name { self.take_to(c).map(Symbol::Decoration) } else { None }
                }
                '(' => {
                    self.take(c);
                    self.tuplet()
                }
                '{' => {
                    self.take(c);
                    self.take_to('}').map(|_| Symbol::Grace)
                }
                '-' => {
                    self.take(c);
                    Some(Symbol::Tie)
                }
                '>' | '<' => {
                    let count = self.take_while(|other| other == c).len().min(3) as i32;
                    Some(Symbol::Broken(if c == '>' { count } else { -count }))
                }
                '&' => {
                    self.take(c);
                    Some(Symbol::Overlay)
                }
                // Slurs, beams' blanks, staccato dots, rolls, user symbols, spacers.
                ' '
                | '\t'
                | ')'
                | '`'
                | '.'
                | '~'
                | '\\'
                | '$'
                | '*'
                | ']'
                | 'y'
                | 'H'..='W'
                | 'h'..='w'
                | 'Y' => {
                    self.take(c);
                    None
                }
                other => {
                    self.take(other);
                    Some(Symbol::Unknown(other))
                }
            };
            if symbol.is_some() {
                return symbol;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(text: &str) -> Vec<Symbol<'_>> {
        Scanner::new(text).collect()
    }

    #[test]
    fn lengths_are_read_in_every_form() {
        for (text, length) in [
            ("A", (1, 1)),
            ("A3", (3, 1)),
            ("A/", (1, 2)),
            ("A//", (1, 4)),
            ("A3/2", (3, 2)),
            ("A/4", (1, 4)),
        ] {
            let Some(Symbol::Note(note)) = symbols(text).first().cloned() else {
                unreachable!("{text} is a note")
            };
            assert_eq!(note.length, length, "{text}");
        }
    }

    #[test]
    fn bar_lines_tell_repeats() {
        let line = |text: &str| match symbols(text).as_slice() {
            [Symbol::BarLine { ends, starts, strong }] => Some((*ends, *starts, *strong)),
            _ => None,
        };
        assert_eq!(line("|"), Some((None, false, false)));
        assert_eq!(line("||"), Some((None, false, true)));
        assert_eq!(line("|]"), Some((None, false, true)));
        assert_eq!(line("[|"), Some((None, false, false)));
        assert_eq!(line("|:"), Some((None, true, true)));
        assert_eq!(line(":|"), Some((Some(2), false, true)));
        assert_eq!(line("::"), Some((Some(2), true, true)));
        assert_eq!(line(":|:"), Some((Some(2), true, true)));
        assert_eq!(line("::|"), Some((Some(3), false, true)));
    }

    #[test]
    fn brackets_are_endings_fields_and_chords() {
        assert_eq!(symbols("[1,3 "), [Symbol::Ending(vec![1, 3])]);
        assert_eq!(
            symbols("|2-4"),
            [Symbol::BarLine { ends: None, starts: false, strong: false }, Symbol::Ending(vec![2, 3, 4])]
        );
        assert_eq!(symbols("[K:G dor]"), [Symbol::Field('K', "G dor")]);
        assert!(matches!(symbols("[CEG]2").as_slice(), [Symbol::Chord(notes, (2, 1))] if notes.len() == 3));
    }

    #[test]
    fn decorations_are_not_notes() {
        assert_eq!(symbols("!fermata!"), [Symbol::Decoration("fermata")]);
        assert_eq!(symbols("~T.uv"), []);
        assert_eq!(symbols("{gab}"), [Symbol::Grace]);
    }
}
