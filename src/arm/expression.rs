//! The language of ARM's template expressions: `[concat(parameters('a'), '-x')]`.
//!
//! ```text
//! value    = "[" expression "]"          anything else is itself; "[[" is a bracket
//! expr     = (string | number | name "(" [expr {"," expr}] ")") { "." name | "[" expr "]" }
//! string   = "'" {any | "''"} "'"
//! ```
//! Pure: names are looked up through the [`Scope`] that is given.

use serde_json::{Value, json};

/// What the functions of an expression mean in the place where it is evaluated.
pub trait Scope {
    /// The value of a call, its arguments evaluated.
    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String>;
}

/// Evaluates all expressions in a value.
pub(crate) fn evaluate(value: &Value, scope: &dyn Scope) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => evaluate_text(text, scope)?,
        Value::Array(items) => Value::Array(items.iter().map(|item| evaluate(item, scope)).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let mut out = serde_json::Map::with_capacity(fields.len());
            for (name, value) in fields {
                let name = match evaluate_text(name, scope)? {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                out.insert(name, evaluate(value, scope)?);
            }
            Value::Object(out)
        }
        other => other.clone(),
    })
}

/// Evaluates all expressions in a value for what is wrong with them; what the scope is asked, it may note.
pub(crate) fn check(value: &Value, scope: &dyn Scope) -> Result<(), String> {
    let text = |text: &str| if text.starts_with('[') { evaluate_text(text, scope).map(drop) } else { Ok(()) };
    match value {
        Value::String(value) => text(value),
        Value::Array(items) => items.iter().try_for_each(|item| check(item, scope)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            text(name)?;
            check(value, scope)
        }),
        _ => Ok(()),
    }
}

/// Evaluates one text.
pub(crate) fn evaluate_text(text: &str, scope: &dyn Scope) -> Result<Value, String> {
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Ok(json!(text));
    };
    if let Some(escaped) = inner.strip_prefix('[') {
        return Ok(json!(format!("[{escaped}]")));
    }
    let mut parser = Parser { text: inner, at: 0, scope, depth: 0 };
    let value = parser.expression()?;
    parser.blanks();
    if parser.at < inner.len() {
        return Err(format!("unexpected {:?} at the end of the expression '{text}'", &inner[parser.at..]));
    }
    Ok(value)
}

/// Deepest nesting of calls.
const DEPTH: usize = 100;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    scope: &'a dyn Scope,
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn name(&mut self) -> String {
        self.blanks();
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = rest[..length].to_owned();
        self.at += length;
        name
    }

    fn expression(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("the expression is nested too deeply".to_owned());
        }
        self.blanks();
        let mut value = match self.rest().chars().next() {
            Some('\'') => self.literal()?,
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let rest = self.rest();
                let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '-' || c == '.')).unwrap_or(rest.len());
                let number = rest[..length].parse::<i64>().map_err(|_| format!("no number: {:?}", &rest[..length]))?;
                self.at += length;
                json!(number)
            }
            Some(c) if c.is_alphabetic() => self.call()?,
            other => return Err(format!("unexpected {other:?} in the expression '[{}]'", self.text)),
        };
        loop {
            if self.eat('.') {
                let name = self.name();
                value = member(&value, &json!(name))?;
            } else if self.eat('[') {
                let key = self.expression()?;
                if !self.eat(']') {
                    return Err(format!("expected ']' in the expression '[{}]'", self.text));
                }
                value = member(&value, &key)?;
            } else {
                self.depth -= 1;
                return Ok(value);
            }
        }
    }

    fn literal(&mut self) -> Result<Value, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('\'') else {
                return Err(format!("a string without an end in the expression '[{}]'", self.text));
            };
            out.push_str(&rest[..end]);
            let doubled = rest[end + 1..].starts_with('\'');
            self.at += end + 1;
            if !doubled {
                return Ok(json!(out));
            }
            self.at += 1;
            out.push('\'');
        }
    }

    fn call(&mut self) -> Result<Value, String> {
        let name = self.name();
        if !self.eat('(') {
            return Err(format!("expected '(' after '{name}' in the expression '[{}]'", self.text));
        }
        let mut arguments = Vec::new();
        // A branch that is not taken may refer to what does not exist.
        let conditional = name.eq_ignore_ascii_case("if");
        let mut skipped = false;
        while !self.eat(')') {
            if !arguments.is_empty() && !self.eat(',') {
                return Err(format!("expected ',' or ')' in the expression '[{}]'", self.text));
            }
            let taken = match (conditional, arguments.len(), arguments.first()) {
                (true, 1, Some(condition)) => condition == &json!(true),
                (true, 2, Some(condition)) => condition != &json!(true),
                _ => true,
            };
            if taken {
                arguments.push(self.expression()?);
            } else {
                let quiet = Quiet;
                let mut parser = Parser { text: self.text, at: self.at, scope: &quiet, depth: self.depth };
                parser.expression()?;
                self.at = parser.at;
                arguments.push(Value::Null);
                skipped = true;
            }
        }
        if skipped && arguments.len() != 3 {
            return Err("'if' takes three arguments".to_owned());
        }
        self.scope.call(&name, &arguments)
    }
}

/// Skips over what is not taken: every call is an object that has every member.
struct Quiet;

impl Scope for Quiet {
    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(Value::Null)
    }
}

fn member(value: &Value, key: &Value) -> Result<Value, String> {
    match (value, key) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Object(fields), Value::String(name)) => {
            let found = fields
                .get(name)
                .or_else(|| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value));
            found.cloned().ok_or_else(|| {
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                format!(
                    "the language expression property '{name}' doesn't exist, available properties are '{}'",
                    known.join(", ")
                )
            })
        }
        (Value::Array(items), Value::Number(at)) => {
            let found = at.as_u64().and_then(|at| items.get(at as usize));
            found.cloned().ok_or_else(|| format!("the array index '{at}' is out of bounds"))
        }
        (value, key) => Err(format!("'{key}' cannot be taken of {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl Scope for Echo {
        fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
            match name {
                "if" => Ok(if arguments[0] == json!(true) { arguments[1].clone() } else { arguments[2].clone() }),
                "true" => Ok(json!(true)),
                "fail" => Err("called".to_owned()),
                _ => Ok(json!({"name": name, "arguments": arguments})),
            }
        }
    }

    fn check(text: &str, expected: Value) {
        assert_eq!(evaluate_text(text, &Echo), Ok(expected), "{text}");
    }

    #[test]
    fn texts_that_are_no_expressions_are_themselves() {
        check("plain", json!("plain"));
        check("[[escaped]", json!("[escaped]"));
        check("[open", json!("[open"));
    }

    #[test]
    fn calls_nest_and_members_are_taken() {
        check("['it''s']", json!("it's"));
        check("[f(1, 'a').arguments[1]]", json!("a"));
        check("[f( g() ).arguments[0].NAME]", json!("g"));
    }

    #[test]
    fn the_branch_that_is_not_taken_is_not_evaluated() {
        check("[if(true(), 1, fail().x[0])]", json!(1));
        assert!(evaluate_text("[if(true(), fail(), 1)]", &Echo).is_err());
    }

    #[test]
    fn broken_expressions_are_refused() {
        for text in ["[f(]", "[f(1]", "['a]", "[f() g()]", "[]", "[f]"] {
            assert!(evaluate_text(text, &Echo).is_err(), "{text}");
        }
    }
}
