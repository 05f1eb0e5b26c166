//! Temperature: laws raised to a power make the lattices that plain ones do when these are raised.

use tunesmith::compose::chart_lattice::{Before, chart_lattice};
use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::rhythm_law::RhythmLaw;
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Request, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::markov::draw::seeded;
use tunesmith::markov::{Lattice, Messages};
use tunesmith::music::{Chart, ChordChange, Duration};
use tunesmith::style;

use super::melodies::wish;
use super::tiny::{below, figures, limits, one_of, page, weights};

fn log_mass(lattice: &Lattice) -> f64 {
    Messages::new(lattice).log_partition(lattice)
}

#[test]
fn laws_raised_to_a_power_make_lattices_raised_to_it() {
    let mut rng = seeded(51);
    let mut possible = 0;
    for _ in 0..60 {
        let meter = one_of(&mut rng, &["2/4", "3/8", "4/4"]);
        let page = page(&[("A", 2)], one_of(&mut rng, &["C", "A minor"]), meter, Duration::ZERO);
        let figures = figures(&mut rng, page.key, page.meter);
        let power = one_of(&mut rng, &[0.5, 0.8, 1.0, 1.25, 2.0]);
        let law = |power| {
            let mut law = ChartLaw::new(&figures, page.key, &[]);
            law.power = power;
            law
        };
        let charts = |law: &ChartLaw<'_>| {
            chart_lattice(law, &page, (page.start(), page.end()), (&[], &[]), Before::Context(law.start()))
                .lattice
        };
        let raised = log_mass(&charts(&law(1.0)).tempered(power));
        assert!((log_mass(&charts(&law(power))) - raised).abs() < 1e-9, "{power} {page:?}");
        let wishes: Vec<Constraint> =
            (0..below(&mut rng, 3)).map(|_| wish(&mut rng, &page, (60, 64), true)).collect();
        let Some(limits) = limits(&wishes, &page) else { continue };
        let structure = Structure::new(&page, &[]);
        let segment = &structure.segments[0];
        let chord = figures.chords[0].symbol(page.key);
        let chart = Chart { changes: vec![ChordChange { at: Duration::ZERO, chord }] };
        let rhythm = RhythmLaw::new(&figures, page.meter);
        let weights = weights(&mut rng);
        let melodies = |power| {
            let mut law = MelodyLaw::new(&figures, weights.clone(), page.key, 60, 64, 62);
            law.power = power;
            let kernel = law.kernel();
            let settled = Settled::nothing(&law, segment);
            let laws = (&law, &rhythm, &kernel);
            melody_lattice(laws, &page, segment, (true, true), &chart, &limits.melody, &settled).lattice
        };
        let (plain, heated) = (melodies(1.0).tempered(power), melodies(power));
        let (raised, found) = (log_mass(&plain), log_mass(&heated));
        if raised == f64::NEG_INFINITY {
            assert_eq!(found, raised, "{wishes:?}");
            continue;
        }
        possible += 1;
        assert!((found - raised).abs() < 1e-9 * raised.abs().max(1.0), "{found} {raised} {power} {wishes:?}");
    }
    assert!(possible > 20);
}

#[test]
fn colder_takes_are_likelier_in_their_style() {
    let style = style::load("songbook").unwrap();
    let mean = |temperature: Option<u16>, no_plan: bool| {
        let constraints = vec!["leap <= 12".parse().unwrap()];
        let request = Request {
            form: Some("A4".into()),
            key: "C".parse().ok(),
            meter: "4/4".parse().ok(),
            pickup: Some(Duration::ZERO),
            constraints,
            no_plan,
            temperature,
            seed: 3,
            ..Request::default()
        };
        let prepared = prepare(&style, &style, &request).unwrap();
        let logs = (0..24).map(|number| prepared.take(number).unwrap().log_probability);
        logs.sum::<f64>() / 24.0
    };
    for no_plan in [true, false] {
        let (cold, own, hot) = (mean(Some(50), no_plan), mean(None, no_plan), mean(Some(200), no_plan));
        assert!(cold > own && own > hot, "{cold} {own} {hot} {no_plan}");
    }
}
