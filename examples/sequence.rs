//! The engine used as a library: draws symbol sequences in the manner of a text file, exactly under constraints.
//!
//! The file holds symbols separated by blanks or line breaks; blank lines separate sequences, and lines that begin
//! with `#` are comments. Figures go to standard error and sequences to standard output, or all of it as JSON.

#![allow(
    clippy::disallowed_methods,
    reason = "the clock is read to report how long each step took, and decides nothing"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use serde_json::json;
use tunesmith::markov::{Allowed, Alphabet, Anything, Chain, Forbidden, Product, Run, Symbol, draw, product};

/// Draw symbol sequences in the manner of a file, exactly under constraints.
#[derive(Parser, Debug)]
struct Options {
    /// Symbols separated by blanks; blank lines separate sequences, `#` lines are comments.
    file: PathBuf,
    /// The longest context, in symbols.
    #[arg(long)]
    order: usize,
    /// The weight of each shorter context against the next longer one, from 0 to 1.
    #[arg(long, default_value_t = 0.25)]
    backoff: f64,
    /// How many new symbols.
    #[arg(long)]
    length: usize,
    /// The context before the first new symbol, such as "a b c".
    #[arg(long, default_value = "")]
    start: String,
    /// What the last new symbol may be, such as "x|y".
    #[arg(long)]
    last: Option<String>,
    /// What the new symbol at a position (from 1) may be, such as "3=x|y"; may be repeated.
    #[arg(long, value_name = "POSITION=SYMBOLS")]
    at: Vec<String>,
    /// The most successive new symbols that may also stand in the file in this order.
    #[arg(long, value_name = "SYMBOLS")]
    max_copy: Option<usize>,
    /// How many sequences to draw.
    #[arg(long, default_value_t = 1)]
    samples: usize,
    /// The seed of the draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write everything as one JSON object.
    #[arg(long)]
    json: bool,
}

/// The most new symbols, and the most of all samples together.
const MOST_SYMBOLS: usize = 100_000_000;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Draws and prints; `false` if what is asked has no solution.
fn run(options: &Options) -> Result<bool, String> {
    if options.length.saturating_mul(options.samples.max(1)) > MOST_SYMBOLS {
        return Err(format!("--length times --samples is more than {MOST_SYMBOLS} symbols"));
    }
    let corpus = read(&options.file)?;
    let positions = positions(options, &corpus)?;
    let start: Vec<Symbol> = symbols(&options.start, &corpus.alphabet, "--start");

    let begun = Instant::now();
    let chain = Chain::learn(&corpus.sequences, options.order, options.backoff).map_err(|e| e.to_string())?;
    let from = chain.context_after(&start);
    let Product { kernel, states } = match options.max_copy {
        // No run is longer than all the new symbols, so there is no need to forbid any.
        Some(most) if most < options.length => {
            let copies = Forbidden::runs_of(&corpus.sequences, most + 1).map_err(|e| e.to_string())?;
            product(&chain, from, &copies, options.length)
        }
        _ => product(&chain, from, &Anything, options.length),
    }
    .map_err(|e| e.to_string())?;
    let mut run = Run::reachable(&kernel, 0, positions).map_err(|e| e.to_string())?;
    let prepared = begun.elapsed();

    let begun = Instant::now();
    run.look_back();
    let looked_back = begun.elapsed();
    if run.mass().is_zero() {
        eprintln!("no sequence of {} symbols does what is asked", options.length);
        return Ok(false);
    }

    let mut rng = draw::seeded(options.seed);
    let begun = Instant::now();
    let samples: Vec<Vec<Symbol>> = (0..options.samples).map_while(|_| run.sample(&mut rng)).collect();
    let sample_us = begun.elapsed().as_secs_f64() * 1e6 / options.samples.max(1) as f64;
    let samples: Vec<Vec<&str>> = samples.iter().map(|sample| corpus.texts(sample)).collect();

    let (prepare_ms, backward_ms) = (prepared.as_secs_f64() * 1e3, looked_back.as_secs_f64() * 1e3);
    let (z, log_z) = (run.mass().value(), run.mass().ln());
    // Below the normal numbers, f64 has fewer digits than are promised.
    let z = if z < f64::MIN_POSITIVE { 0.0 } else { z };
    if options.json {
        let report = json!({
            "z": z,
            "log_z": log_z,
            "states": states.len(),
            "edges": run.transitions(),
            "prepare_ms": prepare_ms,
            "backward_ms": backward_ms,
            "sample_us": sample_us,
            "samples": samples,
        });
        println!("{report}");
    } else {
        eprintln!("z {z:.11e}  log z {log_z}  {} states, {} edges", states.len(), run.transitions());
        eprintln!("prepare {prepare_ms:.3} ms, backward {backward_ms:.3} ms, {sample_us:.2} µs a sample");
        samples.iter().for_each(|sample| println!("{}", sample.join(" ")));
    }
    Ok(true)
}

/// The sequences of a file.
struct Corpus {
    alphabet: Alphabet<String>,
    sequences: Vec<Vec<Symbol>>,
}

impl Corpus {
    fn texts(&self, sequence: &[Symbol]) -> Vec<&str> {
        sequence.iter().filter_map(|&symbol| self.alphabet.thing(symbol)).map(String::as_str).collect()
    }
}

fn read(path: &Path) -> Result<Corpus, String> {
    let place = path.display();
    let bytes = fs::read(path).map_err(|error| format!("{place}: {error}"))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        format!("{place}:{line}: this is no text (UTF-8 is expected)")
    })?;
    let mut corpus = Corpus { alphabet: Alphabet::new(), sequences: vec![Vec::new()] };
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut blank = true;
        for symbol in line.split_whitespace() {
            blank = false;
            let symbol = corpus.alphabet.intern(&symbol.to_owned());
            let symbol = symbol.map_err(|error| format!("{place}:{number}: {error}"))?;
            if let Some(sequence) = corpus.sequences.last_mut() {
                sequence.push(symbol);
            }
        }
        if blank && corpus.sequences.last().is_some_and(|sequence| !sequence.is_empty()) {
            corpus.sequences.push(Vec::new());
        }
    }
    corpus.sequences.retain(|sequence| !sequence.is_empty());
    if corpus.sequences.is_empty() {
        return Err(format!("{place}: there are no symbols in this file"));
    }
    Ok(corpus)
}

/// What each new symbol may be; several restrictions of a position must all hold.
fn positions(options: &Options, corpus: &Corpus) -> Result<Vec<Allowed>, String> {
    let mut positions = vec![Allowed::Any; options.length];
    let mut restrict = |position: usize, choice: &str, option: &str| {
        let wanted = symbols(&choice.replace('|', " "), &corpus.alphabet, option);
        let slot = &mut positions[position - 1];
        *slot = Allowed::only(wanted.into_iter().filter(|&symbol| slot.allows(symbol)));
    };
    for text in &options.at {
        let expected = || format!("--at \"{text}\": expected a position and symbols, such as \"3=x|y\"");
        let (position, choice) = text.split_once('=').ok_or_else(expected)?;
        let position: usize = position.trim().parse().map_err(|_| expected())?;
        if !(1..=options.length).contains(&position) {
            return Err(format!("--at \"{text}\": positions go from 1 to {}", options.length));
        }
        restrict(position, choice, "--at");
    }
    if let Some(choice) = &options.last {
        if options.length == 0 {
            return Err("--last: there is no last symbol in a length of 0".to_owned());
        }
        restrict(options.length, choice, "--last");
    }
    Ok(positions)
}

/// The symbols of a text; those that the file does not have can never come, which is said and leaves them out.
fn symbols(text: &str, alphabet: &Alphabet<String>, option: &str) -> Vec<Symbol> {
    let known = text.split_whitespace().map(|word| {
        let symbol = alphabet.symbol(word);
        if symbol.is_none() {
            eprintln!("note: {option}: \"{word}\" does not occur in the file");
        }
        // One past the largest: it is allowed to come, but never does, and ends every context.
        symbol.unwrap_or(Alphabet::<String>::MOST as Symbol)
    });
    known.collect()
}
