//! The first prelude of the Well-Tempered Clavier (J. S. Bach, 1722), written down chord by chord from the score.

/// The five pitches of each of the first 32 bars, as MIDI numbers from the bottom up. Each bar plays the first, the
/// second, and twice the upper three, and does so two times.
const CHORDS: [[u16; 5]; 32] = [
    [60, 64, 67, 72, 76],
    [60, 62, 69, 74, 77],
    [59, 62, 67, 74, 77],
    [60, 64, 67, 72, 76],
    [60, 64, 69, 76, 81],
    [60, 62, 66, 69, 74],
    [59, 62, 67, 74, 79],
    [59, 60, 64, 67, 72],
    [57, 60, 64, 67, 72],
    [50, 57, 62, 66, 72],
    [55, 59, 62, 67, 71],
    [55, 58, 64, 67, 73],
    [53, 57, 62, 69, 74],
    [53, 56, 62, 65, 71],
    [52, 55, 60, 67, 72],
    [52, 53, 57, 60, 65],
    [50, 53, 57, 60, 65],
    [43, 50, 55, 59, 65],
    [48, 52, 55, 60, 64],
    [48, 55, 58, 60, 64],
    [41, 53, 57, 60, 64],
    [42, 48, 57, 60, 63],
    [44, 53, 59, 60, 62],
    [43, 53, 55, 59, 62],
    [43, 52, 55, 60, 64],
    [43, 50, 55, 60, 65],
    [43, 50, 55, 59, 65],
    [43, 51, 57, 60, 66],
    [43, 52, 55, 60, 67],
    [43, 50, 55, 60, 65],
    [43, 50, 55, 59, 65],
    [36, 48, 55, 58, 64],
];

/// The last three bars, which break the pattern.
const CLOSE: [u16; 37] = [
    36, 48, 53, 57, 60, 65, 60, 57, 60, 57, 53, 57, 53, 50, 53, 50, //
    36, 47, 67, 71, 74, 77, 74, 71, 74, 71, 67, 71, 62, 65, 64, 62, //
    36, 48, 64, 67, 72,
];

/// Its 549 pitches in the order of the score.
pub fn pitches() -> Vec<u16> {
    let bars = CHORDS.iter().flat_map(|&[a, b, c, d, e]| [a, b, c, d, e, c, d, e].repeat(2));
    bars.chain(CLOSE).collect()
}
