//! Takes side by side, the melody of one with the chords of another, the staff, and where notes come from.

use super::desk::Desk;

#[test]
fn takes_stand_side_by_side_and_are_mixed() {
    let mut desk = Desk::new();
    desk.press("down S-right r n n v up up");
    desk.snap("side-by-side");
    let takes: Vec<_> = desk.app.session.takes.iter().map(|take| take.sheet.clone()).collect();
    desk.press("esc esc v up up");
    assert_eq!((desk.app.entry, desk.app.anchor), (0, None));
    desk.press("m");
    let sheet = &desk.app.song().sheet;
    assert!(sheet.melody() == takes[0].melody() && sheet.chart() == takes[2].chart(), "{}", desk.app.message);
    assert!(takes[0].melody() != takes[2].melody());
    desk.press("u esc home right right right right S-right v up up h m");
    let sheet = &desk.app.song().sheet;
    let in_bar = |sheet: &tunesmith::music::LeadSheet, from: i64, to: i64| {
        let length = sheet.meter().bar_length();
        sheet.melody().starting_in(length * from, length * to).to_vec()
    };
    assert_eq!(in_bar(sheet, 4, 6), in_bar(&takes[0], 4, 6), "{}", desk.app.message);
    assert_eq!(in_bar(sheet, 6, 16), in_bar(&takes[2], 6, 16));
    desk.press("esc esc u u");
    assert!(desk.app.song().sheet == takes[2]);
}

#[test]
fn notes_stand_on_a_staff() {
    let mut desk = Desk::new();
    desk.press("S-right S-right s");
    desk.snap("staff");
}

#[test]
fn sources_are_shown_and_follow_the_sheet() {
    let mut desk = Desk::new();
    desk.press("p");
    desk.snap("sources");
    let (sheet, sources) = desk.app.sources.clone().expect("sources");
    assert_eq!((sources.songs, sources.notes.len()), (0, sheet.melody().notes.len()));
    desk.press("r");
    let (sheet, _) = desk.app.sources.clone().expect("sources");
    assert_eq!(sheet, desk.app.song().sheet);
    desk.press("p b up up enter C-n enter");
    assert!(!desk.app.shows_sources);
}

#[test]
fn a_style_with_its_songs_at_hand_names_them() {
    let mut desk = Desk::of("irish", "A8");
    desk.press("p");
    let (sheet, sources) = desk.app.sources.clone().expect("sources");
    assert!(sources.songs > 100 && sources.are_all);
    assert_eq!(sources.letters.len(), sheet.melody().notes.len());
    let lettered = sources.letters.iter().flatten().count();
    assert_eq!(lettered, sources.titles.iter().map(|(_, count)| count).sum::<usize>());
    assert!(sources.titles.is_sorted_by_key(|(_, count)| std::cmp::Reverse(*count)));
    desk.snap("sources-named");
}
