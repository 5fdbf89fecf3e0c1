//! What is printed reads back as what was meant.

use proptest::prelude::*;

use super::hcl::{Block, Key, Part, Value, print};

fn back(value: &Value) -> hcl::Expression {
    let mut block = Block::new("x", &[]);
    block.set("v", value.clone());
    let text = print(&[block]);
    let body = hcl::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let block = body.blocks().next().expect("the block").clone();
    let attribute = block.body().attributes().next().expect("the attribute").clone();
    attribute.expr
}

fn text_of(expression: &hcl::Expression) -> String {
    match expression {
        hcl::Expression::String(text) => text.clone(),
        // A literal with `$${` comes back as a template: its only part is the text.
        hcl::Expression::TemplateExpr(template) => {
            let template = hcl::Template::from_expr(template).expect("a template");
            let elements: Vec<_> = template.elements().to_vec();
            elements
                .into_iter()
                .map(|element| match element {
                    hcl::template::Element::Literal(text) => text,
                    other => panic!("evaluated: {other:?}"),
                })
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

fn check(text: &str) {
    assert_eq!(text_of(&back(&Value::text(text))), text, "{text:?}");
}

#[test]
fn nothing_in_a_text_is_evaluated() {
    for text in [
        "${x}",
        "$${x}",
        "$$${x}",
        "%{ if }",
        "%%{x",
        "a\"b\\c\nd\te",
        "$",
        "$$",
        "%",
        "${",
        "é✓🚀",
        "\u{0}\u{1b}",
        "a$%{b",
    ] {
        check(text);
    }
}

#[test]
fn a_reference_stands_beside_literals_that_end_in_a_dollar() {
    let value = Value::Template(vec![Part::Literal("a$".to_owned()), Part::Code("x.y.id".to_owned())]);
    let hcl::Expression::TemplateExpr(template) = back(&value) else { panic!("no template") };
    let template = hcl::Template::from_expr(&template).expect("a template");
    assert_eq!(template.elements().len(), 3, "{template:?}");
    let last = template.elements().last().expect("the reference");
    assert!(matches!(last, hcl::template::Element::Interpolation(_)), "{template:?}");
}

#[test]
fn keys_that_are_words_of_the_language_are_quoted() {
    let object = Value::Object(vec![
        (Key::Name("for".to_owned()), Value::Bool(true)),
        (Key::Name("${x}".to_owned()), Value::Null),
        (Key::Template(vec![Part::Code("a.b.id".to_owned())]), Value::Object(Vec::new())),
    ]);
    let hcl::Expression::Object(read) = back(&object) else { panic!("no object") };
    assert_eq!(read.len(), 3);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(number.to_string())),
        ".*".prop_map(Value::text),
        "[$%{}a]{0,8}".prop_map(Value::text),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[$%{}a-zé\"]{1,6}", inner, 0..4).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (Key::Name(name), value)).collect())
            }),
        ]
    })
}

/// Whether what was read is what was printed.
fn same(value: &Value, read: &hcl::Expression) -> bool {
    match (value, read) {
        (Value::Null, hcl::Expression::Null) => true,
        (Value::Bool(one), hcl::Expression::Bool(other)) => one == other,
        (Value::Number(one), other) => one.trim_start_matches('-') == other.to_string().trim_start_matches('-'),
        (Value::Template(parts), read) => {
            let [Part::Literal(text)] = parts.as_slice() else { return false };
            *text == text_of(read)
        }
        (Value::List(items), hcl::Expression::Array(read)) => {
            items.len() == read.len() && items.iter().zip(read).all(|(one, other)| same(one, other))
        }
        (Value::Object(fields), hcl::Expression::Object(read)) => {
            fields.len() == read.len()
                && fields.iter().all(|(key, value)| {
                    let Key::Name(name) = key else { return false };
                    read.iter().any(|(other, read)| key_text(other) == *name && same(value, read))
                })
        }
        _ => false,
    }
}

fn key_text(key: &hcl::ObjectKey) -> String {
    match key {
        hcl::ObjectKey::Identifier(name) => name.to_string(),
        hcl::ObjectKey::Expression(expression) => text_of(expression),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_equal(value in values()) {
        prop_assert!(same(&value, &back(&value)), "{:?} became {:?}", value, back(&value));
    }
}
