//! How long each step of exact sampling takes on Bach's first prelude: no five notes copied, ending on C.

#[path = "../tests/common/prelude.rs"]
mod prelude;

use divan::{Bencher, black_box};
use tunesmith::markov::{Allowed, Alphabet, Chain, Forbidden, Product, Run, Symbol, draw, product};

const ORDERS: [usize; 6] = [1, 2, 3, 4, 5, 6];
const LENGTH: usize = 32;
const LONGEST_COPY: usize = 4;

fn main() {
    divan::main();
}

struct Task {
    corpus: Vec<Vec<Symbol>>,
    start: Vec<Symbol>,
    positions: Vec<Allowed>,
}

fn task() -> Task {
    let mut alphabet = Alphabet::new();
    let corpus = vec![prelude::pitches().iter().map_while(|pitch| alphabet.intern(pitch).ok()).collect()];
    let code = |pitch: &u16| alphabet.symbol(pitch);
    let start = [60, 64, 67, 72, 76, 67].iter().filter_map(code).collect();
    let mut positions = vec![Allowed::Any; LENGTH];
    positions[LENGTH - 1] = Allowed::only([36, 48, 60, 72].iter().filter_map(code));
    Task { corpus, start, positions }
}

impl Task {
    fn chain(&self, order: usize) -> Chain {
        Chain::learn(&self.corpus, order, 0.25).expect("a small corpus")
    }

    fn acceptor(&self) -> Forbidden {
        Forbidden::runs_of(&self.corpus, LONGEST_COPY + 1).expect("a small corpus")
    }

    fn product(&self, chain: &Chain, acceptor: &Forbidden) -> Product {
        product(chain, chain.context_after(&self.start), acceptor, LENGTH).expect("a small product")
    }
}

#[divan::bench(args = ORDERS)]
fn learn(bencher: Bencher<'_, '_>, order: usize) {
    let task = task();
    bencher.bench_local(|| task.chain(black_box(order)));
}

#[divan::bench]
fn copy_limit(bencher: Bencher<'_, '_>) {
    let task = task();
    bencher.bench_local(|| task.acceptor());
}

#[divan::bench(args = ORDERS)]
fn multiply(bencher: Bencher<'_, '_>, order: usize) {
    let task = task();
    let (chain, acceptor) = (task.chain(order), task.acceptor());
    bencher.bench_local(|| task.product(&chain, &acceptor));
}

#[divan::bench(args = ORDERS)]
fn reach(bencher: Bencher<'_, '_>, order: usize) {
    let task = task();
    let found = task.product(&task.chain(order), &task.acceptor());
    bencher.bench_local(|| Run::reachable(&found.kernel, 0, task.positions.clone()));
}

#[divan::bench(args = ORDERS)]
fn look_back(bencher: Bencher<'_, '_>, order: usize) {
    let task = task();
    let found = task.product(&task.chain(order), &task.acceptor());
    let mut run = Run::reachable(&found.kernel, 0, task.positions.clone()).expect("a small run");
    bencher.bench_local(|| run.look_back());
}

#[divan::bench(args = ORDERS)]
fn all_before_the_first_sample(bencher: Bencher<'_, '_>, order: usize) {
    let task = task();
    bencher.bench_local(|| {
        let found = task.product(&task.chain(order), &task.acceptor());
        Run::new(&found.kernel, 0, task.positions.clone()).map(|run| run.mass())
    });
}

#[divan::bench(args = ORDERS)]
fn sample(bencher: Bencher<'_, '_>, order: usize) {
    let task = task();
    let found = task.product(&task.chain(order), &task.acceptor());
    let run = Run::new(&found.kernel, 0, task.positions.clone()).expect("a small run");
    let mut rng = draw::seeded(1);
    bencher.bench_local(|| run.sample(&mut rng));
}
