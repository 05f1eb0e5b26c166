//! The mixture source and its constraints a second time, straight from their definitions and without any care for
//! speed: what the engine is held against.

use tunesmith::markov::{Allowed, Symbol};

/// A request for sequences, as plain data.
#[derive(Clone, Debug)]
pub struct Request {
    pub corpus: Vec<Vec<Symbol>>,
    pub order: usize,
    pub backoff: f64,
    pub start: Vec<Symbol>,
    pub positions: Vec<Allowed>,
    /// No run of this many new symbols may occur in the corpus.
    pub forbidden_run: Option<usize>,
}

impl Request {
    pub fn alphabet(&self) -> Symbol {
        self.corpus.iter().flatten().max().map_or(0, |&y| y + 1)
    }

    /// All sequences that do what is asked, each with its probability under the source, in lexicographic order.
    pub fn enumerate(&self) -> Vec<(Vec<Symbol>, f64)> {
        let mut all = vec![(Vec::new(), 1.0)];
        for allowed in &self.positions {
            let mut longer = Vec::new();
            for (sequence, probability) in &all {
                let past = [self.start.as_slice(), sequence].concat();
                for symbol in (0..self.alphabet()).filter(|&y| allowed.allows(y)) {
                    let sequence = [sequence.as_slice(), &[symbol]].concat();
                    let probability = probability * self.probability(&past, symbol);
                    if probability > 0.0 && !self.copies(&sequence) {
                        longer.push((sequence, probability));
                    }
                }
            }
            all = longer;
        }
        all
    }

    /// Whether the last symbols of a sequence are a forbidden run.
    fn copies(&self, sequence: &[Symbol]) -> bool {
        self.forbidden_run.is_some_and(|length| {
            length <= sequence.len() && occurs(&sequence[sequence.len() - length..], &self.corpus)
        })
    }

    /// The probability of a symbol after a past.
    pub fn probability(&self, past: &[Symbol], symbol: Symbol) -> f64 {
        let context = self.context(past);
        let (mut weight, mut total) = (0.0, 0.0);
        // With λ = 0, 0⁰ = 1 for the longest suffix that the corpus continues; the definition's limit as λ falls.
        let mut longest_continued = None;
        for length in (0..=context.len()).rev() {
            let suffix = &context[context.len() - length..];
            let continuations = (0..self.alphabet()).map(|y| count(&[suffix, &[y]].concat(), &self.corpus));
            let continued: usize = continuations.sum();
            if continued > 0 {
                let longest = *longest_continued.get_or_insert(length);
                let power = if self.backoff == 0.0 { longest } else { context.len() } - length;
                let share: f64 = std::iter::repeat_n(self.backoff, power).product();
                weight +=
                    share * count(&[suffix, &[symbol]].concat(), &self.corpus) as f64 / continued as f64;
                total += share;
            }
        }
        weight / total
    }

    /// The longest observed suffix of a past, up to the order.
    pub fn context<'a>(&self, past: &'a [Symbol]) -> &'a [Symbol] {
        let mut context = &past[past.len().saturating_sub(self.order)..];
        while !context.is_empty() && !occurs(context, &self.corpus) {
            context = &context[1..];
        }
        context
    }
}

fn count(word: &[Symbol], corpus: &[Vec<Symbol>]) -> usize {
    corpus.iter().map(|sequence| sequence.windows(word.len()).filter(|&window| window == word).count()).sum()
}

fn occurs(word: &[Symbol], corpus: &[Vec<Symbol>]) -> bool {
    word.is_empty() || count(word, corpus) > 0
}
