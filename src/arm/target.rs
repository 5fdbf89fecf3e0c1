//! Where a template is deployed to, and the ids that resources get there.

use serde_json::Value;

use super::functions::shown;

/// Where a deployment puts its resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    pub subscription: Option<String>,
    pub group: Option<String>,
    pub management_group: Option<String>,
}

impl Target {
    /// The target that a scope's id names.
    pub fn of(scope: &str) -> Option<Self> {
        let parts: Vec<&str> = scope.split('/').filter(|part| !part.is_empty()).collect();
        let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let own = |at: usize| parts.get(at).map(|part| (*part).to_owned());
        match parts.len() {
            0 => Some(Self::default()),
            2 if is(0, "subscriptions") => Some(Self { subscription: own(1), ..Self::default() }),
            4 if is(0, "subscriptions") && is(2, "resourceGroups") => {
                Some(Self { subscription: own(1), group: own(3), ..Self::default() })
            }
            4 if is(2, "managementGroups") => Some(Self { management_group: own(3), ..Self::default() }),
            2 if is(0, "managementGroups") => Some(Self { management_group: own(1), ..Self::default() }),
            _ => None,
        }
    }

    /// Its id; the tenant's is empty.
    pub fn scope(&self) -> String {
        match (&self.subscription, &self.group, &self.management_group) {
            (Some(subscription), Some(group), _) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            (Some(subscription), None, _) => format!("/subscriptions/{subscription}"),
            (None, _, Some(group)) => format!("/providers/Microsoft.Management/managementGroups/{group}"),
            (None, ..) => String::new(),
        }
    }

    /// The id of a resource in it.
    pub fn id(&self, type_name: &str, names: &[String]) -> Result<String, String> {
        if type_name.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
            let subscription = self.subscription.as_deref().ok_or("a resource group is put into a subscription")?;
            return Ok(format!("/subscriptions/{subscription}/resourceGroups/{}", names.join("/")));
        }
        below(&self.scope(), type_name, names)
    }

    /// The functions that spell ids, where a template is deployed to this; `None`: another function.
    pub fn call(&self, name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
        let text = |at: usize| arguments.get(at).map(shown).unwrap_or_default();
        let names = |from: usize| arguments.iter().skip(from).map(shown).collect::<Vec<String>>();
        Some(match name.to_ascii_lowercase().as_str() {
            "resourceid" => self.resource_id(arguments, false),
            "subscriptionresourceid" => self.resource_id(arguments, true),
            "tenantresourceid" => below("", &text(0), &names(1)).map(Value::String),
            "managementgroupresourceid" => below(&self.scope(), &text(0), &names(1)).map(Value::String),
            "extensionresourceid" => below(&text(0), &text(1), &names(2)).map(Value::String),
            _ => return None,
        })
    }

    /// `resourceId([subscription], [group], type, names…)`.
    fn resource_id(&self, arguments: &[Value], subscription_level: bool) -> Result<Value, String> {
        let texts: Vec<String> = arguments.iter().map(shown).collect();
        let at = texts
            .iter()
            .position(|text| text.contains('/') && text.contains('.'))
            .ok_or("'resourceId' wants a type such as Microsoft.Network/virtualNetworks")?;
        let mut target = self.clone();
        match (at, subscription_level) {
            (0, _) => {}
            (1, true) => target.subscription = Some(texts[0].clone()),
            (1, false) => target.group = Some(texts[0].clone()),
            (2, false) => (target.subscription, target.group) = (Some(texts[0].clone()), Some(texts[1].clone())),
            _ => return Err("'resourceId' has too many arguments before the type".to_owned()),
        }
        if subscription_level {
            target.group = None;
        }
        target.id(&texts[at], &texts[at + 1..]).map(Value::String)
    }
}

/// `{scope}/providers/{type and names, in turns}`.
pub fn below(scope: &str, type_name: &str, names: &[String]) -> Result<String, String> {
    let mut types = type_name.split('/');
    let namespace = types.next().unwrap_or_default();
    let types: Vec<&str> = types.collect();
    let names: Vec<&str> = names.iter().flat_map(|name| name.split('/')).collect();
    if types.is_empty() || types.len() != names.len() {
        return Err(format!(
            "The template resource '{}' for type '{type_name}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name",
            names.join("/")
        ));
    }
    let pairs: Vec<String> = types.iter().zip(names).map(|(kind, name)| format!("{kind}/{name}")).collect();
    Ok(format!("{}/providers/{namespace}/{}", scope.trim_end_matches('/'), pairs.join("/")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_functions_id_is_that_of_the_place_or_of_the_one_that_is_named() {
        let here = Target::of("/subscriptions/s/resourceGroups/g").expect("a scope");
        for (name, arguments, id) in [
            ("resourceId", json!(["A.B/c/d", "x", "y"]), "/subscriptions/s/resourceGroups/g/providers/A.B/c/x/d/y"),
            ("resourceId", json!(["t", "h", "A.B/c", "x"]), "/subscriptions/t/resourceGroups/h/providers/A.B/c/x"),
            (
                "subscriptionResourceId",
                json!(["s", "Microsoft.Resources/resourceGroups", "r"]),
                "/subscriptions/s/resourceGroups/r",
            ),
            ("extensionResourceId", json!(["/x", "A.B/c", "n"]), "/x/providers/A.B/c/n"),
            ("tenantResourceId", json!(["A.B/c", "n"]), "/providers/A.B/c/n"),
        ] {
            let arguments = arguments.as_array().expect("a list");
            assert_eq!(here.call(name, arguments), Some(Ok(json!(id))), "{name}");
        }
        assert!(here.call("resourceId", &[json!("A.B/c/d"), json!("x")]).expect("known").is_err());
        assert_eq!(here.call("reference", &[]), None);
    }
}
