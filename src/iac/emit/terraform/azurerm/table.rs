//! The tables: how bodies of one ARM type become one `azurerm_*` type. Data files, a service each.
//!
//! ```text
//! azurerm_subnet Microsoft.Network/virtualNetworks/subnets     a section; the type spelled as import ids want it
//!   when PATH[=VALUE…] | when !PATH[=VALUE…]                   all must hold; the first section that does is taken
//!   base name group location tags identity zones               what most types share
//!   require A B                                                attributes without which the provider refuses
//!   import {id}|{PATH}                                         the import id, where it is not the resource's id
//!   absorb TYPE                                                children that have no azurerm type of their own: `+child…`
//!   absorb? TYPE                                               the same, where they can also stay by themselves
//!   apart PATH TYPE                                            nested objects that are emitted as resources
//!   apart? PATH TYPE                                           the same, where azapi can carry them too
//!   same TYPE PATH                                             the child that is named there: the body repeats it whole
//!   left REASON                                                not used, for this reason
//!   unread ATTRIBUTE…                                          what no GET tells: left as it is (`ignore_changes`)
//!   ask ATTRIBUTE WHY                                          required, and no GET tells it: a variable, left as it is
//!   use NAME                                                   the lines of `part NAME`, which sections share
//!   told PATH                                                  read-only, and wanted by the provider all the same
//!   const ATTRIBUTE VALUE
//!   PATH -                                                     told by Azure, or carried otherwise: consumed
//!   PATH - VALUE…                                              consumed only with one of these values (the defaults)
//!   PATH ATTRIBUTE[!] CHANGE…                                  an attribute, `!` where it is required; `block.attribute`
//!   PATH BLOCK                                                 followed by deeper lines: a block for each object there
//!   beside TYPE PATH                                           a resource of its own for each value there (associations)
//! ```
//! Lines may end in conditions: `if:PATH=VALUE|…` where one stands, `unless:PATH,PATH` (not all of
//! them), `only:PATH` of the value itself, each with `!` before the path for its opposite; `=~part`
//! asks for a part of the text.
//! A path is `properties.a.b`, goes through lists by itself, `a[0]` takes one item, `*` stands for any part
//! of a name, `\` for a dot in one, `.` is where one stands, `^a` one level out, `/a` the whole body, `+child` an absorbed child, `@name`, `@parent`,
//! `@parent.name`, `@grandparent`, `@group`, `@id`, `@scope`, `@subscription` what the id says.
//! A body is translated only if every writable leaf of it is consumed. Attributes are those that both
//! azurerm 5.2 and 5.10 have.

use std::{collections::HashMap, sync::LazyLock};

/// The data files.
const FILES: &[&str] = &[
    include_str!("tables/network.map"),
    include_str!("tables/gateway.map"),
    include_str!("tables/dns.map"),
    include_str!("tables/compute.map"),
    include_str!("tables/storage.map"),
    include_str!("tables/identity.map"),
    include_str!("tables/sql.map"),
    include_str!("tables/databases.map"),
    include_str!("tables/web.map"),
    include_str!("tables/containers.map"),
    include_str!("tables/monitor.map"),
    include_str!("tables/messaging.map"),
    include_str!("tables/services.map"),
];

/// One section.
#[derive(Debug, Default)]
pub struct Table {
    /// `azurerm_subnet`.
    pub kind: &'static str,
    /// Spelled as import ids spell it.
    pub arm: &'static str,
    pub when: Vec<Guard>,
    pub require: Vec<&'static str>,
    pub import: Option<&'static str>,
    pub absorb: Vec<Absorbed>,
    pub apart: Vec<Apart>,
    /// Read-only paths whose values the provider wants all the same.
    pub told: Vec<Path>,
    /// Why such a resource is left to azapi.
    pub left: Option<&'static str>,
    /// Attributes that no GET tells, and when that is so.
    pub unread: Vec<(&'static str, Vec<Guard>)>,
    /// Attributes that somebody has to give, and why.
    pub ask: Vec<(&'static str, &'static str)>,
    /// A child that the body repeats: its type (lower case), and where its name stands.
    pub same: Option<(String, Path)>,
    pub lines: Vec<Line>,
}

/// Children of this type (lower case) are written in their parent.
#[derive(Debug)]
pub struct Absorbed {
    pub type_key: String,
    /// The last word of the type, as paths name it after `+`.
    pub name: &'static str,
    pub may_stay: bool,
}

/// Nested objects that are emitted as resources of this type.
#[derive(Debug)]
pub struct Apart {
    pub path: Path,
    pub kind: &'static str,
    /// Whether Azure takes them by themselves: azapi can carry those that azurerm cannot.
    pub may_stay: bool,
}

/// Where a value is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Root {
    #[default]
    Here,
    /// This many levels out.
    Outer(usize),
    Body,
    /// What the id says.
    Id(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Field(&'static str),
    Item(usize),
}

impl Path {
    pub fn of(text: &'static str) -> Self {
        path(text)
    }
}

/// A condition on a body.
#[derive(Debug, Clone)]
pub struct Guard {
    pub path: Path,
    /// Empty: it is there.
    pub values: Vec<&'static str>,
    pub negated: bool,
}

/// One line of a section.
#[derive(Debug)]
pub struct Line {
    pub path: Path,
    pub target: Target,
    pub changes: Vec<Change>,
    pub guards: Vec<Guard>,
    /// Not read where all of these hold.
    pub unless: Vec<Guard>,
    /// Of the values that the path leads to, those for which these hold.
    pub only: Vec<Guard>,
    pub inner: Vec<Line>,
}

#[derive(Debug)]
pub enum Target {
    /// Consumed; with values only if it is one of them.
    Ignore(Vec<&'static str>),
    Attribute {
        blocks: Vec<&'static str>,
        name: &'static str,
    },
    Block {
        blocks: Vec<&'static str>,
        name: &'static str,
    },
    Beside(&'static str),
    /// Inside `beside`: the import id.
    Import(&'static str),
    Constant {
        blocks: Vec<&'static str>,
        name: &'static str,
        value: &'static str,
    },
}

/// What is done to a value on its way.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Not,
    Lower,
    Number,
    Text,
    /// The last segment of an id.
    Name,
    /// The rest of an id after this many trailing segments went.
    Above(usize),
    Json,
    First,
    List,
    Keys,
    Join(&'static str),
    Split(&'static str),
    Pairs(&'static str, &'static str),
    Divide(u64),
    Times(u64),
    /// Text before, or after, the first of these letters.
    Before(&'static str),
    After(&'static str),
    /// Text, these letters, and what stands at the path.
    With(&'static str, Path),
    /// Whether a list has this word.
    Has(&'static str),
    /// True for this value, refused for any other.
    Is(&'static str),
    Upper,
    /// All values make one block.
    Merged,
    /// An empty value counts as one.
    Empty,
    Suffix(&'static str),
    Words(Vec<(&'static str, &'static str)>),
    /// Text without this before it.
    Strip(&'static str),
    Prefix(&'static str),
    Skip(&'static str),
    /// What it is where Azure says nothing.
    Or(&'static str),
    /// What the provider reads where Azure says nothing: an import needs it, a new resource does not.
    Reads(&'static str),
    /// Read, and left for other lines.
    Keep,
    /// Written even where it is empty.
    Ever,
    /// Its changes are ignored: the value is a secret, or never returned.
    Secret(Option<&'static str>),
    /// ISO 8601 to a number of minutes, days and so on.
    Duration(u64),
    /// Location without blanks.
    Location,
    /// Stays as it is spelled although it looks like an id.
    Verbatim,
    /// The resource that is called by this id, by its own.
    Owner,
}

/// All sections, by the lower-case ARM type, in order.
pub static TABLES: LazyLock<HashMap<String, Vec<Table>>> = LazyLock::new(|| {
    let mut tables: HashMap<String, Vec<Table>> = HashMap::new();
    for table in FILES.iter().flat_map(|text| parse(text)) {
        tables.entry(table.arm.to_ascii_lowercase()).or_default().push(table);
    }
    tables
});

/// Spelling of types, whole and in part, by their lower-case text.
pub static SPELLED: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut spelled = HashMap::new();
    let rows = FILES.iter().flat_map(|text| text.lines());
    for row in rows.filter(|row| !row.starts_with([' ', '#']) && !row.starts_with("part ") && !row.is_empty()) {
        let arm = row.split_whitespace().nth(1).unwrap_or_default();
        let ends = arm.match_indices('/').map(|(at, _)| at).skip(1).chain([arm.len()]);
        for end in ends {
            spelled.entry(arm[..end].to_ascii_lowercase()).or_insert(&arm[..end]);
        }
    }
    spelled
});

fn parse(text: &'static str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let rows = text.lines().filter(|row| !row.trim().is_empty() && !row.trim_start().starts_with('#'));
    let rows = shared(rows.map(|row| (row.len() - row.trim_start().len(), row.trim())).collect());
    let mut at = 0;
    while at < rows.len() {
        let (_, head) = rows[at];
        let end = (at + 1..rows.len()).find(|next| rows[*next].0 == 0).unwrap_or(rows.len());
        let mut words = head.split_whitespace();
        let kind = words.next().unwrap_or_default();
        // `spell TYPE` only says how a type is written in ids.
        if kind != "spell" {
            let mut table = Table { kind, arm: words.next().unwrap_or_default(), ..Table::default() };
            section(&mut table, &rows[at + 1..end]);
            tables.push(table);
        }
        at = end;
    }
    tables
}

/// The rows with those of parts where they are used, as deep as there.
fn shared(rows: Vec<(usize, &'static str)>) -> Vec<(usize, &'static str)> {
    let mut parts: HashMap<&'static str, Vec<(usize, &'static str)>> = HashMap::new();
    let (mut out, mut part) = (Vec::new(), None);
    for (depth, row) in rows {
        if depth == 0 {
            part = row.strip_prefix("part ");
        }
        let found = match row.strip_prefix("use ").and_then(|name| parts.get(name)) {
            Some(inner) => inner.iter().map(|(below, row)| (depth + below, *row)).collect(),
            None => vec![(depth, row)],
        };
        match part {
            Some(_) if depth == 0 => {}
            Some(name) => parts.entry(name).or_default().extend(found.into_iter().map(|(at, row)| (at - 2, row))),
            None => out.extend(found),
        }
    }
    out
}

fn section(table: &mut Table, rows: &[(usize, &'static str)]) {
    let mut at = 0;
    while at < rows.len() {
        let (depth, row) = rows[at];
        let end = (at + 1..rows.len()).find(|next| rows[*next].0 <= depth).unwrap_or(rows.len());
        let (word, rest) = row.split_once(char::is_whitespace).unwrap_or((row, ""));
        let rest = rest.trim();
        match word {
            "when" => table.when.push(guard(rest)),
            "base" => rest.split_whitespace().for_each(|name| table.lines.extend(base(name))),
            "require" => table.require.extend(rest.split_whitespace()),
            "import" => table.import = Some(rest),
            "absorb" | "absorb?" => table.absorb.push(Absorbed {
                type_key: rest.to_ascii_lowercase(),
                name: rest.rsplit('/').next().unwrap_or_default(),
                may_stay: word == "absorb?",
            }),
            "left" => table.left = Some(rest),
            "ask" => table.ask.extend(rest.split_once(char::is_whitespace).map(|(name, why)| (name, why.trim()))),
            "told" => table.told.push(path(rest)),
            "unread" => {
                let (guards, names): (Vec<&str>, Vec<&str>) =
                    rest.split_whitespace().partition(|word| word.starts_with("if:"));
                let guards: Vec<Guard> = guards.iter().filter_map(|word| word.strip_prefix("if:")).map(guard).collect();
                table.unread.extend(names.into_iter().map(|name| (name, guards.clone())));
            }
            "same" => {
                table.same = rest
                    .split_once(char::is_whitespace)
                    .map(|(kind, name)| (kind.to_ascii_lowercase(), path(name.trim())));
            }
            "apart" | "apart?" => {
                if let Some((path, kind)) = rest.split_once(char::is_whitespace) {
                    table.apart.push(Apart { path: self::path(path), kind: kind.trim(), may_stay: word == "apart?" });
                }
            }
            _ => {
                let line = line(row, &rows[at + 1..end], &mut table.require);
                table.lines.push(line);
            }
        }
        at = end;
    }
}

/// Lines that most sections share.
fn base(name: &'static str) -> Vec<Line> {
    let rows: &[&'static str] = match name {
        "name" => &["@name name"],
        "group" => &["@group resource_group_name"],
        "location" => &["location location location"],
        "tags" => &["tags tags"],
        "zones" => &["zones zones"],
        "identity" => &[
            "identity.type identity.type identity if:!identity.type=None",
            "identity.type - None",
            "identity.userAssignedIdentities identity.identity_ids keys",
        ],
        other => return vec![line(other, &[], &mut Vec::new())],
    };
    rows.iter().map(|row| line(row, &[], &mut Vec::new())).collect()
}

fn line(row: &'static str, inner: &[(usize, &'static str)], require: &mut Vec<&'static str>) -> Line {
    let mut words = row.split_whitespace();
    let first = words.next().unwrap_or_default();
    let (mut guards, mut unless, mut only) = (Vec::new(), Vec::new(), Vec::new());
    let mut changes = Vec::new();
    let mut rest: Vec<&'static str> = words.collect();
    rest.retain(|word| match word.split_once(':') {
        Some(("if", text)) => {
            guards.push(guard(text));
            false
        }
        Some(("unless", text)) => {
            unless.extend(text.split(',').map(guard));
            false
        }
        Some(("only", text)) => {
            only.push(guard(text));
            false
        }
        _ => true,
    });
    let (path, target) = match (first, rest.as_slice()) {
        ("const", [name, value, ..]) => {
            let (blocks, name) = place(name);
            (Path::default(), Target::Constant { blocks, name, value })
        }
        ("import", [text, ..]) => (Path::default(), Target::Import(text)),
        ("beside", [kind, path, ..]) => (self::path(path), Target::Beside(kind)),
        (text, ["-", values @ ..]) => (self::path(text), Target::Ignore(values.to_vec())),
        (text, [target, words @ ..]) => {
            let (blocks, name) = place(target.trim_end_matches('!'));
            if target.ends_with('!') && blocks.is_empty() {
                require.push(name);
            }
            changes = self::changes(words);
            let target = if inner.is_empty() && !words.contains(&"block") {
                Target::Attribute { blocks, name }
            } else {
                Target::Block { blocks, name }
            };
            (self::path(text), target)
        }
        (text, []) => (self::path(text), Target::Ignore(Vec::new())),
    };
    let mut lines = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        let (depth, row) = inner[at];
        let end = (at + 1..inner.len()).find(|next| inner[*next].0 <= depth).unwrap_or(inner.len());
        lines.push(line(row, &inner[at + 1..end], &mut Vec::new()));
        at = end;
    }
    Line { path, target, changes, guards, unless, only, inner: lines }
}

fn place(target: &'static str) -> (Vec<&'static str>, &'static str) {
    let mut blocks: Vec<&'static str> = target.split('.').collect();
    let name = blocks.pop().unwrap_or_default();
    (blocks, name)
}

/// `PATH`, `PATH=A|B`, each with `!` before it. A part of a text may itself hold a bar.
fn guard(text: &'static str) -> Guard {
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (path, values) = match text.split_once('=') {
        Some((path, part)) if part.starts_with('~') => (path, vec![part]),
        Some((path, values)) => (path, values.split('|').collect()),
        None => (text, Vec::new()),
    };
    // What the id says stands in the body while it is walked.
    let path = match path.strip_prefix('@') {
        Some(_) => Path { root: Root::Here, steps: vec![Step::Field(path)] },
        None => self::path(path),
    };
    Guard { path, values, negated }
}

fn path(text: &'static str) -> Path {
    if let Some(word) = text.strip_prefix('@') {
        return Path { root: Root::Id(word), steps: Vec::new() };
    }
    let levels = text.len() - text.trim_start_matches('^').len();
    let (root, text) = match text.strip_prefix('/') {
        Some(rest) => (Root::Body, rest),
        None if levels > 0 => (Root::Outer(levels), &text[levels..]),
        // Absorbed children hang at the top of the body.
        None if text.starts_with('+') => (Root::Here, text),
        None => (Root::Here, text),
    };
    let mut steps = Vec::new();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        if part.contains('\\') {
            // A handful of names hold dots; they live as long as the tables do.
            steps.push(Step::Field(part.replace('\\', ".").leak()));
            continue;
        }
        match part.split_once('[') {
            Some((name, index)) => {
                if !name.is_empty() {
                    steps.push(Step::Field(name));
                }
                if let Ok(index) = index.trim_end_matches(']').parse() {
                    steps.push(Step::Item(index));
                }
            }
            None => steps.push(Step::Field(part)),
        }
    }
    Path { root, steps }
}

fn changes(words: &[&'static str]) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::new();
    for word in words {
        let (name, argument) = word.split_once(':').unwrap_or((word, ""));
        let change = match name {
            "not" => Change::Not,
            "lower" => Change::Lower,
            "number" => Change::Number,
            "text" => Change::Text,
            "name" => Change::Name,
            "above" => Change::Above(argument.parse().unwrap_or(2)),
            "json" => Change::Json,
            "first" => Change::First,
            "list" => Change::List,
            "keys" => Change::Keys,
            "join" => Change::Join(argument),
            "split" => Change::Split(argument),
            "pairs" => {
                let (key, value) = argument.split_once(',').unwrap_or((argument, "value"));
                Change::Pairs(key, value)
            }
            "divide" => Change::Divide(argument.parse().unwrap_or(1)),
            "times" => Change::Times(argument.parse().unwrap_or(1)),
            "before" => Change::Before(argument),
            "after" => Change::After(argument),
            "with" => {
                let (between, path) = argument.split_once(',').unwrap_or(("", argument));
                Change::With(between, self::path(path))
            }
            "has" => Change::Has(argument),
            "is" => Change::Is(argument),
            "upper" => Change::Upper,
            "merged" => Change::Merged,
            "empty" => Change::Empty,
            "suffix" => Change::Suffix(argument),
            "strip" => Change::Strip(argument),
            "prefix" => Change::Prefix(argument),
            "skip" => Change::Skip(argument),
            "or" => Change::Or(argument),
            "reads" => Change::Reads(argument),
            "keep" => Change::Keep,
            "ever" => Change::Ever,
            "secret" => Change::Secret((!argument.is_empty()).then_some(argument)),
            "duration" => Change::Duration(match argument {
                "days" => 86_400,
                "hours" => 3_600,
                "minutes" => 60,
                _ => 1,
            }),
            "location" => Change::Location,
            "verbatim" => Change::Verbatim,
            "owner" => Change::Owner,
            "identity" => Change::Words(vec![("*", "identity")]),
            "block" => continue,
            _ => match word.split_once('=') {
                Some(pair) => match out.last_mut() {
                    Some(Change::Words(pairs)) => {
                        pairs.push(pair);
                        continue;
                    }
                    _ => Change::Words(vec![pair]),
                },
                None => continue,
            },
        };
        out.push(change);
    }
    out
}

/// Words of the data files that mean nothing, with the row they stand in.
#[cfg(test)]
pub fn strangers() -> Vec<String> {
    const KNOWN: &[&str] = &[
        "not", "lower", "number", "text", "name", "above", "json", "first", "list", "keys", "join", "split", "pairs",
        "divide", "times", "before", "after", "with", "has", "is", "upper", "merged", "empty", "suffix", "strip",
        "prefix", "skip", "or", "reads", "keep", "ever", "secret", "duration", "location", "verbatim", "owner",
        "identity", "block", "if", "unless", "only",
    ];
    const DIRECTIVES: &[&str] = &[
        "when", "base", "require", "import", "absorb", "absorb?", "apart", "apart?", "told", "const", "beside",
        "unread", "same", "import", "use",
    ];
    let rows = FILES.iter().flat_map(|text| text.lines());
    let rows = rows.filter(|row| row.starts_with(' ') && !row.trim_start().starts_with('#'));
    // Reasons are sentences.
    let rows = rows.filter(|row| !["left ", "ask "].iter().any(|word| row.trim_start().starts_with(word)));
    let is_known = |word: &str| word.contains('=') || KNOWN.contains(&word.split(':').next().unwrap_or_default());
    rows.filter(|row| {
        let words: Vec<&str> = row.split_whitespace().collect();
        match words.as_slice() {
            [first, ..] if DIRECTIVES.contains(first) => false,
            [_, "-", ..] => false,
            [_, _, rest @ ..] => !rest.iter().all(|word| is_known(word)),
            _ => true,
        }
    })
    .map(str::to_owned)
    .collect()
}
