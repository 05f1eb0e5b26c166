//! `play`: a sheet through the loudspeakers, or silently where there are none.

use std::time::Duration;

use crate::audio::{Moment, Player, Silent, Sink, SinkError, silent::WallClock};

use super::listening::{Heard, Listening, bar_at};
use super::{Failure, Terminal, files};

/// How often the place is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Play a lead sheet: melody, chords and bass.
///
/// Sound goes through PulseAudio or PipeWire. Where there is neither, the bars pass silently. Ctrl-C stops.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith play song.musicxml
  tunesmith play song.musicxml --from-bar 5 --to-bar 8 --loop --metronome --count-in
  tunesmith play song.musicxml --no-melody --tempo 80")]
pub struct Args {
    #[command(flatten)]
    listening: Listening,

    /// Over and over
    #[arg(long = "loop", help_heading = "What is heard")]
    repeat: bool,
}

/// Plays to the end and shows on standard error which bar is heard.
///
/// # Errors
/// When the sheet or the SoundFont cannot be read, there are no such bars, or the sound server gives up midway.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let heard = args.listening.prepare(args.repeat, terminal)?;
    let sink = open_sink().unwrap_or_else(|why| {
        let sheet = files::named(args.listening.sheet(), "-");
        terminal.remark(&format!(
            "{why}; the bars pass silently. `tunesmith render {sheet} -o song.wav` writes what would be heard"
        ));
        Box::new(Silent::new(WallClock::default()))
    });
    terminal.detail(&format!("playing through {}", sink.name()));
    follow(heard, sink, terminal)
}

/// The loudspeakers.
///
/// # Errors
/// When there is no way to them.
#[cfg(unix)]
pub fn open_sink() -> Result<Box<dyn Sink>, SinkError> {
    use crate::audio::pulse::{Pulse, cookie_path};
    let cookie = cookie_path().and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    Ok(Box::new(Pulse::open(cookie)?))
}

/// There is no way to the loudspeakers on this system yet.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn open_sink() -> Result<Box<dyn Sink>, SinkError> {
    Err(SinkError::NoServer)
}

fn follow(heard: Heard, sink: Box<dyn Sink>, terminal: &Terminal) -> Result<(), Failure> {
    let Heard { performance, rendering, bars: (first, last) } = heard;
    let bar = terminal.progress(last, "bar");
    let mut before = None;
    let player = Player::start(rendering, sink);
    while !player.is_over() {
        let now = match player.moment() {
            Moment::Music(place) => Some(bar_at(&performance, place).clamp(first, last)),
            Moment::CountIn | Moment::Over => None,
        };
        if let Some(number) = now.filter(|_| now != before) {
            bar.set_position(number as u64);
            if bar.is_hidden() {
                terminal.progress_note(&format!("bar {number} of {last}"));
            }
            before = now;
        }
        std::thread::sleep(LOOK);
    }
    bar.finish_and_clear();
    match player.failure() {
        Some(error) => Err(Failure::Usage(error.to_string())),
        None => Ok(()),
    }
}
