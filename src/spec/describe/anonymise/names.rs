//! Names, ids and GUIDs that stand for others. Each is made of the seed and of what it stands for, in lower case: the same
//! wherever it is.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{addresses, vocabulary};
use crate::iac::types;

/// What stands for what.
pub(super) struct Names {
    seed: [u8; 32],
    /// New names by old ones in lower case; the same: it stays.
    known: HashMap<String, String>,
    /// Words of those names.
    words: HashSet<String>,
    /// GUIDs that are the same in every tenant.
    kept: HashSet<Uuid>,
    /// Regions that the tenant is in.
    pub regions: HashSet<String>,
}

impl Names {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            known: HashMap::new(),
            words: HashSet::new(),
            kept: HashSet::from([Uuid::nil()]),
            regions: HashSet::new(),
        }
    }

    fn bytes(&self, what: &str, text: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.seed);
        hasher.update(what.as_bytes()).update(&[0]).update(text.to_lowercase().as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// So many hexadecimal digits.
    pub(super) fn digits(&self, what: &str, text: &str, count: usize) -> String {
        let mut out = hex::encode(self.bytes(what, text));
        out.truncate(count);
        out
    }

    pub(super) fn keep_guid(&mut self, guid: Uuid) {
        self.kept.insert(guid);
    }

    pub(super) fn guid(&self, guid: Uuid) -> Uuid {
        if self.kept.contains(&guid) {
            return guid;
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes("guid", &guid.to_string())[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Notes a name, with the word that what it is of begins with. The first word stays.
    pub(super) fn note(&mut self, name: &str, prefix: &str) {
        let lower = name.to_lowercase();
        self.note_words(&lower);
        if !self.known.contains_key(&lower) {
            let new = self.made(name, prefix);
            self.known.insert(lower, new);
        }
    }

    /// Notes the words of a text that is the tenant's own.
    pub(super) fn note_words(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3);
        self.words.extend(words.map(str::to_lowercase));
    }

    pub(super) fn forget_words(&mut self, is_azures: impl Fn(&str) -> bool) {
        self.words.retain(|word| !is_azures(word));
    }

    /// Whether a word holds one of the tenant's own.
    pub(super) fn is_own(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        self.words.iter().any(|own| lower.contains(own.as_str()))
    }

    /// Notes the name of a resource: it is one that its type takes, or stays where the type takes few.
    pub(super) fn note_resource(&mut self, type_name: &str, api_version: &str, name: &str) {
        let word = type_name.rsplit('/').next().unwrap_or_default();
        self.note(name, &prefix(word));
        let is_legal = |name: &str| types::name_fault(type_name, api_version, name).is_none();
        let now = self.name(name);
        if is_legal(&now) || !is_legal(name) {
            return;
        }
        let digits = |count: usize| self.digits("name", name, count);
        let others = [
            format!("{}-{}", prefix(word), digits(8)),
            format!("x{}", digits(5)),
            format!("x{}.{}.example", digits(8), prefix(word)),
            Uuid::try_parse(&digits(32)).map(|guid| guid.to_string()).unwrap_or_default(),
        ];
        let found = others.into_iter().find(|other| is_legal(other));
        self.known.insert(name.to_lowercase(), found.unwrap_or_else(|| name.to_owned()));
    }

    fn made(&self, name: &str, prefix: &str) -> String {
        if vocabulary::is_name(name) || !name.contains(char::is_alphanumeric) {
            return name.to_owned();
        }
        if let Ok(guid) = Uuid::try_parse(name) {
            return self.guid(guid).to_string();
        }
        // `vault_key_version`: some names are made of others.
        let parts: Vec<&str> = name.split('_').collect();
        if parts.len() > 1 && self.known(parts[0]).is_some() {
            let part = |part: &&str| self.known(part).map_or_else(|| self.digits("name", part, 10), str::to_owned);
            return parts.iter().map(part).collect::<Vec<_>>().join("_");
        }
        if name.contains('.') && !name.contains(char::is_whitespace) {
            return self.host(name);
        }
        format!("{prefix}{}", self.digits("name", name, 10))
    }

    /// The name that stands for another, wherever it is.
    pub(super) fn name(&self, name: &str) -> String {
        self.known.get(&name.to_lowercase()).cloned().unwrap_or_else(|| self.made(name, "x"))
    }

    pub(super) fn known(&self, name: &str) -> Option<&str> {
        self.known.get(&name.to_lowercase()).map(String::as_str)
    }

    /// A host name or a zone: Azure's part of it stays.
    pub(super) fn host(&self, host: &str) -> String {
        if host.to_lowercase().starts_with("privatelink.") && vocabulary::suffix(host).is_some() {
            return host.to_owned();
        }
        let label = |label: &str| {
            if label.is_empty() || label == "*" || self.regions.contains(&label.to_lowercase()) {
                return label.to_owned();
            }
            self.known(label).map_or_else(|| format!("x{}", self.digits("name", label, 10)), str::to_owned)
        };
        let (own, end) = match vocabulary::suffix(host) {
            Some(suffix) => (&host[..host.len() - suffix.len()], suffix),
            None => (host, ".example"),
        };
        // `vault` of `kv.vault.azure.net` is Azure's: the first label is the tenant's.
        let labels: Vec<&str> = own.split('.').collect();
        let is_azures = end != ".example";
        let made = labels.iter().enumerate().map(|(at, part)| {
            let is_service =
                is_azures && at > 0 && part.chars().all(|c| c.is_ascii_lowercase()) && self.known(part).is_none();
            if is_service { (*part).to_owned() } else { label(part) }
        });
        format!("{}{end}", made.collect::<Vec<_>>().join("."))
    }

    /// An ARM id: words and types stay, names and GUIDs are others.
    pub(super) fn id(&self, id: &str) -> String {
        let lower = id.to_lowercase();
        let is_built_in = ["roledefinitions/", "policydefinitions/", "policysetdefinitions/"].iter().any(|kind| {
            lower.trim_start_matches('/').starts_with(&format!("providers/microsoft.authorization/{kind}"))
        });
        if is_built_in {
            return id.to_owned();
        }
        let start = usize::from(id.starts_with('/'));
        let parts: Vec<&str> = id[start..].split('/').collect();
        let mut out = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let word = at.checked_sub(1).map(|before| parts[before].to_lowercase()).unwrap_or_default();
            let is_word = at % 2 == 0 || word == "providers" || word == "locations";
            out.push(if is_word || part.is_empty() { (*part).to_owned() } else { self.segment(part) });
        }
        format!("{}{}", &id[..start], out.join("/"))
    }

    fn segment(&self, part: &str) -> String {
        match Uuid::try_parse(part) {
            Ok(guid) if part.len() == 36 => self.guid(guid).to_string(),
            _ => self.name(part),
        }
    }

    /// An address or a prefix.
    pub(super) fn address(&self, text: &str) -> Option<String> {
        addresses::written(text, &|bits| {
            let hash = blake3::keyed_hash(&self.seed, bits);
            hash.as_bytes()[0] & 1 == 1
        })
    }

    /// A name to sign in with, or an address of mail.
    pub(super) fn mail(&self, text: &str) -> Option<String> {
        let (local, domain) = text.split_once('@')?;
        let is_one = !local.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace);
        is_one.then(|| format!("u{}@d{}.example", self.digits("mail", local, 10), self.digits("domain", domain, 8)))
    }
}

/// What names of a kind begin with: `vm` of `virtualMachines`, `vau` of `vaults`.
pub(super) fn prefix(word: &str) -> String {
    let initials: String = word
        .char_indices()
        .filter(|(at, c)| *at == 0 || c.is_ascii_uppercase())
        .map(|(_, c)| c.to_ascii_lowercase())
        .filter(char::is_ascii_lowercase)
        .take(4)
        .collect();
    if initials.len() > 1 {
        return initials;
    }
    let short: String = word.chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>().to_lowercase();
    if short.is_empty() { "x".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_wherever_they_are_and_others_for_another_seed() {
        let mut names = Names::new([7; 32]);
        names.note_resource("Microsoft.KeyVault/vaults", "2023-07-01", "kv-contoso");
        let new = names.name("KV-Contoso");
        assert!(new.starts_with("vau") && !new.contains("contoso"), "{new}");
        let id = "/subscriptions/5ab50000-0000-4000-8000-00000000000a/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-contoso";
        let made = names.id(id);
        assert!(made.ends_with(&format!("/providers/Microsoft.KeyVault/vaults/{new}")), "{made}");
        assert!(!made.contains("5ab50000"), "{made}");
        assert_eq!(names.host("kv-contoso.vault.azure.net"), format!("{new}.vault.azure.net"));
        assert_ne!(Names::new([8; 32]).name("kv-contoso"), names.name("kv-contoso"));
    }

    #[test]
    fn what_means_something_to_azure_stays() {
        let names = Names::new([7; 32]);
        for same in ["GatewaySubnet", "default", "privatelink.blob.core.windows.net", "@"] {
            assert_eq!(names.name(same), same);
        }
        let role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
        assert_eq!(names.id(role), role);
        assert_eq!(names.name("shop.contoso.example").split('.').count(), 4, "{}", names.name("shop.contoso.example"));
    }
}
