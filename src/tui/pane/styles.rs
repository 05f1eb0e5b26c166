//! The styles, and what the chosen one is like.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{broken, cut, lists, plain};
use crate::tui::app::{App, List};
use crate::tui::mouse::Areas;
use crate::tui::theme::Theme;

/// Columns of the list, where what is said of a style stands beside it.
const LIST: u16 = 26;

/// Draws the list, and beside it (or below, in little room) what there is to say of the chosen style.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    let [list, about] = match area.width >= 70 {
        true => Layout::horizontal([Constraint::Length(LIST), Constraint::Min(30)]).areas(area),
        false => Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area),
    };
    lists::list(frame, list, app, theme, List::Styles, areas);
    let chosen = app.chosen_style().unwrap_or_default();
    let width = usize::from(about.width).saturating_sub(2);
    let known = app.style_view.described.as_ref().filter(|(name, _)| name == chosen);
    let mut lines = Vec::new();
    if let Some(learning) = &app.style_view.learning {
        let share = learning.total.map(|total| (learning.done, total.max(1)));
        let room = width.saturating_sub(1);
        let full = share.map_or(0, |(done, total)| room * done.min(total) / total);
        let signs = theme.signs();
        lines.push(format!("learning {}: {} sheets", learning.name, learning.done));
        lines.push(signs.block.repeat(full) + &signs.rest.repeat(room - full));
        lines.push(String::new());
    }
    match known {
        // Columns stay in their places; sentences are broken.
        Some((_, text)) => lines.extend(text.lines().flat_map(|line| match line.contains("  ") {
            true => vec![cut(line, width)],
            false => broken(line, width),
        })),
        None => lines.push("looking ...".to_string()),
    }
    lists::boxed(frame, about, theme, chosen, plain(lines));
}
