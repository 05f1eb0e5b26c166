//! A melody note by note, with all that its experts may know of each note.

use crate::music::chord_quality::Family;
use crate::viewpoint::{degree, interval, length, mode_code, place};

use super::piece::{Event, Piece};
use super::sections::PieceSection;

/// Bars of an excerpt: the stretch whose middle pitch the register is measured from.
pub const EXCERPT: usize = 8;

/// A chord under a note or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeardChord {
    /// Its root as a pitch class.
    pub root: u8,
    /// Its family's code.
    pub family: u16,
    /// Its pitch classes as a 12-bit set.
    pub tones: u16,
}

/// A note and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// MIDI note number.
    pub pitch: i32,
    /// The notes before in the same key, the last one first, as many as were asked for; none where the line starts anew.
    pub before: Vec<i32>,
    /// The tonic's pitch class.
    pub tonic: u8,
    /// The mode's code.
    pub mode: u16,
    /// Whether the bar is a full bar of the meter.
    pub regular: bool,
    /// Its place in phrase and bar: [`PhrasePlace::note_code`](crate::viewpoint::PhrasePlace::note_code).
    pub place: u16,
    /// Strength of the place, 0 to 2.
    pub strength: u16,
    /// Length class, 0 to 2.
    pub long: u16,
    /// The chords that sound under it, each with its share in sixteenths.
    pub under: Vec<(HeardChord, u8)>,
    /// The chord that sounds just before it.
    pub behind: Option<HeardChord>,
    /// The chord that comes next, if no other note starts before it.
    pub into: Option<HeardChord>,
    /// Whether it is the first note of its section.
    pub opens: bool,
    /// Whether it is the first note of the piece.
    pub starts: bool,
    /// Whether it is the last note of its section.
    pub ends: bool,
    /// Whether it is the last note of the piece.
    pub closes: bool,
    /// Semitones above the middle pitch of its excerpt.
    pub height: i32,
}

impl Heard {
    /// The degree of the note before, and the interval that led to it.
    pub fn line(&self) -> Option<(u16, Option<u16>)> {
        let &last = self.before.first()?;
        let came = self.before.get(1).map(|before| interval::code(last - before));
        Some((degree::code(last, self.tonic), came))
    }

    /// The chord that most of the note sounds on.
    pub fn main_chord(&self) -> Option<HeardChord> {
        self.under.iter().rev().max_by_key(|(_, share)| *share).map(|(chord, _)| *chord)
    }

    /// Whether a pitch would be a tone of that chord.
    pub fn on_tone(&self, pitch: i32) -> Option<bool> {
        self.main_chord().map(|chord| chord.has(pitch))
    }

    /// Whether the note before is a tone of the chord that sounds last before this one.
    pub fn from_tone(&self) -> Option<bool> {
        Some(self.behind?.has(*self.before.first()?))
    }

    /// The same as a code: 0 no tone, 1 a tone, 2 without a chord.
    pub fn from(&self) -> u16 {
        self.from_tone().map_or(2, u16::from)
    }
}

impl HeardChord {
    /// Whether a pitch is one of its tones.
    pub fn has(&self, pitch: i32) -> bool {
        self.tones >> pitch.rem_euclid(12) & 1 == 1
    }
}

/// The notes of a piece, each with so many notes before it.
pub fn heard(piece: &Piece, order: usize) -> Vec<Heard> {
    let middles = middles(piece);
    let notes: Vec<(usize, &Event)> =
        piece.events.iter().enumerate().filter(|(_, event)| event.pitch.is_some()).collect();
    let mut all: Vec<Heard> = Vec::with_capacity(notes.len());
    let mut before: Vec<i32> = Vec::new();
    let mut key = None;
    let mut anew_at = 0;
    for (number, &(index, event)) in notes.iter().enumerate() {
        let from = number.checked_sub(1).and_then(|last| notes.get(last)).map_or(0, |last| last.0 + 1);
        if piece.events.get(from..=index).is_some_and(|events| events.iter().any(|event| event.anew)) {
            before.clear();
            anew_at = number;
        }
        let bar = event.bar.and_then(|bar| piece.bars.get(bar));
        let Some(here) = bar.or(piece.bars.first()).map(|bar| bar.key) else { continue };
        if key != Some(here) {
            key = Some(here);
            before.clear();
        }
        let (in_bar, phrase, regular) = piece.stands(event);
        let strength = place::strength(piece.meter, place::duration(in_bar));
        let pitch = event.pitch.map_or(0, i32::from);
        let section = section_of(piece, event);
        let next = notes.get(number + 1).map(|next| section_of(piece, next.1));
        let last = (number > anew_at).then(|| notes.get(number.wrapping_sub(1))).flatten();
        let end = event.at + event.length;
        all.push(Heard {
            pitch,
            before: before.clone(),
            tonic: here.tonic.pitch_class(),
            mode: mode_code(here.mode),
            regular,
            place: phrase.note_code(strength),
            strength,
            long: length::class(event.length),
            under: under(piece, event.at, end),
            behind: chord_at(piece, event.at - 1),
            into: into(piece, end, notes.get(number + 1).map(|next| next.1.at)),
            opens: section.is_some() && last.is_none_or(|last| section_of(piece, last.1) != section),
            starts: !all.iter().any(|note| note.opens),
            ends: section.is_some() && next.is_none_or(|next| next != section),
            closes: next.is_none(),
            height: pitch - middle(piece, &middles, event),
        });
        before.insert(0, pitch);
        before.truncate(order);
    }
    all
}

fn known(chord: Option<(u8, Family, u16)>) -> Option<HeardChord> {
    let (root, family, tones) = chord?;
    Some(HeardChord { root, family: crate::viewpoint::chord_tone::family_code(family), tones })
}

fn chord_at(piece: &Piece, tick: i32) -> Option<HeardChord> {
    piece.chord_at(tick.max(0)).and_then(|index| piece.chords.get(index)).and_then(|chord| known(chord.chord))
}

/// The chord that comes once a note has ended, before the next note or with it.
fn into(piece: &Piece, end: i32, next: Option<i32>) -> Option<HeardChord> {
    let change = piece.chords.get(piece.chords.partition_point(|chord| chord.at < end))?;
    known(change.chord).filter(|_| next.is_none_or(|next| next >= change.at))
}

fn under(piece: &Piece, from: i32, to: i32) -> Vec<(HeardChord, u8)> {
    let first = piece.chord_at(from.max(0)).unwrap_or(0);
    let mut under = Vec::new();
    for (index, chord) in piece.chords.iter().enumerate().skip(first) {
        let stop = piece.chords.get(index + 1).map_or(i32::MAX, |next| next.at);
        let overlap = stop.min(to) - chord.at.max(from);
        if chord.at >= to {
            break;
        }
        if let Some(known) = known(chord.chord).filter(|_| overlap > 0) {
            under.push((known, (overlap * 16 / (to - from).max(1)).clamp(1, 16) as u8));
        }
    }
    under
}

fn section_of(piece: &Piece, event: &Event) -> Option<usize> {
    let bar = event.bar?;
    piece.sections.iter().position(|section| bar < section.first_bar + section.bars)
}

/// The excerpt of a section that a bar lies in.
fn excerpt(section: &PieceSection, bar: usize) -> usize {
    bar.saturating_sub(section.first_bar) / EXCERPT
}

/// The middle pitch of each excerpt, by section and excerpt.
fn middles(piece: &Piece) -> std::collections::BTreeMap<(usize, usize), i32> {
    let mut pitches: std::collections::BTreeMap<(usize, usize), Vec<i32>> = std::collections::BTreeMap::new();
    for event in &piece.events {
        if let (Some(pitch), Some(place)) = (event.pitch, excerpt_of(piece, event)) {
            pitches.entry(place).or_default().push(i32::from(pitch));
        }
    }
    let middle = |mut pitches: Vec<i32>| {
        pitches.sort_unstable();
        pitches.get(pitches.len() / 2).copied().unwrap_or_default()
    };
    pitches.into_iter().map(|(place, pitches)| (place, middle(pitches))).collect()
}

fn excerpt_of(piece: &Piece, event: &Event) -> Option<(usize, usize)> {
    let section = section_of(piece, event)?;
    Some((section, excerpt(piece.sections.get(section)?, event.bar?)))
}

fn middle(piece: &Piece, middles: &std::collections::BTreeMap<(usize, usize), i32>, event: &Event) -> i32 {
    let own = excerpt_of(piece, event).or(Some((0, 0))).and_then(|place| middles.get(&place));
    own.or(middles.values().next()).copied().unwrap_or(event.pitch.map_or(0, i32::from))
}

/// For each excerpt of a piece the semitones from the piece's median pitch to its own.
pub fn middle_offsets(piece: &Piece) -> Vec<i32> {
    let mut pitches: Vec<i32> = piece.events.iter().filter_map(|event| event.pitch).map(i32::from).collect();
    pitches.sort_unstable();
    let own = pitches.get(pitches.len() / 2).copied().unwrap_or_default();
    middles(piece).into_values().map(|middle| middle - own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, ChordChange, Duration, Form, Key, LeadSheet, Melody, Meter, Note};

    /// Four bars of 4/4 in C: C for two, F for two; notes as (onset and length in quarters, MIDI).
    fn piece(notes: &[(i64, i64, i32)]) -> Piece {
        let change = |(bar, chord): (i64, &str)| ChordChange {
            at: Duration::WHOLE * bar,
            chord: chord.parse().expect(chord),
        };
        let note = |&(onset, length, midi): &(i64, i64, i32)| Note {
            onset: Duration::quarters(onset),
            duration: Duration::quarters(length),
            pitch: Key::C_MAJOR.spell_midi(midi),
        };
        let chart = Chart { changes: [(0, "C"), (2, "F")].map(change).to_vec() };
        let melody = Melody { notes: notes.iter().map(note).collect() };
        let header = Header::new("One", Key::C_MAJOR);
        let sheet = LeadSheet::new(header, Form::plain(Meter::COMMON, 4), chart, melody).expect("a sheet");
        Piece::new(&sheet, Key::C_MAJOR).expect("a piece")
    }

    #[test]
    fn a_note_knows_what_stands_around_it() {
        let all = heard(&piece(&[(0, 2, 60), (2, 4, 62), (6, 4, 64), (10, 2, 65), (12, 2, 69)]), 2);
        let [first, second, third, fourth, last]: &[Heard; 5] =
            all.as_slice().try_into().expect("five notes");
        assert_eq!((first.line(), first.opens, first.starts), (None, true, true));
        assert_eq!((second.line(), second.from_tone()), (Some((0, None)), Some(true)));
        assert_eq!(
            (third.line(), third.from_tone()),
            (Some((2, Some(14))), Some(false)),
            "D over C leads on"
        );
        let shares: Vec<(u8, u8)> = third.under.iter().map(|(chord, share)| (chord.root, *share)).collect();
        assert_eq!(shares, [(0, 8), (5, 8)], "held over the change to F");
        assert_eq!(third.main_chord().map(|chord| chord.root), Some(0), "of equal shares the first");
        assert_eq!((second.into, third.on_tone(65)), (None, Some(false)));
        assert_eq!((fourth.before.as_slice(), fourth.on_tone(65)), ([64, 62].as_slice(), Some(true)));
        assert_eq!((last.ends, last.closes, first.ends, fourth.closes), (true, true, false, false));
        assert_eq!(all.iter().map(|note| note.height).collect::<Vec<_>>(), [-4, -2, 0, 1, 5]);
    }

    #[test]
    fn a_line_starts_anew_after_a_long_break() {
        let all = heard(&piece(&[(0, 1, 60), (1, 1, 62), (15, 1, 64)]), 3);
        assert_eq!(all.iter().map(|note| note.before.len()).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn a_change_is_ahead_of_the_last_note_before_it() {
        let all = heard(&piece(&[(0, 2, 60), (4, 3, 64), (8, 4, 65)]), 1);
        assert_eq!(
            all.iter().map(|note| note.into.map(|chord| chord.root)).collect::<Vec<_>>(),
            [None, Some(5), None]
        );
    }
}
