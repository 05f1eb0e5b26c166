//! How large a chain, an acceptor or a run may get before it is refused instead of filling the memory.

/// Something that was asked for does not fit in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {most} {what}: a lower order, a shorter length or a smaller corpus helps")]
pub struct TooLarge {
    /// What there would be too many of, in the plural.
    pub what: &'static str,
    /// How many there may be.
    pub most: usize,
}

/// Symbols of one corpus.
pub(super) const CORPUS: TooLarge = TooLarge { what: "symbols in all", most: 1 << 28 };
/// Nodes of one trie of observed passages.
pub(super) const TRIE_NODES: TooLarge = TooLarge { what: "distinct passages", most: 1 << 24 };
/// Transitions of one product.
pub(super) const TRANSITIONS: TooLarge = TooLarge { what: "transitions", most: 1 << 26 };
/// Backward messages of one run.
pub(super) const MESSAGES: TooLarge = TooLarge { what: "messages (states times positions)", most: 1 << 26 };

impl TooLarge {
    /// Refuses a count above the limit.
    pub(super) fn check(self, count: usize) -> Result<(), TooLarge> {
        if count > self.most { Err(self) } else { Ok(()) }
    }
}
