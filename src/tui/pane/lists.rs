//! The lists: what is asked, takes, styles, steps; and what stands in the way of a request.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Paragraph};

use super::{broken, cut, plain};
use crate::tui::action::Action;
use crate::tui::app::{App, Conflict, List};
use crate::tui::mouse::Areas;
use crate::tui::theme::Theme;

/// Beside the sheet: what is asked and the takes, or the list that is open in their place.
pub fn beside(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    if let Some(conflict) = &app.conflict {
        return boxed(frame, area, theme, "in the way", told(conflict, area));
    }
    if let Some(open @ (List::History | List::Files)) = app.list {
        return list(frame, area, app, theme, open, areas);
    }
    if app.shows_sources {
        let lines = super::sources::lines(app, theme, usize::from(area.width).saturating_sub(2));
        return boxed(frame, area, theme, "sources (p)", lines);
    }
    let [above, below] =
        Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area);
    list(frame, above, app, theme, List::Constraints, areas);
    list(frame, below, app, theme, List::Takes, areas);
}

/// Over the sheet.
pub fn alone(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    match (&app.conflict, app.list) {
        (Some(conflict), _) => boxed(frame, area, theme, "in the way", told(conflict, area)),
        (None, Some(open)) => list(frame, area, app, theme, open, areas),
        (None, None) => {}
    }
}

pub(super) fn boxed(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str, lines: Vec<Line<'static>>) {
    let mut block =
        Block::new().borders(Borders::ALL).border_style(theme.faint()).title(format!(" {title} "));
    if theme.ascii {
        block = block.border_set(ratatui::symbols::border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        });
    }
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn told(conflict: &Conflict, area: Rect) -> Vec<Line<'static>> {
    plain(broken(&conflict.found.to_string(), usize::from(area.width).saturating_sub(2)))
}

pub(super) fn list(
    frame: &mut Frame<'_>,
    area: Rect,
    app: &App,
    theme: Theme,
    list: List,
    areas: &mut Areas,
) {
    let width = usize::from(area.width).saturating_sub(2);
    let (title, key, lines) = match list {
        List::Constraints => ("asked", Action::Constraints, constraints(app, theme, width)),
        List::Takes => ("takes", Action::Takes, takes(app, theme, width)),
        List::Styles => ("styles", Action::Styles, styles(app, theme, width)),
        List::History => ("steps", Action::History, steps(app, theme, width)),
        List::Files => ("files", Action::Files, super::files::lines(app, theme, width)),
    };
    let title = format!("{title} ({})", app.key_of(key));
    let open = app.list == Some(list);
    let height = usize::from(area.height).saturating_sub(2);
    let lines = lines.into_iter().enumerate().map(|(number, line)| match open && number == app.entry {
        true => line.style(theme.selected()),
        false => line,
    });
    let first = if open { (app.entry + 1).saturating_sub(height) } else { 0 };
    if open {
        areas.list = Some((area.inner(Margin::new(1, 1)), first));
    }
    boxed(frame, area, theme, &title, lines.skip(first).take(height).collect());
}

fn constraints(app: &App, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let (song, signs) = (app.song(), theme.signs());
    if song.wanted.is_empty() {
        return plain(broken(
            &format!(
                "nothing yet: {} asks for something, such as 'bar 4: chord Dm7'",
                app.key_of(Action::Ask)
            ),
            width,
        ));
    }
    let line = |wanted: &crate::session::Wanted| {
        let (sign, state, style) = match (wanted.on, song.holds(wanted)) {
            (false, _) => (signs.off, "off", theme.faint()),
            (true, _) if app.is_in_the_way(&wanted.constraint) => (signs.not, "in the way", theme.wrong()),
            (true, Some(true)) => (signs.on, "met", theme.asked()),
            (true, Some(false)) => (signs.not, "not met", theme.wrong()),
            (true, None) => (signs.on, "", theme.asked()),
        };
        let room = width.saturating_sub(state.len() + 3);
        let text = cut(&wanted.constraint.to_string(), room);
        Line::styled(format!("{sign} {text:<room$} {state}"), style)
    };
    song.wanted.iter().map(line).collect()
}

fn takes(app: &App, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let signs = theme.signs();
    if app.session.takes.is_empty() {
        return plain(broken(&format!("none yet: {} composes anew", app.key_of(Action::Regenerate)), width));
    }
    let line = |(number, take): (usize, &crate::session::Take)| {
        let here = if app.session.shown == Some(number) { signs.here } else { " " };
        let star = if take.starred { signs.star } else { " " };
        let text = format!("{here}{star}{:>3} {:>7.1}  {}", number + 1, take.log_probability, take.ask);
        Line::styled(cut(&text, width), Style::new())
    };
    app.session.takes.iter().enumerate().map(line).collect()
}

fn styles(app: &App, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let signs = theme.signs();
    let line = |(name, own): &(String, bool)| {
        let here = if *name == app.song().style { signs.here } else { " " };
        let own = if *own { "your own" } else { "" };
        Line::from(cut(&format!("{here} {name:<16} {own}"), width))
    };
    app.styles.iter().map(line).collect()
}

fn steps(app: &App, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let signs = theme.signs();
    let history = &app.session.history;
    let line = |(number, step): (usize, &crate::session::Step)| {
        let here = if number == history.at() { signs.here } else { " " };
        // A step that does not go on from the one above says where it comes from.
        let from = step.before.filter(|&before| before + 1 != number);
        let from = from.map(|before| format!("  (after {})", before + 1)).unwrap_or_default();
        Line::from(cut(&format!("{here}{:>3} {}{from}", number + 1, step.label), width))
    };
    history.steps().iter().enumerate().map(line).collect()
}
