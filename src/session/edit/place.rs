//! The place that stands before an edit, and the line behind it.

use crate::constraint::{Beat, Part, Place};
use crate::music::{Duration, LeadSheet};

use super::EditError;

/// An edit's line: where, of what, and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where, if it is said: `bars 5-8`.
    pub place: Option<Place>,
    /// Of what: `bars 5-8 melody`.
    pub part: Part,
    /// What stands behind the colon; all of it without a place.
    pub words: &'a str,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str) -> Result<Line<'a>, EditError> {
        let text = text.trim();
        let (before, words) = match text.split_once(':') {
            Some((before, words)) if starts_place(before) => (before, words.trim()),
            _ => return Ok(Line { place: None, part: Part::Both, words: text }),
        };
        let (place, part) = match before.trim().rsplit_once(' ') {
            Some((place, "melody")) => (place, Part::Melody),
            Some((place, "chords")) => (place, Part::Chords),
            _ => (before, Part::Both),
        };
        Ok(Line { place: Some(read(place)?), part, words })
    }

    /// The words behind a first word, if it is that.
    pub fn after(&self, word: &str) -> Option<&'a str> {
        let rest = self.words.strip_prefix(word)?;
        (self.place.is_none() && (rest.is_empty() || rest.starts_with(' '))).then(|| rest.trim())
    }
}

fn starts_place(text: &str) -> bool {
    ["bar ", "bars ", "section ", "last bar"].iter().any(|word| text.trim_start().starts_with(word))
}

/// Reads `bar 5`, `bar 5.2`, `bars 5-8`, `section B`, `last bar`.
pub(super) fn read(text: &str) -> Result<Place, EditError> {
    let text = text.trim();
    let wrong = || {
        EditError::Wrong(format!(
            "'{text}' is no place: write bar 5, bar 5.2, bars 5-8, section B or last bar"
        ))
    };
    if text == "last bar" {
        return Ok(Place::LastBar);
    }
    if let Some(label) = text.strip_prefix("section ") {
        return Ok(Place::Section(label.trim().to_string()));
    }
    let bars = text.strip_prefix("bars ").or_else(|| text.strip_prefix("bar ")).ok_or_else(wrong)?.trim();
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
    if let Some((first, last)) = bars.split_once(['-', '–']) {
        let (first, last) = (number(first)?, number(last)?);
        if last < first {
            return Err(EditError::Wrong(format!("the earlier bar comes first: bars {last}-{first}")));
        }
        return Ok(Place::Bars(first, last));
    }
    match bars.split_once('.') {
        None => Ok(Place::Bar(number(bars)?)),
        Some((bar, beat)) => {
            let beat = beat.trim().parse().ok().and_then(Beat::new).ok_or_else(wrong)?;
            Ok(Place::Beat(number(bar)?, beat))
        }
    }
}

/// The bars of a place (from 0; the pickup is none of them).
pub(super) fn bars(sheet: &LeadSheet, place: &Place) -> Result<std::ops::Range<usize>, EditError> {
    let form = sheet.form();
    let count = form.bars.len();
    let range = match place {
        Place::Everywhere => 0..count,
        Place::Bar(bar) | Place::Beat(bar, _) => bar.wrapping_sub(1)..*bar,
        Place::Bars(first, last) => first.wrapping_sub(1)..*last,
        Place::LastBar => count - 1..count,
        Place::Section(label) => {
            let number = form.sections.iter().position(|section| section.label.eq_ignore_ascii_case(label));
            let labels: Vec<&str> = form.sections.iter().map(|section| section.label.as_str()).collect();
            let none = || {
                EditError::Wrong(format!("there is no section '{label}': the form is {}", labels.join(" ")))
            };
            form.section_bars(number.ok_or_else(none)?)
        }
    };
    match range.start < range.end && range.end <= count {
        true => Ok(range),
        false => Err(EditError::Wrong(format!("{place}: the song has {count} bars, from 1"))),
    }
}

/// From where to where a place lasts; a beat lasts until its bar ends.
pub(super) fn span(sheet: &LeadSheet, place: &Place) -> Result<(Duration, Duration), EditError> {
    let form = sheet.form();
    let starts = form.bar_starts();
    match place {
        Place::Everywhere => Ok((-form.pickup, form.end())),
        Place::Bar(0) if form.pickup.is_positive() => Ok((-form.pickup, Duration::ZERO)),
        Place::Beat(0, beat) if form.pickup.is_positive() => {
            let meter = sheet.meter();
            let at = beat.offset(meter.unit_length()).unwrap_or_default() - meter.bar_length();
            match -form.pickup <= at && at < Duration::ZERO {
                true => Ok((at, Duration::ZERO)),
                false => Err(EditError::Wrong(format!("{place} is not in the pickup"))),
            }
        }
        Place::Bar(0) | Place::Beat(0, _) => {
            Err(EditError::Wrong("there is no bar 0: 'pickup 1' makes a pickup of one beat".to_string()))
        }
        Place::Beat(_, beat) => {
            let bar = bars(sheet, place)?.start;
            let meter = form.bars[bar].meter;
            let at = beat.offset(meter.unit_length()).map(|offset| starts[bar] + offset);
            match at.filter(|&at| at < starts[bar + 1]) {
                Some(at) => Ok((at, starts[bar + 1])),
                None => Err(EditError::Wrong(format!("bar {} has no beat {beat}: it is {meter}", bar + 1))),
            }
        }
        _ => bars(sheet, place).map(|bars| (starts[bars.start], starts[bars.end])),
    }
}
