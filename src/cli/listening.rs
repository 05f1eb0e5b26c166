//! What `play` and `render` have in common: which sheet, which bars of it, how fast, on which instruments.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::audio::{BuiltIn, Hearing, Instrument, Rendering, SoundFont, Voices};
use crate::music::{Duration, Performance, Tempo};

use super::{Failure, Terminal, compose, convert, files};

/// The options of whatever lets one hear a sheet.
#[derive(Debug, clap::Args)]
pub struct Listening {
    /// The sheet, in any format that is read; `-` reads standard input
    #[arg(value_name = "SHEET")]
    sheet: PathBuf,

    /// Which tune, when the file holds several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tune: Option<u32>,

    /// Which step of a session (.tune), as it counts them; else where it stands
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    step: Option<u32>,

    /// The first bar, counted as played, from 1; 0 is the pickup
    #[arg(long, value_name = "N", help_heading = "What is heard")]
    from_bar: Option<usize>,

    /// The last bar, counted as played
    #[arg(long, value_name = "N", help_heading = "What is heard")]
    to_bar: Option<usize>,

    /// The melody alone
    #[arg(long, conflicts_with = "no_melody", help_heading = "What is heard")]
    melody_only: bool,

    /// Chords and bass alone, to play or sing to
    #[arg(long, help_heading = "What is heard")]
    no_melody: bool,

    /// A click on each beat
    #[arg(long, help_heading = "What is heard")]
    metronome: bool,

    /// Count a bar first
    #[arg(long, help_heading = "What is heard")]
    count_in: bool,

    /// Beats in a minute, instead of the sheet's
    #[arg(long, value_name = "BPM", value_parser = clap::value_parser!(u16).range(1..=999), help_heading = "How it sounds")]
    tempo: Option<u16>,

    /// What plays the melody: piano, electric-piano, vibraphone, organ, guitar, violin, trumpet, clarinet, flute
    #[arg(long, value_name = "NAME", default_value_t, help_heading = "How it sounds")]
    instrument: Instrument,

    /// Play with this SoundFont (.sf2) instead of the built-in sounds
    #[arg(long, value_name = "FILE", help_heading = "How it sounds")]
    soundfont: Option<PathBuf>,
}

/// A sheet that is about to be heard.
pub struct Heard {
    pub performance: Performance,
    pub rendering: Rendering,
    /// The first and the last bar, counted as played; 0 is the pickup.
    pub bars: (usize, usize),
}

impl Listening {
    /// The sheet as it is named in messages.
    pub fn sheet(&self) -> &Path {
        &self.sheet
    }

    /// Reads the sheet and the SoundFont.
    ///
    /// # Errors
    /// When one of them cannot be read, there are no such bars, or it is not clear which of several tunes is meant.
    pub fn prepare(&self, repeat: bool, terminal: &Terminal) -> Result<Heard, Failure> {
        let all = match self.step {
            Some(step) => vec![compose::sheet_of_step(&self.sheet, step)?],
            None => files::read_sheets(&self.sheet, terminal)?,
        };
        let name = files::named(&self.sheet, "standard input");
        let sheet = match convert::chosen(&all, self.tune)?.as_slice() {
            [(_, sheet)] => *sheet,
            several => {
                let count = several.len();
                return Err(Failure::Usage(format!(
                    "{name} holds {count} tunes: say which with --tune 1 to --tune {count}"
                )));
            }
        };
        let mut performance = Performance::of(sheet);
        if let Some(per_minute) = self.tempo {
            performance.tempo = Tempo { per_minute, ..performance.tempo };
        }
        let bars = self.bars(&performance)?;
        let only = |voice: bool| if self.melody_only { false } else { voice };
        let hearing = Hearing {
            from: Some(place_of_bar(&performance, bars.0)),
            to: Some(place_of_bar(&performance, bars.1 + 1)),
            repeat,
            count_in: self.count_in,
            metronome: self.metronome,
            voices: Voices { melody: !self.no_melody, chords: only(true), bass: only(true) },
            ..Hearing::default()
        };
        let synthesizer: Box<dyn crate::audio::Synthesizer> = match &self.soundfont {
            Some(path) => {
                let fault =
                    |error| Failure::Usage(format!("{}: {error}", files::named(path, "standard input")));
                Box::new(read_soundfont(path)?.synthesizer(self.instrument).map_err(fault)?)
            }
            None => Box::new(BuiltIn::new(self.instrument)),
        };
        let rendering = Rendering::new(&performance, &hearing, synthesizer);
        Ok(Heard { performance, rendering, bars })
    }

    /// The bars that were asked for.
    fn bars(&self, performance: &Performance) -> Result<(usize, usize), Failure> {
        let count = performance.bars.len();
        let pickup = performance.downbeat.is_positive();
        let first = self.from_bar.unwrap_or(usize::from(!pickup));
        let last = self.to_bar.unwrap_or(count);
        let repeated = "repeats are counted as they are played";
        if let Some(bar) = [first, last].into_iter().find(|bar| *bar > count) {
            return Err(Failure::Usage(format!("there is no bar {bar}: {count} are played ({repeated})")));
        }
        if first == 0 && !pickup {
            return Err(Failure::Usage(String::from("there is no bar 0: the sheet has no pickup")));
        }
        if first > last {
            return Err(Failure::Usage(format!("--from-bar {first} is after --to-bar {last}")));
        }
        Ok((first, last))
    }
}

/// Where a bar starts, counted as played, 0 for the pickup; the end for the bar after the last.
fn place_of_bar(performance: &Performance, bar: usize) -> Duration {
    match bar.checked_sub(1) {
        None => Duration::ZERO,
        Some(index) => {
            performance.bars.get(index).map_or(performance.end, |bar| performance.downbeat + bar.start)
        }
    }
}

/// The bar that is heard at a place, counted as played; 0 is the pickup.
pub fn bar_at(performance: &Performance, place: Duration) -> usize {
    performance.bars.partition_point(|bar| performance.downbeat + bar.start <= place)
}

fn read_soundfont(path: &Path) -> Result<SoundFont, Failure> {
    let name = files::named(path, "standard input");
    let file = files::open(path)?;
    SoundFont::read(BufReader::new(file)).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}
