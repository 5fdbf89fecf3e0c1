//! Paths, conditions and templates of the tables, from their text. Each refuses what it cannot read by
//! saying what it expected; where that stands is the parser's to say.

use super::{
    draft::IdPart,
    section::{Guard, Path, Piece, Root, Step, Template},
    words::{Function, WORDS},
};

/// What would have been right.
pub type Expected = String;

/// What a body may have at its top beside `properties`.
const TOP: &[&str] = &[
    "properties",
    "sku",
    "kind",
    "location",
    "extendedLocation",
    "plan",
    "identity",
    "zones",
    "tags",
    "etag",
    "managedBy",
    "managedByExtended",
    "resources",
];

/// What the id says, by its word.
pub fn id_part(word: &str) -> Result<IdPart, Expected> {
    let parts = WORDS.iter().filter_map(|known| match known.function {
        Function::Id(part) => Some((known.name, part)),
        _ => None,
    });
    let known: Vec<(&str, IdPart)> = parts.collect();
    let found = known.iter().find(|(name, _)| *name == word).map(|(_, part)| *part);
    found.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    })
}

/// `properties.a[0].b`, `^a`, `/properties.a`, `+child.properties.a`, `@name`, `.`.
pub fn path(text: &'static str) -> Result<Path, Expected> {
    if text.starts_with('@') {
        return Ok(Path { root: Root::Id(id_part(text)?), steps: Vec::new() });
    }
    let levels = text.len() - text.trim_start_matches('^').len();
    let (root, rest) = match text.strip_prefix('/') {
        Some(rest) => (Root::Body, rest),
        None if levels > 0 => (Root::Outer(levels), &text[levels..]),
        None => (Root::Here, text),
    };
    if rest == "." {
        return Ok(Path { root, steps: Vec::new() });
    }
    let mut steps = Vec::new();
    for (at, part) in rest.split('.').enumerate() {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, Some(index)),
            None => (part, None),
        };
        let bare = if at == 0 { name.strip_prefix('+').unwrap_or(name) } else { name };
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "_-$*\\".contains(c);
        if bare.is_empty() || !bare.chars().all(is_letter) {
            return Err(
                "a path such as `properties.a.b[0]`, `^a`, `/properties.a`, `+child.a`, `@name` or `.`".to_owned()
            );
        }
        // A handful of names hold dots; they live as long as the tables do.
        steps.push(Step::Field(if name.contains('\\') { name.replace('\\', ".").leak() } else { name }));
        if let Some(index) = index {
            let number = index.strip_suffix(']').and_then(|digits| digits.parse().ok());
            steps.push(Step::Item(number.ok_or("the number of an item, as in `a[0]`")?));
        }
    }
    Ok(Path { root, steps })
}

/// `PATH`, `PATH=A|B`, `PATH=~part`, each with `!` before it. A part of a text may itself hold a bar.
pub fn guard(text: &'static str) -> Result<Guard, Expected> {
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (path, values) = match text.split_once('=') {
        Some((path, part)) if part.starts_with('~') => (path, vec![part]),
        Some((path, values)) => (path, values.split('|').collect()),
        None => (text, Vec::new()),
    };
    if values.iter().any(|value| value.is_empty() || *value == "~") {
        return Err("a condition with a value behind `=`".to_owned());
    }
    // What the id says stands in the body while it is walked.
    let (in_body, own) =
        path.rsplit_once(".@").map_or((path, None), |(above, _)| (above, Some(&path[above.len() + 1..])));
    let mut path = match in_body {
        "@name" | "@scope" => Path { root: Root::Here, steps: vec![Step::Field(in_body)] },
        word if word.starts_with('@') => return Err("`@name` or `@scope` in a condition".to_owned()),
        other => self::path(other)?,
    };
    path.steps.extend(own.map(Step::Field));
    Ok(Guard { path, values, negated })
}

/// `{@id}|{properties.a}`.
pub fn template(text: &'static str) -> Result<Template, Expected> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            pieces.push(Piece::Literal(before));
        }
        let (name, more) = after.split_once('}').ok_or("`}` after `{`")?;
        pieces.push(match name {
            "@id" | "@name" | "@scope" => Piece::Id(id_part(name)?),
            word if word.starts_with('@') => return Err("`{@id}`, `{@name}`, `{@scope}` or `{PATH}`".to_owned()),
            other => Piece::Value(path(other)?),
        });
        rest = more;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    Ok(pieces)
}

/// Whether a path, read at the top of a body, can lead anywhere.
pub fn begins_at_top(path: &Path, children: &[&str]) -> Result<(), Expected> {
    match path.steps.first() {
        Some(Step::Field(name)) => match name.strip_prefix('+') {
            Some(child) if children.contains(&child) => Ok(()),
            Some(_) => Err(format!("`+` and a child that the section absorbs ({})", children.join(", "))),
            None if TOP.contains(name) || name.starts_with('@') => Ok(()),
            None => Err(format!("a path that begins with `@`, `+` or one of {}", TOP.join(", "))),
        },
        _ => Ok(()),
    }
}
