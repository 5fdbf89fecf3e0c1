//! The text of an API key: `atg_<kid>_<secret>`. The key id has ten lower-case base32 characters and is public. The
//! secret has 43 base62 characters (256 random bits) and six more that are a CRC-32 of all before them, so that
//! scanners for secrets recognise a key, and a typo is distinguished from a wrong key. Knows no stored key.

use crate::telemetry::Secret;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KID: usize = 10;
const RANDOM: usize = 43;
const CHECK: usize = 6;

/// A key in the right form; whether it is a known one is the keyring's to say.
#[derive(Debug, Clone)]
pub struct KeyText {
    pub kid: String,
    text: Secret,
}

impl KeyText {
    /// A new key under a new id.
    pub fn generate() -> Self {
        let kid = rand::random::<[u8; KID]>().iter().map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect();
        Self::generate_for(kid)
    }

    /// A new secret for an id that exists.
    pub(crate) fn generate_for(kid: String) -> Self {
        let secret = base62(rand::random::<[u8; 32]>());
        let body = format!("atg_{kid}_{secret}");
        let text = Secret::new(format!("{body}{}", check_characters(&body)));
        Self { kid, text }
    }

    /// Takes a text apart; `None` where the form or the check characters are wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let (kid, secret) = text.strip_prefix("atg_")?.split_once('_')?;
        let is_formed = kid.len() == KID
            && kid.bytes().all(|byte| BASE32.contains(&byte))
            && secret.len() == RANDOM + CHECK
            && secret.bytes().all(|byte| BASE62.contains(&byte));
        if !is_formed {
            return None;
        }
        let (body, check) = text.split_at(text.len() - CHECK);
        (check_characters(body) == check).then(|| Self { kid: kid.to_owned(), text: Secret::new(text) })
    }

    /// The whole text, to be shown once or hashed.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose()
    }
}

fn check_characters(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut characters = [b'0'; CHECK];
    for slot in characters.iter_mut().rev() {
        *slot = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    characters.iter().map(|byte| char::from(*byte)).collect()
}

/// A 256-bit number in base 62, with leading zeros.
fn base62(mut number: [u8; 32]) -> String {
    let mut digits = [b'0'; RANDOM];
    for slot in digits.iter_mut().rev() {
        let mut remainder = 0_u16;
        for byte in &mut number {
            let value = (remainder << 8) | u16::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *slot = BASE62[usize::from(remainder)];
    }
    digits.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_the_form_and_comes_back() {
        let key = KeyText::generate();
        let parsed = KeyText::parse(key.expose()).expect("a key");
        assert_eq!((parsed.kid.len(), parsed.kid), (10, key.kid.clone()));
        assert_eq!(key.expose().len(), 4 + 10 + 1 + 43 + 6);
        assert!(!format!("{key:?}").contains(key.expose()));
    }

    #[test]
    fn one_wrong_character_anywhere_is_caught() {
        let key = KeyText::generate();
        for at in 0..key.expose().len() {
            let mut text = key.expose().as_bytes().to_vec();
            text[at] = if text[at] == b'a' { b'b' } else { b'a' };
            assert!(KeyText::parse(std::str::from_utf8(&text).expect("ascii")).is_none(), "at {at}");
        }
        assert!(KeyText::parse("").is_none());
    }

    #[test]
    fn all_bits_of_the_secret_count() {
        assert_eq!(base62([0; 32]), "0".repeat(43));
        let mut one = [0; 32];
        one[31] = 61;
        assert_eq!(base62(one), format!("{}z", "0".repeat(42)));
        assert_ne!(base62([0xff; 32]), base62([0xfe; 32]));
    }
}
