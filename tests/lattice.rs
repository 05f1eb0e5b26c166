//! The layered lattice is exact: partitions, draws, marginals and best paths against writing out every path.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is surprised")]

#[path = "common/lattices.rs"]
mod lattices;

use std::collections::BTreeMap;
use std::sync::Arc;

use lattices::{Path, enumerate, lattice, mass};
use libm::{exp, log, log1p};
use tunesmith::markov::draw::seeded;
use tunesmith::markov::{Emission, Event, Jump, Kernel, Lattice, Layer, Messages};

#[test]
fn partitions_are_those_of_enumeration() {
    let mut rng = seeded(1);
    let (mut possible, mut impossible) = (0, 0);
    let mut messages = Messages::default();
    for _ in 0..2_000 {
        let lattice = lattice(&mut rng);
        let paths = enumerate(&lattice);
        // The same memory for lattices of all sizes.
        messages.recompute(&lattice);
        let (mantissa, exponent) = messages.partition(&lattice);
        let (found, expected) = (libm::ldexp(mantissa, exponent), mass(&paths));
        assert!((found - expected).abs() <= 1e-12 * expected, "{found:e} is not {expected:e}: {lattice:?}");
        if paths.is_empty() {
            impossible += 1;
            assert_eq!(messages.log_partition(&lattice), f64::NEG_INFINITY);
            assert!(messages.sample(&lattice, &mut rng).is_none() && Messages::best(&lattice).is_none());
            messages.marginals(&lattice, |_, _, _, _| panic!("nothing is possible"));
        } else {
            possible += 1;
            assert!((messages.log_partition(&lattice) - log(expected)).abs() < 1e-12);
        }
    }
    assert!(possible > 700 && impossible > 200, "{possible} possible, {impossible} impossible");
}

#[test]
fn draws_follow_the_weights_of_paths() {
    const DRAWS: u32 = 4_000;
    let mut rng = seeded(2);
    let (mut statistic, mut freedom, mut lattices) = (0.0, 0.0, 0);
    while lattices < 400 {
        let lattice = lattice(&mut rng);
        let paths = enumerate(&lattice);
        // What a draw tells: its events. Several paths may share them.
        let mut law: BTreeMap<&[Event], f64> = BTreeMap::new();
        paths.iter().for_each(|path| *law.entry(&path.events).or_default() += path.weight * path.end);
        if law.len() < 2 {
            continue;
        }
        lattices += 1;
        let messages = Messages::new(&lattice);
        let mut counts: BTreeMap<Vec<Event>, u32> = BTreeMap::new();
        for _ in 0..DRAWS {
            let (events, log_weight) = messages.sample(&lattice, &mut rng).unwrap();
            let known = paths
                .iter()
                .any(|path| path.events == events && (log(path.weight) - log_weight).abs() < 1e-9);
            assert!(known, "{events:?} of log weight {log_weight} is no path: {lattice:?}");
            *counts.entry(events).or_default() += 1;
        }
        let (mut one, mut cells, mut rest) = (0.0, 0, (0.0, 0.0));
        let total = mass(&paths);
        for (events, weight) in law {
            let expected = f64::from(DRAWS) * weight / total;
            let drawn = f64::from(counts.get(events).copied().unwrap_or(0));
            if expected < 5.0 {
                rest = (rest.0 + expected, rest.1 + drawn);
            } else {
                one += (drawn - expected) * (drawn - expected) / expected;
                cells += 1;
            }
        }
        if rest.0 >= 5.0 {
            one += (rest.1 - rest.0) * (rest.1 - rest.0) / rest.0;
            cells += 1;
        }
        let degrees = f64::from((cells - 1).max(0));
        // Six standard deviations for each, four for all together.
        assert!(one < degrees + 6.0 * (2.0 * degrees).sqrt() + 12.0, "{one} at {degrees}: {lattice:?}");
        statistic += one;
        freedom += degrees;
    }
    let deviation = (statistic - freedom) / f64::sqrt(2.0 * freedom);
    assert!(freedom > 1_000.0 && deviation.abs() < 4.0, "{deviation} at {freedom}");
}

#[test]
fn marginals_are_those_of_enumeration() {
    let mut rng = seeded(3);
    for _ in 0..500 {
        let lattice = lattice(&mut rng);
        let paths = enumerate(&lattice);
        let mut expected: BTreeMap<(usize, Jump, Option<u16>), f64> = BTreeMap::new();
        for path in &paths {
            for (event, &jump) in path.events.iter().zip(&path.jumps) {
                *expected.entry((event.from as usize, jump, event.symbol)).or_default() +=
                    path.weight * path.end / mass(&paths);
            }
        }
        let mut found = BTreeMap::new();
        Messages::new(&lattice).marginals(&lattice, |from, jump, symbol, probability| {
            let before = found.insert((from, jump, symbol), probability);
            assert_eq!(before, None, "visited twice");
        });
        assert!(found.keys().eq(expected.keys()), "{found:?} against {expected:?}");
        for (what, probability) in found {
            assert!((probability - expected[&what]).abs() < 1e-12, "{what:?}: {probability}");
        }
    }
}

#[test]
fn the_best_path_is_that_of_enumeration() {
    let mut rng = seeded(4);
    for _ in 0..500 {
        let lattice = lattice(&mut rng);
        let paths = enumerate(&lattice);
        let Some((events, log_weight)) = Messages::best(&lattice) else {
            assert!(paths.is_empty());
            continue;
        };
        let most = paths.iter().map(|path| path.weight * path.end).fold(0.0, f64::max);
        assert!((log_weight - log(most)).abs() < 1e-11, "{log_weight} is not {}", log(most));
        let weighs = |path: &Path| path.events == events && path.weight * path.end > most * (1.0 - 1e-12);
        assert!(paths.iter().any(weighs), "{events:?}");
    }
}

/// A lattice of many layers whose events are dear: in each layer, a note of one or of two layers' length, or a rest.
/// `dead` layers in between have nodes, but nothing leads on from them.
fn long(layers: usize, price: f64, dead: bool) -> Lattice {
    let rows = [[(0, 0, 0.7), (1, 1, 0.3)], [(0, 0, 0.4), (1, 1, 0.6)]];
    let note = |to, potential| Jump {
        to,
        node: 0,
        emission: Some(Emission { kernel: 0, potential, bend: Some(0), scale: Some(0) }),
    };
    let every = if dead { 2 } else { 1 };
    let mut all = Vec::new();
    for at in 0..layers {
        let (here, last) = (at as u32 * every, (layers - 1) as u32 * every);
        let mut jumps = Vec::new();
        if here < last {
            jumps.push(note(here + every, 0));
            jumps.push(Jump { to: here + every, node: 0, emission: None });
            if dead {
                jumps.push(note(here + 1, 1));
            }
            if here + 2 * every <= last {
                jumps.push(note(here + 2 * every, 1));
            }
        }
        let spans = (0..jumps.len() as u32).map(|jump| (jump, price)).collect();
        all.push(Layer { jumps, nodes: vec![spans].into() });
        if dead && here < last {
            all.push(Layer { jumps: Vec::new(), nodes: vec![Vec::new()].into() });
        }
    }
    Lattice {
        kernels: vec![Kernel::from_rows(&rows.map(Vec::from)).into()],
        potentials: vec![vec![1.0, 0.5], vec![0.25, 2.0]],
        bends: vec![vec![0.8, 1.0, 1.25, 1.5].into()],
        kinds: [0, 1].into(),
        scales: vec![vec![0.9, 1.1].into()],
        layers: all,
        start: 0,
        ends: vec![vec![1.0, 0.5]],
    }
}

/// The logarithm of the partition of a [`long`] lattice without dead layers, by a recursion in logarithms.
fn log_partition_of_long(layers: usize, price: f64) -> f64 {
    let add = |a: f64, b: f64| f64::max(a, b) + log1p(exp(-(a - b).abs()));
    let kernel = [[0.7_f64, 0.3], [0.4, 0.6]];
    let (bend, scale) = ([[0.8_f64, 1.0], [1.25, 1.5]], [0.9_f64, 1.1]);
    let mut logs = vec![[0.0, log(0.5)]];
    while logs.len() < layers {
        let here = [0, 1].map(|context| {
            let note = |ahead: [f64; 2], potential: [f64; 2]| {
                let each = [0, 1].map(|target: usize| {
                    let step = kernel[context][target] * bend[context][target];
                    log(scale[context] * step * potential[target]) + ahead[target]
                });
                add(each[0], each[1])
            };
            let one = logs[logs.len() - 1];
            let mut sum = add(note(one, [1.0, 0.5]), one[context]);
            if let Some(two) = logs.len().checked_sub(2) {
                sum = add(sum, note(logs[two], [0.25, 2.0]));
            }
            sum + log(price)
        });
        logs.push(here);
    }
    logs[layers - 1][0]
}

#[test]
fn masses_far_from_the_range_of_f64_are_exact() {
    for (layers, price) in [(50, 1e-6), (200, 1e-12), (3_000, 1e-3), (100, 1e-100), (400, 1e9)] {
        let lattice = long(layers, price, false);
        let messages = Messages::new(&lattice);
        let expected = log_partition_of_long(layers, price);
        let found = messages.log_partition(&lattice);
        assert!((found - expected).abs() < 1e-12 * expected.abs(), "{found} is not {expected}");
        let (events, _) = messages.sample(&lattice, &mut seeded(5)).unwrap();
        assert_eq!(events.last().map(|event| event.to), Some(layers as u32 - 1));
        let mut total = 0.0;
        messages.marginals(&lattice, |from, jump, _, probability| {
            total += probability * f64::from(jump.to - from as u32);
        });
        // Every place is covered by exactly one event.
        assert!((total - (layers - 1) as f64).abs() < 1e-9 * layers as f64, "{total}");
        assert!(Messages::best(&lattice).unwrap().1 <= expected);
    }
}

#[test]
fn layers_that_lead_nowhere_change_nothing() {
    for (layers, price) in [(20, 0.5), (200, 1e-12), (400, 1e9)] {
        let lattice = long(layers, price, true);
        let messages = Messages::new(&lattice);
        let expected = log_partition_of_long(layers, price);
        let found = messages.log_partition(&lattice);
        assert!((found - expected).abs() < 1e-12 * expected.abs(), "{found} is not {expected}");
        assert!(messages.sample(&lattice, &mut seeded(6)).is_some());
        let mut total = 0.0;
        messages.marginals(&lattice, |from, jump, _, probability| {
            total += probability * f64::from(jump.to - from as u32);
        });
        assert!((total - 2.0 * (layers - 1) as f64).abs() < 1e-9 * layers as f64, "{total}");
    }
}

#[test]
fn unsound_indices_are_named() {
    type Spoil = fn(&mut Lattice);
    let sound = long(4, 0.5, true);
    assert_eq!(sound.fault(), None);
    let cases: [(&str, Spoil); 12] = [
        ("unknown kernel", |lattice| {
            lattice.layers[0].jumps[0].emission =
                Some(Emission { kernel: 1, potential: 0, bend: None, scale: None });
        }),
        ("bend or scale", |lattice| {
            lattice.layers[0].jumps[0].emission =
                Some(Emission { kernel: 0, potential: 0, bend: Some(1), scale: None });
        }),
        ("bend 0", |lattice| lattice.bends[0] = Arc::new([1.0; 3])),
        ("have a kind", |lattice| lattice.kinds = Arc::new([0])),
        ("context", |lattice| Arc::make_mut(&mut Arc::make_mut(&mut lattice.kernels[0]).targets)[0] = 7),
        ("second symbol", |lattice| {
            Arc::make_mut(&mut Arc::make_mut(&mut lattice.kernels[0]).symbols)[0] = 1
        }),
        ("potential 1", |lattice| lattice.potentials[1].truncate(1)),
        ("scale 0", |lattice| lattice.scales[0] = Arc::new([1.0; 9])),
        ("start", |lattice| lattice.start = 2),
        ("ends", |lattice| lattice.ends[0].truncate(1)),
        ("not ahead", |lattice| lattice.layers[2].jumps[0].to = 2),
        ("unknown jump", |lattice| Arc::make_mut(&mut lattice.layers[1].nodes)[0].push((0, 1.0))),
    ];
    for (name, spoil) in cases {
        let mut lattice = sound.clone();
        spoil(&mut lattice);
        let fault = lattice.fault().unwrap_or_default();
        assert!(fault.contains(name), "{name}: {fault}");
    }
}
