//! ARM's template functions that depend on nothing but their arguments: no clock, no randomness.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

/// Namespace of `guid()`, as documented.
const GUIDS: Uuid = uuid!("11fb06fb-712d-4ddd-98c7-e71bbd588830");

/// `None`: no such function.
pub fn call(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    let name = name.to_lowercase();
    let text = |at: usize| arguments.get(at).map(shown).unwrap_or_default();
    let number = |at: usize| -> Result<i64, String> {
        let value = arguments.get(at).ok_or_else(|| format!("'{name}' wants more arguments"))?;
        let parsed = value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
        parsed.ok_or_else(|| format!("'{name}' wants a number, not {value}"))
    };
    let first = arguments.first().unwrap_or(&Value::Null);
    let second = arguments.get(1).unwrap_or(&Value::Null);
    Some(Ok(match name.as_str() {
        "concat" if first.is_array() => {
            Value::Array(arguments.iter().filter_map(Value::as_array).flatten().cloned().collect())
        }
        "concat" => json!(arguments.iter().map(shown).collect::<String>()),
        "format" => return Some(format(arguments)),
        "tolower" => json!(text(0).to_lowercase()),
        "toupper" => json!(text(0).to_uppercase()),
        "trim" => json!(text(0).trim()),
        "string" => json!(text(0)),
        "int" => return Some(number(0).map(|number| json!(number))),
        "bool" => json!(first == &json!(true) || text(0).eq_ignore_ascii_case("true") || text(0) == "1"),
        "true" => json!(true),
        "false" => json!(false),
        "null" => Value::Null,
        "json" => return Some(serde_json::from_str(&text(0)).map_err(|error| format!("'json': {error}"))),
        "if" => {
            if first == &json!(true) {
                second.clone()
            } else {
                arguments.get(2).cloned().unwrap_or_default()
            }
        }
        "equals" => json!(same(first, second)),
        "not" => json!(first != &json!(true)),
        "and" => json!(arguments.iter().all(|value| value == &json!(true))),
        "or" => json!(arguments.iter().any(|value| value == &json!(true))),
        "coalesce" => arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or_default(),
        "empty" => json!(size(first) == 0),
        "length" => json!(size(first)),
        "contains" => json!(match first {
            Value::Array(items) => items.iter().any(|item| same(item, second)),
            Value::Object(fields) => fields.keys().any(|key| key.eq_ignore_ascii_case(&text(1))),
            _ => text(0).contains(&text(1)),
        }),
        "first" => end(first, true),
        "last" => end(first, false),
        "take" | "skip" => {
            let many = match number(1) {
                Ok(many) => many.max(0) as usize,
                Err(error) => return Some(Err(error)),
            };
            let taken = name == "take";
            match first {
                Value::Array(items) if taken => items.iter().take(many).cloned().collect(),
                Value::Array(items) => items.iter().skip(many).cloned().collect(),
                _ if taken => json!(text(0).chars().take(many).collect::<String>()),
                _ => json!(text(0).chars().skip(many).collect::<String>()),
            }
        }
        "union" => arguments.iter().skip(1).fold(first.clone(), union),
        "intersection" => match (first, second) {
            (Value::Array(a), Value::Array(b)) => a.iter().filter(|item| b.contains(item)).cloned().collect(),
            (Value::Object(a), Value::Object(b)) => a
                .iter()
                .filter(|(key, value)| b.get(*key) == Some(value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            _ => Value::Null,
        },
        "createarray" => Value::Array(arguments.to_vec()),
        "array" => {
            if first.is_array() {
                first.clone()
            } else {
                json!([first])
            }
        }
        "createobject" => {
            let pairs = arguments.chunks(2).filter(|pair| pair.len() == 2);
            pairs.map(|pair| (shown(&pair[0]), pair[1].clone())).collect::<Map<_, _>>().into()
        }
        "split" => {
            let marks: Vec<String> =
                second.as_array().map_or_else(|| vec![text(1)], |list| list.iter().map(shown).collect());
            let mut parts = vec![text(0)];
            for mark in marks {
                parts = parts
                    .iter()
                    .flat_map(|part| part.split(mark.as_str()).map(str::to_owned).collect::<Vec<_>>())
                    .collect();
            }
            json!(parts)
        }
        "join" => json!(first.as_array().into_iter().flatten().map(shown).collect::<Vec<_>>().join(&text(1))),
        "replace" => json!(text(0).replace(&text(1), &text(2))),
        "substring" => {
            let from = number(1).unwrap_or(0).max(0) as usize;
            let rest: Vec<char> = text(0).chars().skip(from).collect();
            let many = if arguments.len() > 2 { number(2).unwrap_or(0).max(0) as usize } else { rest.len() };
            json!(rest.into_iter().take(many).collect::<String>())
        }
        "indexof" => json!(text(0).to_lowercase().find(&text(1).to_lowercase()).map_or(-1, |at| at as i64)),
        "startswith" => json!(text(0).to_lowercase().starts_with(&text(1).to_lowercase())),
        "endswith" => json!(text(0).to_lowercase().ends_with(&text(1).to_lowercase())),
        "padleft" => {
            let (width, pad) = (number(1).unwrap_or(0).max(0) as usize, text(2).chars().next().unwrap_or(' '));
            let missing = width.saturating_sub(text(0).chars().count());
            json!(std::iter::repeat_n(pad, missing).chain(text(0).chars()).collect::<String>())
        }
        "base64" => json!(STANDARD.encode(text(0))),
        "base64tostring" => match STANDARD.decode(text(0)) {
            Ok(bytes) => json!(String::from_utf8_lossy(&bytes)),
            Err(error) => return Some(Err(format!("'base64ToString': {error}"))),
        },
        "uricomponent" => {
            json!(percent_encoding::utf8_percent_encode(&text(0), percent_encoding::NON_ALPHANUMERIC).to_string())
        }
        "uri" => json!(format!("{}/{}", text(0).trim_end_matches('/'), text(1).trim_start_matches('/'))),
        "guid" => json!(Uuid::new_v5(&GUIDS, arguments.iter().map(shown).collect::<Vec<_>>().join("-").as_bytes())),
        // Thirteen letters and digits of a hash; which ones differs from Azure's.
        "uniquestring" => {
            let hash = blake3::hash(arguments.iter().map(shown).collect::<Vec<_>>().join("-").as_bytes());
            let letters = b"abcdefghijklmnopqrstuvwxyz234567";
            json!(
                hash.as_bytes()[..13]
                    .iter()
                    .map(|byte| char::from(letters[usize::from(byte % 32)]))
                    .collect::<String>()
            )
        }
        "items" => {
            first.as_object().into_iter().flatten().map(|(key, value)| json!({"key": key, "value": value})).collect()
        }
        "objectkeys" => first.as_object().into_iter().flatten().map(|(key, _)| json!(key)).collect(),
        "tryget" => {
            let found = match (first, second) {
                (Value::Object(fields), Value::String(name)) => fields.get(name),
                (Value::Array(items), at) => at.as_u64().and_then(|at| items.get(at as usize)),
                _ => None,
            };
            found.cloned().unwrap_or_default()
        }
        "shallowmerge" => {
            let all = first.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
            all.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>().into()
        }
        "range" => match (number(0), number(1)) {
            (Ok(from), Ok(many)) => (from..from + many.clamp(0, 10_000)).map(|number| json!(number)).collect(),
            (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
        },
        "min" | "max" => {
            let all: Vec<i64> = arguments
                .iter()
                .flat_map(|value| value.as_array().map_or_else(|| vec![value.clone()], Clone::clone))
                .filter_map(|value| value.as_i64())
                .collect();
            json!(if name == "min" { all.into_iter().min() } else { all.into_iter().max() })
        }
        "add" | "sub" | "mul" | "div" | "mod" | "greater" | "less" | "greaterorequals" | "lessorequals" => {
            let strings = first.is_string() && second.is_string();
            let order = if strings {
                text(0).cmp(&text(1))
            } else {
                match (number(0), number(1)) {
                    (Ok(a), Ok(b)) => a.cmp(&b),
                    (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
                }
            };
            let (a, b) = (number(0).unwrap_or(0), number(1).unwrap_or(0));
            match name.as_str() {
                "add" => json!(a.wrapping_add(b)),
                "sub" => json!(a.wrapping_sub(b)),
                "mul" => json!(a.wrapping_mul(b)),
                "div" | "mod" if b == 0 => return Some(Err("division by zero".to_owned())),
                "div" => json!(a.wrapping_div(b)),
                "mod" => json!(a.wrapping_rem(b)),
                "greater" => json!(order.is_gt()),
                "less" => json!(order.is_lt()),
                "greaterorequals" => json!(order.is_ge()),
                _ => json!(order.is_le()),
            }
        }
        _ => return None,
    }))
}

/// A value as text: strings as they are, the rest as JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a == b
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::String(text) => text.chars().count(),
        _ => 0,
    }
}

fn end(value: &Value, first: bool) -> Value {
    match value {
        Value::Array(items) => if first { items.first() } else { items.last() }.cloned().unwrap_or_default(),
        Value::String(text) => {
            let letter = if first { text.chars().next() } else { text.chars().last() };
            json!(letter.map(String::from).unwrap_or_default())
        }
        _ => Value::Null,
    }
}

fn union(mut a: Value, b: &Value) -> Value {
    match (&mut a, b) {
        (Value::Array(a), Value::Array(b)) => {
            let new: Vec<Value> = b.iter().filter(|item| !a.contains(item)).cloned().collect();
            a.extend(new);
        }
        (Value::Object(into), Value::Object(b)) => {
            for (key, value) in b {
                let merged = match into.remove(key) {
                    Some(old) if old.is_object() && value.is_object() => union(old, value),
                    _ => value.clone(),
                };
                into.insert(key.clone(), merged);
            }
        }
        _ => {}
    }
    a
}

/// `{0}` and `{0:…}`; doubled braces are braces.
fn format(arguments: &[Value]) -> Result<Value, String> {
    let text = arguments.first().map(shown).unwrap_or_default();
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.peek() == Some(&letter) => {
                letters.next();
                out.push(letter);
            }
            '{' => {
                let inner: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                let at: usize = inner
                    .split([':', ','])
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .parse()
                    .map_err(|_| format!("'format': no index in {{{inner}}}"))?;
                let value = arguments.get(at + 1).ok_or_else(|| format!("'format': no argument {at}"))?;
                out.push_str(&shown(value));
            }
            letter => out.push(letter),
        }
    }
    Ok(json!(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, arguments: Value, expected: Value) {
        let arguments = arguments.as_array().cloned().expect("a list");
        assert_eq!(call(name, &arguments), Some(Ok(expected)), "{name}");
    }

    #[test]
    fn functions_of_text() {
        check("concat", json!(["a", 1, "b"]), json!("a1b"));
        check("format", json!(["{0}-{1}{{}}", "a", 2]), json!("a-2{}"));
        check("substring", json!(["hello", 1, 3]), json!("ell"));
        check("split", json!(["a/b", "/"]), json!(["a", "b"]));
        check("guid", json!(["x"]), json!(Uuid::new_v5(&GUIDS, b"x")));
        check("last", json!([["a", "b"]]), json!("b"));
    }

    #[test]
    fn functions_of_lists_and_objects() {
        check("union", json!([{"a": {"b": 1}}, {"a": {"c": 2}}]), json!({"a": {"b": 1, "c": 2}}));
        check("createObject", json!(["a", 1]), json!({"a": 1}));
        check("contains", json!([["a"], "a"]), json!(true));
        check("range", json!([2, 3]), json!([2, 3, 4]));
        check("coalesce", json!([null, "x"]), json!("x"));
        assert_eq!(call("noSuchThing", &[]), None);
    }
}
