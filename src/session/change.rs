//! The session itself, and all that can happen to it.

use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::history::History;
use super::song::Song;
use crate::music::LeadSheet;

/// A sheet that was composed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {
    /// What was composed anew.
    pub ask: Ask,
    /// The style, as `--style` takes it.
    pub style: String,
    /// The sheet.
    pub sheet: LeadSheet,
    /// Where its draws started.
    pub seed: u64,
    /// Its number among the takes of one request.
    pub number: u64,
    /// The natural logarithm of its probability in the style before conditioning.
    pub log_probability: f64,
    /// The step that it was composed at.
    pub at: usize,
    /// Whether it was marked.
    pub starred: bool,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its steps.
    pub history: History,
    /// All that was composed.
    #[serde(default)]
    pub takes: Vec<Take>,
    /// Which take stands on the sheet, if one does.
    #[serde(default)]
    pub shown: Option<usize>,
}

/// What happens to a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// A step was made.
    Step {
        /// What was done.
        label: String,
        /// What came of it.
        song: Box<Song>,
    },
    /// A take was composed, and stands on the sheet.
    Take(Box<Take>),
    /// A take stands on the sheet again.
    Show(usize),
    /// A take is marked or no longer.
    Star(usize),
    /// A step back.
    Undo,
    /// A step forward.
    Redo,
    /// To a step.
    GoTo(usize),
}

impl Session {
    /// A session that begins with a song.
    pub fn new(label: impl Into<String>, song: Song) -> Session {
        Session { history: History::new(label, song), takes: Vec::new(), shown: None }
    }

    /// The song at hand.
    pub fn song(&self) -> &Song {
        &self.history.step().song
    }

    /// Applies a change, and says what was done; `None` if nothing could be.
    pub fn apply(&mut self, change: Change) -> Option<String> {
        match change {
            Change::Step { label, song } => {
                let is_shown = self.shown.and_then(|shown| self.takes.get(shown));
                if !is_shown.is_some_and(|take| stands(take, &song.sheet)) {
                    self.shown = None;
                }
                self.history.go_on(label.clone(), *song);
                Some(label)
            }
            Change::Take(take) => {
                let is_new = take.ask.bars.is_empty();
                let label = match is_new {
                    true => format!("a new song: {}", take.sheet.title()),
                    false => format!("{} composed anew", take.ask),
                };
                let sheet = if is_new { take.sheet.clone() } else { self.with_our_words(&take.sheet) };
                self.takes.push(*take);
                self.show(self.takes.len() - 1, sheet, label)
            }
            Change::Show(number) => {
                let sheet = self.with_our_words(&self.takes.get(number)?.sheet);
                self.show(number, sheet, format!("take {}", number + 1))
            }
            Change::Star(number) => {
                let take = self.takes.get_mut(number)?;
                take.starred = !take.starred;
                let is = if take.starred { "is kept in mind" } else { "is no longer kept in mind" };
                Some(format!("take {} {is}", number + 1))
            }
            Change::Undo => {
                let undone = self.history.undo()?.to_string();
                self.find_shown();
                Some(format!("undone: {undone}"))
            }
            Change::Redo => {
                let done = self.history.redo()?.to_string();
                self.find_shown();
                Some(format!("done again: {done}"))
            }
            Change::GoTo(number) => {
                if !self.history.go_to(number) {
                    return None;
                }
                self.find_shown();
                Some(format!("back at: {}", self.history.step().label))
            }
        }
    }

    /// A sheet with the words that stand in the song: they belong to its bars, whatever melody these have. Where it has other
    /// bars, or the song has no words, it keeps its own.
    fn with_our_words(&self, sheet: &LeadSheet) -> LeadSheet {
        let ours = &self.song().sheet;
        let same_bars = || {
            let (ours, theirs) = (ours.form(), sheet.form());
            (ours.pickup, ours.bar_starts()) == (theirs.pickup, theirs.bar_starts())
        };
        if ours.form().has_words() && same_bars() { sheet.with_words_of(ours) } else { sheet.clone() }
    }

    fn show(&mut self, number: usize, sheet: LeadSheet, label: String) -> Option<String> {
        let take = self.takes.get(number)?;
        let mut song = Song { sheet, ..self.song().clone() };
        if take.ask.bars.is_empty() || song.bars() != self.song().bars() {
            // Bars that are locked or asked of by number are other bars now.
            (song.locks, song.wanted) = Default::default();
        }
        self.history.go_on(label.clone(), song);
        self.shown = Some(number);
        Some(label)
    }

    /// Finds the take that stands on the sheet.
    fn find_shown(&mut self) {
        let sheet = &self.history.step().song.sheet;
        self.shown = self.takes.iter().rposition(|take| stands(take, sheet));
    }
}

/// Whether a sheet is a take, whatever its words.
fn stands(take: &Take, sheet: &LeadSheet) -> bool {
    take.sheet.melody() == sheet.melody() && take.sheet.with_words_of(sheet) == *sheet
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::constraint::Part;
    use crate::music::lead_sheet::Header;
    use crate::music::{Chart, Form, Key, Melody, Meter};

    pub fn song() -> Song {
        let (header, form) = (Header::new("Test", Key::C_MAJOR), Form::plain(Meter::COMMON, 8));
        let sheet = LeadSheet::new(header, form, Chart::default(), Melody::default()).expect("a sheet");
        Song::new("beatles", sheet)
    }

    fn take(title: &str) -> Take {
        let (header, form) = (Header::new(title, Key::C_MAJOR), Form::plain(Meter::COMMON, 8));
        Take {
            ask: Ask { bars: (1..=2).collect(), part: Part::Both },
            style: "beatles".into(),
            sheet: LeadSheet::new(header, form, Chart::default(), Melody::default()).expect("a sheet"),
            seed: 1,
            number: 0,
            log_probability: -1.0,
            at: 0,
            starred: false,
        }
    }

    #[test]
    fn takes_come_and_go_and_none_is_overwritten() {
        let mut session = Session::new("begun", song());
        let label = session.apply(Change::Take(Box::new(take("one"))));
        assert_eq!(label.as_deref(), Some("bars 1-2 composed anew"));
        session.apply(Change::Take(Box::new(take("two"))));
        assert_eq!((session.song().sheet.title(), session.shown), ("two", Some(1)));
        session.apply(Change::Undo);
        assert_eq!((session.song().sheet.title(), session.shown), ("one", Some(0)));
        session.apply(Change::Undo);
        assert_eq!((session.song().sheet.title(), session.shown), ("Test", None));
        assert_eq!(session.apply(Change::Undo), None);
        assert_eq!(session.apply(Change::Show(1)).as_deref(), Some("take 2"));
        assert_eq!(session.apply(Change::Show(2)), None);
        session.apply(Change::Star(0));
        assert!(session.takes[0].starred && session.takes.len() == 2);
    }
}
