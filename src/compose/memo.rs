//! What was worked out once, kept for all who ask again, on any thread.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

/// Values by key. What a key's value is may depend on nothing but the key, so that it does not matter who works it out.
#[derive(Debug)]
pub(super) struct Memo<K, V>(Mutex<FxHashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Memo<K, V> {
        Memo(Mutex::new(FxHashMap::default()))
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Memo<K, V> {
    /// The value of a key; the lock is not held while it is made, so `make` may ask other memos.
    pub(super) fn get(&self, key: &K, make: impl FnOnce() -> V) -> V {
        self.get_among(usize::MAX, key, make)
    }

    /// The same where no more than so many are kept: with the next all are forgotten.
    pub(super) fn get_among(&self, most: usize, key: &K, make: impl FnOnce() -> V) -> V {
        if let Some(known) = self.lock().get(key) {
            return known.clone();
        }
        let made = make();
        let mut known = self.lock();
        if known.len() >= most {
            known.clear();
        }
        known.entry(key.clone()).or_insert(made).clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, FxHashMap<K, V>> {
        // A thread that panicked left whole entries or none.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once() {
        let memo: Memo<u32, u32> = Memo::default();
        assert_eq!((memo.get(&1, || 10), memo.get(&1, || 11), memo.get(&2, || 12)), (10, 10, 12));
        assert_eq!((memo.get_among(2, &3, || 13), memo.get(&1, || 14), memo.get(&3, || 15)), (13, 14, 13));
    }
}
