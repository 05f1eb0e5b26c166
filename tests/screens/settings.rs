//! Keys of the songwriter's own, and all that can be done, found by a few letters.

use ratatui::crossterm::event::{KeyCode, KeyModifiers};
use tunesmith::tui::settings::Settings;

use super::desk::Desk;

fn desk(settings: &str) -> Desk {
    let mut desk = Desk::new();
    desk.app.settle(Settings::read(settings).expect("settings"));
    desk
}

#[test]
fn all_that_can_be_done_is_found_by_a_few_letters() {
    let mut desk = Desk::new();
    desk.press("?");
    desk.snap("help");
    desk.press("'lock'");
    desk.snap("help-found");
    desk.press("down enter");
    assert!(desk.app.prompt.is_none());
    let locks = &desk.app.song().locks;
    use tunesmith::constraint::Part;
    assert!(locks.hold(1, Part::Chords) && !locks.hold(1, Part::Melody), "{}", desk.app.message);
    desk.press("C-p 'wild' enter");
    assert_eq!(desk.app.song().temperature, 110);
    desk.press(": 'xylophone' enter");
    assert!(desk.app.message.contains("'xylophone'"));
    desk.press(": 'mend first'");
    desk.press("enter");
    assert_eq!(desk.app.message, "there is no conflict to get out of", "why it cannot be done");
    desk.press(": 'delete' enter");
    assert!(desk.app.message.contains("c opens it"), "{}", desk.app.message);
}

#[test]
fn the_list_of_what_can_be_done_leaves_the_list_below_as_it_was() {
    let mut desk = Desk::new();
    desk.press("A C-u 'leap <= 7' enter A C-u 'range D4..D5' enter c down");
    desk.press(": down down up 'take it away' enter");
    let left: Vec<String> =
        desk.app.song().wanted.iter().map(|wanted| wanted.constraint.to_string()).collect();
    assert_eq!(left, ["leap <= 7"]);
    desk.press("? esc");
    assert!(desk.app.list.is_some() && desk.app.prompt.is_none());
}

#[test]
fn vi_keys_move_and_lock() {
    let mut desk = desk(r#"(keys: "vi")"#);
    assert!(desk.app.message.contains("x locks"), "{}", desk.app.message);
    desk.press("l l h l j x");
    assert_eq!((desk.app.bar, desk.app.song().locks.bars()), (7, 1));
    let screen = desk.screen((80, 24), false);
    assert!(screen.contains(" x lock ") && !screen.contains(" l lock "), "{screen}");
    desk.press(": 'next bar'");
    assert!(desk.screen((80, 24), false).contains("l, right"));
}

#[test]
fn own_keys_stand_wherever_keys_are_shown() {
    let mut desk = desk(r#"(bind: {"ctrl-g": "regenerate", "z": "constraints", "q": "nothing"})"#);
    desk.press("q C-g z");
    assert!(!desk.left);
    assert_eq!(desk.app.session.takes.len(), 1);
    let screen = desk.screen((120, 40), false);
    assert!(screen.contains("asked (z)"), "{screen}");
    desk.press("z");
    assert!(desk.screen((120, 40), false).contains(" ctrl-g regen "));
    desk.press("C-c");
    assert!(desk.left);
    desk.key(KeyCode::Char('?'), KeyModifiers::NONE);
    assert!(desk.screen((120, 40), false).contains("ctrl-g, r"));
}
