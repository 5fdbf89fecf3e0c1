//! From the text of a table to its sections. What the language does not know is refused with file and line:
//! a word that were passed over would lose an input without anybody seeing it.

use std::collections::{HashMap, HashSet};

use super::{
    arguments::{arguments, begins_with_word, check, is_resource, known, names, place},
    paths::{begins_at_top, path, template},
    rows::{Fault, Row, groups, rows},
    section::{Argument, Arguments, Change, Does, Line, Mark, Path, Root, Section, Target, Template},
    words::{Directive, Function, Head, Kind, WORDS, Word},
};

/// What a file says.
#[derive(Debug, Default)]
pub struct Parsed {
    pub sections: Vec<Section>,
    /// Types as ids spell them, those of the sections too.
    pub spelled: Vec<&'static str>,
}

/// Reads a file, whose name is for the faults.
pub fn parse(file: &'static str, text: &'static str) -> Result<Parsed, Fault> {
    let rows = with_parts(rows(file, text)?)?;
    let mut parsed = Parsed::default();
    for rows in groups(&rows) {
        let Some((head, below)) = rows.split_first() else { continue };
        let (kind, arm, is_section) = heading(head)?;
        parsed.spelled.push(arm);
        if is_section {
            parsed.sections.push(section(kind, arm, below)?);
        } else if let Some(row) = below.first() {
            return Err(row.fault(row.text, "no lines below `spell`"));
        }
    }
    Ok(parsed)
}

/// The rows with those of parts where they are used, as deep as there.
fn with_parts(rows: Vec<Row>) -> Result<Vec<Row>, Fault> {
    let mut parts: HashMap<&'static str, Vec<Row>> = HashMap::new();
    let (mut out, mut part) = (Vec::new(), None);
    for (at, row) in rows.iter().enumerate() {
        let (first, rest) = row.text.split_once(' ').unwrap_or((row.text, ""));
        let rest = rest.trim();
        if row.depth == 0 {
            part = known(first, |function| matches!(function, Function::Head(Head::Part))).map(|_| rest);
            if let Some(name) = part {
                check(row, Kind::Part, name)?;
                if parts.insert(name, Vec::new()).is_some() {
                    return Err(row.fault(name, "a name that no other part has"));
                }
                continue;
            }
        }
        let found = if known(first, |function| matches!(function, Function::Directive(Directive::Use))).is_some() {
            let inner = parts.get(rest).ok_or_else(|| row.fault(rest, "the name of a part that stands before"))?;
            if rows.get(at + 1).is_some_and(|next| next.depth > row.depth) {
                return Err(row.fault(row.text, "no lines below `use`"));
            }
            inner.iter().map(|own| Row { depth: row.depth + own.depth, ..*own }).collect()
        } else {
            vec![*row]
        };
        match part {
            Some(name) => {
                let inner = found.into_iter().map(|own: Row| Row { depth: own.depth - 2, ..own });
                parts.entry(name).or_default().extend(inner);
            }
            None => out.extend(found),
        }
    }
    Ok(out)
}

/// The resource, the type, and whether a section begins here.
fn heading(row: &Row) -> Result<(&'static str, &'static str, bool), Fault> {
    let mut words = row.text.split_whitespace();
    let (kind, arm) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_spelling = known(kind, |function| matches!(function, Function::Head(Head::Spelling))).is_some();
    if !is_spelling && !is_resource(kind) {
        return Err(row.fault(kind, "`azurerm_KIND TYPE`, `part NAME` or `spell TYPE`"));
    }
    check(row, Kind::Type, arm)?;
    match words.next() {
        Some(more) => Err(row.fault(more, "nothing more in this line")),
        None => Ok((kind, arm, !is_spelling)),
    }
}

fn section(kind: &'static str, arm: &'static str, rows: &[Row]) -> Result<Section, Fault> {
    let mut section = Section { kind, arm, ..Section::default() };
    let mut seen = HashSet::new();
    let mut guarded: Vec<(&Row, Path)> = Vec::new();
    for group in groups(rows) {
        let (row, below) = (&group[0], &group[1..]);
        unseen(row, &mut seen)?;
        let (first, rest) = row.text.split_once(' ').unwrap_or((row.text, ""));
        if let Some(word) = known(first, |function| matches!(function, Function::Section(_))) {
            let given = arguments(row, word, rest.trim())?;
            guarded.extend(given.path().map(|path| (row, path.clone())));
            guarded.extend(given.guards().map(|guard| (row, guard.path)));
            if let Function::Section(function) = word.function {
                function(&mut section, &given);
            }
            if let Some(row) = below.first() {
                return Err(row.fault(row.text, format!("no lines below `{first}`")));
            }
        } else if known(first, |function| matches!(function, Function::Directive(Directive::Base))).is_some() {
            for name in rest.split_whitespace() {
                let word = known(name, |function| matches!(function, Function::Base(_)));
                let Some(Word { function: Function::Base(texts), .. }) = word else {
                    return Err(
                        row.fault(name, format!("one of {}", names(|function| matches!(function, Function::Base(_)))))
                    );
                };
                for text in *texts {
                    section.lines.push(line(&Row { text, ..*row }, &[], &mut section.require)?);
                }
            }
        } else {
            let line = line(row, below, &mut section.require)?;
            guarded.extend(tops(&line).into_iter().map(|path| (row, path)));
            section.lines.push(line);
        }
    }
    let children: Vec<&str> = section.absorb.iter().map(|rule| rule.name).collect();
    for (row, path) in guarded {
        begins_at_top(&path, &children).map_err(|expected| row.fault(row.text, expected))?;
    }
    Ok(section)
}

/// Paths of a line that are read at the top of the body.
fn tops(line: &Line) -> Vec<Path> {
    fn below(line: &Line, is_top: bool, found: &mut Vec<Path>) {
        let guards = line.guards.iter().chain(&line.unless).map(|guard| &guard.path);
        let is_read = |path: &&Path| path.root == Root::Body || (is_top && path.root == Root::Here);
        found.extend(guards.chain([&line.path]).filter(is_read).cloned());
        line.inner.iter().for_each(|inner| below(inner, false, found));
    }
    let mut found = Vec::new();
    below(line, true, &mut found);
    found
}

/// Refuses a line that says what another of its block says.
fn unseen(row: &Row, seen: &mut HashSet<String>) -> Result<(), Fault> {
    let words: Vec<&str> = row.text.split_whitespace().collect();
    if seen.insert(words.join(" ")) { Ok(()) } else { Err(row.fault(row.text, "a line that is not there already")) }
}

fn line(row: &Row, below: &[Row], require: &mut Vec<&'static str>) -> Result<Line, Fault> {
    let (first, rest) = row.text.split_once(' ').unwrap_or((row.text, ""));
    let mut line = Line {
        path: Path::default(),
        target: Target::Ignore(Vec::new()),
        changes: Vec::new(),
        guards: Vec::new(),
        unless: Vec::new(),
        only: Vec::new(),
        inner: Vec::new(),
    };
    let words = conditions(row, rest, &mut line)?;
    let is = |wanted: Directive| {
        known(first, |function| matches!(function, Function::Directive(own) if *own == wanted)).is_some()
    };
    if is(Directive::Constant) {
        let [target, value] = words.as_slice() else { return Err(row.fault(rest, "an attribute and its value")) };
        let (blocks, name) = place(row, target)?;
        line.target = Target::Constant { blocks, name, value };
    } else if is(Directive::Association) {
        let [kind, at] = words.as_slice() else { return Err(row.fault(rest, "a resource and a path")) };
        check(row, Kind::Resource, kind)?;
        line.path = path(at).map_err(|expected| row.fault(at, expected))?;
        let (id, inner): (Vec<&[Row]>, Vec<&[Row]>) =
            groups(below).into_iter().partition(|rows| rows[0].text.starts_with("import "));
        line.target = Target::Association(kind, import_of(row, &id)?);
        line.inner = inner_lines(inner)?;
        return Ok(line);
    } else {
        line.path = path(first).map_err(|expected| row.fault(first, expected))?;
        match words.as_slice() {
            [] => return Err(row.fault(row.text, "`-`, an attribute or a block after the path")),
            ["-", values @ ..] => {
                if let Some(value) = values.iter().find(|value| begins_with_word(value)) {
                    let conditions = names(|function| matches!(function, Function::Condition(_)));
                    return Err(row.fault(value, format!("values, or conditions by one of {conditions}")));
                }
                line.target = Target::Ignore(values.to_vec());
            }
            [target, words @ ..] => attribute(row, target, words, !below.is_empty(), &mut line, require)?,
        }
    }
    if matches!(line.target, Target::Block { .. }) {
        line.inner = inner_lines(groups(below))?;
    } else if let Some(row) = below.first() {
        return Err(row.fault(row.text, "deeper lines only below a block"));
    }
    Ok(line)
}

/// An attribute or a block, and what is done to the value.
fn attribute(
    row: &Row,
    target: &'static str,
    words: &[&'static str],
    has_lines: bool,
    line: &mut Line,
    require: &mut Vec<&'static str>,
) -> Result<(), Fault> {
    let is_required = target.ends_with('!');
    let (blocks, name) = place(row, target.strip_suffix('!').unwrap_or(target))?;
    if is_required {
        if !blocks.is_empty() || row.depth > 2 {
            return Err(row.fault(target, "`!` only after an attribute of the resource itself"));
        }
        require.push(name);
    }
    line.changes = changes(row, words)?;
    if !has_lines {
        line.target = Target::Attribute { blocks, name };
        return Ok(());
    }
    let of_block = |does: &Does| matches!(does, Does::Mark(Mark::Merged | Mark::Ever));
    if let Some(at) = line.changes.iter().position(|change| !of_block(&change.does)) {
        return Err(row.fault(words.get(at).copied().unwrap_or_default(), "`merged` or `ever` after a block"));
    }
    line.target = Target::Block { blocks, name };
    Ok(())
}

fn inner_lines(groups: Vec<&[Row]>) -> Result<Vec<Line>, Fault> {
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for group in groups {
        unseen(&group[0], &mut seen)?;
        lines.push(line(&group[0], &group[1..], &mut Vec::new())?);
    }
    Ok(lines)
}

/// The import id of an association; without one it is the id of the resource itself.
fn import_of(row: &Row, rows: &[&[Row]]) -> Result<Template, Fault> {
    match rows {
        [] => template("{@id}").map_err(|expected| row.fault(row.text, expected)),
        [[import]] => {
            let text = import.text.split_once(' ').map_or("", |(_, rest)| rest.trim());
            template(text).map_err(|expected| import.fault(text, expected))
        }
        [_, more, ..] => Err(more[0].fault(more[0].text, "one `import`")),
        [more] => Err(more[0].fault(more[0].text, "no lines below `import`")),
    }
}

/// Takes the conditions out of the end of a line.
fn conditions(row: &Row, rest: &'static str, line: &mut Line) -> Result<Vec<&'static str>, Fault> {
    let mut words = Vec::new();
    let mut seen = HashSet::new();
    for text in rest.split_whitespace() {
        let word = text.split_once(':').and_then(|(name, given)| {
            known(name, |function| matches!(function, Function::Condition(_))).map(|word| (word, given))
        });
        let Some((word, given)) = word else {
            words.push(text);
            continue;
        };
        if !seen.insert(text) {
            return Err(row.fault(text, "a condition that is not there already"));
        }
        let given = arguments(row, word, given)?;
        if let Function::Condition(function) = word.function {
            function(line, &given);
        }
    }
    Ok(words)
}

fn changes(row: &Row, words: &[&'static str]) -> Result<Vec<Change>, Fault> {
    let mut out: Vec<Change> = Vec::new();
    let mut seen = HashSet::new();
    let mut after_word = false;
    for text in words {
        if !seen.insert(text) {
            return Err(row.fault(text, "a word that is not there already"));
        }
        let (name, given) = text.split_once(':').map_or((*text, ""), |(name, given)| (name, given));
        let word = known(name, |function| matches!(function, Function::Value(_)));
        if let Some(Word { function: Function::Value(does), .. }) = word.filter(|word| word.name != "FROM=TO") {
            let given = arguments(row, word.unwrap_or(&WORDS[0]), given)?;
            out.push(Change { does: *does, given });
            after_word = false;
            continue;
        }
        let is_pair = |(from, to): &(&str, &str)| !from.is_empty() && !to.is_empty() && !begins_with_word(from);
        let pair = text.split_once('=').filter(is_pair);
        let Some((from, to)) = pair else {
            return Err(row.fault(text, format!("one of {}", names(|function| matches!(function, Function::Value(_))))));
        };
        let pair = [Argument::Text(from), Argument::Text(to)];
        match out.last_mut().filter(|_| after_word) {
            Some(change) => change.given.0.extend(pair),
            None => out.push(Change { does: replacing(), given: Arguments(pair.to_vec()) }),
        }
        after_word = true;
    }
    Ok(out)
}

/// What `FROM=TO` does.
fn replacing() -> Does {
    let word = WORDS.iter().find(|word| word.name == "FROM=TO");
    match word.map(|word| word.function) {
        Some(Function::Value(does)) => does,
        _ => Does::Mark(Mark::Keep),
    }
}
