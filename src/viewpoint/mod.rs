//! Viewpoints: how a musical event is seen by a chain, as a small number, and the way back, declared together.
//!
//! The term is Conklin and Witten's ("Multiple viewpoint systems for music prediction", Journal of New Music Research
//! 24, 1995). Every code is a `u16`; each file states its alphabet. Chains see pitches and chords relative to the
//! key, so what is learned in one key holds in all.

pub mod chord;
pub mod chord_tone;
pub mod degree;
pub mod echo;
pub mod interval;
pub mod length;
pub mod meter;
pub mod phrase;
pub mod place;

pub use chord::RelativeChord;
pub use phrase::PhrasePlace;

/// The code that stands for "a section starts here" in a context; no viewpoint uses it for anything else.
pub const START: u16 = u16::MAX;

/// The code of a mode: 0 for those with a major third above the tonic, 1 for those with a minor third.
pub fn mode_code(mode: crate::music::Mode) -> u16 {
    u16::from(mode.is_minor())
}
