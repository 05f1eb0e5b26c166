//! `man`: the manual pages.

use super::{Failure, Terminal};

/// What stands at the foot of each page.
const SOURCE: &str = concat!("tunesmith ", env!("CARGO_PKG_VERSION"));

/// Print a manual page, of the program or of one command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith man | man -l -
  tunesmith man compose > tunesmith-compose.1")]
pub struct Args {
    /// The command whose page it is; left out: the whole program's
    command: Option<String>,
}

/// Writes the page to standard output, in roff.
///
/// # Errors
/// When there is no such command, or standard output cannot be written.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let mut program = super::definition();
    // Fills in the options that every command shares.
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => {
            let known: Vec<String> = program.get_subcommands().map(|c| c.get_name().to_string()).collect();
            let unknown =
                || Failure::Usage(format!("there is no command '{name}'; there are {}", known.join(", ")));
            let command = program.find_subcommand(name).cloned().ok_or_else(unknown)?;
            command.display_name(format!("tunesmith-{name}"))
        }
    };
    let mut roff = Vec::new();
    let rendered = clap_mangen::Man::new(page).source(SOURCE).render(&mut roff);
    rendered.map_err(|error| Failure::Usage(format!("cannot write the manual page: {error}")))?;
    terminal.result(roff)
}
