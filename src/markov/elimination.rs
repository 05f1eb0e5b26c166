//! Exact sums and draws over a handful of variables that depend on each other in any pattern, by elimination.
//!
//! Variables are summed out one after another, the one that makes the smallest table first (Zhang and Poole, "A simple
//! approach to Bayesian network computations", 1994; as bucket elimination, Dechter 1999). Drawing goes the other way:
//! each variable given those that were eliminated after it.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rand_chacha::ChaCha8Rng;

use super::draw::choose;

/// Weights for every combination of some variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// Which variables, each once.
    pub variables: Vec<usize>,
    /// A weight, finite and not negative, for every combination; the last variable changes fastest.
    pub weights: Vec<f64>,
}

/// Tables with more weights than this are not made.
const LARGEST: usize = 1 << 22;

/// Variables summed out, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Elimination {
    /// For each variable in the order of elimination the product of what depended on it; itself last.
    tables: Vec<Factor>,
    domains: Vec<usize>,
    /// The natural logarithm of the sum, over all combinations, of the product of all factors; −∞ if it is zero. Of
    /// variables that were brought to their best the largest such product.
    pub log_mass: f64,
}

/// The combinations of some variables in falling order of their weight.
pub struct Falling {
    best: Elimination,
    heap: BinaryHeap<Begun>,
    number: usize,
}

/// Values of the variables that are settled, the one that was eliminated last first.
struct Begun {
    /// The natural logarithm by which the best combination that begins so falls short of the best one of all.
    short: f64,
    number: usize,
    values: Vec<usize>,
}

impl Ord for Begun {
    fn cmp(&self, other: &Begun) -> Ordering {
        // The heap gives the largest first; of equals that which was found last, which is soonest done.
        other.short.total_cmp(&self.short).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Begun {
    fn partial_cmp(&self, other: &Begun) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Begun {
    fn eq(&self, other: &Begun) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Begun {}

impl Elimination {
    /// Sums out variables of given numbers of values. `None` if they are too intertwined: a table would hold more than
    /// four million weights.
    pub fn new(domains: &[usize], factors: Vec<Factor>) -> Option<Elimination> {
        Elimination::by(domains, factors, |row| row.iter().sum())
    }

    /// The same with the best value of each variable in place of the sum over all.
    pub fn best(domains: &[usize], factors: Vec<Factor>) -> Option<Elimination> {
        Elimination::by(domains, factors, |row| row.iter().copied().fold(0.0, f64::max))
    }

    fn by(domains: &[usize], factors: Vec<Factor>, join: fn(&[f64]) -> f64) -> Option<Elimination> {
        let mut done = Elimination { tables: Vec::new(), domains: domains.to_vec(), log_mass: 0.0 };
        let mut factors: Vec<Factor> = factors.into_iter().map(|factor| done.scaled(factor)).collect();
        let mut left: Vec<usize> = (0..domains.len()).collect();
        while !left.is_empty() {
            let scopes = left.iter().map(|&variable| scope(&factors, variable));
            let sizes = scopes.map(|scope| {
                scope.iter().try_fold(1usize, |size, &variable| size.checked_mul(domains[variable]))
            });
            let sizes: Vec<usize> = sizes.map(|size| size.unwrap_or(usize::MAX)).collect();
            let next = (0..left.len()).min_by_key(|&at| sizes[at])?;
            if sizes[next] > LARGEST {
                return None;
            }
            let variable = left.remove(next);
            let scope = scope(&factors, variable);
            let (with, without): (Vec<Factor>, Vec<Factor>) =
                factors.into_iter().partition(|factor| factor.variables.contains(&variable));
            factors = without;
            let table = product(domains, scope, &with);
            let others = table.variables[..table.variables.len() - 1].to_vec();
            let rows = table.weights.chunks(domains[variable].max(1));
            let mut summed = Factor { variables: others, weights: rows.map(join).collect() };
            if domains[variable] == 0 {
                // A variable without a value leaves no combination.
                summed = Factor { variables: Vec::new(), weights: vec![0.0] };
            }
            factors.push(done.scaled(summed));
            done.tables.push(table);
        }
        Some(done)
    }

    /// The factor with its largest weight brought to one, what was taken out of it going into the mass.
    fn scaled(&mut self, mut factor: Factor) -> Factor {
        let largest = factor.weights.iter().copied().fold(0.0, f64::max);
        self.log_mass += libm::log(largest);
        if largest > 0.0 {
            factor.weights.iter_mut().for_each(|weight| *weight /= largest);
        }
        factor
    }

    /// Draws a value of every variable in proportion to the product of the factors; `None` if the mass is zero.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> Option<Vec<usize>> {
        if self.log_mass == f64::NEG_INFINITY {
            return None;
        }
        let mut values = vec![0; self.domains.len()];
        for table in self.tables.iter().rev() {
            let (&variable, others) = table.variables.split_last()?;
            let row = others.iter().fold(0, |at, &other| at * self.domains[other] + values[other]);
            let width = self.domains[variable];
            values[variable] = choose(rng, table.weights.get(row * width..(row + 1) * width)?)?;
        }
        Some(values)
    }

    /// All combinations in falling order of their weight, where each variable was brought to its best: a value that is not
    /// the best one, given those that were eliminated after it, tells how far all that is still open falls short with it.
    pub fn into_falling(self) -> Falling {
        let mut heap = BinaryHeap::new();
        if self.log_mass > f64::NEG_INFINITY {
            heap.push(Begun { short: 0.0, number: 0, values: Vec::new() });
        }
        Falling { best: self, heap, number: 0 }
    }

    /// The probability of every pair of values of two variables that some factor knows together, the second changing
    /// fastest; `None` if none does, or the mass is zero.
    pub fn pair(&self, one: usize, other: usize) -> Option<Vec<f64>> {
        if self.log_mass == f64::NEG_INFINITY {
            return None;
        }
        // As in drawing: each variable given those that were eliminated after it.
        let mut joints: Vec<Factor> = Vec::with_capacity(self.tables.len());
        for table in self.tables.iter().rev() {
            let (&variable, others) = table.variables.split_last()?;
            let before = match others {
                [] => vec![1.0],
                _ => joints.iter().rev().find_map(|joint| self.summed(joint, others))?,
            };
            let rows = table.weights.chunks(self.domains[variable].max(1)).zip(before);
            let weights = rows.flat_map(|(row, share)| {
                let total: f64 = row.iter().sum();
                row.iter().map(move |weight| if total > 0.0 { share * weight / total } else { 0.0 })
            });
            let joint = Factor { variables: table.variables.clone(), weights: weights.collect() };
            if let Some(pair) = self.summed(&joint, &[one, other]) {
                return Some(pair);
            }
            joints.push(joint);
        }
        None
    }

    /// A factor summed over all but some of its variables, the last of which changes fastest; `None` if it lacks one.
    fn summed(&self, factor: &Factor, wanted: &[usize]) -> Option<Vec<f64>> {
        let at = |variable: &usize| factor.variables.iter().position(|own| own == variable);
        let places: Vec<usize> = wanted.iter().map(at).collect::<Option<_>>()?;
        let mut sums = vec![0.0; wanted.iter().map(|&variable| self.domains[variable]).product()];
        let mut values = vec![0; factor.variables.len()];
        for weight in &factor.weights {
            let index = places
                .iter()
                .zip(wanted)
                .fold(0, |index, (&place, &variable)| index * self.domains[variable] + values[place]);
            sums[index] += weight;
            for place in (0..values.len()).rev() {
                values[place] += 1;
                if values[place] < self.domains[factor.variables[place]] {
                    break;
                }
                values[place] = 0;
            }
        }
        Some(sums)
    }
}

impl Iterator for Falling {
    /// A value for each variable, with the natural logarithm of their weight.
    type Item = (Vec<usize>, f64);

    fn next(&mut self) -> Option<(Vec<usize>, f64)> {
        let tables = &self.best.tables;
        while let Some(begun) = self.heap.pop() {
            let mut values = vec![0; self.best.domains.len()];
            let settled = tables.iter().rev().zip(&begun.values);
            settled.for_each(|(table, &value)| {
                table.variables.last().into_iter().for_each(|&variable| values[variable] = value);
            });
            let open = tables.len() - begun.values.len();
            let Some(table) = open.checked_sub(1).map(|next| &tables[next]) else {
                return Some((values, self.best.log_mass - begun.short));
            };
            let (&variable, others) = table.variables.split_last()?;
            let row = others.iter().fold(0, |at, &other| at * self.best.domains[other] + values[other]);
            let width = self.best.domains[variable];
            let row = &table.weights[row * width..(row + 1) * width];
            let best = libm::log(row.iter().copied().fold(0.0, f64::max));
            for (value, &weight) in row.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
                self.number += 1;
                let short = begun.short + best - libm::log(weight);
                let values = [begun.values.as_slice(), &[value]].concat();
                self.heap.push(Begun { short, number: self.number, values });
            }
        }
        None
    }
}

/// The variables that a product of all factors with a variable depends on; that variable last.
fn scope(factors: &[Factor], variable: usize) -> Vec<usize> {
    let with = factors.iter().filter(|factor| factor.variables.contains(&variable));
    let mut scope: Vec<usize> = with.flat_map(|factor| factor.variables.iter().copied()).collect();
    scope.retain(|&other| other != variable);
    scope.sort_unstable();
    scope.dedup();
    scope.push(variable);
    scope
}

fn product(domains: &[usize], scope: Vec<usize>, factors: &[Factor]) -> Factor {
    let size: usize = scope.iter().map(|&variable| domains[variable]).product();
    let mut weights = vec![1.0; size];
    for factor in factors {
        // How far each variable of the scope moves in the factor's own table.
        let mut strides = vec![0; scope.len()];
        let mut stride = 1;
        for &variable in factor.variables.iter().rev() {
            if let Some(at) = scope.iter().position(|&other| other == variable) {
                strides[at] = stride;
            }
            stride *= domains[variable];
        }
        let mut values = vec![0; scope.len()];
        let mut at = 0;
        for weight in &mut weights {
            *weight *= factor.weights[at];
            for place in (0..scope.len()).rev() {
                values[place] += 1;
                at += strides[place];
                if values[place] < domains[scope[place]] {
                    break;
                }
                at -= strides[place] * values[place];
                values[place] = 0;
            }
        }
    }
    Factor { variables: scope, weights }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markov::draw::{seeded, unit};

    /// The weight of every combination, the last variable fastest.
    fn written_out(domains: &[usize], factors: &[Factor]) -> Vec<f64> {
        let size: usize = domains.iter().product();
        let weight = |index: usize| {
            let mut rest = index;
            let mut values = vec![0; domains.len()];
            for variable in (0..domains.len()).rev() {
                values[variable] = rest % domains[variable];
                rest /= domains[variable];
            }
            let of = |factor: &Factor| {
                let at = factor.variables.iter().fold(0, |at, &v| at * domains[v] + values[v]);
                factor.weights[at]
            };
            factors.iter().map(of).product()
        };
        (0..size).map(weight).collect()
    }

    /// Every two of some variables, either first.
    fn pairs(scope: &[usize]) -> Vec<(usize, usize)> {
        let all = scope.iter().flat_map(|&one| scope.iter().map(move |&other| (one, other)));
        all.filter(|(one, other)| one != other).collect()
    }

    #[test]
    fn sums_and_draws_are_those_of_enumeration() {
        let mut rng = seeded(5);
        let mut impossible = 0;
        for round in 0..60 {
            let variables = 2 + round % 4;
            let domains: Vec<usize> = (0..variables).map(|_| 1 + (unit(&mut rng) * 3.0) as usize).collect();
            let factors: Vec<Factor> = (0..2 + round % 5)
                .map(|_| {
                    let mut scope: Vec<usize> = (0..variables).filter(|_| unit(&mut rng) < 0.5).collect();
                    if unit(&mut rng) < 0.5 {
                        scope.reverse();
                    }
                    let size = scope.iter().map(|&variable| domains[variable]).product();
                    let mut weight = || if unit(&mut rng) < 0.15 { 0.0 } else { unit(&mut rng) };
                    let weights = (0..size).map(|_| weight()).collect();
                    Factor { variables: scope, weights }
                })
                .collect();
            let written = written_out(&domains, &factors);
            let total: f64 = written.iter().sum();
            let scopes: Vec<Vec<usize>> = factors.iter().map(|factor| factor.variables.clone()).collect();
            let found = Elimination::new(&domains, factors).expect("small");
            if total == 0.0 {
                impossible += 1;
                assert_eq!(found.log_mass, f64::NEG_INFINITY);
                assert_eq!(found.draw(&mut rng), None);
                continue;
            }
            assert!((found.log_mass - libm::log(total)).abs() < 1e-9);
            for (one, other) in scopes.iter().flat_map(|scope| pairs(scope)) {
                let mut wanted = vec![0.0; domains[one] * domains[other]];
                for (index, weight) in written.iter().enumerate() {
                    let value = |variable: usize| {
                        index / domains[variable + 1..].iter().product::<usize>() % domains[variable]
                    };
                    wanted[value(one) * domains[other] + value(other)] += weight / total;
                }
                let pair = found.pair(one, other).expect("a factor knows both");
                assert!(pair.iter().zip(&wanted).all(|(own, wanted)| (own - wanted).abs() < 1e-9));
            }
            let mut counts = vec![0.0; written.len()];
            for _ in 0..2000 {
                let values = found.draw(&mut rng).expect("a draw");
                counts[values.iter().zip(&domains).fold(0, |at, (v, d)| at * d + v)] += 1.0 / 2000.0;
            }
            let distance: f64 =
                written.iter().zip(&counts).map(|(weight, count)| (weight / total - count).abs()).sum();
            assert!(distance < 0.05 + 0.03 * (written.len() as f64).sqrt(), "{distance} {written:?}");
        }
        assert!((2..40).contains(&impossible), "{impossible}");
    }

    #[test]
    fn combinations_fall_as_those_of_enumeration() {
        let mut rng = seeded(6);
        let mut many = 0;
        for round in 0..80 {
            let variables = 1 + round % 4;
            let domains: Vec<usize> = (0..variables).map(|_| 1 + (unit(&mut rng) * 3.0) as usize).collect();
            let factors = (0..2 + round % 4).map(|_| {
                let scope: Vec<usize> = (0..variables).filter(|_| unit(&mut rng) < 0.6).collect();
                let size = scope.iter().map(|&variable| domains[variable]).product();
                let mut weight = || if unit(&mut rng) < 0.15 { 0.0 } else { unit(&mut rng) };
                Factor { variables: scope, weights: (0..size).map(|_| weight()).collect() }
            });
            let factors: Vec<Factor> = factors.collect();
            let written = written_out(&domains, &factors);
            let mut wanted: Vec<f64> = written.iter().copied().filter(|&weight| weight > 0.0).collect();
            wanted.sort_by(|one, other| other.total_cmp(one));
            many += usize::from(wanted.len() > 4);
            let best = Elimination::best(&domains, factors).expect("small");
            assert!((libm::exp(best.log_mass) - wanted.first().unwrap_or(&0.0)).abs() < 1e-9);
            let found: Vec<(Vec<usize>, f64)> = best.into_falling().collect();
            assert_eq!(found.len(), wanted.len());
            let mut seen: Vec<&Vec<usize>> = found.iter().map(|one| &one.0).collect();
            for ((values, log), wanted) in found.iter().zip(wanted) {
                let own = written[values.iter().zip(&domains).fold(0, |at, (v, d)| at * d + v)];
                assert!((log - libm::log(own)).abs() < 1e-9 && (log - libm::log(wanted)).abs() < 1e-9);
            }
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), found.len());
        }
        assert!(many > 10, "{many}");
    }

    #[test]
    fn what_is_too_intertwined_is_refused() {
        let domains = vec![100; 6];
        let pair = |a, b| Factor { variables: vec![a, b], weights: vec![1.0; 10_000] };
        let all = (0..6).flat_map(|a| (a + 1..6).map(move |b| (a, b)));
        assert!(Elimination::new(&domains, all.map(|(a, b)| pair(a, b)).collect()).is_none());
        let chain = Elimination::new(&domains, (0..5).map(|a| pair(a, a + 1)).collect()).expect("a chain");
        assert!((chain.log_mass - 6.0 * libm::log(100.0)).abs() < 1e-9);
    }
}
