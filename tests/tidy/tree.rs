//! The files of the house as text, and Rust source as tokens with their lines.

use std::collections::BTreeMap;
use std::path::Path;

/// Every file that rules look at: its path from the root with `/`, and its text (empty if it is not text of ours).
pub struct Tree(pub BTreeMap<String, String>);

impl Tree {
    /// The files of the repository.
    pub fn of_the_repository() -> Tree {
        let mut tree = Tree(BTreeMap::new());
        tree.take_in(Path::new(env!("CARGO_MANIFEST_DIR")), "");
        tree
    }

    /// A tree of made-up files.
    pub fn of(files: &[(&str, &str)]) -> Tree {
        Tree(files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect())
    }

    /// The text of one file; empty if there is none.
    pub fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// The files whose path starts and ends like this.
    pub fn files<'t>(&'t self, start: &'t str, end: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let all = self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.starts_with(start) && path.ends_with(end))
    }

    /// The folders right under one, such as the styles.
    pub fn folders(&self, parent: &str) -> Vec<String> {
        let below =
            self.0.keys().filter_map(|path| path.strip_prefix(parent)?.strip_prefix('/')?.split_once('/'));
        let mut names: Vec<String> = below.map(|(name, _)| name.to_string()).collect();
        names.dedup();
        names
    }

    fn take_in(&mut self, folder: &Path, prefix: &str) {
        for entry in std::fs::read_dir(folder).expect("the repository can be read") {
            let entry = entry.expect("the repository can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().expect("a file has a type");
            if kind.is_dir() && !["target", ".git"].contains(&name.as_str()) {
                self.take_in(&entry.path(), &format!("{path}/"));
            } else if kind.is_file() {
                let ours = [".rs", ".md", ".toml", ".ron", ".ci/run"].iter().any(|end| path.ends_with(end));
                let text = if ours {
                    std::fs::read_to_string(entry.path()).unwrap_or_default()
                } else {
                    String::new()
                };
                self.0.insert(path, text);
            }
        }
    }
}

/// One word or sign of Rust, with the line it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    pub line: usize,
    pub text: &'t str,
}

/// The tokens of a source; comments are left out, and of texts and characters only the quote is kept.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (length, kept) = match first {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), 0),
            _ if rest.starts_with("/*") => (block_comment(rest), 0),
            _ if rest.starts_with("::") => (2, 2),
            '"' => (quoted(rest), 1),
            '\'' => (character(rest), 1),
            'r' | 'b' | 'c' if raw_text(rest).is_some() => (raw_text(rest).unwrap_or(1), 1),
            c if c.is_alphanumeric() || c == '_' => {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                (length, length)
            }
            c if c.is_whitespace() => (c.len_utf8(), 0),
            c => (c.len_utf8(), c.len_utf8()),
        };
        if kept > 0 {
            found.push(Token { line, text: &rest[..kept] });
        }
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

/// The tokens without the items under `#[cfg(test)]`.
pub fn without_tests<'t>(all: &[Token<'t>]) -> Vec<Token<'t>> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
        if all[at..].iter().map(|token| token.text).take(mark.len()).eq(mark) {
            at += mark.len() + item_length(&all[at + mark.len()..]);
        } else {
            kept.push(all[at]);
            at += 1;
        }
    }
    kept
}

/// How many tokens the item takes: up to its closing brace, or its semicolon.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate() {
        depth += i32::from(token.text == "{") - i32::from(token.text == "}");
        if depth == 0 && [";", "}"].contains(&token.text) {
            return index + 1;
        }
    }
    tokens.len()
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character in quotes, or the quote of a lifetime alone.
fn character(rest: &str) -> usize {
    let mut after = rest.char_indices().skip(1);
    match (after.next(), after.next()) {
        (Some((_, '\\')), Some((escaped, _))) => {
            rest[escaped + 1..].find('\'').map_or(rest.len(), |end| escaped + 1 + end + 1)
        }
        (Some(_), Some((close, '\''))) => close + 1,
        _ => 1,
    }
}

/// The length of a raw or prefixed text that starts here: `r"`, `r#"`, `b"`, `br#"`.
fn raw_text(rest: &str) -> Option<usize> {
    let letters = rest.find(|c: char| !"rbc".contains(c)).filter(|&count| count <= 2)?;
    let hashes = rest[letters..].find(|c| c != '#')?;
    let open = letters + hashes;
    if !rest[open..].starts_with('"') || (hashes > 0 && !rest[..letters].contains('r')) {
        return None;
    }
    if !rest[..letters].contains('r') {
        return Some(open + quoted(&rest[open..]));
    }
    let close = format!("\"{}", "#".repeat(hashes));
    Some(rest[open + 1..].find(&close).map_or(rest.len(), |end| open + 1 + end + close.len()))
}

#[test]
fn tokens_know_their_lines_and_leave_out_what_is_no_code() {
    let source = "use a::b; // HashMap\n/* x /* y */ z */ fn f<'t>(c: char) {\n r#\"un\"wrap\"#; b\"q\\\"\"; '\\''; 'x' }";
    let texts: Vec<&str> = tokens(source).iter().map(|token| token.text).collect();
    let expected = "use a :: b ; fn f < ' t > ( c : char ) { r ; b ; ' ; ' }";
    assert_eq!(texts, expected.split(' ').collect::<Vec<_>>());
    assert_eq!(tokens(source).last().map(|token| token.line), Some(3));
}

#[test]
fn tests_are_left_out() {
    let source =
        "fn a() {} #[cfg(test)] mod tests { fn b() { { } } } fn c() {} #[cfg(test)] use d; fn e() {}";
    let all = tokens(source);
    let texts: Vec<&str> = without_tests(&all).iter().map(|token| token.text).collect();
    assert_eq!(texts, "fn a ( ) { } fn c ( ) { } fn e ( ) { }".split(' ').collect::<Vec<_>>());
}
