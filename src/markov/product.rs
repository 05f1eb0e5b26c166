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
    // Room for the usual case at once: pages that stay untouched cost nothing, moving to larger room does.
    let room = chain.contexts().saturating_mul(chain.alphabet()).min(1 << 17);
    let (mut rows, mut symbols) = (vec![0], Vec::with_capacity(room));
    let (mut targets, mut weights) = (Vec::with_capacity(room), Vec::with_capacity(room));
    let mut states = Vec::new();
    let mut numbers = Numbers::new(chain.contexts());
    let mut laws = Laws::new(chain);
    let mut successors = vec![REFUSED; chain.alphabet()];
    numbers.of((from, acceptor.start()), &mut states);
    // The first pair that takes one symbol more than the ones before.
    let (mut step, mut next_step) = (0, 1);
    let mut pair = 0;
    while let Some(&(context, state)) = states.get(pair) {
        if pair == next_step {
            step += 1;
            next_step = states.len();
        }
        if step < steps {
            let law = laws.of(context);
            // A row of successors costs the whole alphabet: for few symbols, single steps are cheaper.
            let single_steps = law.len() * STEPS_TO_A_ROW < successors.len();
            if !single_steps {
                acceptor.successors(state, &mut successors);
            }
            for &(symbol, target, probability) in law {
                let successor = if single_steps {
                    acceptor.next(state, symbol).unwrap_or(REFUSED)
                } else {
                    successors[usize::from(symbol)]
                };
                if successor != REFUSED {
                    symbols.push(symbol);
                    targets.push(numbers.of((target, successor), &mut states));
                    weights.push(probability);
                }
            }
            TRANSITIONS.check(symbols.len().max(laws.kept.len()))?;
        }
        rows.push(symbols.len() as u32);
        pair += 1;
    }
    let kernel = Kernel::new(rows, symbols, targets, weights);
    Ok(Product { kernel, states })
}

/// Where a law has fewer symbols than this part of the alphabet, the acceptor is asked for each of them.
const STEPS_TO_A_ROW: usize = 8;

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

    #[inline]
    fn of(&mut self, pair: (Context, u32), pairs: &mut Vec<(Context, u32)>) -> u32 {
        let latest = self.latest[pair.0 as usize];
        if latest.0 == pair.1 { latest.1 } else { self.look_up(pair, pairs) }
    }

    fn look_up(&mut self, pair: (Context, u32), pairs: &mut Vec<(Context, u32)>) -> u32 {
        let number = *self.all.entry(pair).or_insert_with(|| {
            pairs.push(pair);
            pairs.len() as u32 - 1
        });
        self.latest[pair.0 as usize] = (pair.1, number);
        number
    }
}

/// The laws of contexts. Those asked for a second time are kept.
struct Laws<'a> {
    chain: &'a Chain,
    kept: Vec<(Symbol, Context, f64)>,
    places: Vec<Place>,
    row: Continuations,
    latest: Vec<(Symbol, Context, f64)>,
}

/// Where a context's law is.
#[derive(Clone, Copy)]
enum Place {
    Unseen,
    Seen,
    Kept { begin: u32, end: u32 },
}

impl<'a> Laws<'a> {
    fn new(chain: &'a Chain) -> Laws<'a> {
        let places = vec![Place::Unseen; chain.contexts()];
        Laws { chain, kept: Vec::new(), places, row: Continuations::default(), latest: Vec::new() }
    }

    fn of(&mut self, context: Context) -> &[(Symbol, Context, f64)] {
        let place = &mut self.places[context as usize];
        if let Place::Kept { begin, end } = *place {
            return &self.kept[begin as usize..end as usize];
        }
        self.chain.continuations(context, &mut self.row);
        self.latest.clear();
        for (symbol, (&probability, &target)) in
            (0..).zip(self.row.probabilities.iter().zip(&self.row.targets))
        {
            if probability > 0.0 {
                self.latest.push((symbol, target, probability));
            }
        }
        *place = match place {
            Place::Unseen => Place::Seen,
            _ => {
                let begin = self.kept.len() as u32;
                self.kept.extend_from_slice(&self.latest);
                Place::Kept { begin, end: self.kept.len() as u32 }
            }
        };
        &self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::super::automaton::{Anything, Forbidden};
    use super::*;

    #[test]
    fn without_an_acceptor_the_product_is_the_reachable_chain() {
        let chain = Chain::learn(&[vec![0, 1, 2, 0, 2, 1]], 2, 0.25).expect("small");
        let found = product(&chain, 0, &Anything, usize::MAX).expect("small");
        // From the empty context every passage can be reached again, but never the empty context.
        assert_eq!(found.states.len(), chain.contexts());
        for (pair, &(context, _)) in found.states.iter().enumerate() {
            let total: f64 = found.kernel.weights[found.kernel.row(pair)].iter().sum();
            assert!((total - 1.0).abs() < 1e-15);
            for entry in found.kernel.row(pair) {
                let (symbol, target) = (found.kernel.symbols[entry], found.kernel.targets[entry]);
                assert_eq!(found.states[target as usize].0, chain.next(context, symbol));
                assert_eq!(found.kernel.weights[entry], chain.probability(context, symbol));
            }
        }
    }

    #[test]
    fn laws_of_few_symbols_in_a_large_alphabet_meet_the_acceptor_all_the_same() {
        // Symbol 200 is followed by one symbol alone; after the others every law has one or two of 201.
        let sequence: Vec<Symbol> = (0..=200).chain([7, 200]).chain((0..=200).rev()).collect();
        let corpus = [sequence];
        for backoff in [0.0, 0.25] {
            // Without back-off laws are short and the acceptor takes single steps, with it they are whole rows.
            let chain = Chain::learn(&corpus, 2, backoff).expect("small");
            let forbidden = Forbidden::words(&[vec![3, 4, 5], vec![9], vec![200, 7]]).expect("small");
            let found = product(&chain, 0, &forbidden, 6).expect("small");
            let mut refused = 0;
            for (pair, &(context, state)) in found.states.iter().enumerate() {
                let row = found.kernel.row(pair);
                if row.is_empty() {
                    continue;
                }
                let mut ways = row.map(|way| (found.kernel.symbols[way], found.kernel.targets[way]));
                for symbol in (0..=200).filter(|&symbol| chain.probability(context, symbol) > 0.0) {
                    match forbidden.next(state, symbol) {
                        None => refused += 1,
                        Some(next) => {
                            let (emitted, target) = ways.next().expect("a way for each symbol that may come");
                            let reached = (chain.next(context, symbol), next);
                            assert_eq!((emitted, found.states[target as usize]), (symbol, reached));
                        }
                    }
                }
                assert_eq!(ways.next(), None);
            }
            assert!(refused > 3, "{refused}");
        }
    }

    #[test]
    fn what_takes_too_many_symbols_to_reach_is_left_out() {
        let chain = Chain::learn(&[vec![0, 1, 2, 3, 4, 5]], 1, 0.0).expect("small");
        let found = product(&chain, chain.context_after(&[0]), &Anything, 2).expect("small");
        let contexts: Vec<_> = found.states.iter().map(|pair| pair.0).collect();
        assert_eq!(contexts, [0, 1, 2].map(|symbol| chain.context_after(&[symbol])));
        assert_eq!(*found.kernel.rows, [0, 1, 2, 2]);
    }

    #[test]
    fn what_the_acceptor_refuses_is_left_out() {
        let corpus = [vec![0, 1, 0, 0, 1, 1]];
        let chain = Chain::learn(&corpus, 1, 0.25).expect("small");
        let copies = Forbidden::runs_of(&corpus, 2).expect("small");
        // Every pair of symbols occurs: after one symbol nothing is left.
        let found = product(&chain, 0, &copies, 9).expect("small");
        assert_eq!(*found.kernel.rows, [0, 2, 2, 2]);
    }
}
