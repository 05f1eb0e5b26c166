//! The figures of several styles, made one.

use std::collections::BTreeMap;

use crate::viewpoint::RelativeChord;
use crate::viewpoint::START;
use crate::viewpoint::length::Length;

use super::chord_runs;
use super::count::apart;
use super::figures::{Entry, Figures, Register, Table, VERSION};
use super::tuning::Tuning;

/// The count of one event in merged figures: fine enough that rounding does not matter.
const UNIT: u32 = 1000;
/// What a style has seen little of is taken for no more than so many times what it is, or chance would be the law.
const LOUDEST: f64 = 10.0;
/// So many events fill a table: a style with more may be made smaller.
const ENOUGH: f64 = 5000.0;

/// Figures with their shares.
type Parts<'a> = [(&'a Figures, u32)];

/// Merges figures by their shares, which are more than 0. In each table the styles' counts are brought to one size and
/// shared out, so that a style with many songs does not drown one with few; apart for each mode and meter, since a
/// request may name these, and among the styles that know them.
///
/// The size is that of the largest table, and nothing counts more than ten times: where the smallest is so small
/// that it would have to, the others are made smaller too, though not below 5000 events.
///
/// Figures merged with themselves are the same law.
pub fn merged(parts: &Parts<'_>) -> Figures {
    let of = Merging {
        parts,
        chords: Codes::of(parts, |figures| (&figures.chords, &figures.chord)),
        lengths: Codes::of(parts, |figures| (&figures.lengths, &figures.length)),
    };
    // Every field is written out, so that none can be forgotten.
    Figures {
        version: VERSION,
        unit: UNIT,
        min_pieces: parts.iter().map(|(figures, _)| figures.min_pieces).min().unwrap_or(1),
        chord_pieces: parts.iter().fold(0, |sum, (figures, _)| sum.saturating_add(figures.chord_pieces)),
        melody_pieces: parts.iter().fold(0, |sum, (figures, _)| sum.saturating_add(figures.melody_pieces)),

        chord: of.chord_table(1, |figures| &figures.chord),
        chord_place: of.chord_table(2, |figures| &figures.chord_place),
        chord_span: of.plain_table(Size::ByFirst, |figures| &figures.chord_span),

        interval: of.plain_table(Size::ByFirst, |figures| &figures.interval),
        degree: of.plain_table(Size::ByFirst, |figures| &figures.degree),
        opening: of.plain_table(Size::ByFirst, |figures| &figures.opening),
        ending: of.plain_table(Size::ByFirst, |figures| &figures.ending),
        chord_tone: of.plain_table(Size::Whole, |figures| &figures.chord_tone),
        approach: of.plain_table(Size::Whole, |figures| &figures.approach),
        held: of.plain_table(Size::Whole, |figures| &figures.held),
        resolve: of.plain_table(Size::Whole, |figures| &figures.resolve),
        length: of.length_table(3, |figures| &figures.length),
        length_after: of.length_table(3, |figures| &figures.length_after),
        length_weights: expert_weights(parts, |figures| &figures.length_weights),

        meters: of.list(|figures| figures.meters.clone()),
        keys: of.pairs(|figures| &figures.keys),
        pickups: of.pairs(|figures| &figures.pickups),
        tempi: of.list(|figures| figures.tempi.clone()),
        forms: of.list(|figures| figures.forms.clone()),
        sections: of.pairs(|figures| &figures.sections),
        register: register(parts),

        echo: of.plain_table(Size::Whole, |figures| &figures.echo),
        chord_echo: of.plain_table(Size::Whole, |figures| &figures.chord_echo),
        echo_chords: of.plain_table(Size::Whole, |figures| &figures.echo_chords),
        phrase_end: of.plain_table(Size::Whole, |figures| &figures.phrase_end),
        echo_taken: of.plain_table(Size::Whole, |figures| &figures.echo_taken),
        echo_shape: of.plain_table(Size::Whole, |figures| &figures.echo_shape),

        chord_close: of.chord_table(2, |figures| &figures.chord_close),
        chord_role: of.chord_table(2, |figures| &figures.chord_role),
        chord_before: of.chord_table(1, |figures| &figures.chord_before),
        chord_rhythm: of.plain_table(Size::ByFirst, |figures| &figures.chord_rhythm),
        chord_weights: expert_weights(parts, |figures| &figures.chord_weights),
        span_weights: expert_weights(parts, |figures| &figures.span_weights),
        line: of.plain_table(Size::ByFirst, |figures| &figures.line),
        over_root: of.plain_table(Size::ByFirst, |figures| &figures.over_root),
        into_root: of.plain_table(Size::ByFirst, |figures| &figures.into_root),
        lean: of.plain_table(Size::Whole, |figures| &figures.lean),
        height: counts(parts, |figures| &figures.height),
        middles: counts(parts, |figures| &figures.middles),
        melody_weights: expert_weights(parts, |figures| &figures.melody_weights),
        tuning: Tuning::mixed(parts.iter().map(|(figures, share)| (&figures.tuning, *share))),

        closings: of.pairs(|figures| &figures.closings),

        // No corpus does what a mix does.
        portraits: Vec::new(),
        passages: parts.iter().flat_map(|(figures, _)| figures.passages.iter().cloned()).collect(),
        chord_runs: chord_runs::of_all(parts.iter().map(|part| part.0)),

        chords: of.chords.alphabet,
        lengths: of.lengths.alphabet,
    }
}

/// The mean of the weights of experts, by share, among the styles that have learned as many as the heaviest that did.
fn expert_weights(parts: &Parts<'_>, weights: impl Fn(&Figures) -> &Vec<i16>) -> Vec<i16> {
    let Some(length) = parts.iter().map(|(figures, _)| weights(figures).len()).find(|&length| length > 0)
    else {
        return Vec::new();
    };
    let alike = || parts.iter().filter(|(figures, _)| weights(figures).len() == length);
    let whole: f64 = alike().map(|(_, share)| f64::from(*share)).sum();
    let mean = |at: usize| {
        let sum: f64 =
            alike().map(|(figures, share)| f64::from(weights(figures)[at]) * f64::from(*share)).sum();
        (sum / whole).round() as i16
    };
    (0..length).map(mean).collect()
}

/// Lists with shares as one: each list is brought to the same sum and shared out. The commonest come first, then those
/// that are less by their order.
pub(super) fn shared_out<T: Ord>(lists: Vec<(Vec<(T, u32)>, u32)>, size: f64) -> Vec<(T, u32)> {
    let mut sums: BTreeMap<T, f64> = BTreeMap::new();
    let sum = |list: &[(T, u32)]| list.iter().map(|(_, count)| f64::from(*count)).sum::<f64>();
    let whole: f64 =
        lists.iter().filter(|(list, _)| sum(list) > 0.0).map(|(_, share)| f64::from(*share)).sum();
    for (list, share) in lists {
        let scale = f64::from(share) / whole * size / sum(&list);
        for (value, count) in list.into_iter().filter(|(_, count)| *count > 0) {
            *sums.entry(value).or_default() += f64::from(count) * scale;
        }
    }
    let mut list: Vec<(T, u32)> = sums.into_iter().map(|(value, sum)| (value, rounded(sum))).collect();
    // Stable: equals stay in their order.
    list.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    list
}

/// What was seen stays seen.
fn rounded(count: f64) -> u32 {
    // A cast of a float ends at the largest number.
    (count.round() as u32).max(1)
}

/// What is brought to one size together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    /// All of a table.
    Whole,
    /// What has the same first code: its mode or meter.
    ByFirst,
}

/// The parts with the codes of their chords and lengths.
struct Merging<'a> {
    parts: &'a Parts<'a>,
    chords: Codes<RelativeChord>,
    lengths: Codes<Length>,
}

impl Merging<'_> {
    /// A table of chords after contexts whose codes are chords from the place `from` on.
    fn chord_table(&self, from: usize, table: impl Fn(&Figures) -> &Table) -> Table {
        self.table(Size::ByFirst, table, |part, at, code| match at {
            Some(at) if at < from || code == START => Some(code),
            _ => self.chords.new_code(part, code),
        })
    }

    /// A table of lengths after contexts whose codes are lengths from the place `from` on.
    fn length_table(&self, from: usize, table: impl Fn(&Figures) -> &Table) -> Table {
        self.table(Size::ByFirst, table, |part, at, code| match at {
            Some(at) if at < from => Some(code),
            _ => self.lengths.new_code(part, code),
        })
    }

    /// A table whose codes mean the same in all styles.
    fn plain_table(&self, size: Size, table: impl Fn(&Figures) -> &Table) -> Table {
        self.table(size, table, |_, _, code| Some(code))
    }

    /// A table; `recode` is given the part, the place in the context (none: what followed) and the code.
    fn table(
        &self,
        size: Size,
        table: impl Fn(&Figures) -> &Table,
        recode: impl Fn(usize, Option<usize>, u16) -> Option<u16>,
    ) -> Table {
        let tables: Vec<&Table> = self.parts.iter().map(|(figures, _)| table(figures)).collect();
        let group = |context: &[u16]| context.first().copied().filter(|_| size == Size::ByFirst);
        let scales = self.scales(&tables, &group);
        let mut rows: BTreeMap<Vec<u16>, BTreeMap<u16, (f64, u16)>> = BTreeMap::new();
        for (part, table) in tables.iter().enumerate() {
            for (context, row) in &table.rows {
                let scale = scales.get(&group(context)).and_then(|scales| scales.get(part).copied());
                let codes = context.iter().enumerate().map(|(at, &code)| recode(part, Some(at), code));
                let (Some(scale), Some(context)) = (scale, codes.collect::<Option<Vec<u16>>>()) else {
                    continue;
                };
                for entry in row {
                    if let Some(symbol) = recode(part, None, entry.symbol) {
                        let seen = rows.entry(context.clone()).or_default().entry(symbol).or_default();
                        seen.0 += f64::from(entry.count) * scale;
                        seen.1 = seen.1.saturating_add(entry.pieces);
                    }
                }
            }
        }
        let entry = |(symbol, (count, pieces))| Entry { symbol, count: rounded(count), pieces };
        let rows = rows.into_iter().map(|(context, row)| (context, row.into_iter().map(entry).collect()));
        Table { rows: rows.collect() }
    }

    /// By group, what each part's counts are multiplied by.
    fn scales(
        &self,
        tables: &[&Table],
        group: &impl Fn(&[u16]) -> Option<u16>,
    ) -> BTreeMap<Option<u16>, Vec<f64>> {
        // Every event is counted once in a table's shortest contexts.
        let shortest = tables.iter().flat_map(|table| table.rows.keys()).map(Vec::len).min();
        let mut events: BTreeMap<Option<u16>, Vec<f64>> = BTreeMap::new();
        for (part, (table, (figures, _))) in tables.iter().zip(self.parts).enumerate() {
            let transitions = table.transitions().filter(|(context, _)| Some(context.len()) == shortest);
            for (context, entry) in transitions {
                let events = events.entry(group(context)).or_insert_with(|| vec![0.0; tables.len()]);
                if let Some(events) = events.get_mut(part) {
                    *events += f64::from(entry.count) / f64::from(figures.unit.max(1));
                }
            }
        }
        for events in events.values_mut() {
            let known = || events.iter().zip(self.parts).filter(|(events, _)| **events > 0.0);
            let whole: f64 = known().map(|(_, (_, share))| f64::from(*share)).sum();
            let most = known().map(|(events, _)| *events).fold(0.0, f64::max);
            let least = known().map(|(events, _)| *events).fold(most, f64::min);
            let size = most.min((least * LOUDEST).max(ENOUGH));
            for (events, (figures, share)) in events.iter_mut().zip(self.parts) {
                let louder = if *events > 0.0 { (size / *events).min(LOUDEST) } else { 0.0 };
                let unit = f64::from(UNIT) / f64::from(figures.unit.max(1));
                *events = f64::from(*share) / whole * louder * unit;
            }
        }
        events
    }

    /// A list with counts, brought to the size of the largest.
    fn list<T: Ord>(&self, list: impl Fn(&Figures) -> Vec<(T, u32)>) -> Vec<(T, u32)> {
        let lists: Vec<(Vec<(T, u32)>, u32)> =
            self.parts.iter().map(|(figures, share)| (list(figures), *share)).collect();
        let events = lists.iter().zip(self.parts).map(|((list, _), (figures, _))| {
            list.iter().map(|(_, count)| f64::from(*count)).sum::<f64>() / f64::from(figures.unit.max(1))
        });
        let size = events.fold(0.0, f64::max) * f64::from(UNIT);
        shared_out(lists, size)
    }

    /// The same of values in two parts.
    fn pairs<A: Ord + Clone, B: Ord + Clone>(
        &self,
        list: impl Fn(&Figures) -> &Vec<(A, B, u32)>,
    ) -> Vec<(A, B, u32)> {
        let together = |figures: &Figures| {
            let triples = list(figures).iter();
            triples.map(|(one, other, count)| ((one.clone(), other.clone()), *count)).collect()
        };
        apart(self.list(together))
    }
}

/// The symbols of several alphabets in one, commonest first, with the new codes of each part's.
struct Codes<T> {
    alphabet: Vec<T>,
    new: Vec<Vec<Option<u16>>>,
}

impl<T: Ord + Clone + 'static> Codes<T> {
    /// Unites the parts' alphabets; how common a symbol is stands in the shortest contexts of the table beside it.
    fn of<'a>(
        parts: &[(&'a Figures, u32)],
        alphabet: impl Fn(&'a Figures) -> (&'a Vec<T>, &'a Table),
    ) -> Codes<T> {
        let counted = |&(figures, share): &(&'a Figures, u32)| {
            let (symbols, table) = alphabet(figures);
            // Once at least, so that a symbol that only contexts hold is not lost.
            let mut counts = vec![1u32; symbols.len()];
            for (_, entry) in table.transitions().filter(|(context, _)| context.len() == 1) {
                if let Some(count) = counts.get_mut(usize::from(entry.symbol)) {
                    *count = count.saturating_add(entry.count);
                }
            }
            (symbols.iter().cloned().zip(counts).collect(), share)
        };
        let common = shared_out(parts.iter().map(counted).collect(), 1e9);
        let alphabet_of_all: Vec<T> =
            common.into_iter().map(|(symbol, _)| symbol).take(usize::from(START) - 1).collect();
        let codes: BTreeMap<&T, u16> = alphabet_of_all.iter().zip(0..).collect();
        let recoded = |&(figures, _): &(&'a Figures, u32)| {
            alphabet(figures).0.iter().map(|symbol| codes.get(symbol).copied()).collect()
        };
        let new = parts.iter().map(recoded).collect();
        Codes { alphabet: alphabet_of_all, new }
    }

    fn new_code(&self, part: usize, code: u16) -> Option<u16> {
        self.new.get(part)?.get(usize::from(code)).copied()?
    }
}

/// The mean of the quantiles and the shared-out counts of the parts that have melody.
fn register(parts: &Parts<'_>) -> Register {
    let parts: Vec<(&Register, f64)> = parts
        .iter()
        .filter(|(figures, _)| figures.register.about_median.iter().any(|&count| count > 0))
        .map(|(figures, share)| (&figures.register, f64::from(*share)))
        .collect();
    let whole: f64 = parts.iter().map(|(_, share)| share).sum();
    let mean = |of: fn(&Register) -> &[u8; 7]| {
        let at = |quantile: usize| {
            let sum: f64 = parts
                .iter()
                .filter_map(|(register, share)| Some(f64::from(*of(register).get(quantile)?) * share))
                .sum();
            if whole > 0.0 { (sum / whole).round() as u8 } else { 0 }
        };
        std::array::from_fn(at)
    };
    let sum = |register: &Register| register.about_median.iter().map(|&n| f64::from(n)).sum::<f64>();
    let size = parts.iter().map(|(register, _)| sum(register)).fold(0.0, f64::max);
    let longest = parts.iter().map(|(register, _)| register.about_median.len()).max().unwrap_or(0);
    let about = |at: usize| {
        let counts = parts.iter().filter_map(|(register, share)| {
            Some(f64::from(*register.about_median.get(at)?) * size / sum(register) * share / whole)
        });
        counts.sum::<f64>().round() as u32
    };
    Register {
        lowest: mean(|register| &register.lowest),
        highest: mean(|register| &register.highest),
        span: mean(|register| &register.span),
        about_median: (0..longest).map(about).collect(),
    }
}

/// Lists of counts as one: each is brought to the size of the largest and shared out.
fn counts(parts: &Parts<'_>, list: impl Fn(&Figures) -> &Vec<u32>) -> Vec<u32> {
    let sum = |figures: &Figures| list(figures).iter().map(|&count| f64::from(count)).sum::<f64>();
    let known: Vec<(&Figures, f64)> = (parts.iter())
        .filter(|(figures, _)| sum(figures) > 0.0)
        .map(|(figures, share)| (*figures, f64::from(*share)))
        .collect();
    let whole: f64 = known.iter().map(|(_, share)| share).sum();
    let events = |figures: &Figures| sum(figures) / f64::from(figures.unit.max(1));
    let size = known.iter().map(|(figures, _)| events(figures)).fold(0.0, f64::max) * f64::from(UNIT);
    let longest = known.iter().map(|(figures, _)| list(figures).len()).max().unwrap_or(0);
    let at = |at: usize| {
        let shares = known.iter().filter_map(|(figures, share)| {
            Some(f64::from(*list(figures).get(at)?) / sum(figures) * size * share / whole)
        });
        shares.sum::<f64>().round() as u32
    };
    (0..longest).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Meter, Mode};

    fn waltz() -> Meter {
        "3/4".parse().expect("a meter")
    }

    fn entry(symbol: u16, count: u32) -> Entry {
        Entry { symbol, count, pieces: 2 }
    }

    /// A context with what followed it, each with its count.
    type Row<'a> = (&'a [u16], &'a [(u16, u32)]);

    fn figures(unit: u32, chords: &[&str], rows: &[Row<'_>]) -> Figures {
        let mut figures = Figures { version: VERSION, unit, min_pieces: 2, ..Figures::default() };
        figures.chords = chords.iter().map(|chord| chord.parse().expect(chord)).collect();
        for (context, row) in rows {
            let row = row.iter().map(|&(symbol, count)| entry(symbol, count)).collect();
            figures.chord.rows.insert(context.to_vec(), row);
        }
        figures
    }

    #[test]
    fn chords_are_shared_out_by_hand() {
        // 10 events of I and V, counted in fifths; 40 of V and ii: the larger one's size, three to one.
        let one = figures(5, &["0:", "7:"], &[(&[0], &[(0, 30), (1, 20)]), (&[0, 0], &[(1, 20)])]);
        let other = figures(1, &["7:", "2:m"], &[(&[0], &[(0, 30), (1, 10)]), (&[0, START, 0], &[(1, 8)])]);
        let both = merged(&[(&one, 750), (&other, 250)]);
        let named: Vec<String> = both.chords.iter().map(ToString::to_string).collect();
        assert_eq!(named, ["7:", "0:", "2:m"], "V has .30 and .18, I .45");
        let row = |context: &[u16]| {
            both.chord.row(context).iter().map(|entry| (entry.symbol, entry.count)).collect::<Vec<_>>()
        };
        // Of 40 events 30 are the first style's, of which each counts thrice.
        assert_eq!(row(&[0]), [(0, 12_000 + 7_500), (1, 18_000), (2, 2_500)]);
        assert_eq!(row(&[0, 1]), [(0, 12_000)]);
        assert_eq!(row(&[0, START, 0]), [(2, 2_000)]);
        assert_eq!((both.unit, both.chord.row(&[0])[0].pieces, both.chord.row(&[0])[1].pieces), (1000, 4, 2));
        assert_eq!(Figures::from_bytes(&both.to_bytes().expect("bytes")), Ok(both));
    }

    #[test]
    fn modes_are_shared_out_apart_and_among_those_that_know_them() {
        let one = figures(1, &["0:"], &[(&[0], &[(0, 800)]), (&[1], &[(0, 200)])]);
        let other = figures(1, &["5:"], &[(&[0], &[(0, 100)])]);
        let both = merged(&[(&one, 500), (&other, 500)]);
        let count = |mode: u16, chord: &str| {
            both.chord.count(&[mode], both.chord_code(chord.parse().expect(chord)).expect(chord))
        };
        assert_eq!([count(0, "0:"), count(0, "5:"), count(1, "0:")], [400_000, 400_000, 200_000]);
    }

    #[test]
    fn little_is_not_taken_for_much() {
        let much = figures(1, &["0:"], &[(&[0], &[(0, 100_000)])]);
        let count = |few: u32| {
            let little = figures(1, &["5:"], &[(&[0], &[(0, few)])]);
            let both = merged(&[(&much, 500), (&little, 500)]);
            ["0:", "5:"].map(|chord| {
                both.chord.count(&[0], both.chord_code(chord.parse().expect(chord)).expect(chord))
            })
        };
        assert_eq!(count(50_000), [50_000_000; 2]);
        assert_eq!(count(1000), [5_000_000; 2], "both are brought to ten times the smaller");
        assert_eq!(count(100), [2_500_000, 500_000], "no smaller than what fills a table");
    }

    #[test]
    fn lists_are_shared_out_by_value() {
        let list = |of: &[(&'static str, u32)], share| (of.to_vec(), share);
        let both =
            shared_out(vec![list(&[("a", 30), ("b", 10)], 500), list(&[("c", 1), ("b", 1)], 500)], 800.0);
        assert_eq!(both, [("a", 300), ("b", 300), ("c", 200)]);
        assert_eq!(shared_out(vec![list(&[], 900), list(&[("x", 3)], 100)], 10.0), [("x", 10)]);
        assert_eq!(shared_out::<u8>(vec![(vec![], 1)], 10.0), []);
    }

    #[test]
    fn registers_are_means() {
        let register = |low, about: u32| Register {
            lowest: [low; 7],
            highest: [low + 12; 7],
            span: [12; 7],
            about_median: vec![about; 2],
        };
        let (one, other) = (
            Figures { register: register(60, 10), ..Figures::default() },
            Figures { register: register(50, 100), ..Figures::default() },
        );
        let both = merged(&[(&one, 700), (&other, 300), (&Figures::default(), 500)]).register;
        assert_eq!(both, Register { about_median: vec![100; 2], ..register(57, 0) });
    }

    #[test]
    fn weights_of_experts_are_means_of_those_that_are_known() {
        let of = |weight: i16| Figures { melody_weights: vec![weight, 10], ..Figures::default() };
        let both = merged(&[(&of(100), 750), (&of(-20), 250), (&Figures::default(), 500)]);
        assert_eq!(both.melody_weights, [70, 10]);
        let one = Figures { height: vec![1, 3], unit: 1, ..Figures::default() };
        assert_eq!(merged(&[(&one, 500), (&one, 500)]).height, [1000, 3000]);
    }

    #[test]
    fn merged_with_itself_nothing_changes_but_the_unit() {
        let mut one = figures(1, &["0:", "7:"], &[(&[0], &[(0, 4), (1, 3)]), (&[0, 1], &[(0, 3)])]);
        one.meters = vec![(Meter::COMMON, 3), (waltz(), 1)];
        one.keys = vec![(7, Mode::Major, 2), (0, Mode::Minor, 1)];
        one.lengths = vec![Length { ticks: 12, rest: false }];
        one.length.rows.insert(vec![3, 0, 1, 0], vec![entry(0, 5)]);
        one.length.rows.insert(vec![3], vec![entry(0, 5)]);
        let twice = merged(&[(&one, 700), (&one, 300)]);
        for ((name, once), (_, twice)) in one.tables().iter().zip(twice.tables()) {
            assert_eq!(once.len(), twice.len(), "{name}");
            for ((context, once), (other, twice)) in once.transitions().zip(twice.transitions()) {
                assert_eq!(
                    (context, once.symbol, once.count * 1000),
                    (other, twice.symbol, twice.count),
                    "{name}"
                );
            }
        }
        assert_eq!((&twice.chords, &twice.lengths), (&one.chords, &one.lengths));
        assert_eq!(twice.meters, [(Meter::COMMON, 3000), (waltz(), 1000)]);
        assert_eq!(twice.keys, [(7, Mode::Major, 2000), (0, Mode::Minor, 1000)]);
    }
}
