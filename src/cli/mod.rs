//! The command line: every subcommand is one file, and one line in the list below.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

pub mod completions;
pub mod compose;
pub mod convert;
pub mod edit;
pub mod evaluate;
pub mod explain;
mod explain_text;
pub mod files;
pub mod keys;
pub mod learn;
mod listening;
pub mod man;
pub mod open;
pub mod play;
mod refusal;
pub mod render;
pub mod show;
pub mod styles;
pub mod terminal;
pub mod tune;

pub use terminal::Terminal;

/// Makes the enum of subcommands and the way to run each, out of `Name(module)`: the module holds `Args`, whose doc
/// comment is the help text, and `run(&Args, &Terminal) -> Result<(), Failure>`.
macro_rules! commands {
    ($($name:ident($module:ident)),* $(,)?) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($name($module::Args)),*
        }

        impl Command {
            fn run(&self, terminal: &Terminal) -> Result<(), Failure> {
                match self {
                    $(Command::$name(args) => $module::run(args, terminal)),*
                }
            }
        }
    };
}

// In the order of the help.
commands! {
    Compose(compose),
    Open(open),
    Edit(edit),
    Keys(keys),
    Show(show),
    Convert(convert),
    Play(play),
    Render(render),
    Styles(styles),
    Learn(learn),
    Tune(tune),
    Evaluate(evaluate),
    Explain(explain),
    Completions(completions),
    Man(man),
}

/// Why a command did not do what was asked; says with which code the process ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The request has no solution; the text is the conflict. Exit code 1.
    #[error("{0}")]
    NoSolution(String),
    /// The command was used wrongly or something cannot be read or written; the text names the place and a way out.
    /// Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Whoever read our output has left (`| head`). Not a fault: silent, exit code 0.
    #[error("nobody reads the output any more")]
    Unread,
}

impl Failure {
    /// What the process reports to the shell.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Unread => 0,
            Failure::NoSolution(_) => 1,
            Failure::Usage(_) => 2,
        }
    }
}

/// Composes lead sheets - a melody with chord symbols - in a style, under every wish at once.
#[derive(Debug, Parser)]
#[command(name = "tunesmith", version, max_term_width = 100)]
#[command(
    after_help = "`tunesmith` opens the session that was left, `tunesmith song.tune` one of its own; `tunesmith COMMAND --help` \
explains a command."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Messages")]
    quiet: bool,

    /// Say more about what is done
    #[arg(short, long, global = true, help_heading = "Messages")]
    verbose: bool,

    /// Colours in messages: NO_COLOR is obeyed in `auto`
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Messages")]
    color: terminal::Color,
}

/// Runs the process's own arguments and prints what went wrong, once, as `tunesmith: ...`.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let color = terminal::Color::asked_for(&arguments);
    let outcome = match parse(arguments, color) {
        Ok(arguments) => run(&arguments),
        Err(error) if error.use_stderr() => Err(Failure::Usage(said_by_clap(&error))),
        Err(help) => {
            // Help and version are results; that nobody reads them is no fault.
            let _ = help.print();
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::report(&failure, color);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The whole command line as clap sees it: help, completions and manual come from it.
pub fn definition() -> clap::Command {
    Arguments::command()
}

fn parse(arguments: Vec<OsString>, color: terminal::Color) -> Result<Arguments, clap::Error> {
    let choice = match color {
        terminal::Color::Auto => ColorChoice::Auto,
        terminal::Color::Always => ColorChoice::Always,
        terminal::Color::Never => ColorChoice::Never,
    };
    let matches = definition().color(choice).try_get_matches_from(opened(arguments))?;
    Arguments::from_arg_matches(&matches)
}

/// The arguments with `open` before a first word that is a file: `tunesmith song.tune` opens it.
fn opened(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_option = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with('-'));
    let is_value = |at: usize| at > 0 && arguments[at - 1] == "--color";
    let first = (1..arguments.len()).find(|&at| !is_option(&arguments[at]) && !is_value(at));
    let Some(first) = first else { return arguments };
    let path = std::path::Path::new(&arguments[first]);
    let is_command = definition().get_subcommands().any(|command| *command.get_name() == *arguments[first]);
    if !is_command && (path.extension().is_some() || path.is_file()) {
        arguments.insert(first, "open".into());
    }
    arguments
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let terminal = Terminal::new(arguments.quiet, arguments.verbose, arguments.color);
    match &arguments.command {
        Some(command) => command.run(&terminal),
        None if open::has_screen() => open::run(&open::Args::default(), &terminal),
        None => {
            terminal.message(&definition().render_help().to_string());
            Err(Failure::Usage(String::from(
                "say which command to run, such as `tunesmith compose --style beatles`: the session needs a terminal",
            )))
        }
    }
}

/// clap's text without its own `error: `, which [`terminal::report`] replaces.
fn said_by_clap(error: &clap::Error) -> String {
    let text = error.render().to_string();
    text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        definition().debug_assert();
    }

    #[test]
    fn each_failure_has_its_code() {
        let codes = [Failure::Unread, Failure::NoSolution(String::new()), Failure::Usage(String::new())];
        assert_eq!(codes.map(|failure| failure.exit_code()), [0, 1, 2]);
    }
}
