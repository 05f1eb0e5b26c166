//! Takes side by side: the selected bars as they are, and as each take has them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::cut;
use super::sheet::{NARROW, Sheet, WIDE};
use crate::music::LeadSheet;
use crate::tui::app::App;
use crate::tui::theme::Theme;

/// What stands left of a take: its number and how likely it is.
const MARGIN: usize = 9;

/// Draws as many takes as there is room for, about the chosen one.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let room = usize::from(area.width).saturating_sub(MARGIN + 1);
    let most = [4, 2, 1].into_iter().find(|count| room / count > NARROW).unwrap_or(1);
    let bars = app.selected();
    let (first, last) = (*bars.start(), *bars.end());
    let first = if app.anchor.is_none() {
        first.min((app.song().bars() + 1).saturating_sub(most).max(1))
    } else {
        first
    };
    let last = if app.anchor.is_none() { first + most - 1 } else { last.min(first + most - 1) };
    let last = last.min(app.song().bars());
    let width = (room / (last + 1 - first)).saturating_sub(1).min(2 * WIDE);
    let view = Rows { app, theme, width, bars: (first, last) };
    let named = if first == last { format!("bar {first}") } else { format!("bars {first}-{last}") };
    let head = format!(" takes: {named}   * differs from what stands on the sheet");
    let mut lines = vec![Line::styled(cut(&head, usize::from(area.width)), theme.head())];
    let now = &app.song().sheet;
    lines.extend(view.rows(now, "now", "", false));
    let height = usize::from(area.height);
    let fit = height.saturating_sub(lines.len()) / 3;
    let begin = (app.entry + 1).saturating_sub(fit.max(1));
    for (number, take) in app.session.takes.iter().enumerate().skip(begin).take(fit) {
        let signs = theme.signs();
        if take.sheet.title() != now.title() {
            let other = format!(" {:<7} another song: {}", number + 1, take.sheet.title());
            let style = if number == app.entry { theme.selected() } else { theme.faint() };
            lines.push(view.rule());
            lines.push(Line::styled(cut(&other, usize::from(area.width)), style));
            continue;
        }
        let here = if app.session.shown == Some(number) { signs.here } else { " " };
        let star = if take.starred { signs.star } else { " " };
        let name = format!("{here}{star}{}", number + 1);
        let likely = format!("{:.1}", take.log_probability);
        lines.extend(view.rows(&take.sheet, &name, &likely, number == app.entry));
    }
    if app.session.takes.is_empty() {
        lines.push(Line::styled(" no takes yet: r composes anew", theme.faint()));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

struct Rows<'a> {
    app: &'a App,
    theme: Theme,
    width: usize,
    bars: (usize, usize),
}

impl Rows<'_> {
    fn rule(&self) -> Line<'static> {
        let rule = self.theme.signs().line.repeat((self.width + 1) * (self.bars.1 + 1 - self.bars.0) + 1);
        Line::styled(format!("{}{rule}", " ".repeat(MARGIN - 1)), self.theme.faint())
    }

    /// A line, the chords and the notes of the bars.
    fn rows(&self, sheet: &LeadSheet, name: &str, figure: &str, chosen: bool) -> Vec<Line<'static>> {
        let now = &self.app.song().sheet;
        let view = Sheet::other(sheet, Some(now), self.app, self.theme, self.width);
        let signs = self.theme.signs();
        let mut lines = vec![self.rule()];
        for (text, chords) in [(name, true), (figure, false)] {
            let style = if chosen { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            let margin = format!("{:<width$}", cut(&format!(" {text}"), MARGIN - 2), width = MARGIN - 2);
            let mut spans = vec![
                Span::styled(margin, style),
                Span::raw(" "),
                Span::styled(signs.bar, self.theme.faint()),
            ];
            let there = sheet.form().bars.len();
            for bar in self.bars.0..=self.bars.1.min(there) {
                spans.extend(view.bar(bar, chords));
            }
            lines.push(Line::from(spans));
        }
        lines
    }
}
