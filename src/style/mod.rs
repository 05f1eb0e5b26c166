//! Styles: what a corpus does, learned as figures, and how it is described, stored and found.

pub mod count;
pub mod figures;
pub mod keys;
pub mod learn;
pub mod piece;
pub mod sections;
mod tables;

pub use figures::{Entry, Figures, FiguresError, Register, Table};
pub use learn::{CorpusSheet, Options, Report, Share, learn};
pub use piece::Piece;
