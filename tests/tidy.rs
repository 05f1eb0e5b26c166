//! The rules of the house that no compiler keeps; each says where it is broken and what to do instead.
//!
//! A rule is a function from the files to complaints and carries a small example that breaks it, so that every rule
//! is known to be able to fail. To add one: write the function, and its row in [`RULES`].

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/tree.rs"]
mod tree;

use tree::Tree;

/// What must hold of the files, why, and an example of files that break it.
struct Rule {
    /// Said with each complaint: what to do instead.
    way_out: &'static str,
    check: fn(&Tree) -> Vec<String>,
    /// Files that break the rule...
    broken: &'static [(&'static str, &'static str)],
    /// ...and how the complaint about them starts.
    complaint: &'static str,
}

const TABLE: &str = "## Who may import whom\n\n| module | may import |\n|---|---|\n| `music` | nothing |\n\
    | `format` | `music` |\n| `cli` | everything |\n";

const RULES: &[Rule] = &[
    Rule {
        way_out: "begin the file with one `//!` sentence that says what it is for",
        check: rules::opens_with_a_sentence,
        broken: &[("src/a.rs", "use b;\n")],
        complaint: "src/a.rs:1: no `//!`",
    },
    Rule {
        way_out: "split the file by what it says; there are no exceptions",
        check: rules::is_short,
        broken: &[("tests/a.rs", TOO_LONG)],
        complaint: "tests/a.rs:501: ",
    },
    Rule {
        way_out: "move the code to the module that may know both, or pass the value in; the table is in \
                  docs/architecture.md",
        check: imports::follow_the_table,
        broken: &[
            ("docs/architecture.md", TABLE),
            ("src/music/a.rs", "//! A.\nuse crate::{format::X, music::Y};\n"),
        ],
        complaint: "src/music/a.rs:2: `music` imports `format`",
    },
    Rule {
        way_out: "the modules of a path through `super` count like those of a path through `crate`",
        check: imports::follow_the_table,
        broken: &[
            ("docs/architecture.md", TABLE),
            ("src/format/a.rs", "//! A.\nmod b { use super::super::super::cli; }\n"),
        ],
        complaint: "src/format/a.rs:2: `format` imports `cli`",
    },
    Rule {
        way_out: "give the module its row in the import table of docs/architecture.md, and its line in the map",
        check: imports::stand_in_the_table,
        broken: &[("docs/architecture.md", TABLE), ("src/format/mod.rs", ""), ("src/audio/mod.rs", "")],
        complaint: "src/audio: ",
    },
    Rule {
        way_out: "take bytes and give bytes; only cli, style and tui open files",
        check: rules::leaves_the_disk_alone,
        broken: &[
            ("src/cli/a.rs", "use std::fs;"),
            ("src/format/a.rs", "//! A.\nlet a = std::fs::read(b);\n"),
        ],
        complaint: "src/format/a.rs:2: `fs`",
    },
    Rule {
        way_out: "give back an error that names the place and a way out; `expect` with a reason is for tests",
        check: rules::cannot_panic,
        broken: &[(
            "src/a.rs",
            "fn f() {\n    g().unwrap() }\n#[cfg(test)] mod tests { fn h() { g().expect(\"\") } }",
        )],
        complaint: "src/a.rs:2: `unwrap`",
    },
    Rule {
        way_out: "say in `unreachable!(\"...\")` why it cannot happen",
        check: rules::cannot_panic,
        broken: &[("src/a.rs", "fn f() { unreachable!(\"b\") }\nfn g() { unreachable!() }")],
        complaint: "src/a.rs:2: `unreachable`",
    },
    Rule {
        way_out: "print the error once, in cli; everything else gives it back",
        check: rules::is_silent,
        broken: &[("src/music/a.rs", "fn f() { println!() }")],
        complaint: "src/music/a.rs:1: `println!`",
    },
    Rule {
        way_out: "take away blanks at line ends and tabs; end the file with one line break",
        check: rules::has_no_stray_blanks,
        broken: &[("docs/a.md", "one\ntwo \n")],
        complaint: "docs/a.md:2: ",
    },
    Rule {
        way_out: "use a musician's or the field's word; see docs/glossary.md",
        check: rules::has_telling_names,
        broken: &[("src/a.rs", "//! A.\n\nstruct ChordManager;")],
        complaint: "src/a.rs:3: `ChordManager`",
    },
    Rule {
        way_out: "use a BTreeMap, or rustc_hash::FxHashMap where it is only looked up: a random order breaks seeds",
        check: rules::has_no_random_order,
        broken: &[("src/a.rs", "type B = FxHashMap<u8, u8>;\ntype A = HashMap<u8, u8>;")],
        complaint: "src/a.rs:2: `HashMap`",
    },
    Rule {
        way_out: "the first screen of README.md shows both commands in fences, and .ci/run runs what README shows",
        check: rules::readme_says_what_ci_runs,
        broken: &[("README.md", "# T\n```sh\ncargo test\n```\n"), (".ci/run", "cargo test\n")],
        complaint: "README.md: `cargo run --release -- compose",
    },
    Rule {
        way_out: "a style is a folder with style.ron, SOURCES.md, and a word about it in docs/guide.md",
        check: rules::styles_are_whole,
        broken: &[("styles/blues/style.ron", ""), ("docs/guide.md", "the `blues`")],
        complaint: "styles/blues: no SOURCES.md",
    },
    Rule {
        way_out: "correct the link, or write what it promises",
        check: rules::links_lead_somewhere,
        broken: &[("docs/a.md", "[b](https://b.c) [a](a.md)\n[c](../d/e.md#f)\n")],
        complaint: "docs/a.md:2: no '../d/e.md'",
    },
    Rule {
        way_out: "give the version in Cargo.toml its heading in CHANGELOG.md",
        check: rules::changelog_knows_the_version,
        broken: &[("Cargo.toml", "[package]\nversion = \"0.2.0\"\n"), ("CHANGELOG.md", "## 0.1.0\n")],
        complaint: "CHANGELOG.md: no heading for 0.2.0",
    },
    Rule {
        way_out: "describe the format in docs/formats.md, with all its extensions",
        check: rules::formats_are_described,
        broken: &[("docs/formats.md", "MIDI (`.midi`)")],
        complaint: "docs/formats.md: no .mid",
    },
];

#[test]
fn the_house_is_tidy() {
    let tree = Tree::of_the_repository();
    assert!(tree.0.len() > 30, "the files were not found");
    let told: Vec<String> = RULES
        .iter()
        .flat_map(|rule| {
            (rule.check)(&tree).into_iter().map(|complaint| format!("{complaint}\n    -> {}", rule.way_out))
        })
        .collect();
    assert!(told.is_empty(), "{} rules of the house are broken:\n{}", told.len(), told.join("\n"));
}

#[test]
fn every_rule_can_be_broken() {
    for rule in RULES {
        let found = (rule.check)(&Tree::of(rule.broken));
        let told = found.iter().any(|complaint| complaint.starts_with(rule.complaint));
        assert!(told, "expected '{}' among {found:?}", rule.complaint);
    }
}

/// 501 lines.
const TOO_LONG: &str = {
    const LINES: [u8; 501] = [b'\n'; 501];
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};
