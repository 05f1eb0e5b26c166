//! Small sheets for the tests of constraints: four bars of 4/4 in C, sections A and B of two bars each.

use super::{Constraint, ConstraintError, Frame, Limits};
use crate::music::lead_sheet::Header;
use crate::music::{Chart, ChordChange, Duration, Form, Key, LeadSheet, Melody, Meter, Note};

/// The page.
pub(super) fn page() -> Frame {
    Frame {
        key: Key::C_MAJOR,
        meter: Meter::COMMON,
        pickup: Duration::ZERO,
        bars: 4,
        sections: vec![("A".to_string(), 0..2), ("B".to_string(), 2..4)],
    }
}

/// The page with a pickup of one quarter.
pub(super) fn page_with_pickup() -> Frame {
    Frame { pickup: Duration::QUARTER, ..page() }
}

/// A sheet on the page: chords as `C 0, G7 4.5` (quarters from bar 1), notes as `E4 0 1` (onset, length).
pub(super) fn sheet(chords: &str, notes: &str) -> LeadSheet {
    sheet_on(&page(), chords, notes)
}

/// The same on the page with a pickup.
pub(super) fn sheet_with_pickup(chords: &str, notes: &str) -> LeadSheet {
    sheet_on(&page_with_pickup(), chords, notes)
}

fn sheet_on(page: &Frame, chords: &str, notes: &str) -> LeadSheet {
    let time = |text: &str| -> Duration { text.parse().expect("a length") };
    let fields = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let entries =
        |text: &str| text.split(',').map(fields).filter(|entry| !entry.is_empty()).collect::<Vec<_>>();
    let changes = entries(chords).into_iter();
    let changes =
        changes.map(|f| ChordChange { at: time(&f[1]), chord: f[0].parse().expect("a chord") }).collect();
    let notes = entries(notes).into_iter();
    let notes = notes.map(|f| Note {
        onset: time(&f[1]),
        duration: time(&f[2]),
        pitch: f[0].parse().expect("a pitch"),
    });
    built(page, Chart { changes }, Melody { notes: notes.collect() })
}

/// A sheet on a page, of a chart and a melody.
pub(super) fn built(page: &Frame, chart: Chart, melody: Melody) -> LeadSheet {
    let form = Form { pickup: page.pickup, ..Form::plain(page.meter, page.bars) };
    LeadSheet::new(Header::new("", page.key), form, chart, melody).expect("a sheet")
}

/// Whether a constraint, given as text, holds.
pub(super) fn holds(text: &str, sheet: &LeadSheet, page: &Frame) -> bool {
    text.parse::<Constraint>().expect(text).holds(sheet, page)
}

/// What a constraint, given as text, compiles to.
pub(super) fn compiled(text: &str, page: &Frame) -> Result<Limits, ConstraintError> {
    let mut limits = Limits::default();
    text.parse::<Constraint>().expect(text).compile(page, &mut limits)?;
    Ok(limits)
}

/// Where a line stops making sense, and the nearest valid one.
pub(super) fn unreadable(text: &str) -> (usize, Option<String>) {
    let Err(ConstraintError::Unreadable { column, nearest, .. }) = text.parse::<Constraint>() else {
        unreachable!("'{text}' cannot be read")
    };
    (column, nearest)
}
