//! Variations: themes, and what varies them under constraints.

use std::collections::BTreeMap;

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::structure::{Equal, Structure};
use tunesmith::compose::{Request, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, ChordChange, Duration};

use super::counting::assert_follows;
use super::melodies::{Notes, fillings_after, melody, put_together};
use super::takes::text;
use super::tiny::{below, cases, figures, laws_of, limits, one_of, sheet, style, weights};

/// How many themes are weighed: so many that what is left of their law is lost in chance; more where one of them weighs
/// so many times what they weigh on average.
const THEMES: usize = 60;
/// Themes to weigh for each time that the weightiest is as heavy as the average.
const BY_WEIGHT: f64 = 15.0;
/// Laws that would take more of them are left out.
const MOST_THEMES: f64 = 900.0;

/// Bars of a page: some that vary others, and some that have the melody of others.
struct Bars {
    form: &'static str,
    /// The bars that vary others, from 0.
    varied: std::ops::Range<usize>,
    varies: &'static str,
    same: Option<(usize, usize)>,
}

const PAGES: [Bars; 5] = [
    Bars { form: "A1 B1", varied: 1..2, varies: "bar 2: vary bar 1", same: None },
    Bars { form: "A1 B1 C1", varied: 1..2, varies: "bar 2: vary bar 1", same: None },
    // The last bar is the one that it would vary.
    Bars { form: "A2 B2", varied: 2..4, varies: "bars 3-4: vary bars 1-2", same: Some((3, 1)) },
    // It is another one.
    Bars { form: "A2 B2", varied: 2..4, varies: "bars 3-4: vary bars 1-2", same: Some((3, 0)) },
    // The same bars once more.
    Bars { form: "A1 B1 C1", varied: 1..2, varies: "bar 2: vary bar 1", same: Some((2, 1)) },
];

#[test]
fn variations_follow_the_law_of_what_goes_on_from_their_theme() {
    let mut rng = seeded(34);
    let (mut drawn, mut impossible, mut led, mut tied) = (0, 0, 0, 0);
    while drawn < cases(8) {
        let bars = &PAGES[below(&mut rng, PAGES.len())];
        let meter = if bars.form == "A1 B1" { one_of(&mut rng, &["1/4", "2/8", "2/4"]) } else { "1/4" };
        let tiny = figures(&mut rng, "C".parse().unwrap(), meter.parse().unwrap());
        let style = style(tiny, weights(&mut rng));
        let chord = ChartLaw::new(&style.figures, "C".parse().unwrap(), &[]).chords[0].to_string();
        let (least, more) = (25 * below(&mut rng, 4), 25 * below(&mut rng, 4));
        let high = one_of(&mut rng, &["C4", "C#4", "D4"]);
        let mut wishes = vec![
            format!("range C4..{high}"),
            format!("chords {chord}"),
            format!("{} by {least}..{}%", bars.varies, (least + more).min(100)),
        ];
        wishes.extend(
            bars.same.map(|(one, other)| format!("bar {}: melody same as bar {}", one + 1, other + 1)),
        );
        let here = format!("bar {}", bars.varied.start + 1);
        let asked = match below(&mut rng, 6) {
            0 => Some("leap <= 1".to_string()),
            1 => Some("ends on C4".to_string()),
            2 => Some(format!("{here}: note C4")),
            3 => Some(format!("{here}: density 1")),
            4 => Some(format!("{here}: contour up")),
            _ => None,
        };
        let is_asked = asked.is_some();
        wishes.extend(asked);
        let wishes: Vec<Constraint> = wishes.iter().map(|text| text.parse().unwrap()).collect();
        let request = Request {
            form: Some(bars.form.into()),
            key: Some("C".parse().unwrap()),
            meter: Some(meter.parse().unwrap()),
            pickup: Some(Duration::ZERO),
            constraints: wishes.clone(),
            no_plan: true,
            particles: Some(THEMES),
            seed: drawn as u64,
            ..Request::default()
        };
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let page = prepared.page.frame.clone();
        let limits = limits(&wishes, &page).unwrap();
        let laws = laws_of(&style, &prepared.page, &limits);
        let chart =
            Chart { changes: vec![ChordChange { at: Duration::ZERO, chord: chord.parse().unwrap() }] };
        let equal: Vec<Equal> = bars.same.iter().map(|&(a, b)| Equal { a, b, bars: 1 }).collect();
        let parts = limits.vary.iter().flat_map(|vary| [vary.from, vary.to]);
        let parts: Vec<usize> = parts.map(|at| at.div_floor(page.meter.bar_length()) as usize).collect();
        let structure = Structure::parted(&page, &equal, &parts);
        let new = page.bar_line(bars.varied.start);
        let varied = structure.segments.iter().position(|segment| segment.from == new).unwrap();
        let of_segment = |index: usize, context: u32| {
            let segment = &structure.segments[index];
            let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
            let settled = Settled::nothing(law.0, segment);
            let lattice =
                melody_lattice(law, &page, segment, (false, false), &chart, &limits.melody, &settled);
            fillings_after(&laws, &page, segment, &chart, (&lattice.places, &limits.melody), context)
        };
        // Without the variation sections meet no more where it stood.
        let runs = structure.uses.split(|used| used.0 == varied);
        let runs: Vec<Vec<(usize, usize)>> = runs.map(<[_]>::to_vec).collect();
        let all: Vec<BTreeMap<Notes, f64>> = (0..structure.segments.len())
            .map(|index| match index == varied {
                true => BTreeMap::from([(Notes::new(), 1.0)]),
                false => of_segment(index, laws.pitch.start()),
            })
            .collect();
        if all.iter().map(BTreeMap::len).product::<usize>() > 100 {
            continue;
        }
        let mut themes: Vec<(Notes, f64)> = vec![(Notes::new(), 1.0)];
        // Each segment once, whichever run it stands in.
        let mut each = vec![(Vec::<&Notes>::new(), 1.0)];
        for ways in &all {
            let joined = each.iter().flat_map(|(known, weight)| {
                ways.iter().map(move |(way, own)| ([known.as_slice(), &[way]].concat(), weight * own))
            });
            each = joined.collect();
        }
        themes.clear();
        for (ways, weight) in each {
            let (mut notes, mut weight) = (Notes::new(), weight);
            for run in &runs {
                let uses = Structure { segments: structure.segments.clone(), uses: run.clone() };
                let one: Vec<BTreeMap<Notes, f64>> =
                    ways.iter().map(|way| BTreeMap::from([((*way).clone(), 1.0)])).collect();
                let (own, seams) = put_together(&laws, &uses, &one).into_iter().next().unwrap();
                notes.extend(own);
                weight *= seams;
            }
            themes.push((notes, weight));
        }
        // A theme weighs what it does alone, times how likely what it leaves to vary it keeps what is asked besides.
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        let (mut all, mut kept, mut steepest, mut sum) = (0.0, 0.0, 0.0_f64, 0.0);
        let is_vary = |wish: &Constraint| matches!(wish, Constraint::Vary(_));
        for (theme, weight) in themes {
            all += weight;
            let segment = &structure.segments[varied];
            let before = theme.iter().filter(|note| note.0 < segment.from);
            let context = before
                .clone()
                .fold(laws.pitch.start(), |context, note| laws.kernel.after(context, note.2).unwrap());
            let mut ways: BTreeMap<String, f64> = BTreeMap::new();
            let mut any = 0.0;
            for (variation, mut own) in of_segment(varied, context) {
                let last = variation.last().or(before.clone().next_back()).map(|note| note.2);
                let mut notes = theme.clone();
                for &shift in &segment.shifts {
                    notes.extend(variation.iter().map(|&(at, length, symbol)| (at + shift, length, symbol)));
                }
                notes.sort();
                let nexts = segment
                    .shifts
                    .iter()
                    .filter_map(|&shift| theme.iter().find(|note| note.0 >= segment.to + shift));
                if let Some(last) = last {
                    nexts.for_each(|next| own *= laws.pitch.seam(last, next.2));
                }
                let sheet = sheet(&page, chart.clone(), melody(&laws, &page, &notes));
                let holds = |wish: &Constraint| wish.holds(&sheet, &page);
                if wishes.iter().filter(|wish| is_vary(wish)).all(holds) {
                    any += own;
                }
                if wishes.iter().all(holds) {
                    let notes: Vec<(Duration, Duration, i32)> = notes
                        .iter()
                        .map(|&(at, length, symbol)| (at, length, laws.pitch.midi(symbol)))
                        .collect();
                    *ways.entry(text(&chart, &notes)).or_default() += own;
                }
            }
            let total: f64 = ways.values().sum();
            kept += if total > 0.0 { weight } else { 0.0 };
            if total > 0.0 {
                steepest = steepest.max(total / any);
                sum += weight * total / any;
            }
            for (way, own) in ways {
                *expected.entry(way).or_default() += weight * own / any;
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
        // Themes are looked for so often: where hardly any will do, too few are found.
        if kept < all * 0.3 {
            continue;
        }
        let themes = BY_WEIGHT * steepest * all / sum;
        if themes > MOST_THEMES {
            continue;
        }
        let request = Request { particles: Some(THEMES.max(themes as usize)), ..request };
        let prepared = prepare(&style, &style, &request).unwrap();
        drawn += 1;
        led += usize::from(is_asked);
        tied += usize::from(bars.same.is_some());
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for number in 0..800 {
            let take = prepared.take(number).unwrap_or_else(|refusal| panic!("{refusal} {wishes:?}"));
            let notes = take.sheet.melody().notes.iter();
            let notes: Vec<_> = notes.map(|note| (note.onset, note.duration, note.pitch.midi())).collect();
            *seen.entry(text(take.sheet.chart(), &notes)).or_default() += 1;
        }
        assert_follows(&seen, &expected, &(wishes, page));
    }
    assert!(impossible < 100 && led > drawn / 3 && tied > drawn / 5, "{impossible} {led} {tied} of {drawn}");
}
