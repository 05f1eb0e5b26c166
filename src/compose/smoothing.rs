//! From counts to probabilities: see [`style::smoothing`](crate::style::smoothing).

pub use crate::style::smoothing::{interpolate, normalise, witten_bell};
