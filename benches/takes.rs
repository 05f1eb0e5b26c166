//! What takes cost on 32 bars of AABA: with ten constraints and the copy limit, over a chart that is fixed, refilled, varied.

use divan::Bencher;
use tunesmith::compose::{Composer, Draft, Request, prepare};
use tunesmith::music::LeadSheet;
use tunesmith::style::{self, Style};

fn main() {
    divan::main();
}

const STYLES: [&str; 2] = ["beatles", "songbook"];
const ASKED: [&str; 10] = [
    "bar 1: chord I",
    "bars 23-24: cadence half",
    "bar 1.1: note E4",
    "bar 3.1: note G4",
    "bars 17-20: density 3..6",
    "range C4..G5",
    "leap <= 9",
    "ends on 1",
    "chords per bar 1..2",
    "bars 31-32: cadence authentic",
];

#[allow(clippy::expect_used, reason = "without its style there is nothing to measure")]
fn load(name: &str) -> Style {
    style::load(name).expect("a style that comes with the program")
}

fn request(form: &str, asked: &[&str], no_plan: bool) -> Request {
    Request {
        form: Some(form.into()),
        key: "C".parse().ok(),
        meter: "4/4".parse().ok(),
        pickup: Some(tunesmith::music::Duration::ZERO),
        constraints: asked.iter().filter_map(|text| text.parse().ok()).collect(),
        no_plan,
        seed: 1,
        ..Request::default()
    }
}

/// From the request to the first take.
fn first(bencher: Bencher<'_, '_>, name: &str, request: &Request) {
    let style = load(name);
    bencher.bench_local(|| prepare(&style, &style, request).and_then(|prepared| prepared.take(0)).is_ok());
}

/// The same by a composer that has worked on it before, as where bars of a sheet are drawn again.
fn again(bencher: Bencher<'_, '_>, name: &str, request: &Request) {
    let style = load(name);
    let composer = Composer::new(&style, &style);
    let mut seed = 0;
    let _ = composer.prepare(request).and_then(|prepared| prepared.take(0));
    bencher.bench_local(|| {
        seed += 1;
        let request = Request { seed, ..request.clone() };
        composer.prepare(&request).and_then(|prepared| prepared.take(0)).is_ok()
    });
}

/// One take after the other of what was made ready.
fn further(bencher: Bencher<'_, '_>, name: &str, request: &Request, numbers: impl Fn(u64) -> u64) {
    let style = load(name);
    let Ok(prepared) = prepare(&style, &style, request) else { return };
    let (mut number, _) = (0, prepared.take(0));
    bencher.bench_local(|| {
        number += 1;
        prepared.take(numbers(number)).is_ok()
    });
}

/// A sheet to start from.
fn drawn(style: &Style) -> Option<LeadSheet> {
    let request = request("A8 A8 B8 A8", &ASKED, false);
    prepare(style, style, &request).ok()?.take(0).ok().map(|take| take.sheet)
}

/// A request that keeps things of a sheet.
fn kept(style: &Style, keep: &[&str]) -> Option<Request> {
    let keep: Option<Vec<_>> = keep.iter().map(|text| text.parse().ok()).collect();
    let asked = request("", &[], false);
    let asked = Request { form: None, key: None, meter: None, pickup: None, ..asked };
    asked.from_draft(Draft::new(&drawn(style)?).ok()?, &keep?).ok()
}

#[divan::bench(args = STYLES)]
fn first_take_with_a_plan(bencher: Bencher<'_, '_>, name: &str) {
    first(bencher, name, &request("A8 A8 B8 A8", &ASKED, false));
}

#[divan::bench(args = STYLES)]
fn further_take_with_a_plan(bencher: Bencher<'_, '_>, name: &str) {
    further(bencher, name, &request("A8 A8 B8 A8", &ASKED, false), |number| number);
}

#[divan::bench(args = STYLES)]
fn first_take_of_eight_charts_weighed(bencher: Bencher<'_, '_>, name: &str) {
    first(bencher, name, &request("A8 A8 B8 A8", &ASKED, true));
}

#[divan::bench(args = STYLES)]
fn first_take_without_constraints(bencher: Bencher<'_, '_>, name: &str) {
    first(bencher, name, &request("A8 A8 B8 A8", &[], false));
}

#[divan::bench(args = STYLES)]
fn first_melody_to_a_chart(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["chords"]) else { return };
    first(bencher, name, &request);
}

#[divan::bench(args = STYLES)]
fn further_melody_to_a_chart_without_a_plan(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["chords"]) else { return };
    further(bencher, name, &Request { no_plan: true, ..request }, |number| number);
}

#[divan::bench(args = STYLES)]
fn chords_to_a_melody(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["melody"]) else { return };
    first(bencher, name, &request);
}

#[divan::bench(args = STYLES)]
fn refill_of_four_bars_on_their_chart(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["bars 1-8", "bars 13-32", "chords"]) else { return };
    first(bencher, name, &request);
}

#[divan::bench(args = STYLES)]
fn refill_of_four_bars_with_their_chords(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["bars 1-8", "bars 13-32"]) else { return };
    first(bencher, name, &request);
}

#[divan::bench(args = STYLES)]
fn refill_again_of_four_bars_on_their_chart(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["bars 1-8", "bars 13-32", "chords"]) else { return };
    again(bencher, name, &request);
}

#[divan::bench(args = STYLES)]
fn refill_again_of_four_bars_with_their_chords(bencher: Bencher<'_, '_>, name: &str) {
    let style = load(name);
    let Some(request) = kept(&style, &["bars 1-8", "bars 13-32"]) else { return };
    again(bencher, name, &request);
}

#[divan::bench(args = STYLES)]
fn first_take_with_a_variation(bencher: Bencher<'_, '_>, name: &str) {
    first(bencher, name, &request("A8 A'8 B8 A8", &ASKED[..3], false));
}

/// By length, with a plan: eight, 32 and 128 bars of sections that are all different.
#[divan::bench(args = ["A8", "A8 B8 C8 D8", "A32 B32 C32 D32"])]
fn first_take_by_length(bencher: Bencher<'_, '_>, form: &str) {
    first(bencher, "songbook", &request(form, &["leap <= 9", "range C4..G5", "bar 1.1: note E4"], false));
}
