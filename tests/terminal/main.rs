//! The session as a program in a terminal: what a songwriter sees, and what is left when it is killed.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test waits no longer than it must")]

#[allow(dead_code, reason = "the recording needs more of it")]
mod pty;

use std::path::Path;
use std::time::Duration;

use pty::{COLUMNS, Program, ROWS};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tunesmith::cli::files::read_session;
use tunesmith::compose::{Request, prepare};
use tunesmith::session::{Change, Session, Song, file};
use tunesmith::style;
use tunesmith::tui::app::App;
use tunesmith::tui::pane;
use tunesmith::tui::theme::Theme;

/// Starts `tunesmith` with all its folders in one.
fn start(folder: &Path, arguments: &[&str]) -> Program {
    Program::run(Path::new(env!("CARGO_BIN_EXE_tunesmith")), (COLUMNS, ROWS), folder, arguments)
}

/// A session of sixteen bars in a file.
fn begun(path: &Path) {
    let style = style::load("folk").expect("a shipped style");
    let request = Request {
        form: Some("A4 B4 C4 A4".into()),
        key: "D".parse().ok(),
        meter: "4/4".parse().ok(),
        pickup: Some(tunesmith::music::Duration::ZERO),
        title: Some("Paper Boats".into()),
        seed: 4,
        ..Request::default()
    };
    let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).expect("a take");
    let session = Session::new("begun in folk", Song::new("folk", take.sheet));
    std::fs::write(path, file::write(&session, 0).expect("a text")).expect("a file");
}

/// The sheet on the screen: sixteen bars in four lines, without what stands beside it.
fn sheet(frame: &[String]) -> Vec<String> {
    let row = |row: &String| row.chars().take(79).collect::<String>().trim_end().to_string();
    frame[1..14].iter().map(row).collect()
}

/// The two rows of a bar, from 1.
fn bar(frame: &[String], number: usize) -> [String; 2] {
    let row = |row: usize| frame[row].split('│').nth((number - 1) % 4 + 1).unwrap_or_default().to_string();
    let top = 2 + (number - 1) / 4 * 3;
    [row(top), row(top + 1)]
}

/// The notes of a bar. Its chords are not written again where they go on from the bar before.
fn notes(frame: &[String], number: usize) -> String {
    let [_, notes] = bar(frame, number);
    notes
}

/// The sheet as the screen shows a session.
fn drawn(session: &Session) -> Vec<String> {
    let app = App::new(session.clone(), Some("song.tune".into()), 0);
    let mut screen = Terminal::new(TestBackend::new(pty::COLUMNS, pty::ROWS)).expect("a screen in memory");
    let theme = Theme { colours: true, ascii: false };
    screen.draw(|frame| drop(pane::draw(frame, &app, theme))).expect("a drawing");
    let cells = screen.backend().buffer().content.chunks(usize::from(pty::COLUMNS));
    let rows: Vec<String> =
        cells.map(|cells| cells.iter().map(ratatui::buffer::Cell::symbol).collect()).collect();
    sheet(&rows)
}

#[test]
fn a_song_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.tune");
    begun(&path);
    let program = start(folder.path(), &["song.tune"]);
    let first = program.wait_for("Paper Boats");
    program.send("r");
    let composed = program.wait_for("take 1/1");
    assert_ne!(sheet(&composed), sheet(&first));

    // Two bars are locked; they stay, and the rest is composed anew.
    program.send("\x1b[C\x1b[1;2C");
    program.wait_for("bars 2-3 selected");
    program.send("l");
    program.wait_for("bars 2-3 locked");
    program.send("\x1b");
    let locked = program.wait("nothing selected", |frame| !frame.iter().any(|row| row.contains("selected")));
    assert!(bar(&locked, 2).iter().chain(&bar(&locked, 3)).all(|row| row.starts_with('■')), "{locked:#?}");
    program.send("r");
    let anew = program.wait_for("take 2/2");
    for number in [2, 3] {
        assert_eq!(notes(&anew, number), notes(&locked, number));
    }
    assert_ne!(sheet(&anew), sheet(&locked));

    program.send("u");
    let undone = program.wait("the sheet before", |frame| sheet(frame) == sheet(&locked));
    assert!(undone.iter().any(|row| row.contains("take 1/2") || row.contains("2 takes")), "{undone:#?}");

    // What cannot be had is told; the first way out is taken.
    for text in ["bar 6: chord Em", "no chord Em"] {
        program.send("A");
        program.wait_for("ask for:");
        program.send(&format!("\x15{text}\r"));
        program.wait_for(&format!("asked: {text}"));
    }
    program.send("r");
    let refused = program.wait_for("in the way");
    let asked = |frame: &[String]| sheet(frame).concat().replace(['◆', '■'], " ");
    assert_eq!(asked(&refused), asked(&undone), "the old music stays");
    program.send("1");
    let mended = program.wait("a take without what was in the way", |frame| {
        frame[0].contains("take 3/3") && !frame.iter().any(|row| row.contains("in the way"))
    });
    assert!(mended.iter().any(|row| row.contains("asked, all met")), "{mended:#?}");
    for number in [2, 3] {
        assert_eq!(notes(&mended, number), notes(&locked, number));
    }

    program.send("e");
    program.wait_for("export to");
    program.send("\x15song.musicxml\r");
    program.wait_for("exported to song.musicxml");
    let exported = std::fs::read(folder.path().join("song.musicxml")).expect("a sheet");
    let read = tunesmith::format::by_extension("musicxml").expect("MusicXML").read(&exported);
    let sheets = read.expect("a sheet").sheets;
    // What is there already is replaced only if that is said.
    program.send("r");
    program.wait_for("take 4/4");
    program.send("e\x15song.musicxml\r");
    program.wait_for("song.musicxml exists: replace it? y/n");
    program.send("n");
    program.wait_for("stays as it was");
    assert_eq!(std::fs::read(folder.path().join("song.musicxml")).ok(), Some(exported));
    program.send("u");
    program.wait("the take before", |frame| sheet(frame) == sheet(&mended));
    program.send("q");
    let (status, rows) = program.end();
    assert!(status.success() && rows.iter().any(|row| row.contains("saved:")), "{status} {rows:#?}");

    assert!(!folder.path().join("song.tune.journal").exists());
    let (session, _) = read_session(&path).expect("a session");
    let (song, chart) = (session.song(), sheets[0].chart());
    assert_eq!(song.sheet.chart().changes.len(), chart.changes.len());
    assert_eq!((session.takes.len(), drawn(&session)), (4, sheet(&mended)));
    let program = start(folder.path(), &["song.tune"]);
    program.wait("the song as it was left", |frame| frame.len() > 14 && sheet(frame) == sheet(&mended));
}

#[test]
fn nothing_is_lost_when_it_is_killed() {
    const KEYS: [&str; 11] = ["r", "R", "\x1br", "n", "N", "l", "u", "\x12", "w", "*", "\x1b[C"];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.tune");
    begun(&path);
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let mut changed = 0;
    for moment in 0..20 {
        let (before, count) = read_session(&path).expect("a session");
        let program = start(folder.path(), &["song.tune"]);
        program.wait("the sheet as it was", |frame| frame.len() > 14 && sheet(frame) == drawn(&before));
        let keys = random.random_range(1..8);
        for _ in 0..keys {
            program.send(KEYS[random.random_range(0..KEYS.len())]);
        }
        program.wait_frames(
            random.random_range(0..keys + 3),
            Duration::from_millis(random.random_range(1..400)),
        );
        let seen = program.kill();
        let (session, now) = read_session(&path).expect("a session");
        changed += now - count;
        // What was on the screen is the song now, or a step on the way there.
        let steps = (0..session.history.steps().len()).rev().map(|step| {
            let mut there = session.clone();
            there.apply(Change::GoTo(step));
            drawn(&there)
        });
        let sheet = sheet(&seen);
        assert!(steps.into_iter().any(|step| step == sheet), "moment {moment}: lost:\n{}", seen.join("\n"));
        let takes =
            seen[0].split_once("take ").and_then(|(_, rest)| rest.split([' ', '/']).nth(1)?.parse().ok());
        assert!(takes.unwrap_or(0) <= session.takes.len(), "moment {moment}: {}", seen[0]);
    }
    assert!(changed > 20, "{changed} changes are too few to lose one");
    // With all said and done, it is the very sheet that was seen.
    let program = start(folder.path(), &["song.tune"]);
    program.wait_for("Paper Boats");
    program.send("r");
    let takes = read_session(&path).expect("a session").0.takes.len() + 1;
    program.wait_for(&format!("take {takes}/{takes}"));
    let seen = program.kill();
    let (session, _) = read_session(&path).expect("a session");
    assert_eq!((drawn(&session), session.takes.len()), (sheet(&seen), takes));
}

#[test]
fn signals_are_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.tune");
    begun(&path);
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let program = start(folder.path(), &["song.tune"]);
        program.wait_for("Paper Boats");
        program.send("l");
        program.wait_for("bar 1 ");
        program.signal(name);
        let (status, _) = program.end();
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(status.signal(), Some(number), "{status}");
        assert!(!folder.path().join("song.tune.journal").exists(), "closed as it should be");
    }
    // Stopped by a key and by a signal, and going on, with the screen as it was.
    let program = start(folder.path(), &["song.tune"]);
    let before = program.wait_for("Paper Boats");
    for stop in ["key", "signal"] {
        match stop {
            "key" => program.send("\x1a"),
            _ => program.signal("TSTP"),
        }
        program.wait_state("T");
        program.wait_screen(false);
        program.signal("CONT");
        program.wait_screen(true);
        program.send("\x1b[C");
        let after = program.wait("the next bar", |frame| frame.iter().any(|row| row.contains("  bar 2")));
        assert_eq!(sheet(&after), sheet(&before));
        program.send("\x1b[D");
        program.wait("the first bar", |frame| frame.iter().any(|row| row.contains("  bar 1")));
    }
    assert!(program.has_screen());
    program.kill();
}

#[test]
fn another_size_is_drawn_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    begun(&folder.path().join("song.tune"));
    let program = start(folder.path(), &["song.tune"]);
    program.wait_for("takes (v)");
    let holds = |frame: &[String], text: &str| frame.iter().any(|row| row.contains(text));
    program.resize(80, 24);
    program.wait("the small screen", |frame| {
        frame.len() == 24
            && holds(frame, "A  13│")
            && !holds(frame, "takes (v)")
            && frame[23].contains("q quit")
    });
    program.resize(30, 8);
    program.wait_for("30x8 is too small");
    program.send("r");
    program.resize(120, 40);
    program.wait("all of it, with what was done meanwhile", |frame| {
        holds(frame, "takes (v)") && holds(frame, "take 1/1") && holds(frame, "q quit")
    });
    program.send("\x03");
    assert!(program.end().0.success());
}

#[test]
fn the_mouse_is_heard_where_it_is_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    begun(&folder.path().join("song.tune"));
    let program = start(folder.path(), &["song.tune"]);
    program.wait_for("Paper Boats");
    assert!(program.hears_mouse());
    // As a terminal tells of a click in the second bar of the second line, dragged to the third.
    program.send("\x1b[<0;30;6M");
    program.wait_for("  bar 6 ");
    program.send("\x1b[<32;50;6M\x1b[<0;50;6m");
    program.wait_for("bars 6-7 selected");
    program.send("q");
    assert!(program.end().0.success());
    let program = start(folder.path(), &["open", "--no-mouse", "song.tune"]);
    program.wait_for("Paper Boats");
    assert!(!program.hears_mouse());
    program.kill();
}

#[test]
fn one_session_is_open_once_and_another_is_opened_from_it() {
    let folder = tempfile::tempdir().expect("a folder");
    begun(&folder.path().join("song.tune"));
    let program = start(folder.path(), &["song.tune"]);
    program.wait_for("Paper Boats");
    program.send("l");
    program.wait_for("locked");
    let second = start(folder.path(), &["song.tune"]);
    let (status, rows) = second.end();
    let told = rows.join(" ");
    assert!(status.code() == Some(2) && told.contains("song.tune' is open in another tunesmith"), "{told}");

    // Another file by its path, and back by the list.
    let sheet = "Title: Night Ferry\nKey: C major\nMeter: 4/4\n\n1 | C | F | G | C |\n";
    std::fs::write(folder.path().join("ferry.txt"), sheet).expect("a sheet");
    program.send("f");
    program.wait_for("another: its path is typed");
    program.send("\x1b[F\r");
    program.wait_for("open (.tune");
    program.send("ferry.txt\r");
    program.wait_for("Night Ferry");
    assert!(folder.path().join("ferry.tune").exists());
    assert!(!folder.path().join("song.tune.journal").exists(), "the other is closed");
    let (session, _) = read_session(&folder.path().join("song.tune")).expect("a session");
    assert_eq!(session.song().locks.bars(), 1, "nothing of it is lost");
    program.send("\x0f");
    program.wait_for("song.tune  ");
    program.send("\x1b[B\r");
    program.wait_for("Paper Boats");
    program.send("q");
    assert!(program.end().0.success());
}

#[test]
fn settings_hold_and_damaged_ones_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    begun(&folder.path().join("song.tune"));
    let config = folder.path().join("config/tunesmith/config.ron");
    std::fs::create_dir_all(config.parent().expect("a folder")).expect("a folder");
    let damaged = "(\n    bind: {\"z\": \"lokc\"},\n)\n";
    std::fs::write(&config, damaged).expect("settings");
    let program = start(folder.path(), &["song.tune"]);
    program.wait_for("config.ron:2:");
    program.wait_for("did you mean 'lock'?");
    program.send("l");
    program.wait_for("locked");
    program.send("q");
    assert!(program.end().0.success());
    assert_eq!(std::fs::read_to_string(&config).ok().as_deref(), Some(damaged), "left as it was");

    let mine = folder.path().join("mine.ron");
    std::fs::write(&mine, "(keys: \"vi\", bind: {\"Z\": \"quit\"}, theme: (ascii: true), mouse: false)")
        .expect("settings");
    let program = start(folder.path(), &["open", "song.tune", "--config", "mine.ron"]);
    let frame = program.wait_for("Paper Boats");
    assert!(frame.iter().all(|row| row.is_ascii()), "{frame:#?}");
    program.send("lx");
    program.wait_for("bar 2");
    program.wait_for("locked");
    program.send("Z");
    assert!(program.end().0.success());
    let keys = |arguments: &[&str]| {
        let mut run = assert_cmd::Command::cargo_bin("tunesmith").expect("the program");
        run.env("XDG_CONFIG_HOME", folder.path().join("config")).arg("keys").args(arguments);
        let done = run.current_dir(folder.path()).output().expect("it ran");
        (
            done.status.code(),
            String::from_utf8(done.stdout).expect("text"),
            String::from_utf8(done.stderr).expect("text"),
        )
    };
    let (code, listed, _) = keys(&["--config", "mine.ron"]);
    assert!(code == Some(0) && listed.contains("quit"), "{listed}");
    let (_, json, _) = keys(&["--config", "mine.ron", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let of = |name: &str| {
        list.as_array().into_iter().flatten().find(|one| one["action"] == name).map(|one| one["keys"].clone())
    };
    assert_eq!(of("lock"), Some(serde_json::json!(["x"])));
    assert_eq!(of("quit").and_then(|keys| keys[0].as_str().map(str::to_string)).as_deref(), Some("Z"));
    let (code, _, told) = keys(&[]);
    assert!(code == Some(2) && told.contains("config.ron:2:") && told.contains("'lock'"), "{told}");
    let (code, _, told) = keys(&["--config", "none.ron"]);
    assert!(code == Some(2) && told.contains("none.ron"), "{told}");
}
