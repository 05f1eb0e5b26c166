//! The product of a chain and an acceptor: what the chain may do and the acceptor lets pass, reachable part only.

use rustc_hash::FxHashMap;

use super::alphabet::Symbol;
use super::automaton::{Acceptor, REFUSED};
use super::chain::{Chain, Context, Continuations};
use super::kernel::Kernel;
use super::limit::{TRANSITIONS, TooLarge};

/// Transitions between pairs of a context and an acceptor's state. Pair 0 is where it starts.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Product {
    /// The transitions, numbered pairs taking the place of contexts. Each weight is the chain's probability.
    pub kernel: Kernel,
    /// The pairs: a context of the chain and a state of the acceptor.
    pub states: Vec<(Context, u32)>,
}

/// The pairs that a chain from a context and an acceptor from its start can reach in at most `steps` symbols, in the
/// order of the fewest symbols that lead there. Pairs first reached after exactly `steps` have no transitions.
pub fn product(
    chain: &Chain,
    from: Context,
    acceptor: &impl Acceptor,
    steps: usize,
) -> Result<Product, TooLarge> {
    let mut found = Product { kernel: Kernel { rows: vec![0], ..Kernel::default() }, states: Vec::new() };
    let mut numbers = Numbers::new(chain.contexts());
    let mut laws = Laws::new(chain);
    let mut successors = vec![REFUSED; chain.alphabet()];
    numbers.of((from, acceptor.start()), &mut found.states);
    // The first pair that takes one symbol more than the ones before.
    let (mut step, mut next_step) = (0, 1);
    let mut pair = 0;
    while let Some(&(context, state)) = found.states.get(pair) {
        if pair == next_step {
            step += 1;
            next_step = found.states.len();
        }
        if step < steps {
            acceptor.successors(state, &mut successors);
            for &(symbol, target, probability) in laws.of(context) {
                let successor = successors[usize::from(symbol)];
                if successor != REFUSED {
                    let number = numbers.of((target, successor), &mut found.states);
                    found.kernel.symbols.push(symbol);
                    found.kernel.targets.push(number);
                    found.kernel.weights.push(probability);
                }
            }
            TRANSITIONS.check(found.kernel.symbols.len().max(laws.entries.len()))?;
        }
        found.kernel.rows.push(found.kernel.symbols.len() as u32);
        pair += 1;
    }
    Ok(found)
}

/// The numbers given to pairs.
struct Numbers {
    /// For each context the pair met last: most contexts meet few states of the acceptor.
    latest: Vec<(u32, u32)>,
    all: FxHashMap<(Context, u32), u32>,
}

impl Numbers {
    fn new(contexts: usize) -> Numbers {
        Numbers { latest: vec![(REFUSED, 0); contexts], all: FxHashMap::default() }
    }

    fn of(&mut self, pair: (Context, u32), pairs: &mut Vec<(Context, u32)>) -> u32 {
        let latest = &mut self.latest[pair.0 as usize];
        if latest.0 != pair.1 {
            let number = *self.all.entry(pair).or_insert_with(|| {
                pairs.push(pair);
                pairs.len() as u32 - 1
            });
            *latest = (pair.1, number);
        }
        latest.1
    }
}

/// The laws of contexts, each found once.
struct Laws<'a> {
    chain: &'a Chain,
    entries: Vec<(Symbol, Context, f64)>,
    /// Where in `entries` each context's law is; an empty range until it is asked for.
    ranges: Vec<(usize, usize)>,
    row: Continuations,
}

impl<'a> Laws<'a> {
    fn new(chain: &'a Chain) -> Laws<'a> {
        Laws {
            chain,
            entries: Vec::new(),
            ranges: vec![(0, 0); chain.contexts()],
            row: Continuations::default(),
        }
    }

    fn of(&mut self, context: Context) -> &[(Symbol, Context, f64)] {
        let range = &mut self.ranges[context as usize];
        if range.1 == 0 {
            self.chain.continuations(context, &mut self.row);
            let begin = self.entries.len();
            let row = self.row.probabilities.iter().zip(&self.row.targets);
            self.entries.extend(
                (0..)
                    .zip(row)
                    .filter(|&(_, (&probability, _))| probability > 0.0)
                    .map(|(symbol, (&probability, &target))| (symbol, target, probability)),
            );
            *range = (begin, self.entries.len());
        }
        &self.entries[range.0..range.1]
    }
}
