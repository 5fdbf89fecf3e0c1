//! ARM's template functions that depend on nothing but their arguments: no clock, no randomness.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

/// Namespace of `guid()`, as documented.
const GUIDS: Uuid = uuid!("11fb06fb-712d-4ddd-98c7-e71bbd588830");

/// What a function is called with.
struct Call<'a> {
    /// In lower case.
    name: &'a str,
    arguments: &'a [Value],
}

impl Call<'_> {
    fn first(&self) -> &Value {
        self.arguments.first().unwrap_or(&Value::Null)
    }

    fn second(&self) -> &Value {
        self.arguments.get(1).unwrap_or(&Value::Null)
    }

    fn text(&self, at: usize) -> String {
        self.arguments.get(at).map(shown).unwrap_or_default()
    }

    fn number(&self, at: usize) -> Result<i64, String> {
        let name = self.name;
        let value = self.arguments.get(at).ok_or_else(|| format!("'{name}' wants more arguments"))?;
        let parsed = value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
        parsed.ok_or_else(|| format!("'{name}' wants a number, not {value}"))
    }

    /// A number that is at least 0; 0 where it is none.
    fn count(&self, at: usize) -> usize {
        self.number(at).unwrap_or(0).max(0) as usize
    }
}

/// What a function gives; `None`: it is not among these.
type Answer = Option<Result<Value, String>>;

/// `None`: no such function.
pub fn call(name: &str, arguments: &[Value]) -> Answer {
    let name = name.to_lowercase();
    let call = Call { name: &name, arguments };
    logic(&call)
        .or_else(|| texts(&call))
        .or_else(|| encodings(&call))
        .or_else(|| lists(&call))
        .or_else(|| objects(&call))
        .or_else(|| numbers(&call))
}

fn logic(call: &Call<'_>) -> Answer {
    let (first, second, arguments) = (call.first(), call.second(), call.arguments);
    let is_true = |value: &Value| value == &json!(true);
    Some(Ok(match call.name {
        "bool" => json!(is_true(first) || call.text(0).eq_ignore_ascii_case("true") || call.text(0) == "1"),
        "true" => json!(true),
        "false" => json!(false),
        "null" => Value::Null,
        "if" if is_true(first) => second.clone(),
        "if" => arguments.get(2).cloned().unwrap_or_default(),
        "equals" => json!(first == second),
        "not" => json!(!is_true(first)),
        "and" => json!(arguments.iter().all(is_true)),
        "or" => json!(arguments.iter().any(is_true)),
        "coalesce" => arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or_default(),
        _ => return None,
    }))
}

fn texts(call: &Call<'_>) -> Answer {
    let text = |at| call.text(at);
    Some(Ok(match call.name {
        "concat" if !call.first().is_array() => json!(call.arguments.iter().map(shown).collect::<String>()),
        "format" => return Some(format(call.arguments)),
        "tolower" => json!(text(0).to_lowercase()),
        "toupper" => json!(text(0).to_uppercase()),
        "trim" => json!(text(0).trim()),
        "string" => json!(text(0)),
        "split" => {
            let marks = call.second().as_array();
            let marks: Vec<String> = marks.map_or_else(|| vec![text(1)], |list| list.iter().map(shown).collect());
            json!(marks.iter().fold(vec![text(0)], |parts, mark| {
                parts.iter().flat_map(|part| part.split(mark.as_str()).map(str::to_owned)).collect()
            }))
        }
        "join" => json!(call.first().as_array().into_iter().flatten().map(shown).collect::<Vec<_>>().join(&text(1))),
        "replace" => json!(text(0).replace(&text(1), &text(2))),
        "substring" => {
            let rest: Vec<char> = text(0).chars().skip(call.count(1)).collect();
            let many = if call.arguments.len() > 2 { call.count(2) } else { rest.len() };
            json!(rest.into_iter().take(many).collect::<String>())
        }
        "indexof" => json!(text(0).to_lowercase().find(&text(1).to_lowercase()).map_or(-1, |at| at as i64)),
        "startswith" => json!(text(0).to_lowercase().starts_with(&text(1).to_lowercase())),
        "endswith" => json!(text(0).to_lowercase().ends_with(&text(1).to_lowercase())),
        "padleft" => {
            let pad = text(2).chars().next().unwrap_or(' ');
            let missing = call.count(1).saturating_sub(text(0).chars().count());
            json!(std::iter::repeat_n(pad, missing).chain(text(0).chars()).collect::<String>())
        }
        _ => return None,
    }))
}

fn encodings(call: &Call<'_>) -> Answer {
    let text = |at| call.text(at);
    let joined = || call.arguments.iter().map(shown).collect::<Vec<_>>().join("-");
    Some(Ok(match call.name {
        "json" => return Some(serde_json::from_str(&text(0)).map_err(|error| format!("'json': {error}"))),
        "base64" => json!(STANDARD.encode(text(0))),
        "base64tostring" => match STANDARD.decode(text(0)) {
            Ok(bytes) => json!(String::from_utf8_lossy(&bytes)),
            Err(error) => return Some(Err(format!("'base64ToString': {error}"))),
        },
        "uricomponent" => {
            json!(percent_encoding::utf8_percent_encode(&text(0), percent_encoding::NON_ALPHANUMERIC).to_string())
        }
        "uri" => json!(format!("{}/{}", text(0).trim_end_matches('/'), text(1).trim_start_matches('/'))),
        "guid" => json!(Uuid::new_v5(&GUIDS, joined().as_bytes())),
        // Thirteen letters and digits of a hash; which ones differs from Azure's.
        "uniquestring" => {
            let letters = b"abcdefghijklmnopqrstuvwxyz234567";
            let hash = blake3::hash(joined().as_bytes());
            let of_it = hash.as_bytes()[..13].iter().map(|byte| char::from(letters[usize::from(byte % 32)]));
            json!(of_it.collect::<String>())
        }
        _ => return None,
    }))
}

fn lists(call: &Call<'_>) -> Answer {
    let (first, second, arguments) = (call.first(), call.second(), call.arguments);
    Some(Ok(match call.name {
        "concat" => Value::Array(arguments.iter().filter_map(Value::as_array).flatten().cloned().collect()),
        "empty" => json!(size(first) == 0),
        "length" => json!(size(first)),
        "contains" => json!(match first {
            Value::Array(items) => items.contains(second),
            Value::Object(fields) => fields.keys().any(|key| key.eq_ignore_ascii_case(&call.text(1))),
            _ => call.text(0).contains(&call.text(1)),
        }),
        "first" => end(first, true),
        "last" => end(first, false),
        "take" | "skip" => {
            let many = match call.number(1) {
                Ok(many) => many.max(0) as usize,
                Err(error) => return Some(Err(error)),
            };
            let is_taken = call.name == "take";
            match first {
                Value::Array(items) if is_taken => items.iter().take(many).cloned().collect(),
                Value::Array(items) => items.iter().skip(many).cloned().collect(),
                _ if is_taken => json!(call.text(0).chars().take(many).collect::<String>()),
                _ => json!(call.text(0).chars().skip(many).collect::<String>()),
            }
        }
        "createarray" => Value::Array(arguments.to_vec()),
        "array" if first.is_array() => first.clone(),
        "array" => json!([first]),
        "range" => match (call.number(0), call.number(1)) {
            (Ok(from), Ok(many)) => (from..from + many.clamp(0, 10_000)).map(|number| json!(number)).collect(),
            (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
        },
        _ => return None,
    }))
}

fn objects(call: &Call<'_>) -> Answer {
    let (first, second, arguments) = (call.first(), call.second(), call.arguments);
    let pair = |(key, value): (&String, &Value)| (key.clone(), value.clone());
    Some(Ok(match call.name {
        "union" => arguments.iter().skip(1).fold(first.clone(), union),
        "intersection" => match (first, second) {
            (Value::Array(a), Value::Array(b)) => a.iter().filter(|item| b.contains(item)).cloned().collect(),
            (Value::Object(a), Value::Object(b)) => {
                a.iter().filter(|(key, value)| b.get(*key) == Some(value)).map(pair).collect()
            }
            _ => Value::Null,
        },
        "createobject" => {
            let pairs = arguments.chunks(2).filter(|pair| pair.len() == 2);
            pairs.map(|pair| (shown(&pair[0]), pair[1].clone())).collect::<Map<_, _>>().into()
        }
        "items" => {
            first.as_object().into_iter().flatten().map(|(key, value)| json!({"key": key, "value": value})).collect()
        }
        "objectkeys" => first.as_object().into_iter().flatten().map(|(key, _)| json!(key)).collect(),
        "environment" => super::cloud::environment(),
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
            all.map(pair).collect::<Map<_, _>>().into()
        }
        _ => return None,
    }))
}

fn numbers(call: &Call<'_>) -> Answer {
    let each = |value: &Value| value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
    let all = || call.arguments.iter().flat_map(each).filter_map(|value| value.as_i64());
    match call.name {
        "int" => return Some(call.number(0).map(|number| json!(number))),
        "min" => return Some(Ok(json!(all().min()))),
        "max" => return Some(Ok(json!(all().max()))),
        "add" | "sub" | "mul" | "div" | "mod" | "greater" | "less" | "greaterorequals" | "lessorequals" => {}
        _ => return None,
    }
    let order = if call.first().is_string() && call.second().is_string() {
        call.text(0).cmp(&call.text(1))
    } else {
        match (call.number(0), call.number(1)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
        }
    };
    let (a, b) = (call.number(0).unwrap_or(0), call.number(1).unwrap_or(0));
    Some(Ok(match call.name {
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
