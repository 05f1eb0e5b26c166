//! The built-in synthesiser: a melody instrument, an electric piano for the chords, a round bass, a metronome, a room.

use super::RATE;
use super::instrument::Instrument;
use super::recipe::{self, Recipe};
use super::room::Room;
use super::synthesizer::{Synthesizer, Voice};
use super::tone::Tone;

/// The most tones that sound at once; beyond that the oldest gives way.
pub const MOST_TONES: usize = 48;
/// How many frames a tone that gives way fades for: 5 ms.
const GIVING_WAY: u32 = RATE / 200;
/// Loudness of all voices together: with it a full chord, bass and melody stay below what is limited.
const LEVEL: f32 = 0.19;
/// How much of each voice goes to the left and to the right ear, and how much of it the room hears.
const MELODY: Seat = Seat { left: 0.74, right: 0.74, room: 0.16, level: 1.0 };
const CHORDS: Seat = Seat { left: 0.6, right: 0.86, room: 0.2, level: 0.85 };
const BASS: Seat = Seat { left: 0.8, right: 0.68, room: 0.04, level: 1.15 };
const CLICK: Seat = Seat { left: 0.7, right: 0.7, room: 0.0, level: 0.45 };
/// What the metronome's beats are tuned to, in Hz.
const DOWNBEAT: f32 = 1760.0;
const BEAT: f32 = 1318.5;

/// Where a voice sits.
#[derive(Clone, Copy, Debug)]
struct Seat {
    left: f32,
    right: f32,
    room: f32,
    level: f32,
}

/// A tone, whose it is, and where it is heard.
#[derive(Clone, Debug)]
struct Sounding {
    /// The voice and pitch, or none for the metronome.
    of: Option<(Voice, u8)>,
    seat: Seat,
    tone: Tone,
}

/// The synthesiser that needs nothing installed. Equal temperament, A4 = 440 Hz; the same bytes on every machine.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    melody: Recipe,
    tones: Vec<Sounding>,
    room: Room,
    heard: Vec<[f32; 2]>,
}

impl BuiltIn {
    /// One that plays the melody on this instrument.
    pub fn new(melody: Instrument) -> BuiltIn {
        BuiltIn { melody: recipe::of(melody), tones: Vec::new(), room: Room::default(), heard: Vec::new() }
    }

    /// How many tones sound, fading ones with them.
    pub fn tones(&self) -> usize {
        self.tones.len()
    }

    fn begin(&mut self, of: Option<(Voice, u8)>, seat: Seat, tone: Tone) {
        self.tones.retain(|sounding| !sounding.tone.is_over());
        if self.tones.len() >= MOST_TONES {
            // One that fades already if there is any, else the oldest.
            let gives_way = self.tones.iter().position(|sounding| !sounding.tone.is_held()).unwrap_or(0);
            if let Some(sounding) = self.tones.get_mut(gives_way) {
                sounding.tone.release();
                sounding.tone.cut_short(GIVING_WAY);
                sounding.of = None;
            }
        }
        // Even so there is an end: what was to give way has had its time unless all came at once.
        if self.tones.len() < 2 * MOST_TONES {
            self.tones.push(Sounding { of, seat, tone });
        }
    }
}

impl Synthesizer for BuiltIn {
    fn strike(&mut self, voice: Voice, pitch: u8, velocity: u8) {
        let (recipe, seat) = match voice {
            Voice::Melody => (self.melody, MELODY),
            Voice::Chords => (recipe::COMPING, CHORDS),
            Voice::Bass => (recipe::BASS, BASS),
        };
        let frequency = 440.0 * libm::exp2((f64::from(pitch) - 69.0) / 12.0);
        let force = libm::powf(f32::from(velocity.clamp(1, 127)) / 100.0, 1.2);
        self.begin(Some((voice, pitch)), seat, Tone::new(&recipe, frequency as f32, force));
    }

    fn release(&mut self, voice: Voice, pitch: u8) {
        let mut tones = self.tones.iter_mut();
        if let Some(sounding) =
            tones.find(|sounding| sounding.of == Some((voice, pitch)) && sounding.tone.is_held())
        {
            sounding.tone.release();
        }
    }

    fn click(&mut self, downbeat: bool) {
        let (frequency, force) = if downbeat { (DOWNBEAT, 1.0) } else { (BEAT, 0.7) };
        let mut tone = Tone::new(&recipe::CLICK, frequency, force);
        // It rings out by itself; nobody lets it go.
        tone.release();
        self.begin(None, CLICK, tone);
    }

    fn fill(&mut self, left: &mut [f32], right: &mut [f32]) {
        left.fill(0.0);
        right.fill(0.0);
        self.heard.clear();
        self.heard.resize(left.len(), [0.0; 2]);
        for Sounding { seat, tone, .. } in &mut self.tones {
            for ((left, right), heard) in left.iter_mut().zip(right.iter_mut()).zip(&mut self.heard) {
                let value = tone.next() * seat.level * LEVEL;
                *left += value * seat.left;
                *right += value * seat.right;
                heard[0] += value * seat.left * seat.room;
                heard[1] += value * seat.right * seat.room;
            }
        }
        self.tones.retain(|sounding| !sounding.tone.is_over());
        for ((left, right), heard) in left.iter_mut().zip(right.iter_mut()).zip(&self.heard) {
            let [more_left, more_right] = self.room.next(heard[0], heard[1]);
            *left += more_left;
            *right += more_right;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_notes_are_struck_the_tones_stay_few_and_none_is_cut_off() {
        let mut synthesizer = BuiltIn::new(Instrument::Piano);
        let (mut left, mut right) = ([0.0; 441], [0.0; 441]);
        let (mut last, mut jump) = (0.0_f32, 0.0_f32);
        for round in 0..200_u32 {
            // A new note every 10 ms, and none is ever let go.
            synthesizer.strike(Voice::Melody, 40 + (round % 12) as u8, 60);
            synthesizer.fill(&mut left, &mut right);
            for value in left {
                jump = jump.max((value - last).abs());
                last = value;
            }
        }
        assert!(synthesizer.tones() <= MOST_TONES + 2, "{}", synthesizer.tones());
        let loudest = left.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(jump < 0.35 && loudest > 0.3, "a jump of {jump}, loudest {loudest}");
    }

    #[test]
    fn what_is_released_is_the_note_that_was_struck_first() {
        let mut synthesizer = BuiltIn::new(Instrument::Organ);
        let (mut left, mut right) = (vec![0.0; 20_000], vec![0.0; 20_000]);
        synthesizer.strike(Voice::Melody, 60, 100);
        synthesizer.strike(Voice::Melody, 60, 100);
        synthesizer.strike(Voice::Bass, 60, 100);
        synthesizer.release(Voice::Melody, 60);
        synthesizer.release(Voice::Chords, 60);
        synthesizer.fill(&mut left, &mut right);
        assert_eq!(synthesizer.tones(), 2);
        synthesizer.release(Voice::Melody, 60);
        synthesizer.fill(&mut left, &mut right);
        assert_eq!(synthesizer.tones(), 1);
    }
}
