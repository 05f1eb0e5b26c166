//! Transitions from contexts to contexts, as sparse rows.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use super::columns::Shape;

/// Transitions from contexts to contexts, row by row: from context `c`, the entries `rows[c]..rows[c + 1]` each emit
/// a symbol, lead to a context, and weigh something.
///
/// The weights of a row need not sum to one. Kernels that are made of others by weighing their entries anew share all but
/// the weights.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    /// Where each context's entries begin; one more than there are contexts.
    pub rows: Arc<Vec<u32>>,
    /// The symbol each entry emits.
    pub symbols: Arc<Vec<u16>>,
    /// The context each entry leads to.
    pub targets: Arc<Vec<u32>>,
    /// The weight of each entry, finite and not negative.
    pub weights: Weights,
    layout: Arc<Layout>,
}

/// How a kernel's entries lie, found when first needed. It is that of the entries a kernel is made with, which no kernel
/// changes but for their weights.
#[derive(Debug, Default)]
struct Layout {
    shape: OnceLock<Arc<Shape>>,
    /// The same with contexts of several kinds apart.
    by_kind: OnceLock<(Arc<[u16]>, Arc<Shape>)>,
}

/// The weights of a kernel's entries. Laid out in columns, they are kept until they are changed.
#[derive(Debug, Default)]
pub struct Weights {
    values: Vec<f64>,
    columns: OnceLock<(Arc<Shape>, Arc<[f64]>)>,
}

impl From<Vec<f64>> for Weights {
    fn from(values: Vec<f64>) -> Weights {
        Weights { values, columns: OnceLock::new() }
    }
}

impl Clone for Weights {
    // Whoever clones weights is about to change them.
    fn clone(&self) -> Weights {
        self.values.clone().into()
    }
}

impl Deref for Weights {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.values
    }
}

impl DerefMut for Weights {
    fn deref_mut(&mut self) -> &mut [f64] {
        self.columns.take();
        &mut self.values
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Kernel) -> bool {
        self.has_entries_of(other) && *self.weights == *other.weights
    }
}

impl Kernel {
    /// A kernel of the given rows, each a list of (symbol, target context, weight).
    pub fn from_rows(rows: &[Vec<(u16, u32, f64)>]) -> Kernel {
        let (mut begins, mut symbols, mut targets, mut weights) =
            (vec![0], Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            for &(symbol, target, weight) in row {
                symbols.push(symbol);
                targets.push(target);
                weights.push(weight);
            }
            begins.push(symbols.len() as u32);
        }
        Kernel::new(begins, symbols, targets, weights)
    }

    /// A kernel of the given lists.
    pub(super) fn new(rows: Vec<u32>, symbols: Vec<u16>, targets: Vec<u32>, weights: Vec<f64>) -> Kernel {
        let (rows, symbols, targets) = (rows.into(), symbols.into(), targets.into());
        Kernel { rows, symbols, targets, weights: weights.into(), layout: Arc::default() }
    }

    /// The same transitions with other weights, one for each entry.
    pub fn with_weights(&self, weights: Vec<f64>) -> Kernel {
        let (rows, symbols) = (Arc::clone(&self.rows), Arc::clone(&self.symbols));
        let (targets, layout) = (Arc::clone(&self.targets), Arc::clone(&self.layout));
        Kernel { rows, symbols, targets, weights: weights.into(), layout }
    }

    /// Whether another kernel has the same entries but for their weights.
    pub(super) fn has_entries_of(&self, other: &Kernel) -> bool {
        self.rows == other.rows && self.symbols == other.symbols && self.targets == other.targets
    }

    /// Which contexts go together, those of several kinds apart if any are given.
    pub(super) fn shape(&self, kinds: &Arc<[u16]>) -> Arc<Shape> {
        let make = || Arc::new(Shape::of(self, kinds));
        if kinds.is_empty() {
            return Arc::clone(self.layout.shape.get_or_init(make));
        }
        let (known, shape) = self.layout.by_kind.get_or_init(|| (Arc::clone(kinds), make()));
        if known == kinds { Arc::clone(shape) } else { make() }
    }

    /// The number of contexts.
    pub fn contexts(&self) -> usize {
        self.rows.len().saturating_sub(1)
    }

    /// The entries of one context, as a range into the three lists.
    pub fn row(&self, context: usize) -> std::ops::Range<usize> {
        self.rows[context] as usize..self.rows[context + 1] as usize
    }

    /// The context that a symbol leads to from another; `None` where it cannot come.
    pub fn after(&self, context: u32, symbol: u16) -> Option<u32> {
        let row = self.row(context as usize);
        let entry = self.symbols[row.clone()].iter().position(|&other| other == symbol)?;
        Some(self.targets[row.start + entry])
    }

    /// The same transitions with each weight replaced by `weight(context, symbol, weight)`.
    pub fn reweighted(&self, mut weight: impl FnMut(usize, u16, f64) -> f64) -> Kernel {
        let mut weights = Vec::with_capacity(self.weights.len());
        for context in 0..self.contexts() {
            let entries = self.row(context).map(|entry| (self.symbols[entry], self.weights[entry]));
            weights.extend(entries.map(|(symbol, own)| weight(context, symbol, own)));
        }
        self.with_weights(weights)
    }

    /// The weights in columns of a shape.
    pub(super) fn columns(&self, shape: &Arc<Shape>) -> Arc<[f64]> {
        let make = || shape.columns(self).into();
        let (known, columns) = self.weights.columns.get_or_init(|| (Arc::clone(shape), make()));
        if Arc::ptr_eq(known, shape) { Arc::clone(columns) } else { make() }
    }

    /// The one symbol that leads into each context; `None` for a context nothing leads into. An outer `None` says
    /// that some context is entered by two different symbols.
    pub fn entered_by(&self) -> Option<Vec<Option<u16>>> {
        let mut last = vec![None; self.contexts()];
        for (&symbol, &target) in self.symbols.iter().zip(self.targets.iter()) {
            let slot = last.get_mut(target as usize)?;
            match *slot {
                None => *slot = Some(symbol),
                Some(known) if known == symbol => {}
                Some(_) => return None,
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_follow_the_weights() {
        let mut kernel =
            Kernel::from_rows(&[vec![(0, 0, 0.5), (1, 1, 0.5)], vec![(0, 0, 0.25), (1, 1, 0.75)]]);
        let shape = kernel.shape(&Arc::default());
        let before = kernel.columns(&shape);
        kernel.weights[3] = 8.0;
        let after = kernel.columns(&shape);
        assert!(before != after && *after == *shape.columns(&kernel) && after.contains(&8.0));
        let by_kind = kernel.shape(&Arc::from([0, 1]));
        assert_eq!(*kernel.columns(&by_kind), *by_kind.columns(&kernel));
    }

    #[test]
    fn a_symbol_leads_where_its_entry_says() {
        let kernel = Kernel::from_rows(&[vec![(0, 1, 0.5), (3, 2, 0.5)], vec![(3, 2, 1.0)], vec![]]);
        assert_eq!([kernel.after(0, 0), kernel.after(0, 3), kernel.after(1, 3)], [Some(1), Some(2), Some(2)]);
        assert_eq!([kernel.after(1, 0), kernel.after(2, 3)], [None, None]);
    }
}
