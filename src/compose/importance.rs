//! Weights of what was drawn to choose from.

/// Weights from their logarithms, the largest one; 0 for −∞.
pub(super) fn weights(logs: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let largest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    logs.map(|log| if log == f64::NEG_INFINITY { 0.0 } else { libm::exp(log - largest) }).collect()
}

/// The effective number of weighted draws (Kish 1965): as many of equal weight would tell as much.
pub(super) fn effective(weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    total * total / squares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_count_fully_and_a_single_one_once() {
        assert_eq!(weights([-3.0, f64::NEG_INFINITY, -3.0].into_iter()), [1.0, 0.0, 1.0]);
        assert_eq!(effective(&[0.5, 0.5, 0.5]), 3.0);
        assert_eq!(effective(&[0.0, 2.0, 0.0]), 1.0);
    }
}
