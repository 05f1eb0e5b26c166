//! Keeps sound below full scale: what is not loud goes through untouched, what is too loud is bent, never cut.

/// Up to here nothing is changed.
pub const UNTOUCHED: f32 = 0.75;
/// Nothing reaches this.
pub const CEILING: f32 = 0.98;

/// The value, bent towards the ceiling where it lies above [`UNTOUCHED`]. Smooth: there is no corner where it begins.
pub fn limited(value: f32) -> f32 {
    let loud = value.abs();
    if loud <= UNTOUCHED {
        return value;
    }
    if loud.is_nan() {
        return 0.0;
    }
    let room = CEILING - UNTOUCHED;
    // x / (1 + x), whose slope at 0 is 1 and which stays below 1.
    let over = (loud - UNTOUCHED) / room;
    let bent = UNTOUCHED + room * (1.0 - 1.0 / (1.0 + over));
    bent.copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quiet_is_untouched_and_nothing_reaches_the_ceiling() {
        for value in [0.0, 0.3, -0.75] {
            assert_eq!(limited(value), value);
        }
        for value in [0.8, 1.0, 4.0, 1e9, f32::INFINITY] {
            assert!(limited(value) > UNTOUCHED && limited(value) <= CEILING, "{value}");
            assert_eq!(limited(-value), -limited(value));
        }
        assert_eq!(limited(f32::NAN), 0.0);
        assert!((limited(0.751) - 0.751).abs() < 1e-5);
    }
}
