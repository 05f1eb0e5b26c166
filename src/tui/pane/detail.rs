//! The selected bars, or those about the cursor, as a piano roll; and what is known of the take.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{cut, plain};
use crate::music::Duration;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::theme::Theme;

/// The most bars of a roll.
pub(super) const MOST_BARS: usize = 4;

/// Draws the roll and the figures beside it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let [roll_area, facts_area] =
        Layout::horizontal([Constraint::Min(20), Constraint::Length(area.width.min(80) / 2)]).areas(area);
    let notes = match app.staff {
        true => super::staff::lines(roll_area, app, theme),
        false => roll(roll_area, app, theme),
    };
    frame.render_widget(Paragraph::new(notes), roll_area);
    frame.render_widget(Paragraph::new(facts(facts_area, app)), facts_area);
}

fn roll(area: Rect, app: &App, theme: Theme) -> Vec<Line<'static>> {
    let signs = theme.signs();
    let selected = app.selected();
    let (first, count) = (*selected.start(), (selected.end() - selected.start() + 1).min(MOST_BARS));
    let sheet = &app.song().sheet;
    let to_bar = (first + count - 1).min(app.song().bars());
    let (from, to) = (app.bar_span(first).0, app.bar_span(to_bar).1);
    let notes: Vec<_> =
        sheet.melody().notes.iter().filter(|note| note.onset < to && note.end() > from).collect();
    let rows = usize::from(area.height).saturating_sub(1);
    let width = usize::from(area.width).saturating_sub(6);
    let column = |at: Duration| {
        usize::try_from((at - from).ticks() * width as i64 / (to - from).ticks().max(1)).unwrap_or_default()
    };
    let (low, high) = match (
        notes.iter().map(|note| note.pitch.midi()).min(),
        notes.iter().map(|note| note.pitch.midi()).max(),
    ) {
        (Some(low), Some(high)) => (low, high),
        _ => return vec![Line::styled(format!(" bar {first}: nothing sounds"), theme.faint())],
    };
    // As many semitones a row as must be.
    let step = ((high - low) / rows.max(1) as i32 + 1).max(1);
    let row_of = |midi: i32| ((high - midi) / step) as usize;
    let mut lines = Vec::with_capacity(rows + 1);
    for row in 0..rows {
        let here: Vec<_> = notes.iter().filter(|note| row_of(note.pitch.midi()) == row).collect();
        let name = here.first().map(|note| note.pitch.to_string()).unwrap_or_default();
        let mut cells = vec![" "; width];
        for note in &here {
            let (start, end) = (column(note.onset.max(from)), column(note.end().min(to)));
            cells[start.min(width)..end.max(start + 1).min(width)].fill(signs.block);
        }
        lines.push(Line::from(vec![
            Span::styled(format!("{name:>4} "), theme.faint()),
            Span::styled(signs.bar, theme.faint()),
            Span::styled(cells.concat(), Style::new()),
        ]));
    }
    let mut ruler: Vec<char> = signs.line.chars().cycle().take(width).collect();
    for bar in first..=to_bar {
        for (offset, c) in bar.to_string().chars().enumerate() {
            if let Some(cell) = ruler.get_mut(column(app.bar_span(bar).0) + offset) {
                *cell = c;
            }
        }
    }
    lines.push(Line::styled(
        format!("     {}{}", signs.bar, ruler.into_iter().collect::<String>()),
        theme.faint(),
    ));
    lines
}

fn facts(area: Rect, app: &App) -> Vec<Line<'static>> {
    let width = usize::from(area.width).saturating_sub(2);
    let selected = app.selected();
    let what = match selected.start() == selected.end() {
        true => format!("bar {}", selected.start()),
        false => format!("bars {}-{} selected", selected.start(), selected.end()),
    };
    let mut facts = vec![what];
    facts.extend(app.words_here());
    if let Some(take) = app.session.shown.and_then(|shown| app.session.takes.get(shown)) {
        facts.push(format!("log p {:.1}   {}", take.log_probability, take.ask));
    }
    if let Some(sources) = super::sources::of(app) {
        facts.extend(super::sources::in_short(sources));
    }
    let song = app.song();
    let on = song.wanted.iter().filter(|wanted| wanted.on);
    let unmet = on.clone().filter(|wanted| song.holds(wanted) == Some(false)).count();
    facts.push(match (on.count(), unmet) {
        (0, _) => "nothing is asked".to_string(),
        (asked, 0) => format!("{asked} asked, all met"),
        (asked, unmet) => format!("{asked} asked, {unmet} not met yet: {}", app.key_of(Action::Regenerate)),
    });
    if song.locks.bars() > 0 {
        facts.push(format!("{} bars locked", song.locks.bars()));
    }
    let mut lines: Vec<String> = facts.iter().map(|fact| format!("  {}", cut(fact, width))).collect();
    if let Some(command) = app.play_command().or_else(|| app.command.clone()) {
        let room = usize::from(area.height).saturating_sub(lines.len());
        lines.extend(super::broken(&command, width).into_iter().take(room).map(|line| format!("  {line}")));
    }
    plain(lines)
}
