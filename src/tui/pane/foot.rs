//! The head line, the line of messages, and the keys of the moment.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cut;
use crate::music::lead_sheet::Feel;
use crate::tui::action::BINDINGS;
use crate::tui::app::App;
use crate::tui::prompt::What;
use crate::tui::theme::Theme;

/// Title, key, meter, tempo, feel; style and take.
pub fn head(app: &App, theme: Theme, width: u16) -> Line<'static> {
    let song = app.song();
    let header = song.sheet.header();
    let named = if app.file.is_some() { "" } else { "*" };
    let title = if header.title.is_empty() { "(no title)" } else { &header.title };
    let tempo = header.tempo.map(|tempo| format!(" {} bpm", tempo.per_minute)).unwrap_or_default();
    let feel = if header.feel == Feel::Swing { " swing" } else { "" };
    let left = format!(" {title}{named}   {} {}{tempo}{feel}", header.key, song.sheet.meter());
    let takes = app.session.takes.len();
    let take = match app.session.shown {
        Some(shown) => format!("take {}/{takes}", shown + 1),
        None if takes > 0 => format!("{takes} takes"),
        None => String::new(),
    };
    let seed = app.session.shown.and_then(|shown| app.session.takes.get(shown));
    let seed = seed.map(|take| format!("   seed {}", take.seed)).unwrap_or_default();
    let wild = if song.temperature == 100 {
        String::new()
    } else {
        format!(" ~{:.1}", f64::from(song.temperature) / 100.0)
    };
    let right = format!("{}{wild}   {take}{seed} ", song.style);
    let width = usize::from(width);
    let room = width.saturating_sub(right.chars().count() + 1);
    let left = cut(&left, room);
    let gap = width.saturating_sub(left.chars().count() + right.chars().count());
    let right = cut(&right, width.saturating_sub(left.chars().count() + gap.min(1)));
    Line::styled(format!("{left}{}{right}", " ".repeat(gap)), theme.head())
}

/// What was done last; or the line that is typed.
pub fn message(app: &App, theme: Theme, width: u16) -> Line<'static> {
    let width = usize::from(width).saturating_sub(1);
    if let Some(prompt) = &app.prompt {
        let label = Span::styled(format!(" {}", prompt.what.label()), theme.head());
        return Line::from(vec![label, Span::raw(prompt.text.clone())]);
    }
    let style = if app.conflict.is_some() { theme.wrong() } else { theme.faint() };
    let first = app.message.lines().next().unwrap_or_default();
    Line::styled(format!(" {}", cut(first, width)), style)
}

/// The keys that do something here, as many as there is room for.
pub fn keys(app: &App, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let width = usize::from(area.width);
    let in_list = app.list.is_some();
    let mut entries: Vec<(String, &str)> = Vec::new();
    if app.prompt.is_some() {
        let finds = app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Action);
        entries.extend(finds.then(|| ("up/down".to_string(), "choose")));
        let done = if finds { "do it" } else { "done" };
        entries.extend([("enter".to_string(), done), ("esc".to_string(), "leave")]);
    } else {
        let conflict = app.conflict.iter().flat_map(|conflict| 1..=conflict.found.mends.len());
        entries.extend(conflict.map(|number| (number.to_string(), "way out")));
        let shown =
            BINDINGS.iter().filter(|binding| !binding.short.is_empty() && binding.at.is_here(in_list));
        let key = |action| app.keys.shown(action, in_list);
        entries.extend(shown.filter_map(|binding| Some((key(binding.action)?.to_string(), binding.short))));
        if app.list.is_some() || app.waiting.is_some() || app.anchor.is_some() {
            entries.insert(0, ("esc".to_string(), "back"));
        }
    }
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 1;
    for (key, does) in entries {
        let long = key.chars().count() + does.len() + 3;
        if used + long > width {
            lines.push(Vec::new());
            used = 1;
        }
        used += long;
        if let Some(line) = lines.last_mut() {
            line.push(Span::styled(format!(" {key}"), theme.head()));
            line.push(Span::raw(format!(" {does} ")));
        }
    }
    lines.into_iter().take(usize::from(area.height)).map(Line::from).collect()
}
