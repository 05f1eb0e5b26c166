//! What exact sampling costs by order, length and constraint, on Bach's first prelude: 32, 128 and 512 symbols, as
//! 8, 32 and 128 bars of four notes have them.

#[path = "common/pitches.rs"]
#[allow(dead_code, reason = "what the task asks of each position is not asked here")]
mod pitches;

use std::fmt;

use divan::Bencher;
use pitches::Task;
use tunesmith::markov::{Allowed, Anything, Chain, Forbidden, Product, Run, Symbol, draw, product};

fn main() {
    divan::main();
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Nothing,
    TenPinned,
    CopyLimit,
}

/// One request.
#[derive(Clone, Copy, Debug)]
struct Cell {
    order: usize,
    length: usize,
    asked: Asked,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = match self.asked {
            Asked::Nothing => "free",
            Asked::TenPinned => "ten pinned",
            Asked::CopyLimit => "copy limit",
        };
        write!(f, "{asked}, {:3} symbols, order {}", self.length, self.order)
    }
}

fn cells() -> impl Iterator<Item = Cell> {
    [Asked::Nothing, Asked::TenPinned, Asked::CopyLimit].into_iter().flat_map(|asked| {
        [32, 128, 512]
            .into_iter()
            .flat_map(move |length| (1..=4).map(move |order| Cell { order, length, asked }))
    })
}

impl Cell {
    fn positions(self) -> Vec<Allowed> {
        let mut positions = vec![Allowed::Any; self.length];
        if matches!(self.asked, Asked::TenPinned) {
            for pin in 0..10 {
                positions[(2 * pin + 1) * self.length / 20] = Allowed::only([pin as Symbol]);
            }
        }
        positions
    }

    /// All that comes before the messages but the search for what is reachable at each position.
    fn product(self, task: &Task) -> Product {
        let chain = Chain::learn(&task.corpus, self.order, 0.25).expect("a small corpus");
        let from = chain.context_after(&task.start);
        let found = match self.asked {
            Asked::CopyLimit => {
                let copies = Forbidden::runs_of(&task.corpus, pitches::LONGEST_COPY + 1);
                product(&chain, from, &copies.expect("a small corpus"), self.length)
            }
            _ => product(&chain, from, &Anything, self.length),
        };
        found.expect("a small product")
    }
}

/// From the notes of the corpus to the last message.
#[divan::bench(args = cells())]
fn prepare(bencher: Bencher<'_, '_>, cell: Cell) {
    let task = Task::new();
    bencher.bench_local(|| {
        let found = cell.product(&task);
        Run::new(&found.kernel, 0, cell.positions()).map(|run| run.mass())
    });
}

#[divan::bench(args = cells())]
fn sample(bencher: Bencher<'_, '_>, cell: Cell) {
    let found = cell.product(&Task::new());
    let run = Run::new(&found.kernel, 0, cell.positions()).expect("a small run");
    assert!(!run.mass().is_zero(), "{cell}: there is nothing to draw");
    let mut rng = draw::seeded(1);
    bencher.bench_local(|| run.sample(&mut rng));
}
