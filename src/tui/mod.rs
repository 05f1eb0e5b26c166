//! The composing session on the screen: keys and answers come in, the app changes, and what it looks like goes out.

pub mod action;
pub mod app;
pub mod loudspeaker;
pub mod pane;
pub mod prompt;
pub mod sound;
pub mod store;
pub mod teller;
pub mod theme;
mod verbs;
mod words;
pub mod worker;
mod writing;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration as Time;

use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind};
use ratatui::{DefaultTerminal, Terminal as Screen, backend::Backend};

use crate::audio::Instrument;
use crate::cli::terminal::Color;
use crate::cli::{Failure, Terminal, files, play};
use crate::compose::{Request, prepare};
use crate::session::{Session, Song};
use crate::style;
use app::{App, Effect};
use loudspeaker::Loudspeaker;
use prompt::Typed;
use store::Store;
use teller::{Teller, Told};
use theme::Theme;
use worker::{Answer, Worker};

/// The style that a session begins in.
const FIRST_STYLE: &str = "beatles";

/// How often the screen looks at where the music is, while there is some.
const LOOK: Time = Time::from_millis(100);

/// How a session is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The session, or a sheet to begin one with; none for the one that has no name yet.
    pub path: Option<PathBuf>,
    /// Where the draws of a new session start.
    pub seed: u64,
    /// Whether there are no colours.
    pub no_colours: bool,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// What plays the melody.
    pub instrument: Instrument,
    /// The SoundFont in place of the built-in sounds.
    pub soundfont: Option<PathBuf>,
}

/// What comes in.
enum Event {
    Key(KeyEvent),
    Resize,
    Answer(Box<Answer>),
    Told(Box<Told>),
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
    let (session, store, file) = open(options)?;
    let mut app = App::new(session, file, options.seed);
    app.kept_in = store.path().to_path_buf();
    app.styles = style::list().into_iter().map(|style| (style.name, style.folder.is_some())).collect();
    app.sound.instrument = options.instrument;
    app.sound.soundfont.clone_from(&options.soundfont);
    let theme = Theme { colours: !options.no_colours, ascii: options.ascii };
    let (events, incoming) = channel();
    let workers = (start(&events)?, start_teller(&events)?);
    let mut screen = ratatui::try_init().map_err(|error| Failure::Usage(format!("the terminal: {error}")))?;
    listen(events);
    let left = live(app, store, theme, (&workers, &incoming), &mut screen);
    ratatui::restore();
    left
}

fn start(events: &Sender<Event>) -> Result<Worker, Failure> {
    let events = events.clone();
    let answer = move |answer| {
        // Whoever waits for no answer has left.
        let _ = events.send(Event::Answer(Box::new(answer)));
    };
    Worker::start(answer).map_err(|error| Failure::Usage(format!("no thread to compose on: {error}")))
}

fn start_teller(events: &Sender<Event>) -> Result<Teller, Failure> {
    let events = events.clone();
    let tell = move |told| {
        let _ = events.send(Event::Told(Box::new(told)));
    };
    Teller::start(tell).map_err(|error| Failure::Usage(format!("no thread to tell on: {error}")))
}

/// Reads keys for as long as the program runs.
fn listen(events: Sender<Event>) {
    thread::spawn(move || {
        while let Ok(read) = event::read() {
            let event = match read {
                event::Event::Key(key) if key.kind != KeyEventKind::Release => Event::Key(key),
                event::Event::Resize(..) => Event::Resize,
                _ => continue,
            };
            if events.send(event).is_err() {
                return;
            }
        }
    });
}

/// The session to open, where it is kept, and its name if it has one.
fn open(options: &Options) -> Result<(Session, Store, Option<PathBuf>), Failure> {
    match &options.path {
        Some(path) if files::is_session(path) => {
            let (session, store) = match Store::open(path)? {
                Some(known) => known,
                None => begun(path, first(options.seed)?)?,
            };
            Ok((session, store, Some(path.clone())))
        }
        Some(path) => {
            let sheets = files::read_silently(path)?.sheets;
            let Some(sheet) = sheets.into_iter().next() else {
                return Err(Failure::Usage(format!("'{}': there is no tune in it", path.display())));
            };
            let beside = path.with_extension("tune");
            if beside.exists() {
                return Err(Failure::Usage(format!(
                    "'{}' is a session already: open that, or move it",
                    beside.display()
                )));
            }
            let label = format!("from {}", path.display());
            let (session, store) = begun(&beside, Session::new(label, Song::new(FIRST_STYLE, sheet)))?;
            Ok((session, store, Some(beside)))
        }
        None => {
            let path = unnamed()?;
            let (session, store) = match Store::open(&path)? {
                Some(known) => known,
                None => begun(&path, first(options.seed)?)?,
            };
            Ok((session, store, None))
        }
    }
}

fn begun(path: &Path, session: Session) -> Result<(Session, Store), Failure> {
    let store = Store::begin(path, &session, 0)?;
    Ok((session, store))
}

/// Where the session is kept that has no name yet.
fn unnamed() -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy()
        .map_err(|error| Failure::Usage(format!("no place for the session: {error}; name one: song.tune")))?;
    let folder = folders.data_dir().join("tunesmith");
    files::make_folder(&folder)?;
    Ok(folder.join("unnamed.tune"))
}

/// A session that begins with a take.
fn first(seed: u64) -> Result<Session, Failure> {
    let style = style::load(FIRST_STYLE).map_err(|error| Failure::Usage(error.to_string()))?;
    let request = Request { seed, ..Request::default() };
    let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0));
    let take = take.map_err(|refusal| Failure::NoSolution(refusal.to_string()))?;
    Ok(Session::new(format!("begun in {FIRST_STYLE}, seed {seed}"), Song::new(FIRST_STYLE, take.sheet)))
}

fn live(
    mut app: App,
    mut store: Store,
    theme: Theme,
    (workers, incoming): (&(Worker, Teller), &Receiver<Event>),
    screen: &mut DefaultTerminal,
) -> Result<String, Failure> {
    let mut loudspeaker = Loudspeaker::start(|| loudspeaker::or_silence(play::open_sink()))
        .map_err(|error| Failure::Usage(format!("no thread to play on: {error}")))?;
    show(&mut app, theme, screen)?;
    while let Ok(event) = next(incoming, app.sound.playing.is_some()) {
        let mut is_news = event.is_some();
        // What has come in meanwhile is seen before the screen is drawn again.
        for event in event.into_iter().chain(incoming.try_iter()) {
            is_news = true;
            let effects = match event {
                Event::Key(key) => pressed(&mut app, key),
                Event::Answer(answer) => app.answered(*answer),
                Event::Told(told) => app.told(*told),
                Event::Resize => Vec::new(),
            };
            for effect in effects {
                carry_out(effect, &mut app, &mut store, workers);
            }
        }
        if app.is_over() {
            break;
        }
        loudspeaker.follow(&mut app);
        if loudspeaker.look(&mut app) || is_news {
            show(&mut app, theme, screen)?;
        }
    }
    let named = match &app.file {
        Some(file) => format!("saved: `tunesmith {}` opens it again", file.display()),
        None => "the session is kept: `tunesmith` opens it again".to_string(),
    };
    store.close(&app.session)?;
    Ok(named)
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

fn show<B: Backend>(app: &mut App, theme: Theme, screen: &mut Screen<B>) -> Result<(), Failure> {
    let mut bars_a_line = app.bars_a_line;
    let drawn = screen.draw(|frame| bars_a_line = pane::draw(frame, app, theme));
    drawn.map_err(|error| Failure::Usage(format!("the terminal: {error}")))?;
    app.bars_a_line = bars_a_line;
    Ok(())
}

/// Does what a key asks for, on the sheet, in a list or in the line that is typed.
pub fn pressed(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let tab = matches!(key.code, KeyCode::Tab | KeyCode::BackTab);
    if tab && app.prompt.as_ref().is_some_and(|prompt| prompt.what == prompt::What::Write) {
        app.complete(key.code == KeyCode::BackTab);
        return Vec::new();
    }
    app.settle();
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
    let action = action::action(key, app.list.is_some());
    action.map(|action| app.update(action)).unwrap_or_default()
}

fn carry_out(effect: Effect, app: &mut App, store: &mut Store, (worker, teller): &(Worker, Teller)) {
    let done = match effect {
        Effect::Compose(job) => {
            worker.compose(*job);
            Ok(None)
        }
        Effect::Tell(question) => {
            teller.ask(*question);
            Ok(None)
        }
        Effect::Keep(change) => store.keep(&change, &app.session).map(|()| None),
        Effect::SaveAs(path) => save_as(&path, app, store).map(Some),
        Effect::Export(path) => export(&path, app).map(Some),
        Effect::Quit => {
            app.end();
            Ok(None)
        }
    };
    match done {
        Ok(Some(message)) => app.message = message,
        Ok(None) => {}
        Err(failure) => app.message = failure.to_string(),
    }
}

fn save_as(path: &Path, app: &mut App, store: &mut Store) -> Result<String, Failure> {
    let path = if path.extension().is_some() { path.to_path_buf() } else { path.with_extension("tune") };
    if !files::is_session(&path) {
        return Err(Failure::Usage(format!("'{}': a session's file ends in .tune", path.display())));
    }
    if path != store.path() {
        files::refuse_existing(&path, false).map_err(|_| {
            Failure::Usage(format!("'{}' exists already: choose another name", path.display()))
        })?;
    }
    let was_unnamed = app.file.is_none();
    let new = Store::begin(&path, &app.session, 0)?;
    let old = std::mem::replace(store, new);
    if was_unnamed {
        // It has a name now: the next one without begins anew.
        let unnamed = old.path().to_path_buf();
        drop(old);
        let _ = std::fs::remove_file(&unnamed);
        let _ = std::fs::remove_file(unnamed.with_file_name("unnamed.tune.journal"));
    }
    app.file = Some(path.clone());
    app.kept_in.clone_from(&path);
    Ok(format!("saved as {}; from now on by itself", path.display()))
}

fn export(path: &Path, app: &App) -> Result<String, Failure> {
    let format = files::format_for(path)?;
    let writing = format.write(&app.song().sheet);
    let writing = writing.map_err(|error| Failure::Usage(format!("'{}': {error}", path.display())))?;
    files::refuse_existing(path, false)
        .map_err(|_| Failure::Usage(format!("'{}' exists already: choose another name", path.display())))?;
    files::write(path, &writing.bytes, false, &Terminal::new(true, false, Color::Never))?;
    let remarks = writing.remarks.join("; ");
    let but = if remarks.is_empty() { String::new() } else { format!(" ({remarks})") };
    Ok(format!("exported to {}{but}", path.display()))
}
