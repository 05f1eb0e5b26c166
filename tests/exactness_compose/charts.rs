//! Charts: lattices of one stretch, and of pages whose sections recur.

use std::collections::{BTreeMap, BTreeSet};

use tunesmith::compose::chart_lattice::{Before, chart_lattice, chord_ends};
use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::chart_place::{PageSection, held};
use tunesmith::compose::charts::Charts;
use tunesmith::compose::structure::{Equal, Structure};
use tunesmith::constraint::{ChartLimit, Constraint, Frame, Limits};
use tunesmith::markov::Messages;
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, ChordChange, Duration, Melody};

use super::counting::{assert_follows, assert_mass};
use super::tiny::{below, cases, figures, leave_any, limits, one_of, page, sheet};
use super::wishes;

/// The chords of a stretch, as (place, symbol).
pub type Chords = Vec<(Duration, u16)>;

/// Every way to fill a stretch with chords that start at the given places, with its probability by the law.
pub fn fillings(
    law: &ChartLaw<'_>,
    page: &Frame,
    to: Duration,
    places: &BTreeSet<Duration>,
    from: (Duration, u32, u16),
) -> Vec<(Chords, f64)> {
    let (at, context, before) = from;
    if at >= to {
        return vec![(Vec::new(), 1.0)];
    }
    // Where the chord may end, by the law of lengths; the next place always, and every one off the beat.
    let mut ends: BTreeMap<Duration, f64> = BTreeMap::new();
    for (end, weight) in chord_ends(law, page, (at, to), before) {
        if end > at && places.contains(&end) {
            *ends.entry(end).or_default() += weight;
        }
    }
    let next = places.range(at + Duration::from_ticks(1)..).next().copied().unwrap_or(to);
    ends.entry(next).or_insert(1e-6);
    for &place in places.range(at + Duration::from_ticks(1)..) {
        if place.rem_floor(page.meter.unit_length()) != Duration::ZERO {
            ends.entry(place).or_insert(1e-6);
        }
    }
    let total: f64 = ends.values().sum();
    let mut all = Vec::new();
    for (&end, &weight) in &ends {
        let kernel = law.kernel(PageSection::at(page, at).chord(page, at, end));
        for entry in kernel.row(context as usize) {
            let here = kernel.weights[entry] * weight / total;
            let onward = (end, kernel.targets[entry], held(page, at, end));
            for (chords, probability) in fillings(law, page, to, places, onward) {
                let mut with = vec![(at, kernel.symbols[entry])];
                with.extend(chords);
                all.push((with, here * probability));
            }
        }
    }
    all
}

pub fn chart(law: &ChartLaw<'_>, chords: &Chords) -> Chart {
    let change =
        |&(at, symbol): &(Duration, u16)| ChordChange { at, chord: law.chords[usize::from(symbol)].clone() };
    Chart { changes: chords.iter().map(change).collect() }
}

/// Whether some constraint names the pickup and wants a chord there.
pub fn starts_in_pickup(constraints: &[Constraint]) -> bool {
    constraints.iter().map(ToString::to_string).any(|text| {
        let named = text.starts_with("bar 0") || text.starts_with("bars 0");
        let none = ["no chord", "chords per bar 0.."].iter().any(|words| text.contains(words));
        let elsewhere =
            text.contains("cadence") && !text.starts_with("bar 0:") && !text.starts_with("bars 0-0");
        named && !none && !elsewhere && ["chord", "cadence"].iter().any(|word| text.contains(word))
    })
}

/// How many charts a stretch of so many places has, about.
pub fn size(chords: usize, places: usize) -> f64 {
    chords as f64 * libm::pow((chords + 1) as f64, places as f64 - 1.0)
}

fn grid(page: &Frame, from: Duration, to: Duration) -> BTreeSet<Duration> {
    let unit = page.meter.unit_length();
    let first = from - from.rem_floor(unit);
    let beats = (0..=(to - first).div_floor(unit)).map(|n| first + unit * n);
    beats.filter(|&at| at >= from && at <= to).chain([from, to]).collect()
}

#[test]
fn charts_of_a_stretch_are_those_of_enumeration() {
    let mut rng = seeded(11);
    let (mut possible, mut impossible, mut drawn) = (0, 0, 0);
    let mut round = 0;
    while round < cases(90) {
        let meter = one_of(&mut rng, &["2/4", "3/4", "3/8", "2/2", "1/4"]);
        let bars = 1 + below(&mut rng, 3);
        let pickup = one_of(&mut rng, &[(0, 1), (0, 1), (1, 2), (1, 1)]);
        let pickup = Duration::from_ratio(pickup.0, pickup.1).unwrap();
        let key = one_of(&mut rng, &["C", "Eb", "A minor"]);
        let mut page = page(&[("A", bars)], key, meter, pickup);
        if page.pickup >= page.meter.bar_length() {
            page.pickup = Duration::ZERO;
        }
        let figures = figures(&mut rng, page.key, page.meter);
        let known = ChartLaw::new(&figures, page.key, &[]);
        let names: Vec<String> = known.chords.iter().map(ToString::to_string).collect();
        let count = 1 + below(&mut rng, 4);
        let wishes: Vec<Constraint> =
            (0..count).map(|_| wishes::of_chart(&mut rng, &page, &names, true)).collect();
        let Some(limits) = limits(&wishes, &page) else { continue };
        let law = ChartLaw::new(&figures, page.key, &limits.named_chords());
        let from = if starts_in_pickup(&wishes) { page.start() } else { Duration::ZERO };
        let found = chart_lattice(
            &law,
            &page,
            (from, page.end()),
            (&limits.chart, &[]),
            Before::Context(law.start()),
        );
        assert_eq!(found.lattice.fault(), None);
        let places: BTreeSet<Duration> = found.places.iter().copied().collect();
        assert!(grid(&page, from, page.end()).is_subset(&places));
        if size(law.chords.len(), places.len() - 1) > 6000.0 {
            continue;
        }
        round += 1;
        let what = (wishes.iter().map(ToString::to_string).collect::<Vec<_>>(), &page, &law.chords);
        let mut weights: BTreeMap<Chords, f64> = BTreeMap::new();
        let mut all = 0.0;
        for (chords, weight) in fillings(&law, &page, page.end(), &places, (from, law.start(), 0)) {
            all += weight;
            let sheet = sheet(&page, chart(&law, &chords), Melody::default());
            if wishes.iter().all(|wish| wish.holds(&sheet, &page)) {
                weights.insert(chords, weight);
            }
        }
        assert!((all - 1.0).abs() < 1e-4, "the law is one of probabilities: {all}");
        let messages = Messages::new(&found.lattice);
        assert_mass(messages.log_partition(&found.lattice), weights.values().sum(), &what);
        if !weights.is_empty() || !page.pickup.is_positive() {
            let any = leave_any(&figures, &page, (60, 70), &wishes);
            assert_eq!(any, !weights.is_empty(), "{what:?}");
        }
        if weights.is_empty() {
            impossible += 1;
            assert!(messages.sample(&found.lattice, &mut rng).is_none());
            continue;
        }
        possible += 1;
        let mut seen: BTreeMap<Chords, usize> = BTreeMap::new();
        for _ in 0..if weights.len() < 120 { 3000 } else { 50 } {
            let (events, log_weight) = messages.sample(&found.lattice, &mut rng).unwrap();
            let chords: Chords =
                events.iter().map(|e| (found.places[e.from as usize], e.symbol.unwrap())).collect();
            let weight = weights.get(&chords).copied().unwrap_or_default();
            assert!(
                (log_weight - libm::log(weight)).abs() < 1e-9,
                "{chords:?} {log_weight} {weight:e} {what:?}"
            );
            *seen.entry(chords).or_default() += 1;
        }
        if weights.len() < 120 {
            drawn += 1;
            assert_follows(&seen, &weights, &what);
        }
    }
    assert!(possible > round / 4 && impossible > round / 10 && drawn > round / 8);
}

/// The spans of bars that limits want equal.
pub fn equal(page: &Frame, limits: &Limits) -> Vec<Equal> {
    let bar = page.meter.bar_length();
    let same = limits.same.iter().map(|same| Equal {
        a: same.from.div_floor(bar) as usize,
        b: same.source.div_floor(bar) as usize,
        bars: (same.to - same.from).div_floor(bar) as usize,
    });
    same.collect()
}

/// Every chart of a page with its probability: the fillings of its segments, each written at all its uses.
pub fn written_out(
    law: &ChartLaw<'_>,
    page: &Frame,
    structure: &Structure,
    in_pickup: bool,
) -> Option<Vec<(Chart, f64)>> {
    let earliest = if in_pickup { page.start() } else { Duration::ZERO };
    let spans: Vec<_> = structure.segments.iter().map(|one| (one.from.max(earliest), one.to)).collect();
    let about = spans.iter().filter(|(from, to)| from < to);
    let about: f64 =
        about.map(|&(from, to)| size(law.chords.len(), grid(page, from, to).len() - 1)).product();
    if about > 8000.0 {
        return None;
    }
    let mut all: Vec<(Vec<Chords>, f64)> = vec![(Vec::new(), 1.0)];
    for (from, to) in spans {
        let places = grid(page, from, to);
        let ways = fillings(law, page, to, &places, (from, law.start(), 0));
        let joined = all.iter().flat_map(|(chords, weight)| {
            ways.iter().map(move |(way, own)| {
                ([chords.as_slice(), std::slice::from_ref(way)].concat(), weight * own)
            })
        });
        all = joined.collect();
    }
    let put_together = all.into_iter().map(|(segments, weight)| {
        let changes = structure.uses.iter().flat_map(|&(segment, shift)| {
            let shift = structure.segments[segment].shifts[shift];
            segments[segment].iter().map(move |&(at, symbol)| (at + shift, symbol)).collect::<Vec<_>>()
        });
        (chart(law, &changes.collect()), weight)
    });
    Some(put_together.collect())
}

/// Those that meet all of some wishes, by their text.
fn allowed(
    law: &ChartLaw<'_>,
    page: &Frame,
    structure: &Structure,
    in_pickup: bool,
    wishes: &[Constraint],
) -> Option<BTreeMap<String, f64>> {
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    for (chart, weight) in written_out(law, page, structure, in_pickup)? {
        let name = format!("{chart:?}");
        let sheet = sheet(page, chart, Melody::default());
        if wishes.iter().all(|wish| wish.holds(&sheet, page)) {
            *weights.entry(name).or_default() += weight;
        }
    }
    Some(weights)
}

#[test]
fn charts_of_sections_that_recur_are_those_of_enumeration() {
    let mut rng = seeded(12);
    let (mut possible, mut impossible, mut drawn, mut round) = (0, 0, 0, 0);
    let forms: [&[(&str, usize)]; 6] = [
        &[("A", 1), ("A", 1)],
        &[("A", 1), ("B", 1), ("A", 1)],
        &[("A", 1), ("A", 1), ("B", 1)],
        &[("A", 1), ("A", 1), ("B", 1), ("A", 1)],
        &[("A", 2), ("A", 2)],
        &[("A", 1), ("B", 2)],
    ];
    while round < cases(120) {
        let pickup = if below(&mut rng, 4) == 0 { Duration::QUARTER } else { Duration::ZERO };
        let meter = one_of(&mut rng, &["2/4", "2/4", "3/4", "2/2"]);
        let page = page(one_of(&mut rng, &forms), one_of(&mut rng, &["C", "G minor"]), meter, pickup);
        let figures = figures(&mut rng, page.key, page.meter);
        let known = ChartLaw::new(&figures, page.key, &[]);
        let names: Vec<String> = known.chords.iter().map(ToString::to_string).collect();
        let count = 1 + below(&mut rng, 3);
        let mut wishes: Vec<Constraint> =
            (0..count).map(|_| wishes::of_chart(&mut rng, &page, &names, false)).collect();
        if below(&mut rng, 3) == 0 {
            wishes.push(wishes::of_repeats(&mut rng, &page));
        }
        let in_pickup = starts_in_pickup(&wishes);
        let Some(limits) = limits(&wishes, &page) else { continue };
        let law = ChartLaw::new(&figures, page.key, &limits.named_chords());
        let structure = Structure::new(&page, &equal(&page, &limits));
        if limits.chart.iter().any(|limit| finer_than_beats(limit, &page)) {
            continue;
        }
        let mass = Charts::new(&law, &page, &structure, &limits.chart).log_mass;
        let any = leave_any(&figures, &page, (60, 70), &wishes);
        assert_eq!(any, mass > f64::NEG_INFINITY, "{wishes:?} on {page:?}");
        let Some(mut weights) = allowed(&law, &page, &structure, in_pickup, &wishes) else { continue };
        if weights.is_empty() && pickup.is_positive() {
            // Then a chart may start in the pickup all the same.
            let Some(earlier) = allowed(&law, &page, &structure, true, &wishes) else { continue };
            weights = earlier;
        }
        round += 1;
        let what = (wishes.iter().map(ToString::to_string).collect::<Vec<_>>(), &page);
        let charts = Charts::new(&law, &page, &structure, &limits.chart);
        assert_mass(charts.log_mass, weights.values().sum(), &what);
        let any = leave_any(&figures, &page, (60, 70), &wishes);
        assert_eq!(any, !weights.is_empty(), "{what:?}");
        if weights.is_empty() {
            impossible += 1;
            assert!(charts.draw(&law, &structure, &mut rng).is_none());
            continue;
        }
        possible += 1;
        if weights.len() < 120 {
            drawn += 1;
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for _ in 0..2000 {
                let (chart, _) = charts.draw(&law, &structure, &mut rng).unwrap();
                *seen.entry(format!("{chart:?}")).or_default() += 1;
            }
            assert_follows(&seen, &weights, &what);
        }
    }
    assert!(possible > round / 4 && impossible > round / 10 && drawn > round / 8);
}

/// Whether a limit asks for more chords than its stretch has beats, so that chords start off the beat.
pub fn finer_than_beats(limit: &ChartLimit, page: &Frame) -> bool {
    let beats = |from: Duration, to: Duration| (to - from).div_floor(page.meter.unit_length());
    match limit {
        ChartLimit::Run { from, to, chords } => chords.len() as i64 > beats(*from, *to),
        ChartLimit::Count { from, to, min, .. } => i64::from(*min) > beats(*from, *to),
        ChartLimit::Arrival { from, to, .. } => beats(*from, *to) < 2,
        _ => false,
    }
}
