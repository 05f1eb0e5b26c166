//! What pulls the notes of tiny melodies, at random, and what melodies are worth by it.

use rand_chacha::ChaCha8Rng;
use tunesmith::compose::melody_lattice::{Recalled, Settled};
use tunesmith::compose::melody_law::{MelodyLaw, Pulls};
use tunesmith::compose::structure::Segment;
use tunesmith::music::{Chart, ChordSymbol, Duration};

use super::melodies::Notes;
use super::tiny::below;

/// Pulls at random, and pairs of intervals that bring something back.
pub fn some_pulls(
    rng: &mut ChaCha8Rng,
    law: &MelodyLaw<'_>,
    segment: &Segment,
    onsets: &[Duration],
) -> Settled<'static> {
    let mut pull = || 0.25 + below(rng, 12) as f64 / 4.0;
    let pulls = Pulls { on_chord: pull(), above: pull(), by_step: pull() };
    let mut recalled = Recalled::new();
    for &at in onsets {
        let pairs = (0..below(rng, 4)).map(|_| {
            let mut interval = || below(rng, 5) as i32 - 2;
            (interval(), interval(), 0.5 + below(rng, 6) as f64)
        });
        recalled.insert(at, pairs.collect());
    }
    Settled { pulls, recalled, ..Settled::nothing(law, segment) }
}

/// What notes are worth by the pulls: each but the first for standing on the chord that most of it sounds on, or a semitone above a tone of it, for leaving
/// one that stood on none by step, and for the best pair of intervals that it completes.
pub fn pull(law: &MelodyLaw<'_>, chart: &Chart, settled: &Settled<'_>, notes: &Notes) -> f64 {
    let is_tone =
        |chord: &ChordSymbol, symbol: u16| chord.pitch_classes() >> law.midi(symbol).rem_euclid(12) & 1 == 1;
    let mut worth = 1.0;
    for at in 1..notes.len() {
        let (last, (from, long, symbol)) = (notes[at - 1].2, notes[at]);
        let mut under: Option<(Duration, &ChordSymbol)> = None;
        for (index, change) in chart.changes.iter().enumerate() {
            let stop = chart.changes.get(index + 1).map_or(from + long, |next| next.at);
            let shared = stop.min(from + long) - change.at.max(from);
            let named = matches!(change.chord, ChordSymbol::Chord(_));
            if named && shared.is_positive() && under.is_none_or(|(most, _)| shared > most) {
                under = Some((shared, &change.chord));
            }
        }
        if let Some((_, chord)) = under {
            let below = (law.midi(symbol) - 1).rem_euclid(12);
            worth *= match is_tone(chord, symbol) {
                true => settled.pulls.on_chord,
                false if chord.pitch_classes() >> below & 1 == 1 => settled.pulls.above,
                false => 1.0,
            };
        }
        let interval = i32::from(symbol) - i32::from(last);
        let behind = chart.sounding_at(from - Duration::from_ticks(1));
        let off = behind.is_some_and(|chord| matches!(chord, ChordSymbol::Chord(_)) && !is_tone(chord, last));
        if off && [1, 2].contains(&interval.abs()) {
            worth *= settled.pulls.by_step;
        }
        let pairs = settled.recalled.get(&from).into_iter().flatten();
        let before = at.checked_sub(2).map(|before| i32::from(last) - i32::from(notes[before].2));
        let best = pairs.filter(|pair| Some(pair.0) == before && pair.1 == interval).map(|pair| pair.2);
        worth *= best.fold(1.0, f64::max);
    }
    worth
}
