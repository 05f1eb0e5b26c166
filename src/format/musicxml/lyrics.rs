//! Words under the notes: `<lyric>`, both ways.

use musicxml::datatypes as d;
use musicxml::elements as e;
use roxmltree::Node;

use super::bricks::safe;
use super::walk::child;
use crate::music::words::ELISION;
use crate::music::{LeadSheet, Note, Syllable};

/// What stands under each note of a sheet's melody.
pub fn of(sheet: &LeadSheet) -> Vec<Option<e::Lyric>> {
    let sung = sheet.sung();
    let mut before: Option<&Syllable> = None;
    let mut lyrics = Vec::with_capacity(sung.len());
    for (index, syllable) in sung.iter().enumerate() {
        let is_held = |index: usize| matches!(sung.get(index), Some(Some(Syllable::Held)));
        let content = match syllable {
            Some(Syllable::Sung { text, joins }) => {
                let goes_on = before.is_some_and(Syllable::joins);
                before = *syllable;
                // Under the notes of a word that goes on there are hyphens, under those of its last syllable a line.
                let extends = !joins && is_held(index + 1);
                Some(e::LyricContents::Text(text_lyric(text, goes_on, *joins, extends)))
            }
            Some(Syllable::Held) if before.is_some_and(|before| !before.joins()) => {
                let kind = if is_held(index + 1) {
                    d::StartStopContinue::Continue
                } else {
                    d::StartStopContinue::Stop
                };
                Some(e::LyricContents::Extend(e::ExtendLyric {
                    extend: extend(kind),
                    end_line: None,
                    end_paragraph: None,
                    footnote: None,
                    level: None,
                }))
            }
            // A hyphen leads over notes that hold its syllable and over those that are not sung.
            Some(_) => None,
            None => {
                before = before.filter(|before| before.joins());
                None
            }
        };
        let attributes = || e::LyricAttributes {
            number: Some(d::NmToken("1".to_string())),
            ..e::LyricAttributes::default()
        };
        lyrics.push(content.map(|content| e::Lyric { attributes: attributes(), content }));
    }
    lyrics
}

fn text_lyric(text: &str, goes_on: bool, joins: bool, extends: bool) -> e::TextLyric {
    let parts: Vec<&str> = text.split(ELISION).filter(|part| !part.is_empty()).collect();
    let last = parts.len().saturating_sub(1);
    let syllabic = |part: usize| {
        let content = match (goes_on && part == 0, joins && part == last) {
            (false, false) => d::Syllabic::Single,
            (false, true) => d::Syllabic::Begin,
            (true, true) => d::Syllabic::Middle,
            (true, false) => d::Syllabic::End,
        };
        Some(e::Syllabic { attributes: (), content })
    };
    let text = |part: &str| e::Text { attributes: e::TextAttributes::default(), content: safe(part) };
    let additional = parts.iter().enumerate().skip(1).map(|(number, part)| e::AdditionalTextLyric {
        elision: Some(e::Elision {
            attributes: e::ElisionAttributes::default(),
            content: ELISION.to_string(),
        }),
        syllabic: syllabic(number),
        text: text(part),
    });
    e::TextLyric {
        syllabic: syllabic(0),
        text: text(parts.first().copied().unwrap_or_default()),
        additional: additional.collect(),
        extend: extends.then(|| extend(d::StartStopContinue::Start)),
        ..e::TextLyric::default()
    }
}

fn extend(kind: d::StartStopContinue) -> e::Extend {
    let attributes = e::ExtendAttributes { r#type: Some(kind), ..e::ExtendAttributes::default() };
    e::Extend { attributes, content: () }
}

/// How a syllable is held on later notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Not.
    None,
    /// Until it is said to stop.
    Typed,
    /// As far as no rest comes: files from before version 3.0 do not say how far.
    Untyped,
    /// It stops here.
    Stops,
}

/// What stands under a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLyric {
    /// The syllable; none where a line goes on.
    pub syllable: Option<Syllable>,
    /// The line behind it.
    pub line: Line,
}

/// Which lyrics are the first verse's: those numbered 1 or not at all; where no note has such, those of the number that
/// comes first.
pub fn verse<'a, 'i: 'a>(measures: impl Iterator<Item = Node<'a, 'i>>) -> Option<String> {
    let notes = measures.flat_map(|measure| measure.children());
    let mut first = None;
    for lyric in notes.flat_map(|note| note.children()).filter(|node| node.tag_name().name() == "lyric") {
        match lyric.attribute("number").map(str::trim) {
            None | Some("" | "1") => return None,
            Some(number) if first.is_none() => first = Some(number.to_string()),
            Some(_) => {}
        }
    }
    first
}

/// What stands under a note in a verse (`None` for the first), and how many syllables of other verses.
pub fn under(note: Node<'_, '_>, verse: Option<&str>) -> (Option<RawLyric>, usize) {
    let mut found = None;
    let mut others = 0;
    for lyric in note.children().filter(|node| node.tag_name().name() == "lyric") {
        let number = lyric.attribute("number").map(str::trim).filter(|number| !matches!(*number, "" | "1"));
        match raw(lyric) {
            Some(raw) if found.is_none() && number == verse => found = Some(raw),
            Some(RawLyric { syllable: Some(_), .. }) => others += 1,
            _ => {}
        }
    }
    (found, others)
}

fn raw(lyric: Node<'_, '_>) -> Option<RawLyric> {
    let mut text = String::new();
    let mut joins = false;
    for part in lyric.children() {
        match part.tag_name().name() {
            "text" => text.push_str(part.text().unwrap_or_default()),
            "elision" => text.push(ELISION),
            "syllabic" => joins = matches!(part.text().map(str::trim), Some("begin" | "middle")),
            _ => {}
        }
    }
    // Some programs write the hyphen.
    let bare = text.trim_end().trim_end_matches('-');
    let hyphen = bare.len() < text.trim_end().len() && child(lyric, "syllabic").is_none();
    let syllable = Syllable::sung(if hyphen { bare } else { &text }, joins || hyphen);
    let line = match child(lyric, "extend").map(|extend| extend.attribute("type")) {
        None => Line::None,
        Some(Some("start" | "continue")) => Line::Typed,
        Some(Some("stop")) => Line::Stops,
        Some(_) => Line::Untyped,
    };
    (syllable.is_some() || line != Line::None).then_some(RawLyric { syllable, line })
}

/// What is sung on each note of a line, given what stands under it.
pub fn sung(notes: &[Note], lyrics: &[Option<&RawLyric>]) -> Vec<Option<Syllable>> {
    let last_sung = lyrics.iter().rposition(|lyric| lyric.is_some_and(|lyric| lyric.syllable.is_some()));
    let mut sung: Vec<Option<Syllable>> = Vec::with_capacity(notes.len());
    let (mut line, mut joined) = (Line::None, false);
    for (index, (note, lyric)) in notes.iter().zip(lyrics).enumerate() {
        let rests =
            index.checked_sub(1).and_then(|before| notes.get(before)).is_some_and(|b| b.end() < note.onset);
        if line == Line::Untyped && rests {
            line = Line::None;
        }
        sung.push(match lyric {
            Some(RawLyric { syllable: Some(syllable), line: own }) => {
                (line, joined) = (*own, syllable.joins());
                Some(syllable.clone())
            }
            Some(RawLyric { line: own, .. }) => {
                line = if *own == Line::Stops { Line::None } else { line };
                Some(Syllable::Held)
            }
            None if line == Line::Typed || line == Line::Untyped => Some(Syllable::Held),
            None if joined && last_sung.is_some_and(|last| index < last) => Some(Syllable::Held),
            None => None,
        });
    }
    sung
}
