//! One text for the target.

use std::{
    collections::HashMap,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

use super::names::Names;
use crate::{
    arm,
    iac::{model::ids::prefixes, passes::mentions},
};

/// What a subscription, tenant or object id becomes.
#[derive(Debug)]
pub struct Word {
    pub to: String,
    /// Whether it is another id at all.
    pub is_other: bool,
    pub is_used: AtomicBool,
}

/// What is put in place of what in texts.
#[derive(Debug)]
pub struct Texts {
    /// By the id in lower case: letters, digits and hyphens.
    pub words: HashMap<String, Word>,
    pub names: Names,
    /// The region of the target, where one is asked for.
    pub location: Option<String>,
}

impl Texts {
    /// A text with everything in it rewritten. `region` is the one that who says it moves from; `counts`: words that
    /// are rewritten count as used.
    pub fn rewritten(&self, text: &str, region: Option<&str>, counts: bool) -> String {
        let mut out = self.ids(text, region);
        if !self.names.is_empty() && out.contains('.') {
            out = self.hosts(&out);
        }
        self.replace_words(&mut out, counts);
        out
    }

    /// Replaces ids in any case where no letter, digit or hyphen stands beside them. All at once: two may become each other.
    fn replace_words(&self, text: &mut String, counts: bool) {
        if self.words.is_empty() {
            return;
        }
        for at in words(text, |c| c.is_alphanumeric() || c == '-').into_iter().rev() {
            let Some(word) = self.words.get(&text[at.clone()].to_ascii_lowercase()) else { continue };
            if counts && text[at.clone()] != word.to {
                word.is_used.store(true, Ordering::Relaxed);
            }
            text.replace_range(at, &word.to);
        }
    }

    /// A name that stands alone, or in quotes in a text of JSON; `None`: the text holds none.
    pub fn named(&self, text: &str) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        if let Some(new) = self.names.alone(text) {
            return Some(new.to_owned());
        }
        let begin = text.trim_start().chars().next();
        if !matches!(begin, Some('{' | '[')) || serde_json::from_str::<serde_json::Value>(text).is_err() {
            return None;
        }
        let mut is_any = false;
        let parts: Vec<String> = text
            .split('"')
            .map(|part| {
                // JSON within JSON escapes its quotes.
                let (name, end) = part.strip_suffix('\\').map_or((part, ""), |name| (name, "\\"));
                match self.names.alone(name) {
                    Some(new) => {
                        is_any = true;
                        format!("{new}{end}")
                    }
                    None => part.to_owned(),
                }
            })
            .collect();
        is_any.then(|| parts.join("\""))
    }

    /// Names of renamed resources and regions in the ids of a text.
    fn ids(&self, text: &str, region: Option<&str>) -> String {
        let moves = self.location.as_ref().and(region).is_some();
        if self.names.is_empty() && !moves {
            return text.to_owned();
        }
        let mut out = text.to_owned();
        for mention in mentions::ids(text).into_iter().rev() {
            let id = &text[mention.at.clone()];
            let id = if mention.is_whole { id } else { mentions::narrow(id) };
            out.replace_range(mention.at.start..mention.at.start + id.len(), &self.id(id, region));
        }
        out
    }

    fn id(&self, id: &str, region: Option<&str>) -> String {
        let mut parts: Vec<String> = id.split('/').map(str::to_owned).collect();
        let shift = usize::from(id.starts_with('/'));
        if !self.names.is_empty() {
            for key in prefixes(id) {
                if let Some(new) = self.names.of_key(&key) {
                    let at = key.split('/').count() - 2 + shift;
                    if let Some(part) = parts.get_mut(at) {
                        new.clone_into(part);
                    }
                }
            }
        }
        if let (Some(to), Some(region)) = (&self.location, region) {
            for at in 1..parts.len() {
                let above = parts[at - 1].to_ascii_lowercase();
                if (above.ends_with("locations") || above.ends_with("regions"))
                    && arm::location_code(&parts[at]) == region
                {
                    parts[at] = arm::location_code(to);
                }
            }
        }
        parts.join("/")
    }

    fn hosts(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for at in words(text, |c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_')).into_iter().rev() {
            if let Some(new) = self.names.host(&text[at.clone()]) {
                out.replace_range(at, &new);
            }
        }
        out
    }
}

/// Where the longest runs of some characters are.
pub fn words(text: &str, is_part: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| is_part(*c)) {
        match found.last_mut() {
            Some(last) if last.end == at => last.end += c.len_utf8(),
            _ => found.push(at..at + c.len_utf8()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        let word = |from: &str, to: &str| {
            (from.to_owned(), Word { to: to.to_owned(), is_other: true, is_used: AtomicBool::new(false) })
        };
        let words = HashMap::from([word("abc-1", "x"), word("one", "two"), word("two", "one")]);
        Texts { words, names: Names::default(), location: Some("Sweden Central".to_owned()) }
    }

    #[test]
    fn words_are_replaced_whole_and_in_any_case() {
        assert_eq!(texts().rewritten("a/ABC-1/abc-12", None, true), "a/x/abc-12");
    }

    #[test]
    fn two_ids_may_become_each_other() {
        assert_eq!(texts().rewritten("one/two, one", None, true), "two/one, two");
    }

    #[test]
    fn a_region_behind_locations_moves_and_other_segments_stay() {
        let check = |text: &str, expected: &str| {
            assert_eq!(texts().rewritten(text, Some("westeurope"), true), expected);
        };
        let api =
            |region: &str| format!("/subscriptions/s/providers/Microsoft.Web/locations/{region}/managedApis/azureblob");
        check(&api("westeurope"), &api("swedencentral"));
        check(&api("northeurope"), &api("northeurope"));
        check(&format!("see {} there", api("WestEurope")), &format!("see {} there", api("swedencentral")));
        let vault = "/subscriptions/s/resourceGroups/westeurope/providers/A.B/c/westeurope";
        check(vault, vault);
    }
}
