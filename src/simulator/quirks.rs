//! The irregularities of real answers, each of them recorded somewhere, to be switched on.
//!
//! | name | what changes | how often |
//! |---|---|---|
//! | `display-location` | `location` as "West Europe" | one resource of three |
//! | `no-type` · `type-case` · `parent-name` | `type` missing, in lower case; `name` as `parent/child` | one of three |
//! | `lower-groups` · `no-slash` | `/resourcegroups/` in the id; the id without its leading slash | one of three |
//! | `two-spellings` | lists spell ids in another case than GET | always |
//! | `no-properties` | the body has no `properties` | one of five |
//! | `empty-page` · `empty-last-page` | a first page without elements and with a next link; an empty page at the end | every list |
//! | `null-next` · `empty-next` | `nextLink` is null or "" on the last page | every list |
//! | `skip-token` | `$skipToken` instead of `$skiptoken` | every list |
//! | `numeric-code` · `bare-error` · `capital-error` · `html-error` · `no-error` | the shape of error bodies | every error |
//! | `null-row` · `nameless-row` | a row that is `null`; a row more, without an id | every list that is not empty |
//! | `long-urls` | addresses of operations are over 4 KB long | every operation |
//!
//! Which resources are met is decided by a hash of the id: the same ones at every asking.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use serde_json::{Value, json};

use super::reply::Reply;
use crate::arm;

/// All names.
pub(crate) const QUIRKS: [&str; 20] = [
    "display-location",
    "no-type",
    "type-case",
    "parent-name",
    "lower-groups",
    "no-slash",
    "two-spellings",
    "no-properties",
    "empty-page",
    "empty-last-page",
    "null-next",
    "empty-next",
    "skip-token",
    "numeric-code",
    "bare-error",
    "capital-error",
    "html-error",
    "no-error",
    "null-row",
    "nameless-row",
];

/// Those that are on.
#[derive(Default)]
pub(super) struct Quirks {
    on: RwLock<Vec<String>>,
    any: AtomicBool,
}

impl Quirks {
    /// Switches exactly these on; `all` is all of those that do not exclude each other.
    pub(super) fn set(&self, names: &[String]) -> Result<(), String> {
        let known = |name: &String| QUIRKS.contains(&name.as_str()) || name == "long-urls" || name == "all";
        if let Some(unknown) = names.iter().find(|name| !known(name)) {
            return Err(format!("no such quirk: {unknown:?}; known are all, long-urls, {}", QUIRKS.join(", ")));
        }
        let mut on = names.to_vec();
        if names.iter().any(|name| name == "all") {
            on.extend(QUIRKS.iter().take(13).map(|name| (*name).to_owned()));
        }
        self.any.store(!on.is_empty(), Ordering::SeqCst);
        *self.on.write() = on;
        Ok(())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.any.load(Ordering::Relaxed) && self.on.read().iter().any(|on| on == name)
    }

    /// Changes a body or a list that is about to be sent.
    pub(super) fn distort(&self, reply: Reply) -> Reply {
        if !self.any.load(Ordering::Relaxed) || reply.text.is_empty() {
            return reply;
        }
        if reply.status >= 400 {
            return self.error(reply);
        }
        let Ok(mut body) = serde_json::from_str::<Value>(&reply.text) else { return reply };
        match body.get_mut("value").and_then(Value::as_array_mut) {
            Some(elements) => {
                for element in elements.iter_mut() {
                    self.element(element, true);
                }
                if !elements.is_empty() {
                    elements.extend(self.has("null-row").then_some(Value::Null));
                    let nameless = || json!({"name": "nameless", "type": "Contoso.X/things", "location": "westeurope"});
                    elements.extend(self.has("nameless-row").then(nameless));
                }
            }
            None => self.element(&mut body, false),
        }
        Reply { text: body.to_string(), ..reply }
    }

    fn element(&self, element: &mut Value, listed: bool) {
        let Some(id) = element.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
        if !arm::looks_like_id(&id) || id.matches('/').count() < 4 {
            return;
        }
        let met = |name: &str, of: u8| {
            self.has(name)
                && blake3::hash(format!("{name}{}", arm::key(&id)).as_bytes()).as_bytes()[0].is_multiple_of(of)
        };
        let Some(fields) = element.as_object_mut() else { return };
        let mut spelled = id.clone();
        if met("display-location", 3)
            && let Some(Value::String(location)) = fields.get_mut("location")
        {
            let shown = match location.as_str() {
                "westeurope" => "West Europe",
                "northeurope" => "North Europe",
                "eastus" => "East US",
                "westus2" => "West US 2",
                other => other,
            };
            *location = shown.to_owned();
        }
        if met("no-type", 3) {
            fields.remove("type");
        } else if met("type-case", 3)
            && let Some(Value::String(kind)) = fields.get_mut("type")
        {
            *kind = kind.to_lowercase();
        }
        if met("parent-name", 3)
            && let Some(parsed) = arm::ResourceId::parse(&id)
        {
            let names: Vec<&str> = parsed.segments.iter().map(|(_, name)| name.as_str()).collect();
            fields.insert("name".to_owned(), json!(names.join("/")));
        }
        if met("no-properties", 5) {
            fields.remove("properties");
        }
        if met("lower-groups", 3) {
            spelled = spelled.replace("/resourceGroups/", "/resourcegroups/");
        }
        if listed && self.has("two-spellings") {
            spelled = spelled.to_lowercase();
        }
        if met("no-slash", 3) {
            spelled = spelled.trim_start_matches('/').to_owned();
        }
        fields.insert("id".to_owned(), json!(spelled));
    }

    fn error(&self, reply: Reply) -> Reply {
        let Ok(body) = serde_json::from_str::<Value>(&reply.text) else { return reply };
        let (code, message) = (body["error"]["code"].clone(), body["error"]["message"].clone());
        let text = if self.has("numeric-code") {
            json!({"error": {"code": reply.status, "message": message}}).to_string()
        } else if self.has("bare-error") {
            json!({"code": code, "message": message}).to_string()
        } else if self.has("capital-error") {
            json!({"Code": code, "Message": message, "Target": null, "Details": []}).to_string()
        } else if self.has("html-error") {
            format!("<html><head><title>{}</title></head><body>{}</body></html>", reply.status, code)
        } else if self.has("no-error") {
            String::new()
        } else {
            return reply;
        };
        Reply { text, ..reply }
    }
}
