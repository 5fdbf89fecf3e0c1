//! Ids spelled by the functions that templates have for them, in ARM and in Bicep alike.

use crate::arm::ResourceId;
use crate::iac::passes::placement::Place;

/// Where an expression stands, and how its language quotes.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// Lower case.
    pub subscription: &'a str,
    /// Lower case; none: the template is deployed to the subscription.
    pub group: Option<&'a str>,
    pub quoted: fn(&str) -> String,
}

impl<'a> Caller<'a> {
    pub fn at(place: &'a Place, quoted: fn(&str) -> String) -> Self {
        Self { subscription: &place.subscription, group: place.group.as_deref(), quoted }
    }

    /// A call whose value is the id of something of a type; `None`: no function spells it.
    pub fn id(&self, id: &ResourceId, type_name: &str) -> Option<String> {
        let quoted = self.quoted;
        id.segments.first().or(id.resource_group.as_ref().map(|_| &NO_SEGMENT))?;
        let names: Vec<String> = match &id.namespace {
            Some(_) => id.segments.iter().map(|(_, name)| quoted(name)).collect(),
            None => vec![quoted(id.name())],
        };
        let arguments = format!("{}, {}", quoted(type_name), names.join(", "));
        if let Some(extended) = ResourceId::parse(&id.scope).filter(|scope| scope.namespace.is_some()) {
            let scope = self.id(&extended, &extended.type_name()).unwrap_or_else(|| quoted(&extended.text));
            return Some(self.extension(&scope, id, type_name));
        }
        let subscription = id.subscription.as_ref().map(|id| id.to_lowercase());
        let is_here = subscription.as_deref() == Some(self.subscription);
        Some(match (subscription, &id.resource_group) {
            (None, _) => format!("tenantResourceId({arguments})"),
            (Some(_), Some(group)) if id.namespace.is_some() && is_here => match self.group {
                Some(own) if own == group.to_lowercase() => format!("resourceId({arguments})"),
                Some(_) => format!("resourceId({}, {arguments})", quoted(group)),
                // A subscription has no group that the call could be about without its subscription.
                None => format!("resourceId(subscription().subscriptionId, {}, {arguments})", quoted(group)),
            },
            (Some(subscription), Some(group)) if id.namespace.is_some() => {
                format!("resourceId({}, {}, {arguments})", quoted(&subscription), quoted(group))
            }
            (Some(_), _) if is_here => format!("subscriptionResourceId({arguments})"),
            (Some(subscription), _) => format!("subscriptionResourceId({}, {arguments})", quoted(&subscription)),
        })
    }

    /// The same of what extends something, whose id is an expression.
    pub fn extension(&self, scope: &str, id: &ResourceId, type_name: &str) -> String {
        let names: Vec<String> = id.segments.iter().map(|(_, name)| (self.quoted)(name)).collect();
        format!("extensionResourceId({scope}, {}, {})", (self.quoted)(type_name), names.join(", "))
    }
}

/// A resource group has a name and no segment.
static NO_SEGMENT: (String, String) = (String::new(), String::new());

/// The id and the type of something below another, by what stands behind the other's id
/// (`/probes/http`); `None`: it is not shaped so.
pub fn below(id: &ResourceId, type_name: &str, suffix: &str) -> Option<(ResourceId, String)> {
    id.namespace.as_ref()?;
    let parts: Vec<&str> = suffix.strip_prefix('/')?.split('/').collect();
    let is_plain = parts.len().is_multiple_of(2)
        && !parts.iter().any(|part| part.is_empty() || part.eq_ignore_ascii_case("providers"));
    let longer = ResourceId::parse(&format!("{}{suffix}", id.text)).filter(|_| is_plain)?;
    let kinds: Vec<&str> = parts.into_iter().step_by(2).collect();
    Some((longer, format!("{type_name}/{}", kinds.join("/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, group: Option<&str>, expected: Option<&str>) {
        let caller = Caller { subscription: "s", group, quoted: |text| format!("'{text}'") };
        let id = ResourceId::parse(id).expect("an id");
        assert_eq!(caller.id(&id, &id.type_name()).as_deref(), expected, "{}", id.text);
    }

    #[test]
    fn each_level_has_its_function_and_the_shortest_form_of_it() {
        let policy = "Microsoft.Authorization/policyDefinitions/e569";
        check(
            &format!("/providers/{policy}"),
            Some("g"),
            Some("tenantResourceId('Microsoft.Authorization/policyDefinitions', 'e569')"),
        );
        check(
            &format!("/providers/Microsoft.Management/managementGroups/top/providers/{policy}"),
            Some("g"),
            Some(
                "extensionResourceId(tenantResourceId('Microsoft.Management/managementGroups', 'top'), 'Microsoft.Authorization/policyDefinitions', 'e569')",
            ),
        );
        check("/subscriptions/S/providers/A.B/c/d", Some("g"), Some("subscriptionResourceId('A.B/c', 'd')"));
        check("/subscriptions/t/providers/A.B/c/d", None, Some("subscriptionResourceId('t', 'A.B/c', 'd')"));
        let thing = "/subscriptions/s/resourceGroups/G/providers/A.B/c/d";
        check(thing, Some("g"), Some("resourceId('A.B/c', 'd')"));
        check(thing, Some("h"), Some("resourceId('G', 'A.B/c', 'd')"));
        check(thing, None, Some("resourceId(subscription().subscriptionId, 'G', 'A.B/c', 'd')"));
        check(&thing.replace("/s/", "/t/"), Some("g"), Some("resourceId('t', 'G', 'A.B/c', 'd')"));
        check(
            "/subscriptions/s/resourceGroups/G",
            Some("g"),
            Some("subscriptionResourceId('Microsoft.Resources/resourceGroups', 'G')"),
        );
        check("/subscriptions/s", None, None);
    }

    #[test]
    fn what_stands_behind_an_id_makes_a_longer_one() {
        let id = ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/A.B/c/d").expect("an id");
        let found = below(&id, "A.B/c", "/probes/http").expect("an id");
        assert_eq!((found.1.as_str(), found.0.segments.len()), ("A.B/c/probes", 2));
        for suffix in ["/x", "x/y", "/providers/A.B", "//"] {
            assert_eq!(below(&id, "A.B/c", suffix), None, "{suffix}");
        }
    }
}
