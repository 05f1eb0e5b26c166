//! How good it is: portraits of composed sheets beside those of the songs a style was learned from.

pub mod chord_bits;
pub mod comparison;
pub mod composed;
pub mod explanation;
pub mod held_out;
pub mod note_chains;
pub mod origin;
mod own_laws;
pub mod shared;
pub mod shared_chords;
pub mod tune;

pub use comparison::{Comparison, Row, compare};
pub use composed::{Composed, compose_sheets};
pub use explanation::{BarOrigin, Explanation, explain};
pub use origin::{NoteOrigin, note_origins};
pub use shared::{Shared, SongIndex, SongPlace};
pub use shared_chords::{ChordIndex, ChordOrigin, SharedChords};
