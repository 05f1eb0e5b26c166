//! Counting what follows what, and in how many pieces.

use rustc_hash::FxHashMap;

use super::figures::{Entry, Table};

/// Longest context that is counted.
pub const LONGEST: usize = 7;

/// A context and what followed, without an allocation of its own: the codes, the rest zero, and how many.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Transition {
    codes: [u16; LONGEST + 1],
    length: u8,
}

/// How often, in how many pieces, and which piece was the last.
#[derive(Clone, Copy)]
struct Seen {
    count: u32,
    pieces: u16,
    last: u32,
}

/// A table that is being counted.
#[derive(Default)]
pub struct Counter {
    seen: FxHashMap<Transition, Seen>,
}

impl Counter {
    /// Notes that `symbol` followed `context` in a piece, and followed each shorter context down to `shortest` codes
    /// from the front. Pieces must come in order: one that comes again later would count as another.
    pub fn see(&mut self, context: &[u16], shortest: usize, symbol: u16, piece: u32, weight: u32) {
        for length in shortest..=context.len().min(LONGEST) {
            let mut codes = [0; LONGEST + 1];
            codes[..length].copy_from_slice(&context[..length]);
            codes[length] = symbol;
            let seen = self.seen.entry(Transition { codes, length: length as u8 }).or_insert(Seen {
                count: 0,
                pieces: 0,
                last: u32::MAX,
            });
            seen.count = seen.count.saturating_add(weight);
            if seen.last != piece {
                seen.last = piece;
                seen.pieces = seen.pieces.saturating_add(1);
            }
        }
    }

    /// The table of what was seen in at least `min_pieces` pieces.
    pub fn table(self, min_pieces: u16) -> Table {
        let mut table = Table::default();
        for (transition, seen) in self.seen {
            let length = usize::from(transition.length);
            if seen.pieces >= min_pieces && seen.count > 0 {
                let context = transition.codes[..length].to_vec();
                let symbol = transition.codes[length];
                let entry = Entry { symbol, count: seen.count, pieces: seen.pieces };
                table.rows.entry(context).or_default().push(entry);
            }
        }
        table.rows.values_mut().for_each(|row| row.sort_unstable_by_key(|entry| entry.symbol));
        table
    }
}

/// Values with how often and in how many pieces they were seen.
pub struct Tally<T> {
    seen: std::collections::BTreeMap<T, Seen>,
}

impl<T> Default for Tally<T> {
    fn default() -> Tally<T> {
        Tally { seen: std::collections::BTreeMap::new() }
    }
}

impl<T: Ord + Clone> Tally<T> {
    /// Notes that a piece has the value.
    pub fn see(&mut self, value: T, piece: u32, weight: u32) {
        let seen = self.seen.entry(value).or_insert(Seen { count: 0, pieces: 0, last: u32::MAX });
        seen.count = seen.count.saturating_add(weight);
        if seen.last != piece {
            seen.last = piece;
            seen.pieces = seen.pieces.saturating_add(1);
        }
    }

    /// How many pieces have the value.
    pub fn pieces(&self, value: &T) -> u16 {
        self.seen.get(value).map_or(0, |seen| seen.pieces)
    }

    /// What was seen in at least `min_pieces` pieces with its count, commonest first, then by value.
    pub fn commonest(self, min_pieces: u16) -> Vec<(T, u32)> {
        let kept = self.seen.into_iter().filter(|(_, seen)| seen.pieces >= min_pieces && seen.count > 0);
        let mut list: Vec<(T, u32)> = kept.map(|(value, seen)| (value, seen.count)).collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list
    }
}

/// Values in two parts with their counts, as three.
pub fn apart<A, B>(list: Vec<((A, B), u32)>) -> Vec<(A, B, u32)> {
    list.into_iter().map(|((one, other), count)| (one, other, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shorter_context_is_counted_too() {
        let mut counter = Counter::default();
        counter.see(&[0, 5, 7], 1, 9, 0, 1);
        counter.see(&[0, 5], 1, 9, 0, 1);
        counter.see(&[0, 5], 1, 2, 1, 10);
        let table = counter.table(1);
        assert_eq!((table.count(&[0], 9), table.count(&[0, 5], 9), table.count(&[0, 5, 7], 9)), (2, 2, 1));
        assert_eq!(table.row(&[0, 5]).iter().map(|entry| entry.symbol).collect::<Vec<_>>(), [2, 9]);
        assert_eq!(table.row(&[]), []);
    }

    #[test]
    fn what_few_pieces_have_is_pruned() {
        let mut counter = Counter::default();
        for (piece, symbol) in [(0, 1), (0, 1), (0, 2), (1, 2), (2, 2)] {
            counter.see(&[0], 1, symbol, piece, 1);
        }
        let table = counter.table(2);
        assert_eq!(table.row(&[0]), [Entry { symbol: 2, count: 3, pieces: 3 }]);
    }

    #[test]
    fn tallies_put_the_commonest_first() {
        let mut tally = Tally::default();
        for (piece, value) in [(0, "b"), (1, "a"), (1, "c"), (2, "c"), (3, "a")] {
            tally.see(value, piece, 1);
        }
        assert_eq!(tally.pieces(&"c"), 2);
        assert_eq!(tally.commonest(2), [("a", 2), ("c", 2)]);
    }
}
