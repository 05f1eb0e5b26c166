//! What learning and sampling cost as the corpus grows: a table on standard output, and a plot.
//!
//! The sequences are drawn, by a fixed seed, from a chain of order 3 of Bach's first prelude; 64 symbols each.

#![allow(
    clippy::disallowed_methods,
    reason = "the clock is read to report how long each step took, and decides nothing"
)]

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use tunesmith::markov::{
    Acceptor, Allowed, Alphabet, Anything, Chain, Forbidden, Run, Symbol, draw, product,
};

#[path = "../tests/common/prelude.rs"]
mod prelude;

/// Measure what learning and sampling cost as the corpus grows.
#[derive(Parser, Debug)]
struct Options {
    /// Where to write the plot (SVG); none without.
    plot: Option<PathBuf>,
    /// How often each step is measured.
    #[arg(long, default_value_t = 9)]
    times: usize,
}

const SIZES: [usize; 8] = [100, 200, 400, 800, 1_600, 3_200, 6_400, 13_000];
const SEQUENCE: usize = 64;
const ORDER: usize = 3;
const LENGTH: usize = 32;
const LONGEST_COPY: usize = 8;

/// What is measured, in the order of the columns.
const STEPS: [&str; 6] =
    ["learn", "product", "messages", "copy limit", "product with copy limit", "messages with copy limit"];

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut alphabet = Alphabet::new();
    let melody: Vec<Symbol> =
        prelude::pitches().iter().map_while(|pitch| alphabet.intern(pitch).ok()).collect();
    let sequences = drawn(&melody, SIZES[SIZES.len() - 1])?;
    println!("| sequences | symbols | contexts | {} |", STEPS.join(" | "));
    println!("|---|---|---{}|", "|---".repeat(STEPS.len()));
    let mut rows = Vec::new();
    for size in SIZES {
        let (contexts, times) = measure(&sequences[..size], &melody[..6], options.times.max(1))?;
        let cells = times.iter().map(|time| time.map_or("refused".to_owned(), milliseconds));
        println!("| {size} | {} | {contexts} | {} |", size * SEQUENCE, cells.collect::<Vec<_>>().join(" | "));
        rows.push(times);
    }
    if let Some(path) = options.plot {
        std::fs::write(&path, plot(&rows)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// For each step its time in milliseconds; `None` for what is refused as too large.
type Times = Vec<Option<f64>>;

/// Sequences from the chain of a melody.
fn drawn(melody: &[Symbol], count: usize) -> Result<Vec<Vec<Symbol>>, Box<dyn Error>> {
    let chain = Chain::learn(&[melody.to_vec()], ORDER, 0.25)?;
    let found = product(&chain, 0, &Anything, SEQUENCE)?;
    let run = Run::new(&found.kernel, 0, vec![Allowed::Any; SEQUENCE])?;
    let mut rng = draw::seeded(1);
    Ok((0..count).map_while(|_| run.sample(&mut rng)).collect())
}

/// The number of contexts, and the time of each step.
fn measure(
    sequences: &[Vec<Symbol>],
    start: &[Symbol],
    times: usize,
) -> Result<(usize, Times), Box<dyn Error>> {
    let chain = Chain::learn(sequences, ORDER, 0.25)?;
    let copies = Forbidden::runs_of(sequences, LONGEST_COPY + 1)?;
    let mut steps = vec![time(times, || Chain::learn(sequences, ORDER, 0.25))];
    steps.extend(under(&Anything, &chain, start, times));
    steps.push(time(times, || Forbidden::runs_of(sequences, LONGEST_COPY + 1)));
    steps.extend(under(&copies, &chain, start, times));
    Ok((chain.contexts(), steps))
}

/// The product with an acceptor, and the messages: all that comes before the first sample.
fn under(acceptor: &impl Acceptor, chain: &Chain, start: &[Symbol], times: usize) -> [Option<f64>; 2] {
    let from = chain.context_after(start);
    let Ok(found) = product(chain, from, acceptor, LENGTH) else { return [None, None] };
    let mut positions = vec![Allowed::Any; LENGTH];
    positions[LENGTH - 1] = Allowed::only(start.iter().copied());
    let multiplied = time(times, || product(chain, from, acceptor, LENGTH));
    [multiplied, time(times, || Run::new(&found.kernel, 0, positions.clone()))]
}

/// The time of what succeeds, in milliseconds: the least of all runs, or for what takes long the mean of the
/// processor's time, where the system tells it, so that it does not matter what else runs.
fn time<T, E>(times: usize, what: impl Fn() -> Result<T, E>) -> Option<f64> {
    const LONG: f64 = 5.0;
    let mut least = f64::INFINITY;
    let before = processor();
    for _ in 0..times {
        let begun = Instant::now();
        let done = what();
        least = least.min(begun.elapsed().as_secs_f64() * 1e3);
        done.ok()?;
    }
    match (before, processor()) {
        (Some(before), Some(after)) if least > LONG => Some((after - before) / times as f64),
        _ => Some(least),
    }
}

/// The time that this thread has been running on a processor, in milliseconds; `None` where Linux does not tell it.
fn processor() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = told.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e6)
}

fn milliseconds(time: f64) -> String {
    match time {
        10.0.. => format!("{time:.0} ms"),
        1.0.. => format!("{time:.1} ms"),
        _ => format!("{time:.2} ms"),
    }
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 45.0;
const COLOURS: [&str; 6] = ["#1b6ca8", "#2a9d4a", "#d1495b", "#7b5ea7", "#8a8a1f", "#e07b00"];

/// A plot of the times over the sizes, both on logarithmic scales.
fn plot(rows: &[Times]) -> Result<String, std::fmt::Error> {
    let all = || rows.iter().flatten().flatten().copied();
    let least = libm::floor(libm::log10(all().fold(f64::INFINITY, f64::min)));
    let most = libm::ceil(libm::log10(all().fold(0.0, f64::max)));
    let (first, last) = (libm::log10(SIZES[0] as f64), libm::log10(SIZES[SIZES.len() - 1] as f64));
    let across =
        |size: usize| LEFT + (libm::log10(size as f64) - first) / (last - first) * (WIDTH - LEFT - RIGHT);
    let up =
        |time: f64| HEIGHT - BOTTOM - (libm::log10(time) - least) / (most - least) * (HEIGHT - TOP - BOTTOM);
    let mut svg = String::new();
    writeln!(svg, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" "#)?;
    writeln!(svg, r#"font-family="sans-serif" font-size="12" fill="none" stroke-width="1.5">"#)?;
    writeln!(svg, r#"<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>"#)?;
    for power in least as i32..=most as i32 {
        let time = libm::pow(10.0, f64::from(power));
        let (y, right) = (up(time), WIDTH - RIGHT);
        writeln!(svg, r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#ddd"/>"##)?;
        writeln!(
            svg,
            r#"<text x="{}" y="{:.1}" text-anchor="end" fill="black">{time} ms</text>"#,
            LEFT - 6.0,
            y + 4.0
        )?;
    }
    for size in SIZES {
        let (x, y) = (across(size), HEIGHT - BOTTOM + 18.0);
        writeln!(svg, r#"<text x="{x:.1}" y="{y}" text-anchor="middle" fill="black">{size}</text>"#)?;
    }
    let (middle, foot) = ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8.0);
    writeln!(
        svg,
        r#"<text x="{middle}" y="{foot}" text-anchor="middle" fill="black">sequences of {SEQUENCE} symbols</text>"#
    )?;
    for (column, (step, colour)) in STEPS.iter().zip(COLOURS).enumerate() {
        let points = SIZES.iter().zip(rows).filter_map(|(&size, row)| Some((across(size), up(row[column]?))));
        let points: Vec<(f64, f64)> = points.collect();
        let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        writeln!(svg, r#"<polyline points="{}" stroke="{colour}"/>"#, line.join(" "))?;
        let y = TOP + 20.0 + 18.0 * column as f64;
        writeln!(svg, r#"<text x="{}" y="{y}" fill="{colour}">{step}</text>"#, WIDTH - RIGHT + 12.0)?;
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
