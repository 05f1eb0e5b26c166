//! The songwriter's settings, `config.ron`: keys, colours, mouse, style, sound. The file is read and never written.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::action::Action;
use super::keys::{Key, Keys, Preset};
use crate::audio::Instrument;
use crate::cli::{Failure, files};

/// What stands in the file; whatever is left out is as usual.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The keys to begin with.
    keys: Preset,
    /// Keys of the songwriter's own.
    bind: Bind,
    /// How the screen looks.
    pub theme: Look,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// The style that a session begins in.
    pub style: Option<String>,
    /// What plays the melody.
    instrument: Named<Instrument>,
    /// Whose sounds are played; none for the built-in ones.
    pub soundfont: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            keys: Preset::default(),
            bind: Bind::default(),
            theme: Look::default(),
            mouse: true,
            style: None,
            instrument: Named(Instrument::default()),
            soundfont: None,
        }
    }
}

/// How the screen looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// Whether there are colours.
    pub colours: Colours,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Colours {
    /// As the terminal and NO_COLOR say.
    #[default]
    Auto,
    /// Never.
    Never,
    /// The terminal's sixteen, whatever NO_COLOR says.
    Sixteen,
}

impl TryFrom<String> for Colours {
    type Error = String;

    fn try_from(name: String) -> Result<Colours, String> {
        match name.as_str() {
            "auto" => Ok(Colours::Auto),
            "never" => Ok(Colours::Never),
            "16" => Ok(Colours::Sixteen),
            _ => Err(format!("there are no colours '{name}'; say \"auto\", \"never\" or \"16\"")),
        }
    }
}

/// A value that is written by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named<T>(T);

impl<'de, T: std::str::FromStr<Err: fmt::Display>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Named<T>, D::Error> {
        String::deserialize(from)?.parse().map(Named).map_err(D::Error::custom)
    }
}

/// Keys and what they do; `nothing` is for a key that shall do nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bind(Vec<(Key, Option<Action>)>);

impl<'de> Deserialize<'de> for Bind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Bind, D::Error> {
        from.deserialize_map(Binds)
    }
}

struct Binds;

impl<'de> Visitor<'de> for Binds {
    type Value = Bind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys with the names of actions, as in {\"ctrl-g\": \"regenerate-chords\"}")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Bind, M::Error> {
        let mut bind: Vec<(Key, Option<Action>)> = Vec::new();
        while let Some(Named(key)) = map.next_key::<Named<Key>>()? {
            let name = map.next_value::<String>()?;
            let action = match name.as_str() {
                "nothing" => None,
                name => Some(name.parse::<Action>().map_err(M::Error::custom)?),
            };
            let meets = |other: &Option<Action>| match (action, other) {
                (Some(one), Some(other)) => one.place().meets(other.place()),
                _ => true,
            };
            if let Some((_, other)) = bind.iter().find(|(known, other)| *known == key && meets(other)) {
                let other = other.map_or("nothing".to_string(), Action::name);
                return Err(M::Error::custom(format!(
                    "the key '{key}' cannot do both '{other}' and '{name}'"
                )));
            }
            bind.push((key, action));
        }
        Ok(Bind(bind))
    }
}

impl Settings {
    /// The settings of a text.
    ///
    /// # Errors
    /// Line, column and what is wrong there.
    pub fn read(text: &str) -> Result<Settings, String> {
        if text.trim().is_empty() {
            return Ok(Settings::default());
        }
        let options =
            ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
        let read: Result<Settings, _> = options.from_str(text);
        read.map_err(|error| format!("{}:{}: {}", error.span.start.line, error.span.start.col, error.code))
    }

    /// The settings in a file, or in the folder for settings if none is named; the usual ones where there is no file.
    ///
    /// # Errors
    /// When a file that was named does not exist or cannot be read.
    pub fn find(named: Option<&Path>) -> Result<Found, Failure> {
        let Some(path) = named.map(Path::to_path_buf).or_else(usual_path) else {
            return Ok(Found::default());
        };
        if named.is_none() && !path.exists() {
            return Ok(Found { path: Some(path), ..Found::default() });
        }
        let bytes = files::read_bytes(&path)?;
        let read = match String::from_utf8(bytes) {
            Ok(text) => Settings::read(&text),
            Err(_) => Err("it is not text (UTF-8)".to_string()),
        };
        Ok(match read {
            Ok(settings) => Found { path: Some(path), settings, fault: None },
            Err(fault) => Found { path: Some(path), settings: Settings::default(), fault: Some(fault) },
        })
    }

    /// The keys in force.
    pub fn keys(&self) -> Keys {
        Keys::new(self.keys, &self.bind.0)
    }

    /// What plays the melody.
    pub fn instrument(&self) -> Instrument {
        self.instrument.0
    }
}

/// What was found where settings are looked for.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The file, whether or not there is one.
    pub path: Option<PathBuf>,
    /// What holds.
    pub settings: Settings,
    /// What is wrong with the file, with line and column; then the usual settings hold.
    pub fault: Option<String>,
}

impl Found {
    /// What is to be said of a file that cannot be understood: in one line, the file by its name.
    pub fn complaint(&self) -> Option<String> {
        let fault = self.fault.as_ref()?;
        let name = self.path.as_deref().and_then(Path::file_name).unwrap_or_default();
        Some(format!("{}:{fault}; the usual settings hold", name.to_string_lossy()))
    }
}

/// Where settings are looked for.
fn usual_path() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("tunesmith").join("config.ron"))
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    fn fault(text: &str) -> String {
        Settings::read(text).expect_err(text)
    }

    #[test]
    fn whatever_is_left_out_is_as_usual() {
        for text in ["", " \n", "()", "(theme: ())", "// nothing\n()"] {
            assert_eq!(Settings::read(text), Ok(Settings::default()), "{text}");
        }
        let text = r#"(
            keys: "vi",
            bind: {"ctrl-g": "regenerate-chords", "d": "nothing"},
            theme: (colours: "16", ascii: true),
            mouse: false,
            style: "jazz",
            instrument: "flute",
            soundfont: "/a/b.sf2", // with a remark
        )"#;
        let read = Settings::read(text).expect("settings");
        assert_eq!(read.theme, Look { colours: Colours::Sixteen, ascii: true });
        assert_eq!((read.mouse, read.style.as_deref()), (false, Some("jazz")));
        assert_eq!((read.instrument(), read.soundfont), (Instrument::Flute, Some("/a/b.sf2".into())));
        let keys = Settings::read(text).expect("settings").keys();
        let does = |letter, with| keys.action(KeyEvent::new(KeyCode::Char(letter), with), false);
        assert_eq!(does('l', KeyModifiers::NONE), Some(Action::Right));
        assert_eq!(does('g', KeyModifiers::CONTROL), Some(Action::RegenerateChords));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = fault("(\n  bind: {\"x\": \"regenrate\"},\n)");
        assert!(told.starts_with("2:") && told.contains("did you mean 'regenerate'?"), "{told}");
        let told = fault("(bind: {\"hyper-x\": \"lock\"})");
        assert!(told.starts_with("1:") && told.contains("no key 'hyper-x'"), "{told}");
        let told = fault("(keys: \"emacs\")");
        assert!(told.contains("'emacs'") && told.contains("\"vi\""), "{told}");
        let told = fault("(\n\n  colour: true)");
        assert!(told.starts_with("3:") && told.contains("colour"), "{told}");
        assert!(fault("(mouse: tru").starts_with("1:"));
        assert!(fault("(instrument: \"kazoo\")").contains("kazoo"));
        assert!(fault("(theme: (colours: \"mauve\"))").contains("mauve"));
    }

    #[test]
    fn one_key_cannot_do_two_things_in_one_place() {
        let told = fault("(bind: {\"x\": \"lock\", \"z\": \"undo\", \"x\": \"regenerate\"})");
        assert!(told.contains("'x'") && told.contains("'lock'") && told.contains("'regenerate'"), "{told}");
        assert!(fault("(bind: {\"R\": \"lock\", \"shift-r\": \"undo\"})").contains("'R'"));
        assert!(Settings::read("(bind: {\"x\": \"lock\", \"x\": \"delete\"})").is_ok(), "a sheet and a list");
    }
}
