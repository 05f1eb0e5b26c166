//! Finds onsets and pitches in sound, by ways that share nothing with the synthesiser.

/// Frames in a second.
pub const RATE: f64 = 44_100.0;
/// Windows of the onset detection: 9 ms, two periods of A3, looked at every millisecond.
const WINDOW: usize = 397;
const HOP: usize = 44;
const LATER: usize = 9;
/// An onset is where energy grows by 3.5 dB from one window to the next, of all or of what changes quickly...
const RISE: f64 = 0.35;
/// ...and no other within 40 ms is steeper.
const APART: usize = 40;

/// When something begins, in seconds.
pub fn onsets(sound: &[f32]) -> Vec<f64> {
    let all: Vec<f64> = sound.iter().map(|value| f64::from(*value)).collect();
    let sharp: Vec<f64> = all.windows(3).map(|three| three[2] - 2.0 * three[1] + three[0]).collect();
    let energy = |window: &[f64]| window.iter().map(|value| value * value).sum::<f64>() / WINDOW as f64;
    let levels = |sound: &[f64], nothing: f64| -> Vec<f64> {
        sound.windows(WINDOW).step_by(HOP).map(|window| (energy(window) + nothing).log10()).collect()
    };
    let rises = |levels: Vec<f64>| -> Vec<f64> {
        levels.windows(LATER + 1).map(|levels| levels[LATER] - levels[0]).collect()
    };
    let rises: Vec<f64> = rises(levels(&all, 1e-5))
        .iter()
        .zip(rises(levels(&sharp, 1e-7)))
        .map(|(all, sharp)| all.max(sharp))
        .collect();
    let steepest = |at: usize| {
        let near = &rises[at.saturating_sub(APART)..(at + APART).min(rises.len())];
        rises[at] > RISE && near.iter().all(|rise| *rise <= rises[at])
    };
    let found = (0..rises.len()).filter(|at| steepest(*at));
    // The second window begins where the first has ended.
    found.map(|at| (at * HOP + WINDOW) as f64 / RATE).collect()
}

/// The pitch of a stretch in Hz: the shortest lag at which it is nearly like itself.
pub fn pitch(sound: &[f32]) -> f64 {
    let mean = sound.iter().sum::<f32>() / sound.len() as f32;
    let sound: Vec<f64> = sound.iter().map(|value| f64::from(value - mean)).collect();
    let longest = (sound.len() / 2).min(RATE as usize / 50);
    let like = |lag: usize| -> f64 {
        let (a, b) = (&sound[..sound.len() - lag], &sound[lag..]);
        let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        let power: f64 = a.iter().chain(b).map(|value| value * value).sum();
        2.0 * product / power.max(1e-12)
    };
    let likeness: Vec<f64> = (0..longest).map(like).collect();
    // Past the first fall, so that it is not the trivial lag of 0.
    let fallen = likeness.iter().position(|value| *value < 0.3).unwrap_or(0);
    let best = likeness[fallen..].iter().copied().fold(0.0, f64::max);
    let is_peak = |lag: usize| likeness[lag] >= likeness[lag - 1] && likeness[lag] >= likeness[lag + 1];
    let peak = (fallen.max(1)..longest - 1).find(|&lag| is_peak(lag) && likeness[lag] > 0.95 * best);
    let Some(lag) = peak else { return 0.0 };
    let (before, here, after) = (likeness[lag - 1], likeness[lag], likeness[lag + 1]);
    let aside = 0.5 * (before - after) / (before - 2.0 * here + after);
    RATE / (lag as f64 + aside)
}

/// How much there is of a frequency, as an amplitude (Goertzel's algorithm, under a Hann window).
pub fn amplitude(sound: &[f32], hertz: f64) -> f64 {
    let turn = std::f64::consts::TAU / sound.len() as f64;
    let twice = 2.0 * (std::f64::consts::TAU * hertz / RATE).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for (index, value) in sound.iter().enumerate() {
        let window = 0.5 - 0.5 * (turn * index as f64).cos();
        (last, before) = (f64::from(*value) * window + twice * last - before, last);
    }
    let power: f64 = last * last + before * before - twice * last * before;
    4.0 * power.max(0.0).sqrt() / sound.len() as f64
}

/// How far a frequency is from a MIDI note, in cents.
pub fn cents(hertz: f64, midi: u8) -> f64 {
    1200.0 * (hertz / frequency(midi)).log2()
}

/// Hz of a MIDI note.
pub fn frequency(midi: u8) -> f64 {
    440.0 * 2.0_f64.powf((f64::from(midi) - 69.0) / 12.0)
}

/// The largest fourth difference: what a click has much of, and a tone without upper partials next to nothing.
pub fn roughest(sound: &[f32]) -> f32 {
    let fourth = |w: &[f32]| (w[0] - 4.0 * w[1] + 6.0 * w[2] - 4.0 * w[3] + w[4]).abs();
    sound.windows(5).map(fourth).fold(0.0, f32::max)
}
