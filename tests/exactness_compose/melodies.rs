//! Melodies over a given chart: lattices of one stretch, and of pages whose sections recur.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use tunesmith::compose::chart_law::ChartLaw;
use tunesmith::compose::melody_lattice::{MelodyLattice, Settled, melody_lattice};
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::rhythm_law::RhythmLaw;
use tunesmith::compose::seams::{Edges, SeamLaw};
use tunesmith::compose::structure::Structure;
use tunesmith::constraint::{Constraint, Frame, MelodyLimit};
use tunesmith::markov::draw::seeded;
use tunesmith::markov::{Event, Kernel, Messages};
use tunesmith::music::{Chart, ChordChange, ChordSymbol, Duration, Melody, Note};

pub use super::fillings::{fillings, fillings_after, likeliest_fillings};

use super::charts::equal;
use super::counting::{assert_follows, assert_mass};
use super::pulls::{pull, some_pulls};
use super::tiny::{below, cases, figures, leave_any, limits, one_of, page, sheet, weights};
use super::wishes;

/// Notes as (onset, length, symbol).
pub type Notes = Vec<(Duration, Duration, u16)>;

/// The laws of a tiny style on a page.
pub struct Laws<'a> {
    pub pitch: MelodyLaw<'a>,
    pub rhythm: RhythmLaw<'a>,
    pub kernel: Kernel,
}

pub fn melody(laws: &Laws<'_>, page: &Frame, notes: &Notes) -> Melody {
    let note = |&(onset, duration, symbol): &(Duration, Duration, u16)| Note {
        onset,
        duration,
        pitch: page.key.spell_midi(laws.pitch.midi(symbol)),
    };
    Melody { notes: notes.iter().map(note).collect() }
}

fn notes_of(lattice: &MelodyLattice, events: &[Event]) -> Notes {
    let sounding = events.iter().filter_map(|event| {
        let (from, to) = (lattice.places[event.from as usize], lattice.places[event.to as usize]);
        Some((from, to - from, event.symbol?))
    });
    sounding.collect()
}

/// A chord on some beats, the first of bar 1 among them; the same in bars that must be equal.
fn some_chart(rng: &mut ChaCha8Rng, page: &Frame, structure: &Structure, chords: &[ChordSymbol]) -> Chart {
    let mut changes = Vec::new();
    let unit = page.meter.unit_length();
    for segment in &structure.segments {
        let mut at = segment.from.max(Duration::ZERO);
        while at < segment.to {
            if at == segment.from.max(Duration::ZERO) || below(rng, 3) == 0 {
                let chord = one_of(rng, chords);
                changes.extend(segment.shifts.iter().map(|&shift| (at + shift, chord.clone())));
            }
            at += unit;
        }
    }
    changes.sort_by_key(|change| change.0);
    Chart { changes: changes.into_iter().map(|(at, chord)| ChordChange { at, chord }).collect() }
}

/// Something to ask of a melody, of any kind.
pub fn wish(rng: &mut ChaCha8Rng, page: &Frame, range: (i32, i32), off_beat: bool) -> Constraint {
    match below(rng, 2) {
        0 => wishes::of_melody(rng, page, range, off_beat),
        _ => wishes::of_lines(rng, page, range),
    }
}

/// Whether a note that is asked for lies within one use of a segment; anything else may reach over seams.
pub fn lies_within(structure: &Structure, limit: &MelodyLimit) -> bool {
    match limit {
        MelodyLimit::Note { at, to, .. } => structure.covers(*at, *to),
        _ => true,
    }
}

/// How many melodies a stretch of so many places has, about.
fn size(pitches: usize, places: usize) -> f64 {
    (pitches + 1) as f64 * libm::pow((pitches + 2) as f64, places as f64 - 1.0)
}

#[test]
fn melodies_of_a_stretch_are_those_of_enumeration() {
    let mut rng = seeded(21);
    let (mut possible, mut impossible, mut drawn, mut round) = (0, 0, 0, 0);
    while round < cases(90) {
        let (meter, bars, eighths) = one_of(
            &mut rng,
            &[
                ("2/4", 1, 0),
                ("3/8", 1, 1),
                ("1/4", 2, 0),
                ("2/8", 2, 1),
                ("1/4", 1, 1),
                ("1/4", 2, 1),
                ("2/4", 1, 1),
            ],
        );
        let page =
            page(&[("A", bars)], one_of(&mut rng, &["C", "A minor"]), meter, Duration::EIGHTH * eighths);
        let figures = figures(&mut rng, page.key, page.meter);
        let pitches = 2 + below(&mut rng, 4);
        let lowest = 58 + below(&mut rng, 6) as i32;
        let highest = lowest + pitches as i32 - 1;
        let weights = weights(&mut rng);
        let pitch = MelodyLaw::new(&figures, weights, page.key, lowest, highest, lowest + 1);
        let kernel = pitch.kernel();
        let laws = Laws { pitch, rhythm: RhythmLaw::new(&figures, page.meter), kernel };
        let count = below(&mut rng, 5);
        let wishes: Vec<Constraint> =
            (0..count).map(|_| wish(&mut rng, &page, (lowest, highest), true)).collect();
        let Some(limits) = limits(&wishes, &page) else { continue };
        let structure = Structure::new(&page, &[]);
        let segment = &structure.segments[0];
        let chords: Vec<ChordSymbol> = figures.chords.iter().map(|chord| chord.symbol(page.key)).collect();
        let chart = some_chart(&mut rng, &page, &structure, &chords);
        let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
        let pulled = below(&mut rng, 2) == 0;
        let settled = if pulled {
            some_pulls(&mut rng, law.0, segment, &laws.rhythm.onsets())
        } else {
            Settled::nothing(law.0, segment)
        };
        let found = melody_lattice(law, &page, segment, (true, true), &chart, &limits.melody, &settled);
        assert_eq!(found.lattice.fault(), None);
        // What can be reached needs no weights, and is the same also where too much can be to write it out.
        let mass = Messages::new(&found.lattice).log_partition(&found.lattice);
        let any = leave_any(&figures, &page, (lowest, highest), &wishes);
        // Over some chart, that is; this one may lack the tones that are asked for.
        let minds_chords = wishes.iter().any(|wish| matches!(wish, Constraint::ChordTones(_)));
        assert!(any || mass == f64::NEG_INFINITY, "{wishes:?} on {page:?}");
        assert!(minds_chords || any == (mass > f64::NEG_INFINITY), "{wishes:?} on {page:?}");
        if size(pitches, found.places.len() - 1) > 6000.0 {
            continue;
        }
        for (last, first) in
            (0..pitches as u16).flat_map(|last| (0..pitches as u16).map(move |first| (last, first)))
        {
            assert!((0.05..=1.0).contains(&laws.pitch.seam(last, first)));
        }
        for onset in laws.rhythm.onsets() {
            assert!(onset >= page.meter.bar_length() || found.places.contains(&onset), "{onset}");
        }
        round += 1;
        let what = (wishes.iter().map(ToString::to_string).collect::<Vec<_>>(), &page, &chart);
        let all = fillings(&laws, &page, segment, &chart, (&found.places, &limits.melody));
        assert!((all.values().sum::<f64>() - 1.0).abs() < 1e-9, "the law is one of probabilities");
        let holds = |notes: &Notes| {
            let sheet = sheet(&page, chart.clone(), melody(&laws, &page, notes));
            wishes.iter().all(|wish| wish.holds(&sheet, &page))
        };
        let weights: BTreeMap<Notes, f64> = all
            .into_iter()
            .filter(|(notes, _)| holds(notes))
            .map(|(notes, weight)| (notes.clone(), weight * pull(&laws.pitch, &chart, &settled, &notes)))
            .collect();
        let messages = Messages::new(&found.lattice);
        assert_mass(messages.log_partition(&found.lattice), weights.values().sum(), &what);
        if weights.is_empty() {
            impossible += 1;
            continue;
        }
        possible += 1;
        let mut seen: BTreeMap<Notes, usize> = BTreeMap::new();
        let count = if weights.len() < 150 { 3000 } else { 50 };
        for _ in 0..count {
            let (events, _) = messages.sample(&found.lattice, &mut rng).unwrap();
            *seen.entry(notes_of(&found, &events)).or_default() += 1;
        }
        drawn += usize::from(count > 50);
        assert_follows(&seen, &weights, &what);
    }
    assert!(possible > round / 4 && impossible > round / 10 && drawn > round / 8);
}

/// Melodies of the segments, put together at all their uses, with the fit of every seam.
pub fn put_together(
    laws: &Laws<'_>,
    structure: &Structure,
    segments: &[BTreeMap<Notes, f64>],
) -> BTreeMap<Notes, f64> {
    put_together_by(|last, first| laws.pitch.seam(last, first), structure, segments)
}

/// The same, each seam weighed by `fit(last note, first note)`.
pub fn put_together_by(
    fit: impl Fn(u16, u16) -> f64,
    structure: &Structure,
    segments: &[BTreeMap<Notes, f64>],
) -> BTreeMap<Notes, f64> {
    let mut all: Vec<(Vec<&Notes>, f64)> = vec![(Vec::new(), 1.0)];
    for ways in segments {
        let joined = all.iter().flat_map(|(notes, weight)| {
            ways.iter().map(move |(way, own)| ([notes.as_slice(), &[way]].concat(), weight * own))
        });
        all = joined.collect();
    }
    let mut found = BTreeMap::new();
    for (segments, mut weight) in all {
        let mut notes = Notes::new();
        for &(segment, shift) in &structure.uses {
            let shift = structure.segments[segment].shifts[shift];
            let own = segments[segment].iter().map(|&(at, length, symbol)| (at + shift, length, symbol));
            let own: Notes = own.collect();
            if let (Some(last), Some(first)) = (notes.last(), own.first()) {
                weight *= fit(last.2, first.2);
            }
            notes.extend(own);
        }
        *found.entry(notes).or_default() += weight;
    }
    found
}

#[test]
fn melodies_of_sections_that_recur_are_those_of_enumeration() {
    let mut rng = seeded(22);
    let (mut possible, mut impossible, mut drawn, mut round) = (0, 0, 0, 0);
    // Cases with contours over seams that no melody keeps, and that some do.
    let mut over_seams = [0; 2];
    let forms: [&[(&str, usize)]; 8] = [
        &[("A", 1), ("A", 1), ("A", 1)],
        &[("A", 1), ("A", 1), ("B", 1)],
        &[("A", 1), ("B", 1), ("A", 1), ("C", 1)],
        &[("A", 1), ("A", 1)],
        &[("A", 1), ("B", 1), ("A", 1)],
        &[("A", 1), ("A", 1), ("B", 1), ("A", 1)],
        &[("A", 2), ("A", 2)],
        &[("A", 1), ("B", 2)],
    ];
    while round < cases(120) {
        let pickup = if below(&mut rng, 3) == 0 { Duration::EIGHTH } else { Duration::ZERO };
        let meter = one_of(&mut rng, &["1/4", "1/4", "2/8", "3/8"]);
        let page = page(one_of(&mut rng, &forms), one_of(&mut rng, &["C", "A minor"]), meter, pickup);
        let figures = figures(&mut rng, page.key, page.meter);
        let pitches = 2 + below(&mut rng, 2);
        let lowest = 58 + below(&mut rng, 6) as i32;
        let highest = lowest + pitches as i32 - 1;
        let weights = weights(&mut rng);
        let pitch = MelodyLaw::new(&figures, weights, page.key, lowest, highest, lowest + 1);
        let kernel = pitch.kernel();
        let laws = Laws { pitch, rhythm: RhythmLaw::new(&figures, page.meter), kernel };
        let contours = one_of(&mut rng, &[0, 1, 1, 2]);
        let mut wishes: Vec<Constraint> =
            (0..contours).map(|_| wishes::of_contours(&mut rng, &page)).collect();
        // Beside contours not much goes.
        for _ in 0..below(&mut rng, if contours > 0 { 2 } else { 5 }) {
            wishes.push(wish(&mut rng, &page, (lowest, highest), false));
        }
        if below(&mut rng, 3) == 0 {
            wishes.push(wishes::of_repeats(&mut rng, &page));
        }
        let Some(limits) = limits(&wishes, &page) else { continue };
        let structure = Structure::new(&page, &equal(&page, &limits));
        if !limits.melody.iter().all(|limit| lies_within(&structure, limit)) {
            continue;
        }
        let chords = ChartLaw::new(&figures, page.key, &[]).chords;
        let chart = some_chart(&mut rng, &page, &structure, &chords);
        let found = lattices(&laws, &page, &structure, &chart, &limits.melody);
        let seams = SeamLaw { law: &laws.pitch, structure: &structure, limits: &limits.melody };
        let weighed: Vec<Edges> =
            found.iter().enumerate().map(|(index, one)| seams.weigh(index, one)).collect();
        let joined = seams.join(&weighed, |last, first| laws.pitch.seam(last, first)).unwrap();
        let can = leave_any(&figures, &page, (lowest, highest), &wishes);
        // Over some chart, that is; this one may lack the tones that are asked for.
        let minds_chords = wishes.iter().any(|wish| matches!(wish, Constraint::ChordTones(_)));
        let agrees = |is: bool| is == can || (can && minds_chords);
        assert!(agrees(joined.log_mass > f64::NEG_INFINITY), "{wishes:?} on {page:?}");
        let about: f64 = found.iter().map(|one| size(pitches, one.places.len() - 1)).product();
        if about > 8000.0 {
            continue;
        }
        round += 1;
        let reaches_over = |limit: &MelodyLimit| match limit {
            MelodyLimit::Contour { from, to, .. } => !structure.covers(*from, *to),
            _ => false,
        };
        let contours = limits.melody.iter().filter(|limit| reaches_over(limit)).count();
        over_seams[usize::from(can)] += usize::from(contours > 0);
        let what = (wishes.iter().map(ToString::to_string).collect::<Vec<_>>(), &page);
        let segments = structure.segments.iter().zip(&found);
        let segments: Vec<BTreeMap<Notes, f64>> = segments
            .map(|(segment, lattice)| {
                fillings(&laws, &page, segment, &chart, (&lattice.places, &limits.melody))
            })
            .collect();
        let mut weights = put_together(&laws, &structure, &segments);
        weights.retain(|notes, _| {
            let sheet = sheet(&page, chart.clone(), melody(&laws, &page, notes));
            wishes.iter().all(|wish| wish.holds(&sheet, &page))
        });
        assert_mass(joined.log_mass, weights.values().sum(), &what);
        assert!(agrees(!weights.is_empty()), "{what:?}");
        if weights.is_empty() {
            impossible += 1;
            assert_eq!(joined.draw(&mut rng), None);
            continue;
        }
        possible += 1;
        let mut seen: BTreeMap<Notes, usize> = BTreeMap::new();
        let count = if weights.len() < 150 { 1500 } else { 20 };
        for _ in 0..count {
            let ends = joined.draw(&mut rng).unwrap();
            let mut notes = Vec::new();
            for (index, one) in found.iter().enumerate() {
                let (events, _) = seams.fill(index, one, &weighed[index], ends[index], &mut rng).unwrap();
                notes.push(BTreeMap::from([(notes_of(one, &events), 1.0)]));
            }
            let whole = put_together(&laws, &structure, &notes);
            *seen.entry(whole.into_keys().next().unwrap()).or_default() += 1;
        }
        drawn += usize::from(count > 20);
        assert_follows(&seen, &weights, &what);
    }
    assert!(possible > round / 4 && impossible > round / 10 && drawn > round / 8);
    assert!(over_seams[0] > round / 20 && over_seams[1] > round / 10, "{over_seams:?} of {round}");
}

/// The lattices of a page's segments.
fn lattices(
    laws: &Laws<'_>,
    page: &Frame,
    structure: &Structure,
    chart: &Chart,
    limits: &[MelodyLimit],
) -> Vec<MelodyLattice> {
    let (first, last) = (structure.uses[0].0, structure.uses[structure.uses.len() - 1].0);
    let segments = structure.segments.iter().enumerate().map(|(index, segment)| {
        let law = (&laws.pitch, &laws.rhythm, &laws.kernel);
        let settled = Settled::nothing(law.0, segment);
        melody_lattice(law, page, segment, (index == first, index == last), chart, limits, &settled)
    });
    segments.collect()
}
