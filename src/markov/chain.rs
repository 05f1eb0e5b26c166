//! The mixture chain: a variable-order Markov source whose law mixes all orders up to its own.
//!
//! The state is the longest passage of the corpus, up to the order, that the symbols so far end with. The law of the
//! next symbol mixes the laws of all suffixes of that context, longer ones weighing more; there is no hard
//! back-off, which would leave nothing at all under a copy limit (Pachet, "Variable-order Markov chains with
//! constraints", arXiv 2605.07839, 2026).

use super::alphabet::Symbol;
use super::limit::{CORPUS, TooLarge};
use super::trie::{Stretch, Trie};

/// A context: an observed passage of at most the chain's order. 0 is the empty one.
pub type Context = u32;

/// A chain learned from sequences.
///
/// In context s, the weight of the next symbol y is the sum over k = 0..|s| of
/// λ^(|s|−k) · count(suffixₖ(s), y) / count(suffixₖ(s)), where suffixes that the corpus never continues are left
/// out, divided by the sum over all y.
#[derive(Clone, Debug)]
pub struct Chain {
    trie: Trie,
    order: usize,
    backoff: f64,
    alphabet: usize,
}

/// The law of the next symbol in one context, and where each leads: one entry a symbol of the alphabet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Continuations {
    /// The probability of each symbol; 0 for one that cannot come.
    pub probabilities: Vec<f64>,
    /// The context after each symbol; of no meaning where the probability is 0.
    pub targets: Vec<Context>,
}

/// Why a chain cannot be learned.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// The back-off is no number from 0 to 1.
    #[error("the back-off is {0}: it must be from 0 to 1")]
    Backoff(f64),
    /// The corpus has too many passages.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Chain {
    /// Learns the chain of an order from sequences, which nothing joins: no context reaches across two.
    ///
    /// `backoff` is λ, the weight of each shorter suffix against the next longer one, from 0 to 1. With 0 only the
    /// longest suffix that was ever continued counts. Weights below the range of f64 (about 10⁻³⁰⁸) count as none.
    pub fn learn(sequences: &[Vec<Symbol>], order: usize, backoff: f64) -> Result<Chain, LearnError> {
        if !(0.0..=1.0).contains(&backoff) {
            return Err(LearnError::Backoff(backoff));
        }
        let reach = order.saturating_add(1);
        let text: Vec<Symbol> = sequences.concat();
        CORPUS.check(text.len())?;
        let mut words = Vec::with_capacity(text.len());
        let mut begin = 0;
        for sequence in sequences {
            let end = begin + sequence.len();
            words.extend((begin..end).map(|start| Stretch {
                start: start as u32,
                end: start.saturating_add(reach).min(end) as u32,
            }));
            begin = end;
        }
        let alphabet = text.iter().max().map_or(0, |&largest| usize::from(largest) + 1);
        Ok(Chain { trie: Trie::of(&text, words)?, order, backoff, alphabet })
    }

    /// The longest context, in symbols.
    pub fn order(&self) -> usize {
        self.order
    }

    /// One more than the largest symbol of the corpus.
    pub fn alphabet(&self) -> usize {
        self.alphabet
    }

    /// The number of contexts.
    pub fn contexts(&self) -> usize {
        self.trie.shallow(self.order)
    }

    /// The context in which a past leaves the chain: its longest suffix that is one.
    pub fn context_after(&self, past: &[Symbol]) -> Context {
        past.iter().fold(0, |context, &symbol| self.next(context, symbol))
    }

    /// The context after one more symbol; the empty one after a symbol that was never seen.
    pub fn next(&self, context: Context, symbol: Symbol) -> Context {
        let short = self.extensible();
        let suffixes = self.trie.suffixes(context).filter(|&suffix| suffix < short);
        suffixes.filter_map(|suffix| self.trie.child(suffix, symbol)).next().unwrap_or(0)
    }

    /// Fills in the law of the next symbol.
    pub fn continuations(&self, context: Context, into: &mut Continuations) {
        into.probabilities.clear();
        into.probabilities.resize(self.alphabet, 0.0);
        into.targets.clear();
        into.targets.resize(self.alphabet, 0);
        // λ to the power of what each suffix is shorter than the longest that goes on: the ratios are those of the
        // definition, and with λ = 0 that longest one still counts.
        let mut power = 1.0;
        let mut total = 0.0;
        let short = self.extensible();
        for suffix in self.trie.suffixes(context) {
            let continued = self.trie.continued(suffix);
            if continued == 0 {
                continue;
            }
            let share = power / f64::from(continued);
            let extensible = suffix < short;
            for (symbol, child, count) in self.trie.counted_children(suffix) {
                into.probabilities[usize::from(symbol)] += share * f64::from(count);
                let target = &mut into.targets[usize::from(symbol)];
                // Not if a longer suffix was here before; no child is the root.
                if extensible && *target == 0 {
                    *target = child;
                }
            }
            total += power;
            power *= self.backoff;
        }
        if total > 0.0 {
            let scale = 1.0 / total;
            into.probabilities.iter_mut().for_each(|probability| *probability *= scale);
        }
    }

    /// The probability of a symbol in a context.
    pub fn probability(&self, context: Context, symbol: Symbol) -> f64 {
        let mut law = Continuations::default();
        self.continuations(context, &mut law);
        law.probabilities.get(usize::from(symbol)).copied().unwrap_or(0.0)
    }

    /// Contexts below this are short enough to be extended to a context.
    fn extensible(&self) -> Context {
        if self.order == 0 { 0 } else { self.trie.shallow(self.order - 1) as Context }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_mixes_all_suffixes() {
        // After 0 comes 1 twice and 2 once; of all six symbols, 0 stands three times, 1 twice, 2 once.
        let chain = Chain::learn(&[vec![0, 1, 0, 1, 0, 2]], 1, 0.5).expect("small");
        let context = chain.context_after(&[0]);
        let weights = [0.5 * 3.0 / 6.0, 2.0 / 3.0 + 0.5 * 2.0 / 6.0, 1.0 / 3.0 + 0.5 / 6.0];
        for (symbol, weight) in (0..).zip(weights) {
            assert!((chain.probability(context, symbol) - weight / 1.5).abs() < 1e-15);
        }
        assert_eq!(chain.probability(context, 3), 0.0);
    }

    #[test]
    fn contexts_are_observed_passages_up_to_the_order() {
        let chain = Chain::learn(&[vec![0, 1, 0, 1, 0, 2]], 2, 0.25).expect("small");
        // The empty one; 0, 1, 2; 01, 10, 02.
        assert_eq!((chain.order(), chain.alphabet(), chain.contexts()), (2, 3, 7));
        assert_eq!(chain.context_after(&[1, 0, 1]), chain.context_after(&[0, 1]));
        assert_eq!(chain.context_after(&[2, 1]), chain.context_after(&[1]));
        assert_eq!(chain.context_after(&[0, 9]), 0);
        assert_eq!(Chain::learn(&[vec![0, 1]], usize::MAX, 0.25).expect("small").contexts(), 4);
    }

    #[test]
    fn no_context_joins_two_sequences() {
        let chain = Chain::learn(&[vec![0, 1], vec![2, 0]], 2, 0.0).expect("small");
        assert_eq!(chain.context_after(&[1, 2]), chain.context_after(&[2]));
        // 1 and 0 each end a sequence, so after 1 only the empty context says what comes.
        let after = chain.context_after(&[1]);
        assert_eq!([0, 1, 2].map(|symbol| chain.probability(after, symbol)), [0.5, 0.25, 0.25]);
        assert_eq!(chain.probability(chain.context_after(&[0]), 1), 1.0);
    }
}
