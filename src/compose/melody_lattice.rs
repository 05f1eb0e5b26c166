//! The melody of a segment as a lattice: every way to fill it with notes and rests over its chart that the limits
//! allow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chart_law::powered;
use super::melody_kernels::{Bent, BentKey};
use super::melody_law::{MelodyLaw, Pulls, Setting, Turn};
use super::melody_limits::{Local, Onward, Ways};
use super::melody_places::places;
use super::rhythm_law::{RhythmLaw, Step};
use super::structure::{Segment, phrase_place};
use super::unroll::Unroller;
use crate::constraint::{Frame, MelodyLimit};
use crate::markov::{Kernel, Lattice};
use crate::music::{Chart, Duration};
use crate::viewpoint::length::Before;
use crate::viewpoint::{echo, length, place};

/// What a length weighs that is asked for and that nothing in the style leads to.
pub const UNHEARD: f64 = 1e-6;

/// The lattice of a segment, with the place of each layer.
#[derive(Debug)]
pub struct MelodyLattice {
    /// Symbols are semitones above [`MelodyLaw::lowest`].
    pub lattice: Lattice,
    /// Where each layer is, in the segment's first use.
    pub places: Vec<Duration>,
    /// For each node of the last layer how the parts go that the segment has in contours over its edges.
    pub lines: Vec<Vec<u16>>,
}

/// For notes by the place where they start the pairs of intervals, the one before and their own, that bring a figure back,
/// with the weight of doing so.
pub type Recalled = BTreeMap<Duration, Vec<(i32, i32, f64)>>;

/// What a kernel of a lattice's own is bent by besides: the interval of a shape, the place of what is recalled.
type Own = (Option<i32>, Option<Duration>);

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
    watched: Vec<u16>,
}

/// The chords of a chart by the stretch in which each sounds.
struct Harmony {
    /// Chords by the law's numbers.
    spans: Vec<(Duration, Duration, u32)>,
}

/// The lattice of a segment over the chart of the whole sheet, under the limits of all its uses. `is_first` and
/// `is_last` say whether one of its uses is the first or the last of the sheet.
pub fn melody_lattice(
    (law, rhythm, kernel_of_law): (&MelodyLaw<'_>, &RhythmLaw<'_>, &Kernel),
    frame: &Frame,
    segment: &Segment,
    (is_first, is_last): (bool, bool),
    chart: &Chart,
    limits: &[MelodyLimit],
    settled: &Settled<'_>,
) -> MelodyLattice {
    let local = Local::new(law, frame, segment, (is_first, is_last), chart, limits);
    let harmony = Harmony::new(law, chart, segment, frame);
    let places = match settled.rhythm {
        None => places(rhythm.support().onsets(), frame, segment, local.places(), local.counters()),
        Some(starts) => starts.iter().map(|start| start.0).chain([segment.to]).collect(),
    };
    let start = Node { before: Before::NOTHING, silent: local.first.is_some(), watched: local.at_rest() };
    let mut unroller = Unroller::new(places.clone(), law.pitches, settled.context, start);
    let mut kernels: BTreeMap<(Turn, BentKey, Own), u32> = BTreeMap::new();
    let mut tilts: BTreeMap<Setting, (u32, u32)> = BTreeMap::new();
    let bar_length = frame.meter.bar_length();
    let uses = segment.shifts.iter().map(|&shift| frame.end() - shift);
    let close = settled.close.or(uses.into_iter().find(|&close| close == segment.to));
    for layer in 0..places.len().saturating_sub(1) {
        let at = places[layer];
        let in_bar = at.rem_floor(bar_length);
        let phrase = phrase_place(frame, at.div_floor(bar_length));
        let strength = place::strength(frame.meter, in_bar);
        let leap =
            local.leaps.iter().filter(|(from, to, _)| *from <= at && at < *to).map(|leap| leap.2).min();
        let shape = settled.shape.get(&at).copied();
        let recalled = settled.recalled.get(&at).map_or(&[][..], Vec::as_slice);
        let recalls = (!recalled.is_empty()).then_some(at);
        // How time goes on hangs on the length before, and what is emitted on where it ends: neither on more of a node.
        let mut by_before: BTreeMap<Before, Vec<(usize, bool, f64)>> = BTreeMap::new();
        let mut emitted: BTreeMap<(usize, Ways), (u32, u32, u32)> = BTreeMap::new();
        for (node, index) in unroller.reached(layer) {
            let ways = by_before.entry(node.before).or_insert_with(|| match settled.rhythm {
                None => {
                    let next = places[layer + 1] - at;
                    let steps = rhythm.steps(in_bar, phrase, node.before, next);
                    let silent_to = (at - in_bar + bar_length).min(segment.to);
                    ways_on(
                        &steps,
                        &places,
                        layer,
                        (silent_to, settled.ends_there),
                        (local.asked_end(at), law.power),
                    )
                }
                Some(starts) => vec![(layer + 1, starts[layer].1, 1.0)],
            });
            for &(to, rest, weight) in ways.iter() {
                let end = places[to];
                let before = Before::of(place::ticks(end - at), rest);
                let nexts = local.advance((&node.watched, node.silent), at, end, rest, law.pitches);
                for Onward { watched, allowed, ways } in nexts {
                    let next = Node { before, silent: node.silent && rest, watched };
                    let emit = || {
                        let place = Setting::place_code(phrase, strength);
                        let mut setting = harmony.setting(at, end, settled.section_end, place, strength);
                        // A long note in the last bar closes the piece, whether it fills the bar or a rest does.
                        setting.closes = close.is_some_and(|close| {
                            end == close || (end < close && at + bar_length >= close && setting.long == 2)
                        });
                        setting.ends |= setting.closes;
                        setting.centre = law.centre;
                        let turn = law.turn(&setting);
                        let bent = Bent { leap, ways, pulls: settled.pulls };
                        let kernel =
                            *kernels.entry((turn, bent.key(), (shape, recalls))).or_insert_with(|| {
                                if (shape, recalls) == (None, None) {
                                    return unroller.add_kernel(law.bent(kernel_of_law, &turn, bent));
                                }
                                let bounds = Bounds { bent, shape, recalled, settled };
                                unroller.add_kernel(bounds.cut(law, &law.turned(kernel_of_law, &turn), &turn))
                            });
                        let (tilt, scale) = *tilts.entry(setting).or_insert_with_key(|setting| {
                            let tilted = law.tilted(kernel_of_law, setting, &turn);
                            unroller.add_tilt(tilted.tilt.clone(), Arc::clone(&tilted.scale))
                        });
                        (kernel, tilt, scale)
                    };
                    let emission = (!rest).then(|| *emitted.entry((to, ways)).or_insert_with(emit));
                    let emission = emission
                        .map(|(kernel, tilt, scale)| unroller.emission(kernel, tilt, Some(scale), allowed));
                    unroller.step(layer, index, to, next, emission, weight);
                }
            }
        }
        unroller.layer_done();
    }
    // Elsewhere a first or last note may come from another segment.
    let alone = segment.from == frame.start() && segment.to == frame.end();
    let must_sound = alone && (local.first.is_some() || local.last.is_some());
    let lines = unroller.reached(places.len() - 1).into_iter();
    let mut lines: Vec<(u32, Vec<u16>)> =
        lines.map(|(node, index)| (index, node.watched[..local.lines()].to_vec())).collect();
    lines.sort_unstable();
    let lines = lines.into_iter().map(|line| line.1).collect();
    let (lattice, places) = unroller.finish(law.contexts(), |_, context| {
        let allowed = match (local.last, law.last(context as u32)) {
            (Some(allowed), Some(last)) => allowed >> last & 1 == 1,
            (None, Some(_)) => true,
            (_, None) => !must_sound,
        };
        f64::from(u8::from(allowed))
    });
    MelodyLattice { lattice, places, lines }
}

/// Where steps lead from a layer, to which layer, whether in silence and how likely: rests end by a place at the latest,
/// notes that reach over the end are cut there or, if something starts there, not to be had; `asked` is the end of a note
/// that is asked for.
fn ways_on(
    steps: &[Step],
    places: &[Duration],
    layer: usize,
    (silent_to, ends_there): (Duration, bool),
    (asked, power): (Option<Duration>, f64),
) -> Vec<(usize, bool, f64)> {
    let (at, last) = (places[layer], places[places.len() - 1]);
    let ahead = |end: Duration| places.binary_search(&end).ok().filter(|&to| to > layer);
    let mut ways: BTreeMap<(usize, bool), f64> = BTreeMap::new();
    let mut cut_off = 0.0;
    for step in steps {
        if ends_there && !step.rest && at + step.length > last {
            cut_off += step.weight;
            continue;
        }
        let end = (at + step.length).min(if step.rest { silent_to } else { last });
        if let Some(to) = ahead(end) {
            *ways.entry((to, step.rest)).or_default() += step.weight;
        }
    }
    // What is asked can be written, however rare.
    if let Some(to) = asked.and_then(ahead) {
        ways.entry((to, false)).or_insert(UNHEARD);
    }
    let total: f64 = ways.values().sum::<f64>() + cut_off;
    ways.into_iter().map(|((to, rest), weight)| (to, rest, powered(weight / total, power))).collect()
}

/// What binds and pulls the step to a note.
struct Bounds<'a> {
    bent: Bent,
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
            let way = self.shape.is_none_or(|shape| shape.signum() == interval.signum());
            if !self.bent.allows(interval) || !way {
                return 0.0;
            }
            let nearness = self.shape.map_or(1.0, |shape| {
                let code = usize::from(echo::nearness(interval, shape));
                self.settled.nearness.get(code).copied().unwrap_or(1.0)
            });
            let came = law.came(context as u32);
            let recalled = self.recalled.iter().filter(|pair| Some(pair.0) == came && pair.1 == interval);
            let recalled = recalled.map(|pair| pair.2).fold(1.0, f64::max);
            weight * nearness * recalled * law.pulled(self.bent.pulls, turn, last, symbol)
        })
    }
}

impl Harmony {
    fn new(law: &MelodyLaw<'_>, chart: &Chart, segment: &Segment, frame: &Frame) -> Harmony {
        let mut harmony = Harmony { spans: Vec::new() };
        for (index, change) in chart.changes.iter().enumerate() {
            let end = chart.changes.get(index + 1).map_or(frame.end(), |next| next.at);
            // One chord beyond the segment on either side is seen too: where it comes from and where it leads.
            if end >= segment.from && change.at <= segment.to {
                harmony.spans.push((change.at, end, law.number(&change.chord)));
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
