//! Composing anew, and what comes of it: takes, one after the other.

use std::collections::BTreeSet;

use super::app::{App, Conflict, Effect};
use super::worker::{Answer, Job, NoTake};
use crate::constraint::Part;
use crate::session::{Ask, Change, Take};

impl App {
    /// Takes in what the worker composed.
    pub fn answered(&mut self, answer: Answer) -> Vec<Effect> {
        let Answer { job, outcome } = answer;
        if self.style_view.sampling == Some(job.number) {
            let sheet = outcome.map(|(sheet, _)| sheet).map_err(|why| match why {
                NoTake::Infeasible(found) => found.to_string(),
                NoTake::Other(text) => text,
            });
            self.sampled(job, sheet);
            return Vec::new();
        }
        if self.waiting != Some(job.number) {
            return Vec::new();
        }
        self.waiting = None;
        match outcome {
            Ok((sheet, log_probability)) => {
                self.conflict = None;
                let at = (&*self.kept_in.to_string_lossy(), self.session.history.at() + 1);
                self.command = match job.request.draft {
                    Some(_) => job.ask.command(self.song(), at, job.request.seed).ok(),
                    None => Some(new_song(&job)),
                };
                (self.anchor, self.marking) =
                    if job.request.draft.is_some() { (self.anchor, self.marking) } else { (None, false) };
                let take = Take {
                    style: job.style,
                    sheet,
                    seed: job.request.seed,
                    number: job.take,
                    log_probability,
                    at: self.session.history.at(),
                    starred: false,
                    ask: job.ask,
                };
                self.change(Change::Take(Box::new(take)), "")
            }
            Err(NoTake::Infeasible(found)) => {
                self.message = "that cannot be had: see what stands in the way".to_string();
                self.in_the_way = Some((self.song().wanted.clone(), found.conflict.clone()));
                self.conflict = Some(Conflict { found, ask: job.ask });
                Vec::new()
            }
            Err(NoTake::Other(text)) => {
                self.message = text;
                Vec::new()
            }
        }
    }

    /// What `r` means: the selection, or all where nothing is selected.
    pub(super) fn asked(&self, part: Part) -> Ask {
        let all = self.anchor.is_none();
        let bars: BTreeSet<usize> = match all {
            true => (self.first_bar()..=self.song().bars()).collect(),
            false => self.selected().collect(),
        };
        Ask { bars, part }
    }

    pub(super) fn compose(&mut self, ask: Ask, take: u64) -> Vec<Effect> {
        self.seed += 1;
        let seed = self.seed;
        self.compose_with(ask, take, seed)
    }

    fn compose_with(&mut self, ask: Ask, take: u64, seed: u64) -> Vec<Effect> {
        match ask.request(self.song(), seed) {
            Ok(request) => {
                self.jobs += 1;
                self.waiting = Some(self.jobs);
                self.message = format!("composing {ask}");
                let style = self.song().style.clone();
                vec![Effect::Compose(Box::new(Job { number: self.jobs, style, ask, request, take }))]
            }
            Err(error) => {
                self.message = error.to_string();
                Vec::new()
            }
        }
    }

    /// The next take; after the last a new one of the same.
    pub(super) fn next_take(&mut self) -> Vec<Effect> {
        let next = self.session.shown.map_or(0, |shown| shown + 1);
        if next < self.session.takes.len() {
            return self.change(Change::Show(next), "");
        }
        let ask = self.session.takes.last().map(|take| take.ask.clone());
        self.compose(ask.unwrap_or_else(|| self.asked(Part::Both)), 0)
    }

    pub(super) fn previous_take(&mut self) -> Vec<Effect> {
        match self.session.shown.unwrap_or(self.session.takes.len()).checked_sub(1) {
            Some(before) => self.change(Change::Show(before), ""),
            None => {
                self.message = "this is the first take".to_string();
                Vec::new()
            }
        }
    }
}

/// The command that composes a new song as a job does.
fn new_song(job: &Job) -> String {
    let form = job.request.form.iter().map(|form| format!(" --form '{form}'"));
    format!(
        "tunesmith compose --style '{}'{} --seed {}",
        job.style,
        form.collect::<String>(),
        job.request.seed
    )
}
