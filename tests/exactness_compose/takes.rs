//! Whole takes: the joint law of chart and melody, sections that recur, and what counts as impossible.

use std::collections::BTreeMap;

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Refusal, Request, prepare};
use tunesmith::constraint::{Constraint, MelodyLimit, Shape};
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, Duration};
use tunesmith::style;

use super::charts::{equal, written_out};
use super::counting::assert_follows_as;
use super::melodies::{Notes, fillings, lies_within, melody, put_together, put_together_by, wish};
use super::tiny::{below, cases, figures, laws_of, limits, one_of, sheet, style, weights};
use super::wishes;

/// A take as text: where its chords and notes stand.
pub fn text(chart: &Chart, notes: &[(Duration, Duration, i32)]) -> String {
    let chords = chart.changes.iter().map(|change| format!("{} {}, ", change.chord, change.at));
    let notes = notes.iter().map(|(at, length, midi)| format!("{midi} {at} {length}, "));
    chords.chain(notes).collect()
}

#[test]
fn takes_follow_the_joint_law_of_enumeration() {
    let mut rng = seeded(31);
    let (mut drawn, mut impossible, mut over_seams, mut round) = (0, 0, 0, 0);
    while drawn < cases(20) {
        round += 1;
        let (meter, form) = one_of(
            &mut rng,
            &[
                ("1/4", "A1 B1"),
                ("2/4", "A1"),
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
            particles: Some(CHARTS),
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
            wishes.push(wish(&mut rng, &page, (60, high), false));
        }
        if below(&mut rng, 2) == 0 {
            wishes.push(wishes::of_chart(&mut rng, &page, &names, false));
        }
        if high > 60 && below(&mut rng, 3) == 0 {
            wishes.push(wishes::of_contours(&mut rng, &page));
        }
        if below(&mut rng, 3) == 0 {
            wishes.push(wishes::of_repeats(&mut rng, &page));
        }
        request.constraints = wishes.clone();
        let Some(limits) = limits(&wishes, &page) else { continue };
        let structure = Structure::new(&page, &equal(&page, &limits));
        // What binds both sides of a seam is no weight of a chart.
        let binds_seams = |limit: &MelodyLimit| {
            matches!(limit, MelodyLimit::Leap { .. } | MelodyLimit::First { .. } | MelodyLimit::Last { .. })
        };
        let seamless = structure.uses.len() == 1 || !limits.melody.iter().any(binds_seams);
        if !seamless || !limits.melody.iter().all(|limit| lies_within(&structure, limit)) {
            continue;
        }
        if limits.chart.iter().any(|limit| super::charts::finer_than_beats(limit, &page)) {
            continue;
        }
        let what = (wishes.iter().map(ToString::to_string).collect::<Vec<_>>(), &page);
        let prepared = prepare(&style, &style, &request);
        // The law, from its parts.
        let law = ChartLaw::new(&style.figures, page.key, &limits.named_chords());
        let laws = laws_of(&style, &bare, &limits);
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
                fillings(&laws, &page, segment, &chart, (&places, &limits.melody))
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
            // A chart weighs what the melodies of its segments do; how they meet at seams is left to the melody.
            let mut apart = put_together_by(|_, _| 1.0, &structure, &segments);
            apart.retain(|notes, _| {
                let sheet = sheet(&page, chart.clone(), melody(&laws, &page, notes));
                let is_line = |wish: &Constraint| matches!(wish, Constraint::Contour(_));
                wishes.iter().all(|wish| is_line(wish) || wish.holds(&sheet, &page))
                    && go_apart(&structure, &limits.melody, notes)
            });
            let weight = weight * apart.values().sum::<f64>();
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
        if joint.is_empty() {
            // Chords and notes may be at odds that are each possible alone.
            assert!(prepared.take(0).is_err(), "nothing is possible, but: {:?} {what:?}", prepared.take(0));
            impossible += 1;
            continue;
        }
        assert!((prepared.log_chart_mass() - libm::log(chart_mass)).abs() < 1e-9, "{what:?}");
        let reaches_over = |limit: &MelodyLimit| match limit {
            MelodyLimit::Contour { from, to, .. } => !structure.covers(*from, *to),
            _ => false,
        };
        over_seams += usize::from(limits.melody.iter().any(reaches_over));
        drawn += 1;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut effective = 1.0_f64;
        for number in 0..2000 {
            let take = prepared.take(number).unwrap();
            let share = take.effective.map_or(1.0, |(number, of)| number / of as f64);
            effective = effective.min(share);
            let notes = take.sheet.melody().notes.iter();
            let notes: Vec<_> = notes.map(|note| (note.onset, note.duration, note.pitch.midi())).collect();
            *seen.entry(text(take.sheet.chart(), &notes)).or_default() += 1;
        }
        // Takes of a block share their charts, so they count for fewer.
        assert_follows_as(&seen, &joint, effective / 2.0, &what);
    }
    assert!(impossible > 0 && over_seams > 0, "{impossible} {over_seams}");
}

/// Whether the notes of each use are, for itself, part of every line that is asked for: whether notes that stand before and
/// behind the use could make it one.
fn go_apart(structure: &Structure, limits: &[MelodyLimit], notes: &Notes) -> bool {
    let goes = |heights: &[i32], shape: Shape| {
        let steps = heights.windows(2).map(|pair| (pair[1] - pair[0]).signum());
        let mut steps: Vec<i32> = steps.filter(|step| *step != 0).collect();
        steps.dedup();
        let wanted: &[i32] = match shape {
            Shape::Up => &[1],
            Shape::Down => &[-1],
            Shape::Arch => &[1, -1],
            Shape::Valley => &[-1, 1],
        };
        steps == wanted
    };
    // Up to two notes, as high and low as there need be.
    let beside = |heights: &[i32], are_there: bool| {
        let (low, high) = (heights.iter().min().unwrap_or(&0), heights.iter().max().unwrap_or(&0));
        let more: Vec<i32> = (*low - 1..=*high + 1).filter(|_| are_there).collect();
        let one = more.iter().map(|&height| vec![height]);
        let two = more.iter().flat_map(|&first| more.iter().map(move |&next| vec![first, next]));
        one.chain(two).chain([Vec::new()]).collect::<Vec<_>>()
    };
    limits.iter().all(|limit| {
        let MelodyLimit::Contour { from, to, shape } = *limit else { return true };
        structure.uses.iter().all(|&(segment, shift)| {
            let segment = &structure.segments[segment];
            let (start, end) = (segment.from + segment.shifts[shift], segment.to + segment.shifts[shift]);
            let within = |at: Duration| from.max(start) <= at && at < to.min(end);
            if from >= end || to <= start {
                return true;
            }
            let here = notes.iter().filter(|note| within(note.0)).map(|note| i32::from(note.2));
            let here: Vec<i32> = here.collect();
            let (before, behind) = (beside(&here, from < start), beside(&here, to > end));
            before.iter().any(|before| {
                behind.iter().any(|behind| goes(&[before.as_slice(), &here, behind].concat(), shape))
            })
        })
    })
}

/// How many charts are weighed in the test of the joint law: so many that what is left of their law is lost in chance.
const CHARTS: usize = 500;

#[test]
fn more_charts_come_nearer_to_the_joint_law() {
    let mut rng = seeded(33);
    let mut distances = [0.0; 3];
    let mut round = 0;
    while round < 10 {
        let (key, meter) = ("C".parse().unwrap(), "2/4".parse().unwrap());
        let style = style(figures(&mut rng, key, meter), weights(&mut rng));
        let degree = one_of(&mut rng, &["C4", "C#4", "D4"]);
        let wishes: Vec<Constraint> = ["range C4..D4", &format!("bar 1.1: note {degree}")]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let request = Request {
            form: Some("A1".into()),
            key: Some(key),
            meter: Some(meter),
            pickup: Some(Duration::ZERO),
            constraints: wishes,
            no_plan: true,
            ..Request::default()
        };
        // The share of each chart, over many seeds.
        let shares = |particles: usize, takes: u64| {
            let mut shares: BTreeMap<String, f64> = BTreeMap::new();
            for seed in 0..takes {
                let request = Request { particles: Some(particles), seed, ..request.clone() };
                let take = prepare(&style, &style, &request).unwrap().take(0).unwrap();
                *shares.entry(text(take.sheet.chart(), &[])).or_default() += 1.0 / takes as f64;
            }
            shares
        };
        let truth = shares(300, 400);
        for (distance, particles) in distances.iter_mut().zip([1, 4, 32]) {
            let found = shares(particles, 400);
            let all: std::collections::BTreeSet<&String> = truth.keys().chain(found.keys()).collect();
            let share = |of: &BTreeMap<String, f64>, one: &String| of.get(one).copied().unwrap_or(0.0);
            *distance +=
                all.iter().map(|one| (share(&truth, one) - share(&found, one)).abs() / 2.0).sum::<f64>();
        }
        round += 1;
    }
    assert!(distances[2] <= distances[0], "{distances:?}");
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
