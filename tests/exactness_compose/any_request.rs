//! Requests at random on the styles that come with the program: every take meets all that was asked, nothing that can
//! be met is refused, and a refusal names a conflict of which nothing can be spared.
//!
//! `TUNESMITH_CASES=3000 cargo test --release any_request` asks more.

use rand_chacha::ChaCha8Rng;
use tunesmith::compose::{Infeasible, Refusal, Request, Take, prepare};
use tunesmith::constraint::{Constraint, Frame};
use tunesmith::markov::draw::seeded;
use tunesmith::music::Duration;
use tunesmith::style::{self, Style};

use super::tiny::{below, cases, one_of};
use super::wishes;

const FORMS: [&str; 8] =
    ["A2 A2", "A4", "A2 B2 A2", "A1 B1 A1 C1", "A2 A2 B2 A2", "A4 B4", "A1 A1 A1 A1", "A4 A4"];
const KEYS: [&str; 8] = ["C", "Eb", "F#", "A minor", "C# minor", "Bb minor", "D dorian", "Db"];
const METERS: [&str; 7] = ["4/4", "3/4", "2/4", "6/8", "2/2", "5/4", "12/8"];
const CHORDS: [&str; 10] = ["C", "F", "G7", "Am", "Dm7", "I", "IV", "V7", "vi", "bVII"];

/// A request without constraints.
fn open_request(rng: &mut ChaCha8Rng) -> Request {
    let meter = one_of(rng, &METERS);
    Request {
        form: Some(one_of(rng, &FORMS).to_string()),
        key: Some(one_of(rng, &KEYS).parse().unwrap()),
        meter: Some(meter.parse().unwrap()),
        pickup: Some(one_of(rng, &[Duration::ZERO, Duration::ZERO, Duration::QUARTER, Duration::EIGHTH])),
        seed: below(rng, 1_000_000) as u64,
        ..Request::default()
    }
}

fn wish(rng: &mut ChaCha8Rng, page: &Frame) -> Constraint {
    let chords: Vec<String> = CHORDS.iter().map(ToString::to_string).collect();
    match below(rng, 13) {
        12 => wishes::of_contours(rng, page),
        0..4 => wishes::of_chart(rng, page, &chords, true),
        4 => wishes::of_repeats(rng, page),
        5 => wishes::of_pairs(rng, page),
        6..9 => wishes::of_lines(rng, page, (60, 72)),
        _ => wishes::of_melody(rng, page, (60, 72), true),
    }
}

/// A take of a request, checked; why not, if it is refused; `None` if it names a place that is not there.
fn take(style: &Style, request: &Request) -> Option<Result<Take, Box<Infeasible>>> {
    match prepare(style, style, request) {
        Ok(prepared) => {
            let take = match prepared.take(0) {
                Ok(take) => take,
                // Whether notes fit chords, or variations their theme, is known when both are drawn.
                Err(Refusal::Infeasible(found)) if request.constraints.iter().any(is_late) => {
                    return Some(Err(found));
                }
                // Where a contour goes over sections that come often, whether it can may be too hard to tell.
                Err(Refusal::Infeasible(found)) if contours(request) > 0 => return Some(Err(found)),
                Err(refusal) => panic!("{refusal}: {request:?}"),
            };
            for wish in &request.constraints {
                assert!(wish.holds(&take.sheet, &prepared.page.frame), "{wish}: {request:?}");
            }
            assert!(take.log_probability.is_finite());
            Some(Ok(take))
        }
        Err(Refusal::Infeasible(found)) => Some(Err(found)),
        Err(Refusal::Place(_)) => None,
        // Wishes that go round in a circle.
        Err(Refusal::Form(error)) if error.to_string().contains("circle") => None,
        Err(Refusal::Form(error)) => panic!("{error}"),
        Err(Refusal::Unranked(reason)) => panic!("{reason}"),
    }
}

fn contours(request: &Request) -> usize {
    request.constraints.iter().filter(|wish| matches!(wish, Constraint::Contour(_))).count()
}

/// Whether a constraint joins what is drawn one after the other.
fn is_late(wish: &Constraint) -> bool {
    matches!(wish, Constraint::ChordTones(_) | Constraint::Vary(_))
}

#[test]
fn what_a_sheet_meets_can_be_asked_for() {
    let mut rng = seeded(41);
    let styles = [style::load("beatles").unwrap(), style::load("songbook").unwrap()];
    for _ in 0..cases(20) {
        let style = one_of(&mut rng, &[0, 1]);
        let style = &styles[style];
        let mut request = open_request(&mut rng);
        let prepared = prepare(style, style, &request).unwrap();
        let (page, sheet) = (prepared.page.frame.clone(), prepared.take(1).unwrap().sheet);
        for _ in 0..80 {
            let wish = wish(&mut rng, &page);
            let met = wish.holds(&sheet, &page);
            // Bars that happen to be alike, over a held chord, are not bars that repeat.
            let repeats = matches!(
                wish,
                Constraint::SameAs(_)
                    | Constraint::MelodySameAs(_)
                    | Constraint::ChordsSameAs(_)
                    | Constraint::Vary(_)
            );
            if met && request.constraints.len() < 6 && !repeats {
                request.constraints.push(wish);
            }
        }
        request.seed += 1;
        let found = take(style, &request);
        assert!(matches!(found, Some(Ok(_))), "{found:?}: {request:?}");
    }
}

#[test]
fn any_request_is_met_or_refused_for_a_reason() {
    let mut rng = seeded(42);
    let styles = [style::load("beatles").unwrap(), style::load("songbook").unwrap()];
    let (mut met, mut refused, mut unproven) = (0, 0, 0);
    for _ in 0..cases(45) {
        let style = one_of(&mut rng, &[0, 1]);
        let style = &styles[style];
        let mut request = open_request(&mut rng);
        let page = prepare(style, style, &request).unwrap().page.frame.clone();
        for _ in 0..1 + below(&mut rng, 5) {
            request.constraints.push(wish(&mut rng, &page));
        }
        match take(style, &request) {
            None => {}
            Some(Ok(_)) => met += 1,
            Some(Err(found)) => {
                refused += 1;
                let mut late = request.constraints.iter().any(is_late);
                if !late && found.part.is_none() {
                    unproven += 1;
                    late = true;
                }
                if !late {
                    assert_shows_where(&found, &page);
                }
                if refused % 3 == 0 && !late {
                    let conflict: Vec<String> = found.constraints().map(ToString::to_string).collect();
                    assert_irreducible(style, &request, &conflict);
                }
                if !late {
                    unproven += assert_mends(style, &request, &found);
                }
            }
        }
    }
    assert!(met > 0 && refused > 0, "{met} met, {refused} refused");
    assert!(unproven * 50 <= met + refused, "{unproven} of {met} met and {refused} refused");
}

/// The conflict itself has no solution, and leaving out any one constraint gives it one.
fn assert_irreducible(style: &Style, request: &Request, conflict: &[String]) {
    assert!(!conflict.is_empty(), "{request:?}");
    let only = |wishes: Vec<&String>| {
        let constraints = wishes.into_iter().map(|wish| wish.parse().unwrap()).collect();
        prepare(style, style, &Request { constraints, ..request.clone() }).is_ok()
    };
    assert!(!only(conflict.iter().collect()), "{conflict:?}: {request:?}");
    for spared in 0..conflict.len() {
        let rest = conflict.iter().enumerate().filter(|(index, _)| *index != spared);
        assert!(only(rest.map(|(_, wish)| wish).collect()), "without {spared} of {conflict:?}: {request:?}");
    }
}

/// The place is one of which the conflict asks something.
fn assert_shows_where(found: &Infeasible, page: &Frame) {
    assert!(found.part.is_some(), "{found}");
    let at = page.spans(found.at.as_ref().unwrap()).unwrap()[0];
    let mut spans = found.constraints().flat_map(|constraint| page.spans(constraint.place()).unwrap());
    assert!(spans.any(|span| span.0 < at.1 && span.1 > at.0), "{found}");
}

/// Each changed request can be met, asks no more than the request does, and leaves out no more than it says. Gives how many
/// of them were refused without proof.
fn assert_mends(style: &Style, request: &Request, found: &Infeasible) -> usize {
    assert!((1..=3).contains(&found.mends.len()), "{found}");
    let mut unproven = 0;
    for mend in &found.mends {
        let changed = mend.request(request);
        assert!(changed.constraints != request.constraints || changed.form != request.form, "{found}");
        match take(style, &changed) {
            Some(Ok(_)) => {}
            Some(Err(other)) if contours(&changed) > 0 && other.part.is_none() => unproven += 1,
            met => panic!("{mend}: {met:?}\n{found}: {request:?}"),
        }
    }
    unproven
}
