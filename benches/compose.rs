//! What composing costs: making a request ready, and each take.

use tunesmith::compose::{Request, prepare};
use tunesmith::style::{self, Style};

fn main() {
    divan::main();
}

const FORMS: [&str; 4] = ["A8", "AABA", "A8 B8 C8 D8", "A32 B32 C32 D32"];

fn request(form: &str, constrained: bool) -> Request {
    let asked: &[&str] = match constrained {
        false => &[],
        true => &[
            "bar 1: chord C",
            "bars 7-8: chords Dm G7",
            "no chord Bdim",
            "chords per bar 1..2",
            "bar 1.1: note E4",
            "bar 4.3: rest",
            "range C4..G5",
            "leap <= 9",
            "bars 5-6: density 2..6",
            "ends on 1",
        ],
    };
    Request {
        form: Some(form.into()),
        key: "C".parse().ok(),
        meter: "4/4".parse().ok(),
        pickup: Some(tunesmith::music::Duration::ZERO),
        constraints: asked.iter().filter_map(|text| text.parse().ok()).collect(),
        seed: 1,
        ..Request::default()
    }
}

#[allow(clippy::expect_used, reason = "without its style there is nothing to measure")]
fn songbook() -> Style {
    style::load("songbook").expect("songbook comes with the program")
}

#[divan::bench(args = ["beatles", "songbook"])]
fn load(name: &str) -> bool {
    style::load(name).is_ok()
}

#[divan::bench(args = FORMS)]
fn prepare_free(bencher: divan::Bencher<'_, '_>, form: &str) {
    let (style, request) = (songbook(), request(form, false));
    bencher.bench_local(|| prepare(&style, &style, &request).is_ok());
}

#[divan::bench(args = FORMS)]
fn prepare_ten_constraints(bencher: divan::Bencher<'_, '_>, form: &str) {
    let (style, request) = (songbook(), request(form, true));
    bencher.bench_local(|| prepare(&style, &style, &request).is_ok());
}

#[divan::bench(args = FORMS)]
fn take_ten_constraints(bencher: divan::Bencher<'_, '_>, form: &str) {
    let (style, request) = (songbook(), request(form, true));
    let Ok(prepared) = prepare(&style, &style, &request) else { return };
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        prepared.take(number).is_ok()
    });
}
