//! What happens to a value on its way from a body to an attribute.

use serde_json::Number;

use super::{draft::Cell, table::Change};
use crate::iac::term::{Piece, Term, Text};

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
        Term::Text(text) => text.as_literal().map(str::to_owned),
        _ => None,
    }
}

pub fn has_parameter(term: &Term) -> bool {
    let of_text = |text: &Text| text.0.iter().any(|piece| matches!(piece, Piece::Parameter(_)));
    match term {
        Term::Text(text) => of_text(text),
        Term::List(items) => items.iter().any(has_parameter),
        Term::Map(fields) => fields.iter().any(|(key, value)| of_text(key) || has_parameter(value)),
        _ => false,
    }
}

/// All changes in order; `None`: the attribute is not written.
pub fn run(value: Option<Term>, changes: &[Change], is_compared: bool) -> Result<Option<Cell>, String> {
    let mut cell = value.map(Cell::Term);
    for change in changes {
        cell = match (cell, change) {
            (None, Change::Or(word)) => Some(Cell::Term(typed(word))),
            (None, Change::Reads(word)) if is_compared => Some(Cell::Term(typed(word))),
            (None, Change::Ever) => Some(Cell::Term(Term::List(Vec::new()))),
            (None, _) => None,
            (Some(Cell::Term(term)), change) => step(term, change)?,
            (Some(Cell::List(mut cells)), Change::First) => (!cells.is_empty()).then(|| cells.remove(0)),
            (cell, _) => cell,
        };
    }
    Ok(cell)
}

fn step(term: Term, change: &Change) -> Result<Option<Cell>, String> {
    let plainly = |term: Term| Ok(Some(Cell::Term(term)));
    match change {
        Change::Json => return Ok(Some(Cell::Json(term))),
        Change::Verbatim => return Ok(Some(Cell::Verbatim(term))),
        Change::Owner => {
            return match &term {
                Term::Text(text) => match text.0.as_slice() {
                    [Piece::Principal(number, "properties.customerId")] => {
                        plainly(Term::Text(Text(vec![Piece::Reference(*number)])))
                    }
                    _ => Err("is of nothing in the code".to_owned()),
                },
                _ => Err("is no text".to_owned()),
            };
        }
        Change::Empty
        | Change::Keep
        | Change::Ever
        | Change::Merged
        | Change::Or(_)
        | Change::Reads(_)
        | Change::Secret(_) => {
            return plainly(term);
        }
        Change::Skip(word) => {
            let is_it = match &term {
                Term::List(items) => items.iter().all(|item| plain(item).as_deref() == Some(word)),
                term => plain(term).is_some_and(|text| text.eq_ignore_ascii_case(word)),
            };
            return Ok((!is_it).then_some(Cell::Term(term)));
        }
        Change::First => {
            return match term {
                Term::List(items) if items.len() > 1 => Err("holds more than one".to_owned()),
                Term::List(items) => Ok(items.into_iter().next().map(Cell::Term)),
                term => plainly(term),
            };
        }
        Change::List => {
            return plainly(match term {
                Term::List(items) => Term::List(items),
                term => Term::List(vec![term]),
            });
        }
        Change::Keys => {
            return match term {
                Term::Map(fields) => plainly(Term::List(fields.into_iter().map(|(key, _)| Term::Text(key)).collect())),
                _ => Err("is no object".to_owned()),
            };
        }
        Change::Has(word) => {
            let is_so = match &term {
                Term::List(items) => {
                    items.iter().any(|item| plain(item).is_some_and(|text| text.eq_ignore_ascii_case(word)))
                }
                term => plain(term).is_some_and(|text| text.eq_ignore_ascii_case(word)),
            };
            return plainly(Term::Bool(is_so));
        }
        Change::Pairs(key, value) => return pairs(term, key, value).map(|term| Some(Cell::Term(term))),
        Change::Join(between) => return join(&term, between).map(|term| Some(Cell::Term(term))),
        _ => {}
    }
    if let Term::List(items) = term {
        let cells: Result<Vec<Option<Cell>>, String> = items.into_iter().map(|item| step(item, change)).collect();
        let cells: Vec<Cell> = cells?.into_iter().flatten().collect();
        let terms: Option<Vec<Term>> = cells
            .iter()
            .map(|cell| match cell {
                Cell::Term(term) => Some(term.clone()),
                _ => None,
            })
            .collect();
        return Ok(Some(terms.map_or(Cell::List(cells), |terms| Cell::Term(Term::List(terms)))));
    }
    match change {
        Change::Name => match term {
            Term::Text(text) => Ok(Some(Cell::Name(text))),
            _ => Err("is no id".to_owned()),
        },
        Change::Above(count) => match term {
            Term::Text(text) => Ok(Some(Cell::Above(text, *count))),
            _ => Err("is no id".to_owned()),
        },
        change => scalar(term, change).map(|term| Some(Cell::Term(term))),
    }
}

fn scalar(term: Term, change: &Change) -> Result<Term, String> {
    if has_parameter(&term) {
        return match change {
            Change::Words(_) => Err("is a secret where azurerm wants a word".to_owned()),
            _ => Ok(term),
        };
    }
    let text = || plain(&term).ok_or_else(|| "is no plain value".to_owned());
    match change {
        Change::Not => match term {
            Term::Bool(flag) => Ok(Term::Bool(!flag)),
            _ => Err("is neither true nor false".to_owned()),
        },
        Change::Words(pairs) => words(&term, pairs),
        Change::Upper => Ok(Term::Text(Text::literal(text()?.to_uppercase()))),
        Change::Before(letters) => {
            let text = text()?;
            Ok(Term::Text(Text::literal(text.split(letters).next().unwrap_or_default())))
        }
        Change::After(letters) => {
            let text = text()?;
            let lower = text.to_ascii_lowercase();
            let after = lower.find(&letters.to_ascii_lowercase()).map(|at| &text[at + letters.len()..]);
            after
                .map(|rest| Term::Text(Text::literal(rest)))
                .ok_or_else(|| format!("is not spelled {letters}…: {text}"))
        }
        Change::Is(wanted) => {
            let text = text()?;
            if text == *wanted { Ok(Term::Bool(true)) } else { Err(format!("is not {wanted}: {text}")) }
        }
        Change::Times(by) => match &term {
            Term::Number(number) => {
                let whole = number.as_u64().and_then(|whole| whole.checked_mul(*by));
                whole.map(|whole| Term::Number(Number::from(whole))).ok_or_else(|| "is no whole number".to_owned())
            }
            _ => Err("is no number".to_owned()),
        },
        Change::Lower => Ok(Term::Text(Text::literal(text()?.to_lowercase()))),
        Change::Location => Ok(Term::Text(Text::literal(text()?.replace(' ', "").to_lowercase()))),
        Change::Text => Ok(Term::Text(Text::literal(text()?))),
        Change::Number => {
            let text = text()?;
            text.parse::<Number>().map(Term::Number).map_err(|_| format!("is no number: {text}"))
        }
        Change::Divide(by) => match &term {
            Term::Number(number) => divide(number, *by).map(Term::Number),
            _ => Err("is no number".to_owned()),
        },
        Change::Duration(unit) => {
            let text = text()?;
            let seconds = seconds(&text).ok_or_else(|| format!("is no duration: {text}"))?;
            if seconds % unit == 0 {
                Ok(Term::Number(Number::from(seconds / unit)))
            } else {
                Err(format!("is no whole number of units: {text}"))
            }
        }
        Change::Strip(before) => {
            let text = text()?;
            let is_so = text.get(..before.len()).is_some_and(|start| start.eq_ignore_ascii_case(before));
            Ok(Term::Text(Text::literal(if is_so { &text[before.len()..] } else { text.as_str() })))
        }
        Change::Suffix(after) => Ok(Term::Text(Text::literal(format!("{}{after}", text()?)))),
        Change::Prefix(before) => Ok(Term::Text(Text::literal(format!("{before}{}", text()?)))),
        Change::Split(at) => {
            let text = text()?;
            let at = at.replace("\\s", " ");
            let parts = text.split(at.as_str()).map(str::trim).filter(|part| !part.is_empty());
            Ok(Term::List(parts.map(|part| Term::Text(Text::literal(part))).collect()))
        }
        _ => Ok(term),
    }
}

/// A word for a word, in any case; `*=*` lets others through, `*=identity` spells kinds of identity.
fn words(term: &Term, pairs: &[(&'static str, &'static str)]) -> Result<Term, String> {
    let text = plain(term).ok_or_else(|| "is no plain value".to_owned())?;
    if let Some((_, to)) = pairs.iter().find(|(from, _)| from.eq_ignore_ascii_case(&text)) {
        return Ok(typed(to));
    }
    match pairs.iter().find(|(from, _)| *from == "*") {
        Some((_, "identity")) => Ok(Term::Text(Text::literal(super::super::spell_identity(&text)))),
        Some((_, "*")) => Ok(term.clone()),
        Some((_, other)) => Ok(typed(other)),
        None => Err(format!("has no azurerm spelling: {text}")),
    }
}

fn pairs(term: Term, key: &str, value: &str) -> Result<Term, String> {
    let Term::List(items) = term else { return Err("is no list".to_owned()) };
    let mut fields = Vec::new();
    for mut item in items {
        let (Some(Term::Text(name)), Some(held)) = (item.take(key), item.take(value)) else {
            return Err(format!("lacks {key} or {value}"));
        };
        if !matches!(&item, Term::Map(rest) if rest.iter().all(|(_, value)| value.is_empty() || value == &Term::Bool(false)))
        {
            return Err(format!("holds more than {key} and {value}"));
        }
        fields.push((name, held));
    }
    Ok(Term::Map(fields))
}

fn join(term: &Term, between: &str) -> Result<Term, String> {
    match term {
        Term::List(items) => {
            let texts: Option<Vec<String>> = items.iter().map(plain).collect();
            texts
                .map(|texts| Term::Text(Text::literal(texts.join(between))))
                .ok_or_else(|| "is no list of texts".to_owned())
        }
        term => Ok(term.clone()),
    }
}

fn divide(number: &Number, by: u64) -> Result<Number, String> {
    match number.as_u64() {
        Some(whole) if whole % by == 0 => Ok(Number::from(whole / by)),
        _ => {
            #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
            let divided = number.as_f64().unwrap_or_default() / by as f64;
            Number::from_f64(divided).ok_or_else(|| "is no number".to_owned())
        }
    }
}

/// Seconds of `P1DT2H3M4S`; `None` for months and years, which have no length.
fn seconds(text: &str) -> Option<u64> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut total = 0_u64;
    for (part, units) in
        [(date, &[('W', 604_800_u64), ('D', 86_400)][..]), (time, &[('H', 3_600), ('M', 60), ('S', 1)][..])]
    {
        let mut digits = String::new();
        for c in part.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let (_, unit) = units.iter().find(|(letter, _)| *letter == c)?;
            total += digits.parse::<u64>().ok()? * unit;
            digits.clear();
        }
        if !digits.is_empty() {
            return None;
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_and_months_refused() {
        assert_eq!(seconds("P7D"), Some(604_800));
        assert_eq!(seconds("PT1H30M"), Some(5_400));
        assert_eq!(seconds("P1M"), None);
        assert_eq!(seconds("5"), None);
    }

    #[test]
    fn a_word_without_a_spelling_is_refused() {
        let changes = [Change::Words(vec![("Enabled", "true"), ("Disabled", "false")])];
        let of = |text: &str| run(Some(Term::Text(Text::literal(text))), &changes, true);
        assert!(matches!(of("disabled"), Ok(Some(Cell::Term(Term::Bool(false))))));
        assert!(of("SecuredByPerimeter").is_err());
    }
}
