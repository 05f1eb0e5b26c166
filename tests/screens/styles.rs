//! Styles: what one is like, a sample to hear, a mix, one learned from songs.

use tunesmith::tui::sound::Source;

use super::desk::Desk;

#[test]
fn what_a_style_is_like_is_shown() {
    let mut desk = Desk::new();
    desk.press("b up");
    assert_eq!(desk.app.chosen_style(), Some("beatles"));
    let told = desk.app.style_view.described.clone().expect("a description");
    assert!(told.0 == "beatles" && told.1.contains("The Beatles"));
    desk.snap("styles");
    desk.press("down down");
    assert!(desk.app.message.contains("mine"), "there is none: {}", desk.app.message);
}

#[test]
fn a_sample_is_composed_and_heard() {
    let mut desk = Desk::new();
    let before = desk.app.session.clone();
    desk.press("b up space");
    let playing = desk.app.sound.playing.as_ref().expect("something plays");
    assert_eq!((playing.source, playing.piece.performance.bars.len()), (Source::Sample, 8));
    desk.press("space");
    assert!(desk.app.sound.playing.is_none());
    let jobs = desk.app.style_view.sample.clone();
    desk.press("space space");
    assert_eq!(desk.app.style_view.sample, jobs, "it is composed once");
    assert_eq!(desk.app.session, before, "the song stays as it is");
}

#[test]
fn a_mix_is_weighed_and_composed_in() {
    let mut desk = Desk::new();
    desk.press("b up m");
    let text = desk.app.prompt.as_ref().map(|prompt| prompt.text.clone());
    assert_eq!(text.as_deref(), Some("folk*0.7+beatles*0.3"));
    desk.press("C-u 'folk+nothing' enter");
    assert!(desk.app.message.contains("'nothing'") && desk.app.prompt.is_some(), "{}", desk.app.message);
    desk.press("C-u 'folk*0.6+beatles*0.4' enter");
    assert_eq!(desk.app.song().style, "folk*0.6+beatles*0.4");
    desk.press("S-right r");
    assert_eq!(desk.app.session.takes.len(), 1, "{}", desk.app.message);
}

#[test]
fn a_style_is_learned_from_songs() {
    let mut desk = Desk::new();
    let songs = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/fiddle");
    desk.press("b n");
    format!("reels from {songs}").chars().for_each(|c| {
        desk.key(ratatui::crossterm::event::KeyCode::Char(c), ratatui::crossterm::event::KeyModifiers::NONE);
    });
    desk.press("enter");
    assert!(desk.app.message.starts_with("learned reels from "), "{}", desk.app.message);
    assert!(desk.app.style_view.learning.is_none());
    assert!(desk.shelf.path().join("reels").join("style.ron").is_file());
    let command = desk.app.command.clone().expect("a command");
    assert_eq!(command, format!("tunesmith learn --name reels {songs}"));
    desk.press("n 'my reels' enter");
    assert!(desk.app.message.contains("from") && desk.app.prompt.is_some(), "{}", desk.app.message);
    desk.press("C-u 'more from /nowhere/at/all' enter");
    assert!(desk.app.message.contains("/nowhere/at/all"), "{}", desk.app.message);
}
