//! From counts to probabilities: interpolated estimates that leave nothing at zero.

use super::figures::Table;

/// A probability for each symbol from counts under ever longer contexts, each interpolated with the one before by
/// the Witten–Bell method ("The zero-frequency problem", IEEE Transactions on Information Theory 37, 1991): a context
/// seen `n` times with `t` different symbols keeps n ⁄ (n + t) of the mass for its own counts.
///
/// `base` holds the probability of each symbol before any evidence; symbols of the table beyond it are left out.
/// `unit` is the count of one event. Contexts are given from the most general; one never seen changes nothing.
pub fn interpolate(base: &[f64], table: &Table, unit: u32, contexts: &[&[u16]]) -> Vec<f64> {
    let mut law = base.to_vec();
    for context in contexts {
        let seen =
            table.row(context).iter().map(|entry| (entry.symbol, f64::from(entry.count) / f64::from(unit)));
        witten_bell(&mut law, seen);
    }
    law
}

/// One step of [`interpolate`]: mixes counts into a law in place.
pub fn witten_bell(law: &mut [f64], seen: impl Iterator<Item = (u16, f64)> + Clone) {
    let within = law.len();
    let seen = seen.filter(|&(symbol, _)| usize::from(symbol) < within);
    let (total, kinds) =
        seen.clone().fold((0.0, 0.0), |(total, kinds), (_, count)| (total + count, kinds + 1.0));
    if total <= 0.0 {
        return;
    }
    let kept = kinds / (total + kinds);
    law.iter_mut().for_each(|probability| *probability *= kept);
    for (symbol, count) in seen {
        law[usize::from(symbol)] += count / (total + kinds);
    }
}

/// Scales weights to sum to one; all-zero weights are left as they are.
pub fn normalise(weights: &mut [f64]) {
    let total: f64 = weights.iter().sum();
    if total > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::figures::Entry;

    #[test]
    fn longer_contexts_sharpen_and_nothing_is_lost() {
        let mut table = Table::default();
        let entry = |symbol, count| Entry { symbol, count, pieces: 1 };
        table.rows.insert(vec![0], vec![entry(0, 60), entry(1, 20)]);
        table.rows.insert(vec![0, 5], vec![entry(1, 20)]);
        let base = [0.25; 4];
        let short = interpolate(&base, &table, 10, &[&[0]]);
        // Eight events of two kinds: a fifth of the mass stays with the base.
        assert!((short[0] - (6.0 / 10.0 + 0.05)).abs() < 1e-12, "{short:?}");
        assert!((short[2] - 0.05).abs() < 1e-12);
        let long = interpolate(&base, &table, 10, &[&[0], &[0, 5]]);
        assert!(long[1] > short[1] && long[2] > 0.0);
        assert!((long.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(interpolate(&base, &table, 10, &[&[9]]), base);
    }
}
