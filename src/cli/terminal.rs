//! What the user sees: results on standard output, everything else on standard error.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Failure;

/// When messages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When standard error is a terminal and NO_COLOR is not set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// The choice among the raw arguments, needed before they are parsed: what is wrong with them is coloured too.
    pub fn asked_for(arguments: &[OsString]) -> Color {
        let mut words = arguments.iter().filter_map(|word| word.to_str());
        let mut choice = Color::Auto;
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--color") {
                _ if word == "--" => break,
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            choice = value.and_then(|value| Color::from_str(value, false).ok()).unwrap_or(choice);
        }
        choice
    }

    /// Whether standard error gets colours.
    pub fn on_stderr(self) -> bool {
        self.where_allowed(std::io::stderr().is_terminal())
    }

    /// Whether the screen of the session does.
    pub fn on_screen(self) -> bool {
        self.where_allowed(std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb"))
    }

    fn where_allowed(self, shows: bool) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !forbidden && shows
            }
        }
    }
}

/// How much is said, and in what colours.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    quiet: bool,
    verbose: bool,
    color: bool,
    screen: bool,
    asked: Color,
}

impl Terminal {
    /// A terminal that says nothing but errors (`quiet`), the usual, or everything (`verbose`).
    pub fn new(quiet: bool, verbose: bool, color: Color) -> Terminal {
        Terminal { quiet, verbose, color: color.on_stderr(), screen: color.on_screen(), asked: color }
    }

    /// Whether the screen of the session has colours: as `--color` says, else as the settings wish, else as the terminal can.
    pub fn colours_on_screen(&self, wished: Option<bool>) -> bool {
        wished.filter(|_| self.asked == Color::Auto).unwrap_or(self.screen)
    }

    /// Writes the result of the command to standard output, as it is.
    ///
    /// # Errors
    /// [`Failure::Unread`] when the reader has left, else [`Failure::Usage`].
    pub fn result(&self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes.as_ref()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::Unread,
            _ => Failure::Usage(format!("cannot write to standard output: {error}")),
        })
    }

    /// Says something that the user should know, unless `--quiet`.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            self.message(&format!("{}: {text}", self.paint("33", "note")));
        }
    }

    /// Says how the work goes, unless `--quiet`.
    pub fn progress_note(&self, text: &str) {
        if !self.quiet {
            self.message(text);
        }
    }

    /// Says something that only `--verbose` shows.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.message(text);
        }
    }

    /// Writes a line to standard error whatever was asked. That nobody reads it is no fault.
    pub fn message(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
    }

    /// A bar for `steps` steps of `what`, seen only when standard error is a terminal and not `--quiet`.
    pub fn progress(&self, steps: usize, what: &'static str) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

/// Prints why the command failed, once; silent when only the reader has left.
pub fn report(failure: &Failure, color: Color) {
    if *failure != Failure::Unread {
        let terminal = Terminal::new(false, false, color);
        terminal.message(&format!("{}: {failure}", terminal.paint("1;31", "tunesmith")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Color {
        Color::asked_for(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_colour_is_known_before_the_arguments_are_parsed() {
        assert_eq!(asked(&["tunesmith", "show", "x"]), Color::Auto);
        assert_eq!(asked(&["tunesmith", "--color", "always", "show"]), Color::Always);
        assert_eq!(asked(&["tunesmith", "show", "--color=never"]), Color::Never);
        assert_eq!(asked(&["tunesmith", "show", "--color=mauve"]), Color::Auto);
        assert_eq!(asked(&["tunesmith", "show", "--", "--color=never"]), Color::Auto);
        assert_eq!(asked(&["tunesmith", "--color"]), Color::Auto);
    }
}
