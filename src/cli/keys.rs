//! `keys`: every action of the session, its name in settings, and its keys.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Failure, Terminal};
use crate::tui::action::{Action, Where};
use crate::tui::keys::Keys;
use crate::tui::settings::Settings;

/// List the keys of the session and the names of what they do, as the settings have them.
///
/// A key is given to an action in config.ron, in the folder for settings: (bind: {"ctrl-g": "regenerate-chords"}).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tunesmith keys\n  tunesmith keys --config vi.ron --json")]
pub struct Args {
    /// Read settings from this file instead of config.ron in the folder for settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Write JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Lists the actions on standard output.
///
/// # Errors
/// When the settings cannot be read, with line and column.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let found = Settings::find(args.config.as_deref())?;
    let path = found.path.map(|path| path.display().to_string()).unwrap_or_default();
    if let Some(fault) = found.fault {
        return Err(Failure::Usage(format!("{path}:{fault}")));
    }
    let keys = found.settings.keys();
    if args.json {
        let list: Vec<Value> = Action::all().map(|action| described(action, &keys)).collect();
        return terminal.result(format!("{:#}\n", Value::from(list)));
    }
    let rows = Action::all().map(|action| (names(&keys, action).join(", "), action.name(), action.does()));
    let rows: Vec<_> = rows.collect();
    let wide =
        |length: fn(&(String, String, &str)) -> usize| rows.iter().map(length).max().unwrap_or_default();
    let (first, second) = (wide(|row| row.0.chars().count()), wide(|row| row.1.chars().count()));
    let lines = rows.iter().map(|(key, name, does)| format!("{key:first$}  {name:second$}  {does}\n"));
    terminal.result(lines.collect::<String>())?;
    terminal.detail(&format!("settings: {path}"));
    Ok(())
}

fn names(keys: &Keys, action: Action) -> Vec<String> {
    keys.of(action).iter().map(ToString::to_string).collect()
}

fn described(action: Action, keys: &Keys) -> Value {
    let place = match action.place() {
        Where::Sheet => "sheet",
        Where::List => "list",
        Where::Any => "any",
    };
    json!({"action": action.name(), "keys": names(keys, action), "where": place, "does": action.does()})
}
