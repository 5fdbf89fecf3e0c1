//! A good answer: its bytes, read as one value or element by element.
//!
//! Lists are taken apart without building a tree of the whole: memory holds the text of a page and one
//! element of it.

use std::ops::Range;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::AzureError;

/// JSON of an answer with status 2xx.
#[derive(Debug, Clone)]
pub struct Answer {
    url: String,
    text: String,
    /// Where the elements of a list stand.
    elements: Vec<Range<usize>>,
    /// Address of the next page; `null` and "" are none. Of Resource Graph the `$skipToken`.
    pub next: Option<String>,
    /// It says that there is nothing: 204.
    pub is_nothing: bool,
    /// What is to be asked until the operation is done that this began.
    pub(super) pending: Pending,
}

/// How an operation goes on that was only accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pending {
    pub status: u16,
    /// `Azure-AsyncOperation`: answers with a status.
    pub operation: Option<String>,
    /// `Location`: answers 202 until it is done.
    pub location: Option<String>,
    pub retry_after: Option<std::time::Duration>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    value: Elements<'a>,
    /// Resource Graph's rows.
    #[serde(borrow, default)]
    data: Elements<'a>,
    #[serde(borrow, default, rename = "$skipToken")]
    skip_token: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "nextLink")]
    next: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "@odata.nextLink")]
    odata_next: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "NextLink")]
    other_next: Option<&'a RawValue>,
}

/// Elements of a list as texts; of what is no list there are none.
#[derive(Default)]
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any JSON")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Elements::default())
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Elements::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Elements::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Elements::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Elements::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Elements::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Elements::default())
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl Answer {
    /// Takes the text apart: `value`, or the body itself where it is a list; anything else has no elements.
    pub(super) fn read(url: &str, bytes: Vec<u8>) -> Result<Self, AzureError> {
        let text = String::from_utf8(bytes)
            .map_err(|error| AzureError::Unreadable { url: url.to_owned(), cause: error.to_string() })?;
        let mut answer = Self {
            url: url.to_owned(),
            text,
            elements: Vec::new(),
            next: None,
            is_nothing: false,
            pending: Pending::default(),
        };
        let (elements, next) = answer.taken_apart().map_err(|error| unreadable(url, &error))?;
        (answer.elements, answer.next) = (elements, next);
        Ok(answer)
    }

    fn taken_apart(&self) -> Result<(Vec<Range<usize>>, Option<String>), serde_json::Error> {
        let trimmed = self.text.trim_start();
        let (elements, next) = match trimmed.as_bytes().first() {
            None => return Ok((Vec::new(), None)),
            Some(b'{') => {
                let envelope: Envelope<'_> = serde_json::from_str(trimmed)?;
                let links = [envelope.next, envelope.odata_next, envelope.other_next, envelope.skip_token];
                let mut links =
                    links.into_iter().flatten().filter_map(|link| serde_json::from_str::<String>(link.get()).ok());
                let next = links.find(|link| !link.trim().is_empty()).map(|link| link.trim().to_owned());
                let Elements(value) = envelope.value;
                (if value.is_empty() { envelope.data.0 } else { value }, next)
            }
            Some(_) => (serde_json::from_str::<Elements<'_>>(trimmed)?.0, None),
        };
        let start = self.text.as_ptr() as usize;
        let place = |element: &RawValue| {
            let from = element.get().as_ptr() as usize - start;
            from..from + element.get().len()
        };
        Ok((elements.into_iter().map(place).collect(), next))
    }

    /// Bytes of its text.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// The whole as one value; an empty body is `null`.
    pub fn value(&self) -> Result<Value, AzureError> {
        if self.text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&self.text).map_err(|error| unreadable(&self.url, &error))
    }

    /// How many elements a list has.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Elements as texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().filter_map(|place| self.text.get(place.clone()))
    }

    /// Elements as values, one at a time.
    pub fn values(&self) -> impl Iterator<Item = Result<Value, AzureError>> {
        self.texts().map(|text| serde_json::from_str(text).map_err(|error| unreadable(&self.url, &error)))
    }
}

fn unreadable(url: &str, error: &serde_json::Error) -> AzureError {
    let cause = format!("no JSON: {error}");
    // A cut-off answer is worth another try; it looks like the network's fault.
    if error.is_eof() {
        AzureError::Network { url: url.to_owned(), cause }
    } else {
        AzureError::Unreadable { url: url.to_owned(), cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Result<Answer, AzureError> {
        Answer::read("/x", text.as_bytes().to_vec())
    }

    #[test]
    fn next_links_that_are_null_or_empty_end_a_list() {
        for text in [
            r#"{"value": []}"#,
            r#"{"nextLink": null}"#,
            r#"{"value":[],"nextLink": ""}"#,
            "",
            "[]",
            r#"{"id":1}"#,
            "3",
        ] {
            let answer = answer(text).expect("readable");
            assert_eq!((answer.len(), answer.next), (0, None), "{text}");
        }
        let more = answer(r#"{"value": [], "nextLink": "https://x/\u0079", "@odata.nextLink": null}"#);
        assert_eq!(more.expect("readable").next.as_deref(), Some("https://x/y"));
    }

    #[test]
    fn a_list_is_read_with_or_without_an_envelope() {
        for text in [r#" [{"a":1},{"a":2}]"#, r#"{"value":[{"a":1}, {"a":2}],"count":2}"#] {
            let answer = answer(text).expect("readable");
            let values: Result<Vec<Value>, AzureError> = answer.values().collect();
            assert_eq!(values, Ok(vec![serde_json::json!({"a": 1}), serde_json::json!({"a": 2})]));
        }
    }

    #[test]
    fn depth_without_end_is_named_and_harms_nothing() {
        let deep = format!("{{\"value\":[{}{}]}}", "[".repeat(10_000), "]".repeat(10_000));
        let answer = answer(&deep).expect("the envelope");
        let first = answer.values().next().expect("an element");
        assert!(matches!(first, Err(AzureError::Unreadable { .. })), "{first:?}");
        assert!(matches!(answer.value(), Err(AzureError::Unreadable { .. })));
    }

    #[test]
    fn a_cut_off_answer_looks_like_the_networks_fault() {
        assert!(matches!(answer(r#"{"value": [{"a""#), Err(AzureError::Network { .. })));
        assert!(matches!(answer("<html>"), Err(AzureError::Unreadable { .. })));
    }
}
