//! How well a style foretells chords that it has not heard: bits per chord change, and per length of a chord.

use crate::music::{ChordSymbol, Key, LeadSheet, NamedChord, Quality};
use crate::style::Piece;
use crate::style::chart_events::{self, ChartEvent};
use crate::style::chart_experts::{
    chain, chord_weights, mixed, opinions, situation, span_weights, timed, usual_spans,
};
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
                    mixed(&all, &chord_weights[situation(event.place.codes())], event.last)
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
        let all =
            timed(figures, timing.meter, timing.beat, timing.place, &usual_spans(bar, timing.beat, bar * 4));
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
        () if has(4) => {
            if has(8) && !has(7) {
                "aug"
            } else {
                ""
            }
        }
        () if has(3) => {
            if has(6) && !has(7) {
                "dim"
            } else {
                "m"
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, ChordChange, Duration, Form, Melody, Meter};
    use crate::style::Options;
    use crate::style::chart_tables::chart_figures;

    fn sheet(chords: &[&str]) -> LeadSheet {
        let change = |(bar, chord): (usize, &&str)| ChordChange {
            at: Duration::WHOLE * bar as i64,
            chord: chord.parse().expect(chord),
        };
        let changes = chords.iter().enumerate().map(change).collect();
        let form = Form::plain(Meter::COMMON, chords.len());
        LeadSheet::new(Header::new("Test", Key::C_MAJOR), form, Chart { changes }, Melody::default())
            .expect("a sheet")
    }

    fn piece(chords: &[&str]) -> Piece {
        Piece::new(&sheet(chords), Key::C_MAJOR).expect("a piece")
    }

    const ROAD: [&str; 8] = ["C", "F", "G", "C", "F", "G", "F", "C"];

    #[test]
    fn what_was_heard_costs_less_than_what_was_not() {
        let figures = chart_figures(&[("one".into(), piece(&ROAD))], &Options::default());
        let cost = |chords: &[&str], law| chord_bits(&figures, &piece(chords), law);
        for law in [ChordLaw::Mix, ChordLaw::Chain(1), ChordLaw::Chain(2)] {
            let (same, other) = (cost(&ROAD, law), cost(&["C", "G", "C", "G", "C", "G", "C", "G"], law));
            assert_eq!((same.changes, same.unknown, same.spans), (8, 0, 8));
            assert!(same.per_change() < other.per_change(), "{law:?}");
        }
    }

    #[test]
    fn chords_that_are_not_known_are_told_and_left_out() {
        let figures = chart_figures(&[("one".into(), piece(&ROAD))], &Options::default());
        let strange = ["C", "F#m", "C", "F", "G", "C7", "F", "C"];
        let cost = chord_bits(&figures, &piece(&strange), ChordLaw::Mix);
        // C7 counts as C.
        assert_eq!((cost.changes, cost.unknown), (7, 1));
    }

    #[test]
    fn a_change_between_two_chords_is_certain() {
        let two = ["C", "G", "C", "G", "C", "G", "C", "G"];
        let figures = chart_figures(&[("one".into(), piece(&two))], &Options::default());
        let cost = chord_bits(&figures, &piece(&two), ChordLaw::Chain(1));
        let first = -libm::log2(1.0 - 0.25);
        assert!((cost.bits - first).abs() < 1e-9, "only the first chord is in doubt: {cost:?}");
    }

    #[test]
    fn triads_keep_root_and_third() {
        let names: Vec<String> =
            in_triads(sheet(&["Cmaj7/E", "Dm7b5", "G7sus4", "Aaug7", "Bm6", "E5", "F6"]))
                .chart()
                .changes
                .iter()
                .map(|change| change.chord.to_string())
                .collect();
        let wanted = ["C", "Ddim", "Gsus4", "Aaug", "Bm", "E", "F"];
        assert_eq!(names, wanted.map(|name| name.parse::<ChordSymbol>().expect(name).to_string()));
    }
}
