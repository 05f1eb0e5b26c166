//! Every step of a session, and the way back: a tree, in which nothing is lost by going another way.

use serde::{Deserialize, Serialize};

use super::song::Song;

/// A step: what was done and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was done, in the songwriter's words: `bars 7-8 composed anew`.
    pub label: String,
    /// The song after it.
    pub song: Song,
    /// The step before it; `None` for the first.
    pub before: Option<usize>,
    /// The step that was gone on to from here last.
    onward: Option<usize>,
}

/// The steps of a session, never empty, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct History {
    steps: Vec<Step>,
    at: usize,
}

/// What was read, before it is known to be sound.
#[derive(Deserialize)]
#[serde(rename = "History")]
struct Unchecked {
    steps: Vec<Step>,
    at: usize,
}

impl TryFrom<Unchecked> for History {
    type Error = String;

    fn try_from(read: Unchecked) -> Result<History, String> {
        let is_sound = |(number, step): (usize, &Step)| {
            let onward = step.onward.is_none_or(|onward| {
                read.steps.get(onward).is_some_and(|onward| onward.before == Some(number))
            });
            onward
                && if number == 0 {
                    step.before.is_none()
                } else {
                    step.before.is_some_and(|before| before < number)
                }
        };
        match read.at < read.steps.len() && read.steps.iter().enumerate().all(is_sound) {
            true => Ok(History { steps: read.steps, at: read.at }),
            false => Err("its steps do not follow each other".to_string()),
        }
    }
}

impl History {
    /// A history that begins with a song.
    pub fn new(label: impl Into<String>, song: Song) -> History {
        History { steps: vec![Step { label: label.into(), song, before: None, onward: None }], at: 0 }
    }

    /// The step it stands at.
    pub fn step(&self) -> &Step {
        &self.steps[self.at]
    }

    /// All steps, in the order in which they were made.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The number of the step it stands at.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes on with a new step.
    pub fn go_on(&mut self, label: impl Into<String>, song: Song) {
        let number = self.steps.len();
        self.steps.push(Step { label: label.into(), song, before: Some(self.at), onward: None });
        self.steps[self.at].onward = Some(number);
        self.at = number;
    }

    /// Goes a step back, and gives the label of what was undone; `None` at the first.
    pub fn undo(&mut self) -> Option<&str> {
        let before = self.step().before?;
        let undone = std::mem::replace(&mut self.at, before);
        self.steps[before].onward = Some(undone);
        Some(&self.steps[undone].label)
    }

    /// Goes a step forward again, where it was gone last, and gives its label; `None` where there is none.
    pub fn redo(&mut self) -> Option<&str> {
        self.at = self.step().onward?;
        Some(&self.step().label)
    }

    /// Goes to any step; `false` if there is none of that number.
    pub fn go_to(&mut self, number: usize) -> bool {
        if number >= self.steps.len() {
            return false;
        }
        self.at = number;
        let mut onward = number;
        while let Some(before) = self.steps[onward].before {
            self.steps[before].onward = Some(onward);
            onward = before;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::change::tests::song;
    use super::*;

    #[test]
    fn going_another_way_loses_nothing() {
        let undo = |history: &mut History| history.undo().map(str::to_string);
        let redo = |history: &mut History| history.redo().map(str::to_string);
        let is = |label: &str| Some(label.to_string());
        let mut history = History::new("begun", song());
        history.go_on("one", song());
        history.go_on("two", song());
        assert_eq!((undo(&mut history), history.at()), (is("two"), 1));
        history.go_on("three", song());
        assert_eq!((undo(&mut history), redo(&mut history)), (is("three"), is("three")));
        assert_eq!(redo(&mut history), None);
        assert!(history.go_to(2) && !history.go_to(9));
        assert_eq!(
            (undo(&mut history), redo(&mut history)),
            (is("two"), is("two")),
            "where it was gone last"
        );
        assert_eq!([(); 3].map(|()| undo(&mut history)), [is("two"), is("one"), None]);
    }
}
