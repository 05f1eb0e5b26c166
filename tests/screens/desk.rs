//! A desk to work at: the real app and worker, keys by name, screens in memory.

use std::sync::mpsc::channel;
use std::time::Duration as Time;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use tunesmith::compose::{Request, prepare};
use tunesmith::session::{Session, Song, file};
use tunesmith::style;
use tunesmith::tui::app::{App, Effect};
use tunesmith::tui::learner::{self, Lesson};
use tunesmith::tui::mouse::{Areas, pointed};
use tunesmith::tui::teller::{Teller, Told};
use tunesmith::tui::theme::Theme;
use tunesmith::tui::worker::Worker;
use tunesmith::tui::{pane, pressed};

pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 12)];

/// A screen with a song of sixteen bars, the worker behind it, and all that was written down.
pub struct Desk {
    pub app: App,
    pub worker: Worker,
    pub answers: std::sync::mpsc::Receiver<tunesmith::tui::worker::Answer>,
    pub teller: Teller,
    pub told: std::sync::mpsc::Receiver<Told>,
    pub journal: String,
    pub kept: u64,
    pub begun: Session,
    pub exported: Vec<std::path::PathBuf>,
    pub filed: Vec<Effect>,
    pub left: bool,
    pub shelf: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Desk {
        Desk::of("folk", "A4 A4 B4 A4")
    }

    pub fn of(name: &str, form: &str) -> Desk {
        let style = style::load(name).expect("a shipped style");
        let request = Request {
            form: Some(form.into()),
            key: "D".parse().ok(),
            meter: "4/4".parse().ok(),
            pickup: Some(tunesmith::music::Duration::ZERO),
            title: Some("Paper Boats".into()),
            seed: 4,
            ..Request::default()
        };
        let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).expect("a take");
        let begun = Session::new(format!("begun in {name}"), Song::new(name, take.sheet));
        let mut app = App::new(begun.clone(), Some("paper-boats.tune".into()), 100);
        app.styles = vec![("beatles".into(), false), ("folk".into(), false), ("mine".into(), true)];
        let (answer, answers) = channel();
        let worker =
            Worker::start(move |found| answer.send(found).expect("whoever asked")).expect("a thread");
        let (tell, told) = channel();
        let teller =
            Teller::start(move |answer| tell.send(answer).expect("whoever asked")).expect("a thread");
        Desk {
            app,
            worker,
            answers,
            teller,
            told,
            journal: String::new(),
            kept: 0,
            begun,
            exported: Vec::new(),
            filed: Vec::new(),
            left: false,
            shelf: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Presses keys, one word each: `r`, `S-right`, `C-r`, `enter`; what stands in quotes is typed. Waits for what is composed.
    pub fn press(&mut self, keys: &str) {
        let mut rest = keys.trim();
        while !rest.is_empty() {
            if let Some(text) = rest.strip_prefix('\'') {
                let (typed, after) = text.split_once('\'').expect("a quote that ends");
                typed.chars().for_each(|c| self.key(KeyCode::Char(c), KeyModifiers::NONE));
                rest = after.trim_start();
                continue;
            }
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            let (with, name) = match word.split_once('-') {
                Some(("S", name)) => (KeyModifiers::SHIFT, name),
                Some(("C", name)) => (KeyModifiers::CONTROL, name),
                Some(("A", name)) => (KeyModifiers::ALT, name),
                _ => (KeyModifiers::NONE, word),
            };
            let code = match name {
                "left" => KeyCode::Left,
                "right" => KeyCode::Right,
                "up" => KeyCode::Up,
                "down" => KeyCode::Down,
                "enter" => KeyCode::Enter,
                "esc" => KeyCode::Esc,
                "space" => KeyCode::Char(' '),
                "tab" => KeyCode::Tab,
                "delete" => KeyCode::Delete,
                "home" => KeyCode::Home,
                "end" => KeyCode::End,
                name => KeyCode::Char(name.chars().next().expect("a key")),
            };
            self.key(code, with);
            rest = after.trim_start();
        }
    }

    pub fn key(&mut self, code: KeyCode, with: KeyModifiers) {
        let effects = pressed(&mut self.app, KeyEvent::new(code, with));
        self.carry_out(effects);
    }

    /// Does something with the mouse, so many milliseconds after the session began.
    pub fn mouse(&mut self, kind: MouseEventKind, (column, row): (u16, u16), time: u64) {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        let effects = pointed(&mut self.app, event, Time::from_millis(time));
        self.carry_out(effects);
    }

    fn carry_out(&mut self, mut effects: Vec<Effect>) {
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Compose(job) => {
                        self.worker.compose(*job);
                        let answer = self.answers.recv_timeout(Time::from_secs(60)).expect("an answer");
                        effects.extend(self.app.answered(answer));
                    }
                    Effect::Tell(question) => {
                        self.teller.ask(*question);
                        let told = self.told.recv_timeout(Time::from_secs(60)).expect("an answer");
                        effects.extend(self.app.told(told));
                    }
                    Effect::Learn(lesson) => {
                        let lesson = Lesson { into: Some(self.shelf.path().to_path_buf()), ..*lesson };
                        let (tell, told) = channel();
                        learner::begin(lesson, move |stage| tell.send(stage).expect("whoever asked"))
                            .expect("a thread");
                        for stage in told {
                            self.app.learned(stage);
                        }
                    }
                    Effect::Keep(change) => {
                        self.kept += 1;
                        self.journal += &file::line(self.kept, &change).expect("a line");
                    }
                    Effect::Export(path) | Effect::SaveAs(path) => self.exported.push(path),
                    other @ (Effect::Replace(_) | Effect::Open(_) | Effect::Forget(_)) => {
                        self.filed.push(other)
                    }
                    Effect::Recall | Effect::Suspend => {}
                    Effect::Quit => self.left = true,
                }
            }
        }
    }

    pub fn screen(&mut self, (width, height): (u16, u16), ascii: bool) -> String {
        let theme = Theme { colours: true, ascii };
        let mut screen = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
        let mut areas = Areas::default();
        screen.draw(|frame| areas = pane::draw(frame, &self.app, theme)).expect("a drawing");
        self.app.drawn(areas);
        let cells = screen.backend().buffer().content.chunks(usize::from(width));
        let line = |cells: &[ratatui::buffer::Cell]| {
            cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_string()
        };
        cells.map(line).collect::<Vec<_>>().join("\n")
    }

    pub fn snap(&mut self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("pictures");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (width, height) in SIZES {
            let screen = self.screen((width, height), false);
            settings.bind(|| insta::assert_snapshot!(format!("{name}-{width}x{height}"), screen));
        }
    }
}
