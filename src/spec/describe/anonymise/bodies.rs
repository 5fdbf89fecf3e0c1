//! Bodies: what the type enumerates stays, the rest gets other texts. Names of fields stay where the type has them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    names::{Names, prefix},
    texts::is_pattern,
    vocabulary,
};
use crate::{
    arm::looks_like_id,
    iac::types::Shape,
    spec::node::{Kind, Spelled, escaped, secret_or},
};

/// Objects at the top of a body whose words are Azure's: sizes, and what the marketplace sells.
const AZURES: [&str; 5] = ["sku", "plan", "zones", "kind", "extendedLocation"];

/// Notes the names that entries of lists have, with the list's word.
pub(super) fn note_names(value: &Value, list: &str, shape: Option<&Shape>, names: &mut Names) {
    match value {
        Value::Array(items) => {
            let shape = shape.and_then(Shape::items);
            for item in items {
                if let Some(name) = item.get("name").and_then(Value::as_str)
                    && !is_word(
                        name,
                        shape.as_ref().and_then(|shape| shape.prop("name")).map(|prop| prop.shape).as_ref(),
                    )
                {
                    names.note(name, &prefix(list));
                }
                note_names(item, list, shape.as_ref(), names);
            }
        }
        Value::Object(fields) => {
            let shape = shape.map(|shape| shape.of(fields));
            for (key, value) in fields {
                let below = shape.as_ref().and_then(|shape| shape.prop(key)).map(|prop| prop.shape);
                note_names(value, key, below.as_ref(), names);
            }
        }
        _ => {}
    }
}

fn is_word(text: &str, shape: Option<&Shape>) -> bool {
    shape.is_some_and(|shape| shape.is_word(text))
}

/// The name of a field that no type has.
pub(super) fn of_key(names: &Names, key: &str) -> String {
    let is_word = key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(|c| c.is_ascii_alphabetic());
    if vocabulary::is_key(key) || is_pattern(key) || (is_word && !names.is_own(key)) {
        return key.to_owned();
    }
    if looks_like_id(key) {
        return names.id(key);
    }
    names.known(key).map_or_else(|| format!("key{}", names.digits("key", key, 6)), str::to_owned)
}

/// The number of a telephone, its marks kept.
fn phone(names: &Names, text: &str) -> String {
    let mut digits = names.digits("phone", text, 32).into_bytes().into_iter().cycle();
    let other = |c: char| match c {
        '0'..='9' => char::from(b'0' + digits.next().unwrap_or_default() % 10),
        c => c,
    };
    text.chars().map(other).collect()
}

/// Bodies with other texts in them.
pub(super) struct Bodies<'n> {
    pub names: &'n Names,
    /// New names of secrets.
    pub secrets: &'n HashMap<String, String>,
}

impl Bodies<'_> {
    /// A whole body.
    pub(super) fn body(&self, body: &Map<String, Value>, shape: Option<&Shape>) -> Map<String, Value> {
        let shape = shape.map(|shape| shape.of(body));
        let of = |(key, value): (&String, &Value)| {
            let below = shape.as_ref().and_then(|shape| shape.prop(key)).map(|prop| prop.shape);
            let value = match key.as_str() {
                "location" => value.clone(),
                key if AZURES.contains(&key) => value.clone(),
                "tags" => Value::Object(self.tags(value.as_object().unwrap_or(&Map::new()))),
                _ => self.value(key, value, below.as_ref()),
            };
            (key.clone(), value)
        };
        body.iter().map(of).collect()
    }

    /// Names and values of tags are people's.
    pub(super) fn tags(&self, tags: &Map<String, Value>) -> Map<String, Value> {
        let of = |(name, value): (&String, &Value)| {
            let name = match name.strip_prefix("hidden-link:") {
                Some(id) => format!("hidden-link:{}", self.names.id(id)),
                None => format!("tag{}", self.names.digits("tag", name, 6)),
            };
            let text = value.as_str().unwrap_or_default();
            let made = match secret_or(text, Spelled::Literal) {
                Kind::Secret(_) => self.secret(text),
                _ if text.is_empty() => String::new(),
                _ => format!("v{}", self.names.digits("tag value", text, 8)),
            };
            (name, Value::String(made))
        };
        tags.iter().map(of).collect()
    }

    fn secret(&self, text: &str) -> String {
        let name = text.strip_prefix("secret:").unwrap_or_default().trim();
        self.secrets.get(name).map_or_else(|| text.to_owned(), |new| format!("secret:{new}"))
    }

    fn value(&self, key: &str, value: &Value, shape: Option<&Shape>) -> Value {
        match value {
            Value::String(text) => Value::String(self.planned(key, text, shape)),
            Value::Array(items) => {
                let shape = shape.and_then(Shape::items);
                Value::Array(items.iter().map(|item| self.value(key, item, shape.as_ref())).collect())
            }
            Value::Object(fields) => {
                let shape = shape.map(|shape| shape.of(fields));
                let of = |(key, value): (&String, &Value)| {
                    let prop = shape.as_ref().and_then(|shape| shape.prop(key)).map(|prop| prop.shape);
                    let is_known = prop.is_some();
                    let more = || shape.as_ref().and_then(Shape::more);
                    let made = self.value(key, value, prop.or_else(more).as_ref());
                    (if is_known { key.clone() } else { of_key(self.names, key) }, made)
                };
                Value::Object(fields.iter().map(of).collect())
            }
            other => other.clone(),
        }
    }

    /// A text of a plan.
    fn planned(&self, key: &str, text: &str, shape: Option<&Shape>) -> String {
        match secret_or(text, Spelled::Literal) {
            Kind::Secret(_) => self.secret(text),
            Kind::Text { text, .. } => escaped(&self.text(key, &text, shape)),
            _ => text.to_owned(),
        }
    }

    fn text(&self, key: &str, text: &str, shape: Option<&Shape>) -> String {
        if text.is_empty() || is_word(text, shape) {
            return text.to_owned();
        }
        if key.to_ascii_lowercase().contains("phone") && !text.contains(char::is_alphabetic) {
            return phone(self.names, text);
        }
        let is_vocabulary = vocabulary::is_field(key)
            || shape.and_then(Shape::words).is_some_and(|(words, is_open)| is_open && !words.is_empty());
        // Even there the tenant's own names are not kept.
        let is_plain = !looks_like_id(text) && !text.contains(['@', '\'', '[', '(']);
        if is_vocabulary && is_plain && self.names.known(text).is_none() {
            return text.to_owned();
        }
        let made = self.names.text(text);
        let fits = |text: &str| shape.is_none_or(|shape| shape.fits(&Value::String(text.to_owned())));
        if fits(&made) || !fits(text) {
            return made;
        }
        let digits = |count: usize| self.names.digits("text", text, count);
        let others = [digits(8), format!("x{}", digits(5)), format!("X{}-1a", digits(6)), digits(32), digits(64)];
        others.into_iter().find(|other| fits(other)).unwrap_or(made)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn telephones_get_other_numbers_and_keep_their_marks() {
        let names = Names::new([3; 32]);
        let bodies = Bodies { names: &names, secrets: &HashMap::new() };
        let made = bodies.value("phoneNumber", &json!("425-555-0100"), None);
        let made = made.as_str().expect("a text");
        assert!(made != "425-555-0100" && made.len() == 12 && made.match_indices('-').count() == 2, "{made}");
        assert_eq!(bodies.value("destinationPortRange", &json!("49152-65535"), None), "49152-65535");
    }

    #[test]
    fn keys_of_people_are_others_and_those_of_types_stay() {
        let mut names = Names::new([3; 32]);
        names.note_words("contoso");
        assert_eq!(of_key(&names, "adminPassword"), "adminPassword");
        for key in ["ContosoDbPassword", "contosoPassword"] {
            assert!(!of_key(&names, key).to_lowercase().contains("contoso"), "{key}");
        }
    }
}
