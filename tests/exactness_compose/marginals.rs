//! Marginals of what may be drawn: the chords of each beat and the notes of each place, against enumeration.

use std::collections::BTreeMap;

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::marginals::Marginal;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Request, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Duration, Melody};

use super::charts::{chart, equal, finer_than_beats, starts_in_pickup, written_out};
use super::melodies::{fillings, melody, put_together};
use super::tiny::{below, cases, figures, laws_of, limits, one_of, sheet, style, weights};
use super::wishes;

/// What was found against shares, place by place.
fn assert_marginals<T: ToString>(
    found: &[Marginal<T>],
    wanted: &BTreeMap<Duration, BTreeMap<String, f64>>,
    what: &str,
) {
    for (place, shares) in found {
        assert!(shares.is_sorted_by(|one, next| one.1 >= next.1), "{what}");
        let wanted = wanted.get(place).cloned().unwrap_or_default();
        let mut known: BTreeMap<String, f64> = BTreeMap::new();
        shares.iter().for_each(|(one, share)| *known.entry(one.to_string()).or_default() += share);
        for one in known.keys().chain(wanted.keys()) {
            let share = |of: &BTreeMap<String, f64>| of.get(one).copied().unwrap_or_default();
            assert!(
                (share(&known) - share(&wanted)).abs() < 1e-9,
                "{one} at {place}: {} is not {}: {what}",
                share(&known),
                share(&wanted)
            );
        }
    }
    let places: Vec<Duration> = found.iter().map(|(place, _)| *place).collect();
    assert!(wanted.keys().all(|place| places.contains(place)), "{what}");
}

#[test]
fn chords_of_each_beat_are_as_likely_as_among_all_charts() {
    let mut rng = seeded(71);
    let mut round = 0;
    while round < cases(40) {
        let (meter, form) = one_of(
            &mut rng,
            &[
                ("2/4", "A1"),
                ("2/4", "A1 A1"),
                ("2/4", "A1 B1 A1"),
                ("3/4", "A1 B1"),
                ("2/2", "A1 A1 B1"),
                ("2/4", "A2 A2"),
            ],
        );
        let key = one_of(&mut rng, &["C", "G minor"]);
        let style = style(figures(&mut rng, key.parse().unwrap(), meter.parse().unwrap()), weights(&mut rng));
        let mut request = Request {
            form: Some(form.to_string()),
            key: Some(key.parse().unwrap()),
            meter: Some(meter.parse().unwrap()),
            pickup: Some(if below(&mut rng, 4) == 0 { Duration::QUARTER } else { Duration::ZERO }),
            ..Request::default()
        };
        let page = prepare(&style, &style, &request).unwrap().page.frame.clone();
        let names: Vec<String> =
            ChartLaw::new(&style.figures, page.key, &[]).chords.iter().map(ToString::to_string).collect();
        let count = below(&mut rng, 3);
        let wishes: Vec<Constraint> =
            (0..count).map(|_| wishes::of_chart(&mut rng, &page, &names, false)).collect();
        request.constraints = wishes.clone();
        let Some(limits) = limits(&wishes, &page) else { continue };
        if limits.chart.iter().any(|limit| finer_than_beats(limit, &page)) {
            continue;
        }
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let law = ChartLaw::new(&style.figures, page.key, &limits.named_chords());
        let structure = Structure::new(&page, &equal(&page, &limits));
        let Some(all) = written_out(&law, &page, &structure, starts_in_pickup(&wishes)) else { continue };
        let mut sounding: BTreeMap<Duration, BTreeMap<String, f64>> = BTreeMap::new();
        let mut mass = 0.0;
        let unit = page.meter.unit_length();
        for (chart, weight) in all {
            let sheet = sheet(&page, chart.clone(), Melody::default());
            if !wishes.iter().all(|wish| wish.holds(&sheet, &page)) {
                continue;
            }
            mass += weight;
            for beat in page.start().div_floor(unit)..page.end().div_floor(unit) {
                if let Some(chord) = chart.sounding_at(unit * beat) {
                    *sounding.entry(unit * beat).or_default().entry(chord.to_string()).or_default() += weight;
                }
            }
        }
        if mass == 0.0 {
            // Then a chart may begin in the pickup all the same, which another test looks at.
            continue;
        }
        sounding.values_mut().flat_map(BTreeMap::values_mut).for_each(|share| *share /= mass);
        round += 1;
        let what = format!("{:?} {page:?}", request.constraints);
        let found = prepared.chord_marginals();
        assert_marginals(&found, &sounding, &what);
        // What the pins say is certain.
        for (beat, chords) in found.iter().filter(|(beat, _)| *beat >= Duration::ZERO) {
            let sum: f64 = chords.iter().map(|chord| chord.1).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{sum} at {beat}: {what}");
        }
    }
}

#[test]
fn notes_of_each_place_are_as_likely_as_among_all_melodies() {
    let mut rng = seeded(72);
    let (mut round, mut joined) = (0, 0);
    while round < cases(40) {
        let meter = one_of(&mut rng, &["1/4", "2/4", "2/8", "3/8"]);
        let style = style(figures(&mut rng, "C".parse().unwrap(), meter.parse().unwrap()), weights(&mut rng));
        let mut request = Request {
            form: Some(one_of(&mut rng, &["A1", "A2", "A1 B1", "A1 A1", "A1 A1 B1", "A1 B1 A1"]).to_string()),
            key: "C".parse().ok(),
            meter: Some(meter.parse().unwrap()),
            pickup: Some(Duration::ZERO),
            ..Request::default()
        };
        let bare = prepare(&style, &style, &request).unwrap().page.clone();
        let page = bare.frame.clone();
        let highest = 61 + below(&mut rng, 2) as i32;
        let range = if highest == 61 { "range C4..C#4" } else { "range C4..D4" };
        let mut wishes: Vec<Constraint> = vec![range.parse().unwrap()];
        for _ in 0..below(&mut rng, 3) {
            wishes.push(wishes::of_melody(&mut rng, &page, (60, highest), true));
        }
        request.constraints = wishes.clone();
        let Some(limits) = limits(&wishes, &page) else { continue };
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let chords = ChartLaw::new(&style.figures, page.key, &[]);
        // One chord throughout: bars that come again have the same.
        let chart = chart(&chords, &vec![(Duration::ZERO, below(&mut rng, chords.chords.len()) as u16)]);
        let structure = Structure::new(&page, &equal(&page, &limits));
        let laws = laws_of(&style, &bare, &limits);
        let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
        let places = structure.segments.iter().map(|segment| {
            let settled = Settled::nothing(law.0, segment);
            melody_lattice(law, &page, segment, (false, false), &chart, &limits.melody, &settled).places
        });
        let places: Vec<Vec<Duration>> = places.collect();
        let about =
            |places: &Vec<Duration>| libm::pow(laws.pitch.pitches as f64 + 2.0, places.len() as f64 - 1.0);
        if places.iter().map(about).product::<f64>() > 8000.0 {
            continue;
        }
        let segments = structure.segments.iter().zip(&places);
        let segments = segments
            .map(|(segment, places)| fillings(&laws, &page, segment, &chart, (places, &limits.melody)));
        let all = put_together(&laws, &structure, &segments.collect::<Vec<_>>());
        let mut starting: BTreeMap<Duration, BTreeMap<String, f64>> = BTreeMap::new();
        let mut mass = 0.0;
        for (notes, weight) in all {
            let sheet = sheet(&page, chart.clone(), melody(&laws, &page, &notes));
            if !wishes.iter().all(|wish| wish.holds(&sheet, &page)) {
                continue;
            }
            mass += weight;
            for (at, _, symbol) in notes {
                *starting.entry(at).or_default().entry(laws.pitch.midi(symbol).to_string()).or_default() +=
                    weight;
            }
        }
        starting.values_mut().flat_map(BTreeMap::values_mut).for_each(|share| *share /= mass);
        round += 1;
        joined += usize::from(structure.uses.len() > 1);
        let found = prepared.note_marginals(&chart).unwrap();
        assert_marginals(&found, &starting, &format!("{:?} {page:?}", request.constraints));
    }
    assert!(joined > round / 4);
    let style = style(figures(&mut rng, "C".parse().unwrap(), "1/4".parse().unwrap()), weights(&mut rng));
    let request = Request {
        form: Some("A2 B2".into()),
        constraints: vec!["bars 3-4: rhythm as bars 1-2".parse().unwrap()],
        ..Request::default()
    };
    let tied = prepare(&style, &style, &request).unwrap();
    assert_eq!(tied.note_marginals(&Default::default()), None, "what is drawn after another is not told");
}
