//! The `identity` block of an `azapi_resource`.

use super::{
    azurerm::{imports, print::id_parts},
    context::Context,
    hcl::{Block, Value},
    spelling::spell_identity,
};
use crate::iac::model::term::Term;

/// The provider wants `identity_ids` even where there are none. `false`: it overlooks one that Azure
/// spells otherwise than it does.
pub fn identity(context: &Context<'_>, identity: &Term) -> (Block, bool) {
    let mut block = Block::new("identity", &[]);
    let kind = match identity.get("type") {
        Some(Term::Text(text)) => spell_identity(text.as_literal().unwrap_or_default()),
        _ => "None".to_owned(),
    };
    block.set("type", Value::text(kind));
    let ids = match identity.get("userAssignedIdentities") {
        Some(Term::Map(ids)) => ids.as_slice(),
        _ => &[],
    };
    let kind = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/";
    let is_comparable = ids.iter().all(|(id, _)| imports::literal(context.plan, id).contains(kind));
    let ids = ids.iter().map(|(id, _)| Value::Template(id_parts(context, id))).collect();
    block.set("identity_ids", Value::List(ids));
    (block, is_comparable)
}
