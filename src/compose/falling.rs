//! Paths of several lattices at once, in falling order of the product of their weights.
//!
//! What is put together of segments that have nothing more to do with each other weighs the product of what they do; the
//! next combination is always one step down in one segment from one that is known (Lawler 1972).

use std::borrow::Borrow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::markov::{BestPaths, Event, Lattice};

/// What is still passed over before it is enough.
pub(super) struct Left(Cell<usize>);

impl Left {
    pub(super) fn new(most: usize) -> Left {
        Left(Cell::new(most))
    }

    /// Notes that so much more was passed over.
    pub(super) fn pass_over(&self, much: usize) {
        self.0.set(self.0.get().saturating_sub(much));
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.get() == 0
    }
}

/// The paths of one lattice, as far as they were asked for.
struct List<L, O> {
    /// What the lattice is of.
    of: O,
    paths: BestPaths<L>,
    found: Vec<(Vec<Event>, f64)>,
    /// For how many the search was begun.
    wanted: usize,
    /// How many of those that it finds next are known from before.
    known: usize,
    is_over: bool,
}

/// A combination of paths.
struct Combination {
    log: f64,
    /// Combinations that were found earlier come first among equals.
    number: usize,
    set: usize,
    ranks: Vec<usize>,
}

impl Ord for Combination {
    fn cmp(&self, other: &Combination) -> Ordering {
        self.log.total_cmp(&other.log).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Combination {
    fn partial_cmp(&self, other: &Combination) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Combination {
    fn eq(&self, other: &Combination) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Combination {}

/// See [`BestPaths::next_unless`].
type Judge<'p, O> = dyn Fn(&O, &[Event]) -> Option<usize> + 'p;

/// For each lattice of a set what it is of and its path, and the natural logarithm of the weight of the whole.
type Combined<'f, O> = (Vec<(&'f O, &'f [Event])>, f64);

/// Combinations of paths, one of each lattice of a set, in falling order over all sets.
pub(super) struct Falling<'p, L, O> {
    lists: Vec<List<L, O>>,
    /// For each set its lists, and the natural logarithm of what its combinations weigh beside their paths.
    sets: Vec<(Vec<usize>, f64)>,
    heap: BinaryHeap<Combination>,
    number: usize,
    /// See [`BestPaths::next_unless`].
    judge: Box<Judge<'p, O>>,
    left: &'p Left,
}

impl<'p, L: Borrow<Lattice>, O> Falling<'p, L, O> {
    pub(super) fn new(
        judge: impl Fn(&O, &[Event]) -> Option<usize> + 'p,
        left: &'p Left,
    ) -> Falling<'p, L, O> {
        Falling {
            lists: Vec::new(),
            sets: Vec::new(),
            heap: BinaryHeap::new(),
            number: 0,
            judge: Box::new(judge),
            left,
        }
    }

    /// Adds a lattice, with what it is of, and gives its number.
    pub(super) fn list(&mut self, lattice: L, of: O) -> usize {
        self.lists.push(List {
            of,
            paths: BestPaths::new(lattice),
            found: Vec::new(),
            wanted: 0,
            known: 0,
            is_over: false,
        });
        self.lists.len() - 1
    }

    /// The natural logarithm of the weight of a lattice's best path, whatever is refused.
    pub(super) fn log_best(&self, list: usize) -> f64 {
        self.lists[list].paths.log_best()
    }

    /// Adds a set of lattices by their numbers, and the natural logarithm of what its combinations weigh beside their paths.
    pub(super) fn add(&mut self, lists: Vec<usize>, log: f64) {
        let ranks = vec![0; lists.len()];
        self.sets.push((lists, log));
        self.push(self.sets.len() - 1, ranks);
    }

    /// What is still passed over.
    pub(super) fn left(&self) -> &'p Left {
        self.left
    }

    /// The natural logarithm of the weight of the next combination; −∞ if there is none.
    pub(super) fn log_next(&self) -> f64 {
        self.heap.peek().map_or(f64::NEG_INFINITY, |next| next.log)
    }

    /// The next combination. `None` if there are no more, or enough was passed over: then some that come next may be unknown.
    pub(super) fn next(&mut self) -> Option<Combined<'_, O>> {
        if self.left.is_none() {
            return None;
        }
        let next = self.heap.pop()?;
        // Every combination has one parent: its last rank that is not 0 one lower.
        let first = next.ranks.iter().rposition(|&rank| rank > 0).unwrap_or(0);
        for place in first..next.ranks.len() {
            let mut ranks = next.ranks.clone();
            ranks[place] += 1;
            self.push(next.set, ranks);
        }
        let lists = self.sets[next.set].0.iter().map(|&list| &self.lists[list]).zip(next.ranks);
        Some((lists.map(|(list, rank)| (&list.of, list.found[rank].0.as_slice())).collect(), next.log))
    }

    /// Puts a combination on the heap, if its lattices have so many paths.
    fn push(&mut self, set: usize, ranks: Vec<usize>) {
        let (lists, mut log) = (&self.sets[set].0, self.sets[set].1);
        for (&list, &rank) in lists.iter().zip(&ranks) {
            let list = &mut self.lists[list];
            if list.found.len() <= rank && !list.is_over && rank >= list.wanted {
                // Those that are known come again, and more behind them.
                list.wanted = (rank + 1).next_power_of_two();
                list.known = list.found.len();
                list.paths.begin(list.wanted);
            }
            while list.found.len() <= rank && !list.is_over && !self.left.is_none() {
                match list.paths.next_unless(|events| (self.judge)(&list.of, events)) {
                    Some(Some(_)) if list.known > 0 => list.known -= 1,
                    Some(Some(path)) => list.found.push(path),
                    Some(None) => self.left.pass_over(1),
                    None => list.is_over = true,
                }
            }
            let Some(path) = list.found.get(rank) else { return };
            log += path.1;
        }
        self.number += 1;
        self.heap.push(Combination { log, number: self.number, set, ranks });
    }
}
