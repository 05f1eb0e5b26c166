//! What is said of a request that cannot be met: the conflict, where it shows, and changed requests that can be met.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is surprised")]

use tunesmith::compose::possible::Part;
use tunesmith::compose::{Infeasible, Refusal, Request, prepare, weigh};
use tunesmith::constraint::Constraint;
use tunesmith::music::Duration;
use tunesmith::style::{self, Style};

fn request(form: &str, asked: &[&str]) -> Request {
    Request {
        form: Some(form.into()),
        key: "C".parse().ok(),
        meter: "4/4".parse().ok(),
        pickup: Some(Duration::ZERO),
        constraints: asked.iter().map(|text| text.parse().unwrap()).collect(),
        seed: 3,
        ..Request::default()
    }
}

/// The refusal of a request, each of its mends tried out.
fn refused(style: &Style, request: &Request) -> Infeasible {
    let Err(Refusal::Infeasible(found)) = prepare(style, style, request).map(|_| ()) else {
        panic!("it can be met: {request:?}");
    };
    assert!(!found.mends.is_empty(), "{found}");
    for mend in &found.mends {
        let changed = mend.request(request);
        let prepared = prepare(style, style, &changed).unwrap_or_else(|refusal| panic!("{mend}: {refusal}"));
        let take = prepared.take(0).unwrap_or_else(|refusal| panic!("{mend}: {refusal}"));
        for constraint in &changed.constraints {
            assert!(constraint.holds(&take.sheet, &prepared.page.frame), "{mend}: {constraint}");
        }
    }
    *found
}

fn texts(found: &Infeasible) -> (Vec<String>, Vec<String>) {
    let conflict = found.conflict.iter().map(ToString::to_string).collect();
    (conflict, found.mends.iter().map(ToString::to_string).collect())
}

#[test]
fn bars_that_are_the_same_are_named_and_the_form_can_mend_it() {
    let style = style::load("songbook").unwrap();
    let asked = ["bars 7-8: cadence half", "leap <= 9", "bars 31-32: cadence authentic"];
    let found = refused(&style, &request("AABA", &asked));
    let (conflict, mends) = texts(&found);
    let same = "bars 7-8 and bars 31-32 are the same bars: section A is written three times";
    assert_eq!(conflict, [asked[0], asked[2], same]);
    assert_eq!((found.part, found.at.unwrap().to_string().as_str()), (Some(Part::Chart), "bar 8"));
    assert_eq!(
        mends,
        [
            "write the last A as A': A8 A8 B8 A'8",
            "without 'bars 7-8: cadence half'",
            "without 'bars 31-32: cadence authentic'"
        ]
    );
    assert_eq!(found.mends[0].form.as_deref(), Some("A8 A8 B8 A'8"));
    assert_eq!(found.mends[0].constraints.len(), 3);
}

#[test]
fn where_bars_differ_anyway_no_form_is_blamed() {
    let style = style::load("songbook").unwrap();
    let found = refused(&style, &request("AABA", &["bar 20: chord F", "bars 17-20: no chord F"]));
    let (conflict, mends) = texts(&found);
    assert_eq!(conflict.len(), 2);
    assert_eq!(found.at.unwrap().to_string(), "bar 20");
    assert!(
        mends.contains(&"bar 20: any chord; elsewhere 'bars 17-20: no chord F'".to_string()),
        "{mends:?}"
    );
}

#[test]
fn numbers_give_way_by_as_little_as_it_takes() {
    let style = style::load("songbook").unwrap();
    let cases: [(&str, &[&str], &str); 5] = [
        (
            "A2",
            &["density 1", "bar 1: note C4", "bar 2: note G4", "leap <= 5"],
            "'leap <= 7' instead of 'leap <= 5'",
        ),
        ("A4", &["bar 2: note C4", "range E4..G5"], "'range C4..G5' instead of 'range E4..G5'"),
        ("A4", &["bar 2: note Bb5", "range E4..G5"], "'range E4..Bb5' instead of 'range E4..G5'"),
        (
            "A4",
            &["bar 2: rest", "bars 1-4: density 2..4"],
            "'bars 1-4: density 0..4' instead of 'bars 1-4: density 2..4'",
        ),
        (
            "A4",
            &["bar 2: chords C Am Dm G7", "chords per bar 1..2"],
            "'chords per bar 1..4' instead of 'chords per bar 1..2'",
        ),
    ];
    for (form, asked, wanted) in cases {
        let found = refused(&style, &request(form, asked));
        let (_, mends) = texts(&found);
        assert!(mends.iter().any(|mend| mend == wanted), "{wanted}: {mends:?}");
        assert!(mends.iter().any(|mend| mend.starts_with("without ")), "{mends:?}");
    }
}

#[test]
fn two_conflicts_are_mended_together() {
    let style = style::load("beatles").unwrap();
    let asked = ["bar 2: rest", "bar 2: note C4", "bar 3: chord F", "bar 3: no chord F"];
    let found = refused(&style, &request("A4", &asked));
    assert_eq!(found.conflict.len(), 2);
    // `refused` has tried them; each must change two things.
    assert!(found.mends.iter().all(|mend| mend.changes.len() == 2), "{found}");
}

#[test]
fn a_conflict_at_a_seam_shows_where_the_next_section_starts() {
    let style = style::load("songbook").unwrap();
    let asked = ["bar 4.4: note C4", "bar 4: density 1", "bar 5: note C5", "bar 5: leap <= 3"];
    let found = refused(&style, &request("A4 B4 A4", &asked));
    assert_eq!(found.part, Some(Part::Melody));
    assert_eq!(found.at.unwrap().to_string(), "bar 5");
}

#[test]
fn mends_are_weighed_and_the_likeliest_comes_first() {
    let style = style::load("songbook").unwrap();
    let request = request("A4", &["bar 2: chord C", "bar 2: chord F#m7(b5)"]);
    let mut found = refused(&style, &request);
    weigh(&style, &style, &request, &mut found);
    let [first, second] = found.mends.as_slice() else { panic!("{found}") };
    assert!(!first.is_estimate && !second.is_estimate);
    assert!(first.log_mass > second.log_mass, "{found}");
    assert_eq!(first.constraints, ["bar 2: chord C".parse::<Constraint>().unwrap()]);
    // Nothing else is asked, so that is just what the prepared request says.
    let changed = first.request(&request);
    let prepared = prepare(&style, &style, &changed).unwrap();
    assert!((prepared.log_chart_mass() - first.log_mass.unwrap()).abs() < 1e-12);
}

#[test]
fn what_is_asked_of_two_bars_that_start_alike_is_asked_of_both() {
    let style = style::load("songbook").unwrap();
    for asked in [
        ["bars 3-4: vary bars 1-2 by 0%", "bar 1: note C4", "bar 3: note D4"],
        ["bars 3-4: vary bars 1-2 by 0%", "bar 2: contour up", "bar 4: contour down"],
        ["bars 3-4: rhythm as bars 1-2", "bar 1: density 3", "bar 3: density 4"],
        ["bars 3-4: rhythm as bars 1-2", "bar 2: rest", "bar 4.1: note E4"],
    ] {
        let (conflict, _) = texts(&refused(&style, &request("A2 B2", &asked)));
        assert_eq!(conflict, asked);
    }
    // Unless that is no contradiction.
    for asked in [
        ["bars 3-4: vary bars 1-2 by 0..20%", "bar 1: density 8", "bar 3: density 7"],
        ["bars 3-4: rhythm as bars 1-2", "bar 1: note C4", "bar 3: note D4"],
    ] {
        assert!(prepare(&style, &style, &request("A2 B2", &asked)).is_ok(), "{asked:?}");
    }
}

#[test]
fn a_contour_over_a_seam_is_refused_with_what_stands_in_its_way() {
    let style = style::load("songbook").unwrap();
    let asked = ["bars 2-3: contour up", "bar 1: note C4", "bar 2: note C5"];
    let found = refused(&style, &request("A2 A2 B2 A2", &asked));
    let (conflict, mends) = texts(&found);
    assert_eq!(conflict[..3], asked, "{conflict:?}");
    assert_eq!((found.part, conflict.len()), (Some(Part::Melody), 4), "{conflict:?} {mends:?}");
    for asked in
        [["bars 2-3: contour down", asked[1], asked[2]], ["bars 2-5: contour valley", asked[1], asked[2]]]
    {
        let request = request("A2 A2 B2 A2", &asked);
        let prepared = prepare(&style, &style, &request).unwrap();
        let take = prepared.take(0).unwrap();
        let mut wishes = request.constraints.iter();
        assert!(wishes.all(|wish| wish.holds(&take.sheet, &prepared.page.frame)), "{asked:?}");
    }
}
