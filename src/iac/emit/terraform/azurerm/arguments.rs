//! What the words of a table are given, from the text behind them: each argument is held to its kind.

use super::{
    paths::{guard, path, template},
    rows::{Fault, Row},
    section::{Argument, Arguments},
    words::{Function, Kind, Takes, WORDS, Word},
};

/// What a word is given: separated by blanks after a word of a section, by commas after `word:`.
pub fn arguments(row: &Row, word: &Word, text: &'static str) -> Result<Arguments, Fault> {
    let is_line = matches!(word.function, Function::Section(_));
    let between: &[char] = if is_line { &[' ', '\t'] } else { &[','] };
    let mut rest = text;
    let mut given = Vec::new();
    let mut conditions = Vec::new();
    let many = word.takes.iter().any(|takes| matches!(takes, Takes::Some(_)));
    for (at, takes) in word.takes.iter().enumerate() {
        let is_last = at + 1 == word.takes.len();
        match takes {
            Takes::Maybe(_) if rest.is_empty() => {}
            Takes::One(kind) | Takes::Maybe(kind) => {
                // The last takes the rest: letters may hold a comma.
                let whole = *kind == Kind::Sentence || (is_last && !is_line);
                let (own, more) = if whole { (rest, "") } else { rest.split_once(between).unwrap_or((rest, "")) };
                given.push(argument(row, *kind, own)?);
                rest = more.trim();
            }
            Takes::Some(kind) => {
                let words = rest.split(between).map(str::trim).filter(|word| !word.is_empty());
                let (own, last): (Vec<&str>, Vec<&str>) = words.partition(|word| !(is_line && word.starts_with("if:")));
                if own.is_empty() {
                    argument(row, *kind, "")?;
                }
                for word in own {
                    given.push(argument(row, *kind, word)?);
                }
                conditions = last;
                rest = "";
            }
            Takes::If => {
                for word in conditions.drain(..) {
                    given.push(argument(row, Kind::Condition, word.strip_prefix("if:").unwrap_or(word))?);
                }
            }
        }
    }
    match (rest, conditions.first()) {
        ("", None) => Ok(Arguments(given)),
        ("", Some(more)) => Err(row.fault(more, format!("nothing more after `{}`", word.name))),
        (more, _) => Err(row.fault(
            more,
            format!("nothing more after `{}`{}", word.name, if many { "" } else { " and what it takes" }),
        )),
    }
}

fn argument(row: &Row, kind: Kind, text: &'static str) -> Result<Argument, Fault> {
    let refused = |expected: String| row.fault(text, expected);
    match kind {
        Kind::Path => path(text).map(Argument::Path).map_err(refused),
        Kind::Condition => guard(text).map(Argument::Guard).map_err(refused),
        Kind::Template => template(text).map(Argument::Template).map_err(refused),
        Kind::Number => match text.parse() {
            Ok(number) if number > 0 => Ok(Argument::Number(number)),
            _ => Err(refused("a whole number above 0".to_owned())),
        },
        kind => check(row, kind, text).map(|()| Argument::Text(text)),
    }
}

/// Whether a text is of this kind.
pub fn check(row: &Row, kind: Kind, text: &str) -> Result<(), Fault> {
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let (is_right, expected) = match kind {
        Kind::Type => {
            let mut parts = text.split('/');
            let namespace = parts.next().unwrap_or_default();
            let is_namespace = namespace.contains('.') && namespace.split('.').all(is_name);
            (
                is_namespace && text.contains('/') && parts.all(is_name),
                "a type such as `Microsoft.Network/virtualNetworks`",
            )
        }
        Kind::Part => (is_name(text), "the name of a part"),
        Kind::Attribute => (text.split('.').all(is_attribute), "an attribute such as `name` or `block.name`"),
        Kind::Resource => (is_resource(text), "a resource such as `azurerm_subnet`"),
        Kind::Field => (is_name(text), "the name of a field"),
        Kind::Sentence => (!text.is_empty(), "a reason in words"),
        _ => (!text.is_empty() && !text.contains(' '), "letters"),
    };
    if is_right { Ok(()) } else { Err(row.fault(text, expected)) }
}

/// `name`, or `block[0]` in a path of `ignore_changes`.
fn is_attribute(text: &str) -> bool {
    let name = text.strip_suffix("[0]").unwrap_or(text);
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_letter)
}

pub fn is_resource(text: &str) -> bool {
    text.strip_prefix("azurerm_").is_some_and(is_attribute)
}

/// Whether it looks like `word:…`, which no value does.
pub fn begins_with_word(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    text.split_once(':').is_some_and(|(word, _)| is_word(word))
}

/// The blocks of a target and its name.
pub fn place(row: &Row, target: &'static str) -> Result<(Vec<&'static str>, &'static str), Fault> {
    check(row, Kind::Attribute, target)?;
    let mut blocks: Vec<&'static str> = target.split('.').collect();
    let name = blocks.pop().unwrap_or_default();
    Ok((blocks, name))
}

/// The word of this name that may stand there.
pub fn known(name: &str, stands: impl Fn(&Function) -> bool) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name && stands(&word.function))
}

/// The names of the words that may stand there.
pub fn names(stands: impl Fn(&Function) -> bool) -> String {
    let names = WORDS.iter().filter(|word| stands(&word.function)).map(|word| word.name);
    names.collect::<Vec<_>>().join(", ")
}
