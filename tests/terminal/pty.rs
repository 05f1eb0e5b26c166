//! The program in a terminal of its own: keys go in, whole frames come out.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty};

pub const ROWS: u16 = 40;
pub const COLUMNS: u16 = 120;

/// What the program writes at the end of a frame.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has come out so far.
struct Seen {
    parser: vt100::Parser,
    /// How many frames, and the rows of the last.
    frames: usize,
    frame: Vec<String>,
    over: bool,
}

/// The program, running.
pub struct Program {
    child: Child,
    terminal: Arc<Pty>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Program {
    /// Starts a program in a terminal of a size, with all its folders in one.
    pub fn run(program: &Path, (columns, rows): (u16, u16), folder: &Path, arguments: &[&str]) -> Program {
        let (terminal, inside) = pty_process::blocking::open().expect("a terminal");
        terminal.resize(Size::new(rows, columns)).expect("a size");
        let command = Command::new(program).args(arguments).current_dir(folder);
        let command = command.env("XDG_DATA_HOME", folder.join("data")).env("HOME", folder);
        let command = command.env("XDG_CONFIG_HOME", folder.join("config")).env("TERM", "xterm-256color");
        // Nothing is heard, whatever the machine has.
        let command = command.env("PULSE_SERVER", "unix:/nonexistent");
        let child = command.env_remove("NO_COLOR").spawn(inside).expect("the program");
        let terminal = Arc::new(terminal);
        let cells = |count| std::num::NonZero::new(count).expect("some");
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let seen = Seen { parser, frames: 0, frame: Vec::new(), over: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let (from, into) = (Arc::clone(&terminal), Arc::clone(&seen));
        thread::spawn(move || watch(&from, &into));
        Program { child, terminal, seen }
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let cells = |count| std::num::NonZero::new(count).expect("some");
        self.seen.0.lock().expect("no fault").parser.screen_mut().set_size(cells(rows), cells(columns));
        self.terminal.resize(Size::new(rows, columns)).expect("a size");
    }

    /// Presses keys as a terminal sends them.
    pub fn send(&self, bytes: &str) {
        (&*self.terminal).write_all(bytes.as_bytes()).expect("it listens");
    }

    /// Waits until something holds of the last whole frame, and gives it.
    pub fn wait(&self, what: &str, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
        self.until(|seen| holds(&seen.frame))
            .unwrap_or_else(|frame| unreachable!("{what} did not come:\n{}", frame.join("\n")))
    }

    /// Waits for a text on the screen.
    pub fn wait_for(&self, text: &str) -> Vec<String> {
        self.wait(text, |frame| frame.iter().any(|row| row.contains(text)))
    }

    /// Waits for so many frames more, or until a while has passed without; gives the last.
    pub fn wait_frames(&self, more: usize, while_: Duration) -> Vec<String> {
        let (seen, change) = &*self.seen;
        let seen = seen.lock().expect("no fault");
        let enough = seen.frames + more;
        let waiting = change.wait_timeout_while(seen, while_, |seen| seen.frames < enough && !seen.over);
        waiting.expect("no fault").0.frame.clone()
    }

    fn until(&self, holds: impl Fn(&Seen) -> bool) -> Result<Vec<String>, Vec<String>> {
        let (seen, change) = &*self.seen;
        let seen = seen.lock().expect("no fault");
        let waiting = change.wait_timeout_while(seen, PATIENCE, |seen| !holds(seen) && !seen.over);
        let seen = waiting.expect("no fault").0;
        if holds(&seen) { Ok(seen.frame.clone()) } else { Err(rows(&seen.parser)) }
    }

    /// Waits for the program to end; gives how it did, and what stands on the terminal then, which is no longer the program's.
    pub fn end(mut self) -> (ExitStatus, Vec<String>) {
        let left = self.until(|seen| seen.over && !seen.parser.screen().alternate_screen());
        if let Err(rows) = left {
            unreachable!("it goes on, or keeps the screen:\n{}", rows.join("\n"));
        }
        let status = self.child.wait().expect("it ended");
        let rows = rows(&self.seen.0.lock().expect("no fault").parser);
        (status, rows)
    }

    /// Kills it as nothing can be kept from being killed; gives the last frame that was seen before.
    pub fn kill(mut self) -> Vec<String> {
        let frame = self.seen.0.lock().expect("no fault").frame.clone();
        self.child.kill().expect("it ran");
        self.child.wait().expect("it ended");
        frame
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Waits until the system says that the program is in a state: `T` stopped.
    pub fn wait_state(&self, state: &str) {
        let begun = Instant::now();
        let path = format!("/proc/{}/stat", self.child.id());
        let is = || {
            let text = std::fs::read_to_string(&path).expect("it runs");
            text.rsplit(") ").next().is_some_and(|rest| rest.starts_with(state))
        };
        while !is() {
            assert!(begun.elapsed() < PATIENCE, "it never came to be in state {state}");
            thread::yield_now();
        }
    }

    /// What the terminal shows, with colours and cursor.
    pub fn screen(&self) -> vt100::Screen {
        self.seen.0.lock().expect("no fault").parser.screen().clone()
    }

    /// How many whole frames came so far.
    pub fn frames(&self) -> usize {
        self.seen.0.lock().expect("no fault").frames
    }

    /// Waits until nothing has come for a while, and gives the last frame.
    pub fn wait_rest(&self, quiet: Duration) -> Vec<String> {
        loop {
            let before = self.frames();
            let frame = self.wait_frames(1, quiet);
            if self.frames() == before {
                return frame;
            }
        }
    }

    /// The number that the system knows the program by.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the terminal shows what the program drew, rather than what was there before.
    pub fn has_screen(&self) -> bool {
        self.seen.0.lock().expect("no fault").parser.screen().alternate_screen()
    }

    /// Whether the program has asked for the mouse.
    pub fn hears_mouse(&self) -> bool {
        let screen = self.seen.0.lock().expect("no fault");
        screen.parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Waits until the terminal shows what the program drew, or what was there before.
    pub fn wait_screen(&self, taken: bool) {
        let waited = self.until(|seen| seen.parser.screen().alternate_screen() == taken);
        assert!(waited.is_ok(), "the screen was not {}", if taken { "taken" } else { "given back" });
    }
}

fn rows(parser: &vt100::Parser) -> Vec<String> {
    parser.screen().rows(0, parser.screen().size().1.get()).collect()
}

fn watch(mut from: &Pty, seen: &(Mutex<Seen>, Condvar)) {
    let mut bytes = vec![0; 1 << 16];
    let mut rest = Vec::new();
    // An error is how a terminal says that nobody is behind it any more.
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        rest.extend_from_slice(&bytes[..count]);
        let mut now = seen.0.lock().expect("no fault");
        while let Some(at) = rest.windows(FRAME_ENDS.len()).position(|window| window == FRAME_ENDS) {
            let frame: Vec<u8> = rest.drain(..at + FRAME_ENDS.len()).collect();
            now.parser.process(&frame);
            now.frames += 1;
            now.frame = rows(&now.parser);
        }
        // All but what may be the beginning of an end.
        let begins = (1..FRAME_ENDS.len()).rev().find(|&long| rest.ends_with(&FRAME_ENDS[..long]));
        let whole: Vec<u8> = rest.drain(..rest.len() - begins.unwrap_or_default()).collect();
        now.parser.process(&whole);
        seen.1.notify_all();
    }
    seen.0.lock().expect("no fault").over = true;
    seen.1.notify_all();
}
