//! How much of drawn sequences is copied: for each line of standard input, the longest run of its symbols that also
//! stands in a file. The file is one that `examples/sequence.rs` takes, and the lines are those that it draws.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Tell the longest run of each line of standard input that also stands in a file.
#[derive(Parser, Debug)]
struct Options {
    /// Symbols separated by blanks; blank lines separate sequences, `#` lines are comments.
    file: PathBuf,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let place = options.file.display();
    let text = std::fs::read_to_string(&options.file).map_err(|error| format!("{place}: {error}"))?;
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).map_err(|error| format!("standard input: {error}"))?;
    let lines: Vec<Vec<&str>> = input.lines().map(|line| line.split_whitespace().collect()).collect();
    if lines.is_empty() {
        return Err("standard input: there are no lines".to_owned());
    }
    let corpus = sequences(&text);
    let mut longest: Vec<usize> = lines.iter().map(|line| longest_run(line, &corpus)).collect();
    longest.sort_unstable();
    let at = |percent: usize| longest[(longest.len() - 1) * percent / 100];
    println!("{} lines; the longest run that also stands in {place}:", longest.len());
    println!("least {}, median {}, 95 % up to {}, most {}", at(0), at(50), at(95), at(100));
    Ok(())
}

fn sequences(text: &str) -> Vec<Vec<&str>> {
    let mut sequences = vec![Vec::new()];
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let mut words = line.split_whitespace().peekable();
        match sequences.last_mut() {
            Some(latest) if words.peek().is_some() => latest.extend(words),
            _ => sequences.push(Vec::new()),
        }
    }
    sequences
}

/// The length of the longest run of a line that stands in a sequence: a run of n stands there only if the two runs of
/// n − 1 in it do, so the length grows until no run is left.
fn longest_run(line: &[&str], corpus: &[Vec<&str>]) -> usize {
    let mut length = 0;
    while length < line.len() {
        let there: BTreeSet<&[&str]> =
            corpus.iter().flat_map(|sequence| sequence.windows(length + 1)).collect();
        if !line.windows(length + 1).any(|run| there.contains(run)) {
            break;
        }
        length += 1;
    }
    length
}
