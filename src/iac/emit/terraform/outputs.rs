//! What a resource says of itself besides its id: an attribute of `azurerm_*`, an exported property of `azapi_resource`.
//!
//! With imports nothing is exported, because that would be a change: there the text stays, and `depends_on` keeps the order.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    context::Context,
    forms::Form,
    hcl::{Part, Value},
};
use crate::iac::model::{plan::Item, term::Output};

/// Attributes by the provider's resource and the path in the body.
static ATTRIBUTES: LazyLock<HashMap<(&'static str, &'static str), &'static str>> = LazyLock::new(|| {
    let rows = include_str!("outputs.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        Some(((cells.next()?, cells.next()?), cells.next()?))
    })
    .collect()
});

/// What says it; the text as it was where nothing does.
pub fn of(context: &Context<'_>, output: &Output) -> Part {
    let address = context.address(output.item);
    let code = match context.forms.get(output.item) {
        Some(Form::Typed(typed)) => {
            let attribute = ATTRIBUTES.get(&(typed.kind, output.path.as_str()));
            attribute.map(|attribute| format!("{address}.{attribute}"))
        }
        Some(Form::Within(_)) => None,
        Some(Form::Generic(_) | Form::InPlace) | None => {
            (!context.with_imports).then(|| format!("{address}.output.{}", output.path))
        }
    };
    code.map_or_else(|| Part::Literal(output.was.clone()), Part::Code)
}

/// What an `azapi_resource` has to export for others; nothing with imports.
pub fn exported(item: &Item) -> Option<Value> {
    let paths = item.outputs.iter().map(|(path, _)| Value::text(&**path));
    (!item.outputs.is_empty()).then(|| Value::List(paths.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_resource_a_path_and_an_attribute() {
        let rows = include_str!("outputs.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(ATTRIBUTES.len(), rows);
        assert!(ATTRIBUTES.keys().all(|(kind, path)| kind.starts_with("azurerm_") && path.starts_with("properties.")));
    }
}
