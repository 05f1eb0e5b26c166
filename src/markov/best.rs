//! The most probable paths through a lattice.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::lattice::{Jump, Lattice};
use super::messages::{Event, Messages, State, entries, pow2};
use super::pass::Best;

/// A way onward from a state.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The natural logarithm by which the best path that takes it falls short of the best one from the state.
    short: f64,
    /// The natural logarithm of its own weight.
    log: f64,
    jump: Jump,
    symbol: Option<u16>,
    target: u32,
}

/// A step of a path that was followed, with the one before it.
struct Link {
    before: Option<usize>,
    event: Event,
    log: f64,
}

/// The best path among those that go one way up to a state, and there take the way of a rank or a later one.
struct Branch {
    /// By how much it falls short of the best path of all.
    short: f64,
    /// Branches that were found earlier come first among equals.
    number: usize,
    /// The step that led to the state.
    before: Option<usize>,
    state: State,
    rank: usize,
}

impl Ord for Branch {
    fn cmp(&self, other: &Branch) -> Ordering {
        // The heap gives the largest first.
        other.short.total_cmp(&self.short).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Branch {
    fn partial_cmp(&self, other: &Branch) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Branch {
    fn eq(&self, other: &Branch) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Branch {}

/// The paths of a lattice in falling order of their weight, each found when it is asked for. Among equals the order is
/// fixed. Paths 2^1000 times less probable than the best may be left out.
pub struct BestPaths<L> {
    lattice: L,
    /// For every state the weight of the best way from there to the end.
    messages: Messages,
    most: usize,
    ways: BTreeMap<State, Rc<[Way]>>,
    links: Vec<Link>,
    heap: BinaryHeap<Branch>,
    branches: usize,
    /// Whether the best path is known.
    is_begun: bool,
    /// How many of the ways to one state, with what is remembered there, are followed up.
    most_through: usize,
    /// How many were.
    followed: FxHashMap<(State, Vec<Event>), usize>,
}

impl Messages {
    /// The most probable path and the natural logarithm of its weight; the first in order among equals; `None` if
    /// there is no path.
    pub fn best(lattice: &Lattice) -> Option<(Vec<Event>, f64)> {
        Messages::k_best(lattice, 1).pop()
    }

    /// The `k` most probable paths in falling order, each with the natural logarithm of its weight; fewer if there are
    /// no more. Among equals the order is fixed. Paths 2^1000 times less probable than the best may be left out.
    ///
    /// Backward messages of maxima tell of each way how far it falls short, so the next path is always the cheapest
    /// departure from one that is known already (Lawler 1972; Huang and Chiang, "Better k-best Parsing", 2005): each
    /// costs little more than writing it down.
    pub fn k_best(lattice: &Lattice, k: usize) -> Vec<(Vec<Event>, f64)> {
        BestPaths { most: k, ..BestPaths::new(lattice) }.take(k).collect()
    }

    /// For every state the weight of the best way from there to the end, in the memory of these messages.
    pub fn recompute_best(&mut self, lattice: &Lattice) {
        self.fill::<Best>(lattice, 0);
    }
}

impl<L: Borrow<Lattice>> BestPaths<L> {
    /// The paths of a lattice.
    pub fn new(lattice: L) -> BestPaths<L> {
        let mut messages = Messages::default();
        messages.recompute_best(lattice.borrow());
        BestPaths {
            lattice,
            messages,
            most: usize::MAX,
            ways: BTreeMap::new(),
            links: Vec::new(),
            heap: BinaryHeap::new(),
            branches: 0,
            is_begun: false,
            most_through: usize::MAX,
            followed: FxHashMap::default(),
        }
    }

    /// Begins anew, for so many paths, by [`next_unless`](Self::next_unless).
    pub fn begin(&mut self, paths: usize) {
        self.links.clear();
        self.heap.clear();
        self.followed.clear();
        (self.branches, self.is_begun, self.most_through) = (0, false, paths);
    }

    /// The natural logarithm of the weight of the best path; −∞ if there is none.
    pub fn log_best(&self) -> f64 {
        self.messages.log_partition(self.lattice.borrow())
    }

    /// The next path, unless one of its beginnings will not do: then `Some(None)`, and all paths that begin so are left out at
    /// once. `None` if there are no more.
    ///
    /// Of the events so far `judge` says from which on they matter to those that are still to come, `None` if they will not
    /// do. Beginnings that lead to one state and have these in common go on alike, so after [`begin`](Self::begin) no more
    /// of them are followed up, the best ones, than paths are wanted.
    pub fn next_unless(
        &mut self,
        mut judge: impl FnMut(&[Event]) -> Option<usize>,
    ) -> Option<Option<(Vec<Event>, f64)>> {
        if self.is_begun {
            let branch = self.heap.pop()?;
            return Some(self.onward(&branch, &mut judge));
        }
        self.is_begun = true;
        if self.messages.partition(self.lattice.borrow()).0 <= 0.0 {
            return None;
        }
        let start = State { layer: 0, node: 0, context: self.lattice.borrow().start };
        Some(self.follow(None, start, 0.0, &mut judge))
    }

    /// The path of a branch; its own branches are put on the heap.
    fn onward(
        &mut self,
        branch: &Branch,
        judge: &mut impl FnMut(&[Event]) -> Option<usize>,
    ) -> Option<(Vec<Event>, f64)> {
        let ways = self.ways(branch.state);
        let way = ways[branch.rank];
        if let Some(next) = ways.get(branch.rank + 1) {
            self.branch(branch.short - way.short + next.short, branch.before, branch.state, branch.rank + 1);
        }
        let link = self.link(branch.before, branch.state.layer, &way);
        let state = State { layer: way.jump.to, node: way.jump.node, context: way.target };
        let events = self.so_far(Some(link)).0;
        if !self.goes_on(state, &events, judge) {
            return None;
        }
        self.follow(Some(link), state, branch.short, judge)
    }

    /// Whether a beginning that leads to a state is followed up.
    fn goes_on(
        &mut self,
        state: State,
        events: &[Event],
        judge: &mut impl FnMut(&[Event]) -> Option<usize>,
    ) -> bool {
        let Some(from) = judge(events) else { return false };
        if self.most_through == usize::MAX {
            return true;
        }
        let followed = self.followed.entry((state, events[from..].to_vec())).or_default();
        *followed += 1;
        *followed <= self.most_through
    }

    /// The events up to a step, with the natural logarithm of their weight.
    fn so_far(&self, mut last: Option<usize>) -> (Vec<Event>, f64) {
        let mut log_weight = 0.0;
        let mut events = Vec::new();
        while let Some(link) = last.map(|last| &self.links[last]) {
            log_weight += link.log;
            events.push(link.event);
            last = link.before;
        }
        events.reverse();
        (events, log_weight)
    }

    /// The best path on from a state; a branch for each state where it might have gone another way.
    fn follow(
        &mut self,
        mut before: Option<usize>,
        mut state: State,
        short: f64,
        judge: &mut impl FnMut(&[Event]) -> Option<usize>,
    ) -> Option<(Vec<Event>, f64)> {
        let (mut events, mut log_weight) = self.so_far(before);
        while let ways = self.ways(state)
            && let Some(way) = ways.first()
        {
            if let Some(second) = ways.get(1) {
                self.branch(short + second.short, before, state, 1);
            }
            let link = self.link(before, state.layer, way);
            before = Some(link);
            events.push(self.links[link].event);
            log_weight += way.log;
            state = State { layer: way.jump.to, node: way.jump.node, context: way.target };
            if !self.goes_on(state, &events, judge) {
                return None;
            }
        }
        log_weight += libm::log(self.lattice.borrow().ends[state.node as usize][state.context as usize]);
        Some((events, log_weight))
    }

    fn branch(&mut self, short: f64, before: Option<usize>, state: State, rank: usize) {
        self.branches += 1;
        self.heap.push(Branch { short, number: self.branches, before, state, rank });
    }

    fn link(&mut self, before: Option<usize>, from: u32, way: &Way) -> usize {
        let event = Event { from, to: way.jump.to, symbol: way.symbol };
        self.links.push(Link { before, event, log: way.log });
        self.links.len() - 1
    }

    /// The ways from a state, the best first, as many as may be asked for; none at the end.
    fn ways(&mut self, state: State) -> Rc<[Way]> {
        if let Some(known) = self.ways.get(&state) {
            return Rc::clone(known);
        }
        let (lattice, messages) = (self.lattice.borrow(), &self.messages);
        let layer = &lattice.layers[state.layer as usize];
        let exponent = messages.exponent_ahead(layer).unwrap_or_default();
        let mut ways: Vec<(f64, Way)> = Vec::new();
        for &(index, weight) in &layer.nodes[state.node as usize] {
            let jump = layer.jumps[index as usize];
            let ahead = messages.node(jump.to as usize, jump.node as usize);
            let shift = pow2(messages.exponent(jump.to as usize) - exponent);
            entries(lattice, jump.emission, state.context as usize, |symbol, target, entry| {
                let value = weight * entry * (ahead[target as usize] * shift);
                if value > 0.0 {
                    ways.push((value, Way { short: 0.0, log: weight * entry, jump, symbol, target }));
                }
            });
        }
        // Equal ways stay in the order of the lattice.
        ways.sort_by(|a, b| b.0.total_cmp(&a.0));
        ways.truncate(self.most);
        let best = ways.first().map_or(0.0, |first| libm::log(first.0));
        let ways = ways.into_iter().map(|(value, way)| {
            let short = best - libm::log(value);
            Way { short, log: libm::log(way.log), ..way }
        });
        let ways: Rc<[Way]> = ways.collect();
        self.ways.insert(state, Rc::clone(&ways));
        ways
    }
}

impl<L: Borrow<Lattice>> Iterator for BestPaths<L> {
    type Item = (Vec<Event>, f64);

    fn next(&mut self) -> Option<(Vec<Event>, f64)> {
        self.next_unless(|_| Some(0))?
    }
}
