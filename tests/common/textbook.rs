//! Constrained sampling as a textbook has it: states are lists of symbols, looked up in hash maps at every step, and
//! nothing is numbered or factored. What the engine's speed is measured against.

#![allow(clippy::disallowed_types, reason = "no sum here depends on the order of a map")]

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use rand_chacha::ChaCha8Rng;
use tunesmith::markov::{Allowed, Symbol, draw};

pub type Word = Vec<Symbol>;

/// Where a sequence has come to: its context, and the end of it that begins a forbidden word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    pub context: Word,
    pub begun: Word,
}

/// A mixture source with its forbidden words.
#[derive(Clone, Debug, Default)]
pub struct Textbook {
    /// The law of each context, every symbol once.
    laws: HashMap<Word, Vec<(Symbol, f64)>>,
    forbidden: HashSet<Word>,
    /// All beginnings of forbidden words.
    beginnings: HashSet<Word>,
    order: usize,
}

/// From each state the symbols that may come, with their weights and the states after them.
pub type Graph = HashMap<State, Vec<(Symbol, f64, State)>>;

/// For each position the messages of the states that can be reached before it, and those at the end.
pub type Messages = Vec<HashMap<State, f64>>;

impl Textbook {
    /// Counts what follows every passage of up to `order` symbols, and mixes the laws of its suffixes.
    pub fn learn(corpus: &[Word], order: usize, backoff: f64) -> Textbook {
        let mut counts: HashMap<Word, BTreeMap<Symbol, u32>> = HashMap::new();
        for sequence in corpus {
            for end in 0..=sequence.len() {
                for length in 0..=order.min(end) {
                    let after = counts.entry(sequence[end - length..end].to_vec()).or_default();
                    if let Some(&next) = sequence.get(end) {
                        *after.entry(next).or_default() += 1;
                    }
                }
            }
        }
        let law = |context: &Word| {
            let mut law: BTreeMap<Symbol, f64> = BTreeMap::new();
            let (mut power, mut total) = (1.0, 0.0);
            for start in 0..=context.len() {
                let after = &counts[&context[start..]];
                let continued: u32 = after.values().sum();
                if continued > 0 {
                    for (&symbol, &count) in after {
                        *law.entry(symbol).or_default() += power * f64::from(count) / f64::from(continued);
                    }
                    total += power;
                    power *= backoff;
                }
            }
            law.into_iter().filter(|way| way.1 > 0.0).map(|(symbol, w)| (symbol, w / total)).collect()
        };
        let laws = counts.keys().map(|context| (context.clone(), law(context))).collect();
        Textbook { laws, order, ..Textbook::default() }
    }

    /// Forbids words.
    pub fn forbid<'a>(&mut self, words: impl IntoIterator<Item = &'a [Symbol]>) {
        for word in words {
            self.beginnings.extend((0..word.len()).map(|length| word[..length].to_vec()));
            self.forbidden.insert(word.to_vec());
        }
    }

    /// How many contexts there are.
    pub fn contexts(&self) -> usize {
        self.laws.len()
    }

    /// The state after a past that no forbidden word may begin in.
    pub fn start(&self, past: &[Symbol]) -> State {
        State { context: self.context(past), begun: Word::new() }
    }

    fn context(&self, past: &[Symbol]) -> Word {
        let from = past.len().saturating_sub(self.order);
        let known = (from..=past.len()).find(|&from| self.laws.contains_key(&past[from..]));
        past[known.unwrap_or(past.len())..].to_vec()
    }

    /// The state after one more symbol; `None` if it completes a forbidden word.
    fn next(&self, state: &State, symbol: Symbol) -> Option<State> {
        let context = self.context(&[state.context.as_slice(), &[symbol]].concat());
        let read = [state.begun.as_slice(), &[symbol]].concat();
        if (0..=read.len()).any(|from| self.forbidden.contains(&read[from..])) {
            return None;
        }
        let begun = (0..=read.len()).find(|&from| self.beginnings.contains(&read[from..]));
        Some(State { context, begun: begun.map_or(Word::new(), |from| read[from..].to_vec()) })
    }

    /// The ways onward from all states that can be reached, each state expanded once.
    pub fn graph(&self, start: &State, length: usize) -> Graph {
        let mut graph = Graph::default();
        let mut latest = vec![start.clone()];
        for _ in 0..length {
            let mut ahead = Vec::new();
            for state in latest {
                if let Entry::Vacant(new) = graph.entry(state) {
                    let ways = self.laws[&new.key().context].iter();
                    let onward = |&(symbol, weight): &(Symbol, f64)| {
                        self.next(new.key(), symbol).map(|next| (symbol, weight, next))
                    };
                    let ways: Vec<_> = ways.filter_map(onward).collect();
                    ahead.extend(ways.iter().map(|way| way.2.clone()));
                    new.insert(ways);
                }
            }
            latest = ahead;
        }
        graph
    }

    /// The backward messages over all that can be reached from a state.
    pub fn messages(graph: &Graph, start: &State, positions: &[Allowed]) -> Messages {
        let mut layers: Vec<HashSet<&State>> = vec![HashSet::from([start])];
        for allowed in positions {
            let here = &layers[layers.len() - 1];
            let ways = here.iter().flat_map(|&state| &graph[state]).filter(|way| allowed.allows(way.0));
            let ahead = ways.map(|way| &way.2).collect();
            layers.push(ahead);
        }
        let end = layers.pop().into_iter().flatten().map(|state| (state.clone(), 1.0)).collect();
        let mut messages: Messages = vec![end];
        for (layer, allowed) in layers.into_iter().zip(positions).rev() {
            let ahead = &messages[messages.len() - 1];
            let sum = |state: &State| {
                let ways = graph[state].iter().filter(|way| allowed.allows(way.0));
                ways.map(|(_, weight, next)| weight * ahead[next]).sum::<f64>()
            };
            let here = layer.into_iter().map(|state| (state.clone(), sum(state))).collect();
            messages.push(here);
        }
        messages.reverse();
        messages
    }

    /// Draws a sequence; `None` if there is none.
    pub fn sample(
        graph: &Graph,
        start: &State,
        positions: &[Allowed],
        messages: &Messages,
        rng: &mut ChaCha8Rng,
    ) -> Option<Word> {
        let mut state = start;
        let mut sequence = Word::new();
        for (allowed, ahead) in positions.iter().zip(&messages[1..]) {
            let ways: Vec<_> = graph[state].iter().filter(|way| allowed.allows(way.0)).collect();
            let weights: Vec<f64> = ways.iter().map(|(_, weight, next)| weight * ahead[next]).collect();
            let (symbol, _, next) = ways[draw::choose(rng, &weights)?];
            sequence.push(*symbol);
            state = next;
        }
        Some(sequence)
    }

    /// The probability, per symbol drawn from its context, of all sequences from no context at all whose symbols
    /// last `total` together and are from `least` to `most`. Forbidden words are not looked at.
    pub fn meter_mass(&self, lasts: &[u32], total: usize, least: usize, most: usize) -> f64 {
        let mut layers: Vec<HashSet<(usize, Word)>> = vec![HashSet::default(); total + 1];
        layers[0].insert((0, Word::new()));
        let ways = |context: &Word, time: usize| {
            let ways = self.laws[context].iter().map(|&(y, weight)| (y, weight, lasts[usize::from(y)]));
            let ways = ways.map(move |(y, weight, lasts)| (y, weight, time + lasts as usize));
            ways.filter(|way| way.2 <= total).collect::<Vec<_>>()
        };
        let after = |context: &Word, symbol: Symbol| self.context(&[context.as_slice(), &[symbol]].concat());
        for time in 0..total {
            for (count, context) in std::mem::take(&mut layers[time]) {
                if count < most {
                    for (symbol, _, then) in ways(&context, time) {
                        layers[then].insert((count + 1, after(&context, symbol)));
                    }
                }
                layers[time].insert((count, context));
            }
        }
        let mut messages: Vec<HashMap<(usize, Word), f64>> = vec![HashMap::default(); total + 1];
        for time in (0..=total).rev() {
            for (count, context) in std::mem::take(&mut layers[time]) {
                let mass = if time == total {
                    f64::from(u8::from(count >= least))
                } else if count == most {
                    0.0
                } else {
                    let onward = |(symbol, weight, then): (Symbol, f64, usize)| {
                        weight * messages[then][&(count + 1, after(&context, symbol))]
                    };
                    ways(&context, time).into_iter().map(onward).sum()
                };
                messages[time].insert((count, context), mass);
            }
        }
        messages[0][&(0, Word::new())]
    }
}
