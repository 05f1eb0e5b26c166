//! Whatever is printed is read back as it was, and nothing that is read makes the program stop.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tunesmith::music::chord_quality::QUALITIES;
use tunesmith::music::unfold::{MOST_BARS, unfold, unfolded};
use tunesmith::music::*;

fn names() -> impl Strategy<Value = NoteName> {
    (-15..=19).prop_map(NoteName::from_fifths)
}

fn qualities() -> impl Strategy<Value = Quality> {
    select(Quality::all().collect::<Vec<_>>())
}

fn degrees() -> impl Strategy<Value = Degree> {
    let changes = select(vec![DegreeChange::Add, DegreeChange::Alter, DegreeChange::Omit]);
    (2..=13u8, -1..=1i8, changes).prop_map(|(number, alter, change)| Degree { number, alter, change })
}

fn chords() -> impl Strategy<Value = NamedChord> {
    (names(), qualities(), vec(degrees(), 0..4), option::of(names())).prop_map(
        |(root, quality, alterations, bass)| NamedChord::from_parts(root, quality, &alterations, bass),
    )
}

fn keys() -> impl Strategy<Value = Key> {
    (-7..=7, select(Mode::ALL.to_vec())).prop_map(|(fifths, mode)| Key::from_fifths(fifths, mode))
}

fn intervals() -> impl Strategy<Value = Interval> {
    // Seconds to sevenths either way, with the usual sizes of semitones.
    let sizes = vec![
        (0, 0),
        (1, 1),
        (1, 2),
        (2, 3),
        (2, 4),
        (3, 5),
        (3, 6),
        (4, 6),
        (4, 7),
        (5, 8),
        (5, 9),
        (6, 10),
        (6, 11),
    ];
    (select(sizes), any::<bool>()).prop_map(|((steps, semitones), down)| {
        let up = Interval::new(steps, semitones);
        if down { -up } else { up }
    })
}

fn meters() -> impl Strategy<Value = Meter> {
    (1..=64u32, select(vec![1, 2, 4, 8, 16, 32, 64]))
        .prop_map(|(beats, unit)| Meter::new(beats, unit).unwrap())
}

fn bars() -> impl Strategy<Value = Bar> {
    let length = select(vec![1, 2, 3, 4]).prop_map(Duration::quarters);
    let repeats = (any::<bool>(), option::weighted(0.3, 2..=4u8), option::weighted(0.2, 1..=3u8));
    let marks = (option::weighted(0.1, keys()), vec(select(Jump::ALL.to_vec()), 0..2));
    (length, repeats, marks).prop_map(|(length, (repeat_start, repeat_end, ending), (key_change, jumps))| {
        Bar {
            length,
            repeat_start,
            repeat_end,
            ending: ending.map(|pass| vec![pass]),
            key_change,
            jumps,
            ..Bar::full(Meter::COMMON)
        }
    })
}

/// Sheets with any road map, chords and notes that may be held over bar lines.
fn sheets() -> impl Strategy<Value = LeadSheet> {
    let eighth = |count: i64| Duration::EIGHTH * count;
    let notes = vec((0..4i64, 1..9i64, 48..84i32), 0..40);
    let changes = vec((1..12i64, chords()), 0..12);
    let feel = select(vec![Feel::Straight, Feel::Swing]);
    (vec(bars(), 1..10), 0..3i64, notes, changes, keys(), feel).prop_map(
        move |(bars, pickup, notes, changes, key, feel)| {
            let form = Form { pickup: eighth(pickup), bars, ..Form::default() };
            let (start, end) = (-form.pickup, form.end());
            let (mut melody, mut chart) = (Melody::default(), Chart::default());
            let mut onset = start;
            for (rest, length, midi) in notes {
                onset += eighth(rest);
                let note = Note { onset, duration: eighth(length), pitch: key.spell_midi(midi) };
                onset = note.end();
                if onset <= end {
                    melody.notes.push(note);
                }
            }
            let mut at = start;
            for (distance, chord) in changes {
                if at < end {
                    chart.changes.push(ChordChange { at, chord: ChordSymbol::Chord(chord) });
                }
                at += eighth(distance);
            }
            LeadSheet::new(Header { feel, ..Header::new("", key) }, form, chart, melody).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chord_symbols_round_trip(chord in chords()) {
        let symbol = ChordSymbol::Chord(chord.clone());
        prop_assert_eq!(symbol.to_string().parse::<ChordSymbol>(), Ok(symbol));
        let again = NamedChord::from_parts(chord.root, chord.quality, &chord.alterations, chord.bass);
        prop_assert_eq!(again, chord);
    }

    #[test]
    fn one_spelling_for_one_sound(root in names(), quality in qualities(), alterations in vec(degrees(), 0..4)) {
        let plain = NamedChord { root, quality, alterations: alterations.clone(), bass: None };
        let settled = NamedChord::from_parts(root, quality, &alterations, None);
        prop_assert_eq!(plain.tones(), settled.tones());
        prop_assert_eq!(plain.pitch_classes(), settled.pitch_classes());
    }

    #[test]
    fn transposed_chords_sound_transposed(chord in chords(), by in intervals()) {
        let symbol = ChordSymbol::Chord(chord);
        let there = symbol.transpose(by);
        let up = by.semitones.rem_euclid(12) as u32;
        let classes = u32::from(symbol.pitch_classes());
        prop_assert_eq!(u32::from(there.pitch_classes()), (classes << up | classes >> (12 - up)) & 0xFFF);
        prop_assert!(there.transpose(-by).sounds_like(&symbol));
    }

    #[test]
    fn roman_numerals_round_trip(chord in chords(), key in keys()) {
        let symbol = ChordSymbol::Chord(chord);
        let roman = RomanChord::from_chord(&symbol, key).unwrap();
        prop_assert_eq!(roman.to_string().parse::<RomanChord>(), Ok(roman.clone()));
        let back = roman.to_chord(key);
        prop_assert!(back.sounds_like(&symbol), "{} {} {}", symbol, roman, back);
        let ChordSymbol::Chord(chord) = &symbol else { unreachable!() };
        if chord.root.alter.abs() < 2 && chord.bass.is_none_or(|bass| bass.alter.abs() < 2) {
            prop_assert_eq!(back, symbol);
        }
    }

    #[test]
    fn applied_numerals_round_trip(
        chord in chords(), of in option::of((1..=7u8, -2..=2i8)), bass in option::of((1..=7u8, -2..=2i8)), key in keys()
    ) {
        let degree = |(number, alter)| ScaleDegree { number, alter };
        let mut roman = RomanChord::from_chord(&ChordSymbol::Chord(chord), key).unwrap();
        (roman.of, roman.bass) = (of.map(degree), bass.map(degree));
        prop_assert_eq!(roman.to_string().parse::<RomanChord>(), Ok(roman.clone()));
        roman.to_chord(key);
    }

    #[test]
    fn durations_round_trip(ticks in -1_000_000_000..1_000_000_000i64) {
        let duration = Duration::from_ticks(ticks);
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        let (numerator, denominator) = duration.as_ratio();
        prop_assert_eq!(Duration::from_ratio(numerator, denominator), Some(duration));
    }

    #[test]
    fn pitches_round_trip(midi in 12..120i32, name in names(), by in intervals()) {
        let pitch = Pitch::from_midi(midi, name);
        prop_assert_eq!(pitch.midi(), midi);
        prop_assert_eq!(pitch.to_string().parse(), Ok(pitch));
        prop_assert_eq!(pitch.transpose(by).midi(), midi + by.semitones);
        prop_assert_eq!(pitch.transpose(by).transpose(-by).midi(), midi);
    }

    #[test]
    fn keys_and_meters_round_trip(key in keys(), meter in meters()) {
        prop_assert_eq!(key.to_string().parse(), Ok(key));
        prop_assert_eq!(meter.to_string().parse(), Ok(meter));
        prop_assert_eq!(meter.pulses().into_iter().sum::<Duration>(), meter.bar_length());
    }

    #[test]
    fn a_spelled_line_sounds_as_it_did(key in keys(), line in vec(0..128i32, 0..30), chord in chords()) {
        let midi = |pitches: &[Pitch]| pitches.iter().map(|pitch| pitch.midi()).collect::<Vec<_>>();
        prop_assert_eq!(&midi(&key.spell_line(&line)), &line);
        let chart = Chart { changes: vec![ChordChange { at: Duration::ZERO, chord: ChordSymbol::Chord(chord) }] };
        let notes: Vec<(Duration, i32)> = line.iter().map(|midi| (Duration::ZERO, *midi)).collect();
        let spelled = spell_melody(key, &notes, &chart);
        prop_assert_eq!(&midi(&spelled), &line);
        prop_assert!(spelled.iter().all(|pitch| pitch.name.alter.abs() <= 2));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}") {
        read_as_everything(&text);
    }

    #[test]
    fn any_heap_of_musical_signs_is_read_or_refused(
        root in select(vec!["C", "Bb", "F#", "ii", "bVII", "♯iv", "", "N", "-1"]),
        signs in vec(select(signs()), 0..7),
    ) {
        read_as_everything(&format!("{root}{}", signs.concat()));
    }

    #[test]
    fn any_road_map_ends_and_is_written_out(sheet in sheets(), by in intervals()) {
        let order = unfold(sheet.form());
        prop_assert!(order.len() <= MOST_BARS);
        prop_assert!(order.iter().all(|bar| *bar < sheet.form().bars.len()));
        let written_out = unfolded(&sheet);
        if !order.is_empty() && order[0] == 0 {
            prop_assert_eq!(written_out.form().bars.len(), order.len());
            let plain = |bar: &Bar| !bar.repeat_start && bar.repeat_end.is_none() && bar.ending.is_none() && bar.jumps.is_empty();
            prop_assert!(written_out.form().bars.iter().all(plain));
            prop_assert_eq!(&unfolded(&written_out), &written_out);
            let keys = sheet.bar_keys();
            prop_assert_eq!(written_out.bar_keys(), order.iter().map(|bar| keys[*bar]).collect::<Vec<_>>());
        }
        let performance = Performance::of(&sheet);
        prop_assert_eq!(performance.melody.len(), written_out.melody().notes.len());
        for sound in performance.sounds() {
            prop_assert!(sound.length.is_positive() && sound.onset >= Duration::ZERO);
            prop_assert!(sound.onset + sound.length <= performance.end);
        }
        let there = sheet.transpose(by);
        prop_assert!(there.melody().notes.iter().zip(&sheet.melody().notes).all(|(a, b)| a.pitch.midi() - b.pitch.midi() == by.semitones));
        prop_assert!((0.0..=1.0).contains(&find_key_of_sheet(&sheet).confidence));
    }
}

/// Reads a text as each kind of text; what can be read must be printed so that it can be read again.
fn read_as_everything(text: &str) {
    if let Ok(chord) = text.parse::<ChordSymbol>() {
        assert_eq!(chord.to_string().parse(), Ok(chord), "{text}");
    }
    if let Ok(roman) = text.parse::<RomanChord>() {
        assert_eq!(roman.to_string().parse(), Ok(roman), "{text}");
    }
    if let Ok(duration) = text.parse::<Duration>() {
        assert_eq!(duration.to_string().parse(), Ok(duration), "{text}");
    }
    if let Ok(key) = text.parse::<Key>() {
        assert_eq!(key.to_string().parse(), Ok(key), "{text}");
    }
    if let Ok(pitch) = text.parse::<Pitch>() {
        assert_eq!(pitch.to_string().parse(), Ok(pitch), "{text}");
    }
    if let Ok(name) = text.parse::<NoteName>() {
        assert_eq!(name.to_string().parse(), Ok(name), "{text}");
    }
    if let Ok(meter) = text.parse::<Meter>() {
        assert_eq!(meter.to_string().parse(), Ok(meter), "{text}");
    }
}

fn signs() -> Vec<&'static str> {
    let spellings = QUALITIES.iter().flat_map(|row| row.aliases.iter().copied().chain([row.symbol]));
    let others = [
        "(", ")", ",", "/", " ", "#", "b", "♭", "-", "+", "add", "no", "5", "7", "9", "11", "13", "V", "ii",
        "E", "minor", "4.5",
    ];
    spellings.chain(others).collect()
}
