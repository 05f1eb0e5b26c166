//! The sheet, what is composed and asked on it, and the lists about it.

use ratatui::crossterm::event::{KeyCode, KeyModifiers};
use tunesmith::session::file;

use super::desk::{Desk, SIZES};

#[test]
fn the_sheet_as_it_is_opened() {
    Desk::new().snap("sheet");
}

#[test]
fn bars_that_are_selected_locked_and_composed_anew() {
    let mut desk = Desk::new();
    desk.press("right S-right l right right S-right r");
    assert_eq!(desk.app.session.takes.len(), 1, "{}", desk.app.message);
    desk.snap("composed");
}

#[test]
fn what_is_asked() {
    let mut desk = Desk::new();
    desk.press("A '' C-u");
    desk.key(KeyCode::Esc, KeyModifiers::NONE);
    for text in ["bars 7-8: cadence half", "range D4..D5", "leap <= 7"] {
        desk.press("A C-u");
        text.chars().for_each(|c| desk.key(KeyCode::Char(c), KeyModifiers::NONE));
        desk.press("enter");
    }
    desk.press("c down space");
    assert!(!desk.app.song().wanted[1].on);
    desk.snap("asked");
}

#[test]
fn takes_and_steps() {
    let mut desk = Desk::new();
    desk.press("r n n * N");
    assert_eq!((desk.app.session.takes.len(), desk.app.session.shown), (3, Some(1)));
    desk.press("v");
    desk.snap("takes");
    desk.press("v u u U");
    desk.snap("steps");
}

#[test]
fn what_cannot_be_had_is_explained_and_a_way_out_is_taken() {
    let mut desk = Desk::new();
    desk.press("A C-u 'bar 2: chord Em' enter A C-u 'no chord Em' enter");
    let before = desk.app.song().sheet.clone();
    desk.press("r");
    assert!(desk.app.conflict.is_some(), "{}", desk.app.message);
    assert_eq!(desk.app.song().sheet, before, "the old music stays");
    desk.snap("conflict");
    desk.press("1");
    assert!(desk.app.conflict.is_none());
    let song = desk.app.song();
    assert!(song.sheet != before && song.wanted.iter().all(|wanted| song.holds(wanted) == Some(true)));
    desk.press("u u");
    assert_eq!((desk.app.song().wanted.len(), &desk.app.song().sheet), (2, &before));
}

#[test]
fn ascii_is_ascii() {
    let mut desk = Desk::new();
    desk.press("S-right l r v");
    for size in SIZES {
        let screen = desk.screen(size, true);
        assert!(screen.is_ascii(), "{screen}");
    }
    let mut small = Desk::new();
    assert!(small.screen((39, 12), false).contains("too small"));
}

#[test]
fn locked_bars_never_change() {
    let mut desk = Desk::new();
    let bars = |desk: &Desk, from: i64, to: i64| {
        let length = desk.app.song().sheet.meter().bar_length();
        let sheet = &desk.app.song().sheet;
        let notes = sheet.melody().notes.iter();
        let notes: Vec<_> =
            notes.filter(|note| length * from <= note.onset && note.onset < length * to).copied().collect();
        (notes, sheet.chart().sounding_at(length * from).cloned())
    };
    desk.press("down down right S-right l esc");
    let (before, rest) = (bars(&desk, 9, 11), bars(&desk, 0, 4));
    desk.press("r r R A-r");
    assert_eq!(desk.app.session.takes.len(), 4, "{}", desk.app.message);
    assert_eq!(bars(&desk, 9, 11), before);
    assert_ne!(bars(&desk, 0, 4), rest);
}

#[test]
fn all_but_the_selection_is_locked_and_what_is_the_same_as_it_is_free() {
    let mut desk = Desk::new();
    desk.press("down S-right L");
    let locked: Vec<usize> =
        (1..=16).filter(|&bar| desk.app.song().locks.hold(bar, tunesmith::constraint::Part::Both)).collect();
    assert_eq!(locked, [3, 4, 7, 8, 9, 10, 11, 12, 15, 16]);
    desk.press("r");
    assert_eq!(desk.app.session.takes.len(), 1, "{}", desk.app.message);
}

#[test]
fn the_journal_brings_all_back() {
    let mut desk = Desk::new();
    desk.press(
        "right S-right l r n A C-u 'leap <= 7' enter w r u u C-r * T C-u 'Other Boats' enter b up enter r",
    );
    assert_eq!(desk.app.song().style, "beatles");
    assert_eq!(desk.app.song().sheet.title(), "Other Boats");
    let mut again = desk.begun.clone();
    assert_eq!(file::replay(&mut again, 0, &desk.journal), desk.kept);
    assert_eq!(again, desk.app.session);
}

#[test]
fn a_new_song_begins_and_the_old_one_is_a_step_away() {
    let mut desk = Desk::new();
    let before = desk.app.song().clone();
    desk.press("l C-n 'A4 B4' enter");
    assert_eq!(desk.app.song().bars(), 8, "{}", desk.app.message);
    assert_eq!(desk.app.song().locks.bars(), 0);
    desk.press("u u");
    assert_eq!(*desk.app.song(), before);
    desk.press("e enter q");
    assert_eq!(desk.exported, [std::path::PathBuf::from("paper-boats.musicxml")]);
    assert!(desk.left);
}

#[test]
fn the_command_that_is_shown_gives_the_same_take() {
    let folder = tempfile::tempdir().expect("a folder");
    let tune = folder.path().join("boats.tune");
    for keys in ["right S-right r", "l down S-right A C-u 'no chord Bdim' enter w R", "down A-r n"] {
        let mut desk = Desk::new();
        desk.app.kept_in.clone_from(&tune);
        desk.press(keys);
        let made = desk.run_shown(&tune);
        let sheet = &desk.app.song().sheet;
        let same = (made.chart(), made.melody()) == (sheet.chart(), sheet.melody());
        assert!(same, "{:?}", desk.app.command);
    }
}
