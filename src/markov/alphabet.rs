//! Alphabets: things of any kind, each with a small number that chains and acceptors work on.

use std::collections::BTreeMap;

/// The number of a thing in an [`Alphabet`].
pub type Symbol = u16;

/// Distinct things, numbered from 0 in the order of their first appearance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet<T> {
    things: Vec<T>,
    symbols: BTreeMap<T, Symbol>,
}

/// An alphabet has as many things as a [`Symbol`] can number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {} different symbols", Alphabet::<()>::MOST)]
pub struct AlphabetFull;

impl<T> Alphabet<T> {
    /// The most things an alphabet may hold.
    pub const MOST: usize = Symbol::MAX as usize;

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// The thing of a symbol; `None` for a number that was not given out.
    pub fn thing(&self, symbol: Symbol) -> Option<&T> {
        self.things.get(usize::from(symbol))
    }

    /// All things in the order of their symbols.
    pub fn things(&self) -> &[T] {
        &self.things
    }
}

impl<T: Ord + Clone> Alphabet<T> {
    /// An alphabet of nothing yet.
    pub fn new() -> Alphabet<T> {
        Alphabet { things: Vec::new(), symbols: BTreeMap::new() }
    }

    /// The symbol of a thing, a new one if it was not seen before.
    pub fn intern(&mut self, thing: &T) -> Result<Symbol, AlphabetFull> {
        if let Some(&known) = self.symbols.get(thing) {
            return Ok(known);
        }
        if self.things.len() >= Self::MOST {
            return Err(AlphabetFull);
        }
        let symbol = self.things.len() as Symbol;
        self.things.push(thing.clone());
        self.symbols.insert(thing.clone(), symbol);
        Ok(symbol)
    }

    /// The symbol of a thing; `None` if it was never seen.
    pub fn symbol<Q>(&self, thing: &Q) -> Option<Symbol>
    where
        T: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.symbols.get(thing).copied()
    }
}

impl<T: Ord + Clone> Default for Alphabet<T> {
    fn default() -> Alphabet<T> {
        Alphabet::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_numbered_by_first_appearance() {
        let mut alphabet = Alphabet::new();
        let codes: Vec<_> = ["c", "a", "c", "b"].map(|t| alphabet.intern(&t.to_owned())).to_vec();
        assert_eq!(codes, [Ok(0), Ok(1), Ok(0), Ok(2)]);
        assert_eq!(alphabet.things(), ["c", "a", "b"]);
        assert_eq!(alphabet.symbol("b"), Some(2));
        assert_eq!(alphabet.symbol("d"), None);
        assert_eq!(alphabet.thing(1).map(String::as_str), Some("a"));
        assert_eq!(alphabet.thing(3), None);
    }

    #[test]
    fn a_full_alphabet_refuses_only_what_is_new() {
        let mut alphabet = Alphabet::new();
        for thing in 0..Alphabet::<u32>::MOST as u32 {
            assert!(alphabet.intern(&thing).is_ok());
        }
        assert_eq!(alphabet.intern(&1_000_000), Err(AlphabetFull));
        assert_eq!(alphabet.intern(&5), Ok(5));
    }
}
