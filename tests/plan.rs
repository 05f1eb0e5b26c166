//! Takes keep the repetition plan that they tell, along with all that is asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

use tunesmith::compose::{Refusal, Request, Take, prepare};
use tunesmith::music::plan::scale_place;
use tunesmith::music::{Duration, Key, LeadSheet, Plan, Taken};
use tunesmith::portrait::Figure;
use tunesmith::style::keys::Keys;
use tunesmith::style::{self, Dial, Style, portrait_of_sheets};

const STYLES: [&str; 4] = ["beatles", "songbook", "irish", "chorale"];

fn take(style: &Style, request: &Request) -> Take {
    prepare(style, style, request).unwrap().take(0).unwrap()
}

/// Where notes start in a bar (from 0), with their MIDI numbers.
fn onsets(sheet: &LeadSheet, bar: usize) -> Vec<(Duration, i32)> {
    let starts = sheet.form().bar_starts();
    let (from, to) = (starts[bar], starts[bar + 1]);
    sheet.melody().starting_in(from, to).iter().map(|note| (note.onset - from, note.pitch.midi())).collect()
}

fn contour(bar: &[(Duration, i32)]) -> Vec<i32> {
    bar.windows(2).map(|two| (two[1].1 - two[0].1).signum()).collect()
}

/// Whether a bar takes up of an earlier one what its plan says.
fn keeps(sheet: &LeadSheet, key: Key, bar: usize, back: u8, taken: Taken) -> bool {
    let (own, model) = (onsets(sheet, bar), onsets(sheet, bar - usize::from(back)));
    let rhythm = own.iter().map(|note| note.0).eq(model.iter().map(|note| note.0));
    let step = |note: &(Duration, i32)| scale_place(key, note.1).0;
    rhythm
        && match taken {
            Taken::Notes => own == model,
            Taken::Moved => {
                let mut moves = own.iter().zip(&model).map(|(own, model)| step(own) - step(model));
                let first = moves.next();
                moves.all(|by| Some(by) == first)
            }
            Taken::Contour => contour(&own) == contour(&model),
            Taken::Rhythm => true,
        }
}

#[test]
fn a_take_keeps_its_plan() {
    let mut seen = [0usize; 4];
    for name in STYLES {
        let style = style::load(name).unwrap();
        for seed in 0..12 {
            let request = Request { form: Some("A8 A8 B8 A8".into()), seed, ..Request::default() };
            let take = take(&style, &request);
            let plan = take.plan.as_ref().unwrap_or_else(|| panic!("{name}, seed {seed}: no plan"));
            let key = take.sheet.key();
            for (bar, echo) in plan.melody.iter().enumerate() {
                let Some(echo) = echo else { continue };
                let kept = keeps(&take.sheet, key, bar, echo.back, echo.taken);
                assert!(kept, "{name}, seed {seed}, bar {}: {echo:?}", bar + 1);
                seen[Taken::ALL.iter().position(|taken| *taken == echo.taken).unwrap()] += 1;
            }
        }
    }
    assert!(seen.iter().all(|&count| count > 3), "every kind of echo occurs: {seen:?}");
}

#[test]
fn equal_sections_stay_equal_and_nothing_is_copied() {
    for name in STYLES {
        let style = style::load(name).unwrap();
        for seed in 20..28 {
            let request = Request { form: Some("A8 B8 A8".into()), seed, ..Request::default() };
            let take = take(&style, &request);
            for bar in 0..8 {
                assert_eq!(onsets(&take.sheet, bar), onsets(&take.sheet, bar + 16), "{name}, {seed}, {bar}");
            }
            let repertoire = tunesmith::style::passages::Repertoire::new(&style.figures.passages);
            let copy = repertoire.first_copy(&take.sheet.melody().notes);
            assert_eq!(copy.is_some(), take.copied, "{name}, seed {seed}");
            assert!(!take.copied || name == "chorale", "{name}, seed {seed}");
        }
    }
}

#[test]
fn what_is_asked_of_the_last_bar_decides_the_close() {
    // The songs of `jazz` end on all kinds of chords that lead back to their beginning.
    let style = style::load("jazz").unwrap();
    for (asked, roots) in [("last bar: chord in Imaj7 I6 I", [0]), ("last bar: chord in V7 V9", [7])] {
        for seed in 0..6 {
            let request = Request {
                form: Some("A8 B8".into()),
                key: "C".parse().ok(),
                meter: "4/4".parse().ok(),
                constraints: vec![asked.parse().unwrap()],
                seed,
                ..Request::default()
            };
            let take = take(&style, &request);
            let last = take.sheet.chart().changes.last().unwrap().chord.to_string();
            let root = last.chars().next().map(|letter| u8::from(letter == 'G') * 7).unwrap();
            assert!(roots.contains(&root) && "CG".contains(&last[..1]), "{asked}, seed {seed}: {last}");
        }
    }
}

#[test]
fn pieces_end_on_a_long_note_or_a_rest() {
    for name in ["beatles", "songbook", "folk"] {
        let style = style::load(name).unwrap();
        let ends_long = |seed: &u64| {
            let request = Request {
                form: Some("A8 B8".into()),
                meter: "4/4".parse().ok(),
                seed: *seed,
                ..Request::default()
            };
            let sheet = take(&style, &request).sheet;
            let last = sheet.melody().notes.last().unwrap();
            let end = *sheet.form().bar_starts().last().unwrap();
            last.onset + last.duration < end || last.duration >= Duration::QUARTER + Duration::EIGHTH
        };

        // Nearly all songs of the songbook do, dances and songs of the Beatles more often than not.
        let count = (0..24).filter(ends_long).count();
        assert!(count >= if name == "songbook" { 20 } else { 13 }, "{name}: {count} of 24");
    }
}

#[test]
fn figures_come_back_as_far_as_the_style_is_tuned_to() {
    let heard_again = |by: f64| {
        let mut style = style::load("songbook").unwrap();
        let mut turned = style.figures.tuning.turned();
        turned.dials[Dial::Memory as usize] = by;
        style.figures.tuning = turned.stored();
        let sheets: Vec<LeadSheet> = (0..16)
            .map(|seed| {
                let request =
                    Request { bars: Some(16), meter: "4/4".parse().ok(), seed, ..Request::default() };
                take(&style, &request).sheet
            })
            .collect();
        let (portrait, _) = portrait_of_sheets(&sheets, "4/4".parse().unwrap(), Keys::Given);
        portrait.figure(Figure::HeardAgain).unwrap().mean.value()
    };
    let (seldom, often) = (heard_again(-3.0), heard_again(3.0));
    assert!(often > seldom + 0.05, "{seldom} {often}");
}

#[test]
fn without_a_plan_there_is_none() {
    let style = style::load("songbook").unwrap();
    let request = Request { bars: Some(16), no_plan: true, seed: 3, ..Request::default() };
    let take = take(&style, &request);
    assert_eq!((take.plan, take.effective), (None, None));
}

#[test]
fn more_comes_back_with_a_plan() {
    let style = style::load("songbook").unwrap();
    let echoes = |no_plan: bool| -> usize {
        let of_seed = |seed| {
            let request = Request { form: Some("A16".into()), no_plan, seed, ..Request::default() };
            Plan::of_sheet(&take(&style, &request).sheet).melody.iter().flatten().count()
        };
        (0..16).map(of_seed).sum()
    };
    assert!(echoes(false) > 2 * echoes(true));
}

#[test]
fn a_rhythm_can_be_given_with_what_else_is_asked() {
    let asked = ["bars 5-6: rhythm as bars 1-2", "bar 5.1: note E4", "bar 3: chord F", "ends on 1"];
    for no_plan in [false, true] {
        for seed in 0..6 {
            let style = style::load("songbook").unwrap();
            let request = Request {
                form: Some("A8 B8".into()),
                key: "C".parse().ok(),
                meter: "4/4".parse().ok(),
                constraints: asked.iter().map(|text| text.parse().unwrap()).collect(),
                no_plan,
                seed,
                ..Request::default()
            };
            let prepared = prepare(&style, &style, &request).unwrap();
            let take = prepared.take(0).unwrap();
            for constraint in &request.constraints {
                assert!(constraint.holds(&take.sheet, &prepared.page.frame), "seed {seed}: {constraint}");
            }
            if no_plan {
                let echoes =
                    take.plan.as_ref().unwrap().melody.iter().enumerate().filter(|bar| bar.1.is_some());
                assert_eq!(
                    echoes.map(|bar| bar.0).collect::<Vec<_>>(),
                    [4, 5],
                    "only what is asked comes back"
                );
            }
            let effective = take.effective.unwrap();
            assert!((1.0..=effective.1 as f64 + 1e-9).contains(&effective.0), "{effective:?}");
        }
    }
}

#[test]
fn a_rhythm_that_cannot_be_taken_up_is_refused_by_name() {
    let style = style::load("songbook").unwrap();
    let asked = ["bar 2: rhythm as bar 1", "bar 1.1: note C4", "bar 2: rest"];
    let request = Request {
        form: Some("A8".into()),
        constraints: asked.iter().map(|text| text.parse().unwrap()).collect(),
        pickup: Some(Duration::ZERO),
        seed: 1,
        ..Request::default()
    };
    let refusal = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).unwrap_err();
    let Refusal::Infeasible(found) = refusal else { panic!("{refusal}") };
    assert!(found.constraints().any(|one| one.to_string() == asked[0]), "{:?}", found.conflict);
}
