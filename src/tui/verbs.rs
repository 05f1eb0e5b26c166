//! What is done to the song: locks, wishes, ways out, styles.

use std::collections::BTreeSet;

use super::app::{App, Effect, List};
use super::teller::About;
use super::worker::Job;
use crate::compose::Request;
use crate::constraint::Part;
use crate::session::{Ask, Change, Song};

impl App {
    pub(super) fn bend(&mut self, wilder: bool) -> Vec<Effect> {
        const STEP: u16 = 10;
        let was = self.song().temperature;
        let temperature = if wilder { was + STEP } else { was - STEP.min(was) };
        let temperature = temperature.clamp(30, 300);
        let label = format!("wildness {:.1}", f64::from(temperature) / 100.0);
        let song = Song { temperature, ..self.song().clone() };
        self.set(label, song)
    }

    pub(super) fn star(&mut self) -> Vec<Effect> {
        let chosen = if self.list == Some(List::Takes) { Some(self.entry) } else { self.session.shown };
        match chosen {
            Some(take) => self.change(Change::Star(take), "there are no takes yet"),
            None => {
                self.message = "what stands on the sheet is no take".to_string();
                Vec::new()
            }
        }
    }

    pub(super) fn lock(&mut self, part: Part) -> Vec<Effect> {
        let mut song = self.song().clone();
        let bars = self.selected();
        let locked = song.locks.turn(bars.clone(), part);
        let ask = Ask { bars: bars.collect(), part };
        self.set(format!("{ask} {}", if locked { "locked" } else { "freed" }), song)
    }

    pub(super) fn lock_others(&mut self) -> Vec<Effect> {
        let (mut song, selected) = (self.song().clone(), self.selected());
        // Bars that are the same are composed together: were they locked, so would the selection be.
        let same = song.same_bars();
        let group = |bar: usize| bar.checked_sub(1).and_then(|bar| same.get(bar));
        let is_free =
            |bar: usize| selected.clone().any(|own| own == bar || (bar > 0 && group(own) == group(bar)));
        (0..=song.bars()).for_each(|bar| song.locks.set(bar, Part::Both, !is_free(bar)));
        let ask = Ask { bars: selected.collect(), part: Part::Both };
        self.set(format!("all but {ask} locked"), song)
    }

    pub(super) fn enter(&mut self) -> Vec<Effect> {
        match self.list {
            Some(List::Takes) => self.change(Change::Show(self.entry), "there are no takes yet"),
            Some(List::History) => self.change(Change::GoTo(self.entry), ""),
            Some(List::Constraints) => self.switch(),
            Some(List::Styles) => self.turn_to_style(),
            Some(List::Files) => self.open_chosen(),
            _ => self.no_entry(),
        }
    }

    /// Says why there is nothing to take, to switch or to delete.
    /// Composes in another style from now on.
    fn turn_to_style(&mut self) -> Vec<Effect> {
        let Some((style, _)) = self.styles.get(self.entry).cloned() else { return Vec::new() };
        self.list = None;
        let song = Song { style: style.clone(), ..self.song().clone() };
        self.set(format!("style {style}"), song)
    }

    /// Shows where the notes come from, or no longer.
    pub(super) fn turn_sources(&mut self) -> Vec<Effect> {
        self.shows_sources = !self.shows_sources;
        match self.shows_sources {
            true => self.ask_about(About::Sources),
            false => Vec::new(),
        }
    }

    /// A new song in the style at hand.
    pub(super) fn begin(&mut self, form: &str) -> Vec<Effect> {
        self.seed += 1;
        self.jobs += 1;
        self.waiting = Some(self.jobs);
        self.message = "composing a new song".to_string();
        let request = Request {
            form: (!form.is_empty()).then(|| form.to_string()),
            seed: self.seed,
            ..Request::default()
        };
        let ask = Ask { bars: BTreeSet::new(), part: Part::Both };
        let style = self.song().style.clone();
        vec![Effect::Compose(Box::new(Job { number: self.jobs, style, ask, request, take: 0 }))]
    }

    /// The title as a file's name.
    pub(super) fn plain_title(&self) -> String {
        let name: String = self
            .song()
            .sheet
            .title()
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
        if words.is_empty() { "song".to_string() } else { words.join("-") }
    }
}
