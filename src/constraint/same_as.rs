//! `bars 9-16: same as bars 1-8`: an exact repeat.

use std::fmt;

use super::error::ConstraintError;
use super::frame::{Frame, Span};
use super::limits::{Layer, Limits, Same};
use super::place::Place;
use super::reader::Reader;
use super::{Constraint, Kind};
use crate::music::{ChordSymbol, Duration, LeadSheet};

/// The bars have the melody and chords of other bars, which may stand before or after them: at each distance from
/// the start the same note or chord begins, the same one sounds, or none. What is held over an edge counts as far as
/// the edge. A label that recurs stands for each of its sections, as a source for the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SameAs {
    /// The bars that repeat.
    pub place: Place,
    /// The bars that they repeat: as many.
    pub source: Place,
}

impl SameAs {
    pub(super) fn read(place: Place, reader: &mut Reader<'_>) -> Result<Constraint, ConstraintError> {
        let source = source(reader, "the bars to repeat, as in 'bars 9-16: same as bars 1-8'")?;
        Ok(Constraint::SameAs(SameAs { place, source }))
    }

    fn pairs(&self, frame: &Frame) -> Result<Vec<(Span, Span)>, ConstraintError> {
        pairs(self, (&self.place, &self.source), frame)
    }
}

/// Reads the bars that are repeated.
pub(super) fn source(reader: &mut Reader<'_>, expected: &str) -> Result<Place, ConstraintError> {
    let start = reader.clone();
    let source = Place::read(reader, str::len)?;
    if matches!(source, Place::Everywhere | Place::Beat(..)) {
        return Err(start.expected(expected));
    }
    Ok(source)
}

/// Pairs of stretches of one length: what repeats, and what it repeats.
pub(super) fn pairs(
    kind: &impl fmt::Display,
    (place, source): (&Place, &Place),
    frame: &Frame,
) -> Result<Vec<(Span, Span)>, ConstraintError> {
    if *place == Place::Everywhere || *source == Place::Everywhere {
        return Err(ConstraintError::unfit(kind, "name the bars, as in 'bars 9-16: same as bars 1-8'"));
    }
    let copies = frame.whole_bars(place)?;
    let sources = frame.whole_bars(source)?;
    let pairs: Vec<(Span, Span)> = copies.into_iter().zip(sources.into_iter().take(1).cycle()).collect();
    if pairs.iter().any(|(copy, source)| copy.1 - copy.0 != source.1 - source.0) {
        let reason = format!("{place} and {source} are not of one length");
        return Err(ConstraintError::unfit(kind, reason));
    }
    Ok(pairs)
}

impl Kind for SameAs {
    fn place(&self) -> &Place {
        &self.place
    }

    fn holds(&self, sheet: &LeadSheet, frame: &Frame) -> Result<bool, ConstraintError> {
        Ok(self
            .pairs(frame)?
            .into_iter()
            .all(|(copy, source)| same_notes(sheet, copy, source) && same_chords(sheet, copy, source)))
    }

    fn compile(&self, frame: &Frame, limits: &mut Limits) -> Result<(), ConstraintError> {
        repeat(&self.pairs(frame)?, Layer::Both, limits);
        Ok(())
    }
}

/// Adds to the limits that stretches repeat others in some layer.
pub(super) fn repeat(pairs: &[(Span, Span)], layer: Layer, limits: &mut Limits) {
    for &((copy, end), (source, _)) in pairs {
        let (first, second, length) = (copy.min(source), copy.max(source), end - copy);
        let shift = second - first;
        // Stretches that overlap repeat their first `shift` over and over.
        let mut from = second;
        while shift.is_positive() && from < second + length {
            let to = (from + shift).min(second + length);
            limits.same.push(Same { from, to, source: first, layer });
            from = to;
        }
    }
}

/// Whether the same notes sound in two stretches of one length.
pub(super) fn same_notes(sheet: &LeadSheet, copy: Span, source: Span) -> bool {
    notes_in(sheet, copy) == notes_in(sheet, source)
}

/// Whether the same chords sound in two stretches of one length.
pub(super) fn same_chords(sheet: &LeadSheet, copy: Span, source: Span) -> bool {
    let (copy, source) = (chords_in(sheet, copy), chords_in(sheet, source));
    let alike = |(a, b): (&Sounding<'_>, &Sounding<'_>)| {
        a.at == b.at && a.begins == b.begins && a.chord.sounds_like(b.chord)
    };
    copy.len() == source.len() && copy.iter().zip(&source).all(alike)
}

/// A note as far as it sounds in a stretch, from the start of the stretch.
#[derive(PartialEq, Eq)]
struct Heard {
    from: Duration,
    to: Duration,
    midi: i32,
    begins: bool,
}

fn notes_in(sheet: &LeadSheet, (from, to): Span) -> Vec<Heard> {
    let notes = sheet.melody().notes.iter().filter(|note| note.onset < to && note.end() > from);
    let heard = notes.map(|note| Heard {
        from: note.onset.max(from) - from,
        to: note.end().min(to) - from,
        midi: note.pitch.midi(),
        begins: note.onset >= from,
    });
    heard.collect()
}

/// A chord that sounds in a stretch, from the start of the stretch.
struct Sounding<'s> {
    at: Duration,
    chord: &'s ChordSymbol,
    begins: bool,
}

fn chords_in(sheet: &LeadSheet, (from, to): Span) -> Vec<Sounding<'_>> {
    let written = sheet.chart().written_in(from, to);
    let held =
        sheet.chart().sounding_at(from).filter(|_| written.first().is_none_or(|first| first.at > from));
    let held = held.into_iter().map(|chord| Sounding { at: Duration::ZERO, chord, begins: false });
    held.chain(written.iter().map(|change| Sounding {
        at: change.at - from,
        chord: &change.chord,
        begins: true,
    }))
    .collect()
}

impl fmt::Display for SameAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}same as {}", self.place.prefix(), self.source)
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::test_sheet::{compiled, holds, page, sheet};

    #[test]
    fn a_repeat_has_the_same_notes_and_chords() {
        let first = "C 0, F 6, ";
        let melody = "C4 0 1, D4 1 3, E4 5 2, ";
        for (chart, notes, wanted) in [
            ("C 8, F 14", "C4 8 1, D4 9 3, E4 13 2", true),
            ("C 8, F 14", "B#3 8 1, D4 9 3, E4 13 2", true),
            ("C 8, F 14", "C4 8 1, D4 9 3, E4 13 3", false),
            ("C 8, F 14", "C4 8 1, D4 9 3, E4 13 1, E4 14 1", false),
            ("C 8, F 14", "C4 8 1, D4 9 3", false),
            ("C 8, F 14", "C4 8 1, D4 9 3, E5 13 2", false),
            ("C 8, F 13", "C4 8 1, D4 9 3, E4 13 2", false),
            ("C 8, F7 14", "C4 8 1, D4 9 3, E4 13 2", false),
            ("C 8, F 14, F 15", "C4 8 1, D4 9 3, E4 13 2", false),
        ] {
            let sheet = sheet(&format!("{first}{chart}"), &format!("{melody}{notes}"));
            assert_eq!(holds("bars 3-4: same as bars 1-2", &sheet, &page()), wanted, "{chart} / {notes}");
            assert_eq!(holds("bars 1-2: same as bars 3-4", &sheet, &page()), wanted, "{chart} / {notes}");
        }
    }

    #[test]
    fn a_chord_held_over_is_not_a_chord_that_begins() {
        assert!(!holds("bar 2: same as bar 1", &sheet("C 0", ""), &page()));
        assert!(holds("bar 3: same as bar 2", &sheet("C 0", ""), &page()));
    }

    #[test]
    fn notes_over_the_edge_count_as_far_as_the_edge() {
        let sheet = sheet("C 0, C 4, C 8", "E4 2 2, E4 6 3");
        assert!(holds("bar 2: same as bar 1", &sheet, &page()));
        assert!(!holds("bar 3: same as bar 4", &sheet, &page()));
    }

    #[test]
    fn lengths_must_agree() {
        let error = compiled("bars 1-2: same as bars 3-3", &page()).map_err(|error| error.to_string());
        let text = "bars 1-2: same as bars 3-3: bars 1-2 and bars 3-3 are not of one length";
        assert_eq!(error, Err(text.to_string()));
    }

    #[test]
    fn a_repeat_points_backwards_and_never_into_itself() {
        let bars = |text: &str| {
            let limits = compiled(text, &page()).expect(text);
            let bar = crate::music::Duration::WHOLE;
            let same = limits
                .same
                .iter()
                .map(|s| (s.from.div_floor(bar), s.to.div_floor(bar), s.source.div_floor(bar)));
            same.collect::<Vec<_>>()
        };
        assert_eq!(bars("bars 1-2: same as bars 3-4"), [(2, 4, 0)]);
        assert_eq!(bars("bars 2-4: same as bars 1-3"), [(1, 2, 0), (2, 3, 0), (3, 4, 0)]);
        assert_eq!(bars("bars 2-3: same as bars 2-3"), []);
        assert_eq!(bars("section B: same as section A"), [(2, 4, 0)]);
    }
}
