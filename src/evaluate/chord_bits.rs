//! How well a style foretells chords that it has not heard: bits per chord change, and per length of a chord.

use crate::music::{ChordSymbol, Key, LeadSheet, NamedChord, Quality};
use crate::style::Piece;
use crate::style::chart_events::{self, ChartEvent};
use crate::style::chart_experts::{chain, chord_weights, mixed, opinions, span_weights, timed, usual_spans};
use crate::style::figures::Figures;
use crate::viewpoint::RelativeChord;

/// Which law foretells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChordLaw {
    /// The learned mix of experts, as charts are composed with.
    Mix,
    /// The chain of so many chords before, interpolated with all shorter ones; figures must have been learned with an
    /// [order](crate::style::Options::order) one higher.
    Chain(usize),
}

/// What charts cost, summed up.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ChordBits {
    /// Chord changes that were foretold: another chord than the one before, which is known not to come again.
    pub changes: usize,
    /// What they cost together, in bits.
    pub bits: f64,
    /// Changes to chords that the figures do not have, nor a simpler form of them: left out of `bits`.
    pub unknown: usize,
    /// Lengths of chords that were foretold.
    pub spans: usize,
    /// What they cost together, in bits.
    pub span_bits: f64,
}

impl ChordBits {
    /// Bits per chord change; 0 if there was none.
    pub fn per_change(&self) -> f64 {
        if self.changes > 0 { self.bits / self.changes as f64 } else { 0.0 }
    }

    /// Bits per length of a chord; 0 if there was none.
    pub fn per_span(&self) -> f64 {
        if self.spans > 0 { self.span_bits / self.spans as f64 } else { 0.0 }
    }

    /// Adds what other charts cost.
    pub fn add(&mut self, other: ChordBits) {
        self.changes += other.changes;
        self.bits += other.bits;
        self.unknown += other.unknown;
        self.spans += other.spans;
        self.span_bits += other.span_bits;
    }
}

/// What the chart of a piece costs under figures that were learned without it.
pub fn chord_bits(figures: &Figures, piece: &Piece, law: ChordLaw) -> ChordBits {
    let (chord_weights, span_weights) = (chord_weights(figures), span_weights(figures));
    let counted = |chord: RelativeChord| {
        let mut simpler = std::iter::successors(Some(chord), |chord| chord.simpler());
        simpler.find(|&chord| figures.chord_code(chord).is_some()).unwrap_or(chord)
    };
    // A chord that is not known breaks the flow, for every law alike.
    let events = chart_events::events(piece, counted, |chord| figures.chord_code(chord));
    let bar = u16::from(piece.meter.beats());
    let mut sum = ChordBits { unknown: unknown(figures, piece, counted), ..ChordBits::default() };
    for event in &events {
        if event.last != Some(event.chord) {
            let law = match law {
                ChordLaw::Mix => {
                    let all = opinions(figures, event.mode, &event.before, event.place);
                    mixed(&all, &chord_weights, event.last)
                }
                ChordLaw::Chain(order) => {
                    let before = event.before.get(..order).unwrap_or(&event.before);
                    barred(chain(figures, event.mode, before), event)
                }
            };
            sum.changes += 1;
            sum.bits += bits(law.get(usize::from(event.chord)));
        }
        let Some(timing) = event.timing else { continue };
        let all = timed(figures, timing.meter, timing.beat, timing.place, &usual_spans(bar, timing.beat, bar * 4));
        let law = match law {
            ChordLaw::Mix => mixed(&all, &span_weights, Some(0)),
            ChordLaw::Chain(_) => all[1].0.clone(),
        };
        sum.spans += 1;
        sum.span_bits += bits(law.get(usize::from(timing.units)));
    }
    sum
}

/// The sheet with every chord as the triad on its root: major, minor, augmented, diminished or suspended.
pub fn in_triads(sheet: LeadSheet) -> LeadSheet {
    let (header, form, mut chart, melody) = sheet.clone().into_parts();
    for change in &mut chart.changes {
        if let ChordSymbol::Chord(chord) = &change.chord {
            change.chord = ChordSymbol::Chord(triad(chord));
        }
    }
    LeadSheet::new(header, form, chart, melody).unwrap_or(sheet)
}

fn triad(chord: &NamedChord) -> NamedChord {
    let root = RelativeChord { root: Some(0), quality: chord.quality, bass: None };
    let tones = root.tones();
    let has = |semitones: u16| tones >> semitones & 1 == 1;
    let symbol = match () {
        () if has(4) => if has(8) && !has(7) { "aug" } else { "" },
        () if has(3) => if has(6) && !has(7) { "dim" } else { "m" },
        () if has(5) => "sus4",
        () if has(2) => "sus2",
        () => "",
    };
    let quality = Quality::from_symbol(symbol).unwrap_or(Quality::MAJOR);
    NamedChord { root: chord.root, quality, alterations: Vec::new(), bass: None }
}

/// A law without the chord that sounds already.
fn barred(mut law: Vec<f64>, event: &ChartEvent) -> Vec<f64> {
    if let Some(last) = event.last.and_then(|last| law.get_mut(usize::from(last))) {
        *last = 0.0;
    }
    crate::style::smoothing::normalise(&mut law);
    law
}

fn bits(probability: Option<&f64>) -> f64 {
    -libm::log2(probability.copied().unwrap_or_default().max(1e-12))
}

/// How many chords of a piece are not known.
fn unknown(figures: &Figures, piece: &Piece, counted: impl Fn(RelativeChord) -> RelativeChord) -> usize {
    piece.chart.iter().filter(|span| figures.chord_code(counted(span.chord)).is_none()).count()
}

/// The key in which a sheet would be learned.
pub fn learned_key(sheet: &LeadSheet) -> Key {
    crate::style::keys::of(sheet, crate::style::keys::Keys::Checked)
}
