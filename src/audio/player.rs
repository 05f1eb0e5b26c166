//! Plays a rendering on a sink, on a thread of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use crate::music::Duration;

use super::Frame;
use super::rendering::Rendering;
use super::sink::{Sink, SinkError};
use super::timeline::{Moment, Timeline};
use super::tone::smooth;

/// Frames that are handed over at once, at most.
const BLOCK: usize = 512;
/// Frames in which what was played before fades when something else is turned to: 12 ms.
const TURN: usize = BLOCK;
/// What stands for moments without a place; places are never negative.
const COUNT_IN: i64 = -1;
const OVER: i64 = -2;

/// Plays until it is stopped, dropped, or at the end.
///
/// Where it is can be read at any time without waiting; stopping takes some hundredths of a second.
pub struct Player {
    shared: Arc<Shared>,
    others: Sender<Rendering>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    stopped: AtomicBool,
    moment: AtomicI64,
    failure: OnceLock<SinkError>,
}

impl Player {
    /// Begins to play.
    pub fn start(rendering: Rendering, sink: Box<dyn Sink>) -> Player {
        let first = rendering.timeline().at(0);
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            moment: AtomicI64::new(number(first)),
            failure: OnceLock::new(),
        });
        let (others, orders) = channel();
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || play(rendering, sink, &orders, &theirs));
        Player { shared, others, thread: Some(thread) }
    }

    /// What is heard now. While a sound card has some sound in store that is a little behind what was worked out.
    pub fn moment(&self) -> Moment {
        match self.shared.moment.load(Ordering::Relaxed) {
            _ if self.is_over() => Moment::Over,
            COUNT_IN => Moment::CountIn,
            OVER => Moment::Over,
            ticks => Moment::Music(Duration::from_ticks(ticks)),
        }
    }

    /// Goes on with something else: another place, another loop, another tempo. The two are blended, so nothing clicks.
    pub fn turn_to(&self, other: Rendering) {
        // If it has come to its end there is nobody to take it, and `is_over` says so.
        let _ = self.others.send(other);
    }

    /// Whether it has come to its end, was stopped, or failed.
    pub fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Why it could not go on, if so.
    pub fn failure(&self) -> Option<&SinkError> {
        self.shared.failure.get()
    }

    /// Is silent at once.
    pub fn stop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        self.wait();
    }

    /// Waits for the end.
    pub fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Were the thread to fail, it would be over all the same.
            let _ = thread.join();
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop();
    }
}

fn number(moment: Moment) -> i64 {
    match moment {
        Moment::CountIn => COUNT_IN,
        Moment::Music(place) => place.ticks().max(0),
        Moment::Over => OVER,
    }
}

/// What is handed over, and which frame of it belongs to which place.
struct Stream {
    rendering: Rendering,
    /// What was played before, and how many frames of it have faded.
    before: Option<(Rendering, usize)>,
    /// From which frame on which timeline holds, for what has not been heard yet.
    timelines: VecDeque<(u64, Timeline)>,
    /// Frames handed over.
    given: u64,
    /// The frame after which there is nothing.
    end: Option<u64>,
}

impl Stream {
    fn turn_to(&mut self, other: Rendering) {
        self.timelines.push_back((self.given, other.timeline()));
        self.before = Some((std::mem::replace(&mut self.rendering, other), 0));
        self.end = None;
    }

    /// The next frames, silence after the end.
    fn fill(&mut self, block: &mut [Frame]) {
        let filled = self.rendering.fill(block);
        block[filled..].fill([0.0; 2]);
        if filled < block.len() && self.end.is_none() {
            self.end = Some(self.given + filled as u64);
        }
        if let Some((before, faded)) = &mut self.before {
            let mut old = [[0.0; 2]; BLOCK];
            let length = block.len().min(TURN - *faded);
            before.fill(&mut old[..length]);
            for (index, (frame, old)) in block.iter_mut().zip(&old[..length]).enumerate() {
                let share = 1.0 - smooth((*faded + index) as f32 / TURN as f32);
                frame[0] += old[0] * share;
                frame[1] += old[1] * share;
                *frame = frame.map(super::limiter::limited);
            }
            *faded += length;
        }
        if self.before.as_ref().is_some_and(|(_, faded)| *faded >= TURN) {
            self.before = None;
        }
        self.given += block.len() as u64;
    }

    /// What is at the ear when so many frames have been heard.
    fn at(&mut self, heard: u64) -> Moment {
        while self.timelines.get(1).is_some_and(|(start, _)| *start <= heard) {
            self.timelines.pop_front();
        }
        self.timelines
            .front()
            .map_or(Moment::Over, |(start, timeline)| timeline.at(heard.saturating_sub(*start)))
    }
}

fn play(rendering: Rendering, mut sink: Box<dyn Sink>, orders: &Receiver<Rendering>, shared: &Shared) {
    let timelines = VecDeque::from([(0, rendering.timeline())]);
    let mut stream = Stream { rendering, before: None, timelines, given: 0, end: None };
    let mut block = [[0.0; 2]; BLOCK];
    while !shared.stopped.load(Ordering::Relaxed) {
        while let Ok(other) = orders.try_recv() {
            stream.turn_to(other);
        }
        let given = sink.wanted().and_then(|wanted| {
            let block = &mut block[..wanted.min(BLOCK)];
            stream.fill(block);
            sink.give(block)
        });
        if let Err(error) = given {
            let _ = shared.failure.set(error);
            return;
        }
        let heard = stream.given.saturating_sub(sink.waiting());
        shared.moment.store(number(stream.at(heard)), Ordering::Relaxed);
        if stream.end.is_some_and(|end| heard >= end) {
            return;
        }
    }
    sink.halt();
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;
    use std::time;

    use super::*;
    use crate::audio::{BuiltIn, Clock, Hearing, Instrument, RATE, Silent};
    use crate::music::{Chart, Form, Header, Key, LeadSheet, Melody, Meter, Note, Performance, Tempo};

    /// A clock that goes on only when it is waited for, and while it may.
    #[derive(Clone, Default)]
    struct Hands {
        now: Arc<Mutex<time::Duration>>,
        stands_at: Arc<Mutex<Option<time::Duration>>>,
    }

    impl Clock for Hands {
        fn now(&mut self) -> time::Duration {
            *self.now.lock().expect("the clock")
        }

        fn wait(&mut self, time: time::Duration) {
            let end = self.stands_at.lock().expect("the clock").unwrap_or(time::Duration::MAX);
            let mut now = self.now.lock().expect("the clock");
            *now = (*now + time).min(end);
            drop(now);
            std::thread::yield_now();
        }
    }

    impl Hands {
        fn that_stop_at(millis: u64) -> Hands {
            let hands = Hands::default();
            *hands.stands_at.lock().expect("the clock") = Some(time::Duration::from_millis(millis));
            hands
        }
    }

    /// A sink on which one can look at what was given.
    struct Tape {
        silent: Silent<Hands>,
        tape: Arc<Mutex<Vec<Frame>>>,
        fails_after: usize,
        /// How often nothing was wanted: the clock stood.
        idle: Arc<AtomicU64>,
    }

    impl Sink for Tape {
        fn name(&self) -> &str {
            "tape"
        }
        fn wanted(&mut self) -> Result<usize, SinkError> {
            let wanted = self.silent.wanted();
            if wanted == Ok(0) {
                self.idle.fetch_add(1, Ordering::SeqCst);
            }
            wanted
        }
        fn give(&mut self, block: &[Frame]) -> Result<(), SinkError> {
            let mut tape = self.tape.lock().expect("the tape");
            tape.extend_from_slice(block);
            if tape.len() > self.fails_after { Err(SinkError::NoServer) } else { self.silent.give(block) }
        }
        fn waiting(&self) -> u64 {
            self.silent.waiting()
        }
        fn halt(&mut self) {
            self.silent.halt();
        }
    }

    fn rendering(from: i64, repeat: bool) -> Rendering {
        let note =
            Note { onset: Duration::ZERO, duration: Duration::quarters(8), pitch: "A4".parse().expect("A4") };
        let header = Header { tempo: Some(Tempo::quarters(120)), ..Header::new("", Key::C_MAJOR) };
        let form = Form::plain(Meter::COMMON, 2);
        let sheet = LeadSheet::new(header, form, Chart { changes: vec![] }, Melody { notes: vec![note] });
        let hearing = Hearing { from: Some(Duration::quarters(from)), repeat, ..Hearing::default() };
        let performance = Performance::of(&sheet.expect("a sheet"));
        Rendering::new(&performance, &hearing, Box::new(BuiltIn::new(Instrument::Organ)))
    }

    /// A player whose clock stands where it is told to.
    struct Stage {
        player: Player,
        hands: Hands,
        idle: Arc<AtomicU64>,
        tape: Arc<Mutex<Vec<Frame>>>,
    }

    impl Stage {
        fn with(rendering: Rendering) -> Stage {
            let hands = Hands::that_stop_at(0);
            let (sink, tape) = tape(hands.clone(), usize::MAX);
            let idle = Arc::clone(&sink.idle);
            Stage { player: Player::start(rendering, sink), hands, idle, tape }
        }

        /// What is heard when the clock has come to stand there and all that it wanted has been handed over.
        fn at(&mut self, millis: u64) -> f64 {
            let end = time::Duration::from_millis(millis);
            *self.hands.stands_at.lock().expect("the clock") = Some(end);
            while self.hands.now() < end {
                std::thread::sleep(time::Duration::from_micros(100));
            }
            // Between two idle rounds there is one whole round.
            let idle = self.idle.load(Ordering::SeqCst);
            while self.idle.load(Ordering::SeqCst) < idle + 3 {
                std::thread::sleep(time::Duration::from_micros(100));
            }
            quarters(self.player.moment())
        }
    }

    fn quarters(moment: Moment) -> f64 {
        match moment {
            Moment::Music(place) => place.as_quarters_f64(),
            Moment::CountIn => -1.0,
            Moment::Over => f64::INFINITY,
        }
    }

    fn tape(hands: Hands, fails_after: usize) -> (Box<Tape>, Arc<Mutex<Vec<Frame>>>) {
        let tape = Arc::new(Mutex::new(Vec::new()));
        (
            Box::new(Tape {
                silent: Silent::new(hands),
                tape: Arc::clone(&tape),
                fails_after,
                idle: Arc::default(),
            }),
            tape,
        )
    }

    #[test]
    fn it_plays_what_is_rendered_to_the_end() {
        let (sink, tape) = tape(Hands::default(), usize::MAX);
        let mut player = Player::start(rendering(0, false), sink);
        player.wait();
        assert!(player.is_over() && player.failure().is_none() && player.moment() == Moment::Over);
        let mut wanted = vec![[0.0; 2]; 4 * RATE as usize + super::super::TAIL as usize];
        assert_eq!(rendering(0, false).fill(&mut wanted), wanted.len());
        let tape = tape.lock().expect("the tape");
        assert!(tape.len() >= wanted.len() && tape[..wanted.len()] == wanted);
        assert!(tape[wanted.len()..].iter().all(|frame| *frame == [0.0; 2]));
    }

    #[test]
    fn the_place_is_what_is_heard_and_stopping_stops() {
        let mut stage = Stage::with(rendering(0, false));
        assert!(stage.at(0).abs() < 1e-3);
        for (millis, place) in [(500, 1.0), (1000, 2.0), (1750, 3.5)] {
            let heard = stage.at(millis);
            assert!((heard - place).abs() < 1e-3, "{heard} at {millis} ms");
        }
        stage.player.stop();
        assert!(stage.player.is_over() && stage.player.moment() == Moment::Over);
        assert_eq!(stage.hands.now(), time::Duration::from_millis(1750));
    }

    #[test]
    fn turning_to_another_place_is_heard_after_what_is_in_store_and_does_not_click() {
        let mut stage = Stage::with(rendering(0, false));
        assert!((stage.at(500) - 1.0).abs() < 1e-3);
        // 50 ms are in store; then the loop, which takes 1 s.
        stage.player.turn_to(rendering(6, true));
        for (millis, place) in [(540, 1.08), (800, 6.5), (1300, 7.5), (1800, 6.5)] {
            let heard = stage.at(millis);
            assert!((heard - place).abs() < 1e-3, "{heard} at {millis} ms");
        }
        stage.player.stop();
        let tape = stage.tape.lock().expect("the tape");
        let jump = tape.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max);
        let loudest = tape.iter().map(|frame| frame[0].abs()).fold(0.0, f32::max);
        assert!(jump < loudest * 0.5, "{jump} of {loudest}");
    }

    #[test]
    fn a_sink_that_gives_up_ends_it() {
        let (sink, _) = tape(Hands::default(), 10_000);
        let mut player = Player::start(rendering(0, true), sink);
        player.wait();
        assert_eq!(player.failure(), Some(&SinkError::NoServer));
    }
}
