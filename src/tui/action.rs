//! What a songwriter can do, and the keys for it: help, footer and manual come from this list.

use ratatui::crossterm::event::{KeyCode, KeyModifiers};

use super::keys::Key;
use crate::constraint::nearest::nearest;

/// What can be done on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the list of bindings says what each does")]
pub enum Action {
    Left,
    Right,
    Up,
    Down,
    First,
    Last,
    Mark,
    SelectLeft,
    SelectRight,
    SelectUp,
    SelectDown,
    SelectSection,
    SelectAll,
    Earlier,
    Later,
    Write,
    Edit,
    Words,
    Higher,
    Lower,
    OctaveUp,
    OctaveDown,
    Clear,
    InsertBars,
    DeleteBars,
    TakeMelody,
    Learn,
    TakeChords,
    Staff,
    Sources,
    Regenerate,
    RegenerateChords,
    RegenerateMelody,
    Closer,
    Wilder,
    NextTake,
    PreviousTake,
    Star,
    Lock,
    LockChords,
    LockMelody,
    LockOthers,
    Undo,
    Redo,
    Constraints,
    Takes,
    Styles,
    History,
    Help,
    Files,
    Suspend,
    Ask,
    New,
    Title,
    Export,
    Save,
    Mend1,
    Mend2,
    Mend3,
    Play,
    PlayHere,
    Loop,
    Metronome,
    CountIn,
    Voices,
    Switch,
    ChangeWish,
    Pin,
    Delete,
    Enter,
    Back,
    Quit,
}

/// Where keys are listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Wherever no list is open.
    Sheet,
    /// In a list: constraints, takes, steps.
    List,
    /// Everywhere.
    Any,
}

/// A key and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The key.
    pub key: Key,
    /// Where it does so.
    pub at: Where,
    /// What it does.
    pub action: Action,
    /// In words; empty for a second key.
    pub does: &'static str,
    /// In the footer, if it stands there.
    pub short: &'static str,
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

const fn binding(
    key: KeyCode,
    with: KeyModifiers,
    at: Where,
    action: Action,
    does: &'static str,
    short: &'static str,
) -> Binding {
    Binding { key: Key { code: key, with }, at, action, does, short }
}

use KeyCode::Char;
use Where::{Any, List, Sheet};

/// Every key, in the order of the help.
pub const BINDINGS: &[Binding] = &[
    binding(Char('r'), NONE, Sheet, Action::Regenerate, "compose the selection anew, or all", "regen"),
    binding(Char('R'), NONE, Sheet, Action::RegenerateChords, "compose its chords anew", ""),
    binding(Char('r'), ALT, Sheet, Action::RegenerateMelody, "compose its melody anew", ""),
    binding(Char('n'), NONE, Sheet, Action::NextTake, "next take; after the last a new one", "next"),
    binding(Char('N'), NONE, Sheet, Action::PreviousTake, "take before", ""),
    binding(Char('l'), NONE, Sheet, Action::Lock, "lock or free what is selected", "lock"),
    binding(Char('K'), NONE, Sheet, Action::LockChords, "lock or free its chords", ""),
    binding(Char('J'), NONE, Sheet, Action::LockMelody, "lock or free its melody", ""),
    binding(Char('L'), NONE, Sheet, Action::LockOthers, "lock all but the selection", ""),
    binding(Char('i'), NONE, Sheet, Action::Write, "write chords and notes from here: Dm7 e4 f8 g8", "write"),
    binding(
        Char('P'),
        NONE,
        Sheet,
        Action::Pin,
        "pin the chord and the note that begin here, or free them",
        "",
    ),
    binding(Char('e'), NONE, List, Action::ChangeWish, "change what is asked", "change"),
    binding(Char('A'), NONE, Any, Action::Ask, "ask for something: bar 4: chord Dm7", "ask"),
    binding(Char('a'), NONE, List, Action::Ask, "", ""),
    binding(
        Char('E'),
        NONE,
        Sheet,
        Action::Edit,
        "change: transpose 2, tempo 96, form A8 B8, pickup 1, ...",
        "change",
    ),
    binding(Char('W'), NONE, Sheet, Action::Words, "words: Some morn-ing _ | in May", ""),
    binding(Char(' '), NONE, Sheet, Action::Play, "play from the selection or the cursor; stop", "play"),
    binding(KeyCode::Enter, NONE, Sheet, Action::PlayHere, "play from the cursor, whatever plays", ""),
    binding(Char('o'), NONE, Any, Action::Loop, "play the selection over and over, or no longer", ""),
    binding(Char('O'), NONE, Any, Action::Voices, "hear the melody alone, chords and bass alone, all", ""),
    binding(Char('M'), NONE, Any, Action::Metronome, "metronome on or off", ""),
    binding(Char('m'), ALT, Any, Action::CountIn, "count a bar before the music begins, or not", ""),
    binding(Char('u'), NONE, Any, Action::Undo, "undo", "undo"),
    binding(Char('r'), CTRL, Any, Action::Redo, "redo", ""),
    binding(Char('c'), NONE, Any, Action::Constraints, "what is asked", "asked"),
    binding(Char('v'), NONE, Any, Action::Takes, "takes", "takes"),
    binding(Char('b'), NONE, Any, Action::Styles, "styles: enter composes in another from now on", "style"),
    binding(Char('U'), NONE, Any, Action::History, "every step", ""),
    binding(Char('w'), NONE, Sheet, Action::Wilder, "wilder from now on", ""),
    binding(Char('t'), NONE, Sheet, Action::Closer, "tamer: closer to the style", ""),
    binding(Char('*'), NONE, Any, Action::Star, "keep the take in mind, or no longer", ""),
    binding(Char('+'), NONE, Sheet, Action::Higher, "the note here, or all selected, a step up", ""),
    binding(Char('-'), NONE, Sheet, Action::Lower, "a step down", ""),
    binding(KeyCode::Up, CTRL, Sheet, Action::OctaveUp, "an octave up", ""),
    binding(KeyCode::Down, CTRL, Sheet, Action::OctaveDown, "an octave down", ""),
    binding(KeyCode::Delete, NONE, Sheet, Action::Clear, "no notes in what is selected", ""),
    binding(KeyCode::Backspace, NONE, Sheet, Action::Clear, "", ""),
    binding(Char('I'), NONE, Sheet, Action::InsertBars, "empty bars before those selected, as many", ""),
    binding(Char('D'), NONE, Sheet, Action::DeleteBars, "take the selected bars out", ""),
    binding(
        Char('m'),
        NONE,
        List,
        Action::TakeMelody,
        "of a take its melody, in the selection or all",
        "melody",
    ),
    binding(Char('n'), NONE, List, Action::Learn, "learn a style from songs", "learn"),
    binding(Char('h'), NONE, List, Action::TakeChords, "its chords", "chords"),
    binding(Char('s'), NONE, Sheet, Action::Staff, "notes on a staff, or as a roll", ""),
    binding(Char('p'), NONE, Any, Action::Sources, "where the notes come from", ""),
    binding(Char(','), NONE, Sheet, Action::Earlier, "beat or note before", ""),
    binding(Char('.'), NONE, Sheet, Action::Later, "next beat or note", ""),
    binding(KeyCode::Left, NONE, Sheet, Action::Left, "bar before", ""),
    binding(KeyCode::Right, NONE, Sheet, Action::Right, "next bar", ""),
    binding(KeyCode::Up, NONE, Any, Action::Up, "line above", ""),
    binding(KeyCode::Down, NONE, Any, Action::Down, "line below", ""),
    binding(Char('h'), NONE, Sheet, Action::Left, "", ""),
    binding(Char('k'), NONE, Any, Action::Up, "", ""),
    binding(Char('j'), NONE, Any, Action::Down, "", ""),
    binding(KeyCode::Home, NONE, Any, Action::First, "to the beginning", ""),
    binding(KeyCode::End, NONE, Any, Action::Last, "to the end", ""),
    binding(KeyCode::Left, SHIFT, Sheet, Action::SelectLeft, "select towards the beginning", ""),
    binding(KeyCode::Right, SHIFT, Sheet, Action::SelectRight, "select towards the end", ""),
    binding(KeyCode::Up, SHIFT, Sheet, Action::SelectUp, "select a line towards the beginning", ""),
    binding(KeyCode::Down, SHIFT, Sheet, Action::SelectDown, "select a line towards the end", ""),
    binding(Char('m'), NONE, Sheet, Action::Mark, "select from here: then move", ""),
    binding(Char('a'), NONE, Sheet, Action::SelectSection, "select the section", ""),
    binding(Char('a'), CTRL, Sheet, Action::SelectAll, "select all", ""),
    binding(Char(' '), NONE, List, Action::Switch, "switch it on or off; hear the take", "on/off"),
    binding(Char('d'), NONE, List, Action::Delete, "take it away", "delete"),
    binding(KeyCode::Delete, NONE, List, Action::Delete, "", ""),
    binding(KeyCode::Enter, NONE, List, Action::Enter, "take it", "take"),
    binding(Char('1'), NONE, Any, Action::Mend1, "take the first way out", ""),
    binding(Char('2'), NONE, Any, Action::Mend2, "take the second", ""),
    binding(Char('3'), NONE, Any, Action::Mend3, "take the third", ""),
    binding(Char('n'), CTRL, Any, Action::New, "a new song, of a form if you say one: AABA", ""),
    binding(Char('T'), NONE, Sheet, Action::Title, "name the song", ""),
    binding(Char('e'), NONE, Sheet, Action::Export, "export: MusicXML, MIDI, ABC, text", "export"),
    binding(Char('s'), CTRL, Any, Action::Save, "save, and name the session", ""),
    binding(Char('f'), NONE, Any, Action::Files, "files: open another session or a sheet", "files"),
    binding(Char('o'), CTRL, Any, Action::Files, "", ""),
    binding(Char('?'), NONE, Any, Action::Help, "all that can be done, and its keys: type to find", "help"),
    binding(Char(':'), NONE, Any, Action::Help, "", ""),
    binding(Char('p'), CTRL, Any, Action::Help, "", ""),
    binding(KeyCode::Esc, NONE, Any, Action::Back, "back; lets go of what is composed or selected", ""),
    binding(Char('z'), CTRL, Any, Action::Suspend, "back to the shell for a while: fg comes back", ""),
    binding(Char('q'), NONE, Any, Action::Quit, "quit", "quit"),
    binding(Char('c'), CTRL, Any, Action::Quit, "", ""),
];

impl Action {
    /// Every action once, in the order of the help.
    pub fn all() -> impl Iterator<Item = Action> {
        BINDINGS.iter().filter(|binding| !binding.does.is_empty()).map(|binding| binding.action)
    }

    /// Its name in settings: `regenerate-chords`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if (c.is_uppercase() || c.is_ascii_digit()) && !name.is_empty() {
                name.push('-');
            }
            name.extend(c.to_lowercase());
        }
        name
    }

    /// What it does, in words.
    pub fn does(self) -> &'static str {
        let own = BINDINGS.iter().filter(|binding| binding.action == self);
        own.map(|binding| binding.does).find(|does| !does.is_empty()).unwrap_or_default()
    }

    /// Where its keys are listened to.
    pub fn place(self) -> Where {
        let mut places = BINDINGS.iter().filter(|binding| binding.action == self).map(|binding| binding.at);
        let first = places.next().unwrap_or(Any);
        if places.all(|at| at == first) { first } else { Any }
    }
}

impl std::str::FromStr for Action {
    type Err = String;

    /// # Errors
    /// When no action has the name; the nearest is told.
    fn from_str(name: &str) -> Result<Action, String> {
        Action::all().find(|action| action.name() == name).ok_or_else(|| {
            let names: Vec<String> = Action::all().map(Action::name).collect();
            match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("there is no action '{name}'; did you mean '{near}'?"),
                None => format!("there is no action '{name}'; `tunesmith keys` lists them"),
            }
        })
    }
}

impl Where {
    /// Whether it is the sheet, or a list.
    pub fn is_here(self, in_list: bool) -> bool {
        match self {
            Any => true,
            List => in_list,
            Sheet => !in_list,
        }
    }

    /// Whether there is a place that is in both.
    pub fn meets(self, other: Where) -> bool {
        !matches!((self, other), (Sheet, List) | (List, Sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things_in_one_place() {
        for (number, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[..number] {
                assert!(!binding.at.meets(other.at) || binding.key != other.key, "{}", binding.key);
            }
        }
    }

    #[test]
    fn every_action_is_explained_once() {
        for binding in BINDINGS {
            let explained =
                BINDINGS.iter().filter(|other| other.action == binding.action && !other.does.is_empty());
            assert_eq!(explained.count(), 1, "{:?}", binding.action);
        }
    }

    #[test]
    fn names_lead_back_to_their_actions() {
        for action in Action::all() {
            assert_eq!(action.name().parse(), Ok(action));
        }
        assert_eq!(Action::RegenerateChords.name(), "regenerate-chords");
        assert_eq!(Action::Mend1.name(), "mend-1");
        let told = "regenrate".parse::<Action>().expect_err("no action");
        assert!(told.contains("did you mean 'regenerate'?"), "{told}");
        assert!("sing".parse::<Action>().is_err_and(|told| told.contains("tunesmith keys")));
    }
}
