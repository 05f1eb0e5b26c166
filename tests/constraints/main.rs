//! What a constraint says, and that both readings of it agree: `holds` and what it compiles to.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod agreement;
mod language;
mod reference;
