//! `render`: a sheet as a WAV file.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::audio::limiter::UNTOUCHED;
use crate::audio::{Frame, RATE, Rendering};

use super::listening::Listening;
use super::{Failure, Terminal, files};

/// Longer files are refused: they would not fit into memory, nor into what a WAV file can hold.
const LONGEST_MINUTES: u64 = 30;
/// Frames between two steps of the progress bar.
const BLOCK: usize = 4096;

/// Write a lead sheet as sound: melody, chords and bass as a WAV file.
///
/// Nothing needs to be installed: the sounds are built in. With --soundfont they come from a SoundFont. The file holds 16-bit
/// stereo at 44,100 Hz; the same sheet gives the same file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tunesmith render song.musicxml -o song.wav
  tunesmith render song.musicxml -o bridge.wav --from-bar 17 --to-bar 24 --tempo 90 --metronome
  tunesmith render song.mid -o melody.wav --melody-only --instrument piano
  tunesmith render song.mid -o song.wav --soundfont GeneralUser.sf2")]
pub struct Args {
    #[command(flatten)]
    listening: Listening,

    /// The file to write, .wav; `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,

    /// A report on standard output: seconds, and how near the loudest moment is to full scale (1)
    #[arg(long)]
    json: bool,
}

/// Renders and writes.
///
/// # Errors
/// When the sheet or the SoundFont cannot be read, there are no such bars, the file would be too long, or it exists or
/// cannot be written.
pub fn run(args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let name = files::named(&args.output, "standard output");
    let is_wav = args.output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
    if !is_wav && !files::is_dash(&args.output) && !is_device(&args.output) {
        return Err(Failure::Usage(format!(
            "{name}: sound is written as .wav; `tunesmith convert` writes notation and MIDI"
        )));
    }
    if args.json && files::is_dash(&args.output) {
        return Err(Failure::Usage(String::from("standard output cannot hold both the sound and --json")));
    }
    files::refuse_existing(&args.output, args.force)?;
    let mut rendering = args.listening.prepare(false, terminal)?.rendering;
    let frames = rendering.frames().unwrap_or(0);
    if frames > LONGEST_MINUTES * 60 * u64::from(RATE) {
        let minutes = frames / u64::from(RATE) / 60;
        return Err(Failure::Usage(format!(
            "that is {minutes} minutes of sound, and at most {LONGEST_MINUTES} are written: choose some bars with \
             --from-bar and --to-bar"
        )));
    }
    let (bytes, peak) = wav(&mut rendering, frames, terminal)
        .map_err(|error| Failure::Usage(format!("{name} cannot be written: {error}")))?;
    if let Some(fault) = rendering.fault() {
        return Err(Failure::Usage(format!("it cannot be played: {fault}")));
    }
    let limited = rendering.loudest() > UNTOUCHED;
    files::write(&args.output, &bytes, args.force, terminal)?;
    let seconds = frames as f64 / f64::from(RATE);
    if args.json {
        let report = serde_json::json!({
            "file": args.output.display().to_string(), "seconds": seconds, "peak": peak, "limited": limited,
        });
        return terminal.result(format!("{report}\n"));
    }
    terminal.detail(&format!("{seconds:.1} s, loudest {peak:.2} of full scale"));
    Ok(())
}

/// `/dev/null` and the like, which have no extension and need none.
fn is_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// All of it as a WAV file, and its loudest value.
fn wav(rendering: &mut Rendering, frames: u64, terminal: &Terminal) -> Result<(Vec<u8>, f32), hound::Error> {
    let spec =
        WavSpec { channels: 2, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut file = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec)?;
    let bar = terminal.progress((frames / u64::from(RATE)) as usize, "rendering");
    let mut block: Vec<Frame> = vec![[0.0; 2]; BLOCK];
    let (mut done, mut peak) = (0, 0.0_f32);
    loop {
        let filled = rendering.fill(&mut block);
        if filled == 0 {
            break;
        }
        for value in block[..filled].iter().flatten() {
            peak = peak.max(value.abs());
            writer.write_sample((value * f32::from(i16::MAX)).round() as i16)?;
        }
        done += filled as u64;
        bar.set_position(done / u64::from(RATE));
    }
    bar.finish_and_clear();
    writer.finalize()?;
    Ok((file.into_inner(), peak))
}
