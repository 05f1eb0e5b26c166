//! A meter as a code.

use crate::music::Meter;

/// The code of a meter: 128 × upper figure + lower figure; 4/4 is 516.
pub fn code(meter: Meter) -> u16 {
    u16::from(meter.beats()) * 128 + u16::from(meter.unit())
}

/// The meter that a code means, if any.
pub fn meter(code: u16) -> Option<Meter> {
    Meter::new(u32::from(code / 128), u32::from(code % 128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meter_is_found_again() {
        for beats in 1..=64 {
            for unit in [1, 2, 4, 8, 16, 32, 64] {
                let wanted = Meter::new(beats, unit).expect("a meter");
                assert_eq!(meter(code(wanted)), Some(wanted));
            }
        }
        assert_eq!(meter(0), None);
    }
}
