//! Bits per note of the melody's kind of law on sets of bare melodies, by ten-fold cross-validation.
//!
//! `cargo run --release --example melody_bits -- SETS.json`, where the file holds, by name, lists of tunes, each a list
//! of `[onset, length, MIDI pitch]`. It is the benchmark of Pearce and Wiggins ("Improved methods for statistical
//! modelling of monophonic music", Journal of New Music Research 33, 2004): pitch alone is predicted, the rhythm is
//! given. Everything an expert looks at lies at most four notes back, or is the tune's first note, or the place and
//! the length of the note: no memory of the tune, and no key, which is not given. The weights of the experts are fitted
//! within the training part alone.

use std::collections::BTreeMap;

use tunesmith::style::blend::{BlendWeights, Evidence, bucket, fold};
use tunesmith::style::count::Counter;
use tunesmith::style::figures::Table;
use tunesmith::style::smoothing::interpolate;

/// Parts of each set of which one after the other is predicted.
const FOLDS: usize = 10;
/// Parts of the training part in which weights are fitted.
const INNER: usize = 5;

/// How strongly weights are drawn towards where they start, in events.
const PRIOR: f64 = 20.0;

/// A note: onset and length in 24ths of a quarter, and pitch.
#[derive(Clone, Copy)]
struct Note {
    onset: i64,
    length: i64,
    pitch: i32,
}

/// A tune with its number in the set.
type Tune = (usize, Vec<Note>);

/// A tune as the file holds it: onsets and lengths in quarters, and pitches.
type Written = Vec<(f64, f64, i32)>;

/// What an expert gives a law of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Pitch,
    Interval,
    FromFirst,
}

/// An expert: what it looks at, the most general first.
struct Expert {
    of: Of,
    context: fn(&[Note], usize) -> Vec<u16>,
}

/// The experts.
const EXPERTS: &[Expert] = &[
    Expert { of: Of::Pitch, context: |tune, at| before(tune, at, 0, pitch) },
    Expert { of: Of::Pitch, context: |tune, at| before(tune, at, 1, pitch) },
    Expert { of: Of::Pitch, context: |tune, at| before(tune, at, 2, pitch) },
    Expert { of: Of::Pitch, context: |tune, at| before(tune, at, 3, pitch) },
    Expert { of: Of::Interval, context: |tune, at| before(tune, at, 1, interval) },
    Expert { of: Of::Interval, context: |tune, at| before(tune, at, 2, interval) },
    Expert { of: Of::Interval, context: |tune, at| before(tune, at, 3, interval) },
    Expert { of: Of::FromFirst, context: |tune, at| before(tune, at, 0, from_first) },
    Expert { of: Of::FromFirst, context: |tune, at| before(tune, at, 1, from_first) },
    Expert { of: Of::FromFirst, context: |tune, at| before(tune, at, 2, from_first) },
    Expert { of: Of::FromFirst, context: |tune, at| before(tune, at, 3, from_first) },
    Expert {
        of: Of::Interval,
        context: |tune, at| vec![0, length(tune, at), length(tune, at - 1), gap(tune, at)],
    },
    Expert { of: Of::Interval, context: |tune, at| vec![0, place(tune, at, 24), place(tune, at, 96)] },
    Expert { of: Of::Pitch, context: |tune, at| vec![0, place(tune, at, 24), place(tune, at, 96)] },
    Expert {
        of: Of::FromFirst,
        context: |tune, at| vec![0, gap(tune, at), length(tune, at), place(tune, at, 96)],
    },
    Expert {
        of: Of::Interval,
        context: |tune, at| vec![0, interval(tune, at - 1), length(tune, at), length(tune, at - 1)],
    },
    Expert { of: Of::FromFirst, context: |tune, at| vec![0, pitch(tune, 0), from_first(tune, at - 1)] },
    Expert { of: Of::Pitch, context: |tune, at| before(tune, at, 4, pitch) },
    Expert { of: Of::Interval, context: |tune, at| before(tune, at, 4, interval) },
    Expert { of: Of::FromFirst, context: |tune, at| vec![0, place(tune, at, 96), from_first(tune, at - 1)] },
    Expert { of: Of::FromFirst, context: |tune, at| vec![0, place(tune, at, 72), from_first(tune, at - 1)] },
    Expert {
        of: Of::FromFirst,
        context: |tune, at| {
            vec![0, at.checked_sub(2).map_or(u16::MAX, |two| from_first(tune, two)), length(tune, at)]
        },
    },
    Expert {
        of: Of::Pitch,
        context: |tune, at| {
            vec![0, pitch(tune, at - 1), length(tune, at), place(tune, at, 24), length(tune, at - 1)]
        },
    },
];

/// The one expert on first notes; it stands in the first place.
const OPENING: &[Expert] = &[Expert { of: Of::Pitch, context: |_, _| vec![1] }];

/// The experts on the note of a number.
fn experts_at(at: usize) -> &'static [Expert] {
    if at == 0 { OPENING } else { EXPERTS }
}

/// The codes of the notes before note `at`, the last one first.
fn before(tune: &[Note], at: usize, order: usize, code: fn(&[Note], usize) -> u16) -> Vec<u16> {
    std::iter::once(0)
        .chain((0..order).filter_map(|back| at.checked_sub(back + 1)).map(|at| code(tune, at)))
        .collect()
}

fn pitch(tune: &[Note], at: usize) -> u16 {
    tune[at].pitch as u16
}

fn interval(tune: &[Note], at: usize) -> u16 {
    at.checked_sub(1).map_or(u16::MAX, |last| from(tune[last].pitch, tune[at].pitch))
}

fn from_first(tune: &[Note], at: usize) -> u16 {
    from(tune[0].pitch, tune[at].pitch)
}

fn from(low: i32, high: i32) -> u16 {
    (high - low + 64).clamp(0, 127) as u16
}

fn length(tune: &[Note], at: usize) -> u16 {
    tune[at].length.min(960) as u16
}

fn gap(tune: &[Note], at: usize) -> u16 {
    u16::from(tune[at].onset > tune[at - 1].onset + tune[at - 1].length)
}

fn place(tune: &[Note], at: usize, within: i64) -> u16 {
    tune[at].onset.rem_euclid(within) as u16
}

/// The tables of the experts, counted in tunes.
fn tables<'t>(tunes: impl Iterator<Item = &'t Tune>) -> Vec<Table> {
    let mut counters: Vec<Counter> = EXPERTS.iter().map(|_| Counter::default()).collect();
    for (number, tune) in tunes {
        for at in 0..tune.len() {
            for (expert, counter) in experts_at(at).iter().zip(&mut counters) {
                let symbol = match expert.of {
                    Of::Pitch => pitch(tune, at),
                    Of::Interval => interval(tune, at),
                    Of::FromFirst => from_first(tune, at),
                };
                counter.see(&(expert.context)(tune, at), 1, symbol, *number as u32, 1);
            }
        }
    }
    counters.into_iter().map(|counter| counter.table(1)).collect()
}

/// Adds what experts with these tables say of tunes.
fn listen<'t>(
    evidence: &mut Evidence,
    tables: &[Table],
    pitches: &[i32],
    tunes: impl Iterator<Item = &'t Tune>,
) {
    let mut known: BTreeMap<(usize, Vec<u16>, i32), (u32, usize)> = BTreeMap::new();
    let neutral = evidence.law(&vec![1.0; pitches.len()]);
    for (_, tune) in tunes {
        for at in 0..tune.len() {
            let heard = experts_at(at).iter().zip(tables).enumerate().map(|(number, (expert, table))| {
                let context = (expert.context)(tune, at);
                let reference = match expert.of {
                    Of::Pitch => -64,
                    Of::Interval => tune[at.saturating_sub(1)].pitch,
                    Of::FromFirst => tune[0].pitch,
                };
                let key = (number, context, reference);
                *known.entry(key).or_insert_with_key(|(_, context, reference)| {
                    let contexts: Vec<&[u16]> =
                        (1..=context.len()).map(|length| &context[..length]).collect();
                    let law = interpolate(&[1.0 / 128.0; 128], table, 1, &contexts);
                    let of = |&pitch: &i32| {
                        let code = if *reference < 0 { pitch as u16 } else { from(*reference, pitch) };
                        law[usize::from(code)]
                    };
                    let laws: Vec<f64> = pitches.iter().map(of).collect();
                    (evidence.law(&laws), bucket(table.total(context) as f64))
                })
            });
            let (mut laws, mut buckets): (Vec<u32>, Vec<usize>) = heard.unzip();
            laws.resize(EXPERTS.len(), neutral);
            buckets.resize(EXPERTS.len(), 0);
            let symbol = pitches.binary_search(&tune[at].pitch).unwrap_or_default();
            evidence.see(&laws, &buckets, None, symbol as u16, 1.0);
        }
    }
}

/// Bits per note of a set: of the mix, and of each expert alone.
fn bits(tunes: &[Tune]) -> (f64, Vec<f64>) {
    let mut pitches: Vec<i32> =
        tunes.iter().flat_map(|(_, tune)| tune.iter().map(|note| note.pitch)).collect();
    pitches.sort_unstable();
    pitches.dedup();
    let (mut sum, mut count, mut alone) = (0.0, 0.0, vec![0.0; EXPERTS.len()]);
    for part in 0..FOLDS {
        let (test, training): (Vec<&Tune>, Vec<&Tune>) =
            tunes.iter().partition(|tune| fold(tune.0, FOLDS) == part);
        let inner = |tune: &Tune| fold(tune.0 / FOLDS, INNER);
        let mut seen = Evidence::new(pitches.len(), EXPERTS.len());
        for held_out in 0..INNER {
            let rest = training.iter().copied().filter(|tune| inner(tune) != held_out);
            let own = training.iter().copied().filter(|tune| inner(tune) == held_out);
            listen(&mut seen, &tables(rest), &pitches, own);
        }
        let (weights, _) = seen.fit(&BlendWeights::flat(&[0.1; EXPERTS.len()]), PRIOR);
        let mut unseen = Evidence::new(pitches.len(), EXPERTS.len());
        listen(&mut unseen, &tables(training.iter().copied()), &pitches, test.iter().copied());
        sum += unseen.bits(&weights) * unseen.total();
        for (expert, alone) in alone.iter_mut().enumerate() {
            let mut one = vec![0.0; EXPERTS.len()];
            one[expert] = 1.0;
            *alone += unseen.bits(&BlendWeights::flat(&one)) * unseen.total();
        }
        count += unseen.total();
    }
    (sum / count, alone.iter().map(|sum| sum / count).collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("say which file holds the sets")?;
    let sets: BTreeMap<String, Vec<Written>> = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut all = Vec::new();
    for (name, set) in &sets {
        let note = |&(onset, length, pitch): &(f64, f64, i32)| Note {
            onset: (onset * 24.0).round() as i64,
            length: (length * 24.0).round() as i64,
            pitch,
        };
        let tunes: Vec<Tune> = set.iter().map(|tune| tune.iter().map(note).collect()).enumerate().collect();
        let (mix, alone) = bits(&tunes);
        let best = alone.iter().copied().fold(f64::INFINITY, f64::min);
        println!("{name:16} mix {mix:.3}, best expert alone {best:.3}");
        all.push(mix);
    }
    println!("{:16} mix {:.3}", "mean", all.iter().sum::<f64>() / all.len().max(1) as f64);
    Ok(())
}
