//! The law of the house: floors, homes of outside crates, sizes, texts, cases. `ARCHITECTURE.md` holds the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::hooks::{self, HOOKS};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(under: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(under).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Source without comments, so that a word in a sentence is not an import.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

struct Floor {
    may_import: BTreeSet<String>,
    homes: BTreeSet<String>,
}

fn list(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

fn floors() -> BTreeMap<String, Floor> {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut floors = BTreeMap::new();
    for line in map.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit())) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [_, module, _, imports, homes] = cells[..] else { panic!("a row of the floor table has other cells: {line}") };
        floors.insert(module.to_owned(), Floor { may_import: list(imports), homes: list(homes) });
    }
    assert!(floors.len() >= 10, "the floor table of ARCHITECTURE.md was not found");
    floors
}

/// Names that follow `prefix` in `code`, as whole identifiers.
fn names_after<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    code.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn floors_import_only_downwards() {
    let floors = floors();
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), ".rs") {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let module = inside.iter().next().unwrap().to_string_lossy().into_owned();
        let Some(floor) = floors.get(&module) else {
            assert!(module.ends_with(".rs"), "src/{module} is not in the floor table");
            continue;
        };
        let code = code(&path);
        for name in names_after(&code, "crate::") {
            if floors.contains_key(name) && name != module && !floor.may_import.contains(name) {
                wrong.push(format!("{} imports {name}", inside.display()));
            }
        }
        assert!(!code.contains("crate::{"), "{}: name the floor in each `use crate::floor::…`", inside.display());
    }
    assert!(wrong.is_empty(), "upward or sideways imports:\n{}", wrong.join("\n"));
}

#[test]
fn outside_crates_stay_in_their_homes() {
    let floors = floors();
    let housed: BTreeSet<&String> = floors.values().flat_map(|floor| &floor.homes).collect();
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), ".rs") {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let module = inside.iter().next().unwrap().to_string_lossy().into_owned();
        // Tests may hold other programs' ends of a wire: a page to serve, a picture to measure.
        if path.ends_with("tests.rs") {
            continue;
        }
        let code = code(&path);
        for name in &housed {
            let word = format!("{}::", name.replace('-', "_"));
            let used = code.match_indices(&word).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
            });
            let home = floors.get(&module).is_some_and(|floor| floor.homes.contains(*name));
            if used && !home {
                wrong.push(format!("{} uses {name}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "crates away from their homes:\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let mut all = files(&root().join("src"), ".rs");
    all.extend(files(&root().join("tests"), ".rs"));
    let long: Vec<String> = all
        .iter()
        .map(|path| (path, std::fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(path, lines)| format!("{} ({lines} lines)", path.display()))
        .collect();
    assert!(long.is_empty(), "over 500 lines:\n{}", long.join("\n"));
}

#[test]
fn modules_tell_their_story() {
    let silent: Vec<PathBuf> = files(&root().join("src"), ".rs")
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs") && !std::fs::read_to_string(path).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "without `//!`: {silent:?}");
}

/// For each bilingual text in `code`, wherever its lines break: whether one of its languages is empty.
fn texts(code: &str) -> Vec<bool> {
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let makers = code.match_indices("say!(").chain(code.match_indices("Message::new("));
    makers
        .map(|(at, word)| {
            let arguments = code[at + word.len()..].trim_start();
            let second = arguments.strip_prefix('"').and_then(|rest| rest.split_once("\", ")).map(|(_, second)| second);
            arguments.starts_with("\"\"") || second.is_some_and(|second| second.starts_with("\"\""))
        })
        .collect()
}

#[test]
fn an_empty_text_is_found_on_any_line() {
    let code = "say!(\"甲\", \"a\") say!(\n    \"甲\",\n    \"\"\n) Message::new(\n  \"\",\n  \"a\") say!(\"甲\", \"\", b)";
    assert_eq!(texts(code), [false, true, true, true]);
}

#[test]
fn no_text_is_empty_in_either_language() {
    let mut empty = Vec::new();
    let mut seen = 0;
    for path in files(&root().join("src"), ".rs") {
        let texts = texts(&code(&path));
        seen += texts.len();
        empty.extend(texts.iter().any(|empty| *empty).then(|| path.display().to_string()));
    }
    assert!(seen > 50, "only {seen} texts were found: the search is broken");
    assert!(empty.is_empty(), "empty texts in {empty:?}");
}

#[test]
fn every_action_has_a_case() {
    let mut texts = String::new();
    for path in files(&root().join("tests/cases"), ".yaml") {
        // Cases of other encodings are cases of the reader, not of an action.
        texts.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
    }
    let missing: Vec<&&str> = ruku::actions::WORDS.iter().filter(|word| !texts.contains(&format!("- {word}:"))).collect();
    assert!(missing.is_empty(), "actions without a case: {missing:?}");
}

#[test]
fn nothing_is_left_undone() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), ".rs").into_iter().chain(files(&root().join("tests"), ".rs")) {
        if path.ends_with("house.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["TODO", "FIXME", "#[ignore", "thread::sleep", "#[allow(", "#![allow("] {
            if text.contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In a debug build the search finds them; `cargo test --release` and the benchmark look at the other one.
#[test]
fn only_a_debug_build_knows_the_hooks_of_the_tests() {
    let known = hooks::known(Path::new(env!("CARGO_BIN_EXE_ruku")));
    assert_eq!(known, if cfg!(debug_assertions) { HOOKS.to_vec() } else { Vec::new() });
    let named: BTreeSet<String> = files(&root().join("src"), ".rs")
        .iter()
        .flat_map(|path| {
            let code = code(path);
            ["RUKU_CRASH", "RUKU_TEST"]
                .map(|begin| names_after(&code, begin).into_iter().map(|end| format!("{begin}{end}")).collect())
        })
        .flat_map(|names: Vec<String>| names)
        .collect();
    assert_eq!(named, HOOKS.map(str::to_owned).into(), "every hook is looked for");
}
