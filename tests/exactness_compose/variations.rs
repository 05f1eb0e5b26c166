//! Variations: themes, and what varies them under constraints.

use std::collections::BTreeMap;

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::page::compass;
use tunesmith::compose::rhythm_law::RhythmLaw;
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Request, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, Duration};

use super::counting::assert_follows;
use super::melodies::{Laws, Notes, fillings_after, melody};
use super::takes::text;
use super::tiny::{below, cases, figures, limits, one_of, sheet, style, weights};

#[test]
fn variations_follow_the_law_of_what_goes_on_from_their_theme() {
    let mut rng = seeded(34);
    let (mut drawn, mut impossible) = (0, 0);
    while drawn < cases(10) {
        let meter = one_of(&mut rng, &["1/4", "2/8", "2/4"]);
        let tiny = figures(&mut rng, "C".parse().unwrap(), meter.parse().unwrap());
        let style = style(tiny, weights(&mut rng));
        let chord = ChartLaw::new(&style.figures, "C".parse().unwrap(), &[]).chords[0].to_string();
        let (least, more) = (25 * below(&mut rng, 4), 25 * below(&mut rng, 4));
        let most = (least + more).min(100);
        let high = one_of(&mut rng, &["C4", "C#4", "D4"]);
        let mut wishes = vec![
            format!("range C4..{high}"),
            format!("chords {chord}"),
            format!("bar 2: vary bar 1 by {least}..{most}%"),
        ];
        wishes
            .extend(one_of(&mut rng, &[None, Some("leap <= 1".to_string()), Some("ends on C4".to_string())]));
        let wishes: Vec<Constraint> = wishes.iter().map(|text| text.parse().unwrap()).collect();
        let request = Request {
            form: Some("A1 B1".into()),
            key: Some("C".parse().unwrap()),
            meter: Some(meter.parse().unwrap()),
            pickup: Some(Duration::ZERO),
            constraints: wishes.clone(),
            no_plan: true,
            seed: drawn as u64,
            ..Request::default()
        };
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let page = prepared.page.frame.clone();
        let limits = limits(&wishes, &page).unwrap();
        let (lowest, highest) = compass(&prepared.page, &limits);
        let whole = prepared.page.range;
        let centre = (whole.0 + whole.1) / 2;
        let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
        let pitch =
            MelodyLaw::new(&style.figures, style.card.weights.clone(), page.key, lowest, highest, centre);
        let kernel = pitch.kernel();
        let laws = Laws { pitch, rhythm: RhythmLaw::new(&style.figures, page.meter), kernel };
        let chart = Chart {
            changes: vec![tunesmith::music::ChordChange {
                at: Duration::ZERO,
                chord: chord.parse().unwrap(),
            }],
        };
        let structure = Structure::parted(&page, &[], &[1, 2]);
        let of_segment = |index: usize, context: u32| {
            let segment = &structure.segments[index];
            let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
            let settled = Settled::nothing(law.0, segment);
            let lattice =
                melody_lattice(law, &page, segment, (false, false), &chart, &limits.melody, &settled);
            fillings_after(&laws, &page, segment, &chart, (&lattice.places, &limits.melody), context)
        };
        let themes = of_segment(0, laws.pitch.start());
        if themes.len() > 60 {
            continue;
        }
        // A theme weighs what it does alone, if it leaves a variation.
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        let all: f64 = themes.values().sum();
        for (theme, weight) in themes {
            let context = theme
                .iter()
                .fold(laws.pitch.start(), |context, note| laws.kernel.after(context, note.2).unwrap());
            let mut ways: BTreeMap<String, f64> = BTreeMap::new();
            let mut alone = false;
            for (variation, own) in of_segment(1, context) {
                let notes: Notes = theme.iter().chain(&variation).copied().collect();
                let sheet = sheet(&page, chart.clone(), melody(&laws, &page, &notes));
                if wishes.iter().all(|wish| wish.holds(&sheet, &page)) {
                    alone = true;
                    let notes: Vec<(Duration, Duration, i32)> = notes
                        .iter()
                        .map(|&(at, length, symbol)| (at, length, laws.pitch.midi(symbol)))
                        .collect();
                    *ways.entry(text(&chart, &notes)).or_default() += own;
                }
            }
            let total: f64 = ways.values().sum();
            if alone {
                ways.into_iter()
                    .for_each(|(way, own)| *expected.entry(way).or_default() += weight * own / total);
            }
        }
        if expected.len() > 300 {
            continue;
        }
        if expected.is_empty() {
            impossible += 1;
            assert!(prepared.take(0).is_err(), "{wishes:?}");
            continue;
        }
        // Themes are looked for so often: where hardly any will do, none may be found.
        if expected.values().sum::<f64>() < all * 0.03 {
            continue;
        }
        drawn += 1;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for number in 0..1500 {
            let take = prepared.take(number).unwrap_or_else(|refusal| panic!("{refusal} {wishes:?}"));
            let notes = take.sheet.melody().notes.iter();
            let notes: Vec<_> = notes.map(|note| (note.onset, note.duration, note.pitch.midi())).collect();
            *seen.entry(text(take.sheet.chart(), &notes)).or_default() += 1;
        }
        assert_follows(&seen, &expected, &(wishes, page));
    }
    assert!(impossible < 40);
}
