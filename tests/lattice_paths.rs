//! What else a lattice answers exactly: laws raised to a power, the best paths in order, messages after an edit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is surprised")]

#[path = "common/lattices.rs"]
mod lattices;

use std::collections::BTreeMap;
use std::sync::Arc;

use lattices::{below, enumerate, lattice, mass};
use libm::{log, pow};
use tunesmith::markov::draw::{seeded, unit};
use tunesmith::markov::{BestPaths, Event, Kernel, Lattice, Layer, Messages};

#[test]
fn a_tempered_law_is_the_power_of_the_law() {
    let mut rng = seeded(11);
    let mut possible = 0;
    for round in 0..1_000 {
        let lattice = lattice(&mut rng);
        let paths = enumerate(&lattice);
        let exponent = [0.0, 0.5, 0.83, 1.7, 3.0][round % 5];
        let tempered = lattice.tempered(exponent);
        let raised = enumerate(&tempered);
        assert!(paths.iter().map(|path| &path.events).eq(raised.iter().map(|path| &path.events)));
        for (path, raised) in paths.iter().zip(&raised) {
            let expected = pow(path.weight * path.end, exponent);
            let found = raised.weight * raised.end;
            assert!((found - expected).abs() <= 1e-12 * expected, "{found} is not {expected}");
        }
        let expected: f64 = paths.iter().map(|path| pow(path.weight * path.end, exponent)).sum();
        let (mantissa, power) = Messages::new(&tempered).partition(&tempered);
        let found = libm::ldexp(mantissa, power);
        assert!((found - expected).abs() <= 1e-11 * expected, "{found:e} is not {expected:e}: {lattice:?}");
        assert_eq!(lattice.tempered(1.0), lattice);
        possible += usize::from(!paths.is_empty());
    }
    assert!(possible > 300, "{possible}");
}

#[test]
fn a_high_power_leaves_the_best_path_and_none_leaves_all_alike() {
    let mut rng = seeded(12);
    for _ in 0..300 {
        let lattice = lattice(&mut rng);
        let Some((best, log_weight)) = Messages::best(&lattice) else { continue };
        let mut weights: Vec<f64> =
            enumerate(&lattice).iter().map(|path| log(path.weight * path.end)).collect();
        weights.sort_by(|a, b| b.total_cmp(a));
        let cold = lattice.tempered(40.0);
        if weights.get(1).is_none_or(|second| weights[0] - second > 1.0) {
            let messages = Messages::new(&cold);
            assert!((0..20).all(|_| messages.sample(&cold, &mut rng).unwrap().0 == best));
            assert!((Messages::best(&cold).unwrap().1 - 40.0 * log_weight).abs() < 1e-9);
        }
        let hot = lattice.tempered(0.0);
        let count = libm::exp(Messages::new(&hot).log_partition(&hot));
        assert!((count - weights.len() as f64).abs() < 1e-9 * count, "{count} of {}", weights.len());
    }
}

#[test]
fn weights_far_out_stay_possible_and_finite() {
    let mut rng = seeded(13);
    let mut lattice = lattice(&mut rng);
    lattice.potentials.iter_mut().flatten().filter(|weight| **weight > 0.0).for_each(|w| *w = 1e-200);
    let tempered = lattice.tempered(3.0);
    let possible = |lattice: &Lattice| lattice.potentials.iter().flatten().filter(|w| **w > 0.0).count();
    assert_eq!(possible(&tempered), possible(&lattice));
    assert!(tempered.potentials.iter().flatten().all(|weight| weight.is_finite()));
}

#[test]
fn the_best_paths_come_in_the_order_of_enumeration() {
    let mut rng = seeded(14);
    let mut many = 0;
    for _ in 0..1_500 {
        let lattice = lattice(&mut rng);
        let mut paths = enumerate(&lattice);
        paths.sort_by(|a, b| (b.weight * b.end).total_cmp(&(a.weight * a.end)));
        many += usize::from(paths.len() > 10);
        for k in [0, 1, 2, 7, paths.len(), paths.len() + 5] {
            let found = Messages::k_best(&lattice, k);
            assert_eq!(found.len(), k.min(paths.len()));
            for ((_, log_weight), path) in found.iter().zip(&paths) {
                let expected = log(path.weight * path.end);
                assert!((log_weight - expected).abs() < 1e-11, "{log_weight} is not {expected}");
            }
            assert_eq!(found.first(), Messages::best(&lattice).as_ref().filter(|_| k > 0));
        }
        // Every path once, with its own weight.
        let by_events = |paths: Vec<(Vec<Event>, f64)>| {
            let mut all: BTreeMap<Vec<Event>, Vec<f64>> = BTreeMap::new();
            paths.into_iter().for_each(|(events, log)| all.entry(events).or_default().push(log));
            all.values_mut().for_each(|logs| logs.sort_by(f64::total_cmp));
            all
        };
        let found = by_events(Messages::k_best(&lattice, paths.len()));
        let count = paths.len();
        let expected = paths.into_iter().map(|path| (path.events, log(path.weight * path.end)));
        let expected = by_events(expected.collect());
        assert!(found.keys().eq(expected.keys()), "{count} paths");
        for (found, expected) in found.values().zip(expected.values()) {
            assert!(found.len() == expected.len(), "{found:?} against {expected:?}");
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-11));
        }
    }
    assert!(many > 60, "{many}");
}

#[test]
fn the_best_paths_that_do_come_in_the_order_of_enumeration() {
    let mut rng = seeded(15);
    let (mut refused, mut merged) = (0, 0);
    for round in 0..1_000 {
        let lattice = lattice(&mut rng);
        // No two events in a row that emit the same.
        let twice = |events: &[Event]| {
            events
                .windows(2)
                .any(|pair| pair[0].symbol == pair[1].symbol && (round % 2 == 0 || pair[0].symbol.is_some()))
        };
        let mut paths = enumerate(&lattice);
        let all = paths.len();
        paths.retain(|path| !twice(&path.events));
        refused += usize::from(!paths.is_empty() && paths.len() < all);
        paths.sort_by(|a, b| (b.weight * b.end).total_cmp(&(a.weight * a.end)));
        let mut best = BestPaths::new(&lattice);
        for k in [1, 3, paths.len() + 1] {
            best.begin(k);
            let mut steps = 0;
            let mut found: Vec<f64> = Vec::new();
            while found.len() < k
                && let Some(next) = best.next_unless(|events| {
                    let last = events.len().saturating_sub(2);
                    (!twice(&events[last..])).then_some(events.len() - 1)
                })
            {
                steps += 1;
                found.extend(next.map(|(events, log_weight)| {
                    assert!(!twice(&events));
                    log_weight
                }));
            }
            merged += usize::from(steps > found.len());
            assert_eq!(found.len(), k.min(paths.len()));
            for (log_weight, path) in found.iter().zip(&paths) {
                assert!((log_weight - log(path.weight * path.end)).abs() < 1e-11);
            }
        }
    }
    assert!(refused > 50 && merged > 50, "{refused} {merged}");
}

/// That two messages are the same bit for bit.
fn assert_same(lattice: &Lattice, found: &Messages, expected: &Messages) {
    for (at, layer) in lattice.layers.iter().enumerate() {
        assert_eq!(found.exponent(at), expected.exponent(at), "layer {at}");
        for node in 0..layer.nodes.len() {
            let bits = |messages: &Messages| -> Vec<u64> {
                messages.node(at, node).iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(bits(found), bits(expected), "layer {at}, node {node}");
        }
    }
}

/// The same lattice with its lists in another order.
fn renumbered(lattice: &Lattice) -> Lattice {
    let mut other = lattice.clone();
    other.kernels.reverse();
    other.potentials.rotate_left(1);
    other.scales.reverse();
    other.bends.reverse();
    let jumps = other.layers.iter_mut().flat_map(|layer| &mut layer.jumps);
    for emission in jumps.filter_map(|jump| jump.emission.as_mut()) {
        emission.kernel = lattice.kernels.len() as u32 - 1 - emission.kernel;
        emission.potential =
            (emission.potential + lattice.potentials.len() as u32 - 1) % lattice.potentials.len() as u32;
        emission.scale = emission.scale.map(|scale| lattice.scales.len() as u32 - 1 - scale);
        emission.bend = emission.bend.map(|bend| lattice.bends.len() as u32 - 1 - bend);
    }
    other
}

#[test]
fn messages_after_an_edit_are_those_computed_anew() {
    let mut rng = seeded(15);
    let (mut kept_some, mut kept_none, mut kept_all) = (0, 0, 0);
    for round in 0..2_000 {
        let before = lattice(&mut rng);
        let last = before.layers.len() - 1;
        let mut after = if below(&mut rng, 2) == 0 { before.clone() } else { renumbered(&before) };
        let edited = below(&mut rng, last + 1);
        let edit = below(&mut rng, 5);
        let mut unchanged = last - edited;
        match edit {
            // Another weight, if the layer has one.
            0 => match Arc::make_mut(&mut after.layers[edited].nodes).iter_mut().flatten().next() {
                Some(way) => way.1 += 1.0,
                None => unchanged = last + 1,
            },
            // One way less.
            1 => {
                match Arc::make_mut(&mut after.layers[edited].nodes).iter_mut().find(|ways| !ways.is_empty())
                {
                    Some(ways) => ways.truncate(ways.len() - 1),
                    None => unchanged = last + 1,
                }
            }
            // Another layer at the start.
            2 => {
                after.layers.iter_mut().flat_map(|layer| &mut layer.jumps).for_each(|jump| jump.to += 1);
                let first =
                    Layer { jumps: after.layers[0].jumps.clone(), nodes: vec![vec![(0, 0.5)]].into() };
                let first = if first.jumps.is_empty() { Layer::default() } else { first };
                after.layers.insert(0, first);
                unchanged = last + 1;
            }
            // Another end.
            3 => {
                after.ends[0][0] += 1.0;
                unchanged = 0;
            }
            _ => unchanged = last + 1,
        }
        assert_eq!(after.fault(), None);
        let mut messages = Messages::new(&before);
        let kept = messages.refresh(&before, &after);
        assert_same(&after, &messages, &Messages::new(&after));
        assert_eq!(kept, unchanged, "round {round}, edit {edit} of layer {edited} of {last}");
        // And on with the same messages.
        messages.refresh(&after, &before);
        assert_same(&before, &messages, &Messages::new(&before));
        match kept {
            0 => kept_none += 1,
            _ if kept > last => kept_all += 1,
            _ => kept_some += 1,
        }
    }
    assert!(kept_some > 300 && kept_none > 300 && kept_all > 300, "{kept_some} {kept_none} {kept_all}");
}

#[test]
fn kernels_used_often_and_once_give_the_same_bits() {
    let mut rng = seeded(16);
    let mut often = 0;
    for _ in 0..600 {
        let lattice = lattice(&mut rng);
        let mut own = lattice.clone();
        own.kernels.clear();
        let mut uses = vec![0; lattice.kernels.len()];
        for emission in own.layers.iter_mut().flat_map(|l| &mut l.jumps).filter_map(|j| j.emission.as_mut()) {
            own.kernels.push(lattice.kernels[emission.kernel as usize].clone());
            uses[emission.kernel as usize] += 1;
            emission.kernel = own.kernels.len() as u32 - 1;
        }
        if own.kernels.is_empty() {
            continue;
        }
        often += usize::from(uses.iter().any(|&uses| uses > 4));
        assert_same(&lattice, &Messages::new(&own), &Messages::new(&lattice));
    }
    assert!(often > 100, "{often}");
    // Many contexts of one shape: blocks of every width.
    for contexts in [3_u32, 5, 9, 14, 17, 30, 40] {
        let row = |rng: &mut _| (0..contexts).map(|next| (next as u16, next, unit(rng))).collect();
        let rows: Vec<Vec<(u16, u32, f64)>> = (0..contexts).map(|_| row(&mut rng)).collect();
        let shared = long(contexts, vec![Kernel::from_rows(&rows)], 1);
        let own = long(contexts, vec![Kernel::from_rows(&rows); 12], 12);
        assert_same(&shared, &Messages::new(&own), &Messages::new(&shared));
    }
}

/// Twelve notes in a row over kernels taken in turn.
fn long(contexts: u32, kernels: Vec<Kernel>, turn: u32) -> Lattice {
    let emission = |at: u32| tunesmith::markov::Emission {
        kernel: at % turn,
        potential: 0,
        bend: (contexts.is_multiple_of(2) && !at.is_multiple_of(3)).then_some(at % 2),
        scale: None,
    };
    let jump = |at: u32| tunesmith::markov::Jump { to: at + 1, node: 0, emission: Some(emission(at)) };
    let layer = |at: u32| Layer { jumps: vec![jump(at)], nodes: vec![vec![(0, 0.75)]].into() };
    let end = Layer { jumps: Vec::new(), nodes: vec![Vec::new()].into() };
    let lattice = Lattice {
        kernels: kernels.into_iter().map(std::sync::Arc::new).collect(),
        potentials: vec![(0..contexts).map(|symbol| f64::from(symbol % 3)).collect()],
        // Kinds that change from context to context, and such as stay for a while.
        kinds: (0..contexts).map(|context| (context / (contexts / 7).max(1) % 2) as u16).collect(),
        bends: (2..4)
            .map(|of| (0..2 * contexts).map(|at| 0.5 + f64::from(at % 5) / f64::from(of)).collect())
            .collect(),
        layers: (0..12).map(layer).chain([end]).collect(),
        start: 0,
        ends: vec![vec![1.0; contexts as usize]],
        ..Lattice::default()
    };
    assert_eq!(lattice.fault(), None);
    lattice
}

#[test]
fn where_events_do_not_tell_the_path_it_is_said() {
    let mut rng = seeded(17);
    let (mut clear, mut unclear) = (0, 0);
    for _ in 0..2_000 {
        let lattice = lattice(&mut rng);
        let paths = enumerate(&lattice);
        let mut events: Vec<&Vec<Event>> = paths.iter().map(|path| &path.events).collect();
        events.sort();
        events.dedup();
        if lattice.ambiguity().is_none() {
            clear += 1;
            assert_eq!(events.len(), paths.len());
        } else {
            unclear += usize::from(events.len() < paths.len());
        }
    }
    assert!(clear > 50 && unclear > 50, "{clear} clear, {unclear} unclear");
    // Then a law raised to a power is that of the events.
    let power = |lattice: &Lattice| mass(&enumerate(&lattice.tempered(2.0)));
    assert!(
        power(&long(3, vec![Kernel::from_rows(&[vec![(0, 1, 0.5)], vec![(0, 1, 0.5)], vec![]])], 1)) == 0.0
    );
}
