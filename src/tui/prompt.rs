//! A line that is being typed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A constraint.
    Constraint,
    /// A constraint in place of one that stands in the list.
    Wish(usize),
    /// Chords and notes, from a place on.
    Write,
    /// A change that is made by hand.
    Edit,
    /// A mix of styles.
    Mix,
    /// A style to learn.
    Learn,
    /// The words of bars.
    Words,
    /// The form of a new song.
    Form,
    /// The title.
    Title,
    /// The file that the sheet is written to.
    Export,
    /// The file of the session.
    Session,
    /// The file that is opened.
    Open,
    /// Letters of something that can be done.
    Action,
}

impl What {
    /// What stands before the line.
    pub fn label(self) -> &'static str {
        match self {
            What::Constraint | What::Wish(_) => "ask for: ",
            What::Write => "write here: ",
            What::Mix => "a mix by weight: ",
            What::Learn => "learn (mine from my-songs/): ",
            What::Edit => "change: ",
            What::Words => "words (morn-ing, _ holds, | next bar): ",
            What::Form => "form of the new song (AABA, A8 A8 B4 A8; nothing: as the style has it): ",
            What::Title => "title: ",
            What::Export => "export to (.musicxml .mxl .mid .abc .txt .json): ",
            What::Session => "save the session as: ",
            What::Open => "open (.tune, or a sheet in any format): ",
            What::Action => "do: ",
        }
    }
}

/// A line with a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What is typed.
    pub what: What,
    /// The text so far.
    pub text: String,
    /// How many of its characters stand before the cursor.
    pub cursor: usize,
}

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The line goes on.
    More,
    /// It is done.
    Done(What, String),
    /// It was given up.
    Left,
}

impl Prompt {
    /// A line that begins with a text, the cursor behind it.
    pub fn new(what: What, text: String) -> Prompt {
        let cursor = text.chars().count();
        Prompt { what, text, cursor }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Typed {
        let count = self.text.chars().count();
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Enter, _) => return Typed::Done(self.what, self.text.clone()),
            (KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return Typed::Left,
            (KeyCode::Left, _) => self.cursor = self.cursor.saturating_sub(1),
            (KeyCode::Right, _) => self.cursor = (self.cursor + 1).min(count),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.cursor = 0,
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.cursor = count,
            (KeyCode::Char('u'), true) => {
                self.text = self.text.chars().skip(self.cursor).collect();
                self.cursor = 0;
            }
            (KeyCode::Backspace, _) if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.byte());
            }
            (KeyCode::Delete, _) if self.cursor < count => {
                self.text.remove(self.byte());
            }
            (KeyCode::Char(c), false) => {
                self.text.insert(self.byte(), c);
                self.cursor += 1;
            }
            _ => {}
        }
        Typed::More
    }

    /// The word before the cursor: where it begins, in characters, and its text.
    pub fn word(&self) -> (usize, String) {
        let before: Vec<char> = self.text.chars().take(self.cursor).collect();
        let start = before.iter().rposition(|c| c.is_whitespace()).map_or(0, |space| space + 1);
        (start, before[start..].iter().collect())
    }

    /// Puts another word in place of the one before the cursor.
    pub fn set_word(&mut self, word: &str) {
        let (start, _) = self.word();
        let text = self.text.chars();
        self.text = text.clone().take(start).chain(word.chars()).chain(text.skip(self.cursor)).collect();
        self.cursor = start + word.chars().count();
    }

    fn byte(&self) -> usize {
        self.text.char_indices().nth(self.cursor).map_or(self.text.len(), |(byte, _)| byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_and_mended() {
        let mut prompt = Prompt::new(What::Title, "nüt".into());
        let mut press = |code| prompt.key(KeyEvent::new(code, KeyModifiers::NONE));
        let _ = [KeyCode::Left, KeyCode::Backspace, KeyCode::Char('é'), KeyCode::End, KeyCode::Char('s')]
            .map(&mut press);
        assert_eq!(press(KeyCode::Enter), Typed::Done(What::Title, "néts".into()));
        let _ = [KeyCode::Home, KeyCode::Delete, KeyCode::Backspace, KeyCode::Left].map(&mut press);
        assert_eq!(press(KeyCode::Enter), Typed::Done(What::Title, "éts".into()));
        assert_eq!(press(KeyCode::Esc), Typed::Left);
    }
}
