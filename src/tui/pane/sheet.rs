//! The sheet: bars in lines of four or two, chords above, the notes by name below.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::constraint::Part;
use crate::music::{Duration, LeadSheet};
use crate::tui::app::App;
use crate::tui::mouse::Areas;
use crate::tui::theme::{Signs, Theme};

/// What stands left of a line: the section and the number of its first bar.
const MARGIN: usize = 6;
/// The least room for a bar.
const NARROW: usize = 9;
/// The most.
const WIDE: usize = 24;

/// One cell of a row: a sign and how it looks.
type Cell = (String, Style);

/// What of the sheet is drawn.
struct Sheet<'a> {
    sheet: &'a LeadSheet,
    starts: Vec<Duration>,
    /// The first bar (from 0) that each one is the same as.
    same: Vec<usize>,
    app: &'a App,
    theme: Theme,
    signs: Signs,
    /// Columns of a bar.
    width: usize,
}

/// Draws the sheet about the cursor; notes where its bars stand.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    let room = usize::from(area.width).saturating_sub(MARGIN + 1);
    let count = [4, 2, 1].into_iter().find(|count| room / count > NARROW).unwrap_or(1);
    let song = app.song();
    let view = Sheet {
        sheet: &song.sheet,
        starts: song.sheet.form().bar_starts(),
        same: song.same_bars(),
        app,
        theme,
        signs: theme.signs(),
        width: (room / count).saturating_sub(1).min(WIDE),
    };
    let lines = view.lines(count);
    // The line of the cursor is in sight, with what comes after it where there is room.
    let height = usize::from(area.height);
    let at = lines.iter().position(|line| line.0.contains(&app.bar)).unwrap_or_default();
    let mut first = at;
    let tall = |from: usize, to: usize| lines[from..to].iter().map(|line| line.1.len()).sum::<usize>();
    while first > 0 && tall(first - 1, (at + 2).min(lines.len())) <= height {
        first -= 1;
    }
    let mut top = 0;
    for (bars, rows) in &lines[first..] {
        for (number, bar) in bars.clone().enumerate() {
            let left = MARGIN + number * (view.width + 1);
            let place =
                Rect::new(area.x + left as u16, area.y + top, view.width as u16 + 1, rows.len() as u16);
            areas.bars.push((place.intersection(area), bar));
        }
        top += rows.len() as u16;
        if usize::from(top) >= height {
            break;
        }
    }
    areas.bars_a_line = count;
    let text: Vec<Line<'_>> = lines.into_iter().skip(first).flat_map(|line| line.1).take(height).collect();
    frame.render_widget(Paragraph::new(text), area);
}

impl Sheet<'_> {
    /// The lines: which bars (from 1) and how they look. A section begins a line.
    fn lines(&self, count: usize) -> Vec<(std::ops::RangeInclusive<usize>, Vec<Line<'static>>)> {
        let form = self.sheet.form();
        let mut lines = Vec::new();
        let mut bar = 0;
        while bar < form.bars.len() {
            let next = form.sections.iter().map(|section| section.first_bar).find(|&first| first > bar);
            let to = (bar + count).min(next.unwrap_or(usize::MAX)).min(form.bars.len());
            lines.push((bar + 1..=to, self.line(bar, to)));
            bar = to;
        }
        lines
    }

    fn line(&self, from: usize, to: usize) -> Vec<Line<'static>> {
        let section = self.sheet.form().sections.iter().find(|section| section.first_bar == from);
        let label: String =
            section.map(|section| section.label.chars().take(2).collect()).unwrap_or_default();
        let faint = self.theme.faint();
        let rule = self.rule(to - from, if from == 0 { ["┌", "┬", "┐"] } else { ["├", "┼", "┤"] });
        let margin = [
            vec![
                Span::styled(format!("{label:<2}"), self.theme.head()),
                Span::raw(format!("{:>3}", from + 1)),
            ],
            vec![Span::raw(" ".repeat(MARGIN - 1))],
        ];
        let rows = margin.into_iter().enumerate().map(|(row, mut spans)| {
            spans.push(Span::styled(self.signs.bar, faint));
            for bar in from..to {
                spans.extend(self.bar(bar, row == 0));
            }
            Line::from(spans)
        });
        let ends = to == self.sheet.form().bars.len();
        let last = ends.then(|| self.rule(to - from, ["└", "┴", "┘"]));
        std::iter::once(rule).chain(rows).chain(last).collect()
    }

    /// The line above or below so many bars.
    fn rule(&self, bars: usize, corners: [&str; 3]) -> Line<'static> {
        let [left, between, right] = if self.theme.ascii { ["+"; 3] } else { corners };
        let bar = self.signs.line.repeat(self.width);
        let rule = format!("{left}{}{right}", vec![bar; bars].join(between));
        Line::from(vec![Span::raw(" ".repeat(MARGIN - 1)), Span::styled(rule, self.theme.faint())])
    }

    /// A row of a bar (from 0), with the line behind it.
    fn bar(&self, bar: usize, chords: bool) -> Vec<Span<'static>> {
        let mut cells: Vec<Cell> = vec![(" ".to_string(), Style::new()); self.width];
        let number = bar + 1;
        let part = if chords { Part::Chords } else { Part::Melody };
        if chords {
            self.chords(bar, &mut cells)
        } else {
            self.notes(bar, &mut cells)
        }
        if self.app.song().locks.hold(number, part) {
            cells[0] = (self.signs.locked.to_string(), self.theme.locked());
        } else if chords && self.is_asked(number) {
            cells[0] = (self.signs.asked.to_string(), self.theme.asked());
        } else if !chords && self.same[bar] != bar {
            let text = format!("={}", self.same[bar] + 1);
            put(&mut cells, self.width.saturating_sub(text.len()), &text, self.theme.faint());
        }
        let selected = self.app.anchor.is_some() && self.app.selected().contains(&number);
        if number == self.app.bar || selected {
            let style = if number == self.app.bar { Modifier::REVERSED } else { Modifier::UNDERLINED };
            cells.iter_mut().for_each(|cell| cell.1 = cell.1.add_modifier(style));
        }
        let line = match selected {
            true => Span::styled(self.signs.to, self.theme.head()),
            false => Span::styled(self.signs.bar, self.theme.faint()),
        };
        cells.into_iter().map(|(text, style)| Span::styled(text, style)).chain([line]).collect()
    }

    /// Whether something that binds is asked of a bar alone or with few others.
    fn is_asked(&self, number: usize) -> bool {
        let song = self.app.song();
        let Some(frame) = song.frame() else { return false };
        let line = |bar: usize| frame.meter.bar_length() * bar as i64;
        song.wanted.iter().filter(|wanted| wanted.on).any(|wanted| {
            let spans = frame.spans(wanted.constraint.place()).unwrap_or_default();
            spans.iter().any(|span| {
                let narrow = span.1 - span.0 < frame.meter.bar_length() * frame.bars as i64;
                narrow && span.0 < line(number) && span.1 > line(number - 1)
            })
        })
    }

    /// The column of a place in a bar; the first is for signs.
    fn column(&self, bar: usize, at: Duration) -> usize {
        let (from, length) = (self.starts[bar], self.starts[bar + 1] - self.starts[bar]);
        let room = (self.width - 1) as i64;
        1 + usize::try_from((at - from).ticks() * room / length.ticks().max(1)).unwrap_or_default()
    }

    fn chords(&self, bar: usize, cells: &mut [Cell]) {
        let changes = &self.sheet.chart().changes;
        let within = |at: Duration| self.starts[bar] <= at && at < self.starts[bar + 1];
        let pickup = |at: Duration| bar == 0 && at < Duration::ZERO;
        let own: Vec<_> = changes.iter().filter(|change| within(change.at) || pickup(change.at)).collect();
        let mut free = 1;
        for (index, change) in own.iter().enumerate() {
            let at = self.column(bar, change.at.max(self.starts[bar])).max(free);
            let to = own.get(index + 1).map_or(self.width, |next| self.column(bar, next.at));
            let room = to.saturating_sub(at + 1).max(1).max(if own.len() == 1 { self.width - 1 } else { 0 });
            let name: String = self.spelt(&change.chord.to_string()).chars().take(room.max(2)).collect();
            put(cells, at, &name, self.theme.chord());
            free = at + name.chars().count() + 1;
        }
    }

    fn notes(&self, bar: usize, cells: &mut [Cell]) {
        let (from, to) = (self.starts[bar], self.starts[bar + 1]);
        let mut sounding = vec![false; self.width];
        for note in self.sheet.melody().notes.iter().filter(|note| note.onset < to && note.end() > from) {
            let (first, last) =
                (self.column(bar, note.onset.max(from)), self.column(bar, note.end().min(to)));
            let held = first..last.max(first + 1).min(self.width);
            put(cells, first, &self.signs.held.repeat(held.len()), Style::new());
            if let Some(sounding) = sounding.get_mut(held) {
                sounding.fill(true);
            }
        }
        let beat = self.sheet.form().bars[bar].meter.unit_length();
        let beats = (to - from).div_floor(beat);
        for column in (0..beats).map(|number| self.column(bar, from + beat * number)) {
            if !sounding.get(column).copied().unwrap_or(true) {
                put(cells, column, self.signs.rest, self.theme.faint());
            }
        }
        // Names come over what is held, the later ones over the earlier.
        for note in self.sheet.melody().notes.iter().filter(|note| from <= note.onset && note.onset < to) {
            let name = note.pitch.name.to_string();
            put(cells, self.column(bar, note.onset), &self.spelt(&name), Style::new());
        }
    }

    /// A name with the signs of the theme.
    fn spelt(&self, name: &str) -> String {
        if self.theme.ascii {
            return name.to_string();
        }
        // The first letter is a note's, as is one behind a slash; elsewhere `b` and `#` alter a degree.
        name.replace('b', self.signs.flat).replace('#', self.signs.sharp)
    }
}

/// Writes a text over cells, as far as they go.
fn put(cells: &mut [Cell], at: usize, text: &str, style: Style) {
    for (cell, c) in cells.iter_mut().skip(at).zip(text.chars()) {
        *cell = (c.to_string(), style);
    }
}
