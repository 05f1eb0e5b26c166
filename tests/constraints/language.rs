//! Every constraint survives its text form; no text, however strange, does harm.

use proptest::prelude::*;
use proptest::sample::select;

use tunesmith::constraint::{
    Beat, Cadence, ChordIn, ChordName, ChordTones, ChordsPerBar, ChordsRun, ChordsSameAs, Close, Constraint,
    Contour, Copied, CopyLimit, Density, EndsOn, LONGEST_NOTE, Leap, MelodyRun, MelodySameAs, NoChord,
    NoNote, NoteAt, NotesIn, PitchRange, Place, Rest, RhythmAs, RhythmRun, SameAs, Shape, StartsOn, Timed,
    Tone, VaryBy, WORDINGS, read_list,
};
use tunesmith::music::chord_quality::Quality;
use tunesmith::music::roman::ScaleDegree;
use tunesmith::music::{ChordSymbol, Duration, NamedChord, NoteName, Pitch, Step};

fn beats() -> impl Strategy<Value = Place> {
    let count = (1i64..13, select(vec![(0i64, 1i64), (1, 2), (1, 3), (3, 4), (2, 5)]));
    (0usize..40, count).prop_map(|(bar, (whole, (part, parts)))| {
        let count = Duration::quarters(whole) + Duration::from_ratio(part, parts).unwrap();
        Place::Beat(bar, Beat::new(count).unwrap())
    })
}

fn bars() -> impl Strategy<Value = Place> {
    prop_oneof![
        (0usize..1000).prop_map(Place::Bar),
        (0usize..40, 0usize..40).prop_map(|(first, more)| Place::Bars(first, first + more)),
        select(vec!["A", "B", "A'", "B2", "Verse", "Verse 1", "last", "bar 4", "Ä–1"])
            .prop_map(|label| Place::Section(label.to_string())),
        Just(Place::LastBar),
    ]
}

fn bars_or_none() -> impl Strategy<Value = Place> {
    prop_oneof![bars(), Just(Place::Everywhere)]
}

fn any_place() -> impl Strategy<Value = Place> {
    prop_oneof![beats(), bars_or_none()]
}

fn some_place() -> impl Strategy<Value = Place> {
    prop_oneof![beats(), bars()]
}

fn moment() -> impl Strategy<Value = Place> {
    prop_oneof![beats(), (0usize..40).prop_map(Place::Bar), Just(Place::LastBar)]
}

fn names() -> impl Strategy<Value = NoteName> {
    (0i32..7, -2i32..=2).prop_map(|(step, alter)| NoteName::new(Step::from_index(step), alter))
}

fn pitches() -> impl Strategy<Value = Pitch> {
    (names(), 0i32..9).prop_map(|(name, octave)| Pitch::new(name, octave))
}

fn chords() -> impl Strategy<Value = Vec<ChordName>> {
    let qualities: Vec<Quality> = Quality::all().collect();
    let symbol =
        (names(), select(qualities), proptest::option::of(names())).prop_map(|(root, quality, bass)| {
            ChordName::Symbol(ChordSymbol::Chord(NamedChord::from_parts(root, quality, &[], bass)))
        });
    let roman = select(vec!["I", "ii7", "bVII", "V7", "vi", "IVmaj7", "i", "#iv"]);
    let roman = roman.prop_map(|text| text.parse::<ChordName>().unwrap());
    let none = Just(ChordName::Symbol(ChordSymbol::NoChord));
    proptest::collection::vec(prop_oneof![4 => symbol, 2 => roman, 1 => none], 1..5)
}

fn tones() -> impl Strategy<Value = Vec<Tone>> {
    let tone = prop_oneof![
        (1u8..=7, -1i8..=1).prop_map(|(number, alter)| Tone::Degree(ScaleDegree { number, alter })),
        names().prop_map(Tone::Name),
        pitches().prop_map(Tone::Pitch),
    ];
    proptest::collection::vec(tone, 1..6)
}

/// Notes and rests, their lengths whole ticks or common fractions.
fn timed<N: Clone + std::fmt::Debug>(note: impl Strategy<Value = N>) -> impl Strategy<Value = Vec<Timed<N>>> {
    let common = (0i64..1000, select(vec![(1i64, 1i64), (1, 2), (1, 3), (3, 4), (2, 5)])).prop_map(
        |(whole, (part, parts))| Duration::quarters(whole) + Duration::from_ratio(part, parts).unwrap(),
    );
    let length = prop_oneof![common, (1..=LONGEST_NOTE.ticks()).prop_map(Duration::from_ticks)];
    let timed = (proptest::option::of(note), length).prop_map(|(note, length)| Timed { note, length });
    proptest::collection::vec(timed, 1..8)
}

fn per_cents() -> impl Strategy<Value = std::ops::RangeInclusive<u32>> {
    (0u32..=100, 0u32..=100).prop_map(|(one, other)| one.min(other)..=one.max(other))
}

fn counts() -> impl Strategy<Value = std::ops::RangeInclusive<u32>> {
    (0u32..=32, 0u32..=32).prop_map(|(least, more)| least..=least + more)
}

fn repeats() -> impl Strategy<Value = Constraint> {
    (bars(), bars(), 0..4).prop_map(|(place, source, what)| match what {
        0 => Constraint::SameAs(SameAs { place, source }),
        1 => Constraint::MelodySameAs(MelodySameAs { place, source }),
        2 => Constraint::ChordsSameAs(ChordsSameAs { place, source }),
        _ => Constraint::RhythmAs(RhythmAs { place, source }),
    })
}

fn constraints() -> impl Strategy<Value = Constraint> {
    prop_oneof![
        (any_place(), chords()).prop_map(|(place, chords)| Constraint::Chord(ChordIn { place, chords })),
        (bars_or_none(), chords())
            .prop_map(|(place, chords)| Constraint::ChordsRun(ChordsRun { place, chords })),
        (any_place(), chords()).prop_map(|(place, chords)| Constraint::NoChord(NoChord { place, chords })),
        (bars_or_none(), counts())
            .prop_map(|(place, count)| Constraint::ChordsPerBar(ChordsPerBar { place, count })),
        (moment(), tones()).prop_map(|(place, tones)| Constraint::Note(NoteAt { place, tones })),
        (any_place(), tones()).prop_map(|(place, tones)| Constraint::NotesIn(NotesIn { place, tones })),
        (any_place(), tones()).prop_map(|(place, tones)| Constraint::NoNote(NoNote { place, tones })),
        (some_place(), timed(pitches()))
            .prop_map(|(place, notes)| Constraint::MelodyRun(MelodyRun { place, notes })),
        (some_place(), timed(Just(())))
            .prop_map(|(place, notes)| Constraint::RhythmRun(RhythmRun { place, notes })),
        (bars(), select(Shape::ALL.to_vec()))
            .prop_map(|(place, shape)| Constraint::Contour(Contour { place, shape })),
        any_place().prop_map(|place| Constraint::ChordTones(ChordTones { place })),
        some_place().prop_map(|place| Constraint::Rest(Rest { place })),
        (any_place(), pitches(), pitches()).prop_map(|(place, a, b)| {
            let (lowest, highest) = if a.midi() <= b.midi() { (a, b) } else { (b, a) };
            Constraint::Range(PitchRange { place, lowest, highest })
        }),
        (any_place(), 0u32..=127).prop_map(|(place, semitones)| Constraint::Leap(Leap { place, semitones })),
        (bars_or_none(), counts()).prop_map(|(place, count)| Constraint::Density(Density { place, count })),
        tones().prop_map(|tones| Constraint::StartsOn(StartsOn { tones })),
        tones().prop_map(|tones| Constraint::EndsOn(EndsOn { tones })),
        (bars_or_none(), select(Close::ALL.to_vec()))
            .prop_map(|(place, close)| Constraint::Cadence(Cadence { place, close })),
        repeats(),
        (bars(), bars(), per_cents()).prop_map(|(place, source, per_cent)| Constraint::Vary(VaryBy {
            place,
            source,
            per_cent
        })),
        (1u32..=CopyLimit::MOST, select(vec![Copied::Notes, Copied::Chords]))
            .prop_map(|(most, of)| Constraint::Copy(CopyLimit { most, of })),
    ]
}

/// Texts made of what constraints are made of, so that reading gets further than the first word.
fn nearly_constraints() -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDINGS.iter().flat_map(|wording| wording.example.split(' ')).collect();
    let parts =
        prop_oneof![4 => select(words).prop_map(str::to_string), 1 => ".{0,4}", 1 => "[-0-9.:#b+/]{1,6}"];
    (proptest::collection::vec(parts, 0..8), select(vec![" ", "", ":", "\t"]))
        .prop_map(|(parts, by)| parts.join(by))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_constraint_survives_its_text(constraint in constraints()) {
        let text = constraint.to_string();
        prop_assert_eq!(text.parse::<Constraint>().map_err(|error| error.to_string()), Ok(constraint));
    }

    #[test]
    fn what_is_read_is_read_again_the_same(text in nearly_constraints()) {
        match text.parse::<Constraint>() {
            Ok(constraint) => prop_assert_eq!(constraint.to_string().parse::<Constraint>(), Ok(constraint)),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn no_text_does_harm(text in any::<String>()) {
        let _ = text.parse::<Constraint>();
        let _ = read_list(&text);
    }
}

#[test]
fn a_list_survives_its_text() {
    let lines: Vec<String> = WORDINGS.iter().map(|wording| wording.example.to_string()).collect();
    let constraints = read_list(&lines.join("\r\n")).unwrap();
    assert_eq!(constraints.iter().map(Constraint::to_string).collect::<Vec<_>>(), lines);
}

#[test]
fn very_long_lines_are_refused_in_no_time() {
    let begun = [
        "bar 4: chord ",
        "bar ",
        "section ",
        "starts on ",
        "range ",
        "x",
        "chord F ",
        "bar 4.1+",
        "bar 1: melody E4:",
        "bar 1: rhythm 1 ",
        "bar 1: contour ",
        "section B: vary section by ",
        "notes in C ",
        "copy <= ",
        "chord tones on strong beats ",
    ];
    for text in begun {
        let long = format!("{text}{}", "1b#+".repeat(100_000));
        assert!(long.parse::<Constraint>().is_err(), "{text}");
    }
}
