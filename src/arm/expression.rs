//! Expressions of ARM templates (`[concat(parameters('a'), '/b')]`): what our own printer and people's
//! templates use of them to spell ids and names.
//!
//! Only functions whose value is known before a deployment are evaluated; others are an error that
//! names them. A text that begins with `[` and ends with `]` is an expression, `[[` an escaped bracket.

use serde_json::{Value, json};

/// Where an expression is evaluated.
pub trait Scope {
    /// The subscription that is deployed to, without slashes.
    fn subscription(&self) -> &str;
    /// The resource group that is deployed to.
    fn resource_group(&self) -> Option<&str>;
    /// The value of a parameter.
    fn parameter(&self, name: &str) -> Option<Value>;
    /// The value of a variable.
    fn variable(&self, _name: &str) -> Option<Value> {
        None
    }
    /// The tenant that is deployed to.
    fn tenant(&self) -> Option<&str> {
        None
    }
    /// Where the group, or the deployment itself, is.
    fn location(&self) -> Option<&str> {
        None
    }
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("{0:?} is no expression: {1}")]
    Syntax(String, &'static str),
    #[error("the function {0} is not known here")]
    Function(String),
    #[error("{0} of {1:?} is not known here")]
    Name(&'static str, String),
    #[error("{0} wants other arguments")]
    Arguments(String),
}

/// A text of a template as its value: evaluated, unescaped, or as it is.
pub fn evaluate(text: &str, scope: &dyn Scope) -> Result<Value, ExpressionError> {
    let is_bracketed = text.starts_with('[') && text.ends_with(']');
    if !is_bracketed {
        return Ok(Value::String(text.to_owned()));
    }
    if text.starts_with("[[") {
        return Ok(Value::String(text[1..].to_owned()));
    }
    let inner = &text[1..text.len() - 1];
    let mut parser = Parser { text: inner, at: 0 };
    let value = parser.expression(scope)?;
    parser.space();
    if parser.at < inner.len() { Err(parser.wrong("something stands after its end")) } else { Ok(value) }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn wrong(&self, why: &'static str) -> ExpressionError {
        ExpressionError::Syntax(self.text.to_owned(), why)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn takes(&mut self, c: char) -> bool {
        self.space();
        let is_it = self.rest().starts_with(c);
        if is_it {
            self.at += c.len_utf8();
        }
        is_it
    }

    fn word(&mut self) -> String {
        let word: String = self.rest().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        self.at += word.len();
        word
    }

    fn expression(&mut self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        self.space();
        let mut value = match self.rest().chars().next() {
            Some('\'') => Value::String(self.quoted()?),
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let start = self.at;
                self.at += 1;
                while self.rest().starts_with(|c: char| c.is_ascii_digit()) {
                    self.at += 1;
                }
                let number: i64 = self.text[start..self.at].parse().map_err(|_| self.wrong("a number is too large"))?;
                json!(number)
            }
            Some(c) if c.is_ascii_alphabetic() => self.call(scope)?,
            _ => return Err(self.wrong("expected a text, a number or a function")),
        };
        loop {
            if self.takes('.') {
                let name = self.word();
                value = member(&value, &name).ok_or(ExpressionError::Name("a property", name))?;
            } else if self.takes('[') {
                let index = self.expression(scope)?;
                if !self.takes(']') {
                    return Err(self.wrong("a bracket is not closed"));
                }
                let found = match &index {
                    Value::String(name) => member(&value, name),
                    Value::Number(number) => {
                        number.as_u64().and_then(|number| value.get(usize::try_from(number).ok()?).cloned())
                    }
                    _ => None,
                };
                value = found.ok_or_else(|| ExpressionError::Name("an element", index.to_string()))?;
            } else {
                return Ok(value);
            }
        }
    }

    fn quoted(&mut self) -> Result<String, ExpressionError> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('\'') else { return Err(self.wrong("a text is not closed")) };
            out.push_str(&rest[..end]);
            let is_doubled = rest[end + 1..].starts_with('\'');
            self.at += end + 1;
            if !is_doubled {
                return Ok(out);
            }
            out.push('\'');
            self.at += 1;
        }
    }

    fn call(&mut self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        let name = self.word();
        if !self.takes('(') {
            return match name.as_str() {
                "true" => Ok(json!(true)),
                "false" => Ok(json!(false)),
                _ => Err(self.wrong("expected a bracket behind the name of a function")),
            };
        }
        let mut arguments = Vec::new();
        while !self.takes(')') {
            if !arguments.is_empty() && !self.takes(',') {
                return Err(self.wrong("expected a comma"));
            }
            arguments.push(self.expression(scope)?);
        }
        apply(&name, &arguments, scope)
    }
}

/// Names of properties are the same in any case.
fn member(value: &Value, name: &str) -> Option<Value> {
    let fields = value.as_object()?;
    let exact = fields.get(name);
    exact.or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)).cloned()
}

fn apply(name: &str, arguments: &[Value], scope: &dyn Scope) -> Result<Value, ExpressionError> {
    let wrong = || ExpressionError::Arguments(name.to_owned());
    let text = |at: usize| arguments.get(at).and_then(Value::as_str).ok_or_else(wrong);
    let texts = || arguments.iter().map(|value| value.as_str().ok_or_else(wrong)).collect::<Result<Vec<&str>, _>>();
    let subscription = || format!("/subscriptions/{}", scope.subscription());
    match name.to_ascii_lowercase().as_str() {
        "concat" => {
            if arguments.iter().any(Value::is_array) {
                return Ok(arguments.iter().flat_map(|list| list.as_array().cloned().unwrap_or_default()).collect());
            }
            Ok(Value::String(arguments.iter().map(plain).collect()))
        }
        "format" => {
            let mut out = text(0)?.to_owned();
            for (at, value) in arguments[1..].iter().enumerate() {
                out = out.replace(&format!("{{{at}}}"), &plain(value));
            }
            Ok(Value::String(out))
        }
        "tolower" => Ok(json!(text(0)?.to_lowercase())),
        "toupper" => Ok(json!(text(0)?.to_uppercase())),
        "parameters" => {
            scope.parameter(text(0)?).ok_or_else(|| ExpressionError::Name("parameter", plain(&arguments[0])))
        }
        "variables" => scope.variable(text(0)?).ok_or_else(|| ExpressionError::Name("variable", plain(&arguments[0]))),
        "subscription" => Ok(json!({
            "id": subscription(), "subscriptionId": scope.subscription(), "tenantId": scope.tenant(),
        })),
        "tenant" => Ok(json!({"tenantId": scope.tenant()})),
        "resourcegroup" => {
            let group = scope.resource_group().ok_or_else(|| ExpressionError::Name("the group", String::new()))?;
            Ok(json!({
                "id": format!("{}/resourceGroups/{group}", subscription()), "name": group, "location": scope.location(),
            }))
        }
        "deployment" => Ok(json!({"location": scope.location(), "name": "main"})),
        "resourceid" => {
            let given = texts()?;
            let kind = given.iter().position(|part| part.contains('/')).ok_or_else(wrong)?;
            let (scopes, rest) = given.split_at(kind);
            let group = match scopes {
                [] => scope.resource_group().map(|group| (scope.subscription().to_owned(), group.to_owned())),
                [group] => Some((scope.subscription().to_owned(), (*group).to_owned())),
                [subscription, group] => Some(((*subscription).to_owned(), (*group).to_owned())),
                _ => return Err(wrong()),
            };
            let below = provider_path(rest).ok_or_else(wrong)?;
            Ok(Value::String(match group {
                Some((subscription, group)) => format!("/subscriptions/{subscription}/resourceGroups/{group}{below}"),
                None => format!("{}{below}", subscription()),
            }))
        }
        "subscriptionresourceid" => {
            let given = texts()?;
            let kind = given.iter().position(|part| part.contains('/')).ok_or_else(wrong)?;
            let (scopes, rest) = given.split_at(kind);
            let at = scopes.first().map_or_else(subscription, |id| format!("/subscriptions/{id}"));
            if rest.first().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups")) {
                return Ok(Value::String(format!("{at}/resourceGroups/{}", rest.get(1).ok_or_else(wrong)?)));
            }
            Ok(Value::String(format!("{at}{}", provider_path(rest).ok_or_else(wrong)?)))
        }
        "tenantresourceid" => Ok(Value::String(provider_path(&texts()?).ok_or_else(wrong)?)),
        "extensionresourceid" => {
            let given = texts()?;
            let (extended, rest) = given.split_first().ok_or_else(wrong)?;
            Ok(Value::String(format!("{extended}{}", provider_path(rest).ok_or_else(wrong)?)))
        }
        _ => Err(ExpressionError::Function(name.to_owned())),
    }
}

/// `/providers/Microsoft.A/b/name/c/name` of `["Microsoft.A/b/c", name, name]`.
fn provider_path(parts: &[&str]) -> Option<String> {
    let (kind, names) = parts.split_first()?;
    let (namespace, kinds) = kind.split_once('/')?;
    let kinds: Vec<&str> = kinds.split('/').collect();
    if kinds.len() != names.len() {
        return None;
    }
    let pairs: Vec<String> = kinds.iter().zip(names).map(|(kind, name)| format!("{kind}/{name}")).collect();
    Some(format!("/providers/{namespace}/{}", pairs.join("/")))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Here(&'static str);

    impl Scope for Here {
        fn subscription(&self) -> &str {
            self.0
        }
        fn resource_group(&self) -> Option<&str> {
            Some("g")
        }
        fn parameter(&self, name: &str) -> Option<Value> {
            (name == "p").then(|| json!({"a": [1, "it's"]}))
        }
    }

    #[test]
    fn ids_and_texts_are_evaluated_and_escapes_taken_off() {
        for (text, value) in [
            ("plain", "plain"),
            ("[[x]", "[x]"),
            ("[x", "[x"),
            ("[concat('a', 'it''s', parameters('p').a[1])]", "ait'sit's"),
            ("[resourceId('A.B/c/d', 'x', 'y')]", "/subscriptions/s/resourceGroups/g/providers/A.B/c/x/d/y"),
            ("[resourceId('t', 'h', 'A.B/c', 'x')]", "/subscriptions/t/resourceGroups/h/providers/A.B/c/x"),
            (
                "[subscriptionResourceId(subscription().subscriptionId, 'Microsoft.Resources/resourceGroups', 'r')]",
                "/subscriptions/s/resourceGroups/r",
            ),
            ("[extensionResourceId('/x', 'A.B/c', 'n')]", "/x/providers/A.B/c/n"),
        ] {
            assert_eq!(evaluate(text, &Here("s")), Ok(json!(value)), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_known_is_an_error_that_names_it() {
        assert_eq!(evaluate("[reference('x')]", &Here("s")), Err(ExpressionError::Function("reference".to_owned())));
        assert!(evaluate("[concat('a' 'b')]", &Here("s")).is_err());
        assert!(evaluate("[parameters('q')]", &Here("s")).is_err());
    }
}
