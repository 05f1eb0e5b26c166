//! `tune` as its user sees it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

fn tunesmith(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("tunesmith").unwrap();
    command.env("XDG_DATA_HOME", home).env("HOME", home).args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_style_of_own_sheets_is_tuned_and_stays_its_users() {
    let home = tempfile::tempdir().unwrap();
    let songs = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/songs");
    assert!(tunesmith(home.path(), &["learn", songs, "--name", "mine"]).status.success());
    let folder = home.path().join("tunesmith").join("styles").join("mine");
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (card, learned) = (file("style.ron"), file("figures.bin"));

    let tune = ["tune", "mine", "--steps", "2", "--sheets", "10", "--usual-meter"];
    let tuned = tunesmith(home.path(), &tune);
    assert!(tuned.status.success() && tuned.stdout.is_empty(), "{}", told(&tuned));
    assert!(told(&tuned).contains("tuned 'mine' in its usual meter"), "{}", told(&tuned));
    let once = file("figures.bin");
    assert_ne!(once, learned);
    assert_eq!(file("style.ron"), card, "the card is the user's");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "nothing is left behind");
    assert!(tunesmith(home.path(), &["compose", "--style", "mine", "--bars", "8"]).status.success());

    // Learned anew it is as it was, and tuned again the same: by its folder, too.
    assert!(tunesmith(home.path(), &["learn", songs, "--name", "mine"]).status.success());
    assert_eq!(file("figures.bin"), learned);
    let by_folder = ["tune", folder.to_str().unwrap(), "--steps", "2", "--sheets", "10", "--usual-meter"];
    assert!(tunesmith(home.path(), &by_folder).status.success());
    assert_eq!(file("figures.bin"), once);
}

#[test]
fn what_cannot_be_tuned_is_told() {
    let home = tempfile::tempdir().unwrap();
    for (style, wanted) in [
        ("beatles", "built into the program"),
        ("beatles*0.5+jazz*0.5", "built into the program"),
        ("beetles", "did you mean 'beatles'"),
    ] {
        let refused = tunesmith(home.path(), &["tune", style]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(told(&refused).contains(wanted), "{style}: {}", told(&refused));
    }
    let refused = tunesmith(home.path(), &["tune", "beatles", "--sheets", "3"]);
    assert_eq!(refused.status.code(), Some(2));
}
