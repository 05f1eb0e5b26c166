//! Runs: sequences of a fixed length from one kernel, position by position, with exact backward messages.
//!
//! The kernel is the same at every position; what differs is which symbols a position allows. Messages go backward
//! from the end, then every draw goes forward (Papadopoulos, Pachet, Roy and Sakellariou, "Exact Sampling for Regular
//! and Markov Constraints with Belief Propagation", CP 2015).

use super::alphabet::Symbol;
use super::kernel::Kernel;
use super::limit::{MESSAGES, TooLarge};
use super::mass::{self, Mass};

/// Which symbols a position may take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// All.
    #[default]
    Any,
    /// Those marked; symbols beyond the list are not allowed.
    Only(Vec<bool>),
}

impl Allowed {
    /// These symbols and no other.
    pub fn only(symbols: impl IntoIterator<Item = Symbol>) -> Allowed {
        let mut marks = Vec::new();
        for symbol in symbols.into_iter().map(usize::from) {
            marks.resize(marks.len().max(symbol + 1), false);
            marks[symbol] = true;
        }
        Allowed::Only(marks)
    }

    /// Whether a symbol is allowed.
    pub fn allows(&self, symbol: Symbol) -> bool {
        match self {
            Allowed::Any => true,
            Allowed::Only(marks) => marks.get(usize::from(symbol)).copied().unwrap_or(false),
        }
    }
}

/// All sequences of one length that a kernel can emit from a state, with the backward messages: for every position
/// and state, the total weight of all ways to the end.
///
/// Messages are f64 with one power-of-two exponent a position, so masses far below f64's range keep full precision.
/// Where the messages of one position differ by more than that can hold, each gets an exponent of its own.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) start: u32,
    pub(super) positions: Vec<Allowed>,
    /// The distinct sets of states, each in order, …
    sets: Vec<Vec<u32>>,
    /// … and which of them can be reached before each position, and at the end.
    reached: Vec<u32>,
    /// By position, then state; 0 for states that are not reached or lead nowhere.
    pub(super) messages: Vec<f64>,
    /// By position, what its sums were multiplied by to give its messages: a power of two.
    pub(super) factors: Vec<f64>,
    /// The exponent of the messages before the first position.
    first_exponent: i64,
    /// The exponent of each message, where one a position would not do.
    pub(super) exponents: Option<Vec<i64>>,
}

impl<'a> Run<'a> {
    /// Prepares the run from a state of the kernel (one of its contexts) through all positions, and computes the
    /// messages. The kernel's targets must be contexts of it, and its weights finite and not negative.
    pub fn new(kernel: &'a Kernel, start: u32, positions: Vec<Allowed>) -> Result<Run<'a>, TooLarge> {
        let mut run = Run::reachable(kernel, start, positions)?;
        run.look_back();
        Ok(run)
    }

    /// Prepares the run and finds what is reachable; it knows of no way through before [`Run::look_back`].
    pub fn reachable(kernel: &'a Kernel, start: u32, positions: Vec<Allowed>) -> Result<Run<'a>, TooLarge> {
        MESSAGES.check((positions.len() + 1).saturating_mul(kernel.contexts()))?;
        let mut run = Run {
            kernel,
            start,
            positions,
            sets: vec![vec![start]],
            reached: vec![0],
            messages: Vec::new(),
            factors: Vec::new(),
            first_exponent: 0,
            exponents: None,
        };
        let mut marks = vec![0_u64; kernel.contexts().div_ceil(64)];
        let mut steady = false;
        for position in 0..run.positions.len() {
            let here = run.reached[position];
            let allowed = &run.positions[position];
            if !(steady && *allowed == Allowed::Any) {
                let ahead = ahead(kernel, &run.sets[here as usize], allowed, &mut marks);
                let same = ahead == run.sets[here as usize];
                if !same {
                    run.sets.push(ahead);
                }
                steady = same && *allowed == Allowed::Any;
            }
            run.reached.push(run.sets.len() as u32 - 1);
        }
        Ok(run)
    }

    /// How many symbols a sequence has.
    pub fn length(&self) -> usize {
        self.positions.len()
    }

    /// How many transitions the run has, all positions counted: those from reached states that emit what their
    /// position allows, whether or not they lead to the end.
    pub fn transitions(&self) -> u64 {
        let of_set = |set: &[u32], allowed: &Allowed| -> u64 {
            let rows = set.iter().map(|&state| self.kernel.row(state as usize));
            match allowed {
                Allowed::Any => rows.map(|row| row.len() as u64).sum(),
                Allowed::Only(_) => rows
                    .map(|row| self.kernel.symbols[row].iter().filter(|&&y| allowed.allows(y)).count() as u64)
                    .sum(),
            }
        };
        let unrestricted: Vec<u64> = self.sets.iter().map(|set| of_set(set, &Allowed::Any)).collect();
        let each = self.positions.iter().zip(&self.reached).map(|(allowed, &set)| match allowed {
            Allowed::Any => unrestricted[set as usize],
            Allowed::Only(_) => of_set(&self.sets[set as usize], allowed),
        });
        each.sum()
    }

    /// The total weight of all sequences; zero if there is none. For a product of a chain and an acceptor this is
    /// the probability that the chain does what is asked.
    pub fn mass(&self) -> Mass {
        let mantissa = self.messages.get(self.start as usize).copied().unwrap_or(0.0);
        let exponent = self.exponents.as_ref().map_or(self.first_exponent, |each| each[self.start as usize]);
        Mass::new(mantissa, exponent)
    }

    /// The states that can be reached before a position, in order.
    pub(super) fn states_before(&self, position: usize) -> &[u32] {
        &self.sets[self.reached[position] as usize]
    }

    /// Where the messages before a position begin.
    pub(super) fn layer(&self, position: usize) -> usize {
        position * self.kernel.contexts()
    }

    /// Computes the messages, from the end to the start.
    pub fn look_back(&mut self) {
        let contexts = self.kernel.contexts();
        let length = self.length();
        self.messages = vec![0.0; (length + 1) * contexts];
        self.factors = vec![1.0; length];
        self.first_exponent = 0;
        self.exponents = None;
        let mut messages = std::mem::take(&mut self.messages);
        for &state in self.states_before(length) {
            messages[length * contexts + state as usize] = 1.0;
        }
        let mut within_range =
            self.kernel.weights.iter().all(|&w| w == 0.0 || (SMALLEST..LARGEST).contains(&w));
        for position in (0..length).rev() {
            if !within_range {
                break;
            }
            let (here, ahead) = messages[position * contexts..].split_at_mut(contexts);
            self.sum(position, here, &ahead[..contexts]);
            let (least, most) = self.extremes(position, here);
            let mut factor = 1.0;
            if most > 0.0 && !(1.0 / RESCALE..RESCALE).contains(&most) {
                let shift = libm::ilogb(most);
                factor = libm::ldexp(1.0, -shift);
                self.states_before(position).iter().for_each(|&state| here[state as usize] *= factor);
                self.first_exponent += i64::from(shift);
            }
            self.factors[position] = factor;
            within_range = most == 0.0 || least * factor >= SMALLEST;
        }
        self.messages = messages;
        if !within_range {
            self.look_back_widely();
        }
    }

    /// The sums of one position: for each reached state, those over its transitions of weight times message ahead.
    fn sum(&self, position: usize, here: &mut [f64], ahead: &[f64]) {
        let kernel = self.kernel;
        match &self.positions[position] {
            Allowed::Any => {
                for &state in self.states_before(position) {
                    let row = kernel.row(state as usize);
                    here[state as usize] =
                        weighted(&kernel.weights[row.clone()], &kernel.targets[row], ahead);
                }
            }
            allowed @ Allowed::Only(_) => {
                for &state in self.states_before(position) {
                    let row = kernel.row(state as usize);
                    let ways = row.filter(|&way| allowed.allows(kernel.symbols[way]));
                    here[state as usize] =
                        ways.map(|way| kernel.weights[way] * ahead[kernel.targets[way] as usize]).sum();
                }
            }
        }
    }

    /// The smallest message above 0 and the largest; 0 if there is none.
    fn extremes(&self, position: usize, here: &[f64]) -> (f64, f64) {
        let mut extremes = (f64::INFINITY, 0.0);
        for &state in self.states_before(position) {
            let message = here[state as usize];
            if message > 0.0 {
                extremes = (message.min(extremes.0), message.max(extremes.1));
            }
        }
        extremes
    }

    /// Computes the messages with an exponent for each, slowly.
    fn look_back_widely(&mut self) {
        let contexts = self.kernel.contexts();
        let length = self.length();
        let mut exponents = vec![0_i64; (length + 1) * contexts];
        for position in (0..length).rev() {
            for index in 0..self.states_before(position).len() {
                let state = self.states_before(position)[index] as usize;
                let ahead = self.layer(position + 1);
                let allowed = &self.positions[position];
                let ways = self.kernel.row(state).filter(|&way| allowed.allows(self.kernel.symbols[way]));
                let sum = mass::sum(ways.map(|way| {
                    let target = ahead + self.kernel.targets[way] as usize;
                    Mass::new(self.messages[target], exponents[target]).times(self.kernel.weights[way])
                }));
                let here = position * contexts + state;
                self.messages[here] = sum.mantissa;
                exponents[here] = sum.exponent;
            }
        }
        self.exponents = Some(exponents);
    }
}

/// Weights outside this range, or messages that are less than this against the largest of their position, could
/// make products that f64 cannot hold: then every message gets an exponent of its own.
const SMALLEST: f64 = 1.0 / LARGEST;
const LARGEST: f64 = (1_u128 << 100) as f64 * (1_u128 << 100) as f64 * (1_u128 << 100) as f64;

/// Messages of a position are brought back to around one when the largest leaves the range of this and its inverse.
const RESCALE: f64 = (1_u128 << 64) as f64;

/// Σ weight · message of the target. Four sums side by side keep the processor busy; their order is fixed.
fn weighted(weights: &[f64], targets: &[u32], messages: &[f64]) -> f64 {
    let ((weights, last_weights), (targets, last_targets)) =
        (weights.as_chunks::<4>(), targets.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (weights, targets) in weights.iter().zip(targets) {
        for lane in 0..4 {
            sums[lane] += weights[lane] * messages[targets[lane] as usize];
        }
    }
    let rest = last_weights.iter().zip(last_targets);
    let rest: f64 = rest.map(|(&weight, &target)| weight * messages[target as usize]).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// The states that one symbol leads to from a set of states, in order. `marks` is all zeros before and after.
fn ahead(kernel: &Kernel, set: &[u32], allowed: &Allowed, marks: &mut [u64]) -> Vec<u32> {
    for &state in set {
        let row = kernel.row(state as usize);
        for (&symbol, &target) in kernel.symbols[row.clone()].iter().zip(&kernel.targets[row]) {
            if allowed.allows(symbol) {
                marks[target as usize / 64] |= 1 << (target % 64);
            }
        }
    }
    let mut found = Vec::new();
    for (word, mark) in marks.iter_mut().enumerate() {
        let mut left = std::mem::take(mark);
        while left != 0 {
            found.push(word as u32 * 64 + left.trailing_zeros());
            left &= left - 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states: 0 emits 0 and stays, or emits 1 and goes to 1; 1 emits 0 and goes back.
    fn kernel() -> Kernel {
        Kernel::from_rows(&[vec![(0, 0, 0.75), (1, 1, 0.25)], vec![(0, 0, 1.0)]])
    }

    #[test]
    fn transitions_are_those_of_reached_states_and_allowed_symbols() {
        let kernel = kernel();
        let count =
            |start, positions| Run::reachable(&kernel, start, positions).expect("small").transitions();
        assert_eq!(count(0, vec![]), 0);
        assert_eq!(count(0, vec![Allowed::Any; 4]), 2 + 3 + 3 + 3);
        assert_eq!(count(1, vec![Allowed::Any; 3]), 1 + 2 + 3);
        assert_eq!(count(0, vec![Allowed::Any, Allowed::only([1]), Allowed::Any]), 2 + 1 + 1);
        assert_eq!(count(0, vec![Allowed::only([7]), Allowed::Any]), 0);
    }

    #[test]
    fn the_mass_is_known_after_looking_back() {
        let kernel = kernel();
        let mut run = Run::reachable(&kernel, 0, vec![Allowed::only([1]), Allowed::Any]).expect("small");
        assert!(run.mass().is_zero());
        run.look_back();
        assert_eq!(run.mass().value(), 0.25);
        run.look_back();
        assert_eq!(run.mass().value(), 0.25);
    }

    #[test]
    fn a_run_that_would_not_fit_in_memory_is_refused() {
        let rows = vec![vec![]; 100];
        let positions = vec![Allowed::Any; 1_000_000];
        assert_eq!(Run::new(&Kernel::from_rows(&rows), 0, positions).err(), Some(MESSAGES));
    }
}
