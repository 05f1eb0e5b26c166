//! Where the notes come from: songs by letter, or how far back the style knows each step.

use ratatui::style::Style;
use ratatui::text::Line;

use super::{broken, cut, plain};
use crate::tui::app::App;
use crate::tui::teller::Sources;
use crate::tui::theme::Theme;

/// What is told of the sheet at hand, if it is.
pub fn of(app: &App) -> Option<&Sources> {
    let (sheet, sources) = app.sources.as_ref()?;
    (app.shows_sources && *sheet == app.song().sheet).then_some(sources)
}

/// The sign of each note: a song's letter, or how many notes before it the style's songs go on with it after.
pub fn signs(sources: &Sources) -> Vec<char> {
    let letter = |song: usize| {
        u8::try_from(song).ok().filter(|song| *song < 26).map_or('+', |song| char::from(b'a' + song))
    };
    let figure = |seen: Option<usize>| match seen {
        None => '.',
        Some(seen) => char::from_digit(seen.min(9) as u32, 10).unwrap_or('9'),
    };
    let letters = sources.letters.iter().zip(&sources.notes);
    match sources.songs {
        0 => sources.notes.iter().map(|(_, seen)| figure(*seen)).collect(),
        _ => letters.map(|(song, _)| song.map_or('.', letter)).collect(),
    }
}

/// The songs with most notes, in a line; or what the figures under the notes mean.
pub fn in_short(sources: &Sources) -> Vec<String> {
    if sources.songs == 0 {
        return vec!["under notes: how far back a song agrees".to_string()];
    }
    let named = sources.titles.iter().take(3).zip('a'..);
    let songs: Vec<String> = named.map(|((title, _), letter)| format!("{letter} {title}")).collect();
    vec![songs.join("  ")]
}

/// The list.
pub fn lines(app: &App, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let Some(sources) = of(app) else { return plain(broken("looking where the notes come from ...", width)) };
    let mut lines = Vec::new();
    let (most, holds) = sources.limit;
    let limit = match holds {
        Some(true) => format!("no more than {most} notes in a row of one song"),
        Some(false) => format!("MORE than {most} notes in a row of one song"),
        None => format!("maybe more than {most} notes in a row of one song"),
    };
    let style = if holds == Some(true) { theme.asked() } else { theme.wrong() };
    lines.extend(broken(&limit, width).into_iter().map(|line| Line::styled(line, style)));
    if sources.songs == 0 {
        let text = "The style is made of figures and carries no songs. Under each note stands how many notes before it, and it, \
                    some song of the style has too; a dot: none.";
        lines.extend(plain(broken(text, width)));
        let bars: Vec<String> = sources.suspected.iter().map(ToString::to_string).collect();
        if !bars.is_empty() {
            lines.extend(plain(broken(
                &format!("nine notes or more of one song: bars {}", bars.join(", ")),
                width,
            )));
        }
        return lines;
    }
    let notes = sources.notes.len().max(1);
    for (number, (title, count)) in sources.titles.iter().enumerate().take(26) {
        let letter = char::from(b'a' + number as u8);
        let share = format!("{:>3} %", 100 * count / notes);
        let room = width.saturating_sub(share.len() + 3);
        lines.push(Line::from(format!("{letter} {:<room$} {share}", cut(title, room))));
    }
    for (notes, bars, titles) in sources.passages.iter().take(8) {
        let bars = match bars.start() == bars.end() {
            true => format!("bar {}", bars.start()),
            false => format!("bars {}-{}", bars.start(), bars.end()),
        };
        let more = if titles.len() > 1 { format!(" +{}", titles.len() - 1) } else { String::new() };
        let title = titles.first().cloned().unwrap_or_default();
        lines
            .push(Line::styled(cut(&format!("{notes:>2} notes {bars}: {title}{more}"), width), Style::new()));
    }
    lines
}
