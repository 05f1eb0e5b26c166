//! The sessions that were open last.

use ratatui::text::Line;

use super::cut;
use crate::tui::app::App;
use crate::tui::recent;
use crate::tui::store::UNNAMED;
use crate::tui::theme::Theme;

/// The lines of the list, the last for any other file.
pub fn lines(app: &App, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let here = recent::whole(&app.kept_in);
    let line = |known: &recent::Recent| {
        let sign = if known.path == here { theme.signs().here } else { " " };
        let file = known.path.file_name().unwrap_or_default().to_string_lossy();
        let name = if file == UNNAMED { "(without a name)" } else { &*file };
        let folder = known.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        let folder = match known.is_there {
            _ if file == UNNAMED => String::new(),
            true => folder,
            false => format!("missing: {folder}"),
        };
        let style = if known.is_there { ratatui::style::Style::new() } else { theme.faint() };
        Line::styled(cut(&format!("{sign} {name:<24} {folder}"), width), style)
    };
    let other = Line::from(cut("  another: its path is typed", width));
    app.recent.iter().map(line).chain([other]).collect()
}
