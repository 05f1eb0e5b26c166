//! The mouse: a click chooses, dragging selects, the wheel moves by lines, a second click takes what the first has chosen.

use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::app::{App, Effect};
use super::keys::Key;
use super::prompt::What;

/// Two clicks on one thing within this time are a double click.
const DOUBLE: Duration = Duration::from_millis(400);

/// Where things stand on the screen, as drawn last.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// Bars a line.
    pub bars_a_line: usize,
    /// The bars in sight, counted from 1.
    pub bars: Vec<(Rect, usize)>,
    /// The keys that are named at the foot.
    pub keys: Vec<(Rect, Key)>,
    /// The lines of the list that is open, and which entry the first of them is.
    pub list: Option<(Rect, usize)>,
}

/// What the mouse points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A bar.
    Bar(usize),
    /// An entry of the list that is open.
    Entry(usize),
    /// A key at the foot.
    Key(Key),
}

/// The last click, with the time since the session began.
pub type Click = (Target, Duration);

impl Areas {
    fn target(&self, at: Position) -> Option<Target> {
        if let Some((_, key)) = self.keys.iter().find(|(area, _)| area.contains(at)) {
            return Some(Target::Key(*key));
        }
        if let Some((area, first)) = self.list.filter(|(area, _)| area.contains(at)) {
            return Some(Target::Entry(first + usize::from(at.y - area.y)));
        }
        self.bars.iter().find(|(area, _)| area.contains(at)).map(|(_, bar)| Target::Bar(*bar))
    }
}

/// Does what the mouse asks for, at a time since the session began.
pub fn pointed(app: &mut App, event: MouseEvent, time: Duration) -> Vec<Effect> {
    let target = app.areas.target(Position::new(event.column, event.row));
    let finds = app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Action);
    // While something is typed or answered, only the keys at the foot and what is looked for can be pointed at.
    let busy = app.replacing.is_some() || (app.prompt.is_some() && !finds);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let Some(target) = target.filter(|target| !busy || matches!(target, Target::Key(_))) else {
                return Vec::new();
            };
            let again = app.click.replace((target, time));
            let double =
                again.is_some_and(|(before, then)| before == target && time.saturating_sub(then) < DOUBLE);
            if double {
                // A third click begins anew.
                app.click = None;
            }
            clicked(app, target, double, finds)
        }
        MouseEventKind::Drag(MouseButton::Left) if !busy && !finds => {
            if let (Some(Target::Bar(bar)), Some((Target::Bar(from), _))) = (target, app.click)
                && (bar != from || app.anchor.is_some())
            {
                app.anchor = Some(from);
                app.go_to(bar);
            }
            Vec::new()
        }
        MouseEventKind::ScrollUp | MouseEventKind::ScrollDown if !busy => {
            let down = event.kind == MouseEventKind::ScrollDown;
            match (target, finds) {
                (_, true) => {
                    super::pressed(app, if down { plain(KeyCode::Down) } else { plain(KeyCode::Up) })
                }
                (Some(Target::Entry(_)), _) => app.update(if down { Action::Down } else { Action::Up }),
                _ => {
                    app.scroll(down);
                    Vec::new()
                }
            }
        }
        _ => Vec::new(),
    }
}

fn clicked(app: &mut App, target: Target, double: bool, finds: bool) -> Vec<Effect> {
    match target {
        Target::Key(Key { code, with }) => return super::pressed(app, KeyEvent::new(code, with)),
        Target::Entry(entry) if finds => {
            if entry >= app.palette().len() {
                return Vec::new();
            }
            app.found = entry;
            if double {
                return super::pressed(app, plain(KeyCode::Enter));
            }
        }
        Target::Entry(entry) => {
            if entry >= app.entries() {
                return Vec::new();
            }
            app.entry = entry;
            if double {
                return app.update(Action::Enter);
            }
        }
        Target::Bar(bar) => {
            (app.anchor, app.marking) = (None, false);
            app.go_to(bar);
            if double && app.list.is_none() {
                return app.update(Action::Enter);
            }
        }
    }
    Vec::new()
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}
