//! `bars 1-4: contour arch`: how a line rises and falls.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::{Limits, MelodyLimit, Shape};
use super::nearest::nearest;
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::LeadSheet;

/// The notes that start in the bars rise and fall as the shape says; a note as high as the one before does neither. A
/// note held over from before does not count. In each section, where a label recurs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contour {
    /// Which bars.
    pub place: Place,
    /// How the line goes.
    pub shape: Shape,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Shape; 4] = [Shape::Up, Shape::Down, Shape::Arch, Shape::Valley];

    /// Its name in a constraint.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Up => "up",
            Shape::Down => "down",
            Shape::Arch => "arch",
            Shape::Valley => "valley",
        }
    }
}

impl Contour {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let shape = Shape::ALL.into_iter().find(|shape| reader.eat_word(shape.name()));
        let meant = || nearest(reader.peek(), Shape::ALL.map(Shape::name)).map(str::to_string);
        let shape = shape.ok_or_else(|| reader.expected_rather("up, down, arch or valley", meant()))?;
        Ok(Constraint::Contour(Contour { place, shape }))
    }
}

impl Kind for Contour {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        Ok(frame.whole_bars(&self.place)?.into_iter().all(|(from, to)| {
            let notes = sheet.melody().starting_in(from, to);
            let heights: Vec<i32> = notes.iter().map(|note| note.pitch.midi()).collect();
            is_shaped(&heights, self.shape)
        }))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        let spans = frame.whole_bars(&self.place)?;
        let shape = self.shape;
        limits.melody.extend(spans.into_iter().map(|(from, to)| MelodyLimit::Contour { from, to, shape }));
        Ok(())
    }
}

/// Whether a line goes as a shape says. An arch goes up to the highest of its notes and down from there, and has lower
/// ones on both sides; upside down it is a valley.
fn is_shaped(heights: &[i32], shape: Shape) -> bool {
    let (Some(first), Some(last)) = (heights.first(), heights.last()) else { return false };
    match shape {
        Shape::Up => heights.is_sorted() && first < last,
        Shape::Down => heights.is_sorted_by(|one, next| one >= next) && first > last,
        Shape::Arch => {
            let top = heights.iter().max().unwrap_or(first);
            let peak = heights.iter().position(|height| height == top).unwrap_or(0);
            let (before, after) = heights.split_at(peak);
            before.is_sorted() && after.is_sorted_by(|one, next| one >= next) && first < top && last < top
        }
        Shape::Valley => {
            let upside_down: Vec<i32> = heights.iter().map(|height| -height).collect();
            is_shaped(&upside_down, Shape::Arch)
        }
    }
}

impl fmt::Display for Contour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}contour {}", self.place.prefix(), self.shape.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraint::test_sheet::{compiled, holds, page, sheet, unreadable};

    #[test]
    fn each_shape_is_itself_alone() {
        for (heights, wanted) in [
            (&[][..], &[][..]),
            (&[1], &[]),
            (&[1, 1], &[]),
            (&[1, 2], &[Shape::Up]),
            (&[1, 1, 2, 2, 5], &[Shape::Up]),
            (&[5, 4, 4, 1], &[Shape::Down]),
            (&[1, 3, 2], &[Shape::Arch]),
            (&[1, 3, 3, 3, 2, 2, 0], &[Shape::Arch]),
            (&[1, 1, 3, 1], &[Shape::Arch]),
            (&[1, 3, 2, 3], &[]),
            (&[3, 1, 2], &[Shape::Valley]),
            (&[3, 1, 1, 1], &[Shape::Down]),
            (&[3, 1, 2, 1], &[]),
        ] {
            let shapes: Vec<Shape> =
                Shape::ALL.into_iter().filter(|&shape| is_shaped(heights, shape)).collect();
            assert_eq!(shapes, wanted, "{heights:?}");
        }
    }

    #[test]
    fn notes_that_start_in_the_bars_decide() {
        let mut page = page();
        let line = sheet("", "C5 3 2, C4 5 1, D4 6 1, C5 8 1, E4 10 1");
        assert!(holds("bar 2: contour up", &line, &page));
        assert!(holds("bars 2-4: contour arch", &line, &page));
        assert!(holds("section B: contour down", &line, &page));
        assert!(!holds("bars 1-2: contour up", &line, &page));
        assert!(!holds("bar 1: contour up", &line, &page));
        page.sections = vec![("A".to_string(), 0..2), ("A".to_string(), 2..4)];
        assert!(!holds("section A: contour down", &line, &page), "the first A is a valley");
        assert_eq!(compiled("section A: contour down", &page).map(|limits| limits.melody.len()), Ok(2));
    }

    #[test]
    fn slips_are_told_with_column_and_nearest_form() {
        for (text, column, nearest) in [
            ("bars 1-4: contuor up", 11, "bars 1-4: contour up"),
            ("bars 1-4: contour vally", 19, "bars 1-4: contour valley"),
            ("bars 1-4: contour sideways", 19, "bars 1-4: contour arch"),
            ("contour up", 1, "bars 1-4: contour arch"),
            ("contuor up", 1, "bars 1-4: contour arch"),
            ("bar 3.2: contour up", 1, "bars 1-4: contour arch"),
        ] {
            assert_eq!(unreadable(text), (column, Some(nearest.to_string())), "{text}");
        }
    }
}
