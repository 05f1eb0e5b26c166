//! The melody of a segment as a lattice: every way to fill it with notes and rests over its chart that the limits
//! allow.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::melody_kernels::{Bent, BentKey, Tilted};
use super::melody_law::{MelodyLaw, Pulls, Setting, Turn};
use super::melody_limits::{Ways, strong_tones};
use super::rhythm_lattice::{Edge, RhythmLattice, Slot};
use super::rhythm_law::RhythmLaw;
use super::structure::{Segment, phrase_place};
use super::unroll::{Symbols, masked};
use crate::constraint::{Frame, MelodyLimit};
use crate::markov::{Emission, Kernel, Lattice};
use crate::music::{Chart, Duration};
use crate::viewpoint::{echo, length, place};

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

/// Settings are worked out side by side no fewer than so many at a time: each takes some microseconds.
const AT_ONCE: usize = 16;

/// For notes by the place where they start the pairs of intervals, the one before and their own, that bring a figure back,
/// with the weight of doing so.
pub type Recalled = BTreeMap<Duration, Vec<(i32, i32, f64)>>;

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

    /// How likely an interval is made by its nearness to that of the shape; 0 if it goes another way.
    fn nearness_to(&self, shape: i32, interval: i32) -> f64 {
        let code = usize::from(echo::nearness(interval, shape));
        let nearness = self.nearness.get(code).copied().unwrap_or(1.0);
        if shape.signum() == interval.signum() { nearness } else { 0.0 }
    }
}

/// The chords of a chart by the stretch in which each sounds.
struct Harmony {
    /// Chords by the law's numbers.
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
    let edge = Edge { is_first, is_last, rhythm: settled.rhythm, ends_there: settled.ends_there };
    let rhythms = RhythmLattice::new((law, rhythm), frame, segment, edge, limits);
    rhythms.over((law, kernel), frame, segment, chart, limits, settled)
}

impl RhythmLattice {
    /// The melodies that have these rhythms over a chart. The segment and its limits are those that the rhythms were made
    /// of, and so are the rhythm and the end of what is settled.
    pub fn over(
        &self,
        (law, kernel_of_law): (&MelodyLaw<'_>, &Kernel),
        frame: &Frame,
        segment: &Segment,
        chart: &Chart,
        limits: &[MelodyLimit],
        settled: &Settled<'_>,
    ) -> MelodyLattice {
        let harmony = Harmony::new(law, chart, segment, frame);
        let tones = strong_tones(law, frame, segment, chart, limits);
        let bar_length = frame.meter.bar_length();
        let uses = segment.shifts.iter().map(|&shift| frame.end() - shift);
        let close = settled.close.or(uses.into_iter().find(|&close| close == segment.to));
        let mut lattice =
            Lattice { start: settled.context, kernels: Vec::new(), kinds: law.kinds(), ..self.open.clone() };
        let mut kernels: FxHashMap<Option<Duration>, u32> = FxHashMap::default();
        let mut bends: FxHashMap<(Turn, BentKey, Option<i32>), u32> = FxHashMap::default();
        let mut tilts: FxHashMap<Setting, u32> = FxHashMap::default();
        let mut settings: Vec<(Setting, Turn)> = Vec::new();
        let mut voices: FxHashMap<(u32, Ways), (u32, u32, u32)> = FxHashMap::default();
        let voiced = self.sounds.iter().map(|sound| {
            let Slot { from, to } = self.slots[sound.slot as usize];
            let (at, end) = (self.places[from as usize], self.places[to as usize]);
            *voices.entry((sound.slot, sound.ways)).or_insert_with(|| {
                let in_bar = at.rem_floor(bar_length);
                let phrase = phrase_place(frame, at.div_floor(bar_length));
                let strength = place::strength(frame.meter, in_bar);
                let place = Setting::place_code(phrase, strength);
                let mut setting = harmony.setting(at, end, settled.section_end, place, strength);
                // A long note in the last bar closes the piece, whether it fills the bar or a rest does.
                setting.closes = close.is_some_and(|close| {
                    end == close || (end < close && at + bar_length >= close && setting.long == 2)
                });
                setting.ends |= setting.closes;
                setting.centre = law.centre;
                let turn = law.turn(&setting);
                let bent = Bent { leap: self.leaps[from as usize], ways: sound.ways, pulls: settled.pulls };
                let shape = settled.shape.get(&at).copied();
                let bend = *bends.entry((turn, bent.key(), shape)).or_insert_with(|| {
                    lattice.bends.push(match shape {
                        None => law.bend(&turn, bent),
                        Some(shape) => law.bend_by(&turn, bent, |last, next| {
                            settled.nearness_to(shape, i32::from(next) - i32::from(last))
                        }),
                    });
                    lattice.bends.len() as u32 - 1
                });
                let recalled = settled.recalled.get(&at).filter(|recalled| !recalled.is_empty());
                let kernel = *kernels.entry(recalled.map(|_| at)).or_insert_with(|| {
                    let plain = law.raised(kernel_of_law);
                    lattice.kernels.push(match recalled {
                        None => plain,
                        Some(recalled) => Arc::new(recalling(law, &plain, recalled)),
                    });
                    lattice.kernels.len() as u32 - 1
                });
                let tilt = *tilts.entry(setting).or_insert_with_key(|setting| {
                    settings.push((setting.clone(), turn));
                    settings.len() as u32 - 1
                });
                (kernel, bend, tilt)
            })
        });
        let voiced: Vec<(u32, u32, u32)> = voiced.collect();
        let tilted = |(setting, turn): &(Setting, Turn)| law.tilted(kernel_of_law, setting, turn);
        let tilted: Vec<Arc<Tilted>> = settings.par_iter().with_min_len(AT_ONCE).map(tilted).collect();
        let mut potentials: FxHashMap<(u32, Symbols), u32> = FxHashMap::default();
        let mut emissions: Vec<Emission> = Vec::with_capacity(self.sounds.len());
        for (sound, (kernel, bend, tilt)) in self.sounds.iter().zip(voiced) {
            let at = self.places[self.slots[sound.slot as usize].from as usize];
            let asked = tones.iter().filter(|tone| tone.0 == at);
            let allowed = asked.fold(sound.allowed, |allowed, tone| allowed & tone.1);
            let potential = *potentials.entry((tilt, allowed)).or_insert_with(|| {
                lattice.potentials.push(masked(&tilted[tilt as usize].tilt, allowed));
                lattice.potentials.len() as u32 - 1
            });
            emissions.push(Emission { kernel, potential, bend: Some(bend), scale: Some(tilt) });
        }
        let jumps = lattice.layers.iter_mut().flat_map(|layer| &mut layer.jumps);
        jumps.filter_map(|jump| jump.emission.as_mut()).for_each(|emission| {
            *emission = emissions[emission.kernel as usize];
        });
        lattice.scales = tilted.iter().map(|tilted| Arc::clone(&tilted.scale)).collect();
        if lattice.kernels.is_empty() {
            lattice.kernels.clone_from(&self.open.kernels);
        }
        MelodyLattice { lattice, places: self.places.clone(), lines: self.lines.clone() }
    }
}

/// The transitions of a law where intervals bring figures back after others.
fn recalling(law: &MelodyLaw<'_>, kernel: &Kernel, recalled: &[(i32, i32, f64)]) -> Kernel {
    let mut after: BTreeMap<(i32, i32), f64> = BTreeMap::new();
    for &(came, interval, weight) in recalled {
        let most = after.entry((came, interval)).or_insert(1.0);
        *most = most.max(weight);
    }
    let mut recalling = kernel.clone();
    for context in 0..kernel.contexts() {
        let (Some(last), Some(came)) = (law.last(context as u32), law.came(context as u32)) else { continue };
        let row = &mut recalling.weights[kernel.row(context)];
        for (&(_, interval), weight) in after.range((came, i32::MIN)..=(came, i32::MAX)) {
            let next = usize::try_from(i32::from(last) + interval);
            if let Some(weight_of) = next.ok().and_then(|next| row.get_mut(next)) {
                *weight_of *= weight;
            }
        }
    }
    recalling
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
