//! The head line, the line of messages, and the keys of the moment.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{cut, playhead};
use crate::music::lead_sheet::Feel;
use crate::tui::action::{Action, BINDINGS, Binding, Where};
use crate::tui::app::{App, List};
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
    let state = playhead::state(app, theme, width.saturating_sub(first.chars().count()));
    let room = width.saturating_sub(state.content.chars().count());
    let text = format!(" {:<room$}", cut(first, room));
    Line::from(vec![Span::styled(text, style), state])
}

/// What a key does, in a word, as things are.
fn short(app: &App, binding: &Binding) -> &'static str {
    match binding.action {
        Action::Switch if app.list == Some(List::Takes) => "hear",
        Action::Play if app.sound.playing.is_some() => "stop",
        _ => binding.short,
    }
}

/// The keys that do something here, as many as there is room for.
pub fn keys(app: &App, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let width = usize::from(area.width);
    let here = |at: Where| match at {
        Where::Any => true,
        Where::List => app.list.is_some(),
        Where::Sheet => app.list.is_none(),
    };
    let mut entries: Vec<(String, &str)> = Vec::new();
    if app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Write) {
        return possible(app, theme, area);
    }
    if let Some(prompt) = app.prompt.as_ref().filter(|prompt| prompt.what == What::Words) {
        let counted = cut(&format!(" {}", app.words_counted(&prompt.text)), width);
        return vec![Line::styled(counted, theme.faint())];
    }
    if app.prompt.is_some() {
        entries.extend([("enter".to_string(), "done"), ("esc".to_string(), "leave")]);
    } else {
        let conflict = app.conflict.iter().flat_map(|conflict| 1..=conflict.found.mends.len());
        entries.extend(conflict.map(|number| (number.to_string(), "way out")));
        let shown = BINDINGS.iter().filter(|binding| !binding.short.is_empty() && here(binding.at));
        entries.extend(shown.map(|binding| (binding.name(), short(app, binding))));
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

/// What could be typed here, and how likely it is.
fn possible(app: &App, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let words = app.completions();
    let known = app.possible().is_some();
    let (chords, notes): (Vec<_>, Vec<_>) =
        words.into_iter().partition(|(word, _)| word.starts_with(char::is_uppercase));
    let first = match (known, chords.is_empty() && notes.is_empty()) {
        (false, _) => "chords Dm7, notes e4 f#8 g. r4, | next bar, % no chord; enter writes, esc leaves",
        (true, true) => "nothing that is likely here begins so; enter writes, esc leaves",
        (true, false) => "",
    };
    if !first.is_empty() {
        return vec![Line::styled(
            format!(" {}", cut(first, usize::from(area.width).saturating_sub(1))),
            theme.faint(),
        )];
    }
    let line = |words: Vec<(String, f64)>| {
        let mut spans = vec![Span::styled(" tab", theme.head())];
        let mut room = usize::from(area.width).saturating_sub(4);
        for (word, share) in words {
            let per_cent = share * 100.0;
            let share = if per_cent < 1.0 { "<1".to_string() } else { format!("{per_cent:.0}") };
            let long = word.chars().count() + share.len() + 4;
            if long > room {
                break;
            }
            room -= long;
            spans.push(Span::raw(format!("  {word}")));
            spans.push(Span::styled(format!(" {share}%"), theme.faint()));
        }
        Line::from(spans)
    };
    let rows = [chords, notes].into_iter().filter(|words| !words.is_empty()).map(line);
    rows.take(usize::from(area.height)).collect()
}
