//! What is asked: changed in its place, pinned from the sheet, found to be in the way.

use super::desk::Desk;

fn asked(desk: &Desk) -> Vec<String> {
    desk.app.song().wanted.iter().map(|wanted| wanted.constraint.to_string()).collect()
}

#[test]
fn a_wish_is_changed_in_its_place() {
    let mut desk = Desk::new();
    desk.press("A C-u 'leap <= 7' enter A C-u 'range D4..D5' enter c e");
    assert_eq!(desk.app.prompt.as_ref().map(|prompt| prompt.text.as_str()), Some("leap <= 7"));
    desk.press("C-u 'leap <= x' enter");
    assert!(desk.app.prompt.is_some() && desk.app.message.contains("column"), "{}", desk.app.message);
    desk.press("C-u 'leap <= 5' enter");
    assert_eq!(asked(&desk), ["leap <= 5", "range D4..D5"]);
    desk.press("d d e");
    assert!(desk.app.prompt.is_none() && asked(&desk).is_empty());
}

#[test]
fn what_stands_at_the_cursor_is_pinned_and_stays() {
    let mut desk = Desk::new();
    desk.press("right P");
    let pinned = asked(&desk);
    assert_eq!(pinned.len(), 2, "{pinned:?}");
    assert!(
        pinned[0].starts_with("bar 2.1: chord ") && pinned[1].starts_with("bar 2.1: note "),
        "{pinned:?}"
    );
    desk.press("r r r");
    assert_eq!(desk.app.session.takes.len(), 3);
    let song = desk.app.song();
    assert!(song.wanted.iter().all(|wanted| song.holds(wanted) == Some(true)));
    desk.press("P");
    assert!(asked(&desk).is_empty(), "{}", desk.app.message);
}

#[test]
fn the_list_says_what_was_in_the_way_until_something_changes() {
    let mut desk = Desk::new();
    desk.press("A C-u 'leap <= 9' enter A C-u 'bar 2: chord Em' enter A C-u 'no chord Em' enter r esc c");
    let way: Vec<bool> =
        desk.app.song().wanted.iter().map(|wanted| desk.app.is_in_the_way(&wanted.constraint)).collect();
    assert_eq!(way, [false, true, true]);
    desk.snap("in-the-way");
    desk.press("down space");
    assert!(!desk.app.song().wanted.iter().any(|wanted| desk.app.is_in_the_way(&wanted.constraint)));
}
