//! How symbols are chosen: chains, acceptors, and the lattice that draws exactly from both at once; knows no music.

pub mod draw;
pub mod kernel;
pub mod lattice;
pub mod messages;

pub use kernel::Kernel;
pub use lattice::{Emission, Jump, Lattice, Layer};
pub use messages::{Event, Messages};
