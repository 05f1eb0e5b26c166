//! Takes under a copy limit: the law of what holds no copy, against enumeration by a checker that lays melodies and charts
//! beside the song.

use std::collections::BTreeMap;

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::structure::Structure;
use tunesmith::compose::{Prepared, Refusal, Request, prepare};
use tunesmith::constraint::{Constraint, Frame};
use tunesmith::format::{Format, abc::Abc};
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Chart, ChordChange, Duration, LeadSheet};
use tunesmith::style::{Card, Figures, Style, Weights};

use super::charts::{equal, written_out};
use super::chords::most_shared_chords;
use super::counting::assert_follows;
use super::melodies::{fillings, put_together};
use super::tiny::{below, cases, figures, laws_of, limits, one_of, weights};

/// The song of the style: repeated notes, semitones and whole tones in some rhythms, and chords.
pub const SONG: &str = "X:1\nT:One\nM:4/4\nL:1/8\nK:C\n\
    \"C\"C2 C2 ^C2 C C|\"F\"=C2 ^C C \"G7\"=C4|\"C\"^C2 D2 D4|\"Am\"D4 C4|\n";

/// A style with its song at hand.
pub fn style_of_song(figures: Figures, weights: Weights, home: &std::path::Path) -> Style {
    let song = home.join("one.abc");
    std::fs::write(&song, SONG).unwrap();
    let sources = vec![song.display().to_string()];
    let card = Card { weights, sources, ..Card::new("Tiny") };
    let folder = Some(home.to_path_buf());
    Style { name: "tiny".to_string(), card, figures, folder, parts: Vec::new() }
}

/// Notes laid bare: MIDI, onset and end in ticks.
pub type Bare = Vec<(i32, i64, i64)>;

/// The most notes in a row that two lists share: intervals alike, and lengths in one proportion, whether a length goes to
/// the next note or to the end of its own.
pub fn most_shared_notes(one: &Bare, other: &Bare) -> usize {
    let lengths = |notes: &Bare, sounding: bool| -> Vec<i64> {
        notes.windows(2).map(|two| if sounding { two[0].2 } else { two[1].1 } - two[0].1).collect()
    };
    let mut most = 0;
    for sounding in [false, true] {
        let (own, others) = (lengths(one, sounding), lengths(other, sounding));
        for from in 0..one.len() {
            for at in 0..other.len() {
                let mut run = 1;
                while from + run < one.len()
                    && at + run < other.len()
                    && one[from + run].0 - one[from].0 == other[at + run].0 - other[at].0
                    && own[from + run - 1] * others[at] == others[at + run - 1] * own[from]
                {
                    run += 1;
                }
                most = most.max(run);
            }
        }
    }
    most
}

/// Chords and notes as text.
fn text(chart: &Chart, notes: &Bare) -> String {
    let chords = chart.changes.iter().map(|change| format!("{} {}, ", change.chord, change.at));
    chords.chain(notes.iter().map(|(midi, at, end)| format!("{midi} {at} {end}, "))).collect()
}

/// A request on a tiny page.
fn request(form: &str, meter: &str, wishes: &[String], seed: u64) -> Request {
    Request {
        form: Some(form.to_string()),
        key: Some("C".parse().unwrap()),
        meter: Some(meter.parse().unwrap()),
        pickup: Some(Duration::ZERO),
        constraints: wishes.iter().map(|wish| wish.parse().unwrap()).collect(),
        no_plan: true,
        seed,
        ..Request::default()
    }
}

/// How often each sheet is seen among takes, as a text.
fn seen(prepared: &Prepared<'_>, text: impl Fn(&LeadSheet) -> String) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for number in 0..1500 {
        let take = prepared
            .take(number)
            .unwrap_or_else(|refusal| panic!("{refusal} {:?}", prepared.request.constraints));
        *seen.entry(text(&take.sheet)).or_default() += 1;
    }
    seen
}

/// There is no take, and the limit is named.
fn assert_refused(prepared: &Prepared<'_>, limit: &str) {
    match prepared.take(0) {
        Err(Refusal::Infeasible(found)) => assert!(found.to_string().contains(limit), "{found}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn melodies_that_copy_nothing_follow_their_law() {
    let song = Abc.read(SONG.as_bytes()).unwrap().sheets.remove(0);
    let bare = |onset: Duration, end: Duration, midi: i32| (midi, onset.ticks(), end.ticks());
    let song: Bare =
        song.melody().notes.iter().map(|note| bare(note.onset, note.end(), note.pitch.midi())).collect();
    let home = tempfile::tempdir().unwrap();
    let mut rng = seeded(51);
    let (mut drawn, mut impossible, mut passed_over) = (0, 0, 0.0);
    while drawn < cases(12) {
        let (form, meter) =
            one_of(&mut rng, &[("A1", "2/4"), ("A1 B1", "1/4"), ("A1 B1 A1", "1/4"), ("A1 A1", "1/4")]);
        let tiny = figures(&mut rng, "C".parse().unwrap(), meter.parse().unwrap());
        let style = style_of_song(tiny, weights(&mut rng), home.path());
        let chord = ChartLaw::new(&style.figures, "C".parse().unwrap(), &[]).chords[0].to_string();
        let most = 1 + below(&mut rng, 3);
        let high = one_of(&mut rng, &["C#4", "D4"]);
        // One chart alone will do.
        let one_chart = [format!("chord {chord}"), "chords per bar 1".to_string()];
        let limit = format!("copy <= {most} note{}", if most == 1 { "" } else { "s" });
        let wishes = [&one_chart[..], &[format!("range C4..{high}"), limit.clone()]].concat();
        let request = request(form, meter, &wishes, drawn as u64);
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let page = prepared.page.frame.clone();
        let limits = limits(&request.constraints, &page).unwrap();
        let laws = laws_of(&style, &prepared.page, &limits);
        let change = |bar| ChordChange { at: page.bar_line(bar), chord: chord.parse().unwrap() };
        let chart = Chart { changes: (0..page.bars).map(change).collect() };
        let structure = Structure::new(&page, &[]);
        let segments: Vec<_> = (structure.segments.iter())
            .map(|segment| {
                let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
                let settled = Settled::nothing(law.0, segment);
                let lattice =
                    melody_lattice(law, &page, segment, (false, false), &chart, &limits.melody, &settled);
                fillings(&laws, &page, segment, &chart, (&lattice.places, &limits.melody))
            })
            .collect();
        if segments.iter().map(|ways| ways.len() as f64).product::<f64>() > 4000.0 {
            continue;
        }
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        let mut all = 0.0;
        for (notes, weight) in put_together(&laws, &structure, &segments) {
            let notes: Bare = notes
                .iter()
                .map(|&(onset, length, symbol)| bare(onset, onset + length, laws.pitch.midi(symbol)))
                .collect();
            all += weight;
            if most_shared_notes(&notes, &song) <= most {
                *expected.entry(text(&chart, &notes)).or_default() += weight;
            }
        }
        if expected.len() > 250 || all == 0.0 {
            continue;
        }
        if expected.is_empty() {
            impossible += 1;
            assert_refused(&prepared, &limit);
            continue;
        }
        let share = expected.values().sum::<f64>() / all;
        // A take looks at some thousands of melodies before it says that there is none.
        if share < 1e-2 {
            continue;
        }
        drawn += 1;
        passed_over += 1.0 - share;
        let seen = seen(&prepared, |sheet| {
            let notes = sheet.melody().notes.iter();
            let notes = notes.map(|note| bare(note.onset, note.end(), note.pitch.midi())).collect();
            text(sheet.chart(), &notes)
        });
        assert_follows(&seen, &expected, &(wishes, page));
    }
    assert!(passed_over / drawn as f64 > 0.1, "hardly anything was a copy: {passed_over} of {drawn}");
    assert!(impossible < 200, "{impossible}");
}

#[test]
fn charts_that_copy_nothing_follow_their_law() {
    let song = Abc.read(SONG.as_bytes()).unwrap().sheets.remove(0);
    let home = tempfile::tempdir().unwrap();
    let mut rng = seeded(52);
    let (mut drawn, mut impossible, mut passed_over) = (0, 0, 0.0);
    while drawn < cases(12) {
        let (form, meter) =
            one_of(&mut rng, &[("A2", "2/4"), ("A1 B1", "2/4"), ("A1 B1 A1", "2/4"), ("A1 A1", "3/4")]);
        let mut tiny = figures(&mut rng, "C".parse().unwrap(), meter.parse().unwrap());
        // Chords of the song among those of the style.
        for (code, chord) in ["0:", "5:", "7:7"].into_iter().take(tiny.chords.len()).enumerate() {
            tiny.chords[code] = chord.parse().unwrap();
        }
        let style = style_of_song(tiny, weights(&mut rng), home.path());
        let most = 1 + below(&mut rng, 2);
        let limit = format!("copy <= {most} chord{}", if most == 1 { "" } else { "s" });
        // A run over a seam is taken apart into cases.
        let run =
            one_of(&mut rng, &[None, Some("bars 1-2: chords per bar 1..2"), Some("bar 2: cadence half")]);
        let wishes: Vec<String> = run.map(String::from).into_iter().chain([limit.clone()]).collect();
        let request = request(form, meter, &wishes, drawn as u64);
        let Ok(prepared) = prepare(&style, &style, &request) else { continue };
        let page: Frame = prepared.page.frame.clone();
        let limits = limits(&request.constraints, &page).unwrap();
        let law = ChartLaw::new(&style.figures, page.key, &limits.named_chords());
        let structure = Structure::new(&page, &equal(&page, &limits));
        let Some(charts) = written_out(&law, &page, &structure, false) else { continue };
        let keeps = |wish: &Constraint, chart: &Chart| {
            wish.holds(&super::tiny::sheet(&page, chart.clone(), Default::default()), &page)
        };
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        let mut all = 0.0;
        for (chart, weight) in charts {
            if !request.constraints.iter().all(|wish| keeps(wish, &chart)) {
                continue;
            }
            all += weight;
            if most_shared_chords(&chart, song.chart()) <= most {
                *expected.entry(text(&chart, &Bare::new())).or_default() += weight;
            }
        }
        if all == 0.0 || expected.len() > 250 {
            continue;
        }
        if expected.is_empty() {
            impossible += 1;
            assert_refused(&prepared, &limit);
            continue;
        }
        let share = expected.values().sum::<f64>() / all;
        if share < 1e-3 {
            continue;
        }
        drawn += 1;
        passed_over += 1.0 - share;
        let seen = seen(&prepared, |sheet| text(sheet.chart(), &Bare::new()));
        assert_follows(&seen, &expected, &(wishes, page));
    }
    assert!(passed_over / drawn as f64 > 0.1, "hardly anything was a copy: {passed_over} of {drawn}");
    assert!(impossible < 200, "{impossible}");
}
