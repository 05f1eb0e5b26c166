//! What limits ask of the melody of one segment, as sets of pitches and as acceptors that need no weights.

use super::contours::{Part, UNKNOWN, Ways, complete, line, parts};
use super::structure::Segment;
use super::unroll::Counter;
use crate::constraint::{Frame, MelodyLimit, PitchSet, Shape};
use crate::music::Duration;

/// So many acceptors are followed at once; what more is asked of one moment is passed over, which can only let too much
/// through.
const SLOTS: usize = 8;

/// One way on: what the acceptors remember, and the notes for which it is so.
#[derive(Clone, Copy)]
pub(super) struct Onward {
    pub(super) watched: u128,
    pub(super) allowed: PitchSet,
    pub(super) ways: Ways,
}

/// An acceptor of what starts in a stretch; state 0 is that of rest, before and after it.
struct Watch {
    from: Duration,
    to: Duration,
    kind: Kind,
    /// Where its state stands among those that are followed.
    slot: usize,
}

enum Kind {
    Count(Counter),
    Contour(Shape),
    /// Part of a contour that reaches over the edge of the segment; it keeps its state to the segment's end.
    Part(Part),
    Near {
        theme: Vec<(Duration, i32)>,
        least: u32,
        most: u32,
    },
}

/// What is asked of a segment, seen from its first use.
pub(super) struct Bound {
    pub(super) sounding: Vec<(Duration, Duration, PitchSet)>,
    /// Places where a note of a set must start.
    onsets: Vec<(Duration, PitchSet)>,
    /// Notes from a place to another.
    notes: Vec<(Duration, Duration, PitchSet)>,
    /// Strong beats with what may start there.
    tones: Vec<(Duration, PitchSet)>,
    watches: Vec<Watch>,
    /// The slots of the parts of contours that reach over its edges, in their order; `None` where one is passed over.
    lines: Vec<Option<usize>>,
    pub(super) leaps: Vec<(Duration, Duration, u32)>,
    /// The place of something that reaches over the edge of the segment, where no note does.
    pub(super) broken: Option<Duration>,
}

/// What an event from one place to another must be, whatever was before.
pub(super) struct Moment {
    /// What may start there; `None` if a rest may not.
    pub(super) rests: bool,
    pub(super) notes: PitchSet,
    /// Nothing that starts here may reach beyond.
    pub(super) barrier: Option<Duration>,
    /// Where the note must end that starts here.
    pub(super) end: Option<Duration>,
}

impl Bound {
    /// What limits ask of a segment in all its uses; `tones` gives what may start on a strong beat for the chords that
    /// can sound there, places in the time of the segment.
    pub(super) fn new(
        frame: &Frame,
        segment: &Segment,
        limits: &[MelodyLimit],
        tones: &dyn Fn(Duration) -> PitchSet,
    ) -> Bound {
        let mut bound = Bound {
            sounding: Vec::new(),
            onsets: Vec::new(),
            notes: Vec::new(),
            tones: Vec::new(),
            watches: Vec::new(),
            lines: Vec::new(),
            leaps: Vec::new(),
            broken: None,
        };
        for &shift in &segment.shifts {
            limits.iter().for_each(|limit| bound.bind(frame, segment, limit, shift, tones));
        }
        let parts = parts(segment, limits);
        let watch = |part: &Part| Watch { from: part.from, to: part.to, kind: Kind::Part(*part), slot: 0 };
        bound.watches.extend(parts.iter().map(watch));
        bound.watches.sort_by_key(|watch| (watch.from, watch.to));
        bound.give_slots(segment.to);
        let slot = |part: &Part| {
            let own = |watch: &&Watch| matches!(&watch.kind, Kind::Part(known) if known == part);
            bound.watches.iter().find(own).map(|watch| watch.slot)
        };
        bound.lines = parts.iter().map(slot).collect();
        bound
    }

    /// The states of the parts of contours at the segment's end.
    pub(super) fn lines(&self, watched: u128) -> Vec<u16> {
        let state = |slot: &Option<usize>| slot.map_or(UNKNOWN, |slot| (watched >> (slot * 16)) as u16);
        self.lines.iter().map(state).collect()
    }

    fn bind(
        &mut self,
        frame: &Frame,
        segment: &Segment,
        limit: &MelodyLimit,
        shift: Duration,
        tones: &dyn Fn(Duration) -> PitchSet,
    ) {
        let span = |from: Duration, to: Duration| {
            let (from, to) = (from - shift, to - shift);
            (from < segment.to && to > segment.from).then_some((from, to))
        };
        let within = |(from, to): (Duration, Duration)| from >= segment.from && to <= segment.to;
        let (span, kind) = match limit {
            MelodyLimit::Sounding { from, to, allowed } => {
                self.sounding.extend(span(*from, *to).map(|(from, to)| (from, to, *allowed)));
                return;
            }
            MelodyLimit::Onset { at, allowed } => {
                let moment = *at + Duration::from_ticks(1);
                self.onsets.extend(span(*at, moment).map(|(at, _)| (at, *allowed)));
                return;
            }
            MelodyLimit::Note { at, to, allowed } => {
                let Some(span) = span(*at, *to) else { return };
                self.broken = self.broken.or((!within(span)).then_some(span.0.max(segment.from)));
                self.notes.push((span.0, span.1, *allowed));
                return;
            }
            MelodyLimit::Leap { from, to, max } => {
                self.leaps.extend(span(*from, *to).map(|(from, to)| (from, to, *max)));
                return;
            }
            MelodyLimit::ChordTones { from, to } => {
                let Some((from, to)) = span(*from, *to) else { return };
                let strong = strong_beats(frame, from.max(segment.from), to.min(segment.to));
                self.tones.extend(strong.into_iter().map(|at| (at, tones(at))));
                return;
            }
            MelodyLimit::First { .. } | MelodyLimit::Last { .. } => return,
            MelodyLimit::Count { from, to, min, max } => {
                let Some((from, to)) = span(*from, *to) else { return };
                let counter = Counter { from, to, min: *min, max: *max, counts_held: false };
                // The same bar counted twice is counted once, by both.
                let same = |watch: &&mut Watch| (watch.from, watch.to) == (from, to);
                let known = self.watches.iter_mut().filter(same).find_map(|watch| match &mut watch.kind {
                    Kind::Count(counter) => Some(counter),
                    _ => None,
                });
                if let Some(known) = known {
                    (known.min, known.max) = (known.min.max(*min), known.max.min(*max));
                    return;
                }
                ((from, to), Kind::Count(counter))
            }
            MelodyLimit::Contour { from, to, shape } => {
                let Some(span) = span(*from, *to).filter(|span| within(*span)) else { return };
                (span, Kind::Contour(*shape))
            }
            MelodyLimit::Near { from, to, theme, least, most } => {
                let Some(span) = span(*from, *to) else { return };
                self.broken = self.broken.or((!within(span)).then_some(span.0.max(segment.from)));
                let theme = theme.iter().map(|&(at, midi)| (at - shift, midi)).collect();
                (span, Kind::Near { theme, least: *least, most: *most })
            }
        };
        self.watches.push(Watch { from: span.0, to: span.1, kind, slot: 0 });
    }

    /// Gives each acceptor a place for its state that no other needs in its stretch, which for parts of contours goes to
    /// the end of the segment.
    fn give_slots(&mut self, end: Duration) {
        let mut free_from: [Option<Duration>; SLOTS] = [None; SLOTS];
        self.watches.retain_mut(|watch| {
            let slot = free_from.iter().position(|free| free.is_none_or(|free| free <= watch.from));
            if let Some(slot) = slot {
                let keeps = matches!(watch.kind, Kind::Part(_));
                (watch.slot, free_from[slot]) = (slot, Some(if keeps { end } else { watch.to }));
            }
            slot.is_some()
        });
    }

    /// The places that must be there for something to start or stop.
    pub(super) fn marks(&self) -> impl Iterator<Item = Duration> {
        let onsets = self.onsets.iter().map(|onset| onset.0);
        let spans = self.sounding.iter().chain(&self.notes).flat_map(|&(from, to, _)| [from, to]);
        let themes = self.watches.iter().flat_map(|watch| match &watch.kind {
            Kind::Near { theme, .. } => theme.as_slice(),
            _ => &[],
        });
        onsets.chain(spans).chain(themes.map(|note| note.0))
    }

    /// The acceptors that count notes.
    pub(super) fn counters(&self) -> impl Iterator<Item = &Counter> {
        self.watches.iter().filter_map(|watch| match &watch.kind {
            Kind::Count(counter) => Some(counter),
            _ => None,
        })
    }

    /// The widest leap to a note that starts at a place.
    pub(super) fn leap(&self, at: Duration) -> u32 {
        let leaps = self.leaps.iter().filter(|(from, to, _)| *from <= at && at < *to);
        leaps.map(|leap| leap.2).min().unwrap_or(127)
    }

    /// What an event must be that starts at a place; `None` if none may.
    pub(super) fn moment(&self, at: Duration) -> Option<Moment> {
        let mut moment = Moment { rests: true, notes: PitchSet::ALL, barrier: None, end: None };
        let mut later = |place: Duration| {
            moment.barrier = Some(moment.barrier.map_or(place, |known| known.min(place)));
        };
        for &(onset, _) in self.onsets.iter().filter(|onset| onset.0 > at) {
            later(onset);
        }
        for &(from, to, _) in &self.notes {
            if from > at {
                later(from);
            } else if from < at && at < to {
                return None;
            }
        }
        let onsets = self.onsets.iter().filter(|onset| onset.0 == at).map(|onset| onset.1);
        let notes = self.notes.iter().filter(|note| note.0 == at);
        for allowed in onsets.chain(notes.clone().map(|note| note.2)) {
            moment.rests = false;
            moment.notes = moment.notes.intersection(allowed);
        }
        for &(_, end, _) in notes {
            if moment.end.is_some_and(|known| known != end) {
                return None;
            }
            moment.end = Some(end);
        }
        for &(_, allowed) in self.tones.iter().filter(|tones| tones.0 == at) {
            moment.notes = moment.notes.intersection(allowed);
        }
        Some(moment)
    }

    /// The acceptors that an event passes, by number.
    pub(super) fn passed(&self, at: Duration, end: Duration, into: &mut Vec<usize>) {
        into.clear();
        let begun = self.watches.partition_point(|watch| watch.from < end);
        into.extend((0..begun).filter(|&number| at < self.watches[number].to));
    }

    /// The ways on from what is remembered by an event that passes some acceptors; none if it may not stand there.
    pub(super) fn advance(
        &self,
        (watched, allowed): (u128, PitchSet),
        passed: &[usize],
        (at, end): (Duration, Duration),
        sounds: bool,
        mut each: impl FnMut(Onward),
    ) {
        let mut here = Onward { watched, allowed, ways: Ways::ALL };
        let mut all_count = true;
        for watch in passed.iter().map(|&number| &self.watches[number]) {
            match &watch.kind {
                Kind::Count(counter) => {
                    let Some(next) = counter.next(watch.state(watched), at, end, sounds) else { return };
                    here.watched = watch.remember(here.watched, next);
                }
                _ => all_count = false,
            }
        }
        // Mostly there is nothing else, and one way on.
        if all_count {
            return each(here);
        }
        let mut onward = vec![here];
        for watch in passed.iter().map(|&number| &self.watches[number]) {
            let nexts = watch.nexts(watch.state(watched), at, end, sounds);
            let mut joined = Vec::with_capacity(onward.len() * nexts.len());
            for way in &onward {
                for &(state, set, ways) in &nexts {
                    let allowed = way.allowed.intersection(set);
                    let ways = way.ways.both(ways).filter(|_| !sounds || !allowed.is_empty());
                    let watched = watch.remember(way.watched, state);
                    joined.extend(ways.map(|ways| Onward { watched, allowed, ways }));
                }
            }
            onward = joined;
        }
        onward.into_iter().for_each(each);
    }
}

impl Watch {
    /// Its state among those that are remembered.
    fn state(&self, watched: u128) -> u16 {
        (watched >> (self.slot * 16)) as u16
    }

    /// What is remembered with its state another.
    fn remember(&self, watched: u128, state: u16) -> u128 {
        let shift = self.slot * 16;
        watched & !(0xffff << shift) | u128::from(state) << shift
    }

    /// The states after an event that passes the stretch, each with the notes for which it comes about.
    fn nexts(&self, state: u16, at: Duration, end: Duration, sounds: bool) -> Vec<(u16, PitchSet, Ways)> {
        let (starts, closes) = (sounds && at >= self.from, end >= self.to);
        let all = PitchSet::ALL;
        match &self.kind {
            Kind::Count(counter) => {
                let next = counter.next(state, at, end, sounds);
                next.map(|next| (next, all, Ways::ALL)).into_iter().collect()
            }
            Kind::Contour(shape) => {
                let nexts = if starts { line(*shape, state) } else { vec![(state, Ways::ALL)] };
                let nexts = nexts.into_iter().filter(|next| !closes || next.0 == complete(*shape));
                nexts.map(|(next, ways)| (if closes { 0 } else { next }, all, ways)).collect()
            }
            Kind::Part(part) => {
                let nexts = part.nexts(state, at, end, sounds).into_iter();
                nexts.map(|(next, ways)| (next, all, ways)).collect()
            }
            Kind::Near { theme, least, most } => {
                let passed = theme.iter().filter(|note| at < note.0 && note.0 < end && self.from <= note.0);
                let before = u32::from(state.saturating_sub(1)) + passed.count() as u32;
                let here = theme.iter().find(|note| note.0 == at && at >= self.from);
                let nexts = match here {
                    Some(&(_, midi)) if sounds => {
                        let same = PitchSet::one(midi);
                        vec![(before, same), (before + 1, same.others())]
                    }
                    Some(_) => vec![(before + 1, all)],
                    None => vec![(before + u32::from(starts), all)],
                };
                let nexts = nexts.into_iter().filter(|next| next.0 <= *most && (!closes || next.0 >= *least));
                nexts.map(|(next, set)| (if closes { 0 } else { 1 + next as u16 }, set, Ways::ALL)).collect()
            }
        }
    }
}

/// What the sheet's first note may be, and its last; `None` where nothing is said, and then there need be no note.
pub(super) fn first_and_last(limits: &[MelodyLimit]) -> (Option<PitchSet>, Option<PitchSet>) {
    let mut ends = (None, None);
    for limit in limits {
        let (end, allowed) = match limit {
            MelodyLimit::First { allowed } => (&mut ends.0, allowed),
            MelodyLimit::Last { allowed } => (&mut ends.1, allowed),
            _ => continue,
        };
        *end = Some(end.unwrap_or(PitchSet::ALL).intersection(*allowed));
    }
    ends
}

/// The strong beats of a stretch.
pub(super) fn strong_beats(frame: &Frame, from: Duration, to: Duration) -> Vec<Duration> {
    let length = frame.meter.bar_length();
    let mut in_bar = vec![Duration::ZERO];
    in_bar.extend(frame.meter.pulses().into_iter().scan(Duration::ZERO, |at, pulse| {
        *at += pulse;
        Some(*at)
    }));
    in_bar.retain(|&at| at < length && frame.meter.strength(at) <= 1);
    let mut strong = Vec::new();
    let mut bar = from - from.rem_floor(length);
    while bar < to {
        strong.extend(in_bar.iter().map(|&at| bar + at).filter(|&at| from <= at && at < to));
        bar += length;
    }
    strong
}
