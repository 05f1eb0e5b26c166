//! What the session looks like and does: the real app and real keys, drawn on a screen in memory.

use std::sync::mpsc::channel;
use std::time::Duration as Time;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tunesmith::compose::{Request, prepare};
use tunesmith::session::{Session, Song, file};
use tunesmith::style;
use tunesmith::tui::app::{App, Effect};
use tunesmith::tui::theme::Theme;
use tunesmith::tui::worker::Worker;
use tunesmith::tui::{pane, pressed};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 12)];

/// A screen with a song of sixteen bars, the worker behind it, and all that was written down.
struct Desk {
    app: App,
    worker: Worker,
    answers: std::sync::mpsc::Receiver<tunesmith::tui::worker::Answer>,
    journal: String,
    kept: u64,
    begun: Session,
    exported: Vec<std::path::PathBuf>,
    left: bool,
}

impl Desk {
    fn new() -> Desk {
        let style = style::load("folk").expect("a shipped style");
        let request = Request {
            form: Some("A4 A4 B4 A4".into()),
            key: "D".parse().ok(),
            meter: "4/4".parse().ok(),
            pickup: Some(tunesmith::music::Duration::ZERO),
            title: Some("Paper Boats".into()),
            seed: 4,
            ..Request::default()
        };
        let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0)).expect("a take");
        let begun = Session::new("begun in folk", Song::new("folk", take.sheet));
        let mut app = App::new(begun.clone(), Some("paper-boats.tune".into()), 100);
        app.styles = vec![("beatles".into(), false), ("folk".into(), false), ("mine".into(), true)];
        let (answer, answers) = channel();
        let worker =
            Worker::start(move |found| answer.send(found).expect("whoever asked")).expect("a thread");
        Desk {
            app,
            worker,
            answers,
            journal: String::new(),
            kept: 0,
            begun,
            exported: Vec::new(),
            left: false,
        }
    }

    /// Presses keys, one word each: `r`, `S-right`, `C-r`, `enter`; what stands in quotes is typed. Waits for what is composed.
    fn press(&mut self, keys: &str) {
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
                "home" => KeyCode::Home,
                "end" => KeyCode::End,
                name => KeyCode::Char(name.chars().next().expect("a key")),
            };
            self.key(code, with);
            rest = after.trim_start();
        }
    }

    fn key(&mut self, code: KeyCode, with: KeyModifiers) {
        let mut effects = pressed(&mut self.app, KeyEvent::new(code, with));
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Compose(job) => {
                        self.worker.compose(*job);
                        let answer = self.answers.recv_timeout(Time::from_secs(60)).expect("an answer");
                        effects.extend(self.app.answered(answer));
                    }
                    Effect::Keep(change) => {
                        self.kept += 1;
                        self.journal += &file::line(self.kept, &change).expect("a line");
                    }
                    Effect::Export(path) | Effect::SaveAs(path) => self.exported.push(path),
                    Effect::Quit => self.left = true,
                }
            }
        }
    }

    fn screen(&mut self, (width, height): (u16, u16), ascii: bool) -> String {
        let theme = Theme { colours: true, ascii };
        let mut screen = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
        let mut bars_a_line = 0;
        screen.draw(|frame| bars_a_line = pane::draw(frame, &self.app, theme)).expect("a drawing");
        self.app.bars_a_line = bars_a_line;
        let cells = screen.backend().buffer().content.chunks(usize::from(width));
        let line = |cells: &[ratatui::buffer::Cell]| {
            cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_string()
        };
        cells.map(line).collect::<Vec<_>>().join("\n")
    }

    fn snap(&mut self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("screens");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (width, height) in SIZES {
            let screen = self.screen((width, height), false);
            settings.bind(|| insta::assert_snapshot!(format!("{name}-{width}x{height}"), screen));
        }
    }
}

#[test]
fn the_sheet_as_it_is_opened() {
    Desk::new().snap("sheet");
}

#[test]
fn bars_that_are_selected_locked_and_composed_anew() {
    let mut desk = Desk::new();
    desk.press("right S-right l right right S-right r");
    assert_eq!(desk.app.session.takes.len(), 1, "{}", desk.app.message);
    desk.snap("composed");
}

#[test]
fn what_is_asked() {
    let mut desk = Desk::new();
    desk.press("i '' C-u");
    desk.key(KeyCode::Esc, KeyModifiers::NONE);
    for text in ["bars 7-8: cadence half", "range D4..D5", "leap <= 7"] {
        desk.press("i C-u");
        text.chars().for_each(|c| desk.key(KeyCode::Char(c), KeyModifiers::NONE));
        desk.press("enter");
    }
    desk.press("c down space");
    assert!(!desk.app.song().wanted[1].on);
    desk.snap("asked");
}

#[test]
fn takes_and_steps() {
    let mut desk = Desk::new();
    desk.press("r n n * N");
    assert_eq!((desk.app.session.takes.len(), desk.app.session.shown), (3, Some(1)));
    desk.press("v");
    desk.snap("takes");
    desk.press("v u u U");
    desk.snap("steps");
    desk.press("esc b");
    desk.snap("styles");
}

#[test]
fn what_cannot_be_had_is_explained_and_a_way_out_is_taken() {
    let mut desk = Desk::new();
    desk.press("i C-u 'bar 2: chord Em' enter i C-u 'no chord Em' enter");
    let before = desk.app.song().sheet.clone();
    desk.press("r");
    assert!(desk.app.conflict.is_some(), "{}", desk.app.message);
    assert_eq!(desk.app.song().sheet, before, "the old music stays");
    desk.snap("conflict");
    desk.press("1");
    assert!(desk.app.conflict.is_none());
    let song = desk.app.song();
    assert!(song.sheet != before && song.wanted.iter().all(|wanted| song.holds(wanted) == Some(true)));
    desk.press("u u");
    assert_eq!((desk.app.song().wanted.len(), &desk.app.song().sheet), (2, &before));
}

#[test]
fn keys_are_explained() {
    let mut desk = Desk::new();
    desk.press("?");
    desk.snap("help");
}

#[test]
fn ascii_is_ascii() {
    let mut desk = Desk::new();
    desk.press("S-right l r v");
    for size in SIZES {
        let screen = desk.screen(size, true);
        assert!(screen.is_ascii(), "{screen}");
    }
    let mut small = Desk::new();
    assert!(small.screen((39, 12), false).contains("too small"));
}

#[test]
fn locked_bars_never_change() {
    let mut desk = Desk::new();
    let bars = |desk: &Desk, from: i64, to: i64| {
        let length = desk.app.song().sheet.meter().bar_length();
        let sheet = &desk.app.song().sheet;
        let notes = sheet.melody().notes.iter();
        let notes: Vec<_> =
            notes.filter(|note| length * from <= note.onset && note.onset < length * to).copied().collect();
        (notes, sheet.chart().sounding_at(length * from).cloned())
    };
    desk.press("down down right S-right l esc");
    let (before, rest) = (bars(&desk, 9, 11), bars(&desk, 0, 4));
    desk.press("r r R A-r");
    assert_eq!(desk.app.session.takes.len(), 4, "{}", desk.app.message);
    assert_eq!(bars(&desk, 9, 11), before);
    assert_ne!(bars(&desk, 0, 4), rest);
}

#[test]
fn the_journal_brings_all_back() {
    let mut desk = Desk::new();
    desk.press(
        "right S-right l r n i C-u 'leap <= 7' enter w r u u C-r * T C-u 'Other Boats' enter b up enter r",
    );
    assert_eq!(desk.app.song().style, "beatles");
    assert_eq!(desk.app.song().sheet.title(), "Other Boats");
    let mut again = desk.begun.clone();
    assert_eq!(file::replay(&mut again, 0, &desk.journal), desk.kept);
    assert_eq!(again, desk.app.session);
}

#[test]
fn a_new_song_begins_and_the_old_one_is_a_step_away() {
    let mut desk = Desk::new();
    let before = desk.app.song().clone();
    desk.press("l C-n 'A4 B4' enter");
    assert_eq!(desk.app.song().bars(), 8, "{}", desk.app.message);
    assert_eq!(desk.app.song().locks.bars(), 0);
    desk.press("u u");
    assert_eq!(*desk.app.song(), before);
    desk.press("e enter q");
    assert_eq!(desk.exported, [std::path::PathBuf::from("paper-boats.musicxml")]);
    assert!(desk.left);
}

#[test]
fn the_command_that_is_shown_gives_the_same_take() {
    let folder = tempfile::tempdir().expect("a folder");
    let tune = folder.path().join("boats.tune");
    for keys in ["right S-right r", "l down S-right i C-u 'no chord Bdim' enter w R", "down A-r n"] {
        let mut desk = Desk::new();
        desk.app.kept_in.clone_from(&tune);
        desk.press(keys);
        let text = file::write(&desk.app.session, desk.kept).expect("a text");
        std::fs::write(&tune, text).expect("a file");
        let command = desk.app.command.clone().expect("a command");
        let words: Vec<&str> = command.split('\'').collect();
        // What stands between quotes is one word.
        let words = words.iter().enumerate().flat_map(|(number, part)| match number % 2 {
            1 => vec![part.to_string()],
            _ => part.split_whitespace().map(str::to_string).collect(),
        });
        let out = folder.path().join("out.json");
        let mut run = assert_cmd::Command::cargo_bin("tunesmith").expect("the program");
        run.args(words.skip(1)).args(["-q", "--force", "-o"]).arg(&out).assert().success();
        let bytes = std::fs::read(&out).expect("a sheet");
        let read = tunesmith::format::by_extension("json").expect("json").read(&bytes).expect("a sheet");
        let sheet = &desk.app.song().sheet;
        assert_eq!(
            (read.sheets[0].chart(), read.sheets[0].melody()),
            (sheet.chart(), sheet.melody()),
            "{command}"
        );
    }
}
