//! `evaluate` as its user sees it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};

fn tunesmith(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("tunesmith").unwrap();
    command.env("XDG_DATA_HOME", home).env("HOME", home).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Six songs of eight bars, each with a rhythm of its own that every bar has.
fn songs() -> Value {
    let song = |number: i64| {
        let onsets = [vec![0, 2], vec![0, 1, 2], vec![0, 1, 2, 3]][number as usize % 3].clone();
        let bar = |bar: i64| {
            let ends: Vec<i64> = onsets.iter().skip(1).copied().chain([4]).collect();
            let notes = onsets.iter().zip(ends).map(move |(&at, end)| {
                let pitch = [60, 64, 67, 65][(bar + at) as usize % 4];
                json!([bar * 4 + at, end - at, pitch])
            });
            notes.collect::<Vec<_>>()
        };
        let chords = (0..8).map(|bar| match bar % 4 {
            3 => json!([bar * 4, 4, "G:7", 7, "7", 7, "7"]),
            _ => json!([bar * 4, 4, "C:maj", 0, "maj", 0, "maj"]),
        });
        json!({
            "title": format!("Song {number}"),
            "meter": "4/4",
            "key": {"tonic": 0, "mode": "major"},
            "chords": chords.collect::<Vec<_>>(),
            "melody": (0..8).flat_map(bar).collect::<Vec<_>>(),
        })
    };
    json!({"songs": (0..6).map(song).collect::<Vec<_>>()})
}

fn row(report: &Value, figure: &str) -> Value {
    let rows = report["figures"].as_array().unwrap();
    rows.iter().find(|row| row["figure"] == figure).unwrap_or_else(|| panic!("{figure}")).clone()
}

#[test]
fn sheets_are_held_against_their_style() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("songs.json");
    std::fs::write(&path, songs().to_string()).unwrap();
    let path = path.to_str().unwrap();
    let learned = tunesmith(home.path(), &["learn", path, "--name", "mine"]);
    assert!(learned.status.success(), "{}", text(&learned.stderr));

    let arguments = ["evaluate", "--style", "mine", "--sheets", "3", "--bars", "8", "--json"];
    let output = tunesmith(home.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["meter"], &report["composed"]["melodies"]), (&json!("4/4"), &json!(3)));
    assert_eq!(report["corpus"]["melodies"], 6);
    let rhythm = row(&report, "rhythm_1");
    assert_eq!(rhythm["corpus"], 1.0, "every bar of a song has the rhythm of the bar before");
    let difference = rhythm["difference"].as_f64().unwrap();
    assert!((rhythm["composed"].as_f64().unwrap() - 1.0 - difference).abs() < 1e-9);
    assert_eq!(rhythm["within"], difference.abs() <= 0.06);
    assert!(rhythm["plain_chain"].is_number());
    assert_eq!(text(&tunesmith(home.path(), &arguments).stdout), text(&output.stdout), "the same again");

    // The songs themselves are as near to the corpus as can be.
    let given = ["evaluate", "--against", path, "--json", path];
    let report: Value = serde_json::from_slice(&tunesmith(home.path(), &given).stdout).unwrap();
    for figure in report["figures"].as_array().unwrap() {
        assert_ne!(figure["within"], false, "{figure}");
        assert!(figure["difference"].is_null() || figure["difference"] == 0.0, "{figure}");
    }
    let table = text(&tunesmith(home.path(), &["evaluate", "--against", path, path]).stdout);
    assert!(table.contains("melody on chord tones") && !table.contains("NO"), "{table}");
}

#[test]
fn folds_part_the_songs() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("songs.json");
    std::fs::write(&path, songs().to_string()).unwrap();
    let path = path.to_str().unwrap();
    let mut counts = Vec::new();
    for part in ["0/2", "1/2"] {
        let learned = tunesmith(home.path(), &["learn", path, "--name", "rest", "--fold", part]);
        let told = text(&learned.stderr);
        let report = tunesmith(home.path(), &["evaluate", "--against", path, "--fold", part, "--json", path]);
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let held_out = report["corpus"]["melodies"].as_u64().unwrap();
        assert!(told.contains(&format!("from {} sheets", 6 - held_out)), "{part}: {told}");
        counts.push(held_out);
    }
    assert!(counts.iter().sum::<u64>() == 6 && counts.iter().all(|&count| count > 0), "{counts:?}");
}

#[test]
fn what_cannot_be_measured_is_said() {
    let home = tempfile::tempdir().unwrap();
    let broken = home.path().join("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let broken = broken.to_str().unwrap();
    let songs_path = home.path().join("songs.json");
    std::fs::write(&songs_path, songs().to_string()).unwrap();
    let songs_path = songs_path.to_str().unwrap();
    for (arguments, wanted) in [
        (vec!["evaluate", broken], "there is no sheet to measure"),
        (vec!["evaluate", "no-such-file.abc"], "no-such-file.abc"),
        (vec!["evaluate", "--against", songs_path, "--meter", "3/4", songs_path], "say another --meter"),
        (vec!["evaluate", "--style", "beetles"], "did you mean 'beatles'?"),
        (vec!["evaluate", "--fold", "1/2"], "--against"),
        (vec!["evaluate", "--against", songs_path, "--fold", "2/2", songs_path], "is no fold"),
    ] {
        let output = tunesmith(home.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(wanted), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn songs_held_out_are_foretold_by_chains_and_by_the_styles_own_laws() {
    let home = tempfile::tempdir().unwrap();
    let songs = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/songs");
    let bits = |arguments: &[&str]| {
        let all = [&["evaluate", "--bits"], arguments].concat();
        let output = tunesmith(home.path(), &all);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let table = bits(&["--against", songs, "--fold", "0/4"]);
    let row = |title: &str| -> Vec<f64> {
        let line = table.lines().find(|line| line.starts_with(title)).unwrap_or_else(|| panic!("{table}"));
        line[18..].split_whitespace().map(|word| word.parse().unwrap()).collect()
    };
    for title in ["pitch of a note", "length of a note", "a note in all", "chord  ", "length of a chord"] {
        let row = row(title);
        assert_eq!(row.len(), 5, "{table}");
        assert!(row[0] > 100.0 && row[4] < row[3], "{table}");
        let best = row[1..4].iter().copied().fold(f64::INFINITY, f64::min);
        assert!(title.starts_with("chord") || row[4] < best, "the own law costs least: {table}");
    }
    // Chords and melody may come from different songs.
    let report = bits(&["--chords", songs, "--melody", songs, "--fold", "0/4", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report.as_array().unwrap().len(), 16);
    let melody = bits(&["--melody", songs, "--fold", "0/4"]);
    assert!(melody.lines().any(|line| line.starts_with("chord ") && line.contains(" 0 ")), "{melody}");

    let refused = tunesmith(home.path(), &["evaluate", "--bits"]);
    assert_eq!(refused.status.code(), Some(2));
}
