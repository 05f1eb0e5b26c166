//! The composing session on the screen: keys and answers come in, the app changes, and what it looks like goes out.

pub mod action;
pub mod app;
mod composing;
mod crew;
mod filing;
pub mod keys;
pub mod learner;
pub mod loudspeaker;
pub mod mouse;
mod opening;
mod palette;
pub mod pane;
pub mod prompt;
pub mod recent;
mod screen;
pub mod settings;
mod signals;
pub mod sound;
pub mod store;
pub mod styles;
pub mod teller;
pub mod theme;
mod verbs;
mod wishes;
mod words;
pub mod worker;
mod writing;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{
    self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent, MouseEventKind,
};

use crate::audio::Instrument;
use crate::cli::{Failure, files, play};
use crate::style;
use action::Action;
use app::{App, Effect};
use crew::Crew;
use learner::Progress;
use loudspeaker::Loudspeaker;
use mouse::Areas;
use opening::Opened;
use prompt::{Typed, What};
use settings::Found;
use signals::Signal;
use store::Store;
use teller::Told;
use theme::Theme;
use worker::Answer;

/// How often the screen looks at where the music is, while there is some.
const LOOK: Duration = Duration::from_millis(100);

/// How a session is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The session, or a sheet to begin one with; none for the one that has no name yet.
    pub path: Option<PathBuf>,
    /// Where the draws of a new session start.
    pub seed: u64,
    /// Whether there are no colours.
    pub no_colours: bool,
    /// What plays the melody.
    pub instrument: Instrument,
    /// The SoundFont in place of the built-in sounds.
    pub soundfont: Option<PathBuf>,
    /// The songwriter's settings, and what is wrong with their file.
    pub settings: Found,
}

/// What comes in.
enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent, Duration),
    Resize,
    Answer(Box<Answer>),
    Told(Box<Told>),
    Learned(Box<Progress>),
    Signal(Signal),
    /// The terminal is gone.
    Gone,
}

/// Opens a session on the screen, and gives what is to be said once it is left.
///
/// # Errors
/// When there is no terminal, or the file cannot be read or written.
pub fn run(options: &Options) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::Usage("the session needs a terminal; see `tunesmith --help`".into()));
    }
    // Whether there is such a file is told at once; it is read when something is to be heard.
    options.soundfont.as_deref().map(files::open).transpose()?;
    let settings = &options.settings.settings;
    let opened = opening::open(options.path.as_deref(), options.seed, settings.style.as_deref())?;
    let Opened { session, store, file, remark } = opened;
    let mut app = App::new(session, file, options.seed);
    app.kept_in = store.path().to_path_buf();
    app.styles = all_styles();
    app.sound.instrument = options.instrument;
    app.sound.soundfont.clone_from(&options.soundfont);
    app.settle(settings.clone());
    if let Some(remark) = options.settings.complaint().or(remark) {
        app.message = remark;
    }
    filing::remember(store.path());
    let theme = Theme { colours: !options.no_colours, ascii: settings.theme.ascii };
    let (events, incoming) = channel();
    let crew = Crew::start(&events)?;
    let no_terminal = |error: std::io::Error| Failure::Usage(format!("the terminal: {error}"));
    let heard = events.clone();
    signals::listen(move |signal| heard.send(Event::Signal(signal)).is_ok()).map_err(no_terminal)?;
    let mut screen = screen::take(settings.mouse).map_err(no_terminal)?;
    listen(events);
    let left = live(app, store, theme, (&crew, &incoming), &mut screen);
    screen::give_back();
    let (said, by) = left?;
    if let Some(signal) = by {
        signals::end_by(signal);
    }
    Ok(match screen::last_fault() {
        Some(fault) => format!("{said}; a part of the program failed, please report: {fault}"),
        None => said,
    })
}

/// The styles that there are, and whether they are the user's own.
fn all_styles() -> Vec<(String, bool)> {
    style::list().into_iter().map(|style| (style.name, style.folder.is_some())).collect()
}

/// What comes in next; while something plays nothing, if nothing comes until it is time to look where the music is.
fn next(incoming: &Receiver<Event>, plays: bool) -> Result<Option<Event>, RecvTimeoutError> {
    if !plays {
        return incoming.recv().map(Some).map_err(RecvTimeoutError::from);
    }
    match incoming.recv_timeout(LOOK) {
        Err(RecvTimeoutError::Timeout) => Ok(None),
        other => other.map(Some),
    }
}

/// Reads keys and the mouse for as long as the program runs.
#[allow(
    clippy::disallowed_methods,
    reason = "a double click is told by the time between two; nothing is composed by it"
)]
fn listen(events: Sender<Event>) {
    thread::spawn(move || {
        let begun = std::time::Instant::now();
        while let Ok(read) = event::read() {
            let event = match read {
                event::Event::Key(key) if key.kind != KeyEventKind::Release => Event::Key(key),
                // Where it merely moves nothing happens.
                event::Event::Mouse(mouse) if mouse.kind != MouseEventKind::Moved => {
                    Event::Mouse(mouse, begun.elapsed())
                }
                event::Event::Resize(..) => Event::Resize,
                _ => continue,
            };
            if events.send(event).is_err() {
                return;
            }
        }
        let _ = events.send(Event::Gone);
    });
}

/// Lives until the session is left; then it is closed, however that came. Gives what is to be said, and the signal that ended it.
fn live(
    mut app: App,
    mut store: Store,
    theme: Theme,
    (crew, incoming): (&Crew, &Receiver<Event>),
    screen: &mut DefaultTerminal,
) -> Result<(String, Option<i32>), Failure> {
    let mut loudspeaker = Loudspeaker::start(|| loudspeaker::or_silence(play::open_sink()))
        .map_err(|error| Failure::Usage(format!("no thread to play on: {error}")))?;
    let mut shown = show(&mut app, theme, screen);
    let mut by = None;
    while shown.is_ok() && !app.is_over() {
        let Ok(event) = next(incoming, app.sound.playing.is_some()) else { break };
        let mut is_news = event.is_some();
        // What has come in meanwhile is seen before the screen is drawn again.
        for event in event.into_iter().chain(incoming.try_iter()) {
            is_news = true;
            let effects = match event {
                Event::Key(key) => pressed(&mut app, key),
                Event::Mouse(event, time) => mouse::pointed(&mut app, event, time),
                Event::Answer(answer) => app.answered(*answer),
                Event::Told(told) => app.told(*told),
                Event::Learned(progress) => {
                    if app.learned(*progress) {
                        app.styles = all_styles();
                    }
                    Vec::new()
                }
                Event::Resize | Event::Signal(Signal::Size) => Vec::new(),
                Event::Signal(Signal::Stop) => vec![Effect::Suspend],
                Event::Signal(Signal::GoOn) => {
                    take_again(&mut app, screen);
                    Vec::new()
                }
                Event::Signal(Signal::End(signal)) => {
                    by = Some(signal);
                    vec![Effect::Quit]
                }
                Event::Gone => vec![Effect::Quit],
            };
            for effect in effects {
                match effect {
                    Effect::Suspend => suspend(&mut app, screen),
                    effect => carry_out(effect, &mut app, &mut store, crew),
                }
            }
        }
        if app.is_over() {
            break;
        }
        loudspeaker.follow(&mut app);
        if loudspeaker.look(&mut app) || is_news {
            shown = show(&mut app, theme, screen);
        }
    }
    store.close(&app.session)?;
    shown?;
    Ok((filing::way_back(&app), by))
}

/// Gives the terminal back to the shell until that lets us go on.
fn suspend(app: &mut App, screen: &mut DefaultTerminal) {
    screen::give_back();
    if !signals::stop() {
        app.message = "this system has no way back to the shell but to leave".to_string();
    }
    take_again(app, screen);
}

fn take_again(app: &mut App, screen: &mut DefaultTerminal) {
    if let Err(error) = screen::take_again(screen, app.settings.mouse) {
        app.message = format!("the terminal: {error}");
    }
}

fn show(app: &mut App, theme: Theme, screen: &mut DefaultTerminal) -> Result<(), Failure> {
    let mut areas = Areas::default();
    let drawn = screen::whole(|| screen.draw(|frame| areas = pane::draw(frame, app, theme)).map(drop));
    drawn.map_err(|error| Failure::Usage(format!("the terminal: {error}")))?;
    app.drawn(areas);
    Ok(())
}

/// Does what a key asks for, on the sheet, in a list or in the line that is typed.
pub fn pressed(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let action = app.keys.action(key, app.list.is_some());
    if action == Some(Action::Suspend) && key.modifiers.contains(KeyModifiers::CONTROL) {
        return app.update(Action::Suspend);
    }
    if app.replacing.is_some() {
        return app.replace_or_not(key);
    }
    if app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Action) && app.moves_in_palette(key) {
        return Vec::new();
    }
    let tab = matches!(key.code, KeyCode::Tab | KeyCode::BackTab);
    if tab && app.prompt.as_ref().is_some_and(|prompt| prompt.what == What::Write) {
        app.complete(key.code == KeyCode::BackTab);
        return Vec::new();
    }
    app.end_completion();
    if let Some(mut prompt) = app.prompt.take() {
        return match prompt.key(key) {
            Typed::More => {
                app.prompt = Some(prompt);
                Vec::new()
            }
            Typed::Done(what, text) => app.typed(what, &text),
            Typed::Left => Vec::new(),
        };
    }
    action.map(|action| app.update(action)).unwrap_or_default()
}

fn carry_out(effect: Effect, app: &mut App, store: &mut Store, crew: &Crew) {
    let effect = match crew.take(effect) {
        Ok(None) => return,
        Ok(Some(effect)) => effect,
        Err(failure) => {
            app.message = failure.to_string();
            return;
        }
    };
    let done = match effect {
        Effect::Keep(change) => store.keep(&change, &app.session).map(|()| None),
        Effect::SaveAs(path) => filing::save_as(&path, app, store).map(Some),
        Effect::Export(path) => filing::export(&path, app, false).map(Some),
        Effect::Replace(path) => filing::export(&path, app, true).map(Some),
        Effect::Open(path) => filing::open(&path, app, store).map(Some),
        Effect::Recall => {
            app.recent = recent::list();
            Ok(None)
        }
        Effect::Forget(path) => recent::forget(&path).map(|()| {
            app.recent = recent::list();
            app.entry = app.entry.min(app.entries().saturating_sub(1));
            Some(format!("{} is no longer in the list; the file is untouched", path.display()))
        }),
        Effect::Quit => {
            app.end();
            Ok(None)
        }
        // Only where the screen or the crew is at hand.
        Effect::Suspend | Effect::Compose(_) | Effect::Tell(_) | Effect::Learn(_) => Ok(None),
    };
    match done {
        Ok(Some(message)) => app.message = message,
        Ok(None) => {}
        Err(failure) => app.message = failure.to_string(),
    }
}
