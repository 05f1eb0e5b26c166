//! A suffix automaton over many sequences: the longest passage of theirs that a sequence continues, symbol by symbol.
//!
//! Blumer, Blumer, Haussler, Ehrenfeucht, Chen and Seiferas, "The smallest automaton recognizing the subwords of a text"
//! (Theoretical Computer Science 40, 1985), begun anew at its root for each sequence, so that no passage reaches over the
//! end of one.

use rustc_hash::FxHashMap;

use super::limit::{CORPUS, TooLarge};

/// Where something is not there.
const NONE: u32 = u32::MAX;

/// Every passage of some sequences. States are sets of passages that end at the same places.
#[derive(Clone, Debug, Default)]
pub struct SuffixAutomaton {
    /// For each state the length of its longest passage.
    lengths: Vec<u32>,
    /// The state of the longest passage that is shorter and ends at more places; [`NONE`] for the root.
    links: Vec<u32>,
    /// For each state its first edge; [`NONE`] without any.
    first: Vec<u32>,
    /// Symbol, target, and the next edge of the same state.
    edges: Vec<(u32, u32, u32)>,
    /// The edges of the root, which has many.
    root: FxHashMap<u32, u32>,
    /// The states by link, and for each state where those that link to it begin.
    children: Vec<u32>,
    child_starts: Vec<u32>,
    /// The positions by the state that they were read in, and for each state where its own begin.
    positions: Vec<u32>,
    position_starts: Vec<u32>,
}

/// What was found: the longest passage that ends with the last symbol read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    state: u32,
    /// How many symbols it has.
    pub length: usize,
}

impl Found {
    /// Nothing yet.
    pub const NOTHING: Found = Found { state: 0, length: 0 };
}

impl SuffixAutomaton {
    /// The automaton of some sequences. Positions count through all of them, from 0.
    ///
    /// # Errors
    /// When there are more than some 270 million symbols.
    pub fn new<S: AsRef<[u32]>>(sequences: &[S]) -> Result<SuffixAutomaton, TooLarge> {
        CORPUS.check(sequences.iter().map(|sequence| sequence.as_ref().len()).sum())?;
        let mut automaton = SuffixAutomaton::default();
        automaton.state(0);
        let mut read: Vec<u32> = Vec::new();
        for sequence in sequences {
            let mut last = 0;
            for &symbol in sequence.as_ref() {
                last = automaton.extend(last, symbol);
                read.push(last);
            }
        }
        let states = automaton.lengths.len();
        (automaton.child_starts, automaton.children) = grouped(
            states,
            &automaton.links,
            automaton.links.iter().enumerate().map(|(state, _)| state as u32),
        );
        (automaton.position_starts, automaton.positions) = grouped(states, &read, 0..read.len() as u32);
        Ok(automaton)
    }

    fn state(&mut self, length: u32) -> u32 {
        self.lengths.push(length);
        self.links.push(NONE);
        self.first.push(NONE);
        self.lengths.len() as u32 - 1
    }

    /// The state after a state that was read last, and a symbol.
    fn extend(&mut self, last: u32, symbol: u32) -> u32 {
        let longer = self.lengths[last as usize] + 1;
        if let Some(known) = self.after(last, symbol) {
            let whole = self.lengths[known as usize] == longer;
            return if whole { known } else { self.split(last, symbol, known) };
        }
        let new = self.state(longer);
        let mut at = last;
        while at != NONE {
            if let Some(known) = self.after(at, symbol) {
                let whole = self.lengths[known as usize] == self.lengths[at as usize] + 1;
                let link = if whole { known } else { self.split(at, symbol, known) };
                self.links[new as usize] = link;
                return new;
            }
            self.add_edge(at, symbol, new);
            at = self.links[at as usize];
        }
        self.links[new as usize] = 0;
        new
    }

    /// Takes the shorter passages of a state, which come from another by a symbol, into a state of their own.
    fn split(&mut self, from: u32, symbol: u32, whole: u32) -> u32 {
        let part = self.state(self.lengths[from as usize] + 1);
        let mut edge = self.first[whole as usize];
        while edge != NONE {
            let (symbol, target, next) = self.edges[edge as usize];
            self.add_edge(part, symbol, target);
            edge = next;
        }
        self.links[part as usize] = self.links[whole as usize];
        self.links[whole as usize] = part;
        let mut at = from;
        while at != NONE && self.after(at, symbol) == Some(whole) {
            self.turn_edge(at, symbol, part);
            at = self.links[at as usize];
        }
        part
    }

    fn edge(&self, state: u32, symbol: u32) -> Option<usize> {
        let mut edge = self.first[state as usize];
        while edge != NONE && self.edges[edge as usize].0 != symbol {
            edge = self.edges[edge as usize].2;
        }
        (edge != NONE).then_some(edge as usize)
    }

    fn after(&self, state: u32, symbol: u32) -> Option<u32> {
        match state {
            0 => self.root.get(&symbol).copied(),
            _ => self.edge(state, symbol).map(|edge| self.edges[edge].1),
        }
    }

    fn add_edge(&mut self, state: u32, symbol: u32, target: u32) {
        if state == 0 {
            self.root.insert(symbol, target);
        } else {
            self.edges.push((symbol, target, self.first[state as usize]));
            self.first[state as usize] = self.edges.len() as u32 - 1;
        }
    }

    fn turn_edge(&mut self, state: u32, symbol: u32, target: u32) {
        if state == 0 {
            self.root.insert(symbol, target);
        } else if let Some(edge) = self.edge(state, symbol) {
            self.edges[edge].1 = target;
        }
    }

    /// The longest passage that ends with a symbol, after what was found before it.
    pub fn advance(&self, mut found: Found, symbol: u32) -> Found {
        loop {
            if let Some(state) = self.after(found.state, symbol) {
                return Found { state, length: found.length + 1 };
            }
            let link = self.links[found.state as usize];
            if link == NONE {
                return Found::NOTHING;
            }
            found = Found { state: link, length: self.lengths[link as usize] as usize };
        }
    }

    /// Only the last so many symbols of what was found.
    pub fn shortened(&self, found: Found, length: usize) -> Found {
        let length = length.min(found.length);
        let mut state = found.state;
        while state != 0 && self.lengths[self.links[state as usize] as usize] as usize >= length {
            state = self.links[state as usize];
        }
        Found { state, length }
    }

    /// Where what was found ends: the positions of its last symbol, at most so many, in order among those looked at.
    pub fn ends(&self, found: Found, most: usize) -> Vec<u32> {
        let mut ends = Vec::new();
        let mut left = vec![found.state];
        while let Some(state) = left.pop() {
            let own = self.position_starts[state as usize] as usize
                ..self.position_starts[state as usize + 1] as usize;
            ends.extend(&self.positions[own]);
            if ends.len() >= most {
                break;
            }
            let children =
                self.child_starts[state as usize] as usize..self.child_starts[state as usize + 1] as usize;
            left.extend(self.children[children].iter().rev());
        }
        ends.truncate(most);
        ends.sort_unstable();
        ends
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.lengths.len()
    }
}

/// Values by group, in order within each: where each group begins (and the last one ends), and the values. Those of no
/// group are left out.
fn grouped(groups: usize, of: &[u32], values: impl Iterator<Item = u32>) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; groups + 1];
    of.iter().filter(|&&group| group != NONE).for_each(|&group| starts[group as usize + 1] += 1);
    for group in 0..groups {
        starts[group + 1] += starts[group];
    }
    let mut next = starts.clone();
    let mut grouped = vec![0; starts[groups] as usize];
    for (&group, value) in of.iter().zip(values).filter(|(group, _)| **group != NONE) {
        let at = &mut next[group as usize];
        grouped[*at as usize] = value;
        *at += 1;
    }
    (starts, grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sequences of three symbols without any order.
    fn sequences(seed: u64, count: usize, length: usize) -> Vec<Vec<u32>> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32 % 3
        };
        (0..count).map(|number| (0..length + number % 5).map(|_| next()).collect()).collect()
    }

    /// The longest end of a text that stands in a sequence, and all positions where it ends: by looking.
    fn slowly(sequences: &[Vec<u32>], text: &[u32]) -> (usize, Vec<u32>) {
        for length in (1..=text.len()).rev() {
            let wanted = &text[text.len() - length..];
            let mut ends = Vec::new();
            let mut before = 0;
            for sequence in sequences {
                for (start, window) in sequence.windows(length).enumerate() {
                    if window == wanted {
                        ends.push((before + start + length - 1) as u32);
                    }
                }
                before += sequence.len();
            }
            if !ends.is_empty() {
                return (length, ends);
            }
        }
        (0, Vec::new())
    }

    #[test]
    fn the_longest_passage_and_all_its_places_are_found() {
        for seed in 0..40 {
            let sequences = sequences(seed, 1 + seed as usize % 6, 4 + seed as usize % 23);
            let automaton = SuffixAutomaton::new(&sequences).expect("small");
            assert!(automaton.states() <= 2 * sequences.iter().map(Vec::len).sum::<usize>() + 1);
            let text: Vec<u32> = self::sequences(seed + 1000, 1, 30).remove(0);
            let mut found = Found::NOTHING;
            for end in 0..text.len() {
                found = automaton.advance(found, text[end]);
                let (length, ends) = slowly(&sequences, &text[..=end]);
                assert_eq!((found.length, automaton.ends(found, usize::MAX)), (length, ends), "{seed}");
                let half = length.div_ceil(2);
                if half > 0 {
                    let shorter = automaton.shortened(found, half);
                    let (_, ends) = slowly(&sequences, &text[end + 1 - half..=end]);
                    assert_eq!((shorter.length, automaton.ends(shorter, usize::MAX)), (half, ends), "{seed}");
                }
            }
        }
    }

    #[test]
    fn a_symbol_that_nobody_has_begins_anew() {
        let automaton = SuffixAutomaton::new(&[vec![1, 2, 3], vec![2, 3, 4]]).expect("small");
        let read =
            |text: &[u32]| text.iter().fold(Found::NOTHING, |found, &next| automaton.advance(found, next));
        assert_eq!(read(&[1, 2, 3, 4]).length, 3, "no passage reaches over the end of a sequence");
        assert_eq!((read(&[1, 2, 9]).length, read(&[9, 1, 2]).length), (0, 2));
        assert_eq!(automaton.ends(read(&[2, 3]), usize::MAX), [2, 4]);
        assert_eq!(automaton.ends(read(&[2, 3]), 1).len(), 1);
        let empty: [Vec<u32>; 0] = [];
        assert_eq!(SuffixAutomaton::new(&empty).expect("nothing").advance(Found::NOTHING, 1), Found::NOTHING);
    }
}
