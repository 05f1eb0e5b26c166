//! The key of music whose file does not say it.

use crate::music::{Key, Mode};

/// The major or minor key whose scale holds most of the sounding time of the pitch classes; the tonic counts twice, and
/// more if it is what the music ends on.
pub fn likely_key(weights: &[f64; 12], last: Option<u8>) -> Key {
    let total: f64 = weights.iter().sum();
    let score = |key: &Key| {
        let tonic = key.tonic.pitch_class();
        let scale: f64 = key.scale().iter().map(|name| weights[usize::from(name.pitch_class())]).sum();
        let leading =
            if key.mode == Mode::Minor { 0.5 * weights[usize::from((tonic + 11) % 12)] } else { 0.0 };
        scale + leading + weights[usize::from(tonic)] + if last == Some(tonic) { total * 0.1 } else { 0.0 }
    };
    let keys =
        (0..12).flat_map(|tonic| [Mode::Major, Mode::Minor].map(|mode| Key::from_pitch_class(tonic, mode)));
    keys.fold(Key::C_MAJOR, |best, key| if score(&key) > score(&best) { key } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_and_its_last_note_tell_the_key() {
        let mut weights = [0.0; 12];
        [7, 9, 11, 0, 2, 4, 6].iter().for_each(|class| weights[*class] = 1.0);
        assert_eq!(likely_key(&weights, Some(7)).to_string(), "G major");
        assert_eq!(likely_key(&weights, Some(4)).to_string(), "E minor");
    }
}
