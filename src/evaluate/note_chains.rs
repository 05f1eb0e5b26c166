//! Plain chains of notes, orders 1 to 3: what a style's own law of melody is held against.

use std::collections::BTreeMap;

use super::held_out::Spent;
use crate::style::Piece;
use crate::style::count::Counter;
use crate::style::figures::Table;
use crate::style::piece::Event;
use crate::style::smoothing::interpolate;
use crate::viewpoint::{degree, interval};

/// The longest chain.
pub const LONGEST: usize = 3;
/// The count of one event of a piece of full weight.
const UNIT: u32 = 100;

/// Chains of pitch and of length, counted in pieces, each order with all shorter ones (Witten and Bell 1991).
#[derive(Clone, Debug)]
pub struct NoteChains {
    pitches: Table,
    lengths: Table,
    /// The lengths that codes of `lengths` mean: ticks, and whether it is a rest.
    alphabet: BTreeMap<(i32, bool), u16>,
}

impl NoteChains {
    /// The chains of some pieces with their weights in hundredths.
    pub fn learned<'p>(pieces: impl Iterator<Item = (&'p Piece, u32)> + Clone) -> NoteChains {
        let mut alphabet = BTreeMap::new();
        for event in pieces.clone().flat_map(|(piece, _)| &piece.events) {
            let next = alphabet.len() as u16;
            alphabet.entry((event.length, event.pitch.is_none())).or_insert(next);
        }
        let (mut pitches, mut lengths) = (Counter::default(), Counter::default());
        for (number, (piece, weight)) in pieces.enumerate() {
            let number = number as u32;
            for (context, step) in steps(piece) {
                pitches.see(&context, 1, step, number, weight);
            }
            for (context, length) in lengths_of(piece, &alphabet) {
                // A length of the pieces it is counted in is always known.
                length.into_iter().for_each(|length| lengths.see(&context, 1, length, number, weight));
            }
        }
        NoteChains { pitches: pitches.table(1), lengths: lengths.table(1), alphabet }
    }

    /// What the pitches of a piece cost under the chain of an order, 1 to 3, given where notes stand: intervals, seen
    /// from the degree of the note before and the intervals before it. First notes are given.
    pub fn pitches(&self, piece: &Piece, order: usize) -> Spent {
        let base = vec![1.0 / f64::from(interval::COUNT); usize::from(interval::COUNT)];
        steps(piece).iter().fold(Spent::default(), |spent, (context, step)| {
            spent.and(law(&base, &self.pitches, context, order).get(usize::from(*step)))
        })
    }

    /// What the lengths of a piece's notes and rests cost under the chain of an order, 1 to 3, seen from the lengths
    /// before; a length that was never counted costs as much as any other together.
    pub fn lengths(&self, piece: &Piece, order: usize) -> Spent {
        let unknown = self.alphabet.len();
        let base = vec![1.0 / (unknown + 1) as f64; unknown + 1];
        let all = lengths_of(piece, &self.alphabet);
        let spent = all.iter().fold(Spent::default(), |spent, (context, length)| {
            let code = length.map_or(unknown, usize::from);
            spent.and(law(&base, &self.lengths, context, order).get(code))
        });
        // Notes are what is counted: the rests between them are part of their rhythm.
        let notes = piece.events.iter().filter(|event| event.pitch.is_some()).count();
        Spent { events: notes as f64, ..spent }
    }
}

/// The law after a context, in the chain of an order.
fn law(base: &[f64], table: &Table, context: &[u16], order: usize) -> Vec<f64> {
    let longest = context.len().min(order + 1);
    let contexts: Vec<&[u16]> = (1..=longest).filter_map(|length| context.get(..length)).collect();
    interpolate(base, table, UNIT, &contexts)
}

/// Each interval of a piece after its context, most recent first: 0, the degree before, the intervals before that.
fn steps(piece: &Piece) -> Vec<(Vec<u16>, u16)> {
    let mut found = Vec::new();
    let mut past: Vec<u16> = Vec::new();
    let mut last: Option<i16> = None;
    for event in &piece.events {
        if event.anew {
            (last, past) = (None, Vec::new());
        }
        let Some(pitch) = event.pitch else { continue };
        if let Some(last) = last {
            let step = interval::code(i32::from(pitch - last));
            let tonic = tonic(piece, event);
            let mut context = vec![0, degree::code(i32::from(last), tonic)];
            context.extend(past.iter().take(LONGEST - 1));
            found.push((context, step));
            past.insert(0, step);
            past.truncate(LONGEST);
        }
        last = Some(pitch);
    }
    found
}

/// Each length of a piece, `None` if it is not in the alphabet, after its context: 0, the lengths before.
fn lengths_of(piece: &Piece, alphabet: &BTreeMap<(i32, bool), u16>) -> Vec<(Vec<u16>, Option<u16>)> {
    let mut found = Vec::new();
    let mut past: Vec<u16> = Vec::new();
    for event in &piece.events {
        if event.anew {
            past.clear();
        }
        let code = alphabet.get(&(event.length, event.pitch.is_none())).copied();
        let context = std::iter::once(0).chain(past.iter().copied().take(LONGEST)).collect();
        found.push((context, code));
        past.insert(0, code.unwrap_or(u16::MAX));
        past.truncate(LONGEST);
    }
    found
}

fn tonic(piece: &Piece, event: &Event) -> u8 {
    let bar = piece.bars.get(event.bar.unwrap_or_default());
    bar.map_or(0, |bar| bar.key.tonic.pitch_class())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Duration, Form, Key, LeadSheet, Melody, Meter, Note};

    /// Quarters at these pitches.
    fn piece(pitches: &[i32]) -> Piece {
        let note = |(at, &midi): (usize, &i32)| Note {
            onset: Duration::quarters(at as i64),
            duration: Duration::QUARTER,
            pitch: Key::C_MAJOR.spell_midi(midi),
        };
        let melody = Melody { notes: pitches.iter().enumerate().map(note).collect() };
        let form = Form::plain(Meter::COMMON, pitches.len() / 4);
        let header = Header::new("Line", Key::C_MAJOR);
        let sheet = LeadSheet::new(header, form, Chart::default(), melody).expect("a sheet");
        Piece::new(&sheet, Key::C_MAJOR).expect("a piece")
    }

    #[test]
    fn costs_are_those_of_interpolated_counts() {
        // C D C D …: from C always up 2, from D always down 2.
        let wave = piece(&[60, 62, 60, 62, 60, 62, 60, 62, 60, 62, 60, 62, 60, 62, 60, 62]);
        let chains = NoteChains::learned([(&wave, UNIT)].into_iter());
        let count = f64::from(interval::COUNT);
        // Fifteen steps, eight of them up. Order 1 mixes base, all steps (15 of 2 kinds), those from the degree.
        let cost = |share: f64, seen: f64| {
            let all = share / 17.0 + 2.0 / 17.0 / count;
            -libm::log2(seen / (seen + 1.0) + all / (seen + 1.0))
        };
        let expected = 8.0 * cost(8.0, 8.0) + 7.0 * cost(7.0, 7.0);
        let spent = chains.pitches(&wave, 1);
        assert_eq!(spent.events, 15.0);
        assert!((spent.bits - expected).abs() < 1e-9, "{} {expected}", spent.bits);
        assert!(chains.pitches(&wave, 3).bits < spent.bits);
        // One length alone: it costs what is left for others.
        let lengths = chains.lengths(&wave, 1);
        assert_eq!(lengths.events, 16.0);
        assert!(lengths.per_event() < 0.1, "{}", lengths.per_event());
    }

    #[test]
    fn what_was_never_heard_costs_more_and_is_finite() {
        let chains = NoteChains::learned(
            [(&piece(&[60, 62, 60, 62, 60, 62, 60, 62, 60, 62, 60, 62, 60, 62, 60, 62]), UNIT)].into_iter(),
        );
        let other = piece(&[60, 67, 61, 70, 60, 67, 61, 70, 60, 67, 61, 70, 60, 67, 61, 70]);
        for order in 1..=LONGEST {
            let spent = chains.pitches(&other, order);
            assert!(spent.per_event() > 5.0 && spent.bits.is_finite(), "{order}: {}", spent.bits);
        }
    }
}
