//! Styles: what a corpus does, learned as figures, and how it is described, stored and found.

pub mod blend;
pub mod card;
pub mod chart_events;
pub mod chart_experts;
pub mod chart_tables;
pub mod corpus;
pub mod count;
pub mod figures;
pub mod fit_melody;
pub mod fold;
pub mod heard;
pub mod keys;
pub mod learn;
pub mod melody_experts;
pub mod melody_tables;
pub mod merge;
pub mod mix;
pub mod passages;
pub mod piece;
mod plan_tables;
pub mod portray;
pub mod sections;
pub mod shelf;
pub mod smoothing;
mod tables;

pub use card::{Card, Range, TempoRange, Weights};
pub use corpus::{Corpus, Place, Source};
pub use figures::{Entry, Figures, FiguresError, Register, Table};
pub use fold::Fold;
pub use learn::{CorpusSheet, Options, Report, Share, learn};
pub use passages::{Passages, Repertoire};
pub use piece::Piece;
pub use portray::{portrait_of_sheets, portray};
pub use shelf::{Listed, Style, StyleError, list, load, save};
