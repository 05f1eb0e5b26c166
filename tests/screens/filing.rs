//! Sessions that were open, and files that exist.

use std::path::{Path, PathBuf};

use tunesmith::tui::app::{Effect, List};
use tunesmith::tui::recent::Recent;

use super::desk::Desk;

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.app.kept_in = PathBuf::from("/songs/paper-boats.tune");
    desk.press("f");
    let recent = [
        ("/songs/paper-boats.tune", true),
        ("/songs/old/night-ferry.tune", true),
        ("/songs/gone.tune", false),
    ];
    let unnamed = ("/home/ann/.local/share/tunesmith/unnamed.tune", true);
    let recent = recent.into_iter().chain([unnamed]);
    desk.app.recent = recent.map(|(path, is_there)| Recent { path: path.into(), is_there }).collect();
    desk
}

#[test]
fn sessions_that_were_open_are_opened_again() {
    let mut desk = desk();
    assert_eq!(desk.app.list, Some(List::Files));
    desk.press("down");
    desk.snap("files");
    desk.press("up enter");
    assert_eq!(desk.app.message, "that is the session at hand");
    desk.press("down enter down d");
    assert!(matches!(&desk.filed[0], Effect::Open(path) if path == Path::new("/songs/old/night-ferry.tune")));
    assert!(matches!(&desk.filed[1], Effect::Forget(path) if path == Path::new("/songs/gone.tune")));
    desk.press("end d");
    assert_eq!(desk.filed.len(), 2, "the last line is no file");
    desk.press("enter '/sheets/a.musicxml' enter");
    assert!(matches!(&desk.filed[2], Effect::Open(path) if path == Path::new("/sheets/a.musicxml")));
    desk.press("C-o");
    assert_eq!(desk.app.list, None);
}

#[test]
fn a_file_is_written_over_only_after_yes() {
    for (answer, replaced) in [("y", true), ("n", false), ("esc", false), ("enter", false), ("q", false)] {
        let mut desk = Desk::new();
        desk.app.replacing = Some("song.musicxml".into());
        let screen = desk.screen((80, 24), false);
        assert!(screen.contains(" y replace it  n keep it"), "{screen}");
        desk.press(answer);
        assert_eq!(desk.filed.len(), usize::from(replaced), "{answer}");
        assert!(!desk.left && desk.app.replacing.is_none());
    }
}

#[test]
fn another_session_begins_with_nothing_of_the_one_before() {
    let mut desk = Desk::new();
    let other = Desk::new().begun;
    desk.press("S-right r b down");
    desk.app.turn_to(other.clone(), None, "/songs/b.tune".into());
    let app = &desk.app;
    assert_eq!((&app.session, app.bar, app.anchor, app.list), (&other, 1, None, None));
    assert_eq!((app.waiting, &app.command), (None, &None));
}
