//! From a body to a draft of an `azurerm_*` resource, by a table. Every leaf of the body that a line reads
//! is crossed out; what is left at the end is an input that the typed form cannot carry, and the
//! resource is refused with its path.

use super::{
    allowed,
    body_path::{
        BodyPath, expand, field, fill, get, get_mut, holds, is_blank, is_one_of, is_said_empty, leftover, spelled,
        start,
    },
    draft::{Beside, Cell, Draft, Entry, IdPart},
    required, rules,
    section::{Absorbed, Does, Guard, Line, Mark, Path, Root, Section, Step, Target},
    tables::TABLES,
    told::{forget, tell},
    values,
};
use crate::{
    arm::ResourceId,
    iac::model::{
        body::ReadOnlyInput,
        term::{Term, Text, is_within, spell},
    },
};

/// Why a body has no typed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An input that no line carries.
    Leftover(String),
    /// Anything else, in words.
    Because(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leftover(path) => write!(out, "azurerm cannot carry {}", path.trim_start_matches('+')),
            Self::Because(reason) => out.write_str(reason),
        }
    }
}

/// A child that may be written in its parent.
#[derive(Debug, Clone)]
pub struct Child<'b> {
    pub number: usize,
    pub type_key: String,
    pub name: &'b str,
    pub body: &'b Term,
}

/// What is translated.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'b> {
    pub id: &'b ResourceId,
    pub type_name: &'b str,
    pub body: &'b Term,
    /// Read-only values that the table asks for.
    pub told: &'b [ReadOnlyInput],
    /// An import compares it with what the provider reads.
    pub is_compared: bool,
}

/// The typed form of a body, or why there is none.
pub fn translate(subject: Subject<'_>, children: &[Child<'_>]) -> Result<Draft, Refusal> {
    let tables = TABLES
        .get(&subject.type_name.to_ascii_lowercase())
        .ok_or_else(|| Refusal::Because("azurerm is not used for this type".to_owned()))?;
    let mut body = subject.body.clone();
    for told in subject.told {
        tell(&mut body, &told.path, &told.value);
    }
    body.set("@name", Term::Text(Text::literal(subject.id.name())));
    body.set("@scope", Term::Text(Text::literal(scope_of(subject.id))));
    let table = tables
        .iter()
        .find(|table| table.when.iter().all(|guard| holds(guard, &body, &[], &[])))
        .ok_or_else(|| Refusal::Because("azurerm has no resource for this kind of it".to_owned()))?;
    if let Some(reason) = table.left {
        return Err(Refusal::Because(reason.to_owned()));
    }
    let repeated = table.same.as_ref().and_then(|(kind, path)| {
        let mut found = Vec::new();
        expand(&body, BodyPath::new(), &path.steps, false, &mut found);
        let name = found.first().and_then(|spot| get(&body, spot)).and_then(values::plain)?;
        children.iter().find(|child| child.type_key == *kind && child.name.eq_ignore_ascii_case(&name))
    });
    let mut within: Vec<&Child<'_>> = children.iter().filter(|child| absorbed(table, child).is_some()).collect();
    // Why the first child stays apart: without it the rest may say too little.
    let mut first = None;
    loop {
        match attempt(table, &body, subject, &within) {
            Ok(mut draft) => {
                draft.within.extend(repeated.map(|child| child.number));
                return Ok(draft);
            }
            Err(Refusal::Leftover(path)) => {
                // An absorbed child that does not fit stays a resource of its own, where it can.
                let name = path.strip_prefix('+').and_then(|rest| rest.split(['.', '[']).next()).unwrap_or_default();
                let before = within.len();
                within.retain(|child| absorbed(table, child).is_none_or(|rule| !(rule.may_stay && rule.name == name)));
                if within.len() == before {
                    return Err(Refusal::Leftover(path));
                }
                first.get_or_insert(path);
            }
            Err(refusal) => return Err(first.map_or(refusal, Refusal::Leftover)),
        }
    }
}

fn absorbed<'t>(table: &'t Section, child: &Child<'_>) -> Option<&'t Absorbed> {
    table.absorb.iter().find(|rule| rule.type_key == child.type_key)
}

/// What a resource stands at: a resource, a group, a subscription, or above.
fn scope_of(id: &ResourceId) -> &'static str {
    match ResourceId::parse(&id.parent()) {
        Some(above) if above.namespace.is_some() => "resource",
        Some(above) if above.resource_group.is_some() => "group",
        Some(_) => "subscription",
        None => "above",
    }
}

fn attempt(
    table: &'static Section,
    body: &Term,
    subject: Subject<'_>,
    within: &[&Child<'_>],
) -> Result<Draft, Refusal> {
    let whole = with_children(table, body, within);
    let mut walk = Walk {
        rest: whole.clone(),
        body: &whole,
        is_compared: subject.is_compared,
        frames: Vec::new(),
        ignored: Vec::new(),
        unsaid: Vec::new(),
        besides: Vec::new(),
        endings: Vec::new(),
        left: Vec::new(),
    };
    // Nobody has to carry what can't be sent.
    for told in subject.told {
        forget(&mut walk.rest, &told.path, &told.value);
    }
    let mut entries = Vec::new();
    walk.apply(&table.lines, &[], &mut entries)?;
    let Walk { rest, mut ignored, unsaid, besides, endings, mut left, .. } = walk;
    // What can't be sent is no loss.
    let told: Vec<String> = subject.told.iter().map(|told| spell(&told.path)).collect();
    left.retain(|path| !told.iter().any(|told| is_within(path, told)));
    for (name, _) in &table.ask {
        entries.push(Entry::Attribute(name, Cell::Asked));
        ignored.push((*name).to_owned());
    }
    let unread = table.unread.iter().filter(|(_, guards)| guards.iter().all(|guard| holds(guard, &whole, &[], &[])));
    ignored.extend(unread.map(|(name, _)| (*name).to_owned()));
    if let Some(path) = leftover(&rest, &mut Vec::new()) {
        return Err(Refusal::Leftover(path));
    }
    let written = Written { table, entries: &entries, besides: &besides };
    if let Some(reason) = written.refused(|name| ignored.iter().chain(&unsaid).any(|other| other == name)) {
        return Err(Refusal::Because(reason));
    }
    let import = table.import.as_ref().map(|import| fill(import, &whole, &[], &[]));
    Ok(Draft {
        kind: table.kind,
        entries,
        ignored,
        besides,
        import,
        within: within.iter().map(|child| child.number).collect(),
        left,
        asked: table.ask.clone(),
        endings,
    })
}

/// The body with the absorbed children as its fields.
fn with_children(table: &Section, body: &Term, within: &[&Child<'_>]) -> Term {
    let mut whole = body.clone();
    for rule in &table.absorb {
        let bodies: Vec<Term> =
            within.iter().filter(|child| child.type_key == rule.type_key).map(|child| named(child)).collect();
        // One child is an object, so that what it says is no list.
        let held = if bodies.len() > 1 { Some(Term::List(bodies)) } else { bodies.into_iter().next() };
        if let Some(held) = held {
            whole.set(&format!("+{}", rule.name), held);
        }
    }
    whole
}

/// What the lines of a section wrote, to be held to what the provider says of itself.
struct Written<'w> {
    table: &'static Section,
    entries: &'w [Entry],
    besides: &'w [Beside],
}

impl Written<'_> {
    /// Why the provider would not take it, or would change it. `is_meant`: an attribute that is left out on purpose.
    fn refused(&self, is_meant: impl Fn(&str) -> bool) -> Option<String> {
        let needs = |name: &str| format!("azurerm needs {name}, which the body does not say");
        let is_lacking = |name: &&&str| !self.entries.iter().any(|entry| entry.name() == **name);
        if let Some(name) = self.table.require.iter().find(is_lacking) {
            return Some(needs(name));
        }
        let besides = self.besides.iter().map(|beside| (beside.kind, beside.entries.as_slice()));
        let all: Vec<_> = std::iter::once((self.table.kind, self.entries)).chain(besides).collect();
        if let Some(name) = all.iter().find_map(|(kind, of)| required::missing(kind, of)) {
            return Some(needs(&name));
        }
        let refused = |(kind, of): &(&str, &[Entry])| allowed::refused(kind, of).or_else(|| rules::broken(kind, of));
        if let Some(why) = all.iter().find_map(refused) {
            return Some(format!("azurerm does not take {why}"));
        }
        let is_meant = |name: &str| is_meant(name) || self.table.defaults.contains(&name);
        let mut defaulted = rules::defaulted(self.table.kind, self.entries);
        let (name, value) = defaulted.find(|(name, _)| !is_meant(name))?;
        Some(format!("azurerm would set {name} to {value}, of which Azure says nothing"))
    }
}

/// The child's body with its name, as nested objects have it.
fn named(child: &Child<'_>) -> Term {
    let mut body = child.body.clone();
    body.set("@name", Term::Text(Text::literal(child.name)));
    body
}

struct Walk<'b> {
    body: &'b Term,
    /// The body, crossed out.
    rest: Term,
    /// Where the enclosing objects are.
    frames: Vec<BodyPath>,
    is_compared: bool,
    ignored: Vec<String>,
    /// What Azure does not say and only an import needs: the provider's default stands for it.
    unsaid: Vec<String>,
    besides: Vec<Beside>,
    endings: Vec<(Text, &'static str)>,
    /// Values that a line consumes without an attribute, whatever they are.
    left: Vec<String>,
}

impl Walk<'_> {
    fn apply(&mut self, lines: &[Line], here: &[usize], out: &mut Vec<Entry>) -> Result<(), Refusal> {
        for line in lines {
            let is_so = |guard: &Guard| holds(guard, self.body, here, &self.frames);
            let is_left = !line.unless.is_empty() && line.unless.iter().all(is_so);
            if !is_left && line.guards.iter().all(is_so) {
                self.line(line, here, out)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line, here: &[usize], out: &mut Vec<Entry>) -> Result<(), Refusal> {
        match &line.target {
            Target::Ignore(values) => {
                self.ignore(line, values, here);
                Ok(())
            }
            Target::Attribute { blocks, name } => {
                let found = self.read(line, here)?;
                let is_read = line.changes.iter().any(|change| matches!(change.does, Does::Absent(true)));
                if found.is_none() && !self.is_compared && is_read {
                    self.unsaid.push(blocks.iter().copied().chain([*name]).collect::<Vec<_>>().join("."));
                }
                if let Some(cell) = found {
                    self.note_secrets(&cell, blocks, name, line.is(Mark::Secret));
                    put(out, blocks, Entry::Attribute(name, cell));
                }
                Ok(())
            }
            Target::Block { blocks, name } => {
                let mut merged = Vec::new();
                for spot in self.chosen(line, here, true) {
                    let entries = self.inside(line, here, &spot)?;
                    if line.is(Mark::Merged) {
                        merged.extend(entries);
                    } else if !entries.is_empty() || line.is(Mark::Ever) {
                        self.note_block_secrets(&entries, blocks, name);
                        put(out, blocks, Entry::Block(name, entries));
                    }
                }
                if !merged.is_empty() {
                    put(out, blocks, Entry::Block(name, merged));
                }
                Ok(())
            }
            Target::Association(kind, import) => {
                for spot in self.chosen(line, here, true) {
                    let ignored = std::mem::take(&mut self.ignored);
                    let entries = self.inside(line, here, &spot);
                    let own = std::mem::replace(&mut self.ignored, ignored);
                    let mut frames = self.frames.clone();
                    frames.push(here.to_vec());
                    let import = fill(import, self.body, &spot, &frames);
                    self.besides.push(Beside { kind, entries: entries?, ignored: own, import });
                    self.cross(&spot);
                }
                Ok(())
            }
            Target::Constant { blocks, name, value } => {
                put(out, blocks, Entry::Attribute(name, Cell::Term(values::typed(value))));
                Ok(())
            }
        }
    }

    fn inside(&mut self, line: &Line, here: &[usize], spot: &[usize]) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::new();
        self.frames.push(here.to_vec());
        let applied = self.apply(&line.inner, spot, &mut entries);
        self.frames.pop();
        applied.map(|()| entries)
    }

    fn ignore(&mut self, line: &Line, values: &[&str], here: &[usize]) {
        // What the id says is nobody's to carry.
        if matches!(line.path.root, Root::Id(_)) {
            return;
        }
        for spot in self.chosen(line, here, !line.only.is_empty()) {
            let fits = values.is_empty()
                || get(self.body, &spot).is_some_and(|value| match value {
                    Term::List(items) => items.iter().all(|item| is_one_of(item, values)),
                    value => is_one_of(value, values),
                });
            if fits {
                let is_left = values.is_empty() && get(&self.rest, &spot).is_some_and(|value| !is_blank(value));
                self.left.extend(is_left.then(|| spelled(self.body, &spot)));
                self.cross(&spot);
            }
        }
    }

    fn read(&mut self, line: &Line, here: &[usize]) -> Result<Option<Cell>, Refusal> {
        if let Root::Id(word) = line.path.root {
            // Inside an absorbed child, its own name.
            let child = get(self.body, here).filter(|_| !here.is_empty() && word == IdPart::Name);
            if let Some((_, name)) = child.and_then(|child| field(child, "@name")) {
                return Ok(Some(Cell::Term(name.clone())));
            }
            return Ok(Some(Cell::Id(word)));
        }
        let spots = self.chosen(line, here, false);
        let listed = self.is_listed(&line.path, here);
        let values: Vec<Term> = spots
            .iter()
            .filter_map(|spot| get(self.body, spot))
            .filter(|value| !is_blank(value) || line.is(Mark::Empty))
            .cloned()
            .collect();
        let value = if listed && !values.is_empty() { Some(Term::List(values)) } else { values.into_iter().next() };
        let value = line.changes.iter().fold(value, |value, change| match (change.does, change.given.path()) {
            (Does::Mark(Mark::With), Some(path)) => self.joined(value, change.given.text(0), path, here),
            _ => value,
        });
        let found = values::run(value, &line.changes, self.is_compared)
            .map_err(|cause| Refusal::Because(format!("{} {cause}", self.spell(&spots, line))))?;
        let ends = line.changes.iter().find(|change| matches!(change.does, Does::Mark(Mark::Ends)));
        if let (Some(change), Some(Cell::Term(Term::Text(id)))) = (ends, &found) {
            self.endings.push((id.clone(), change.given.text(0)));
        }
        if !line.is(Mark::Keep) && line.path.root == Root::Here {
            for spot in spots.iter().filter(|spot| line.is(Mark::Empty) || !is_said_empty(self.body, spot)) {
                self.cross(spot);
            }
        }
        Ok(found)
    }

    /// A text with what stands elsewhere behind it.
    fn joined(&self, value: Option<Term>, between: &str, path: &Path, here: &[usize]) -> Option<Term> {
        let spots = self.spots(path, here, false);
        let other = spots.first().and_then(|spot| get(self.body, spot)).and_then(values::plain)?;
        let text = values::plain(&value?)?;
        Some(Term::Text(Text::literal(format!("{text}{between}{other}"))))
    }

    /// Where a line's path leads, without what its conditions leave out.
    fn chosen(&self, line: &Line, here: &[usize], open: bool) -> Vec<BodyPath> {
        let mut spots = self.spots(&line.path, here, open);
        if !line.only.is_empty() {
            let mut frames = self.frames.clone();
            frames.push(here.to_vec());
            spots.retain(|spot| line.only.iter().all(|guard| holds(guard, self.body, spot, &frames)));
        }
        spots
    }

    fn cross(&mut self, spot: &[usize]) {
        if let Some(place) = get_mut(&mut self.rest, spot) {
            *place = Term::Null;
        }
    }

    /// A reader finds a refused value by its path in the body.
    fn spell(&self, spots: &[BodyPath], line: &Line) -> String {
        match spots.first() {
            Some(spot) => spelled(self.body, spot),
            None => line.path.steps.iter().map(|step| format!("{step:?}")).collect::<Vec<_>>().join("."),
        }
    }

    /// Where a path leads, through lists; with `open` also into a list at its end.
    fn spots(&self, path: &Path, here: &[usize], open: bool) -> Vec<BodyPath> {
        let start = start(path.root, here, &self.frames);
        let mut found = Vec::new();
        expand(self.body, start, &path.steps, open, &mut found);
        found
    }

    fn is_listed(&self, path: &Path, here: &[usize]) -> bool {
        let mut at = get(self.body, &start(path.root, here, &self.frames));
        for step in &path.steps {
            at = match (at, step) {
                (Some(Term::List(items)), Step::Item(index)) => items.get(*index),
                (Some(term), Step::Item(0)) => Some(term),
                (Some(Term::List(_)), Step::Field(_)) => return true,
                (Some(term), Step::Field(name)) => field(term, name).map(|(_, value)| value),
                _ => None,
            };
        }
        false
    }

    fn note_secrets(&mut self, cell: &Cell, blocks: &[&'static str], name: &'static str, is_secret: bool) {
        if is_secret {
            self.ignored.push(blocks.first().copied().unwrap_or(name).to_owned());
        } else if cell.has_parameter() {
            match (cell, blocks) {
                (Cell::Term(Term::Map(fields)), []) => {
                    let secret = fields.iter().filter(|(_, value)| value.has_parameters());
                    let keys = secret.filter_map(|(key, _)| key.as_literal());
                    self.ignored
                        .extend(keys.map(|key| format!("{name}[{}]", crate::iac::emit::terraform::hcl::quoted(key))));
                }
                _ => self.ignored.push(blocks.first().copied().unwrap_or(name).to_owned()),
            }
        }
    }

    /// Blocks may be sets, whose members have no address: the whole block is named.
    fn note_block_secrets(&mut self, entries: &[Entry], blocks: &[&'static str], name: &'static str) {
        if entries.iter().any(Entry::has_parameter) {
            let inner: Vec<&str> = entries.iter().map(Entry::name).collect();
            self.ignored.retain(|path| !inner.contains(&path.as_str()));
            self.ignored.push(blocks.first().copied().unwrap_or(name).to_owned());
        }
    }
}

/// Puts an entry into the blocks that its target names; blocks of one name are one.
fn put(out: &mut Vec<Entry>, blocks: &[&'static str], entry: Entry) {
    let Some((block, rest)) = blocks.split_first() else {
        out.push(entry);
        return;
    };
    let at = out.iter().position(|entry| matches!(entry, Entry::Block(name, _) if name == block));
    let at = at.unwrap_or_else(|| {
        out.push(Entry::Block(block, Vec::new()));
        out.len() - 1
    });
    if let Entry::Block(_, entries) = &mut out[at] {
        put(entries, rest, entry);
    }
}
