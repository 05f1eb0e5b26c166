//! All that can be done, found by a few letters: help and the command palette in one.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;
use super::app::{App, Effect};
use super::keys::Keys;
use super::prompt::{Prompt, What};

/// So many lines a page key moves.
const PAGE: usize = 10;

impl App {
    /// Opens the list of all that can be done.
    pub(super) fn open_palette(&mut self) {
        self.prompt = Some(Prompt::new(What::Action, String::new()));
        self.found = 0;
    }

    /// What the letters typed so far lead to, the likeliest first; all in the order of the help without letters.
    pub fn palette(&self) -> Vec<Action> {
        let letters = self.prompt.as_ref().filter(|prompt| prompt.what == What::Action);
        find(letters.map_or("", |prompt| &prompt.text), &self.keys)
    }

    /// Moves in the list, if the key is one that moves; what is typed starts again from the top.
    pub(super) fn moves_in_palette(&mut self, key: KeyEvent) -> bool {
        let last = self.palette().len().saturating_sub(1);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        self.found = match (key.code, control) {
            (KeyCode::Up, _) | (KeyCode::Char('p'), true) => self.found.saturating_sub(1),
            (KeyCode::Down, _) | (KeyCode::Char('n'), true) => (self.found + 1).min(last),
            (KeyCode::PageUp, _) => self.found.saturating_sub(PAGE),
            (KeyCode::PageDown, _) => (self.found + PAGE).min(last),
            (KeyCode::Enter, _) => return false,
            _ => {
                self.found = 0;
                return false;
            }
        };
        true
    }

    /// Does what was chosen among what the letters led to.
    pub(super) fn do_found(&mut self, letters: &str) -> Vec<Effect> {
        match find(letters, &self.keys).get(self.found) {
            Some(&action) => self.update(action),
            None => {
                self.message = format!("nothing that can be done is called '{letters}'");
                Vec::new()
            }
        }
    }
}

fn find(letters: &str, keys: &Keys) -> Vec<Action> {
    let ranked = Action::all().filter_map(|action| Some((rank(letters.trim(), action, keys)?, action)));
    let mut ranked: Vec<(usize, Action)> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, action)| action).collect()
}

/// How far an action is from some letters; `None` if they are not in it.
fn rank(letters: &str, action: Action, keys: &Keys) -> Option<usize> {
    if action.name() == letters || keys.of(action).iter().any(|key| key.to_string() == letters) {
        return Some(0);
    }
    let (name, does) = (action.name(), action.does().to_lowercase());
    let letters = letters.to_lowercase();
    letters.split_whitespace().try_fold(1, |sum, word| {
        // The name is short and meant to be typed: what it begins with comes before what the explanation says.
        let in_text = |text: &str, far: usize| {
            let begins = text.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word));
            let whole = text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
            match () {
                () if whole => Some(far),
                () if begins => Some(far + 2),
                () if text.contains(word) => Some(far + 4),
                () => Some(far + 10 + scattered(text, word)?),
            }
        };
        let best = in_text(&name, 0).into_iter().chain(in_text(&does, 1)).min()?;
        Some(sum + best)
    })
}

/// How many other letters stand between those of a word that are all in a text, in their order.
fn scattered(text: &str, word: &str) -> Option<usize> {
    let starts = text.char_indices().filter(|(_, c)| word.starts_with(*c)).map(|(at, _)| at);
    let spans = starts.filter_map(|start| {
        let mut rest = word.chars().peekable();
        let mut long = 0;
        for c in text[start..].chars() {
            long += 1;
            rest.next_if_eq(&c);
            if rest.peek().is_none() {
                return Some(long - word.chars().count());
            }
        }
        None
    });
    spans.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(letters: &str) -> Option<Action> {
        find(letters, &Keys::default()).first().copied()
    }

    #[test]
    fn a_few_letters_lead_there() {
        for (letters, action) in [
            ("undo", Action::Undo),
            ("regen chords", Action::RegenerateChords),
            ("rgnmel", Action::RegenerateMelody),
            ("Lock Mel", Action::LockMelody),
            ("musicxml", Action::Export),
            ("wild", Action::Wilder),
            ("ctrl-r", Action::Redo),
            ("U", Action::History),
        ] {
            assert_eq!(first(letters), Some(action), "{letters}");
        }
        assert_eq!(first("xylophone"), None);
    }

    #[test]
    fn without_letters_all_stand_in_the_order_of_the_help() {
        assert!(find(" ", &Keys::default()).into_iter().eq(Action::all()));
    }

    #[test]
    fn letters_may_lie_apart_but_stand_in_order() {
        assert_eq!(scattered("regenerate-melody", "rgm"), Some(9));
        assert_eq!(scattered("abab", "bb"), Some(1));
        assert_eq!(scattered("regenerate", "tr"), None);
    }
}
