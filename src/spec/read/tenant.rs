//! From the tree of a text to the model: the tenant with its subscriptions, groups and resources.

use serde_json::{Map, Value};

use super::{
    identities,
    lists::{is_it, items},
    taken::{Taken, take, words_of},
};
use crate::{
    arm,
    spec::{
        catalogue,
        finding::Findings,
        model::{Group, Resource, Subscription, Tenant, Word},
        node::{Key, Kind, Node},
        place::Place,
        text::{name_and_type, named},
        words::{Of, bare},
    },
};

/// Deepest nesting of children.
const DEEPEST: usize = 12;

/// Reads the whole tree.
pub(in crate::spec) fn tenant(tree: Node, findings: &mut Findings) -> Tenant {
    let mut tenant = Tenant::default();
    let Some(mut taken) = take(tree, Of::Tenant, String::new(), findings) else { return tenant };
    tenant.display_name = taken.word("display_name", findings);
    tenant.id = taken.word("tenant_id", findings);
    let mut homeless = None;
    taken.other.retain(|(key, node)| {
        let is_it = key.text == "\u{0}homeless";
        if is_it {
            homeless = Some(node.clone());
        }
        !is_it
    });
    for (place, ..) in items(homeless) {
        let message =
            "expected a heading or a column that says this resource's group: `### Resource Group: name (location)`";
        findings.error("resources", place, message);
    }
    let subscriptions = items(taken.node("subscriptions").map(|(_, node)| node));
    for (at, (_, node)) in subscriptions.into_iter().enumerate() {
        let path = format!("subscriptions[{at}]");
        if let Some(found) = subscription(node, path, &mut tenant.narrative, findings) {
            tenant.subscriptions.push(found);
        }
    }
    let outside = items(taken.node("resource_groups").map(|(_, node)| node));
    groups_outside(outside, &mut tenant, findings);
    identities::read(&mut taken, &mut tenant, findings);
    tenant.narrative.extend(taken.finish(findings));
    tenant.narrative.sort_by_key(|prose| prose.place);
    tenant
}

fn groups_outside(nodes: Vec<(Place, Node)>, tenant: &mut Tenant, findings: &mut Findings) {
    let mut groups: Vec<(Option<Word>, Group)> = Vec::new();
    for (at, (_, node)) in nodes.into_iter().enumerate() {
        groups.extend(group(node, format!("resource_groups[{at}]"), &mut tenant.narrative, findings));
    }
    for (subscription, group) in groups {
        let is_named = |known: &Subscription| match &subscription {
            Some(word) => is_it(known, &word.text),
            None => known.name.is_empty() && known.id.is_none(),
        };
        if let Some(known) = tenant.subscriptions.iter_mut().find(|known| is_named(known)) {
            known.groups.push(group);
            continue;
        }
        // The only subscription of the text is meant where the group names none.
        if let ([only], None) = (tenant.subscriptions.as_mut_slice(), &subscription) {
            only.groups.push(group);
            continue;
        }
        let (name, id) = match subscription {
            Some(word) if uuid::Uuid::try_parse(&word.text).is_ok() => (String::new(), Some(word.text)),
            Some(word) => (word.text, None),
            None => (String::new(), None),
        };
        let (place, path) = (group.place, group.path.clone());
        tenant.subscriptions.push(Subscription { place, path, name, id, groups: vec![group] });
    }
}

fn subscription(node: Node, path: String, narrative: &mut Vec<Word>, findings: &mut Findings) -> Option<Subscription> {
    let place = node.place;
    let mut taken = take(node, Of::Subscription, path.clone(), findings)?;
    let title = taken.title.first().map(|word| named(&word.text));
    let (title, bracket) = title.map_or((None, None), |(name, bracket)| (Some(name), bracket));
    let name = taken.word("name", findings).map(|word| word.text).or(title).unwrap_or_default();
    let id = taken.word("id", findings).or_else(|| bracket.map(|text| Word { text, place }));
    let id = id.and_then(|word| {
        let text = word.text.trim_start_matches("/subscriptions/").to_owned();
        if uuid::Uuid::try_parse(&text).is_ok() && text.len() == 36 {
            return Some(text.to_lowercase());
        }
        let message = format!("{text:?} is no subscription's id: expected a UUID, or no id and subscription_map");
        findings.error(format!("{path}.id"), word.place, message);
        None
    });
    let mut groups = Vec::new();
    for (at, (_, node)) in items(taken.node("resource_groups").map(|(_, node)| node)).into_iter().enumerate() {
        groups
            .extend(group(node, format!("{path}.resource_groups[{at}]"), narrative, findings).map(|(_, group)| group));
    }
    narrative.extend(taken.finish(findings));
    // A UUID alone is an id.
    let (name, id) = match id {
        None if uuid::Uuid::try_parse(&name).is_ok() => (String::new(), Some(name.to_lowercase())),
        id => (name, id),
    };
    if name.is_empty() && id.is_none() {
        findings.error(format!("{path}.name"), place, "expected a subscription's name or id");
    }
    Some(Subscription { place, path, name, id, groups })
}

fn group(
    node: Node,
    path: String,
    narrative: &mut Vec<Word>,
    findings: &mut Findings,
) -> Option<(Option<Word>, Group)> {
    let place = node.place;
    let mut taken = take(node, Of::Group, path.clone(), findings)?;
    let title = taken.title.first().map(|word| (named(&word.text), word.place));
    let (title, bracket) =
        title.map_or((None, None), |((name, bracket), place)| (Some(name), bracket.map(|text| Word { text, place })));
    let name = taken.word("name", findings).map(|word| word.text).or(title).unwrap_or_default();
    let location = taken.word("location", findings).or(bracket);
    let location = location.map(|word| Word { text: arm::location_code(&word.text), place: word.place });
    let subscription = taken.word("subscription", findings);
    let _ = taken.node("id");
    let tags = taken.node("tags").map(|(_, node)| tags(&node, &format!("{path}.tags"), findings)).unwrap_or_default();
    let mut out = Group { place, path: path.clone(), name, location, tags, resources: Vec::new() };
    for (at, (_, node)) in items(taken.node("resources").map(|(_, node)| node)).into_iter().enumerate() {
        let mut reader = Resources { out: &mut out.resources, narrative, findings };
        reader.resource(node, format!("{path}.resources[{at}]"), None, 0);
    }
    narrative.extend(taken.finish(findings));
    if out.name.is_empty() {
        findings.error(format!("{path}.name"), place, "expected the resource group's name");
    }
    Some((subscription, out))
}

/// Tags as an object, as `a=b, c=d`, or as a list of such texts.
pub(in crate::spec) fn tags(node: &Node, path: &str, findings: &mut Findings) -> Map<String, Value> {
    let mut tags = Map::new();
    let mut put = |name: &str, value: Value, place: Place, findings: &mut Findings| {
        let name = name.trim();
        // Azure's own tags, which the portal writes, may hold an id.
        let is_hidden = name.starts_with("hidden-");
        let is_bad = |c: char| matches!(c, '<' | '>' | '%' | '&' | '\\' | '?' | '/') && !is_hidden;
        if name.is_empty() || name.len() > 512 || name.contains(is_bad) {
            findings.error(
                format!("{path}.{name}"),
                place,
                "a tag's name has 1 to 512 characters and none of <>%&\\?/",
            );
        }
        if tags.get(name).is_some_and(|known| *known != value) {
            return findings.warn(place, format!("the tag {name:?} stands twice: the first value stays"));
        }
        tags.insert(name.to_owned(), value);
    };
    match &node.value {
        Kind::Map(fields) if is_name_and_value(fields) => {
            let of = |wanted: &str| fields.iter().find(|(key, _)| bare(&key.text) == wanted).map(|(_, node)| node);
            if let (Some(name), Some(value)) = (of("name").or(of("key")).or(of("tag")), of("value")) {
                put(&name.word().unwrap_or_default(), tag_value(value), node.place, findings);
            }
        }
        Kind::Map(fields) => {
            for (key, value) in fields {
                if key.text.starts_with('\u{0}') {
                    let shown = value.word().unwrap_or_else(|| value.json().to_string());
                    findings.warn(key.place, format!("{shown:?} is no tag: expected name: value"));
                    continue;
                }
                put(&key.text, tag_value(value), key.place, findings);
            }
        }
        Kind::List(items) => {
            for item in items {
                let inner = self::tags(item, path, findings);
                for (name, value) in inner {
                    put(&name, value, item.place, findings);
                }
            }
        }
        Kind::Text { text, .. } => {
            for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
                match part.split_once(['=', ':']) {
                    Some((name, value)) => {
                        let value = value.trim().trim_matches('"');
                        put(name, Value::String(super::super::node::escaped(value)), node.place, findings);
                    }
                    None => put(part, Value::String(String::new()), node.place, findings),
                }
            }
        }
        Kind::Null => {}
        _ => findings.error(path, node.place, format!("expected tags such as env=prod, not {}", node.describe())),
    }
    tags
}

fn is_name_and_value(fields: &[(Key, Node)]) -> bool {
    let names: Vec<String> = fields.iter().map(|(key, _)| bare(&key.text)).collect();
    names.len() == 2
        && names.contains(&"value".to_owned())
        && names.iter().any(|name| matches!(name.as_str(), "name" | "key" | "tag"))
}

fn tag_value(node: &Node) -> Value {
    match node.json() {
        Value::String(text) => Value::String(text),
        Value::Null => Value::String(String::new()),
        other => Value::String(other.to_string()),
    }
}

struct Resources<'r> {
    out: &'r mut Vec<Resource>,
    narrative: &'r mut Vec<Word>,
    findings: &'r mut Findings,
}

impl Resources<'_> {
    fn resource(&mut self, node: Node, path: String, parent: Option<(String, String)>, depth: usize) {
        let place = node.place;
        let Some(mut taken) = take(node, Of::Resource, path.clone(), self.findings) else { return };
        let title = taken.title.first().cloned();
        let from_title = title.as_ref().and_then(|word| name_and_type(&word.text));
        let given = taken.word("type", self.findings);
        let name = taken.word("name", self.findings).map(|word| word.text);
        // An id says all of it.
        let id = taken.word("id", self.findings).and_then(|word| arm::ResourceId::parse(&word.text));
        let of_id = id.filter(|id| id.namespace.is_some()).map(|id| {
            let names: Vec<&str> = id.segments.iter().map(|(_, name)| name.as_str()).collect();
            (names.join("/"), id.type_name())
        });
        let (title_name, title_type) =
            from_title.or(of_id).map_or((None, None), |(name, kind)| (Some(name), Some(kind)));
        let name = name.or(title_name).or(title.map(|word| word.text)).unwrap_or_default();
        if name.is_empty() {
            self.findings.error(format!("{path}.name"), place, "expected the resource's name");
        }
        let Some(kind) = self.kind(given, title_type, (place, &path), parent.as_ref()) else {
            self.narrative.append(&mut taken.narrative);
            return;
        };
        let kind = child_type(&kind, parent.as_ref()).unwrap_or(kind);
        let name = self.full_name(&name, &kind, parent.as_ref(), &mut taken, place, &path);
        let children = taken.node("children").map(|(_, node)| node);
        for ignored in ["resource_group", "subscription"] {
            let _ = taken.node(ignored);
        }
        let (api_version, scope) = (taken.word("api_version", self.findings), taken.word("scope", self.findings));
        let depends_on = taken.words("depends_on", self.findings);
        let is_bare = is_none(&mut taken);
        let fields = body_fields(&mut taken);
        self.out.push(Resource {
            place,
            path: path.clone(),
            name: name.clone(),
            type_name: kind.clone(),
            api_version,
            scope,
            depends_on,
            is_bare,
            fields,
        });
        self.narrative.append(&mut taken.narrative);
        for (at, (_, child)) in items(children).into_iter().enumerate() {
            if depth >= DEEPEST {
                self.findings.error(path.clone(), place, format!("children are nested deeper than {DEEPEST} levels"));
                return;
            }
            let above = Some((kind.clone(), name.clone()));
            self.resource(child, format!("{path}.children[{at}]"), above, depth + 1);
        }
    }

    /// The type that the text gives, or that of the title; none is an error.
    fn kind(
        &mut self,
        given: Option<Word>,
        of_title: Option<String>,
        (place, path): (Place, &str),
        parent: Option<&(String, String)>,
    ) -> Option<String> {
        let Some(word) = given else {
            if of_title.is_none() {
                let message =
                    "expected the resource's type, such as Microsoft.Network/virtualNetworks or \"virtual network\"";
                self.findings.error(format!("{path}.type"), place, message);
            }
            return of_title;
        };
        let found = catalogue::type_of(&word.text).or_else(|| child_type(&word.text, parent));
        if found.is_none() {
            let message = format!(
                "{:?} is no type: expected a full one such as Microsoft.Network/virtualNetworks, or a common word such as \"virtual network\"",
                word.text
            );
            self.findings.error(format!("{path}.type"), word.place, message);
        }
        found
    }

    /// The name with those of its parents: its own, that of `parent`, or that of the last resource before it that can be
    /// its parent.
    fn full_name(
        &mut self,
        name: &str,
        kind: &str,
        parent: Option<&(String, String)>,
        taken: &mut Taken,
        place: Place,
        path: &str,
    ) -> String {
        let name = name.trim().trim_matches('/');
        let named = taken.word("parent", self.findings);
        let depth = kind.matches('/').count();
        if depth < 2 || name.split('/').count() >= depth {
            return name.to_owned();
        }
        let parent_type = kind.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
        if let Some(named) = named {
            let last = name_and_type(&named.text).map_or(named.text.clone(), |(name, _)| name);
            let is_parent = |known: &&Resource| {
                known.type_name.eq_ignore_ascii_case(&parent_type)
                    && (known.name.eq_ignore_ascii_case(&last)
                        || known.name.to_lowercase().ends_with(&format!("/{}", last.to_lowercase())))
            };
            let known = self.out.iter().rev().find(is_parent).map(|known| known.name.clone());
            let above = known.unwrap_or_else(|| {
                last.rsplit('/').next().filter(|_| last.starts_with("/subscriptions/")).unwrap_or(&last).to_owned()
            });
            return format!("{above}/{name}");
        }
        if let Some((_, above)) = parent {
            return format!("{above}/{name}");
        }
        let above = self.out.iter().rev().find(|known| known.type_name.eq_ignore_ascii_case(&parent_type));
        if let Some(known) = above {
            return format!("{}/{name}", known.name);
        }
        let message =
            format!("expected a name such as parent/{name}, or `parent:`: {kind} is a child of {parent_type}");
        self.findings.error(format!("{path}.name"), place, message);
        name.to_owned()
    }
}

/// The type of a child whose own word is the last segment of it: `subnets` of a virtual network.
fn child_type(word: &str, parent: Option<&(String, String)>) -> Option<String> {
    let (above, _) = parent?;
    let word = word.trim().trim_matches('/');
    if word.contains(['/', ' ']) || word.contains('.') {
        return None;
    }
    Some(format!("{above}/{word}"))
}

/// `defaults: none`; anything else of this name is a property of the type.
fn is_none(taken: &mut Taken) -> bool {
    let Some((key, node)) = taken.node("defaults") else { return false };
    let is_none = node.text().is_some_and(|text| matches!(bare(text).as_str(), "none" | "no"));
    if !is_none {
        taken.other.push((key, node));
    }
    is_none
}

/// What the resource's body is made of, in the order of the text.
fn body_fields(taken: &mut Taken) -> Vec<(Key, Node)> {
    let mut fields = std::mem::take(&mut taken.other);
    for name in ["location", "tags", "sku", "kind", "identity", "zones", "properties", "narrative"] {
        if let Some((mut key, node)) = taken.node(name) {
            // What was called otherwise may be a property of the type.
            if bare(&key.text) == bare(name) {
                name.clone_into(&mut key.text);
            }
            fields.push((key, node));
        }
    }
    fields.sort_by_key(|(key, _)| key.place);
    fields
}

/// Words of a list, for other files of this room.
pub(in crate::spec) fn words(node: &Node, path: &str, findings: &mut Findings) -> Vec<Word> {
    words_of(node, path, findings)
}
