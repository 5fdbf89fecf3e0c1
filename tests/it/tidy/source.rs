//! One source file as the house rules see it: its module, what it declares, what it names.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

pub struct Source {
    /// Relative to `src/`, with `/`.
    pub path: String,
    pub text: String,
    /// The text without comments, texts and characters; line by line the same.
    pub code: String,
    /// `graph::rules` is `["graph", "rules"]`; of `lib.rs` nothing.
    pub module: Vec<String>,
    /// Modules in files of their own, with whether they are there for tests only.
    pub declared: Vec<(String, bool)>,
    /// Names that this file defines.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Every other path in the code, such as `tables::begin`.
    pub paths: Vec<Vec<String>>,
}

/// One name that a `use` brings in.
pub struct Import {
    pub is_public: bool,
    /// What it is called here; `*` for all.
    pub name: String,
    pub path: Vec<String>,
}

impl Source {
    pub fn new(path: String, text: String) -> Self {
        let code = stripped(&text);
        let module = module_of(&path);
        let flat = without_inline_modules(&code);
        let (imports, rest) = imports(&flat);
        let words: Vec<&str> = rest.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).collect();
        let defining = ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules", "mod"];
        let items = words.windows(2).filter(|pair| defining.contains(&pair[0])).map(|pair| pair[1].to_owned());
        let (items, declared) = (items.collect(), declared(&code));
        let paths = paths(&rest);
        Self { path, text, code, module, declared, items, imports, paths }
    }

    pub fn room(&self) -> &str {
        let first = self.path.split('/').next().expect("a path has a first part");
        first.trim_end_matches(".rs")
    }

    /// Whether the file is a room's front: `mod.rs`, `lib.rs`, or `x.rs` beside `x/`.
    pub fn is_front(&self) -> bool {
        self.path.ends_with("mod.rs") || self.path == "lib.rs" || self.declared.iter().any(|(_, is_test)| !is_test)
    }

    /// Names and lengths in lines of the functions that are not there for tests.
    pub fn functions(&self) -> Vec<(String, usize)> {
        let tests: Vec<_> = inline_modules(&self.code).into_iter().filter(|(.., is_test)| *is_test).collect();
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            let is_word = self.code[..at].chars().next_back().is_some_and(is_word);
            if is_word || tests.iter().any(|(open, close, _)| (*open..*close).contains(&at)) {
                continue;
            }
            let name: String = self.code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let mut depth = 0_usize;
            let begins = self.code[at..].char_indices().find(|(_, c)| {
                match c {
                    '(' | '[' => depth += 1,
                    ')' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && matches!(c, '{' | ';')
            });
            let Some(open) = begins.map(|(to, _)| at + to) else { continue };
            if !name.is_empty() && self.code[open..].starts_with('{') {
                let lines = self.code[at..closing(&self.code, open)].lines().count();
                found.push((name, lines));
            }
        }
        found
    }

    /// Whether the whole file is there for tests.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part.trim_end_matches(".rs").ends_with("tests"))
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn rust_files(below: &Path) -> Vec<PathBuf> {
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

/// Every file of `src`, read once.
pub fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let src = root().join("src");
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
            Source::new(name, fs::read_to_string(&path).expect("readable"))
        };
        rust_files(&src).into_iter().map(read).collect()
    });
    &SOURCES
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn module_of(path: &str) -> Vec<String> {
    match path {
        "lib.rs" => Vec::new(),
        // A crate of its own, which nobody imports.
        "main.rs" => vec!["main.rs".to_owned()],
        path => {
            let path = path.trim_end_matches(".rs");
            path.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
        }
    }
}

/// Comments, texts and characters become blanks; line ends stay.
pub fn stripped(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let starts = |at: usize, word: &str| word.chars().enumerate().all(|(n, c)| bytes.get(at + n) == Some(&c));
    while at < bytes.len() {
        let end = if starts(at, "//") {
            (at..bytes.len()).find(|end| bytes[*end] == '\n').unwrap_or(bytes.len())
        } else if starts(at, "/*") {
            (at + 2..bytes.len()).find(|end| starts(*end, "*/")).map_or(bytes.len(), |end| end + 2)
        } else if let Some(end) = raw_text(&bytes, at) {
            end
        } else if bytes[at] == '"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != '"' {
                end += if bytes[end] == '\\' { 2 } else { 1 };
            }
            end + 1
        } else if bytes[at] == '\'' && (starts(at + 2, "'") || starts(at + 1, "\\")) {
            let from = if starts(at + 1, "\\") { at + 3 } else { at + 2 };
            (from..bytes.len()).find(|end| bytes[*end] == '\'').map_or(bytes.len(), |end| end + 1)
        } else {
            out.push(bytes[at]);
            at += 1;
            continue;
        };
        out.push(' ');
        out.extend(bytes[at..end.min(bytes.len())].iter().filter(|c| **c == '\n'));
        at = end;
    }
    out
}

/// Where a raw text that begins here ends.
fn raw_text(bytes: &[char], at: usize) -> Option<usize> {
    if at > 0 && is_word(bytes[at - 1]) {
        return None;
    }
    let mut open = at + usize::from(bytes[at] == 'b');
    if bytes.get(open) != Some(&'r') {
        return None;
    }
    open += 1;
    let hashes = bytes[open..].iter().take_while(|c| **c == '#').count();
    if bytes.get(open + hashes) != Some(&'"') {
        return None;
    }
    let closing = |end: &usize| bytes[*end] == '"' && (1..=hashes).all(|n| bytes.get(end + n) == Some(&'#'));
    (open + hashes + 1..bytes.len()).find(closing).map(|end| end + hashes + 1)
}

/// Where the brace that opens at `open` is closed.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Spans of the bodies of `mod x { … }`, with whether it is there for tests.
pub fn inline_modules(code: &str) -> Vec<(usize, usize, bool)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("mod ") {
        if code[..at].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let name: String = code[at + 4..].chars().take_while(|c| is_word(*c)).collect();
        let after = &code[at + 4 + name.len()..];
        let blanks = after.len() - after.trim_start().len();
        if !name.is_empty() && after.trim_start().starts_with('{') {
            let open = at + 4 + name.len() + blanks;
            found.push((open, closing(code, open), code[..at].trim_end().ends_with("#[cfg(test)]")));
        }
    }
    found
}

/// What a module within the file names by `super::` is the file's own.
fn without_inline_modules(code: &str) -> String {
    let mut flat = code.to_owned();
    for (open, close, _) in inline_modules(code).into_iter().rev() {
        let body = flat[open..close].replace("super::super::", "\u{1}").replace("super::", "self::");
        flat.replace_range(open..close, &body.replace('\u{1}', "super::"));
    }
    flat
}

fn declared(code: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let name = line.rsplit_once("mod ").and_then(|(before, name)| {
            let is_declaration = before.is_empty() || before.starts_with("pub");
            name.strip_suffix(';').filter(|_| is_declaration)
        });
        if let Some(name) = name {
            found.push((name.to_owned(), is_test));
        }
        is_test = line == "#[cfg(test)]" || (is_test && line.starts_with("#["));
    }
    found
}

/// Every import, and the code without them.
fn imports(code: &str) -> (Vec<Import>, String) {
    let (mut found, mut rest, mut done) = (Vec::new(), String::new(), 0);
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rsplit(['\n', ';', '{', '}']).next().unwrap_or_default().trim();
        let is_public = line == "pub" || (line.starts_with("pub(") && line.ends_with(')'));
        if at < done || !(line.is_empty() || is_public) {
            continue;
        }
        let end = at + code[at..].find(';').unwrap_or(code.len() - at);
        for (path, alias) in spread(&code[at + 4..end]) {
            let path: Vec<String> = path.into_iter().filter(|part| !part.is_empty()).collect();
            let is_self = path.len() > 1 && path.last().is_some_and(|last| last == "self");
            let path = if is_self { path[..path.len() - 1].to_vec() } else { path };
            let Some(last) = path.last() else { continue };
            let name = alias.unwrap_or_else(|| last.clone());
            found.push(Import { is_public, name, path });
        }
        rest.push_str(&code[done..at]);
        done = end;
    }
    rest.push_str(&code[done..]);
    (found, rest)
}

/// `a::{b, c::d as e}` as its paths.
fn spread(tree: &str) -> Vec<(Vec<String>, Option<String>)> {
    let parts = |text: &str| text.split("::").map(|part| part.trim().to_owned()).collect::<Vec<_>>();
    let Some(open) = tree.find('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name)));
        return vec![(parts(path), alias.map(|name| name.trim().to_owned()))];
    };
    let before = parts(&tree[..open]);
    let inner = &tree[open + 1..closing(tree, open)];
    let (mut found, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inner[begin..at].trim();
                begin = at + 1;
                for (path, alias) in spread(part).into_iter().filter(|_| !part.is_empty()) {
                    found.push((before.iter().cloned().chain(path).collect(), alias));
                }
            }
            _ => {}
        }
    }
    found
}

/// Every `a::b::c` in code without imports.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, c) in code.char_indices() {
        let begins = is_word(c) && !is_word(before) && before != ':';
        before = c;
        if !begins {
            continue;
        }
        let rest = &code[at..];
        let length = rest.find(|c: char| !is_word(c) && c != ':').unwrap_or(rest.len());
        let parts: Vec<String> = rest[..length]
            .split("::")
            .map(|part| part.trim_matches(':').to_owned())
            .filter(|p| !p.is_empty())
            .collect();
        if parts.len() > 1 {
            found.push(parts);
        }
    }
    found
}
