//! What a songwriter may rely on when a form is asked for: endings, repeat signs, variations, and errors that show them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use tunesmith::compose::{Prepared, Refusal, Request, Take, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::music::unfold::unfolded;
use tunesmith::music::{Chart, ChordChange, Duration, LeadSheet};
use tunesmith::style::{self, Style};

fn load(name: &str) -> Style {
    style::load(name).expect(name)
}

fn request(form: &str, seed: u64, constraints: &[&str]) -> Request {
    let constraints = constraints.iter().map(|text| text.parse::<Constraint>().expect(text)).collect();
    let (form, meter) = (Some(form.to_string()), "4/4".parse().ok());
    Request { form, meter, seed, constraints, ..Request::default() }
}

fn first_take<'a>(style: &'a Style, request: &'a Request) -> (Prepared<'a>, Take) {
    let prepared = prepare(style, style, request).unwrap_or_else(|refusal| panic!("{refusal}"));
    let take = prepared.take(0).unwrap_or_else(|refusal| panic!("{refusal}"));
    (prepared, take)
}

/// The changes of a chart that change something.
fn sounding(chart: &Chart) -> Vec<ChordChange> {
    let mut changes = chart.changes.clone();
    changes.dedup_by(|later, earlier| later.chord == earlier.chord);
    changes
}

fn refused(form: &str, constraints: &[&str]) -> Refusal {
    let style = load("beatles");
    let request = request(form, 1, constraints);
    prepare(&style, &style, &request).map(|_| ()).expect_err(form)
}

/// The sheet that is written, which when played is the take.
fn written(prepared: &Prepared<'_>, take: &Take, told: &str) -> LeadSheet {
    let written = prepared.written(take);
    assert_eq!(written.remark, None, "{told}");
    let played = unfolded(&written.sheet);
    assert_eq!(played.melody(), take.sheet.melody(), "{told}");
    assert_eq!(sounding(played.chart()), sounding(take.sheet.chart()), "{told}");
    written.sheet
}

#[test]
fn endings_are_written_and_played_as_the_take() {
    for (name, form, bars, played) in [
        ("beatles", "A8(1,2) B8 A8", 25, 32),
        ("songbook", "A8(1,2) B8 A8(1,2)", 26, 40),
        ("folk", "A8(1,2) B8(1,2)", 18, 32),
        ("jazz", "A(1,2,3:2) B", 20, 32),
    ] {
        let style = load(name);
        for seed in 0..8 {
            let request = request(form, seed, &[]);
            let (prepared, take) = first_take(&style, &request);
            let told = format!("{name}, {form}, seed {seed}");
            let sheet = written(&prepared, &take, &told);
            assert_eq!((sheet.form().bars.len(), take.sheet.form().bars.len()), (bars, played), "{told}");
            assert!(sheet.form().bars.iter().any(|bar| bar.ending == Some(vec![2])), "{told}");
        }
    }
}

#[test]
fn endings_differ_and_the_rest_does_not() {
    let style = load("beatles");
    let mut differ = 0;
    for seed in 0..8 {
        let request = request("A8(1,2)", seed, &["bar 8: chord G7", "bar 16: chord C", "bar 16.1: note C4"]);
        let request = Request { key: "C".parse().ok(), ..request };
        let (_, take) = first_take(&style, &request);
        let music = |from: i64, to: i64| {
            let (from, to) = (Duration::WHOLE * from, Duration::WHOLE * to);
            let notes = take.sheet.melody().starting_in(from, to).iter();
            notes.map(|note| (note.onset - from, note.pitch)).collect::<Vec<_>>()
        };
        assert_eq!(music(0, 7), music(8, 15), "seed {seed}");
        differ += usize::from(music(7, 8) != music(15, 16));
    }
    assert!(differ >= 6, "{differ}");
}

#[test]
fn repeat_signs_save_bars_and_nothing_else() {
    let style = load("beatles");
    for (form, bars) in [("A8 A8 B8 A8", 24), ("ABABCB", 32), ("A8 A8 A8", 8), ("A8 B8", 16), ("A12", 12)] {
        for seed in 0..3 {
            let plain = request(form, seed, &[]);
            let request = Request { repeats: true, ..plain.clone() };
            let (prepared, take) = first_take(&style, &request);
            let told = format!("{form}, seed {seed}");
            assert_eq!(written(&prepared, &take, &told).form().bars.len(), bars, "{told}");
            // Nothing that is drawn depends on how it is written.
            let (prepared, other) = first_take(&style, &plain);
            assert_eq!(take.sheet, other.sheet, "{told}");
            assert_eq!(prepared.written(&other).sheet, other.sheet, "{told}");
        }
    }
}

#[test]
fn a_primed_section_varies_its_letter() {
    let vary: Constraint = "section A': vary section A by 10..30%".parse().unwrap();
    let style = load("songbook");
    for seed in 0..8 {
        let request = request("A8 A'8 B8 A8", seed, &[]);
        let (prepared, take) = first_take(&style, &request);
        let notes = |from: i64| {
            let from = Duration::WHOLE * from;
            take.sheet.melody().starting_in(from, from + Duration::WHOLE * 8).len()
        };
        assert!(notes(0) >= 10, "seed {seed}: few notes");
        assert!(!take.unvaried && vary.holds(&take.sheet, &prepared.page.frame), "seed {seed}");
        let chords = |from: i64| -> Vec<_> {
            let from = Duration::WHOLE * from;
            let chart = take.sheet.chart();
            (0..28).map(|beat| chart.sounding_at(from + Duration::QUARTER * beat).cloned()).collect()
        };
        assert_eq!(chords(0), chords(8), "seed {seed}");
    }
}

#[test]
fn what_primes_say_yields_to_what_is_asked() {
    let line = "C4:1 E4:1 G4:1 E4:1 F4:1 A4:1 G4:2";
    let first = format!("bars 1-2: melody {line}");
    let again = format!("bars 3-4: melody {line}");
    let style = load("beatles");
    for no_plan in [false, true] {
        let request = request("A2 A'2", 1, &[&first, &again]);
        let request = Request { no_plan, pickup: Some(Duration::ZERO), ..request };
        let (prepared, take) = first_take(&style, &request);
        assert!(request.constraints.iter().all(|wish| wish.holds(&take.sheet, &prepared.page.frame)));
        assert!(take.unvaried);
    }
}

#[test]
fn a_form_that_goes_round_or_does_not_fit_is_shown() {
    let circle = refused("A8 B8", &["section B: vary section A by 10..20%", "section B: same as section A"]);
    let text = circle.to_string();
    assert!(matches!(circle, Refusal::Form(_)), "{text}");
    assert!(text.contains("section B is the same as section A"), "{text}");
    assert!(text.contains("section B varies section A"), "{text}");
    let lengths = refused("A8 A'4", &[]).to_string();
    assert!(lengths.contains("section A' has 4 bars, section A that it varies has 8"), "{lengths}");
    assert!(refused("A8(2,1)", &[]).to_string().contains("are no endings"));
}
