//! Runs the command line and prints the error once.

use std::process::ExitCode;

fn main() -> ExitCode {
    tunesmith::cli::main()
}
