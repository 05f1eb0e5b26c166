//! The rules that look at one file at a time, at the documents and at the folders of styles.

use crate::tree::{Token, Tree, tokens, without_tests};

/// What can be known at a glance: the file's first line.
pub fn opens_with_a_sentence(tree: &Tree) -> Vec<String> {
    let silent = tree.files("", ".rs").filter(|(_, text)| !text.starts_with("//! "));
    silent.map(|(path, _)| format!("{path}:1: no `//!` sentence")).collect()
}

/// At most 500 lines.
pub fn is_short(tree: &Tree) -> Vec<String> {
    let long = tree
        .files("", ".rs")
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|&(_, lines)| lines > 500);
    long.map(|(path, lines)| format!("{path}:{lines}: more than 500 lines")).collect()
}

/// Bytes in, bytes out.
pub fn leaves_the_disk_alone(tree: &Tree) -> Vec<String> {
    let may = ["src/cli/", "src/style/", "src/tui/"];
    let sources =
        tree.files("src/", ".rs").filter(|(path, _)| !may.iter().any(|start| path.starts_with(start)));
    sources.flat_map(|(path, text)| named(path, &tokens(text), &["fs", "tempfile"])).collect()
}

/// Nothing that a file or a user says may end the program.
pub fn cannot_panic(tree: &Tree) -> Vec<String> {
    let sources = tree.files("src/", ".rs").filter(|(path, _)| !is_test(path, tree));
    let calls = |path: &str, text: &str| {
        let tokens = tokens(text);
        let code = without_tests(&tokens);
        let method = |at: usize| {
            ["unwrap", "expect", "unwrap_err", "expect_err"].contains(&code[at].text)
                && at > 0
                && code[at - 1].text == "."
                && code.get(at + 1).is_some_and(|next| next.text == "(")
        };
        let mut found: Vec<String> =
            (0..code.len()).filter(|&at| method(at)).map(|at| complaint(path, code[at])).collect();
        found.extend(macros(path, &code, &["panic", "todo", "unimplemented"]));
        // What cannot happen may say so, but must say why.
        let silent = code.windows(4).filter(|four| four[0].text == "unreachable" && four[3].text != "\"");
        found.extend(silent.map(|four| complaint(path, four[0])));
        found
    };
    sources.flat_map(|(path, text)| calls(path, text)).collect()
}

/// Only the command line prints.
pub fn is_silent(tree: &Tree) -> Vec<String> {
    let sources =
        tree.files("src/", ".rs").filter(|(path, _)| !path.starts_with("src/cli/") && !is_test(path, tree));
    let prints = ["println", "print", "eprintln", "eprint", "dbg"];
    sources.flat_map(|(path, text)| macros(path, &without_tests(&tokens(text)), &prints)).collect()
}

/// No blanks at line ends, no tabs, one line break at the end.
pub fn has_no_stray_blanks(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.files("", "").filter(|(_, text)| !text.is_empty()) {
        let stray = |line: &str| line.ends_with(char::is_whitespace) || line.contains('\t');
        let lines = text.split('\n').enumerate().filter(|(_, line)| stray(line));
        found.extend(lines.map(|(index, _)| format!("{path}:{}: a blank at the end, or a tab", index + 1)));
        if !text.ends_with('\n') || text.ends_with("\n\n") {
            found.push(format!("{path}:{}: not one line break at the end", text.lines().count()));
        }
    }
    found
}

/// No names that say nothing.
pub fn has_telling_names(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.files("", ".rs") {
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
        if ["util", "utils", "helper", "helpers", "misc", "common", "manager"].contains(&stem) {
            found.push(format!("{path}:1: `{stem}` says nothing about what is in it"));
        }
        for pair in tokens(text).windows(2) {
            let declared = ["struct", "enum", "trait", "type", "mod", "fn"].contains(&pair[0].text);
            let empty = ["Manager", "Helper", "Util"].iter().any(|word| pair[1].text.contains(word));
            if declared && (empty || ["util", "utils", "helpers"].contains(&pair[1].text)) {
                found.push(format!(
                    "{path}:{}: `{}` says nothing about what it is",
                    pair[1].line, pair[1].text
                ));
            }
        }
    }
    found
}

/// No maps and sets whose order changes from run to run.
pub fn has_no_random_order(tree: &Tree) -> Vec<String> {
    let sources = ["src/", "examples/", "benches/"].into_iter().flat_map(|start| tree.files(start, ".rs"));
    sources.flat_map(|(path, text)| named(path, &tokens(text), &["HashMap", "HashSet"])).collect()
}

/// What README promises on its first screen is what is run before anything is accepted.
pub fn readme_says_what_ci_runs(tree: &Tree) -> Vec<String> {
    let first_screen: Vec<&str> = tree.text("README.md").lines().take(30).collect();
    let fenced: Vec<&str> =
        first_screen.split(|line| line.starts_with("```")).skip(1).step_by(2).flatten().copied().collect();
    let mut found = Vec::new();
    let (compose, output) = ("cargo run --release -- compose --style beatles -o", "song.musicxml");
    for command in [&format!("{compose} {output}"), "cargo test"] {
        if !fenced.contains(&command) {
            found.push(format!("README.md: `{command}` is not in a fence within the first 30 lines"));
        }
    }
    for command in [compose, "cargo test"] {
        if !tree.text(".ci/run").lines().any(|line| line.trim().starts_with(command)) {
            found.push(format!(".ci/run: does not run `{command}`"));
        }
    }
    found
}

/// A style says what it is and where it comes from.
pub fn styles_are_whole(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for style in tree.folders("styles") {
        for file in ["style.ron", "SOURCES.md"] {
            if !tree.0.contains_key(&format!("styles/{style}/{file}")) {
                found.push(format!("styles/{style}: no {file}"));
            }
        }
        if !tree.text("docs/guide.md").contains(&format!("`{style}`")) {
            found.push(format!("styles/{style}: docs/guide.md does not mention `{style}`"));
        }
    }
    found
}

/// Links between documents.
pub fn links_lead_somewhere(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.files("", ".md") {
        for (index, line) in text.lines().enumerate() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
            for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
                let wanted = joined(path, target);
                let there =
                    tree.0.keys().any(|file| *file == wanted || file.starts_with(&format!("{wanted}/")));
                if !there {
                    found.push(format!("{path}:{}: no '{target}'", index + 1));
                }
            }
        }
    }
    found
}

/// The changelog has a heading for what Cargo.toml says is being made.
pub fn changelog_knows_the_version(tree: &Tree) -> Vec<String> {
    let version =
        tree.text("Cargo.toml").lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    let Some(version) = version else { return Vec::new() };
    let heading = |line: &str| line.starts_with("## ") && line.contains(version);
    let known = tree.text("CHANGELOG.md").lines().any(heading);
    (!known).then(|| format!("CHANGELOG.md: no heading for {version}")).into_iter().collect()
}

/// Every format by every extension it goes by.
pub fn formats_are_described(tree: &Tree) -> Vec<String> {
    let document = tree.text("docs/formats.md");
    let words: Vec<&str> = document.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
    let extensions = tunesmith::format::FORMATS.iter().flat_map(|format| format.extensions());
    let missing = extensions.filter(|extension| !words.contains(&format!(".{extension}").as_str()));
    missing.map(|extension| format!("docs/formats.md: no .{extension}")).collect()
}

/// A link's target, seen from the file it stands in.
fn joined(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a file of `src` is compiled for tests alone: by its name, or because its parent says so.
fn is_test(path: &str, tree: &Tree) -> bool {
    let (folder, stem) = path.trim_end_matches(".rs").rsplit_once('/').unwrap_or(("", path));
    let parents = [format!("{folder}/mod.rs"), format!("{folder}/lib.rs"), format!("{folder}.rs")];
    let declared = format!("#[cfg(test)]mod{stem};");
    let by_parent = parents.iter().any(|parent| {
        let code: String = tokens(tree.text(parent)).iter().map(|token| token.text).collect();
        code.contains(&declared)
    });
    stem == "tests" || path.contains("/tests/") || by_parent
}

fn complaint(path: &str, token: Token<'_>) -> String {
    format!("{path}:{}: `{}`", token.line, token.text)
}

fn named(path: &str, tokens: &[Token<'_>], words: &[&str]) -> Vec<String> {
    tokens.iter().filter(|token| words.contains(&token.text)).map(|&token| complaint(path, token)).collect()
}

fn macros(path: &str, tokens: &[Token<'_>], names: &[&str]) -> Vec<String> {
    let calls = tokens.windows(2).filter(|pair| names.contains(&pair[0].text) && pair[1].text == "!");
    calls.map(|pair| format!("{path}:{}: `{}!`", pair[0].line, pair[0].text)).collect()
}
