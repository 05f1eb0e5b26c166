//! What is asked: added, changed, switched off, taken away, pinned from what stands on the sheet, and ways out of conflicts.

use super::action::Action;
use super::app::{App, Effect, List};
use super::prompt::{Prompt, What};
use crate::compose::infeasible::Wish;
use crate::constraint::Constraint;
use crate::session::{Song, Wanted};

impl App {
    /// Takes in a wish that was typed: a new one, or in place of one that stands in the list.
    pub(super) fn typed_wish(&mut self, text: &str, in_place_of: Option<usize>) -> Vec<Effect> {
        let constraint = match text.parse::<Constraint>() {
            Ok(constraint) => constraint,
            Err(error) => {
                self.message = error.to_string();
                let what = in_place_of.map_or(What::Constraint, What::Wish);
                self.prompt = Some(Prompt::new(what, text.to_string()));
                return Vec::new();
            }
        };
        let mut song = self.song().clone();
        let label = format!("asked: {constraint}");
        match in_place_of.and_then(|number| song.wanted.get_mut(number)) {
            Some(wanted) => wanted.constraint = constraint,
            None => song.wanted.push(Wanted { constraint, on: true }),
        }
        self.set(label, song)
    }

    /// Opens the line in which the chosen wish is changed.
    pub(super) fn change_wish(&mut self) -> Vec<Effect> {
        let chosen = self.song().wanted.get(self.entry).filter(|_| self.list == Some(List::Constraints));
        match chosen.map(|wanted| wanted.constraint.to_string()) {
            Some(text) => {
                self.prompt = Some(Prompt::new(What::Wish(self.entry), text));
                Vec::new()
            }
            None => self.no_entry(),
        }
    }

    /// Asks for the chord and the note that stand at the cursor, or no longer.
    pub(super) fn pin(&mut self) -> Vec<Effect> {
        let (at, place) = (self.cursor_at(), self.named_cursor());
        let sheet = &self.song().sheet;
        let chord = sheet.chart().changes.iter().find(|change| change.at == at);
        let note = sheet.melody().notes.iter().find(|note| note.onset == at);
        let texts = chord.map(|change| format!("{place}: chord {}", change.chord));
        let texts = texts.into_iter().chain(note.map(|note| format!("{place}: note {}", note.pitch)));
        let pins: Vec<Constraint> = texts.filter_map(|text| text.parse().ok()).collect();
        if pins.is_empty() {
            self.message = format!("nothing begins at {place}: , and . go to where something does");
            return Vec::new();
        }
        let mut song = self.song().clone();
        let is_pinned = |song: &Song, pin: &Constraint| song.wanted.iter().any(|own| own.constraint == *pin);
        let named: Vec<String> = pins.iter().map(ToString::to_string).collect();
        let named = named.join(", ");
        if pins.iter().all(|pin| is_pinned(&song, pin)) {
            song.wanted.retain(|wanted| !pins.contains(&wanted.constraint));
            return self.set(format!("no longer pinned: {named}"), song);
        }
        for pin in pins {
            match song.wanted.iter_mut().find(|own| own.constraint == pin) {
                Some(own) => own.on = true,
                None => song.wanted.push(Wanted { constraint: pin, on: true }),
            }
        }
        self.set(format!("pinned: {named}"), song)
    }

    /// Whether a wish was found to be in the way of others, and nothing was changed since.
    pub fn is_in_the_way(&self, constraint: &Constraint) -> bool {
        let asked = |wish: &Wish| matches!(wish, Wish::Asked(asked) if asked == constraint);
        self.in_the_way
            .as_ref()
            .is_some_and(|(wanted, found)| *wanted == self.song().wanted && found.iter().any(asked))
    }

    pub(super) fn mend(&mut self, number: usize) -> Vec<Effect> {
        let Some(conflict) = self.conflict.clone() else {
            self.message = "there is no conflict to get out of".to_string();
            return Vec::new();
        };
        let Some(mend) = conflict.found.mends.get(number) else {
            self.message = "there is no such way out".to_string();
            return Vec::new();
        };
        let mut song = self.song().clone();
        let ours: Vec<Constraint> = song.wanted.iter().map(|wanted| wanted.constraint.clone()).collect();
        // What is no longer asked goes; what is asked instead comes; ties and what is kept are none of the songwriter's.
        song.wanted.retain(|wanted| !wanted.on || mend.constraints.contains(&wanted.constraint));
        let before =
            conflict.ask.request(self.song(), 0).map(|request| request.constraints).unwrap_or_default();
        let new = mend
            .constraints
            .iter()
            .filter(|constraint| !before.contains(constraint) && !ours.contains(constraint));
        song.wanted.extend(new.map(|constraint| Wanted { constraint: constraint.clone(), on: true }));
        self.conflict = None;
        let mut effects = self.set(mend.to_string(), song);
        effects.extend(self.compose(conflict.ask, 0));
        effects
    }

    pub(super) fn switch(&mut self) -> Vec<Effect> {
        let mut song = self.song().clone();
        match song.wanted.get_mut(self.entry).filter(|_| self.list == Some(List::Constraints)) {
            Some(wanted) => {
                wanted.on = !wanted.on;
                let label = format!("{} {}", wanted.constraint, if wanted.on { "on" } else { "off" });
                self.set(label, song)
            }
            None if self.list == Some(List::Constraints) => self.no_entry(),
            None if self.list == Some(List::Styles) => {
                let name = self.chosen_style().map(str::to_string);
                name.map(|name| self.hear_style(&name)).unwrap_or_default()
            }
            None => {
                self.hear_chosen();
                Vec::new()
            }
        }
    }

    pub(super) fn delete(&mut self) -> Vec<Effect> {
        if self.list == Some(List::Files) {
            return self
                .recent
                .get(self.entry)
                .map(|known| Effect::Forget(known.path.clone()))
                .into_iter()
                .collect();
        }
        let mut song = self.song().clone();
        if self.list != Some(List::Constraints) || self.entry >= song.wanted.len() {
            return self.no_entry();
        }
        let gone = song.wanted.remove(self.entry);
        self.set(format!("no longer asked: {}", gone.constraint), song)
    }

    pub(super) fn no_entry(&mut self) -> Vec<Effect> {
        self.message = match self.list {
            Some(List::Constraints) => "nothing is asked yet".to_string(),
            _ => format!("that is for what is asked: {} opens it", self.key_of(Action::Constraints)),
        };
        Vec::new()
    }

    /// The place that a constraint is likely meant for.
    pub(super) fn place(&self) -> String {
        match self.anchor {
            None => format!("bar {}: ", self.bar),
            Some(_) => {
                let selected = self.selected();
                format!("bars {}-{}: ", selected.start(), selected.end())
            }
        }
    }
}
