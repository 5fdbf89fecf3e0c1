//! The house rules that a machine can check: which room may import which, no circle of rooms or of files, what a
//! mod.rs may hold, lengths of files and functions, module docs, where a library may be named, the top level.

mod source;
mod uses;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use source::{Source, inline_modules, root, rust_files, sources};
use uses::{Tree, circles, shown};

/// Who may import whom. `arm` and `telemetry` are open to everyone.
const ALLOWED: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("arm", &[]),
    ("telemetry", &[]),
    ("work", &[]),
    ("cli", &[]),
    ("ui", &["api"]),
    ("simulator", &[]),
    ("config", &["api"]),
    ("store", &[]),
    ("audit", &["store"]),
    ("auth", &["store", "audit", "api"]),
    ("jobs", &["store", "audit", "api", "work"]),
    ("azure", &["api"]),
    ("graph", &["store", "api"]),
    ("scan", &["azure", "graph", "api", "work"]),
    ("iac", &["graph", "api", "work"]),
    ("spec", &["azure", "graph", "iac", "api", "work"]),
    ("llm", &["api", "graph", "work"]),
    ("access", &["graph", "api"]),
    ("schedule", &["jobs", "store", "api"]),
    ("notify", &["store", "api"]),
    ("ops", &["jobs", "azure", "graph", "scan", "iac", "spec", "access", "llm", "api", "work"]),
    ("http", &["api", "auth", "audit", "jobs", "graph", "ui", "access", "schedule", "notify"]),
    ("client", &["api", "cli"]),
    ("settings", &["api", "audit", "config", "auth", "azure", "graph", "http", "iac", "jobs"]),
    (
        "admin",
        &[
            "api", "work", "config", "store", "audit", "auth", "jobs", "azure", "graph", "scan", "iac", "spec", "llm",
            "ops", "ui", "access", "schedule", "notify", "settings",
        ],
    ),
    (
        "daemon",
        &[
            "api", "work", "config", "store", "audit", "auth", "jobs", "azure", "graph", "scan", "iac", "spec", "llm",
            "ops", "http", "ui", "access", "schedule", "notify", "settings",
        ],
    ),
    ("demo", &["daemon", "client", "simulator", "auth", "config", "api"]),
    ("service", &["config", "daemon", "jobs", "settings"]),
    ("commands", &["admin", "api", "cli", "client", "simulator"]),
    ("main", &["cli", "client", "service", "commands", "demo"]),
];

/// Which rooms may name a library.
const NAMED_ONLY_IN: &[(&str, &[&str])] = &[
    ("redb", &["store"]),
    ("axum", &["http", "simulator"]),
    ("reqwest", &["azure", "client", "llm", "notify"]),
    ("neo4rs", &["graph/neo4j"]),
];

const LONGEST_FILE: usize = 600;
const MEDIAN_FILE: usize = 170;
const LONGEST_FUNCTION: usize = 60;
/// Without those for tests.
const MOST_DEPENDENCIES: usize = 80;
const OPEN_TO_ALL: [&str; 2] = ["arm", "telemetry"];
const TOP_LEVEL: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "packaging", "src", "systemd", "tests"];

/// Room → the rooms that it names, each with a file that does.
fn imports() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(room, _)| *room).collect();
    let mut edges: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.path != "lib.rs") {
        let word = if source.path == "main.rs" { "atgd" } else { "crate" };
        let paths = source.imports.iter().map(|import| &import.path).chain(&source.paths);
        for named in paths.filter(|path| path[0] == word).filter_map(|path| path.get(1)) {
            assert!(
                known.contains(named.as_str()),
                "{} names crate::{named}, which is no room of the table in tidy.rs",
                source.path
            );
            if named != source.room() {
                edges.entry(source.room().to_owned()).or_default().insert((named.clone(), source.path.clone()));
            }
        }
    }
    edges
}

fn source(path: &str, text: &str) -> Source {
    Source::new(path.to_owned(), text.to_owned())
}

#[test]
fn grouped_and_single_imports_and_paths_in_code_are_all_seen() {
    let code = "use crate::{api::{Job, Time}, store::Store, work as w};\nlet x = crate::graph::model::Edge; // crate::no\nlet y = \"crate::no\";";
    let source = source("a.rs", code);
    let paths = source.imports.iter().map(|import| &import.path).chain(&source.paths);
    let named: Vec<String> = paths.map(|path| path.join("::")).collect();
    let expected =
        ["crate::api::Job", "crate::api::Time", "crate::store::Store", "crate::work", "crate::graph::model::Edge"];
    assert_eq!(named, expected);
}

/// Three files of a room and its front, in each way that one can lead to another.
#[test]
fn a_circle_is_seen_through_fronts_and_round_corners() {
    let circle = |a: &str, b: &str, c: &str| {
        let front = "mod a;\nmod b;\nmod c;\npub use self::{a::A, b::B, c::*};";
        let texts = [("r/mod.rs", front), ("r/a.rs", a), ("r/b.rs", b), ("r/c.rs", c)];
        let sources = texts.map(|(path, text)| source(path, text));
        !circles(&Tree::new(&sources).uses()).is_empty()
    };
    let (a, b, c) = ("pub struct A;", "pub struct B;", "pub struct C;");
    assert!(!circle("use super::B;\npub struct A(B);", "use super::C;\npub struct B(C);", c), "floors are no circle");
    assert!(circle("use super::B;\npub struct A(B);", "pub struct B(super::A);", c), "through the front");
    assert!(circle("use super::*;\npub struct A(B);", "pub struct B(super::A);", c), "through all of the front");
    assert!(circle(
        "use super::b;\npub struct A(b::B);",
        "use super::C;\npub struct B(C);",
        "use crate::r;\npub struct C(r::A);"
    ));
    assert!(circle(a, "pub struct B(super::c::C);", "use super::*;\nuse super::b::B;\npub struct C;"));
    assert!(
        circle("pub use super::b::B;\npub struct A;", "use super::a::A;\npub struct B;", c),
        "re-exports elsewhere count"
    );
    assert!(!circle(a, b, "pub struct C;\nmod tests {\n    use super::C;\n}"), "an inline module is its file");
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for (room, targets) in imports() {
        for (target, path) in targets {
            let may = allowed.get(room.as_str()).is_some_and(|list| list.contains(&target.as_str()));
            if !may && !OPEN_TO_ALL.contains(&target.as_str()) {
                wrong.push(format!("{path}: {room} may not import {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rooms_form_no_cycle() {
    let edges = imports();
    let mut done = BTreeSet::new();
    fn visit(
        room: &str,
        edges: &BTreeMap<String, BTreeSet<(String, String)>>,
        trail: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) {
        assert!(!trail.iter().any(|seen| seen == room), "cycle: {} -> {room}", trail.join(" -> "));
        if done.contains(room) {
            return;
        }
        trail.push(room.to_owned());
        for (target, _) in edges.get(room).into_iter().flatten() {
            visit(target, edges, trail, done);
        }
        trail.pop();
        done.insert(room.to_owned());
    }
    for room in edges.keys() {
        visit(room, &edges, &mut Vec::new(), &mut done);
    }
}

#[test]
fn no_room_re_exports_another_rooms_items_and_only_fronts_re_export() {
    for source in sources() {
        for import in source.imports.iter().filter(|import| import.is_public) {
            let path = import.path.join("::");
            assert!(source.is_front(), "{} re-exports {path}; only a mod.rs may", source.path);
            let own = import.path[0] != "crate" || import.path.get(1).is_some_and(|room| room == source.room());
            assert!(own, "{} re-exports {path}, which is another room's", source.path);
        }
    }
}

#[test]
fn no_two_files_use_each_other_directly_or_round_a_corner() {
    let uses = Tree::new(sources()).uses();
    let found: Vec<String> = circles(&uses).iter().map(|circle| shown(circle, &uses)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_rooms_front_declares_re_exports_and_explains_and_does_nothing_else() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.is_front() && source.path != "main.rs" && !source.is_test()) {
        let mut code = source.code.clone();
        for (open, close, _) in inline_modules(&source.code).into_iter().filter(|(.., is_test)| *is_test).rev() {
            code.replace_range(open..close, ";");
        }
        let words = ["fn", "struct", "enum", "trait", "impl", "const", "static", "type", "macro_rules"];
        let is_code = |line: &&str| {
            let mut first = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
            first.any(|word| words.contains(&word))
        };
        if let Some(line) = code.lines().find(is_code) {
            found.push(format!("{} is no place for: {}", source.path, line.trim()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Functions that may be longer than [`LONGEST_FUNCTION`], and why.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[
    ("simulator/reads.rs", "answer", "a table of routes, each in a few lines"),
    ("simulator/data_plane.rs", "action", "a table of actions with what each answers"),
    ("simulator/template/frame.rs", "call", "a table of functions, most in one line"),
];

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut found = Vec::new();
    let mut listed: BTreeSet<(&str, &str)> = LONG_FUNCTIONS.iter().map(|(path, name, _)| (*path, *name)).collect();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (name, lines) in source.functions() {
            if lines <= LONGEST_FUNCTION {
                continue;
            }
            let is_listed = listed.iter().find(|(path, known)| source.path == *path && name == *known).copied();
            match is_listed {
                Some(entry) => drop(listed.remove(&entry)),
                None => found.push(format!("{}: {name} has {lines} lines", source.path)),
            }
        }
    }
    assert!(listed.is_empty(), "no longer long, or gone: {listed:?}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn libraries_are_named_only_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (library, rooms) in NAMED_ONLY_IN {
            let imports = source.imports.iter().map(|import| &import.path);
            let named = imports.chain(&source.paths).any(|path| path[0] == *library);
            if named && !rooms.iter().any(|room| source.path.starts_with(&format!("{room}/"))) {
                wrong.push(format!("{} names {library}; only {rooms:?} may", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_why_it_exists() {
    for source in sources() {
        let first = source.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 12, "{} does not open with a //! doc", source.path);
    }
}

#[test]
fn no_file_is_longer_than_the_bound_and_the_median_stays_low() {
    let lines = |path: &std::path::Path| fs::read_to_string(path).expect("readable").lines().count();
    for path in rust_files(&root().join("src")).into_iter().chain(rust_files(&root().join("tests"))) {
        let lines = lines(&path);
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines, {LONGEST_FILE} at most", path.display());
    }
    let mut lengths: Vec<usize> = rust_files(&root().join("src")).iter().map(|path| lines(path)).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN_FILE, "the median file has {median} lines, {MEDIAN_FILE} at most");
}

#[test]
fn the_map_in_lib_rs_names_every_room() {
    let map = fs::read_to_string(root().join("src/lib.rs")).expect("readable");
    for source in sources() {
        let room = source.room();
        assert!(
            ["lib", "main"].contains(&room)
                || (map.contains(&format!("[`{room}`]")) && map.contains(&format!("mod {room};"))),
            "src/lib.rs does not name {room}"
        );
    }
}

#[test]
fn the_top_level_holds_what_was_agreed_and_nothing_else() {
    for entry in fs::read_dir(root()).expect("readable") {
        let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
        let agreed = name.starts_with('.') || TOP_LEVEL.contains(&name.as_str()) || name == "target";
        assert!(agreed, "{name} may not stand at the top level");
    }
}

#[test]
fn the_composition_root_stays_small() {
    let lines: usize = ["main.rs", "daemon.rs"]
        .iter()
        .map(|name| fs::read_to_string(root().join("src").join(name)).expect("readable").lines().count())
        .sum();
    assert!(lines <= 350, "main.rs and daemon.rs have {lines} lines together, 350 at most");
}

#[test]
fn direct_dependencies_stay_within_the_bound() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("readable");
    let count = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| line.contains(" = "))
        .count();
    assert!(count <= MOST_DEPENDENCIES, "{count} direct dependencies, {MOST_DEPENDENCIES} at most");
}
