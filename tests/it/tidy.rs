//! The house rules that a machine can check: who imports whom, no cycle, file length, module docs,
//! where a library may be named, what stands at the top level.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Who may import whom. `arm` and `telemetry` are open to everyone.
const ALLOWED: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("arm", &[]),
    ("telemetry", &[]),
    ("work", &[]),
    ("cli", &[]),
    ("ui", &[]),
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
    ("ops", &["jobs", "azure", "graph", "scan", "iac", "spec", "llm", "api", "work"]),
    ("http", &["api", "auth", "audit", "jobs", "graph", "ui"]),
    ("client", &["api", "cli"]),
    ("settings", &["api", "audit", "config", "auth", "azure", "graph", "http", "iac", "jobs"]),
    (
        "admin",
        &[
            "api", "work", "config", "store", "audit", "auth", "jobs", "azure", "graph", "scan", "iac", "spec", "llm",
            "ops", "ui", "settings",
        ],
    ),
    (
        "daemon",
        &[
            "api", "work", "config", "store", "audit", "auth", "jobs", "azure", "graph", "scan", "iac", "spec", "llm",
            "ops", "http", "ui", "settings",
        ],
    ),
    ("demo", &["daemon", "client", "simulator", "auth", "config", "api"]),
    ("service", &["config", "daemon", "jobs", "settings"]),
    ("commands", &["admin", "cli", "client", "simulator"]),
    ("main", &["cli", "client", "service", "commands", "demo"]),
];

/// Which rooms may name a library.
const NAMED_ONLY_IN: &[(&str, &[&str])] = &[
    ("redb", &["store"]),
    ("axum", &["http", "simulator"]),
    ("reqwest", &["azure", "client", "llm"]),
    ("neo4rs", &["graph/neo4j"]),
];

const LONGEST_FILE: usize = 600;
const OPEN_TO_ALL: [&str; 2] = ["arm", "telemetry"];
const TOP_LEVEL: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "packaging", "src", "systemd", "tests"];

struct Source {
    /// Relative to `src/`, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn room(&self) -> &str {
        let first = self.path.split('/').next().expect("a path has a first part");
        first.trim_end_matches(".rs")
    }

    /// The text without comments, so that prose names what it likes.
    fn code(&self) -> String {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//")).fold(String::new(), |mut all, line| {
            all.push_str(line);
            all.push('\n');
            all
        })
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let read = |path: PathBuf| Source {
        path: path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(&path).expect("readable"),
    };
    rust_files(&src).into_iter().map(read).collect()
}

/// Every first segment after `crate::` (in `main.rs`: `atgd::`), grouped imports included.
fn rooms_named(code: &str, root_word: &str) -> BTreeSet<String> {
    let marker = format!("{root_word}::");
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices(&marker) {
        if code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + marker.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0_usize;
            let mut word = String::new();
            let mut at_start = true;
            for c in group.chars() {
                match c {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        named.insert(std::mem::take(&mut word));
                        at_start = true;
                    }
                    c if depth == 0 && at_start && (c.is_alphanumeric() || c == '_') => word.push(c),
                    // `arm as ids`: the room's name ends at the space.
                    c if depth == 0 && !(c.is_whitespace() && word.is_empty()) => at_start = false,
                    _ => {}
                }
            }
            named.insert(word);
        } else {
            named.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    named.remove("");
    named
}

fn imports() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(room, _)| *room).collect();
    let mut edges: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.path != "lib.rs") {
        let word = if source.path == "main.rs" { "atgd" } else { "crate" };
        for named in rooms_named(&source.code(), word) {
            assert!(
                known.contains(named.as_str()),
                "{} names crate::{named}, which is no room of the table in tidy.rs",
                source.path
            );
            if named != source.room() {
                edges.entry(source.room().to_owned()).or_default().insert((named, source.path.clone()));
            }
        }
    }
    edges
}

#[test]
fn grouped_and_single_imports_are_both_seen() {
    let code = "use crate::{api::{Job, Time}, store::Store, work as w};\nlet x = crate::graph::model::Edge;";
    let expected = ["api", "store", "work", "graph"].map(str::to_owned);
    assert_eq!(rooms_named(code, "crate"), BTreeSet::from(expected));
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
fn no_room_re_exports_another_rooms_items() {
    for source in sources() {
        for line in source.code().lines().filter(|line| line.trim_start().starts_with("pub use crate::")) {
            let own = format!("pub use crate::{}::", source.room());
            assert!(line.trim_start().starts_with(&own), "{}: {line}", source.path);
        }
    }
}

#[test]
fn libraries_are_named_only_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources() {
        let code = source.code();
        for (library, rooms) in NAMED_ONLY_IN {
            let named = [format!("{library}::"), format!("use {library};")].iter().any(|word| code.contains(word));
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
    let mut lengths = Vec::new();
    for path in rust_files(&root().join("src")).into_iter().chain(rust_files(&root().join("tests"))) {
        let lines = fs::read_to_string(&path).expect("readable").lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines, {LONGEST_FILE} at most", path.display());
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 180, "the median file has {median} lines, 180 at most");
}

#[test]
fn the_map_in_lib_rs_names_every_room() {
    let map = fs::read_to_string(root().join("src/lib.rs")).expect("readable");
    for source in sources() {
        let room = source.room();
        assert!(
            ["lib", "main"].contains(&room)
                || (map.contains(&format!("[`{room}`]")) && map.contains(&format!("pub mod {room};"))),
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
    assert!(count <= 65, "{count} direct dependencies, 65 at most");
}
