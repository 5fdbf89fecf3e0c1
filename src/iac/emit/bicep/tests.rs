//! What is printed reads back as what was meant.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{
    read::{Reader, declarations, items, parse, unescape},
    write::{Part, Value, field},
};

fn of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::Text(vec![Part::Literal(text.clone())]),
        Json::Array(items) => Value::List(items.iter().map(of).collect()),
        Json::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (vec![Part::Literal(name.clone())], of(value))).collect())
        }
    }
}

fn printed(value: &Json) -> String {
    let mut out = "resource x 'A.B/c@2020-01-01' = {\n".to_owned();
    field(&mut out, &[Part::Literal("v".to_owned())], &of(value), 0);
    out + "}\n"
}

/// The value of the only field of the only resource.
fn back(text: &str) -> Json {
    let tree = parse(text).unwrap_or_else(|cause| panic!("{cause}\n{text}"));
    let declaration = tree.root_node().named_child(0).expect("a resource");
    let object = declaration.named_child(2).expect("its body");
    let property = object.named_child(0).expect("its field");
    json_of(property.named_child(1).expect("a value"), text)
}

fn string(node: tree_sitter::Node<'_>, text: &str) -> String {
    let mut cursor = node.walk();
    assert!(node.children(&mut cursor).all(|child| child.kind() != "interpolation"), "evaluated: {text}");
    unescape(&text[node.start_byte() + 1..node.end_byte() - 1]).expect("escapes")
}

/// The argument of `json()`.
fn number(arguments: tree_sitter::Node<'_>, text: &str) -> Json {
    serde_json::from_str(&string(arguments.named_child(0).expect("an argument"), text)).expect("JSON")
}

fn json_of(node: tree_sitter::Node<'_>, text: &str) -> Json {
    let mut cursor = node.walk();
    let children: Vec<_> = node.named_children(&mut cursor).collect();
    let source = &text[node.byte_range()];
    match node.kind() {
        "null" => Json::Null,
        "boolean" => json!(source == "true"),
        "number" => serde_json::from_str(source).expect("a number"),
        "string" => json!(string(node, text)),
        "array" => items(node)
            .into_iter()
            .map(|(item, called)| called.map_or_else(|| json_of(item, text), |called| number(called, text)))
            .collect(),
        "call_expression" => number(children[1], text),
        "object" => {
            let field = |property: tree_sitter::Node<'_>| {
                let key = property.named_child(0).expect("a key");
                let name = if key.kind() == "string" { string(key, text) } else { text[key.byte_range()].to_owned() };
                (name, json_of(property.named_child(1).expect("a value"), text))
            };
            Json::Object(children.into_iter().map(field).collect())
        }
        other => panic!("{other}: {source}"),
    }
}

#[test]
fn nothing_in_a_text_is_evaluated() {
    for text in [
        "${x}",
        "$${x}",
        "\\${x}",
        "it's",
        "a\\b\nc\td\r",
        "$",
        "'''",
        "é✓🚀",
        "\u{0}\u{1b}\u{2028}",
        "${",
        "//",
        "/*",
        "\n//x",
        "$//",
        " //x",
        "\u{3000} /*",
        "a//b",
    ] {
        let value = json!({ text: text, "list": [text] });
        assert_eq!(back(&printed(&value)), value, "{}", printed(&value));
    }
}

#[test]
fn words_of_the_language_name_properties() {
    for word in ["resource", "module", "for", "if", "existing", "type", "output", "param", "import", "null", "true"] {
        let value = json!({word: {"id": 1, word: [{word: "x"}]}, "other": 2});
        assert_eq!(back(&printed(&value)), value, "{}", printed(&value));
    }
    assert!(printed(&json!({"resource": 1})).contains("    resource: 1\n"));
}

#[test]
fn a_reference_stands_beside_literals_that_end_in_a_dollar() {
    let mut out = String::new();
    let parts = [Part::Literal("a$".to_owned()), Part::Code("x.id".to_owned())];
    super::write::value(&mut out, &Value::Text(parts.to_vec()), 0);
    assert_eq!(out, "'a\\u{24}${x.id}'");
}

fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        (-1e9f64..1e9).prop_map(|number| json!(number)),
        ".*".prop_map(Json::String),
        "[$'{}\\\\a]{0,8}".prop_map(Json::String),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map(".{1,6}", inner, 0..4)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_printed_reads_back_equal(value in values()) {
        let text = printed(&value);
        prop_assert_eq!(back(&text), value, "{}", text);
    }
}

#[test]
fn a_long_file_is_read_back_in_pieces_and_its_faulty_line_is_named() {
    let one = printed(&json!({"text": "first\n\nresource y", "list": [1, {"a": "ü".repeat(300)}]}));
    let many = vec![one.as_str(); 40].join("\n");
    let check = |text: &str| {
        let mut reader = Reader::new().expect("a reader");
        declarations(text).try_for_each(|(before, declaration)| reader.read(declaration, before))
    };
    assert_eq!(check(&many), Ok(()));
    let before = many.lines().count();
    let broken = format!("{many}\nresource z 'A.B/c@2020-01-01' = {{\n  name: 'open\n}}\n\n{many}");
    let cause = check(&broken).expect_err("a fault");
    let line: usize = cause.split(' ').nth(1).and_then(|line| line.parse().ok()).expect("a line");
    assert!((before + 2..before + 7).contains(&line), "{cause} of {before}");
}
