//! Where in the phrase and section a bar stands.

/// Bars in a phrase: phrases are counted in fours from the start of each section.
pub const BARS: usize = 4;

/// A bar's place in its phrase and section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhrasePlace {
    /// The bar of the phrase, 0 to 3.
    pub bar: u8,
    /// Whether it is the last bar of its section. A pickup counts as one: it leads in as that bar does.
    pub last: bool,
}

impl PhrasePlace {
    /// The place of a pickup.
    pub const PICKUP: PhrasePlace = PhrasePlace { bar: 3, last: true };

    /// The place of bar `index` (from 0) of a section of `bars` bars.
    pub fn new(index: usize, bars: usize) -> PhrasePlace {
        PhrasePlace { bar: (index % BARS) as u8, last: index + 1 >= bars }
    }

    /// The class that rhythm is learned by: 0 to 3 the bar of the phrase, 4 the last bar of a section.
    pub fn class(self) -> u16 {
        if self.last { 4 } else { u16::from(self.bar) }
    }

    /// The code of a chord's place: 2 × the bar of the phrase, + 1 off the downbeat, + 8 in the last bar of a
    /// section; 0 to 15.
    pub fn chord_code(self, on_downbeat: bool) -> u16 {
        u16::from(self.bar) * 2 + u16::from(!on_downbeat) + if self.last { 8 } else { 0 }
    }

    /// The place and whether it is a downbeat that [`chord_code`](Self::chord_code) means.
    pub fn from_chord_code(code: u16) -> (PhrasePlace, bool) {
        (PhrasePlace { bar: (code % 8 / 2) as u8, last: code % 16 >= 8 }, code.is_multiple_of(2))
    }

    /// The code of a note's place: 3 × [`class`](Self::class) + [`strength`](super::place::strength); 0 to 14.
    pub fn note_code(self, strength: u16) -> u16 {
        self.class() * 3 + strength.min(2)
    }

    /// The class and the strength that [`note_code`](Self::note_code) means.
    pub fn from_note_code(code: u16) -> (u16, u16) {
        (code / 3 % 5, code % 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chord_and_note_places_are_found_again() {
        for index in 0..8 {
            let place = PhrasePlace::new(index, 8);
            assert_eq!(place.last, index == 7);
            for downbeat in [true, false] {
                assert_eq!(PhrasePlace::from_chord_code(place.chord_code(downbeat)), (place, downbeat));
            }
            for strength in 0..3 {
                assert_eq!(PhrasePlace::from_note_code(place.note_code(strength)), (place.class(), strength));
            }
        }
    }
}
