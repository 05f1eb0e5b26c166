//! Whole takes: the joint law of chart and melody, sections that recur, and what counts as impossible.

use std::collections::BTreeMap;

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::page::compass;
use tunesmith::compose::rhythm_law::RhythmLaw;
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Refusal, Request, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, Duration};
use tunesmith::style;

use super::charts::{equal, written_out};
use super::counting::assert_follows;
use super::melodies::{Laws, Notes, fillings, melody, put_together};
use super::tiny::{below, cases, figures, limits, one_of, sheet, style, weights};
use super::wishes;

/// A take as text: where its chords and notes stand.
fn text(chart: &Chart, notes: &[(Duration, Duration, i32)]) -> String {
    let chords = chart.changes.iter().map(|change| format!("{} {}, ", change.chord, change.at));
    let notes = notes.iter().map(|(at, length, midi)| format!("{midi} {at} {length}, "));
    chords.chain(notes).collect()
}

#[test]
fn takes_follow_the_joint_law_of_enumeration() {
    let mut rng = seeded(31);
    let (mut drawn, mut impossible, mut round) = (0, 0, 0);
    while drawn < cases(12) {
        round += 1;
        let (meter, form) = one_of(
            &mut rng,
            &[
                ("1/4", "A1 A1"),
                ("1/4", "A1 B1 A1"),
                ("1/4", "A1 A1 B1"),
                ("2/8", "A1 B1 A1"),
                ("2/4", "A1 A1"),
            ],
        );
        let key = one_of(&mut rng, &["C", "A minor"]);
        let tiny = figures(&mut rng, key.parse().unwrap(), meter.parse().unwrap());
        let style = style(tiny, weights(&mut rng));
        let mut request = Request {
            form: Some(form.to_string()),
            key: Some(key.parse().unwrap()),
            meter: Some(meter.parse().unwrap()),
            pickup: Some(Duration::ZERO),
            seed: round,
            no_plan: true,
            ..Request::default()
        };
        let bare = prepare(&style, &style, &request).unwrap().page.clone();
        let page = bare.frame.clone();
        let names: Vec<String> =
            ChartLaw::new(&style.figures, page.key, &[]).chords.iter().map(ToString::to_string).collect();
        let high = 60 + below(&mut rng, 2) as i32;
        let range = if high == 60 { "range C4..C4" } else { "range C4..C#4" };
        let mut wishes: Vec<Constraint> = vec![range.parse().unwrap()];
        for _ in 0..below(&mut rng, 3) {
            wishes.push(wishes::of_melody(&mut rng, &page, (60, high), false));
        }
        if below(&mut rng, 2) == 0 {
            wishes.push(wishes::of_chart(&mut rng, &page, &names, false));
        }
        if below(&mut rng, 3) == 0 {
            wishes.push(wishes::of_repeats(&mut rng, &page));
        }
        request.constraints = wishes.clone();
        let Some(limits) = limits(&wishes, &page) else { continue };
        if limits.chart.iter().any(|limit| super::charts::finer_than_beats(limit, &page)) {
            continue;
        }
        let what = (wishes.iter().map(ToString::to_string).collect::<Vec<_>>(), &page);
        let prepared = prepare(&style, &style, &request);
        // The law, from its parts.
        let law = ChartLaw::new(&style.figures, page.key, &limits.named_chords());
        let structure = Structure::new(&page, &equal(&page, &limits));
        let whole = bare.range;
        let (lowest, highest) = compass(&bare, &limits);
        let centre = (whole.0 + whole.1) / 2;
        let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
        let pitch =
            MelodyLaw::new(&style.figures, style.card.weights.clone(), page.key, lowest, highest, centre);
        let kernel = pitch.kernel();
        let laws = Laws { pitch, rhythm: RhythmLaw::new(&style.figures, page.meter), kernel };
        let Some(charts) = written_out(&law, &page, &structure, false) else { continue };
        let mut joint: BTreeMap<String, f64> = BTreeMap::new();
        let mut chart_mass = 0.0;
        let mut too_many = false;
        for (chart, weight) in charts {
            let bare_sheet = sheet(&page, chart.clone(), melody(&laws, &page, &Notes::new()));
            let of_chart = |wish: &&Constraint| !limits_melody(wish, &page);
            if !wishes.iter().filter(of_chart).all(|wish| wish.holds(&bare_sheet, &page)) {
                continue;
            }
            chart_mass += weight;
            if joint.len() > 400 {
                too_many = true;
                break;
            }
            let segments = structure.segments.iter().map(|segment| {
                let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
                let places = melody_lattice(
                    law,
                    &page,
                    segment,
                    (false, false),
                    &chart,
                    &limits.melody,
                    &Settled::nothing(law.0, segment),
                )
                .places;
                fillings(&laws, &page, segment, &chart, &places)
            });
            let segments: Vec<BTreeMap<Notes, f64>> = segments.collect();
            if segments.iter().map(|ways| ways.len() as f64).product::<f64>() > 5000.0 {
                too_many = true;
                break;
            }
            let mut melodies = put_together(&laws, &structure, &segments);
            melodies.retain(|notes, _| {
                let sheet = sheet(&page, chart.clone(), melody(&laws, &page, notes));
                wishes.iter().all(|wish| wish.holds(&sheet, &page))
            });
            let melody_mass: f64 = melodies.values().sum();
            for (notes, own) in melodies {
                let notes: Vec<(Duration, Duration, i32)> =
                    notes.iter().map(|&(at, length, symbol)| (at, length, laws.pitch.midi(symbol))).collect();
                *joint.entry(text(&chart, &notes)).or_default() += weight * own / melody_mass;
            }
        }
        if too_many || joint.len() > 400 {
            continue;
        }
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(Refusal::Infeasible(_)) => {
                impossible += 1;
                assert!(joint.is_empty(), "refused, but there is {:?}: {what:?}", joint.first_key_value());
                continue;
            }
            Err(other) => panic!("{other}"),
        };
        assert!(!joint.is_empty(), "nothing is possible, but: {:?} {what:?}", prepared.take(0));
        assert!((prepared.log_chart_mass() - libm::log(chart_mass)).abs() < 1e-9, "{what:?}");
        drawn += 1;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for number in 0..2000 {
            let take = prepared.take(number).unwrap();
            let notes = take.sheet.melody().notes.iter();
            let notes: Vec<_> = notes.map(|note| (note.onset, note.duration, note.pitch.midi())).collect();
            *seen.entry(text(take.sheet.chart(), &notes)).or_default() += 1;
        }
        assert_follows(&seen, &joint, &what);
    }
    assert!(impossible > 2);
}

/// Whether a constraint says something about the melody.
fn limits_melody(wish: &Constraint, page: &tunesmith::constraint::Frame) -> bool {
    limits(std::slice::from_ref(wish), page)
        .is_some_and(|limits| !limits.melody.is_empty() || !limits.same.is_empty())
}

/// What comes of a request on the songbook: whether it has a solution, and which constraints are in conflict if not.
fn asked(form: &str, pickup: i64, wishes: &[&str]) -> Result<(), Vec<String>> {
    let style = style::load("songbook").unwrap();
    let request = Request {
        form: Some(form.to_string()),
        key: Some("C".parse().unwrap()),
        meter: Some("4/4".parse().unwrap()),
        pickup: Some(Duration::quarters(pickup)),
        constraints: wishes.iter().map(|wish| wish.parse().unwrap()).collect(),
        seed: 5,
        ..Request::default()
    };
    let take = prepare(&style, &style, &request).and_then(|prepared| {
        let take = prepared.take(0)?;
        Ok((take, prepared.page.frame.clone()))
    });
    match take {
        Ok((take, frame)) => {
            for wish in &request.constraints {
                assert!(wish.holds(&take.sheet, &frame), "{wish}");
            }
            Ok(())
        }
        Err(Refusal::Infeasible(found)) => Err(found.constraints().map(ToString::to_string).collect()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_can_be_met_is_met_however_rare() {
    for (form, pickup, wishes) in [
        // All uses of A start and end alike, so the seams leap an octave.
        ("A2 A2 B2 A2", 0, vec!["starts on C5", "ends on C4", "leap <= 12"]),
        ("A2 A2 B2 A2", 0, vec!["starts on C5", "ends on B4", "leap <= 1"]),
        (
            "A2 A2",
            1,
            vec!["starts on C4", "ends on C5", "bar 1.1: note C5", "leap <= 12", "bar 0: density 1"],
        ),
        // A tonic within the first bar of all.
        ("A4", 0, vec!["bar 1: cadence authentic"]),
        ("A2 A2", 0, vec!["section A: cadence half", "bar 1: cadence plagal"]),
        // Runs over seams.
        ("A2 A2", 0, vec!["bars 2-3: chords F G7 Am Dm C", "chords per bar 1..3"]),
        ("A1 A1 A1", 0, vec!["chords C F C F C F"]),
        ("A1 B1 A1", 0, vec!["chords Dm G7 C Dm G7", "last bar: chords Dm G7"]),
        // More than the beats hold.
        ("A2", 0, vec!["bar 1: chords C Dm Em F G Am"]),
        ("A2", 0, vec!["bar 2: chords per bar 6..7"]),
        ("A2", 0, vec!["bar 2: density 20..64"]),
        ("A2", 0, vec!["bar 1: chord C", "bar 1.1+1/2: chord F", "bar 1.2: chord C"]),
        // In the pickup.
        ("A2 A2", 1, vec!["bar 0: chords G7"]),
        ("A2 A2", 2, vec!["bar 0.3: chord F", "bar 0.4: chord G"]),
        ("A2 A2", 2, vec!["bars 0-1: chords per bar 2"]),
        ("A2 B2", 1, vec!["bar 1: chords C", "bar 1: cadence authentic"]),
        // Silence.
        ("A1 B1 A1", 0, vec!["bar 1: rest", "starts on E4", "ends on F4"]),
        // Notes that the drawn range need not have.
        ("A2", 0, vec!["starts on b2", "ends on #4", "leap <= 3"]),
    ] {
        assert_eq!(asked(form, pickup, &wishes), Ok(()), "{form} {wishes:?}");
    }
}

#[test]
fn what_cannot_be_met_is_refused_with_the_conflict() {
    for (form, wishes, conflict) in [
        // Unless A is silent throughout.
        (
            "A2 A2 B2 A2",
            vec!["starts on C5", "range C3..C6", "ends on C4", "leap <= 4", "bar 1: density 1..8"],
            vec![0, 2, 3, 4],
        ),
        ("A1 B1 A1", vec!["density 1..4", "bar 1: rest"], vec![0, 1]),
        ("A1 B1 A1", vec!["ends on F4", "bars 1-2: rest"], vec![0, 1]),
        ("A2", vec!["bars 1-2: rest", "starts on 1"], vec![0, 1]),
        ("A1 A1", vec!["chords C F G"], vec![0]),
        (
            "A1 A1",
            vec!["chords per bar 1", "bar 2: cadence half", "bar 1: no chord C", "chord in C G"],
            vec![],
        ),
        ("A2 A2", vec!["bar 1: chord C", "bar 3: chord F"], vec![0, 1]),
        ("A2", vec!["bar 1: chords C", "bar 1: cadence authentic"], vec![0, 1]),
    ] {
        let found = asked(form, 0, &wishes).expect_err(form);
        if !conflict.is_empty() {
            let wanted: Vec<&str> = conflict.into_iter().map(|index| wishes[index]).collect();
            assert_eq!(found, wanted, "{form}");
        }
    }
}
