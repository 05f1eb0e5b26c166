//! What a songwriter does in the recording: keys, what they are for, what comes of them, and for how long it is looked at.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::Done;
use super::pty::Program;

/// How many columns and rows the terminal has.
pub const SIZE: (u16, u16) = (100, 30);

/// What stands on the screen from a time on, in seconds, and what is being done.
pub struct Moment {
    pub time: f64,
    pub screen: vt100::Screen,
    /// The key that was pressed, and what it is for.
    pub key: &'static str,
    pub does: &'static str,
}

/// What is started.
const ARGUMENTS: [&str; 4] = ["open", "song.tune", "--seed", "56"];
/// How fast is typed, in seconds a sign.
const TYPING: f64 = 0.07;

/// Whoever is asked something has answered when nothing comes for so long.
const QUIET: Duration = Duration::from_millis(400);

/// A key, or text that is typed sign by sign.
#[derive(Clone, Copy)]
enum Press {
    Key(&'static str),
    Text(&'static str),
}
use Press::{Key, Text};

const RIGHT: Press = Key("\x1b[C");
const DOWN: Press = Key("\x1b[B");
const UP: Press = Key("\x1b[A");
const SELECT_RIGHT: Press = Key("\x1b[1;2C");
const ESCAPE: Press = Key("\x1b");
const ENTER: Press = Key("\r");
const TAB: Press = Key("\t");
const ERASE: Press = Key("\x15");

/// Keys with one purpose.
struct Step {
    key: &'static str,
    does: &'static str,
    presses: &'static [Press],
    /// What must stand on the screen then.
    until: &'static str,
    /// How long it is looked at after each key, and after the last, in seconds.
    pause: f64,
    stay: f64,
}

const fn step(
    key: &'static str,
    does: &'static str,
    presses: &'static [Press],
    until: &'static str,
    pause: f64,
    stay: f64,
) -> Step {
    Step { key, does, presses, until, pause, stay }
}

const STEPS: &[Step] = &[
    step("", "a song in the style 'beatles', to begin with", &[], "asks for something", 0.0, 2.5),
    step("→", "bars 3 and 4 are good", &[RIGHT, RIGHT, SELECT_RIGHT], "bars 3-4 selected", 0.3, 0.7),
    step("l", "lock them", &[Key("l")], "bars 3-4 locked", 0.0, 1.2),
    step("esc", "let go of the selection", &[ESCAPE], "", 0.0, 0.5),
    step("r", "compose all the rest anew", &[Key("r")], "take 1/1", 0.0, 2.2),
    step("n", "another take", &[Key("n")], "take 2/2", 0.0, 1.6),
    step("n", "and another", &[Key("n")], "take 3/3", 0.0, 1.6),
    step("v", "takes side by side", &[Key("v")], "takes:", 0.0, 2.0),
    step("↑", "the melody of the first ...", &[UP, UP], "", 0.5, 1.0),
    step("m", "... to the chords of the third", &[Key("m"), ESCAPE], "melody: from take 1", 1.2, 1.5),
    step("i", "write a chord: what could stand here, and how likely", &[RIGHT, Key("i")], "tab", 0.3, 2.2),
    step("tab", "the likeliest, the next", &[TAB, TAB], "write here:", 0.9, 0.9),
    step("enter", "write it", &[ENTER], "", 0.0, 1.5),
    step(
        "A",
        "ask for something",
        &[Key("A"), ERASE, Text("bars 7-8: cadence half"), ENTER],
        "asked: ",
        0.3,
        1.0,
    ),
    step(
        "r",
        "bars 5 to 8 anew, with it",
        &[SELECT_RIGHT, SELECT_RIGHT, SELECT_RIGHT, Key("r")],
        "take 4/4",
        0.25,
        2.0,
    ),
    step(
        "A",
        "ask for what cannot be beside that",
        &[Key("A"), ERASE, Text("bars 7-8: cadence authentic"), ENTER],
        "asked: ",
        0.3,
        0.8,
    ),
    step("r", "it names what stands in the way, and ways out", &[Key("r")], "in the way", 0.0, 3.5),
    step("1", "take the first", &[Key("1")], "take 5/5", 0.0, 2.2),
    step("s", "the notes on a staff", &[Key("s")], "", 0.0, 2.2),
    step(
        "p",
        "where the notes come from: how far back the songs agree",
        &[Key("p")],
        "how far back",
        0.0,
        2.2,
    ),
    step("U", "every step; undo has no end", &[Key("p"), Key("U")], "begun", 0.0, 1.8),
    step("u", "undo", &[Key("u"), Key("u"), Key("\x12"), Key("\x12"), ESCAPE], "", 0.5, 0.8),
    step("b", "styles, each described", &[Key("b"), DOWN, DOWN, DOWN], "beatles", 0.7, 1.5),
    step("e", "export for notation programs", &[ESCAPE, Key("e")], "export to", 0.4, 1.2),
    step("enter", "", &[ENTER], "exported to", 0.0, 1.5),
    step("q", "quit: it is saved already", &[Key("q")], "", 0.0, 0.0),
];

/// Plays the script, and gives all moments.
///
/// # Errors
/// When the program cannot be built or started, or something else comes than was expected.
pub fn play(program: &Path) -> Done<Vec<Moment>> {
    let folder = tempfile::tempdir()?;
    let mut recording = Recording { moments: Vec::new(), time: 0.0 };
    let mut shell = String::from("$ ");
    let stands = |recording: &mut Recording, text: &str, stay: f64| {
        let mut parser = vt100::Parser::new(cells(SIZE.1)?, cells(SIZE.0)?, 0);
        parser.process(text.as_bytes());
        recording.take(parser.screen().clone(), ("", ""), stay);
        Done::Ok(())
    };
    stands(&mut recording, &shell, 0.8)?;
    for sign in format!("tunesmith {}", ARGUMENTS.join(" ")).chars() {
        shell.push(sign);
        stands(&mut recording, &shell, TYPING)?;
    }
    let running = Program::run(program, SIZE, folder.path(), &ARGUMENTS);
    for step in STEPS {
        recording.step(step, &running)?;
    }
    let (status, rows) = running.end();
    if !status.success() {
        return Err(format!("it ended with {status}: {}", rows.join("\n")).into());
    }
    let rows: Vec<&str> = rows.iter().map(|row| row.trim_end()).filter(|row| !row.is_empty()).collect();
    stands(&mut recording, &format!("{shell}\r\n{}\r\n$ ", rows.join("\r\n")), 2.5)?;
    let last = recording.moments.last().map(|moment| moment.screen.clone()).ok_or("nothing was seen")?;
    recording.take(last, ("", ""), 0.0);
    Ok(recording.moments)
}

/// A count as terminals are told it.
pub fn cells(count: u16) -> Done<std::num::NonZeroU16> {
    Ok(std::num::NonZeroU16::try_from(count)?)
}

/// The program as it is now, in the folder beside this one.
pub fn built() -> Done<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).ok_or("run it with Cargo")?;
    let program = folder.join("tunesmith");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--bin", "tunesmith"]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    match build.status()?.success() {
        true => Ok(program),
        false => Err("the program could not be built".into()),
    }
}

/// What was seen so far, and the time in the recording.
struct Recording {
    moments: Vec<Moment>,
    time: f64,
}

impl Recording {
    fn take(&mut self, screen: vt100::Screen, (key, does): (&'static str, &'static str), stay: f64) {
        self.moments.push(Moment { time: (self.time * 1e3).round() / 1e3, screen, key, does });
        self.time += stay;
    }

    fn step(&mut self, step: &Step, program: &Program) -> Done<()> {
        let mut presses: Vec<(String, f64)> = Vec::new();
        for press in step.presses {
            match press {
                Key(key) => presses.push((key.to_string(), step.pause)),
                Text(text) => {
                    presses.extend(text.chars().map(|sign| (sign.to_string(), TYPING)));
                    if let Some(last) = presses.last_mut() {
                        last.1 = 0.5;
                    }
                }
            }
        }
        let count = presses.len();
        if count == 0 {
            program.wait_for(step.until);
            program.wait_rest(QUIET);
            self.take(program.screen(), (step.key, step.does), step.stay);
        }
        for (number, (bytes, pause)) in presses.into_iter().enumerate() {
            let before = program.frames();
            program.send(&bytes);
            if bytes == "q" {
                return Ok(());
            }
            let begun = Instant::now();
            while program.frames() == before && begun.elapsed() < Duration::from_secs(20) {
                program.wait_frames(1, Duration::from_millis(20));
            }
            let is_last = number + 1 == count;
            if is_last && !step.until.is_empty() {
                program.wait_for(step.until);
            }
            program.wait_rest(QUIET);
            self.take(program.screen(), (step.key, step.does), if is_last { step.stay } else { pause });
        }
        Ok(())
    }
}
