//! How notes that are asked for lean on the chords under them, before a chart is drawn.
//!
//! What a chart is worth to notes that are asked for is the mass of all melodies over it that have them; that is known
//! once the chart is. To draw charts that are worth something, each note alone is looked at: how likely its pitch is over
//! each chord, after the note before it if that one is asked for too. Charts are then weighed by how far this is from the
//! truth (importance sampling), so it may be rough, but where a note leaves a chord no melody it says zero only then.

use std::collections::BTreeMap;

use super::chart_lattice::Leaning;
use super::chart_law::ChartLaw;
use super::melody_law::{MelodyLaw, Setting};
use super::structure::phrase_place;
use crate::constraint::{ChartLimit, Frame, MelodyLimit, PitchSet};
use crate::markov::Kernel;
use crate::music::{ChordSymbol, Duration};
use crate::viewpoint::{length, place};

/// Sets of more pitches than this say too little to lean on a chord.
const MOST_PITCHES: usize = 12;

/// A note that is asked for.
struct Asked {
    at: Duration,
    to: Option<Duration>,
    allowed: PitchSet,
}

impl Asked {
    /// The note among the pitches that there are, and that may sound there.
    fn within(self, law: &MelodyLaw<'_>, limits: &[MelodyLimit]) -> Asked {
        let range = PitchSet::range(law.lowest..=law.lowest + law.pitches as i32 - 1);
        let sounding = limits.iter().filter_map(|limit| match limit {
            MelodyLimit::Sounding { from, to, allowed } if *from <= self.at && self.at < *to => {
                Some(*allowed)
            }
            _ => None,
        });
        let allowed = sounding.fold(self.allowed.intersection(range), PitchSet::intersection);
        Asked { allowed, ..self }
    }
}

/// The leanings of the notes that limits ask for, in order of time.
pub fn leanings(
    (law, kernel): (&MelodyLaw<'_>, &Kernel),
    chords: &ChartLaw<'_>,
    frame: &Frame,
    limits: &[MelodyLimit],
    chart: &[ChartLimit],
) -> Vec<Leaning> {
    // Where the chord is settled there is nothing to lean on.
    let is_settled = |at: Duration| {
        chart.iter().any(|limit| match limit {
            ChartLimit::Run { from, to, chords } => chords.len() == 1 && *from <= at && at < *to,
            _ => false,
        })
    };
    let asked = limits.iter().filter_map(|limit| match limit {
        MelodyLimit::Onset { at, allowed } => Some(Asked { at: *at, to: None, allowed: *allowed }),
        MelodyLimit::Note { at, to, allowed } => Some(Asked { at: *at, to: Some(*to), allowed: *allowed }),
        _ => None,
    });
    let mut asked: Vec<Asked> = asked.map(|note| note.within(law, limits)).collect();
    asked.retain(|note| note.allowed.len() <= MOST_PITCHES || minds_tones(frame, limits, note.at));
    asked.sort_by_key(|note| note.at);
    let numbers: Vec<u32> = chords.chords.iter().map(|chord| law.number(chord)).collect();
    let mut tilts: BTreeMap<Setting, Vec<f64>> = BTreeMap::new();
    let mut found = Vec::with_capacity(asked.len());
    for (index, note) in asked.iter().enumerate() {
        if is_settled(note.at) {
            continue;
        }
        let before = index.checked_sub(1).map(|before| &asked[before]);
        let before = before.filter(|before| before.to == Some(note.at) && before.allowed.len() == 1);
        let last = before.and_then(|before| before.allowed.iter().next()).and_then(|midi| law.symbol(midi));
        let minds_tones = minds_tones(frame, limits, note.at);
        let factor = |(chord, &number): (&ChordSymbol, &u32)| {
            let setting = setting(law, frame, note, number);
            let turn = law.turn(&setting);
            let tilt = tilts.entry(setting).or_insert_with_key(|setting| law.tilt_of(setting)).clone();
            let weight: Vec<f64> = match last {
                None => tilt,
                Some(last) => {
                    let steps = law.turned_from(kernel, &turn, last);
                    steps.into_iter().zip(tilt).map(|(step, tilt)| step * tilt).collect()
                }
            };
            let tones = if minds_tones { chord.pitch_classes() } else { 0 };
            let is_fit = |symbol: usize| {
                let midi = law.midi(symbol as u16);
                note.allowed.contains(midi) && (tones == 0 || tones >> midi.rem_euclid(12) & 1 == 1)
            };
            let total: f64 = weight.iter().sum();
            let fit: f64 =
                (0..law.pitches).filter(|&symbol| is_fit(symbol)).map(|symbol| weight[symbol]).sum();
            if total > 0.0 { fit / total } else { 0.0 }
        };
        let mut factors: Vec<f64> = chords.chords.iter().zip(&numbers).map(factor).collect();
        // Against the chord that bears it best: under a chord that lasts for many notes the products stay in range.
        let largest = factors.iter().copied().fold(0.0, f64::max);
        if largest > 0.0 {
            factors.iter_mut().for_each(|factor| *factor /= largest);
        }
        found.push(Leaning { at: note.at, factors });
    }
    found
}

/// Whether chord tones are asked for where a note starts.
fn minds_tones(frame: &Frame, limits: &[MelodyLimit], at: Duration) -> bool {
    let strong = frame.meter.strength(at.rem_floor(frame.meter.bar_length())) <= 1;
    let asks = |limit: &MelodyLimit| matches!(limit, MelodyLimit::ChordTones { from, to } if *from <= at && at < *to);
    strong && limits.iter().any(asks)
}

/// What a note's pitch depends on, over one chord that lasts.
fn setting(law: &MelodyLaw<'_>, frame: &Frame, note: &Asked, chord: u32) -> Setting {
    let bar_length = frame.meter.bar_length();
    let in_bar = note.at.rem_floor(bar_length);
    let phrase = phrase_place(frame, note.at.div_floor(bar_length));
    let strength = place::strength(frame.meter, in_bar);
    let long = note.to.map_or(Duration::QUARTER, |to| to - note.at);
    Setting {
        under: vec![(chord, 16)],
        behind: Some(chord),
        into: None,
        place: Setting::place_code(phrase, strength),
        strength,
        long: length::class(place::ticks(long).max(1)),
        ends: false,
        closes: false,
        centre: law.centre,
    }
}
