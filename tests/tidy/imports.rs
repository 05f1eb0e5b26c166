//! Who may import whom: the table in docs/architecture.md, held against every path in `src`.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Token, Tree, tokens};

/// Every path into another module of ours is in the table.
pub fn follow_the_table(tree: &Tree) -> Vec<String> {
    let table = table(tree.text("docs/architecture.md"));
    let mut found = BTreeSet::new();
    for (path, text) in tree.files("src/", ".rs") {
        let place = module_of(path);
        let Some(home) = place.first().copied() else { continue };
        for (line, module) in imports(&tokens(text), place.len()) {
            let allowed =
                table.get(home).is_some_and(|row| row.contains(module) || row.contains("everything"));
            if module != home && !allowed && table.contains_key(module) {
                found.insert((path, line, format!("{path}:{line}: `{home}` imports `{module}`")));
            }
        }
    }
    found.into_iter().map(|(_, _, complaint)| complaint).collect()
}

/// Every module under `src` has its row in the table and is named in the map.
pub fn stand_in_the_table(tree: &Tree) -> Vec<String> {
    let document = tree.text("docs/architecture.md");
    let table = table(document);
    let in_map = |module: &str| document.contains(&format!("{module}/"));
    let modules = tree.folders("src");
    let missing = modules.iter().filter(|module| !table.contains_key(module.as_str()) || !in_map(module));
    missing.map(|module| format!("src/{module}: no row in the import table, or no line in the map")).collect()
}

/// Module to what it may import: the words in backticks, and the word `everything`.
fn table(document: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let section = document.split("## Who may import whom").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut table = BTreeMap::new();
    for row in section.lines().filter_map(|line| line.strip_prefix('|')) {
        let mut cells = row.split('|').map(|cell| cell.split('`').skip(1).step_by(2));
        let (Some(modules), Some(allowed)) = (cells.next(), cells.next()) else { continue };
        let mut allowed: BTreeSet<&str> = allowed.collect();
        allowed.extend(row.contains("everything").then_some("everything"));
        table.extend(modules.map(|module| (module, allowed.clone())));
    }
    table
}

/// `src/music/chord.rs` is `["music", "chord"]`; `src/music/mod.rs` is `["music"]`; the roots are `[]`.
fn module_of(path: &str) -> Vec<&str> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).collect()
}

/// The modules at the crate's root that a file `depth` modules deep names, with the lines.
fn imports<'t>(tokens: &[Token<'t>], depth: usize) -> Vec<(usize, &'t str)> {
    let mut found = Vec::new();
    // Brace depths at which inline modules opened: `super` starts from there.
    let mut inline: Vec<usize> = Vec::new();
    let mut braces = 0usize;
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline.retain(|&opened| opened < braces);
            }
            "mod" if text(at + 2) == "{" => inline.push(braces),
            _ => {}
        }
        let starts = text(at + 1) == "::" && (at == 0 || text(at - 1) != "::");
        let root = match token.text {
            "crate" if starts => Some(at + 2),
            "super" if starts => {
                let ups =
                    (0..).take_while(|n| text(at + 2 * n) == "super" && text(at + 2 * n + 1) == "::").count();
                (ups == depth + inline.len()).then_some(at + 2 * ups)
            }
            _ => None,
        };
        found.extend(root.map(|root| heads(&tokens[root.min(tokens.len())..])).unwrap_or_default());
    }
    found
}

/// The first names of the path or of the `{a::b, c}` that starts here.
fn heads<'t>(tokens: &[Token<'t>]) -> Vec<(usize, &'t str)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.text != "{" {
        return vec![(first.line, first.text)];
    }
    let mut depth = 0;
    let mut found = Vec::new();
    for pair in tokens.windows(2) {
        depth += i32::from(pair[0].text == "{") - i32::from(pair[0].text == "}");
        match (depth, pair[0].text) {
            (0, _) => break,
            (1, "{" | ",") if pair[1].text != "}" => found.push((pair[1].line, pair[1].text)),
            _ => {}
        }
    }
    found
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let source = "use crate::{a::{x, y}, b};\nfn f() { crate::c::g() }\nmod m { use super::super::super::d; }\n\
        use super::super::e; use super::h; pub(crate) fn k() {} use crate::f; // crate::z\n";
    let found: Vec<&str> = imports(&tokens(source), 2).into_iter().map(|(_, module)| module).collect();
    assert_eq!(found, ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn the_place_of_a_file_is_its_module() {
    assert_eq!(module_of("src/music/chord.rs"), ["music", "chord"]);
    assert_eq!(module_of("src/music/mod.rs"), ["music"]);
    assert!(module_of("src/lib.rs").is_empty());
}
