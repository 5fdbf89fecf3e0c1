//! Where a value is printed, and what refers to what from there.

use std::collections::BTreeMap;

use super::{
    azurerm::ids,
    forms::{Form, Forms},
    hcl::{Part, Value},
    shared::Shared,
    spelling::{canonical, longer},
};
use crate::{
    arm,
    iac::model::{
        body::ReadOnlyInput,
        plan::{Item, Parent, Plan},
        term::Term,
    },
};

/// Where a value is printed.
#[derive(Debug, Clone, Copy)]
pub struct Context<'p> {
    pub plan: &'p Plan,
    pub forms: &'p Forms,
    pub number: usize,
    /// Subscriptions and the aliases of their providers.
    pub subscriptions: &'p [(String, Option<String>)],
    /// Labels of what is read as data, by key.
    pub outside: &'p BTreeMap<String, String>,
    pub shared: &'p Shared,
    /// Read-only values of the item.
    pub read_only: &'p [ReadOnlyInput],
    pub with_imports: bool,
}

impl Context<'_> {
    pub fn item(&self) -> &Item {
        &self.plan.items[self.number]
    }

    /// Of the provider for another subscription than the first.
    pub fn alias(&self) -> Option<&String> {
        let own = self.item().subscription();
        self.subscriptions.iter().find(|(id, _)| *id == own).and_then(|(_, alias)| alias.as_ref())
    }

    /// The group that an item is in, where it is planned under the same spelling.
    pub fn group_of(&self, item: &Item) -> Option<usize> {
        let id = item.parsed();
        let (subscription, group) = (id.subscription.as_deref()?, id.resource_group.as_deref()?);
        let key = arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}"));
        self.plan.numbers.get(&key).filter(|number| self.plan.items[*number].name() == group)
    }

    /// What stands for the region of the item's group, or for tags that many resources have.
    pub fn shared(&self, name: &str, value: &Term) -> Option<Value> {
        let item = self.item();
        match name {
            "tags" => self.shared.tags(item.tags, value),
            "location" if !item.is_group => {
                let group = self.group_of(item).filter(|group| self.shared.is_region(*group, value))?;
                Some(Value::code(format!("{}.location", self.address(group))))
            }
            _ => None,
        }
    }

    /// The address of an item.
    pub fn address(&self, number: usize) -> String {
        self.forms.address(self.plan, number)
    }

    /// The item in whose block an item is written: its own, or its parent's.
    pub fn shown(&self, number: usize) -> usize {
        self.forms.shown(number)
    }

    /// What `.id` of an item says once it is imported.
    pub fn id_of(&self, number: usize) -> String {
        let id = &self.plan.items[number].id;
        match self.forms.get(number) {
            Some(Form::Typed(typed)) => match &typed.import {
                Some(import) => import.to_string(),
                None => ids::canonical(id),
            },
            _ => canonical(id),
        }
    }

    /// What says an item's ARM id, as code.
    pub fn code_of(&self, number: usize) -> String {
        let name = if self.is_role(number) { "role_definition_resource_id" } else { "id" };
        format!("{}.{name}", self.address(number))
    }

    /// What that says once it is imported.
    pub fn said_id(&self, number: usize) -> String {
        if self.is_role(number) { canonical(&self.plan.items[number].id) } else { self.id_of(number) }
    }

    /// A role's `.id` names its scope too.
    pub fn is_role(&self, number: usize) -> bool {
        matches!(self.forms.get(number), Some(Form::Typed(typed)) if typed.kind == "azurerm_role_definition")
    }

    /// As its own id spells it: an import reads it from there.
    pub fn parent(&self) -> Value {
        let item = self.item();
        match item.parent {
            Parent::Item(number) => Value::Template(self.reference_as(number, canonical(&item.parsed().parent()))),
            Parent::Literal => Value::text(canonical(&item.parsed().parent())),
        }
    }

    /// A reference as code. A resource can't refer to itself: its parent's id and the rest stand for it.
    /// Where `.id` is spelled otherwise than the text is, an import wants the text.
    pub fn reference(&self, number: usize) -> Vec<Part> {
        self.reference_as(number, canonical(&self.plan.items[number].id))
    }

    /// Within a text that an import compares to the letter; `id` is how it spells the item's.
    pub fn reference_in_text(&self, number: usize, id: &str) -> Vec<Part> {
        let is_other = self.shown(number) == self.number && *id != *self.plan.items[number].id;
        if self.with_imports && (is_other || canonical(id) != *id) {
            return vec![Part::Literal(id.to_owned())];
        }
        self.reference_as(number, canonical(id))
    }

    pub fn reference_as(&self, number: usize, own: String) -> Vec<Part> {
        let item = &self.plan.items[number];
        let shown = self.shown(number);
        if shown != self.number {
            let code = self.code_of(number);
            return match longer(&code, &self.said_id(shown), &own) {
                Some(parts) => parts,
                None if self.with_imports => vec![Part::Literal(own)],
                None => vec![Part::Code(code)],
            };
        }
        let (above, rest) = item.id.split_at(item.parsed().parent().len());
        match item.parent {
            Parent::Item(parent) => {
                let mut parts = self.reference(parent);
                parts.push(Part::Literal(rest.to_owned()));
                parts
            }
            Parent::Literal => vec![Part::Literal(format!("{}{rest}", canonical(above)))],
        }
    }
}
