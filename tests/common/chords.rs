//! What two charts share, laid beside each other chord by chord.

use tunesmith::music::{Chart, ChordSymbol};

/// The most chords in a row that two charts share in some key, one after the other of the same chord being one.
pub fn most_shared_chords(one: &Chart, other: &Chart) -> usize {
    // Root and what stands on it; nothing for N.C.
    let parts = |chart: &Chart| {
        let mut parts: Vec<Option<(u8, String)>> = Vec::new();
        for change in &chart.changes {
            let part = match &change.chord {
                ChordSymbol::NoChord => None,
                ChordSymbol::Chord(chord) => {
                    let root = chord.root.pitch_class();
                    let bass = chord.bass.map(|bass| (bass.pitch_class() + 12 - root) % 12);
                    Some((root, format!("{:?} {bass:?}", chord.tones())))
                }
            };
            if part.is_none() || parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        parts
    };
    let (one, other) = (parts(one), parts(other));
    let alike = |from: usize, at: usize, run: usize| {
        let pairs = [from, from + run].map(|own| one.get(own).cloned().flatten());
        let others = [at, at + run].map(|own| other.get(own).cloned().flatten());
        match (pairs, others) {
            ([Some(a), Some(b)], [Some(c), Some(d)]) => {
                a.1 == c.1 && b.1 == d.1 && (b.0 + 12 - a.0) % 12 == (d.0 + 12 - c.0) % 12
            }
            _ => false,
        }
    };
    let run = |from: usize, at: usize| (0..).take_while(|&run| alike(from, at, run)).count();
    (0..one.len())
        .flat_map(|from| (0..other.len()).map(move |at| (from, at)))
        .map(|(from, at)| run(from, at))
        .max()
        .unwrap_or(0)
}
