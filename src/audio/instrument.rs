//! The instruments that the melody can be played on, by name: the same for both synthesisers.

use std::fmt;
use std::str::FromStr;

/// An instrument for the melody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Instrument {
    #[default]
    Piano,
    ElectricPiano,
    Vibraphone,
    Organ,
    Guitar,
    Violin,
    Trumpet,
    Clarinet,
    Flute,
}

impl Instrument {
    /// All of them, in the order of their General MIDI programs.
    pub const ALL: [Instrument; 9] = [
        Instrument::Piano,
        Instrument::ElectricPiano,
        Instrument::Vibraphone,
        Instrument::Organ,
        Instrument::Guitar,
        Instrument::Violin,
        Instrument::Trumpet,
        Instrument::Clarinet,
        Instrument::Flute,
    ];

    /// What it is called on the command line: `electric-piano`.
    pub fn name(self) -> &'static str {
        match self {
            Instrument::Piano => "piano",
            Instrument::ElectricPiano => "electric-piano",
            Instrument::Vibraphone => "vibraphone",
            Instrument::Organ => "organ",
            Instrument::Guitar => "guitar",
            Instrument::Violin => "violin",
            Instrument::Trumpet => "trumpet",
            Instrument::Clarinet => "clarinet",
            Instrument::Flute => "flute",
        }
    }

    /// Its General MIDI program, counted from 0.
    pub fn program(self) -> u8 {
        match self {
            Instrument::Piano => 0,
            Instrument::ElectricPiano => 4,
            Instrument::Vibraphone => 11,
            Instrument::Organ => 16,
            Instrument::Guitar => 24,
            Instrument::Violin => 40,
            Instrument::Trumpet => 56,
            Instrument::Clarinet => 71,
            Instrument::Flute => 73,
        }
    }

    /// Every name: `piano, electric-piano, ...`.
    pub fn names() -> String {
        Instrument::ALL.map(Instrument::name).join(", ")
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// That there is no such instrument; the message lists those there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no instrument '{0}'; known are {names}", names = Instrument::names())]
pub struct UnknownInstrument(String);

impl FromStr for Instrument {
    type Err = UnknownInstrument;

    fn from_str(text: &str) -> Result<Instrument, UnknownInstrument> {
        let plain = text.trim().to_lowercase().replace([' ', '_'], "-");
        let found = Instrument::ALL.into_iter().find(|instrument| instrument.name() == plain);
        found.ok_or_else(|| UnknownInstrument(text.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_programs_differ() {
        for instrument in Instrument::ALL {
            assert_eq!(instrument.name().parse(), Ok(instrument));
        }
        assert_eq!("Electric Piano".parse(), Ok(Instrument::ElectricPiano));
        let error = "kazoo".parse::<Instrument>().expect_err("unknown").to_string();
        assert!(error.contains("'kazoo'") && error.contains("piano, electric-piano"), "{error}");
        assert!(Instrument::ALL.map(Instrument::program).windows(2).all(|pair| pair[0] < pair[1]));
    }
}
