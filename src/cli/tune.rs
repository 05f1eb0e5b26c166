//! `tune`: weights of a style set so that what it composes does what its songs do.

use crate::evaluate::tune::{Schedule, models, tune};
use crate::style::{self, Style, save};

use super::{Failure, Terminal};

/// Tune a style of your own: bring what it composes nearer to what its songs do.
///
/// Learning counts what follows what; tuning composes sheets, measures them as `evaluate` does, and sets weights until
/// they measure what the songs do: how often bars and figures come back, how dense and how wide the melody is, how
/// often it stands on chord tones. It takes minutes. A style that is tuned already is tuned on from there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith learn my-songs/ --name mine
  tunesmith tune mine")]
pub struct Args {
    /// The style, or the folder that holds it
    #[arg(value_name = "STYLE")]
    style: String,

    /// How many steps
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    steps: u32,

    /// How many sheets are composed for each step
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    sheets: u64,

    /// Tune in the style's usual meter alone
    #[arg(long)]
    usual_meter: bool,
}

/// Tunes and writes the style's figures anew.
///
/// # Errors
/// When the style cannot be read or written, is built in, or keeps no figures of songs.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let style = style::load(&args.style).map_err(|error| Failure::Usage(error.to_string()))?;
    let (into, name) = folder(&style)?;
    let schedule = Schedule { steps: args.steps, sheets: args.sheets, all_meters: !args.usual_meter };
    let meters = models(&style, schedule).len();
    if meters == 0 {
        return Err(Failure::Usage(format!(
            "'{}' does not say what its songs do: learn it anew, then tune it",
            style.name
        )));
    }
    let bar = terminal.progress(args.steps as usize * meters, "tuning");
    let tuning = tune(&style, schedule, &mut |step| {
        bar.inc(1);
        terminal.detail(&format!("{}: step {} of {}", step.meter, step.number, args.steps));
    });
    bar.finish_and_clear();
    let figures = style::Figures { tuning, ..style.figures };
    save(&into, &name, None, &figures).map_err(|error| Failure::Usage(error.to_string()))?;
    let meters = if meters == 1 { "its usual meter".to_string() } else { format!("{meters} meters") };
    terminal.progress_note(&format!("tuned '{name}' in {meters}"));
    Ok(())
}

/// The folder of a style, as the folder that it lies in and its name there.
fn folder(style: &Style) -> Result<(std::path::PathBuf, String), Failure> {
    let built_in = || {
        Failure::Usage(format!(
            "'{}' is built into the program: learn a style of your own, or name a copy of its folder",
            style.name
        ))
    };
    let folder = style.folder.as_ref().ok_or_else(built_in)?;
    let folder = folder.canonicalize().map_err(|error| {
        Failure::Usage(format!("{}: {error}: name the folder that holds the style", folder.display()))
    })?;
    let name = folder.file_name().and_then(|name| name.to_str()).map(str::to_string);
    match (folder.parent(), name) {
        (Some(parent), Some(name)) => Ok((parent.to_path_buf(), name)),
        _ => Err(Failure::Usage(format!("'{}' cannot be a style's folder", folder.display()))),
    }
}
