//! The styles that come with the program: what every one of them must keep.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use tunesmith::style::{self, Style};
use tunesmith::viewpoint::START;

/// The fewest songs that must share whatever a shipped style knows.
const FEWEST: [(&str, u16); 8] = [
    ("beatles", 3),
    ("songbook", 2),
    ("pop", 3),
    ("folk", 2),
    ("jazz", 3),
    ("blues", 3),
    ("irish", 2),
    ("chorale", 2),
];
/// Largest figures, in bytes.
const LARGEST: usize = 1 << 20;

fn shipped() -> Vec<Style> {
    FEWEST
        .iter()
        .map(|(name, _)| style::load(name).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect()
}

#[test]
fn the_list_names_the_shipped_styles_and_each_loads() {
    let names: Vec<String> = style::list().into_iter().map(|listed| listed.name).collect();
    for style in shipped() {
        assert!(names.contains(&style.name), "{names:?}");
        assert!(!style.card.title.is_empty() && !style.card.description.is_empty(), "{}", style.name);
        assert!(
            style.sources().contains("tunesmith learn"),
            "{}: SOURCES.md says how it was made",
            style.name
        );
    }
}

#[test]
fn nothing_is_known_that_few_songs_share() {
    for (style, (name, fewest)) in shipped().iter().zip(FEWEST) {
        assert_eq!(style.figures.min_pieces, fewest, "{name}");
        for (table, counts) in style.figures.tables() {
            let least = counts.transitions().map(|(_, entry)| entry.pieces).min();
            assert!(
                least.is_some_and(|least| least >= fewest),
                "{name}: {table} has a transition of {least:?} songs"
            );
        }
    }
}

#[test]
fn figures_are_small() {
    for style in shipped() {
        let bytes = style.figures.to_bytes().unwrap().len();
        assert!(bytes <= LARGEST, "{}: {bytes} bytes", style.name);
    }
}

#[test]
fn every_context_is_reached_by_its_shorter_ones() {
    for style in shipped() {
        for (table, counts) in style.figures.tables() {
            // A table whose shortest context has two codes starts there.
            let shortest = counts.rows.keys().map(Vec::len).min().unwrap();
            for (context, entry) in counts.transitions() {
                for length in shortest..context.len() {
                    let shorter = counts.count(&context[..length], entry.symbol);
                    assert!(shorter >= entry.count, "{}: {table} {context:?} {entry:?}", style.name);
                }
            }
        }
    }
}

#[test]
fn chords_of_contexts_are_in_the_alphabet() {
    for style in shipped() {
        let chords = style.figures.chords.len();
        for (context, _) in style.figures.chord.transitions() {
            assert!(
                context[1..].iter().all(|&code| code == START || usize::from(code) < chords),
                "{context:?}"
            );
        }
        let keys: std::collections::BTreeSet<String> =
            style.figures.chords.iter().map(ToString::to_string).collect();
        assert_eq!(keys.len(), chords, "{}: no chord has two codes", style.name);
    }
}

#[test]
fn a_card_names_only_meters_and_forms_that_can_be_composed() {
    for style in shipped() {
        assert!(!style.meters().is_empty() && !style.forms().is_empty(), "{}", style.name);
        for (form, weight) in style.forms() {
            let sections = form.split(' ').map(|section| section.trim_start_matches(char::is_alphabetic));
            let bars: usize = sections.map(|bars| bars.parse::<usize>().unwrap()).sum();
            assert!((8..=64).contains(&bars) && weight > 0, "{}: {form}", style.name);
        }
    }
}
