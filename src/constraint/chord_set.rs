//! Sets of chords, by sound.

use crate::music::chord_quality::{Family, QUALITIES};
use crate::music::{ChordSymbol, NamedChord, NoteName, Quality};

/// Which chords are allowed. Chords are compared by sound: C♯m and D♭m are one chord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChordSet {
    /// These alone.
    Only(Vec<ChordSymbol>),
    /// All but these.
    Not(Vec<ChordSymbol>),
    /// Any chord on one of these roots that belongs to one of the families given with it, over any bass.
    Rooted(Vec<(NoteName, Vec<Family>)>),
    /// Any other chord than those; not N.C.
    NotRooted(Vec<(NoteName, Vec<Family>)>),
}

impl ChordSet {
    /// Whether a chord is allowed.
    pub fn contains(&self, chord: &ChordSymbol) -> bool {
        match self {
            ChordSet::Only(chords) => chords.iter().any(|named| named.sounds_like(chord)),
            ChordSet::Not(chords) => !chords.iter().any(|named| named.sounds_like(chord)),
            ChordSet::Rooted(roots) => is_rooted(roots, chord),
            ChordSet::NotRooted(roots) => *chord != ChordSymbol::NoChord && !is_rooted(roots, chord),
        }
    }

    /// The chords that are asked for by name, so that they must be within reach; for [`Rooted`](Self::Rooted) the
    /// plainest of each root and family. None where chords are only ruled out.
    pub fn named(&self) -> Vec<ChordSymbol> {
        match self {
            ChordSet::Only(chords) => chords.clone(),
            ChordSet::Rooted(roots) => {
                let pairs = roots
                    .iter()
                    .flat_map(|(root, families)| families.iter().map(move |&family| (*root, family)));
                pairs.filter_map(|(root, family)| plainest(root, family)).collect()
            }
            ChordSet::Not(_) | ChordSet::NotRooted(_) => Vec::new(),
        }
    }
}

fn is_rooted(roots: &[(NoteName, Vec<Family>)], chord: &ChordSymbol) -> bool {
    let ChordSymbol::Chord(chord) = chord else { return false };
    roots.iter().any(|(root, families)| {
        root.pitch_class() == chord.root.pitch_class() && families.contains(&chord.quality.family())
    })
}

/// The chord of a family that stands first in the table: the triad where there is one.
fn plainest(root: NoteName, family: Family) -> Option<ChordSymbol> {
    let row = QUALITIES.iter().find(|row| row.family == family)?;
    let quality = Quality::from_symbol(row.symbol)?;
    Some(ChordSymbol::Chord(NamedChord::new(root, quality)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> ChordSymbol {
        text.parse().expect(text)
    }

    #[test]
    fn chords_are_compared_by_sound() {
        for (a, b, same) in [
            ("C#m", "Dbm", true),
            ("F", "Fmaj7", false),
            ("C/E", "C", false),
            ("C/D#", "C/Eb", true),
            ("C7(b9)", "C7", false),
            ("N.C.", "C", false),
            ("N.C.", "N.C.", true),
        ] {
            assert_eq!(chord(a).sounds_like(&chord(b)), same, "{a} {b}");
            assert_eq!(ChordSet::Only(vec![chord(a)]).contains(&chord(b)), same);
            assert_eq!(ChordSet::Not(vec![chord(a)]).contains(&chord(b)), !same);
        }
    }

    #[test]
    fn every_named_chord_is_in_its_set() {
        let g: NoteName = "G".parse().expect("G");
        let set = ChordSet::Rooted(vec![(g, vec![Family::Major, Family::Dominant])]);
        assert_eq!(set.named(), [chord("G"), chord("G7")]);
        assert!(set.named().iter().all(|named| set.contains(named)));
        assert!(
            set.contains(&chord("G13/B")) && !set.contains(&chord("Gm7")) && !set.contains(&chord("N.C."))
        );
        let others = ChordSet::NotRooted(vec![(g, vec![Family::Major])]);
        assert!(
            others.contains(&chord("G7"))
                && !others.contains(&chord("Gmaj7"))
                && !others.contains(&chord("N.C."))
        );
    }
}
