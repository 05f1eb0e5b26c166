//! The mouse: real events at the places where things are drawn.

use ratatui::crossterm::event::{MouseButton, MouseEventKind};

use super::desk::Desk;

const DOWN: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);
const UP: MouseEventKind = MouseEventKind::Up(MouseButton::Left);

/// Where a text stands on the screen: the column of its first letter, and the row.
fn place(desk: &mut Desk, size: (u16, u16), text: &str) -> (u16, u16) {
    let screen = desk.screen(size, false);
    let found = screen.lines().enumerate().find_map(|(row, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count() as u16, row as u16))
    });
    found.unwrap_or_else(|| unreachable!("no {text} in\n{screen}"))
}

fn click(desk: &mut Desk, at: (u16, u16), time: u64) {
    desk.mouse(DOWN, at, time);
    desk.mouse(UP, at, time + 1);
}

#[test]
fn a_click_chooses_a_bar_and_dragging_selects() {
    for size in super::desk::SIZES {
        let mut desk = Desk::new();
        let fifth = place(&mut desk, size, "  5│");
        let (left, row) = (fifth.0 + 8, fifth.1);
        click(&mut desk, (left, row), 0);
        assert_eq!((desk.app.bar, desk.app.anchor), (5, None), "{size:?}");
        let shown = |desk: &mut Desk, number: usize| {
            desk.screen(size, false);
            let (area, _) =
                *desk.app.areas.bars.iter().find(|area| area.1 == number).expect("a bar in sight");
            (area.x + 2, area.y + 1)
        };
        let sixth = shown(&mut desk, 6);
        desk.mouse(DRAG, sixth, 600);
        assert_eq!((desk.app.bar, desk.app.anchor), (6, Some(5)));
        let fifth = shown(&mut desk, 5);
        desk.mouse(DRAG, fifth, 700);
        assert_eq!(desk.app.selected(), 5..=5, "back to where it began");
        desk.mouse(UP, fifth, 800);
        let sixth = shown(&mut desk, 6);
        click(&mut desk, sixth, 2000);
        assert_eq!((desk.app.bar, desk.app.anchor), (6, None), "a click elsewhere selects nothing");
        click(&mut desk, (0, 0), 3000);
        assert_eq!(desk.app.bar, 6, "the head is no bar");
    }
}

#[test]
fn every_bar_in_sight_is_where_it_is_drawn() {
    let mut desk = Desk::new();
    for bar in 1..=16 {
        desk.app.bar = bar;
        let screen = desk.screen((80, 24), false);
        let (area, _) =
            *desk.app.areas.bars.iter().find(|area| area.1 == bar).expect("the bar of the cursor");
        let line: Vec<char> = screen.lines().nth(usize::from(area.y) + 1).expect("a line").chars().collect();
        let corner = line[usize::from(area.x) - 1];
        assert!("│▐".contains(corner), "left of bar {bar}: {corner} in\n{screen}");
        let column = (bar - 1) % 4;
        assert_eq!(usize::from(area.x), 6 + column * 18);
    }
}

#[test]
fn the_wheel_moves_by_lines() {
    let mut desk = Desk::new();
    let at = place(&mut desk, (80, 24), "  5│");
    for (kind, bar) in [
        (MouseEventKind::ScrollDown, 5),
        (MouseEventKind::ScrollDown, 9),
        (MouseEventKind::ScrollUp, 5),
        (MouseEventKind::ScrollUp, 1),
        (MouseEventKind::ScrollUp, 1),
    ] {
        desk.mouse(kind, at, 0);
        assert_eq!(desk.app.bar, bar);
    }
    desk.press("b");
    let folk = place(&mut desk, (80, 24), "▶ folk");
    desk.mouse(MouseEventKind::ScrollDown, folk, 0);
    assert_eq!((desk.app.entry, desk.app.bar), (2, 1), "in a list it chooses");
}

#[test]
fn keys_at_the_foot_are_pressed() {
    let mut desk = Desk::new();
    let lock = place(&mut desk, (80, 24), " l lock ");
    click(&mut desk, lock, 0);
    assert_eq!(desk.app.song().locks.bars(), 1, "{}", desk.app.message);
    let help = place(&mut desk, (80, 24), "? help");
    click(&mut desk, (help.0 + 3, help.1), 1000);
    assert!(desk.app.prompt.is_some());
    let leave = place(&mut desk, (80, 24), "esc leave");
    click(&mut desk, leave, 2000);
    assert!(desk.app.prompt.is_none());
    let quit = place(&mut desk, (120, 40), "q quit");
    click(&mut desk, quit, 3000);
    assert!(desk.left);
}

#[test]
fn an_entry_is_chosen_by_a_click_and_taken_by_two() {
    let mut desk = Desk::new();
    desk.press("b");
    let first = place(&mut desk, (120, 40), "beatles");
    click(&mut desk, first, 0);
    assert_eq!((desk.app.entry, desk.app.song().style.as_str()), (0, "folk"));
    click(&mut desk, first, 900);
    assert_eq!(desk.app.song().style, "folk", "too late for a double click");
    click(&mut desk, first, 1100);
    assert_eq!(desk.app.song().style, "beatles");
    desk.press("? 'lock'");
    let melody = place(&mut desk, (80, 24), "its melody");
    click(&mut desk, melody, 3000);
    click(&mut desk, melody, 3100);
    assert!(desk.app.song().locks.hold(1, tunesmith::constraint::Part::Melody), "{}", desk.app.message);
}

#[test]
fn while_something_is_typed_the_sheet_stays() {
    let mut desk = Desk::new();
    let fifth = place(&mut desk, (80, 24), "  5│");
    desk.press("i");
    desk.screen((80, 24), false);
    click(&mut desk, (fifth.0 + 8, fifth.1), 0);
    desk.mouse(MouseEventKind::ScrollDown, fifth, 10);
    assert_eq!(desk.app.bar, 1);
    assert!(desk.app.prompt.is_some());
    // What lies under a list cannot be hit through it.
    desk.press("esc c");
    desk.screen((80, 24), false);
    click(&mut desk, (fifth.0 + 8, fifth.1), 1000);
    assert_eq!(desk.app.bar, 1);
}
