//! Random draws that are the same on every machine: seeded ChaCha8, uniform numbers built from its bits by us.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The generator of a seed.
pub fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A uniform draw from [0, 1): a multiple of 2⁻⁵³, all of them equally likely.
pub fn unit(rng: &mut ChaCha8Rng) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (rng.next_u64() >> 11) as f64 * STEP
}

/// The index of a weight drawn in proportion to the weights, by one [`unit()`] draw; never an index of weight zero.
///
/// `None`, and no draw, unless the weights' sum is positive and finite. Weights must not be negative.
pub fn choose(rng: &mut ChaCha8Rng, weights: &[f64]) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    if !(total > 0.0 && total.is_finite()) {
        return None;
    }
    let (index, _) = locate(weights.iter().copied(), unit(rng) * total)?;
    Some(index)
}

/// The weight that a place falls into where weights are laid one after the other from 0, with how far it lies in it; never
/// one of weight zero, and `None` if all are.
pub(super) fn locate(weights: impl Iterator<Item = f64>, place: f64) -> Option<(usize, f64)> {
    let (mut left, mut last) = (place, None);
    for (index, weight) in weights.enumerate() {
        if weight > 0.0 {
            if left < weight {
                return Some((index, left));
            }
            left -= weight;
            last = Some((index, weight));
        }
    }
    // Rounding can leave a rest that no weight covers: it belongs to the last possible one.
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_everywhere() {
        let mut rng = seeded(7);
        let drawn: Vec<u64> = (0..3).map(|_| (unit(&mut rng) * (1_u64 << 53) as f64) as u64).collect();
        assert_eq!(drawn, [1_421_300_887_485_160, 1_513_113_663_165_285, 6_343_555_415_581_842]);
    }

    #[test]
    fn draws_follow_the_weights_and_skip_zeros() {
        let mut rng = seeded(1);
        let mut counts = [0_u32; 4];
        for _ in 0..40_000 {
            counts[choose(&mut rng, &[1.0, 0.0, 3.0, 0.0]).expect("positive total")] += 1;
        }
        assert_eq!((counts[1], counts[3]), (0, 0));
        // Five standard deviations of a binomial with p = 1/4.
        assert!(counts[0].abs_diff(10_000) < 5 * 87, "{counts:?}");
    }

    #[test]
    fn nothing_to_choose_from_is_none() {
        let mut rng = seeded(1);
        assert_eq!(choose(&mut rng, &[]), None);
        assert_eq!(choose(&mut rng, &[0.0, 0.0]), None);
        assert_eq!(choose(&mut rng, &[f64::INFINITY]), None);
        assert_eq!(choose(&mut rng, &[f64::NAN]), None);
    }
}
