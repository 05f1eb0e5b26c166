//! The plain chain that portraits are held against: what any chain gets right by itself.

use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;

use super::tune::{Tune, TuneNote};
use crate::markov::draw::{seeded, unit};

/// How many notes back the chain looks.
const ORDER: usize = 3;
/// Lowest and highest pitch (MIDI): steps beyond are turned round.
const COMPASS: std::ops::RangeInclusive<i16> = 43..=91;

/// A note as the chain sees it: semitones from the note before, length, and rest before the next note, in ticks.
type Step = (i16, i32, i32);

/// Tunes of a chain of order 3 over notes seen as interval, length and rest, learned from the given ones, each drawn
/// over the bars and chords of one of them and from its first note; without any, none.
///
/// Orders are mixed as Witten and Bell do (IEEE Transactions on Information Theory 37, 1991, method C): a context of n
/// events of t kinds is believed n times out of n + t, else the one shorter is asked.
pub fn plain_chain(tunes: &[&Tune], count: usize, seed: u64) -> Vec<Tune> {
    let sung: Vec<&Tune> = tunes.iter().copied().filter(|tune| tune.notes.len() > ORDER).collect();
    let mut chain = Chain::default();
    sung.iter().for_each(|tune| chain.learn(tune));
    let mut rng = seeded(seed);
    (0..count)
        .filter_map(|_| {
            let picked = (unit(&mut rng) * sung.len() as f64) as usize;
            sung.get(picked).map(|under| chain.tune(under, &mut rng))
        })
        .collect()
}

/// What followed each context, most recent first, in order of learning.
#[derive(Default)]
struct Chain {
    seen: FxHashMap<Vec<Step>, Followed>,
}

/// What followed a context.
#[derive(Default)]
struct Followed {
    /// Every event, as often as it came.
    steps: Vec<Step>,
    /// How many different ones.
    kinds: usize,
}

impl Chain {
    fn learn(&mut self, tune: &Tune) {
        let mut past: Vec<Step> = Vec::new();
        for pair in steps(tune).windows(2) {
            past.insert(0, pair[0]);
            past.truncate(ORDER);
            for order in 0..=past.len() {
                let followed = self.seen.entry(past[..order].to_vec()).or_default();
                followed.kinds += usize::from(!followed.steps.contains(&pair[1]));
                followed.steps.push(pair[1]);
            }
        }
    }

    fn draw(&self, past: &[Step], rng: &mut ChaCha8Rng) -> Option<Step> {
        for order in (0..=past.len().min(ORDER)).rev() {
            let Some(followed) = past.get(..order).and_then(|context| self.seen.get(context)) else {
                continue;
            };
            let believed = followed.steps.len() + if order == 0 { 0 } else { followed.kinds };
            let drawn = (unit(rng) * believed as f64) as usize;
            if let Some(&step) = followed.steps.get(drawn) {
                return Some(step);
            }
        }
        None
    }

    /// A tune over the bars and chords of another, from its first note on.
    fn tune(&self, under: &Tune, rng: &mut ChaCha8Rng) -> Tune {
        let end = under.bars.last().map_or(0, |bar| bar.at + under.bar_length());
        let mut notes: Vec<TuneNote> = under.notes.first().copied().into_iter().collect();
        let mut past: Vec<Step> = steps(under).first().copied().into_iter().collect();
        let mut at = notes.first().map_or(end, |first| first.end()) + past.first().map_or(0, |first| first.2);
        while at < end {
            let Some(step) = self.draw(&past, rng) else { break };
            let (interval, length, rest) = step;
            let before = notes.last().map_or(60, |note| note.pitch);
            let pitch =
                if COMPASS.contains(&(before + interval)) { before + interval } else { before - interval };
            notes.push(TuneNote { at, length: length.min(end - at).max(1), pitch });
            at += (length + rest).max(1);
            past.insert(0, step);
            past.truncate(ORDER);
        }
        Tune { notes, ..under.clone() }
    }
}

/// The notes of a tune as the chain sees them; a rest of more than a bar counts as one bar, after the last note the
/// tune's end as the next.
fn steps(tune: &Tune) -> Vec<Step> {
    let notes = &tune.notes;
    let end = tune.bars.last().map_or(0, |bar| bar.at + tune.bar_length());
    let step = |index: usize, note: &TuneNote| {
        let before = index.checked_sub(1).and_then(|before| notes.get(before)).unwrap_or(note);
        let rest = notes.get(index + 1).map_or(end, |next| next.at) - note.end();
        (note.pitch - before.pitch, note.length, rest.clamp(0, tune.bar_length()))
    };
    notes.iter().enumerate().map(|(index, note)| step(index, note)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Meter;
    use crate::portrait::tune::TuneBar;

    fn tune(notes: &[(i32, i32, i16)]) -> Tune {
        let note = |&(at, length, pitch): &(i32, i32, i16)| TuneNote { at, length, pitch };
        Tune {
            meter: Meter::COMMON,
            bars: (0..8).map(|bar| TuneBar { at: bar * 48, regular: true }).collect(),
            sections: vec![(0, 8)],
            notes: notes.iter().map(note).collect(),
            chords: Vec::new(),
            chart: Vec::new(),
            tonic: 0,
        }
    }

    #[test]
    fn what_has_one_way_to_go_goes_it() {
        let learned: Vec<(i32, i32, i16)> =
            (0..16).map(|index| (index * 24, 12, 60 + index as i16)).collect();
        let learned = tune(&learned);
        assert_eq!(plain_chain(&[&learned], 2, 7), [learned.clone(), learned]);
    }

    #[test]
    fn every_step_was_seen_and_tunes_fill_their_bars() {
        let wave: Vec<(i32, i32, i16)> = [0, 2, 4, 2, 7, 5, 4, 0]
            .iter()
            .cycle()
            .take(32)
            .zip(0..)
            .map(|(up, at)| (at * 12, 12, 60 + up))
            .collect();
        let learned = tune(&wave);
        let seen: std::collections::BTreeSet<Step> = steps(&learned).into_iter().collect();
        let drawn = plain_chain(&[&learned], 20, 1);
        assert_eq!(drawn, plain_chain(&[&learned], 20, 1));
        assert!(drawn.iter().any(|tune| *tune != learned), "it is no copy");
        for tune in &drawn {
            assert!(steps(tune).iter().all(|step| seen.contains(step)));
            assert_eq!(tune.notes.last().map(|note| note.end()), Some(8 * 48));
        }
        assert_eq!(plain_chain(&[], 5, 1), []);
    }

    #[test]
    fn steps_beyond_the_compass_are_turned_round() {
        let climbing: Vec<(i32, i32, i16)> =
            (0..32).map(|index| (index * 12, 12, 60 + 3 * index as i16)).collect();
        let drawn = plain_chain(&[&tune(&climbing)], 1, 1);
        assert!(drawn[0].notes.iter().all(|note| COMPASS.contains(&note.pitch)), "{drawn:?}");
    }
}
