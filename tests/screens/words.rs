//! Words typed under bars: they stand at their notes, and stay when the melody is composed anew.

use tunesmith::music::words::in_a_row;
use tunesmith::session::file;

use super::desk::Desk;

/// The words of all bars.
fn words(desk: &Desk) -> String {
    let form = desk.app.song().sheet.form();
    in_a_row((1..=form.bars.len()).filter_map(|bar| form.words(bar)))
}

#[test]
fn words_are_typed_and_shown_and_taken_away() {
    let mut desk = Desk::new();
    desk.press("W 'Some morn-ing _ | in the ear-ly days of May | 1 2 3 4 5 6 7 8 9 ten' enter");
    assert_eq!(
        desk.app.message,
        "bar 1: words Some morn-ing _ | in the ear-ly days of May | 1 2 3 4 5 6 7 8 9 ten"
    );
    let command = desk.app.command.clone().expect("a command");
    assert!(command.starts_with("tunesmith edit ") && command.contains("'bar 1: words Some"), "{command}");
    desk.snap("words");
    // The line begins with what is there, and says how many notes there are.
    desk.press("right S-right W");
    desk.snap("words-typed");
    assert_eq!(
        desk.app.prompt.as_ref().map(|prompt| prompt.text.as_str()),
        Some("in the ear-ly days of May | 1 2 3 4 5 6 7 8 9 ten")
    );
    desk.press("C-u enter");
    assert_eq!(words(&desk), "Some morn-ing _");
    desk.press("u W C-u 'a | b | c | d' enter");
    assert_eq!(words(&desk), "Some morn-ing _ | a | b | c | d", "what is typed goes on behind the selection");
    desk.press("esc end W 'a | b' enter");
    assert!(
        desk.app.message.contains("bar 16 is the last") && desk.app.prompt.is_some(),
        "{}",
        desk.app.message
    );
}

#[test]
fn words_stay_while_melodies_come_and_go() {
    let mut desk = Desk::new();
    let first = desk.app.song().sheet.clone();
    desk.press("W 'one two | three' enter r");
    let second = desk.app.song().sheet.clone();
    assert_ne!(second.melody(), first.melody());
    assert_eq!((words(&desk).as_str(), desk.app.session.shown), ("one two | three", Some(0)));
    // Other words on the same take: it is still that take.
    desk.press("W C-u 'un deux' enter");
    assert_eq!((words(&desk).as_str(), desk.app.session.shown), ("un deux | three", Some(0)));
    desk.press("n");
    assert_eq!((words(&desk).as_str(), desk.app.session.shown), ("un deux | three", Some(1)));
    desk.press("N");
    assert_eq!((words(&desk).as_str(), desk.app.session.shown), ("un deux | three", Some(0)));
    assert_eq!(desk.app.song().sheet.melody(), second.melody());
    desk.press("u u u");
    assert_eq!((words(&desk).as_str(), desk.app.session.shown), ("one two | three", Some(0)));
    // A song that is new has none.
    desk.press("C-n enter");
    assert_eq!(words(&desk), "");
    // They are in the file and in the journal.
    desk.press("W 'Oh my' enter");
    let text = file::write(&desk.app.session, 0).expect("a text");
    assert_eq!(file::read(&text).expect("a session").0, desk.app.session);
    assert!(desk.journal.contains("Oh my"), "the journal has them");
}
