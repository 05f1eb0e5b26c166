//! How long each step of exact sampling takes on Bach's first prelude: no five notes copied, ending on C.
//!
//! `BACH_PITCHES=file` measures on the numbers of a file instead.

#[path = "common/pitches.rs"]
mod pitches;

use divan::{Bencher, black_box};
use pitches::{LENGTH, LONGEST_COPY, Task};
use tunesmith::markov::{Chain, Forbidden, Product, Run, draw, product};

const ORDERS: [usize; 6] = [1, 2, 3, 4, 5, 6];

fn main() {
    divan::main();
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
    let task = Task::new();
    bencher.bench_local(|| task.chain(black_box(order)));
}

#[divan::bench]
fn copy_limit(bencher: Bencher<'_, '_>) {
    let task = Task::new();
    bencher.bench_local(|| task.acceptor());
}

#[divan::bench(args = ORDERS)]
fn multiply(bencher: Bencher<'_, '_>, order: usize) {
    let task = Task::new();
    let (chain, acceptor) = (task.chain(order), task.acceptor());
    bencher.bench_local(|| task.product(&chain, &acceptor));
}

#[divan::bench(args = ORDERS)]
fn reach(bencher: Bencher<'_, '_>, order: usize) {
    let task = Task::new();
    let found = task.product(&task.chain(order), &task.acceptor());
    bencher.bench_local(|| Run::reachable(&found.kernel, 0, task.positions.clone()));
}

#[divan::bench(args = ORDERS)]
fn look_back(bencher: Bencher<'_, '_>, order: usize) {
    let task = Task::new();
    let found = task.product(&task.chain(order), &task.acceptor());
    let mut run = Run::reachable(&found.kernel, 0, task.positions.clone()).expect("a small run");
    bencher.bench_local(|| run.look_back());
}

#[divan::bench(args = ORDERS)]
fn all_before_the_first_sample(bencher: Bencher<'_, '_>, order: usize) {
    let task = Task::new();
    bencher.bench_local(|| {
        let found = task.product(&task.chain(order), &task.acceptor());
        Run::new(&found.kernel, 0, task.positions.clone()).map(|run| run.mass())
    });
}

#[divan::bench(args = ORDERS)]
fn sample(bencher: Bencher<'_, '_>, order: usize) {
    let task = Task::new();
    let found = task.product(&task.chain(order), &task.acceptor());
    let run = Run::new(&found.kernel, 0, task.positions.clone()).expect("a small run");
    let mut rng = draw::seeded(1);
    bencher.bench_local(|| run.sample(&mut rng));
}
