//! Values as their types want them: a number that came as text, a text that came as a number, a flag that came as a word,
//! a number that stands for a word, an id where an object with an id is meant.
//!
//! Works on what pruning left, for languages that are not compared with what Azure returns: an import keeps its spelling.
//! Open content is people's and is not looked into. What can't be turned without loss stays as it is and is told, and so
//! is a value outside of its type's words, bounds and patterns. A word that tells kinds of an object apart and is missing is
//! added where all else fits one kind alone.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::{Map, Number, Value};

use crate::{
    arm,
    iac::{
        model::{
            reserved::is_arm_field,
            term::{Step, spell},
        },
        types::{Leaf, Prop, Shape},
    },
};

/// Rows of the table: type, path, words.
static NUMBERED: LazyLock<Vec<[&'static str; 3]>> = LazyLock::new(|| {
    let rows = include_str!("numbered_words.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut columns = row.split('\t');
        Some([columns.next()?, columns.next()?, columns.next()?])
    })
    .collect()
});

/// What became of the values of a body.
#[derive(Debug, Default)]
pub struct Judged {
    /// Paths of values that are written as their types want them.
    pub turned: BTreeSet<String>,
    /// Paths of values that are none of their types', and stay.
    pub against: BTreeSet<String>,
    /// Fields of the top level that the template language would take for its own: gone.
    pub gone: Vec<String>,
    /// Where the names of administrators stand.
    pub administrators: Vec<Vec<Step>>,
    /// Why the body can't be written at all.
    pub refused: Option<&'static str>,
}

const NO_KIND: &str = "Azure did not return which kind of its type it is (a required word), and it fits more than one";

/// Judges a body, and turns what can be turned. `shape` is that of the body, where its type is known.
pub fn judge(body: &mut Map<String, Value>, type_name: &str, shape: Option<&Shape>) -> Judged {
    let mut walk = Walk { type_name, is_import: false, path: Vec::new(), out: Judged::default() };
    let is_named = |name: &str| shape.is_some_and(|shape| shape.prop(name).is_some());
    let reserved: Vec<String> = body.keys().filter(|name| is_arm_field(name) && !is_named(name)).cloned().collect();
    for name in reserved {
        body.remove(&name);
        walk.out.gone.push(name);
    }
    match shape {
        Some(shape) => walk.object(body, shape),
        None => body.iter().for_each(|(name, value)| walk.below(name, |walk| walk.whole_numbers(value))),
    }
    walk.out
}

/// Paths of values that are none of their types', where nothing may be turned: an import says what Azure returned.
pub fn faults(body: &mut Map<String, Value>, type_name: &str, shape: &Shape) -> BTreeSet<String> {
    let mut walk = Walk { type_name, is_import: true, path: Vec::new(), out: Judged::default() };
    walk.object(body, shape);
    walk.out.against
}

struct Walk<'a> {
    type_name: &'a str,
    /// Nothing is turned, and a number may have any size.
    is_import: bool,
    path: Vec<Step>,
    out: Judged,
}

impl Walk<'_> {
    fn below<T>(&mut self, name: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Step::Field(name.to_owned()));
        let found = look(self);
        self.path.pop();
        found
    }

    fn item<T>(&mut self, at: usize, look: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Step::Index(at));
        let found = look(self);
        self.path.pop();
        found
    }

    fn object(&mut self, fields: &mut Map<String, Value>, shape: &Shape) {
        self.kind(fields, shape);
        let shape = shape.of(fields);
        for (name, value) in fields.iter_mut() {
            let below = shape.prop(name).map(|prop| prop.shape).or_else(|| shape.more());
            self.below(name, |walk| match below {
                Some(below) => {
                    if name.eq_ignore_ascii_case("adminUsername") && value.as_str().is_some_and(|text| !text.is_empty())
                    {
                        walk.out.administrators.push(walk.path.clone());
                    }
                    walk.value(value, &below);
                }
                None => walk.whole_numbers(value),
            });
        }
    }

    /// Adds the word that tells the kinds of an object apart, where it is missing and only one kind fits.
    fn kind(&mut self, fields: &mut Map<String, Value>, shape: &Shape) {
        let Some((by, cases)) = shape.cases() else { return };
        if fields.keys().any(|name| name.eq_ignore_ascii_case(by)) {
            return;
        }
        let cases: Vec<(&str, Shape)> = cases.collect();
        if cases.is_empty() {
            return;
        }
        if self.is_import {
            self.below(by, |walk| walk.out.against.insert(spell(&walk.path)));
            return;
        }
        let fits = |case: &&(&'static str, Shape)| {
            let is_lacking = |prop: &Prop| prop.name != by && !fields.contains_key(prop.name);
            is_writable(fields, &case.1) && !case.1.required().iter().any(is_lacking)
        };
        let fitting: Vec<&(&str, Shape)> = cases.iter().filter(fits).collect();
        if let [(word, _)] = fitting.as_slice() {
            let word = (*word).to_owned();
            self.below(by, |walk| walk.out.turned.insert(spell(&walk.path)));
            fields.insert(by.to_owned(), Value::String(word));
        } else if self.path.is_empty() {
            self.out.refused = Some(NO_KIND);
        } else {
            self.out.against.insert(spell(&self.path));
        }
    }

    fn value(&mut self, value: &mut Value, shape: &Shape) {
        if shape.is_open() {
            return self.whole_numbers(value);
        }
        if !self.is_import
            && !shape.fits(value)
            && let Some(turned) = turned(value, shape).or_else(|| self.word(value, shape))
        {
            *value = turned;
            self.out.turned.insert(spell(&self.path));
        }
        if !shape.fits(value) {
            self.out.against.insert(spell(&self.path));
        }
        match value {
            Value::Object(fields) => self.object(fields, shape),
            Value::Array(items) => {
                if let Some(of_items) = shape.items() {
                    items
                        .iter_mut()
                        .enumerate()
                        .for_each(|(at, item)| self.item(at, |walk| walk.value(item, &of_items)));
                }
            }
            value => self.whole_numbers(value),
        }
    }

    /// The word that a number stands for.
    fn word(&self, value: &Value, shape: &Shape) -> Option<Value> {
        let number = usize::try_from(value.as_u64()?).ok()?;
        let path = spell(&self.path);
        let row = NUMBERED.iter().find(|[kind, at, _]| kind.eq_ignore_ascii_case(self.type_name) && *at == path)?;
        let word = Value::String(row[2].split(' ').nth(number)?.to_owned());
        shape.fits(&word).then_some(word)
    }

    /// Whole numbers of more than 64 bits: templates have none such, so they may come out rounded.
    fn whole_numbers(&mut self, value: &Value) {
        match value {
            Value::Number(number) if !self.is_import && number.is_u64() && number.as_i64().is_none() => {
                self.out.against.insert(spell(&self.path));
            }
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| self.below(name, |walk| walk.whole_numbers(value)));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.item(at, |walk| walk.whole_numbers(item)));
            }
            _ => {}
        }
    }
}

/// Whether all that an object holds is known to a shape and can be written there.
fn is_writable(fields: &Map<String, Value>, shape: &Shape) -> bool {
    fields.iter().all(|(name, value)| match (shape.prop(name), value) {
        (Some(prop), _) if prop.is_read_only => false,
        (Some(prop), Value::Object(fields)) => prop.shape.is_open() || is_writable(fields, &prop.shape.of(fields)),
        (found, _) => found.is_some() || shape.is_map(),
    })
}

/// A value of another kind as its type wants it, where nothing is lost by that.
fn turned(value: &Value, shape: &Shape) -> Option<Value> {
    let new = match (value, shape.leaf()) {
        (Value::String(text), Some(Leaf::Number)) => {
            let number: Number = serde_json::from_str(text).ok()?;
            (number.to_string() == *text).then_some(Value::Number(number))?
        }
        (Value::String(text), Some(Leaf::Bool)) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        (Value::String(text), Some(Leaf::Bool)) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        (Value::Number(number), Some(Leaf::Text)) => Value::String(number.to_string()),
        (Value::Bool(flag), Some(Leaf::Text)) => {
            let text = flag.to_string();
            Value::String(shape.spelling(&text).map_or(text, str::to_owned))
        }
        (Value::String(text), None) if arm::looks_like_id(text) && shape.prop("id").is_some() => {
            Value::Object(Map::from_iter([("id".to_owned(), value.clone())]))
        }
        _ => return None,
    };
    shape.fits(&new).then_some(new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iac::types;

    fn check(type_name: &str, version: &str, body: Value, expected: Value, against: &[&str]) -> Judged {
        let known = types::find(type_name, version, "x").writable().expect("known");
        let Value::Object(mut fields) = body else { panic!("an object") };
        let judged = judge(&mut fields, type_name, Some(&known.shape));
        assert_eq!(Value::Object(fields), expected);
        assert_eq!(judged.against.iter().map(String::as_str).collect::<Vec<_>>(), against);
        judged
    }

    #[test]
    fn numbers_texts_and_flags_become_what_the_type_wants() {
        let rule = |priority: Value| json!({"properties": {"priority": priority}});
        check(
            "Microsoft.Network/networkSecurityGroups/securityRules",
            "2023-09-01",
            rule(json!("100")),
            rule(json!(100)),
            &[],
        );
        let kept = rule(json!("1e2x"));
        check(
            "Microsoft.Network/networkSecurityGroups/securityRules",
            "2023-09-01",
            kept.clone(),
            kept,
            &["properties.priority"],
        );
        let address = |zones: Value| json!({"location": "westeurope", "zones": zones});
        let judged = check(
            "Microsoft.Network/publicIPAddresses",
            "2023-09-01",
            address(json!([1, 2])),
            address(json!(["1", "2"])),
            &[],
        );
        assert_eq!(judged.turned.len(), 2);
        let database = |bytes: Value, flag: Value| json!({"location": "x", "properties": {"maxSizeBytes": bytes, "zoneRedundant": flag}});
        check(
            "Microsoft.Sql/servers/databases",
            "2023-08-01",
            database(json!("268435456000"), json!("True")),
            database(json!(268_435_456_000_i64), json!(true)),
            &[],
        );
    }

    #[test]
    fn a_number_stands_for_a_word_by_the_documented_order() {
        let role = |kind: Value| json!({"properties": {"type": kind}});
        check(
            "Microsoft.DocumentDB/databaseAccounts/mongodbRoleDefinitions",
            "2024-08-15",
            role(json!(1)),
            role(json!("CustomRole")),
            &[],
        );
    }

    #[test]
    fn an_id_becomes_an_object_with_the_id_where_one_is_meant() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n";
        let subnet = |group: Value| json!({"properties": {"networkSecurityGroup": group}});
        check(
            "Microsoft.Network/virtualNetworks/subnets",
            "2023-09-01",
            subnet(json!(id)),
            subnet(json!({"id": id})),
            &[],
        );
    }

    #[test]
    fn fields_that_the_template_language_has_for_itself_do_not_come_from_a_body() {
        let Value::Object(mut body) = json!({"subscriptionId": "s", "properties": {"scope": "x"}, "scope": "y"}) else {
            panic!()
        };
        let judged = judge(&mut body, "A.B/c", None);
        assert_eq!(Value::Object(body), json!({"properties": {"scope": "x"}}));
        assert_eq!(judged.gone.len(), 2);
    }

    #[test]
    fn a_missing_kind_is_added_where_one_alone_fits_and_refused_where_none_is_sure() {
        let body = json!({"location": "x", "properties": {"softDeletePeriod": "P1D", "hotCachePeriod": "P1D"}});
        let Value::Object(mut fields) = body else { panic!() };
        let known = types::find("Microsoft.Kusto/clusters/databases", "2023-08-15", "x").writable().expect("known");
        let judged = judge(&mut fields, "Microsoft.Kusto/clusters/databases", Some(&known.shape));
        assert_eq!(fields.get("kind"), Some(&json!("ReadWrite")), "a follower's period can only be read");
        assert!(judged.turned.contains("kind"));
        let Value::Object(mut fields) = json!({"location": "x"}) else { panic!() };
        let judged = judge(&mut fields, "Microsoft.Kusto/clusters/databases", Some(&known.shape));
        assert!(judged.refused.is_some() && fields.get("kind").is_none(), "either would do");
    }

    #[test]
    fn an_import_keeps_what_azure_returned_and_tells_what_the_type_refuses() {
        let known = types::find("Microsoft.Network/networkSecurityGroups/securityRules", "2023-09-01", "x");
        let mut body = json!({"properties": {"priority": "100", "protocol": "Tcp"}});
        let before = body.clone();
        let fields = body.as_object_mut().expect("a map");
        let found = faults(fields, "x", &known.writable().expect("known").shape);
        assert_eq!((found.into_iter().collect::<Vec<_>>(), body), (vec!["properties.priority".to_owned()], before));
        let known = types::find("Microsoft.Kusto/clusters/databases", "2023-08-15", "x").writable().expect("known");
        let mut body = Map::new();
        assert_eq!(faults(&mut body, "x", &known.shape).into_iter().collect::<Vec<_>>(), ["kind"]);
    }

    #[test]
    fn a_whole_number_beyond_64_bits_is_told_wherever_it_stands() {
        let Value::Object(mut body) = json!({"properties": {"a": [18_446_744_073_709_551_615_u64, 1]}}) else {
            panic!()
        };
        let judged = judge(&mut body, "A.B/c", None);
        assert_eq!(judged.against.into_iter().collect::<Vec<_>>(), ["properties.a[0]"]);
    }

    #[test]
    fn every_numbered_word_is_one_of_its_type() {
        for [type_name, path, words] in NUMBERED.iter() {
            let version = types::newest(type_name).expect("a version");
            let known = types::find(type_name, &version, "x").writable().expect("writable");
            let shape = path.split('.').fold(known.shape, |shape, name| shape.prop(name).expect("known").shape);
            for word in words.split(' ') {
                assert!(shape.is_word(word), "{type_name} {path} {word}");
            }
        }
    }
}
