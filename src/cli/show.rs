//! `show`: a sheet as plain text.

use std::path::PathBuf;

use crate::format::{Format, text::TextChart};
use crate::music::Plan;

use super::{Failure, Terminal, files};

/// Show a lead sheet as plain text: its chords bar by bar, its melody, and which bars take up which.
///
/// This is also what a screen reader reads best.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tunesmith show song.musicxml")]
pub struct Args {
    /// The sheet, in any format that is read; `-` reads standard input
    sheet: PathBuf,

    /// Which tune, when the file holds several (all of them otherwise)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tune: Option<u32>,
}

/// A repetition plan as remarks of a plain text; nothing if no bar takes up another.
pub fn plan_lines(plan: &Plan) -> String {
    let lines: String = plan.lines().iter().map(|line| format!("# {line}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n# What comes back\n{lines}") }
}

/// Writes the sheets to standard output, with an empty line between two.
///
/// # Errors
/// When the file cannot be read or has no such tune.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let all = files::read_sheets(&args.sheet, terminal)?;
    let sheets = super::convert::chosen(&all, args.tune)?;
    for (index, (_, sheet)) in sheets.into_iter().enumerate() {
        let text = TextChart.write(sheet).map_err(|error| Failure::Usage(error.to_string()))?;
        if index > 0 {
            terminal.result("\n")?;
        }
        terminal.result(&text.bytes)?;
        terminal.result(plan_lines(&Plan::of_sheet(sheet)))?;
        text.remarks.iter().for_each(|remark| terminal.remark(remark));
    }
    Ok(())
}
