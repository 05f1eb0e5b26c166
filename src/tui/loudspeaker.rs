//! Lets the session be heard, on a thread of its own: what is to be heard goes out, the moment that is heard comes back.
//!
//! Finding a sound server and reading a SoundFont may take their time; the screen waits for neither.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::app::App;
use super::sound::Piece;
use crate::audio::silent::WallClock;
use crate::audio::{BuiltIn, Moment, Player, Rendering, Silent, Sink, SinkError, SoundFont, Synthesizer};
use crate::cli::files;
use crate::music::Duration;

/// A sink, with what is to be said of it.
pub type Opened = (Box<dyn Sink>, Option<String>);

/// The loudspeakers that were found, or silence in their place, which is told.
pub fn or_silence(found: Result<Box<dyn Sink>, SinkError>) -> Opened {
    let silent = |why: &str| {
        let said = format!("silent: {why}; `tunesmith render` writes the sound");
        (Box::new(Silent::new(WallClock::default())) as Box<dyn Sink>, Some(said))
    };
    match found {
        Ok(sink) => (sink, None),
        Err(SinkError::NoServer) => silent("there is no sound server"),
        Err(other) => silent(&other.to_string()),
    }
}

/// What the session is heard through.
pub struct Loudspeaker {
    orders: Sender<Order>,
    on: Arc<Mutex<On>>,
    /// What it was told to play last.
    told: Option<Piece>,
    /// How many orders were given.
    given: u64,
}

/// What is on.
#[derive(Default)]
struct On {
    player: Option<Player>,
    /// The number of the piece that it plays.
    number: u64,
    /// How many orders were carried out.
    done: u64,
    /// What is to be said.
    said: Option<String>,
}

/// What the thread is told.
enum Order {
    Stop,
    Play {
        piece: Box<Piece>,
        /// Whether it begins, and does not go on where another is.
        begins: bool,
    },
}

impl Loudspeaker {
    /// One that plays on what `open` finds each time that something begins.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(open: impl FnMut() -> Opened + Send + 'static) -> std::io::Result<Loudspeaker> {
        let (orders, incoming) = channel();
        let on = Arc::new(Mutex::new(On::default()));
        let on_thread = Arc::clone(&on);
        let serve = move || {
            Server { on: on_thread, open, sink: None, font: None, downbeat: Duration::ZERO }.serve(&incoming)
        };
        thread::Builder::new().name("loudspeaker".into()).spawn(serve)?;
        Ok(Loudspeaker { orders, on, told: None, given: 0 })
    }

    /// Plays what the app wants to be heard: begins, goes on with what the sheet has become, stops.
    pub fn follow(&mut self, app: &mut App) {
        app.settle_sound();
        let wanted = app.sound.playing.as_ref().map(|playing| &playing.piece);
        if wanted == self.told.as_ref() {
            return;
        }
        let order = wanted.map_or(Order::Stop, |piece| Order::Play {
            begins: self.told.as_ref().is_none_or(|told| told.number != piece.number),
            piece: Box::new(piece.clone()),
        });
        self.told = wanted.cloned();
        self.given += 1;
        // The thread ends only when this does.
        let _ = self.orders.send(order);
    }

    /// Whether all that it was told is done: nothing is being opened or read.
    pub fn is_ready(&self) -> bool {
        lock(&self.on).done == self.given
    }

    /// Tells the app what is heard; whether that is news.
    pub fn look(&mut self, app: &mut App) -> bool {
        let mut on = lock(&self.on);
        let said = on.said.take();
        let mut is_news = said.is_some();
        app.message = said.unwrap_or(std::mem::take(&mut app.message));
        let Some(playing) = &app.sound.playing else { return is_news };
        let Some(player) = on.player.as_ref().filter(|_| on.number == playing.piece.number) else {
            return is_news;
        };
        let moment = player.moment();
        is_news |= playing.moment != Some(moment);
        if moment == Moment::Over {
            // What still rings may ring out.
            self.told = None;
            if let Some(failure) = player.failure() {
                app.message = failure.to_string();
            }
        }
        app.heard(moment);
        is_news
    }
}

fn lock(on: &Mutex<On>) -> MutexGuard<'_, On> {
    on.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's side.
struct Server<O> {
    on: Arc<Mutex<On>>,
    open: O,
    /// What was opened and not played on yet.
    sink: Option<Opened>,
    /// The SoundFont that was read last.
    font: Option<(PathBuf, SoundFont)>,
    /// When the first downbeat comes in what was played last.
    downbeat: Duration,
}

impl<O: FnMut() -> Opened> Server<O> {
    fn serve(mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            let mut taken = 1;
            let mut next = Some(latest(order, orders, &mut taken));
            while let Some(order) = next.take() {
                next = match order {
                    Order::Stop => {
                        self.sink = None;
                        self.stop();
                        None
                    }
                    Order::Play { piece, begins } => self.play(piece, begins, (orders, &mut taken)),
                };
            }
            lock(&self.on).done += taken;
        }
        self.stop();
    }

    fn stop(&self) {
        let player = lock(&self.on).player.take();
        // Stopping waits a little, and nobody shall wait for it.
        if let Some(mut player) = player {
            player.stop();
        }
    }

    /// Plays a piece; gives what was ordered while the way to the loudspeakers was opened, if that is another thing.
    fn play(
        &mut self,
        piece: Box<Piece>,
        begins: bool,
        (orders, taken): (&Receiver<Order>, &mut u64),
    ) -> Option<Order> {
        let rendering = Rendering::new(&piece.performance, &piece.hearing, self.synthesizer(&piece));
        let later = piece.performance.downbeat - self.downbeat;
        let mut on = lock(&self.on);
        match on.player.as_ref().filter(|player| player.moment() != Moment::Over) {
            Some(player) if begins => player.turn_to(rendering),
            Some(player) => player.go_on_with(rendering, later),
            // It has come to its end meanwhile.
            None if !begins => return None,
            None => {
                drop(on);
                self.stop();
                let (sink, said) = self.sink.take().unwrap_or_else(|| (self.open)());
                if let Ok(newer) = orders.try_recv() {
                    *taken += 1;
                    self.sink = Some((sink, said));
                    return Some(latest(Order::Play { piece, begins }.then(newer), orders, taken));
                }
                on = lock(&self.on);
                on.said = said.or(on.said.take());
                on.player = Some(Player::start(rendering, sink));
            }
        }
        on.number = piece.number;
        self.downbeat = piece.performance.downbeat;
        None
    }

    /// What plays a piece: its SoundFont, or what is built in, where that cannot be used.
    fn synthesizer(&mut self, piece: &Piece) -> Box<dyn Synthesizer> {
        let Some(path) = &piece.soundfont else { return Box::new(BuiltIn::new(piece.instrument)) };
        let font = match self.font.take().filter(|(known, _)| known == path) {
            Some((_, font)) => Ok(font),
            None => read(path),
        };
        let synthesizer = font.and_then(|font| {
            let synthesizer = font.synthesizer(piece.instrument).map_err(|error| error.to_string())?;
            self.font = Some((path.clone(), font));
            Ok(synthesizer)
        });
        match synthesizer {
            Ok(synthesizer) => Box::new(synthesizer),
            Err(why) => {
                lock(&self.on).said = Some(format!("built-in sounds, for '{}': {why}", path.display()));
                Box::new(BuiltIn::new(piece.instrument))
            }
        }
    }
}

fn read(path: &Path) -> Result<SoundFont, String> {
    let file = files::open(path).map_err(|failure| failure.to_string())?;
    SoundFont::read(BufReader::new(file)).map_err(|error| error.to_string())
}

/// What an order comes to with those that have come since; they are counted.
fn latest(first: Order, orders: &Receiver<Order>, taken: &mut u64) -> Order {
    orders.try_iter().inspect(|_| *taken += 1).fold(first, Order::then)
}

impl Order {
    fn then(self, next: Order) -> Order {
        match (self, next) {
            (Order::Play { begins: true, .. }, Order::Play { piece, .. }) => {
                Order::Play { piece, begins: true }
            }
            (_, next) => next,
        }
    }
}
