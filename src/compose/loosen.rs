//! How a constraint can ask for less: a number that gives way, a bar that is let go.

use std::ops::RangeInclusive;

use crate::constraint::{ChordsPerBar, Constraint, Density, Frame, Leap, PitchRange, Place};
use crate::music::{Key, Pitch};

/// How far a number of semitones gives way.
const MOST_SEMITONES: u32 = 24;
/// How far a number of notes or chords does.
const MOST_EVENTS: u32 = 16;

/// A way for a number to give way, by one or more.
pub(super) struct Way<'a> {
    /// The most it can.
    pub(super) most: u32,
    /// The constraint that asks for so much less.
    pub(super) by: Box<dyn Fn(u32) -> Option<Constraint> + 'a>,
}

impl<'a> Way<'a> {
    fn new(most: u32, by: impl Fn(u32) -> Option<Constraint> + 'a) -> Way<'a> {
        Way { most, by: Box::new(by) }
    }
}

/// The ways in which the numbers of a constraint can give way; pitches are spelled in a key.
pub(super) fn loosened(constraint: &Constraint, key: Key) -> Vec<Way<'_>> {
    match constraint {
        Constraint::Leap(Leap { place, semitones }) => {
            let leap = move |by| Constraint::Leap(Leap { place: place.clone(), semitones: *semitones + by });
            vec![Way::new(MOST_SEMITONES.saturating_sub(*semitones), move |by| Some(leap(by)))]
        }
        Constraint::Density(Density { place, count }) => {
            let density = |count| Constraint::Density(Density { place: place.clone(), count });
            counts(count, Density::MOST, density)
        }
        Constraint::ChordsPerBar(ChordsPerBar { place, count }) => {
            let per_bar = |count| Constraint::ChordsPerBar(ChordsPerBar { place: place.clone(), count });
            counts(count, ChordsPerBar::MOST, per_bar)
        }
        Constraint::Range(range) => {
            let spelled = move |midi: i32| (0..=127).contains(&midi).then(|| key.spell_midi(midi));
            let asks = |lowest: Pitch, highest: Pitch| {
                Constraint::Range(PitchRange { lowest, highest, ..range.clone() })
            };
            let above = move |by: u32| Some(asks(range.lowest, spelled(range.highest.midi() + by as i32)?));
            let below = move |by: u32| Some(asks(spelled(range.lowest.midi() - by as i32)?, range.highest));
            let room_above = (127 - range.highest.midi()).clamp(0, MOST_SEMITONES as i32) as u32;
            let room_below = range.lowest.midi().clamp(0, MOST_SEMITONES as i32) as u32;
            vec![Way::new(room_above, above), Way::new(room_below, below)]
        }
        _ => Vec::new(),
    }
}

/// More at most, or fewer at least.
fn counts<'a>(
    count: &RangeInclusive<u32>,
    most: u32,
    asks: impl Fn(RangeInclusive<u32>) -> Constraint + Clone + 'a,
) -> Vec<Way<'a>> {
    let (min, max) = (*count.start(), *count.end());
    let more = asks.clone();
    vec![
        Way::new(most.saturating_sub(max).min(MOST_EVENTS), move |by| Some(more(min..=max + by))),
        Way::new(min, move |by| Some(asks(min.checked_sub(by)?..=max))),
    ]
}

/// What a constraint on several bars asks of all but one, if it can be said, and what may then be in that bar.
pub(super) fn freed(
    constraint: &Constraint,
    bar: usize,
    frame: &Frame,
) -> Option<(Vec<Constraint>, &'static str)> {
    let (what, from_pickup) = match constraint {
        Constraint::Chord(_) | Constraint::NoChord(_) => ("any chord", true),
        Constraint::ChordsPerBar(_) => ("any number of chords", false),
        Constraint::Density(_) => ("any number of notes", false),
        Constraint::Range(_) => ("any pitch", true),
        Constraint::Leap(_) => ("any leap", true),
        Constraint::Rest(_) => ("any notes", true),
        _ => return None,
    };
    let first = usize::from(!from_pickup || !frame.pickup.is_positive());
    let spans: Vec<(usize, usize)> = match constraint.place() {
        Place::Everywhere => vec![(first, frame.bars)],
        Place::Bars(from, to) => vec![(*from, *to)],
        Place::Section(_) => {
            let length = frame.meter.bar_length();
            let spans = frame.spans(constraint.place()).ok()?.into_iter();
            let spans = spans.map(|(from, to)| Some((from, to.div_floor(length))));
            let bars = |(from, to): (crate::music::Duration, i64)| {
                Some((usize::try_from(from.div_floor(length) + 1).ok()?, usize::try_from(to).ok()?))
            };
            spans.map(|span| span.and_then(bars)).collect::<Option<_>>()?
        }
        _ => return None,
    };
    let covers = |&(from, to): &(usize, usize)| from <= bar && bar <= to;
    if !spans.iter().any(covers) || spans == [(bar, bar)] {
        return None;
    }
    let mut places = Vec::new();
    for (from, to) in spans {
        if !covers(&(from, to)) {
            places.push((from, to));
            continue;
        }
        places.extend(bar.checked_sub(1).filter(|&before| from <= before).map(|before| (from, before)));
        places.extend((bar < to).then_some((bar + 1, to)));
    }
    // On a bar, chords are asked of its start alone; on bars, of all that sounds.
    let whole = matches!(constraint, Constraint::Chord(_));
    let place = |(from, to)| if from == to && !whole { Place::Bar(from) } else { Place::Bars(from, to) };
    let places = places.into_iter().map(place);
    let asked = places.map(|place| moved(constraint, place));
    Some((asked.collect::<Option<_>>()?, what))
}

/// The constraint at another place.
fn moved(constraint: &Constraint, to: Place) -> Option<Constraint> {
    let mut constraint = constraint.clone();
    let place = match &mut constraint {
        Constraint::Chord(kind) => &mut kind.place,
        Constraint::NoChord(kind) => &mut kind.place,
        Constraint::ChordsPerBar(kind) => &mut kind.place,
        Constraint::Density(kind) => &mut kind.place,
        Constraint::Range(kind) => &mut kind.place,
        Constraint::Leap(kind) => &mut kind.place,
        Constraint::Rest(kind) => &mut kind.place,
        _ => return None,
    };
    *place = to;
    Some(constraint)
}
