//! The constraint language: one line each, `[WHERE:] WHAT`.

use std::str::FromStr;

use super::error::{ConstraintError, ListError};
use super::nearest::nearest;
use super::place::{PLACE_WORDS, Place};
use super::reader::Reader;
use super::{Constraint, Places, WORDINGS, Wording};

impl FromStr for Constraint {
    type Err = ConstraintError;

    /// Reads a line such as `bar 4: chord Dbmaj7`. Words may be in any case, and the colon may be left out.
    fn from_str(text: &str) -> Result<Constraint, ConstraintError> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        read(line).map_err(|error| with_nearest(line, error))
    }
}

impl From<Constraint> for String {
    fn from(constraint: Constraint) -> String {
        constraint.to_string()
    }
}

impl TryFrom<String> for Constraint {
    type Error = ConstraintError;
    fn try_from(text: String) -> Result<Constraint, ConstraintError> {
        text.parse()
    }
}

/// Reads a list: one constraint a line. A line may be empty, and `#` starts a comment at the beginning of a line, or
/// between white space and white space (so that `ends on #4` is not one).
///
/// # Errors
/// Every line that cannot be read, by number.
pub fn read_list(text: &str) -> Result<Vec<Constraint>, ListError> {
    let mut constraints = Vec::new();
    let mut errors = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        match line.parse() {
            Ok(constraint) => constraints.push(constraint),
            Err(error) => errors.push((index + 1, error)),
        }
    }
    if errors.is_empty() { Ok(constraints) } else { Err(ListError { lines: errors }) }
}

fn without_comment(line: &str) -> &str {
    let starts_comment = |(at, _): &(usize, &str)| {
        let (before, after) = (line.get(..*at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default());
        let apart = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
        before.trim().is_empty() || (apart(before.chars().next_back()) && apart(after.chars().next()))
    };
    let comment = line.match_indices('#').find(starts_comment);
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// Reads a line without looking for what else it could have meant.
fn read(text: &str) -> Result<Constraint, ConstraintError> {
    let mut reader = Reader::new(text);
    let place = Place::read_prefix(&mut reader)?;
    let known = WORDINGS.iter().filter_map(|wording| {
        let mut ahead = reader.clone();
        ahead.eat_phrase(wording.words).then_some((wording, ahead))
    });
    let found = { known }.max_by_key(|(wording, _)| wording.words.len());
    let Some((wording, mut reader)) = found else {
        let what = listed(WORDINGS.iter().map(|wording| wording.words));
        let places = if place == Place::Everywhere { listed(PLACE_WORDS) + ", " } else { String::new() };
        return Err(reader.expected(format!("{places}{what}")));
    };
    let start = Reader::new(text);
    check_place(&place, wording).map_err(|expected| start.expected(expected))?;
    let constraint = (wording.read)(place, &mut reader)?;
    reader.end().map(|()| constraint)
}

/// Whether a place can stand before a kind of constraint; otherwise what can.
fn check_place(place: &Place, wording: &Wording) -> Result<(), String> {
    let is_beat = matches!(place, Place::Beat(..));
    let none = *place == Place::Everywhere;
    let (words, example) = (wording.words, wording.example);
    match wording.places {
        Places::None if !none => Err(format!("'{words}' without a place, for it speaks of the whole sheet")),
        Places::Some | Places::SomeBars | Places::Moment if none => {
            Err(format!("a place first, as in '{example}'"))
        }
        Places::Bars | Places::SomeBars if is_beat => {
            Err(format!("whole bars before '{words}', as in '{example}'"))
        }
        Places::Moment if matches!(place, Place::Bars(..) | Place::Section(_)) => {
            Err(format!("one bar or one beat before '{words}', as in '{example}'"))
        }
        _ => Ok(()),
    }
}

fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// The most words that a kind of constraint begins with.
const LONGEST_PHRASE: usize = 5;

/// The error with the nearest valid form: the line with one misspelt word put right if that is a constraint, else an
/// example of the kind that was begun.
fn with_nearest(text: &str, mut error: ConstraintError) -> ConstraintError {
    let ConstraintError::Unreadable { column, nearest, .. } = &mut error else { return error };
    let at = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let word = text.get(at..).and_then(|rest| words_length(rest, 1)).unwrap_or(0);
    let meant = nearest.take().and_then(|meant| readable(&replaced(text, at, word, &meant)));
    *nearest = meant.or_else(|| corrected(text, at)).or_else(|| reworded(text)).or_else(|| example(text));
    error
}

/// The one spelling of a line, if it can be read.
fn readable(line: &str) -> Option<String> {
    read(line).ok().map(|constraint| constraint.to_string())
}

/// The line with the words at a place put right.
fn corrected(text: &str, at: usize) -> Option<String> {
    let rest = text.get(at..).filter(|rest| rest.starts_with(char::is_alphabetic))?;
    let phrases = WORDINGS.iter().map(|wording| wording.words).chain(PLACE_WORDS);
    let near = (1..=LONGEST_PHRASE).rev().filter_map(|count| nearest_phrase(rest, count, phrases.clone()));
    let lines: Vec<String> = near.map(|(length, phrase)| replaced(text, at, length, phrase)).collect();
    let right = || phrases.clone().any(|phrase| Reader::new(rest).eat_phrase(phrase));
    // The word may be right though what follows it is not.
    let begun = || lines.iter().filter(|_| !right()).find_map(|line| example(line));
    lines.iter().find_map(|line| readable(line)).or_else(begun)
}

/// The line with the words that its constraint begins with put right: `chord tone on strong beats` begins as `chord`
/// does, and makes no sense only further on.
fn reworded(text: &str) -> Option<String> {
    let mut reader = Reader::new(text);
    Place::read_prefix(&mut reader).ok()?;
    let phrases = WORDINGS.iter().map(|wording| wording.words);
    (2..=LONGEST_PHRASE).rev().find_map(|count| {
        let (length, phrase) = nearest_phrase(reader.rest(), count, phrases.clone())?;
        readable(&replaced(text, reader.done().len(), length, phrase))
    })
}

/// The phrase of so many words that a text nearly begins with, and how many bytes of the text it takes the place of.
fn nearest_phrase<'p>(
    text: &str,
    count: usize,
    phrases: impl Iterator<Item = &'p str>,
) -> Option<(usize, &'p str)> {
    let length = words_length(text, count)?;
    let written = text.get(..length)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let alike = phrases.filter(|phrase| phrase.split(' ').count() == count);
    Some((length, nearest(&written, alike)?))
}

/// A valid line of the kind that a line begins, at the line's own place if that can be.
fn example(text: &str) -> Option<String> {
    let begins = |what: &str| {
        let known = WORDINGS.iter().filter(|wording| Reader::new(what).eat_phrase(wording.words));
        { known }.max_by_key(|wording| wording.words.len())
    };
    let mut reader = Reader::new(text);
    if let Ok(place) = Place::read_prefix(&mut reader)
        && let Some(wording) = begins(reader.rest())
    {
        let what = wording.example.split_once(": ").map_or(wording.example, |(_, what)| what);
        return readable(&format!("{}{what}", place.prefix())).or_else(|| Some(wording.example.to_string()));
    }
    let what = text.split_once(':').map_or(text, |(_, what)| what);
    begins(what).map(|wording| wording.example.to_string())
}

fn replaced(text: &str, at: usize, length: usize, by: &str) -> String {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + length..).unwrap_or_default());
    format!("{before}{by}{after}")
}

/// Bytes of the first so many words, white space before and between them included; `None` if there are fewer.
fn words_length(text: &str, count: usize) -> Option<usize> {
    let mut rest = text;
    for _ in 0..count {
        let word = rest.trim_start();
        rest = word.get(word.find(char::is_whitespace).unwrap_or(word.len())..)?;
        if word.is_empty() {
            return None;
        }
    }
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::test_sheet::page;

    #[test]
    fn every_example_is_read_and_written_as_it_stands() {
        for wording in WORDINGS {
            assert_eq!(readable(wording.example).as_deref(), Some(wording.example));
            assert!(wording.example.contains(wording.words));
            assert!(wording.words.split(' ').count() <= LONGEST_PHRASE);
        }
    }

    #[test]
    fn looser_spellings_are_read() {
        for (text, canonical) in [
            ("  Bar 4 : Chord   F ", "bar 4: chord F"),
            ("bar 4 chord F", "bar 4: chord F"),
            ("bar 4: chord in F", "bar 4: chord F"),
            ("bar 4: chord in F, Dm, Am", "bar 4: chord in F Dm Am"),
            ("section B chord F", "section B: chord F"),
            ("leap ≤ 7", "leap <= 7"),
            ("leap<=7", "leap <= 7"),
            ("density 4..4", "density 4"),
            ("Chords Per Bar 1-2", "chords per bar 1..2"),
            ("range C4 .. G5", "range C4..G5"),
            ("last bar: rest", "last bar: rest"),
            ("bar 1: note In e4, G", "bar 1: note in E4 G"),
            ("bar 1: note in E", "bar 1: note E"),
            ("notes in C,D,E", "notes in C D E"),
            ("no note in F#, 4", "no note F# 4"),
            ("section B melody e4:1,R:1/2 f#4:.5", "section B: melody E4:1 r:1/2 F#4:1/2"),
            ("bars 5-6 rhythm 1 1.5, r:2/4", "bars 5-6: rhythm 1 1+1/2 r:1/2"),
            ("BARS 1-4: CONTOUR UP", "bars 1-4: contour up"),
            ("section B chord tones on strong beats", "section B: chord tones on strong beats"),
            ("bars 9-16 vary bars 1-8 by 10 - 30 %", "bars 9-16: vary bars 1-8 by 10..30%"),
            ("section B: vary section A by 20..20%", "section B: vary section A by 20%"),
        ] {
            assert_eq!(readable(text).as_deref(), Some(canonical), "{text}");
        }
    }

    #[test]
    fn errors_name_the_column_and_the_nearest_valid_form() {
        for (text, column, nearest) in [
            ("bar 4 chrod F", 7, Some("bar 4: chord F")),
            ("br 4: chord F", 1, Some("bar 4: chord F")),
            ("bar 4: chord Fmja7", 14, Some("bar 4: chord Fmaj7")),
            ("bar 2: chord F G", 14, Some("bar 2: chord in F G")),
            ("bars 5-6: cadence autentic", 19, Some("bars 5-6: cadence authentic")),
            ("last br: rest", 1, Some("last bar: rest")),
            ("rnage C4..G5", 1, Some("range C4..G5")),
            ("range G5..C4", 7, Some("range C4..G5")),
            ("bars 9-16: same bars 1-8", 12, Some("bars 9-16: same as bars 1-8")),
            ("bar 3: starts on 5", 1, Some("starts on 5")),
            ("note E4", 1, Some("bar 1.1: note E4")),
            ("bar 1.1: density 4", 1, Some("bars 1-4: density 3..6")),
            ("bar 9: density x", 16, Some("bar 9: density 3..6")),
            ("bar: chord F", 4, Some("bar 4: chord Dbmaj7")),
            ("no not F#", 1, Some("no note F#")),
            ("bar 1.1: note E4 G4", 15, Some("bar 1.1: note in E4 G4")),
            ("bars 1-4: notes C D E", 17, Some("bars 1-4: notes in C D E")),
            ("bars 1-4: ntoes in C D", 11, Some("bars 1-4: notes in C D")),
            ("notes in C H", 12, Some("notes in C D E G A")),
            ("no note H", 9, Some("no note F#")),
            ("leap < 7", 6, Some("leap <= 7")),
            ("starts on 1 9", 13, Some("starts on 5")),
            ("hello world", 1, None),
            ("", 1, None),
        ] {
            let Err(ConstraintError::Unreadable { column: at, nearest: form, .. }) =
                text.parse::<Constraint>()
            else {
                unreachable!("'{text}' cannot be read")
            };
            assert_eq!((at, form.as_deref()), (column, nearest), "{text}");
            assert!(form.is_none_or(|form| form.parse::<Constraint>().is_ok()), "{text}");
        }
        let error = "bar 4: chrod F".parse::<Constraint>().map_err(|error| error.to_string());
        let start = "'bar 4: chrod F': column 8: expected chord, chords, ";
        assert!(error.is_err_and(
            |error| error.starts_with(start) && error.ends_with("; did you mean 'bar 4: chord F'?")
        ));
    }

    #[test]
    fn lists_have_comments_and_report_every_bad_line() {
        let text = "\u{feff}# a song\n\nbar 4: chord F#  # a comment\r\nends on #4\n   #another\n";
        let lines = read_list(text).expect("a list").iter().map(Constraint::to_string).collect::<Vec<_>>();
        assert_eq!(lines, ["bar 4: chord F#", "ends on #4"]);
        let error = read_list("leap <= 7\nlaep <= 7\n\nrest\n").expect_err("two bad lines");
        assert_eq!(error.lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(error.to_string().lines().count(), 2);
    }

    #[test]
    fn a_place_that_the_page_lacks_is_an_error_and_never_holds() {
        let sheet = crate::constraint::test_sheet::sheet("C 0", "");
        for text in [
            "bar 40: rest",
            "no chord F",
            "bar 40: no chord F",
            "bars 2-40: density 0..9",
            "section C: chord C",
        ] {
            let constraint: Constraint = text.parse().expect(text);
            let compiled = constraint.compile(&page(), &mut crate::constraint::Limits::default());
            assert_eq!(compiled.is_ok(), constraint.holds(&sheet, &page()), "{text}");
            assert_eq!(compiled.is_ok(), text == "no chord F", "{text}");
        }
    }
}
