//! `open`: the composing session on the screen.

use std::io::IsTerminal;
use std::path::PathBuf;

use super::{Failure, Terminal, compose};
use crate::audio::Instrument;
use crate::tui;
use crate::tui::settings::{Colours, Settings};

/// Open the composing session: a sheet on the screen, and one key for what you want done to it.
///
/// A session (.tune) is opened where it was left, and begun if there is none; with a sheet in any format that is read a session
/// beside it begins. Without a name the session is the one that has none yet.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Examples:
  tunesmith
  tunesmith song.tune
  tunesmith song.tune --instrument flute
  tunesmith open song.musicxml

In the session `?` tells all keys. It saves itself with every step.")]
pub struct Args {
    /// The session, or a sheet to begin one with
    #[arg(value_name = "SHEET")]
    sheet: Option<PathBuf>,

    /// Draw in ASCII alone
    #[arg(long)]
    ascii: bool,

    /// What plays the melody: piano, electric-piano, vibraphone, organ, guitar, violin, trumpet, clarinet, flute;
    /// piano if nothing is said
    #[arg(long, value_name = "NAME", help_heading = "How it sounds")]
    instrument: Option<Instrument>,

    /// Play with this SoundFont (.sf2) instead of the built-in sounds
    #[arg(long, value_name = "FILE", help_heading = "How it sounds")]
    soundfont: Option<PathBuf>,

    /// The number that the draws of this sitting start from: with the same keys the same takes come
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,

    /// Read settings from this file instead of config.ron in the folder for settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Whether there is a screen to open it on.
pub(super) fn has_screen() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Opens the session, and says how it is opened again once it is left.
///
/// # Errors
/// When there is no terminal, or the file cannot be read or written.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let mut settings = Settings::find(args.config.as_deref())?;
    settings.settings.mouse &= !args.no_mouse;
    let theme = &mut settings.settings.theme;
    theme.ascii |= args.ascii;
    let colours = match theme.colours {
        Colours::Auto => None,
        Colours::Never => Some(false),
        Colours::Sixteen => Some(true),
    };
    let left = tui::run(&tui::Options {
        path: args.sheet.clone(),
        seed: args.seed.unwrap_or_else(compose::fresh_seed),
        no_colours: !terminal.colours_on_screen(colours),
        instrument: args.instrument.unwrap_or_else(|| settings.settings.instrument()),
        soundfont: args.soundfont.clone().or_else(|| settings.settings.soundfont.clone()),
        settings: settings.clone(),
    })?;
    terminal.remark(&left);
    if let Some(complaint) = settings.complaint() {
        terminal.remark(&complaint);
    }
    Ok(())
}
