//! What a refusal costs: the conflict, where it shows and what would help, of twenty constraints on 32 bars; and, beside it,
//! what it costs to make a request ready that can be met.

use tunesmith::compose::{Refusal, Request, prepare};
use tunesmith::music::Duration;
use tunesmith::style::{self, Style};

fn main() {
    divan::main();
}

const STYLES: [&str; 2] = ["beatles", "songbook"];

/// Twenty constraints that can be met together but for one, the number of which is the case.
const ASKED: [&str; 20] = [
    "bar 1: chord C",
    "bars 3-4: chords Am F",
    "bars 5-6: chords Dm G7",
    "no chord Bdim",
    "chords per bar 1..2",
    "bars 31-32: cadence authentic",
    "bars 23-24: cadence half",
    "section B: no chord Am",
    "bar 1.1: note E4",
    "bar 4.3: rest",
    "range C4..G5",
    "leap <= 9",
    "bars 5-6: density 2..6",
    "bars 17-20: density 3..8",
    "ends on 1",
    "bar 20: note A4",
    "section B: range E4..G5",
    "bar 6.1: note D5",
    "bar 24: note G4",
    "bar 3: density 1..5",
];

/// What takes the place of one of them: its number, and a wish that collides.
const COLLISIONS: [(&str, usize, &str); 5] = [
    ("cadences", 7, "bars 7-8: cadence half"),
    ("leap", 11, "leap <= 0"),
    ("rest", 19, "bar 20: rest"),
    ("pace", 12, "bar 23: chords C Am Dm G7"),
    ("notes", 12, "bar 17: density 20..30"),
];

fn request(constraints: &[&str], open: bool) -> Request {
    Request {
        form: (!open).then(|| "AABA".into()),
        key: "C".parse().ok(),
        meter: "4/4".parse().ok(),
        pickup: Some(Duration::ZERO),
        constraints: constraints.iter().filter_map(|text| text.parse().ok()).collect(),
        seed: 1,
        ..Request::default()
    }
}

fn colliding(case: &str) -> Request {
    let mut asked = ASKED;
    for &(_, number, wish) in COLLISIONS.iter().filter(|collision| collision.0 == case) {
        asked[number] = wish;
    }
    request(&asked, false)
}

#[allow(clippy::expect_used, reason = "without its style there is nothing to measure")]
fn load(name: &str) -> Style {
    style::load(name).expect("a style that comes with the program")
}

#[divan::bench(args = STYLES)]
fn ready_ten_constraints(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (style, request) = (load(name), request(&ASKED[..10], false));
    assert!(prepare(&style, &style, &request).is_ok());
    bencher.bench_local(|| prepare(&style, &style, &request).is_ok());
}

#[divan::bench(args = STYLES)]
fn ready_twenty_constraints(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (style, request) = (load(name), request(&ASKED, false));
    assert!(prepare(&style, &style, &request).is_ok());
    bencher.bench_local(|| prepare(&style, &style, &request).is_ok());
}

#[divan::bench(args = COLLISIONS.map(|collision| collision.0), consts = [0, 1])]
fn refused_twenty_constraints<const STYLE: usize>(bencher: divan::Bencher<'_, '_>, case: &str) {
    let (style, request) = (load(STYLES[STYLE]), colliding(case));
    assert!(matches!(prepare(&style, &style, &request), Err(Refusal::Infeasible(_))), "{case} can be met");
    bencher.bench_local(|| prepare(&style, &style, &request).is_ok());
}

/// The same where the form too is drawn, again and again.
#[divan::bench(args = STYLES)]
fn refused_on_any_form(bencher: divan::Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let asked =
        ["bar 4: rest", "bar 4.1: note C4", "leap <= 7", "range C4..C5", "chords per bar 1..2", "ends on 1"];
    let request = request(&asked, true);
    assert!(prepare(&style, &style, &request).is_err());
    bencher.bench_local(|| prepare(&style, &style, &request).is_ok());
}
