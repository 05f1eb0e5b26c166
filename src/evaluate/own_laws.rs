//! What songs cost under the laws that a style composes with.

use std::collections::BTreeMap;

use super::chord_bits::{ChordLaw, chord_bits};
use super::held_out::Spent;
use crate::compose::rhythm_law::RhythmLaw;
use crate::music::{Duration, Meter};
use crate::style::blend::BlendWeights;
use crate::style::figures::Figures;
use crate::style::fit_melody::Listener;
use crate::style::heard::heard;
use crate::style::melody_experts::EXPERTS;
use crate::style::piece::Piece;
use crate::viewpoint::length::Before;
use crate::viewpoint::place;

/// Notes of context that the melody's law looks at.
const NOTES: usize = 3;
/// The share of probability that is kept for lengths which nobody has heard.
const UNHEARD: f64 = 0.001;

/// What the pitches of a piece cost under the mix of experts, given where notes stand, and the chords: all notes but the
/// first of each line, and those after leaps beyond an octave.
pub fn pitches(figures: &Figures, piece: &Piece) -> Spent {
    let Some(weights) = BlendWeights::from_hundredths(&figures.melody_weights, EXPERTS) else {
        return Spent::default();
    };
    let mut listener = Listener::default();
    listener.listen(figures, heard(piece, NOTES).iter().map(|note| (note, 1.0)), false);
    let events = listener.evidence().total();
    Spent { events, bits: events * listener.evidence().bits(&weights) }
}

/// What the lengths of a piece's notes and rests cost, by note, seen from the place in bar and phrase and the length
/// before. What is not in the law costs what it keeps for one unheard length.
pub fn lengths(figures: &Figures, piece: &Piece) -> Spent {
    let law = RhythmLaw::new(figures, piece.meter);
    let unheard = UNHEARD / (figures.lengths.len() + 1) as f64;
    let mut known = BTreeMap::new();
    let mut before = Before::NOTHING;
    let mut spent = Spent::default();
    for event in &piece.events {
        if event.anew {
            before = Before::NOTHING;
        }
        let (in_bar, phrase, _) = piece.stands(event);
        let steps = known.entry((in_bar, phrase, before)).or_insert_with(|| {
            let at = place::duration(in_bar);
            law.steps(at, phrase, before, to_next(&law, piece.meter, at))
        });
        let is_it = |length: Duration, rest: bool| {
            length == place::duration(event.length) && rest == event.pitch.is_none()
        };
        let weight: f64 =
            steps.iter().filter(|step| is_it(step.length, step.rest)).map(|step| step.weight).sum();
        spent = spent.and(Some(&((1.0 - UNHEARD) * weight + unheard)));
        before = Before::of(event.length, event.pitch.is_none());
    }
    // Notes are what is counted: the rests between them are part of their rhythm.
    let notes = piece.events.iter().filter(|event| event.pitch.is_some()).count();
    Spent { events: notes as f64, ..spent }
}

/// What the chord changes of a piece cost under a law.
pub fn chords(figures: &Figures, piece: &Piece, law: ChordLaw) -> Spent {
    let cost = chord_bits(figures, piece, law);
    Spent { events: cost.changes as f64, bits: cost.bits }
}

/// What the lengths of its chords cost.
pub fn spans(figures: &Figures, piece: &Piece, law: ChordLaw) -> Spent {
    let cost = chord_bits(figures, piece, law);
    Spent { events: cost.spans as f64, bits: cost.span_bits }
}

/// How far the next place is at which anything may start.
fn to_next(law: &RhythmLaw<'_>, meter: Meter, in_bar: Duration) -> Duration {
    let next = law.onsets().into_iter().find(|&onset| onset > in_bar);
    next.unwrap_or(meter.bar_length()) - in_bar
}
