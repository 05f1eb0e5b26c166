//! Circles in a form: stretches that vary what they are made from.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::unionfind::UnionFind;
use petgraph::visit::EdgeRef;

use super::form_graph::{FormGraph, Relation};
use super::form_text::FormError;

impl FormGraph {
    /// Bars that are the same stand for each other; among what is left, variations must not go round.
    pub(super) fn check_cycles(&self) -> Result<(), FormError> {
        let mut same: UnionFind<usize> = UnionFind::new(self.bars);
        let pairs = |edge: (NodeIndex, NodeIndex), most: usize| {
            let (source, copy) = (self.graph[edge.0].bars.clone(), self.graph[edge.1].bars.clone());
            source.zip(copy).take(most).filter(|pair| pair.0.max(pair.1) < self.bars)
        };
        for edge in self.graph.edge_references() {
            let bars = match edge.weight() {
                Relation::Repeat(bars) => *bars,
                Relation::SameMelody => usize::MAX,
                Relation::SameChords | Relation::Vary(..) => 0,
            };
            for (one, other) in pairs((edge.source(), edge.target()), bars) {
                same.union(one, other);
            }
        }
        let mut varies: DiGraph<(), ()> = DiGraph::new();
        let nodes: Vec<NodeIndex> = (0..self.bars).map(|_| varies.add_node(())).collect();
        let mut itself: BTreeSet<usize> = BTreeSet::new();
        for edge in self.graph.edge_references().filter(|edge| matches!(edge.weight(), Relation::Vary(..))) {
            let bars = pairs((edge.source(), edge.target()), usize::MAX);
            let bars: Vec<(usize, usize)> =
                bars.map(|(source, copy)| (same.find(source), same.find(copy))).collect();
            // A bar may be what it is in the source, as long as others are not.
            if bars.iter().all(|(source, copy)| source == copy) {
                itself.extend(bars.iter().map(|bar| bar.0));
            }
            for (source, copy) in bars.into_iter().filter(|(source, copy)| source != copy) {
                varies.update_edge(nodes[source], nodes[copy], ());
            }
        }
        let round = tarjan_scc(&varies).into_iter().find(|nodes| {
            nodes.len() > 1 || nodes.first().is_some_and(|node| itself.contains(&node.index()))
        });
        let Some(round) = round else { return Ok(()) };
        let in_round: BTreeSet<usize> = round.into_iter().map(NodeIndex::index).collect();
        let touches = |node: NodeIndex| {
            self.graph[node].bars.clone().any(|bar| bar < self.bars && in_round.contains(&same.find(bar)))
        };
        let told =
            self.graph.edge_references().filter(|edge| touches(edge.source()) && touches(edge.target()));
        let told: Vec<String> = told
            .map(|edge| {
                let (source, copy) = (&self.graph[edge.source()].name, &self.graph[edge.target()].name);
                match edge.weight() {
                    Relation::Repeat(bars) if *bars < self.graph[edge.target()].bars.len() => {
                        format!("{copy} is {source} but for its ending")
                    }
                    Relation::Repeat(_) => format!("{copy} is the same as {source}"),
                    Relation::SameMelody => format!("{copy} has the melody of {source}"),
                    Relation::SameChords => format!("{copy} has the chords of {source}"),
                    Relation::Vary(..) => format!("{copy} varies {source}"),
                }
            })
            .collect();
        Err(self.error(format!("{}: that goes round in a circle; take one of these back", told.join(", "))))
    }
}
