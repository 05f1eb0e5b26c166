//! From places and lengths to what is written: rests, values, dots, tuplets and ties, bar by bar.

use super::tuplets::{self, Stretch, Tuplet};
use super::values::{Shape, Span, Value};
use crate::format::FormatError;
use crate::music::{Duration, LeadSheet, Meter};

/// A bar as it is written.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Its number among the bars, from 0; `None` for the pickup.
    pub bar: Option<usize>,
    /// Where it starts, from the downbeat of bar 1.
    pub start: Duration,
    /// How long it is.
    pub length: Duration,
    /// Its meter.
    pub meter: Meter,
    /// Its notes and rests.
    pub pieces: Vec<Piece>,
}

/// One written note or rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it starts, from the start of the bar.
    pub start: Duration,
    /// How long it sounds.
    pub length: Duration,
    /// Its value; `None` for a rest that fills the bar.
    pub value: Option<Value>,
    /// The tuplet it belongs to; its start is counted from the downbeat that the bar's meter has.
    pub tuplet: Option<Tuplet>,
    /// It is the first of its tuplet.
    pub opens_tuplet: bool,
    /// It is the last of its tuplet.
    pub closes_tuplet: bool,
    /// The melody's note, by number; `None` for a rest.
    pub note: Option<usize>,
    /// The note began before.
    pub tied_back: bool,
    /// The note goes on.
    pub tied_on: bool,
    /// Where it starts in the meter's bar.
    pub beat: Duration,
}

/// Writes out a sheet's melody. What no usual tuplet holds is moved to the nearest 24th of a quarter, with a remark.
///
/// # Errors
/// When a bar's own length cannot be written in note values.
pub fn notate(sheet: &LeadSheet, remarks: &mut Vec<String>) -> Result<Vec<Measure>, FormatError> {
    let form = sheet.form();
    let mut frames = Vec::with_capacity(form.bars.len() + 1);
    if form.pickup.is_positive() {
        frames.push((None, -form.pickup, form.pickup, sheet.meter()));
    }
    for ((index, bar), start) in form.bars.iter().enumerate().zip(form.bar_starts()) {
        frames.push((Some(index), start, bar.length, bar.meter));
    }
    let notes = &sheet.melody().notes;
    let mut next = 0;
    let mut moved = Vec::new();
    let mut measures = Vec::with_capacity(frames.len());
    for (bar, start, length, meter) in frames {
        let end = start + length;
        let mut events = Vec::new();
        let mut at = start;
        while let Some(note) = notes.get(next).filter(|note| note.onset < end) {
            if note.onset > at {
                events.push((at, note.onset, None));
            }
            at = note.end().min(end);
            events.push((note.onset.max(start), at, Some(next)));
            if note.end() > end {
                break;
            }
            next += 1;
        }
        if at < end {
            events.push((at, end, None));
        }
        // A pickup stands at the end of its meter's bar.
        let shift = if bar.is_none() { meter.bar_length() - length - start } else { -start };
        let shifted = events.iter().map(|event| (event.0 + shift, event.1 + shift, event.2)).collect();
        let full = bar.is_some() && length == meter.bar_length();
        let pieces = match write_bar(meter, shifted, full) {
            Ok((pieces, exact)) => {
                if !exact {
                    moved.push(bar.map_or(0, |bar| bar + 1));
                }
                pieces
            }
            Err(Unwritable) => {
                let place = bar.map_or("the pickup".to_string(), |bar| format!("bar {}", bar + 1));
                let message = format!("a length of {length} quarters cannot be written in note values");
                return Err(FormatError::new(message)
                    .at(place)
                    .help("give it a length in whole note values"));
            }
        };
        measures.push(Measure { bar, start, length, meter, pieces });
    }
    tie(&mut measures, notes.len());
    if let Some(first) = moved.first() {
        remarks.push(format!(
            "Notes in {} bars (the first is bar {first}) were moved slightly: no usual note values hold them.",
            moved.len()
        ));
    }
    Ok(measures)
}

/// What a bar is filled with: start and end in the meter's bar, and the note or a rest.
type Event = (Duration, Duration, Option<usize>);

/// A bar whose length no note values fill.
struct Unwritable;

/// Writes a bar, moving what cannot be written; says whether nothing had to be moved.
fn write_bar(meter: Meter, events: Vec<Event>, full: bool) -> Result<(Vec<Piece>, bool), Unwritable> {
    let (from, to) = match (events.first(), events.last()) {
        (Some(first), Some(last)) => (first.0, last.1),
        _ => return Ok((Vec::new(), true)),
    };
    if let (true, [(_, _, None)]) = (full, events.as_slice()) {
        return Ok((vec![piece(from, to, None, None)], true));
    }
    if let Ok(pieces) = write_events(meter, &events) {
        return Ok((pieces, true));
    }
    // Every 96th of a quarter can be written as a triplet; a 24th can be read as well.
    for keep in [96, 24] {
        let snap = |place: Duration| {
            let fine = Duration::QUARTER / keep;
            let coarse = Duration::QUARTER / 24;
            if place == from || place == to || place.rem_floor(fine) == Duration::ZERO {
                return place;
            }
            (coarse * (place + coarse / 2).div_floor(coarse)).clamp(from, to)
        };
        let moved: Vec<Event> = events.iter().map(|event| (snap(event.0), snap(event.1), event.2)).collect();
        let moved: Vec<Event> = moved.into_iter().filter(|event| event.1 > event.0).collect();
        if let Ok(pieces) = write_events(meter, &moved) {
            return Ok((pieces, false));
        }
    }
    Err(Unwritable)
}

fn write_events(meter: Meter, events: &[Event]) -> Result<Vec<Piece>, Duration> {
    let spans: Vec<(Duration, Duration)> = events.iter().map(|event| (event.0, event.1)).collect();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(Vec::new()) };
    let tuplets = tuplets::find(Stretch { meter, from: first.0, to: last.1, events: &spans })?;
    let shape = Shape::of_bar(meter);
    let bar = meter.bar_length();
    let mut pieces = Vec::new();
    for &(from, to, note) in events {
        let mut at = from;
        while at < to {
            let index = tuplets.partition_point(|tuplet| tuplet.end() <= at);
            let mut written = Vec::new();
            let next = match tuplets.get(index) {
                Some(tuplet) if tuplet.start <= at => {
                    let next = tuplet.end().min(to);
                    let (shape, length) = (tuplet.shape(), tuplet.unit() * tuplet.actual);
                    let span = Span { start: Duration::ZERO, length, shape: &shape };
                    span.write(tuplet.written(at), tuplet.written(next), note.is_some(), &mut written);
                    for (start, end, value) in written {
                        let (start, end) = (tuplet.sounding(start), tuplet.sounding(end));
                        pieces.push(Piece { tuplet: Some(*tuplet), ..piece(start, end, Some(value), note) });
                    }
                    next
                }
                tuplet => {
                    let next = tuplet.map_or(to, |tuplet| tuplet.start.min(to));
                    // A bar longer than its meter is written as several of the meter's bars.
                    let start = bar * at.div_floor(bar);
                    let next = next.min(start + bar);
                    Span { start, length: bar, shape: &shape }.write(at, next, note.is_some(), &mut written);
                    pieces.extend(
                        written.iter().map(|&(start, end, value)| piece(start, end, Some(value), note)),
                    );
                    next
                }
            };
            at = next;
        }
    }
    if pieces.iter().map(|piece| piece.length).sum::<Duration>() != last.1 - first.0 {
        return Err(first.0);
    }
    let tuplet_of =
        |index: Option<usize>| index.and_then(|index| pieces.get(index)).and_then(|piece| piece.tuplet);
    let ends: Vec<(bool, bool)> = (0..pieces.len())
        .map(|index| {
            let here = tuplet_of(Some(index));
            let opens = here.is_some() && tuplet_of(index.checked_sub(1)) != here;
            (opens, here.is_some() && tuplet_of(Some(index + 1)) != here)
        })
        .collect();
    for (piece, (opens, closes)) in pieces.iter_mut().zip(ends) {
        (piece.opens_tuplet, piece.closes_tuplet) = (opens, closes);
        piece.start -= first.0;
    }
    Ok(pieces)
}

fn piece(from: Duration, to: Duration, value: Option<Value>, note: Option<usize>) -> Piece {
    Piece {
        start: from,
        length: to - from,
        value,
        tuplet: None,
        opens_tuplet: false,
        closes_tuplet: false,
        note,
        tied_back: false,
        tied_on: false,
        beat: from,
    }
}

/// Ties the pieces of each note.
fn tie(measures: &mut [Measure], notes: usize) {
    let mut left = vec![0usize; notes];
    for piece in measures.iter().flat_map(|measure| &measure.pieces) {
        if let Some(left) = piece.note.and_then(|note| left.get_mut(note)) {
            *left += 1;
        }
    }
    let mut begun = vec![false; notes];
    for piece in measures.iter_mut().flat_map(|measure| &mut measure.pieces) {
        let Some(note) = piece.note else { continue };
        if let (Some(left), Some(begun)) = (left.get_mut(note), begun.get_mut(note)) {
            *left -= 1;
            piece.tied_back = std::mem::replace(begun, true);
            piece.tied_on = *left > 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Form, Key, Melody, Note};

    fn notated(
        form: Form,
        notes: &[(Duration, Duration)],
    ) -> (Result<Vec<Measure>, FormatError>, Vec<String>) {
        let pitch = "G4".parse().expect("a pitch");
        let notes = notes.iter().map(|&(onset, duration)| Note { onset, duration, pitch }).collect();
        let sheet = LeadSheet::new(Header::new("", Key::C_MAJOR), form, Chart::default(), Melody { notes });
        let mut remarks = Vec::new();
        let measures = notate(&sheet.expect("a sheet"), &mut remarks);
        (measures, remarks)
    }

    fn ratio(numerator: i64, denominator: i64) -> Duration {
        Duration::from_ratio(numerator, denominator).expect("a length")
    }

    #[test]
    fn a_note_over_the_bar_line_is_tied_and_an_empty_bar_is_one_rest() {
        let (measures, _) = notated(Form::plain(Meter::COMMON, 3), &[(ratio(3, 1), ratio(2, 1))]);
        let measures = measures.expect("measures");
        let ties: Vec<(bool, bool)> =
            measures.iter().flat_map(|m| &m.pieces).map(|p| (p.tied_back, p.tied_on)).collect();
        let (none, on, back) = ((false, false), (false, true), (true, false));
        assert_eq!(ties, [none, none, on, back, none, none, none]);
        assert_eq!(measures[2].pieces.len(), 1);
        assert_eq!(measures[2].pieces[0].value, None);
    }

    #[test]
    fn a_pickup_may_be_a_part_of_a_triplet() {
        let form = Form { pickup: ratio(1, 3), ..Form::plain(Meter::COMMON, 1) };
        let (measures, remarks) = notated(form, &[(-ratio(1, 3), ratio(1, 3))]);
        let pickup = measures.expect("measures")[0].pieces[0];
        assert_eq!(pickup.value, Some(Value { halvings: 3, dots: 0 }));
        assert!(pickup.opens_tuplet && pickup.closes_tuplet && remarks.is_empty());
    }

    #[test]
    fn what_no_tuplet_holds_moves_and_what_no_bar_holds_is_refused() {
        let tick = Duration::from_ticks(1);
        let (measures, remarks) =
            notated(Form::plain(Meter::COMMON, 1), &[(tick, tick), (ratio(1, 1), ratio(1, 1))]);
        let pieces = &measures.expect("measures")[0].pieces;
        assert_eq!(pieces.iter().filter(|piece| piece.note.is_some()).count(), 1);
        assert_eq!(remarks.len(), 1);
        let mut form = Form::plain(Meter::COMMON, 2);
        form.bars[1].length = tick;
        let error = notated(form, &[]).0.expect_err("a bar of one tick");
        assert_eq!(error.place.as_deref(), Some("bar 2"));
    }
}
