//! All that can be done, with its keys; over the sheet while an action is looked for.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use super::{cut, lists};
use crate::tui::app::App;
use crate::tui::mouse::Areas;
use crate::tui::theme::Theme;

/// From this width on the names stand there that settings use.
const NAMES: usize = 76;

/// Draws the list.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    let found = app.palette();
    let width = usize::from(area.width).saturating_sub(2);
    let keys_wide = if width < NAMES { 11 } else { 17 };
    let names_wide = if width < NAMES { 0 } else { 18 };
    let in_list = app.list.is_some();
    let height = usize::from(area.height).saturating_sub(2);
    let first = (app.found + 1).saturating_sub(height);
    areas.list = Some((area.inner(Margin::new(1, 1)), first));
    let rows = found.iter().enumerate().skip(first).take(height).map(|(number, action)| {
        let keys: Vec<String> = app.keys.of(*action).iter().map(ToString::to_string).collect();
        let keys = cut(&keys.join(", "), keys_wide - 1);
        let room = width.saturating_sub(keys_wide + 1 + names_wide).max(1);
        let does = cut(action.does(), room - 1);
        let usual = if action.place().is_here(in_list) { theme.head() } else { theme.faint() };
        let name = if names_wide > 0 { action.name() } else { String::new() };
        let line = Line::from(vec![
            Span::styled(format!(" {keys:<keys_wide$}"), usual),
            Span::raw(format!("{does:<room$}")),
            Span::styled(cut(&name, names_wide), theme.faint()),
        ]);
        if number == app.found { line.style(theme.selected()) } else { line }
    });
    let title = match found.len() {
        0 => "nothing is called that".to_string(),
        _ => format!("keys: type to find ({}/{})", app.found + 1, found.len()),
    };
    lists::boxed(frame, area, theme, &title, rows.collect());
}
