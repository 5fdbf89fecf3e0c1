//! Refusals: what each means for a scan, why something was not read, and which lists are not asked again.
//!
//! A provider that refuses a list for several parents, without one good answer, has no such list: it is not asked
//! again in that scan. One good answer and the list is asked for every parent. A list that is only guessed at is also
//! given up when it stays empty. What is given up is noted, so that another run of the same scan does not ask again
//! either.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::azure::AzureError;

/// Refusals after which a list is not asked for again.
pub(crate) const REFUSED: u32 = 3;
/// Empty answers after which a list that is only guessed at is not asked for again.
const BARREN: u32 = 20;
/// Notes of what is given up: `given-up/{subscription}/{what}`.
pub(crate) const NOTE: &str = "given-up/";
/// How coverage that was stored without causes said that a provider has no such list.
const OLD_NO_LIST: &str = "the provider has no such list";

/// What a request that failed means for a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing more can be expected of this scan: bad credentials, or nothing answers any more.
    Fatal,
    /// There is no such list, or no GET of this type: 400, 404, 405.
    Absent,
    /// 401, 403.
    NotPermitted,
    /// Anything else: throttled out, broken, unreadable.
    Failed,
}

impl Meaning {
    /// `is_cut_off`: nothing answers any more, whatever is asked.
    pub(crate) fn of(error: &AzureError, is_cut_off: bool) -> Self {
        match error {
            AzureError::Credential(_) | AzureError::WrongTenant { .. } | AzureError::UnknownTenant(_) => Self::Fatal,
            AzureError::Network { .. } if is_cut_off => Self::Fatal,
            AzureError::Refused(refusal) => match refusal.status {
                400 | 404 | 405 => Self::Absent,
                401 | 403 => Self::NotPermitted,
                _ => Self::Failed,
            },
            _ => Self::Failed,
        }
    }
}

/// Why a type of a subscription was not read, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    /// The provider has no such list.
    NoList,
    /// A list that nothing names stayed empty for many parents.
    StayedEmpty,
    /// It comes by the thousand, and the request does not name it.
    ByTheThousand,
    /// It stands at other resources, and the request does not name it.
    NotAsked,
    /// Parameters of servers that nobody set, and the request does not name them.
    Defaults,
    /// Rows of the inventory whose id can't be read.
    NoUsableId,
    /// The request leaves it out.
    FilteredOut,
    /// Reading it is not permitted.
    NotPermitted,
    /// Fewer came than were counted.
    Incomplete,
    /// The scan before could not read it, and this one reads changes only.
    NotReadBefore,
    /// A request failed.
    Failed,
}

/// A cause, and the sentence about it that people read. No code looks at the sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Reason {
    pub cause: Cause,
    #[serde(rename = "reason")]
    pub sentence: String,
}

impl Reason {
    pub(crate) fn new(cause: Cause, sentence: impl Into<String>) -> Self {
        Self { cause, sentence: sentence.into() }
    }

    /// Of a request that failed.
    pub(crate) fn of(error: &AzureError) -> Self {
        let cause = match Meaning::of(error, false) {
            Meaning::NotPermitted => Cause::NotPermitted,
            _ => Cause::Failed,
        };
        Self::new(cause, error.word())
    }

    /// As it was noted or stored: with its cause, or as the sentence alone that older versions wrote.
    pub(crate) fn stored(cause: Option<Cause>, sentence: &str) -> Self {
        let guessed = || match sentence {
            old if old.contains(OLD_NO_LIST) => Cause::NoList,
            old if old.contains("comes by the thousand") => Cause::ByTheThousand,
            old if old.contains("name the type in include_child_types") => Cause::StayedEmpty,
            old if old.contains("the filter") => Cause::FilteredOut,
            _ => Cause::Failed,
        };
        Self::new(cause.unwrap_or_else(guessed), sentence)
    }

    fn noted(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::stored(None, text))
    }
}

/// A child type that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LeftOut {
    pub subscription: String,
    pub type_name: String,
    pub reason: Reason,
}

/// A list that is asked for many times: of one type, below parents of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AskedList {
    subscription: String,
    /// Lower-cased.
    type_name: String,
    /// The kind of parent, where the type alone does not tell it.
    below: Option<String>,
}

impl AskedList {
    pub(crate) fn new(subscription: &str, type_name: &str) -> Self {
        Self { subscription: subscription.to_owned(), type_name: type_name.to_lowercase(), below: None }
    }

    pub(crate) fn below(self, kind: &str) -> Self {
        Self { below: Some(kind.to_lowercase()), ..self }
    }

    /// The name of its note.
    fn note(&self) -> String {
        let below = self.below.as_ref().map(|below| format!(" below {below}")).unwrap_or_default();
        format!("{NOTE}{}/{}{below}", self.subscription, self.type_name)
    }

    fn read(note: &str) -> Option<Self> {
        let (subscription, what) = note.strip_prefix(NOTE)?.split_once('/')?;
        let asked = |type_name: &str| Self::new(subscription, type_name);
        Some(match what.split_once(" below ") {
            Some((type_name, kind)) => asked(type_name).below(kind),
            None => asked(what),
        })
    }
}

/// Counts of every list that is asked for many times.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<AskedList, Seen>>);

#[derive(Default)]
struct Seen {
    refused: u32,
    barren: u32,
    answered: bool,
    fruitful: bool,
    /// There is one below each parent, read by its name.
    single: bool,
    given_up: Option<GivenUp>,
}

enum GivenUp {
    Because(Reason),
    /// Other lists stand in for it: the receipt need not say it.
    Quietly,
}

/// A note to be kept: its name and its text.
pub(crate) type Note = (String, String);

impl Refusals {
    /// Those that an earlier run of this scan gave up.
    pub(crate) fn recalled(notes: Vec<Note>) -> Self {
        let given_up = |(name, text): Note| {
            let seen = Seen { given_up: Some(GivenUp::Because(Reason::noted(&text))), ..Seen::default() };
            Some((AskedList::read(&name)?, seen))
        };
        Self(Mutex::new(notes.into_iter().filter_map(given_up).collect()))
    }

    fn with<T>(&self, asked: &AskedList, look: impl FnOnce(&mut Seen) -> T) -> T {
        let mut all = self.0.lock();
        look(all.entry(asked.clone()).or_default())
    }

    pub(crate) fn is_given_up(&self, asked: &AskedList) -> bool {
        self.with(asked, |seen| seen.given_up.is_some())
    }

    /// Whether there is one below each parent that no list gives.
    pub(crate) fn is_single(&self, asked: &AskedList) -> bool {
        self.with(asked, |seen| seen.single)
    }

    pub(crate) fn found_single(&self, asked: &AskedList) {
        self.with(asked, |seen| (seen.single, seen.answered) = (true, true));
    }

    /// Counts a refusal; a note where the list is given up with it.
    pub(crate) fn refused(&self, asked: &AskedList, error: &AzureError) -> Option<Note> {
        let reason = || Reason::new(Cause::NoList, format!("{OLD_NO_LIST} ({}); not asked again", error.word()));
        self.with(asked, |seen| {
            seen.refused += 1;
            seen.give_up(seen.refused >= REFUSED && !seen.answered, reason)
        })
        .and_then(|reason| noted(asked, &reason))
    }

    /// The same of a list that others stand in for.
    pub(crate) fn refused_quietly(&self, asked: &AskedList) {
        self.with(asked, |seen| {
            seen.refused += 1;
            if seen.refused >= REFUSED && !seen.answered {
                seen.given_up = Some(GivenUp::Quietly);
            }
        });
    }

    /// Counts an answer. `guessed`: nothing says that there is such a list.
    pub(crate) fn answered(&self, asked: &AskedList, read: u64, guessed: bool) -> Option<Note> {
        let reason = || {
            let why = format!("empty for {BARREN} parents; name the type in include_child_types to ask for all");
            Reason::new(Cause::StayedEmpty, why)
        };
        self.with(asked, |seen| {
            seen.answered = true;
            seen.fruitful |= read > 0;
            seen.barren += u32::from(read == 0);
            seen.give_up(guessed && !seen.fruitful && seen.barren >= BARREN, reason)
        })
        .and_then(|reason| noted(asked, &reason))
    }

    /// What is given up, as the receipt says it.
    pub(crate) fn given_up(&self) -> Vec<LeftOut> {
        let all = self.0.lock();
        let left = |(asked, seen): (&AskedList, &Seen)| {
            let Some(GivenUp::Because(reason)) = &seen.given_up else { return None };
            let below = asked.below.as_ref().map(|below| format!("below {below}: ")).unwrap_or_default();
            Some(LeftOut {
                subscription: asked.subscription.clone(),
                type_name: asked.type_name.clone(),
                reason: Reason::new(reason.cause, format!("{below}{}", reason.sentence)),
            })
        };
        all.iter().filter_map(left).collect()
    }
}

impl Seen {
    /// Gives up, once: the reason.
    fn give_up(&mut self, is_last: bool, reason: impl FnOnce() -> Reason) -> Option<Reason> {
        if !is_last || self.given_up.is_some() {
            return None;
        }
        let reason = reason();
        self.given_up = Some(GivenUp::Because(reason.clone()));
        Some(reason)
    }
}

fn noted(asked: &AskedList, reason: &Reason) -> Option<Note> {
    Some((asked.note(), serde_json::to_string(reason).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Refusal;

    fn refusal(status: u16) -> AzureError {
        let (code, message, path) = ("Word".to_owned(), String::new(), String::new());
        AzureError::Refused(Refusal { status, code, message, path, retry_after: None })
    }

    #[test]
    fn a_refusal_is_classified_by_its_status_alone() {
        let cases =
            [(404, Meaning::Absent), (405, Meaning::Absent), (403, Meaning::NotPermitted), (503, Meaning::Failed)];
        for (status, meaning) in cases {
            assert_eq!(Meaning::of(&refusal(status), true), meaning, "{status}");
        }
        let network = AzureError::Network { url: String::new(), cause: String::new() };
        assert_eq!((Meaning::of(&network, false), Meaning::of(&network, true)), (Meaning::Failed, Meaning::Fatal));
    }

    #[test]
    fn three_refusals_without_an_answer_end_the_asking_and_are_noted() {
        let (refusals, asked) = (Refusals::default(), AskedList::new("s", "N.X/a/b"));
        assert_eq!([0, 1].map(|_| refusals.refused(&asked, &refusal(404))), [None, None]);
        let (name, text) = refusals.refused(&asked, &refusal(404)).expect("a note");
        assert_eq!(name, "given-up/s/n.x/a/b");
        let again = Refusals::recalled(vec![(name, text)]);
        assert!(again.is_given_up(&asked));
        assert_eq!(again.given_up(), refusals.given_up());
        assert_eq!(again.given_up()[0].reason.cause, Cause::NoList);
    }

    #[test]
    fn one_answer_keeps_a_list_alive() {
        let (refusals, asked) = (Refusals::default(), AskedList::new("s", "N.X/a/b"));
        assert_eq!(refusals.answered(&asked, 0, false), None);
        assert!((0..9).all(|_| refusals.refused(&asked, &refusal(404)).is_none()));
    }

    #[test]
    fn notes_that_older_versions_wrote_are_read() {
        let old = [
            ("given-up/s/n.x/a/b", "the provider has no such list (ResourceNotFound); not asked again"),
            (
                "given-up/s/n.x/e below n.y/c",
                "empty for 20 parents; name the type in include_child_types to ask for all",
            ),
        ];
        let refusals = Refusals::recalled(old.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec());
        assert!(refusals.is_given_up(&AskedList::new("s", "N.X/e").below("N.Y/c")));
        let said: Vec<(Cause, String)> =
            refusals.given_up().into_iter().map(|left| (left.reason.cause, left.reason.sentence)).collect();
        assert_eq!(said[0], (Cause::NoList, old[0].1.to_owned()));
        assert_eq!(said[1], (Cause::StayedEmpty, format!("below n.y/c: {}", old[1].1)));
    }
}
