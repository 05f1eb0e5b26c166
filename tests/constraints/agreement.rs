//! On random small sheets, `holds` says yes exactly where the compiled limits do.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::reference::within;
use tunesmith::constraint::{Constraint, Frame, Limits, WORDINGS};
use tunesmith::music::lead_sheet::Header;
use tunesmith::music::{Chart, ChordChange, Duration, Form, LeadSheet, Melody, Note};

const CHORDS: [&str; 8] = ["C", "G7", "F", "Am7", "C#m", "Dbm", "N.C.", "G"];
const PITCHES: [&str; 6] = ["C4", "D4", "E4", "Fb4", "G4", "B3"];

fn pick<'a, T: ?Sized>(rng: &mut ChaCha8Rng, from: &[&'a T]) -> &'a T {
    from[below(rng, from.len())]
}

fn below(rng: &mut ChaCha8Rng, end: usize) -> usize {
    (rng.next_u64() % end as u64) as usize
}

/// Four short bars, in two or more sections, with and without a pickup.
fn random_frame(rng: &mut ChaCha8Rng) -> Frame {
    let meter: tunesmith::music::Meter = pick(rng, &["2/4", "3/4", "3/8", "2/2"]).parse().unwrap();
    let pickup = if below(rng, 2) == 0 { Duration::ZERO } else { meter.unit_length() };
    let sections: &[(&str, std::ops::Range<usize>)] =
        [&[("A", 0..2), ("B", 2..4)][..], &[("A", 0..1), ("A", 1..2), ("B", 2..4)][..]][below(rng, 2)];
    Frame {
        key: pick(rng, &["C", "A minor"]).parse().unwrap(),
        meter,
        pickup,
        bars: 4,
        sections: sections.iter().map(|(label, bars)| (label.to_string(), bars.clone())).collect(),
    }
}

/// Chords and notes strewn over the page in steps of half a beat; now and then a bar taken up again.
fn random_sheet(rng: &mut ChaCha8Rng, frame: &Frame) -> LeadSheet {
    let step = frame.meter.unit_length() / 2;
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    let (chord_pace, note_pace) = (2 + below(rng, 6), 1 + below(rng, 3));
    let mut at = frame.start() + step * if below(rng, 3) == 0 { below(rng, 4) as i64 } else { 0 };
    while at < frame.end() {
        changes.push(ChordChange { at, chord: pick(rng, &CHORDS).parse().unwrap() });
        at += step * (1 + below(rng, chord_pace) as i64);
    }
    let mut at = frame.start() + step * below(rng, 3) as i64;
    while at < frame.end() && below(rng, 40) > 0 {
        let duration = (step * (1 + below(rng, note_pace) as i64)).min(frame.end() - at);
        notes.push(Note { onset: at, duration, pitch: pick(rng, &PITCHES).parse().unwrap() });
        at += duration + if below(rng, 3) == 0 { step * (1 + below(rng, 3) as i64) } else { Duration::ZERO };
    }
    if below(rng, 2) == 0 {
        let bar = frame.meter.bar_length();
        let (copy, source) = (bar * below(rng, 4) as i64, bar * below(rng, 4) as i64);
        let sounding =
            changes.iter().rev().find(|change| change.at <= source).map(|change| change.chord.clone());
        take_up(frame, &mut changes, &mut notes, copy, source);
        // What the source may have held over is written at the copy: alike in sound, but not the same.
        if let Some(chord) = sounding.filter(|_| below(rng, 2) == 0) {
            changes.retain(|change| change.at != copy);
            changes.push(ChordChange { at: copy, chord });
            changes.sort_by_key(|change| change.at);
        }
    }
    let form = Form { pickup: frame.pickup, ..Form::plain(frame.meter, frame.bars) };
    LeadSheet::new(Header::new("", frame.key), form, Chart { changes }, Melody { notes }).unwrap()
}

/// Writes the bar at `source` again at `copy`; notes over the edges are cut.
fn take_up(
    frame: &Frame,
    changes: &mut Vec<ChordChange>,
    notes: &mut Vec<Note>,
    copy: Duration,
    source: Duration,
) {
    let bar = frame.meter.bar_length();
    let in_bar = |at: Duration, start: Duration| start <= at && at < start + bar;
    let again: Vec<ChordChange> =
        changes.iter().filter(|change| in_bar(change.at, source)).cloned().collect();
    changes.retain(|change| !in_bar(change.at, copy));
    changes.extend(again.into_iter().map(|change| ChordChange { at: change.at - source + copy, ..change }));
    changes.sort_by_key(|change| change.at);
    let cut = |mut note: Note, start: Duration| {
        note.duration = note.end().min(start + bar) - note.onset;
        note
    };
    let again: Vec<Note> =
        notes.iter().filter(|note| in_bar(note.onset, source)).map(|&note| cut(note, source)).collect();
    notes.retain(|note| note.end() <= copy || note.onset >= copy + bar);
    notes.extend(again.into_iter().map(|note| Note { onset: note.onset - source + copy, ..note }));
    notes.sort_by_key(|note| note.onset);
}

/// The chords written in the second bar; some other chord if there is none.
fn taken_from(sheet: &LeadSheet, bar: Duration) -> String {
    let chords = sheet.chart().written_in(bar, bar * 2).iter().map(|change| change.chord.to_string());
    let chords = chords.collect::<Vec<_>>().join(" ");
    if chords.is_empty() { "Edim".to_string() } else { chords }
}

/// The melody of the sheet from a bar's start, as `melody` (or, without pitches, `rhythm`) writes it: up to some note or
/// rest, now and then with another length or pitch.
fn played(rng: &mut ChaCha8Rng, sheet: &LeadSheet, from: Duration, pitches: bool) -> String {
    let mut at = from;
    let mut parts = Vec::new();
    for note in sheet.melody().notes.iter().filter(|note| note.onset >= from) {
        if note.onset > at {
            parts.push(format!("r:{}", note.onset - at));
        }
        let pitch =
            if below(rng, 12) == 0 { pick(rng, &PITCHES).to_string() } else { note.pitch.to_string() };
        let length = match below(rng, 12) {
            0 => note.duration * 2,
            1 | 2 if note.duration.rem_floor(Duration::EIGHTH) == Duration::ZERO => note.duration / 2,
            _ => note.duration,
        };
        parts.push(if pitches { format!("{pitch}:{length}") } else { length.to_string() });
        at = note.end();
    }
    parts.push("r:1".to_string());
    parts.truncate(1 + below(rng, 4));
    parts.join(" ")
}

/// A line of the given kind with a place that it can have; the page may lack it.
fn random_line(rng: &mut ChaCha8Rng, words: &str, sheet: &LeadSheet) -> String {
    let bar = sheet.meter().bar_length();
    let any = [
        "",
        "bar 1: ",
        "bar 4: ",
        "bar 0: ",
        "bar 2.2: ",
        "bar 1.1+1/2: ",
        "bars 1-2: ",
        "bars 0-3: ",
        "section A: ",
        "section B: ",
        "section A2: ",
        "last bar: ",
    ];
    let bars: Vec<&str> = any.into_iter().filter(|place| !place.contains('.')).collect();
    let moments = ["bar 1: ", "bar 2.2: ", "bar 0: ", "bar 3.1+1/2: ", "last bar: "];
    let several = |rng: &mut ChaCha8Rng| {
        (0..1 + below(rng, 3)).map(|_| pick(rng, &CHORDS)).collect::<Vec<_>>().join(" ")
    };
    let counts = |rng: &mut ChaCha8Rng| format!("{}..{}", below(rng, 3), 2 + below(rng, 4));
    let tone = |rng: &mut ChaCha8Rng| pick(rng, &["1", "3", "5", "b3", "#7", "E", "C4", "G"]);
    match words {
        "chord" if below(rng, 2) == 0 => format!("{}chord {}", pick(rng, &any), pick(rng, &CHORDS)),
        "chord" => format!("{}chord in C F {}", pick(rng, &any), several(rng)),
        "chords" if below(rng, 2) == 0 => format!("{}chords {}", pick(rng, &bars), several(rng)),
        "chords" => format!("bar 2: chords {}", taken_from(sheet, bar)),
        "no chord" => format!("{}no chord {}", pick(rng, &any), several(rng)),
        "chords per bar" => format!("{}chords per bar {}", pick(rng, &bars), counts(rng)),
        "note" if below(rng, 2) == 0 => format!("{}note {}", pick(rng, &moments), tone(rng)),
        "note" => format!("{}note in {} {}", pick(rng, &moments), pick(rng, &PITCHES), tone(rng)),
        "notes" => {
            format!("{}notes in C 3 {} {} {}", pick(rng, &any), tone(rng), tone(rng), pick(rng, &PITCHES))
        }
        "no note" if below(rng, 2) == 0 => format!("{}no note {}", pick(rng, &any), tone(rng)),
        "no note" => format!("{}no note {} {}", pick(rng, &any), tone(rng), pick(rng, &PITCHES)),
        "melody" | "rhythm" => {
            let (place, from) = [
                ("bar 1", 0),
                ("bar 3", 2),
                ("bars 2-3", 1),
                ("section B", 2),
                ("bar 2.1", 1),
                ("last bar", 3),
                ("section A", 0),
            ][below(rng, 7)];
            format!("{place}: {words} {}", played(rng, sheet, bar * from, words == "melody"))
        }
        "contour" => {
            format!("{}contour {}", pick(rng, &bars[1..]), pick(rng, &["up", "down", "arch", "valley"]))
        }
        "chord tones on strong beats" => format!("{}{words}", pick(rng, &any)),
        "rest" => format!("{}rest", pick(rng, &any[1..])),
        "range" => format!(
            "{}range {}..{}",
            pick(rng, &any),
            pick(rng, &["B3", "C4", "D4"]),
            pick(rng, &["E4", "G4"])
        ),
        "leap" => format!("{}leap <= {}", pick(rng, &any), below(rng, 9)),
        "density" => format!("{}density {}", pick(rng, &bars), counts(rng)),
        "starts on" | "ends on" if below(rng, 2) == 0 => format!("{words} {}", tone(rng)),
        "starts on" | "ends on" => format!("{words} {} {}", tone(rng), tone(rng)),
        "cadence" => format!(
            "{}cadence {}",
            pick(rng, &bars),
            pick(rng, &["authentic", "half", "plagal", "deceptive"])
        ),
        "same as" | "melody same as" | "chords same as" => {
            let pairs = [
                "bar 2: same as bar 1",
                "bar 1: same as bar 4",
                "last bar: same as section A2",
                "section A2: same as bar 1",
                "bars 2-3: same as bars 1-2",
                "bars 3-4: same as section B",
                "section A: same as section A",
                "bar 0: same as bar 0",
                "bars 3-4: same as bar 1",
            ];
            pick(rng, &pairs).replace("same as", words)
        }
        "rhythm as" => {
            let pairs = [
                "bar 2: rhythm as bar 1",
                "bar 1: rhythm as bar 4",
                "last bar: rhythm as section A2",
                "section A2: rhythm as bar 1",
                "bars 2-3: rhythm as bars 1-2",
                "bars 3-4: rhythm as section B",
                "section A: rhythm as section A",
            ];
            pick(rng, &pairs).to_string()
        }
        "vary" => {
            let pairs = [
                "bar 2: vary bar 1",
                "bar 1: vary bar 4",
                "last bar: vary section A2",
                "section A2: vary bar 1",
                "bars 3-4: vary bars 1-2",
                "bars 1-2: vary section B",
                "section B: vary section A",
                "bars 2-3: vary bars 1-2",
                "section A: vary section A",
                "bar 1: vary bar 0",
            ];
            let (one, other) = (5 * below(rng, 21), 5 * below(rng, 21));
            format!("{} by {}..{}%", pick(rng, &pairs), one.min(other), one.max(other))
        }
        "copy" => format!("copy <= {} {}", 1 + below(rng, 9), pick(rng, &["notes", "chords"])),
        other => panic!("no random line for '{other}'"),
    }
}

#[test]
fn a_sheet_meets_a_constraint_exactly_where_it_is_within_the_compiled_limits() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for wording in WORDINGS {
        // How many sheets met the constraint, and how many did not, so that neither side goes untried.
        let mut tally: BTreeMap<bool, usize> = BTreeMap::new();
        for _ in 0..1500 {
            let frame = random_frame(&mut rng);
            let sheet = random_sheet(&mut rng, &frame);
            let line = random_line(&mut rng, wording.words, &sheet);
            let constraint: Constraint = line.parse().unwrap();
            let holds = constraint.holds(&sheet, &frame);
            let mut limits = Limits::default();
            match constraint.compile(&frame, &mut limits) {
                Ok(()) => {
                    *tally.entry(holds).or_default() += 1;
                    assert_eq!(holds, within(&limits, &sheet), "{line}\n{limits:#?}\n{sheet:#?}");
                }
                Err(_) => assert!(!holds, "{line} has no place on the page"),
            }
        }
        if wording.words == "copy" {
            // It takes the songs of a style to say no.
            assert_eq!(tally, BTreeMap::from([(true, 1500)]));
            continue;
        }
        let fewest = [true, false].map(|side| tally.get(&side).copied().unwrap_or(0)).into_iter().min();
        assert!(fewest >= Some(20), "{}: {tally:?}", wording.words);
        println!("{}: {tally:?}", wording.words);
    }
}

#[test]
fn many_constraints_at_once_are_the_limits_of_each() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut met = 0;
    for _ in 0..3000 {
        let frame = random_frame(&mut rng);
        let sheet = random_sheet(&mut rng, &frame);
        let mut limits = Limits::default();
        let mut all = true;
        for _ in 0..2 + below(&mut rng, 2) {
            let wording = &WORDINGS[below(&mut rng, WORDINGS.len())];
            let constraint: Constraint = random_line(&mut rng, wording.words, &sheet).parse().unwrap();
            if constraint.compile(&frame, &mut limits).is_ok() {
                all &= constraint.holds(&sheet, &frame);
            }
        }
        assert_eq!(all, within(&limits, &sheet));
        met += usize::from(all);
    }
    assert!(met > 100, "{met}");
}
