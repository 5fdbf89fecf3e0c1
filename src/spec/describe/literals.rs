//! What a submit would refuse as a literal secret: found before it is written.

use serde_json::Value;

use crate::spec::{
    finding::Findings,
    node::{Key, Kind, Node, Spelled, secret_or},
    place::Place,
    secrets,
};

/// Pointers to the values of a body that a text can't hold, by the rules of a submit.
pub(super) fn literal_secrets(body: &Value) -> Vec<String> {
    let mut numbered = Numbered { pointers: Vec::new(), found: Findings::default() };
    let tree = numbered.node(body, "", "");
    let mut findings = numbered.found;
    secrets::in_tree(&tree, &mut findings);
    let mut found: Vec<String> = findings
        .errors()
        .iter()
        .filter_map(|error| numbered.pointers.get(error.place.line.checked_sub(1)? as usize).cloned())
        .collect();
    found.dedup();
    found
}

/// Values by their numbers, which their places say.
struct Numbered {
    pointers: Vec<String>,
    found: Findings,
}

impl Numbered {
    fn node(&mut self, value: &Value, pointer: &str, key: &str) -> Node {
        let line = u32::try_from(self.pointers.len() + 1).unwrap_or(u32::MAX);
        self.pointers.push(pointer.to_owned());
        let place = Place { line, column: 1 };
        let value = match value {
            Value::Null => Kind::Null,
            Value::Bool(flag) => Kind::Bool(*flag),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::String(text) => secret_or(text, Spelled::Literal),
            Value::Array(items) => Kind::List(
                items.iter().enumerate().map(|(at, item)| self.node(item, &format!("{pointer}/{at}"), "")).collect(),
            ),
            Value::Object(fields) => {
                let of = |(name, value): (&String, &Value)| {
                    let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    (Key::new(name.as_str(), place), self.node(value, &below, name))
                };
                Kind::Map(fields.iter().map(of).collect())
            }
        };
        let node = Node { place, value };
        if !matches!(node.value, Kind::Map(_) | Kind::List(_) | Kind::Secret(_)) {
            self.line(&node, key);
        }
        node
    }

    /// As the value is written on a line.
    fn line(&mut self, node: &Node, key: &str) {
        let mut findings = Findings::default();
        secrets::in_lines(&format!("{key}: {}", node.json()), &mut findings);
        if findings.has_errors() {
            self.found.error("", node.place, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_a_submit_refuses_are_found_wherever_they_stand() {
        let body = json!({
            "tags": {"note": "the password: hunter2", "team": "shop"},
            "properties": {"list": [{"a/b": {"adminPassword": "hunter2"}}], "adminPassword": "secret:web.admin"},
        });
        assert_eq!(literal_secrets(&body), ["/properties/list/0/a~1b/adminPassword", "/tags/note"]);
    }
}
