//! A song of other bars: what of it comes from where, with what is locked and asked of them.

use crate::constraint::{Constraint, Part};
use crate::music::form::{Bar, Section};
use crate::music::{Duration, Meter, Note};

use super::EditError;
use super::page::Page;
use crate::session::{Locks, Song};

/// The most bars of a song.
const MOST_BARS: usize = 512;

/// A bar of the new form.
#[derive(Clone, Debug)]
pub(super) struct NewBar {
    /// The bar (from 0) that it has its music from; an empty one otherwise.
    pub from: Option<usize>,
    /// Whether it is that bar itself, with its locks and repeat signs, or a copy.
    pub is_copy: bool,
    /// The section that starts here.
    pub section: Option<String>,
    /// Its meter, where that becomes another.
    pub meter: Option<Meter>,
}

/// The bars as they are.
pub(super) fn as_they_are(song: &Song) -> Vec<NewBar> {
    let form = song.sheet.form();
    let section = |bar: usize| form.sections.iter().find(|section| section.first_bar == bar);
    let new = |bar: usize| NewBar {
        from: Some(bar),
        is_copy: false,
        section: section(bar).map(|section| section.label.clone()),
        meter: None,
    };
    (0..form.bars.len()).map(new).collect()
}

/// The song on new bars.
pub(super) fn rearranged(song: &Song, bars: &[NewBar]) -> Result<Song, EditError> {
    if bars.is_empty() {
        return Err(EditError::Wrong("one bar at least must stay".to_string()));
    }
    if bars.len() > MOST_BARS {
        return Err(EditError::Wrong(format!("{} bars are more than {MOST_BARS}", bars.len())));
    }
    let old = Page::of(&song.sheet);
    let starts = old.form.bar_starts();
    let mut page = Page::of(&song.sheet);
    page.form.bars = bars.iter().map(|bar| written(&old, song, bar)).collect();
    let section = |(number, bar): (usize, &NewBar)| {
        let label = bar.section.clone()?;
        Some(Section { label, first_bar: number })
    };
    page.form.sections = bars.iter().enumerate().filter_map(section).collect();
    page.changes.retain(|change| change.at < Duration::ZERO);
    let lead = bars[0].from == Some(0);
    page.notes.retain(|note| note.onset < Duration::ZERO);
    let mut at = Duration::ZERO;
    if let Some(note) = page.notes.last_mut().filter(|_| !lead) {
        note.duration = note.duration.min(-note.onset);
    }
    for (number, bar) in bars.iter().enumerate() {
        let length = page.form.bars[number].length;
        if let Some(from) = bar.from {
            let by = at - starts[from];
            let span = (starts[from], starts[from + 1].min(starts[from] + length));
            page.set_chord(at, old.sounding(span.0));
            for change in old.changes.iter().filter(|change| span.0 <= change.at && change.at < span.1) {
                page.write_chord(change.at + by, change.chord.clone());
            }
            // What is held over the line goes on where the next bar is still the next.
            let mut end = span.1;
            let onward = bars[number + 1..].iter().zip(from + 1..).zip(page.form.bars[number + 1..].iter());
            for ((next, source), written) in onward {
                let whole = end == starts[source];
                if next.from != Some(source) || !whole {
                    break;
                }
                end = starts[source + 1].min(starts[source] + written.length);
            }
            let own = old.notes.iter().filter(|note| span.0 <= note.onset && note.onset < span.1);
            page.notes.extend(own.map(|note| Note {
                onset: note.onset + by,
                duration: note.duration.min(end - note.onset),
                pitch: note.pitch,
            }));
        }
        at += length;
    }
    let mut new = page.into_song(song)?;
    new.locks = locks(song, bars);
    let gone = |number: usize| bars.iter().position(|bar| !bar.is_copy && bar.from == Some(number));
    new.wanted.retain_mut(|wanted| {
        match renumbered(&wanted.constraint, |bar| gone(bar.wrapping_sub(1)).map(|bar| bar + 1)) {
            Some(constraint) => {
                wanted.constraint = constraint;
                true
            }
            None => false,
        }
    });
    Ok(new)
}

/// A bar as it is written: its own, a copy without signs, or an empty one like the first.
fn written(old: &Page, song: &Song, bar: &NewBar) -> Bar {
    let new = match bar.from.and_then(|from| old.form.bars.get(from)) {
        None => Bar::full(song.sheet.meter()),
        Some(own) if bar.is_copy => {
            Bar { length: own.length, words: own.words.clone(), ..Bar::full(own.meter) }
        }
        Some(own) => own.clone(),
    };
    match bar.meter {
        Some(meter) => Bar { meter, length: meter.bar_length(), ..new },
        None => new,
    }
}

fn locks(song: &Song, bars: &[NewBar]) -> Locks {
    let mut locks = Locks::default();
    for part in [Part::Chords, Part::Melody] {
        locks.set(0, part, song.locks.hold(0, part));
        for (number, bar) in bars.iter().enumerate().filter(|(_, bar)| !bar.is_copy) {
            let held = bar.from.is_some_and(|from| song.locks.hold(from + 1, part));
            locks.set(number + 1, part, held);
        }
    }
    locks
}

/// A constraint with the numbers that its bars have now, where it names bars; `None` if one of them is gone or they no longer
/// stand in a row.
fn renumbered(constraint: &Constraint, now: impl Fn(usize) -> Option<usize>) -> Option<Constraint> {
    let text = constraint.to_string();
    let mut new = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    while let Some((at, word)) =
        ["bars ", "bar "].into_iter().filter_map(|word| Some((rest.find(word)?, word))).min()
    {
        let (before, after) = rest.split_at(at + word.len());
        new += before;
        let first = digits(after);
        let Ok(number) = after[..first].parse::<usize>() else {
            rest = after;
            continue;
        };
        // The pickup stays the pickup.
        let to = |number: usize| if number == 0 { Some(0) } else { now(number) };
        let from = to(number)?;
        new += &from.to_string();
        rest = &after[first..];
        if let Some(last) = rest.strip_prefix('-').filter(|_| word == "bars ") {
            let count = digits(last);
            let number_of_last = last[..count].parse::<usize>().ok()?;
            let mut stand = (number..=number_of_last).map(to);
            let mut expected = from..;
            if !stand.all(|bar| bar == expected.next()) {
                return None;
            }
            new += &format!("-{}", from + number_of_last - number);
            rest = &last[count..];
        }
    }
    (new + rest).parse().ok()
}
