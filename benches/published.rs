//! Workloads that others published figures of, beside a textbook implementation of the same.
//!
//! `BACH_PITCHES=file` takes the numbers of a file instead of Bach's first prelude from the score.

#[path = "../tests/common/meter.rs"]
mod meter;
#[path = "common/pitches.rs"]
mod pitches;
#[path = "../tests/common/textbook.rs"]
mod textbook;

use textbook::Textbook;
use tunesmith::markov::{Allowed, Chain, Forbidden, Product, Run, Symbol, draw, product};

fn main() {
    divan::main();
}

/// 32 symbols of the prelude, no five of them copied, ending on C: the textbook's times. Ours are in `fixture`.
mod fixture_by_the_book {
    use divan::Bencher;

    use super::pitches::{LONGEST_COPY, Task};
    use super::*;

    const ORDERS: [usize; 6] = [1, 2, 3, 4, 5, 6];

    fn learned(task: &Task, order: usize) -> Textbook {
        let mut book = Textbook::learn(&task.corpus, order, 0.25);
        book.forbid(task.corpus.iter().flat_map(|sequence| sequence.windows(LONGEST_COPY + 1)));
        book
    }

    #[divan::bench(args = ORDERS)]
    fn learn_and_copy_limit(bencher: Bencher<'_, '_>, order: usize) {
        let task = Task::new();
        bencher.bench_local(|| learned(&task, order));
    }

    #[divan::bench(args = ORDERS, sample_count = 10, sample_size = 1)]
    fn multiply(bencher: Bencher<'_, '_>, order: usize) {
        let task = Task::new();
        let book = learned(&task, order);
        let start = book.start(&task.start);
        bencher.bench_local(|| book.graph(&start, task.positions.len()));
    }

    #[divan::bench(args = ORDERS, sample_count = 10, sample_size = 1)]
    fn messages(bencher: Bencher<'_, '_>, order: usize) {
        let task = Task::new();
        let book = learned(&task, order);
        let start = book.start(&task.start);
        let graph = book.graph(&start, task.positions.len());
        bencher.bench_local(|| Textbook::messages(&graph, &start, &task.positions));
    }

    #[divan::bench(args = ORDERS)]
    fn sample(bencher: Bencher<'_, '_>, order: usize) {
        let task = Task::new();
        let book = learned(&task, order);
        let start = book.start(&task.start);
        let graph = book.graph(&start, task.positions.len());
        let messages = Textbook::messages(&graph, &start, &task.positions);
        let mut rng = draw::seeded(1);
        bencher.bench_local(|| Textbook::sample(&graph, &start, &task.positions, &messages, &mut rng));
    }
}

/// The prelude in twelve transpositions, order 2, λ = 0.1, 128 symbols without C E G.
mod transpositions {
    use divan::Bencher;

    use super::*;

    const LENGTH: usize = 128;
    const ORDER: usize = 2;
    const BACKOFF: f64 = 0.1;

    struct Task {
        corpus: Vec<Vec<Symbol>>,
        forbidden: Vec<Symbol>,
        positions: Vec<Allowed>,
    }

    fn task() -> Task {
        let pitches = pitches::pitches();
        let lowest = pitches.iter().copied().min().unwrap_or(0);
        let corpus = (0..12).map(|up| pitches.iter().map(|pitch| pitch - lowest + up).collect()).collect();
        let forbidden = [60, 64, 67].map(|pitch| pitch - lowest).to_vec();
        Task { corpus, forbidden, positions: vec![Allowed::Any; LENGTH] }
    }

    fn ours(task: &Task, chain: &Chain) -> Product {
        let acceptor = Forbidden::words(std::slice::from_ref(&task.forbidden)).expect("a small word");
        product(chain, 0, &acceptor, LENGTH).expect("a small product")
    }

    #[divan::bench]
    fn learn(bencher: Bencher<'_, '_>) {
        let task = task();
        bencher.bench_local(|| Chain::learn(&task.corpus, ORDER, BACKOFF));
    }

    #[divan::bench]
    fn multiply(bencher: Bencher<'_, '_>) {
        let task = task();
        let chain = Chain::learn(&task.corpus, ORDER, BACKOFF).expect("a small corpus");
        bencher.bench_local(|| ours(&task, &chain));
    }

    #[divan::bench]
    fn look_back(bencher: Bencher<'_, '_>) {
        let task = task();
        let chain = Chain::learn(&task.corpus, ORDER, BACKOFF).expect("a small corpus");
        let found = ours(&task, &chain);
        let mut run = Run::reachable(&found.kernel, 0, task.positions.clone()).expect("a small run");
        run.look_back();
        eprintln!("{} pairs, {} edges, log mass {}", found.states.len(), run.transitions(), run.mass().ln());
        bencher.bench_local(|| run.look_back());
    }

    #[divan::bench]
    fn sample(bencher: Bencher<'_, '_>) {
        let task = task();
        let chain = Chain::learn(&task.corpus, ORDER, BACKOFF).expect("a small corpus");
        let found = ours(&task, &chain);
        let run = Run::new(&found.kernel, 0, task.positions.clone()).expect("a small run");
        let mut rng = draw::seeded(1);
        bencher.bench_local(|| run.sample(&mut rng));
    }

    #[divan::bench(sample_count = 5, sample_size = 1)]
    fn messages_by_the_book(bencher: Bencher<'_, '_>) {
        let task = task();
        let mut book = Textbook::learn(&task.corpus, ORDER, BACKOFF);
        book.forbid([task.forbidden.as_slice()]);
        let start = book.start(&[]);
        let graph = book.graph(&start, LENGTH);
        bencher.bench_local(|| Textbook::messages(&graph, &start, &task.positions));
    }
}

/// Melodies of 32 beats exactly, 14 to 31 notes, order 3 over joint symbols of pitch and duration. The published
/// task's corpus is not public: this one is the prelude in twelve transpositions and three made-up rhythms, of about
/// the same size.
mod exact_meter {
    use divan::Bencher;
    use tunesmith::markov::{Lattice, Messages};

    use super::*;

    const ORDER: usize = 3;
    /// Sixteenths in 32 beats.
    const TOTAL: usize = 128;
    const LEAST: usize = 14;
    const MOST: usize = 31;
    const RHYTHMS: u64 = 3;
    /// Durations in sixteenths with how often they come.
    const DURATIONS: [(u32, f64); 16] = [
        (2, 38.0),
        (4, 24.0),
        (1, 8.0),
        (8, 7.0),
        (6, 6.0),
        (3, 4.0),
        (16, 3.0),
        (12, 2.0),
        (5, 1.0),
        (7, 1.0),
        (10, 1.0),
        (14, 1.0),
        (9, 1.0),
        (11, 1.0),
        (20, 1.0),
        (24, 1.0),
    ];

    struct Task {
        corpus: Vec<Vec<Symbol>>,
        /// How long each symbol lasts.
        lasts: Vec<u32>,
    }

    fn task() -> Task {
        let pitches = pitches::pitches();
        let mut alphabet = tunesmith::markov::Alphabet::new();
        let weights = DURATIONS.map(|(_, weight)| weight);
        let mut corpus = Vec::new();
        for rhythm in 0..RHYTHMS {
            let mut rng = draw::seeded(rhythm);
            let durations: Vec<u32> = pitches
                .iter()
                .map(|_| draw::choose(&mut rng, &weights).map_or(2, |drawn| DURATIONS[drawn].0))
                .collect();
            for up in 0..12 {
                let joint = pitches.iter().zip(&durations).map(|(pitch, &lasts)| (pitch + up, lasts));
                corpus.push(joint.map_while(|symbol| alphabet.intern(&symbol).ok()).collect());
            }
        }
        Task { corpus, lasts: alphabet.things().iter().map(|&(_, lasts)| lasts).collect() }
    }

    /// Only the longest suffix that was continued counts, as in the published program's choice of order.
    fn chain(task: &Task) -> Chain {
        Chain::learn(&task.corpus, ORDER, 0.0).expect("a small corpus")
    }

    fn lattice(task: &Task, chain: &Chain) -> Lattice {
        meter::lattice(chain, &task.lasts, TOTAL, LEAST, MOST)
    }

    fn slots(task: &Task, chain: &Chain) -> meter::Slots {
        meter::slots(chain, &task.lasts, TOTAL, LEAST, MOST)
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn learn_and_lay_out(bencher: Bencher<'_, '_>) {
        let task = task();
        bencher.bench_local(|| lattice(&task, &chain(&task)));
    }

    #[divan::bench(sample_count = 5, sample_size = 1)]
    fn messages(bencher: Bencher<'_, '_>) {
        let task = task();
        let chain = chain(&task);
        let lattice = lattice(&task, &chain);
        let edges: usize = lattice.kernels.iter().map(|kernel| kernel.symbols.len()).sum();
        let jumps: usize = lattice.layers.iter().map(|layer| layer.jumps.len()).sum();
        let mut messages = Messages::new(&lattice);
        eprintln!(
            "{} symbols, {} contexts, {edges} edges, {jumps} jumps, {} messages, log mass {}",
            task.lasts.len(),
            chain.contexts(),
            lattice.states(),
            messages.log_partition(&lattice)
        );
        bencher.bench_local(|| messages.recompute(&lattice));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn learn_and_multiply_slots(bencher: Bencher<'_, '_>) {
        let task = task();
        bencher.bench_local(|| slots(&task, &chain(&task)));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn look_back_over_slots(bencher: Bencher<'_, '_>) {
        let task = task();
        let slots = slots(&task, &chain(&task));
        let mut run = Run::reachable(&slots.kernel, 0, slots.positions.clone()).expect("a small run");
        run.look_back();
        let pairs = slots.kernel.contexts();
        eprintln!("{pairs} pairs, {} edges, log mass {}", run.transitions(), run.mass().ln());
        bencher.bench_local(|| run.look_back());
    }

    #[divan::bench]
    fn sample(bencher: Bencher<'_, '_>) {
        let task = task();
        let lattice = lattice(&task, &chain(&task));
        let messages = Messages::new(&lattice);
        let mut rng = draw::seeded(1);
        bencher.bench_local(|| messages.sample(&lattice, &mut rng));
    }

    #[divan::bench(sample_count = 1, sample_size = 1)]
    fn messages_by_the_book(bencher: Bencher<'_, '_>) {
        let task = task();
        let book = Textbook::learn(&task.corpus, ORDER, 0.0);
        bencher.bench_local(|| {
            let mass = book.meter_mass(&task.lasts, TOTAL, LEAST, MOST);
            eprintln!("{} contexts, log mass {}", book.contexts(), libm::log(mass));
        });
    }
}
