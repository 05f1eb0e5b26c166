//! Reads the words, numbers and names of a constraint's line, and remembers the column.

use std::ops::RangeInclusive;

use super::chord_name::{ChordName, ChordNameError};
use super::error::ConstraintError;
use crate::music::Pitch;

/// A place in a line that is being read. Every method skips white space first.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the start of a line.
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0 }
    }

    /// What is left, without white space in front.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default().trim_start()
    }

    /// Everything before what is left.
    pub(super) fn done(&self) -> &'a str {
        let done = self.text.len() - self.rest().len();
        self.text.get(..done).unwrap_or_default()
    }

    /// Steps over the first `bytes` of what is left.
    fn step(&mut self, bytes: usize) {
        self.at = self.done().len() + bytes;
    }

    /// That something else should stand here.
    pub(super) fn expected(&self, what: impl Into<String>) -> ConstraintError {
        ConstraintError::Unreadable {
            text: self.text.to_string(),
            column: self.done().chars().count() + 1,
            expected: what.into(),
            nearest: None,
        }
    }

    /// That something else should stand here, and what was probably meant by the word that does.
    pub(super) fn expected_rather(&self, what: impl Into<String>, meant: Option<String>) -> ConstraintError {
        let mut error = self.expected(what);
        if let ConstraintError::Unreadable { nearest, .. } = &mut error {
            *nearest = meant;
        }
        error
    }

    /// Steps over a mark, if it stands here.
    pub(super) fn eat(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.step(mark.len());
        }
        found
    }

    /// The run of letters here; empty if there is none.
    pub(super) fn letters(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Steps over a whole word in any case, if it stands here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.letters().eq_ignore_ascii_case(word);
        if found {
            self.step(word.len());
        }
        found
    }

    /// Steps over several words separated by spaces, if all stand here.
    pub(super) fn eat_phrase(&mut self, phrase: &str) -> bool {
        let before = self.at;
        let found = phrase.split(' ').all(|word| self.eat_word(word));
        if !found {
            self.at = before;
        }
        found
    }

    /// What stands here up to white space; empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.rest().split_whitespace().next().unwrap_or_default()
    }

    /// Steps over what stands here while `belongs` says so, and gives it.
    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(|letter| !belongs(letter)).unwrap_or(rest.len()))
    }

    /// Steps over so many bytes of what stands here, at most what is left, and gives them.
    pub(super) fn take(&mut self, bytes: usize) -> &'a str {
        let rest = self.rest();
        let end = bytes.min(rest.len());
        self.step(end);
        rest.get(..end).unwrap_or_default()
    }

    /// The entry of a list here, up to white space or a comma; empty if there is none.
    pub(super) fn entry(&self) -> &'a str {
        let ends = |letter: char| letter.is_whitespace() || letter == ',';
        self.rest().split(ends).next().unwrap_or_default()
    }

    /// A list up to the end of the line, of one entry or more; commas between them may be left out.
    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, ConstraintError>,
    ) -> Result<Vec<T>, ConstraintError> {
        let mut entries = vec![read(self)?];
        self.eat(",");
        while !self.rest().is_empty() {
            entries.push(read(self)?);
            self.eat(",");
        }
        Ok(entries)
    }

    /// A whole number of at most six digits.
    pub(super) fn number(&mut self, what: &str) -> Result<usize, ConstraintError> {
        let mut ahead = self.clone();
        let digits = ahead.take_while(|letter| letter.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| digits.len() <= 6);
        let number = number.ok_or_else(|| self.expected(what))?;
        *self = ahead;
        Ok(number)
    }

    /// A count, `4`, or a range of counts, `3..6`, neither above `most`.
    pub(super) fn counts(&mut self, what: &str, most: u32) -> Result<RangeInclusive<u32>, ConstraintError> {
        let expected = format!("{what} as a number or a range, such as 4 or 3..6, of at most {most}");
        let start = self.clone();
        let least = self.count(&expected, most)?;
        let greatest = if self.eat_to() { self.count(&expected, most)? } else { least };
        if least > greatest {
            return Err(start.expected(format!("the lower number first: {greatest}..{least}")));
        }
        Ok(least..=greatest)
    }

    /// A count of at most `most`.
    pub(super) fn count(&mut self, expected: &str, most: u32) -> Result<u32, ConstraintError> {
        let start = self.clone();
        let number = self.number(expected)?;
        u32::try_from(number).ok().filter(|&number| number <= most).ok_or_else(|| start.expected(expected))
    }

    /// Steps over `<=` or `≤`, which may be left out; `<` is not what was meant.
    pub(super) fn eat_at_most(&mut self) -> Result<(), ConstraintError> {
        if !self.eat("<=") && !self.eat("≤") && self.rest().starts_with('<') {
            let meant = self.peek().replacen('<', "<=", 1);
            return Err(self.expected_rather("'<=', at most", Some(meant)));
        }
        Ok(())
    }

    /// Steps over `..`, `-` or `–`: up to.
    pub(super) fn eat_to(&mut self) -> bool {
        ["..", "–", "-", "…"].into_iter().any(|mark| self.eat(mark))
    }

    /// A pitch with its octave; it ends at white space or `..`.
    pub(super) fn pitch(&mut self) -> Result<Pitch, ConstraintError> {
        let word = self.peek();
        let word = word.split("..").next().unwrap_or_default();
        let pitch = word.parse::<Pitch>().ok().filter(|pitch| (0..=127).contains(&pitch.midi()));
        let pitch = pitch.ok_or_else(|| self.expected("a pitch with its octave, such as E4 or Bb3"))?;
        self.step(word.len());
        Ok(pitch)
    }

    /// Chords, one or more, up to the end of the line, or so many.
    pub(super) fn chords_up_to(&mut self, most: usize) -> Result<Vec<ChordName>, ConstraintError> {
        let mut chords = vec![self.chord()?];
        while chords.len() < most && !self.rest().is_empty() {
            chords.push(self.chord()?);
        }
        Ok(chords)
    }

    fn chord(&mut self) -> Result<ChordName, ConstraintError> {
        let word = self.peek().trim_end_matches(',');
        let chord = word.parse::<ChordName>().map_err(|ChordNameError { meant, .. }| {
            self.expected_rather(
                "a chord such as F, Dm7 or Bb/D, or a Roman numeral such as ii7 or bVII",
                meant,
            )
        })?;
        self.step(word.len());
        self.eat(",");
        Ok(chord)
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), ConstraintError> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }
}

/// A count or range of counts as [`Reader::counts`] reads it.
pub(super) fn counted(counts: &RangeInclusive<u32>) -> String {
    let (least, greatest) = (counts.start(), counts.end());
    if least == greatest { least.to_string() } else { format!("{least}..{greatest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_past_white_space() {
        let mut reader = Reader::new("section Ä:  x");
        assert!(reader.eat_word("SECTION"));
        assert_eq!(reader.letters(), "Ä");
        reader.take_while(|letter| letter != ':');
        assert!(reader.eat(":"));
        let ConstraintError::Unreadable { column, .. } = reader.expected("") else {
            unreachable!("a reader says what it expected")
        };
        assert_eq!(column, 13);
    }

    #[test]
    fn phrases_are_read_whole_or_not_at_all() {
        let mut reader = Reader::new("chords  per bar 2");
        assert!(!reader.eat_phrase("chords per beat"));
        assert!(!reader.eat_word("chord"));
        assert!(reader.eat_phrase("chords per bar"));
        assert_eq!(reader.counts("chords", 64), Ok(2..=2));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn counts_must_rise_and_stay_small() {
        for text in ["6..3", "65", "-1", "9999999", "x", "3..", ""] {
            assert!(Reader::new(text).counts("notes", 64).is_err(), "{text}");
        }
        assert_eq!(Reader::new("0 .. 64").counts("notes", 64), Ok(0..=64));
    }
}
