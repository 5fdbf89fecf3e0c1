//! `azurerm_*` resources from tables: which resources get one, and how it is printed. Knows no format but
//! Terraform, and of a kind of resource only what its table says.
//!
//! ```text
//! tables/*.map ─▶ rows ─▶ parse ─▶ sections          words.rs says what each word takes, means and does
//! body ─▶ walk ─▶ draft ─▶ HCL                       with the sections; values.rs holds the functions of the words
//!           └──▶ refused: azapi, with the input that azurerm cannot carry
//! ```
//! The choice is made for each resource by itself, and falls on azurerm only where every writable input
//! of its pruned body is consumed, where the body says all that the provider's schema requires
//! (`required.rs`), where the provider takes each value (`allowed.rs`) and all of them together, and where
//! it would set nothing that Azure does not say (`rules.rs`). Import ids are case-sensitive (`ids.rs`); what azurerm has as
//! resources of their own leaves its parent's body before the plan is made (`split.rs`).
//!
//! # The language of the tables
//! A file holds sections, a section lines, an indent of two blanks the lines of a block; `#` begins a comment.
//! ```text
//! azurerm_subnet Microsoft.Network/virtualNetworks/subnets
//!   base name group                                            what most types share
//!   @parent.name virtual_network_name                          what the id says
//!   properties.addressPrefix address_prefixes list             a path, an attribute, what is done to the value
//!   properties.purpose -                                       told by Azure, or carried otherwise: consumed
//!   properties.x - 0 None                                      consumed only with one of these values (the defaults)
//!   properties.delegations delegation                          a block for each object there, by the deeper lines
//!     properties.serviceName service_delegation.name           an attribute of a block in it
//!   sku.name sku_name! if:properties.a=b|c                     `!`: required; a condition
//! ```
//! A path is `properties.a.b`, goes through lists by itself, `a[0]` takes one item, `*` stands for any part of a
//! name, `\` for a dot in one, `.` is where one stands, `^a` one level out, `/properties.a` the whole body, `+child.a`
//! an absorbed child, `@…` what the id says. A condition is a path that must be there, `PATH=A|B` or `PATH=~part`,
//! `!` before it its opposite. A body is translated only if every writable leaf of it is consumed. Attributes are
//! those that both azurerm 5.2 and 5.10 have. What is not in the language is refused with file and line.
#![doc = include_str!("tables/words.md")]

mod allowed;
mod arguments;
mod body_path;
mod draft;
mod ids;
mod parse;
mod paths;
mod print;
mod required;
mod rows;
mod rules;
mod section;
mod split;
mod tables;
mod told;
mod values;
mod walk;
mod words;

pub use self::print::{besides, id_parts, import_id, literal, resource};
pub use ids::canonical;
pub use split::split;
pub use told::{Told, told};

use std::collections::{BTreeMap, HashSet};

use draft::{Cell, Draft};
use walk::{Child, Subject};

use crate::{
    arm,
    iac::{
        plan::{Given, Parameter, Parent, Plan},
        print as parallel,
        secrets::unique,
        term::{Piece, Term, Text},
        types::Leaf,
    },
};

/// How a resource is emitted.
#[derive(Debug)]
pub enum Form {
    /// `azapi_resource`, and why.
    Generic(String),
    Typed(Box<Draft>),
    /// Written in the resource with this number.
    Within(usize),
}

/// A form for each item of a plan. `is_compared`: imports compare it with what Azure returns.
pub fn choose(plan: &Plan, is_compared: bool) -> Vec<Form> {
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, item) in plan.items.iter().enumerate() {
        if let Parent::Item(parent) = item.parent {
            children.entry(parent).or_default().push(number);
        }
    }
    let translated = parallel::map((0..plan.items.len()).collect(), |number: usize| {
        let item = &plan.items[number];
        let own = children.get(&number).map(Vec::as_slice).unwrap_or_default();
        let own: Vec<Child<'_>> = own
            .iter()
            .map(|number| {
                let child = &plan.items[*number];
                let type_key = child.type_name.to_ascii_lowercase();
                Child { number: *number, type_key, name: &child.name, body: &child.body }
            })
            .collect();
        let (id, body, told) = (&item.id, &item.body, item.told.as_slice());
        let subject = Subject { id, type_name: &item.type_name, body, told, is_compared };
        walk::translate(subject, &own)
    });
    let mut forms: Vec<Option<Form>> = plan.items.iter().map(|_| None).collect();
    // Parents stand before their children: what is written in one of them needs no form of its own.
    for (number, translated) in translated.into_iter().enumerate() {
        if forms[number].is_some() {
            continue;
        }
        forms[number] = Some(match translated {
            Ok(draft) => {
                draft.within.iter().for_each(|child| forms[*child] = Some(Form::Within(number)));
                Form::Typed(Box::new(draft))
            }
            Err(refusal) => Form::Generic(refusal.to_string()),
        });
    }
    forms.into_iter().flatten().collect()
}

/// Makes variables of what somebody has to give; where it is compared, what Azure has stays anyway.
pub fn ask(plan: &mut Plan, is_compared: bool) {
    let kind = if is_compared { Given::Idle } else { Given::Open };
    let mut taken: HashSet<String> = plan.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    for (item, form) in plan.items.iter().zip(&mut plan.forms) {
        let Form::Typed(draft) = form else { continue };
        for (attribute, why) in std::mem::take(&mut draft.asked) {
            let name = unique(&format!("{}_{attribute}", item.label), &mut taken);
            let text = Text(vec![Piece::Parameter(plan.parameters.len())]);
            let (resource, path) = (item.id.text.clone(), attribute.to_owned());
            plan.parameters.push(Parameter { name, resource, path, why, leaf: Leaf::Text, kind });
            draft.fill(attribute, Cell::Term(Term::Text(text)));
        }
    }
}

/// Numbers of the resource groups, by key.
pub fn groups(plan: &Plan) -> BTreeMap<String, usize> {
    let groups = plan.items.iter().enumerate().filter(|(_, item)| item.is_group);
    groups.map(|(number, item)| (arm::key(&item.id.text), number)).collect()
}

#[cfg(test)]
mod tests;
