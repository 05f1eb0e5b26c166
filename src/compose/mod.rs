//! From a request to takes: a page is drawn, its chart, then a melody over it, each exactly under the constraints.

pub mod chart_lattice;
pub mod chart_law;
pub mod chart_place;
pub mod charts;
pub mod copies;
pub mod form_graph;
pub mod form_text;
pub mod infeasible;
pub mod kept;
pub mod melody_lattice;
pub mod melody_law;
pub mod page;
pub mod plan;
mod planned;
mod planned_bars;
pub mod planned_chart;
mod planned_echo;
mod planned_limits;
pub mod planned_melody;
mod planned_notes;
pub mod prepare;
pub mod reach;
pub mod request;
pub mod rhythm_law;
pub mod seams;
pub mod structure;
pub mod take;
pub mod title;
pub mod unroll;
pub mod written;

pub use infeasible::Infeasible;
pub use kept::Draft;
pub use page::Page;
pub use prepare::{Prepared, Refusal, prepare};
pub use request::Request;
pub use take::Take;
