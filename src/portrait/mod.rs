//! Portraits: what a set of tunes does, in figures that show whether it sounds like another set.
//!
//! A [`Tune`] is cut into [excerpts](excerpt) of eight bars that start where phrases start; each [`Figure`] is measured on
//! every excerpt, and a [`Portrait`] is their mean. docs/evaluation.md says the same for whoever reads the table.

pub mod excerpt;
pub mod figure;
mod harmony;
mod line;
pub mod plain_chain;
pub mod set;
pub mod tune;

pub use figure::Figure;
pub use plain_chain::plain_chain;
pub use set::{Measured, Millionths, Portrait, Portrayed};
pub use tune::{Span, Tune, TuneBar, TuneChord, TuneNote};
