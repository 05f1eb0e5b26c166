//! What a songwriter may rely on when composing: every form, key and meter yields a whole sheet that keeps what was
//! asked, and the same request gives the same bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use tunesmith::compose::{Composer, Prepared, Refusal, Request, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::format::{Format, json::NeutralJson, musicxml::MusicXml};
use tunesmith::music::{Duration, Key, LeadSheet, Meter, Mode};
use tunesmith::style::{self, Style};

fn load(name: &str) -> Style {
    style::load(name).expect(name)
}

fn request(seed: u64, constraints: &[&str]) -> Request {
    let constraints = constraints.iter().map(|text| text.parse::<Constraint>().expect(text)).collect();
    Request { seed, constraints, ..Request::default() }
}

fn first_take(style: &Style, request: &Request) -> LeadSheet {
    let prepared = prepare(style, style, request).expect("a solution");
    prepared.take(0).expect("a take").sheet
}

#[test]
fn every_style_yields_a_whole_sheet_in_every_key_and_meter() {
    let meters = ["4/4", "3/4", "2/4", "2/2", "6/8", "9/8", "12/8", "5/4", "7/8"];
    for name in ["beatles", "songbook"] {
        let style = load(name);
        for (index, fifths) in (-7..=7).enumerate() {
            for mode in [Mode::Major, Mode::Minor] {
                let key = Key::from_fifths(fifths, mode);
                let meter: Meter = meters[(index + mode as usize) % meters.len()].parse().expect("a meter");
                let request = Request {
                    form: Some("A4 B4".into()),
                    key: Some(key),
                    meter: Some(meter),
                    ..request(index as u64, &[])
                };
                let sheet = first_take(&style, &request);
                assert_eq!((sheet.key(), sheet.meter()), (key, meter), "{name}");
                assert_eq!(sheet.form().bars.len(), 8);
                assert_eq!(sheet.chart().changes.first().map(|change| change.at), Some(Duration::ZERO));
                assert!(sheet.melody().notes.len() >= 4, "{name} in {key}, {meter}");
            }
        }
    }
}

#[test]
fn what_a_composer_did_before_changes_nothing_but_the_time() {
    let (style, other) = (load("songbook"), load("beatles"));
    let composer = Composer::new(&style, &other);
    let forms = [
        ("A4 A4 B4", &["leap <= 9", "bar 2.1: note E4"][..], false),
        ("A4 B4", &["bar 3: chord Dm7", "range C4..G5"], true),
        ("A4 A4 B4", &["leap <= 9", "bar 2.1: note E4"], true),
        ("A4 A'4", &["chords per bar 1..2"], false),
    ];
    for seed in 1..=3 {
        for (form, constraints, no_plan) in forms {
            let request = Request {
                form: Some(form.into()),
                key: "G".parse().ok(),
                meter: "4/4".parse().ok(),
                no_plan,
                ..request(seed, constraints)
            };
            let sheet = |prepared: Prepared<'_>| prepared.take(1).expect("a take").sheet;
            let fresh = sheet(prepare(&style, &other, &request).expect("a solution"));
            assert_eq!(sheet(composer.prepare(&request).expect("a solution")), fresh, "{form} {seed}");
        }
    }
}

#[test]
fn equal_sections_are_equal_music() {
    let style = load("beatles");
    for (form, seed) in [("AABA", 1), ("ABAB", 2), ("A4 A4 B8 A4 C4", 3), ("AAAA", 4)] {
        let request =
            Request { form: Some(form.into()), pickup: Some(Duration::QUARTER), ..request(seed, &[]) };
        let sheet = first_take(&style, &request);
        let starts = sheet.form().bar_starts();
        let sections = &sheet.form().sections;
        let music = |index: usize| {
            let bars = sheet.form().section_bars(index);
            let (from, to) = (starts[bars.start], starts[bars.end]);
            let notes = sheet.melody().starting_in(from, to).iter();
            let chords = sheet.chart().written_in(from, to).iter();
            (
                notes.map(|n| (n.onset - from, n.duration, n.pitch)).collect::<Vec<_>>(),
                chords.map(|c| (c.at - from, c.chord.clone())).collect::<Vec<_>>(),
            )
        };
        for first in 0..sections.len() {
            for second in first + 1..sections.len() {
                if sections[first].label == sections[second].label {
                    assert_eq!(music(first), music(second), "{form} {first} {second}");
                }
            }
        }
    }
}

#[test]
fn everything_asked_holds_at_once() {
    let style = load("songbook");
    let asked = [
        "bar 1: chord Fmaj7",
        "bars 7-8: chords ii7 V7 I",
        "no chord Bdim",
        "chords per bar 1..2",
        "bar 1.1: note A4",
        "bar 4: rest",
        "range C4..F5",
        "leap <= 7",
        "bars 5-6: density 3..6",
        "starts on A4",
        "ends on 1",
        "bars 15-16: cadence authentic",
        "bars 9-10: same as bars 1-2",
    ];
    for seed in 0..5 {
        let request = Request {
            form: Some("A8 B8".into()),
            key: "F".parse().ok(),
            pickup: Some(Duration::ZERO),
            ..request(seed, &asked)
        };
        let prepared = prepare(&style, &style, &request).expect("a solution");
        let sheet = prepared.take(0).expect("a take").sheet;
        for constraint in &request.constraints {
            assert!(constraint.holds(&sheet, &prepared.page.frame), "seed {seed}: {constraint}");
        }
    }
}

#[test]
fn takes_differ_and_each_is_the_same_whatever_else_is_asked_for() {
    let style = load("beatles");
    let request = Request { bars: Some(16), ..request(11, &["ends on 1"]) };
    let prepared = prepare(&style, &style, &request).expect("a solution");
    let takes = |prepared: &Prepared<'_>, numbers: &[u64]| -> Vec<Vec<u8>> {
        let write =
            |&number| MusicXml.write(&prepared.take(number).expect("a take").sheet).expect("written").bytes;
        numbers.iter().map(write).collect()
    };
    let forward = takes(&prepared, &[0, 1, 2]);
    let again = prepare(&style, &style, &request).expect("a solution");
    let backward = takes(&again, &[2, 1, 0]);
    assert!(forward.iter().eq(backward.iter().rev()));
    assert!(forward[0] != forward[1] && forward[1] != forward[2]);
}

#[test]
fn an_impossible_request_names_an_irreducible_conflict() {
    let style = load("beatles");
    let asked = ["range C4..C5", "bar 2.1: note E4", "bar 2: rest", "ends on 1"];
    let request = Request { bars: Some(8), form: Some("A".into()), ..request(1, &asked) };
    match prepare(&style, &style, &request).map(|_| ()) {
        Err(Refusal::Infeasible(conflict)) => {
            let conflict: Vec<String> = conflict.constraints().map(ToString::to_string).collect();
            assert_eq!(conflict, ["bar 2.1: note E4", "bar 2: rest"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_drawn_yields_to_what_was_asked() {
    // Most beatles songs have no pickup and many forms are shorter than 40 bars: only pages that have these places
    // may be drawn.
    let style = load("songbook");
    for seed in 0..6 {
        let request = request(seed, &["bar 30: chord G7"]);
        let prepared = prepare(&style, &style, &request).expect("a form of at least 30 bars");
        assert!(prepared.page.frame.bars >= 30, "seed {seed}");
    }
}

#[test]
fn a_long_form_does_not_underflow() {
    let style = load("songbook");
    let request = Request {
        form: Some("A128 B128".into()),
        meter: "4/4".parse().ok(),
        ..request(1, &["chords per bar 2..2"])
    };
    let prepared = prepare(&style, &style, &request).expect("a solution");
    let take = prepared.take(0).expect("a take");
    assert!(take.log_probability.is_finite() && take.log_probability < -1000.0);
    assert!(prepared.log_chart_mass().is_finite() && prepared.log_chart_mass() < -100.0);
    let json = NeutralJson.write(&take.sheet).expect("written");
    assert_eq!(NeutralJson.read(&json.bytes).expect("read").sheets.len(), 1);
}
