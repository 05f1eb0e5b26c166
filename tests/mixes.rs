//! Mixes of styles as their user meets them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::process::Output;

use assert_cmd::Command;
use tunesmith::style::merge::merged;
use tunesmith::style::{self, Figures, Style, StyleError};
use tunesmith::viewpoint::START;

fn tunesmith(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("tunesmith").unwrap();
    command.env("XDG_DATA_HOME", home.path()).env("HOME", home.path()).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn load(name: &str) -> Style {
    style::load(name).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_sheet_is_composed_in_a_mix_and_the_order_of_its_parts_does_not_matter() {
    let compose = |mix: &str| {
        let output = tunesmith(&["compose", "--style", mix, "--form", "A8", "--seed", "5", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let sheet =
            tunesmith(&["compose", "--style", mix, "--form", "A8", "--seed", "5", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["style"].as_str().unwrap().to_string(), text(&sheet.stdout))
    };
    let (name, sheet) = compose("songbook*0.3 + beatles*0.7");
    assert_eq!(name, "beatles*0.7+songbook*0.3");
    assert!(sheet.contains("melody"), "{sheet}");
    assert_eq!(compose("beatles*7+songbook*3"), (name, sheet.clone()), "the same mix, the same bytes");
    assert_ne!(compose("beatles").1, sheet);
}

#[test]
fn a_mix_is_described() {
    let output = tunesmith(&["styles", "beatles*0.7+songbook*0.3"]);
    let told = text(&output.stdout);
    assert!(
        told.starts_with("beatles*0.7+songbook*0.3 - The Beatles, 1962-1970 × Songbook (70:30)"),
        "{told}"
    );
    assert!(told.contains("Isophonics") && told.contains("OpenEWLD"), "{told}");
    let output = tunesmith(&["styles", "beatles+songbook", "--json"]);
    let described: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(described["mix"], serde_json::json!([["beatles", 0.5], ["songbook", 0.5]]));
    assert_eq!(
        described["melody_pieces"].as_u64().unwrap(),
        u64::from(["beatles", "songbook"].map(|name| load(name).figures.melody_pieces).iter().sum::<u32>())
    );
}

#[test]
fn wrong_mixes_are_answered_with_a_way_out() {
    for (mix, wanted) in [
        ("beatles*0.7+songbok*0.3", "there is no style 'songbok'; did you mean 'songbook'?"),
        ("beatles*1+songbook*0", "the weight of 'songbook' must be from 0.001"),
        ("beatles*0.7+", "a style has no name"),
        ("beatles*lots", "'lots' is no weight"),
        ("a*2*3+beatles", "there is no style 'a*2'"),
    ] {
        let output = tunesmith(&["compose", "--style", mix]);
        assert_eq!(output.status.code(), Some(2), "{mix}");
        assert!(text(&output.stderr).contains(wanted), "{mix}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{mix}");
    }
    assert!(matches!(style::load("+"), Err(StyleError::Mix { .. })));
}

#[test]
fn one_style_alone_is_no_mix_whatever_its_weight() {
    assert_eq!(load("beatles*0.2"), load("beatles"));
    assert_eq!(load("beatles+beatles*3"), load("beatles"));
}

/// Each transition by what it means, with its count in events.
fn events(figures: &Figures) -> BTreeMap<(String, Vec<String>, String), f64> {
    let mut events = BTreeMap::new();
    for (name, table) in figures.tables() {
        let (chords, lengths) = match name {
            "chord" | "chord before" => (1, usize::MAX),
            "chord place" | "chord close" | "chord role" => (2, usize::MAX),
            "length" | "length after" => (usize::MAX, 3),
            _ => (usize::MAX, usize::MAX),
        };
        let meaning = |at: usize, code: u16| match code {
            START => "start".to_string(),
            _ if at >= chords => figures.chords[usize::from(code)].to_string(),
            _ if at >= lengths => format!("{:?}", figures.lengths[usize::from(code)]),
            _ => code.to_string(),
        };
        for (context, entry) in table.transitions() {
            let means = context.iter().enumerate().map(|(at, &code)| meaning(at, code)).collect();
            let symbol = if chords.min(lengths) < usize::MAX {
                meaning(chords.min(lengths), entry.symbol)
            } else {
                entry.symbol.to_string()
            };
            let count = f64::from(entry.count) / f64::from(figures.unit);
            events.insert((name.to_string(), means, symbol), count);
        }
    }
    events
}

#[test]
fn a_style_mixed_with_itself_is_the_same_law() {
    for name in ["beatles", "songbook"] {
        let one = load(name).figures;
        let (once, twice) = (events(&one), events(&merged(&[(&one, 650), (&one, 350)])));
        assert!(once.keys().eq(twice.keys()), "{name}: the same transitions");
        let differ = |(a, b): (&f64, &f64)| (a - b).abs() > 0.0006;
        assert!(!once.values().zip(twice.values()).any(differ), "{name}: as often");
    }
}

#[test]
fn a_mix_stands_between_its_styles() {
    // How often a chord is followed by the dominant seventh's tonic, and so on: every first-order share of the mix lies
    // between those of its parts, as far as both know the chord.
    let (one, other, mix) = (load("beatles"), load("songbook"), load("beatles+songbook"));
    let share = |style: &Style, chord: &str| {
        let code = style.figures.chord_code(chord.parse().unwrap()).unwrap();
        let table = &style.figures.chord;
        f64::from(table.count(&[0], code)) / table.total(&[0]) as f64
    };
    for chord in ["0:", "5:", "7:", "7:7", "2:m", "9:m"] {
        let (a, b, both) = (share(&one, chord), share(&other, chord), share(&mix, chord));
        assert!((both - (a + b) / 2.0).abs() < 1e-4, "{chord}: {a} and {b} make {both}");
    }
}
