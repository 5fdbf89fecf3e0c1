//! Which texts of a body are called secrets: by the name of their field or of a field above it, by a name, a flag or a
//! type beside them.
//!
//! Only values are: what says which secret it is, where it is kept (`{type: AzureKeyVaultSecret, …}`), or that there is to
//! be one (`password: {type: string}` of a schema) is none. Texts are told one by one, so that what stands beside a
//! secret stays. How a text looks is not looked at here.

use serde_json::{Map, Value};
use smallvec::SmallVec;

use super::names::{Class, Names, is_no_secret, is_secret_name, is_secure_type};

/// One step to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'v> {
    Field(&'v str),
    Index(usize),
}

/// A text of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot<'v, 'p> {
    pub text: &'v str,
    pub path: &'p [Step<'v>],
    /// Whether it is called a secret.
    pub is_secret: bool,
    /// What the text beside it calls it, and how many steps lead to the object that says so.
    pub called: Option<(&'v str, usize)>,
}

/// Visits each text of a body. `own` is what its resource is called.
pub(crate) fn visit<'v>(body: &'v Value, own: Option<&'v str>, names: &Names, seen: &mut dyn FnMut(Slot<'v, '_>)) {
    let mut walk = Walk { names, path: Vec::new(), seen };
    walk.value(body, Around { own, ..Around::default() });
}

/// What is said above a value.
#[derive(Debug, Clone, Copy, Default)]
struct Around<'v> {
    /// All texts are secrets, but those about them.
    is_named: bool,
    /// All texts are secrets.
    is_sealed: bool,
    /// Names of fields are those of headers or of a query.
    is_carrier: bool,
    called: Option<(&'v str, usize)>,
    own: Option<&'v str>,
}

/// What stands beside a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside<'v> {
    Nothing,
    /// A flag or a type.
    Flagged,
    /// What the value is called, which is the name of a secret.
    Called(&'v str),
}

impl<'v> Beside<'v> {
    const fn called(self) -> Option<&'v str> {
        match self {
            Self::Called(name) => Some(name),
            Self::Nothing | Self::Flagged => None,
        }
    }
}

/// What the names of an object's fields say, in their order.
type Classes = SmallVec<[Class; 16]>;

struct Walk<'v, 'w> {
    names: &'w Names,
    path: Vec<Step<'v>>,
    seen: &'w mut dyn FnMut(Slot<'v, '_>),
}

impl<'v> Walk<'v, '_> {
    fn value(&mut self, value: &'v Value, around: Around<'v>) {
        match value {
            Value::String(text) => {
                let is_secret = (around.is_named || around.is_sealed) && !is_no_secret(text);
                let called = around.called.filter(|_| is_secret);
                (self.seen)(Slot { text, path: &self.path, is_secret, called });
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value(item, Around { own: None, ..around });
                    self.path.pop();
                }
            }
            Value::Object(fields) => self.object(fields, around),
            _ => {}
        }
    }

    fn object(&mut self, fields: &'v Map<String, Value>, around: Around<'v>) {
        // Asked once: all cores ask the same memory of names.
        let classes: Classes = fields.keys().map(|name| self.names.class(name)).collect();
        let beside = self.beside(fields, &classes, around);
        let is_elsewhere = is_kept_elsewhere(fields, &classes) || is_declaration(fields);
        let depth = self.path.len();
        for ((name, value), class) in fields.iter().zip(&classes) {
            let mut below = Around { is_carrier: class.is(Class::CARRIER), ..Around::default() };
            let is_value = beside != Beside::Nothing && class.is(Class::VALUE) && !is_elsewhere;
            let is_secret = (class.is(Class::SECRET) || (around.is_carrier && class.is(Class::QUERY)))
                && !self.is_permission()
                || (class.is(Class::CREDENTIALS) && !value.is_string());
            let is_inside = around.is_named && !class.is(Class::ABOUT) && !class.is(Class::VAULT) && !is_elsewhere;
            if around.is_sealed || class.is(Class::SEALED) {
                below.is_sealed = true;
            } else if is_value {
                below.is_named = true;
                below.called = beside.called().map(|called| (called, depth));
            } else if is_secret {
                below.is_named = true;
            } else if is_inside {
                below.is_named = true;
                below.called = around.called;
            }
            // What is below `{name, properties: {value}}` is called so: a resource, and what is made like one.
            if name == "properties" {
                below.own = beside.called();
            }
            self.path.push(Step::Field(name));
            self.value(value, below);
            self.path.pop();
        }
    }

    /// What in an object says that the value there is a secret.
    fn beside(&self, fields: &'v Map<String, Value>, classes: &[Class], around: Around<'v>) -> Beside<'v> {
        // Values, which may be any number: they are not remembered as names of fields are.
        let is_it = |text: &&str| is_secret_name(text) || (around.is_carrier && Class::of(text).is(Class::QUERY));
        let named = fields.values().zip(classes).filter(|(_, class)| class.is(Class::NAME));
        let mut texts = named.filter_map(|(value, _)| value.as_str()).chain(around.own);
        if let Some(called) = texts.find(is_it) {
            return Beside::Called(called);
        }
        let is_flagged = fields.iter().zip(classes).any(|((name, value), class)| match value {
            Value::Bool(true) => class.is(Class::FLAG),
            Value::String(word) => name.eq_ignore_ascii_case("type") && is_secure_type(word),
            _ => false,
        });
        let is_of_a_call =
            matches!(self.path.last(), Some(Step::Field(name)) if name.eq_ignore_ascii_case("authentication"));
        if is_flagged || is_of_a_call { Beside::Flagged } else { Beside::Nothing }
    }

    /// Permissions on secrets are words.
    fn is_permission(&self) -> bool {
        matches!(self.path.last(), Some(Step::Field(name)) if name.eq_ignore_ascii_case("permissions"))
    }
}

/// Whether an object says where the secret is kept: `{type: AzureKeyVaultSecret, store: …}`, `{keyVaultUrl: …}`.
fn is_kept_elsewhere(fields: &Map<String, Value>, classes: &[Class]) -> bool {
    fields.iter().zip(classes).any(|((name, value), class)| match value {
        Value::String(word) if name.eq_ignore_ascii_case("type") => word.to_ascii_lowercase().contains("keyvault"),
        Value::String(text) => class.is(Class::VAULT) && !text.is_empty(),
        Value::Object(inner) => class.is(Class::VAULT) && !inner.is_empty(),
        _ => false,
    })
}

/// Whether an object only says of which type something is to be: `{type: "string", format: "password"}`.
fn is_declaration(fields: &Map<String, Value>) -> bool {
    const TYPES: [&str; 11] = [
        "string",
        "object",
        "array",
        "number",
        "integer",
        "boolean",
        "bool",
        "int",
        "float",
        "securestring",
        "secureobject",
    ];
    let kind = fields.get("type").and_then(Value::as_str);
    let says = |name: &String| matches!(name.as_str(), "value" | "Value" | "default" | "defaultValue" | "example");
    kind.is_some_and(|kind| TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known))) && !fields.keys().any(says)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The texts that are called secrets.
    fn found(body: &Value, own: Option<&str>) -> Vec<String> {
        let mut found = Vec::new();
        let own: Option<String> = own.map(str::to_owned);
        visit(body, own.as_deref(), &Names::default(), &mut |slot| {
            if slot.is_secret {
                found.push(slot.text.to_owned());
            }
        });
        found.sort_unstable();
        found
    }

    #[test]
    fn a_flag_beside_a_value_says_that_it_is_a_secret() {
        for flag in ["secret", "isSecret", "isEncrypted", "secure"] {
            assert_eq!(found(&json!({"displayName": "a", "value": "opaque", flag: true}), None), ["opaque"], "{flag}");
            assert!(found(&json!({"displayName": "a", "value": "opaque", flag: false}), None).is_empty(), "{flag}");
        }
        for kind in ["SecureString", "securestring", "secureObject"] {
            assert_eq!(found(&json!({"type": kind, "value": {"a": "opaque"}}), None), ["opaque"]);
            assert_eq!(found(&json!({"type": kind, "value": "opaque"}), None), ["opaque"]);
        }
        assert_eq!(found(&json!({"name": "a", "secureValue": "opaque"}), None), ["opaque"]);
    }

    #[test]
    fn credentials_of_a_request_are_secrets_and_what_says_how_they_are_used_is_not() {
        let body = json!({"credentials": {
            "header": {"x-functions-key": ["{{alpha}}"], "authorization": ["h1"], "x-own": ["h2"]},
            "query": {"code": ["q1"]},
            "authorization": {"scheme": "Bearer", "parameter": "p1"},
            "certificateIds": ["/subscriptions/s"],
        }});
        assert_eq!(found(&body, None), ["h1", "h2", "p1", "q1"]);
        let request = json!({"method": "POST", "headers": {"Authorization": "a1", "Accept": "text/plain"},
            "queries": {"code": "c1", "page": "2"}, "status": {"code": "Success"},
            "authentication": {"type": "Basic", "username": "u", "password": "p1"}});
        assert_eq!(found(&request, None), ["a1", "c1", "p1"]);
        let pair = json!({"headers": [{"name": "Ocp-Apim-Subscription-Key", "value": "k1"}, {"name": "Accept", "value": "*"}]});
        assert_eq!(found(&pair, None), ["k1"]);
    }

    #[test]
    fn only_values_are_secrets_not_what_says_where_they_are_or_that_there_is_to_be_one() {
        let linked = json!({"typeProperties": {
            "password": {"type": "AzureKeyVaultSecret", "secretName": "pw", "secretVersion": "1",
                "store": {"type": "LinkedServiceReference", "referenceName": "vault"}},
            "accountKey": {"type": "SecureString", "value": "opaque"},
        }});
        assert_eq!(found(&linked, None), ["opaque"]);
        let schema = json!({"properties": {"password": {"type": "string", "format": "password", "minLength": 8},
            "clientSecret": {"type": "string", "nullable": true}}, "required": ["password"]});
        assert!(found(&schema, None).is_empty(), "{:?}", found(&schema, None));
        let template = json!({"parameters": {"sqlPassword": {"type": "securestring", "metadata": {"description": "of sql"}}},
            "outputs": {"sqlPassword": "[basics('sqlPassword')]"}});
        assert!(found(&template, None).is_empty());
        let of_app = json!({"secrets": [{"name": "a", "value": "opaque"}, {"name": "b", "keyVaultUrl": "https://kv/x", "identity": "system"}]});
        assert_eq!(found(&of_app, None), ["opaque"]);
        assert!(found(&json!({"permissions": {"secrets": ["get"]}}), None).is_empty());
    }

    #[test]
    fn all_that_is_sealed_is_secret() {
        let body = json!({"protectedSettings": {"storageAccountName": "st", "script": {"type": "x", "list": ["y"]}}});
        assert_eq!(found(&body, None), ["st", "x", "y"]);
    }

    #[test]
    fn the_name_of_the_resource_is_beside_the_values_of_its_properties() {
        assert_eq!(found(&json!({"properties": {"value": "opaque"}}), Some("api-password")), ["opaque"]);
        assert!(found(&json!({"properties": {"value": "opaque"}}), Some("api")).is_empty());
    }
}
