//! What limits ask of the melody of one segment, event by event: masks on what starts where, and acceptors that watch
//! how it goes on.

use super::contours::{self, Part, complete, line, parts};
use super::melody_law::MelodyLaw;
use super::reach_limits::strong_beats;
use super::structure::Segment;
use super::unroll::{Counter, Symbols, all_symbols};
use crate::constraint::{Frame, MelodyLimit, PitchSet, Shape};
use crate::music::{Chart, Duration};

/// Which way a note may lie from the one before it; the first note of a segment may lie anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ways(u8);

impl Ways {
    const LOWER: Ways = Ways(1);
    const SAME: Ways = Ways(2);
    const HIGHER: Ways = Ways(4);
    /// Anywhere.
    pub const ALL: Ways = Ways(7);

    fn of(ways: contours::Ways) -> Ways {
        let bit = |is: bool, way: Ways| if is { way.0 } else { 0 };
        Ways(bit(ways.lower, Ways::LOWER) | bit(ways.same, Ways::SAME) | bit(ways.higher, Ways::HIGHER))
    }

    fn both(self, other: Ways) -> Ways {
        Ways(self.0 & other.0)
    }

    /// Whether an interval goes such a way.
    pub fn allow(self, interval: i32) -> bool {
        let way = match interval.signum() {
            -1 => Ways::LOWER,
            0 => Ways::SAME,
            _ => Ways::HIGHER,
        };
        self.0 & way.0 != 0
    }
}

/// One way on from a node: what its acceptors remember then, and the notes for which that is so. Ways on differ in the
/// notes that they are for, so no melody is counted twice.
pub(super) struct Onward {
    pub(super) watched: Vec<u16>,
    pub(super) allowed: Symbols,
    pub(super) ways: Ways,
}

/// An acceptor: state 0 is that of rest, before and after its stretch.
enum Watch {
    Count(Counter),
    Contour {
        from: Duration,
        to: Duration,
        shape: Shape,
    },
    /// Part of a contour that reaches over the edge of the segment; it keeps its state to the segment's end.
    Part(Part),
    Near {
        from: Duration,
        to: Duration,
        theme: Vec<(Duration, Symbols)>,
        least: u32,
        most: u32,
    },
}

/// The limits on a segment, seen from its first use.
pub(super) struct Local {
    pub(super) sounding: Vec<(Duration, Duration, Symbols)>,
    /// Places where notes start, in order of time.
    pub(super) onsets: Vec<(Duration, Symbols)>,
    /// Notes from a place to another, in order of time.
    pub(super) notes: Vec<(Duration, Duration, Symbols)>,
    /// For each of them where the last one ends of those up to it.
    last_to: Vec<Duration>,
    /// Parts of contours come first.
    watches: Vec<Watch>,
    pub(super) leaps: Vec<(Duration, Duration, u32)>,
    /// What the first note may be, if the sheet's first note may lie here.
    pub(super) first: Option<Symbols>,
    /// What the last note may be, if the sheet's last note may lie here.
    pub(super) last: Option<Symbols>,
    /// Whether something is asked that reaches over the edge of the segment, where no note does.
    broken: bool,
}

impl Local {
    /// What limits ask of a segment in all its uses.
    pub(super) fn new(
        law: &MelodyLaw<'_>,
        segment: &Segment,
        (is_first, is_last): (bool, bool),
        limits: &[MelodyLimit],
    ) -> Local {
        let mut local = Local {
            sounding: Vec::new(),
            onsets: Vec::new(),
            notes: Vec::new(),
            last_to: Vec::new(),
            watches: parts(segment, limits).into_iter().map(Watch::Part).collect(),
            leaps: Vec::new(),
            first: None,
            last: None,
            broken: false,
        };
        for (use_index, &shift) in segment.shifts.iter().enumerate() {
            for limit in limits {
                match limit {
                    MelodyLimit::First { allowed } if is_first && use_index == 0 => {
                        local.first = narrow(local.first, symbols(law, allowed));
                    }
                    MelodyLimit::Last { allowed } if is_last && use_index == 0 => {
                        local.last = narrow(local.last, symbols(law, allowed));
                    }
                    _ => local.bind(law, segment, limit, shift),
                }
            }
        }
        local.onsets.sort_by_key(|onset| onset.0);
        local.notes.sort_by_key(|note| note.0);
        local.last_to = local.notes.iter().map(|note| note.1).collect();
        for note in 1..local.last_to.len() {
            local.last_to[note] = local.last_to[note].max(local.last_to[note - 1]);
        }
        local
    }

    /// Takes up a limit on a stretch, as it is seen from a use that lies so much later.
    fn bind(&mut self, law: &MelodyLaw<'_>, segment: &Segment, limit: &MelodyLimit, shift: Duration) {
        let overlaps = |from: Duration, to: Duration| from < segment.to && to > segment.from;
        let within = |from: Duration, to: Duration| from >= segment.from && to <= segment.to;
        let moment = Duration::from_ticks(1);
        match limit {
            MelodyLimit::Sounding { from, to, allowed } if overlaps(*from - shift, *to - shift) => {
                self.sounding.push((*from - shift, *to - shift, symbols(law, allowed)));
            }
            MelodyLimit::Onset { at, allowed } if overlaps(*at - shift, *at - shift + moment) => {
                self.onsets.push((*at - shift, symbols(law, allowed)));
            }
            MelodyLimit::Note { at, to, allowed } if overlaps(*at - shift, *to - shift) => {
                self.broken |= !within(*at - shift, *to - shift);
                self.notes.push((*at - shift, *to - shift, symbols(law, allowed)));
            }
            MelodyLimit::Count { from, to, min, max } if overlaps(*from - shift, *to - shift) => {
                let (from, to) = (*from - shift, *to - shift);
                let counter = Counter { from, to, min: *min, max: *max, counts_held: false };
                self.watches.push(Watch::Count(counter));
            }
            MelodyLimit::Contour { from, to, shape } if overlaps(*from - shift, *to - shift) => {
                let (from, to) = (*from - shift, *to - shift);
                if within(from, to) {
                    self.watches.push(Watch::Contour { from, to, shape: *shape });
                }
            }
            MelodyLimit::Near { from, to, theme, least, most } if overlaps(*from - shift, *to - shift) => {
                let (from, to) = (*from - shift, *to - shift);
                self.broken |= !within(from, to);
                let theme = theme
                    .iter()
                    .map(|&(at, midi)| (at - shift, symbols(law, &PitchSet::one(midi))))
                    .collect();
                self.watches.push(Watch::Near { from, to, theme, least: *least, most: *most });
            }
            MelodyLimit::Leap { from, to, max } if overlaps(*from - shift, *to - shift) => {
                self.leaps.push((*from - shift, *to - shift, *max));
            }
            _ => {}
        }
    }

    /// What the acceptors remember at the start.
    pub(super) fn at_rest(&self) -> Vec<u16> {
        vec![0; self.watches.len()]
    }

    /// How many parts of contours there are that reach over the edges of the segment: what is remembered first.
    pub(super) fn lines(&self) -> usize {
        self.watches.iter().filter(|watch| matches!(watch, Watch::Part(_))).count()
    }

    /// The places that must be there for something to start or stop.
    pub(super) fn places(&self) -> impl Iterator<Item = Duration> {
        let onsets = self.onsets.iter().map(|onset| onset.0);
        let spans = self.sounding.iter().chain(&self.notes).flat_map(|&(from, to, _)| [from, to]);
        let themes = self.watches.iter().flat_map(|watch| match watch {
            Watch::Near { theme, .. } => theme.as_slice(),
            _ => &[],
        });
        onsets.chain(spans).chain(themes.map(|note| note.0))
    }

    /// The acceptors that count notes.
    pub(super) fn counters(&self) -> impl Iterator<Item = &Counter> {
        self.watches.iter().filter_map(|watch| match watch {
            Watch::Count(counter) => Some(counter),
            _ => None,
        })
    }

    /// Where a note ends that is asked to start at a place.
    pub(super) fn asked_end(&self, at: Duration) -> Option<Duration> {
        self.notes.iter().find(|note| note.0 == at).map(|note| note.1)
    }

    /// The ways on from what is remembered by an event; none if it may not stand there. `silent` says that the sheet's
    /// first note is still to come.
    pub(super) fn advance(
        &self,
        (watched, silent): (&[u16], bool),
        at: Duration,
        end: Duration,
        rest: bool,
        pitches: usize,
    ) -> Vec<Onward> {
        let mut allowed = all_symbols(pitches);
        let here = self.onsets.partition_point(|onset| onset.0 < at);
        for &(onset, set) in self.onsets[here..].iter().take_while(|onset| onset.0 < end) {
            if onset > at {
                return Vec::new();
            }
            allowed &= if rest { 0 } else { set };
        }
        let here = self.notes.partition_point(|note| note.0 < at);
        if here.checked_sub(1).is_some_and(|before| self.last_to[before] > at) {
            return Vec::new();
        }
        for &(from, to, set) in self.notes[here..].iter().take_while(|note| note.0 < end) {
            if from > at {
                return Vec::new();
            }
            allowed &= if rest || end != to { 0 } else { set };
        }
        if !rest {
            for &(from, to, set) in &self.sounding {
                if at < to && end > from {
                    allowed &= set;
                }
            }
            if silent {
                allowed &= self.first.unwrap_or(Symbols::MAX);
            }
        }
        if allowed == 0 || self.broken {
            return Vec::new();
        }
        let mut onward = vec![Onward { watched: Vec::new(), allowed, ways: Ways::ALL }];
        for (watch, &state) in self.watches.iter().zip(watched) {
            let nexts = watch.nexts(state, at, end, !rest);
            let join = |way: &Onward| {
                let joined = nexts.iter().filter_map(|&(state, set, ways)| {
                    let (allowed, ways) = (way.allowed & set, way.ways.both(ways));
                    let watched = way.watched.iter().copied().chain([state]).collect();
                    (allowed != 0 && ways.0 != 0).then_some(Onward { watched, allowed, ways })
                });
                joined.collect::<Vec<_>>()
            };
            onward = onward.iter().flat_map(join).collect();
        }
        onward
    }
}

impl Watch {
    /// The states after an event from `at` to `end`, each with the notes for which it comes about; for a rest the notes
    /// do not count.
    fn nexts(&self, state: u16, at: Duration, end: Duration, sounds: bool) -> Vec<(u16, Symbols, Ways)> {
        match self {
            Watch::Count(counter) => {
                let next = counter.next(state, at, end, sounds);
                next.map(|next| (next, Symbols::MAX, Ways::ALL)).into_iter().collect()
            }
            Watch::Contour { from, to, .. } | Watch::Near { from, to, .. } if end <= *from || at >= *to => {
                vec![(0, Symbols::MAX, Ways::ALL)]
            }
            Watch::Contour { from, to, shape } => {
                let starts = sounds && at >= *from;
                let nexts = if starts { line(*shape, state) } else { vec![(state, contours::Ways::ALL)] };
                let closes = end >= *to;
                let nexts = nexts.into_iter().filter(|next| !closes || next.0 == complete(*shape));
                let state = |next: u16| if closes { 0 } else { next };
                nexts.map(|(next, ways)| (state(next), Symbols::MAX, Ways::of(ways))).collect()
            }
            Watch::Part(part) => {
                let nexts = part.nexts(state, at, end, sounds).into_iter();
                nexts.map(|(next, ways)| (next, Symbols::MAX, Ways::of(ways))).collect()
            }
            Watch::Near { from, to, theme, least, most } => {
                let passed =
                    theme.iter().filter(|note| at < note.0 && note.0 < end && *from <= note.0).count();
                let before = u32::from(state.saturating_sub(1)) + passed as u32;
                let here = theme.iter().find(|note| note.0 == at && at >= *from);
                let nexts = match here {
                    Some(&(_, same)) if sounds => vec![(before, same), (before + 1, !same)],
                    Some(_) => vec![(before + 1, Symbols::MAX)],
                    None => vec![(before + u32::from(sounds && at >= *from), Symbols::MAX)],
                };
                let closes = end >= *to;
                let goes = |next: &(u32, Symbols)| next.0 <= *most && (!closes || next.0 >= *least);
                let nexts = nexts.into_iter().filter(goes);
                nexts.map(|(next, set)| (if closes { 0 } else { 1 + next as u16 }, set, Ways::ALL)).collect()
            }
        }
    }
}

/// Where limits ask for chord tones in one of a segment's uses: its strong beats with the tones of the chords there, from
/// which no note may start that is none.
pub(super) fn strong_tones(
    law: &MelodyLaw<'_>,
    frame: &Frame,
    segment: &Segment,
    chart: &Chart,
    limits: &[MelodyLimit],
) -> Vec<(Duration, Symbols)> {
    let mut found = Vec::new();
    for &shift in &segment.shifts {
        for limit in limits {
            let MelodyLimit::ChordTones { from, to } = limit else { continue };
            for at in strong_beats(frame, (*from - shift).max(segment.from), (*to - shift).min(segment.to)) {
                let tones = chart.sounding_at(at + shift).map_or(0, |chord| chord.pitch_classes());
                if tones != 0 {
                    let is_tone = |symbol: &u16| tones >> law.midi(*symbol).rem_euclid(12) & 1 == 1;
                    let set = (0..law.pitches as u16).filter(is_tone);
                    found.push((at, set.fold(0, |set: Symbols, symbol| set | 1 << symbol)));
                }
            }
        }
    }
    found
}

/// The symbols of a set of pitches.
pub(super) fn symbols(law: &MelodyLaw<'_>, allowed: &PitchSet) -> Symbols {
    let symbols = (0..law.pitches as u16).filter(|&symbol| allowed.contains(law.midi(symbol)));
    symbols.fold(0, |set: Symbols, symbol| set | 1 << symbol)
}

fn narrow(known: Option<Symbols>, allowed: Symbols) -> Option<Symbols> {
    Some(known.unwrap_or(Symbols::MAX) & allowed)
}
