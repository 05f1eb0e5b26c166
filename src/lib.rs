//! Tunesmith composes lead sheets (melody and chord symbols) in a style, exactly under what the songwriter pinned.
//!
//! # Steps
//! 1. A [`style`] is learned from lead sheets that a [`format`](mod@format) read: chains of [`viewpoint`]s of chords and notes.
//! 2. A request says what is wanted; each of its [`constraint`]s says one thing.
//! 3. The chains, unrolled over the bars and cut down to what the constraints allow, are a [`markov`] lattice.
//! 4. [`compose`] draws takes from it: each is a [`music::LeadSheet`], which [`audio`] lets one hear.

pub mod audio;
pub mod cli;
pub mod compose;
pub mod constraint;
pub mod evaluate;
pub mod format;
pub mod markov;
pub mod music;
pub mod portrait;
pub mod session;
pub mod style;
pub mod tui;
pub mod viewpoint;
