//! Kernels laid out in columns: contexts whose rows lead to the same targets side by side, to be summed together.

use pulp::{Arch, NullaryFnOnce};

use super::kernel::Kernel;
use super::pass::Join;

/// How many contexts a block has room for.
#[derive(Clone, Copy, Debug)]
enum Width {
    Four = 4,
    Eight = 8,
    Sixteen = 16,
}

/// Some contexts whose rows have the same targets, laid out side by side: for each target the weights of all of them.
#[derive(Debug)]
struct Block {
    /// The contexts, by position in [`Shape::contexts`].
    contexts: std::ops::Range<usize>,
    width: Width,
    /// Where their weights begin in the columns.
    weights: usize,
}

/// All contexts of a kind whose rows have the same targets.
#[derive(Debug)]
struct Group {
    kind: usize,
    /// The row of one of them.
    row: std::ops::Range<usize>,
    /// The entries of the row that lead to contexts in a row with symbols in a row: how many, the first of each.
    runs: Vec<(usize, usize, usize)>,
    blocks: Vec<Block>,
}

/// Which contexts of a kernel go together. The contexts of a chain of order 2 with the same last symbol do, and the
/// kernels of a lattice mostly differ in their weights alone.
#[derive(Debug)]
pub(super) struct Shape {
    contexts: Vec<u32>,
    groups: Vec<Group>,
    /// How many weights the columns of a kernel of this shape have.
    size: usize,
}

impl Shape {
    /// The shape of a kernel; contexts of several kinds are kept apart, if any are given.
    pub(super) fn of(kernel: &Kernel, kinds: &[u16]) -> Shape {
        let kind = |context: u32| kinds.get(context as usize).copied().unwrap_or_default();
        let targets = |context: u32| (kind(context), &kernel.targets[kernel.row(context as usize)]);
        let mut contexts: Vec<u32> = (0..kernel.contexts() as u32).collect();
        contexts.sort_by(|&a, &b| targets(a).cmp(&targets(b)).then(a.cmp(&b)));
        let (mut groups, mut from, mut size) = (Vec::new(), 0, 0);
        while from < contexts.len() {
            let alike = contexts[from..].iter().take_while(|&&c| targets(c) == targets(contexts[from]));
            let to = from + alike.count();
            let (kind, row) = (kind(contexts[from]).into(), kernel.row(contexts[from] as usize));
            let mut blocks = Vec::new();
            while from < to {
                let (width, room) = match to - from {
                    ..=4 => (Width::Four, 4),
                    5..=12 => (Width::Eight, 8),
                    _ => (Width::Sixteen, 16),
                };
                let count = room.min(to - from);
                blocks.push(Block { contexts: from..from + count, width, weights: size });
                size += room * row.len();
                from += count;
            }
            groups.push(Group { kind, runs: runs(kernel, &row), row, blocks });
        }
        Shape { contexts, groups, size }
    }

    /// The weights of a kernel of this shape in columns.
    pub(super) fn columns(&self, kernel: &Kernel) -> Vec<f64> {
        let mut columns = vec![0.0; self.size];
        let blocks =
            self.groups.iter().flat_map(|group| group.blocks.iter().map(move |block| (group, block)));
        for (group, block) in blocks {
            let (columns, length) = (&mut columns[block.weights..], group.row.len());
            let contexts = &self.contexts[block.contexts.clone()];
            match block.width {
                Width::Four => side_by_side::<4>(kernel, contexts, length, columns),
                Width::Eight => side_by_side::<8>(kernel, contexts, length, columns),
                Width::Sixteen => side_by_side::<16>(kernel, contexts, length, columns),
            }
        }
        columns
    }

    /// Passes through the kernel that the columns are of: the messages ahead, multiplied by `shift`, the potentials of their
    /// symbols and the bends of the steps there, then by the scale of each context; `ahead` is room for the messages that
    /// one row leads to.
    #[inline(always)]
    pub(super) fn pass<J: Join>(
        &self,
        columns: &[f64],
        (messages, shift, potential, bend): (&[f64], f64, &[f64], Option<&[f64]>),
        scale: Option<&[f64]>,
        ahead: &mut Vec<f64>,
        onward: &mut [f64],
    ) {
        for group in &self.groups {
            ahead.clear();
            let bend = bend.map(|bend| &bend[group.kind * potential.len()..][..potential.len()]);
            for &(length, target, symbol) in &group.runs {
                let weighed = messages[target..][..length].iter().zip(&potential[symbol..][..length]);
                let weighed = weighed.map(|(&value, &potential)| value * shift * potential);
                match bend {
                    None => ahead.extend(weighed),
                    Some(bend) => {
                        let bent = weighed.zip(&bend[symbol..][..length]);
                        ahead.extend(bent.map(|(value, bend)| value * bend));
                    }
                }
            }
            for block in &group.blocks {
                let columns = &columns[block.weights..];
                let contexts = &self.contexts[block.contexts.clone()];
                match block.width {
                    Width::Four => spread(contexts, column_sums::<J, 4>(columns, ahead), scale, onward),
                    Width::Eight => spread(contexts, column_sums::<J, 8>(columns, ahead), scale, onward),
                    Width::Sixteen => spread(contexts, column_sums::<J, 16>(columns, ahead), scale, onward),
                }
            }
        }
    }
}

/// The runs of a row: see [`Group::runs`].
fn runs(kernel: &Kernel, row: &std::ops::Range<usize>) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    let entries = kernel.targets[row.clone()].iter().zip(&kernel.symbols[row.clone()]);
    for (&target, &symbol) in entries {
        let (target, symbol) = (target as usize, usize::from(symbol));
        match runs.last_mut() {
            Some(run) if (run.1 + run.0, run.2 + run.0) == (target, symbol) => run.0 += 1,
            _ => runs.push((1, target, symbol)),
        }
    }
    runs
}

/// Lays the rows of some contexts, all of one length, side by side; lanes that no context needs stay as they are.
fn side_by_side<const WIDTH: usize>(kernel: &Kernel, contexts: &[u32], length: usize, columns: &mut [f64]) {
    let row = |lane: usize| contexts.get(lane).map_or(0..0, |&context| kernel.row(context as usize));
    let rows: [&[f64]; WIDTH] = std::array::from_fn(|lane| &kernel.weights[row(lane)]);
    let columns = &mut columns.as_chunks_mut::<WIDTH>().0[..length];
    if contexts.len() == WIDTH {
        let rows = rows.map(|row| &row[..length]);
        for (entry, column) in columns.iter_mut().enumerate() {
            for lane in 0..WIDTH {
                column[lane] = rows[lane][entry];
            }
        }
    } else {
        for (lane, row) in rows.iter().enumerate() {
            columns.iter_mut().zip(*row).for_each(|(column, &weight)| column[lane] = weight);
        }
    }
}

#[inline(always)]
fn spread<const WIDTH: usize>(
    contexts: &[u32],
    sums: [f64; WIDTH],
    scale: Option<&[f64]>,
    onward: &mut [f64],
) {
    let sums = contexts.iter().zip(sums);
    match scale {
        Some(scale) => {
            sums.for_each(|(&context, sum)| onward[context as usize] = sum * scale[context as usize]);
        }
        None => sums.for_each(|(&context, sum)| onward[context as usize] = sum),
    }
}

#[inline(always)]
fn column_sums<J: Join, const WIDTH: usize>(columns: &[f64], ahead: &[f64]) -> [f64; WIDTH] {
    let mut sums = [0.0; WIDTH];
    for (weights, &value) in columns.as_chunks::<WIDTH>().0.iter().zip(ahead) {
        // What may not stand here, or leads nowhere, adds nothing.
        if value > 0.0 {
            for lane in 0..WIDTH {
                sums[lane] = J::join(sums[lane], weights[lane] * value);
            }
        }
    }
    sums
}

/// A kernel in columns.
#[derive(Debug)]
pub struct Columns {
    shape: Shape,
    symbols: Vec<u16>,
    weights: Vec<f64>,
}

impl Columns {
    /// The columns of a kernel.
    pub fn new(kernel: &Kernel) -> Columns {
        let shape = Shape::of(kernel, &[]);
        let weights = shape.columns(kernel);
        Columns { shape, symbols: kernel.symbols.to_vec(), weights }
    }

    /// For each context the sum over its row of the weight and the two factors of its entry, multiplied in this order:
    /// `factors(context, symbol)`, which may not tell contexts apart whose rows lead to the same targets.
    pub fn sums(&self, factors: impl Fn(u32, u16) -> [f64; 2]) -> Vec<f64> {
        Arch::new().dispatch(Sums { of: self, factors })
    }
}

/// The sums with as wide registers as the processor has: a lane is a context, summed for itself, so that no bit hangs on
/// how many there are.
struct Sums<'s, F> {
    of: &'s Columns,
    factors: F,
}

impl<F: Fn(u32, u16) -> [f64; 2]> NullaryFnOnce for Sums<'_, F> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn call(self) -> Vec<f64> {
        let Sums { of: Columns { shape, symbols, weights }, factors } = self;
        let mut sums = vec![0.0; shape.contexts.len()];
        let mut entries: Vec<[f64; 2]> = Vec::new();
        for group in &shape.groups {
            let Some(block) = group.blocks.first() else { continue };
            let context = shape.contexts[block.contexts.start];
            entries.clear();
            entries.extend(symbols[group.row.clone()].iter().map(|&symbol| factors(context, symbol)));
            for block in &group.blocks {
                let weights = &weights[block.weights..];
                let contexts = &shape.contexts[block.contexts.clone()];
                match block.width {
                    Width::Four => spread(contexts, products::<4>(weights, &entries), None, &mut sums),
                    Width::Eight => spread(contexts, products::<8>(weights, &entries), None, &mut sums),
                    Width::Sixteen => spread(contexts, products::<16>(weights, &entries), None, &mut sums),
                }
            }
        }
        sums
    }
}

#[inline(always)]
fn products<const WIDTH: usize>(columns: &[f64], entries: &[[f64; 2]]) -> [f64; WIDTH] {
    let mut sums = [0.0; WIDTH];
    for (weights, &[one, other]) in columns.as_chunks::<WIDTH>().0.iter().zip(entries) {
        for lane in 0..WIDTH {
            sums[lane] += weights[lane] * one * other;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_in_columns_are_those_of_rows() {
        let row = |first: f64| vec![(0, 1, first), (1, 2, 1.0 - first)];
        let rows: Vec<_> = (0..37).map(|context| row(f64::from(context) / 40.0)).collect();
        let kernel = Kernel::from_rows(&rows);
        let sums = Columns::new(&kernel).sums(|_, symbol| [2.0 + f64::from(symbol), 0.5]);
        for (context, sum) in sums.into_iter().enumerate() {
            let entries = kernel
                .row(context)
                .map(|entry| kernel.weights[entry] * (2.0 + f64::from(kernel.symbols[entry])) * 0.5);
            assert_eq!(sum, entries.sum::<f64>());
        }
    }
}
