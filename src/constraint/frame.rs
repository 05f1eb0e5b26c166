//! The empty page that a request is about: what places mean on it.

use std::ops::Range;

use super::error::ConstraintError;
use super::place::{Beat, Place};
use crate::music::{Duration, Key, Meter};

/// A stretch of the sheet, from a place up to and without another, both from the downbeat of bar 1.
pub type Span = (Duration, Duration);

/// The empty page a request is about: what places mean.
///
/// Bars are all of one meter and written out in full, so no repeat signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The key that degrees and Roman numerals are read in.
    pub key: Key,
    /// The meter of every bar.
    pub meter: Meter,
    /// Length of the pickup before bar 1; zero if there is none, and shorter than a bar.
    pub pickup: Duration,
    /// How many bars there are, without the pickup.
    pub bars: usize,
    /// The sections in order: label, and bars counted from 0. A label that recurs is a section that recurs.
    pub sections: Vec<(String, Range<usize>)>,
}

impl Frame {
    /// Where the sheet starts: zero, or before it by the pickup.
    pub fn start(&self) -> Duration {
        -self.pickup
    }

    /// Where the last bar ends.
    pub fn end(&self) -> Duration {
        self.bar_line(self.bars)
    }

    /// The bars of the section that a bar (from 0) lies in; all of them where the page has none.
    pub fn section_of(&self, bar: usize) -> Range<usize> {
        let section = self.sections.iter().find(|(_, bars)| bars.contains(&bar));
        section.map_or(0..self.bars, |(_, bars)| bars.clone())
    }

    /// Whether a section starts with a bar (from 0).
    pub fn opens_section(&self, bar: usize) -> bool {
        self.sections.iter().any(|(_, bars)| bars.start == bar)
    }

    /// The stretches that a place covers, in order: one per section of a label, otherwise one. A beat covers one
    /// beat, or what the bar holds of it; everywhere includes the pickup.
    ///
    /// # Errors
    /// When the page does not have the place.
    pub fn spans(&self, place: &Place) -> Result<Vec<Span>, ConstraintError> {
        match place {
            Place::Beat(bar, beat) => {
                let from = self.beat(place, *bar, *beat)?;
                let bar_end = if *bar == 0 { Duration::ZERO } else { self.bar_line(*bar) };
                Ok(vec![(from, bar_end.min(from + self.meter.unit_length()))])
            }
            Place::Everywhere => Ok(vec![(self.start(), self.end())]),
            _ => self.bar_ranges(place)?.into_iter().map(|bars| Ok(self.span_of(&bars))).collect(),
        }
    }

    /// The bars that a place covers, bar by bar, in order. Everywhere leaves out the pickup; `bar 0` names it.
    ///
    /// # Errors
    /// When the page does not have the place, or the place is a beat.
    pub fn bars(&self, place: &Place) -> Result<Vec<Span>, ConstraintError> {
        let ranges = self.bar_ranges(place)?;
        Ok(ranges.into_iter().flatten().map(|bar| self.span_of(&(bar..bar + 1))).collect())
    }

    /// The stretches of whole bars that a place covers: one per section of a label, otherwise one. Everywhere is
    /// from bar 1 on.
    ///
    /// # Errors
    /// When the page does not have the place, or the place is a beat.
    pub fn whole_bars(&self, place: &Place) -> Result<Vec<Span>, ConstraintError> {
        Ok(self.bar_ranges(place)?.iter().map(|bars| self.span_of(bars)).collect())
    }

    /// The last bar of each stretch of [`whole_bars`](Self::whole_bars).
    ///
    /// # Errors
    /// As there.
    pub fn last_bars(&self, place: &Place) -> Result<Vec<Span>, ConstraintError> {
        let ranges = self.bar_ranges(place)?;
        Ok(ranges.into_iter().map(|bars| self.span_of(&(bars.end.saturating_sub(1)..bars.end))).collect())
    }

    /// What a musician calls a place in the sheet: `bar 4`, `bar 4.2+1/2`; the pickup counts as the end of a full bar.
    pub fn place_at(&self, at: Duration) -> Place {
        let bar = at.div_floor(self.meter.bar_length()) + 1;
        let in_bar = at.rem_floor(self.meter.bar_length());
        let bar = usize::try_from(bar).unwrap_or(0);
        if in_bar == Duration::ZERO {
            Place::Bar(bar)
        } else {
            Place::Beat(bar, Beat::at_offset(in_bar, self.meter.unit_length()))
        }
    }

    /// The ranges of bars that a place names, bar 0 being the pickup.
    fn bar_ranges(&self, place: &Place) -> Result<Vec<Range<usize>>, ConstraintError> {
        let within = |bar: usize| {
            if bar > self.bars {
                return Err(ConstraintError::unfit(place, format!("the form has {} bars", self.bars)));
            }
            if bar == 0 && self.pickup == Duration::ZERO {
                return Err(ConstraintError::unfit(
                    place,
                    "bar 0 is the pickup, and there is none; bars count from 1",
                ));
            }
            Ok(bar)
        };
        let bars = match place {
            Place::Section(label) => return self.sections_named(place, label),
            Place::Beat(bar, _) => {
                return Err(ConstraintError::unfit(
                    place,
                    format!("whole bars are wanted here, such as 'bar {bar}'"),
                ));
            }
            Place::Bars(first, last) if first > last => {
                return Err(ConstraintError::unfit(
                    place,
                    format!("write the earlier bar first: bars {last}-{first}"),
                ));
            }
            Place::Everywhere => 1..self.bars + 1,
            Place::Bars(first, last) => within(*first)?..within(*last)? + 1,
            Place::Bar(bar) => within(*bar)?..bar + 1,
            Place::LastBar => within(self.bars)?..self.bars + 1,
        };
        Ok(vec![bars])
    }

    fn sections_named(&self, place: &Place, label: &str) -> Result<Vec<Range<usize>>, ConstraintError> {
        let named = |label: &str| -> Vec<Range<usize>> {
            let sections = self.sections.iter().filter(|(name, _)| name == label);
            let bars = sections.map(|(_, bars)| bars.start + 1..bars.end.min(self.bars) + 1);
            bars.filter(|bars| !bars.is_empty()).collect()
        };
        let all = named(label);
        if !all.is_empty() {
            return Ok(all);
        }
        let stem = label.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let count: Option<usize> = label.get(stem.len()..).and_then(|count| count.parse().ok());
        let repeated = named(stem.trim_end());
        if let Some(bars) = count.and_then(|count| repeated.get(count.checked_sub(1)?)) {
            return Ok(vec![bars.clone()]);
        }
        let mut labels: Vec<&str> = Vec::new();
        for (name, _) in &self.sections {
            if !labels.contains(&name.as_str()) {
                labels.push(name);
            }
        }
        let reason = match (labels.is_empty(), repeated.len()) {
            (true, _) => "the form has no sections".to_string(),
            (false, 0) => format!("the form has the sections {}", labels.join(", ")),
            (false, times) => format!("section {} occurs {times} times", stem.trim_end()),
        };
        Err(ConstraintError::unfit(place, reason))
    }

    /// Where a beat starts.
    fn beat(&self, place: &Place, bar: usize, beat: Beat) -> Result<Duration, ConstraintError> {
        self.bar_ranges(&Place::Bar(bar))?;
        let unit = self.meter.unit_length();
        let offset = beat.offset(unit);
        let offset = offset
            .ok_or_else(|| ConstraintError::unfit(place, "the beat falls between the finest note values"))?;
        if offset >= self.meter.bar_length() {
            return Err(ConstraintError::unfit(
                place,
                format!("a bar of {} has {} beats", self.meter, self.meter.beats()),
            ));
        }
        let at = self.span_of(&(bar..bar + 1)).1 - self.meter.bar_length() + offset;
        if at < self.start() {
            let first = Beat::at_offset(self.meter.bar_length() - self.pickup, unit);
            return Err(ConstraintError::unfit(place, format!("the pickup begins on beat {first}")));
        }
        Ok(at)
    }

    /// From the first of some bars to the end of the last; bar 0 is the pickup.
    fn span_of(&self, bars: &Range<usize>) -> Span {
        let from = if bars.start == 0 { self.start() } else { self.bar_line(bars.start - 1) };
        (from, self.bar_line(bars.end.saturating_sub(1)))
    }

    /// Where so many bars after the pickup end, and the next one starts.
    pub fn bar_line(&self, bars: usize) -> Duration {
        self.meter.bar_length() * i64::try_from(bars).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::reader::Reader;

    fn frame(pickup: i64) -> Frame {
        let sections = [("A", 0..8), ("A", 8..16), ("B", 16..24), ("A", 24..32)];
        Frame {
            key: Key::C_MAJOR,
            meter: Meter::COMMON,
            pickup: Duration::quarters(pickup),
            bars: 32,
            sections: sections.into_iter().map(|(label, bars)| (label.to_string(), bars)).collect(),
        }
    }

    fn place(text: &str) -> Place {
        Place::read(&mut Reader::new(text), str::len).expect(text)
    }

    fn spans(text: &str, pickup: i64) -> Result<Vec<(i64, i64)>, String> {
        let spans = frame(pickup).spans(&place(text)).map_err(|error| error.to_string())?;
        let quarter = Duration::QUARTER;
        Ok(spans.into_iter().map(|(from, to)| (from.div_floor(quarter), to.div_floor(quarter))).collect())
    }

    #[test]
    fn bars_know_their_section() {
        let page = frame(0);
        assert_eq!([0, 7, 8, 31].map(|bar| page.section_of(bar)), [0..8, 0..8, 8..16, 24..32]);
        assert_eq!([0, 1, 16].map(|bar| page.opens_section(bar)), [true, false, true]);
        let bare = Frame { sections: Vec::new(), ..page };
        assert_eq!((bare.section_of(9), bare.opens_section(0)), (0..32, false));
    }

    #[test]
    fn places_are_found() {
        assert_eq!(spans("", 1), Ok(vec![(-1, 128)]));
        assert_eq!(spans("bar 4", 1), Ok(vec![(12, 16)]));
        assert_eq!(spans("bar 0", 1), Ok(vec![(-1, 0)]));
        assert_eq!(spans("bars 0-2", 3), Ok(vec![(-3, 8)]));
        assert_eq!(spans("bar 4.3", 0), Ok(vec![(14, 15)]));
        assert_eq!(spans("bar 0.4", 1), Ok(vec![(-1, 0)]));
        assert_eq!(spans("last bar", 0), Ok(vec![(124, 128)]));
        assert_eq!(spans("section A", 0), Ok(vec![(0, 32), (32, 64), (96, 128)]));
        assert_eq!(spans("section A3", 0), Ok(vec![(96, 128)]));
    }

    #[test]
    fn places_that_the_page_lacks_are_named_with_what_it_has() {
        for (text, error) in [
            ("bar 40", "bar 40: the form has 32 bars"),
            ("bars 30-33", "bars 30-33: the form has 32 bars"),
            ("bar 0", "bar 0: bar 0 is the pickup, and there is none; bars count from 1"),
            ("bar 4.5", "bar 4.5: a bar of 4/4 has 4 beats"),
            ("section Z", "section Z: the form has the sections A, B"),
            ("section A4", "section A4: section A occurs 3 times"),
            ("section A0", "section A0: section A occurs 3 times"),
        ] {
            assert_eq!(spans(text, 0), Err(error.to_string()));
        }
        assert_eq!(spans("bar 0.3", 1), Err("bar 0.3: the pickup begins on beat 4".to_string()));
    }

    #[test]
    fn a_beat_stays_within_its_bar() {
        let half = frame(0).spans(&place("bar 1.4+1/2")).expect("a place");
        assert_eq!(half, [(Duration::EIGHTH * 7, Duration::WHOLE)]);
    }

    #[test]
    fn per_bar_places_skip_the_pickup_unless_it_is_named() {
        let frame = frame(1);
        assert_eq!(frame.bars(&Place::Everywhere).expect("bars").len(), 32);
        assert_eq!(frame.bars(&Place::Bars(0, 2)).expect("bars").len(), 3);
        assert!(frame.bars(&place("bar 1.1")).is_err());
    }

    #[test]
    fn places_are_told_as_musicians_count() {
        let frame = frame(1);
        for text in ["bar 4", "bar 4.3", "bar 4.2+1/2", "bar 0.4"] {
            let (from, _) = frame.spans(&place(text)).expect(text)[0];
            assert_eq!(frame.place_at(from).to_string(), text);
        }
    }
}
