//! `explain` as text: passages, bars, notes, and what could stand in a cell.

use crate::evaluate::{Shared, SharedChords, SongPlace};
use crate::music::{Duration, Note};

use super::explain::{CellTold, Stands, Told, bars};

/// The longest passages of a sheet that are told.
const LONGEST: usize = 5;
/// The fewest notes of a passage that is worth a line.
const FEWEST: usize = 4;
/// How many chords or notes of a cell are told.
const LIKELIEST: usize = 12;

/// What is told of a whole sheet.
pub(super) fn sheet(told: &Told<'_>, with_notes: bool) -> String {
    let mut text = heading(told);
    text += &limit(told);
    text += &chords(told);
    if told.songs > 0 {
        text += &longest(told);
        text += &by_bar(told);
    }
    if with_notes {
        text += &notes(told);
    }
    text
}

/// What could stand at each of some places.
pub(super) fn cells(told: &Told<'_>) -> String {
    let stands = Stands::new(told.sheet);
    told.cells.iter().map(|place| cell(place, &stands, told)).collect::<Vec<_>>().join("\n")
}

fn heading(told: &Told<'_>) -> String {
    let title = match told.sheet.title().trim() {
        "" => "This sheet",
        title => title,
    };
    let songs = match told.songs {
        0 => format!("figures of {} songs, none of them at hand", told.style.figures.pieces()),
        1 => format!("one song at hand, from {}", told.from.join(", ")),
        many => format!("{many} songs at hand, from {}", told.from.join(", ")),
    };
    format!("{title}, {} bars, by the style {}: {songs}\n", told.sheet.form().bars.len(), told.style.name)
}

fn limit(told: &Told<'_>) -> String {
    let (explanation, notes) = (&told.explanation, &told.sheet.melody().notes);
    let stands = Stands::new(told.sheet);
    let rule = format!("copy <= {} notes", explanation.most);
    let mut text = match explanation.holds {
        Some(true) => format!("\n{rule}: it holds\n"),
        Some(false) => format!("\n{rule}: it is broken\n"),
        None => format!("\n{rule}: it may be broken\n"),
    };
    for range in explanation.suspected.iter().filter(|_| !told.are_all) {
        text += &format!(
            "  {}: {} notes in a row, every seven of which stand in a song of the style (which one, its fingerprints do not \
             know; of nine other notes they take one in some 600 for such)\n",
            stands.bars(&notes[range.clone()]),
            range.len()
        );
    }
    if told.songs == 0 {
        text += "  its songs are not at hand: --data PATH compares with songs of yours, and names them\n";
    }
    text
}

/// What its chords share.
fn chords(told: &Told<'_>) -> String {
    let (origin, stands) = (&told.explanation.chords, Stands::new(told.sheet));
    let rule = format!("copy <= {} chords", origin.most);
    let mut text = match origin.holds {
        Some(true) => format!("\n{rule}: it holds\n"),
        Some(false) => format!("\n{rule}: it is broken\n"),
        None if origin.is_known => format!("\n{rule}: it may be broken\n"),
        None => format!("\n{rule}: the style has no fingerprints that could tell (learn it anew)\n"),
    };
    let own = |changes| {
        let [first, last] = stands.bars_of_chords(changes);
        bars(first, last)
    };
    for (chords, changes) in origin.suspected.iter().filter(|_| !told.are_all) {
        text += &format!(
            "  {}: {chords} chords in a row, every four of which stand in a song of the style (which one, its fingerprints \
             do not know; of nine other chords they take one in some 4000 for such)\n",
            own(changes)
        );
    }
    let longest = origin.runs.iter().rev().max_by_key(|run| run.chords);
    if let Some(SharedChords { chords, changes, places }) = longest.filter(|_| told.songs > 0) {
        text += &format!("  {chords:2} chords  {:12} {}\n", own(changes), songs(places));
    }
    text
}

/// The longest passages, longest first.
fn longest(told: &Told<'_>) -> String {
    let stands = Stands::new(told.sheet);
    let notes = &told.sheet.melody().notes;
    let mut passages: Vec<&Shared> = told.explanation.passages.iter().collect();
    passages.retain(|passage| passage.notes.len() >= FEWEST);
    passages.sort_by_key(|passage| (std::cmp::Reverse(passage.notes.len()), passage.notes.start));
    if passages.is_empty() {
        return format!("\nIt shares no {FEWEST} notes in a row with any of them\n");
    }
    let mut text = String::from("\nThe longest passages that it shares\n");
    for passage in passages.into_iter().take(LONGEST) {
        let own = stands.bars(&notes[passage.notes.clone()]);
        text += &format!("  {:2} notes  {own:12} {}\n", passage.notes.len(), songs(&passage.places));
    }
    text
}

/// For each bar the longest passage that touches it.
fn by_bar(told: &Told<'_>) -> String {
    let mut text = String::from("\nBar by bar, the longest passage that a bar has part in\n");
    for bar in &told.explanation.bars {
        let passage = bar.longest.and_then(|number| told.explanation.passages.get(number));
        let said = match passage {
            Some(passage) => format!("{:2} notes  {}", passage.notes.len(), songs(&passage.places)),
            None => String::from(" -"),
        };
        let more = if bar.is_suspected && !told.are_all {
            "; and of nine notes or more that some song of the style has"
        } else {
            ""
        };
        text += &format!("  {:4}  {said}{more}\n", bar.bar);
    }
    text
}

/// `Song, bars 3-4; and 7 more`.
fn songs(places: &[SongPlace]) -> String {
    let Some(first) = places.first() else { return String::new() };
    let named = format!("{}, {}", first.title, bars(first.first_bar as usize, first.last_bar as usize));
    match places.len() {
        1 => named,
        many => format!("{named}; and {} more", many - 1),
    }
}

fn notes(told: &Told<'_>) -> String {
    let explanation = &told.explanation;
    let stands = Stands::new(told.sheet);
    let mut text = String::from(
        "\nNote by note: how many notes back the style knows what stands before it; in how many songs the step was seen,\n\
         after how many; how likely the note is after what stands before it, and given all else; how many notes in a row\n\
         are a song's up to it\n",
    );
    text += &format!(
        "  {:8} {:5} {:>5} {:>6} {:>6} {:>8} {:>8} {:>6}\n",
        "place", "note", "order", "songs", "after", "before", "given", "row"
    );
    let cells = explanation.cells.as_ref().ok();
    for (at, note) in told.sheet.melody().notes.iter().enumerate() {
        let origin = explanation.notes.get(at).copied().unwrap_or_default();
        let cell = cells.and_then(|cells| cells.get(at));
        let continued = explanation.continued.get(at).map_or(0, |shared| shared.notes.len());
        let number = |value: Option<usize>| value.map_or("-".to_string(), |value| value.to_string());
        let line = format!(
            "  {:8} {:5} {:>5} {:>6} {:>6} {:>8} {:>8} {:>6}",
            stands.place(note.onset),
            note.pitch.to_string(),
            number((at > 0).then_some(origin.order)),
            number(origin.seen.map(|_| usize::from(origin.songs))),
            number(origin.seen),
            cell.map_or("-".to_string(), |cell| per_cent(cell.before)),
            cell.map_or("-".to_string(), |cell| per_cent(cell.after())),
            number((told.songs > 0).then_some(continued)),
        );
        text += line.trim_end();
        text.push('\n');
    }
    if let Err(why) = &explanation.cells {
        text += &format!("  how likely the notes are cannot be told: {why}\n");
    }
    text
}

fn per_cent(share: f64) -> String {
    match share * 100.0 {
        much if much >= 0.1 => format!("{much:.1} %"),
        0.0 => "0 %".to_string(),
        little => format!("{little:.0e} %"),
    }
}

fn cell(cell: &CellTold, stands: &Stands<'_>, told: &Told<'_>) -> String {
    let mut text = format!("{}, given all else in the sheet, by the style {}\n", cell.place, told.style.name);
    if let Some(chord) = &cell.chord {
        let until = stretch(stands, chord.from, chord.to);
        text += &format!("\nThe chord ({until}); {} is written\n", chord.written);
        text += &table(
            chord.chords.iter().map(|(chord, share)| (chord.to_string(), *share)),
            &chord.written.to_string(),
        );
    } else {
        text += "\nNo chord sounds there\n";
    }
    if let Some(note) = &cell.note {
        let Note { pitch, duration, .. } = note.written;
        text += &format!("\nThe note (of length {duration}); {pitch} is written\n");
        let spelled = |midi: i32| match midi == pitch.midi() {
            true => pitch.to_string(),
            false => told.sheet.key().spell_midi(midi).to_string(),
        };
        text += &table(note.pitches.iter().map(|(midi, share)| (spelled(*midi), *share)), &pitch.to_string());
    } else {
        text += "\nNo note starts there\n";
    }
    text
}

/// `bar 3.1 to bar 4.1`.
fn stretch(stands: &Stands<'_>, from: Duration, to: Duration) -> String {
    match to >= stands.end() {
        true => format!("from bar {} to the end", stands.place(from)),
        false => format!("from bar {} to bar {}", stands.place(from), stands.place(to)),
    }
}

/// The likeliest, and what is written if it is not among them.
fn table(shares: impl Iterator<Item = (String, f64)>, written: &str) -> String {
    let mut text = String::new();
    for (at, (name, share)) in shares.enumerate() {
        let is_written = name == written;
        if at < LIKELIEST || is_written {
            let mark = if is_written { "*" } else { " " };
            text += &format!(" {mark}{name:10} {:>9}\n", per_cent(share));
        }
    }
    text
}
