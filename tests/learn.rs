//! `learn` and `styles` as their user sees them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// Two songs that share all but their titles, and one that is too short.
const SONGS: &str = r#"{"songs": [
    {"title": "One", "meter": "4/4", "key": {"tonic": 0, "mode": "major"},
     "chords": [[0, 8, "C:maj", 0, "maj", 0, "maj"], [8, 8, "G:7", 7, "7", 7, "7"]],
     "melody": [[0, 2, 60], [2, 2, 64], [4, 4, 67], [8, 4, 71], [12, 4, 67]]},
    {"title": "Two", "meter": "4/4", "key": {"tonic": 2, "mode": "major"},
     "chords": [[0, 8, "D:maj", 2, "maj", 2, "maj"], [8, 8, "A:7", 9, "7", 9, "7"]],
     "melody": [[0, 2, 62], [2, 2, 66], [4, 4, 69], [8, 4, 73], [12, 4, 69]]},
    {"title": "Scrap", "meter": "4/4", "key": {"tonic": 0, "mode": "major"},
     "chords": [[0, 4, "C:maj", 0, "maj", 0, "maj"]], "melody": [[0, 4, 60]]}]}"#;

fn tunesmith(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("tunesmith").unwrap();
    command.env("XDG_DATA_HOME", home).env("HOME", home).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_style_of_own_sheets_is_learned_listed_and_described() {
    let home = tempfile::tempdir().unwrap();
    let songs = home.path().join("songs.json");
    std::fs::write(&songs, SONGS).unwrap();
    let songs = songs.to_str().unwrap();

    let learned = tunesmith(home.path(), &["learn", songs, "--name", "mine", "--min-pieces", "2"]);
    let told = text(&learned.stderr);
    assert!(learned.status.success(), "{told}");
    assert!(told.contains("'Scrap' was skipped: 1 bars") && told.contains("from 2 sheets"), "{told}");
    assert!(learned.stdout.is_empty());

    let list = text(&tunesmith(home.path(), &["styles"]).stdout);
    assert!(list.contains("mine") && list.contains("yours") && list.contains("beatles"), "{list}");
    let described = text(&tunesmith(home.path(), &["styles", "mine", "--json"]).stdout);
    let described: serde_json::Value = serde_json::from_str(&described).unwrap();
    assert_eq!((&described["pieces"], &described["chords"]), (&2.into(), &2.into()));
    assert_eq!(described["moves"][0]["from"], "I");
    assert_eq!(described["moves"][0]["to"], "V7");
}

#[test]
fn learning_again_keeps_what_the_user_wrote_on_the_card() {
    let home = tempfile::tempdir().unwrap();
    let songs = home.path().join("songs.json");
    std::fs::write(&songs, SONGS).unwrap();
    let learn = ["learn", songs.to_str().unwrap(), "--name", "mine"];
    assert!(tunesmith(home.path(), &learn).status.success());
    let folder = home.path().join("tunesmith").join("styles").join("mine");
    std::fs::write(folder.join("style.ron"), "(title: \"Kitchen songs\")").unwrap();
    let before = std::fs::read(folder.join("figures.bin")).unwrap();
    assert!(tunesmith(home.path(), &learn).status.success());
    assert_eq!(
        std::fs::read(folder.join("figures.bin")).unwrap(),
        before,
        "the same sheets give the same bytes"
    );
    assert!(text(&tunesmith(home.path(), &["styles", "mine"]).stdout).starts_with("mine - Kitchen songs"));
}

#[test]
fn what_cannot_be_learned_from_is_said_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let broken = home.path().join("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let broken = broken.to_str().unwrap();
    for (arguments, wanted) in [
        (vec!["learn", "no-such-folder", "--name", "x"], "no-such-folder"),
        (vec!["learn", broken, "--name", "x"], "nothing could be learned"),
        (vec!["learn", broken, "--name", "../x"], "cannot be the name of a style"),
        (vec!["learn", "songs*7", "--name", "x"], "the weight must be from 0.01 to 1"),
        (vec!["styles", "beetles"], "did you mean 'beatles'?"),
    ] {
        let output = tunesmith(home.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(wanted), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert!(!home.path().join("tunesmith").exists());
}
