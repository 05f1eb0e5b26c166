//! The rhythms of a segment as a lattice: every way to fill it with notes and rests that the limits allow, whatever chart
//! they stand on.
//!
//! Which rhythms there are, and how likely each is, hangs on no chord. So this half of a melody's lattice is unrolled
//! once, and is given its pitches over each chart that is weighed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::chart_law::powered;
use super::melody_law::MelodyLaw;
use super::melody_limits::{Local, Onward, Ways};
use super::melody_places::places;
use super::memo::Memo;
use super::rhythm_law::{RhythmLaw, Step};
use super::structure::{Segment, phrase_place};
use super::unroll::{Symbols, Unroller};
use crate::constraint::{Frame, MelodyLimit};
use crate::markov::{Emission, Lattice};
use crate::music::Duration;
use crate::viewpoint::length::Before;
use crate::viewpoint::place;

/// What a length weighs that is asked for and that nothing in the style leads to.
pub const UNHEARD: f64 = 1e-6;

/// So many lattices are kept.
const MOST_KEPT: usize = 48;

/// A note from a layer to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) from: u32,
    pub(super) to: u32,
}

/// What a note may be, where the limits tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sound {
    pub(super) slot: u32,
    pub(super) ways: Ways,
    pub(super) allowed: Symbols,
}

/// The lattice of a segment's rhythms.
#[derive(Debug)]
pub struct RhythmLattice {
    /// Where each layer is, in the segment's first use.
    pub places: Vec<Duration>,
    /// The lattice, but for its pitches: the kernel of an emission is the number of its sound.
    pub(super) open: Lattice,
    /// For each node at the end how the contours stand there that reach over it.
    pub(super) lines: Vec<Vec<u16>>,
    pub(super) sounds: Vec<Sound>,
    pub(super) slots: Vec<Slot>,
    /// By layer the widest leap to a note that starts there.
    pub(super) leaps: Vec<Option<u32>>,
}

/// What a node remembers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    before: Before,
    /// Whether nothing has sounded in the segment yet; kept only where it matters.
    silent: bool,
    watched: Vec<u16>,
}

/// Rhythm lattices of a request that were made, for the takes that are still to come.
#[derive(Debug, Default)]
pub struct Rhythms(Memo<(Segment, Edge<'static>, Vec<MelodyLimit>), Arc<RhythmLattice>>);

impl Rhythms {
    /// The rhythms of a segment; see [`RhythmLattice::new`].
    pub fn get(
        &self,
        laws: (&MelodyLaw<'_>, &RhythmLaw<'_>),
        frame: &Frame,
        segment: &Segment,
        edge: Edge<'static>,
        limits: &[MelodyLimit],
    ) -> Arc<RhythmLattice> {
        let key = (segment.clone(), edge, limits.to_vec());
        self.0.get_among(MOST_KEPT, &key, || Arc::new(RhythmLattice::new(laws, frame, segment, edge, limits)))
    }
}

/// The jumps to each layer, in silence or not.
type Jumps = FxHashMap<(usize, bool), Vec<u32>>;

/// How the rhythms of a segment go on at its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edge<'a> {
    /// Whether one of the segment's uses is the first of the sheet.
    pub is_first: bool,
    /// Whether one of its uses is the last of the sheet.
    pub is_last: bool,
    /// Where its notes (false) and rests (true) start, the first at the segment's start; `None` if that is open.
    pub rhythm: Option<&'a [(Duration, bool)]>,
    /// Whether something starts where the segment ends, so that no note reaches over it; else such notes are cut.
    pub ends_there: bool,
}

impl RhythmLattice {
    /// The rhythms of a segment under the limits of all its uses; chord tones on strong beats are minded over the chart.
    pub fn new(
        (law, rhythm): (&MelodyLaw<'_>, &RhythmLaw<'_>),
        frame: &Frame,
        segment: &Segment,
        edge: Edge<'_>,
        limits: &[MelodyLimit],
    ) -> RhythmLattice {
        let local = Local::new(law, segment, (edge.is_first, edge.is_last), limits);
        let places = match edge.rhythm {
            None => places(rhythm.support().onsets(), frame, segment, local.places(), local.counters()),
            Some(starts) => starts.iter().map(|start| start.0).chain([segment.to]).collect(),
        };
        let leap = |at: &Duration| {
            local.leaps.iter().filter(|(from, to, _)| from <= at && at < to).map(|leap| leap.2).min()
        };
        let leaps = places.iter().map(leap).collect();
        let start = Node { before: Before::NOTHING, silent: local.first.is_some(), watched: local.at_rest() };
        let mut unroller = Unroller::new(places.clone(), law.pitches, law.start(), start);
        let (mut sounds, mut slots): (Vec<Sound>, Vec<Slot>) = (Vec::new(), Vec::new());
        let bar_length = frame.meter.bar_length();
        for layer in 0..places.len().saturating_sub(1) {
            let at = places[layer];
            let in_bar = at.rem_floor(bar_length);
            let phrase = phrase_place(frame, at.div_floor(bar_length));
            // How time goes on hangs on the length before, and not on more of a node.
            let mut by_before: BTreeMap<Before, Vec<(usize, bool, f64)>> = BTreeMap::new();
            let mut own: FxHashMap<usize, u32> = FxHashMap::default();
            let mut known: FxHashMap<(usize, Ways, Symbols), u32> = FxHashMap::default();
            // Nor does what may follow: it hangs on all but the length.
            let mut jumps: FxHashMap<(bool, Vec<u16>), Jumps> = FxHashMap::default();
            for (node, index) in unroller.reached(layer) {
                let ways = by_before.entry(node.before).or_insert_with(|| match edge.rhythm {
                    None => {
                        let next = places[layer + 1] - at;
                        let steps = rhythm.steps(in_bar, phrase, node.before, next);
                        let silent_to = (at - in_bar + bar_length).min(segment.to);
                        let edges = (silent_to, edge.ends_there);
                        ways_on(&steps, &places, layer, edges, (local.asked_end(at), law.power))
                    }
                    Some(starts) => vec![(layer + 1, starts[layer].1, 1.0)],
                });
                let Node { silent, watched, .. } = node;
                let jumps = jumps.entry((silent, watched.clone())).or_default();
                for &(to, rest, weight) in ways.iter() {
                    let jumps = jumps.entry((to, rest)).or_insert_with(|| {
                        let end = places[to];
                        let before = Before::of(place::ticks(end - at), rest);
                        let nexts = local.advance((&watched, silent), at, end, rest, law.pitches);
                        let jump = |Onward { watched, allowed, ways }: Onward| {
                            let sound = (!rest).then(|| {
                                *known.entry((to, ways, allowed)).or_insert_with(|| {
                                    let slot = *own.entry(to).or_insert_with(|| {
                                        slots.push(Slot { from: layer as u32, to: to as u32 });
                                        slots.len() as u32 - 1
                                    });
                                    sounds.push(Sound { slot, ways, allowed });
                                    sounds.len() as u32 - 1
                                })
                            });
                            let emission = sound.map(|sound| Emission {
                                kernel: sound,
                                potential: 0,
                                bend: None,
                                scale: None,
                            });
                            unroller.jump(
                                layer,
                                to,
                                Node { before, silent: silent && rest, watched },
                                emission,
                            )
                        };
                        nexts.into_iter().map(jump).collect()
                    });
                    jumps.iter().for_each(|&jump| unroller.way(layer, index, jump, weight));
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
        let (open, places) = unroller.finish(law.contexts(), |_, context| {
            let allowed = match (local.last, law.last(context as u32)) {
                (Some(allowed), Some(last)) => allowed >> last & 1 == 1,
                (None, Some(_)) => true,
                (_, None) => !must_sound,
            };
            f64::from(u8::from(allowed))
        });
        RhythmLattice { places, open, lines, sounds, slots, leaps }
    }
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
