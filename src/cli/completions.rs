//! `completions`: what a shell needs to complete commands and options.

use clap_complete::Shell;

use super::{Failure, Terminal};

/// Print the completions of a shell, to be put where the shell looks for them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith completions bash > ~/.local/share/bash-completion/completions/tunesmith
  tunesmith completions fish > ~/.config/fish/completions/tunesmith.fish")]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Writes the completions to standard output.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::definition(), "tunesmith", &mut script);
    terminal.result(script)
}
