//! The experts on how long notes and rests are, and how much each is believed: a log-linear mix of finite contexts.
//!
//! They look at the place in the bar; at the phrase too; at the class of the length before, its place and the phrase; at
//! the length before alone; at that and the place; and at all of it. Their weights are learned
//! ([`blend`]) from what was held out: alone, the longest context is worse than most of the shorter ones.

use std::collections::BTreeMap;

use crate::music::Meter;
use crate::viewpoint::length::{Before, Length};
use crate::viewpoint::{meter, place};

use super::blend::{self, BlendWeights, Evidence, bucket};
use super::chart_experts::Opinion;
use super::count::Counter;
use super::figures::Figures;
use super::piece::{Event, Piece};
use super::smoothing::{interpolate, witten_bell};

/// How many experts there are.
pub const RHYTHM_EXPERTS: usize = 6;
/// How strongly the weights are drawn to where they start, in events.
const PRIOR: f64 = 4.0;
/// In how many parts the pieces are heard, each by experts that counted the others.
const FOLDS: usize = 4;
/// How many lengths the weights are learned on, the commonest; rarer ones count for nothing there.
const MOST_SYMBOLS: usize = 32;
/// About how many lengths are listened to; of more, every so many pieces are passed over.
const ENOUGH: usize = 24_000;

/// A length that starts somewhere, with what its law looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Started {
    /// The code of the meter.
    pub meter: u16,
    /// The tick in the bar.
    pub tick: u16,
    /// The class of the place in the phrase.
    pub class: u16,
    /// What is remembered of the length before.
    pub before: Before,
}

/// Where every length of a piece that can be counted starts, with the event.
pub fn started(piece: &Piece) -> Vec<(Started, &Event)> {
    let meter = meter::code(piece.meter);
    let mut found = Vec::with_capacity(piece.events.len());
    let mut before = Before::NOTHING;
    for event in &piece.events {
        if event.anew {
            before = Before::NOTHING;
        }
        let (in_bar, phrase, regular) = piece.stands(event);
        if regular {
            let tick = place::code(place::duration(in_bar));
            found.push((Started { meter, tick, class: phrase.class(), before }, event));
        }
        before = if regular { Before::of(event.length, event.pitch.is_none()) } else { Before::NOTHING };
    }
    found
}

/// Counts of length codes by tick, class of the phrase if it matters, and a code of the length before.
type Counts = BTreeMap<(u16, Option<u16>, u16), BTreeMap<u16, f64>>;

/// The experts of a style's figures in a meter that it knows.
#[derive(Clone, Debug)]
pub struct RhythmExperts<'a> {
    figures: &'a Figures,
    meter: u16,
    /// By class of the length before.
    by_class: Counts,
    /// By the length before.
    by_before: Counts,
    weights: BlendWeights,
}

impl<'a> RhythmExperts<'a> {
    /// The experts that know these figures.
    pub fn new(figures: &'a Figures, meter: Meter) -> RhythmExperts<'a> {
        RhythmExperts::of(figures, meter::code(meter))
    }

    fn of(figures: &'a Figures, meter: u16) -> RhythmExperts<'a> {
        let (mut by_class, mut by_before) = (Counts::new(), Counts::new());
        for (context, row) in figures.length.rows.range(vec![meter]..vec![meter + 1]) {
            let [_, tick, class, before] = context.as_slice() else { continue };
            let Some(length) = figures.lengths.get(usize::from(*before)) else { continue };
            let before = Before::of(i32::from(length.ticks), length.rest);
            for entry in row {
                let count = f64::from(entry.count) / f64::from(figures.unit.max(1));
                let see = |counts: &mut Counts, class, before| {
                    let row = counts.entry((*tick, class, before)).or_default();
                    *row.entry(entry.symbol).or_default() += count;
                };
                see(&mut by_class, None, before.class());
                see(&mut by_class, Some(*class), before.class());
                see(&mut by_before, Some(*class), before.code());
            }
        }
        let learned = BlendWeights::from_hundredths(&figures.length_weights, RHYTHM_EXPERTS);
        let weights = learned.unwrap_or_else(initial);
        RhythmExperts { figures, meter, by_class, by_before, weights }
    }

    /// The law of lengths by code: the product of all that the experts say, made to sum to one.
    pub fn law(&self, at: Started) -> Vec<f64> {
        super::chart_experts::mixed(&self.opinions(at), &self.weights, None)
    }

    /// What each expert says.
    pub fn opinions(&self, at: Started) -> [Opinion; RHYTHM_EXPERTS] {
        let (figures, meter, tick) = (self.figures, self.meter, at.tick);
        let count = figures.lengths.len();
        let base = vec![1.0 / count.max(1) as f64; count];
        let (length, after, unit) = (&figures.length, &figures.length_after, figures.unit.max(1));
        let seen = |total: u64| bucket(total as f64 / f64::from(unit));
        let here = interpolate(&base, length, unit, &[&[meter], &[meter, tick]]);
        let phrase = interpolate(&here, length, unit, &[&[meter, tick, at.class]]);
        let placed = (here.clone(), seen(length.total(&[meter, tick])));
        let phrased = (phrase, seen(length.total(&[meter, tick, at.class])));
        if at.before == Before::NOTHING {
            // Whoever looks back has nothing to say of his own.
            let nothing = || (base.clone(), 0);
            return [placed, phrased, nothing(), nothing(), nothing(), nothing()];
        }
        let code = at.before.code();
        let longer = |law: &[f64], counts: &Counts, keys: &[(u16, Option<u16>, u16)]| -> Opinion {
            let mut law = law.to_vec();
            let mut total = 0.0;
            for row in keys.iter().map(|key| counts.get(key)) {
                total = row.map_or(0.0, |row| row.values().sum());
                if let Some(row) = row {
                    witten_bell(&mut law, row.iter().map(|(&code, &count)| (code, count)));
                }
            }
            (law, bucket(total))
        };
        let class = at.before.class();
        let classed = longer(&here, &self.by_class, &[(tick, None, class), (tick, Some(at.class), class)]);
        let alone = interpolate(&base, after, unit, &[&[meter], &[meter, code]]);
        let both = interpolate(&here, after, unit, &[&[meter, code, tick]]);
        let all = longer(&both, &self.by_before, &[(tick, Some(at.class), code)]);
        let alone = (alone, seen(after.total(&[meter, code])));
        let both = (both, seen(after.total(&[meter, code, tick])));
        [placed, phrased, classed, alone, both, all]
    }
}

/// The weights before any evidence: those of the class of the length before in its place.
fn initial() -> BlendWeights {
    BlendWeights::flat(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
}

/// The lengths of the pieces of one number, each with where it starts, its code, and its weight.
pub(super) struct Rhythm {
    pub piece: u32,
    pub weight: u32,
    pub lengths: Vec<(Started, Option<u16>)>,
}

/// Counts the tables that the experts look at.
#[derive(Default)]
pub(super) struct RhythmTables {
    length: Counter,
    after: Counter,
}

impl RhythmTables {
    /// Counts the lengths of a piece; those without a code only break the flow.
    pub fn see(&mut self, rhythm: &Rhythm) {
        let mut before: Option<u16> = None;
        for (at, code) in &rhythm.lengths {
            if at.before == Before::NOTHING {
                before = None;
            }
            if let Some(code) = *code {
                let mut context = vec![at.meter, at.tick, at.class];
                context.extend(before);
                self.length.see(&context, 1, code, rhythm.piece, rhythm.weight);
                if at.before != Before::NOTHING {
                    let context = [at.meter, at.before.code(), at.tick];
                    self.after.see(&context, 1, code, rhythm.piece, rhythm.weight);
                }
            }
            before = *code;
        }
    }

    /// Puts what at least `min_pieces` pieces do into the figures.
    pub fn fill(self, figures: &mut Figures, min_pieces: u16) {
        figures.length = self.length.table(min_pieces);
        figures.length_after = self.after.table(min_pieces);
    }
}

/// The weights of the experts, in hundredths, learned from what each part of the pieces does that was not counted.
/// `lengths` are what codes mean.
pub(super) fn weights(rhythms: &[Rhythm], lengths: &[Length], unit: u32, min_pieces: u16) -> Vec<i16> {
    let mut evidence = Evidence::new(lengths.len().min(MOST_SYMBOLS), RHYTHM_EXPERTS);
    let every = (rhythms.iter().map(|rhythm| rhythm.lengths.len()).sum::<usize>() / ENOUGH).max(1);
    for part in 0..FOLDS {
        let held_out = |rhythm: &&Rhythm| blend::fold(rhythm.piece as usize, FOLDS) == part;
        let mut tables = RhythmTables::default();
        rhythms.iter().filter(|rhythm| !held_out(rhythm)).for_each(|rhythm| tables.see(rhythm));
        let mut figures = Figures { unit, lengths: lengths.to_vec(), ..Figures::default() };
        tables.fill(&mut figures, min_pieces);
        let mut experts: BTreeMap<u16, RhythmExperts<'_>> = BTreeMap::new();
        let mut opinions: BTreeMap<Started, [Opinion; RHYTHM_EXPERTS]> = BTreeMap::new();
        let mut known: BTreeMap<(usize, Started), u32> = BTreeMap::new();
        let heard =
            |rhythm: &&Rhythm| held_out(rhythm) && (rhythm.piece as usize / FOLDS).is_multiple_of(every);
        for rhythm in rhythms.iter().filter(heard) {
            let weight = f64::from(rhythm.weight) / f64::from(unit.max(1));
            for (at, code) in &rhythm.lengths {
                let Some(code) = *code else { continue };
                let experts =
                    experts.entry(at.meter).or_insert_with(|| RhythmExperts::of(&figures, at.meter));
                let said = opinions.entry(*at).or_insert_with(|| experts.opinions(*at));
                let law = |(expert, (law, _)): (usize, &Opinion)| {
                    let seen = (expert, looked_at(expert, *at));
                    *known.entry(seen).or_insert_with(|| evidence.law(law))
                };
                let laws: Vec<u32> = said.iter().enumerate().map(law).collect();
                let buckets: Vec<usize> = said.iter().map(|(_, bucket)| *bucket).collect();
                evidence.see(&laws, &buckets, None, code, weight);
            }
        }
    }
    evidence.fit(&initial(), PRIOR).0.hundredths()
}

/// What an expert looks at, of all there is; the rest at nought.
fn looked_at(expert: usize, at: Started) -> Started {
    let Started { meter, tick, class, before } = at;
    let nothing = Before::NOTHING;
    match expert {
        0 => Started { meter, tick, class: 0, before: nothing },
        1 => Started { meter, tick, class, before: nothing },
        3 => Started { meter, tick: 0, class: 0, before },
        4 => Started { meter, tick, class: 0, before },
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Before = Before::NOTHING;

    /// Bars of 4/4 in which a dotted quarter and an eighth take turns with four quarters.
    fn rhythms(bars: usize) -> Vec<Rhythm> {
        let piece = |piece: u32| {
            let mut lengths = Vec::new();
            let mut before = MEMORY;
            for bar in 0..bars {
                let (mut tick, codes) = (0, if bar % 2 == 0 { [1u16, 2, 0, 0] } else { [0; 4] });
                for code in codes {
                    let at = Started { meter: 1028, tick, class: (bar % 4) as u16, before };
                    lengths.push((at, Some(code)));
                    let ticks = [12, 18, 6][usize::from(code)];
                    before = Before::of(ticks, false);
                    tick += ticks as u16;
                }
            }
            Rhythm { piece, weight: 1, lengths }
        };
        (0..8).map(piece).collect()
    }

    fn lengths() -> Vec<Length> {
        [12, 18, 6].map(|ticks| Length { ticks, rest: false }).to_vec()
    }

    fn figures(weights: Vec<i16>) -> Figures {
        let mut tables = RhythmTables::default();
        rhythms(8).iter().for_each(|rhythm| tables.see(rhythm));
        let mut figures =
            Figures { unit: 1, lengths: lengths(), length_weights: weights, ..Figures::default() };
        tables.fill(&mut figures, 1);
        figures
    }

    #[test]
    fn every_expert_says_a_law() {
        let figures = figures(Vec::new());
        let experts = RhythmExperts::of(&figures, 1028);
        for before in [MEMORY, Before::of(18, false), Before::of(7, true)] {
            let at = Started { meter: 1028, tick: 18, class: 2, before };
            for (law, bucket) in experts.opinions(at) {
                assert!(
                    (law.iter().sum::<f64>() - 1.0).abs() < 1e-9 && bucket < super::super::blend::BUCKETS
                );
            }
            assert!((experts.law(at).iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn learned_weights_foretell_better_than_none() {
        let weights = weights(&rhythms(8), &lengths(), 1, 1);
        assert_eq!(weights.len(), RHYTHM_EXPERTS * super::super::blend::BUCKETS);
        let cost = |figures: &Figures| -> f64 {
            let experts = RhythmExperts::of(figures, 1028);
            let rhythms = rhythms(8);
            let all = rhythms[0].lengths.iter();
            all.map(|(at, code)| -libm::log2(experts.law(*at)[usize::from(code.unwrap_or_default())])).sum()
        };
        let (learned, before) = (cost(&figures(weights)), cost(&figures(Vec::new())));
        assert!(learned < before, "{learned} {before}");
    }

    #[test]
    fn a_dotted_quarter_asks_for_its_eighth() {
        let figures = figures(Vec::new());
        let experts = RhythmExperts::of(&figures, 1028);
        let at = Started { meter: 1028, tick: 18, class: 0, before: Before::of(18, false) };
        assert!(experts.law(at)[2] > 0.9, "{:?}", experts.law(at));
    }
}
