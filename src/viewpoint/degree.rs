//! A pitch as its distance above the tonic.

/// The code of a pitch: its pitch class above the tonic's, 0 (the tonic) to 11 (the leading note).
pub fn code(midi: i32, tonic: u8) -> u16 {
    (midi - i32::from(tonic)).rem_euclid(12) as u16
}

/// The pitch class that a code means above a tonic, 0 to 11.
pub fn pitch_class(code: u16, tonic: u8) -> u8 {
    ((code % 12 + u16::from(tonic)) % 12) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pitch_is_found_again_in_every_key() {
        for tonic in 0..12 {
            for midi in 0..128 {
                assert_eq!(i32::from(pitch_class(code(midi, tonic), tonic)), midi % 12);
            }
        }
        assert_eq!(code(62, 7), 7, "D is the fifth of G");
    }
}
