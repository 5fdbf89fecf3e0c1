//! The language of the tables: every word is taken where it may stand and refused elsewhere, does what its
//! example says, is documented and used.

use std::{collections::HashMap, fmt::Write, path::Path};

use super::super::{
    draft::Cell,
    parse::parse,
    section::{Section, Target},
    tables::FILES,
    values,
    words::{Directive, Function, Head, Kind, Takes, WORDS, Word},
};
use crate::iac::model::term::{Term, Text};

/// An argument that is right, and one that is wrong.
fn samples(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Type => ("A.B/c", "AB"),
        Kind::Part => ("shared", "sha:red"),
        Kind::Path => ("properties.a[0].b", "properties..a"),
        Kind::Condition => ("!properties.a=1|2", "properties.a="),
        Kind::Attribute => ("a_b.c", "aB"),
        Kind::Base => ("name", "nome"),
        Kind::Resource => ("azurerm_a", "azure_a"),
        Kind::Template => ("{@id}|{properties.a}", "{@ib}"),
        Kind::Letters => ("x", ""),
        Kind::Field => ("name", "a.b"),
        Kind::Number => ("2", "x"),
        Kind::Sentence => ("for a reason", ""),
    }
}

/// What a word takes, with the argument at one place wrong.
fn given(word: &Word, wrong: Option<usize>, between: &str) -> String {
    let kinds = word.takes.iter().filter_map(|takes| match takes {
        Takes::One(kind) | Takes::Some(kind) | Takes::Maybe(kind) => Some(*kind),
        Takes::If => None,
    });
    let texts = kinds.enumerate().map(|(at, kind)| {
        let (right, bad) = samples(kind);
        if wrong == Some(at) { bad } else { right }
    });
    texts.collect::<Vec<_>>().join(between)
}

/// A file that uses a word; the last line is the word's own.
fn file(name: &str, word: &Word, wrong: Option<usize>) -> String {
    let head = "azurerm_a A.B/c\n";
    let line = given(word, wrong, " ");
    match word.function {
        Function::Head(Head::Section) => format!("{} {line}", name.replace("KIND", "a")),
        Function::Head(Head::Part | Head::Spelling) => format!("{name} {line}"),
        Function::Section(_) | Function::Directive(Directive::Base | Directive::Constant | Directive::Association) => {
            format!("{head}  {name} {line}")
        }
        Function::Directive(Directive::Use) => format!("part shared\n  kind -\n{head}  {name} {line}"),
        Function::Directive(Directive::Import) => {
            format!("{head}  association azurerm_b properties.a\n    {name} {line}")
        }
        Function::Base(_) => format!("{head}  base {name}"),
        Function::Value(_) if word.name == "FROM=TO" => {
            format!("{head}  properties.a a {}", name.replace("FROM=TO", "A=b"))
        }
        Function::Value(_) if word.takes.is_empty() => format!("{head}  properties.a a {name}"),
        Function::Condition(_) | Function::Value(_) => {
            format!("{head}  properties.a a {name}:{}", given(word, wrong, ","))
        }
        Function::Id(_) => format!("{head}  {name} a"),
    }
}

fn fault(text: &str) -> Option<String> {
    parse("x.map", text.to_owned().leak()).err().map(|fault| fault.to_string())
}

/// Of several sections of one type each has a `when`, but for the last.
fn unreachable<'s>(sections: impl Iterator<Item = &'s Section>) -> Vec<String> {
    let mut whole: HashMap<String, &str> = HashMap::new();
    let mut found = Vec::new();
    for section in sections {
        let key = section.arm.to_ascii_lowercase();
        if let Some(before) = whole.get(&key) {
            found.push(format!("{} of {} is never reached: {before} has no `when`", section.kind, section.arm));
        } else if section.when.is_empty() {
            whole.insert(key, section.kind);
        }
    }
    found
}

#[test]
fn the_whole_set_parses_and_every_section_can_be_reached() {
    let mut sections = Vec::new();
    for (name, text) in FILES {
        match parse(name, text) {
            Ok(parsed) => sections.extend(parsed.sections),
            Err(fault) => panic!("{fault}"),
        }
    }
    assert_eq!(unreachable(sections.iter()), Vec::<String>::new());
}

#[test]
fn each_word_is_taken_with_what_it_takes_and_refused_with_anything_else() {
    for word in WORDS {
        let text = file(word.name, word, None);
        assert_eq!(fault(&text), None, "{text}");
        let misspelled = file(&format!("{}z", word.name), word, None);
        let line = misspelled.lines().count();
        if !matches!(word.function, Function::Head(Head::Section)) && word.name != "FROM=TO" {
            let said = fault(&misspelled).unwrap_or_default();
            assert!(said.starts_with(&format!("x.map:{line}: ")), "{misspelled}: {said:?}");
        }
        for wrong in 0..word.takes.iter().filter(|takes| !matches!(takes, Takes::If | Takes::Maybe(_))).count() {
            let text = file(word.name, word, Some(wrong));
            let said = fault(&text).unwrap_or_default();
            assert!(said.starts_with(&format!("x.map:{line}: ")), "{text}: {said:?}");
        }
        let more = match word.function {
            Function::Value(_) if word.takes.is_empty() && word.name != "FROM=TO" => {
                format!("{}:x", file(word.name, word, None))
            }
            _ => continue,
        };
        assert!(fault(&more).is_some(), "{more}");
    }
}

#[test]
fn what_is_not_in_the_language_is_refused_with_file_and_line() {
    let of = |lines: &str| fault(&format!("azurerm_a A.B/c\n{lines}")).unwrap_or_default();
    let refused = [
        ("  bsae name", "x.map:2: `bsae name`, expected a path that begins with `@`, `+` or one of properties,"),
        ("  base name\n  properties.x y above:x", "x.map:3: `above:x`, expected one of FROM=TO, not,"),
        ("  properties.x y fi:properties.z", "x.map:2: `fi:properties.z`, expected one of"),
        (
            "  properties.x - fi:properties.z",
            "x.map:2: `fi:properties.z`, expected values, or conditions by one of if,",
        ),
        (
            "  properties.x y if:proprieties.z",
            "x.map:2: `properties.x y if:proprieties.z`, expected a path that begins",
        ),
        ("  +config.x y", "x.map:2: `+config.x y`, expected `+` and a child that the section absorbs ()"),
        ("  properties.x", "x.map:2: `properties.x`, expected `-`, an attribute or a block after the path"),
        (
            "  properties.x y\n  properties.x  y",
            "x.map:3: `properties.x  y`, expected a line that is not there already",
        ),
        ("  properties.x y lower lower", "x.map:2: `lower`, expected a word that is not there already"),
        ("  properties.x y\n      z z", "x.map:3: `z z`, expected an indent of two blanks a level, 4 at most here"),
        ("  properties.x -\n    z z", "x.map:3: `z z`, expected deeper lines only below a block"),
        ("  properties.x y lower\n    z z", "x.map:2: `lower`, expected `merged` or `ever` after a block"),
        ("  properties.x y.z!", "x.map:2: `y.z!`, expected `!` only after an attribute of the resource itself"),
        ("  @nmae name", "x.map:2: `@nmae`, expected one of @name, @group,"),
        ("  use nothing", "x.map:2: `nothing`, expected the name of a part that stands before"),
        ("part p\n  kind -\npart p\n  kind -", "x.map:4: `p`, expected a name that no other part has"),
        ("azure_b A.B/c", "x.map:2: `azure_b`, expected `azurerm_KIND TYPE`, `part NAME` or `spell TYPE`"),
    ];
    for (lines, expected) in refused {
        let said = of(lines);
        assert!(said.starts_with(expected), "{lines}: {said}");
    }
    let twice = parse("x.map", "azurerm_a A.B/c\n  base name\nazurerm_b A.B/C\n  when kind=x").expect("a table");
    assert_eq!(unreachable(twice.sections.iter()), ["azurerm_b of A.B/C is never reached: azurerm_a has no `when`"]);
}

/// What comes out of a value, as JSON.
fn shown(cell: &Cell) -> String {
    fn json(term: &Term) -> serde_json::Value {
        match term {
            Term::Null => serde_json::Value::Null,
            Term::Bool(flag) => (*flag).into(),
            Term::Number(number) => number.clone().into(),
            Term::Text(text) => text.as_literal().unwrap_or_default().into(),
            Term::List(items) => items.iter().map(json).collect(),
            Term::Map(fields) => fields
                .iter()
                .map(|(key, value)| (key.as_literal().unwrap_or_default().to_owned(), json(value)))
                .collect(),
        }
    }
    match cell {
        Cell::Term(term) | Cell::Verbatim(term) | Cell::Json(term) => json(term).to_string(),
        Cell::Name(Text(_)) => "\"b\"".to_owned(),
        _ => String::new(),
    }
}

#[test]
fn each_word_does_what_its_example_says() {
    for [written, body, out] in WORDS.iter().filter_map(|word| word.example) {
        let text = format!("azurerm_a A.B/c\n  properties.a a {written}");
        let parsed = parse("x.map", text.leak()).expect("a table");
        let value = Term::of(serde_json::from_str(body).expect("JSON"));
        let cell = values::run(Some(value), &parsed.sections[0].lines[0].changes, true).expect(written);
        assert_eq!(cell.as_ref().map(shown).unwrap_or_default(), out, "{written}");
    }
}

#[test]
fn a_word_without_a_spelling_is_refused() {
    let parsed = parse("x.map", "azurerm_a A.B/c\n  properties.a a Enabled=true Disabled=false").expect("a table");
    let line = &parsed.sections[0].lines[0];
    assert!(matches!(line.target, Target::Attribute { name: "a", .. }));
    let value = Term::Text(Text::literal("SecuredByPerimeter"));
    assert_eq!(
        values::run(Some(value), &line.changes, true).err().as_deref(),
        Some("has no azurerm spelling: SecuredByPerimeter")
    );
}

#[test]
fn no_word_is_there_that_no_table_uses() {
    let bases = WORDS.iter().filter_map(|word| match word.function {
        Function::Base(lines) => Some(lines),
        _ => None,
    });
    let lines = FILES.iter().flat_map(|(_, text)| text.lines()).chain(bases.flatten().copied());
    let lines: Vec<&str> = lines.collect();
    let used = |word: &Word| {
        let name = word.name;
        lines.iter().any(|line| match word.function {
            Function::Head(Head::Section) => line.starts_with("azurerm_"),
            Function::Head(_) | Function::Section(_) | Function::Directive(_) => {
                line.trim_start().starts_with(&format!("{name} "))
            }
            Function::Base(_) => line.trim_start().starts_with("base ") && line.split(' ').any(|other| other == name),
            Function::Id(_) => {
                line.contains(&format!("{name} ")) || line.contains(&format!("{{{name}}}")) || line.ends_with(name)
            }
            Function::Condition(_) | Function::Value(_) => {
                name == "FROM=TO" || line.split(' ').any(|other| other.split(':').next() == Some(name))
            }
        })
    };
    let unused: Vec<&str> = WORDS.iter().filter(|word| !used(word)).map(|word| word.name).collect();
    assert_eq!(unused, Vec::<&str>::new());
}

/// `word:NUMBER`, `word TYPE…`.
fn signature(word: &Word) -> String {
    let name = |kind: &Kind| format!("{kind:?}").to_uppercase();
    let takes = word.takes.iter().map(|takes| match takes {
        Takes::One(kind) => name(kind),
        Takes::Some(kind) => format!("{}…", name(kind)),
        Takes::Maybe(kind) => format!("[{}]", name(kind)),
        Takes::If => "[if:CONDITION…]".to_owned(),
    });
    let takes: Vec<String> = takes.collect();
    let joined = match word.function {
        Function::Value(_) | Function::Condition(_) => format!(":{}", takes.join(",")),
        _ => format!(" {}", takes.join(" ")),
    };
    let joined = if takes.is_empty() { String::new() } else { joined };
    format!("`{}{joined}`", word.name).replace('|', "\\|")
}

/// The documentation of the words.
fn documentation() -> String {
    type IsOf = fn(&Function) -> bool;
    let groups: [(&str, IsOf); 6] = [
        ("Begins lines that belong together", |function| matches!(function, Function::Head(_))),
        ("A line of a section", |function| matches!(function, Function::Section(_) | Function::Directive(_))),
        ("What `base` knows", |function| matches!(function, Function::Base(_))),
        ("At the end of a line", |function| matches!(function, Function::Condition(_))),
        ("After an attribute", |function| matches!(function, Function::Value(_))),
        ("In place of a path", |function| matches!(function, Function::Id(_))),
    ];
    let mut out =
        "<!-- Made from words.rs: `ATGD_GOLDEN=renew cargo test --lib azurerm::tests::language` -->\n".to_owned();
    for (title, is_of) in groups {
        let _ = write!(out, "\n| {title} | meaning |\n|---|---|\n");
        for word in WORDS.iter().filter(|word| is_of(&word.function)) {
            let example = word.example.map_or_else(String::new, |[written, body, to]| {
                let to = if to.is_empty() { "nothing".to_owned() } else { format!("`{to}`") };
                format!(" `{written}`: `{body}` → {to}").replace('|', "\\|")
            });
            let _ = writeln!(out, "| {} | {}{example} |", signature(word), word.meaning);
        }
    }
    out
}

#[test]
fn the_documentation_is_that_of_the_words() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file!()).with_file_name("../tables/words.md");
    if std::env::var("ATGD_GOLDEN").is_ok_and(|value| value == "renew") {
        std::fs::write(&file, documentation()).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), documentation());
}
