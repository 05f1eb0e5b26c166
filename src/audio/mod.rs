//! A performance made audible: stereo sound from a small synthesiser of its own or a SoundFont, for a file or a sound card.
//!
//! A [`Rendering`] turns a [`Performance`](crate::music::Performance) into blocks of sound; a WAV file is written from
//! it, and a [`Player`] lets a [`Sink`] play it. What strikes the notes is a [`Synthesizer`]: [`BuiltIn`], which needs
//! nothing and gives the same bytes everywhere, or a [`SoundFont`].

pub mod built_in;
mod instrument;
pub mod limiter;
mod player;
#[cfg(unix)]
pub mod pulse;
mod recipe;
mod rendering;
mod room;
mod score;
pub mod silent;
mod sink;
mod soundfont;
mod synthesizer;
mod timeline;
mod tone;

pub use built_in::BuiltIn;
pub use instrument::Instrument;
pub use player::Player;
pub use rendering::{Rendering, TAIL};
pub use score::{Hearing, Voices};
pub use silent::{Clock, Silent};
pub use sink::{Sink, SinkError};
pub use soundfont::{SoundFont, SoundFontError};
pub use synthesizer::{Synthesizer, Voice};
pub use timeline::{Moment, Timeline};

/// Frames in a second: one value for the left and one for the right ear each.
pub const RATE: u32 = 44_100;

/// What both ears hear at once: left and right, between -1 and 1.
pub type Frame = [f32; 2];
