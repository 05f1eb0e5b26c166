//! Where the music is: a sign above the bar that is heard, and what plays in words.

use ratatui::text::{Line, Span};

use crate::audio::Moment;
use crate::tui::app::App;
use crate::tui::sound::{Alone, Source};
use crate::tui::theme::Theme;

/// The rule above a line of bars with the sign over the place that is heard, and the bar in colour, given the columns of the bar
/// and of the place.
pub fn over(rule: &Line<'_>, bar: std::ops::Range<usize>, place: usize, theme: Theme) -> Line<'static> {
    let text: Vec<char> = rule.spans.iter().flat_map(|span| span.content.chars()).collect();
    let part = |from: usize, to: usize| {
        let columns = text.iter().enumerate().take(to.min(text.len())).skip(from);
        columns
            .map(|(column, c)| if column == place { theme.signs().heard.to_string() } else { c.to_string() })
    };
    Line::from(vec![
        Span::styled(part(0, bar.start).collect::<String>(), theme.faint()),
        Span::styled(part(bar.start, bar.end).collect::<String>(), theme.heard()),
        Span::styled(part(bar.end, text.len()).collect::<String>(), theme.faint()),
    ])
}

/// What plays, where it is, and what goes along with it: as much of it as there is room for, the place in any case.
pub fn state(app: &App, theme: Theme, room: usize) -> Span<'static> {
    let sound = &app.sound;
    let mut parts = Vec::new();
    if let Some(playing) = &sound.playing {
        let place = match (playing.moment, app.heard_bar()) {
            (_, Some(heard)) => format!("{}.{}", heard.bar, heard.beat),
            (Some(Moment::CountIn), None) => "count-in".to_string(),
            _ => String::new(),
        };
        let take = match playing.source {
            Source::Take(number) => format!("take {} ", number + 1),
            Source::Sheet => String::new(),
            Source::Sample => "sample ".to_string(),
        };
        parts.push(format!("{} {take}{place}", theme.signs().here));
    }
    let least = parts.len();
    let bars = sound.playing.as_ref().and_then(|playing| playing.bars);
    let repeat = match bars {
        Some((first, last)) if first == last => format!("loop {first}"),
        Some((first, last)) => format!("loop {first}-{last}"),
        None => "loop".to_string(),
    };
    let alone = match sound.alone {
        Alone::Nothing => "",
        Alone::Melody => "melody alone",
        Alone::Chords => "chords alone",
    };
    let flags = [
        (sound.repeat, repeat.as_str()),
        (sound.metronome, "metronome"),
        (sound.count_in, "count-in"),
        (sound.alone != Alone::Nothing, alone),
    ];
    parts.extend(flags.iter().filter(|flag| flag.0).map(|flag| flag.1.to_string()));
    let long = |parts: &[String]| parts.iter().map(|part| part.chars().count() + 2).sum::<usize>();
    while parts.len() > least && long(&parts) > room {
        parts.pop();
    }
    let style = if sound.playing.is_some() { theme.heard() } else { theme.faint() };
    let text: String = parts.iter().map(|part| format!("  {part}")).collect();
    Span::styled(text, style)
}
