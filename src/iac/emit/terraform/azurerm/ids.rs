//! Ids as azurerm reads them: every word that is not a name is case-sensitive, and not always spelled as
//! Azure spells it.

use super::tables::SPELLED;
use crate::iac::emit::terraform::spelling;

/// An id with its static words spelled as the provider wants them; names stay as they are.
pub fn canonical(id: &str) -> String {
    let id = spelling::canonical(id);
    let mut parts: Vec<&str> = id.split('/').collect();
    // The empty part before the first slash makes words odd and names even.
    let mut at = 1;
    let mut namespace: Option<(usize, String)> = None;
    while at < parts.len() {
        if parts[at].eq_ignore_ascii_case("providers") {
            parts[at] = "providers";
            namespace = parts.get(at + 1).map(|name| (at + 1, name.to_ascii_lowercase()));
        } else if let Some((place, key)) = &mut namespace {
            key.push('/');
            key.push_str(&parts[at].to_ascii_lowercase());
            if let Some(spelled) = SPELLED.get(key.as_str()) {
                parts[at] = spelled.rsplit('/').next().unwrap_or_default();
                parts[*place] = spelled.split('/').next().unwrap_or_default();
            }
        }
        at += 2;
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled_and_names_stay() {
        let id = "/Subscriptions/s/resourcegroups/Rg/providers/microsoft.network/virtualnetworks/V/Subnets/Gateway";
        assert_eq!(
            canonical(id),
            "/subscriptions/s/resourceGroups/Rg/providers/Microsoft.Network/virtualNetworks/V/subnets/Gateway"
        );
        let lock = format!("{id}/providers/A.B/locks/subnets");
        assert!(canonical(&lock).ends_with("/subnets/Gateway/providers/A.B/locks/subnets"));
    }
}
