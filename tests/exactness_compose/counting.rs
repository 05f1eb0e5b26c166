//! Comparing what was found with what was written out.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// A natural logarithm of a mass against the mass itself: equal to nine digits, and −∞ exactly for nothing.
pub fn assert_mass(log_found: f64, written: f64, what: &dyn Debug) {
    if written == 0.0 {
        assert_eq!(log_found, f64::NEG_INFINITY, "mass where nothing is possible: {what:?}");
    } else {
        let found = libm::exp(log_found);
        assert!((found - written).abs() <= 1e-9 * written, "{found:e} is not {written:e}: {what:?}");
    }
}

/// What was drawn against weights: nothing impossible, and a total variation that chance explains (with a thousandth
/// of a chance in a million to fail a right sampler, by McDiarmid's inequality).
pub fn assert_follows<T: Ord + Debug>(
    drawn: &BTreeMap<T, usize>,
    weights: &BTreeMap<T, f64>,
    what: &dyn Debug,
) {
    assert_follows_as(drawn, weights, 1.0, what);
}

/// The same for draws of which only a share counts as drawn each for itself.
pub fn assert_follows_as<T: Ord + Debug>(
    drawn: &BTreeMap<T, usize>,
    weights: &BTreeMap<T, f64>,
    share: f64,
    what: &dyn Debug,
) {
    let total: f64 = weights.values().sum();
    let count = drawn.values().sum::<usize>() as f64;
    let counts = count * share;
    for one in drawn.keys() {
        assert!(weights.get(one).is_some_and(|&weight| weight > 0.0), "{one:?} is impossible: {what:?}");
    }
    let (mut distance, mut by_chance) = (0.0, 0.0);
    for (one, weight) in weights {
        let (wanted, found) = (weight / total, drawn.get(one).copied().unwrap_or(0) as f64 / count);
        distance += (wanted - found).abs() / 2.0;
        by_chance += (wanted * (1.0 - wanted) / counts).sqrt() / 2.0;
    }
    let slack = (libm::log(1e9) / 2.0 / counts).sqrt();
    assert!(distance <= by_chance + slack, "{distance} > {by_chance} + {slack} after {count}: {what:?}");
}
