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
    others: Sender<Turn>,
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
        let _ = self.others.send(Turn { other, later: None });
    }

    /// Goes on with something else where it is, that is, `later` than there: another take, other voices. What both have in
    /// common sounds on. Where that place is not in the other it begins as it would, without a count-in; what is at its end
    /// stays there, unless the other is played over and over.
    pub fn go_on_with(&self, other: Rendering, later: Duration) {
        let _ = self.others.send(Turn { other, later: Some(later) });
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

/// What to go on with.
struct Turn {
    other: Rendering,
    /// How much later than where it is; `None`: at its beginning.
    later: Option<Duration>,
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
    before: Option<Before>,
    /// From which frame on which timeline holds, for what has not been heard yet.
    timelines: VecDeque<(u64, Timeline)>,
    /// Frames handed over.
    given: u64,
    /// The frame after which there is nothing.
    end: Option<u64>,
}

/// What was played before.
struct Before {
    rendering: Rendering,
    /// How many frames of it have faded.
    faded: usize,
    /// Whether what comes now has begun before, and swells as this fades.
    swells: bool,
}

impl Stream {
    fn turn(&mut self, Turn { mut other, later }: Turn) {
        let mut swells = false;
        if let Some(later) = later {
            let last = self.timelines.back().copied();
            let (start, timeline) = last.unwrap_or((self.given, self.rendering.timeline()));
            let frame = self.given - start;
            match timeline.at(frame) {
                Moment::CountIn => other.count_on(timeline.lead_in().saturating_sub(frame)),
                Moment::Music(place) => swells = other.go_on_at(place + later),
                Moment::Over if other.frames().is_some() => return,
                Moment::Over => other.count_on(0),
            }
        }
        self.timelines.push_back((self.given, other.timeline()));
        let rendering = std::mem::replace(&mut self.rendering, other);
        self.before = Some(Before { rendering, faded: 0, swells });
        self.end = None;
    }

    /// The next frames, silence after the end.
    fn fill(&mut self, block: &mut [Frame]) {
        let filled = self.rendering.fill(block);
        block[filled..].fill([0.0; 2]);
        if filled < block.len() && self.end.is_none() {
            self.end = Some(self.given + filled as u64);
        }
        if let Some(before) = &mut self.before {
            let mut old = [[0.0; 2]; BLOCK];
            let length = block.len().min(TURN - before.faded);
            before.rendering.fill(&mut old[..length]);
            for (index, (frame, old)) in block.iter_mut().zip(&old[..length]).enumerate() {
                let share = 1.0 - smooth((before.faded + index) as f32 / TURN as f32);
                let own = if before.swells { 1.0 - share } else { 1.0 };
                *frame = [0, 1].map(|ear| super::limiter::limited(frame[ear] * own + old[ear] * share));
            }
            before.faded += length;
        }
        if self.before.as_ref().is_some_and(|before| before.faded >= TURN) {
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

fn play(rendering: Rendering, mut sink: Box<dyn Sink>, orders: &Receiver<Turn>, shared: &Shared) {
    let timelines = VecDeque::from([(0, rendering.timeline())]);
    let mut stream = Stream { rendering, before: None, timelines, given: 0, end: None };
    let mut block = [[0.0; 2]; BLOCK];
    while !shared.stopped.load(Ordering::Relaxed) {
        while let Ok(turn) = orders.try_recv() {
            stream.turn(turn);
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
        hearing(&Hearing { from: Some(Duration::quarters(from)), repeat, ..Hearing::default() })
    }

    /// A note of two bars; a second has two quarters.
    fn hearing(hearing: &Hearing) -> Rendering {
        let note =
            Note { onset: Duration::ZERO, duration: Duration::quarters(8), pitch: "A4".parse().expect("A4") };
        let header = Header { tempo: Some(Tempo::quarters(120)), ..Header::new("", Key::C_MAJOR) };
        let form = Form::plain(Meter::COMMON, 2);
        let sheet = LeadSheet::new(header, form, Chart { changes: vec![] }, Melody { notes: vec![note] });
        let performance = Performance::of(&sheet.expect("a sheet"));
        Rendering::new(&performance, hearing, Box::new(BuiltIn::new(Instrument::Organ)))
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
    fn what_goes_on_where_it_is_sounds_as_if_nothing_had_happened() {
        let mut stage = Stage::with(rendering(0, false));
        assert!((stage.at(500) - 1.0).abs() < 1e-3);
        stage.player.go_on_with(rendering(0, false), Duration::ZERO);
        for (millis, place) in [(540, 1.08), (800, 1.6), (1300, 2.6)] {
            let heard = stage.at(millis);
            assert!((heard - place).abs() < 1e-3, "{heard} at {millis} ms");
        }
        stage.player.stop();
        let tape = stage.tape.lock().expect("the tape");
        let mut plain = vec![[0.0; 2]; tape.len()];
        rendering(0, false).fill(&mut plain);
        let loudest = plain.iter().map(|frame| frame[0].abs()).fold(0.0, f32::max);
        let apart = tape.iter().zip(&plain).map(|(one, other)| (one[0] - other[0]).abs()).fold(0.0, f32::max);
        // The place is known to a frame, in which 440 Hz turn by a sixteenth of a period at most.
        assert!(loudest > 0.01 && apart < loudest * 0.1, "{apart} of {loudest}");
    }

    #[test]
    fn it_goes_on_in_a_loop_if_it_is_there_and_else_begins_it() {
        let bars = |from, to, enter: Option<i64>| {
            let (from, to) = (Some(Duration::quarters(from)), Some(Duration::quarters(to)));
            let enter = enter.map(Duration::quarters);
            hearing(&Hearing { from, to, enter, repeat: true, count_in: true, ..Hearing::default() })
        };
        let mut stage = Stage::with(bars(0, 4, Some(3)));
        // A bar is counted and what is missing to the last beat, where the loop is entered: 3.5 s. Then it comes round.
        assert_eq!(stage.at(1000), -1.0);
        stage.player.go_on_with(bars(0, 4, Some(3)), Duration::ZERO);
        for (millis, place) in [(3400, -1.0), (3750, 3.5), (4250, 0.5)] {
            let heard = stage.at(millis);
            assert!((heard - place).abs() < 1e-3, "{heard} at {millis} ms");
        }
        // Another loop that it is in, and then, a beat later, one that it is not in.
        stage.player.go_on_with(bars(0, 2, None), Duration::ZERO);
        let heard = stage.at(4750);
        assert!((heard - 1.5).abs() < 1e-3, "{heard}");
        assert!((stage.at(5000) - 0.0).abs() < 1e-3);
        stage.player.go_on_with(bars(4, 8, None), Duration::QUARTER);
        // 50 ms are in store.
        let heard = stage.at(5300);
        assert!((heard - 4.5).abs() < 1e-3, "{heard}");
        stage.player.go_on_with(bars(0, 8, None), Duration::QUARTER);
        let heard = stage.at(5800);
        assert!((heard - 6.5).abs() < 1e-3, "{heard}");
    }

    #[test]
    fn a_sink_that_gives_up_ends_it() {
        let (sink, _) = tape(Hands::default(), 10_000);
        let mut player = Player::start(rendering(0, true), sink);
        player.wait();
        assert_eq!(player.failure(), Some(&SinkError::NoServer));
    }
}
