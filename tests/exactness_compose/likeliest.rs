//! The likeliest sheets against enumeration of all there are.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::leanings::leanings;
use tunesmith::compose::likeliest::Unranked;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Draft, Prepared, Refusal, Request, Take, prepare};
use tunesmith::constraint::Constraint;
use tunesmith::format::{Format, abc::Abc};
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, Duration};
use tunesmith::style::Style;

use super::charts::{equal, finer_than_beats, written_out};
use super::copies::{Bare, SONG, most_shared_notes, style_of_song};
use super::melodies::{Notes, likeliest_fillings, melody, put_together};
use super::tiny::{below, cases, figures, laws_of, limits, one_of, sheet, style, weights};
use super::wishes;

/// A sheet that was written out.
struct Written {
    chart: Chart,
    /// What charts are ordered by.
    log_led: f64,
    log_chart: f64,
    log_melody: f64,
    notes: Vec<(Duration, Duration, i32)>,
}

impl Written {
    fn log(&self) -> f64 {
        self.log_chart + self.log_melody
    }
}

fn page_of(rng: &mut ChaCha8Rng, seed: u64) -> (Request, &'static str) {
    let (meter, form) = one_of(
        rng,
        &[
            ("1/4", "A1 B1"),
            ("2/4", "A1"),
            ("1/4", "A1 A1"),
            ("1/4", "A1 B1 A1"),
            ("1/4", "A1 A1 B1"),
            ("2/8", "A1 B1 A1"),
            ("1/4", "A1 B1 C1"),
        ],
    );
    let request = Request {
        form: Some(form.to_string()),
        key: Some(one_of(rng, &["C", "A minor"]).parse().unwrap()),
        meter: Some(meter.parse().unwrap()),
        pickup: Some(Duration::ZERO),
        no_plan: true,
        seed,
        ..Request::default()
    };
    (request, meter)
}

/// Every sheet that keeps what is asked, charts as they are led to first and then melodies in falling order; `None` if
/// there are too many, or two charts are as likely.
fn in_order(style: &Style, prepared: &Prepared<'_>, copies: impl Fn(&Bare) -> bool) -> Option<Vec<Written>> {
    let (page, wishes) = (&prepared.page.frame, &prepared.request.constraints);
    let limits = limits(wishes, page)?;
    if limits.chart.iter().any(|limit| finer_than_beats(limit, page)) {
        return None;
    }
    let structure = Structure::new(page, &equal(page, &limits));
    let law = ChartLaw::new(&style.figures, page.key, &limits.named_chords());
    let laws = laws_of(style, &prepared.page, &limits);
    let led = leanings((&laws.pitch, &laws.kernel), &law, page, &limits.melody, &limits.chart);
    let mut all: Vec<Written> = Vec::new();
    let mut leads: Vec<f64> = Vec::new();
    for (chart, weight) in written_out(&law, page, &structure, false)? {
        let log_chart = libm::log(weight);
        let factor = |note: &tunesmith::compose::chart_lattice::Leaning| {
            let chord = chart.sounding_at(note.at).unwrap();
            note.factors[law.chords.iter().position(|known| known == chord).unwrap()]
        };
        let log_led = log_chart + led.iter().map(factor).map(libm::log).sum::<f64>();
        let segments = structure.segments.iter().map(|segment| {
            let of = (&laws.pitch, &laws.rhythm, &laws.kernel);
            let settled = Settled::nothing(of.0, segment);
            let edges = (false, false);
            let lattice = melody_lattice(of, page, segment, edges, &chart, &limits.melody, &settled);
            likeliest_fillings(&laws, page, segment, &chart, (&lattice.places, &limits.melody))
        });
        let segments: Vec<BTreeMap<Notes, f64>> = segments.collect();
        if segments.iter().map(|ways| ways.len() as f64).product::<f64>() > 3000.0 {
            return None;
        }
        let before = all.len();
        for (notes, own) in put_together(&laws, &structure, &segments) {
            let written = sheet(page, chart.clone(), melody(&laws, page, &notes));
            let bare = written.melody().notes.iter();
            let bare: Bare =
                bare.map(|note| (note.pitch.midi(), note.onset.ticks(), note.end().ticks())).collect();
            if own > 0.0 && wishes.iter().all(|wish| wish.holds(&written, page)) && !copies(&bare) {
                let notes = written.melody().notes.iter();
                let notes = notes.map(|note| (note.onset, note.duration, note.pitch.midi())).collect();
                let (chart, log_melody) = (chart.clone(), libm::log(own));
                all.push(Written { chart, log_led, log_chart, log_melody, notes });
            }
        }
        if all.len() > before {
            if leads.iter().any(|other| (other - log_led).abs() < 1e-9) {
                return None;
            }
            leads.push(log_led);
        }
    }
    let order = |sheet: &Written| (-sheet.log_led, -sheet.log_melody);
    all.sort_by(|one, other| {
        let (one, other) = (order(one), order(other));
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
    });
    Some(all)
}

/// The sheets found are the first of those written out, but for the order among equals, and each once.
fn assert_first(found: &[Take], all: &[Written], count: usize, what: &str) {
    assert_eq!(found.len(), count.min(all.len()), "{what}");
    let mut seen = Vec::new();
    for (take, wanted) in found.iter().zip(all) {
        let notes = take.sheet.melody().notes.iter();
        let notes: Vec<_> = notes.map(|note| (note.onset, note.duration, note.pitch.midi())).collect();
        let own = all.iter().position(|sheet| sheet.chart == *take.sheet.chart() && sheet.notes == notes);
        let own = own.unwrap_or_else(|| panic!("there is no such sheet: {:?} {what}", take.sheet));
        assert!(!seen.contains(&own), "{what}");
        seen.push(own);
        for log in [all[own].log(), wanted.log()] {
            assert!((take.log_probability - log).abs() < 1e-9, "{} {log} {what}", take.log_probability);
        }
    }
}

#[test]
fn the_likeliest_sheets_come_in_the_order_of_enumeration() {
    let mut rng = seeded(91);
    let (mut round, mut several, mut led, mut seams, mut impossible, mut seed) = (0, 0, 0, 0, 0, 0);
    while round < cases(40) {
        seed += 1;
        let (mut request, meter) = page_of(&mut rng, seed);
        let tiny = figures(&mut rng, request.key.unwrap(), meter.parse().unwrap());
        let style = style(tiny, weights(&mut rng));
        let page = prepare(&style, &style, &request).unwrap().page.frame.clone();
        let names: Vec<String> =
            ChartLaw::new(&style.figures, page.key, &[]).chords.iter().map(ToString::to_string).collect();
        let high = 60 + below(&mut rng, 3) as i32;
        let range = ["range C4..C4", "range C4..C#4", "range C4..D4"][(high - 60) as usize];
        let mut asked: Vec<Constraint> = vec![range.parse().unwrap()];
        for _ in 0..below(&mut rng, 3) {
            asked.push(super::melodies::wish(&mut rng, &page, (60, high), false));
        }
        if below(&mut rng, 2) == 0 {
            asked.push(wishes::of_chart(&mut rng, &page, &names, false));
        }
        if high > 60 && below(&mut rng, 3) == 0 {
            asked.push(wishes::of_contours(&mut rng, &page));
        }
        request.constraints = asked;
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let Some(all) = in_order(&style, &prepared, |_| false) else { continue };
        let what =
            format!("{:?} {page:?}", request.constraints.iter().map(ToString::to_string).collect::<Vec<_>>());
        round += 1;
        if all.is_empty() {
            let refusal = prepared.likeliest(3).unwrap_err();
            assert_eq!(refusal, Refusal::Unranked(Unranked::PassedOver), "{what}");
            impossible += 1;
            continue;
        }
        let charts = all.windows(2).filter(|pair| pair[0].chart != pair[1].chart).count() + 1;
        several += usize::from(charts > 1);
        led += usize::from(all.iter().any(|sheet| sheet.log_led < sheet.log_chart - 1e-9));
        seams += usize::from(page.sections.len() > 1);
        for count in [1, 2, 30] {
            let found = prepared.likeliest(count).unwrap();
            assert_eq!(found.among, None);
            assert_first(&found.takes, &all, count, &what);
        }
    }
    assert!(
        several > 10 && led > 2 && seams > 10 && impossible < round / 2,
        "{several} {led} {seams} {impossible}"
    );
}

#[test]
fn what_copies_is_passed_over_and_all_else_stays_in_order() {
    let song = Abc.read(SONG.as_bytes()).unwrap().sheets.remove(0);
    let song: Bare = (song.melody().notes.iter())
        .map(|note| (note.pitch.midi(), note.onset.ticks(), note.end().ticks()))
        .collect();
    let home = tempfile::tempdir().unwrap();
    let mut rng = seeded(92);
    let (mut round, mut passed_over, mut seed) = (0, 0, 0);
    while round < cases(30) {
        seed += 1;
        let (mut request, meter) = page_of(&mut rng, seed);
        request.key = Some("C".parse().unwrap());
        let tiny = figures(&mut rng, request.key.unwrap(), meter.parse().unwrap());
        let style = style_of_song(tiny, weights(&mut rng), home.path());
        let most = 1 + below(&mut rng, 3);
        let limit = format!("copy <= {most} note{}", if most == 1 { "" } else { "s" });
        let asked = [one_of(&mut rng, &["range C4..C#4", "range C4..D4"]), &limit];
        request.constraints = asked.iter().map(|wish| wish.parse().unwrap()).collect();
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let copies = |notes: &Bare| most_shared_notes(notes, &song) > most;
        let Some(all) = in_order(&style, &prepared, copies) else { continue };
        let Some(with_copies) = in_order(&style, &prepared, |_| false) else { continue };
        let Ok(found) = prepared.likeliest(25) else {
            assert!(all.is_empty());
            continue;
        };
        round += 1;
        let others = with_copies.iter().zip(&all).take(25).filter(|(one, other)| one.notes != other.notes);
        passed_over += usize::from(others.count() > 0);
        assert_first(&found.takes, &all, 25, &format!("{:?} {:?}", request.constraints, request.form));
    }
    assert!(passed_over > round / 3, "{passed_over}");
}

#[test]
fn charts_over_a_kept_melody_are_ranked_by_both_laws() {
    let mut rng = seeded(93);
    let (mut round, mut other_order, mut alike, mut seed) = (0, 0, 0, 0);
    while round < cases(20) {
        seed += 1;
        let (mut request, meter) = page_of(&mut rng, seed);
        let tiny = figures(&mut rng, request.key.unwrap(), meter.parse().unwrap());
        let style = style(tiny, weights(&mut rng));
        // Of a sheet to start from bars are the same where it writes them once, whatever they are called.
        if request.form.as_ref().is_some_and(|form| form.matches('A').count() > 1) {
            continue;
        }
        request.constraints = vec!["range C4..D4".parse().unwrap()];
        let Ok(drawn) = prepare(&style, &style, &request).unwrap().take(0) else { continue };
        let Ok(draft) = Draft::new(&drawn.sheet) else { continue };
        let constraints = request.constraints.clone();
        let request = Request { no_plan: true, seed, constraints, ..Request::default() };
        let request = request.from_draft(draft, &["melody".parse().unwrap()]).unwrap();
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let Some(mut all) = in_order(&style, &prepared, |_| false) else { continue };
        if all.is_empty() || all.len() > 60 {
            continue;
        }
        let led: Vec<Chart> = all.iter().map(|sheet| sheet.chart.clone()).collect();
        all.sort_by(|one, other| other.log().total_cmp(&one.log()));
        other_order += usize::from(!all.iter().map(|sheet| &sheet.chart).eq(&led));
        round += 1;
        // A take that is drawn tells the same of itself, if it has no rests that could be written in another way.
        let sounding = all[0].notes.iter().fold(Duration::ZERO, |sum, note| sum + note.1);
        let is_full = sounding == prepared.page.frame.end();
        for take in (0..3).filter_map(|number| prepared.take(number).ok()).filter(|_| is_full) {
            let own = all.iter().find(|sheet| sheet.chart == *take.sheet.chart()).unwrap();
            assert!(
                (take.log_probability - own.log()).abs() < 1e-9,
                "{} {}",
                take.log_probability,
                own.log()
            );
            alike += 1;
        }
        for count in [1, 100] {
            let found = prepared.likeliest(count).unwrap();
            // There may be more charts, over which the melody is impossible.
            assert_first(&found.takes, &all, count, &format!("{:?}", prepared.page.frame));
        }
    }
    assert!(other_order > 0 && alike > 6, "{other_order} {alike}");
}

#[test]
fn what_is_drawn_after_another_is_refused() {
    let mut rng = seeded(94);
    let style = style(figures(&mut rng, "C".parse().unwrap(), "1/4".parse().unwrap()), weights(&mut rng));
    let refusal = |form: &str, asked: &[&str]| {
        let request = Request {
            form: Some(form.to_string()),
            meter: Some("1/4".parse().unwrap()),
            pickup: Some(Duration::ZERO),
            constraints: asked.iter().map(|wish| wish.parse().unwrap()).collect(),
            ..Request::default()
        };
        prepare(&style, &style, &request).unwrap().likeliest(1).unwrap_err()
    };
    assert_eq!(refusal("A4 A'4", &[]), Refusal::Unranked(Unranked::Varied));
    assert_eq!(refusal("A2 B2", &["bars 3-4: rhythm as bars 1-2"]), Refusal::Unranked(Unranked::Rhythm));
}
