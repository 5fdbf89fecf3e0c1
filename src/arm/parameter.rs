//! A server's parameter: whether somebody set it.
//!
//! Services list every parameter that a server has, by the hundred. Which of them people set is told by the body alone,
//! whatever the type is called.

use serde_json::{Map, Value};

/// What the properties of a resource say of it as a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// It is no parameter of a server.
    No,
    /// It has its default.
    Default,
    /// Nobody can set it.
    ReadOnly,
    /// Somebody set it.
    Set,
}

impl Parameter {
    /// One parameter has `defaultValue` and `source`; some types hold several in a list, one for each role of a server.
    pub(crate) fn of(properties: &Map<String, Value>) -> Self {
        let is_one =
            |fields: &&Map<String, Value>| fields.contains_key("defaultValue") && fields.contains_key("source");
        if is_one(&properties) && properties.get("isReadOnly") == Some(&Value::Bool(true)) {
            return Self::ReadOnly;
        }
        let several = properties.values().filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        let mut seen = Self::No;
        for fields in std::iter::once(properties).chain(several).filter(is_one) {
            if !has_default(fields) {
                return Self::Set;
            }
            seen = Self::Default;
        }
        seen
    }
}

/// `system-default`, `dynamic-default` and the like; `user-override` and the like are not.
fn has_default(fields: &Map<String, Value>) -> bool {
    fields.get("source").and_then(Value::as_str).is_some_and(|source| source.to_ascii_lowercase().contains("default"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_set_a_parameter_is_told_by_its_source() {
        let of = |properties: Value| Parameter::of(properties.as_object().expect("a map"));
        let one = |source: &str, is_read_only: bool| json!({"value": "1", "defaultValue": "1", "source": source, "isReadOnly": is_read_only});
        assert_eq!(of(one("system-default", false)), Parameter::Default);
        assert_eq!(of(one("user-override", false)), Parameter::Set);
        assert_eq!(of(one("user-override", true)), Parameter::ReadOnly);
        let several = |source: &str| json!({"parts": [one("system-default", false), one(source, false)]});
        assert_eq!(of(several("system-default")), Parameter::Default);
        assert_eq!(of(several("user-override")), Parameter::Set);
        assert_eq!(of(json!({"source": "system-default"})), Parameter::No);
    }
}
