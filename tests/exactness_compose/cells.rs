//! What could stand in a cell of a written sheet, given all else: against enumeration, and against lattices that are
//! pinned.

use std::collections::{BTreeMap, BTreeSet};

use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{Settled, melody_lattice};
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::rhythm_law::RhythmLaw;
use tunesmith::compose::sheet_law::{SheetLaw, page_of};
use tunesmith::compose::structure::{Segment, Structure};
use tunesmith::constraint::{MelodyLimit, PitchSet};
use tunesmith::markov::Messages;
use tunesmith::markov::draw::seeded;
use tunesmith::music::{Duration, Note};

use super::charts::{Chords, chart, fillings as charts_of, size};
use super::melodies::{Laws, Notes, fillings, melody};
use super::tiny::{below, cases, figures, one_of, page, sheet, style, weights};

/// Weights as shares of one; nothing if they are all zero.
fn shares<T: Ord>(weights: BTreeMap<T, f64>) -> BTreeMap<T, f64> {
    let total: f64 = weights.values().sum();
    weights.into_iter().map(|(one, weight)| (one, weight / total)).collect()
}

fn assert_shares<T: Ord + std::fmt::Debug>(found: &[(T, f64)], wanted: BTreeMap<T, f64>, what: &str) {
    let wanted = shares(wanted);
    assert_eq!(found.len(), wanted.len(), "{what}");
    assert!(found.is_sorted_by(|one, next| one.1 >= next.1), "{what}");
    for (one, share) in found {
        let known = wanted.get(one).copied().unwrap_or(-1.0);
        assert!((share - known).abs() < 1e-9, "{what}: {one:?} {share} is not {known}");
    }
}

#[test]
fn cells_are_those_of_enumeration() {
    let mut rng = seeded(61);
    let (mut chords_seen, mut notes_seen) = (0, 0);
    while chords_seen < cases(60) || notes_seen < cases(60) {
        let (meter, bars) = one_of(&mut rng, &[("2/4", 1), ("1/4", 2), ("2/8", 2), ("1/4", 3), ("3/8", 1)]);
        let page = page(&[("A", bars)], one_of(&mut rng, &["C", "A minor"]), meter, Duration::ZERO);
        let style = style(figures(&mut rng, page.key, page.meter), weights(&mut rng));
        let pitches = 2 + below(&mut rng, 3);
        let lowest = 58 + below(&mut rng, 6) as i32;
        let compass = (lowest, lowest + pitches as i32 - 1, lowest + 1);
        let (figures, card) = (&style.figures, &style.card.weights);
        let pitch = MelodyLaw::new(figures, card.clone(), page.key, compass.0, compass.1, compass.2);
        let kernel = pitch.kernel();
        let laws = Laws { pitch, rhythm: RhythmLaw::new(figures, page.meter), kernel };
        let chart_law = ChartLaw::weighed(figures, card, page.key, &[]);
        let unit = page.meter.unit_length();
        let beats: BTreeSet<Duration> = (0..=page.end().div_floor(unit)).map(|beat| unit * beat).collect();
        let structure = Structure::new(&page, &[]);
        let segment = &structure.segments[0];
        let places = {
            let settled = Settled::nothing(&laws.pitch, segment);
            let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
            melody_lattice(law, &page, segment, (true, true), &Default::default(), &[], &settled).places
        };
        let about = libm::pow((pitches + 2) as f64, places.len() as f64 - 1.0);
        if about > 4000.0 || size(chart_law.chords.len(), beats.len() - 1) > 4000.0 {
            continue;
        }
        // A chart and a melody over it, neither of which need be likely.
        let charts = charts_of(&chart_law, &page, page.end(), &beats, (Duration::ZERO, chart_law.start(), 0));
        let (own, _) = one_of(&mut rng, &charts);
        let weights: BTreeMap<_, f64> = charts.into_iter().collect();
        let melodies =
            |chords: &Chords| fillings(&laws, &page, segment, &chart(&chart_law, chords), (&places, &[]));
        let sung = melodies(&own);
        let notes: Notes = one_of(&mut rng, &sung.keys().cloned().collect::<Vec<Notes>>());
        let law = SheetLaw::on_page(
            &style,
            page.clone(),
            chart(&chart_law, &own),
            melody(&laws, &page, &notes).notes,
            compass,
        )
        .unwrap();
        let what = format!("{own:?} {notes:?} {page:?}");

        for number in 0..own.len() {
            let mut wanted: BTreeMap<String, f64> = BTreeMap::new();
            for (symbol, chord) in chart_law.chords.iter().enumerate() {
                let mut other = own.clone();
                other[number].1 = symbol as u16;
                let of_chart = weights.get(&other).copied().unwrap_or_default();
                let weight = of_chart * melodies(&other).get(&notes).copied().unwrap_or_default();
                wanted.insert(chord.to_string(), weight);
            }
            let cell = law.chord_cell(number).unwrap();
            assert_eq!(Some(number), law.chord_at(cell.from), "{what}");
            let found: Vec<(String, f64)> =
                cell.chords.iter().map(|(chord, share)| (chord.to_string(), *share)).collect();
            assert_shares(&found, wanted, &what);
            chords_seen += 1;
        }
        for (number, cell) in law.note_cells().into_iter().enumerate() {
            let others = |pitch: u16| {
                let mut other = notes.clone();
                other[number].2 = pitch;
                sung.get(&other).copied().unwrap_or_default()
            };
            let wanted = (0..pitches as u16).map(|pitch| (laws.pitch.midi(pitch), others(pitch))).collect();
            assert_shares(&cell.pitches, wanted, &what);
            // Given the past alone: over all that may follow in the same rhythm.
            let begins = |other: &Notes, count: usize| {
                let same_rhythm =
                    other.iter().map(|note| (note.0, note.1)).eq(notes.iter().map(|note| (note.0, note.1)));
                same_rhythm && other[..count] == notes[..count]
            };
            let mass = |count| {
                sung.iter().filter(|(other, _)| begins(other, count)).map(|(_, weight)| weight).sum::<f64>()
            };
            let before = mass(number + 1) / mass(number);
            assert!((cell.before - before).abs() < 1e-9, "{} is not {before}: {what}", cell.before);
            notes_seen += 1;
        }
    }
}

#[test]
fn cells_over_sections_are_those_of_pinned_lattices() {
    let mut rng = seeded(62);
    for _ in 0..cases(12) {
        let bars = 1 + below(&mut rng, 2);
        let pickup = one_of(&mut rng, &[Duration::ZERO, Duration::QUARTER]);
        let page = page(&[("A", bars), ("B", 2)], "G", one_of(&mut rng, &["3/4", "4/4"]), pickup);
        let style = style(figures(&mut rng, page.key, page.meter), weights(&mut rng));
        let (figures, card) = (&style.figures, &style.card.weights);
        let (lowest, pitches) = (60, 9);
        let pitch = MelodyLaw::new(figures, card.clone(), page.key, lowest, lowest + pitches - 1, 64);
        let (rhythm, kernel) = (RhythmLaw::new(figures, page.meter), pitch.kernel());
        let mut notes: Vec<Note> = Vec::new();
        let mut at = page.start();
        while at < page.end() {
            let duration = (Duration::EIGHTH * (1 + below(&mut rng, 4) as i64)).min(page.end() - at);
            if below(&mut rng, 5) > 0 {
                let pitch = page.key.spell_midi(lowest + below(&mut rng, pitches as usize) as i32);
                notes.push(Note { onset: at, duration, pitch });
            }
            at += duration;
        }
        let chords = ChartLaw::weighed(figures, card, page.key, &[]).chords;
        let half = page.meter.bar_length() / 2;
        let symbols: Vec<(Duration, u16)> =
            (0..page.bars as i64 * 2).map(|n| (half * n, (n as usize * 7 % chords.len()) as u16)).collect();
        let chart = chart(&ChartLaw::weighed(figures, card, page.key, &[]), &symbols);
        let law =
            SheetLaw::on_page(&style, page.clone(), chart.clone(), notes.clone(), (60, 68, 64)).unwrap();

        // The mass of one melody: each section pinned note by note, after what stands before it.
        let seam = page.meter.bar_length() * bars as i64;
        let log_mass = |notes: &[Note]| {
            let mut context = pitch.start();
            let mut log = 0.0;
            for (from, to) in [(page.start(), seam), (seam, page.end())] {
                let segment = Segment { from, to, shifts: vec![Duration::ZERO] };
                let own: Vec<&Note> =
                    notes.iter().filter(|note| from <= note.onset && note.onset < to).collect();
                let mut starts: BTreeMap<Duration, bool> = BTreeMap::from([(from, true)]);
                starts
                    .extend(own.iter().map(|note| note.end()).filter(|&end| end < to).map(|end| (end, true)));
                starts.extend(own.iter().map(|note| (note.onset, false)));
                let starts: Vec<(Duration, bool)> = starts.into_iter().collect();
                let limits: Vec<MelodyLimit> = (own.iter())
                    .map(|note| MelodyLimit::Onset {
                        at: note.onset,
                        allowed: PitchSet::one(note.pitch.midi()),
                    })
                    .collect();
                let settled =
                    Settled { context, rhythm: Some(&starts), ..Settled::nothing(&pitch, &segment) };
                let law = (&pitch, &rhythm, &kernel);
                let found = melody_lattice(law, &page, &segment, (false, false), &chart, &limits, &settled);
                log += Messages::new(&found.lattice).log_partition(&found.lattice);
                for note in own {
                    context = kernel.after(context, (note.pitch.midi() - lowest) as u16).unwrap();
                }
            }
            log
        };
        for (number, cell) in law.note_cells().iter().enumerate() {
            let with = |midi: i32| {
                let mut other = notes.clone();
                other[number].pitch = page.key.spell_midi(midi);
                libm::exp(log_mass(&other) - log_mass(&notes))
            };
            let wanted = (lowest..lowest + pitches).map(|midi| (midi, with(midi))).collect();
            assert_shares(&cell.pitches, wanted, &format!("{number} {page:?}"));
            assert_eq!(law.note_at(cell.written.onset), Some(number));
        }
    }
}

#[test]
fn only_sheets_of_full_bars_of_one_meter_have_a_law() {
    let page = page(&[("A", 2), ("B", 1)], "C", "3/4", Duration::QUARTER);
    let sheet = sheet(&page, Default::default(), Default::default());
    let known = page_of(&sheet).unwrap();
    assert_eq!((known.bars, known.pickup, known.meter), (3, page.pickup, page.meter));
    let (header, form, chart, melody) = sheet.into_parts();
    let changed = |bar: usize, length: i64| {
        let mut form = form.clone();
        form.bars[bar].length = Duration::quarters(length);
        page_of(
            &tunesmith::music::LeadSheet::new(header.clone(), form, chart.clone(), melody.clone()).unwrap(),
        )
    };
    assert!(changed(2, 2).is_ok(), "the last bar may be short");
    assert!(changed(1, 2).unwrap_err().to_string().contains("bar 2"));
    assert!(changed(2, 4).unwrap_err().to_string().contains("bar 3"));
    let mut other = form.clone();
    other.bars[2] = tunesmith::music::Bar::full("4/4".parse().unwrap());
    let other = tunesmith::music::LeadSheet::new(header, other, chart, melody).unwrap();
    assert!(page_of(&other).unwrap_err().to_string().contains("another meter"));
}
