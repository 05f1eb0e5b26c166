//! The sheet: bars in lines of four or two, chords above, the notes by name below.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::playhead;
use crate::constraint::Part;
use crate::music::{Duration, LeadSheet, Words};
use crate::tui::app::App;
use crate::tui::mouse::Areas;
use crate::tui::teller::Sources;
use crate::tui::theme::{Signs, Theme};

/// What stands left of a line: the section and the number of its first bar.
const MARGIN: usize = 6;
/// The least room for a bar.
pub(super) const NARROW: usize = 9;
/// The most.
pub(super) const WIDE: usize = 24;

/// One cell of a row: a sign and how it looks.
type Cell = (String, Style);

/// What of a sheet is drawn. Bars are counted from 1; the pickup is bar 0.
pub(super) struct Sheet<'a> {
    sheet: &'a LeadSheet,
    starts: Vec<Duration>,
    /// The first bar (from 0) that each one is the same as.
    same: Vec<usize>,
    /// What it is compared with: bars that differ have a sign.
    before: Option<&'a LeadSheet>,
    app: &'a App,
    theme: Theme,
    signs: Signs,
    /// Columns of a bar.
    width: usize,
    /// Whether the cursor, the selection, locks and wishes are drawn.
    is_worked_on: bool,
}

/// Draws the sheet about the cursor; notes where its bars stand.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, areas: &mut Areas) {
    let room = usize::from(area.width).saturating_sub(MARGIN + 1);
    let count = [4, 2, 1].into_iter().find(|count| room / count > NARROW).unwrap_or(1);
    let view = Sheet::worked_on(app, theme, (room / count).saturating_sub(1).min(WIDE));
    let lines = view.lines(count);
    // The line of the cursor is in sight, with what comes after it where there is room.
    let height = usize::from(area.height);
    let at = lines.iter().position(|line| line.0.contains(&app.bar_in_sight())).unwrap_or_default();
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

impl<'a> Sheet<'a> {
    fn worked_on(app: &'a App, theme: Theme, width: usize) -> Sheet<'a> {
        let song = app.song();
        let before = app.session.history.step().before.and_then(|step| app.session.history.steps().get(step));
        // Of a new song nothing is as it was.
        let before =
            before.map(|step| &step.song.sheet).filter(|before| before.title() == song.sheet.title());
        let same = song.same_bars();
        Sheet { same, before, is_worked_on: true, ..Sheet::other(&song.sheet, None, app, theme, width) }
    }

    /// Another sheet, compared with one.
    pub fn other(
        sheet: &'a LeadSheet,
        before: Option<&'a LeadSheet>,
        app: &'a App,
        theme: Theme,
        width: usize,
    ) -> Sheet<'a> {
        Sheet {
            sheet,
            starts: sheet.form().bar_starts(),
            same: (0..sheet.form().bars.len()).collect(),
            before,
            app,
            theme,
            signs: theme.signs(),
            width,
            is_worked_on: false,
        }
    }

    /// The lines: which bars and how they look. A section begins a line, and the pickup is one.
    fn lines(&self, count: usize) -> Vec<(std::ops::RangeInclusive<usize>, Vec<Line<'static>>)> {
        let form = self.sheet.form();
        let mut lines = Vec::new();
        if form.pickup.is_positive() {
            lines.push((0..=0, self.line(0, 0)));
        }
        let mut bar = 0;
        while bar < form.bars.len() {
            let next = form.sections.iter().map(|section| section.first_bar).find(|&first| first > bar);
            let to = (bar + count).min(next.unwrap_or(usize::MAX)).min(form.bars.len());
            lines.push((bar + 1..=to, self.line(bar + 1, to)));
            bar = to;
        }
        lines
    }

    fn line(&self, from: usize, to: usize) -> Vec<Line<'static>> {
        let form = self.sheet.form();
        let section = form.sections.iter().find(|section| section.first_bar + 1 == from);
        let label: String =
            section.map(|section| section.label.chars().take(2).collect()).unwrap_or_default();
        let is_first = from == usize::from(!form.pickup.is_positive());
        let rule = self.rule(to + 1 - from, if is_first { ["┌", "┬", "┐"] } else { ["├", "┼", "┤"] });
        let number = if from == 0 { " up".to_string() } else { format!("{from:>3}") };
        let margin = [
            vec![Span::styled(format!("{label:<2}"), self.theme.head()), Span::raw(number)],
            vec![Span::raw(" ".repeat(MARGIN - 1))],
        ];
        let mut rows: Vec<Line<'static>> = margin
            .into_iter()
            .enumerate()
            .map(|(row, mut spans)| {
                spans.push(Span::styled(self.signs.bar, self.theme.faint()));
                for bar in from..=to {
                    spans.extend(self.bar(bar, row == 0));
                }
                Line::from(spans)
            })
            .collect();
        rows.extend(self.words(from, to));
        rows.extend(super::sources::of(self.app).map(|sources| self.sources(sources, from, to)));
        let rule = match self.playhead(from..=to) {
            Some((bar, column)) => {
                let first = MARGIN + (bar - from) * (self.width + 1);
                playhead::over(&rule, first..first + self.width, first + column, self.theme)
            }
            None => rule,
        };
        let ends = to == form.bars.len();
        let last = ends.then(|| self.rule(to + 1 - from, ["└", "┴", "┘"]));
        std::iter::once(rule).chain(rows).chain(last).collect()
    }

    /// The row of the words, if a bar of the line has any.
    fn words(&self, from: usize, to: usize) -> Option<Line<'static>> {
        let form = self.sheet.form();
        let mut spans =
            vec![Span::raw(" ".repeat(MARGIN - 1)), Span::styled(self.signs.bar, self.theme.faint())];
        for number in from..=to {
            let words = form.words(number).map(Words::syllables).unwrap_or_default();
            let (begin, end) = self.span(number);
            let notes = self.sheet.melody().starting_in(begin, end).iter();
            let sung: Vec<_> = notes.map(|note| self.column(number, note.onset)).zip(words).collect();
            let left = words.get(sung.len()..).unwrap_or_default();
            let cells = super::words::row(&sung, left, self.width, (self.theme.faint(), self.theme.ascii));
            spans.extend(cells.into_iter().map(|(text, style)| Span::styled(text, style)));
            spans.push(Span::styled(self.signs.bar, self.theme.faint()));
        }
        (from..=to)
            .any(|bar| form.words(bar).is_some_and(|words| !words.is_empty()))
            .then(|| Line::from(spans))
    }

    /// The row that says where the notes come from.
    fn sources(&self, sources: &Sources, from: usize, to: usize) -> Line<'static> {
        let signs = super::sources::signs(sources);
        let bar_line = || Span::styled(self.signs.bar, self.theme.faint());
        let mut spans = vec![Span::raw(" ".repeat(MARGIN - 1)), bar_line()];
        for number in from..=to {
            let mut cells: Vec<Cell> = vec![(" ".to_string(), Style::new()); self.width];
            let (begin, end) = self.span(number);
            // Repeats are written out where sources are told; the first time is the one that is written here.
            for ((onset, _), sign) in sources.notes.iter().zip(&signs) {
                if (begin..end).contains(onset) {
                    put(&mut cells, self.column(number, *onset), &sign.to_string(), self.theme.faint());
                }
            }
            spans.extend(cells.into_iter().map(|(text, style)| Span::styled(text, style)));
            spans.push(bar_line());
        }
        Line::from(spans)
    }

    /// Where a bar begins and ends; the pickup as the end of a full bar.
    fn span(&self, number: usize) -> (Duration, Duration) {
        match number.checked_sub(1) {
            None => (-self.sheet.meter().bar_length(), Duration::ZERO),
            Some(bar) => (self.starts[bar], self.starts[bar + 1]),
        }
    }

    /// The line above or below so many bars.
    fn rule(&self, bars: usize, corners: [&str; 3]) -> Line<'static> {
        let [left, between, right] = if self.theme.ascii { ["+"; 3] } else { corners };
        let bar = self.signs.line.repeat(self.width);
        let rule = format!("{left}{}{right}", vec![bar; bars].join(between));
        Line::from(vec![Span::raw(" ".repeat(MARGIN - 1)), Span::styled(rule, self.theme.faint())])
    }

    /// A row of a bar, with the line behind it.
    pub fn bar(&self, number: usize, chords: bool) -> Vec<Span<'static>> {
        let mut cells: Vec<Cell> = vec![(" ".to_string(), Style::new()); self.width];
        let part = if chords { Part::Chords } else { Part::Melody };
        if chords {
            self.chords(number, &mut cells)
        } else {
            self.notes(number, &mut cells)
        }
        let same = number.checked_sub(1).map(|bar| (self.same[bar], bar));
        if self.is_worked_on && self.app.song().locks.hold(number, part) {
            cells[0] = (self.signs.locked.to_string(), self.theme.locked());
        } else if chords && self.is_worked_on && self.is_asked(number) {
            cells[0] = (self.signs.asked.to_string(), self.theme.asked());
        } else if self.differs(number, part) {
            cells[0] = (self.signs.differs.to_string(), self.theme.differs());
        }
        if let Some((first, _)) = same.filter(|(first, bar)| !chords && first != bar) {
            let text = format!("={}", first + 1);
            put(&mut cells, self.width.saturating_sub(text.len()), &text, self.theme.faint());
        }
        if let Some((_, column)) = self.playhead(number..=number) {
            cells[column].1 = self.theme.heard();
        }
        let selected =
            self.is_worked_on && self.app.anchor.is_some() && self.app.selected().contains(&number);
        let is_here = self.is_worked_on && number == self.app.bar;
        if is_here || selected {
            let style = if is_here { Modifier::REVERSED } else { Modifier::UNDERLINED };
            cells.iter_mut().for_each(|cell| cell.1 = cell.1.add_modifier(style));
        }
        if is_here && self.app.beat.is_positive() {
            let at = self.column(number, self.span(number).0 + self.app.beat);
            if let Some(cell) = cells.get_mut(at) {
                cell.1 = cell.1.remove_modifier(Modifier::REVERSED).add_modifier(Modifier::UNDERLINED);
            }
        }
        let line = match selected {
            true => Span::styled(self.signs.to, self.theme.head()),
            false => Span::styled(self.signs.bar, self.theme.faint()),
        };
        cells.into_iter().map(|(text, style)| Span::styled(text, style)).chain([line]).collect()
    }

    /// Whether a part of a bar is not what it was.
    fn differs(&self, number: usize, part: Part) -> bool {
        let Some(before) = self.before else { return false };
        let span = self.span(number);
        if before.form().bars.len() != self.sheet.form().bars.len() {
            return false;
        }
        let in_bar = |at: Duration| span.0 <= at && at < span.1;
        let notes = |sheet: &'a LeadSheet| {
            let notes = sheet.melody().notes.iter().filter(move |note| in_bar(note.onset));
            notes.map(|note| (note.onset, note.duration, note.pitch.midi()))
        };
        let changes = |sheet: &'a LeadSheet| {
            let changes = sheet.chart().changes.iter().filter(move |change| in_bar(change.at));
            (sheet.chart().sounding_at(span.0), changes.collect::<Vec<_>>())
        };
        match part {
            Part::Chords => changes(before) != changes(self.sheet),
            _ => !notes(before).eq(notes(self.sheet)),
        }
    }

    /// Whether something that binds is asked of a bar alone or with few others.
    fn is_asked(&self, number: usize) -> bool {
        let song = self.app.song();
        let Some(frame) = song.frame() else { return false };
        let bar = self.span(number);
        song.wanted.iter().filter(|wanted| wanted.on).any(|wanted| {
            let spans = frame.spans(wanted.constraint.place()).unwrap_or_default();
            spans.iter().any(|span| {
                let narrow = span.1 - span.0 < frame.meter.bar_length() * frame.bars as i64;
                narrow && span.0 < bar.1 && span.1 > bar.0
            })
        })
    }

    /// The bar that is heard, if it is one of these, and the column of the place in it.
    fn playhead(&self, bars: std::ops::RangeInclusive<usize>) -> Option<(usize, usize)> {
        let heard = self.app.heard_bar().filter(|heard| self.is_worked_on && bars.contains(&heard.bar))?;
        let column = self.column(heard.bar, self.span(heard.bar).0 + heard.at);
        Some((heard.bar, column.min(self.width - 1)))
    }

    /// The column of a place in a bar; the first is for signs.
    fn column(&self, number: usize, at: Duration) -> usize {
        let (from, to) = self.span(number);
        let room = (self.width - 1) as i64;
        1 + usize::try_from((at - from).ticks() * room / (to - from).ticks().max(1)).unwrap_or_default()
    }

    fn chords(&self, number: usize, cells: &mut [Cell]) {
        let (from, to) = self.span(number);
        let changes = &self.sheet.chart().changes;
        let own: Vec<_> = changes.iter().filter(|change| from <= change.at && change.at < to).collect();
        let mut free = 1;
        for (index, change) in own.iter().enumerate() {
            let at = self.column(number, change.at).max(free);
            let to = own.get(index + 1).map_or(self.width, |next| self.column(number, next.at));
            let room = to.saturating_sub(at + 1).max(1).max(if own.len() == 1 { self.width - 1 } else { 0 });
            let name: String = self.spelt(&change.chord.to_string()).chars().take(room.max(2)).collect();
            put(cells, at, &name, self.theme.chord());
            free = at + name.chars().count() + 1;
        }
    }

    fn notes(&self, number: usize, cells: &mut [Cell]) {
        let (from, to) = self.span(number);
        let mut sounding = vec![false; self.width];
        for note in self.sheet.melody().notes.iter().filter(|note| note.onset < to && note.end() > from) {
            let (first, last) =
                (self.column(number, note.onset.max(from)), self.column(number, note.end().min(to)));
            let held = first..last.max(first + 1).min(self.width);
            put(cells, first, &self.signs.held.repeat(held.len()), Style::new());
            if let Some(sounding) = sounding.get_mut(held) {
                sounding.fill(true);
            }
        }
        let meter = number.checked_sub(1).map_or(self.sheet.meter(), |bar| self.sheet.form().bars[bar].meter);
        let beat = meter.unit_length();
        // Before the pickup there is nothing, not even a rest.
        let begins = if number == 0 { -self.sheet.form().pickup } else { from };
        let beats = (0..(to - from).div_floor(beat)).map(|number| from + beat * number);
        for column in beats.filter(|&at| begins <= at).map(|at| self.column(number, at)) {
            if !sounding.get(column).copied().unwrap_or(true) {
                put(cells, column, self.signs.rest, self.theme.faint());
            }
        }
        // Names come over what is held, the later ones over the earlier.
        for note in self.sheet.melody().notes.iter().filter(|note| from <= note.onset && note.onset < to) {
            let name = note.pitch.name.to_string();
            put(cells, self.column(number, note.onset), &self.spelt(&name), Style::new());
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
