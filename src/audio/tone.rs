//! A tone: partials that turn and decay, between a ramp in and a ramp out.

use super::RATE;
use super::recipe::Recipe;

/// Partials are worked out eight at a time, side by side.
const LANES: usize = 8;
/// The most partials of a tone.
const MOST: usize = 2 * LANES;
/// No partial lies above, so that nothing is folded back below; towards it they grow weaker.
const HIGHEST: f32 = 14_000.0;
/// Below this a partial is not there. Numbers that are smaller still would slow the processor down.
const NOTHING: f32 = 1e-15;
/// How often that is looked at, in frames of the tone's own age.
const LOOK: u32 = 64;

/// Eight partials. Each is a hand of a clock that turns by the same angle and shortens by the same factor from frame to
/// frame; what is heard is how high its tip stands.
#[derive(Clone, Copy, Debug, Default)]
struct Hands {
    across: [f32; LANES],
    up: [f32; LANES],
    cosine: [f32; LANES],
    sine: [f32; LANES],
}

impl Hands {
    fn turned(&mut self) -> f32 {
        let mut heard = [0.0; LANES];
        for (lane, heard) in heard.iter_mut().enumerate() {
            let across = self.across[lane] * self.cosine[lane] - self.up[lane] * self.sine[lane];
            let up = self.across[lane] * self.sine[lane] + self.up[lane] * self.cosine[lane];
            (self.across[lane], self.up[lane]) = (across, up);
            *heard = up;
        }
        // One order of adding, whatever the processor.
        ((heard[0] + heard[4]) + (heard[1] + heard[5])) + ((heard[2] + heard[6]) + (heard[3] + heard[7]))
    }

    fn drop_what_is_nothing(&mut self) {
        for lane in 0..LANES {
            if self.across[lane].abs() + self.up[lane].abs() < NOTHING {
                (self.across[lane], self.up[lane]) = (0.0, 0.0);
            }
        }
    }
}

/// A tone that sounds.
#[derive(Clone, Debug)]
pub struct Tone {
    hands: [Hands; 2],
    halves: usize,
    /// Frames since it was struck.
    age: u32,
    attack: u32,
    /// Frames since it was let go, if it was.
    fading: Option<u32>,
    release: u32,
}

impl Tone {
    /// A tone of so many Hz; `force` is 1 for an ordinary stroke and scales its loudness.
    pub fn new(recipe: &Recipe, frequency: f32, force: f32) -> Tone {
        let mut hands = [Hands::default(); 2];
        // Partials of one loudness together, whatever their number.
        let power: f32 = recipe.partials.iter().map(|partial| partial.amplitude * partial.amplitude).sum();
        let level = recipe.gain * force / power.sqrt().max(1e-6);
        let ring_of_pitch = libm::sqrtf(440.0 / frequency.max(1.0)).min(2.5);
        for (index, partial) in recipe.partials.iter().take(MOST).enumerate() {
            let stretch = libm::sqrtf(1.0 + partial.ratio * partial.ratio * recipe.stiffness);
            let unstretched = libm::sqrtf(1.0 + recipe.stiffness);
            let hertz = frequency * partial.ratio * stretch / unstretched;
            let kept = ((HIGHEST - hertz) / (HIGHEST / 2.0)).clamp(0.0, 1.0);
            let tilt =
                libm::powf(force.clamp(0.25, 1.6), recipe.brightness * (partial.ratio - 1.0).min(4.0) / 2.0);
            let decay = match partial.ring > 0.0 {
                true => libm::exp(-6.907_755 / f64::from(partial.ring * ring_of_pitch) / f64::from(RATE)),
                false => 1.0,
            };
            let angle = std::f64::consts::TAU * f64::from(hertz) / f64::from(RATE);
            let (sine, cosine) = libm::sincos(angle);
            let (half, lane) = (&mut hands[index / LANES], index % LANES);
            half.across[lane] = level * partial.amplitude * kept * tilt;
            half.cosine[lane] = (cosine * decay) as f32;
            half.sine[lane] = (sine * decay) as f32;
        }
        let frames = |seconds: f32| ((seconds * RATE as f32) as u32).max(1);
        Tone {
            hands,
            halves: recipe.partials.len().min(MOST).div_ceil(LANES),
            age: 0,
            attack: frames(recipe.attack),
            fading: None,
            release: frames(recipe.release),
        }
    }

    /// Lets it go: it fades from here on.
    pub fn release(&mut self) {
        self.fading.get_or_insert(0);
    }

    /// Lets it go within so many frames, to make room for others.
    pub fn cut_short(&mut self, frames: u32) {
        // What has faded in part goes on from the same loudness.
        let share = self.fading.map_or(0.0, |faded| faded as f32 / self.release as f32);
        if self.release > frames {
            self.fading = Some((share * frames as f32) as u32);
            self.release = frames.max(1);
        }
    }

    /// Whether it is still held.
    pub fn is_held(&self) -> bool {
        self.fading.is_none()
    }

    /// Whether nothing of it will be heard any more.
    pub fn is_over(&self) -> bool {
        self.fading.is_some_and(|faded| faded >= self.release)
    }

    /// Its next value.
    pub fn next(&mut self) -> f32 {
        if self.age.is_multiple_of(LOOK) {
            self.hands.iter_mut().for_each(Hands::drop_what_is_nothing);
        }
        let mut level = 1.0;
        if self.age < self.attack {
            level = smooth(self.age as f32 / self.attack as f32);
        }
        if let Some(faded) = &mut self.fading {
            level *= smooth(1.0 - (*faded as f32 / self.release as f32).min(1.0));
            *faded = faded.saturating_add(1);
        }
        self.age = self.age.saturating_add(1);
        let heard: f32 = self.hands[..self.halves].iter_mut().map(Hands::turned).sum();
        heard * level
    }
}

/// From 0 to 1, flat at both ends: a ramp without corners, which would be heard.
pub fn smooth(part: f32) -> f32 {
    part * part * (3.0 - 2.0 * part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Instrument, recipe};

    #[test]
    fn a_tone_begins_and_ends_in_silence() {
        for instrument in Instrument::ALL {
            let mut tone = Tone::new(&recipe::of(instrument), 440.0, 1.0);
            let held: Vec<f32> = (0..8000).map(|_| tone.next()).collect();
            assert!(held[0].abs() < 1e-6, "{instrument}: {}", held[0]);
            tone.release();
            let mut last = 0.0;
            while !tone.is_over() {
                last = tone.next();
            }
            assert!(last.abs() < 1e-4, "{instrument}: {last}");
            assert!(held.iter().any(|value| value.abs() > 0.3), "{instrument}");
        }
    }

    #[test]
    fn cutting_short_goes_on_from_the_same_loudness() {
        let mut tone = Tone::new(&recipe::BASS, 60.0, 1.0);
        (0..3000).for_each(|_| _ = tone.next());
        tone.release();
        (0..700).for_each(|_| _ = tone.next());
        let mut cut = tone.clone();
        cut.cut_short(200);
        assert!((tone.next() - cut.next()).abs() < 0.02);
        assert!((0..200).any(|_| {
            cut.next();
            cut.is_over()
        }));
    }

    #[test]
    fn no_partial_is_folded_back() {
        // C8 has its third partial above what is let through.
        let tone = Tone::new(&recipe::of(Instrument::Violin), 4186.0, 1.0);
        let sounding = tone.hands[0].across.iter().filter(|amplitude| **amplitude > 0.0).count();
        assert_eq!(sounding, 3);
    }
}
