//! What every synthesiser does: strike notes, let them go, and fill blocks of sound.

/// Who plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// The melody.
    Melody,
    /// The chords above the bass.
    Chords,
    /// The bass.
    Bass,
}

/// An instrument for each voice, and the metronome.
///
/// What is struck sounds from the next frame that is filled.
pub trait Synthesizer: Send {
    /// Strikes a note: MIDI note number, velocity 1 to 127.
    fn strike(&mut self, voice: Voice, pitch: u8, velocity: u8);

    /// Lets go of the note of this voice and pitch that was struck first and still sounds.
    fn release(&mut self, voice: Voice, pitch: u8);

    /// A beat of the metronome; the first of the bar is higher.
    fn click(&mut self, downbeat: bool);

    /// The next frames, left and right, equally many, in place of what is in the slices.
    fn fill(&mut self, left: &mut [f32], right: &mut [f32]);

    /// Why it has fallen silent, if it cannot go on.
    fn fault(&self) -> Option<String> {
        None
    }
}
