//! The messages of one layer from those ahead: each jump's through its kernel, then each node's over its ways.

use std::marker::PhantomData;
use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};

use super::columns::Shape;
use super::lattice::{Emission, Lattice, Layer};
use super::messages::{NO_MASS, pow2};

/// A kernel that is passed through so often is worth being laid out in columns first; below, its rows do.
const WORTH_COLUMNS: u32 = 4;
/// How many contexts are carried through the ways of a node at once: as many as stay in registers.
const TILE: usize = 16;

/// What sums and maxima of products have in common. Both go over the same products in the same order, each context for
/// itself, so results depend neither on the processor nor on how contexts are put together for it.
pub(super) trait Join {
    /// Takes one more product.
    fn join(so_far: f64, product: f64) -> f64;
}

/// All ways together: the messages of the partition.
pub(super) struct All;
/// The best way alone: the messages of the best path.
pub(super) struct Best;

impl Join for All {
    #[inline(always)]
    fn join(so_far: f64, product: f64) -> f64 {
        so_far + product
    }
}

impl Join for Best {
    #[inline(always)]
    fn join(so_far: f64, product: f64) -> f64 {
        if product > so_far { product } else { so_far }
    }
}

/// How a kernel is passed through.
#[derive(Debug)]
enum Way {
    /// Row by row.
    Rows,
    /// In columns of a shape, laid out when first needed.
    Columns { shape: Arc<Shape>, columns: Option<Arc<[f64]>> },
}

/// One layer's pass, with as wide registers as the processor has: a lane is a context, summed for itself, so that no bit
/// hangs on how many there are.
struct Pass<'p, A, J> {
    room: &'p mut Room,
    lattice: &'p Lattice,
    layer: &'p Layer,
    ahead: A,
    into: &'p mut [f64],
    join: PhantomData<J>,
}

impl<'m, A: Fn(u32, u32) -> (&'m [f64], f64), J: Join> NullaryFnOnce for Pass<'_, A, J> {
    type Output = ();

    // Only what is inlined here is compiled for the wide registers.
    #[inline(always)]
    fn call(self) {
        self.room.over::<J>(self.lattice, self.layer, self.ahead, self.into);
    }
}

/// Room for the passes, kept from layer to layer.
#[derive(Debug)]
pub(super) struct Room {
    /// For each context the symbol it was entered by.
    entered: Vec<u16>,
    kernels: Vec<Way>,
    /// The messages ahead of one jump, weighed.
    weighed: Vec<f64>,
    ahead: Vec<f64>,
    /// The messages of each jump by context, `tiles` for each.
    onward: Vec<[f64; TILE]>,
    tiles: usize,
}

impl Room {
    /// Room for the first layers of a lattice, so many, given which kernels differ in their weights alone (see
    /// [`patterns`]).
    pub(super) fn new(lattice: &Lattice, layers: usize, patterns: &[u32]) -> Room {
        let contexts = lattice.contexts();
        let mut uses = vec![0_u32; lattice.kernels.len()];
        let jumps = lattice.layers.iter().take(layers).flat_map(|layer| &layer.jumps);
        jumps.filter_map(|jump| jump.emission).for_each(|emission| uses[emission.kernel as usize] += 1);
        let kinds = if lattice.bends.is_empty() { Arc::default() } else { Arc::clone(&lattice.kinds) };
        let kernels = uses.iter().zip(patterns).map(|(&uses, &pattern)| {
            if uses < WORTH_COLUMNS {
                return Way::Rows;
            }
            Way::Columns { shape: lattice.kernels[pattern as usize].shape(&kinds), columns: None }
        });
        Room {
            kernels: kernels.collect(),
            entered: entered_by(lattice, patterns),
            weighed: vec![0.0; contexts],
            ahead: Vec::new(),
            onward: Vec::new(),
            tiles: contexts.div_ceil(TILE),
        }
    }

    /// The messages of a layer written to `into`, nodes by contexts, and their exponent, given those of the layers ahead:
    /// their exponents, and the messages by layer and node.
    pub(super) fn layer<'m, J: Join>(
        &mut self,
        lattice: &Lattice,
        at: usize,
        exponent_of: impl Fn(usize) -> i32,
        message: impl Fn(usize, usize) -> &'m [f64],
        into: &mut [f64],
    ) -> i32 {
        let Some(exponent) = lattice.layers[at].jumps.iter().map(|jump| exponent_of(jump.to as usize)).max()
        else {
            into.fill(0.0);
            return NO_MASS;
        };
        let ahead = |to: u32, node: u32| {
            (message(to as usize, node as usize), pow2(exponent_of(to as usize) - exponent))
        };
        Arch::new().dispatch(Pass {
            room: self,
            lattice,
            layer: &lattice.layers[at],
            ahead,
            into,
            join: PhantomData::<J>,
        });
        exponent
    }

    /// The same where the exponent is known: `ahead` gives the messages of a node and what they are multiplied by.
    #[inline(always)]
    fn over<'m, J: Join>(
        &mut self,
        lattice: &Lattice,
        layer: &Layer,
        ahead: impl Fn(u32, u32) -> (&'m [f64], f64),
        into: &mut [f64],
    ) {
        let contexts = self.weighed.len();
        let size = layer.jumps.len() * self.tiles;
        self.onward.resize(self.onward.len().max(size), [0.0; TILE]);
        for (index, jump) in layer.jumps.iter().enumerate() {
            let (ahead, shift) = ahead(jump.to, jump.node);
            let start = index * self.tiles;
            match jump.emission {
                _ if !ahead.iter().any(|&value| value > 0.0) => {
                    self.onward[start..start + self.tiles].as_flattened_mut().fill(0.0);
                }
                None => {
                    let onward = self.onward[start..start + self.tiles].as_flattened_mut();
                    onward.iter_mut().zip(ahead).for_each(|(onward, &value)| *onward = value * shift);
                }
                Some(emission) => self.emit::<J>(lattice, emission, ahead, shift, start),
            }
        }
        for (ways, into) in layer.nodes.iter().zip(into.chunks_mut(contexts.max(1))) {
            let (tiles, rest) = into.as_chunks_mut::<TILE>();
            let last = tiles.len();
            for (tile, into) in tiles.iter_mut().enumerate() {
                *into = self.over_ways::<J>(ways, tile);
            }
            if !rest.is_empty() {
                rest.iter_mut().zip(self.over_ways::<J>(ways, last)).for_each(|(into, sum)| *into = sum);
            }
        }
    }

    /// One jump through its kernel: `onward[c] = scale[c] · Σ weight · potential · bend[c] · ahead[target]`.
    #[inline(always)]
    fn emit<J: Join>(
        &mut self,
        lattice: &Lattice,
        emission: Emission,
        ahead: &[f64],
        shift: f64,
        start: usize,
    ) {
        let potential = &lattice.potentials[emission.potential as usize];
        let scale = emission.scale.map(|scale| &*lattice.scales[scale as usize]);
        let kernel = &lattice.kernels[emission.kernel as usize];
        let onward = &mut self.onward[start..start + self.tiles].as_flattened_mut()[..self.weighed.len()];
        match &mut self.kernels[emission.kernel as usize] {
            Way::Rows => {
                for ((into, &value), &symbol) in self.weighed.iter_mut().zip(ahead).zip(&self.entered) {
                    *into = value * shift * potential[usize::from(symbol)];
                }
                for (context, onward) in onward.iter_mut().enumerate() {
                    let row = kernel.row(context);
                    let entries = kernel.targets[row.clone()].iter().zip(&kernel.weights[row]);
                    let value = |target: u32| self.weighed[target as usize];
                    let bent = |bend: &[f64], target: u32| {
                        value(target) * bend[usize::from(self.entered[target as usize])]
                    };
                    let sum = match lattice.bend(emission, context) {
                        None => entries.map(|(&to, &weight)| weight * value(to)).fold(0.0, J::join),
                        Some(bend) => {
                            entries.map(|(&to, &weight)| weight * bent(bend, to)).fold(0.0, J::join)
                        }
                    };
                    *onward = scale.map_or(sum, |scale| sum * scale[context]);
                }
            }
            Way::Columns { shape, columns } => {
                let columns = columns.get_or_insert_with(|| kernel.columns(shape));
                let bend = emission.bend.map(|bend| &*lattice.bends[bend as usize]);
                shape.pass::<J>(columns, (ahead, shift, potential, bend), scale, &mut self.ahead, onward);
            }
        }
    }

    /// The ways of a node together, for one tile of contexts.
    #[inline(always)]
    fn over_ways<J: Join>(&self, ways: &[(u32, f64)], tile: usize) -> [f64; TILE] {
        let mut sums = [0.0; TILE];
        for &(jump, weight) in ways {
            let onward = &self.onward[jump as usize * self.tiles + tile];
            for lane in 0..TILE {
                sums[lane] = J::join(sums[lane], weight * onward[lane]);
            }
        }
        sums
    }
}

/// For each kernel the first one that has the same entries but for their weights.
pub(super) fn patterns(lattice: &Lattice) -> Vec<u32> {
    let mut firsts: Vec<usize> = Vec::new();
    let patterns = lattice.kernels.iter().enumerate().map(|(index, kernel)| {
        let known = firsts.iter().copied().find(|&first| lattice.kernels[first].has_entries_of(kernel));
        let first = known.unwrap_or_else(|| {
            firsts.push(index);
            index
        });
        first as u32
    });
    patterns.collect()
}

/// For each context the symbol it was entered by; 0 where nothing leads there, which no message reads.
pub(super) fn entered_by(lattice: &Lattice, patterns: &[u32]) -> Vec<u16> {
    let mut entered = vec![0; lattice.contexts()];
    let kernels = lattice.kernels.iter().zip(patterns).enumerate();
    for (_, (kernel, _)) in kernels.filter(|(index, (_, pattern))| *index == **pattern as usize) {
        for (&symbol, &target) in kernel.symbols.iter().zip(kernel.targets.iter()) {
            entered[target as usize] = symbol;
        }
    }
    entered
}

/// The largest of some weights; 0 for none.
pub(super) fn largest(values: &[f64]) -> f64 {
    // Eight at a time: one after the other, each would wait for the one before.
    let (chunks, rest) = values.as_chunks::<8>();
    let mut most = [0.0; 8];
    for chunk in chunks {
        for lane in 0..8 {
            most[lane] = Best::join(most[lane], chunk[lane]);
        }
    }
    most.iter().chain(rest).copied().fold(0.0, Best::join)
}

#[cfg(test)]
mod tests {
    use super::super::{Jump, Kernel};
    use super::*;

    /// A layer before the last, over so many contexts, with weights of no pattern.
    fn lattice(contexts: u32) -> Lattice {
        let mut seed = 1_u64;
        let mut weight = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / f64::from(1 << 24)
        };
        let row =
            |weight: &mut dyn FnMut() -> f64| (0..contexts).map(|to| (to as u16, to, weight())).collect();
        let kernels: Vec<Arc<Kernel>> = (0..2)
            .map(|_| {
                let rows: Vec<_> = (0..contexts).map(|_| row(&mut weight)).collect();
                Arc::new(Kernel::from_rows(&rows))
            })
            .collect();
        let emission = |number: u32| {
            // The first kernel is worth columns, the second is read by rows.
            let kernel = u32::from(number >= WORTH_COLUMNS);
            Some(Emission { kernel, potential: 0, bend: Some(0), scale: Some(0) })
        };
        let jumps: Vec<Jump> =
            (0..=WORTH_COLUMNS).map(|number| Jump { to: 1, node: 0, emission: emission(number) }).collect();
        let ways =
            |weight: &mut dyn FnMut() -> f64| (0..=WORTH_COLUMNS).map(|jump| (jump, weight())).collect();
        let nodes = vec![ways(&mut weight), ways(&mut weight)];
        let layers = vec![
            Layer { jumps, nodes: nodes.into() },
            Layer { jumps: Vec::new(), nodes: vec![Vec::new()].into() },
        ];
        let mut values = || (0..contexts).map(|_| weight()).collect::<Vec<f64>>();
        let (potentials, scales, ends) = (vec![values()], vec![values().into()], vec![values()]);
        let bends = vec![[values(), values()].concat().into()];
        let kinds = (0..contexts).map(|context| (context % 2) as u16).collect();
        Lattice { kernels, potentials, bends, kinds, scales, layers, start: 0, ends }
    }

    #[test]
    fn wide_registers_change_no_bit() {
        for contexts in [1, 5, 37] {
            let lattice = lattice(contexts);
            let patterns = patterns(&lattice);
            let ahead = &lattice.ends[0];
            let (mut wide, mut plain) = (vec![0.0; 2 * contexts as usize], vec![0.0; 2 * contexts as usize]);
            let mut room = Room::new(&lattice, 1, &patterns);
            assert_eq!(room.layer::<All>(&lattice, 0, |_| 0, |_, _| ahead, &mut wide), 0);
            let mut room = Room::new(&lattice, 1, &patterns);
            room.over::<All>(&lattice, &lattice.layers[0], |_, _| (ahead, 1.0), &mut plain);
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&wide), bits(&plain));
            assert!(wide.iter().all(|&value| value > 0.0));
        }
    }
}
