//! What stands below a location, and what stands at no subscription.
//!
//! The metadata tells of types as `{namespace}/locations/{type}`. A location is no resource, so no parent leads to
//! them: they are asked for at the subscription and at each group, in the locations where something stands, and only
//! where the request names them. A pattern that does not name their namespace (`*`) means the namespaces that
//! are in use, and gives a type up that stays empty or is refused. What stands at the tenant (`/providers/{type}`) is
//! asked for where its type is written out: no pattern can mean the hundreds of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    refusable::{Question, ask, give_up},
    type_list,
};
use crate::{
    arm,
    graph::{Entry, model::Label},
    scan::{
        error::ScanError,
        facts::{
            body::element,
            catalogue::{Catalogue, TypeFacts, is_read_elsewhere},
            child_rules::is_skipped,
            refusals::{AskedList, Meaning, Reason, Refusals},
            stream_key::StreamKey,
        },
        read::scan::{AT_ONCE, Scan},
    },
};

/// A type that is asked for in a subscription.
struct Located {
    subscription: String,
    facts: TypeFacts,
    /// Nothing names it exactly: it is given up where it stays empty.
    guessed: bool,
}

/// One list: a scope and a location of it.
struct Place {
    located: Arc<Located>,
    scope: String,
    location: String,
    kind: &'static str,
}

/// Reads what stands below locations, and at the tenant.
pub(crate) async fn read(scan: &Scan, catalogue: &Catalogue, refusals: &Refusals) -> Result<(), ScanError> {
    at_tenant(scan, catalogue).await?;
    let wanted = wanted(scan, catalogue);
    if wanted.is_empty() {
        return Ok(());
    }
    scan.report("children", "reading what stands below locations", 0.73, None);
    let places = places(scan).await?;
    // The subscription first: what has a list there is found before any group is asked.
    for kind in ["its subscription", "its group"] {
        let mut lists = Vec::new();
        for located in &wanted {
            let here = format!("/subscriptions/{}", located.subscription);
            for (scope, locations) in places.range(here.clone()..).take_while(|(scope, _)| scope.starts_with(&here)) {
                if (*scope == here) == (kind == "its subscription") {
                    lists.extend(locations.iter().map(|location| Place {
                        located: located.clone(),
                        scope: scope.clone(),
                        location: location.clone(),
                        kind,
                    }));
                }
            }
        }
        let each = stream::iter(lists.into_iter().map(|place| one(scan, place, refusals)));
        each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    }
    Ok(())
}

/// Which locations are in use, by lower-cased scope: subscriptions, and groups.
async fn places(scan: &Scan) -> Result<BTreeMap<String, BTreeSet<String>>, ScanError> {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |entry: Entry| {
        let location = entry.location.as_deref().map(arm::location_code)?;
        let is_place = matches!(entry.label, Label::Resource | Label::ResourceGroup) && location != "global";
        let parts: Vec<&str> = entry.key.trim_matches('/').split('/').take(4).collect();
        let ["subscriptions", id, rest @ ..] = parts.as_slice() else { return None };
        if is_place {
            places.entry(format!("/subscriptions/{id}")).or_default().insert(location.clone());
            if let ["resourcegroups", group] = rest {
                places.entry(format!("/subscriptions/{id}/resourcegroups/{group}")).or_default().insert(location);
            }
        }
        Some(())
    };
    let mut all = std::pin::pin!(scan.batches());
    while let Some(entries) = all.try_next().await? {
        for entry in entries {
            note(entry);
        }
    }
    Ok(places)
}

fn wanted(scan: &Scan, catalogue: &Catalogue) -> Vec<Arc<Located>> {
    let patterns = &scan.request.include_child_types;
    let cells = scan.generation.cells();
    let mut wanted = Vec::new();
    for subscription in catalogue.subscriptions() {
        let in_use: BTreeSet<&str> = cells
            .iter()
            .filter(|cell| cell.subscription == *subscription)
            .filter_map(|cell| cell.type_name.split('/').next())
            .collect();
        for facts in catalogue.located(subscription) {
            let namespace = facts.name.split('/').next().unwrap_or_default();
            let exact = |asked: &String| asked.eq_ignore_ascii_case(&facts.name);
            let names_it =
                |asked: &&String| asked.split('/').next().is_some_and(|word| word.eq_ignore_ascii_case(namespace));
            let by_namespace: Vec<String> = patterns.iter().filter(names_it).cloned().collect();
            let is_asked = scan.filter.asks_for(&by_namespace, &facts.name)
                || scan.filter.asks_for(patterns, &facts.name) && in_use.contains(namespace.to_lowercase().as_str())
                || scan.filter.names_type(&facts.name);
            let is_out = is_skipped(&facts.name) || scan.filter.excludes_type(&facts.name);
            if is_asked && !is_out && scan.filter.wants_children(&facts.name) {
                let guessed = !patterns.iter().any(exact) && !scan.filter.names_type(&facts.name);
                let located = Located { subscription: subscription.clone(), facts: facts.clone(), guessed };
                wanted.push(Arc::new(located));
            }
        }
    }
    wanted
}

async fn one(scan: &Scan, place: Place, refusals: &Refusals) -> Result<(), ScanError> {
    let Place { located, scope, location, kind } = place;
    let Located { subscription, facts, guessed } = &*located;
    let (Some(version), Some((namespace, rest))) = (facts.version(), facts.name.split_once('/')) else { return Ok(()) };
    let segment = rest.rsplit('/').next().unwrap_or_default();
    let path = format!("{scope}/providers/{namespace}/locations/{location}/{segment}");
    let keep = |body: Value, version: &str| {
        let found = element(body, &facts.name, version, subscription)?;
        (scan.filter.keeps(&found) && scan.admits(&found.id)).then_some(found)
    };
    let question = Question {
        stream: StreamKey::Located { scope: &scope, location: &location, type_name: &facts.name },
        asked: AskedList::new(subscription, &facts.name).below(kind),
        subscription,
        type_name: &facts.name,
        path: &path,
        version: &version,
        scope: &path,
        guessed: *guessed,
    };
    match ask(scan, refusals, &question, keep).await? {
        Some(error) => give_up(scan, refusals, &question, &error).await,
        None => Ok(()),
    }
}

/// Types that are written out are asked for at the tenant too: billing accounts, orders of reservations, aliases.
async fn at_tenant(scan: &Scan, catalogue: &Catalogue) -> Result<(), ScanError> {
    let asked = scan.request.include_child_types.iter().map(String::as_str).chain(scan.filter.named_types());
    let mut types: BTreeMap<String, (String, String)> = BTreeMap::new();
    for name in asked.filter(|name| name.matches('/').count() == 1) {
        let known = catalogue.subscriptions().find_map(|subscription| {
            let facts = catalogue.type_of(subscription, name)?;
            (!facts.tracked).then(|| Some((facts.name.clone(), facts.version()?)))?
        });
        let key = name.to_lowercase();
        if let Some(known) = known.filter(|_| !is_read_elsewhere(name) && !is_skipped(name)) {
            types.insert(key, known);
        }
    }
    let each = stream::iter(types.into_values().map(|(type_name, version)| one_at_tenant(scan, type_name, version)));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

async fn one_at_tenant(scan: &Scan, type_name: String, version: String) -> Result<(), ScanError> {
    let listed = type_list::read(scan, "", "", &type_name, &version).await;
    let Err(error) = scan.unless_fatal(listed)? else { return Ok(()) };
    // Most types have no list there.
    if scan.meaning(&error) != Meaning::Absent {
        scan.receipt.partial("", &type_name, Reason::of(&error));
        scan.receipt.gap(&format!("/providers/{type_name}"), &error);
    }
    Ok(())
}
