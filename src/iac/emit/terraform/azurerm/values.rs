//! What the words of a table do to a value on its way from a body to an attribute: one function a word.
#![allow(clippy::unnecessary_wraps, reason = "all of a kind have one signature, as the table of words wants")]

use serde_json::Number;

use super::{
    draft::Cell,
    section::{Arguments, Change, Does, Mark},
};
use crate::iac::model::term::{Piece, Term, Text};

/// A word of a table as a value: `true` and `false` are what they say, the rest is text.
pub fn typed(word: &str) -> Term {
    match word {
        "true" => Term::Bool(true),
        "false" => Term::Bool(false),
        "[]" => Term::List(Vec::new()),
        "{}" => Term::Map(Vec::new()),
        word => match word.parse::<u64>() {
            Ok(number) if number.to_string() == word => Term::Number(Number::from(number)),
            _ => Term::Text(Text::literal(word.replace("\\s", " "))),
        },
    }
}

/// A scalar as people write it.
pub fn plain(value: &Term) -> Option<String> {
    match value {
        Term::Bool(flag) => Some(flag.to_string()),
        Term::Number(number) => Some(number.to_string()),
        Term::Text(text) => text.as_literal().map(str::to_owned).or_else(|| address(text)),
        _ => None,
    }
}

/// A URI of something planned, as it was: where the provider wants a part of it, no reference can say it.
fn address(text: &Text) -> Option<String> {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => Some(text.clone()),
        Piece::Output(of) => Some(of.was.clone()),
        _ => None,
    };
    text.0.iter().map(piece).collect::<Option<String>>().filter(|text| !text.is_empty())
}

/// All changes in order; `None`: the attribute is not written.
pub fn run(value: Option<Term>, changes: &[Change], is_compared: bool) -> Result<Option<Cell>, String> {
    let mut cell = value.map(Cell::Term);
    for change in changes {
        cell = match (cell, change.does) {
            (None, Does::Absent(only_compared)) => {
                (is_compared || !only_compared).then(|| Cell::Term(typed(change.given.text(0))))
            }
            (None, Does::Mark(Mark::Ever)) => Some(Cell::Term(Term::List(Vec::new()))),
            (None, _) => None,
            (Some(cell), Does::Whole(function)) => function(cell, &change.given)?,
            (Some(Cell::Term(term)), Does::Plain(_) | Does::Word(_) | Does::Id(_)) => Some(each(term, change)?),
            (cell, _) => cell,
        };
    }
    Ok(cell)
}

/// A change of a value, or of each item of a list.
fn each(term: Term, change: &Change) -> Result<Cell, String> {
    if let Term::List(items) = term {
        let cells: Result<Vec<Cell>, String> = items.into_iter().map(|item| each(item, change)).collect();
        let cells = cells?;
        let term = |cell: &Cell| match cell {
            Cell::Term(term) => Some(term.clone()),
            _ => None,
        };
        let terms: Option<Vec<Term>> = cells.iter().map(term).collect();
        return Ok(terms.map_or(Cell::List(cells), |terms| Cell::Term(Term::List(terms))));
    }
    match (change.does, term) {
        (Does::Id(function), Term::Text(text)) => Ok(function(text, &change.given)),
        (Does::Id(_), _) => Err("is no id".to_owned()),
        (Does::Word(_), term) if term.has_parameters() => Err("is a secret where azurerm wants a word".to_owned()),
        (Does::Plain(function), term) if !term.has_parameters() => function(term, &change.given).map(Cell::Term),
        (Does::Word(function), term) => function(term, &change.given).map(Cell::Term),
        (_, term) => Ok(Cell::Term(term)),
    }
}

fn text_of(term: &Term) -> Result<String, String> {
    plain(term).ok_or_else(|| "is no plain value".to_owned())
}

fn as_text(text: impl Into<String>) -> Result<Term, String> {
    Ok(Term::Text(Text::literal(text)))
}

fn is_word(term: &Term, word: &str) -> bool {
    plain(term).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

pub fn json(cell: Cell, _: &Arguments) -> Result<Option<Cell>, String> {
    Ok(Some(match cell {
        Cell::Term(term) => Cell::Json(term),
        cell => cell,
    }))
}

pub fn verbatim(cell: Cell, _: &Arguments) -> Result<Option<Cell>, String> {
    Ok(Some(match cell {
        Cell::Term(term) => Cell::Verbatim(term),
        cell => cell,
    }))
}

pub fn owner(cell: Cell, _: &Arguments) -> Result<Option<Cell>, String> {
    let Cell::Term(term) = cell else { return Ok(Some(cell)) };
    let Term::Text(text) = &term else { return Err("is no text".to_owned()) };
    match text.0.as_slice() {
        [Piece::Principal(number, "properties.customerId")] => {
            Ok(Some(Cell::Term(Term::Text(Text(smallvec::smallvec![Piece::Reference(*number)])))))
        }
        _ => Err("is of nothing in the code".to_owned()),
    }
}

pub fn skip(cell: Cell, given: &Arguments) -> Result<Option<Cell>, String> {
    let word = given.text(0);
    let is_it = match &cell {
        Cell::Term(Term::List(items)) => items.iter().all(|item| plain(item).as_deref() == Some(word)),
        Cell::Term(term) => is_word(term, word),
        _ => false,
    };
    Ok((!is_it).then_some(cell))
}

pub fn first(cell: Cell, _: &Arguments) -> Result<Option<Cell>, String> {
    match cell {
        Cell::Term(Term::List(items)) if items.len() > 1 => Err("holds more than one".to_owned()),
        Cell::Term(Term::List(items)) => Ok(items.into_iter().next().map(Cell::Term)),
        Cell::List(cells) => Ok(cells.into_iter().next()),
        cell => Ok(Some(cell)),
    }
}

pub fn list(cell: Cell, _: &Arguments) -> Result<Option<Cell>, String> {
    Ok(Some(match cell {
        Cell::Term(Term::List(items)) => Cell::Term(Term::List(items)),
        Cell::Term(term) => Cell::Term(Term::List(vec![term])),
        cell => cell,
    }))
}

pub fn keys(cell: Cell, _: &Arguments) -> Result<Option<Cell>, String> {
    match cell {
        Cell::Term(Term::Map(fields)) => {
            let keys = fields.into_iter().map(|(key, _)| Term::Text(key));
            Ok(Some(Cell::Term(Term::List(keys.collect()))))
        }
        Cell::Term(_) => Err("is no object".to_owned()),
        cell => Ok(Some(cell)),
    }
}

pub fn has(cell: Cell, given: &Arguments) -> Result<Option<Cell>, String> {
    let word = given.text(0);
    let is_so = match &cell {
        Cell::Term(Term::List(items)) => items.iter().any(|item| is_word(item, word)),
        Cell::Term(term) => is_word(term, word),
        _ => return Ok(Some(cell)),
    };
    Ok(Some(Cell::Term(Term::Bool(is_so))))
}

pub fn pairs(cell: Cell, given: &Arguments) -> Result<Option<Cell>, String> {
    let (key, value) = (given.text(0), given.text(1));
    let Cell::Term(term) = cell else { return Ok(Some(cell)) };
    let Term::List(items) = term else { return Err("is no list".to_owned()) };
    let mut fields = Vec::new();
    for mut item in items {
        let (Some(Term::Text(name)), Some(held)) = (item.take(key), item.take(value)) else {
            return Err(format!("lacks {key} or {value}"));
        };
        let is_rest_empty =
            |rest: &Vec<(Text, Term)>| rest.iter().all(|(_, value)| value.is_empty() || value == &Term::Bool(false));
        if !matches!(&item, Term::Map(rest) if is_rest_empty(rest)) {
            return Err(format!("holds more than {key} and {value}"));
        }
        fields.push((name, held));
    }
    Ok(Some(Cell::Term(Term::Map(fields))))
}

pub fn join(cell: Cell, given: &Arguments) -> Result<Option<Cell>, String> {
    let Cell::Term(Term::List(items)) = cell else { return Ok(Some(cell)) };
    let texts: Option<Vec<String>> = items.iter().map(plain).collect();
    let texts = texts.ok_or_else(|| "is no list of texts".to_owned())?;
    as_text(texts.join(given.text(0))).map(|term| Some(Cell::Term(term)))
}

pub fn name(text: Text, _: &Arguments) -> Cell {
    Cell::Name(text)
}

pub fn not(term: Term, _: &Arguments) -> Result<Term, String> {
    match term {
        Term::Bool(flag) => Ok(Term::Bool(!flag)),
        _ => Err("is neither true nor false".to_owned()),
    }
}

pub fn lower(term: Term, _: &Arguments) -> Result<Term, String> {
    as_text(text_of(&term)?.to_lowercase())
}

pub fn upper(term: Term, _: &Arguments) -> Result<Term, String> {
    as_text(text_of(&term)?.to_uppercase())
}

pub fn location(term: Term, _: &Arguments) -> Result<Term, String> {
    as_text(text_of(&term)?.replace(' ', "").to_lowercase())
}

pub fn text(term: Term, _: &Arguments) -> Result<Term, String> {
    as_text(text_of(&term)?)
}

pub fn number(term: Term, _: &Arguments) -> Result<Term, String> {
    let text = text_of(&term)?;
    text.parse::<Number>().map(Term::Number).map_err(|_| format!("is no number: {text}"))
}

pub fn before(term: Term, given: &Arguments) -> Result<Term, String> {
    let text = text_of(&term)?;
    as_text(text.split(given.text(0)).next().unwrap_or_default())
}

pub fn after(term: Term, given: &Arguments) -> Result<Term, String> {
    let (text, letters) = (text_of(&term)?, given.text(0));
    match text.to_ascii_lowercase().find(&letters.to_ascii_lowercase()) {
        Some(at) => as_text(&text[at + letters.len()..]),
        None => Err(format!("is not spelled {letters}…: {text}")),
    }
}

pub fn suffix(term: Term, given: &Arguments) -> Result<Term, String> {
    as_text(format!("{}{}", text_of(&term)?, given.text(0)))
}

pub fn prefix(term: Term, given: &Arguments) -> Result<Term, String> {
    as_text(format!("{}{}", given.text(0), text_of(&term)?))
}

pub fn split(term: Term, given: &Arguments) -> Result<Term, String> {
    let (text, at) = (text_of(&term)?, given.text(0).replace("\\s", " "));
    let parts = text.split(at.as_str()).map(str::trim).filter(|part| !part.is_empty());
    Ok(Term::List(parts.map(|part| Term::Text(Text::literal(part))).collect()))
}

pub fn clock(term: Term, _: &Arguments) -> Result<Term, String> {
    let text = text_of(&term)?;
    let time = text.split_once('T').and_then(|(_, time)| time.split_at_checked(5));
    match time {
        Some((clock, ":00Z" | ":00+00:00" | ":00.0000000Z" | ":00")) => as_text(clock),
        _ => Err(format!("is no full minute in UTC: {text}")),
    }
}

pub fn is(term: Term, given: &Arguments) -> Result<Term, String> {
    let (text, wanted) = (text_of(&term)?, given.text(0));
    if text == wanted { Ok(Term::Bool(true)) } else { Err(format!("is not {wanted}: {text}")) }
}

pub fn times(term: Term, given: &Arguments) -> Result<Term, String> {
    let Term::Number(number) = &term else { return Err("is no number".to_owned()) };
    let whole = number.as_u64().and_then(|whole| whole.checked_mul(given.number(0)));
    whole.map(|whole| Term::Number(Number::from(whole))).ok_or_else(|| "is no whole number".to_owned())
}

pub fn divide(term: Term, given: &Arguments) -> Result<Term, String> {
    let (Term::Number(number), by) = (&term, given.number(0)) else { return Err("is no number".to_owned()) };
    match number.as_u64() {
        Some(whole) if whole % by == 0 => Ok(Term::Number(Number::from(whole / by))),
        _ => {
            #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
            let divided = number.as_f64().unwrap_or_default() / by as f64;
            Number::from_f64(divided).map(Term::Number).ok_or_else(|| "is no number".to_owned())
        }
    }
}

pub fn identity(term: Term, _: &Arguments) -> Result<Term, String> {
    as_text(crate::iac::emit::terraform::spelling::spell_identity(&text_of(&term)?))
}

/// A word for a word, in any case: the arguments are pairs. The word `*` stands for all others.
pub fn replace(term: Term, given: &Arguments) -> Result<Term, String> {
    let text = text_of(&term)?;
    let words: Vec<&'static str> = given.texts().collect();
    let to = |is_it: &dyn Fn(&str) -> bool| words.chunks(2).find(|pair| is_it(pair[0])).map(|pair| pair[1]);
    match to(&|from| from.eq_ignore_ascii_case(&text)).or_else(|| to(&|from| from == "*")) {
        Some("*") => Ok(term),
        Some(word) => Ok(typed(word)),
        None => Err(format!("has no azurerm spelling: {text}")),
    }
}
