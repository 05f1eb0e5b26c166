//! Chords and notes typed at the cursor, with what could stand there; notes, bars and the head changed by hand.

use tunesmith::session::file;

use super::desk::Desk;

/// The notes of a bar, as `F#4 1`, and its chords.
fn bar(desk: &Desk, number: i64) -> String {
    let sheet = &desk.app.song().sheet;
    let length = sheet.meter().bar_length();
    let (from, to) = (length * (number - 1), length * number);
    let chords = sheet.chart().written_in(from, to).iter().map(|change| change.chord.to_string());
    let notes = sheet.melody().starting_in(from, to).iter();
    let notes = notes.map(|note| format!("{} {}", note.pitch, note.duration));
    chords.chain(notes).collect::<Vec<_>>().join(" | ")
}

#[test]
fn chords_and_notes_are_typed_where_the_cursor_stands() {
    let mut desk = Desk::new();
    desk.press("right i 'Em7 g4 b e2' enter");
    let written = bar(&desk, 2);
    assert!(written.starts_with("Em7 | ") && written.ends_with("G5 1 | B5 1 | E6 2"), "{written}");
    desk.press("right . . . i 'A7 c2' enter");
    assert!(bar(&desk, 3).ends_with("C#6 2") && bar(&desk, 3).contains("A7"), "{}", bar(&desk, 3));
    let before = desk.app.song().clone();
    desk.press("i 'H7' enter");
    assert!(desk.app.message.contains("'H7'") && desk.app.prompt.is_some(), "{}", desk.app.message);
    desk.press("esc u u");
    assert_ne!(*desk.app.song(), before);
}

#[test]
fn what_could_stand_there_is_shown_and_taken() {
    let mut desk = Desk::new();
    desk.press("right right right i");
    desk.snap("writing");
    let words = desk.app.completions();
    let total: f64 =
        words.iter().filter(|(word, _)| word.starts_with(char::is_uppercase)).map(|word| word.1).sum();
    assert!((total - 1.0).abs() < 1e-9, "one of the chords stands there: {total}");
    let likeliest = words[0].0.clone();
    desk.press("tab");
    assert_eq!(desk.app.prompt.as_ref().map(|prompt| prompt.text.as_str()), Some(likeliest.as_str()));
    desk.press("tab");
    assert_eq!(desk.app.prompt.as_ref().map(|prompt| prompt.text.clone()), Some(words[1].0.clone()));
    desk.press("C-u 'A' tab enter");
    assert!(bar(&desk, 4).starts_with('A'), "{}", bar(&desk, 4));
    // Notes too, as they are typed.
    desk.press("left . , i");
    let notes: Vec<_> =
        desk.app.completions().into_iter().filter(|(word, _)| word.starts_with(char::is_lowercase)).collect();
    let total: f64 = notes.iter().map(|note| note.1).sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    let before = desk.app.song().sheet.melody().notes.len();
    desk.press("C-u");
    notes[0].0.chars().for_each(|c| {
        desk.key(ratatui::crossterm::event::KeyCode::Char(c), ratatui::crossterm::event::KeyModifiers::NONE)
    });
    desk.press("enter");
    assert_eq!(
        desk.app.song().sheet.melody().notes.len(),
        before,
        "the note keeps its length: {}",
        desk.app.message
    );
}

#[test]
fn notes_go_up_and_bars_come_and_go() {
    let mut desk = Desk::new();
    let before = bar(&desk, 1);
    desk.press(". +");
    assert_ne!(bar(&desk, 1), before);
    desk.press("- left right S-right C-up C-down esc");
    assert_eq!(bar(&desk, 1), before, "{}", desk.app.message);
    desk.press("home delete");
    assert!(!bar(&desk, 1).contains('4'), "{}", bar(&desk, 1));
    desk.press("u I");
    assert_eq!(desk.app.song().bars(), 17);
    assert_eq!(bar(&desk, 2), before);
    desk.press("D E 'transpose to Eb' enter E 'tempo 90' enter E 'pickup 1' enter");
    let sheet = &desk.app.song().sheet;
    assert_eq!((desk.app.song().bars(), sheet.key().to_string().as_str()), (16, "Eb major"));
    desk.press("home i 'bb' enter");
    assert_eq!(desk.app.bar, 0);
    assert_eq!(desk.app.song().sheet.melody().notes[0].onset, -tunesmith::music::Duration::QUARTER);
    desk.press("right S-right r");
    let conflict = desk.app.conflict.as_ref().map(|conflict| conflict.found.to_string());
    assert_eq!(conflict, None);
    assert_eq!(desk.app.session.takes.len(), 1, "{}", desk.app.message);
    desk.press("home");
    desk.snap("pickup");
    let mut again = desk.begun.clone();
    file::replay(&mut again, 0, &desk.journal);
    assert_eq!(again, desk.app.session);
}

#[test]
fn the_command_that_is_shown_makes_the_same_edit() {
    let folder = tempfile::tempdir().expect("a folder");
    let tune = folder.path().join("boats.tune");
    for keys in [
        "right i 'Em7 g4 b e2' enter",
        "down S-right C-up",
        "E 'copy section A at the end' enter",
        "r n v up m",
    ] {
        let mut desk = Desk::new();
        desk.app.kept_in.clone_from(&tune);
        desk.press(keys);
        let before = desk.app.session.history.step().before.expect("a step");
        let made = desk.run_shown(&tune);
        let command = desk.app.command.clone().expect("a command");
        let sheet = &desk.app.song().sheet;
        assert!((made.chart(), made.melody()) == (sheet.chart(), sheet.melody()), "{command}");
        assert!(command.contains(&format!("--step {}", before + 1)), "{command}");
        // Without a sheet to write the session goes on.
        let edit = command.rsplit_once(" --step").expect("a step").1;
        let line = edit.split_once(' ').and_then(|rest| rest.1.split_once(' ')).expect("an edit").1;
        let mut run = assert_cmd::Command::cargo_bin("tunesmith").expect("the program");
        run.arg("edit").arg(&tune).arg(line.trim_matches('\'')).args(["--step", &(before + 1).to_string()]);
        run.assert().success();
        let (session, _) = file::read(&std::fs::read_to_string(&tune).expect("a file")).expect("a session");
        assert_eq!(session.song().sheet, *sheet);
        assert_eq!(session.history.steps().len(), desk.app.session.history.steps().len() + 1);
    }
}
