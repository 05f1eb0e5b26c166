//! Notes and rests with exact lengths, one after the other: what `melody` and `rhythm` ask for.

use std::fmt;

use super::error::ConstraintError;
use super::frame::Frame;
use super::limits::MelodyLimit;
use super::pitch_set::PitchSet;
use super::place::Place;
use super::reader::Reader;
use crate::music::{Duration, LeadSheet};

/// A note or a rest, and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timed<N> {
    /// What is asked of the note; `None` is a rest.
    pub note: Option<N>,
    /// How long, more than nothing and at most [`LONGEST_NOTE`].
    pub length: Duration,
}

/// The longest that a note or rest can be asked for.
pub const LONGEST_NOTE: Duration = Duration::quarters(1000);

/// Reads `r:1`, a rest with its length, if one stands here.
pub(super) fn rest<N>(reader: &mut Reader<'_>) -> Result<Option<Timed<N>>, ConstraintError> {
    if reader.entry().eq_ignore_ascii_case("r") {
        return Err(reader.expected_rather("a rest with its length, such as r:1", Some("r:1".to_string())));
    }
    let mut ahead = reader.clone();
    if !ahead.eat_word("r") || !ahead.eat(":") {
        return Ok(None);
    }
    *reader = ahead;
    Ok(Some(Timed { note: None, length: length(reader)? }))
}

/// Reads a length: quarters, as `1`, `1/2`, `1.5` or `2+1/2`.
pub(super) fn length(reader: &mut Reader<'_>) -> Result<Duration, ConstraintError> {
    let word = reader.entry();
    let written = word.chars().all(|letter| letter.is_ascii_digit() || "+/.".contains(letter));
    let length =
        word.parse().ok().filter(|&length| written && Duration::ZERO < length && length <= LONGEST_NOTE);
    let length =
        length.ok_or_else(|| reader.expected("a length in quarters, such as 1, 1/2, 1.5 or 2+1/2"))?;
    reader.take(word.len());
    Ok(length)
}

/// How long all of it lasts.
fn total<N>(line: &[Timed<N>]) -> Duration {
    line.iter().map(|timed| timed.length).sum()
}

/// Where it begins: at the start of each stretch of the place. It has to fit into the stretch; from a beat on it may run
/// to the end of the sheet.
pub(super) fn starts<N>(
    kind: &impl fmt::Display,
    place: &Place,
    line: &[Timed<N>],
    frame: &Frame,
) -> Result<Vec<Duration>, ConstraintError> {
    let from_beat = matches!(place, Place::Beat(..));
    let spans = frame.spans(place)?.into_iter();
    let spans = spans.map(|(from, to)| (from, if from_beat { frame.end() } else { to }));
    spans
        .map(|(from, to)| {
            let over = total(line) - (to - from);
            if !over.is_positive() {
                return Ok(from);
            }
            let (room, out) = if from_beat {
                ("is left of the sheet", "shorten it")
            } else {
                ("the place has", "shorten it, or name more bars or the beat where it begins")
            };
            let (length, quarters) =
                (total(line), if over == Duration::QUARTER { "quarter" } else { "quarters" });
            let reason = format!("it lasts {length} quarters, {over} {quarters} longer than {room}; {out}");
            Err(ConstraintError::unfit(kind, reason))
        })
        .collect()
}

/// Whether from a place on a sheet has exactly these notes and rests, each note being as `fits` says.
pub(super) fn is_played<N>(
    line: &[Timed<N>],
    start: Duration,
    sheet: &LeadSheet,
    fits: impl Fn(&N, i32) -> bool,
) -> bool {
    let end = start + total(line);
    let mut heard = sheet.melody().notes.iter().filter(|note| note.end() > start && note.onset < end);
    let mut at = start;
    for timed in line {
        if let Some(wanted) = &timed.note {
            let exact = heard.next().is_some_and(|note| {
                note.onset == at && note.duration == timed.length && fits(wanted, note.pitch.midi())
            });
            if !exact {
                return false;
            }
        }
        at += timed.length;
    }
    heard.next().is_none()
}

/// What it asks of a melody from a place on; `pitches` says which a note may have.
pub(super) fn limits<'t, N>(
    line: &'t [Timed<N>],
    start: Duration,
    pitches: impl Fn(&N) -> PitchSet + 't,
) -> impl Iterator<Item = MelodyLimit> + 't {
    let ends = line.iter().scan(start, |end, timed| {
        *end += timed.length;
        Some((timed, *end - timed.length, *end))
    });
    ends.map(move |(timed, at, to)| match &timed.note {
        Some(note) => MelodyLimit::Note { at, to, allowed: pitches(note) },
        None => MelodyLimit::Sounding { from: at, to, allowed: PitchSet::EMPTY },
    })
}
