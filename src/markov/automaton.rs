//! Acceptors: deterministic automata that read symbols one by one and refuse some sequences.

use super::alphabet::Symbol;
use super::limit::{CORPUS, TooLarge};
use super::trie::{Node, Stretch, Trie};

/// In a row of successors, the mark of a symbol that is refused.
pub const REFUSED: u32 = u32::MAX;

/// A deterministic automaton all of whose states accept: a sequence is refused as soon as a symbol has no successor.
pub trait Acceptor {
    /// The state before any symbol.
    fn start(&self) -> u32;

    /// The state after one more symbol; `None` if the sequence is refused.
    fn next(&self, state: u32, symbol: Symbol) -> Option<u32>;

    /// Fills in the state after each symbol of an alphabet that starts at 0, [`REFUSED`] where there is none.
    fn successors(&self, state: u32, into: &mut [u32]) {
        for (symbol, slot) in (0..=Symbol::MAX).zip(into) {
            *slot = self.next(state, symbol).unwrap_or(REFUSED);
        }
    }

    /// Whether a whole sequence is accepted.
    fn accepts(&self, sequence: &[Symbol]) -> bool {
        sequence.iter().try_fold(self.start(), |state, &symbol| self.next(state, symbol)).is_some()
    }
}

/// The acceptor of every sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anything;

impl Acceptor for Anything {
    fn start(&self) -> u32 {
        0
    }

    fn next(&self, _: u32, _: Symbol) -> Option<u32> {
        Some(0)
    }
}

/// The acceptor of every sequence in which none of some words occurs (Aho and Corasick, "Efficient string matching",
/// 1975). Its state is the longest end of what was read that begins one of the words.
#[derive(Clone, Debug)]
pub struct Forbidden {
    trie: Trie,
    /// Whether a node's word ends with a forbidden one.
    refused: Vec<bool>,
}

impl Forbidden {
    /// Forbids words. The empty word forbids everything but the empty sequence.
    pub fn words(words: &[Vec<Symbol>]) -> Result<Forbidden, TooLarge> {
        let mut end = 0;
        let stretches = words.iter().map(|word| {
            let start = end;
            end += word.len();
            Stretch { start: start as u32, end: end as u32 }
        });
        let stretches = stretches.collect();
        Forbidden::stretches(&words.concat(), stretches)
    }

    /// The copy limit: forbids every run of `length` symbols that occurs in one of the sequences, so that no more
    /// than `length − 1` successive symbols are theirs (the max order of Papadopoulos, Roy and Pachet, "Avoiding
    /// plagiarism in Markov sequence generation", AAAI 2014). Length 0 forbids everything, like the empty word.
    pub fn runs_of(sequences: &[Vec<Symbol>], length: usize) -> Result<Forbidden, TooLarge> {
        let mut runs = Vec::new();
        let mut begin = 0;
        for sequence in sequences {
            let count = (sequence.len() + 1).saturating_sub(length);
            runs.extend(
                (begin..begin + count)
                    .map(|start| Stretch { start: start as u32, end: (start + length) as u32 }),
            );
            begin += sequence.len();
        }
        Forbidden::stretches(&sequences.concat(), runs)
    }

    fn stretches(text: &[Symbol], words: Vec<Stretch>) -> Result<Forbidden, TooLarge> {
        CORPUS.check(text.len())?;
        let trie = Trie::of(text, words)?;
        let mut refused = vec![false; trie.len()];
        for node in 0..trie.len() as Node {
            // Links lead to nodes of smaller depth, so of smaller number.
            refused[node as usize] = trie.is_word(node) || (node > 0 && refused[trie.link(node) as usize]);
        }
        Ok(Forbidden { trie, refused })
    }
}

impl Acceptor for Forbidden {
    fn start(&self) -> u32 {
        0
    }

    fn next(&self, state: u32, symbol: Symbol) -> Option<u32> {
        let found = self.trie.suffixes(state).find_map(|suffix| self.trie.child(suffix, symbol)).unwrap_or(0);
        (!self.refused[found as usize]).then_some(found)
    }

    fn successors(&self, state: u32, into: &mut [u32]) {
        // 0 stands for "not yet known", and in the end for the root, to which what nothing else takes leads.
        into.fill(0);
        for suffix in self.trie.suffixes(state) {
            for (symbol, child) in self.trie.children(suffix) {
                if let Some(slot @ 0) = into.get_mut(usize::from(symbol)) {
                    *slot = if self.refused[child as usize] { REFUSED } else { child };
                }
            }
        }
        if self.refused[0] {
            into.fill(REFUSED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All sequences over `0..alphabet` of a length.
    fn sequences(alphabet: Symbol, length: usize) -> Vec<Vec<Symbol>> {
        (0..length).fold(vec![Vec::new()], |all, _| {
            all.iter().flat_map(|s| (0..alphabet).map(|y| [s.as_slice(), &[y]].concat())).collect()
        })
    }

    fn occurs(word: &[Symbol], text: &[Symbol]) -> bool {
        word.is_empty() || text.windows(word.len()).any(|window| window == word)
    }

    #[test]
    fn forbidden_words_of_any_length_are_refused_and_nothing_else() {
        let words = vec![vec![0, 1, 0, 2], vec![1, 0, 1], vec![2, 2], vec![0, 0, 0, 0]];
        let acceptor = Forbidden::words(&words).expect("small");
        for sequence in sequences(3, 7) {
            let clean = !words.iter().any(|word| occurs(word, &sequence));
            assert_eq!(acceptor.accepts(&sequence), clean, "{sequence:?}");
        }
    }

    #[test]
    fn the_copy_limit_refuses_runs_of_one_sequence_but_not_across_two() {
        let corpus = vec![vec![0, 1, 2, 0, 2], vec![1, 1, 0], vec![2]];
        for length in 1..5 {
            let acceptor = Forbidden::runs_of(&corpus, length).expect("small");
            for sequence in sequences(3, 6) {
                let copied = sequence.windows(length).any(|run| corpus.iter().any(|s| occurs(run, s)));
                assert_eq!(acceptor.accepts(&sequence), !copied, "{length}: {sequence:?}");
            }
        }
    }

    #[test]
    fn rows_of_successors_agree_with_single_steps() {
        let words = vec![vec![0, 1, 0, 2], vec![1, 0, 1], vec![2, 2]];
        let acceptor = Forbidden::words(&words).expect("small");
        for sequence in sequences(3, 4) {
            let read = sequence.iter().try_fold(acceptor.start(), |state, &y| acceptor.next(state, y));
            let Some(state) = read else { continue };
            let mut row = [7; 5];
            acceptor.successors(state, &mut row);
            for (symbol, &successor) in (0..).zip(&row) {
                assert_eq!(successor, acceptor.next(state, symbol).unwrap_or(REFUSED));
            }
        }
    }

    #[test]
    fn no_words_refuse_nothing_and_the_empty_word_refuses_all() {
        assert!(Forbidden::words(&[]).expect("small").accepts(&[3, 1, 4]));
        let nothing = Forbidden::words(&[vec![]]).expect("small");
        assert!(nothing.accepts(&[]) && !nothing.accepts(&[3]));
        let mut row = [0; 2];
        nothing.successors(nothing.start(), &mut row);
        assert_eq!(row, [REFUSED; 2]);
    }
}
