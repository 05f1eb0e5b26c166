//! Tiny styles and pages, made up at random, whose sheets can all be written out.

use rand_chacha::ChaCha8Rng;
use tunesmith::compose::Page;
use tunesmith::compose::melody_law::MelodyLaw;
use tunesmith::compose::page::compass;
use tunesmith::compose::possible::Possible;
use tunesmith::compose::rhythm_law::{RhythmLaw, RhythmSupport};
use tunesmith::constraint::{Constraint, Frame, Limits};
use tunesmith::markov::draw::unit;
use tunesmith::music::lead_sheet::Header;
use tunesmith::music::{Chart, Duration, Feel, Form, Key, LeadSheet, Melody, Meter, Tempo};
use tunesmith::style::blend::BUCKETS;
use tunesmith::style::chart_experts::{BACK, PLACED, SITUATIONS, TIMED};
use tunesmith::style::figures::{Entry, Figures, Register, Table, VERSION};
use tunesmith::style::{Card, Style, Weights};
use tunesmith::viewpoint::length::Length;
use tunesmith::viewpoint::{START, meter, mode_code};

use super::melodies::Laws;

pub fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    ((unit(rng) * bound as f64) as usize).min(bound.saturating_sub(1))
}

pub fn one_of<T: Clone>(rng: &mut ChaCha8Rng, of: &[T]) -> T {
    of[below(rng, of.len())].clone()
}

/// How much larger than usual a test is to be.
pub fn cases(usual: usize) -> usize {
    std::env::var("TUNESMITH_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

/// Entries for some of the symbols below a bound.
fn row(rng: &mut ChaCha8Rng, bound: usize, most: usize) -> Vec<Entry> {
    let mut row: Vec<Entry> = Vec::new();
    for symbol in 0..bound as u16 {
        if below(rng, 3) > 0 || (row.is_empty() && usize::from(symbol) + 1 == bound) {
            row.push(Entry { symbol, count: 1 + below(rng, most) as u32, pieces: 1 });
        }
    }
    row
}

/// Rows for some contexts: each longer one with even odds.
fn table(rng: &mut ChaCha8Rng, contexts: &[Vec<u16>], bound: usize) -> Table {
    let mut table = Table::default();
    for context in contexts {
        if context.len() == 1 || below(rng, 2) == 0 {
            table.rows.insert(context.clone(), row(rng, bound, 30));
        }
    }
    table
}

/// Every list of one code from each of some alphabets, and every shorter one.
fn contexts(alphabets: &[&[u16]]) -> Vec<Vec<u16>> {
    let mut all: Vec<Vec<u16>> = vec![Vec::new()];
    let mut found = Vec::new();
    for alphabet in alphabets {
        all = all
            .iter()
            .flat_map(|context| alphabet.iter().map(move |&code| [context.as_slice(), &[code]].concat()))
            .collect();
        found.extend(all.clone());
    }
    found
}

/// Figures of two or three chords and two to four lengths in a meter.
pub fn figures(rng: &mut ChaCha8Rng, key: Key, bar: Meter) -> Figures {
    let unit = 1 + below(rng, 3) as u32;
    let mut figures = Figures { version: VERSION, unit, min_pieces: 1, ..Figures::default() };
    let pool = ["0:", "7:7", "5:", "9:m", "2:m7", "N.C.", "7::11", "8:", "0:m"];
    let wanted = 2 + below(rng, 2);
    while figures.chords.len() < wanted {
        let chord = one_of(rng, &pool).parse().unwrap();
        if !figures.chords.contains(&chord) {
            figures.chords.push(chord);
        }
    }
    let chords = figures.chords.len();
    let mode = [mode_code(key.mode)];
    let codes: Vec<u16> = (0..chords as u16).chain([START]).collect();
    figures.chord = table(rng, &contexts(&[&mode, &codes, &codes]), chords);
    let places: Vec<u16> = (0..16).collect();
    figures.chord_place = table(rng, &contexts(&[&mode, &places, &codes]), chords);
    // From a stream of their own, so that the rest is as it would be without them.
    let mut more = rng.clone();
    more.set_stream(1);
    figures.chord_close = table(&mut more, &contexts(&[&mode, &(0..21).collect::<Vec<_>>(), &codes]), chords);
    figures.chord_role = table(&mut more, &contexts(&[&mode, &places, &codes]), chords);
    figures.chord_before = table(&mut more, &contexts(&[&mode, &codes]), chords);
    let mut weights =
        |experts: usize| (0..experts * BUCKETS).map(|_| below(&mut more, 200) as i16 - 50).collect();
    // Some styles have learned how much to believe their experts.
    let learned: (Vec<i16>, Vec<i16>) = (weights(SITUATIONS * (BACK + PLACED)), weights(TIMED));
    if below(&mut more, 3) > 0 {
        (figures.chord_weights, figures.span_weights) = learned;
    }
    let code = [meter::code(bar)];
    let beats: Vec<u16> = (0..u16::from(bar.beats())).collect();
    let classes: Vec<u16> = (0..5).collect();
    figures.chord_span = table(rng, &contexts(&[&code, &beats, &classes]), 5);
    for row in figures.chord_span.rows.values_mut() {
        row.retain(|entry| entry.symbol > 0);
    }
    figures.chord_span.rows.retain(|_, row| !row.is_empty());
    let (held, bars): (Vec<u16>, Vec<u16>) = ((0..6).collect(), (0..10).collect());
    figures.chord_rhythm = table(&mut more, &contexts(&[&code, &beats, &held, &bars]), 5);
    for row in figures.chord_rhythm.rows.values_mut() {
        row.retain(|entry| entry.symbol > 0);
    }
    figures.chord_rhythm.rows.retain(|_, row| !row.is_empty());
    let degrees: Vec<u16> = (0..12).collect();
    figures.interval = table(rng, &contexts(&[&mode, &degrees, &[10, 12, 14]]), 25);
    figures.degree = table(rng, &contexts(&[&mode, &(0..15).collect::<Vec<_>>()]), 12);
    figures.opening = table(rng, &contexts(&[&mode, &[0, 1]]), 12);
    figures.ending = table(rng, &contexts(&[&mode, &[0, 1]]), 12);
    let families: Vec<u16> = (0..8).collect();
    figures.chord_tone = table(rng, &contexts(&[&families, &[0, 1, 2], &[0, 1, 2]]), 12);
    figures.approach = table(rng, &contexts(&[&families, &[0, 1, 2]]), 12);
    // A style that knows the rhythm of the meter, or one that does not.
    for _ in 0..2 + below(rng, 3) {
        let length = Length { ticks: one_of(rng, &[3, 6, 6, 8, 12, 12, 18, 24]), rest: below(rng, 3) == 0 };
        if !figures.lengths.contains(&length) {
            figures.lengths.push(length);
        }
    }
    let before: Vec<u16> = (0..figures.lengths.len() as u16).collect();
    let ticks: Vec<u16> = (0..u16::from(bar.beats()) * 2).map(|half| half * 6).collect();
    figures.length = table(rng, &contexts(&[&code, &ticks, &classes, &before]), figures.lengths.len());
    if below(rng, 4) > 0 {
        let whole = vec![Entry { symbol: 0, count: 100 * unit, pieces: 1 }];
        figures.length.rows.insert(code.to_vec(), whole);
    }
    figures.register = Register {
        lowest: [60; 7],
        highest: [70; 7],
        span: [9; 7],
        about_median: (0..49).map(|_| below(rng, 40) as u32).collect(),
    };
    figures
}

/// Exponents of the experts, repeated notes favoured, or next to forbidden.
pub fn weights(rng: &mut ChaCha8Rng) -> Weights {
    let repeat = one_of(rng, &[0.45, 1.0, 4.0, 0.0]);
    Weights { repeat, chord_tone: one_of(rng, &[0.0, 1.0, 1.5]), ..Weights::default() }
}

/// A style of figures.
pub fn style(figures: Figures, weights: Weights) -> Style {
    let card = Card { weights, ..Card::new("Tiny") };
    Style { name: "tiny".to_string(), card, figures, folder: None, parts: Vec::new() }
}

/// A page of sections of some bars each, such as `A1 B1 A1`.
pub fn page(form: &[(&str, usize)], key: &str, bar: &str, pickup: Duration) -> Frame {
    let mut sections = Vec::new();
    let mut first = 0;
    for &(label, bars) in form {
        sections.push((label.to_string(), first..first + bars));
        first += bars;
    }
    Frame { key: key.parse().unwrap(), meter: bar.parse().unwrap(), pickup, bars: first, sections }
}

/// The limits of constraints; `None` if the page does not have a place.
pub fn limits(constraints: &[Constraint], page: &Frame) -> Option<Limits> {
    let mut limits = Limits::default();
    constraints.iter().try_for_each(|constraint| constraint.compile(page, &mut limits)).ok()?;
    Some(limits)
}

/// The sheet of a chart and a melody.
pub fn sheet(page: &Frame, chart: Chart, melody: Melody) -> LeadSheet {
    let form = Form { pickup: page.pickup, ..Form::plain(page.meter, page.bars) };
    LeadSheet::new(Header::new("", page.key), form, chart, melody).unwrap()
}

/// Whether constraints leave a page any sheet, by what can be reached, notes within a range.
pub fn leave_any(figures: &Figures, frame: &Frame, range: (i32, i32), constraints: &[Constraint]) -> bool {
    let style = style(figures.clone(), Weights::default());
    let tempo = Tempo { beat: Duration::QUARTER, per_minute: 100 };
    let page = Page {
        frame: frame.clone(),
        endings: Vec::new(),
        written: None,
        primed: false,
        tempo,
        feel: Feel::default(),
        range,
    };
    let support = RhythmSupport::new(figures, frame.meter);
    let mut possible = Possible::new(&style, &support, &page);
    let numbers: Vec<usize> = constraints.iter().map(|one| possible.add(one).unwrap()).collect();
    let any = possible.leave_any(&numbers, &[]);
    assert_eq!(possible.parting(&numbers, &[]).is_none(), any, "{constraints:?}");
    any
}

/// The laws of a style's melodies on a page under limits.
pub fn laws_of<'a>(style: &'a Style, page: &Page, limits: &Limits) -> Laws<'a> {
    let (lowest, highest) = compass(page, limits);
    let centre = (page.range.0 + page.range.1) / 2;
    let centre = if (lowest..=highest).contains(&centre) { centre } else { (lowest + highest) / 2 };
    let (figures, weights) = (&style.figures, style.card.weights.clone());
    let pitch = MelodyLaw::new(figures, weights, page.frame.key, lowest, highest, centre);
    let kernel = pitch.kernel();
    Laws { pitch, rhythm: RhythmLaw::new(figures, page.frame.meter), kernel }
}
