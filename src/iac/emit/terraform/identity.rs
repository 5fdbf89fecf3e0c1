//! Identities: how a resource says its own, and how others say who it is.

use super::{Block, Context, Form, Part, Value, address, azurerm};
use crate::iac::term::Term;

impl Context<'_> {
    /// The provider wants `identity_ids` even where there are none. `false`: it overlooks one that Azure
    /// spells otherwise than it does.
    pub(super) fn identity(&self, identity: &Term) -> (Block, bool) {
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
        let is_comparable = ids.iter().all(|(id, _)| azurerm::literal(self, id).contains(kind));
        let ids = ids.iter().map(|(id, _)| Value::Template(azurerm::id_parts(self, id))).collect();
        block.set("identity_ids", Value::List(ids));
        (block, is_comparable)
    }

    /// The object or client id of an item's identity: what the resource says of itself once it is there.
    pub(super) fn principal(&self, number: usize, path: &'static str) -> Part {
        let item = &self.plan.items[number];
        let address = address(self.plan, number);
        let code = match (self.plan.forms.get(number), path) {
            (Some(Form::Typed(draft)), "identity.principalId") => {
                draft.has("identity").then(|| format!("{address}.identity[0].principal_id"))
            }
            (Some(Form::Typed(draft)), _) if draft.kind == "azurerm_user_assigned_identity" => {
                let name = if path.ends_with("clientId") { "client_id" } else { "principal_id" };
                Some(format!("{address}.{name}"))
            }
            (Some(Form::Typed(draft)), "properties.customerId") if draft.kind == "azurerm_log_analytics_workspace" => {
                Some(format!("{address}.workspace_id"))
            }
            (Some(Form::Generic(_)), "identity.principalId") => {
                item.body.get("identity").map(|_| format!("{address}.identity[0].principal_id"))
            }
            _ => None,
        };
        code.map_or_else(
            || {
                let was = item.principals.iter().find(|(_, at)| *at == path);
                Part::Literal(was.map(|(id, _)| id.clone()).unwrap_or_default())
            },
            Part::Code,
        )
    }
}

/// One of the four spellings that the provider takes.
pub(super) fn spell_identity(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match (lower.contains("systemassigned"), lower.contains("userassigned")) {
        (true, true) => "SystemAssigned, UserAssigned",
        (true, false) => "SystemAssigned",
        (false, true) => "UserAssigned",
        (false, false) => "None",
    }
    .to_owned()
}
