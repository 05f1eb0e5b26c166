//! What is changed by hand: chords and notes typed at the cursor, notes moved, bars put in and taken out.

use super::app::{App, Effect, List};
use super::prompt::{Prompt, What};
use super::teller::{About, Answer, Possible, Question, Told};
use crate::constraint::Beat;
use crate::music::Duration;
use crate::session::ask::quoted;
use crate::session::{Change, Edit};

/// The words that could be typed next, and which of them stands there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    /// What was typed of it.
    typed: String,
    /// Which word stands there.
    at: Option<usize>,
}

impl App {
    /// The bars of a selection or of the cursor, as edits name them.
    pub(super) fn named_bars(&self) -> String {
        let bars = self.selected();
        match bars.start() == bars.end() {
            true => format!("bar {}", bars.start()),
            false => format!("bars {}-{}", bars.start(), bars.end()),
        }
    }

    /// Where a bar begins and ends; the pickup, bar 0, at the beginning of what there is of it.
    pub(super) fn bar_span(&self, bar: usize) -> (Duration, Duration) {
        let form = self.song().sheet.form();
        let starts = form.bar_starts();
        match bar.checked_sub(1) {
            None => (-self.song().sheet.meter().bar_length(), Duration::ZERO),
            Some(bar) => {
                let end = starts.last().copied().unwrap_or_default();
                (starts.get(bar).copied().unwrap_or(end), starts.get(bar + 1).copied().unwrap_or(end))
            }
        }
    }

    /// The place of the cursor.
    pub fn cursor_at(&self) -> Duration {
        self.bar_span(self.bar).0 + self.beat
    }

    /// The cursor as edits name it: `bar 5`, `bar 5.2+1/2`.
    pub(super) fn named_cursor(&self) -> String {
        let song = self.song();
        let meter =
            self.bar.checked_sub(1).and_then(|bar| song.sheet.form().bars.get(bar)).map(|bar| bar.meter);
        let beat = Beat::at_offset(self.beat, meter.unwrap_or(song.sheet.meter()).unit_length());
        format!("bar {}.{beat}", self.bar)
    }

    /// The places in a bar that the cursor can stand at: beats, and where notes and chords start.
    fn places(&self, bar: usize) -> Vec<Duration> {
        let (from, to) = self.bar_span(bar);
        let sheet = &self.song().sheet;
        let begins = if bar == 0 { -sheet.form().pickup } else { from };
        let unit = sheet.meter().unit_length();
        let beats = (0..(to - from).div_floor(unit).max(1)).map(|beat| from + unit * beat);
        let notes = sheet.melody().notes.iter().map(|note| note.onset);
        let chords = sheet.chart().changes.iter().map(|change| change.at);
        let mut places: Vec<Duration> =
            beats.chain(notes).chain(chords).filter(|&at| begins <= at && at < to).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|at| at - from).collect()
    }

    /// Where the cursor stands in a bar that it comes to.
    pub(super) fn home(&self, bar: usize) -> Duration {
        self.places(bar).first().copied().unwrap_or_default()
    }

    /// The cursor a place on or back.
    pub(super) fn step_finely(&mut self, on: bool) {
        let places = self.places(self.bar);
        let next = match on {
            true => places.iter().find(|&&at| at > self.beat),
            false => places.iter().rev().find(|&&at| at < self.beat),
        };
        if let Some(&next) = next {
            self.beat = next;
        } else if on && self.bar < self.song().bars() {
            self.bar += 1;
            self.beat = self.home(self.bar);
        } else if !on && self.bar > self.first_bar() {
            self.bar -= 1;
            self.beat = self.places(self.bar).last().copied().unwrap_or_default();
        }
    }

    /// Opens the line in which chords and notes are typed, and asks what could stand there.
    pub(super) fn begin_writing(&mut self) -> Vec<Effect> {
        self.prompt = Some(Prompt::new(What::Write, String::new()));
        self.completion = Completion::default();
        self.ask_about(About::Place(self.cursor_at()))
    }

    /// Asks the teller something about the sheet.
    pub(super) fn ask_about(&self, about: About) -> Vec<Effect> {
        self.ask_about_in(&self.song().style, about)
    }

    /// The same, of another style.
    pub(super) fn ask_about_in(&self, style: &str, about: About) -> Vec<Effect> {
        let (style, sheet) = (style.to_string(), self.song().sheet.clone());
        vec![Effect::Tell(Box::new(Question { style, sheet, about }))]
    }

    /// Takes in what the teller says.
    pub fn told(&mut self, told: Told) -> Vec<Effect> {
        if told.question.about != About::Style && told.question.sheet != self.song().sheet {
            return Vec::new();
        }
        match told.answer {
            Ok(Answer::Style(text)) => self.style_view.described = Some((told.question.style, text)),
            Ok(Answer::Possible(possible)) => self.possible = Some((told.question.about, possible)),
            Ok(Answer::Sources(sources)) => self.sources = Some((told.question.sheet, sources)),
            Err(_) if matches!(told.question.about, About::Place(_)) => self.possible = None,
            Err(why) => self.message = why,
        }
        Vec::new()
    }

    /// What could stand where is being written, if it is known.
    pub fn possible(&self) -> Option<&Possible> {
        let (about, possible) = self.possible.as_ref()?;
        (*about == About::Place(self.cursor_at())).then_some(possible)
    }

    /// The words that could be typed next, the likeliest first.
    pub fn completions(&self) -> Vec<(String, f64)> {
        let (Some(prompt), Some(possible)) = (&self.prompt, self.possible()) else { return Vec::new() };
        let typed = match self.completion.at {
            Some(_) => self.completion.typed.clone(),
            None => prompt.word().1,
        };
        let words = possible.chords.iter().chain(&possible.notes);
        words.filter(|(word, _)| word.starts_with(&typed)).cloned().collect()
    }

    /// Puts the likeliest word that begins as what was typed, then the next.
    pub(super) fn complete(&mut self, back: bool) {
        let words = self.completions();
        let Some(prompt) = self.prompt.as_mut().filter(|_| !words.is_empty()) else { return };
        let at = match (self.completion.at, back) {
            (None, _) => {
                self.completion.typed = prompt.word().1;
                0
            }
            (Some(at), false) => (at + 1) % words.len(),
            (Some(at), true) => (at + words.len() - 1) % words.len(),
        };
        self.completion.at = Some(at);
        prompt.set_word(&words[at].0);
    }

    /// Another key than that for completion was pressed.
    pub(super) fn end_completion(&mut self) {
        self.completion = Completion::default();
    }

    /// Does an edit, as if it had been typed; a line that cannot be done is given back to be mended.
    pub(super) fn edit(&mut self, line: &str) -> Result<Vec<Effect>, String> {
        let edit: Edit = line.parse().map_err(|error: crate::session::EditError| error.to_string())?;
        let song = edit.apply(self.song(), &self.session.takes).map_err(|error| error.to_string())?;
        if song == *self.song() {
            self.message = format!("{edit}: nothing is changed by that");
            return Ok(Vec::new());
        }
        let step = self.session.history.at() + 1;
        let file = self.kept_in.to_string_lossy().to_string();
        let command = format!("tunesmith edit {} --step {step} {}", quoted(&file), quoted(&edit.to_string()));
        let effects = self.change(Change::Step { label: edit.to_string(), song: Box::new(song) }, "");
        self.command = Some(command);
        Ok(effects)
    }

    /// Takes in what was typed to be written or changed.
    pub(super) fn typed_edit(&mut self, what: What, text: &str) -> Vec<Effect> {
        let line = match what {
            What::Write => format!("{}: {text}", self.named_cursor()),
            _ => text.to_string(),
        };
        if text.is_empty() {
            return Vec::new();
        }
        self.edit(&line).unwrap_or_else(|error| {
            self.message = error;
            self.prompt = Some(Prompt::new(what, text.to_string()));
            Vec::new()
        })
    }

    /// An edit that a key makes.
    fn keyed(&mut self, line: &str) -> Vec<Effect> {
        self.edit(line).unwrap_or_else(|error| {
            self.message = error;
            Vec::new()
        })
    }

    /// Notes up or down: of the selection, or the one at the cursor.
    pub(super) fn nudge(&mut self, by: &str) -> Vec<Effect> {
        let place = if self.anchor.is_some() { self.named_bars() } else { self.named_cursor() };
        self.keyed(&format!("{place}: {by}"))
    }

    /// The selection becomes rests; chords go where they are the ones that are worked on.
    pub(super) fn clear(&mut self) -> Vec<Effect> {
        let bars = self.named_bars();
        self.keyed(&format!("{bars} melody: clear"))
    }

    /// As many empty bars as are selected, before the first of them.
    pub(super) fn insert_bars(&mut self) -> Vec<Effect> {
        let bars = self.selected();
        let (first, count) = (*bars.start(), bars.end() - bars.start() + 1);
        self.keyed(&format!("insert {count} bars before bar {}", first.max(1)))
    }

    pub(super) fn delete_bars(&mut self) -> Vec<Effect> {
        let effects = self.keyed(&format!("delete {}", self.named_bars()));
        if !effects.is_empty() {
            (self.anchor, self.marking) = (None, false);
        }
        effects
    }

    /// A part of the chosen take, in the selected bars or all of them.
    pub(super) fn mix(&mut self, part: &str) -> Vec<Effect> {
        if self.list == Some(List::Styles) && part == "melody" {
            self.begin_mix();
        }
        if self.list != Some(List::Takes) {
            return Vec::new();
        }
        let bars =
            if self.anchor.is_some() { self.named_bars() } else { format!("bars 1-{}", self.song().bars()) };
        self.keyed(&format!("{bars} {part}: from take {}", self.entry + 1))
    }
}
