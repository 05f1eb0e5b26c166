//! A SoundFont as synthesiser: recorded instruments, by their General MIDI programs.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rustysynth::{Synthesizer as Machine, SynthesizerSettings};

use super::RATE;
use super::instrument::Instrument;
use super::synthesizer::{Synthesizer, Voice};

/// MIDI channels of the voices and of the metronome, which is among the drums.
const MELODY: i32 = 0;
const CHORDS: i32 = 1;
const BASS: i32 = 2;
const DRUMS: i32 = 9;
/// General MIDI programs, counted from 0: what the chords and the bass are played on, as in MIDI files.
const ELECTRIC_PIANO: u8 = 4;
const ACOUSTIC_BASS: u8 = 32;
/// The wood blocks of the General MIDI drums.
const HIGH_BLOCK: i32 = 76;
const LOW_BLOCK: i32 = 77;
const NOTE_OFF: i32 = 0x80;
const CONTROL: i32 = 0xb0;
const PROGRAM: i32 = 0xc0;
/// Controllers: how loud a channel is, and how much of it the room hears.
const LOUDNESS: i32 = 7;
const ROOM: i32 = 91;

/// Why a SoundFont cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundFontError {
    /// The sounds are compressed.
    #[error("it is a compressed SoundFont (.sf3), which is not read; name one of version 2 (.sf2)")]
    Compressed,
    /// It is no SoundFont, or broken.
    #[error("it is no SoundFont of version 2 (.sf2), or damaged: {0}")]
    Damaged(String),
}

/// A SoundFont in memory, shared by all that play it.
#[derive(Clone, Debug)]
pub struct SoundFont(Arc<rustysynth::SoundFont>);

impl SoundFont {
    /// Reads a SoundFont of version 2.
    ///
    /// # Errors
    /// When it is another kind of file, or damaged.
    pub fn read(mut reader: impl Read) -> Result<SoundFont, SoundFontError> {
        // The reader trusts some numbers of the file; a damaged file must not end the program.
        let read = catch_unwind(AssertUnwindSafe(|| rustysynth::SoundFont::new(&mut reader)));
        match read {
            Ok(Ok(font)) if font.get_presets().is_empty() => {
                Err(SoundFontError::Damaged(String::from("there is no instrument in it")))
            }
            Ok(Ok(font)) => Ok(SoundFont(Arc::new(font))),
            Ok(Err(rustysynth::SoundFontError::UnsupportedSampleFormat)) => Err(SoundFontError::Compressed),
            Ok(Err(error)) => Err(SoundFontError::Damaged(error.to_string())),
            Err(_) => Err(SoundFontError::Damaged(String::from("its parts do not fit together"))),
        }
    }

    /// A synthesiser that plays it, the melody on this instrument or whatever the SoundFont has in its place.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn synthesizer(&self, melody: Instrument) -> Result<FontSynthesizer, SoundFontError> {
        let settings = SynthesizerSettings::new(RATE as i32);
        let mut machine =
            Machine::new(&self.0, &settings).map_err(|error| SoundFontError::Damaged(error.to_string()))?;
        // About as loud as the built-in one with common SoundFonts; what is louder is limited.
        machine.set_master_volume(1.2);
        let programs = [(MELODY, melody.program()), (CHORDS, ELECTRIC_PIANO), (BASS, ACOUSTIC_BASS)];
        for (channel, program) in programs {
            machine.process_midi_message(channel, PROGRAM, i32::from(program), 0);
            machine.process_midi_message(channel, CONTROL, LOUDNESS, 100);
            machine.process_midi_message(channel, CONTROL, ROOM, 30);
        }
        machine.process_midi_message(DRUMS, CONTROL, LOUDNESS, 90);
        Ok(FontSynthesizer { machine, broken: false })
    }
}

/// Plays a [`SoundFont`]. A note begins at the next 64th frame, at most 1.5 ms late.
///
/// Unlike the built-in synthesiser its last bits may differ from machine to machine.
pub struct FontSynthesizer {
    machine: Machine,
    /// Whether the SoundFont turned out to be damaged: from then on there is silence.
    broken: bool,
}

fn channel(voice: Voice) -> i32 {
    match voice {
        Voice::Melody => MELODY,
        Voice::Chords => CHORDS,
        Voice::Bass => BASS,
    }
}

impl FontSynthesizer {
    fn attempt(&mut self, what: impl FnOnce(&mut Machine)) {
        if !self.broken {
            self.broken = catch_unwind(AssertUnwindSafe(|| what(&mut self.machine))).is_err();
        }
    }
}

impl Synthesizer for FontSynthesizer {
    fn strike(&mut self, voice: Voice, pitch: u8, velocity: u8) {
        self.attempt(|machine| machine.note_on(channel(voice), i32::from(pitch), i32::from(velocity)));
    }

    fn release(&mut self, voice: Voice, pitch: u8) {
        self.attempt(|machine| {
            machine.process_midi_message(channel(voice), NOTE_OFF, i32::from(pitch), 0);
        });
    }

    fn click(&mut self, downbeat: bool) {
        let (key, velocity) = if downbeat { (HIGH_BLOCK, 110) } else { (LOW_BLOCK, 90) };
        self.attempt(|machine| {
            machine.note_on(DRUMS, key, velocity);
            machine.note_off(DRUMS, key);
        });
    }

    fn fill(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.attempt(|machine| machine.render(left, right));
        if self.broken {
            left.fill(0.0);
            right.fill(0.0);
        }
    }

    fn fault(&self) -> Option<String> {
        self.broken.then(|| String::from("the SoundFont is damaged: its parts do not fit together"))
    }
}
