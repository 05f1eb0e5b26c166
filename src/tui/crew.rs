//! Who works beside the screen, and how their answers come to it.

use std::sync::mpsc::Sender;

use super::Event;
use super::app::Effect;
use super::learner::{self, Lesson};
use super::teller::Teller;
use super::worker::Worker;
use crate::cli::Failure;

/// The composer, the teller, and where whoever else begins something tells of it.
pub(super) struct Crew {
    worker: Worker,
    teller: Teller,
    events: Sender<Event>,
}

impl Crew {
    /// Lets them begin.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(events: &Sender<Event>) -> Result<Crew, Failure> {
        let no_thread = |error: std::io::Error| Failure::Usage(format!("no thread to work on: {error}"));
        // Whoever waits for no answer has left.
        let to = events.clone();
        let worker = Worker::start(move |answer| drop(to.send(Event::Answer(Box::new(answer)))));
        let to = events.clone();
        let teller = Teller::start(move |told| drop(to.send(Event::Told(Box::new(told)))));
        Ok(Crew {
            worker: worker.map_err(no_thread)?,
            teller: teller.map_err(no_thread)?,
            events: events.clone(),
        })
    }

    /// Hands them what is theirs to do; gives back what is not.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn take(&self, effect: Effect) -> Result<Option<Effect>, Failure> {
        match effect {
            Effect::Compose(job) => self.worker.compose(*job),
            Effect::Tell(question) => self.teller.ask(*question),
            Effect::Learn(lesson) => self.learn(*lesson)?,
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn learn(&self, lesson: Lesson) -> Result<(), Failure> {
        let to = self.events.clone();
        let begun = learner::begin(lesson, move |progress| drop(to.send(Event::Learned(Box::new(progress)))));
        begun.map_err(|error| Failure::Usage(format!("no thread to learn on: {error}")))
    }
}
