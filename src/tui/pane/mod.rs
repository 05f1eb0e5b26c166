//! The panes: each is one file that draws a part of the screen from what the app knows, and changes nothing.

pub mod detail;
pub mod files;
pub mod foot;
pub mod lists;
pub mod palette;
pub mod playhead;
pub mod sheet;
pub mod sources;
pub mod staff;
pub mod styles;
pub mod takes;
mod words;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};

use super::app::{App, List};
use super::mouse::Areas;
use super::prompt::What;
use super::theme::Theme;

/// The least that something can be drawn on.
const LEAST: (u16, u16) = (40, 10);
/// From this width on lists stand beside the sheet.
const BESIDE: u16 = 110;
/// How wide they are there.
const LIST: u16 = 40;

/// Draws the screen. Gives where things stand.
pub fn draw(frame: &mut Frame<'_>, app: &App, theme: Theme) -> Areas {
    let mut areas = Areas { bars_a_line: app.bars_a_line, ..Areas::default() };
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("{}x{} is too small: {}x{} at least", area.width, area.height, LEAST.0, LEAST.1);
        frame.render_widget(Paragraph::new(text), area);
        return areas;
    }
    let foot = if area.width >= 80 { 2 } else { 1 };
    let [head, middle, message, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(4),
        Constraint::Length(1),
        Constraint::Length(foot),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(foot::head(app, theme, head.width)), head);
    let (main, side) = match area.width >= BESIDE {
        true => {
            let [main, side] =
                Layout::horizontal([Constraint::Min(40), Constraint::Length(LIST)]).areas(middle);
            (main, Some(side))
        }
        false => (middle, None),
    };
    let room = if main.height >= 18 { if app.staff { 13.min(main.height / 2) } else { 7 } } else { 0 };
    let [grid, detail] = Layout::vertical([Constraint::Min(4), Constraint::Length(room)]).areas(main);
    match app.list {
        Some(List::Takes) if side.is_some() => takes::draw(frame, grid, app, theme),
        _ => sheet::draw(frame, grid, app, theme, &mut areas),
    }
    if room > 0 {
        detail::draw(frame, detail, app, theme);
    }
    match side {
        _ if app.list == Some(List::Styles) && app.conflict.is_none() => {
            frame.render_widget(Clear, middle);
            areas.bars.clear();
            styles::draw(frame, middle, app, theme, &mut areas);
        }
        Some(side) => lists::beside(frame, side, app, theme, &mut areas),
        None if app.list == Some(List::Takes) && app.conflict.is_none() => {
            frame.render_widget(Clear, middle);
            areas.bars.clear();
            takes::draw(frame, middle, app, theme);
        }
        None if app.list.is_some() || app.conflict.is_some() => over(frame, middle, app, theme, &mut areas),
        None => {}
    }
    if app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Action) {
        frame.render_widget(Clear, middle);
        areas.bars.clear();
        palette::draw(frame, middle, app, theme, &mut areas);
    }
    frame.render_widget(Paragraph::new(foot::message(app, theme, message.width)), message);
    if let Some(prompt) = &app.prompt {
        let before = prompt.what.label().chars().count() + prompt.cursor + 1;
        frame.set_cursor_position((
            message.x + (before as u16).min(message.width.saturating_sub(1)),
            message.y,
        ));
    }
    frame.render_widget(Paragraph::new(foot::keys(app, theme, keys, &mut areas)), keys);
    if theme.ascii {
        // Titles and messages too.
        for cell in frame.buffer_mut().content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
            cell.set_symbol(if cell.symbol() == "…" { "~" } else { "?" });
        }
    }
    areas
}

/// A list over the sheet.
fn over(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    areas.bars.clear();
    frame.render_widget(Clear, area);
    lists::alone(frame, area, app, theme, areas);
}

/// As much of a text as fits.
pub(super) fn cut(text: &str, width: usize) -> String {
    match text.chars().count() <= width {
        true => text.to_string(),
        false => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Lines of a text, broken between words.
pub(super) fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let indent = paragraph.chars().take_while(|c| *c == ' ').count();
        let mut line = " ".repeat(indent);
        for word in paragraph.split_whitespace() {
            let empty = line.trim().is_empty();
            if !empty && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            } else if !empty {
                line.push(' ');
            }
            line += word;
        }
        lines.push(line);
    }
    lines
}

/// Plain lines.
pub(super) fn plain(lines: Vec<String>) -> Vec<Line<'static>> {
    lines.into_iter().map(Line::from).collect()
}
