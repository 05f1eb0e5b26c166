//! The bars about the cursor on a staff with a treble clef.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::detail::MOST_BARS;
use crate::music::pitch::Step;
use crate::music::{Duration, Note, NoteName, Pitch};
use crate::tui::app::App;
use crate::tui::theme::Theme;

/// What stands left of the staff.
const MARGIN: usize = 5;

/// One cell: a sign and how it looks.
type Cell = (char, Style);

/// The staff, each line and space a row: ledger lines as far as notes need them and there is room.
pub fn lines(area: Rect, app: &App, theme: Theme) -> Vec<Line<'static>> {
    let sheet = &app.song().sheet;
    let selected = app.selected();
    let first = *selected.start();
    let last = (*selected.end()).min(first + MOST_BARS - 1).min(app.song().bars());
    let (from, to) = (app.bar_span(first).0, app.bar_span(last).1);
    let width = usize::from(area.width).saturating_sub(MARGIN + 1).max(8);
    let column = |at: Duration| {
        usize::try_from((at - from).ticks() * (width - 1) as i64 / (to - from).ticks().max(1))
            .unwrap_or_default()
    };
    let notes: Vec<&Note> =
        sheet.melody().notes.iter().filter(|note| note.onset < to && note.end() > from).collect();
    let place = |step, octave| Pitch::new(NoteName::new(step, 0), octave).diatonic();
    let (bottom, top) = (place(Step::E, 4), place(Step::F, 5));
    let of = |note: &&Note| note.pitch.diatonic();
    let low = notes.iter().map(of).min().unwrap_or(bottom).min(bottom);
    let high = notes.iter().map(of).max().unwrap_or(top).max(top);
    // Notes that are too far off for the room stand at its edge.
    let room = i32::from(area.height).max(9);
    let (low, high) = fitted((low, high), (bottom, top), room);
    let keys = sheet.bar_keys();
    let (line, bar_line) = (if theme.ascii { '-' } else { '─' }, if theme.ascii { '|' } else { '│' });
    let mut rows = Vec::new();
    for row in (low..=high).rev() {
        let on_staff = (bottom..=top).contains(&row);
        let is_line = (row - bottom).rem_euclid(2) == 0;
        let ground = if on_staff && is_line { line } else { ' ' };
        let mut cells: Vec<Cell> = vec![(ground, theme.faint()); width];
        for bar in first..=last {
            let at = column(app.bar_span(bar).0);
            if on_staff {
                cells[at] = (bar_line, theme.faint());
            }
        }
        if on_staff {
            cells[width - 1] = (bar_line, theme.faint());
        }
        for note in notes.iter().filter(|note| note.pitch.diatonic().clamp(low, high) == row) {
            let onset = note.onset.max(from);
            let at = (column(onset) + 1).min(width - 1);
            let end = column(note.end().min(to)).min(width - 1);
            if !on_staff && is_line && at > 0 {
                // A ledger line.
                cells[at - 1].0 = line;
            }
            for cell in cells.iter_mut().take(end).skip(at + 1) {
                *cell = (if theme.ascii { '~' } else { '╌' }, theme.faint());
            }
            let bar = (first..=last).rev().find(|&bar| app.bar_span(bar).0 <= onset).unwrap_or(first);
            let key = keys.get(bar.saturating_sub(1)).copied().unwrap_or(sheet.key());
            let name = note.pitch.name;
            if name.alter != key.signature_alter(name.step) && at > 0 {
                cells[at - 1] = (accidental(name.alter, theme.ascii), Style::new());
            }
            let held = note.onset < from;
            cells[at] = (head(note.duration, held, theme.ascii), theme.head());
        }
        let name = match () {
            () if row == bottom + 2 => "  G  ",
            () if row == top => "  F  ",
            () => "     ",
        };
        let mut spans = vec![Span::styled(name, theme.faint())];
        spans.extend(cells.into_iter().map(|(c, style)| Span::styled(c.to_string(), style)));
        rows.push(Line::from(spans));
    }
    rows.truncate(usize::from(area.height));
    rows
}

/// As much of a range as has room, the staff always in it.
fn fitted((mut low, mut high): (i32, i32), (bottom, top): (i32, i32), room: i32) -> (i32, i32) {
    while high - low + 1 > room && (high > top || low < bottom) {
        if high - top >= bottom - low { high -= 1 } else { low += 1 }
    }
    (low, high)
}

/// A note's head: open from a half note on.
fn head(length: Duration, held: bool, ascii: bool) -> char {
    match (held, length >= Duration::HALF, ascii) {
        (true, _, false) => '◦',
        (true, _, true) => ')',
        (false, true, false) => '○',
        (false, false, false) => '●',
        (false, true, true) => 'o',
        (false, false, true) => '@',
    }
}

fn accidental(alter: i8, ascii: bool) -> char {
    match (alter.signum(), ascii) {
        (0, false) => '♮',
        (1, false) => '♯',
        (_, false) => '♭',
        (0, true) => 'n',
        (1, true) => '#',
        (_, true) => 'b',
    }
}
