//! Words as lyric events: a blank ends a word, a hyphen stands between its syllables.

use super::events::{Events, TextKind};
use crate::music::words::ELISION;
use crate::music::{Duration, LeadSheet, Note, Syllable};

/// How far a lyric may stand from the note that it is sung on.
const NEAR: Duration = Duration::EIGHTH;

/// The lyric of each note of a sheet's melody.
pub fn texts(sheet: &LeadSheet) -> Vec<Option<String>> {
    let text = |sung: Option<&Syllable>| match sung? {
        Syllable::Sung { text, joins } => {
            Some(format!("{}{}", text.replace(ELISION, " "), if *joins { "-" } else { " " }))
        }
        _ => None,
    };
    sheet.sung().into_iter().map(text).collect()
}

/// What is sung on each note, by where lyrics stand; and how many of them stand at none. `notes` are those of the sheet,
/// `downbeat` is where its bar 1 begins in the file.
pub fn sung(events: &Events, notes: &[Note], downbeat: Duration) -> (Vec<Option<Syllable>>, usize) {
    let lyrics = || events.texts.iter().filter(|(_, kind, _)| *kind == TextKind::Lyric);
    let mut sung: Vec<Option<Syllable>> = vec![None; notes.len()];
    let mut lost = 0;
    // Where words end in blanks, or begin with them, a syllable without goes on in the next.
    let is_break = |c: char| c.is_whitespace() || matches!(c, '/' | '\\');
    let blanks = lyrics().any(|(_, _, text)| text.trim_matches('-').contains(is_break));
    let mut before: Option<usize> = None;
    for (at, _, text) in lyrics() {
        if text.starts_with(is_break) {
            end_word(&mut sung, before);
        }
        let bare = text.trim_matches(is_break);
        let hyphen = bare.len() > 1 && bare.ends_with('-');
        let ends = text.ends_with(is_break) || !blanks;
        let Some(syllable) = Syllable::sung(bare.trim_end_matches('-'), hyphen || !ends) else {
            if text.ends_with(is_break) {
                end_word(&mut sung, before);
            }
            continue;
        };
        // Notes were moved to beats: the nearest one.
        let place = nearest(notes, |note| note.onset + downbeat, *at);
        match place.filter(|&note| sung[note].is_none()) {
            Some(note) => {
                sung[note] = Some(syllable);
                before = Some(note);
            }
            None => lost += 1,
        }
    }
    hold(&mut sung);
    (sung, lost)
}

/// The word of a syllable ends with it.
fn end_word(sung: &mut [Option<Syllable>], note: Option<usize>) {
    if let Some(Some(Syllable::Sung { joins, .. })) = note.and_then(|note| sung.get_mut(note)) {
        *joins = false;
    }
}

/// Between the syllables of a word the first is held.
fn hold(sung: &mut [Option<Syllable>]) {
    let last = sung.iter().rposition(Option::is_some).unwrap_or_default();
    let mut joined = false;
    for syllable in sung.iter_mut().take(last) {
        match syllable {
            Some(syllable) => joined = syllable.joins(),
            None if joined => *syllable = Some(Syllable::Held),
            None => {}
        }
    }
    if let Some(Some(Syllable::Sung { joins, .. })) = sung.get_mut(last) {
        *joins = false;
    }
}

/// The note that begins nearest to a place, if one is near; they stand in order.
fn nearest(notes: &[Note], onset: impl Fn(&Note) -> Duration, at: Duration) -> Option<usize> {
    let after = notes.partition_point(|note| onset(note) < at);
    let distance = |note: usize| {
        let onset = notes.get(note).map(&onset)?;
        Some(if onset < at { at - onset } else { onset - at }).filter(|distance| *distance <= NEAR)
    };
    let about = [after.checked_sub(1), Some(after)].into_iter().flatten();
    about.filter_map(|note| Some((distance(note)?, note))).min().map(|(_, note)| note)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Words;

    /// The words of four quarters under these lyrics.
    fn words(lyrics: &[(i64, &str)]) -> String {
        let notes: Vec<Note> = (0..4)
            .map(|at| Note {
                onset: Duration::quarters(at),
                duration: Duration::QUARTER,
                pitch: "C4".parse().expect("C4"),
            })
            .collect();
        let text = |&(eighth, text): &(i64, &str)| {
            let at = Duration::EIGHTH * eighth + Duration::quarters(1);
            (at, TextKind::Lyric, text.to_string())
        };
        let events = Events { texts: lyrics.iter().map(text).collect(), ..Events::default() };
        let (sung, lost) = sung(&events, &notes, Duration::quarters(1));
        let sung = sung.into_iter().map(|sung| sung.unwrap_or(Syllable::Silent)).collect();
        format!("{}{}", Words::new(sung), "!".repeat(lost))
    }

    #[test]
    fn blanks_or_hyphens_tell_where_words_end() {
        assert_eq!(words(&[(0, "Some "), (2, "morn-"), (4, "ing "), (6, "in")]), "Some morn-ing in");
        assert_eq!(words(&[(0, "Some "), (2, "morn"), (4, "ing "), (6, "in")]), "Some morn-ing in");
        assert_eq!(words(&[(0, "Some"), (2, "morn-"), (4, "ing"), (6, "in")]), "Some morn-ing in");
        assert_eq!(words(&[(0, "Some"), (2, " morn"), (4, "ing"), (6, "/in")]), "Some morn-ing in");
        assert_eq!(words(&[(0, "glo-"), (6, "ry\r"), (6, "x ")]), "glo- _ _ ry!");
        assert_eq!(words(&[(0, "Oh "), (5, "the one "), (12, "far ")]), "Oh * the~one!");
    }
}
