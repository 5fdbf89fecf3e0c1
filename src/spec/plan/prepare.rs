//! From a text to its plan, or to all that is wrong with it. Pure: the same text, tenant and map give the same plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    draft::draft,
    item::Item,
    needed, order, people,
    references::{self, Names, Unresolved},
    steps::{Lookup, Plan, Step, narrative},
    target::Target,
};
use crate::spec::{
    body::get,
    check::{Space, addresses, prefixes},
    finding::{Finding, Findings},
    model::Tenant,
    read, secrets,
    text::{self, Form},
};

/// What is asked for of a text.
#[derive(Debug, Clone)]
pub(crate) struct Order<'o> {
    pub target: &'o Target,
    /// Names of the secrets whose values are given.
    pub secrets: BTreeSet<String>,
    pub is_dry: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// All at once.
    Fields(Vec<Finding>),
    /// Only a language model could read it.
    Prose,
}

/// A text that was read, for whatever tenant.
pub(crate) struct Reading {
    text: String,
    tenant: Result<Tenant, Refused>,
    findings: Findings,
}

impl Reading {
    pub(crate) fn of(text: &str) -> Self {
        let text = text::normal(text);
        let mut findings = Findings::default();
        secrets::in_lines(&text, &mut findings);
        let tenant = match text::read(&text, &mut findings) {
            Form::Tree(tree) => {
                secrets::in_tree(&tree, &mut findings);
                Ok(read::tenant(tree, &mut findings))
            }
            Form::Prose if findings.has_errors() => Err(refusal(&findings)),
            Form::Prose => Err(Refused::Prose),
            Form::Broken => Err(refusal(&findings)),
        };
        Self { text, tenant, findings }
    }

    /// The tenant that the text names for itself, if it does.
    pub(crate) fn tenant_id(&self) -> Option<uuid::Uuid> {
        uuid::Uuid::try_parse(self.tenant.as_ref().ok()?.id.as_ref()?.text.trim()).ok()
    }
}

/// Checks and plans.
pub(crate) fn prepare(reading: Reading, order: &Order<'_>) -> Result<Plan, Refused> {
    let Reading { text, tenant, mut findings } = reading;
    let tenant = tenant?;
    let mut draft = draft(&tenant, order.target, &mut findings);
    let names = Names::of(&draft.items);
    let unresolved = references::resolve(&mut draft.items, &names, &mut findings);
    // What extends another has its id only now.
    let names = Names::of(&draft.items);
    references::needs(&mut draft.items, &names, &mut findings);
    addresses(&spaces(&draft.items), &mut findings);
    people::add(&tenant, &mut draft.items, &names, (&draft.homes, &draft.rewrites), &mut findings);
    let secrets = needed::secrets(&mut draft.items, &order.secrets, &mut findings);
    needed::compare(&secrets, &order.secrets, order.is_dry, &mut findings);
    let ordered = match order::order(&draft.items) {
        Ok(ordered) => ordered,
        Err(circle) => {
            told_circle(&draft.items, &circle, &mut findings);
            return Err(refusal(&findings));
        }
    };
    if findings.has_errors() {
        return Err(refusal(&findings));
    }
    if draft.items.is_empty() {
        findings
            .warn(crate::spec::place::Place { line: 1, column: 1 }, "the text describes nothing that can be created");
    }
    let mut prose = tenant.narrative;
    prose.append(&mut draft.narrative);
    let (steps, lookups) = numbered(draft.items, &ordered, unresolved);
    let hash = hash(&text, order.target, &steps);
    Ok(Plan {
        hash,
        steps,
        secrets,
        narrative: narrative(&prose),
        warnings: findings.warnings(),
        homes: draft.homes,
        lookups,
        tenant: order.target.tenant,
        display_name: tenant.display_name.map(|word| word.text).unwrap_or_default(),
        deployments: ordered.deployment_count,
    })
}

/// All errors; of a line with a literal secret only that, for another's message could repeat it.
fn refusal(findings: &Findings) -> Refused {
    let mut errors = findings.errors();
    let secret: BTreeSet<u32> =
        errors.iter().filter(|error| error.message.contains("literal secret")).map(|error| error.place.line).collect();
    errors.retain(|error| !secret.contains(&error.place.line) || error.message.contains("literal secret"));
    errors.dedup_by(|a, b| {
        a.place.line == b.place.line && a.message == b.message && (a.path.is_empty() || b.path.is_empty())
    });
    Refused::Fields(errors)
}

fn told_circle(items: &[Item], circle: &[usize], findings: &mut Findings) {
    let names: Vec<String> =
        circle.iter().map(|number| format!("{} (line {})", items[*number].name, items[*number].place.line)).collect();
    if let Some(first) = circle.iter().map(|number| &items[*number]).min_by_key(|item| item.place) {
        findings.error(
            first.path.clone(),
            first.place,
            format!("these need each other, so none can be created first: {}", names.join(", ")),
        );
    }
}

fn spaces(items: &[Item]) -> Vec<Space> {
    let mut out = Vec::new();
    let mut peers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        if let Some(remote) = get(&item.body, "properties.remoteVirtualNetwork.id").and_then(Value::as_str) {
            let network =
                crate::arm::ResourceId::parse(&item.id).map(|id| crate::arm::key(&id.parent())).unwrap_or_default();
            peers.entry(network).or_default().push(crate::arm::key(remote));
        }
    }
    for item in items {
        let is = |kind: &str| item.type_name.eq_ignore_ascii_case(kind);
        if is("Microsoft.Network/virtualNetworks") {
            let network = crate::arm::key(&item.id);
            let at = "properties.addressSpace.addressPrefixes";
            out.push(Space {
                peers: peers.get(&network).cloned().unwrap_or_default(),
                network: network.clone(),
                name: item.name.clone(),
                is_subnet: false,
                prefixes: prefixes(get(&item.body, at)),
                path: format!("{}.{at}", item.path),
                place: item.place_of(at),
            });
            let subnets = get(&item.body, "properties.subnets").and_then(Value::as_array);
            for (number, subnet) in subnets.into_iter().flatten().enumerate() {
                let at = format!("properties.subnets[{number}].properties");
                out.push(subnet_of(
                    item,
                    &network,
                    subnet["name"].as_str().unwrap_or_default(),
                    subnet.get("properties"),
                    &at,
                ));
            }
        } else if is("Microsoft.Network/virtualNetworks/subnets") {
            let network =
                crate::arm::ResourceId::parse(&item.id).map(|id| crate::arm::key(&id.parent())).unwrap_or_default();
            out.push(subnet_of(item, &network, &item.name, item.body.get("properties"), "properties"));
        }
    }
    out
}

fn subnet_of(item: &Item, network: &str, name: &str, properties: Option<&Value>, at: &str) -> Space {
    let one = properties.and_then(|properties| properties.get("addressPrefix"));
    let many = properties.and_then(|properties| properties.get("addressPrefixes"));
    let found = [prefixes(one), prefixes(many)].into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    let at = format!("{at}.addressPrefix");
    Space {
        network: network.to_owned(),
        name: name.to_owned(),
        is_subnet: true,
        prefixes: found,
        path: format!("{}.{at}", item.path),
        place: item.place_of(&at),
        peers: Vec::new(),
    }
}

/// Items as steps in running order.
fn numbered(items: Vec<Item>, ordered: &order::Ordered, unresolved: Vec<Unresolved>) -> (Vec<Step>, Vec<Lookup>) {
    let mut number_of = vec![0; items.len()];
    for (at, number) in ordered.order.iter().enumerate() {
        number_of[*number] = at + 1;
    }
    let lookups = unresolved
        .into_iter()
        .map(|Unresolved { item, path, text, place }| Lookup { step: number_of[item], path, text, place })
        .collect();
    let mut slots: Vec<Option<Item>> = items.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(slots.len());
    for number in &ordered.order {
        let Some(item) = slots[*number].take() else { continue };
        let mut depends_on: Vec<usize> = item.needs.iter().map(|need| number_of[*need]).collect();
        depends_on.sort_unstable();
        steps.push(Step {
            n: number_of[*number],
            kind: item.kind,
            type_name: item.type_name,
            name: item.name,
            scope: item.scope,
            depends_on,
            defaults: item.defaults,
            line: item.place.line,
            body: item.body,
            id: item.id,
            api_version: item.api_version,
            deployment: ordered.deployments[*number],
            path: item.path,
        });
    }
    (steps, lookups)
}

/// SHA-256 over the text, the tenant, the map, and the steps with their bodies and defaults.
fn hash(text: &str, target: &Target, steps: &[Step]) -> String {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(text.as_bytes());
    part(target.tenant.as_bytes());
    for (name, id) in &target.subscription_map {
        part(name.as_bytes());
        part(id.as_bytes());
    }
    for step in steps {
        let mut whole = serde_json::to_value(step).unwrap_or_default();
        if let Value::Object(fields) = &mut whole {
            fields.insert("id".to_owned(), Value::String(step.id.clone()));
            fields.insert("api_version".to_owned(), Value::String(step.api_version.clone()));
        }
        part(canonical(&whole).to_string().as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// The same with its fields in the order of their names.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, Value> =
                fields.iter().map(|(name, value)| (name, canonical(value))).collect();
            Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}
