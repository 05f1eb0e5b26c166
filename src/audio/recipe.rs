//! What the tones of the built-in instruments are made of.
//!
//! Tones begin with partials that are gone at once: the hammer, the tongue, the bow that takes hold. Without them nobody
//! could tell where a note begins that follows another of the same pitch.

use super::instrument::Instrument;

/// A partial: a sine whose frequency is a multiple of the tone's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partial {
    /// Its frequency, in multiples of the tone's.
    pub ratio: f32,
    /// Its amplitude among the partials.
    pub amplitude: f32,
    /// Seconds until it has decayed by 60 dB, of A4; 0 for as long as the tone is held.
    pub ring: f32,
}

/// What a tone is made of, and how it begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// The partials, the first that of the tone's own pitch.
    pub partials: &'static [Partial],
    /// How stiff the string is: partial n is sharp by a factor of √(1 + n² · this).
    pub stiffness: f32,
    /// Seconds from silence to full loudness.
    pub attack: f32,
    /// Seconds from the release to silence.
    pub release: f32,
    /// How much more the upper partials gain from a harder stroke: 0 not at all.
    pub brightness: f32,
    /// Loudness beside the other instruments.
    pub gain: f32,
}

const fn p(ratio: f32, amplitude: f32, ring: f32) -> Partial {
    Partial { ratio, amplitude, ring }
}

const PIANO: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 5.0),
        p(2.0, 0.6, 4.0),
        p(3.0, 0.38, 3.2),
        p(4.0, 0.25, 2.6),
        p(5.0, 0.17, 2.1),
        p(6.0, 0.11, 1.8),
        p(7.0, 0.05, 1.5),
        p(8.0, 0.02, 1.3),
        p(9.0, 0.03, 1.1),
        p(10.0, 0.025, 0.9),
        p(11.0, 0.02, 0.8),
        p(12.0, 0.015, 0.7),
        p(9.6, 0.12, 0.05),
        p(13.3, 0.1, 0.03),
    ],
    stiffness: 0.0003,
    attack: 0.003,
    release: 0.07,
    brightness: 0.6,
    gain: 1.0,
};

/// A tine: a nearly pure tone and a short bell above.
const ELECTRIC_PIANO: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 4.5),
        p(2.0, 0.22, 3.0),
        p(3.0, 0.09, 1.8),
        p(4.0, 0.05, 1.2),
        p(6.7, 0.05, 0.25),
        p(13.0, 0.02, 0.12),
    ],
    stiffness: 0.0,
    attack: 0.004,
    release: 0.09,
    brightness: 0.9,
    gain: 1.0,
};

const VIBRAPHONE: Recipe = Recipe {
    partials: &[p(1.0, 1.0, 5.0), p(4.0, 0.22, 1.2), p(10.1, 0.05, 0.25), p(13.3, 0.08, 0.04)],
    stiffness: 0.0,
    attack: 0.003,
    release: 0.09,
    brightness: 0.5,
    gain: 1.0,
};

const ORGAN: Recipe = Recipe {
    partials: &[
        p(1.0, 0.9, 0.0),
        p(2.0, 0.6, 0.0),
        p(3.0, 0.35, 0.0),
        p(4.0, 0.3, 0.0),
        p(6.0, 0.12, 0.0),
        p(8.0, 0.1, 0.0),
        p(5.0, 0.3, 0.05),
        p(10.0, 0.25, 0.03),
    ],
    stiffness: 0.0,
    attack: 0.004,
    release: 0.04,
    brightness: 0.0,
    gain: 0.7,
};

const GUITAR: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 3.5),
        p(2.0, 0.7, 2.6),
        p(3.0, 0.4, 1.9),
        p(4.0, 0.16, 1.4),
        p(5.0, 0.1, 1.1),
        p(6.0, 0.12, 0.9),
        p(7.0, 0.08, 0.7),
        p(8.0, 0.04, 0.55),
        p(9.7, 0.1, 0.05),
        p(11.6, 0.08, 0.03),
    ],
    stiffness: 0.00005,
    attack: 0.003,
    release: 0.06,
    brightness: 0.7,
    gain: 1.0,
};

const VIOLIN: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 0.0),
        p(2.0, 0.62, 0.0),
        p(3.0, 0.5, 0.0),
        p(4.0, 0.32, 0.0),
        p(5.0, 0.24, 0.0),
        p(6.0, 0.13, 0.0),
        p(7.0, 0.09, 0.0),
        p(8.0, 0.07, 0.0),
        p(9.0, 0.04, 0.0),
        p(10.0, 0.03, 0.0),
        p(3.5, 0.4, 0.08),
        p(5.5, 0.4, 0.06),
        p(9.5, 0.3, 0.04),
    ],
    stiffness: 0.0,
    attack: 0.008,
    release: 0.05,
    brightness: 0.2,
    gain: 0.7,
};

const TRUMPET: Recipe = Recipe {
    partials: &[
        p(1.0, 0.8, 0.0),
        p(2.0, 0.9, 0.0),
        p(3.0, 0.75, 0.0),
        p(4.0, 0.5, 0.0),
        p(5.0, 0.32, 0.0),
        p(6.0, 0.2, 0.0),
        p(7.0, 0.12, 0.0),
        p(8.0, 0.07, 0.0),
        p(9.0, 0.04, 0.0),
        p(4.0, 0.5, 0.08),
        p(7.0, 0.6, 0.06),
        p(10.0, 0.4, 0.04),
    ],
    stiffness: 0.0,
    attack: 0.007,
    release: 0.04,
    brightness: 0.5,
    gain: 0.6,
};

const CLARINET: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 0.0),
        p(2.0, 0.04, 0.0),
        p(3.0, 0.45, 0.0),
        p(4.0, 0.03, 0.0),
        p(5.0, 0.2, 0.0),
        p(6.0, 0.03, 0.0),
        p(7.0, 0.1, 0.0),
        p(9.0, 0.04, 0.0),
        p(4.0, 0.3, 0.08),
        p(6.0, 0.35, 0.06),
        p(8.0, 0.3, 0.04),
    ],
    stiffness: 0.0,
    attack: 0.006,
    release: 0.04,
    brightness: 0.3,
    gain: 0.8,
};

const FLUTE: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 0.0),
        p(2.0, 0.32, 0.0),
        p(3.0, 0.12, 0.0),
        p(4.0, 0.05, 0.0),
        p(5.0, 0.02, 0.0),
        p(2.0, 0.3, 0.1),
        p(3.0, 0.4, 0.08),
        p(5.0, 0.35, 0.06),
        p(8.0, 0.2, 0.04),
    ],
    stiffness: 0.0,
    attack: 0.006,
    release: 0.04,
    brightness: 0.4,
    gain: 0.9,
};

/// What plays the chords.
pub const COMPING: Recipe = ELECTRIC_PIANO;

/// A round bass; its upper partials let a small loudspeaker tell the pitch.
pub const BASS: Recipe = Recipe {
    partials: &[
        p(1.0, 1.0, 7.0),
        p(2.0, 0.55, 5.0),
        p(3.0, 0.28, 3.2),
        p(4.0, 0.12, 2.0),
        p(5.0, 0.06, 1.3),
        p(6.0, 0.04, 0.9),
        p(8.0, 0.02, 0.5),
    ],
    stiffness: 0.00004,
    attack: 0.005,
    release: 0.08,
    brightness: 0.5,
    gain: 1.0,
};

/// A tick of the metronome.
pub const CLICK: Recipe = Recipe {
    partials: &[p(1.0, 1.0, 0.07), p(2.76, 0.5, 0.04)],
    stiffness: 0.0,
    attack: 0.001,
    release: 0.05,
    brightness: 0.0,
    gain: 1.0,
};

/// The recipe of an instrument.
pub fn of(instrument: Instrument) -> Recipe {
    match instrument {
        Instrument::Piano => PIANO,
        Instrument::ElectricPiano => ELECTRIC_PIANO,
        Instrument::Vibraphone => VIBRAPHONE,
        Instrument::Organ => ORGAN,
        Instrument::Guitar => GUITAR,
        Instrument::Violin => VIOLIN,
        Instrument::Trumpet => TRUMPET,
        Instrument::Clarinet => CLARINET,
        Instrument::Flute => FLUTE,
    }
}
