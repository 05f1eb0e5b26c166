//! How fast the session answers, from the key to the whole frame, and how much it works when nothing is asked.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tunesmith::compose::{Request, prepare};
use tunesmith::session::{Session, Song, file};
use tunesmith::style;

use super::Done;
use super::pty::{COLUMNS, Program, ROWS};

/// So often each is measured.
const RUNS: usize = 40;
/// For so long the processor is watched.
const WATCHED: Duration = Duration::from_secs(20);

const RIGHT: &str = "\x1b[C";
const LEFT: &str = "\x1b[D";

/// Measures all, and says it.
pub fn measure(program: &Path) -> Done<()> {
    let folder = tempfile::tempdir()?;
    let request = Request {
        form: Some("AABA".into()),
        key: "G".parse().ok(),
        meter: "4/4".parse().ok(),
        pickup: Some(tunesmith::music::Duration::ZERO),
        title: Some("Harbour Lights".into()),
        seed: 3,
        ..Request::default()
    };
    let style = style::load("beatles").map_err(|error| error.to_string())?;
    let take = prepare(&style, &style, &request).and_then(|prepared| prepared.take(0));
    let song = Song::new("beatles", take.map_err(|refusal| refusal.to_string())?.sheet);
    let session = file::write(&Session::new("begun in beatles", song), 0)?;
    let desk = Desk { program, folder: folder.path(), session };
    load();
    for jobs in [0, 1, 8] {
        desk.keys(jobs)?;
    }
    for (what, verb) in [("chords and melody", "r"), ("melody on its chords", "\x1br")] {
        desk.refills(what, verb)?;
    }
    load();
    desk.starts()?;
    desk.at_rest()?;
    load();
    Ok(())
}

fn load() {
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

fn has(frame: &[String], text: &str) -> bool {
    frame.iter().any(|row| row.contains(text))
}

/// Where the program works.
struct Desk<'a> {
    program: &'a Path,
    folder: &'a Path,
    /// A session of 32 bars, as a file.
    session: String,
}

impl Desk<'_> {
    fn run(&self, arguments: &[&str]) -> Program {
        Program::run(self.program, (COLUMNS, ROWS), self.folder, arguments)
    }

    /// The session as it was begun.
    fn open(&self) -> Done<Program> {
        std::fs::write(self.folder.join("song.tune"), &self.session)?;
        let program = self.run(&["song.tune"]);
        program.wait_for("Harbour Lights");
        Ok(program)
    }

    /// From a key that moves the cursor to the frame that shows it, so many jobs waiting for the worker.
    fn keys(&self, jobs: usize) -> Done<()> {
        let program = self.open()?;
        let mut times = Vec::new();
        let mut meanwhile = 0;
        for run in 0..RUNS {
            program.wait_rest(Duration::from_millis(300));
            let (key, bar) = if run % 2 == 0 { (RIGHT, "  bar 2 ") } else { (LEFT, "  bar 1 ") };
            if jobs > 0 {
                program.send(&"r".repeat(jobs));
                program.wait_for("composing bars");
            }
            let pressed = Instant::now();
            program.send(key);
            let seen = program.wait_for(bar);
            times.push(pressed.elapsed());
            meanwhile += usize::from(has(&seen, "composing bars"));
            program.wait("a take", |frame| !has(frame, "composing bars"));
        }
        say(&format!("a key, {jobs} jobs before it ({meanwhile} frames while composing)"), times);
        quit(program)
    }

    /// From the key to the frame that shows four bars anew between locked ones: the first of a session, and later ones.
    fn refills(&self, what: &str, verb: &str) -> Done<()> {
        let ready = || -> Done<Program> {
            let program = self.open()?;
            // Bars 9 to 12, all others locked.
            for key in ["\x1b[H", "\x1b[B", "\x1b[B", "\x1b[1;2C", "\x1b[1;2C", "\x1b[1;2C", "L"] {
                program.send(key);
            }
            program.wait("bars 9-12 between locked ones", |frame| {
                has(frame, "bars 9-12 selected") && has(frame, "all but bars 9-12 locked")
            });
            Ok(program)
        };
        let take = |program: &Program| {
            let before = program.wait_rest(Duration::from_millis(200))[0].clone();
            let pressed = Instant::now();
            program.send(verb);
            program.wait("a take", |frame| frame[0].contains("take ") && frame[0] != before);
            pressed.elapsed()
        };
        let mut first = Vec::new();
        for _ in 0..RUNS {
            let program = ready()?;
            first.push(take(&program));
            quit(program)?;
        }
        say(&format!("four bars, {what}: the first"), first);
        let program = ready()?;
        take(&program);
        say(&format!("four bars, {what}: later"), (0..RUNS).map(|_| take(&program)).collect());
        quit(program)
    }

    /// From the start of the process to its first whole frame.
    fn starts(&self) -> Done<()> {
        let start = |arguments: &[&str]| -> Done<Duration> {
            let begun = Instant::now();
            let program = self.run(arguments);
            program.wait("a frame", |frame| !frame.is_empty());
            let taken = begun.elapsed();
            quit(program)?;
            Ok(taken)
        };
        let many = |arguments: &[&str]| (0..RUNS).map(|_| start(arguments)).collect::<Done<Vec<_>>>();
        quit(self.open()?)?;
        say("start, song.tune", many(&["song.tune"])?);
        start(&[])?;
        say("start, the session without a name", many(&[])?);
        let mut very_first = Vec::new();
        for _ in 0..RUNS {
            std::fs::remove_dir_all(self.folder.join("data"))?;
            very_first.push(start(&[])?);
        }
        say("start, the very first", very_first);
        Ok(())
    }

    /// How much of a processor it takes while nothing happens, and while it plays to nobody.
    fn at_rest(&self) -> Done<()> {
        let program = self.open()?;
        let watch = |what: &str| -> Done<()> {
            program.wait_frames(usize::MAX >> 1, Duration::from_secs(1));
            let (before, frames) = (worked(&program)?, program.frames());
            sleep(WATCHED);
            let (work, frames) = (worked(&program)? - before, program.frames() - frames);
            let share = 100.0 * work.as_secs_f64() / WATCHED.as_secs_f64();
            println!("{what}: {share:.3} % of a processor over {} s, {frames} frames", WATCHED.as_secs());
            Ok(())
        };
        watch("at rest")?;
        program.send("o ");
        watch("playing to nobody")?;
        quit(program)
    }
}

/// How long the processor has worked for it, as the system counts it thread by thread.
fn worked(program: &Program) -> Done<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(format!("/proc/{}/task", program.id()))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

fn quit(program: Program) -> Done<()> {
    program.send("q");
    match program.end().0.success() {
        true => Ok(()),
        false => Err("it did not end well".into()),
    }
}

fn say(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!(
        "{what}: median {:.1} ms, worst {:.1} ms, {} runs",
        ms(times.get(times.len() / 2)),
        ms(times.last()),
        times.len()
    );
}
