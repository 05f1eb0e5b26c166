//! Where sound goes when it is played.

use super::Frame;

/// Takes sound as fast as it is heard.
pub trait Sink: Send {
    /// What it is, for messages.
    fn name(&self) -> &str;

    /// How many frames it would take now. Waits a little, at most some 20 ms, when it is none.
    ///
    /// # Errors
    /// When nothing can be played any more.
    fn wanted(&mut self) -> Result<usize, SinkError>;

    /// Takes the next frames, at most as many as were wanted.
    ///
    /// # Errors
    /// When they cannot be played.
    fn give(&mut self, block: &[Frame]) -> Result<(), SinkError>;

    /// How many of the frames given have not been heard yet.
    fn waiting(&self) -> u64;

    /// Is silent at once: what was given and has not been heard is dropped.
    fn halt(&mut self);
}

/// Why sound cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// There is no sound server to be found.
    #[error("there is no sound server: neither PulseAudio nor PipeWire is running")]
    NoServer,
    /// The server said no, or left.
    #[error("the sound server gave up: {0}")]
    Server(String),
}
