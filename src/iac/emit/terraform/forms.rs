//! How Terraform emits each item: beside the plan, by the numbers of its items.

use std::sync::Arc;

use super::{
    azurerm::{Names, draft::Draft},
    in_place,
};
use crate::iac::{
    model::{body::ReadOnlyInput, codec::Decoder, plan::Plan},
    shelf::{Shelf, Spot},
};

/// How a resource is emitted.
#[derive(Debug)]
pub enum Form {
    /// `azapi_resource`, and why.
    Generic(Arc<str>),
    /// `azapi_update_resource`: it is there with its parent.
    InPlace,
    Typed(Typed),
    /// Written in the resource with this number.
    Within(usize),
}

/// An `azurerm_*` resource; its draft is on the shelf.
#[derive(Debug)]
pub struct Typed {
    pub kind: &'static str,
    /// Its import id, where it is not the id of the resource.
    pub import: Option<Box<str>>,
    pub has_identity: bool,
    /// Whether azurerm has other resources beside it.
    pub has_besides: bool,
    /// The number of the first parameter that somebody has to give for it.
    pub asked_from: usize,
    pub spot: Spot,
}

/// The forms of a plan; none: every item is an `azapi_resource`.
#[derive(Debug, Default)]
pub struct Forms {
    pub all: Vec<Form>,
    pub shelf: Shelf,
    pub names: Names,
}

impl Forms {
    pub fn get(&self, number: usize) -> Option<&Form> {
        self.all.get(number)
    }

    /// `azapi_resource.label`; of a resource that is written in another, the other's.
    pub fn address(&self, plan: &Plan, number: usize) -> String {
        let label = &plan.items[number].label;
        match self.get(number) {
            Some(Form::Typed(typed)) => format!("{}.{label}", typed.kind),
            Some(Form::Within(other)) => self.address(plan, *other),
            Some(Form::InPlace) => format!("azapi_update_resource.{label}"),
            _ => format!("azapi_resource.{label}"),
        }
    }

    /// The item in whose block an item is written: its own, or its parent's.
    pub fn shown(&self, number: usize) -> usize {
        match self.get(number) {
            Some(Form::Within(other)) => self.shown(*other),
            _ => number,
        }
    }

    /// Why a resource is no `azurerm_*`.
    pub fn reason(&self, number: usize) -> Option<&str> {
        match self.get(number) {
            Some(Form::Generic(reason)) => Some(reason),
            Some(Form::InPlace) => Some(in_place::REASON),
            _ => None,
        }
    }

    /// Whether a resource is an `azurerm_*`, or written in one.
    pub fn is_typed(&self, number: usize) -> bool {
        matches!(self.get(number), Some(Form::Typed(_) | Form::Within(_)))
    }

    /// What is to be printed of a typed resource, and the read-only values of its item.
    pub fn draft(&self, typed: &Typed) -> std::io::Result<(Draft, Vec<ReadOnlyInput>)> {
        let bytes = self.shelf.get(typed.spot)?;
        let mut from = Decoder(&bytes);
        left(&mut from).ok_or(std::io::ErrorKind::InvalidData)?;
        let inputs = from.list(|from| Some(ReadOnlyInput { path: from.path()?, value: from.term()? }));
        inputs
            .and_then(|inputs| Some((self.names.decode(&mut from)?, inputs)))
            .ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }

    /// Paths of values that the typed form of a resource does not say.
    pub fn left(&self, number: usize) -> std::io::Result<Vec<String>> {
        let Some(Form::Typed(typed)) = self.get(number) else { return Ok(Vec::new()) };
        let bytes = self.shelf.get(typed.spot)?;
        left(&mut Decoder(&bytes)).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }
}

fn left(from: &mut Decoder<'_>) -> Option<Vec<String>> {
    from.list(|from| from.text().map(str::to_owned))
}
