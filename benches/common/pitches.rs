//! The melody that is measured on: Bach's first prelude, or a file of numbers that `BACH_PITCHES` names.

#[path = "../../tests/common/prelude.rs"]
mod prelude;

use tunesmith::markov::{Allowed, Alphabet, Symbol};

/// The pitches: those of the file if there is one (numbers between blanks; lines that begin with `#` are comments).
pub fn pitches() -> Vec<u16> {
    let Ok(path) = std::env::var("BACH_PITCHES") else { return prelude::pitches() };
    let text = std::fs::read_to_string(&path).expect("BACH_PITCHES names a file");
    let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    words.map(|word| word.parse().expect("BACH_PITCHES names a file of numbers")).collect()
}

/// The published task: 32 new symbols after six given ones, no five of them in a row from the melody, ending on C.
pub struct Task {
    pub corpus: Vec<Vec<Symbol>>,
    pub start: Vec<Symbol>,
    pub positions: Vec<Allowed>,
}

pub const LENGTH: usize = 32;
pub const LONGEST_COPY: usize = 4;

impl Task {
    pub fn new() -> Task {
        let mut alphabet = Alphabet::new();
        let corpus = vec![pitches().iter().map_while(|pitch| alphabet.intern(pitch).ok()).collect()];
        let code = |pitch: &u16| alphabet.symbol(pitch);
        let start = [60, 64, 67, 72, 76, 67].iter().filter_map(code).collect();
        let mut positions = vec![Allowed::Any; LENGTH];
        positions[LENGTH - 1] = Allowed::only([36, 48, 60, 72, 84].iter().filter_map(code));
        Task { corpus, start, positions }
    }
}
