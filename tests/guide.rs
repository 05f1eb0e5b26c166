//! What the documents tell a songwriter to type can be typed: each command line and each constraint in them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end when something is not as it must be")]

use std::path::Path;

use tunesmith::constraint::{Constraint, WORDINGS, read_list};

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The fenced blocks, with what is written after the opening fence.
fn fences(text: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = text.split("```").collect();
    let blocks = parts.iter().skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.map(|(kind, body)| (kind.to_string(), body.to_string())).collect()
}

/// The words of each `tunesmith` command in a block of shell: lines joined, quotes taken off, remarks left out.
fn command_lines(shell: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    for line in shell.replace("\\\n", " ").lines() {
        let mut quoted = false;
        let mut word = String::new();
        for c in line.chars().chain([' ']) {
            match c {
                '"' => quoted = !quoted,
                ' ' if !quoted => {
                    let word = std::mem::take(&mut word);
                    match word.as_str() {
                        "" => {}
                        "#" => break,
                        "|" | "&&" | ">" => commands.push(Vec::new()),
                        _ => commands.last_mut().unwrap().push(word),
                    }
                }
                c => word.push(c),
            }
        }
        assert!(!quoted, "an open quote: {line}");
        commands.push(Vec::new());
    }
    commands.retain(|words| words.first().is_some_and(|word| word == "tunesmith"));
    commands
}

fn all_commands() -> Vec<Vec<String>> {
    let documents = ["README.md", "docs/guide.md", "docs/formats.md", "docs/constraints.md"];
    let blocks = documents.into_iter().flat_map(|name| fences(&document(name)));
    blocks.filter(|(kind, _)| kind == "sh").flat_map(|(_, body)| command_lines(&body)).collect()
}

#[test]
fn command_lines_are_taken_apart_as_a_shell_would() {
    let shell = "ls\ntunesmith a -c \"b c\" \\\n  d > e # f\ncat g | tunesmith h && tunesmith i\n";
    let expected = [vec!["tunesmith", "a", "-c", "b c", "d"], vec!["tunesmith", "h"], vec!["tunesmith", "i"]];
    assert_eq!(command_lines(shell), expected);
}

#[test]
fn every_command_line_in_the_documents_is_understood() {
    let commands = all_commands();
    assert!(commands.len() > 15, "{commands:?}");
    for words in commands {
        if let Err(error) = tunesmith::cli::definition().try_get_matches_from(&words) {
            assert!(!error.use_stderr(), "{}\n{error}", words.join(" "));
        }
    }
}

#[test]
fn every_constraint_in_the_documents_is_understood() {
    let commands = all_commands();
    let asked = commands
        .iter()
        .flat_map(|words| words.windows(2).filter(|pair| pair[0] == "-c").map(|pair| &pair[1]));
    let asked: Vec<&String> = asked.collect();
    assert!(asked.len() > 5, "{asked:?}");
    for text in asked {
        text.parse::<Constraint>().unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let lists: Vec<String> = fences(&document("docs/guide.md"))
        .into_iter()
        .filter_map(|(kind, body)| (kind.is_empty() && body.starts_with("# ")).then_some(body))
        .collect();
    assert!(!lists.is_empty());
    for list in lists {
        read_list(&list).unwrap_or_else(|error| panic!("{list}: {error}"));
    }
}

#[test]
fn every_kind_of_constraint_is_described_with_examples_that_work() {
    let text = document("docs/constraints.md");
    let examples: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("      ")).map(str::trim).collect();
    for example in &examples {
        example
            .parse::<Constraint>()
            .unwrap_or_else(|error| panic!("docs/constraints.md: {example}: {error}"));
    }
    let asked: Vec<&str> = examples.iter().map(|example| example.rsplit(": ").next().unwrap()).collect();
    for words in WORDINGS.iter().map(|wording| wording.words) {
        let shown = asked
            .iter()
            .any(|text| text.strip_prefix(words).is_some_and(|t| t.is_empty() || t.starts_with(' ')));
        assert!(shown, "docs/constraints.md has no example of `{words}`");
    }
}
