//! What Terraform is let run on: code of azurerm and azapi alone. A provider, a module or a provisioner of anybody
//! else's could run programs or send what it reads elsewhere.

use hcl::{Body, Structure};

/// Why a file may not be planned; `None`: it may.
pub fn refused(text: &str) -> Option<String> {
    let body = match hcl::parse(text) {
        Ok(body) => body,
        Err(error) => return Some(error.to_string()),
    };
    body.iter().find_map(|structure| match structure {
        Structure::Attribute(attribute) => Some(format!("the attribute {}", attribute.key())),
        Structure::Block(block) => {
            let kind = block.identifier();
            let first = block.labels().first().map(hcl::BlockLabel::as_str).unwrap_or_default();
            let is_known = match kind {
                "resource" | "data" => first.starts_with("azurerm_") || first.starts_with("azapi_"),
                "provider" => matches!(first, "azurerm" | "azapi"),
                "terraform" | "variable" | "output" | "locals" | "import" => true,
                _ => false,
            };
            if !is_known {
                return Some(format!("{kind} {first}"));
            }
            if kind == "terraform" { required(block.body()) } else { runs(block.body()) }
        }
    })
}

/// Providers that are required, and what else the block says of where state is kept.
fn required(body: &Body) -> Option<String> {
    let blocks = body.iter().filter_map(Structure::as_block);
    blocks.into_iter().find_map(|block| match block.identifier() {
        "required_providers" => block
            .body()
            .iter()
            .filter_map(Structure::as_attribute)
            .map(hcl::Attribute::key)
            .find(|name| !matches!(*name, "azurerm" | "azapi"))
            .map(|name| format!("the provider {name}")),
        other => Some(format!("terraform {other}")),
    })
}

/// A block that runs a program or connects to a machine.
fn runs(body: &Body) -> Option<String> {
    body.iter().filter_map(Structure::as_block).find_map(|block| match block.identifier() {
        kind @ ("provisioner" | "connection") => Some(kind.to_owned()),
        _ => runs(block.body()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_the_two_providers_is_planned() {
        for text in [
            "resource \"azurerm_subnet\" \"a\" {\n  delegation {\n    name = \"x\"\n  }\n}\n",
            "terraform {\n  required_providers {\n    azapi = {\n      source = \"Azure/azapi\"\n    }\n  }\n}\n",
            "import {\n  to = azapi_resource.a\n  id = \"/a\"\n}\n",
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
        for text in [
            "data \"external\" \"a\" {\n  program = [\"sh\"]\n}\n",
            "module \"m\" {\n  source = \"git::https://example.org\"\n}\n",
            "resource \"azurerm_subnet\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"sh\"\n  }\n}\n",
            "provider \"http\" {}\n",
            "terraform {\n  backend \"http\" {}\n}\n",
            "terraform {\n  required_providers {\n    http = {\n      source = \"a/b\"\n    }\n  }\n}\n",
        ] {
            assert!(refused(text).is_some(), "{text}");
        }
    }
}
