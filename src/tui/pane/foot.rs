//! The head line, the line of messages, and the keys of the moment.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{cut, playhead};
use crate::music::lead_sheet::Feel;
use crate::tui::action::{Action, BINDINGS, Binding};
use crate::tui::app::{App, List};
use crate::tui::keys::Key;
use crate::tui::mouse::Areas;
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

/// What a key does, in a word, as things are; nothing where it does nothing.
fn short(app: &App, binding: &Binding) -> Option<&'static str> {
    use List::{Constraints, Files, Styles, Takes};
    let list = app.list;
    match binding.action {
        Action::Play if app.sound.playing.is_some() => Some("stop"),
        Action::Switch => match list {
            Some(Takes | Styles) => Some("hear"),
            Some(Constraints) => Some(binding.short),
            _ => None,
        },
        Action::TakeMelody => match list {
            Some(Takes) => Some("melody"),
            Some(Styles) => Some("mix"),
            _ => None,
        },
        Action::TakeChords => Some(binding.short).filter(|_| list == Some(Takes)),
        Action::Learn => Some(binding.short).filter(|_| list == Some(Styles)),
        Action::ChangeWish => Some(binding.short).filter(|_| list == Some(Constraints)),
        Action::Delete => Some(binding.short).filter(|_| matches!(list, Some(Constraints | Files))),
        Action::Ask => Some(binding.short).filter(|_| matches!(list, None | Some(Constraints))),
        _ => Some(binding.short),
    }
    .filter(|short| !short.is_empty())
}

/// The keys that do something here, as many as there is room for; notes where they stand.
pub fn keys(app: &App, theme: Theme, area: Rect, areas: &mut Areas) -> Vec<Line<'static>> {
    let width = usize::from(area.width);
    let in_list = app.list.is_some();
    let mut entries: Vec<(String, &str)> = Vec::new();
    let plain = |keys: &[(&str, &'static str)]| -> Vec<(String, &str)> {
        keys.iter().map(|(key, does)| (key.to_string(), *does)).collect()
    };
    if app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Write) {
        return possible(app, theme, area);
    }
    if let Some(prompt) = app.prompt.as_ref().filter(|prompt| prompt.what == What::Words) {
        let counted = cut(&format!(" {}", app.words_counted(&prompt.text)), width);
        return vec![Line::styled(counted, theme.faint())];
    }
    if app.replacing.is_some() {
        entries.extend(plain(&[("y", "replace it"), ("n", "keep it")]));
    } else if let Some(prompt) = &app.prompt {
        entries.extend(match prompt.what {
            What::Action => {
                plain(&[("up", "choose"), ("down", "choose"), ("enter", "do it"), ("esc", "leave")])
            }
            _ => plain(&[("enter", "done"), ("esc", "leave")]),
        });
    } else {
        if in_list || app.waiting.is_some() || app.anchor.is_some() {
            entries.extend(app.keys.shown(Action::Back, in_list).map(|key| (key.to_string(), "back")));
        }
        let mends = [Action::Mend1, Action::Mend2, Action::Mend3];
        let mends = mends.iter().take(app.conflict.as_ref().map_or(0, |conflict| conflict.found.mends.len()));
        let shown =
            BINDINGS.iter().filter(|binding| !binding.short.is_empty() && binding.at.is_here(in_list));
        let shown = shown.filter_map(|binding| Some((binding.action, short(app, binding)?)));
        let shown = mends.map(|mend| (*mend, "way out")).chain(shown);
        entries.extend(
            shown.filter_map(|(action, short)| Some((app.keys.shown(action, in_list)?.to_string(), short))),
        );
    }
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    for (key, does) in entries {
        let long = key.chars().count() + does.len() + 3;
        if used + long >= width {
            lines.push(Vec::new());
            used = 0;
        }
        let row = lines.len() as u16 - 1;
        if let Ok(pressed) = key.parse::<Key>()
            && row < area.height
        {
            areas.keys.push((Rect::new(area.x + used as u16, area.y + row, long as u16, 1), pressed));
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
