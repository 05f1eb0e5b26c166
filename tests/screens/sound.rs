//! What is heard of the session, and how the screen shows it: a clock that is set by hand in place of loudspeakers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration as Time;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use tunesmith::audio::{
    BuiltIn, Clock, Frame, Hearing, Instrument, Moment, RATE, Rendering, Silent, Sink, SinkError,
};
use tunesmith::music::{Duration, LeadSheet, Performance};
use tunesmith::session::file;
use tunesmith::tui::loudspeaker::{Loudspeaker, or_silence};
use tunesmith::tui::pane;
use tunesmith::tui::sound::Source;
use tunesmith::tui::theme::Theme;

use super::desk::{Desk, SIZES};

/// A clock that goes on when it is waited for, until where it is to stand.
#[derive(Clone, Default)]
struct Hands {
    now: Arc<Mutex<Time>>,
    stands_at: Arc<Mutex<Time>>,
}

impl Clock for Hands {
    fn now(&mut self) -> Time {
        *self.now.lock().expect("the clock")
    }

    fn wait(&mut self, time: Time) {
        let end = *self.stands_at.lock().expect("the clock");
        let mut now = self.now.lock().expect("the clock");
        *now = (*now + time).min(end);
        drop(now);
        std::thread::yield_now();
    }
}

/// A sink that keeps what it was given.
struct Tape {
    silent: Silent<Hands>,
    tape: Arc<Mutex<Vec<Frame>>>,
    /// How often nothing was wanted, for the clock stood.
    idle: Arc<AtomicU64>,
}

impl Sink for Tape {
    fn name(&self) -> &str {
        "tape"
    }
    fn wanted(&mut self) -> Result<usize, SinkError> {
        let wanted = self.silent.wanted()?;
        self.idle.fetch_add(u64::from(wanted == 0), Ordering::SeqCst);
        Ok(wanted)
    }
    fn give(&mut self, block: &[Frame]) -> Result<(), SinkError> {
        self.tape.lock().expect("the tape").extend_from_slice(block);
        self.silent.give(block)
    }
    fn waiting(&self) -> u64 {
        self.silent.waiting()
    }
    fn halt(&mut self) {
        self.silent.halt();
    }
}

/// A desk with a loudspeaker, and the clock that it plays by.
struct Stage {
    desk: Desk,
    loudspeaker: Loudspeaker,
    hands: Hands,
    idle: Arc<AtomicU64>,
    tape: Arc<Mutex<Vec<Frame>>>,
}

impl Stage {
    fn new() -> Stage {
        let (hands, idle, tape) = (Hands::default(), Arc::default(), Arc::default());
        let opened = (hands.clone(), Arc::clone(&idle), Arc::clone(&tape));
        let open = move || {
            let (hands, idle, tape) = opened.clone();
            (Box::new(Tape { silent: Silent::new(hands), tape, idle }) as Box<dyn Sink>, None)
        };
        let loudspeaker = Loudspeaker::start(open).expect("a thread");
        Stage { desk: Desk::new(), loudspeaker, hands, idle, tape }
    }

    /// Presses keys one by one; each is obeyed before the next, while the clock stands.
    fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.desk.press(key);
            self.loudspeaker.follow(&mut self.desk.app);
            while !self.loudspeaker.is_ready() {
                std::thread::sleep(Time::from_micros(100));
            }
            self.rest();
        }
    }

    /// Waits until what plays wants nothing more.
    fn rest(&mut self) {
        let plays = |stage: &mut Stage| {
            stage.loudspeaker.look(&mut stage.desk.app);
            stage.desk.app.sound.playing.is_some()
        };
        // Between two idle rounds lies a whole one.
        let idle = self.idle.load(Ordering::SeqCst);
        while plays(self) && self.idle.load(Ordering::SeqCst) < idle + 3 {
            std::thread::sleep(Time::from_micros(100));
        }
        plays(self);
    }

    /// Lets so much time pass; gives the bar and the quarters into it that are heard then.
    fn after(&mut self, millis: u64) -> Option<(usize, f64)> {
        let end = {
            let mut end = self.hands.stands_at.lock().expect("the clock");
            *end += Time::from_millis(millis);
            *end
        };
        while self.hands.now() < end && self.desk.app.sound.playing.is_some() {
            self.loudspeaker.look(&mut self.desk.app);
            std::thread::sleep(Time::from_micros(100));
        }
        self.rest();
        if self.desk.app.sound.playing.is_none() {
            // Time stands still where nothing plays.
            *self.hands.stands_at.lock().expect("the clock") = self.hands.now();
        }
        self.desk.app.heard_bar().map(|heard| (heard.bar, heard.at.as_quarters_f64()))
    }

    #[track_caller]
    fn hears(&mut self, millis: u64, bar: usize, quarters: f64) {
        let heard = self.after(millis);
        let is_near = heard.is_some_and(|heard| heard.0 == bar && (heard.1 - quarters).abs() < 1e-2);
        assert!(is_near, "{heard:?}, not {bar} and {quarters}: {}", self.desk.app.message);
    }

    /// The milliseconds of a quarter.
    fn quarter(&self) -> f64 {
        let performance = Performance::of(&self.desk.app.song().sheet);
        60_000.0 / f64::from(performance.tempo.per_minute)
    }

    /// How loud what was given in a stretch of time is, and how much of it differs from what a sheet sounds like there.
    fn compared(&self, sheet: &LeadSheet, millis: std::ops::Range<u64>) -> (f32, f32) {
        let frame = |millis: u64| (millis * u64::from(RATE) / 1000) as usize;
        let (from, to) = (frame(millis.start), frame(millis.end));
        let tape = self.tape.lock().expect("the tape");
        let sound = Box::new(BuiltIn::new(Instrument::default()));
        let mut plain = vec![[0.0; 2]; to];
        Rendering::new(&Performance::of(sheet), &Hearing::default(), sound).fill(&mut plain);
        let power = |value: f32| value * value;
        let loud: f32 = tape[from..to].iter().map(|frame| power(frame[0])).sum();
        let apart = tape[from..to].iter().zip(&plain[from..to]).map(|(one, other)| power(one[0] - other[0]));
        (loud, apart.sum())
    }
}

/// A moment so many quarters into the music.
fn quarters(count: f64) -> Moment {
    Moment::Music(Duration::from_ticks((count * Duration::QUARTER.ticks() as f64) as i64))
}

/// A desk on which keys were pressed and so many quarters are heard.
fn playing(keys: &str, count: f64) -> Desk {
    let mut desk = Desk::new();
    desk.press(keys);
    desk.app.settle_sound();
    desk.app.heard(quarters(count));
    desk
}

#[test]
fn the_bar_that_is_heard_is_marked_on_the_sheet() {
    playing("right S-right o M A-m space", 6.5).snap("playing");
    playing("O O enter", 58.0).snap("playing-below");
    let mut counted = playing("A-m space", 0.0);
    counted.app.heard(Moment::CountIn);
    assert!(counted.screen((80, 24), false).contains("▶ count-in"));
    for size in SIZES {
        let screen = playing("o space", 7.0).screen(size, true);
        assert!(screen.is_ascii() && screen.contains("> 2.4") && screen.contains("-v-"), "{screen}");
    }
}

#[test]
fn a_colour_is_second_to_the_sign() {
    let desk = playing("space", 6.0);
    let mut coloured = 0;
    for colours in [true, false] {
        let mut screen = Terminal::new(TestBackend::new(80, 24)).expect("a screen in memory");
        screen
            .draw(|frame| {
                pane::draw(frame, &desk.app, Theme { colours, ascii: false });
            })
            .expect("a drawing");
        let cells = &screen.backend().buffer().content;
        assert_eq!(cells.iter().filter(|cell| cell.symbol() == "▼").count(), 1);
        coloured = coloured.max(cells.iter().filter(|cell| cell.fg == Color::Magenta).count());
        assert!(colours || cells.iter().all(|cell| cell.fg == Color::Reset));
    }
    assert!(coloured > 17, "the bar, its place and what plays: {coloured}");
}

#[test]
fn the_screen_follows_what_is_heard_until_the_cursor_moves() {
    let mut desk = playing("space", 58.0);
    let size = (40, 12);
    assert!(desk.screen(size, false).contains("  15│"), "bar 15 is heard");
    desk.press("right");
    desk.app.settle_sound();
    assert!(!desk.screen(size, false).contains("  15│") && desk.screen(size, false).contains("A   1│"));
    desk.press("enter");
    desk.app.settle_sound();
    desk.app.heard(quarters(58.0));
    assert!(desk.screen(size, false).contains("  15│"));
}

#[test]
fn space_plays_and_stops_and_enter_begins_again() {
    let mut stage = Stage::new();
    let quarter = stage.quarter();
    assert!(stage.desk.app.sound.playing.is_none(), "nothing to look at while nothing plays");
    stage.press("right space");
    stage.hears(0, 2, 0.0);
    stage.hears((quarter * 5.5) as u64, 3, 1.5);
    stage.press("left enter");
    // What was in store is heard first: 50 ms.
    stage.hears((quarter * 2.0) as u64 + 50, 1, 2.0);
    stage.press("space");
    assert!(stage.desk.app.sound.playing.is_none() && stage.desk.app.heard_bar().is_none());
    let tape = stage.tape.lock().expect("the tape").len();
    assert_eq!(stage.after(500), None);
    assert_eq!(stage.tape.lock().expect("the tape").len(), tape, "it is silent");
    stage.press("end space");
    stage.hears((quarter * 3.0) as u64, 16, 3.0);
    assert_eq!(stage.after(5000), None, "it has come to its end");
    assert!(stage.desk.app.sound.playing.is_none() && stage.desk.app.message.contains("playing"));
    stage.press("space");
    stage.hears((quarter * 3.0) as u64, 16, 3.0);
}

#[test]
fn the_selection_is_played_over_and_over_and_the_loop_turns_over_at_once() {
    let mut stage = Stage::new();
    let quarter = stage.quarter();
    stage.press("right S-right o space");
    stage.hears((quarter * 9.0) as u64, 2, 1.0);
    // Once, to the end: it goes on where it is.
    stage.press("o");
    stage.hears((quarter * 8.0) as u64, 4, 1.0);
    // Bars 2 and 3 again: it is not there, so it begins there.
    stage.press("o");
    stage.hears(quarter as u64 + 50, 2, 1.0);
    // Another selection is another loop, in which it is.
    stage.press("S-right o");
    assert_eq!(stage.desk.app.sound.playing.as_ref().and_then(|playing| playing.bars), Some((2, 4)));
    stage.hears((quarter * 10.5) as u64, 4, 3.5);
    stage.hears(quarter as u64, 2, 0.5);
    stage.press("space");
    assert!(stage.desk.app.sound.playing.is_none() && stage.desk.app.sound.repeat);
}

#[test]
fn what_plays_turns_to_the_new_sheet_where_it_is() {
    let mut stage = Stage::new();
    let quarter = stage.quarter();
    stage.press("space");
    stage.hears((quarter * 5.5) as u64, 2, 1.5);
    let old = stage.desk.app.song().sheet.clone();
    stage.press("r");
    let new = stage.desk.app.song().sheet.clone();
    assert_ne!(old.melody(), new.melody());
    stage.hears((quarter * 3.0) as u64, 3, 0.5);
    let turned = (quarter * 5.5) as u64;
    let (loud, apart) = stage.compared(&old, 0..turned);
    assert!(loud > 0.0 && apart == 0.0, "the old sheet until then");
    let later = turned + 100..turned + (quarter * 3.0) as u64;
    let (loud, apart) = stage.compared(&new, later.clone());
    assert!(apart < loud * 0.05, "the new one, as if it had been heard from the start: {apart} of {loud}");
    assert!(stage.compared(&old, later).1 > loud * 0.3, "and not the old one");
    // The step back is heard, too, and the metronome goes along.
    stage.press("u M");
    stage.hears(quarter as u64, 3, 1.5);
    let playing = stage.desk.app.sound.playing.as_ref().expect("it plays");
    assert!(playing.piece.hearing.metronome && playing.piece.performance == Performance::of(&old));
    assert_eq!(playing.piece.number, 1);
}

#[test]
fn takes_are_compared_by_ear() {
    let mut stage = Stage::new();
    let quarter = stage.quarter();
    stage.press("r n v");
    assert_eq!(stage.desk.app.entry, 1);
    stage.press("up space");
    let source = |stage: &Stage| stage.desk.app.sound.playing.as_ref().map(|playing| playing.source);
    assert_eq!(source(&stage), Some(Source::Take(0)));
    stage.hears((quarter * 4.5) as u64, 2, 0.5);
    let (loud, apart) = stage.compared(&stage.desk.app.session.takes[0].sheet, 0..(quarter * 4.5) as u64);
    assert!(loud > 0.0 && apart == 0.0);
    assert!(stage.desk.screen((80, 24), false).contains("▶ take 1 2.1"));
    // The command takes it from the session's file.
    let folder = tempfile::tempdir().expect("a folder");
    let tune = folder.path().join("boats.tune");
    let text = file::write(&stage.desk.app.session, stage.desk.kept).expect("a text");
    std::fs::write(&tune, text).expect("a file");
    stage.desk.app.kept_in.clone_from(&tune);
    let command = stage.desk.app.play_command().expect("a command");
    assert!(command.ends_with("boats.tune --step 2"), "{command}");
    let words = command.split(' ').skip(2);
    let mut run = assert_cmd::Command::cargo_bin("tunesmith").expect("the program");
    let wav = folder.path().join("take.wav");
    run.arg("render").args(words).arg("-q").arg("-o").arg(&wav).assert().success();
    let wav = std::fs::read(&wav).expect("a sound");
    let mut plain = vec![[0.0; 2]; RATE as usize];
    let sound = Box::new(BuiltIn::new(Instrument::default()));
    let performance = Performance::of(&stage.desk.app.session.takes[0].sheet);
    Rendering::new(&performance, &Hearing::default(), sound).fill(&mut plain);
    let written = plain.iter().flatten().flat_map(|value| ((value * 32767.0).round() as i16).to_le_bytes());
    assert!(wav[44..].iter().copied().zip(written).all(|(one, other)| one == other), "the same sound");
    // The other one, which stands on the sheet, is heard at the same place; then this one is put there.
    stage.press("down space");
    assert_eq!(source(&stage), Some(Source::Sheet));
    stage.hears(quarter as u64, 2, 1.5);
    stage.press("up space enter");
    assert_eq!((source(&stage), stage.desk.app.session.shown), (Some(Source::Sheet), Some(0)));
    stage.hears(quarter as u64, 2, 2.5);
    stage.press("space");
    assert_eq!(source(&stage), None);
}

#[test]
fn opening_the_loudspeakers_keeps_nobody_waiting() {
    let (open, opens) = channel::<()>();
    let tape = Arc::new(Mutex::new(Vec::new()));
    let taped = Arc::clone(&tape);
    let mut loudspeaker = Loudspeaker::start(move || {
        let _ = opens.recv();
        let (silent, _) = or_silence(Err(SinkError::NoServer));
        drop(silent);
        let silent = Silent::new(Hands::default());
        let sink = Tape { silent, tape: Arc::clone(&taped), idle: Arc::default() };
        (Box::new(sink), or_silence(Err(SinkError::NoServer)).1)
    })
    .expect("a thread");
    let mut desk = Desk::new();
    for key in ["space", "right", "M", "o", "space"] {
        desk.press(key);
        loudspeaker.follow(&mut desk.app);
        loudspeaker.look(&mut desk.app);
    }
    assert!(!loudspeaker.is_ready() && desk.app.sound.playing.is_none());
    open.send(()).expect("it waits");
    while !loudspeaker.is_ready() {
        std::thread::sleep(Time::from_micros(100));
    }
    assert!(tape.lock().expect("the tape").is_empty(), "it was stopped meanwhile");
    desk.press("space");
    desk.app.sound.soundfont = Some("no/such.sf2".into());
    desk.press("enter");
    loudspeaker.follow(&mut desk.app);
    open.send(()).expect("it waits");
    while !loudspeaker.is_ready() {
        std::thread::sleep(Time::from_micros(100));
    }
    assert!(loudspeaker.look(&mut desk.app));
    let said = &desk.app.message;
    assert!(said.contains("silent") && said.contains("tunesmith render"), "{said}");
}

#[test]
fn a_soundfont_that_cannot_be_read_is_told_and_the_music_plays() {
    let mut stage = Stage::new();
    stage.desk.app.sound.soundfont = Some("no/such.sf2".into());
    stage.press("space");
    let said = stage.desk.app.message.clone();
    assert!(said.contains("no/such.sf2") && said.contains("built-in"), "{said}");
    let quarter = stage.quarter();
    stage.hears((quarter * 2.0) as u64, 1, 2.0);
}
