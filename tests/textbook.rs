//! The textbook implementation that the benchmarks compare with is right: its masses are the engine's.

#![allow(clippy::unwrap_used, reason = "a test may stop where it is surprised")]

use tunesmith::markov::draw::{seeded, unit};
use tunesmith::markov::{Allowed, Alphabet, Chain, Forbidden, Messages, Run, Symbol, product};

#[path = "common/meter.rs"]
mod meter;
#[path = "common/prelude.rs"]
mod prelude;
#[path = "common/textbook.rs"]
mod textbook;

use textbook::Textbook;

fn corpus() -> Vec<Vec<Symbol>> {
    let mut alphabet = Alphabet::new();
    vec![prelude::pitches().iter().map(|pitch| alphabet.intern(pitch).unwrap()).collect()]
}

#[test]
fn masses_and_samples_under_a_copy_limit_are_the_engines() {
    let corpus = corpus();
    let start = &corpus[0][..6];
    let mut positions = vec![Allowed::Any; 16];
    positions[15] = Allowed::only([0, 3, 7]);
    for order in 0..=4 {
        for backoff in [0.0, 0.25, 1.0] {
            let chain = Chain::learn(&corpus, order, backoff).unwrap();
            let copies = Forbidden::runs_of(&corpus, 5).unwrap();
            let found = product(&chain, chain.context_after(start), &copies, positions.len()).unwrap();
            let run = Run::new(&found.kernel, 0, positions.clone()).unwrap();
            let mut plain = Textbook::learn(&corpus, order, backoff);
            plain.forbid(corpus[0].windows(5));
            assert_eq!(plain.contexts(), chain.contexts());
            let begin = plain.start(start);
            let graph = plain.graph(&begin, positions.len());
            let messages = Textbook::messages(&graph, &begin, &positions);
            let (mass, expected) = (messages[0][&begin], run.mass().value());
            assert!((mass - expected).abs() <= 1e-12 * expected, "{order} {backoff}: {mass:e}, {expected:e}");
            let sample = Textbook::sample(&graph, &begin, &positions, &messages, &mut seeded(1));
            assert_eq!(sample.is_some(), expected > 0.0);
            if let Some(sample) = sample {
                assert!(positions[15].allows(sample[15]));
                assert!(!sample.windows(5).any(|run| corpus[0].windows(5).any(|other| other == run)));
            }
        }
    }
}

#[test]
fn masses_of_exact_meter_are_the_engines() {
    let mut rng = seeded(1);
    for (total, least, most) in [(8, 2, 5), (12, 1, 12), (20, 6, 9), (3, 2, 2), (5, 6, 9)] {
        let corpus: Vec<Vec<Symbol>> =
            (0..3).map(|_| (0..20).map(|_| (unit(&mut rng) * 9.0) as Symbol).collect()).collect();
        let lasts: Vec<u32> = (0..9).map(|symbol| [1, 2, 4][symbol % 3]).collect();
        for (order, backoff) in [(1, 0.25), (2, 0.0), (3, 0.25)] {
            let chain = Chain::learn(&corpus, order, backoff).unwrap();
            let lattice = meter::lattice(&chain, &lasts[..chain.alphabet()], total, least, most);
            assert_eq!(lattice.fault(), None);
            let (mantissa, exponent) = Messages::new(&lattice).partition(&lattice);
            let found = libm::ldexp(mantissa, exponent);
            let expected = Textbook::learn(&corpus, order, backoff).meter_mass(&lasts, total, least, most);
            assert!((found - expected).abs() <= 1e-12 * expected, "{found:e} is not {expected:e}");
            let slots = meter::slots(&chain, &lasts[..chain.alphabet()], total, least, most);
            let found = Run::new(&slots.kernel, 0, slots.positions.clone()).unwrap().mass().value();
            assert!((found - expected).abs() <= 1e-12 * expected, "{found:e} is not {expected:e}");
            assert_eq!(expected > 0.0, total != 5);
        }
    }
}
