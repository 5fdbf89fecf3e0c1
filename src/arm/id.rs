//! Resource ids: the key on which everything is matched, and the parts of an id.
//!
//! ```text
//! /subscriptions/{s}/resourceGroups/{g}/providers/{Ns}/{type}/{name}[/{type}/{name}…][/providers/{Ns}/{type}/{name}…]
//! └ scope ──────────────────────────┘             └ the last `providers` decides the type ┘
//! ```
//! Shapes without a provider are a tenant (`/`), a subscription and a resource group.

/// The key of an id: trimmed, one leading slash, no trailing slash, lower-cased.
pub fn key(id: &str) -> String {
    let trimmed = id.trim().trim_matches('/');
    let mut out = String::with_capacity(trimmed.len() + 1);
    out.push('/');
    if trimmed.is_ascii() {
        out.push_str(trimmed);
        out.make_ascii_lowercase();
    } else {
        out.extend(trimmed.chars().flat_map(char::to_lowercase));
    }
    out
}

/// Whether a text is shaped as the id of something in ARM: below `/subscriptions/{…}` or below
/// `/providers/{namespace}/{type}/{name}`. A leading slash may be missing only before `subscriptions`.
pub(crate) fn looks_like_id(text: &str) -> bool {
    let text = text.trim();
    let mut parts = text.trim_start_matches('/').split('/');
    let begins_so = match parts.next() {
        Some(first) if first.eq_ignore_ascii_case("subscriptions") => parts.next().is_some_and(|s| !s.is_empty()),
        Some(first) if first.eq_ignore_ascii_case("providers") && text.starts_with('/') => {
            parts.next().is_some_and(|ns| ns.contains('.')) && parts.nth(1).is_some_and(|name| !name.is_empty())
        }
        _ => false,
    };
    begins_so && !text.contains("://") && !text.contains(char::is_control)
}

/// An id taken apart. The parts keep the spelling they were read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceId {
    /// As read, with a leading slash and without a trailing one.
    pub text: String,
    pub subscription: Option<String>,
    pub resource_group: Option<String>,
    /// Namespace of the last `providers` segment: `Microsoft.Network`.
    pub namespace: Option<String>,
    /// Type and name pairs below that namespace, outermost first.
    pub segments: Vec<(String, String)>,
    /// The part before the last `/providers/`; for ids without a provider the id of their container.
    pub scope: String,
}

impl ResourceId {
    /// The same id with its last name spelled otherwise.
    #[must_use]
    pub(crate) fn with_name(&self, name: &str) -> Self {
        let mut other = self.clone();
        if let (Some(at), Some(last)) = (other.text.rfind('/'), other.segments.last_mut()) {
            other.text.truncate(at + 1);
            other.text.push_str(name);
            name.clone_into(&mut last.1);
        }
        other
    }

    /// Takes an id apart; `None` where it has not the shape of one (an odd number of segments
    /// below the provider, an empty segment, no known root).
    pub fn parse(id: &str) -> Option<Self> {
        let trimmed = id.trim().trim_matches('/');
        // Few ids have more parts: the list grows once.
        let mut parts: Vec<&str> = Vec::with_capacity(16);
        parts.extend(trimmed.split('/'));
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        // What is before a part, with a leading slash.
        let above = |at: usize| {
            let length = parts[..at].iter().map(|part| part.len() + 1).sum::<usize>();
            let mut above = String::with_capacity(length.max(1));
            above.push('/');
            above.push_str(&trimmed[..length.saturating_sub(1)]);
            above
        };
        let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let subscription = is(0, "subscriptions").then(|| parts.get(1).map(|s| (*s).to_owned())).flatten();
        let resource_group = (subscription.is_some() && is(2, "resourceGroups"))
            .then(|| parts.get(3).map(|s| (*s).to_owned()))
            .flatten();
        // Only even positions are words of ARM; a resource may bear the name "providers".
        let provider = (0..parts.len()).rev().find(|at| is(*at, "providers") && at % 2 == 0 && at + 1 < parts.len());
        let (namespace, segments, scope) = match provider {
            Some(at) => {
                let below = parts.get(at + 2..)?;
                if below.is_empty() || below.len() % 2 != 0 {
                    return None;
                }
                let pairs = below.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
                (Some(parts[at + 1].to_owned()), pairs, above(at))
            }
            None if parts.len() == 2 && subscription.is_some() => (None, Vec::new(), "/".to_owned()),
            None if parts.len() == 4 && resource_group.is_some() => (None, Vec::new(), above(2)),
            None => return None,
        };
        Some(Self { text: above(parts.len()), subscription, resource_group, namespace, segments, scope })
    }

    /// The key of the whole id.
    pub fn key(&self) -> String {
        key(&self.text)
    }

    /// `Microsoft.Network/virtualNetworks/subnets`, as the id spells it. Resource groups and
    /// subscriptions have the types that ARM templates give them.
    pub fn type_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => {
                let types: Vec<&str> = self.segments.iter().map(|(kind, _)| kind.as_str()).collect();
                format!("{namespace}/{}", types.join("/"))
            }
            None if self.resource_group.is_some() => "Microsoft.Resources/resourceGroups".to_owned(),
            None => "Microsoft.Resources/subscriptions".to_owned(),
        }
    }

    /// The last segment.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The id one level up: the parent resource, or the scope of a top-level resource.
    pub fn parent(&self) -> String {
        if self.segments.len() > 1 {
            self.text.rsplitn(3, '/').last().unwrap_or_default().to_owned()
        } else {
            self.scope.clone()
        }
    }

    /// Whether it has a parent resource of the same provider (`virtualNetworks/x/subnets/y`).
    pub fn is_child(&self) -> bool {
        self.segments.len() > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_for_all_spellings() {
        assert_eq!(key("subscriptions/A/resourcegroups/B/"), key("/subscriptions/a/resourceGroups/b"));
    }

    #[test]
    fn a_child_has_its_real_type_and_parent() {
        let id = ResourceId::parse(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a",
        )
        .expect("an id");
        assert_eq!(id.type_name(), "Microsoft.Network/virtualNetworks/subnets");
        assert_eq!(id.parent(), "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v");
        assert_eq!(id.name(), "a");
    }

    #[test]
    fn an_extension_resource_has_the_extended_one_as_scope() {
        let vm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v";
        let id = ResourceId::parse(&format!("{vm}/providers/Microsoft.Authorization/locks/l")).expect("an id");
        assert_eq!((id.type_name().as_str(), id.parent().as_str()), ("Microsoft.Authorization/locks", vm));
        assert_eq!(id.resource_group.as_deref(), Some("g"));
    }

    #[test]
    fn groups_and_subscriptions_are_ids_too() {
        let group = ResourceId::parse("/subscriptions/s/resourcegroups/g").expect("an id");
        assert_eq!(
            (group.type_name().as_str(), group.parent().as_str()),
            ("Microsoft.Resources/resourceGroups", "/subscriptions/s")
        );
        assert_eq!(ResourceId::parse("/subscriptions/s").expect("an id").parent(), "/");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "/",
            "/subscriptions",
            "/subscriptions/s/resourceGroups",
            "/subscriptions/s/x/y/z",
            "hello",
            "/subscriptions/s/providers/Microsoft.X",
            "/subscriptions//resourceGroups/g",
        ] {
            assert_eq!(ResourceId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn ids_are_told_from_urls_and_words() {
        assert!(looks_like_id("/subscriptions/s/resourceGroups/g"));
        assert!(looks_like_id("/providers/Microsoft.Authorization/roleDefinitions/r"));
        for text in ["https://management.azure.com/subscriptions/s", "subscriptions", "/providers/x", "a/b/c"] {
            assert!(!looks_like_id(text), "{text}");
        }
    }
}
