//! What the melody of an excerpt does.

use std::collections::BTreeSet;

use super::excerpt::{BARS, Excerpt};
use super::figure::Figure;
use super::tune::{Tune, TuneNote};
use crate::viewpoint::length::long_end;

/// The melody figures of an excerpt; those that nothing in it speaks of are left out.
pub fn line(tune: &Tune, excerpt: &Excerpt) -> Vec<(Figure, f64)> {
    let notes = tune.notes_from(excerpt.from, excerpt.to);
    let bars: Vec<&[TuneNote]> = bars(tune, excerpt);
    let mut found = Vec::new();
    let mut add = |figure, value: Option<f64>| found.extend(value.map(|value| (figure, value)));

    let (mut on, mut above, mut total) = (0, 0, 0);
    for note in notes {
        let standing = tune.standing(note.pitch, note.at, note.end().min(excerpt.to));
        on += standing.on;
        above += standing.above;
        total += standing.total();
    }
    add(Figure::ChordTones, share(on, total));
    add(Figure::SemitoneAbove, share(above, total));
    add(Figure::LeftByStep, left_by_step(tune, notes));

    let rhythm = |bar: usize| -> Vec<i32> {
        let from = excerpt.from + bar as i32 * tune.bar_length();
        bars[bar].iter().map(|note| note.at - from).collect()
    };
    let rhythms: Vec<Vec<i32>> = (0..BARS).map(rhythm).collect();
    let exact = |bar: usize| -> Vec<(i32, i32, i16)> {
        let from = excerpt.from + bar as i32 * tune.bar_length();
        let to = from + tune.bar_length();
        bars[bar].iter().map(|note| (note.at - from, note.end().min(to) - note.at, note.pitch)).collect()
    };
    let contents: Vec<Vec<(i32, i32, i16)>> = (0..BARS).map(exact).collect();
    for (lag, same_rhythm, same) in [
        (1, Figure::Rhythm1, Figure::Exact1),
        (2, Figure::Rhythm2, Figure::Exact2),
        (4, Figure::Rhythm4, Figure::Exact4),
    ] {
        add(same_rhythm, taken_up(&rhythms, lag, Vec::is_empty));
        add(same, taken_up(&contents, lag, Vec::is_empty));
    }
    add(Figure::Rhythms, Some(rhythms.iter().collect::<BTreeSet<_>>().len() as f64));
    add(Figure::HeardAgain, heard_again(notes));
    add(Figure::PhraseEnds, Some(phrase_ends(tune, excerpt)));
    let (lowest, highest) =
        (notes.iter().map(|note| note.pitch).min(), notes.iter().map(|note| note.pitch).max());
    add(Figure::Range, lowest.zip(highest).map(|(low, high)| f64::from(high - low)));
    add(Figure::Notes, Some(notes.len() as f64 / BARS as f64));
    let repeated = notes.windows(2).filter(|two| two[0].pitch == two[1].pitch).count();
    add(Figure::Repeated, share(repeated as i32, notes.len() as i32 - 1));
    let held = |bar: &usize| {
        let downbeat = excerpt.from + *bar as i32 * tune.bar_length();
        tune.last_before(downbeat).is_some_and(|note| note.end() > downbeat)
    };
    add(Figure::TiedOver, share((0..BARS).filter(held).count() as i32, BARS as i32));
    found
}

/// The notes that start in each bar of an excerpt.
fn bars<'t>(tune: &'t Tune, excerpt: &Excerpt) -> Vec<&'t [TuneNote]> {
    let length = tune.bar_length();
    let starts = (0..BARS as i32).map(|bar| excerpt.from + bar * length);
    starts.map(|start| tune.notes_from(start, start + length)).collect()
}

/// A share; `None` of nothing.
pub fn share(part: i32, whole: i32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// The share of bars that are as the one `lag` before, where at least one of the two holds anything.
pub fn taken_up<T: PartialEq>(bars: &[T], lag: usize, is_empty: impl Fn(&T) -> bool) -> Option<f64> {
    let pairs = bars.iter().zip(bars.iter().skip(lag)).filter(|(a, b)| !(is_empty(a) && is_empty(b)));
    let (mut same, mut all) = (0, 0);
    for (before, now) in pairs {
        same += i32::from(before == now);
        all += 1;
    }
    share(same, all)
}

/// The share of non-chord tones that the next note, if it comes within a bar, leaves by step.
fn left_by_step(tune: &Tune, notes: &[TuneNote]) -> Option<f64> {
    let (mut steps, mut all) = (0, 0);
    for note in notes {
        let standing = tune.standing(note.pitch, note.at, note.end());
        let next = tune.notes_from(note.end(), note.end() + tune.bar_length()).first();
        if let Some(next) = next.filter(|_| standing.on < standing.above + standing.beside) {
            steps += i32::from((1..=2).contains(&(next.pitch - note.pitch).abs()));
            all += 1;
        }
    }
    share(steps, all)
}

/// The share of three-note figures that the excerpt held before: two intervals, and the times between the onsets.
fn heard_again(notes: &[TuneNote]) -> Option<f64> {
    let mut heard = BTreeSet::new();
    let mut again = 0;
    let mut all = 0;
    for three in notes.windows(3) {
        let step =
            |from: usize| (three[from + 1].pitch - three[from].pitch, three[from + 1].at - three[from].at);
        again += i32::from(!heard.insert((step(0), step(1))));
        all += 1;
    }
    share(again, all)
}

/// The share of bars 4 and 8 that end on a long note or a rest: a note counts with its full length; long is a dotted
/// quarter, in bars shorter than three quarters half a bar.
fn phrase_ends(tune: &Tune, excerpt: &Excerpt) -> f64 {
    let length = tune.bar_length();
    let long = long_end(length);
    let ends_long = |bar: i32| {
        let end = excerpt.from + bar * length;
        tune.last_before(end).is_none_or(|note| note.end() < end || note.length >= long)
    };
    f64::from(u8::from(ends_long(4)) + u8::from(ends_long(8))) / 2.0
}
