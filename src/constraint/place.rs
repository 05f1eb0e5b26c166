//! The WHERE of a constraint.

use std::fmt;

use super::error::ConstraintError;
use super::reader::Reader;
use crate::music::Duration;

/// Where a constraint binds: bars counted from 1 in the form written out in full; the pickup is bar 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Place {
    /// No place is named: the whole sheet.
    #[default]
    Everywhere,
    /// `bar 4`.
    Bar(usize),
    /// `bar 4.3`: a beat of a bar.
    Beat(usize, Beat),
    /// `bars 5-8`, both included.
    Bars(usize, usize),
    /// `section B`: every section of that label; `section B2`: the second of them, if no section has the label B2.
    Section(String),
    /// `last bar`.
    LastBar,
}

/// A beat of a bar, counted from 1 in the meter's lower figure: `3`, or `2+1/2` for halfway to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beat(Duration);

impl Beat {
    /// A beat from the count, one beat being written as one quarter; `None` below 1 or above 64 beats.
    pub fn new(count: Duration) -> Option<Beat> {
        (Duration::QUARTER <= count && count < Duration::quarters(65)).then_some(Beat(count))
    }

    /// Its distance from the bar line, with beats of this length; `None` if that is no whole number of ticks.
    pub fn offset(self, unit: Duration) -> Option<Duration> {
        let ticks = (self.0 - Duration::QUARTER).ticks() * unit.ticks();
        (ticks % Duration::TICKS_PER_QUARTER == 0)
            .then(|| Duration::from_ticks(ticks / Duration::TICKS_PER_QUARTER))
    }

    /// The beat at a distance from the bar line, with beats of this length; rounded down to a tick.
    pub fn at_offset(offset: Duration, unit: Duration) -> Beat {
        let ticks =
            offset.ticks().saturating_mul(Duration::TICKS_PER_QUARTER).checked_div(unit.ticks()).unwrap_or(0);
        Beat(Duration::QUARTER + Duration::from_ticks(ticks))
    }
}

impl fmt::Display for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The words that begin a place.
pub(super) const PLACE_WORDS: [&str; 4] = ["bar", "bars", "section", "last bar"];

impl Place {
    /// The place as it stands before a constraint: `bar 4: `, or nothing for everywhere.
    pub fn prefix(&self) -> String {
        if *self == Place::Everywhere { String::new() } else { format!("{self}: ") }
    }

    /// Reads the place at the start of a line, with the colon after it (which may be left out).
    pub(super) fn read_prefix(reader: &mut Reader<'_>) -> Result<Place, ConstraintError> {
        let place = Place::read(reader, label_in_front)?;
        if place != Place::Everywhere {
            reader.eat(":");
        }
        Ok(place)
    }

    /// Reads a place; everywhere if none of its words stands here. `label` says how many bytes of what is left are a
    /// section's label.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        label: impl Fn(&str) -> usize,
    ) -> Result<Place, ConstraintError> {
        if reader.eat_phrase("last bar") {
            return Ok(Place::LastBar);
        }
        if reader.eat_word("section") {
            let start = reader.clone();
            let label = reader.take(label(reader.rest())).trim();
            if label.is_empty() {
                return Err(start.expected("a section's letter, as in 'section B'"));
            }
            return Ok(Place::Section(label.to_string()));
        }
        let several = reader.eat_word("bars");
        if !several && !reader.eat_word("bar") {
            return Ok(Place::Everywhere);
        }
        let start = reader.clone();
        let first = reader.number("a bar's number, as in 'bar 4', 'bar 4.3' or 'bars 5-8'")?;
        let mut ahead = reader.clone();
        if ahead.eat_to() {
            *reader = ahead;
            let last = reader.number("the number of the last bar, as in 'bars 5-8'")?;
            if last < first {
                return Err(start.expected(format!("the earlier bar first: bars {last}-{first}")));
            }
            return Ok(Place::Bars(first, last));
        }
        if several {
            return Err(reader.expected("'-' and the last bar, as in 'bars 5-8'"));
        }
        if !reader.rest().starts_with('.') || reader.done().ends_with(char::is_whitespace) {
            return Ok(Place::Bar(first));
        }
        reader.eat(".");
        let start = reader.clone();
        let count = reader.take_while(|letter| letter.is_ascii_digit() || "+/.".contains(letter));
        let beat = count.parse().ok().and_then(Beat::new);
        Ok(Place::Beat(
            first,
            beat.ok_or_else(|| start.expected("a beat from 1, as in 'bar 4.3' or 'bar 4.2+1/2'"))?,
        ))
    }
}

/// How long the label of a section is that stands before a constraint: up to the colon, or without one a word. The colon
/// of a length, as in `E4:1`, is none of a place.
fn label_in_front(text: &str) -> usize {
    let colon = text.find(':').filter(|&at| {
        let after = text.get(at + 1..).unwrap_or_default();
        !after.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.')
    });
    let ends = |letter: char| letter.is_whitespace() || letter == ':';
    colon.or_else(|| text.find(ends)).unwrap_or(text.len())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Everywhere => f.write_str("everywhere"),
            Place::Bar(bar) => write!(f, "bar {bar}"),
            Place::Beat(bar, beat) => write!(f, "bar {bar}.{beat}"),
            Place::Bars(first, last) => write!(f, "bars {first}-{last}"),
            Place::Section(label) => write!(f, "section {label}"),
            Place::LastBar => f.write_str("last bar"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Place, ConstraintError> {
        let mut reader = Reader::new(text);
        let place = Place::read_prefix(&mut reader)?;
        reader.end().map(|()| place)
    }

    #[test]
    fn places_are_read_and_written() {
        for text in [
            "bar 4",
            "bar 0",
            "bar 4.3",
            "bar 4.2+1/2",
            "bars 5-8",
            "section B",
            "section Verse 2",
            "last bar",
        ] {
            assert_eq!(read(&format!("{text}:")).expect(text).to_string(), text);
        }
    }

    #[test]
    fn looser_spellings_are_read_too() {
        for (text, canonical) in [
            ("Bar 04", "bar 4"),
            ("bars 5 – 8 :", "bars 5-8"),
            ("bars 5..8", "bars 5-8"),
            ("bar 5-8", "bars 5-8"),
            ("bar 4.2.5", "bar 4.2+1/2"),
            ("LAST BAR", "last bar"),
            ("section A'", "section A'"),
            ("section Verse 2:", "section Verse 2"),
        ] {
            assert_eq!(read(text).expect(text).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn the_colon_of_a_length_does_not_end_a_label() {
        let mut reader = Reader::new("section B melody E4:1 r:1");
        assert_eq!(Place::read_prefix(&mut reader), Ok(Place::Section("B".to_string())));
        assert_eq!(reader.rest(), "melody E4:1 r:1");
        let mut reader = Reader::new("section Verse 1: melody E4:1");
        assert_eq!(Place::read_prefix(&mut reader), Ok(Place::Section("Verse 1".to_string())));
    }

    #[test]
    fn unreadable_places_are_refused() {
        for text in [
            "bar",
            "bar x",
            "bar 4.",
            "bar 4.0",
            "bar 4.1/2",
            "bars 5",
            "bars 8-5",
            "section",
            "bar 1234567",
            "bar 4.99",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn beats_count_the_lower_figure() {
        let beat = |text: &str| Beat::new(text.parse().expect(text)).expect(text);
        assert_eq!(beat("4").offset(Duration::EIGHTH), Some(Duration::EIGHTH * 3));
        assert_eq!(beat("2+1/2").offset(Duration::QUARTER), Some(Duration::QUARTER + Duration::EIGHTH));
        assert_eq!(Beat::at_offset(Duration::EIGHTH * 3, Duration::EIGHTH), beat("4"));
    }
}
