//! Every figure of a portrait, on a sheet small enough to work them out by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use tunesmith::music::lead_sheet::Header;
use tunesmith::music::{Chart, ChordChange, Duration, Form, Key, LeadSheet, Melody, Meter, Note};
use tunesmith::portrait::set::overlap;
use tunesmith::portrait::{Figure, Portrait};
use tunesmith::style::keys::Keys;
use tunesmith::style::portrait_of_sheets;

/// Notes as (onset, length, MIDI), in quarters.
type Line = Vec<(f64, f64, i32)>;

/// A sheet in C and 4/4: chords by quarter, notes as (onset, length, MIDI) in quarters.
fn sheet(bars: usize, chords: &[(i64, &str)], notes: &[(f64, f64, i32)]) -> LeadSheet {
    let quarters = |quarters: f64| Duration::from_quarters_f64(quarters).unwrap();
    let change = |&(at, chord): &(i64, &str)| ChordChange {
        at: Duration::quarters(at),
        chord: chord.parse().unwrap(),
    };
    let note = |&(onset, length, midi): &(f64, f64, i32)| Note {
        onset: quarters(onset),
        duration: quarters(length),
        pitch: Key::C_MAJOR.spell_midi(midi),
    };
    let chart = Chart { changes: chords.iter().map(change).collect() };
    let melody = Melody { notes: notes.iter().map(note).collect() };
    LeadSheet::new(Header::new("Tune", Key::C_MAJOR), Form::plain(Meter::COMMON, bars), chart, melody)
        .unwrap()
}

fn portrait(sheets: &[LeadSheet]) -> Portrait {
    let (portrait, unusable) = portrait_of_sheets(sheets, Meter::COMMON, Keys::Given);
    assert_eq!(unusable, 0);
    portrait
}

fn figure(portrait: &Portrait, figure: Figure) -> f64 {
    portrait.figure(figure).unwrap_or_else(|| panic!("{figure:?}")).mean.value()
}

const CHORDS: [(i64, &str); 9] =
    [(0, "C"), (4, "F"), (8, "C"), (12, "G"), (16, "C"), (20, "F"), (24, "Dm"), (26, "G7"), (28, "C")];

/// C D E | F G A | E F | G (rest) | C D E | F G C | A B | C.
const NOTES: [(f64, f64, i32); 18] = [
    (0.0, 1.0, 60),
    (1.0, 1.0, 62),
    (2.0, 2.0, 64),
    (4.0, 1.0, 65),
    (5.0, 1.0, 67),
    (6.0, 2.0, 69),
    (8.0, 2.0, 64),
    (10.0, 2.0, 65),
    (12.0, 3.0, 67),
    (16.0, 1.0, 60),
    (17.0, 1.0, 62),
    (18.0, 2.0, 64),
    (20.0, 1.0, 65),
    (21.0, 1.0, 67),
    (22.0, 2.0, 72),
    (24.0, 2.0, 69),
    (26.0, 2.0, 71),
    (28.0, 4.0, 72),
];

#[test]
fn every_figure_is_as_worked_out_by_hand() {
    let portrait = portrait(&[sheet(8, &CHORDS, &NOTES)]);
    assert_eq!((portrait.tunes, portrait.charts, portrait.excerpts), (1, 1, 1));
    let expected = [
        // Of 31 quarters, D, G, F (two quarters), D and G are off the chord; F stands over the E of C.
        (Figure::ChordTones, 25.0 / 31.0),
        (Figure::SemitoneAbove, 2.0 / 31.0),
        // The second G leaps to C.
        (Figure::LeftByStep, 4.0 / 5.0),
        (Figure::Rhythm1, 2.0 / 7.0),
        (Figure::Rhythm2, 0.0),
        (Figure::Rhythm4, 1.0),
        (Figure::Rhythms, 3.0),
        // C D E comes as F G A and again, D E F and E F G come twice.
        (Figure::HeardAgain, 4.0 / 16.0),
        (Figure::Exact1, 0.0),
        (Figure::Exact2, 0.0),
        (Figure::Exact4, 1.0 / 4.0),
        (Figure::PhraseEnds, 1.0),
        (Figure::Range, 12.0),
        (Figure::Notes, 18.0 / 8.0),
        (Figure::Repeated, 0.0),
        (Figure::TiedOver, 0.0),
        (Figure::Chords, 9.0 / 8.0),
        (Figure::Chords1, 0.0),
        (Figure::Chords2, 2.0 / 6.0),
        (Figure::Chords4, 2.0 / 4.0),
        (Figure::EndsOnTonic, 1.0),
        (Figure::EndsOnChordTone, 1.0),
        (Figure::EndsOnOne, 1.0),
    ];
    assert_eq!(expected.map(|(figure, _)| figure), Figure::ALL);
    for (which, value) in expected {
        assert!((figure(&portrait, which) - value).abs() < 1e-6, "{which:?}: {value}");
    }
    let share = |part: i64| part * 1_000_000 / 18;
    let lengths: Vec<(u16, i64)> =
        portrait.lengths.iter().map(|(length, share)| (*length, share.0)).collect();
    assert_eq!(lengths, [(12, share(8)), (24, share(8)), (36, share(1) + 1), (48, share(1) + 1)]);
    let intervals: Vec<(i8, i64)> = portrait
        .intervals
        .iter()
        .map(|(step, share)| (*step, (share.0 * 17 + 500_000) / 1_000_000))
        .collect();
    assert_eq!(intervals, [(-7, 1), (-5, 1), (-3, 1), (1, 4), (2, 9), (5, 1)]);
}

#[test]
fn held_and_repeated_notes_are_seen() {
    let notes: Vec<(f64, f64, i32)> = (0..8).map(|bar| (f64::from(bar) * 4.0 + 2.0, 4.0, 67)).collect();
    let mut notes = notes;
    notes[7].1 = 2.0;
    let held = portrait(&[sheet(8, &[], &notes)]);
    assert!((figure(&held, Figure::TiedOver) - 7.0 / 8.0).abs() < 1e-6);
    assert_eq!(figure(&held, Figure::Repeated), 1.0);
    assert_eq!([figure(&held, Figure::Exact1), figure(&held, Figure::Rhythm4)], [1.0, 1.0]);
    assert_eq!(figure(&held, Figure::EndsOnTonic), 0.0);
    for without in [Figure::ChordTones, Figure::LeftByStep, Figure::Chords, Figure::EndsOnOne] {
        assert_eq!(held.figure(without), None, "{without:?}: there are no chords");
    }
}

#[test]
fn bars_four_and_eight_end_long_or_not() {
    let ends = |change: &dyn Fn(&mut Line)| {
        let mut notes = NOTES.to_vec();
        change(&mut notes);
        figure(&portrait(&[sheet(8, &CHORDS, &notes)]), Figure::PhraseEnds)
    };
    assert_eq!(ends(&|notes| notes.insert(9, (15.0, 1.0, 67))), 0.5, "a quarter leads on");
    assert_eq!(ends(&|notes| notes.insert(9, (15.0, 0.5, 67))), 1.0, "then an eighth's rest");
    assert_eq!(ends(&|notes| notes[8] = (14.5, 1.5, 67)), 1.0, "a dotted quarter is long");
    assert_eq!(ends(&|notes| notes[8] = (15.0, 1.0, 67)), 0.5);
    assert_eq!(
        ends(&|notes| {
            notes[8] = (15.0, 2.0, 67);
            notes[9].0 = 17.0;
            notes.remove(10);
        }),
        1.0,
        "a note counts with its full length"
    );
}

#[test]
fn tunes_count_equally_however_long_they_are() {
    let wide: Vec<(f64, f64, i32)> =
        (0..16).map(|bar| (f64::from(bar) * 4.0, 4.0, 60 + bar % 2 * 10)).collect();
    let narrow: Vec<(f64, f64, i32)> =
        (0..8).map(|bar| (f64::from(bar) * 4.0, 4.0, 60 + bar % 2 * 4)).collect();
    let both = portrait(&[sheet(16, &[], &wide), sheet(8, &[], &narrow)]);
    assert_eq!((both.tunes, both.excerpts), (2, 3));
    let range = both.figure(Figure::Range).unwrap();
    assert_eq!(range.mean.value(), 7.0);
    assert_eq!(range.error.value(), 3.0, "two values three from their mean: 3 / sqrt(2 - 1)");
}

#[test]
fn a_set_has_all_in_common_with_itself_and_nothing_with_its_opposite() {
    let one = portrait(&[sheet(8, &CHORDS, &NOTES)]);
    assert!((overlap(&one.lengths, &one.lengths).unwrap() - 1.0).abs() < 1e-5);
    let down: Vec<(f64, f64, i32)> = (0..8).map(|bar| (f64::from(bar) * 4.0, 2.5, 90 - 2 * bar)).collect();
    let other = portrait(&[sheet(8, &CHORDS, &down)]);
    assert_eq!(overlap(&one.intervals, &other.intervals), Some(0.0));
    assert_eq!(overlap(&one.intervals, &[]), None);
}
