//! Composing beside the screen: jobs go out, answers come back, and keys are answered meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::screen;
use crate::compose::rhythm_source::rhythm_source;
use crate::compose::{Composer, Infeasible, Refusal, Request};
use crate::music::LeadSheet;
use crate::session::Ask;
use crate::style;

/// Something to compose.
#[derive(Clone, Debug)]
pub struct Job {
    /// Answers name the job; one that is no longer waited for is passed over.
    pub number: u64,
    /// The style, as `--style` takes it.
    pub style: String,
    /// What is composed anew.
    pub ask: Ask,
    /// The request.
    pub request: Request,
    /// Which take of it.
    pub take: u64,
}

/// What came of a job.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The job.
    pub job: Job,
    /// A sheet with the natural logarithm of its probability, or why there is none.
    pub outcome: Result<(LeadSheet, f64), NoTake>,
}

/// Why there is no take.
#[derive(Clone, Debug)]
pub enum NoTake {
    /// What is asked cannot all be had.
    Infeasible(Box<Infeasible>),
    /// Something else, in words.
    Other(String),
}

/// The worker: a thread that composes.
#[derive(Debug)]
pub struct Worker {
    jobs: Sender<Job>,
}

impl Worker {
    /// Starts a worker that calls `answer` with what comes of each job.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(answer: impl Fn(Answer) + Send + 'static) -> std::io::Result<Worker> {
        Worker::doing(compose, answer)
    }

    fn doing(act: Act, answer: impl Fn(Answer) + Send + 'static) -> std::io::Result<Worker> {
        let (jobs, waiting) = channel::<Job>();
        thread::Builder::new().name("composer".into()).spawn(move || work(&waiting, act, &answer))?;
        Ok(Worker { jobs })
    }

    /// Hands it a job.
    pub fn compose(&self, job: Job) {
        // The worker ends only when this does.
        let _ = self.jobs.send(job);
    }
}

/// What is done with a job.
type Act = fn(&Composer<'_>, &Job) -> Result<(LeadSheet, f64), NoTake>;

fn work(waiting: &Receiver<Job>, act: Act, answer: &impl Fn(Answer)) {
    let mut next = waiting.recv().ok();
    while let Some(first) = next.take() {
        let (name, meter) = (first.style.clone(), first.request.meter);
        let loaded = style::load(&name).and_then(|style| Ok((rhythm_source(&style, meter)?, style)));
        let (rhythm, style) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                answer(Answer { job: first, outcome: Err(NoTake::Other(error.to_string())) });
                next = waiting.recv().ok();
                continue;
            }
        };
        // What was worked out in a style stays for the next job in it.
        let composer = Composer::new(&style, rhythm.as_ref().unwrap_or(&style));
        next = Some(first);
        while let Some(job) = next.take_if(|job| job.style == name && job.request.meter == meter) {
            let outcome = catch_unwind(AssertUnwindSafe(|| act(&composer, &job)));
            let failed = outcome.is_err();
            answer(Answer { outcome: outcome.unwrap_or_else(|fault| Err(failure(&*fault))), job });
            next = waiting.recv().ok();
            if failed {
                // What it was about to work out may be half done: the next job gets a new composer.
                break;
            }
        }
    }
}

/// What a fault of the program says of itself.
fn failure(fault: &(dyn std::any::Any + Send)) -> NoTake {
    let text = screen::last_fault().unwrap_or_else(|| screen::said(fault));
    NoTake::Other(format!("composing failed; the sheet is as it was. Please report: {text}"))
}

fn compose(composer: &Composer<'_>, job: &Job) -> Result<(LeadSheet, f64), NoTake> {
    let told = |refusal: Refusal| match refusal {
        Refusal::Infeasible(found) => NoTake::Infeasible(found),
        other => NoTake::Other(other.to_string()),
    };
    // What a style usually does yields to what is asked.
    let usual = job.request.with_defaults_of(composer.style).ok().flatten();
    let usual = usual.and_then(|request| composer.prepare(&request).ok());
    let prepared = usual.map_or_else(|| composer.prepare(&job.request), Ok).map_err(told)?;
    let take = prepared.take(job.take).map_err(told)?;
    Ok((take.sheet, take.log_probability))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::constraint::Part;

    #[test]
    fn a_fault_is_told_and_composing_goes_on() {
        let (answer, answers) = channel();
        let act: Act = |composer, job| match job.number {
            1 => unreachable!("a wrong {}", "turn"),
            _ => compose(composer, job),
        };
        let worker = Worker::doing(act, move |found| answer.send(found).expect("whoever asked"));
        let worker = worker.expect("a thread");
        for number in 1..=3 {
            let request = Request { form: Some("A4".into()), seed: 7, ..Request::default() };
            let ask = Ask { bars: BTreeSet::new(), part: Part::Both };
            worker.compose(Job { number, style: "folk".into(), ask, request, take: 0 });
        }
        let outcome = || answers.recv_timeout(Duration::from_secs(60)).expect("an answer").outcome;
        let Err(NoTake::Other(told)) = outcome() else { unreachable!("it composed nothing") };
        assert!(told.contains("composing failed") && told.contains("a wrong turn"), "{told}");
        let (one, other) = (outcome().expect("a take"), outcome().expect("a take"));
        assert_eq!(one, other);
    }
}
