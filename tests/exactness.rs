//! Sampling is exact: masses, draws, marginals and best sequences against enumeration from the definitions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is surprised")]

use std::collections::BTreeMap;

use libm::{exp, log, log1p};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use tunesmith::markov::draw::{seeded, unit};
use tunesmith::markov::{
    Allowed, Alphabet, Anything, Chain, Forbidden, Kernel, Product, Run, Symbol, product,
};

#[path = "common/prelude.rs"]
mod prelude;
#[path = "common/slow.rs"]
mod slow;

use slow::Request;

fn engine(request: &Request) -> Product {
    let chain = Chain::learn(&request.corpus, request.order, request.backoff).unwrap();
    let from = chain.context_after(&request.start);
    let steps = request.positions.len();
    match request.forbidden_run {
        Some(length) => {
            let copies = Forbidden::runs_of(&request.corpus, length).unwrap();
            product(&chain, from, &copies, steps).unwrap()
        }
        None => product(&chain, from, &Anything, steps).unwrap(),
    }
}

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (unit(rng) * bound as f64) as usize
}

fn sequence(rng: &mut ChaCha8Rng, alphabet: usize, longest: usize) -> Vec<Symbol> {
    (0..1 + below(rng, longest)).map(|_| below(rng, alphabet) as Symbol).collect()
}

/// A small random request: two to four symbols, one to three short sequences, up to six positions of which some are
/// restricted, a copy limit or none, all at once.
fn request(rng: &mut ChaCha8Rng) -> Request {
    let alphabet = 2 + below(rng, 3);
    let longest = [30, 10, 7][alphabet - 2];
    let mut corpus: Vec<_> = (0..1 + below(rng, 3)).map(|_| sequence(rng, alphabet, longest)).collect();
    // Every symbol occurs, so that the enumeration and the engine agree on what there is.
    corpus.push((0..alphabet as Symbol).collect());
    let positions = (0..1 + below(rng, 6))
        .map(|_| match below(rng, 3) {
            0 => Allowed::only((0..2).map(|_| below(rng, alphabet) as Symbol)),
            _ => Allowed::Any,
        })
        .collect();
    Request {
        corpus,
        order: below(rng, 5),
        backoff: [0.0, 0.1, 0.25, 1.0][below(rng, 4)],
        start: sequence(rng, alphabet, 5).split_off(1),
        positions,
        forbidden_run: (below(rng, 2) == 0).then(|| 2 + below(rng, 3)),
    }
}

fn assert_close(left: f64, right: f64, relative: f64, what: &dyn std::fmt::Debug) {
    assert!((left - right).abs() <= relative * right.abs(), "{left:e} is not {right:e}: {what:?}");
}

#[test]
fn masses_are_those_of_enumeration() {
    let mut rng = seeded(1);
    let (mut possible, mut impossible) = (0, 0);
    for _ in 0..1_000 {
        let request = request(&mut rng);
        let mass: f64 = request.enumerate().iter().map(|(_, probability)| probability).sum();
        let found = engine(&request);
        let run = Run::new(&found.kernel, 0, request.positions.clone()).unwrap();
        assert_close(run.mass().value(), mass, 1e-12, &request);
        if mass > 0.0 {
            possible += 1;
            assert!((run.mass().ln() - log(mass)).abs() < 1e-12, "{request:?}");
        } else {
            impossible += 1;
            assert!(run.sample(&mut rng).is_none() && run.best().is_none() && run.marginals().is_none());
        }
    }
    // Both kinds are well represented.
    assert!(possible > 500 && impossible > 50, "{possible} possible, {impossible} impossible");
}

#[test]
fn marginals_are_those_of_enumeration() {
    let mut rng = seeded(2);
    for _ in 0..300 {
        let request = request(&mut rng);
        let all = request.enumerate();
        let mass: f64 = all.iter().map(|(_, probability)| probability).sum();
        let found = engine(&request);
        let run = Run::new(&found.kernel, 0, request.positions.clone()).unwrap();
        let Some(marginals) = run.marginals() else {
            assert_eq!(mass, 0.0);
            continue;
        };
        for (position, marginal) in marginals.iter().enumerate() {
            for symbol in 0..request.alphabet() {
                let with = all.iter().filter(|(sequence, _)| sequence[position] == symbol);
                let expected = with.map(|(_, probability)| probability).sum::<f64>() / mass;
                let marginal = marginal.get(usize::from(symbol)).copied().unwrap_or(0.0);
                assert!((marginal - expected).abs() < 1e-12, "{position} {symbol}: {request:?}");
                assert_eq!(marginal > 0.0, expected > 0.0, "{position} {symbol}: {request:?}");
            }
        }
    }
}

#[test]
fn the_best_sequence_is_that_of_enumeration() {
    let mut rng = seeded(3);
    for _ in 0..300 {
        let request = request(&mut rng);
        let all = request.enumerate();
        let found = engine(&request);
        let run = Run::new(&found.kernel, 0, request.positions.clone()).unwrap();
        let Some((best, weight)) = run.best() else {
            assert!(all.is_empty());
            continue;
        };
        let most = all.iter().map(|&(_, probability)| probability).fold(0.0, f64::max);
        let of_best = all.iter().find(|(sequence, _)| *sequence == best).map(|&(_, probability)| probability);
        assert_close(of_best.expect("the best is one of all"), most, 1e-12, &request);
        assert!((weight - log(most)).abs() < 1e-11, "{weight} is not {}", log(most));
    }
}

/// Pearson's statistic of counts against probabilities, with its degrees of freedom; cells that expect fewer than
/// five draws are put together.
fn chi_square(
    counts: &BTreeMap<Vec<Symbol>, u32>,
    law: &[(Vec<Symbol>, f64)],
    mass: f64,
    draws: u32,
) -> (f64, f64) {
    let (mut statistic, mut cells, mut rest) = (0.0, 0.0, (0.0, 0.0));
    for (sequence, probability) in law {
        let expected = f64::from(draws) * probability / mass;
        let observed = f64::from(counts.get(sequence).copied().unwrap_or(0));
        if expected < 5.0 {
            rest = (rest.0 + expected, rest.1 + observed);
        } else {
            statistic += (observed - expected) * (observed - expected) / expected;
            cells += 1.0;
        }
    }
    if rest.0 >= 5.0 {
        statistic += (rest.1 - rest.0) * (rest.1 - rest.0) / rest.0;
        cells += 1.0;
    }
    (statistic, f64::max(cells - 1.0, 0.0))
}

#[test]
fn draws_follow_the_conditional_law() {
    const DRAWS: u32 = 4_000;
    let mut rng = seeded(4);
    let (mut statistic, mut freedom, mut requests) = (0.0, 0.0, 0);
    while requests < 150 {
        let request = request(&mut rng);
        let law = request.enumerate();
        if law.len() < 2 {
            continue;
        }
        requests += 1;
        let mass: f64 = law.iter().map(|(_, probability)| probability).sum();
        let found = engine(&request);
        let run = Run::new(&found.kernel, 0, request.positions.clone()).unwrap();
        let mut counts = BTreeMap::new();
        for _ in 0..DRAWS {
            *counts.entry(run.sample(&mut rng).unwrap()).or_insert(0) += 1;
        }
        assert!(counts.keys().all(|drawn| law.iter().any(|(sequence, _)| sequence == drawn)), "{request:?}");
        let (one, degrees) = chi_square(&counts, &law, mass, DRAWS);
        // Six standard deviations for each, four for all together.
        assert!(one < degrees + 6.0 * (2.0 * degrees).sqrt() + 12.0, "{one} at {degrees}: {request:?}");
        statistic += one;
        freedom += degrees;
    }
    let deviation = (statistic - freedom) / (2.0 * freedom).sqrt();
    assert!(freedom > 1_000.0 && deviation.abs() < 4.0, "{deviation} at {freedom}");
}

/// The logarithm of the mass by a forward pass in logarithms over plain words: slow, but of unlimited range.
fn log_mass(request: &Request) -> f64 {
    let keep = request.order.max(request.forbidden_run.unwrap_or(0));
    let mut known: BTreeMap<(Vec<Symbol>, Symbol), f64> = BTreeMap::new();
    let mut here: BTreeMap<(Vec<Symbol>, usize), f64> = BTreeMap::from([((request.start.clone(), 0), 0.0)]);
    for allowed in &request.positions {
        let mut ahead: BTreeMap<(Vec<Symbol>, usize), f64> = BTreeMap::new();
        for ((past, new), sum_of_logs) in &here {
            for symbol in (0..request.alphabet()).filter(|&y| allowed.allows(y)) {
                let mut longer = [past.as_slice(), &[symbol]].concat();
                let new = (new + 1).min(keep);
                let context = request.context(past).to_vec();
                let probability =
                    known.entry((context, symbol)).or_insert_with(|| request.probability(past, symbol));
                if *probability > 0.0 && !copies(request, &longer[longer.len() - new..]) {
                    let cut = longer.len().saturating_sub(keep);
                    longer.drain(..cut);
                    let sum_of_logs = sum_of_logs + log(*probability);
                    let sum = ahead.entry((longer, new)).or_insert(f64::NEG_INFINITY);
                    let most = sum.max(sum_of_logs);
                    *sum = most + log(exp(*sum - most) + exp(sum_of_logs - most));
                }
            }
        }
        here = ahead;
    }
    let most = here.values().copied().fold(f64::NEG_INFINITY, f64::max);
    most + log(here.values().map(|sum_of_logs| exp(sum_of_logs - most)).sum())
}

fn copies(request: &Request, new: &[Symbol]) -> bool {
    request.forbidden_run.is_some_and(|length| {
        length <= new.len()
            && request.corpus.iter().any(|s| s.windows(length).any(|w| w == &new[new.len() - length..]))
    })
}

#[test]
fn masses_far_below_the_range_of_f64_are_exact() {
    let mut corpus = vec![[0, 1, 2].repeat(60), vec![0, 2, 1, 3]];
    corpus[0].extend([0, 0, 1, 1, 2, 0, 2, 2]);
    for (length, order, forbidden_run) in
        [(400, 1, Some(3)), (300, 2, Some(3)), (1_500, 1, None), (400, 3, Some(5))]
    {
        // The rarest symbol at every other position.
        let position = |at| if at % 2 == 1 { Allowed::only([3]) } else { Allowed::Any };
        let request = Request {
            corpus: corpus.clone(),
            order,
            backoff: 0.01,
            start: vec![0, 1],
            positions: (0..length).map(position).collect(),
            forbidden_run,
        };
        let expected = log_mass(&request);
        assert!(expected < -300.0 * std::f64::consts::LN_10, "{expected} is no such mass");
        let found = engine(&request);
        let run = Run::new(&found.kernel, 0, request.positions.clone()).unwrap();
        assert_close(run.mass().ln(), expected, 1e-12, &(length, order));
        let mut rng = seeded(5);
        let drawn = run.sample(&mut rng).unwrap();
        assert!(drawn.iter().zip(&request.positions).all(|(&y, allowed)| allowed.allows(y)));
        assert!((0..drawn.len()).all(|end| !copies(&request, &drawn[..end])));
        let (_, best) = run.best().unwrap();
        assert!(best < expected && best > expected - length as f64 * 2.0, "{best} against {expected}");
    }
}

/// Two ways that weigh the same in the end: one pays early and the other late, so at the positions between, their
/// messages are further apart than f64 reaches.
fn early_and_late(steps: usize, price: f64) -> (Kernel, Vec<Allowed>) {
    // State 0 starts; states 1.. pay first and coast then, the others coast first. Symbols 0 and 1 tell which.
    let mut rows = vec![vec![(0, 1, 1.0), (1, 1 + 2 * steps as u32, 1.0)]];
    for (symbol, pays_early) in [(0, true), (1, false)] {
        for step in 0..2 * steps {
            let weight = if (step < steps) == pays_early { price } else { 1.0 };
            let this = rows.len() as u32;
            let next = if step + 1 < 2 * steps { this + 1 } else { this };
            rows.push(vec![(symbol, next, weight)]);
        }
    }
    (Kernel::from_rows(&rows), vec![Allowed::Any; 2 * steps])
}

#[test]
fn messages_of_one_position_may_lie_further_apart_than_f64_reaches() {
    for price in [1e-150, 1e-80, 1e-20, 1e-320] {
        let steps = 60;
        let (kernel, positions) = early_and_late(steps, price);
        let run = Run::new(&kernel, 0, positions).unwrap();
        // The last state is entered but not left: the way that pays late pays once less.
        let early = steps as f64 * log(price);
        let late = (steps - 1) as f64 * log(price);
        let expected = late + log1p(exp(early - late));
        assert_close(run.mass().ln(), expected, 1e-12, &price);
        assert_eq!(run.best().unwrap().0, vec![1; 2 * steps]);
    }
    // Where both weigh the same, each is drawn half of the time.
    let (mut kernel, positions) = early_and_late(40, 1e-150);
    kernel.weights[1] = 1e-150;
    let run = Run::new(&kernel, 0, positions).unwrap();
    assert_close(run.mass().ln(), 40.0 * log(1e-150) + std::f64::consts::LN_2, 1e-12, &());
    let mut rng = seeded(6);
    let late = (0..2_000).filter(|_| run.sample(&mut rng).unwrap()[0] == 1).count();
    assert!(late.abs_diff(1_000) < 5 * 23, "{late} of 2000");
    let marginals = run.marginals().unwrap();
    assert!(marginals.iter().all(|marginal| (marginal[0] - 0.5).abs() < 1e-9));
}

#[test]
fn impossible_requests_have_no_mass_and_no_draws() {
    let corpus = vec![vec![0, 1, 2, 0, 1, 1, 2]];
    let free = vec![Allowed::Any; 8];
    let mut barred = free.clone();
    barred[4] = Allowed::only([]);
    let mut unknown = free.clone();
    unknown[7] = Allowed::only([9]);
    for (positions, forbidden_run) in
        [(barred, None), (unknown, None), (free.clone(), Some(1)), (free, Some(0))]
    {
        let request = Request {
            corpus: corpus.clone(),
            order: 2,
            backoff: 0.25,
            start: vec![],
            positions,
            forbidden_run,
        };
        let found = engine(&request);
        let run = Run::new(&found.kernel, 0, request.positions).unwrap();
        assert!(run.mass().is_zero());
        assert_eq!(run.mass().ln(), f64::NEG_INFINITY);
        assert_eq!(run.sample(&mut seeded(0)), None);
        assert_eq!(run.best(), None);
        assert_eq!(run.marginals(), None);
    }
}

#[test]
fn an_empty_run_has_one_sequence() {
    let found = product(&Chain::learn(&[vec![0, 1]], 1, 0.5).unwrap(), 0, &Anything, 0).unwrap();
    let run = Run::new(&found.kernel, 0, vec![]).unwrap();
    assert_eq!(run.mass().value(), 1.0);
    assert_eq!(run.sample(&mut seeded(0)), Some(vec![]));
    assert_eq!(run.best(), Some((vec![], 0.0)));
}

#[test]
fn an_empty_corpus_has_nothing_to_say() {
    for corpus in [vec![], vec![vec![], vec![]]] {
        let chain = Chain::learn(&corpus, 3, 0.25).unwrap();
        let found = product(&chain, chain.context_after(&[4, 5]), &Anything, 3).unwrap();
        assert!(Run::new(&found.kernel, 0, vec![Allowed::Any; 3]).unwrap().mass().is_zero());
    }
}

#[test]
fn a_back_off_outside_its_range_is_refused() {
    for backoff in [-0.1, 1.5, f64::NAN, f64::INFINITY] {
        assert!(Chain::learn(&[vec![0, 1]], 2, backoff).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_law_of_every_context_is_the_definition(
        corpus in prop::collection::vec(prop::collection::vec(0_u16..4, 1..12), 1..4),
        past in prop::collection::vec(0_u16..5, 0..7),
        order in 0_usize..6,
        backoff in prop::sample::select(vec![0.0, 1e-3, 0.25, 0.9, 1.0]),
    ) {
        let request = Request {
            corpus: corpus.clone(), order, backoff, start: vec![], positions: vec![], forbidden_run: None,
        };
        let chain = Chain::learn(&corpus, order, backoff).unwrap();
        let context = chain.context_after(&past);
        let mut total = 0.0;
        for symbol in 0..4 {
            let (found, defined) = (chain.probability(context, symbol), request.probability(&past, symbol));
            prop_assert!((found - defined).abs() < 1e-13, "{found} is not {defined}");
            total += found;
        }
        prop_assert!((total - 1.0).abs() < 1e-13);
    }
}

/// The mass and transitions of the benchmark's task: 32 pitches, none of its 5-grams, the last one of some.
fn benchmark(pitches: &[u16], order: usize, last: &[u16]) -> (f64, u64) {
    let mut alphabet = Alphabet::new();
    let corpus = vec![pitches.iter().map(|pitch| alphabet.intern(pitch).unwrap()).collect()];
    let start = [60, 64, 67, 72, 76, 67].iter().map(|pitch| alphabet.symbol(pitch).unwrap()).collect();
    let mut positions = vec![Allowed::Any; 32];
    positions[31] = Allowed::only(last.iter().filter_map(|pitch| alphabet.symbol(pitch)));
    let request = Request { corpus, order, backoff: 0.25, start, positions, forbidden_run: Some(5) };
    let found = engine(&request);
    let run = Run::new(&found.kernel, 0, request.positions).unwrap();
    (run.mass().value(), run.transitions())
}

#[test]
fn the_prelude_has_the_masses_of_an_independent_forward_pass() {
    // Found by a plain forward pass over tuples in another language.
    const MASSES: [(f64, u64); 7] = [
        (1.9749643956023755e-1, 601_388),
        (6.264517660278993e-2, 601_388),
        (1.0567664661499677e-4, 602_320),
        (7.565511481447359e-10, 603_220),
        (4.4490991518551483e-13, 604_088),
        (1.1634188582963532e-13, 604_088),
        (2.995501933835623e-14, 604_088),
    ];
    for (order, (mass, transitions)) in MASSES.into_iter().enumerate() {
        let found = benchmark(&prelude::pitches(), order, &[36, 48, 60, 72]);
        assert_close(found.0, mass, 1e-12, &order);
        assert_eq!(found.1, transitions);
    }
}

#[test]
#[ignore = "needs the public benchmark's file of 592 pitches: set BACH_PITCHES to its path"]
fn the_published_masses_are_met() {
    let path = std::env::var("BACH_PITCHES").expect("BACH_PITCHES names bach-pitches.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pitches: Vec<u16> =
        lines.flat_map(str::split_whitespace).map(|pitch| pitch.parse().unwrap()).collect();
    // Pachet 2026, K = 1..6.
    const PUBLISHED: [f64; 6] = [
        3.41675743685e-02,
        3.29819197814e-05,
        2.26791792961e-10,
        1.28845205776e-13,
        3.30757202064e-14,
        8.45471416734e-15,
    ];
    for (order, published) in (1..).zip(PUBLISHED) {
        let (mass, transitions) = benchmark(&pitches, order, &[48, 60, 72]);
        assert_close(mass, published, 1e-10, &order);
        assert_eq!(transitions, 448_354);
    }
}
