//! What is done with styles: looked into, heard, mixed, learned from songs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::app::{App, Effect, List};
use super::learner::{Lesson, Progress, Stage};
use super::prompt::{Prompt, What};
use super::teller::About;
use super::worker::Job;
use crate::compose::Request;
use crate::constraint::Part;
use crate::music::LeadSheet;
use crate::session::{Ask, Song};
use crate::style::mix;

/// The form of a sample.
const SAMPLE: &str = "A8";

/// What is known of styles beside their names.
#[derive(Clone, Debug, Default)]
pub struct Styles {
    /// The style that was looked into last, and what there is to say of it.
    pub described: Option<(String, String)>,
    /// A sheet composed in a style to hear what it is like.
    pub sample: Option<(String, LeadSheet)>,
    /// The job that makes one.
    pub(super) sampling: Option<u64>,
    /// What is being learned, and how far it is.
    pub learning: Option<Learning>,
}

/// A style that is being learned.
#[derive(Clone, Debug)]
pub struct Learning {
    /// Its name.
    pub name: String,
    /// How many sheets were read.
    pub done: usize,
    /// Of how many, if that is known.
    pub total: Option<usize>,
    stop: Arc<AtomicBool>,
}

impl App {
    /// The style that is chosen in the open list.
    pub fn chosen_style(&self) -> Option<&str> {
        let chosen = self.styles.get(self.entry).filter(|_| self.list == Some(List::Styles));
        chosen.map(|(name, _)| name.as_str())
    }

    /// Asks what the chosen style is like, if that is not known.
    pub(super) fn look_into_style(&mut self) -> Vec<Effect> {
        let Some(name) = self.chosen_style().map(str::to_string) else { return Vec::new() };
        match &self.style_view.described {
            Some((known, _)) if *known == name => Vec::new(),
            _ => self.ask_about_in(&name, About::Style),
        }
    }

    /// Hears a sheet in the chosen style, composed for that.
    pub(super) fn hear_style(&mut self, name: &str) -> Vec<Effect> {
        if self.style_view.sample.as_ref().is_some_and(|(known, _)| known == name) {
            self.hear_sample();
            return Vec::new();
        }
        self.seed += 1;
        self.jobs += 1;
        self.style_view.sampling = Some(self.jobs);
        self.message = format!("composing something in {name}");
        let request = Request { form: Some(SAMPLE.to_string()), seed: self.seed, ..Request::default() };
        let ask = Ask { bars: BTreeSet::new(), part: Part::Both };
        let job = Job { number: self.jobs, style: name.to_string(), ask, request, take: 0 };
        vec![Effect::Compose(Box::new(job))]
    }

    /// Takes in a sample that was composed.
    pub(super) fn sampled(&mut self, job: Job, sheet: Result<LeadSheet, String>) {
        self.style_view.sampling = None;
        match sheet {
            Ok(sheet) => {
                let is_looked_at = self.chosen_style() == Some(job.style.as_str());
                self.style_view.sample = Some((job.style, sheet));
                if is_looked_at {
                    self.hear_sample();
                }
            }
            Err(why) => self.message = why,
        }
    }

    /// Opens the line in which a mix of the style at hand and the chosen one is weighed.
    pub(super) fn begin_mix(&mut self) {
        let ours = self.song().style.clone();
        let text = match self.chosen_style() {
            Some(other) if other != ours && !mix::is_mix(&ours) => format!("{ours}*0.7+{other}*0.3"),
            Some(other) if other != ours => format!("{ours}+{other}*0.3"),
            _ => format!("{ours}*0.7+"),
        };
        self.prompt = Some(Prompt::new(What::Mix, text));
    }

    /// Composes in a mix from now on.
    pub(super) fn typed_mix(&mut self, text: &str) -> Vec<Effect> {
        let unknown = |parts: &[(String, u32)]| {
            let known = |name: &str| self.styles.iter().any(|(style, _)| style == name) || name.contains('/');
            parts.iter().find(|(name, _)| !known(name)).map(|(name, _)| format!("there is no style '{name}'"))
        };
        let fault = match mix::parts(text) {
            Ok(parts) => unknown(&parts),
            Err(error) => Some(error.to_string()),
        };
        match fault {
            None => {
                self.list = None;
                let song = Song { style: text.to_string(), ..self.song().clone() };
                self.set(format!("style {text}"), song)
            }
            Some(fault) => {
                self.message = fault;
                self.prompt = Some(Prompt::new(What::Mix, text.to_string()));
                Vec::new()
            }
        }
    }

    /// Learns a style: `mine from songs/ more.musicxml`.
    pub(super) fn typed_lesson(&mut self, text: &str) -> Vec<Effect> {
        let fault = |app: &mut App, why: &str| {
            app.message = why.to_string();
            app.prompt = Some(Prompt::new(What::Learn, text.to_string()));
            Vec::new()
        };
        if self.style_view.learning.is_some() {
            return fault(self, "a style is being learned: esc stops that");
        }
        let Some((name, paths)) = text.split_once(" from ") else {
            return fault(self, "say what to call it and where the songs are: mine from my-songs/");
        };
        let (name, paths) = (name.trim(), paths.trim());
        if !crate::style::shelf::is_name(name) {
            return fault(self, &format!("'{name}' cannot be a style's name: letters, figures, - and _"));
        }
        if paths.is_empty() {
            return fault(self, "say where the songs are: files and folders");
        }
        let stop = Arc::new(AtomicBool::new(false));
        let learning = Learning { name: name.to_string(), done: 0, total: None, stop: Arc::clone(&stop) };
        self.style_view.learning = Some(learning);
        self.message = format!("learning {name}");
        self.command = Some(format!("tunesmith learn --name {name} {paths}"));
        let paths = paths.split_whitespace().map(PathBuf::from).collect();
        vec![Effect::Learn(Box::new(Lesson { name: name.to_string(), paths, into: None, stop }))]
    }

    /// Stops learning; `false` if nothing is being learned.
    pub(super) fn stop_learning(&mut self) -> bool {
        let Some(learning) = &self.style_view.learning else { return false };
        learning.stop.store(true, Ordering::Relaxed);
        self.message = format!("{} is no longer learned", learning.name);
        true
    }

    /// Takes in how far a lesson is; tells whether there is a new style.
    pub fn learned(&mut self, progress: Progress) -> bool {
        let Some(learning) = self.style_view.learning.as_mut().filter(|own| own.name == progress.name) else {
            return false;
        };
        match progress.stage {
            Stage::Reading(done, total) => {
                (learning.done, learning.total) = (done, total);
                let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
                self.message = format!("learning {}: {done}{of} sheets", learning.name);
                false
            }
            Stage::Done(outcome) => {
                self.style_view.learning = None;
                self.style_view.described = None;
                let is_new = outcome.is_ok();
                self.message = outcome.unwrap_or_else(|why| why);
                is_new
            }
        }
    }
}
