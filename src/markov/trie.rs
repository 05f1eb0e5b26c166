//! A trie of words with suffix links: what both the contexts of a chain and the words of an acceptor are stored in.

use super::alphabet::Symbol;
use super::limit::{TRIE_NODES, TooLarge};

/// A node of a [`Trie`]; 0 is the root, the empty word. Nodes are numbered by depth, so a parent's number is smaller
/// than its children's, a node's children are neighbours, and they are sorted by symbol.
pub(super) type Node = u32;

/// A set of words, each counted.
#[derive(Clone, Debug)]
pub(super) struct Trie {
    /// The symbol that leads into each node (of no meaning for the root).
    symbols: Vec<Symbol>,
    /// How many of the words begin with the node's word.
    counts: Vec<u32>,
    /// How many of the words are the node's word.
    ends: Vec<u32>,
    /// The first child of each node, and one more entry: the children of `n` are `children[n]..children[n + 1]`.
    children: Vec<Node>,
    /// The longest proper suffix of each node's word that is a node too; the root's is the root.
    links: Vec<Node>,
    /// The first node of each depth, and one more entry: the number of nodes.
    depths: Vec<Node>,
}

/// A word as a stretch of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub start: u32,
    pub end: u32,
}

impl Trie {
    /// The trie of stretches of a text. Stretches reach no further than the text.
    pub fn of(text: &[Symbol], mut words: Vec<Stretch>) -> Result<Trie, TooLarge> {
        let mut trie = Trie {
            symbols: vec![0],
            counts: vec![words.len() as u32],
            ends: Vec::new(),
            children: vec![1],
            links: Vec::new(),
            depths: vec![0, 1],
        };
        // One depth after the other: the words of each node, neighbours in `words`, are sorted by their next symbol,
        // and each run of equal symbols is a child.
        let mut longer: Vec<(Symbol, Stretch)> = Vec::with_capacity(words.len());
        let mut depth = 0;
        loop {
            let nodes = trie.depths[depth] as usize..trie.depths[depth + 1] as usize;
            let mut first = 0;
            longer.clear();
            for node in nodes {
                let until = first + trie.counts[node] as usize;
                let begun = longer.len();
                longer.extend(words[first..until].iter().filter_map(|word| {
                    let next = word.start as usize + depth;
                    (next < word.end as usize).then(|| (text[next], *word))
                }));
                trie.ends.push((until - first - (longer.len() - begun)) as u32);
                let onward = &mut longer[begun..];
                if onward.len() > 1 {
                    onward.sort_unstable_by_key(|&(symbol, word)| (symbol, word.start));
                }
                for run in onward.chunk_by(|a, b| a.0 == b.0) {
                    trie.symbols.push(run[0].0);
                    trie.counts.push(run.len() as u32);
                }
                trie.children.push(trie.symbols.len() as Node);
                first = until;
            }
            if longer.is_empty() {
                break;
            }
            TRIE_NODES.check(trie.symbols.len())?;
            words.clear();
            words.extend(longer.iter().map(|&(_, word)| word));
            trie.depths.push(trie.symbols.len() as Node);
            depth += 1;
        }
        trie.find_links();
        Ok(trie)
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// The number of nodes of at most this depth; they are the first.
    pub fn shallow(&self, depth: usize) -> usize {
        self.depths.get(depth.saturating_add(1)).map_or(self.len(), |&node| node as usize)
    }

    /// The children of a node with their symbols, in order.
    pub fn children(&self, node: Node) -> impl Iterator<Item = (Symbol, Node)> + '_ {
        let range = self.child_range(node);
        self.symbols[range.clone()].iter().copied().zip(range.start as Node..)
    }

    /// The children of a node with their symbols and counts, in order.
    pub fn counted_children(&self, node: Node) -> impl Iterator<Item = (Symbol, Node, u32)> + '_ {
        let range = self.child_range(node);
        let symbols = self.symbols[range.clone()].iter();
        let counted = symbols.zip(&self.counts[range.clone()]);
        counted.zip(range.start as Node..).map(|((&symbol, &count), node)| (symbol, node, count))
    }

    /// The child of a node by one symbol.
    pub fn child(&self, node: Node, symbol: Symbol) -> Option<Node> {
        let range = self.child_range(node);
        let found = self.symbols[range.clone()].binary_search(&symbol).ok()?;
        Some((range.start + found) as Node)
    }

    /// The longest proper suffix of a node that is a node.
    pub fn link(&self, node: Node) -> Node {
        self.links[node as usize]
    }

    /// How many words begin with the node's and go on.
    pub fn continued(&self, node: Node) -> u32 {
        self.counts[node as usize] - self.ends[node as usize]
    }

    /// Whether the node's word is one of the words.
    pub fn is_word(&self, node: Node) -> bool {
        self.ends[node as usize] > 0
    }

    /// The nodes of all suffixes of a node's word that are nodes, longest first, the root last.
    pub fn suffixes(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        std::iter::successors(Some(node), |&node| (node > 0).then(|| self.link(node)))
    }

    fn child_range(&self, node: Node) -> std::ops::Range<usize> {
        self.children[node as usize] as usize..self.children[node as usize + 1] as usize
    }

    /// Finds the suffix links, parents before children (Aho and Corasick, "Efficient string matching", 1975).
    fn find_links(&mut self) {
        let mut links = vec![0; self.len()];
        for node in 1..self.len() as Node {
            for (symbol, child) in self.children(node) {
                let mut shorter = links[node as usize];
                links[child as usize] = loop {
                    match self.child(shorter, symbol) {
                        Some(found) => break found,
                        None if shorter == 0 => break 0,
                        None => shorter = links[shorter as usize],
                    }
                };
            }
        }
        self.links = links;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The node of a word.
    fn node(trie: &Trie, word: &[Symbol]) -> Option<Node> {
        word.iter().try_fold(0, |node, &symbol| trie.child(node, symbol))
    }

    fn all_passages(text: &[Symbol], longest: usize) -> Trie {
        let end = |start: usize| (start + longest).min(text.len()) as u32;
        let words = (0..text.len()).map(|start| Stretch { start: start as u32, end: end(start) }).collect();
        Trie::of(text, words).expect("small")
    }

    #[test]
    fn nodes_are_the_passages_with_their_counts() {
        let text = [1, 0, 2, 1, 0, 1, 0];
        let trie = all_passages(&text, 3);
        for length in 1..=4 {
            for passage in text.windows(length) {
                let times = text.windows(length).filter(|&other| other == passage).count();
                let found = node(&trie, passage);
                assert_eq!(found.is_some(), length <= 3);
                if let Some(found) = found {
                    assert_eq!(trie.suffixes(found).count(), length + 1);
                    let continued =
                        text.windows(length + 1).filter(|longer| longer.starts_with(passage)).count();
                    if length < 3 {
                        assert_eq!(trie.continued(found) as usize, continued);
                    }
                    assert_eq!(trie.counts[found as usize] as usize, times);
                }
            }
        }
        assert_eq!(node(&trie, &[2, 2]), None);
        let children: Vec<_> = trie.children(0).map(|(symbol, _)| symbol).collect();
        assert_eq!(children, [0, 1, 2]);
    }

    #[test]
    fn depths_and_links_are_those_of_the_words() {
        let trie = all_passages(&[1, 0, 2, 1, 0, 1, 0], 3);
        assert_eq!([0, 1, 2, usize::MAX].map(|depth| trie.shallow(depth)), [1, 4, 8, trie.len()]);
        let long = node(&trie, &[1, 0, 2]).expect("a passage");
        assert_eq!(Some(trie.link(long)), node(&trie, &[0, 2]));
        // In a trie of few words, the next suffix may be missing.
        let few = Trie::of(&[5, 6, 7, 7], vec![Stretch { start: 0, end: 3 }, Stretch { start: 3, end: 4 }]);
        let few = few.expect("small");
        assert_eq!(few.suffixes(node(&few, &[5, 6, 7]).expect("a word")).count(), 3);
    }

    #[test]
    fn more_passages_than_fit_are_refused() {
        let text: Vec<Symbol> =
            (0..6_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 16) as Symbol).collect();
        let words = (0..6_000).map(|start| Stretch { start, end: 6_000 }).collect();
        assert_eq!(Trie::of(&text, words).err(), Some(TRIE_NODES));
    }
}
