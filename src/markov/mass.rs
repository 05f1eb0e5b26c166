//! Masses: weights that may lie far outside the range of f64.

/// A weight that is not negative: `mantissa · 2^exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mass {
    /// From 0.5 to below 1, or 0.
    pub mantissa: f64,
    /// The power of two; 0 for no mass.
    pub exponent: i64,
}

impl Mass {
    /// No mass.
    pub const ZERO: Mass = Mass { mantissa: 0.0, exponent: 0 };

    /// The mass `value · 2^exponent` of a finite value that is not negative.
    pub fn new(value: f64, exponent: i64) -> Mass {
        if value > 0.0 {
            let (mantissa, shift) = libm::frexp(value);
            Mass { mantissa, exponent: exponent + i64::from(shift) }
        } else {
            Mass::ZERO
        }
    }

    /// Whether there is none.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0.0
    }

    /// The mass as f64: 0 or ∞ where it is out of its range.
    pub fn value(self) -> f64 {
        libm::ldexp(self.mantissa, self.exponent.clamp(-10_000, 10_000) as i32)
    }

    /// The natural logarithm; −∞ for no mass.
    pub fn ln(self) -> f64 {
        if self.is_zero() {
            return f64::NEG_INFINITY;
        }
        libm::log(self.mantissa) + self.exponent as f64 * std::f64::consts::LN_2
    }

    /// The mass weighted once more.
    pub fn times(self, weight: f64) -> Mass {
        let weight = Mass::new(weight, 0);
        Mass::new(self.mantissa * weight.mantissa, self.exponent + weight.exponent)
    }

    /// The mass against 2^exponent, as f64; what is too small for it is 0.
    pub fn against(self, exponent: i64) -> f64 {
        Mass { mantissa: self.mantissa, exponent: self.exponent - exponent }.value()
    }
}

/// The sum of masses, added in order; those that are 2¹⁰⁰⁰ times smaller than the largest do not count.
pub fn sum(masses: impl Iterator<Item = Mass> + Clone) -> Mass {
    let largest = masses.clone().filter(|mass| !mass.is_zero()).map(|mass| mass.exponent).max();
    let Some(largest) = largest else { return Mass::ZERO };
    Mass::new(masses.map(|mass| mass.against(largest)).sum(), largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_far_below_the_range_of_f64_add_and_multiply_exactly() {
        let tiny = (0..1_000).fold(Mass::new(1.0, 0), |mass, _| mass.times(1e-300));
        assert_eq!(tiny.value(), 0.0);
        assert!((tiny.ln() / (-300_000.0 * std::f64::consts::LN_10) - 1.0).abs() < 1e-13);
        let three = sum([tiny, tiny, tiny].into_iter());
        assert!((three.ln() - tiny.ln() - libm::log(3.0)).abs() < 1e-9);
        assert_eq!(three.exponent, tiny.exponent + if tiny.mantissa * 3.0 >= 2.0 { 2 } else { 1 });
        assert_eq!(sum([tiny, Mass::new(0.75, 3)].into_iter()), Mass::new(6.0, 0));
    }

    #[test]
    fn a_mass_within_range_is_its_value() {
        for value in [0.0, 1.0, 0.3, 1e-308, 5e-324, f64::MAX] {
            assert_eq!(Mass::new(value, 0).value(), value);
        }
        assert_eq!(Mass::ZERO.ln(), f64::NEG_INFINITY);
        assert_eq!(sum([Mass::ZERO, Mass::ZERO].into_iter()), Mass::ZERO);
    }
}
