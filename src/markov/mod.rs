//! How symbols are chosen: chains, acceptors, and the lattice that draws exactly from both at once; knows no music.

pub mod alphabet;
mod answer;
pub mod automaton;
mod best;
pub mod chain;
pub mod columns;
pub mod draw;
pub mod elimination;
pub mod kernel;
pub mod lattice;
pub mod limit;
mod marginals;
pub mod mass;
pub mod messages;
mod partition;
mod pass;
pub mod product;
pub mod run;
pub mod steps;
pub mod suffix;
mod trie;

pub use alphabet::{Alphabet, Symbol};
pub use automaton::{Acceptor, Anything, Forbidden};
pub use best::BestPaths;
pub use chain::{Chain, Context};
pub use columns::Columns;
pub use elimination::{Elimination, Factor};
pub use kernel::Kernel;
pub use lattice::{Emission, Jump, Lattice, Layer};
pub use messages::{Event, Messages, State};
pub use partition::log_partition;
pub use product::{Product, product};
pub use run::{Allowed, Run};
pub use steps::Steps;
pub use suffix::{Found, SuffixAutomaton};
