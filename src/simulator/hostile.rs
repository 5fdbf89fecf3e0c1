//! Answers that want to harm: what a client must survive without sending its token elsewhere or filling its memory.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    reply::{Reply, encoded},
    request::Asked,
};

/// Where links lead that leave the host, unless told.
const ELSEWHERE: &str = "https://attacker.example/steal";

/// What an answer is made to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hostile {
    ForeignLink(String),
    ForeignLocation(String),
    Endless,
    SameToken,
    /// MiB.
    Flood(u64),
    /// Levels.
    Deep(usize),
}

impl Hostile {
    pub(super) const NAMES: [&str; 6] = ["foreign-link", "foreign-location", "endless", "same-token", "flood", "deep"];

    /// The one that a flag names; `None` also where its argument is none.
    pub(super) fn named(name: &str, argument: Option<&str>) -> Option<Self> {
        let address = || match argument {
            None => Some(ELSEWHERE.to_owned()),
            Some(text) => url::Url::parse(text).ok().map(|_| text.to_owned()),
        };
        Some(match name {
            "foreign-link" => Self::ForeignLink(address()?),
            "foreign-location" => Self::ForeignLocation(address()?),
            "endless" => Self::Endless,
            "same-token" => Self::SameToken,
            "flood" => Self::Flood(argument.map_or(Ok(1_024), str::parse).ok()?),
            "deep" => Self::Deep(argument.map_or(Ok(10_000), str::parse).ok()?),
            _ => return None,
        })
    }

    /// What becomes of a good answer.
    pub(super) fn make(&self, asked: &Asked<'_>, base: &str, mut reply: Reply) -> Reply {
        match self {
            Self::ForeignLink(to) => linked(reply, to),
            Self::ForeignLocation(to) => {
                let links = ["location", "azure-asyncoperation"];
                let mut is_there = false;
                for (_, value) in
                    reply.headers.iter_mut().filter(|(name, _)| links.contains(&name.to_lowercase().as_str()))
                {
                    to.clone_into(value);
                    is_there = true;
                }
                if is_there { reply } else { Reply::empty(307).with("location", to.clone()) }
            }
            Self::Endless | Self::SameToken => {
                // No token of ours looks like this: it leads to the first page again.
                let token = if *self == Self::SameToken { "always".to_owned() } else { format!("x{}", Uuid::new_v4()) };
                let query = asked.query.with_token("$skiptoken", &token);
                linked(reply, &format!("{base}{}?{query}", encoded(asked.path)))
            }
            Self::Flood(mebibytes) => {
                reply.flood = Some(*mebibytes);
                reply
            }
            Self::Deep(levels) => {
                let deep = format!("{}0{}", "{\"a\":".repeat(*levels), "}".repeat(*levels));
                Reply::text(200, format!("{{\"value\":[{deep}]}}"))
            }
        }
    }
}

/// The list with another next page; what is no list becomes an empty one.
fn linked(reply: Reply, to: &str) -> Reply {
    let mut body = serde_json::from_str::<Value>(&reply.text).ok().filter(|body| body["value"].is_array());
    let list = body.get_or_insert_with(|| json!({"value": []}));
    list["nextLink"] = json!(to);
    Reply { text: list.to_string(), status: 200, ..reply }
}
