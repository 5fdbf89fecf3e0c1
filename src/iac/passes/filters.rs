//! The filters of a request (AND over fields, OR inside one, case-insensitive, globs), and why they keep nothing.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{
    api::GenerateIacRequest,
    arm,
    graph::{model::Node, redact::is_secret_value},
    iac::error::IacError,
};

/// Names of what there is that a selection of nothing mentions.
const MOST_NAMES: usize = 5;

/// The filters that were given; a node must be taken by each.
pub struct Wanted {
    fields: Vec<Field>,
    excluded: Option<GlobSet>,
}

/// One filter.
struct Field {
    /// What it looks at, in words.
    what: &'static str,
    /// What was asked for.
    asked: Vec<String>,
    takes: Box<dyn Fn(&Node) -> bool>,
    /// What a node has of it.
    has: fn(&Node) -> Vec<String>,
}

impl Wanted {
    pub fn of(request: &GenerateIacRequest) -> Result<Self, IacError> {
        let mut fields = Vec::new();
        let mut like = |what, asked: &[String], has: fn(&Node) -> Vec<String>| {
            if let Some(set) = globs(asked)? {
                let takes = move |node: &Node| has(node).iter().any(|text| set.is_match(text));
                fields.push(Field { what, asked: asked.to_vec(), takes: Box::new(takes), has });
            }
            Ok::<_, IacError>(())
        };
        like("resource type", &request.resource_types, |node| vec![node.type_name.clone()])?;
        like("resource group", &request.resource_groups, |node| vec![node.resource_group.clone().unwrap_or_default()])?;
        like("name", &request.names, |node| vec![node.name.clone()])?;
        let mut among = |what, asked: Vec<String>, has: fn(&Node) -> Vec<String>| {
            if !asked.is_empty() {
                let wanted = asked.clone();
                let takes = move |node: &Node| has(node).iter().any(|text| wanted.contains(text));
                fields.push(Field { what, asked, takes: Box::new(takes), has });
            }
        };
        let regions = request.regions.iter().map(|region| arm::location_code(region)).collect();
        among("region", regions, |node| node.location.iter().cloned().collect());
        let subscriptions = request.subscription_ids.iter().map(ToString::to_string).collect();
        among("subscription", subscriptions, |node| node.subscription_id.iter().map(|id| id.to_lowercase()).collect());
        for (name, value) in request.tags.clone() {
            // Values may be secrets: only names are told.
            let asked = vec![if value.is_some() { format!("{name}=…") } else { name.clone() }];
            let takes = move |node: &Node| {
                node.tags.iter().any(|(known, is)| {
                    known.eq_ignore_ascii_case(&name)
                        && value.as_ref().is_none_or(|wanted| is.eq_ignore_ascii_case(wanted))
                })
            };
            let has: fn(&Node) -> Vec<String> =
                |node| node.tags.keys().filter(|name| !is_secret_value(name)).cloned().collect();
            fields.push(Field { what: "tag", asked, takes: Box::new(takes), has });
        }
        Ok(Self { fields, excluded: globs(&request.exclude_resource_types)? })
    }

    /// Whether a node is kept.
    pub fn takes(&self, node: &Node) -> bool {
        !self.excludes(&node.type_name) && self.fields.iter().all(|field| (field.takes)(node))
    }

    /// Whether a type is not wanted at all.
    pub fn excludes(&self, type_name: &str) -> bool {
        self.excluded.as_ref().is_some_and(|globs| globs.is_match(type_name))
    }
}

/// Why none of the nodes that are seen is taken.
pub struct Reasons<'w> {
    wanted: &'w Wanted,
    is_any: bool,
    is_all_excluded: bool,
    /// Of each filter: whether it takes one, and what there is for it.
    fields: Vec<(bool, BTreeSet<String>)>,
}

impl<'w> Reasons<'w> {
    pub fn of(wanted: &'w Wanted) -> Self {
        let fields = wanted.fields.iter().map(|_| (false, BTreeSet::new())).collect();
        Self { wanted, is_any: false, is_all_excluded: true, fields }
    }

    pub fn see(&mut self, node: &Node) {
        self.is_any = true;
        self.is_all_excluded &= self.wanted.excludes(&node.type_name);
        for (field, (takes, there)) in self.wanted.fields.iter().zip(&mut self.fields) {
            *takes |= (field.takes)(node);
            there.extend((field.has)(node).into_iter().filter(|text| !text.is_empty()));
        }
    }

    pub fn told(&self) -> String {
        let mut reasons = Vec::new();
        for (field, (_, there)) in self.wanted.fields.iter().zip(&self.fields).filter(|(_, (takes, _))| !takes) {
            let asked: Vec<String> = field.asked.iter().map(|text| format!("{text:?}")).collect();
            reasons.push(format!("no {} is like {}; {}", field.what, asked.join(" or "), few(there)));
        }
        if !self.is_any {
            reasons = vec!["the snapshot holds no resource".to_owned()];
        } else if reasons.is_empty() {
            reasons.push(if self.is_all_excluded {
                "every resource is of an excluded type".to_owned()
            } else {
                "each filter keeps something, and nothing is kept by all of them".to_owned()
            });
        }
        format!("nothing was selected: {}", reasons.join("; "))
    }
}

/// A few names of what there is.
fn few(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "there is none".to_owned();
    }
    let few: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
    let more = names.len().saturating_sub(few.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are {}{more}", few.join(", "))
}

fn globs(texts: &[String]) -> Result<Option<GlobSet>, IacError> {
    if texts.is_empty() {
        return Ok(None);
    }
    let wrong = |text: &str, error: globset::Error| IacError::Glob(text.to_owned(), error.kind().to_string());
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text).case_insensitive(true).literal_separator(false).build();
        set.add(glob.map_err(|error| wrong(text, error))?);
    }
    set.build().map(Some).map_err(|error| wrong(&texts.join(", "), error))
}
