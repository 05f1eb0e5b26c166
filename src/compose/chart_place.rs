//! Where the chords of a page stand: the place that the chart chain sees, from the page alone.

use crate::constraint::Frame;
use crate::music::Duration;
use crate::style::chart_events::{ChartPlace, Role, SpanPlace, span_class};
use crate::style::sections;

/// A section of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSection {
    /// Where it starts; the first one without the pickup.
    pub start: Duration,
    /// How many bars it has.
    pub bars: usize,
    /// What it is among the sections.
    pub role: Role,
    /// Whether it ends the page, or is written the same as the one that does.
    pub ends_piece: bool,
}

impl PageSection {
    /// The section of a place; a pickup belongs to the first one, and a page without sections is one.
    pub fn at(frame: &Frame, at: Duration) -> PageSection {
        let bar = usize::try_from(at.div_floor(frame.meter.bar_length())).unwrap_or_default();
        let whole =
            PageSection { start: Duration::ZERO, bars: frame.bars, role: Role::First, ends_piece: true };
        let Some(index) = frame.sections.iter().position(|(_, bars)| bars.contains(&bar)) else {
            return whole;
        };
        let kinds: Vec<String> = frame.sections.iter().map(|(label, _)| sections::kind(label)).collect();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let role = Role::of_sections(&kinds).get(index).copied().unwrap_or(Role::First);
        let same = |one: &(String, std::ops::Range<usize>), other: &(String, std::ops::Range<usize>)| {
            one.0 == other.0 && one.1.len() == other.1.len()
        };
        let (Some(own), Some(last)) = (frame.sections.get(index), frame.sections.last()) else {
            return whole;
        };
        PageSection {
            start: frame.meter.bar_length() * own.1.start as i64,
            bars: own.1.len(),
            role,
            ends_piece: same(own, last),
        }
    }

    /// Where it ends.
    pub fn end(&self, frame: &Frame) -> Duration {
        self.start + frame.meter.bar_length() * self.bars as i64
    }

    /// The place of a chord of this section.
    pub fn chord(&self, frame: &Frame, from: Duration, to: Duration) -> ChartPlace {
        let (from, to) = ((from - self.start).ticks(), (to - self.start).ticks());
        ChartPlace::new(self.bars, frame.meter.bar_length().ticks(), from, to, self.role, self.ends_piece)
    }

    /// What the length of a chord that starts here hangs on; `held` is the class of the one before.
    pub fn span(&self, frame: &Frame, from: Duration, held: u16) -> SpanPlace {
        let bar = (from - self.start).div_floor(frame.meter.bar_length());
        SpanPlace::new(self.bars, usize::try_from(bar).unwrap_or_default(), held)
    }
}

/// The class of a chord's length on a page, for the one that follows.
pub fn held(frame: &Frame, from: Duration, to: Duration) -> u16 {
    span_class((to - from).ticks(), frame.meter.bar_length().ticks())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Key, Meter};
    use crate::style::chart_events::Close;

    #[test]
    fn the_last_section_and_those_written_like_it_close_the_piece() {
        let sections = vec![("A".to_string(), 0..8), ("B".to_string(), 8..16), ("A".to_string(), 16..24)];
        let frame =
            Frame { key: Key::C_MAJOR, meter: Meter::COMMON, pickup: Duration::QUARTER, bars: 24, sections };
        let of_bar = |bar: i64| PageSection::at(&frame, Duration::WHOLE * bar);
        assert_eq!(
            (of_bar(0).role, of_bar(9).role, of_bar(20).role),
            (Role::First, Role::Bridge, Role::First)
        );
        assert!(of_bar(-1).ends_piece && of_bar(23).ends_piece && !of_bar(8).ends_piece);
        let close =
            |bar: i64| of_bar(bar).chord(&frame, Duration::WHOLE * bar, Duration::WHOLE * (bar + 1)).close;
        assert_eq!(
            [7, 11, 15, 23, 22].map(close),
            [Close::Piece, Close::HalfPhrase, Close::Section, Close::Piece, Close::ToPiece]
        );
        let opens = |at| PageSection::at(&frame, at).chord(&frame, at, at + Duration::WHOLE).opens;
        assert!(opens(Duration::ZERO) && opens(Duration::WHOLE * 8));
        assert!(!opens(-Duration::QUARTER) && !opens(Duration::WHOLE * 4));
    }
}
