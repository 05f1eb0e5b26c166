//! Keys by name, and which of them does what: the usual ones, those of a preset, and a songwriter's own.

use std::fmt;
use std::str::FromStr;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;

use super::action::{Action, BINDINGS, Where};

/// A key, with those that are held down with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key itself.
    pub code: KeyCode,
    /// Control, alt, shift; a capital is a key of its own and has no shift.
    pub with: KeyModifiers,
}

/// Keys that are no letters, as settings call them; the first name of each is the one that is shown.
const NAMED: [(&str, KeyCode); 18] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("escape", KeyCode::Esc),
];

const HELD: [(KeyModifiers, &str); 3] =
    [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")];

impl fmt::Display for Key {
    /// The name: `ctrl-r`, `shift-left`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, word) in HELD {
            if self.with.contains(held) {
                f.write_str(word)?;
            }
        }
        match (self.code, NAMED.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (KeyCode::Char(c), _) => write!(f, "{c}"),
            (other, _) => write!(f, "{}", other.to_string().to_lowercase()),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    /// # Errors
    /// When no key has the name.
    fn from_str(name: &str) -> Result<Key, String> {
        let (mut rest, mut with) = (name, KeyModifiers::NONE);
        while let Some((held, word)) =
            HELD.iter().find(|(_, word)| rest.len() > word.len() && rest.starts_with(word))
        {
            with |= *held;
            rest = &rest[word.len()..];
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(c), None) if !c.is_whitespace() && !c.is_control() => KeyCode::Char(c),
            _ => {
                let named = NAMED.iter().find(|(known, _)| *known == rest).map(|(_, code)| *code);
                let function =
                    || rest.strip_prefix('f')?.parse().ok().filter(|number| (1..=12).contains(number));
                named.or_else(|| function().map(KeyCode::F)).ok_or_else(|| {
                    let words: Vec<&str> = NAMED.iter().map(|(known, _)| *known).collect();
                    format!(
                        "there is no key '{name}'; keys are letters and signs, {} and f1 to f12, with ctrl-, alt- or shift- before them",
                        words.join(", ")
                    )
                })?
            }
        };
        Ok(Key { code, with }.plain())
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Key {
        Key {
            code: event.code,
            with: event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT),
        }
        .plain()
    }
}

impl Key {
    /// The key with a capital for a letter with shift: terminals differ in whether they tell of it.
    fn plain(self) -> Key {
        match self.code {
            KeyCode::Char(c) if self.with.contains(KeyModifiers::SHIFT) => {
                let mut capital = c.to_uppercase();
                let one = capital.next().filter(|_| capital.next().is_none());
                Key { code: KeyCode::Char(one.unwrap_or(c)), with: self.with - KeyModifiers::SHIFT }
            }
            _ => self,
        }
    }
}

/// A set of keys to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Preset {
    /// Arrows move; `h`, `j` and `k` too, and `l` locks.
    #[default]
    Arrows,
    /// `h`, `j`, `k` and `l` move, and `x` locks.
    Vi,
}

impl TryFrom<String> for Preset {
    type Error = String;

    fn try_from(name: String) -> Result<Preset, String> {
        match name.as_str() {
            "arrows" => Ok(Preset::Arrows),
            "vi" => Ok(Preset::Vi),
            _ => Err(format!("there are no keys '{name}'; say \"arrows\" or \"vi\"")),
        }
    }
}

impl Preset {
    /// What differs from the usual keys.
    fn own(self) -> &'static [(char, Action)] {
        match self {
            Preset::Arrows => &[],
            Preset::Vi => &[
                ('h', Action::Left),
                ('j', Action::Down),
                ('k', Action::Up),
                ('l', Action::Right),
                ('x', Action::Lock),
            ],
        }
    }
}

/// A key that does something in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    key: Key,
    at: Where,
    action: Action,
}

/// The keys in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The first of an action is the one that is shown where there is room for one.
    bound: Vec<Bound>,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys::new(Preset::Arrows, &[])
    }
}

impl Keys {
    /// The usual keys, over them those of a preset, and over both a songwriter's own; `None` takes a key's action away.
    pub fn new(preset: Preset, own: &[(Key, Option<Action>)]) -> Keys {
        let usual = BINDINGS.iter().map(|usual| Bound { key: usual.key, at: usual.at, action: usual.action });
        let mut keys = Keys { bound: usual.collect() };
        let preset = preset.own().iter().map(|(letter, action)| {
            (Key { code: KeyCode::Char(*letter), with: KeyModifiers::NONE }, Some(*action))
        });
        for layer in [preset.collect::<Vec<_>>(), own.to_vec()] {
            for (key, action) in &layer {
                keys.free(*key, action.map_or(Where::Any, Action::place));
            }
            let new = layer
                .into_iter()
                .filter_map(|(key, action)| action.map(|action| Bound { key, at: action.place(), action }));
            keys.bound.splice(0..0, new.collect::<Vec<_>>());
        }
        keys
    }

    /// Takes away what a key does in a place.
    fn free(&mut self, key: Key, place: Where) {
        for bound in self.bound.iter_mut().filter(|bound| bound.key == key) {
            // What it does everywhere it goes on doing in the other place.
            match (bound.at, place) {
                (Where::Any, Where::Sheet) => bound.at = Where::List,
                (Where::Any, Where::List) => bound.at = Where::Sheet,
                _ => {}
            }
        }
        self.bound.retain(|bound| bound.key != key || !bound.at.meets(place));
    }

    /// What a key does on the sheet, or in a list.
    pub fn action(&self, key: KeyEvent, in_list: bool) -> Option<Action> {
        let key = Key::from(key);
        self.bound
            .iter()
            .find(|bound| bound.key == key && bound.at.is_here(in_list))
            .map(|bound| bound.action)
    }

    /// The keys of an action, the one to be shown first.
    pub fn of(&self, action: Action) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for bound in self.bound.iter().filter(|bound| bound.action == action) {
            if !keys.contains(&bound.key) {
                keys.push(bound.key);
            }
        }
        keys
    }

    /// The key of an action to be shown on the sheet, or in a list.
    pub fn shown(&self, action: Action, in_list: bool) -> Option<Key> {
        let own = self.bound.iter().find(|bound| bound.action == action && bound.at.is_here(in_list));
        own.map(|bound| bound.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        name.parse().expect("a key")
    }

    fn does(keys: &Keys, name: &str, in_list: bool) -> Option<Action> {
        let Key { code, with } = key(name);
        keys.action(KeyEvent::new(code, with), in_list)
    }

    #[test]
    fn capitals_come_with_or_without_shift() {
        let keys = Keys::default();
        for with in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            let pressed = KeyEvent::new(KeyCode::Char('R'), with);
            assert_eq!(keys.action(pressed, false), Some(Action::RegenerateChords));
        }
        assert_eq!(key("shift-r"), key("R"));
        assert_eq!(does(&keys, "ctrl-r", true), Some(Action::Redo));
        assert_eq!(does(&keys, "r", true), None, "no sheet in sight");
    }

    #[test]
    fn names_lead_back_to_their_keys() {
        for binding in BINDINGS {
            assert_eq!(key(&binding.key.to_string()), binding.key);
        }
        for name in ["ctrl-alt-x", "-", "ctrl--", "f5", "alt-f12", "shift-pageup", "é"] {
            assert_eq!(key(name).to_string(), name);
        }
        for name in ["", "ctrl-", "hyper-x", "f13", "rr", " "] {
            let told = name.parse::<Key>().expect_err(name);
            assert!(told.contains(&format!("'{name}'")) && told.contains("space"), "{told}");
        }
    }

    #[test]
    fn every_action_has_a_key_in_every_preset() {
        for preset in [Preset::Arrows, Preset::Vi] {
            let keys = Keys::new(preset, &[]);
            for action in Action::all() {
                assert!(!keys.of(action).is_empty(), "{action:?} in {preset:?}");
            }
        }
        let vi = Keys::new(Preset::Vi, &[]);
        let moves = ["h", "j", "k", "l", "x"].map(|name| does(&vi, name, false));
        use Action::*;
        assert_eq!(moves, [Left, Down, Up, Right, Lock].map(Some));
        assert_eq!(vi.shown(Lock, false), Some(key("x")));
        assert_eq!(does(&Keys::default(), "l", false), Some(Lock));
    }

    #[test]
    fn own_keys_take_the_place_of_others() {
        let own = [(key("u"), Some(Action::Lock)), (key("q"), None), (key("z"), Some(Action::Enter))];
        let keys = Keys::new(Preset::Arrows, &own);
        assert_eq!(does(&keys, "u", false), Some(Action::Lock));
        assert_eq!(does(&keys, "u", true), Some(Action::Undo), "a list has no bars to lock");
        assert_eq!((does(&keys, "q", false), does(&keys, "q", true)), (None, None));
        assert_eq!(does(&keys, "l", false), Some(Action::Lock), "the usual key stays");
        assert_eq!(keys.shown(Action::Lock, false), Some(key("u")));
        assert_eq!(keys.of(Action::Enter)[0], key("z"));
    }
}
