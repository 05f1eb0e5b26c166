//! `tunesmith explain` as its user meets it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// Standard output, standard error, exit code.
fn tunesmith(arguments: &[&str]) -> (String, String, i32) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("tunesmith").unwrap();
    let output =
        command.env("XDG_DATA_HOME", home.path()).env("HOME", home.path()).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn explained(arguments: &[&str]) -> String {
    let (told, error, code) = tunesmith(&[&["explain"], arguments].concat());
    assert_eq!(code, 0, "{error}");
    told
}

fn report(arguments: &[&str]) -> Value {
    serde_json::from_str(&explained(&[arguments, &["--json"]].concat())).unwrap()
}

fn corpus(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path).to_str().unwrap().to_string()
}

/// A sheet composed in a style.
fn composed(folder: &Path, style: &str, meter: &str) -> PathBuf {
    let sheet = folder.join(format!("{style}.musicxml"));
    let path = sheet.to_str().unwrap();
    let request =
        ["compose", "--style", style, "--form", "A8 B8", "--meter", meter, "--seed", "4", "-o", path];
    let (_, error, code) = tunesmith(&request);
    assert_eq!(code, 0, "{error}");
    sheet
}

/// The sum of what stands second in each pair.
fn sum(probabilities: &Value) -> f64 {
    probabilities.as_array().unwrap().iter().map(|pair| pair[1].as_f64().unwrap()).sum()
}

#[test]
fn a_song_is_found_out_whatever_it_is_called() {
    let home = tempfile::tempdir().unwrap();
    let song = corpus("songs/amazing-grace.abc");
    let moved = home.path().join("mine.abc");
    let text = std::fs::read_to_string(&song).unwrap();
    let title = text.lines().find_map(|line| line.strip_prefix("T:")).unwrap().trim();
    std::fs::write(&moved, text.replace("T:", "T:Mine, not ")).unwrap();
    let moved = moved.to_str().unwrap();
    let told = explained(&[moved, "--style", "beatles", "--data", &corpus("songs")]);
    assert!(told.contains("40 songs at hand") && told.contains("it is broken"), "{told}");
    assert!(told.contains(&format!("{title}, bars 0-")), "{told}");
    let report = report(&[moved, "--style", "beatles", "--data", &corpus("songs")]);
    let notes = report["notes"].as_array().unwrap().len();
    assert_eq!(report["longest"], notes, "the whole song");
    assert_eq!(report["passages"][0]["places"][0]["title"], title);
    assert_eq!(report["limit"]["holds"], false);
    assert!(report["bars"].as_array().unwrap().iter().all(|bar| bar["longest"]["notes"] == notes));
    assert_eq!(report["notes"][notes - 1]["continues"]["notes"], notes);
}

#[test]
fn what_is_composed_keeps_the_limit_and_every_note_is_accounted_for() {
    let home = tempfile::tempdir().unwrap();
    let sheet = composed(home.path(), "chorale", "4/4");
    let sheet = sheet.to_str().unwrap();
    let told = explained(&[sheet, "--style", "chorale", "--notes"]);
    assert!(
        told.contains("388 songs at hand, from corpus/chorales")
            && told.contains("copy <= 8 notes: it holds"),
        "{told}"
    );
    assert!(
        told.contains("Bar by bar") && told.contains("\n    16  ") && told.contains("Note by note"),
        "{told}"
    );
    let report = report(&[sheet, "--style", "chorale"]);
    let notes = report["notes"].as_array().unwrap();
    assert!(notes.len() > 20);
    for note in notes {
        for likely in ["before", "after"] {
            let share = note[likely].as_f64().unwrap();
            assert!(share > 0.0 && share <= 1.0, "{note}");
        }
        assert!(note["order"].as_u64().unwrap() <= 3);
    }
    assert!(notes[1..].iter().any(|note| note["order"] == 3 && note["seen_after"] == 3));
    assert!(report["longest"].as_u64().unwrap() <= 8);
    assert_eq!(report["bars"].as_array().unwrap().last().unwrap()["bar"], 16);
}

#[test]
fn a_cell_tells_all_that_could_stand_there() {
    let home = tempfile::tempdir().unwrap();
    let sheet = composed(home.path(), "folk", "3/4");
    let sheet = sheet.to_str().unwrap();
    let whole = report(&[sheet, "--style", "folk"]);
    let note = &whole["notes"][5];
    let place = format!("{}.{}", note["bar"], note["beat"].as_str().unwrap());
    let told = report(&[sheet, "--style", "folk", "--cell", &place]);
    let cell = &told["cells"][0];
    for what in ["chord", "note"] {
        assert!((sum(&cell[what]["probabilities"]) - 1.0).abs() < 1e-9, "{cell}");
        assert!(cell[what]["probabilities"].as_array().unwrap().len() > 12, "{cell}");
    }
    let pairs = cell["note"]["probabilities"].as_array().unwrap();
    let own = pairs.iter().find(|pair| pair[0] == note["pitch"]).unwrap();
    assert_eq!(own[1], note["after"]);
    let text = explained(&[sheet, "--style", "folk", "--cell", &place]);
    assert!(text.contains(&format!("bar {place}, given all else")) && text.contains("is written"), "{text}");
    assert!(text.lines().filter(|line| line.contains('%')).count() <= 26, "{text}");
}

#[test]
fn a_style_of_figures_says_what_it_can_tell() {
    let home = tempfile::tempdir().unwrap();
    let sheet = composed(home.path(), "beatles", "4/4");
    let told = explained(&[sheet.to_str().unwrap(), "--style", "beatles"]);
    assert!(told.contains("none of them at hand") && told.contains("copy <= 8 notes: it holds"), "{told}");
    // A turn that comes again and again is a copy of no blues.
    let tune = home.path().join("tune.abc");
    std::fs::write(&tune, "X:1\nT:Tune\nM:6/8\nL:1/8\nK:D\nfed cBA|fed cBA|\n").unwrap();
    let told = report(&[tune.to_str().unwrap(), "--style", "blues"]);
    assert_eq!(told["limit"]["holds"], true, "{told}");
}

#[test]
fn chords_of_a_song_are_found_out_in_any_key() {
    let home = tempfile::tempdir().unwrap();
    let tune = |name: &str, chords: &str| {
        let path = home.path().join(format!("{name}.abc"));
        let bars: String = chords.split(' ').map(|chord| format!("\"{chord}\"z4|")).collect();
        std::fs::write(&path, format!("X:1\nT:{name}\nM:4/4\nL:1/4\nK:C\nC4|{bars}\n")).unwrap();
        path.to_str().unwrap().to_string()
    };
    let song = tune("Strange", "C Ebmaj7 Abm7 D9 F#m Bb7 Gdim Am7 E7 Bbm6");
    let mine = tune("Mine", "G D Fmaj7 Bbm7 E9 G#m C7 Adim Bm7 F#7");
    let told = report(&[&mine, "--style", "beatles", "--data", &song]);
    let chords = &told["chords"];
    assert_eq!((&chords["longest"], &chords["limit"]["holds"]), (&Value::from(9), &Value::from(false)));
    assert_eq!(chords["limit"]["text"], "copy <= 8 chords");
    let run = &chords["runs"][0];
    assert_eq!(run["bars"], serde_json::json!([3, 11]), "{chords}");
    assert_eq!(run["places"], serde_json::json!([{"title": "Strange", "bars": [2, 10]}]), "{chords}");
    let text = explained(&[&mine, "--style", "beatles", "--data", &song]);
    assert!(text.contains("copy <= 8 chords: it is broken") && text.contains("Strange, bars 2-10"), "{text}");
    // Without the song, no chords in a row are any of the style's.
    let text = explained(&[&mine, "--style", "beatles"]);
    assert!(text.contains("copy <= 8 chords: it holds") && !text.contains("Strange"), "{text}");
}

#[test]
fn what_is_asked_wrongly_is_answered_with_a_way_out() {
    let song = corpus("songs/amazing-grace.abc");
    for (arguments, wanted) in [
        (vec![song.as_str(), "--cell", "five"], "5.3"),
        (vec![&song, "--cell", "99.1"], "bars"),
        (vec![&song, "--cell", "1.9"], "beats"),
        (vec![&song, "--style", "nobody"], "there is no style"),
        (vec![&song, "--data", "no-such-folder"], "no such file or folder"),
        (vec![&corpus("chorales/bach.abc")], "--tune"),
        (vec!["no-such-sheet.abc"], "no-such-sheet.abc"),
    ] {
        let (told, error, code) = tunesmith(&[&["explain"], arguments.as_slice()].concat());
        assert_eq!((code, told.as_str()), (2, ""), "{arguments:?}");
        assert!(error.contains(wanted), "{arguments:?}: {error}");
    }
    let home = tempfile::tempdir().unwrap();
    let mixed = home.path().join("mixed.abc");
    std::fs::write(&mixed, "X:1\nT:Mixed\nM:4/4\nL:1/4\nK:C\nCDEF|[M:3/4]GAB|cBA|\n").unwrap();
    let (_, error, code) = tunesmith(&["explain", mixed.to_str().unwrap(), "--cell", "1.1"]);
    assert!(code == 2 && error.contains("bar 2") && error.contains("meter"), "{error}");
    let told = explained(&[mixed.to_str().unwrap(), "--notes"]);
    assert!(told.contains("cannot be told"), "{told}");
}
