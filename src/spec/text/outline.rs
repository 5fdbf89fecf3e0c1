//! Form 2: from blocks of markdown to one tree. A heading belongs to the last heading before it of a kind that can hold
//! it, whatever their levels; what is below a heading belongs to it.

use super::{
    content,
    gather::{At, Reader, as_name},
    markdown::{Block, Item, Line},
    things::{TITLE, Thing, Things, name_and_type, named},
    value::{self, pair, parts},
};
use crate::spec::{
    catalogue,
    finding::Findings,
    node::{Key, Kind, Node},
    place::Place,
    words::{Heading, Of, bare, heading},
};

/// Whether a text has a heading of this form.
pub(super) fn has_headings(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| matches!(block, Block::Heading { line, .. } if said(&line.shown).is_some()))
}

/// What a heading says, and the rest of its text.
fn said(text: &str) -> Option<(Heading, String)> {
    let text = text.trim().trim_end_matches('#').trim();
    if let Some(found @ Heading::Many(_)) = heading(text) {
        return Some((found, String::new()));
    }
    for mark in [':', '–', '—'] {
        if let Some((word, rest)) = text.split_once(mark)
            && let Some(found) = heading(word)
        {
            return Some((found, rest.trim().to_owned()));
        }
    }
    if let Some((word, rest)) = text.split_once(" - ")
        && let Some(found) = heading(word)
    {
        return Some((found, rest.trim().to_owned()));
    }
    // `## Users (12)`, `## 3. Users`, `## Our users` is none.
    let numbered = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' '));
    if numbered.len() < text.len() {
        return said(numbered);
    }
    let (name, bracket) = named(text);
    match (heading(&name), bracket) {
        (Some(found @ Heading::Many(_)), Some(_)) => Some((found, String::new())),
        _ => None,
    }
}

/// Reads a text of this form.
pub(super) fn read(blocks: &[Block], findings: &mut Findings) -> Node {
    let place = Place { line: 1, column: 1 };
    let things = Things {
        tenant: Thing::new(Of::Tenant, place),
        subscriptions: Vec::new(),
        groups: Vec::new(),
        resources: Vec::new(),
        others: Vec::new(),
    };
    let mut reader = Reader { things, at: At::Tenant, group: None, subscription: None, resource: None, findings };
    for block in blocks {
        reader.block(block);
    }
    reader.things.tree()
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { line, .. } => self.heading(line),
            Block::Paragraph(lines) => lines.iter().for_each(|line| self.line(line)),
            Block::List(items) => self.list(items),
            Block::Table { head, rows } => self.table(head, rows),
            Block::Code { text, place } => {
                self.findings.warn(*place, "this code block is read as narrative: a specification is one ```json or ```yaml block, or headings");
                self.narrative(text, *place);
            }
        }
    }

    fn heading(&mut self, line: &Line) {
        let place = line.place;
        match said(&line.shown) {
            Some((Heading::One(of), rest)) => self.one(of, &rest, place),
            Some((Heading::Many(of), _)) => self.at = self.many(of),
            None => self.other_heading(line),
        }
    }

    fn one(&mut self, of: Of, rest: &str, place: Place) {
        let (name, bracket) = named(rest);
        let mut thing = Thing::new(of, place);
        let unquoted = name.trim_matches(['"', '`', '*']).to_owned();
        match of {
            Of::Tenant => {
                self.at = At::Tenant;
                let tenant = &mut self.things.tenant;
                tenant.place = place;
                tenant.set("display_name", as_name(unquoted, place));
                if let Some(id) = bracket {
                    tenant.set("tenant_id", Node::exact(id, place));
                }
                return;
            }
            Of::Subscription => {
                thing.set("name", as_name(unquoted, place));
                if let Some(id) = bracket {
                    thing.set("id", Node::exact(id, place));
                }
            }
            Of::Group => {
                thing.set("name", as_name(unquoted, place));
                if let Some(location) = bracket {
                    thing.set("location", Node::plain(location, place));
                }
            }
            Of::Resource => match (bracket, name_and_type(rest)) {
                (_, Some((name, kind))) => return self.resource(&name, Some(kind), place),
                (Some(kind), None) => return self.resource(&unquoted, Some(kind), place),
                (None, None) => return self.resource(&unquoted, None, place),
            },
            _ => thing.set(TITLE, Node::exact(rest, place)),
        }
        self.put(thing);
    }

    /// A heading of no kind: a resource, a field of one, or prose.
    fn other_heading(&mut self, line: &Line) {
        if let Some((name, kind)) = name_and_type(&line.shown).filter(|_| self.group.is_some()) {
            return self.resource(&name, Some(kind), line.place);
        }
        // `### alice@contoso.com` below `## Users`.
        let list = match &self.at {
            At::List(of) => Some(*of),
            At::Other(number) => Some(self.things.others[*number].of),
            _ => None,
        };
        if let Some(of) = list.filter(|of| !matches!(of, Of::Resource | Of::Group | Of::Subscription)) {
            let mut thing = Thing::new(of, line.place);
            thing.set(TITLE, Node::exact(line.shown.as_str(), line.place));
            return self.put(thing);
        }
        let resource = match &self.at {
            At::Resource(number) | At::Field(number, _) => Some(*number),
            _ => None,
        };
        if let Some(number) = resource {
            self.at = At::Field(number, Key { text: value::plain(&line.shown), place: line.place, is_loose: true });
            return;
        }
        if let At::Group(_) | At::Subscription(_) | At::Tenant = self.at
            && matches!(bare(&line.shown).as_str(), "tags" | "tag")
        {
            // Its list is read as the one above's own.
            return self.narrative(&line.shown, line.place);
        }
        self.narrative(&line.shown, line.place);
        self.at = At::Nothing;
    }

    /// A line of a paragraph: a field where it is one, else prose.
    fn line(&mut self, line: &Line) {
        if let At::List(of) = self.at
            && of == Of::RoleAssignment
            && content::sentence(&line.shown)
        {
            let mut thing = Thing::new(of, line.place);
            thing.set(TITLE, Node::exact(line.shown.as_str(), line.place));
            self.things.others.push(thing);
            return;
        }
        match (&self.at, pair(line)) {
            (At::Nothing | At::List(_), _) | (_, None) => self.narrative(&line.shown, line.place),
            (_, Some(pair)) => {
                let key = Key { text: pair.key, place: line.place, is_loose: true };
                match value::value(&pair.value) {
                    Some(node) => self.field(key, node, line),
                    None => self.narrative(&line.shown, line.place),
                }
            }
        }
    }

    /// A field of what is current. One of prose that its thing does not have is narrative; for resources their
    /// reader decides, who knows the type.
    fn field(&mut self, key: Key, node: Node, line: &Line) {
        if let At::Field(number, name) = &self.at {
            let (number, name) = (*number, name.clone());
            return self.below_field(number, name, Node::map(vec![(key, node)], line.place));
        }
        let of = self.current().of;
        if key.is_loose && of != Of::Resource && of.field(&key.text).is_none() {
            return self.narrative(&line.shown, line.place);
        }
        self.current().fields.push((key, node));
    }

    fn list(&mut self, items: &[Item]) {
        // Below a field's heading there may be resources again.
        if let At::Field(number, _) = self.at
            && items.iter().any(|item| item.lines.first().is_some_and(|first| is_own_resource(item, first)))
        {
            self.at = At::Resource(number);
        }
        if let At::Field(number, key) = &self.at {
            let (number, key) = (*number, key.clone());
            let node = content::list(items, items.first().map_or(key.place, content::place));
            return self.below_field(number, key, node);
        }
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        let Some(first) = item.lines.first() else {
            item.blocks.iter().for_each(|block| self.block(block));
            return;
        };
        let before = self.at.clone();
        match self.at.clone() {
            At::Nothing => self.unknown(item),
            At::List(of) => self.entry(of, item),
            At::Resource(_)
                if self.group.is_some() && is_own_resource(item, first) && self.resource_item(item, first, None) =>
            {
                self.at = before;
            }
            At::Resource(_) | At::Other(_) => self.fields_of(item),
            At::Tenant | At::Subscription(_) | At::Group(_) => self.item_above(item, first),
            At::Field(..) => {}
        }
    }

    /// A bullet below a tenant, a subscription or a group: one of what it holds, or a field of its own.
    fn item_above(&mut self, item: &Item, first: &Line) {
        let before = self.at.clone();
        let found = pair(first).and_then(|pair| heading(&pair.key).map(|found| (found, pair)));
        if let Some((Heading::One(of @ (Of::Subscription | Of::Group)), pair)) = found.clone()
            && !pair.value.shown.is_empty()
            && !(of == Of::Subscription && matches!(before, At::Group(_)))
        {
            let (subscription, group) = (self.subscription, self.group);
            if before == At::Tenant && of == Of::Subscription {
                self.subscription = None;
            }
            self.one(of, &pair.value.shown, first.place);
            self.rest(item);
            if of == Of::Group {
                self.group = group.or(self.group);
            } else {
                self.subscription = subscription.or(self.subscription);
            }
            self.at = before;
            return;
        }
        if let Some(list) = found.as_ref().and_then(|(found, pair)| match found {
            Heading::Many(of) if pair.value.shown.is_empty() => Some(*of),
            _ => None,
        }) {
            self.at = self.many(list);
            item.blocks.iter().for_each(|block| self.block(block));
            self.at = before;
            return;
        }
        if matches!(before, At::Group(_)) && self.resource_item(item, first, found.map(|(_, pair)| pair.value)) {
            self.at = before;
            return;
        }
        if matches!(before, At::Subscription(_)) && pair(first).is_none() && !item.lines.is_empty() {
            let (name, bracket) = named(&first.shown);
            let is_group = !name.contains(char::is_whitespace) && (bracket.is_some() || !item.blocks.is_empty());
            if is_group {
                self.one(Of::Group, &first.shown, first.place);
                self.rest(item);
                self.at = before;
                return;
            }
        }
        self.fields_of(item);
    }

    /// The lines and blocks of a bullet behind its first line.
    fn rest(&mut self, item: &Item) {
        for line in item.lines.iter().skip(1) {
            self.line(line);
        }
        item.blocks.iter().for_each(|block| self.block(block));
    }

    /// A bullet that is a resource: whether it was one.
    fn resource_item(&mut self, item: &Item, first: &Line, named_resource: Option<Line>) -> bool {
        let all = parts(first);
        let Some(head) = all.first() else { return false };
        let title = named_resource.map_or_else(|| head.shown.clone(), |line| line.shown);
        let has = |field: &str| {
            let lines = all.iter().chain(item.lines.iter().skip(1));
            let inner = item.blocks.iter().filter_map(|block| match block {
                Block::List(items) => Some(items.iter().filter_map(|item| item.lines.first())),
                _ => None,
            });
            lines.chain(inner.flatten()).filter_map(pair).any(|pair| Of::Resource.field(&pair.key) == Some(field))
        };
        let place = first.place;
        let mut thing = Thing::new(Of::Resource, place);
        let mut skip = 1;
        let head_pair = pair(head);
        let is_field =
            head_pair.as_ref().is_some_and(|pair| Of::Group.field(&pair.key).is_some_and(|field| field != "name"));
        if let Some((name, kind)) = name_and_type(&title).filter(|_| !is_field) {
            thing.set("name", as_name(name, place));
            thing.set("type", Node::plain(kind, place));
        } else if let Some((key, rest)) =
            head_pair.as_ref().and_then(|pair| Some((name_and_type(&pair.key)?, &pair.value)))
        {
            // `web (VM): what it is for`
            thing.set("name", as_name(key.0, place));
            thing.set("type", Node::plain(key.1, place));
            if parts(rest).iter().all(|part| pair(part).is_some()) {
                Self::add_parts(&mut thing, &parts(rest));
            } else {
                thing.narrative.push(Node::exact(rest.shown.as_str(), rest.place));
            }
        } else if has("type") {
            match &head_pair {
                // `name: web, type: VM`
                Some(pair) if Of::Resource.field(&pair.key).is_some() && heading(&pair.key).is_none() => skip = 0,
                _ => {
                    let (name, _) = named(&title);
                    thing.set("name", as_name(name, place));
                }
            }
        } else {
            return false;
        }
        Self::add_parts(&mut thing, &all[skip..]);
        for line in item.lines.iter().skip(1) {
            Self::add_parts(&mut thing, std::slice::from_ref(line));
        }
        self.put(thing);
        item.blocks.iter().for_each(|block| self.block(block));
        true
    }

    fn add_parts(thing: &mut Thing, lines: &[Line]) {
        for line in lines {
            match pair(line).and_then(|pair| Some((pair.key, value::value(&pair.value)?))) {
                Some((key, node)) => thing.fields.push((Key::new(key, line.place), node)),
                None => thing.narrative.push(Node::exact(line.shown.as_str(), line.place)),
            }
        }
    }

    /// The fields of a bullet for what is current.
    fn fields_of(&mut self, item: &Item) {
        let node = content::item(item);
        let place = content::place(item);
        match node.value {
            Kind::Map(fields) => {
                let of = self.current().of;
                for (key, value) in fields {
                    if key.text == TITLE {
                        self.narrative(&value.word().unwrap_or_default(), key.place);
                        continue;
                    }
                    if of != Of::Resource && of.field(&key.text).is_none() {
                        let message = format!("{:?} is no field of {}: read as narrative", key.text, of.called());
                        self.findings.warn(key.place, message);
                        self.narrative(&format!("{}: {}", key.text, content::told(&value)), key.place);
                        continue;
                    }
                    self.current().fields.push((key, value));
                }
            }
            _ => self.narrative(&content::told(&node), place),
        }
    }

    /// A bullet below a heading of a list.
    fn entry(&mut self, of: Of, item: &Item) {
        let before = self.at.clone();
        let place = content::place(item);
        if matches!(of, Of::Subscription | Of::Group | Of::Resource) {
            let first = item.lines.first().cloned().unwrap_or_default();
            if of == Of::Resource {
                if !self.resource_item(item, &first, None) {
                    self.unknown(item);
                }
            } else {
                let title =
                    pair(&first).filter(|pair| of.field(&pair.key) == Some("name")).map(|pair| pair.value.shown);
                self.one(of, &title.unwrap_or(first.shown), place);
                self.rest(item);
            }
            self.at = before;
            return;
        }
        let mut thing = Thing::new(of, place);
        content::entry(&mut thing, item);
        self.things.others.push(thing);
    }

    /// A bullet that no kind of thing is.
    fn unknown(&mut self, item: &Item) {
        let node = content::item(item);
        let place = content::place(item);
        if matches!(node.value, Kind::Map(_)) {
            self.findings.warn(place, "this is below no heading that says what it is: read as narrative");
        }
        self.narrative(&content::told(&node), place);
    }

    fn table(&mut self, head: &[Line], rows: &[Vec<Line>]) {
        for (head, rows) in content::side_by_side(head, rows) {
            let has = |field: &str| head.iter().any(|cell| Of::Resource.field(&cell.shown) == Some(field));
            if let At::Field(number, _) = self.at
                && has("name")
                && has("type")
            {
                self.at = At::Resource(number);
            }
            let at = self.at.clone();
            match at {
                At::Field(number, key) => {
                    let node = content::table(&head, &rows);
                    self.below_field(number, key, node);
                }
                At::Nothing => {
                    let place = head.first().map(|cell| cell.place).unwrap_or_default();
                    self.findings.warn(place, "this table is below no heading that says what it is: read as narrative");
                    for (place, text) in content::rows_as_texts(&head, &rows) {
                        self.narrative(&text, place);
                    }
                }
                At::List(of) => self.rows(of, &head, &rows),
                At::Tenant => self.rows_of_what(&head, &rows, Of::Subscription),
                At::Subscription(_) => self.rows_of_what(&head, &rows, Of::Group),
                At::Group(_) => self.rows_of_what(&head, &rows, Of::Resource),
                At::Resource(_) | At::Other(_) => self.table_of_one(&head, &rows),
            }
        }
    }

    /// A table below a tenant, a subscription or a group: its fields, or what it holds.
    fn rows_of_what(&mut self, head: &[Line], rows: &[Vec<Line>], of: Of) {
        if content::is_pairs(head) {
            return self.table_of_one(head, rows);
        }
        let first = head.first().map(|cell| cell.shown.as_str()).unwrap_or_default();
        let of = match heading(first) {
            Some(Heading::One(named) | Heading::Many(named)) => named,
            None => of,
        };
        self.rows(of, head, rows);
    }

    fn rows(&mut self, of: Of, head: &[Line], rows: &[Vec<Line>]) {
        let kind = head.first().and_then(|cell| catalogue::type_of(&cell.shown));
        let before = (self.at.clone(), self.subscription, self.group, self.resource);
        for row in rows {
            let mut thing = Thing::new(of, row.first().map(|cell| cell.place).unwrap_or_default());
            content::row(&mut thing.fields, head, row);
            if thing.fields.is_empty() {
                continue;
            }
            if of == Of::Resource {
                // `| Virtual network | … |`: the column says the type.
                let has_type = thing.fields.iter().any(|(key, _)| of.field(&key.text) == Some("type"));
                if let (Some(kind), false) = (&kind, has_type) {
                    "name".clone_into(&mut thing.fields[0].0.text);
                    thing.set("type", Node::plain(kind.as_str(), thing.place));
                }
            }
            self.put(thing);
        }
        (self.at, self.subscription, self.group, self.resource) = before;
    }

    /// A table below one thing: its fields, or entries of one of its fields.
    fn table_of_one(&mut self, head: &[Line], rows: &[Vec<Line>]) {
        if content::is_pairs(head) {
            for row in rows {
                let (Some(key), Some(cell)) = (row.first(), row.get(1)) else { continue };
                let text = value::plain(&key.source);
                if let Some(node) = value::value(cell).filter(|_| !text.is_empty() && !content::is_blank(cell)) {
                    let key = Key { text, place: key.place, is_loose: false };
                    self.field(key, node, cell);
                }
            }
            return;
        }
        if let At::Resource(_) = self.at {
            let has_type = head.iter().any(|cell| Of::Resource.field(&cell.shown) == Some("type"));
            let kind = head.first().and_then(|cell| catalogue::type_of(&cell.shown));
            let is_own_list = kind.as_ref().is_some_and(|kind| self.is_list_of_current(kind));
            if has_type || (kind.is_some() && !is_own_list) {
                return self.rows(Of::Resource, head, rows);
            }
        }
        // `| Subnet | Prefix |`: entries of the field that the first column names.
        let Some(first) = head.first() else { return };
        let mut renamed = head.to_vec();
        "name".clone_into(&mut renamed[0].source);
        "name".clone_into(&mut renamed[0].shown);
        let key = Key { text: first.shown.clone(), place: first.place, is_loose: false };
        let node = content::table(&renamed, rows);
        self.current().fields.push((key, node));
    }

    /// Whether the current resource's body lists resources of a type.
    fn is_list_of_current(&mut self, kind: &str) -> bool {
        let own = self.current().fields.iter().find(|(key, _)| key.text == "type").and_then(|(_, node)| node.word());
        let own = own.and_then(|own| catalogue::type_of(&own)).unwrap_or_default();
        kind.rsplit_once('/').is_some_and(|(parent, _)| parent.eq_ignore_ascii_case(&own))
    }
}

/// Whether a bullet below a resource is another one: `web (VM)`, or a name and a type.
fn is_own_resource(item: &Item, first: &Line) -> bool {
    let all = parts(first);
    let is_titled = all.first().is_some_and(|head| {
        pair(head).is_none() && named(&head.shown).1.as_deref().and_then(catalogue::type_of).is_some()
    });
    let fields: Vec<_> = all.iter().chain(item.lines.iter().skip(1)).filter_map(pair).collect();
    let has = |field: &str| fields.iter().any(|pair| Of::Resource.field(&pair.key) == Some(field));
    is_titled || (has("name") && has("type"))
}
