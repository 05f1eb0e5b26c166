//! The melody of a segment as a lattice: every way to fill it with notes and rests over its chart that the limits
//! allow.

use std::collections::BTreeMap;

use super::melody_law::{MelodyLaw, Pulls, Setting, Turn};
use super::melody_places::places;
use super::rhythm_law::{RhythmLaw, Step};
use super::structure::{Segment, phrase_place};
use super::unroll::{Counter, Symbols, Unroller, all_symbols};
use crate::constraint::{Frame, MelodyLimit, PitchSet};
use crate::markov::{Kernel, Lattice};
use crate::music::{Chart, ChordSymbol, Duration};
use crate::viewpoint::length::Before;
use crate::viewpoint::{echo, length, place};

/// The lattice of a segment, with the place of each layer.
#[derive(Debug)]
pub struct MelodyLattice {
    /// Symbols are semitones above [`MelodyLaw::lowest`].
    pub lattice: Lattice,
    /// Where each layer is, in the segment's first use.
    pub places: Vec<Duration>,
}

/// For notes by the place where they start the pairs of intervals, the one before and their own, that bring a figure back,
/// with the weight of doing so.
pub type Recalled = BTreeMap<Duration, Vec<(i32, i32, f64)>>;

/// What a kernel is bent by: the step, the widest leap, the interval of a shape, the place of what is recalled.
type Bent = (Turn, Option<u32>, Option<i32>, Option<Duration>);

/// What is settled of a segment before its lattice is made.
#[derive(Clone, Debug)]
pub struct Settled<'a> {
    /// The context of what stands before it.
    pub context: u32,
    /// Where its notes (false) and rests (true) start, the first at the segment's start; `None` if that is open.
    pub rhythm: Option<&'a [(Duration, bool)]>,
    /// For notes by the place where they start the interval into which their own should go: the same way, and as near
    /// to it as [`nearness`](Self::nearness) says.
    pub shape: BTreeMap<Duration, i32>,
    /// The weight of an interval by its [`nearness`](crate::viewpoint::echo::nearness) to that of the shape.
    pub nearness: Vec<f64>,
    /// Where the section ends that it lies in.
    pub section_end: Duration,
    /// Where the piece closes, in the time of the segment, if it does so with it or with bars that are the same.
    pub close: Option<Duration>,
    /// Whether something starts where the segment ends, so that no note reaches over it; else such notes are cut.
    pub ends_there: bool,
    /// What its notes are pulled to. Without pulls the weights of all melodies sum to one.
    pub pulls: Pulls,
    /// What brings figures back.
    pub recalled: Recalled,
}

impl Settled<'_> {
    /// Nothing: a segment that stands for itself.
    pub fn nothing(law: &MelodyLaw<'_>, segment: &Segment) -> Settled<'static> {
        let section_end = segment.to;
        Settled {
            context: law.start(),
            rhythm: None,
            shape: BTreeMap::new(),
            nearness: Vec::new(),
            section_end,
            close: None,
            ends_there: false,
            pulls: Pulls::NONE,
            recalled: Recalled::new(),
        }
    }
}

/// What a node remembers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    before: Before,
    /// Whether nothing has sounded in the segment yet; kept only where it matters.
    silent: bool,
    counters: Vec<u16>,
}

/// The limits on a segment, seen from its first use.
struct Local {
    sounding: Vec<(Duration, Duration, Symbols)>,
    onsets: Vec<(Duration, Symbols)>,
    counters: Vec<Counter>,
    leaps: Vec<(Duration, Duration, u32)>,
    /// What the first note may be, if the sheet's first note may lie here.
    first: Option<Symbols>,
    /// What the last note may be, if the sheet's last note may lie here.
    last: Option<Symbols>,
}

/// The chords of a chart by the stretch in which each sounds.
struct Harmony {
    chords: Vec<ChordSymbol>,
    spans: Vec<(Duration, Duration, u32)>,
}

/// The lattice of a segment over the chart of the whole sheet, under the limits of all its uses. `is_first` and
/// `is_last` say whether one of its uses is the first or the last of the sheet.
pub fn melody_lattice(
    (law, rhythm, kernel): (&MelodyLaw<'_>, &RhythmLaw<'_>, &Kernel),
    frame: &Frame,
    segment: &Segment,
    (is_first, is_last): (bool, bool),
    chart: &Chart,
    limits: &[MelodyLimit],
    settled: &Settled<'_>,
) -> MelodyLattice {
    let local = localise(law, segment, (is_first, is_last), limits);
    let harmony = Harmony::new(chart, segment, frame);
    let places = match settled.rhythm {
        None => {
            let marks = local.onsets.iter().map(|onset| onset.0);
            let marks = marks.chain(local.sounding.iter().flat_map(|&(from, to, _)| [from, to]));
            places(rhythm.support().onsets(), frame, segment, marks, local.counters.iter())
        }
        Some(starts) => starts.iter().map(|start| start.0).chain([segment.to]).collect(),
    };
    let start = Node {
        before: Before::NOTHING,
        silent: local.first.is_some(),
        counters: vec![0; local.counters.len()],
    };
    let mut unroller = Unroller::new(places.clone(), law.pitches, settled.context, start);
    let mut plain_kernels: BTreeMap<Turn, u32> = BTreeMap::new();
    let mut kernels: BTreeMap<Bent, u32> = BTreeMap::new();
    let mut tilts: BTreeMap<Setting, (u32, u32)> = BTreeMap::new();
    let bar_length = frame.meter.bar_length();
    let uses = segment.shifts.iter().map(|&shift| frame.end() - shift);
    let close = settled.close.or(uses.into_iter().find(|&close| close == segment.to));
    for layer in 0..places.len().saturating_sub(1) {
        let at = places[layer];
        let in_bar = at.rem_floor(bar_length);
        let phrase = phrase_place(frame, at.div_floor(bar_length));
        let strength = place::strength(frame.meter, in_bar);
        let bar_end = (at - in_bar + bar_length).min(segment.to);
        let leap =
            local.leaps.iter().filter(|(from, to, _)| *from <= at && at < *to).map(|leap| leap.2).min();
        let shape = settled.shape.get(&at).copied();
        let recalled = settled.recalled.get(&at).map_or(&[][..], Vec::as_slice);
        let recalls = (!recalled.is_empty()).then_some(at);
        for (node, index) in unroller.reached(layer) {
            let mut ways: BTreeMap<(usize, bool), f64> = BTreeMap::new();
            let next = places[layer + 1] - at;
            let steps = match settled.rhythm {
                None => rhythm.steps(in_bar, phrase, node.before, next),
                Some(starts) => vec![Step { length: next, rest: starts[layer].1, weight: 1.0 }],
            };
            let mut cut_off = 0.0;
            for step in steps {
                if settled.ends_there && !step.rest && at + step.length > segment.to {
                    cut_off += step.weight;
                    continue;
                }
                let silent_to = if settled.rhythm.is_some() { segment.to } else { bar_end };
                let end = (at + step.length).min(if step.rest { silent_to } else { segment.to });
                if let Some(to) = unroller.layer(end).filter(|&to| to > layer) {
                    *ways.entry((to, step.rest)).or_default() += step.weight;
                }
            }
            let total: f64 = ways.values().sum::<f64>() + cut_off;
            for ((to, rest), weight) in ways {
                let end = places[to];
                let Some((counters, allowed)) = local.advance(&node, at, end, rest, law.pitches) else {
                    continue;
                };
                let before = Before::of(place::ticks(end - at), rest);
                let next = Node { before, silent: node.silent && rest, counters };
                let emission = (!rest).then(|| {
                    let place = Setting::place_code(phrase, strength);
                    let mut setting = harmony.setting(at, end, settled.section_end, place, strength);
                    // A long note in the last bar closes the piece, whether it fills the bar or a rest does.
                    setting.closes = close.is_some_and(|close| {
                        end == close || (end < close && at + bar_length >= close && setting.long == 2)
                    });
                    setting.ends |= setting.closes;
                    setting.centre = law.centre;
                    let turn = setting.turn(&harmony.chords);
                    let turned = || law.turned(kernel, &turn);
                    let plain = *plain_kernels
                        .entry(turn)
                        .or_insert_with(|| unroller.add_kernel(turned().as_ref().clone()));
                    let kernel = match (leap, shape, recalls, settled.pulls) {
                        (None, None, None, Pulls::NONE) => plain,
                        _ => *kernels.entry((turn, leap, shape, recalls)).or_insert_with(|| {
                            let bounds = Bounds { leap, shape, recalled, settled };
                            unroller.add_kernel(bounds.cut(law, &turned(), &turn))
                        }),
                    };
                    let (tilt, scale) = *tilts.entry(setting).or_insert_with_key(|setting| {
                        unroller.add_tilt(law.tilt(setting, &harmony.chords), plain)
                    });
                    unroller.emission(kernel, tilt, Some(scale), allowed)
                });
                unroller.step(layer, index, to, next, emission, weight / total);
            }
        }
        unroller.layer_done();
    }
    // Elsewhere a first or last note may come from another segment.
    let alone = segment.from == frame.start() && segment.to == frame.end();
    let must_sound = alone && (local.first.is_some() || local.last.is_some());
    let (lattice, places) = unroller.finish(law.contexts(), |_, context| {
        let allowed = match (local.last, law.last(context as u32)) {
            (Some(allowed), Some(last)) => allowed >> last & 1 == 1,
            (None, Some(_)) => true,
            (_, None) => !must_sound,
        };
        f64::from(u8::from(allowed))
    });
    MelodyLattice { lattice, places }
}

/// What binds and pulls the step to a note.
struct Bounds<'a> {
    /// The widest interval in semitones.
    leap: Option<u32>,
    /// The interval of the shape.
    shape: Option<i32>,
    recalled: &'a [(i32, i32, f64)],
    settled: &'a Settled<'a>,
}

impl Bounds<'_> {
    /// The transitions that are allowed, as they are pulled.
    fn cut(&self, law: &MelodyLaw<'_>, kernel: &Kernel, turn: &Turn) -> Kernel {
        kernel.reweighted(|context, symbol, weight| {
            let Some(last) = law.last(context as u32) else { return weight };
            let interval = i32::from(symbol) - i32::from(last);
            let near = self.leap.is_none_or(|widest| interval.unsigned_abs() <= widest);
            let way = self.shape.is_none_or(|shape| shape.signum() == interval.signum());
            if !near || !way {
                return 0.0;
            }
            let nearness = self.shape.map_or(1.0, |shape| {
                let code = usize::from(echo::nearness(interval, shape));
                self.settled.nearness.get(code).copied().unwrap_or(1.0)
            });
            let came = law.came(context as u32);
            let recalled = self.recalled.iter().filter(|pair| Some(pair.0) == came && pair.1 == interval);
            let recalled = recalled.map(|pair| pair.2).fold(1.0, f64::max);
            weight * nearness * recalled * law.pulled(self.settled.pulls, turn, last, symbol)
        })
    }
}

fn localise(
    law: &MelodyLaw<'_>,
    segment: &Segment,
    (is_first, is_last): (bool, bool),
    limits: &[MelodyLimit],
) -> Local {
    let mut local = Local {
        sounding: Vec::new(),
        onsets: Vec::new(),
        counters: Vec::new(),
        leaps: Vec::new(),
        first: None,
        last: None,
    };
    let symbols = |allowed: &PitchSet| {
        (0..law.pitches as u16)
            .filter(|&s| allowed.contains(law.midi(s)))
            .fold(0, |set: Symbols, s| set | 1 << s)
    };
    let narrow = |known: Option<Symbols>, allowed| Some(known.unwrap_or(Symbols::MAX) & symbols(allowed));
    for (use_index, &shift) in segment.shifts.iter().enumerate() {
        let overlaps = |from: Duration, to: Duration| from - shift < segment.to && to - shift > segment.from;
        for limit in limits {
            match limit {
                MelodyLimit::Sounding { from, to, allowed } if overlaps(*from, *to) => {
                    local.sounding.push((*from - shift, *to - shift, symbols(allowed)));
                }
                MelodyLimit::Onset { at, allowed } if overlaps(*at, *at + Duration::from_ticks(1)) => {
                    local.onsets.push((*at - shift, symbols(allowed)));
                }
                MelodyLimit::Count { from, to, min, max } if overlaps(*from, *to) => {
                    let (from, to) = (*from - shift, *to - shift);
                    local.counters.push(Counter { from, to, min: *min, max: *max, counts_held: false });
                }
                MelodyLimit::Leap { from, to, max } if overlaps(*from, *to) => {
                    local.leaps.push((*from - shift, *to - shift, *max));
                }
                MelodyLimit::First { allowed } if is_first && use_index == 0 => {
                    local.first = narrow(local.first, allowed);
                }
                MelodyLimit::Last { allowed } if is_last && use_index == 0 => {
                    local.last = narrow(local.last, allowed);
                }
                _ => {}
            }
        }
    }
    local
}

impl Local {
    /// The counters after an event and the pitches it may have; `None` if it may not stand there.
    fn advance(
        &self,
        node: &Node,
        at: Duration,
        end: Duration,
        rest: bool,
        pitches: usize,
    ) -> Option<(Vec<u16>, Symbols)> {
        let mut allowed = all_symbols(pitches);
        for &(onset, set) in &self.onsets {
            if onset == at {
                allowed &= if rest { 0 } else { set };
            } else if at < onset && onset < end {
                return None;
            }
        }
        if !rest {
            for &(from, to, set) in &self.sounding {
                if at < to && end > from {
                    allowed &= set;
                }
            }
            if node.silent {
                allowed &= self.first.unwrap_or(Symbols::MAX);
            }
        }
        if allowed == 0 {
            return None;
        }
        let states = self.counters.iter().zip(&node.counters);
        let counters: Option<Vec<u16>> =
            states.map(|(counter, &state)| counter.next(state, at, end, !rest)).collect();
        Some((counters?, allowed))
    }
}

impl Harmony {
    fn new(chart: &Chart, segment: &Segment, frame: &Frame) -> Harmony {
        let mut harmony = Harmony { chords: Vec::new(), spans: Vec::new() };
        for (index, change) in chart.changes.iter().enumerate() {
            let end = chart.changes.get(index + 1).map_or(frame.end(), |next| next.at);
            // One chord beyond the segment on either side is seen too: where it comes from and where it leads.
            if end >= segment.from && change.at <= segment.to {
                let known = harmony.chords.iter().position(|chord| *chord == change.chord);
                let number = known.unwrap_or_else(|| {
                    harmony.chords.push(change.chord.clone());
                    harmony.chords.len() - 1
                });
                harmony.spans.push((change.at, end, number as u32));
            }
        }
        harmony
    }

    fn setting(
        &self,
        at: Duration,
        end: Duration,
        segment_end: Duration,
        place: u16,
        strength: u16,
    ) -> Setting {
        let ticks = place::ticks(end - at).max(1);
        let sounding = self.spans.iter().filter(|(from, to, _)| *from < end && *to > at);
        let mut under: Vec<(u32, u8)> = Vec::new();
        for &(from, to, chord) in sounding {
            let share = place::ticks(to.min(end) - from.max(at)).max(1) * 16 / ticks;
            under.push((chord, share.clamp(1, 16) as u8));
        }
        let into = self.spans.iter().find(|(from, _, _)| *from == end).map(|span| span.2);
        let behind = self.spans.iter().find(|(from, to, _)| *from < at && at <= *to).map(|span| span.2);
        let (long, ends) = (length::class(ticks), end == segment_end);
        Setting { under, behind, into, place, strength, long, ends, closes: false, centre: 0 }
    }
}
