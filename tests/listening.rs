//! What a user of `play` and `render` can rely on.
#![allow(clippy::unwrap_used, reason = "a test may end when something is not as it must be")]
#![allow(clippy::disallowed_methods, reason = "what is played takes its time, which is measured here")]

use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use assert_cmd::Command;

/// Three bars of a second each, the first two played twice, after a pickup of a quarter.
const SONG: &str = "Title: Song\nKey: C major\nMeter: 4/4\nTempo: 1 = 240\nPickup: 1\n\n\
    |: C | F :| C |\n\nMelody\nbar 0: G4:1\nbar 1: C5:2 E5:2\nbar 2: F5:4\nbar 3: C5:4\n";
/// Two tunes of one bar.
const TUNES: &str = "X:1\nT:One\nM:4/4\nL:1/4\nK:C\nC D E F|\n\nX:2\nT:Two\nM:4/4\nL:1/4\nK:C\nG4|\n";
/// Seconds that a file lasts beyond its last beat.
const TAIL: f64 = 1.5;

/// A folder with these sheets in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        std::fs::write(desk.path("song.txt"), SONG).unwrap();
        std::fs::write(desk.path("tunes.abc"), TUNES).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tunesmith"));
        command.current_dir(self.0.path()).args(line.split(' ')).env("HOME", self.0.path());
        // Nobody who runs the tests shall hear them.
        for name in ["PULSE_SERVER", "PULSE_RUNTIME_PATH", "XDG_RUNTIME_DIR"] {
            command.env_remove(name);
        }
        command.timeout(Duration::from_secs(60));
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs what must succeed without a word.
    #[track_caller]
    fn does(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success() && output.stderr.is_empty(), "{line}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs what must fail and say these words.
    #[track_caller]
    fn refuses(&self, line: &str, words: &[&str]) {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}: {}", said(&output));
        assert!(output.stdout.is_empty());
        for word in words {
            assert!(said(&output).contains(word), "{line}: no '{word}' in: {}", said(&output));
        }
    }

    fn seconds(&self, line: &str) -> f64 {
        let report = self.does(&format!("render {line} -o a.wav --force --json"));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert!(report["peak"].as_f64().is_some_and(|peak| (0.01..0.99).contains(&peak)), "{report}");
        assert_eq!(report["file"], "a.wav");
        report["seconds"].as_f64().unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn samples(path: PathBuf) -> Vec<i16> {
    hound::WavReader::open(path).unwrap().into_samples::<i16>().map(Result::unwrap).collect()
}

#[test]
fn a_wav_file_is_written_whole_and_the_same_each_time() {
    let desk = Desk::new();
    assert_eq!(desk.does("render song.txt -o a.wav"), "");
    let reader = hound::WavReader::open(desk.path("a.wav")).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 44_100, 16));
    // A quarter and five bars.
    assert!((f64::from(reader.duration()) / 44_100.0 - (5.25 + TAIL)).abs() < 0.001);
    let all = samples(desk.path("a.wav"));
    assert!(all.iter().all(|sample| sample.unsigned_abs() < 32_700));
    assert!(all.iter().any(|sample| sample.unsigned_abs() > 5_000));
    assert_eq!(all[all.len() - 2..], [0, 0]);
    desk.does("render song.txt -o b.wav");
    assert_eq!(std::fs::read(desk.path("a.wav")).unwrap(), std::fs::read(desk.path("b.wav")).unwrap());
    assert_eq!(desk.run("render song.txt -o -").stdout, std::fs::read(desk.path("a.wav")).unwrap());
}

#[test]
fn bars_are_counted_as_played() {
    let desk = Desk::new();
    for (line, music) in [
        ("song.txt", 5.25),
        ("song.txt --from-bar 1", 5.0),
        ("song.txt --from-bar 0 --to-bar 0", 0.25),
        ("song.txt --from-bar 3 --to-bar 5", 3.0),
        ("song.txt --from-bar 5 --tempo 120", 2.0),
        ("song.txt --from-bar 2 --to-bar 2 --count-in", 2.0),
        ("tunes.abc --tune 2 --tempo 60", 4.0),
    ] {
        assert!((desk.seconds(line) - TAIL - music).abs() < 0.001, "{line}");
    }
    desk.refuses("render song.txt -o c.wav --from-bar 6", &["no bar 6", "5 are played"]);
    desk.refuses("render song.txt -o c.wav --from-bar 3 --to-bar 2", &["--from-bar 3 is after --to-bar 2"]);
    desk.refuses("render tunes.abc -o c.wav", &["holds 2 tunes", "--tune 1"]);
    desk.refuses("render tunes.abc --tune 1 --from-bar 0 -o c.wav", &["no pickup"]);
    desk.refuses("render song.txt -o c.wav --tempo 0", &["1..=999"]);
    desk.refuses("render song.txt -o c.wav --step 2", &["only a session", "--step"]);
    assert!(!desk.path("c.wav").exists());
}

#[test]
fn voices_and_instruments_differ() {
    let desk = Desk::new();
    let sound = |line: &str| {
        desk.does(format!("render song.txt -o d.wav --force {line}").trim_end());
        samples(desk.path("d.wav"))
    };
    let all = [
        sound(""),
        sound("--melody-only"),
        sound("--no-melody"),
        sound("--metronome"),
        sound("--instrument flute"),
        sound("--melody-only --instrument flute"),
    ];
    for (index, one) in all.iter().enumerate() {
        assert!(all[..index].iter().all(|other| one != other), "{index}");
    }
    desk.refuses("render song.txt -o e.wav --instrument kazoo", &["'kazoo'", "electric-piano", "flute"]);
    desk.refuses("render song.txt -o e.wav --melody-only --no-melody", &["cannot be used with"]);
}

#[test]
fn files_are_refused_before_any_work() {
    let desk = Desk::new();
    desk.does("render song.txt -o a.wav");
    desk.refuses("render song.txt -o a.wav", &["exists already", "--force"]);
    desk.does("render song.txt -o a.wav --force");
    desk.refuses("render song.txt -o a.mp3", &["'a.mp3'", ".wav", "convert"]);
    desk.refuses("render song.txt -o - --json", &["--json"]);
    desk.refuses("render none.txt -o f.wav", &["none.txt", "no such file"]);
    desk.refuses("render song.txt -o no/f.wav", &["no/f.wav"]);
    let endless = SONG.replace("240", "1").replace("| F :|", "| {32 times} F :|");
    std::fs::write(desk.path("long.txt"), endless).unwrap();
    desk.refuses("render long.txt -o f.wav", &["minutes of sound", "--from-bar"]);
    assert!(!desk.path("f.wav").exists());
}

#[test]
fn a_soundfont_that_is_none_is_named() {
    let desk = Desk::new();
    std::fs::write(desk.path("a.sf2"), "RIFFnothing").unwrap();
    desk.refuses("render song.txt -o g.wav --soundfont a.sf2", &["'a.sf2'", "no SoundFont", ".sf2"]);
    desk.refuses("render song.txt -o g.wav --soundfont b.sf2", &["'b.sf2'", "no such file"]);
    desk.refuses("play song.txt --soundfont .", &["'.'", "folder"]);
}

#[test]
fn without_a_sound_card_the_bars_pass_silently_in_their_time() {
    let desk = Desk::new();
    let begun = Instant::now();
    let output = desk.run("play song.txt --from-bar 2 --to-bar 4");
    let passed = begun.elapsed().as_secs_f64();
    assert!(output.status.success() && output.stdout.is_empty());
    let lines = said(&output);
    assert!(lines.contains("no sound server") && lines.contains("tunesmith render 'song.txt' -o"), "{lines}");
    let bars: Vec<&str> = lines.lines().filter(|line| line.starts_with("bar ")).collect();
    assert_eq!(bars, ["bar 2 of 4", "bar 3 of 4", "bar 4 of 4"]);
    assert!((3.0 + TAIL - 0.1..3.0 + TAIL + 5.0).contains(&passed), "{passed}");
    let output = desk.run("play song.txt --from-bar 5 --tempo 999 --quiet");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
}

#[test]
fn a_loop_goes_on_until_it_is_stopped() {
    let desk = Desk::new();
    let output =
        desk.command("play song.txt --from-bar 1 --to-bar 2 --loop").timeout(Duration::from_secs(5)).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), None, "it was killed");
    let lines = said(&output);
    let first = lines.lines().filter(|line| *line == "bar 1 of 2").count();
    assert!((2..=3).contains(&first), "{lines}");
}
