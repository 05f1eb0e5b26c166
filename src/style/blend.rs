//! Weights of a log-linear mix of experts, fitted to what was held out from them.
//!
//! Each expert i gives a probability p_i(y) to every symbol y; the mix is p(y) ∝ exp Σ_i w_i(b_i) · ln p_i(y), where the
//! **bucket** b_i says how well the expert knows its context. (A logarithmic opinion pool: Genest and Zidek, "Combining
//! probability distributions", Statistical Science 1, 1986; weights by context as in Pearce, "The construction and
//! evaluation of statistical models of melodic structure", 2005, but learned.) The likelihood is concave in the
//! weights, so Newton's method finds the one best answer.

use std::collections::BTreeMap;

/// How many buckets there are.
pub const BUCKETS: usize = 6;
/// Rounds of Newton's method; it has long settled by then.
const MOST_ROUNDS: usize = 40;
/// A round that gains less than this many bits an event is the last.
const SETTLED: f64 = 1e-7;
/// Times a step is halved before it is given up.
const HALVINGS: usize = 20;
/// The least probability that an expert is taken to give: none may forbid what the others allow.
const LEAST: f64 = 1e-9;

/// The bucket of a context that was seen so often (in events): never, up to 2, 9, 29, 99 times, or more.
pub fn bucket(seen: f64) -> usize {
    [0.5, 2.5, 9.5, 29.5, 99.5].iter().filter(|&&bound| seen >= bound).count()
}

/// The weights of experts, by bucket.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BlendWeights(pub Vec<[f64; BUCKETS]>);

impl BlendWeights {
    /// The same weight in every bucket, for each expert its own.
    pub fn flat(weights: &[f64]) -> BlendWeights {
        BlendWeights(weights.iter().map(|&weight| [weight; BUCKETS]).collect())
    }

    /// The weights in hundredths, expert after expert: how they are stored.
    pub fn hundredths(&self) -> Vec<i16> {
        let limit = f64::from(i16::MAX);
        // Adding a half and cutting rounds alike everywhere.
        let rounded = |weight: f64| libm::floor((weight * 100.0).clamp(-limit, limit) + 0.5) as i16;
        self.0.iter().flatten().map(|&weight| rounded(weight)).collect()
    }

    /// The weights that stored hundredths mean; `None` unless they are for so many experts.
    pub fn from_hundredths(stored: &[i16], experts: usize) -> Option<BlendWeights> {
        let (rows, rest) = stored.as_chunks::<BUCKETS>();
        let fits = rest.is_empty() && rows.len() == experts;
        fits.then(|| {
            BlendWeights(rows.iter().map(|row| row.map(|weight| f64::from(weight) / 100.0)).collect())
        })
    }

    /// The weight of an expert in a bucket; 0 for one that there is not.
    pub fn weight(&self, expert: usize, bucket: usize) -> f64 {
        self.0.get(expert).and_then(|row| row.get(bucket)).copied().unwrap_or_default()
    }
}

/// What experts said of events whose outcome is known.
///
/// The experts must not have seen the events: count each piece's events with tables of the other pieces, as
/// [`fold`] parts them.
#[derive(Clone, Debug)]
pub struct Evidence {
    symbols: usize,
    experts: usize,
    /// The laws that experts gave, one after the other, as natural logarithms.
    laws: Vec<f64>,
    /// Events under one situation: for each expert law and bucket, and the barred symbol; with what came of it.
    events: BTreeMap<Situation, BTreeMap<u16, f64>>,
    total: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Situation {
    laws: Vec<u32>,
    buckets: Vec<u8>,
    barred: Option<u16>,
}

/// Which of so many folds the piece of a number belongs to. Pieces of one title must have one number.
pub fn fold(piece: usize, folds: usize) -> usize {
    piece % folds.max(1)
}

impl Evidence {
    /// No events yet, for so many symbols and experts.
    pub fn new(symbols: usize, experts: usize) -> Evidence {
        Evidence { symbols, experts, laws: Vec::new(), events: BTreeMap::new(), total: 0.0 }
    }

    /// Keeps a law that an expert gives (a probability for each symbol; missing ones are next to nothing), and says
    /// under which number. A law that holds for many events is best kept once.
    pub fn law(&mut self, probabilities: &[f64]) -> u32 {
        let given = probabilities.iter().copied().chain(std::iter::repeat(0.0));
        let logarithms = given.take(self.symbols).map(|probability| libm::log(probability.max(LEAST)));
        self.laws.extend(logarithms);
        (self.laws.len() / self.symbols.max(1)).saturating_sub(1) as u32
    }

    /// Adds an event: for each expert the number of its law and its bucket, a symbol that could not have come, the
    /// symbol that came, and how much the event counts. Events that name what there is not are left out.
    pub fn see(&mut self, laws: &[u32], buckets: &[usize], barred: Option<u16>, symbol: u16, weight: f64) {
        let known = |&law: &u32| (law as usize + 1) * self.symbols <= self.laws.len();
        let sound = laws.len() == self.experts
            && buckets.len() == self.experts
            && laws.iter().all(known)
            && buckets.iter().all(|&bucket| bucket < BUCKETS)
            && usize::from(symbol) < self.symbols
            && barred != Some(symbol)
            && weight > 0.0;
        if sound {
            let buckets = buckets.iter().map(|&bucket| bucket as u8).collect();
            let outcomes = self.events.entry(Situation { laws: laws.to_vec(), buckets, barred }).or_default();
            *outcomes.entry(symbol).or_default() += weight;
            self.total += weight;
        }
    }

    /// How much all events count together.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// Bits per event under the weights; 0 without events.
    pub fn bits(&self, weights: &BlendWeights) -> f64 {
        let mut scores = vec![0.0; self.symbols];
        let sum: f64 = (self.events.iter())
            .map(|(situation, outcomes)| {
                let normaliser = self.scores(situation, weights, &mut scores);
                let of =
                    |(&symbol, weight): (&u16, &f64)| weight * (normaliser - scores[usize::from(symbol)]);
                outcomes.iter().map(of).sum::<f64>()
            })
            .sum();
        if self.total > 0.0 { sum / self.total / std::f64::consts::LN_2 } else { 0.0 }
    }

    /// The weights of the greatest likelihood, drawn towards `initial` as strongly as so many events (per weight)
    /// would: p(w) ∝ exp(−prior ⁄ 2 · (w − initial)²). Also the bits per event under them.
    pub fn fit(&self, initial: &BlendWeights, prior: f64) -> (BlendWeights, f64) {
        let start: Vec<f64> =
            (0..self.experts * BUCKETS).map(|at| initial.weight(at / BUCKETS, at % BUCKETS)).collect();
        let prior = prior.max(1e-6);
        let mut at = start.clone();
        let cost = |at: &[f64]| {
            let away: f64 = at.iter().zip(&start).map(|(at, start)| (at - start) * (at - start)).sum();
            self.bits(&shaped(at)) * self.total * std::f64::consts::LN_2 + prior / 2.0 * away
        };
        let mut now = cost(&at);
        for _ in 0..MOST_ROUNDS {
            let (mut slope, mut curve) = self.derivatives(&shaped(&at));
            for (index, (at, start)) in at.iter().zip(&start).enumerate() {
                slope[index] += prior * (at - start);
                curve[index * weights_of(self.experts) + index] += prior;
            }
            let Some(step) = solved(curve, slope) else { break };
            let tried = (0..HALVINGS).find_map(|halving| {
                let share = 1.0 / f64::from(1u32 << halving);
                let next: Vec<f64> = at.iter().zip(&step).map(|(at, step)| at - share * step).collect();
                let then = cost(&next);
                (then < now).then_some((next, then))
            });
            let Some((next, then)) = tried else { break };
            let gain = now - then;
            (at, now) = (next, then);
            if gain < SETTLED * self.total {
                break;
            }
        }
        let weights = shaped(&at);
        let bits = self.bits(&weights);
        (weights, bits)
    }

    /// Fills in the unnormalised logarithm of each symbol's probability; gives that of their sum. A barred symbol's
    /// is −∞.
    fn scores(&self, situation: &Situation, weights: &BlendWeights, scores: &mut [f64]) -> f64 {
        scores.fill(0.0);
        for (expert, (&law, &bucket)) in situation.laws.iter().zip(&situation.buckets).enumerate() {
            let weight = weights.weight(expert, usize::from(bucket));
            for (score, logarithm) in scores.iter_mut().zip(self.known(law)) {
                *score += weight * logarithm;
            }
        }
        if let Some(barred) = situation.barred.and_then(|barred| scores.get_mut(usize::from(barred))) {
            *barred = f64::NEG_INFINITY;
        }
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| libm::exp(score - largest)).sum();
        largest + libm::log(sum)
    }

    fn known(&self, law: u32) -> &[f64] {
        let from = law as usize * self.symbols;
        self.laws.get(from..from + self.symbols).unwrap_or_default()
    }

    /// The slope and the curvature (row after row) of the negative logarithm of the likelihood.
    fn derivatives(&self, weights: &BlendWeights) -> (Vec<f64>, Vec<f64>) {
        let size = weights_of(self.experts);
        let (mut slope, mut curve) = (vec![0.0; size], vec![0.0; size * size]);
        let mut scores = vec![0.0; self.symbols];
        let mut mean = vec![0.0; self.experts];
        let mut product = vec![0.0; self.experts * self.experts];
        for (situation, outcomes) in &self.events {
            let normaliser = self.scores(situation, weights, &mut scores);
            scores.iter_mut().for_each(|score| *score = libm::exp(*score - normaliser));
            let count: f64 = outcomes.values().sum();
            let place = |expert: usize| expert * BUCKETS + usize::from(situation.buckets[expert]);
            for (i, &law) in situation.laws.iter().enumerate() {
                let one = self.known(law);
                mean[i] = one.iter().zip(&scores).map(|(one, p)| one * p).sum();
                for (j, &other) in situation.laws.iter().enumerate().take(i + 1) {
                    let both = one.iter().zip(self.known(other)).zip(&scores);
                    product[i * self.experts + j] = both.map(|((one, other), p)| one * other * p).sum();
                }
                let heard: f64 =
                    outcomes.iter().map(|(&symbol, weight)| weight * one[usize::from(symbol)]).sum();
                slope[place(i)] += count * mean[i] - heard;
            }
            for i in 0..self.experts {
                for j in 0..=i {
                    let covariance = count * (product[i * self.experts + j] - mean[i] * mean[j]);
                    curve[place(i) * size + place(j)] += covariance;
                    if i != j {
                        curve[place(j) * size + place(i)] += covariance;
                    }
                }
            }
        }
        (slope, curve)
    }
}

/// How many weights so many experts have.
fn weights_of(experts: usize) -> usize {
    experts * BUCKETS
}

fn shaped(weights: &[f64]) -> BlendWeights {
    BlendWeights(weights.as_chunks::<BUCKETS>().0.to_vec())
}

/// The solution of a symmetric positive definite system (row after row) by Cholesky's method; `None` if it is none.
fn solved(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i * size + k] * matrix[j * size + k]).sum();
            let left = matrix[i * size + j] - known;
            if i == j {
                if left.is_nan() || left <= 0.0 {
                    return None;
                }
                matrix[i * size + i] = left.sqrt();
            } else {
                matrix[i * size + j] = left / matrix[j * size + j];
            }
        }
    }
    for i in 0..size {
        let known: f64 = (0..i).map(|k| matrix[i * size + k] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i * size + i];
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|k| matrix[k * size + i] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i * size + i];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two experts about three symbols; events that follow the product of the first squared and the second to the
    /// half.
    fn evidence() -> Evidence {
        let mut evidence = Evidence::new(3, 2);
        let laws = [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.1, 0.6, 0.3], [0.4, 0.5, 0.1]];
        let numbers: Vec<u32> = laws.iter().map(|law| evidence.law(law)).collect();
        for (one, other) in [(0, 1), (2, 3), (0, 3), (2, 1), (1, 2), (3, 0)] {
            let shares = [0, 1, 2].map(|y| laws[one][y] * laws[one][y] * laws[other][y].sqrt());
            let sum: f64 = shares.iter().sum();
            for (symbol, share) in shares.iter().enumerate() {
                let laws = [numbers[one], numbers[other]];
                evidence.see(&laws, &[3, 4], None, symbol as u16, 1e4 * share / sum);
            }
        }
        evidence
    }

    #[test]
    fn weights_that_made_the_events_are_found_again() {
        let evidence = evidence();
        let initial = BlendWeights::flat(&[1.0, 0.0]);
        let (weights, bits) = evidence.fit(&initial, 1e-3);
        assert!((weights.weight(0, 3) - 2.0).abs() < 1e-4, "{weights:?}");
        assert!((weights.weight(1, 4) - 0.5).abs() < 1e-4, "{weights:?}");
        assert_eq!((weights.weight(0, 0), weights.weight(1, 3)), (1.0, 0.0), "what was never seen stays");
        assert!(bits < evidence.bits(&initial));
    }

    #[test]
    fn a_strong_prior_holds_the_weights() {
        let initial = BlendWeights::flat(&[1.0, 0.2]);
        let (weights, _) = evidence().fit(&initial, 1e12);
        assert!((weights.weight(0, 3) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_barred_symbol_takes_no_probability() {
        let mut evidence = Evidence::new(3, 1);
        let law = evidence.law(&[0.5, 0.25, 0.25]);
        evidence.see(&[law], &[0], Some(0), 1, 1.0);
        assert!((evidence.bits(&BlendWeights::flat(&[1.0])) - 1.0).abs() < 1e-12);
        evidence.see(&[law], &[0], Some(1), 1, 1.0);
        evidence.see(&[law + 1], &[0], None, 1, 1.0);
        assert_eq!(evidence.total(), 1.0, "what cannot be is left out");
    }

    #[test]
    fn stored_weights_are_found_again_to_the_hundredth() {
        let weights = BlendWeights(vec![[0.123, -0.5, 1.0, 2.0, 0.0, 0.995], [1e9; BUCKETS]]);
        let stored = weights.hundredths();
        assert_eq!(stored[..6], [12, -50, 100, 200, 0, 100]);
        let found = BlendWeights::from_hundredths(&stored, 2).expect("two experts");
        assert_eq!(found.hundredths(), stored);
        assert_eq!(BlendWeights::from_hundredths(&stored, 3), None);
        assert_eq!(BlendWeights::from_hundredths(&stored[1..], 2), None);
    }

    #[test]
    fn buckets_are_by_count() {
        let buckets = [0.0, 1.0, 2.0, 3.0, 9.0, 10.0, 29.0, 30.0, 99.0, 100.0, 1e6].map(bucket);
        assert_eq!(buckets, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }
}
