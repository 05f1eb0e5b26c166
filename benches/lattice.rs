//! What the melody lattice of 32 bars costs: building it, its messages, draws, marginals, the best paths.

#[path = "../tests/common/tune.rs"]
mod tune;

use divan::Bencher;
use tune::Tune;
use tunesmith::compose::melody_lattice::MelodyLattice;
use tunesmith::markov::Messages;
use tunesmith::markov::draw::seeded;

const STYLES: [&str; 4] = ["songbook", "beatles", "irish", "pop"];
const BARS: usize = 32;
/// What is asked before an edit and after it.
const EDIT: [&[&str]; 2] = [&[], &["bar 6.1: note E4", "bars 5-8: leap <= 7"]];

fn main() {
    divan::main();
}

fn melody(name: &str) -> MelodyLattice {
    Tune::new(name, BARS).melody(&[])
}

#[divan::bench(args = STYLES)]
fn build(bencher: Bencher<'_, '_>, name: &str) {
    let tune = Tune::new(name, BARS);
    let (law, rhythm) = tune.laws();
    let kernel = law.kernel();
    bencher.bench_local(|| tune.lattice((&law, &rhythm, &kernel), &[]));
}

#[divan::bench(args = STYLES)]
fn messages(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    bencher.bench_local(|| Messages::new(&melody.lattice));
}

#[divan::bench(args = STYLES)]
fn messages_in_the_same_memory(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    let mut messages = Messages::new(&melody.lattice);
    bencher.bench_local(|| messages.recompute(&melody.lattice));
}

#[divan::bench(args = STYLES)]
fn messages_after_an_edit_of_bars_5_to_8(bencher: Bencher<'_, '_>, name: &str) {
    let tune = Tune::new(name, BARS);
    let [before, after] = EDIT.map(|asked| tune.melody(asked).lattice);
    let messages = Messages::new(&before);
    bencher.with_inputs(|| messages.clone()).bench_local_values(|mut messages| {
        messages.refresh(&before, &after);
        messages
    });
}

#[divan::bench(args = STYLES)]
fn sample(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    let messages = Messages::new(&melody.lattice);
    let mut rng = seeded(1);
    bencher.bench_local(|| messages.sample(&melody.lattice, &mut rng));
}

#[divan::bench(args = STYLES)]
fn marginals(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    let messages = Messages::new(&melody.lattice);
    bencher.bench_local(|| {
        let mut events = 0;
        messages.marginals(&melody.lattice, |_, _, _, _| events += 1);
        events
    });
}

#[divan::bench(args = STYLES)]
fn best(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    bencher.bench_local(|| Messages::best(&melody.lattice));
}

#[divan::bench(args = STYLES)]
fn hundred_best(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    bencher.bench_local(|| Messages::k_best(&melody.lattice, 100));
}

#[divan::bench(args = STYLES)]
fn tempered(bencher: Bencher<'_, '_>, name: &str) {
    let melody = melody(name);
    bencher.bench_local(|| melody.lattice.tempered(1.3));
}
