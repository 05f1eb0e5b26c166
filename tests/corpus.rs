//! The songs that come with the program: that they are whole, that their sources are told, and that a style can be
//! learned from them alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tunesmith::format::{Format, abc::Abc, musicxml::MusicXml};
use tunesmith::music::{Duration, LeadSheet, unfold::unfolded};

/// The fewest songs the folder holds.
const FEWEST: usize = 40;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The files of the songs, in order of name.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder().join("songs")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What a file is called.
fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

/// The songs by the names of their files.
fn songs() -> Vec<(String, LeadSheet)> {
    let song = |file: &PathBuf| {
        let reading = Abc.read(&std::fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(reading.remarks, Vec::<String>::new(), "{}", file.display());
        let [sheet] = <[LeadSheet; 1]>::try_from(reading.sheets).unwrap();
        (name(file), sheet)
    };
    files().iter().map(song).collect()
}

/// Of all bars, how many hold melody and how many a chord.
fn bars_with_melody_and_chords(sheet: &LeadSheet) -> (usize, usize) {
    let mut at = Duration::ZERO;
    let (mut melody, mut chords) = (0, 0);
    for bar in &sheet.form().bars {
        let end = at + bar.length;
        melody += usize::from(sheet.melody().notes.iter().any(|note| note.onset < end && note.end() > at));
        let chord = sheet.chart().sounding_at(at).or(sheet.chart().sounding_at(at + bar.length / 2));
        chords += usize::from(chord.is_some_and(|chord| chord.pitch_classes() != 0));
        at = end;
    }
    (melody, chords)
}

#[test]
fn there_are_songs_enough_each_with_a_title_of_its_own() {
    let mut titles: Vec<String> = songs().iter().map(|(_, sheet)| sheet.title().to_string()).collect();
    assert!(titles.len() >= FEWEST, "{} songs", titles.len());
    titles.sort();
    let count = titles.len();
    titles.dedup();
    assert_eq!(titles.len(), count, "two songs of one title");
    assert!(titles.iter().all(|title| !title.is_empty()));
}

#[test]
fn every_bar_is_full() {
    for (file, sheet) in songs() {
        let form = sheet.form();
        assert!(form.pickup < sheet.meter().bar_length(), "{file}: a pickup of {}", form.pickup);
        for (index, bar) in form.bars.iter().enumerate() {
            assert_eq!(bar.length, bar.meter.bar_length(), "{file}: bar {}", index + 1);
        }
        assert!((8..=32).contains(&form.bars.len()), "{file}: {} bars", form.bars.len());
    }
}

#[test]
fn melody_and_chords_go_through_every_song() {
    for (file, sheet) in songs() {
        let bars = sheet.form().bars.len();
        let (melody, chords) = bars_with_melody_and_chords(&sheet);
        assert!(melody * 4 >= bars * 3, "{file}: melody in {melody} of {bars} bars");
        assert!(chords * 4 >= bars * 3, "{file}: chords in {chords} of {bars} bars");
    }
}

#[test]
fn melodies_can_be_sung_and_end_on_their_last_chord() {
    for (file, sheet) in songs() {
        let notes = &sheet.melody().notes;
        let low = notes.iter().map(|note| note.pitch.midi()).min().unwrap();
        let high = notes.iter().map(|note| note.pitch.midi()).max().unwrap();
        assert!(high - low <= 19, "{file}: from {low} to {high}, more than an octave and a fifth");
        assert!(low >= 55 && high <= 81, "{file}: from {low} to {high}");
        let last = notes.last().unwrap();
        let chord = sheet.chart().sounding_at(last.onset).unwrap();
        let tone = 1 << last.pitch.midi().rem_euclid(12);
        assert!(chord.pitch_classes() & tone != 0, "{file}: ends on {} over {chord}", last.pitch);
    }
}

#[test]
fn most_of_every_melody_is_in_its_chord() {
    for (file, sheet) in songs() {
        let (mut inside, mut all) = (Duration::ZERO, Duration::ZERO);
        for note in &sheet.melody().notes {
            let Some(chord) = sheet.chart().sounding_at(note.onset) else { continue };
            all += note.duration;
            if chord.pitch_classes() & (1 << note.pitch.midi().rem_euclid(12)) != 0 {
                inside += note.duration;
            }
        }
        assert!(inside * 2 >= all, "{file}: {inside} of {all} quarters on chord tones");
    }
}

#[test]
fn the_sources_name_every_file_and_no_other() {
    let sources = std::fs::read_to_string(folder().join("SOURCES.md")).unwrap();
    let section = sources.split("\n## ").find(|section| section.starts_with("Songs")).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let named: Vec<&str> = rows.map(|(name, _)| name).collect();
    let held: Vec<String> = files().iter().map(|file| name(file)).collect();
    assert_eq!(named, held);
}

#[test]
fn a_style_learned_from_the_songs_alone_composes() {
    let home = tempfile::tempdir().unwrap();
    let sheet = home.path().join("sheet.musicxml");
    let tunesmith = |arguments: &[&str]| -> Output {
        let mut command = Command::cargo_bin("tunesmith").unwrap();
        command.env("XDG_DATA_HOME", home.path()).env("HOME", home.path()).args(arguments).output().unwrap()
    };
    let told = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();

    let songs = folder().join("songs");
    let learned = tunesmith(&["learn", songs.to_str().unwrap(), "--name", "mine"]);
    assert!(learned.status.success(), "{}", told(&learned));
    assert!(!told(&learned).contains("was skipped"), "{}", told(&learned));
    assert!(told(&learned).contains(&format!("from {} sheets", files().len())), "{}", told(&learned));

    let request = ["compose", "--style", "mine", "--form", "AABA", "--key", "F", "--seed", "7", "-o"];
    let composed = tunesmith(&[&request[..], &[sheet.to_str().unwrap()]].concat());
    assert!(composed.status.success(), "{}", told(&composed));

    let reading = MusicXml.read(&std::fs::read(&sheet).unwrap()).unwrap();
    assert_eq!(reading.remarks, Vec::<String>::new());
    let [sheet] = <[LeadSheet; 1]>::try_from(reading.sheets).unwrap();
    let sheet = unfolded(&sheet);
    let bars = sheet.form().bars.len();
    assert_eq!((sheet.key().to_string().as_str(), bars), ("F major", 32));
    assert!(sheet.form().bars.iter().all(|bar| bar.length == bar.meter.bar_length()));
    let (melody, chords) = bars_with_melody_and_chords(&sheet);
    assert!(
        melody * 4 >= bars * 3 && chords == bars,
        "melody in {melody}, chords in {chords} of {bars} bars"
    );
}
