//! `bars 9-16: vary bars 1-8 by 10..30%`: how far bars are from others.

use std::fmt;
use std::ops::RangeInclusive;

use super::error::ConstraintError;
use super::frame::{Frame, Span};
use super::limits::{Limits, Vary};
use super::place::Place;
use super::reader::{Reader, counted};
use super::same_as::pairs;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// The notes that start in the bars differ from those of other bars, which may stand before or after them, in so many
/// per cent of the notes there. What differs is a place, counted from the start of the bars, where only one of the two
/// has a note, or both have notes of different pitch; how long notes last does not matter.
///
/// With `n` notes in the source and `e` places that differ, `least · n <= 100 · e <= greatest · n`. So there need be no
/// whole number of places that will do; and where the source has no notes, neither have the bars that vary it.
///
/// A label that recurs stands for each of its sections, as a source for the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaryBy {
    /// The bars that vary others.
    pub place: Place,
    /// The bars that they vary: as many, and none of them the same.
    pub source: Place,
    /// Per cent of the source's notes, 0 to 100.
    pub per_cent: RangeInclusive<u32>,
}

impl VaryBy {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let start = reader.clone();
        let source = Place::read(reader, |text| by(text).unwrap_or_else(|| first_word(text)))?;
        if matches!(source, Place::Everywhere | Place::Beat(..)) {
            return Err(start.expected("the bars to vary, as in 'bars 9-16: vary bars 1-8 by 10..30%'"));
        }
        if !reader.eat_word("by") {
            let meant = format!("by {}", reader.peek());
            return Err(reader.expected_rather("'by' and how much, as in 'by 10..30%'", Some(meant)));
        }
        let per_cent = reader.counts("per cent of the notes", 100)?;
        if !reader.eat("%") {
            return Err(reader.expected_rather("'%'", Some("%".to_string())));
        }
        Ok(Constraint::Vary(VaryBy { place, source, per_cent }))
    }

    /// What varies and what it varies, on a page.
    fn pairs(&self, frame: &Frame) -> Result<Vec<(Span, Span)>, ConstraintError> {
        let pairs = pairs(self, (&self.place, &self.source), frame)?;
        if pairs.iter().any(|(copy, source)| copy.0 < source.1 && source.0 < copy.1) {
            let (place, source) = (&self.place, &self.source);
            let reason = match place {
                Place::Section(label) if place == source => format!(
                    "a section cannot vary itself; name the later ones: section {label}2: vary section {label}1"
                ),
                _ => format!("{place} and {source} overlap; vary bars that are over before, or come after"),
            };
            return Err(ConstraintError::unfit(self, reason));
        }
        Ok(pairs)
    }
}

/// Where the last `by` of a text stands.
fn by(text: &str) -> Option<usize> {
    let is_word = |at: usize| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 2..).unwrap_or_default());
        before.ends_with(char::is_whitespace) && after.chars().next().is_none_or(char::is_whitespace)
    };
    let found = text.char_indices().filter(|&(at, _)| {
        text.get(at..at + 2).is_some_and(|word| word.eq_ignore_ascii_case("by")) && is_word(at)
    });
    found.map(|(at, _)| at).next_back()
}

fn first_word(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

impl Kind for VaryBy {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        let line = |(from, to): Span| {
            let notes = sheet.melody().starting_in(from, to).iter();
            notes.map(|note| (note.onset - from, note.pitch.midi())).collect::<Vec<_>>()
        };
        Ok(self.pairs(frame)?.into_iter().all(|(copy, source)| {
            let (varied, theme) = (line(copy), line(source));
            let kept = theme.iter().filter(|note| varied.contains(note)).count();
            let shared = theme.iter().filter(|(at, _)| varied.iter().any(|(other, _)| other == at)).count();
            // Notes of the one alone, notes of the other alone, and once each the places where they disagree.
            let edits = theme.len() + varied.len() - shared - kept;
            let least = *self.per_cent.start() as usize * theme.len();
            let most = *self.per_cent.end() as usize * theme.len();
            (least..=most).contains(&(100 * edits))
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let (least, most) = (*self.per_cent.start(), *self.per_cent.end());
        let pairs = self.pairs(frame)?.into_iter();
        limits.vary.extend(pairs.map(|((from, to), (source, _))| Vary { from, to, source, least, most }));
        Ok(())
    }
}

impl fmt::Display for VaryBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}vary {} by {}%", self.place.prefix(), self.source, counted(&self.per_cent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::test_sheet::{compiled, holds, page, sheet, unreadable};
    use crate::music::Duration;

    /// The whole numbers of per cent by which bar 2 varies bar 1.
    fn per_cents(notes: &str) -> Vec<u32> {
        let sheet = sheet("", notes);
        (0..=100).filter(|by| holds(&format!("bar 2: vary bar 1 by {by}%"), &sheet, &page())).collect()
    }

    #[test]
    fn places_that_differ_are_counted_once() {
        let theme = "C4 0 1, D4 1 1, E4 2 1, F4 3 1, ";
        for (varied, wanted) in [
            ("C4 4 1, D4 5 1, E4 6 1, F4 7 1", 0),
            ("C4 4 0.5, D4 5 1, Fb4 6 0.5, F4 7 1", 0),
            ("C5 4 1, D4 5 1, E4 6 1, F4 7 1", 25),
            ("C4 4 1, E4 6 1, F4 7 1", 25),
            ("C4 4 1, D4 5 0.5, D4 5.5 0.5, E4 6 1, F4 7 1", 25),
            ("C4 4 1, D4 5.5 0.5, E4 6 1, F4 7 1", 50),
            ("", 100),
        ] {
            assert_eq!(per_cents(&format!("{theme}{varied}")), [wanted], "{varied}");
        }
        assert!(per_cents(&format!("{theme}E4 4.5 0.5")).is_empty(), "five edits of four notes");
    }

    #[test]
    fn shares_are_exact() {
        let three = "C4 0 1, D4 1 1, E4 2 1, D4 4 1, D4 5 1, E4 6 1";
        assert!(per_cents(three).is_empty(), "a third is no whole per cent");
        for (by, wanted) in [("33..34", true), ("34..100", false), ("0..33", false), ("0..34", true)] {
            assert_eq!(
                holds(&format!("bar 2: vary bar 1 by {by}%"), &sheet("", three), &page()),
                wanted,
                "{by}"
            );
        }
        assert_eq!(per_cents("").len(), 101, "silence varies silence by any share of no notes");
        assert!(per_cents("C4 4 1").is_empty(), "nothing else does");
    }

    #[test]
    fn spans_are_of_one_length_and_apart() {
        for (text, reason) in [
            ("bars 1-2: vary bar 3 by 10%", "bars 1-2 and bar 3 are not of one length"),
            (
                "bars 2-3: vary bars 1-2 by 10%",
                "bars 2-3 and bars 1-2 overlap; vary bars that are over before, or come after",
            ),
            (
                "section A: vary section A by 10..30%",
                "a section cannot vary itself; name the later ones: section A2: vary section A1",
            ),
        ] {
            let error = compiled(text, &page()).map_err(|error| error.to_string());
            assert_eq!(error, Err(format!("{text}: {reason}")));
        }
        let mut page = page();
        page.sections = [("A", 0..1), ("B", 1..2), ("B", 2..3), ("A", 3..4)]
            .map(|(label, bars)| (label.to_string(), bars))
            .to_vec();
        let limits = compiled("section B: vary section A by 5..50%", &page).expect("limits");
        let vary = |bar| Vary {
            from: Duration::WHOLE * bar,
            to: Duration::WHOLE * (bar + 1),
            source: Duration::ZERO,
            least: 5,
            most: 50,
        };
        assert_eq!(limits.vary, [vary(1), vary(2)]);
        let backwards = compiled("section A1: vary section A2 by 5..50%", &page).expect("limits");
        assert_eq!(backwards.vary.first().map(|vary| vary.source), Some(Duration::WHOLE * 3));
    }

    #[test]
    fn sources_may_have_any_label() {
        for text in ["section B: vary section Stand by me by 10%", "section B: vary section by by 1..2%"] {
            assert_eq!(text.parse::<Constraint>().map(|read| read.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("bars 9-16: vary bars 1-8 10%", 26, "bars 9-16: vary bars 1-8 by 10%"),
            ("section B: vary section A 10..30%", 27, "section B: vary section A by 10..30%"),
            ("bars 9-16: vary bars 1-8 by 10", 31, "bars 9-16: vary bars 1-8 by 10%"),
            ("bars 9-16: vary bars 1-8 by 101%", 29, "bars 9-16: vary bars 1-8 by 10..30%"),
            ("bars 9-16: vary 1-8 by 10%", 17, "bars 9-16: vary bars 1-8 by 10..30%"),
            ("bars 9-16: vray bars 1-8 by 10%", 12, "bars 9-16: vary bars 1-8 by 10%"),
            ("vary bars 1-8 by 10%", 1, "bars 9-16: vary bars 1-8 by 10..30%"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
